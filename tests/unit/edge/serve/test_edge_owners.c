// SPDX-License-Identifier: Apache-2.0
// Several nodes on one region, as one of them sees it: what edge/serve/owners.h promises.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/owners_scene.h"

static void drone__of_another_nodes__gets_nothing(void **state)
{
    (void)state;
    struct many many;
    opened(&many);
    hear(&many, "n2", 7, EPOCH, 4);
    beat(&many, "n2", 7);
    for (int i = 0; i < 20; i++)
        report(&many, "d-1");
    assert_int_equal(scene_count(many.scene, "d-1", "context"), 0);
    assert_int_equal(scene_count(many.scene, "d-1", "reply"), 0);
    assert_int_equal(scene_count(many.scene, "d-1", "advisory"), 0);
    closed(&many);
}

static void drone__that_asks_for_all_streams__gets_secondary_ones_once_a_second(void **state)
{
    (void)state;
    struct many many;
    opened(&many);
    hear(&many, "n2", 7, EPOCH, 4);
    profile(&many, "d-1", true, "");
    many.seen_boot = 7;            // it follows the other
    for (int i = 0; i < 50; i++) { // ten seconds
        beat(&many, "n2", 7);
        report(&many, "d-1");
    }
    assert_context(&many, "d-1", 1, 0);
    // At full rate until two seconds are unseen, then one a second.
    assert_in_range(scene_count(many.scene, "d-1", "context"), 8, 22);
    closed(&many);
}

static void drone__that_acknowledges_this_node__is_served_in_full(void **state)
{
    (void)state;
    struct many many;
    opened(&many);
    many.table.member = 0; // Kafka is away
    tell(&many);
    many.seen_boot = SCENE_BOOT_ID;
    hear(&many, "n2", 7, EPOCH, 4);
    beat(&many, "n2", 7);
    report(&many, "d-1");
    scene_clear(many.scene);
    for (int i = 0; i < 5; i++)
        report(&many, "d-1");
    assert_in_range(scene_count(many.scene, "d-1", "context"), 4, 6);
    assert_context(&many, "d-1", 1, 0);
    closed(&many);
}

static void owner__whose_state_was_sent__is_primary_with_its_epoch(void **state)
{
    (void)state;
    struct many many;
    opened(&many);
    own_all(&many, EPOCH);
    report(&many, "d-1");
    assert_context(&many, "d-1", 2, EPOCH);
    closed(&many);
}

static void owner__that_could_not_send_its_state__is_not_primary(void **state)
{
    (void)state;
    struct many many;
    opened(&many);
    many.backed_up = true;
    own_all(&many, EPOCH);
    many.seen_boot = SCENE_BOOT_ID;
    report(&many, "d-1");
    assert_context(&many, "d-1", 1, 0);
    many.backed_up = false;
    report(&many, "d-1");
    assert_context(&many, "d-1", 2, EPOCH);
    closed(&many);
}

// A state that tells a newer epoch ends it, whatever the table says.
static void owner__that_hears_of_a_newer_one__is_primary_no_more(void **state)
{
    (void)state;
    struct many many;
    opened(&many);
    own_all(&many, EPOCH);
    many.seen_boot = SCENE_BOOT_ID;
    report(&many, "d-1");
    hear(&many, "n2", 7, EPOCH + 1, 4);
    report(&many, "d-1");
    assert_context(&many, "d-1", 1, 0);
    closed(&many);
}

static void lease__found_run_out_by_the_link__sends_the_context_as_secondary(void **state)
{
    (void)state;
    struct many many;
    opened(&many);
    own_all(&many, EPOCH);
    echo(&many);
    report(&many, "d-1");
    many.lapsed = true;
    report(&many, "d-1");
    assert_context(&many, "d-1", 1, 0);
    many.lapsed = false; // it was renewed meanwhile
    report(&many, "d-1");
    report(&many, "d-1");
    assert_context(&many, "d-1", 2, EPOCH);
    closed(&many);
}

// Kafka is away: the last owner goes on as SECONDARY, at the rate asked for.
static void lease__that_ends__leaves_the_last_owner_serving(void **state)
{
    (void)state;
    struct many many;
    opened(&many);
    own_all(&many, EPOCH);
    echo(&many);
    report(&many, "d-1");
    many.table.held = many.table.member = 0;
    tell(&many);
    report(&many, "d-1");
    assert_context(&many, "d-1", 1, 0);
    profile(&many, "d-1", false, "p-1");
    assert_int_equal(scene_count(many.scene, "d-1", "reply"), 0); // not before a second
    scene_run(many.scene, SCENE_SECOND * 5 / 2);
    assert_int_equal(scene_count(many.scene, "d-1", "reply"), 1);
    // Another has followed: it answers.
    hear(&many, "n2", 7, EPOCH + 5, 4);
    beat(&many, "n2", 7);
    profile(&many, "d-1", true, "p-2");
    scene_run(many.scene, SCENE_SECOND * 5 / 2);
    assert_int_equal(scene_count(many.scene, "d-1", "reply"), 1);
    closed(&many);
}

