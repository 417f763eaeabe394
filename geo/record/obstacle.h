// geo/record/obstacle.h - record item: an obstacle as its source describes it.
// SPDX-License-Identifier: Apache-2.0
//
// A flat value without pointers: in a record (geo/record/record.h) it is followed by its
// vertices. Heights are the source's own; fusion computes the top from them.
#ifndef GEO_OBSTACLE_H
#define GEO_OBSTACLE_H

#include <stdint.h>

#include "geo/point.h"

enum geo_geometry {
    GEO_GEOMETRY_POINT = 1,
    GEO_GEOMETRY_LINE = 2,    // vertices in order
    GEO_GEOMETRY_POLYGON = 3, // outer ring only, not closed, counter-clockwise
};

enum geo_obstacle_flag {
    GEO_OBSTACLE_HAS_AGL = 1 << 0,
    GEO_OBSTACLE_HAS_AMSL = 1 << 1,
    GEO_OBSTACLE_HORIZONTAL_ASSUMED = 1 << 2, // accuracy from the feed's configuration
    GEO_OBSTACLE_VERTICAL_ASSUMED = 1 << 3,
    GEO_OBSTACLE_VERIFIED = 1 << 4,
    GEO_OBSTACLE_UNVERIFIED = 1 << 5, // neither: the source does not say
    GEO_OBSTACLE_BALLOON = 1 << 6,    // never raises the surface
    GEO_OBSTACLE_HAS_DATA_TIME = 1 << 7,
    GEO_OBSTACLE_WITHDRAWN = 1 << 8, // the source says that it was removed
    // Outside what this node keeps, as a point: in the record because an older version may have
    // been inside, which this one withdraws.
    GEO_OBSTACLE_OUTSIDE = 1 << 9,
    // Its id ends in '#' and a number that the decoder gave it: a part of a Multi-geometry, or
    // a second feature of one id. It belongs to the id before the '#'.
    GEO_OBSTACLE_NUMBERED = 1 << 10,
    GEO_OBSTACLE_NO_PLACE = 1 << 11, // withdrawn without a geometry: its position says nothing
};

enum {
    GEO_OBSTACLE_ID_SIZE = 64,
    GEO_OBSTACLE_KIND_SIZE = 32,
    GEO_OBSTACLE_VERTICES_MAX = 4096,
    // Less accurate is not to say where: it would be near everything and stand nowhere.
    GEO_OBSTACLE_HORIZONTAL_ACC95_MAX_M = 5000,
};

struct geo_obstacle {
    char id[GEO_OBSTACLE_ID_SIZE];     // the source's own, NUL-terminated, not empty
    char kind[GEO_OBSTACLE_KIND_SIZE]; // the source's word, may be empty
    struct geo_point position;         // of a line or polygon: its first vertex
    int64_t data_time_utc_us;          // when the source last vouched for it
    double agl_m;                      // height above the ground at its foot
    double amsl_m;                     // of its top, EGM96
    double horizontal_acc95_m;         // > 0, at most GEO_OBSTACLE_HORIZONTAL_ACC95_MAX_M
    double vertical_acc95_m;           // >= 0
    uint32_t flags;                    // enum geo_obstacle_flag
    uint32_t geometry;                 // enum geo_geometry
    uint32_t vertex_count;             // 0 for a point; else vertices follow in the record
    uint32_t quantity;                 // how many stand there, at least 1
    uint8_t lighting, marking;         // the source's code letter, 0 when unknown
    uint8_t reserved[6];
};

#endif
