// SPDX-License-Identifier: Apache-2.0
// Corridors over random ground, against brute force.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "fusion/aircraft/context.h"
#include "fusion/aircraft/path.h"
#include "fusion/context/context_build.h"
#include "fusion/context/context_parts.h"
#include "fusion/root/corridor.h"
#include "fusion/root/sample.h"
#include "fusion/root/unreadable.h"
#include "geo/bounds.h"
#include "geo/frame.h"
#include "tests/support/scene.h"

static const struct geo_point centre = {.lat_deg = 43.65, .lon_deg = -79.38};
static const struct geo_point dateline = {.lat_deg = -17.0, .lon_deg = 179.9999};

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static double uniform(uint64_t *state, double low, double high)
{
    return low + (high - low) * (double)(next_random(state) >> 11) / 9007199254740992.0;
}

static uint32_t scramble(uint32_t row, uint32_t column)
{
    uint32_t hash = row * UINT32_C(2654435761) ^ column * UINT32_C(2246822519);
    hash ^= hash >> 15;
    hash *= UINT32_C(2654435761);
    return hash ^ hash >> 13;
}

// Rough, one cell in 64 unknown.
static uint16_t rough(void *context, uint32_t row, uint32_t column)
{
    (void)context;
    uint32_t hash = scramble(row, column);
    return hash % 64 == 0 ? GEO_CELL_UNKNOWN : (uint16_t)(4000 + hash % 2000);
}

static uint16_t rougher(void *context, uint32_t row, uint32_t column)
{
    uint16_t ground = rough(context, row, column);
    return ground == GEO_CELL_UNKNOWN ? ground
                                      : (uint16_t)(ground + scramble(column, row) % 99);
}

static uint16_t all_known(void *context, uint32_t row, uint32_t column)
{
    (void)context;
    return (uint16_t)(4000 + scramble(row, column) % 2000);
}

// Do a convex outline and a box touch? By separating axes: the box's two and each edge's
// normal.
static bool touches(const struct fusion_outline *o, double west, double north, double east,
                    double south)
{
    double low_x = HUGE_VAL, high_x = -HUGE_VAL, low_y = HUGE_VAL, high_y = -HUGE_VAL;
    for (uint32_t i = 0; i < o->corner_count; i++) {
        low_x = fmin(low_x, o->x[i]);
        high_x = fmax(high_x, o->x[i]);
        low_y = fmin(low_y, o->y[i]);
        high_y = fmax(high_y, o->y[i]);
    }
    if (high_x < west || low_x > east || high_y < north || low_y > south)
        return false;
    const double bx[4] = {west, east, east, west}, by[4] = {north, north, south, south};
    for (uint32_t i = 0; i < o->corner_count; i++) {
        uint32_t j = (i + 1) % o->corner_count;
        double nx = o->y[j] - o->y[i], ny = o->x[i] - o->x[j];
        double low = HUGE_VAL, high = -HUGE_VAL, box_low = HUGE_VAL, box_high = -HUGE_VAL;
        for (uint32_t k = 0; k < o->corner_count; k++) {
            low = fmin(low, nx * o->x[k] + ny * o->y[k]);
            high = fmax(high, nx * o->x[k] + ny * o->y[k]);
        }
        for (int k = 0; k < 4; k++) {
            box_low = fmin(box_low, nx * bx[k] + ny * by[k]);
            box_high = fmax(box_high, nx * bx[k] + ny * by[k]);
        }
        if (high < box_low || low > box_high)
            return false;
    }
    return true;
}

