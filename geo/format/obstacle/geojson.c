// SPDX-License-Identifier: Apache-2.0
// The document is parsed whole, then each feature is read: its id first, then its attributes,
// then its geometry part by part, each into one scratch obstacle that goes to the record at
// once (geo/format/obstacle/obstacle_output.h). A faulty attribute refuses the feature with all
// its parts, a faulty part only itself; what is refused is unreadable in the box of its
// coordinates, if it has an id and they can be read. A withdrawn feature needs its id alone.
#include "geo/format/obstacle/geojson.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "geo/bounds.h"
#include "geo/format/obstacle/obstacle_attributes.h"
#include "geo/format/obstacle/obstacle_output.h"
#include "geo/reader/geojson_box.h"
#include "geo/reader/geojson_geometry.h"
#include "geo/reader/json.h"
#include "geo/record/refusal.h"

// Less accurate than this, a refused obstacle has no box: it could be anywhere.
#define SPREAD_MAX_M 100000.0

struct job {
    struct geo_obstacle_output output;
    struct geo_geojson_crs crs;                // of the document
    struct geo_obstacle_attributes attributes; // of the present feature
    const struct geo_json *geometry;           // of it
    size_t parts;
    struct geo_obstacle obstacle;
    struct geo_note note;       // why it is refused
    struct geo_point *vertices; // of the present part, GEO_SHAPE_VERTICES_ROOM
    uint32_t holed;             // polygons kept with holes
};

static bool several(const struct job *job) { return job->parts > 1; }

static bool box_of(const struct job *job, size_t part, struct geo_bounds *out)
{
    double spread_m = job->attributes.spread_m;
    return spread_m <= SPREAD_MAX_M
           && geo_geometry_box(job->geometry, part, &job->crs, spread_m, out);
}

static enum drf_status refuse_part(struct job *job, size_t part, bool noted)
{
    struct geo_bounds box;
    bool placed = job->obstacle.id[0] != '\0' && box_of(job, part, &box);
    return geo_obstacle_output_refuse(&job->output, &job->note, job->obstacle.id, several(job),
                                      placed ? &box : NULL, noted);
}

// One note, and each part unreadable where it lies.
static enum drf_status refuse_feature(struct job *job)
{
    enum drf_status status = DRF_OK;
    for (size_t part = 0; part < job->parts && status == DRF_OK; part++)
        status = refuse_part(job, part, part > 0);
    return status;
}

static enum drf_status read_attributes(struct job *job, const struct geo_json *feature)
{
    struct geo_obstacle_attributes *of = &job->attributes;
    if (!geo_json_is(geo_json_member(feature, "type"), "Feature"))
        return geo_obstacle_bad(of, GEO_REFUSAL_FORMAT, "type", "is not Feature");
    enum drf_status status = geo_obstacle_read_id(of, feature, &job->obstacle);
    if (status != DRF_OK)
        return status;
    status = geo_geojson_crs_check(&job->crs, feature, of->feature, of->why);
    if (status != DRF_OK) {
        of->spread_m = HUGE_VAL; // where that would be is not known
        return status;
    }
    if (geo_json_kind(of->properties) != GEO_JSON_OBJECT)
        return geo_obstacle_bad(of, GEO_REFUSAL_FORMAT, "properties", "is not an object");
    return of->params->obstacle_fields.mapped != 0
               ? geo_obstacle_read_mapped(of, &job->obstacle)
               : geo_obstacle_read_own(of, &job->obstacle);
}

// Withdrawn is withdrawn, wherever it was; the place is told if it can be.
static enum drf_status withdraw(struct job *job)
{
    struct geo_obstacle *obstacle = &job->obstacle;
    struct geo_shape shape = {.vertices = job->vertices, .crs = &job->crs};
    struct geo_note ignored;
    enum drf_status status =
        geo_shape_read(job->geometry, 0, job->attributes.feature, &shape, &ignored);
    if (status == DRF_ERR_NOMEM)
        return status;
    obstacle->geometry = GEO_GEOMETRY_POINT;
    if (status == DRF_OK)
        obstacle->position = shape.vertices[0];
    else
        obstacle->flags |= GEO_OBSTACLE_NO_PLACE;
    job->output.counts.kept++;
    return geo_record_add(job->output.builder, GEO_ITEM_OBSTACLE, obstacle, sizeof *obstacle,
                          NULL, 0);
}

