// SPDX-License-Identifier: Apache-2.0
#include "edge/ingest/resync.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "edge/host/sha256.h"
#include "edge/ingest/feed_removed.h"
#include "edge/kafka/kafka.h"

enum { NAME_SIZE = 64, TERMS_SIZE = 4096 };
#define CLOCK_BACK_US INT64_C(60000000)
#define SECOND_US INT64_C(1000000)
#define REACHED "reached"
// Its name until it was found that drones have names under it, and edge/ingest/retention.c
// deletes what is none of theirs.
#define REACHED_FORMER "seen"

static void name_of(const char *kind, const char *feed, char out[static NAME_SIZE])
{
    snprintf(out, NAME_SIZE, "%s/%s", kind, feed);
}

bool edge_resync_lossy(const char *why)
{
    static const char *const same[] = {"fingerprint", "tombstone_horizon", "clock_went_back",
                                       "older_versions"};
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++)
        if (strcmp(why, same[i]) == 0)
            return false;
    return true;
}

bool edge_resync_read(struct fusion_store *store, const char *feed,
                      char why[static EDGE_RESYNC_TEXT_SIZE], bool *redo)
{
    char name[NAME_SIZE], text[EDGE_RESYNC_TEXT_SIZE + 1] = "";
    size_t size = EDGE_RESYNC_TEXT_SIZE;
    name_of("resync", feed, name);
    if (fusion_store_value(store, name, text, &size) != DRF_OK || size == 0)
        return false;
    *redo = text[0] == '+';
    snprintf(why, EDGE_RESYNC_TEXT_SIZE, "%.*s", EDGE_RESYNC_TEXT_SIZE - 1, text + 1);
    return true;
}

enum drf_status edge_resync_write(struct fusion_store *store, const char *feed, const char *why,
                                  bool redo)
{
    char name[NAME_SIZE], text[EDGE_RESYNC_TEXT_SIZE];
    name_of("resync", feed, name);
    snprintf(text, sizeof text, "%c%.*s", redo ? '+' : '=', EDGE_RESYNC_TEXT_SIZE - 2, why);
    return fusion_store_put_value(store, name, text, strlen(text));
}

enum drf_status edge_resync_clear(struct fusion_store *store, const char *feed)
{
    char name[NAME_SIZE];
    name_of("resync", feed, name);
    return fusion_store_put_value(store, name, NULL, 0);
}

enum drf_status edge_resync_reached(struct fusion_store *store, const char *feed,
                                    int64_t utc_us)
{
    char name[NAME_SIZE];
    name_of(REACHED, feed, name);
    return fusion_store_put_value(store, name, &utc_us, sizeof utc_us);
}

// Of terrain only: nothing else is decoded to levels. Without insets, nothing.
static size_t inset_terms(const struct drf_config *config, const struct drf_feed_config *feed,
                          char *terms, size_t room)
{
    size_t size = 0;
    for (size_t i = 0; i < config->inset_count && feed->kind == DRF_FEED_TERRAIN; i++) {
        const struct geo_inset *inset = &config->insets[i];
        const struct geo_bounds b = inset->bounds;
        int more =
            snprintf(terms + size, room - size, "inset %" PRIu32 " %.17g %.17g %.17g %.17g\n",
                     inset->level, b.west_deg, b.south_deg, b.east_deg, b.north_deg);
        size = more > 0 && (size_t)more < room - size ? size + (size_t)more : room - 1;
    }
    return size;
}