static void boot_id__of_a_new_owner__is_above_all_that_were_heard(void **state)
{
    (void)state;
    struct many many;
    opened(&many);
    hear(&many, "n2", SCENE_BOOT_ID + 40, EPOCH, 4);
    hear(&many, "n2", SCENE_BOOT_ID + 40, 0, 1); // its will
    own_all(&many, EPOCH + 1);
    report(&many, "d-1");
    Drf__V1__Context *context = last_context(&many, "d-1");
    const uint64_t raised = context->boot_id;
    assert_true(raised > SCENE_BOOT_ID + 40);
    drf__v1__context__free_unpacked(context, NULL);
    // The next run begins above it.
    bool stored = false;
    struct edge_back_value value;
    while (edge_backqueue_front(many.scene->backqueue, &value)) {
        uint64_t boot_id = 0;
        if (strcmp(value.name, "boot_id") == 0) {
            memcpy(&boot_id, value.bytes, sizeof boot_id);
            stored = boot_id == raised;
        }
        edge_backqueue_pop(many.scene->backqueue);
    }
    assert_true(stored);
    closed(&many);
}

// Two nodes with one boot id would be one stream to a drone.
static void boot_id__that_another_node_has_too__is_raised_by_the_greater_name(void **state)
{
    (void)state;
    struct many many;
    opened(&many);
    own_all(&many, EPOCH);
    report(&many, "d-1");
    hear(&many, "n2", SCENE_BOOT_ID, 0, 4); // n2 will
    report(&many, "d-1");
    Drf__V1__Context *context = last_context(&many, "d-1");
    assert_true(context->boot_id == SCENE_BOOT_ID);
    drf__v1__context__free_unpacked(context, NULL);
    beat(&many, "n0", SCENE_BOOT_ID);
    scene_clear(many.scene);
    report(&many, "d-1");
    context = last_context(&many, "d-1");
    assert_true(context->boot_id > SCENE_BOOT_ID);
    drf__v1__context__free_unpacked(context, NULL);
    closed(&many);
}

// Names come and go: what those who are gone have owned stays known, and a new one is heard.
static void node__beyond_the_places_there_are__takes_that_of_a_silent_one(void **state)
{
    (void)state;
    struct many many;
    opened(&many);
    own_all(&many, EPOCH);
    many.seen_boot = SCENE_BOOT_ID;
    for (unsigned i = 0; i < EDGE_OWNER_NODES_MAX; i++) {
        char name[8];
        (void)snprintf(name, sizeof name, "p%u", i);
        hear(&many, name, 7, i == 0 ? EPOCH - 1 : 0, 1); // down
    }
    report(&many, "d-1");
    assert_context(&many, "d-1", 2, EPOCH);
    hear(&many, "q", 7, EPOCH + 1, 4);
    report(&many, "d-1");
    assert_context(&many, "d-1", 1, 0);
    hear(&many, "q", 7, EPOCH + 1, 1); // it ends, and others take all places
    scene_pass(many.scene, 10 * SCENE_SECOND);
    for (unsigned i = 0; i < EDGE_OWNER_NODES_MAX; i++) {
        char name[8];
        (void)snprintf(name, sizeof name, "r%u", i);
        hear(&many, name, 7, 0, 4);
    }
    report(&many, "d-1");
    assert_context(&many, "d-1", 1, 0);
    closed(&many);
}

// Kafka is away, and the last owner comes back without its store: who owned before it serves.
static void orphan__of_an_owner_without_memory__is_served_by_the_one_before(void **state)
{
    (void)state;
    struct many many;
    opened(&many);
    own_all(&many, EPOCH);
    many.table.held = many.table.member = 0;
    hear(&many, "n0", 7, EPOCH + 1, 4);
    hear(&many, "n0", 7, 0, 1); // its will
    hear(&many, "n0", 9, 0, 4); // a new life, which knows of nothing
    beat(&many, "n0", 9);
    tell(&many);
    report(&many, "d-1");
    assert_context(&many, "d-1", 1, 0);
    closed(&many);
}

