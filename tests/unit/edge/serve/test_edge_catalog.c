// SPDX-License-Identifier: Apache-2.0
// What edge/serve/catalog.h promises: a line for each source, honest about what is missing.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "edge/serve/catalog.h"
#include "tests/support/serve_scene.h"

static const struct fusion_source dem_north = {.feed = "dem",
                                               .source = "dem/agency",
                                               .licence = "CC0",
                                               .version = "n43",
                                               .priority = 10,
                                               .vertical_acc95_m = 9,
                                               .posting_m = 30,
                                               .data_time_utc_us = 1000};
static const struct fusion_source dem_south = {.feed = "dem",
                                               .source = "dem/agency",
                                               .licence = "CC0",
                                               .version = "n42",
                                               .priority = 10,
                                               .vertical_acc95_m = 12,
                                               .posting_m = 30,
                                               .data_time_utc_us = 2000};
static const struct fusion_source towers = {
    .feed = "dof", .source = "dof/faa", .data_time_utc_us = INT64_MIN};
static const struct fusion_source cranes = {
    .feed = "dof", .source = "dof/city", .data_time_utc_us = 5};

static const struct edge_wire_source *line_of(const struct edge_catalog *catalog,
                                              const char *source)
{
    const struct edge_wire_source *found = NULL;
    for (size_t i = 0; i < catalog->count; i++)
        if (strcmp(catalog->entries[i].source, source) == 0) {
            assert_null(found); // once each
            found = &catalog->entries[i];
        }
    assert_non_null(found);
    return found;
}

static void make__many_provenances__gives_one_line_for_each_source(void **state)
{
    (void)state;
    struct scene *scene = scene_open(1);
    struct drf_feed_config feeds[] = {
        {.name = "dem", .layer = FUSION_LAYER_GROUND},
        {.name = "dof", .layer = FUSION_LAYER_OBSTACLE},
        {.name = "met", .layer = FUSION_LAYER_WEATHER, .licence = "free"},
    };
    scene->config.feeds = feeds;
    scene->config.feed_count = 3;
    const struct fusion_source *north[] = {&dem_north}, *both[] = {&dem_north, &dem_south};
    const struct fusion_tile a = {.sources = north, .source_count = 1};
    const struct fusion_tile b = {.sources = both, .source_count = 2};
    scene->tiles[5] = &a;
    scene->tiles[6] = &b;
    enum { CRANES = 3, ALL = 1000 };
    static struct fusion_obstacle obstacles[ALL];
    static const struct fusion_obstacle *list[ALL];
    for (int i = 0; i < ALL; i++) {
        obstacles[i].source = i < CRANES ? &cranes : &towers;
        list[i] = &obstacles[i];
    }
    const struct fusion_bucket bucket = {.count = ALL, .obstacles = list};
    scene->buckets[7] = &bucket;
    struct fusion_root *root = &scene->roots[0];
    const struct fusion_source *raising[] = {&towers}; // obstacles stand in the surface as well
    const struct fusion_tile raised = {.sources = raising, .source_count = 1};
    scene->tiles[9] = &raised;
    root->layer_state[FUSION_LAYER_OBSTACLE] = FUSION_REASON_CATCHING_UP;

    struct edge_catalog catalog;
    edge_catalog_make(&scene->config, root, &catalog);
    assert_int_equal(catalog.count, 5);
    const struct edge_wire_source *geoid = line_of(&catalog, "EGM96");
    assert_non_null(strstr(geoid->version, "egm96_15.gtx")); // what Debian's proj-data installs
    assert_true(geoid->vertical_acc95_m > 0.0 && geoid->licence[0] != '\0');
    assert_int_equal(geoid->layer, 0);
    const struct edge_wire_source *dem = line_of(&catalog, "dem/agency");
    assert_string_equal(dem->version, "n42"); // the latest
    assert_true(dem->data_time_utc_us == 2000);
    assert_true(dem->vertical_acc95_m > 11.9 && dem->vertical_acc95_m < 12.1); // the coarsest
    assert_string_equal(dem->licence, "CC0");
    assert_int_equal(dem->layer, FUSION_LAYER_GROUND);
    assert_true(dem->posting_m > 29.9 && dem->posting_m < 30.1);
    assert_int_equal(dem->priority, 10);
    assert_int_equal(dem->reason, FUSION_REASON_NONE);
    assert_int_equal(line_of(&catalog, "dof/faa")->reason, FUSION_REASON_CATCHING_UP);
    assert_int_equal(line_of(&catalog, "dof/faa")->layer, FUSION_LAYER_OBSTACLE);
    assert_true(line_of(&catalog, "dof/faa")->vertical_acc95_m < 0); // it says none
    assert_true(line_of(&catalog, "dof/faa")->posting_m < 0);
    assert_true(line_of(&catalog, "dof/city")->data_time_utc_us == 5);
    const struct edge_wire_source *met = line_of(&catalog, "met"); // said nothing yet
    assert_int_equal(met->reason, FUSION_REASON_NO_DATA);
    assert_int_equal(met->layer, FUSION_LAYER_WEATHER);
    assert_string_equal(met->licence, "free");

    scene->config.feed_count = 0;
    scene_close(scene);
}

