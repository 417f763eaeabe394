// SPDX-License-Identifier: Apache-2.0
// schemas/packers.h packs as protobuf-c does: a context with random fields, whole and in
// pieces.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "schemas/packers.h"

enum { ARENA = 4 << 20, ROUNDS = 400, REPEATS_MAX = 5 };

static _Alignas(16) uint8_t arena[ARENA];
static size_t used;
static uint64_t seed;

static uint64_t random_bits(void)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (seed >> 33) ^ (seed << 20);
}

static void *room(size_t size)
{
    void *at = arena + used;
    used += (size + 15) & ~(size_t)15;
    assert_true(used <= ARENA);
    memset(at, 0, size);
    return at;
}

// Short numbers and long ones, and the ends of what a type holds.
static uint64_t number(void)
{
    static const uint64_t ends[] = {0,         1,          127,       128,        16383,
                                    16384,     INT32_MAX,  1U << 31,  UINT32_MAX, UINT64_MAX,
                                    INT64_MAX, 1ULL << 63, 1ULL << 35};
    uint64_t bits = random_bits();
    if (bits % 4 == 0)
        return ends[(bits >> 8) % (sizeof ends / sizeof ends[0])];
    return random_bits() >> (bits >> 8) % 64;
}

static char *text(void)
{
    size_t length = random_bits() % 8 == 0 ? random_bits() % 300 : random_bits() % 20;
    char *out = room(length + 1);
    for (size_t i = 0; i < length; i++)
        out[i] = (char)('a' + random_bits() % 26);
    return out;
}

// NOLINTBEGIN(misc-no-recursion): messages lie in messages, as deep as the schema has them
static ProtobufCMessage *random_message(const ProtobufCMessageDescriptor *descriptor);

// Writes one member; returns its size.
static size_t put_member(const ProtobufCFieldDescriptor *field, uint8_t *at)
{
    uint64_t bits = number();
    uint32_t narrow = (uint32_t)bits;
    protobuf_c_boolean truth = random_bits() % 2 == 0;
    switch (field->type) {
    case PROTOBUF_C_TYPE_MESSAGE: {
        const void *message = random_message(field->descriptor);
        memcpy(at, &message, sizeof(void *));
        return sizeof(void *);
    }
    case PROTOBUF_C_TYPE_STRING: {
        char *string = text();
        memcpy(at, &string, sizeof string);
        return sizeof string;
    }
    case PROTOBUF_C_TYPE_BYTES: {
        ProtobufCBinaryData data = {.len = random_bits() % 200};
        data.data = room(data.len + 1);
        for (size_t i = 0; i < data.len; i++)
            data.data[i] = (uint8_t)random_bits();
        memcpy(at, &data, sizeof data);
        return sizeof data;
    }
    case PROTOBUF_C_TYPE_BOOL:
        memcpy(at, &truth, sizeof truth);
        return sizeof truth;
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_DOUBLE:
        memcpy(at, &bits, sizeof bits);
        return sizeof bits;
    default:
        memcpy(at, &narrow, sizeof narrow);
        return sizeof narrow;
    }
}

static ProtobufCMessage *random_message(const ProtobufCMessageDescriptor *descriptor)
{
    uint8_t *bytes = room(descriptor->sizeof_message);
    protobuf_c_message_init(descriptor, bytes);
    unsigned often = 1 + (unsigned)(random_bits() % 4);
    for (unsigned i = 0; i < descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &descriptor->fields[i];
        if (random_bits() % 4 >= often)
            continue;
        if (field->label == PROTOBUF_C_LABEL_REPEATED) {
            size_t count = random_bits() % REPEATS_MAX;
            uint8_t *members = room(count * sizeof(ProtobufCBinaryData) + 1), *at = members;
            for (size_t k = 0; k < count; k++)
                at += put_member(field, at);
            memcpy(bytes + field->offset, &members, sizeof members);
            memcpy(bytes + field->quantifier_offset, &count, sizeof count);
            continue;
        }
        (void)put_member(field, bytes + field->offset);
        protobuf_c_boolean has = 1;
        if (field->type != PROTOBUF_C_TYPE_MESSAGE && field->type != PROTOBUF_C_TYPE_STRING)
            memcpy(bytes + field->quantifier_offset, &has, sizeof has);
    }
    return (ProtobufCMessage *)bytes;
}
// NOLINTEND(misc-no-recursion)

static Drf__V1__Context *random_context(int round, uint64_t factor)
{
    seed = (uint64_t)round * factor + 1;
    used = 0;
    return (Drf__V1__Context *)random_message(&drf__v1__context__descriptor);
}

static void pack__any_context__gives_the_bytes_of_protobuf_c(void **state)
{
    (void)state;
    static uint8_t want[1 << 20], got[1 << 20];
    for (int round = 0; round < ROUNDS; round++) {
        const Drf__V1__Context *context = random_context(round, 7919);
        const size_t size = protobuf_c_message_pack(&context->base, want);
        uint8_t *end = got + sizeof got - 1;
        *end = 0xA5;
        const uint8_t *first = drf_pack_context(context, 0, UINT32_MAX, got, end);
        assert_int_equal(end - first, size);
        assert_memory_equal(first, want, size);
        assert_int_equal(*end, 0xA5);
    }
}

static void pack__in_pieces__is_the_whole(void **state)
{
    (void)state;
    static uint8_t want[1 << 20], got[1 << 20];
    for (int round = 0; round < ROUNDS; round++) {
        const Drf__V1__Context *context = random_context(round, 104729);
        const size_t size = protobuf_c_message_pack(&context->base, want);
        const uint32_t cut = 1 + (uint32_t)(random_bits() % 40);
        uint8_t *end = got + sizeof got;
        uint8_t *middle = drf_pack_context(context, cut, UINT32_MAX, got, end);
        assert_non_null(middle);
        const uint8_t *first = drf_pack_context(context, 0, cut - 1, got, middle);
        assert_non_null(first);
        assert_int_equal(end - first, size);
        assert_memory_equal(first, want, size);
    }
}

static void pack__without_room__writes_nothing_before_it(void **state)
{
    (void)state;
    static uint8_t want[1 << 20], got[1 << 20];
    for (int round = 0; round < ROUNDS; round++) {
        const Drf__V1__Context *context = random_context(round, 15485863);
        const size_t size = protobuf_c_message_pack(&context->base, want);
        const size_t room_there = random_bits() % (size + DRF_PACKER_SLACK + 32);
        uint8_t *begin = got + 64, *end = begin + room_there;
        memset(got, 0xA5, 64);
        const uint8_t *first = drf_pack_context(context, 0, UINT32_MAX, begin, end);
        if (room_there >= size + DRF_PACKER_SLACK)
            assert_non_null(first);
        if (room_there < size)
            assert_null(first);
        if (first != NULL)
            assert_memory_equal(first, want, size);
        for (int i = 0; i < 64; i++)
            assert_int_equal(got[i], 0xA5);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pack__any_context__gives_the_bytes_of_protobuf_c),
        cmocka_unit_test(pack__in_pieces__is_the_whole),
        cmocka_unit_test(pack__without_room__writes_nothing_before_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