static void epoch__of_a_former_life_or_beyond_reason__is_heard_or_not(void **state)
{
    (void)state;
    struct many many;
    opened(&many);
    own_all(&many, EPOCH);
    many.seen_boot = SCENE_BOOT_ID;
    hear(&many, "n2", 9, UINT64_MAX, 4);
    report(&many, "d-1");
    assert_context(&many, "d-1", 2, EPOCH);
    assert_true(edge_ownership_heard(&many.ownership) <= EPOCH);
    hear(&many, "n2", 8, EPOCH + 1, 4); // its clock was set back
    report(&many, "d-1");
    assert_context(&many, "d-1", 1, 0);
    closed(&many);
}

// A new connection: the state goes before anything that an owner says.
static void connection__that_is_new__begins_with_the_state(void **state)
{
    (void)state;
    struct many many;
    opened(&many);
    own_all(&many, EPOCH);
    report(&many, "d-1");
    scene_clear(many.scene);
    many.scene->session++;
    report(&many, "d-1");
    assert_non_null(strstr(many.scene->sent[0].topic, "/nodes/n1/state"));
    // And again when nobody may have heard it.
    scene_clear(many.scene);
    scene_run(many.scene, 11 * SCENE_SECOND);
    size_t states = 0;
    for (size_t i = 0; i < many.scene->sent_count; i++)
        states += strstr(many.scene->sent[i].topic, "/nodes/n1/state") != NULL;
    assert_int_equal(states, 1);
    closed(&many);
}

// The lease is looked at for what everybody gets, too: a node that wakes may not undo it.
static void alerts__without_a_lease__are_not_told_as_the_owners(void **state)
{
    (void)state;
    struct many many;
    opened(&many);
    static struct fusion_zone_bucket none;
    own_all(&many, EPOCH);
    echo(&many);
    many.lapsed = true;
    scene_root(many.scene, NULL, 0);
    many.scene->roots[(many.scene->epoch - 1) % 64].alerts_all = &none;
    scene_step(many.scene);
    for (size_t i = 0; i < many.scene->sent_count; i++)
        assert_null(strstr(many.scene->sent[i].topic, "/alerts"));
    closed(&many);
}

// Nobody was ever owner and Kafka is away: one of those who live stands in.
static void orphan__is_served_by_the_smallest_id_alone(void **state)
{
    (void)state;
    struct many many;
    opened(&many);
    many.table.member = 0;
    tell(&many);
    beat(&many, "n0", 7);
    report(&many, "d-1");
    assert_int_equal(scene_count(many.scene, "d-1", "context"), 0);
    scene_pass(many.scene, 19 * SCENE_SECOND); // n0 may only be slow
    report(&many, "d-1");
    assert_int_equal(scene_count(many.scene, "d-1", "context"), 0);
    scene_pass(many.scene, 2 * SCENE_SECOND);
    beat(&many, "n2", 8);
    report(&many, "d-1");
    assert_context(&many, "d-1", 1, 0);
    closed(&many);
}

// The alerts of the region are one node's to say: the owner of the first part.
static void alerts__are_told_by_one_node(void **state)
{
    (void)state;
    struct many many;
    opened(&many);
    static struct fusion_zone_bucket none;
    hear(&many, "n2", 7, EPOCH, 4);
    scene_root(many.scene, NULL, 0);
    many.scene->roots[(many.scene->epoch - 1) % 64].alerts_all = &none;
    scene_run(many.scene, 6 * SCENE_SECOND);
    for (size_t i = 0; i < many.scene->sent_count; i++)
        assert_null(strstr(many.scene->sent[i].topic, "/alerts"));
    own_all(&many, EPOCH + 1);
    echo(&many);
    scene_run(many.scene, 6 * SCENE_SECOND);
    size_t told = 0;
    for (size_t i = 0; i < many.scene->sent_count; i++)
        told += strstr(many.scene->sent[i].topic, "/alerts") != NULL;
    assert_int_equal(told, 1);
    closed(&many);
}

