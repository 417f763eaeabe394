// SPDX-License-Identifier: Apache-2.0
// For each tile that may touch the raster: five by five points decide whether it does at
// all; the footprint of the middle cell decides whether the raster is finer than the cells;
// then the cells are filled row by row with geo/resample.h. Where rows and columns of the
// raster run along those of the tile, the interpolation of each row and column is computed
// once per tile instead of per cell. The rule is chosen per tile and not per raster, and by
// the tile's own geometry, so that a raster and its chunks give the same bits. The raster's
// item is written first and completed in place at the end.
#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "geo/bounds.h"
#include "geo/cells.h"
#include "geo/earth.h"
#include "geo/format/terrain/raster_net.h"
#include "geo/format/terrain/raster_rows.h"
#include "geo/format/terrain/raster_source.h"
#include "geo/record/refusal.h"

enum { N = GEO_CELLS_SIDE };

#define EXTENT_SLACK 1e-6 // a raster on the level's own grid is not finer than it

// The tile that is being made, and sums over all tiles so far.
struct work {
    const struct geo_decode_params *params;
    const struct raster_source *source;
    bool from_ellipsoid, surface;
    struct geo_tile tile;
    double west_deg, north_deg, cell_deg;
    bool in_core_col[N], in_core_row[N];
    uint32_t known; // cells of this tile
    uint64_t known_sum;
    uint16_t least, greatest;
    uint16_t cells[GEO_CELLS_COUNT];
    struct raster_net net;
    double row_u[2][N + 1], row_v[2][N + 1];
    uint8_t blob[GEO_CELLS_BLOB_MAX];
};

static bool in_span(double west_deg, double east_deg, double lon_deg)
{
    return west_deg <= east_deg ? lon_deg >= west_deg && lon_deg < east_deg
                                : lon_deg >= west_deg || lon_deg < east_deg;
}

static void start_tile(struct work *work, struct geo_tile tile)
{
    struct geo_bounds bounds = geo_tile_bounds(tile);
    work->tile = tile;
    work->west_deg = bounds.west_deg;
    work->north_deg = bounds.north_deg;
    work->cell_deg = (bounds.north_deg - bounds.south_deg) / N; // a power of two: exact
    work->known = 0;
    const struct geo_bounds *core = &work->params->core;
    for (int i = 0; i < N; i++) {
        double lon = work->west_deg + (i + 0.5) * work->cell_deg;
        double lat = work->north_deg - (i + 0.5) * work->cell_deg;
        work->in_core_col[i] = !work->params->has_core
                               || in_span(core->west_deg, core->east_deg, lon)
                               || in_span(core->west_deg, core->east_deg, lon + 360.0);
        work->in_core_row[i] =
            !work->params->has_core || (lat > core->south_deg && lat <= core->north_deg);
    }
}

static void project_row(const struct work *work, double row, double first_col, size_t count,
                        double *u, double *v)
{
    for (size_t i = 0; i < count; i++) {
        u[i] = work->west_deg + ((double)i + first_col) * work->cell_deg;
        v[i] = work->north_deg - row * work->cell_deg;
    }
    raster_project(work->source, count, u, v);
}

static struct geo_quad footprint(const struct work *work, int upper, int col)
{
    int lower = 1 - upper;
    const double *uu = work->row_u[upper], *uv = work->row_v[upper];
    const double *lu = work->row_u[lower], *lv = work->row_v[lower];
    return (struct geo_quad){.u = {uu[col], uu[col + 1], lu[col + 1], lu[col]},
                             .v = {uv[col], uv[col + 1], lv[col + 1], lv[col]}};
}

// True if the raster is as coarse as the cells here, or coarser. Determined by the tile's
// middle cell alone, so it does not depend on how the raster was cut.
static bool coarse(struct work *work)
{
    const int at = N / 2;
    project_row(work, at, at, 2, work->row_u[0], work->row_v[0]);
    project_row(work, at + 1, at, 2, work->row_u[1], work->row_v[1]);
    struct geo_quad middle = footprint(work, 0, 0);
    double extent = geo_quad_extent(&middle);
    return !(extent > 1.0 + EXTENT_SLACK); // not a number: off the plane, either will do
}

