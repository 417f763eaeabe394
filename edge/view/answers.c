// SPDX-License-Identifier: Apache-2.0
// What is asked for once: files of the page, region, tiles, features, positions, wind, trails.
// Each answer is made whole in memory; arguments are taken wholly or the request is refused,
// also one that an answer does not know, so that a mistyped name is not silence.
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "edge/host/clock.h"
#include "edge/view/argument.h"
#include "edge/view/features.h"
#include "edge/view/region_text.h"
#include "edge/view/view_parts.h"

#define AGL_MAX_M 10000.0
#define AGL_POSITION_M 10.0 // as of a Query
#define AGL_WIND_M 50.0

enum { WIND_SIDE_DEFAULT = 12 };

void edge_answer_error(struct edge_reply *reply, unsigned code, enum edge_view_refusal refusal,
                       const char *text)
{
    edge_json_text_clear(&reply->body);
    reply->code = code;
    reply->refusal = refusal;
    reply->type = NULL;
    reply->tag = NULL;
    reply->keeps = reply->gzip = false;
    edge_json_text_begin(&reply->body, '{');
    edge_json_text_key(&reply->body, "error");
    edge_json_text_word(&reply->body, text);
    edge_json_text_end(&reply->body, '}');
}

static void refuse(struct edge_reply *reply, unsigned code, const char *text)
{
    edge_answer_error(reply, code, EDGE_VIEW_REFUSED_REQUEST, text);
}

// Ours, and not the asker's.
static void fail(struct edge_reply *reply, const char *text)
{
    edge_answer_error(reply, MHD_HTTP_SERVICE_UNAVAILABLE, EDGE_VIEW_REFUSED_COUNT, text);
}

static const char *header(const struct edge_request *request, const char *name)
{
    return MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
}

static const char *argument(const struct edge_request *request, const char *name)
{
    return MHD_lookup_connection_value(request->connection, MHD_GET_ARGUMENT_KIND, name);
}

struct arguments {
    const char *const *names; // NULL-ended
    bool unknown, twice;
    unsigned seen;
};

static enum MHD_Result see_argument(void *context, enum MHD_ValueKind kind, const char *key,
                                    const char *value)
{
    struct arguments *arguments = context;
    (void)kind;
    bool known = false;
    for (unsigned i = 0; arguments->names[i] != NULL; i++) {
        if (strcmp(arguments->names[i], key) != 0)
            continue;
        known = true;
        arguments->twice = arguments->twice || (arguments->seen >> i & 1) != 0;
        arguments->seen |= 1U << i;
    }
    arguments->unknown = arguments->unknown || !known || value == NULL;
    return MHD_YES;
}

// False: refused.
static bool check_arguments(const struct edge_request *request, const char *const *names,
                            struct edge_reply *reply)
{
    struct arguments arguments = {.names = names};
    char text[160] = "this has no arguments";
    (void)MHD_get_connection_values(request->connection, MHD_GET_ARGUMENT_KIND, see_argument,
                                    &arguments);
    if (!arguments.unknown && !arguments.twice)
        return true;
    if (names[0] != NULL) {
        int length = snprintf(text, sizeof text, "the arguments are, each once:");
        for (size_t i = 0; names[i] != NULL && length > 0 && (size_t)length < sizeof text; i++)
            length += snprintf(text + length, sizeof text - (size_t)length, " %s", names[i]);
    }
    refuse(reply, MHD_HTTP_BAD_REQUEST, text);
    return false;
}

static const char *const no_arguments[] = {NULL};

// A number of the query; *out is its default, below `least` where it must be given. False:
// refused.
static bool number(const struct edge_request *request, const char *name, double least,
                   double most, double *out, struct edge_reply *reply)
{
    char text[120];
    const char *value = argument(request, name);
    if (value == NULL && *out >= least) // there is a default
        return true;
    if (value != NULL && edge_argument_number(value, least, most, out) == DRF_OK)
        return true;
    (void)snprintf(text, sizeof text, "%s is a number from %g to %g", name, least, most);
    refuse(reply, MHD_HTTP_BAD_REQUEST, text);
    return false;
}

static bool box(const struct edge_request *request, struct geo_bounds *out,
                struct edge_reply *reply)
{
    const char *value = argument(request, "bbox");
    if (value == NULL || edge_argument_box(value, out) == DRF_OK)
        return true;
    refuse(reply, MHD_HTTP_BAD_REQUEST,
           "bbox is west,south,east,north in degrees, with south < north");
    return false;
}

