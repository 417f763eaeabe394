// SPDX-License-Identifier: Apache-2.0
// `drf-edge query` over a store that holds the real Niagara scene.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>

#include <jansson.h>

#include "tests/support/query_store.h"

static double number(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    assert_true(json_is_number(value));
    return json_number_value(value);
}

static void assert_near(double got, double expected, double tolerance)
{
    if (!(fabs(got - expected) <= tolerance))
        fail_msg("%.6f is not %.6f +- %g", got, expected, tolerance);
}

static void query__at_toronto__is_what_other_tools_read(void **state)
{
    (void)state;
    char folder[] = "/tmp/drf-query-XXXXXX", path[64];
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/region.gpkg", folder);
    if (!make_store(path))
        skip();
    const char *words[] = {"--store", path,  "43.65",     "-79.38",
                           "--agl",   "120", "--nearest", "--json"};
    char *text = query(words, 8, 0);
    json_t *root = json_loads(text, 0, NULL);
    assert_non_null(root);
    const json_t *height = json_object_get(root, "height");
    // the nearest DTED post is 81 m; it is bilinear between posts here
    assert_near(number(height, "ground_amsl_m"), 81.0, 4.0);
    assert_string_equal(json_string_value(json_object_get(height, "ground_source")), "terrain");
    assert_near(number(height, "geoid_m"), -37.274, 0.02);
    const json_t *wind = json_object_get(json_object_get(root, "weather"), "wind");
    assert_near(number(wind, "wind_speed_mps"), 5.83, 0.01);
    assert_near(number(wind, "wind_from_deg_true"), 127.4, 0.1);
    assert_true(json_array_size(json_object_get(root, "obstacles")) == 16);
    json_decref(root);
    free(text);

    const char *table[] = {"--store", path, "43.65", "-79.38", "--nearest"};
    text = query(table, 5, 0);
    assert_non_null(strstr(text, "4.12 m/s from 110.5 deg"));
    assert_non_null(strstr(text, "not certified"));
    free(text);
    const char *outside[] = {"--store", path, "44.5", "-79.5", "--json"};
    text = query(outside, 5, 0);
    root = json_loads(text, 0, NULL);
    assert_null(json_object_get(json_object_get(root, "height"), "ground_amsl_m"));
    assert_near(number(json_object_get(root, "height"), "ground_reason"),
                FUSION_REASON_OUT_OF_REGION, 0.0);
    json_decref(root);
    free(text);
    remove_store(folder, path);
}

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text != NULL ? text : "";
}

static void check_alerts(const json_t *root)
{
    const json_t *alerts = json_object_get(root, "alerts");
    assert_int_equal(json_array_size(alerts), 2);
    const json_t *leak = json_array_get(alerts, 0), *burst = json_array_get(alerts, 1);
    assert_string_equal(text_of(leak, "alert_id"), "city,leak");
    assert_near(number(leak, "severity"), 1, 0);
    assert_string_equal(text_of(leak, "source"), "cap");
    assert_string_equal(text_of(leak, "version"), "2004-12-09T12:00:00Z");
    assert_string_equal(text_of(leak, "valid_until_us"), "1102597200000000"); // 13:00
    assert_string_equal(text_of(leak, "valid_from_us"), "1102591800000000");  // 11:30
    assert_near(number(leak, "radius_m"), 2000, 0.5);
    assert_string_equal(text_of(burst, "alert_id"), "M/north");
    assert_near(number(burst, "severity"), 3, 0);
    assert_near(number(burst, "declination_deg"), 89.5, 1e-6);
    assert_string_equal(text_of(burst, "valid_until_us"), "1102599900000000"); // 11:45 + 2 h
    const json_t *sources = json_object_get(root, "sources"), *one;
    size_t at, told = 0;
    json_array_foreach(sources, at, one) told +=
        strcmp(text_of(one, "licence"), "CC0") == 0
        || strcmp(text_of(one, "licence"), "NASA") == 0;
    assert_int_equal(told, 2);
}

