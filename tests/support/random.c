/* SPDX-License-Identifier: MIT */
#include "support/random.h"

#include <string.h>

#include "support/same.h"

uint64_t dl3t_random(struct dl3t_random *r)
{
	/* splitmix64: each seed gives a sequence of its own, zero too. */
	uint64_t z = r->state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

size_t dl3t_below(struct dl3t_random *r, size_t n)
{
	return (size_t)(dl3t_random(r) % n);
}

static const char *const pieces[] = {
	"\"",
	"\"\"",
	",",
	", ",
	"&",
	"&amp;",
	"&lt",
	"&#65;",
	"<",
	">",
	"</Call>",
	"<PartyB>",
	"'",
	"\n",
	"\t",
	" ",
	"]]>",
	"<!--",
	"-->",
	"<?x?>",
	";",
	"=",
	"Zo\xc3\xab",
	"\xe6\x9d\x8e\xe9\x9b\xb7",
	"\xf0\x9f\x93\x9e",
	"\xff",
	"\xc3",
	"\xed\xa0\x80",
	"\xf4\x90\x80\x80",
	"\x80",
	"\x01",
	"\x7f",
	"4001",
	"01707123456",
	"Smith, John",
	"0123456789abcdef0123456789abcdef",
	"C:\\",
	"/>",
	"\r\n",
	"a",
};
#define PIECES (sizeof(pieces) / sizeof(pieces[0]))

static bool blank(char c)
{
	return c == ',' || (c > 0 && c <= ' ');
}

/* Without quoting, the white space and commas around a text are not its own. */
static void strip(struct dl3_str *text)
{
	while (text->len > 0 && blank(text->ptr[0])) {
		text->ptr++;
		text->len--;
	}
	while (text->len > 0 && blank(text->ptr[text->len - 1])) {
		text->len--;
	}
}

static struct dl3_str make_text(struct dl3t_random *r, struct dl3t_made *made, bool quoting)
{
	struct dl3_str text = { .ptr = made->arena + made->used };
	size_t count = 1 + dl3t_below(r, 6);

	for (size_t i = 0; i < count; i++) {
		const char *piece = pieces[dl3t_below(r, PIECES)];

		memcpy(made->arena + made->used, piece, strlen(piece));
		made->used += strlen(piece);
		text.len += (uint32_t)strlen(piece);
	}
	if (!quoting) {
		strip(&text);
	}
	return text;
}

static int64_t make_number(struct dl3t_random *r)
{
	static const int64_t edges[] = { 0,          1,          -1,        100,
		                         16,         INT64_MAX,  INT64_MIN, INT64_MAX - 1,
		                         UINT32_MAX, -2147483648 };

	switch (dl3t_below(r, 3)) {
	case 0:
		return edges[dl3t_below(r, sizeof(edges) / sizeof(edges[0]))];
	case 1:
		return (int64_t)dl3t_below(r, 200);
	default:
		return (int64_t)(dl3t_random(r) >> dl3t_below(r, 64));
	}
}

static void put_text(void *row, size_t offset, struct dl3_str text)
{
	memcpy((char *)row + offset, &text, sizeof(text));
}

/* Fills a row up to a length of at least `least` fields; some fields are empty. */
static void make_row(struct dl3t_random *r, struct dl3t_made *made, enum dl3_row_kind kind, void *row,
                     size_t least, bool quoting)
{
	const struct dl3_table *table = dl3_row_table(kind);
	struct dl3_row *head = row;
	size_t reach = least + dl3t_below(r, table->count - least + 1);

	memset(row, 0, table->size);
	for (size_t i = 0; i < reach; i++) {
		bool valued = dl3t_below(r, 4) != 0;

		head->present |= (uint64_t)1 << i;
		if (dl3t_is_text(kind, i)) {
			struct dl3_str text = valued ? make_text(r, made, quoting) : dl3_str_of("");

			put_text(row, table->fields[i].offset, text);
			valued = text.len > 0;
		} else if (valued) {
			int64_t number = make_number(r);

			memcpy((char *)row + table->fields[i].offset, &number, sizeof(number));
		}
		head->valued |= (uint64_t)valued << i;
	}
	if (reach == table->count && dl3t_below(r, 4) == 0) {
		head->extra = dl3_str_of(quoting ? "7,\"a,b\",,&lt;9" : "7,,x");
	}
}

static void make_detail(struct dl3t_random *r, struct dl3t_made *made)
{
	struct dl3_detail *detail = &made->record.u.detail;
	size_t other = dl3t_below(r, 3);

	detail->has_call = dl3t_below(r, 8) != 0;
	detail->has_a = dl3t_below(r, 8) != 0;
	detail->has_b = other == 1;
	if (detail->has_call) {
		make_row(r, made, DL3_ROW_call, &detail->call, 10, true);
	}
	if (detail->has_a) {
		make_row(r, made, DL3_ROW_party, &detail->a, 23, true);
	}
	if (detail->has_b) {
		make_row(r, made, DL3_ROW_party, &detail->b, 23, true);
	}
	if (other == 2) {
		detail->targets.list = made->targets;
		detail->targets.count = 1 + dl3t_below(r, DL3T_TARGETS_MAX);
		for (size_t i = 0; i < detail->targets.count; i++) {
			make_row(r, made, DL3_ROW_target, &made->targets[i], 2, true);
		}
	}
}

void dl3t_make_record(struct dl3t_random *r, enum dl3_kind kind, struct dl3t_made *made)
{
	struct dl3_record *record = &made->record;
	enum dl3_row_kind row;
	bool quoting =
		kind == DL3_KIND_CALL_LOST || kind == DL3_KIND_LINK_LOST || kind == DL3_KIND_ATTEMPT_REJECT;

	made->used = 0;
	memset(record, 0, sizeof(*record));
	record->kind = kind;
	switch (kind) {
	case DL3_KIND_DETAIL:
		make_detail(r, made);
		return;
	case DL3_KIND_CMEXTN:
		record->u.cmextn.text = make_text(r, made, true);
		return;
	case DL3_KIND_CMEXTN_STATE:
		record->u.cmextn_state.v = (uint32_t)dl3t_below(r, 0x10000);
		record->u.cmextn_state.p1 = (uint32_t)dl3t_random(r);
		record->u.cmextn_state.p2 = (uint32_t)dl3t_random(r);
		record->u.cmextn_state.who =
			dl3t_below(r, 4) == 0 ? dl3_str_of("") : make_text(r, made, true);
		return;
	default:
		break;
	}
	if (dl3t_record_row(record, &row) != NULL) {
		/* Every row starts its member of the union, so the union's address is the row's. */
		make_row(r, made, row, &record->u, 2, quoting);
	}
}