static void make__more_sources_than_there_is_room_for__are_counted_each_once(void **state)
{
    (void)state;
    struct scene *scene = scene_open(1);
    enum { SOURCES = EDGE_CATALOG_MAX - 1 + 20 }; // one is the geoid
    static struct fusion_source sources[SOURCES];
    static struct fusion_obstacle obstacles[2][SOURCES];
    static const struct fusion_obstacle *lists[2][SOURCES];
    struct fusion_bucket buckets[2];
    for (int k = 0; k < 2; k++) { // every source stands in two buckets
        for (int i = 0; i < SOURCES; i++) {
            sources[i] = (struct fusion_source){.feed = "dof", .data_time_utc_us = INT64_MIN};
            (void)snprintf(sources[i].source, sizeof sources[i].source, "dof/%03d", i);
            obstacles[k][i].source = &sources[i];
            lists[k][i] = &obstacles[k][i];
        }
        buckets[k] = (struct fusion_bucket){.count = SOURCES, .obstacles = lists[k]};
        scene->buckets[k + 3] = &buckets[k];
    }
    static struct edge_catalog catalog;
    edge_catalog_make(&scene->config, &scene->roots[0], &catalog);
    assert_int_equal(catalog.count, EDGE_CATALOG_MAX);
    assert_int_equal(catalog.left_out, 20);
    scene_close(scene);
}

static void make__versions_without_a_data_time__names_the_last_issued(void **state)
{
    (void)state;
    struct scene *scene = scene_open(1);
    static const struct fusion_source of[] = {
        {.feed = "dem", .source = "dem/a", .version = "1", .issue_utc_us = 5},
        {.feed = "dem", .source = "dem/a", .version = "2", .issue_utc_us = 7},
        {.feed = "dem", .source = "dem/a", .version = "3", .issue_utc_us = 6}};
    const struct fusion_source *sources[] = {&of[0], &of[1], &of[2]};
    const struct fusion_tile tile = {.sources = sources, .source_count = 3};
    scene->tiles[5] = &tile;
    struct edge_catalog catalog;
    edge_catalog_make(&scene->config, &scene->roots[0], &catalog);
    assert_string_equal(line_of(&catalog, "dem/a")->version, "2");
    assert_true(line_of(&catalog, "dem/a")->issue_utc_us == 7);
    scene_close(scene);
}

static void make__traffic__names_who_reports_it(void **state)
{
    (void)state;
    struct scene *scene = scene_open(1);
    static const struct fusion_source air = {.feed = "air",
                                             .source = "air/receiver-3",
                                             .licence = "ours",
                                             .issue_utc_us = INT64_MIN,
                                             .data_time_utc_us = INT64_MIN};
    const struct fusion_track tracks[] = {{.source = &air}, {.source = &air}};
    const struct fusion_traffic traffic = {.count = 2, .tracks = tracks};
    scene->roots[0].traffic = &traffic;
    struct edge_catalog catalog;
    edge_catalog_make(&scene->config, &scene->roots[0], &catalog);
    const struct edge_wire_source *line = line_of(&catalog, "air/receiver-3");
    assert_int_equal(line->layer, FUSION_LAYER_TRAFFIC);
    assert_string_equal(line->licence, "ours");
    assert_false(line->has_coverage); // it would be new with every report
    scene_close(scene);
}

