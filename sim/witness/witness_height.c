// SPDX-License-Identifier: Apache-2.0
#include <math.h>

#include "drf/v1/enums.pb-c.h"
#include "sim/witness/witness_parts.h"

enum { GROUND = 1, SURFACE = 2 }; // Layer in enums.proto

// The aircraft's height by the rule of CONTRACT.md 4: ellipsoid, AMSL, above take-off.
struct sim_truth sim_witness_truth(const struct sim_witness *witness,
                                   const struct sim_report *report)
{
    const struct sim_height_tolerance *tolerance = &witness->tolerance;
    struct sim_truth t = {.covered_m = sim_world_covered_m(witness->world, report->position),
                          .ground_m = sim_world_ground_amsl_m(witness->world, report->position),
                          .ground_tol_m = tolerance->ground_m,
                          .amsl_tol_m = 0.05};
    if (t.covered_m < tolerance->edge_m)
        t.ground_tol_m += tolerance->step_m;
    if (report->has_wgs84) {
        t.amsl_known = true;
        t.amsl_m = report->wgs84_m - sim_geoid_m(witness->geoid, report->position);
        t.basis = DRF__V1__AGL_BASIS__AGL_BASIS_WGS84;
    } else if (report->has_amsl) {
        t.amsl_known = true;
        t.amsl_m = report->amsl_m;
        t.basis = DRF__V1__AGL_BASIS__AGL_BASIS_AMSL;
    } else if (report->has_takeoff) {
        t.amsl_known = sim_world_covered_m(witness->world, report->takeoff) > tolerance->edge_m;
        t.amsl_m =
            report->above_takeoff_m + sim_world_ground_amsl_m(witness->world, report->takeoff);
        t.amsl_tol_m += tolerance->ground_m;
        t.basis = DRF__V1__AGL_BASIS__AGL_BASIS_ABOVE_TAKEOFF;
    }
    // The datum may add two metres (DESIGN.md), the ground at take-off its own accuracy.
    t.acc_low_m = report->vertical_acc_m;
    t.acc_high_m = report->vertical_acc_m + 2.0 + (report->has_takeoff ? 10.0 : 0.0);
    return t;
}

static void check_aircraft(struct sim_witness *witness, const struct sim_report *report,
                           const struct sim_truth *t, const Drf__V1__Height *h,
                           struct sim_witness_counts *counts)
{
    if (h->has_aircraft_amsl_m && t->basis == 0)
        sim_witness_counts_note(counts, SIM_CHECK_INVENTED, false,
                                "aircraft height %.2f out of nothing",
                                (double)h->aircraft_amsl_m);
    else if (h->has_aircraft_amsl_m)
        sim_witness_counts_note(counts, SIM_CHECK_AIRCRAFT,
                                fabs((double)h->aircraft_amsl_m - t->amsl_m) <= t->amsl_tol_m,
                                "aircraft %.2f m AMSL, true %.2f +- %.2f (basis %u)",
                                (double)h->aircraft_amsl_m, t->amsl_m, t->amsl_tol_m, t->basis);
    else if (t->amsl_known)
        sim_witness_missing(witness, GROUND, h->agl_reason, "aircraft_amsl_m", counts);
    double geoid_m = sim_geoid_m(witness->geoid, report->position);
    if (h->has_geoid_m)
        sim_witness_counts_note(counts, SIM_CHECK_AIRCRAFT,
                                fabs((double)h->geoid_m - geoid_m) <= 0.05,
                                "geoid %.2f, EGM96 is %.2f", (double)h->geoid_m, geoid_m);
}

