// SPDX-License-Identifier: Apache-2.0
// What fusion/aircraft/context.h promises: heights by each altitude, obstacles, plan, reasons.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>

#include "fusion/aircraft/context.h"
#include "fusion/context/context_build.h"
#include "fusion/root/sample.h"
#include "geo/bounds.h"
#include "geo/frame.h"
#include "tests/support/scene.h"

static const struct geo_point toronto = {.lat_deg = 43.65, .lon_deg = -79.38};

static uint16_t flat(void *context, uint32_t row, uint32_t column)
{
    (void)context;
    (void)row;
    (void)column;
    return 4400; // 100 m
}

// 120 m, with a wall of 200 m along every 64th column.
static uint16_t walls(void *context, uint32_t row, uint32_t column)
{
    (void)context;
    (void)row;
    return column % 64 == 0 ? 4800 : 4480;
}

static uint16_t same(void *context, uint32_t row, uint32_t column)
{
    (void)row;
    (void)column;
    return *(const uint16_t *)context;
}

// A plane: a quarter of a metre a column eastward.
static uint16_t slope(void *context, uint32_t row, uint32_t column)
{
    (void)row;
    return (uint16_t)(4000 + column - *(const uint32_t *)context);
}

static uint16_t nothing(void *context, uint32_t row, uint32_t column)
{
    (void)context;
    (void)row;
    (void)column;
    return GEO_CELL_UNKNOWN;
}

static void assert_near(double got, double expected, double tolerance)
{
    if (!(fabs(got - expected) <= tolerance))
        fail_msg("%.6f is not %.6f +- %g", got, expected, tolerance);
}

static struct fusion_context build(const struct scene *scene,
                                   const struct fusion_aircraft *aircraft)
{
    struct fusion_builder *builder;
    struct fusion_context context;
    assert_int_equal(fusion_builder_open(&builder), DRF_OK);
    fusion_context_build(builder, &scene->root, aircraft, 1000000, &context);
    fusion_builder_close(builder);
    return context;
}

static struct fusion_aircraft hovering(struct geo_point at)
{
    return (struct fusion_aircraft){.limits = fusion_limits_default(), .fix.position = at};
}

static void height__ellipsoid_and_amsl__takes_the_ellipsoid_first(void **state)
{
    (void)state;
    struct scene *scene = scene_open(toronto, flat, walls, NULL);
    struct fusion_aircraft aircraft = hovering(toronto);
    aircraft.fix.wgs84 = (struct fusion_altitude){true, 200.0, 3.0};
    aircraft.fix.amsl = (struct fusion_altitude){true, 238.0, 3.0};
    struct fusion_context c = build(scene, &aircraft);
    // 100 m over the EGM2008-free EGM96 geoid is 62.726 m on the ellipsoid here (cs2cs)
    assert_near(c.height.geoid_m.value, -37.274, 0.02);
    assert_int_equal(c.height.agl_basis, FUSION_AGL_WGS84);
    assert_near(c.height.aircraft_amsl_m.value, 237.274, 0.02);
    assert_near(c.height.agl_m.value, 137.274, 0.02);
    assert_near(c.height.agl_acc95_m.value, 5.0, 1e-9); // 3 and the source's 4
    assert_near(c.height.altitude_residual_m.value, -0.726, 0.02);
    assert_false(c.height.altitude_suspect);
    assert_string_equal(c.height.ground_source->source, "ground");
    scene_close(scene);
}

static void height__amsl_alone_and_take_off__say_so(void **state)
{
    (void)state;
    struct scene *scene = scene_open(toronto, flat, NULL, NULL);
    struct fusion_aircraft aircraft = hovering(toronto);
    aircraft.fix.amsl = (struct fusion_altitude){true, 150.0, 0.0};
    struct fusion_context c = build(scene, &aircraft);
    assert_int_equal(c.height.agl_basis, FUSION_AGL_AMSL);
    assert_near(c.height.agl_m.value, 50.0, 1e-9);
    assert_near(c.height.aircraft_acc95_m.value, 15.0, 0.0); // the default
    assert_near(c.height.clearance_low_m.value, 50.0 - 15.0 - 6.0, 1e-9);

    aircraft = hovering(toronto);
    aircraft.fix.above_takeoff = (struct fusion_altitude){true, 33.0, 3.0};
    assert_int_equal(build(scene, &aircraft).height.agl_reason, FUSION_REASON_NO_ALTITUDE);
    aircraft.fix.takeoff_known = true;
    aircraft.fix.takeoff = (struct geo_point){43.651, -79.381};
    c = build(scene, &aircraft);
    assert_int_equal(c.height.agl_basis, FUSION_AGL_ABOVE_TAKEOFF);
    assert_near(c.height.agl_m.value, 33.0, 1e-9);
    scene_close(scene);
}

