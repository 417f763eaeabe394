// SPDX-License-Identifier: Apache-2.0
// Every text of an advisory with every part of it at its longest: names and ids as long as
// records allow, numbers up to 1e7, each suffix. What it must begin and end with is written
// here, so that nothing can be cut in between; what is too long is shown by "...".
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ctype.h>

#include "fusion/aircraft/encounter.h"
#include "fusion/aircraft/path.h"
#include "fusion/context/landing.h"
#include "fusion/reason/reasoners.h"
#include "geo/record/refusal.h"
#include "geo/record/zone.h"
#include "tests/support/reason_scene.h"

#define HUGE_M 1e7
#define LONG_ID "0123456789-123456789-123456789-123456789-123456789-123456789-12"
#define LONG_NAME                                                                              \
    "Temporary reserved airspace for the air display over the harbour and the old town, part " \
    "twelve"

static bool ends_with(const char *text, const char *end)
{
    size_t size = strlen(text), ends = strlen(end);
    return size >= ends && strcmp(text + size - ends, end) == 0;
}

static void assert_plain(const char *text)
{
    size_t size = strlen(text);
    if (size == 0 || size >= FUSION_ADVISORY_TEXT_SIZE || text[0] == ' '
        || text[size - 1] == ' ' || strstr(text, "  ") != NULL
        || strstr(text, "in 0 s") != NULL)
        fail_msg("\"%s\"", text);
    for (size_t i = 1; i + 1 < size; i++) // 2.4e+04
        if (text[i] == 'e' && isdigit((unsigned char)text[i - 1])
            && (text[i + 1] == '+' || text[i + 1] == '-'))
            fail_msg("\"%s\"", text);
}

// Only it was told, and it is whole from `begin` to `end`.
static void assert_one(const struct fusion_advisories *list, const char *begin, const char *end)
{
    assert_int_equal(list->count, 1);
    const char *text = list->items[0].text;
    assert_plain(text);
    if (strncmp(text, begin, strlen(begin)) != 0 || !ends_with(text, end))
        fail_msg("\"%s\" is not \"%s\" ... \"%s\"", text, begin, end);
}

// A name in the middle: whole, or its beginning up to the end of a word and "...".
static void assert_named(const char *text, const char *before, const char *name,
                         const char *after)
{
    assert_plain(text);
    size_t size = strlen(text), begins = strlen(before), ends = strlen(after);
    if (size < begins + ends || strncmp(text, before, begins) != 0 || !ends_with(text, after))
        fail_msg("\"%s\" is not \"%s\" ... \"%s\"", text, before, after);
    const char *said = text + begins;
    size_t length = size - begins - ends;
    if (length == strlen(name) && strncmp(said, name, length) == 0)
        return;
    assert_true(length > 3 && strncmp(said + length - 3, "...", 3) == 0);
    length -= 3;
    bool words = strchr(name, ' ') != NULL;
    if (strncmp(said, name, length) != 0 || (words && name[length] != ' ' && name[length] != 0))
        fail_msg("\"%s\" cuts \"%s\"", text, name);
}

static struct fusion_path standing_path(void)
{
    struct fusion_path path = {.basis = FUSION_CORRIDOR_DISC, .time_max_s = 300.0, .count = 1};
    path.nodes[0].point = toronto;
    return path;
}

static void shorten__names_of_all_kinds__end_with_a_word_or_a_character(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t size;
        const char *expected;
    } cases[] = {
        {"MAXI ", 96, "MAXI"},
        {"  two   blanks  ", 96, "two blanks"},
        {"exactly", 8, "exactly"},
        {"exactly  ", 8, "exactly"},
        {"exactly 8", 8, "exac..."},
        {"one two three four", 13, "one two..."},
        {"one two three four", 19, "one two three four"},
        {"a verylongwordthatgoeson", 13, "a verylon..."}, // one letter says nothing
        {"\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac", 10, "\xe2\x82\xac\xe2\x82\xac..."},
        {"", 8, ""},
        {"   ", 8, ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char out[96];
        fusion_shorten(out, cases[i].size, cases[i].text);
        assert_string_equal(out, cases[i].expected);
    }
}

