// SPDX-License-Identifier: Apache-2.0
// Fields are read at fixed columns. The columns between them must be blank: a line that is
// shifted, or has lost a column, is found by that and not read as other numbers. Accuracy
// codes become half widths of a 95 % interval; unknown codes take the feed's defaults and a
// flag. Angles are summed in hundredths of a second, which is exact, and rounded once.
#include "geo/format/obstacle/dof_record.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "geo/cells.h"
#include "geo/format/obstacle/obstacle_output.h"
#include "geo/record/refusal.h"
#include "geo/utc.h"

#define FOOT_M 0.3048
#define NAUTICAL_MILE_M 1852.0
// What a record can hold (geo/cells.h).
#define AMSL_MIN_M (GEO_CELL_OFFSET_M)
#define HEIGHT_MAX_M (GEO_CELL_OFFSET_M + GEO_CELL_QUANTUM_M * GEO_CELL_MAX)

// A record's columns are numbered from 1 and both ends belong to the field, as in the FAA's
// description.
struct span {
    int first, last;
};

static const struct {
    struct span id, latitude, longitude, type, agl_ft, amsl_ft, date;
} spans = {
    .id = {1, 9},
    .latitude = {36, 47},
    .longitude = {49, 61},
    .type = {63, 80},
    .agl_ft = {84, 88},
    .amsl_ft = {90, 94},
    .date = {121, 127},
};

enum {
    VERIFIED = 11,
    QUANTITY = 82,
    LIGHTING = 96,
    HORIZONTAL = 98,
    VERTICAL = 100,
    MARKING = 102,
    ACTION = 119,
};

static char column(const struct geo_dof_line *line, int number)
{
    return line->text[number - 1];
}

static bool digit(char c) { return c >= '0' && c <= '9'; }

static bool blank(const struct geo_dof_line *line, struct span span)
{
    for (int i = span.first; i <= span.last; i++)
        if (column(line, i) != ' ')
            return false;
    return true;
}

// An integer that fills the span, leading blanks and one sign allowed.
static bool integer(const struct geo_dof_line *line, struct span span, int *out)
{
    int at = span.first, sign = 1, value = 0;
    while (at < span.last && column(line, at) == ' ')
        at++;
    if (at < span.last && (column(line, at) == '-' || column(line, at) == '+'))
        sign = column(line, at++) == '-' ? -1 : 1;
    for (; at <= span.last; at++) {
        if (!digit(column(line, at)))
            return false;
        value = value * 10 + (column(line, at) - '0');
    }
    *out = sign * value;
    return true;
}

// Copies a span without the blanks around it; false if a byte is not printable ASCII.
static bool trimmed(const struct geo_dof_line *line, struct span span, char *out, size_t room)
{
    while (span.first <= span.last && column(line, span.first) == ' ')
        span.first++;
    while (span.last >= span.first && column(line, span.last) == ' ')
        span.last--;
    size_t length = 0;
    for (int i = span.first; i <= span.last && length + 1 < room; i++) {
        char c = column(line, i);
        if (c < ' ' || c > '~')
            return false;
        out[length++] = c;
    }
    out[length] = '\0';
    return true;
}

// The columns between the fields. Detects a record that is shifted or has lost a column.
static bool separated(const struct geo_dof_line *line)
{
    static const int blanks[] = {10, 12, 35, 48,  62,  81,  83, 89,
                                 95, 97, 99, 101, 103, 118, 120};
    for (size_t i = 0; i < sizeof blanks / sizeof blanks[0]; i++)
        if (column(line, blanks[i]) != ' ')
            return false;
    return true;
}

