// edge/serve/drone.h - state of one drone in the serve loop, and its rate limits.
// SPDX-License-Identifier: Apache-2.0
//
// A value in the fleet's table (edge/serve/fleet.h), 1.5 KB. Its plan is a separate block, as
// long as the plan (0.1 KB and 24 bytes a point: 2.5 KB at most), allocated when the first plan
// comes and kept for the next; so is the state of its patches (2.1 KB: edge/serve/patch.h), if
// it ever asks for them. All three are within 6 KB for a plan of ten points, 7.6 KB at most;
// without patches always.
#ifndef EDGE_DRONE_H
#define EDGE_DRONE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "edge/mqtt/topic.h"
#include "edge/serve/advisories.h"
#include "fusion/aircraft/aircraft.h"

#define EDGE_DRONE_NONE UINT32_MAX // no drone, where a number of one stands

// Whether its stored profile and plan were asked for (edge/handoff/restore_request.h).
enum edge_drone_restore {
    EDGE_DRONE_RESTORE_DUE, // not asked since it is in the fleet
    EDGE_DRONE_RESTORE_ASKED,
    EDGE_DRONE_RESTORE_DONE,
};

enum {
    EDGE_SENT_TIMES = 32, // contexts whose time of sending is remembered
};

// Paces something along a schedule (GCRA): one is let through when the schedule is at most
// `slack_us` ahead of now, and one that comes late leaves the schedule at most `slack_us`
// behind, so that what comes at the very rate, give or take the slack, is let through.
struct edge_pace {
    int64_t next_mono_us; // when one on schedule would be due
};
bool edge_pace_ready(const struct edge_pace *pace, int64_t now_mono_us, int64_t slack_us);
void edge_pace_take(struct edge_pace *pace, int64_t now_mono_us, int64_t interval_us,
                    int64_t slack_us);

// What the profile asks for beside the limits of the aircraft.
struct edge_drone_preferences {
    int64_t interval_us;       // between contexts
    double rate_hz;            // that its profile asks for; 0: it has none
    uint32_t link_bytes_per_s; // 0: unlimited
    bool json, ignore_seen;
    uint16_t patch_side; // cells; 0: no patches
    int64_t patch_interval_us;
};

// The last report that was accepted.
struct edge_drone_report {
    struct fusion_fix fix;
    int64_t arrival_mono_us;
    uint64_t drone_boot_id;
    uint32_t seq;
    bool time_from_arrival;
    bool plan_named; // it names the plan that is held
};

// Contexts sent in this stream, and the last that the drone says it has seen.
struct edge_drone_stream {
    uint32_t sent_seq, seen_seq; // 0: none
    uint32_t reply_seq, advisory_seq;
    uint16_t sent_at[EDGE_SENT_TIMES]; // mono, in units of 10 ms, by seq modulo; wraps in 11
                                       // minutes, only differences count
};

// Refusals of telemetry that no reply has reported yet.
struct edge_drone_refusals {
    uint32_t untold;
    uint32_t code;       // enum edge_reply_code of the last
    char field_path[40]; // and what was wrong in it
    char text[88];       // why, shortened: the count is said behind it
    int64_t next_mono_us;
};

// Where it should be since its link was lost.
struct edge_drone_prediction {
    int64_t utc_us;
    int32_t lat_e7, lon_e7;
    bool amsl_known;
    float amsl_m, north_mps, east_mps;
};

struct edge_drone {
    char id[EDGE_ID_SIZE];
    bool used;       // the slot holds a drone
    bool known;      // more than one report, or a profile or plan is held
    bool has_report; // one was accepted since the node started
    bool reporting;  // from inside, not silent for long: contexts are made for it
    bool outside;    // the last report was outside the region and its margin
    bool outside_untold;
    bool primary;    // inside the region itself
    bool due;        // a context is due
    bool listed;     // stands in the list of who is due; belongs to the slot
    bool pushed;     // because the fabric changed
    bool shed_rate;  // the last context was held back by the link budget
    bool shed_patch; // the last patch did not fit into it
    bool has_profile, has_plan;
    bool lost;        // silent for longer than limits.lost_link_after_ms
    bool unconfirmed; // it jumped, and too few reports since agree: others are told
    uint8_t agreed;   // reports in a row that agree with each other, while unconfirmed
    uint8_t restore;  // enum edge_drone_restore
    bool profile_received,
        plan_received;   // it sent one, or deleted it: newer than the stored one
    bool restored;       // its stored profile or plan applies again
    bool waiting;        // its first report waits for the store's answer
    uint32_t heard_hour; // in which the store was last updated; 0: none. Begins at another time
                         // for each drone
    uint8_t height_basis; // enum fusion_agl_basis of the last context; 0: no height
    float height_offset_m,
        height_acc95_m; // AMSL minus what it sends; see edge/serve/neighbours.c

