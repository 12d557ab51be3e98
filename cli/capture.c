/* SPDX-License-Identifier: MIT */
#include "capture.h"

#include <errno.h>
#include <stdlib.h>

#include "capture_table.h"

/* Enough of a direction to see whether it is DevLink3: a frame's header and a message's code. */
#define GLANCE (DL3_FRAME_HEADER_MAX + 4u)
/* Memory that a direction keeps between two packets, when it is not in the middle of a frame. */
#define KEEP_MAX 16384u

struct capture {
	struct capture_config config;
	struct capture_table table;
	struct capture_counts counts;
	bool failed;
};

/* A direction that is being worked at. */
struct flow {
	struct capture *capture;
	struct capture_connection *connection;
	int side; /* who sends */
};

struct capture *capture_new(const struct capture_config *config)
{
	struct capture *c = calloc(1, sizeof(*c));

	if (c)
		c->config = *config;
	return c;
}

static void remove_all(struct capture_table *t, struct capture_list *l)
{
	while (l->oldest)
		capture_table_remove(t, l->oldest);
}

void capture_free(struct capture *c)
{
	if (!c)
		return;
	remove_all(&c->table, &c->table.followed);
	remove_all(&c->table, &c->table.others);
	free(c);
}

struct capture_counts capture_counts(const struct capture *c)
{
	return c->counts;
}

static struct capture_stream *stream_of(const struct flow *f)
{
	return &f->connection->streams[f->side];
}

/* ---- What comes out ---- */

static uint32_t code_of(struct dl3_octets payload)
{
	if (payload.len < 4)
		return 0;
	return (uint32_t)payload.ptr[0] << 24 | (uint32_t)payload.ptr[1] << 16 |
	       (uint32_t)payload.ptr[2] << 8 | payload.ptr[3];
}

/* A message that only one of both can send tells who is who. */
static void learn(const struct flow *f, struct dl3_octets payload)
{
	uint32_t code = code_of(payload);

	if (code == DL3_CODE_TEST_REQUEST || code == DL3_CODE_AUTH_REQUEST ||
	    code == DL3_CODE_EVENT_REQUEST || code == DL3_CODE_READ_REQUEST)
		f->connection->pbx = !f->side;
	else if (code == DL3_CODE_TEST_REPLY || code == DL3_CODE_AUTH_REPLY || code == DL3_CODE_EVENT_REPLY ||
	         code == DL3_CODE_READ_REPLY || code == DL3_CODE_EVENT)
		f->connection->pbx = f->side;
}

static void emit(const struct flow *f, uint64_t time_ns, struct source_item *item)
{
	const struct capture_connection *c = f->connection;
	struct source_origin origin = { .time_ns = time_ns,
		                        .from = c->names[f->side],
		                        .to = c->names[!f->side] };

	if (c->pbx < 0)
		learn(f, item->payload);
	if (c->pbx >= 0)
		origin.direction = c->pbx == f->side ? SOURCE_PBX : SOURCE_CLIENT;
	item->origin = &origin;
	if (f->capture->config.item(item, f->capture->config.arg) != 0)
		f->capture->failed = true;
	item->origin = NULL; /* it does not outlive this */
}

/* Gives all that can be told of the octets there are. */
static void drain(const struct flow *f, uint64_t time_ns)
{
	struct capture_stream *s = stream_of(f);

	while (!f->capture->failed) {
		struct source_item item = { 0 };
		uint64_t before = s->search.passed_over;
		int got = source_next_raw(&s->in, &s->search, &item);

		f->capture->counts.passed_over += s->search.passed_over - before;
		if (got < 0 && errno != EAGAIN)
			f->capture->failed = true;
		if (got != 1)
			return;
		emit(f, time_ns, &item);
	}
}