static void answer_file(const struct edge_page_file *file, const struct edge_request *request,
                        struct edge_reply *reply)
{
    const bool gzip =
        file->gzip != NULL
        && edge_argument_accepts(header(request, MHD_HTTP_HEADER_ACCEPT_ENCODING), "gzip");
    reply->tag = gzip ? file->gzip_tag : file->tag;
    reply->type = file->type;
    reply->vary = MHD_HTTP_HEADER_ACCEPT_ENCODING;
    reply->keeps = true;
    if (edge_argument_has_tag(header(request, MHD_HTTP_HEADER_IF_NONE_MATCH), reply->tag)) {
        reply->code = MHD_HTTP_NOT_MODIFIED;
        return;
    }
    reply->gzip = gzip;
    edge_json_text_raw(&reply->body, (const char *)(gzip ? file->gzip : file->bytes),
                       gzip ? file->gzip_size : file->size);
}

static void answer_region(struct edge_view *view, const struct edge_request *request,
                          struct edge_reply *reply)
{
    struct edge_region_tiles tiles = {.ground = -1, .surface = -1};
    struct fusion_store_view *store;
    if (!check_arguments(request, no_arguments, reply))
        return;
    if (edge_shared_store_take(&view->store, &store) == DRF_OK) {
        enum drf_status status = fusion_store_view_count(
            store, (struct fusion_coverage){.layer = FUSION_LAYER_GROUND}, &tiles.ground);
        if (status == DRF_OK)
            status = fusion_store_view_count(
                store, (struct fusion_coverage){.layer = FUSION_LAYER_SURFACE}, &tiles.surface);
        edge_shared_store_give(&view->store, status);
    }
    pthread_mutex_lock(&view->told.lock);
    edge_json_text_raw(&reply->body, view->told.region.bytes, view->told.region.length);
    pthread_mutex_unlock(&view->told.lock);
    edge_region_text_end(tiles, &reply->body);
}

static void fail_store(struct edge_reply *reply, enum drf_status status)
{
    fail(reply, status == DRF_ERR_NOMEM    ? "out of memory"
                : status == DRF_ERR_ABSENT ? "the store is not there yet"
                                           : "the store cannot be read now");
}

static void fail_tile(const struct edge_view *view, struct edge_reply *reply,
                      enum drf_status status)
{
    char text[160];
    switch (status) {
    case DRF_ERR_RANGE:
        (void)snprintf(text, sizeof text,
                       "overviews are made %d levels up from what is stored, and no coarser: "
                       "of the region down to level %u",
                       EDGE_HEIGHTS_LEVELS, (unsigned)edge_heights_coarsest(view->level));
        refuse(reply, MHD_HTTP_NOT_FOUND, text);
        break;
    case DRF_ERR_FULL:
        edge_answer_error(reply, MHD_HTTP_SERVICE_UNAVAILABLE, EDGE_VIEW_REFUSED_FULL,
                          "other overviews are being made: ask again in a second");
        reply->retry_after = "1";
        break;
    case DRF_ERR_AGAIN:
        fail(reply, "the node ends");
        break;
    default:
        fail_store(reply, status);
    }
}

static void answer_tile(struct edge_view *view, const struct edge_request *request,
                        const char *name, struct edge_reply *reply)
{
    enum fusion_layer layer;
    struct geo_tile tile;
    struct edge_heights_tile made;
    bool reading;
    if (!check_arguments(request, no_arguments, reply))
        return;
    enum drf_status status = edge_argument_tile(name, &layer, &tile);
    if (status != DRF_OK) {
        refuse(reply, status == DRF_ERR_RANGE ? MHD_HTTP_NOT_FOUND : MHD_HTTP_BAD_REQUEST,
               "a tile is ground or surface, level, row and column: tile/ground/12/953/4277");
        return;
    }
    status = edge_heights_tile(view->heights, layer, tile,
                               header(request, MHD_HTTP_HEADER_IF_NONE_MATCH),
                               edge_clock_mono_us(), &reading, &made);
    if (status == DRF_ERR_ABSENT && reading) { // often asked for, and no mistake
        edge_answer_error(reply, MHD_HTTP_NOT_FOUND, EDGE_VIEW_REFUSED_COUNT,
                          "no height is known in this tile");
        return;
    }
    if (status != DRF_OK) {
        fail_tile(view, reply, status);
        return;
    }
    memcpy(reply->tag_room, made.tag, sizeof reply->tag_room);
    reply->tag = reply->tag_room;
    reply->keeps = true;
    reply->type = "image/png";
    if (made.bytes == NULL) {
        reply->code = MHD_HTTP_NOT_MODIFIED;
        return;
    }
    edge_json_text_raw(&reply->body, (const char *)made.bytes, made.size);
    free(made.bytes);
}

