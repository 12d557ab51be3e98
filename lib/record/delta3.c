/* SPDX-License-Identifier: MIT */
#include <devlink3/record.h>
#include <string.h>

#include "base/octets.h"
#include "base/text.h"
#include "record/row.h"

/* The text of a record, and how far it has been read. */
struct walk {
	const char *start;
	const char *end;
	struct dl3_fault *fault;
};

struct tag {
	const char *name;
	size_t len;
	const char *at;     /* its '<' */
	const char *behind; /* behind its '>' */
	bool closing;       /* </name> */
	bool empty;         /* <name/> */
};

static enum dl3_err fail(const struct walk *w, const char *at, const char *expected, const char *came)
{
	return dl3i_fail(w->fault, DL3_ERR_DELTA3, (size_t)(at - w->start), expected, came);
}

static bool tag_is(const struct tag *t, const char *name, size_t len)
{
	return t->len == len && memcmp(t->name, name, len) == 0;
}
#define TAG_IS(t, literal) \
	((t)->len == sizeof(literal) - 1 && memcmp((t)->name, literal, sizeof(literal) - 1) == 0)

/* Behind the first occurrence of `mark`; NULL when there is none. */
static const char *behind(const char *p, const char *end, const char *mark)
{
	size_t n = strlen(mark);

	for (; (size_t)(end - p) >= n; p++)
		if (memcmp(p, mark, n) == 0)
			return p + n;
	return NULL;
}

static inline bool begins_comment(const char *p, const char *end)
{
	return end - p >= 2 && *p == '<' && (p[1] == '!' || p[1] == '?');
}

#define CDATA "<![CDATA["
#define CDATA_LEN 9

static bool begins_cdata(const char *p, const char *end)
{
	return end - p >= CDATA_LEN && memcmp(p, CDATA, CDATA_LEN) == 0;
}

/* Puts `p` behind the comment, declaration or instruction there, or the CDATA section that stands
 * where text says nothing. */
static enum dl3_err pass_comment(const struct walk *w, const char **p)
{
	const char *q = NULL;

	if (begins_cdata(*p, w->end))
		q = behind(*p + CDATA_LEN, w->end, "]]>");
	else if (w->end - *p >= 4 && memcmp(*p, "<!--", 4) == 0)
		q = behind(*p + 4, w->end, "-->");
	else
		q = behind(*p + 2, w->end, (*p)[1] == '?' ? "?>" : ">");
	if (!q)
		return fail(w, *p, "what closes a comment", "the end of the text");
	*p = q;
	return DL3_OK;
}

/* Puts `p` behind the comments there, and the white space in front of each. */
static enum dl3_err pass_comments(const struct walk *w, const char **p)
{
	enum dl3_err err = DL3_OK;

	while (err == DL3_OK) {
		const char *q = dl3i_skip_space(*p, w->end);
		if (!begins_comment(q, w->end) || begins_cdata(q, w->end))
			break;
		*p = q;
		err = pass_comment(w, p);
	}
	return err;
}

static bool ends_name(char c)
{
	return c == '>' || c == '/' || dl3i_space(c);
}

/*
 * Whether the usual form of a tag stands at `p`: no attributes, no white space. Each place that
 * asks has a branch of its own to predict.
 */
static inline bool usual_tag(const char *p, const char *end, const char *literal, size_t len, struct tag *t)
{
	if ((size_t)(end - p) < len || memcmp(p, literal, len) != 0)
		return false;
	t->at = p;
	t->closing = literal[1] == '/';
	t->name = p + 1 + t->closing;
	t->len = len - 2 - t->closing;
	t->behind = p + len;
	t->empty = false;
	return true;
}
#define USUAL(p, end, literal, t) usual_tag(p, end, literal, sizeof(literal) - 1, t)

/* Reads the tag whose '<' is at `p`. Attributes are passed over. */
static enum dl3_err read_tag(const struct walk *w, const char *p, struct tag *t)
{
	const char *q = p + 1;

