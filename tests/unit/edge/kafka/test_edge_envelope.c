// SPDX-License-Identifier: Apache-2.0
// The envelope: version, key, mode and core of a message, from its headers or the feed's
// configuration; what cannot be told is refused with the reason.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "edge/kafka/envelope.h"
#include "geo/mode.h"

static const struct drf_feed_config feed = {
    .name = "dof", .source = "faa", .mode = DRF_MODE_LIVE, .message_max_bytes = 1000};

static struct edge_message message_of(const char *key, const char *value)
{
    return (struct edge_message){
        .topic = "obstacles",
        .key = (const uint8_t *)key,
        .key_size = key ? strlen(key) : 0,
        .value = (const uint8_t *)value,
        .value_size = value ? strlen(value) : 0,
        .timestamp = EDGE_TIMESTAMP_CREATE,
        .timestamp_ms = 1700000000123,
    };
}

static void put(struct edge_message *message, const char *name, const char *value)
{
    message->headers[message->header_count++] =
        (struct edge_header){.name = name, .value = value, .size = strlen(value)};
}

static void refused(const struct edge_message *message, uint32_t mode,
                    enum geo_refusal_code code, const char *words)
{
    struct geo_note why = {0};
    struct edge_envelope out;
    assert_int_not_equal(edge_envelope_read(&feed, mode, message, &why, &out), DRF_OK);
    if (why.code != code || !strstr(why.text, words))
        print_error("%s: %s\n", geo_refusal_name((enum geo_refusal_code)why.code), why.text);
    assert_int_equal(why.code, code);
    assert_non_null(strstr(why.text, words));
}

static struct edge_envelope accepted(const struct edge_message *message)
{
    struct geo_note why = {0};
    struct edge_envelope out;
    assert_int_equal(edge_envelope_read(&feed, DRF_MODE_LIVE, message, &why, &out), DRF_OK);
    return out;
}

static void read__without_headers__takes_the_feeds_configuration(void **state)
{
    (void)state;
    struct edge_message message = message_of("36-000001", "x");
    struct edge_envelope envelope = accepted(&message);
    assert_string_equal(envelope.source, "dof/faa");
    assert_string_equal(envelope.key, "36-000001");
    assert_int_equal(envelope.version.time_utc_us, 1700000000123000);
    assert_false(envelope.tombstone);
    assert_false(envelope.has_core);
    assert_string_equal(envelope.edition, "");
    // echo -n x | sha256sum
    static const uint8_t digest[4] = {0x2d, 0x71, 0x16, 0x42};
    assert_memory_equal(envelope.version.sha256, digest, sizeof digest);
}

static void read__of_what_may_say_another_mode__is_refused(void **state)
{
    (void)state;
    struct edge_message message = message_of("36-000001", "x");
    put(&message, "drf_mode", "SIM");
    put(&message, "drf_mode", "LIVE");
    refused(&message, DRF_MODE_LIVE, GEO_REFUSAL_MODE, "SIM");
    message.header_count = 0;
    message.headers_left_out = true;
    refused(&message, DRF_MODE_LIVE, GEO_REFUSAL_MODE, "48 headers");
}

static void read__of_cloudevents_headers__prefers_them(void **state)
{
    (void)state;
    struct edge_message message = message_of(NULL, "x");
    message.timestamp = EDGE_TIMESTAMP_APPEND;
    put(&message, "ce_source", "faa/dof");
    put(&message, "ce_time", "2024-02-18T00:00:00Z");
    put(&message, "ce_subject", "NY");
    put(&message, "drf_mode", "LIVE");
    put(&message, "drf_core", "-80,43,-79.5,43.5");
    put(&message, "drf_delivery", "edition");
    put(&message, "drf_edition", "240218");
    put(&message, "drf_part", "2");
    put(&message, "drf_parts", "7");
    struct edge_envelope envelope = accepted(&message);
    assert_string_equal(envelope.source, "dof/faa/dof");
    assert_string_equal(envelope.key, "NY");
    assert_int_equal(envelope.version.time_utc_us, 1708214400000000); // date -d ... +%s
    assert_true(envelope.has_core && envelope.core.east_deg == -79.5);
    assert_string_equal(envelope.edition, "240218");
    assert_int_equal(envelope.part, 2);
    assert_int_equal(envelope.parts, 7);
}

static void read__of_a_null_value__is_a_tombstone_that_needs_a_key(void **state)
{
    (void)state;
    struct edge_message message = message_of("36-000001", NULL);
    assert_true(accepted(&message).tombstone);
    message = message_of(NULL, NULL);
    refused(&message, DRF_MODE_LIVE, GEO_REFUSAL_ENVELOPE, "tombstone without a key");
}

static void read__without_any_key__names_the_content(void **state)
{
    (void)state;
    struct edge_message message = message_of(NULL, "x");
    assert_string_equal(accepted(&message).key, "sha256:2d711642b726b04401627ca9fbac32f5");
}

static void read__of_an_unusable_time__is_refused(void **state)
{
    (void)state;
    struct edge_message message = message_of("a", "x");
    message.timestamp = EDGE_TIMESTAMP_APPEND;
    refused(&message, DRF_MODE_LIVE, GEO_REFUSAL_ENVELOPE, "LogAppendTime");
    message.timestamp = EDGE_TIMESTAMP_NONE;
    refused(&message, DRF_MODE_LIVE, GEO_REFUSAL_ENVELOPE, "neither ce_time");
    message = message_of("a", "x");
    put(&message, "ce_time", "yesterday");
    refused(&message, DRF_MODE_LIVE, GEO_REFUSAL_ENVELOPE, "ce_time");
}

