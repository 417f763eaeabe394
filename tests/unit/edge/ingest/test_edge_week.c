// SPDX-License-Identifier: Apache-2.0
// A week of updates in simulated time: weather each hour that expires, obstacles that come and
// go, terrain in ever new editions. The store stays within the bound that deploy/operations.md
// states ("How large"), and no slice of maintenance gives back more than it may.
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "edge/ingest/maintenance.h"
#include "fusion/store/store_info.h"
#include "fusion/store/store_maintenance.h"
#include "tests/support/fabric.h"

#define SECOND_US INT64_C(1000000)
#define HOUR_US (3600 * SECOND_US)
#define BEGIN_UTC_US INT64_C(1795374000000000)
#define PAGE_BYTES INT64_C(16384)
#define SPARE_BYTES INT64_C(1048576) // what the bound allows beyond the quarter
#define LOG_BYTES INT64_C(20971520)

enum {
    DAY = 24,
    WEEK = 7 * DAY,
    STEP_S = 30,
    FIELDS = 4,
    POINTS = 64,
    COMING = 12,            // obstacles each hour; each is there for a day
    EDITION_EVERY = 6,      // hours
    FLAT_AT = 5 * DAY,      // most of what the coverages held leaves at once
    SLICE_PAGES = 64,       // that one step of maintenance may give back
    KEEP_TOMBSTONES_H = 48, // so that a week shows them leave
};

struct week {
    struct spot spot;
    struct drf_config config;
    struct edge_metrics *metrics;
    struct edge_health health;
    struct edge_log log;
    struct edge_maintenance maintenance;
    struct edge_now now;
    int64_t most_log_bytes, most_slice_bytes, given_back_bytes;
};

static int begin(void **state)
{
    static struct week week;
    week = (struct week){.config.tombstone_keep_s = KEEP_TOMBSTONES_H * 3600,
                         .now = {.mono_us = SECOND_US, .utc_us = BEGIN_UTC_US}};
    spot_begin(&week.spot);
    if (edge_metrics_open(NULL, 0, &week.metrics) != DRF_OK)
        return 1;
    edge_health_init(&week.health);
    edge_log_init(&week.log);
    week.log.level = EDGE_LOG_ERROR;
    week.maintenance = (struct edge_maintenance){.config = &week.config,
                                                 .store = week.spot.store,
                                                 .metrics = week.metrics,
                                                 .health = &week.health,
                                                 .log = &week.log};
    *state = &week;
    return 0;
}

static int end(void **state)
{
    struct week *week = *state;
    edge_metrics_close(week->metrics);
    spot_end(&week->spot);
    return 0;
}

static struct fusion_store_sizes sizes_of(const struct week *week)
{
    struct fusion_store_sizes sizes;
    assert_int_equal(fusion_store_sizes(week->spot.store, &sizes), DRF_OK);
    return sizes;
}

static void weather(struct week *week, int hour)
{
    static float values[POINTS * POINTS];
    struct geo_record_builder builder;
    geo_record_builder_init(&builder, 1 << 20);
    for (int i = 0; i < POINTS * POINTS; i++)
        values[i] = (float)(220 + (i * 31 + hour) % 97);
    for (int i = 0; i < FIELDS; i++) {
        const struct geo_field field = {
            .variable = GEO_TEMPERATURE,
            .statistic = GEO_STATISTIC_INSTANT,
            .lower_agl_m = 10 + 10 * i,
            .upper_agl_m = 10 + 10 * i,
            .reference_utc_us = week->now.utc_us,
            .valid_from_utc_us = week->now.utc_us + HOUR_US,
            .valid_until_utc_us = week->now.utc_us + HOUR_US,
            .grid = {.kind = GEO_GRID_LATLON,
                     .ni = POINTS,
                     .nj = POINTS,
                     .x0 = -80,
                     .y0 = 43,
                     .dx = 0.02,
                     .dy = 0.02,
                     .semi_major_m = 6371229,
                     .semi_minor_m = 6371229},
        };
        assert_int_equal(geo_record_add(&builder, GEO_ITEM_FIELD, &field, sizeof field, values,
                                        sizeof values),
                         DRF_OK);
    }
    char key[32];
    (void)snprintf(key, sizeof key, "run-%d", hour);
    struct fusion_message message = spot_message("wx", "wx", key, week->now.utc_us, 1);
    assert_int_equal(spot_apply(&week->spot, &message, spot_record(&builder)), FUSION_APPLIED);
    geo_record_builder_close(&builder);
}

