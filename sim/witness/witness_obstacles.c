// SPDX-License-Identifier: Apache-2.0
#include <math.h>
#include <string.h>

#include "drf/v1/enums.pb-c.h"
#include "sim/witness/witness_layers.h"

enum { GROUND = DRF__V1__LAYER__LAYER_GROUND, OBSTACLE = DRF__V1__LAYER__LAYER_OBSTACLE };

static const double foot_m = 0.3048;

static const struct sim_obstacle *find(const struct sim_world *world, const char *id)
{
    if (id == NULL)
        return NULL;
    for (size_t i = 0; i < world->obstacle_count; i++)
        if (world->obstacles[i].presence != SIM_HIDDEN
            && strcmp(world->obstacles[i].id, id) == 0)
            return &world->obstacles[i];
    return NULL;
}

static void check_heights(struct sim_witness *witness, const struct sim_obstacle *truth,
                          const Drf__V1__Obstacle *o, struct sim_witness_counts *counts)
{
    double bias_m = witness->world->plan.obstacle_bias_m;
    double published_m = truth->form == SIM_TOWER && !isnan(truth->amsl_m)
                             ? round((truth->amsl_m + bias_m) / foot_m) * foot_m
                             : truth->amsl_m + bias_m;
    if (isnan(truth->amsl_m) && o->has_published_amsl_m)
        sim_witness_counts_note(counts, SIM_CHECK_INVENTED, false,
                                "%s: an AMSL that was not published", truth->id);
    else if (!isnan(truth->amsl_m))
        sim_witness_counts_note(counts, SIM_CHECK_OBSTACLES,
                                o->has_published_amsl_m
                                    && fabs((double)o->published_amsl_m - published_m) < 0.02,
                                "%s: published %.2f m AMSL, given %.2f", truth->id, published_m,
                                (double)o->published_amsl_m);
    sim_witness_counts_note(counts, SIM_CHECK_OBSTACLES,
                            o->has_published_agl_m
                                && fabs((double)o->published_agl_m - truth->agl_m) < 0.02,
                            "%s: published %.2f m AGL, given %.2f", truth->id, truth->agl_m,
                            (double)o->published_agl_m);
    if (!o->has_top_amsl_m) {
        // over ground that is not there yet
        sim_witness_missing(witness, GROUND, o->top_reason, "the top of an obstacle", counts);
        return;
    }
    struct sim_top top = witness->extents[truth - witness->world->obstacles].top;
    double accuracy_m = (double)o->vertical_acc95_m, got_m = (double)o->top_amsl_m;
    sim_witness_counts_note(counts, SIM_CHECK_OBSTACLES,
                            got_m >= top.low_m + accuracy_m - 0.02
                                && got_m <= top.high_m + accuracy_m + 0.02,
                            "%s: top %.2f m, true %.2f to %.2f", truth->id, got_m,
                            top.low_m + accuracy_m, top.high_m + accuracy_m);
}

static void check_one(struct sim_witness *witness, const struct sim_report *report,
                      const Drf__V1__Obstacle *o, struct sim_witness_counts *counts)
{
    const struct sim_obstacle *truth = find(witness->world, o->feature_id);
    if (truth == NULL) {
        sim_witness_counts_note(counts, SIM_CHECK_INVENTED, false, "there is no obstacle %s",
                                o->feature_id != NULL ? o->feature_id : "without a name");
        return;
    }
    if (o->has_lat_e7 && o->has_lon_e7)
        sim_witness_counts_note(counts, SIM_CHECK_OBSTACLES,
                                fabs(o->lat_e7 * 1e-7 - truth->position.lat_deg) < 1e-6
                                    && fabs(o->lon_e7 * 1e-7 - truth->position.lon_deg) < 1e-6,
                                "%s stands at %.7f %.7f, not %.7f %.7f", truth->id,
                                truth->position.lat_deg, truth->position.lon_deg,
                                o->lat_e7 * 1e-7, o->lon_e7 * 1e-7);
    double distance_m = sim_world_obstacle_distance_m(witness->world, truth, report->position);
    sim_witness_counts_note(
        counts, SIM_CHECK_OBSTACLES,
        o->has_distance_m
            && fabs((double)o->distance_m - distance_m) <= 0.3 + 0.001 * distance_m,
        "%s is %.2f m away, given %.2f", truth->id, distance_m, (double)o->distance_m);
    bool vague = isnan(truth->horizontal_acc_m);
    sim_witness_counts_note(
        counts, SIM_CHECK_OBSTACLES, (o->has_accuracy_assumed && o->accuracy_assumed) == vague,
        "%s: accuracy assumed %d, unknown %d", truth->id, o->accuracy_assumed, vague);
    if (!vague)
        sim_witness_counts_note(
            counts, SIM_CHECK_OBSTACLES,
            fabs((double)o->horizontal_acc95_m - truth->horizontal_acc_m) < 0.02
                && fabs((double)o->vertical_acc95_m - truth->vertical_acc_m) < 0.02,
            "%s: accuracy %.2f %.2f, given %.2f %.2f", truth->id, truth->horizontal_acc_m,
            truth->vertical_acc_m, (double)o->horizontal_acc95_m, (double)o->vertical_acc95_m);
    check_heights(witness, truth, o, counts);
}

