// SPDX-License-Identifier: Apache-2.0
// Conditions from other drones of the fleet and from aircraft of a feed, by closest point of
// approach (schemas/advisories.md, traffic; schemas/traffic.md).
//
// Which report of the other the node had when it judged is not known, but it is one of those
// sent shortly before the answer came: what holds for all of them is certain, what holds for
// one is possible. Both fly straight, or this one along its plan, so the pair is examined
// each quarter of a second; the margins are widened by the relative motion between two
// samples.
#include <math.h>
#include <string.h>

#include "drf/v1/enums.pb-c.h"
#include "geo/earth.h"
#include "sim/witness/witness_case.h"
#include "sim/witness/witness_layers.h"

enum { NEIGHBOURS_JUDGED = 24, NEIGHBOURS_MAX = 512 };
enum { TRAFFIC = DRF__V1__LAYER__LAYER_TRAFFIC };

static const double look_ahead_s = 45.0;
static const double step_s = 0.25, guard_s = 0.5;
static const int64_t transit_us = 400000; // longest transit time of a report
// schemas/traffic.md: the size of an aircraft of a feed, when it is silent, when forgotten
static const double feed_radius_m = 20.0;
// The feed's default accuracies (deploy/configuration.md): what is beyond them is an INFO.
static const double feed_across_m = 75.0, feed_up_m = 15.0;
static const int64_t silent_us = 3000000, forgotten_us = 17000000;
static const double service_band_m = 5.0;
static const int64_t late_us = 2500000;
static const int64_t unheard_us = 2500000; // predicted when silent for 3 s
static const int64_t refusal_us = 1500000; // refusals are sent once a second
static const int64_t learnt_us = 3000000, guard_us = 500000;
static const double plan_climb_mps = 8.0; // sim/flight/flight.c climbs with 5 at most

// How low one that flies straight on may be in each second, from its height: a descent follows
// the known ground under its way. The node looks at that ground at a few places of the way and
// goes straight between them, so what lies a little before and after counts as well.
enum { FLOORS = 64, FLOOR_WINDOW_S = 6 };
struct floors {
    bool any; // it sinks
    double low_m[FLOORS], high_m[FLOORS];
};

struct pair {
    const struct sim_way *way, *plan; // the aircraft's; plan NULL: straight on
    struct floors own, other;
    double east_m, north_m, up_m; // the other, from here
    double east_mps, north_mps;   // of both towards each other; with a plan the other's
    double up_mps;                // the other's
    double pace_mps;              // at most, of both
    bool up_known, up_maybe;
    bool rough; // within 600 m of what they seem: across decides, never more than a CAUTION
    double up_tol_m, up_acc_low_m, up_acc_high_m;
    double across_m, up_limit_m, acc_m, growth_mps;
    double time_max_s, lag_s;
};

// The fastest that a plan goes.
static double plan_pace_mps(const struct sim_way *way)
{
    double pace_mps = 0.0;
    for (size_t i = 1; i < way->count; i++) {
        const struct sim_corner *a = &way->corners[i - 1], *b = &way->corners[i];
        if (b->time_s > a->time_s)
            pace_mps = fmax(pace_mps, (b->along_m - a->along_m) / (b->time_s - a->time_s));
    }
    return pace_mps;
}