// Every cell in a wide window, one by one, through the scene's own functions.
static struct fusion_swath brute(const struct scene *scene, const struct fusion_outline *o,
                                 scene_cell_fn ground, scene_cell_fn surface)
{
    struct fusion_swath swath = fusion_swath_empty();
    const struct fusion_extent *extent = &scene->root.tiles;
    int64_t columns = INT64_C(8192) * 256;
    for (int64_t row = (int64_t)o->y[0] - 250; row < (int64_t)o->y[0] + 250; row++)
        for (int64_t column = (int64_t)o->x[0] - 250; column < (int64_t)o->x[0] + 250;
             column++) {
            if (!touches(o, (double)column - 0.5, (double)row - 0.5, (double)column + 1.5,
                         (double)row + 1.5))
                continue;
            swath.cells++;
            int64_t wrapped = (column + columns) % columns;
            int64_t tile_column = (wrapped / 256 - extent->first.col + 8192) % 8192;
            int64_t tile_row = row / 256 - extent->first.row;
            if (tile_column >= SCENE_TILES || tile_row < 0 || tile_row >= SCENE_TILES)
                continue;
            uint16_t low = ground(NULL, (uint32_t)row, (uint32_t)wrapped);
            uint16_t high = surface(NULL, (uint32_t)row, (uint32_t)wrapped);
            if (scene->ground_list[tile_row * SCENE_TILES + tile_column] == NULL)
                low = GEO_CELL_UNKNOWN;
            if (scene->surface_list[tile_row * SCENE_TILES + tile_column] == NULL)
                high = GEO_CELL_UNKNOWN;
            if (low != GEO_CELL_UNKNOWN) {
                swath.ground_known++;
                swath.ground_sum_m += geo_cell_m(low);
                swath.ground_max_amsl_m = fmax(swath.ground_max_amsl_m, geo_cell_m(low));
                swath.ground_min_amsl_m = fmin(swath.ground_min_amsl_m, geo_cell_m(low));
            }
            if (high != GEO_CELL_UNKNOWN) {
                swath.surface_known++;
                swath.surface_max_amsl_m = fmax(swath.surface_max_amsl_m, geo_cell_m(high));
            }
        }
    return swath;
}

static void assert_same(const struct fusion_swath *got, const struct fusion_swath *expected)
{
    assert_int_equal(got->cells, expected->cells);
    assert_int_equal(got->ground_known, expected->ground_known);
    assert_int_equal(got->surface_known, expected->surface_known);
    assert_true(fabs(got->ground_sum_m - expected->ground_sum_m) < 1e-3);
    if (expected->ground_known > 0)
        assert_true(got->ground_max_amsl_m == expected->ground_max_amsl_m
                    && got->ground_min_amsl_m == expected->ground_min_amsl_m);
    if (expected->surface_known > 0)
        assert_true(got->surface_max_amsl_m == expected->surface_max_amsl_m);
}

// `holes`: some tiles of one layer, of the other and of both are not there.
static void compare(struct geo_point around, uint64_t seed, double reach_m, bool holes)
{
    struct scene *scene = scene_open(around, rough, rougher, NULL);
    if (holes) {
        scene->ground_list[1] = scene->ground_list[4] = scene->ground_list[5] = NULL;
        scene->surface_list[3] = scene->surface_list[5] = scene->surface_list[7] = NULL;
    }
    struct geo_frame frame = geo_frame_at(around);
    for (int i = 0; i < 60; i++) {
        struct geo_offset from = {uniform(&seed, -reach_m, reach_m),
                                  uniform(&seed, -reach_m, reach_m)};
        struct geo_offset to = {from.east_m + uniform(&seed, -1500.0, 1500.0),
                                from.north_m + uniform(&seed, -1500.0, 1500.0)};
        double half_m = uniform(&seed, 0.5, 120.0);
        struct fusion_outline outline =
            i % 5 == 0
                ? fusion_outline_disc(SCENE_LEVEL, geo_frame_point(&frame, from), 4 * half_m)
                : fusion_outline_piece(SCENE_LEVEL, geo_frame_point(&frame, from),
                                       geo_frame_point(&frame, to), half_m, 1.5 * half_m,
                                       i % 2 == 0 ? half_m : 0.0, i % 3 == 0 ? half_m : 0.0);
        struct fusion_swath got = fusion_swath_empty();
        fusion_swath_add(&got, &scene->root, &outline);
        struct fusion_swath expected = brute(scene, &outline, rough, rougher);
        assert_same(&got, &expected);
    }
    scene_close(scene);
}

static void swath__random_pieces__holds_what_brute_force_finds(void **state)
{
    (void)state;
    compare(centre, UINT64_C(88172645463325252), 2000.0, false);
}

static void swath__at_the_rim_of_the_tiles__counts_what_is_outside_as_unknown(void **state)
{
    (void)state;
    compare(centre, UINT64_C(4101842887655102017), 8000.0, false);
}

static void swath__across_the_antimeridian__holds_what_brute_force_finds(void **state)
{
    (void)state;
    compare(dateline, UINT64_C(2685821657736338717), 1000.0, false);
}

