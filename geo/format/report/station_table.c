// SPDX-License-Identifier: Apache-2.0
// Lines or features are collected in an array, which is sorted by id once and searched by
// bisection. An id that appears twice is refused: no rule could choose the position. The
// hash is over the sorted array, so it does not depend on the order of the lines; it is part
// of the feed's fingerprint. CSV is cut at commas; quotes around a column are removed,
// commas inside quotes are not supported.
#include "geo/format/report/station_table.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "geo/bounds.h"
#include "geo/hash.h"
#include "geo/reader/json.h"
#include "geo/record/decode_counts.h"
#include "geo/record/refusal.h"

enum { COLUMNS = 4, COLUMN_SIZE = 40 };

struct place {
    char id[GEO_STATION_ID_SIZE];
    struct geo_point position;
    bool has_elevation;
    double elevation_amsl_m;
    uint64_t line;
};

struct geo_station_table {
    struct place *places; // by id
    size_t count, room;
};

static bool id_valid(const char *id)
{
    size_t length = strlen(id);
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)id[i] <= ' ' || (unsigned char)id[i] >= 0x7f || id[i] == '"')
            return false;
    return length > 0;
}

static enum drf_status add(struct geo_station_table *table, const struct place *place,
                           struct geo_note *why)
{
    const struct geo_point p = place->position;
    bool on_globe = fabs(p.lat_deg) <= 90.0 && fabs(p.lon_deg) <= 180.0;
    bool high = place->has_elevation
                && !(place->elevation_amsl_m >= -1000.0 && place->elevation_amsl_m <= 10000.0);
    if (!id_valid(place->id))
        return geo_refuse(why, GEO_REFUSAL_FORMAT, place->line, "an id is missing or invalid");
    if (!on_globe || high)
        return geo_refuse(why, GEO_REFUSAL_RANGE, place->line,
                          "%s: latitude, longitude or elevation is not possible", place->id);
    if (table->count == GEO_STATION_TABLE_MAX)
        return DRF_ERR_FULL;
    if (table->count == table->room) {
        size_t room = table->room == 0 ? 256 : table->room * 2;
        struct place *places = realloc(table->places, room * sizeof *places);
        if (places == NULL)
            return DRF_ERR_NOMEM;
        table->places = places;
        table->room = room;
    }
    table->places[table->count++] = *place;
    return DRF_OK;
}

static bool number(const char *text, double *out)
{
    char *end;
    *out = strtod(text, &end);
    return end != text && *end == '\0' && isfinite(*out);
}

// Cuts a line into its columns, without blanks and quotes around them.
static size_t cut(const char *line, size_t size, char columns[COLUMNS][COLUMN_SIZE])
{
    size_t count = 0, at = 0;
    while (count < COLUMNS) {
        const char *comma = memchr(line + at, ',', size - at);
        size_t end = comma != NULL ? (size_t)(comma - line) : size, first = at, last = end;
        while (first < last
               && (line[first] == ' ' || line[first] == '\t' || line[first] == '"'))
            first++;
        while (last > first
               && (line[last - 1] == ' ' || line[last - 1] == '\t' || line[last - 1] == '\r'
                   || line[last - 1] == '"'))
            last--;
        if (last - first >= COLUMN_SIZE)
            return 0;
        memcpy(columns[count], line + first, last - first);
        columns[count++][last - first] = '\0';
        if (comma == NULL)
            return count;
        at = end + 1;
    }
    return count;
}