// Everything that what is decoded depends on. Rights and licences are not among it: the fold
// takes them from the configuration each time.
static void fingerprint(const struct drf_config *config, const struct drf_feed_config *feed,
                        uint8_t out[static 32])
{
    struct geo_bounds keep = drf_config_keep(config);
    char terms[TERMS_SIZE];
    int size = snprintf(
        terms, sizeof terms,
        "decoder %d\nkeep %.17g %.17g %.17g %.17g\nlevel %" PRIu32 "\ntopic %s\nformat %" PRIu32
        "\nlayer %" PRIu32 "\ncrs %s\nvertical %s\naccuracy %.17g %.17g %.17g %.17g\n",
        GEO_DECODE_VERSION, keep.west_deg, keep.south_deg, keep.east_deg, keep.north_deg,
        config->level, feed->topic, feed->format, feed->layer, feed->crs, feed->vertical_datum,
        feed->vertical_acc95_m, feed->datum_acc95_m, feed->default_horizontal_acc95_m,
        feed->default_vertical_acc95_m);
    // Behind the rest and only where there is a mapping: without one the terms stay as they
    // were.
    uint8_t mapping[32];
    const bool obstacles = feed->obstacle_fields.mapped != 0;
    if (obstacles)
        edge_sha256(&feed->obstacle_fields, sizeof feed->obstacle_fields, mapping);
    else
        edge_sha256(&feed->zone_fields, sizeof feed->zone_fields, mapping);
    const bool mapped = obstacles || feed->zone_fields.mapped;
    for (size_t i = 0; i < sizeof mapping && mapped && size < TERMS_SIZE; i++)
        size += snprintf(terms + size, sizeof terms - (size_t)size, "%02x", mapping[i]);
    if (feed->has_nodata && size < TERMS_SIZE)
        size +=
            snprintf(terms + size, sizeof terms - (size_t)size, "nodata %.17g\n", feed->nodata);
    for (size_t i = 0; i < sizeof feed->production_statuses && size < TERMS_SIZE; i++)
        if (feed->production_statuses[i] != 0)
            size += snprintf(terms + size, sizeof terms - (size_t)size, "status %zu %u\n", i,
                             (unsigned)feed->production_statuses[i]);
    if (feed->format == GEO_FORMAT_SIGMET && size < TERMS_SIZE) // it was the number alone
        size += snprintf(terms + size, sizeof terms - (size_t)size, "identity begin\n");
    if (feed->stations && size < TERMS_SIZE)
        size += snprintf(terms + size, sizeof terms - (size_t)size, "stations %" PRIx64 "\n",
                         geo_station_table_hash(feed->stations));
    if (feed->areas && size < TERMS_SIZE)
        size += snprintf(terms + size, sizeof terms - (size_t)size,
                         "geocodes %s %s %" PRIx64 "\n", feed->geocodes.name,
                         feed->geocodes.others, geo_area_table_hash(feed->areas));
    size_t used = size < TERMS_SIZE ? (size_t)size : TERMS_SIZE - 1;
    used += inset_terms(config, feed, terms + used, TERMS_SIZE - used);
    edge_sha256(terms, used, out);
}

static bool read_reached(struct fusion_store *store, const char *kind, const char *feed,
                         int64_t *utc_us)
{
    char name[NAME_SIZE];
    size_t size = sizeof *utc_us;
    name_of(kind, feed, name);
    return fusion_store_value(store, name, utc_us, &size) == DRF_OK && size == sizeof *utc_us;
}

// When the node last stood at the end of a feed; INT64_MIN: never.
static int64_t last_reached(struct fusion_store *store, const char *feed)
{
    int64_t utc_us;
    return read_reached(store, REACHED, feed, &utc_us)
                   || read_reached(store, REACHED_FORMER, feed, &utc_us)
               ? utc_us
               : fusion_store_as_of(store);
}

static const char *away_too_long(const struct drf_config *config, struct fusion_store *store,
                                 const char *feed, struct edge_now now)
{
    int64_t reached_utc_us = last_reached(store, feed);
    if (reached_utc_us == INT64_MIN)
        return NULL;
    if (reached_utc_us - CLOCK_BACK_US > now.utc_us)
        return "clock_went_back";
    return (now.utc_us - reached_utc_us) / SECOND_US > (int64_t)config->tombstone_horizon_s
               ? "tombstone_horizon"
               : NULL;
}

