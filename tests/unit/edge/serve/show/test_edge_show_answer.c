// SPDX-License-Identifier: Apache-2.0
// What those who look see beside the drones: what the broker has, others' aircraft, and
// answers.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/show_scene.h"

static size_t text_of(const struct rig *rig, enum edge_view_text text, char *out)
{
    uint64_t seen = 0;
    size_t size = EDGE_VIEW_TEXTS_MAX;
    if (edge_viewing_text(rig->viewing, text, &seen, out, &size) != EDGE_SEQLOCK_NEW)
        size = 0;
    return size;
}

static void texts__once_a_second__are_what_the_broker_has(void **state)
{
    (void)state;
    struct rig rig = open_rig(10, true);
    static char json[EDGE_VIEW_TEXTS_MAX];
    pass_seconds(&rig, 2);
    const struct {
        enum edge_view_text text;
        const char *leaf;
        const ProtobufCMessageDescriptor *descriptor;
    } texts[] = {{EDGE_VIEW_STATE, "/state", &drf__v1__node_state__descriptor},
                 {EDGE_VIEW_CATALOG, "/catalog", &drf__v1__catalog__descriptor}};
    for (size_t i = 0; i < 2; i++) {
        const struct scene_message *sent = NULL;
        for (size_t k = 0; k < rig.scene->sent_count; k++)
            if (strstr(rig.scene->sent[k].topic, texts[i].leaf) != NULL)
                sent = &rig.scene->sent[k];
        if (sent == NULL) {
            fail();
            return;
        }
        size_t size = text_of(&rig, texts[i].text, json);
        assert_true(size > 0);
        ProtobufCMessage *shown = decode(texts[i].descriptor, json, size);
        ProtobufCMessage *told =
            protobuf_c_message_unpack(texts[i].descriptor, NULL, sent->size, sent->bytes);
        // They were made at another time.
        if (i == 0) {
            assert_true(((Drf__V1__NodeState *)shown)->node_time_us
                        > ((Drf__V1__NodeState *)told)->node_time_us);
            ((Drf__V1__NodeState *)shown)->node_time_us =
                ((Drf__V1__NodeState *)told)->node_time_us;
        } else {
            ((Drf__V1__Catalog *)shown)->node_time_us =
                ((Drf__V1__Catalog *)told)->node_time_us;
        }
        assert_same(told, shown);
        protobuf_c_message_free_unpacked(shown, NULL);
        protobuf_c_message_free_unpacked(told, NULL);
    }
    assert_int_equal(text_of(&rig, EDGE_VIEW_ALERTS, json), 0); // there is no feed of them
    close_rig(&rig);
}

static void state__without_a_broker__says_so_to_those_who_look(void **state)
{
    (void)state;
    struct rig rig = open_rig(10, true);
    static char json[EDGE_VIEW_TEXTS_MAX];
    edge_health_set(&rig.scene->health, EDGE_TROUBLE_MQTT, true);
    pass_seconds(&rig, 2);
    size_t size = text_of(&rig, EDGE_VIEW_STATE, json);
    ProtobufCMessage *shown = decode(&drf__v1__node_state__descriptor, json, size);
    const Drf__V1__NodeState *is = (Drf__V1__NodeState *)shown;
    assert_int_equal(is->condition, 3); // DEGRADED
    assert_int_equal(is->n_waiting_for, 1);
    assert_string_equal(is->waiting_for[0], "mqtt");
    protobuf_c_message_free_unpacked(shown, NULL);
    close_rig(&rig);
}

