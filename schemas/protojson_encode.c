// SPDX-License-Identifier: Apache-2.0
// Walks a message by the field descriptors that protoc-c generates and appends to the caller's
// buffer; the first error sticks in the writer, so that no call needs a check of its own. The
// descriptors say where a field and its presence lie, so one walk serves every message, and no
// tree of JSON values is built: jansson would allocate for each. A float is printed with more
// and more digits until it reads back as the same value, so the text does not depend on the C
// library's choice of digits. Printing and reading are most of what a message costs, so what
// surely does not read back is passed over without them.
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "schemas/protojson.h"

struct writer {
    char *text;
    size_t room, size;
    enum drf_status status;
};

static void put(struct writer *w, const char *bytes, size_t count)
{
    if (w->status != DRF_OK)
        return;
    if (count > w->room - w->size) {
        w->status = DRF_ERR_FULL;
        return;
    }
    memcpy(w->text + w->size, bytes, count);
    w->size += count;
}

static void put_text(struct writer *w, const char *text) { put(w, text, strlen(text)); }

// The length of the well-formed UTF-8 sequence at p (Unicode 15, table 3-7), 0 if there is
// none.
static size_t utf8_length(const unsigned char *p)
{
    if (p[0] < 0x80)
        return 1;
    if (p[0] >= 0xC2 && p[0] <= 0xDF)
        return (p[1] & 0xC0) == 0x80 ? 2 : 0;
    if (p[0] >= 0xE0 && p[0] <= 0xEF) {
        unsigned char low = p[0] == 0xE0 ? 0xA0 : 0x80, high = p[0] == 0xED ? 0x9F : 0xBF;
        return p[1] >= low && p[1] <= high && (p[2] & 0xC0) == 0x80 ? 3 : 0;
    }
    if (p[0] >= 0xF0 && p[0] <= 0xF4) {
        unsigned char low = p[0] == 0xF0 ? 0x90 : 0x80, high = p[0] == 0xF4 ? 0x8F : 0xBF;
        return p[1] >= low && p[1] <= high && (p[2] & 0xC0) == 0x80 && (p[3] & 0xC0) == 0x80
                   ? 4
                   : 0;
    }
    return 0;
}

static void put_string(struct writer *w, const char *text)
{
    put(w, "\"", 1);
    for (const unsigned char *p = (const unsigned char *)text; *p != 0;) {
        size_t length = utf8_length(p);
        char escape[8];
        if (length == 0) {
            put_text(w, "\xEF\xBF\xBD");
            p++;
        } else if (*p == '"' || *p == '\\' || *p < 0x20) {
            (void)snprintf(escape, sizeof escape, *p < 0x20 ? "\\u%04x" : "\\%c", (unsigned)*p);
            put_text(w, escape);
            p++;
        } else {
            put(w, (const char *)p, length);
            p += length;
        }
    }
    put(w, "\"", 1);
}

static void put_base64(struct writer *w, const ProtobufCBinaryData *data)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    put(w, "\"", 1);
    for (size_t i = 0; i < data->len; i += 3) {
        size_t left = data->len - i;
        uint32_t bits = (uint32_t)data->data[i] << 16;
        bits |= left > 1 ? (uint32_t)data->data[i + 1] << 8 : 0U;
        bits |= left > 2 ? (uint32_t)data->data[i + 2] : 0U;
        char four[4] = {alphabet[bits >> 18], alphabet[bits >> 12 & 63],
                        alphabet[bits >> 6 & 63], alphabet[bits & 63]};
        size_t digits = left > 2 ? 4 : left + 1;
        put(w, four, digits);
        put(w, "==", sizeof four - digits);
    }
    put(w, "\"", 1);
}

enum { DIGITS_MIN = 6, DIGITS_MAX = 9 };

// The fewest digits that are worth a look. Rounded to some digits a value lies as far from
// itself as is worked out here, but for an error of 1e-15 of it; beyond half the way to the
// next float it reads back as another. Powers of ten from 1 on are exact, and no float lies
// between one below and what stands for it here.
static int first_digits(float value)
{
    static const double powers[] = {1e-4, 1e-3, 1e-2, 1e-1, 1e0, 1e1,  1e2,  1e3, 1e4,
                                    1e5,  1e6,  1e7,  1e8,  1e9, 1e10, 1e11, 1e12};
    enum { ONE = 4, LARGE = 10 }; // where 1 stands; from where all digits are before the point
    const double size = fabs((double)value);
    if (!(size >= powers[0] && size < powers[LARGE]))
        return DIGITS_MIN;
    int first = 0; // of the first digit
    while (size >= powers[first + 1])
        first++;
    const double half =
        ((double)nextafterf(fabsf(value), INFINITY) - size) * 0.5 * (1.0 + 1e-6);
    int digits = DIGITS_MIN;
    for (; digits < DIGITS_MAX; digits++) {
        const double units = powers[ONE + (digits - 1) - (first - ONE)]; // of the last digit
        if (fabs(rint(size * units) / units - size) <= half)
            break;
    }
    return digits;
}

