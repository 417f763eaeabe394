// SPDX-License-Identifier: Apache-2.0
// Traffic of receivers and of nodes. Expected numbers: the definition of foot, knot and minute.
#define _POSIX_C_SOURCE 200809L
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/support/real_data.h"
#include "tests/support/tracks.h"

static struct decoded readsb(const char *text)
{
    return decode(geo_readsb_decode, &everywhere, text, strlen(text));
}

static void readsb__a_full_aircraft__gives_every_height_in_its_own_frame(void **state)
{
    (void)state;
    struct decoded d = readsb(
        "{\"now\":1700000010.5,\"messages\":1,\"aircraft\":[{\"hex\":\"AC671B\",\"flight\":"
        "\"DAL1812 \",\"lat\":43.5,\"lon\":-79.5,\"alt_baro\":1000,\"alt_geom\":1250,\"gs\":90,"
        "\"track\":90,\"baro_rate\":-600,\"geom_rate\":-660,\"seen_pos\":2.5,\"seen\":0.1,"
        "\"nac_p\":9,\"gva\":2}]}");
    assert_int_equal(d.status, DRF_OK);
    assert_int_equal(d.count, 1);
    const struct geo_track *t = &d.tracks[0];
    assert_string_equal(t->id, "ac671b");
    assert_string_equal(t->name, "DAL1812");
    assert_int_equal(t->flags,
                     GEO_TRACK_WGS84 | GEO_TRACK_PRESSURE | GEO_TRACK_VELOCITY | GEO_TRACK_UP);
    assert_near(t->alt_pressure_m, 304.8, 1e-9);
    assert_near(t->alt_wgs84_m, 381.0, 1e-9);
    assert_near(t->velocity_east_mps, 46.3, 1e-6); // 90 NM/h
    assert_near(t->velocity_north_mps, 0.0, 1e-6);
    assert_near(t->velocity_up_mps, -3.3528, 1e-6); // the geometric rate, 660 ft/min
    assert_true(t->time_utc_us == INT64_C(1700000008000000));
    assert_near(t->horizontal_acc95_m, 30.0, 0.0);
    assert_near(t->altitude_acc95_m, 45.0, 0.0);
}

