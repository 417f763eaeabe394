// SPDX-License-Identifier: Apache-2.0
// How drones of the region see each other where one of them says what cannot be, or not enough
// (schemas/client.md, Traffic).
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "drf/v1/context.pb-c.h"
#include "fusion/aircraft/advisory.h"
#include "tests/support/serve_scene.h"

// One degree of longitude at 43.65 N on the ellipsoid: 80,664 m.
#define EAST_M_PER_DEG 80664.0

static Drf__V1__Context *context_of(const struct scene *scene, const char *id)
{
    const struct scene_message *message = scene_last(scene, id, "context");
    assert_non_null(message);
    Drf__V1__Context *context = drf__v1__context__unpack(NULL, message->size, message->bytes);
    assert_non_null(context);
    return context;
}

static const Drf__V1__Advisory *traffic_advisory(const Drf__V1__Context *context)
{
    for (size_t i = 0; i < context->n_advisories; i++)
        if (context->advisories[i]->kind == FUSION_ADVISORY_TRAFFIC)
            return context->advisories[i];
    return NULL;
}

static Drf__V1__Context *report_at(struct scene *scene, const char *id, uint32_t seq,
                                   double east_m)
{
    Drf__V1__Telemetry out = scene_report(scene, seq); // 15 m/s to the east
    out.lon_e7 += (int32_t)lround(east_m / EAST_M_PER_DEG * 1e7);
    (void)scene_pack(scene, id, "telemetry", &out.base);
    scene_step(scene);
    return context_of(scene, id);
}

// What d-1 is told of `id`: how severe (0: nothing), and whether it is marked.
static void assert_told(struct scene *scene, uint32_t seq, uint32_t severity, bool marked)
{
    Drf__V1__Context *context = report_at(scene, "d-1", seq, 15.0 * (double)(seq - 1));
    const Drf__V1__Advisory *advisory = traffic_advisory(context);
    assert_int_equal(advisory != NULL ? advisory->severity : 0, severity);
    if (severity != 0) {
        assert_int_equal(context->n_traffic, 1);
        assert_int_equal(context->traffic[0]->has_unconfirmed, marked);
        assert_int_equal(context->traffic[0]->unconfirmed, marked);
    }
    drf__v1__context__free_unpacked(context, NULL);
}

// Each second d-1 is 15 m farther east. The other jumps 8 km, to where d-1 is.
static void drone__that_jumps__is_marked_for_others_until_three_reports_agree(void **state)
{
    (void)state;
    struct scene *scene = scene_open(10);
    scene_root(scene, NULL, 0);
    Drf__V1__Context *own = report_at(scene, "jumper", 1, -8000.0);
    drf__v1__context__free_unpacked(own, NULL);
    assert_told(scene, 1, 0, false);
    static const bool marked[] = {true, true, false, false};
    for (uint32_t i = 0; i < 4; i++) {
        scene_pass(scene, SCENE_SECOND);
        own = report_at(scene, "jumper", 2 + i, 15.0 * (1 + i) + 5.0);
        // its own context is served as ever, with the warning of whom it says it meets
        const Drf__V1__Advisory *advisory = traffic_advisory(own);
        assert_int_equal(own->telemetry_seq, 2 + i);
        assert_non_null(advisory);
        assert_int_equal(advisory->severity, FUSION_SEVERITY_WARNING);
        assert_string_equal(advisory->feature_id, "d-1");
        drf__v1__context__free_unpacked(own, NULL);
        assert_told(scene, 2 + i, marked[i] ? FUSION_SEVERITY_CAUTION : FUSION_SEVERITY_WARNING,
                    marked[i]);
    }
    assert_int_equal(edge_metrics_value(scene->metrics, EDGE_METRIC_TELEMETRY_JUMPS, 0, 0), 1);
    scene_close(scene);
}