static void tower(struct week *week, int number, bool there)
{
    const struct geo_bounds box = spot_keep();
    struct geo_obstacle tower = {
        .kind = "TOWER",
        .position = {box.south_deg + (box.north_deg - box.south_deg) * (number % 83 + 1) / 85,
                     box.west_deg + (box.east_deg - box.west_deg) * (number % 2 + 1) / 8},
        .agl_m = 40,
        .horizontal_acc95_m = 5,
        .vertical_acc95_m = 3,
        .flags = GEO_OBSTACLE_HAS_AGL,
        .geometry = GEO_GEOMETRY_POINT,
        .quantity = 1,
    };
    (void)snprintf(tower.id, sizeof tower.id, "crane-%d", number);
    struct geo_record_builder builder;
    geo_record_builder_init(&builder, 1 << 20);
    assert_int_equal(geo_record_add(&builder, GEO_ITEM_OBSTACLE, &tower, sizeof tower, NULL, 0),
                     DRF_OK);
    struct fusion_message message =
        spot_message("obs", "obs", tower.id, week->now.utc_us, there ? 1 : 2);
    message.tombstone = !there;
    assert_int_equal(spot_apply(&week->spot, &message,
                                there ? spot_record(&builder) : (struct geo_record){0}),
                     FUSION_APPLIED);
    geo_record_builder_close(&builder);
}

// Of one tile: rough and never twice the same, or flat, which takes up next to nothing.
static void terrain(struct week *week, size_t tile, uint64_t seed)
{
    static uint16_t cells[GEO_CELLS_COUNT];
    for (size_t i = 0; i < GEO_CELLS_COUNT; i++) {
        seed = seed * 6364136223846793005U + (seed != 0 ? 1442695040888963407U : 0);
        cells[i] = (uint16_t)(spot_cell(100) + (seed >> 53));
    }
    struct geo_record_builder builder;
    spot_raster(&builder, GEO_RASTER_GROUND, 2);
    spot_cells(&builder, tile, cells);
    char key[32];
    (void)snprintf(key, sizeof key, "sheet-%zu", tile);
    struct fusion_message message = spot_message("dtm-a", "dtm-a", key, week->now.utc_us, 1);
    assert_int_equal(spot_apply(&week->spot, &message, spot_record(&builder)), FUSION_APPLIED);
    geo_record_builder_close(&builder);
}

static void editions(struct week *week, int hour)
{
    if (hour == FLAT_AT)
        for (size_t tile = 0; tile < SPOT_TILES; tile++)
            terrain(week, tile, 0);
    else if (hour % EDITION_EVERY == 0)
        terrain(week, (size_t)(hour / EDITION_EVERY) % SPOT_TILES, (uint64_t)hour + 1);
}

static void commit(struct week *week)
{
    assert_int_equal(fusion_fabric_commit(week->spot.fabric, week->now.utc_us), DRF_OK);
    enum drf_status status;
    while ((status = fusion_store_tidy(week->spot.store)) == DRF_ERR_AGAIN)
        ;
    assert_int_equal(status, DRF_OK);
}

// What an hour's messages bring, shown and committed.
static void messages(struct week *week, int hour)
{
    weather(week, hour);
    for (int i = 0; i < COMING; i++) {
        tower(week, hour * COMING + i, true);
        if (hour >= DAY)
            tower(week, (hour - DAY) * COMING + i, false);
    }
    editions(week, hour);
    (void)spot_settle(&week->spot);
    commit(week);
    spot_render(&week->spot);
    commit(week);
}

