// SPDX-License-Identifier: Apache-2.0
// What fusion/fabric/weather_set.h promises, seen through the fabric that owns the set.
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "fusion/root/weather.h"
#include "tests/support/fabric.h"

#define HOUR_US INT64_C(3600000000)
#define NOON_US (INT64_C(20000) * 24 * HOUR_US)

static struct geo_field field_of(uint32_t variable, int64_t from_us, int64_t until_us)
{
    return (struct geo_field){
        .variable = variable,
        .statistic = from_us == until_us ? GEO_STATISTIC_INSTANT : GEO_STATISTIC_ACCUMULATION,
        .lower_agl_m = 10,
        .upper_agl_m = 10,
        .reference_utc_us = NOON_US,
        .valid_from_utc_us = from_us,
        .valid_until_utc_us = until_us,
        .grid = {.kind = GEO_GRID_LATLON,
                 .ni = 2,
                 .nj = 2,
                 .x0 = -80,
                 .y0 = 43,
                 .dx = 1,
                 .dy = 1,
                 .semi_major_m = 6371229,
                 .semi_minor_m = 6371229},
    };
}

static enum fusion_outcome put_values(struct spot *spot, const char *key, int64_t time_us,
                                      const struct geo_field *fields, size_t count,
                                      const float values[4])
{
    struct geo_record_builder builder;
    geo_record_builder_init(&builder, 1 << 20);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(geo_record_add(&builder, GEO_ITEM_FIELD, &fields[i], sizeof fields[i],
                                        values, 4 * sizeof *values),
                         DRF_OK);
    struct fusion_message message = spot_message("wx", "wx", key, time_us, 1);
    enum fusion_outcome outcome = spot_apply(spot, &message, spot_record(&builder));
    geo_record_builder_close(&builder);
    return outcome;
}

static enum fusion_outcome put(struct spot *spot, const char *key, int64_t time_us,
                               const struct geo_field *fields, size_t count)
{
    static const float values[4] = {101, 102, 103, 104};
    return put_values(spot, key, time_us, fields, count, values);
}

// What a drone is told at 10 m, in the middle of the grid's cell.
static struct fusion_quantity ask(struct spot *spot, enum fusion_weather_item item,
                                  int64_t now_us)
{
    const struct fusion_weather_ask question = {
        .position = {43.5, -79.5}, .agl_known = true, .agl_m = 10, .now_utc_us = now_us};
    struct fusion_planes *planes;
    struct fusion_weather_at at;
    fusion_fabric_expire(spot->fabric, now_us, INT64_MIN);
    assert_int_equal(fusion_planes_open(&planes), DRF_OK);
    fusion_weather_ask(planes, spot_publish(spot), &question, &at);
    fusion_planes_close(planes);
    return at.items[item];
}

static size_t shown(struct spot *spot) { return spot_publish(spot)->weather->count; }

static void set__of_several_fields__is_ordered_and_indexed_by_variable(void **state)
{
    struct spot *spot = *state;
    struct geo_field later[2] = {
        field_of(GEO_TEMPERATURE, NOON_US + HOUR_US, NOON_US + HOUR_US),
        field_of(GEO_WIND_V, NOON_US, NOON_US)};
    struct geo_field early[2] = {field_of(GEO_TEMPERATURE, NOON_US, NOON_US),
                                 field_of(GEO_TEMPERATURE, NOON_US, NOON_US)};
    early[1].lower_agl_m = early[1].upper_agl_m = 2;
    early[0].reference_utc_us = early[1].reference_utc_us = NOON_US - 6 * HOUR_US; // older run
    assert_int_equal(put(spot, "early", 2, early, 2), FUSION_APPLIED);
    assert_int_equal(put(spot, "later", 1, later, 2), FUSION_APPLIED);
    const struct fusion_weather *w = spot_publish(spot)->weather;
    assert_int_equal(w->count, 4);
    assert_int_equal(w->first_of[GEO_WIND_V], 0);
    assert_int_equal(w->first_of[GEO_TEMPERATURE], 1);
    assert_int_equal(w->first_of[GEO_VISIBILITY], 4);
    assert_int_equal(w->first_of[GEO_VARIABLE_COUNT], 4);
    // The newer run is the better source; within one source the lower level comes first.
    assert_int_equal(w->fields[1].field->reference_utc_us, NOON_US);
    assert_true(w->fields[2].field->lower_agl_m < 5);
    assert_true(w->fields[3].field->lower_agl_m > 5);
    assert_string_equal(w->fields[1].source->source, "wx");
    assert_int_equal(w->fields[1].valid_for_us, HOUR_US);
    assert_true(w->fields[1].values[3] > 103.5F);
}