static void check_ground(struct sim_witness *witness, const struct sim_truth *t,
                         const Drf__V1__Height *h, struct sim_witness_counts *counts)
{
    double edge_m = witness->tolerance.edge_m;
    if (!h->has_ground_amsl_m) {
        if (t->covered_m > edge_m)
            sim_witness_missing(witness, GROUND, h->ground_reason, "ground", counts);
        return;
    }
    if (t->covered_m < -edge_m) {
        sim_witness_counts_note(counts, SIM_CHECK_INVENTED, false,
                                "ground %.2f m where no data lie (%.0f m outside)",
                                (double)h->ground_amsl_m, -t->covered_m);
        return;
    }
    sim_witness_counts_note(counts, SIM_CHECK_GROUND,
                            fabs((double)h->ground_amsl_m - t->ground_m) <= t->ground_tol_m,
                            "ground %.2f m, true %.2f +- %.2f", (double)h->ground_amsl_m,
                            t->ground_m, t->ground_tol_m);
}

static void check_agl(struct sim_witness *witness, const struct sim_truth *t,
                      const Drf__V1__Height *h, struct sim_witness_counts *counts)
{
    double edge_m = witness->tolerance.edge_m;
    if (!h->has_agl_m) {
        if (t->amsl_known && t->covered_m > edge_m)
            sim_witness_missing(witness, GROUND, h->agl_reason, "agl", counts);
        return;
    }
    if (t->basis == 0 || t->covered_m < -edge_m) {
        sim_witness_counts_note(counts, SIM_CHECK_INVENTED, false, "AGL %.2f m out of nothing",
                                (double)h->agl_m);
        return;
    }
    double true_m = t->amsl_m - t->ground_m, tol_m = t->amsl_tol_m + t->ground_tol_m;
    sim_witness_counts_note(counts, SIM_CHECK_AGL, fabs((double)h->agl_m - true_m) <= tol_m,
                            "AGL %.2f m, true %.2f +- %.2f", (double)h->agl_m, true_m, tol_m);
    sim_witness_counts_note(counts, SIM_CHECK_AGL, h->agl_basis == t->basis,
                            "AGL basis %u, reported %u", h->agl_basis, t->basis);
}

// The surface at a position is the greatest of the four cells around it (DESIGN.md); towers and
// buildings within reach of them may raise it, those that stand in one of them must.
void sim_witness_surface(const struct sim_witness *witness, struct geo_point position,
                         double *low_m, double *high_m)
{
    const struct sim_world *world = witness->world;
    double cell_deg = 180.0 / (double)(UINT64_C(256) << witness->level);
    double west = floor((position.lon_deg + 180.0) / cell_deg - 0.5);
    double south = floor((position.lat_deg + 90.0) / cell_deg - 0.5);
    double highest_m = -HUGE_VAL;
    for (int k = 0; k < 4; k++) {
        int up = k / 2, right = k % 2;
        struct geo_point center = {.lat_deg = (south + up + 0.5) * cell_deg - 90.0,
                                   .lon_deg = (west + right + 0.5) * cell_deg - 180.0};
        highest_m = fmax(highest_m, sim_world_surface_amsl_m(world, center));
    }
    *low_m = highest_m - witness->tolerance.surface_cell_m;
    *high_m = highest_m + witness->tolerance.surface_cell_m;
    double cell_m = hypot(witness->tolerance.cell_n_m, witness->tolerance.cell_e_m);
    struct geo_bounds four = {.west_deg = west * cell_deg - 180.0,
                              .south_deg = south * cell_deg - 90.0};
    four.east_deg = four.west_deg + 2 * cell_deg;
    four.north_deg = four.south_deg + 2 * cell_deg;
    for (size_t i = 0; i < world->obstacle_count; i++) {
        const struct sim_obstacle *o = &world->obstacles[i];
        if (o->presence == SIM_HIDDEN || fabs(o->position.lat_deg - position.lat_deg) > 0.005
            || fabs(o->position.lon_deg - position.lon_deg) > 0.02)
            continue;
        struct sim_top top = witness->standing[i].top;
        bool in = o->position.lon_deg > four.west_deg && o->position.lon_deg < four.east_deg
                  && o->position.lat_deg > four.south_deg
                  && o->position.lat_deg < four.north_deg;
        if (in && o->presence == SIM_STANDS)
            *low_m = fmax(*low_m, top.low_m - 0.25);
        double reach_m = isnan(o->horizontal_acc_m) ? 175.0 : o->horizontal_acc_m;
        if (sim_world_obstacle_distance_m(world, o, position) <= reach_m + 3 * cell_m)
            *high_m =
                fmax(*high_m,
                     top.high_m + (isnan(o->vertical_acc_m) ? 60.0 : o->vertical_acc_m) + 0.25);
    }
}

