// SPDX-License-Identifier: Apache-2.0
// Each thing is reduced to a stream of fields, independent of memory layout, ids and padding.
// Ground and surface are hashed tile by tile in the order of the extent, with the sources of a
// tile numbered in an order of their own, since the palette of a tile depends on history.
// Obstacles, zones, fields and stations have no order: each is hashed by itself, the hashes
// are sorted, and equal ones are counted once, because an obstacle is in every bucket that it
// touches. The digest of a layer is the hash of those, that of all layers the hash of the
// layers.
#include "fusion/digest/content.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "fusion/digest/digest.h"
#include "fusion/root/station.h"
#include "fusion/root/zone.h"

enum { SHA256 = FUSION_DIGEST_SIZE };

static void feed_point(struct fusion_digest *digest, struct geo_point point)
{
    fusion_digest_real(digest, point.lat_deg);
    fusion_digest_real(digest, point.lon_deg);
}

// What of a provenance holds for all that its source says, in one message or in many.
static void feed_source(struct fusion_digest *digest, const struct fusion_source *source)
{
    fusion_digest_text(digest, source->source);
    fusion_digest_text(digest, source->licence);
    fusion_digest_real(digest, source->vertical_acc95_m);
}

static int source_order(const struct fusion_source *a, const struct fusion_source *b)
{
    int order = strcmp(a->source, b->source);
    if (order == 0)
        order = strcmp(a->licence, b->licence);
    if (order == 0)
        order = (a->vertical_acc95_m > b->vertical_acc95_m)
                - (a->vertical_acc95_m < b->vertical_acc95_m);
    return order;
}

// The sources that known cells name, in an order of their own, equal ones once: rank[i] is the
// place of the palette's i-th.
static uint16_t rank_sources(const struct fusion_tile *tile,
                             const struct fusion_source *sorted[FUSION_TILE_SOURCES_MAX],
                             uint8_t rank[FUSION_TILE_SOURCES_MAX])
{
    uint16_t count = 0;
    for (uint16_t i = 0; i < tile->source_count; i++) {
        uint16_t at = 0;
        while (at < count && source_order(sorted[at], tile->sources[i]) < 0)
            at++;
        if (at < count && source_order(sorted[at], tile->sources[i]) == 0)
            continue;
        for (uint16_t k = count; k > at; k--)
            sorted[k] = sorted[k - 1];
        sorted[at] = tile->sources[i];
        count++;
    }
    for (uint16_t i = 0; i < tile->source_count; i++)
        for (uint16_t at = 0; at < count; at++)
            if (source_order(sorted[at], tile->sources[i]) == 0)
                rank[i] = (uint8_t)at;
    return count;
}

static void feed_tile(struct fusion_digest *digest, const struct fusion_tile *tile)
{
    const struct fusion_source *sorted[FUSION_TILE_SOURCES_MAX];
    uint8_t rank[FUSION_TILE_SOURCES_MAX] = {0};
    const uint16_t count = rank_sources(tile, sorted, rank);
    fusion_digest_int(digest, tile->tile.level);
    fusion_digest_int(digest, tile->tile.row);
    fusion_digest_int(digest, tile->tile.col);
    fusion_digest_int(digest, count);
    for (uint16_t i = 0; i < count; i++)
        feed_source(digest, sorted[i]);
    uint8_t row[GEO_CELLS_SIDE * 4];
    for (size_t r = 0; r < GEO_CELLS_SIDE; r++) {
        const uint16_t *cells = fusion_tile_row(tile, (uint32_t)r);
        for (size_t c = 0; c < GEO_CELLS_SIDE; c++) {
            const uint32_t at = (uint32_t)(r * GEO_CELLS_SIDE + c);
            const bool known = cells[c] != GEO_CELL_UNKNOWN;
            row[4 * c] = (uint8_t)(cells[c] & 0xff);
            row[4 * c + 1] = (uint8_t)(cells[c] >> 8);
            row[4 * c + 2] = known ? rank[fusion_tile_source_index(tile, at)] : 0;
            row[4 * c + 3] = known ? fusion_tile_flags(tile, at) : 0;
        }
        fusion_digest_bytes(digest, row, sizeof row);
    }
}

static void feed_tiles(struct fusion_digest *digest, struct fusion_extent extent,
                       const struct fusion_tile *const *tiles)
{
    const size_t count = (size_t)extent.columns * extent.rows;
    for (size_t i = 0; i < count; i++)
        if (tiles[i] != NULL && tiles[i]->known > 0)
            feed_tile(digest, tiles[i]);
}

