// SPDX-License-Identifier: Apache-2.0
// `drf-edge query` over a store that holds the real Niagara scene.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

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

static void add_bytes(struct fusion_fabric *fabric, const char *feed, const char *key,
                      const void *bytes, size_t size, enum geo_format format, int64_t offset)
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

static void add(struct fusion_fabric *fabric, const char *feed, const char *key,
                const char *file, enum geo_format format, int64_t offset)
{
    size_t size = 0;
    uint8_t *bytes = real_data(file, &size);
    assert_non_null(bytes);
    add_bytes(fabric, feed, key, bytes, size, format, offset);
    free(bytes);
}

static void add_cap(struct fusion_fabric *fabric, const char *id, const char *circle,
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

static void add_gcn(struct fusion_fabric *fabric, const char *id, double dec_deg,
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

static void open_store(const char *path, struct fusion_store **store,
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

static void finish_store(struct fusion_store *store, struct fusion_fabric *fabric)
{
    assert_int_equal(edge_feed_rules_put(store, feeds, FEEDS), DRF_OK);
    assert_int_equal(fusion_fabric_commit(fabric, NOON_US), DRF_OK);
    fusion_fabric_close(fabric);
    fusion_store_close(store);
}

static void remove_store(const char *folder, const char *path)
{
    static const char *const ends[] = {"", "-wal", "-shm", "-lock"};
    for (size_t i = 0; i < 4; i++) {
        char extra[80];
        (void)snprintf(extra, sizeof extra, "%s%s", path, ends[i]);
        (void)unlink(extra);
    }
    (void)rmdir(folder);
}

static bool make_store(const char *path)
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
    finish_store(store, fabric);
    return true;
}

static char *query(const char *const *words, int count, int expected)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    int code = edge_query(count, (char **)(uintptr_t)words, out, out);
    (void)fclose(out);
    if (code != expected)
        fail_msg("%d: %s", code, text);
    return text;
}

static double number(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    assert_true(json_is_number(value));
    return json_number_value(value);
}

static void assert_near(double got, double expected, double tolerance)
{
    if (!(fabs(got - expected) <= tolerance))
        fail_msg("%.6f is not %.6f +- %g", got, expected, tolerance);
}

static void query__at_toronto__is_what_other_tools_read(void **state)
{
    (void)state;
    char folder[] = "/tmp/drf-query-XXXXXX", path[64];
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/region.gpkg", folder);
    if (!make_store(path))
        skip();
    const char *words[] = {"--store", path,  "43.65",     "-79.38",
                           "--agl",   "120", "--nearest", "--json"};
    char *text = query(words, 8, 0);
    json_t *root = json_loads(text, 0, NULL);
    assert_non_null(root);
    const json_t *height = json_object_get(root, "height");
    // the nearest DTED post is 81 m; it is bilinear between posts here
    assert_near(number(height, "ground_amsl_m"), 81.0, 4.0);
    assert_string_equal(json_string_value(json_object_get(height, "ground_source")), "terrain");
    assert_near(number(height, "geoid_m"), -37.274, 0.02);
    const json_t *wind = json_object_get(json_object_get(root, "weather"), "wind");
    assert_near(number(wind, "wind_speed_mps"), 5.83, 0.01);
    assert_near(number(wind, "wind_from_deg_true"), 127.4, 0.1);
    assert_true(json_array_size(json_object_get(root, "obstacles")) == 16);
    json_decref(root);
    free(text);

    const char *table[] = {"--store", path, "43.65", "-79.38", "--nearest"};
    text = query(table, 5, 0);
    assert_non_null(strstr(text, "4.12 m/s from 110.5 deg"));
    assert_non_null(strstr(text, "not certified"));
    free(text);
    const char *outside[] = {"--store", path, "44.5", "-79.5", "--json"};
    text = query(outside, 5, 0);
    root = json_loads(text, 0, NULL);
    assert_null(json_object_get(json_object_get(root, "height"), "ground_amsl_m"));
    assert_near(number(json_object_get(root, "height"), "ground_reason"), FUSION_REASON_NO_DATA,
                0.0);
    json_decref(root);
    free(text);
    remove_store(folder, path);
}

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text != NULL ? text : "";
}

