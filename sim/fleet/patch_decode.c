// SPDX-License-Identifier: Apache-2.0
#include "sim/fleet/patch_decode.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>

struct layer {
    const uint8_t *bytes;
    size_t bit, bit_count;
    bool broken; // more bits were read than there are
    uint32_t side;
    uint64_t mask;
    const uint16_t *under;
    uint16_t *cells;
    int32_t last;
    uint32_t run, left;
    bool run_known, first;
    uint32_t sum, count;
};

static uint32_t bits(struct layer *l, uint32_t n)
{
    uint32_t value = 0;
    while (n-- > 0) {
        if (l->bit >= l->bit_count) {
            l->broken = true;
            return 0;
        }
        value = value * 2 + ((l->bytes[l->bit / 8] & (128U >> l->bit % 8)) != 0);
        l->bit++;
    }
    return value;
}

static bool is_coded(const struct layer *l, uint32_t x, uint32_t y)
{
    uint32_t block = l->side / 8;
    assert(block > 0); // a window has 64 cells a side or more
    return ((l->mask >> (8 * (y / block) + x / block)) & 1) != 0;
}

static int32_t over_of(const struct layer *l, uint32_t x, uint32_t y)
{
    if (l->under == NULL || l->under[y * l->side + x] == SIM_CELL_UNKNOWN)
        return 0;
    return l->under[y * l->side + x];
}

// The v of a neighbour; false: missing.
static bool neighbour(const struct layer *l, int64_t x, int64_t y, int32_t *v)
{
    if (x < 0 || y < 0)
        return false;
    uint16_t cell = l->cells[(size_t)y * l->side + (size_t)x];
    *v = cell - over_of(l, (uint32_t)x, (uint32_t)y);
    return cell != SIM_CELL_UNKNOWN;
}

static int32_t guess_at(const struct layer *l, uint32_t x, uint32_t y)
{
    int32_t w, s, sw;
    bool has_w = neighbour(l, (int64_t)x - 1, y, &w);
    bool has_s = neighbour(l, x, (int64_t)y - 1, &s);
    if (!has_w)
        return has_s ? s : l->last;
    if (!has_s || !neighbour(l, (int64_t)x - 1, (int64_t)y - 1, &sw))
        return w;
    int32_t more = w > s ? w : s, less = w > s ? s : w;
    return sw >= more ? less : sw <= less ? more : w + s - sw;
}

static int32_t residual(struct layer *l)
{
    uint32_t k = 0, q = 0;
    while (k < 14 && ((uint64_t)l->count << k) < l->sum)
        k++;
    while (q < 20 && bits(l, 1) == 1)
        q++;
    uint32_t u = q == 20 ? bits(l, 16) : (q << k) + bits(l, k);
    l->sum += (u + 1) >> 1;
    l->count++;
    if (l->count == 64) {
        l->sum >>= 1;
        l->count >>= 1;
    }
    return u % 2 == 0 ? (int32_t)(u / 2) : -(int32_t)((u + 1) / 2);
}

static bool next_run(struct layer *l)
{
    l->run_known = l->first ? bits(l, 1) == 1 : !l->run_known;
    l->first = false;
    uint32_t zeros = 0;
    while (!l->broken && zeros < 18 && bits(l, 1) == 0)
        zeros++;
    if (zeros == 18)
        return false;
    l->run = (1U << zeros) + bits(l, zeros);
    return !l->broken && l->run <= l->left;
}

static bool coded_cell(struct layer *l, uint32_t x, uint32_t y)
{
    if (l->run == 0 && !next_run(l))
        return false;
    l->run--;
    l->left--;
    uint16_t *cell = &l->cells[y * l->side + x];
    *cell = SIM_CELL_UNKNOWN;
    if (!l->run_known)
        return true;
    int32_t over = over_of(l, x, y);
    *cell = (uint16_t)((over + guess_at(l, x, y) + residual(l)) & 0xFFFF);
    l->last = *cell - over;
    return !l->broken && *cell != SIM_CELL_UNKNOWN;
}

static bool base_cell(const struct layer *l, struct sim_layer_base base, uint32_t x, uint32_t y)
{
    int64_t from_x = x + base.east, from_y = y + base.north;
    if (base.cells == NULL || from_x < 0 || from_y < 0 || from_x >= l->side
        || from_y >= l->side)
        return false;
    l->cells[y * l->side + x] = base.cells[(size_t)from_y * l->side + (size_t)from_x];
    return true;
}

static bool every_cell(struct layer *l, struct sim_layer_base base, bool raw)
{
    for (uint32_t y = 0; y < l->side; y++)
        for (uint32_t x = 0; x < l->side; x++) {
            bool good = true;
            if (!is_coded(l, x, y))
                good = base_cell(l, base, x, y);
            else if (raw)
                l->cells[y * l->side + x] = (uint16_t)bits(l, 16);
            else
                good = coded_cell(l, x, y);
            if (!good || l->broken)
                return false;
        }
    return l->run == 0 && l->bit_count - l->bit < 8
           && bits(l, (uint32_t)(l->bit_count - l->bit)) == 0;
}

enum drf_status sim_layer_decode(const uint8_t *bytes, size_t size, uint32_t side,
                                 struct sim_layer_base base, const uint16_t *under,
                                 uint16_t *cells)
{
    struct layer l = {
        .side = side, .under = under, .cells = cells, .first = true, .sum = 4, .count = 1};
    uint8_t form = size > 0 ? bytes[0] : 2;
    size_t head = size > 0 ? 1 : 0;
    if (form == 3 && under != NULL && size == 1) {
        for (uint32_t i = 0; i < side * side; i++)
            cells[i] = under[i];
        return DRF_OK;
    }
    if (form < 1 || form > 5 || form == 3)
        return DRF_ERR_SYNTAX;
    l.mask = size == 0 ? 0 : UINT64_MAX;
    if (size > 0 && (form == 2 || form == 5)) {
        if (size < 9)
            return DRF_ERR_SYNTAX;
        for (; head < 9; head++)
            l.mask = l.mask << 8 | bytes[head];
    }
    for (int block = 0; block < 64; block++)
        l.left += ((l.mask >> block) & 1) != 0 ? side / 8 * (side / 8) : 0;
    l.bytes = size > 0 ? bytes + head : NULL;
    l.bit_count = 8 * (size - head);
    return every_cell(&l, base, form >= 4) ? DRF_OK : DRF_ERR_SYNTAX;
}
