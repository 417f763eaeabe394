// edge/view/json_text.h - writes JSON (RFC 8259) into a text that grows.
// SPDX-License-Identifier: Apache-2.0
//
// The comma between two values is put by itself. Strings may be a stranger's bytes: what is no
// UTF-8 becomes U+FFFD, and control characters are escaped. A number that is none is null.
// After an allocation that failed nothing more is written, and `failed` says so.
#ifndef EDGE_JSON_TEXT_H
#define EDGE_JSON_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct edge_json_text {
    char *bytes; // from malloc(); not terminated
    size_t length, room;
    bool failed;
};

void edge_json_text_close(struct edge_json_text *json); // frees; empty again
void edge_json_text_clear(struct edge_json_text *json); // keeps its room

// '{' or '[', with the comma before it; '}' or ']'.
void edge_json_text_begin(struct edge_json_text *json, char bracket);
void edge_json_text_end(struct edge_json_text *json, char bracket);
void edge_json_text_key(struct edge_json_text *json, const char *name); // NUL-ended
void edge_json_text_string(struct edge_json_text *json, const char *bytes, size_t size);
void edge_json_text_word(struct edge_json_text *json, const char *text); // a NUL-ended string
void edge_json_text_int(struct edge_json_text *json, int64_t value);
// With at most `decimals` of them (0 .. 9), without trailing zeros.
void edge_json_text_real(struct edge_json_text *json, double value, int decimals);
void edge_json_text_bool(struct edge_json_text *json, bool value);
void edge_json_text_null(struct edge_json_text *json);
// A value that is JSON already.
void edge_json_text_value(struct edge_json_text *json, const char *bytes, size_t size);
// Bytes as they are, without a comma: what stands around the JSON.
void edge_json_text_raw(struct edge_json_text *json, const char *bytes, size_t size);

#endif
