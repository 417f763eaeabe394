// SPDX-License-Identifier: Apache-2.0
// What those who look at the node see is what the drones are told, and nobody is told anything
// else because of it.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>

#include "tests/support/show_scene.h"

enum { WARNING = 1, TERRAIN = 1 };

// The record of that drone; false: there is none.
static bool find(const struct rig *rig, const char *id, struct edge_view_drone *out)
{
    for (uint32_t i = 0; i < edge_viewing_places(rig->viewing); i++) {
        uint64_t seen = 0;
        if (edge_viewing_drone(rig->viewing, i, &seen, out) == EDGE_SEQLOCK_NEW
            && strcmp(out->id, id) == 0)
            return true;
    }
    return false;
}

static Drf__V1__Context *last_context(const struct rig *rig, const char *id)
{
    const struct scene_message *message = scene_last(rig->scene, id, "context");
    assert_non_null(message);
    return drf__v1__context__unpack(NULL, message->size, message->bytes);
}

static void record__while_nobody_looks__is_not_made(void **state)
{
    (void)state;
    struct rig rig = open_rig(10, false);
    report(&rig, "d-1", 200.0F, 0);
    assert_int_equal(edge_viewing_places(rig.viewing), 0);
    close_rig(&rig);
}

static void assert_cm(int32_t is_cm, float m)
{
    assert_true(fabs(is_cm / 100.0 - (double)m) < 0.006);
}

static void record__of_an_evaluation__is_what_the_drone_was_told(void **state)
{
    (void)state;
    struct rig rig = open_rig(10, true);
    report(&rig, "d-1", 108.0F, 0); // less over the ground than it wants
    struct edge_view_drone drone;
    assert_true(find(&rig, "d-1", &drone));
    Drf__V1__Context *told = last_context(&rig, "d-1");
    assert_true(drone.report_utc_us == rig.scene->now.utc_us);
    assert_true(drone.evaluated_utc_us == told->node_time_us);
    assert_int_equal(drone.drone_boot_id, 77);
    assert_int_equal(drone.telemetry_seq, told->telemetry_seq);
    assert_int_equal(drone.lat_e7, 436500000);
    assert_int_equal(drone.lon_e7, -793800000);
    assert_int_equal(drone.track_cdeg_true, 9000);
    assert_int_equal(drone.speed_cmps, 1500);
    assert_int_equal(drone.climb_cmps, EDGE_VIEW_UNKNOWN);
    assert_cm(drone.amsl_cm, 108.0F);
    assert_cm(drone.agl_cm, told->height->agl_m);
    assert_cm(drone.free_cm, told->height->clearance_m);
    assert_cm(drone.free_low_cm, told->height->clearance_low_m);
    assert_true(told->look_ahead->n_segments > 2);
    assert_true(told->look_ahead->segments[0]->clearance_low_m
                > told->look_ahead->segments[2]->clearance_low_m + 0.1F);
    float least = told->look_ahead->segments[0]->clearance_low_m;
    for (size_t i = 0; i < told->look_ahead->n_segments; i++)
        least = fminf(least, told->look_ahead->segments[i]->clearance_low_m);
    assert_cm(drone.ahead_low_cm, least);
    assert_int_equal(drone.ahead_unknown_permille, 0);
    assert_int_equal(drone.flags, EDGE_VIEW_REPORTING);
    // It is told of the terrain first, and of what else there is.
    assert_true(told->n_advisories > 0);
    assert_int_equal(drone.severity, WARNING);
    assert_int_equal(drone.kind, TERRAIN);
    assert_string_equal(drone.text, told->advisories[0]->text);
    assert_true(fabs(drone.time_to_go_ms - 1000.0 * (double)told->advisories[0]->time_to_go_s)
                < 2.0);
    assert_int_equal(drone.warnings + drone.cautions + drone.infos,
                     told->n_advisories + told->n_advisories_brief);
    drf__v1__context__free_unpacked(told, NULL);
    close_rig(&rig);
}

