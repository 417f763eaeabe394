// SPDX-License-Identifier: Apache-2.0
// A place asked about by `drf-edge query` as text and as JSON, as drf.v1.QueryReply, and what a
// context at that place carries: the same reasons and counts.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <jansson.h>

#include "drf/v1/context.pb-c.h"
#include "drf/v1/query.pb-c.h"
#include "fusion/root/sample.h"
#include "tests/support/query_store.h"

enum { LISTS = 3, VALUES = 4 };
enum { ZONES = 1 }; // its place among the lists

// What one form says of a place. A context lists no zones.
struct told {
    long listed[LISTS], left_out[LISTS], reason[LISTS]; // reason 1: NONE
    long states[FUSION_LAYER_COUNT];                    // 0: not in layer_states
    long values[VALUES]; // reasons of ground, visibility, wind, QNH; 0: none, a value is there
    long code;
};

static long integer(const json_t *object, const char *name, long otherwise)
{
    const json_t *value = json_object_get(object, name);
    return value != NULL ? (long)json_number_value(value) : otherwise;
}

static struct told told_by_json(const char *text)
{
    static const char *const names[LISTS] = {"obstacles", "zones", "alerts"};
    json_t *root = json_loads(text, 0, NULL);
    assert_non_null(root);
    struct told told = {.code = integer(json_object_get(root, "status"), "code", 0)};
    for (int i = 0; i < LISTS; i++) {
        char left_out[40], reason[40];
        (void)snprintf(left_out, sizeof left_out, "%s_left_out", names[i]);
        (void)snprintf(reason, sizeof reason, "%s_reason", names[i]);
        told.listed[i] = (long)json_array_size(json_object_get(root, names[i]));
        told.left_out[i] = integer(root, left_out, -1);
        told.reason[i] = integer(root, reason, FUSION_REASON_NONE);
    }
    const json_t *states = json_object_get(root, "layer_states"), *one;
    size_t at;
    json_array_foreach(states, at, one) told.states[integer(one, "layer", 0)] =
        integer(one, "reason", 0);
    const json_t *height = json_object_get(root, "height"),
                 *weather = json_object_get(root, "weather");
    told.values[0] = integer(height, "ground_reason", 0);
    told.values[1] = integer(json_object_get(weather, "visibility_m"), "reason", 0);
    told.values[2] = integer(json_object_get(weather, "wind"), "wind_reason", 0);
    told.values[3] = integer(json_object_get(weather, "qnh_pa"), "reason", 0);
    json_decref(root);
    return told;
}

// As the words of the table say it.
static long reason_in(const char *line, const char *end)
{
    static const struct {
        const char *words;
        long reason;
    } causes[] = {{"no feed carries it", 2},
                  {"no source covers this place", 2},
                  {"no source carries it", 12},
                  {"catching up", 5},
                  {"beyond what this node keeps", 8}};
    for (size_t i = 0; i < sizeof causes / sizeof causes[0]; i++) {
        const char *found = strstr(line, causes[i].words);
        if (found != NULL && found < end)
            return causes[i].reason;
    }
    return 0;
}

static const char *line_of(const char *text, const char *begin)
{
    char wanted[60];
    (void)snprintf(wanted, sizeof wanted, "\n%s", begin);
    const char *found = strstr(text, wanted);
    if (found == NULL)
        fail_msg("no line \"%s\" in %s", begin, text);
    return found + 1;
}

static struct told told_by_text(const char *text)
{
    static const char *const heads[LISTS] = {
        "obstacles within 2000 m: ", "zones within 2000 m: ", "alerts in force here: "};
    static const char *const layers[FUSION_LAYER_COUNT] = {
        "", "ground ", "surface ", "obstacles ", "weather ", "zones ", "traffic ", "alerts "};
    static const char *const rows[VALUES] = {"ground ", "visibility ", "wind ", "QNH "};
    struct told told = {.code = strstr(text, "\nOUTSIDE_REGION: ") != NULL ? 6 : 1};
    for (int i = 0; i < LISTS; i++) {
        const char *line = line_of(text, heads[i]), *end = strchr(line, '\n');
        const char *said = line + strlen(heads[i]);
        long of = 0;
        bool none = strncmp(said, "none\n", 5) == 0;
        if (!none && sscanf(said, "%ld of %ld listed", &told.listed[i], &of) != 2)
            assert_memory_equal(said, "unknown: ", 9);
        told.left_out[i] = of - told.listed[i];
        told.reason[i] = reason_in(line, end);
        if (none || told.reason[i] == 0)
            told.reason[i] = FUSION_REASON_NONE;
    }
    const char *incomplete = strstr(text, "\nnot complete here\n");
    for (int i = 1; i < FUSION_LAYER_COUNT; i++) {
        char wanted[40];
        (void)snprintf(wanted, sizeof wanted, "\n%s", layers[i]);
        const char *found = incomplete != NULL ? strstr(incomplete, wanted) : NULL;
        if (found != NULL)
            told.states[i] = reason_in(found + 1, strchr(found + 1, '\n'));
        if (told.code == 6) // said once, for everything
            told.states[i] = 8;
    }
    for (int i = 0; i < VALUES; i++) {
        const char *line = line_of(text, rows[i]);
        told.values[i] = reason_in(line, strchr(line, '\n'));
    }
    return told;
}

