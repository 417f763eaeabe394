// geo/reader/format.h - enumeration of the data formats.
// SPDX-License-Identifier: Apache-2.0
#ifndef GEO_FORMAT_H
#define GEO_FORMAT_H

enum geo_format {
    GEO_FORMAT_UNKNOWN = 0,
    GEO_FORMAT_GEOTIFF,
    GEO_FORMAT_DTED,
    GEO_FORMAT_HGT,     // SRTM; the key or params.name holds the cell's name (N43W080)
    GEO_FORMAT_TERRAIN, // any of the three above, told apart by their first bytes and the name
    GEO_FORMAT_DOF,
    GEO_FORMAT_GEOJSON_OBSTACLES,
    GEO_FORMAT_GRIB, // edition 1 or 2
    GEO_FORMAT_GEOJSON_ZONES,
    GEO_FORMAT_ED269,
    GEO_FORMAT_ED318,
    GEO_FORMAT_GCN,    // notices of the General Coordinates Network, JSON
    GEO_FORMAT_CAP,    // Common Alerting Protocol 1.2, XML
    GEO_FORMAT_READSB, // readsb, dump1090: aircraft.json, one aircraft, a trace
    GEO_FORMAT_TRACKS, // our own JSON, what nodes tell each other (schemas/traffic.md)
    GEO_FORMAT_METAR,  // METAR and SPECI
    GEO_FORMAT_SIGMET, // SIGMET and AIRMET
    GEO_FORMAT_UREP,   // weather reports of drones, as nodes send them on
    GEO_FORMAT_COUNT
};

const char *geo_format_name(enum geo_format format);

#endif