static void record__of_what_is_not_known__says_so(void **state)
{
    (void)state;
    struct rig rig = open_rig(10, true);
    Drf__V1__Telemetry plain = scene_report(rig.scene, 1); // no height at all, and it stands
    plain.has_alt_wgs84_m = plain.has_velocity_north_mps = plain.has_velocity_east_mps = 0;
    (void)scene_pack(rig.scene, "d-1", "telemetry", &plain.base);
    scene_step(rig.scene);
    struct edge_view_drone drone;
    assert_true(find(&rig, "d-1", &drone));
    const int32_t unknown[] = {drone.amsl_cm,     drone.agl_cm,          drone.free_cm,
                               drone.free_low_cm, drone.track_cdeg_true, drone.speed_cmps,
                               drone.climb_cmps};
    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++)
        assert_int_equal(unknown[i], EDGE_VIEW_UNKNOWN);
    close_rig(&rig);
}

static void fleet__that_was_there_before__is_shown_with_what_it_was_told(void **state)
{
    (void)state;
    struct rig rig = open_rig(500, false);
    for (int i = 0; i < 300; i++) {
        char id[16];
        (void)snprintf(id, sizeof id, "d-%d", i);
        report(&rig, id, 108.0F, i * 1000);
    }
    pass_seconds(&rig, 5); // silent now
    edge_viewing_watch(rig.viewing, true);
    int steps = 0;
    struct edge_view_fleet fleet = {.filled = false};
    for (uint64_t seen = 0; !fleet.filled && steps < 100; steps++) {
        scene_step(rig.scene);
        (void)edge_viewing_fleet(rig.viewing, &seen, &fleet);
    }
    assert_true(steps > 2); // in parts
    assert_true(fleet.filled);
    assert_int_equal(fleet.held, 300);
    assert_true(fleet.boot_id == SCENE_BOOT_ID);
    struct edge_view_drone drone;
    for (int i = 0; i < 300; i++) {
        char id[16];
        (void)snprintf(id, sizeof id, "d-%d", i);
        assert_true(find(&rig, id, &drone));
        assert_true(drone.evaluated_utc_us == EDGE_VIEW_UNKNOWN_UTC);
        assert_int_equal(drone.severity, WARNING);
        assert_int_equal(drone.free_low_cm, EDGE_VIEW_UNKNOWN);
        assert_true((drone.flags & EDGE_VIEW_LOST) != 0);
        assert_int_equal(drone.lat_e7, 436500000 + i * 1000);
    }
    // What is known where they were last heard of comes within the next second or two.
    pass_seconds(&rig, 2);
    for (int i = 0; i < 300; i++) {
        char id[16];
        (void)snprintf(id, sizeof id, "d-%d", i);
        assert_true(find(&rig, id, &drone));
        assert_true(drone.evaluated_utc_us != EDGE_VIEW_UNKNOWN_UTC);
        assert_true(drone.free_low_cm < 800 && drone.free_low_cm > -20000);
    }
    close_rig(&rig);
}

static void record__of_before__is_not_shown_to_who_looks_again(void **state)
{
    (void)state;
    struct rig rig = open_rig(10, true);
    report(&rig, "d-1", 108.0F, 0);
    pass_seconds(&rig, 5);
    edge_viewing_watch(rig.viewing, false);
    scene_step(rig.scene);
    struct edge_view_fleet fleet;
    uint64_t seen = 0;
    assert_int_equal(edge_viewing_fleet(rig.viewing, &seen, &fleet), EDGE_SEQLOCK_NEW);
    assert_false(fleet.filled);
    pass_seconds(&rig, 5);
    struct edge_view_drone drone;
    assert_true(find(&rig, "d-1", &drone)); // as it was: nobody cleared it
    assert_true(drone.evaluated_utc_us != EDGE_VIEW_UNKNOWN_UTC);
    edge_viewing_watch(rig.viewing, true);
    scene_step(rig.scene);
    assert_true(find(&rig, "d-1", &drone));
    assert_true(drone.evaluated_utc_us == EDGE_VIEW_UNKNOWN_UTC);
    close_rig(&rig);
}