	t->at = p;
	t->closing = q < w->end && *q == '/';
	q += t->closing;
	t->name = q;
	while (q < w->end && !ends_name(*q))
		q++;
	t->len = (size_t)(q - t->name);
	if (t->len == 0)
		return fail(w, p, "an element's name", NULL);
	while (q < w->end && *q != '>') {
		/* A '>' inside an attribute's value closes nothing. */
		if (*q == '"' || *q == '\'')
			q = memchr(q + 1, *q, (size_t)(w->end - q - 1));
		if (!q)
			return fail(w, p, "a quote that closes the attribute's value", "the end of the text");
		q++;
	}
	if (q == w->end)
		return fail(w, p, "a '>' that closes the tag", "the end of the text");
	t->empty = q[-1] == '/' && !t->closing;
	t->behind = q + 1;
	return DL3_OK;
}

/* The next tag at or behind `p`; text in front of it says nothing and is passed over. */
static enum dl3_err next_tag(struct walk *w, const char *p, struct tag *t)
{
	for (;;) {
		const char *open = p < w->end && *p == '<' ? p : NULL;
		if (!open && p < w->end)
			open = memchr(p, '<', (size_t)(w->end - p));
		if (!open)
			return fail(w, w->end, "a closing tag", "the end of the text");
		if (!begins_comment(open, w->end))
			return read_tag(w, open, t);
		p = open;
		enum dl3_err err = pass_comment(w, &p);
		if (err != DL3_OK)
			return err;
	}
}

/* Names of four to eight octets, which most are, without a call. */
static inline bool same_name(const char *a, const char *b, size_t len)
{
	uint32_t a4[2], b4[2];

	if (len < 4 || len > 8)
		return memcmp(a, b, len) == 0;
	memcpy(&a4[0], a, 4);
	memcpy(&b4[0], b, 4);
	memcpy(&a4[1], a + len - 4, 4);
	memcpy(&b4[1], b + len - 4, 4);
	return a4[0] == b4[0] && a4[1] == b4[1];
}

/* Behind the closing tag at `p` of `open`, written the usual way; NULL when something else is there. */
static inline const char *usual_close(const struct walk *w, const char *p, const struct tag *open)
{
	if ((size_t)(w->end - p) < open->len + 3 || p[1] != '/' || p[2 + open->len] != '>')
		return NULL;
	return same_name(p + 2, open->name, open->len) ? p + open->len + 3 : NULL;
}

/*
 * Only comments may stand between a row and its closing tag. A row goes on behind no comment, and
 * has no CDATA section: a view cannot leave anything out of its middle, and to read such a row in
 * part would be to misread it.
 */
static enum dl3_err pass_row_end(const struct walk *w, const char **p)
{
	enum dl3_err err = pass_comments(w, p);
	const char *q = dl3i_skip_space(*p, w->end);

	if (err != DL3_OK)
		return err;
	if (begins_cdata(q, w->end))
		return fail(w, q, "the row's own closing tag", "a CDATA section");
	if (q < w->end && *q != '<')
		return fail(w, q, "the row's own closing tag", "text behind a comment");
	return DL3_OK;
}

/* Sees that the row that ends at `row_end` is closed by the name of `open`; `p` gets behind that. */
static enum dl3_err close_row(struct walk *w, const struct tag *open, const char *row_end, const char **p)
{
	struct tag close;

	*p = row_end < w->end ? usual_close(w, row_end, open) : NULL;
	if (*p)
		return DL3_OK;
	enum dl3_err err = pass_row_end(w, &row_end);
	if (err == DL3_OK)
		err = next_tag(w, row_end, &close);
	if (err != DL3_OK)
		return err;
	if (!close.closing || !tag_is(&close, open->name, open->len))
		return fail(w, close.at, "the row's own closing tag", "another tag");
	*p = close.behind;
	return DL3_OK;
}

