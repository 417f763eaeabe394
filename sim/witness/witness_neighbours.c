// SPDX-License-Identifier: Apache-2.0
// The list of traffic (schemas/client.md, Traffic).
//
// Each entry: where it is said to be is where it reported itself, or was published, at the time
// it is said to be of; distance, bearing and closest approach follow from both reports; the
// accuracies are those that were sent or published; only a drone that jumped is marked.
//
// The list: as many are listed or counted as left out as can be met within the time looked
// ahead, between those who surely can and those who perhaps can; who surely can be met is on
// it when nobody is left out, and who needs a WARNING is on it before anybody who needs none
// (sim_witness_listed(), which knows the conditions).
#include <math.h>
#include <string.h>

#include "drf/v1/enums.pb-c.h"
#include "geo/earth.h"
#include "sim/witness/witness_case.h"
#include "sim/witness/witness_layers.h"

enum { TRAFFIC = DRF__V1__LAYER__LAYER_TRAFFIC, SHED_TRAFFIC = 32 };

static const double shown_acc_m = 0.02; // published with three digits, sent as floats
static const double silent_s = 17.0;    // a track is forgotten then, whatever is under way
static const double drone_silent_s = 70.0;
static const double place_deg = 2e-7, height_tol_m = 0.1, speed_tol_mps = 0.02;
static const double near_tol_m = 0.5, near_ratio = 0.003; // of a distance
static const double slack_m = 1500.0, slack_s = 5.0;      // a node counts no farther than this
static const int64_t heard_us = 2500000;

// Of schemas/client.md, Traffic, less a tenth: what is nearly a jump may be one.
static bool jump(const struct sim_report *from, const struct sim_report *to)
{
    double scale = cos(from->position.lat_deg * GEO_RAD_PER_DEG);
    double north_m = (to->position.lat_deg - from->position.lat_deg) * 111200.0;
    double east_m = (to->position.lon_deg - from->position.lon_deg) * 111200.0 * scale;
    double after_s = fabs((double)(to->utc_us - from->utc_us) * 1e-6);
    double fastest_mps =
        fmax(hypot(from->north_mps, from->east_mps), hypot(to->north_mps, to->east_mps));
    double way_m = 150.0 + from->horizontal_acc_m + to->horizontal_acc_m
                   + (1.5 * fastest_mps + 30.0) * after_s;
    return hypot(east_m, north_m) > 0.9 * way_m;
}

bool sim_witness_jumped(const struct sim_fleet_reports *fleet, size_t drone)
{
    const struct sim_report *ring = &fleet->ring[drone * fleet->depth];
    for (size_t i = 0; i < fleet->depth; i++) {
        const struct sim_report *from = &ring[i], *to = &ring[(i + 1) % fleet->depth];
        if (from->seq != 0 && to->seq == from->seq + 1 && jump(from, to))
            return true;
    }
    return false;
}

static const struct sim_flyby *flyby_of(const struct sim_witness *witness, const char *id)
{
    for (size_t i = 0; witness->flybys != NULL && i < witness->flybys->count; i++)
        if (strcmp(witness->flybys->list[i].id, id) == 0)
            return &witness->flybys->list[i];
    return NULL;
}

// Its newest report; NULL: no drone of this fleet.
static const struct sim_report *drone_of(const struct sim_fleet_reports *fleet, const char *id)
{
    const struct sim_report *newest = NULL;
    size_t drone = 0;
    while (drone < fleet->count && strcmp(fleet->names + drone * fleet->name_stride, id) != 0)
        drone++;
    for (size_t k = 0; drone < fleet->count && k < fleet->depth; k++) {
        const struct sim_report *report = &fleet->ring[drone * fleet->depth + k];
        if (report->seq != 0 && (newest == NULL || report->seq > newest->seq))
            newest = report;
    }
    return newest;
}

static void check_accuracy(const Drf__V1__Traffic *t, double across_m, double growth_m,
                           double up_m, double up_more_m, struct sim_witness_counts *counts)
{
    double most_m = across_m + (t->predicted ? growth_m : 0.0);
    double said_m = (double)t->horizontal_acc95_m;
    sim_witness_counts_note(counts, SIM_CHECK_TRAFFIC,
                            t->has_horizontal_acc95_m && said_m >= across_m - shown_acc_m
                                && said_m <= most_m + shown_acc_m,
                            "%s is known to %.2f m across, not to %.2f", t->traffic_id,
                            across_m, said_m);
    if (!t->has_alt_amsl_m && !t->has_alt_pressure_m)
        return;
    said_m = (double)t->altitude_acc95_m;
    sim_witness_counts_note(counts, SIM_CHECK_TRAFFIC,
                            t->has_altitude_acc95_m && said_m >= up_m - shown_acc_m
                                && said_m <= up_m + up_more_m + shown_acc_m,
                            "%s is known to %.2f m in height, not to %.2f", t->traffic_id, up_m,
                            said_m);
}

