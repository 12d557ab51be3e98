/* SPDX-License-Identifier: MIT */
/* The wallboard's files. */
#include <string.h>

#include "gateway_parts.h"
#include "page.h"

void api_page(struct http_exchange *x)
{
	struct dl3_str path = http_path(x);

	if (dl3_str_is(path, "/"))
		path = dl3_str_of("/index.html");
	for (size_t i = 0; i < page_file_count; i++) {
		const struct page_file *f = &page_files[i];
		if (!dl3_str_is(path, f->path))
			continue;
		http_set(x, "ETag", f->tag);
		/* Asked for again each time, and answered in a word when nothing has changed. */
		http_set(x, "Cache-Control", "no-cache");
		if (dl3_str_is(http_header(x, "if-none-match"), f->tag))
			http_reply(x, 304, NULL, (struct dl3_str){ 0 });
		else
			http_reply_static(x, 200, f->type, f->data, f->len);
		return;
	}
	/* The interface's description is always there. */
	if (page_file_count <= 1)
		http_problem(x, 404, "this program was built without the wallboard: see web/README.md");
	else
		http_problem(x, 404, "there is no %.*s", (int)(path.len < 200 ? path.len : 200), path.ptr);
}