// A partition without messages has no position, and one with a higher number may have one.
enum drf_status edge_resync_forget_positions(struct fusion_store *store, const char *topic,
                                             size_t from)
{
    char cluster[64];
    int64_t stored;
    enum drf_status status = DRF_OK;
    for (int32_t k = (int32_t)from; k < EDGE_KAFKA_PARTITIONS_MAX && status == DRF_OK; k++)
        if (fusion_store_offset(store, topic, k, cluster, &stored) == DRF_OK && stored >= 0)
            status = fusion_store_put_offset(store, cluster, topic, k, -1);
    return status;
}

bool edge_resync_has_position(struct fusion_store *store, const char *topic, int64_t least)
{
    char cluster[64];
    int64_t stored;
    for (int32_t k = 0; k < EDGE_KAFKA_PARTITIONS_MAX; k++)
        if (fusion_store_offset(store, topic, k, cluster, &stored) == DRF_OK && stored >= least)
            return true;
    return false;
}

static enum drf_status plan(const struct drf_config *config, size_t index,
                            struct fusion_store *store, const struct edge_log *log,
                            struct edge_now now, bool *due_now)
{
    const struct drf_feed_config *feed = &config->feeds[index];
    uint8_t wanted[32], held[32];
    char name[NAME_SIZE], due[EDGE_RESYNC_TEXT_SIZE];
    size_t size = sizeof held;
    fingerprint(config, feed, wanted);
    name_of("fingerprint", feed->name, name);
    enum drf_status status = fusion_store_value(store, name, held, &size);
    if (status != DRF_OK && status != DRF_ERR_ABSENT && status != DRF_ERR_FULL)
        return status;
    bool known = status != DRF_ERR_ABSENT;
    bool same = status == DRF_OK && size == sizeof held && memcmp(held, wanted, size) == 0;
    status = same ? DRF_OK : fusion_store_put_value(store, name, wanted, sizeof wanted);
    if (status == DRF_OK
        && !known) // positions in this topic are those of a feed of another name
        status = edge_resync_forget_positions(store, feed->topic, 0);
    bool redo = false, is_due = edge_resync_read(store, feed->name, due, &redo);
    const char *why = known && !same ? "fingerprint"
                      : is_due       ? NULL
                                     : away_too_long(config, store, feed->name, now);
    if (status != DRF_OK || !why)
        return status;
    edge_log_write(log, now.utc_us, EDGE_LOG_WARN, "feed.resync", "feed=%s topic=%s why=%s",
                   feed->name, feed->topic, why);
    *due_now = true;
    const char *kept = is_due && edge_resync_lossy(due) ? due : why;
    return edge_resync_write(store, feed->name, kept, redo || !same);
}

enum drf_status edge_resync_plan_feed(const struct drf_config *config, size_t feed,
                                      struct fusion_store *store, const struct edge_log *log,
                                      struct edge_now now, bool *due)
{
    *due = false;
    return config->feeds[feed].removed ? DRF_OK : plan(config, feed, store, log, now, due);
}

enum drf_status edge_resync_plan(const struct drf_config *config, struct fusion_store *store,
                                 const struct edge_log *log, struct edge_now now)
{
    bool due;
    enum drf_status status = edge_feeds_removed_plan(config, store, log, now);
    for (size_t i = 0; i < config->feed_count && status == DRF_OK; i++)
        status = edge_resync_plan_feed(config, i, store, log, now, &due);
    return status;
}

enum drf_status edge_resync_forget(struct fusion_store *store, const char *feed)
{
    static const char *const kinds[] = {"fingerprint", "resync", REACHED};
    enum drf_status status = DRF_OK;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0] && status == DRF_OK; i++) {
        char name[NAME_SIZE];
        name_of(kinds[i], feed, name);
        status = fusion_store_put_value(store, name, NULL, 0);
    }
    return status;
}
