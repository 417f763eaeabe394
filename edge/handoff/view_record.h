// edge/handoff/view_record.h - what a viewer of the node sees: values without a pointer.
// SPDX-License-Identifier: Apache-2.0
//
// Texts are copied and cut, with a NUL. Units are in the names; _cm is centimetres, _cdeg
// hundredths of a degree. Of a number that is not known its own value says so, never 0.
#ifndef EDGE_VIEW_RECORD_H
#define EDGE_VIEW_RECORD_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "geo/point.h"

#define EDGE_VIEW_UNKNOWN INT32_MIN     // a 32-bit number is not known
#define EDGE_VIEW_UNKNOWN_UTC INT64_MIN // an instant is not known

enum {
    EDGE_VIEW_ID_SIZE = 40, // of a drone or a track
    EDGE_VIEW_TEXT_SIZE = 96,
    EDGE_VIEW_SOURCE_SIZE = 56,
    EDGE_VIEW_TRACKS_MAX = 1024,
    EDGE_VIEW_FOLLOWED_MAX = 64,
    EDGE_VIEW_WIND_POINTS_MAX = 400,
    EDGE_VIEW_JSON_MAX = 65536, // of a context or an answer
    EDGE_VIEW_WAY_MAX = 64,
    EDGE_VIEW_TEXTS_MAX = 262144,
};

// A value in that part of its unit; UNKNOWN where it has no room, or is not a number.
static inline int32_t edge_view_scaled(double value, double per_unit)
{
    double there = value * per_unit;
    return fabs(there) < INT32_MAX ? (int32_t)(there < 0 ? there - 0.5 : there + 0.5)
                                   : EDGE_VIEW_UNKNOWN;
}

// Of a velocity, or of where a wind blows to: hundredths of a degree from true north, 0 to
// 35999; UNKNOWN below a tenth of a metre per second.
static inline int32_t edge_view_track(double north_mps, double east_mps)
{
    if (north_mps * north_mps + east_mps * east_mps < 0.01)
        return EDGE_VIEW_UNKNOWN;
    int32_t cdeg =
        edge_view_scaled(atan2(east_mps, north_mps), 18000.0 / 3.14159265358979323846);
    return cdeg < 0 ? cdeg + 36000 : cdeg == 36000 ? 0 : cdeg;
}

enum edge_view_flag {
    EDGE_VIEW_OUTSIDE = 1, // outside the region itself, within its margin or beyond
    EDGE_VIEW_FOLLOWS_PLAN = 2,
    EDGE_VIEW_HAS_PROFILE = 4,
    EDGE_VIEW_ON_GROUND = 8,
    EDGE_VIEW_LOST = 16,        // silent for longer than limits.lost_link_after_ms
    EDGE_VIEW_REPORTING = 32,   // contexts are made for it
    EDGE_VIEW_UNCONFIRMED = 64, // it jumped, and too few reports since agree
};

// One drone, as of its last evaluation; what it is told (schemas/client.md).
struct edge_view_drone {
    char id[EDGE_VIEW_ID_SIZE];     // "": no drone in this place
    char text[EDGE_VIEW_TEXT_SIZE]; // of its worst advisory; "": none
    int64_t report_utc_us;          // of its last report
    int64_t evaluated_utc_us;       // UNKNOWN_UTC: not since somebody looks; then it has no
                                    // heights, and its advisories are those it was told last
    uint64_t drone_boot_id;         // 0: not sent
    uint32_t generation;            // grows when another drone takes the place
    uint32_t telemetry_seq, context_seq; // of the last report, the last context sent; 0: none
    int32_t lat_e7, lon_e7;
    int32_t amsl_cm, agl_cm;
    int32_t free_cm, free_low_cm;     // height above the surface below: as it is, and at worst
    int32_t ahead_low_cm;             // the least at worst in the look-ahead, of what is known
    int32_t ahead_from_m, ahead_to_m; // where that is
    int32_t ahead_unknown_permille;   // of the look-ahead without a surface
    int32_t track_cdeg_true, speed_cmps, climb_cmps;
    int32_t time_to_go_ms;  // of its worst advisory
    uint16_t flags;         // enum edge_view_flag
    uint8_t severity, kind; // of its worst advisory, enum fusion_severity; 0: none
    uint8_t plan_state;     // enum fusion_plan_state; 0: not known
    uint8_t ground_reason;  // enum fusion_reason: why there is no ground, or what it is
    uint8_t surface_reason; // the same of the surface
    uint8_t spare;
    uint32_t warnings, cautions, infos; // advisories that hold
};