/* Nothing more comes of a direction. */
static void finish_stream(const struct flow *f)
{
	struct capture_stream *s = stream_of(f);

	if (s->done)
		return;
	s->done = true;
	s->in.at_end = true;
	if (f->connection->state == CAPTURE_FOLLOWED)
		drain(f, s->tcp.time_ns);
	input_finish(&s->in);
	s->in = (struct input){ .fd = -1, .fed = true };
}

static void begin_search(struct capture_stream *s)
{
	s->search = (struct source_search){ .searching = true, .silent = true };
}

static void put_hole(const struct flow *f, uint64_t time_ns, uint64_t missing)
{
	struct capture_stream *s = stream_of(f);
	struct source_item item = { .hole = true,
		                    .offset = input_place(&s->in) + input_left(&s->in),
		                    .missing = missing,
		                    .dropped = input_left(&s->in) };

	/* A fault whose end was being looked for. */
	if (s->search.searching && !s->search.silent) {
		struct source_item fault = s->search.fault;
		item.dropped = 0;
		emit(f, time_ns, &fault);
	}
	f->capture->counts.holes++;
	f->capture->counts.missing += missing;
	emit(f, time_ns, &item);
	input_jump(&s->in, missing);
	begin_search(s);
}

/* ---- Which connections are followed ---- */

static void follow(struct capture *c, struct capture_connection *connection)
{
	capture_table_set_state(&c->table, connection, CAPTURE_FOLLOWED);
	c->counts.connections++;
}

/* What a direction began with is gone: it is read from the next frame on. */
static void join(struct capture_stream *s)
{
	if (s->ruled_out)
		begin_search(s);
	s->ruled_out = false;
}

/* Judges by a direction's first octets whether this is DevLink3. */
static void decide(const struct flow *f, uint64_t time_ns)
{
	struct capture_stream *s = stream_of(f), *other = &f->connection->streams[!f->side];
	size_t left = input_left(&s->in);

	if (s->ruled_out) {
		input_jump(&s->in, 0);
		return;
	}
	if (!source_begins(input_here(&s->in), left)) {
		s->ruled_out = true;
		input_jump(&s->in, 0);
		if (other->ruled_out)
			capture_table_set_state(&f->capture->table, f->connection, CAPTURE_IGNORED);
		return;
	}
	if (left < GLANCE)
		return;
	follow(f->capture, f->connection);
	f->capture->counts.middle += !s->has_isn;
	f->capture->counts.middle += other->tcp.started && !other->has_isn;
	join(other);
	drain(f, time_ns);
	drain(&(struct flow){ f->capture, f->connection, !f->side }, time_ns);
}

static void take_octets(void *arg, uint64_t time_ns, const uint8_t *data, size_t len)
{
	const struct flow *f = arg;

	if (f->capture->failed || f->connection->state == CAPTURE_IGNORED)
		return;
	if (input_feed(&stream_of(f)->in, data, len) != 0)
		f->capture->failed = true;
	else if (f->connection->state == CAPTURE_FOLLOWED)
		drain(f, time_ns);
	else
		decide(f, time_ns);
}

static void take_hole(void *arg, uint64_t time_ns, uint64_t missing)
{
	const struct flow *f = arg;
	struct capture_stream *s = stream_of(f);

	if (f->capture->failed)
		return;
	if (f->connection->state == CAPTURE_FOLLOWED)
		put_hole(f, time_ns, missing);
	else if (f->connection->state == CAPTURE_UNDECIDED && input_left(&s->in) > 0)
		input_jump(&s->in, missing);
}

/* ---- Connections ---- */

static bool has_port(const struct capture_config *config, uint16_t port)
{
	if (config->port_count == 0)
		return port == CAPTURE_PORT_CLEAR;
	for (size_t i = 0; i < config->port_count; i++)
		if (config->ports[i] == port)
			return true;
	return false;
}

