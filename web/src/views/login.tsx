import { useState } from 'preact/hooks';
import { store, stream } from '../app';
import { ApiError, login } from '../model/api';

export function Login() {
	const [error, setError] = useState<string | null>(null);
	const [busy, setBusy] = useState(false);
	const submit = async (event: SubmitEvent) => {
		event.preventDefault();
		const token = String(new FormData(event.currentTarget as HTMLFormElement).get('token') ?? '').trim();
		setBusy(true);
		try {
			await login(token);
			store.setConnection('connecting');
			stream.start();
		} catch (reason) {
			setError(wordsFor(reason));
			setBusy(false);
		}
	};
	return (
		<main class="login">
			<form onSubmit={submit}>
				<img src="./icon.svg" alt="" width="44" height="44" />
				<h1>Devlink3</h1>
				<p>This gateway asks for a token. Whoever runs it can give you one.</p>
				<label>
					Token
					<input
						name="token"
						type="password"
						autocomplete="current-password"
						required
						autofocus
						aria-invalid={error !== null}
						aria-describedby="login-error"
					/>
				</label>
				<p id="login-error" class="form-error" role="alert">
					{error}
				</p>
				<button type="submit" class="strong" disabled={busy}>
					{busy ? 'Signing in' : 'Sign in'}
				</button>
			</form>
		</main>
	);
}

function wordsFor(reason: unknown): string {
	if (!(reason instanceof ApiError)) return String(reason);
	if (reason.status === 401 || reason.status === 403) return 'The gateway does not know this token.';
	return [reason.message, reason.detail].filter(Boolean).join(' ');
}
