// SPDX-License-Identifier: Apache-2.0
// A refusal is a record: it marks its box, leaves what was good in force, and ends by what
// comes later; in any order, after a restart and after the feed was read again.
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "fusion/digest/content.h"
#include "fusion/root/unreadable.h"
#include "geo/bounds.h"
#include "tests/support/fabric.h"

#define SECOND_US INT64_C(1000000)
#define DAY_US (INT64_C(86400) * SECOND_US)

static const struct fusion_feed feeds[] = {
    {.name = "zones", .layer = FUSION_LAYER_ZONE, .licence = "Z"},
    {.name = "obs", .layer = FUSION_LAYER_OBSTACLE},
    {.name = "dtm", .layer = FUSION_LAYER_GROUND},
};

static void open_feeds(struct spot *spot)
{
    spot_open_with(spot, feeds, sizeof feeds / sizeof feeds[0], false);
}

static void begin(struct spot *spot)
{
    spot_begin(spot);
    spot_close(spot);
    open_feeds(spot);
}

static void reopen(struct spot *spot)
{
    spot_close(spot);
    open_feeds(spot);
}

// A box of a hundredth of a degree, the `place`-th from the south-west corner of what is kept.
static struct geo_bounds square(int place)
{
    struct geo_bounds keep = spot_keep();
    double west = keep.west_deg + 0.01 * place;
    return (struct geo_bounds){.west_deg = west,
                               .south_deg = keep.south_deg,
                               .east_deg = west + 0.009,
                               .north_deg = keep.south_deg + 0.009};
}

static enum fusion_outcome apply(struct spot *spot, struct fusion_message message,
                                 enum geo_item_kind kind, const void *head, size_t head_size,
                                 const void *tail, size_t tail_size)
{
    struct geo_record_builder builder;
    geo_record_builder_init(&builder, 1 << 20);
    assert_int_equal(geo_record_add(&builder, kind, head, head_size, tail, tail_size), DRF_OK);
    enum fusion_outcome outcome = spot_apply(spot, &message, spot_record(&builder));
    geo_record_builder_close(&builder);
    return outcome;
}

static enum fusion_outcome refuse_in(struct spot *spot, struct fusion_message message,
                                     const char *id, struct geo_bounds box, int64_t until_us)
{
    struct geo_unreadable what = {
        .box = box, .valid_until_utc_us = until_us, .code = GEO_REFUSAL_FORMAT};
    (void)snprintf(what.id, sizeof what.id, "%s", id);
    return apply(spot, message, GEO_ITEM_UNREADABLE, &what, sizeof what, NULL, 0);
}

static enum fusion_outcome refuse(struct spot *spot, const char *id, int place, int64_t second)
{
    return refuse_in(spot, spot_message("zones", "zones", id, second * SECOND_US, 1), id,
                     square(place), GEO_UNREADABLE_NO_END_US);
}

static enum fusion_outcome good_in(struct spot *spot, struct fusion_message message,
                                   const char *id)
{
    struct geo_zone zone = {.restriction = GEO_ZONE_PROHIBITED, .volume_count = 1};
    struct geo_bounds at = square(0);
    struct geo_zone_volume volume = {
        .shape = GEO_ZONE_CIRCLE, .centre = {at.south_deg, at.west_deg}, .radius_m = 100};
    (void)snprintf(zone.id, sizeof zone.id, "%s", id);
    return apply(spot, message, GEO_ITEM_ZONE, &zone, sizeof zone, &volume, sizeof volume);
}

static enum fusion_outcome good(struct spot *spot, const char *id, int64_t second)
{
    return good_in(spot, spot_message("zones", "zones", id, second * SECOND_US, 1), id);
}

static enum fusion_outcome withdraw(struct spot *spot, const char *id, int64_t second)
{
    struct fusion_message message = spot_message("zones", "zones", id, second * SECOND_US, 1);
    message.tombstone = true;
    return spot_apply(spot, &message, (struct geo_record){0});
}

