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

// One level of the root, as a swath reads it.
struct sheet {
    const struct fusion_extent *extent;
    const struct fusion_tile *const *ground, *const *surface;
};

static struct sheet region_sheet(const struct fusion_root *root)
{
    return (struct sheet){&root->tiles, root->ground, root->surface};
}

static struct sheet inset_sheet(const struct fusion_root *root, size_t inset)
{
    const struct fusion_inset *one = &root->insets[inset];
    return (struct sheet){&one->tiles, one->ground, one->surface};
}

// What one outline is read into, and with what.
struct reading {
    struct fusion_swath *swath;
    const struct fusion_root *root;
    struct sheet sheet; // being read
    size_t finer;       // how many insets are finer than it, 0 where the outline touches none
    uint64_t cells;
    struct run ground, surface; // of those cells
    struct run low, high;       // of cells that only a maximum takes into account
};

static bool has_model(const struct fusion_tile *surface)
{
    for (uint16_t i = 0; surface != NULL && i < surface->kind_count; i++)
        if ((surface->kinds[i].flags & FUSION_SURFACE_DSM) != 0)
            return true;
    return false;
}

static bool only_model(const struct fusion_tile *surface)
{
    for (uint16_t i = 0; i < surface->kind_count; i++)
        if ((surface->kinds[i].flags & FUSION_SURFACE_DSM) == 0)
            return false;
    return true;
}

// Whether a coarser sheet has a surface model in any tile that a position in `tile` may ask:
// those whose cells lie in it, or are the next ones.
static bool model_over(struct sheet sheet, struct geo_tile tile)
{
    const uint8_t coarser = (uint8_t)(tile.level - sheet.extent->first.level);
    const uint64_t around = ((UINT64_C(2) << sheet.extent->first.level) * SIDE) - 1;
    const uint64_t west = ((uint64_t)tile.col * SIDE >> coarser) - 1;
    const uint64_t east = ((((uint64_t)tile.col + 1) * SIDE - 1) >> coarser) + 1;
    const uint64_t north = (uint64_t)tile.row * SIDE >> coarser;
    const uint64_t south = ((((uint64_t)tile.row + 1) * SIDE - 1) >> coarser) + 1;
    const uint64_t columns[2] = {(west & around) / SIDE, (east & around) / SIDE};
    const uint64_t rows[2] = {(north > 0 ? north - 1 : 0) / SIDE, south / SIDE};
    for (int i = 0; i < 4; i++) { // finer tiles are smaller: at most two by two
        const struct geo_tile over = {.level = sheet.extent->first.level,
                                      .col = (uint32_t)columns[i & 1],
                                      .row = (uint32_t)rows[i >> 1]};
        size_t index;
        if (fusion_extent_index(*sheet.extent, over, &index) && has_model(sheet.surface[index]))
            return true;
    }
    return false;
}

// Whether a tile of an inset says all there is to say of its place: every cell of both layers,
// and nothing coarser has a surface model where it has bare earth (fusion/sample.h).
static bool settles(const struct fusion_root *root, size_t inset, size_t index)
{
    const struct fusion_inset *own = &root->insets[inset];
    const struct fusion_tile *ground = own->ground[index], *surface = own->surface[index];
    if (ground == NULL || surface == NULL || ground->known < GEO_CELLS_COUNT
        || surface->known < GEO_CELLS_COUNT)
        return false;
    if (only_model(surface))
        return true;
    for (size_t i = inset + 1; i < root->inset_count; i++)
        if (root->insets[i].tiles.first.level < own->tiles.first.level
            && model_over(inset_sheet(root, i), surface->tile))
            return false;
    return !model_over(region_sheet(root), surface->tile);
}

// Whether all positions that a cell of the sheet has a say in lie on settled tiles of one
// finer inset: then nobody asks the cell. They reach half a cell beyond it.
static bool passed_over(const struct reading *reading, uint64_t column, uint64_t row)
{
    const struct fusion_root *root = reading->root;
    for (size_t i = 0; i < reading->finer; i++) {
        const struct fusion_extent *e = &root->insets[i].tiles;
        // In half cells of the sheet, of which a finer tile is a power of two or a part.
        const uint8_t level = reading->sheet.extent->first.level;
        const double scale =
            (double)(UINT32_C(1) << (e->first.level - level)) / (2.0 * SIDE); // tiles in one
        const double half_column = 2.0 * (double)column, half_row = 2.0 * (double)row;
        // A position on the far edge reads cells on both sides of it.
        const double west = floor((half_column - 1.0) * scale - 0.5 / SIDE);
        const double east = floor((half_column + 3.0) * scale + 0.5 / SIDE);
        const double north = floor((half_row - 1.0) * scale - 0.5 / SIDE);
        const double south = floor((half_row + 3.0) * scale + 0.5 / SIDE);
        bool settled = west >= e->first.col && east < (double)e->first.col + e->columns
                       && north >= e->first.row && south < (double)e->first.row + e->rows;
        for (uint32_t r = (uint32_t)fmax(north, 0.0); settled && r <= (uint32_t)south; r++)
            for (uint32_t c = (uint32_t)fmax(west, 0.0); settled && c <= (uint32_t)east; c++)
                settled = settles(root, i,
                                  (size_t)(r - e->first.row) * e->columns + c - e->first.col);
        if (settled)
            return true;
    }
    return false;
}

