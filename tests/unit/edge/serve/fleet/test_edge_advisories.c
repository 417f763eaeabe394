// SPDX-License-Identifier: Apache-2.0
// What edge/serve/fleet/advisories.h promises: raised at once, lowered and cleared with
// patience.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "drf/v1/advisory.pb-c.h"
#include "edge/serve/fleet/advisories.h"
#include "tests/support/serve_scene.h"

enum {
    WARNING = FUSION_SEVERITY_WARNING,
    CAUTION = FUSION_SEVERITY_CAUTION,
    INFO = 3,
    GONE = 0
};

struct bed {
    struct edge_advisories life;
    struct edge_now now;
    struct fusion_advisories set;
};

// One evaluation, 100 ms after the last, that finds advisory 7 as severe as that (GONE: not).
static void evaluate(struct bed *bed, int severity)
{
    bed->now.mono_us += 100000;
    bed->now.utc_us += 100000;
    bed->set.count = bed->set.left_out = 0;
    const struct fusion_advisory item = {.advisory_id = 7,
                                         .severity = (enum fusion_severity)severity,
                                         .kind = FUSION_ADVISORY_TERRAIN};
    if (severity != GONE)
        fusion_advisories_add(&bed->set, &item);
    edge_advisories_apply(&bed->life, bed->now, &bed->set);
}

static int told(const struct bed *bed)
{
    return bed->set.count == 0 ? GONE : (int)bed->set.items[0].severity;
}

static size_t changes(struct bed *bed)
{
    size_t cursor = 0, count = 0;
    struct edge_advisory *held;
    while ((held = edge_advisories_untold(&bed->life, &cursor)) != NULL) {
        held->told = held->revision;
        count++;
    }
    return count;
}

static void life__raised__at_the_first_evaluation_and_every_step_up(void **state)
{
    (void)state;
    struct bed bed = {0};
    evaluate(&bed, INFO);
    assert_int_equal(told(&bed), INFO);
    assert_int_equal(bed.set.items[0].revision, 1);
    assert_int_equal(changes(&bed), 1);
    evaluate(&bed, WARNING);
    assert_int_equal(told(&bed), WARNING);
    assert_int_equal(bed.set.items[0].revision, 2);
    assert_int_equal(changes(&bed), 1);
    evaluate(&bed, WARNING);
    assert_int_equal(bed.set.items[0].revision, 2);
    assert_int_equal(changes(&bed), 0);
    edge_advisories_close(&bed.life);
}

static void life__lowered_and_cleared__after_three_seconds_without_interruption(void **state)
{
    (void)state;
    struct bed bed = {0};
    evaluate(&bed, WARNING);
    for (int i = 0; i < 30; i++) {
        evaluate(&bed, i == 10 ? CAUTION : INFO);
        assert_int_equal(told(&bed), WARNING);
    }
    evaluate(&bed, INFO);
    assert_int_equal(told(&bed), CAUTION); // the worst that was seen meanwhile
    for (int i = 0; i < 30; i++) {
        evaluate(&bed, GONE);
        assert_int_equal(told(&bed), CAUTION);
        assert_int_equal(bed.set.items[0].kind, FUSION_ADVISORY_TERRAIN);
        assert_true(bed.set.items[0].valid_until_utc_us > bed.now.utc_us);
    }
    evaluate(&bed, GONE);
    assert_int_equal(told(&bed), GONE);
    (void)changes(&bed);
    evaluate(&bed, CAUTION); // the same again: the revision goes on
    assert_int_equal(told(&bed), CAUTION);
    assert_int_equal(bed.set.items[0].revision, 4);
    edge_advisories_close(&bed.life);
}

