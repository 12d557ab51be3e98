/* SPDX-License-Identifier: MIT */
/* What waits to be stored: one block of memory each, with copies of all text. */
#ifndef GATEWAY_STORE_ITEM_H
#define GATEWAY_STORE_ITEM_H

#include "store.h"
#include "store_db.h"

struct store_open_state {
	struct dl3_str pbx;
	struct dl3_octets state;
};

struct store_item {
	struct store_item *next;
	enum store_kind kind;
	size_t bytes; /* of memory */
	bool unstorable;
	int64_t since_ms; /* monotonic: when it was put */
	union {
		struct store_call call;
		struct store_event event;
		struct store_thing thing;
		struct store_open_state open;
	} u;
};

/* A copy with everything that `like` points to, in one block. NULL without memory, or when it would be larger
 * than STORE_ITEM_BYTES. */
struct store_item *store_item_new(const struct store_item *like);
void store_items_free(struct store_item *first);

/* ---- Text for the database (store_text.c) ---- */

/* Memory for the texts of one item that are not as they can be stored. */
struct store_clean {
	struct store_made *made;
	bool failed; /* no memory: what was asked for is absent */
};
/* Plain text, valid UTF-8 without NUL. Valid until store_clean_done(). */
struct store_value store_clean_text(struct store_clean *c, struct dl3_str s);
/* A copy. */
struct dl3_str store_clean_copy(struct store_clean *c, const char *ptr, size_t len);
void store_clean_done(struct store_clean *c);

/* ---- By what a call is found (store_terms.c) ---- */

enum store_term { STORE_TERM_EXTENSION = 1, STORE_TERM_NUMBER = 2, STORE_TERM_WORD = 3 };

#define STORE_TERM_SIZE 64 /* octets of a term; longer ones are cut */
#define STORE_TERMS_MAX 96

/* "\n" and for each term its kind's digit, the term, and "\n". */
struct store_terms {
	char text[STORE_TERMS_MAX * (STORE_TERM_SIZE + 2) + 2];
	size_t len;
	size_t count;
};
void store_terms_begin(struct store_terms *t);
/* Exactly this text. */
void store_terms_add(struct store_terms *t, enum store_term kind, const char *text, size_t len);
/* The words of a text, small letters, those that begin with a digit or + * # as numbers. */
void store_terms_words(struct store_terms *t, const char *text, size_t len);
/* The next term; `*at` begins as 0. @return false behind the last. */
bool store_terms_next(const char *terms, size_t terms_len, size_t *at, enum store_term *kind,
                      const char **text, size_t *len);

#endif
