// SPDX-License-Identifier: Apache-2.0
// Terrain requests are answered in the step that received them; preloads are kept in a fixed
// table and served a block at a time. A preload is expanded into its list of blocks when it
// begins, so a plan that changes later has no influence on it. Each block has a time at which
// it is due, computed from the size of the block before and the unused part of the link's
// budget. At most BLOCKS_PER_STEP blocks are sent in a step, and the table is visited in
// rotation from `first`, so that no preload starves.
#include "edge/serve/terrain.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "edge/serve/fleet/link_budget.h"
#include "edge/serve/serve_parts.h"
#include "edge/wire/wire_terrain.h"
#include "fusion/aircraft/plan.h"

enum {
    RETRY_US = 20000,          // after a link that was backed up, or with nothing to spare
    BLOCK_INTERVAL_US = 50000, // of one drone whose link is unlimited: 20 a second
    BLOCKS_PER_STEP = 8,       // of all drones: about half a millisecond
};

struct preload {
    bool active;
    char id[EDGE_ID_SIZE];
    char correlation[EDGE_WIRE_NAME_SIZE];
    uint32_t next, count; // blocks
    uint16_t spacing_m;
    uint32_t loaded, unavailable; // tiles
    int64_t due_mono_us;
    struct fusion_e7 corners[EDGE_PRELOAD_BLOCKS_MAX];
};

struct edge_terrain {
    uint32_t active;
    uint32_t first; // looked at first in the next step: nobody starves
    struct preload preloads[EDGE_PRELOADS_MAX];
    struct fusion_e7 corners[EDGE_PRELOAD_BLOCKS_MAX];
    struct fusion_terrain_tile tiles[FUSION_TERRAIN_TILES];
};

enum drf_status edge_terrain_open(struct edge_terrain **out)
{
    *out = calloc(1, sizeof **out);
    return *out != NULL ? DRF_OK : DRF_ERR_NOMEM;
}

void edge_terrain_close(struct edge_terrain *terrain) { free(terrain); }

static void refuse(struct edge_wire_refusal *answered, enum edge_reply_code code,
                   const char *field_path, const char *text)
{
    answered->code = code;
    (void)snprintf(answered->field_path, sizeof answered->field_path, "%s", field_path);
    (void)snprintf(answered->text, sizeof answered->text, "%s", text);
}

static enum drf_status send_block(struct edge_serve *serve, struct edge_drone *drone,
                                  struct edge_wire_terrain *message, size_t *bytes)
{
    struct fusion_terrain_tile *tiles = serve->terrain->tiles;
    uint32_t known = 0, asked = 0;
    for (unsigned bit = 0; bit < FUSION_TERRAIN_TILES; bit++)
        if ((message->mask >> bit & 1) != 0) {
            tiles[bit] = fusion_terrain_read(serve->root, message->block, bit);
            asked++;
            known += tiles[bit].known;
        }
    message->tiles = tiles;
    message->loaded += known;
    message->unavailable += asked - known;
    message->stream = edge_send_stream(serve, drone->stream.terrain_seq + 1);
    size_t size = sizeof serve->buffer;
    const struct edge_send to = {
        .kind = EDGE_TOPIC_TERRAIN, .id = drone->id, .form = edge_send_form(drone)};
    enum drf_status status = edge_wire_terrain_encode(to.form, message, serve->buffer, &size);
    if (status != DRF_OK)
        return DRF_ERR_RANGE;
    status = edge_send(serve, &to, serve->buffer, size);
    if (status != DRF_OK)
        return status;
    edge_stream_send_terrain(&drone->stream);
    edge_link_budget_take(drone, serve->now.mono_us, size);
    *bytes = size + EDGE_LINK_BUDGET_OVERHEAD_BYTES;
    edge_metrics_add(serve->metrics, EDGE_METRIC_TERRAIN_TILES, 0, 0, known);
    edge_metrics_add(serve->metrics, EDGE_METRIC_DATA_POINTS, 0, 0,
                     (uint64_t)known * FUSION_TERRAIN_POSTS);
    return DRF_OK;
}

static void answer_tiles(struct edge_serve *serve, struct edge_drone *drone,
                         const struct edge_wire_request *request,
                         struct edge_wire_refusal *answered)
{
    struct edge_wire_terrain message = {
        .correlation = request->correlation,
        .block = request->block,
        .mask = request->mask,
    };
    size_t bytes;
    if (!edge_link_budget_settled(drone, serve->now.mono_us))
        refuse(answered, EDGE_REPLY_RATE_LIMITED, "",
               "link_bytes_per_s is used up by what was sent already: ask again");
    else if (send_block(serve, drone, &message, &bytes) == DRF_OK)
        answered->code = EDGE_REPLY_OK;
    else
        refuse(answered, EDGE_REPLY_OVERLOADED, "", "the link is backed up: ask again");
}

static struct fusion_e7 e7_of(const struct fusion_plan_point *point)
{
    return (struct fusion_e7){point->lat_e7, point->lon_e7};
}

// The blocks of a preload into terrain->corners; false: refused, and said why.
static bool list_blocks(const struct edge_drone *drone, const struct edge_wire_request *request,
                        struct edge_wire_refusal *answered,
                        struct fusion_terrain_blocks *blocks)
{
    bool fits = true;
    if (request->plan_id[0] == '\0') {
        fits = fusion_terrain_cover_box(request->south_west, request->north_east, blocks);
    } else if (!drone->plan.held || strcmp(drone->plan.plan->plan_id, request->plan_id) != 0) {
        refuse(answered, EDGE_REPLY_INVALID, "preload.plan_id", "is not the plan that is held");
        return false;
    } else {
        const struct fusion_plan *plan = drone->plan.plan;
        for (uint32_t i = 0; i + 1 < plan->point_count && fits; i++)
            fits = fusion_terrain_cover_line(
                e7_of(&plan->points[i]), e7_of(&plan->points[i + 1]),
                request->margin_m
                    + fusion_plan_leg_bulge_m(&plan->points[i], &plan->points[i + 1]),
                blocks);
    }
    if (fits)
        return true;
    refuse(answered, EDGE_REPLY_INVALID, "preload",
           "holds more than 512 blocks of 28 x 32 posts: ask for less, or a wider spacing");
    return false;
}

