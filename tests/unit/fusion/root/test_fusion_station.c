// SPDX-License-Identifier: Apache-2.0
// The rule of schemas/weather.md, "Stations and grids"; the standard atmosphere of ICAO Doc
// 7488: 954.608 hPa at 500 m, 898.746 hPa at 1000 m.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "fusion/aircraft/altimeter.h"
#include "fusion/root/station.h"

#define assert_near(value, expected, within) assert_true(fabs((value) - (expected)) <= (within))
#define MINUTE INT64_C(60000000)
#define NOW (INT64_C(1700000000) * 1000000)
#define M_PER_DEG 111194.9 // of latitude, on a sphere of 6371008.8 m

enum { STATIONS_MAX = 4 };

struct scene {
    struct geo_station words[STATIONS_MAX];
    struct fusion_station stations[STATIONS_MAX];
    const struct fusion_station *list[STATIONS_MAX];
    struct fusion_stations all;
    struct fusion_weather weather;
    struct fusion_root root;
};

static const struct fusion_source source = {.feed = "metar", .source = "metar"};

// A station so far north of 43.5 N 79.5 W, with an observation so old.
static struct geo_station *add(struct scene *s, const char *id, double north_m, int64_t age_us)
{
    size_t at = s->all.count++;
    s->words[at] = (struct geo_station){
        .position = {43.5 + north_m / M_PER_DEG, -79.5},
        .observed_utc_us = NOW - age_us,
        .elevation_amsl_m = 100.0,
        .wind_speed_mps = 5.0,
        .wind_from_deg_true = 90.0,
        .temperature_k = 280.0,
        .qnh_pa = 101325.0,
        .visibility_m = 10000.0,
        .flags = GEO_STATION_PLACED | GEO_STATION_HAS_ELEVATION | GEO_STATION_HAS_WIND
                 | GEO_STATION_HAS_WIND_FROM | GEO_STATION_HAS_TEMPERATURE | GEO_STATION_HAS_QNH
                 | GEO_STATION_HAS_VISIBILITY | GEO_STATION_VISIBILITY_AT_LEAST};
    memcpy(s->words[at].id, id, strlen(id));
    s->stations[at] = (struct fusion_station){
        .station = &s->words[at], .source = &source, .valid_for_us = 90 * MINUTE};
    s->list[at] = &s->stations[at];
    s->all.items = s->list;
    s->root.stations = &s->all;
    s->root.weather = &s->weather;
    s->root.layer_fed[FUSION_LAYER_WEATHER] = true;
    for (size_t i = 0; i < FUSION_LAYER_COUNT; i++)
        s->root.layer_state[i] = FUSION_REASON_NONE;
    return &s->words[at];
}

static struct fusion_station_ask ask_at(double agl_m)
{
    return (struct fusion_station_ask){.position = {43.5, -79.5},
                                       .agl_known = true,
                                       .agl_m = agl_m,
                                       .ground_known = true,
                                       .ground_amsl_m = 100.0,
                                       .now_utc_us = NOW};
}

static void weight__distance_and_age__add_up(void **state)
{
    (void)state;
    struct scene s = {.all.count = 0};
    const struct fusion_station_ask ask = ask_at(10.0);
    add(&s, "AAAA", 2500.0, 15 * MINUTE); // wind: a quarter of 10 km, a fifth of 75 min
    struct fusion_station_answer answer = fusion_station_answer(&s.root, &ask, FUSION_WIND);
    assert_non_null(answer.station);
    assert_near(answer.weight, 0.55, 1e-3);
    assert_near(answer.distance_m, 2500.0, 1.0);
    // QNH reaches 50 km
    answer = fusion_station_answer(&s.root, &ask, FUSION_QNH);
    assert_near(answer.weight, 0.75, 1e-3);
    // no report tells a rate
    answer = fusion_station_answer(&s.root, &ask, FUSION_PRECIPITATION);
    assert_null(answer.station);
}

