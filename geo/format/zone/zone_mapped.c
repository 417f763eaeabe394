// SPDX-License-Identifier: Apache-2.0
// A zone whose attributes a feed's configuration names.
#include <string.h>

#include "geo/format/zone/zone_reader.h"
#include "geo/format/zone/zone_times.h"
#include "geo/record/refusal.h"
#include "geo/utc.h"

#define M_PER_FT 0.3048
#define M_PER_NM 1852.0

// The member of that name, else the one at the end of that path of members.
static const struct geo_json *find(const struct geo_json *properties, const char *field)
{
    const struct geo_json *at = properties;
    char path[GEO_ZONE_FIELD_SIZE];
    if (field[0] == '\0')
        return NULL;
    if (geo_json_present(geo_json_member(properties, field)))
        return geo_json_member(properties, field);
    memcpy(path, field, sizeof path);
    for (char *name = path; name != NULL && at != NULL;) {
        char *dot = strchr(name, '.');
        if (dot != NULL)
            *dot++ = '\0';
        at = geo_json_member(at, name);
        name = dot;
    }
    return at;
}

// The constant of a field, or the value of the attribute that it names.
static void word_of(const struct geo_json *properties, const char *field,
                    bool (*constant)(const char *word), char out[static GEO_ZONE_WORD_SIZE])
{
    if (constant(field))
        memcpy(out, field, GEO_ZONE_WORD_SIZE);
    else
        geo_zone_word(find(properties, field), out);
}

struct side {
    const char *name; // "lower"
    const char *value, *unit, *reference;
};

static enum drf_status read_side(const struct geo_zone_reader *reader,
                                 const struct geo_json *properties, const struct side *side,
                                 struct geo_zone_limit *out)
{
    const char *no_limit = reader->params->zone_fields.no_limit;
    char unit[GEO_ZONE_WORD_SIZE], reference[GEO_ZONE_WORD_SIZE];
    double number, none;
    *out = (struct geo_zone_limit){.reference = GEO_ZONE_UNLIMITED};
    bool constant = geo_zone_number_parse(side->value, &number);
    const struct geo_json *value = constant ? NULL : find(properties, side->value);
    if (side->value[0] == '\0' || (!constant && !geo_json_present(value)))
        return DRF_OK;
    word_of(properties, side->unit, geo_zone_unit_known, unit);
    word_of(properties, side->reference, geo_zone_reference_known, reference);
    if (strncmp(reference, "UNL", 3) == 0) // the FAA writes UNLTD
        return DRF_OK;
    if (!constant && !geo_zone_number(value, &number))
        return geo_zone_read_limit(reader, side->name, value, NULL, NULL, out); // "GND", "UNL"
    if (geo_zone_number_parse(no_limit, &none) && number == none)
        return DRF_OK;
    return geo_zone_make_limit(reader, side->name, number, unit, reference, out);
}

// False, and *out_m untouched: it is no number.
static bool read_radius(const struct geo_zone_reader *reader, const struct geo_json *properties,
                        double *out_m)
{
    static const double metres[] = {[GEO_ZONE_RADIUS_M] = 1.0,
                                    [GEO_ZONE_RADIUS_FT] = M_PER_FT,
                                    [GEO_ZONE_RADIUS_NM] = M_PER_NM};
    const struct geo_zone_fields *fields = &reader->params->zone_fields;
    double radius;
    if (!geo_zone_number_parse(fields->radius, &radius)
        && !geo_zone_number(find(properties, fields->radius), &radius))
        return false;
    *out_m =
        radius * metres[fields->radius_unit <= GEO_ZONE_RADIUS_NM ? fields->radius_unit : 0];
    return true;
}

void geo_zone_place_mapped(struct geo_zone_reader *reader, const struct geo_json *feature)
{
    const struct geo_json *geometry = geo_json_member(feature, "geometry");
    double radius_m = 0.0;
    if (!geo_json_is(geo_json_member(geometry, "type"), "Point"))
        geo_zone_reach_geometry(reader, geometry);
    else if (read_radius(reader, geo_json_member(feature, "properties"), &radius_m))
        geo_zone_reach_disc(reader, geo_json_member(geometry, "coordinates"), radius_m);
    else
        geo_zone_reach_unknown(reader);
}

static enum drf_status read_geometry(struct geo_zone_reader *reader,
                                     const struct geo_json *feature,
                                     const struct geo_json *properties)
{
    const struct geo_zone_fields *fields = &reader->params->zone_fields;
    const struct side sides[] = {
        {"lower", fields->lower, fields->lower_unit, fields->lower_reference},
        {"upper", fields->upper, fields->upper_unit, fields->upper_reference},
    };
    const struct geo_json *geometry = geo_json_member(feature, "geometry");
    struct geo_zone_limit limits[2];
    double radius_m;
    for (size_t i = 0; i < 2; i++) {
        enum drf_status status = read_side(reader, properties, &sides[i], &limits[i]);
        if (status != DRF_OK)
            return status;
    }
    if (!geo_json_is(geo_json_member(geometry, "type"), "Point"))
        return geo_zone_add_polygons(reader, geometry, limits[0], limits[1]);
    if (!read_radius(reader, properties, &radius_m))
        return geo_zone_bad(reader, GEO_REFUSAL_FORMAT, "its radius", "is not a number");
    return geo_zone_add_disc(reader, geo_json_member(geometry, "coordinates"), radius_m,
                             limits[0], limits[1]);
}