// A part of a row of cells, in one tile.
static void part_read(struct reading *reading, size_t tile, size_t offset, uint32_t count)
{
    const struct fusion_tile *low = reading->sheet.ground[tile];
    const struct fusion_tile *high = reading->sheet.surface[tile];
    if (low != NULL)
        run_read(low->cells + offset, count, &reading->ground);
    if (high != NULL) {
        run_read(high->cells + offset, count, &reading->surface);
        accuracy_read(reading->swath, high);
    }
}

// Of these cells those that are asked. Counts them.
static void part_sift(struct reading *reading, size_t tile, size_t offset, uint64_t column,
                      uint64_t row, uint32_t count)
{
    uint32_t first = 0;
    for (uint32_t i = 0; i <= count; i++) {
        if (i < count && !passed_over(reading, column + i, row))
            continue;
        if (i > first) {
            if (tile != SIZE_MAX)
                part_read(reading, tile, offset + first, i - first);
            reading->cells += i - first;
        }
        first = i + 1;
    }
}

// Cells first .. last of one row of cells, tile by tile.
static void row_read(struct reading *reading, int64_t first, int64_t last, uint64_t cell_row)
{
    const struct fusion_extent *extent = reading->sheet.extent;
    uint32_t tile_columns = UINT32_C(2) << extent->first.level;
    uint64_t tile_row = cell_row / SIDE - extent->first.row;
    bool inside_rows = cell_row / SIDE >= extent->first.row && tile_row < extent->rows;
    if (!inside_rows && reading->finer == 0) {
        reading->cells += (uint64_t)(last - first + 1);
        return;
    }
    size_t row_offset = (size_t)(cell_row % SIDE) * SIDE;
    while (first <= last) {
        uint64_t wrapped = (uint64_t)first & ((uint64_t)tile_columns * SIDE - 1);
        uint32_t column = ((uint32_t)(wrapped / SIDE) - extent->first.col) & (tile_columns - 1);
        uint32_t inside = (uint32_t)(wrapped % SIDE);
        int64_t left = last - first + 1;
        uint32_t count = left < SIDE - (int64_t)inside ? (uint32_t)left : SIDE - inside;
        size_t tile = inside_rows && column < extent->columns
                          ? (size_t)tile_row * extent->columns + column
                          : SIZE_MAX;
        if (reading->finer > 0) {
            part_sift(reading, tile, row_offset + inside, wrapped, cell_row, count);
        } else {
            if (tile != SIZE_MAX)
                part_read(reading, tile, row_offset + inside, count);
            reading->cells += count;
        }
        first += count;
    }
}

// The same of an inset: cells beyond its tiles are for coarser sheets to tell, and so are those
// of tiles that do not settle, but for their maximum.
static void inset_row_read(struct reading *reading, size_t inset, int64_t first, int64_t last,
                           uint64_t cell_row)
{
    const struct fusion_extent *extent = reading->sheet.extent;
    const int64_t west = (int64_t)extent->first.col * SIDE;
    const int64_t end = west + (int64_t)extent->columns * SIDE - 1;
    const size_t tile_row = (size_t)(cell_row / SIDE - extent->first.row);
    const size_t row_offset = (size_t)(cell_row % SIDE) * SIDE;
    first = first < west ? west : first;
    last = last > end ? end : last;
    while (first <= last) {
        const uint32_t inside = (uint32_t)(first % SIDE);
        const int64_t left = last - first + 1;
        const uint32_t count = left < SIDE - (int64_t)inside ? (uint32_t)left : SIDE - inside;
        const size_t tile = tile_row * extent->columns + (size_t)((first - west) / SIDE);
        const size_t offset = row_offset + inside;
        if (!settles(reading->root, inset, tile)) {
            const struct fusion_tile *low = reading->sheet.ground[tile];
            const struct fusion_tile *high = reading->sheet.surface[tile];
            if (low != NULL)
                run_read(low->cells + offset, count, &reading->low);
            if (high != NULL)
                run_read(high->cells + offset, count, &reading->high);
        } else if (reading->finer > 0) {
            part_sift(reading, tile, offset, (uint64_t)first, cell_row, count);
        } else {
            part_read(reading, tile, offset, count);
            reading->cells += count;
        }
        first += count;
    }
}

static void raise(double *max_amsl_m, const struct run *run)
{
    if (run->known > 0)
        *max_amsl_m = fmax(*max_amsl_m, GEO_CELL_OFFSET_M + GEO_CELL_QUANTUM_M * run->highest);
}