// Degrees in `width` columns from `at`, then " MM SS.SS" and a hemisphere.
static bool angle(const struct geo_dof_line *line, int at, int width, char positive,
                  char negative, double *out_deg)
{
    int degrees, minutes, seconds, hundredths, minute_at = at + width + 1;
    for (int i = at; i < minute_at + 8; i++) {
        char c = column(line, i);
        char wanted = '0';
        if (i == minute_at - 1 || i == minute_at + 2)
            wanted = ' ';
        else if (i == minute_at + 5)
            wanted = '.';
        if (wanted == '0' ? !digit(c) : c != wanted)
            return false;
    }
    char hemisphere = column(line, minute_at + 8);
    if (hemisphere != positive && hemisphere != negative)
        return false;
    if (!integer(line, (struct span){at, at + width - 1}, &degrees)
        || !integer(line, (struct span){minute_at, minute_at + 1}, &minutes)
        || !integer(line, (struct span){minute_at + 3, minute_at + 4}, &seconds)
        || !integer(line, (struct span){minute_at + 6, minute_at + 7}, &hundredths))
        return false;
    if (minutes > 59 || seconds > 59) {
        *out_deg = (double)NAN;
        return true;
    }
    // One rounding: the sum in hundredths of a second is exact.
    int total = ((degrees * 60 + minutes) * 60 + seconds) * 100 + hundredths;
    *out_deg = (hemisphere == positive ? total : -total) / 360000.0;
    return true;
}

// The FAA's tolerance for an accuracy code, taken as the half width of the 95 % interval; 0 for
// unknown, NaN for a code that does not exist.
static double horizontal_m(char code)
{
    static const double known_m[] = {20 * FOOT_M,         50 * FOOT_M,    100 * FOOT_M,
                                     250 * FOOT_M,        500 * FOOT_M,   1000 * FOOT_M,
                                     NAUTICAL_MILE_M / 2, NAUTICAL_MILE_M};
    if (code == ' ' || code == '9')
        return 0;
    return code >= '1' && code <= '8' ? known_m[code - '1'] : (double)NAN;
}

static double vertical_m(char code)
{
    static const double known_m[] = {3 * FOOT_M,   10 * FOOT_M,  20 * FOOT_M,  50 * FOOT_M,
                                     125 * FOOT_M, 250 * FOOT_M, 500 * FOOT_M, 1000 * FOOT_M};
    if (code == ' ' || code == 'I')
        return 0;
    return code >= 'A' && code <= 'H' ? known_m[code - 'A'] : (double)NAN;
}

static enum drf_status bad(const struct geo_dof_line *line, enum geo_refusal_code code,
                           const char *what, struct span at, struct geo_note *why)
{
    return geo_refuse(why, code, line->number, "line %" PRIu64 ": %s (columns %d-%d: '%.*s')",
                      line->number, what, at.first, at.last, at.last - at.first + 1,
                      line->text + at.first - 1);
}

static enum drf_status read_identity(const struct geo_dof_line *line, struct geo_obstacle *out,
                                     struct geo_note *why)
{
    bool ok = trimmed(line, spans.id, out->id, sizeof out->id)
              && trimmed(line, spans.type, out->kind, sizeof out->kind);
    if (!ok || out->id[0] == '\0' || strchr(out->id, ' ') != NULL)
        return bad(line, GEO_REFUSAL_FORMAT, "no obstacle number or type", spans.id, why);
    if (strstr(out->kind, "BALLOON") != NULL)
        out->flags |= GEO_OBSTACLE_BALLOON;
    return DRF_OK;
}

static enum drf_status read_position(const struct geo_dof_line *line, struct geo_obstacle *out,
                                     struct geo_note *why)
{
    if (!angle(line, spans.latitude.first, 2, 'N', 'S', &out->position.lat_deg))
        return bad(line, GEO_REFUSAL_FORMAT, "latitude is not DD MM SS.SSN", spans.latitude,
                   why);
    if (!angle(line, spans.longitude.first, 3, 'E', 'W', &out->position.lon_deg))
        return bad(line, GEO_REFUSAL_FORMAT, "longitude is not DDD MM SS.SSW", spans.longitude,
                   why);
    if (!(fabs(out->position.lat_deg) <= 90.0))
        return bad(line, GEO_REFUSAL_RANGE, "no such latitude", spans.latitude, why);
    if (!(fabs(out->position.lon_deg) <= 180.0))
        return bad(line, GEO_REFUSAL_RANGE, "no such longitude", spans.longitude, why);
    return DRF_OK;
}