// Why the layer of zones is not complete in a box, at a second.
static enum fusion_reason state_at(struct spot *spot, int place, int64_t second)
{
    fusion_fabric_expire(spot->fabric, second * SECOND_US, INT64_MIN);
    return fusion_unreadable_state(spot_settle(spot), FUSION_LAYER_ZONE, square(place),
                                   second * SECOND_US);
}

static size_t zones(struct spot *spot)
{
    const struct fusion_zone_bucket *all = spot_settle(spot)->zones_all;
    return all != NULL ? all->count : 0;
}

static void refusal__of_a_zone__marks_its_box_until_a_good_version(void **state)
{
    struct spot *spot = *state;
    assert_int_equal(state_at(spot, 0, 10), FUSION_REASON_NONE);
    assert_int_equal(good(spot, "a", 1), FUSION_APPLIED);
    assert_int_equal(refuse(spot, "a", 1, 2), FUSION_APPLIED);
    assert_int_equal(refuse(spot, "a", 1, 2), FUSION_DUPLICATE);
    assert_int_equal(state_at(spot, 1, 10), FUSION_REASON_UNREADABLE);
    assert_int_equal(state_at(spot, 3, 10), FUSION_REASON_NONE); // elsewhere nothing is missing
    assert_int_equal(zones(spot), 1);                            // what was good is in force
    assert_int_equal(fusion_unreadable_state(spot->root, FUSION_LAYER_OBSTACLE, square(1), 0),
                     FUSION_REASON_NONE);
    assert_int_equal(refuse(spot, "a", 2, 0), FUSION_SUPERSEDED); // older than what is refused
    assert_int_equal(good(spot, "a", 3), FUSION_APPLIED);
    assert_true((spot_settle(spot)->changes[0].layers & 1U << FUSION_LAYER_ZONE) != 0);
    assert_int_equal(state_at(spot, 1, 10), FUSION_REASON_NONE);
    assert_int_equal(refuse(spot, "a", 1, 2), FUSION_SUPERSEDED); // it was answered already
    assert_int_equal(state_at(spot, 1, 10), FUSION_REASON_NONE);
}

static void refusal__of_an_obstacle_or_of_terrain__concerns_the_surface_too(void **state)
{
    struct spot *spot = *state;
    (void)refuse_in(spot, spot_message("obs", "obs", "m", 5, 1), "o", square(1),
                    GEO_UNREADABLE_NO_END_US);
    // Of terrain the message's own key is the identity.
    (void)refuse_in(spot, spot_message("dtm", "dtm", "n43", 5, 1), "", square(3),
                    GEO_UNREADABLE_NO_END_US);
    const struct fusion_root *root = spot_settle(spot);
    assert_true(fusion_unreadable_touches(root, FUSION_LAYER_OBSTACLE, square(1), 0));
    assert_true(fusion_unreadable_touches(root, FUSION_LAYER_SURFACE, square(1), 0));
    assert_false(fusion_unreadable_touches(root, FUSION_LAYER_GROUND, square(1), 0));
    assert_true(fusion_unreadable_touches(root, FUSION_LAYER_GROUND, square(3), 0));
    assert_true(fusion_unreadable_touches(root, FUSION_LAYER_SURFACE, square(3), 0));
    struct fusion_message message = spot_message("dtm", "dtm", "n43", 6, 1);
    message.tombstone = true;
    assert_int_equal(spot_apply(spot, &message, (struct geo_record){0}), FUSION_APPLIED);
    assert_false(
        fusion_unreadable_touches(spot_settle(spot), FUSION_LAYER_GROUND, square(3), 0));
}

