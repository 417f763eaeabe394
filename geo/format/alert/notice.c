// SPDX-License-Identifier: Apache-2.0
#include "geo/format/alert/notice.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "geo/bounds.h"
#include "geo/record/refusal.h"
#include "geo/ring.h"
#include "geo/utc.h"

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

static enum drf_status add_volume(struct geo_notice *notice,
                                  const struct geo_zone_volume *volume)
{
    const struct geo_point at = volume->centre;
    if (!(fabs(at.lat_deg) <= 90.0 && fabs(at.lon_deg) <= 180.0))
        return geo_refuse(notice->why, GEO_REFUSAL_RANGE, 0, "not a position");
    if (notice->zone.volume_count == GEO_ZONE_VOLUMES_MAX)
        return geo_refuse(notice->why, GEO_REFUSAL_UNSUPPORTED, 0, "more than %d areas",
                          GEO_ZONE_VOLUMES_MAX);
    notice->volumes[notice->zone.volume_count++] = *volume;
    return DRF_OK;
}

enum drf_status geo_notice_circle(struct geo_notice *notice, struct geo_point centre,
                                  double radius_m)
{
    // A circle of radius 0 is a position: it gets a radius so that it has an area.
    double least_m = fmax(radius_m, 1.0);
    const struct geo_zone_volume volume = {
        .shape = GEO_ZONE_CIRCLE, .centre = centre, .radius_m = least_m};
    if (!(radius_m >= 0.0 && radius_m <= 2000000.0))
        return geo_refuse(notice->why, GEO_REFUSAL_RANGE, 0, "a circle of %g m", radius_m);
    return add_volume(notice, &volume);
}

enum drf_status geo_notice_polygon(struct geo_notice *notice, struct geo_point *ring,
                                   size_t count)
{
    bool crosses = false;
    count = geo_ring_distinct(ring, count);
    if (count > 1 && ring[0].lat_deg == ring[count - 1].lat_deg
        && ring[0].lon_deg == ring[count - 1].lon_deg)
        count--;
    if (count < 3)
        return geo_refuse(notice->why, GEO_REFUSAL_FORMAT, 0, "a polygon of %zu corners",
                          count);
    for (size_t i = 0; i < count; i++)
        if (!(fabs(ring[i].lat_deg) <= 90.0 && fabs(ring[i].lon_deg) <= 180.0))
            return geo_refuse(notice->why, GEO_REFUSAL_RANGE, 0, "a corner that is no place");
    if (geo_ring_crosses_antimeridian(ring, count))
        return geo_refuse(notice->why, GEO_REFUSAL_UNSUPPORTED, 0,
                          "a polygon over the antimeridian");
    if (geo_ring_crosses_itself(ring, count, &crosses) != DRF_OK)
        return geo_refuse(notice->why, GEO_REFUSAL_MEMORY, 0, "no memory for a polygon");
    double area2 = geo_ring_area2(ring, count);
    if (crosses || !(fabs(area2) > 0.0))
        return geo_refuse(notice->why, GEO_REFUSAL_FORMAT, 0, "a polygon without an inside");
    if (count > GEO_ZONE_VERTICES_MAX - notice->zone.vertex_count)
        return geo_refuse(notice->why, GEO_REFUSAL_UNSUPPORTED, 0, "more than %d corners",
                          GEO_ZONE_VERTICES_MAX);
    if (area2 < 0.0)
        geo_ring_reverse(ring, count);
    const struct geo_zone_volume volume = {.shape = GEO_ZONE_POLYGON,
                                           .centre = ring[0],
                                           .first_vertex = notice->zone.vertex_count,
                                           .vertex_count = (uint32_t)count};
    enum drf_status status = add_volume(notice, &volume);
    if (status != DRF_OK)
        return status;
    memcpy(notice->vertices + volume.first_vertex, ring, count * sizeof *ring);
    notice->zone.vertex_count += volume.vertex_count;
    return DRF_OK;
}

enum drf_status geo_notice_sky(struct geo_notice *notice, double right_ascension_deg,
                               double declination_deg, double error_deg)
{
    if (!(right_ascension_deg >= 0.0 && right_ascension_deg <= 360.0)
        || !(fabs(declination_deg) <= 90.0) || !(error_deg >= 0.0 && error_deg <= 180.0))
        return geo_refuse(notice->why, GEO_REFUSAL_RANGE, 0,
                          "not a position in the sky: ra %g dec %g error %g",
                          right_ascension_deg, declination_deg, error_deg);
    double lon_deg =
        right_ascension_deg > 180.0 ? right_ascension_deg - 360.0 : right_ascension_deg;
    const struct geo_zone_volume volume = {
        .shape = GEO_ZONE_SKY,
        .centre = {.lat_deg = declination_deg, .lon_deg = lon_deg},
        .radius_m = error_deg * GEO_ZONE_SKY_M_PER_DEG};
    return add_volume(notice, &volume);
}

enum drf_status geo_notice_region(struct geo_notice *notice)
{
    const struct geo_zone_volume volume = {.shape = GEO_ZONE_REGION};
    return add_volume(notice, &volume);
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
    // what ends before it begins never held: as if it began when it ended
    if (period->from_utc_us >= period->until_utc_us)
        period->from_utc_us = period->until_utc_us - 1;
    notice->zone.period_count = 1;
}

// As OUTSIDE: an older version of it may have been inside.
static enum drf_status add_outside(struct geo_notice *notice)
{
    const struct geo_zone_volume place = {
        .shape = GEO_ZONE_CIRCLE, .centre = notice->volumes[0].centre, .radius_m = 1.0};
    struct geo_zone zone = notice->zone;
    zone.flags |= GEO_ZONE_OUTSIDE;
    zone.volume_count = 1;
    zone.period_count = zone.vertex_count = 0;
    return geo_record_add(notice->builder, GEO_ITEM_ZONE, &zone, sizeof zone, &place,
                          sizeof place);
}

enum drf_status geo_notice_add(struct geo_notice *notice)
{
    const struct geo_zone *zone = &notice->zone;
    const struct geo_zone_view view = {zone, notice->volumes, &notice->period,
                                       notice->vertices};
    if (!geo_bounds_touch(notice->params->keep, geo_zone_bounds(&view)))
        return add_outside(notice);
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

bool geo_notice_time(const char *text, size_t size, int64_t *out_utc_us)
{
    char whole[48];
    if (text == NULL || size + 2 > sizeof whole)
        return false;
    memcpy(whole, text, size);
    whole[size] = '\0';
    const char *day_end = strchr(whole, 'T');
    bool bare = day_end != NULL && strpbrk(day_end, "Zz+-") == NULL;
    if (bare) {
        whole[size] = 'Z';
        size++;
    }
    return geo_utc_parse(whole, size, out_utc_us) == DRF_OK;
}
