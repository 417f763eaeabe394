// geo/reader/obstacle_fields.h - mapping of GeoJSON attributes to the fields of an obstacle.
// SPDX-License-Identifier: Apache-2.0
//
// A flat value of text and numbers without padding, all zero where nothing is mapped: it is
// copied to the decoding child inside geo_decode_params and its bytes are part of a feed's
// fingerprint. A field names a member of a feature's properties, or a path of members
// ("tags.height"); a unit may be a word instead. An empty one is not given.
#ifndef GEO_OBSTACLE_FIELDS_H
#define GEO_OBSTACLE_FIELDS_H

#include <stdbool.h>
#include <stdint.h>

enum { GEO_OBSTACLE_FIELD_SIZE = 48 }; // of a field with its NUL

struct geo_obstacle_fields {
    uint64_t mapped;                        // 0: the properties that schemas/obstacles.md names
    double level_height_m;                  // of a storey; 0: storeys say nothing
    char id[GEO_OBSTACLE_FIELD_SIZE];       // empty: the feature's own id
    char kind[GEO_OBSTACLE_FIELD_SIZE];     // for people
    char agl[GEO_OBSTACLE_FIELD_SIZE];      // height over the ground at its foot
    char agl_unit[GEO_OBSTACLE_FIELD_SIZE]; // or M, FT; of a value that states no unit itself
    char amsl[GEO_OBSTACLE_FIELD_SIZE];     // height of its top over the sea
    char amsl_unit[GEO_OBSTACLE_FIELD_SIZE];
    char elevation[GEO_OBSTACLE_FIELD_SIZE]; // of the ground at its foot, over the sea
    char elevation_unit[GEO_OBSTACLE_FIELD_SIZE];
    char levels[GEO_OBSTACLE_FIELD_SIZE]; // storeys, where there is no height over the ground
    char horizontal_acc[GEO_OBSTACLE_FIELD_SIZE];
    char vertical_acc[GEO_OBSTACLE_FIELD_SIZE];
    char acc_unit[GEO_OBSTACLE_FIELD_SIZE]; // of both
    char no_value[GEO_OBSTACLE_FIELD_SIZE]; // a number or text that stands for none
};

// Whether it is a unit of length: M, FT and the words people use for them. *out_m: its length.
bool geo_length_unit(const char *word, double *out_m);
// A length as people write it: digits with a sign and a fraction, with or without a unit behind
// ("12 m", "40 ft", "39'", "7'6\""); `unit_m` counts where there is none (0: then one is
// needed). False for anything else: a range, a decimal comma, an estimate.
bool geo_length_parse(const char *text, double unit_m, double *out_m);
// Digits with a sign and a fraction, in every locale; *out is untouched by anything else.
bool geo_number_parse(const char *text, double *out);

#endif
