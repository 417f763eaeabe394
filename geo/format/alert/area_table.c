// SPDX-License-Identifier: Apache-2.0
// Each polygon of the file, and each further ring of one that is no hole in it, is a part: its
// code in the form that is compared, and a run of vertices in one array. The parts are sorted
// by code and searched by bisection; a part without vertices marks a code whose area could not
// be read. Rings are judged when they are used, by the rules of all alerts (notice.c): what is
// wrong with one becomes the box around it.
#include "geo/format/alert/area_table.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "geo/format/alert/notice.h"
#include "geo/hash.h"
#include "geo/reader/json.h"
#include "geo/record/refusal.h"
#include "geo/ring.h"

// Of vertices of holes against edges of the rings around them, of a whole file: some seconds.
#define HOLE_TESTS_MAX (UINT64_C(1) << 30)

struct part {
    char code[GEO_AREA_CODE_SIZE];
    size_t first, count; // its ring, as it is written; 0: it could not be read
};

struct geo_area_table {
    struct part *parts; // by code
    size_t count, room;
    struct geo_point *points;
    size_t point_count, point_room;
    bool same;    // the codes are those of SAME
    bool numbers; // they are compared without leading zeros
    uint64_t hash;
    uint64_t hole_tests; // so many were made
};

static void strip_zeros(char code[static GEO_AREA_CODE_SIZE])
{
    size_t zeros = strspn(code, "0"), size = strlen(code);
    if (zeros < size && strspn(code, "0123456789") == size) {
        memmove(code, code + zeros, size - zeros);
        memset(code + size - zeros, 0, zeros);
    }
}

// False: the feature has no such property, or it can be no code.
static bool read_code(struct geo_area_table *table, const struct geo_json *feature,
                      const char *property, char out[static GEO_AREA_CODE_SIZE])
{
    const struct geo_json *value =
        geo_json_member(geo_json_member(feature, "properties"), property);
    size_t size = 0;
    int64_t number;
    const char *text = geo_json_text(value, &size);
    memset(out, 0, GEO_AREA_CODE_SIZE);
    if (geo_json_whole(value, &number)) {
        (void)snprintf(out, GEO_AREA_CODE_SIZE, "%" PRId64, number);
        table->numbers = true;
    } else if (text != NULL && size < GEO_AREA_CODE_SIZE && strlen(text) == size) {
        memcpy(out, text, size);
    }
    return out[0] != '\0';
}

static enum drf_status add_part(struct geo_area_table *table,
                                const char code[static GEO_AREA_CODE_SIZE], size_t first)
{
    if (table->count == table->room) {
        size_t room = table->room == 0 ? 1024 : table->room * 2;
        struct part *more = realloc(table->parts, room * sizeof *more);
        if (more == NULL)
            return DRF_ERR_NOMEM;
        table->parts = more;
        table->room = room;
    }
    struct part *part = &table->parts[table->count++];
    *part = (struct part){.first = first, .count = table->point_count - first};
    memcpy(part->code, code, sizeof part->code);
    return DRF_OK;
}

// *read is false, and nothing is added, if it is no ring of positions.
static enum drf_status add_ring(struct geo_area_table *table, const struct geo_json *ring,
                                bool *read)
{
    size_t count = geo_json_count(ring), needed = table->point_count + count;
    *read = count >= 4;
    if (!*read)
        return DRF_OK;
    if (needed > table->point_room) {
        size_t room = needed > 2 * table->point_room ? needed : 2 * table->point_room;
        struct geo_point *more = realloc(table->points, room * sizeof *more);
        if (more == NULL)
            return DRF_ERR_NOMEM;
        table->points = more;
        table->point_room = room;
    }
    struct geo_point *out = table->points + table->point_count;
    for (size_t i = 0; i < count && *read; i++)
        *read = geo_json_number(geo_json_at(geo_json_at(ring, i), 0), &out[i].lon_deg)
                && geo_json_number(geo_json_at(geo_json_at(ring, i), 1), &out[i].lat_deg);
    table->point_count += *read ? count : 0;
    return DRF_OK;
}

// Whether the ring added last is a hole of the one at `outer`: that is taken as inside. Where
// the answer is too dear it is taken for an area of its own, which is never less.
static bool is_hole(struct geo_area_table *table, size_t outer, size_t outer_count,
                    size_t first)
{
    size_t count = table->point_count - first;
    bool inside = table->hole_tests + (uint64_t)count * outer_count <= HOLE_TESTS_MAX;
    table->hole_tests += inside ? (uint64_t)count * outer_count : 0;
    for (size_t i = 0; i < count && inside; i++)
        inside = geo_ring_holds(table->points + outer, outer_count, table->points[first + i]);
    return inside;
}