static void swath__over_tiles_of_one_layer_only__counts_the_other_as_unknown(void **state)
{
    (void)state;
    compare(centre, UINT64_C(1442695040888963407), 6000.0, true);
}

static struct fusion_aircraft random_aircraft(uint64_t *seed, struct geo_point around)
{
    struct geo_frame frame = geo_frame_at(around);
    struct geo_offset offset = {uniform(seed, -1000.0, 1000.0), uniform(seed, -1000.0, 1000.0)};
    struct fusion_aircraft aircraft = {.limits = fusion_limits_default()};
    aircraft.fix.position = geo_frame_point(&frame, offset);
    aircraft.fix.amsl = (struct fusion_altitude){true, 600.0, 5.0};
    aircraft.fix.horizontal_acc95_m = uniform(seed, 1.0, 20.0);
    aircraft.fix.velocity_known = true;
    aircraft.fix.velocity_north_mps = uniform(seed, -25.0, 25.0);
    aircraft.fix.velocity_east_mps = uniform(seed, -25.0, 25.0);
    aircraft.fix.velocity_up_known = true;
    aircraft.fix.velocity_up_mps = uniform(seed, -3.0, 3.0);
    return aircraft;
}

// Any position within the half width of the way lies under the maxima of its segment.
static void assert_covered(const struct scene *scene, const struct fusion_aircraft *aircraft,
                           const struct fusion_look_ahead *ahead, uint64_t *seed)
{
    struct geo_frame frame = geo_frame_at(aircraft->fix.position);
    double north = aircraft->fix.velocity_north_mps, east = aircraft->fix.velocity_east_mps;
    double speed = hypot(north, east);
    for (int i = 0; i < 300; i++) {
        double along_m = uniform(seed, 0.0, ahead->length_m);
        double half_m =
            ahead->half_width_m
            + (ahead->half_width_end_m - ahead->half_width_m) * along_m / ahead->length_m;
        double left_m = uniform(seed, -half_m, half_m);
        struct geo_offset offset = {(along_m * east - left_m * north) / speed,
                                    (along_m * north + left_m * east) / speed};
        struct geo_point point = geo_frame_point(&frame, offset);
        struct fusion_sample ground = fusion_sample_ground(&scene->root, point);
        struct fusion_sample surface = fusion_sample_surface(&scene->root, point);
        size_t k = 0;
        while (along_m > ahead->segments[k].to_m)
            k++;
        assert_true(ground.amsl_m <= ahead->segments[k].ground_max_amsl_m.value);
        assert_true(ground.amsl_m >= ahead->segments[k].ground_min_amsl_m);
        assert_true(surface.amsl_m <= ahead->segments[k].surface_max_amsl_m.value);
        // a descent ends on what it meets
        double height_m = fmax(600.0 + aircraft->fix.velocity_up_mps * along_m / speed,
                               fmin(600.0, surface.amsl_m));
        if (along_m / speed <= aircraft->limits.look_ahead_s)
            assert_true(height_m - surface.amsl_m
                        >= ahead->segments[k].clearance_min_m.value - 1e-6);
    }
}

static void ahead__random_flights__segments_touch_and_cover(void **state)
{
    (void)state;
    struct fusion_builder *builder;
    assert_int_equal(fusion_builder_open(&builder), DRF_OK);
    struct scene *scene = scene_open(centre, all_known, NULL, NULL);
    uint64_t seed = UINT64_C(1181783497276652981);
    for (int i = 0; i < 100; i++) {
        struct fusion_aircraft aircraft = random_aircraft(&seed, centre);
        struct fusion_context context;
        fusion_context_build(builder, &scene->root, &aircraft, 0, &context);
        const struct fusion_look_ahead *ahead = &context.look_ahead;
        assert_true(ahead->segment_count >= 1);
        assert_true(ahead->segments[0].from_m == 0.0);
        for (size_t k = 0; k < ahead->segment_count; k++) {
            assert_true(ahead->segments[k].to_m > ahead->segments[k].from_m);
            if (k > 0)
                assert_true(ahead->segments[k].from_m == ahead->segments[k - 1].to_m);
            assert_true(ahead->segments[k].unknown_ratio == 0.0);
        }
        assert_true(ahead->segments[ahead->segment_count - 1].to_m == ahead->length_m);
        if (ahead->basis == FUSION_CORRIDOR_VELOCITY)
            assert_covered(scene, &aircraft, ahead, &seed);
    }
    scene_close(scene);
    fusion_builder_close(builder);
}

