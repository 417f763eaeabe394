// geo/record/refusal.h - reasons why a message or a part of it was refused, and clean text.
// SPDX-License-Identifier: Apache-2.0
//
// A struct geo_note is copied into records, logs and Kafka headers, so its text, like all text
// in a record, is clean: valid UTF-8 without control characters, NUL-terminated.
#ifndef GEO_REFUSAL_H
#define GEO_REFUSAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "geo/record/record.h"
#include "geo/status.h"

#if defined(__GNUC__)
#define GEO_FORMAT_LIKE_PRINTF __attribute__((format(printf, 4, 5)))
#else
#define GEO_FORMAT_LIKE_PRINTF
#endif

// Copies text into out[room] (room >= 1) as a record may hold it: cut at a character's border
// where it is too long, each control character or byte that is not UTF-8 replaced by '?'; the
// rest of `out` is zeroed. Text ends at its first NUL or after `size` bytes; it may be NULL
// when size is 0.
void geo_text_copy(char *out, size_t room, const char *text, size_t size);

// True if text[room] holds a NUL and is clean up to there.
bool geo_text_clean(const char *text, size_t room);

// The status that goes with a refusal: DRF_ERR_NOMEM for MEMORY, DRF_ERR_RANGE for RANGE and
// OUT_OF_REGION, DRF_ERR_SYNTAX for all others.
enum drf_status geo_refusal_status(enum geo_refusal_code code);

// Fills *why (count 1) and returns geo_refusal_status(code), so that a decoder can write
//     return geo_refuse(why, GEO_REFUSAL_FORMAT, line, "column %d is not a digit", column);
DRF_MUST_CHECK enum drf_status geo_refuse(struct geo_note *why, enum geo_refusal_code code,
                                          uint64_t position, const char *format,
                                          ...) GEO_FORMAT_LIKE_PRINTF;

#endif
