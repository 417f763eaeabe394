// SPDX-License-Identifier: Apache-2.0
// However a raster is cut, its chunks give together exactly the cells that the whole gives:
// the same bits, each cell from one chunk. Sources coarser and finer than the level, posts and
// areas, ground and surface, upright, projected and latitude-first systems, with gaps.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "geo/crs.h"
#include "geo/format/terrain/raster.h"
#include "tests/support/rasters.h"

static uint64_t random_state = 20260217;

static uint32_t random_below(uint32_t bound)
{
    random_state = random_state * 6364136223846793005U + 1442695040888963407U;
    return (uint32_t)((random_state >> 33) % bound);
}

static double random_share(void) { return random_below(1 << 20) / (double)(1 << 20); }

static bool decode(const struct geo_decode_params *params, const struct bytes *file,
                   struct geo_record_builder *builder, struct geo_record *out)
{
    struct geo_note why;
    geo_record_builder_init(builder, params->record_max_bytes);
    enum drf_status status = geo_raster_decode(params, file->data, file->size, builder, &why);
    if (status != DRF_OK && why.code != GEO_REFUSAL_OUT_OF_REGION
        && why.code != GEO_REFUSAL_NO_VALUES)
        fail_msg("refused, %s: %s", geo_refusal_name((enum geo_refusal_code)why.code),
                 why.text);
    if (status != DRF_OK)
        return false;
    assert_int_equal(geo_record_finish(builder, out), DRF_OK);
    assert_int_equal(geo_record_validate(out->bytes, out->size, out), DRF_OK);
    return true;
}

// A raster without a turn, and how it is read.
struct subject {
    const char *what, *crs;
    GDALDataType type;
    bool posts;
    int width, height;
    double west, step_east, north, step_north; // of the outer corner, in the system's unit
    uint32_t layer;
    double roughness; // share of pixels without a value
};

static struct raster_spec spec_of(const struct subject *s)
{
    return (struct raster_spec){
        .width = s->width,
        .height = s->height,
        .transform = {s->west, s->step_east, 0, s->north, 0, s->step_north},
        .crs = s->crs,
        .type = s->type,
        .posts = s->posts,
        .has_nodata = true,
        .nodata = -9999.0};
}

static double *make_values(const struct subject *s)
{
    double *values = malloc((size_t)s->width * (size_t)s->height * sizeof *values);
    assert_non_null(values);
    for (int i = 0; i < s->width * s->height; i++)
        values[i] = random_share() < s->roughness ? -9999.0 : 100.0 + random_below(400);
    return values;
}

// The image window that a publisher cuts for a core: its bounding box, and on every side two
// source cells or one target cell, whichever is more.
static void window_of(const struct subject *s, struct geo_bounds core, int window[4])
{
    const double cell = 180.0 / (1 << 12) / 256;
    struct geo_crs *crs;
    struct geo_crs_map *map;
    assert_int_equal(geo_crs_open_bare(&crs), DRF_OK);
    assert_int_equal(geo_crs_map_open(crs, s->crs, &map), DRF_OK);
    double x0 = HUGE_VAL, x1 = -HUGE_VAL, y0 = HUGE_VAL, y1 = -HUGE_VAL;
    for (int i = 0; i <= 8; i++) {
        for (int j = 0; j <= 8; j++) {
            double x =
                core.west_deg - cell + (core.east_deg - core.west_deg + 2 * cell) * i / 8.0;
            double y =
                core.south_deg - cell + (core.north_deg - core.south_deg + 2 * cell) * j / 8.0;
            geo_crs_map_to(map, 1, &x, &y);
            x0 = fmin(x0, x);
            x1 = fmax(x1, x);
            y0 = fmin(y0, y);
            y1 = fmax(y1, y);
        }
    }
    geo_crs_map_close(map);
    geo_crs_close(crs);
    double edges[4] = {(x0 - s->west) / s->step_east - 2, (y1 - s->north) / s->step_north - 2,
                       (x1 - s->west) / s->step_east + 2, (y0 - s->north) / s->step_north + 2};
    window[0] = (int)fmax(floor(edges[0]), 0);
    window[1] = (int)fmax(floor(edges[1]), 0);
    window[2] = (int)fmin(ceil(edges[2]), s->width);
    window[3] = (int)fmin(ceil(edges[3]), s->height);
}

