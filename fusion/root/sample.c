// SPDX-License-Identifier: Apache-2.0
// The four cells around a position are found by one multiplication, because tiles of a level
// form one grid of cells around the globe; in most cases all four lie in one tile, which is
// looked up once. Levels are asked from the finest to the coarsest. Ground takes the first
// level whose nearest cell is known. A surface continues until a level had all four cells and
// a surface model in each of them, and takes a higher value from a coarser level only where
// the finer one could not know it: with one of the four missing, or bare earth where the
// coarser level has a surface model.
#include "fusion/root/sample.h"

#include <stddef.h>

#include "geo/cells.h"

enum { SIDE = GEO_CELLS_SIDE };

struct cell {
    const struct fusion_tile *tile; // NULL: none there
    uint32_t index;
    bool known;
    double amsl_m;
};

// The four cells whose centres surround a point, north-west first, row by row.
struct four {
    struct cell cells[4];
    double right, down; // the point's place between the centres, 0 .. 1
};

// One level of one layer.
struct sheet {
    const struct fusion_extent *extent;
    const struct fusion_tile *const *tiles;
};

static struct sheet region_sheet(const struct fusion_root *root, bool ground)
{
    return (struct sheet){&root->tiles, ground ? root->ground : root->surface};
}

static struct sheet inset_sheet(const struct fusion_root *root, size_t inset, bool ground)
{
    const struct fusion_inset *one = &root->insets[inset];
    return (struct sheet){&one->tiles, ground ? one->ground : one->surface};
}

// Columns wrap around the globe, rows end at the poles.
static struct cell cell_at(struct sheet sheet, int64_t column, int64_t row)
{
    const struct fusion_extent *extent = sheet.extent;
    uint32_t tile_columns = UINT32_C(2) << extent->first.level;
    int64_t rows = (INT64_C(1) << extent->first.level) * SIDE;
    if (row < 0)
        row = 0;
    if (row >= rows)
        row = rows - 1;
    uint32_t wrapped = (uint32_t)((uint64_t)column & ((uint64_t)tile_columns * SIDE - 1));
    uint32_t tile_column = (wrapped / SIDE - extent->first.col) & (tile_columns - 1);
    int64_t tile_row = row / SIDE - (int64_t)extent->first.row;
    struct cell cell = {.tile = NULL};
    if (tile_column >= extent->columns || tile_row < 0 || tile_row >= (int64_t)extent->rows)
        return cell;
    cell.tile = sheet.tiles[(size_t)tile_row * extent->columns + tile_column];
    if (cell.tile == NULL)
        return cell;
    cell.index = (uint32_t)(row % SIDE) * SIDE + wrapped % SIDE;
    uint16_t value = fusion_tile_cell(cell.tile, cell.index);
    cell.known = value != GEO_CELL_UNKNOWN;
    cell.amsl_m = GEO_CELL_OFFSET_M + GEO_CELL_QUANTUM_M * value;
    return cell;
}

static int64_t floor_of(double x)
{
    const int64_t whole = (int64_t)x; // toward 0
    if (x >= 0.0)                     // as nearly all are
        return whole;
    return whole - (x < (double)whole);
}

// Where all four lie in one tile, as they nearly always do: it is looked for once.
static bool in_one_tile(struct sheet sheet, int64_t west, int64_t north, struct four *four)
{
    const struct fusion_extent *extent = sheet.extent;
    const uint64_t column = (uint64_t)west / SIDE - extent->first.col; // huge when not in it
    const uint64_t row = (uint64_t)north / SIDE - extent->first.row;
    const uint32_t x = (uint32_t)west % SIDE, y = (uint32_t)north % SIDE;
    if (column >= extent->columns || row >= extent->rows || x + 1 == SIDE || y + 1 == SIDE)
        return false;
    const struct fusion_tile *tile = sheet.tiles[(size_t)(row * extent->columns + column)];
    if (tile == NULL)
        return false;
    const uint16_t *const rows[] = {fusion_tile_row(tile, y), fusion_tile_row(tile, y + 1)};
    for (uint32_t i = 0; i < 4; i++) {
        const uint32_t index = (y + (i >> 1)) * SIDE + x + (i & 1);
        const uint16_t value = rows[i >> 1][x + (i & 1)];
        four->cells[i] =
            (struct cell){.tile = tile,
                          .index = index,
                          .known = value != GEO_CELL_UNKNOWN,
                          .amsl_m = GEO_CELL_OFFSET_M + GEO_CELL_QUANTUM_M * value};
    }
    return true;
}