static enum drf_status read_height(const struct geo_dof_line *line, struct span span,
                                   double low_m, uint32_t flag, double *out_m,
                                   struct geo_obstacle *obstacle, struct geo_note *why)
{
    int feet;
    if (blank(line, span))
        return DRF_OK;
    if (!integer(line, span, &feet))
        return bad(line, GEO_REFUSAL_FORMAT, "height is not a number of feet", span, why);
    if (feet * FOOT_M < low_m || feet * FOOT_M > HEIGHT_MAX_M)
        return bad(line, GEO_REFUSAL_RANGE, "no obstacle has such a height", span, why);
    *out_m = feet * FOOT_M;
    obstacle->flags |= flag;
    return DRF_OK;
}

static enum drf_status read_heights(const struct geo_dof_line *line, struct geo_obstacle *out,
                                    struct geo_note *why)
{
    enum drf_status status =
        read_height(line, spans.agl_ft, 0.0, GEO_OBSTACLE_HAS_AGL, &out->agl_m, out, why);
    if (status == DRF_OK)
        status = read_height(line, spans.amsl_ft, AMSL_MIN_M, GEO_OBSTACLE_HAS_AMSL,
                             &out->amsl_m, out, why);
    const bool standing = (out->flags & GEO_OBSTACLE_HAS_AGL) != 0 && out->agl_m > 0;
    if (status == DRF_OK && !standing && (out->flags & GEO_OBSTACLE_HAS_AMSL) == 0)
        return bad(line, GEO_REFUSAL_NO_VALUES, "no height",
                   (struct span){spans.agl_ft.first, spans.amsl_ft.last}, why);
    return status;
}

static enum drf_status read_accuracy(const struct geo_decode_params *params,
                                     const struct geo_dof_line *line, struct geo_obstacle *out,
                                     struct geo_note *why)
{
    const struct span both = {HORIZONTAL, VERTICAL};
    out->horizontal_acc95_m = horizontal_m(column(line, HORIZONTAL));
    out->vertical_acc95_m = vertical_m(column(line, VERTICAL));
    if (isnan(out->horizontal_acc95_m) || isnan(out->vertical_acc95_m))
        return bad(line, GEO_REFUSAL_FORMAT, "no such accuracy code", both, why);
    if (out->horizontal_acc95_m == 0) {
        out->horizontal_acc95_m = params->default_horizontal_acc95_m;
        out->flags |= GEO_OBSTACLE_HORIZONTAL_ASSUMED;
    }
    if (out->vertical_acc95_m == 0) {
        out->vertical_acc95_m = params->default_vertical_acc95_m;
        out->flags |= GEO_OBSTACLE_VERTICAL_ASSUMED;
    }
    if (!(out->horizontal_acc95_m > 0) || !(out->vertical_acc95_m >= 0))
        return bad(line, GEO_REFUSAL_RANGE, "accuracy unknown, and the feed has no default",
                   both, why);
    return DRF_OK;
}

// A code letter; blank and U (unknown) are 0.
static uint8_t letter(char c) { return c >= 'A' && c <= 'Z' && c != 'U' ? (uint8_t)c : 0; }

static enum drf_status read_marks(const struct geo_dof_line *line, struct geo_obstacle *out,
                                  struct geo_note *why)
{
    char verified = column(line, VERIFIED), action = column(line, ACTION);
    char quantity = column(line, QUANTITY);
    if (verified != 'O' && verified != 'U' && verified != ' ')
        return bad(line, GEO_REFUSAL_FORMAT, "verification is neither O nor U",
                   (struct span){VERIFIED, VERIFIED}, why);
    if (action != 'A' && action != 'C' && action != 'D' && action != ' ')
        return bad(line, GEO_REFUSAL_FORMAT, "no such action", (struct span){ACTION, ACTION},
                   why);
    if (!digit(quantity) && quantity != ' ')
        return bad(line, GEO_REFUSAL_FORMAT, "quantity is not a digit",
                   (struct span){QUANTITY, QUANTITY}, why);
    if (verified != ' ')
        out->flags |= verified == 'O' ? (uint32_t)GEO_OBSTACLE_VERIFIED
                                      : (uint32_t)GEO_OBSTACLE_UNVERIFIED;
    if (action == 'D')
        out->flags |= GEO_OBSTACLE_WITHDRAWN;
    // A quantity of 0 means that it is not given.
    out->quantity = digit(quantity) && quantity > '1' ? (uint32_t)(quantity - '0') : 1;
    out->lighting = letter(column(line, LIGHTING));
    out->marking = letter(column(line, MARKING));
    return DRF_OK;
}

