// SPDX-License-Identifier: Apache-2.0
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "edge/sample/understood.h"
#include "geo/plane.h"

static const struct {
    const char *name, *unit;
    int decimals;
} variables[GEO_VARIABLE_COUNT] = {
    [GEO_WIND_U] = {"wind toward east", "m/s", 2},
    [GEO_WIND_V] = {"wind toward north", "m/s", 2},
    [GEO_GUST] = {"gust", "m/s", 2},
    [GEO_TEMPERATURE] = {"temperature", "K", 2},
    [GEO_DEW_POINT] = {"dew point", "K", 2},
    [GEO_VISIBILITY] = {"visibility", "m", 0},
    [GEO_PRECIPITATION] = {"precipitation", "mm", 3},
    [GEO_CEILING] = {"ceiling above ground", "m", 0},
    [GEO_QNH] = {"pressure at mean sea level", "Pa", 0},
    [GEO_RELATIVE_HUMIDITY] = {"relative humidity", "%", 1},
    [GEO_CLOUD] = {"cloud cover", "%", 1},
    [GEO_CONVECTION] = {"convective energy", "J/kg", 1},
    [GEO_REFLECTIVITY] = {"radar reflectivity", "dBZ", 1},
    [GEO_ECHO_TOP] = {"echo top above the sea", "m", 0},
    [GEO_MIXING_HEIGHT] = {"mixing height above ground", "m", 0},
};

static const char *statistic_name(uint32_t statistic)
{
    static const char *const names[] = {"?",    "instant", "accumulation",
                                        "mean", "maximum", "minimum"};
    return statistic < sizeof names / sizeof names[0] ? names[statistic] : "?";
}

static const char *grid_name(uint32_t kind)
{
    static const char *const names[] = {
        "?", "lat/lon", "rotated lat/lon", "Lambert", "polar stereographic", "Mercator"};
    return kind < sizeof names / sizeof names[0] ? names[kind] : "?";
}

// Grid-relative winds are turned to true north for drones; here they are as the file has them.
static const char *name_of(const struct geo_field *field)
{
    if (field->wind_grid_relative != 0 && field->variable == GEO_WIND_U)
        return "wind along the grid's x axis";
    if (field->wind_grid_relative != 0 && field->variable == GEO_WIND_V)
        return "wind along the grid's y axis";
    return variables[field->variable].name;
}

// A value in words: a temperature also in Celsius.
static void value(struct edge_item_writer *writer, const struct geo_field *field,
                  const char *label, double number, const char *remark)
{
    char text[128];
    const int decimals = variables[field->variable].decimals;
    const bool rate =
        field->variable == GEO_PRECIPITATION && field->statistic != GEO_STATISTIC_ACCUMULATION;
    const bool ratio = field->variable == GEO_RELATIVE_HUMIDITY || field->variable == GEO_CLOUD;
    const bool kelvin = field->variable == GEO_TEMPERATURE || field->variable == GEO_DEW_POINT;
    int length = snprintf(text, sizeof text, "%.*f %s%s", rate ? 7 : decimals,
                          ratio ? number * 100 : number, variables[field->variable].unit,
                          rate ? "/s" : "");
    if (kelvin)
        length +=
            snprintf(text + length, sizeof text - (size_t)length, " (%.2f C)", number - 273.15);
    snprintf(text + length, sizeof text - (size_t)length, "%s", remark);
    edge_item_text(writer, label, text);
}

static void values(const struct edge_understood *understood, const struct geo_item *item,
                   struct edge_item_writer *writer)
{
    const struct geo_field *field = item->payload;
    const float *cells = geo_item_values(item);
    const size_t count = (size_t)field->grid.ni * field->grid.nj;
    double low = HUGE_VAL, high = -HUGE_VAL, i = 0, j = 0;
    size_t missing = 0;
    for (size_t k = 0; k < count; k++) {
        if (isnan(cells[k])) {
            missing++;
            continue;
        }
        low = fmin(low, (double)cells[k]);
        high = fmax(high, (double)cells[k]);
    }
    struct geo_plane *plane = NULL;
    if (geo_plane_open(&field->grid, &plane) == DRF_OK
        && geo_plane_at(plane, understood->middle, &i, &j) == DRF_OK && i > -0.5 && j > -0.5
        && i < field->grid.ni - 0.5 && j < field->grid.nj - 0.5) {
        struct geo_point point;
        char remark[EDGE_ITEM_TEXT + 8] = "", place[EDGE_ITEM_TEXT];
        const double nearest = (double)cells[lround(j) * field->grid.ni + lround(i)];
        if (geo_plane_point(plane, round(i), round(j), &point) == DRF_OK) {
            edge_item_format_place(point, place);
            snprintf(remark, sizeof remark, " at %s", place);
        }
        if (!isnan(nearest))
            value(writer, field, "nearest the middle of the region", nearest, remark);
    }
    geo_plane_close(plane);
    if (missing < count) {
        value(writer, field, "lowest", low, "");
        value(writer, field, "highest", high, "");
    }
    if (missing > 0)
        edge_item_number(writer, "points without a value", (double)missing, 0, "");
}

