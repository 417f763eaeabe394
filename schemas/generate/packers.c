// schemas/generate/packers.c - writes the packers of schemas/packers.h, at build time.
// SPDX-License-Identifier: Apache-2.0
//
// A context has 800 fields to look at, of which half are there: a walk over the descriptors of
// its messages cost a third of what the context itself does, straight code less than half of
// it. The function of a message stands after those of the messages in it, and handles the
// fields from the last to the first. What no message here has (another type, a default) ends
// the build.
//
//   generate_packers FILE
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "drf/v1/context.pb-c.h"

enum { MESSAGES_MAX = 64 };

// What a number takes at most, and a length beside its tag.
enum { TAG_MAX = 2, VARINT_MAX = 10, LENGTH_MAX = 5 };

struct writer {
    FILE *out;
    const ProtobufCMessageDescriptor *written[MESSAGES_MAX];
    size_t count;
    bool refused;
};

static void refuse(struct writer *to, const ProtobufCMessageDescriptor *message,
                   const char *field, const char *why)
{
    (void)fprintf(stderr, "%s.%s: %s\n", message->name, field, why);
    to->refused = true;
}

__attribute__((format(printf, 2, 3))) static void put(struct writer *to, const char *format,
                                                      ...)
{
    va_list values;
    va_start(values, format);
    (void)vfprintf(to->out, format, values);
    va_end(values);
}

static uint32_t tag_of(const ProtobufCFieldDescriptor *field)
{
    enum { VARINT = 0, PREFIXED = 2, FOUR_BYTES = 5 };
    switch (field->type) {
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_MESSAGE:
        return field->id << 3 | PREFIXED;
    case PROTOBUF_C_TYPE_FLOAT:
    case PROTOBUF_C_TYPE_FIXED32:
        return field->id << 3 | FOUR_BYTES;
    default:
        return field->id << 3 | VARINT;
    }
}

// The function of a number; NULL: another type.
static const char *number(ProtobufCType type)
{
    switch (type) {
    case PROTOBUF_C_TYPE_FLOAT:
        return "drf_pack_float";
    case PROTOBUF_C_TYPE_FIXED32:
        return "drf_pack_fixed32";
    case PROTOBUF_C_TYPE_SINT32:
        return "drf_pack_sint32";
    case PROTOBUF_C_TYPE_SINT64:
        return "drf_pack_sint64";
    case PROTOBUF_C_TYPE_BOOL:
        return "drf_pack_bool";
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_UINT64:
        return "drf_pack_varint";
    default:
        return NULL;
    }
}

static void check(struct writer *to, const ProtobufCMessageDescriptor *message)
{
    for (unsigned i = 0; i < message->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &message->fields[i];
        const bool repeated = field->label == PROTOBUF_C_LABEL_REPEATED;
        if (field->label != PROTOBUF_C_LABEL_OPTIONAL && !repeated)
            refuse(to, message, field->name, "neither optional nor repeated");
        if (repeated && field->type != PROTOBUF_C_TYPE_MESSAGE)
            refuse(to, message, field->name, "repeated, and no message");
        if (field->default_value != NULL)
            refuse(to, message, field->name, "has a default");
        if (number(field->type) == NULL && field->type != PROTOBUF_C_TYPE_STRING
            && field->type != PROTOBUF_C_TYPE_MESSAGE)
            refuse(to, message, field->name, "of a type that is not packed here");
        if (field->id >= 1U << (7 * TAG_MAX - 3))
            refuse(to, message, field->name, "its number takes a longer tag");
    }
}

// Bytes that its numbers, tags and lengths take at most, without what is repeated.
static unsigned room(const ProtobufCMessageDescriptor *message)
{
    unsigned bytes = 0;
    for (unsigned i = 0; i < message->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &message->fields[i];
        if (field->label != PROTOBUF_C_LABEL_REPEATED)
            bytes += TAG_MAX + (number(field->type) != NULL ? 0U + VARINT_MAX : LENGTH_MAX);
    }
    return bytes;
}

static void put_begin(struct writer *to, const ProtobufCMessageDescriptor *message)
{
    put(to, "    enum { ROOM = %u + DRF_PACK_BEFORE };\n", room(message));
    put(to, "    if (!drf_pack_room(low, at, ROOM))\n        return NULL;\n");
}

// Of the message in a field.
static const char *part_name(const ProtobufCFieldDescriptor *field)
{
    const ProtobufCMessageDescriptor *part = field->descriptor;
    return part->short_name;
}