static void make__a_weather_grid__covers_what_its_corners_do(void **state)
{
    (void)state;
    struct scene *scene = scene_open(1);
    const struct geo_field whole = {.variable = GEO_TEMPERATURE,
                                    .grid = {.kind = GEO_GRID_LATLON,
                                             .ni = 11,
                                             .nj = 6,
                                             .x0 = -80.0,
                                             .y0 = 44.0,
                                             .dx = 0.1,
                                             .dy = -0.2,
                                             .semi_major_m = 6371229,
                                             .semi_minor_m = 6371229}};
    const struct fusion_source eta = {.feed = "eta", .source = "eta"};
    const struct fusion_field field = {.field = &whole, .source = &eta};
    const struct fusion_weather weather = {.count = 1, .fields = &field};
    scene->roots[0].weather = &weather;
    static struct edge_catalog catalog;
    edge_catalog_make(&scene->config, &scene->roots[0], &catalog);
    const struct edge_wire_source *line = line_of(&catalog, "eta");
    assert_true(line->has_coverage);
    assert_true(line->coverage.west_deg > -80.001 && line->coverage.west_deg < -79.999);
    assert_true(line->coverage.east_deg > -79.001 && line->coverage.east_deg < -78.999);
    assert_true(line->coverage.south_deg > 42.999 && line->coverage.south_deg < 43.001);
    assert_true(line->coverage.north_deg > 43.999 && line->coverage.north_deg < 44.001);
    scene_close(scene);
}

static size_t catalogs(const struct scene *scene)
{
    size_t count = 0;
    for (size_t i = 0; i < scene->sent_count; i++)
        if (strcmp(scene->sent[i].topic, "drf-test/v1/regions/sim-toronto/nodes/n1/catalog")
            == 0) {
            assert_true(scene->sent[i].out.retain);
            count++;
        }
    return count;
}

static void step__a_new_root__sends_the_catalogue_only_when_it_says_something_new(void **state)
{
    (void)state;
    struct scene *scene = scene_open(1);
    scene_step(scene);
    assert_int_equal(catalogs(scene), 1); // the first connection
    for (int i = 0; i < 20; i++) {
        scene_root(scene, NULL, 0);
        scene_step(scene);
        scene_run(scene, SCENE_SECOND);
    }
    assert_int_equal(catalogs(scene), 1);
    const struct fusion_source *one[] = {&dem_north};
    const struct fusion_tile tile = {.sources = one, .source_count = 1};
    scene->tiles[5] = &tile;
    scene_root(scene, NULL, 0);
    scene_step(scene);
    scene_run(scene, 6 * SCENE_SECOND);
    assert_int_equal(catalogs(scene), 2);
    scene->session++;
    scene_step(scene);
    assert_int_equal(catalogs(scene), 3);
    scene_close(scene);
}

static void step__with_nothing_but_new_numbers__sends_them_once_a_minute(void **state)
{
    (void)state;
    struct scene *scene = scene_open(1);
    struct drf_feed_config feed = {
        .name = "met", .layer = FUSION_LAYER_WEATHER, .interval_us = 10 * SCENE_SECOND};
    scene->config.feeds = &feed;
    scene->config.feed_count = 1;
    static struct edge_source_stats source_stats;
    struct edge_now now = {.mono_us = 0, .utc_us = 0};
    edge_source_stats_init(&source_stats, &scene->config, now);
    edge_serve_use_source_stats(scene->serve, &source_stats);
    scene->roots[0].layer_state[FUSION_LAYER_WEATHER] = FUSION_REASON_NONE;
    scene_step(scene);
    scene_run(scene, 20 * SCENE_SECOND);
    assert_int_equal(catalogs(scene), 1);
    for (int i = 0; i < 7; i++) { // ages and rates go out now and then
        edge_source_stats_note(&source_stats, 0, "met", NULL, now);
        scene_run(scene, 10 * SCENE_SECOND);
    }
    assert_int_equal(catalogs(scene), 2);
    scene->config.feed_count = 0;
    scene_close(scene);
}

static const struct edge_log nowhere = {.fd = -1, .level = EDGE_LOG_ERROR};