// The report that an entry shows; NULL: it is not kept here any more, or was never made.
static const struct sim_report *shown_report(const struct sim_fleet_reports *fleet,
                                             const struct sim_report *newest,
                                             const Drf__V1__Traffic *t)
{
    const struct sim_report *ring = &fleet->ring[newest->drone * fleet->depth];
    for (size_t k = 0; k < fleet->depth; k++)
        if (ring[k].seq != 0 && ring[k].utc_us == t->data_time_us)
            return &ring[k];
    return NULL;
}

// Whether the first report of a drone is still kept: then all of them are.
static bool whole_ring(const struct sim_fleet_reports *fleet, const struct sim_report *newest)
{
    return newest->seq < fleet->depth;
}

static bool near(double a, double b, double tol) { return fabs(a - b) <= tol; }

// A velocity and a height that it did not send are not shown.
static void check_drone(const struct sim_witness *witness, const struct sim_report *shown,
                        const Drf__V1__Traffic *t, struct sim_witness_counts *counts)
{
    sim_witness_counts_note(counts, SIM_CHECK_TRAFFIC,
                            t->has_lat_e7 && t->has_lon_e7
                                && near(t->lat_e7 * 1e-7, shown->position.lat_deg, place_deg)
                                && near(t->lon_e7 * 1e-7, shown->position.lon_deg, place_deg),
                            "%s is at %.7f %.7f in its report %u, not at %.7f %.7f",
                            t->traffic_id, shown->position.lat_deg, shown->position.lon_deg,
                            shown->seq, t->lat_e7 * 1e-7, t->lon_e7 * 1e-7);
    sim_witness_counts_note(
        counts, SIM_CHECK_TRAFFIC,
        t->has_velocity_north_mps && t->has_velocity_east_mps
            && near((double)t->velocity_north_mps, shown->north_mps, speed_tol_mps)
            && near((double)t->velocity_east_mps, shown->east_mps, speed_tol_mps),
        "%s flies %.2f north %.2f east, not %.2f %.2f", t->traffic_id, shown->north_mps,
        shown->east_mps, (double)t->velocity_north_mps, (double)t->velocity_east_mps);
    struct sim_truth truth = sim_witness_truth(witness, shown);
    if (t->has_alt_amsl_m)
        sim_witness_counts_note(
            counts, SIM_CHECK_TRAFFIC,
            truth.basis != 0
                && near((double)t->alt_amsl_m, truth.amsl_m, truth.amsl_tol_m + height_tol_m),
            "%s is %.2f m high, not %.2f", t->traffic_id, truth.amsl_m, (double)t->alt_amsl_m);
    if (t->has_alt_pressure_m)
        sim_witness_counts_note(
            counts, SIM_CHECK_TRAFFIC,
            shown->has_pressure
                && near((double)t->alt_pressure_m, shown->pressure_m, height_tol_m),
            "%s has a pressure altitude of %.2f m, not %.2f", t->traffic_id, shown->pressure_m,
            (double)t->alt_pressure_m);
}

// Where it is published to be at the time said, in the plane; so is one that is predicted.
static void check_flyby(const struct sim_witness *witness, const struct sim_flyby *flyby,
                        const Drf__V1__Traffic *t, struct sim_witness_counts *counts)
{
    struct sim_plane at = sim_flyby_at(flyby, t->data_time_us);
    struct sim_plane said =
        sim_world_plane(witness->world, (struct geo_point){.lat_deg = t->lat_e7 * 1e-7,
                                                           .lon_deg = t->lon_e7 * 1e-7});
    double since_s = fabs((double)(t->data_time_us - flyby->told_utc_us)) * 1e-6;
    double tol_m = near_tol_m + (t->predicted ? 0.01 * since_s * 60.0 : 0.0);
    sim_witness_counts_note(counts, SIM_CHECK_TRAFFIC,
                            hypot(said.east_m - at.east_m, said.north_m - at.north_m) <= tol_m,
                            "%s is %.1f m from where it was published to be", t->traffic_id,
                            hypot(said.east_m - at.east_m, said.north_m - at.north_m));
    double amsl_m = sim_flyby_amsl_m(flyby, t->data_time_us);
    if (t->has_alt_amsl_m)
        sim_witness_counts_note(
            counts, SIM_CHECK_TRAFFIC, near((double)t->alt_amsl_m, amsl_m, near_tol_m),
            "%s is %.2f m high, not %.2f", t->traffic_id, amsl_m, (double)t->alt_amsl_m);
}