// A tower raises the cells within 75 m of it: the surface is its top, whose accuracy is in it.
static void height__over_a_tower__says_which_tower_and_how_good_it_is(void **state)
{
    (void)state;
    struct scene *scene = scene_open(toronto, flat, NULL, NULL);
    const struct geo_frame frame = geo_frame_at(toronto);
    const struct geo_offset near = {.north_m = 60.0}, far = {.north_m = 90.0};
    const struct geo_offset apart = {.north_m = 400.0};
    // 15 m of accuracy on each; the cells hold the 215.1 m of the first as 215.25
    scene_obstacle(scene, "OTHER-TOP", geo_frame_point(&frame, near), 190.0);
    scene_obstacle(scene, "TOWER", geo_frame_point(&frame, near), 200.1);
    scene_obstacle(scene, "AS-HIGH", geo_frame_point(&frame, far), 200.1);
    scene_obstacle(scene, "TOO-FAR", geo_frame_point(&frame, apart), 200.1);
    scene->root.raster_accuracy_max_m = 175.0;
    uint16_t raised = 4861; // -1000 m + 0.25 m a step
    scene_tiles(scene, same, &raised, scene->surface, scene->surface_list,
                &scene->obstacle_source, FUSION_SURFACE_GROUND | FUSION_SURFACE_OBSTACLE);
    struct fusion_aircraft aircraft = hovering(toronto);
    aircraft.fix.amsl = (struct fusion_altitude){true, 250.0, 3.0};
    struct fusion_context c = build(scene, &aircraft);
    assert_near(c.height.surface_amsl_m.value, 215.25, 0.0);
    assert_int_equal(c.height.surface_reason, FUSION_REASON_OBSTACLE_TOP);
    assert_non_null(c.height.surface_obstacle);
    assert_string_equal(c.height.surface_obstacle->obstacle->id, "TOWER");
    assert_near(c.height.clearance_low_m.value, 250.0 - 215.25 - 3.0, 1e-9);

    // with a surface model around it the buildings and trees are there too
    scene_tiles(scene, same, &raised, scene->surface, scene->surface_list,
                &scene->obstacle_source, FUSION_SURFACE_DSM | FUSION_SURFACE_OBSTACLE);
    c = build(scene, &aircraft);
    assert_int_equal(c.height.surface_reason, FUSION_REASON_NONE);
    assert_string_equal(c.height.surface_obstacle->obstacle->id, "TOWER");

    // one that stands there and is lower than the ground around: the value is the ground's
    scene_tiles(scene, same, &raised, scene->surface, scene->surface_list,
                &scene->ground_source, FUSION_SURFACE_GROUND | FUSION_SURFACE_OBSTACLE);
    c = build(scene, &aircraft);
    assert_int_equal(c.height.surface_reason, FUSION_REASON_BARE_EARTH);
    assert_null(c.height.surface_obstacle);
    scene_close(scene);
}

static void height__pressure_alone__gives_no_agl(void **state)
{
    (void)state;
    struct scene *scene = scene_open(toronto, flat, NULL, NULL);
    struct fusion_aircraft aircraft = hovering(toronto);
    aircraft.fix.pressure = (struct fusion_altitude){true, 150.0, 3.0};
    struct fusion_context c = build(scene, &aircraft);
    assert_false(c.height.agl_m.known);
    assert_int_equal(c.height.agl_reason, FUSION_REASON_NO_ALTITUDE);
    assert_true(c.height.ground_amsl_m.known);
    scene_close(scene);
}

