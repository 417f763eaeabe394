// SPDX-License-Identifier: Apache-2.0
// Folds the surroundings of the place out of the store, as a node does, with the priorities,
// validities and states of layers that the store keeps, and asks the root that comes of it what
// the query topic asks (fusion/context/point.h): so both say the same. Beyond the surroundings
// the root knows nothing; what is outside is judged by the store's region.
#include "edge/command/query.h"
#include "fusion/context/context_build.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "edge/ingest/feed_rules.h"
#include "fusion/fabric/fabric.h"
#include "fusion/store/store.h"
#include "fusion/store/store_info.h"
#include "geo/earth.h"
#include "geo/utc.h"

enum { FEEDS_MAX = EDGE_FEED_RULES_MAX };

// For stores of nodes that kept nothing about their feeds.
#define VALID_FOR_US INT64_C(3600000000)
#define MAX_GAP_US (6 * VALID_FOR_US)

struct options {
    const char *store;
    struct fusion_point_ask ask;
    bool at_given, json;
};

static const char usage[] =
    "usage: drf-edge query --store FILE LAT LON [--agl M] [--nearest] [--json]\n"
    "                      [--at UTC] [--radius M]\n";

static bool read_number(const char *text, double low, double high, double *out)
{
    char *end;
    *out = strtod(text, &end);
    return end != text && *end == '\0' && *out >= low && *out <= high;
}

// An option that takes a value. False: not understood.
static bool read_option(const char *name, const char *value, struct options *options)
{
    if (strcmp(name, "--store") == 0) {
        options->store = value;
        return true;
    }
    if (strcmp(name, "--agl") == 0)
        return read_number(value, 0.0, 20000.0, &options->ask.agl_m);
    if (strcmp(name, "--radius") == 0)
        return read_number(value, 0.0, 50000.0, &options->ask.radius_m);
    options->at_given = true;
    return strcmp(name, "--at") == 0
           && geo_utc_parse(value, strlen(value), &options->ask.now_utc_us) == DRF_OK;
}

static bool read_arguments(int argc, char **argv, struct options *options)
{
    int positions = 0;
    for (int i = 0; i < argc; i++) {
        const char *word = argv[i];
        if (strcmp(word, "--nearest") == 0) {
            options->ask.nearest = true;
        } else if (strcmp(word, "--json") == 0) {
            options->json = true;
        } else if (strncmp(word, "--", 2) == 0) {
            if (i + 1 >= argc || !read_option(word, argv[++i], options))
                return false;
        } else if (positions == 0) {
            positions++;
            if (!read_number(word, -90.0, 90.0, &options->ask.position.lat_deg))
                return false;
        } else if (positions++ > 1
                   || !read_number(word, -180.0, 180.0, &options->ask.position.lon_deg)) {
            return false;
        }
    }
    return positions == 2 && options->store != NULL;
}

struct feeds {
    size_t count;
    struct fusion_feed items[FEEDS_MAX];
};

static enum fusion_layer layer_of(struct geo_record record)
{
    struct geo_item item;
    for (size_t cursor = 0; geo_record_next(record, &cursor, &item);) {
        if (item.kind == GEO_ITEM_OBSTACLE)
            return FUSION_LAYER_OBSTACLE;
        if (item.kind == GEO_ITEM_ZONE)
            return FUSION_LAYER_ZONE;
        if (item.kind == GEO_ITEM_FIELD || item.kind == GEO_ITEM_STATION)
            return FUSION_LAYER_WEATHER;
        if (item.kind == GEO_ITEM_RASTER) {
            const struct geo_raster *raster = item.payload;
            return raster->layer == GEO_RASTER_GROUND ? FUSION_LAYER_GROUND
                                                      : FUSION_LAYER_SURFACE;
        }
    }
    return 0;
}

// A feed without stored rules: its records and their provenance say what it is.
static enum drf_status add_feed(void *context, const struct fusion_live *live)
{
    struct feeds *feeds = context;
    for (size_t i = 0; i < feeds->count; i++)
        if (strcmp(feeds->items[i].name, live->identity.feed) == 0)
            return DRF_OK;
    size_t length = strlen(live->identity.feed);
    enum fusion_layer layer = layer_of(live->record);
    if (feeds->count == FEEDS_MAX || length >= sizeof feeds->items[0].name || layer == 0)
        return DRF_OK;
    struct fusion_feed *feed = &feeds->items[feeds->count++];
    *feed = (struct fusion_feed){.layer = layer,
                                 .priority = live->provenance->priority,
                                 .vertical_acc95_m = live->provenance->vertical_acc95_m,
                                 .valid_for_us = VALID_FOR_US,
                                 .max_gap_us = MAX_GAP_US};
    memcpy(feed->name, live->identity.feed, length + 1);
    memcpy(feed->licence, live->provenance->licence, sizeof feed->licence);
    return DRF_OK;
}

static enum drf_status load_feeds(struct fusion_store *store, struct feeds *feeds)
{
    edge_feed_rules_read(store, feeds->items, FEEDS_MAX, &feeds->count);
    return fusion_store_each_live(store, add_feed, feeds);
}