// Metres of the ellipsoid between two places.
static void offset_of(struct geo_point from, struct geo_point to, double *north_m,
                      double *east_m)
{
    double mid = 0.5 * (from.lat_deg + to.lat_deg) * GEO_RAD_PER_DEG;
    double s = sin(mid), w2 = 1.0 - SIM_ECCENTRICITY2 * s * s;
    *north_m = (to.lat_deg - from.lat_deg) * GEO_RAD_PER_DEG
               * (SIM_MERIDIAN_RADIUS_M / (w2 * sqrt(w2)));
    *east_m = (to.lon_deg - from.lon_deg) * GEO_RAD_PER_DEG * cos(mid)
              * (GEO_EARTH_SEMI_MAJOR_M / sqrt(w2));
}

// By what the entry itself says of the other. Along a plan only that the closest point is no
// farther than the other is now.
static void check_approach(const struct sim_report *report, const Drf__V1__Context *context,
                           const Drf__V1__Traffic *t, struct sim_witness_counts *counts)
{
    const struct geo_point there = {.lat_deg = t->lat_e7 * 1e-7, .lon_deg = t->lon_e7 * 1e-7};
    double lag_s = (double)(report->utc_us - t->data_time_us) * 1e-6, north_m, east_m;
    double v_north = (double)t->velocity_north_mps, v_east = (double)t->velocity_east_mps;
    offset_of(report->position, there, &north_m, &east_m);
    north_m += v_north * lag_s;
    east_m += v_east * lag_s;
    double far_m = hypot(north_m, east_m), said_m = (double)t->distance_m;
    double tol_m = near_tol_m + near_ratio * far_m + 0.01 * fabs(lag_s);
    sim_witness_counts_note(counts, SIM_CHECK_TRAFFIC,
                            t->has_distance_m && near(said_m, far_m, tol_m),
                            "%s is %.1f m away, not %.1f", t->traffic_id, far_m, said_m);
    double off_deg = remainder(
        (double)t->bearing_deg_true - atan2(east_m, north_m) / GEO_RAD_PER_DEG, 360.0);
    if (far_m > 20.0)
        sim_witness_counts_note(
            counts, SIM_CHECK_TRAFFIC,
            t->has_bearing_deg_true && fabs(off_deg) < 0.5 + 60.0 * tol_m / far_m,
            "%s is %.1f degrees beside its bearing", t->traffic_id, off_deg);
    bool along = context->look_ahead != NULL
                 && context->look_ahead->basis == DRF__V1__CORRIDOR_BASIS__CORRIDOR_BASIS_PLAN;
    double look_ahead_s = sim_drone_limits_of(report->drone).look_ahead_s;
    double cpa_s = (double)t->cpa_s, cpa_m = (double)t->cpa_m;
    sim_witness_counts_note(
        counts, SIM_CHECK_TRAFFIC,
        t->has_cpa_s && t->has_cpa_m && cpa_s >= 0.0 && (along || cpa_s <= look_ahead_s + 0.01)
            && (along || cpa_m <= said_m + tol_m),
        "%s: closest %.1f m in %.1f s, now %.1f m", t->traffic_id, cpa_m, cpa_s, said_m);
    if (along)
        return;
    v_north -= report->north_mps;
    v_east -= report->east_mps;
    double square = v_north * v_north + v_east * v_east;
    double best_s = square > 0.0 ? -(north_m * v_north + east_m * v_east) / square : 0.0;
    best_s = fmin(fmax(best_s, 0.0), look_ahead_s);
    double best_m = hypot(north_m + v_north * best_s, east_m + v_east * best_s);
    double then_m = hypot(north_m + v_north * cpa_s, east_m + v_east * cpa_s);
    tol_m += 0.02 * cpa_s; // of velocities sent as floats and shown rounded
    sim_witness_counts_note(counts, SIM_CHECK_TRAFFIC,
                            near(cpa_m, best_m, tol_m) && near(then_m, best_m, tol_m),
                            "%s: closest %.1f m in %.1f s, true %.1f m in %.1f s",
                            t->traffic_id, cpa_m, cpa_s, best_m, best_s);
}

