// SPDX-License-Identifier: Apache-2.0
// What fusion/root/weather.h promises, on fields made by hand and on a real model run.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>

#include "fusion/root/weather.h"
#include "geo/format/grib/grib.h"
#include "tests/support/real_data.h"
#include "tests/support/scene.h"

#define HOUR_US INT64_C(3600000000)
#define NOON_US INT64_C(1102593600000000) // 2004-12-09T12:00:00Z

static const struct geo_point centre = {.lat_deg = 43.65, .lon_deg = -79.38};
static const struct geo_grid degrees = {.kind = GEO_GRID_LATLON,
                                        .ni = 2,
                                        .nj = 2,
                                        .x0 = -80.0,
                                        .y0 = 43.0,
                                        .dx = 1.0,
                                        .dy = 1.0,
                                        .semi_major_m = 6371229.0,
                                        .semi_minor_m = 6371229.0};

static uint16_t flat(void *context, uint32_t row, uint32_t column)
{
    (void)context;
    (void)row;
    (void)column;
    return 4400; // 100 m
}

static struct fusion_weather_at ask(struct scene *scene, struct geo_point position,
                                    double agl_m, int64_t now_utc_us, bool nearest)
{
    struct fusion_planes *planes;
    assert_int_equal(fusion_planes_open(&planes), DRF_OK);
    struct fusion_weather_ask question = {.position = position,
                                          .agl_known = agl_m >= 0.0,
                                          .agl_m = agl_m,
                                          .now_utc_us = now_utc_us,
                                          .nearest = nearest};
    struct fusion_weather_at at;
    fusion_weather_ask(planes, &scene->root, &question, &at);
    fusion_planes_close(planes);
    return at;
}

static void assert_near(double got, double expected, double tolerance)
{
    if (!(fabs(got - expected) <= tolerance))
        fail_msg("%.6f is not %.6f +- %g", got, expected, tolerance);
}

static void ask__between_grid_points__is_bilinear(void **state)
{
    (void)state;
    static const float values[] = {280.0F, 281.0F, 282.0F, 285.0F};
    struct scene *scene = scene_open(centre, flat, NULL, NULL);
    (void)scene_field(scene, GEO_TEMPERATURE, degrees, 2.0, 2.0, NOON_US, values);
    struct fusion_weather_at at =
        ask(scene, (struct geo_point){43.5, -79.75}, 2.0, NOON_US, false);
    assert_int_equal(at.items[FUSION_TEMPERATURE].reason, FUSION_REASON_NONE);
    // 0.5 * (280.25 + 282.75)
    assert_near(at.items[FUSION_TEMPERATURE].value, 281.5, 1e-9);
    assert_int_equal(at.items[FUSION_TEMPERATURE].horizontal, FUSION_BASIS_INTERPOLATED);
    assert_int_equal(at.items[FUSION_TEMPERATURE].vertical, FUSION_BASIS_INSIDE);
    at = ask(scene, (struct geo_point){43.4, -79.75}, 2.0, NOON_US, true);
    assert_near(at.items[FUSION_TEMPERATURE].value, 280.0, 0.0);
    assert_int_equal(at.items[FUSION_TEMPERATURE].horizontal, FUSION_BASIS_NEAREST);
    scene_close(scene);
}

static void ask__more_grids_than_are_remembered__are_counted(void **state)
{
    (void)state;
    enum { GRIDS = 4096 + 3 };
    static const float values[] = {280.0F, 281.0F, 282.0F, 285.0F};
    static struct geo_field heads[GRIDS];
    static struct fusion_field fields[GRIDS];
    struct scene *scene = scene_open(centre, flat, NULL, NULL);
    (void)scene_field(scene, GEO_TEMPERATURE, degrees, 2.0, 2.0, NOON_US, values);
    for (size_t i = 0; i < GRIDS; i++) {
        heads[i] = scene->heads[0];
        heads[i].grid.x0 -= 1e-4 * (double)i;
        fields[i] = scene->fields[0];
        fields[i].field = &heads[i];
    }
    scene->weather.fields = fields;
    scene->weather.count = GRIDS;
    for (size_t v = GEO_TEMPERATURE + 1; v <= GEO_VARIABLE_COUNT; v++)
        scene->weather.first_of[v] = GRIDS;
    struct fusion_planes *planes;
    assert_int_equal(fusion_planes_open(&planes), DRF_OK);
    assert_int_equal(fusion_planes_left_out(planes), 0);
    struct fusion_weather_ask question = {.position = centre, .now_utc_us = NOON_US};
    struct fusion_weather_at at;
    fusion_weather_ask(planes, &scene->root, &question, &at);
    assert_int_equal(fusion_planes_left_out(planes), 3);
    fusion_planes_close(planes);
    scene_close(scene);
}