// Where it is across and how that changes; heights, which cost more, by add_heights().
static struct pair pair_of(const struct sim_case *c, const struct sim_report *other,
                           double radius_m)
{
    const struct sim_report *own = c->report;
    struct sim_drone_limits limits = sim_drone_limits_of(own->drone);
    // The ellipsoid's metres per degree half way between both.
    double mid = 0.5 * (own->position.lat_deg + other->position.lat_deg) * GEO_RAD_PER_DEG;
    double s = sin(mid), w2 = 1.0 - SIM_ECCENTRICITY2 * s * s;
    double lag_s = (double)(own->utc_us - other->utc_us) * 1e-6;
    bool plan = c->way.kind == SIM_WAY_PLAN;
    double share = plan ? 0.0 : 1.0;
    struct pair p = {
        .plan = plan ? &c->way : NULL,
        .lag_s = lag_s,
        .north_m = (other->position.lat_deg - own->position.lat_deg) * GEO_RAD_PER_DEG
                       * (SIM_MERIDIAN_RADIUS_M / (w2 * sqrt(w2)))
                   + other->north_mps * lag_s,
        .east_m = (other->position.lon_deg - own->position.lon_deg) * GEO_RAD_PER_DEG * cos(mid)
                      * (GEO_EARTH_SEMI_MAJOR_M / sqrt(w2))
                  + other->east_mps * lag_s,
        .east_mps = other->east_mps - share * own->east_mps,
        .north_mps = other->north_mps - share * own->north_mps,
        .up_mps = other->up_mps,
        .way = &c->way,
        .across_m = limits.clearance_m + limits.radius_m + radius_m,
        .up_limit_m = limits.clearance_m,
        .acc_m = own->horizontal_acc_m + other->horizontal_acc_m,
        .growth_mps = own->velocity_acc_mps + other->velocity_acc_mps,
        .time_max_s = limits.look_ahead_s,
    };
    p.pace_mps = hypot(p.east_mps, p.north_mps) + (plan ? plan_pace_mps(&c->way) : 0.0);
    return p;
}

static void find_floors(const struct sim_witness *witness, const struct sim_report *report,
                        double since_s, const struct sim_truth *truth, struct floors *out)
{
    const struct sim_world *world = witness->world;
    double low_m[FLOORS], high_m[FLOORS];
    out->any = report->up_mps < 0.0 && truth->amsl_known;
    if (!out->any)
        return;
    for (int k = 0; k < FLOORS; k++) {
        double s = k + since_s;
        struct geo_point at = report->position;
        at.lat_deg += report->north_mps * s / world->m_per_lat_deg;
        at.lon_deg += report->east_mps * s / world->m_per_lon_deg;
        sim_witness_floor(witness, at, truth->amsl_m, &low_m[k], &high_m[k]);
        low_m[k] = fmin(low_m[k], 0.0);
        high_m[k] = fmin(high_m[k], 0.0);
    }
    for (int k = 0; k < FLOORS; k++) {
        out->low_m[k] = HUGE_VAL;
        out->high_m[k] = -HUGE_VAL;
        for (int i = k - FLOOR_WINDOW_S; i <= k + FLOOR_WINDOW_S; i++)
            if (i >= 0 && i < FLOORS) {
                out->low_m[k] = fmin(out->low_m[k], low_m[i]);
                out->high_m[k] = fmax(out->high_m[k], high_m[i]);
            }
    }
}

// How much it has climbed after a time: at least and at most.
static void climbed(const struct floors *floors, double line_m, double t, double *low_m,
                    double *high_m)
{
    *low_m = *high_m = line_m;
    if (!floors->any)
        return;
    int k = (int)fmin(fmax(t, 0.0), FLOORS - 1);
    *low_m = fmax(line_m, floors->low_m[k]);
    *high_m = fmax(line_m, floors->high_m[k]);
}

static void add_heights(const struct sim_case *c, const struct sim_report *other,
                        struct pair *p)
{
    struct sim_truth truth = sim_witness_truth(c->witness, other);
    // Heights are compared in one frame; one of pressure and one AMSL are only roughly known.
    if (c->truth.basis == 0 && c->report->has_pressure && truth.basis == 0
        && other->has_pressure) {
        p->up_m = other->pressure_m - c->report->pressure_m;
        p->up_known = p->up_maybe = true;
        p->up_tol_m = 0.1;
        p->up_acc_low_m = p->up_acc_high_m = other->pressure_acc_m + c->report->pressure_acc_m;
        return;
    }
    p->rough = (c->truth.basis == 0 && c->report->has_pressure && truth.basis != 0)
               || (truth.basis == 0 && other->has_pressure && c->truth.basis != 0);
    p->up_m = truth.amsl_m - c->truth.amsl_m;
    find_floors(c->witness, other, p->lag_s, &truth, &p->other);
    if (p->plan == NULL)
        find_floors(c->witness, c->report, 0.0, &c->truth, &p->own);
    p->up_known = truth.amsl_known && c->truth.amsl_known;
    p->up_maybe = truth.basis != 0 && c->truth.basis != 0;
    p->up_tol_m = truth.amsl_tol_m + c->truth.amsl_tol_m + c->way.height_tol_m + 0.1;
    p->up_acc_low_m = truth.acc_low_m + c->truth.acc_low_m;
    p->up_acc_high_m = truth.acc_high_m + c->truth.acc_high_m;
}

