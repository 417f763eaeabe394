// SPDX-License-Identifier: Apache-2.0
#include "geo/reader/json.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "geo/record/refusal.h"

// A struct geo_json is a json_t under a name of our own; nothing is ever changed through it.
static const json_t *theirs(const struct geo_json *value) { return (const void *)value; }
static const struct geo_json *ours(const json_t *value) { return (const void *)value; }

enum drf_status geo_json_open(const uint8_t *bytes, size_t size, struct geo_json **out,
                              struct geo_note *why)
{
    // RFC 8259, 8.1: a byte order mark may be ignored.
    static const uint8_t mark[3] = {0xef, 0xbb, 0xbf};
    if (size >= sizeof mark && memcmp(bytes, mark, sizeof mark) == 0) {
        bytes += sizeof mark;
        size -= sizeof mark;
    }
    json_error_t error;
    json_t *document =
        size > 0 ? json_loadb((const char *)bytes, size, JSON_REJECT_DUPLICATES, &error) : NULL;
    if (size == 0)
        return geo_refuse(why, GEO_REFUSAL_EMPTY, 0, "no JSON in it");
    // Short of memory, jansson often fails without a word.
    bool speechless = document == NULL && error.text[0] == '\0';
    if (speechless || (document == NULL && json_error_code(&error) == json_error_out_of_memory))
        return geo_refuse(why, GEO_REFUSAL_MEMORY, 0, "no memory to read the JSON");
    if (document == NULL)
        return geo_refuse(why, GEO_REFUSAL_FORMAT, error.line > 0 ? (uint64_t)error.line : 0,
                          "not strict JSON: %s (line %d, column %d)", error.text, error.line,
                          error.column);
    *out = (void *)document;
    return DRF_OK;
}

void geo_json_close(struct geo_json *document)
{
    json_decref((json_t *)(void *)document); // takes NULL
}

enum geo_json_kind geo_json_kind(const struct geo_json *value)
{
    if (value == NULL)
        return GEO_JSON_NOTHING;
    switch (json_typeof(theirs(value))) {
    case JSON_OBJECT:
        return GEO_JSON_OBJECT;
    case JSON_ARRAY:
        return GEO_JSON_ARRAY;
    case JSON_STRING:
        return GEO_JSON_STRING;
    case JSON_INTEGER:
    case JSON_REAL:
        return GEO_JSON_NUMBER;
    case JSON_TRUE:
    case JSON_FALSE:
        return GEO_JSON_BOOLEAN;
    case JSON_NULL:
        return GEO_JSON_NULL;
    }
    return GEO_JSON_NULL;
}

bool geo_json_present(const struct geo_json *value)
{
    return value != NULL && geo_json_kind(value) != GEO_JSON_NULL;
}

const struct geo_json *geo_json_member(const struct geo_json *object, const char *name)
{
    return ours(json_object_get(theirs(object), name));
}

size_t geo_json_count(const struct geo_json *array) { return json_array_size(theirs(array)); }

const struct geo_json *geo_json_at(const struct geo_json *array, size_t index)
{
    return ours(json_array_get(theirs(array), index));
}

const char *geo_json_text(const struct geo_json *string, size_t *size)
{
    const char *text = json_string_value(theirs(string));
    if (text != NULL)
        *size = json_string_length(theirs(string));
    return text;
}

bool geo_json_is(const struct geo_json *string, const char *text)
{
    size_t size = 0;
    const char *own = geo_json_text(string, &size);
    return own != NULL && size == strlen(text) && memcmp(own, text, size) == 0;
}

bool geo_json_number(const struct geo_json *number, double *out)
{
    double value = json_number_value(theirs(number));
    if (geo_json_kind(number) != GEO_JSON_NUMBER || !isfinite(value))
        return false;
    *out = value;
    return true;
}

bool geo_json_whole(const struct geo_json *number, int64_t *out)
{
    if (number == NULL || !json_is_integer(theirs(number)))
        return false;
    *out = json_integer_value(theirs(number));
    return true;
}

bool geo_json_whole_64(const struct geo_json *value, int64_t *out)
{
    size_t size = 0;
    const char *text = geo_json_text(value, &size);
    if (text == NULL)
        return geo_json_whole(value, out);
    if (size == 0 || size >= 20 || strspn(text, "-0123456789") != size)
        return false;
    char *end = NULL;
    errno = 0;
    int64_t number = strtoll(text, &end, 10);
    if (errno != 0 || end != text + size)
        return false;
    *out = number;
    return true;
}

bool geo_json_boolean(const struct geo_json *boolean, bool *out)
{
    if (geo_json_kind(boolean) != GEO_JSON_BOOLEAN)
        return false;
    *out = json_is_true(theirs(boolean));
    return true;
}
