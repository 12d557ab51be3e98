/* SPDX-License-Identifier: MIT */
/* A server's session: the input is what a client sends, and when. See play.h for its form. */
#include <string.h>

#include "check.h"
#include "play.h"

static struct dl3_session *start(bool encrypted, const struct dl3_allocator *allocator)
{
	struct dl3_server_config config = { .encrypted = encrypted };

	config.limits.max_frame = 8192;
	config.limits.max_output = 4096;
	config.limits.max_requests = 8;
	return dl3_server_new(&config, allocator);
}

/* The challenge of the vectors, so that their responses are right here. */
static const uint8_t challenge[DL3_CHALLENGE_SIZE] = { 0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7,
	                                               0xa8, 0xa9, 0xaa, 0xab, 0xac, 0xad, 0xae, 0xaf };

static void fine(enum dl3_err err)
{
	MUST(err == DL3_OK || err == DL3_ERR_STATE || err == DL3_ERR_OUTPUT_LIMIT || err == DL3_ERR_MEMORY);
}

static void send_event(struct play *p, uint32_t counter)
{
	struct dl3_record lost = { .kind = DL3_KIND_CALL_LOST };
	struct dl3_record swapped = { .kind = DL3_KIND_DELTA2_A };
	bool streaming = false;
	uint32_t flags = dl3_server_flags(p->session, &streaming);

	lost.u.call_lost.node = dl3_str_of("c0a82a03");
	swapped.u.delta2_ends.a_call_id = dl3_str_of("9.1.0");
	MUST(streaming || flags == 0);
	fine(dl3_server_event(p->session, 0xc0a82a03, counter,
	                      (flags & DL3_FLAG_CD2) != 0 ? &swapped : &lost));
}

static void act(struct play *p, uint8_t choice)
{
	static const uint8_t frame[] = { 0x49, 0x00, 0x0f, 0x10, 0x30, 0x00, 0x11, 1, 2, 3, 4, 0, 0, 0, 1 };

	switch (choice & 15u) {
	case 1:
		fine(dl3_server_challenge(p->session, challenge, "secret"));
		break;
	case 2:
		fine(dl3_server_challenge(p->session, challenge, NULL));
		break;
	case 3:
		fine(dl3_server_challenge_plain(p->session, "secret"));
		break;
	case 4:
		fine(dl3_server_admit(p->session, "IP Office", "Standard 1.0"));
		break;
	case 5:
		fine(dl3_server_refuse(p->session, DL3_AUTH_FAILED));
		break;
	case 6:
		MUST(dl3_server_refuse(p->session, DL3_AUTH_SUCCESS) != DL3_OK);
		break;
	case 7:
		fine(dl3_server_stream(p->session, choice >> 4, DL3_EVENTS_SUCCESS, DL3_FLAG_SCN));
		break;
	case 8:
		fine(dl3_server_file(p->session, choice >> 4, challenge, sizeof(challenge)));
		break;
	case 9:
		fine(dl3_server_no_file(p->session, choice >> 4));
		break;
	case 10:
		fine(dl3_server_frame(p->session, frame, sizeof(frame)));
		break;
	case 11:
		MUST(dl3_server_frame(p->session, frame, sizeof(frame) - 1) != DL3_OK);
		break;
	case 12:
		send_event(p, choice);
		break;
	case 13:
		dl3_server_hold(p->session, (choice & 16u) != 0);
		break;
	default:
		break;
	}
}

static void login(struct play *p, const struct dl3_event *ev)
{
	struct dl3_str user = ev->u.login.user;

	if (dl3_str_is(user, "nobody")) {
		fine(dl3_server_challenge(p->session, challenge, NULL));
	} else if (dl3_str_is(user, "locked")) {
		fine(dl3_server_refuse(p->session, DL3_AUTH_RETRY_LATER));
	} else if (dl3_str_is(user, "plain")) {
		fine(dl3_server_challenge_plain(p->session, "secret"));
	} else {
		fine(dl3_server_challenge(p->session, challenge, "secret"));
	}
}

static void answer(struct play *p, const struct dl3_event *ev)
{
	static const char file[] = "4001,Extn4001\r\n";
	uint32_t request;

	switch (ev->type) {
	case DL3_EV_LOGIN:
		login(p, ev);
		break;
	case DL3_EV_PROOF:
		fine(ev->u.proof.right ? dl3_server_admit(p->session, "IP Office", NULL)
		                       : dl3_server_refuse(p->session, DL3_AUTH_FAILED));
		break;
	case DL3_EV_STREAM_REQUEST:
		fine(dl3_server_stream(p->session, ev->u.stream_request.request, ev->u.stream_request.result,
		                       ev->u.stream_request.accepted));
		send_event(p, 1);
		break;
	case DL3_EV_READ_REQUEST:
		request = ev->u.read_request.request;
		fine(dl3_str_is(ev->u.read_request.file, "nasystem/user_list")
		             ? dl3_server_file(p->session, request, file, sizeof(file) - 1)
		             : dl3_server_no_file(p->session, request));
		break;
	default:
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct play_role role = { start, act, answer };

	play(&role, data, size);
	return 0;
}
