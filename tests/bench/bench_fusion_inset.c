// tests/bench/bench_fusion_inset.c - what a segment of a look-ahead takes over an inset.
// SPDX-License-Identifier: Apache-2.0
//
// A line for an inset of level 16 (1.2 m): processor time of a segment 600 m long and 150 m
// wide, against the same segment over the region's own tiles of level 12. Argument `small`.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fusion/root/corridor.h"
#include "tests/bench/region.h"

enum { OUTLINES = 2000, PAIRS = 5, LEVEL = 16, SIDE = 16, SCALE = 1 << (LEVEL - REGION_LEVEL) };

static struct fusion_tile *tile_of(const struct fusion_source *source, uint32_t row,
                                   uint32_t col, int more)
{
    static uint16_t cells[GEO_CELLS_COUNT];
    static uint8_t flags[GEO_CELLS_COUNT];
    uint64_t grain = row * UINT64_C(4096) + col;
    for (uint32_t i = 0; i < GEO_CELLS_COUNT; i++)
        cells[i] = (uint16_t)(4400 + more + 100 * sin(i % 256 * 0.03) * cos(i / 256 * 0.02)
                              + (double)(region_random(&grain) % 8));
    memset(flags, more > 0 ? FUSION_SURFACE_GROUND | FUSION_SURFACE_DSM : FUSION_SURFACE_GROUND,
           sizeof flags);
    struct fusion_tile *made;
    if (fusion_tile_make(NULL, (struct geo_tile){.level = LEVEL, .row = row, .col = col}, cells,
                         &source, 1, NULL, flags, &made)
        != DRF_OK)
        abort();
    return made;
}

// Over the north-west tile of the region.
static void add_inset(struct fusion_root *root, const struct fusion_source *source)
{
    static const struct fusion_tile *ground[SIDE * SIDE], *surface[SIDE * SIDE];
    const uint32_t row = REGION_ROW * SCALE, col = REGION_COL * SCALE;
    for (uint32_t i = 0; i < SIDE * SIDE; i++) {
        ground[i] = tile_of(source, row + i / SIDE, col + i % SIDE, 0);
        surface[i] = tile_of(source, row + i / SIDE, col + i % SIDE, 40);
    }
    root->inset_count = 1;
    root->insets[0] = (struct fusion_inset){
        .tiles = {{.level = LEVEL, .row = row, .col = col}, .columns = SIDE, .rows = SIDE},
        .ground = ground,
        .surface = surface};
}

// Rectangles of 600 by 150 m, 31 by 7.8 cells of level 12, well within the tile.
static void make_outlines(struct fusion_outline *outlines)
{
    uint64_t seed = 7;
    for (int i = 0; i < OUTLINES; i++) {
        const double x = REGION_COL * 256.0 + 60 + (double)(region_random(&seed) % 130);
        const double y = REGION_ROW * 256.0 + 60 + (double)(region_random(&seed) % 130);
        const double turn = (double)(region_random(&seed) % 6283) / 1000;
        const double along[] = {15.5, 15.5, -15.5, -15.5}, across[] = {3.9, -3.9, -3.9, 3.9};
        outlines[i] = (struct fusion_outline){.corner_count = 4};
        for (int k = 0; k < 4; k++) {
            outlines[i].x[k] = x + along[k] * cos(turn) - across[k] * sin(turn);
            outlines[i].y[k] = y + along[k] * sin(turn) + across[k] * cos(turn);
        }
    }
}

static double each_us(const struct fusion_root *root, const struct fusion_outline *outlines,
                      int count, double *cells)
{
    const int64_t began_us = region_cpu_us();
    uint64_t all = 0;
    for (int i = 0; i < count; i++) {
        struct fusion_swath swath = fusion_swath_empty();
        fusion_swath_add(&swath, root, &outlines[i]);
        all += swath.cells;
    }
    *cells = (double)all / count;
    return (double)(region_cpu_us() - began_us) / count;
}

int main(int argc, char **argv)
{
    const int count = argc > 1 && strcmp(argv[1], "small") == 0 ? 100 : OUTLINES;
    static struct fusion_outline outlines[OUTLINES];
    struct region *region = region_open(4, 4, 0, 1.0);
    struct fusion_root with = region->root;
    double own[PAIRS], plain[PAIRS], cells, few;
    add_inset(&with, &region->terrain);
    make_outlines(outlines);
    for (int i = 0; i < PAIRS; i++) {
        own[i] = each_us(&with, outlines, count, &cells);
        plain[i] = each_us(&region->root, outlines, count, &few);
    }
    const double value = region_median(own, PAIRS), reference = region_median(plain, PAIRS);
    (void)printf("{\"bench\":\"inset_corridor\",\"value\":%.2f,\"unit\":\"us\",\"reference\":"
                 "\"the same segment over tiles of level 12\",\"reference_value\":%.2f,"
                 "\"ratio\":%.1f,\"cells\":%.0f}\n",
                 value, reference, value / reference, cells);
    for (size_t i = 0; i < (size_t)SIDE * SIDE; i++) {
        fusion_tile_free((void *)(uintptr_t)with.insets[0].ground[i]);
        fusion_tile_free((void *)(uintptr_t)with.insets[0].surface[i]);
    }
    region_close(region);
    return 0;
}
