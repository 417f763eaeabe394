// SPDX-License-Identifier: Apache-2.0
// jansson parses the text, because it is the strict one (no NaN, no duplicate names, no bytes
// after the end); then the tree is walked by the field descriptors that protoc-c generates, and
// each member is stored where the descriptor says. The path to the value in hand is a linked
// list on the stack: an error can name its field without anything being built for the good
// case. All memory of the message comes from the caller's allocator, so a message that is
// refused halfway is freed by the generated function alone.
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <jansson.h>

#include "schemas/protojson.h"

struct reader {
    ProtobufCAllocator *allocator;
    struct schemas_protojson_error *error;
};

// One step of the path to the value being read, for the error's sake.
struct place {
    const struct place *parent;
    const char *name;
    size_t index; // SIZE_MAX: not an element
};

// As deep as messages hold messages, and none of ours holds itself.
// NOLINTBEGIN(misc-no-recursion)
static size_t path_write(const struct place *place, char *path, size_t room)
{
    size_t at = place->parent != NULL ? path_write(place->parent, path, room) : 0;
    if (place->name == NULL || at >= room)
        return at;
    int wrote = snprintf(path + at, room - at, "%s%s", at > 0 ? "." : "", place->name);
    at += wrote > 0 ? (size_t)wrote : 0;
    if (place->index != SIZE_MAX && at < room) {
        wrote = snprintf(path + at, room - at, "[%zu]", place->index);
        at += wrote > 0 ? (size_t)wrote : 0;
    }
    return at;
}

static enum drf_status refuse(const struct reader *reader, const struct place *place,
                              const char *text)
{
    reader->error->field_path[0] = '\0';
    (void)path_write(place, reader->error->field_path, sizeof reader->error->field_path);
    (void)snprintf(reader->error->text, sizeof reader->error->text, "%s", text);
    return DRF_ERR_RANGE;
}

static enum drf_status no_memory(const struct reader *reader, const struct place *place)
{
    (void)refuse(reader, place, "no memory for it");
    return DRF_ERR_NOMEM;
}

static void *take(const struct reader *reader, size_t size)
{
    ProtobufCAllocator *allocator = reader->allocator;
    if (size == 0)
        size = 1;
    return allocator != NULL ? allocator->alloc(allocator->allocator_data, size) : malloc(size);
}

// Digits with an optional minus: what ProtoJSON writes integers as inside strings.
static bool text_is_integer(const char *text)
{
    const char *p = text + (*text == '-' ? 1 : 0);
    size_t digits = strspn(p, "0123456789");
    return digits > 0 && digits <= 20 && p[digits] == '\0';
}

struct range {
    bool is_signed;
    int64_t low;
    uint64_t high;
};

static struct range range_of(ProtobufCType type)
{
    switch (type) {
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
        return (struct range){false, 0, UINT32_MAX};
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
        return (struct range){true, INT64_MIN, INT64_MAX};
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        return (struct range){false, 0, UINT64_MAX};
    default:
        return (struct range){true, INT32_MIN, INT32_MAX};
    }
}

// The integer's two's complement; false when it is none or out of range.
static bool read_integer(const json_t *value, struct range range, uint64_t *out)
{
    if (json_is_string(value)) {
        const char *text = json_string_value(value);
        if (!text_is_integer(text))
            return false;
        errno = 0;
        if (*text == '-') {
            long long number = strtoll(text, NULL, 10);
            *out = (uint64_t)number;
            return errno == 0 && (number == 0 || range.is_signed) && number >= range.low;
        }
        *out = strtoull(text, NULL, 10);
        return errno == 0 && *out <= range.high;
    }
    if (json_is_integer(value)) {
        json_int_t number = json_integer_value(value);
        *out = (uint64_t)number;
        return number < 0 ? range.is_signed && number >= range.low : *out <= range.high;
    }
    if (json_is_real(value)) { // 1.0 and 1e3 are integers too; beyond 2^53 they are guesses
        double number = json_real_value(value);
        if (!(fabs(number) <= 9007199254740992.0) || floor(number) != number)
            return false;
        *out = (uint64_t)(int64_t)number;
        return number < 0.0 ? range.is_signed && (int64_t)number >= range.low
                            : *out <= range.high;
    }
    return false;
}

