// SPDX-License-Identifier: Apache-2.0
// Areas are added one by one. What can be used as it is becomes a volume; the rest, and what
// finds no room among the volumes, widens one box, which is written last as a rectangle, or as
// two at the antimeridian. What cannot be placed at all makes the alert concern everybody.
// Beside that, a box around all areas, wherever they lie, is kept for an alert that is refused.
#include "geo/format/alert/notice.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "geo/bounds.h"
#include "geo/record/decode_counts.h"
#include "geo/record/refusal.h"
#include "geo/ring.h"
#include "geo/utc.h"

// The box of what found no room is one rectangle, or two at the antimeridian; one is
// everywhere.
enum { RESERVED_VOLUMES = 3, RESERVED_VERTICES = 8 };
#define RADIUS_MAX_M 2000000.0
#define MARGIN_DEG 1e-5 // so that a box has an inside

enum drf_status geo_notice_open(const struct geo_decode_params *params,
                                struct geo_record_builder *builder, struct geo_note *why,
                                struct geo_notice *out)
{
    *out = (struct geo_notice){.params = params, .builder = builder, .why = why};
    out->zone.restriction = GEO_ZONE_INFORMATION;
    out->vertices = calloc(GEO_ZONE_VERTICES_MAX, sizeof *out->vertices);
    return out->vertices != NULL ? DRF_OK : geo_refuse(why, GEO_REFUSAL_MEMORY, 0, "no memory");
}

void geo_notice_close(struct geo_notice *notice) { free(notice->vertices); }

void geo_notice_odd(struct geo_notice *notice, const char *words)
{
    if (notice->odd.count++ > 0)
        return;
    notice->odd.code = GEO_REFUSAL_FORMAT;
    geo_text_copy(notice->odd.text, sizeof notice->odd.text, words, strlen(words));
}

void geo_notice_everywhere(struct geo_notice *notice)
{
    notice->everywhere = true;
    notice->unplaced = true;
    notice->zone.alert |= GEO_ALERT_AREA_ASSUMED;
}

static void everywhere_for(struct geo_notice *notice, const char *words)
{
    geo_notice_odd(notice, words);
    geo_notice_everywhere(notice);
}

static bool on_globe(struct geo_point at)
{
    return fabs(at.lat_deg) <= 90.0 && fabs(at.lon_deg) <= 180.0;
}

// A translation repeats the areas of the first language.
static bool held_already(const struct geo_notice *notice, const struct geo_zone_volume *volume,
                         const struct geo_point *ring)
{
    for (uint32_t i = 0; i < notice->zone.volume_count; i++) {
        const struct geo_zone_volume *held = &notice->volumes[i];
        if (held->shape == volume->shape && held->vertex_count == volume->vertex_count
            && held->centre.lat_deg == volume->centre.lat_deg
            && held->centre.lon_deg == volume->centre.lon_deg
            && held->radius_m == volume->radius_m
            && (volume->vertex_count == 0
                || memcmp(notice->vertices + held->first_vertex, ring,
                          volume->vertex_count * sizeof *ring)
                       == 0))
            return true;
    }
    return false;
}

// `ring` is the vertices of a polygon.
static void append(struct geo_notice *notice, const struct geo_zone_volume *volume,
                   const struct geo_point *ring)
{
    struct geo_zone_volume *out = &notice->volumes[notice->zone.volume_count++];
    *out = *volume;
    if (volume->vertex_count == 0)
        return;
    out->first_vertex = notice->zone.vertex_count;
    memcpy(notice->vertices + out->first_vertex, ring, volume->vertex_count * sizeof *ring);
    notice->zone.vertex_count += volume->vertex_count;
}

static void widen(bool *has, struct geo_bounds *box, struct geo_bounds by)
{
    *box = *has ? geo_bounds_join(*box, by) : by;
    *has = true;
}

// Room is left for the box around those that find none, and for everywhere.
static void add_volume(struct geo_notice *notice, const struct geo_zone_volume *volume,
                       const struct geo_point *ring)
{
    struct geo_bounds box = geo_zone_volume_bounds(volume, ring);
    widen(&notice->boxed, &notice->box, box);
    if (!geo_bounds_touch(notice->params->keep, box)) {
        notice->elsewhere = volume->shape == GEO_ZONE_CIRCLE ? volume->centre : ring[0];
        notice->has_elsewhere = true;
    } else if (!held_already(notice, volume, ring)) {
        if (notice->zone.volume_count < GEO_ZONE_VOLUMES_MAX - RESERVED_VOLUMES
            && volume->vertex_count
                   <= GEO_ZONE_VERTICES_MAX - RESERVED_VERTICES - notice->zone.vertex_count)
            append(notice, volume, ring);
        else
            widen(&notice->has_rest, &notice->rest, box);
    }
}

