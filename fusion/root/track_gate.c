// SPDX-License-Identifier: Apache-2.0
#include "fusion/root/track_gate.h"

#include <math.h>

#include "geo/extreme.h"
#include "geo/frame.h"
#include "geo/length.h"

// Beyond what the accuracies and the speeds allow: rounding, latencies that differ by receiver.
#define SLACK_M 150.0
#define TURN_RATIO 1.5
#define TURN_MPS 30.0
#define CLIMB_MAX_MPS 150.0
#define CLIMB_SLACK_M 200.0

const char *fusion_gate_name(enum fusion_gate gate)
{
    static const char *const names[FUSION_GATE_COUNT] = {
        [FUSION_GATE_PASSED] = "PASSED",       [FUSION_GATE_DUPLICATE] = "DUPLICATE",
        [FUSION_GATE_BACKWARDS] = "BACKWARDS", [FUSION_GATE_JUMP] = "JUMP",
        [FUSION_GATE_SPEED] = "SPEED",         [FUSION_GATE_FULL] = "FULL",
        [FUSION_GATE_LESSER] = "LESSER",       [FUSION_GATE_CLOCK] = "CLOCK"};
    unsigned index = (unsigned)gate;
    return index < FUSION_GATE_COUNT ? names[index] : "UNKNOWN";
}

static double speed_mps(const struct geo_track *track)
{
    return (track->flags & GEO_TRACK_SPEED) != 0
               ? track->speed_mps
               : geo_length(track->velocity_north_mps, track->velocity_east_mps);
}

static bool has_speed(const struct geo_track *track)
{
    return (track->flags & (GEO_TRACK_VELOCITY | GEO_TRACK_SPEED)) != 0;
}

// Of an accuracy what its feed's default does not exceed: to know little of where it is lets
// nobody get farther.
static double counted_m(double acc95_m, double default_m)
{
    return default_m > 0.0 ? geo_lesser(acc95_m, default_m) : acc95_m;
}

static double across_acc_m(const struct geo_track *track)
{
    return counted_m(track->horizontal_acc95_m, track->horizontal_default_acc95_m);
}

static double up_acc_m(const struct geo_track *track)
{
    return counted_m(track->altitude_acc95_m, track->altitude_default_acc95_m);
}

// How fast it may have gone between two reports: from their speeds, if they report any.
static double fastest_mps(const struct geo_track *a, const struct geo_track *b)
{
    if (!has_speed(a) || !has_speed(b))
        return FUSION_GATE_SPEED_MAX_MPS;
    double mps = geo_greater(speed_mps(a), speed_mps(b)) * TURN_RATIO + TURN_MPS;
    return geo_lesser(mps, FUSION_GATE_SPEED_MAX_MPS);
}

static bool climbs(const struct geo_track *a, const struct geo_track *b, uint32_t flag,
                   double from_m, double to_m, double after_s)
{
    if ((a->flags & b->flags & flag) == 0)
        return true;
    return fabs(to_m - from_m)
           <= CLIMB_SLACK_M + up_acc_m(a) + up_acc_m(b) + CLIMB_MAX_MPS * after_s;
}

bool fusion_track_follows(const struct geo_track *from, const struct geo_track *to)
{
    double after_s = fabs((double)(to->time_utc_us - from->time_utc_us) * 1e-6);
    struct geo_frame frame = geo_frame_at(from->position);
    struct geo_offset way = geo_frame_offset(&frame, to->position);
    double allowed_m =
        SLACK_M + across_acc_m(from) + across_acc_m(to) + fastest_mps(from, to) * after_s;
    return geo_length(way.east_m, way.north_m) <= allowed_m
           && climbs(from, to, GEO_TRACK_WGS84, from->alt_wgs84_m, to->alt_wgs84_m, after_s)
           && climbs(from, to, GEO_TRACK_AMSL, from->alt_amsl_m, to->alt_amsl_m, after_s)
           && climbs(from, to, GEO_TRACK_PRESSURE, from->alt_pressure_m, to->alt_pressure_m,
                     after_s);
}

static bool same_place(const struct geo_track *a, const struct geo_track *b)
{
    return a->position.lat_deg == b->position.lat_deg
           && a->position.lon_deg == b->position.lon_deg;
}

static enum fusion_gate take(struct fusion_track_gate *gate, const struct geo_track *report)
{
    gate->taken = *report;
    gate->agreed = 0;
    return FUSION_GATE_PASSED;
}

// Refused, unless it and those refused before it tell one story.
static enum fusion_gate reject_implausible(struct fusion_track_gate *gate,
                                           const struct geo_track *report)
{
    const struct geo_track *last = &gate->doubted;
    bool follows = gate->agreed > 0 && report->time_utc_us > last->time_utc_us
                   && fusion_track_follows(last, report);
    gate->agreed = follows ? gate->agreed + 1 : 1;
    gate->doubted = *report;
    return gate->agreed >= FUSION_GATE_AGREE ? take(gate, report) : FUSION_GATE_JUMP;
}

enum fusion_gate fusion_track_gate(struct fusion_track_gate *gate,
                                   const struct geo_track *report)
{
    const struct geo_track *taken = &gate->taken;
    if (has_speed(report) && speed_mps(report) > FUSION_GATE_SPEED_MAX_MPS)
        return FUSION_GATE_SPEED;
    if (taken->id[0] == '\0')
        return take(gate, report);
    if (report->time_utc_us == taken->time_utc_us && same_place(report, taken))
        return FUSION_GATE_DUPLICATE;
    if (report->time_utc_us < taken->time_utc_us)
        return FUSION_GATE_BACKWARDS;
    return fusion_track_follows(taken, report) ? take(gate, report)
                                               : reject_implausible(gate, report);
}