// What is not found any more still says what it was, with the numbers and the text of the last
// find, and that it is not so now; the clear says it, too.
static void life__not_found_any_more__keeps_what_was_there(void **state)
{
    (void)state;
    struct bed bed = {.now = {1000000, 1000000}};
    struct fusion_advisory item = {.advisory_id = 7,
                                   .severity = FUSION_SEVERITY_CAUTION,
                                   .kind = FUSION_ADVISORY_OBSTACLE,
                                   .position_known = true,
                                   .position = {43.65, -79.38},
                                   .value_known = true,
                                   .value = 11.5,
                                   .limit = 15.0,
                                   .unit = "m",
                                   .text = "crane 35-001234: clearance 12 m in 20 s"};
    fusion_advisories_add(&bed.set, &item);
    edge_advisories_apply(&bed.life, bed.now, &bed.set);
    (void)changes(&bed);
    for (int i = 0; i < 30; i++) {
        evaluate(&bed, GONE);
        assert_int_equal(bed.set.count, 1);
        const struct fusion_advisory *rest = &bed.set.items[0];
        assert_string_equal(
            rest->text,
            "no longer found, kept for 3 s: crane 35-001234: clearance 12 m in 20 s");
        assert_int_equal(rest->kind, FUSION_ADVISORY_OBSTACLE);
        assert_true(rest->value_known && rest->value == 11.5 && rest->limit == 15.0);
        assert_true(rest->position_known && rest->position.lat_deg == 43.65);
        assert_false(rest->time_to_go_known);
    }
    evaluate(&bed, GONE);
    assert_int_equal(bed.set.count, 0);
    size_t cursor = 0;
    const struct edge_advisory *over = edge_advisories_untold(&bed.life, &cursor);
    assert_non_null(over);
    assert_string_equal(edge_advisory_rest(over, 0).text,
                        "over: crane 35-001234: clearance 12 m in 20 s");
    edge_advisories_close(&bed.life);
}

// A text that is too long for both is cut between characters.
static void life__a_long_text_that_is_kept__ends_with_a_whole_character(void **state)
{
    (void)state;
    for (size_t blanks = 0; blanks < 4; blanks++) {
        struct bed bed = {.now = {1000000, 1000000}};
        struct fusion_advisory item = {.advisory_id = 7, .severity = FUSION_SEVERITY_CAUTION};
        memset(item.text, 'a', blanks);
        for (size_t i = blanks; i + 3 < sizeof item.text; i += 3)
            memcpy(item.text + i, "\xe2\x82\xac", 3); // the sign of the euro
        fusion_advisories_add(&bed.set, &item);
        edge_advisories_apply(&bed.life, bed.now, &bed.set);
        evaluate(&bed, GONE);
        const char *text = bed.set.items[0].text;
        size_t length = strlen(text), begins = strlen("no longer found, kept for 3 s: ");
        assert_true(length > 90 && length < sizeof item.text);
        assert_int_equal((length - begins - blanks) % 3, 0);
        edge_advisories_close(&bed.life);
    }
}

static void life__noise_at_a_threshold__does_not_flap(void **state)
{
    (void)state;
    struct bed bed = {0};
    evaluate(&bed, WARNING);
    (void)changes(&bed);
    size_t count = 0;
    uint32_t random = 12345;
    for (int i = 0; i < 10000; i++) {
        random = random * 1664525 + 1013904223;
        evaluate(&bed, (random >> 16) % 4 == 0   ? WARNING
                       : (random >> 20) % 2 == 0 ? INFO
                                                 : GONE);
        count += changes(&bed);
        assert_int_equal(told(&bed) == GONE, false);
    }
    assert_true(count <= 6); // 30 evaluations below in a row are 1 in 5,600
    edge_advisories_close(&bed.life);
}

static void life__more_than_there_is_room_for__the_severe_ones_have_one(void **state)
{
    (void)state;
    struct bed bed = {.now = {1000000, 1000000}};
    for (uint32_t i = 0; i < 30; i++) {
        const struct fusion_advisory item = {
            .advisory_id = 100 + i, .severity = (enum fusion_severity)(i < 20 ? 3 : 1)};
        fusion_advisories_add(&bed.set, &item);
    }
    edge_advisories_apply(&bed.life, bed.now, &bed.set);
    assert_int_equal(bed.set.count, 30);
    size_t warnings = 0;
    assert_int_equal(edge_advisories_room(&bed.life), EDGE_ADVISORIES_MAX);
    for (size_t i = 0; i < EDGE_ADVISORIES_MAX; i++)
        warnings += edge_advisories_at(&bed.life, i)->severity == WARNING;
    assert_int_equal(warnings, 10);
    for (size_t i = 0; i < 30; i++)
        assert_true(bed.set.items[i].revision >= 1);
    edge_advisories_close(&bed.life);
}

