// SPDX-License-Identifier: Apache-2.0
// What edge/mqtt/topic.h promises. Expected texts are those of the client contract.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "edge/mqtt/topic.h"

static void id__characters_outside_the_contract__are_refused(void **state)
{
    (void)state;
    static const char *const refused[] = {"",   "a/b", "a+",       "#",   "+",  "-a", ".a",
                                          "_a", "a b", "\xc3\xa9", "a\n", "a$", "$a", "a\x7f"};
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        assert_false(edge_id_valid(refused[i], strlen(refused[i])));
    static const char *const accepted[] = {"a", "coffee-17", "N12345", "x.y_z-0", "0"};
    for (size_t i = 0; i < sizeof accepted / sizeof accepted[0]; i++)
        assert_true(edge_id_valid(accepted[i], strlen(accepted[i])));
}

static void id__of_36_characters__is_the_longest(void **state)
{
    (void)state;
    const char *longest = "abcdefghijklmnopqrstuvwxyz0123456789X";
    assert_true(edge_id_valid(longest, 36));
    assert_false(edge_id_valid(longest, 37));
}

static void parse__what_drones_send__names_kind_and_drone(void **state)
{
    (void)state;
    static const struct {
        const char *topic;
        enum edge_topic_kind kind;
        const char *id;
    } cases[] = {
        {"drf/v1/drones/coffee-17/telemetry", EDGE_TOPIC_TELEMETRY, "coffee-17"},
        {"drf/v1/drones/a/profile", EDGE_TOPIC_PROFILE, "a"},
        {"drf/v1/drones/a.b/plan", EDGE_TOPIC_PLAN, "a.b"},
        {"drf/v1/drones/telemetry/request", EDGE_TOPIC_REQUEST, "telemetry"},
        {"drf/v1/query/tower", EDGE_TOPIC_QUERY, "tower"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct edge_topic topic;
        assert_int_equal(edge_topic_parse("drf/v1", cases[i].topic, &topic), DRF_OK);
        assert_int_equal(topic.kind, cases[i].kind);
        assert_string_equal(topic.id, cases[i].id);
    }
}

static void parse__a_nodes_state__names_region_and_node(void **state)
{
    (void)state;
    struct edge_topic topic;
    assert_int_equal(
        edge_topic_parse("drf/v1", "drf/v1/regions/phoenix/nodes/rack-1/state", &topic),
        DRF_OK);
    assert_int_equal(topic.kind, EDGE_TOPIC_STATE);
    assert_string_equal(topic.region, "phoenix");
    assert_string_equal(topic.id, "rack-1");
    assert_int_equal(
        edge_topic_parse("drf/v1", "drf/v1/regions/phoenix/nodes/rack-1/heartbeat", &topic),
        DRF_OK);
    assert_int_equal(topic.kind, EDGE_TOPIC_HEARTBEAT);
    assert_string_equal(topic.region, "phoenix");
    assert_string_equal(topic.id, "rack-1");
    char text[EDGE_TOPIC_SIZE];
    (void)edge_topic_format("drf/v1", topic.kind, topic.id, topic.region, text);
    assert_string_equal(text, "drf/v1/regions/phoenix/nodes/rack-1/heartbeat");
    (void)edge_topic_region_filter("drf/v1", EDGE_TOPIC_HEARTBEAT, "phoenix", text);
    assert_string_equal(text, "drf/v1/regions/phoenix/nodes/+/heartbeat");
    assert_int_equal(edge_topic_parse("drf/v1", "drf/v1/drones/a/reply/phoenix", &topic),
                     DRF_OK);
    assert_int_equal(topic.kind, EDGE_TOPIC_REPLY);
    assert_string_equal(topic.region, "phoenix");
    assert_string_equal(topic.id, "a");
    (void)edge_topic_region_filter("drf/v1", EDGE_TOPIC_REPLY, "phoenix", text);
    assert_string_equal(text, "drf/v1/drones/+/reply/phoenix");
    assert_int_equal(edge_topic_parse("drf/v1", "drf/v1/drones/a/plan", &topic), DRF_OK);
    assert_string_equal(topic.region, "");
}

static void parse__another_root_or_shape__is_a_syntax_error(void **state)
{
    (void)state;
    static const char *const refused[] = {
        "",
        "drf/v1",
        "drf/v1/",
        "drf/v1/drones",
        "drf/v1/drones/a",
        "drf-test/v1/drones/a/telemetry",
        "drf/v10/drones/a/telemetry",
        "drf/v1/drones/a/telemetry/",
        "drf/v1/drones/a/context/zone-1",
        "drf/v1/drones/a/Telemetry",
        "drf/v1/regions/phoenix/nodes/rack-1",
        "drf/v1/regions/phoenix/nodes/rack-1/catalog",
        "drf/v1/regions/phoenix/alerts",
        "drf/v1/regions/phoenix",
        "drf/v1/regions/phoenix/state",
        "drf-test/v1/regions/phoenix/nodes/rack-1/state",
    };
    struct edge_topic topic;
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        assert_int_equal(edge_topic_parse("drf/v1", refused[i], &topic), DRF_ERR_SYNTAX);
}

static void parse__an_id_that_is_none__is_a_range_error(void **state)
{
    (void)state;
    static const char *const refused[] = {
        "drf/v1/drones//telemetry",
        "drf/v1/drones/a/b/telemetry",
        "drf/v1/drones/+/telemetry",
        "drf/v1/drones/#/telemetry",
        "drf/v1/drones/-a/telemetry",
        "drf/v1/query/a/reply",
        "drf/v1/query/",
        "drf/v1/regions//nodes/rack-1/state",
        "drf/v1/regions/+/nodes/rack-1/state",
        "drf/v1/regions/phoenix/nodes//state",
        "drf/v1/regions/phoenix/nodes/a/b/state",
        "drf/v1/regions/abcdefghijklmnopqrstuvwxyz0123456789X/nodes/rack-1/state",
    };
    struct edge_topic topic;
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        assert_int_equal(edge_topic_parse("drf/v1", refused[i], &topic), DRF_ERR_RANGE);
}

static void format__every_kind__is_spelled_as_in_the_contract(void **state)
{
    (void)state;
    char text[EDGE_TOPIC_SIZE];
    size_t length = edge_topic_format("drf/v1", EDGE_TOPIC_CONTEXT, "a", "phoenix", text);
    assert_string_equal(text, "drf/v1/drones/a/context/phoenix");
    assert_int_equal(length, strlen(text));
    (void)edge_topic_format("drf-test/v1", EDGE_TOPIC_QUERY, "tower", "", text);
    assert_string_equal(text, "drf-test/v1/query/tower/reply");
    (void)edge_topic_node("drf/v1", "phoenix", "rack-1", "heartbeat", text);
    assert_string_equal(text, "drf/v1/regions/phoenix/nodes/rack-1/heartbeat");
    (void)edge_topic_alerts("drf/v1", "phoenix", text);
    assert_string_equal(text, "drf/v1/regions/phoenix/alerts");
    (void)edge_topic_filter("drf/v1", EDGE_TOPIC_PLAN, text);
    assert_string_equal(text, "drf/v1/drones/+/plan");
    (void)edge_topic_filter("drf/v1", EDGE_TOPIC_QUERY, text);
    assert_string_equal(text, "drf/v1/query/+");
    (void)edge_topic_filter("drf-test/v1", EDGE_TOPIC_STATE, text);
    assert_string_equal(text, "drf-test/v1/regions/+/nodes/+/state");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(id__characters_outside_the_contract__are_refused),
        cmocka_unit_test(id__of_36_characters__is_the_longest),
        cmocka_unit_test(parse__what_drones_send__names_kind_and_drone),
        cmocka_unit_test(parse__a_nodes_state__names_region_and_node),
        cmocka_unit_test(parse__another_root_or_shape__is_a_syntax_error),
        cmocka_unit_test(parse__an_id_that_is_none__is_a_range_error),
        cmocka_unit_test(format__every_kind__is_spelled_as_in_the_contract),
    };
    return cmocka_run_group_tests_name("edge/topic", tests, NULL, NULL);
}
