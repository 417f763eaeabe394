// tests/support/query_store.h - a store that holds the real Niagara scene, and a query of it.
// SPDX-License-Identifier: Apache-2.0
#ifndef TESTS_QUERY_STORE_H
#define TESTS_QUERY_STORE_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "edge/command/query.h"
#include "edge/ingest/feed_rules.h"
#include "geo/format/decode.h"
#include "tests/support/real_data.h"

#define NOON_US INT64_C(1102593600000000) // 2004-12-09T12:00:00Z

static const struct fusion_feed feeds[] = {
    {.name = "terrain", .layer = FUSION_LAYER_GROUND, .vertical_acc95_m = 18.0},
    {.name = "obstacles", .layer = FUSION_LAYER_OBSTACLE},
    {.name = "eta",
     .layer = FUSION_LAYER_WEATHER,
     .valid_for_us = INT64_C(3600000000),
     .max_gap_us = INT64_C(10800000000)},
    {.name = "cap", .layer = FUSION_LAYER_ALERT, .licence = "CC0"},
    {.name = "gcn", .layer = FUSION_LAYER_ALERT, .licence = "NASA"}};
enum { FEEDS = sizeof feeds / sizeof feeds[0] };

static inline void add_bytes(struct fusion_fabric *fabric, const char *feed, const char *key,
                             const void *bytes, size_t size, enum geo_format format,
                             int64_t offset)
{
    struct geo_decode_params params = {.format = format,
                                       .layer = GEO_RASTER_GROUND,
                                       .level = 12,
                                       .keep = {-79.5, 43.5, -79.2, 43.8},
                                       .vertical_acc95_m = 18.0,
                                       .datum_acc95_m = 2.0,
                                       .default_horizontal_acc95_m = 75.0,
                                       .default_vertical_acc95_m = 15.0,
                                       .size_max_bytes = UINT64_C(1) << 27,
                                       .record_max_bytes = UINT64_C(1) << 28,
                                       .pixels_max = 100000000,
                                       .message_utc_us = NOON_US,
                                       .valid_for_us = INT64_C(7200000000)};
    (void)snprintf(params.name, sizeof params.name, "%s", key);
    struct geo_record_builder builder;
    struct geo_record record;
    struct geo_note why = {0};
    geo_record_builder_init(&builder, (size_t)1 << 28);
    if (geo_decode(&params, bytes, size, &builder, &why) != DRF_OK)
        fail_msg("%s: %s", key, why.text);
    assert_int_equal(geo_record_finish(&builder, &record), DRF_OK);
    struct fusion_message message = {.identity = {.feed = feed, .source = feed, .key = key},
                                     .version = {.time_utc_us = NOON_US},
                                     .cluster_id = "c",
                                     .topic = feed,
                                     .offset = offset};
    struct fusion_job *job;
    enum fusion_outcome outcome;
    assert_int_equal(fusion_job_open(fabric, &message, record, &job), DRF_OK);
    enum drf_status status;
    do
        status = fusion_job_step(job, &outcome);
    while (status == DRF_ERR_AGAIN);
    assert_int_equal(status, DRF_OK);
    assert_int_equal(outcome, FUSION_APPLIED);
    fusion_job_close(job);
    geo_record_builder_close(&builder);
}

static inline void add(struct fusion_fabric *fabric, const char *feed, const char *key,
                       const char *file, enum geo_format format, int64_t offset)
{
    size_t size = 0;
    uint8_t *bytes = real_data(file, &size);
    assert_non_null(bytes);
    add_bytes(fabric, feed, key, bytes, size, format, offset);
    free(bytes);
}