static void check_alerts(const json_t *root)
{
    const json_t *alerts = json_object_get(root, "alerts");
    assert_int_equal(json_array_size(alerts), 2);
    const json_t *leak = json_array_get(alerts, 0), *burst = json_array_get(alerts, 1);
    assert_string_equal(text_of(leak, "alert_id"), "city,leak");
    assert_near(number(leak, "severity"), 1, 0);
    assert_string_equal(text_of(leak, "source"), "cap");
    assert_string_equal(text_of(leak, "version"), "2004-12-09T12:00:00Z");
    assert_string_equal(text_of(leak, "valid_until_us"), "1102597200000000"); // 13:00
    assert_string_equal(text_of(leak, "valid_from_us"), "1102591800000000");  // 11:30
    assert_near(number(leak, "radius_m"), 2000, 0.5);
    assert_string_equal(text_of(burst, "alert_id"), "M/north");
    assert_near(number(burst, "severity"), 3, 0);
    assert_near(number(burst, "declination_deg"), 89.5, 1e-6);
    assert_string_equal(text_of(burst, "valid_until_us"), "1102599900000000"); // 11:45 + 2 h
    const json_t *sources = json_object_get(root, "sources"), *one;
    size_t at, told = 0;
    json_array_foreach(sources, at, one) told +=
        strcmp(text_of(one, "licence"), "CC0") == 0
        || strcmp(text_of(one, "licence"), "NASA") == 0;
    assert_int_equal(told, 2);
}

static void query__alerts_in_force_there__are_shown_with_their_provenances(void **state)
{
    (void)state;
    char folder[] = "/tmp/drf-query-XXXXXX", path[64];
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/region.gpkg", folder);
    struct fusion_store *store;
    struct fusion_fabric *fabric;
    open_store(path, &store, &fabric);
    add_cap(fabric, "leak", "43.65,-79.38 2", "2004-12-09T13:00:00-00:00", 0);
    add_cap(fabric, "over", "43.65,-79.38 2", "2004-12-09T11:45:00-00:00", 1);
    add_cap(fabric, "elsewhere", "43.75,-79.25 2", "2004-12-09T13:00:00-00:00", 2);
    add_gcn(fabric, "north", 89.5, 0);  // never sets in the north
    add_gcn(fabric, "south", -89.5, 1); // never rises there
    finish_store(store, fabric);

    const char *words[] = {"--store", path, "43.65", "-79.38", "--json"};
    char *text = query(words, 5, 0);
    json_t *root = json_loads(text, 0, NULL);
    assert_non_null(root);
    check_alerts(root);
    json_decref(root);
    free(text);
    text = query(words, 4, 0);
    assert_non_null(strstr(text, "alerts: 2 listed, 0 more"));
    assert_non_null(strstr(text, "Gas leak"));
    assert_non_null(strstr(text, "WARNING"));
    assert_non_null(strstr(text, "from 2004-12-09T11:30:00Z until 2004-12-09T13:00:00Z"));
    assert_non_null(strstr(text, "above the horizon here"));
    assert_non_null(strstr(text, "version 2004-12-09T12:00:00Z"));
    assert_non_null(strstr(text, "licence CC0"));
    assert_null(strstr(text, "elsewhere"));
    assert_null(strstr(text, "M/south"));
    free(text);
    remove_store(folder, path);
}

static void query__misused__says_how_to_use_it(void **state)
{
    (void)state;
    static const char *const misuses[][6] = {
        {"--store", "x.gpkg", "43.65", NULL},
        {"43.65", "-79.38", NULL},
        {"--store", "x.gpkg", "91", "0", NULL},
        {"--store", "x.gpkg", "nan", "0", NULL},
        {"--store", "x.gpkg", "1", "2", "3", NULL},
        {"--store", "x.gpkg", "1", "2", "--frobnicate", NULL}};
    for (size_t i = 0; i < sizeof misuses / sizeof misuses[0]; i++) {
        int count = 0;
        while (count < 6 && misuses[i][count] != NULL)
            count++;
        char *text = query(misuses[i], count, 2);
        assert_non_null(strstr(text, "usage: drf-edge query"));
        free(text);
    }
    const char *missing[] = {"--store", "/nonexistent/x.gpkg", "1", "2"};
    free(query(missing, 4, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(query__at_toronto__is_what_other_tools_read),
        cmocka_unit_test(query__alerts_in_force_there__are_shown_with_their_provenances),
        cmocka_unit_test(query__misused__says_how_to_use_it),
    };
    return cmocka_run_group_tests_name("edge/query", tests, NULL, NULL);
}