static long reason_or(int has, uint32_t reason, long otherwise)
{
    return has ? (long)reason : otherwise;
}

static void tell_states(struct told *told, Drf__V1__LayerState *const *states, size_t count)
{
    for (size_t i = 0; i < count; i++)
        told->states[states[i]->layer] = states[i]->reason;
}

static void tell_values(struct told *told, const Drf__V1__Height *height,
                        const Drf__V1__Weather *weather)
{
    told->values[0] = reason_or(height->has_ground_reason, height->ground_reason, 0);
    told->values[1] =
        reason_or(weather->visibility_m->has_reason, weather->visibility_m->reason, 0);
    told->values[2] = reason_or(weather->wind->has_wind_reason, weather->wind->wind_reason, 0);
    told->values[3] = reason_or(weather->qnh_pa->has_reason, weather->qnh_pa->reason, 0);
}

static struct told told_by_reply(struct fusion_builder *builder, const struct fusion_root *root,
                                 struct geo_point place)
{
    static uint8_t bytes[65536];
    size_t size = sizeof bytes;
    struct edge_wire_query_answer answer = {
        .ask = {.position = place, .agl_m = 10.0, .radius_m = 2000.0, .now_utc_us = NOON_US}};
    fusion_point_ask(builder, root, &answer.ask, &answer.point);
    assert_int_equal(edge_wire_query_encode(EDGE_WIRE_PROTOBUF, &answer, bytes, &size), DRF_OK);
    Drf__V1__QueryReply *m = drf__v1__query_reply__unpack(NULL, size, bytes);
    assert_non_null(m);
    struct told told = {
        .listed = {(long)m->n_obstacles, (long)m->n_zones, (long)m->n_alerts},
        .left_out = {m->obstacles_left_out, m->zones_left_out, m->alerts_left_out},
        .reason = {reason_or(m->has_obstacles_reason, m->obstacles_reason, 1),
                   reason_or(m->has_zones_reason, m->zones_reason, 1),
                   reason_or(m->has_alerts_reason, m->alerts_reason, 1)},
        .code = m->status->code};
    assert_true(m->radius_m == 2000.0F);
    tell_states(&told, m->layer_states, m->n_layer_states);
    tell_values(&told, m->height, m->weather);
    drf__v1__query_reply__free_unpacked(m, NULL);
    return told;
}

static struct told told_by_context(struct fusion_builder *builder,
                                   const struct fusion_root *root, struct geo_point place)
{
    struct fusion_sample ground = fusion_sample_ground(root, place);
    struct fusion_aircraft aircraft = {.limits = fusion_limits_default()};
    aircraft.limits.obstacle_radius_m = 2000.0;
    aircraft.limits.obstacles_max = 16;
    aircraft.fix.position = place;
    aircraft.fix.time_utc_us = NOON_US;
    aircraft.fix.amsl = (struct fusion_altitude){true, ground.amsl_m + 10.0, 0.5};
    struct fusion_context context;
    fusion_context_build(builder, root, &aircraft, NOON_US, &context);
    const struct edge_wire_context with = {.context = &context};
    uint8_t bytes[EDGE_WIRE_CONTEXT_MAX];
    size_t size = sizeof bytes;
    assert_int_equal(edge_wire_context_encode(EDGE_WIRE_PROTOBUF, &with, bytes, &size), DRF_OK);
    Drf__V1__Context *m = drf__v1__context__unpack(NULL, size, bytes);
    assert_non_null(m);
    struct told told = {.listed = {(long)m->n_obstacles, 0, (long)m->n_alerts},
                        .left_out = {m->obstacles_left_out, 0, m->alerts_left_out},
                        .reason = {reason_or(m->has_obstacles_reason, m->obstacles_reason, 1),
                                   0, reason_or(m->has_alerts_reason, m->alerts_reason, 1)}};
    tell_states(&told, m->layer_states, m->n_layer_states);
    tell_values(&told, m->height, m->weather);
    drf__v1__context__free_unpacked(m, NULL);
    return told;
}

static const struct place {
    const char *lat, *lon;
    enum fusion_reason obstacles_at; // what the feed of obstacles was at when it was written
    struct told expected;
} places[] = {
    // 97 entries of the file within 2 km (counted by another program, on the ellipsoid); this
    // store has no feed of surfaces, zones and traffic.
    {"43.65",
     "-79.38",
     FUSION_REASON_NONE,
     {.listed = {16, 0, 1},
      .left_out = {81, 0, 0},
      .reason = {1, 2, 1},
      .states = {[5] = 2, [6] = 2},
      .values = {0, 12, 0, 0},
      .code = 1}},
    {"43.65",
     "-79.38",
     FUSION_REASON_CATCHING_UP,
     {.listed = {16, 0, 1},
      .left_out = {81, 0, 0},
      .reason = {5, 2, 1},
      .states = {[2] = 5, [3] = 5, [5] = 2, [6] = 2},
      .values = {0, 12, 0, 0},
      .code = 1}},
    // 800 m from the edge of what is kept, where the file knows of nothing
    {"43.7",
     "-79.21",
     FUSION_REASON_NONE,
     {.reason = {8, 2, 1}, .states = {[5] = 2, [6] = 2}, .values = {0, 12, 0, 0}, .code = 1}},
    {"0",
     "0",
     FUSION_REASON_NONE,
     {.reason = {8, 8, 8},
      .states = {0, 8, 8, 8, 8, 8, 8, 8},
      .values = {8, 8, 8, 8},
      .code = 6}},
};

