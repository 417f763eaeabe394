// SPDX-License-Identifier: Apache-2.0
// The outline is converted row by row into spans of cells (outline.c), and each span is read
// in runs that stay within one tile (cell_run.h), ground and surface side by side. Without
// insets this is the whole work, and the rows of one row of tiles are read together, tile by
// tile, with the first cells prefetched while the spans are computed. With insets each level is
// read with the outline scaled to its cells, the finest first. A cell of a coarser level is
// skipped only if every position that could read it lies on tiles of a finer level that are
// settled: completely known, and without a surface model above them that knows more. Tiles that
// are not settled add their maximum, and leave the count to the coarser level. So no maximum is
// lost, and nothing is counted twice.
#include "fusion/root/corridor.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>

#include "fusion/root/cell_run.h"
#include "geo/cells.h"
#include "geo/extreme.h"

enum { SIDE = GEO_CELLS_SIDE };

static double greater(double a, double b) { return a > b ? a : b; }

static void accuracy_read(struct fusion_swath *swath, const struct fusion_tile *tile)
{
    if (swath->last == tile)
        return;
    swath->last = tile;
    for (uint16_t i = 0; i < tile->source_count; i++)
        if (tile->sources[i]->posting_m > 0.0)
            swath->surface_acc95_m =
                greater(swath->surface_acc95_m, tile->sources[i]->vertical_acc95_m);
}

static void ground_accuracy_read(struct fusion_swath *swath, const struct fusion_tile *tile)
{
    if (swath->last_ground == tile)
        return;
    swath->last_ground = tile;
    for (uint16_t i = 0; i < tile->source_count; i++)
        swath->ground_acc95_m =
            greater(swath->ground_acc95_m, tile->sources[i]->vertical_acc95_m);
}

// One level of the root, as a swath reads it.
struct level_grid {
    const struct fusion_extent *extent;
    const struct fusion_tile *const *ground, *const *surface;
};

static struct level_grid region_sheet(const struct fusion_root *root)
{
    return (struct level_grid){&root->tiles, root->ground, root->surface};
}

static struct level_grid inset_sheet(const struct fusion_root *root, size_t inset)
{
    const struct fusion_inset *one = &root->insets[inset];
    return (struct level_grid){&one->tiles, one->ground, one->surface};
}

