/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <errno.h>
#include <event2/buffer.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <event2/util.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "control_parts.h"
#include "fail.h"

#define NAME_MAX_OCTETS 64u
#define HTTP_PORT 80
#define RATE_MAX 1000000.0
#define SPEED_LEAST 0.01
#define SPEED_MAX 10000.0

struct sim_control {
	struct sim_host *host;
	struct evhttp *http;
	struct sockaddr_storage bound;
	char address[96];
	uint16_t port;
};

/* A request while it is answered. */
struct asked {
	struct sim_control *control;
	struct evhttp_request *request;
	char name[NAME_MAX_OCTETS]; /* what stands in place of the {} of a path */
	json_t *body;
	struct sim_problem problem;
};

/* ---- Answers ---- */

static const char *title_of(int status)
{
	static const struct {
		int status;
		const char *title;
	} titles[] = {
		{ 200, "OK" },
		{ 400, "Bad Request" },
		{ 404, "Not Found" },
		{ 405, "Method Not Allowed" },
		{ 409, "Conflict" },
		{ 413, "Content Too Large" },
		{ 415, "Unsupported Media Type" },
		{ 421, "Misdirected Request" },
		{ 422, "Unprocessable Content" },
	};

	for (size_t i = 0; i < sizeof(titles) / sizeof(titles[0]); i++)
		if (titles[i].status == status)
			return titles[i].title;
	return "Internal Server Error";
}

typedef void (*page_fn)(struct dl3i_json *j, const void *arg);

/* Written twice: to know how long it is, and to where it goes out from. */
static bool put_page(struct evbuffer *out, page_fn write, const void *arg)
{
	struct dl3i_json j = dl3i_json_to(NULL, 0);
	struct evbuffer_iovec room;

	write(&j, arg);
	size_t len = j.out.len;

	if (evbuffer_reserve_space(out, (ev_ssize_t)len, &room, 1) != 1)
		return false;
	j = dl3i_json_to(room.iov_base, len);
	write(&j, arg);
	room.iov_len = len;
	return evbuffer_commit_space(out, &room, 1) == 0 && evbuffer_add(out, "\n", 1) == 0;
}

static void send_page(struct evhttp_request *request, int status, const char *type, page_fn write,
                      const void *arg)
{
	struct evkeyvalq *headers = evhttp_request_get_output_headers(request);
	struct evbuffer *out = evhttp_request_get_output_buffer(request);

	evhttp_add_header(headers, "Content-Type", type);
	evhttp_add_header(headers, "Cache-Control", "no-store");
	evhttp_add_header(headers, "X-Content-Type-Options", "nosniff");
	if (!put_page(out, write, arg)) {
		evbuffer_drain(out, evbuffer_get_length(out));
		status = HTTP_INTERNAL;
	}
	evhttp_send_reply(request, status, title_of(status), NULL);
}

static void write_problem(struct dl3i_json *j, const void *arg)
{
	const struct sim_problem *p = arg;

	dl3i_json_open(j, '{');
	DL3I_JSON_KEY(j, "type");
	dl3i_json_z(j, "about:blank");
	DL3I_JSON_KEY(j, "title");
	dl3i_json_z(j, title_of(p->status));
	DL3I_JSON_KEY(j, "status");
	dl3i_json_signed(j, p->status);
	DL3I_JSON_KEY(j, "detail");
	dl3i_json_z(j, p->error.text);
	if (p->argument) {
		DL3I_JSON_KEY(j, "argument");
		dl3i_json_z(j, p->argument);
	}
	dl3i_json_close(j, '}');
}

static void send_problem(struct asked *q)
{
	send_page(q->request, q->problem.status, "application/problem+json", write_problem, &q->problem);
}

static bool fail_with(struct asked *q, int status)
{
	q->problem.status = status;
	return false;
}

static bool say(struct asked *q, page_fn write, const void *arg)
{
	send_page(q->request, HTTP_OK, "application/json", write, arg);
	return true;
}

/* ---- What is asked about ---- */

