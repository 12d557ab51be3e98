/* A table of thousands of rows, of which only those in sight are in the page. One stop for the Tab key: the arrows
 * move within. */
import type { ComponentChildren } from 'preact';
import { Component } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';

/** Rows above and below those in sight, so that fast scrolling shows no holes. */
const SPARE = 8;

interface Props<T> {
	label: string;
	rows: T[];
	rowHeight: number;
	keyOf: (row: T) => string;
	head: ComponentChildren;
	columns: number;
	cells: (row: T) => ComponentChildren;
	open: (row: T) => void;
}

export function VirtualTable<T extends object>(props: Props<T>) {
	const { label, rows, rowHeight, keyOf, head, columns, cells, open } = props;
	const place = useRef<HTMLDivElement>(null);
	const [view, setView] = useState({ top: 0, height: 600 });
	const [activeKey, setActive] = useState<string | null>(null);
	useLayoutEffect(() => watch(place.current!, setView), []);
	const active = activeKey === null ? -1 : rows.findIndex((row) => keyOf(row) === activeKey);
	const first = Math.max(0, Math.floor(view.top / rowHeight) - SPARE);
	const last = Math.min(rows.length, Math.ceil((view.top + view.height) / rowHeight) + SPARE);

	const move = (to: number) => {
		const index = Math.max(0, Math.min(rows.length - 1, to));
		const row = rows[index];
		if (!row) return;
		setActive(keyOf(row));
		reveal(place.current!, index, rowHeight);
	};
	const pressed = (event: KeyboardEvent) => {
		const page = Math.max(1, Math.floor(view.height / rowHeight) - 2);
		const moves: Record<string, number> = {
			ArrowDown: active + 1,
			ArrowUp: active - 1,
			PageDown: active + page,
			PageUp: active - page,
			Home: 0,
			End: rows.length - 1,
		};
		const to = moves[event.key];
		const row = rows[active];
		if (to !== undefined) move(to);
		else if (event.key === 'Enter' && row) open(row);
		else return;
		event.preventDefault();
	};

	return (
		<div class="scroll" ref={place}>
			<table
				role="grid"
				class="rows"
				aria-label={label}
				aria-rowcount={rows.length + 1}
				tabIndex={0}
				onKeyDown={pressed}
				{...(active >= 0 ? { 'aria-activedescendant': rowId(active) } : {})}
			>
				<thead>
					<tr aria-rowindex={1}>{head}</tr>
				</thead>
				<tbody>
					<Space rows={first} height={rowHeight} columns={columns} />
					{rows.slice(first, last).map((row, i) => (
						<Row
							key={keyOf(row)}
							item={row}
							index={first + i}
							active={first + i === active}
							cells={cells as (row: object) => ComponentChildren}
							open={() => open(row)}
						/>
					))}
					<Space rows={rows.length - last} height={rowHeight} columns={columns} />
				</tbody>
			</table>
		</div>
	);
}

function Space({ rows, height, columns }: { rows: number; height: number; columns: number }) {
	if (rows <= 0) return null;
	return (
		<tr class="space" aria-hidden>
			<td colSpan={columns} style={{ height: `${rows * height}px` }} />
		</tr>
	);
}

function rowId(index: number): string {
	return `row-${index}`;
}

interface RowProps {
	item: object;
	index: number;
	active: boolean;
	cells: (row: object) => ComponentChildren;
	open: () => void;
}

/** The store replaces a call that changed, so an unchanged object is an unchanged row. */
class Row extends Component<RowProps> {
	override shouldComponentUpdate(next: RowProps): boolean {
		const { item, index, active } = this.props;
		return next.item !== item || next.index !== index || next.active !== active;
	}

	override render() {
		const { item, index, active, cells } = this.props;
		return (
			<tr
				id={rowId(index)}
				aria-rowindex={index + 2}
				aria-selected={active}
				class={active ? 'active' : ''}
				onClick={this.clicked}
			>
				{cells(item)}
			</tr>
		);
	}

	/* A link in the row does its own work, also in a new tab. */
	private readonly clicked = (event: MouseEvent) => {
		if (!(event.target as HTMLElement).closest('a, button')) this.props.open();
	};
}

function watch(element: HTMLElement, set: (view: { top: number; height: number }) => void): () => void {
	const look = () => set({ top: element.scrollTop, height: element.clientHeight });
	look();
	const sized = new ResizeObserver(look);
	sized.observe(element);
	element.addEventListener('scroll', look, { passive: true });
	return () => {
		sized.disconnect();
		element.removeEventListener('scroll', look);
	};
}

function reveal(element: HTMLElement, index: number, rowHeight: number): void {
	const head = element.querySelector('thead')?.getBoundingClientRect().height ?? 0;
	const top = index * rowHeight;
	const room = element.clientHeight - head - rowHeight;
	if (top < element.scrollTop) element.scrollTop = top;
	else if (top > element.scrollTop + room) element.scrollTop = top - room;
}

/** Scrolls back when another question is asked. */
export function useTopOn(key: string): void {
	useEffect(() => {
		document.querySelector('.scroll')?.scrollTo({ top: 0 });
	}, [key]);
}
