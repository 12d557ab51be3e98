/* SPDX-License-Identifier: MIT */
/* Between the files that keep the calls in progress. */
#ifndef GATEWAY_PROXY_CALLS_PARTS_H
#define GATEWAY_PROXY_CALLS_PARTS_H

#include "proxy_parts.h"

/* In a table of chains. */
struct link {
	struct link *chain;
	uint64_t hash;
};

struct table {
	struct link **slots;
	size_t slot_count, count;
};

struct side;

struct end {
	struct link link; /* first */
	struct side *sides;
	struct end *gone_next, **gone_back; /* of those in no call; `gone_back` NULL: it is in one */
	bool connected;                     /* was in a call that was */
	bool lost;                          /* its own PBX said so */
	size_t len;
	char id[];
};

/* An end in a call. */
struct side {
	struct side *next, **back; /* of the end's; `end` NULL: there is none */
	struct end *end;
	struct call *call;
	bool gone;  /* the call's PBX told its loss */
	bool moved; /* the same PBX told it in another call since */
};

struct call {
	struct link link; /* first */
	struct call *next, **back;
	uint32_t pbx;
	int64_t id;
	struct side sides[2];
	bool connected, old;
	size_t len;
	uint8_t *tuple;
};

struct proxy_calls {
	struct table calls, ends;
	struct call *first, **last;
	struct end *gone, **gone_last; /* longest first */
	size_t gone_count;
	size_t octets, max, max_octets;
	uint64_t forgotten;
};

/* ---- proxy_ends.c ---- */

uint64_t proxy_hash(const void *data, size_t len);
/* The chain of the hash; NULL: the table is empty. */
struct link *proxy_chain(const struct table *t, uint64_t h);
/* @return false without memory. */
bool proxy_table_put(struct table *t, struct link *l, uint64_t h);
void proxy_table_take_out(struct table *t, const struct link *l);
struct end *proxy_find_end(const struct proxy_calls *k, struct dl3_str id);
/* The end, made if there is none. @return NULL without memory, and for what is no identifier. */
struct end *proxy_end_of(struct proxy_calls *k, struct dl3_str id);
void proxy_join(struct proxy_calls *k, struct side *s, struct call *call, struct end *e);
/* With the last of its calls an end goes; one that was connected is remembered for a while. */
void proxy_leave(struct proxy_calls *k, struct side *s);
void proxy_forget_gone(struct proxy_calls *k);

#endif