bool geo_dof_record_place(const struct geo_decode_params *params,
                          const struct geo_dof_line *line, char id[static GEO_OBSTACLE_ID_SIZE],
                          struct geo_point *out, double *spread_m)
{
    static const int blanks[] = {10, 35, 48, 62};
    struct geo_obstacle obstacle = {.geometry = GEO_GEOMETRY_POINT};
    struct geo_note ignored;
    if (line->size < (size_t)spans.type.first)
        return false;
    for (size_t i = 0; i < sizeof blanks / sizeof blanks[0]; i++)
        if (column(line, blanks[i]) != ' ')
            return false;
    if (!trimmed(line, spans.id, obstacle.id, sizeof obstacle.id) || obstacle.id[0] == '\0'
        || strchr(obstacle.id, ' ') != NULL
        || read_position(line, &obstacle, &ignored) != DRF_OK)
        return false;
    double accuracy_m =
        line->size >= HORIZONTAL ? horizontal_m(column(line, HORIZONTAL)) : (double)NAN;
    if (isnan(accuracy_m))
        accuracy_m = NAUTICAL_MILE_M; // the worst that there is a code for
    *spread_m = geo_obstacle_spread_m(params, accuracy_m);
    memcpy(id, obstacle.id, sizeof obstacle.id);
    *out = obstacle.position;
    return true;
}

// The date is of the record's last change. An impossible one is ignored, the obstacle is kept.
static void read_date(const struct geo_dof_line *line, struct geo_obstacle *out)
{
    int year, day;
    for (int i = spans.date.first; i <= spans.date.last; i++)
        if (!digit(column(line, i)))
            return;
    if (integer(line, (struct span){spans.date.first, spans.date.first + 3}, &year)
        && integer(line, (struct span){spans.date.first + 4, spans.date.last}, &day)
        && geo_utc_from_day_of_year(year, day, &out->data_time_utc_us) == DRF_OK)
        out->flags |= GEO_OBSTACLE_HAS_DATA_TIME;
}

enum drf_status geo_dof_record_read(const struct geo_decode_params *params,
                                    const struct geo_dof_line *line, struct geo_obstacle *out,
                                    struct geo_note *why)
{
    if (line->size < GEO_DOF_COLUMNS || line->size > GEO_DOF_COLUMNS + 1
        || (line->size > GEO_DOF_COLUMNS && column(line, GEO_DOF_COLUMNS + 1) != ' '))
        return geo_refuse(why, GEO_REFUSAL_FORMAT, line->number,
                          "line %" PRIu64 ": %zu columns, a record has 128", line->number,
                          line->size);
    if (!separated(line))
        return geo_refuse(why, GEO_REFUSAL_FORMAT, line->number,
                          "line %" PRIu64 ": the columns between the fields are not blank",
                          line->number);
    *out = (struct geo_obstacle){.geometry = GEO_GEOMETRY_POINT};
    enum drf_status status = read_identity(line, out, why);
    if (status == DRF_OK)
        status = read_position(line, out, why);
    if (status == DRF_OK)
        status = read_heights(line, out, why);
    if (status == DRF_OK)
        status = read_accuracy(params, line, out, why);
    if (status == DRF_OK)
        status = read_marks(line, out, why);
    if (status == DRF_OK)
        read_date(line, out);
    return status;
}