// What one outline is read into, and with what.
struct reading {
    struct fusion_swath *swath;
    const struct fusion_root *root;
    struct level_grid level_grid; // being read
    size_t finer; // how many insets are finer than it, 0 where the outline touches none
    uint64_t cells;
    struct fusion_cell_run ground, surface; // of those cells
    struct fusion_cell_run low, high;       // of cells that only a maximum takes into account
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
static bool model_over(struct level_grid level_grid, struct geo_tile tile)
{
    const uint8_t coarser = (uint8_t)(tile.level - level_grid.extent->first.level);
    const uint64_t around = ((UINT64_C(2) << level_grid.extent->first.level) * SIDE) - 1;
    const uint64_t west = ((uint64_t)tile.col * SIDE >> coarser) - 1;
    const uint64_t east = ((((uint64_t)tile.col + 1) * SIDE - 1) >> coarser) + 1;
    const uint64_t north = (uint64_t)tile.row * SIDE >> coarser;
    const uint64_t south = ((((uint64_t)tile.row + 1) * SIDE - 1) >> coarser) + 1;
    const uint64_t columns[2] = {(west & around) / SIDE, (east & around) / SIDE};
    const uint64_t rows[2] = {(north > 0 ? north - 1 : 0) / SIDE, south / SIDE};
    for (int i = 0; i < 4; i++) { // finer tiles are smaller: at most two by two
        const struct geo_tile over = {.level = level_grid.extent->first.level,
                                      .col = (uint32_t)columns[i & 1],
                                      .row = (uint32_t)rows[i >> 1]};
        size_t index;
        if (fusion_extent_index(*level_grid.extent, over, &index)
            && has_model(level_grid.surface[index]))
            return true;
    }
    return false;
}

// Whether a tile of an inset says all there is to say of its place: every cell of both layers,
// and nothing coarser has a surface model where it has bare earth (fusion/root/sample.h).
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

// Whether all positions that may read a cell of the level lie on settled tiles of one
// finer inset: then the cell is not read. They reach half a cell beyond it.
static bool skips_cell(const struct reading *reading, uint64_t column, uint64_t row)
{
    const struct fusion_root *root = reading->root;
    for (size_t i = 0; i < reading->finer; i++) {
        const struct fusion_extent *e = &root->insets[i].tiles;
        // In half cells of the sheet, of which a finer tile is a power of two or a part.
        const uint8_t level = reading->level_grid.extent->first.level;
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
        for (uint32_t r = (uint32_t)geo_greater(north, 0.0); settled && r <= (uint32_t)south;
             r++)
            for (uint32_t c = (uint32_t)geo_greater(west, 0.0); settled && c <= (uint32_t)east;
                 c++)
                settled = settles(root, i,
                                  (size_t)(r - e->first.row) * e->columns + c - e->first.col);
        if (settled)
            return true;
    }
    return false;
}

// Cells of one row of a tile.
static void run_read(const struct fusion_tile *tile, size_t offset, uint32_t count,
                     struct fusion_cell_run *run)
{
    fusion_cell_run_read(fusion_tile_row(tile, (uint32_t)(offset / SIDE)), offset % SIDE, count,
                         run);
}

// A part of a row of cells, in one tile.
static void part_read(struct reading *reading, size_t tile, size_t offset, uint32_t count)
{
    const struct fusion_tile *low = reading->level_grid.ground[tile];
    const struct fusion_tile *high = reading->level_grid.surface[tile];
    if (low != NULL) {
        run_read(low, offset, count, &reading->ground);
        ground_accuracy_read(reading->swath, low);
    }
    if (high != NULL) {
        run_read(high, offset, count, &reading->surface);
        accuracy_read(reading->swath, high);
    }
}

// Of these cells those that are asked. Counts them.
static void part_select(struct reading *reading, size_t tile, size_t offset, uint64_t column,
                        uint64_t row, uint32_t count)
{
    uint32_t first = 0;
    for (uint32_t i = 0; i <= count; i++) {
        if (i < count && !skips_cell(reading, column + i, row))
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
    const struct fusion_extent *extent = reading->level_grid.extent;
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
            part_select(reading, tile, row_offset + inside, wrapped, cell_row, count);
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
    const struct fusion_extent *extent = reading->level_grid.extent;
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
            const struct fusion_tile *low = reading->level_grid.ground[tile];
            const struct fusion_tile *high = reading->level_grid.surface[tile];
            if (low != NULL) {
                run_read(low, offset, count, &reading->low);
                ground_accuracy_read(reading->swath, low);
            }
            if (high != NULL)
                run_read(high, offset, count, &reading->high);
        } else if (reading->finer > 0) {
            part_select(reading, tile, offset, (uint64_t)first, cell_row, count);
        } else {
            part_read(reading, tile, offset, count);
            reading->cells += count;
        }
        first += count;
    }
}

static void raise(double *max_amsl_m, const struct fusion_cell_run *run)
{
    if (run->known > 0)
        *max_amsl_m =
            greater(*max_amsl_m, GEO_CELL_OFFSET_M + GEO_CELL_QUANTUM_M * run->highest);
}

static void lower(struct fusion_swath *swath, const struct reading *reading)
{
    const double lowest = UINT16_MAX - reading->ground.depth;
    if (reading->root->inset_count > 0)
        swath->ground_min_amsl_m = -HUGE_VAL;
    else if (reading->ground.known > 0)
        swath->ground_min_amsl_m = geo_lesser(swath->ground_min_amsl_m,
                                              GEO_CELL_OFFSET_M + GEO_CELL_QUANTUM_M * lowest);
}

// Cells are counted in those of the finest level there is.
static void account(const struct reading *reading)
{
    struct fusion_swath *swath = reading->swath;
    const struct fusion_root *root = reading->root;
    const uint8_t level = reading->level_grid.extent->first.level;
    const uint8_t finest = root->inset_count > 0 ? root->insets[0].tiles.first.level : level;
    const uint64_t weight = UINT64_C(1) << 2 * (finest - level);
    swath->cells += weight * reading->cells;
    swath->ground_known += weight * reading->ground.known;
    swath->surface_known += weight * reading->surface.known;
    swath->ground_sum_m += (double)(int64_t)weight
                           * (GEO_CELL_OFFSET_M * (double)(int64_t)reading->ground.known
                              + GEO_CELL_QUANTUM_M * (double)(int64_t)reading->ground.sum);
    raise(&swath->ground_max_amsl_m, &reading->ground);
    raise(&swath->ground_max_amsl_m, &reading->low);
    lower(swath, reading);
    raise(&swath->surface_max_amsl_m, &reading->surface);
    raise(&swath->surface_max_amsl_m, &reading->high);
}