static struct four four_at(struct sheet sheet, struct geo_point point)
{
    double cells_per_deg = (double)(UINT32_C(1) << sheet.extent->first.level) * SIDE / 180.0;
    double x = (point.lon_deg + 180.0) * cells_per_deg - 0.5;
    double y = (90.0 - point.lat_deg) * cells_per_deg - 0.5;
    const int64_t west = floor_of(x), north = floor_of(y);
    struct four four;
    four.right = x - (double)west;
    four.down = y - (double)north;
    if (!in_one_tile(sheet, west, north, &four))
        for (int i = 0; i < 4; i++)
            four.cells[i] = cell_at(sheet, west + (i & 1), north + (i >> 1));
    return four;
}

static const struct fusion_source *source_of(const struct cell *cell)
{
    return fusion_tile_source(cell->tile, cell->index);
}

enum fusion_reason fusion_sample_state(const struct fusion_root *root, enum fusion_layer layer)
{
    if (layer != FUSION_LAYER_SURFACE)
        return root->layer_fed[layer] ? root->layer_state[layer] : FUSION_REASON_NO_DATA;

    bool fed = false;
    for (int part = FUSION_LAYER_GROUND; part <= FUSION_LAYER_OBSTACLE; part++) {
        if (!root->layer_fed[part])
            continue;
        if (root->layer_state[part] != FUSION_REASON_NONE)
            return root->layer_state[part];
        fed = true;
    }
    return fed ? FUSION_REASON_NONE : FUSION_REASON_NO_DATA;
}

enum fusion_reason fusion_sample_reason(const struct fusion_root *root, enum fusion_layer layer,
                                        struct geo_point point)
{
    const struct geo_bounds *keep = &root->keep;
    bool in_lon = keep->west_deg <= keep->east_deg
                      ? point.lon_deg >= keep->west_deg && point.lon_deg <= keep->east_deg
                      : point.lon_deg >= keep->west_deg || point.lon_deg <= keep->east_deg;
    if (!in_lon || point.lat_deg < keep->south_deg || point.lat_deg > keep->north_deg)
        return FUSION_REASON_OUT_OF_REGION;
    enum fusion_reason state = fusion_sample_state(root, layer);
    return state == FUSION_REASON_NONE ? FUSION_REASON_NO_DATA : state;
}

static double between(double north_west_m, double north_east_m, double south_west_m,
                      double south_east_m, double right, double down)
{
    double north_m = north_west_m + (north_east_m - north_west_m) * right;
    double south_m = south_west_m + (south_east_m - south_west_m) * right;
    return north_m + (south_m - north_m) * down;
}

// The cell that a point lies in.
static const struct cell *nearest_of(const struct four *four)
{
    return &four->cells[(four->down >= 0.5 ? 2 : 0) + (four->right >= 0.5 ? 1 : 0)];
}

static bool all_known(const struct four *four)
{
    const struct cell *c = four->cells;
    return c[0].known && c[1].known && c[2].known && c[3].known;
}

// Not known: this sheet has no answer.
static struct fusion_sample ground_of(struct sheet sheet, struct geo_point point)
{
    struct four four = four_at(sheet, point);
    const struct cell *c = four.cells, *nearest = nearest_of(&four);
    if (!nearest->known)
        return (struct fusion_sample){.known = false};

    double amsl_m = nearest->amsl_m;
    if (all_known(&four))
        amsl_m =
            between(c[0].amsl_m, c[1].amsl_m, c[2].amsl_m, c[3].amsl_m, four.right, four.down);
    return (struct fusion_sample){.known = true,
                                  .reason = FUSION_REASON_NONE,
                                  .amsl_m = amsl_m,
                                  .source = source_of(nearest),
                                  .level = sheet.extent->first.level};
}

struct fusion_sample fusion_sample_ground(const struct fusion_root *root,
                                          struct geo_point point)
{
    struct fusion_sample sample = {.known = false};
    for (size_t i = 0; i < root->inset_count && !sample.known; i++)
        sample = ground_of(inset_sheet(root, i, true), point);
    if (!sample.known)
        sample = ground_of(region_sheet(root, true), point);
    if (!sample.known)
        sample.reason = fusion_sample_reason(root, FUSION_LAYER_GROUND, point);
    return sample;
}

static double amsl_of(uint16_t cell) { return GEO_CELL_OFFSET_M + GEO_CELL_QUANTUM_M * cell; }

