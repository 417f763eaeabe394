// tests/unit/sim/fleet/test_sim_fleet.c - the fleet as a step function: time in, messages out.
// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "drf/v1/enums.pb-c.h"
#include "drf/v1/profile.pb-c.h"
#include "drf/v1/reply.pb-c.h"
#include "drf/v1/telemetry.pb-c.h"
#include "sim/fleet/fleet.h"

enum {
    DRONES = 12,
    RATE_HZ = 5,
    SECONDS = 4,
    PER_S = DRONES * RATE_HZ,
    REPORTS = PER_S * SECONDS
};
static const int64_t start_utc_us = INT64_C(1795374000000000), start_mono_us = 1000000;

// Everything that a fleet sent, one behind the other.
struct sent {
    char *text;
    size_t size;
    FILE *file;
    size_t telemetry, profiles, by_drone[DRONES + 1];
    bool refuses;
};

static enum drf_status keep(void *context, size_t index, const struct sim_outgoing *message,
                            struct sim_now now)
{
    struct sent *sent = context;
    if (sent->refuses)
        return DRF_ERR_AGAIN;
    fprintf(sent->file, "%zu %s %d %d %lld:", index, message->word, message->qos,
            message->retain, (long long)now.utc_us);
    fwrite(message->bytes, 1, message->size, sent->file);
    sent->by_drone[index]++;
    if (strcmp(message->word, "profile") == 0)
        sent->profiles++;
    if (strcmp(message->word, "telemetry") == 0) {
        Drf__V1__Telemetry *t = drf__v1__telemetry__unpack(NULL, message->size, message->bytes);
        assert_non_null(t);
        assert_int_equal(t->time_us, now.utc_us); // the time handed in, no other
        sent->telemetry++;
        drf__v1__telemetry__free_unpacked(t, NULL);
    }
    return DRF_OK;
}

static size_t all_connected(void *context)
{
    (void)context;
    return DRONES;
}

struct scene {
    struct sim_world world;
    struct sim_account accounts[DRONES + 1];
    struct sim_fleet fleet;
    struct sent sent;
};

static const struct sim_world_plan world_plan = {.seed = 11,
                                                 .center = {.lat_deg = 47.0, .lon_deg = 8.0},
                                                 .size_km = 4.0,
                                                 .epoch_utc_us = INT64_C(1795374000000000),
                                                 .hours = 1,
                                                 .posting_arcsec = 1.0,
                                                 .weather_step_deg = 0.01};

static void open_scene(struct scene *s, uint64_t seed, size_t drones)
{
    *s = (struct scene){.sent = {.size = 0}};
    assert_int_equal(sim_world_open(&world_plan, &s->world), DRF_OK);
    for (size_t i = 0; i < drones; i++)
        snprintf(s->accounts[i].name, sizeof s->accounts[i].name, "d%zu", i);
    s->sent.file = open_memstream(&s->sent.text, &s->sent.size);
    assert_non_null(s->sent.file);
    const struct sim_fleet_plan plan = {.region = "sim-test",
                                        .level = 12,
                                        .drones = drones,
                                        .seed = seed,
                                        .start_utc_us = start_utc_us,
                                        .seconds = SECONDS,
                                        .rate_hz = RATE_HZ,
                                        .plans = 3,
                                        .verify_ratio = 1.0};
    assert_int_equal(sim_fleet_open(&plan, &s->world, s->accounts, &s->fleet), DRF_OK);
    s->fleet.link =
        (struct sim_link_port){.context = &s->sent, .send = keep, .connected = all_connected};
}

static void close_scene(struct scene *s)
{
    sim_fleet_close(&s->fleet);
    sim_world_close(&s->world);
    fclose(s->sent.file);
    free(s->sent.text);
}

static struct sim_now at(int64_t after_us)
{
    return (struct sim_now){.mono_us = start_mono_us + after_us,
                            .utc_us = start_utc_us + after_us};
}

static void fly(struct scene *s)
{
    sim_fleet_begin(&s->fleet, at(0));
    while (sim_fleet_flying(&s->fleet))
        sim_fleet_report(&s->fleet, at(sim_fleet_due_mono_us(&s->fleet) - start_mono_us));
    fflush(s->sent.file);
}