// The level of a wind is chosen by the height over ground: without it there is none.
static void wind__over_unknown_ground__is_not_missing_for_want_of_an_altitude(void **state)
{
    (void)state;
    static const float values[4] = {5.0F, 5.0F, 5.0F, 5.0F};
    const struct geo_grid degrees = {.kind = GEO_GRID_LATLON,
                                     .ni = 2,
                                     .nj = 2,
                                     .x0 = -80.0,
                                     .y0 = 43.0,
                                     .dx = 1.0,
                                     .dy = 1.0,
                                     .semi_major_m = 6371229.0,
                                     .semi_minor_m = 6371229.0};
    struct scene *scene = scene_open(toronto, nothing, NULL, NULL);
    (void)scene_field(scene, GEO_WIND_U, degrees, 10.0, 10.0, 1000000, values);
    (void)scene_field(scene, GEO_WIND_V, degrees, 10.0, 10.0, 1000000, values);
    struct fusion_aircraft aircraft = hovering(toronto);
    assert_int_equal(build(scene, &aircraft).weather.items[FUSION_WIND].reason,
                     FUSION_REASON_NO_ALTITUDE);
    aircraft.fix.amsl = (struct fusion_altitude){true, 150.0, 0.0};
    struct fusion_context c = build(scene, &aircraft);
    assert_int_equal(c.height.agl_reason, FUSION_REASON_NO_DATA);
    assert_int_equal(c.weather.items[FUSION_WIND].reason, FUSION_REASON_NO_DATA);
    scene_close(scene);
}

static void height__altitudes_that_contradict__are_suspect_and_told(void **state)
{
    (void)state;
    struct scene *scene = scene_open(toronto, flat, NULL, NULL);
    struct fusion_aircraft aircraft = hovering(toronto);
    aircraft.fix.wgs84 = (struct fusion_altitude){true, 200.0, 3.0};
    aircraft.fix.amsl = (struct fusion_altitude){true, 200.0, 3.0}; // the classic mistake
    struct fusion_context c = build(scene, &aircraft);
    assert_true(c.height.altitude_suspect);
    bool told = false;
    for (size_t i = 0; i < c.advisories.count; i++) {
        const struct fusion_advisory *a = &c.advisories.items[i];
        if (a->kind != FUSION_ADVISORY_ALTITUDE_REFERENCE_SUSPECT)
            continue;
        told = strstr(a->text, "-37.3 m is the geoid here") != NULL;
    }
    assert_true(told);
    scene_close(scene);
}

static void height__far_below_the_ground__is_suspect_and_told(void **state)
{
    (void)state;
    struct scene *scene = scene_open(toronto, flat, NULL, NULL); // 100 m, good to 4 m
    static const struct {
        double amsl_m, acc95_m;
        bool told;
    } rows[] = {
        {0.0, 3.0, true},                         // "no altitude" as 0
        {89.9, 3.0, true},   {90.1, 3.0, false},  // from 10 m on
        {84.4, 15.0, true},  {84.6, 15.0, false}, // or by both accuracies, 15.52 m
        {400.0, 3.0, false},                      // it may fly there
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct fusion_aircraft aircraft = hovering(toronto);
        aircraft.fix.amsl = (struct fusion_altitude){true, rows[i].amsl_m, rows[i].acc95_m};
        struct fusion_context c = build(scene, &aircraft);
        bool told = false;
        for (size_t k = 0; k < c.advisories.count; k++) {
            const struct fusion_advisory *a = &c.advisories.items[k];
            if (a->kind != FUSION_ADVISORY_ALTITUDE_REFERENCE_SUSPECT)
                continue;
            told = true;
            assert_near(a->value, rows[i].amsl_m - 100.0, 1e-9);
            assert_int_equal(a->severity, FUSION_SEVERITY_CAUTION);
        }
        if (told != rows[i].told)
            fail_msg("at %g m: %d", rows[i].amsl_m, told);
    }
    scene_close(scene);
}