/* Reads the row at `start`. @return where it ends. */
static inline const char *read_row_at(const struct walk *w, const char *start, enum dl3_row_kind kind,
                                      void *out)
{
	struct dl3i_row_text row = { .start = w->start, .end = w->end, .row = start, .xml = true };

	return dl3i_read_row(kind, &row, out);
}

/* Reads a row that is not closed the usual way where it ended: once more, if that was at a comment
 * in front of it. */
static enum dl3_err read_unusual_row(struct walk *w, const struct tag *open, enum dl3_row_kind kind,
                                     const char *row_end, void *out, const char **p)
{
	const char *start = open->behind;
	enum dl3_err err = pass_comments(w, &start);

	if (err != DL3_OK)
		return err;
	if (start != open->behind)
		row_end = read_row_at(w, start, kind, out);
	return close_row(w, open, row_end, p);
}

/* Puts the row behind `open` into the struct of its kind. */
static inline enum dl3_err read_row(struct walk *w, const struct tag *open, enum dl3_row_kind kind, void *out,
                                    const char **p)
{
	const char *row_end = read_row_at(w, open->behind, kind, out);

	*p = row_end < w->end ? usual_close(w, row_end, open) : NULL;
	return *p ? DL3_OK : read_unusual_row(w, open, kind, row_end, out, p);
}

/* Passes over the row behind `open`. */
static enum dl3_err pass_row(struct walk *w, const struct tag *open, const char **p)
{
	const char *start = open->behind;
	enum dl3_err err = pass_comments(w, &start);

	if (err != DL3_OK)
		return err;
	size_t left = (size_t)(w->end - start);
	const char *row_end = left > 0 ? memchr(start, '<', left) : NULL;
	return close_row(w, open, row_end ? row_end : w->end, p);
}

/* Passes over an element that nobody knows, with everything inside it. */
static enum dl3_err skip_element(struct walk *w, const struct tag *open, const char **p)
{
	struct tag t = *open;
	size_t depth = 1;

	*p = open->behind;
	if (open->empty)
		return DL3_OK;
	while (depth > 0) {
		enum dl3_err err = next_tag(w, *p, &t);
		if (err != DL3_OK)
			return err;
		depth = t.closing ? depth - 1 : depth + !t.empty;
		*p = t.behind;
	}
	if (!tag_is(&t, open->name, open->len))
		return fail(w, t.at, "the element's own closing tag", "another tag");
	return DL3_OK;
}

/* ---- Targets ---- */

/* Stands in front of the next target at or behind `*p`, whose tag is `t`; DL3_END at the list's
 * closing tag, which is `t` then. */
static enum dl3_err next_target(struct walk *w, const char **p, struct tag *t)
{
	for (;;) {
		if (USUAL(*p, w->end, "<Target>", t))
			return DL3_OK;
		enum dl3_err err = next_tag(w, *p, t);
		if (err != DL3_OK)
			return err;
		if (t->closing)
			return DL3_END;
		if (TAG_IS(t, "Target") && !t->empty)
			return DL3_OK;
		err = skip_element(w, t, p);
		if (err != DL3_OK)
			return err;
	}
}

static enum dl3_err read_targets(struct walk *w, const struct tag *open, struct dl3_targets *out,
                                 const char **p)
{
	struct tag t;
	size_t count = 0;
	enum dl3_err err = DL3_OK;

	*p = open->behind;
	while ((err = next_target(w, p, &t)) == DL3_OK) {
		err = pass_row(w, &t, p);
		if (err != DL3_OK)
			return err;
		count++;
	}
	if (err != DL3_END)
		return err;
	if (!tag_is(&t, open->name, open->len))
		return fail(w, t.at, "the target list's own closing tag", "another tag");
	if (out) {
		out->raw = (struct dl3_str){ .ptr = open->behind, .len = (uint32_t)(t.at - open->behind) };
		out->count = count;
	}
	*p = t.behind;
	return DL3_OK;
}

/* Targets of a decoded record have been seen to be well formed; anything else just ends the list. */
enum dl3_err dl3_target_next(struct dl3_str *rest, struct dl3_target *out)
{
	struct tag t;