static void fleet__same_seed_start_and_times__sends_the_same_bytes(void **state)
{
    (void)state;
    struct scene a, b, other;
    open_scene(&a, 5, DRONES);
    open_scene(&b, 5, DRONES);
    open_scene(&other, 6, DRONES);
    fly(&a);
    fly(&b);
    fly(&other);
    assert_true(a.sent.size > 1000);
    assert_int_equal(a.sent.size, b.sent.size);
    assert_memory_equal(a.sent.text, b.sent.text, a.sent.size);
    assert_false(other.sent.size == a.sent.size
                 && memcmp(other.sent.text, a.sent.text, a.sent.size) == 0);
    close_scene(&a);
    close_scene(&b);
    close_scene(&other);
}

static void fleet_report__each_drone__at_its_rate_evenly_over_time(void **state)
{
    (void)state;
    struct scene s;
    open_scene(&s, 5, DRONES);
    sim_fleet_begin(&s.fleet, at(0));
    assert_false(sim_fleet_due(&s.fleet, at(0)));
    for (int n = 1; n <= REPORTS; n++) {
        // n reports of all drones after n / (drones * rate) seconds
        int64_t due_us = (int64_t)n * 1000000 / PER_S;
        assert_false(sim_fleet_due(&s.fleet, at(due_us - 2)));
        assert_true(sim_fleet_due(&s.fleet, at(due_us + 2)));
        sim_fleet_report(&s.fleet, at(due_us + 2));
    }
    assert_false(sim_fleet_flying(&s.fleet));
    assert_int_equal(sim_fleet_due_mono_us(&s.fleet), INT64_MAX);
    assert_int_equal(s.sent.telemetry, REPORTS);
    for (size_t i = 0; i < DRONES; i++)
        assert_true(s.sent.by_drone[i] >= REPORTS / DRONES);
    close_scene(&s);
}

static void fleet__one_drone_more__changes_no_other_flight(void **state)
{
    (void)state;
    struct scene a, b;
    open_scene(&a, 5, DRONES);
    open_scene(&b, 5, DRONES + 1);
    fly(&a);
    fly(&b);
    for (size_t i = 0; i < DRONES; i++) {
        assert_true(a.fleet.drones[i].drone_boot_id == b.fleet.drones[i].drone_boot_id);
        assert_memory_equal(&a.fleet.drones[i].flight.at, &b.fleet.drones[i].flight.at,
                            sizeof(struct sim_plane));
    }
    close_scene(&a);
    close_scene(&b);
}

static void fleet__with_errors_and_one_drone_more__changes_no_other_error(void **state)
{
    (void)state;
    const struct sim_error_plan errors = {.gnss = {.on = true,
                                                   .horizontal_m = 2.0,
                                                   .vertical_m = 3.0,
                                                   .time_s = 60.0,
                                                   .white_horizontal_m = 0.5,
                                                   .white_vertical_m = 0.5},
                                          .reports = {.on = true, .lost_ratio = 0.25}};
    struct scene a, b;
    open_scene(&a, 5, DRONES);
    open_scene(&b, 5, DRONES + 1);
    a.fleet.plan.errors = b.fleet.plan.errors = errors;
    fly(&a);
    fly(&b);
    for (size_t i = 0; i < DRONES; i++) {
        const struct sim_drone_error *one = &a.fleet.drones[i].error;
        assert_memory_equal(one, &b.fleet.drones[i].error, sizeof *one);
        assert_true(one->north_m != 0.0);
    }
    assert_int_equal(a.fleet.lost + a.fleet.sent, REPORTS);
    assert_int_equal(a.fleet.sent, a.sent.telemetry);
    assert_in_range(a.fleet.lost, 30, 90); // a quarter of 240, by five deviations
    close_scene(&a);
    close_scene(&b);
}

static void fleet_boot_id__later_start__is_greater_whatever_the_seed(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 200; seed++)
        assert_true(sim_fleet_boot_id(seed, start_utc_us, 3)
                    < sim_fleet_boot_id(7 * seed + 1, start_utc_us + 1000, 4));
    assert_true(sim_fleet_boot_id(1, start_utc_us, 0) == sim_fleet_boot_id(1, start_utc_us, 0));
    // It is no time of day: another seed is another boot at the same start.
    size_t differ = 0;
    for (uint64_t seed = 1; seed <= 100; seed++)
        differ +=
            sim_fleet_boot_id(seed, start_utc_us, 0) != sim_fleet_boot_id(0, start_utc_us, 0);
    assert_true(differ > 90);
}