static void put_float(struct writer *w, float value)
{
    char text[32] = "";
    for (int digits = first_digits(value); digits <= DIGITS_MAX; digits++) {
        (void)snprintf(text, sizeof text, "%.*g", digits, (double)value);
        if (strtof(text, NULL) == value)
            break;
    }
    put_text(w, text);
}

static void put_double(struct writer *w, double value)
{
    char text[40] = "";
    for (int digits = 15; digits <= 17; digits++) {
        (void)snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    put_text(w, text);
}

// As deep as messages hold messages, and none of ours holds itself.
// NOLINTBEGIN(misc-no-recursion)
static void put_message(struct writer *w, const ProtobufCMessage *message);

static void put_real(struct writer *w, ProtobufCType type, const void *member)
{
    double value = type == PROTOBUF_C_TYPE_FLOAT ? (double)*(const float *)member
                                                 : *(const double *)member;
    if (!isfinite(value)) {
        w->status = w->status == DRF_OK ? DRF_ERR_RANGE : w->status;
        return;
    }
    if (value == 0.0 && signbit(value)) // "-0" would be read as an integer, without its sign
        put_text(w, "-0.0");
    else if (type == PROTOBUF_C_TYPE_FLOAT)
        put_float(w, *(const float *)member);
    else
        put_double(w, value);
}

static void put_value(struct writer *w, const ProtobufCFieldDescriptor *field,
                      const void *member)
{
    char text[32];
    switch (field->type) {
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_ENUM:
        (void)snprintf(text, sizeof text, "%" PRId32, *(const int32_t *)member);
        put_text(w, text);
        break;
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
        (void)snprintf(text, sizeof text, "%" PRIu32, *(const uint32_t *)member);
        put_text(w, text);
        break;
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
        (void)snprintf(text, sizeof text, "\"%" PRId64 "\"", *(const int64_t *)member);
        put_text(w, text);
        break;
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        (void)snprintf(text, sizeof text, "\"%" PRIu64 "\"", *(const uint64_t *)member);
        put_text(w, text);
        break;
    case PROTOBUF_C_TYPE_FLOAT:
    case PROTOBUF_C_TYPE_DOUBLE:
        put_real(w, field->type, member);
        break;
    case PROTOBUF_C_TYPE_BOOL:
        put_text(w, *(const protobuf_c_boolean *)member ? "true" : "false");
        break;
    case PROTOBUF_C_TYPE_STRING:
        put_string(w, *(const char *const *)member);
        break;
    case PROTOBUF_C_TYPE_BYTES:
        put_base64(w, member);
        break;
    case PROTOBUF_C_TYPE_MESSAGE:
        put_message(w, *(const ProtobufCMessage *const *)member);
        break;
    }
}

static size_t element_size(ProtobufCType type)
{
    switch (type) {
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_DOUBLE:
        return 8;
    case PROTOBUF_C_TYPE_BOOL:
        return sizeof(protobuf_c_boolean);
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_MESSAGE:
        return sizeof(void *);
    case PROTOBUF_C_TYPE_BYTES:
        return sizeof(ProtobufCBinaryData);
    default:
        return 4;
    }
}

static bool present(const ProtobufCFieldDescriptor *field, const char *base)
{
    if (field->label == PROTOBUF_C_LABEL_REPEATED)
        return *(const size_t *)(base + field->quantifier_offset) > 0;
    if (field->type == PROTOBUF_C_TYPE_STRING || field->type == PROTOBUF_C_TYPE_MESSAGE)
        return *(const void *const *)(base + field->offset) != NULL;
    return field->label == PROTOBUF_C_LABEL_REQUIRED
           || *(const protobuf_c_boolean *)(base + field->quantifier_offset);
}

static void put_message(struct writer *w, const ProtobufCMessage *message)
{
    const char *base = (const char *)message;
    const char *comma = "";
    put(w, "{", 1);
    for (unsigned i = 0; i < message->descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &message->descriptor->fields[i];
        if (!present(field, base))
            continue;
        put_text(w, comma);
        comma = ",";
        put_string(w, field->name);
        put(w, ":", 1);
        if (field->label != PROTOBUF_C_LABEL_REPEATED) {
            put_value(w, field, base + field->offset);
            continue;
        }
        const char *elements = *(const char *const *)(base + field->offset);
        size_t count = *(const size_t *)(base + field->quantifier_offset);
        for (size_t k = 0; k < count; k++) {
            put(w, k == 0 ? "[" : ",", 1);
            put_value(w, field, elements + k * element_size(field->type));
        }
        put(w, "]", 1);
    }
    put(w, "}", 1);
}

// NOLINTNEXTLINE(readability-non-const-parameter): written through the writer
enum drf_status schemas_protojson_encode(const ProtobufCMessage *message, char *text,
                                         size_t *size)
{
    struct writer w = {.text = text, .room = *size, .status = DRF_OK};
    put_message(&w, message);
    if (w.status == DRF_OK)
        *size = w.size;
    return w.status;
}
// NOLINTEND(misc-no-recursion)
