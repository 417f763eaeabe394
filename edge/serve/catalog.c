// SPDX-License-Identifier: Apache-2.0
// Walks a root and merges what it finds into one entry for each (feed, source): latest time,
// coarsest accuracy and posting, bounding box. Neighbouring tiles mostly have the same source,
// so the last one is remembered; in a bucket, obstacles are sorted by source, and a binary
// search skips to the next source. The box of a weather grid is taken from points on its
// border. Feeds that sent nothing yet are added at the end. Entries beyond EDGE_CATALOG_MAX are
// counted by digest, each source once.
#include "edge/serve/catalog.h"

#include <math.h>
#include <string.h>

#include "geo/hash.h"
#include "geo/plane.h"

static void leave_out(struct edge_catalog *catalog, const char *feed, const char *source)
{
    uint64_t digest = geo_hash_text(geo_hash_text(GEO_HASH_START, feed) * 31, source);
    for (size_t i = 0; i < catalog->left_out; i++)
        if (catalog->left[i] == digest)
            return;
    if (catalog->left_out < EDGE_CATALOG_LEFT_MAX)
        catalog->left[catalog->left_out++] = digest;
}

static struct edge_wire_source *entry_of(struct edge_catalog *catalog, const char *feed,
                                         const char *source)
{
    for (size_t i = 0; i < catalog->count; i++)
        if (strcmp(catalog->entries[i].source, source) == 0
            && strcmp(catalog->entries[i].feed, feed) == 0)
            return &catalog->entries[i];
    if (catalog->count == EDGE_CATALOG_MAX) {
        leave_out(catalog, feed, source);
        return NULL;
    }
    struct edge_wire_source *entry = &catalog->entries[catalog->count++];
    *entry = (struct edge_wire_source){
        .source = source,
        .feed = feed,
        .data_time_utc_us = INT64_MIN,
        .issue_utc_us = INT64_MIN,
        .received_utc_us = INT64_MIN,
        .vertical_acc95_m = -1,
        .horizontal_acc95_m = -1,
        .posting_m = -1,
        .records_per_s = -1,
        .reason = FUSION_REASON_NO_DATA,
    };
    return entry;
}

static const struct drf_feed_config *feed_of(const struct drf_config *config, const char *name)
{
    for (size_t i = 0; i < config->feed_count; i++)
        if (!config->feeds[i].removed && strcmp(config->feeds[i].name, name) == 0)
            return &config->feeds[i];
    return NULL;
}

// Terrain and features have no data time of their own: there the later issue is the newer.
static bool newer(const struct fusion_source *source, const struct edge_wire_source *entry)
{
    if (source->data_time_utc_us != entry->data_time_utc_us)
        return source->data_time_utc_us > entry->data_time_utc_us;
    return source->issue_utc_us > entry->issue_utc_us;
}

// What a provenance adds to its source's entry: the latest times, the coarsest numbers.
static struct edge_wire_source *add(struct edge_catalog *catalog,
                                    const struct drf_config *config,
                                    const struct fusion_source *source, enum fusion_layer layer)
{
    struct edge_wire_source *entry = entry_of(catalog, source->feed, source->source);
    if (entry == NULL)
        return NULL;
    if (entry->reason == FUSION_REASON_NO_DATA) {
        entry->reason = FUSION_REASON_NONE;
        // Where it was seen first says little: an obstacle stands in the surface as well.
        const struct drf_feed_config *feed = feed_of(config, source->feed);
        entry->layer = feed != NULL ? feed->layer : layer;
        entry->licence = source->licence;
        entry->priority = source->priority > 0 ? (uint32_t)source->priority : 0;
    }
    if (entry->version == NULL || newer(source, entry)) {
        entry->data_time_utc_us = source->data_time_utc_us;
        entry->issue_utc_us = source->issue_utc_us;
        entry->version = source->version;
    }
    if (source->vertical_acc95_m > 0.0 && source->vertical_acc95_m > entry->vertical_acc95_m)
        entry->vertical_acc95_m = source->vertical_acc95_m;
    if (source->posting_m > 0.0 && source->posting_m > entry->posting_m)
        entry->posting_m = source->posting_m;
    return entry;
}

static void cover(struct edge_wire_source *entry, struct geo_bounds box)
{
    if (entry == NULL)
        return;
    struct geo_bounds *all = &entry->coverage;
    if (!entry->has_coverage)
        *all = box;
    entry->has_coverage = true;
    all->west_deg = fmin(all->west_deg, box.west_deg);
    all->south_deg = fmin(all->south_deg, box.south_deg);
    all->east_deg = fmax(all->east_deg, box.east_deg);
    all->north_deg = fmax(all->north_deg, box.north_deg);
}

static struct geo_bounds box_of(const struct fusion_extent *extent, size_t index)
{
    return geo_tile_bounds(
        (struct geo_tile){.level = extent->first.level,
                          .col = extent->first.col + (uint32_t)(index % extent->columns),
                          .row = extent->first.row + (uint32_t)(index / extent->columns)});
}