static enum drf_status read_line(struct geo_station_table *table, const char *text, size_t size,
                                 uint64_t line, struct geo_note *why)
{
    char columns[COLUMNS][COLUMN_SIZE] = {{0}};
    size_t blanks = 0;
    while (blanks < size && (unsigned char)text[blanks] <= ' ')
        blanks++;
    if (blanks == size || text[blanks] == '#')
        return DRF_OK;
    size_t count = cut(text, size, columns);
    if (line == 1 && (strcmp(columns[0], "id") == 0 || strcmp(columns[0], "ident") == 0))
        return DRF_OK;
    struct place place = {.line = line};
    if (count < 3 || strlen(columns[0]) >= sizeof place.id
        || !number(columns[1], &place.position.lat_deg)
        || !number(columns[2], &place.position.lon_deg)
        || (columns[3][0] != '\0' && !number(columns[3], &place.elevation_amsl_m)))
        return geo_refuse(why, GEO_REFUSAL_FORMAT, line, "a station is id,lat,lon,elevation_m");
    memcpy(place.id, columns[0], strlen(columns[0]) + 1);
    place.has_elevation = columns[3][0] != '\0';
    return add(table, &place, why);
}

static enum drf_status read_csv(struct geo_station_table *table, const char *text, size_t size,
                                struct geo_note *why)
{
    enum drf_status status = DRF_OK;
    uint64_t line = 1;
    for (size_t at = 0; at < size && status == DRF_OK; line++) {
        const char *end = memchr(text + at, '\n', size - at);
        size_t length = end != NULL ? (size_t)(end - text) - at : size - at;
        status = read_line(table, text + at, length, line, why);
        at += length + 1;
    }
    return status;
}

static enum drf_status read_feature(struct geo_station_table *table,
                                    const struct geo_json *feature, uint64_t number_of,
                                    struct geo_note *why)
{
    const struct geo_json *geometry = geo_json_member(feature, "geometry");
    const struct geo_json *properties = geo_json_member(feature, "properties");
    const struct geo_json *place = geo_json_member(geometry, "coordinates");
    const struct geo_json *id = geo_json_member(feature, "id");
    id = geo_json_present(id) ? id : geo_json_member(properties, "id");
    const struct geo_json *high = geo_json_member(properties, "elevation_m");
    size_t size = 0;
    const char *text = geo_json_text(id, &size);
    struct place made = {.line = number_of};
    if (!geo_json_is(geo_json_member(geometry, "type"), "Point") || text == NULL
        || size >= sizeof made.id
        || !geo_json_number(geo_json_at(place, 0), &made.position.lon_deg)
        || !geo_json_number(geo_json_at(place, 1), &made.position.lat_deg)
        || (geo_json_present(high) && !geo_json_number(high, &made.elevation_amsl_m)))
        return geo_refuse(why, GEO_REFUSAL_FORMAT, number_of,
                          "feature %llu: a station is a Point with a text id and elevation_m",
                          (unsigned long long)number_of);
    memcpy(made.id, text, size);
    made.has_elevation = geo_json_present(high);
    return add(table, &made, why);
}

static enum drf_status read_geojson(struct geo_station_table *table, const uint8_t *bytes,
                                    size_t size, struct geo_note *why)
{
    struct geo_json *document;
    enum drf_status status = geo_json_open(bytes, size, &document, why);
    if (status != DRF_OK)
        return status;
    const struct geo_json *features = geo_json_member(document, "features");
    if (geo_json_kind(features) != GEO_JSON_ARRAY)
        status = geo_refuse(why, GEO_REFUSAL_FORMAT, 0, "not a FeatureCollection of stations");
    for (size_t i = 0; i < geo_json_count(features) && status == DRF_OK; i++)
        status = read_feature(table, geo_json_at(features, i), i + 1, why);
    geo_json_close(document);
    return status;
}

static int by_id(const void *a, const void *b)
{
    return strcmp(((const struct place *)a)->id, ((const struct place *)b)->id);
}

enum drf_status geo_station_table_open(const uint8_t *bytes, size_t size,
                                       struct geo_station_table **out, struct geo_note *why)
{
    struct geo_station_table *table = calloc(1, sizeof *table);
    if (table == NULL)
        return DRF_ERR_NOMEM;
    *why = (struct geo_note){.count = 1};
    size_t blanks = 0;
    while (blanks < size && bytes[blanks] <= ' ')
        blanks++;
    enum drf_status status = blanks < size && bytes[blanks] == '{'
                                 ? read_geojson(table, bytes, size, why)
                                 : read_csv(table, (const char *)bytes, size, why);
    if (status == DRF_OK && table->count > 1)
        qsort(table->places, table->count, sizeof *table->places, by_id);
    for (size_t i = 1; i < table->count && status == DRF_OK; i++)
        if (by_id(&table->places[i - 1], &table->places[i]) == 0)
            status = geo_refuse(why, GEO_REFUSAL_FORMAT, table->places[i].line,
                                "%s is in the table twice", table->places[i].id);
    if (status != DRF_OK) {
        geo_station_table_close(table);
        return status;
    }
    *out = table;
    return DRF_OK;
}