// A standby looks at the drone too, and says nothing on the advisory topic; when it takes over
// everything that is active is told, as nobody knows what the other could still tell.
static void owner__that_takes_over__tells_every_advisory_and_at_full_rate(void **state)
{
    (void)state;
    struct many many;
    opened(&many);
    hear(&many, "n2", 7, EPOCH, 4);
    beat(&many, "n2", 7);
    profile(&many, "d-1", true, "");
    many.seen_boot = 7;
    for (int i = 0; i < 25; i++) { // until it is served once a second
        beat(&many, "n2", 7);
        report(&many, "d-1");
    }
    Drf__V1__Context *context = last_context(&many, "d-1");
    const size_t active = context->n_advisories;
    drf__v1__context__free_unpacked(context, NULL);
    assert_true(active > 0);
    assert_int_equal(scene_count(many.scene, "d-1", "advisory"), 0);
    scene_clear(many.scene);
    own_all(&many, EPOCH + 1);
    assert_context(&many, "d-1", 2, EPOCH + 1); // at once, without a report
    assert_int_equal(scene_count(many.scene, "d-1", "advisory"), active);
    const struct scene_message *sent = scene_last(many.scene, "d-1", "advisory");
    Drf__V1__AdvisoryMessage *told =
        drf__v1__advisory_message__unpack(NULL, sent->size, sent->bytes);
    assert_true(told->owner_epoch == EPOCH + 1);
    drf__v1__advisory_message__free_unpacked(told, NULL);
    scene_clear(many.scene);
    for (int i = 0; i < 5; i++)
        report(&many, "d-1");
    assert_in_range(scene_count(many.scene, "d-1", "context"), 4, 6);
    scene_clear(many.scene);
    own_all(&many, EPOCH + 2); // again, after another was: it may have told anything
    assert_int_equal(scene_count(many.scene, "d-1", "advisory"), active);
    closed(&many);
}

static void advisory__without_a_lease__does_not_go_as_the_owners(void **state)
{
    (void)state;
    struct many many;
    opened(&many);
    own_all(&many, EPOCH);
    many.lapsed = true;
    report(&many, "d-1");
    for (size_t i = 0; i < many.scene->sent_count; i++) {
        if (!scene_is(&many.scene->sent[i], "d-1", "advisory"))
            continue;
        Drf__V1__AdvisoryMessage *told = drf__v1__advisory_message__unpack(
            NULL, many.scene->sent[i].size, many.scene->sent[i].bytes);
        assert_false(told->has_owner_epoch);
        drf__v1__advisory_message__free_unpacked(told, NULL);
    }
    closed(&many);
}

// A drone that the other serves gets no patch of this node, whatever it asks for.
static void patch__is_sent_by_the_owner_alone(void **state)
{
    (void)state;
    struct many many;
    opened(&many);
    hear(&many, "n2", 7, EPOCH, 4);
    beat(&many, "n2", 7);
    Drf__V1__Profile m = DRF__V1__PROFILE__INIT;
    SCENE_SET(&m, streams, 1);
    SCENE_SET(&m, patch, 1);
    scene_pack(many.scene, "d-1", "profile", &m.base);
    scene_step(many.scene);
    many.seen_boot = 7;
    for (int i = 0; i < 10; i++)
        report(&many, "d-1");
    assert_int_equal(scene_count(many.scene, "d-1", "patch"), 0);
    own_all(&many, EPOCH + 1);
    for (int i = 0; i < 10; i++)
        report(&many, "d-1");
    assert_true(scene_count(many.scene, "d-1", "patch") > 0);
    closed(&many);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(drone__of_another_nodes__gets_nothing),
        cmocka_unit_test(drone__that_asks_for_all_streams__gets_secondary_ones_once_a_second),
        cmocka_unit_test(drone__that_acknowledges_this_node__is_served_in_full),
        cmocka_unit_test(owner__whose_state_was_sent__is_primary_with_its_epoch),
        cmocka_unit_test(owner__that_could_not_send_its_state__is_not_primary),
        cmocka_unit_test(owner__that_hears_of_a_newer_one__is_primary_no_more),
        cmocka_unit_test(lease__found_run_out_by_the_link__sends_the_context_as_secondary),
        cmocka_unit_test(lease__that_ends__leaves_the_last_owner_serving),
        cmocka_unit_test(boot_id__of_a_new_owner__is_above_all_that_were_heard),
        cmocka_unit_test(boot_id__that_another_node_has_too__is_raised_by_the_greater_name),
        cmocka_unit_test(node__beyond_the_places_there_are__takes_that_of_a_silent_one),
        cmocka_unit_test(orphan__of_an_owner_without_memory__is_served_by_the_one_before),
        cmocka_unit_test(epoch__of_a_former_life_or_beyond_reason__is_heard_or_not),
        cmocka_unit_test(connection__that_is_new__begins_with_the_state),
        cmocka_unit_test(alerts__without_a_lease__are_not_told_as_the_owners),
        cmocka_unit_test(orphan__is_served_by_the_smallest_id_alone),
        cmocka_unit_test(alerts__are_told_by_one_node),
        cmocka_unit_test(owner__that_takes_over__tells_every_advisory_and_at_full_rate),
        cmocka_unit_test(advisory__without_a_lease__does_not_go_as_the_owners),
        cmocka_unit_test(patch__is_sent_by_the_owner_alone),
    };
    return cmocka_run_group_tests_name("edge/owners", tests, NULL, NULL);
}