static void add_tiles(struct edge_catalog *catalog, const struct drf_config *config,
                      const struct fusion_extent *extent,
                      const struct fusion_tile *const *tiles, enum fusion_layer layer)
{
    size_t count = (size_t)extent->columns * extent->rows;
    const struct fusion_source *last = NULL; // neighbours mostly come from one source
    struct edge_wire_source *entry = NULL;
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; tiles[i] != NULL && k < tiles[i]->source_count; k++) {
            if (tiles[i]->sources[k] != last)
                entry = add(catalog, config, tiles[i]->sources[k], layer);
            cover(entry, box_of(extent, i));
            last = tiles[i]->sources[k];
        }
}

// Obstacles stand in the order of their sources: past one of them by halving what is left, so
// that a bucket of thousands costs a few looks.
static void add_bucket(struct edge_catalog *catalog, const struct drf_config *config,
                       const struct fusion_bucket *bucket, struct geo_bounds box)
{
    size_t at = 0;
    while (at < bucket->count) {
        const struct fusion_source *source = bucket->obstacles[at]->source;
        cover(add(catalog, config, source, FUSION_LAYER_OBSTACLE), box);
        size_t low = at + 1, high = bucket->count;
        while (low < high) {
            size_t middle = low + (high - low) / 2;
            if (strcmp(bucket->obstacles[middle]->source->source, source->source) == 0)
                low = middle + 1;
            else
                high = middle;
        }
        at = low;
    }
}

static void add_station(struct edge_catalog *catalog, const struct drf_config *config,
                        const struct fusion_station *one)
{
    const struct geo_point at = one->station->position;
    struct edge_wire_source *entry = add(catalog, config, one->source, FUSION_LAYER_WEATHER);
    if (entry == NULL)
        return;
    if (one->station->observed_utc_us > entry->data_time_utc_us) {
        entry->data_time_utc_us = one->station->observed_utc_us;
        entry->issue_utc_us = one->source->issue_utc_us;
        entry->version = one->source->version;
    }
    cover(entry, (struct geo_bounds){at.lon_deg, at.lat_deg, at.lon_deg, at.lat_deg});
}

static void widen(struct geo_bounds *box, bool first, struct geo_point at)
{
    if (first)
        *box = (struct geo_bounds){at.lon_deg, at.lat_deg, at.lon_deg, at.lat_deg};
    box->west_deg = fmin(box->west_deg, at.lon_deg);
    box->south_deg = fmin(box->south_deg, at.lat_deg);
    box->east_deg = fmax(box->east_deg, at.lon_deg);
    box->north_deg = fmax(box->north_deg, at.lat_deg);
}

enum { STEPS = 8 }; // looked at on each side of a grid

// The n-th of the places around the border of a grid. DRF_ERR_RANGE: the plane has no such.
static enum drf_status border_point(struct geo_plane *plane, const struct geo_grid *grid, int n,
                                    struct geo_point *out)
{
    const double along = (double)(n % STEPS) / STEPS, back = 1.0 - along;
    const double i[] = {along, 1.0, back, 0.0}, j[] = {0.0, along, 1.0, back};
    return geo_plane_point(plane, i[n / STEPS] * (grid->ni - 1), j[n / STEPS] * (grid->nj - 1),
                           out);
}

// False: the plane has no such places.
static bool box_of_grid(const struct geo_grid *grid, struct geo_bounds *out)
{
    struct geo_plane *plane;
    bool found = false;
    if (geo_plane_open(grid, &plane) != DRF_OK)
        return false;
    for (int n = 0; n < 4 * STEPS; n++) {
        struct geo_point at;
        if (border_point(plane, grid, n, &at) != DRF_OK)
            continue;
        widen(out, !found, at);
        found = true;
    }
    geo_plane_close(plane);
    return found;
}

static bool same_grid(const struct geo_grid *a, const struct geo_grid *b)
{
    bool same = a->kind == b->kind && a->ni == b->ni && a->nj == b->nj && a->x0 == b->x0
                && a->y0 == b->y0 && a->dx == b->dx && a->dy == b->dy;
    for (size_t i = 0; i < sizeof a->p / sizeof a->p[0]; i++)
        same = same && a->p[i] == b->p[i];
    return same;
}

static void add_weather(struct edge_catalog *catalog, const struct drf_config *config,
                        const struct fusion_root *root)
{
    const struct geo_grid *last = NULL; // neighbours mostly share one
    struct geo_bounds box = {0};
    bool known = false;
    for (size_t i = 0; i < root->weather->count; i++) {
        const struct fusion_field *field = &root->weather->fields[i];
        if (last == NULL || !same_grid(last, &field->field->grid))
            known = box_of_grid(&field->field->grid, &box);
        last = &field->field->grid;
        struct edge_wire_source *entry =
            add(catalog, config, field->source, FUSION_LAYER_WEATHER);
        if (known)
            cover(entry, box);
    }
    for (size_t i = 0; root->stations != NULL && i < root->stations->count; i++)
        add_station(catalog, config, root->stations->items[i]);
}

