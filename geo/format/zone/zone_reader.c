// SPDX-License-Identifier: Apache-2.0
// The loop that all zone decoders share: one zone at a time in scratch arrays of the maximal
// size, allocated once per message; the format's own function fills them, then the zone gets
// a unique id and is copied to the record. Zones with the same identifier are all kept: the
// second gets "#2" appended, and so on, in the order of the message; one that is refused keeps
// its number, so that the others keep theirs. A zone outside
// params->keep is added as a circle of a metre flagged OUTSIDE, so that an earlier version
// of it is withdrawn.
#include "geo/format/zone/zone_reader.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "geo/bounds.h"
#include "geo/reader/issued.h"
#include "geo/record/refusal.h"
#include "geo/utc.h"

enum {
    TWINS_MAX = 999, // zones of one identifier in a message
};

enum drf_status geo_zone_bad(const struct geo_zone_reader *reader, enum geo_refusal_code code,
                             const char *name, const char *what)
{
    return geo_refuse(reader->why, code, reader->feature, "zone %" PRIu64 ": %s %s",
                      reader->feature, name, what);
}

size_t geo_zone_each(const struct geo_json *value)
{
    if (geo_json_kind(value) == GEO_JSON_ARRAY)
        return geo_json_count(value);
    return geo_json_present(value) ? 1 : 0;
}

const struct geo_json *geo_zone_nth(const struct geo_json *value, size_t index)
{
    if (geo_json_kind(value) == GEO_JSON_ARRAY)
        return geo_json_at(value, index);
    return index == 0 ? value : NULL;
}

// English where there is a choice: the one language that every advisory is in.
static const struct geo_json *preferred(const struct geo_json *list)
{
    const struct geo_json *first = geo_json_at(list, 0);
    for (size_t i = 0; i < geo_json_count(list); i++) {
        size_t size = 0;
        const struct geo_json *one = geo_json_at(list, i);
        const char *lang = geo_json_text(geo_json_member(one, "lang"), &size);
        if (lang != NULL && size >= 2 && memcmp(lang, "en", 2) == 0)
            return one;
    }
    return first;
}

void geo_zone_text(const struct geo_json *value, char *out, size_t room)
{
    char joined[512];
    size_t used = 0, size = 0;
    const struct geo_json *first = geo_zone_nth(value, 0);
    if (geo_json_kind(first) == GEO_JSON_OBJECT)
        value = geo_json_member(
            geo_json_kind(value) == GEO_JSON_ARRAY ? preferred(value) : first, "text");
    for (size_t i = 0; i < geo_zone_each(value); i++) {
        const char *text = geo_json_text(geo_zone_nth(value, i), &size);
        if (text == NULL || size == 0)
            continue;
        size_t take = size < sizeof joined - used - 2 ? size : sizeof joined - used - 2;
        if (used > 0 && take > 0) {
            joined[used++] = ',';
            joined[used++] = ' ';
            take = take < sizeof joined - used ? take : sizeof joined - used;
        }
        memcpy(joined + used, text, take);
        used += take;
        if (used + 3 >= sizeof joined)
            break;
    }
    geo_text_copy(out, room, joined, used);
}

void geo_zone_read_texts(struct geo_zone_reader *reader, const struct geo_json *properties)
{
    struct geo_zone *zone = &reader->zone;
    geo_zone_text(geo_json_member(properties, "name"), zone->name, sizeof zone->name);
    geo_zone_text(geo_json_member(properties, "reason"), zone->reason, sizeof zone->reason);
    geo_zone_text(geo_json_member(properties, "message"), zone->message, sizeof zone->message);
}