static void ground__unknown__is_told_and_never_zero(void **state)
{
    (void)state;
    struct scene *scene = scene_open(toronto, nothing, NULL, NULL);
    struct fusion_aircraft aircraft = hovering(toronto);
    aircraft.fix.amsl = (struct fusion_altitude){true, 150.0, 3.0};
    struct fusion_context c = build(scene, &aircraft);
    assert_false(c.height.ground_amsl_m.known);
    assert_false(c.height.agl_m.known);
    assert_false(c.height.clearance_m.known);
    assert_int_equal(c.height.ground_reason, FUSION_REASON_NO_DATA);
    assert_near(c.look_ahead.segments[0].unknown_ratio, 1.0, 0.0);
    assert_false(c.look_ahead.segments[0].clearance_min_m.known);
    assert_int_equal(c.look_ahead.segments[0].unknown_reason, FUSION_REASON_NO_DATA);

    scene->root.layer_state[FUSION_LAYER_GROUND] = FUSION_REASON_CATCHING_UP;
    c = build(scene, &aircraft);
    assert_int_equal(c.height.ground_reason, FUSION_REASON_CATCHING_UP);
    assert_int_equal(c.layer_states[0].layer, FUSION_LAYER_GROUND);
    assert_int_equal(c.layer_states[0].reason, FUSION_REASON_CATCHING_UP);

    aircraft.fix.position = (struct geo_point){10.0, 10.0};
    c = build(scene, &aircraft);
    assert_int_equal(c.height.ground_reason, FUSION_REASON_OUT_OF_REGION);
    assert_int_equal(c.obstacles_reason, FUSION_REASON_OUT_OF_REGION);
    scene_close(scene);
}

static void ground__on_a_plane__is_the_plane_across_tile_borders(void **state)
{
    (void)state;
    struct geo_tile tile;
    assert_int_equal(geo_tile_at(toronto, SCENE_LEVEL, &tile), DRF_OK);
    uint32_t first = (tile.col - 1) * 256;
    struct scene *scene = scene_open(toronto, slope, NULL, &first);
    double cell_deg = 180.0 / 4096.0 / 256.0;
    for (double column = 200.0; column < 600.0; column += 0.37) { // of 768
        double lon_deg = -180.0 + (first + column) * cell_deg;
        struct fusion_sample ground =
            fusion_sample_ground(&scene->root, (struct geo_point){43.65, lon_deg});
        assert_near(ground.amsl_m, (column - 0.5) * 0.25, 1e-5);
        struct fusion_sample surface =
            fusion_sample_surface(&scene->root, (struct geo_point){43.65, lon_deg});
        assert_near(surface.amsl_m, (floor(column - 0.5) + 1.0) * 0.25, 1e-5);
    }
    scene_close(scene);
}

static void ahead__a_wall_in_the_way__is_in_its_segment_and_warned_of(void **state)
{
    (void)state;
    struct scene *scene = scene_open(toronto, flat, walls, NULL);
    struct fusion_aircraft aircraft = hovering(toronto);
    aircraft.fix.amsl = (struct fusion_altitude){true, 160.0, 2.0};
    aircraft.fix.velocity_known = true;
    aircraft.fix.velocity_east_mps = 10.0;
    aircraft.fix.velocity_up_known = true;
    aircraft.fix.velocity_up_mps = -0.5;
    struct fusion_context c = build(scene, &aircraft);
    assert_int_equal(c.look_ahead.basis, FUSION_CORRIDOR_VELOCITY);
    assert_near(c.look_ahead.track_deg_true.value, 90.0, 1e-9);
    assert_near(c.look_ahead.length_m, 450.0, 1e-9); // 45 s
    assert_int_equal(c.look_ahead.segment_count, 8);
    double lowest_m = 1e9;
    for (size_t i = 0; i < c.look_ahead.segment_count; i++) {
        const struct fusion_segment *s = &c.look_ahead.segments[i];
        double path_m = 160.0 - 0.5 * s->to_m / 10.0;
        // of a wall higher than the aircraft: as it is now, whatever it sinks by
        double clear_m = fmax(path_m - s->surface_max_amsl_m.value,
                              fmin(160.0 - s->surface_max_amsl_m.value, 0.0));
        assert_near(s->clearance_min_m.value, clear_m, 1e-9);
        assert_near(s->clearance_low_m.value, s->clearance_min_m.value - 2.0 - 6.0, 1e-9);
        assert_near(s->ground_mean_amsl_m.value, 100.0, 1e-9);
        lowest_m = fmin(lowest_m, s->clearance_min_m.value);
    }
    assert_true(lowest_m < -20.0); // walls are 64 columns, 880 m, apart at most
    assert_true(c.advisories.count >= 1);
    assert_int_equal(c.advisories.items[0].kind, FUSION_ADVISORY_TERRAIN);
    scene_close(scene);
}

