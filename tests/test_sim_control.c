/* SPDX-License-Identifier: MIT */
/* The control over real sockets, in front of a small exchange: the functions of host.h are this
 * program's own, and note what they are asked for. */
#include "sim/control.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <jansson.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/company.h"
#include "support/conversation.h"
#include "support/test.h"

/* ---- The host ---- */

struct sim_host {
	struct dl3t_company *company;
	struct sim_commands *commands;
	struct dl3t_text log; /* what was asked for */
	bool broken;          /* refuses what a host can refuse */
};

struct sim_exchange *sim_host_exchange(struct sim_host *h)
{
	return h->company->x;
}

struct sim_commands *sim_host_commands(struct sim_host *h)
{
	return h->commands;
}

void sim_host_set_rate(struct sim_host *h, double rate)
{
	dl3t_printf(&h->log, "rate %g\n", rate);
}

bool sim_host_do(struct sim_host *h, const struct sim_command *command, uint64_t *call,
                 struct sim_error *error)
{
	return sim_command_do(h->commands, command, call, error);
}

bool sim_host_fault(struct sim_host *h, const struct sim_fault *fault, struct sim_error *error)
{
	dl3t_printf(&h->log, "%s%s %g %d\n", fault->off ? "no " : "", sim_fault_name(fault->kind),
	            fault->rate, fault->node == SIM_NONE ? -1 : (int)fault->node);
	if (h->broken)
		snprintf(error->text, sizeof(error->text), "no memory");
	return !h->broken;
}

bool sim_host_reset(struct sim_host *h, struct sim_error *error)
{
	dl3t_printf(&h->log, "reset\n");
	if (h->broken)
		snprintf(error->text, sizeof(error->text), "no memory");
	return !h->broken;
}

void sim_host_set_speed(struct sim_host *h, double speed)
{
	dl3t_printf(&h->log, "speed %g\n", speed);
}

struct sim_host_counts sim_host_counts(const struct sim_host *h)
{
	struct sim_counts n = sim_exchange_counts(h->company->x);

	return (struct sim_host_counts){ .now_ms = 12345,
		                         .lag_ms = 7,
		                         .calls_now = n.calls_now,
		                         .calls = n.calls,
		                         .events = 40,
		                         .overruns = 2 };
}

/* ---- The client ---- */

struct desk {
	struct sim_host host;
	struct event_base *base;
	struct sim_control *control;
	unsigned short port;
	int status;
	char head[2048];
	char text[131072]; /* of the body */
	json_t *body;
};

static int open_desk_at(void **state, const char *address)
{
	struct desk *d = calloc(1, sizeof(*d));
	struct sim_error error = { "" };
	void *company = NULL;

	assert_non_null(d);
	dl3t_company_open(&company);
	d->host.company = company;
	d->host.commands = sim_commands_new(d->host.company->x);
	d->base = event_base_new();
	assert_true(d->host.commands && d->base);
	d->control = sim_control_new(d->base, address, &d->host, &error);
	if (!d->control)
		fail_msg("%s", error.text);
	d->port = (unsigned short)atoi(strrchr(sim_control_address(d->control), ':') + 1);
	*state = d;
	return 0;
}

static int open_desk(void **state)
{
	return open_desk_at(state, "127.0.0.1:0");
}

static int open_to_all(void **state)
{
	return open_desk_at(state, "0.0.0.0:0");
}

static int close_desk(void **state)
{
	struct desk *d = *state;
	void *company = d->host.company;

	json_decref(d->body);
	sim_control_free(d->control);
	event_base_free(d->base);
	sim_commands_free(d->host.commands);
	dl3t_company_close(&company);
	dl3t_text_free(&d->host.log);
	free(d);
	return 0;
}

static int connect_to(const struct desk *d)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(d->port) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	return fd;
}

/* Sends octets and takes what comes back until the other side closes. Returns what came. */
static size_t exchange(struct desk *d, const char *request, size_t len, char *out, size_t cap)
{
	int fd = connect_to(d);
	size_t sent = 0, got = 0;

	for (unsigned turns = 0; turns < 100000; turns++) {
		event_base_loop(d->base, EVLOOP_NONBLOCK);
		ssize_t n = sent < len ? send(fd, request + sent, len - sent, MSG_NOSIGNAL) : 0;

		/* What was refused may be cut off before all of it was sent. */
		sent = n < 0 && errno != EAGAIN ? len : sent + (n > 0 ? (size_t)n : 0);
		n = recv(fd, out + got, cap - 1 - got, 0);
		if (n == 0 || (n < 0 && errno != EAGAIN))
			break;
		got += n > 0 ? (size_t)n : 0;
	}
	close(fd);
	out[got] = '\0';
	return got;
}

