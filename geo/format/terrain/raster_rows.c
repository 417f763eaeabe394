// SPDX-License-Identifier: Apache-2.0
#include "geo/format/terrain/raster_rows.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "geo/format/terrain/raster.h"
#include "geo/record/refusal.h"

struct raster_rows {
    struct raster_rows_config config;
    float *values;          // rows first .. first + count - 1
    uint32_t count, room;   // rows
    uint32_t checked, keep; // rows above `checked` were read before, above `keep` may go
    uint64_t known;
    bool damaged, out_of_memory, wrong;
    uint32_t wrong_row, wrong_column;
    float wrong_raw;
    double wrong_m;
};

enum drf_status raster_rows_open(const struct raster_rows_config *config,
                                 struct raster_rows **out)
{
    struct raster_rows *rows = calloc(1, sizeof *rows);
    if (rows == NULL)
        return DRF_ERR_NOMEM;
    rows->config = *config;
    config->samples->values = NULL;
    config->samples->first_row = 0;
    *out = rows;
    return DRF_OK;
}

void raster_rows_close(struct raster_rows *rows)
{
    if (rows == NULL)
        return;
    free(rows->values);
    free(rows);
}

static bool is_nodata(const struct raster_rows_config *config, float value)
{
    return (config->has_nodata[0] && value == config->nodata[0])
           || (config->has_nodata[1] && value == config->nodata[1]);
}

// Raw values to metres; unknown becomes NaN.
static bool to_metres(struct raster_rows *rows, float *values, uint32_t first, uint32_t count)
{
    const size_t width = rows->config.samples->width, all = count * width;
    const double scale = rows->config.scale_m, offset = rows->config.offset_m;
    uint64_t known = 0;
    for (size_t i = 0; i < all; i++) {
        if (isnan(values[i]))
            continue;
        if (is_nodata(&rows->config, values[i])) {
            values[i] = NAN;
            continue;
        }
        double height_m = (double)values[i] * scale + offset;
        if (!(height_m >= GEO_RASTER_MIN_M && height_m <= GEO_RASTER_MAX_M)) {
            rows->wrong = true;
            rows->wrong_row = first + (uint32_t)(i / width);
            rows->wrong_column = (uint32_t)(i % width);
            rows->wrong_raw = values[i];
            rows->wrong_m = height_m;
            return false;
        }
        values[i] = (float)height_m;
        known++;
    }
    if (first >= rows->checked)
        rows->known += known;
    return true;
}

static bool make_room(struct raster_rows *rows, uint32_t more)
{
    struct geo_samples *samples = rows->config.samples;
    const uint32_t over = rows->keep > samples->first_row ? rows->keep - samples->first_row : 0;
    const uint32_t gone = over < rows->count ? over : rows->count;
    if (rows->count + more > rows->room && gone > 0) {
        rows->count -= gone;
        samples->first_row += gone;
        memmove(rows->values, rows->values + (size_t)gone * samples->width,
                (size_t)rows->count * samples->width * sizeof *rows->values);
    }
    if (rows->count + more <= rows->room)
        return true;
    // A quarter more than needed: most rasters ask for the same number of rows again and again.
    uint32_t room = rows->count + more + (rows->count + more) / 4;
    room = room < samples->height ? room : samples->height;
    float *values = realloc(rows->values, (size_t)room * samples->width * sizeof *rows->values);
    if (values == NULL) {
        rows->out_of_memory = true;
        return false;
    }
    rows->values = values;
    rows->room = room;
    samples->values = values;
    return true;
}

static bool failed(const struct raster_rows *rows)
{
    return rows->damaged || rows->out_of_memory || rows->wrong;
}

// The next chunk after those in memory.
static bool read_on(struct raster_rows *rows)
{
    struct geo_samples *samples = rows->config.samples;
    const uint32_t next = samples->first_row + rows->count, left = samples->height - next;
    const uint32_t count = rows->config.chunk < left ? rows->config.chunk : left;
    if (!make_room(rows, count))
        return false;
    float *values = rows->values + (size_t)rows->count * samples->width;
    if (!rows->config.read(rows->config.context, next, count, values)) {
        rows->damaged = true;
        return false;
    }
    const bool good = rows->wrong || to_metres(rows, values, next, count);
    rows->count += count;
    rows->checked = next + count > rows->checked ? next + count : rows->checked;
    return good;
}

void raster_rows_from(struct raster_rows *rows, double v)
{
    const double row = floor(v) - 2.0;
    rows->keep = row > 0.0 && row < rows->config.samples->height ? (uint32_t)row : 0;
}

bool raster_rows_need(struct raster_rows *rows, double v_first, double v_last)
{
    struct geo_samples *samples = rows->config.samples;
    const double low = floor(v_first) - 2.0, high = floor(v_last) + 3.0;
    if (failed(rows))
        return false;
    if (!(high > 0.0 && low < samples->height && low < high)) // not a number: nothing
        return true;
    const uint32_t first = low > 0.0 ? (uint32_t)low : 0;
    const uint32_t end = high < samples->height ? (uint32_t)high : samples->height;
    if (first >= samples->first_row && end <= samples->first_row + rows->count)
        return true;
    if (first < samples->first_row) { // again from a whole chunk on
        samples->first_row = first / rows->config.chunk * rows->config.chunk;
        rows->count = 0;
    }
    if (rows->keep > first)
        rows->keep = first;
    while (samples->first_row + rows->count < end)
        if (!read_on(rows))
            return false;
    return true;
}

enum drf_status raster_rows_finish(struct raster_rows *rows, const char *damage,
                                   struct geo_note *why)
{
    struct geo_samples *samples = rows->config.samples;
    // To the end also after a height out of range: damage is told before it.
    while (!rows->damaged && !rows->out_of_memory && rows->checked < samples->height) {
        samples->first_row = rows->checked;
        rows->count = 0;
        (void)read_on(rows); // what is wrong is noted
    }
    if (rows->out_of_memory)
        return geo_refuse(why, GEO_REFUSAL_MEMORY, 0, "no memory for rows of %lu pixels",
                          (unsigned long)samples->width);
    if (rows->damaged)
        return geo_refuse(why, GEO_REFUSAL_FORMAT, 0, "damaged: %s", damage);
    if (rows->wrong)
        return geo_refuse(why, GEO_REFUSAL_RANGE, 0,
                          "height %g m at column %lu row %lu (raw %g; nodata not declared?)",
                          rows->wrong_m, (unsigned long)rows->wrong_column,
                          (unsigned long)rows->wrong_row, (double)rows->wrong_raw);
    if (rows->known == 0)
        return geo_refuse(why, GEO_REFUSAL_NO_VALUES, 0, "nothing but nodata");
    return DRF_OK;
}
