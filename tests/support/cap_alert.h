// tests/support/cap_alert.h - what the CAP decoder made of a document, and whom it concerns.
// SPDX-License-Identifier: Apache-2.0
//
// Whether a point is in an area is judged here by the even-odd rule and the haversine formula.
#ifndef TESTS_SUPPORT_CAP_ALERT_H
#define TESTS_SUPPORT_CAP_ALERT_H

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "geo/format/alert/cap.h"
#include "tests/support/real_data.h"

#define HOUR_US INT64_C(3600000000)
#define DEGREE 0.017453292519943295

enum { ZONES_MAX = 128 };

struct decoded {
    enum drf_status status;
    struct geo_note why;
    struct geo_record_builder builder;
    struct geo_zone_view zones[ZONES_MAX];
    struct geo_unreadable unreadable;
    const struct geo_area_codes *codes;
    unsigned count, withdrawn, unreadables, notes;
};

static struct geo_decode_params params = {
    .keep = {-180, -90, 180, 90},
    .refuse_test = true,
    .valid_for_us = 48 * HOUR_US,
    .message_utc_us = INT64_C(1796000000000000),
};

static inline struct decoded cap(const char *text, size_t size)
{
    struct decoded d = {.status = DRF_OK};
    struct geo_record built, record;
    geo_record_builder_init(&d.builder, 1 << 24);
    d.status = geo_cap_decode(&params, (const uint8_t *)text, size, &d.builder, &d.why);
    assert_int_equal(geo_record_finish(&d.builder, &built), DRF_OK);
    assert_int_equal(geo_record_validate(built.bytes, built.size, &record), DRF_OK);
    size_t cursor = 0;
    struct geo_item item;
    while (geo_record_next(record, &cursor, &item)) {
        d.notes += item.kind == GEO_ITEM_NOTE;
        if (item.kind == GEO_ITEM_AREA_CODES)
            d.codes = item.payload;
        if (item.kind == GEO_ITEM_UNREADABLE) {
            d.unreadables++;
            d.unreadable = *(const struct geo_unreadable *)item.payload;
        }
        if (item.kind != GEO_ITEM_ZONE)
            continue;
        assert_true(d.count < ZONES_MAX);
        d.zones[d.count] = geo_item_zone(&item);
        d.withdrawn += (d.zones[d.count++].zone->flags & GEO_ZONE_WITHDRAWN) != 0;
    }
    return d;
}

static inline void done(struct decoded *d) { geo_record_builder_close(&d->builder); }

static inline char *case_text(const char *name, size_t *size)
{
    char path[200];
    (void)snprintf(path, sizeof path, "cases/cap/%s", name);
    char *text = (char *)real_data(path, size);
    if (text == NULL)
        skip();
    return text;
}

static inline struct decoded case_of(const char *name)
{
    size_t size;
    char *text = case_text(name, &size);
    struct decoded d = cap(text, size);
    free(text);
    return d;
}

static inline bool in_ring(const struct geo_point *v, uint32_t count, double lat, double lon)
{
    bool in = false;
    for (uint32_t i = 0, j = count - 1; i < count; j = i++)
        if ((v[i].lat_deg > lat) != (v[j].lat_deg > lat)
            && lon < (v[j].lon_deg - v[i].lon_deg) * (lat - v[i].lat_deg)
                             / (v[j].lat_deg - v[i].lat_deg)
                         + v[i].lon_deg)
            in = !in;
    return in;
}

static inline double metres(struct geo_point a, double lat, double lon)
{
    double x = sin((lat - a.lat_deg) * DEGREE / 2), y = sin((lon - a.lon_deg) * DEGREE / 2);
    return 2 * 6371000
           * asin(sqrt(x * x + cos(a.lat_deg * DEGREE) * cos(lat * DEGREE) * y * y));
}

static inline bool concerns(const struct geo_zone_view *view, double lat, double lon)
{
    for (uint32_t i = 0; i < view->zone->volume_count; i++) {
        const struct geo_zone_volume *volume = &view->volumes[i];
        if (volume->shape == GEO_ZONE_REGION
            || (volume->shape == GEO_ZONE_CIRCLE
                && metres(volume->centre, lat, lon) <= volume->radius_m)
            || (volume->shape == GEO_ZONE_POLYGON
                && in_ring(view->vertices + volume->first_vertex, volume->vertex_count, lat,
                           lon)))
            return true;
    }
    return false;
}

static inline uint32_t severity(const struct geo_zone_view *view)
{
    return view->zone->alert & GEO_ALERT_SEVERITY;
}

static inline bool assumed(const struct geo_zone_view *view)
{
    return (view->zone->alert & GEO_ALERT_AREA_ASSUMED) != 0;
}

#define HEAD(type)                                                                             \
    "<alert xmlns=\"urn:oasis:names:tc:emergency:cap:1.2\"><identifier>A-2</identifier>"       \
    "<sender>w@x</sender><sent>2026-11-28T10:00:00-00:00</sent><status>Actual</status>"        \
    "<msgType>" type "</msgType><scope>Public</scope>"
#define GRAVE                                                                                  \
    "<urgency>Immediate</urgency><severity>Severe</severity><certainty>Likely</certainty>"
#define TIMES                                                                                  \
    "<effective>2026-11-28T10:00:00+00:00</effective>"                                         \
    "<expires>2026-11-28T12:00:00+00:00</expires>"
#define AREA(shape) "<area><areaDesc>a</areaDesc>" shape "</area>"
#define SQUARE "<polygon>50,8 51,8 51,9 50,9 50,8</polygon>"
#define OTHER "<circle>52.5,8.5 10</circle>"
#define INFO(words, area) "<info>" words TIMES area "</info>"

static inline struct decoded text_of(const char *text) { return cap(text, strlen(text)); }

#endif
