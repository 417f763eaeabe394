// SPDX-License-Identifier: Apache-2.0
// The document is parsed whole, then each feature is read member by member into one scratch
// obstacle and added to the record at once. The first faulty member refuses its feature,
// with the feature's number and the member's name; the others are not affected. A feature
// outside params->keep is added as a point flagged OUTSIDE, because an earlier version of it
// may have been inside.
#include "geo/format/obstacle/geojson.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "geo/bounds.h"
#include "geo/cells.h"
#include "geo/reader/geojson_geometry.h"
#include "geo/reader/json.h"
#include "geo/record/decode_counts.h"
#include "geo/record/refusal.h"
#include "geo/utc.h"

#define HEIGHT_MAX_M (GEO_CELL_OFFSET_M + GEO_CELL_QUANTUM_M * GEO_CELL_MAX)
#define ACCURACY_MAX_M 100000.0

struct job {
    const struct geo_decode_params *params;
    struct geo_record_builder *builder;
    struct geo_decode_counts counts;
    struct geo_point *vertices; // of the present feature, GEO_OBSTACLE_VERTICES_MAX + 1
    uint64_t feature;           // its number, from 1
    uint32_t holed;             // polygons kept with holes
};

static enum drf_status bad(const struct job *job, struct geo_note *why,
                           enum geo_refusal_code code, const char *name, const char *what)
{
    return geo_refuse(why, code, job->feature, "feature %" PRIu64 ": %s %s", job->feature, name,
                      what);
}

// A member that is absent or null leaves *out and sets *given to false.
static enum drf_status read_number(const struct job *job, const struct geo_json *properties,
                                   const char *name, double least, double most, double *out,
                                   bool *given, struct geo_note *why)
{
    const struct geo_json *value = geo_json_member(properties, name);
    double number;
    *given = geo_json_present(value);
    if (!*given)
        return DRF_OK;
    if (!geo_json_number(value, &number))
        return bad(job, why, GEO_REFUSAL_FORMAT, name, "is not a number");
    if (!(number >= least && number <= most))
        return bad(job, why, GEO_REFUSAL_RANGE, name, "is not possible");
    *out = number;
    return DRF_OK;
}

static enum drf_status read_flag(const struct job *job, const struct geo_json *properties,
                                 const char *name, bool *out, bool *given, struct geo_note *why)
{
    const struct geo_json *value = geo_json_member(properties, name);
    *given = geo_json_present(value);
    if (*given && !geo_json_boolean(value, out))
        return bad(job, why, GEO_REFUSAL_FORMAT, name, "is neither true nor false");
    return DRF_OK;
}

static enum drf_status read_id(const struct job *job, const struct geo_json *feature,
                               struct geo_obstacle *out, struct geo_note *why)
{
    const struct geo_json *id = geo_json_member(feature, "id");
    if (!geo_json_present(id))
        id = geo_json_member(geo_json_member(feature, "properties"), "id");
    if (!geo_json_present(id))
        return bad(job, why, GEO_REFUSAL_FORMAT, "id", "is missing");
    int64_t number;
    size_t size = 0;
    const char *text = geo_json_text(id, &size);
    if (text == NULL && geo_json_whole(id, &number)) {
        (void)snprintf(out->id, sizeof out->id, "%" PRId64, number);
        return DRF_OK;
    }
    if (text == NULL)
        return bad(job, why, GEO_REFUSAL_FORMAT, "id", "is neither text nor a whole number");
    // Truncated or cleaned, two ids could become equal: an invalid one is refused.
    char copy[GEO_OBSTACLE_ID_SIZE];
    geo_text_copy(copy, sizeof copy, text, size);
    if (size == 0 || strlen(copy) != size || memcmp(copy, text, size) != 0)
        return bad(job, why, GEO_REFUSAL_RANGE, "id",
                   "is empty, longer than 63 bytes or holds control characters");
    memcpy(out->id, copy, sizeof out->id);
    return DRF_OK;
}

static bool names_balloon(const char *kind)
{
    static const char word[] = "balloon";
    size_t length = strlen(kind);
    for (size_t at = 0; at + sizeof word - 1 <= length; at++) {
        size_t i = 0;
        while (i < sizeof word - 1 && (kind[at + i] | 0x20) == word[i])
            i++;
        if (i == sizeof word - 1)
            return true;
    }
    return false;
}

// One letter, as in the FAA's tables; anything else is unknown.
static uint8_t letter(const struct geo_json *value)
{
    size_t size = 0;
    const char *text = geo_json_text(value, &size);
    return text != NULL && size == 1 && text[0] >= 'A' && text[0] <= 'Z' && text[0] != 'U'
               ? (uint8_t)text[0]
               : 0;
}

static enum drf_status read_words(const struct job *job, const struct geo_json *properties,
                                  struct geo_obstacle *out, struct geo_note *why)
{
    size_t size = 0;
    const char *kind = geo_json_text(geo_json_member(properties, "kind"), &size);
    if (kind != NULL)
        geo_text_copy(out->kind, sizeof out->kind, kind, size);
    out->lighting = letter(geo_json_member(properties, "lighting"));
    out->marking = letter(geo_json_member(properties, "marking"));

