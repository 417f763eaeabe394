// SPDX-License-Identifier: Apache-2.0
// Stations in the fabric: identities, versions of their observations, restart, digests.
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fusion/digest/content.h"
#include "fusion/store/store_info.h"
#include "tests/support/fabric.h"

#define MINUTE INT64_C(60000000)
#define BASE (INT64_C(1700000000) * 1000000)

static struct fusion_feed feeds[1];

static void open_weather(struct spot *spot)
{
    feeds[0] = (struct fusion_feed){.name = "metar",
                                    .layer = FUSION_LAYER_WEATHER,
                                    .licence = "L",
                                    .valid_for_us = 90 * MINUTE};
    spot_open_with(spot, feeds, sizeof feeds / sizeof feeds[0], false);
}

static void begin_weather(struct spot *spot)
{
    spot_begin(spot);
    spot_close(spot);
    open_weather(spot);
}

static struct geo_station station(const char *id, int64_t observed_us, double qnh_pa)
{
    struct geo_bounds keep = spot_keep();
    struct geo_station made = {.position = {(keep.south_deg + keep.north_deg) / 2,
                                            (keep.west_deg + keep.east_deg) / 2},
                               .observed_utc_us = observed_us,
                               .qnh_pa = qnh_pa,
                               .flags = GEO_STATION_PLACED | GEO_STATION_HAS_QNH};
    (void)snprintf(made.id, sizeof made.id, "%s", id);
    return made;
}

// Applied as one message of that time.
static enum fusion_outcome put(struct spot *spot, int64_t time_us,
                               const struct geo_station *stations, size_t count)
{
    struct geo_record_builder builder;
    geo_record_builder_init(&builder, 1 << 20);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(geo_record_add(&builder, GEO_ITEM_STATION, &stations[i],
                                        sizeof stations[i], NULL, 0),
                         DRF_OK);
    struct fusion_message message = spot_message("metar", "metar", "bulletin", time_us, 1);
    enum fusion_outcome outcome = spot_apply(spot, &message, spot_record(&builder));
    geo_record_builder_close(&builder);
    return outcome;
}

static enum fusion_outcome put_one(struct spot *spot, const char *id, int64_t observed_us,
                                   int64_t time_us, double qnh_pa)
{
    struct geo_station made = station(id, observed_us, qnh_pa);
    return put(spot, time_us, &made, 1);
}

// "AAAA:1013 BBBB:1000" of the stations that the root shows, hectopascal.
static void expect(struct spot *spot, const char *expected)
{
    char text[256] = "";
    size_t used = 0;
    const struct fusion_root *root = spot_settle(spot);
    for (size_t i = 0; root->stations != NULL && i < root->stations->count; i++) {
        const struct fusion_station *one = root->stations->items[i];
        assert_int_equal(one->valid_for_us, 90 * MINUTE);
        assert_string_equal(one->source->licence, "L");
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s:%.0f", i > 0 ? " " : "",
                                 one->station->id, one->station->qnh_pa / 100);
    }
    assert_string_equal(text, expected);
}

static void bulletin__two_stations__each_is_an_identity(void **state)
{
    (void)state;
    struct spot spot;
    begin_weather(&spot);
    const struct geo_station both[] = {station("BBBB", BASE, 100000),
                                       station("AAAA", BASE, 101300)};
    assert_int_equal(put(&spot, BASE + MINUTE, both, 2), FUSION_APPLIED);
    expect(&spot, "AAAA:1013 BBBB:1000");
    assert_int_equal(put(&spot, BASE + MINUTE, both, 2), FUSION_DUPLICATE);
    assert_int_equal(put_one(&spot, "AAAA", BASE + 30 * MINUTE, BASE + 31 * MINUTE, 101400),
                     FUSION_APPLIED);
    expect(&spot, "AAAA:1014 BBBB:1000");
    spot_end(&spot);
}