static uint32_t rows_at_once(int64_t row, int64_t last_row)
{
    const int64_t left = last_row - row + 1;
    return left < FUSION_OUTLINE_ROWS_AT_ONCE ? (uint32_t)left : FUSION_OUTLINE_ROWS_AT_ONCE;
}

// The rows of cells first .. last of the sheet that the outline, in its cells, touches.
// `inset` is SIZE_MAX for the region's own sheet.
static void rows_read(struct reading *reading, size_t inset,
                      const struct fusion_outline_corners *corners, int64_t first_row,
                      int64_t last_row)
{
    struct fusion_outline_span spans[FUSION_OUTLINE_ROWS_AT_ONCE];
    for (int64_t row = first_row; row <= last_row; row += FUSION_OUTLINE_ROWS_AT_ONCE) {
        const uint32_t count = rows_at_once(row, last_row);
        (void)fusion_outline_spans(corners, row, count, spans);
        for (uint32_t i = 0; i < count; i++) {
            if (inset == SIZE_MAX)
                row_read(reading, spans[i].first, spans[i].last, (uint64_t)(row + i));
            else
                inset_row_read(reading, inset, spans[i].first, spans[i].last,
                               (uint64_t)(row + i));
        }
    }
}

// Rows of one tile, from `row` of it on.
struct strip {
    const struct fusion_tile *low, *high; // ground and surface, NULL: unknown
    int64_t west;                         // its first column of all cells
    uint32_t row, count;
    const struct fusion_outline_span *spans;
};

// Cells of both layers side by side, so that the memory brings them at the same time. `thin`
// is a constant wherever this is called, and asked of no row.
__attribute__((always_inline)) static inline void strip_read(const struct strip *strip,
                                                             bool thin, struct reading *reading)
{
    // Where there is no tile the other one is read in its place, and is not counted.
    const struct fusion_tile *below = strip->low != NULL ? strip->low : strip->high;
    const struct fusion_tile *above = strip->high != NULL ? strip->high : strip->low;
    const uint16_t *low = below->cells, *high = above->cells; // of thin ones: NULL
    struct fusion_cell_run_accumulator ground = fusion_cell_run_open();
    struct fusion_cell_run_highest surface = fusion_cell_run_highest_open();
    for (uint32_t i = 0; i < strip->count; i++) {
        int64_t from = strip->spans[i].first - strip->west;
        int64_t to = strip->spans[i].last - strip->west;
        if ((uint64_t)(from | to) >= SIDE) { // one is not in the tile
            from = from > 0 ? from : 0;
            to = to < SIDE - 1 ? to : SIDE - 1;
            if (to < from)
                continue;
        }
        const size_t row = thin ? 0 : (size_t)(strip->row + i) * SIDE;
        if (thin) {
            low = fusion_tile_row(below, strip->row + i);
            high = fusion_tile_row(above, strip->row + i);
        }
        if (to - from < FUSION_CELL_RUN_GROUP) { // as most rows of a narrow corridor
            const size_t begin = fusion_cell_run_window((size_t)from, (size_t)to);
            const fusion_simd_eight but =
                fusion_cell_run_but((size_t)from - begin, (size_t)to - begin);
            fusion_cell_run_add(&ground, low + row + begin, but);
            fusion_cell_run_highest_add(&surface, high + row + begin, but);
            continue;
        }
        const struct fusion_cell_run_ends ends =
            fusion_cell_run_ends(row + (size_t)from, (size_t)(to - from + 1));
        fusion_cell_run_add(&ground, low + ends.first, ends.but_first);
        fusion_cell_run_highest_add(&surface, high + ends.first, ends.but_first);
        for (size_t at = ends.first + FUSION_CELL_RUN_GROUP; at < ends.last;
             at += FUSION_CELL_RUN_GROUP) {
            fusion_cell_run_add(&ground, low + at, (fusion_simd_eight){0});
            fusion_cell_run_highest_add(&surface, high + at, (fusion_simd_eight){0});
        }
        fusion_cell_run_add(&ground, low + ends.last, ends.but_last);
        fusion_cell_run_highest_add(&surface, high + ends.last, ends.but_last);
    }
    if (strip->low != NULL) {
        fusion_cell_run_close(&reading->ground, &ground);
        ground_accuracy_read(reading->swath, strip->low);
    }
    if (strip->high == NULL)
        return;
    fusion_cell_run_highest_close(&reading->surface, &surface);
    accuracy_read(reading->swath, strip->high);
}

