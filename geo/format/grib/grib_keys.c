// SPDX-License-Identifier: Apache-2.0
// The keys of a message by ecCodes' names, as numbers of the code tables. What is missing is
// GEO_GRIB_MISSING, never 0. Edition 1 is brought into the terms of edition 2 where they mean
// the same (levels, grids); its units of time and time ranges keep their own numbers.
#include "geo/format/grib/grib_keys.h"

#include <eccodes.h>
#include <math.h>
#include <stdio.h>

static int64_t whole(codes_handle *handle, const char *key)
{
    long value;
    int error = CODES_SUCCESS;
    if (codes_is_missing(handle, key, &error) != 0 || error != CODES_SUCCESS
        || codes_get_long(handle, key, &value) != CODES_SUCCESS)
        return GEO_GRIB_MISSING;
    return value;
}

static int small(codes_handle *handle, const char *key)
{
    int64_t value = whole(handle, key);
    return value >= -1000000 && value <= 1000000 ? (int)value : -1;
}

static double real(codes_handle *handle, const char *key, double otherwise)
{
    double value;
    int error = CODES_SUCCESS;
    if (codes_is_missing(handle, key, &error) != 0 || error != CODES_SUCCESS
        || codes_get_double(handle, key, &value) != CODES_SUCCESS || !isfinite(value))
        return otherwise;
    return value;
}

static bool on(codes_handle *handle, const char *key) { return whole(handle, key) == 1; }

static struct geo_grib_level level(codes_handle *handle, const char *type, const char *factor,
                                   const char *scaled)
{
    struct geo_grib_level out = {.type = whole(handle, type)};
    int64_t power = whole(handle, factor), value = whole(handle, scaled);
    out.known =
        power != GEO_GRIB_MISSING && value != GEO_GRIB_MISSING && power >= -9 && power <= 9;
    if (out.known)
        out.value = (double)value * pow(10.0, -(double)power);
    if (out.type == GEO_GRIB_MISSING)
        out.type = 255;
    return out;
}

static void read_product_2(codes_handle *h, struct geo_grib_product *p)
{
    p->production = whole(h, "productionStatusOfProcessedData");
    p->significance = whole(h, "significanceOfReferenceTime");
    p->data = whole(h, "typeOfProcessedData");
    p->process = whole(h, "typeOfGeneratingProcess");
    p->discipline = whole(h, "discipline");
    p->category = whole(h, "parameterCategory");
    p->number = whole(h, "parameterNumber");
    p->template = whole(h, "productDefinitionTemplateNumber");
    p->lower = level(h, "typeOfFirstFixedSurface", "scaleFactorOfFirstFixedSurface",
                     "scaledValueOfFirstFixedSurface");
    p->upper = level(h, "typeOfSecondFixedSurface", "scaleFactorOfSecondFixedSurface",
                     "scaledValueOfSecondFixedSurface");
    p->reference =
        (struct geo_utc_fields){small(h, "year"), small(h, "month"),  small(h, "day"),
                                small(h, "hour"), small(h, "minute"), small(h, "second")};
    p->unit = whole(h, "indicatorOfUnitOfTimeRange");
    p->forecast = whole(h, "forecastTime");
    if (p->template != 8)
        return;
    p->statistic = whole(h, "typeOfStatisticalProcessing");
    p->ranges = whole(h, "numberOfTimeRange");
    p->increment = whole(h, "typeOfTimeIncrement");
    p->length_unit = whole(h, "indicatorOfUnitForTimeRange");
    p->length = whole(h, "lengthOfTimeRange");
    p->end = (struct geo_utc_fields){small(h, "yearOfEndOfOverallTimeInterval"),
                                     small(h, "monthOfEndOfOverallTimeInterval"),
                                     small(h, "dayOfEndOfOverallTimeInterval"),
                                     small(h, "hourOfEndOfOverallTimeInterval"),
                                     small(h, "minuteOfEndOfOverallTimeInterval"),
                                     small(h, "secondOfEndOfOverallTimeInterval")};
}

