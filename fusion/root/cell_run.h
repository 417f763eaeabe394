// fusion/root/cell_run.h - runs of cells of a tile: count of known ones, maximum, sum.
// SPDX-License-Identifier: Apache-2.0
//
// Eight cells at a time, in groups that begin at a multiple of eight: so no group reaches
// beyond the tile, and where the tile is aligned (fusion/root/tile.h) no cache line is read
// that holds no cell of the run. Cells outside the run are set to GEO_CELL_UNKNOWN, which is
// all ones; no branch depends on a cell.
#ifndef FUSION_CELL_RUN_H
#define FUSION_CELL_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "fusion/root/simd.h"
#include "geo/cells.h"

enum {
    FUSION_CELL_RUN_GROUP = 8,
    FUSION_CELL_RUN_GROUPS_MAX =
        8192, // gathered before they are closed, as many as a tile has: a lane holds their sum
};

// What cells of one layer hold. All zero: no cells yet.
struct fusion_cell_run {
    uint64_t known, sum; // the sum is of the known ones
    uint16_t highest;    // meaningful when known > 0
    uint16_t depth;      // UINT16_MAX less the lowest, likewise
};

// The same as it is gathered. Heights are signed: a cell less INT16_MAX, which wraps, so that
// the unknown is the lowest; and that less 1, of which the unknown is the highest.
struct fusion_cell_run_accumulator {
    fusion_simd_eight unknown, highest; // unknown: less than 0, by one for each
    fusion_simd_eight lowest;           // less 1
    fusion_simd_four sum;               // of the known ones
    uint32_t groups;
};

// Only how many are known, and the highest of them.
struct fusion_cell_run_highest {
    fusion_simd_eight unknown, highest;
    uint32_t groups;
};

static inline struct fusion_cell_run_accumulator fusion_cell_run_open(void)
{
    return (struct fusion_cell_run_accumulator){.highest = (fusion_simd_eight){0} + INT16_MIN,
                                                .lowest = (fusion_simd_eight){0} + INT16_MAX};
}

static inline struct fusion_cell_run_highest fusion_cell_run_highest_open(void)
{
    return (struct fusion_cell_run_highest){.highest = (fusion_simd_eight){0} + INT16_MIN};
}

// Cells of one group; those whose lanes are -1 in `but` are not asked for.
static inline fusion_simd_eight fusion_cell_run_group(const uint16_t *group,
                                                      fusion_simd_eight but)
{
    fusion_simd_eight cells;
    memcpy(&cells, group, sizeof cells);
    return cells | but;
}

static inline fusion_simd_eight fusion_cell_run_less(fusion_simd_eight cells, int16_t by)
{
    return (fusion_simd_eight)((fusion_simd_eight_bits)cells - (uint16_t)by); // wraps
}

static inline void fusion_cell_run_add(struct fusion_cell_run_accumulator *accumulator,
                                       const uint16_t *group, fusion_simd_eight but)
{
    const fusion_simd_eight cells = fusion_cell_run_group(group, but);
    const fusion_simd_eight unknown = cells == -1;
    const fusion_simd_eight height = fusion_cell_run_less(cells, INT16_MAX);
    accumulator->unknown += unknown;
    accumulator->highest = fusion_simd_eight_greater(height, accumulator->highest);
    accumulator->lowest =
        fusion_simd_eight_lesser(fusion_cell_run_less(height, 1), accumulator->lowest);
    accumulator->sum += fusion_simd_eight_sums(height & ~unknown);
    accumulator->groups++;
}

static inline void fusion_cell_run_highest_add(struct fusion_cell_run_highest *accumulator,
                                               const uint16_t *group, fusion_simd_eight but)
{
    const fusion_simd_eight cells = fusion_cell_run_group(group, but);
    accumulator->unknown += cells == -1;
    accumulator->highest =
        fusion_simd_eight_greater(fusion_cell_run_less(cells, INT16_MAX), accumulator->highest);
    accumulator->groups++;
}

// How many are known, and what is taken over into the run of both accumulators.
static inline uint64_t fusion_cell_run_known(fusion_simd_eight unknown, uint32_t groups)
{
    const int64_t less = fusion_simd_four_sum(fusion_simd_eight_sums(unknown));
    return (uint64_t)((int64_t)groups * FUSION_CELL_RUN_GROUP + less);
}

