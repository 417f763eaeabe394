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

static inline void corner(struct fusion_outline *outline, double scale, struct geo_point point)
{
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

// Two corners, `along_m` on the way from the origin of the frame and so far to its sides.
static inline void corners_beside(struct fusion_outline *outline, double scale,
                                  const struct geo_frame *frame, struct geo_offset way,
                                  double along_m, double first_left_m, double second_left_m)
{
    const double east_m = along_m * way.east_m, north_m = along_m * way.north_m;
    // left of the way is (-north, east)
    const struct geo_offset first = {.east_m = east_m - first_left_m * way.north_m,
                                     .north_m = north_m + first_left_m * way.east_m};
    const struct geo_offset second = {.east_m = east_m - second_left_m * way.north_m,
                                      .north_m = north_m + second_left_m * way.east_m};
    corner(outline, scale, geo_frame_point(frame, first));
    corner(outline, scale, geo_frame_point(frame, second));
}

struct fusion_outline fusion_outline_between(uint8_t level, const struct geo_frame *at_a,
                                             const struct geo_frame *at_b, double half_a_m,
                                             double half_b_m, double longer_a_m,
                                             double longer_b_m)
{
    const struct geo_offset way = geo_frame_offset(at_a, at_b->origin);
    const double length_m = geo_length(way.east_m, way.north_m);
    const struct geo_offset unit = {.east_m = length_m > 0.0 ? way.east_m / length_m : 0.0,
                                    .north_m = length_m > 0.0 ? way.north_m / length_m : 1.0};
    const double scale = cells_per_deg(level);
    struct fusion_outline outline;
    outline.corner_count = 0;
    corners_beside(&outline, scale, at_a, unit, -longer_a_m, half_a_m, -half_a_m);
    corners_beside(&outline, scale, at_b, unit, longer_b_m, -half_b_m, half_b_m);
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
        corner(&outline, cells_per_deg(level), geo_frame_point(&frame, offset));
    }
    return outline;
}

static int64_t floor_of(double x)
{
    const int64_t whole = (int64_t)x; // toward 0
    if (x >= 0.0)                     // as nearly all are
        return whole;
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

// West and east of something: the least x, and the least of -x.
typedef fusion_simd_pair extent;

static struct fusion_outline_corner corner_at(double x, double y)
{
    const int64_t whole = floor_of(y);
    const double over = y - (double)whole; // exact, as y + 0.5 is not
    return (struct fusion_outline_corner){
        .x = {x, -x}, .y = y, .line = whole + (over >= 0.5), .next = whole + 1 + (over > 0.5)};
}

void fusion_outline_corners(const struct fusion_outline *outline,
                            struct fusion_outline_corners *out)
{
    const uint32_t count = out->count = outline->corner_count;
    extent wide = {HUGE_VAL, HUGE_VAL};
    int64_t top = INT64_MAX, bottom = INT64_MIN;
    for (uint32_t i = 0; i < count; i++) {
        const struct fusion_outline_corner corner = corner_at(outline->x[i], outline->y[i]);
        wide = fusion_simd_pair_lesser(corner.x, wide);
        top = corner.line < top ? corner.line : top;
        bottom = corner.line > bottom ? corner.line : bottom;
        out->corners[i] = corner;
    }
    out->box = (struct fusion_outline_box){.west = floor_of(wide[0] - 0.5),
                                           .east = floor_of(0.5 - wide[1]),
                                           .top = top - 1,
                                           .bottom = bottom};
}

// Lines from `row` on.
struct lines {
    int64_t row, end;
    extent crossed[FUSION_OUTLINE_ROWS_AT_ONCE + 2]; // by the outline
    extent stand[FUSION_OUTLINE_ROWS_AT_ONCE + 2];   // corners, on it and up to the next one
};

// A side crosses the lines from its top on and above its bottom.
static inline void side_cross(struct lines *lines, const struct fusion_outline_corner *a,
                              const struct fusion_outline_corner *b)
{
    const bool down = a->y <= b->y;
    const struct fusion_outline_corner *top = down ? a : b, *bottom = down ? b : a;
    const int64_t first = top->next > lines->row ? top->next : lines->row;
    const int64_t end = bottom->next < lines->end ? bottom->next : lines->end;
    if (first >= end)
        return;
    const double fall = bottom->y - top->y, first_y = (double)first - 0.5;
    const extent slope = (bottom->x - top->x) / (fusion_simd_pair){fall, fall};
    const fusion_simd_pair top_y = {top->y, top->y};
    fusion_simd_pair y = {first_y, first_y};
    for (extent *at = &lines->crossed[first - lines->row],
                *last = &lines->crossed[end - lines->row];
         at < last; at++, y += 1.0)
        *at = fusion_simd_pair_lesser(top->x + slope * (y - top_y), *at);
}

static inline void corner_stand(struct lines *lines, const struct fusion_outline_corner *corner)
{
    const uint64_t at = (uint64_t)(corner->line - lines->row); // huge when above
    const uint64_t count = (uint64_t)(lines->end - lines->row) - 1;
    if (at < count)
        lines->stand[at] = fusion_simd_pair_lesser(corner->x, lines->stand[at]);
    if (corner->line == corner->next && at - 1 < count) // it is below the line before, too
        lines->stand[at - 1] = fusion_simd_pair_lesser(corner->x, lines->stand[at - 1]);
}

uint64_t fusion_outline_spans(
    const struct fusion_outline_corners *corners, int64_t row, uint32_t count,
    struct fusion_outline_span out[static FUSION_OUTLINE_ROWS_AT_ONCE])
{
    // What a convex outline has between two lines reaches from west to east as far as where it
    // crosses them and the corners between them do.
    assert(count <= FUSION_OUTLINE_ROWS_AT_ONCE);
    struct lines lines;
    lines.row = row;
    lines.end = row + count + 2;
    for (uint32_t i = 0; i < count + 2; i += 2) {
        lines.crossed[i] = lines.crossed[i + 1] = (extent){HUGE_VAL, HUGE_VAL};
        lines.stand[i] = lines.stand[i + 1] = (extent){HUGE_VAL, HUGE_VAL};
    }
    const struct fusion_outline_corner *before = &corners->corners[corners->count - 1];
    for (uint32_t k = 0; k < corners->count; k++) {
        const struct fusion_outline_corner *corner = &corners->corners[k];
        corner_stand(&lines, corner);
        side_cross(&lines, before, corner);
        before = corner;
    }
    int64_t cells = 0;
    for (uint32_t i = 0; i < count; i++) {
        const extent across = fusion_simd_pair_lesser(lines.crossed[i], lines.crossed[i + 2]);
        const extent between = fusion_simd_pair_lesser(lines.stand[i], lines.stand[i + 1]);
        const extent all = fusion_simd_pair_lesser(across, between);
        struct fusion_outline_span span = {0, -1};
        if (all[0] <= -all[1])
            span = (struct fusion_outline_span){floor_of(all[0] - 0.5), floor_of(0.5 - all[1])};
        cells += span.last - span.first + 1;
        out[i] = span;
    }
    return (uint64_t)cells;
}
