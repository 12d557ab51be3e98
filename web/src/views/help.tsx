import { Dialog } from '../parts/dialog';
import { VIEWS } from '../parts/shell';

const KEYS: [string, string][] = [
	...VIEWS.map((v): [string, string] => [v.key, v.name]),
	['/', 'go to the filter'],
	['↑ ↓', 'through a table; Enter opens the call'],
	['w', 'full screen for the wall; Esc leaves it'],
	['t', 'dark, light, or as the system'],
	['?', 'this list'],
];

export function Help({ close }: { close: () => void }) {
	return (
		<Dialog title="Keys" close={close}>
			<dl class="keys">
				{KEYS.map(([key, what]) => (
					<div key={key}>
						<dt>
							<kbd>{key}</kbd>
						</dt>
						<dd>{what}</dd>
					</div>
				))}
			</dl>
		</Dialog>
	);
}
