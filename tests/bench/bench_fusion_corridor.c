// tests/bench/bench_fusion_corridor.c - segments over ground and surface in a 128 MB tile set,
// against a loop that touches the same cells. SPDX-License-Identifier: Apache-2.0
//
// The bare loop is handed, for each outline, the runs of cells it touches, found before the
// clock starts, and takes the maximum of both layers and the sum of the ground. That both touch
// as many cells is checked. Alternating, processor time, the median of five pairs.
#include "fusion/root/corridor.h"
#include "tests/bench/region.h"

enum { OUTLINES = 20000, PAIRS = 5, RUNS_MAX = 64 };

struct run {
    const uint16_t *ground, *surface;
    uint32_t count;
};

struct piece {
    struct fusion_outline outline;
    uint64_t cells;
    uint32_t first, count; // runs
};

struct bed {
    struct region *region;
    struct piece *pieces;
    struct run *runs;
    uint32_t run_count;
};

// Where the outline lies between two rows: the extremes of its edges there.
static bool span(const struct fusion_outline *o, double top, double bottom, double *west,
                 double *east)
{
    *west = HUGE_VAL;
    *east = -HUGE_VAL;
    for (uint32_t i = 0; i < o->corner_count; i++) {
        uint32_t j = (i + 1) % o->corner_count;
        double ya = o->y[i], yb = o->y[j], xa = o->x[i], xb = o->x[j];
        if (fmax(ya, yb) < top || fmin(ya, yb) > bottom)
            continue;
        double from = fmin(fmax(ya, top), bottom), to = fmin(fmax(yb, top), bottom);
        double slope = ya != yb ? (xb - xa) / (yb - ya) : 0.0;
        double x[] = {ya != yb ? xa + (from - ya) * slope : xa,
                      ya != yb ? xa + (to - ya) * slope : xb};
        *west = fmin(*west, fmin(x[0], x[1]));
        *east = fmax(*east, fmax(x[0], x[1]));
    }
    return *west <= *east;
}

static void list_row(struct bed *bed, struct piece *piece, int64_t row, int64_t first,
                     int64_t last)
{
    const struct fusion_extent *extent = &bed->region->root.tiles;
    while (first <= last) {
        uint32_t inside = (uint32_t)(first % 256), left = (uint32_t)(last - first + 1);
        uint32_t count = left < 256 - inside ? left : 256 - inside;
        size_t tile = ((size_t)row / 256 - extent->first.row) * extent->columns
                      + ((size_t)first / 256 - extent->first.col);
        size_t at = (size_t)(row % 256) * 256 + inside;
        bed->runs[bed->run_count++] =
            (struct run){bed->region->ground[tile]->cells + at,
                         bed->region->surface[tile]->cells + at, count};
        piece->cells += count;
        first += count;
    }
}

static void list_runs(struct bed *bed, struct piece *piece)
{
    const struct fusion_outline *o = &piece->outline;
    double top = HUGE_VAL, bottom = -HUGE_VAL, west, east;
    for (uint32_t i = 0; i < o->corner_count; i++) {
        top = fmin(top, o->y[i]);
        bottom = fmax(bottom, o->y[i]);
    }
    piece->first = bed->run_count;
    for (int64_t row = (int64_t)floor(top - 0.5); row <= (int64_t)floor(bottom + 0.5); row++)
        if (span(o, (double)row - 0.5, (double)row + 1.5, &west, &east))
            list_row(bed, piece, row, (int64_t)floor(west - 0.5), (int64_t)floor(east + 0.5));
    piece->count = bed->run_count - piece->first;
}

// Pieces of 100 m in any direction, half widths of 10 to 30 m, anywhere.
static void make_pieces(struct bed *bed)
{
    struct geo_bounds box = bed->region->root.keep;
    uint64_t random = 99;
    bed->pieces = region_room(OUTLINES, sizeof *bed->pieces);
    bed->runs = region_room((size_t)OUTLINES * RUNS_MAX, sizeof *bed->runs);
    for (uint32_t i = 0; i < OUTLINES; i++) {
        double u = (double)(region_random(&random) % 1000003) / 1000003,
               v = (double)(region_random(&random) % 1000003) / 1000003;
        double course = (double)(region_random(&random) % 6283) * 1e-3;
        struct geo_point a = {box.south_deg + 0.01 + (box.north_deg - box.south_deg - 0.02) * u,
                              box.west_deg + 0.01 + (box.east_deg - box.west_deg - 0.02) * v};
        struct geo_point b = {a.lat_deg + cos(course) * 100 / 111320,
                              a.lon_deg + sin(course) * 100 / 80000};
        bed->pieces[i].outline = fusion_outline_piece(REGION_LEVEL, a, b, 10, 30, 0, 0);
        list_runs(bed, &bed->pieces[i]);
    }
}

static double own_rate(const struct bed *bed, uint64_t *cells)
{
    *cells = 0;
    int64_t began_us = region_cpu_us();
    for (uint32_t i = 0; i < OUTLINES; i++) {
        struct fusion_swath swath = fusion_swath_empty();
        fusion_swath_add(&swath, &bed->region->root, &bed->pieces[i].outline);
        *cells += swath.cells;
    }
    return OUTLINES * 1e6 / (double)(region_cpu_us() - began_us);
}

static double bare_rate(const struct bed *bed, uint64_t *sum)
{
    *sum = 0;
    int64_t began_us = region_cpu_us();
    for (uint32_t i = 0; i < OUTLINES; i++) {
        const struct piece *piece = &bed->pieces[i];
        uint16_t ground = 0, surface = 0;
        uint64_t total = 0;
        for (uint32_t k = 0; k < piece->count; k++) {
            const struct run *run = &bed->runs[piece->first + k];
            for (uint32_t c = 0; c < run->count; c++) {
                ground = run->ground[c] > ground ? run->ground[c] : ground;
                surface = run->surface[c] > surface ? run->surface[c] : surface;
                total += run->ground[c];
            }
        }
        *sum += total + ground + surface;
    }
    return OUTLINES * 1e6 / (double)(region_cpu_us() - began_us);
}

int main(int argc, char **argv)
{
    bool small = argc > 1 && strcmp(argv[1], "small") == 0;
    struct bed bed = {.region =
                          small ? region_open(4, 4, 0, 1.0) : region_open(32, 16, 0, 1.0)};
    make_pieces(&bed);
    double own[PAIRS], bare[PAIRS];
    uint64_t cells = 0, sum = 0, listed = 0;
    for (uint32_t i = 0; i < OUTLINES; i++)
        listed += bed.pieces[i].cells;
    (void)own_rate(&bed, &cells); // warm
    for (int i = 0; i < PAIRS; i++) {
        own[i] = own_rate(&bed, &cells);
        bare[i] = bare_rate(&bed, &sum);
    }
    double value = region_median(own, PAIRS), reference = region_median(bare, PAIRS);
    (void)printf("{\"bench\":\"corridor\",\"value\":%.0f,\"unit\":\"segments/"
                 "s\",\"reference\":\"a loop that "
                 "touches the same "
                 "cells\",\"reference_value\":%.0f,\"ratio\":%.3f,\"reach\":0.75,\"met\":%s,"
                 "\"cells_each\":%.1f,\"listed_each\":%.1f,\"sum\":%llu}\n",
                 value, reference, value / reference,
                 value >= 0.75 * reference ? "true" : "false", (double)cells / OUTLINES,
                 (double)listed / OUTLINES, (unsigned long long)(sum % 1000000));
    region_close(bed.region);
    free(bed.pieces);
    free(bed.runs);
    return cells == listed ? 0 : 1;
}