// The fleet as a whole, once a second.
struct edge_view_fleet {
    int64_t utc_us;
    uint64_t boot_id, epoch; // epoch 0: no root yet
    uint32_t held, reporting;
    uint32_t troubles; // enum edge_trouble, a bit each
    uint32_t overload; // enum edge_overload_level
    bool filled;       // since somebody looks every place was filled or cleared
};

// An aircraft of a traffic feed, where it was last reported.
struct edge_view_track {
    char id[EDGE_VIEW_ID_SIZE];
    char source[EDGE_VIEW_SOURCE_SIZE];
    int64_t report_utc_us;
    int32_t lat_e7, lon_e7;
    int32_t amsl_cm, track_cdeg_true, speed_cmps;
    uint32_t flags; // enum geo_track_flag
};

struct edge_view_tracks {
    int64_t utc_us;
    uint32_t count, left_out;
    struct edge_view_track tracks[EDGE_VIEW_TRACKS_MAX];
};

enum edge_view_why { // there is no context of a followed drone
    EDGE_VIEW_WHY_NONE,
    EDGE_VIEW_NO_SUCH_DRONE, // nothing is held of that id
    EDGE_VIEW_NO_REPORT,     // it sent no report that was accepted
    EDGE_VIEW_NOT_SERVED,    // it reports from outside, or the node has no data yet
    EDGE_VIEW_TOO_LARGE,     // the context has no room; a bug
};

// A corner of the path that a context looks along. UNKNOWN where a height is not known.
struct edge_view_corner {
    int32_t lat_e7, lon_e7, along_cm, amsl_cm;
};

// The last context of a followed drone: ProtoJSON of drf.v1.Context, nothing of it shed; and
// what no context says: the drone's limit, and the corners of the path, the drone first. A disc
// has none.
struct edge_view_detail {
    char id[EDGE_VIEW_ID_SIZE]; // "": nothing yet
    int64_t utc_us;             // of the evaluation
    uint32_t why;               // enum edge_view_why
    bool told;                  // false: made only because somebody looks, of its last report
    int32_t clearance_min_cm;   // the drone's own limit, or the node's default
    uint32_t corner_count;      // the first of them, where there are more
    struct edge_view_corner corners[EDGE_VIEW_WAY_MAX];
    uint32_t size; // of the text
    char json[EDGE_VIEW_JSON_MAX];
};

enum edge_view_text { // ProtoJSON of what MQTT has on the topic of that name
    EDGE_VIEW_STATE,
    EDGE_VIEW_CATALOG,
    EDGE_VIEW_ALERTS,
    EDGE_VIEW_TEXT_COUNT
};

enum edge_view_question_kind { EDGE_VIEW_ASK_POSITION = 1, EDGE_VIEW_ASK_WIND = 2 };

struct edge_view_question {
    enum edge_view_question_kind kind;
    double agl_m;              // 0 .. 10000
    struct geo_point position; // of POSITION, on the globe
    double radius_m;           // of POSITION: of obstacles and zones, 0 .. 5000
    uint32_t count;            // of WIND
    struct geo_point points[EDGE_VIEW_WIND_POINTS_MAX]; // on the globe
};

struct edge_view_wind {
    uint32_t reason; // enum fusion_reason, its numbers are those of Reason; 0: there is a value
    int32_t speed_cmps;
    int32_t from_cdeg_true; // UNKNOWN: a station that knows the speed alone
};

struct edge_view_answer {
    int64_t utc_us; // for which it holds
    uint32_t size;  // of POSITION: the QueryReply in ProtoJSON; 0: none
    uint32_t count; // of WIND
    struct edge_view_wind winds[EDGE_VIEW_WIND_POINTS_MAX];
    char json[EDGE_VIEW_JSON_MAX];
};

#endif
