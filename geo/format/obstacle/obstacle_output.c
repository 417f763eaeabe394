// SPDX-License-Identifier: Apache-2.0
#include "geo/format/obstacle/obstacle_output.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "geo/bounds.h"

static_assert((int)GEO_OBSTACLE_ID_SIZE == (int)GEO_FEATURE_ID_SIZE, "one size of ids");

double geo_obstacle_spread_m(const struct geo_decode_params *params, double horizontal_acc95_m)
{
    if (horizontal_acc95_m > 0)
        return horizontal_acc95_m;
    return params->default_horizontal_acc95_m > 0 ? params->default_horizontal_acc95_m
                                                  : (double)GEO_OBSTACLE_HORIZONTAL_ACC95_MAX_M;
}

void geo_obstacle_output_init(struct geo_obstacle_output *output,
                              const struct geo_decode_params *params,
                              struct geo_record_builder *builder)
{
    *output = (struct geo_obstacle_output){.params = params, .builder = builder};
}

void geo_obstacle_output_close(struct geo_obstacle_output *output)
{
    geo_feature_ids_close(&output->ids);
    free(output->outside);
    output->outside = NULL;
}

static enum drf_status take_id(struct geo_obstacle_output *output, char *id, bool part,
                               bool *numbered)
{
    *numbered = part;
    return part ? geo_feature_ids_take_part(&output->ids, id)
                : geo_feature_ids_take(&output->ids, id, numbered);
}

enum drf_status geo_obstacle_output_keep(struct geo_obstacle_output *output,
                                         const struct geo_obstacle *obstacle,
                                         const struct geo_point *vertices, bool part)
{
    struct geo_obstacle own = *obstacle;
    bool numbered = false;
    enum drf_status status = take_id(output, own.id, part, &numbered);
    if (status != DRF_OK)
        return status;
    own.flags |= numbered ? (uint32_t)GEO_OBSTACLE_NUMBERED : 0;
    output->counts.kept++;
    return geo_record_add(output->builder, GEO_ITEM_OBSTACLE, &own, sizeof own, vertices,
                          own.vertex_count * sizeof *vertices);
}

enum drf_status geo_obstacle_output_outside(struct geo_obstacle_output *output,
                                            const struct geo_obstacle *obstacle)
{
    if (output->outside_count == output->outside_room) {
        size_t room = output->outside_room == 0 ? 64 : 2 * output->outside_room;
        struct geo_obstacle *grown = realloc(output->outside, room * sizeof *grown);
        if (grown == NULL)
            return DRF_ERR_NOMEM;
        output->outside = grown;
        output->outside_room = room;
    }
    struct geo_obstacle *own = &output->outside[output->outside_count++];
    *own = *obstacle;
    own->flags |= GEO_OBSTACLE_OUTSIDE;
    own->geometry = GEO_GEOMETRY_POINT;
    own->vertex_count = 0;
    output->counts.out_of_region++;
    return DRF_OK;
}

enum drf_status geo_obstacle_output_refuse(struct geo_obstacle_output *output,
                                           const struct geo_note *note, const char *id,
                                           bool part, const struct geo_bounds *box, bool noted)
{
    char own[GEO_FEATURE_ID_SIZE] = "";
    bool numbered, near = box != NULL && geo_bounds_touch(output->params->keep, *box);
    enum drf_status status = DRF_OK;
    if (near) {
        (void)snprintf(own, sizeof own, "%s", id);
        status = take_id(output, own, part, &numbered);
    }
    if (status == DRF_ERR_NOMEM)
        return status;
    near = near && status == DRF_OK;
    if (!noted)
        return geo_decode_counts_unreadable(&output->counts, output->builder, note,
                                            output->params->keep, near ? own : NULL,
                                            near ? box : NULL, GEO_UNREADABLE_NO_END_US);
    struct geo_unreadable one = {.valid_until_utc_us = GEO_UNREADABLE_NO_END_US,
                                 .code = note->code};
    if (!near)
        return DRF_OK;
    memcpy(one.id, own, sizeof own);
    one.box = *box;
    output->counts.told++;
    return geo_record_add(output->builder, GEO_ITEM_UNREADABLE, &one, sizeof one, NULL, 0);
}

enum drf_status geo_obstacle_output_finish(struct geo_obstacle_output *output, const char *what,
                                           struct geo_note *why)
{
    enum drf_status status = DRF_OK;
    for (size_t i = 0; i < output->outside_count && status == DRF_OK; i++) {
        struct geo_obstacle *one = &output->outside[i];
        bool numbered;
        if (geo_feature_ids_taken(&output->ids, one->id))
            continue; // by one inside
        status = geo_feature_ids_take(&output->ids, one->id, &numbered);
        if (status == DRF_OK)
            status =
                geo_record_add(output->builder, GEO_ITEM_OBSTACLE, one, sizeof *one, NULL, 0);
        output->counts.told++;
    }
    return status == DRF_OK
               ? geo_decode_counts_finish(&output->counts, what, output->builder, why)
               : status;
}
