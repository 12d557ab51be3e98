/* SPDX-License-Identifier: MIT */
/*
 * A link: what keeps one connection after the other. Its pieces are the dial (a socket), the connection (a
 * client session on it), and this state machine, which decides what comes next:
 *
 *     waiting -> resolving -> connecting -> login -> asking -> snapshot -> up
 *        ^___________|____________|___________|________|___________|_______|
 *                                                       or: stopped, until the owner starts it
 *
 * What the owner calls changes flags and wakes the timer: no callback comes inside of a call.
 */
#ifndef DL3I_NET_LINK_H
#define DL3I_NET_LINK_H

#include "conn.h"
#include "dial.h"
#include "tls_client.h"

/* Octets that tell what it is that talks to us, when it is no PBX. */
#define DL3I_FIRST_OCTETS 48u
#define DL3I_ADVICE_MAX 320

/* Why it went down. */
struct dl3i_down {
	enum dl3_link_reason reason;
	bool stops; /* trying again would not help, or do harm */
	struct dl3_fault fault;
	uint32_t result;
	char detail[DL3_FAULT_TEXT_MAX];
	char advice[DL3I_ADVICE_MAX];
};

struct dl3_link {
	struct dl3i_owner owner; /* its first member */
	struct dl3_link_callbacks callbacks;
	void *arg, *user;
	struct dl3_url url;
	char *user_name, *password, *application;
	struct dl3_link_config config; /* its strings are not kept */
	struct dl3i_tls_client tls;
	struct dl3i_dial dial;
	struct dl3_conn *conn; /* the one that is talked on; others may still be closing */
	struct event *timer;
	enum dl3_link_state state;
	struct dl3i_down down;
	bool want_start, want_stop, freed, paused;
	bool had_octets;   /* something came on this connection */
	uint32_t failures; /* since it last proved stable */
	uint32_t attempt;  /* since it was last up */
	uint64_t due;      /* of the next attempt */
	uint64_t up_since;
	uint32_t stream_request; /* of the event request that counts; 0: none */
	uint8_t first[DL3I_FIRST_OCTETS];
	size_t first_len;
	struct dl3_link_totals counts;
	char address[DL3I_ADDRESS_TEXT_MAX];
};

/** Works out why a connection ended. `state` is that of the link when it did. */
void dl3i_down_closed(const struct dl3_link *link, const struct dl3_close *why, struct dl3i_down *out);
/** The same of an authentication or event request that was refused. */
void dl3i_down_refused(uint32_t result, struct dl3i_down *out);
void dl3i_down_stream(uint32_t result, struct dl3i_down *out);
/** Fills in what to try, by the reason, unless there is something already. */
void dl3i_down_advise(const struct dl3_link *link, struct dl3i_down *down);

#endif