static void when__from_the_past_to_years__is_now_or_seconds(void **state)
{
    (void)state;
    const struct {
        double time_s;
        const char *text;
    } cases[] = {{-3.0, "now"},           {0.0, "now"},
                 {0.49, "now"},           {0.51, "in 1 s"},
                 {12.4, "in 12 s"},       {300.0, "in 300 s"},
                 {24130.0, "in 24130 s"}, {HUGE_M, "in 10000000 s"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[FUSION_WHEN_SIZE];
        fusion_when(cases[i].time_s, text);
        assert_string_equal(text, cases[i].text);
    }
}

static void assert_printed(double value)
{
    char whole[FUSION_WHOLE_SIZE], printed[400];
    (void)snprintf(printed, sizeof printed, "%.0f", value);
    printed[FUSION_WHOLE_SIZE - 1] = '\0';
    assert_string_equal(fusion_whole(value, whole), printed);
}

static void whole__any_number__is_as_printf_writes_it(void **state)
{
    (void)state;
    static const double values[] = {
        0.0,  0.5,      1.5,        2.5,     0.4999999999999999, 1e7,
        1e15, 1e15 - 1, 1e15 + 2.0, 1e300,   4503599627370495.5, 9.5,
        99.5, 0.05,     1e-300,     HUGE_VAL};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        assert_printed(values[i]);
        assert_printed(-values[i]);
    }
    uint64_t random = 88172645463325252U;
    for (int i = 0; i < 200000; i++) {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        double value = (double)(int64_t)random / ldexp(1.0, i % 66);
        assert_printed(value);
        assert_printed(rint(value) + 0.5);
    }
}

static void traffic__every_part_at_its_longest__is_whole(void **state)
{
    (void)state;
    static const char *const frames[] = {[FUSION_APART_UNKNOWN] = "",
                                         [FUSION_APART_AMSL] = " above",
                                         [FUSION_APART_PRESSURE] = " above (pressure)",
                                         [FUSION_APART_QNH] = " above (by QNH)",
                                         [FUSION_APART_ROUGH] = " above +-600 m"};
    struct fusion_aircraft aircraft = eastward();
    static const char *const ids[] = {"4ca123", LONG_ID, "d-2"};
    const double metres[] = {0.0, 24130.0, HUGE_M};
    for (unsigned row = 0; row < 5 * 3 * 3 * 2 * 2 * 4; row++) {
        unsigned apart = row % 5, id = row / 5 % 3, size = row / 15 % 3, doubt = row / 180;
        struct fusion_neighbour other = {.traffic_id = ids[id],
                                         .icao24 = row / 45 % 2 ? "4ca123" : NULL,
                                         .category = row / 90 % 2 ? "A7" : NULL,
                                         .unconfirmed = doubt == 1,
                                         .reach_mps = doubt == 2 ? 10.0 : 0.0,
                                         .predicted = doubt == 3};
        const struct fusion_encounter encounter = {
            .other = &other,
            .apart = (enum fusion_apart)apart,
            .nominal_s = 300.0,
            .low_s = -1.0,
            .wide_s = -1.0,
            .cpa_s = 300.0,
            .cpa_m = metres[size],
            .cpa_up_m = metres[size],
            .cpa_up_known = apart != FUSION_APART_UNKNOWN,
        };
        const struct fusion_view view = {
            .aircraft = &aircraft, .encounters = &encounter, .encounter_count = 1};
        struct fusion_advisories list = {.count = 0};
        fusion_reason_traffic(&view, &list);
        char numbers[96];
        if (apart == FUSION_APART_UNKNOWN)
            (void)snprintf(numbers, sizeof numbers, ": %.0f m across, height unknown",
                           metres[size]);
        else
            (void)snprintf(numbers, sizeof numbers, ": %.0f m across, %.0f m%s", metres[size],
                           metres[size], frames[apart]);
        assert_int_equal(list.count, 1);
        const char *text = list.items[0].text;
        if (strstr(text, numbers) == NULL)
            fail_msg("\"%s\" without \"%s\"", text, numbers);
        assert_true(ends_with(text, ", closest in 300 s"));
        assert_plain(text);
        const char *begins =
            id == 0 && strstr(text, "icao24") != NULL ? "icao24 4ca123" : ids[id];
        if (strncmp(text, begins, id == 1 ? 5 : strlen(begins)) != 0)
            fail_msg("\"%s\" does not begin with \"%s\"", text, begins);
    }
}

