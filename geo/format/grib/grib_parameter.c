// SPDX-License-Identifier: Apache-2.0
// One table lists every parameter that is read, with the level at which it is used and its
// factor to SI units; the first row that matches decides. A parameter, level or statistic
// that is not in the table gives DRF_ERR_ABSENT, which is not an error of the message. Times
// are computed and then compared with each other: a message whose begin, length and end
// disagree is refused rather than corrected.
#include "geo/format/grib/grib_parameter.h"

#include <math.h>
#include <stddef.h>

#include "geo/record/refusal.h"
#include "geo/utc.h"

enum { ANY = -1, NCEP = 7, NWSTG = 8, ECMWF = 98, MRMS = 161, NO_SURFACE = 255 };

#define COLUMN_TOP_M 20000.0
#define NO_FLOOR (-1e30)
// No radar sees less: -99 and the like say "no echo" or "no coverage", and not which.
#define LEAST_ECHO_DBZ (-40)

// The levels at which a quantity is used.
enum place {
    NEAR_GROUND,      // at a height or in a layer above the ground
    GROUND,           // at the surface
    GROUND_OR_NEAR,   // either
    SEA,              // reduced to mean sea level
    COLUMN,           // of the whole atmosphere above a point
    COLUMN_ANY_LEVEL, // the same, whatever level its producer writes
    AT_2M,            // level "surface", meaning 2 m: ECMWF in edition 1, NDFD
    AT_10M,
};

struct row {
    int edition, centre, discipline, category, number; // edition 1: table version, 0, parameter
    enum geo_variable variable;
    enum place place;
    uint32_t only; // the one statistic that the number means; 0: any
    double scale;
    double floor;
};

