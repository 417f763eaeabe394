// SPDX-License-Identifier: Apache-2.0
// Alerts: who must be told of one, and who may not (schemas/alerts.md, Whom it concerns). The
// aircraft counts where it is and, as it flies, after 15, 30 and 45 s, by its horizontal
// accuracy; height does not matter.
#include <math.h>
#include <string.h>

#include "drf/v1/enums.pb-c.h"
#include "sim/witness/witness_case.h"
#include "sim/witness/witness_layers.h"

enum { ALERT = DRF__V1__LAYER__LAYER_ALERT, PLACES = 4 };

static const double times_s[PLACES] = {0.0, 15.0, 30.0, 45.0};
static const double guard_m = 1.0, guard_ratio = 0.002;

struct concern {
    bool possible, certain;
    double nearest_m; // to its edge
};

static struct concern concern_of(const struct sim_witness *witness,
                                 const struct sim_report *report, const struct sim_alert *alert)
{
    const struct sim_world *world = witness->world;
    struct concern out = {.nearest_m = HUGE_VAL};
    struct geo_point north = report->position, east = report->position;
    north.lat_deg += 0.001;
    east.lon_deg += 0.001;
    double per_lat_m = sim_world_distance_m(world, report->position, north) * 1000.0;
    double per_lon_m = sim_world_distance_m(world, report->position, east) * 1000.0;
    for (int i = 0; i < PLACES && alert->presence != SIM_HIDDEN; i++) {
        struct geo_point at = report->position;
        at.lat_deg += report->north_mps * times_s[i] / per_lat_m;
        at.lon_deg += report->east_mps * times_s[i] / per_lon_m;
        double away_m = sim_world_distance_m(world, at, alert->center) - alert->radius_m;
        double band_m = guard_m + guard_ratio * (alert->radius_m + fabs(away_m));
        out.nearest_m = fmin(out.nearest_m, away_m);
        out.possible |= away_m <= report->horizontal_acc_m + band_m;
        out.certain |= away_m <= report->horizontal_acc_m - band_m;
    }
    out.certain &= alert->presence == SIM_STANDS && witness->complete[ALERT];
    return out;
}

void sim_conditions_alerts(struct sim_case *c)
{
    const uint32_t kind = DRF__V1__ADVISORY_KIND__ADVISORY_KIND_ALERT;
    const struct sim_world *world = c->witness->world;
    // of a world without alerts it is unknown whether a feed has some
    c->unjudged[kind] = world->alert_count == 0 ? SIM_UNJUDGED_UNKNOWN : SIM_JUDGED;
    for (size_t i = 0; i < world->alert_count; i++) {
        const struct sim_alert *alert = &world->alerts[i];
        struct concern concern = concern_of(c->witness, c->report, alert);
        int severity = (int)alert->severity;
        struct sim_condition found = {.kind = kind,
                                      .feature = alert->id,
                                      .possible = concern.possible ? severity : SIM_NOTHING,
                                      .certain = concern.certain ? severity : SIM_NOTHING,
                                      .value = concern.nearest_m,
                                      .limit = c->report->horizontal_acc_m};
        sim_case_add(c, found);
    }
}

static const struct sim_alert *find(const struct sim_world *world, const char *id)
{
    for (size_t i = 0; i < world->alert_count; i++)
        if (id != NULL && strcmp(world->alerts[i].id, id) == 0)
            return &world->alerts[i];
    return NULL;
}

void sim_witness_alerts(struct sim_witness *witness, const struct sim_report *report,
                        const Drf__V1__Context *context, struct sim_witness_counts *counts)
{
    const struct sim_world *world = witness->world;
    bool seen[SIM_ALERTS_MAX] = {false};
    for (size_t i = 0; i < context->n_alerts && world->alert_count > 0; i++) {
        const Drf__V1__AlertBrief *a = context->alerts[i];
        const struct sim_alert *alert = find(world, a->alert_id);
        bool twice = alert != NULL && seen[alert - world->alerts];
        struct concern concern = {.nearest_m = HUGE_VAL};
        if (alert != NULL) {
            concern = concern_of(witness, report, alert);
            seen[alert - world->alerts] = true;
        }
        sim_witness_counts_note(counts, SIM_CHECK_ALERTS, concern.possible && !twice,
                                "alert %s%s: %.1f m away",
                                a->alert_id != NULL ? a->alert_id : "without an id",
                                twice ? ", twice" : "", concern.nearest_m);
        if (alert != NULL)
            sim_witness_counts_note(
                counts, SIM_CHECK_ALERTS, a->severity == alert->severity && a->has_revision,
                "alert %s is %u, not %u", alert->id, alert->severity, a->severity);
    }
    size_t absent = 0;
    const char *name = "";
    for (size_t i = 0; i < world->alert_count; i++) {
        if (seen[i] || !concern_of(witness, report, &world->alerts[i]).certain)
            continue;
        absent++;
        name = world->alerts[i].id;
    }
    if (world->alert_count == 0)
        return;
    if (absent > 0 && sim_witness_incomplete(witness, context, ALERT)) {
        counts->waiting++;
        return;
    }
    sim_witness_counts_note(counts, SIM_CHECK_ALERTS, absent <= context->alerts_left_out,
                            "%zu alerts are not listed (%s), %u left out", absent, name,
                            context->alerts_left_out);
}