static void fleet_profiles__no_reply__are_sent_again_after_a_second(void **state)
{
    (void)state;
    struct scene s;
    open_scene(&s, 5, DRONES);
    assert_int_equal(sim_fleet_profiles(&s.fleet, at(0)), DRONES);
    assert_int_equal(s.sent.profiles, 8); // a few at a time
    assert_int_equal(sim_fleet_profiles(&s.fleet, at(1000)), DRONES);
    assert_int_equal(s.sent.profiles, 8);
    (void)sim_fleet_profiles(&s.fleet, at(5000));
    assert_int_equal(s.sent.profiles, DRONES);
    Drf__V1__Reply reply = DRF__V1__REPLY__INIT;
    reply.has_answers = reply.has_code = 1;
    reply.answers = 2;
    reply.code = DRF__V1__REPLY_CODE__REPLY_CODE_OK;
    uint8_t bytes[64];
    size_t size = drf__v1__reply__pack(&reply, bytes);
    for (size_t i = 1; i < DRONES; i++)
        sim_fleet_take(&s.fleet, i, SIM_STREAM_REPLY, bytes, size, at(6000));
    assert_int_equal(sim_fleet_profiles(&s.fleet, at(900000)), 1);
    assert_int_equal(s.sent.profiles, DRONES);
    assert_int_equal(sim_fleet_profiles(&s.fleet, at(1100000)), 1);
    assert_int_equal(s.sent.profiles, DRONES + 1);
    sim_fleet_take(&s.fleet, 0, SIM_STREAM_REPLY, bytes, size, at(1200000));
    assert_int_equal(sim_fleet_profiles(&s.fleet, at(1200000)), 0);
    close_scene(&s);
}

static size_t heard[DRONES];
static void on_context(void *context, size_t index, const Drf__V1__Context *told,
                       int64_t mono_us)
{
    (void)context;
    (void)told;
    (void)mono_us;
    heard[index]++;
}

// Half of them are verified: the others hear when all are to, and are checked all the same not.
static void fleet_check__half_verified__others_hear_only_when_all_do(void **state)
{
    (void)state;
    for (int all = 0; all < 2; all++) {
        struct scene s;
        open_scene(&s, 5, DRONES);
        sim_fleet_close(&s.fleet);
        struct sim_fleet_plan plan = s.fleet.plan;
        plan.verify_ratio = 0.5;
        plan.all_hear = all == 1;
        assert_int_equal(sim_fleet_open(&plan, &s.world, s.accounts, &s.fleet), DRF_OK);
        s.fleet.link = (struct sim_link_port){
            .context = &s.sent, .send = keep, .connected = all_connected};
        s.fleet.observer.told.on_context = on_context;
        memset(heard, 0, sizeof heard);
        sim_fleet_begin(&s.fleet, at(0));
        Drf__V1__Context context = DRF__V1__CONTEXT__INIT;
        context.has_boot_id = context.has_seq = context.has_node_time_us = 1;
        context.has_telemetry_seq = 1;
        context.boot_id = context.seq = context.telemetry_seq = 1;
        context.node_time_us = start_utc_us;
        uint8_t bytes[128];
        size_t size = drf__v1__context__pack(&context, bytes), hearing = 0;
        for (size_t i = 0; i < DRONES; i++) {
            sim_fleet_report(&s.fleet, at(1000000));
            sim_fleet_take(&s.fleet, i, SIM_STREAM_CONTEXT, bytes, size, at(1000000));
        }
        assert_int_equal(sim_fleet_check(&s.fleet, 1000, at(1000000)), 0);
        for (size_t i = 0; i < DRONES; i++)
            hearing += heard[i];
        assert_int_equal(hearing, all == 1 ? DRONES : DRONES / 2);
        assert_int_equal(sim_receiver_count(s.fleet.receiver)->contexts, DRONES);
        assert_int_equal(sim_receiver_count(s.fleet.receiver)->verified, DRONES / 2);
        close_scene(&s);
    }
}