static int say_raw(struct desk *d, const char *request, size_t len)
{
	static char all[sizeof(d->head) + sizeof(d->text)];

	exchange(d, request, len, all, sizeof(all));
	char *end = strstr(all, "\r\n\r\n");

	json_decref(d->body);
	d->body = NULL;
	d->text[0] = '\0';
	if (!end || sscanf(all, "HTTP/1.%*d %d", &d->status) != 1)
		return d->status = 0;
	snprintf(d->head, sizeof(d->head), "%.*s", (int)(end + 2 - all), all);
	snprintf(d->text, sizeof(d->text), "%s", end + 4);
	d->body = json_loads(d->text, 0, NULL);
	return d->status;
}

static int say(struct desk *d, const char *method, const char *path, const char *headers, const char *body)
{
	struct dl3t_text t = { 0 };

	dl3t_printf(&t, "%s %s HTTP/1.1\r\nConnection: close\r\n%s", method, path, headers);
	if (!strstr(headers, "Host:"))
		dl3t_printf(&t, "Host: 127.0.0.1:%u\r\n", d->port);
	if (body)
		dl3t_printf(&t, "Content-Length: %zu\r\n", strlen(body));
	dl3t_printf(&t, "\r\n");
	dl3t_put(&t, body ? body : "", body ? strlen(body) : 0);
	int status = say_raw(d, dl3t_text_of(&t), t.len);

	dl3t_text_free(&t);
	return status;
}

#define JSON "Content-Type: application/json\r\n"

static int get(struct desk *d, const char *path)
{
	return say(d, "GET", path, "", NULL);
}

static int post(struct desk *d, const char *path, const char *body)
{
	return say(d, "POST", path, JSON, body);
}

static json_int_t did(struct desk *d, const char *body)
{
	if (post(d, "/v1/do", body) != 200)
		fail_msg("%s: %d %s", body, d->status, d->text);
	return json_integer_value(json_object_get(d->body, "call"));
}

/* The last answer was a problem of that kind that says this. */
static void is_problem(const struct desk *d, int status, const char *detail)
{
	const char *said = json_string_value(json_object_get(d->body, "detail"));

	if (d->status != status || !said || !strstr(said, detail))
		fail_msg("expected %d '%s', came %d %s", status, detail, d->status, d->text);
	assert_non_null(strstr(d->head, "Content-Type: application/problem+json\r\n"));
	assert_int_equal(json_integer_value(json_object_get(d->body, "status")), status);
	assert_string_equal(json_string_value(json_object_get(d->body, "type")), "about:blank");
	assert_non_null(json_object_get(d->body, "title"));
}

static void is_problem_of(const struct desk *d, const char *argument)
{
	const char *said = json_string_value(json_object_get(d->body, "argument"));

	assert_non_null(said);
	assert_string_equal(said, argument);
}

static const char *text_at(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "(none)";
}

#define INCOMING                                                                                         \
	"{\"action\":\"incoming\",\"call\":\"c1\",\"trunk\":5,\"did\":\"5678\",\"cli\":\"01707123456\"," \
	"\"to\":4001}"

/* ---- What is done ---- */

static void a_call_is_driven_from_ring_to_end(void **state)
{
	struct desk *d = *state;
	json_int_t number = did(d, INCOMING);

	assert_true(number > 0);
	assert_int_equal(did(d, "{\"action\":\"answer\",\"user\":\"4001\",\"call\":\"c1\"}"), number);
	assert_int_equal(did(d, "{\"action\":\"hold\",\"user\":\"4001\"}"), number);
	assert_int_equal(get(d, "/v1/calls/c1"), 200);
	assert_int_equal(json_integer_value(json_object_get(d->body, "call")), number);
	assert_true(json_is_true(json_object_get(json_object_get(d->body, "b"), "holding")));
	assert_int_equal(did(d, "{\"action\":\"hang_up\",\"user\":4001}"), number);
	assert_int_equal(get(d, "/v1/calls/c1"), 404);
	is_problem(d, 404, "call c1: it is over");
}