static void put__of_the_same_key__replaces_and_an_older_one_does_not(void **state)
{
    struct spot *spot = *state;
    struct geo_field one = field_of(GEO_GUST, NOON_US, NOON_US);
    assert_int_equal(put(spot, "k", 2, &one, 1), FUSION_APPLIED);
    const struct fusion_root *root = spot_publish(spot);
    assert_int_equal(put(spot, "k", 1, &one, 1), FUSION_SUPERSEDED);
    assert_int_equal(put(spot, "k", 2, &one, 1), FUSION_DUPLICATE);
    assert_ptr_equal(spot_publish(spot), root);
    assert_int_equal(put(spot, "k", 3, &one, 1), FUSION_APPLIED);
    assert_int_equal(shown(spot), 1);
    struct fusion_message gone = spot_message("wx", "wx", "k", 4, 1);
    gone.tombstone = true;
    assert_int_equal(spot_apply(spot, &gone, (struct geo_record){0}), FUSION_APPLIED);
    assert_int_equal(shown(spot), 0);
}

static void expire__hides_an_instant_after_its_gap_and_an_interval_at_its_end(void **state)
{
    struct spot *spot = *state;
    struct geo_field fields[2] = {field_of(GEO_GUST, NOON_US, NOON_US),
                                  field_of(GEO_PRECIPITATION, NOON_US - HOUR_US, NOON_US)};
    put(spot, "k", 1, fields, 2);
    fusion_fabric_expire(spot->fabric, NOON_US, INT64_MIN);
    assert_int_equal(shown(spot), 2);
    fusion_fabric_expire(spot->fabric, NOON_US + 1, INT64_MIN);
    assert_int_equal(shown(spot), 1); // the accumulation has ended
    fusion_fabric_expire(spot->fabric, NOON_US + 2 * HOUR_US, INT64_MIN);
    assert_int_equal(shown(spot), 1); // may still be one end of a gap of two hours
    fusion_fabric_expire(spot->fabric, NOON_US + 2 * HOUR_US + 1, INT64_MIN);
    assert_int_equal(shown(spot), 0);
    fusion_fabric_expire(spot->fabric, NOON_US,
                         INT64_MIN); // the clock was wrong: nothing was lost
    assert_int_equal(shown(spot), 2);
}

// A run of a model, the same all over its grid.
static void put_run(struct spot *spot, const char *key, int64_t message_us, int64_t run_us,
                    float kelvin)
{
    const float values[4] = {kelvin, kelvin, kelvin, kelvin};
    struct geo_field field = field_of(GEO_TEMPERATURE, NOON_US, NOON_US);
    field.reference_utc_us = run_us;
    assert_int_equal(put_values(spot, key, message_us, &field, 1, values), FUSION_APPLIED);
}

static void runs__of_one_valid_time__the_later_issue_stands_whatever_came_last(void **state)
{
    struct spot *spot = *state;
    put_run(spot, "06Z", 1, NOON_US - 6 * HOUR_US, 280);
    struct fusion_quantity told = ask(spot, FUSION_TEMPERATURE, NOON_US);
    assert_true(told.reason == FUSION_REASON_NONE && fabs(told.value - 280) < 1e-3);
    put_run(spot, "12Z", 2, NOON_US, 290); // supersedes
    told = ask(spot, FUSION_TEMPERATURE, NOON_US);
    assert_true(told.reason == FUSION_REASON_NONE && fabs(told.value - 290) < 1e-3);
    assert_int_equal(told.issue_utc_us, NOON_US);
    put_run(spot, "00Z", 9, NOON_US - 12 * HOUR_US, 270); // sent last of all, and still older
    told = ask(spot, FUSION_TEMPERATURE, NOON_US);
    assert_true(told.reason == FUSION_REASON_NONE && fabs(told.value - 290) < 1e-3);
    assert_int_equal(told.issue_utc_us, NOON_US);
    struct fusion_message gone = spot_message("wx", "wx", "12Z", 10, 1);
    gone.tombstone = true; // the run before it stands again
    assert_int_equal(spot_apply(spot, &gone, (struct geo_record){0}), FUSION_APPLIED);
    told = ask(spot, FUSION_TEMPERATURE, NOON_US);
    assert_true(told.reason == FUSION_REASON_NONE && fabs(told.value - 280) < 1e-3);
}

