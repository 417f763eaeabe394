// geo/format/grib/grib_envelope.h - finds GRIB messages among headings and trailing bytes.
// SPDX-License-Identifier: Apache-2.0
//
// Switches and file transfer put a WMO heading before each message, or a length, control
// characters and padding around it (WMO No. 386, attachment II-15). None of that is of use
// here: messages are found by their own first octets. Pure functions, no allocation.
#ifndef GEO_GRIB_ENVELOPE_H
#define GEO_GRIB_ENVELOPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Where the next message begins, or what should be one, from `at` on; `size` if there is none.
// The word GRIB within text is none: its edition would be a printable character.
size_t geo_grib_envelope_next(const uint8_t *bytes, size_t size, size_t at);

// Whether bytes between messages are what is left of one whose beginning is damaged: they hold
// its end, and what no heading has.
bool geo_grib_envelope_remains(const uint8_t *bytes, size_t size);

#endif