// Where the aircraft is by its plan after a time, from where it is now.
struct own {
    double east_m, north_m, up_m, up_tol_m;
};

static struct own own_at(const struct pair *p, double t)
{
    if (p->plan == NULL) {
        double low_m, high_m;
        climbed(&p->own, p->way->climb_mps * fmin(t, p->way->time_max_s), t, &low_m, &high_m);
        return (struct own){.up_m = 0.5 * (low_m + high_m), .up_tol_m = 0.5 * (high_m - low_m)};
    }
    double along_m = sim_way_along_m(p->plan, t);
    struct sim_plane at = sim_way_at(p->plan, along_m);
    return (struct own){(at.east_m - p->plan->start.east_m) * p->plan->scale_east,
                        (at.north_m - p->plan->start.north_m) * p->plan->scale_north,
                        sim_way_rise_after_m(p->plan, t), 0.0};
}

// Whether it is too near at a time, with margins this much wider.
static bool near_at(const struct pair *p, double t, bool with_accuracy, bool may,
                    double slack_m)
{
    double acc_m = with_accuracy ? p->acc_m + p->growth_mps * t : 0.0;
    double up_acc_m = !with_accuracy ? 0.0 : may ? p->up_acc_high_m : p->up_acc_low_m;
    struct own own = own_at(p, t);
    double east_m = p->east_m + p->east_mps * t - own.east_m,
           north_m = p->north_m + p->north_mps * t - own.north_m;
    double limit_m = p->across_m + acc_m + slack_m;
    if (east_m * east_m + north_m * north_m > limit_m * limit_m)
        return false;
    // Where a height may not be known, across alone may decide.
    if (!p->up_maybe || (may && !p->up_known))
        return true;
    double sunk_low_m, sunk_high_m;
    climbed(&p->other, p->up_mps * (t + p->lag_s), t, &sunk_low_m, &sunk_high_m);
    double up_m = fabs(p->up_m + 0.5 * (sunk_low_m + sunk_high_m) - own.up_m);
    double tol_m = p->up_tol_m + own.up_tol_m + 0.5 * (sunk_high_m - sunk_low_m);
    // A plan may climb as steeply as this.
    double climb_mps =
        fabs(p->up_mps) + (p->plan != NULL ? plan_climb_mps : fabs(p->way->climb_mps));
    return up_m <= p->up_limit_m + up_acc_m + (may ? tol_m : -tol_m)
                       + (slack_m > 0.0 ? climb_mps * step_s : 0.0);
}

// With a plan no more than that it is not nearer.
static double closest_m(const struct pair *p)
{
    if (p->plan != NULL)
        return fmax(hypot(p->east_m, p->north_m) - p->pace_mps * p->time_max_s, 0.0);
    double square = p->east_mps * p->east_mps + p->north_mps * p->north_mps;
    double t =
        square > 0.0 ? -(p->east_m * p->east_mps + p->north_m * p->north_mps) / square : 0.0;
    t = fmin(fmax(t, 0.0), p->time_max_s);
    return hypot(p->east_m + p->east_mps * t, p->north_m + p->north_mps * t);
}