// Stores a height, if it is known and belongs to the core.
static enum drf_status put(struct work *work, int row, int col, double height_m)
{
    if (isnan(height_m) || !work->in_core_row[row] || !work->in_core_col[col])
        return DRF_OK;
    if (work->from_ellipsoid) {
        double undulation_m;
        enum drf_status status = raster_net_geoid_m(&work->net, row, col, &undulation_m);
        if (status != DRF_OK)
            return status;
        height_m -= undulation_m;
    }
    // geo_cell_from_m() without its checks, which heights in GEO_RASTER_MIN_M .. MAX_M pass;
    // an undulation may bring them out.
    double steps = (height_m - GEO_CELL_OFFSET_M) / GEO_CELL_QUANTUM_M;
    if (!(steps >= 0.0 && steps < GEO_CELL_MAX))
        return DRF_ERR_RANGE;
    uint32_t whole = (uint32_t)steps;
    uint16_t cell = (uint16_t)(whole + (steps - whole >= 0.5 ? 1 : 0));
    work->cells[row * N + col] = cell;
    work->known++;
    work->least = cell < work->least ? cell : work->least;
    work->greatest = cell > work->greatest ? cell : work->greatest;
    return DRF_OK;
}

// Rows and columns of the raster run along those of the tile: where each column and each row
// takes its values is found once.
static enum drf_status fill_upright(struct work *work)
{
    const struct geo_samples *samples = &work->source->samples;
    struct geo_between across[N], down[N];
    double u[N], v[N];
    project_row(work, 0.5, 0.5, N, u, v);
    for (int i = 0; i < N; i++)
        across[i] = geo_resample_between(u[i], samples->width, samples->posts);
    for (int i = 0; i < N; i++) {
        double at_u, at_v;
        project_row(work, i + 0.5, 0.5, 1, &at_u, &at_v);
        down[i] = geo_resample_between(at_v, samples->height, samples->posts);
    }
    for (int row = 0; row < N; row++) {
        if (down[row].lower < 0)
            continue;
        if (!raster_rows_need(work->source->rows, down[row].lower, down[row].upper))
            return DRF_ERR_SYNTAX;
        const float *upper = geo_samples_row(samples, (uint32_t)down[row].lower);
        const float *lower = geo_samples_row(samples, (uint32_t)down[row].upper);
        const double share = down[row].share;
        for (int col = 0; col < N; col++) {
            const struct geo_between *x = &across[col];
            if (x->lower < 0)
                continue;
            double a =
                (double)upper[x->lower] * (1.0 - x->share) + (double)upper[x->upper] * x->share;
            double b =
                (double)lower[x->lower] * (1.0 - x->share) + (double)lower[x->upper] * x->share;
            enum drf_status status = put(work, row, col, a * (1.0 - share) + b * share);
            if (status != DRF_OK)
                return status;
        }
    }
    return DRF_OK;
}

// The rows that two lines of cells lie between. What is beyond the raster is not in it.
static bool need_rows(struct work *work, const double *v, const double *w, int count)
{
    double low = HUGE_VAL, high = -HUGE_VAL;
    for (int i = 0; i < count; i++) { // not a number: compares false
        low = v[i] < low ? v[i] : low;
        low = w[i] < low ? w[i] : low;
        high = v[i] > high ? v[i] : high;
        high = w[i] > high ? w[i] : high;
    }
    return raster_rows_need(work->source->rows, low, high);
}

static enum drf_status fill_bilinear(struct work *work)
{
    double *u = work->row_u[0], *v = work->row_v[0];
    for (int row = 0; row < N; row++) {
        raster_net_row(&work->net, row + 0.5, 0.5, N, u, v);
        if (!need_rows(work, v, v, N))
            return DRF_ERR_SYNTAX;
        for (int col = 0; col < N; col++) {
            double height_m = geo_resample_bilinear(&work->source->samples, u[col], v[col]);
            enum drf_status status = put(work, row, col, height_m);
            if (status != DRF_OK)
                return status;
        }
    }
    return DRF_OK;
}

