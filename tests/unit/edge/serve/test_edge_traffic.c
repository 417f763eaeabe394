// SPDX-License-Identifier: Apache-2.0
// What feeds tell of other aircraft, as it reaches the drones: listed, warned of, pushed,
// predicted, and gone in time.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "drf/v1/context.pb-c.h"
#include "fusion/aircraft/advisory.h"
#include "fusion/fabric/traffic_set.h"
#include "tests/support/serve_scene.h"

// One degree of longitude at 43.65 N on the ellipsoid: 80,664 m.
#define EAST_M_PER_DEG 80664.0
#define HERE_LON (-79.38)

struct sky {
    struct scene *scene;
    struct fusion_provenance *provenances;
    struct fusion_retired retired;
    struct fusion_traffic_set *set;
};

static struct sky sky_open(void)
{
    struct sky sky = {.scene = scene_open(10)};
    assert_int_equal(fusion_provenance_open(&sky.provenances), DRF_OK);
    return sky;
}

static void sky_begin(struct sky *sky)
{
    const struct fusion_extent buckets = {
        .first = {.col = 1100, .row = 500, .level = FUSION_BUCKET_LEVEL},
        .columns = 64,
        .rows = 64};
    sky->retired.context = sky->provenances;
    assert_int_equal(fusion_traffic_set_open(buckets, INT64_C(15) * SCENE_SECOND,
                                             sky->provenances, &sky->retired, &sky->set),
                     DRF_OK);
}

static void sky_close(struct sky *sky)
{
    scene_close(sky->scene);
    fusion_retired_close(&sky->retired);
    fusion_traffic_set_close(sky->set);
    fusion_provenance_close(sky->provenances);
}

// An aircraft so far east, toward the west at 30 m/s, as high as the drones of the scene.
static struct geo_track westward(const struct sky *sky, const char *id, double east_m)
{
    struct geo_track track = {
        .position = {.lat_deg = 43.65, .lon_deg = HERE_LON + east_m / EAST_M_PER_DEG},
        .time_utc_us = sky->scene->now.utc_us,
        .alt_wgs84_m = 100.0,
        .altitude_acc95_m = 5.0,
        .velocity_east_mps = -30.0,
        .horizontal_acc95_m = 10.0,
        .horizontal_default_acc95_m = 75.0,
        .altitude_default_acc95_m = 38.1,
        .flags = GEO_TRACK_WGS84 | GEO_TRACK_VELOCITY,
    };
    (void)snprintf(track.id, sizeof track.id, "%s", id);
    return track;
}

static void tell(struct sky *sky, const struct geo_track *track)
{
    const struct fusion_source source = {.source = "adsb", .feed = "adsb"};
    enum fusion_gate gate;
    sky->retired.epoch = sky->scene->epoch;
    assert_int_equal(fusion_traffic_set_take(sky->set, track, &source, &gate), DRF_OK);
    assert_int_equal(gate, FUSION_GATE_PASSED);
}

static void show(struct sky *sky)
{
    const struct fusion_traffic *traffic;
    assert_int_equal(fusion_traffic_set_publish(sky->set, &traffic), DRF_OK);
    scene_root(sky->scene, NULL, 0);
    sky->scene->roots[(sky->scene->epoch - 1) % 64].traffic = traffic;
}

static Drf__V1__Context *context_of(const struct scene *scene, const char *id)
{
    const struct scene_message *message = scene_last(scene, id, "context");
    assert_non_null(message);
    Drf__V1__Context *context = drf__v1__context__unpack(NULL, message->size, message->bytes);
    assert_non_null(context);
    return context;
}

static Drf__V1__Context *report(struct scene *scene, const char *id, uint32_t seq)
{
    Drf__V1__Telemetry out = scene_report(scene, seq); // 15 m/s to the east
    (void)scene_pack(scene, id, "telemetry", &out.base);
    scene_step(scene);
    return context_of(scene, id);
}

