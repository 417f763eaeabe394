// SPDX-License-Identifier: Apache-2.0
#include "sim/witness/witness.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "drf/v1/enums.pb-c.h"
#include "sim/witness/witness_history.h"
#include "sim/witness/witness_layers.h"
#include "sim/witness/witness_truth.h"

static const double quantum_m = 0.25; // of the node's cells

static struct sim_height_tolerance find_tolerance(const struct sim_world *world, unsigned level)
{
    double cell_deg = 180.0 / (double)(UINT64_C(256) << level);
    double cell_n = cell_deg * world->m_per_lat_deg, cell_e = cell_deg * world->m_per_lon_deg;
    double post_n = world->plan.posting_arcsec / 3600.0 * world->m_per_lat_deg;
    double post_e = world->plan.posting_arcsec / 3600.0 * world->m_per_lon_deg;
    const struct sim_roughness *g = &world->ground_rough, *s = &world->surface_rough;
    double ground_source =
        (post_n * post_n * g->curve_north + post_e * post_e * g->curve_east) / 8;
    double surface_source =
        (post_n * post_n * s->curve_north + post_e * post_e * s->curve_east) / 8;
    if (post_n < cell_n) {
        // Finer than the cells: the mean over a footprint, which may be off by half a post; of
        // the surface the maximum over it.
        ground_source =
            (cell_n * cell_n * g->curve_north + cell_e * cell_e * g->curve_east) / 24
            + g->slope * hypot(post_n, post_e) / 2;
        surface_source = s->slope * (hypot(cell_n, cell_e) / 2 + hypot(post_n, post_e));
    }
    double bias_m = fabs(world->plan.terrain_bias_m);
    double float_m = 0.01;
    double between = (cell_n * cell_n * g->curve_north + cell_e * cell_e * g->curve_east) / 8;
    double cell_m = ground_source + quantum_m / 2 + bias_m + float_m;
    return (struct sim_height_tolerance){
        .ground_cell_m = cell_m,
        .ground_m = cell_m + between,
        .surface_cell_m = surface_source + quantum_m + bias_m + float_m,
        .surface_between_m =
            (cell_n * cell_n * s->curve_north + cell_e * cell_e * s->curve_east) / 8,
        .edge_m = 2 * hypot(post_n, post_e) + 2 * hypot(cell_n, cell_e),
        .step_m = s->slope * hypot(cell_n, cell_e),
        .cell_n_m = cell_n,
        .cell_e_m = cell_e,
    };
}

// Between points a step apart, between valid times an hour apart, and in 16 bits over a range
// that is at most twice the amplitude.
static double find_weather_tolerance(const struct sim_world *world, enum sim_weather_kind kind)
{
    const struct sim_roughness *r = &world->weather_rough[kind];
    double step_m = world->plan.weather_step_deg * world->m_per_lat_deg, hour_s = 3600.0;
    double curve = r->curve_east + r->curve_north; // along whichever axes the grid has
    double axes = world->plan.lambert ? 2.0 : 1.0;
    double range = 0.0;
    for (size_t i = 0; i < world->weather[kind].count; i++)
        range += 2 * world->weather[kind].waves[i].amplitude;
    double clock = 2.0 * r->slope_time; // sent and answered at instants up to two seconds apart
    double place =
        0.5 * (r->slope_east + r->slope_north); // positions in millionths of a degree
    return axes * step_m * step_m * curve / 8 + hour_s * hour_s * r->curve_time / 8
           + range / 65535 + clock + place + 1e-6 * fabs(world->weather[kind].mean);
}