static void add_zones(struct edge_catalog *catalog, const struct drf_config *config,
                      const struct fusion_zone_bucket *all, enum fusion_layer layer)
{
    for (size_t i = 0; all != NULL && i < all->count; i++)
        cover(add(catalog, config, all->zones[i]->source, layer), all->zones[i]->bounds);
}

// Where aircraft are changes with every report, and is no news of the source.
static void add_traffic(struct edge_catalog *catalog, const struct drf_config *config,
                        const struct fusion_traffic *traffic)
{
    const struct fusion_source *last = NULL;
    for (size_t i = 0; traffic != NULL && i < traffic->count; i++) {
        if (traffic->tracks[i].source != last)
            (void)add(catalog, config, traffic->tracks[i].source, FUSION_LAYER_TRAFFIC);
        last = traffic->tracks[i].source;
    }
}

void edge_catalog_make(const struct drf_config *config, const struct fusion_root *root,
                       struct edge_catalog *out)
{
    out->count = 0;
    out->left_out = 0;
    out->entries[out->count++] = edge_wire_geoid_source(); // always: every height rests on it
    add_tiles(out, config, &root->tiles, root->ground, FUSION_LAYER_GROUND);
    add_tiles(out, config, &root->tiles, root->surface, FUSION_LAYER_SURFACE);
    for (size_t i = 0; i < root->inset_count; i++) {
        const struct fusion_inset *inset = &root->insets[i];
        add_tiles(out, config, &inset->tiles, inset->ground, FUSION_LAYER_GROUND);
        add_tiles(out, config, &inset->tiles, inset->surface, FUSION_LAYER_SURFACE);
    }
    add_weather(out, config, root);
    size_t buckets = (size_t)root->buckets.columns * root->buckets.rows;
    for (size_t i = 0; i < buckets; i++)
        if (root->features[i] != NULL)
            add_bucket(out, config, root->features[i], box_of(&root->buckets, i));

    add_zones(out, config, root->zones_all, FUSION_LAYER_ZONE);
    add_zones(out, config, root->alerts_all, FUSION_LAYER_ALERT);
    add_traffic(out, config, root->traffic);
    for (size_t i = 0; i < out->count; i++)
        if (out->entries[i].layer != 0
            && root->layer_state[out->entries[i].layer] != FUSION_REASON_NONE)
            out->entries[i].reason = root->layer_state[out->entries[i].layer];
    for (size_t i = 0; i < config->feed_count; i++) { // those that have said nothing yet
        const struct drf_feed_config *feed = &config->feeds[i];
        bool heard = false;
        for (size_t k = 0; k < out->count; k++)
            heard |= feed_of(config, out->entries[k].feed) == feed;
        struct edge_wire_source *entry =
            heard || feed->removed ? NULL : entry_of(out, feed->name, feed->name);
        if (entry == NULL)
            continue;
        entry->layer = feed->layer;
        entry->licence = feed->licence;
        entry->priority = feed->priority > 0 ? (uint32_t)feed->priority : 0;
        if (root->layer_state[feed->layer] != FUSION_REASON_NONE)
            entry->reason = root->layer_state[feed->layer];
    }
}

typedef bool (*read_fn)(const struct edge_source_stats *source_stats, const char *source,
                        struct edge_source_stats_view *out);

static void add_stats(struct edge_catalog *catalog,
                      const struct edge_source_stats *source_stats, read_fn read_line,
                      bool volatile_too)
{
    for (size_t i = 0; i < catalog->count; i++) {
        struct edge_wire_source *entry = &catalog->entries[i];
        struct edge_source_stats_view feed = {0}, view;
        (void)read_line(source_stats, entry->feed, &feed);
        bool known = read_line(source_stats, entry->source, &view);
        // No aircraft and no alert is information too: a source that sent something has data.
        if (entry->reason == FUSION_REASON_NO_DATA && feed.taken > 0
            && (entry->layer == FUSION_LAYER_TRAFFIC || entry->layer == FUSION_LAYER_ALERT))
            entry->reason = FUSION_REASON_NONE;
        if (entry->reason == FUSION_REASON_NONE && (known ? view.silent : feed.silent))
            entry->reason = FUSION_REASON_STALE;
        if (!known || !volatile_too)
            continue;
        entry->received_utc_us = view.received_utc_us;
        entry->records = view.taken;
        entry->refused = view.refused;
        entry->records_per_s = view.per_s;
        memcpy(catalog->errors[i], view.error, sizeof view.error);
        entry->last_error = view.error[0] != '\0' ? catalog->errors[i] : NULL;
    }
}

void edge_catalog_add_stats(struct edge_catalog *catalog,
                            const struct edge_source_stats *source_stats, bool volatile_too)
{
    add_stats(catalog, source_stats, edge_source_stats_read, volatile_too);
}

void edge_catalog_show_stats(struct edge_catalog *catalog,
                             const struct edge_source_stats *source_stats, bool volatile_too)
{
    add_stats(catalog, source_stats, edge_source_stats_own, volatile_too);
}