// Address and emitter category where they are known; neither decides anything, and what cannot
// be read of them refuses no aircraft.
static void formats__of_an_aircraft__say_which_it_is(void **state)
{
    (void)state;
    static const struct {
        const char *said, *icao24, *category;
    } cases[] = {
        {"\"hex\":\"AC671B\",\"category\":\"A3\"", "ac671b", "A3"},
        {"\"hex\":\"ac671b\",\"category\":\"D7\"", "ac671b", "D7"},
        {"\"hex\":\"ac671b\",\"category\":\"A0\"", "ac671b", "A0"},
        {"\"hex\":\"~c671b0\",\"category\":\"B6\"", "", "B6"}, // not an address of ICAO
        {"\"hex\":\"ac671b\"", "ac671b", ""},
        {"\"hex\":\"ac671b\",\"category\":\"A8\"", "ac671b", ""},
        {"\"hex\":\"ac671b\",\"category\":\"E1\"", "ac671b", ""},
        {"\"hex\":\"ac671b\",\"category\":3", "ac671b", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[200];
        (void)snprintf(text, sizeof text, "{\"now\":1,\"aircraft\":[{%s,\"lat\":1,\"lon\":1}]}",
                       cases[i].said);
        struct decoded d = readsb(text);
        assert_int_equal(d.count, 1);
        assert_string_equal(d.tracks[0].icao24, cases[i].icao24);
        assert_string_equal(d.tracks[0].category, cases[i].category);
    }
    struct decoded d = tracks("{\"traffic_id\":\"d-1\",\"lat_e7\":1,\"lon_e7\":1,"
                              "\"data_time_us\":1,\"icao24\":\"4ca123\",\"category\":\"B6\"}");
    assert_int_equal(d.count, 1);
    assert_string_equal(d.tracks[0].icao24, "4ca123");
    assert_string_equal(d.tracks[0].category, "B6");
    static const char *const told[] = {
        "\"4CA123\"", "\"4cA123\"",       "\"\"",    "\"4ca12\"", "\"4ca1234\"",  "\"4ca12g\"",
        "\"~4ca12\"", "\"4ca1\xc3\xa9\"", "4123456", "null",      "[\"4ca123\"]", "true"};
    for (size_t i = 0; i < sizeof told / sizeof told[0]; i++) {
        char text[200];
        (void)snprintf(text, sizeof text,
                       "{\"traffic_id\":\"d-1\",\"lat_e7\":1,\"lon_e7\":1,"
                       "\"data_time_us\":1,\"icao24\":%s}",
                       told[i]);
        d = tracks(text);
        assert_int_equal(d.count, 1);
        assert_string_equal(d.tracks[0].icao24, i < 2 ? "4ca123" : "");
    }
}

static void readsb__absent_keys__are_unknown_and_not_zero(void **state)
{
    (void)state;
    struct decoded d = readsb("{\"now\":1700000000,\"aircraft\":["
                              "{\"hex\":\"~2a3f01\",\"lat\":0,\"lon\":0},"
                              "{\"hex\":\"4ca123\",\"gs\":90,\"track\":1},"
                              "{\"hex\":\"4ca124\",\"lat\":1,\"lon\":1,\"alt_baro\":\"ground\","
                              "\"gs\":3}]}");
    assert_int_equal(d.status, DRF_OK);
    assert_int_equal(d.count, 2); // one has no position
    assert_string_equal(d.tracks[0].id, "~2a3f01");
    assert_int_equal(d.tracks[0].flags, ASSUMED);
    assert_near(d.tracks[0].horizontal_acc95_m, 75.0, 0.0);
    // a speed without a course, 3 knots
    assert_int_equal(d.tracks[1].flags, GEO_TRACK_ON_GROUND | GEO_TRACK_SPEED | ASSUMED);
    assert_near(d.tracks[1].speed_mps, 1.5433, 1e-4);
    assert_int_equal(d.last_note.code, GEO_REFUSAL_IGNORED);
}

static void readsb__what_cannot_be__is_refused_and_the_rest_stands(void **state)
{
    (void)state;
    static const char *const broken[] = {
        "{\"hex\":\"ac671\",\"lat\":1,\"lon\":1}",
        "{\"hex\":\"ac671g\",\"lat\":1,\"lon\":1}",
        "{\"hex\":7,\"lat\":1,\"lon\":1}",
        "{\"hex\":\"ac671b\",\"lat\":91,\"lon\":1}",
        "{\"hex\":\"ac671b\",\"lat\":\"1\",\"lon\":1}",
        "{\"hex\":\"ac671b\",\"lat\":1,\"lon\":1,\"alt_baro\":\"high\"}",
        "{\"hex\":\"ac671b\",\"lat\":1,\"lon\":1,\"alt_geom\":1e9}",
        "{\"hex\":\"ac671b\",\"lat\":1,\"lon\":1,\"seen_pos\":-5}",
        // when a message was heard is not when it was there
        "{\"hex\":\"ac671b\",\"lat\":1,\"lon\":1,\"seen\":0.1}",
        "{\"hex\":\"ac671b\",\"lat\":1,\"lon\":1,\"last_position\":null,\"seen_pos\":1}",
        "{\"hex\":\"ac671b\",\"lat\":1,\"lon\":1,\"last_position\":9e9}",
        "{\"hex\":\"ac671b\",\"lat\":1,\"lon\":1,\"onground\":\"perhaps\"}",
        "{\"hex\":\"ac671b\",\"lat\":1,\"lon\":1,\"velocity\":60,\"baroaltitude\":500}",
        "7",
    };
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        char text[300];
        (void)snprintf(text, sizeof text,
                       "{\"now\":1,\"aircraft\":[%s,{\"hex\":\"abcdef\",\"lat\":2,\"lon\":2}]}",
                       broken[i]);
        struct decoded d = readsb(text);
        assert_int_equal(d.status, DRF_OK);
        assert_int_equal(d.count, 1);
        assert_string_equal(d.tracks[0].id, "abcdef");
        assert_int_equal(d.notes, 1);
        assert_int_equal(d.last_note.position, 1);
    }
    assert_int_equal(readsb("{\"aircraft\":[]}").why.code, GEO_REFUSAL_FORMAT); // no time
    assert_int_equal(readsb("{\"now\":1,\"aircraft\":[]}").why.code, GEO_REFUSAL_IGNORED);
    assert_int_equal(readsb("{}").why.code, GEO_REFUSAL_FORMAT);
}

