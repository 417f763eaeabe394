// SPDX-License-Identifier: Apache-2.0
// Who meets whom while one sinks over ground that falls away: it flies on over lower ground
// and does not level off at the height of the ground that it has just left.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/reason_scene.h"

static double column_at(double east_m)
{
    double degrees_per_column = 360.0 / ((double)(2U << 12U) * 256.0);
    return (at(east_m, 0.0).lon_deg + 180.0) / degrees_per_column;
}

static uint16_t cell_of(double amsl_m) { return (uint16_t)lround((amsl_m + 1000.0) * 4.0); }

// 500 m where the aircraft is, falling by 15 in 100 to the east.
static uint16_t slope(void *context, uint32_t row, uint32_t column)
{
    (void)context;
    (void)row;
    double m_per_column = 1000.0 / (column_at(1000.0) - column_at(0.0));
    return cell_of(fmax(500.0 - 0.15 * ((double)column - column_at(0.0)) * m_per_column, 0.0));
}

static double edge_column;

static uint16_t high_east(void *context, uint32_t row, uint32_t column)
{
    (void)context;
    (void)row;
    return cell_of((double)column >= edge_column ? 400.0 : 100.0);
}

static uint16_t high_west(void *context, uint32_t row, uint32_t column)
{
    (void)context;
    (void)row;
    return cell_of((double)column < edge_column ? 400.0 : 100.0);
}

static struct fusion_surroundings around;

static struct fusion_neighbour *meet(struct fusion_aircraft *aircraft, double east_m,
                                     double amsl_m)
{
    around = (struct fusion_surroundings){.neighbour_count = 1};
    around.neighbours[0] = (struct fusion_neighbour){.traffic_id = "other",
                                                     .position = at(east_m, 0.0),
                                                     .time_utc_us = NOW_US,
                                                     .amsl_acc95_m = 1.0,
                                                     .amsl_counted_m = 1.0,
                                                     .velocity_known = true,
                                                     .velocity_up_known = true,
                                                     .amsl_known = true,
                                                     .amsl_m = amsl_m,
                                                     .radius_m = 1.0,
                                                     .horizontal_acc95_m = 1.0,
                                                     .horizontal_counted_m = 1.0};
    aircraft->around = &around;
    return &around.neighbours[0];
}

// 20 m over a slope, along it; another hovers exactly on the way.
static void traffic__down_a_slope__is_told_as_early_as_on_the_level(void **state)
{
    (void)state;
    struct scene *scene = scene_open(toronto, slope, NULL, NULL);
    const struct {
        double away_s;
        int expected;
    } cases[] = {{58.0, INFO}, {47.0, INFO}, {43.0, CAUTION}, {17.0, CAUTION}, {13.0, WARNING}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fusion_aircraft aircraft = eastward();
        aircraft.fix.amsl.m = 520.0;
        aircraft.fix.velocity_up_known = true;
        aircraft.fix.velocity_up_mps = -3.0;
        (void)meet(&aircraft, SPEED_MPS * cases[i].away_s, 520.0 - 3.0 * cases[i].away_s);
        assert_severity(scene, &aircraft, FUSION_ADVISORY_TRAFFIC, cases[i].expected, i);
    }
    scene_close(scene);
}

// Head on, 15 s to go: one of them sinks 250 m in that time, off a plateau of 400 m.
static void traffic__off_a_plateau__is_told(void **state)
{
    (void)state;
    edge_column = column_at(550.0);
    struct scene *scene = scene_open(toronto, high_east, NULL, NULL);
    struct fusion_aircraft aircraft = eastward(); // at 160 m
    struct fusion_neighbour *other = meet(&aircraft, 600.0, 410.0);
    other->velocity_east_mps = -SPEED_MPS;
    other->velocity_up_mps = -250.0 / 15.0;
    assert_severity(scene, &aircraft, FUSION_ADVISORY_TRAFFIC, WARNING, 0);
    scene_close(scene);

    edge_column = column_at(40.0);
    scene = scene_open(toronto, high_west, NULL, NULL);
    aircraft.fix.amsl.m = 410.0;
    aircraft.fix.velocity_up_known = true;
    aircraft.fix.velocity_up_mps = -250.0 / 15.0;
    other = meet(&aircraft, 600.0, 160.0);
    other->velocity_east_mps = -SPEED_MPS;
    assert_severity(scene, &aircraft, FUSION_ADVISORY_TRAFFIC, WARNING, 1);
    scene_close(scene);
}

// On flat ground, 100 m: another comes down ahead and stays. Whatever its vertical speed is, by
// the time that the aircraft comes over it, 8 m over the ground, it is there.
static void traffic__down_on_the_ground__is_met_whatever_its_rate(void **state)
{
    (void)state;
    struct scene *scene = scene_open(toronto, flat, NULL, NULL);
    for (size_t i = 0; i < 400; i++) {
        struct fusion_aircraft aircraft = eastward();
        aircraft.fix.amsl.m = 108.0;
        meet(&aircraft, 400.0, 160.0)->velocity_up_mps = -5.0 - 0.0101 * (double)i;
        assert_severity(scene, &aircraft, FUSION_ADVISORY_TRAFFIC, CAUTION, i);
        // both come down: at 7 m/s from 20 m over the ground, that is in 3 s
        aircraft.fix.amsl.m = 120.0;
        aircraft.fix.velocity_up_known = true;
        aircraft.fix.velocity_up_mps = -7.0 - 0.0101 * (double)i;
        around.neighbours[0].velocity_up_mps = -9.0;
        assert_severity(scene, &aircraft, FUSION_ADVISORY_TRAFFIC, CAUTION, i);
    }
    scene_close(scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(traffic__down_a_slope__is_told_as_early_as_on_the_level),
        cmocka_unit_test(traffic__off_a_plateau__is_told),
        cmocka_unit_test(traffic__down_on_the_ground__is_met_whatever_its_rate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