static void ask__a_neighbour_missing__takes_the_nearest_or_says_void(void **state)
{
    (void)state;
    static const float values[] = {280.0F, 281.0F, 282.0F, NAN};
    struct scene *scene = scene_open(centre, flat, NULL, NULL);
    (void)scene_field(scene, GEO_TEMPERATURE, degrees, 2.0, 2.0, NOON_US, values);
    struct fusion_weather_at at =
        ask(scene, (struct geo_point){43.4, -79.75}, 2.0, NOON_US, false);
    assert_near(at.items[FUSION_TEMPERATURE].value, 280.0, 0.0);
    assert_int_equal(at.items[FUSION_TEMPERATURE].horizontal, FUSION_BASIS_NEAREST);
    at = ask(scene, (struct geo_point){43.9, -79.1}, 2.0, NOON_US, false);
    assert_int_equal(at.items[FUSION_TEMPERATURE].reason, FUSION_REASON_SOURCE_VOID);
    scene_close(scene);
}

static void ask__outside_the_grid_or_without_fields__says_why_and_never_zero(void **state)
{
    (void)state;
    static const float values[] = {280.0F, 281.0F, 282.0F, 285.0F};
    struct scene *scene = scene_open(centre, flat, NULL, NULL);
    (void)scene_field(scene, GEO_TEMPERATURE, degrees, 2.0, 2.0, NOON_US, values);
    struct fusion_weather_at at =
        ask(scene, (struct geo_point){44.5, -79.5}, 2.0, NOON_US, false);
    assert_int_equal(at.items[FUSION_TEMPERATURE].reason, FUSION_REASON_NO_DATA);
    assert_int_equal(at.items[FUSION_WIND].reason, FUSION_REASON_NOT_REPORTED);
    scene->root.layer_state[FUSION_LAYER_WEATHER] = FUSION_REASON_CATCHING_UP;
    at = ask(scene, (struct geo_point){44.5, -79.5}, 2.0, NOON_US, false);
    assert_int_equal(at.items[FUSION_TEMPERATURE].reason, FUSION_REASON_CATCHING_UP);
    scene_close(scene);
}

static void ask__one_instant__holds_on_either_side_then_is_stale(void **state)
{
    (void)state;
    static const float values[] = {280.0F, 280.0F, 280.0F, 280.0F};
    struct scene *scene = scene_open(centre, flat, NULL, NULL);
    (void)scene_field(scene, GEO_TEMPERATURE, degrees, 2.0, 2.0, NOON_US, values);
    const struct {
        int64_t away_us;
        enum fusion_reason reason;
    } cases[] = {{0, FUSION_REASON_NONE},
                 {HOUR_US / 2, FUSION_REASON_NONE},
                 {-HOUR_US / 2, FUSION_REASON_NONE},
                 {HOUR_US / 2 + 1, FUSION_REASON_STALE},
                 {-HOUR_US / 2 - 1, FUSION_REASON_STALE}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fusion_weather_at at =
            ask(scene, centre, 2.0, NOON_US + cases[i].away_us, false);
        assert_int_equal(at.items[FUSION_TEMPERATURE].reason, cases[i].reason);
    }
    scene_close(scene);
}

static void ask__two_instants__interpolates_only_within_the_gap(void **state)
{
    (void)state;
    static const float cold[] = {280.0F, 280.0F, 280.0F, 280.0F};
    static const float warm[] = {286.0F, 286.0F, 286.0F, 286.0F};
    struct scene *scene = scene_open(centre, flat, NULL, NULL);
    (void)scene_field(scene, GEO_TEMPERATURE, degrees, 2.0, 2.0, NOON_US, cold);
    (void)scene_field(scene, GEO_TEMPERATURE, degrees, 2.0, 2.0, NOON_US + 3 * HOUR_US, warm);
    struct fusion_weather_at at = ask(scene, centre, 2.0, NOON_US + HOUR_US, false);
    assert_near(at.items[FUSION_TEMPERATURE].value, 282.0, 1e-9);
    assert_int_equal(at.items[FUSION_TEMPERATURE].time, FUSION_BASIS_INTERPOLATED);
    scene->fields[0].max_gap_us = 3 * HOUR_US - 1;
    scene->root.epoch++;
    at = ask(scene, centre, 2.0, NOON_US + HOUR_US, false);
    assert_int_equal(at.items[FUSION_TEMPERATURE].reason, FUSION_REASON_STALE);
    scene_close(scene);
}