static struct sim_exchange *exchange_of(const struct asked *q)
{
	return sim_host_exchange(q->control->host);
}

static void page_state(struct dl3i_json *j, const void *arg)
{
	sim_write_state(j, arg);
}

static void page_calls(struct dl3i_json *j, const void *arg)
{
	sim_write_calls(j, arg);
}

static void page_users(struct dl3i_json *j, const void *arg)
{
	sim_write_users(j, arg);
}

static void page_groups(struct dl3i_json *j, const void *arg)
{
	sim_write_groups(j, arg);
}

static bool get_state(struct asked *q)
{
	return say(q, page_state, exchange_of(q));
}

static bool get_calls(struct asked *q)
{
	return say(q, page_calls, exchange_of(q));
}

static bool get_users(struct asked *q)
{
	return say(q, page_users, exchange_of(q));
}

static bool get_groups(struct asked *q)
{
	return say(q, page_groups, exchange_of(q));
}

static void page_counts(struct dl3i_json *j, const void *arg)
{
	sim_write_counts(j, arg);
}

static bool get_counts(struct asked *q)
{
	struct sim_host_counts counts = sim_host_counts(q->control->host);

	return say(q, page_counts, &counts);
}

/* One thing out of the exchange. */
struct one {
	const struct sim_exchange *x;
	const struct sim_call *call;
	const struct sim_user *user;
	const struct sim_group *group;
};

static void page_one(struct dl3i_json *j, const void *arg)
{
	const struct one *o = arg;

	if (o->call)
		sim_write_call(j, o->x, o->call);
	else if (o->user)
		sim_write_user(j, o->x, o->user);
	else
		sim_write_group(j, o->x, o->group);
}

static bool get_call(struct asked *q)
{
	struct one one = { .x = exchange_of(q) };

	one.call = sim_commands_call(sim_host_commands(q->control->host), q->name, &q->problem.error);
	return one.call ? say(q, page_one, &one) : fail_with(q, 404);
}

static bool get_user(struct asked *q)
{
	struct one one = { .x = exchange_of(q) };

	one.user = sim_world_user(sim_exchange_world(one.x), q->name);
	if (one.user)
		return say(q, page_one, &one);
	sim_fail(&q->problem.error, "user %s: nobody has that extension", q->name);
	return fail_with(q, 404);
}

static bool get_group(struct asked *q)
{
	struct one one = { .x = exchange_of(q) };

	one.group = sim_world_group(sim_exchange_world(one.x), q->name);
	if (one.group)
		return say(q, page_one, &one);
	sim_fail(&q->problem.error, "group %s: no hunt group has that extension", q->name);
	return fail_with(q, 404);
}

/* ---- What is to be done ---- */

static void page_nothing(struct dl3i_json *j, const void *arg)
{
	(void)arg;
	dl3i_json_open(j, '{');
	dl3i_json_close(j, '}');
}

static void page_number(struct dl3i_json *j, const void *arg)
{
	const uint64_t *number = arg;

	dl3i_json_open(j, '{');
	DL3I_JSON_KEY(j, "call");
	if (*number)
		dl3i_json_unsigned(j, *number);
	else
		dl3i_json_literal(j, "null");
	dl3i_json_close(j, '}');
}

static bool post_do(struct asked *q)
{
	struct sim_numerals numerals;
	struct sim_command command;
	uint64_t call = 0;

	if (!sim_read_command(q->body, &numerals, &command, &q->problem))
		return false;
	if (!sim_host_do(q->control->host, &command, &call, &q->problem.error))
		return fail_with(q, 409);
	return say(q, page_number, &call);
}

static bool take_members(struct asked *q, const char *only)
{
	const char *const names[] = { only, NULL };

	return sim_control_members(q->body, names, &q->problem);
}

