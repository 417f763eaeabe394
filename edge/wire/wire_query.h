// edge/wire/wire_query.h - encodes the answer to a query as drf.v1.QueryReply.
// SPDX-License-Identifier: Apache-2.0
#ifndef EDGE_WIRE_QUERY_H
#define EDGE_WIRE_QUERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "edge/wire/wire.h"
#include "fusion/context/point.h"
#include "geo/status.h"

// How a query was put, and the answer.
struct edge_wire_query_answer {
    struct fusion_point_ask ask;
    struct fusion_point point;
    uint64_t epoch;
    uint32_t mode;
    // Of the node that answers; 0 and NULL: a store is read.
    uint64_t boot_id;
    const char *region_id, *node_id;
    double outside_m, margin_m; // of its region, and to where aircraft are served
};

// Whether the point lies where no aircraft is served, and the sentence that says so; else "".
// Data may be kept there nevertheless, for those who look there from the region.
enum { EDGE_WIRE_QUERY_TEXT_SIZE = 192 };
bool edge_wire_query_outside(const struct edge_wire_query_answer *answer,
                             char text[static EDGE_WIRE_QUERY_TEXT_SIZE]);

// *size: the room at first, then what was written. DRF_ERR_FULL: no room.
DRF_MUST_CHECK enum drf_status edge_wire_query_encode(
    enum edge_wire_form form, const struct edge_wire_query_answer *answer, uint8_t *bytes,
    size_t *size);

#endif