// Manual on Codes, table 4.2 of edition 2, table 2 of edition 1; local numbers (192 and up)
// only of the centre that defined them. Skin temperature is not air temperature and height of
// a cloud base above the sea is no ceiling: they are not here.
static const struct row rows[] = {
    {2, ANY, 0, 0, 0, GEO_TEMPERATURE, NEAR_GROUND, 0, 1, NO_FLOOR},
    {2, NWSTG, 0, 0, 4, GEO_TEMPERATURE, AT_2M, GEO_STATISTIC_MAXIMUM, 1, NO_FLOOR},
    {2, NWSTG, 0, 0, 5, GEO_TEMPERATURE, AT_2M, GEO_STATISTIC_MINIMUM, 1, NO_FLOOR},
    {2, ANY, 0, 0, 4, GEO_TEMPERATURE, NEAR_GROUND, GEO_STATISTIC_MAXIMUM, 1, NO_FLOOR},
    {2, ANY, 0, 0, 5, GEO_TEMPERATURE, NEAR_GROUND, GEO_STATISTIC_MINIMUM, 1, NO_FLOOR},
    {2, ANY, 0, 0, 6, GEO_DEW_POINT, NEAR_GROUND, 0, 1, NO_FLOOR},
    {2, ANY, 0, 1, 1, GEO_RELATIVE_HUMIDITY, NEAR_GROUND, 0, 0.01, NO_FLOOR},
    {2, ANY, 0, 1, 7, GEO_PRECIPITATION, GROUND, 0, 1, NO_FLOOR},
    {2, ANY, 0, 1, 8, GEO_PRECIPITATION, GROUND, 0, 1, NO_FLOOR},
    {2, ANY, 0, 1, 52, GEO_PRECIPITATION, GROUND, 0, 1, NO_FLOOR},
    {2, ANY, 0, 2, 2, GEO_WIND_U, NEAR_GROUND, 0, 1, NO_FLOOR},
    {2, ANY, 0, 2, 3, GEO_WIND_V, NEAR_GROUND, 0, 1, NO_FLOOR},
    {2, ANY, 0, 2, 22, GEO_GUST, GROUND_OR_NEAR, 0, 1, NO_FLOOR},
    {2, ANY, 0, 3, 1, GEO_QNH, SEA, 0, 1, NO_FLOOR},
    {2, ANY, 0, 3, 18, GEO_MIXING_HEIGHT, GROUND, 0, 1, NO_FLOOR},
    {2, NCEP, 0, 3, 196, GEO_MIXING_HEIGHT, GROUND, 0, 1, NO_FLOOR},
    {2, ANY, 0, 6, 1, GEO_CLOUD, COLUMN, 0, 0.01, NO_FLOOR},
    {2, ANY, 0, 6, 13, GEO_CEILING, COLUMN_ANY_LEVEL, 0, 1, NO_FLOOR},
    {2, ANY, 0, 7, 6, GEO_CONVECTION, GROUND, 0, 1, NO_FLOOR},
    {2, ANY, 0, 16, 3, GEO_ECHO_TOP, COLUMN_ANY_LEVEL, 0, 1, NO_FLOOR},
    {2, ANY, 0, 16, 4, GEO_REFLECTIVITY, NEAR_GROUND, 0, 1, LEAST_ECHO_DBZ},
    {2, ANY, 0, 16, 5, GEO_REFLECTIVITY, COLUMN, 0, 1, LEAST_ECHO_DBZ},
    {2, NCEP, 0, 16, 195, GEO_REFLECTIVITY, NEAR_GROUND, 0, 1, LEAST_ECHO_DBZ},
    {2, NCEP, 0, 16, 196, GEO_REFLECTIVITY, COLUMN, 0, 1, LEAST_ECHO_DBZ},
    {2, NCEP, 0, 16, 197, GEO_ECHO_TOP, COLUMN_ANY_LEVEL, 0, 1, NO_FLOOR},
    {2, ANY, 0, 19, 0, GEO_VISIBILITY, GROUND_OR_NEAR, 0, 1, NO_FLOOR},
    // 18 dBZ echo top in km; -1 and -3 say no echo and no coverage, and no bitmap marks them.
    {2, MRMS, 209, 3, 44, GEO_ECHO_TOP, COLUMN_ANY_LEVEL, 0, 1000, 0},
    {1, ANY, 2, 0, 2, GEO_QNH, SEA, 0, 1, NO_FLOOR},
    {1, ANY, 2, 0, 11, GEO_TEMPERATURE, NEAR_GROUND, 0, 1, NO_FLOOR},
    {1, ANY, 2, 0, 17, GEO_DEW_POINT, NEAR_GROUND, 0, 1, NO_FLOOR},
    {1, ANY, 2, 0, 20, GEO_VISIBILITY, GROUND_OR_NEAR, 0, 1, NO_FLOOR},
    {1, ANY, 2, 0, 33, GEO_WIND_U, NEAR_GROUND, 0, 1, NO_FLOOR},
    {1, ANY, 2, 0, 34, GEO_WIND_V, NEAR_GROUND, 0, 1, NO_FLOOR},
    {1, ANY, 2, 0, 52, GEO_RELATIVE_HUMIDITY, NEAR_GROUND, 0, 0.01, NO_FLOOR},
    {1, ANY, 2, 0, 59, GEO_PRECIPITATION, GROUND, 0, 1, NO_FLOOR},
    {1, ANY, 2, 0, 61, GEO_PRECIPITATION, GROUND, 0, 1, NO_FLOOR},
    {1, ANY, 2, 0, 71, GEO_CLOUD, COLUMN, 0, 0.01, NO_FLOOR},
    {1, NCEP, 2, 0, 157, GEO_CONVECTION, GROUND, 0, 1, NO_FLOOR},
    {1, NCEP, 2, 0, 180, GEO_GUST, GROUND_OR_NEAR, 0, 1, NO_FLOOR},
    {1, NCEP, 2, 0, 221, GEO_MIXING_HEIGHT, GROUND, 0, 1, NO_FLOOR},
    {1, ECMWF, 128, 0, 59, GEO_CONVECTION, GROUND, 0, 1, NO_FLOOR},
    {1, ECMWF, 128, 0, 151, GEO_QNH, GROUND, 0, 1, NO_FLOOR},
    {1, ECMWF, 128, 0, 159, GEO_MIXING_HEIGHT, GROUND, 0, 1, NO_FLOOR},
    {1, ECMWF, 128, 0, 164, GEO_CLOUD, GROUND, 0, 1, NO_FLOOR},
    {1, ECMWF, 128, 0, 165, GEO_WIND_U, AT_10M, 0, 1, NO_FLOOR},
    {1, ECMWF, 128, 0, 166, GEO_WIND_V, AT_10M, 0, 1, NO_FLOOR},
    {1, ECMWF, 128, 0, 167, GEO_TEMPERATURE, AT_2M, 0, 1, NO_FLOOR},
    {1, ECMWF, 128, 0, 168, GEO_DEW_POINT, AT_2M, 0, 1, NO_FLOOR},
};

