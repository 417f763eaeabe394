// SPDX-License-Identifier: Apache-2.0
// What the world writes and how files become messages, read back with other eyes: ecCodes for
// GRIB, PROJ for the Lambert plane, plain columns for the DOF, and providers' real files.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <eccodes.h>
#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#include "sim/publish/batch.h"
#include "sim/publish/dof_split.h"
#include "sim/publish/grib_split.h"
#include "sim/publish/json_split.h"
#include "sim/world/grib_write.h"
#include "sim/world/json_world.h"
#include "sim/world/obstacle_write.h"

static const char scratch[] = "/tmp/drf-test-formats";

static struct sim_world_plan base(void)
{
    return (struct sim_world_plan){.seed = 21,
                                   .center = {.lat_deg = 43.65, .lon_deg = -79.38},
                                   .size_km = 6.0,
                                   .epoch_utc_us = INT64_C(1795374000000000),
                                   .hours = 2,
                                   .posting_arcsec = 1.0,
                                   .weather_step_deg = 0.01,
                                   .void_radius_m = 300.0,
                                   .towers = 16,
                                   .cranes = 3,
                                   .buildings = 4,
                                   .surface = true};
}

// The real data's folder, or NULL.
static const char *real(const char *name, char path[static 512])
{
    const char *folder = getenv("DRF_REAL_DATA");
    snprintf(path, 512, "%s/%s", folder != NULL ? folder : "../shared/data", name);
    if (access(path, R_OK) == 0)
        return path;
    print_message("skipped: no %s\n", path);
    return NULL;
}

static void plan__saved_and_loaded__makes_the_same_world(void **state)
{
    (void)state;
    struct sim_world_plan plan = base(), back = {0};
    plan.seed = UINT64_MAX - 7; // more than a double holds
    plan.center.lat_deg = 47.123456789012345;
    plan.lambert = true;
    plan.terrain_bias_m = -1.25;
    char folder[] = "/tmp", path[] = "/tmp/world.json";
    const struct sim_world_file file = {"ground.tif", "geotiff", "ground"};
    assert_int_equal(sim_json_world_save(&plan, &file, 1, path), DRF_OK);
    assert_int_equal(sim_json_world_load(folder, &back), DRF_OK);
    assert_true(back.seed == plan.seed && back.epoch_utc_us == plan.epoch_utc_us
                && back.hours == plan.hours);
    assert_true(back.center.lat_deg == plan.center.lat_deg
                && back.center.lon_deg == plan.center.lon_deg && back.size_km == plan.size_km);
    assert_true(back.posting_arcsec == plan.posting_arcsec
                && back.weather_step_deg == plan.weather_step_deg
                && back.void_radius_m == plan.void_radius_m);
    assert_true(back.towers == plan.towers && back.cranes == plan.cranes
                && back.buildings == plan.buildings);
    assert_true(back.terrain_bias_m == plan.terrain_bias_m
                && back.wind_bias_mps == plan.wind_bias_mps
                && back.obstacle_bias_m == plan.obstacle_bias_m);
    assert_true(back.surface == plan.surface && back.lambert == plan.lambert);
    assert_true(sim_json_listed("/tmp/ground.tif"));
    assert_false(sim_json_listed("/tmp/other.tif"));
    unlink(path);
    assert_int_equal(sim_json_world_load(folder, &back), DRF_ERR_ABSENT);
}

static void dof__records__stand_in_their_columns(void **state)
{
    (void)state;
    struct sim_world_plan plan = base();
    struct sim_world world;
    assert_int_equal(sim_world_open(&plan, &world), DRF_OK);
    assert_int_equal(sim_obstacle_write_dof(&world, scratch), DRF_OK);
    uint8_t *bytes;
    size_t size;
    assert_int_equal(sim_file_read(scratch, &bytes, &size), DRF_OK);
    assert_true(sim_dof_marked(bytes, size));
    struct sim_batch batch = {0};
    assert_int_equal(sim_dof_split("towers", bytes, size, 1, &batch), DRF_OK);
    assert_int_equal(batch.count, plan.towers);
    for (size_t i = 0; i < batch.count; i++) {
        const char *line = (const char *)batch.messages[i].value;
        const struct sim_obstacle *tower = &world.obstacles[i];
        assert_int_equal(batch.messages[i].size, 130); // 128 and CRLF
        assert_string_equal(batch.messages[i].key, tower->id);
        assert_memory_equal(line, tower->id, 9);
        int d, m, agl, amsl;
        double s;
        char ns, ew;
        assert_int_equal(sscanf(line + 35, "%2d %2d %5lf%c", &d, &m, &s, &ns), 4);
        assert_true(fabs(d + m / 60.0 + s / 3600.0 - tower->position.lat_deg) < 1e-9);
        assert_int_equal(sscanf(line + 48, "%3d %2d %5lf%c", &d, &m, &s, &ew), 4);
        assert_true(fabs(-(d + m / 60.0 + s / 3600.0) - tower->position.lon_deg) < 1e-9);
        assert_true(ns == 'N' && ew == 'W');
        assert_int_equal(sscanf(line + 83, "%5d %5d", &agl, &amsl), 2);
        assert_true(fabs(agl * 0.3048 - tower->agl_m) < 1e-6);
        assert_true(fabs(amsl * 0.3048 - tower->amsl_m) < 1e-6);
        // Half a foot from the true top, from rounding to whole feet.
        double top = sim_world_ground_amsl_m(&world, tower->position) + tower->agl_m;
        assert_true(fabs(amsl * 0.3048 - top) < 0.16);
        assert_int_equal(line[97], i % 8 == 7 ? '9' : '1');
        assert_int_equal(line[99], i % 8 == 7 ? 'I' : 'A');
    }
    sim_batch_close(&batch);
    assert_int_equal(sim_dof_split("towers", bytes, size, 10, &batch), DRF_OK);
    assert_int_equal(batch.count, 2);
    assert_string_equal(batch.messages[1].key, "towers/part-2");
    sim_batch_close(&batch);
    free(bytes);
    sim_world_close(&world);
}

