// SPDX-License-Identifier: Apache-2.0
// Limits and circles of a zone. A limit is a number, a unit and a reference, each
// a word from a short list; an unknown one refuses the zone, because a wrong datum would
// move the limit by tens of metres. 99999 and more is unlimited in any unit. Numbers are
// parsed here and not by strtod(): texts must not depend on the locale, nor admit "inf". A
// volume is filled in place and counted only when its shape has been accepted.
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "geo/format/zone/zone_reader.h"
#include "geo/record/refusal.h"

#define M_PER_FT 0.3048
// Publishers write "no upper limit" as 99999, in whichever unit.
#define UNLIMITED_FROM 99999.0
#define LIMIT_MAX_M 100000.0
#define RADIUS_MAX_M 1000000.0

// Digits with a sign and a fraction; nothing else, so that no locale and no "inf" comes in.
static bool parse_decimal(const char *text, size_t size, double *out)
{
    size_t at = 0;
    double value = 0.0, scale = 1.0;
    bool negative = size > 0 && text[0] == '-', point = false, digits = false;
    at += size > 0 && (text[0] == '-' || text[0] == '+');
    if (size - at > 24)
        return false;
    for (; at < size; at++) {
        if (text[at] == '.' && !point) {
            point = true;
            continue;
        }
        if (text[at] < '0' || text[at] > '9')
            return false;
        digits = true;
        value = value * 10.0 + (text[at] - '0');
        scale *= point ? 10.0 : 1.0;
    }
    if (!digits)
        return false;
    *out = (negative ? -value : value) / scale;
    return true;
}

// Without case: authorities write AGL, agl and Agl.
bool geo_zone_same(const char *word, const char *known)
{
    while (*word != '\0' && *known != '\0' && (*word | 0x20) == (*known | 0x20)) {
        word++;
        known++;
    }
    return *word == *known;
}

static bool is_one_of(const char *word, const char *const words[static 1])
{
    for (size_t i = 0; words[i] != NULL; i++)
        if (geo_zone_same(word, words[i]))
            return true;
    return false;
}