static void life__more_than_a_few__takes_places_that_are_used_again(void **state)
{
    (void)state;
    struct bed bed = {.now = {1000000, 1000000}};
    for (uint32_t i = 0; i <= EDGE_ADVISORIES_FIRST; i++) {
        const struct fusion_advisory item = {.advisory_id = 100 + i,
                                             .severity = FUSION_SEVERITY_CAUTION};
        assert_null(bed.life.more);
        bed.set.count = 0;
        fusion_advisories_add(&bed.set, &item);
        edge_advisories_apply(&bed.life, bed.now, &bed.set);
    }
    const struct edge_advisory *more = bed.life.more;
    assert_int_equal(more[0].advisory_id, 100 + EDGE_ADVISORIES_FIRST);
    struct edge_advisories copy = {.more = NULL};
    assert_int_equal(edge_advisories_copy(&copy, &bed.life), DRF_OK);
    assert_ptr_not_equal(copy.more, more);
    edge_advisories_reset(&bed.life); // for another drone
    evaluate(&bed, CAUTION);
    assert_int_equal(bed.set.count, 1);
    assert_int_equal(bed.set.items[0].revision, 1);
    assert_ptr_equal(bed.life.more, more);
    assert_int_equal(copy.more[0].advisory_id, 100 + EDGE_ADVISORIES_FIRST);
    assert_int_equal(copy.first[0].advisory_id, 100);
    edge_advisories_close(&copy);
    edge_advisories_close(&bed.life);
}

// The last message on a drone's advisory topic.
static Drf__V1__AdvisoryMessage *last_advisory(const struct scene *scene, const char *id)
{
    const struct scene_message *message = scene_last(scene, id, "advisory");
    if (message == NULL)
        return NULL;
    assert_int_equal(message->out.qos, 1);
    assert_int_equal(message->out.priority, EDGE_PRIORITY_ADVISORY);
    return drf__v1__advisory_message__unpack(NULL, message->size, message->bytes);
}

static void report(struct scene *scene, const char *id, uint32_t seq, int32_t lon_e7,
                   float east_mps)
{
    Drf__V1__Telemetry m = scene_report(scene, seq);
    m.lon_e7 = lon_e7;
    m.velocity_east_mps = east_mps;
    (void)scene_pack(scene, id, "telemetry", &m.base);
}

// Whether any advisory of that kind went out, and the text of the last.
static bool warned(const struct scene *scene, const char *id, uint32_t kind, char text[96])
{
    bool found = false;
    for (size_t i = 0; i < scene->sent_count; i++) {
        if (!scene_is(&scene->sent[i], id, "advisory"))
            continue;
        Drf__V1__AdvisoryMessage *m =
            drf__v1__advisory_message__unpack(NULL, scene->sent[i].size, scene->sent[i].bytes);
        if (m->advisory->kind == kind) {
            found = true;
            (void)snprintf(text, 96, "%s", m->advisory->text);
        }
        drf__v1__advisory_message__free_unpacked(m, NULL);
    }
    return found;
}

static void serve__two_that_fly_at_each_other__are_both_told_at_once(void **state)
{
    (void)state;
    struct scene *scene = scene_open(10);
    char text[96];
    report(scene, "d-1", 1, -793800000, 15.0F); // 800 m apart, 30 m/s: 26 s
    scene_step(scene);
    assert_false(warned(scene, "d-1", FUSION_ADVISORY_TRAFFIC, text));
    report(scene, "d-2", 1, -793700000, -15.0F);
    report(scene, "d-3", 1, -793000000, -15.0F); // 6 km away
    scene_step(scene);
    assert_true(warned(scene, "d-2", FUSION_ADVISORY_TRAFFIC, text));
    assert_non_null(strstr(text, "d-1"));
    assert_false(warned(scene, "d-3", FUSION_ADVISORY_TRAFFIC, text));
    scene_pass(scene, 300 * SCENE_MS);
    report(scene, "d-1", 2, -793799440, 15.0F);
    scene_step(scene);
    assert_true(warned(scene, "d-1", FUSION_ADVISORY_TRAFFIC, text));
    Drf__V1__AdvisoryMessage *m = last_advisory(scene, "d-1");
    assert_non_null(m);
    assert_int_equal(m->advisory->state, 1);
    assert_int_equal(m->advisory->revision, 1);
    drf__v1__advisory_message__free_unpacked(m, NULL);
    scene_close(scene);
}

