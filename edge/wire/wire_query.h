// edge/wire/wire_query.h - encodes the answer to a query as drf.v1.QueryReply.
// SPDX-License-Identifier: Apache-2.0
#ifndef EDGE_WIRE_QUERY_H
#define EDGE_WIRE_QUERY_H

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
    uint64_t boot_id;                // of the node that answers; 0: a store is read
    const char *region_id, *node_id; // NULL: likewise
};

// Where the point lies beyond what is kept: the sentence that says so; else "".
enum { EDGE_WIRE_QUERY_TEXT_SIZE = 128 };
void edge_wire_query_outside(const struct fusion_point *point,
                             char text[static EDGE_WIRE_QUERY_TEXT_SIZE]);

// *size: the room at first, then what was written. DRF_ERR_FULL: no room.
DRF_MUST_CHECK enum drf_status edge_wire_query_encode(
    enum edge_wire_form form, const struct edge_wire_query_answer *answer, uint8_t *bytes,
    size_t *size);

#endif
