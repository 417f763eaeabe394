// tests/bench/bench_fusion_corridor.c - segments over ground and surface in a 128 MB tile set,
// against a loop that touches the same cells. SPDX-License-Identifier: Apache-2.0
//
// What a segment costs is to find its cells and to read them. The row `corridor` compares with
// a plain program that does both, from the same outline: each row of cells cut with each side,
// the runs read cell by cell. `corridor_cached` is the same over 2 x 2 places, which stay in
// the cache of a core: code against code. `corridor_handed` compares with a loop that is handed
// the runs, found before the clock starts: what reading alone costs, which nobody reaches who
// must find them first. That all touch as many cells is checked. Alternating, processor time.
//
// Why corridor_handed was 0.97 on one machine and 0.56 on another, with the same binary: gcc 12
// at -O2 makes scalar code of the bare loop, not one vector instruction (at -O3 it is in
// vectors and 10 to 30 % faster: a run has four cells on average); fusion/root/corridor.c reads
// eight cells at a time and works its spans out in vectors by hand. The code is the same
// everywhere; what differs is the memory. By perf annotate four fifths of the bare loop's time
// lie on the two loads of the 128 MB. Where these come from DRAM both wait for them, and
// nothing else shows: near 1. Where the last-level cache holds them all (480 MB on the machine
// of 0.56), or with 4 MB of tiles (0.54), the loop waits less, and what shows are the spans,
// which it was given. The plain program does as much as we do: 2.5 both with 128 MB and with 1.
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
    const struct fusion_extent *tiles;
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

struct totals {
    uint64_t cells, known, sum;
    uint16_t ground, surface;
};

static void plain_row(const struct bed *bed, int64_t row, int64_t first, int64_t last,
                      struct totals *totals)
{
    const struct fusion_extent *extent = bed->tiles;
    while (first <= last) {
        uint32_t inside = (uint32_t)(first % 256), left = (uint32_t)(last - first + 1);
        uint32_t count = left < 256 - inside ? left : 256 - inside;
        size_t tile = ((size_t)row / 256 - extent->first.row) * extent->columns
                      + ((size_t)first / 256 - extent->first.col);
        const uint16_t *ground = bed->region->ground[tile]->cells + row % 256 * 256 + inside;
        const uint16_t *surface = bed->region->surface[tile]->cells + row % 256 * 256 + inside;
        for (uint32_t c = 0; c < count; c++) {
            if (ground[c] != GEO_CELL_UNKNOWN) {
                totals->ground = ground[c] > totals->ground ? ground[c] : totals->ground;
                totals->sum += ground[c];
                totals->known++;
            }
            if (surface[c] != GEO_CELL_UNKNOWN && surface[c] > totals->surface)
                totals->surface = surface[c];
        }
        totals->cells += count;
        first += count;
    }
}

// The same question as a program answers it that was written without a thought of speed.
static double plain_rate(const struct bed *bed, uint64_t *cells, uint64_t *sum)
{
    *cells = *sum = 0;
    int64_t began_us = region_cpu_us();
    for (uint32_t i = 0; i < OUTLINES; i++) {
        const struct fusion_outline *o = &bed->pieces[i].outline;
        struct totals totals = {0};
        double top = HUGE_VAL, bottom = -HUGE_VAL, west, east;
        for (uint32_t c = 0; c < o->corner_count; c++) {
            top = fmin(top, o->y[c]);
            bottom = fmax(bottom, o->y[c]);
        }
        for (int64_t row = (int64_t)floor(top - 0.5); row <= (int64_t)floor(bottom + 0.5);
             row++)
            if (span(o, (double)row - 0.5, (double)row + 1.5, &west, &east))
                plain_row(bed, row, (int64_t)floor(west - 0.5), (int64_t)floor(east + 0.5),
                          &totals);
        *cells += totals.cells;
        *sum += totals.sum + totals.ground + totals.surface;
    }
    return OUTLINES * 1e6 / (double)(region_cpu_us() - began_us);
}

static void say(const char *name, const char *reference, double value, double beside,
                const struct bed *bed, uint64_t cells)
{
    (void)printf("{\"bench\":\"corridor%s\",\"value\":%.0f,\"unit\":\"segments/s\","
                 "\"reference\":\"%s\",\"reference_value\":%.0f,\"ratio\":%.3f,"
                 "\"cells_each\":%.1f,\"tiles_mb\":%.0f}\n",
                 name, value, reference, beside, value / beside, (double)cells / OUTLINES,
                 (double)bed->region->places * 2 * sizeof(uint16_t) * GEO_CELLS_COUNT / 0x1p20);
}

// All three by turns. False: they touched different cells, or found other heights.
static bool compare(uint32_t columns, uint32_t rows, bool cached)
{
    struct bed bed = {.region = region_open(columns, rows, 0, 1.0)};
    bed.tiles = &bed.region->root.tiles;
    make_pieces(&bed);
    double own[PAIRS], plain[PAIRS], bare[PAIRS];
    uint64_t cells = 0, listed = 0, plain_cells = 0, sum = 0, plain_sum = 0;
    for (uint32_t i = 0; i < OUTLINES; i++)
        listed += bed.pieces[i].cells;
    (void)own_rate(&bed, &cells); // warm
    for (int i = 0; i < PAIRS; i++) {
        own[i] = own_rate(&bed, &cells);
        plain[i] = plain_rate(&bed, &plain_cells, &plain_sum);
        bare[i] = bare_rate(&bed, &sum);
    }
    double value = region_median(own, PAIRS);
    say(cached ? "_cached" : "", "a plain program that finds the cells and reads them", value,
        region_median(plain, PAIRS), &bed, cells);
    if (!cached)
        say("_handed", "a loop that is handed the runs of cells", value,
            region_median(bare, PAIRS), &bed, cells);
    region_close(bed.region);
    free(bed.pieces);
    free(bed.runs);
    return cells == listed && plain_cells == listed && plain_sum == sum;
}

int main(int argc, char **argv)
{
    bool small = argc > 1 && strcmp(argv[1], "small") == 0;
    bool same = compare(small ? 4 : 32, small ? 4 : 16, false) && compare(2, 2, true);
    return same ? 0 : 1;
}
