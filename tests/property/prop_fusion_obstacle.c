// SPDX-License-Identifier: Apache-2.0
// Obstacles that a search passes over by their rough distances change nothing: the nearest, how
// far they are and how many others there are within the radius are those of a search without an
// index, which measures each of them. Neither does the order in which they are met: of several
// at one place the same ones are told of, and the same one is said to raise a surface.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>

#include "fusion/context/context_parts.h"
#include "fusion/root/obstacle_index.h"
#include "geo/frame.h"

enum { SCENES = 400, ASKS = 12, OBSTACLES = 700, SIDE = 3, BUCKETS = SIDE * SIDE };

static uint64_t state = 88172645463325252u;
static double uniform(double low, double high)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return low + (high - low) * (double)(state >> 11) / 9007199254740992.0;
}

struct stage {
    struct fusion_root root;
    struct geo_obstacle obstacles[OBSTACLES];
    struct geo_point edges[OBSTACLES][2]; // of those that are lines
    struct fusion_source source;
    struct fusion_obstacle fused[OBSTACLES];
    const struct fusion_obstacle *lists[BUCKETS][OBSTACLES];
    size_t counts[BUCKETS];
    struct fusion_bucket *indexed[BUCKETS];
    struct fusion_bucket bare[BUCKETS];
    const struct fusion_bucket *with_index[BUCKETS], *without[BUCKETS];
};

static struct fusion_obstacle_index_entry stand(const void *context, size_t i)
{
    const struct fusion_obstacle *const *list = context;
    const struct geo_obstacle *o = list[i]->obstacle;
    const bool point = fusion_obstacle_index_point(o, list[i]->vertices);
    return (struct fusion_obstacle_index_entry){
        list[i], o->position, o->horizontal_acc95_m + (point ? 0.0 : 3000.0), point};
}

static size_t bucket_of(const struct stage *stage, struct geo_point point)
{
    struct geo_tile tile;
    size_t index;
    assert_int_equal(geo_tile_at(point, FUSION_BUCKET_LEVEL, &tile), DRF_OK);
    return fusion_extent_index(stage->root.buckets, tile, &index) ? index : BUCKETS;
}

// Half of them near the rim of a circle around the middle, where a metre decides.
static void place(struct geo_obstacle *o, const struct geo_frame *frame, double radius_m)
{
    const double course = uniform(0.0, 6.283185307);
    const double away_m = uniform(0.0, 1.0) < 0.5 ? radius_m + uniform(-4.0, 4.0)
                                                  : radius_m * sqrt(uniform(0.0, 2.0));
    o->position = geo_frame_point(frame, (struct geo_offset){.east_m = away_m * sin(course),
                                                             .north_m = away_m * cos(course)});
    if (o->position.lon_deg > 180.0)
        o->position.lon_deg -= 360.0;
    if (o->position.lon_deg < -180.0)
        o->position.lon_deg += 360.0;
    o->horizontal_acc95_m = uniform(0.0, 30.0);
}

static void stage_open(struct stage *stage, struct geo_point middle, double radius_m)
{
    const struct geo_frame frame = geo_frame_at(middle);
    struct geo_tile tile;
    assert_int_equal(geo_tile_at(middle, FUSION_BUCKET_LEVEL, &tile), DRF_OK);
    tile.row -= 1;
    tile.col = (tile.col - 1) & ((UINT32_C(2) << FUSION_BUCKET_LEVEL) - 1);
    stage->root =
        (struct fusion_root){.buckets = {.first = tile, .columns = SIDE, .rows = SIDE}};
    for (size_t b = 0; b < BUCKETS; b++)
        stage->counts[b] = 0;
    for (size_t i = 0; i < OBSTACLES; i++) {
        struct geo_obstacle *o = &stage->obstacles[i];
        *o = (struct geo_obstacle){.geometry = GEO_GEOMETRY_POINT, .quantity = 1};
        place(o, &frame, radius_m);
        if (i > 0 && uniform(0.0, 1.0) < 0.3) // two of one place are as far
            o->position = stage->obstacles[(size_t)uniform(0.0, (double)i - 0.01)].position;
        stage->fused[i] = (struct fusion_obstacle){.obstacle = o,
                                                   .source = &stage->source,
                                                   .top_known = true,
                                                   .top_amsl_m = 100.0 + (double)(i % 3)};
        const size_t own = bucket_of(stage, o->position);
        if (i % 16 == 0) { // a line, in its own bucket and in the next one
            stage->edges[i][0] = o->position;
            stage->edges[i][1] = (struct geo_point){
                o->position.lat_deg + uniform(-0.005, 0.005), o->position.lon_deg};
            o->geometry = GEO_GEOMETRY_LINE;
            o->vertex_count = 2;
            stage->fused[i].vertices = stage->edges[i];
            if (own + 1 < BUCKETS)
                stage->lists[own + 1][stage->counts[own + 1]++] = &stage->fused[i];
        }
        if (own < BUCKETS)
            stage->lists[own][stage->counts[own]++] = &stage->fused[i];
    }
    for (size_t b = 0; b < BUCKETS; b++) {
        struct geo_tile at = tile;
        at.row += (uint32_t)(b / SIDE);
        at.col = (at.col + (uint32_t)(b % SIDE)) & ((UINT32_C(2) << FUSION_BUCKET_LEVEL) - 1);
        stage->indexed[b] = NULL;
        stage->with_index[b] = stage->without[b] = NULL;
        if (stage->counts[b] == 0)
            continue;
        assert_int_equal(fusion_bucket_make(at, stage->counts[b], stand, stage->lists[b],
                                            &stage->indexed[b]),
                         DRF_OK);
        stage->bare[b] =
            (struct fusion_bucket){.count = stage->counts[b], .obstacles = stage->lists[b]};
        stage->with_index[b] = stage->indexed[b];
        stage->without[b] = &stage->bare[b];
    }
}

