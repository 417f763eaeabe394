// SPDX-License-Identifier: Apache-2.0
// The names of the formats, as configuration writes them. Apart from decode.c, so that whoever
// needs a name does not link every decoder.
#include "geo/reader/format.h"

static const char *const names[GEO_FORMAT_COUNT] = {
    [GEO_FORMAT_UNKNOWN] = "unknown",
    [GEO_FORMAT_GEOTIFF] = "geotiff",
    [GEO_FORMAT_DTED] = "dted",
    [GEO_FORMAT_HGT] = "hgt",
    [GEO_FORMAT_TERRAIN] = "terrain",
    [GEO_FORMAT_DOF] = "dof",
    [GEO_FORMAT_GEOJSON_OBSTACLES] = "geojson_obstacles",
    [GEO_FORMAT_GRIB] = "grib",
    [GEO_FORMAT_GEOJSON_ZONES] = "geojson_zones",
    [GEO_FORMAT_ED269] = "ed269",
    [GEO_FORMAT_ED318] = "ed318",
    [GEO_FORMAT_GCN] = "gcn",
    [GEO_FORMAT_CAP] = "cap",
    [GEO_FORMAT_READSB] = "readsb",
    [GEO_FORMAT_TRACKS] = "tracks",
    [GEO_FORMAT_METAR] = "metar",
    [GEO_FORMAT_SIGMET] = "sigmet",
    [GEO_FORMAT_UREP] = "urep",
};

const char *geo_format_name(enum geo_format format)
{
    unsigned index = (unsigned)format;
    return names[index < GEO_FORMAT_COUNT ? index : GEO_FORMAT_UNKNOWN];
}
