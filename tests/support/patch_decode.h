// tests/support/patch_decode.h - a decoder of patches: schemas/patch.md, coding 1.
// SPDX-License-Identifier: Apache-2.0
//
// What a client does with what fusion/context/patch.c wrote; the node itself never reads a
// patch. It shares no code with the encoder, so that a change of the coding in one of them
// shows. Any bytes are read safely.
#ifndef TESTS_SUPPORT_PATCH_DECODE_H
#define TESTS_SUPPORT_PATCH_DECODE_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "fusion/context/patch_window.h"
#include "geo/cells.h"
#include "geo/status.h"

enum patch_form {
    PATCH_CODED = 1,
    PATCH_CODED_SOME = 2,
    PATCH_AS_UNDER = 3,
    PATCH_RAW = 4,
    PATCH_RAW_SOME = 5
};

enum {
    PATCH_BLOCKS = 8,
    PATCH_NOTHING = INT32_MIN, // a neighbour that is unknown or outside
    PATCH_MASK_BYTES = 8,
    PATCH_RICE_ONES_MAX = 20,
    PATCH_RICE_K_MAX = 14,
    PATCH_RICE_RESET = 64,
};

// What the reader holds.
struct patch_base {
    struct fusion_patch_window window;
    const uint16_t *cells; // NULL: none, only key frames can be read
};

struct patch_bits {
    const uint8_t *bytes;
    size_t size_bits, at;
    bool over; // more was asked for than is there; zeros were given
};

static inline struct patch_bits patch_bits_of(const uint8_t *bytes, size_t size)
{
    return (struct patch_bits){.bytes = bytes, .size_bits = size * 8};
}

static inline uint32_t patch_take(struct patch_bits *in, uint32_t count)
{
    if (in->size_bits - in->at < count) {
        in->over = true;
        in->at = in->size_bits;
        return 0;
    }
    uint32_t value = 0;
    for (; count > 0; count--, in->at++)
        value = value << 1 | ((uint32_t)in->bytes[in->at / 8] >> (7 - in->at % 8) & 1U);
    return value;
}

// 0: no such code.
static inline uint32_t patch_take_gamma(struct patch_bits *in)
{
    uint32_t width = 0;
    while (!in->over && patch_take(in, 1) == 0)
        if (++width > 17)
            return 0;
    return in->over ? 0 : UINT32_C(1) << width | patch_take(in, width);
}

// At the end, but for fewer than eight zero bits.
static inline bool patch_done(struct patch_bits *in)
{
    size_t left = in->size_bits - in->at;
    return !in->over && left < 8 && patch_take(in, (uint32_t)left) == 0;
}

struct patch_rice {
    uint32_t sum, count;
};

static inline struct patch_rice patch_rice_begin(void)
{
    return (struct patch_rice){.sum = 4, .count = 1};
}

static inline uint32_t patch_rice_k(const struct patch_rice *rice)
{
    uint32_t k = 0;
    while (k < PATCH_RICE_K_MAX && rice->count << k < rice->sum)
        k++;
    return k;
}

static inline void patch_rice_learn(struct patch_rice *rice, uint32_t folded)
{
    rice->sum += (folded + 1) / 2;
    if (++rice->count == PATCH_RICE_RESET) {
        rice->sum /= 2;
        rice->count /= 2;
    }
}

static inline int32_t patch_rice_take(struct patch_rice *rice, struct patch_bits *in)
{
    uint32_t k = patch_rice_k(rice), ones = 0;
    while (ones < PATCH_RICE_ONES_MAX && patch_take(in, 1) == 1)
        ones++;
    uint32_t folded =
        ones < PATCH_RICE_ONES_MAX ? ones << k | patch_take(in, k) : patch_take(in, 16);
    patch_rice_learn(rice, folded);
    return (folded & 1) != 0 ? -(int32_t)(folded / 2) - 1 : (int32_t)(folded / 2);
}

// A row of heights, or of heights over what lies under them, with one place before its first.
struct patch_line {
    int32_t at[1 + FUSION_PATCH_WINDOW_SIDE_MAX];
};

