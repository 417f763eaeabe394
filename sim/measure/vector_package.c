// SPDX-License-Identifier: Apache-2.0
//
// One transaction for everything. What is written depends on the recordings alone: the one
// clock that the driver reads (gpkg_contents.last_change) is set to a fixed instant.
#include "sim/measure/vector_package.h"

#include <cpl_conv.h>
#include <cpl_error.h>
#include <gdal.h>
#include <math.h>
#include <ogr_api.h>
#include <ogr_srs_api.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum layer { LAYER_TRACKS, LAYER_NO_HEIGHT, LAYER_EVENTS, LAYER_COUNT };

struct sim_vector_package {
    GDALDatasetH dataset;
    OGRLayerH layers[LAYER_COUNT];
    bool failed;
};

struct column {
    const char *name;
    OGRFieldType type;
};

static const struct column track_columns[] = {
    {"recording", OFTString}, {"aircraft", OFTString}, {"intruder", OFTInteger},
    {"positions", OFTString}, {"height", OFTString},   {"from_utc", OFTDateTime},
    {"to_utc", OFTDateTime},  {"seconds", OFTReal},    {"fixes", OFTInteger},
};
static const struct column event_columns[] = {
    {"recording", OFTString},     {"event", OFTString},      {"aircraft", OFTString},
    {"about", OFTString},         {"kind", OFTInteger},      {"severity", OFTInteger},
    {"from_utc", OFTDateTime},    {"to_utc", OFTDateTime},   {"seconds", OFTReal},
    {"nearest_utc", OFTDateTime}, {"horizontal_m", OFTReal}, {"up_m", OFTReal},
};

static OGRLayerH make_layer(struct sim_vector_package *package, const char *name,
                            OGRwkbGeometryType type, const struct column *columns, size_t count)
{
    OGRSpatialReferenceH wgs84 = OSRNewSpatialReference(NULL);
    bool good = OSRImportFromEPSG(wgs84, 4326) == OGRERR_NONE;
    OSRSetAxisMappingStrategy(wgs84, OAMS_TRADITIONAL_GIS_ORDER);
    OGRLayerH layer =
        good ? GDALDatasetCreateLayer(package->dataset, name, wgs84, type, NULL) : NULL;
    OSRDestroySpatialReference(wgs84);
    for (size_t i = 0; i < count && layer != NULL; i++) {
        OGRFieldDefnH field = OGR_Fld_Create(columns[i].name, columns[i].type);
        if (OGR_L_CreateField(layer, field, TRUE) != OGRERR_NONE)
            package->failed = true;
        OGR_Fld_Destroy(field);
    }
    if (layer == NULL)
        package->failed = true;
    return layer;
}

enum drf_status sim_vector_package_open(const char *path, struct sim_vector_package **out)
{
    struct sim_vector_package *package = calloc(1, sizeof *package);
    if (package == NULL)
        return DRF_ERR_NOMEM;
    GDALAllRegister();
    // The GeoPackage says when its contents last changed: a fixed instant, for equal bytes.
    CPLSetConfigOption("OGR_CURRENT_DATE", "1970-01-01T00:00:00.000Z");
    CPLSetConfigOption("OGR_SQLITE_SYNCHRONOUS", "OFF");
    remove(path);
    GDALDriverH driver = GDALGetDriverByName("GPKG");
    if (driver != NULL)
        package->dataset = GDALCreate(driver, path, 0, 0, 0, GDT_Unknown, NULL);
    if (package->dataset != NULL) {
        static const struct {
            const char *name;
            OGRwkbGeometryType type;
            const struct column *columns;
            size_t count;
        } layers[LAYER_COUNT] = {
            [LAYER_TRACKS] = {"tracks", wkbLineStringZM, track_columns,
                              sizeof track_columns / sizeof track_columns[0]},
            [LAYER_NO_HEIGHT] = {"tracks_no_height", wkbLineStringM, track_columns,
                                 sizeof track_columns / sizeof track_columns[0]},
            [LAYER_EVENTS] = {"events", wkbPoint, event_columns,
                              sizeof event_columns / sizeof event_columns[0]},
        };
        for (size_t i = 0; i < LAYER_COUNT && !package->failed; i++)
            package->layers[i] = make_layer(package, layers[i].name, layers[i].type,
                                            layers[i].columns, layers[i].count);
        if (!package->failed)
            package->failed =
                GDALDatasetStartTransaction(package->dataset, FALSE) != OGRERR_NONE;
    }
    if (package->dataset == NULL || package->failed) {
        fprintf(stderr, "drf-sim: %s: cannot be written: %s\n", path, CPLGetLastErrorMsg());
        if (package->dataset != NULL)
            GDALClose(package->dataset);
        free(package);
        return DRF_ERR_STORE;
    }
    *out = package;
    return DRF_OK;
}

static void set_text(OGRFeatureH feature, const char *name, const char *text)
{
    if (text[0] != '\0')
        OGR_F_SetFieldString(feature, OGR_F_GetFieldIndex(feature, name), text);
}

