// SPDX-License-Identifier: Apache-2.0
// Zones come and go by chance; what is shown is compared with a plain list of them, looked
// through from its beginning to its end.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fusion/fabric/zone_set.h"
#include "fusion/root/zone_walk.h"
#include "geo/bounds.h"

enum {
    ZONES = 300,
    ROUNDS = 60,
    BOXES = 40,
    COLUMNS = 6,
    ROWS = 4,
    LEVEL = FUSION_BUCKET_LEVEL
};

struct stage {
    struct fusion_provenance *provenances;
    struct fusion_retired retired;
    const struct fusion_source *sources[2];
    struct fusion_zone_set *set;
    struct fusion_root root;
    struct geo_bounds around; // the buckets, and a little more
    uint64_t random;
};

static double chance(struct stage *stage)
{
    stage->random = stage->random * 6364136223846793005U + 1442695040888963407U;
    return (double)(stage->random >> 40) / (double)(1 << 24);
}

static double between(struct stage *stage, double low, double high)
{
    return low + (high - low) * chance(stage);
}

static void stage_open(struct stage *stage, uint32_t first_column)
{
    *stage = (struct stage){.random = 17 + first_column};
    assert_int_equal(fusion_provenance_open(&stage->provenances), DRF_OK);
    for (int i = 0; i < 2; i++) {
        struct fusion_source source = {.feed = "zones"};
        (void)snprintf(source.source, sizeof source.source, "%s", i == 0 ? "north" : "east");
        assert_int_equal(
            fusion_provenance_acquire(stage->provenances, &source, &stage->sources[i]), DRF_OK);
    }
    stage->retired.context = stage->provenances;
    stage->root = (struct fusion_root){
        .buckets = {.first = {.level = LEVEL, .row = 500, .col = first_column},
                    .columns = COLUMNS,
                    .rows = ROWS}};
    assert_int_equal(fusion_zone_set_open(stage->root.buckets, stage->provenances,
                                          &stage->retired, &stage->set),
                     DRF_OK);
    struct geo_tile last = {.level = LEVEL,
                            .row = 500 + ROWS - 1,
                            .col = (first_column + COLUMNS - 1) % (2U << LEVEL)};
    struct geo_bounds nw = geo_tile_bounds(stage->root.buckets.first),
                      se = geo_tile_bounds(last);
    stage->around = (struct geo_bounds){nw.west_deg, se.south_deg, se.east_deg, nw.north_deg};
}

static void stage_close(struct stage *stage)
{
    fusion_zone_set_close(stage->set);
    fusion_retired_close(&stage->retired);
    for (int i = 0; i < 2; i++)
        fusion_provenance_release(stage->provenances, stage->sources[i]);
    fusion_provenance_close(stage->provenances);
}

static double wrapped(double lon_deg)
{
    return lon_deg > 180.0 ? lon_deg - 360.0 : lon_deg < -180.0 ? lon_deg + 360.0 : lon_deg;
}

// A box of any size near the buckets.
static struct geo_bounds any_box(struct stage *stage, double side_deg)
{
    struct geo_bounds a = stage->around;
    double width = a.east_deg - a.west_deg + (a.east_deg < a.west_deg ? 360.0 : 0.0);
    double west = a.west_deg + between(stage, -0.1, width + 0.1);
    double south = between(stage, a.south_deg - 0.1, a.north_deg + 0.1);
    return (struct geo_bounds){wrapped(west), south,
                               wrapped(west + between(stage, 0.0, side_deg)),
                               south + between(stage, 0.0, side_deg)};
}

static void add(struct stage *stage, int64_t id)
{
    struct geo_bounds box = any_box(stage, chance(stage) < 0.1 ? 0.5 : 0.02);
    struct geo_zone zone = {.restriction = GEO_ZONE_PROHIBITED,
                            .volume_count = 1,
                            .period_count = chance(stage) < 0.3 ? 1 : 0};
    // few names, so that many zones are called alike
    (void)snprintf(zone.id, sizeof zone.id, "Z%02d", (int)(chance(stage) * 40.0));
    const struct geo_zone_volume volume = {
        .shape = GEO_ZONE_CIRCLE,
        .centre = {box.south_deg, box.west_deg},
        .radius_m = 1.0 + (box.north_deg - box.south_deg) * 111000.0};
    const struct geo_zone_period period = {.from_utc_us = 0, .until_utc_us = 1000 + id};
    const struct geo_zone_view view = {.zone = &zone, .volumes = &volume, .periods = &period};
    if (fusion_zone_set_inside(stage->set, &view))
        assert_int_equal(
            fusion_zone_set_add(stage->set, id, 1, &view, stage->sources[chance(stage) < 0.5]),
            DRF_OK);
}

