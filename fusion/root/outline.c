// SPDX-License-Identifier: Apache-2.0
#include "fusion/root/outline.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "geo/cells.h"
#include "geo/length.h"

enum { SIDE = GEO_CELLS_SIDE };

static double cells_per_deg(uint8_t level)
{
    return (double)(UINT32_C(1) << level) * SIDE / 180.0;
}

static void corner(struct fusion_outline *outline, uint8_t level, struct geo_point point)
{
    double scale = cells_per_deg(level);
    outline->x[outline->corner_count] = (point.lon_deg + 180.0) * scale;
    outline->y[outline->corner_count++] = (90.0 - point.lat_deg) * scale;
}

struct fusion_outline fusion_outline_piece(uint8_t level, struct geo_point a,
                                           struct geo_point b, double half_a_m, double half_b_m,
                                           double longer_a_m, double longer_b_m)
{
    const struct geo_frame at_a = geo_frame_at(a), at_b = geo_frame_at(b);
    return fusion_outline_between(level, &at_a, &at_b, half_a_m, half_b_m, longer_a_m,
                                  longer_b_m);
}

struct fusion_outline fusion_outline_between(uint8_t level, const struct geo_frame *at_a,
                                             const struct geo_frame *at_b, double half_a_m,
                                             double half_b_m, double longer_a_m,
                                             double longer_b_m)
{
    struct geo_offset way = geo_frame_offset(at_a, at_b->origin);
    double length_m = geo_length(way.east_m, way.north_m);
    double east = length_m > 0.0 ? way.east_m / length_m : 0.0;
    double north = length_m > 0.0 ? way.north_m / length_m : 1.0;

    // left of the way is (-north, east)
    struct fusion_outline outline = {.corner_count = 0};
    const struct {
        const struct geo_frame *frame;
        double along_m, left_m;
    } corners[4] = {{at_a, -longer_a_m, half_a_m},
                    {at_b, longer_b_m, half_b_m},
                    {at_b, longer_b_m, -half_b_m},
                    {at_a, -longer_a_m, -half_a_m}};
    for (int i = 0; i < 4; i++) {
        struct geo_offset offset = {
            .east_m = corners[i].along_m * east - corners[i].left_m * north,
            .north_m = corners[i].along_m * north + corners[i].left_m * east,
        };
        corner(&outline, level, geo_frame_point(corners[i].frame, offset));
    }
    return outline;
}

struct fusion_outline fusion_outline_disc(uint8_t level, struct geo_point centre,
                                          double radius_m)
{
    struct geo_frame frame = geo_frame_at(centre);
    struct fusion_outline outline = {.corner_count = 0};
    const double step_rad = 2.0 * 3.14159265358979323846 / FUSION_OUTLINE_CORNERS_MAX;
    double reach_m = radius_m / cos(0.5 * step_rad);
    for (int i = 0; i < FUSION_OUTLINE_CORNERS_MAX; i++) {
        struct geo_offset offset = {.east_m = reach_m * sin(step_rad * i),
                                    .north_m = reach_m * cos(step_rad * i)};
        corner(&outline, level, geo_frame_point(&frame, offset));
    }
    return outline;
}

static int64_t floor_of(double x)
{
    const int64_t whole = (int64_t)x; // toward 0
    return whole - (x < (double)whole);
}

static double lesser(double a, double b) { return a < b ? a : b; }
static double greater(double a, double b) { return a > b ? a : b; }

struct fusion_outline_box fusion_outline_box(const struct fusion_outline *outline)
{
    double west = HUGE_VAL, east = -HUGE_VAL, top = HUGE_VAL, bottom = -HUGE_VAL;
    for (uint32_t i = 0; i < outline->corner_count; i++) {
        west = lesser(west, outline->x[i]);
        east = greater(east, outline->x[i]);
        top = lesser(top, outline->y[i]);
        bottom = greater(bottom, outline->y[i]);
    }
    return (struct fusion_outline_box){.west = floor_of(west - 0.5),
                                       .east = floor_of(east + 0.5),
                                       .top = floor_of(top - 0.5),
                                       .bottom = floor_of(bottom + 0.5)};
}

static fusion_simd_pair both(double x) { return (fusion_simd_pair){x, x}; }

void fusion_outline_sides(const struct fusion_outline *outline,
                          struct fusion_outline_sides *out)
{
    out->count = outline->corner_count;
    for (uint32_t i = 0; i < outline->corner_count; i++) {
        const uint32_t j = i + 1 < outline->corner_count ? i + 1 : 0;
        const bool down = outline->y[i] <= outline->y[j];
        const uint32_t top = down ? i : j, bottom = down ? j : i;
        const double fall = outline->y[bottom] - outline->y[top];
        out->sides[i] = (struct fusion_outline_side){
            .top_x = both(outline->x[top]),
            .top_y = both(outline->y[top]),
            .bottom_x = both(outline->x[bottom]),
            .bottom_y = both(outline->y[bottom]),
            .slope = both(fall > 0.0 ? (outline->x[bottom] - outline->x[top]) / fall : 0.0)};
    }
}

void fusion_outline_spans(const struct fusion_outline_sides *sides, int64_t row, uint32_t count,
                          struct fusion_outline_span out[static FUSION_OUTLINE_ROWS_AT_ONCE])
{
    assert(count <= FUSION_OUTLINE_ROWS_AT_ONCE);
    // Two rows at a time and without a branch: which sides a row meets is not to be guessed.
    for (uint32_t i = 0; i < count; i += 2) {
        const double first = (double)(row + i) - 0.5;
        const fusion_simd_pair top = {first, first + 1.0}, bottom = top + 2.0;
        fusion_simd_pair low = {HUGE_VAL, HUGE_VAL}, high = -low;
        for (uint32_t k = 0; k < sides->count; k++) {
            const struct fusion_outline_side *side = &sides->sides[k];
            // At the side's own top this is top_x, exactly.
            const fusion_simd_pair from = fusion_simd_pair_greater(top, side->top_y);
            const fusion_simd_pair upper = side->top_x + side->slope * (from - side->top_y);
            const fusion_simd_pair lower = fusion_simd_pair_choose(
                side->bottom_y > bottom, side->top_x + side->slope * (bottom - side->top_y),
                side->bottom_x);
            const fusion_simd_pair_mask none = (side->bottom_y < top) | (side->top_y > bottom);
            const fusion_simd_pair left = fusion_simd_pair_lesser(upper, lower);
            const fusion_simd_pair right = fusion_simd_pair_greater(upper, lower);
            // None is all ones: not a number, and passed over.
            low = fusion_simd_pair_lesser(
                (fusion_simd_pair)((fusion_simd_pair_mask)left | none), low);
            high = fusion_simd_pair_greater(
                (fusion_simd_pair)((fusion_simd_pair_mask)right | none), high);
        }
        for (uint32_t k = 0; k < 2; k++)
            out[i + k] = low[k] <= high[k]
                             ? (struct fusion_outline_span){floor_of(low[k] - 0.5),
                                                            floor_of(high[k] + 0.5)}
                             : (struct fusion_outline_span){0, -1};
    }
}