// The rows of cells first_row .. last_row, which lie in one row of tiles, of the region's own
// sheet where no finer one is asked.
static void tiles_read(struct reading *reading, const struct fusion_outline_corners *corners,
                       int64_t first_row, int64_t last_row)
{
    const struct fusion_outline_box *box = &corners->box;
    const struct fusion_extent *extent = reading->level_grid.extent;
    const uint64_t tile_columns = UINT64_C(2) << extent->first.level;
    const uint64_t tile_row = (uint64_t)(first_row / SIDE - extent->first.row); // or huge
    struct fusion_outline_span spans[FUSION_OUTLINE_ROWS_AT_ONCE];
    for (int64_t row = first_row; row <= last_row; row += FUSION_OUTLINE_ROWS_AT_ONCE) {
        const uint32_t count = rows_at_once(row, last_row);
        reading->cells += fusion_outline_spans(corners, row, count, spans);
        // A span may be wider than the box by what is lost in rounding, and so by a cell.
        const int64_t first = (box->west - 1) & -SIDE;
        for (int64_t west = first; west <= box->east + 1; west += SIDE) {
            const uint64_t column =
                ((uint64_t)(west / SIDE) - extent->first.col) & (tile_columns - 1);
            if (tile_row >= extent->rows || column >= extent->columns)
                continue;
            const size_t tile = (size_t)(tile_row * extent->columns + column);
            const struct strip strip = {.low = reading->level_grid.ground[tile],
                                        .high = reading->level_grid.surface[tile],
                                        .west = west,
                                        .row = (uint32_t)(row % SIDE),
                                        .count = count,
                                        .spans = spans};
            if (strip.high != NULL && strip.high->base != NULL)
                strip_read(&strip, true, reading);
            else if (strip.low != NULL || strip.high != NULL)
                strip_read(&strip, false, reading);
        }
    }
}

// Asks the memory for the middle of the first rows, where most corridors have their cells: it
// brings them while the spans are worked out. Cells in one tile only, no more than are read.
static void prefetch(const struct reading *reading, const struct fusion_outline_box *box)
{
    const struct fusion_extent *extent = reading->level_grid.extent;
    const uint64_t tile_columns = UINT64_C(2) << extent->first.level;
    const uint64_t middle = (uint64_t)(box->west + box->east) / 2;
    const uint64_t column = (middle / SIDE - extent->first.col) & (tile_columns - 1);
    const uint64_t row = (uint64_t)box->top / SIDE - extent->first.row; // huge where negative
    if (row >= extent->rows || column >= extent->columns)
        return;
    const struct fusion_tile *low = reading->level_grid.ground[row * extent->columns + column];
    const struct fusion_tile *high =
        reading->level_grid.surface[row * extent->columns + column];
    if (low == NULL || high == NULL)
        return;
    const uint16_t *below = low->cells;
    const uint16_t *above = high->cells != NULL ? high->cells : low->cells; // of a thin one
    const size_t first = (size_t)box->top % SIDE;
    size_t left = rows_at_once(box->top, box->bottom);
    left = left < SIDE - first ? left : SIDE - first;
    for (size_t at = first * SIDE + (size_t)middle % SIDE; left > 0; left--, at += SIDE) {
        __builtin_prefetch(below + at);
        __builtin_prefetch(above + at);
    }
    // gcc (12) takes a function that only prefetches for one without effect, and drops the call
    __asm__ volatile("");
}