static void fleet_report__link_refuses__counts_it_as_unsent(void **state)
{
    (void)state;
    struct scene s;
    open_scene(&s, 5, DRONES);
    sim_fleet_begin(&s.fleet, at(0));
    s.sent.refuses = true;
    sim_fleet_report(&s.fleet, at(200000));
    assert_int_equal(s.fleet.sent, 0);
    assert_true(s.fleet.unsent >= 1);
    close_scene(&s);
}

// A context of a node, at that time after the start, which holds for two seconds.
static void hear(struct scene *s, const char *node, uint64_t boot, uint32_t seq, uint64_t epoch,
                 int64_t after_us)
{
    Drf__V1__Context context = DRF__V1__CONTEXT__INIT;
    context.has_boot_id = context.has_seq = context.has_node_time_us = 1;
    context.has_stale_after_ms = 1;
    context.boot_id = boot;
    context.seq = seq;
    context.node_time_us = start_utc_us + after_us;
    context.stale_after_ms = 2000;
    context.has_owner_epoch = epoch != 0;
    context.owner_epoch = epoch;
    context.node_id = (char *)(uintptr_t)node;
    uint8_t bytes[128];
    sim_fleet_take(&s->fleet, 0, SIM_STREAM_CONTEXT, bytes,
                   drf__v1__context__pack(&context, bytes), at(after_us));
}

static void fleet_take__several_nodes__acknowledges_the_owner_and_no_older_one(void **state)
{
    (void)state;
    struct scene s;
    open_scene(&s, 5, DRONES);
    s.fleet.observer.told.on_context = on_context;
    memset(heard, 0, sizeof heard);
    sim_fleet_begin(&s.fleet, at(0));
    struct sim_drone *drone = &s.fleet.drones[0];
    hear(&s, "b", 9, 1, 0, 100000);
    assert_int_equal(drone->seen_boot_id, 9);
    hear(&s, "a", 5, 7, 100, 200000);
    assert_int_equal(drone->seen_boot_id, 5);
    hear(&s, "b", 9, 2, 0, 1200000);
    assert_int_equal(drone->seen_boot_id, 5);
    assert_int_equal(drone->seen_seq, 7);
    assert_true(drone->pilot.void_utc_us == start_utc_us + 2200000);
    sim_receiver_acknowledge(s.fleet.receiver, 0, at(2300000)); // a is stale, b is not
    assert_int_equal(drone->seen_boot_id, 9);
    assert_int_equal(drone->seen_seq, 2);
    hear(&s, "b", 9, 3, 101, 2400000);
    hear(&s, "a", 5, 8, 100, 2500000); // a node that was put out
    assert_int_equal(drone->seen_boot_id, 9);
    assert_int_equal(drone->seen_seq, 3);
    assert_int_equal(sim_promises_count(s.fleet.promises)->older, 1);
    // It is wrong of the nodes all the same.
    assert_int_equal(sim_receiver_counts(s.fleet.receiver)->wrong[SIM_CHECK_OWNER], 1);
    assert_int_equal(sim_receiver_counts(s.fleet.receiver)->wrong[SIM_CHECK_SEQUENCE], 0);
    assert_int_equal(sim_fleet_check(&s.fleet, 1000, at(2500000)), 0);
    assert_int_equal(heard[0], 3); // the pilot is told what the drone uses
    assert_int_equal(sim_receiver_count(s.fleet.receiver)->contexts, 5);
    close_scene(&s);
}

static void hear_patch(struct scene *s, uint64_t boot, uint32_t seq)
{
    Drf__V1__Patch patch = DRF__V1__PATCH__INIT;
    patch.has_boot_id = patch.has_seq = 1;
    patch.boot_id = boot;
    patch.seq = seq;
    uint8_t bytes[64];
    sim_fleet_take(&s->fleet, 0, SIM_STREAM_PATCH, bytes, drf__v1__patch__pack(&patch, bytes),
                   at(300000));
}

