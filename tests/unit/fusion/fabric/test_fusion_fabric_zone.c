// SPDX-License-Identifier: Apache-2.0
// Zones in the fabric: identities, versions, editions, in any order and after a restart.
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fusion/digest/content.h"
#include "tests/support/fabric.h"

// A feed of obstacles gives way to one of zones.
static struct fusion_feed feeds[3];

static void open_zones(struct spot *spot)
{
    feeds[0] =
        (struct fusion_feed){.name = "zones", .layer = FUSION_LAYER_ZONE, .licence = "Z"};
    feeds[1] = (struct fusion_feed){.name = "obs", .layer = FUSION_LAYER_OBSTACLE};
    feeds[2] = (struct fusion_feed){.name = "alerts", .layer = FUSION_LAYER_ALERT};
    spot_open_with(spot, feeds, sizeof feeds / sizeof feeds[0], false);
}

static void begin_zones(struct spot *spot)
{
    spot_begin(spot);
    spot_close(spot);
    open_zones(spot);
}

static struct geo_point middle(void)
{
    struct geo_bounds keep = spot_keep();
    return (struct geo_point){(keep.south_deg + keep.north_deg) / 2,
                              (keep.west_deg + keep.east_deg) / 2};
}

struct made {
    struct geo_zone zone;
    struct geo_zone_volume volume;
};

static struct made circle(const char *id, double radius_m, uint32_t flags)
{
    struct made made = {
        .zone = {.restriction = GEO_ZONE_PROHIBITED, .flags = flags, .volume_count = 1},
        .volume = {.shape = GEO_ZONE_CIRCLE, .centre = middle(), .radius_m = radius_m}};
    (void)snprintf(made.zone.id, sizeof made.zone.id, "%s", id);
    return made;
}

static enum fusion_outcome put(struct spot *spot, struct fusion_message message,
                               const struct made *zones, size_t count)
{
    struct geo_record_builder builder;
    geo_record_builder_init(&builder, 1 << 20);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(geo_record_add(&builder, GEO_ITEM_ZONE, &zones[i].zone,
                                        sizeof zones[i].zone, &zones[i].volume,
                                        sizeof zones[i].volume),
                         DRF_OK);
    enum fusion_outcome outcome = spot_apply(spot, &message, spot_record(&builder));
    geo_record_builder_close(&builder);
    return outcome;
}

static enum fusion_outcome put_one(struct spot *spot, const char *id, double radius_m,
                                   uint32_t flags, int64_t time_us)
{
    struct made made = circle(id, radius_m, flags);
    return put(spot, spot_message("zones", "zones", id, time_us, 1), &made, 1);
}

static enum fusion_outcome withdraw(struct spot *spot, const char *id, int64_t time_us)
{
    struct fusion_message message = spot_message("zones", "zones", id, time_us, 1);
    message.tombstone = true;
    return spot_apply(spot, &message, (struct geo_record){0});
}

// "a:100 b:50" of the zones that the root shows, all of them in each bucket they touch.
static void expect(struct spot *spot, const char *expected)
{
    char text[256] = "";
    size_t used = 0;
    const struct fusion_root *root = spot_settle(spot);
    const struct fusion_zone_bucket *all = root->zones_all;
    for (size_t i = 0; all != NULL && i < all->count; i++) {
        const struct fusion_zone *zone = all->zones[i];
        size_t buckets = 0;
        for (size_t b = 0; b < (size_t)root->buckets.rows * root->buckets.columns; b++)
            for (size_t k = 0; root->zones[b] != NULL && k < root->zones[b]->count; k++)
                buckets += root->zones[b]->zones[k] == zone;
        assert_in_range(buckets, 1, 4);
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s:%.0f", i > 0 ? " " : "",
                                 zone->view.zone->id, zone->view.volumes[0].radius_m);
    }
    assert_string_equal(text, expected);
}

static void zone__newer_older_and_again__keeps_the_newest(void **state)
{
    (void)state;
    struct spot spot;
    begin_zones(&spot);
    assert_int_equal(put_one(&spot, "a", 100, 0, 2000000), FUSION_APPLIED);
    expect(&spot, "a:100");
    assert_true((spot.root->changes[0].layers & 1U << FUSION_LAYER_ZONE) != 0);
    assert_int_equal(put_one(&spot, "a", 50, 0, 1000000), FUSION_SUPERSEDED);
    assert_int_equal(put_one(&spot, "a", 100, 0, 2000000), FUSION_DUPLICATE);
    expect(&spot, "a:100");
    assert_int_equal(put_one(&spot, "a", 200, 0, 3000000), FUSION_APPLIED);
    expect(&spot, "a:200");
    assert_int_equal(put_one(&spot, "a", 1, GEO_ZONE_OUTSIDE, 4000000), FUSION_APPLIED);
    expect(&spot, "");
    assert_int_equal(spot.root->change_count, 1); // who was told of it learns that it is gone
    assert_int_equal(spot.root->changes[0].layers, 1U << FUSION_LAYER_ZONE);
    assert_int_equal(put_one(&spot, "b", 1, GEO_ZONE_OUTSIDE, 4000000), FUSION_OUTSIDE);
    assert_int_equal(put_one(&spot, "a", 100, 0, 5000000), FUSION_APPLIED);
    assert_int_equal(put_one(&spot, "a", 100, GEO_ZONE_WITHDRAWN, 6000000), FUSION_APPLIED);
    expect(&spot, "");
    spot_end(&spot);
}