static void geojson__features__one_message_each_by_id(void **state)
{
    (void)state;
    struct sim_world_plan plan = base();
    struct sim_world world;
    assert_int_equal(sim_world_open(&plan, &world), DRF_OK);
    assert_int_equal(sim_obstacle_write_geojson(&world, scratch), DRF_OK);
    uint8_t *bytes;
    size_t size;
    assert_int_equal(sim_file_read(scratch, &bytes, &size), DRF_OK);
    assert_true(sim_json_marked(bytes, size));
    struct sim_batch batch = {0};
    assert_int_equal(sim_json_split("o", bytes, size, &batch), DRF_OK);
    assert_int_equal(batch.count, plan.cranes + plan.buildings);
    assert_string_equal(batch.messages[0].key, "sim-crane-1");
    assert_string_equal(batch.messages[plan.cranes].key, "sim-building-1");
    assert_non_null(strstr((const char *)batch.messages[0].value, "\"kind\":\"CRANE\""));
    sim_batch_close(&batch);
    static const uint8_t bad[] = "{\"type\":\"FeatureCollection\",\"features\":[1e999]}";
    assert_int_equal(sim_json_split("o", bad, sizeof bad - 1, &batch), DRF_ERR_SYNTAX);
    free(bytes);
    sim_world_close(&world);
}

static void zones__with_ids_of_their_own__go_out_one_by_one_others_whole(void **state)
{
    (void)state;
    static const char apart[] = "{\"type\":\"FeatureCollection\",\"features\":["
                                "{\"type\":\"Feature\",\"id\":\"a\"},"
                                "{\"type\":\"Feature\",\"id\":\"b\"}]}";
    static const char twins[] = "{\"type\":\"FeatureCollection\",\"features\":["
                                "{\"type\":\"Feature\",\"id\":\"a\"},"
                                "{\"type\":\"Feature\",\"id\":\"a\"}]}";
    static const char ed269[] = "{\"UASZoneList\":[{\"identifier\":\"A\"}]}";
    static const struct {
        const char *text, *key;
        size_t count;
    } rows[] = {{apart, "a", 2}, {twins, "stem", 1}, {ed269, "stem", 1}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct sim_batch batch = {0};
        assert_int_equal(
            sim_json_zones("stem", (const uint8_t *)rows[i].text, strlen(rows[i].text), &batch),
            DRF_OK);
        assert_int_equal(batch.count, rows[i].count);
        assert_string_equal(batch.messages[0].key, rows[i].key);
        sim_batch_close(&batch);
    }
    struct sim_batch none = {0};
    assert_int_equal(sim_json_zones("stem", (const uint8_t *)"{}", 2, &none), DRF_ERR_SYNTAX);
}

static double number(codes_handle *h, const char *key)
{
    double value = 0.0;
    assert_int_equal(codes_get_double(h, key, &value), 0);
    return value;
}

static long whole(codes_handle *h, const char *key)
{
    long value = -1;
    assert_int_equal(codes_get_long(h, key, &value), 0);
    return value;
}