static void answer__out_of_reach_time_or_height__is_none_and_says_why(void **state)
{
    (void)state;
    static const struct {
        double north_m;
        int64_t age_us;
        double agl_m, ground_m;
        enum fusion_reason reason;
    } cases[] = {
        {9900.0, 0, 10.0, 100.0, FUSION_REASON_NONE},
        {10100.0, 0, 10.0, 100.0, FUSION_REASON_NO_DATA},
        {0.0, 74 * MINUTE, 10.0, 100.0, FUSION_REASON_NONE},
        {0.0, 75 * MINUTE, 10.0, 100.0, FUSION_REASON_STALE},
        {0.0, -4 * MINUTE, 10.0, 100.0, FUSION_REASON_NONE},
        {0.0, -6 * MINUTE, 10.0, 100.0, FUSION_REASON_NO_DATA},
        {0.0, 0, 30.0, 100.0, FUSION_REASON_NONE},
        {0.0, 0, 30.5, 100.0, FUSION_REASON_NO_DATA},
        {0.0, 0, 10.0, 199.0, FUSION_REASON_NONE},
        {0.0, 0, 10.0, 201.0, FUSION_REASON_NO_DATA},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct scene s = {.all.count = 0};
        struct fusion_station_ask ask = ask_at(cases[i].agl_m);
        ask.ground_amsl_m = cases[i].ground_m;
        add(&s, "AAAA", cases[i].north_m, cases[i].age_us);
        struct fusion_station_answer answer = fusion_station_answer(&s.root, &ask, FUSION_WIND);
        assert_int_equal(answer.reason, cases[i].reason);
        assert_int_equal(answer.station != NULL, cases[i].reason == FUSION_REASON_NONE);
    }
}

static void answer__value_not_told__is_void_and_another_station_speaks(void **state)
{
    (void)state;
    struct scene s = {.all.count = 0};
    const struct fusion_station_ask ask = ask_at(10.0);
    struct geo_station *near = add(&s, "AAAA", 100.0, 0);
    near->flags &= ~(uint32_t)(GEO_STATION_HAS_WIND | GEO_STATION_HAS_WIND_FROM);
    struct fusion_station_answer answer = fusion_station_answer(&s.root, &ask, FUSION_WIND);
    assert_int_equal(answer.reason, FUSION_REASON_SOURCE_VOID);
    add(&s, "BBBB", 8000.0, 30 * MINUTE);
    answer = fusion_station_answer(&s.root, &ask, FUSION_WIND);
    assert_string_equal(answer.station->station->id, "BBBB");
    add(&s, "CCCC", 5000.0, 0);
    answer = fusion_station_answer(&s.root, &ask, FUSION_WIND);
    assert_string_equal(answer.station->station->id, "CCCC");
}

static void weather__stations_alone__name_the_station(void **state)
{
    (void)state;
    struct scene s = {.all.count = 0};
    add(&s, "AAAA", 1000.0, 10 * MINUTE);
    struct fusion_planes *planes;
    assert_int_equal(fusion_planes_open(&planes), DRF_OK);
    const struct fusion_weather_ask ask = {
        .position = {43.5, -79.5}, .agl_known = true, .agl_m = 20.0, .now_utc_us = NOW};
    struct fusion_weather_at at;
    fusion_weather_ask(planes, &s.root, &ask, &at);
    const struct fusion_quantity *wind = &at.items[FUSION_WIND];
    assert_int_equal(wind->reason, FUSION_REASON_NONE);
    assert_near(wind->value, 0.0, 1e-9);       // from the east: none to the north
    assert_near(wind->value_east, -5.0, 1e-9); // toward the west
    assert_string_equal(wind->station, "AAAA");
    assert_int_equal(wind->horizontal, FUSION_BASIS_STATION);
    assert_int_equal(wind->vertical, FUSION_BASIS_EXTRAPOLATED);
    assert_near(wind->lower_agl_m, 10.0, 0);
    assert_int_equal(wind->data_time_utc_us, NOW - 10 * MINUTE);
    assert_int_equal(wind->valid_until_utc_us, NOW + 65 * MINUTE);
    assert_true(at.items[FUSION_VISIBILITY].at_least);
    assert_int_equal(at.items[FUSION_GUST].reason, FUSION_REASON_SOURCE_VOID);
    assert_int_equal(at.items[FUSION_PRECIPITATION].reason, FUSION_REASON_NOT_REPORTED);
    assert_int_equal(at.present.reason, FUSION_REASON_SOURCE_VOID);
    // a wind that varies: the speed is no vector
    s.words[0].flags &= ~(uint32_t)GEO_STATION_HAS_WIND_FROM;
    s.words[0].flags |= GEO_STATION_HAS_WEATHER | GEO_STATION_PRECIPITATION;
    memcpy(s.words[0].codes, "-RA", 4);
    fusion_weather_ask(planes, &s.root, &ask, &at);
    assert_true(at.items[FUSION_WIND].direction_unknown);
    assert_near(at.items[FUSION_WIND].value, 5.0, 1e-9);
    assert_true(at.present.precipitation && !at.present.convection);
    assert_true(at.present.precipitation_known && at.present.convection_known);
    assert_string_equal(at.present.codes, "-RA");
    assert_false(at.items[FUSION_WIND].at_least);
    // what falls, not whether it towers; and the other way round, as automatic stations do
    s.words[0].flags |= GEO_STATION_CONVECTION_UNKNOWN | GEO_STATION_WIND_AT_LEAST;
    fusion_weather_ask(planes, &s.root, &ask, &at);
    assert_true(at.items[FUSION_WIND].at_least);
    assert_true(at.present.precipitation_known && !at.present.convection_known);
    s.words[0].flags &= ~(uint32_t)(GEO_STATION_CONVECTION_UNKNOWN | GEO_STATION_HAS_WEATHER
                                    | GEO_STATION_PRECIPITATION);
    s.words[0].flags |= GEO_STATION_CONVECTION;
    fusion_weather_ask(planes, &s.root, &ask, &at);
    assert_int_equal(at.present.reason, FUSION_REASON_NONE);
    assert_true(!at.present.precipitation_known && at.present.convection_known);
    assert_true(at.present.convection && !at.present.precipitation);
    // the native points of a grid are not a station's
    struct fusion_weather_ask grids = ask;
    grids.grid_only = true;
    fusion_weather_ask(planes, &s.root, &grids, &at);
    assert_int_equal(at.items[FUSION_WIND].reason, FUSION_REASON_NOT_REPORTED);
    // what was there and is past its time is stale, not unheard of
    s.weather.ended[GEO_GUST] = true;
    fusion_weather_ask(planes, &s.root, &grids, &at);
    assert_int_equal(at.items[FUSION_GUST].reason, FUSION_REASON_STALE);
    fusion_planes_close(planes);
}