static void judge(const struct sim_case *c, const struct sim_report *other, double radius_m,
                  int *possible, int *certain)
{
    struct pair pair = pair_of(c, other, radius_m), *p = &pair;
    *possible = *certain = SIM_NOTHING;
    // a plan begins abeam the aircraft: the sample at time 0 may be off by that distance
    double slack_m = p->pace_mps * step_s / 2 + 0.3;
    if (closest_m(p) > p->across_m + p->acc_m + p->growth_mps * p->time_max_s + slack_m)
        return;
    add_heights(c, other, p);
    int most = p->rough ? SIM_CAUTION : SIM_WARNING;
    int steps = (int)(p->time_max_s / step_s);
    for (int i = 0; i <= steps; i++) {
        double t = i * step_s;
        // where a leg of its plan ends, it may be at once at another height
        bool sure = p->plan == NULL || i > 0;
        if (near_at(p, t, false, true, slack_m))
            *possible = sim_severity_worse(
                *possible, sim_severity_milder(sim_severity_of(t - guard_s), most));
        else if (near_at(p, t, true, true, slack_m))
            *possible = sim_severity_worse(
                *possible, sim_severity_milder(sim_severity_of(t - guard_s), SIM_CAUTION));
        if (sure && near_at(p, t, false, false, -0.3))
            *certain = sim_severity_worse(
                *certain, sim_severity_milder(sim_severity_of(t + guard_s), most));
        else if (sure && near_at(p, t, true, false, -0.3))
            *certain = sim_severity_worse(
                *certain, sim_severity_milder(sim_severity_of(t + guard_s), SIM_CAUTION));
    }
}

// A report of the other that the node refused is one that it does not have.
static bool refused_lately(const struct sim_case *c, size_t other, int64_t from_us)
{
    const int64_t *refused_us = c->witness->fleet.refused_mono_us;
    return refused_us != NULL && refused_us[other] != 0
           && refused_us[other] > from_us - refusal_us
           && refused_us[other] < c->arrival_mono_us + refusal_us;
}

// A node takes no reports from farther away than its margin.
static bool beyond_service(const struct sim_case *c, const struct sim_report *report)
{
    const struct sim_witness *witness = c->witness;
    struct sim_plane at = sim_world_plane(witness->world, report->position);
    return witness->served.count >= 3
           && sim_witness_outside_m(witness, at) > witness->served.margin_m - service_band_m;
}

static bool told_of(const struct sim_case *c, const char *feature)
{
    const Drf__V1__Context *context = c->context;
    for (size_t i = 0; i < context->n_advisories; i++)
        if (context->advisories[i]->feature_id != NULL
            && strcmp(context->advisories[i]->feature_id, feature) == 0)
            return true;
    return false;
}

// The reports of another that the node may have gone by.
static void judge_other(struct sim_case *c, const struct sim_report *ring, size_t depth,
                        struct sim_condition *out)
{
    // the other's report may have taken as long as the answer took
    int64_t took_us = c->arrival_mono_us - c->report->mono_us;
    if (c->witness->fleet.slowest_us != NULL && *c->witness->fleet.slowest_us > took_us)
        took_us = *c->witness->fleet.slowest_us;
    int64_t from_us = c->report->mono_us - transit_us - took_us;
    double radius_m = sim_drone_limits_of(ring[0].drone).radius_m; // the same of all
    const struct sim_report *before = NULL; // the newest that must have been there
    out->certain = SIM_WARNING;
    for (size_t i = 0; i < depth; i++) {
        const struct sim_report *r = &ring[i];
        if (r->seq == 0 || r->mono_us > c->arrival_mono_us)
            continue;
        // one that no context answers may not have arrived
        if (r->answered && r->mono_us < from_us
            && (before == NULL || r->mono_us > before->mono_us))
            before = r;
    }
    for (size_t i = 0; i < depth; i++) {
        const struct sim_report *r = &ring[i];
        if (r->seq == 0 || r->mono_us > c->arrival_mono_us
            || (before != NULL && r->mono_us <= before->mono_us))
            continue;
        int possible, certain;
        judge(c, r, radius_m, &possible, &certain);
        out->possible = sim_severity_worse(out->possible, possible);
        out->certain = sim_severity_milder(out->certain, certain);
    }
    if (before != NULL) {
        int possible, certain;
        judge(c, before, radius_m, &possible, &certain);
        out->possible = sim_severity_worse(out->possible, possible);
        out->certain = sim_severity_milder(out->certain, certain);
        struct pair pair = pair_of(c, before, radius_m);
        out->value = closest_m(&pair);
    }
    // Of one that was silent for long the node has a prediction, or nothing: what it says of
    // it is neither right nor wrong here.
    if (before == NULL || c->report->mono_us - before->mono_us > unheard_us) {
        out->possible = told_of(c, out->feature) ? SIM_WARNING : out->possible;
        out->certain = SIM_NOTHING;
    }
    // Without an older report it is unknown whether the node had one; a node that was started
    // again has none of before.
    if (before == NULL || before->mono_us < c->witness->nodes[c->witness->node].boot_mono_us
        || beyond_service(c, before) || refused_lately(c, ring[0].drone, from_us))
        out->certain = SIM_NOTHING;
    // one that jumped is a CAUTION at most until three reports agree
    if (out->certain == SIM_WARNING && sim_witness_jumped(&c->witness->fleet, before->drone))
        out->certain = SIM_CAUTION;
}