static void near__rough_distances_passed_over__finds_the_same(void **unused)
{
    (void)unused;
    struct stage *stage = calloc(1, sizeof *stage);
    assert_non_null(stage);
    size_t told = 0, left = 0;
    for (int scene = 0; scene < SCENES; scene++) {
        const struct geo_point middle = {uniform(-84.0, 84.0), uniform(-180.0, 180.0)};
        const double radius_m =
            uniform(0.0, 1.0) < 0.1 ? uniform(0.5, 5.0) : uniform(50.0, 2500.0);
        stage_open(stage, middle, radius_m);
        const struct geo_frame frame = geo_frame_at(middle);
        for (int ask = 0; ask < ASKS; ask++) {
            struct geo_point at = geo_frame_point(
                &frame, (struct geo_offset){.east_m = ask == 0 ? 0.0 : uniform(-9.0, 9.0),
                                            .north_m = ask == 0 ? 0.0 : uniform(-9.0, 9.0)});
            if (fabs(at.lon_deg) > 180.0)
                at = middle;
            const struct geo_frame here = geo_frame_at(at);
            const size_t room = (size_t)uniform(0.0, FUSION_NEAREST_MAX + 0.99);
            struct fusion_near a[FUSION_NEAREST_MAX], b[FUSION_NEAREST_MAX];
            size_t a_count, b_count;
            stage->root.features = stage->with_index;
            const uint32_t a_left =
                fusion_context_near(&stage->root, &here, radius_m, room, a, &a_count);
            stage->root.features = stage->without;
            const uint32_t b_left =
                fusion_context_near(&stage->root, &here, radius_m, room, b, &b_count);
            assert_int_equal(a_left, b_left);
            assert_int_equal(a_count, b_count);
            for (size_t i = 0; i < a_count; i++) {
                assert_ptr_equal(a[i].obstacle, b[i].obstacle);
                assert_memory_equal(&a[i].distance_m, &b[i].distance_m, sizeof a[i].distance_m);
                assert_memory_equal(&a[i].bearing_deg_true, &b[i].bearing_deg_true,
                                    sizeof a[i].bearing_deg_true);
            }
            told += a_count;
            left += a_left;
        }
        for (size_t b = 0; b < BUCKETS; b++)
            free(stage->indexed[b]);
    }
    assert_true(told > (size_t)SCENES * ASKS && left > 100 * told / 16);
    free(stage);
}

static void raised_by__whatever_order_they_are_met_in__is_the_same(void **unused)
{
    (void)unused;
    struct stage *stage = calloc(1, sizeof *stage);
    assert_non_null(stage);
    const struct fusion_sample surface = {
        .known = true, .raised = true, .amsl_m = 101.0, .level = 12, .source = &stage->source};
    size_t found = 0;
    for (int scene = 0; scene < SCENES; scene++) {
        const struct geo_point middle = {uniform(-84.0, 84.0), uniform(-180.0, 180.0)};
        stage_open(stage, middle, uniform(20.0, 300.0));
        stage->root.raster_accuracy_max_m = 200.0;
        const struct geo_frame frame = geo_frame_at(middle);
        for (int ask = 0; ask < ASKS; ask++) {
            struct geo_point at =
                geo_frame_point(&frame, (struct geo_offset){.east_m = uniform(-300.0, 300.0),
                                                            .north_m = uniform(-300.0, 300.0)});
            if (fabs(at.lon_deg) > 180.0)
                at = middle;
            stage->root.features = stage->with_index;
            const struct fusion_obstacle *a =
                fusion_context_raised_by(&stage->root, at, &surface);
            stage->root.features = stage->without;
            assert_ptr_equal(a, fusion_context_raised_by(&stage->root, at, &surface));
            found += a != NULL ? 1 : 0;
        }
        for (size_t b = 0; b < BUCKETS; b++)
            free(stage->indexed[b]);
    }
    assert_true(found > (size_t)SCENES * ASKS / 2);
    free(stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(near__rough_distances_passed_over__finds_the_same),
        cmocka_unit_test(raised_by__whatever_order_they_are_met_in__is_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
