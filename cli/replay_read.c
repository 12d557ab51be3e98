/* SPDX-License-Identifier: MIT */
#include "replay_read.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "capture.h"
#include "capture_table.h"
#include "source_pcap.h"

/* File reads of which the answer has not come. */
#define PENDING_MAX 64u
/* Connections that are told apart, to say when some overlap. */
#define SEEN_MAX 256u

/* How far the recording is with telling where its snapshot ends. */
enum snapshot {
	SNAPSHOT_NONE,    /* no event request yet */
	SNAPSHOT_ASKED,   /* there was one, and nothing of that client behind it */
	SNAPSHOT_BARRIER, /* a test packet followed at once: its answer ends the snapshot */
	SNAPSHOT_OPEN,    /* and the PBX streams */
	SNAPSHOT_DONE,    /* known, or never to be */
};

struct pending {
	char client[CAPTURE_NAME_MAX];
	uint32_t request;
	char file[DL3_NAME_MAX + 1];
};

struct reader {
	const struct replay_source *source;
	struct tape *tape;
	uint64_t frames, faults, holes;
	struct dl3_fault first_fault;
	uint64_t fault_line;
	bool not_hex, failed, all_encrypted;

	enum snapshot snapshot;
	char asking[CAPTURE_NAME_MAX]; /* whose event request it is */
	uint32_t request, barrier;

	struct pending pending[PENDING_MAX];
	size_t pending_next;

	char seen[SEEN_MAX][CAPTURE_NAME_MAX];
	size_t seen_count;
	char playing[CAPTURE_NAME_MAX]; /* whose events those read last are */
	bool mixed;
};

static void say(const struct reader *r, const char *what)
{
	const char *file = r->source->file;

	fprintf(stderr, "devlink3 %s: %s: %s\n", r->source->command,
	        strcmp(file, "-") == 0 ? "standard input"
	        : *file                ? file
	                               : "''",
	        what);
}

static void copy_name(char *to, const char *from)
{
	snprintf(to, CAPTURE_NAME_MAX, "%s", from);
}

/* ---- The snapshot ---- */

/*
 * Only that of the first events counts: one that comes later, after a reconnect, is played where it is. A
 * test packet that the client sent on its own, when all was told, would make minutes of events a snapshot:
 * so it has to be the client's next message, sent before the PBX had answered the request.
 */
static void follow_client(struct reader *r, const char *client, const struct dl3_msg *msg)
{
	bool same = strcmp(client, r->asking) == 0;

	if (r->snapshot == SNAPSHOT_DONE)
		return;
	if (msg->type == DL3_MSG_EVENT_REQUEST) {
		r->snapshot = SNAPSHOT_ASKED;
		r->request = msg->request_id;
		copy_name(r->asking, client);
	} else if (r->snapshot == SNAPSHOT_ASKED && same) {
		bool barrier = msg->type == DL3_MSG_TEST_REQUEST && msg->request_id != 0;
		r->snapshot = barrier ? SNAPSHOT_BARRIER : SNAPSHOT_NONE;
		r->barrier = msg->request_id;
	}
}

static void follow_pbx(struct reader *r, const char *client, uint64_t time_ns, const struct dl3_msg *msg)
{
	if (r->snapshot == SNAPSHOT_DONE || strcmp(client, r->asking) != 0)
		return;
	if (msg->type == DL3_MSG_EVENT_REPLY && msg->request_id == r->request) {
		bool streams = msg->u.event_reply.result == DL3_EVENTS_SUCCESS ||
		               msg->u.event_reply.result == DL3_EVENTS_PARTIAL_SUCCESS;
		r->snapshot = r->snapshot == SNAPSHOT_BARRIER && streams ? SNAPSHOT_OPEN : SNAPSHOT_NONE;
	} else if (msg->type == DL3_MSG_TEST_REPLY && r->snapshot == SNAPSHOT_OPEN &&
	           msg->request_id == r->barrier) {
		r->snapshot = SNAPSHOT_DONE;
		r->tape->snapshot_end = r->tape->events.len;
		r->tape->snapshot_count = r->tape->count;
		r->tape->begin_ns = time_ns;
	}
}

/* ---- Files ---- */

static void ask_file(struct reader *r, const char *client, const struct dl3_msg *msg)
{
	struct dl3_str name = msg->u.read_request.file;
	struct pending *p = &r->pending[r->pending_next];

	if (!name.ptr || name.len == 0 || name.len > DL3_NAME_MAX)
		return;
	r->pending_next = (r->pending_next + 1) % PENDING_MAX;
	copy_name(p->client, client);
	p->request = msg->request_id;
	memcpy(p->file, name.ptr, name.len);
	p->file[name.len] = '\0';
}