	if (rest->len == 0)
		return DL3_END;
	const char *p = rest->ptr;
	struct walk w = { .start = p, .end = p + rest->len };
	if (next_target(&w, &p, &t) != DL3_OK || read_row(&w, &t, DL3_ROW_target, out, &p) != DL3_OK) {
		rest->ptr = w.end;
		rest->len = 0;
		return DL3_END;
	}
	rest->ptr = p;
	rest->len = (uint32_t)(w.end - p);
	return DL3_OK;
}

/* ---- Detail ---- */

/* Reads a row of the Detail into `out`; it is there unless it is empty. A second one is only passed over. */
static inline enum dl3_err read_section(struct walk *w, const struct tag *open, enum dl3_row_kind kind,
                                        void *out, bool *has, bool *irregular, const char **p)
{
	const struct dl3_row *row = out;

	*p = open->behind;
	if (open->empty)
		return DL3_OK;
	if (*has) {
		*irregular = true;
		return pass_row(w, open, p);
	}
	enum dl3_err err = read_row(w, open, kind, out, p);
	if (err != DL3_OK)
		return err;
	*has = row->present != 0;
	*irregular |= row->irregular;
	return DL3_OK;
}

/* The next tag of a Detail: in the usual order, if it can be seen at a glance. */
static inline enum dl3_err next_child(struct walk *w, const struct dl3_detail *d, const char *p,
                                      struct tag *t)
{
	if (!d->has_call && USUAL(p, w->end, "<Call>", t))
		return DL3_OK;
	if (!d->has_a && USUAL(p, w->end, "<PartyA>", t))
		return DL3_OK;
	if (!d->has_b && USUAL(p, w->end, "<PartyB>", t))
		return DL3_OK;
	if (USUAL(p, w->end, "</Detail>", t) || USUAL(p, w->end, "<Target_list>", t))
		return DL3_OK;
	return next_tag(w, p, t);
}

static enum dl3_err read_child(struct walk *w, const struct tag *t, struct dl3_record *r, const char **p)
{
	struct dl3_detail *d = &r->u.detail;

	if (TAG_IS(t, "Call"))
		return read_section(w, t, DL3_ROW_call, &d->call, &d->has_call, &r->irregular, p);
	if (TAG_IS(t, "PartyA"))
		return read_section(w, t, DL3_ROW_party, &d->a, &d->has_a, &r->irregular, p);
	if (TAG_IS(t, "PartyB"))
		return read_section(w, t, DL3_ROW_party, &d->b, &d->has_b, &r->irregular, p);
	if ((TAG_IS(t, "Target_list") || TAG_IS(t, "Targets")) && !t->empty) {
		bool again = d->targets.raw.ptr != NULL;
		r->irregular |= again;
		return read_targets(w, t, again ? NULL : &d->targets, p);
	}
	return skip_element(w, t, p);
}

/* Rows that are not there read as zero; to clear all of them first would cost more than to read most. */
static void clear_absent(struct dl3_detail *d)
{
	if (!d->has_call)
		memset(&d->call, 0, sizeof(d->call));
	if (!d->has_a)
		memset(&d->a, 0, sizeof(d->a));
	if (!d->has_b)
		memset(&d->b, 0, sizeof(d->b));
}

static enum dl3_err read_detail(struct walk *w, const struct tag *root, struct dl3_record *r, const char **p)
{
	struct dl3_detail *d = &r->u.detail;
	struct tag t;
	enum dl3_err err = DL3_OK;

	r->kind = DL3_KIND_DETAIL;
	d->has_call = d->has_a = d->has_b = false;
	d->targets = (struct dl3_targets){ 0 };
	*p = root->behind;
	while (!root->empty && err == DL3_OK) {
		err = next_child(w, d, *p, &t);
		if (err != DL3_OK || t.closing)
			break;
		err = read_child(w, &t, r, p);
	}
	if (err != DL3_OK)
		return err;
	clear_absent(d);
	if (root->empty)
		return DL3_OK;
	if (!TAG_IS(&t, "Detail"))
		return fail(w, t.at, "</Detail>", "another closing tag");
	*p = t.behind;
	return DL3_OK;
}