static void place__of_a_drone_that_is_gone__is_cleared(void **state)
{
    (void)state;
    struct rig rig = open_rig(10, true);
    report(&rig, "d-1", 200.0F, 0);
    struct edge_view_drone drone;
    assert_true(find(&rig, "d-1", &drone));
    pass_seconds(&rig, 119);
    assert_true(find(&rig, "d-1", &drone));
    pass_seconds(&rig, 3);
    assert_false(find(&rig, "d-1", &drone));
    close_rig(&rig);
}

static void place__that_another_drone_takes__is_of_another_generation(void **state)
{
    (void)state;
    struct rig rig = open_rig(1, true);
    report(&rig, "d-1", 200.0F, 0);
    struct edge_view_drone first = {.generation = 0}, second = {.generation = 0};
    assert_true(find(&rig, "d-1", &first));
    report(&rig, "d-2", 200.0F, 0);
    assert_true(find(&rig, "d-2", &second));
    assert_int_equal(second.generation, first.generation + 1);
    assert_false(find(&rig, "d-1", &first));
    close_rig(&rig);
}

static void drone__that_leaves_the_region__is_shown_outside_without_heights(void **state)
{
    (void)state;
    struct rig rig = open_rig(10, true);
    report(&rig, "d-1", 200.0F, 0);
    scene_pass(rig.scene, SCENE_SECOND);
    report(&rig, "d-1", 200.0F, 4000000); // far to the north
    pass_seconds(&rig, 2);
    struct edge_view_drone drone = {.id = ""};
    assert_true(find(&rig, "d-1", &drone));
    assert_int_equal(drone.lat_e7, 440500000);
    assert_int_equal(drone.free_low_cm, EDGE_VIEW_UNKNOWN);
    assert_true((drone.flags & EDGE_VIEW_OUTSIDE) != 0);
    assert_true((drone.flags & EDGE_VIEW_REPORTING) == 0);
    close_rig(&rig);
}

static struct edge_view_detail *detail_of(const struct rig *rig, uint32_t slot)
{
    static struct edge_view_detail detail;
    uint64_t seen = 0;
    detail.id[0] = '\0';
    (void)edge_viewing_detail(rig->viewing, slot, &seen, &detail);
    return &detail;
}

static void detail__of_a_followed_drone__is_the_context_that_it_got(void **state)
{
    (void)state;
    struct rig rig = open_rig(10, true);
    edge_viewing_follow(rig.viewing, 5, "d-1");
    edge_viewing_follow(rig.viewing, 6, "d-2");
    pass_seconds(&rig, 1);
    assert_int_equal(detail_of(&rig, 5)->why, EDGE_VIEW_NO_SUCH_DRONE);
    assert_string_equal(detail_of(&rig, 5)->id, "d-1");
    report(&rig, "d-1", 108.0F, 0);
    pass_seconds(&rig, 1); // a new drone is found within a second
    report(&rig, "d-1", 109.0F, 0);
    const struct edge_view_detail *detail = detail_of(&rig, 5);
    assert_int_equal(detail->why, EDGE_VIEW_WHY_NONE);
    assert_true(detail->told);
    assert_true(detail->utc_us == rig.scene->now.utc_us);
    Drf__V1__Context *told = last_context(&rig, "d-1");
    ProtobufCMessage *shown = decode(&drf__v1__context__descriptor, detail->json, detail->size);
    assert_same(&told->base, shown); // it was short enough for the link
    protobuf_c_message_free_unpacked(shown, NULL);
    drf__v1__context__free_unpacked(told, NULL);
    assert_int_equal(detail_of(&rig, 6)->why, EDGE_VIEW_NO_SUCH_DRONE);
    close_rig(&rig);
}