// An hour of the ingest loop with nothing to do.
static void idle(struct week *week)
{
    for (int s = 0; s < 3600; s += STEP_S) {
        bool noted = edge_maintenance_clock(&week->maintenance, week->now);
        fusion_fabric_expire(week->spot.fabric, week->now.utc_us,
                             edge_maintenance_forgettable(&week->maintenance, week->now));
        if (fusion_store_pending_bytes(week->spot.store) > 0)
            commit(week);
        const int64_t before_bytes = sizes_of(week).file_bytes;
        noted =
            edge_maintenance_step(&week->maintenance,
                                  fusion_store_pending_bytes(week->spot.store) > 0, week->now)
            || noted;
        const struct fusion_store_sizes after = sizes_of(week);
        const int64_t slice_bytes = before_bytes - after.file_bytes;
        if (slice_bytes > week->most_slice_bytes)
            week->most_slice_bytes = slice_bytes;
        week->given_back_bytes += slice_bytes > 0 ? slice_bytes : 0;
        if (after.wal_bytes > week->most_log_bytes)
            week->most_log_bytes = after.wal_bytes;
        if (noted)
            commit(week);
        week->now.mono_us += STEP_S * SECOND_US;
        week->now.utc_us += STEP_S * SECOND_US;
    }
    (void)spot_publish(&week->spot);
}

// The size of a copy that holds nothing but what is.
static int64_t compacted(const struct week *week)
{
    char path[128];
    struct fusion_store_fault fault = {0};
    struct stat told;
    (void)snprintf(path, sizeof path, "%s.compact", week->spot.path);
    if (fusion_store_snapshot(week->spot.path, path, &fault) != DRF_OK)
        fail_msg("%s", fault.text);
    assert_int_equal(stat(path, &told), 0);
    assert_int_equal(unlink(path), 0);
    return told.st_size;
}

static void check_bound(const struct week *week, int hour, int64_t compact_bytes)
{
    const int64_t file_bytes = sizes_of(week).file_bytes;
    if (file_bytes > compact_bytes + compact_bytes / 4 + SPARE_BYTES)
        fail_msg("hour %d: %lld bytes, compact %lld", hour, (long long)file_bytes,
                 (long long)compact_bytes);
}

static void week__of_updates__keeps_the_store_within_its_bound(void **state)
{
    struct week *week = *state;
    int64_t settled_bytes = 0;
    for (int hour = 0; hour < WEEK; hour++) {
        messages(week, hour);
        idle(week);
        if (hour % EDITION_EVERY != 0)
            continue;
        const int64_t compact_bytes = compacted(week);
        check_bound(week, hour, compact_bytes);
        // As much comes as goes: the store of the fourth day is no smaller than later ones.
        if (hour < 4 * DAY)
            settled_bytes = compact_bytes;
        else if (compact_bytes > settled_bytes + settled_bytes / 10)
            fail_msg("hour %d: compact %lld bytes, and on the fourth day %lld", hour,
                     (long long)compact_bytes, (long long)settled_bytes);
    }
    assert_true(week->most_log_bytes <= LOG_BYTES);
    assert_int_equal(week->most_slice_bytes, SLICE_PAGES * PAGE_BYTES); // and it came to that
    assert_true(edge_metrics_value(week->metrics, EDGE_METRIC_STORE_FORGOTTEN, 0, 0) > 0);
    struct fusion_store_info info;
    assert_int_equal(fusion_store_info(week->spot.store, &info), DRF_OK);
    // Obstacles of a day, the sheets, and weather of the hours in use and a day longer.
    assert_in_range(info.live, DAY * COMING + SPOT_TILES, DAY * COMING + SPOT_TILES + DAY + 4);
    if (getenv("DRF_TELL") != NULL)
        print_message("compact %lld file %lld log %lld slice %lld given back %lld live %lld "
                      "tombstones %lld\n",
                      (long long)settled_bytes, (long long)sizes_of(week).file_bytes,
                      (long long)week->most_log_bytes, (long long)week->most_slice_bytes,
                      (long long)week->given_back_bytes, (long long)info.live,
                      (long long)info.tombstones);
    assert_int_equal(fusion_store_check(week->spot.store), DRF_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(week__of_updates__keeps_the_store_within_its_bound,
                                        begin, end),
    };
    return cmocka_run_group_tests_name("edge/week", tests, NULL, NULL);
}
