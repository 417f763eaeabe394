// SPDX-License-Identifier: Apache-2.0
#include "sim/publish/dof_split.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "geo/utc.h"

enum { ID_SIZE = 9, HEADER_LINES = 4 };

static size_t line_length(const uint8_t *at, size_t left)
{
    const uint8_t *end = memchr(at, '\n', left);
    return end != NULL ? (size_t)(end - at) + 1 : left;
}

// Where the records begin: behind the rule of dashes, if there is one near the top.
static size_t header_size(const uint8_t *bytes, size_t size, unsigned *lines)
{
    size_t at = 0;
    for (unsigned n = 1; n <= HEADER_LINES && at < size; n++) {
        size_t length = line_length(bytes + at, size - at);
        bool rule = length > 3 && memcmp(bytes + at, "---", 3) == 0;
        at += length;
        if (rule) {
            *lines = n;
            return at;
        }
    }
    *lines = 0;
    return 0;
}

// "99-000001" of a record; false if its first columns hold no id.
static bool record_id(const uint8_t *line, size_t length, char id[static ID_SIZE + 1])
{
    if (length < ID_SIZE || !isdigit(line[ID_SIZE - 1]) || line[2] != '-')
        return false;
    for (int i = 0; i < ID_SIZE; i++)
        if (!isalnum(line[i]) && line[i] != '-')
            return false;
    memcpy(id, line, ID_SIZE);
    id[ID_SIZE] = '\0';
    return true;
}

enum drf_status sim_dof_split(const char *stem, const uint8_t *bytes, size_t size,
                              size_t records, struct sim_batch *out)
{
    unsigned line;
    size_t at = header_size(bytes, size, &line), part = 0, before = out->count;
    enum drf_status status = DRF_OK;
    while (at < size && status == DRF_OK) {
        size_t start = at;
        char key[SIM_KEY_SIZE], id[ID_SIZE + 1];
        unsigned first_line = line + 1;
        for (size_t n = 0; n < records && at < size; n++, line++)
            at += line_length(bytes + at, size - at);
        size_t blank = start;
        while (blank < at && isspace(bytes[blank]))
            blank++;
        if (blank == at)
            continue;
        if (records > 1)
            snprintf(key, sizeof key, "%s/part-%zu", stem, ++part);
        else if (record_id(bytes + start, at - start, id))
            snprintf(key, sizeof key, "%s", id);
        else
            snprintf(key, sizeof key, "%s/line-%u", stem, first_line);
        status = sim_batch_add(out, key, NULL, bytes + start, at - start);
    }
    return status == DRF_OK && out->count == before ? DRF_ERR_SYNTAX : status;
}

bool sim_dof_marked(const uint8_t *bytes, size_t size)
{
    static const char mark[] = "drf_mode=SIM";
    unsigned line;
    size_t header = header_size(bytes, size, &line);
    return memmem(bytes, header, mark, sizeof mark - 1) != NULL;
}

static int two_digits(const char *at)
{
    return isdigit((unsigned char)at[0]) && isdigit((unsigned char)at[1])
               ? (at[0] - '0') * 10 + (at[1] - '0')
               : -1;
}

bool sim_dof_issued(const uint8_t *bytes, size_t size, int64_t *out_utc_us)
{
    static const char words[] = "CURRENCY DATE = ";
    char line[64] = "";
    struct geo_utc_fields date = {.hour = 0};
    size_t length = size > 0 ? line_length(bytes, size) : 0;
    memcpy(line, bytes, length < sizeof line - 1 ? length : sizeof line - 1);
    const char *at = strstr(line, words);
    if (at == NULL || at != line + strspn(line, " "))
        return false;
    const char *digits = at + sizeof words - 1; // mm/dd/yy
    if (strlen(digits) < 8 || digits[2] != '/' || digits[5] != '/'
        || two_digits(digits + 6) < 0)
        return false;
    date.month = two_digits(digits);
    date.day = two_digits(digits + 3);
    date.year = 2000 + two_digits(digits + 6);
    return geo_utc_from_fields(date, out_utc_us) == DRF_OK;
}