static struct preload *place_for(struct edge_terrain *terrain, const char *id)
{
    struct preload *empty = NULL;
    for (size_t i = 0; i < EDGE_PRELOADS_MAX; i++) {
        struct preload *preload = &terrain->preloads[i];
        if (preload->active && strcmp(preload->id, id) == 0)
            return preload; // the newest request wins
        if (!preload->active && empty == NULL)
            empty = preload;
    }
    return empty;
}

static void begin_preload(struct edge_serve *serve, struct edge_drone *drone,
                          const struct edge_wire_request *request,
                          struct edge_wire_refusal *answered)
{
    struct edge_terrain *terrain = serve->terrain;
    struct fusion_terrain_blocks blocks = {.room = EDGE_PRELOAD_BLOCKS_MAX,
                                           .corners = terrain->corners,
                                           .spacing_m = request->block.spacing_m};
    if (!list_blocks(drone, request, answered, &blocks))
        return;
    struct preload *preload = place_for(terrain, drone->id);
    if (preload == NULL) {
        refuse(answered, EDGE_REPLY_OVERLOADED, "",
               "as many preloads as this node does at a time are under way: ask again");
        return;
    }
    terrain->active += !preload->active;
    preload->active = true;
    memcpy(preload->id, drone->id, sizeof preload->id);
    memcpy(preload->correlation, request->correlation, sizeof preload->correlation);
    memcpy(preload->corners, blocks.corners, blocks.count * sizeof *blocks.corners);
    preload->next = preload->loaded = preload->unavailable = 0;
    preload->count = (uint32_t)blocks.count;
    preload->spacing_m = blocks.spacing_m;
    preload->due_mono_us = serve->now.mono_us;
    answered->code = EDGE_REPLY_OK;
    (void)snprintf(answered->text, sizeof answered->text, "%u blocks, %u tiles of 4 x 4 posts",
                   (unsigned)preload->count, (unsigned)preload->count * FUSION_TERRAIN_TILES);
}

void edge_terrain_request(struct edge_serve *serve, struct edge_drone *drone,
                          const struct edge_wire_request *request,
                          struct edge_wire_refusal *answered)
{
    if (serve->root == NULL)
        refuse(answered, EDGE_REPLY_NOT_AVAILABLE, "", "the node is still loading");
    else if (request->terrain)
        answer_tiles(serve, drone, request, answered);
    else
        begin_preload(serve, drone, request, answered);
}

static int64_t pause_us(const struct edge_drone *drone, size_t bytes)
{
    if (drone->profile.preferences.link_bytes_per_s == 0)
        return BLOCK_INTERVAL_US;
    double spare = edge_link_budget_bytes_per_s(drone);
    return spare > 0.0 ? (int64_t)((double)bytes * 1e6 / spare) : RETRY_US;
}

static void settle(struct edge_serve *serve, struct preload *preload)
{
    int64_t now = serve->now.mono_us;
    struct edge_drone *drone = edge_fleet_find(serve->fleet, preload->id);
    if (drone == NULL) { // evicted: its preload ends too
        preload->active = false;
        serve->terrain->active--;
        return;
    }
    bool room =
        drone->profile.preferences.link_bytes_per_s == 0
        || (edge_link_budget_bytes_per_s(drone) > 0.0 && edge_link_budget_settled(drone, now));
    if (!room || edge_load_level(&serve->load) >= EDGE_OVERLOAD_PATCH) {
        preload->due_mono_us = now + RETRY_US; // contexts take all of it, or of the node
        return;
    }
    struct edge_wire_terrain message = {
        .correlation = preload->correlation,
        .block = {preload->corners[preload->next], preload->spacing_m},
        .mask = FUSION_TERRAIN_MASK,
        .preload = true,
        .pending = (preload->count - preload->next - 1) * FUSION_TERRAIN_TILES,
        .loaded = preload->loaded,
        .unavailable = preload->unavailable,
    };
    size_t bytes;
    if (send_block(serve, drone, &message, &bytes) != DRF_OK) {
        preload->due_mono_us = now + RETRY_US;
        return;
    }
    preload->loaded = message.loaded;
    preload->unavailable = message.unavailable;
    preload->due_mono_us = now + pause_us(drone, bytes);
    if (++preload->next == preload->count) {
        preload->active = false;
        serve->terrain->active--;
    }
}

int64_t edge_terrain_run(struct edge_serve *serve)
{
    struct edge_terrain *terrain = serve->terrain;
    int64_t next_mono_us = INT64_MAX, now = serve->now.mono_us;
    if (terrain->active == 0 || serve->root == NULL)
        return next_mono_us;
    int left = BLOCKS_PER_STEP;
    uint32_t first = terrain->first;
    for (uint32_t i = 0; i < EDGE_PRELOADS_MAX; i++) {
        struct preload *preload = &terrain->preloads[(first + i) % EDGE_PRELOADS_MAX];
        if (preload->active && preload->due_mono_us <= now && left > 0) {
            left--;
            settle(serve, preload);
            terrain->first = (first + i + 1) % EDGE_PRELOADS_MAX;
        }
        if (preload->active && preload->due_mono_us < next_mono_us)
            next_mono_us = preload->due_mono_us;
    }
    return next_mono_us < now ? now : next_mono_us;
}