// Edition 1's levels (table 3) in edition 2's words.
static void read_level_1(codes_handle *h, struct geo_grib_product *p)
{
    double top = (double)small(h, "topLevel"), bottom = (double)small(h, "bottomLevel");
    struct geo_grib_level lower = {.type = 255}, upper = {.type = 255};
    switch (whole(h, "indicatorOfTypeOfLevel")) {
    case 1:
        lower.type = 1;
        break;
    case 102:
        lower.type = 101;
        break;
    case 105: // metres
        lower = (struct geo_grib_level){103, true, real(h, "level", -1)};
        break;
    case 106: // hectometres, top first
        lower = (struct geo_grib_level){103, true, bottom * 100};
        upper = (struct geo_grib_level){103, true, top * 100};
        break;
    case 116: // hectopascals below the pressure at the ground
        lower = (struct geo_grib_level){108, true, bottom * 100};
        upper = (struct geo_grib_level){108, true, top * 100};
        break;
    case 200:
        lower.type = 10;
        break;
    default:
        break;
    }
    p->lower = lower;
    p->upper = upper;
}

// Edition 1 has no table of generating processes. Two centres say in a local section that a
// field is a member of an ensemble, a spread, an error or a probability: NCEP (octets 41 to 44:
// 1, type, member, product) and ECMWF (type, as in MARS).
static bool local_no_values(codes_handle *h, int64_t centre)
{
    enum { NCEP = 7, SECTION = 8, ENSEMBLE = 1, CONTROL = 1, FULL_FIELD = 1 };
    const void *message = NULL;
    size_t size = 0;
    int64_t length = whole(h, "section1Length");
    if (centre == NCEP && length >= 44 && codes_get_message(h, &message, &size) == CODES_SUCCESS
        && size >= SECTION + 44) {
        const uint8_t *octet = (const uint8_t *)message + SECTION - 1; // counted from 1
        return octet[41] == ENSEMBLE && (octet[42] != CONTROL || octet[44] != FULL_FIELD);
    }
    long type = 0;
    if (length <= 40 || codes_get_long(h, "marsType", &type) != CODES_SUCCESS)
        return false;
    // 0 unknown, first guess, analyses, forecast, control forecast; bias-corrected forecast.
    bool gradients = type == 7 || type == 8;
    return gradients || !((type >= 0 && type <= 10) || type == 31);
}

static void read_product_1(codes_handle *h, struct geo_grib_product *p)
{
    p->no_values = local_no_values(h, p->centre);
    p->discipline = whole(h, "table2Version");
    p->number = whole(h, "indicatorOfParameter");
    p->template = whole(h, "timeRangeIndicator");
    read_level_1(h, p);
    int date = (int)whole(h, "dataDate"), time = small(h, "dataTime");
    p->reference = (struct geo_utc_fields){date / 10000, date / 100 % 100, date % 100,
                                           time / 100,   time % 100,       0};
    p->unit = whole(h, "unitOfTimeRange");
    p->forecast = whole(h, "P1");
    p->length = whole(h, "P2");
    if (p->template == 10 && p->forecast != GEO_GRIB_MISSING && p->length != GEO_GRIB_MISSING) {
        p->forecast = p->forecast << 8 | p->length; // P1 fills both octets
        p->length = 0;
    }
}

void geo_grib_keys_product(struct grib_handle *handle, struct geo_grib_product *out)
{
    *out = (struct geo_grib_product){.edition = whole(handle, "edition"),
                                     .centre = whole(handle, "centre")};
    if (out->edition == 1)
        read_product_1(handle, out);
    else
        read_product_2(handle, out);
}

static int64_t template_1(int64_t representation)
{
    switch (representation) {
    case 0:
        return 0;
    case 1:
        return 10;
    case 3:
        return 30;
    case 5:
        return 20;
    case 10:
        return 1;
    default:
        return 1000 + representation;
    }
}

static void read_figure(codes_handle *h, struct geo_grib_points *p)
{
    if (p->edition == 1) {
        p->shape = on(h, "earthIsOblate") ? 2 : 0;
        return;
    }
    p->shape = whole(h, "shapeOfTheEarth");
    if (p->shape == 1)
        p->radius_m = real(h, "scaledValueOfRadiusOfSphericalEarth", 0)
                      * pow(10.0, -real(h, "scaleFactorOfRadiusOfSphericalEarth", 0));
    if (p->shape == 3 || p->shape == 7) {
        double unit_m = p->shape == 3 ? 1000.0 : 1.0;
        p->major_m = unit_m * real(h, "scaledValueOfEarthMajorAxis", 0)
                     * pow(10.0, -real(h, "scaleFactorOfEarthMajorAxis", 0));
        p->minor_m = unit_m * real(h, "scaledValueOfEarthMinorAxis", 0)
                     * pow(10.0, -real(h, "scaleFactorOfEarthMinorAxis", 0));
    }
}