static void zone__after_a_restart__is_what_it_was_and_its_row_too(void **state)
{
    (void)state;
    struct spot spot;
    begin_zones(&spot);
    (void)put_one(&spot, "a", 100, 0, 1000000);
    (void)put_one(&spot, "b", 50, 0, 1000000);
    expect(&spot, "a:100 b:50");
    assert_int_equal(fusion_fabric_commit(spot.fabric, 1), DRF_OK);
    spot_close(&spot); // before anything was rendered
    open_zones(&spot);
    expect(&spot, "a:100 b:50");
    spot_render(&spot);
    assert_int_equal(withdraw(&spot, "b", 2000000), FUSION_APPLIED);
    assert_int_equal(fusion_fabric_commit(spot.fabric, 1), DRF_OK);
    spot_render(&spot);
    spot_close(&spot);
    open_zones(&spot);
    expect(&spot, "a:100");
    assert_string_equal(spot.root->zones_all->zones[0]->source->licence, "Z");
    spot_end(&spot);
}

static void zone__not_in_a_newer_edition__is_withdrawn(void **state)
{
    (void)state;
    struct spot spot;
    begin_zones(&spot);
    (void)put_one(&spot, "old", 10, 0, 1000000);
    const struct made zones[] = {circle("a", 100, 0), circle("b", 50, 0)};
    for (uint32_t part = 1; part <= 2; part++) {
        struct fusion_message message =
            spot_message("zones", "zones", zones[part - 1].zone.id, 2000000, 1);
        message.edition = "summer";
        message.edition_part = part;
        message.edition_parts = 2;
        (void)put(&spot, message, &zones[part - 1], 1);
        if (part == 1)
            expect(&spot, "a:100 old:10");
    }
    expect(&spot, "a:100 b:50");
    spot_end(&spot);
}

static void zone__in_the_record_of_another_layer__is_refused(void **state)
{
    (void)state;
    struct spot spot;
    begin_zones(&spot);
    struct made made = circle("a", 100, 0);
    assert_int_equal(put(&spot, spot_message("obs", "obs", "a", 1, 1), &made, 1),
                     FUSION_REFUSED);
    spot_end(&spot);
}

// Every order of six messages about two zones: puts, a withdrawal, a change, a duplicate.
static void zones__in_any_order__end_as_the_same(void **state)
{
    (void)state;
    uint8_t first[32] = {0};
    for (unsigned turn = 0; turn < 720; turn += 7) {
        unsigned left[6] = {0, 1, 2, 3, 4, 5}, rest = turn;
        struct spot spot;
        begin_zones(&spot);
        for (unsigned n = 6; n > 0; n--) {
            unsigned at = rest % n, message = left[at];
            rest /= n;
            left[at] = left[n - 1];
            if (message < 3)
                (void)put_one(&spot, "a", 100 + message, 0, 1000000 * (int64_t)(message + 1));
            else if (message == 3)
                (void)withdraw(&spot, "b", 2000000);
            else
                (void)put_one(&spot, "b", 50, 0, 1000000);
        }
        expect(&spot, "a:102");
        uint8_t digest[32];
        assert_int_equal(fusion_fabric_commit(spot.fabric, 1), DRF_OK);
        assert_int_equal(fusion_store_digest(spot.store, FUSION_LAYER_ZONE, digest), DRF_OK);
        if (turn == 0)
            memcpy(first, digest, sizeof first);
        assert_memory_equal(digest, first, sizeof first);
        spot_end(&spot);
    }
}

// A zone, or an alert, that holds until then.
static enum fusion_outcome put_until(struct spot *spot, const char *id, bool alert,
                                     int64_t until_us)
{
    struct made made = circle(id, 100, 0);
    struct {
        struct geo_zone_volume volume;
        struct geo_zone_period period;
    } tail = {.volume = made.volume,
              .period = {.from_utc_us = GEO_ZONE_ALWAYS_FROM_US, .until_utc_us = until_us}};
    made.zone.period_count = 1;
    made.zone.alert = alert ? GEO_ALERT_INFO : 0;
    const char *feed = alert ? "alerts" : "zones";
    struct geo_record_builder builder;
    geo_record_builder_init(&builder, 1 << 20);
    assert_int_equal(geo_record_add(&builder, GEO_ITEM_ZONE, &made.zone, sizeof made.zone,
                                    &tail, sizeof tail),
                     DRF_OK);
    struct fusion_message message = spot_message(feed, feed, id, 1000000, 1);
    enum fusion_outcome outcome = spot_apply(spot, &message, spot_record(&builder));
    geo_record_builder_close(&builder);
    return outcome;
}

