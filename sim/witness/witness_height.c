// SPDX-License-Identifier: Apache-2.0
#include <math.h>

#include "drf/v1/enums.pb-c.h"
#include "sim/witness/witness_layers.h"
#include "sim/witness/witness_truth.h"

enum { GROUND = DRF__V1__LAYER__LAYER_GROUND, SURFACE = DRF__V1__LAYER__LAYER_SURFACE };

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
        counts->waiting++; // trees or towers are not loaded yet, and the node says so
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