static void feed_levels(struct fusion_digest *digest, const struct fusion_root *root,
                        bool ground)
{
    feed_tiles(digest, root->tiles, ground ? root->ground : root->surface);
    for (size_t i = 0; i < root->inset_count; i++) {
        const struct fusion_inset *inset = &root->insets[i];
        feed_tiles(digest, inset->tiles, ground ? inset->ground : inset->surface);
    }
}

// Field by field: no padding, and nothing after a NUL.
static void feed_obstacle(struct fusion_digest *digest, const struct fusion_obstacle *fused)
{
    const struct geo_obstacle *one = fused->obstacle;
    feed_source(digest, fused->source);
    fusion_digest_text(digest, one->id);
    fusion_digest_text(digest, one->kind);
    feed_point(digest, one->position);
    fusion_digest_int(digest, one->flags);
    fusion_digest_int(
        digest, (one->flags & GEO_OBSTACLE_HAS_DATA_TIME) != 0 ? one->data_time_utc_us : 0);
    fusion_digest_real(digest, (one->flags & GEO_OBSTACLE_HAS_AGL) != 0 ? one->agl_m : 0.0);
    fusion_digest_real(digest, (one->flags & GEO_OBSTACLE_HAS_AMSL) != 0 ? one->amsl_m : 0.0);
    fusion_digest_real(digest, one->horizontal_acc95_m);
    fusion_digest_real(digest, one->vertical_acc95_m);
    fusion_digest_int(digest, one->quantity);
    fusion_digest_int(digest, one->lighting);
    fusion_digest_int(digest, one->marking);
    fusion_digest_int(digest, one->geometry);
    fusion_digest_int(digest, one->vertex_count);
    for (uint32_t i = 0; i < one->vertex_count; i++)
        feed_point(digest, fused->vertices[i]);
    fusion_digest_int(digest, fused->top_known ? 1 : 0);
    fusion_digest_real(digest, fused->top_known ? fused->top_amsl_m : 0.0);
    fusion_digest_int(digest, fused->foot_known ? 1 : 0);
    fusion_digest_real(digest, fused->foot_known ? fused->foot_amsl_m : 0.0);
}

static void feed_limit(struct fusion_digest *digest, const struct geo_zone_limit *limit)
{
    fusion_digest_int(digest, limit->reference);
    fusion_digest_real(digest, limit->m);
}

static void feed_zone(struct fusion_digest *digest, const struct fusion_zone *shown)
{
    const struct geo_zone *zone = shown->view.zone;
    feed_source(digest, shown->source);
    const char *const texts[] = {zone->id, zone->name, zone->reason, zone->message};
    const int64_t numbers[] = {zone->data_time_utc_us, zone->restriction,  zone->flags,
                               zone->volume_count,     zone->period_count, zone->vertex_count};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        fusion_digest_text(digest, texts[i]);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        fusion_digest_int(digest, numbers[i]);
    for (uint32_t i = 0; i < zone->volume_count; i++) {
        const struct geo_zone_volume *volume = &shown->view.volumes[i];
        feed_limit(digest, &volume->lower);
        feed_limit(digest, &volume->upper);
        fusion_digest_int(digest, volume->shape);
        fusion_digest_int(digest, volume->first_vertex);
        fusion_digest_int(digest, volume->vertex_count);
        feed_point(digest, volume->centre);
        fusion_digest_real(digest, volume->radius_m);
    }
    for (uint32_t i = 0; i < zone->period_count; i++) {
        const struct geo_zone_period *period = &shown->view.periods[i];
        const int64_t times[] = {period->from_utc_us, period->until_utc_us, period->start_us,
                                 period->end_us, period->days};
        for (size_t t = 0; t < sizeof times / sizeof times[0]; t++)
            fusion_digest_int(digest, times[t]);
    }
    for (uint32_t i = 0; i < zone->vertex_count; i++)
        feed_point(digest, shown->view.vertices[i]);
}

static void feed_station(struct fusion_digest *digest, const struct fusion_station *shown)
{
    const struct geo_station *s = shown->station;
    const double numbers[] = {s->elevation_amsl_m, s->wind_speed_mps, s->wind_from_deg_true,
                              s->gust_mps,         s->temperature_k,  s->dew_point_k,
                              s->visibility_m,     s->ceiling_agl_m,  s->qnh_pa};
    feed_source(digest, shown->source);
    fusion_digest_text(digest, s->id);
    fusion_digest_text(digest, s->codes);
    feed_point(digest, s->position);
    fusion_digest_int(digest, s->observed_utc_us);
    fusion_digest_int(digest, s->flags);
    fusion_digest_int(digest, shown->valid_for_us);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        fusion_digest_real(digest, numbers[i]);
    if (s->measured_dm != 0)
        fusion_digest_int(digest, s->measured_dm);
}

