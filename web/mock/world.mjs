/* An invented company: two systems, hunt groups, people, and those who phone them. */
export const PBXS = [
	{ name: 'main', node: '192.0.2.5', hex: 'c0000205', url: 'devlink3s://wallboard@pbx-main.example:50796' },
	{
		name: 'branch',
		node: '192.0.2.6',
		hex: 'c0000206',
		url: 'devlink3://wallboard@pbx-branch.example:50797',
	},
];

export const GROUPS = [
	{ pbx: 'main', group: '300', name: 'Support', weight: 9, wait: 34, talk: 260, threshold: 20 },
	{ pbx: 'main', group: '301', name: 'Sales', weight: 6, wait: 12, talk: 210, threshold: 20 },
	{ pbx: 'main', group: '302', name: 'Orders', weight: 5, wait: 17, talk: 150, threshold: 20 },
	{ pbx: 'main', group: '303', name: 'Accounts', weight: 2, wait: 22, talk: 190, threshold: 30 },
	{ pbx: 'main', group: '304', name: 'Accueil & Réception', weight: 6, wait: 6, talk: 55, threshold: 10 },
	{ pbx: 'main', group: '305', name: 'Returns', weight: 2, wait: 41, talk: 170, threshold: 30 },
	{ pbx: 'branch', group: '400', name: 'Workshop', weight: 3, wait: 19, talk: 140, threshold: 20 },
	{ pbx: 'branch', group: '401', name: 'Warehouse', weight: 1, wait: 26, talk: 90, threshold: 30 },
];

const MAIN_PEOPLE = [
	'Siobhán O’Brien',
	'Jonas Lind',
	'Ana Luís',
	'Μαρία Παππά',
	'Tomáš Novák',
	'Aylin Demir',
	'Ingrid Solberg',
	'Luca Ferri',
	'Priya Nair',
	'Owen Hughes',
	'Zdeněk Malý',
	'Claire Dubois',
	'Mehmet Kaya',
	'Ulrike Hahn',
	'Ирина Белова',
	'Łukasz Wrona',
	'Noor Bakker',
	'Emil Berg',
	'Rosa Campos',
	'Kenji Mori',
	'Hanna Virtanen',
	'Pavel Šimek',
	'Greta Olsen',
	'David Adler',
	'Yara Haddad',
	'Marta Kowal',
	'Finn Madsen',
	'Beatriz Reis',
];
const BRANCH_PEOPLE = [
	'Otto Brandt',
	'Elsa Holm',
	'Ravi Gupta',
	'Nina Rossi',
	'Jakub Dvořák',
	'Sara Lindqvist',
	'Pedro Alves',
	'Katja Wolf',
	'Théo Martin',
	'Warehouse Door',
];

export const USERS = [
	...MAIN_PEOPLE.map((name, i) => ({ pbx: 'main', extension: String(4001 + i), name })),
	...BRANCH_PEOPLE.map((name, i) => ({ pbx: 'branch', extension: String(5001 + i), name })),
];

export const CALLERS = [
	['+33155501234', 'Café Zoë, Lyon'],
	['+442079460123', 'Hart & Sons'],
	['+4930555019', 'Anker Logistik'],
	['+3902555017', ''],
	['+46855501', 'Nordljus AB'],
	['+420555010', 'Pekárna U Mostu'],
	['+12025550147', ''],
	['+34915550155', 'Taller Ruiz'],
	['+31205550188', 'Bloemen Noord'],
	['', ''],
	['+351215550133', ''],
	['+48225550166', 'Drukarnia Fala'],
	['+4722555012', 'Fjordfrakt'],
	['+12025550199', 'Dr. Whitfield'],
	['+3225550171', 'Imprimerie Duval'],
	['+436505550101', ''],
	['+41445550123', 'Praxis am See'],
];

/** Every group has a few of its PBX's people. */
export function agentsOf(group) {
	const all = USERS.filter((u) => u.pbx === group.pbx);
	const at = Number(group.group) % 100;
	const size = group.weight > 5 ? 8 : 5;
	return Array.from({ length: size }, (_, i) => all[(at * 5 + i) % all.length]);
}

export function nodeOf(pbx) {
	return PBXS.find((p) => p.name === pbx);
}
