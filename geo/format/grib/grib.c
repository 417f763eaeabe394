// SPDX-License-Identifier: Apache-2.0
// One field after the other: the frame cuts it out (grib_frame.c), ecCodes gives its keys
// (grib_keys.c), tables say whether it is of use (grib_origin.c, grib_parameter.c) and where it
// lies (grib_grid.c); only then its values are unpacked, and the part in the region is kept. A
// field that is refused, passed over or elsewhere is counted, and the next one is read.
#include "geo/format/grib/grib.h"

#include <eccodes.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "geo/format/grib/grib_facts.h"
#include "geo/format/grib/grib_frame.h"
#include "geo/format/grib/grib_grid.h"
#include "geo/format/grib/grib_keys.h"
#include "geo/format/grib/grib_origin.h"
#include "geo/format/grib/grib_parameter.h"
#include "geo/record/decode_counts.h"
#include "geo/record/refusal.h"

#define VOID_VALUE (-1e300) // what ecCodes writes where the bitmap has no value

enum {
    NAMES_ROOM = 96,
    UNPACKED_FACTOR = 8, // all fields of a message together, in largest grids
};

struct job {
    const struct geo_decode_params *params;
    struct geo_record_builder *builder;
    struct geo_decode_counts counts;
    uint64_t no_use;   // ignored fields
    uint64_t unpacked; // values so far
    bool meant;        // the present field is of a quantity that is used
    int64_t valid_until_utc_us;
    char names[NAMES_ROOM];
    double *values;
    float *cut;
    size_t values_room, cut_room; // in elements
};

// ecCodes would write to stderr; what it cannot read shows in the statuses below.
static void keep_quiet(const codes_context *context, int level, const char *message)
{
    (void)context;
    (void)level;
    (void)message;
}

static bool grown(void **array, size_t *room, size_t count, size_t element)
{
    if (count <= *room)
        return true;
    void *larger = count <= SIZE_MAX / element ? realloc(*array, count * element) : NULL;
    if (larger == NULL)
        return false;
    *array = larger;
    *room = count;
    return true;
}

static enum drf_status unpack(struct job *job, codes_handle *handle, size_t count,
                              struct geo_note *why)
{
    size_t size = 0;
    if (codes_get_size(handle, "values", &size) != CODES_SUCCESS || size != count)
        return geo_refuse(why, GEO_REFUSAL_FORMAT, 0, "%zu values for %zu points", size, count);
    job->unpacked += count;
    if (job->unpacked > UNPACKED_FACTOR * job->params->pixels_max)
        return geo_refuse(why, GEO_REFUSAL_TOO_LARGE, 0, "too many values in one message");
    void *values = job->values;
    bool room = grown(&values, &job->values_room, count, sizeof *job->values);
    job->values = values;
    if (!room)
        return geo_refuse(why, GEO_REFUSAL_MEMORY, 0, "no memory for %zu values", count);
    int error = codes_set_double(handle, "missingValue", VOID_VALUE);
    if (error == CODES_SUCCESS)
        error = codes_get_double_array(handle, "values", job->values, &size);
    if (error != CODES_SUCCESS || size != count)
        return geo_refuse(why, GEO_REFUSAL_FORMAT, 0, "values cannot be unpacked: %s",
                          codes_get_error_message(error));
    return DRF_OK;
}

// Packed values are rounded: the feed's own void is met to six digits.
static bool configured_void(const struct geo_decode_params *params, double raw)
{
    return params->has_nodata
           && fabs(raw - params->nodata) <= 1e-6 * fmax(1.0, fabs(params->nodata));
}

// The values inside the window in SI units, in the order of struct geo_field.
static enum drf_status cut_values(struct job *job, const struct geo_grib_points *points,
                                  const struct geo_grid *grid, struct geo_grib_window window,
                                  const struct geo_grib_parameter *meaning,
                                  struct geo_note *why)
{
    size_t count = (size_t)window.ni * window.nj, known = 0;
    void *cut = job->cut;
    bool room = grown(&cut, &job->cut_room, count, sizeof *job->cut);
    job->cut = cut;
    if (!room)
        return geo_refuse(why, GEO_REFUSAL_MEMORY, 0, "no memory for %zu values", count);
    for (size_t at = 0; at < count; at++) {
        uint32_t i = (uint32_t)((window.i0 + at % window.ni) % grid->ni);
        uint32_t j = window.j0 + (uint32_t)(at / window.ni);
        double raw = job->values[geo_grib_index(points, i, j)], value = raw * meaning->scale;
        job->cut[at] = NAN;
        if (raw == VOID_VALUE || raw < meaning->floor || configured_void(job->params, raw))
            continue;
        if (!(value >= meaning->least && value <= meaning->most))
            return geo_refuse(why, GEO_REFUSAL_RANGE, 0, "a value of %g, possible are %g to %g",
                              value, meaning->least, meaning->most);
        if (meaning->not_negative && value < -meaning->noise)
            continue;
        job->cut[at] = (float)(meaning->not_negative && value < 0 ? 0.0 : value);
        known++;
    }
    if (known == 0)
        return geo_refuse(why, GEO_REFUSAL_NO_VALUES, 0, "no value known inside the region");
    return DRF_OK;
}