enum drf_status sim_witness_open(const struct sim_world *world, const char *region,
                                 unsigned level, struct sim_witness *out)
{
    struct sim_witness witness = {.world = world, .level = level, .region = region};
    witness.tolerance = find_tolerance(world, level);
    for (int i = 0; i < SIM_WEATHER_COUNT; i++)
        witness.weather_tolerance[i] = find_weather_tolerance(world, (enum sim_weather_kind)i);
    enum drf_status status = sim_geoid_open(&witness.geoid);
    if (status == DRF_OK)
        status = sim_relief_open(world, &witness.relief);
    if (status == DRF_OK) {
        witness.extents = malloc((world->obstacle_count + 1) * sizeof *witness.extents);
        status = witness.extents != NULL ? DRF_OK : DRF_ERR_NOMEM;
    }
    if (status != DRF_OK) {
        sim_witness_close(&witness);
        return status;
    }
    for (size_t i = 0; i < world->obstacle_count; i++)
        witness.extents[i] = (struct sim_obstacle_extent){
            .at = sim_world_plane(world, world->obstacles[i].position),
            .top = sim_witness_top(&witness, &world->obstacles[i])};
    *out = witness;
    return DRF_OK;
}

void sim_witness_close(struct sim_witness *witness)
{
    sim_relief_close(&witness->relief);
    sim_geoid_close(witness->geoid);
    witness->geoid = NULL;
    free(witness->extents);
    for (size_t i = 0; witness->history != NULL && i < witness->fleet.count; i++)
        for (size_t k = 0; k < SIM_NODES; k++)
            free(witness->history[i].of[k]);
    free(witness->history);
    witness->extents = NULL;
    witness->history = NULL;
}

static void check_envelope(const struct sim_witness *witness, const struct sim_report *report,
                           const Drf__V1__Context *context, struct sim_witness_counts *counts)
{
    sim_witness_counts_note(counts, SIM_CHECK_ENVELOPE,
                            context->mode == DRF__V1__MODE__MODE_SIM, "mode is %u, not SIM",
                            context->mode);
    sim_witness_counts_note(
        counts, SIM_CHECK_ENVELOPE,
        context->region_id == NULL || strcmp(context->region_id, witness->region) == 0,
        "region is %s", context->region_id != NULL ? context->region_id : "");
    sim_witness_counts_note(
        counts, SIM_CHECK_ENVELOPE,
        context->has_node_time_us && context->has_stale_after_ms && context->has_seq
            && context->has_boot_id && context->stale_after_ms > 0,
        "seq %u: node time, stale_after, seq or boot_id is absent", context->seq);
    double lag_s = (double)(context->node_time_us - report->utc_us) * 1e-6;
    // What is pushed answers the last report, however old: a drone may have lost its link.
    sim_witness_counts_note(counts, SIM_CHECK_ENVELOPE,
                            lag_s > -1.0 && lag_s < (context->pushed ? 70.0 : 5.0),
                            "node time is %.3f s after the report", lag_s);
    if (!context->has_lat_e7 || !context->has_lon_e7)
        return;
    double lat = context->lat_e7 * 1e-7, lon = context->lon_e7 * 1e-7;
    sim_witness_counts_note(counts, SIM_CHECK_ENVELOPE,
                            fabs(lat - report->position.lat_deg) < 1.5e-7
                                && fabs(lon - report->position.lon_deg) < 1.5e-7,
                            "made for %.7f %.7f, reported %.7f %.7f", lat, lon,
                            report->position.lat_deg, report->position.lon_deg);
}

void sim_witness_check(struct sim_witness *witness, const struct sim_report *report,
                       const Drf__V1__Context *context, int64_t arrival_mono_us,
                       struct sim_witness_counts *counts)
{
    sim_witness_layers_learn(witness, context, arrival_mono_us);
    witness->shed = context->shed != 0;
    check_envelope(witness, report, context, counts);
    sim_witness_height(witness, report, context, counts);
    sim_witness_ahead(witness, report, context, counts);
    sim_witness_weather(witness, report, context, counts);
    sim_witness_obstacles(witness, report, context, counts);
    sim_witness_refused(witness, report, context, counts);
    sim_witness_alerts(witness, report, context, counts);
    sim_witness_neighbours(witness, report, context, arrival_mono_us, counts);
    sim_witness_advisories(witness, report, context, arrival_mono_us, counts);
}