static bool reference_of(const char *word, uint32_t *out)
{
    static const struct {
        const char *const words[4];
        uint32_t reference;
    } known[] = {
        {{"AGL", "SFC", "GND", NULL}, GEO_ZONE_AGL},
        {{"AMSL", "MSL", "EGM96", NULL}, GEO_ZONE_AMSL},
        {{"WGS84", "W84", "HAE", NULL}, GEO_ZONE_WGS84},
        {{"STD", "FL", "PRESSURE", NULL}, GEO_ZONE_PRESSURE},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (is_one_of(word, known[i].words)) {
            *out = known[i].reference;
            return true;
        }
    return false;
}

bool geo_zone_reference_known(const char *word)
{
    uint32_t reference;
    return reference_of(word, &reference);
}

// Metres in one of a unit; 0: it is none.
static double metres_in(const char *unit)
{
    static const char *const feet[] = {"FT", "FEET", "FOOT", NULL};
    static const char *const metres[] = {"M", "MT", "METERS", "METRES", "METER", "METRE", NULL};
    static const char *const levels[] = {"FL", NULL};
    return is_one_of(unit, feet)     ? M_PER_FT
           : is_one_of(unit, metres) ? 1.0
           : is_one_of(unit, levels) ? 100.0 * M_PER_FT
                                     : 0.0;
}

bool geo_zone_unit_known(const char *word) { return metres_in(word) > 0.0; }

bool geo_zone_number(const struct geo_json *value, double *out)
{
    size_t size = 0;
    const char *text = geo_json_text(value, &size);
    return text != NULL ? parse_decimal(text, size, out) : geo_json_number(value, out);
}

bool geo_zone_number_parse(const char *text, double *out)
{
    return parse_decimal(text, strlen(text), out);
}

enum drf_status geo_zone_make_limit(const struct geo_zone_reader *reader, const char *name,
                                    double number, const char *unit, const char *reference,
                                    struct geo_zone_limit *out)
{
    static const char *const levels[] = {"FL", NULL};
    *out = (struct geo_zone_limit){.reference = GEO_ZONE_UNLIMITED};
    if (number >= UNLIMITED_FROM)
        return DRF_OK;
    uint32_t over = GEO_ZONE_UNLIMITED;
    bool level = is_one_of(unit, levels);
    if (!(level && reference[0] == '\0') && !reference_of(reference, &over))
        return geo_zone_bad(reader, GEO_REFUSAL_VERTICAL, name,
                            "does not say over what (AGL, AMSL, WGS84, STD)");
    if (metres_in(unit) == 0.0)
        return geo_zone_bad(reader, GEO_REFUSAL_FORMAT, name, "is not in metres, feet or FL");
    if (!level && is_one_of(reference, levels)) // 95 m, or FL95, which is 2,896 m
        return geo_zone_bad(reader, GEO_REFUSAL_VERTICAL, name,
                            "is over FL in metres or feet: a level, or a height?");
    number *= metres_in(unit);
    if (!(fabs(number) <= LIMIT_MAX_M))
        return geo_zone_bad(reader, GEO_REFUSAL_RANGE, name, "is not possible");
    *out = (struct geo_zone_limit){.m = number, .reference = level ? GEO_ZONE_PRESSURE : over};
    return DRF_OK;
}

void geo_zone_word(const struct geo_json *value, char out[static GEO_ZONE_WORD_SIZE])
{
    size_t size = 0;
    int64_t whole;
    const char *text = geo_json_text(value, &size);
    memset(out, 0, GEO_ZONE_WORD_SIZE);
    if (text != NULL && size < GEO_ZONE_WORD_SIZE && memchr(text, '\0', size) == NULL)
        memcpy(out, text, size);
    else if (text != NULL || geo_json_present(value))
        out[0] = '?'; // too long for any word, or none at all
    if (geo_json_whole(value, &whole))
        (void)snprintf(out, GEO_ZONE_WORD_SIZE, "%" PRId64, whole);
}

enum drf_status geo_zone_read_limit(const struct geo_zone_reader *reader, const char *name,
                                    const struct geo_json *value, const struct geo_json *unit,
                                    const struct geo_json *reference,
                                    struct geo_zone_limit *out)
{
    static const char *const endless[] = {"UNL", "UNLIMITED", "", NULL};
    static const char *const ground[] = {"GND", "SFC", "GROUND", NULL};
    char word[GEO_ZONE_WORD_SIZE], unit_word[sizeof word], reference_word[sizeof word];
    double number;
    geo_zone_word(value, word);
    *out = (struct geo_zone_limit){.reference = GEO_ZONE_UNLIMITED};
    if (!geo_json_present(value) || is_one_of(word, endless))
        return DRF_OK;
    if (is_one_of(word, ground)) {
        out->reference = GEO_ZONE_AGL;
        return DRF_OK;
    }
    if (!geo_zone_number(value, &number))
        return geo_zone_bad(reader, GEO_REFUSAL_FORMAT, name, "is not a number");
    geo_zone_word(unit, unit_word);
    geo_zone_word(reference, reference_word);
    return geo_zone_make_limit(reader, name, number, unit_word, reference_word, out);
}

enum drf_status geo_zone_begin_volume(struct geo_zone_reader *reader,
                                      struct geo_zone_limit lower, struct geo_zone_limit upper)
{
    if (reader->zone.volume_count == GEO_ZONE_VOLUMES_MAX)
        return geo_zone_bad(reader, GEO_REFUSAL_TOO_LARGE, "it", "has more than 64 volumes");
    // Of no height, it would hold nobody: that is not what it was published for.
    if (lower.reference == upper.reference && lower.reference != GEO_ZONE_UNLIMITED
        && lower.m >= upper.m)
        return geo_zone_bad(reader, GEO_REFUSAL_RANGE, "its lower limit",
                            "is not below the upper one");
    if (upper.reference == GEO_ZONE_AGL && upper.m <= 0.0)
        return geo_zone_bad(reader, GEO_REFUSAL_RANGE, "its upper limit", "is the ground");
    reader->volumes[reader->zone.volume_count] =
        (struct geo_zone_volume){.lower = lower, .upper = upper};
    return DRF_OK;
}

struct geo_zone_volume *geo_zone_next_volume(struct geo_zone_reader *reader)
{
    return &reader->volumes[reader->zone.volume_count++];
}

enum drf_status geo_zone_add_disc(struct geo_zone_reader *reader, const struct geo_json *centre,
                                  double radius_m, struct geo_zone_limit lower,
                                  struct geo_zone_limit upper)
{
    struct geo_point point;
    double x, y;
    enum drf_status status = geo_zone_begin_volume(reader, lower, upper);
    if (status != DRF_OK)
        return status;
    if (geo_json_count(centre) < 2 || !geo_json_number(geo_json_at(centre, 0), &x)
        || !geo_json_number(geo_json_at(centre, 1), &y))
        return geo_zone_bad(reader, GEO_REFUSAL_FORMAT, "its centre",
                            "is not [longitude, latitude]");
    if (!geo_geojson_crs_point(&reader->crs, x, y, &point))
        return geo_zone_bad(reader, GEO_REFUSAL_RANGE, "its centre", "is off the globe");
    if (!(radius_m > 0.0 && radius_m <= RADIUS_MAX_M))
        return geo_zone_bad(reader, GEO_REFUSAL_RANGE, "its radius", "is not possible");
    struct geo_zone_volume *volume = geo_zone_next_volume(reader);
    volume->shape = GEO_ZONE_CIRCLE;
    volume->centre = point;
    volume->radius_m = radius_m;
    return DRF_OK;
}

enum drf_status geo_zone_add_circle(struct geo_zone_reader *reader,
                                    const struct geo_json *centre,
                                    const struct geo_json *radius_m,
                                    struct geo_zone_limit lower, struct geo_zone_limit upper)
{
    double radius;
    if (!geo_zone_number(radius_m, &radius))
        return geo_zone_bad(reader, GEO_REFUSAL_FORMAT, "its radius", "is not a number");
    return geo_zone_add_disc(reader, centre, radius, lower, upper);
}
