/* Runs in the page: texts whose contrast with what is behind them is less than WCAG's AA asks for. */
export function faintTexts() {
	const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
	const rgba = (colour) => {
		canvas.clearRect(0, 0, 1, 1);
		canvas.fillStyle = colour;
		canvas.fillRect(0, 0, 1, 1);
		const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
		return [r, g, b, a / 255];
	};
	const over = (top, below) => [0, 1, 2].map((i) => top[i] * top[3] + below[i] * (1 - top[3]));
	const background = (element) => {
		const layers = [];
		for (let e = element; e; e = e.parentElement) {
			const layer = rgba(getComputedStyle(e).backgroundColor);
			if (layer[3] > 0) layers.unshift(layer);
		}
		return layers.reduce((below, layer) => over(layer, below), [255, 255, 255]);
	};
	const light = (colour) => {
		const [r, g, b] = colour.map((v) =>
			v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4,
		);
		return 0.2126 * r + 0.7152 * g + 0.0722 * b;
	};
	const opacity = (element) => {
		let all = 1;
		for (let e = element; e; e = e.parentElement) all *= Number(getComputedStyle(e).opacity);
		return all;
	};
	const faint = new Set();
	const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	while (texts.nextNode()) {
		const element = texts.currentNode.parentElement;
		if (!texts.currentNode.data.trim() || element.closest('.unseen, script, noscript, option')) continue;
		if (!element.checkVisibility()) continue;
		const style = getComputedStyle(element);
		const behind = background(element);
		const [r, g, b, a] = rgba(style.color);
		const [one, two] = [light(over([r, g, b, a * opacity(element)], behind)), light(behind)];
		const contrast = (Math.max(one, two) + 0.05) / (Math.min(one, two) + 0.05);
		const size = parseFloat(style.fontSize);
		const big = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
		if (contrast < (big ? 3 : 4.5))
			faint.add(
				`${contrast.toFixed(2)} ${element.className || element.tagName} "${texts.currentNode.data.trim().slice(0, 30)}"`,
			);
	}
	return [...faint];
}
