/* SPDX-License-Identifier: MIT */
/* Between the files of the tokens. */
#ifndef GATEWAY_TOKENS_PARTS_H
#define GATEWAY_TOKENS_PARTS_H

#include <sys/stat.h>

#include "tokens.h"

/* A thousand tokens with all they may have. */
#define TOKENS_FILE_MAX 2097152u
#define TOKEN_CREATED_SIZE 32u

struct token {
	struct token_grant grant;
	char created[TOKEN_CREATED_SIZE];
};

struct token_list {
	struct token *tokens;
	size_t count;
};

/* Reads the file's text. @return false with an error, and nothing to free. */
bool token_list_parse(const char *text, size_t len, const char *path, struct token_list *list, char *error,
                      size_t error_size);
/* Reads the file; one that is not there is an empty list when `may_lack`. `st` may be NULL. */
bool token_list_read(const char *path, bool may_lack, struct token_list *list, struct stat *st, char *error,
                     size_t error_size);
void token_list_free(struct token_list *list);

/* SHA-256. @return false when the library cannot. */
bool token_hash(const void *data, size_t len, uint8_t out[TOKEN_HASH_SIZE]);
void token_hex(const uint8_t *data, size_t len, char *out);
/* @return false when it is not `len` octets in small hexadecimal digits. */
bool token_unhex(const char *text, uint8_t *out, size_t len);

#endif
