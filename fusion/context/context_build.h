// fusion/context/context_build.h - builds the context of one aircraft from a root.
// SPDX-License-Identifier: Apache-2.0
//
// The parts are built in a fixed order; the reasoners run last, over the complete context.
#ifndef FUSION_CONTEXT_BUILD_H
#define FUSION_CONTEXT_BUILD_H

#include <stddef.h>
#include <stdint.h>

#include "fusion/aircraft/aircraft.h"
#include "fusion/aircraft/context.h"
#include "fusion/root/root.h"
#include "geo/status.h"

// The geoid and the grids' planes. One owner, one thread.
struct fusion_builder;
DRF_MUST_CHECK enum drf_status fusion_builder_open(struct fusion_builder **out); // NOMEM
void fusion_builder_close(struct fusion_builder *builder);                       // NULL is fine

// Weather fields on more grids than can be remembered, as of the last context: they are left
// out.
size_t fusion_builder_weather_left_out(const struct fusion_builder *builder);

// Where an aircraft should be after a time without word of it: on along the plan that it
// followed, else straight on; where neither is known, where it was.
struct fusion_expected {
    struct geo_point position;
    struct fusion_number amsl_m;
    double velocity_north_mps, velocity_east_mps;
};
void fusion_context_expect(struct fusion_builder *builder, const struct fusion_root *root,
                           const struct fusion_aircraft *aircraft, int64_t then_utc_us,
                           double after_s, struct fusion_expected *out);

// The path that a context of that time looks along, for who shows it.
struct fusion_path;
void fusion_context_way(struct fusion_builder *builder, const struct fusion_root *root,
                        const struct fusion_aircraft *aircraft, int64_t now_utc_us,
                        struct fusion_path *out);

// Cannot fail: what is not known says why. The aircraft's position must be on the globe
// (asserted).
void fusion_context_build(struct fusion_builder *builder, const struct fusion_root *root,
                          const struct fusion_aircraft *aircraft, int64_t now_utc_us,
                          struct fusion_context *out);

#endif