static bool read_real(const json_t *value, double *out)
{
    if (json_is_number(value)) {
        *out = json_number_value(value);
        return isfinite(*out);
    }
    if (!json_is_string(value))
        return false;
    const char *text = json_string_value(value);
    char *end;
    // no hexadecimal, no "nan", no "inf", no blanks
    if (*text == '\0' || strspn(text, "+-.0123456789eE") != strlen(text))
        return false;
    *out = strtod(text, &end);
    return *end == '\0' && isfinite(*out);
}

static int base64_digit(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == '+' || c == '-')
        return 62;
    return c == '/' || c == '_' ? 63 : -1;
}

static enum drf_status read_bytes(const struct reader *reader, const struct place *place,
                                  const json_t *value, ProtobufCBinaryData *out)
{
    const char *text = json_string_value(value);
    size_t length = json_string_length(value);
    while (length > 0 && text[length - 1] == '=')
        length--;
    if (length % 4 == 1)
        return refuse(reader, place, "is not base64");
    uint8_t *data = take(reader, length * 3 / 4);
    if (data == NULL)
        return no_memory(reader, place);
    *out = (ProtobufCBinaryData){.data = data};
    uint32_t bits = 0;
    for (size_t i = 0; i < length; i++) {
        int digit = base64_digit(text[i]);
        if (digit < 0)
            return refuse(reader, place, "is not base64");
        bits = bits << 6 | (uint32_t)digit;
        if (i % 4 != 0)
            data[out->len++] = (uint8_t)(bits >> (6 - 2 * (i % 4)));
    }
    return DRF_OK;
}

static enum drf_status read_string(const struct reader *reader, const struct place *place,
                                   const json_t *value, char **out)
{
    size_t length = json_string_length(value); // without NUL: jansson refuses \u0000
    char *text = take(reader, length + 1);
    if (text == NULL)
        return no_memory(reader, place);
    memcpy(text, json_string_value(value), length);
    text[length] = '\0';
    *out = text;
    return DRF_OK;
}

static enum drf_status read_message(const struct reader *reader, const struct place *place,
                                    const json_t *value,
                                    const ProtobufCMessageDescriptor *descriptor,
                                    ProtobufCMessage **out);

static enum drf_status read_number(const struct reader *reader, const struct place *place,
                                   const json_t *value, ProtobufCType type, void *member)
{
    if (type == PROTOBUF_C_TYPE_FLOAT || type == PROTOBUF_C_TYPE_DOUBLE) {
        double number;
        if (!read_real(value, &number))
            return refuse(reader, place, "is not a finite number");
        if (type == PROTOBUF_C_TYPE_DOUBLE) {
            *(double *)member = number;
            return DRF_OK;
        }
        *(float *)member = (float)number;
        return isfinite(*(float *)member) ? DRF_OK
                                          : refuse(reader, place, "is too large for a float");
    }
    uint64_t bits;
    struct range range = range_of(type);
    if (!read_integer(value, range, &bits))
        return refuse(reader, place, "is not an integer of its range");
    if (range.high > UINT32_MAX) {
        *(uint64_t *)member = bits;
    } else {
        *(uint32_t *)member = (uint32_t)bits;
    }
    return DRF_OK;
}

static enum drf_status read_value(const struct reader *reader, const struct place *place,
                                  const json_t *value, const ProtobufCFieldDescriptor *field,
                                  void *member)
{
    switch (field->type) {
    case PROTOBUF_C_TYPE_BOOL:
        if (!json_is_boolean(value))
            return refuse(reader, place, "is not true or false");
        *(protobuf_c_boolean *)member = json_is_true(value);
        return DRF_OK;
    case PROTOBUF_C_TYPE_STRING:
        return json_is_string(value) ? read_string(reader, place, value, member)
                                     : refuse(reader, place, "is not a string");
    case PROTOBUF_C_TYPE_BYTES:
        return json_is_string(value) ? read_bytes(reader, place, value, member)
                                     : refuse(reader, place, "is not base64");
    case PROTOBUF_C_TYPE_MESSAGE:
        return read_message(reader, place, value, field->descriptor, member);
    default:
        return read_number(reader, place, value, field->type, member);
    }
}

