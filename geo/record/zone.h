// geo/record/zone.h - record item: an airspace zone or an alert as its source describes it.
// SPDX-License-Identifier: Apache-2.0
//
// Flat values without pointers. Inside a record (geo/record/record.h) a zone is followed by
// its volumes, its periods and the vertices of its polygons, in this order. A zone is the
// union of its volumes, at the times of any of its periods; without a period it applies
// always. Limits are the source's own, in metres; fusion relates them to the ground.
#ifndef GEO_ZONE_H
#define GEO_ZONE_H

#include <stddef.h>
#include <stdint.h>

#include "geo/point.h"
#include "geo/tile.h"

// ED-269 and ED-318 name these; the United States' feeds are mapped to them.
enum geo_zone_restriction {
    GEO_ZONE_PROHIBITED = 1,
    GEO_ZONE_REQ_AUTHORISATION = 2,
    GEO_ZONE_CONDITIONAL = 3,
    GEO_ZONE_USPACE = 4, // flight needs U-space services
    GEO_ZONE_NO_RESTRICTION = 5,
    GEO_ZONE_INFORMATION = 6, // nothing is restricted, something is worth knowing
};

enum geo_zone_reference {
    GEO_ZONE_UNLIMITED = 0, // below: down to the ground and under it; above: without end
    GEO_ZONE_AGL = 1,       // over the ground at each place
    GEO_ZONE_AMSL = 2,      // EGM96
    GEO_ZONE_WGS84 = 3,     // the ellipsoid
    GEO_ZONE_PRESSURE = 4,  // standard atmosphere, as flight levels are
};

struct geo_zone_limit {
    double m;           // 0 when unlimited
    uint32_t reference; // enum geo_zone_reference
    uint32_t reserved;  // 0
};

enum geo_zone_shape {
    GEO_ZONE_CIRCLE = 1,
    GEO_ZONE_POLYGON = 2,
    GEO_ZONE_SKY = 3, // alerts: who has this part of the sky above the horizon. The centre is
                      // declination as latitude and right ascension (J2000), wrapped, as
                      // longitude; the radius is an arc, GEO_ZONE_SKY_M_PER_DEG a degree
    GEO_ZONE_REGION = 4, // alerts: wherever the node serves
};

#define GEO_ZONE_SKY_M_PER_DEG 111195.0

// What makes a zone an alert: 0 for a zone, else its severity (the numbers of Severity in
// schemas/drf/v1/enums.proto) and flags.
enum geo_alert {
    GEO_ALERT_WARNING = 1,
    GEO_ALERT_CAUTION = 2,
    GEO_ALERT_INFO = 3,
    GEO_ALERT_SEVERITY = 3,  // the bits of the above
    GEO_ALERT_TEST = 1 << 2, // never real: a node of mode LIVE refuses it
    // Its area is not given in a form that is read, or not fully: everywhere, or a box around.
    // Of a part of the sky: its error is not known, and so it may be anywhere in it.
    GEO_ALERT_AREA_ASSUMED = 1 << 3,
    GEO_ALERT_ENDS_ASSUMED = 1 << 4, // it states no end: the feed's valid_for; or no time zone
};

struct geo_zone_volume {
    struct geo_zone_limit lower, upper; // both are inside
    uint32_t shape;                     // enum geo_zone_shape
    uint32_t first_vertex,
        vertex_count;        // polygon: outer ring as geo/ring.h has it; circle: 0, 0
    uint32_t reserved;       // 0
    struct geo_point centre; // circle; polygon: its first vertex
    double radius_m;         // circle > 0; polygon: 0
};

#define GEO_ZONE_ALWAYS_FROM_US INT64_MIN
#define GEO_ZONE_ALWAYS_UNTIL_US INT64_MAX

