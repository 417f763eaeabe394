// geo/reader/zone_fields.h - mapping of GeoJSON attributes to the fields of a zone.
// SPDX-License-Identifier: Apache-2.0
//
// A flat value of text and numbers without padding, all zero where nothing is mapped: it is
// copied to the decoding child inside geo_decode_params and its bytes are part of a feed's
// fingerprint. A field names a member of a feature's properties, or a path of members
// ("notam.text"); some may hold a constant instead, as their comments say. An empty one is not
// given.
#ifndef GEO_ZONE_FIELDS_H
#define GEO_ZONE_FIELDS_H

#include <stdbool.h>
#include <stdint.h>

enum {
    GEO_ZONE_FIELD_SIZE = 48, // of a field with its NUL
    GEO_ZONE_WORD_SIZE = 28,
    GEO_ZONE_WORDS_MAX = 16,
};

enum geo_zone_times {
    GEO_ZONE_TIMES_ISO8601 = 0, // with an offset
    GEO_ZONE_TIMES_UNIX_MS = 1, // a number since 1970, as ArcGIS writes dates
    GEO_ZONE_TIMES_UNIX_S = 2,
    GEO_ZONE_TIMES_COMPACT = 3, // YYYYMMDDhhmm, UTC
};

enum geo_zone_radius_unit {
    GEO_ZONE_RADIUS_M = 0,
    GEO_ZONE_RADIUS_FT = 1,
    GEO_ZONE_RADIUS_NM = 2,
};

struct geo_zone_word { // what a provider calls a restriction
    char word[GEO_ZONE_WORD_SIZE];
    uint32_t restriction; // enum geo_zone_restriction
};

struct geo_zone_fields {
    uint32_t mapped;                   // 0: the properties that schemas/zones.md names are read
    uint32_t times;                    // enum geo_zone_times: of from, until and data_time
    uint32_t radius_unit;              // enum geo_zone_radius_unit
    char id[GEO_ZONE_FIELD_SIZE];      // empty: the feature's own id
    char name[GEO_ZONE_FIELD_SIZE];    // for people
    char message[GEO_ZONE_FIELD_SIZE]; // for people
    char reason[GEO_ZONE_FIELD_SIZE];  // such as the type of airspace
    char restriction[GEO_ZONE_FIELD_SIZE]; // or one of geo_zone_restriction_name()'s words
    char lower[GEO_ZONE_FIELD_SIZE];      // or a number; empty: down to the ground and under it
    char lower_unit[GEO_ZONE_FIELD_SIZE]; // or M, FT, FL
    char lower_reference[GEO_ZONE_FIELD_SIZE]; // or AGL, SFC, AMSL, MSL, WGS84, STD
    char upper[GEO_ZONE_FIELD_SIZE];           // or a number; empty: without end
    char upper_unit[GEO_ZONE_FIELD_SIZE], upper_reference[GEO_ZONE_FIELD_SIZE];
    char no_limit[GEO_ZONE_FIELD_SIZE]; // a number that stands for no limit on that side
    char radius[GEO_ZONE_FIELD_SIZE];   // or a number: of a feature that is a point
    char from[GEO_ZONE_FIELD_SIZE], until[GEO_ZONE_FIELD_SIZE];
    char data_time[GEO_ZONE_FIELD_SIZE];            // when the source last vouched for it
    struct geo_zone_word words[GEO_ZONE_WORDS_MAX]; // an empty one ends them
};

// What a field of a limit may say instead of naming an attribute.
bool geo_zone_unit_known(const char *word);
bool geo_zone_reference_known(const char *word);
// Digits with a sign and a fraction, in every locale; *out is untouched by anything else.
bool geo_zone_number_parse(const char *text, double *out);

#endif