static void ahead__slower_than_walking__is_a_disc(void **state)
{
    (void)state;
    struct scene *scene = scene_open(toronto, flat, NULL, NULL);
    struct fusion_aircraft aircraft = hovering(toronto);
    aircraft.fix.amsl = (struct fusion_altitude){true, 160.0, 2.0};
    aircraft.fix.velocity_known = true;
    aircraft.fix.velocity_east_mps = 0.9;
    struct fusion_context c = build(scene, &aircraft);
    assert_int_equal(c.look_ahead.basis, FUSION_CORRIDOR_DISC);
    assert_int_equal(c.look_ahead.segment_count, 1);
    assert_near(c.look_ahead.length_m, 150.0, 0.0);
    assert_false(c.look_ahead.track_deg_true.known);
    scene_close(scene);
}

static void ahead__along_a_plan__follows_its_corner(void **state)
{
    (void)state;
    struct scene *scene = scene_open(toronto, flat, NULL, NULL);
    struct geo_frame frame = geo_frame_at(toronto);
    struct fusion_plan plan = {.valid_from_utc_us = 0,
                               .valid_until_utc_us = 2000000,
                               .conformance_m = 50.0,
                               .point_count = 3};
    const struct geo_offset corners[] = {{-200.0, 0.0}, {200.0, 0.0}, {200.0, 400.0}};
    for (int i = 0; i < 3; i++) {
        struct geo_point at = geo_frame_point(&frame, corners[i]);
        plan.points[i] = (struct fusion_plan_point){.lat_e7 = (int32_t)lround(at.lat_deg * 1e7),
                                                    .lon_e7 = (int32_t)lround(at.lon_deg * 1e7),
                                                    .height_m = 150.0F + 10.0F * (float)i,
                                                    .height = FUSION_PLAN_AMSL};
    }
    struct fusion_aircraft aircraft = hovering(toronto);
    aircraft.plan = &plan;
    aircraft.fix.amsl = (struct fusion_altitude){true, 155.0, 2.0};
    aircraft.fix.velocity_known = true;
    aircraft.fix.velocity_east_mps = 12.0;
    struct fusion_context c = build(scene, &aircraft);
    assert_int_equal(c.plan_state, FUSION_PLAN_FOLLOWED);
    assert_int_equal(c.look_ahead.basis, FUSION_CORRIDOR_PLAN);
    assert_near(c.look_ahead.length_m, 540.0, 0.5); // 45 s of the 600 m that are left
    assert_near(c.look_ahead.segments[0].clearance_min_m.value, 55.0, 0.01);
    assert_near(c.look_ahead.segments[7].to_m, 540.0, 0.5);

    plan.valid_until_utc_us = 999999;
    assert_int_equal(build(scene, &aircraft).plan_state, FUSION_PLAN_STALE);
    plan.valid_until_utc_us = 2000000;
    aircraft.fix.position = geo_frame_point(&frame, (struct geo_offset){0.0, 70.0});
    c = build(scene, &aircraft);
    assert_int_equal(c.plan_state, FUSION_PLAN_NONCONFORMING);
    assert_int_equal(c.look_ahead.basis, FUSION_CORRIDOR_VELOCITY);
    aircraft.plan = NULL;
    assert_int_equal(build(scene, &aircraft).plan_state, FUSION_PLAN_NONE);
    scene_close(scene);
}