void edge_understood_field(const struct edge_understood *understood,
                           const struct geo_item *item, struct edge_item_writer *writer)
{
    const struct geo_field *field = item->payload;
    const bool known = field->variable < GEO_VARIABLE_COUNT;
    char text[128];
    edge_item_begin(writer, "field", known ? name_of(field) : "?", NULL);
    if (!known) { // validation refuses it before
        edge_item_end(writer);
        return;
    }
    edge_item_text(
        writer, "",
        field->statistic == GEO_STATISTIC_INSTANT ? "" : statistic_name(field->statistic));
    if (field->wind_grid_relative != 0)
        edge_item_text(writer, "", "drones get it turned to true north");
    if (field->upper_agl_m == 0)
        snprintf(text, sizeof text, "at the surface");
    else if (field->upper_agl_m > field->lower_agl_m)
        snprintf(text, sizeof text, "%.0f to %.0f m above the ground", field->lower_agl_m,
                 field->upper_agl_m);
    else
        snprintf(text, sizeof text, "%.0f m above the ground", field->upper_agl_m);
    edge_item_text(writer, "", text);
    edge_item_time(writer, "run of", field->reference_utc_us);
    edge_item_time(writer,
                   field->valid_from_utc_us == field->valid_until_utc_us ? "for" : "from",
                   field->valid_from_utc_us);
    if (field->valid_until_utc_us != field->valid_from_utc_us)
        edge_item_time(writer, "until", field->valid_until_utc_us);
    snprintf(text, sizeof text, "%" PRIu32 " x %" PRIu32 " points of a %s grid", field->grid.ni,
             field->grid.nj, grid_name(field->grid.kind));
    edge_item_text(writer, "", text);
    values(understood, item, writer);
    if (field->height_from_pressure != 0)
        edge_item_assume(writer, "heights of a pressure layer in the standard atmosphere");
    edge_item_end(writer);
}

void edge_understood_raster(const struct edge_understood *understood,
                            const struct geo_raster *raster, struct edge_item_writer *writer)
{
    char text[EDGE_ITEM_BOUNDS];
    edge_item_begin(writer, "terrain:",
                    raster->layer == GEO_RASTER_SURFACE ? "surface (DSM)" : "ground (DTM)",
                    NULL);
    edge_item_format_bounds(raster->bounds, text);
    edge_item_text(writer, "", text);
    if (raster->max_amsl_m >= raster->min_amsl_m) {
        edge_item_number(writer, "lowest", raster->min_amsl_m, 1, "m AMSL");
        edge_item_number(writer, "highest", raster->max_amsl_m, 1, "m AMSL");
    }
    edge_item_number(writer, "posts apart", raster->posting_m, 0, "m");
    edge_item_number(writer, "accuracy +-", raster->vertical_acc95_m, 1,
                     "m (95 %), the datum's share in it");
    edge_item_text(writer, "", raster->crs);
    edge_item_text(writer, "heights", raster->vertical);
    edge_item_number(writer, "known cells", (double)raster->known_cells, 0, "");
    if (understood->feed->vertical_datum[0] != '\0')
        edge_item_assume(writer,
                         "the vertical datum: the feed's vertical_datum, where the data "
                         "state none");
    if (understood->feed->crs[0] != '\0')
        edge_item_assume(writer, "the horizontal reference: the feed's crs, where the data "
                                 "state none");
    if (strstr(raster->vertical, " as ") != NULL)
        edge_item_assume(writer, "its datum is taken as EGM96: the feed's datum_acc95_m is in "
                                 "the accuracy");
    edge_item_assume(writer, "the accuracy: the feed's vertical_acc95_m");
    edge_item_end(writer);
}