// Whatever box is asked first, the states are those of the exact boxes.
static void context__inputs_refused_here_and_there__says_what_the_exact_boxes_say(void **state)
{
    (void)state;
    const struct geo_point places[] = {
        centre, dateline, {.lat_deg = -70.0, .lon_deg = -179.999}};
    struct fusion_builder *builder;
    assert_int_equal(fusion_builder_open(&builder), DRF_OK);
    struct scene *scene = scene_open(centre, all_known, NULL, NULL);
    struct fusion_root root = scene->root;
    root.keep = (struct geo_bounds){-180.0, -90.0, 180.0, 90.0};
    for (int layer = 0; layer < FUSION_LAYER_COUNT; layer++)
        root.layer_fed[layer] = true;
    struct fusion_unreadable items[2];
    const struct fusion_unreadables list = {.count = 2, .items = items};
    root.unreadables = &list;
    uint64_t seed = UINT64_C(7046029254386353131);
    size_t refused = 0, free = 0;
    for (int i = 0; i < 3000; i++) {
        struct fusion_aircraft aircraft = random_aircraft(&seed, places[i % 3]);
        if (i % 5 == 0)
            aircraft.fix.velocity_north_mps = aircraft.fix.velocity_east_mps = 0.0;
        const struct fusion_path_node begin = {.point = aircraft.fix.position};
        const struct geo_point at = aircraft.fix.position = fusion_path_place(&begin);
        for (int k = 0; k < 2; k++) { // from far beside it to all around it
            const double wide_m = uniform(&seed, 1.0, 6000.0);
            const struct geo_frame frame = geo_frame_at(at);
            const struct geo_offset offset = {uniform(&seed, -9000.0, 9000.0),
                                              uniform(&seed, -9000.0, 9000.0)};
            struct fusion_path_node node = {.point = geo_frame_point(&frame, offset)};
            items[k] = (struct fusion_unreadable){
                .layer = (enum fusion_layer)(1 + next_random(&seed) % (FUSION_LAYER_COUNT - 1)),
                .box = geo_bounds_around(fusion_path_place(&node), wide_m),
                .until_utc_us = 1,
                .ends_utc_us = INT64_MAX};
        }
        struct fusion_context context;
        fusion_context_build(builder, &root, &aircraft, 0, &context);
        struct fusion_path path;
        fusion_context_way(builder, &root, &aircraft, 0, &path);
        const double radius_m = aircraft.limits.obstacle_radius_m;
        const struct geo_bounds box =
            geo_bounds_join(fusion_path_bounds(&path), geo_bounds_around(at, radius_m));
        struct fusion_layer_state states[FUSION_LAYER_COUNT];
        const size_t count = fusion_context_states(&root, box, 0, states);
        assert_int_equal(context.layer_state_count, count);
        for (size_t k = 0; k < count; k++) {
            assert_int_equal(context.layer_states[k].layer, states[k].layer);
            assert_int_equal(context.layer_states[k].reason, states[k].reason);
        }
        assert_int_equal(
            context.obstacles_reason,
            fusion_context_near_reason(&root, FUSION_LAYER_OBSTACLE, at, radius_m, 0));
        assert_int_equal(context.alerts_reason,
                         fusion_context_near_reason(&root, FUSION_LAYER_ALERT, at, 0.0, 0));
        refused += count > 0;
        free += count == 0;
    }
    assert_true(refused > 500 && free > 500);
    scene_close(scene);
    fusion_builder_close(builder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(swath__random_pieces__holds_what_brute_force_finds),
        cmocka_unit_test(swath__at_the_rim_of_the_tiles__counts_what_is_outside_as_unknown),
        cmocka_unit_test(swath__across_the_antimeridian__holds_what_brute_force_finds),
        cmocka_unit_test(swath__over_tiles_of_one_layer_only__counts_the_other_as_unknown),
        cmocka_unit_test(ahead__random_flights__segments_touch_and_cover),
        cmocka_unit_test(context__inputs_refused_here_and_there__says_what_the_exact_boxes_say),
    };
    return cmocka_run_group_tests_name("fusion/corridor", tests, NULL, NULL);
}