static void what_makes_no_call_answers_none(void **state)
{
	struct desk *d = *state;

	assert_int_equal(post(d, "/v1/do", "{\"action\":\"do_not_disturb\",\"user\":4001,\"on\":true}"), 200);
	assert_true(json_is_null(json_object_get(d->body, "call")));
	assert_int_equal(json_object_size(d->body), 1);
}

static void a_call_is_told_with_its_ends(void **state)
{
	struct desk *d = *state;
	json_int_t number = did(d, INCOMING);
	char path[64];

	snprintf(path, sizeof(path), "/v1/calls/%lld", (long long)number);
	assert_int_equal(get(d, path), 200);
	const json_t *a = json_object_get(d->body, "a"), *targets = json_object_get(d->body, "targets");

	assert_string_equal(text_at(a, "at"), "trunk");
	assert_string_equal(text_at(a, "cli"), "01707123456");
	assert_string_equal(text_at(a, "name"), "M&S <HQ>, Z\xc3\xbcrich");
	assert_string_equal(text_at(a, "state"), "ringback");
	assert_string_equal(text_at(a, "node"), "Office");
	assert_int_equal(json_integer_value(json_object_get(a, "trunk")), 5);
	assert_true(json_is_null(json_object_get(d->body, "b")));
	assert_true(json_is_null(json_object_get(d->body, "answered_s")));
	assert_int_equal(json_array_size(targets), 1);
	assert_string_equal(text_at(json_array_get(targets, 0), "user"), "4001");
	assert_string_equal(text_at(json_array_get(json_object_get(d->body, "nodes"), 0), "node"), "Office");
}

static void the_state_has_calls_users_and_groups(void **state)
{
	struct desk *d = *state;
	json_int_t number = did(d, INCOMING);

	did(d, "{\"action\":\"member\",\"group\":200,\"user\":4003,\"on\":false}");
	assert_int_equal(get(d, "/v1/state"), 200);
	const json_t *users = json_object_get(d->body, "users"), *groups = json_object_get(d->body, "groups");
	const json_t *members = json_object_get(json_array_get(groups, 0), "members");

	assert_int_equal(json_array_size(json_object_get(d->body, "calls")), 1);
	assert_int_equal(json_array_size(users), 6);
	assert_string_equal(text_at(json_array_get(users, 0), "user"), "4001");
	assert_int_equal(json_integer_value(json_object_get(json_array_get(users, 0), "ringing")), number);
	assert_true(json_is_false(json_object_get(json_array_get(users, 0), "free")));
	assert_true(json_is_true(json_object_get(json_array_get(users, 1), "free")));
	assert_string_equal(text_at(json_array_get(groups, 0), "mode"), "collective");
	assert_true(json_is_true(json_object_get(json_array_get(members, 0), "active")));
	assert_true(json_is_false(json_object_get(json_array_get(members, 2), "active")));
}

static void lists_and_single_things_are_the_same(void **state)
{
	struct desk *d = *state;

	did(d, INCOMING);
	get(d, "/v1/state");
	json_t *whole = json_incref(d->body);

	assert_int_equal(get(d, "/v1/calls"), 200);
	assert_true(json_equal(json_object_get(d->body, "calls"), json_object_get(whole, "calls")));
	assert_int_equal(get(d, "/v1/users"), 200);
	assert_true(json_equal(json_object_get(d->body, "users"), json_object_get(whole, "users")));
	assert_int_equal(get(d, "/v1/groups"), 200);
	assert_true(json_equal(json_object_get(d->body, "groups"), json_object_get(whole, "groups")));
	assert_int_equal(get(d, "/v1/users/4001"), 200);
	assert_true(json_equal(d->body, json_array_get(json_object_get(whole, "users"), 0)));
	assert_int_equal(get(d, "/v1/groups/%32%300"), 200);
	assert_true(json_equal(d->body, json_array_get(json_object_get(whole, "groups"), 0)));
	json_decref(whole);
}

static void counts_are_the_hosts(void **state)
{
	struct desk *d = *state;

	did(d, INCOMING);
	assert_int_equal(get(d, "/v1/counts"), 200);
	assert_true(json_real_value(json_object_get(d->body, "now_s")) == 12.345);
	assert_true(json_real_value(json_object_get(d->body, "lag_s")) == 0.007);
	assert_int_equal(json_integer_value(json_object_get(d->body, "calls_now")), 1);
	assert_int_equal(json_integer_value(json_object_get(d->body, "events")), 40);
	assert_int_equal(json_integer_value(json_object_get(d->body, "overruns")), 2);
}