static void publish(struct stage *stage)
{
    struct fusion_zones_shown shown;
    assert_int_equal(fusion_zone_set_publish(stage->set, &shown), DRF_OK);
    stage->root.zones = shown.buckets;
    stage->root.zones_all = shown.all;
    stage->root.zones_timed = shown.timed;
}

static struct geo_bounds bucket_box(const struct stage *stage, size_t at)
{
    struct geo_tile tile = stage->root.buckets.first;
    tile.row += (uint32_t)(at / COLUMNS);
    tile.col = (tile.col + (uint32_t)(at % COLUMNS)) % (2U << LEVEL);
    return geo_tile_bounds(tile);
}

// Whether the bucket holds those of the set that touch the box (NULL: all) and no other, in
// order.
static void expect_bucket(const struct stage *stage, const struct fusion_zone_bucket *bucket,
                          const struct geo_bounds *box, bool timed)
{
    size_t expected = 0, cursor = 0;
    for (struct fusion_zone_entry *one = NULL;
         (one = fusion_zone_set_next(stage->set, &cursor, one)) != NULL;) {
        if ((box != NULL && !geo_bounds_touch(*box, one->zone->bounds))
            || (timed && one->zone->view.zone->period_count == 0))
            continue;
        expected++;
        bool held = false;
        for (size_t i = 0; bucket != NULL && i < bucket->count; i++)
            held = held || bucket->zones[i] == one->zone;
        assert_true(held);
    }
    assert_int_equal(bucket != NULL ? bucket->count : 0, expected);
    for (size_t i = 1; bucket != NULL && i < bucket->count; i++) {
        const struct fusion_zone *a = bucket->zones[i - 1], *b = bucket->zones[i];
        int order = strcmp(a->source->source, b->source->source);
        assert_true(order < 0
                    || (order == 0 && strcmp(a->view.zone->id, b->view.zone->id) <= 0));
    }
}

static void expect_walk(const struct stage *stage, struct geo_bounds box)
{
    size_t met = 0, expected = 0, cursor = 0;
    const struct fusion_zone *found[ZONES + ROUNDS], *zone;
    struct fusion_zone_walk walk = fusion_zone_walk_begin(&stage->root, box);
    while ((zone = fusion_zone_walk_next(&walk)) != NULL) {
        assert_true(met < sizeof found / sizeof found[0]);
        assert_true(geo_bounds_touch(box, zone->bounds));
        for (size_t i = 0; i < met; i++)
            assert_ptr_not_equal(found[i], zone);
        found[met++] = zone;
    }
    for (struct fusion_zone_entry *one = NULL;
         (one = fusion_zone_set_next(stage->set, &cursor, one)) != NULL;)
        expected += geo_bounds_touch(box, one->zone->bounds);
    assert_int_equal(met, expected);
}

static void come_and_go(uint32_t first_column)
{
    struct stage stage;
    stage_open(&stage, first_column);
    int64_t next_id = 1;
    for (; next_id <= ZONES; next_id++)
        add(&stage, next_id);
    assert_true(fusion_zone_set_count(stage.set) > ZONES / 3);
    for (int round = 0; round < ROUNDS; round++) {
        publish(&stage);
        expect_bucket(&stage, stage.root.zones_all, NULL, false);
        expect_bucket(&stage, stage.root.zones_timed, NULL, true);
        for (size_t at = 0; at < (size_t)COLUMNS * ROWS; at++) {
            struct geo_bounds box = bucket_box(&stage, at);
            expect_bucket(&stage, stage.root.zones[at], &box, false);
        }
        for (int i = 0; i < BOXES; i++)
            expect_walk(&stage, any_box(&stage, chance(&stage) < 0.2 ? 1.0 : 0.05));
        add(&stage, next_id++);
        for (int i = 0; i < 4; i++) {
            int64_t id = 1 + (int64_t)(chance(&stage) * (double)(next_id - 1));
            struct fusion_zone_entry *entry = fusion_zone_set_find(stage.set, id);
            if (entry != NULL)
                assert_int_equal(fusion_zone_set_remove(stage.set, entry), DRF_OK);
        }
        fusion_retired_acknowledge(&stage.retired, stage.retired.epoch++);
    }
    stage_close(&stage);
}