static void ahead__at_the_end_of_a_plan__still_holds_the_aircraft(void **state)
{
    (void)state;
    struct scene *scene = scene_open(toronto, flat, NULL, NULL);
    struct geo_frame frame = geo_frame_at(toronto);
    struct fusion_plan plan = {
        .valid_until_utc_us = 2000000, .conformance_m = 50.0, .point_count = 2};
    const struct geo_offset corners[] = {{-200.0, 0.0}, {-1.0, 0.0}}; // a metre behind it
    for (int i = 0; i < 2; i++) {
        struct geo_point at = geo_frame_point(&frame, corners[i]);
        plan.points[i] = (struct fusion_plan_point){.lat_e7 = (int32_t)lround(at.lat_deg * 1e7),
                                                    .lon_e7 = (int32_t)lround(at.lon_deg * 1e7),
                                                    .height_m = 150.0F,
                                                    .height = FUSION_PLAN_AMSL};
    }
    struct fusion_aircraft aircraft = hovering(toronto);
    aircraft.plan = &plan;
    aircraft.fix.amsl = (struct fusion_altitude){true, 155.0, 2.0};
    struct fusion_context c = build(scene, &aircraft);
    assert_int_equal(c.plan_state, FUSION_PLAN_FOLLOWED);
    assert_int_equal(c.look_ahead.basis, FUSION_CORRIDOR_PLAN);
    // Half a width: radius, accuracy when none is said, the metre that it is off.
    assert_near(c.look_ahead.length_m, 1.0 + 10.0 + 1.0, 0.1);
    assert_true(c.look_ahead.segment_count >= 1);
    const struct fusion_segment *segment = &c.look_ahead.segments[0];
    assert_true(segment->to_m > segment->from_m);
    assert_true(segment->surface_max_amsl_m.known);
    assert_near(segment->clearance_min_m.value, 50.0, 0.01); // as the plan ends, over 100 m
    scene_close(scene);
}

static void near__obstacles_in_many_buckets__are_listed_once_nearest_first(void **state)
{
    (void)state;
    struct scene *scene = scene_open(toronto, flat, NULL, NULL);
    struct geo_frame frame = geo_frame_at(toronto);
    for (int i = 0; i < 20; i++) {
        struct geo_offset at = {.north_m = 100.0 * (20 - i)};
        char id[8];
        (void)snprintf(id, sizeof id, "%02d", i);
        (void)scene_obstacle(scene, id, geo_frame_point(&frame, at), 150.0);
    }
    struct fusion_aircraft aircraft = hovering(toronto);
    aircraft.limits.obstacle_radius_m = 1050.0; // ten of them
    aircraft.limits.obstacles_max = 6;
    struct fusion_context c = build(scene, &aircraft);
    assert_int_equal(c.obstacle_count, 6);
    assert_int_equal(c.obstacles_left_out, 4);
    assert_int_equal(c.obstacles_reason, FUSION_REASON_NONE);
    for (size_t i = 0; i < 6; i++) {
        assert_near(c.obstacles[i].distance_m, 100.0 * (double)(i + 1), 0.01);
        assert_near(c.obstacles[i].bearing_deg_true, 0.0, 1e-6);
    }
    aircraft.limits.obstacles_max = 0;
    c = build(scene, &aircraft);
    assert_int_equal(c.obstacle_count, 0);
    assert_int_equal(c.obstacles_left_out, 10);
    scene_close(scene);
}

static void near__a_line_and_a_polygon__count_from_their_edge(void **state)
{
    (void)state;
    struct scene *scene = scene_open(toronto, flat, NULL, NULL);
    struct geo_frame frame = geo_frame_at(toronto);
    struct geo_point line[2], square[4];
    const struct geo_offset at[] = {{300.0, -900.0}, {300.0, 900.0}, {-50, -50},
                                    {50, -50},       {50, 50},       {-50, 50}};
    for (int i = 0; i < 6; i++)
        *(i < 2 ? &line[i] : &square[i - 2]) = geo_frame_point(&frame, at[i]);
    struct geo_obstacle *o = scene_obstacle(scene, "line", line[0], 150.0);
    o->geometry = GEO_GEOMETRY_LINE;
    o->vertex_count = 2;
    scene->fused[0].vertices = line;
    o = scene_obstacle(scene, "square", square[0], 150.0);
    o->geometry = GEO_GEOMETRY_POLYGON;
    o->vertex_count = 4;
    scene->fused[1].vertices = square;
    struct fusion_aircraft aircraft = hovering(toronto);
    struct fusion_context c = build(scene, &aircraft);
    assert_int_equal(c.obstacle_count, 2);
    assert_near(c.obstacles[0].distance_m, 0.0, 0.0); // inside the square
    assert_near(c.obstacles[1].distance_m, 300.0, 0.1);
    assert_near(c.obstacles[1].bearing_deg_true, 90.0, 0.1);
    aircraft.fix.position = geo_frame_point(&frame, (struct geo_offset){-80.0, 10.0});
    c = build(scene, &aircraft);
    assert_near(c.obstacles[0].distance_m, 30.0, 0.1);
    scene_close(scene);
}