static void rate_speed_and_reset_reach_the_host(void **state)
{
	struct desk *d = *state;

	assert_int_equal(post(d, "/v1/rate", "{\"rate\": 60}"), 200);
	assert_int_equal(post(d, "/v1/speed", "{\"speed\": 2.5}"), 200);
	assert_int_equal(post(d, "/v1/reset", "{}"), 200);
	assert_int_equal(post(d, "/v1/reset", ""), 200);
	assert_string_equal(dl3t_text_of(&d->host.log), "rate 60\nspeed 2.5\nreset\nreset\n");
}

static void faults_begin_and_end(void **state)
{
	struct desk *d = *state;

	assert_int_equal(post(d, "/v1/fault", "{\"fault\": \"reset=0.5,node=Branch\"}"), 200);
	assert_int_equal(say(d, "DELETE", "/v1/faults/gap", "", NULL), 200);
	assert_string_equal(dl3t_text_of(&d->host.log), "reset 0.5 1\nno gap 0 -1\nno gap 0 0\nno gap 0 1\n");
	dl3t_text_free(&d->host.log);
	assert_int_equal(say(d, "DELETE", "/v1/faults", "", NULL), 200);
	assert_non_null(strstr(dl3t_text_of(&d->host.log), "no slow_start 0 -1\n"));
}

static void the_index_lists_requests_actions_and_faults(void **state)
{
	struct desk *d = *state;
	const json_t *one;
	size_t i;

	assert_int_equal(get(d, "/"), 200);
	assert_int_equal(json_array_size(json_object_get(d->body, "actions")), 23);
	assert_non_null(json_object_get(json_object_get(d->body, "arguments"), "call"));
	assert_int_equal(json_object_size(json_object_get(d->body, "faults")), SIM_FAULT_KINDS);
	json_t *requests = json_incref(json_object_get(d->body, "requests"));

	/* Each of them is understood as it stands there. */
	json_array_foreach(requests, i, one)
	{
		const char *method = text_at(one, "method"), *path = text_at(one, "path"),
			   *body = text_at(one, "body");

		if (strchr(path, '{'))
			continue;
		say(d, method, path, JSON, strcmp(method, "POST") == 0 ? body : NULL);
		if (d->status != 200 && strcmp(path, "/v1/do") != 0)
			fail_msg("%s %s: %d %s", method, path, d->status, d->text);
	}
	json_decref(requests);
}

/* ---- What is refused ---- */

static void what_cannot_be_done_now_is_a_conflict(void **state)
{
	struct desk *d = *state;

	post(d, "/v1/do", "{\"action\":\"answer\",\"user\":4001}");
	is_problem(d, 409, "answer: ");
	post(d, "/v1/do", "{\"action\":\"answer\",\"user\":4999}");
	is_problem(d, 409, "answer: user 4999: nobody has that extension");
	post(d, "/v1/do", "{\"action\":\"hang_up\",\"call\":\"c7\"}");
	is_problem(d, 409, "call c7: no call was given that label");
}

static void what_is_no_action_is_refused(void **state)
{
	struct desk *d = *state;

	post(d, "/v1/do", "{\"action\":\"juggle\"}");
	is_problem(d, 422, "no action is called 'juggle': expected one of incoming, off_hook");
	post(d, "/v1/do", "{}");
	is_problem(d, 422, "no action: expected one of");
	post(d, "/v1/do", "");
	is_problem(d, 422, "no action: expected one of");
	post(d, "/v1/do", "{\"action\":7}");
	is_problem(d, 422, "action is a whole number: expected a string");
	is_problem_of(d, "action");
}

static void arguments_are_refused_by_name(void **state)
{
	struct desk *d = *state;

	post(d, "/v1/do", "{\"action\":\"hold\",\"user\":4001,\"colour\":\"red\"}");
	is_problem(d, 422, "no argument is called 'colour'");
	post(d, "/v1/do", "{\"action\":\"hold\",\"user\":4001,\"slot\":3}");
	is_problem(d, 422, "hold takes no slot: expected user [call]");
	is_problem_of(d, "slot");
	post(d, "/v1/do", "{\"action\":\"hold\"}");
	is_problem(d, 422, "hold needs user");
	post(d, "/v1/do", "{\"action\":\"park\",\"user\":4001,\"slot\":-1}");
	is_problem(d, 422, "slot is -1: expected 1 to 9999");
	is_problem_of(d, "slot");
}