static void altitude__every_number_at_its_longest__is_whole(void **state)
{
    (void)state;
    struct fusion_aircraft aircraft = eastward();
    static struct fusion_context context;
    const struct fusion_view view = {.aircraft = &aircraft, .context = &context};
    for (int on_ground = 0; on_ground < 2; on_ground++) {
        aircraft.fix.on_ground = on_ground == 1;
        context.height = (struct fusion_height){.altitude_suspect = true,
                                                .altitude_residual_m = {true, -HUGE_M},
                                                .geoid_m = {true, -106.5}};
        struct fusion_advisories list = {.count = 0};
        fusion_reason_altitude(&view, &list);
        assert_one(&list, "heights disagree: ellipsoid - geoid - AMSL is -10000000.0 m",
                   " (-106.5 m is the geoid here)");
        for (int sign = -1; sign <= 1; sign += 2) {
            context.height = (struct fusion_height){.agl_m = {true, sign * HUGE_M},
                                                    .geoid_m = {true, -106.5}};
            list.count = 0;
            fusion_reason_altitude(&view, &list);
            if (on_ground == 1)
                assert_one(&list, "reported on the ground, but 10000000.0 m ",
                           sign > 0 ? "above it (-106.5 m is the geoid here)"
                                    : "below it (-106.5 m is the geoid here)");
            else if (sign < 0)
                assert_one(&list, "altitude is 10000000.0 m below the ground",
                           " (-106.5 m is the geoid here)");
        }
    }
}

static void quality__every_layer_and_reason__is_whole(void **state)
{
    (void)state;
    struct fusion_aircraft aircraft = eastward();
    aircraft.limits.wind_max_set = aircraft.limits.gust_max_set = true;
    aircraft.limits.visibility_min_set = true;
    static struct fusion_context context;
    static struct fusion_root root;
    const struct fusion_path path = standing_path();
    static struct fusion_surroundings around = {.neighbours_left_out = 4000000000};
    aircraft.around = &around;
    const struct fusion_view view = {
        .root = &root, .aircraft = &aircraft, .context = &context, .path = &path};
    for (int reason = 2; reason < 40; reason++) {
        context.height.agl_reason = (enum fusion_reason)reason;
        for (int i = 0; i < FUSION_WEATHER_ITEMS; i++)
            context.weather.items[i].reason = (enum fusion_reason)reason;
        context.look_ahead.segment_count = 1;
        context.look_ahead.segments[0] =
            (struct fusion_segment){.from_m = HUGE_M,
                                    .unknown_ratio = 1.0,
                                    .unknown_reason = (enum fusion_reason)reason};
        context.layer_state_count = 0;
        for (int layer = FUSION_LAYER_GROUND; layer < FUSION_LAYER_COUNT; layer++) {
            root.layer_fed[layer] = true;
            context.layer_states[context.layer_state_count++] = (struct fusion_layer_state){
                (enum fusion_layer)layer, (enum fusion_reason)reason};
        }
        struct fusion_advisories list = {.count = 0};
        fusion_reason_quality(&view, &list);
        assert_true(list.count >= 10);
        for (size_t i = 0; i < list.count; i++) {
            assert_plain(list.items[i].text);
            assert_non_null(strstr(list.items[i].text, ": "));
            if (list.items[i].layer == FUSION_LAYER_SURFACE && list.items[i].position_known
                && reason == FUSION_REASON_UNREADABLE)
                assert_string_equal(list.items[i].text,
                                    "surface unknown from 10000000 m ahead: an input that may "
                                    "apply here was refused");
        }
    }
}

