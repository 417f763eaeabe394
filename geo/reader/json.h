// geo/reader/json.h - strict JSON reader (jansson).
// SPDX-License-Identifier: Apache-2.0
//
// jansson is used in json.c only. RFC 8259 and stricter: UTF-8 only, no duplicate keys, no
// NaN, no number outside a double, no bytes after the value, no nesting deeper than jansson's
// 2,048. A UTF-8 byte order mark before the value is passed over (RFC 8259, 8.1). Values are
// borrowed from their document. NULL stands for an absent value and every function here takes
// it, so that a path of members needs one check at its end.
#ifndef GEO_JSON_H
#define GEO_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "geo/record/record.h"
#include "geo/status.h"

struct geo_json; // a value

enum geo_json_kind {
    GEO_JSON_NOTHING = 0, // not there
    GEO_JSON_NULL,
    GEO_JSON_BOOLEAN,
    GEO_JSON_NUMBER,
    GEO_JSON_STRING,
    GEO_JSON_ARRAY,
    GEO_JSON_OBJECT,
};

// Reads exactly `size` bytes; the document must be closed. DRF_ERR_SYNTAX, DRF_ERR_NOMEM: *why
// says what is wrong in which line (its position). jansson does not always report a
// failed allocation as such: DRF_ERR_SYNTAX is then possible.
DRF_MUST_CHECK enum drf_status geo_json_open(const uint8_t *bytes, size_t size,
                                             struct geo_json **out, struct geo_note *why);
void geo_json_close(struct geo_json *document); // takes NULL

enum geo_json_kind geo_json_kind(const struct geo_json *value);
bool geo_json_present(const struct geo_json *value); // there, and not null

// A member of an object, NULL if it is none or has none of that name.
const struct geo_json *geo_json_member(const struct geo_json *object, const char *name);

// Elements of an array; 0 for anything else. NULL behind the end.
size_t geo_json_count(const struct geo_json *array);
const struct geo_json *geo_json_at(const struct geo_json *array, size_t index);

// The text of a string, without its NUL (it may hold others); NULL if it is none.
const char *geo_json_text(const struct geo_json *string, size_t *size);
bool geo_json_is(const struct geo_json *string, const char *text);

// False, and *out untouched, if it is no number, no whole number, no boolean.
bool geo_json_number(const struct geo_json *number, double *out);
bool geo_json_whole(const struct geo_json *number, int64_t *out);
// The same of a 64-bit number of ProtoJSON, which may stand as a text of up to 19 characters.
bool geo_json_whole_64(const struct geo_json *value, int64_t *out);
bool geo_json_boolean(const struct geo_json *boolean, bool *out);

#endif
