// edge/host/log_json.h - the pairs of a logfmt line as members of a JSON object (RFC 8259).
// SPDX-License-Identifier: Apache-2.0
#ifndef EDGE_LOG_JSON_H
#define EDGE_LOG_JSON_H

#include <stddef.h>

// Appends `, "key": value` for each pair of `pairs` ("key=value key=\"quoted\"", as
// edge_log_quote() quotes) at out[length]; returns the new length, and never writes beyond
// `room`: a member that does not fit is left out, with all that follow. Values that are numbers
// of at most 15 digits become numbers, except under keys that hold names (feed, topic ...);
// everything else is a string. A key of the line itself (time, level ...) gets a `_` in front.
// Bytes that are no UTF-8 become U+FFFD.
size_t edge_log_json_pairs(char *out, size_t room, size_t length, const char *pairs);

#endif
