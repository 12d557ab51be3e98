/* SPDX-License-Identifier: MIT */
/* For those who watch the gateway: whether it lives, and whether it does its work. */
#include "gateway_parts.h"

/* That it answers is the answer. */
void api_health(struct gateway *g, struct http_exchange *x, const struct token_grant *grant)
{
	(void)g;
	(void)grant;
	http_set(x, "Cache-Control", "no-store");
	http_reply(x, 200, "text/plain; charset=utf-8", dl3_str_of("ok\n"));
}

static size_t links_up(const struct gateway *g)
{
	size_t n = 0;

	for (size_t i = 0; i < g->site_count; i++)
		n += site_status(g->sites[i]).connected;
	return n;
}

static void put_link_states(const struct gateway *g, struct evbuffer *b)
{
	put_z(b, "\"pbxs\":{");
	for (size_t i = 0; i < g->site_count; i++) {
		if (i > 0)
			put_z(b, ",");
		put_json_str(b, dl3_str_of(site_name(g->sites[i])));
		(void)evbuffer_add_printf(b, ":\"%s\"", dl3_link_state_name(site_status(g->sites[i]).state));
	}
	put_z(b, "},");
}

static void put_reasons(const struct gateway *g, struct evbuffer *b, enum store_state store)
{
	const struct {
		bool is;
		const char *text;
	} reasons[] = {
		{ g->site_count > 0 && links_up(g) == 0, "no link to a PBX is up" },
		{ store == STORE_FAILING, "the store cannot be written" },
		{ g->stopping, "it is being stopped" },
	};
	const char *comma = "";

	put_z(b, "\"reasons\":[");
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		if (!reasons[i].is)
			continue;
		(void)evbuffer_add_printf(b, "%s\"%s\"", comma, reasons[i].text);
		comma = ",";
	}
	put_z(b, "],");
}

/* Ready is who has what a consumer comes for: calls of a PBX, and a history that is written. One PBX of several that is
 * away must not take the others from who listens; links_up tells. Which PBXs there are is not everybody's business where
 * tokens are needed. */
void api_ready(struct gateway *g, struct http_exchange *x, const struct token_grant *grant)
{
	struct evbuffer *b = evbuffer_new();
	struct store_status store = { .state = STORE_OK };

	(void)grant;
	if (!b) {
		http_problem(x, 503, "no memory is left");
		return;
	}
	if (g->store)
		store_status(g->store, &store);
	const bool ready =
		!g->stopping && store.state != STORE_FAILING && (g->site_count == 0 || links_up(g) > 0);
	put_z(b, "{");
	if (!g->tokens)
		put_link_states(g, b);
	(void)evbuffer_add_printf(b, "\"links\":%zu,\"links_up\":%zu,\"store\":\"%s\",\"stopping\":%s,",
	                          g->site_count, links_up(g),
	                          g->store ? store_state_name(store.state) : "none",
	                          g->stopping ? "true" : "false");
	put_reasons(g, b, store.state);
	(void)evbuffer_add_printf(b, "\"ready\":%s}", ready ? "true" : "false");
	http_set(x, "Cache-Control", "no-store");
	http_reply_buffer(x, ready ? 200 : 503, "application/json", b);
	evbuffer_free(b);
}
