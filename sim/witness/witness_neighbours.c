// SPDX-License-Identifier: Apache-2.0
// The list of traffic: the accuracies that were used are those that were sent or published, and
// only a drone that jumped is marked as unconfirmed.
#include <math.h>
#include <string.h>

#include "geo/earth.h"
#include "sim/witness/witness.h"

static const double shown_acc_m = 0.02; // published with three digits, sent as floats
static const double silent_s = 17.0;    // a track is forgotten then, whatever is under way
static const double drone_silent_s = 70.0;

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

void sim_witness_neighbours(const struct sim_witness *witness, const Drf__V1__Context *context,
                            struct sim_witness_counts *counts)
{
    const struct sim_fleet_reports *fleet = &witness->fleet;
    for (size_t i = 0; i < context->n_traffic; i++) {
        const Drf__V1__Traffic *t = context->traffic[i];
        if (t->traffic_id == NULL)
            continue;
        const struct sim_flyby *flyby = flyby_of(witness, t->traffic_id);
        const struct sim_report *drone =
            flyby == NULL && t->source == NULL ? drone_of(fleet, t->traffic_id) : NULL;
        bool doubted = drone != NULL && t->unconfirmed;
        if (flyby != NULL)
            check_accuracy(t, flyby->horizontal_acc_m,
                           fmax(0.5, 0.1 * hypot(flyby->east_mps, flyby->north_mps)) * silent_s,
                           flyby->altitude_acc_m, 0.0, counts);
        if (drone != NULL) {
            // a height from above take-off is as sure as the ground there, too
            double least_m = drone->has_pressure
                                 ? fmin(drone->vertical_acc_m, drone->pressure_acc_m)
                                 : drone->vertical_acc_m;
            check_accuracy(t, drone->horizontal_acc_m, drone->velocity_acc_mps * drone_silent_s,
                           least_m, HUGE_VAL, counts);
        }
        // whoever says its velocity comes from where it flies, and is marked for a jump alone
        if (flyby != NULL || drone != NULL)
            sim_witness_counts_note(
                counts, SIM_CHECK_TRAFFIC,
                !t->has_speed_mps
                    && (!t->unconfirmed
                        || (doubted && sim_witness_jumped(fleet, drone->drone))),
                "%s is said to come any way (%d) or marked (%d)", t->traffic_id,
                t->has_speed_mps, t->unconfirmed);
    }
}