static size_t element_size(ProtobufCType type)
{
    switch (type) {
    case PROTOBUF_C_TYPE_BOOL:
        return sizeof(protobuf_c_boolean);
    case PROTOBUF_C_TYPE_BYTES:
        return sizeof(ProtobufCBinaryData);
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_MESSAGE:
        return sizeof(void *);
    case PROTOBUF_C_TYPE_DOUBLE:
        return sizeof(double);
    case PROTOBUF_C_TYPE_FLOAT:
        return sizeof(float);
    default:
        return range_of(type).high > UINT32_MAX ? 8 : 4;
    }
}

static enum drf_status read_list(const struct reader *reader, const struct place *place,
                                 const json_t *value, const ProtobufCFieldDescriptor *field,
                                 char *base)
{
    if (!json_is_array(value))
        return refuse(reader, place, "is not a list");
    size_t count = json_array_size(value), each = element_size(field->type);
    if (count == 0)
        return DRF_OK;
    char *elements = take(reader, count * each);
    if (elements == NULL)
        return no_memory(reader, place);
    memset(elements, 0, count * each);
    *(char **)(base + field->offset) = elements;
    size_t *done = (size_t *)(base + field->quantifier_offset);
    for (size_t i = 0; i < count; i++) {
        struct place element = {.parent = place->parent, .name = place->name, .index = i};
        *done = i + 1; // so that what was taken for a half-read element is given back too
        enum drf_status status =
            read_value(reader, &element, json_array_get(value, i), field, elements + i * each);
        bool pointer =
            field->type == PROTOBUF_C_TYPE_MESSAGE || field->type == PROTOBUF_C_TYPE_STRING;
        if (status != DRF_OK && pointer && *(void **)(elements + i * each) == NULL)
            *done = i;
        if (status != DRF_OK)
            return status;
    }
    return DRF_OK;
}

// The original name, or the same in lowerCamelCase.
static bool name_matches(const char *name, const char *key)
{
    if (strcmp(name, key) == 0)
        return true;
    for (; *name != '\0'; name++, key++) {
        char expected = *name;
        if (expected == '_' && name[1] != '\0') {
            expected = *++name;
            if (expected >= 'a' && expected <= 'z')
                expected = (char)(expected - 'a' + 'A');
        }
        if (*key != expected)
            return false;
    }
    return *key == '\0';
}

static const ProtobufCFieldDescriptor *field_of(const ProtobufCMessageDescriptor *descriptor,
                                                const char *key)
{
    for (unsigned i = 0; i < descriptor->n_fields; i++)
        if (name_matches(descriptor->fields[i].name, key))
            return &descriptor->fields[i];
    return NULL;
}

static bool is_set(const ProtobufCFieldDescriptor *field, const char *base)
{
    if (field->label == PROTOBUF_C_LABEL_REPEATED)
        return *(const size_t *)(base + field->quantifier_offset) > 0;
    if (field->type == PROTOBUF_C_TYPE_STRING || field->type == PROTOBUF_C_TYPE_MESSAGE)
        return *(void *const *)(base + field->offset) != NULL;
    return *(const protobuf_c_boolean *)(base + field->quantifier_offset) != 0;
}

static enum drf_status read_field(const struct reader *reader, const struct place *place,
                                  const json_t *value, const ProtobufCFieldDescriptor *field,
                                  char *base)
{
    if (json_is_null(value))
        return DRF_OK;
    if (is_set(field, base))
        return refuse(reader, place, "is there twice");
    if (field->label == PROTOBUF_C_LABEL_REPEATED)
        return read_list(reader, place, value, field, base);
    enum drf_status status = read_value(reader, place, value, field, base + field->offset);
    bool flagged =
        field->type != PROTOBUF_C_TYPE_STRING && field->type != PROTOBUF_C_TYPE_MESSAGE;
    bool taken = status == DRF_OK || field->type == PROTOBUF_C_TYPE_BYTES;
    if (flagged && taken)
        *(protobuf_c_boolean *)(base + field->quantifier_offset) = 1;
    return status;
}