// With the accuracies as far as the feed's default, and, as an INFO, with all of them.
static void judge_feeds(const struct sim_case *c, const struct sim_report *other, int *possible,
                        int *certain)
{
    struct sim_report counted = *other;
    int wide_possible, wide_certain;
    counted.vertical_acc_m = fmin(other->vertical_acc_m, feed_up_m);
    counted.horizontal_acc_m = fmin(other->horizontal_acc_m, feed_across_m);
    judge(c, &counted, feed_radius_m, possible, certain);
    judge(c, other, feed_radius_m, &wide_possible, &wide_certain);
    *possible = sim_severity_worse(*possible, sim_severity_milder(wide_possible, SIM_INFO));
    *certain = sim_severity_worse(*certain, sim_severity_milder(wide_certain, SIM_INFO));
}

// An aircraft of a feed is where it was published to go, whichever report of it the
// node has. It is known from soon after the first, and forgotten some time after the last one.
static void judge_flyby(struct sim_case *c, const struct sim_flyby *flyby)
{
    const struct sim_world *world = c->witness->world;
    const struct sim_report *own = c->report;
    int64_t age_us = own->utc_us - flyby->told_utc_us,
            known_us = own->utc_us - flyby->from_utc_us;
    if (known_us < -guard_us || age_us > forgotten_us)
        return;
    struct geo_point at = sim_world_point(world, sim_flyby_at(flyby, own->utc_us));
    struct geo_point north = at, east = at;
    north.lat_deg += 0.001;
    east.lon_deg += 0.001;
    double speed_mps = hypot(flyby->east_mps, flyby->north_mps);
    struct sim_report other = {
        .utc_us = own->utc_us,
        .position = at,
        .has_amsl = true,
        .amsl_m = sim_flyby_amsl_m(flyby, own->utc_us),
        .north_mps = flyby->north_mps * sim_world_distance_m(world, at, north)
                     / (world->m_per_lat_deg * 0.001),
        .east_mps = flyby->east_mps * sim_world_distance_m(world, at, east)
                    / (world->m_per_lon_deg * 0.001),
        .up_mps = flyby->up_mps,
        .horizontal_acc_m = flyby->horizontal_acc_m,
        .velocity_acc_mps = fmax(0.5, 0.1 * speed_mps),
        .vertical_acc_m = flyby->altitude_acc_m,
    };
    struct sim_condition found = {.kind = DRF__V1__ADVISORY_KIND__ADVISORY_KIND_TRAFFIC,
                                  .feature = flyby->id,
                                  .limit = feed_radius_m};
    int surely, maybe;
    judge_feeds(c, &other, &maybe, &surely);
    // Once silent its place is the less sure the longer, from its last report on.
    if (age_us > silent_us - guard_us)
        other.horizontal_acc_m += other.velocity_acc_mps * (double)(age_us + guard_us) * 1e-6;
    int unsure;
    judge_feeds(c, &other, &found.possible, &unsure);
    found.possible = sim_severity_worse(found.possible, maybe);
    bool known = known_us > learnt_us && age_us < silent_us
                 && !sim_witness_incomplete(c->witness, c->context, TRAFFIC);
    found.certain = known ? surely : SIM_NOTHING;
    sim_case_add(c, found);
}