static void put_field(struct writer *to, const ProtobufCFieldDescriptor *field)
{
    static const char refused[] = "        if (at == NULL)\n            return NULL;\n";
    static const char head[] =
        "        at = drf_pack_tag(drf_pack_varint(at, (size_t)(end - at)), %u);\n    }\n";
    const char *name = field->name;
    const uint32_t tag = tag_of(field);
    if (field->label == PROTOBUF_C_LABEL_REPEATED) {
        put(to, "    for (size_t i = m->n_%s; i > 0; i--) {\n", name);
        put(to, "        const uint8_t *end = at;\n");
        put(to, "        at = put_%s(low + ROOM + DRF_PACK_HEAD, at, m->%s[i - 1]);\n",
            part_name(field), name);
        put(to, "%s", refused);
        put(to, head, tag);
    } else if (field->type == PROTOBUF_C_TYPE_MESSAGE) {
        put(to, "    if (m->%s != NULL) {\n        const uint8_t *end = at;\n", name);
        put(to, "        at = put_%s(low + ROOM, at, m->%s);\n", part_name(field), name);
        put(to, "%s", refused);
        put(to, head, tag);
    } else if (field->type == PROTOBUF_C_TYPE_STRING) {
        put(to, "    if (m->%s != NULL) {\n", name);
        put(to, "        at = drf_pack_text(low + ROOM, at, m->%s);\n", name);
        put(to, "%s", refused);
        put(to, "        at = drf_pack_tag(at, %u);\n    }\n", tag);
    } else {
        put(to, "    if (m->has_%s)\n", name);
        put(to, "        at = drf_pack_tag(%s(at, m->%s), %u);\n", number(field->type), name,
            tag);
    }
}

// NOLINTNEXTLINE(misc-no-recursion): messages lie in messages, as deep as the schema has them
static void put_parts(struct writer *to, const ProtobufCMessageDescriptor *message)
{
    check(to, message);
    for (unsigned i = 0; i < message->n_fields && !to->refused; i++) {
        const ProtobufCMessageDescriptor *part = message->fields[i].descriptor;
        bool there = message->fields[i].type != PROTOBUF_C_TYPE_MESSAGE;
        for (size_t k = 0; k < to->count; k++)
            there = there || to->written[k] == part;
        if (there)
            continue;
        put_parts(to, part);
        if (to->count == MESSAGES_MAX) {
            refuse(to, part, "", "too many messages");
            return;
        }
        to->written[to->count++] = part;
        put(to, "\nstatic uint8_t *put_%s(uintptr_t low, uint8_t *at, const %s *m)\n{\n",
            part->short_name, part->c_name);
        put_begin(to, part);
        for (unsigned k = part->n_fields; k > 0; k--)
            put_field(to, &part->fields[k - 1]);
        put(to, "    return at;\n}\n");
    }
}

// Enters at the field `last` and leaves behind the field `first`.
static void put_pieces(struct writer *to, const ProtobufCMessageDescriptor *message,
                       const char *name)
{
    put_parts(to, message);
    put(to,
        "\nuint8_t *%s(const %s *m, uint32_t first, uint32_t last,\n"
        "                          uint8_t *begin, uint8_t *end)\n{\n",
        name, message->c_name);
    put(to, "    const uintptr_t low = (uintptr_t)begin;\n    uint8_t *at = end;\n");
    put_begin(to, message);
    put(to, "    if (last < %u)\n        return at;\n", message->fields[0].id);
    put(to, "    switch (last) {\n    default:\n");
    for (unsigned i = message->n_fields; i > 0; i--) {
        const ProtobufCFieldDescriptor *field = &message->fields[i - 1];
        const uint32_t above = i < message->n_fields ? field[1].id : field->id + 1;
        for (uint32_t id = field->id; id < above; id++)
            put(to, "    case %u: // fall through\n", id);
        put(to, "    if (first > %u)\n        return at;\n", field->id);
        put_field(to, field);
    }
    put(to, "    }\n    return at;\n}\n");
}

int main(int argc, char **argv)
{
    struct writer to = {.out = argc == 2 ? fopen(argv[1], "w") : NULL};
    if (to.out == NULL) {
        (void)fprintf(stderr, "usage: generate_packers FILE, which can be written\n");
        return EXIT_FAILURE;
    }
    put(&to, "// Written by schemas/generate/packers.c.\n"
             "#include \"schemas/packers.h\"\n\n#include \"schemas/pack.h\"\n");
    put_pieces(&to, &drf__v1__context__descriptor, "drf_pack_context");
    const bool failed = ferror(to.out) != 0;
    return fclose(to.out) == 0 && !failed && !to.refused ? EXIT_SUCCESS : EXIT_FAILURE;
}