static void limits__every_number_at_its_longest__is_whole(void **state)
{
    (void)state;
    struct scene *scene = scene_open(toronto, flat, NULL, NULL);
    struct fusion_aircraft aircraft = eastward();
    static struct fusion_context context;
    const struct fusion_path path = standing_path();
    const struct geo_point ring[] = {{43.6, -79.5}, {43.6, -79.4}, {43.7, -79.4}};
    static struct fusion_surroundings around;
    around = (struct fusion_surroundings){
        .ring = ring, .ring_count = 3, .margin_m = HUGE_M, .outside = true};
    aircraft.around = &around;
    const struct fusion_view view = {
        .root = &scene->root, .aircraft = &aircraft, .context = &context, .path = &path};
    struct fusion_advisories list = {.count = 0};
    fusion_reason_boundary(&view, &list);
    assert_one(&list, "outside the region, by ", " m; service ends 10000000 m outside");

    aircraft.limits.agl_max_set = true;
    aircraft.limits.agl_max_m = HUGE_M - 1.0;
    context.height.agl_m = (struct fusion_number){true, HUGE_M};
    list.count = 0;
    fusion_reason_agl(&view, &list);
    assert_one(&list, "10000000 m above ground now", ", limit 9999999 m");

    const struct {
        enum fusion_weather_item item;
        const char *text;
    } rules[] = {{FUSION_WIND, "wind 10000000.0 m/s now, limit 9999999.0 m/s"},
                 {FUSION_GUST, "gust 10000000.0 m/s now, limit 9999999.0 m/s"},
                 {FUSION_VISIBILITY, "visibility 9999998 m now, limit 9999999 m"}};
    for (size_t i = 0; i < 3; i++) {
        aircraft.limits = fusion_limits_default();
        aircraft.limits.wind_max_set = i == 0;
        aircraft.limits.gust_max_set = i == 1;
        aircraft.limits.visibility_min_set = i == 2;
        aircraft.limits.wind_max_mps = aircraft.limits.gust_max_mps = HUGE_M - 1.0;
        aircraft.limits.visibility_min_m = HUGE_M - 1.0;
        context.weather.items[rules[i].item] =
            (struct fusion_quantity){.reason = FUSION_REASON_NONE,
                                     .value = i == 2 ? HUGE_M - 2.0 : HUGE_M,
                                     .statistic = GEO_STATISTIC_INSTANT,
                                     .source = &scene->weather_source};
        list.count = 0;
        fusion_reason_weather(&view, &list);
        assert_int_equal(list.count, 1);
        assert_string_equal(list.items[0].text, rules[i].text);
    }
    scene_close(scene);
}

static void alert__the_longest_name_of_a_test_ahead__ends_with_a_word(void **state)
{
    (void)state;
    static struct geo_zone said;
    static struct geo_zone_volume volume;
    struct fusion_source source = scene_source("alerts", 0.0, 0.0);
    struct fusion_zone zone = {.view = {&said, &volume, NULL, NULL}, .source = &source};
    struct fusion_aircraft aircraft = eastward();
    static struct fusion_context context;
    context.alerts.count = 1;
    const struct fusion_view view = {.aircraft = &aircraft, .context = &context};
    for (int row = 0; row < 6; row++) {
        const char *name = row < 3 ? LONG_NAME : "MAXI ";
        bool test = row % 3 > 0, ahead = row % 3 > 1;
        said = (struct geo_zone){.id = LONG_ID, .alert = test ? GEO_ALERT_TEST : 0};
        memcpy(said.name, name, strlen(name) + 1);
        context.alerts.items[0] = (struct fusion_alert){.zone = &zone, .ahead = ahead};
        struct fusion_advisories list = {.count = 0};
        fusion_reason_alert(&view, &list);
        assert_int_equal(list.count, 1);
        assert_named(list.items[0].text,
                     ahead  ? "TEST: ahead: "
                     : test ? "TEST: "
                            : "",
                     row < 3 ? LONG_NAME : "MAXI", "");
    }
}

