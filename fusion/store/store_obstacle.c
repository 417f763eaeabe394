// SPDX-License-Identifier: Apache-2.0
// Obstacles as a feature table of the GeoPackage, rendered from the truth: one row an obstacle.
#include <stdlib.h>

#include "fusion/store/store_geometry.h"
#include "fusion/store/store_impl.h"

// What a row says, in memory of its own: the root it was rendered from may go.
struct store_obstacle_row {
    struct geo_obstacle obstacle;
    struct fusion_source source;
    double top_amsl_m, foot_amsl_m;
    bool top_known, foot_known;
};

enum drf_status fusion_store_render_obstacle(struct fusion_store *store, int64_t id,
                                             const struct fusion_obstacle *obstacle)
{
    enum drf_status status = store_writable(store);
    if (status != DRF_OK)
        return status;
    struct store_rendered made = {.layer = FUSION_LAYER_OBSTACLE, .id = id};
    if (obstacle != NULL) {
        made.obstacle = malloc(sizeof *made.obstacle);
        if (made.obstacle == NULL)
            return DRF_ERR_NOMEM;
        made.row_bytes = sizeof *made.obstacle;
        *made.obstacle = (struct store_obstacle_row){
            .obstacle = *obstacle->obstacle,
            .source = *obstacle->source,
            .top_amsl_m = obstacle->top_amsl_m,
            .foot_amsl_m = obstacle->foot_amsl_m,
            .top_known = obstacle->top_known,
            .foot_known = obstacle->foot_known,
        };
        status = store_geometry_encode(obstacle->obstacle, obstacle->vertices, &made.bytes,
                                       &made.size);
    }
    if (status == DRF_OK)
        status = store_rendered_queue(store, &made);
    if (status != DRF_OK) {
        free(made.obstacle);
        free(made.bytes);
    }
    return status;
}

static struct store_arg real_if(bool known, double value)
{
    return known ? store_real(value) : store_null();
}

enum drf_status store_obstacle_write(struct fusion_store *store,
                                     const struct store_rendered *rendered)
{
    const struct store_obstacle_row *row = rendered->obstacle;
    if (row == NULL)
        return STORE_PUT(store, STORE_SQL_DROP_OBSTACLE, "remove a feature",
                         store_int(rendered->id));
    const struct geo_obstacle *obstacle = &row->obstacle;
    const uint32_t flags = obstacle->flags;
    const char lighting[] = {(char)obstacle->lighting, '\0'};
    const char marking[] = {(char)obstacle->marking, '\0'};
    const struct store_arg verified =
        (flags & (GEO_OBSTACLE_VERIFIED | GEO_OBSTACLE_UNVERIFIED)) == 0
            ? store_null()
            : store_int((flags & GEO_OBSTACLE_VERIFIED) != 0);
    return STORE_PUT(
        store, STORE_SQL_PUT_OBSTACLE, "write a feature", store_int(rendered->id),
        store_blob(rendered->bytes, rendered->size), store_text(obstacle->id),
        store_text(row->source.source), store_text(obstacle->kind),
        store_int(obstacle->quantity), real_if(row->top_known, row->top_amsl_m),
        real_if((flags & GEO_OBSTACLE_HAS_AMSL) != 0, obstacle->amsl_m),
        real_if((flags & GEO_OBSTACLE_HAS_AGL) != 0, obstacle->agl_m),
        real_if(row->foot_known, row->foot_amsl_m), store_real(obstacle->horizontal_acc95_m),
        store_real(obstacle->vertical_acc95_m),
        store_int((flags & GEO_OBSTACLE_HORIZONTAL_ASSUMED) != 0),
        store_int((flags & GEO_OBSTACLE_VERTICAL_ASSUMED) != 0), verified,
        store_int((flags & GEO_OBSTACLE_BALLOON) != 0),
        obstacle->lighting != 0 ? store_text(lighting) : store_null(),
        obstacle->marking != 0 ? store_text(marking) : store_null(),
        (flags & GEO_OBSTACLE_HAS_DATA_TIME) != 0 ? store_int(obstacle->data_time_utc_us)
                                                  : store_null(),
        store_text(row->source.licence), store_text(row->source.version));
}