static void ask__extremes_and_accumulations__are_never_the_present_value(void **state)
{
    struct spot *spot = *state;
    struct geo_field fields[3] = {
        field_of(GEO_GUST, NOON_US, NOON_US + HOUR_US),
        field_of(GEO_TEMPERATURE, NOON_US, NOON_US + HOUR_US),
        field_of(GEO_PRECIPITATION, NOON_US, NOON_US + HOUR_US),
    };
    fields[0].statistic = GEO_STATISTIC_MAXIMUM;
    fields[1].statistic = GEO_STATISTIC_MINIMUM;
    put(spot, "k", 1, fields, 3);
    for (int64_t now_us = NOON_US; now_us <= NOON_US + HOUR_US; now_us += HOUR_US / 4) {
        assert_int_not_equal(ask(spot, FUSION_GUST, now_us).reason, FUSION_REASON_NONE);
        assert_int_not_equal(ask(spot, FUSION_TEMPERATURE, now_us).reason, FUSION_REASON_NONE);
        // 102.5 kg/m2 in an hour are a rate of 0.1025 m / 3600 s, and called an accumulation.
        struct fusion_quantity rain = ask(spot, FUSION_PRECIPITATION, now_us);
        assert_int_equal(rain.reason, FUSION_REASON_NONE);
        assert_int_equal(rain.statistic, GEO_STATISTIC_ACCUMULATION);
        assert_true(fabs(rain.value - 0.1025 / 3600) < 1e-9);
    }
}

static void ask__what_was_there_once__is_stale_and_what_never_was_is_not_reported(void **state)
{
    struct spot *spot = *state;
    struct geo_field one = field_of(GEO_GUST, NOON_US, NOON_US);
    put(spot, "k", 1, &one, 1);
    assert_int_equal(ask(spot, FUSION_GUST, NOON_US + HOUR_US).reason, FUSION_REASON_NONE);
    // Kept for a gap of two hours, shown for one.
    assert_int_equal(ask(spot, FUSION_GUST, NOON_US + HOUR_US + 1).reason, FUSION_REASON_STALE);
    assert_int_equal(shown(spot), 1);
    assert_int_equal(ask(spot, FUSION_GUST, NOON_US + 2 * HOUR_US + 1).reason,
                     FUSION_REASON_STALE);
    assert_int_equal(shown(spot), 0);
    assert_int_equal(ask(spot, FUSION_VISIBILITY, NOON_US + 2 * HOUR_US + 1).reason,
                     FUSION_REASON_NOT_REPORTED);
}

static void ask__of_a_hundred_grids__each_can_answer(void **state)
{
    enum { GRIDS = 100 };
    struct spot *spot = *state;
    for (int i = 0; i < GRIDS; i++) {
        char key[16];
        const float kelvin = (float)(200 + i);
        const float values[4] = {kelvin, kelvin, kelvin, kelvin};
        struct geo_field field = field_of(GEO_TEMPERATURE, NOON_US, NOON_US);
        field.grid.x0 -= 0.001 * i; // no two are the same
        field.reference_utc_us = NOON_US - HOUR_US + i;
        (void)snprintf(key, sizeof key, "grid-%d", i);
        assert_int_equal(put_values(spot, key, 1, &field, 1, values), FUSION_APPLIED);
    }
    // The newest answers; without it the next, down to the first.
    for (int i = GRIDS - 1; i >= 0; i--) {
        char key[16];
        struct fusion_quantity told = ask(spot, FUSION_TEMPERATURE, NOON_US);
        assert_int_equal(told.reason, FUSION_REASON_NONE);
        assert_true(fabs(told.value - (200 + i)) < 1e-3);
        (void)snprintf(key, sizeof key, "grid-%d", i);
        struct fusion_message gone = spot_message("wx", "wx", key, 2, 1);
        gone.tombstone = true;
        assert_int_equal(spot_apply(spot, &gone, (struct geo_record){0}), FUSION_APPLIED);
    }
}