void geo_station_table_close(struct geo_station_table *table)
{
    if (table == NULL)
        return;
    free(table->places);
    free(table);
}

static uint64_t mix_number(uint64_t hash, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    hash = (hash ^ bits) * UINT64_C(0x9E3779B97F4A7C15);
    return hash ^ (hash >> 29);
}

uint64_t geo_station_table_hash(const struct geo_station_table *table)
{
    uint64_t hash = GEO_HASH_START;
    for (size_t i = 0; i < table->count; i++) {
        const struct place *place = &table->places[i];
        hash = geo_hash_bytes(hash, place->id, strlen(place->id) + 1);
        hash = mix_number(hash, place->position.lat_deg);
        hash = mix_number(hash, place->position.lon_deg);
        hash = mix_number(hash, place->has_elevation ? place->elevation_amsl_m : -9999.0);
    }
    return hash;
}

static const struct place *find(const struct geo_station_table *table, const char *id)
{
    struct place key = {.line = 0};
    memcpy(key.id, id, sizeof key.id);
    return table->count == 0
               ? NULL
               : bsearch(&key, table->places, table->count, sizeof *table->places, by_id);
}

static enum drf_status place_one(const struct geo_station_table *table, struct geo_bounds keep,
                                 const struct geo_station *from,
                                 struct geo_decode_counts *counts,
                                 struct geo_record_builder *builder)
{
    const struct place *place = find(table, from->id);
    if (place == NULL) {
        struct geo_note note;
        enum drf_status status =
            geo_refuse(&note, GEO_REFUSAL_GEOREFERENCE, 0,
                       "%s: not in the table of stations, position unknown", from->id);
        return status != DRF_OK ? geo_decode_counts_refuse(counts, builder, &note) : DRF_OK;
    }
    struct geo_station placed = *from;
    placed.position = place->position;
    placed.flags |= GEO_STATION_PLACED;
    if (place->has_elevation) {
        placed.flags |= GEO_STATION_HAS_ELEVATION;
        placed.elevation_amsl_m = place->elevation_amsl_m;
    }
    bool inside = geo_bounds_hold(keep, placed.position);
    placed.flags |= inside ? 0 : (uint32_t)GEO_STATION_OUTSIDE;
    counts->kept += inside;
    counts->out_of_region += !inside;
    counts->told += !inside;
    return geo_record_add(builder, GEO_ITEM_STATION, &placed, sizeof placed, NULL, 0);
}

enum drf_status geo_station_table_place(const struct geo_station_table *table,
                                        struct geo_bounds keep, struct geo_record record,
                                        struct geo_record_builder *builder,
                                        struct geo_note *why)
{
    struct geo_decode_counts counts = {0};
    size_t cursor = 0;
    struct geo_item item;
    enum drf_status status = DRF_OK;
    *why = (struct geo_note){.count = 1};
    while (status == DRF_OK && geo_record_next(record, &cursor, &item))
        status = item.kind == GEO_ITEM_STATION
                     ? place_one(table, keep, item.payload, &counts, builder)
                     : geo_record_add(builder, item.kind, item.payload, item.size, NULL, 0);
    if (status == DRF_OK && counts.kept == 0 && counts.out_of_region == 0)
        return geo_refuse(why, GEO_REFUSAL_GEOREFERENCE, 0,
                          "no station of it is in the table of stations");
    return status == DRF_OK ? geo_decode_counts_finish(&counts, "stations", builder, why)
                            : status;
}
