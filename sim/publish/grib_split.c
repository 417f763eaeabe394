// SPDX-License-Identifier: Apache-2.0
#include "sim/publish/grib_split.h"

#include <eccodes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { NAMES_SIZE = 96, WORD_SIZE = 64 };

// The word GRIB in a heading is text; where a message begins, the edition is no character.
static const uint8_t *find_message(const uint8_t *at, size_t left)
{
    for (;;) {
        const uint8_t *found = memmem(at, left, "GRIB", 4);
        if (found == NULL || (size_t)(found - at) + 8 > left)
            return NULL;
        if (found[7] < ' ')
            return found;
        left -= (size_t)(found - at) + 4;
        at = found + 4;
    }
}

// The length that section 0 states; 0 if it is not one.
static size_t stated_length(const uint8_t *at, size_t left)
{
    if (left < 16 || memcmp(at, "GRIB", 4) != 0)
        return 0;
    uint64_t length = 0;
    if (at[7] == 1)
        length = (uint64_t)at[4] << 16 | (uint64_t)at[5] << 8 | at[6];
    else if (at[7] == 2)
        for (int i = 8; i < 16; i++)
            length = length << 8 | at[i];
    bool whole = length >= 20 && length <= left && memcmp(at + length - 4, "7777", 4) == 0;
    return whole ? (size_t)length : 0;
}

static void field_name(codes_handle *field, char name[static WORD_SIZE])
{
    size_t size = WORD_SIZE;
    if (codes_get_string(field, "shortName", name, &size) == 0 && strcmp(name, "unknown") != 0)
        return;
    long discipline = 0, category = 0, number = 0;
    (void)codes_get_long(field, "discipline", &discipline);
    (void)codes_get_long(field, "parameterCategory", &category);
    if (codes_get_long(field, "parameterNumber", &number) != 0)
        (void)codes_get_long(field, "indicatorOfParameter", &number);
    snprintf(name, WORD_SIZE, "%ld-%ld-%ld", discipline, category, number);
}

static void append_name(char names[static NAMES_SIZE], const char *name)
{
    size_t used = strlen(names);
    if (used == 0)
        snprintf(names, NAMES_SIZE, "%s", name);
    else if (used + strlen(name) + 2 < NAMES_SIZE)
        snprintf(names + used, NAMES_SIZE - used, "+%s", name);
}

// What all fields of the message share, from its first.
static void place_and_time(codes_handle *field, char *out, size_t room)
{
    char level_type[WORD_SIZE] = "unknown", step_type[WORD_SIZE] = "instant";
    size_t size = sizeof level_type;
    (void)codes_get_string(field, "typeOfLevel", level_type, &size);
    size = sizeof step_type;
    (void)codes_get_string(field, "stepType", step_type, &size);
    long level = 0, date = 0, clock = 0, start = 0, end = 0;
    (void)codes_get_long(field, "level", &level);
    (void)codes_get_long(field, "validityDate", &date);
    (void)codes_get_long(field, "validityTime", &clock);
    int used = snprintf(out, room, "/%s-%ld/%08ld%04ld", level_type, level, date, clock);
    bool interval = strcmp(step_type, "instant") != 0
                    && codes_get_long(field, "startStep", &start) == 0
                    && codes_get_long(field, "endStep", &end) == 0;
    if (interval && used > 0 && (size_t)used < room)
        snprintf(out + used, room - (size_t)used, "/%s-%ld", step_type, end - start);
}

static void message_key(const char *stem, const uint8_t *bytes, size_t size, char *key)
{
    char names[NAMES_SIZE] = "", rest[SIM_KEY_SIZE - NAMES_SIZE] = "";
    codes_context *context = codes_context_get_default();
    codes_grib_multi_support_on(context);
    void *cursor; // ecCodes reads, it never writes there
    memcpy(&cursor, &bytes, sizeof cursor);
    size_t left = size;
    int error = 0;
    codes_handle *field;
    // Called until it returns nothing: only then is the second field of a message read.
    while ((field = codes_grib_handle_new_from_multi_message(context, &cursor, &left, &error))
           != NULL) {
        char name[WORD_SIZE];
        field_name(field, name);
        if (names[0] == '\0')
            place_and_time(field, rest, sizeof rest);
        append_name(names, name);
        codes_handle_delete(field);
    }
    snprintf(key, SIM_KEY_SIZE, "%s%s", names[0] != '\0' ? names : stem, rest);
}

enum drf_status sim_grib_split(const char *stem, const uint8_t *bytes, size_t size,
                               struct sim_batch *out)
{
    size_t at = 0, before = out->count;
    while (at < size) {
        const uint8_t *start = find_message(bytes + at, size - at);
        if (start == NULL)
            break;
        at = (size_t)(start - bytes);
        size_t length = stated_length(start, size - at);
        if (length == 0)
            return DRF_ERR_SYNTAX;
        char key[SIM_KEY_SIZE];
        message_key(stem, start, length, key);
        enum drf_status status = sim_batch_add(out, key, NULL, start, length);
        if (status != DRF_OK)
            return status;
        at += length;
    }
    return out->count > before ? DRF_OK : DRF_ERR_SYNTAX;
}