static void append_rectangle(struct geo_notice *notice, double west_deg, double east_deg,
                             const struct geo_bounds *box)
{
    double south_deg = fmax(box->south_deg - MARGIN_DEG, -90.0);
    double north_deg = fmin(box->north_deg + MARGIN_DEG, 90.0);
    west_deg = fmax(west_deg - MARGIN_DEG, -180.0);
    east_deg = fmin(east_deg + MARGIN_DEG, 180.0);
    const struct geo_point ring[4] = {{south_deg, west_deg},
                                      {south_deg, east_deg},
                                      {north_deg, east_deg},
                                      {north_deg, west_deg}};
    const struct geo_zone_volume volume = {
        .shape = GEO_ZONE_POLYGON, .centre = ring[0], .vertex_count = 4};
    append(notice, &volume, ring);
}

static void append_rest(struct geo_notice *notice)
{
    const struct geo_bounds *box = &notice->rest;
    notice->zone.alert |= GEO_ALERT_AREA_ASSUMED;
    if (box->west_deg <= box->east_deg) {
        append_rectangle(notice, box->west_deg, box->east_deg, box);
    } else {
        append_rectangle(notice, box->west_deg, 180.0, box);
        append_rectangle(notice, -180.0, box->east_deg, box);
    }
}

// One that cannot be used as it is.
static void add_box(struct geo_notice *notice, struct geo_bounds box, const char *words)
{
    if (words != NULL)
        geo_notice_odd(notice, words);
    notice->zone.alert |= GEO_ALERT_AREA_ASSUMED;
    widen(&notice->boxed, &notice->box, box);
    if (geo_bounds_touch(notice->params->keep, box)) {
        widen(&notice->has_rest, &notice->rest, box);
    } else {
        notice->elsewhere = (struct geo_point){box.south_deg, box.west_deg};
        notice->has_elsewhere = true;
    }
}

void geo_notice_circle(struct geo_notice *notice, struct geo_point centre, double radius_m)
{
    // A circle of radius 0 is a position: it gets a radius so that it has an area.
    const struct geo_zone_volume volume = {
        .shape = GEO_ZONE_CIRCLE, .centre = centre, .radius_m = fmax(radius_m, 1.0)};
    if (!on_globe(centre))
        everywhere_for(notice, "a circle around no place");
    else if (!(radius_m >= 0.0 && radius_m <= RADIUS_MAX_M))
        everywhere_for(notice, "a circle whose radius is not 0 to 2,000 km");
    else
        add_volume(notice, &volume, NULL);
}

// Around all corners, over the antimeridian where two neighbours are more than half a circle
// apart. False: it encloses a pole, or may enclose half of the world.
static bool box_of(const struct geo_point *ring, size_t count, struct geo_bounds *out)
{
    double lon_deg = ring[0].lon_deg, west_deg = lon_deg, east_deg = lon_deg;
    struct geo_bounds box = {.south_deg = ring[0].lat_deg, .north_deg = ring[0].lat_deg};
    for (size_t i = 1; i <= count; i++) {
        const struct geo_point at = ring[i % count];
        double step_deg = at.lon_deg - ring[i - 1].lon_deg;
        if (fabs(step_deg) > 359.0)
            return false;
        lon_deg += step_deg > 180.0    ? step_deg - 360.0
                   : step_deg < -180.0 ? step_deg + 360.0
                                       : step_deg;
        west_deg = fmin(west_deg, lon_deg);
        east_deg = fmax(east_deg, lon_deg);
        box.south_deg = fmin(box.south_deg, at.lat_deg);
        box.north_deg = fmax(box.north_deg, at.lat_deg);
    }
    const bool tall = box.north_deg - box.south_deg > 90.0; // rather the world than a strip
    if (east_deg - west_deg >= 360.0 || fabs(lon_deg - ring[0].lon_deg) > 1.0
        || (tall && geo_ring_crosses_antimeridian(ring, count)))
        return false;
    box.west_deg = west_deg < -180.0 ? west_deg + 360.0 : west_deg;
    box.east_deg = east_deg > 180.0 ? east_deg - 360.0 : east_deg;
    *out = box;
    return true;
}