// Every wind of the file, at every grid point: toward true north and east as the truth says.
static void check_winds(const struct sim_world *world)
{
    FILE *file = fopen(scratch, "rb");
    assert_non_null(file);
    codes_grib_multi_support_on(NULL);
    int error = 0, winds = 0;
    codes_handle *h;
    static double u[4000], lat[4000], lon[4000], v[4000];
    size_t have_u = 0;
    while ((h = codes_handle_new_from_file(NULL, file, PRODUCT_GRIB, &error)) != NULL) {
        long category = whole(h, "parameterCategory"), parameter = whole(h, "parameterNumber");
        long hour = whole(h, "validityTime") / 100, date = whole(h, "validityDate");
        if (category == 2 && parameter == 2) {
            have_u = 4000;
            assert_int_equal(codes_get_double_array(h, "values", u, &have_u), 0);
        }
        if (category == 2 && parameter == 3) {
            size_t count = 4000;
            assert_int_equal(codes_get_double_array(h, "values", v, &count), 0);
            count = 4000;
            assert_int_equal(codes_get_double_array(h, "latitudes", lat, &count), 0);
            count = 4000;
            assert_int_equal(codes_get_double_array(h, "longitudes", lon, &count), 0);
            assert_int_equal(count, have_u);
            assert_int_equal(whole(h, "uvRelativeToGrid"), world->plan.lambert ? 1 : 0);
            // 2026-11-22T19:00Z is the epoch's hour
            int64_t utc_us = world->plan.epoch_utc_us
                             + ((date - 20261122) * 24 + hour - 19) * INT64_C(3600000000);
            double level = number(h, "level");
            for (size_t i = 0; i < count; i++) {
                struct geo_point at = {lat[i], lon[i] > 180 ? lon[i] - 360 : lon[i]};
                double turn = 0.0;
                if (world->plan.lambert) // Snyder 15-4: n * (longitude - central meridian)
                    turn = sin(number(h, "LaDInDegrees") * 0.017453292519943295)
                           * (lon[i] - number(h, "LoVInDegrees")) * 0.017453292519943295;
                double east = u[i] * cos(turn) + v[i] * sin(turn);
                double north = v[i] * cos(turn) - u[i] * sin(turn);
                assert_true(
                    fabs(east - sim_world_weather(world, SIM_WIND_TO_EAST, at, level, utc_us))
                    < 0.002);
                assert_true(
                    fabs(north - sim_world_weather(world, SIM_WIND_TO_NORTH, at, level, utc_us))
                    < 0.002);
            }
            winds++;
        }
        codes_handle_delete(h);
    }
    fclose(file);
    assert_int_equal(winds, 2 * ((int)world->plan.hours + 2)); // two levels, hours -1 .. 2
}

static void grib__winds__are_the_truth_on_both_grids(void **state)
{
    (void)state;
    for (int lambert = 0; lambert < 2; lambert++) {
        struct sim_world_plan plan = base();
        plan.lambert = lambert != 0;
        struct sim_world world;
        assert_int_equal(sim_world_open(&plan, &world), DRF_OK);
        assert_int_equal(sim_grib_write(&world, scratch), DRF_OK);
        check_winds(&world);
        uint8_t *bytes;
        size_t size;
        assert_int_equal(sim_file_read(scratch, &bytes, &size), DRF_OK);
        struct sim_batch batch = {0};
        assert_int_equal(sim_grib_split("w", bytes, size, &batch), DRF_OK);
        // per hour: 4 winds (or 2 pairs), gust, temperature, visibility; precipitation but once
        // less
        assert_int_equal(batch.count, (lambert ? 5 : 7) * 4 + 3);
        assert_string_equal(batch.messages[0].key,
                            lambert ? "10u+10v/heightAboveGround-10/202611221800"
                                    : "10u/heightAboveGround-10/202611221800");
        assert_int_equal(sim_grib_split("w", bytes, size - 1, &batch), DRF_ERR_SYNTAX);
        sim_batch_close(&batch);
        free(bytes);
        sim_world_close(&world);
    }
    unlink(scratch);
}

static void grib__a_real_file__keeps_pairs_whole_and_keys_apart(void **state)
{
    (void)state;
    char path[512];
    if (real("weather/eta.grb", path) == NULL)
        skip();
    uint8_t *bytes;
    size_t size, total = 0, pairs = 0;
    assert_int_equal(sim_file_read(path, &bytes, &size), DRF_OK);
    struct sim_batch batch = {0};
    assert_int_equal(sim_grib_split("eta", bytes, size, &batch), DRF_OK);
    assert_int_equal(batch.count, 154); // the real data's index: 154 messages, 181 fields
    for (size_t i = 0; i < batch.count; i++) {
        total += batch.messages[i].size;
        pairs += strchr(batch.messages[i].key, '+') != NULL;
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(batch.messages[i].key, batch.messages[k].key);
    }
    assert_int_equal(pairs, 181 - 154);
    assert_int_equal(total, size);
    sim_batch_close(&batch);
    free(bytes);
}

static void dof__a_real_file__every_record_by_its_id(void **state)
{
    (void)state;
    char path[512];
    if (real("obstacles/36-NY.Dat", path) == NULL)
        skip();
    uint8_t *bytes;
    size_t size;
    assert_int_equal(sim_file_read(path, &bytes, &size), DRF_OK);
    struct sim_batch batch = {0};
    assert_int_equal(sim_dof_split("ny", bytes, size, 1, &batch), DRF_OK);
    assert_int_equal(batch.count, 13089); // the real data's index
    assert_false(sim_dof_marked(bytes, size));
    sim_batch_close(&batch);
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plan__saved_and_loaded__makes_the_same_world),
        cmocka_unit_test(dof__records__stand_in_their_columns),
        cmocka_unit_test(geojson__features__one_message_each_by_id),
        cmocka_unit_test(zones__with_ids_of_their_own__go_out_one_by_one_others_whole),
        cmocka_unit_test(grib__winds__are_the_truth_on_both_grids),
        cmocka_unit_test(grib__a_real_file__keeps_pairs_whole_and_keys_apart),
        cmocka_unit_test(dof__a_real_file__every_record_by_its_id),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
