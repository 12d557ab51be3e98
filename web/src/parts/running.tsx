/* A running time. It writes its own text, so a thousand of them cost no drawing by the views. */
import { Component, createRef } from 'preact';
import { store } from '../app';
import { duration } from '../model/format';
import { onTick } from './ticker';

interface Props {
	since: number;
	pbx?: string;
	class?: string;
}

export class Running extends Component<Props> {
	private readonly element = createRef<HTMLSpanElement>();
	private end?: () => void;

	override componentDidMount(): void {
		this.write();
		this.end = onTick(() => this.write());
	}

	override componentDidUpdate(): void {
		this.write();
	}

	override componentWillUnmount(): void {
		this.end?.();
	}

	override shouldComponentUpdate(next: Props): boolean {
		const { since, pbx } = this.props;
		return next.since !== since || next.pbx !== pbx || next.class !== this.props.class;
	}

	private write(): void {
		const element = this.element.current;
		if (!element) return;
		const text = duration(store.clock.now(this.props.pbx) - this.props.since);
		if (element.textContent !== text) element.textContent = text;
	}

	override render(): preact.JSX.Element {
		return <span ref={this.element} class={`time ${this.props.class ?? ''}`} />;
	}
}

/** A time that runs until `until` is known. */
export function Span({ from, until, pbx }: { from: number; until: number | null; pbx?: string }) {
	if (until !== null) return <span class="time">{duration(until - from)}</span>;
	return <Running since={from} {...(pbx === undefined ? {} : { pbx })} />;
}
