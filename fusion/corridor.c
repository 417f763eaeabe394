// SPDX-License-Identifier: Apache-2.0
#include "fusion/corridor.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>

#include "fusion/frame.h"
#include "geo/cells.h"

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
    struct fusion_frame at_a = fusion_frame_at(a), at_b = fusion_frame_at(b);
    struct fusion_offset way = fusion_frame_offset(&at_a, b);
    double length_m = hypot(way.east_m, way.north_m);
    double east = length_m > 0.0 ? way.east_m / length_m : 0.0;
    double north = length_m > 0.0 ? way.north_m / length_m : 1.0;

    // left of the way is (-north, east)
    struct fusion_outline outline = {.corner_count = 0};
    const struct {
        const struct fusion_frame *frame;
        double along_m, left_m;
    } corners[4] = {{&at_a, -longer_a_m, half_a_m},
                    {&at_b, longer_b_m, half_b_m},
                    {&at_b, longer_b_m, -half_b_m},
                    {&at_a, -longer_a_m, -half_a_m}};
    for (int i = 0; i < 4; i++) {
        struct fusion_offset offset = {
            .east_m = corners[i].along_m * east - corners[i].left_m * north,
            .north_m = corners[i].along_m * north + corners[i].left_m * east,
        };
        corner(&outline, level, fusion_frame_point(corners[i].frame, offset));
    }
    return outline;
}

struct fusion_outline fusion_outline_disc(uint8_t level, struct geo_point centre,
                                          double radius_m)
{
    struct fusion_frame frame = fusion_frame_at(centre);
    struct fusion_outline outline = {.corner_count = 0};
    const double step_rad = 2.0 * 3.14159265358979323846 / FUSION_OUTLINE_CORNERS_MAX;
    double reach_m = radius_m / cos(0.5 * step_rad);
    for (int i = 0; i < FUSION_OUTLINE_CORNERS_MAX; i++) {
        struct fusion_offset offset = {.east_m = reach_m * sin(step_rad * i),
                                       .north_m = reach_m * cos(step_rad * i)};
        corner(&outline, level, fusion_frame_point(&frame, offset));
    }
    return outline;
}

struct fusion_swath fusion_swath_empty(void)
{
    return (struct fusion_swath){.ground_max_amsl_m = -HUGE_VAL,
                                 .surface_max_amsl_m = -HUGE_VAL};
}

// One side of an outline, downward.
struct side {
    double top_x, top_y, bottom_x, bottom_y, slope; // dx/dy; 0 when level
};

static void sides_of(const struct fusion_outline *outline,
                     struct side sides[static FUSION_OUTLINE_CORNERS_MAX])
{
    for (uint32_t i = 0; i < outline->corner_count; i++) {
        uint32_t j = i + 1 < outline->corner_count ? i + 1 : 0;
        bool down = outline->y[i] <= outline->y[j];
        uint32_t top = down ? i : j, bottom = down ? j : i;
        double fall = outline->y[bottom] - outline->y[top];
        sides[i] = (struct side){
            .top_x = outline->x[top],
            .top_y = outline->y[top],
            .bottom_x = outline->x[bottom],
            .bottom_y = outline->y[bottom],
            .slope = fall > 0.0 ? (outline->x[bottom] - outline->x[top]) / fall : 0.0};
    }
}

// The range of x that the outline has between two heights; false: none.
static bool span_between(const struct side *sides, uint32_t count, double top, double bottom,
                         double *west, double *east)
{
    double low = HUGE_VAL, high = -HUGE_VAL;
    for (uint32_t i = 0; i < count; i++) {
        const struct side *side = &sides[i];
        if (side->bottom_y < top || side->top_y > bottom)
            continue;
        double upper =
            side->top_y < top ? side->top_x + side->slope * (top - side->top_y) : side->top_x;
        double lower = side->bottom_y > bottom
                           ? side->top_x + side->slope * (bottom - side->top_y)
                           : side->bottom_x;
        double left = upper < lower ? upper : lower, right = upper < lower ? lower : upper;
        low = left < low ? left : low;
        high = right > high ? right : high;
    }
    *west = low;
    *east = high;
    return low <= high;
}

struct run {
    uint64_t known, sum;
    uint16_t highest; // meaningful when known > 0
};