static void zone_set__zones_come_and_go__shows_each_where_it_touches(void **state)
{
    (void)state;
    come_and_go(2000);
}

static void zone_set__across_the_antimeridian__shows_each_where_it_touches(void **state)
{
    (void)state;
    come_and_go((2U << LEVEL) - 3);
}

static void zone_set__over__is_found_once_its_time_has_come(void **state)
{
    (void)state;
    struct stage stage;
    stage_open(&stage, 2000);
    for (int64_t id = 1; id <= ZONES; id++)
        add(&stage, id);
    for (int64_t utc_us = 1000; utc_us <= 1000 + ZONES; utc_us += 7) {
        struct fusion_zone_entry *over;
        while ((over = fusion_zone_set_over(stage.set, utc_us)) != NULL) {
            assert_int_equal(over->zone->view.zone->period_count, 1);
            assert_true(over->zone->view.periods[0].until_utc_us <= utc_us);
            assert_int_equal(fusion_zone_set_remove(stage.set, over), DRF_OK);
        }
        size_t cursor = 0;
        for (struct fusion_zone_entry *one = NULL;
             (one = fusion_zone_set_next(stage.set, &cursor, one)) != NULL;)
            assert_true(one->zone->view.zone->period_count == 0
                        || one->zone->view.periods[0].until_utc_us > utc_us);
    }
    stage_close(&stage);
}

// As many stand in the list of stale rows as say so of themselves; all that remain are given
// once each, the one that became stale first before the others.
static void zone_set__rows__are_given_while_they_are_stale(void **state)
{
    (void)state;
    struct stage stage;
    stage_open(&stage, 2000);
    int64_t next_id = 1;
    for (; next_id <= ZONES; next_id++)
        add(&stage, next_id);
    assert_true(fusion_zone_set_stale(stage.set)->row_stale);
    for (int i = 0; i < 20 * ZONES; i++) {
        int64_t id = 1 + (int64_t)(chance(&stage) * (double)(next_id - 1));
        struct fusion_zone_entry *entry = fusion_zone_set_find(stage.set, id);
        if (entry != NULL && chance(&stage) < 0.01)
            assert_int_equal(fusion_zone_set_remove(stage.set, entry), DRF_OK);
        else if (entry != NULL)
            fusion_zone_set_row(stage.set, entry, chance(&stage) < 0.5);
        else if (chance(&stage) < 0.02)
            add(&stage, next_id++);
    }
    size_t expected = 0, given = 0, cursor = 0;
    struct fusion_zone_entry *one = NULL, *last = NULL;
    while ((one = fusion_zone_set_next(stage.set, &cursor, one)) != NULL) {
        expected += one->row_stale ? 1 : 0;
        last = !one->row_stale ? one : last;
    }
    assert_non_null(last);
    fusion_zone_set_row(stage.set, last, true);
    expected++;
    struct fusion_zone_entry *before = NULL;
    for (; (one = fusion_zone_set_stale(stage.set)) != NULL; given++, before = one) {
        assert_true(one->row_stale);
        fusion_zone_set_row(stage.set, one, false);
    }
    assert_int_equal(given, expected);
    assert_ptr_equal(before, last);
    stage_close(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zone_set__rows__are_given_while_they_are_stale),
        cmocka_unit_test(zone_set__zones_come_and_go__shows_each_where_it_touches),
        cmocka_unit_test(zone_set__across_the_antimeridian__shows_each_where_it_touches),
        cmocka_unit_test(zone_set__over__is_found_once_its_time_has_come),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
