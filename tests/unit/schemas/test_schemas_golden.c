// SPDX-License-Identifier: Apache-2.0
// The payloads of tests/data/golden, which Google's encoder wrote, read and written by ours.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "drf/v1/advisory.pb-c.h"
#include "drf/v1/context.pb-c.h"
#include "drf/v1/node.pb-c.h"
#include "drf/v1/patch.pb-c.h"
#include "drf/v1/plan.pb-c.h"
#include "drf/v1/profile.pb-c.h"
#include "drf/v1/reply.pb-c.h"
#include "drf/v1/telemetry.pb-c.h"
#include "drf/v1/terrain.pb-c.h"
#include "schemas/protojson.h"

#define FOLDER "tests/data/golden"

static const ProtobufCMessageDescriptor *descriptor_of(const char *kind)
{
    static const ProtobufCMessageDescriptor *const all[] = {
        &drf__v1__telemetry__descriptor, &drf__v1__profile__descriptor,
        &drf__v1__plan__descriptor,      &drf__v1__context__descriptor,
        &drf__v1__reply__descriptor,     &drf__v1__advisory_message__descriptor,
        &drf__v1__heartbeat__descriptor, &drf__v1__node_state__descriptor,
        &drf__v1__catalog__descriptor,   &drf__v1__alerts__descriptor,
        &drf__v1__patch__descriptor,     &drf__v1__terrain__descriptor,
    };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (strcmp(all[i]->short_name, kind) == 0)
            return all[i];
    return NULL;
}

static size_t read_file(const char *name, const char *kind, const char *end, uint8_t *bytes,
                        size_t room)
{
    char path[256];
    (void)snprintf(path, sizeof path, FOLDER "/%s.%s.%s", name, kind, end);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t size = fread(bytes, 1, room, file);
    assert_true(size < room);
    (void)fclose(file);
    return size;
}

static void assert_packs_to(const ProtobufCMessage *message, const uint8_t *bytes, size_t size,
                            const char *name)
{
    uint8_t packed[4096];
    assert_true(protobuf_c_message_get_packed_size(message) <= sizeof packed);
    size_t packed_size = protobuf_c_message_pack(message, packed);
    if (packed_size != size || memcmp(packed, bytes, size) != 0)
        fail_msg("%s is not the same bytes again", name);
}

static ProtobufCMessage *from_json(const ProtobufCMessageDescriptor *descriptor,
                                   const char *text, size_t size, const char *name)
{
    ProtobufCMessage *message = NULL;
    struct schemas_protojson_error error;
    if (schemas_protojson_decode(descriptor, text, size, NULL, &message, &error) != DRF_OK)
        fail_msg("%s: %s %s", name, error.field_path, error.text);
    return message;
}

static void check(const char *name, const char *kind)
{
    static uint8_t bytes[4096];
    static char theirs[16384], ours[16384];
    const ProtobufCMessageDescriptor *descriptor = descriptor_of(kind);
    assert_non_null(descriptor);
    size_t size = read_file(name, kind, "bin", bytes, sizeof bytes);
    size_t text_size = read_file(name, kind, "json", (uint8_t *)theirs, sizeof theirs);

    ProtobufCMessage *message = protobuf_c_message_unpack(descriptor, NULL, size, bytes);
    assert_non_null(message);
    assert_packs_to(message, bytes, size, name);
    size_t our_size = sizeof ours;
    assert_int_equal(schemas_protojson_encode(message, ours, &our_size), DRF_OK);
    protobuf_c_message_free_unpacked(message, NULL);

    message = from_json(descriptor, theirs, text_size, name);
    assert_packs_to(message, bytes, size, name);
    protobuf_c_message_free_unpacked(message, NULL);
    message = from_json(descriptor, ours, our_size, name);
    assert_packs_to(message, bytes, size, name);
    protobuf_c_message_free_unpacked(message, NULL);
}

static void golden__every_payload__is_the_same_in_both_forms(void **state)
{
    (void)state;
    DIR *folder = opendir(FOLDER);
    assert_non_null(folder);
    int count = 0;
    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        char name[64], kind[64], end[8];
        if (sscanf(entry->d_name, "%63[^.].%63[^.].%7s", name, kind, end) != 3
            || strcmp(end, "bin") != 0)
            continue;
        check(name, kind);
        count++;
    }
    (void)closedir(folder);
    assert_int_equal(count, 20);
}

static void encode__numbers_and_text__are_as_protojson_writes_them(void **state)
{
    (void)state;
    Drf__V1__Telemetry m = DRF__V1__TELEMETRY__INIT;
    char text[256], flight[] = "a\"\\\n\xC3\xA9\xFF";
    m.has_time_us = m.has_alt_amsl_m = m.has_on_ground = 1;
    m.time_us = INT64_MIN;
    m.alt_amsl_m = 0.1F;
    m.flight_id = flight;
    size_t size = sizeof text - 1;
    assert_int_equal(schemas_protojson_encode(&m.base, text, &size), DRF_OK);
    text[size] = '\0';
    assert_string_equal(text, "{\"time_us\":\"-9223372036854775808\",\"alt_amsl_m\":0.1,"
                              "\"on_ground\":false,"
                              "\"flight_id\":\"a\\\"\\\\\\u000a\xC3\xA9\xEF\xBF\xBD\"}");
    size = 20;
    assert_int_equal(schemas_protojson_encode(&m.base, text, &size), DRF_ERR_FULL);
    m.alt_amsl_m = 1.0F / 0.0F;
    size = sizeof text;
    assert_int_equal(schemas_protojson_encode(&m.base, text, &size), DRF_ERR_RANGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden__every_payload__is_the_same_in_both_forms),
        cmocka_unit_test(encode__numbers_and_text__are_as_protojson_writes_them),
    };
    return cmocka_run_group_tests_name("schemas/golden", tests, NULL, NULL);
}
