// SPDX-License-Identifier: Apache-2.0
// descriptor.proto: FileDescriptorSet.file = 1; FileDescriptorProto.name = 1, .package = 2,
// .dependency = 3, .message_type = 4; DescriptorProto.name = 1.
#include "schemas/descriptor.h"

#include <stdlib.h>
#include <string.h>

#include "schemas/proto_wire.h"
#include "schemas/recording_write.h"

// Written by schemas/embed.cmake from what protoc made.
extern const unsigned char schemas_descriptor_set[];
extern const size_t schemas_descriptor_set_size;

enum { FILES_MAX = 64 };

struct files {
    struct drf_wire_field list[FILES_MAX]; // each a FileDescriptorProto
    bool wanted[FILES_MAX];
    size_t count;
};

const uint8_t *drf_descriptor_set(size_t *size)
{
    *size = schemas_descriptor_set_size;
    return schemas_descriptor_set;
}

static bool is(struct drf_wire_field field, const char *text, size_t size)
{
    return field.size == size && memcmp(field.bytes, text, size) == 0;
}

// Whether the message has a field `number` that is this text.
static bool has_text(struct drf_wire_field message, uint32_t number, const char *text,
                     size_t size)
{
    struct drf_wire wire = {.bytes = message.bytes, .size = message.size};
    struct drf_wire_field field;
    while (drf_wire_next(&wire, &field))
        if (field.number == number && field.type == DRF_WIRE_BYTES && is(field, text, size))
            return true;
    return false;
}

static bool declares(struct drf_wire_field file, const char *message)
{
    const char *dot = strrchr(message, '.');
    if (dot == NULL || !has_text(file, 2, message, (size_t)(dot - message)))
        return false;
    struct drf_wire wire = {.bytes = file.bytes, .size = file.size};
    struct drf_wire_field field;
    while (drf_wire_next(&wire, &field))
        if (field.number == 4 && has_text(field, 1, dot + 1, strlen(dot + 1)))
            return true;
    return false;
}

// A file stands behind those it imports, so one pass from the last to the first finds all.
static void want_imports(struct files *files, size_t index)
{
    struct drf_wire wire = {.bytes = files->list[index].bytes, .size = files->list[index].size};
    struct drf_wire_field field;
    while (drf_wire_next(&wire, &field))
        for (size_t i = 0; field.number == 3 && i < index; i++)
            if (has_text(files->list[i], 1, (const char *)field.bytes, field.size))
                files->wanted[i] = true;
}

enum drf_status drf_descriptor_of(const char *message, uint8_t **out, size_t *size)
{
    struct files files = {.count = 0};
    struct drf_wire wire = {.bytes = schemas_descriptor_set,
                            .size = schemas_descriptor_set_size};
    bool found = false;
    size_t room = 1;
    while (files.count < FILES_MAX && drf_wire_next(&wire, &files.list[files.count])) {
        bool here = declares(files.list[files.count], message);
        found = found || here;
        files.wanted[files.count++] = here;
    }
    if (!found)
        return DRF_ERR_ABSENT;
    for (size_t i = files.count; i-- > 0;)
        if (files.wanted[i]) {
            want_imports(&files, i);
            room += files.list[i].size + 1 + DRF_WIRE_VARINT_MAX;
        }
    uint8_t *made = malloc(room);
    if (made == NULL)
        return DRF_ERR_NOMEM;
    size_t at = 0;
    for (size_t i = 0; i < files.count; i++) {
        if (!files.wanted[i])
            continue;
        at += drf_wire_put_tag(made + at, 1, DRF_WIRE_BYTES);
        at += drf_wire_put_varint(made + at, files.list[i].size);
        memcpy(made + at, files.list[i].bytes, files.list[i].size);
        at += files.list[i].size;
    }
    *out = made;
    *size = at;
    return DRF_OK;
}