static void refusal__after_its_time__is_over(void **state)
{
    struct spot *spot = *state;
    (void)refuse_in(spot, spot_message("zones", "zones", "a", 0, 1), "a", square(1),
                    60 * SECOND_US);
    (void)refuse(spot, "b", 3, 0);
    assert_int_equal(state_at(spot, 1, 59), FUSION_REASON_UNREADABLE);
    assert_int_equal(state_at(spot, 1, 60), FUSION_REASON_NONE);
    assert_int_equal(state_at(spot, 3, 86399), FUSION_REASON_UNREADABLE);
    assert_int_equal(state_at(spot, 3, 86400), FUSION_REASON_NONE);
    assert_int_equal(state_at(spot, 3, 100), FUSION_REASON_UNREADABLE); // the clock went back
    fusion_fabric_expire(spot->fabric, 2 * DAY_US, 2 * DAY_US);
    assert_int_equal(state_at(spot, 3, 100), FUSION_REASON_NONE); // out of the truth
}

static void refusal__of_more_than_64__is_one_box_around_them(void **state)
{
    struct spot *spot = *state;
    const struct geo_bounds keep = spot_keep();
    for (int i = 0; i < 65; i++) {
        char id[16];
        (void)snprintf(id, sizeof id, "z%d", i);
        (void)refuse(spot, id, i % 2 == 0 ? 1 : 4, 5);
        const struct fusion_unreadables *list = spot_settle(spot)->unreadables;
        assert_int_equal(list->count, i < 64 ? i + 1 : 1);
    }
    const struct fusion_unreadable *all = &spot->root->unreadables->items[0];
    assert_int_equal(all->count, 65);
    assert_true(fabs(all->box.west_deg - (keep.west_deg + 0.01)) < 1e-12);
    assert_true(fabs(all->box.east_deg - (keep.west_deg + 0.049)) < 1e-12);
    (void)good(spot, "z64", 6);
    assert_int_equal(spot_settle(spot)->unreadables->count, 64);
}

static void refusal__in_an_edition__spares_what_was_good(void **state)
{
    struct spot *spot = *state;
    struct fusion_message first = spot_message("zones", "zones", "1", 100 * SECOND_US, 1);
    first.edition = "e1";
    first.edition_part = first.edition_parts = 1;
    assert_int_equal(good_in(spot, first, "a"), FUSION_APPLIED);
    assert_int_equal(refuse(spot, "old", 3, 50), FUSION_SUPERSEDED); // before a whole edition
    struct fusion_message second = spot_message("zones", "zones", "2", 200 * SECOND_US, 2);
    second.edition = "e2";
    second.edition_part = second.edition_parts = 1;
    assert_int_equal(refuse_in(spot, second, "a", square(1), GEO_UNREADABLE_NO_END_US),
                     FUSION_APPLIED);
    assert_int_equal(zones(spot), 1);
    assert_int_equal(state_at(spot, 1, 300), FUSION_REASON_UNREADABLE);
    struct fusion_message third = spot_message("zones", "zones", "3", 300 * SECOND_US, 3);
    third.edition = "e3";
    third.edition_part = third.edition_parts = 1;
    assert_int_equal(good_in(spot, third, "b"), FUSION_APPLIED);
    assert_int_equal(zones(spot), 1); // b alone: the edition does not name a any more
    assert_int_equal(state_at(spot, 1, 400), FUSION_REASON_NONE);
}

static void read_again(struct spot *spot, bool redo)
{
    assert_int_equal(fusion_fabric_resync_begin(spot->fabric, "zones", redo, false), DRF_OK);
}

static void sweep(struct spot *spot)
{
    size_t forgotten;
    bool again;
    enum drf_status status;
    while ((status = fusion_fabric_resync_sweep(spot->fabric, "zones", &forgotten, &again))
           == DRF_ERR_AGAIN)
        ;
    assert_int_equal(status, DRF_OK);
}