static inline int32_t patch_over(const uint16_t *cells, const uint16_t *under, size_t i)
{
    if (cells[i] == GEO_CELL_UNKNOWN)
        return PATCH_NOTHING;
    return cells[i] - (under != NULL && under[i] != GEO_CELL_UNKNOWN ? under[i] : 0);
}

static inline void patch_fill_line(struct patch_line *line, const uint16_t *cells,
                                   const uint16_t *under, uint32_t side)
{
    line->at[0] = PATCH_NOTHING;
    for (uint32_t x = 0; x < side; x++)
        line->at[1 + x] = patch_over(cells, under, x);
}

// The median of the two neighbours and of the plane through three, where all are known.
static inline int32_t patch_predict(int32_t west, int32_t south, int32_t south_west,
                                    int32_t last)
{
    if (west == PATCH_NOTHING)
        return south == PATCH_NOTHING ? last : south;
    if (south == PATCH_NOTHING || south_west == PATCH_NOTHING)
        return west;
    int32_t low = west < south ? west : south, high = west < south ? south : west;
    if (south_west >= high)
        return low;
    return south_west <= low ? high : west + south - south_west;
}

static inline bool patch_block_coded(uint64_t news, uint32_t y, uint32_t x, uint32_t step)
{
    return (news >> (y / step * PATCH_BLOCKS + x / step) & 1) != 0;
}

static inline uint32_t patch_coded_count(uint64_t news, uint32_t side)
{
    uint32_t blocks = 0, step = side / PATCH_BLOCKS;
    for (uint64_t left = news; left != 0; left &= left - 1)
        blocks++;
    return blocks * step * step;
}

// Cells of the base at their new place; true: everything that `news` leaves out is there.
static inline bool patch_take_base(struct fusion_patch_window window,
                                   const struct patch_base *base, uint64_t news,
                                   uint16_t *cells)
{
    int32_t east = 0, north = 0, side = window.side, step = side / PATCH_BLOCKS;
    bool some = base != NULL && base->cells != NULL
                && fusion_patch_window_shift(base->window, window, &east, &north);
    for (int32_t y = 0; y < side; y++)
        for (int32_t x = 0; x < side; x += step) {
            uint16_t *to = cells + (size_t)y * (size_t)side + x;
            if (patch_block_coded(news, (uint32_t)y, (uint32_t)x, (uint32_t)step)) {
                memset(to, 0xFF, (size_t)step * sizeof *to);
                continue;
            }
            int32_t from_x = x + east, from_y = y + north;
            if (!some || from_x < 0 || from_x + step > side || from_y < 0 || from_y >= side)
                return false;
            memcpy(to, base->cells + (size_t)from_y * (size_t)side + from_x,
                   (size_t)step * sizeof *to);
        }
    return true;
}

struct patch_reader {
    struct patch_bits in;
    struct patch_rice rice;
    uint32_t run, left; // of coded cells
    int32_t last;
    bool begun, known;
};

static inline bool patch_read_run(struct patch_reader *r)
{
    r->known = r->begun ? !r->known : patch_take(&r->in, 1) != 0;
    r->begun = true;
    r->run = patch_take_gamma(&r->in);
    return r->run > 0 && r->run <= r->left && !r->in.over;
}

static inline bool patch_read_row(struct patch_reader *r, uint32_t side, uint64_t news,
                                  uint32_t y, const struct patch_line *south,
                                  const uint16_t *under, struct patch_line *line, uint16_t *row)
{
    for (uint32_t x = 0; x < side; x++) {
        if (!patch_block_coded(news, y, x, side / PATCH_BLOCKS))
            continue;
        if (r->run == 0 && !patch_read_run(r))
            return false;
        r->run--;
        r->left--;
        if (!r->known) {
            line->at[1 + x] = PATCH_NOTHING;
            continue;
        }
        int32_t value = patch_predict(line->at[x], south->at[1 + x], south->at[x], r->last)
                        + patch_rice_take(&r->rice, &r->in);
        int32_t floor = under != NULL && under[x] != GEO_CELL_UNKNOWN ? under[x] : 0;
        row[x] = (uint16_t)(floor + value);
        if (row[x] == GEO_CELL_UNKNOWN || r->in.over)
            return false;
        r->last = line->at[1 + x] = row[x] - floor;
    }
    return true;
}

