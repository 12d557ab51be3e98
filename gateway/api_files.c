/* SPDX-License-Identifier: MIT */
/* Pseudo-files of a PBX. */
#include <stdlib.h>

#include "gateway_parts.h"

static void gone(struct http_exchange *x)
{
	site_read_cancel(http_user(x));
}

static void on_file(enum site_answer answer, struct dl3_octets contents, const char *detail, void *arg)
{
	static const unsigned status[] = {
		[SITE_NO_FILE] = 404, [SITE_BUSY] = 503, [SITE_UNREACHABLE] = 502, [SITE_LATE] = 504
	};
	struct http_exchange *x = arg;

	http_on_gone(x, NULL);
	if (answer != SITE_FILE) {
		http_problem(x, status[answer], "%s", detail);
		return;
	}
	http_set(x, "Cache-Control", "no-store");
	http_reply(x, 200, "text/plain; charset=utf-8",
	           (struct dl3_str){ .ptr = (const char *)contents.ptr, .len = (uint32_t)contents.len });
}

void api_file(struct gateway *g, struct http_exchange *x, const struct token_grant *grant)
{
	const struct dl3_str name = http_segment(x, 2), path = http_rest(x, 4);
	struct site *s = gateway_site(g, name);

	if (!api_only(x, (const char *const[]){ NULL }))
		return;
	if (!token_grant_allows_pbx(grant, name)) {
		http_problem(x, 403, "the token '%s' is not for this PBX", grant->name);
		return;
	}
	if (!s) {
		http_problem(x, 404, "there is no PBX '%.*s'", (int)(name.len < 80 ? name.len : 80),
		             name.ptr);
		return;
	}
	if (path.len > DL3_NAME_MAX) {
		http_problem(x, 414, "names of files have at most %u octets", (unsigned)DL3_NAME_MAX);
		return;
	}
	struct site_file *f = site_read(s, path, on_file, x);
	if (!f) {
		http_set(x, "Retry-After", "5");
		http_problem(x, 503, "too many files are asked for");
		return;
	}
	http_set_user(x, f);
	http_on_gone(x, gone);
}