static inline void fusion_cell_run_raise(struct fusion_cell_run *run, fusion_simd_eight highest)
{
    const int most = fusion_simd_eight_greatest(highest);
    const uint16_t found = (uint16_t)(most + INT16_MAX); // none: UINT16_MAX
    if (most > INT16_MIN && found > run->highest)
        run->highest = found;
}

// Takes what was gathered over into the run.
static inline void fusion_cell_run_close(struct fusion_cell_run *run,
                                         const struct fusion_cell_run_accumulator *accumulator)
{
    const uint64_t known = fusion_cell_run_known(accumulator->unknown, accumulator->groups);
    const int depth = INT16_MAX - fusion_simd_eight_least(accumulator->lowest); // none: 0
    run->known += known;
    run->sum += (uint64_t)((int64_t)known * INT16_MAX + fusion_simd_four_sum(accumulator->sum));
    fusion_cell_run_raise(run, accumulator->highest);
    run->depth = depth > run->depth ? (uint16_t)depth : run->depth;
}

static inline void fusion_cell_run_highest_close(
    struct fusion_cell_run *run, const struct fusion_cell_run_highest *accumulator)
{
    run->known += fusion_cell_run_known(accumulator->unknown, accumulator->groups);
    fusion_cell_run_raise(run, accumulator->highest);
}

// All ones where a lane is not asked for: those before `first` (8: all), and after `last`.
static inline fusion_simd_eight fusion_cell_run_but(size_t first, size_t last)
{
    enum { N = FUSION_CELL_RUN_GROUP };
    static const int16_t rim[3 * N] = {-1, -1, -1, -1, -1, -1, -1, -1, 0,  0,  0,  0,
                                       0,  0,  0,  0,  -1, -1, -1, -1, -1, -1, -1, -1};
    fusion_simd_eight before, after;
    memcpy(&before, rim + N - first, sizeof before);
    memcpy(&after, rim + (size_t)2 * N - 1 - last, sizeof after);
    return before | after;
}

// Where eight cells begin, of one row of a tile, that hold `first` .. `last`, eight at most:
// in one cache line where those are.
static inline size_t fusion_cell_run_window(size_t first, size_t last)
{
    enum { LINE = 64 / sizeof(uint16_t) };
    const size_t end = first | (LINE - 1), begin = end - (FUSION_CELL_RUN_GROUP - 1);
    return last <= end && first > begin ? begin : first;
}

// The groups that hold the first and the last of `count` > 0 cells from `offset` of a tile, and
// the lanes of them that are not asked for. When they are one group, it is the first.
struct fusion_cell_run_ends {
    size_t first, last;
    fusion_simd_eight but_first, but_last;
};

static inline struct fusion_cell_run_ends fusion_cell_run_ends(size_t offset, size_t count)
{
    enum { N = FUSION_CELL_RUN_GROUP };
    const size_t last = offset + count - 1;
    struct fusion_cell_run_ends ends = {.first = offset & ~(size_t)(N - 1),
                                        .last = last & ~(size_t)(N - 1)};
    const bool one = ends.first == ends.last;
    ends.but_first = fusion_cell_run_but(offset - ends.first, one ? last - ends.last : N - 1);
    ends.but_last = fusion_cell_run_but(one ? N : 0, last - ends.last);
    return ends;
}

// Adds `count` > 0 cells from `offset` of a tile, at most as many as the tile has.
static inline void fusion_cell_run_read(const uint16_t *cells, size_t offset, size_t count,
                                        struct fusion_cell_run *run)
{
    const struct fusion_cell_run_ends ends = fusion_cell_run_ends(offset, count);
    struct fusion_cell_run_accumulator accumulator = fusion_cell_run_open();
    fusion_cell_run_add(&accumulator, cells + ends.first, ends.but_first);
    for (size_t at = ends.first + FUSION_CELL_RUN_GROUP; at < ends.last;
         at += FUSION_CELL_RUN_GROUP)
        fusion_cell_run_add(&accumulator, cells + at, (fusion_simd_eight){0});
    fusion_cell_run_add(&accumulator, cells + ends.last, ends.but_last);
    fusion_cell_run_close(run, &accumulator);
}

#endif