static const Drf__V1__Advisory *traffic_advisory(const Drf__V1__Context *context)
{
    for (size_t i = 0; i < context->n_advisories; i++)
        if (context->advisories[i]->kind == FUSION_ADVISORY_TRAFFIC)
            return context->advisories[i];
    return NULL;
}

// A drone that has pressure altitude alone, good to 10 m, so far east and flying so fast.
static Drf__V1__Context *report_pressure(struct scene *scene, const char *id, uint32_t seq,
                                         double east_m, float east_mps, float pressure_m)
{
    Drf__V1__Telemetry out = scene_report(scene, seq);
    out.has_alt_wgs84_m = out.has_alt_amsl_m = 0;
    out.has_alt_pressure_m = out.has_alt_pressure_acc95_m = 1;
    out.alt_pressure_m = pressure_m;
    out.alt_pressure_acc95_m = 10.0F;
    out.lon_e7 += (int32_t)lround(east_m / EAST_M_PER_DEG * 1e7);
    out.velocity_east_mps = east_mps;
    (void)scene_pack(scene, id, "telemetry", &out.base);
    scene_step(scene);
    return context_of(scene, id);
}

static void drones_with_pressure_alone__meet_by_the_accuracies_of_both(void **state)
{
    (void)state;
    const struct {
        float up_m;
        uint32_t severity; // 0: nothing is told
    } cases[] = {{5.0F, FUSION_SEVERITY_WARNING},
                 {30.0F, FUSION_SEVERITY_CAUTION}, // 15 m are kept, by 10 m + 10 m perhaps not
                 {40.0F, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct scene *scene = scene_open(10);
        scene_root(scene, NULL, 0);
        Drf__V1__Context *other =
            report_pressure(scene, "d-2", 1, 300.0, -15.0F, 100.0F + cases[i].up_m);
        drf__v1__context__free_unpacked(other, NULL);
        Drf__V1__Context *own = report_pressure(scene, "d-1", 1, 0.0, 15.0F, 100.0F);
        const Drf__V1__Advisory *advisory = traffic_advisory(own);
        assert_int_equal(advisory != NULL ? advisory->severity : 0, cases[i].severity);
        drf__v1__context__free_unpacked(own, NULL);
        scene_close(scene);
    }
}

static void context__an_aircraft_head_on__is_listed_and_warned_of(void **state)
{
    (void)state;
    struct sky sky = sky_open();
    sky_begin(&sky);
    struct geo_track track = westward(&sky, "ac671b", 450.0); // meets in 10 s
    tell(&sky, &track);
    track = westward(&sky, "far", 9000.0);
    tell(&sky, &track);
    track = westward(&sky, "high", 450.0);
    track.alt_wgs84_m = 3000.0;
    tell(&sky, &track);
    show(&sky);
    Drf__V1__Context *context = report(sky.scene, "d-1", 1);
    assert_int_equal(context->n_traffic, 1);
    const Drf__V1__Traffic *seen = context->traffic[0];
    assert_string_equal(seen->traffic_id, "ac671b");
    assert_string_equal(seen->source, "adsb");
    assert_true(fabsf(seen->distance_m - 450.0F) < 2.0F);
    assert_true(fabsf(seen->bearing_deg_true - 90.0F) < 0.5F);
    assert_true(fabsf(seen->cpa_s - 10.0F) < 0.1F);
    assert_true(seen->cpa_m < 1.0F);
    // 100 m over the ellipsoid is 137.3 m over EGM96 here (PROJ)
    assert_true(fabsf(seen->alt_amsl_m - 137.3F) < 0.5F);
    assert_false(seen->has_predicted);
    assert_true(seen->data_time_us == track.time_utc_us);
    assert_int_equal(context->traffic_left_out, 0);
    const Drf__V1__Advisory *advisory = traffic_advisory(context);
    assert_non_null(advisory);
    assert_int_equal(advisory->severity, FUSION_SEVERITY_WARNING);
    assert_string_equal(advisory->feature_id, "ac671b");
    drf__v1__context__free_unpacked(context, NULL);
    sky_close(&sky);
}

static void context__an_aircraft_without_a_course__is_listed_and_may_come_here(void **state)
{
    (void)state;
    static const struct {
        uint32_t flag;
        double said_mps;
        uint32_t severity;
        float mps;
    } cases[] = {
        {GEO_TRACK_SPEED, 62.0, FUSION_SEVERITY_WARNING, 62.0F},
        {0, 0.0, FUSION_SEVERITY_CAUTION, 128.6F}, // 250 knots, 14 CFR 91.117(a)
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sky sky = sky_open();
        sky_begin(&sky);
        struct geo_track track = westward(&sky, "ac671b", -900.0); // behind, 15 s at 60 m/s
        track.flags = GEO_TRACK_WGS84 | cases[i].flag;
        track.velocity_east_mps = 0.0;
        track.speed_mps = cases[i].said_mps;
        if (i == 0)
            track.position.lon_deg = HERE_LON - 600.0 / EAST_M_PER_DEG;
        tell(&sky, &track);
        show(&sky);
        Drf__V1__Context *context = report(sky.scene, "d-1", 1);
        assert_int_equal(context->n_traffic, 1);
        assert_false(context->traffic[0]->has_velocity_east_mps);
        assert_true(context->traffic[0]->has_speed_mps);
        assert_true(fabsf(context->traffic[0]->speed_mps - cases[i].mps) < 0.01F);
        assert_true(context->traffic[0]->cpa_m < 1.0F);
        const Drf__V1__Advisory *advisory = traffic_advisory(context);
        assert_non_null(advisory);
        assert_int_equal(advisory->severity, cases[i].severity);
        drf__v1__context__free_unpacked(context, NULL);
        // on the ground it is not met
        track.flags |= GEO_TRACK_ON_GROUND;
        track.time_utc_us += 1000;
        tell(&sky, &track);
        show(&sky);
        scene_pass(sky.scene, SCENE_SECOND);
        context = report(sky.scene, "d-1", 2);
        assert_int_equal(context->n_traffic, 0);
        drf__v1__context__free_unpacked(context, NULL);
        sky_close(&sky);
    }
}

static void tell_unsure(struct sky *sky, int number)
{
    char id[16];
    (void)snprintf(id, sizeof id, "u%02d", number);
    struct geo_track track = westward(sky, id, 15000.0 + 10.0 * number);
    track.horizontal_acc95_m = 18520.0; // category 0 or 1 of DO-260B
    track.altitude_acc95_m = 150.0;
    tell(sky, &track);
}

static void context__an_aircraft_of_unknown_accuracy__is_an_info(void **state)
{
    (void)state;
    struct sky sky = sky_open();
    sky_begin(&sky);
    tell_unsure(&sky, 0);
    show(&sky);
    Drf__V1__Context *context = report(sky.scene, "d-1", 1);
    assert_int_equal(context->n_traffic, 1);
    assert_true(fabsf(context->traffic[0]->horizontal_acc95_m - 18520.0F) < 0.01F);
    assert_true(fabsf(context->traffic[0]->altitude_acc95_m - 150.0F) < 0.01F);
    const Drf__V1__Advisory *advisory = traffic_advisory(context);
    assert_non_null(advisory);
    assert_int_equal(advisory->severity, FUSION_SEVERITY_INFO);
    drf__v1__context__free_unpacked(context, NULL);
    scene_pass(sky.scene, SCENE_SECOND);
    struct geo_track near = westward(&sky, "near", 450.0);
    tell(&sky, &near);
    show(&sky);
    context = report(sky.scene, "d-1", 2);
    assert_int_equal(context->n_traffic, 2);
    assert_string_equal(context->traffic[0]->traffic_id, "near");
    assert_true(fabsf(context->traffic[0]->horizontal_acc95_m - 10.0F) < 0.01F);
    assert_true(fabsf(context->traffic[0]->altitude_acc95_m - 5.0F) < 0.01F);
    assert_false(context->traffic[0]->has_speed_mps);
    assert_false(context->traffic[0]->has_unconfirmed);
    drf__v1__context__free_unpacked(context, NULL);
    sky_close(&sky);
}

// More than are judged may be anywhere; they take no place from one that is known to be near.
static void context__many_of_unknown_accuracy__displace_nobody(void **state)
{
    (void)state;
    struct sky sky = sky_open();
    sky_begin(&sky);
    for (int i = 0; i < 40; i++)
        tell_unsure(&sky, i);
    struct geo_track near = westward(&sky, "near", 450.0);
    tell(&sky, &near);
    show(&sky);
    Drf__V1__Context *context = report(sky.scene, "d-1", 1);
    const Drf__V1__Advisory *advisory = traffic_advisory(context);
    assert_non_null(advisory);
    assert_string_equal(advisory->feature_id, "near");
    assert_int_equal(advisory->severity, FUSION_SEVERITY_WARNING);
    assert_true(scene_last(sky.scene, "d-1", "context")->size <= 1200);
    drf__v1__context__free_unpacked(context, NULL);
    sky_close(&sky);
}

static void context__a_track_of_the_drone_itself__is_nobody_else(void **state)
{
    (void)state;
    struct sky sky = sky_open();
    sky_begin(&sky);
    struct geo_track track = westward(&sky, "d-1", 100.0);
    tell(&sky, &track);
    show(&sky);
    Drf__V1__Context *context = report(sky.scene, "d-1", 1);
    assert_int_equal(context->n_traffic, 0);
    drf__v1__context__free_unpacked(context, NULL);
    sky_close(&sky);
}

static void context__a_drone_silent_for_long__is_known_by_a_feed(void **state)
{
    (void)state;
    struct sky sky = sky_open();
    sky_begin(&sky);
    Drf__V1__Context *context = report(sky.scene, "d-2", 1);
    drf__v1__context__free_unpacked(context, NULL);
    // its prediction ends after lost_link_after + lost_link_keep; it is not forgotten yet
    scene_run(sky.scene, 70 * (int64_t)SCENE_SECOND);
    struct geo_track track = westward(&sky, "d-2", 450.0);
    tell(&sky, &track);
    show(&sky);
    context = report(sky.scene, "d-1", 1);
    assert_int_equal(context->n_traffic, 1);
    assert_string_equal(context->traffic[0]->traffic_id, "d-2");
    assert_string_equal(context->traffic[0]->source, "adsb");
    assert_non_null(traffic_advisory(context));
    drf__v1__context__free_unpacked(context, NULL);
    sky_close(&sky);
}

static void context__a_silent_aircraft__is_predicted_and_then_gone(void **state)
{
    (void)state;
    struct sky sky = sky_open();
    sky_begin(&sky);
    struct geo_track track = westward(&sky, "ac671b", 900.0);
    tell(&sky, &track);
    show(&sky);
    scene_pass(sky.scene, 10 * SCENE_SECOND);
    Drf__V1__Context *context = report(sky.scene, "d-1", 1);
    assert_int_equal(context->n_traffic, 1);
    assert_true(context->traffic[0]->predicted);
    assert_true(fabsf(context->traffic[0]->distance_m - 600.0F)
                < 2.0F); // 10 s at 30 m/s nearer
    drf__v1__context__free_unpacked(context, NULL);
    scene_pass(sky.scene, 5 * SCENE_SECOND + SCENE_MS);
    context = report(sky.scene, "d-1", 2);
    assert_int_equal(context->n_traffic, 0);
    drf__v1__context__free_unpacked(context, NULL);
    sky_close(&sky);
}

static void context__a_report_of_a_clock_ahead_of_ours__is_not_hidden(void **state)
{
    (void)state;
    struct sky sky = sky_open();
    sky_begin(&sky);
    struct geo_track track = westward(&sky, "ac671b", 450.0);
    track.time_utc_us += 2000000;
    tell(&sky, &track);
    show(&sky);
    Drf__V1__Context *context = report(sky.scene, "d-1", 1);
    assert_int_equal(context->n_traffic, 1);
    assert_true(context->traffic[0]->data_time_us == track.time_utc_us);
    assert_non_null(traffic_advisory(context));
    drf__v1__context__free_unpacked(context, NULL);
    sky_close(&sky);
}

static void step__a_new_report__is_pushed_to_whom_it_may_meet_and_nobody_else(void **state)
{
    (void)state;
    struct sky sky = sky_open();
    sky_begin(&sky);
    Drf__V1__Context *context = report(sky.scene, "near", 1);
    drf__v1__context__free_unpacked(context, NULL);
    Drf__V1__Telemetry away = scene_report(sky.scene, 1);
    away.lat_e7 = 437500000; // 11 km north
    (void)scene_pack(sky.scene, "away", "telemetry", &away.base);
    scene_step(sky.scene);
    scene_pass(sky.scene, 500 * SCENE_MS);
    scene_clear(sky.scene);
    struct geo_track track = westward(&sky, "ac671b", 450.0);
    tell(&sky, &track);
    show(&sky);
    scene_step(sky.scene);
    assert_int_equal(scene_count(sky.scene, "near", "context"), 1);
    assert_int_equal(scene_count(sky.scene, "near", "advisory"), 1);
    assert_int_equal(scene_count(sky.scene, "away", "context"), 0);
    scene_pass(sky.scene, 500 * SCENE_MS);
    scene_clear(sky.scene);
    show(&sky); // nothing new in it
    scene_step(sky.scene);
    assert_int_equal(scene_count(sky.scene, "near", "context"), 0);
    sky_close(&sky);
}

static void context__more_than_fit__are_counted(void **state)
{
    (void)state;
    struct sky sky = sky_open();
    sky_begin(&sky);
    for (int i = 0; i < 40; i++) {
        char id[8];
        (void)snprintf(id, sizeof id, "t%02d", i);
        struct geo_track track = westward(&sky, id, 300.0 + 10.0 * i);
        track.position.lat_deg += 0.002 + 0.0001 * i; // they pass 222 m north, and farther
        tell(&sky, &track);
    }
    show(&sky);
    Drf__V1__Context *context = report(sky.scene, "d-1", 1);
    assert_int_equal(context->n_traffic, 4);
    assert_int_equal(context->traffic_left_out, 36);
    assert_string_equal(context->traffic[0]->traffic_id, "t00");
    assert_true(scene_last(sky.scene, "d-1", "context")->size <= 1200);
    drf__v1__context__free_unpacked(context, NULL);
    sky_close(&sky);
}

static void set__one_aircraft_of_two_feeds__is_one_and_the_greater_right_wins(void **state)
{
    (void)state;
    struct sky sky = sky_open();
    sky_begin(&sky);
    const struct fusion_source great = {.source = "a", .feed = "a", .priority = 2};
    const struct fusion_source small = {.source = "b", .feed = "b", .priority = 1};
    struct geo_track track = westward(&sky, "ac671b", 450.0);
    enum fusion_gate gate;
    assert_int_equal(fusion_traffic_set_take(sky.set, &track, &great, &gate), DRF_OK);
    track.time_utc_us += SCENE_SECOND;
    assert_int_equal(fusion_traffic_set_take(sky.set, &track, &small, &gate), DRF_OK);
    assert_int_equal(gate, FUSION_GATE_LESSER);
    track.time_utc_us += 3 * SCENE_SECOND;
    assert_int_equal(fusion_traffic_set_take(sky.set, &track, &small, &gate), DRF_OK);
    assert_int_equal(gate, FUSION_GATE_PASSED);
    assert_int_equal(fusion_traffic_set_count(sky.set), 1);
    fusion_traffic_set_expire(sky.set, track.time_utc_us + INT64_C(15) * SCENE_SECOND);
    assert_int_equal(fusion_traffic_set_count(sky.set), 1);
    fusion_traffic_set_expire(sky.set, track.time_utc_us + INT64_C(15) * SCENE_SECOND + 1);
    assert_int_equal(fusion_traffic_set_count(sky.set), 0);
    const struct fusion_traffic *traffic;
    assert_int_equal(fusion_traffic_set_publish(sky.set, &traffic), DRF_OK);
    assert_null(traffic);
    sky_close(&sky);
}

static void report__of_a_clock_that_is_wrong__is_counted_and_not_taken(void **state)
{
    (void)state;
    struct sky sky = sky_open();
    sky_begin(&sky);
    const struct fusion_source source = {.source = "a", .feed = "a"};
    struct geo_track track = westward(&sky, "ac671b", 450.0);
    const int64_t now_us = track.time_utc_us, keep_us = INT64_C(15) * SCENE_SECOND;
    enum fusion_gate gate;
    fusion_traffic_set_expire(sky.set, now_us);
    static const int off_s[] = {-100, -16, 16, 100};
    for (size_t i = 0; i < sizeof off_s / sizeof off_s[0]; i++) {
        track.time_utc_us = now_us - off_s[i] * SCENE_SECOND;
        assert_int_equal(fusion_traffic_set_take(sky.set, &track, &source, &gate), DRF_OK);
        assert_int_equal(gate, FUSION_GATE_CLOCK);
        assert_int_equal(fusion_traffic_set_off_us(sky.set), off_s[i] * SCENE_SECOND);
    }
    assert_int_equal(fusion_traffic_set_gated(sky.set, FUSION_GATE_CLOCK), 4);
    assert_int_equal(fusion_traffic_set_count(sky.set), 0);
    track.time_utc_us = now_us - keep_us;
    assert_int_equal(fusion_traffic_set_take(sky.set, &track, &source, &gate), DRF_OK);
    assert_int_equal(gate, FUSION_GATE_PASSED);
    // Late ones do not disturb who is there.
    track.time_utc_us = now_us - keep_us - 1;
    assert_int_equal(fusion_traffic_set_take(sky.set, &track, &source, &gate), DRF_OK);
    assert_int_equal(gate, FUSION_GATE_CLOCK);
    assert_int_equal(fusion_traffic_set_count(sky.set), 1);
    sky_close(&sky);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(context__an_aircraft_head_on__is_listed_and_warned_of),
        cmocka_unit_test(drones_with_pressure_alone__meet_by_the_accuracies_of_both),
        cmocka_unit_test(context__an_aircraft_without_a_course__is_listed_and_may_come_here),
        cmocka_unit_test(context__an_aircraft_of_unknown_accuracy__is_an_info),
        cmocka_unit_test(context__many_of_unknown_accuracy__displace_nobody),
        cmocka_unit_test(context__a_track_of_the_drone_itself__is_nobody_else),
        cmocka_unit_test(context__a_drone_silent_for_long__is_known_by_a_feed),
        cmocka_unit_test(context__a_silent_aircraft__is_predicted_and_then_gone),
        cmocka_unit_test(context__a_report_of_a_clock_ahead_of_ours__is_not_hidden),
        cmocka_unit_test(step__a_new_report__is_pushed_to_whom_it_may_meet_and_nobody_else),
        cmocka_unit_test(context__more_than_fit__are_counted),
        cmocka_unit_test(report__of_a_clock_that_is_wrong__is_counted_and_not_taken),
        cmocka_unit_test(set__one_aircraft_of_two_feeds__is_one_and_the_greater_right_wins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