static void read__of_what_is_not_real__is_refused_by_a_live_node(void **state)
{
    (void)state;
    static const struct {
        uint32_t node;
        const char *accepts, *refuses;
    } rules[] = {
        {DRF_MODE_LIVE, "LIVE", "TEST REPLAY SIM"},
        {DRF_MODE_TEST, "LIVE TEST", "REPLAY SIM"},
        {DRF_MODE_SIM, "SIM", "LIVE TEST REPLAY"},
        {DRF_MODE_REPLAY, "LIVE TEST REPLAY SIM", ""},
    };
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        for (uint32_t mode = DRF_MODE_LIVE; mode <= DRF_MODE_SIM; mode++) {
            struct edge_message message = message_of("a", "x");
            put(&message, "drf_mode", drf_mode_name(mode));
            struct geo_note why;
            struct edge_envelope out;
            bool good =
                edge_envelope_read(&feed, rules[i].node, &message, &why, &out) == DRF_OK;
            assert_int_equal(good, strstr(rules[i].accepts, drf_mode_name(mode)) != NULL);
            assert_int_equal(!good, strstr(rules[i].refuses, drf_mode_name(mode)) != NULL);
        }
    }
    struct edge_message message = message_of("a", "x");
    put(&message, "drf_mode", "real");
    refused(&message, DRF_MODE_REPLAY, GEO_REFUSAL_MODE, "none of LIVE");
}

static void read__of_bad_sizes__is_refused(void **state)
{
    (void)state;
    struct edge_message message = message_of("a", "");
    refused(&message, DRF_MODE_LIVE, GEO_REFUSAL_EMPTY, "empty");
    char large[1002];
    memset(large, 'x', sizeof large);
    large[1001] = '\0';
    message = message_of("a", large);
    refused(&message, DRF_MODE_LIVE, GEO_REFUSAL_TOO_LARGE, "1001 bytes");
}

static void read__of_bad_headers__is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *name, *value;
    } bad[] = {
        {"drf_core", "-80,43,-79.5"},      {"drf_core", "-79,43,-80,44"},
        {"drf_core", "a,b,c,d"},           {"drf_core", "-80,43,-79.5,nan"},
        {"drf_core", "-80,43,-79.5,44,1"}, {"drf_delivery", "parts"},
        {"drf_delivery", "edition"},       {"ce_source", "line\nbreak"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct edge_message message = message_of("a", "x");
        put(&message, bad[i].name, bad[i].value);
        refused(&message, DRF_MODE_LIVE, GEO_REFUSAL_ENVELOPE, "");
    }
    struct edge_message message = message_of("a\x01"
                                             "b",
                                             "x");
    refused(&message, DRF_MODE_LIVE, GEO_REFUSAL_ENVELOPE, "key");
}

static void read__of_a_framed_value__gives_the_document_and_versions_the_whole(void **state)
{
    (void)state;
    struct edge_message message = message_of("a", NULL);
    static const uint8_t framed[] = "\0\0\0\0\1x";
    message.value = framed;
    message.value_size = 6;
    struct edge_envelope envelope = accepted(&message);
    assert_int_equal(envelope.document.size, 1);
    assert_ptr_equal(envelope.document.bytes, framed + 5);
    // printf '\0\0\0\0\1x' | sha256sum
    static const uint8_t digest[4] = {0x24, 0x74, 0xdb, 0x85};
    assert_memory_equal(envelope.version.sha256, digest, sizeof digest);
}

static void read__of_structured_cloudevents_or_packed_content__is_refused_by_name(void **state)
{
    (void)state;
    struct edge_message message = message_of("a", "{\"specversion\": \"1.0\"}");
    put(&message, "content-type", "Application/CloudEvents+json; charset=UTF-8");
    refused(&message, DRF_MODE_LIVE, GEO_REFUSAL_ENVELOPE, "structured mode");
    message = message_of("a", "x");
    put(&message, "content-encoding", "gzip");
    refused(&message, DRF_MODE_LIVE, GEO_REFUSAL_ENVELOPE, "compressed");
    message = message_of("a", "x");
    put(&message, "content-encoding", "identity");
    put(&message, "content-type", "application/geo+json");
    assert_int_equal(accepted(&message).document.size, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(read__without_headers__takes_the_feeds_configuration),
        cmocka_unit_test(read__of_what_may_say_another_mode__is_refused),
        cmocka_unit_test(read__of_cloudevents_headers__prefers_them),
        cmocka_unit_test(read__of_a_null_value__is_a_tombstone_that_needs_a_key),
        cmocka_unit_test(read__without_any_key__names_the_content),
        cmocka_unit_test(read__of_an_unusable_time__is_refused),
        cmocka_unit_test(read__of_what_is_not_real__is_refused_by_a_live_node),
        cmocka_unit_test(read__of_bad_sizes__is_refused),
        cmocka_unit_test(read__of_bad_headers__is_refused),
        cmocka_unit_test(read__of_a_framed_value__gives_the_document_and_versions_the_whole),
        cmocka_unit_test(read__of_structured_cloudevents_or_packed_content__is_refused_by_name),
    };
    return cmocka_run_group_tests_name("edge/envelope", tests, NULL, NULL);
}