static bool post_fault(struct asked *q)
{
	const json_t *text = json_object_get(q->body, "fault");
	const struct sim_world *w = sim_exchange_world(exchange_of(q));
	struct sim_fault fault;

	if (!take_members(q, "fault"))
		return false;
	q->problem.argument = "fault";
	if (!json_is_string(text)) {
		sim_fail(&q->problem.error, "fault: expected a string, such as \"reset=0.5\"");
		return fail_with(q, 422);
	}
	if (!sim_fault_parse(json_string_value(text), w, &fault, &q->problem.error))
		return fail_with(q, 422);
	if (!sim_host_fault(q->control->host, &fault, &q->problem.error))
		return fail_with(q, 500);
	return say(q, page_nothing, NULL);
}

/* Everywhere, and on each node by itself: each is armed separately. */
static bool end_fault(struct asked *q, enum sim_fault_kind kind)
{
	struct sim_fault fault = { .kind = kind, .node = SIM_NONE, .off = true };
	size_t nodes = sim_exchange_world(exchange_of(q))->node_count;

	for (size_t i = 0; i <= nodes; i++) {
		if (!sim_host_fault(q->control->host, &fault, &q->problem.error))
			return fail_with(q, 500);
		fault.node = i;
	}
	return true;
}

static bool delete_faults(struct asked *q)
{
	for (size_t i = 0; i < SIM_FAULT_KINDS; i++)
		if (!end_fault(q, (enum sim_fault_kind)i))
			return false;
	return say(q, page_nothing, NULL);
}

static bool delete_fault(struct asked *q)
{
	for (size_t i = 0; i < SIM_FAULT_KINDS; i++)
		if (strcmp(sim_fault_name((enum sim_fault_kind)i), q->name) == 0)
			return end_fault(q, (enum sim_fault_kind)i) && say(q, page_nothing, NULL);
	sim_fail(&q->problem.error, "fault %s: there is no such kind; GET / lists them", q->name);
	return fail_with(q, 404);
}

static bool post_reset(struct asked *q)
{
	const char *const none[] = { NULL };

	if (!sim_control_members(q->body, none, &q->problem))
		return false;
	if (!sim_host_reset(q->control->host, &q->problem.error))
		return fail_with(q, 500);
	return say(q, page_nothing, NULL);
}

static bool post_rate(struct asked *q)
{
	double rate;

	if (!take_members(q, "rate") || !sim_control_number(q->body, "rate", 0, RATE_MAX, &rate, &q->problem))
		return false;
	sim_host_set_rate(q->control->host, rate);
	return say(q, page_nothing, NULL);
}

static bool post_speed(struct asked *q)
{
	double speed;

	if (!take_members(q, "speed") ||
	    !sim_control_number(q->body, "speed", SPEED_LEAST, SPEED_MAX, &speed, &q->problem))
		return false;
	sim_host_set_speed(q->control->host, speed);
	return say(q, page_nothing, NULL);
}

/* ---- Which is which ---- */

static bool get_index(struct asked *q);

struct route {
	enum evhttp_cmd_type method;
	const char *path; /* {} at the end stands for one name */
	bool (*answer)(struct asked *q);
	const char *body, *meaning;
};