static void tracks__more_than_there_is_room_for__are_counted(void **state)
{
    (void)state;
    struct rig rig = open_rig(10, true);
    enum { MANY = EDGE_VIEW_TRACKS_MAX + 7 };
    static struct fusion_track many[MANY];
    static const struct fusion_source source = {.feed = "adsb", .source = "adsb/north"};
    static struct edge_view_tracks out;
    static struct fusion_traffic traffic = {
        .count = MANY, .tracks = many, .keep_us = INT64_C(15) * SCENE_SECOND};
    for (int i = 0; i < MANY; i++) {
        many[i] = (struct fusion_track){.source = &source};
        struct geo_track *track = &many[i].track;
        (void)snprintf(track->id, sizeof track->id, "t%d", i);
        track->position = (struct geo_point){43.65, -79.38 + i * 1e-5};
        track->time_utc_us = rig.scene->now.utc_us;
        track->flags = GEO_TRACK_AMSL | GEO_TRACK_VELOCITY;
        track->alt_amsl_m = 512.25;
        track->velocity_north_mps = -30.0;
        track->velocity_east_mps = 40.0;
    }
    many[1].track.time_utc_us -= INT64_C(16) * SCENE_SECOND; // too old
    many[2].track.flags = GEO_TRACK_SPEED;
    many[2].track.speed_mps = 7.0;
    rig.scene->roots[0].traffic = &traffic;
    rig.scene->roots[0].buckets.columns = 0; // nobody is near anybody
    pass_seconds(&rig, 1);
    uint64_t seen = 0;
    assert_int_equal(edge_viewing_tracks(rig.viewing, &seen, &out), EDGE_SEQLOCK_NEW);
    assert_int_equal(out.count, EDGE_VIEW_TRACKS_MAX);
    assert_int_equal(out.left_out, MANY - 1 - EDGE_VIEW_TRACKS_MAX);
    assert_string_equal(out.tracks[0].id, "t0");
    assert_string_equal(out.tracks[0].source, "adsb/north");
    assert_int_equal(out.tracks[0].amsl_cm, 51225);
    assert_int_equal(out.tracks[0].speed_cmps, 5000);
    assert_int_equal(out.tracks[0].track_cdeg_true, 12687); // 180 - atan(4/3) degrees
    assert_string_equal(out.tracks[1].id, "t2");
    assert_int_equal(out.tracks[1].amsl_cm, EDGE_VIEW_UNKNOWN);
    assert_int_equal(out.tracks[1].speed_cmps, 700);
    assert_int_equal(out.tracks[1].track_cdeg_true, EDGE_VIEW_UNKNOWN);
    rig.scene->roots[0].traffic = NULL;
    close_rig(&rig);
}

static const struct edge_view_answer *ask(struct rig *rig,
                                          const struct edge_view_question *question, int *steps)
{
    const struct edge_view_answer *answer;
    assert_int_equal(edge_viewing_ask(rig->viewing, question), DRF_OK);
    for (*steps = 1; *steps < 100; ++*steps) {
        scene_step(rig->scene);
        if (edge_viewing_answer(rig->viewing, &answer) == DRF_OK)
            return answer;
    }
    fail();
    return NULL;
}

static void question__of_a_point__gets_what_the_query_gets(void **state)
{
    (void)state;
    struct rig rig = open_rig(10, false);
    static struct edge_view_question question = {.kind = EDGE_VIEW_ASK_POSITION,
                                                 .position = {43.65, -79.38},
                                                 .agl_m = 40.0,
                                                 .radius_m = 700.0};
    static const char query[] = "{\"lat_e7\":436500000,\"lon_e7\":-793800000,\"agl_m\":40,"
                                "\"radius_m\":700}";
    int steps;
    scene_clear(rig.scene);
    (void)scene_bytes(rig.scene, "drf-test/v1/query/me", query, sizeof query - 1);
    const struct edge_view_answer *answer = ask(&rig, &question, &steps);
    assert_int_equal(steps, 1);
    const struct scene_message *told = &rig.scene->sent[0];
    assert_string_equal(told->topic, "drf-test/v1/query/me/reply");
    assert_int_equal(answer->size, told->size);
    assert_memory_equal(answer->json, told->bytes, told->size);
    question.position.lat_deg = 90.5;
    answer = ask(&rig, &question, &steps);
    assert_non_null(memmem(answer->json, answer->size, "\"code\":3", 8));
    close_rig(&rig);
}

static void question__of_the_wind__is_answered_in_parts(void **state)
{
    (void)state;
    struct rig rig = open_rig(10, false);
    static struct edge_view_question question = {
        .kind = EDGE_VIEW_ASK_WIND, .agl_m = 100.0, .count = 20};
    for (uint32_t i = 0; i < question.count; i++)
        question.points[i] = (struct geo_point){43.65, -79.38};
    question.points[19].lon_deg = (double)NAN;
    int steps;
    const struct edge_view_answer *answer = ask(&rig, &question, &steps);
    assert_int_equal(steps, 3);
    assert_int_equal(answer->count, 20);
    for (uint32_t i = 0; i < answer->count; i++) {
        assert_true(answer->winds[i].reason > 1); // there is no weather
        assert_int_equal(answer->winds[i].speed_cmps, EDGE_VIEW_UNKNOWN);
    }
    close_rig(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts__once_a_second__are_what_the_broker_has),
        cmocka_unit_test(state__without_a_broker__says_so_to_those_who_look),
        cmocka_unit_test(tracks__more_than_there_is_room_for__are_counted),
        cmocka_unit_test(question__of_a_point__gets_what_the_query_gets),
        cmocka_unit_test(question__of_the_wind__is_answered_in_parts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
