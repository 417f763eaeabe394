// SPDX-License-Identifier: Apache-2.0
#include "sim/fleet/corrupt.h"

#include <math.h>
#include <stdlib.h>

#include "drf/v1/enums.pb-c.h"

const char *const sim_corrupt_names[SIM_CORRUPTIONS] = {
    [SIM_CORRUPT_NONE] = "none",
    [SIM_CORRUPT_WIND_SIGN] = "wind-sign",
    [SIM_CORRUPT_DATUM] = "datum",
    [SIM_CORRUPT_ZERO_FILL] = "zero-fill",
    [SIM_CORRUPT_ADVISORY_LOST] = "advisory-lost",
    [SIM_CORRUPT_ADVISORY_FALSE] = "advisory-false",
    [SIM_CORRUPT_PATCH_SHIFT] = "patch-shift",
    [SIM_CORRUPT_TERRAIN_DOWN] = "terrain-down",
    [SIM_CORRUPT_REFUSED_LOST] = "refused-lost",
};

static void zero_fill(Drf__V1__Context *context)
{
    Drf__V1__Height *h = context->height;
    if (h != NULL) {
        h->has_ground_amsl_m = h->has_surface_amsl_m = h->has_agl_m = 1; // absent numbers are 0
        h->has_clearance_m = h->has_aircraft_amsl_m = 1;
    }
    for (size_t i = 0; context->look_ahead != NULL && i < context->look_ahead->n_segments;
         i++) {
        context->look_ahead->segments[i]->has_ground_max_amsl_m = 1;
        context->look_ahead->segments[i]->has_surface_max_amsl_m = 1;
    }
}

static void lose_advisory(Drf__V1__Context *context)
{
    if (context->n_advisories == 0)
        return;
    drf__v1__advisory__free_unpacked(context->advisories[0], NULL);
    context->n_advisories--;
    for (size_t i = 0; i < context->n_advisories; i++)
        context->advisories[i] = context->advisories[i + 1];
}

// Bad visibility, also for drones without a limit on it.
static void add_advisory(Drf__V1__Context *context)
{
    Drf__V1__Advisory *a = malloc(sizeof *a);
    Drf__V1__Advisory **list =
        realloc(context->advisories, (context->n_advisories + 1) * sizeof(Drf__V1__Advisory *));
    if (list != NULL)
        context->advisories = list;
    if (a == NULL || list == NULL) {
        free(a);
        return;
    }
    drf__v1__advisory__init(a);
    a->has_advisory_id = a->has_revision = a->has_state = a->has_severity = a->has_kind = 1;
    a->advisory_id = 0xFA15EU;
    a->revision = 1;
    a->state = DRF__V1__ADVISORY_STATE__ADVISORY_STATE_RAISED;
    a->severity = DRF__V1__SEVERITY__SEVERITY_WARNING;
    a->kind = DRF__V1__ADVISORY_KIND__ADVISORY_KIND_VISIBILITY;
    a->has_valid_until_us = 1;
    a->valid_until_us = context->node_time_us + 5000000;
    list[context->n_advisories++] = a;
}

// The layers stay listed, with a reason that says nothing.
static void lose_refused(Drf__V1__Context *context)
{
    for (size_t i = 0; i < context->n_layer_states; i++)
        if (context->layer_states[i]->reason == DRF__V1__REASON__REASON_UNREADABLE)
            context->layer_states[i]->reason = DRF__V1__REASON__REASON_NONE;
}

void sim_corrupt_context(enum sim_corruption corruption, struct sim_geoid *geoid,
                         struct geo_point position, Drf__V1__Context *context)
{
    if (corruption == SIM_CORRUPT_ZERO_FILL)
        zero_fill(context);
    if (corruption == SIM_CORRUPT_ADVISORY_LOST)
        lose_advisory(context);
    if (corruption == SIM_CORRUPT_ADVISORY_FALSE)
        add_advisory(context);
    if (corruption == SIM_CORRUPT_REFUSED_LOST)
        lose_refused(context);
    if (corruption == SIM_CORRUPT_WIND_SIGN && context->weather != NULL
        && context->weather->wind != NULL) {
        Drf__V1__Wind *w = context->weather->wind;
        w->wind_to_north_mps = -w->wind_to_north_mps;
        w->wind_to_east_mps = -w->wind_to_east_mps;
        if (w->has_wind_from_deg_true) // consistently wrong, as a sign error would be
            w->wind_from_deg_true = fmodf(w->wind_from_deg_true + 180.0F, 360.0F);
    }
    if (corruption == SIM_CORRUPT_DATUM && context->height != NULL) { // the geoid omitted
        float geoid_m = (float)sim_geoid_m(geoid, position);
        context->height->aircraft_amsl_m += geoid_m;
        context->height->agl_m += geoid_m;
        context->height->clearance_m += geoid_m;
        context->height->clearance_low_m += geoid_m;
    }
}

void sim_corrupt_terrain(enum sim_corruption corruption, Drf__V1__Terrain *terrain)
{
    if (corruption != SIM_CORRUPT_TERRAIN_DOWN)
        return;
    for (size_t i = 0; i < terrain->n_data; i++)
        for (size_t k = 0; k < terrain->data[i]->n_height_amsl_m; k++)
            terrain->data[i]->height_amsl_m[k]--;
}
