// tests/support/reason_scene.h - an aircraft over a flat world, for tests of the reasoners.
// SPDX-License-Identifier: Apache-2.0
//
// Include after cmocka.
#ifndef TESTS_SUPPORT_REASON_SCENE_H
#define TESTS_SUPPORT_REASON_SCENE_H

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "fusion/aircraft/context.h"
#include "fusion/aircraft/surroundings.h"
#include "fusion/context/context_build.h"
#include "geo/frame.h"
#include "tests/support/scene.h"

static const struct geo_point toronto = {.lat_deg = 43.65, .lon_deg = -79.38};

#define NOW_US INT64_C(1700000000000000)
#define SPEED_MPS 20.0

enum {
    WARNING = FUSION_SEVERITY_WARNING,
    CAUTION = FUSION_SEVERITY_CAUTION,
    INFO = 3,
    NONE = 0
};

static inline uint16_t flat(void *context, uint32_t row, uint32_t column)
{
    (void)context;
    (void)row;
    (void)column;
    return 4400; // 100 m
}

static inline uint16_t nothing(void *context, uint32_t row, uint32_t column)
{
    (void)context;
    (void)row;
    (void)column;
    return GEO_CELL_UNKNOWN;
}

// Eastward at 20 m/s, 60 m over ground that is 100 m, and good to decimetres.
static inline struct fusion_aircraft eastward(void)
{
    struct fusion_aircraft aircraft = {.limits = fusion_limits_default()};
    aircraft.limits.look_ahead_s = 90.0;
    aircraft.fix.position = toronto;
    aircraft.fix.time_utc_us = NOW_US;
    aircraft.fix.horizontal_acc95_m = 1.0;
    aircraft.fix.amsl = (struct fusion_altitude){true, 160.0, 0.5};
    aircraft.fix.velocity_known = true;
    aircraft.fix.velocity_east_mps = SPEED_MPS;
    aircraft.fix.velocity_acc95_mps = 0.01;
    return aircraft;
}

static inline struct fusion_context look(const struct scene *scene,
                                         const struct fusion_aircraft *aircraft)
{
    struct fusion_builder *builder;
    struct fusion_context context;
    assert_int_equal(fusion_builder_open(&builder), DRF_OK);
    fusion_context_build(builder, &scene->root, aircraft, NOW_US, &context);
    fusion_builder_close(builder);
    return context;
}

// The severity of the first of a kind, 0: none.
static inline int severity(const struct scene *scene, const struct fusion_aircraft *aircraft,
                           enum fusion_advisory_kind kind)
{
    struct fusion_context context = look(scene, aircraft);
    for (size_t i = 0; i < context.advisories.count; i++)
        if (context.advisories.items[i].kind == kind)
            return (int)context.advisories.items[i].severity;
    return NONE;
}

static inline void assert_severity(const struct scene *scene,
                                   const struct fusion_aircraft *aircraft,
                                   enum fusion_advisory_kind kind, int expected, size_t row)
{
    int got = severity(scene, aircraft, kind);
    if (got != expected)
        fail_msg("kind %d, row %zu: severity %d, not %d", (int)kind, row, got, expected);
}

static inline struct geo_point at(double east_m, double north_m)
{
    struct geo_frame frame = geo_frame_at(toronto);
    return geo_frame_point(&frame, (struct geo_offset){east_m, north_m});
}

#endif