static void refusal__feed_read_again__stays_while_it_is_said(void **state)
{
    struct spot *spot = *state;
    (void)good(spot, "a", 1);
    (void)refuse(spot, "a", 1, 2);
    (void)refuse(spot, "b", 3, 2);
    read_again(spot, false); // the topic is compacted: of "a" only the last message is there
    assert_int_equal(refuse(spot, "a", 1, 2), FUSION_DUPLICATE);
    sweep(spot);
    assert_int_equal(state_at(spot, 1, 10), FUSION_REASON_UNREADABLE);
    assert_int_equal(state_at(spot, 3, 10), FUSION_REASON_NONE); // nobody says it any more
    assert_int_equal(zones(spot), 1);
    read_again(spot, false);
    sweep(spot);
    assert_int_equal(state_at(spot, 1, 10), FUSION_REASON_NONE);
    assert_int_equal(zones(spot), 0);
}

static void refusal__under_other_terms__replaces_what_was_understood(void **state)
{
    struct spot *spot = *state;
    (void)good(spot, "a", 1);
    read_again(spot, true);
    assert_int_equal(refuse(spot, "a", 1, 1), FUSION_APPLIED);
    sweep(spot);
    assert_int_equal(zones(spot), 0);
    assert_int_equal(state_at(spot, 1, 10), FUSION_REASON_UNREADABLE);
    read_again(spot, true);
    assert_int_equal(good(spot, "a", 1), FUSION_APPLIED);
    sweep(spot);
    assert_int_equal(zones(spot), 1);
    assert_int_equal(state_at(spot, 1, 10), FUSION_REASON_NONE);
}

// A message of a month ago, refused only now: by a node that was updated, or a new one.
static void refusal__of_an_old_message__is_kept_from_when_it_was_noted(void **state)
{
    struct spot *spot = *state;
    const int64_t now_s = 30 * 86400;
    (void)good(spot, "a", 1);
    fusion_fabric_expire(spot->fabric, now_s * SECOND_US, INT64_MIN);
    read_again(spot, true);
    assert_int_equal(refuse(spot, "a", 1, 1), FUSION_APPLIED);
    sweep(spot);
    assert_int_equal(state_at(spot, 1, now_s + 86399), FUSION_REASON_UNREADABLE);
    assert_int_equal(state_at(spot, 1, now_s + 86400), FUSION_REASON_NONE);
}

static void refusal__lost_with_its_topic__stays_for_its_day(void **state)
{
    struct spot *spot = *state;
    (void)refuse(spot, "a", 1, 2);
    assert_int_equal(fusion_fabric_resync_begin(spot->fabric, "zones", false, true), DRF_OK);
    sweep(spot);
    assert_int_equal(state_at(spot, 1, 10), FUSION_REASON_UNREADABLE);
}

static void refusal__imported__is_not_swept_with_its_feed(void **state)
{
    struct spot *spot = *state;
    struct fusion_message message = spot_message("zones", "zones", "a", SECOND_US, 1);
    message.topic = NULL;
    assert_int_equal(refuse_in(spot, message, "a", square(1), GEO_UNREADABLE_NO_END_US),
                     FUSION_APPLIED);
    read_again(spot, false);
    sweep(spot);
    assert_int_equal(state_at(spot, 1, 10), FUSION_REASON_UNREADABLE);
}

static void add_part(struct geo_record_builder *builder, const char *id, bool readable)
{
    const struct geo_bounds at = square(1);
    if (readable) {
        struct geo_obstacle part = {.geometry = GEO_GEOMETRY_POINT,
                                    .position = {at.south_deg, at.west_deg},
                                    .agl_m = 30,
                                    .horizontal_acc95_m = 5,
                                    .vertical_acc95_m = 1,
                                    .quantity = 1,
                                    .flags = GEO_OBSTACLE_HAS_AGL | GEO_OBSTACLE_NUMBERED};
        (void)snprintf(part.id, sizeof part.id, "%s", id);
        assert_int_equal(
            geo_record_add(builder, GEO_ITEM_OBSTACLE, &part, sizeof part, NULL, 0), DRF_OK);
        return;
    }
    struct geo_unreadable what = {
        .box = at, .valid_until_utc_us = GEO_UNREADABLE_NO_END_US, .code = GEO_REFUSAL_RANGE};
    (void)snprintf(what.id, sizeof what.id, "%s", id);
    assert_int_equal(geo_record_add(builder, GEO_ITEM_UNREADABLE, &what, sizeof what, NULL, 0),
                     DRF_OK);
}