// Where a field lies that is of use here, and could not be understood; false: not known, or not
// in the region. A projected grid may lie anywhere in it.
static bool field_box(const struct job *job, codes_handle *handle, struct geo_bounds *out)
{
    struct geo_grib_points points;
    struct geo_grib_window window;
    struct geo_grid grid;
    struct geo_note why;
    geo_grib_keys_points(handle, &points);
    if (geo_grib_grid_of(&points, &grid, &why) != DRF_OK
        || geo_grib_window_of(&grid, job->params->keep, &window, &why) != DRF_OK)
        return false;
    struct geo_grid cut = geo_grib_grid_cut(&grid, window);
    *out = job->params->keep;
    if (cut.kind != GEO_GRID_LATLON || cut.whole_circle != 0)
        return true;
    double north = cut.y0 + (cut.nj - 1.0) * cut.dy, east = cut.x0 + (cut.ni - 1.0) * cut.dx;
    *out = (struct geo_bounds){.west_deg = cut.x0,
                               .south_deg = fmin(cut.y0, north),
                               .east_deg = east > 180.0 ? east - 360.0 : east,
                               .north_deg = fmax(cut.y0, north)};
    return true;
}

static enum drf_status read_field(struct job *job, codes_handle *handle, struct geo_field *head,
                                  struct geo_note *why)
{
    struct geo_grib_product product;
    struct geo_grib_points points;
    struct geo_grib_parameter meaning;
    struct geo_grib_window window;
    struct geo_grid grid;
    geo_grib_keys_product(handle, &product);
    job->meant = false;
    job->valid_until_utc_us = GEO_UNREADABLE_NO_END_US;
    enum drf_status status = geo_grib_origin_check(&product, job->params, why);
    if (status != DRF_OK)
        return status;
    status = geo_grib_parameter_of(&product, &meaning, why);
    job->meant = status != DRF_ERR_ABSENT;
    if (status != DRF_OK)
        return status;
    job->valid_until_utc_us = meaning.head.valid_until_utc_us + job->params->valid_for_us;
    geo_grib_keys_points(handle, &points);
    status = geo_grib_grid_of(&points, &grid, why);
    if (status == DRF_OK)
        status = geo_grib_window_of(&grid, job->params->keep, &window, why);
    if (status == DRF_OK)
        status = unpack(job, handle, (size_t)points.count, why);
    if (status == DRF_OK)
        status = cut_values(job, &points, &grid, window, &meaning, why);
    if (status != DRF_OK)
        return status;
    *head = meaning.head;
    head->grid = geo_grib_grid_cut(&grid, window);
    bool wind = head->variable == GEO_WIND_U || head->variable == GEO_WIND_V;
    head->wind_grid_relative = wind && points.grid_relative;
    return DRF_OK;
}

static void pass_over(struct job *job, codes_handle *handle, const struct geo_note *reason)
{
    char name[GEO_GRIB_NAME_SIZE + 32];
    size_t used = strlen(job->names);
    job->no_use++;
    geo_grib_keys_name(handle, name);
    if (reason->code == GEO_REFUSAL_IGNORED)
        (void)snprintf(name + strlen(name), sizeof name - strlen(name), " (%.28s)",
                       reason->text);
    if (strstr(job->names, name) == NULL && used + strlen(name) + 3 < sizeof job->names)
        (void)snprintf(job->names + used, sizeof job->names - used, "%s%s",
                       used > 0 ? ", " : "", name);
}