// Only what the question touches is folded.
static struct geo_bounds box_around(const struct fusion_point_ask *ask)
{
    double north_deg = 0.01 + ask->radius_m / GEO_EARTH_M_PER_DEG_LEAST;
    double east_deg = north_deg / fmax(cos(ask->position.lat_deg * GEO_RAD_PER_DEG), 0.01);
    return (struct geo_bounds){
        .west_deg = fmax(ask->position.lon_deg - east_deg, -180.0),
        .south_deg = fmax(ask->position.lat_deg - north_deg, -90.0),
        .east_deg = fmin(ask->position.lon_deg + east_deg, 180.0),
        .north_deg = fmin(ask->position.lat_deg + north_deg, 90.0),
    };
}

static enum drf_status show(const struct options *options,
                            const struct edge_wire_query_answer *answer, FILE *out)
{
    if (!options->json) {
        edge_query_table(answer, out);
        return DRF_OK;
    }
    size_t size = (size_t)4 * EDGE_WIRE_JSON_MAX;
    uint8_t *text = malloc(size);
    if (text == NULL)
        return DRF_ERR_NOMEM;
    enum drf_status status = edge_wire_query_encode(EDGE_WIRE_JSON, answer, text, &size);
    if (status == DRF_OK)
        (void)fprintf(out, "%.*s\n", (int)size, (const char *)text);
    free(text);
    return status;
}

static enum drf_status answer_from(struct fusion_fabric *fabric, struct fusion_store *store,
                                   struct fusion_builder *builder,
                                   struct edge_wire_query_answer *answer)
{
    enum drf_status status;
    do
        status = fusion_fabric_fold(fabric);
    while (status == DRF_ERR_AGAIN);
    const struct fusion_root *root = NULL;
    if (status == DRF_OK)
        do
            status = fusion_fabric_publish(fabric, &root);
        while (status == DRF_ERR_AGAIN);
    if (status == DRF_OK && root == NULL)
        status = DRF_ERR_ABSENT;
    if (status != DRF_OK)
        return status;
    // Only the surroundings were folded; what lies beyond them is not outside for that.
    struct fusion_root *whole = malloc(sizeof *whole);
    if (whole == NULL)
        return DRF_ERR_NOMEM;
    *whole = *root;
    if (fusion_store_keep(store, &whole->keep) != DRF_OK)
        whole->keep = root->keep; // a store that does not say
    fusion_point_ask(builder, whole, &answer->ask, &answer->point);
    answer->epoch = root->epoch;
    free(whole);
    return DRF_OK;
}

// How complete the store was when it was written.
static void tell_states(struct fusion_store *store, struct fusion_fabric *fabric)
{
    enum fusion_reason states[FUSION_LAYER_COUNT];
    if (!edge_layer_states_read(store, states))
        return;
    for (int layer = FUSION_LAYER_GROUND; layer < FUSION_LAYER_COUNT; layer++)
        fusion_fabric_layer_state(fabric, (enum fusion_layer)layer, states[layer]);
}

static enum drf_status run(struct options *options, struct fusion_store *store, uint32_t level,
                           uint32_t mode, FILE *out)
{
    struct feeds *feeds = calloc(1, sizeof *feeds);
    struct fusion_fabric *fabric = NULL;
    struct fusion_builder *builder = NULL;
    enum drf_status status = feeds != NULL ? load_feeds(store, feeds) : DRF_ERR_NOMEM;
    if (status == DRF_OK) {
        struct fusion_fabric_config config = {.keep = box_around(&options->ask),
                                              .level = level,
                                              .raster_accuracy_max_m = 175.0,
                                              .feeds = feeds->items,
                                              .feed_count = feeds->count};
        status = fusion_fabric_open(&config, store, &fabric);
    }
    if (status == DRF_OK)
        tell_states(store, fabric);
    if (status == DRF_OK)
        status = fusion_builder_open(&builder);
    struct edge_wire_query_answer answer = {.ask = options->ask, .mode = mode};
    if (status == DRF_OK)
        status = answer_from(fabric, store, builder, &answer);
    if (status == DRF_OK) // what the answer borrows lives until the fabric closes
        status = show(options, &answer, out);
    fusion_builder_close(builder);
    fusion_fabric_close(fabric);
    free(feeds);
    return status;
}

int edge_query(int argc, char **argv, FILE *out, FILE *err)
{
    struct options options = {.ask = {.agl_m = 10.0, .radius_m = 2000.0}};
    if (!read_arguments(argc, argv, &options)) {
        (void)fputs(usage, err);
        return 2;
    }
    struct fusion_store_fault fault = {.trouble = FUSION_STORE_SOUND};
    struct fusion_store_config config = {
        .path = options.store, .region_id = "", .read_only = true, .fault = &fault};
    struct fusion_store *store;
    enum drf_status status = fusion_store_open(&config, &store);
    if (status != DRF_OK) {
        (void)fprintf(err, "drf-edge query: %s: %s\n", options.store,
                      fault.text[0] != '\0' ? fault.text : drf_status_name(status));
        return 1;
    }
    if (!options.at_given)
        options.ask.now_utc_us = fusion_store_as_of(store);
    if (options.ask.now_utc_us == INT64_MIN) {
        (void)fprintf(err, "drf-edge query: %s: nothing was committed yet; give --at\n",
                      options.store);
        fusion_store_close(store);
        return 1;
    }
    status = run(&options, store, fusion_store_level(store), fusion_store_mode(store), out);
    if (status != DRF_OK)
        (void)fprintf(err, "drf-edge query: %s: %s\n", options.store,
                      fusion_store_error(store)[0] != '\0' ? fusion_store_error(store)
                                                           : drf_status_name(status));
    fusion_store_close(store);
    return status == DRF_OK ? 0 : 1;
}