enum drf_status geo_zone_read_id(struct geo_zone_reader *reader, const struct geo_json *country,
                                 const struct geo_json *identifier)
{
    size_t size = 0, country_size = 0;
    int64_t number;
    char whole[24];
    const char *text = geo_json_text(identifier, &size);
    const char *before = geo_json_text(country, &country_size);
    if (text == NULL && geo_json_whole(identifier, &number)) {
        size = (size_t)snprintf(whole, sizeof whole, "%" PRId64, number);
        text = whole;
    }
    if (text == NULL || size == 0)
        return geo_zone_bad(reader, GEO_REFUSAL_FORMAT, "its identifier",
                            "is neither text nor a whole number");
    char id[2 * GEO_ZONE_ID_SIZE], clean[sizeof id];
    size_t prefix = before != NULL && country_size > 0 ? country_size + 1 : 0;
    if (prefix + size >= GEO_ZONE_ID_SIZE)
        return geo_zone_bad(reader, GEO_REFUSAL_RANGE, "its identifier",
                            "is longer than 63 bytes with its country");
    if (prefix > 0) {
        memcpy(id, before, country_size);
        id[country_size] = ':';
    }
    memcpy(id + prefix, text, size);
    size += prefix;
    geo_text_copy(clean, sizeof clean, id, size);
    if (strlen(clean) != size || memcmp(clean, id, size) != 0)
        return geo_zone_bad(reader, GEO_REFUSAL_RANGE, "its identifier",
                            "holds control characters or is not UTF-8");
    geo_text_copy(reader->zone.id, sizeof reader->zone.id, clean, size);
    return DRF_OK;
}

void geo_zone_read_restriction(struct geo_zone_reader *reader, const struct geo_json *word)
{
    char name[32];
    size_t size = 0;
    const char *text = geo_json_text(word, &size);
    geo_text_copy(name, sizeof name, text, size);
    reader->zone.restriction = size < sizeof name ? geo_zone_restriction_parse(name) : 0;
    if (reader->zone.restriction != 0)
        return;
    reader->zone.restriction = GEO_ZONE_PROHIBITED;
    reader->zone.flags |= GEO_ZONE_RESTRICTION_ASSUMED;
}

void geo_zone_read_data_time(struct geo_zone_reader *reader, const struct geo_json *time)
{
    size_t size = 0;
    const char *text = geo_json_text(time, &size);
    int64_t utc_us = reader->issued_utc_us;
    bool known = geo_json_present(time)
                     ? text != NULL && geo_utc_parse(text, size, &utc_us) == DRF_OK
                     : reader->issued_known;
    reader->zone.data_time_utc_us = known ? utc_us : 0;
    reader->zone.flags |= known ? (uint32_t)GEO_ZONE_HAS_DATA_TIME : 0;
}

static bool id_taken(const struct geo_zone_reader *reader, const char *id)
{
    for (size_t i = 0; i < reader->id_count; i++)
        if (strcmp(reader->ids[i], id) == 0)
            return true;
    return false;
}

// Two zones of one identifier are two zones: the second is "ID#2", in the order of the message.
static enum drf_status settle_id(struct geo_zone_reader *reader)
{
    char plain[GEO_ZONE_ID_SIZE];
    memcpy(plain, reader->zone.id, sizeof plain);
    for (int twin = 2; id_taken(reader, reader->zone.id); twin++) {
        char id[GEO_ZONE_ID_SIZE + 16];
        int size = snprintf(id, sizeof id, "%s#%d", plain, twin);
        if (size < 0 || size >= GEO_ZONE_ID_SIZE || twin > TWINS_MAX)
            return geo_zone_bad(reader, GEO_REFUSAL_RANGE, "its identifier",
                                "is another zone's, and there is no room to number it");
        geo_text_copy(reader->zone.id, sizeof reader->zone.id, id, (size_t)size);
    }
    if (reader->id_count == reader->id_room) {
        size_t room = reader->id_room == 0 ? 64 : reader->id_room * 2;
        void *ids = realloc(reader->ids, room * sizeof *reader->ids);
        if (ids == NULL)
            return geo_zone_bad(reader, GEO_REFUSAL_MEMORY, "no memory", "for its identifier");
        reader->ids = ids;
        reader->id_room = room;
    }
    memcpy(reader->ids[reader->id_count++], reader->zone.id, sizeof *reader->ids);
    return DRF_OK;
}

static enum drf_status tell_outside(struct geo_zone_reader *reader)
{
    const struct geo_zone_volume place = {
        .shape = GEO_ZONE_CIRCLE, .centre = reader->volumes[0].centre, .radius_m = 1.0};
    struct geo_zone *zone = &reader->zone;
    zone->flags |= GEO_ZONE_OUTSIDE;
    zone->volume_count = 1;
    zone->period_count = 0;
    zone->vertex_count = 0;
    return geo_record_add(reader->builder, GEO_ITEM_ZONE, zone, sizeof *zone, &place,
                          sizeof place);
}

