// geo/reader/archive.h - names compressed files by their first bytes. None is unpacked.
// SPDX-License-Identifier: Apache-2.0
#ifndef GEO_ARCHIVE_H
#define GEO_ARCHIVE_H

#include <stddef.h>
#include <stdint.h>

// ".zip", ".gz" and so on; NULL: none that is known.
const char *geo_archive_suffix(const uint8_t *bytes, size_t size);

#endif