static void ask__visibility_between_two_times__is_the_worse(void **state)
{
    (void)state;
    static const float good[] = {9000.0F, 9000.0F, 9000.0F, 9000.0F};
    static const float fog[] = {200.0F, 200.0F, 200.0F, 200.0F};
    struct scene *scene = scene_open(centre, flat, NULL, NULL);
    (void)scene_field(scene, GEO_VISIBILITY, degrees, 0.0, 0.0, NOON_US, good);
    (void)scene_field(scene, GEO_VISIBILITY, degrees, 0.0, 0.0, NOON_US + HOUR_US, fog);
    struct fusion_weather_at at = ask(scene, centre, 50.0, NOON_US + HOUR_US / 10, false);
    assert_near(at.items[FUSION_VISIBILITY].value, 200.0, 0.0);
    scene_close(scene);
}

static void ask__an_extreme__is_never_the_present_value(void **state)
{
    (void)state;
    static const float values[] = {30.0F, 30.0F, 30.0F, 30.0F};
    struct scene *scene = scene_open(centre, flat, NULL, NULL);
    struct geo_field *field =
        scene_field(scene, GEO_GUST, degrees, 10.0, 10.0, NOON_US, values);
    field->statistic = GEO_STATISTIC_MAXIMUM;
    field->valid_from_utc_us = NOON_US - HOUR_US;
    struct fusion_weather_at at = ask(scene, centre, 10.0, NOON_US - HOUR_US / 2, false);
    assert_int_equal(at.items[FUSION_GUST].reason, FUSION_REASON_NO_DATA);
    scene_close(scene);
}

static void ask__levels__takes_the_nearest_then_the_narrower(void **state)
{
    (void)state;
    static const float low[] = {1.0F, 1.0F, 1.0F, 1.0F}, layer[] = {2.0F, 2.0F, 2.0F, 2.0F},
                       high[] = {3.0F, 3.0F, 3.0F, 3.0F};
    struct scene *scene = scene_open(centre, flat, NULL, NULL);
    (void)scene_field(scene, GEO_GUST, degrees, 10.0, 10.0, NOON_US, low);
    (void)scene_field(scene, GEO_GUST, degrees, 0.0, 250.0, NOON_US, layer);
    (void)scene_field(scene, GEO_GUST, degrees, 500.0, 500.0, NOON_US, high);
    const struct {
        double agl_m, expected;
        enum fusion_basis vertical;
    } cases[] = {{10.0, 1.0, FUSION_BASIS_INSIDE},
                 {120.0, 2.0, FUSION_BASIS_INSIDE},
                 {300.0, 2.0, FUSION_BASIS_NEAREST},
                 {400.0, 3.0, FUSION_BASIS_NEAREST},
                 {600.0, 3.0, FUSION_BASIS_EXTRAPOLATED}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fusion_weather_at at = ask(scene, centre, cases[i].agl_m, NOON_US, false);
        assert_near(at.items[FUSION_GUST].value, cases[i].expected, 0.0);
        assert_int_equal(at.items[FUSION_GUST].vertical, cases[i].vertical);
    }
    scene_close(scene);
}

static void ask__wind_without_agl__is_absent(void **state)
{
    (void)state;
    static const float u[] = {1.0F, 1.0F, 1.0F, 1.0F}, v[] = {2.0F, 2.0F, 2.0F, 2.0F};
    struct scene *scene = scene_open(centre, flat, NULL, NULL);
    (void)scene_field(scene, GEO_WIND_U, degrees, 10.0, 10.0, NOON_US, u);
    (void)scene_field(scene, GEO_WIND_V, degrees, 10.0, 10.0, NOON_US, v);
    struct fusion_weather_at at = ask(scene, centre, -1.0, NOON_US, false);
    assert_int_equal(at.items[FUSION_WIND].reason, FUSION_REASON_NO_ALTITUDE);
    at = ask(scene, centre, 10.0, NOON_US, false);
    assert_near(at.items[FUSION_WIND].value, 2.0, 1e-12);      // north
    assert_near(at.items[FUSION_WIND].value_east, 1.0, 1e-12); // east
    scene_close(scene);
}

// The fields of a record, as the fabric would list them.
static size_t take_fields(struct geo_record record, struct fusion_field *fields, size_t room,
                          const struct fusion_source *source, struct fusion_weather *weather)
{
    size_t count = 0;
    for (uint32_t variable = 1; variable < GEO_VARIABLE_COUNT; variable++) {
        weather->first_of[variable] = count;
        struct geo_item item;
        for (size_t cursor = 0; geo_record_next(record, &cursor, &item);) {
            const struct geo_field *field = item.payload;
            if (item.kind != GEO_ITEM_FIELD || field->variable != variable || count == room)
                continue;
            fields[count++] = (struct fusion_field){.field = field,
                                                    .values = geo_item_values(&item),
                                                    .source = source,
                                                    .valid_for_us = HOUR_US,
                                                    .max_gap_us = 6 * HOUR_US};
        }
        weather->first_of[variable + 1] = count;
    }
    weather->fields = fields;
    weather->count = count;
    return count;
}