static enum drf_status fill_footprints(struct work *work)
{
    const struct geo_samples *samples = &work->source->samples;
    raster_net_row(&work->net, 0, 0, N + 1, work->row_u[0], work->row_v[0]);
    for (int row = 0; row < N; row++) {
        int upper = row % 2, lower = 1 - upper;
        raster_net_row(&work->net, row + 1, 0, N + 1, work->row_u[lower], work->row_v[lower]);
        if (!need_rows(work, work->row_v[upper], work->row_v[lower], N + 1))
            return DRF_ERR_SYNTAX;
        for (int col = 0; col < N; col++) {
            struct geo_quad quad = footprint(work, upper, col);
            double height_m = work->surface ? geo_resample_maximum(samples, &quad)
                                            : geo_resample_mean(samples, &quad);
            enum drf_status status = put(work, row, col, height_m);
            if (status != DRF_OK)
                return status;
        }
    }
    return DRF_OK;
}

// False where a net of points over the tile does not touch the raster: this excludes most tiles
// of a rotated raster's box. `top`: about where it begins, in rows; above all where not known.
static bool near_raster(const struct work *work, double *top)
{
    enum { NET = 5 };
    *top = 0.0;
    double u[NET], v[NET], u0 = HUGE_VAL, u1 = -HUGE_VAL, v0 = HUGE_VAL, v1 = -HUGE_VAL;
    for (int row = 0; row < NET; row++) {
        for (int col = 0; col < NET; col++) {
            u[col] = work->west_deg + work->cell_deg * N * col / (NET - 1.0);
            v[col] = work->north_deg - work->cell_deg * N * row / (NET - 1.0);
        }
        raster_project(work->source, NET, u, v);
        for (int col = 0; col < NET; col++) {
            if (!isfinite(u[col]) || !isfinite(v[col]))
                return true;
            u0 = fmin(u0, u[col]);
            u1 = fmax(u1, u[col]);
            v0 = fmin(v0, v[col]);
            v1 = fmax(v1, v[col]);
        }
    }
    double slack = 1.0 + 0.1 * fmax(u1 - u0, v1 - v0);
    *top = v0 - slack;
    const struct geo_samples *s = &work->source->samples;
    return u1 >= -slack && u0 <= s->width + slack && v1 >= -slack && v0 <= s->height + slack;
}

static enum drf_status make_tile(struct work *work, struct geo_tile tile,
                                 struct geo_record_builder *builder, struct geo_note *why)
{
    double top;
    start_tile(work, tile);
    if (!near_raster(work, &top))
        return DRF_OK;
    for (size_t i = 0; i < GEO_CELLS_COUNT; i++)
        work->cells[i] = GEO_CELL_UNKNOWN;
    raster_net_open(&work->net, work->source, work->west_deg, work->north_deg, work->cell_deg,
                    work->from_ellipsoid);
    bool upright = geo_crs_map_identical(work->source->map) && !work->source->lattice.rotated;
    enum drf_status status = !coarse(work) ? fill_footprints(work)
                             : upright     ? fill_upright(work)
                                           : fill_bilinear(work);
    if (status == DRF_ERR_SYNTAX)
        return status;
    if (status == DRF_ERR_RANGE)
        return geo_refuse(why, GEO_REFUSAL_RANGE, 0, "a height over EGM96 below %g m",
                          GEO_CELL_OFFSET_M);
    if (status != DRF_OK)
        return geo_refuse(why, GEO_REFUSAL_VERTICAL, 0, "the EGM96 grid has a gap");
    if (work->known == 0)
        return DRF_OK;
    work->known_sum += work->known;
    size_t size = sizeof work->blob;
    status = geo_cells_encode(work->cells, work->blob, &size);
    if (status != DRF_OK)
        return status;
    struct geo_cells_item item;
    memset(&item, 0, sizeof item); // the gaps between members too: items are compared as bytes
    item.tile.col = tile.col;
    item.tile.row = tile.row;
    item.tile.level = tile.level;
    item.blob_size = (uint32_t)size;
    return geo_record_add(builder, GEO_ITEM_CELLS, &item, sizeof item, work->blob, size);
}

