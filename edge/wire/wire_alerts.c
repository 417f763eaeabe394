// SPDX-License-Identifier: Apache-2.0
// The whole set of alerts, for the region's retained topic.
#include <stdlib.h>

#include "edge/wire/wire_alert.h"
#include "edge/wire/wire_parts.h"
#include "fusion/aircraft/alert.h"

#define SET(message, field, to) ((message)->has_##field = 1, (message)->field = (to))

static void add_corner(struct edge_wire_alert *out, struct geo_point point)
{
    Drf__V1__Vertex *corner = &out->corners[out->alert.n_polygon];
    drf__v1__vertex__init(corner);
    SET(corner, lat_e7, edge_wire_e7(point.lat_deg));
    SET(corner, lon_e7, edge_wire_e7(point.lon_deg));
    out->corner_list[out->alert.n_polygon++] = corner;
    out->alert.polygon = out->corner_list;
}

// Several areas, or one of too many corners, as the box around them.
static void fill_box(struct edge_wire_alert *out, struct geo_bounds box)
{
    add_corner(out, (struct geo_point){box.south_deg, box.west_deg});
    add_corner(out, (struct geo_point){box.south_deg, box.east_deg});
    add_corner(out, (struct geo_point){box.north_deg, box.east_deg});
    add_corner(out, (struct geo_point){box.north_deg, box.west_deg});
}

// An error that nobody said is unknown, never 0; then it concerns everybody.
static void fill_sky(Drf__V1__Alert *a, const struct geo_zone *said,
                     const struct geo_zone_volume *sky)
{
    const double ra_deg = sky->centre.lon_deg;
    SET(a, right_ascension_deg, ra_deg < 0.0 ? ra_deg + 360.0 : ra_deg);
    SET(a, declination_deg, sky->centre.lat_deg);
    if ((said->alert & GEO_ALERT_AREA_ASSUMED) == 0) {
        SET(a, error_deg, sky->radius_m / GEO_ZONE_SKY_M_PER_DEG);
        return;
    }
    SET(a, error_reason, FUSION_REASON_NOT_REPORTED);
    SET(a, region_wide, 1);
}

static void fill_area(struct edge_wire_alert *out, const struct fusion_zone *zone)
{
    const struct geo_zone_volume *first = &zone->view.volumes[0];
    Drf__V1__Alert *a = &out->alert;
    if ((zone->view.zone->alert & GEO_ALERT_AREA_ASSUMED) != 0)
        SET(a, area_assumed, 1);
    for (uint32_t i = 0; i < zone->view.zone->volume_count; i++)
        if (zone->view.volumes[i].shape == GEO_ZONE_REGION) {
            SET(a, region_wide, 1);
            return;
        }
    if (first->shape == GEO_ZONE_SKY) {
        fill_sky(a, zone->view.zone, first);
        return;
    }
    bool single = zone->view.zone->volume_count == 1;
    if (single && first->shape == GEO_ZONE_CIRCLE) {
        SET(a, centre_lat_e7, edge_wire_e7(first->centre.lat_deg));
        SET(a, centre_lon_e7, edge_wire_e7(first->centre.lon_deg));
        SET(a, radius_m, (float)first->radius_m);
    } else if (single && first->vertex_count <= EDGE_WIRE_CORNERS_MAX) {
        for (uint32_t i = 0; i < first->vertex_count; i++)
            add_corner(out, zone->view.vertices[first->first_vertex + i]);
    } else {
        fill_box(out, zone->bounds);
    }
}

void edge_wire_fill_alert(struct edge_wire_alert *out, const struct fusion_zone *zone,
                          bool whole)
{
    const struct geo_zone *said = zone->view.zone;
    Drf__V1__Alert *a = &out->alert;
    drf__v1__alert__init(a);
    a->alert_id = edge_wire_text(said->id);
    SET(a, revision, fusion_alert_revision(zone));
    SET(a, severity, fusion_alert_severity(zone));
    if ((said->alert & GEO_ALERT_TEST) != 0)
        SET(a, test, 1);
    a->event = edge_wire_text(said->name[0] != '\0' ? said->name : said->reason);
    a->text = whole ? edge_wire_text(said->message) : NULL;
    if ((said->flags & GEO_ZONE_HAS_DATA_TIME) != 0)
        SET(a, issued_us, said->data_time_utc_us);
    const struct geo_zone_period *period = zone->view.periods;
    if (said->period_count == 1 && period->from_utc_us != GEO_ZONE_ALWAYS_FROM_US)
        SET(a, valid_from_us, period->from_utc_us);
    if ((said->alert & GEO_ALERT_ENDS_ASSUMED) != 0)
        SET(a, ends_assumed, 1);
    if (said->period_count == 1 && period->until_utc_us != GEO_ZONE_ALWAYS_UNTIL_US)
        SET(a, valid_until_us, period->until_utc_us);
    a->source = edge_wire_text(zone->source->source);
    a->version = whole ? edge_wire_text(zone->source->version) : NULL;
    if (whole)
        fill_area(out, zone);
}

static void put_left_out(Drf__V1__Alerts *m, const struct fusion_zone_bucket *alerts,
                         size_t from)
{
    uint32_t worst = UINT32_MAX;
    for (size_t i = from; i < alerts->count; i++) {
        uint32_t severity = fusion_alert_severity(alerts->zones[i]);
        worst = severity < worst ? severity : worst;
    }
    SET(m, left_out, (uint32_t)(alerts->count - from));
    SET(m, left_out_severity, worst);
}

enum drf_status edge_wire_alerts_encode(enum edge_wire_form form,
                                        const struct edge_wire_stream *stream,
                                        const struct fusion_zone_bucket *alerts, size_t count,
                                        bool whole, uint8_t *bytes, size_t *size)
{
    struct edge_wire_alert *ones = malloc((count + 1) * sizeof *ones);
    Drf__V1__Alert **list = malloc((count + 1) * sizeof(void *));
    enum drf_status status = ones != NULL && list != NULL ? DRF_OK : DRF_ERR_NOMEM;
    if (status == DRF_OK) {
        Drf__V1__Alerts m;
        drf__v1__alerts__init(&m);
        SET(&m, boot_id, stream->boot_id);
        if (stream->node_time_utc_us != 0)
            SET(&m, node_time_us, stream->node_time_utc_us);
        SET(&m, mode, stream->mode);
        for (; m.n_alerts < count; m.n_alerts++) {
            edge_wire_fill_alert(&ones[m.n_alerts], alerts->zones[m.n_alerts], whole);
            list[m.n_alerts] = &ones[m.n_alerts].alert;
        }
        m.alerts = list;
        if (count < alerts->count)
            put_left_out(&m, alerts, count);
        status = edge_wire_pack(form, &m.base, bytes, size);
    }
    free(ones);
    free(list);
    return status;
}