// In a minute it may be 57 m from where it is thought to be, to 100 m: what was refused within
// that concerns it, as the zones that were not refused do.
static void refused__within_the_reach_of_a_hovering_aircraft__is_told(void **state)
{
    (void)state;
    struct scene *scene = scene_open(toronto, flat, NULL, NULL);
    const struct geo_frame frame = geo_frame_at(toronto);
    struct fusion_aircraft aircraft = hovering(toronto);
    aircraft.fix.horizontal_acc95_m = 100.0;
    aircraft.fix.velocity_known = true;
    aircraft.fix.velocity_north_mps = 0.95;
    aircraft.limits.look_ahead_s = 60.0;
    aircraft.limits.obstacle_radius_m = 50.0;
    scene->root.layer_fed[FUSION_LAYER_ZONE] = true;
    const struct {
        double east_m;
        bool told;
    } cases[] = {{100.0, true}, {156.0, true}, {400.0, false}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct geo_point at =
            geo_frame_point(&frame, (struct geo_offset){cases[i].east_m, 0.0});
        const struct fusion_unreadable one = {.layer = FUSION_LAYER_ZONE,
                                              .count = 1,
                                              .box = geo_bounds_around(at, 0.0),
                                              .until_utc_us = INT64_MAX,
                                              .ends_utc_us = INT64_MAX};
        const struct fusion_unreadables all = {1, &one};
        scene->root.unreadables = &all;
        const struct fusion_context c = build(scene, &aircraft);
        bool told = false;
        for (size_t k = 0; k < c.layer_state_count; k++)
            told = told
                   || (c.layer_states[k].layer == FUSION_LAYER_ZONE
                       && c.layer_states[k].reason == FUSION_REASON_UNREADABLE);
        assert_int_equal(told, cases[i].told);
    }
    scene_close(scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(height__ellipsoid_and_amsl__takes_the_ellipsoid_first),
        cmocka_unit_test(height__amsl_alone_and_take_off__say_so),
        cmocka_unit_test(height__over_a_tower__says_which_tower_and_how_good_it_is),
        cmocka_unit_test(height__pressure_alone__gives_no_agl),
        cmocka_unit_test(wind__over_unknown_ground__is_not_missing_for_want_of_an_altitude),
        cmocka_unit_test(height__altitudes_that_contradict__are_suspect_and_told),
        cmocka_unit_test(height__far_below_the_ground__is_suspect_and_told),
        cmocka_unit_test(ground__unknown__is_told_and_never_zero),
        cmocka_unit_test(ground__on_a_plane__is_the_plane_across_tile_borders),
        cmocka_unit_test(ahead__a_wall_in_the_way__is_in_its_segment_and_warned_of),
        cmocka_unit_test(ahead__slower_than_walking__is_a_disc),
        cmocka_unit_test(ahead__along_a_plan__follows_its_corner),
        cmocka_unit_test(ahead__at_the_end_of_a_plan__still_holds_the_aircraft),
        cmocka_unit_test(near__obstacles_in_many_buckets__are_listed_once_nearest_first),
        cmocka_unit_test(near__a_line_and_a_polygon__count_from_their_edge),
        cmocka_unit_test(refused__within_the_reach_of_a_hovering_aircraft__is_told),
    };
    return cmocka_run_group_tests_name("fusion/context", tests, NULL, NULL);
}