static void parts(struct spot *spot, int64_t second, bool second_readable)
{
    struct geo_record_builder builder;
    struct fusion_message message = spot_message("obs", "obs", "L", second * SECOND_US, 1);
    geo_record_builder_init(&builder, 1 << 20);
    add_part(&builder, "L#1", true);
    add_part(&builder, "L#2", second_readable);
    (void)spot_apply(spot, &message, spot_record(&builder));
    geo_record_builder_close(&builder);
}

static size_t obstacles(struct spot *spot)
{
    const struct fusion_root *root = spot_settle(spot);
    size_t most = 0;
    for (size_t i = 0; i < (size_t)root->buckets.rows * root->buckets.columns; i++)
        if (root->features[i] != NULL && root->features[i]->count > most)
            most = root->features[i]->count;
    return most;
}

static void refusal__of_one_part_of_several__spares_what_that_part_was(void **state)
{
    struct spot *spot = *state;
    parts(spot, 1, true);
    assert_int_equal(obstacles(spot), 2);
    parts(spot, 2, false);
    assert_int_equal(obstacles(spot), 2);
    assert_true(fusion_unreadable_touches(spot->root, FUSION_LAYER_OBSTACLE, square(1), 0));
    assert_int_equal(fusion_fabric_resync_begin(spot->fabric, "obs", false, false), DRF_OK);
    parts(spot, 2, false);
    size_t forgotten;
    bool again;
    while (fusion_fabric_resync_sweep(spot->fabric, "obs", &forgotten, &again) == DRF_ERR_AGAIN)
        ;
    assert_int_equal(obstacles(spot), 2);
    assert_true(fusion_unreadable_touches(spot->root, FUSION_LAYER_OBSTACLE, square(1), 0));
    parts(spot, 3, true);
    assert_int_equal(obstacles(spot), 2);
    assert_false(
        fusion_unreadable_touches(spot_settle(spot), FUSION_LAYER_OBSTACLE, square(1), 0));
}

// A plan for later: how long a refusal is kept is no end of what was refused.
static void will_touch__later_than_it_is_kept__still_does(void **state)
{
    struct spot *spot = *state;
    (void)refuse(spot, "a", 1, 0);
    (void)refuse_in(spot, spot_message("zones", "zones", "b", 0, 1), "b", square(3),
                    60 * SECOND_US);
    const struct fusion_root *root = spot_settle(spot);
    assert_true(fusion_unreadable_will_touch(root, FUSION_LAYER_ZONE, square(1), SECOND_US,
                                             2 * DAY_US));
    assert_true(fusion_unreadable_will_touch(root, FUSION_LAYER_ZONE, square(3), SECOND_US,
                                             59 * SECOND_US));
    assert_false(fusion_unreadable_will_touch(root, FUSION_LAYER_ZONE, square(3), SECOND_US,
                                              60 * SECOND_US));
}

enum { MESSAGES = 9, TURNS = 200 };

static void say(struct spot *spot, int which)
{
    switch (which) {
    case 0:
        (void)good(spot, "a", 1);
        break;
    case 1:
        (void)refuse(spot, "a", 1, 2); // in force: a of second 1, marked
        break;
    case 2:
        (void)refuse(spot, "b", 2, 1);
        break;
    case 3:
        (void)good(spot, "b", 2); // good again
        break;
    case 4:
        (void)refuse(spot, "c", 3, 1);
        break;
    case 5:
        (void)withdraw(spot, "c", 2);
        break;
    case 6:
        (void)refuse(spot, "d", 4, 1);
        break;
    case 7:
        (void)refuse(spot, "d", 5, 3); // the newer refusal is somewhere else
        break;
    default:
        (void)refuse(spot, "a", 6, 1); // older, or as old as the good one and not greater
        break;
    }
}

