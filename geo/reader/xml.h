// geo/reader/xml.h - strict reading of XML, element by element. All of expat is behind this.
// SPDX-License-Identifier: Apache-2.0
//
// A document type declaration is refused before anything in it is looked at: there are no
// entities but XML's own five, no includes, nothing is fetched. Depth and the size of a text
// are bounded. Names come as they are after their namespace.
#ifndef GEO_XML_H
#define GEO_XML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "geo/record/record.h"
#include "geo/status.h"

enum { GEO_XML_DEPTH_MAX = 16, GEO_XML_TEXT_MAX = 1 << 20 };

// Borrowed during the call. `text` is what an element holds by itself, without white space
// around it; `depth` counts from 1, the root. What they return ends the reading unless DRF_OK.
struct geo_xml_reader {
    void *self;
    enum drf_status (*begin)(void *self, unsigned depth, const char *name);
    enum drf_status (*end)(void *self, unsigned depth, const char *name, const char *text,
                           size_t size);
};

// Reads a whole document whose elements are all of a namespace that begins with `space`.
// DRF_ERR_SYNTAX, DRF_ERR_NOMEM: *why says so. Else what the reader said, *why untouched.
DRF_MUST_CHECK enum drf_status geo_xml_read(const uint8_t *bytes, size_t size,
                                            const char *space,
                                            const struct geo_xml_reader *reader,
                                            struct geo_note *why);

#endif