static void weather__station_and_grid__the_weight_decides(void **state)
{
    (void)state;
    struct scene s = {.all.count = 0};
    add(&s, "AAAA", 4000.0, 10 * MINUTE); // temperature: 1 - 0.2 - 0.133
    const struct geo_field field = {.variable = GEO_TEMPERATURE,
                                    .statistic = GEO_STATISTIC_INSTANT,
                                    .lower_agl_m = 2.0,
                                    .upper_agl_m = 2.0,
                                    .reference_utc_us = NOW,
                                    .valid_from_utc_us = NOW,
                                    .valid_until_utc_us = NOW,
                                    .grid = {.kind = GEO_GRID_LATLON,
                                             .ni = 2,
                                             .nj = 2,
                                             .x0 = -80.0,
                                             .y0 = 43.0,
                                             .dx = 1.0,
                                             .dy = 1.0,
                                             .semi_major_m = 6371229.0,
                                             .semi_minor_m = 6371229.0}};
    const float values[] = {300.0F, 300.0F, 300.0F, 300.0F};
    const struct fusion_field shown = {.field = &field,
                                       .values = values,
                                       .source = &source,
                                       .valid_for_us = 60 * MINUTE,
                                       .max_gap_us = 60 * MINUTE};
    s.weather.count = 1;
    s.weather.fields = &shown;
    for (size_t v = GEO_TEMPERATURE + 1; v <= GEO_VARIABLE_COUNT; v++)
        s.weather.first_of[v] = 1;
    struct fusion_planes *planes;
    assert_int_equal(fusion_planes_open(&planes), DRF_OK);
    struct fusion_weather_ask ask = {
        .position = {43.5, -79.5}, .agl_known = true, .agl_m = 10.0, .now_utc_us = NOW};
    struct fusion_weather_at at;
    fusion_weather_ask(planes, &s.root, &ask, &at);
    assert_near(at.items[FUSION_TEMPERATURE].value, 280.0, 1e-9);
    assert_non_null(at.items[FUSION_TEMPERATURE].station);
    s.words[0].observed_utc_us = NOW - 62 * MINUTE; // 1 - 0.2 - 0.827: below zero
    fusion_weather_ask(planes, &s.root, &ask, &at);
    assert_near(at.items[FUSION_TEMPERATURE].value, 300.0, 1e-4);
    assert_null(at.items[FUSION_TEMPERATURE].station);
    // too high for a thermometer at 2 m
    s.words[0].observed_utc_us = NOW;
    ask.agl_m = 100.0;
    fusion_weather_ask(planes, &s.root, &ask, &at);
    assert_near(at.items[FUSION_TEMPERATURE].value, 300.0, 1e-4);
    // where no grid answers, the old observation does
    ask.agl_m = 10.0;
    s.words[0].observed_utc_us = NOW - 62 * MINUTE;
    s.weather.count = 0;
    memset(s.weather.first_of, 0, sizeof s.weather.first_of);
    s.root.epoch++;
    fusion_weather_ask(planes, &s.root, &ask, &at);
    assert_near(at.items[FUSION_TEMPERATURE].value, 280.0, 1e-9);
    fusion_planes_close(planes);
}