static void finish_connection(struct capture *c, struct capture_connection *connection)
{
	for (int side = 0; side < 2; side++) {
		struct flow f = { c, connection, side };
		struct reassembly_out out = { take_octets, take_hole, &f };

		reassembly_end(&connection->streams[side].tcp, &out);
		/* It may turn out to be nothing for us at the last octet. */
		finish_stream(&f);
	}
	connection->closed = true;
}

/* Makes room, as long as that is needed and anything but `keep` is left to forget. */
static void forget(struct capture *c, struct capture_list *l, size_t most,
                   const struct capture_connection *keep)
{
	while (l->oldest && l->oldest != keep && (l->count > most || c->table.memory > CAPTURE_MEMORY_MAX)) {
		struct capture_connection *old = l->oldest;

		if (old->state == CAPTURE_FOLLOWED && !old->closed) {
			c->counts.dropped++;
			finish_connection(c, old);
		}
		capture_table_remove(&c->table, old);
	}
}

static struct capture_connection *begin_connection(struct capture *c, const struct capture_segment *s)
{
	bool to_port = has_port(&c->config, s->to.port), from_port = has_port(&c->config, s->from.port);
	bool tls = s->to.port == CAPTURE_PORT_TLS || s->from.port == CAPTURE_PORT_TLS;
	enum capture_state state = to_port || from_port ? CAPTURE_FOLLOWED
	                           : tls                ? CAPTURE_IGNORED
	                                                : CAPTURE_UNDECIDED;
	struct capture_connection *connection = capture_table_add(&c->table, &s->from, &s->to, state);

	if (!connection) {
		c->failed = true;
		return NULL;
	}
	if (to_port != from_port)
		connection->pbx = to_port;
	c->counts.connections += state == CAPTURE_FOLLOWED;
	if (state == CAPTURE_IGNORED) {
		c->counts.encrypted++;
		if (c->config.encrypted)
			c->config.encrypted(connection->names[0], connection->names[1], c->config.arg);
	}
	forget(c, state == CAPTURE_FOLLOWED ? &c->table.followed : &c->table.others, CAPTURE_CONNECTIONS_MAX,
	       connection);
	return connection;
}

/* A SYN that belongs to another connection between the same ends than the one that is known. */
static bool is_another(const struct capture_connection *c, int side, const struct capture_segment *s)
{
	const struct capture_stream *stream = &c->streams[side];

	if (!(s->flags & CAPTURE_SYN) || (s->flags & CAPTURE_ACK))
		return false;
	if (stream->has_isn)
		return stream->isn != s->seq;
	return c->closed || stream->tcp.started;
}

/* The connection of a segment, begun anew when it has to be. @return NULL when it is not wanted. */
static struct capture_connection *connection_of(struct capture *c, const struct capture_segment *s, int *side)
{
	struct capture_connection *connection = capture_table_find(&c->table, &s->from, &s->to, side);
	bool begins = (s->flags & CAPTURE_SYN) || s->len > 0;

	if (connection && is_another(connection, *side, s)) {
		if (!connection->closed)
			finish_connection(c, connection);
		capture_table_remove(&c->table, connection);
		connection = NULL;
	}
	if (connection) {
		capture_table_touch(&c->table, connection);
		return connection;
	}
	if (!begins || (s->flags & CAPTURE_RST))
		return NULL;
	*side = 0;
	return begin_connection(c, s);
}

static void open_stream(const struct flow *f, const struct capture_segment *s)
{
	struct capture_stream *stream = stream_of(f);
	struct capture_connection *connection = f->connection;

	if (s->flags & CAPTURE_SYN) {
		if (!stream->tcp.started) {
			stream->has_isn = true;
			stream->isn = s->seq;
		}
		if (connection->pbx < 0)
			connection->pbx = s->flags & CAPTURE_ACK ? f->side : !f->side;
	} else if (!stream->tcp.started && s->len > 0) {
		f->capture->counts.middle += connection->state == CAPTURE_FOLLOWED;
		if (connection->state == CAPTURE_FOLLOWED)
			begin_search(stream);
	}
}

