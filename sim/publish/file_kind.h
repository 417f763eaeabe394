// sim/publish/file_kind.h - kinds of files, by the names that a feed's `format` has.
// SPDX-License-Identifier: Apache-2.0
//
// The names are those of the node's configuration; tests/unit/sim/publish/test_sim_provide.c
// holds the two lists together. Names of earlier versions (`geojson`, `zone`) go on working.
#ifndef SIM_FILE_KIND_H
#define SIM_FILE_KIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "geo/status.h"

enum sim_file_kind {
    SIM_FILE_GEOTIFF,
    SIM_FILE_DTED,
    SIM_FILE_HGT,
    SIM_FILE_TERRAIN, // one of the three above: sim_file_kind_of()
    SIM_FILE_DOF,
    SIM_FILE_GEOJSON, // obstacles
    SIM_FILE_GRIB,
    SIM_FILE_ZONE, // GeoJSON, ED-269, ED-318
    SIM_FILE_GCN,
    SIM_FILE_CAP,
    SIM_FILE_READSB,
    SIM_FILE_TRACKS,
    SIM_FILE_METAR,
    SIM_FILE_UREP, // one report
    SIM_FILE_SIGMET,
    SIM_FILE_KINDS
};

// False: there is none of that name ("geotiff", "dof" ...).
DRF_MUST_CHECK bool sim_file_kind_find(const char *name, enum sim_file_kind *out);
// What to write in place of a name that is none: the formats of a feed's `kind`, or all.
const char *sim_file_kind_hint(const char *name);

// The kind of one file: of TERRAIN what its first bytes, or its name, say; else `kind`.
enum sim_file_kind sim_file_kind_of(enum sim_file_kind kind, const char *path,
                                    const uint8_t *bytes, size_t size);

const char *sim_file_content_type(enum sim_file_kind kind); // "image/tiff"
const char *sim_file_event_type(enum sim_file_kind kind);   // "drf.terrain"
// Whether a file of it holds features: obstacles, zones, alerts. They make editions.
bool sim_file_of_features(enum sim_file_kind kind);
bool sim_file_json(enum sim_file_kind kind);

#endif