static void detail__of_a_silent_drone__is_made_for_the_viewer_and_told_nobody(void **state)
{
    (void)state;
    struct rig rig = open_rig(10, false);
    report(&rig, "d-1", 108.0F, 0);
    pass_seconds(&rig, 10);
    size_t sent = scene_count(rig.scene, "d-1", "context");
    edge_viewing_watch(rig.viewing, true);
    edge_viewing_follow(rig.viewing, 0, "d-1");
    scene_step(rig.scene);
    const struct edge_view_detail *detail = detail_of(&rig, 0);
    assert_int_equal(detail->why, EDGE_VIEW_WHY_NONE);
    assert_false(detail->told);
    ProtobufCMessage *shown = decode(&drf__v1__context__descriptor, detail->json, detail->size);
    assert_true(((Drf__V1__Context *)shown)->n_advisories > 0);
    protobuf_c_message_free_unpacked(shown, NULL);
    pass_seconds(&rig, 2);
    assert_int_equal(scene_count(rig.scene, "d-1", "context"), sent);
    close_rig(&rig);
}

// A gap in the reports that is longer than a condition is kept, in which the one is looked at.
static void gap(struct rig *rig, bool looks)
{
    for (int i = 0; i < 40; i++) {
        if (looks && i == 33)
            for (uint32_t slot = 0; slot < 4; slot++)
                edge_viewing_follow(rig->viewing, slot, "");
        if (looks && i == 35)
            for (uint32_t slot = 0; slot < 4; slot++) {
                char id[16];
                (void)snprintf(id, sizeof id, "d-%u", (unsigned)slot);
                edge_viewing_follow(rig->viewing, slot, id);
            }
        scene_pass(rig->scene, INT64_C(100) * SCENE_MS);
        scene_step(rig->scene);
    }
}

// Two nodes, one of which is looked at in every way, send the same to the byte.
static void step__while_somebody_looks__puts_out_the_same(void **state)
{
    (void)state;
    struct rig seen = open_rig(4, true), alone = open_rig(4, false);
    static struct edge_view_question question = {.kind = EDGE_VIEW_ASK_WIND, .count = 60};
    for (int round = 0; round < 200; round++) {
        struct rig *both[] = {&seen, &alone};
        if (round > 100 && round % 10 == 0)
            edge_viewing_watch(seen.viewing, round % 20 == 0);
        question.kind = round % 2 == 0 ? EDGE_VIEW_ASK_WIND : EDGE_VIEW_ASK_POSITION;
        enum drf_status asked = edge_viewing_ask(seen.viewing, &question);
        assert_true(asked == DRF_OK || asked == DRF_ERR_AGAIN);
        char id[16]; // sometimes more than there is room for
        (void)snprintf(id, sizeof id, "d-%d", round % (round % 50 < 40 ? 4 : 7));
        for (int i = 0; i < 2; i++) {
            // low for four reports, then high for four
            report(both[i], id, round / 4 % 2 == 0 ? 108.0F : 250.0F, round * 100);
            if (round % 30 == 29)
                scene_root(both[i]->scene, NULL, 0);
            if (round % 4 == 3)
                gap(both[i], i == 0);
            // the steps that the one asks for more of are not taken
            scene_pass(both[i]->scene, INT64_C(90) * SCENE_MS);
            scene_step(both[i]->scene);
        }
    }
    assert_true(seen.scene->sent_count > 200);
    assert_int_equal(seen.scene->sent_count, alone.scene->sent_count);
    for (size_t i = 0; i < seen.scene->sent_count; i++) {
        assert_string_equal(seen.scene->sent[i].topic, alone.scene->sent[i].topic);
        assert_int_equal(seen.scene->sent[i].size, alone.scene->sent[i].size);
        assert_memory_equal(seen.scene->sent[i].bytes, alone.scene->sent[i].bytes,
                            seen.scene->sent[i].size);
    }
    close_rig(&seen);
    close_rig(&alone);
}

// Where drone K reports: so a record that mixes two of them shows.
enum { EVICTED = 7, APART_E7 = 1000 };

struct race {
    struct edge_viewing *viewing;
    _Atomic int over;
    _Atomic uint32_t torn, drones, details;
};

static bool of_one_drone(const char *id, int32_t lat_e7)
{
    const long number = strncmp(id, "d-", 2) == 0 ? strtol(id + 2, NULL, 10) : -1;
    return number >= 0 && number < EVICTED && lat_e7 == 436500000 + (int32_t)number * APART_E7;
}