static void query__alerts_in_force_there__are_shown_with_their_provenances(void **state)
{
    (void)state;
    char folder[] = "/tmp/drf-query-XXXXXX", path[64];
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/region.gpkg", folder);
    struct fusion_store *store;
    struct fusion_fabric *fabric;
    open_store(path, &store, &fabric);
    add_cap(fabric, "leak", "43.65,-79.38 2", "2004-12-09T13:00:00-00:00", 0);
    add_cap(fabric, "over", "43.65,-79.38 2", "2004-12-09T11:45:00-00:00", 1);
    add_cap(fabric, "elsewhere", "43.75,-79.25 2", "2004-12-09T13:00:00-00:00", 2);
    add_gcn(fabric, "north", 89.5, 0);  // never sets in the north
    add_gcn(fabric, "south", -89.5, 1); // never rises there
    finish_store(store, fabric);

    const char *words[] = {"--store", path, "43.65", "-79.38", "--json"};
    char *text = query(words, 5, 0);
    json_t *root = json_loads(text, 0, NULL);
    assert_non_null(root);
    check_alerts(root);
    json_decref(root);
    free(text);
    text = query(words, 4, 0);
    assert_non_null(strstr(text, "alerts in force here: 2 of 2 listed\n"));
    assert_non_null(strstr(text, "Gas leak"));
    assert_non_null(strstr(text, "WARNING"));
    assert_non_null(strstr(text, "from 2004-12-09T11:30:00Z until 2004-12-09T13:00:00Z"));
    assert_non_null(strstr(text, "above the horizon here"));
    assert_non_null(strstr(text, "version 2004-12-09T12:00:00Z"));
    assert_non_null(strstr(text, "licence CC0"));
    assert_null(strstr(text, "elsewhere"));
    assert_null(strstr(text, "M/south"));
    free(text);
    remove_store(folder, path);
}

static void query__misused__says_how_to_use_it(void **state)
{
    (void)state;
    static const char *const misuses[][6] = {
        {"--store", "x.gpkg", "43.65", NULL},
        {"43.65", "-79.38", NULL},
        {"--store", "x.gpkg", "91", "0", NULL},
        {"--store", "x.gpkg", "nan", "0", NULL},
        {"--store", "x.gpkg", "1", "2", "3", NULL},
        {"--store", "x.gpkg", "1", "2", "--frobnicate", NULL}};
    for (size_t i = 0; i < sizeof misuses / sizeof misuses[0]; i++) {
        int count = 0;
        while (count < 6 && misuses[i][count] != NULL)
            count++;
        char *text = query(misuses[i], count, 2);
        assert_non_null(strstr(text, "usage: drf-edge query"));
        free(text);
    }
    const char *missing[] = {"--store", "/nonexistent/x.gpkg", "1", "2"};
    free(query(missing, 4, 1));
}

// Numbers without a name here, too: those of newer nodes, and those that only plans have.
static void table__of_every_reason__says_it_in_words(void **state)
{
    (void)state;
    static struct edge_wire_query_answer answer;
    for (unsigned number = 0; number < 300; number++) {
        const enum fusion_reason reason = (enum fusion_reason)number;
        answer = (struct edge_wire_query_answer){.ask = {.radius_m = 100.0}};
        struct fusion_point *p = &answer.point;
        p->height.ground_reason = p->height.surface_reason = reason;
        p->weather.present.reason = reason;
        for (size_t i = 0; i < FUSION_WEATHER_ITEMS; i++)
            p->weather.items[i].reason = reason;
        p->obstacles_reason = p->zones_reason = p->alerts_reason = reason;
        p->obstacles_left_out = number % 2;
        p->layer_state_count = 1;
        p->layer_states[0] = (struct fusion_layer_state){FUSION_LAYER_ZONE, reason};
        if (reason == FUSION_REASON_NONE) // then there are values
            continue;
        char *text = NULL;
        size_t size = 0;
        FILE *out = open_memstream(&text, &size);
        assert_non_null(out);
        edge_query_table(&answer, out);
        assert_int_equal(fclose(out), 0);
        assert_null(strstr(text, "null"));
        if (number == 0 || number == 21 || number == 22 || number > 24) {
            assert_non_null(strstr(text, "\nground         unknown\n"));
            assert_non_null(strstr(text, "\nzones          unknown\n"));
        }
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(query__at_toronto__is_what_other_tools_read),
        cmocka_unit_test(query__alerts_in_force_there__are_shown_with_their_provenances),
        cmocka_unit_test(query__misused__says_how_to_use_it),
        cmocka_unit_test(table__of_every_reason__says_it_in_words),
    };
    return cmocka_run_group_tests_name("edge/query", tests, NULL, NULL);
}
