/* SPDX-License-Identifier: MIT */
#include "watch_cells.h"

#include <langinfo.h>
#include <locale.h>
#include <string.h>
#include <wchar.h>

#include "base/text.h"
#include "base/utf8.h"

#define REPLACEMENT 0xfffdu
/* Marks on one character: more than any language has would pile up over the lines around it. */
#define MARKS_MAX 3u

bool cells_locale(void)
{
	bool utf8 = setlocale(LC_CTYPE, "") && strcmp(nl_langinfo(CODESET), "UTF-8") == 0;

	if (!utf8)
		setlocale(LC_CTYPE, "C.UTF-8");
	return utf8;
}

static void put(struct cells_text *t, uint32_t code)
{
	char octets[4];
	size_t n = dl3i_utf8_put(code, octets);

	if (t->len + n > sizeof(t->buf))
		return;
	memcpy(t->buf + t->len, octets, n);
	t->len += n;
}

void cells_str(struct cells_text *t, struct dl3_str s)
{
	struct dl3i_plain plain = dl3i_plain_of(s);
	uint32_t code = 0;

	while (dl3i_plain_next(&plain, &code))
		put(t, dl3i_obeyed(code) ? '.' : code);
}

void cells_z(struct cells_text *t, const char *z)
{
	cells_str(t, dl3_str_of(z));
}

void cells_signed(struct cells_text *t, int64_t value)
{
	char buf[24];
	struct dl3i_out o = dl3i_out_to(buf, sizeof(buf));

	dl3i_put_signed(&o, value);
	cells_str(t, (struct dl3_str){ .ptr = buf, .len = (uint32_t)o.len });
}

void cells_next(struct cells_text *t)
{
	if (t->len > 0)
		cells_z(t, ", ");
}

/* ---- Fitting ---- */

/* What is to be drawn of a text. */
struct drawing {
	const char *at, *end;
	unsigned marks;
};

/* The next character and its cells; characters that are of no known width are replaced. */
static bool draw_next(struct drawing *d, uint32_t *code, unsigned *cells)
{
	while (d->at < d->end) {
		d->at += dl3i_utf8_next(d->at, d->end, code);
		int width = wcwidth((wchar_t)*code);
		if (width < 0)
			*code = REPLACEMENT;
		*cells = width < 0 ? 1 : (unsigned)width;
		d->marks = *cells == 0 ? d->marks + 1 : 0;
		if (d->marks <= MARKS_MAX)
			return true;
	}
	return false;
}

static unsigned measure(const struct cells_text *t)
{
	struct drawing d = { .at = t->buf, .end = t->buf + t->len };
	unsigned all = 0, cells = 0;
	uint32_t code = 0;

	while (draw_next(&d, &code, &cells))
		all += cells;
	return all;
}

unsigned cells_fit(struct dl3i_out *o, const struct cells_text *t, unsigned width, bool pad, bool utf8)
{
	struct drawing d = { .at = t->buf, .end = t->buf + t->len };
	bool cut = width > 0 && measure(t) > width;
	unsigned room = cut ? width - 1 : width, used = 0, cells = 0;
	uint32_t code = 0;
	char octets[4];

	while (draw_next(&d, &code, &cells) && (width == 0 || used + cells <= room)) {
		dl3i_put(o, octets, dl3i_utf8_put(code, octets));
		used += cells;
	}
	if (cut) {
		dl3i_put_z(o, utf8 ? "…" : ".");
		used++;
	}
	for (; pad && used < width; used++)
		dl3i_put_char(o, ' ');
	return used;
}