static inline enum drf_status patch_read_coded(const uint8_t *bytes, size_t size, uint32_t side,
                                               uint64_t news, const uint16_t *under,
                                               uint16_t *cells)
{
    struct patch_reader r = {.in = patch_bits_of(bytes, size),
                             .rice = patch_rice_begin(),
                             .left = patch_coded_count(news, side)};
    struct patch_line lines[2];
    for (int32_t x = 0; x <= FUSION_PATCH_WINDOW_SIDE_MAX; x++)
        lines[1].at[x] = PATCH_NOTHING;
    for (uint32_t y = 0; y < side; y++) {
        size_t first = (size_t)y * side;
        struct patch_line *line = &lines[y & 1];
        const uint16_t *below = under != NULL ? under + first : NULL;
        patch_fill_line(line, cells + first, below, side);
        if (!patch_read_row(&r, side, news, y, &lines[(y & 1) ^ 1], below, line, cells + first))
            return DRF_ERR_SYNTAX;
    }
    return r.run == 0 && patch_done(&r.in) ? DRF_OK : DRF_ERR_SYNTAX;
}

static inline enum drf_status patch_read_raw(const uint8_t *bytes, size_t size, uint32_t side,
                                             uint64_t news, uint16_t *cells)
{
    if (size != 2 * (size_t)patch_coded_count(news, side))
        return DRF_ERR_SYNTAX;
    for (uint32_t y = 0; y < side; y++)
        for (uint32_t x = 0; x < side; x++)
            if (patch_block_coded(news, y, x, side / PATCH_BLOCKS)) {
                cells[(size_t)y * side + x] = (uint16_t)(bytes[0] << 8 | bytes[1]);
                bytes += 2;
            }
    return DRF_OK;
}

// Reads a layer into `cells`, side x side of them; they must not be those of the base. size 0:
// nothing is new. *news: the blocks that were coded. DRF_ERR_SYNTAX: not a layer, or it needs a
// base that does not hold what it takes from it; `cells` is then unspecified.
DRF_MUST_CHECK static inline enum drf_status patch_decode(const uint8_t *bytes, size_t size,
                                                          struct fusion_patch_window window,
                                                          const struct patch_base *base,
                                                          const uint16_t *under,
                                                          uint16_t *cells, uint64_t *news)
{
    assert(fusion_patch_window_valid(window));
    size_t count = (size_t)window.side * window.side;
    uint64_t mask = size == 0 ? 0 : UINT64_MAX;
    enum patch_form form = size == 0 ? PATCH_RAW_SOME : (enum patch_form)bytes[0];
    size_t head = size == 0 ? 0 : 1;
    if (form < PATCH_CODED || form > PATCH_RAW_SOME
        || (form == PATCH_AS_UNDER && (under == NULL || size != 1)))
        return DRF_ERR_SYNTAX;
    if (size > 0 && (form == PATCH_CODED_SOME || form == PATCH_RAW_SOME)) {
        if (size < 1 + PATCH_MASK_BYTES)
            return DRF_ERR_SYNTAX;
        mask = 0;
        for (int i = 0; i < PATCH_MASK_BYTES; i++)
            mask = mask << 8 | bytes[1 + i];
        head += PATCH_MASK_BYTES;
    }
    *news = mask;
    if (form == PATCH_AS_UNDER) {
        memcpy(cells, under, count * sizeof *cells);
        return DRF_OK;
    }
    if (!patch_take_base(window, base, mask, cells))
        return DRF_ERR_SYNTAX;
    bytes = size > 0 ? bytes + head : bytes;
    if (form == PATCH_RAW || form == PATCH_RAW_SOME)
        return patch_read_raw(bytes, size - head, window.side, mask, cells);
    return patch_read_coded(bytes, size - head, window.side, mask, under, cells);
}

#endif
