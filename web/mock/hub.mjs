/* The stream: numbered messages, a ring of those that can be resumed from, and the subscribers. */
const KEPT = 5000;

export class Hub {
	constructor() {
		this.seq = 0;
		this.ring = [];
		this.streams = new Set();
		this.present = () => [];
	}

	send(kind, pbx, body) {
		const message = { seq: ++this.seq, time: Math.round(Date.now()) / 1000, pbx, kind, ...body };
		/* As text at once: a call goes on changing. */
		const text = `id: ${message.seq}\nevent: ${kind}\ndata: ${JSON.stringify(message)}\n\n`;
		this.ring.push({ seq: message.seq, kind, text });
		if (this.ring.length > KEPT) this.ring.shift();
		for (const s of this.streams) if (s.kinds.has(kind)) s.response.write(text);
	}

	/** To one subscriber only, outside of the numbering. */
	say(response, kind, body) {
		const message = { seq: this.seq, time: Date.now() / 1000, pbx: '', kind, ...body };
		response.write(`id: ${this.seq}\nevent: ${kind}\ndata: ${JSON.stringify(message)}\n\n`);
	}

	subscribe(request, response, query) {
		response.writeHead(200, {
			'Content-Type': 'text/event-stream',
			'Cache-Control': 'no-store',
			Connection: 'keep-alive',
		});
		response.write('retry: 2000\n\n');
		const kinds = new Set((query.get('kind') ?? 'call,user,group,link,gap').split(','));
		const from = Number(request.headers['last-event-id'] ?? query.get('from') ?? 0);
		if (from > 0) this.resume(response, from, kinds);
		else if (query.get('snapshot') === '1') this.snapshot(response);
		const stream = { response, kinds };
		this.streams.add(stream);
		const beat = setInterval(() => response.write(': beat\n\n'), 15000);
		request.on('close', () => {
			clearInterval(beat);
			this.streams.delete(stream);
		});
	}

	resume(response, from, kinds) {
		const first = this.ring[0]?.seq ?? this.seq + 1;
		if (from > this.seq || from + 1 < first)
			return this.say(response, 'gap', {
				scope: 'history',
				missed: from > this.seq ? null : first - from - 1,
			});
		for (const m of this.ring) if (m.seq > from && kinds.has(m.kind)) response.write(m.text);
	}

	snapshot(response) {
		this.say(response, 'snapshot', { what: 'begin' });
		for (const [kind, pbx, body] of this.present())
			this.say(response, kind, { what: 'present', pbx, ...body });
		this.say(response, 'snapshot', { what: 'end' });
	}

	drop() {
		for (const s of this.streams) s.response.destroy();
		this.streams.clear();
	}

	forget() {
		this.ring = [];
		this.seq += 100;
	}
}