static bool whole_detail(const struct edge_view_detail *detail)
{
    static const char key[] = "\"lat_e7\":"; // the context's own comes first
    const char *at = memmem(detail->json, detail->size, key, sizeof key - 1);
    return at != NULL && detail->json[detail->size - 1] == '}'
           && of_one_drone(detail->id, (int32_t)strtol(at + sizeof key - 1, NULL, 10));
}

static void *look(void *argument)
{
    struct race *race = argument;
    uint64_t seen[3] = {0}, seen_detail[EVICTED] = {0};
    struct edge_view_detail *detail = malloc(sizeof *detail);
    while (detail != NULL && !atomic_load(&race->over)) {
        for (uint32_t i = 0; i < edge_viewing_places(race->viewing); i++) {
            struct edge_view_drone drone;
            if (edge_viewing_drone(race->viewing, i, &seen[i], &drone) != EDGE_SEQLOCK_NEW
                || drone.id[0] == '\0')
                continue;
            atomic_fetch_add(&race->torn, !of_one_drone(drone.id, drone.lat_e7));
            atomic_fetch_add(&race->drones, 1);
        }
        for (uint32_t i = 0; i < EVICTED; i++) {
            if (edge_viewing_detail(race->viewing, i, &seen_detail[i], detail)
                    != EDGE_SEQLOCK_NEW
                || detail->size == 0)
                continue;
            atomic_fetch_add(&race->torn, !whole_detail(detail));
            atomic_fetch_add(&race->details, 1);
        }
    }
    free(detail);
    return NULL;
}

// Seven drones in a fleet of three.
static void step__while_others_read__shows_each_drone_whole(void **state)
{
    (void)state;
    enum { READERS = 2, ROUNDS = 1500 };
    struct rig rig = open_rig(3, true);
    struct race race = {.viewing = rig.viewing};
    pthread_t readers[READERS];
    for (uint32_t slot = 0; slot < EVICTED; slot++) {
        char id[16];
        (void)snprintf(id, sizeof id, "d-%u", (unsigned)slot);
        edge_viewing_follow(rig.viewing, slot, id);
    }
    for (size_t i = 0; i < READERS; i++)
        assert_int_equal(pthread_create(&readers[i], NULL, look, &race), 0);
    for (int round = 0; round < ROUNDS || atomic_load(&race.details) < 50; round++) {
        char id[16];
        (void)snprintf(id, sizeof id, "d-%d", round / 5 % EVICTED);
        scene_pass(rig.scene, SCENE_SECOND);
        report(&rig, id, 108.0F, round / 5 % EVICTED * APART_E7);
        scene_clear(rig.scene);
    }
    atomic_store(&race.over, 1);
    for (size_t i = 0; i < READERS; i++)
        assert_int_equal(pthread_join(readers[i], NULL), 0);
    assert_true(atomic_load(&race.drones) > 50);
    assert_int_equal(atomic_load(&race.torn), 0);
    close_rig(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(record__while_nobody_looks__is_not_made),
        cmocka_unit_test(record__of_an_evaluation__is_what_the_drone_was_told),
        cmocka_unit_test(record__of_what_is_not_known__says_so),
        cmocka_unit_test(fleet__that_was_there_before__is_shown_with_what_it_was_told),
        cmocka_unit_test(record__of_before__is_not_shown_to_who_looks_again),
        cmocka_unit_test(place__of_a_drone_that_is_gone__is_cleared),
        cmocka_unit_test(place__that_another_drone_takes__is_of_another_generation),
        cmocka_unit_test(drone__that_leaves_the_region__is_shown_outside_without_heights),
        cmocka_unit_test(detail__of_a_followed_drone__is_the_context_that_it_got),
        cmocka_unit_test(detail__of_a_silent_drone__is_made_for_the_viewer_and_told_nobody),
        cmocka_unit_test(step__while_somebody_looks__puts_out_the_same),
        cmocka_unit_test(step__while_others_read__shows_each_drone_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