static enum drf_status keep_zone(struct geo_zone_reader *reader)
{
    const struct geo_zone *zone = &reader->zone;
    const struct geo_zone_view view = {zone, reader->volumes, reader->periods,
                                       reader->vertices.items};
    if (!geo_bounds_touch(reader->params->keep, geo_zone_bounds(&view))) {
        reader->counts.out_of_region++;
        reader->counts.told++;
        return tell_outside(reader);
    }
    const size_t volumes = zone->volume_count * sizeof *reader->volumes;
    const size_t periods = zone->period_count * sizeof *reader->periods;
    const size_t vertices = zone->vertex_count * sizeof *reader->vertices.items;
    uint8_t *tail = malloc(volumes + periods + vertices);
    if (tail == NULL)
        return DRF_ERR_NOMEM;
    memcpy(tail, reader->volumes, volumes);
    memcpy(tail + volumes, reader->periods, periods);
    if (vertices > 0)
        memcpy(tail + volumes + periods, reader->vertices.items, vertices);
    reader->counts.kept++;
    enum drf_status status = geo_record_add(reader->builder, GEO_ITEM_ZONE, zone, sizeof *zone,
                                            tail, volumes + periods + vertices);
    free(tail);
    return status;
}

// The last instant at which it may apply.
static int64_t last_instant(const struct geo_zone_reader *reader)
{
    int64_t last_us = INT64_MIN;
    if (!reader->times_read || reader->zone.period_count == 0)
        return GEO_UNREADABLE_NO_END_US;
    for (uint32_t i = 0; i < reader->zone.period_count; i++)
        if (reader->periods[i].until_utc_us > last_us)
            last_us = reader->periods[i].until_utc_us;
    return last_us;
}

// A zone that was refused is not no zone: with an identity and a place it is unreadable there.
static enum drf_status refuse_zone(struct geo_zone_reader *reader)
{
    const struct geo_note note = *reader->why; // settle_id() may write another
    enum drf_status status = reader->zone.id[0] != '\0' ? settle_id(reader) : DRF_ERR_SYNTAX;
    if (status == DRF_ERR_NOMEM)
        return status;
    return geo_decode_counts_unreadable(
        &reader->counts, reader->builder, &note, reader->params->keep,
        status == DRF_OK ? reader->zone.id : NULL, reader->reach_known ? &reader->reach : NULL,
        last_instant(reader));
}

// What is withdrawn is so whatever else is said of it.
static enum drf_status withdraw(struct geo_zone_reader *reader)
{
    struct geo_zone *zone = &reader->zone;
    zone->volume_count = 1;
    zone->period_count = 0;
    zone->vertex_count = 0;
    reader->volumes[0] = (struct geo_zone_volume){.shape = GEO_ZONE_CIRCLE, .radius_m = 1.0};
    if (reader->reach_known)
        reader->volumes[0].centre =
            (struct geo_point){reader->reach.south_deg, reader->reach.west_deg};
    reader->counts.kept++;
    return geo_record_add(reader->builder, GEO_ITEM_ZONE, zone, sizeof *zone, reader->volumes,
                          sizeof *reader->volumes);
}

static enum drf_status take_feature(struct geo_zone_reader *reader,
                                    const struct geo_json *feature,
                                    const struct geo_zone_form *form)
{
    reader->feature++;
    reader->zone = (struct geo_zone){.flags = 0};
    reader->reach_begun = reader->reach_known = reader->times_read = false;
    enum drf_status status, foreign = DRF_OK;
    if (geo_json_kind(feature) == GEO_JSON_OBJECT) {
        struct geo_note why = {.count = 1};
        foreign = geo_geojson_crs_check(&reader->crs, feature, reader->feature, &why);
        if (foreign == DRF_OK)
            form->place(reader, feature);
        status = form->read(reader, feature);
        if (foreign != DRF_OK)
            *reader->why = why;
    } else {
        status = geo_zone_bad(reader, GEO_REFUSAL_FORMAT, "it", "is not an object");
    }
    if (status == DRF_ERR_NOMEM)
        return status;
    if (foreign != DRF_OK)
        return refuse_zone(reader);
    if (status == DRF_OK && reader->zone.volume_count == 0)
        status = geo_zone_bad(reader, GEO_REFUSAL_FORMAT, "it", "has no geometry");
    bool gone = (reader->zone.flags & GEO_ZONE_WITHDRAWN) != 0 && reader->zone.id[0] != '\0';
    if (status != DRF_OK && !gone)
        return refuse_zone(reader);
    bool shaped = status == DRF_OK;
    status = settle_id(reader);
    if (status == DRF_ERR_NOMEM)
        return status;
    if (status != DRF_OK)
        return geo_decode_counts_refuse(&reader->counts, reader->builder, reader->why);
    return shaped ? keep_zone(reader) : withdraw(reader);
}