static bool parse_compact(const char *text, size_t size, int64_t *out_utc_us)
{
    int part[5] = {0}; // YYYY MM DD hh mm
    static const size_t ends[5] = {4, 6, 8, 10, 12};
    if (text == NULL || size != ends[4])
        return false;
    for (size_t i = 0, field = 0; i < size; i++) {
        field += i == ends[field];
        if (text[i] < '0' || text[i] > '9')
            return false;
        part[field] = part[field] * 10 + (text[i] - '0');
    }
    return geo_utc_from_fields(
               (struct geo_utc_fields){part[0], part[1], part[2], part[3], part[4], 0},
               out_utc_us)
           == DRF_OK;
}

// False: there is something, and it is no time of the feed's form. `end`: -1 of a begin, 1 of
// an end, 0 of neither; what is no bound leaves *utc_us.
static bool read_time(struct geo_zone_reader *reader, const struct geo_json *value, int end,
                      int64_t *utc_us)
{
    // 2200-01-01, where the calendar of geo/utc.h ends: seconds taken for milliseconds are not.
    const double seconds_max = 7258118400.0;
    size_t size = 0;
    double number;
    const char *text = geo_json_text(value, &size);
    if (!geo_json_present(value) || (end != 0 && geo_zone_no_bound(text, size, end)))
        return true;
    switch (reader->params->zone_fields.times) {
    case GEO_ZONE_TIMES_UNIX_MS:
    case GEO_ZONE_TIMES_UNIX_S:
        if (!geo_zone_number(value, &number))
            return false;
        number /= reader->params->zone_fields.times == GEO_ZONE_TIMES_UNIX_MS ? 1000.0 : 1.0;
        if (!(number >= 0.0 && number <= seconds_max))
            return false;
        if (number > 0.0 || end == 0) // 1970-01-01 bounds nothing: a field that was not filled
            *utc_us = (int64_t)(number * (double)GEO_UTC_SECOND_US);
        return true;
    case GEO_ZONE_TIMES_COMPACT:
        return parse_compact(text, size, utc_us);
    default:
        if (end != 0)
            return text != NULL && geo_zone_bound(reader, text, size, end, utc_us);
        return text != NULL && geo_utc_parse(text, size, utc_us) == DRF_OK;
    }
}

static enum drf_status read_times(struct geo_zone_reader *reader,
                                  const struct geo_json *properties)
{
    const struct geo_zone_fields *fields = &reader->params->zone_fields;
    const struct geo_json *from = find(properties, fields->from);
    const struct geo_json *until = find(properties, fields->until);
    const struct geo_json *data_time = find(properties, fields->data_time);
    int64_t from_utc_us = GEO_ZONE_ALWAYS_FROM_US, until_utc_us = GEO_ZONE_ALWAYS_UNTIL_US;
    int64_t data_utc_us = reader->issued_utc_us;
    if (!read_time(reader, from, -1, &from_utc_us))
        return geo_zone_bad(reader, GEO_REFUSAL_FORMAT, fields->from, "is not a time");
    if (!read_time(reader, until, 1, &until_utc_us))
        return geo_zone_bad(reader, GEO_REFUSAL_FORMAT, fields->until, "is not a time");
    bool dated = geo_json_present(data_time) ? read_time(reader, data_time, 0, &data_utc_us)
                                             : reader->issued_known;
    if (dated) {
        reader->zone.data_time_utc_us = data_utc_us;
        reader->zone.flags |= GEO_ZONE_HAS_DATA_TIME;
    }
    if (geo_json_present(from) || geo_json_present(until))
        return geo_zone_add_interval(reader, from_utc_us, until_utc_us, fields->until);
    reader->zone.flags |= GEO_ZONE_TIMES_ASSUMED;
    return DRF_OK;
}

static void read_restriction(struct geo_zone_reader *reader, const struct geo_json *properties)
{
    const struct geo_zone_fields *fields = &reader->params->zone_fields;
    const struct geo_json *value = find(properties, fields->restriction);
    char word[GEO_ZONE_WORD_SIZE];
    reader->zone.restriction = geo_zone_restriction_parse(fields->restriction);
    if (reader->zone.restriction != 0)
        return;
    geo_zone_word(value, word);
    for (size_t i = 0; i < GEO_ZONE_WORDS_MAX && fields->words[i].word[0] != '\0'; i++)
        if (strcmp(fields->words[i].word, word) == 0) {
            reader->zone.restriction = fields->words[i].restriction;
            return;
        }
    geo_zone_read_restriction(reader, value);
}

enum drf_status geo_zone_read_mapped(struct geo_zone_reader *reader,
                                     const struct geo_json *feature)
{
    const struct geo_zone_fields *fields = &reader->params->zone_fields;
    const struct geo_json *properties = geo_json_member(feature, "properties");
    struct geo_zone *zone = &reader->zone;
    enum drf_status status = geo_zone_read_id(
        reader, NULL,
        fields->id[0] != '\0' ? find(properties, fields->id) : geo_json_member(feature, "id"));
    if (status != DRF_OK)
        return status;
    if (!geo_json_is(geo_json_member(feature, "type"), "Feature"))
        return geo_zone_bad(reader, GEO_REFUSAL_FORMAT, "type", "is not Feature");
    if (geo_json_kind(properties) != GEO_JSON_OBJECT)
        return geo_zone_bad(reader, GEO_REFUSAL_FORMAT, "properties", "is not an object");
    geo_zone_text(find(properties, fields->name), zone->name, sizeof zone->name);
    geo_zone_text(find(properties, fields->reason), zone->reason, sizeof zone->reason);
    geo_zone_text(find(properties, fields->message), zone->message, sizeof zone->message);
    read_restriction(reader, properties);
    status = read_times(reader, properties);
    reader->times_read = status == DRF_OK;
    return status == DRF_OK ? read_geometry(reader, feature, properties) : status;
}