static const struct fusion_advisory *only(const struct fusion_context *context,
                                          enum fusion_advisory_kind kind)
{
    const struct fusion_advisory *found = NULL;
    for (size_t i = 0; i < context->advisories.count; i++) {
        assert_plain(context->advisories.items[i].text);
        if (context->advisories.items[i].kind != kind)
            continue;
        assert_null(found);
        found = &context->advisories.items[i];
    }
    assert_non_null(found);
    return found;
}

static void obstacle__the_longest_kind_and_id__are_shortened_not_the_numbers(void **state)
{
    (void)state;
    const struct {
        double top_m;
        bool top_known, moves;
        const char *after;
    } rows[] = {
        {1e7, true, true, ": clearance -9999855 m now, position good to 24130 m"},
        {1e7, true, false, ": clearance -9999855 m now, position good to 24130 m"},
        {150.0, false, true, ": height unknown now, position good to 24130 m"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct scene *scene = scene_open(toronto, flat, NULL, NULL);
        struct geo_obstacle *o = scene_obstacle(scene, LONG_ID, at(0.0, 0.0), rows[i].top_m);
        memcpy(o->kind, "power-transmission-line-tower-a", 32);
        o->horizontal_acc95_m = 24130.0;
        scene->fused[0].top_known = rows[i].top_known;
        struct fusion_aircraft aircraft = eastward();
        if (!rows[i].moves)
            aircraft.fix.velocity_east_mps = 0.0;
        struct fusion_context context = look(scene, &aircraft);
        const struct fusion_advisory *told = only(&context, FUSION_ADVISORY_OBSTACLE);
        assert_named(told->text, "power-transmis... ", LONG_ID, rows[i].after);
        assert_string_equal(told->feature_id, LONG_ID); // and whole there
        scene_close(scene);
    }
}

static void terrain__every_part_at_its_longest__is_whole(void **state)
{
    (void)state;
    struct scene *scene = scene_open(toronto, flat, NULL, NULL);
    struct fusion_aircraft aircraft = eastward();
    aircraft.fix.amsl.m = -HUGE_M;
    struct fusion_context context = look(scene, &aircraft);
    assert_string_equal(only(&context, FUSION_ADVISORY_TERRAIN)->text,
                        "clearance over the surface -10000100 m now");
    aircraft.fix.velocity_east_mps = 0.0;
    aircraft.fix.velocity_up_known = true;
    aircraft.fix.velocity_up_mps = 1.0;
    context = look(scene, &aircraft);
    assert_string_equal(only(&context, FUSION_ADVISORY_TERRAIN)->text,
                        "take-off or landing: clearance over the surface -10000100 m now");
    aircraft.fix.amsl = (struct fusion_altitude){true, 116.0, HUGE_M};
    context = look(scene, &aircraft);
    assert_string_equal(
        only(&context, FUSION_ADVISORY_TERRAIN)->text,
        "take-off or landing: clearance over the surface -9999990 m now, by the "
        "accuracies");
    scene->surface_source.vertical_acc95_m = 24130.0;
    context = look(scene, &aircraft);
    assert_string_equal(
        only(&context, FUSION_ADVISORY_TERRAIN_TOO_COARSE)->text,
        "surface is accurate to 24130 m only: too coarse for a clearance of 15 m");
    scene_close(scene);
}

// Characters of 2, 3 and 4 bytes, after 0 to 3 bytes that are letters: a cut falls on each of
// their bytes.
static void fill_name(char *name, size_t size, unsigned row)
{
    static const char *const characters[] = {"\u00fc", "\u20ac", "\U0001f681"};
    const char *character = characters[row % 3];
    size_t used = row / 3 % 4;
    memset(name, 0, size);
    memset(name, 'a', used);
    for (; used + strlen(character) < size; used += strlen(character))
        (void)snprintf(name + used, size - used, "%s", character);
}

static void texts__of_names_beyond_ascii__are_clean(void **state)
{
    (void)state;
    struct fusion_builder *builder;
    assert_int_equal(fusion_builder_open(&builder), DRF_OK);
    static struct geo_zone words;
    static struct geo_zone_volume volume;
    const struct fusion_limits limits = fusion_limits_default();
    struct fusion_source source = scene_source("zones", 0.0, 0.0);
    struct fusion_zone zone = {.view = {&words, &volume, NULL, NULL}, .source = &source};
    for (unsigned row = 0; row < 3 * 4; row++) {
        struct scene *scene = scene_open(toronto, flat, NULL, NULL);
        struct geo_obstacle *o = scene_obstacle(scene, "o", toronto, 150.0);
        fill_name(o->id, sizeof o->id, row);
        fill_name(o->kind, sizeof o->kind, row);
        o->horizontal_acc95_m = 10.0;
        struct fusion_aircraft aircraft = eastward();
        struct fusion_context context = look(scene, &aircraft);
        const char *told = only(&context, FUSION_ADVISORY_OBSTACLE)->text;
        assert_true(geo_text_clean(told, FUSION_ADVISORY_TEXT_SIZE));

        words = (struct geo_zone){.restriction = GEO_ZONE_PROHIBITED, .volume_count = 1};
        fill_name(words.id, sizeof words.id, row);
        fill_name(words.name, sizeof words.name, row);
        volume = (struct geo_zone_volume){.shape = GEO_ZONE_CIRCLE,
                                          .centre = toronto,
                                          .radius_m = 1000.0,
                                          .lower = {.reference = GEO_ZONE_UNLIMITED},
                                          .upper = {.reference = GEO_ZONE_UNLIMITED}};
        zone.bounds = geo_zone_bounds(&zone.view);
        const struct fusion_zone *zones[] = {&zone};
        const struct fusion_zone_bucket all = {.count = 1, .zones = zones};
        scene->root.zones_all = &all;
        const struct fusion_landing_ask ask = {
            .position = toronto, .radius_m = 10.0, .limits = &limits, .now_utc_us = NOW_US};
        struct fusion_landing landing;
        fusion_landing_judge(builder, &scene->root, &ask, &landing);
        unsigned named = 0;
        for (size_t i = 0; i < landing.against_count; i++) {
            const char *against = landing.against[i];
            if (!geo_text_clean(against, FUSION_LANDING_TEXT_SIZE))
                fail_msg("\"%s\"", against);
            named += ends_with(against, " stands within 25 m") ? 1 : 0;
            named += strncmp(against, "in zone ", 8) == 0 && strcmp(against + 8, words.id) == 0
                         ? 10
                         : 0;
        }
        assert_int_equal(named, 11);
        scene_close(scene);
    }
    fusion_builder_close(builder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shorten__names_of_all_kinds__end_with_a_word_or_a_character),
        cmocka_unit_test(when__from_the_past_to_years__is_now_or_seconds),
        cmocka_unit_test(whole__any_number__is_as_printf_writes_it),
        cmocka_unit_test(traffic__every_part_at_its_longest__is_whole),
        cmocka_unit_test(altitude__every_number_at_its_longest__is_whole),
        cmocka_unit_test(quality__every_layer_and_reason__is_whole),
        cmocka_unit_test(limits__every_number_at_its_longest__is_whole),
        cmocka_unit_test(alert__the_longest_name_of_a_test_ahead__ends_with_a_word),
        cmocka_unit_test(obstacle__the_longest_kind_and_id__are_shortened_not_the_numbers),
        cmocka_unit_test(terrain__every_part_at_its_longest__is_whole),
        cmocka_unit_test(texts__of_names_beyond_ascii__are_clean),
    };
    return cmocka_run_group_tests_name("fusion/reason_text", tests, NULL, NULL);
}