static void run_read(const uint16_t *cells, uint32_t count, struct run *run)
{
    uint32_t known = 0, sum = 0; // count <= 256: no overflow
    uint16_t highest = run->highest;
    for (uint32_t i = 0; i < count; i++) {
        // GEO_CELL_UNKNOWN is all ones: masked, it is 0 and never the highest
        uint16_t mask = cells[i] == GEO_CELL_UNKNOWN ? 0 : UINT16_MAX;
        uint16_t value = cells[i] & mask;
        known += mask & 1U;
        sum += value;
        highest = value > highest ? value : highest;
    }
    run->known += known;
    run->sum += sum;
    run->highest = highest;
}

static void accuracy_read(struct fusion_swath *swath, const struct fusion_tile *tile)
{
    if (swath->last == tile)
        return;
    swath->last = tile;
    for (uint16_t i = 0; i < tile->source_count; i++)
        if (tile->sources[i]->posting_m > 0.0)
            swath->surface_acc95_m =
                fmax(swath->surface_acc95_m, tile->sources[i]->vertical_acc95_m);
}

// Cells first .. last of one row of cells, tile by tile.
static void row_read(struct fusion_swath *swath, const struct fusion_root *root, int64_t first,
                     int64_t last, uint64_t cell_row, struct run *ground, struct run *surface)
{
    const struct fusion_extent *extent = &root->tiles;
    uint32_t tile_columns = UINT32_C(2) << extent->first.level;
    uint64_t tile_row = cell_row / SIDE - extent->first.row;
    if (cell_row / SIDE < extent->first.row || tile_row >= extent->rows)
        return;
    size_t row_offset = (size_t)(cell_row % SIDE) * SIDE;
    while (first <= last) {
        uint64_t wrapped = (uint64_t)first & ((uint64_t)tile_columns * SIDE - 1);
        uint32_t column = ((uint32_t)(wrapped / SIDE) - extent->first.col) & (tile_columns - 1);
        uint32_t inside = (uint32_t)(wrapped % SIDE);
        int64_t left = last - first + 1;
        uint32_t count = left < SIDE - (int64_t)inside ? (uint32_t)left : SIDE - inside;
        if (column < extent->columns) {
            size_t index = (size_t)tile_row * extent->columns + column;
            const struct fusion_tile *low = root->ground[index], *high = root->surface[index];
            if (low != NULL)
                run_read(low->cells + row_offset + inside, count, ground);
            if (high != NULL) {
                run_read(high->cells + row_offset + inside, count, surface);
                accuracy_read(swath, high);
            }
        }
        first += count;
    }
}

static double run_highest_m(const struct run *run)
{
    return GEO_CELL_OFFSET_M + GEO_CELL_QUANTUM_M * run->highest;
}

void fusion_swath_add(struct fusion_swath *swath, const struct fusion_root *root,
                      const struct fusion_outline *outline)
{
    double top = HUGE_VAL, bottom = -HUGE_VAL;
    for (uint32_t i = 0; i < outline->corner_count; i++) {
        top = fmin(top, outline->y[i]);
        bottom = fmax(bottom, outline->y[i]);
    }
    int64_t rows = (INT64_C(1) << root->tiles.first.level) * SIDE;
    int64_t first_row = (int64_t)floor(top - 0.5), last_row = (int64_t)floor(bottom + 0.5);
    first_row = first_row < 0 ? 0 : first_row;
    last_row = last_row < rows ? last_row : rows - 1;

    struct side sides[FUSION_OUTLINE_CORNERS_MAX];
    sides_of(outline, sides);
    struct run ground = {0}, surface = {0};
    for (int64_t row = first_row; row <= last_row; row++) {
        double west, east;
        if (!span_between(sides, outline->corner_count, (double)row - 0.5, (double)row + 1.5,
                          &west, &east))
            continue;
        int64_t first = (int64_t)floor(west - 0.5), last = (int64_t)floor(east + 0.5);
        swath->cells += (uint64_t)(last - first + 1);
        row_read(swath, root, first, last, (uint64_t)row, &ground, &surface);
    }
    swath->ground_known += ground.known;
    swath->surface_known += surface.known;
    swath->ground_sum_m +=
        GEO_CELL_OFFSET_M * (double)ground.known + GEO_CELL_QUANTUM_M * (double)ground.sum;
    if (ground.known > 0)
        swath->ground_max_amsl_m = fmax(swath->ground_max_amsl_m, run_highest_m(&ground));
    if (surface.known > 0)
        swath->surface_max_amsl_m = fmax(swath->surface_max_amsl_m, run_highest_m(&surface));
}
