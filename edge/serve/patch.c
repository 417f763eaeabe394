// SPDX-License-Identifier: Apache-2.0
// Patches are sent after contexts, from a list of drones that are due, oldest first. For each:
// choose the finest window, read its cells from the root (unless it was read from the same
// tiles before and nothing is to be encoded), compare the digest of each block with those of
// the last window that the drone has seen, and encode the changed blocks, or a key frame when
// there is no usable base or the last one is KEY_INTERVAL_US old. Work in a step is
// limited by three budgets (cells read, cells encoded, bytes); the rest waits for the next
// step. Key frames come from a cache shared by all drones. A patch that does not fit the link's
// budget is shed, and a smaller window is tried next.
#include "edge/serve/patch.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "edge/serve/fleet/link_budget.h"
#include "edge/serve/patch_cache.h"
#include "edge/serve/serve_parts.h"
#include "edge/wire/wire_patch.h"
#include "fusion/context/patch.h"
#include "fusion/context/patch_digests.h"

enum {
    KEY_INTERVAL_US = 10000000,                 // schemas/patch.md: at least every 10 s
    RETRY_US = 20000,                           // after a link that was backed up
    CODED_PER_STEP = 4 * 65536,                 // cells, of two layers each: about 2 ms
    READ_PER_STEP = 64 * 65536,                 // cells compared; most need not be read
    MESSAGE_BYTES = 3 * FUSION_PATCH_LAYER_MAX, // ProtoJSON of two layers that do not shrink
    BYTES_PER_STEP = 256 << 10,                 // then contexts come again
};

struct edge_patching {
    uint32_t *due; // numbers of drones, oldest first
    uint32_t due_count;
    int64_t due_mono_us;
    int64_t coded, read, bytes; // left in this step
    struct edge_patch_cache *cache;
    struct fusion_patch_digests *digests;
    struct fusion_planes *planes;
    struct fusion_patch_window_cells cells;
    bool cells_read; // false: all of `cells` but ground and surface
    struct fusion_weather_point points[FUSION_WEATHER_POINTS_MAX];
    uint8_t ground[FUSION_PATCH_LAYER_MAX], surface[FUSION_PATCH_LAYER_MAX];
    uint8_t message[MESSAGE_BYTES];
};

enum drf_status edge_patching_open(uint32_t drones_max, uint64_t cache_bytes,
                                   struct edge_patching **out)
{
    struct edge_patching *patching = calloc(1, sizeof *patching);
    if (patching == NULL)
        return DRF_ERR_NOMEM;
    patching->due_mono_us = INT64_MAX;
    patching->due = calloc(drones_max, sizeof *patching->due);
    enum drf_status status = patching->due != NULL ? DRF_OK : DRF_ERR_NOMEM;
    if (status == DRF_OK)
        status = edge_patch_cache_open(cache_bytes, &patching->cache);
    if (status == DRF_OK)
        status = fusion_patch_digests_open(&patching->digests);
    if (status == DRF_OK)
        status = fusion_planes_open(&patching->planes);
    if (status != DRF_OK) {
        edge_patching_close(patching);
        return status;
    }
    *out = patching;
    return DRF_OK;
}

void edge_patching_close(struct edge_patching *patching)
{
    if (patching == NULL)
        return;
    fusion_planes_close(patching->planes);
    fusion_patch_digests_close(patching->digests);
    edge_patch_cache_close(patching->cache);
    free(patching->due);
    free(patching);
}

void edge_patch_configure(struct edge_drone *drone)
{
    if (drone->profile.preferences.patch_side == 0)
        return;
    if (drone->patches == NULL)
        drone->patches = calloc(1, sizeof *drone->patches);
    if (drone->patches == NULL) {
        edge_profile_held_no_patches(&drone->profile);
        return;
    }
    drone->patches->side = drone->profile.preferences.patch_side;
}

uint32_t edge_patch_sent_last(const struct edge_drone *drone)
{
    return drone->patches != NULL ? drone->patches->sent_seq : 0;
}

bool edge_patch_shed(const struct edge_drone *drone)
{
    return drone->patches != NULL && drone->patches->shed;
}

void edge_patch_seen(struct edge_drone *drone, uint32_t patch_seq)
{
    struct edge_patches *p = drone->patches;
    if (p != NULL && patch_seq <= p->sent_seq)
        p->seen_seq = patch_seq;
}

static int64_t interval_us(const struct edge_serve *serve, const struct edge_drone *drone)
{
    bool unseen = !drone->profile.preferences.ignore_seen
                  && edge_stream_unseen_us(&drone->stream, serve->now.mono_us)
                         > serve->config->limits.unseen_max_us;
    int64_t us = drone->profile.preferences.patch_interval_us;
    return unseen && us < EDGE_SERVE_SECOND_US ? EDGE_SERVE_SECOND_US : us;
}