// Each ring of a polygon that is not a hole in its first one.
static enum drf_status add_polygon(struct geo_area_table *table, const struct geo_json *rings,
                                   const char code[static GEO_AREA_CODE_SIZE], bool *read)
{
    const size_t outer = table->point_count;
    size_t outer_count = 0;
    enum drf_status status = add_ring(table, geo_json_at(rings, 0), read);
    if (status == DRF_OK && *read) {
        outer_count = table->point_count - outer;
        status = add_part(table, code, outer);
    }
    for (size_t i = 1; i < geo_json_count(rings) && *read && status == DRF_OK; i++) {
        const size_t first = table->point_count;
        if (geo_json_count(geo_json_at(rings, i)) == 0)
            continue;
        status = add_ring(table, geo_json_at(rings, i), read);
        if (status != DRF_OK || !*read)
            break;
        if (is_hole(table, outer, outer_count, first))
            table->point_count = first;
        else
            status = add_part(table, code, first);
    }
    return status;
}

static enum drf_status add_feature(struct geo_area_table *table, const struct geo_json *feature,
                                   const char *property, bool *has_code)
{
    const struct geo_json *geometry = geo_json_member(feature, "geometry");
    const struct geo_json *list = geo_json_member(geometry, "coordinates");
    bool single = geo_json_is(geo_json_member(geometry, "type"), "Polygon");
    bool read = single || geo_json_is(geo_json_member(geometry, "type"), "MultiPolygon");
    size_t count = single ? 1 : geo_json_count(list);
    char code[GEO_AREA_CODE_SIZE];
    *has_code = read_code(table, feature, property, code);
    if (!*has_code)
        return DRF_OK;
    enum drf_status status = DRF_OK;
    read = read && count > 0;
    for (size_t i = 0; i < count && read && status == DRF_OK; i++) {
        const struct geo_json *rings = single ? list : geo_json_at(list, i);
        status = add_polygon(table, rings, code, &read);
    }
    return status == DRF_OK && !read ? add_part(table, code, table->point_count) : status;
}

static enum drf_status read_features(struct geo_area_table *table,
                                     const struct geo_json *document, const char *property,
                                     struct geo_note *why)
{
    const struct geo_json *features = geo_json_member(document, "features");
    size_t coded = 0, count = geo_json_count(features);
    enum drf_status status = DRF_OK;
    if (geo_json_kind(features) != GEO_JSON_ARRAY)
        return geo_refuse(why, GEO_REFUSAL_FORMAT, 0, "not a FeatureCollection of areas");
    for (size_t i = 0; i < count && status == DRF_OK; i++) {
        bool has_code = false;
        status = add_feature(table, geo_json_at(features, i), property, &has_code);
        coded += has_code;
    }
    if (status == DRF_OK && coded == 0)
        return geo_refuse(why, GEO_REFUSAL_FORMAT, 0,
                          "none of its %zu features has a property %s that is a code", count,
                          property);
    return status;
}

static int by_code(const void *a, const void *b)
{
    return strcmp(((const struct part *)a)->code, ((const struct part *)b)->code);
}

enum drf_status geo_area_table_open(const uint8_t *bytes, size_t size, const char *property,
                                    const char *name, struct geo_area_table **out,
                                    struct geo_note *why)
{
    static const uint8_t mark[] = {0xef, 0xbb, 0xbf};
    struct geo_json *document = NULL;
    struct geo_area_table *table = calloc(1, sizeof *table);
    if (table == NULL)
        return DRF_ERR_NOMEM;
    *why = (struct geo_note){.count = 1};
    table->same = table->numbers = strcasecmp(name, "SAME") == 0;
    table->hash = geo_hash_text(geo_hash_bytes(GEO_HASH_START, bytes, size), property);
    if (size >= sizeof mark && memcmp(bytes, mark, sizeof mark) == 0) {
        bytes += sizeof mark;
        size -= sizeof mark;
    }
    enum drf_status status = geo_json_open(bytes, size, &document, why);
    if (status == DRF_OK)
        status = read_features(table, document, property, why);
    geo_json_close(document);
    if (status != DRF_OK) {
        geo_area_table_close(table);
        return status;
    }
    for (size_t i = 0; i < table->count && table->numbers; i++)
        strip_zeros(table->parts[i].code);
    if (table->count > 1)
        qsort(table->parts, table->count, sizeof *table->parts, by_code);
    *out = table;
    return DRF_OK;
}

void geo_area_table_close(struct geo_area_table *table)
{
    if (table == NULL)
        return;
    free(table->parts);
    free(table->points);
    free(table);
}

uint64_t geo_area_table_hash(const struct geo_area_table *table) { return table->hash; }