static void digest_of(struct spot *spot, uint8_t out[static 32])
{
    assert_int_equal(
        fusion_content_digest(spot_settle(spot), INT64_MIN, FUSION_LAYER_ZONE, out), DRF_OK);
}

static unsigned next(uint64_t *seed)
{
    *seed = *seed * UINT64_C(6364136223846793005) + 1442695040888963407U;
    return (unsigned)(*seed >> 33);
}

static void refusal__in_any_order_with_kills__gives_the_same_marks(void **state)
{
    (void)state;
    uint8_t first[32], got[32];
    uint64_t seed = 1;
    for (int turn = 0; turn < TURNS; turn++) {
        struct spot spot;
        begin(&spot);
        int order[MESSAGES];
        for (int i = 0; i < MESSAGES; i++)
            order[i] = i;
        for (int i = MESSAGES - 1; i > 0 && turn > 0; i--) {
            int k = (int)(next(&seed) % (unsigned)(i + 1)), held = order[i];
            order[i] = order[k];
            order[k] = held;
        }
        int committed = 0;
        for (int i = 0; i < MESSAGES; i++) {
            say(&spot, order[i]);
            unsigned luck = next(&seed) % 8;
            if (turn > 0 && luck == 0) {
                assert_int_equal(fusion_fabric_commit(spot.fabric, 1), DRF_OK);
                committed = i + 1;
            } else if (turn > 0 && luck == 1) { // killed: read again from the last commit
                reopen(&spot);
                i = committed - 1;
            }
        }
        digest_of(&spot, turn == 0 ? first : got);
        assert_int_equal(state_at(&spot, 1, 10), FUSION_REASON_UNREADABLE);
        assert_int_equal(state_at(&spot, 3, 10), FUSION_REASON_NONE);
        assert_int_equal(state_at(&spot, 5, 10), FUSION_REASON_UNREADABLE);
        if (turn > 0)
            assert_memory_equal(first, got, sizeof first);
        spot_end(&spot);
    }
}

static int setup(void **state)
{
    static struct spot spot;
    begin(&spot);
    *state = &spot;
    return 0;
}

static int teardown(void **state)
{
    spot_end(*state);
    return 0;
}

#define ON_A_SPOT(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_A_SPOT(refusal__of_a_zone__marks_its_box_until_a_good_version),
        ON_A_SPOT(refusal__of_an_obstacle_or_of_terrain__concerns_the_surface_too),
        ON_A_SPOT(refusal__after_its_time__is_over),
        ON_A_SPOT(refusal__of_more_than_64__is_one_box_around_them),
        ON_A_SPOT(refusal__in_an_edition__spares_what_was_good),
        ON_A_SPOT(refusal__feed_read_again__stays_while_it_is_said),
        ON_A_SPOT(refusal__under_other_terms__replaces_what_was_understood),
        ON_A_SPOT(refusal__of_an_old_message__is_kept_from_when_it_was_noted),
        ON_A_SPOT(refusal__lost_with_its_topic__stays_for_its_day),
        ON_A_SPOT(refusal__imported__is_not_swept_with_its_feed),
        ON_A_SPOT(refusal__of_one_part_of_several__spares_what_that_part_was),
        ON_A_SPOT(will_touch__later_than_it_is_kept__still_does),
        cmocka_unit_test(refusal__in_any_order_with_kills__gives_the_same_marks),
    };
    return cmocka_run_group_tests_name("fusion/fabric_refusal", tests, NULL, NULL);
}