bool geo_zone_points_reserve(struct geo_zone_points *points, size_t count)
{
    if (count <= points->room)
        return true;
    const size_t room = count > 2 * points->room ? count : 2 * points->room;
    struct geo_point *items = realloc(points->items, room * sizeof *items);
    if (items == NULL)
        return false;
    points->items = items;
    points->room = room;
    return true;
}

static enum drf_status open_reader(struct geo_zone_reader *reader)
{
    reader->volumes = calloc(GEO_ZONE_VOLUMES_MAX, sizeof *reader->volumes);
    reader->periods = calloc(GEO_ZONE_PERIODS_MAX, sizeof *reader->periods);
    return reader->volumes != NULL && reader->periods != NULL ? DRF_OK : DRF_ERR_NOMEM;
}

static void close_reader(struct geo_zone_reader *reader)
{
    geo_geojson_crs_close(&reader->crs);
    free(reader->volumes);
    free(reader->periods);
    free(reader->vertices.items);
    free(reader->ring.items);
    free(reader->wide.items);
    free(reader->ids);
}

static enum drf_status read_all(const struct geo_decode_params *params,
                                const struct geo_json *document, const struct geo_json *zones,
                                const struct geo_zone_form *form,
                                struct geo_record_builder *builder, struct geo_note *why)
{
    struct geo_note note = {.count = 1};
    struct geo_zone_reader reader = {.params = params, .builder = builder, .why = &note};
    enum drf_status status = open_reader(&reader);
    if (status != DRF_OK)
        status = geo_refuse(why, GEO_REFUSAL_MEMORY, 0, "no memory for a zone");
    else
        status = geo_geojson_crs_open(&reader.crs, document, why);
    reader.issued_known = geo_issued_json(document, &reader.issued_utc_us);
    for (size_t i = 0; i < geo_zone_each(zones) && status == DRF_OK; i++)
        status = take_feature(&reader, geo_zone_nth(zones, i), form);
    if (status == DRF_OK)
        status = geo_decode_counts_finish(&reader.counts, "zones", builder, why);
    close_reader(&reader);
    return status;
}

enum drf_status geo_zone_decode(const struct geo_decode_params *params, const uint8_t *bytes,
                                size_t size, const struct geo_zone_form *form,
                                struct geo_record_builder *builder, struct geo_note *why)
{
    struct geo_json *document = NULL;
    enum drf_status status = geo_json_open(bytes, size, &document, why);
    if (status != DRF_OK)
        return status;
    const struct geo_json *zones = form->list(document);
    if (zones != NULL)
        status = read_all(params, document, zones, form, builder, why);
    else
        status = geo_refuse(why, GEO_REFUSAL_FORMAT, 0, "%s", form->no_list);
    geo_json_close(document);
    return status;
}

const struct geo_json *geo_zone_features(const struct geo_json *document)
{
    const struct geo_json *type = geo_json_member(document, "type");
    const struct geo_json *features = geo_json_member(document, "features");
    const struct geo_json *items = geo_json_member(document, "items");
    if (geo_json_is(type, "Feature") || geo_json_kind(document) == GEO_JSON_ARRAY)
        return document;
    if (!geo_json_present(type) && geo_json_kind(items) == GEO_JSON_ARRAY)
        return items;
    return geo_json_is(type, "FeatureCollection") && geo_json_kind(features) == GEO_JSON_ARRAY
               ? features
               : NULL;
}