// The first part of a code and how many it has; 0: the code is not known.
static size_t find(const struct geo_area_table *table, const char *code, size_t *first)
{
    struct part key = {.count = 0};
    memcpy(key.code, code, sizeof key.code);
    size_t low = 0, high = table->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (by_code(&table->parts[middle], &key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    size_t count = 0;
    for (; low + count < table->count && by_code(&table->parts[low + count], &key) == 0;
         count++)
        if (table->parts[low + count].count == 0)
            return 0;
    *first = low;
    return count;
}

size_t geo_area_table_count(const struct geo_area_table *table)
{
    size_t codes = 0, first = 0;
    for (size_t i = 0; i < table->count; i++)
        codes += (i == 0 || by_code(&table->parts[i - 1], &table->parts[i]) != 0)
                 && find(table, table->parts[i].code, &first) > 0;
    return codes;
}

static size_t find_code(const struct geo_area_table *table, const char *code, size_t *first)
{
    enum { SAME_DIGITS = 6 };
    char wanted[GEO_AREA_CODE_SIZE];
    memcpy(wanted, code, sizeof wanted);
    if (table->numbers)
        strip_zeros(wanted);
    size_t count = find(table, wanted, first);
    if (count == 0 && table->same && strlen(code) == SAME_DIGITS) {
        memcpy(wanted, code + 1, sizeof wanted - 1);
        strip_zeros(wanted);
        count = find(table, wanted, first);
    }
    return count;
}

static enum drf_status add_areas(const struct geo_area_table *table, const char *code,
                                 struct geo_notice *notice)
{
    size_t first = 0, count = find_code(table, code, &first);
    enum drf_status status = DRF_OK;
    for (size_t i = first; i < first + count && status == DRF_OK; i++) {
        const struct part *part = &table->parts[i];
        struct geo_point *ring = malloc(part->count * sizeof *ring);
        if (ring == NULL)
            return DRF_ERR_NOMEM;
        memcpy(ring, table->points + part->first, part->count * sizeof *ring);
        status = geo_notice_polygon(notice, ring, part->count);
        free(ring);
    }
    return status;
}

// The areas that the alert states itself; polygons are closed again.
static enum drf_status add_stated(const struct geo_zone_view *view, struct geo_notice *notice)
{
    enum drf_status status = DRF_OK;
    for (uint32_t i = 0; i < view->zone->volume_count && status == DRF_OK; i++) {
        const struct geo_zone_volume *volume = &view->volumes[i];
        if (volume->shape == GEO_ZONE_CIRCLE)
            geo_notice_circle(notice, volume->centre, volume->radius_m);
        if (volume->shape != GEO_ZONE_POLYGON)
            continue;
        size_t count = volume->vertex_count;
        struct geo_point *ring = malloc((count + 1) * sizeof *ring);
        if (ring == NULL)
            return DRF_ERR_NOMEM;
        memcpy(ring, view->vertices + volume->first_vertex, count * sizeof *ring);
        ring[count] = ring[0];
        status = geo_notice_polygon(notice, ring, count + 1);
        free(ring);
    }
    return status;
}

static enum drf_status place_one(const struct geo_area_table *table, struct geo_bounds keep,
                                 const struct geo_item *codes, const struct geo_item *alert,
                                 struct geo_record_builder *builder, struct geo_note *why)
{
    const struct geo_area_codes *head = codes->payload;
    const struct geo_zone_view view = geo_item_zone(alert);
    const struct geo_decode_params params = {.keep = keep};
    struct geo_notice notice;
    for (uint32_t i = 0; i < head->count; i++) {
        size_t first;
        if (find_code(table, geo_item_code(codes, i), &first) == 0)
            return geo_record_add(builder, alert->kind, alert->payload, alert->size, NULL, 0);
    }
    enum drf_status status = geo_notice_open(&params, builder, why, &notice);
    if (status == DRF_OK) {
        uint32_t *vertices = &notice.zone.vertex_count, *volumes = &notice.zone.volume_count;
        notice.zone = *view.zone;
        *vertices = *volumes = 0;
        notice.zone.alert &= ~(uint32_t)GEO_ALERT_AREA_ASSUMED;
        notice.zone.alert |= head->alert;
        if (view.zone->period_count == 1)
            notice.period = view.periods[0];
        status = add_stated(&view, &notice);
    }
    for (uint32_t i = 0; i < head->count && status == DRF_OK; i++)
        status = add_areas(table, geo_item_code(codes, i), &notice);
    notice.odd.count = 0; // the table is not the message's fault
    if (status == DRF_OK)
        status = geo_notice_add(&notice);
    geo_notice_close(&notice);
    return status;
}

enum drf_status geo_area_table_place(const struct geo_area_table *table, struct geo_bounds keep,
                                     struct geo_record record,
                                     struct geo_record_builder *builder, struct geo_note *why)
{
    struct geo_item item, codes = {.payload = NULL};
    size_t cursor = 0;
    enum drf_status status = DRF_OK;
    *why = (struct geo_note){.count = 1};
    while (status == DRF_OK && geo_record_next(record, &cursor, &item)) {
        if (item.kind == GEO_ITEM_AREA_CODES) {
            codes = item;
            continue;
        }
        const struct geo_area_codes *head = codes.payload;
        const struct geo_zone *zone = item.payload;
        bool placed = item.kind == GEO_ITEM_ZONE && head != NULL && zone->period_count == 1
                      && (zone->flags & (GEO_ZONE_WITHDRAWN | GEO_ZONE_OUTSIDE)) == 0
                      && strcmp(zone->id, head->id) == 0;
        status = placed ? place_one(table, keep, &codes, &item, builder, why)
                        : geo_record_add(builder, item.kind, item.payload, item.size, NULL, 0);
    }
    return status;
}
