// SPDX-License-Identifier: Apache-2.0
#include "fusion/store/store_png.h"

#include <png.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "geo/cells.h"

enum { ROOM_FIRST = 96 << 10 };

struct sink {
    uint8_t *bytes;
    size_t size, room;
};

static void take(png_structp png, png_bytep data, size_t size)
{
    struct sink *sink = png_get_io_ptr(png);
    if (size > sink->room - sink->size) {
        const size_t room = (sink->room + size) * 2;
        uint8_t *bytes = realloc(sink->bytes, room);
        if (bytes == NULL)
            png_error(png, "no memory");
        sink->bytes = bytes;
        sink->room = room;
    }
    memcpy(sink->bytes + sink->size, data, size);
    sink->size += size;
}

static void flush_nothing(png_structp png) { (void)png; }

// libpng would print; what went wrong is the status.
static void ignore_warning(png_structp png, png_const_charp text)
{
    (void)png;
    (void)text;
}

static void leave(png_structp png, png_const_charp text)
{
    (void)text;
    png_longjmp(png, 1);
}

static void write_rows(png_structp png, png_infop info, const uint16_t *cells)
{
    png_byte row[GEO_CELLS_SIDE * 2];
    png_set_IHDR(png, info, GEO_CELLS_SIDE, GEO_CELLS_SIDE, 16, PNG_COLOR_TYPE_GRAY,
                 PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_set_compression_level(png, 1);
    png_set_filter(png, PNG_FILTER_TYPE_BASE, PNG_FILTER_UP);
    png_write_info(png, info);
    for (size_t r = 0; r < GEO_CELLS_SIDE; r++) {
        for (size_t c = 0; c < GEO_CELLS_SIDE; c++) {
            const uint16_t cell = cells[r * GEO_CELLS_SIDE + c];
            row[2 * c] = (png_byte)(cell >> 8);
            row[2 * c + 1] = (png_byte)(cell & 0xff);
        }
        png_write_row(png, row);
    }
    png_write_end(png, info);
}

// All that longjmp may cross is here: no local of it is read afterwards.
static bool write_guarded(png_structp png, png_infop info, struct sink *sink,
                          const uint16_t *cells)
{
    if (setjmp(png_jmpbuf(png)) != 0)
        return false;
    png_set_write_fn(png, sink, take, flush_nothing);
    write_rows(png, info, cells);
    return true;
}

enum drf_status store_png_encode(const uint16_t *cells, uint8_t **bytes, size_t *size)
{
    struct sink sink = {.bytes = malloc(ROOM_FIRST), .room = ROOM_FIRST};
    png_structp png =
        png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, leave, ignore_warning);
    png_infop info = png != NULL ? png_create_info_struct(png) : NULL;
    const bool written =
        sink.bytes != NULL && info != NULL && write_guarded(png, info, &sink, cells);
    png_destroy_write_struct(&png, &info);
    if (!written) {
        free(sink.bytes);
        return DRF_ERR_NOMEM;
    }
    *bytes = sink.bytes;
    *size = sink.size;
    return DRF_OK;
}

struct source {
    const uint8_t *bytes;
    size_t left;
};

static void give(png_structp png, png_bytep data, size_t size)
{
    struct source *source = png_get_io_ptr(png);
    if (size > source->left)
        png_error(png, "cut off");
    memcpy(data, source->bytes, size);
    source->bytes += size;
    source->left -= size;
}

static void read_rows(png_structp png, png_infop info, uint16_t *cells)
{
    png_byte row[GEO_CELLS_SIDE * 2];
    png_read_info(png, info);
    if (png_get_image_width(png, info) != GEO_CELLS_SIDE
        || png_get_image_height(png, info) != GEO_CELLS_SIDE
        || png_get_bit_depth(png, info) != 16
        || png_get_color_type(png, info) != PNG_COLOR_TYPE_GRAY
        || png_get_interlace_type(png, info) != PNG_INTERLACE_NONE)
        png_error(png, "not a tile");
    for (size_t r = 0; r < GEO_CELLS_SIDE; r++) {
        png_read_row(png, row, NULL);
        for (size_t c = 0; c < GEO_CELLS_SIDE; c++)
            cells[r * GEO_CELLS_SIDE + c] = (uint16_t)(row[2 * c] << 8 | row[2 * c + 1]);
    }
}

static bool read_guarded(png_structp png, png_infop info, struct source *source,
                         uint16_t *cells)
{
    if (setjmp(png_jmpbuf(png)) != 0)
        return false;
    png_set_read_fn(png, source, give);
    read_rows(png, info, cells);
    return true;
}

enum drf_status store_png_decode(const uint8_t *bytes, size_t size, uint16_t *cells)
{
    struct source source = {.bytes = bytes, .left = size};
    png_structp png =
        png_create_read_struct(PNG_LIBPNG_VER_STRING, NULL, leave, ignore_warning);
    png_infop info = png != NULL ? png_create_info_struct(png) : NULL;
    const bool made = info != NULL;
    const bool read = made && read_guarded(png, info, &source, cells);
    png_destroy_read_struct(&png, &info, NULL);
    return !made ? DRF_ERR_NOMEM : read ? DRF_OK : DRF_ERR_SYNTAX;
}
