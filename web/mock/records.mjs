/* What the PBX could have sent about a call: a Detail for each thing that happened, at its end the losses. */
import { nodeOf } from './world.mjs';

function partyRecord(party, state) {
	return {
		end: party.end,
		direction: party.outside ? 1 : 0,
		state: state ?? party.state,
		audio_path: 1,
		tone: party.tone,
		remote: 0,
		public_line: party.outside ? 1 : 0,
		flags: [],
		emergency_location: 1,
		equipment_class: party.class,
		equipment_type: party.outside ? 2 : 106,
		description: '',
		identity: party.extension,
		called_type: 'unspecified',
		called_reason: 0,
		did: '',
		dialled: '',
		on_behalf: '',
		target_number: '',
		target_subaddr: '',
		purpose: '',
		cli: party.number,
		cli_presentation: 'allowed',
		name_type: party.outside ? 'directory' : 'internal_user',
		name: party.name,
		related_end: '',
	};
}

function detail(call, entry, i) {
	const node = nodeOf(call.pbx);
	const record = {
		kind: 'detail',
		call: {
			node: node.hex,
			call_id: Number(call.call_ids[0]),
			account_code: call.account_code,
			authorization_code: '',
			tag: '',
			transfer_cause: 0,
			owner_huntgroup: call.group,
			originally_targeted_huntgroup: call.group,
			originally_targeted_user: '',
			currently_targeted_huntgroup: call.group,
			currently_targeted_user: '',
			voicemail_being_left: entry.what === 'voicemail' ? 1 : 0,
			voicemail_length: 0,
			queueing: entry.what === 'queued' ? 1 : null,
			timestamp: Math.floor(entry.at * 10) % 1000000,
			huntgroup_overflow: 0,
			ivr_callflow: '',
			ivr_time: null,
		},
		party_a: partyRecord(call.a, i === 0 ? 'dialling' : undefined),
	};
	if (call.b && entry.at >= (call.answered ?? Infinity)) record.party_b = partyRecord(call.b);
	if (entry.what === 'offered' || entry.what === 'ringing')
		record.targets = [{ end: call.ends[1], extension: entry.who, name: '' }];
	return record;
}

function row(tag, value) {
	const cell = (v) => (v === null ? '' : /[,"]/.test(String(v)) ? `"${v}"` : v);
	return `<${tag}>${Object.values(value).map(cell).join(',')}</${tag}>`;
}

function raw({ kind, call, party_a, party_b, targets, ...rest }) {
	if (kind === 'call_lost') return row('CallLost', rest);
	const list = (targets ?? []).map((t) => row('Target', t)).join('');
	const b = party_b ? row('PartyB', party_b) : '';
	return `<Detail>${row('Call', call)}${row('PartyA', party_a)}${b}${list && `<Target_list>${list}</Target_list>`}</Detail>`;
}

export function recordsOf(call) {
	const node = nodeOf(call.pbx);
	let counter = 1000 + ((Number(call.call_ids[0]) * 13) % 60000);
	const records = [];
	call.timeline.forEach((entry, i) => {
		if (entry.what !== 'cleared') {
			records.push({
				time: entry.at,
				node: node.node,
				counter: counter++,
				record: detail(call, entry, i),
			});
			return;
		}
		for (const end of call.ends) {
			const record = {
				kind: 'call_lost',
				node: node.hex,
				end,
				cleared_inbound: 1,
				cause: entry.cause,
				timestamp: Math.floor(entry.at * 10) % 1000000,
			};
			records.push({ time: entry.at, node: node.node, counter, record });
		}
	});
	return records.map((r) => ({ ...r, raw: raw(r.record) }));
}