static void arguments_have_their_types(void **state)
{
	struct desk *d = *state;

	post(d, "/v1/do", "{\"action\":\"park\",\"user\":4001,\"slot\":\"1\"}");
	is_problem(d, 422, "slot is a string: expected a whole number");
	post(d, "/v1/do", "{\"action\":\"park\",\"user\":4001,\"slot\":1.5}");
	is_problem(d, 422, "slot is a number: expected a whole number");
	post(d, "/v1/do", "{\"action\":\"hold\",\"user\":-4001}");
	is_problem(d, 422,
	           "user is a whole number: expected a string, or a whole number that is not negative");
	post(d, "/v1/do", "{\"action\":\"hold\",\"user\":null}");
	is_problem(d, 422, "user is null: expected a string");
	post(d, "/v1/do", "{\"action\":\"do_not_disturb\",\"user\":4001,\"on\":1}");
	is_problem(d, 422, "on is a whole number: expected true or false");
	is_problem_of(d, "on");
	post(d, "/v1/do", "{\"action\":\"incoming\",\"trunk\":5,\"name\":5}");
	is_problem(d, 422, "name is a whole number: expected a string");
	post(d, "/v1/do", "{\"action\":\"hold\",\"user\":[\"4001\"]}");
	is_problem(d, 422, "user is an array");
	post(d, "/v1/do", "{\"action\":\"hold\",\"user\":{}}");
	is_problem(d, 422, "user is an object");
}

static void bodies_that_are_no_json_object_are_refused(void **state)
{
	struct desk *d = *state;
	char nested[20001];

	post(d, "/v1/do", "{\"action\":");
	is_problem(d, 400, "body, line 1, column 10: ");
	post(d, "/v1/do", "{\"action\":\"clear\"} {}");
	is_problem(d, 400, "expected a JSON object");
	post(d, "/v1/do", "{\"action\":\"clear\",\"action\":\"clear\"}");
	is_problem(d, 400, "duplicate");
	post(d, "/v1/do", "{\"action\":\"clear\\u0000\"}");
	is_problem(d, 400, "body, line 1");
	post(d, "/v1/do", "{\"action\":\"\xff\"}");
	is_problem(d, 400, "body, line 1");
	post(d, "/v1/do", "[\"clear\"]");
	is_problem(d, 422, "the body is an array: expected a JSON object");
	post(d, "/v1/do", "null");
	is_problem(d, 400, "body, line 1");
	memset(nested, '[', sizeof(nested) - 1);
	nested[sizeof(nested) - 1] = '\0';
	post(d, "/v1/do", nested);
	is_problem(d, 400, "body, line 1");
}

static void members_of_other_bodies_are_checked(void **state)
{
	struct desk *d = *state;

	post(d, "/v1/rate", "{\"rate\": -1}");
	is_problem(d, 422, "rate is -1: expected 0 to 1e+06");
	is_problem_of(d, "rate");
	post(d, "/v1/rate", "{\"rate\": \"60\"}");
	is_problem(d, 422, "rate is a string: expected a number from 0 to 1e+06");
	post(d, "/v1/rate", "{}");
	is_problem(d, 422, "rate is missing");
	post(d, "/v1/rate", "{\"rate\": 60, \"pace\": 1}");
	is_problem(d, 422, "no member is called 'pace': expected rate");
	post(d, "/v1/speed", "{\"speed\": 0}");
	is_problem(d, 422, "speed is 0: expected 0.01 to 10000");
	post(d, "/v1/reset", "{\"all\": true}");
	is_problem(d, 422, "no member is called 'all': expected none");
	post(d, "/v1/fault", "{\"fault\": \"earthquake\"}");
	is_problem(d, 422, "earthquake");
	is_problem_of(d, "fault");
	post(d, "/v1/fault", "{\"fault\": 3}");
	is_problem(d, 422, "expected a string, such as");
	post(d, "/v1/fault", "{\"faults\": \"reset\"}");
	is_problem(d, 422, "no member is called 'faults': expected fault");
	assert_string_equal(dl3t_text_of(&d->host.log), "");
}