// How soon each of them can be met, and of the conditions those that are one of them.
struct encounters {
    size_t first, near;
    double soonest_s[SIM_CONDITIONS_MAX], all_s[NEIGHBOURS_MAX];
};

static void note_soonest(struct encounters *m, const struct sim_case *c, size_t before,
                         double soon_s)
{
    if (m->near < NEIGHBOURS_MAX)
        m->all_s[m->near++] = soon_s;
    if (c->count > before)
        m->soonest_s[before] = soon_s;
}

// A report of a drone that it ever sent, or NULL.
static const struct sim_report *any_of(const struct sim_fleet_reports *fleet, size_t index)
{
    const struct sim_report *ring = &fleet->ring[index * fleet->depth];
    for (size_t k = 0; k < fleet->depth; k++)
        if (ring[k].seq != 0)
            return &ring[k];
    return NULL;
}

static void judge_fleet(struct sim_case *c, struct encounters *m)
{
    const struct sim_fleet_reports *fleet = &c->witness->fleet;
    const struct sim_report *own = c->report;
    for (size_t i = 0; i < fleet->count; i++) {
        const struct sim_report *any = i != own->drone ? any_of(fleet, i) : NULL;
        if (any == NULL)
            continue;
        // No drone of this fleet flies 40 m/s; the report may be as old as the ring.
        double north_m = (any->position.lat_deg - own->position.lat_deg) * 111200.0;
        double east_m = (any->position.lon_deg - own->position.lon_deg) * 111200.0
                        * c->witness->world->m_per_lon_deg / c->witness->world->m_per_lat_deg;
        double soon_s = (sqrt(east_m * east_m + north_m * north_m) - 250.0)
                        / 40.0; // both as fast as they fly
        if (soon_s > look_ahead_s)
            continue;
        struct sim_condition found = {.kind = DRF__V1__ADVISORY_KIND__ADVISORY_KIND_TRAFFIC,
                                      .feature = fleet->names + i * fleet->name_stride,
                                      .possible = SIM_NOTHING,
                                      .certain = SIM_NOTHING,
                                      .limit = 17.0};
        judge_other(c, &fleet->ring[i * fleet->depth], fleet->depth, &found);
        size_t before = c->count;
        sim_case_add(c, found);
        note_soonest(m, c, before, soon_s);
    }
}

static void judge_feed(struct sim_case *c, struct encounters *m)
{
    const struct sim_flybys *flybys = c->witness->flybys;
    for (size_t i = 0; flybys != NULL && i < flybys->count; i++) {
        size_t before = c->count;
        if (flybys->list[i].id[0] != '\0')
            judge_flyby(c, &flybys->list[i]);
        note_soonest(m, c, before, 0.0);
    }
}

// A node judges the 32 that it can meet soonest, by its own order.
static void excuse_far_ones(struct sim_case *c, const struct encounters *m)
{
    for (size_t i = m->first; i < c->count && m->near > NEIGHBOURS_JUDGED; i++) {
        size_t before = 0;
        for (size_t k = 0; k < m->near; k++)
            before += m->all_s[k] < m->soonest_s[i] + 10.0 ? 1 : 0;
        if (before > NEIGHBOURS_JUDGED)
            c->conditions[i].certain = SIM_NOTHING;
    }
}

void sim_conditions_traffic(struct sim_case *c)
{
    const int64_t *slowest_us = c->witness->fleet.slowest_us;
    const uint32_t kind = DRF__V1__ADVISORY_KIND__ADVISORY_KIND_TRAFFIC;
    // When answers take this long it is unknown which reports of the others the node had.
    bool late = c->arrival_mono_us - c->report->mono_us > late_us
                || (slowest_us != NULL && *slowest_us > late_us);
    c->unjudged[kind] = late ? SIM_UNJUDGED_LATE : sim_way_unjudged(&c->way);
    if (c->report->on_ground || c->unjudged[kind] != SIM_JUDGED || c->witness->fleet.count == 0)
        return;
    struct encounters m = {.first = c->count};
    judge_fleet(c, &m);
    judge_feed(c, &m);
    excuse_far_ones(c, &m);
}