static const struct route routes[] = {
	{ EVHTTP_REQ_GET, "/", get_index, NULL, "This list." },
	{ EVHTTP_REQ_GET, "/v1/state", get_state, NULL, "All calls, users and hunt groups." },
	{ EVHTTP_REQ_GET, "/v1/calls", get_calls, NULL, "The calls there are." },
	{ EVHTTP_REQ_GET, "/v1/calls/{}", get_call, NULL, "A call, by its number or label." },
	{ EVHTTP_REQ_GET, "/v1/users", get_users, NULL, "The users, and the calls that they have." },
	{ EVHTTP_REQ_GET, "/v1/users/{}", get_user, NULL, "A user, by extension." },
	{ EVHTTP_REQ_GET, "/v1/groups", get_groups, NULL, "The hunt groups, who takes calls, who waits." },
	{ EVHTTP_REQ_GET, "/v1/groups/{}", get_group, NULL, "A hunt group, by extension." },
	{ EVHTTP_REQ_GET, "/v1/counts", get_counts, NULL, "The time, and how many of what." },
	{ EVHTTP_REQ_POST, "/v1/do", post_do, "{\"action\": \"answer\", \"user\": \"4001\"}",
	  "Does something: one of the actions, with its arguments. Answers with the number of the call." },
	{ EVHTTP_REQ_POST, "/v1/fault", post_fault, "{\"fault\": \"reset=0.5\"}",
	  "Makes something go wrong." },
	{ EVHTTP_REQ_DELETE, "/v1/faults", delete_faults, NULL, "No more faults." },
	{ EVHTTP_REQ_DELETE, "/v1/faults/{}", delete_fault, NULL, "No more faults of a kind." },
	{ EVHTTP_REQ_POST, "/v1/rate", post_rate, "{\"rate\": 60}", "Calls a minute; 0 for none." },
	{ EVHTTP_REQ_POST, "/v1/speed", post_speed, "{\"speed\": 10}",
	  "So many times faster than the real clock." },
	{ EVHTTP_REQ_POST, "/v1/reset", post_reset, "{}",
	  "Ends all calls and faults, forgets all labels, and traffic is as it was at first." },
};
#define ROUTES (sizeof(routes) / sizeof(routes[0]))

static const char *method_name(enum evhttp_cmd_type method)
{
	return method == EVHTTP_REQ_GET ? "GET" : method == EVHTTP_REQ_POST ? "POST" : "DELETE";
}

static void page_index(struct dl3i_json *j, const void *arg)
{
	(void)arg;
	dl3i_json_open(j, '{');
	DL3I_JSON_KEY(j, "requests");
	dl3i_json_open(j, '[');
	for (size_t i = 0; i < ROUTES; i++) {
		dl3i_json_open(j, '{');
		DL3I_JSON_KEY(j, "method");
		dl3i_json_z(j, method_name(routes[i].method));
		DL3I_JSON_KEY(j, "path");
		dl3i_json_z(j, routes[i].path);
		if (routes[i].body) {
			DL3I_JSON_KEY(j, "body");
			dl3i_json_z(j, routes[i].body);
		}
		DL3I_JSON_KEY(j, "meaning");
		dl3i_json_z(j, routes[i].meaning);
		dl3i_json_close(j, '}');
	}
	dl3i_json_close(j, ']');
	sim_write_catalogue(j);
	dl3i_json_close(j, '}');
}

static bool get_index(struct asked *q)
{
	return say(q, page_index, NULL);
}

/* Takes the name in the path into `q`, decoded. */
static bool path_fits(const struct route *r, const char *path, struct asked *q)
{
	const char *brace = strchr(r->path, '{');

	if (!brace)
		return strcmp(r->path, path) == 0;
	size_t before = (size_t)(brace - r->path), len;

	if (strncmp(r->path, path, before) != 0 || strchr(path + before, '/'))
		return false;
	char *name = evhttp_uridecode(path + before, 0, &len);
	bool fits = name && len > 0 && len < sizeof(q->name) && strlen(name) == len;

	if (fits)
		memcpy(q->name, name, len + 1);
	free(name);
	return fits;
}

static bool fail_route(struct asked *q, const char *path, const char *allowed)
{
	if (*allowed == '\0') {
		sim_fail(&q->problem.error, "%.128s: there is no such thing; GET / lists what there is",
		         path);
		return fail_with(q, 404);
	}
	evhttp_add_header(evhttp_request_get_output_headers(q->request), "Allow", allowed);
	sim_fail(&q->problem.error, "%.128s: expected %s", path, allowed);
	return fail_with(q, 405);
}

static const struct route *find_route(struct asked *q)
{
	const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(q->request);
	const char *path = uri ? evhttp_uri_get_path(uri) : NULL,
		   *query = uri ? evhttp_uri_get_query(uri) : NULL;
	const char *allowed = "";

	if (!path || *path == '\0')
		path = "/";
	if (query) {
		sim_fail(&q->problem.error, "a query: expected none");
		fail_with(q, 400);
		return NULL;
	}
	for (size_t i = 0; i < ROUTES; i++) {
		if (!path_fits(&routes[i], path, q))
			continue;
		if (routes[i].method == evhttp_request_get_command(q->request))
			return &routes[i];
		allowed = method_name(routes[i].method);
	}
	fail_route(q, path, allowed);
	return NULL;
}