static void readsb__one_aircraft__takes_the_messages_time_where_it_has_none(void **state)
{
    (void)state;
    struct decoded d =
        readsb("{\"hex\":\"ac671b\",\"lat\":1,\"lon\":1,\"altitude\":100,\"seen_pos\":1}");
    assert_int_equal(d.count, 1);
    assert_true(d.tracks[0].time_utc_us == INT64_C(1699999999000000));
    assert_int_equal(d.tracks[0].flags,
                     GEO_TRACK_PRESSURE | GEO_TRACK_TIMED_BY_MESSAGE | ASSUMED);
    d = readsb("{\"hex\":\"ac671b\",\"lat\":1,\"lon\":1,\"now\":1700000001}");
    assert_true(d.tracks[0].time_utc_us == INT64_C(1700000001000000));
}

static struct decoded one(const char *rest)
{
    char text[400];
    (void)snprintf(text, sizeof text,
                   "{\"now\":1700000020,\"aircraft\":[{\"hex\":\"ac671b\",\"lat\":1,"
                   "\"lon\":1%s}]}",
                   rest);
    return readsb(text);
}

// DO-260B, tables 2-70 and 2-72: NACp 0 is unknown or 10 NM and worse, 1 is under 10 NM; GVA 0
// is unknown or over 150 m, 1 is up to 150 m. What the standard has no meaning for is unknown
// too.
static void readsb__an_accuracy_that_is_unknown__is_no_better_than_category_1(void **state)
{
    (void)state;
    static const struct {
        const char *rest;
        double across_m, up_m;
        uint32_t assumed; // by us, where the transponder does not know
    } cases[] = {
        {",\"nac_p\":0,\"gva\":0", 18520.0, 150.0, ASSUMED},
        {",\"nac_p\":1,\"gva\":1", 18520.0, 150.0, 0},
        {",\"nac_p\":12,\"gva\":3", 18520.0, 150.0, ASSUMED},
        {",\"nac_p\":15", 18520.0, 38.1, ASSUMED},
        {",\"nac_p\":8.5,\"gva\":1.5", 18520.0, 150.0, ASSUMED},
        {",\"nac_p\":11,\"gva\":2", 3.0, 45.0, 0},
        {",\"nac_p\":11", 3.0, 38.1, GEO_TRACK_ALTITUDE_ASSUMED},
        {"", 75.0, 38.1, ASSUMED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct decoded d = one(cases[i].rest);
        assert_int_equal(d.count, 1);
        assert_near(d.tracks[0].horizontal_acc95_m, cases[i].across_m, 0.0);
        assert_near(d.tracks[0].altitude_acc95_m, cases[i].up_m, 0.0);
        assert_int_equal(d.tracks[0].flags & ASSUMED, cases[i].assumed);
        assert_near(d.tracks[0].horizontal_default_acc95_m, 75.0, 0.0);
        assert_near(d.tracks[0].altitude_default_acc95_m, 38.1, 0.0);
    }
}

static void readsb__an_aircraft_on_the_ground__is_so_unless_something_says_it_flies(
    void **state)
{
    (void)state;
    static const struct {
        const char *rest;
        bool grounded;
    } cases[] = {
        {",\"onground\":true", true},
        {",\"on_ground\":true", true},
        {",\"gnd\":1", true},
        {",\"alt_baro\":\"ground\"", true},
        {",\"altitude\":\"ground\",\"onground\":true", true},
        {",\"onground\":false", false},
        {",\"gnd\":0", false},
        {",\"onground\":null", false},
        {",\"alt_baro\":\"ground\",\"onground\":false", false},
        // at 180 knots it rolls, at 300 it does not; nor does it climb
        {",\"onground\":true,\"gs\":180,\"track\":90,\"baro_rate\":400", true},
        {",\"onground\":true,\"gs\":300,\"track\":90", false},
        {",\"alt_baro\":\"ground\",\"gs\":300", false},
        {",\"onground\":true,\"gs\":140,\"baro_rate\":2000", false},
        {",\"onground\":true,\"gs\":140,\"geom_rate\":-1500", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct decoded d = one(cases[i].rest);
        assert_int_equal(d.count, 1);
        assert_int_equal((d.tracks[0].flags & GEO_TRACK_ON_GROUND) != 0, cases[i].grounded);
    }
}

static void readsb__the_time__is_that_of_the_position(void **state)
{
    (void)state;
    // a state vector of 12:00:20 whose position is 14 s older, in seconds and in milliseconds
    static const char *const stamps[] = {
        "\"timestamp\":1700000020000,\"last_position\":1700000006,\"onground\":false",
        "\"timestamp\":1700000020,\"last_position\":1700000006000",
        "\"timestamp\":1700000020000,\"lastposupdate\":1700000006,\"lastcontact\":1700000019",
        "\"timestamp\":1700000020000,\"seen_pos\":14,\"seen\":0.2",
        "\"now\":1700000020000,\"seen_pos\":14",
        "\"timestamp\":1700000006000",
    };
    for (size_t i = 0; i < sizeof stamps / sizeof stamps[0]; i++) {
        char text[300];
        (void)snprintf(text, sizeof text,
                       "[{\"icao24\":\"ac671b\",\"latitude\":1,\"longitude\":1,%s}]",
                       stamps[i]);
        struct decoded d = readsb(text);
        assert_int_equal(d.count, 1);
        assert_true(d.tracks[0].time_utc_us == INT64_C(1700000006000000));
    }
}

static void readsb__a_course_or_a_speed_that_is_not_known__is_no_velocity(void **state)
{
    (void)state;
    struct decoded d = one(",\"gs\":120");
    assert_int_equal(d.tracks[0].flags, GEO_TRACK_SPEED | ASSUMED);
    assert_near(d.tracks[0].speed_mps, 61.7333, 1e-4); // 120 NM/h
    assert_int_equal(one(",\"track\":90").tracks[0].flags, ASSUMED);
    assert_int_equal(one("").tracks[0].flags, ASSUMED);
    // of dump1090 (MalcolmRobb's): values with a switch beside them
    assert_int_equal(one(",\"speed\":120,\"track\":0,\"validtrack\":0").tracks[0].flags,
                     GEO_TRACK_SPEED | ASSUMED);
    assert_int_equal(one(",\"speed\":120,\"track\":0,\"validtrack\":1").tracks[0].flags,
                     GEO_TRACK_VELOCITY | ASSUMED);
    assert_int_equal(one(",\"validposition\":0").count, 0);
    assert_int_equal(
        tracks("{\"traffic_id\":\"a\",\"lat_e7\":1,\"lon_e7\":1,\"data_time_us\":1,"
               "\"speed_mps\":40}")
            .tracks[0]
            .flags,
        GEO_TRACK_SPEED | ASSUMED);
    assert_int_equal(
        tracks("{\"traffic_id\":\"a\",\"lat_e7\":1,\"lon_e7\":1,\"data_time_us\":1,"
               "\"unconfirmed\":true}")
            .tracks[0]
            .flags,
        GEO_TRACK_UNCONFIRMED | ASSUMED);
}

static struct decoded opensky(const char *row)
{
    char text[400];
    (void)snprintf(text, sizeof text, "{\"time\":1700000020,\"states\":[%s]}", row);
    return readsb(text);
}

// Columns after OpenSky's REST documentation: 3 time_position, 5 longitude, 6 latitude, 7
// baro_altitude m, 8 on_ground, 9 velocity m/s, 10 true_track, 11 vertical_rate m/s, 13
// geo_altitude m.
static void readsb__rows_of_opensky__are_read_by_column(void **state)
{
    (void)state;
    struct decoded d = opensky("[\"ac671b\",\"X1 \",\"US\",1700000006,1700000019,8.0,50.5,600,"
                               "false,60,90,-2.5,null,650,\"1000\",false,0]");
    assert_int_equal(d.count, 1);
    const struct geo_track *t = &d.tracks[0];
    assert_string_equal(t->name, "X1");
    assert_true(t->time_utc_us == INT64_C(1700000006000000));
    assert_int_equal(t->flags, GEO_TRACK_WGS84 | GEO_TRACK_PRESSURE | GEO_TRACK_VELOCITY
                                   | GEO_TRACK_UP | ASSUMED);
    assert_near(t->alt_pressure_m, 600.0, 0.0);
    assert_near(t->alt_wgs84_m, 650.0, 0.0);
    assert_near(t->velocity_east_mps, 60.0, 1e-9);
    assert_near(t->velocity_up_mps, -2.5, 0.0);
    d = opensky("[\"ac671b\",\"\",\"US\",1700000006,1700000019,8.0,50.5,null,true,60,null,null,"
                "null,null,null,false,0]");
    assert_int_equal(d.tracks[0].flags, GEO_TRACK_ON_GROUND | GEO_TRACK_SPEED | ASSUMED);
    static const char *const broken[] = {
        "[\"ac671b\",\"\",\"US\",null,1700000019,8,50,1,false,6,9,0,null,1,null,false,0]",
        "[\"ac671b\",\"\",\"US\",1700000006,1700000019,8,50,1,null,6,9,0,null,1,null,false,0]",
        "[\"ac671b\",\"\",\"US\",1700000006,1700000019,8,50]",
        "[\"ac671b\",\"\",\"US\",1700000006,1700000019,50,188,1,false,6,9,0,null,1,null,false]",
        "{\"icao24\":\"ac671b\"}",
    };
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        d = opensky(broken[i]);
        if (d.count != 0 || d.why.code == GEO_REFUSAL_IGNORED)
            fail_msg("taken or passed over: %s", broken[i]);
    }
    d = opensky(
        "[\"ac671b\",\"\",\"US\",null,1700000019,null,null,1,false,6,9,0,null,1,null,false,0]");
    assert_int_equal(d.why.code, GEO_REFUSAL_IGNORED); // without a position
    assert_int_equal(readsb("{\"time\":1700000020,\"states\":null}").why.code,
                     GEO_REFUSAL_IGNORED);
    assert_int_equal(readsb("{\"time\":1700000020,\"states\":{}}").why.code,
                     GEO_REFUSAL_FORMAT);
}

static struct decoded real_case(const char *name)
{
    size_t size;
    uint8_t *bytes = real_data(name, &size);
    if (bytes == NULL)
        skip();
    struct decoded d = decode(geo_readsb_decode, &everywhere, bytes, size);
    free(bytes);
    return d;
}

// The rows of the real data's cases; times and numbers as they stand in the files.
static void readsb__strangers_messages__are_read_for_what_they_say(void **state)
{
    (void)state;
    struct decoded d = real_case("cases/traffic/t_adsblol_ac.json");
    assert_int_equal(d.count, 1);
    assert_string_equal(d.tracks[0].id, "3c6444");
    assert_true(d.tracks[0].time_utc_us == INT64_C(1795863573322000)); // 0.3 s before `now`
    d = real_case("cases/traffic/t_now_ms.json");
    assert_int_equal(d.count, 1);
    assert_true(d.tracks[0].time_utc_us == INT64_C(1795863573322000));
    assert_near(d.tracks[0].horizontal_acc95_m, 30.0, 0.0); // NACp 9
    d = real_case("cases/traffic/t_opensky_states.json");
    assert_int_equal(d.count, 1);
    assert_true(d.tracks[0].time_utc_us == INT64_C(1795863572000000));
    assert_near(d.tracks[0].alt_pressure_m, 609.6, 0.0);
    assert_near(d.tracks[0].position.lat_deg, 50.5, 0.0);
    assert_near(d.tracks[0].velocity_east_mps, 61.7, 1e-9);
    d = real_case("cases/traffic/t_lastpos.json"); // none but a position of 70 s ago
    assert_int_equal(d.count, 0);
    assert_int_equal(d.why.code, GEO_REFUSAL_IGNORED);
    assert_non_null(strstr(d.why.text, "position"));
    struct decoded unknown = real_case("cases/traffic/t_nacp0.json");
    d = real_case("cases/traffic/t_nacp1.json");
    assert_int_equal(unknown.count, 1);
    assert_int_equal(d.count, 1);
    assert_near(d.tracks[0].horizontal_acc95_m, 18520.0, 0.0);
    assert_true(unknown.tracks[0].horizontal_acc95_m >= d.tracks[0].horizontal_acc95_m);
    assert_true(unknown.tracks[0].altitude_acc95_m >= 150.0);
}

static void readsb__outside_the_region__is_no_fault(void **state)
{
    (void)state;
    struct geo_decode_params params = everywhere;
    params.keep = (struct geo_bounds){0, 0, 1, 1};
    const char *text = "{\"hex\":\"ac671b\",\"lat\":5,\"lon\":5}";
    struct decoded d = decode(geo_readsb_decode, &params, text, strlen(text));
    assert_int_equal(d.count, 0);
    assert_int_equal(d.why.code, GEO_REFUSAL_IGNORED);
}

// The rows as text, read by eye from the file.
static void readsb__a_real_trace__gives_its_rows(void **state)
{
    (void)state;
    size_t size;
    uint8_t *bytes = real_data("traffic/readsb_trace_full_ac671b.json", &size);
    if (bytes == NULL)
        skip();
    struct decoded d = decode(geo_readsb_decode, &everywhere, bytes, size);
    free(bytes);
    assert_int_equal(d.status, DRF_OK);
    assert_true(d.count > 1000);
    const struct geo_track *first = &d.tracks[0], *second = &d.tracks[1];
    assert_string_equal(first->id, "ac671b");
    assert_near(first->position.lat_deg, 16.777359, 0.0);
    assert_near(first->position.lon_deg, -88.036868, 0.0);
    assert_near(first->alt_pressure_m, 9753.6, 1e-9); // 32,000 ft
    assert_near(first->alt_wgs84_m, 10309.86, 1e-9);  // 33,825 ft
    assert_true(first->time_utc_us == INT64_C(1738703622619000));
    assert_near(hypot(second->velocity_north_mps, second->velocity_east_mps), 247.9622, 1e-4);
    assert_true(second->velocity_east_mps < 0.0 && second->velocity_north_mps > 0.0);
    assert_true(second->time_utc_us == INT64_C(1738703631579000));
}

// What `gzip -dc` says of a file of the real data; NULL, after a message, if it is not there.
static uint8_t *unzipped(const char *name, size_t *size)
{
    const char *folder = getenv("DRF_REAL_DATA");
    char command[4200];
    (void)snprintf(command, sizeof command, "gzip -dc '%s/%s'",
                   folder != NULL ? folder : "../shared/data", name);
    FILE *pipe = popen(command, "r");
    uint8_t *bytes = malloc((size_t)1 << 23);
    assert_non_null(pipe);
    assert_non_null(bytes);
    *size = fread(bytes, 1, (size_t)1 << 23, pipe);
    if (pclose(pipe) == 0 && *size > 0)
        return bytes;
    free(bytes);
    return NULL;
}

// By another reader (Python's gzip and json): 9,955 state vectors of 45 addresses, from 26.594
// N 123.363 W to 48.381 N 81.840 W, 2020-09-08T00:00:01Z to 2020-09-14T23:59:54Z; 24 without a
// height over the ellipsoid.
static void readsb__a_real_week_of_state_vectors__is_read_whole(void **state)
{
    (void)state;
    enum { ROWS = 9955, AIRCRAFT = 45 };
    size_t size, cursor = 0, rows = 0, known = 0, without = 0;
    uint8_t *bytes = unzipped("traffic/calfire.json.gz", &size);
    if (bytes == NULL)
        skip();
    char ids[AIRCRAFT + 1][GEO_TRACK_ID_SIZE];
    double south_deg = 90, north_deg = -90, west_deg = 180, east_deg = -180;
    int64_t first_us = INT64_MAX, last_us = INT64_MIN;
    struct geo_record_builder builder;
    struct geo_record built, record;
    struct geo_note why = {.code = GEO_REFUSAL_NONE};
    struct geo_item item;
    geo_record_builder_init(&builder, 1 << 26);
    if (geo_readsb_decode(&everywhere, bytes, size, &builder, &why) != DRF_OK)
        fail_msg("%s", why.text);
    assert_int_equal(geo_record_finish(&builder, &built), DRF_OK);
    assert_int_equal(geo_record_validate(built.bytes, built.size, &record), DRF_OK);
    while (geo_record_next(record, &cursor, &item)) {
        assert_int_equal(item.kind, GEO_ITEM_TRACK);
        const struct geo_track *track = item.payload;
        rows++;
        without += (track->flags & GEO_TRACK_WGS84) == 0;
        south_deg = fmin(south_deg, track->position.lat_deg);
        north_deg = fmax(north_deg, track->position.lat_deg);
        west_deg = fmin(west_deg, track->position.lon_deg);
        east_deg = fmax(east_deg, track->position.lon_deg);
        first_us = track->time_utc_us < first_us ? track->time_utc_us : first_us;
        last_us = track->time_utc_us > last_us ? track->time_utc_us : last_us;
        size_t at = 0;
        while (at < known && strcmp(ids[at], track->id) != 0)
            at++;
        assert_true(at < AIRCRAFT);
        if (at == known)
            memcpy(ids[known++], track->id, sizeof ids[0]);
    }
    assert_int_equal(rows, ROWS);
    assert_int_equal(known, AIRCRAFT);
    assert_int_equal(without, 24);
    assert_near(south_deg, 26.5940365549, 1e-7);
    assert_near(north_deg, 48.3806762695, 1e-7);
    assert_near(west_deg, -123.3625528087, 1e-7);
    assert_near(east_deg, -81.8400602521, 1e-7);
    assert_true(first_us == INT64_C(1599523201000000) && last_us == INT64_C(1600127994000000));
    geo_record_builder_close(&builder);
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(readsb__a_full_aircraft__gives_every_height_in_its_own_frame),
        cmocka_unit_test(formats__of_an_aircraft__say_which_it_is),
        cmocka_unit_test(readsb__absent_keys__are_unknown_and_not_zero),
        cmocka_unit_test(readsb__what_cannot_be__is_refused_and_the_rest_stands),
        cmocka_unit_test(readsb__one_aircraft__takes_the_messages_time_where_it_has_none),
        cmocka_unit_test(readsb__an_accuracy_that_is_unknown__is_no_better_than_category_1),
        cmocka_unit_test(
            readsb__an_aircraft_on_the_ground__is_so_unless_something_says_it_flies),
        cmocka_unit_test(readsb__the_time__is_that_of_the_position),
        cmocka_unit_test(readsb__a_course_or_a_speed_that_is_not_known__is_no_velocity),
        cmocka_unit_test(readsb__rows_of_opensky__are_read_by_column),
        cmocka_unit_test(readsb__strangers_messages__are_read_for_what_they_say),
        cmocka_unit_test(readsb__outside_the_region__is_no_fault),
        cmocka_unit_test(readsb__a_real_trace__gives_its_rows),
        cmocka_unit_test(readsb__a_real_week_of_state_vectors__is_read_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