// Distance of neighbouring values on the ground, the coarser of both axes, in the middle of the
// raster. On a sphere: an approximate value for display.
static double posting_m(const struct raster_source *source)
{
    const double *t = source->transform;
    double u = source->samples.width / 2.0, v = source->samples.height / 2.0;
    double x[3], y[3], longest = 0.0;
    for (int i = 0; i < 3; i++) { // the middle, one column on, one row on
        double at_u = u + (i == 1 ? 1.0 : 0.0), at_v = v + (i == 2 ? 1.0 : 0.0);
        x[i] = t[0] + at_u * t[1] + at_v * t[2];
        y[i] = t[3] + at_u * t[4] + at_v * t[5];
    }
    geo_crs_map_from(source->map, 3, x, y);
    for (int i = 1; i < 3; i++) {
        double east = remainder(x[i] - x[0], 360.0) * cos(y[0] * GEO_RAD_PER_DEG);
        double metres = hypot(east, y[i] - y[0]) * GEO_RAD_PER_DEG * GEO_EARTH_RADIUS_M;
        longest = metres > longest ? metres : longest;
    }
    return isfinite(longest) && longest > 0.001 ? fmin(longest, 2e7) : 0.001;
}

static void describe(const struct geo_decode_params *params, const struct raster_source *source,
                     struct geo_raster *out)
{
    enum geo_crs_height kind = source->vertical.kind;
    bool geoid = kind == GEO_CRS_HEIGHT_GEOID,
         taken = geoid || kind == GEO_CRS_HEIGHT_ELLIPSOID;
    const char *how = kind == GEO_CRS_HEIGHT_EGM96 ? "" : geoid ? " as EGM96" : " to EGM96";
    char vertical[sizeof source->vertical.name + 16];
    (void)snprintf(vertical, sizeof vertical, "%s%s", source->vertical.name, how);

    struct geo_bounds bounds = source->reach;
    bounds.east_deg -= bounds.east_deg > 180.0 ? 360.0 : 0.0;
    memset(out, 0, sizeof *out);
    out->layer = params->layer;
    out->level = params->level;
    out->vertical_acc95_m = params->vertical_acc95_m + (taken ? params->datum_acc95_m : 0.0)
                            + GEO_CELL_QUANTUM_M / 2.0;
    out->posting_m = posting_m(source);
    out->bounds = bounds;
    const char *name = geo_crs_map_name(source->map);
    geo_text_copy(out->crs, sizeof out->crs, name, strlen(name));
    geo_text_copy(out->vertical, sizeof out->vertical, vertical, sizeof vertical);
}

// The rows and columns of tiles that a box from west to east (east may be beyond 180) touches;
// columns in two runs of rising numbers, the second empty unless the box crosses 180 degrees.
struct tile_box {
    uint32_t row_first, row_last;
    uint32_t first[2], last[2]; // empty: first > last
};

static struct tile_box tile_box_of(struct geo_bounds reach, struct geo_bounds keep,
                                   uint8_t level)
{
    double side = 180.0 / (UINT32_C(1) << level);
    uint32_t cols = UINT32_C(2) << level, rows = UINT32_C(1) << level;
    double north = fmin(reach.north_deg, keep.north_deg);
    double south = fmax(reach.south_deg, keep.south_deg);
    double top = fmax(floor((90.0 - north) / side) - 1.0, 0.0);
    double bottom = fmin(floor((90.0 - south) / side) + 1.0, rows - 1.0);
    double west = floor((reach.west_deg + 180.0) / side);
    double east = floor((reach.east_deg + 180.0) / side);
    struct tile_box box = {.row_first = (uint32_t)top,
                           .row_last = (uint32_t)fmax(bottom, 0.0),
                           .first = {(uint32_t)west, 1},
                           .last = {(uint32_t)fmin(east, cols - 1.0), 0}};
    if (top > bottom)
        box.row_first = 1, box.row_last = 0;
    if (east < cols)
        return box;
    box.first[1] = box.first[0];
    box.last[1] = cols - 1;
    box.first[0] = 0;
    box.last[0] = (uint32_t)(east - cols);
    if (box.last[0] >= box.first[1]) { // all the way round
        box.last[0] = cols - 1;
        box.first[1] = 1;
        box.last[1] = 0;
    }
    return box;
}

// Where the rows begin that a row of tiles is made of.
static double top_of_row(struct work *work, const struct tile_box *range, uint32_t row,
                         uint8_t level)
{
    double least = HUGE_VAL, top;
    for (int run = 0; run < 2; run++) {
        for (uint32_t col = range->first[run]; col <= range->last[run]; col++) {
            start_tile(work, (struct geo_tile){.col = col, .row = row, .level = level});
            if (near_raster(work, &top))
                least = fmin(least, top);
        }
    }
    return least;
}