    bool balloon = false, verified = false, withdrawn = false, given;
    enum drf_status status = read_flag(job, properties, "balloon", &balloon, &given, why);
    if (balloon || names_balloon(out->kind))
        out->flags |= GEO_OBSTACLE_BALLOON;
    if (status == DRF_OK)
        status = read_flag(job, properties, "verified", &verified, &given, why);
    if (status == DRF_OK && given)
        out->flags |=
            verified ? (uint32_t)GEO_OBSTACLE_VERIFIED : (uint32_t)GEO_OBSTACLE_UNVERIFIED;
    if (status == DRF_OK)
        status = read_flag(job, properties, "withdrawn", &withdrawn, &given, why);
    if (withdrawn)
        out->flags |= GEO_OBSTACLE_WITHDRAWN;
    return status;
}

static enum drf_status read_heights(const struct job *job, const struct geo_json *properties,
                                    struct geo_obstacle *out, struct geo_note *why)
{
    bool agl, amsl = false;
    enum drf_status status =
        read_number(job, properties, "agl_m", 0, HEIGHT_MAX_M, &out->agl_m, &agl, why);
    if (status == DRF_OK)
        status = read_number(job, properties, "amsl_m", GEO_CELL_OFFSET_M, HEIGHT_MAX_M,
                             &out->amsl_m, &amsl, why);
    if (status != DRF_OK)
        return status;
    if (!agl && !amsl && (out->flags & GEO_OBSTACLE_WITHDRAWN) == 0)
        return bad(job, why, GEO_REFUSAL_NO_VALUES, "agl_m and amsl_m", "are both missing");
    out->flags |= (agl ? (uint32_t)GEO_OBSTACLE_HAS_AGL : 0)
                  | (amsl ? (uint32_t)GEO_OBSTACLE_HAS_AMSL : 0);
    return DRF_OK;
}

static enum drf_status read_accuracy(const struct job *job, const struct geo_json *properties,
                                     struct geo_obstacle *out, struct geo_note *why)
{
    bool horizontal, vertical = false;
    out->horizontal_acc95_m = job->params->default_horizontal_acc95_m;
    out->vertical_acc95_m = job->params->default_vertical_acc95_m;
    enum drf_status status = read_number(job, properties, "horizontal_acc95_m", 1e-6,
                                         GEO_OBSTACLE_HORIZONTAL_ACC95_MAX_M,
                                         &out->horizontal_acc95_m, &horizontal, why);
    if (status == DRF_OK)
        status = read_number(job, properties, "vertical_acc95_m", 0, ACCURACY_MAX_M,
                             &out->vertical_acc95_m, &vertical, why);
    if (status != DRF_OK)
        return status;
    if (!(out->horizontal_acc95_m > 0) || !(out->vertical_acc95_m >= 0))
        return bad(job, why, GEO_REFUSAL_RANGE, "accuracy",
                   "is not given, and the feed has no default");
    out->flags |= (horizontal ? 0 : (uint32_t)GEO_OBSTACLE_HORIZONTAL_ASSUMED)
                  | (vertical ? 0 : (uint32_t)GEO_OBSTACLE_VERTICAL_ASSUMED);
    return DRF_OK;
}

static enum drf_status read_rest(const struct job *job, const struct geo_json *properties,
                                 struct geo_obstacle *out, struct geo_note *why)
{
    double quantity = 1;
    bool given;
    enum drf_status status =
        read_number(job, properties, "quantity", 1, 1e6, &quantity, &given, why);
    if (status != DRF_OK)
        return status;
    if (quantity != floor(quantity))
        return bad(job, why, GEO_REFUSAL_FORMAT, "quantity", "is not a whole number");
    out->quantity = (uint32_t)quantity;

    const struct geo_json *time = geo_json_member(properties, "data_time");
    size_t size = 0;
    const char *text = geo_json_text(time, &size);
    if (!geo_json_present(time))
        return DRF_OK;
    if (text == NULL || geo_utc_parse(text, size, &out->data_time_utc_us) != DRF_OK)
        return bad(job, why, GEO_REFUSAL_FORMAT, "data_time",
                   "is not ISO 8601 with an offset (2024-02-18T06:30:00Z)");
    out->flags |= GEO_OBSTACLE_HAS_DATA_TIME;
    return DRF_OK;
}