/* ---- Who may ask ---- */

static bool same_address(const struct sockaddr_storage *bound, const char *literal)
{
	struct in_addr four;
	struct in6_addr six;
	const struct sockaddr_in *in = (const void *)bound;
	const struct sockaddr_in6 *in6 = (const void *)bound;

	/* Whatever is bound to all addresses cannot know which of them it was reached by; a name that was
	 * made to point here is what must not pass. */
	if (evutil_inet_pton(AF_INET, literal, &four) == 1)
		return bound->ss_family == AF_INET ? in->sin_addr.s_addr == htonl(INADDR_ANY) ||
		                                             in->sin_addr.s_addr == four.s_addr
		                                   : IN6_IS_ADDR_UNSPECIFIED(&in6->sin6_addr);
	return evutil_inet_pton(AF_INET6, literal, &six) == 1 && bound->ss_family == AF_INET6 &&
	       (IN6_IS_ADDR_UNSPECIFIED(&in6->sin6_addr) || memcmp(&six, &in6->sin6_addr, sizeof(six)) == 0);
}

static bool is_loopback(const struct sockaddr_storage *bound)
{
	const struct sockaddr_in *in = (const void *)bound;
	const struct sockaddr_in6 *in6 = (const void *)bound;

	if (bound->ss_family == AF_INET)
		return ntohl(in->sin_addr.s_addr) >> 24 == 127 || in->sin_addr.s_addr == htonl(INADDR_ANY);
	return IN6_IS_ADDR_LOOPBACK(&in6->sin6_addr) || IN6_IS_ADDR_UNSPECIFIED(&in6->sin6_addr);
}

/* "[::1]:8080" and "localhost:8080" to their parts; `port` is -1 where there is none. */
static bool split_host(const char *host, char *name, size_t cap, long *port)
{
	bool bracket = *host == '[';
	size_t len = strcspn(host + bracket, bracket ? "]" : ":");
	const char *rest = host + bracket + len;

	if (len == 0 || len >= cap || (bracket && *rest != ']'))
		return false;
	memcpy(name, host + bracket, len);
	name[len] = '\0';
	rest += bracket;
	*port = -1;
	if (*rest == '\0')
		return true;
	if (*rest != ':' || rest[1] == '\0' || strlen(rest) > 6 ||
	    rest[1 + strspn(rest + 1, "0123456789")] != '\0')
		return false;
	*port = strtol(rest + 1, NULL, 10);
	return *port <= UINT16_MAX;
}

static bool check_host(struct asked *q)
{
	const struct sim_control *c = q->control;
	const char *host = evhttp_find_header(evhttp_request_get_input_headers(q->request), "Host");
	char name[80];
	long port;

	if (!host) {
		sim_fail(&q->problem.error, "no Host: expected %s", c->address);
		return fail_with(q, 400);
	}
	if (split_host(host, name, sizeof(name), &port) && (port < 0 ? HTTP_PORT : port) == c->port &&
	    ((is_loopback(&c->bound) && evutil_ascii_strcasecmp(name, "localhost") == 0) ||
	     same_address(&c->bound, name)))
		return true;
	sim_fail(&q->problem.error, "Host is not this: expected %s", c->address);
	return fail_with(q, 421);
}

/* A form of another site's page may post text, but nothing that calls itself JSON. */
static bool check_type(struct asked *q)
{
	static const char json[] = "application/json";
	const char *type = evhttp_find_header(evhttp_request_get_input_headers(q->request), "Content-Type");
	size_t len = type ? strcspn(type, "; \t") : 0;

	if (len == sizeof(json) - 1 && evutil_ascii_strncasecmp(type, json, len) == 0)
		return true;
	sim_fail(&q->problem.error, "Content-Type is %s: expected %s", type ? "another" : "missing", json);
	return fail_with(q, 415);
}