static void check_entry(const struct sim_witness *witness, const struct sim_report *report,
                        const Drf__V1__Context *context, const Drf__V1__Traffic *t,
                        struct sim_witness_counts *counts)
{
    const struct sim_fleet_reports *fleet = &witness->fleet;
    const struct sim_flyby *flyby = flyby_of(witness, t->traffic_id);
    const struct sim_report *drone =
        flyby == NULL && t->source == NULL ? drone_of(fleet, t->traffic_id) : NULL;
    bool doubted = drone != NULL && t->unconfirmed;
    if (flyby != NULL) {
        check_accuracy(t, flyby->horizontal_acc_m,
                       fmax(0.5, 0.1 * hypot(flyby->east_mps, flyby->north_mps)) * silent_s,
                       flyby->altitude_acc_m, 0.0, counts);
        check_flyby(witness, flyby, t, counts);
    }
    if (drone != NULL) {
        // a height from above take-off is as sure as the ground there, too
        double least_m = drone->has_pressure
                             ? fmin(drone->vertical_acc_m, drone->pressure_acc_m)
                             : drone->vertical_acc_m;
        check_accuracy(t, drone->horizontal_acc_m, drone->velocity_acc_mps * drone_silent_s,
                       least_m, HUGE_VAL, counts);
        const struct sim_report *shown = shown_report(fleet, drone, t);
        if (shown != NULL)
            check_drone(witness, shown, t, counts);
        else if (!t->predicted && whole_ring(fleet, drone))
            sim_witness_counts_note(counts, SIM_CHECK_TRAFFIC, false,
                                    "%s is shown by a report that it never made",
                                    t->traffic_id);
        sim_witness_counts_note(counts, SIM_CHECK_TRAFFIC, drone->drone != report->drone,
                                "%s is its own traffic", t->traffic_id);
    }
    if (flyby != NULL || (drone != NULL && !t->predicted))
        check_approach(report, context, t, counts);
    // whoever says its velocity comes from where it flies, and is marked for a jump alone
    if (flyby != NULL || drone != NULL)
        sim_witness_counts_note(
            counts, SIM_CHECK_TRAFFIC,
            !t->has_speed_mps
                && (!t->unconfirmed || (doubted && sim_witness_jumped(fleet, drone->drone))),
            "%s is said to come any way (%d) or marked (%d)", t->traffic_id, t->has_speed_mps,
            t->unconfirmed);
    else if (t->source == NULL)
        sim_witness_counts_note(counts, SIM_CHECK_TRAFFIC, false,
                                "%s is no drone of this fleet", t->traffic_id);
}

static bool listed(const Drf__V1__Context *context, const char *name)
{
    for (size_t i = 0; i < context->n_traffic; i++)
        if (context->traffic[i]->traffic_id != NULL
            && strcmp(context->traffic[i]->traffic_id, name) == 0)
            return true;
    return false;
}

// How many of the others can be met in the time looked ahead, both as fast as they fly now.
struct reach {
    size_t surely, perhaps;
    const char *absent; // one who surely can and is not listed
};

static void count_drone(const struct sim_witness *witness, const struct sim_report *report,
                        size_t index, int64_t arrival_mono_us, const Drf__V1__Context *context,
                        struct reach *out)
{
    const struct sim_fleet_reports *fleet = &witness->fleet;
    const struct sim_report *ring = &fleet->ring[index * fleet->depth];
    double own_mps = hypot(report->north_mps, report->east_mps);
    double look_ahead_s = sim_drone_limits_of(report->drone).look_ahead_s;
    double farthest_m = 0.0, nearest_m = HUGE_VAL, slowest_mps = HUGE_VAL, fastest_mps = 0.0;
    bool known = false; // one that the node surely has
    for (size_t k = 0; k < fleet->depth; k++) {
        const struct sim_report *r = &ring[k];
        double north_m, east_m;
        if (r->seq == 0 || r->mono_us > arrival_mono_us
            || arrival_mono_us - r->mono_us > 2 * heard_us)
            continue;
        offset_of(report->position, r->position, &north_m, &east_m);
        farthest_m = fmax(farthest_m, hypot(north_m, east_m));
        nearest_m = fmin(nearest_m, hypot(north_m, east_m));
        slowest_mps = fmin(slowest_mps, hypot(r->north_mps, r->east_mps));
        fastest_mps = fmax(fastest_mps, hypot(r->north_mps, r->east_mps));
        // twice as long ago as a report and its answer take, and to the node that answers
        known |= r->answered && r->mono_us < report->mono_us - heard_us / 2
                 && r->mono_us > witness->nodes[witness->node].boot_mono_us;
    }
    // one that was not heard of for long may be predicted near, or be gone
    if (nearest_m == HUGE_VAL) {
        out->perhaps += ring[0].seq != 0 || ring[fleet->depth > 1].seq != 0;
        return;
    }
    double closing_mps = own_mps + fastest_mps + 3.0;
    if ((nearest_m - slack_m) / closing_mps <= look_ahead_s + slack_s)
        out->perhaps++;
    bool surely = known && farthest_m <= (own_mps + slowest_mps) * look_ahead_s;
    out->surely += surely;
    const char *name = fleet->names + index * fleet->name_stride;
    if (surely && !listed(context, name))
        out->absent = name;
}

