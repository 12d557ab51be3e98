/* SPDX-License-Identifier: MIT */
/**
 * @file check.h
 * What must hold whatever the input: each check ends the program when it does not.
 */
#ifndef DL3_FUZZ_CHECK_H
#define DL3_FUZZ_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <devlink3/record.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** Ends the program, naming the place, when `condition` does not hold. */
#define MUST(condition) must((condition), #condition, __FILE__, __LINE__)
void must(bool holds, const char *condition, const char *file, int line);

/** A view that is absent or lies inside `home`. */
void must_lie_in(const void *ptr, size_t len, struct dl3_octets home);

/** Valid JSON of one line: checked by a reader that shares nothing with the writer. */
void must_be_json(const char *text, size_t len);

/** Everything about a decoded record: its views lie inside `home`, its JSON is JSON, its
 * lengths are as measured, and what it encodes to decodes to the same. */
void must_hold(const struct dl3_record *record, struct dl3_octets home);

/** The same for a row, and for text, without a record around them. */
void must_hold_rows(struct dl3_str text);
void must_hold_text(struct dl3_str text);

#endif