    uint32_t older, newer;                   // neighbours in the list of last use
    uint32_t cell, cell_previous, cell_next; // where it reports from
    int64_t used_mono_us;                    // of the last report, whatever became of it
    int64_t due_mono_us, sent_mono_us;       // the context due, the last one sent
    int64_t owed_mono_us; // since when it answers a report late: for a metric alone
    int64_t outside_told_mono_us;

    struct fusion_limits limits;
    struct edge_drone_preferences preferences;
    uint64_t profile_digest, plan_digest; // of the payload held
    struct fusion_plan *plan;             // NULL before the first; of its length only:
    uint32_t plan_points;                 // never to be copied as a whole
    struct edge_patches *patches; // NULL before it first asks for them (edge/serve/patch.h)

    struct edge_drone_report report;
    struct edge_drone_stream stream;
    struct edge_drone_refusals refusals;
    struct edge_pace telemetry_pace, context_pace, push_pace, byte_pace, request_pace,
        patch_pace;
    struct edge_pace link_pace;   // of all that goes to it (edge/serve/link_budget.h)
    struct edge_pace look_pace;   // of evaluations only because something changed
    int64_t advised_mono_us;      // when it was evaluated last
    int64_t look_mono_us;         // when to do so again after a change; INT64_MAX: no need
    int64_t request_told_mono_us; // when RATE_LIMITED was told
    uint32_t requests_untold;
    struct edge_drone_prediction prediction; // meaningful when lost
    struct edge_advisories advisories;
    float concern_length_m, concern_half_m; // of the corridor of the last context
    bool concern_straight;                  // along the velocity; else any way
    bool agl_known;                         // at the last context
    uint16_t
        alerts_digest; // of the alerts of its last context; a wrong match lasts until the next
    float agl_m;
    uint32_t terrain_seq;   // of the terrain messages of this stream
    uint32_t context_bytes; // of the last context, with what carries it
};

// Notes that a context goes out now and returns its number.
uint32_t edge_drone_send(struct edge_drone *drone, int64_t now_mono_us);
// Takes `seen` of a report; numbers never sent are ignored.
void edge_drone_seen(struct edge_drone *drone, uint32_t context_seq);
// How long the oldest context not seen is under way; 0 when all were seen. More than
// EDGE_SENT_TIMES unseen contexts count as INT64_MAX.
int64_t edge_drone_unseen_us(const struct edge_drone *drone, int64_t now_mono_us);

enum edge_order { EDGE_ORDER_NEXT, EDGE_ORDER_BACK };
// Whether a report follows the last one of the same boot of the drone: a greater number, where
// both have one, and no earlier time. *lost: reports missing in between.
enum edge_order edge_drone_order(const struct edge_drone *drone, uint64_t drone_boot_id,
                                 uint32_t seq, int64_t time_utc_us, bool time_from_arrival,
                                 uint32_t *lost);

// Whether it may send another profile, plan, request or query now: five a second, and 25 at
// once. REFUSED, replied at most once a second: *count were refused since the last reply.
enum edge_request_limit {
    EDGE_REQUEST_ALLOWED,
    EDGE_REQUEST_REFUSED,
    EDGE_REQUEST_REFUSED_SILENTLY
};
enum edge_request_limit edge_drone_request(struct edge_drone *drone, int64_t now_mono_us,
                                           uint32_t *count);
#define EDGE_REQUEST_RETRY_S 5.0

// Whether a change in this box concerns the drone: it touches the corridor of its last context,
// or its position.
struct geo_bounds;
bool edge_drone_affected(const struct edge_drone *drone, struct geo_bounds changed);

#endif