static void what_the_host_cannot_do_is_said(void **state)
{
	struct desk *d = *state;

	d->host.broken = true;
	post(d, "/v1/reset", "{}");
	is_problem(d, 500, "no memory");
	post(d, "/v1/fault", "{\"fault\": \"reset\"}");
	is_problem(d, 500, "no memory");
	say(d, "DELETE", "/v1/faults", "", NULL);
	is_problem(d, 500, "no memory");
}

static void what_is_not_there_is_not_found(void **state)
{
	struct desk *d = *state;

	get(d, "/v2/state");
	is_problem(d, 404, "/v2/state: there is no such thing; GET / lists what there is");
	get(d, "/v1/calls/17");
	is_problem(d, 404, "call 17: there is none with that number now");
	get(d, "/v1/users/4999");
	is_problem(d, 404, "user 4999: nobody has that extension");
	get(d, "/v1/groups/999");
	is_problem(d, 404, "group 999: no hunt group has that extension");
	get(d, "/v1/users/4001/calls");
	is_problem(d, 404, "there is no such thing");
	get(d, "/v1/users/%00");
	is_problem(d, 404, "there is no such thing");
	get(d, "/v1/users/0123456789012345678901234567890123456789012345678901234567890123456789");
	is_problem(d, 404, "there is no such thing");
	say(d, "DELETE", "/v1/faults/earthquake", "", NULL);
	is_problem(d, 404, "fault earthquake: there is no such kind");
}

static void methods_that_do_not_fit_are_refused(void **state)
{
	struct desk *d = *state;

	get(d, "/v1/do");
	is_problem(d, 405, "/v1/do: expected POST");
	assert_non_null(strstr(d->head, "Allow: POST\r\n"));
	post(d, "/v1/state", "{}");
	is_problem(d, 405, "/v1/state: expected GET");
	say(d, "OPTIONS", "/v1/do", "", NULL);
	is_problem(d, 405, "expected POST");
	say(d, "PUT", "/v1/rate", JSON, "{\"rate\": 1}");
	is_problem(d, 405, "expected POST");
}

static void a_query_is_refused(void **state)
{
	struct desk *d = *state;

	get(d, "/v1/calls?user=4001");
	is_problem(d, 400, "a query: expected none");
}

static void a_body_must_call_itself_json(void **state)
{
	struct desk *d = *state;

	say(d, "POST", "/v1/do", "Content-Type: text/plain\r\n", "{\"action\":\"clear\"}");
	is_problem(d, 415, "Content-Type is another: expected application/json");
	say(d, "POST", "/v1/do", "", "{\"action\":\"clear\"}");
	is_problem(d, 415, "Content-Type is missing");
	say(d, "POST", "/v1/do", "Content-Type: application/jsonp\r\n", "{\"action\":\"clear\"}");
	is_problem(d, 415, "Content-Type is another");
	assert_int_equal(say(d, "POST", "/v1/do", "Content-Type: Application/JSON; charset=utf-8\r\n",
	                     "{\"action\":\"clear\"}"),
	                 200);
}

/* With that for its Host; @ stands for the port. */
static int from_host(struct desk *d, const char *host)
{
	char headers[256];
	const char *at = strchr(host, '@');

	if (at)
		snprintf(headers, sizeof(headers), "Host: %.*s%u\r\n", (int)(at - host), host, d->port);
	else
		snprintf(headers, sizeof(headers), "Host: %s\r\n", host);
	return say(d, "GET", "/v1/counts", headers, NULL);
}

static void pages_of_other_names_may_not_ask(void **state)
{
	struct desk *d = *state;

	assert_int_equal(from_host(d, "127.0.0.1:@"), 200);
	assert_int_equal(from_host(d, "LocalHost:@"), 200);
	from_host(d, "rebound.example:@");
	is_problem(d, 421, "Host is not this: expected 127.0.0.1:");
	from_host(d, "127.0.0.1.example:@");
	is_problem(d, 421, "Host is not this");
	from_host(d, "localhost.example:@");
	is_problem(d, 421, "Host is not this");
	from_host(d, "192.0.2.1:@");
	is_problem(d, 421, "Host is not this");
	from_host(d, "127.0.0.1:1@");
	is_problem(d, 421, "Host is not this");
	from_host(d, "127.0.0.1");
	is_problem(d, 421, "Host is not this");
	from_host(d, "[127.0.0.1:@");
	is_problem(d, 421, "Host is not this");
	from_host(d, "127.0.0.1:");
	is_problem(d, 421, "Host is not this");
	static const char bare[] = "GET /v1/counts HTTP/1.0\r\n\r\n";

	say_raw(d, bare, sizeof(bare) - 1);
	is_problem(d, 400, "no Host: expected 127.0.0.1:");
}