static void old_report__sent_again_later__does_not_undo_the_newer(void **state)
{
    (void)state;
    struct spot spot;
    begin_weather(&spot);
    assert_int_equal(put_one(&spot, "AAAA", BASE + 30 * MINUTE, BASE + 31 * MINUTE, 101400),
                     FUSION_APPLIED);
    assert_int_equal(put_one(&spot, "AAAA", BASE, BASE + 45 * MINUTE, 101300),
                     FUSION_SUPERSEDED);
    expect(&spot, "AAAA:1014");
    // a correction has the time of what it corrects, and comes later
    assert_int_equal(put_one(&spot, "AAAA", BASE + 30 * MINUTE, BASE + 40 * MINUTE, 101500),
                     FUSION_APPLIED);
    expect(&spot, "AAAA:1015");
    spot_end(&spot);
}

static void correction__sent_before_the_time_of_the_observation__replaces_it(void **state)
{
    (void)state;
    for (int turn = 0; turn < 4; turn++) { // either content, either order
        struct spot spot;
        begin_weather(&spot);
        const double first_pa = turn & 1 ? 101300 : 99000, right_pa = turn & 1 ? 99000 : 101300;
        for (int i = 0; i < 2; i++) {
            const bool correction = (i == 0) == (turn >= 2);
            (void)put_one(&spot, "AAAA", BASE, BASE - (correction ? 4 : 6) * MINUTE,
                          correction ? right_pa : first_pa);
        }
        expect(&spot, turn & 1 ? "AAAA:990" : "AAAA:1013");
        spot_end(&spot);
    }
}

static void tombstone__of_a_station__withdraws_it(void **state)
{
    (void)state;
    struct spot spot;
    begin_weather(&spot);
    assert_int_equal(put_one(&spot, "AAAA", BASE, BASE + MINUTE, 101300), FUSION_APPLIED);
    struct fusion_message gone = spot_message("metar", "metar", "AAAA", BASE + 10 * MINUTE, 1);
    gone.tombstone = true;
    assert_int_equal(spot_apply(&spot, &gone, (struct geo_record){0}), FUSION_APPLIED);
    expect(&spot, "");
    assert_int_equal(put_one(&spot, "AAAA", BASE, BASE + 20 * MINUTE, 101300),
                     FUSION_SUPERSEDED);
    assert_int_equal(put_one(&spot, "AAAA", BASE + 30 * MINUTE, BASE + 31 * MINUTE, 101200),
                     FUSION_APPLIED);
    expect(&spot, "AAAA:1012");
    spot_end(&spot);
}

static void station__outside__is_passed_over_unless_it_was_here(void **state)
{
    (void)state;
    struct spot spot;
    begin_weather(&spot);
    struct geo_station away = station("AAAA", BASE, 101300);
    away.flags |= GEO_STATION_OUTSIDE;
    assert_int_equal(put(&spot, BASE + MINUTE, &away, 1), FUSION_OUTSIDE);
    assert_int_equal(put_one(&spot, "AAAA", BASE + MINUTE, BASE + 2 * MINUTE, 101300),
                     FUSION_APPLIED);
    away.observed_utc_us = BASE + 3 * MINUTE;
    assert_int_equal(put(&spot, BASE + 4 * MINUTE, &away, 1), FUSION_APPLIED);
    expect(&spot, "");
    spot_end(&spot);
}

static void digest__any_order_and_after_a_restart__is_the_same(void **state)
{
    (void)state;
    uint8_t digests[2][32];
    for (int turn = 0; turn < 2; turn++) {
        struct spot spot;
        begin_weather(&spot);
        for (int i = 0; i < 3; i++) {
            int k = turn == 0 ? i : 2 - i;
            (void)put_one(&spot, k == 2 ? "BBBB" : "AAAA", BASE + k * 30 * MINUTE,
                          BASE + k * 30 * MINUTE + MINUTE, 101300 + k * 100);
        }
        expect(&spot, "AAAA:1014 BBBB:1015");
        assert_int_equal(fusion_fabric_commit(spot.fabric, BASE), DRF_OK);
        spot_close(&spot);
        open_weather(&spot);
        expect(&spot, "AAAA:1014 BBBB:1015");
        assert_int_equal(fusion_store_digest(spot.store, FUSION_LAYER_WEATHER, digests[turn]),
                         DRF_OK);
        spot_end(&spot);
    }
    assert_memory_equal(digests[0], digests[1], 32);
}