static void behaviour__of_traffic_and_alert_feeds__has_coverage_rate_and_age(void **state)
{
    (void)state;
    struct scene *scene = scene_open(1);
    struct drf_feed_config feeds[] = {
        {.name = "adsb", .layer = FUSION_LAYER_TRAFFIC, .interval_us = 10 * SCENE_SECOND},
        {.name = "cap", .layer = FUSION_LAYER_ALERT, .licence = "CC0"},
    };
    scene->config.feeds = feeds;
    scene->config.feed_count = 2;
    static struct edge_source_stats source_stats;
    static struct edge_catalog catalog;
    struct edge_now now = {.mono_us = 0, .utc_us = 1000 * SCENE_SECOND};
    edge_source_stats_init(&source_stats, &scene->config, now);
    edge_catalog_make(&scene->config, &scene->roots[0], &catalog);
    edge_catalog_add_stats(&catalog, &source_stats, true);
    assert_int_equal(line_of(&catalog, "adsb")->reason, FUSION_REASON_NO_DATA); // not a word
    assert_int_equal(line_of(&catalog, "cap")->reason, FUSION_REASON_NO_DATA);

    // Two lists a second for 30 s, though none of them has an aircraft; one alert.
    const struct fusion_source said = {
        .feed = "cap", .source = "cap", .licence = "CC0", .data_time_utc_us = INT64_MIN};
    const struct geo_zone zone = {.id = "a", .alert = GEO_ALERT_INFO};
    const struct fusion_zone alert = {
        .view = {.zone = &zone}, .bounds = {-80, 43, -79, 44}, .source = &said};
    const struct fusion_zone *const list[] = {&alert};
    const struct fusion_zone_bucket all = {.count = 1, .zones = list};
    scene->roots[0].alerts_all = &all;
    edge_source_stats_note(&source_stats, 1, "cap", NULL, now);
    for (int i = 0; i < 60; i++) {
        now.mono_us += SCENE_SECOND / 2;
        now.utc_us += SCENE_SECOND / 2;
        edge_source_stats_note(&source_stats, 0, "adsb", NULL, now);
        if (i % 2 != 0)
            edge_source_stats_second(&source_stats, &nowhere, now);
    }
    edge_catalog_make(&scene->config, &scene->roots[0], &catalog);
    edge_catalog_add_stats(&catalog, &source_stats, true);
    const struct edge_wire_source *adsb = line_of(&catalog, "adsb");
    assert_int_equal(adsb->reason, FUSION_REASON_NONE);
    assert_true(adsb->received_utc_us == now.utc_us);
    assert_int_equal(adsb->records, 60);
    // A mean that fades over a minute: 2 (1 - exp(-1/2)) after half of one.
    assert_true(adsb->records_per_s > 0.75 && adsb->records_per_s < 0.85);
    const struct edge_wire_source *cap = line_of(&catalog, "cap");
    assert_int_equal(cap->reason, FUSION_REASON_NONE);
    assert_int_equal(cap->layer, FUSION_LAYER_ALERT);
    assert_string_equal(cap->licence, "CC0");
    assert_true(cap->received_utc_us == 1000 * SCENE_SECOND);
    assert_true(cap->has_coverage && cap->coverage.west_deg <= -80 + 1e-9
                && cap->coverage.north_deg >= 44 - 1e-9);

    // Silent for longer than it says: stale.
    for (int i = 0; i < 20; i++) {
        now.mono_us += SCENE_SECOND;
        now.utc_us += SCENE_SECOND;
        edge_source_stats_second(&source_stats, &nowhere, now);
    }
    edge_catalog_make(&scene->config, &scene->roots[0], &catalog);
    edge_catalog_add_stats(&catalog, &source_stats, true);
    assert_int_equal(line_of(&catalog, "adsb")->reason, FUSION_REASON_STALE);
    scene->roots[0].alerts_all = NULL;
    scene->config.feed_count = 0;
    scene_close(scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(make__many_provenances__gives_one_line_for_each_source),
        cmocka_unit_test(make__more_sources_than_there_is_room_for__are_counted_each_once),
        cmocka_unit_test(make__versions_without_a_data_time__names_the_last_issued),
        cmocka_unit_test(make__traffic__names_who_reports_it),
        cmocka_unit_test(make__a_weather_grid__covers_what_its_corners_do),
        cmocka_unit_test(step__a_new_root__sends_the_catalogue_only_when_it_says_something_new),
        cmocka_unit_test(step__with_nothing_but_new_numbers__sends_them_once_a_minute),
        cmocka_unit_test(behaviour__of_traffic_and_alert_feeds__has_coverage_rate_and_age),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
