/* The browser's own dialog: it keeps the focus inside, closes by Escape, and gives the focus back. */
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { Icon } from './icons';

interface Props {
	title: string;
	close: () => void;
	side?: boolean;
	children: ComponentChildren;
}

export function Dialog({ title, close, side = false, children }: Props) {
	const element = useRef<HTMLDialogElement>(null);
	useEffect(() => {
		element.current?.showModal();
	}, []);
	const outside = (event: MouseEvent) => {
		if (event.target === element.current) close();
	};
	return (
		<dialog ref={element} class={side ? 'side' : ''} aria-label={title} onClose={close} onClick={outside}>
			<div class="dialog-body">
				<header>
					<h2>{title}</h2>
					<button type="button" class="plain" aria-label="Close" onClick={close}>
						<Icon name="close" />
					</button>
				</header>
				{children}
			</div>
		</dialog>
	);
}