// Cells are counted in those of the finest level there is.
static void account(const struct reading *reading)
{
    struct fusion_swath *swath = reading->swath;
    const struct fusion_root *root = reading->root;
    const uint8_t level = reading->sheet.extent->first.level;
    const uint8_t finest = root->inset_count > 0 ? root->insets[0].tiles.first.level : level;
    const uint64_t weight = UINT64_C(1) << 2 * (finest - level);
    swath->cells += weight * reading->cells;
    swath->ground_known += weight * reading->ground.known;
    swath->surface_known += weight * reading->surface.known;
    swath->ground_sum_m += (double)weight
                           * (GEO_CELL_OFFSET_M * (double)reading->ground.known
                              + GEO_CELL_QUANTUM_M * (double)reading->ground.sum);
    raise(&swath->ground_max_amsl_m, &reading->ground);
    raise(&swath->ground_max_amsl_m, &reading->low);
    raise(&swath->surface_max_amsl_m, &reading->surface);
    raise(&swath->surface_max_amsl_m, &reading->high);
}

// The rows of cells first .. last of the sheet that the outline, in its cells, touches.
// `inset` is SIZE_MAX for the region's own sheet.
static void rows_read(struct reading *reading, size_t inset,
                      const struct fusion_outline *outline, int64_t first_row, int64_t last_row)
{
    struct side sides[FUSION_OUTLINE_CORNERS_MAX];
    sides_of(outline, sides);
    for (int64_t row = first_row; row <= last_row; row++) {
        double west, east;
        if (!span_between(sides, outline->corner_count, (double)row - 0.5, (double)row + 1.5,
                          &west, &east))
            continue;
        int64_t first = (int64_t)floor(west - 0.5), last = (int64_t)floor(east + 0.5);
        if (inset == SIZE_MAX)
            row_read(reading, first, last, (uint64_t)row);
        else
            inset_row_read(reading, inset, first, last, (uint64_t)row);
    }
}

struct box { // of an outline
    double west, east, top, bottom;
};

static struct box box_of(const struct fusion_outline *outline)
{
    struct box box = {HUGE_VAL, -HUGE_VAL, HUGE_VAL, -HUGE_VAL};
    for (uint32_t i = 0; i < outline->corner_count; i++) {
        box.west = fmin(box.west, outline->x[i]);
        box.east = fmax(box.east, outline->x[i]);
        box.top = fmin(box.top, outline->y[i]);
        box.bottom = fmax(box.bottom, outline->y[i]);
    }
    return box;
}

// The outline in cells of a finer level, moved by so many turns around the globe.
static struct fusion_outline finer_outline(const struct fusion_outline *outline, uint8_t from,
                                           uint8_t to, int turns)
{
    const double scale = (double)(UINT32_C(1) << (to - from));
    const double around = 2.0 * SIDE * (double)(UINT32_C(1) << to);
    struct fusion_outline out = *outline;
    for (uint32_t i = 0; i < out.corner_count; i++) {
        out.x[i] = out.x[i] * scale + turns * around;
        out.y[i] *= scale;
    }
    return out;
}

// True: the outline touches the inset, whose cells were read.
static bool inset_read(struct fusion_swath *swath, const struct fusion_root *root, size_t inset,
                       const struct fusion_outline *outline, bool finer_touched)
{
    struct reading reading = {.swath = swath, .root = root, .sheet = inset_sheet(root, inset)};
    const struct fusion_extent *extent = reading.sheet.extent;
    const uint8_t level = extent->first.level;
    while (finer_touched && reading.finer < inset
           && root->insets[reading.finer].tiles.first.level > level)
        reading.finer++;
    bool touched = false;
    for (int turns = -1; turns <= 1; turns++) {
        const struct fusion_outline own =
            finer_outline(outline, root->tiles.first.level, level, turns);
        const struct box box = box_of(&own);
        const double first = (double)extent->first.col * SIDE;
        const double end = first + (double)extent->columns * SIDE;
        const int64_t north = (int64_t)extent->first.row * SIDE;
        const int64_t south = north + (int64_t)extent->rows * SIDE - 1;
        const int64_t top = (int64_t)floor(box.top - 0.5);
        const int64_t bottom = (int64_t)floor(box.bottom + 0.5);
        if (box.east + 0.5 < first || box.west - 0.5 >= end || bottom < north || top > south)
            continue;
        touched = true;
        rows_read(&reading, inset, &own, top < north ? north : top,
                  bottom > south ? south : bottom);
    }
    if (touched)
        account(&reading);
    return touched;
}

void fusion_swath_add(struct fusion_swath *swath, const struct fusion_root *root,
                      const struct fusion_outline *outline)
{
    bool touched = false;
    for (size_t i = 0; i < root->inset_count; i++)
        touched = inset_read(swath, root, i, outline, touched) || touched;
    struct reading reading = {.swath = swath,
                              .root = root,
                              .sheet = region_sheet(root),
                              .finer = touched ? root->inset_count : 0};
    const struct box box = box_of(outline);
    const int64_t rows = (INT64_C(1) << root->tiles.first.level) * SIDE;
    const int64_t top = (int64_t)floor(box.top - 0.5),
                  bottom = (int64_t)floor(box.bottom + 0.5);
    rows_read(&reading, SIZE_MAX, outline, top < 0 ? 0 : top,
              bottom < rows ? bottom : rows - 1);
    account(&reading);
}
