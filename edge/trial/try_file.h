// edge/trial/try_file.h - finds out what a file is, by its first bytes and the decoders.
// SPDX-License-Identifier: Apache-2.0
//
// A file is what a decoder reads without refusing it; of several that do, the one that takes
// most of it. Every file is read by the sandboxed decoder child, as a message would be.
#ifndef EDGE_TRY_FILE_H
#define EDGE_TRY_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "edge/config/config.h"
#include "edge/trial/try_place.h"

enum { EDGE_TRY_FILE_MAX_MB = 64 };

struct edge_try_file {
    char path[DRF_PATH_SIZE];
    size_t size;
    int64_t changed_utc_us;
    uint32_t format;   // enum geo_format; 0: it is not used, `why` says why
    bool stations;     // a table of weather stations; format is 0 then
    bool surface;      // terrain: by its name a surface model
    bool datum_taken;  // terrain: states no vertical datum, EGM96 was taken
    uint64_t features; // tiles, obstacles, zones, fields, stations or aircraft
    uint64_t refused;  // parts
    // What holds for a time only: from when until when, and when it is best looked at; from >
    // until: nothing of it is.
    int64_t from_utc_us, until_utc_us, at_utc_us;
    bool anywhere;         // of some parts no place is known, or they are too large for a box
    struct geo_bounds box; // around all others; west > east: there are none
    char why[400];         // why it is not used, or the first part that was refused
};

struct edge_try_scan {
    struct drf_config config; // with one feed, changed for each attempt
    struct edge_try_place place;
};

// DRF_ERR_...: no configuration could be made (an error of ours).
DRF_MUST_CHECK enum drf_status edge_try_scan_open(struct edge_try_scan *out);
void edge_try_scan_close(struct edge_try_scan *scan);

// Looks at file->path; fills the rest of *file and adds to the scan's place. Reports of
// stations are placed by config.feeds[0].stations, if there is a table.
void edge_try_file_look(struct edge_try_scan *scan, struct edge_try_file *file);
const char *edge_try_file_name(const struct edge_try_file *file); // without folders

#endif
