// SPDX-License-Identifier: Apache-2.0
#include "sim/publish/text_split.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "geo/utc.h"

enum { ALERT_ID_SIZE = 64, ELEMENT_SIZE = 128 };

static bool is_text(const uint8_t *bytes, size_t size)
{
    static const uint8_t allowed[] = {'\t', '\r', '\n', '\f',
                                      '\v', 1,    3}; // SOH, ETX: around bulletins
    bool ink = false;
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] < ' ' && memchr(allowed, bytes[i], sizeof allowed) == NULL)
            return false;
        ink = ink || bytes[i] > ' ';
    }
    return ink;
}

// How much of it is whole reports; 0: not one.
static size_t whole_reports(const uint8_t *at, size_t room)
{
    for (size_t end = room; end > 0; end--)
        if (at[end - 1] == '=')
            return end;
    for (size_t end = room; end > 1; end--) // without '=': an empty line parts them
        if (at[end - 1] == '\n' && (at[end - 2] == '\n' || (end > 2 && at[end - 3] == '\n')))
            return end;
    for (size_t end = room; end > 0; end--) // one report a line
        if (at[end - 1] == '\n' && end < room && isalnum(at[end]))
            return end;
    return 0;
}

enum drf_status sim_report_split(const char *stem, const uint8_t *bytes, size_t size,
                                 size_t max_bytes, struct sim_batch *out)
{
    if (!is_text(bytes, size))
        return DRF_ERR_SYNTAX;
    if (size <= max_bytes)
        return sim_batch_add(out, stem, NULL, bytes, size);
    enum drf_status status = DRF_OK;
    unsigned part = 0;
    for (size_t at = 0; at < size && status == DRF_OK;) {
        char key[SIM_KEY_SIZE];
        size_t length =
            size - at <= max_bytes ? size - at : whole_reports(bytes + at, max_bytes);
        if (length == 0)
            return DRF_ERR_FULL;
        snprintf(key, sizeof key, "%.200s/part-%u", stem, ++part);
        if (is_text(bytes + at, length))
            status = sim_batch_add(out, key, NULL, bytes + at, length);
        at += length;
    }
    return status;
}

// The text of the first element `name`, with any prefix; false: none, too long, or with an
// entity in it, which only a parser of XML resolves.
static bool element(const uint8_t *bytes, size_t size, const char *name,
                    char out[static ELEMENT_SIZE])
{
    const size_t length = strlen(name);
    for (size_t i = 1; i + length < size; i++) {
        if (memcmp(bytes + i, name, length) != 0 || bytes[i + length] != '>'
            || (bytes[i - 1] != '<' && bytes[i - 1] != ':'))
            continue;
        size_t from = i + length + 1, until = from;
        while (until < size && bytes[until] != '<' && bytes[until] != '&')
            until++;
        if (until == size || bytes[until] == '&')
            return false;
        while (from < until && isspace(bytes[from]))
            from++;
        while (until > from && isspace(bytes[until - 1]))
            until--;
        if (until == from || until - from >= ELEMENT_SIZE)
            return false;
        snprintf(out, ELEMENT_SIZE, "%.*s", (int)(until - from), (const char *)bytes + from);
        return true;
    }
    return false;
}

enum drf_status sim_cap_split(const char *stem, const uint8_t *bytes, size_t size,
                              struct sim_batch *out)
{
    char sender[ELEMENT_SIZE], identifier[ELEMENT_SIZE], key[2 * ELEMENT_SIZE];
    if (memmem(bytes, size, "alert", 5) == NULL || memchr(bytes, '<', size) == NULL)
        return DRF_ERR_SYNTAX;
    if (!element(bytes, size, "sender", sender)
        || !element(bytes, size, "identifier", identifier)
        || snprintf(key, sizeof key, "%s,%s", sender, identifier) >= ALERT_ID_SIZE)
        snprintf(key, sizeof key, "%.250s", stem);
    return sim_batch_add(out, key, NULL, bytes, size);
}

bool sim_cap_issued(const uint8_t *bytes, size_t size, int64_t *out_utc_us)
{
    char sent[ELEMENT_SIZE];
    return element(bytes, size, "sent", sent)
           && geo_utc_parse(sent, strlen(sent), out_utc_us) == DRF_OK;
}