static enum drf_status read_message(const struct reader *reader, const struct place *place,
                                    const json_t *value,
                                    const ProtobufCMessageDescriptor *descriptor,
                                    ProtobufCMessage **out)
{
    if (!json_is_object(value))
        return refuse(reader, place, "is not an object");
    ProtobufCMessage *message = take(reader, descriptor->sizeof_message);
    if (message == NULL)
        return no_memory(reader, place);
    protobuf_c_message_init(descriptor, message);
    *out = message; // from here on the caller gives it back, whatever happens
    const char *key;
    json_t *member;
    json_object_foreach((json_t *)value, key, member)
    {
        const ProtobufCFieldDescriptor *field = field_of(descriptor, key);
        if (field == NULL)
            continue;
        struct place here = {.parent = place, .name = field->name, .index = SIZE_MAX};
        enum drf_status status = read_field(reader, &here, member, field, (char *)message);
        if (status != DRF_OK)
            return status;
    }
    return DRF_OK;
}

// Whether what cannot be read there is a number that JSON does not have: what ends at `end`, or
// after a sign there.
static bool no_number(const char *text, size_t size, size_t end)
{
    static const char *const words[] = {"NaN", "Infinity", "Inf"};
    size_t begin = end < size ? end : size;
    while (begin > 0 && isalpha((unsigned char)text[begin - 1]))
        begin--;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        size_t length = strlen(words[i]);
        if (length <= size - begin && strncasecmp(text + begin, words[i], length) == 0
            && (length == size - begin || !isalnum((unsigned char)text[begin + length])))
            return true;
    }
    return false;
}

// Of the string that ends at `end`, with its quotes; 0: it is no plain name.
static size_t name_before(const char *text, size_t size, size_t end)
{
    enum { NAME_BYTES = 40 };
    if (end < 2 || end > size || text[end - 1] != '"')
        return 0;
    for (size_t length = 2; length <= end && length <= NAME_BYTES; length++) {
        char c = text[end - length];
        if (c == '"')
            return length;
        if (!isalnum((unsigned char)c) && c != '_')
            return 0;
    }
    return 0;
}

// Why jansson does not read it.
static void say_unread(const char *text, size_t size, const json_error_t *why, char *out,
                       size_t room)
{
    size_t end = why->position > 0 ? (size_t)why->position : 0;
    char what[60] = "not JSON";
    enum json_error_code code = json_error_code(why);
    if (code == json_error_duplicate_key) {
        size_t length = name_before(text, size, end);
        if (length > 0)
            (void)snprintf(what, sizeof what, "%.*s is there twice", (int)length,
                           text + end - length);
        else
            (void)snprintf(what, sizeof what, "a name is there twice in one object");
    } else if (code == json_error_numeric_overflow) {
        (void)snprintf(what, sizeof what, "a number is too large");
    } else if (code == json_error_invalid_syntax && no_number(text, size, end)) {
        (void)snprintf(what, sizeof what, "NaN and infinity are not read");
    }
    (void)snprintf(out, room, "%s: line %d, column %d", what, why->line, why->column);
}

enum drf_status schemas_protojson_decode(const ProtobufCMessageDescriptor *descriptor,
                                         const char *text, size_t size,
                                         ProtobufCAllocator *allocator, ProtobufCMessage **out,
                                         struct schemas_protojson_error *error)
{
    struct reader reader = {.allocator = allocator, .error = error};
    const struct place top = {.index = SIZE_MAX};
    json_error_t why;
    json_t *root = size > 0 ? json_loadb(text, size, JSON_REJECT_DUPLICATES, &why) : NULL;
    if (root == NULL || !json_is_object(root)) {
        json_decref(root);
        (void)refuse(&reader, &top, "is not a JSON object");
        if (root == NULL && size > 0)
            say_unread(text, size, &why, error->text, sizeof error->text);
        return DRF_ERR_SYNTAX;
    }
    ProtobufCMessage *message = NULL;
    enum drf_status status = read_message(&reader, &top, root, descriptor, &message);
    json_decref(root);
    if (status == DRF_OK)
        *out = message;
    else if (message != NULL)
        protobuf_c_message_free_unpacked(message, allocator);
    return status;
}
// NOLINTEND(misc-no-recursion)