static void check_count(const struct sim_witness *witness, const struct sim_report *report,
                        const Drf__V1__Context *context, int64_t arrival_mono_us,
                        struct sim_witness_counts *counts)
{
    const struct sim_fleet_reports *fleet = &witness->fleet;
    struct reach reach = {.absent = NULL};
    for (size_t i = 0; i < fleet->count; i++)
        if (i != report->drone)
            count_drone(witness, report, i, arrival_mono_us, context, &reach);
    for (size_t i = 0; witness->flybys != NULL && i < witness->flybys->count; i++)
        reach.perhaps += witness->flybys->list[i].id[0] != '\0';
    size_t foreign = 0;
    for (size_t i = 0; i < context->n_traffic; i++)
        foreign += context->traffic[i]->source != NULL
                   && flyby_of(witness, context->traffic[i]->traffic_id) == NULL;
    size_t said = context->n_traffic + context->traffic_left_out;
    bool known = witness->flybys != NULL || foreign == 0;
    sim_witness_counts_note(counts, SIM_CHECK_TRAFFIC,
                            said >= reach.surely
                                && (!known || foreign > 0 || said <= reach.perhaps),
                            "%zu may be met (%zu listed), true %zu to %zu", said,
                            context->n_traffic, reach.surely, reach.perhaps);
    if (context->traffic_left_out == 0)
        sim_witness_counts_note(counts, SIM_CHECK_TRAFFIC, reach.absent == NULL,
                                "%s can be met and is not listed, and nobody is left out",
                                reach.absent != NULL ? reach.absent : "");
}

void sim_witness_neighbours(const struct sim_witness *witness, const struct sim_report *report,
                            const Drf__V1__Context *context, int64_t arrival_mono_us,
                            struct sim_witness_counts *counts)
{
    const struct sim_fleet_reports *fleet = &witness->fleet;
    for (size_t i = 0; i < context->n_traffic; i++)
        if (context->traffic[i]->traffic_id != NULL)
            check_entry(witness, report, context, context->traffic[i], counts);
    if (fleet->count > 0 && witness->history != NULL)
        check_count(witness, report, context, arrival_mono_us, counts);
}

static int possible_of(const struct sim_case *c, const char *name)
{
    for (size_t i = 0; i < c->count; i++)
        if (c->conditions[i].kind == DRF__V1__ADVISORY_KIND__ADVISORY_KIND_TRAFFIC
            && strcmp(c->conditions[i].feature, name) == 0)
            return c->conditions[i].possible;
    return SIM_NOTHING;
}

void sim_witness_listed(const struct sim_case *c, struct sim_witness_counts *counts)
{
    const Drf__V1__Context *context = c->context;
    if (c->unjudged[DRF__V1__ADVISORY_KIND__ADVISORY_KIND_TRAFFIC] != SIM_JUDGED)
        return;
    const char *milder = NULL; // somebody listed who certainly needs less
    for (size_t i = 0; i < context->n_traffic; i++)
        if (context->traffic[i]->traffic_id != NULL
            && possible_of(c, context->traffic[i]->traffic_id) > SIM_WARNING)
            milder = context->traffic[i]->traffic_id;
    bool room = context->n_traffic < SIM_TRAFFIC_LISTED && (context->shed & SHED_TRAFFIC) == 0;
    for (size_t i = 0; i < c->count; i++) {
        const struct sim_condition *condition = &c->conditions[i];
        if (condition->kind != DRF__V1__ADVISORY_KIND__ADVISORY_KIND_TRAFFIC
            || condition->certain != SIM_WARNING)
            continue;
        sim_witness_counts_note(
            counts, SIM_CHECK_TRAFFIC,
            listed(context, condition->feature) || (milder == NULL && !room),
            "%s needs a WARNING and is not listed; %s is", condition->feature,
            milder != NULL ? milder : "there is room, nobody");
    }
}