static void serve__a_lost_link__is_predicted_for_others_and_told_all_when_back(void **state)
{
    (void)state;
    struct scene *scene = scene_open(10);
    char text[96];
    report(scene, "d-1", 1, -793800000, 15.0F);
    scene_step(scene);
    size_t first = scene_count(scene, "d-1", "advisory");
    assert_true(first > 0);              // nothing is known of this ground
    scene_run(scene, 20 * SCENE_SECOND); // it should be 300 m east by now
    assert_int_equal(scene_metric(scene, EDGE_METRIC_DRONES_LOST, 0), 1);
    scene_clear(scene);
    report(scene, "d-2", 1, -793762800 + 50000, -15.0F); // 400 m beyond that
    scene_step(scene);
    assert_true(warned(scene, "d-2", FUSION_ADVISORY_TRAFFIC, text));
    assert_non_null(strstr(text, "predicted"));
    scene_clear(scene);
    report(scene, "d-1", 2, -793762800, 15.0F);
    scene_step(scene);
    assert_int_equal(scene_count(scene, "d-1", "context"), 1);
    assert_true(scene_count(scene, "d-1", "advisory") >= first);
    scene_run(scene, 70 * SCENE_SECOND); // 3 s and 60 s: nobody's traffic any more
    assert_int_equal(scene_metric(scene, EDGE_METRIC_DRONES_LOST, 0), 0);
    scene_close(scene);
}

static void serve__a_pushed_change__tells_its_advisory_even_when_the_context_waits(void **state)
{
    (void)state;
    struct scene *scene = scene_open(10);
    report(scene, "d-1", 1, -793800000, 15.0F);
    report(scene, "d-9", 1, -792500000, 15.0F);
    scene_step(scene);
    scene_run(scene, 2500 * SCENE_MS); // unseen for long: heartbeat rate only
    report(scene, "d-1", 2, -793795000, 15.0F);
    report(scene, "d-9", 2, -792495000, 15.0F);
    scene_step(scene);
    scene_clear(scene);
    scene_pass(scene, 300 * SCENE_MS);
    const struct fusion_change change = {.bounds = {.west_deg = -79.376,
                                                    .south_deg = 43.6499,
                                                    .east_deg = -79.375,
                                                    .north_deg = 43.6501},
                                         .layers = 1 << FUSION_LAYER_OBSTACLE};
    scene_root(scene, &change, 1);
    struct fusion_root *root = &scene->roots[(scene->epoch - 1) % 64];
    root->layer_fed[FUSION_LAYER_OBSTACLE] = true; // and now it is told to be incomplete
    root->layer_state[FUSION_LAYER_OBSTACLE] = FUSION_REASON_CATCHING_UP;
    scene_step(scene);
    char text[96];
    assert_true(warned(scene, "d-1", FUSION_ADVISORY_DATA_QUALITY, text));
    assert_non_null(strstr(text, "obstacles"));
    assert_int_equal(scene_count(scene, "d-1", "context"), 0);
    assert_int_equal(scene_count(scene, "d-9", "advisory"), 0); // not concerned
    assert_int_equal(scene_count(scene, "d-9", "context"), 0);
    scene_close(scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(life__raised__at_the_first_evaluation_and_every_step_up),
        cmocka_unit_test(life__lowered_and_cleared__after_three_seconds_without_interruption),
        cmocka_unit_test(life__not_found_any_more__keeps_what_was_there),
        cmocka_unit_test(life__a_long_text_that_is_kept__ends_with_a_whole_character),
        cmocka_unit_test(life__noise_at_a_threshold__does_not_flap),
        cmocka_unit_test(life__more_than_there_is_room_for__the_severe_ones_have_one),
        cmocka_unit_test(life__more_than_a_few__takes_places_that_are_used_again),
        cmocka_unit_test(serve__two_that_fly_at_each_other__are_both_told_at_once),
        cmocka_unit_test(serve__a_lost_link__is_predicted_for_others_and_told_all_when_back),
        cmocka_unit_test(
            serve__a_pushed_change__tells_its_advisory_even_when_the_context_waits),
    };
    return cmocka_run_group_tests_name("edge/advisories", tests, NULL, NULL);
}