static int64_t rows(struct spot *spot)
{
    struct fusion_store_info info;
    assert_int_equal(fusion_fabric_commit(spot->fabric, BASE), DRF_OK);
    spot_render(spot);
    assert_int_equal(fusion_store_info(spot->store, &info), DRF_OK);
    assert_int_equal(info.stale, 0);
    return info.rendered[FUSION_LAYER_WEATHER];
}

static void row__follows_the_truth_also_over_a_restart(void **state)
{
    (void)state;
    struct spot spot;
    begin_weather(&spot);
    assert_int_equal(put_one(&spot, "AAAA", BASE, BASE, 101300), FUSION_APPLIED);
    assert_int_equal(put_one(&spot, "BBBB", BASE, BASE, 100000), FUSION_APPLIED);
    (void)spot_settle(&spot);
    assert_int_equal(fusion_fabric_commit(spot.fabric, BASE), DRF_OK);
    spot_close(&spot); // before anything was rendered
    open_weather(&spot);
    (void)spot_settle(&spot);
    assert_int_equal(rows(&spot), 2);
    fusion_fabric_expire(spot.fabric, BASE + 1500 * MINUTE, BASE + 76 * MINUTE);
    assert_int_equal(fusion_fabric_commit(spot.fabric, BASE), DRF_OK);
    spot_close(&spot);
    open_weather(&spot);
    (void)spot_settle(&spot);
    assert_int_equal(rows(&spot), 0);
    spot_end(&spot);
}

// It speaks for 75 minutes (schemas/weather.md).
static void observation__over_at_the_time_said__is_withdrawn_and_stays_so(void **state)
{
    (void)state;
    struct spot spot;
    uint8_t kept[32], deleted[32], before[32];
    begin_weather(&spot);
    assert_int_equal(put_one(&spot, "AAAA", BASE, BASE + MINUTE, 101300), FUSION_APPLIED);
    assert_int_equal(put_one(&spot, "BBBB", BASE + 90 * MINUTE, BASE + 90 * MINUTE, 100000),
                     FUSION_APPLIED);
    fusion_fabric_expire(spot.fabric, BASE + 525600 * MINUTE, INT64_MIN);
    fusion_fabric_expire(spot.fabric, BASE + 1500 * MINUTE, BASE + 75 * MINUTE);
    expect(&spot, "AAAA:1013 BBBB:1000");
    const int64_t over_us = BASE + 75 * MINUTE + 1;
    assert_int_equal(fusion_content_digest(spot.root, over_us, FUSION_LAYER_COUNT, kept),
                     DRF_OK);
    assert_int_equal(fusion_content_digest(spot.root, BASE, FUSION_LAYER_COUNT, before),
                     DRF_OK);
    assert_memory_not_equal(kept, before, sizeof kept);
    fusion_fabric_expire(spot.fabric, BASE + 1500 * MINUTE, over_us);
    expect(&spot, "BBBB:1000");
    assert_int_equal(fusion_content_digest(spot.root, over_us, FUSION_LAYER_COUNT, deleted),
                     DRF_OK);
    assert_memory_equal(kept, deleted, sizeof kept);
    assert_int_equal(put_one(&spot, "AAAA", BASE, BASE + MINUTE, 101300), FUSION_DUPLICATE);
    assert_int_equal(fusion_fabric_commit(spot.fabric, BASE), DRF_OK);
    spot_close(&spot);
    open_weather(&spot);
    expect(&spot, "BBBB:1000");
    spot_end(&spot);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bulletin__two_stations__each_is_an_identity),
        cmocka_unit_test(old_report__sent_again_later__does_not_undo_the_newer),
        cmocka_unit_test(correction__sent_before_the_time_of_the_observation__replaces_it),
        cmocka_unit_test(tombstone__of_a_station__withdraws_it),
        cmocka_unit_test(station__outside__is_passed_over_unless_it_was_here),
        cmocka_unit_test(digest__any_order_and_after_a_restart__is_the_same),
        cmocka_unit_test(row__follows_the_truth_also_over_a_restart),
        cmocka_unit_test(observation__over_at_the_time_said__is_withdrawn_and_stays_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