// All cells of the region's own sheet that the outline touches.
static void region_read(struct reading *reading, const struct fusion_outline *outline)
{
    struct fusion_outline_corners corners;
    fusion_outline_corners(outline, &corners);
    const struct fusion_outline_box box = corners.box;
    const int64_t rows = (INT64_C(1) << reading->level_grid.extent->first.level) * SIDE;
    const int64_t first = box.top < 0 ? 0 : box.top;
    const int64_t last = box.bottom < rows ? box.bottom : rows - 1;
    if (reading->finer > 0) {
        rows_read(reading, SIZE_MAX, &corners, first, last);
        return;
    }
    prefetch(reading, &box);
    for (int64_t row = first, end; row <= last; row = end + 1) {
        end = row | (SIDE - 1); // of the row of tiles
        tiles_read(reading, &corners, row, last < end ? last : end);
    }
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
    struct reading reading = {
        .swath = swath, .root = root, .level_grid = inset_sheet(root, inset)};
    const struct fusion_extent *extent = reading.level_grid.extent;
    const uint8_t level = extent->first.level;
    while (finer_touched && reading.finer < inset
           && root->insets[reading.finer].tiles.first.level > level)
        reading.finer++;
    bool touched = false;
    for (int turns = -1; turns <= 1; turns++) {
        const struct fusion_outline own =
            finer_outline(outline, root->tiles.first.level, level, turns);
        const struct fusion_outline_box box = fusion_outline_box(&own);
        const int64_t west = (int64_t)extent->first.col * SIDE;
        const int64_t east = west + (int64_t)extent->columns * SIDE - 1;
        const int64_t north = (int64_t)extent->first.row * SIDE;
        const int64_t south = north + (int64_t)extent->rows * SIDE - 1;
        if (box.east < west || box.west > east || box.bottom < north || box.top > south)
            continue;
        touched = true;
        struct fusion_outline_corners corners;
        fusion_outline_corners(&own, &corners);
        rows_read(&reading, inset, &corners, box.top < north ? north : box.top,
                  box.bottom > south ? south : box.bottom);
    }
    if (touched)
        account(&reading);
    return touched;
}

// The cells of both layers of a tile of the region, NULL where there are none: of a thin
// surface most rows are those of the ground.
static void tile_cells(const struct fusion_root *root, uint64_t column, uint64_t row,
                       const uint16_t **below, const uint16_t **above)
{
    const struct fusion_extent *extent = &root->tiles;
    const uint64_t tile_columns = UINT64_C(2) << extent->first.level;
    column = (column - extent->first.col) & (tile_columns - 1);
    row -= extent->first.row; // huge where negative
    *below = *above = NULL;
    if (row >= extent->rows || column >= extent->columns)
        return;
    const size_t tile = (size_t)(row * extent->columns + column);
    const struct fusion_tile *low = root->ground[tile], *high = root->surface[tile];
    if (low != NULL)
        *below = low->cells;
    if (high != NULL)
        *above = high->cells;
}

void fusion_corridor_prefetch(const struct fusion_root *root, struct geo_point a,
                              struct geo_point b)
{
    enum { ROWS_MAX = 64 };
    const struct fusion_extent *extent = &root->tiles;
    const double per_deg = (double)(UINT32_C(1) << extent->first.level) * SIDE / 180.0;
    double x = (a.lon_deg + 180.0) * per_deg, y = (90.0 - a.lat_deg) * per_deg;
    double right = (b.lon_deg - a.lon_deg) * per_deg;
    double down = (a.lat_deg - b.lat_deg) * per_deg;
    const double rows = geo_greater(fabs(down), fabs(right) / 8.0);
    const int steps = (int)geo_lesser(ceil(rows), ROWS_MAX);
    right /= geo_greater(steps, 1.0);
    down /= geo_greater(steps, 1.0);
    const uint16_t *below = NULL, *above = NULL; // cells of one tile
    uint64_t last_tile = UINT64_MAX;
    for (int step = 0; step <= steps; step++) {
        const uint64_t column = (uint64_t)(int64_t)x, row = (uint64_t)(int64_t)y;
        const uint64_t tile = (row / SIDE) << 32 ^ column / SIDE;
        if (tile != last_tile) {
            tile_cells(root, column / SIDE, row / SIDE, &below, &above);
            last_tile = tile;
        }
        const size_t at = (size_t)(row % SIDE) * SIDE + (size_t)(column % SIDE);
        if (below != NULL)
            __builtin_prefetch(below + at);
        if (above != NULL)
            __builtin_prefetch(above + at);
        x += right;
        y += down;
    }
    // gcc (12) takes a function that only prefetches for one without effect, and drops the call
    __asm__ volatile("");
}

void fusion_swath_add(struct fusion_swath *swath, const struct fusion_root *root,
                      const struct fusion_outline *outline)
{
    bool touched = false;
    for (size_t i = 0; i < root->inset_count; i++)
        touched = inset_read(swath, root, i, outline, touched) || touched;
    struct reading reading = {.swath = swath,
                              .root = root,
                              .level_grid = region_sheet(root),
                              .finer = touched ? root->inset_count : 0};
    region_read(&reading, outline);
    account(&reading);
}