static void check_surface(struct sim_witness *witness, const struct sim_report *report,
                          const struct sim_truth *t, const Drf__V1__Context *context,
                          struct sim_witness_counts *counts)
{
    const Drf__V1__Height *h = context->height;
    double edge_m = witness->tolerance.edge_m;
    if (!h->has_surface_amsl_m) {
        if (t->covered_m > edge_m)
            sim_witness_missing(witness, SURFACE, h->surface_reason, "surface", counts);
        return;
    }
    if (t->covered_m < -edge_m) {
        sim_witness_counts_note(counts, SIM_CHECK_INVENTED, false,
                                "surface %.2f m where no data lie", (double)h->surface_amsl_m);
        return;
    }
    double low_m, high_m;
    sim_witness_surface(witness, report->position, &low_m, &high_m);
    if (t->covered_m < edge_m)
        low_m -= witness->tolerance.step_m;
    double surface_m = (double)h->surface_amsl_m;
    if (surface_m < low_m
        && (sim_witness_incomplete(witness, context, SURFACE)
            || sim_witness_incomplete(witness, context, 3))) {
        counts->waiting++; // trees or towers still to come, and it says so
        return;
    }
    sim_witness_counts_note(counts, SIM_CHECK_SURFACE,
                            surface_m >= low_m && surface_m <= high_m,
                            "surface %.2f m, true %.2f to %.2f at %.7f %.7f", surface_m, low_m,
                            high_m, report->position.lat_deg, report->position.lon_deg);
}

static void check_clearance(const Drf__V1__Height *h, struct sim_witness_counts *counts)
{
    if (!h->has_clearance_m)
        return;
    double clearance_m = (double)h->clearance_m;
    if (!h->has_surface_amsl_m || !h->has_aircraft_amsl_m) {
        sim_witness_counts_note(counts, SIM_CHECK_INVENTED, false,
                                "clearance %.2f m over nothing", clearance_m);
        return;
    }
    double parts_m = (double)h->aircraft_amsl_m - (double)h->surface_amsl_m;
    sim_witness_counts_note(counts, SIM_CHECK_CLEARANCE, fabs(clearance_m - parts_m) <= 0.02,
                            "clearance %.2f m, its parts give %.2f", clearance_m, parts_m);
    if (h->has_clearance_low_m)
        sim_witness_counts_note(
            counts, SIM_CHECK_CLEARANCE, h->clearance_low_m <= h->clearance_m,
            "low clearance %.2f m above nominal %.2f", (double)h->clearance_low_m, clearance_m);
}

void sim_witness_height(struct sim_witness *witness, const struct sim_report *report,
                        const Drf__V1__Context *context, struct sim_witness_counts *counts)
{
    const Drf__V1__Height *h = context->height;
    if (h == NULL) {
        sim_witness_counts_note(counts, SIM_CHECK_MISSING, false, "height is absent");
        return;
    }
    struct sim_truth t = sim_witness_truth(witness, report);
    check_aircraft(witness, report, &t, h, counts);
    check_ground(witness, &t, h, counts);
    check_agl(witness, &t, h, counts);
    check_surface(witness, report, &t, context, counts);
    check_clearance(h, counts);
    if (h->has_ground_data_time_us)
        sim_witness_counts_note(
            counts, SIM_CHECK_DATA_TIME,
            h->ground_data_time_us > 0 && h->ground_data_time_us <= report->utc_us + 5000000,
            "ground is true from %lld on, after its use", (long long)h->ground_data_time_us);
}