// Whether a ring of distinct corners on the globe is used as it is. *words: what is wrong with
// it, NULL where that is not its fault.
static enum drf_status judge(const struct geo_point *ring, size_t count, bool closed,
                             bool *usable, const char **words)
{
    bool crosses = false;
    *words = closed ? NULL : "a polygon that is not closed: the box around it is taken";
    *usable = closed && !geo_ring_crosses_antimeridian(ring, count)
              && count <= GEO_ZONE_VERTICES_MAX - RESERVED_VERTICES;
    if (!*usable)
        return DRF_OK;
    enum drf_status status = geo_ring_crosses_itself(ring, count, &crosses);
    if (crosses)
        *words = "a polygon that crosses itself: the box around it is taken";
    *usable = !crosses;
    return status;
}

static bool inside_anything(const struct geo_point *ring, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!on_globe(ring[i]))
            return false;
    return count >= 3;
}

enum drf_status geo_notice_polygon(struct geo_notice *notice, struct geo_point *ring,
                                   size_t count)
{
    const char *words;
    bool usable;
    struct geo_bounds box;
    count = geo_ring_distinct(ring, count);
    bool closed = count > 1 && ring[0].lat_deg == ring[count - 1].lat_deg
                  && ring[0].lon_deg == ring[count - 1].lon_deg;
    count -= closed;
    if (!inside_anything(ring, count)) {
        everywhere_for(notice, "a polygon that is not three corners on the globe");
        return DRF_OK;
    }
    if (judge(ring, count, closed, &usable, &words) != DRF_OK)
        return geo_refuse(notice->why, GEO_REFUSAL_MEMORY, 0, "no memory for a polygon");
    double area2 = geo_ring_area2(ring, count);
    if (usable && !(fabs(area2) > 0.0)) {
        everywhere_for(notice, "a polygon without an inside");
    } else if (!usable) {
        if (box_of(ring, count, &box))
            add_box(notice, box, words);
        else
            everywhere_for(notice, "a polygon around a pole or the world");
    } else {
        if (area2 < 0.0)
            geo_ring_reverse(ring, count);
        const struct geo_zone_volume volume = {
            .shape = GEO_ZONE_POLYGON, .centre = ring[0], .vertex_count = (uint32_t)count};
        add_volume(notice, &volume, ring);
    }
    return DRF_OK;
}

void geo_notice_sky(struct geo_notice *notice, double right_ascension_deg,
                    double declination_deg, double error_deg)
{
    if (!(right_ascension_deg >= 0.0 && right_ascension_deg <= 360.0)
        || !(fabs(declination_deg) <= 90.0) || !(error_deg >= 0.0 && error_deg <= 180.0)) {
        everywhere_for(notice, "not a position in the sky");
        return;
    }
    double lon_deg =
        right_ascension_deg > 180.0 ? right_ascension_deg - 360.0 : right_ascension_deg;
    const struct geo_zone_volume volume = {
        .shape = GEO_ZONE_SKY,
        .centre = {.lat_deg = declination_deg, .lon_deg = lon_deg},
        .radius_m = error_deg * GEO_ZONE_SKY_M_PER_DEG};
    append(notice, &volume, NULL);
}

void geo_notice_times(struct geo_notice *notice, const int64_t *from_utc_us,
                      const int64_t *until_utc_us, int64_t said_utc_us)
{
    struct geo_zone_period *period = &notice->period;
    *period = (struct geo_zone_period){
        .from_utc_us = from_utc_us != NULL ? *from_utc_us : GEO_ZONE_ALWAYS_FROM_US,
        .until_utc_us =
            until_utc_us != NULL ? *until_utc_us : said_utc_us + notice->params->valid_for_us};
    if (until_utc_us == NULL)
        notice->zone.alert |= GEO_ALERT_ENDS_ASSUMED;
    // one of the two is wrong, and it may be the beginning
    if (period->from_utc_us >= period->until_utc_us)
        period->from_utc_us = GEO_ZONE_ALWAYS_FROM_US;
    notice->zone.period_count = 1;
}

