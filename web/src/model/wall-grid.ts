/** Width to height at which a tile's content sits best. */
const BEST_SHAPE = 1.6;

export interface Grid {
	columns: number;
	rows: number;
}

/** Columns and rows for so many tiles in such a place: the ones with which a tile's content can be biggest. */
export function bestGrid(count: number, width: number, height: number): Grid {
	let best: Grid = { columns: 1, rows: Math.max(1, count) };
	let size = 0;
	for (let columns = 1; columns <= count; columns++) {
		const rows = Math.ceil(count / columns);
		/* An empty place is space that the others could have. */
		const fits = Math.min(width / columns, (height / rows) * BEST_SHAPE) * (count / (columns * rows));
		if (fits > size) {
			size = fits;
			best = { columns, rows };
		}
	}
	return best;
}
