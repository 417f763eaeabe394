// SPDX-License-Identifier: Apache-2.0
#include "sim/publish/file_kind.h"

#include <string.h>
#include <strings.h>

static const struct {
    const char *name;
    enum sim_file_kind kind;
} names[] = {
    {"terrain", SIM_FILE_TERRAIN}, {"geotiff", SIM_FILE_GEOTIFF},
    {"dted", SIM_FILE_DTED},       {"hgt", SIM_FILE_HGT},
    {"dof", SIM_FILE_DOF},         {"geojson_obstacles", SIM_FILE_GEOJSON},
    {"grib", SIM_FILE_GRIB},       {"metar", SIM_FILE_METAR},
    {"urep", SIM_FILE_UREP},       {"geojson_zones", SIM_FILE_ZONE},
    {"ed269", SIM_FILE_ZONE},      {"ed318", SIM_FILE_ZONE},
    {"sigmet", SIM_FILE_SIGMET},   {"readsb", SIM_FILE_READSB},
    {"tracks", SIM_FILE_TRACKS},   {"cap", SIM_FILE_CAP},
    {"gcn", SIM_FILE_GCN},         {"geojson", SIM_FILE_GEOJSON},
    {"zone", SIM_FILE_ZONE}, // of earlier versions
};

static const struct {
    const char *content_type, *event_type;
    bool features, json;
} kinds[SIM_FILE_KINDS] = {
    [SIM_FILE_GEOTIFF] = {"image/tiff", "drf.terrain", false, false},
    [SIM_FILE_DTED] = {"application/x-dted", "drf.terrain", false, false},
    [SIM_FILE_HGT] = {"application/x-srtm-hgt", "drf.terrain", false, false},
    [SIM_FILE_TERRAIN] = {"application/octet-stream", "drf.terrain", false, false},
    [SIM_FILE_DOF] = {"text/plain", "drf.obstacle", true, false},
    [SIM_FILE_GEOJSON] = {"application/geo+json", "drf.obstacle", true, true},
    [SIM_FILE_GRIB] = {"application/x-grib", "drf.weather", false, false},
    [SIM_FILE_METAR] = {"text/plain", "drf.weather", false, false},
    [SIM_FILE_UREP] = {"application/json", "drf.v1.report.weather", false, true},
    [SIM_FILE_ZONE] = {"application/json", "drf.zone", true, true},
    [SIM_FILE_SIGMET] = {"text/plain", "drf.zone", true, false},
    [SIM_FILE_READSB] = {"application/json", "drf.traffic", false, true},
    [SIM_FILE_TRACKS] = {"application/json", "drf.traffic", false, true},
    [SIM_FILE_CAP] = {"application/cap+xml", "drf.alert", true, false},
    [SIM_FILE_GCN] = {"application/json", "drf.alert", true, true},
};

bool sim_file_kind_find(const char *name, enum sim_file_kind *out)
{
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(names[i].name, name) == 0) {
            *out = names[i].kind;
            return true;
        }
    return false;
}

const char *sim_file_kind_hint(const char *name)
{
    static const struct {
        const char *kind, *hint;
    } hints[] = {
        {"obstacle", "the formats of kind obstacle are dof and geojson_obstacles"},
        {"weather", "the formats of kind weather are grib, metar and urep"},
        {"zones", "the formats of kind zone are geojson_zones, ed269, ed318 and sigmet"},
        {"traffic", "the formats of kind traffic are readsb and tracks"},
        {"alert", "the formats of kind alert are cap and gcn"},
    };
    for (size_t i = 0; i < sizeof hints / sizeof hints[0]; i++)
        if (strcmp(hints[i].kind, name) == 0)
            return hints[i].hint;
    return "it is terrain (geotiff, dted, hgt), dof, geojson_obstacles, grib, metar, "
           "urep, geojson_zones, ed269, ed318, sigmet, readsb, tracks, cap or gcn";
}

enum sim_file_kind sim_file_kind_of(enum sim_file_kind kind, const char *path,
                                    const uint8_t *bytes, size_t size)
{
    enum { HEAD = 1024 }; // UHL1 stands first, but for the headings of a tape
    if (kind != SIM_FILE_TERRAIN)
        return kind;
    const char *dot = strrchr(path, '.');
    if (dot != NULL && strcasecmp(dot, ".hgt") == 0)
        return SIM_FILE_HGT;
    return memmem(bytes, size < HEAD ? size : HEAD, "UHL1", 4) != NULL ? SIM_FILE_DTED
                                                                       : SIM_FILE_GEOTIFF;
}

const char *sim_file_content_type(enum sim_file_kind kind) { return kinds[kind].content_type; }
const char *sim_file_event_type(enum sim_file_kind kind) { return kinds[kind].event_type; }
bool sim_file_of_features(enum sim_file_kind kind) { return kinds[kind].features; }
bool sim_file_json(enum sim_file_kind kind) { return kinds[kind].json; }