static enum drf_status make_level(struct work *work, uint8_t level, struct geo_bounds box,
                                  struct geo_record_builder *builder, struct geo_note *why)
{
    struct tile_box range = tile_box_of(work->source->reach, box, level);
    for (uint32_t row = range.row_first; row <= range.row_last; row++) {
        raster_rows_from(work->source->rows, top_of_row(work, &range, row, level));
        for (int run = 0; run < 2; run++) {
            for (uint32_t col = range.first[run]; col <= range.last[run]; col++) {
                const struct geo_tile tile = {.col = col, .row = row, .level = level};
                if (!geo_bounds_touch(geo_tile_bounds(tile), box))
                    continue;
                enum drf_status status = make_tile(work, tile, builder, why);
                if (status != DRF_OK)
                    return status;
            }
        }
    }
    return DRF_OK;
}

static enum drf_status make_tiles(struct work *work, struct geo_record_builder *builder,
                                  struct geo_note *why)
{
    const struct geo_decode_params *params = work->params;
    enum drf_status status =
        make_level(work, (uint8_t)params->level, params->keep, builder, why);
    struct geo_tile tile = {.level = 0};
    while (status == DRF_OK && geo_insets_next(params->insets, params->inset_count, &tile)) {
        double top; // rows are read again where an inset begins above the last tile
        start_tile(work, tile);
        if (near_raster(work, &top)) {
            raster_rows_from(work->source->rows, top);
            status = make_tile(work, tile, builder, why);
        }
    }
    return status;
}

static bool insets_valid(const struct geo_decode_params *params)
{
    static const struct geo_bounds globe = {-180.0, -90.0, 180.0, 90.0};
    size_t which;
    const char *why;
    return params->inset_count <= GEO_INSETS_MAX
           && geo_insets_check(params->insets, params->inset_count, params->level, globe,
                               &which, &why)
                  == DRF_OK;
}

enum drf_status raster_tiles(const struct geo_decode_params *params,
                             const struct raster_source *source,
                             struct geo_record_builder *builder, struct geo_note *why)
{
    if (params->level > GEO_TILE_LEVEL_MAX || params->layer < GEO_RASTER_GROUND
        || params->layer > GEO_RASTER_SURFACE || !insets_valid(params))
        return geo_refuse(why, GEO_REFUSAL_UNSUPPORTED, 0, "level %u of layer %u",
                          (unsigned)params->level, (unsigned)params->layer);
    struct work *work = malloc(sizeof *work);
    if (work == NULL)
        return geo_refuse(why, GEO_REFUSAL_MEMORY, 0, "no memory for a tile");
    work->params = params;
    work->source = source;
    work->from_ellipsoid = source->vertical.kind == GEO_CRS_HEIGHT_WGS84
                           || source->vertical.kind == GEO_CRS_HEIGHT_ELLIPSOID;
    work->surface = params->layer == GEO_RASTER_SURFACE;
    work->known_sum = 0;
    work->least = GEO_CELL_UNKNOWN;
    work->greatest = 0;

    // The raster's item comes first, without padding after it, and is completed when the tiles
    // are made.
    _Static_assert(sizeof(struct geo_raster) % 8 == 0, "its end would not be its item's end");
    struct geo_raster raster;
    describe(params, source, &raster);
    enum drf_status status =
        geo_record_add(builder, GEO_ITEM_RASTER, &raster, sizeof raster, NULL, 0);
    size_t end = builder->size;
    if (status == DRF_OK)
        status = make_tiles(work, builder, why);
    if (status == DRF_OK && work->known_sum == 0)
        status = geo_refuse(why, GEO_REFUSAL_OUT_OF_REGION, 0,
                            "no cell of the region or the core gets a height from it");
    if (status == DRF_OK) {
        raster.known_cells = work->known_sum;
        raster.min_amsl_m = geo_cell_m(work->least);
        raster.max_amsl_m = geo_cell_m(work->greatest);
        memcpy(builder->bytes + end - sizeof raster, &raster, sizeof raster);
    }
    free(work);
    return status;
}
