// geo/reader/xml.h - strict XML reader with callbacks per element (expat).
// SPDX-License-Identifier: Apache-2.0
//
// expat is used in xml.c only. A document type declaration is refused before its content is
// read: there are no entities but XML's own five, no includes, no network access. Depth and
// the size of a text are bounded. Names are passed without their namespace.
#ifndef GEO_XML_H
#define GEO_XML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "geo/record/record.h"
#include "geo/status.h"

enum { GEO_XML_DEPTH_MAX = 16, GEO_XML_TEXT_MAX = 1 << 20 };

// Borrowed during the call. `text` is what an element holds by itself, without white space
// around it; `depth` counts from 1, the root. Any return value but DRF_OK ends the reading.
struct geo_xml_reader {
    void *self;
    enum drf_status (*begin)(void *self, unsigned depth, const char *name);
    enum drf_status (*end)(void *self, unsigned depth, const char *name, const char *text,
                           size_t size);
};

// Reads a whole document whose elements are all of a namespace that begins with `space`.
// DRF_ERR_SYNTAX, DRF_ERR_NOMEM: *why says so. Else the status of the callback, *why untouched.
DRF_MUST_CHECK enum drf_status geo_xml_read(const uint8_t *bytes, size_t size,
                                            const char *space,
                                            const struct geo_xml_reader *reader,
                                            struct geo_note *why);

#endif