static bool live(struct spot *spot)
{
    struct fusion_identity identity = {"wx", "wx", "k"};
    struct fusion_version version;
    bool tombstone;
    int64_t id;
    assert_int_equal(fusion_store_version(spot->store, identity, &version, &tombstone, &id),
                     DRF_OK);
    return !tombstone;
}

static void expire__withdraws_what_was_over_at_the_time_said_and_nothing_else(void **state)
{
    struct spot *spot = *state;
    struct geo_field one = field_of(GEO_GUST, NOON_US, NOON_US); // may be asked for two hours
    put(spot, "k", 1, &one, 1);
    fusion_fabric_expire(spot->fabric, NOON_US + 365 * 24 * HOUR_US, INT64_MIN);
    assert_true(live(spot));
    fusion_fabric_expire(spot->fabric, NOON_US + 26 * HOUR_US, NOON_US + 2 * HOUR_US);
    assert_true(live(spot));
    fusion_fabric_expire(spot->fabric, NOON_US + 26 * HOUR_US, NOON_US + 2 * HOUR_US + 1);
    assert_false(live(spot));
    fusion_fabric_expire(spot->fabric, NOON_US, INT64_MIN);
    assert_int_equal(put(spot, "k", 1, &one, 1), FUSION_DUPLICATE); // sent again: still gone
    assert_int_equal(shown(spot), 0);
}

static void set__after_a_restart__is_the_same(void **state)
{
    struct spot *spot = *state;
    struct geo_field fields[2] = {field_of(GEO_GUST, NOON_US, NOON_US),
                                  field_of(GEO_VISIBILITY, NOON_US, NOON_US)};
    put(spot, "k", 1, fields, 2);
    assert_int_equal(fusion_fabric_commit(spot->fabric, NOON_US), DRF_OK);
    spot_close(spot);
    spot_open(spot);
    const struct fusion_weather *w = spot_settle(spot)->weather;
    assert_int_equal(w->count, 2);
    assert_int_equal(w->fields[0].field->variable, GEO_GUST);
    assert_int_equal(w->fields[0].max_gap_us, 2 * HOUR_US);
    assert_string_equal(w->fields[0].source->licence, "G");
    assert_string_equal(w->fields[0].source->version, "k @ 1970-01-01T00:00:00.000001Z");
    spot_close(spot);
    spot_open_as(spot, true); // and to a reader without a configuration
    const struct fusion_root *root = spot_settle(spot);
    w = root->weather;
    assert_int_equal(w->count, 2);
    assert_int_equal(w->fields[0].max_gap_us, 2 * HOUR_US);
    assert_string_equal(w->fields[0].source->licence, "G");
    assert_true(root->layer_fed[FUSION_LAYER_WEATHER]);
    assert_true(w->fields[1].values[0] > 100.5F && w->fields[1].values[0] < 101.5F);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, spot_setup, spot_teardown)
    const struct CMUnitTest tests[] = {
        CASE(set__of_several_fields__is_ordered_and_indexed_by_variable),
        CASE(put__of_the_same_key__replaces_and_an_older_one_does_not),
        CASE(expire__hides_an_instant_after_its_gap_and_an_interval_at_its_end),
        CASE(expire__withdraws_what_was_over_at_the_time_said_and_nothing_else),
        CASE(set__after_a_restart__is_the_same),
        CASE(runs__of_one_valid_time__the_later_issue_stands_whatever_came_last),
        CASE(ask__extremes_and_accumulations__are_never_the_present_value),
        CASE(ask__what_was_there_once__is_stale_and_what_never_was_is_not_reported),
        CASE(ask__of_a_hundred_grids__each_can_answer),
    };
    return cmocka_run_group_tests_name("fusion/weather_set", tests, NULL, NULL);
}