// One that is here and there in turn never agrees with itself.
static void drone__that_jumps_again_and_again__raises_no_warning(void **state)
{
    (void)state;
    struct scene *scene = scene_open(10);
    scene_root(scene, NULL, 0);
    Drf__V1__Context *own = report_at(scene, "jumper", 1, -8000.0);
    drf__v1__context__free_unpacked(own, NULL);
    assert_told(scene, 1, 0, false);
    for (uint32_t i = 0; i < 12; i++) {
        scene_pass(scene, SCENE_SECOND);
        double east_m = i % 3 < 2 ? 15.0 * (1 + i) : -8000.0;
        own = report_at(scene, "jumper", 2 + i, east_m);
        assert_int_equal(own->telemetry_seq, 2 + i);
        drf__v1__context__free_unpacked(own, NULL);
        Drf__V1__Context *context = report_at(scene, "d-1", 2 + i, 15.0 * (1 + i));
        const Drf__V1__Advisory *advisory = traffic_advisory(context);
        assert_true(advisory == NULL || advisory->severity >= FUSION_SEVERITY_CAUTION);
        drf__v1__context__free_unpacked(context, NULL);
    }
    scene_close(scene);
}

// A new boot with an older clock, and accuracies of kilometres, buy no other place.
static void drone__that_excuses_its_jumps__is_marked_all_the_same(void **state)
{
    (void)state;
    for (int how = 0; how < 3; how++) {
        struct scene *scene = scene_open(10);
        scene_root(scene, NULL, 0);
        Drf__V1__Context *own = report_at(scene, "jumper", 1, -8000.0);
        drf__v1__context__free_unpacked(own, NULL);
        scene_pass(scene, SCENE_SECOND);
        Drf__V1__Telemetry out = scene_report(scene, 2);
        if (how == 0) {
            out.drone_boot_id++;
            out.time_us -= 1500000;
        } else if (how == 1) {
            out.has_horizontal_acc95_m = 1;
            out.horizontal_acc95_m = 900.0F;
        } else { // no velocity: as fast as a drone may be, and no faster
            out.has_velocity_north_mps = out.has_velocity_east_mps = 0;
        }
        (void)scene_pack(scene, "jumper", "telemetry", &out.base);
        scene_step(scene);
        Drf__V1__Context *context = report_at(scene, "d-1", 1, 0.0);
        assert_int_equal(context->n_traffic, 1);
        assert_true(context->traffic[0]->unconfirmed);
        drf__v1__context__free_unpacked(context, NULL);
        scene_close(scene);
    }
}

// A drone that does not say how it moves is not taken to stand.
static void drone__without_a_velocity__may_come_here(void **state)
{
    (void)state;
    struct scene *scene = scene_open(10);
    scene_root(scene, NULL, 0);
    Drf__V1__Telemetry out = scene_report(scene, 1);
    out.has_velocity_north_mps = out.has_velocity_east_mps = out.has_velocity_up_mps = 0;
    out.lon_e7 -= (int32_t)lround(600.0 / EAST_M_PER_DEG * 1e7); // behind
    (void)scene_pack(scene, "quiet", "telemetry", &out.base);
    scene_step(scene);
    Drf__V1__Context *context = report_at(scene, "d-1", 1, 0.0);
    assert_int_equal(context->n_traffic, 1);
    assert_true(fabsf(context->traffic[0]->speed_mps - 44.7F) < 0.01F); // 14 CFR 107.51(a)
    const Drf__V1__Advisory *advisory = traffic_advisory(context);
    assert_non_null(advisory);
    assert_int_equal(advisory->severity, FUSION_SEVERITY_CAUTION);
    drf__v1__context__free_unpacked(context, NULL);
    scene_close(scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(drone__that_jumps__is_marked_for_others_until_three_reports_agree),
        cmocka_unit_test(drone__that_jumps_again_and_again__raises_no_warning),
        cmocka_unit_test(drone__that_excuses_its_jumps__is_marked_all_the_same),
        cmocka_unit_test(drone__without_a_velocity__may_come_here),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