static void add_segment(struct flow *f, const struct capture_segment *s, uint64_t time_ns)
{
	struct capture_stream *stream = stream_of(f);
	struct reassembly_out out = { take_octets, take_hole, f };
	struct reassembly_segment segment = {
		.time_ns = time_ns,
		.seq = s->seq,
		.data = s->data,
		.captured = s->captured,
		.len = s->len,
		.syn = (s->flags & CAPTURE_SYN) != 0,
		.fin = (s->flags & CAPTURE_FIN) != 0,
	};

	open_stream(f, s);
	/* A SYN again, of a stream that is under way, is old. */
	if (segment.syn && stream->tcp.started)
		return;
	if (segment.syn || segment.len > 0 || (segment.fin && stream->tcp.started))
		if (reassembly_add(&stream->tcp, &segment, &out) != 0)
			f->capture->failed = true;
}

/* What a packet says beside its octets, about both directions. */
static void turn(struct capture *c, struct capture_connection *connection)
{
	bool ended = true;

	for (int side = 0; side < 2; side++) {
		struct flow f = { c, connection, side };
		struct reassembly_out out = { take_octets, take_hole, &f };
		struct capture_stream *s = &connection->streams[side];

		reassembly_turn(&s->tcp, &out);
		if (s->tcp.ended)
			finish_stream(&f);
		ended &= s->tcp.ended;
	}
	if (ended && !connection->closed)
		connection->closed = true;
}

/* The memory of a long frame is not kept for short ones. */
static void trim(struct input *in)
{
	uint64_t place = input_place(in);

	if (input_left(in) > 0 || in->cap <= KEEP_MAX)
		return;
	input_finish(in);
	*in = (struct input){ .fd = -1, .fed = true, .base = place };
}

static void segment(struct capture *c, const struct capture_segment *s, uint64_t time_ns)
{
	int side = 0;

	if (c->config.port_count > 0 && !has_port(&c->config, s->from.port) &&
	    !has_port(&c->config, s->to.port))
		return;
	struct capture_connection *connection = connection_of(c, s, &side);
	if (!connection || connection->closed || connection->state == CAPTURE_IGNORED)
		return;
	struct flow f = { c, connection, side };
	add_segment(&f, s, time_ns);
	if (s->flags & CAPTURE_ACK)
		reassembly_acked(&connection->streams[!side].tcp, s->ack);
	if (s->flags & CAPTURE_RST)
		finish_connection(c, connection);
	else
		turn(c, connection);
	if (connection->state == CAPTURE_IGNORED)
		capture_table_clear(&c->table, connection);
	trim(&connection->streams[side].in);
	capture_table_measure(&c->table, connection);
	if (connection->closed)
		capture_table_retire(&c->table, connection);
	if (c->table.memory > CAPTURE_MEMORY_MAX) {
		forget(c, &c->table.others, CAPTURE_CONNECTIONS_MAX, connection);
		forget(c, &c->table.followed, CAPTURE_CONNECTIONS_MAX, connection);
	}
}

int capture_feed(struct capture *c, enum capture_link link, uint64_t time_ns, const uint8_t *data,
                 size_t captured, size_t len)
{
	struct capture_segment s;
	enum capture_kind kind = capture_packet(link, data, captured, len, &s);

	c->counts.packets++;
	c->counts.cut += kind == CAPTURE_CUT;
	c->counts.fragments += kind == CAPTURE_FRAGMENT;
	if (kind == CAPTURE_TCP)
		segment(c, &s, time_ns);
	return c->failed ? -1 : 0;
}

int capture_end(struct capture *c)
{
	struct capture_connection *next;

	for (struct capture_connection *at = c->table.followed.oldest; at; at = next) {
		next = at->newer;
		if (!at->closed)
			finish_connection(c, at);
	}
	return c->failed ? -1 : 0;
}