static const struct {
    double least, most;
    double noise; // so little below zero is zero; below 0: values may be negative
} limits[GEO_VARIABLE_COUNT] = {
    [GEO_WIND_U] = {-150, 150, -1},          [GEO_WIND_V] = {-150, 150, -1},
    [GEO_GUST] = {-0.5, 200, 0.1},           [GEO_TEMPERATURE] = {150, 350, -1},
    [GEO_DEW_POINT] = {100, 350, -1},        [GEO_VISIBILITY] = {-10, 300000, 1},
    [GEO_PRECIPITATION] = {-1, 5000, 0.01},  [GEO_CEILING] = {-10, 50000, 0.5},
    [GEO_QNH] = {80000, 112000, -1},         [GEO_RELATIVE_HUMIDITY] = {-0.05, 1.6, 0.005},
    [GEO_CLOUD] = {-0.05, 1.05, 0.005},      [GEO_CONVECTION] = {-100, 20000, 0.5},
    [GEO_REFLECTIVITY] = {-200, 100, -1},    [GEO_ECHO_TOP] = {-10, 30000, 0.5},
    [GEO_MIXING_HEIGHT] = {-10, 20000, 0.5},
};

#define RATE_NOISE 1e-5 // kg/m2/s: 0.04 mm in an hour

double geo_grib_layer_height_m(double below_pa)
{
    // ISO 2533, up to 11 km: h = (T0 / L) (1 - (p / p0) ^ (R L / g)).
    return 288.15 / 0.0065 * (1.0 - pow(1.0 - below_pa / 101325.0, 0.190263));
}

static const struct row *row_of(const struct geo_grib_product *p)
{
    int64_t table = p->discipline;
    if (p->edition == 1 && table >= 1 && table <= 3 && p->number < 128)
        table = 2; // the versions of the international table agree below 128
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].edition == p->edition && rows[i].discipline == table
            && rows[i].category == p->category && rows[i].number == p->number
            && (rows[i].centre == ANY || rows[i].centre == p->centre))
            return &rows[i];
    return NULL;
}

enum level_kind { AT_SURFACE, AT_SEA, AT_HEIGHT, IN_PRESSURE_LAYER, IN_COLUMN, ELSEWHERE };

static enum level_kind level_kind(const struct geo_grib_product *p)
{
    bool second = p->upper.type != NO_SURFACE;
    if (second && p->upper.type != p->lower.type)
        return ELSEWHERE;
    switch (p->lower.type) {
    case 1:
        return AT_SURFACE;
    case 101:
        return AT_SEA;
    case 103:
        return p->lower.known && (!second || p->upper.known) ? AT_HEIGHT : ELSEWHERE;
    case 108:
        return second && p->lower.known && p->upper.known ? IN_PRESSURE_LAYER : ELSEWHERE;
    case 10:
        return IN_COLUMN;
    case 200: // of a centre's own: NCEP's "entire atmosphere as a single layer"
        return p->centre == NCEP ? IN_COLUMN : ELSEWHERE;
    default:
        return ELSEWHERE;
    }
}