static void assert_wind(const struct fusion_quantity *wind, double speed_mps, double from_deg)
{
    assert_int_equal(wind->reason, FUSION_REASON_NONE);
    assert_near(hypot(wind->value, wind->value_east), speed_mps, 0.01);
    double from = atan2(-wind->value_east, -wind->value) * 57.29577951308232;
    assert_near(from < 0.0 ? from + 360.0 : from, from_deg, 0.1);
}

static void ask__eta_at_toronto__is_what_other_tools_read(void **state)
{
    (void)state;
    size_t size;
    uint8_t *bytes = real_data("weather/eta.grb", &size);
    if (bytes == NULL)
        skip();
    struct geo_decode_params params = {.format = GEO_FORMAT_GRIB,
                                       .keep = {-82.0, 42.5, -78.0, 44.5},
                                       .size_max_bytes = UINT64_C(1) << 26,
                                       .record_max_bytes = UINT64_C(1) << 26,
                                       .pixels_max = 10000000};
    struct geo_record_builder builder;
    struct geo_note why = {0};
    struct geo_record record;
    geo_record_builder_init(&builder, (size_t)1 << 26);
    assert_int_equal(geo_grib_decode(&params, bytes, size, &builder, &why), DRF_OK);
    assert_int_equal(geo_record_finish(&builder, &record), DRF_OK);

    struct scene *scene = scene_open(centre, flat, NULL, NULL);
    static struct fusion_field fields[512];
    assert_true(take_fields(record, fields, 512, &scene->weather_source, &scene->weather) > 20);
    struct fusion_weather_at at = ask(scene, centre, 10.0, NOON_US, true);
    assert_near(at.items[FUSION_WIND].value_east, -3.862, 0.02);
    assert_near(at.items[FUSION_WIND].value, 1.444, 0.02);
    assert_wind(&at.items[FUSION_WIND], 4.12, 110.5);
    assert_near(at.items[FUSION_WIND].lower_agl_m, 10.0, 0.0);
    assert_near(at.items[FUSION_GUST].value, 5.0, 0.01);
    // at 10 m the 0-30 hPa layer is nearer than the 2 m level
    assert_near(at.items[FUSION_TEMPERATURE].lower_agl_m, 0.0, 0.0);
    at = ask(scene, centre, 2.0, NOON_US, true);
    assert_near(at.items[FUSION_TEMPERATURE].lower_agl_m, 2.0, 0.0);
    assert_near(at.items[FUSION_TEMPERATURE].value, 2.85 + 273.15, 0.01);

    at = ask(scene, centre, 120.0, NOON_US, true);
    assert_wind(&at.items[FUSION_WIND], 5.83, 127.4);
    assert_near(at.items[FUSION_WIND].lower_agl_m, 0.0, 0.0);
    assert_near(at.items[FUSION_WIND].upper_agl_m, 250.0, 15.0);

    at = ask(scene, (struct geo_point){43.692, -81.617}, 10.0, NOON_US, true);
    const struct fusion_quantity *rain = &at.items[FUSION_PRECIPITATION];
    assert_int_equal(rain->reason, FUSION_REASON_NONE);
    assert_near(rain->value * 3600.0 * 1000.0, 1.0 / 12.0, 0.0005); // mm/h
    assert_int_equal(rain->statistic, GEO_STATISTIC_ACCUMULATION);
    assert_int_equal(rain->valid_from_utc_us, NOON_US - 12 * HOUR_US);
    assert_int_equal(rain->valid_until_utc_us, NOON_US);
    scene_close(scene);
    geo_record_builder_close(&builder);
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ask__between_grid_points__is_bilinear),
        cmocka_unit_test(ask__a_neighbour_missing__takes_the_nearest_or_says_void),
        cmocka_unit_test(ask__outside_the_grid_or_without_fields__says_why_and_never_zero),
        cmocka_unit_test(ask__one_instant__holds_on_either_side_then_is_stale),
        cmocka_unit_test(ask__two_instants__interpolates_only_within_the_gap),
        cmocka_unit_test(ask__visibility_between_two_times__is_the_worse),
        cmocka_unit_test(ask__an_extreme__is_never_the_present_value),
        cmocka_unit_test(ask__levels__takes_the_nearest_then_the_narrower),
        cmocka_unit_test(ask__wind_without_agl__is_absent),
        cmocka_unit_test(ask__more_grids_than_are_remembered__are_counted),
        cmocka_unit_test(ask__eta_at_toronto__is_what_other_tools_read),
    };
    return cmocka_run_group_tests_name("fusion/weather", tests, NULL, NULL);
}