static void take_file(struct reader *r, const char *client, const struct dl3_msg *msg)
{
	for (size_t i = 0; i < PENDING_MAX; i++) {
		struct pending *p = &r->pending[i];

		if (!*p->file || p->request != msg->request_id || strcmp(p->client, client) != 0)
			continue;
		if (msg->u.read_reply.result == DL3_READ_SUCCESS &&
		    tape_add_file(r->tape, p->file, msg->u.read_reply.contents) != 0)
			r->failed = true;
		*p->file = '\0';
		return;
	}
}

/* ---- Messages ---- */

/* Events of one connection between those of another. */
static void tell_apart(struct reader *r, const char *client)
{
	size_t i = 0;

	if (strcmp(client, r->playing) == 0)
		return;
	copy_name(r->playing, client);
	while (i < r->seen_count && strcmp(r->seen[i], client) != 0)
		i++;
	if (i < r->seen_count)
		r->mixed = true;
	else if (i < SEEN_MAX)
		copy_name(r->seen[r->seen_count++], client);
}

static void take_event(struct reader *r, const char *client, uint64_t time_ns, struct dl3_octets frame)
{
	/* Those of an earlier connection, or without a request: what follows is no snapshot of theirs. */
	if (r->snapshot != SNAPSHOT_OPEN || strcmp(client, r->asking) != 0)
		r->snapshot = SNAPSHOT_DONE;
	tell_apart(r, client);
	r->failed |= tape_add_event(r->tape, time_ns, frame) != 0;
}

static void take_name(char *to, struct dl3_str from)
{
	if (!from.ptr || from.len > DL3_NAME_MAX || memchr(from.ptr, '\0', from.len))
		return;
	memcpy(to, from.ptr, from.len);
	to[from.len] = '\0';
}

static void take_message(struct reader *r, const struct source_item *item, const char *client,
                         uint64_t time_ns)
{
	struct dl3_msg msg;

	if (dl3_msg_decode(item->payload, &msg, NULL) != DL3_OK)
		return;
	switch (msg.type) {
	case DL3_MSG_TEST_REQUEST:
	case DL3_MSG_AUTH_REQUEST:
	case DL3_MSG_EVENT_REQUEST:
		follow_client(r, client, &msg);
		break;
	case DL3_MSG_READ_REQUEST:
		follow_client(r, client, &msg);
		ask_file(r, client, &msg);
		break;
	case DL3_MSG_READ_REPLY:
		take_file(r, client, &msg);
		break;
	case DL3_MSG_AUTH_REPLY:
		take_name(r->tape->pbx, msg.u.auth_reply.pbx);
		take_name(r->tape->variant, msg.u.auth_reply.variant);
		break;
	default:
		follow_pbx(r, client, time_ns, &msg);
	}
}

static bool is_event(struct dl3_octets payload)
{
	struct dl3_msg msg;

	/* One that cannot be read is one all the same, and played as it is. */
	enum dl3_err err = dl3_msg_decode(payload, &msg, NULL);
	return (err == DL3_OK || payload.len >= sizeof(uint32_t)) && msg.type == DL3_MSG_EVENT;
}

static void take_fault(struct reader *r, const struct source_item *item)
{
	if (r->faults++ > 0)
		return;
	r->first_fault = item->fault;
	r->fault_line = item->line;
	r->not_hex = item->not_hex;
}

static int take_item(const struct source_item *item, void *arg)
{
	struct reader *r = arg;
	const struct source_origin *o = item->origin;
	bool from_client = o && o->direction == SOURCE_CLIENT;
	const char *client = !o ? "" : from_client ? o->from : o->to;
	uint64_t time_ns = o ? o->time_ns : 0;

	if (r->source->client && o && strcmp(client, r->source->client) != 0)
		return 0;
	if (item->hole) {
		r->holes += !from_client;
	} else if (item->fault.err != DL3_OK || item->not_hex) {
		take_fault(r, item);
	} else {
		r->frames++;
		/* The header is in front of the payload, as it was. */
		if (!from_client && is_event(item->payload))
			take_event(r, client, time_ns,
			           (struct dl3_octets){ item->payload.ptr - item->header,
			                                item->payload.len + item->header });
		else
			take_message(r, item, client, time_ns);
	}
	return r->failed ? -1 : 0;
}

/* ---- Files of each form ---- */

