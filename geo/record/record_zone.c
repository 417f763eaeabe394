// SPDX-License-Identifier: Apache-2.0
// What every reader of a zone may rely on.
#include <math.h>

#include "geo/record/record_layout.h"
#include "geo/record/refusal.h"
#include "geo/record/zone.h"
#include "geo/utc.h"

#define HEIGHT_LIMIT_M 200000.0
#define RADIUS_LIMIT_M 2000000.0

static bool within(double value, double low, double high) // false for NaN
{
    return value >= low && value <= high;
}

static bool point_valid(struct geo_point point)
{
    return within(point.lat_deg, -90.0, 90.0) && within(point.lon_deg, -180.0, 180.0);
}

static bool limit_valid(const struct geo_zone_limit *limit)
{
    return limit->reserved == 0 && limit->reference <= GEO_ZONE_PRESSURE
           && within(limit->m, -HEIGHT_LIMIT_M, HEIGHT_LIMIT_M)
           && (limit->reference != GEO_ZONE_UNLIMITED || limit->m == 0.0);
}

// The runs of vertices follow each other, so that each vertex belongs to one volume.
static bool alert_valid(uint32_t alert)
{
    const uint32_t known = (GEO_ALERT_ENDS_ASSUMED << 1) - 1;
    return alert == 0 || ((alert & ~known) == 0 && (alert & GEO_ALERT_SEVERITY) != 0);
}

static bool volume_valid(const struct geo_zone_volume *v, const struct geo_point *vertices,
                         uint32_t vertex_count, bool alert, uint32_t *next)
{
    if (v->reserved != 0 || !limit_valid(&v->lower) || !limit_valid(&v->upper)
        || !point_valid(v->centre))
        return false;
    if (v->shape == GEO_ZONE_SKY || v->shape == GEO_ZONE_REGION)
        return alert && v->first_vertex == 0 && v->vertex_count == 0
               && within(v->radius_m, 0.0,
                         v->shape == GEO_ZONE_SKY ? 180.0 * GEO_ZONE_SKY_M_PER_DEG : 0.0);
    if (v->shape == GEO_ZONE_CIRCLE)
        return v->first_vertex == 0 && v->vertex_count == 0 && v->radius_m > 0.0
               && v->radius_m <= RADIUS_LIMIT_M;
    if (v->shape != GEO_ZONE_POLYGON || v->first_vertex != *next || v->vertex_count < 3
        || v->vertex_count > vertex_count - *next || !within(v->radius_m, 0.0, 0.0))
        return false;
    const struct geo_point first = vertices[*next];
    *next += v->vertex_count;
    return first.lat_deg == v->centre.lat_deg && first.lon_deg == v->centre.lon_deg;
}

static bool period_valid(const struct geo_zone_period *p)
{
    if (p->reserved != 0 || p->days >= 1U << 7 || p->from_utc_us >= p->until_utc_us)
        return false;
    if (p->days == 0)
        return p->start_us == 0 && p->end_us == 0;
    return p->start_us >= 0 && p->start_us < GEO_UTC_DAY_US && p->end_us > 0
           && p->end_us <= GEO_UTC_DAY_US;
}

static bool text_valid(const struct geo_zone *z)
{
    return geo_text_clean(z->id, sizeof z->id) && z->id[0] != '\0'
           && geo_text_clean(z->name, sizeof z->name)
           && geo_text_clean(z->reason, sizeof z->reason)
           && geo_text_clean(z->message, sizeof z->message);
}

enum drf_status record_check_zone(const struct geo_zone *zone, uint32_t size)
{
    if (size < sizeof *zone || zone->volume_count > GEO_ZONE_VOLUMES_MAX
        || zone->period_count > GEO_ZONE_PERIODS_MAX
        || zone->vertex_count > GEO_ZONE_VERTICES_MAX || size != geo_zone_size(zone)
        || !text_valid(zone))
        return DRF_ERR_SYNTAX;
    const uint32_t known = (GEO_ZONE_AREA_WIDENED << 1) - 1;
    bool dated = (zone->flags & GEO_ZONE_HAS_DATA_TIME) != 0;
    if (zone->volume_count == 0 || zone->restriction < GEO_ZONE_PROHIBITED
        || zone->restriction > GEO_ZONE_INFORMATION || (zone->flags & ~known) != 0
        || !alert_valid(zone->alert) || (!dated && zone->data_time_utc_us != 0)
        || zone->data_time_utc_us > RECORD_TIME_LIMIT_US
        || zone->data_time_utc_us < -RECORD_TIME_LIMIT_US)
        return DRF_ERR_RANGE;
    struct geo_zone_view view = geo_zone_view(zone);
    for (uint32_t i = 0; i < zone->vertex_count; i++)
        if (!point_valid(view.vertices[i]))
            return DRF_ERR_RANGE;
    uint32_t next = 0;
    for (uint32_t i = 0; i < zone->volume_count; i++)
        if (!volume_valid(&view.volumes[i], view.vertices, zone->vertex_count, zone->alert != 0,
                          &next))
            return DRF_ERR_RANGE;
    for (uint32_t i = 0; i < zone->period_count; i++)
        if (!period_valid(&view.periods[i]))
            return DRF_ERR_RANGE;
    return next == zone->vertex_count ? DRF_OK : DRF_ERR_RANGE;
}
