// SPDX-License-Identifier: Apache-2.0
// The parts of a Multi-geometry, and twins: all of them are what the source last said of the id
// before the '#', in whatever order messages come.
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/fabric.h"

// A message of towers, their ids apart by blanks; "@" before one: it has its own '#'.
static enum fusion_outcome put(struct spot *spot, const char *ids, int64_t time_us)
{
    struct geo_record_builder builder;
    geo_record_builder_init(&builder, 1 << 20);
    char words[256];
    (void)snprintf(words, sizeof words, "%s", ids);
    for (char *id = strtok(words, " "); id != NULL; id = strtok(NULL, " ")) {
        const struct geo_bounds b = geo_tile_bounds(spot_tile(0));
        struct geo_obstacle o = {
            .geometry = GEO_GEOMETRY_POINT,
            .position = {(b.south_deg + b.north_deg) / 2, (b.west_deg + b.east_deg) / 2},
            .agl_m = 60,
            .horizontal_acc95_m = 5,
            .vertical_acc95_m = 3,
            .quantity = 1,
            .flags = GEO_OBSTACLE_HAS_AGL};
        const bool own = id[0] == '@', gone = id[0] == '-';
        (void)snprintf(o.id, sizeof o.id, "%s", id + (own || gone));
        o.flags |= strchr(o.id, '#') != NULL && !own ? (uint32_t)GEO_OBSTACLE_NUMBERED : 0;
        o.flags |= gone ? (uint32_t)GEO_OBSTACLE_WITHDRAWN : 0;
        assert_int_equal(geo_record_add(&builder, GEO_ITEM_OBSTACLE, &o, sizeof o, NULL, 0),
                         DRF_OK);
    }
    struct fusion_message message = spot_message("obs", "obs", "k", time_us, 1);
    enum fusion_outcome outcome = spot_apply(spot, &message, spot_record(&builder));
    geo_record_builder_close(&builder);
    return outcome;
}

// The ids that are shown, in the order of a bucket.
static void shows(struct spot *spot, const char *ids)
{
    const struct fusion_root *root = spot_settle(spot);
    char text[512] = "";
    for (size_t i = 0; i < (size_t)root->buckets.rows * root->buckets.columns; i++)
        for (size_t j = 0; root->features[i] != NULL && j < root->features[i]->count; j++) {
            size_t used = strlen(text);
            (void)snprintf(text + used, sizeof text - used, "%s%s", used > 0 ? " " : "",
                           root->features[i]->obstacles[j]->obstacle->id);
        }
    assert_string_equal(text, ids);
}

static void parts__that_are_no_longer_there__are_withdrawn(void **state)
{
    struct spot *spot = *state;
    put(spot, "pl#1 pl#2 pl#3", 1);
    shows(spot, "pl#1 pl#2 pl#3");
    assert_int_equal(put(spot, "pl#1 pl#2", 2), FUSION_APPLIED);
    shows(spot, "pl#1 pl#2");
    put(spot, "pl", 3); // one part: no Multi any more
    shows(spot, "pl");
    put(spot, "pl#1 pl#2", 4);
    shows(spot, "pl#1 pl#2");
    put(spot, "m m#2", 5); // of another id
    shows(spot, "m m#2 pl#1 pl#2");
    put(spot, "m", 6);
    shows(spot, "m pl#1 pl#2");
}

static void parts__of_an_older_message_that_comes_late__stay_out(void **state)
{
    struct spot *spot = *state;
    put(spot, "pl#1", 2);
    put(spot, "pl#1 pl#2 pl#3", 1);
    shows(spot, "pl#1");
    put(spot, "q", 2);
    put(spot, "q#1 q#2", 1);
    shows(spot, "pl#1 q");
    put(spot, "r#1 r#2", 2);
    put(spot, "r", 1);
    shows(spot, "pl#1 q r#1 r#2");
    put(spot, "-s", 2);
    put(spot, "s#1 s#2", 1);
    shows(spot, "pl#1 q r#1 r#2");
}

static void parts__of_an_id_that_is_withdrawn__go_with_it(void **state)
{
    struct spot *spot = *state;
    put(spot, "pl#1 pl#2 pl#3", 1);
    assert_int_equal(put(spot, "-pl", 2), FUSION_APPLIED);
    shows(spot, "");
    put(spot, "pl#1 pl#2", 3);
    struct fusion_message gone = spot_message("obs", "obs", "pl", 4, 1);
    gone.tombstone = true;
    assert_int_equal(spot_apply(spot, &gone, (struct geo_record){0}), FUSION_APPLIED);
    shows(spot, "");
}

static void parts__with_one_that_could_not_be_read__are_found_behind_it(void **state)
{
    struct spot *spot = *state;
    put(spot, "pl#1 pl#3 pl#5", 1);
    put(spot, "pl#1", 2);
    shows(spot, "pl#1");
}

static void an_id_of_its_own_with_a_number__is_no_part(void **state)
{
    struct spot *spot = *state;
    put(spot, "@tower#1 @tower#2", 1);
    put(spot, "tower", 2);
    shows(spot, "tower tower#1 tower#2");
    put(spot, "pl#1 pl#2", 2); // so that there are parts at all
    put(spot, "tower", 3);
    put(spot, "-tower", 4);
    shows(spot, "pl#1 pl#2 tower#1 tower#2");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, spot_setup, spot_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(parts__that_are_no_longer_there__are_withdrawn),
        CASE(parts__of_an_older_message_that_comes_late__stay_out),
        CASE(parts__of_an_id_that_is_withdrawn__go_with_it),
        CASE(parts__with_one_that_could_not_be_read__are_found_behind_it),
        CASE(an_id_of_its_own_with_a_number__is_no_part),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
