// SPDX-License-Identifier: Apache-2.0
// Several nodes on one region: who replies to what. What edge/serve/unanswered.h promises.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/owners_scene.h"

// An owner whose link was cut gets the last profile alone, which the broker kept for it.
static void reply__to_the_later_profile__ends_the_earlier_one_too(void **state)
{
    (void)state;
    struct many many;
    opened(&many);
    hear(&many, "n2", 7, EPOCH, 4);
    profile(&many, "d-1", false, "first");
    profile(&many, "d-1", false, "second");
    hear_reply(&many, "d-1", "third"); // to none of these
    hear_reply(&many, "d-1", "second");
    own_all(&many, EPOCH + 9);
    echo(&many);
    scene_run(many.scene, 2 * SCENE_SECOND);
    assert_int_equal(scene_count(many.scene, "d-1", "reply"), 0);
    closed(&many);
}

static void profile__whose_owner_died__is_answered_once_by_its_follower(void **state)
{
    (void)state;
    struct many many;
    opened(&many);
    hear(&many, "n2", 7, EPOCH, 4);
    beat(&many, "n2", 7);
    profile(&many, "d-1", false, "answered");
    profile(&many, "d-2", false, "left");
    hear_reply(&many, "d-1", "answered");
    own_all(&many, EPOCH + 9);
    assert_int_equal(scene_count(many.scene, "d-1", "reply"), 0);
    assert_int_equal(scene_count(many.scene, "d-2", "reply"), 0); // until the echo is heard
    echo(&many);
    scene_step(many.scene);
    assert_int_equal(scene_count(many.scene, "d-1", "reply"), 0);
    assert_int_equal(scene_count(many.scene, "d-2", "reply"), 1);
    const struct scene_message *sent = scene_last(many.scene, "d-2", "reply");
    Drf__V1__Reply *told = drf__v1__reply__unpack(NULL, sent->size, sent->bytes);
    assert_string_equal(told->correlation, "left");
    drf__v1__reply__free_unpacked(told, NULL);
    scene_run(many.scene, 5 * SCENE_SECOND);
    assert_int_equal(scene_count(many.scene, "d-2", "reply"), 1);
    closed(&many);
}

// What the broker keeps was answered when it came; at a start no heartbeat was heard yet.
static void profile__that_the_broker_kept__is_the_living_owners(void **state)
{
    (void)state;
    struct many many;
    opened(&many);
    hear(&many, "n2", 7, EPOCH, 4);
    Drf__V1__Profile m = DRF__V1__PROFILE__INIT;
    scene_pack(many.scene, "d-1", "profile", &m.base)->in.retained = true;
    scene_step(many.scene);
    hear(&many, "n2", 7, EPOCH, 1); // from now on it is down
    scene_pack(many.scene, "d-2", "profile", &m.base)->in.retained = true;
    scene_step(many.scene);
    own_all(&many, EPOCH + 1);
    echo(&many);
    scene_step(many.scene);
    assert_int_equal(scene_count(many.scene, "d-1", "reply"), 0);
    assert_int_equal(scene_count(many.scene, "d-2", "reply"), 1);
    closed(&many);
}

static void reply__that_the_lease_kept_back__goes_when_nobody_follows(void **state)
{
    (void)state;
    struct many many;
    opened(&many);
    many.scene->config.owners.session_us = 3 * SCENE_SECOND;
    own_all(&many, EPOCH);
    echo(&many);
    many.lapsed = true;
    profile(&many, "d-1", false, "p");
    assert_int_equal(scene_count(many.scene, "d-1", "reply"), 0);
    many.table.held = 0;
    tell(&many);
    scene_run(many.scene, SCENE_SECOND * 5 / 2); // a follower could not be heard yet
    assert_int_equal(scene_count(many.scene, "d-1", "reply"), 0);
    scene_run(many.scene, 2 * SCENE_SECOND);
    assert_int_equal(scene_count(many.scene, "d-1", "reply"), 1);
    closed(&many);
}

// A plan that waited may not come after one that was answered meanwhile.
static void profile__that_waited__does_not_hold_after_a_newer_one(void **state)
{
    (void)state;
    struct many many;
    opened(&many);
    hear(&many, "n2", 7, EPOCH, 4);
    beat(&many, "n2", 7);
    profile(&many, "d-1", false, "old");
    own_all(&many, EPOCH + 1);
    for (size_t i = many.scene->sent_count; i > 0; i--) // the echo and a newer one in one step
        if (strstr(many.scene->sent[i - 1].topic, "/nodes/n1/state") != NULL) {
            (void)scene_bytes(many.scene, many.scene->sent[i - 1].topic,
                              many.scene->sent[i - 1].bytes, many.scene->sent[i - 1].size);
            break;
        }
    profile(&many, "d-1", false, "new");
    scene_step(many.scene);
    assert_int_equal(scene_count(many.scene, "d-1", "reply"), 2);
    const struct scene_message *sent = scene_last(many.scene, "d-1", "reply");
    Drf__V1__Reply *told = drf__v1__reply__unpack(NULL, sent->size, sent->bytes);
    assert_string_equal(told->correlation, "new");
    drf__v1__reply__free_unpacked(told, NULL);
    struct edge_back_value value; // and so it is stored
    char last[16] = "";
    while (edge_backqueue_front(many.scene->backqueue, &value)) {
        if (strcmp(value.name, "profile/d-1") == 0) {
            Drf__V1__Profile *kept = drf__v1__profile__unpack(NULL, value.size, value.bytes);
            (void)snprintf(last, sizeof last, "%s", kept->correlation);
            drf__v1__profile__free_unpacked(kept, NULL);
        }
        edge_backqueue_pop(many.scene->backqueue);
    }
    assert_string_equal(last, "new");
    closed(&many);
}

static void request__to_another_owner__is_not_answered(void **state)
{
    (void)state;
    struct many many;
    opened(&many);
    hear(&many, "n2", 7, EPOCH, 4);
    Drf__V1__Request request = DRF__V1__REQUEST__INIT;
    SCENE_SET(&request, snapshot, 1);
    for (int i = 0; i < 2; i++) {
        scene_pack(many.scene, "d-1", "request", &request.base);
        (void)scene_bytes(many.scene, "drf-test/v1/query/q-1", "", 0);
        scene_step(many.scene);
        size_t replies = 0;
        for (size_t k = 0; k < many.scene->sent_count; k++)
            replies += strstr(many.scene->sent[k].topic, "/reply") != NULL;
        assert_int_equal(replies, i == 0 ? 0 : 2);
        own_all(&many, EPOCH + 1);
        echo(&many);
    }
    closed(&many);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reply__to_the_later_profile__ends_the_earlier_one_too),
        cmocka_unit_test(profile__whose_owner_died__is_answered_once_by_its_follower),
        cmocka_unit_test(profile__that_the_broker_kept__is_the_living_owners),
        cmocka_unit_test(reply__that_the_lease_kept_back__goes_when_nobody_follows),
        cmocka_unit_test(profile__that_waited__does_not_hold_after_a_newer_one),
        cmocka_unit_test(request__to_another_owner__is_not_answered),
    };
    return cmocka_run_group_tests_name("edge/unanswered", tests, NULL, NULL);
}