static void shed(struct edge_serve *serve, struct edge_drone *drone)
{
    drone->patches->shed = true;
    edge_metrics_add(serve->metrics, EDGE_METRIC_SHED, EDGE_SHED_PATCH, 0, 1);
}

void edge_patch_begin_anew(struct edge_drone *drone)
{
    if (drone->patches == NULL)
        return;
    edge_patches_reset(drone->patches, drone->patches->sent_seq);
    edge_patch_configure(drone);
}

void edge_patch_report(struct edge_serve *serve, struct edge_drone *drone)
{
    struct edge_patching *patching = serve->patching;
    int64_t now = serve->now.mono_us, us = interval_us(serve, drone);
    if (drone->profile.preferences.patch_side == 0 || drone->patches == NULL
        || !edge_owners_serves_fully(serve, drone)
        || !edge_pace_ready(&drone->patches->pace, now, us / 2))
        return;
    if (edge_load_level(&serve->load) >= EDGE_OVERLOAD_PATCH) {
        edge_pace_take(&drone->patches->pace, now, us, us / 2);
        shed(serve, drone);
        return;
    }
    if (drone->patches->due) { // the one before was not sent yet: this one takes its place
        if (now - drone->patches->pace.next_mono_us > us) {
            edge_pace_take(&drone->patches->pace, now, us, us / 2);
            shed(serve, drone);
        }
        return;
    }
    drone->patches->due = true;
    patching->due[patching->due_count++] = edge_fleet_number(serve->fleet, drone);
    if (now < patching->due_mono_us)
        patching->due_mono_us = now;
}

// The base to code against: NULL for a key frame.
static const struct edge_patch_sent *base_of(const struct edge_serve *serve,
                                             const struct edge_patches *p,
                                             struct fusion_patch_window patch_window)
{
    const struct edge_patch_sent *base = &p->sent[p->seen_seq % EDGE_PATCHES_SENT];
    int32_t east, north;
    bool fits = p->seen_seq > 0 && base->seq == p->seen_seq
                && serve->now.mono_us - p->key_mono_us < KEY_INTERVAL_US
                && fusion_patch_window_shift(base->patch_window, patch_window, &east, &north);
    return fits ? base : NULL;
}

static struct fusion_patch_window last_patch_window(const struct edge_patches *p)
{
    return p->sent[p->sent_seq % EDGE_PATCHES_SENT].patch_window;
}

static struct geo_bounds bounds_of(struct fusion_patch_window patch_window)
{
    double cell_deg = 180.0 / (256.0 * (double)(UINT32_C(1) << patch_window.level));
    double west_deg = patch_window.west * cell_deg - 180.0,
           south_deg = patch_window.south * cell_deg - 90.0;
    return (struct geo_bounds){.west_deg = west_deg,
                               .south_deg = south_deg,
                               .east_deg = west_deg + patch_window.side * cell_deg,
                               .north_deg = south_deg + patch_window.side * cell_deg};
}

static uint32_t known_in(const struct fusion_patch_window_cells *cells, uint64_t news)
{
    if (news == UINT64_MAX)
        return cells->ground_known + cells->surface_known;
    uint32_t count = 0, side = cells->patch_window.side,
             step = side / FUSION_PATCH_WINDOW_BLOCKS_SIDE;
    for (uint32_t block = 0; block < FUSION_PATCH_WINDOW_BLOCKS; block++) {
        if ((news >> block & 1) == 0)
            continue;
        uint32_t first = block / FUSION_PATCH_WINDOW_BLOCKS_SIDE * step * side
                         + block % FUSION_PATCH_WINDOW_BLOCKS_SIDE * step;
        for (uint32_t i = 0; i < step * step; i++) {
            uint32_t at = first + i / step * side + i % step;
            count += (uint32_t)(cells->ground[at] != UINT16_MAX)
                     + (cells->surface[at] != UINT16_MAX);
        }
    }
    return count;
}

static void read_cells(const struct edge_serve *serve, struct fusion_patch_window patch_window)
{
    struct edge_patching *patching = serve->patching;
    if (patching->cells_read)
        return;
    fusion_patch_window_read(serve->root, patch_window, &patching->cells);
    patching->cells_read = true;
}

// What is known in the window, and its digests; its cells where these are not known yet.
static void look(const struct edge_serve *serve, struct fusion_patch_window patch_window)
{
    struct edge_patching *patching = serve->patching;
    uint64_t tiles[FUSION_PATCH_WINDOW_TILES];
    const bool numbered = fusion_patch_window_tiles(serve->root, patch_window, tiles);
    patching->cells_read = false;
    patching->read -= (int64_t)patch_window.side * patch_window.side;
    if (numbered
        && fusion_patch_digests_find(patching->digests, patch_window, tiles, &patching->cells))
        return;
    read_cells(serve, patch_window);
    if (numbered)
        fusion_patch_digests_keep(patching->digests, tiles, &patching->cells);
}

