// SPDX-License-Identifier: Apache-2.0
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "edge/view/argument.h"

static void number__well_formed__is_taken(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double value;
    } cases[] = {{"0", 0.0}, {"-90", -90.0}, {"47.0123", 47.0123}, {"1e2", 100.0}, {".5", 0.5}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        double value = -1.0;
        assert_int_equal(edge_argument_number(cases[i].text, -90.0, 100.0, &value), DRF_OK);
        assert_true(fabs(value - cases[i].value) < 1e-12);
    }
}

static void number__anything_else__is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum drf_status status;
    } cases[] = {{"", DRF_ERR_SYNTAX},
                 {" 1", DRF_ERR_SYNTAX},
                 {"1 ", DRF_ERR_SYNTAX},
                 {"nan", DRF_ERR_SYNTAX},
                 {"inf", DRF_ERR_SYNTAX},
                 {"0x10", DRF_ERR_SYNTAX},
                 {"1,5", DRF_ERR_SYNTAX},
                 {"1e", DRF_ERR_SYNTAX},
                 {"--1", DRF_ERR_SYNTAX},
                 {"90.1", DRF_ERR_RANGE},
                 {"-90.1", DRF_ERR_RANGE},
                 {"1e999", DRF_ERR_RANGE},
                 {"1;drop", DRF_ERR_SYNTAX},
                 {"00000000000000000000000000000000000000000000001", DRF_ERR_SYNTAX}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        double value = 7.0;
        assert_int_equal(edge_argument_number(cases[i].text, -90.0, 90.0, &value),
                         cases[i].status);
        assert_true(value > 6.9 && value < 7.1);
    }
}

static void box__well_formed__is_taken(void **state)
{
    (void)state;
    struct geo_bounds box;
    assert_int_equal(edge_argument_box("7.9,46.9,8.1,47.1", &box), DRF_OK);
    assert_true(fabs(box.west_deg - 7.9) < 1e-12 && fabs(box.south_deg - 46.9) < 1e-12
                && fabs(box.east_deg - 8.1) < 1e-12 && fabs(box.north_deg - 47.1) < 1e-12);
    assert_int_equal(edge_argument_box("179,-1,-179,1", &box), DRF_OK); // antimeridian
}

static void box__anything_else__is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"",           "1",         "1,2,3",     "1,2,3,4,5",
                                      "1,2,3,",     "a,b,c,d",   "1,2,3,2",   "1,3,2,2",
                                      "-181,0,1,1", "0,-91,1,1", "0,0,181,1", "0,0,1,91",
                                      "0,0,1,1 ",   "nan,0,1,1", ",,,"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct geo_bounds box;
        assert_int_not_equal(edge_argument_box(bad[i], &box), DRF_OK);
    }
}

static void tile__well_formed__is_taken(void **state)
{
    (void)state;
    enum fusion_layer layer;
    struct geo_tile tile;
    assert_int_equal(edge_argument_tile("ground/12/953/4277", &layer, &tile), DRF_OK);
    assert_int_equal(layer, FUSION_LAYER_GROUND);
    assert_int_equal(tile.level, 12);
    assert_int_equal(tile.row, 953);
    assert_int_equal(tile.col, 4277);
    assert_int_equal(edge_argument_tile("surface/0/0/1", &layer, &tile), DRF_OK);
    assert_int_equal(layer, FUSION_LAYER_SURFACE);
}

static void tile__anything_else__is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum drf_status status;
    } cases[] = {{"", DRF_ERR_SYNTAX},
                 {"ground", DRF_ERR_SYNTAX},
                 {"ground/12/953", DRF_ERR_SYNTAX},
                 {"ground/12/953/4277/", DRF_ERR_SYNTAX},
                 {"ground/12/953/4277.png", DRF_ERR_SYNTAX},
                 {"ground/../../etc/passwd", DRF_ERR_SYNTAX},
                 {"ground/-1/0/0", DRF_ERR_SYNTAX},
                 {"ground/+1/0/0", DRF_ERR_SYNTAX},
                 {"ground/012/953/4277", DRF_ERR_SYNTAX},
                 {"ground/4294967308/0/0", DRF_ERR_SYNTAX},
                 {"ground/256/0/0", DRF_ERR_RANGE},
                 {"ground/23/0/0", DRF_ERR_RANGE},
                 {"ground/0/0/2", DRF_ERR_RANGE},
                 {"ground/0/1/0", DRF_ERR_RANGE},
                 {"obstacle/0/0/0", DRF_ERR_SYNTAX},
                 {"Ground/0/0/0", DRF_ERR_SYNTAX}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        enum fusion_layer layer;
        struct geo_tile tile;
        assert_int_equal(edge_argument_tile(cases[i].text, &layer, &tile), cases[i].status);
    }
}

static void accepts__by_rfc_9110__as_it_says(void **state)
{
    (void)state;
    static const struct {
        const char *list;
        bool accepts;
    } cases[] = {{NULL, false},
                 {"", false},
                 {"gzip", true},
                 {"GZIP", true},
                 {"deflate, gzip;q=1.0, *;q=0.5", true},
                 {"br,gzip", true},
                 {"gzip;q=0", false},
                 {"gzip; q=0.000", false},
                 {"gzip;q=0.001", true},
                 {"xgzip", false},
                 {"gzipx", false},
                 {"identity", false}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(edge_argument_accepts(cases[i].list, "gzip"), cases[i].accepts);
}

static void tags__by_rfc_9110__as_they_say(void **state)
{
    (void)state;
    static const struct {
        const char *list;
        bool has;
    } cases[] = {{NULL, false},         {"", false},       {"\"abc\"", true},
                 {"W/\"abc\"", true},   {"*", true},       {"\"x\", \"abc\" , \"y\"", true},
                 {"\"abcd\"", false},   {"\"ab\"", false}, {"abc", false},
                 {"\"x\",\"y\"", false}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(edge_argument_has_tag(cases[i].list, "\"abc\""), cases[i].has);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(number__well_formed__is_taken),
        cmocka_unit_test(number__anything_else__is_refused),
        cmocka_unit_test(box__well_formed__is_taken),
        cmocka_unit_test(box__anything_else__is_refused),
        cmocka_unit_test(tile__well_formed__is_taken),
        cmocka_unit_test(tile__anything_else__is_refused),
        cmocka_unit_test(accepts__by_rfc_9110__as_it_says),
        cmocka_unit_test(tags__by_rfc_9110__as_they_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
