// SPDX-License-Identifier: Apache-2.0
#include "fusion/context/patch.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#include "fusion/context/patch_bits.h"
#include "geo/cells.h"

enum form { CODED = 1, CODED_SOME = 2, AS_UNDER = 3, RAW = 4, RAW_SOME = 5 };

enum {
    BLOCKS = FUSION_PATCH_WINDOW_BLOCKS_SIDE,
    NOTHING = INT32_MIN, // a neighbour that is unknown or outside
    MASK_BYTES = 8,
};

// A row of heights, or of heights over what lies under them, with one place before its first.
struct line {
    int32_t at[1 + FUSION_PATCH_WINDOW_SIDE_MAX];
};

static int32_t over(const uint16_t *cells, const uint16_t *under, size_t i)
{
    if (cells[i] == GEO_CELL_UNKNOWN)
        return NOTHING;
    return cells[i] - (under != NULL && under[i] != GEO_CELL_UNKNOWN ? under[i] : 0);
}

static void fill_line(struct line *line, const uint16_t *cells, const uint16_t *under,
                      uint32_t side)
{
    line->at[0] = NOTHING;
    for (uint32_t x = 0; x < side; x++)
        line->at[1 + x] = over(cells, under, x);
}

// The median of the two neighbours and of the plane through three, where all are known.
static int32_t predict(int32_t west, int32_t south, int32_t south_west, int32_t last)
{
    if (west == NOTHING)
        return south == NOTHING ? last : south;
    if (south == NOTHING || south_west == NOTHING)
        return west;
    int32_t low = west < south ? west : south, high = west < south ? south : west;
    if (south_west >= high)
        return low;
    return south_west <= low ? high : west + south - south_west;
}

static bool block_coded(uint64_t news, uint32_t y, uint32_t x, uint32_t step)
{
    return (news >> (y / step * BLOCKS + x / step) & 1) != 0;
}

static bool row_coded(uint64_t news, uint32_t y, uint32_t step)
{
    return (news >> (y / step * BLOCKS) & 0xFF) != 0;
}

// How many coded cells from here on are known, or unknown, alike.
static uint32_t run_from(const uint16_t *cells, uint32_t side, uint64_t news, size_t from)
{
    uint32_t step = side / BLOCKS, run = 0;
    bool known = cells[from] != GEO_CELL_UNKNOWN;
    for (size_t i = from; i < (size_t)side * side;) {
        uint32_t y = (uint32_t)(i / side), x = (uint32_t)(i % side);
        size_t end = i + step - x % step;
        if (block_coded(news, y, x, step))
            for (; i < end; i++, run++)
                if ((cells[i] != GEO_CELL_UNKNOWN) != known)
                    return run;
        i = end;
    }
    return run;
}

struct writer {
    struct fusion_bits_out out;
    struct fusion_rice rice;
    uint32_t run;
    int32_t last;
    bool begun;
};

static void write_block_row(struct writer *w, const uint16_t *cells, uint32_t side,
                            uint64_t news, size_t first, uint32_t x0, const struct line *south,
                            const struct line *line)
{
    for (uint32_t x = x0; x < x0 + side / BLOCKS; x++) {
        if (w->run == 0) {
            if (!w->begun)
                fusion_bits_put(&w->out, cells[first + x] != GEO_CELL_UNKNOWN, 1);
            w->begun = true;
            w->run = run_from(cells, side, news, first + x);
            fusion_bits_put_gamma(&w->out, w->run);
        }
        w->run--;
        int32_t value = line->at[1 + x];
        if (value == NOTHING)
            continue;
        int32_t guess = predict(line->at[x], south->at[1 + x], south->at[x], w->last);
        fusion_rice_put(&w->rice, &w->out, (int16_t)(uint16_t)(value - guess));
        w->last = value;
    }
}

static void write_coded(const uint16_t *cells, const uint16_t *under, uint32_t side,
                        uint64_t news, struct fusion_bits_out *out)
{
    struct writer w = {.out = *out, .rice = fusion_rice_begin()};
    struct line lines[2];
    uint32_t step = side / BLOCKS;
    bool have = false; // lines[y - 1 & 1] holds the row to the south
    for (int32_t x = 0; x <= FUSION_PATCH_WINDOW_SIDE_MAX; x++)
        lines[1].at[x] = NOTHING;
    for (uint32_t y = 0; y < side; y++) {
        if (!row_coded(news, y, step)) {
            have = false;
            continue;
        }
        size_t first = (size_t)y * side;
        struct line *line = &lines[y & 1], *south = &lines[(y & 1) ^ 1];
        if (!have && y > 0)
            fill_line(south, cells + first - side, under != NULL ? under + first - side : NULL,
                      side);
        fill_line(line, cells + first, under != NULL ? under + first : NULL, side);
        have = true;
        for (uint32_t x = 0; x < side; x += step)
            if (block_coded(news, y, x, step))
                write_block_row(&w, cells, side, news, first, x, south, line);
    }
    fusion_bits_end(&w.out);
    *out = w.out;
}

static size_t put_head(uint8_t *bytes, enum form form, uint64_t news)
{
    bytes[0] = (uint8_t)form;
    if (form != CODED_SOME && form != RAW_SOME)
        return 1;
    for (int i = 0; i < MASK_BYTES; i++)
        bytes[1 + i] = (uint8_t)(news >> (56 - 8 * i));
    return 1 + MASK_BYTES;
}

static uint32_t coded_count(uint64_t news, uint32_t side)
{
    uint32_t blocks = 0, step = side / BLOCKS;
    for (uint64_t left = news; left != 0; left &= left - 1)
        blocks++;
    return blocks * step * step;
}

static size_t write_raw(const uint16_t *cells, uint32_t side, uint64_t news, uint8_t *bytes)
{
    size_t at = 0;
    for (uint32_t y = 0; y < side; y++)
        for (uint32_t x = 0; x < side; x++)
            if (block_coded(news, y, x, side / BLOCKS)) {
                uint16_t cell = cells[(size_t)y * side + x];
                bytes[at++] = (uint8_t)(cell >> 8);
                bytes[at++] = (uint8_t)cell;
            }
    return at;
}

enum drf_status fusion_patch_encode(const uint16_t *cells, const uint16_t *under, uint16_t side,
                                    uint64_t news, uint8_t *bytes, size_t *size)
{
    assert(side == 64 || side == 128 || side == 256);
    bool whole = news == UINT64_MAX;
    size_t room = *size, raw = 2 * (size_t)coded_count(news, side);
    size_t head = whole ? 1 : 1 + MASK_BYTES;
    if (room < head)
        return DRF_ERR_FULL;
    if (under != NULL && memcmp(cells, under, (size_t)side * side * sizeof *cells) == 0) {
        *size = put_head(bytes, AS_UNDER, news);
        return DRF_OK;
    }
    // Where coding does not help, cells go as they are: that bounds the size.
    size_t most = room - head < raw ? room - head : raw;
    struct fusion_bits_out out = fusion_bits_write(bytes + head, most);
    write_coded(cells, under, side, news, &out);
    if (!out.full) {
        *size = put_head(bytes, whole ? CODED : CODED_SOME, news) + out.used;
        return DRF_OK;
    }
    if (room - head < raw)
        return DRF_ERR_FULL;
    (void)put_head(bytes, whole ? RAW : RAW_SOME, news);
    *size = head + write_raw(cells, side, news, bytes + head);
    return DRF_OK;
}