static void assert_told(const struct told *got, const struct told *expected, const char *form,
                        size_t row)
{
    bool context = strcmp(form, "context") == 0;
    for (int i = 0; i < LISTS; i++) {
        if (context && i == ZONES)
            continue;
        // A context of 1,200 bytes may list fewer, and says so.
        bool fewer = context && got->listed[i] < expected->listed[i];
        long reason =
            fewer && expected->reason[i] == 1 ? FUSION_REASON_SHED : expected->reason[i];
        if ((got->listed[i] != expected->listed[i] && !fewer)
            || got->listed[i] + got->left_out[i] != expected->listed[i] + expected->left_out[i]
            || got->reason[i] != reason)
            fail_msg("place %zu, %s, list %d: %ld listed, %ld more, reason %ld", row, form, i,
                     got->listed[i], got->left_out[i], got->reason[i]);
    }
    for (int i = 0; i < VALUES; i++)
        if (got->values[i] != expected->values[i]
            && !(context && (expected->code == 6 || got->values[i] == FUSION_REASON_SHED)))
            fail_msg("place %zu, %s, value %d: reason %ld", row, form, i, got->values[i]);
    for (int i = 0; i < FUSION_LAYER_COUNT; i++)
        if (got->states[i] != expected->states[i] && !(context && expected->code == 6))
            fail_msg("place %zu, %s, layer %d: reason %ld", row, form, i, got->states[i]);
    if (!context)
        assert_int_equal(got->code, expected->code);
}

static void walk(const char *path, const struct place *place, size_t row)
{
    struct fusion_store *store;
    struct fusion_fabric *fabric;
    struct fusion_builder *builder;
    enum fusion_reason states[FUSION_LAYER_COUNT];
    for (int i = 0; i < FUSION_LAYER_COUNT; i++)
        states[i] = FUSION_REASON_NONE;
    states[FUSION_LAYER_OBSTACLE] = place->obstacles_at;
    states[FUSION_LAYER_SURFACE] = place->obstacles_at;
    open_store(path, &store, &fabric);
    assert_int_equal(edge_layer_states_put(store, states), DRF_OK);
    for (int i = FUSION_LAYER_GROUND; i < FUSION_LAYER_COUNT; i++)
        fusion_fabric_layer_state(fabric, (enum fusion_layer)i, states[i]);
    assert_int_equal(fusion_fabric_commit(fabric, NOON_US), DRF_OK);
    const struct fusion_root *root = NULL;
    enum drf_status status;
    do {
        while ((status = fusion_fabric_fold(fabric)) == DRF_ERR_AGAIN)
            continue;
        status = status == DRF_OK ? fusion_fabric_publish(fabric, &root) : status;
    } while (status == DRF_ERR_AGAIN || (status == DRF_OK && root == NULL));
    assert_int_equal(status, DRF_OK);
    assert_int_equal(fusion_builder_open(&builder), DRF_OK);
    struct geo_point at = {.lat_deg = strtod(place->lat, NULL),
                           .lon_deg = strtod(place->lon, NULL)};
    struct told reply = told_by_reply(builder, root, at);
    struct told context = told_by_context(builder, root, at);
    fusion_builder_close(builder);
    fusion_fabric_close(fabric);
    fusion_store_close(store);

    const char *words[] = {"--store", path, place->lat, place->lon, "--json"};
    char *json = query(words, 5, 0), *text = query(words, 4, 0);
    struct told by_json = told_by_json(json), by_text = told_by_text(text);
    assert_told(&by_text, &place->expected, "text", row);
    assert_told(&by_json, &place->expected, "JSON", row);
    assert_told(&reply, &place->expected, "QueryReply", row);
    assert_told(&context, &place->expected, "context", row);
    free(json);
    free(text);
}

static void query__of_any_place__says_the_same_in_text_json_reply_and_context(void **state)
{
    (void)state;
    char folder[] = "/tmp/drf-query-XXXXXX", path[64];
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/region.gpkg", folder);
    if (!make_store(path))
        skip();
    for (size_t row = 0; row < sizeof places / sizeof places[0]; row++)
        walk(path, &places[row], row);
    remove_store(folder, path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(query__of_any_place__says_the_same_in_text_json_reply_and_context),
    };
    return cmocka_run_group_tests_name("edge/query_forms", tests, NULL, NULL);
}