static void who_listens_everywhere_takes_addresses_and_no_names(void **state)
{
	struct desk *d = *state;

	assert_int_equal(from_host(d, "192.0.2.1:@"), 200);
	assert_int_equal(from_host(d, "localhost:@"), 200);
	from_host(d, "rebound.example:@");
	is_problem(d, 421, "Host is not this");
}

static void what_is_too_long_is_cut_off(void **state)
{
	struct desk *d = *state;
	struct dl3t_text t = { 0 };
	static char filler[SIM_CONTROL_BODY_MAX + 2];

	memset(filler, ' ', sizeof(filler) - 1);
	post(d, "/v1/do", filler);
	is_problem(d, 413, "the body has 65537 octets: expected at most 65536");
	dl3t_printf(&t,
	            "POST /v1/do HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n" JSON "Content-Length: 100000000\r\n\r\n",
	            d->port);
	assert_int_equal(say_raw(d, dl3t_text_of(&t), t.len), 413);
	dl3t_text_free(&t);
	dl3t_printf(&t, "GET / HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nX: ", d->port);
	dl3t_put(&t, filler, SIM_CONTROL_HEADERS_MAX);
	dl3t_printf(&t, "\r\n\r\n");
	assert_int_not_equal(say_raw(d, dl3t_text_of(&t), t.len), 200);
	dl3t_text_free(&t);
	assert_int_equal(get(d, "/v1/counts"), 200);
}

static void what_is_no_http_harms_nobody(void **state)
{
	struct desk *d = *state;
	static const char noise[] = "I am no request\r\n\r\n\0\1\2";

	assert_int_not_equal(say_raw(d, noise, sizeof(noise)), 200);
	assert_int_equal(get(d, "/v1/counts"), 200);
}

static void answers_are_not_kept_nor_guessed_at(void **state)
{
	struct desk *d = *state;

	get(d, "/v1/counts");
	assert_non_null(strstr(d->head, "Content-Type: application/json\r\n"));
	assert_non_null(strstr(d->head, "Cache-Control: no-store\r\n"));
	assert_non_null(strstr(d->head, "X-Content-Type-Options: nosniff\r\n"));
}

static void addresses_that_cannot_be_are_refused(void **state)
{
	struct desk *d = *state;
	struct sim_error error = { "" };
	static const char *const bad[] = { "",           "127.0.0.1",       "localhost:80",
		                           "127.0.0.1:", "127.0.0.1:70000", "::1" };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_null(sim_control_new(d->base, bad[i], &d->host, &error));
		if (!strstr(error.text, "expected ADDRESS:PORT"))
			fail_msg("%s: %s", bad[i], error.text);
	}
	assert_null(sim_control_new(d->base, sim_control_address(d->control), &d->host, &error));
	assert_non_null(strstr(error.text, "Address already in use"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_desk, close_desk)

DL3T_TESTS(TEST(a_call_is_driven_from_ring_to_end), TEST(what_makes_no_call_answers_none),
           TEST(a_call_is_told_with_its_ends), TEST(the_state_has_calls_users_and_groups),
           TEST(lists_and_single_things_are_the_same), TEST(counts_are_the_hosts),
           TEST(rate_speed_and_reset_reach_the_host), TEST(faults_begin_and_end),
           TEST(the_index_lists_requests_actions_and_faults), TEST(what_cannot_be_done_now_is_a_conflict),
           TEST(what_is_no_action_is_refused), TEST(arguments_are_refused_by_name),
           TEST(arguments_have_their_types), TEST(bodies_that_are_no_json_object_are_refused),
           TEST(members_of_other_bodies_are_checked), TEST(what_the_host_cannot_do_is_said),
           TEST(what_is_not_there_is_not_found), TEST(methods_that_do_not_fit_are_refused),
           TEST(a_query_is_refused), TEST(a_body_must_call_itself_json),
           TEST(pages_of_other_names_may_not_ask),
           cmocka_unit_test_setup_teardown(who_listens_everywhere_takes_addresses_and_no_names, open_to_all,
                                           close_desk),
           TEST(what_is_too_long_is_cut_off), TEST(what_is_no_http_harms_nobody),
           TEST(answers_are_not_kept_nor_guessed_at), TEST(addresses_that_cannot_be_are_refused));
