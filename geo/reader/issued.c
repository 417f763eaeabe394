// SPDX-License-Identifier: Apache-2.0
#include "geo/reader/issued.h"

#include <string.h>

#include "geo/utc.h"

static bool time_of(const struct geo_json *value, int64_t *out_utc_us)
{
    size_t size = 0;
    const char *text = geo_json_text(value, &size);
    return text != NULL && geo_utc_parse(text, size, out_utc_us) == DRF_OK;
}

bool geo_issued_json(const struct geo_json *document, int64_t *out_utc_us)
{
    const struct geo_json *metadata = geo_json_member(document, "metadata");
    return time_of(geo_json_member(metadata, "issued"), out_utc_us)
           || time_of(geo_json_member(metadata, "createdAt"), out_utc_us)
           || time_of(geo_json_member(document, "createdAt"), out_utc_us)
           || time_of(geo_json_member(document, "alert_datetime"), out_utc_us);
}

static bool two_digits(const char *at, int *out)
{
    if (at[0] < '0' || at[0] > '9' || at[1] < '0' || at[1] > '9')
        return false;
    *out = (at[0] - '0') * 10 + (at[1] - '0');
    return true;
}

bool geo_issued_dof(const char *text, size_t size, int64_t *out_utc_us)
{
    static const char words[] = "CURRENCY DATE = ";
    enum { DATE_SIZE = 8 }; // 02/18/24
    const char *end = size > 0 ? memchr(text, '\n', size) : NULL;
    size_t length = end != NULL ? (size_t)(end - text) : size, at = 0;
    struct geo_utc_fields date = {.hour = 0};
    while (at < length && text[at] == ' ')
        at++;
    if (length - at < sizeof words - 1 + DATE_SIZE
        || memcmp(text + at, words, sizeof words - 1) != 0)
        return false;
    const char *digits = text + at + sizeof words - 1;
    if (!two_digits(digits, &date.month) || digits[2] != '/'
        || !two_digits(digits + 3, &date.day) || digits[5] != '/'
        || !two_digits(digits + 6, &date.year))
        return false;
    date.year += 2000; // the file is younger than the century
    return geo_utc_from_fields(date, out_utc_us) == DRF_OK;
}

bool geo_issued_read(enum geo_format format, const uint8_t *bytes, size_t size,
                     int64_t *out_utc_us)
{
    struct geo_json *document;
    struct geo_note ignored;
    switch (format) {
    case GEO_FORMAT_DOF:
        return geo_issued_dof((const char *)bytes, size, out_utc_us);
    case GEO_FORMAT_ED269:
    case GEO_FORMAT_ED318:
    case GEO_FORMAT_GEOJSON_ZONES:
    case GEO_FORMAT_GCN:
        break;
    default:
        return false;
    }
    if (geo_json_open(bytes, size, &document, &ignored) != DRF_OK)
        return false;
    bool known = geo_issued_json(document, out_utc_us);
    geo_json_close(document);
    return known;
}