static struct bytes cut(const struct subject *subject, const double *values,
                        const int window[4])
{
    struct raster_spec chunk = spec_of(subject);
    chunk.width = window[2] - window[0];
    chunk.height = window[3] - window[1];
    chunk.transform[0] += window[0] * chunk.transform[1];
    chunk.transform[3] += window[1] * chunk.transform[5];
    double *part = malloc((size_t)chunk.width * (size_t)chunk.height * sizeof *part);
    assert_non_null(part);
    for (int row = 0; row < chunk.height; row++)
        memcpy(part + (size_t)row * (size_t)chunk.width,
               values + (size_t)(row + window[1]) * (size_t)subject->width + window[0],
               (size_t)chunk.width * sizeof *part);
    struct bytes file = make_tiff(&chunk, part);
    free(part);
    return file;
}

// Takes each known cell of a chunk out of the whole's: it must be there, with the same bits.
static size_t take_away(struct geo_record whole_record, struct geo_record chunk,
                        uint16_t *remaining)
{
    static uint16_t cells[GEO_CELLS_COUNT];
    size_t taken = 0, cursor = 0;
    struct geo_item item;
    while (geo_record_next(chunk, &cursor, &item)) {
        if (item.kind != GEO_ITEM_CELLS)
            continue;
        const struct geo_cells_item *head = item.payload;
        assert_int_equal(geo_cells_decode(geo_item_blob(&item), head->blob_size, cells),
                         DRF_OK);
        size_t at = 0, tile = SIZE_MAX, n = 0;
        struct geo_item other;
        while (geo_record_next(whole_record, &at, &other)) {
            if (other.kind != GEO_ITEM_CELLS)
                continue;
            const struct geo_cells_item *that = other.payload;
            if (that->tile.row == head->tile.row && that->tile.col == head->tile.col)
                tile = n;
            n++;
        }
        if (tile == SIZE_MAX)
            fail_msg("a chunk has a tile that the whole has not");
        for (size_t i = 0; i < GEO_CELLS_COUNT; i++) {
            if (cells[i] == GEO_CELL_UNKNOWN)
                continue;
            if (remaining[tile * GEO_CELLS_COUNT + i] != cells[i])
                fail_msg("cell %zu of tile %u/%u: chunk %u, whole %u", i, head->tile.col,
                         head->tile.row, cells[i], remaining[tile * GEO_CELLS_COUNT + i]);
            remaining[tile * GEO_CELLS_COUNT + i] = GEO_CELL_UNKNOWN;
            taken++;
        }
    }
    return taken;
}