static enum drf_status read_feature(struct job *job, const struct geo_json *feature,
                                    struct geo_obstacle *out, struct geo_shape *shape,
                                    struct geo_note *why)
{
    const struct geo_json *properties = geo_json_member(feature, "properties");
    *out = (struct geo_obstacle){.quantity = 1};
    if (!geo_json_is(geo_json_member(feature, "type"), "Feature"))
        return bad(job, why, GEO_REFUSAL_FORMAT, "type", "is not Feature");
    if (geo_json_kind(properties) != GEO_JSON_OBJECT)
        return bad(job, why, GEO_REFUSAL_FORMAT, "properties", "is not an object");
    enum drf_status status = read_id(job, feature, out, why);
    if (status == DRF_OK)
        status = read_words(job, properties, out, why);
    if (status == DRF_OK)
        status = read_heights(job, properties, out, why);
    if (status == DRF_OK)
        status = read_accuracy(job, properties, out, why);
    if (status == DRF_OK)
        status = read_rest(job, properties, out, why);
    if (status == DRF_OK)
        status = geo_shape_read(geo_json_member(feature, "geometry"), job->feature, shape, why);
    if (status != DRF_OK)
        return status;
    out->geometry = shape->geometry;
    out->position = shape->vertices[0];
    out->vertex_count = shape->geometry == GEO_GEOMETRY_POINT ? 0 : (uint32_t)shape->count;
    return DRF_OK;
}

static enum drf_status note_holes(struct job *job)
{
    struct geo_note note = {.code = GEO_REFUSAL_IGNORED, .count = job->holed};
    if (job->holed == 0)
        return DRF_OK;
    (void)snprintf(note.text, sizeof note.text,
                   "%" PRIu32 " polygons with holes taken as filled", job->holed);
    return geo_record_add(job->builder, GEO_ITEM_NOTE, &note, sizeof note, NULL, 0);
}

static enum drf_status take_feature(struct job *job, const struct geo_json *feature)
{
    struct geo_obstacle obstacle;
    struct geo_note note;
    struct geo_shape shape = {.vertices = job->vertices};
    job->feature++;
    enum drf_status status = read_feature(job, feature, &obstacle, &shape, &note);
    if (status == DRF_ERR_NOMEM)
        return status;
    if (status != DRF_OK)
        return geo_decode_counts_refuse(&job->counts, job->builder, &note);
    if (!geo_bounds_touch(job->params->keep, shape.bounds)) {
        job->counts.out_of_region++;
        job->counts.told++;
        obstacle.flags |= GEO_OBSTACLE_OUTSIDE;
        obstacle.geometry = GEO_GEOMETRY_POINT;
        obstacle.vertex_count = 0;
        return geo_record_add(job->builder, GEO_ITEM_OBSTACLE, &obstacle, sizeof obstacle, NULL,
                              0);
    }
    job->counts.kept++;
    status = geo_record_add(job->builder, GEO_ITEM_OBSTACLE, &obstacle, sizeof obstacle,
                            job->vertices, obstacle.vertex_count * sizeof *job->vertices);
    job->holed += shape.has_holes;
    return status;
}

// GeoJSON has one reference system. The "crs" of its 2008 draft may only repeat it.
static bool crs_is_wgs84(const struct geo_json *root)
{
    const struct geo_json *crs = geo_json_member(root, "crs");
    const struct geo_json *name = geo_json_member(geo_json_member(crs, "properties"), "name");
    return !geo_json_present(crs) || geo_json_is(name, "urn:ogc:def:crs:OGC:1.3:CRS84")
           || geo_json_is(name, "urn:ogc:def:crs:OGC::CRS84") || geo_json_is(name, "OGC:CRS84");
}

static enum drf_status take_root(struct job *job, const struct geo_json *root,
                                 struct geo_note *why)
{
    const struct geo_json *type = geo_json_member(root, "type");
    const struct geo_json *features = geo_json_member(root, "features");
    if (!crs_is_wgs84(root))
        return geo_refuse(why, GEO_REFUSAL_CRS, 0,
                          "crs is not CRS84 (longitude, latitude, WGS 84)");
    enum drf_status status = DRF_OK;
    if (geo_json_is(type, "Feature")) {
        status = take_feature(job, root);
    } else if (geo_json_is(type, "FeatureCollection")
               && geo_json_kind(features) == GEO_JSON_ARRAY) {
        for (size_t i = 0; i < geo_json_count(features) && status == DRF_OK; i++)
            status = take_feature(job, geo_json_at(features, i));
    } else {
        return geo_refuse(why, GEO_REFUSAL_FORMAT, 0,
                          "neither a FeatureCollection with features nor a Feature");
    }
    if (status == DRF_OK)
        status = note_holes(job);
    return status == DRF_OK
               ? geo_decode_counts_finish(&job->counts, "features", job->builder, why)
               : status;
}

enum drf_status geo_geojson_decode(const struct geo_decode_params *params, const uint8_t *bytes,
                                   size_t size, struct geo_record_builder *builder,
                                   struct geo_note *why)
{
    struct geo_json *document = NULL;
    enum drf_status status = geo_json_open(bytes, size, &document, why);
    if (status != DRF_OK)
        return status;
    struct job job = {.params = params, .builder = builder};
    job.vertices = calloc(GEO_SHAPE_VERTICES_ROOM, sizeof *job.vertices);
    if (job.vertices == NULL)
        status = geo_refuse(why, GEO_REFUSAL_MEMORY, 0, "no memory for a feature");
    else
        status = take_root(&job, document, why);
    free(job.vertices);
    geo_json_close(document);
    return status;
}