static bool set_heights(const struct geo_grib_product *p, enum level_kind kind,
                        struct geo_field *head)
{
    bool second = p->upper.type != NO_SURFACE;
    double a = p->lower.value, b = second ? p->upper.value : a;
    if (kind == IN_PRESSURE_LAYER) {
        if (!(a >= 0 && b >= 0 && a <= 70000 && b <= 70000))
            return false;
        a = geo_grib_layer_height_m(a);
        b = geo_grib_layer_height_m(b);
        head->height_from_pressure = 1;
    } else if (!(a >= 0 && b >= 0 && a <= 30000 && b <= 30000)) {
        return false;
    }
    head->lower_agl_m = fmin(a, b);
    head->upper_agl_m = fmax(a, b);
    return true;
}

// Whether the quantity is used at this level, and for which heights it is valid.
static bool place_field(const struct geo_grib_product *p, enum place place,
                        struct geo_field *head)
{
    enum level_kind kind = level_kind(p);
    bool near = kind == AT_HEIGHT || kind == IN_PRESSURE_LAYER;
    switch (place) {
    case NEAR_GROUND:
        return near && set_heights(p, kind, head);
    case GROUND:
        return kind == AT_SURFACE;
    case GROUND_OR_NEAR:
        return kind == AT_SURFACE || (near && set_heights(p, kind, head));
    case SEA:
        return kind == AT_SEA;
    case COLUMN:
        head->upper_agl_m = COLUMN_TOP_M;
        return kind == IN_COLUMN || kind == AT_SURFACE;
    case COLUMN_ANY_LEVEL:
        head->upper_agl_m = COLUMN_TOP_M;
        return true;
    case AT_2M:
    case AT_10M:
        head->lower_agl_m = head->upper_agl_m = place == AT_2M ? 2.0 : 10.0;
        return kind == AT_SURFACE;
    }
    return false;
}

// Seconds of a unit of time, 0 if it has no fixed length: table 4.4 of edition 2, table 4 of
// edition 1. They differ from 13 on.
static int64_t unit_s(int64_t edition, int64_t unit)
{
    switch (unit) {
    case 0:
        return 60;
    case 1:
        return 3600;
    case 2:
        return 86400;
    case 10:
        return (int64_t)3 * 3600;
    case 11:
        return (int64_t)6 * 3600;
    case 12:
        return (int64_t)12 * 3600;
    case 13:
        return edition == 1 ? 15 * 60 : 1;
    case 14:
        return edition == 1 ? 30 * 60 : 0;
    case 254:
        return edition == 1 ? 1 : 0;
    default:
        return 0;
    }
}

// `count` units in microseconds; false if it is more than a hundred years or has no length.
static bool duration_us(int64_t edition, int64_t count, int64_t unit, int64_t *out_us)
{
    int64_t seconds = unit_s(edition, unit), limit = INT64_C(100) * 366 * 86400;
    if (seconds == 0 || count == GEO_GRIB_MISSING || count < -limit / seconds
        || count > limit / seconds)
        return false;
    *out_us = count * seconds * GEO_UTC_SECOND_US;
    return true;
}

static enum drf_status bad_time(struct geo_note *why, const char *what)
{
    return geo_refuse(why, GEO_REFUSAL_FORMAT, 0, "%s", what);
}

// Table 4.10.
static uint32_t statistic_of(int64_t code)
{
    switch (code) {
    case 0:
        return GEO_STATISTIC_MEAN;
    case 1:
        return GEO_STATISTIC_ACCUMULATION;
    case 2:
        return GEO_STATISTIC_MAXIMUM;
    case 3:
        return GEO_STATISTIC_MINIMUM;
    default:
        return 0;
    }
}

// Table 4.11: whether the times that were processed are those from begin to end. Other codes
// are of forecasts for one valid time, or of an interval somewhere inside.
static bool fills_the_range(int64_t increment)
{
    return increment == 1 || increment == 2 || increment == 255
           || increment == GEO_GRIB_MISSING;
}