// Codes both layers, or finds them coded already.
static enum drf_status code(const struct edge_serve *serve, uint64_t news,
                            struct edge_wire_patch *out)
{
    struct edge_patching *patching = serve->patching;
    const struct fusion_patch_window_cells *cells = &patching->cells;
    if (news == UINT64_MAX
        && edge_patch_cache_find(patching->cache, cells, &out->ground, &out->surface))
        return DRF_OK;
    read_cells(serve, cells->patch_window);
    uint16_t side = cells->patch_window.side;
    size_t ground_size = sizeof patching->ground, surface_size = sizeof patching->surface;
    enum drf_status status =
        fusion_patch_encode(cells->ground, NULL, side, news, patching->ground, &ground_size);
    if (status == DRF_OK)
        status = fusion_patch_encode(cells->surface, cells->ground, side, news,
                                     patching->surface, &surface_size);
    if (status != DRF_OK)
        return status;
    uint32_t blocks = 0;
    for (uint64_t left = news; left != 0; left &= left - 1)
        blocks++;
    patching->coded -= (int64_t)blocks * side * side / FUSION_PATCH_WINDOW_BLOCKS;
    out->ground = (struct edge_wire_layer){patching->ground, ground_size};
    out->surface = (struct edge_wire_layer){patching->surface, surface_size};
    if (news == UINT64_MAX)
        edge_patch_cache_keep(patching->cache, cells, out->ground, out->surface);
    return DRF_OK;
}

static size_t weather_of(struct edge_serve *serve, const struct edge_drone *drone,
                         const struct edge_patch_sent *base, uint64_t *key, int64_t *data_time)
{
    struct edge_patching *patching = serve->patching;
    const struct fusion_weather_ask ask = {
        .position = drone->report.fix.position,
        .agl_known = drone->found.agl_known,
        .agl_m = (double)drone->found.agl_m,
        .now_utc_us = serve->now.utc_us,
    };
    struct fusion_planes *planes = patching->planes;
    struct fusion_weather_grid grid = fusion_weather_grid_of(
        planes, serve->root, &ask, bounds_of(patching->cells.patch_window));
    *key = grid.known ? grid.key | 1 : 0;
    *data_time = grid.data_time_utc_us;
    if (base != NULL && base->weather_key == *key)
        return 0;
    return fusion_weather_points(planes, serve->root, &ask, grid, patching->points);
}

// Whether a message of this size fits the link's budget now. One that is larger than a second's
// worth of the unused budget is never sent: a smaller window is tried, then none.
static bool link_bears(struct edge_serve *serve, struct edge_drone *drone, size_t size)
{
    struct edge_patches *p = drone->patches;
    p->shed = false;
    if (drone->profile.preferences.link_bytes_per_s == 0)
        return true;
    double spare = edge_link_budget_bytes_per_s(drone);
    double bytes = (double)(size + EDGE_LINK_BUDGET_OVERHEAD_BYTES);
    if (bytes <= spare && edge_link_budget_fits(drone, serve->now.mono_us, size))
        return true;
    if (bytes > spare && p->side > 64)
        p->side = (uint16_t)(p->side / 2);
    shed(serve, drone);
    return false;
}

static enum drf_status hand_over(struct edge_serve *serve, struct edge_drone *drone,
                                 const struct edge_wire_patch *patch, uint32_t *data_points,
                                 size_t *size)
{
    struct edge_patching *patching = serve->patching;
    *size = sizeof patching->message;
    const struct edge_send to = {
        .kind = EDGE_TOPIC_PATCH,
        .id = drone->id,
        .form = edge_send_form(drone),
        .expiry_s = KEY_INTERVAL_US / 1000000,
    };
    if (edge_wire_patch_encode(to.form, patch, patching->message, size, data_points) != DRF_OK)
        return DRF_ERR_RANGE;
    if (!link_bears(serve, drone, *size))
        return DRF_ERR_STALE;
    return edge_send(serve, &to, patching->message, *size);
}