static void read_spacing(codes_handle *h, struct geo_grib_points *p)
{
    const double nowhere = (double)NAN;
    bool plane = p->template == 20 || p->template == 30;
    if (p->template == 0 || p->template == 1) {
        p->di = real(h, "iDirectionIncrementInDegrees", 0);
        p->dj = real(h, "jDirectionIncrementInDegrees", 0);
        p->last_lat_deg = real(h, "latitudeOfLastGridPointInDegrees", nowhere);
        p->last_lon_deg = real(h, "longitudeOfLastGridPointInDegrees", nowhere);
    } else {
        p->di = real(h, plane ? "DxInMetres" : "DiInMetres", 0);
        p->dj = real(h, plane ? "DyInMetres" : "DjInMetres", 0);
    }
    if (p->template == 1) {
        p->south_pole_lat_deg = real(h, "latitudeOfSouthernPoleInDegrees", nowhere);
        p->south_pole_lon_deg = real(h, "longitudeOfSouthernPoleInDegrees", nowhere);
        p->rotation_deg = real(h, "angleOfRotationInDegrees", 0);
    }
    if (p->template == 10) {
        p->lad_deg = real(h, "LaDInDegrees", nowhere);
        p->rotation_deg = real(h, "orientationOfTheGridInDegrees", 0);
    }
    if (plane) {
        p->lad_deg = real(h, "LaDInDegrees", p->edition == 1 ? 60 : nowhere);
        p->lov_deg = real(
            h, p->template == 30 ? "LoVInDegrees" : "orientationOfTheGridInDegrees", nowhere);
        p->projection_centre = whole(h, "projectionCentreFlag");
    }
    if (p->template == 30) {
        p->latin1_deg = real(h, "Latin1InDegrees", nowhere);
        p->latin2_deg = real(h, "Latin2InDegrees", nowhere);
    }
}

void geo_grib_keys_points(struct grib_handle *handle, struct geo_grib_points *out)
{
    *out = (struct geo_grib_points){.edition = whole(handle, "edition")};
    out->template = out->edition == 1 ? template_1(whole(handle, "dataRepresentationType"))
                                      : whole(handle, "gridDefinitionTemplateNumber");
    bool plane = out->template == 20 || out->template == 30;
    out->ni = whole(handle, plane ? "Nx" : "Ni");
    out->nj = whole(handle, plane ? "Ny" : "Nj");
    // Edition 1 has sixteen bits for each; what is missing comes as a huge number.
    bool sized = out->ni >= 0 && out->ni <= UINT16_MAX && out->nj >= 0 && out->nj <= UINT16_MAX;
    out->count = out->edition != 1 ? whole(handle, "numberOfDataPoints")
                 : sized           ? out->ni * out->nj
                                   : -1;
    read_figure(handle, out);
    int64_t scan = whole(handle, "scanningMode"),
            component = whole(handle, "resolutionAndComponentFlags");
    out->i_negative = (scan & 0x80) != 0;
    out->j_positive = (scan & 0x40) != 0;
    out->j_consecutive = (scan & 0x20) != 0;
    out->alternating = (scan & 0x10) != 0;
    out->offset_rows = (scan & 0x0f) != 0;
    out->grid_relative = (component & 0x08) != 0;
    out->first_lat_deg = real(handle, "latitudeOfFirstGridPointInDegrees", (double)NAN);
    out->first_lon_deg = real(handle, "longitudeOfFirstGridPointInDegrees", (double)NAN);
    read_spacing(handle, out);
}

void geo_grib_keys_name(struct grib_handle *handle, char name[static GEO_GRIB_NAME_SIZE])
{
    char quantity[24] = "?", place[32] = "?";
    size_t quantity_size = sizeof quantity, place_size = sizeof place;
    if (codes_get_string(handle, "shortName", quantity, &quantity_size) != CODES_SUCCESS)
        quantity[0] = '?', quantity[1] = '\0';
    if (codes_get_string(handle, "typeOfLevel", place, &place_size) != CODES_SUCCESS)
        place[0] = '?', place[1] = '\0';
    (void)snprintf(name, GEO_GRIB_NAME_SIZE, "%.23s at %.31s", quantity, place);
}
