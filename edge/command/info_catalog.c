// SPDX-License-Identifier: Apache-2.0
// The catalogue of `info`: what the node publishes on its catalog topic, from the store alone.
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "edge/command/info.h"
#include "edge/command/plain_number.h"
#include "edge/ingest/feed_rules.h"
#include "edge/serve/catalog.h"
#include "fusion/fold/provenance.h"

enum { TIME_SIZE = 80, LAYERS = FUSION_LAYER_COUNT, JSON_ROOM = 1 << 18 };

struct shown {
    struct drf_config config;
    struct drf_feed_config feeds[DRF_FEEDS_MAX];
    struct edge_source_stats source_stats;
    struct edge_catalog catalog;
};

static const char *layer_name(uint32_t layer)
{
    static const char *const names[LAYERS] = {"unknown", "ground", "surface", "obstacle",
                                              "weather", "zone",   "traffic", "alert"};
    return names[layer < LAYERS ? layer : 0];
}

static const char *time_text(int64_t utc_us, char out[static TIME_SIZE])
{
    if (utc_us == INT64_MIN)
        return "unknown";
    fusion_provenance_version("", utc_us / 1000000 * 1000000, out);
    return out;
}

static void gather(struct edge_store_reader *reader, struct shown *shown)
{
    struct fusion_feed feeds[DRF_FEEDS_MAX];
    size_t count = 0;
    edge_feed_rules_read(reader->store, feeds, DRF_FEEDS_MAX, &count);
    shown->config = (struct drf_config){.feeds = shown->feeds, .feed_count = count};
    for (size_t i = 0; i < count; i++) {
        memcpy(shown->feeds[i].name, feeds[i].name, sizeof shown->feeds[i].name);
        memcpy(shown->feeds[i].licence, feeds[i].licence, sizeof shown->feeds[i].licence);
        shown->feeds[i].layer = feeds[i].layer;
        shown->feeds[i].priority = feeds[i].priority;
    }
    edge_source_stats_restore(&shown->source_stats, reader->store);
    edge_catalog_make(&shown->config, reader->root, &shown->catalog);
    edge_catalog_add_stats(&shown->catalog, &shown->source_stats, true);
}

static void print_source(const struct edge_wire_source *s, FILE *out)
{
    char when[TIME_SIZE], heard[TIME_SIZE], number[EDGE_PLAIN_NUMBER_SIZE];
    const char *licence = s->licence != NULL && s->licence[0] ? s->licence : "not stated";
    const char *version = s->version != NULL && s->version[0] ? s->version : "not stated";
    if (s->layer == 0) {
        (void)fprintf(out,
                      "  %s: geoid under all heights, licence %s\n    version %s, accuracy "
                      "%.2f m (95 %%)\n",
                      s->source, licence, version, s->vertical_acc95_m);
        return;
    }
    (void)fprintf(out, "  %s: %s, feed %s, version %s, licence %s%s\n", s->source,
                  layer_name(s->layer), s->feed, version, licence,
                  s->reason == FUSION_REASON_STALE       ? ", STALE"
                  : s->reason == FUSION_REASON_NO_DATA   ? ", no data"
                  : s->reason == FUSION_REASON_FORGOTTEN ? ", INCOMPLETE"
                                                         : "");
    if (s->has_coverage)
        (void)fprintf(out, "    covers %.5f %.5f to %.5f %.5f (south west, north east)\n",
                      s->coverage.south_deg, s->coverage.west_deg, s->coverage.north_deg,
                      s->coverage.east_deg);
    (void)fprintf(out, "    data time %s, heard %s, ", time_text(s->data_time_utc_us, when),
                  time_text(s->received_utc_us, heard));
    if (s->received_utc_us != INT64_MIN)
        (void)fprintf(out, "%" PRIu64 " taken, %" PRIu64 " refused, %s a minute\n", s->records,
                      s->refused, edge_plain_number(s->records_per_s * 60.0, 3, number));
    else
        (void)fprintf(out, "not from Kafka, or no statistics yet\n");
    if (s->vertical_acc95_m > 0.0)
        (void)fprintf(out, "    accuracy %.2f m (95 %%) in height\n", s->vertical_acc95_m);
    if (s->posting_m > 0.0)
        (void)fprintf(out, "    points every %.0f m\n", s->posting_m);
    if (s->last_error != NULL)
        (void)fprintf(
            out, "    %s%s\n",
            strncmp(s->last_error, "all ", 4) == 0 ? "" : "last refused: ", s->last_error);
}

enum drf_status edge_info_catalog(struct edge_store_reader *reader, FILE *out)
{
    struct shown *shown = reader->root != NULL ? calloc(1, sizeof *shown) : NULL;
    if (shown == NULL)
        return reader->root == NULL ? DRF_ERR_ABSENT : DRF_ERR_NOMEM;
    gather(reader, shown);
    const struct edge_catalog *catalog = &shown->catalog;
    (void)fprintf(out, "catalogue, as the store was last written\n");
    for (size_t i = 0; i < catalog->count; i++)
        print_source(&catalog->entries[i], out);
    if (catalog->left_out > 0)
        (void)fprintf(out, "  %zu%s more sources are left out\n", catalog->left_out,
                      catalog->left_out == EDGE_CATALOG_LEFT_MAX ? " or" : "");
    free(shown);
    return DRF_OK;
}

enum drf_status edge_info_catalog_json(struct edge_store_reader *reader, FILE *out)
{
    if (reader->root == NULL)
        return DRF_ERR_ABSENT;
    struct shown *shown = calloc(1, sizeof *shown);
    uint8_t *text = malloc(JSON_ROOM);
    size_t size = JSON_ROOM;
    enum drf_status status = DRF_ERR_NOMEM;
    if (shown != NULL && text != NULL) {
        gather(reader, shown);
        const struct edge_catalog *catalog = &shown->catalog;
        status = edge_wire_catalog_json(catalog->entries, catalog->count, catalog->left_out,
                                        text, &size);
    }
    if (status == DRF_OK)
        (void)fwrite(text, 1, size, out);
    free(text);
    free(shown);
    return status;
}