// *outside: it was read, and lies outside.
static enum drf_status take_part(struct job *job, size_t part, bool *outside)
{
    struct geo_obstacle *obstacle = &job->obstacle;
    struct geo_shape shape = {.vertices = job->vertices, .crs = &job->crs};
    job->note = (struct geo_note){.count = 1};
    *outside = false;
    enum drf_status status =
        geo_shape_read(job->geometry, part, job->attributes.feature, &shape, &job->note);
    if (status == DRF_ERR_NOMEM)
        return status;
    if (status != DRF_OK)
        return refuse_part(job, part, false);
    obstacle->geometry = shape.geometry;
    obstacle->position = shape.vertices[0];
    obstacle->vertex_count = shape.geometry == GEO_GEOMETRY_POINT ? 0 : (uint32_t)shape.count;
    *outside = !geo_bounds_touch(job->output.params->keep, shape.bounds);
    if (*outside)
        return DRF_OK;
    status = geo_obstacle_output_keep(&job->output, obstacle, job->vertices, several(job));
    job->holed += status == DRF_OK && shape.has_holes;
    if (status != DRF_ERR_RANGE)
        return status;
    status = geo_obstacle_bad(&job->attributes, GEO_REFUSAL_RANGE, "id",
                              "is another feature's, and there is no room to number it");
    return status != DRF_OK ? refuse_part(job, part, false) : DRF_OK;
}

static enum drf_status take_feature(struct job *job, const struct geo_json *feature)
{
    size_t outside = 0;
    job->geometry = geo_json_member(feature, "geometry");
    job->parts = geo_shape_parts(job->geometry);
    job->obstacle = (struct geo_obstacle){.quantity = 1};
    job->note = (struct geo_note){.count = 1};
    job->attributes.feature++;
    job->attributes.properties = geo_json_member(feature, "properties");
    job->attributes.spread_m = geo_obstacle_spread_m(job->output.params, (double)NAN);
    enum drf_status status = read_attributes(job, feature);
    if (status != DRF_OK)
        return refuse_feature(job);
    if ((job->obstacle.flags & GEO_OBSTACLE_WITHDRAWN) != 0)
        return withdraw(job);
    for (size_t part = 0; part < job->parts && status == DRF_OK; part++) {
        bool out;
        status = take_part(job, part, &out);
        outside += status == DRF_OK && out;
    }
    return status == DRF_OK && outside == job->parts
               ? geo_obstacle_output_outside(&job->output, &job->obstacle)
               : status;
}

static enum drf_status note_holes(struct job *job)
{
    struct geo_note note = {.code = GEO_REFUSAL_IGNORED, .count = job->holed};
    if (job->holed == 0)
        return DRF_OK;
    (void)snprintf(note.text, sizeof note.text,
                   "%" PRIu32 " polygons with holes taken as filled", job->holed);
    return geo_record_add(job->output.builder, GEO_ITEM_NOTE, &note, sizeof note, NULL, 0);
}

static enum drf_status take_root(struct job *job, const struct geo_json *root,
                                 struct geo_note *why)
{
    const struct geo_json *type = geo_json_member(root, "type");
    const struct geo_json *features = geo_json_member(root, "features");
    enum drf_status status = geo_geojson_crs_open(&job->crs, root, why);
    if (status != DRF_OK)
        return status;
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
    return status == DRF_OK ? geo_obstacle_output_finish(&job->output, "features", why)
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
    struct job job = {.vertices = calloc(GEO_SHAPE_VERTICES_ROOM, sizeof *job.vertices)};
    geo_obstacle_output_init(&job.output, params, builder);
    job.attributes = (struct geo_obstacle_attributes){.params = params, .why = &job.note};
    if (job.vertices == NULL)
        status = geo_refuse(why, GEO_REFUSAL_MEMORY, 0, "no memory for a feature");
    else
        status = take_root(&job, document, why);
    geo_obstacle_output_close(&job.output);
    geo_geojson_crs_close(&job.crs);
    free(job.vertices);
    geo_json_close(document);
    return status;
}