static void fleet_take__patches_of_several_nodes__acknowledges_those_of_the_one_it_uses(
    void **state)
{
    (void)state;
    struct scene s;
    open_scene(&s, 5, DRONES);
    sim_fleet_close(&s.fleet);
    struct sim_fleet_plan plan = s.fleet.plan;
    plan.patch = (struct sim_patch_options){.side = 64, .rate_hz = 1.0};
    assert_int_equal(sim_fleet_open(&plan, &s.world, s.accounts, &s.fleet), DRF_OK);
    struct sim_drone *drone = &s.fleet.drones[0];
    hear(&s, "a", 5, 1, 100, 100000);
    hear_patch(&s, 5, 3);
    hear_patch(&s, 9, 1);
    assert_int_equal(drone->patch_boot_id, 5);
    assert_int_equal(drone->seen_patch_seq, 3);
    hear_patch(&s, 5, 4);
    assert_int_equal(sim_patch_watch_count(s.fleet.patches)->gaps, 0);
    hear(&s, "b", 9, 1, 101, 200000);
    hear_patch(&s, 5, 5);
    assert_int_equal(drone->seen_patch_seq, 4);
    hear_patch(&s, 9, 2);
    assert_int_equal(drone->patch_boot_id, 9);
    assert_int_equal(drone->seen_patch_seq, 2);
    close_scene(&s);
}

static void keep_profile(const struct sim_outgoing *message, Drf__V1__Profile **out)
{
    *out = drf__v1__profile__unpack(NULL, message->size, message->bytes);
    assert_non_null(*out);
}

static Drf__V1__Profile *last_profile;
static enum drf_status keep_last(void *context, size_t index,
                                 const struct sim_outgoing *message, struct sim_now now)
{
    (void)context;
    (void)index;
    (void)now;
    if (last_profile != NULL)
        drf__v1__profile__free_unpacked(last_profile, NULL);
    keep_profile(message, &last_profile);
    return DRF_OK;
}

static void answer_profile(struct scene *s, const char *correlation)
{
    Drf__V1__Reply reply = DRF__V1__REPLY__INIT;
    reply.has_answers = reply.has_code = 1;
    reply.answers = 2;
    reply.code = DRF__V1__REPLY_CODE__REPLY_CODE_OK;
    reply.correlation = (char *)(uintptr_t)correlation;
    uint8_t bytes[64];
    sim_fleet_take(&s->fleet, 0, SIM_STREAM_REPLY, bytes, drf__v1__reply__pack(&reply, bytes),
                   at(1000));
}

static void fleet_profiles__with_streams__ask_for_them_and_count_their_replies(void **state)
{
    (void)state;
    struct scene s;
    open_scene(&s, 5, 1);
    assert_false(s.fleet.plan.streams);
    s.fleet.plan.streams = true;
    s.fleet.link.send = keep_last;
    assert_int_equal(sim_fleet_profiles(&s.fleet, at(0)), 1);
    assert_true(last_profile->has_streams && last_profile->streams);
    assert_string_equal(last_profile->correlation, "f1");
    (void)sim_fleet_profiles(&s.fleet, at(1100000));
    assert_string_equal(last_profile->correlation, "f2");
    answer_profile(&s, "f1");
    answer_profile(&s, "f2");
    answer_profile(&s, NULL); // "applies again": nobody asked
    const struct sim_witness_counts *counts = sim_receiver_counts(s.fleet.receiver);
    assert_int_equal(sim_promises_count(s.fleet.promises)->replied, 2);
    assert_int_equal(counts->wrong[SIM_CHECK_REPLY], 0);
    answer_profile(&s, "f2");
    assert_int_equal(counts->wrong[SIM_CHECK_REPLY], 1);
    drf__v1__profile__free_unpacked(last_profile, NULL);
    last_profile = NULL;
    close_scene(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fleet__same_seed_start_and_times__sends_the_same_bytes),
        cmocka_unit_test(fleet_report__each_drone__at_its_rate_evenly_over_time),
        cmocka_unit_test(fleet__one_drone_more__changes_no_other_flight),
        cmocka_unit_test(fleet__with_errors_and_one_drone_more__changes_no_other_error),
        cmocka_unit_test(fleet_boot_id__later_start__is_greater_whatever_the_seed),
        cmocka_unit_test(fleet_profiles__no_reply__are_sent_again_after_a_second),
        cmocka_unit_test(fleet_check__half_verified__others_hear_only_when_all_do),
        cmocka_unit_test(fleet_report__link_refuses__counts_it_as_unsent),
        cmocka_unit_test(fleet_take__several_nodes__acknowledges_the_owner_and_no_older_one),
        cmocka_unit_test(
            fleet_take__patches_of_several_nodes__acknowledges_those_of_the_one_it_uses),
        cmocka_unit_test(fleet_profiles__with_streams__ask_for_them_and_count_their_replies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