static void count_sent(struct edge_serve *serve, struct edge_drone *drone, bool key,
                       uint64_t weather_key, uint32_t data_points, size_t size)
{
    struct edge_patches *p = drone->patches;
    const struct fusion_patch_window_cells *cells = &serve->patching->cells;
    struct edge_patch_sent *sent = &p->sent[++p->sent_seq % EDGE_PATCHES_SENT];
    sent->seq = p->sent_seq;
    sent->patch_window = cells->patch_window;
    sent->weather_key = weather_key;
    memcpy(sent->blocks, cells->blocks, sizeof sent->blocks);
    if (key)
        p->key_mono_us = serve->now.mono_us;
    serve->patching->bytes -= (int64_t)size;
    edge_link_budget_take(drone, serve->now.mono_us, size);
    edge_metrics_add(serve->metrics, EDGE_METRIC_PATCHES, 0, 0, 1);
    edge_metrics_add(serve->metrics, EDGE_METRIC_PATCH_KEYS, 0, 0, key ? 1 : 0);
    edge_metrics_add(serve->metrics, EDGE_METRIC_PATCH_BYTES, 0, 0, size);
    edge_metrics_add(serve->metrics, EDGE_METRIC_DATA_POINTS, 0, 0, data_points);
}

static enum drf_status send_patch(struct edge_serve *serve, struct edge_drone *drone)
{
    struct edge_patching *patching = serve->patching;
    struct edge_patches *p = drone->patches;
    if (!edge_link_connected(serve))
        return DRF_ERR_AGAIN;
    struct fusion_patch_window last = last_patch_window(p);
    struct fusion_patch_window patch_window = fusion_patch_window_finest(
        serve->root, p->side, drone->report.fix.position, p->sent_seq > 0 ? &last : NULL);
    const struct edge_patch_sent *base = base_of(serve, p, patch_window);
    look(serve, patch_window);
    uint64_t news = base != NULL ? fusion_patch_window_changed(&patching->cells,
                                                               base->patch_window, base->blocks)
                                 : UINT64_MAX;
    if (news == UINT64_MAX) // nothing of the base is left: better a key frame
        base = NULL;
    else if (news != 0)
        read_cells(serve, patch_window);
    uint64_t weather_key;
    struct edge_wire_patch patch = {
        .stream = edge_send_stream(serve, p->sent_seq + 1),
        .base_seq = base != NULL ? base->seq : 0,
        .patch_window = patch_window,
        .epoch = serve->root->epoch,
        .cells_known = known_in(&patching->cells, news),
        .weather = patching->points,
    };
    patch.weather_count =
        weather_of(serve, drone, base, &weather_key, &patch.weather_data_time_utc_us);
    enum drf_status status = news != 0 ? code(serve, news, &patch) : DRF_OK;
    uint32_t data_points;
    size_t size;
    if (status == DRF_OK)
        status = hand_over(serve, drone, &patch, &data_points, &size);
    if (status == DRF_OK)
        count_sent(serve, drone, base == NULL, weather_key, data_points, size);
    return status;
}

// False: the link takes no more now.
static bool settle(struct edge_serve *serve, struct edge_drone *drone)
{
    enum drf_status status = send_patch(serve, drone);
    if (status == DRF_ERR_FULL)
        return false;
    if (status != DRF_OK && status != DRF_ERR_STALE) // STALE: shed, and counted as such
        edge_metrics_add(serve->metrics, EDGE_METRIC_MQTT_DROPS, 0, 0, 1);
    int64_t us = interval_us(serve, drone);
    edge_pace_take(&drone->patches->pace, serve->now.mono_us, us, us / 2);
    return true;
}

int64_t edge_patch_run(struct edge_serve *serve)
{
    struct edge_patching *patching = serve->patching;
    int64_t now = serve->now.mono_us;
    if (now < patching->due_mono_us)
        return patching->due_mono_us;
    patching->coded = CODED_PER_STEP;
    patching->read = READ_PER_STEP;
    patching->bytes = BYTES_PER_STEP;
    bool open = !serve->backed_up; // contexts wait: they go first
    uint32_t kept = 0;
    for (uint32_t i = 0; i < patching->due_count; i++) {
        uint32_t number = patching->due[i];
        struct edge_drone *drone = edge_fleet_at(serve->fleet, number);
        bool owed = drone->slot.used && drone->slot.reporting
                    && drone->profile.preferences.patch_side != 0 && drone->patches != NULL
                    && drone->patches->due && serve->root != NULL;
        if (owed && edge_load_level(&serve->load) >= EDGE_OVERLOAD_PATCH) {
            shed(serve, drone);
            owed = false;
        }
        bool able = open && patching->coded > 0 && patching->read > 0 && patching->bytes > 0;
        if (owed && able)
            open = settle(serve, drone);
        if (owed && (!able || !open))
            patching->due[kept++] = number;
        else if (drone->patches != NULL)
            drone->patches->due = false;
    }
    patching->due_count = kept;
    patching->due_mono_us = kept == 0 ? INT64_MAX : open ? now : now + RETRY_US;
    return patching->due_mono_us;
}