static void feed_field(struct fusion_digest *digest, const struct fusion_field *shown)
{
    const struct geo_field *field = shown->field;
    const struct geo_grid *grid = &field->grid;
    feed_source(digest, shown->source);
    const int64_t numbers[] = {field->variable,
                               field->statistic,
                               field->wind_grid_relative,
                               field->reference_utc_us,
                               field->valid_from_utc_us,
                               field->valid_until_utc_us,
                               shown->valid_for_us,
                               shown->max_gap_us,
                               grid->kind,
                               grid->ni,
                               grid->nj,
                               grid->whole_circle,
                               field->height_from_pressure};
    const double reals[] = {field->lower_agl_m, field->upper_agl_m, grid->x0,
                            grid->y0,           grid->dx,           grid->dy,
                            grid->p[0],         grid->p[1],         grid->p[2],
                            grid->p[3],         grid->semi_major_m, grid->semi_minor_m};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        fusion_digest_int(digest, numbers[i]);
    for (size_t i = 0; i < sizeof reals / sizeof reals[0]; i++)
        fusion_digest_real(digest, reals[i]);
    const size_t count = (size_t)grid->ni * grid->nj;
    for (size_t i = 0; i < count; i++) { // a missing value is one, whatever its bits
        uint32_t bits = UINT32_C(0x7fc00000);
        if (shown->values[i] == shown->values[i])
            memcpy(&bits, &shown->values[i], sizeof bits);
        const uint8_t bytes[4] = {(uint8_t)bits, (uint8_t)(bits >> 8), (uint8_t)(bits >> 16),
                                  (uint8_t)(bits >> 24)};
        fusion_digest_bytes(digest, bytes, sizeof bytes);
    }
}

// Hashes of things without an order of their own: sorted, equal ones once. So an obstacle that
// touches several buckets counts once, and a field that came in two messages.
struct hash_set {
    uint8_t (*hashes)[SHA256];
    size_t count, room;
};

static enum drf_status hash_set_add(struct hash_set *set, struct fusion_digest *digest)
{
    if (set->count == set->room) {
        const size_t room = set->room == 0 ? 256 : set->room * 2;
        uint8_t(*hashes)[SHA256] = realloc(set->hashes, room * sizeof *hashes);
        if (hashes == NULL)
            return DRF_ERR_NOMEM;
        set->hashes = hashes;
        set->room = room;
    }
    fusion_digest_end(digest, set->hashes[set->count++]);
    return DRF_OK;
}

static int hash_order(const void *a, const void *b) { return memcmp(a, b, SHA256); }

static void hash_set_feed(struct hash_set *set, struct fusion_digest *digest)
{
    if (set->count > 1)
        qsort(set->hashes, set->count, sizeof *set->hashes, hash_order);
    for (size_t i = 0; i < set->count; i++)
        if (i == 0 || memcmp(set->hashes[i - 1], set->hashes[i], SHA256) != 0)
            fusion_digest_bytes(digest, set->hashes[i], SHA256);
}

static enum drf_status fill_obstacles(struct fusion_digest *digest,
                                      const struct fusion_root *root, struct hash_set *set)
{
    enum drf_status status = DRF_OK;
    const size_t count = (size_t)root->buckets.columns * root->buckets.rows;
    for (size_t b = 0; b < count; b++) {
        const struct fusion_bucket *bucket = root->features[b];
        for (size_t i = 0; bucket != NULL && i < bucket->count && status == DRF_OK; i++) {
            fusion_digest_begin(digest);
            feed_obstacle(digest, bucket->obstacles[i]);
            status = hash_set_add(set, digest);
        }
    }
    return status;
}

static enum drf_status fill_zones(struct fusion_digest *digest,
                                  const struct fusion_zone_bucket *all, int64_t at_utc_us,
                                  struct hash_set *set)
{
    const size_t count = all != NULL ? all->count : 0;
    enum drf_status status = DRF_OK;
    for (size_t i = 0; i < count && status == DRF_OK; i++) {
        if (fusion_zone_over(&all->zones[i]->view, at_utc_us))
            continue;
        fusion_digest_begin(digest);
        feed_zone(digest, all->zones[i]);
        status = hash_set_add(set, digest);
    }
    return status;
}

