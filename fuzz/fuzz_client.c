/* SPDX-License-Identifier: MIT */
/* A client's session: the input is what the PBX sends, and when. See play.h for its form. */
#include "check.h"
#include "play.h"

static struct dl3_session *start(bool encrypted, const struct dl3_allocator *allocator)
{
	struct dl3_client_config config = { .encrypted = encrypted };

	config.limits.max_frame = 4096;
	config.limits.max_output = 4096;
	config.limits.max_requests = 8;
	config.limits.max_pbxs = 16;
	return dl3_client_new(&config, allocator);
}

static void fine(enum dl3_err err)
{
	MUST(err == DL3_OK || err == DL3_ERR_STATE || err == DL3_ERR_REQUEST_LIMIT ||
	     err == DL3_ERR_OUTPUT_LIMIT || err == DL3_ERR_MEMORY);
}

static void act(struct play *p, uint8_t choice)
{
	static const uint8_t payload[1001] = "are you there?";
	uint32_t request = 0;

	switch (choice & 7u) {
	case 0:
	case 1:
		fine(dl3_client_authenticate(p->session, "app", "secret",
		                             (choice & 1u) != 0 ? "fuzz" : NULL));
		break;
	case 2:
		fine(dl3_client_stream(p->session, choice >> 3 & DL3_FLAGS_ALL, &request));
		break;
	case 3:
		fine(dl3_client_read(p->session, "nasystem/user_list", &request));
		break;
	case 4:
		fine(dl3_client_test(p->session, payload, choice, &request));
		break;
	case 5:
		MUST(dl3_client_test(p->session, payload, sizeof(payload), NULL) != DL3_OK);
		break;
	case 6:
		MUST(dl3_client_stream(p->session, ~DL3_FLAGS_ALL, NULL) != DL3_OK);
		break;
	default:
		MUST(dl3_client_read(p->session, "", NULL) != DL3_OK);
		break;
	}
}

static void answer(struct play *p, const struct dl3_event *ev)
{
	if (ev->type == DL3_EV_AUTHENTICATED) {
		act(p, 2 | DL3_FLAG_SCN << 3);
		act(p, 3);
		act(p, 4);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct play_role role = { start, act, answer };

	play(&role, data, size);
	return 0;
}