static bool listed(const Drf__V1__Context *context, const struct sim_obstacle *truth)
{
    for (size_t i = 0; i < context->n_obstacles; i++)
        if (context->obstacles[i]->feature_id != NULL
            && strcmp(context->obstacles[i]->feature_id, truth->id) == 0)
            return true;
    return false;
}

// Everything within the radius is listed, or counted as left out and farther than the listed.
static void check_complete(struct sim_witness *witness, const struct sim_report *report,
                           const Drf__V1__Context *context, struct sim_witness_counts *counts)
{
    const struct sim_world *world = witness->world;
    double radius_m = (double)context->obstacle_radius_m, farthest_m = 0.0;
    for (size_t i = 0; i < context->n_obstacles; i++)
        farthest_m = fmax(farthest_m, (double)context->obstacles[i]->distance_m);
    size_t absent_sure = 0, absent_maybe = 0;
    struct sim_plane b = sim_world_plane(world, report->position);
    const struct sim_obstacle *nearer = NULL;
    for (size_t i = 0; i < world->obstacle_count; i++) {
        const struct sim_obstacle *o = &world->obstacles[i];
        struct sim_plane a = witness->extents[i].at;
        if (o->presence == SIM_HIDDEN || fabs(a.east_m - b.east_m) > radius_m * 1.02 + 100.0
            || fabs(a.north_m - b.north_m) > radius_m * 1.02 + 100.0)
            continue;
        double distance_m = sim_world_obstacle_distance_m(world, o, report->position);
        double slack_m = 0.3 + 0.001 * distance_m;
        if (distance_m > radius_m + slack_m || listed(context, o))
            continue;
        absent_maybe++;
        bool sure = o->presence == SIM_STANDS;
        absent_sure += sure && distance_m < radius_m - slack_m ? 1 : 0;
        if (sure && distance_m < farthest_m - slack_m)
            nearer = o;
    }
    size_t said = context->obstacles_left_out;
    if ((said < absent_sure || nearer != NULL)
        && sim_witness_incomplete(witness, context, OBSTACLE)) {
        counts->waiting++;
        return;
    }
    sim_witness_counts_note(counts, SIM_CHECK_OBSTACLES,
                            said >= absent_sure && said <= absent_maybe,
                            "%zu obstacles left out within %.0f m, true %zu (%zu listed)", said,
                            radius_m, absent_sure, context->n_obstacles);
    sim_witness_counts_note(counts, SIM_CHECK_OBSTACLES, nearer == NULL,
                            "%s is nearer than the listed and not among them",
                            nearer != NULL ? nearer->id : "");
}

void sim_witness_obstacles(struct sim_witness *witness, const struct sim_report *report,
                           const Drf__V1__Context *context, struct sim_witness_counts *counts)
{
    double last_m = -1.0;
    for (size_t i = 0; i < context->n_obstacles; i++) {
        const Drf__V1__Obstacle *o = context->obstacles[i];
        check_one(witness, report, o, counts);
        sim_witness_counts_note(counts, SIM_CHECK_OBSTACLES,
                                (double)o->distance_m >= last_m - 0.01,
                                "obstacles are not in the order of distance");
        last_m = (double)o->distance_m;
    }
    if (context->has_obstacle_radius_m)
        check_complete(witness, report, context, counts);
    else
        sim_witness_missing(witness, OBSTACLE, context->obstacles_reason, "obstacle radius",
                            counts);
}