static bool read_body(struct asked *q)
{
	struct evbuffer *in = evhttp_request_get_input_buffer(q->request);
	size_t len = evbuffer_get_length(in);

	if (len > SIM_CONTROL_BODY_MAX) {
		sim_fail(&q->problem.error, "the body has %zu octets: expected at most %u", len,
		         SIM_CONTROL_BODY_MAX);
		return fail_with(q, 413);
	}
	const char *text = (const char *)evbuffer_pullup(in, -1);

	q->problem.status = 500;
	q->body = sim_read_object(text, len, &q->problem);
	return q->body != NULL;
}

static bool answer(struct asked *q)
{
	if (!check_host(q))
		return false;
	const struct route *r = find_route(q);

	if (!r)
		return false;
	if (r->method == EVHTTP_REQ_POST && (!check_type(q) || !read_body(q)))
		return false;
	return r->answer(q);
}

static void on_request(struct evhttp_request *request, void *arg)
{
	struct asked q = { .control = arg, .request = request };

	if (!answer(&q))
		send_problem(&q);
	json_decref(q.body);
}

/* ---- The server ---- */

static bool is_literal(const char *ip)
{
	struct in6_addr any;

	return evutil_inet_pton(AF_INET, ip, &any) == 1 || evutil_inet_pton(AF_INET6, ip, &any) == 1;
}

static bool bind_to(struct sim_control *c, const char *address, struct sim_error *error)
{
	char ip[80];
	long port;

	if (!split_host(address, ip, sizeof(ip), &port) || port < 0 || !is_literal(ip))
		return sim_fail(error, "'%.200s': expected ADDRESS:PORT, such as 127.0.0.1:8080 or [::1]:0",
		                address);
	struct evhttp_bound_socket *s = evhttp_bind_socket_with_handle(c->http, ip, (uint16_t)port);
	socklen_t size = sizeof(c->bound);

	if (!s || getsockname(evhttp_bound_socket_get_fd(s), (struct sockaddr *)&c->bound, &size) != 0)
		return sim_fail(error, "%s: %s", address, strerror(errno));
	bool six = c->bound.ss_family == AF_INET6;

	c->port = ntohs(six ? ((const struct sockaddr_in6 *)&c->bound)->sin6_port
	                    : ((const struct sockaddr_in *)&c->bound)->sin_port);
	snprintf(c->address, sizeof(c->address), six ? "[%s]:%u" : "%s:%u", ip, c->port);
	return true;
}

struct sim_control *sim_control_new(struct event_base *base, const char *address, struct sim_host *host,
                                    struct sim_error *error)
{
	struct sim_control *c = calloc(1, sizeof(*c));

	if (!c || !(c->http = evhttp_new(base))) {
		sim_fail(error, "no memory");
		free(c);
		return NULL;
	}
	c->host = host;
	evhttp_set_max_headers_size(c->http, SIM_CONTROL_HEADERS_MAX);
	/* A little more is read than taken, so that what is too long can be answered in JSON. */
	evhttp_set_max_body_size(c->http, (ev_ssize_t)2 * SIM_CONTROL_BODY_MAX);
	evhttp_set_timeout(c->http, SIM_CONTROL_TIMEOUT_S);
	evhttp_set_allowed_methods(c->http, EVHTTP_REQ_GET | EVHTTP_REQ_POST | EVHTTP_REQ_HEAD |
	                                            EVHTTP_REQ_PUT | EVHTTP_REQ_DELETE | EVHTTP_REQ_OPTIONS |
	                                            EVHTTP_REQ_PATCH);
	evhttp_set_gencb(c->http, on_request, c);
	if (bind_to(c, address, error))
		return c;
	sim_control_free(c);
	return NULL;
}

void sim_control_free(struct sim_control *c)
{
	if (!c)
		return;
	evhttp_free(c->http);
	free(c);
}

const char *sim_control_address(const struct sim_control *c)
{
	return c->address;
}