static void set_real(OGRFeatureH feature, const char *name, double value)
{
    OGR_F_SetFieldDouble(feature, OGR_F_GetFieldIndex(feature, name), value);
}

static void set_count(OGRFeatureH feature, const char *name, int value)
{
    OGR_F_SetFieldInteger(feature, OGR_F_GetFieldIndex(feature, name), value);
}

static void set_time(OGRFeatureH feature, const char *name, int64_t utc_us)
{
    int64_t whole = utc_us / 1000000, rest_us = utc_us % 1000000;
    if (rest_us < 0) {
        whole--;
        rest_us += 1000000;
    }
    time_t clock = (time_t)whole;
    struct tm t;
    if (gmtime_r(&clock, &t) == NULL)
        return;
    OGR_F_SetFieldDateTimeEx(feature, OGR_F_GetFieldIndex(feature, name), t.tm_year + 1900,
                             t.tm_mon + 1, t.tm_mday, t.tm_hour, t.tm_min,
                             (float)(t.tm_sec + (double)rest_us / 1e6), 100);
}

static void put(struct sim_vector_package *package, enum layer layer, OGRFeatureH feature,
                OGRGeometryH geometry)
{
    if (OGR_F_SetGeometryDirectly(feature, geometry) != OGRERR_NONE
        || OGR_L_CreateFeature(package->layers[layer], feature) != OGRERR_NONE)
        package->failed = true;
    OGR_F_Destroy(feature);
}

static OGRFeatureH new_feature(const struct sim_vector_package *package, enum layer layer,
                               const struct sim_measured *measured)
{
    OGRFeatureH feature = OGR_F_Create(OGR_L_GetLayerDefn(package->layers[layer]));
    set_text(feature, "recording", measured->scan.path);
    return feature;
}

// Fixes first to last of a track, all with the same kind of height.
static void put_line(struct sim_vector_package *package, const struct sim_measured *measured,
                     const struct sim_track *track, size_t first, size_t last)
{
    static const char *const heights[] = {"", "AMSL", "WGS84"};
    const struct sim_fix *fixes = track->fixes;
    bool known = fixes[first].height != SIM_HEIGHT_NONE;
    enum layer layer = known ? LAYER_TRACKS : LAYER_NO_HEIGHT;
    OGRGeometryH line = OGR_G_CreateGeometry(known ? wkbLineStringZM : wkbLineStringM);
    OGR_G_SetPointCount(line, (int)(last - first + 1));
    for (size_t i = first; i <= last; i++) {
        double m = (double)fixes[i].utc_us / 1e6;
        if (known)
            OGR_G_SetPointZM(line, (int)(i - first), fixes[i].at.lon_deg, fixes[i].at.lat_deg,
                             fixes[i].alt_m, m);
        else
            OGR_G_SetPointM(line, (int)(i - first), fixes[i].at.lon_deg, fixes[i].at.lat_deg,
                            m);
    }
    OGRFeatureH feature = new_feature(package, layer, measured);
    set_text(feature, "aircraft", track->id);
    set_count(feature, "intruder", track->intruder);
    set_text(feature, "positions", measured->scan.truth.count > 0 ? "truth" : "telemetry");
    set_text(feature, "height", heights[fixes[first].height]);
    set_time(feature, "from_utc", fixes[first].utc_us);
    set_time(feature, "to_utc", fixes[last].utc_us);
    set_real(feature, "seconds", (double)(fixes[last].utc_us - fixes[first].utc_us) / 1e6);
    set_count(feature, "fixes", (int)(last - first + 1));
    put(package, layer, feature, line);
}

static void put_track(struct sim_vector_package *package, const struct sim_measured *measured,
                      const struct sim_track *track, int64_t max_gap_us)
{
    size_t first = 0;
    for (size_t i = 1; i <= track->count; i++) {
        if (i < track->count
            && track->fixes[i].utc_us - track->fixes[i - 1].utc_us <= max_gap_us
            && track->fixes[i].height == track->fixes[i - 1].height)
            continue;
        if (i - first >= 2)
            put_line(package, measured, track, first, i - 1);
        first = i;
    }
}

static OGRGeometryH point_of(struct geo_point at)
{
    OGRGeometryH point = OGR_G_CreateGeometry(wkbPoint);
    OGR_G_SetPoint_2D(point, 0, at.lon_deg, at.lat_deg);
    return point;
}

// Where a track was; false where that is not known.
static bool where(const struct sim_track *track, int64_t utc_us, int64_t max_gap_us,
                  struct geo_point *out)
{
    size_t i = sim_track_at(track, utc_us);
    if (i >= track->count)
        return false;
    bool between = i + 1 < track->count
                   && track->fixes[i + 1].utc_us - track->fixes[i].utc_us <= max_gap_us;
    if (!between && utc_us - track->fixes[i].utc_us > max_gap_us)
        return false;
    *out = between ? sim_track_between(track, i, utc_us).at : track->fixes[i].at;
    return true;
}

