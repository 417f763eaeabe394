// geo/reader/issued.h - when a file says that what it holds was issued.
// SPDX-License-Identifier: Apache-2.0
//
// Better than the time at which somebody stored it. Pure functions.
#ifndef GEO_ISSUED_H
#define GEO_ISSUED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "geo/reader/format.h"
#include "geo/reader/json.h"

// Of a JSON document: metadata.issued (ED-318), createdAt (ED-269), alert_datetime (GCN), as
// ISO 8601. False, and *out untouched: none of them is a time.
bool geo_issued_json(const struct geo_json *document, int64_t *out_utc_us);
// Of a Digital Obstacle File: the CURRENCY DATE = mm/dd/yy of its header, 00:00 UTC.
bool geo_issued_dof(const char *text, size_t size, int64_t *out_utc_us);
// Of a whole file in a format that may say so.
bool geo_issued_read(enum geo_format format, const uint8_t *bytes, size_t size,
                     int64_t *out_utc_us);

#endif