static void altimeter__standard_atmosphere__is_shifted_by_the_setting(void **state)
{
    (void)state;
    struct scene s = {.all.count = 0};
    struct geo_station *station = add(&s, "AAAA", 20000.0, 10 * MINUTE);
    struct fusion_altimeter altimeter =
        fusion_altimeter_at(&s.root, (struct geo_point){43.5, -79.5}, NOW);
    assert_true(altimeter.known);
    assert_string_equal(altimeter.station, "AAAA");
    struct fusion_altitude amsl = fusion_altimeter_amsl(&altimeter, 600.0, 10.0);
    assert_true(amsl.known);
    assert_near(amsl.m, 600.0, 1e-6);
    assert_near(amsl.acc95_m, 10.0 + 30.0 + 0.04 * 500.0, 1e-6); // over the station at 100 m
    static const struct {
        double qnh_pa, shift_m;
    } settings[] = {{95460.8, -500.0}, {89874.6, -1000.0}};
    for (size_t i = 0; i < 2; i++) {
        station->qnh_pa = settings[i].qnh_pa;
        altimeter = fusion_altimeter_at(&s.root, (struct geo_point){43.5, -79.5}, NOW);
        amsl = fusion_altimeter_amsl(&altimeter, 2000.0, 0.0);
        assert_near(amsl.m, 2000.0 + settings[i].shift_m, 0.1);
    }
    // too far, or too old: no setting, and a model's is none
    assert_false(fusion_altimeter_at(&s.root, (struct geo_point){42.5, -79.5}, NOW).known);
    altimeter =
        fusion_altimeter_at(&s.root, (struct geo_point){43.5, -79.5}, NOW + 70 * MINUTE);
    assert_false(altimeter.known);
    assert_int_equal(altimeter.reason, FUSION_REASON_NO_QNH);
}

// schemas/weather.md, "Weather reports of drones": as far up and down as a station's from its
// height, 15 minutes.
static void measured__in_the_air__holds_near_its_height_and_for_a_quarter_of_an_hour(
    void **state)
{
    (void)state;
    struct scene s = {.all.count = 0};
    struct geo_station *drone = add(&s, "d1", 0.0, 5 * MINUTE);
    drone->flags |= GEO_STATION_MEASURED_AGL;
    drone->measured_dm = 800;
    static const struct {
        double agl_m;
        bool wind;
    } cases[] = {{80, true}, {50, true}, {110, true}, {49, false}, {111, false}, {10, false}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct fusion_station_ask ask = ask_at(cases[i].agl_m);
        assert_int_equal(fusion_station_answer(&s.root, &ask, FUSION_WIND).station != NULL,
                         cases[i].wind);
    }
    const struct fusion_station_ask ask = ask_at(80.0);
    struct fusion_station_answer answer = fusion_station_answer(&s.root, &ask, FUSION_WIND);
    assert_near(answer.weight, 1.0 - 5.0 / 15.0, 1e-6);
    drone->observed_utc_us = NOW - 15 * MINUTE;
    answer = fusion_station_answer(&s.root, &ask, FUSION_WIND);
    assert_true(answer.station == NULL && answer.reason == FUSION_REASON_STALE);
    assert_false(fusion_station_over(s.list[0], NOW));
    assert_true(fusion_station_over(s.list[0], NOW + 1));
}

static void measured__over_the_sea__holds_where_the_ground_is_known(void **state)
{
    (void)state;
    struct scene s = {.all.count = 0};
    struct geo_station *drone = add(&s, "d1", 0.0, 0);
    drone->flags |= GEO_STATION_MEASURED_AMSL;
    drone->flags &= ~(uint32_t)GEO_STATION_HAS_ELEVATION;
    drone->elevation_amsl_m = 0.0;
    drone->measured_dm = 1800; // 80 m over the ground of ask_at()
    struct fusion_station_ask ask = ask_at(80.0);
    assert_non_null(fusion_station_answer(&s.root, &ask, FUSION_WIND).station);
    ask.agl_m = 115.0;
    assert_null(fusion_station_answer(&s.root, &ask, FUSION_WIND).station);
    ask = ask_at(80.0);
    ask.ground_known = false;
    assert_null(fusion_station_answer(&s.root, &ask, FUSION_WIND).station);
    ask = ask_at(80.0);
    ask.agl_known = false;
    assert_null(fusion_station_answer(&s.root, &ask, FUSION_WIND).station);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            measured__in_the_air__holds_near_its_height_and_for_a_quarter_of_an_hour),
        cmocka_unit_test(measured__over_the_sea__holds_where_the_ground_is_known),
        cmocka_unit_test(weight__distance_and_age__add_up),
        cmocka_unit_test(answer__out_of_reach_time_or_height__is_none_and_says_why),
        cmocka_unit_test(answer__value_not_told__is_void_and_another_station_speaks),
        cmocka_unit_test(weather__stations_alone__name_the_station),
        cmocka_unit_test(weather__station_and_grid__the_weight_decides),
        cmocka_unit_test(altimeter__standard_atmosphere__is_shifted_by_the_setting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