static inline void add_cap(struct fusion_fabric *fabric, const char *id, const char *circle,
                           const char *expires, int64_t offset)
{
    char text[1000];
    (void)snprintf(
        text, sizeof text,
        "<alert xmlns='urn:oasis:names:tc:emergency:cap:1.2'><identifier>%s</identifier>"
        "<sender>city</sender><sent>2004-12-09T11:00:00-00:00</sent>"
        "<status>Actual</status><msgType>Alert</msgType><scope>Public</scope><info>"
        "<category>Safety</category><event>Gas leak</event><urgency>Immediate</urgency>"
        "<severity>Extreme</severity><certainty>Observed</certainty>"
        "<effective>2004-12-09T11:30:00-00:00</effective><expires>%s</expires>"
        "<description>Keep away.</description><area><areaDesc>here</areaDesc>"
        "<circle>%s</circle></area></info></alert>",
        id, expires, circle);
    add_bytes(fabric, "cap", id, text, strlen(text), GEO_FORMAT_CAP, offset);
}

static inline void add_gcn(struct fusion_fabric *fabric, const char *id, double dec_deg,
                           int64_t offset)
{
    char text[300];
    (void)snprintf(text, sizeof text,
                   "{\"mission\":\"M\",\"id\":\"%s\",\"alert_type\":\"initial\","
                   "\"alert_datetime\":\"2004-12-09T11:45:00Z\",\"ra\":10,\"dec\":%g,\"ra_dec_"
                   "error\":0.1}",
                   id, dec_deg);
    add_bytes(fabric, "gcn", id, text, strlen(text), GEO_FORMAT_GCN, offset);
}

// Opens a store; what is to be in it comes between the two.
static const struct geo_bounds keep = {-79.5, 43.5, -79.2, 43.8};

static inline void open_store(const char *path, struct fusion_store **store,
                              struct fusion_fabric **fabric)
{
    struct fusion_store_config config = {.path = path,
                                         .keep = keep,
                                         .level = 12,
                                         .region_id = "niagara",
                                         .mode = 3,
                                         .pending_max_bytes = (size_t)1 << 28};
    struct fusion_fabric_config fabric_config = {.keep = keep,
                                                 .level = 12,
                                                 .raster_accuracy_max_m = 175.0,
                                                 .feeds = feeds,
                                                 .feed_count = FEEDS};
    assert_int_equal(fusion_store_open(&config, store), DRF_OK);
    assert_int_equal(fusion_fabric_open(&fabric_config, *store, fabric), DRF_OK);
}

static inline void finish_store(struct fusion_store *store, struct fusion_fabric *fabric)
{
    assert_int_equal(edge_feed_rules_put(store, feeds, FEEDS), DRF_OK);
    assert_int_equal(fusion_fabric_commit(fabric, NOON_US), DRF_OK);
    fusion_fabric_close(fabric);
    fusion_store_close(store);
}

static inline void remove_store(const char *folder, const char *path)
{
    static const char *const ends[] = {"", "-wal", "-shm", "-lock"};
    for (size_t i = 0; i < 4; i++) {
        char extra[80];
        (void)snprintf(extra, sizeof extra, "%s%s", path, ends[i]);
        (void)unlink(extra);
    }
    (void)rmdir(folder);
}

static inline bool make_store(const char *path)
{
    size_t size = 0;
    uint8_t *probe = real_data("weather/eta.grb", &size);
    if (probe == NULL)
        return false;
    free(probe);
    struct fusion_store *store;
    struct fusion_fabric *fabric;
    open_store(path, &store, &fabric);
    add(fabric, "terrain", "n43.dt0", "terrain/n43.dt0", GEO_FORMAT_TERRAIN, 0);
    add(fabric, "obstacles", "Canada.Dat", "obstacles/Canada.Dat", GEO_FORMAT_DOF, 0);
    add(fabric, "eta", "eta.grb", "weather/eta.grb", GEO_FORMAT_GRIB, 0);
    add_cap(fabric, "leak", "43.65,-79.38 2", "2004-12-09T13:00:00-00:00", 0);
    finish_store(store, fabric);
    return true;
}

static inline char *query(const char *const *words, int count, int expected)
{
    enum { ROOM = 1 << 18 };
    char *text = calloc(1, ROOM);
    assert_non_null(text);
    FILE *out = fmemopen(text, ROOM, "w");
    assert_non_null(out);
    int code = edge_query(count, (char **)(uintptr_t)words, out, out);
    (void)fclose(out);
    if (code != expected)
        fail_msg("%d: %s", code, text);
    return text;
}

#endif