static enum drf_status refuse_field(struct job *job, codes_handle *handle, uint64_t message,
                                    const struct geo_note *reason)
{
    struct geo_note note;
    char name[GEO_GRIB_NAME_SIZE] = "?";
    if (handle != NULL)
        geo_grib_keys_name(handle, name);
    enum drf_status status =
        geo_refuse(&note, (enum geo_refusal_code)reason->code, message,
                   "message %" PRIu64 ", %s: %s", message, name, reason->text);
    if (status == DRF_ERR_NOMEM)
        return status;
    // A quantity that is used, in the region, and not understood is no hole without a trace.
    struct geo_bounds box;
    bool marked = (note.code == GEO_REFUSAL_FORMAT || note.code == GEO_REFUSAL_RANGE)
                  && handle != NULL && job->meant && field_box(job, handle, &box);
    return geo_decode_counts_unreadable(&job->counts, job->builder, &note, job->params->keep,
                                        marked ? "" : NULL, marked ? &box : NULL,
                                        job->valid_until_utc_us);
}

static enum drf_status take_field(struct job *job, struct geo_grib_bytes bytes,
                                  uint64_t message)
{
    struct geo_note why = {.code = GEO_REFUSAL_FORMAT, .text = "not readable as GRIB"};
    struct geo_field head;
    codes_handle *handle = codes_handle_new_from_message_copy(NULL, bytes.bytes, bytes.size);
    if (handle == NULL)
        return refuse_field(job, NULL, message, &why);
    enum drf_status status = read_field(job, handle, &head, &why);
    if (status == DRF_OK) {
        job->counts.kept++;
        status = geo_record_add(job->builder, GEO_ITEM_FIELD, &head, sizeof head, job->cut,
                                (size_t)head.grid.ni * head.grid.nj * sizeof *job->cut);
    } else if (status == DRF_ERR_ABSENT) {
        pass_over(job, handle, &why);
        status = DRF_OK;
    } else if (why.code == GEO_REFUSAL_OUT_OF_REGION) {
        job->counts.out_of_region++;
        status = DRF_OK;
    } else {
        status = refuse_field(job, handle, message, &why);
    }
    codes_handle_delete(handle);
    return status;
}

static enum drf_status take_all(struct job *job, const uint8_t *bytes, size_t size)
{
    struct geo_grib_frame frame;
    struct geo_grib_bytes field;
    enum drf_status status = DRF_OK;
    geo_grib_frame_open(&frame, bytes, size, job->params->pixels_max);
    while (status == DRF_OK) {
        struct geo_note why;
        enum drf_status next = geo_grib_frame_next(&frame, &field, &why);
        if (next == DRF_ERR_ABSENT)
            break;
        if (next == DRF_ERR_NOMEM)
            status = next;
        else if (next != DRF_OK)
            status = geo_decode_counts_refuse(&job->counts, job->builder, &why);
        else
            status = take_field(job, field, frame.message);
    }
    geo_grib_frame_close(&frame);
    return status;
}

static enum drf_status finish(struct job *job, struct geo_note *why)
{
    const struct geo_decode_counts *counts = &job->counts;
    bool nothing = counts->kept == 0 && counts->refused == 0 && counts->out_of_region == 0;
    if (job->no_use > 0 && nothing)
        return geo_refuse(why, GEO_REFUSAL_IGNORED, 0,
                          "nothing of use here in %" PRIu64 " fields: %s", job->no_use,
                          job->names);
    if (job->no_use > 0 && counts->kept > 0) {
        struct geo_note note = {.code = GEO_REFUSAL_IGNORED, .count = (uint32_t)job->no_use};
        char text[sizeof note.text];
        (void)snprintf(text, sizeof text, "%" PRIu64 " ignored fields: %s", job->no_use,
                       job->names);
        geo_text_copy(note.text, sizeof note.text, text, strlen(text));
        enum drf_status status =
            geo_record_add(job->builder, GEO_ITEM_NOTE, &note, sizeof note, NULL, 0);
        if (status != DRF_OK)
            return status;
    }
    return geo_decode_counts_finish(counts, "fields", job->builder, why);
}

enum drf_status geo_grib_decode(const struct geo_decode_params *params, const uint8_t *bytes,
                                size_t size, struct geo_record_builder *builder,
                                struct geo_note *why)
{
    struct job job = {.params = params, .builder = builder};
    codes_context_set_logging_proc(NULL, keep_quiet);
    enum drf_status status = take_all(&job, bytes, size);
    if (status == DRF_OK)
        status = finish(&job, why);
    free(job.values);
    free(job.cut);
    return status;
}

const char *geo_grib_library(void)
{
    return ECCODES_VERSION_STR; // the one that was compiled against: its functions print no
                                // other
}