/* ---- The whole record ---- */

static inline enum dl3_err read_flat(struct walk *w, const struct tag *root, enum dl3_kind kind,
                                     enum dl3_row_kind row, struct dl3_record *r, const char **p)
{
	r->kind = kind;
	*p = root->behind;
	if (!root->empty)
		return read_row(w, root, row, &r->u, p);
	dl3_row_decode(row, dl3_str_of(""), &r->u);
	return DL3_OK;
}

static enum dl3_err read_root(struct walk *w, const struct tag *root, struct dl3_record *r, const char **p)
{
	if (root->closing)
		return fail(w, root->at, "an opening tag", "a closing one");
	if (TAG_IS(root, "Detail"))
		return read_detail(w, root, r, p);
	if (TAG_IS(root, "CallLost"))
		return read_flat(w, root, DL3_KIND_CALL_LOST, DL3_ROW_call_lost, r, p);
	if (TAG_IS(root, "LinkLost"))
		return read_flat(w, root, DL3_KIND_LINK_LOST, DL3_ROW_link_lost, r, p);
	if (TAG_IS(root, "AttemptReject"))
		return read_flat(w, root, DL3_KIND_ATTEMPT_REJECT, DL3_ROW_attempt_reject, r, p);
	r->kind = DL3_KIND_UNKNOWN;
	r->u.unknown = (struct dl3_unknown){
		.name = { .ptr = root->name, .len = (uint32_t)root->len },
		.tuple = DL3_TUPLE_DELTA3,
		.data = { (const uint8_t *)r->raw.ptr, r->raw.len },
	};
	return skip_element(w, root, p);
}

/* Only white space and comments may follow the root, up to a NUL if there is one. */
static enum dl3_err read_trailer(const struct walk *w, const char *p, struct dl3_record *r)
{
	while (p < w->end && *p != '\0') {
		if (dl3i_space(*p)) {
			p++;
			continue;
		}
		if (!begins_comment(p, w->end) || begins_cdata(p, w->end))
			return fail(w, p, "the end of the text behind the root element", "more text");
		enum dl3_err err = pass_comment(w, &p);
		if (err != DL3_OK)
			return err;
	}
	r->irregular |= !dl3i_padding(p, w->end);
	return DL3_OK;
}

static enum dl3_err read_record(struct walk *w, struct dl3_record *r)
{
	const char *p = dl3i_skip_space(dl3i_skip_mark(w->start, w->end), w->end);
	struct tag root;

	if (p < w->end && *p != '<')
		return fail(w, p, "an XML element", "other text");
	enum dl3_err err = DL3_OK;
	if (!USUAL(p, w->end, "<Detail>", &root) && !USUAL(p, w->end, "<CallLost>", &root))
		err = next_tag(w, p, &root);
	if (err == DL3_OK)
		err = read_root(w, &root, r, &p);
	if (err == DL3_OK)
		err = read_trailer(w, p, r);
	return err;
}

enum dl3_err dl3_delta3_decode(struct dl3_str text, struct dl3_record *out, struct dl3_fault *fault)
{
	const char *p = text.ptr ? text.ptr : "";
	struct walk w = { .start = p, .end = p + text.len, .fault = fault };

	out->irregular = false;
	out->raw = (struct dl3_str){ .ptr = p, .len = text.len };
	enum dl3_err err = read_record(&w, out);
	if (err == DL3_OK)
		return DL3_OK;
	out->kind = DL3_KIND_UNKNOWN;
	out->irregular = false;
	out->u.unknown =
		(struct dl3_unknown){ .tuple = DL3_TUPLE_DELTA3, .data = { (const uint8_t *)p, text.len } };
	return err;
}