static uint16_t *all_cells(struct geo_record record)
{
    size_t cursor = 0, tiles = 0;
    struct geo_item item;
    uint16_t *all = NULL;
    while (geo_record_next(record, &cursor, &item)) {
        if (item.kind != GEO_ITEM_CELLS)
            continue;
        all = realloc(all, (tiles + 1) * GEO_CELLS_COUNT * sizeof *all);
        assert_non_null(all);
        assert_int_equal(geo_cells_decode(geo_item_blob(&item),
                                          item.size - sizeof(struct geo_cells_item),
                                          all + tiles * GEO_CELLS_COUNT),
                         DRF_OK);
        tiles++;
    }
    return all;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

// Sorted cuts of an interval, ends included.
static void cut_interval(double from, double to, double *cuts, int count)
{
    for (int i = 0; i < count; i++)
        cuts[i] = i == 0 ? from : i == count - 1 ? to : from + (to - from) * random_share();
    qsort(cuts, (size_t)count, sizeof *cuts, by_size);
}

static void check_cuts(const struct subject *subject, int rounds)
{
    struct geo_decode_params params = ground_params();
    params.layer = subject->layer;
    (void)snprintf(params.vertical, sizeof params.vertical, "EGM96");
    double *values = make_values(subject);
    const struct raster_spec spec = spec_of(subject);
    struct bytes file = make_tiff(&spec, values);
    struct geo_record_builder builder;
    struct geo_record whole;
    assert_true(decode(&params, &file, &builder, &whole));
    const struct geo_raster *raster = find_raster(whole);
    print_message("  %s: %llu cells\n", subject->what, (unsigned long long)raster->known_cells);
    assert_true(raster->known_cells > 100);
    params.has_core = true;
    for (int round = 0; round < rounds; round++) {
        double lon[4], lat[4];
        int cols = 3 + (int)random_below(2), rows = 3 + (int)random_below(2);
        cut_interval(raster->bounds.west_deg - 0.1, raster->bounds.east_deg + 0.1, lon, cols);
        cut_interval(raster->bounds.south_deg - 0.1, raster->bounds.north_deg + 0.1, lat, rows);
        uint16_t *remaining = all_cells(whole);
        size_t taken = 0;
        for (int c = 0; c + 1 < cols; c++) {
            for (int r = 0; r + 1 < rows; r++) {
                params.core = (struct geo_bounds){lon[c], lat[r], lon[c + 1], lat[r + 1]};
                int window[4];
                window_of(subject, params.core, window);
                if (window[2] - window[0] < 1 || window[3] - window[1] < 1)
                    continue;
                struct bytes chunk_file = cut(subject, values, window);
                struct geo_record_builder chunk_builder;
                struct geo_record chunk;
                if (decode(&params, &chunk_file, &chunk_builder, &chunk))
                    taken += take_away(whole, chunk, remaining);
                geo_record_builder_close(&chunk_builder);
                free(chunk_file.data);
            }
        }
        assert_int_equal(taken, raster->known_cells);
        free(remaining);
    }
    geo_record_builder_close(&builder);
    free(file.data);
    free(values);
}

static void cuts__coarser_than_the_level__give_the_same_cells(void **state)
{
    (void)state;
    static const struct subject subjects[] = {
        {"posts, 3 seconds", "EPSG:4326", GDT_Int16, true, 150, 120, 7.1 - 1 / 2400.0,
         1 / 1200.0, 47.3 + 1 / 2400.0, -1 / 1200.0, 1, 0.01},
        {"areas, odd origin", "EPSG:4326", GDT_Float32, false, 90, 110, 7.123456789, 0.0017,
         47.3217, -0.0013, 2, 0.01},
        {"web mercator", "EPSG:3857", GDT_Int16, false, 80, 90, 8453323.83, 160.392452772847236,
         4696291.0172, -160.39245, 1, 0.01},
        {"UTM, posts", "EPSG:32632", GDT_Int16, true, 70, 60, 500000, 90, 5200000, -90, 1,
         0.01},
    };
    for (size_t i = 0; i < sizeof subjects / sizeof subjects[0]; i++)
        check_cuts(&subjects[i], 3);
}

static void cuts__finer_than_the_level__give_the_same_cells(void **state)
{
    (void)state;
    static const struct subject subjects[] = {
        {"mean of areas", "EPSG:4326", GDT_Float32, false, 400, 300, 7.1234, 0.00003, 47.3217,
         -0.00002, 1, 0.001},
        {"maximum of areas", "EPSG:4326", GDT_Float32, false, 400, 300, 7.1234, 0.00003,
         47.3217, -0.00002, 2, 0.001},
        {"mean of posts, web mercator", "EPSG:3857", GDT_Int16, true, 300, 300, 8453323.83, 5.5,
         4696291.0172, -5.5, 1, 0.001},
        {"maximum, latitude first and turned by 3 degrees", "EPSG:3035", GDT_Int16, false, 300,
         300, 4026000.5, 4, 2700000.25, -4, 2, 0.0005},
        {"mean, latitude first and turned by 3 degrees", "EPSG:3035", GDT_Int16, false, 300,
         300, 4026000.5, 4, 2700000.25, -4, 1, 0.0005},
    };
    for (size_t i = 0; i < sizeof subjects / sizeof subjects[0]; i++)
        check_cuts(&subjects[i], 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cuts__coarser_than_the_level__give_the_same_cells),
        cmocka_unit_test(cuts__finer_than_the_level__give_the_same_cells),
    };
    return cmocka_run_group_tests_name("geo/raster", tests, NULL, NULL);
}