// Edition 2, templates 4.0 and 4.8.
static enum drf_status times_2(const struct geo_grib_product *p, struct geo_field *head,
                               struct geo_note *why)
{
    int64_t ahead_us, length_us, end_us;
    if (!duration_us(2, p->forecast, p->unit, &ahead_us))
        return bad_time(why, "the forecast time has no fixed length");
    head->valid_from_utc_us = head->reference_utc_us + ahead_us;
    head->valid_until_utc_us = head->valid_from_utc_us;
    if (p->template == 0) {
        head->statistic = GEO_STATISTIC_INSTANT;
        return DRF_OK;
    }
    head->statistic = statistic_of(p->statistic);
    if (head->statistic == 0 || p->ranges != 1 || !fills_the_range(p->increment))
        return DRF_ERR_ABSENT;
    if (geo_utc_from_fields(p->end, &end_us) != DRF_OK)
        return bad_time(why, "the end of the interval is no date");
    // NDFD's forecast time is that of the end; the end is written out, and the length too.
    bool to_the_end = p->centre == NWSTG && end_us == head->valid_from_utc_us;
    if (!duration_us(2, p->length, p->length_unit, &length_us) || length_us <= 0)
        return bad_time(why, "the interval has no length");
    if (to_the_end)
        head->valid_from_utc_us = end_us - length_us;
    if (end_us - head->valid_from_utc_us != length_us)
        return bad_time(why, "begin, length and end of the interval contradict each other");
    head->valid_until_utc_us = end_us;
    return DRF_OK;
}

// Edition 1, table 5 (time range indicator).
static enum drf_status times_1(const struct geo_grib_product *p, struct geo_field *head,
                               struct geo_note *why)
{
    int64_t p1_us, p2_us;
    if (!duration_us(1, p->forecast, p->unit, &p1_us)
        || !duration_us(1, p->length, p->unit, &p2_us))
        return bad_time(why, "the forecast time has no fixed length");
    head->valid_from_utc_us = head->reference_utc_us + p1_us;
    head->valid_until_utc_us = head->valid_from_utc_us;
    switch (p->template) {
    case 0:
    case 1:
    case 10:
        head->statistic = GEO_STATISTIC_INSTANT;
        return DRF_OK;
    case 3:
        head->statistic = GEO_STATISTIC_MEAN;
        break;
    case 4:
        head->statistic = GEO_STATISTIC_ACCUMULATION;
        break;
    default:
        return DRF_ERR_ABSENT;
    }
    if (p2_us <= p1_us)
        return bad_time(why, "the interval has no length");
    head->valid_until_utc_us = head->reference_utc_us + p2_us;
    return DRF_OK;
}

static bool is_amount(const struct geo_grib_product *p, const struct row *row)
{
    return row->variable == GEO_PRECIPITATION
           && (p->edition == 2 ? p->number == 8 : p->number == 61);
}

// An amount needs an interval it fell in; everything else must not be summed up.
static bool sensible(const struct geo_grib_product *p, const struct row *row,
                     uint32_t statistic)
{
    if (row->only != 0 && row->only != statistic)
        return false;
    bool amount = is_amount(p, row);
    return amount == (statistic == GEO_STATISTIC_ACCUMULATION);
}

enum drf_status geo_grib_parameter_of(const struct geo_grib_product *product,
                                      struct geo_grib_parameter *out, struct geo_note *why)
{
    const struct row *row = row_of(product);
    bool whole = product->edition == 1 || product->template == 0 || product->template == 8;
    struct geo_field head = {.variable = row != NULL ? (uint32_t)row->variable : 0};
    if (row == NULL || !whole || !place_field(product, row->place, &head))
        return DRF_ERR_ABSENT;

    if (geo_utc_from_fields(product->reference, &head.reference_utc_us) != DRF_OK)
        return bad_time(why, "the reference time is no date");
    enum drf_status status =
        product->edition == 1 ? times_1(product, &head, why) : times_2(product, &head, why);
    if (status != DRF_OK)
        return status;
    if (!sensible(product, row, head.statistic))
        return DRF_ERR_ABSENT;
    bool rate = row->variable == GEO_PRECIPITATION && !is_amount(product, row);
    *out = (struct geo_grib_parameter){
        .head = head,
        .scale = row->scale,
        .floor = row->floor,
        .least = limits[row->variable].least,
        .most = limits[row->variable].most,
        .not_negative = limits[row->variable].noise >= 0,
        .noise = rate ? RATE_NOISE : limits[row->variable].noise,
    };
    return DRF_OK;
}
