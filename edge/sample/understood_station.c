// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>

#include "edge/sample/understood.h"

static void station_wind(const struct geo_station *station, struct edge_item_writer *writer)
{
    const uint32_t flags = station->flags;
    char text[96];
    if ((flags & GEO_STATION_HAS_WIND) == 0) {
        edge_item_miss(writer, "wind");
        return;
    }
    const char *least = (flags & GEO_STATION_WIND_AT_LEAST) != 0 ? "at least " : "";
    if ((flags & GEO_STATION_HAS_WIND_FROM) != 0) {
        snprintf(text, sizeof text, "%s%.1f m/s (%.0f kt) from %03.0f degrees true", least,
                 station->wind_speed_mps, station->wind_speed_mps / 0.514444,
                 station->wind_from_deg_true);
    } else {
        snprintf(text, sizeof text, "%s%.1f m/s (%.0f kt)%s", least, station->wind_speed_mps,
                 station->wind_speed_mps / 0.514444,
                 station->wind_speed_mps > 0 ? ", direction variable or not given" : ", calm");
    }
    edge_item_text(writer, "wind", text);
    if ((flags & GEO_STATION_HAS_GUST) != 0)
        edge_item_number(writer,
                         (flags & GEO_STATION_GUST_AT_LEAST) != 0 ? "gust at least" : "gust",
                         station->gust_mps, 1, "m/s");
}

static void station_sky(const struct geo_station *station, struct edge_item_writer *writer)
{
    const uint32_t flags = station->flags;
    if ((flags & GEO_STATION_HAS_VISIBILITY) != 0)
        edge_item_number(writer,
                         (flags & GEO_STATION_VISIBILITY_AT_LEAST) != 0 ? "visibility at least"
                                                                        : "visibility",
                         station->visibility_m, 0, "m");
    else
        edge_item_miss(writer, "visibility");
    if ((flags & GEO_STATION_HAS_CEILING) != 0)
        edge_item_number(writer,
                         (flags & GEO_STATION_CEILING_AT_LEAST) != 0 ? "no ceiling below"
                                                                     : "ceiling",
                         station->ceiling_agl_m, 0, "m above the station");
    else
        edge_item_miss(writer, "ceiling");
    if ((flags & GEO_STATION_HAS_WEATHER) != 0) {
        char text[96];
        const bool falls = (flags & GEO_STATION_PRECIPITATION) != 0;
        snprintf(text, sizeof text, "%s%s%s", station->codes,
                 station->codes[0] != '\0' ? ": " : "",
                 falls ? "precipitation" : "no precipitation");
        edge_item_text(writer, "weather", text);
    } else {
        edge_item_text(writer, "codes", station->codes);
        edge_item_miss(writer, "whether anything falls");
    }
    const bool observed =
        (flags & GEO_STATION_HAS_WEATHER) != 0 && (flags & GEO_STATION_CONVECTION_UNKNOWN) == 0;
    if ((flags & GEO_STATION_CONVECTION) != 0)
        edge_item_text(writer, "", "convection");
    else if (observed)
        edge_item_text(writer, "", "no convection");
    else
        edge_item_miss(writer, "convection");
}

static void station_air(const struct geo_station *station, struct edge_item_writer *writer)
{
    const uint32_t flags = station->flags;
    if ((flags & GEO_STATION_HAS_TEMPERATURE) != 0) {
        edge_item_number(writer, "temperature", station->temperature_k - 273.15, 1, "C");
    } else {
        edge_item_miss(writer, "temperature");
    }
    if ((flags & GEO_STATION_HAS_DEW_POINT) != 0) {
        edge_item_number(writer, "dew point", station->dew_point_k - 273.15, 1, "C");
    } else {
        edge_item_miss(writer, "dew point");
    }
    if ((flags & GEO_STATION_HAS_QNH) != 0) {
        edge_item_number(writer, "QNH", station->qnh_pa / 100, 1, "hPa");
    } else {
        edge_item_miss(writer, "QNH");
    }
}

void edge_understood_station(const struct geo_station *station, struct edge_item_writer *writer)
{
    edge_item_begin(writer, "station", station->id, NULL);
    if ((station->flags & GEO_STATION_OUTSIDE) != 0)
        edge_item_text(writer, "", "outside what the node keeps");
    if ((station->flags & GEO_STATION_PLACED) != 0)
        edge_item_place(writer, "at", station->position);
    if ((station->flags & GEO_STATION_HAS_ELEVATION) != 0)
        edge_item_number(writer, "elevation", station->elevation_amsl_m, 0, "m AMSL");
    else
        edge_item_miss(writer, "elevation");
    edge_item_time(writer, "observed", station->observed_utc_us);
    if ((station->flags & GEO_STATION_AUTO) != 0)
        edge_item_text(writer, "", "automatic");
    if ((station->flags & GEO_STATION_CORRECTED) != 0)
        edge_item_text(writer, "", "a correction");
    station_wind(station, writer);
    station_sky(station, writer);
    station_air(station, writer);
    if ((station->flags & (GEO_STATION_MEASURED_AGL | GEO_STATION_MEASURED_AMSL)) != 0) {
        bool agl = (station->flags & GEO_STATION_MEASURED_AGL) != 0;
        edge_item_number(writer, "measured at", station->measured_dm / 10.0, 1,
                         agl ? "m AGL" : "m AMSL");
    } else {
        edge_item_assume(writer, "the month: that of the message's version");
        edge_item_assume(writer, "the place: from the feed's table of stations");
    }
    edge_item_end(writer);
}