static size_t held(const struct fusion_zone_bucket *all)
{
    return all != NULL ? all->count : 0;
}

// A node that deleted what is over tells what one that did not, or was built anew, tells.
static void digest__of_what_is_over__is_the_same_deleted_or_not(void **state)
{
    (void)state;
    const int64_t end_us = INT64_C(1700000000000000), day_us = INT64_C(86400000000);
    struct spot spot;
    uint8_t kept[32], before[32], deleted[32], layer[32];
    begin_zones(&spot);
    assert_int_equal(put_until(&spot, "ends", false, end_us), FUSION_APPLIED);
    assert_int_equal(put_until(&spot, "ends", true, end_us), FUSION_APPLIED);
    (void)spot_settle(&spot);
    assert_int_equal(fusion_content_digest(spot.root, end_us, FUSION_LAYER_COUNT, kept),
                     DRF_OK);
    assert_int_equal(fusion_content_digest(spot.root, end_us - 1, FUSION_LAYER_COUNT, before),
                     DRF_OK);
    assert_memory_not_equal(kept, before, sizeof kept);
    for (int one = FUSION_LAYER_ZONE; one <= FUSION_LAYER_ALERT;
         one += FUSION_LAYER_ALERT - FUSION_LAYER_ZONE) { // each counts
        assert_int_equal(
            fusion_content_digest(spot.root, end_us, (enum fusion_layer)one, layer), DRF_OK);
        assert_int_equal(
            fusion_content_digest(spot.root, end_us - 1, (enum fusion_layer)one, before),
            DRF_OK);
        assert_memory_not_equal(layer, before, sizeof layer);
    }
    fusion_fabric_expire(spot.fabric, end_us + day_us, end_us);
    (void)spot_settle(&spot);
    assert_int_equal(held(spot.root->zones_all), 0);
    assert_int_equal(held(spot.root->alerts_all), 0);
    assert_int_equal(fusion_content_digest(spot.root, end_us, FUSION_LAYER_COUNT, deleted),
                     DRF_OK);
    assert_memory_equal(kept, deleted, sizeof kept);
    spot_end(&spot);
}

static void over__at_the_time_said__is_withdrawn_and_stays_so(void **state)
{
    (void)state;
    const int64_t end_us = INT64_C(1700000000000000), day_us = INT64_C(86400000000);
    struct spot spot;
    begin_zones(&spot);
    assert_int_equal(put_until(&spot, "ends", false, end_us), FUSION_APPLIED);
    assert_int_equal(put_until(&spot, "ends", true, end_us), FUSION_APPLIED);
    assert_int_equal(put_until(&spot, "lasts", true, end_us + 10 * day_us), FUSION_APPLIED);
    assert_int_equal(put_one(&spot, "always", 100, 0, 1000000), FUSION_APPLIED);
    // As long as nobody says that the clock can be trusted, a year ahead takes nothing.
    fusion_fabric_expire(spot.fabric, end_us + 365 * day_us, INT64_MIN);
    (void)spot_settle(&spot);
    assert_int_equal(held(spot.root->zones_all), 2);
    assert_int_equal(held(spot.root->alerts_all), 2);
    fusion_fabric_expire(spot.fabric, end_us + day_us, end_us - 1);
    (void)spot_settle(&spot);
    assert_int_equal(held(spot.root->zones_all), 2);
    assert_int_equal(held(spot.root->alerts_all), 2);
    fusion_fabric_expire(spot.fabric, end_us + day_us, end_us);
    (void)spot_settle(&spot);
    assert_int_equal(held(spot.root->zones_all), 1);
    assert_int_equal(held(spot.root->alerts_all), 1);
    assert_string_equal(spot.root->zones_all->zones[0]->view.zone->id, "always");
    assert_string_equal(spot.root->alerts_all->zones[0]->view.zone->id, "lasts");
    // The same message is still known, and after a restart it is still gone.
    assert_int_equal(put_until(&spot, "ends", false, end_us), FUSION_DUPLICATE);
    assert_int_equal(put_until(&spot, "ends", true, end_us), FUSION_DUPLICATE);
    assert_int_equal(fusion_fabric_commit(spot.fabric, end_us), DRF_OK);
    spot_close(&spot);
    open_zones(&spot);
    (void)spot_settle(&spot);
    assert_int_equal(held(spot.root->zones_all), 1);
    assert_int_equal(held(spot.root->alerts_all), 1);
    spot_end(&spot);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zone__newer_older_and_again__keeps_the_newest),
        cmocka_unit_test(zone__after_a_restart__is_what_it_was_and_its_row_too),
        cmocka_unit_test(zone__not_in_a_newer_edition__is_withdrawn),
        cmocka_unit_test(zone__in_the_record_of_another_layer__is_refused),
        cmocka_unit_test(zones__in_any_order__end_as_the_same),
        cmocka_unit_test(over__at_the_time_said__is_withdrawn_and_stays_so),
        cmocka_unit_test(digest__of_what_is_over__is_the_same_deleted_or_not),
    };
    return cmocka_run_group_tests_name("fusion/fabric_zone", tests, NULL, NULL);
}