static void put_loss(struct sim_vector_package *package, const struct sim_measured *measured,
                     const struct sim_loss *loss, int64_t max_gap_us)
{
    const struct sim_track *tracks = sim_scan_tracks(&measured->scan)->tracks;
    struct geo_point at;
    if (!where(&tracks[loss->one], loss->near_us, max_gap_us, &at))
        return;
    OGRFeatureH feature = new_feature(package, LAYER_EVENTS, measured);
    char event[40];
    snprintf(event, sizeof event, "%s%s", sim_loss_names[loss->kind],
             loss->undecided ? "_undecided" : "");
    set_text(feature, "event", event);
    set_text(feature, "aircraft", tracks[loss->one].id);
    set_text(feature, "about", tracks[loss->two].id);
    set_time(feature, "from_utc", loss->from_us);
    set_time(feature, "to_utc", loss->to_us);
    set_real(feature, "seconds", (double)(loss->to_us - loss->from_us) / 1e6);
    set_time(feature, "nearest_utc", loss->near_us);
    set_real(feature, "horizontal_m", loss->near_horizontal_m);
    if (!loss->undecided)
        set_real(feature, "up_m", loss->near_up_m);
    put(package, LAYER_EVENTS, feature, point_of(at));
}

static const struct sim_track *track_of(const struct sim_tracks *tracks, const char *id)
{
    for (size_t i = 0; i < tracks->count; i++)
        if (strcmp(tracks->tracks[i].id, id) == 0)
            return &tracks->tracks[i];
    return NULL;
}

struct span {
    const char *event, *about;
    uint32_t kind;
    int severity; // 0: none
    int64_t from_us, to_us;
};

static void put_span(struct sim_vector_package *package, const struct sim_measured *measured,
                     const struct sim_listened *drone, const struct span *span,
                     int64_t max_gap_us)
{
    const struct sim_track *track = track_of(sim_scan_tracks(&measured->scan), drone->id);
    struct geo_point at;
    if (track == NULL || !where(track, span->from_us, max_gap_us, &at))
        return;
    OGRFeatureH feature = new_feature(package, LAYER_EVENTS, measured);
    set_text(feature, "event", span->event);
    set_text(feature, "aircraft", drone->id);
    set_text(feature, "about", span->about);
    set_count(feature, "kind", (int)span->kind);
    if (span->severity > 0)
        set_count(feature, "severity", span->severity);
    set_time(feature, "from_utc", span->from_us);
    set_time(feature, "to_utc", span->to_us);
    set_real(feature, "seconds", (double)(span->to_us - span->from_us) / 1e6);
    put(package, LAYER_EVENTS, feature, point_of(at));
}

static void put_told(struct sim_vector_package *package, const struct sim_measured *measured,
                     const struct sim_listened *drone, int64_t max_gap_us)
{
    for (size_t i = 0; i < drone->lives.count; i++) {
        const struct sim_life *life = &drone->lives.lives[i];
        const struct span span = {.event = "advisory",
                                  .about = life->feature_id,
                                  .kind = life->kind,
                                  .severity = (int)life->worst,
                                  .from_us = life->first_us,
                                  .to_us = life->last_us};
        put_span(package, measured, drone, &span, max_gap_us);
    }
    for (size_t i = 0; i < drone->episodes.count; i++) {
        const struct sim_episode *e = &drone->episodes.episodes[i];
        bool missed = e->verdict == DRF__V1__VERDICT__VERDICT_MISSED;
        if (!missed && e->verdict != DRF__V1__VERDICT__VERDICT_FALSE)
            continue;
        const struct span span = {.event = missed ? "advisory_missed" : "advisory_false",
                                  .about = e->feature_id,
                                  .kind = e->kind,
                                  .from_us = e->from_us,
                                  .to_us = e->to_us};
        put_span(package, measured, drone, &span, max_gap_us);
    }
}

enum drf_status sim_vector_package_add(struct sim_vector_package *package,
                                       const struct sim_measured *measured, int64_t max_gap_us)
{
    const struct sim_tracks *tracks = sim_scan_tracks(&measured->scan);
    for (size_t t = 0; t < tracks->count; t++)
        put_track(package, measured, &tracks->tracks[t], max_gap_us);
    for (size_t i = 0; i < measured->separation.loss_count; i++)
        put_loss(package, measured, &measured->separation.losses[i], max_gap_us);
    for (size_t d = 0; d < measured->scan.listened_count; d++)
        put_told(package, measured, &measured->scan.listened[d], max_gap_us);
    return package->failed ? DRF_ERR_STORE : DRF_OK;
}

enum drf_status sim_vector_package_close(struct sim_vector_package *package)
{
    if (package == NULL)
        return DRF_OK;
    bool bad = package->failed;
    bad |= GDALDatasetCommitTransaction(package->dataset) != OGRERR_NONE;
    CPLErrorReset();
    GDALClose(package->dataset);
    bad |= CPLGetLastErrorType() >= CE_Failure;
    free(package);
    return bad ? DRF_ERR_STORE : DRF_OK;
}