// From `from` until just before `until`. With days: only on these days of the week from `start`
// until just before `end` of the day, UTC; where end <= start it goes on to `end` of the next
// day.
struct geo_zone_period {
    int64_t from_utc_us;      // GEO_ZONE_ALWAYS_FROM_US: since ever
    int64_t until_utc_us;     // GEO_ZONE_ALWAYS_UNTIL_US: for ever
    int64_t start_us, end_us; // after midnight: start 0 .. below 24 h, end above 0 .. 24 h
    uint32_t days;            // bit 0 Monday .. bit 6 Sunday; 0: the whole interval, start and
                              // end are 0
    uint32_t reserved;        // 0
};

enum geo_zone_flag {
    GEO_ZONE_WITHDRAWN = 1 << 0,           // the source withdrew it
    GEO_ZONE_HAS_DATA_TIME = 1 << 1,       // when the source last vouched for it
    GEO_ZONE_HOLES_FILLED = 1 << 2,        // a polygon had holes; they are taken as inside
    GEO_ZONE_TIMES_WIDENED = 1 << 3,       // a time such as sunset was taken as the day's end
    GEO_ZONE_TIMES_ASSUMED = 1 << 4,       // the source gives no times: taken as always
    GEO_ZONE_RESTRICTION_ASSUMED = 1 << 5, // its word is not known here: taken as prohibited
    // Outside what this node keeps, as a circle of a metre: in the record because an older
    // version may have been inside, which this one withdraws.
    GEO_ZONE_OUTSIDE = 1 << 6,
    GEO_ZONE_WEATHER = 1 << 7,      // no rule: weather that is dangerous there (SIGMET, AIRMET)
    GEO_ZONE_AREA_WIDENED = 1 << 8, // by what a long edge may mean (geo/edge.h)
};

enum {
    GEO_ZONE_ID_SIZE = 64,
    GEO_ZONE_NAME_SIZE = 96,
    GEO_ZONE_REASON_SIZE = 64,
    GEO_ZONE_MESSAGE_SIZE = 256,
    GEO_ZONE_VOLUMES_MAX = 64,
    GEO_ZONE_PERIODS_MAX = 256,
    GEO_ZONE_VERTICES_MAX = 16384, // of all its volumes
};

struct geo_zone {
    char id[GEO_ZONE_ID_SIZE];         // one of its source, NUL-terminated, not empty
    char name[GEO_ZONE_NAME_SIZE];     // for people, may be empty
    char reason[GEO_ZONE_REASON_SIZE]; // the source's words, "AIR_TRAFFIC, OTHER", may be empty
    char message[GEO_ZONE_MESSAGE_SIZE]; // for people, may be empty
    int64_t data_time_utc_us;            // 0 unless GEO_ZONE_HAS_DATA_TIME
    uint32_t restriction;                // enum geo_zone_restriction
    uint32_t flags;                      // enum geo_zone_flag
    uint32_t volume_count;               // 1 .. GEO_ZONE_VOLUMES_MAX
    uint32_t period_count;               // 0: always
    uint32_t vertex_count;
    uint32_t alert; // enum geo_alert; 0: a zone
};

// A zone with what follows it.
struct geo_zone_view {
    const struct geo_zone *zone;
    const struct geo_zone_volume *volumes;
    const struct geo_zone_period *periods;
    const struct geo_point *vertices;
};

// The view of a zone that lies in one piece with its tail.
struct geo_zone_view geo_zone_view(const struct geo_zone *zone);
// The size of that piece.
size_t geo_zone_size(const struct geo_zone *zone);

// A box around a volume, the narrowest around all of them; over the antimeridian west > east,
// over a pole all longitudes.
struct geo_bounds geo_zone_volume_bounds(const struct geo_zone_volume *volume,
                                         const struct geo_point *vertices);
struct geo_bounds geo_zone_bounds(const struct geo_zone_view *view);

const char *geo_zone_restriction_name(enum geo_zone_restriction restriction); // "PROHIBITED"
// From its name, NUL-terminated; 0 if it is none of them.
uint32_t geo_zone_restriction_parse(const char *name);

#endif
