// SPDX-License-Identifier: Apache-2.0
// What a recording keeps of a configuration, and what a what-if may change of it.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "edge/config/config.h"

static const char text[] = "# Hunter1 is only a comment\n"
                           "region: {id: niagara, polygon_file: region.geojson}\n"
                           "node: {id: edge-1}\n"
                           "store: {path: region.gpkg}\n"
                           "kafka: {bootstrap.servers: localhost, sasl.password: Hunter2}\n"
                           "mqtt: {username: Hunter3, password: Hunter4}\n"
                           "http: {address: Hunter5}\n"
                           "journal: {path: Hunter6.mcap}\n"
                           "limits: {stale_after_ms: 2500}\n"
                           "feeds:\n"
                           "  - {name: dof, topic: obstacles, kind: obstacle, priority: 2}\n"
                           "  - {name: wx, topic: metar, kind: weather, format: metar,\n"
                           "     stations: stations.csv}\n";

struct place {
    char folder[64], path[3][96];
};

static const char *const names[] = {"node.yaml", "region.geojson", "stations.csv"};

static void put(const struct place *place, size_t number, const char *content)
{
    FILE *file = fopen(place->path[number], "wb");
    assert_non_null(file);
    assert_true(fputs(content, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void load(struct place *place, struct drf_config *config)
{
    struct drf_config_error error = {0};
    (void)snprintf(place->folder, sizeof place->folder, "/tmp/drf-config-XXXXXX");
    assert_non_null(mkdtemp(place->folder));
    for (size_t i = 0; i < 3; i++)
        (void)snprintf(place->path[i], sizeof place->path[i], "%s/%s", place->folder, names[i]);
    put(place, 0, text);
    put(place, 1,
        "{\"type\":\"Polygon\",\"coordinates\":[[[-80,43],[-79,43],[-79,44],[-79.5,44.2],"
        "[-80,44],[-80,43]]]}");
    put(place, 2, "id,lat,lon,elevation_m\nCYYZ,43.677,-79.631,173\n");
    if (drf_config_load(place->path[0], &error, config) != DRF_OK)
        fail_msg("%u: %s", error.line, error.text);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(unlink(place->path[i]), 0);
    assert_int_equal(rmdir(place->folder), 0);
}

static void text__of_a_recording__has_no_secret_and_the_rest(void **state)
{
    (void)state;
    struct place place;
    struct drf_config config;
    load(&place, &config);
    assert_null(strstr(config.text, "Hunter"));
    assert_null(strstr(config.text, "kafka"));
    assert_null(strstr(config.text, "mqtt"));
    assert_non_null(strstr(config.text, "niagara"));
    assert_non_null(strstr(config.text, "stale_after_ms"));
    assert_non_null(strstr(config.text, "obstacles"));
    drf_config_close(&config);
}

static void parse_recorded__reads_the_files_of_the_recording_and_no_other(void **state)
{
    (void)state;
    struct place place;
    struct drf_config config, again;
    struct drf_config_error error = {0};
    load(&place, &config); // the files are gone
    assert_int_equal(config.file_count, 2);
    assert_int_equal(drf_config_parse_recorded(config.text, strlen(config.text),
                                               config.directory, config.files,
                                               config.file_count, &error, &again),
                     DRF_OK);
    assert_int_equal(again.region.count, config.region.count);
    assert_int_equal(again.region.count, 5);
    assert_string_equal(again.region_id, "niagara");
    assert_int_equal(again.limits.stale_after_us, 2500000);
    assert_int_equal(again.feed_count, 2);
    assert_int_equal(again.feeds[0].priority, 2);
    assert_true(geo_station_table_hash(again.feeds[1].stations)
                == geo_station_table_hash(config.feeds[1].stations));
    // Of the sections that were left out the defaults.
    assert_string_equal(again.mqtt.password, "");
    assert_string_equal(again.journal.path, "");
    assert_int_equal(again.kafka_count, 0);
    drf_config_close(&again);
    for (size_t i = 0; i < config.file_count; i++) { // one of them is missing
        struct drf_config_file one = config.files[1 - i];
        assert_int_not_equal(drf_config_parse_recorded(config.text, strlen(config.text),
                                                       config.directory, &one, 1, &error,
                                                       &again),
                             DRF_OK);
        assert_non_null(strstr(error.text, strrchr(config.files[i].path, '/')));
    }
    drf_config_close(&config);
}

static void assert_set(struct drf_config *config, const char *setting, enum drf_status status)
{
    struct drf_config_error error = {0};
    enum drf_status got = drf_config_set(config, setting, &error);
    if (got != status)
        print_error("%s: %s %s\n", setting, drf_status_name(got), error.text);
    assert_int_equal(got, status);
    assert_int_equal(error.text[0] == '\0', status == DRF_OK);
}

static void set__of_a_limit_a_priority_or_a_default__changes_it(void **state)
{
    (void)state;
    struct place place;
    struct drf_config config;
    load(&place, &config);
    assert_set(&config, "limits.stale_after_ms=3100", DRF_OK);
    assert_set(&config, "feeds.dof.priority=-7", DRF_OK);
    assert_set(&config, "profile.clearance_min_m=31.5", DRF_OK);
    assert_set(&config, "profile.descent_max_mps=2.5", DRF_OK);
    assert_int_equal(config.limits.stale_after_us, 3100000);
    assert_int_equal(config.feeds[0].priority, -7);
    assert_true(config.profile.clearance_min_m == 31.5);
    assert_true(config.profile.descent_max_mps == 2.5);
    drf_config_close(&config);
}

static void set__of_anything_else__is_refused_and_changes_nothing(void **state)
{
    (void)state;
    struct place place;
    struct drf_config config;
    load(&place, &config);
    assert_set(&config, "limits", DRF_ERR_SYNTAX);
    assert_set(&config, "limits.stale_after_ms", DRF_ERR_SYNTAX);
    assert_set(&config, "stale_after_ms=3", DRF_ERR_SYNTAX);
    assert_set(&config, "feeds.priority=3", DRF_ERR_SYNTAX);
    assert_set(&config, "limits.nothing=3", DRF_ERR_ABSENT);
    assert_set(&config, "feeds.none.priority=3", DRF_ERR_ABSENT);
    assert_set(&config, "profile.nothing=3", DRF_ERR_ABSENT);
    assert_set(&config, "limits.stale_after_ms=1", DRF_ERR_RANGE);
    assert_set(&config, "limits.stale_after_ms=x", DRF_ERR_SYNTAX);
    assert_set(&config, "profile.clearance_min_m=nan", DRF_ERR_RANGE);
    assert_set(&config, "profile.clearance_min_m=1e9", DRF_ERR_RANGE);
    assert_set(&config, "profile.clearance_min_m=30m", DRF_ERR_RANGE);
    assert_set(&config, "profile.climb_max_mps=0", DRF_ERR_RANGE);
    assert_set(&config, "store.level=13", DRF_ERR_RANGE);
    assert_set(&config, "limits.look_ahead_max_m=100", DRF_ERR_RANGE);
    assert_set(&config, "node.mode=LIVE", DRF_ERR_RANGE);
    assert_set(&config, "feeds.dof.format=cap", DRF_ERR_RANGE);
    assert_set(&config, "feeds.wx.stations=other.csv", DRF_ERR_RANGE);
    assert_int_equal(config.limits.stale_after_us, 2500000);
    assert_int_equal(config.level, 12);
    assert_int_equal(config.feeds[0].priority, 2);
    drf_config_close(&config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text__of_a_recording__has_no_secret_and_the_rest),
        cmocka_unit_test(parse_recorded__reads_the_files_of_the_recording_and_no_other),
        cmocka_unit_test(set__of_a_limit_a_priority_or_a_default__changes_it),
        cmocka_unit_test(set__of_anything_else__is_refused_and_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