// As OUTSIDE: an older version of it may have been inside.
static enum drf_status add_outside(struct geo_notice *notice)
{
    const struct geo_zone_volume place = {
        .shape = GEO_ZONE_CIRCLE, .centre = notice->elsewhere, .radius_m = 1.0};
    struct geo_zone zone = notice->zone;
    zone.flags |= GEO_ZONE_OUTSIDE;
    zone.volume_count = 1;
    zone.period_count = zone.vertex_count = 0;
    return geo_record_add(notice->builder, GEO_ITEM_ZONE, &zone, sizeof zone, &place,
                          sizeof place);
}

static void finish_areas(struct geo_notice *notice)
{
    const struct geo_zone_volume region = {.shape = GEO_ZONE_REGION};
    if (notice->zone.volume_count == 0 && !notice->has_rest && !notice->has_elsewhere)
        geo_notice_everywhere(notice);
    if (notice->everywhere && !notice->keep_areas) {
        notice->zone.volume_count = notice->zone.vertex_count = 0;
        notice->has_rest = false;
    }
    if (notice->has_rest)
        append_rest(notice);
    if (notice->everywhere)
        append(notice, &region, NULL);
}

static enum drf_status add_inside(struct geo_notice *notice)
{
    const struct geo_zone *zone = &notice->zone;
    const size_t volumes = zone->volume_count * sizeof *notice->volumes;
    const size_t periods = zone->period_count * sizeof notice->period;
    const size_t vertices = zone->vertex_count * sizeof *notice->vertices;
    uint8_t *tail = malloc(volumes + periods + vertices);
    if (tail == NULL)
        return DRF_ERR_NOMEM;
    memcpy(tail, notice->volumes, volumes);
    memcpy(tail + volumes, &notice->period, periods);
    if (vertices > 0)
        memcpy(tail + volumes + periods, notice->vertices, vertices);
    enum drf_status status = geo_record_add(notice->builder, GEO_ITEM_ZONE, zone, sizeof *zone,
                                            tail, volumes + periods + vertices);
    free(tail);
    return status;
}

enum drf_status geo_notice_add(struct geo_notice *notice)
{
    finish_areas(notice);
    enum drf_status status =
        notice->zone.volume_count > 0 ? add_inside(notice) : add_outside(notice);
    return status == DRF_OK ? geo_notice_put_odd(notice) : status;
}

enum drf_status geo_notice_put_odd(struct geo_notice *notice)
{
    return notice->odd.count == 0 ? DRF_OK
                                  : geo_record_add(notice->builder, GEO_ITEM_NOTE, &notice->odd,
                                                   sizeof notice->odd, NULL, 0);
}

enum drf_status geo_notice_unreadable(struct geo_notice *notice, const struct geo_note *reason,
                                      int64_t valid_until_utc_us)
{
    struct geo_decode_counts counts = {.refused = 0};
    const bool placed = notice->boxed && !notice->unplaced;
    enum drf_status status = geo_decode_counts_unreadable(
        &counts, notice->builder, reason, notice->params->keep, notice->zone.id,
        placed ? &notice->box : NULL, valid_until_utc_us);
    return status == DRF_OK
               ? geo_decode_counts_finish(&counts, "alerts", notice->builder, notice->why)
               : status;
}

enum drf_status geo_notice_withdraw(struct geo_notice *notice, const char *id)
{
    struct geo_zone zone = {.restriction = GEO_ZONE_INFORMATION,
                            .alert = GEO_ALERT_INFO,
                            .flags = GEO_ZONE_WITHDRAWN,
                            .volume_count = 1};
    const struct geo_zone_volume everywhere = {.shape = GEO_ZONE_REGION};
    geo_text_copy(zone.id, sizeof zone.id, id, strlen(id));
    return geo_record_add(notice->builder, GEO_ITEM_ZONE, &zone, sizeof zone, &everywhere,
                          sizeof everywhere);
}

bool geo_notice_time(const char *text, size_t size, int64_t *out_utc_us, bool *zoned)
{
    char whole[48];
    if (text == NULL || size + 2 > sizeof whole)
        return false;
    memcpy(whole, text, size);
    whole[size] = '\0';
    const char *day_end = strchr(whole, 'T');
    bool bare = day_end != NULL && strpbrk(day_end, "Zz+-") == NULL;
    if (zoned != NULL)
        *zoned = day_end != NULL && !bare;
    if (bare) {
        whole[size] = 'Z';
        size++;
    }
    return geo_utc_parse(whole, size, out_utc_us) == DRF_OK;
}