// Of four known cells in one tile, where nobody asks who said so. False: it is not as simple.
static bool plain_height(struct sheet sheet, struct geo_point point, double *amsl_m)
{
    const struct fusion_extent *extent = sheet.extent;
    const double cells_per_deg = (double)(UINT32_C(1) << extent->first.level) * SIDE / 180.0;
    const double x = (point.lon_deg + 180.0) * cells_per_deg - 0.5;
    const double y = (90.0 - point.lat_deg) * cells_per_deg - 0.5;
    const int64_t west = floor_of(x), north = floor_of(y);
    const uint64_t column = (uint64_t)west / SIDE - extent->first.col; // huge when not in it
    const uint64_t row = (uint64_t)north / SIDE - extent->first.row;
    const uint32_t right = (uint32_t)west % SIDE, down = (uint32_t)north % SIDE;
    if (column >= extent->columns || row >= extent->rows || right + 1 == SIDE
        || down + 1 == SIDE)
        return false;
    const struct fusion_tile *tile = sheet.tiles[(size_t)(row * extent->columns + column)];
    if (tile == NULL)
        return false;
    const uint16_t *upper = fusion_tile_row(tile, down) + right;
    const uint16_t *lower = fusion_tile_row(tile, down + 1) + right;
    if (upper[0] == GEO_CELL_UNKNOWN || upper[1] == GEO_CELL_UNKNOWN
        || lower[0] == GEO_CELL_UNKNOWN || lower[1] == GEO_CELL_UNKNOWN)
        return false;
    *amsl_m = between(amsl_of(upper[0]), amsl_of(upper[1]), amsl_of(lower[0]),
                      amsl_of(lower[1]), x - (double)west, y - (double)north);
    return true;
}

bool fusion_sample_ground_height(const struct fusion_root *root, struct geo_point point,
                                 double *amsl_m)
{
    if (root->inset_count == 0 && plain_height(region_sheet(root, true), point, amsl_m))
        return true;
    const struct fusion_sample sample = fusion_sample_ground(root, point);
    *amsl_m = sample.amsl_m;
    return sample.known;
}

struct height {                  // of a surface
    struct fusion_sample sample; // not known: this sheet has no answer
    bool four, dsm;              // all four cells are known; all have a surface model in them
};

static struct height surface_of(struct sheet sheet, struct geo_point point)
{
    struct four four = four_at(sheet, point);
    const struct cell *highest = NULL;
    for (int i = 0; i < 4; i++)
        if (four.cells[i].known && (highest == NULL || four.cells[i].amsl_m > highest->amsl_m))
            highest = &four.cells[i];
    // The point lies in the nearest cell: when that one is unknown, its neighbours say nothing
    // of what is there.
    if (highest == NULL || !nearest_of(&four)->known)
        return (struct height){.four = false};

    struct height height = {.four = all_known(&four), .dsm = true};
    for (int i = 0; i < 4; i++) {
        const struct cell *cell = &four.cells[i];
        const uint8_t flags = cell->known ? fusion_tile_flags(cell->tile, cell->index) : 0;
        height.dsm = height.dsm && (flags & FUSION_SURFACE_DSM) != 0;
    }
    const uint8_t flags = fusion_tile_flags(highest->tile, highest->index);
    const struct fusion_source *source = source_of(highest);
    // The flag says that one stands there, the source who is higher: a raster has a posting.
    const bool raised = (flags & FUSION_SURFACE_OBSTACLE) != 0 && source->posting_m <= 0.0;
    height.sample = (struct fusion_sample){
        .known = true,
        .reason = (flags & FUSION_SURFACE_DSM) != 0 ? FUSION_REASON_NONE
                  : raised                          ? FUSION_REASON_OBSTACLE_TOP
                                                    : FUSION_REASON_BARE_EARTH,
        .amsl_m = highest->amsl_m,
        .source = source,
        .flags = flags,
        .level = sheet.extent->first.level,
        .raised = raised,
    };
    return height;
}

// Takes a coarser height in: where it knows of something higher that the finer cannot know.
static void take_in(struct height *best, const struct height *coarser)
{
    if (!coarser->sample.known)
        return;
    const bool model = (coarser->sample.flags & FUSION_SURFACE_DSM) != 0;
    if (!best->sample.known
        || (coarser->sample.amsl_m > best->sample.amsl_m
            && (!best->four || (model && !best->dsm))))
        best->sample = coarser->sample;
    best->four = best->four || coarser->four;
    best->dsm = best->dsm || (coarser->four && coarser->dsm);
}

struct fusion_sample fusion_sample_surface(const struct fusion_root *root,
                                           struct geo_point point)
{
    struct height best = {.four = false};
    for (size_t i = 0; i <= root->inset_count && !(best.four && best.dsm); i++) {
        const struct sheet sheet =
            i < root->inset_count ? inset_sheet(root, i, false) : region_sheet(root, false);
        const struct height next = surface_of(sheet, point);
        take_in(&best, &next);
    }
    if (!best.sample.known)
        best.sample.reason = fusion_sample_reason(root, FUSION_LAYER_SURFACE, point);
    return best.sample;
}