static void say_encrypted(const char *from, const char *to, void *arg)
{
	struct reader *r = arg;
	char what[256];

	snprintf(what, sizeof(what), "%s to %s is TLS and cannot be read; `devlink3 record` can record it",
	         from, to);
	r->all_encrypted = true;
	say(r, what);
}

static int read_frames(struct reader *r, struct source *source)
{
	struct source_item item;
	int got;

	while ((got = source_next(source, &item)) == 1)
		if (take_item(&item, r) != 0)
			return -1;
	return got;
}

static int read_capture(struct reader *r, struct source *source)
{
	struct capture_config config = { .item = take_item, .encrypted = say_encrypted, .arg = r };
	char error[512];

	if (r->source->port > 0)
		config.ports[config.port_count++] = r->source->port;
	struct capture *capture = capture_new(&config);
	if (!capture)
		return -1;
	r->tape->has_times = true;
	int result = source_pcap_run(&source->in, capture, error, sizeof(error));
	int why = errno;
	if (result == -1)
		say(r, error);
	capture_free(capture);
	errno = why;
	return result == -2 ? -1 : 0;
}

/* ---- What came of it ---- */

static void say_faults(const struct reader *r)
{
	char fault[DL3_FAULT_TEXT_MAX], place[64] = "", what[512];

	(void)dl3_fault_text(&r->first_fault, fault, sizeof(fault));
	if (r->fault_line > 0)
		snprintf(place, sizeof(place), "line %" PRIu64 ": ", r->fault_line);
	snprintf(what, sizeof(what), "damaged in %" PRIu64 " %s and played without; the first: %s%s",
	         r->faults, r->faults == 1 ? "place" : "places", place,
	         r->not_hex ? "no hexadecimal text" : fault);
	say(r, what);
}

static void say_holes(const struct reader *r)
{
	char what[256];

	snprintf(what, sizeof(what),
	         "octets of the PBX are missing in %" PRIu64 " %s: events are lost there, and counters jump",
	         r->holes, r->holes == 1 ? "place" : "places");
	say(r, what);
}

static void say_damage(const struct reader *r)
{
	if (r->faults > 0)
		say_faults(r);
	if (r->holes > 0)
		say_holes(r);
}

static bool judge(const struct reader *r)
{
	char what[256];

	say_damage(r);
	if (r->tape->count > 0) {
		if (r->mixed) {
			snprintf(what, sizeof(what),
			         "connections overlap in it, and are played mixed; one alone: --client %s",
			         r->seen[0]);
			say(r, what);
		}
		if (!r->tape->has_times)
			say(r, "no times in it: played as fast as a client takes it");
		return true;
	}
	if (r->source->client)
		snprintf(what, sizeof(what),
		         "no events for the client %s in it, so there is nothing to replay",
		         r->source->client);
	else if (r->frames > 0)
		snprintf(what, sizeof(what),
		         "no events in it, so there is nothing to replay (`devlink3 decode` shows what is)");
	else if (!r->all_encrypted)
		snprintf(what, sizeof(what), "no DevLink3 in it, so there is nothing to replay%s",
		         r->tape->has_times ? " (--port says on which port to expect it)" : "");
	else
		return false;
	say(r, what);
	return false;
}

static void say_error(const struct reader *r, int error)
{
	char what[256];

	snprintf(what, sizeof(what), "%s%s",
	         r->failed ? "no temporary copy could be made (TMPDIR says where): " : "", strerror(error));
	say(r, what);
}

static int read_all(struct reader *r, int fd)
{
	struct source source;

	source_init(&source, fd, r->source->form, NULL, NULL);
	int form = source_detect(&source);
	int result = form < 0 ? -1 : form == SOURCE_PCAP ? read_capture(r, &source) : read_frames(r, &source);
	int why = errno;
	source_finish(&source);
	errno = why;
	if (result == 0 && tape_rewind(r->tape) != 0) {
		r->failed = true;
		result = -1;
	}
	return result;
}

bool replay_read(const struct replay_source *source, struct tape *tape)
{
	struct reader *r = calloc(1, sizeof(*r));
	bool standard = strcmp(source->file, "-") == 0, good = false;

	if (!r) {
		fprintf(stderr, "devlink3 %s: no memory is left\n", source->command);
		return false;
	}
	*r = (struct reader){ .source = source, .tape = tape };
	int fd = standard ? STDIN_FILENO : open(source->file, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read_all(r, fd) != 0)
		say_error(r, errno);
	else
		good = judge(r);
	if (fd >= 0 && !standard)
		close(fd);
	/* Without a snapshot all begins with the first event. */
	if (tape->begin_ns == 0)
		tape->begin_ns = tape->first_ns;
	free(r);
	return good;
}
