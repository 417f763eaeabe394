// tests/support/witness_scene.h - a situation laid out by hand, for the judges of advisories.
// SPDX-License-Identifier: Apache-2.0
#ifndef TESTS_SUPPORT_WITNESS_SCENE_H
#define TESTS_SUPPORT_WITNESS_SCENE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <math.h>

#include "drf/v1/enums.pb-c.h"
#include "sim/witness/witness.h"

enum { DRONES = 6, DEPTH = 4, NAME = 16, AT_ONCE = 4 };
enum { WARNING = 1, CAUTION = 2, INFO = 3, NOTHING = 4 };

static const struct sim_world_plan plan = {.seed = 11,
                                           .center = {.lat_deg = 43.65, .lon_deg = -79.38},
                                           .size_km = 6.0,
                                           .epoch_utc_us = INT64_C(1795374000000000),
                                           .hours = 3,
                                           .posting_arcsec = 1.0,
                                           .weather_step_deg = 0.01,
                                           .cranes = 5,
                                           .surface = true};

struct scene {
    struct sim_world world;
    struct sim_witness witness;
    struct sim_report reports[DRONES * DEPTH];
    char names[DRONES][NAME];
    struct sim_report report;
    Drf__V1__Context context;
    Drf__V1__Height height;
    Drf__V1__Advisory advisories[AT_ONCE], *list[AT_ONCE];
    Drf__V1__AdvisoryBrief brief, *brief_list[1];
    struct sim_witness_counts counts;
};

// Drone 0 has no limits of its own; northward at 10 m/s, 80 m over ground, over the sea of a
// stretch that nothing stands on.
static inline void open_scene(struct scene *s)
{
    *s = (struct scene){.report = {.drone = 0,
                                   .seq = 1,
                                   .utc_us = plan.epoch_utc_us + INT64_C(1234000000),
                                   .mono_us = 1000000000,
                                   .has_amsl = true,
                                   .north_mps = 10.0,
                                   .horizontal_acc_m = 2.5,
                                   .velocity_acc_mps = 0.3,
                                   .vertical_acc_m = 3.0}};
    assert_int_equal(sim_world_open(&plan, &s->world), DRF_OK);
    assert_int_equal(sim_witness_open(&s->world, "sim-test", 12, &s->witness), DRF_OK);
    for (int i = 0; i < DRONES; i++)
        snprintf(s->names[i], NAME, "drone-%d", i);
    struct sim_fleet_reports fleet = {.ring = s->reports,
                                      .count = DRONES,
                                      .depth = DEPTH,
                                      .names = s->names[0],
                                      .name_stride = NAME};
    assert_int_equal(sim_witness_fleet(&s->witness, fleet), DRF_OK);
    for (int i = 0; i < SIM_LAYERS; i++)
        s->witness.complete[i] = true;
    s->report.position = sim_world_point(&s->world, (struct sim_plane){-700.0, 300.0});
    s->report.amsl_m = sim_world_ground_amsl_m(&s->world, s->report.position) + 80.0;
    s->witness.stretch_count = 1;
    s->witness.stretches[0] = (struct sim_stretch){0.0, 450.0, -100.0, -50.0};
    drf__v1__context__init(&s->context);
    s->context.has_boot_id = s->context.has_node_time_us = 1;
    s->context.boot_id = 5;
    s->context.node_time_us = s->report.utc_us;
    drf__v1__height__init(&s->height);
    s->height.has_surface_acc95_m = 1; // a good one: the low clearance counts
    s->height.surface_acc95_m = 1.0F;
    s->context.height = &s->height;
    s->context.advisories = s->list;
    s->context.advisories_brief = s->brief_list;
}

static inline void close_scene(struct scene *s)
{
    sim_witness_close(&s->witness);
    sim_world_close(&s->world);
}

static inline Drf__V1__Advisory *tell(struct scene *s, uint32_t kind, uint32_t severity,
                                      const char *feature)
{
    Drf__V1__Advisory *a = &s->advisories[s->context.n_advisories];
    drf__v1__advisory__init(a);
    a->has_advisory_id = a->has_revision = a->has_state = a->has_severity = a->has_kind = 1;
    a->advisory_id =
        kind * 1000 + (feature != NULL ? (unsigned char)feature[strlen(feature) - 1] : 0U);
    a->revision = 1;
    a->state = DRF__V1__ADVISORY_STATE__ADVISORY_STATE_RAISED;
    a->severity = severity;
    a->kind = kind;
    a->feature_id = (char *)(uintptr_t)feature;
    s->list[s->context.n_advisories++] = a;
    return a;
}

// One context, 200 ms after the last.
static inline void hear(struct scene *s)
{
    s->context.node_time_us += 200000;
    for (size_t i = 0; i < s->context.n_advisories; i++) {
        s->advisories[i].has_valid_until_us = 1;
        s->advisories[i].valid_until_us = s->context.node_time_us + 5000000;
    }
    sim_witness_advisories(&s->witness, &s->report, &s->context, s->report.mono_us + 5000,
                           &s->counts);
}

static inline void hear_for(struct scene *s, double seconds)
{
    for (double t = 0.0; t < seconds; t += 0.2)
        hear(s);
}

// Asserts which severities of a kind pass, told now: `certain` must be told, nothing more
// severe than `possible` may be; NOTHING for neither.
static inline void assert_band(struct scene *s, uint32_t kind, const char *feature,
                               uint32_t possible, uint32_t certain)
{
    for (uint32_t severity = WARNING; severity <= NOTHING; severity++) {
        s->context.n_advisories = 0;
        s->context.boot_id++; // forget what was
        struct sim_witness_counts before = s->counts;
        if (severity < NOTHING)
            tell(s, kind, severity, feature)->has_value =
                kind == DRF__V1__ADVISORY_KIND__ADVISORY_KIND_ALTITUDE_LIMIT;
        hear_for(s, 12.0); // longer than anything is kept
        bool false_one = s->counts.kinds[kind].false_ones > before.kinds[kind].false_ones;
        bool missed = s->counts.kinds[kind].missed > before.kinds[kind].missed;
        if (false_one != (severity < possible && severity < NOTHING)
            || missed != (certain < NOTHING && severity > certain))
            fail_msg("kind %u severity %u (of %u to %u): false %d, missed %d", kind, severity,
                     possible, certain, false_one, missed);
    }
}

#endif