static void answer_features(struct edge_view *view, const struct edge_request *request,
                            struct edge_reply *reply)
{
    static const char *const names[] = {"bbox", NULL};
    struct geo_bounds bounds = {-180.0, -90.0, 180.0, 90.0};
    struct fusion_store_view *store;
    if (!check_arguments(request, names, reply) || !box(request, &bounds, reply))
        return;
    enum drf_status status = edge_shared_store_take(&view->store, &store);
    if (status == DRF_OK) {
        status = edge_features_write(store, bounds, &reply->body);
        edge_shared_store_give(&view->store, status);
    }
    reply->type = "application/geo+json";
    if (status != DRF_OK)
        fail_store(reply, status);
}

static void fail_question(struct edge_reply *reply, enum drf_status status)
{
    fail(reply, status == DRF_ERR_NOMEM  ? "out of memory"
                : status == DRF_ERR_FULL ? "the answer has no room"
                                         : "the node does not answer: it is busy, or begins");
}

static void answer_position(struct edge_view *view, const struct edge_request *request,
                            struct edge_reply *reply)
{
    static const char *const names[] = {"lat", "lon", "agl_m", NULL};
    double lat_deg = -1000.0, lon_deg = -1000.0, agl_m = AGL_POSITION_M;
    if (!check_arguments(request, names, reply)
        || !number(request, "lat", -90.0, 90.0, &lat_deg, reply)
        || !number(request, "lon", -180.0, 180.0, &lon_deg, reply)
        || !number(request, "agl_m", 0.0, AGL_MAX_M, &agl_m, reply))
        return;
    const struct geo_point position = {.lat_deg = lat_deg, .lon_deg = lon_deg};
    const enum drf_status status =
        edge_questions_position(view->questions, position, agl_m, &reply->body);
    if (status != DRF_OK)
        fail_question(reply, status);
}

static void answer_wind(struct edge_view *view, const struct edge_request *request,
                        struct edge_reply *reply)
{
    static const char *const names[] = {"agl_m", "nx", "ny", "bbox", NULL};
    double agl_m = AGL_WIND_M, columns = WIND_SIDE_DEFAULT, rows = WIND_SIDE_DEFAULT;
    struct edge_wind_grid grid;
    pthread_mutex_lock(&view->told.lock);
    grid.box = view->told.bounds;
    pthread_mutex_unlock(&view->told.lock);
    if (!check_arguments(request, names, reply)
        || !number(request, "agl_m", 0.0, AGL_MAX_M, &agl_m, reply)
        || !number(request, "nx", 1.0, EDGE_VIEW_WIND_POINTS_MAX, &columns, reply)
        || !number(request, "ny", 1.0, EDGE_VIEW_WIND_POINTS_MAX, &rows, reply)
        || !box(request, &grid.box, reply))
        return;
    grid.agl_m = agl_m;
    grid.columns = (uint32_t)columns;
    grid.rows = (uint32_t)rows;
    if (grid.columns * grid.rows > EDGE_VIEW_WIND_POINTS_MAX) {
        refuse(reply, MHD_HTTP_BAD_REQUEST, "nx times ny is at most 400");
        return;
    }
    const enum drf_status status = edge_questions_wind(view->questions, &grid, &reply->body);
    if (status != DRF_OK)
        fail_question(reply, status);
}

static void answer_trails(struct edge_view *view, const struct edge_request *request,
                          struct edge_reply *reply)
{
    if (check_arguments(request, no_arguments, reply))
        edge_trails_write(view->trails, edge_clock_utc_us(), &reply->body);
}

bool edge_answer(struct edge_view *view, const struct edge_request *request,
                 struct edge_reply *reply)
{
    static const struct {
        const char *path;
        void (*answer)(struct edge_view *view, const struct edge_request *request,
                       struct edge_reply *reply);
    } answers[] = {{"/v1/region", answer_region},
                   {"/v1/features", answer_features},
                   {"/v1/position", answer_position},
                   {"/v1/wind", answer_wind},
                   {"/v1/trails", answer_trails}};
    static const char tiles[] = "/v1/tile/";
    const struct edge_page_file *file = edge_page_find(&view->page, request->path);
    if (file != NULL) {
        answer_file(file, request, reply);
        return true;
    }
    if (strncmp(request->path, tiles, sizeof tiles - 1) == 0) {
        answer_tile(view, request, request->path + sizeof tiles - 1, reply);
        return true;
    }
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        if (strcmp(request->path, answers[i].path) != 0)
            continue;
        answers[i].answer(view, request, reply);
        return true;
    }
    return false;
}