static enum drf_status fill_weather(struct fusion_digest *digest,
                                    const struct fusion_root *root, int64_t at_utc_us,
                                    struct hash_set *set)
{
    enum drf_status status = DRF_OK;
    for (size_t i = 0; i < root->weather->count && status == DRF_OK; i++) {
        fusion_digest_begin(digest);
        feed_field(digest, &root->weather->fields[i]);
        status = hash_set_add(set, digest);
    }
    const size_t stations = root->stations != NULL ? root->stations->count : 0;
    for (size_t i = 0; i < stations && status == DRF_OK; i++) {
        if (fusion_station_over(root->stations->items[i], at_utc_us))
            continue;
        fusion_digest_begin(digest);
        feed_station(digest, root->stations->items[i]);
        status = hash_set_add(set, digest);
    }
    return status;
}

static enum drf_status fill_refused(struct fusion_digest *digest,
                                    const struct fusion_root *root, int64_t at_utc_us,
                                    enum fusion_layer layer, struct hash_set *set)
{
    const size_t count = root->unreadables != NULL ? root->unreadables->count : 0;
    enum drf_status status = DRF_OK;
    for (size_t i = 0; i < count && status == DRF_OK; i++) {
        const struct fusion_unreadable *one = &root->unreadables->items[i];
        if (one->layer != layer || one->until_utc_us <= at_utc_us)
            continue;
        fusion_digest_begin(digest);
        fusion_digest_text(digest, "unreadable");
        feed_source(digest, one->source);
        feed_point(digest, (struct geo_point){one->box.south_deg, one->box.west_deg});
        feed_point(digest, (struct geo_point){one->box.north_deg, one->box.east_deg});
        fusion_digest_int(digest, one->ends_utc_us); // how long it is kept is the node's own
        fusion_digest_int(digest, one->count);
        status = hash_set_add(set, digest);
    }
    return status;
}

static enum drf_status layer_digest(struct fusion_digest *digest,
                                    const struct fusion_root *root, int64_t at_utc_us,
                                    enum fusion_layer layer, uint8_t out[static SHA256])
{
    struct hash_set set = {0};
    enum drf_status status = DRF_OK;
    if (layer == FUSION_LAYER_OBSTACLE)
        status = fill_obstacles(digest, root, &set);
    else if (layer == FUSION_LAYER_WEATHER)
        status = fill_weather(digest, root, at_utc_us, &set);
    else if (layer == FUSION_LAYER_ZONE)
        status = fill_zones(digest, root->zones_all, at_utc_us, &set);
    else if (layer == FUSION_LAYER_ALERT)
        status = fill_zones(digest, root->alerts_all, at_utc_us, &set);
    if (status == DRF_OK)
        status = fill_refused(digest, root, at_utc_us, layer, &set);
    fusion_digest_begin(digest);
    fusion_digest_int(digest, layer);
    if (layer == FUSION_LAYER_GROUND || layer == FUSION_LAYER_SURFACE)
        feed_levels(digest, root, layer == FUSION_LAYER_GROUND);
    hash_set_feed(&set, digest);
    fusion_digest_end(digest, out);
    free(set.hashes);
    return status;
}

enum drf_status fusion_content_digest(const struct fusion_root *root, int64_t at_utc_us,
                                      enum fusion_layer layer, uint8_t out[static 32])
{
    assert(layer > 0 && layer <= FUSION_LAYER_COUNT);
    uint8_t digests[FUSION_LAYER_COUNT][SHA256] = {{0}};
    struct fusion_digest digest;
    enum drf_status status = fusion_digest_open(&digest);
    const bool all = layer == FUSION_LAYER_COUNT;
    for (int one = all ? FUSION_LAYER_GROUND : (int)layer;
         one < (all ? (int)FUSION_LAYER_COUNT : (int)layer + 1) && status == DRF_OK; one++)
        status = layer_digest(&digest, root, at_utc_us, (enum fusion_layer)one, digests[one]);
    if (status == DRF_OK && all) {
        fusion_digest_begin(&digest);
        fusion_digest_bytes(&digest, digests, sizeof digests);
        fusion_digest_end(&digest, digests[0]);
    }
    if (status == DRF_OK)
        status = fusion_digest_status(&digest);
    fusion_digest_close(&digest);
    if (status == DRF_OK)
        memcpy(out, digests[all ? 0 : layer], SHA256);
    return status;
}
