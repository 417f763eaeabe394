// edge/serve/query.h - `drf-edge query`: everything known at a point, with where it comes from.
// SPDX-License-Identifier: Apache-2.0
#ifndef EDGE_QUERY_H
#define EDGE_QUERY_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "edge/wire/wire.h"
#include "fusion/context/point.h"
#include "fusion/fabric/fabric.h"
#include "fusion/store/store.h"
#include "geo/status.h"

// `drf-edge query --store FILE LAT LON [--agl M] [--nearest] [--json] [--at UTC] [--radius M]`,
// arguments after the word "query". Without --at the store's own time (as_of) is taken, without
// --agl 10 m, without --radius 2000 m. Writes the answer to `out`, complaints to `err`; returns
// the exit code: 0, 1 (no store, nothing readable), 2 (usage).
int edge_query(int argc, char **argv, FILE *out, FILE *err);

// The node keeps what its configuration says of the feeds in its store, so that a query without
// the configuration judges the weather's validity as the node does.
DRF_MUST_CHECK enum drf_status edge_query_remember(struct fusion_store *store,
                                                   const struct fusion_feed *feeds,
                                                   size_t feed_count);

// What was kept, at most `room` of them; none: a store of a node that kept nothing.
void edge_query_recall(struct fusion_store *store, struct fusion_feed *feeds, size_t room,
                       size_t *count);

// How a query was put, and the answer, for the two ways of showing it.
struct edge_query_answer {
    struct fusion_point_ask ask;
    struct fusion_point point;
    uint64_t epoch;
    uint32_t mode;
};

// A drf.v1.QueryReply. DRF_ERR_FULL: no room.
DRF_MUST_CHECK enum drf_status edge_query_encode(enum edge_wire_form form,
                                                 const struct edge_query_answer *answer,
                                                 uint8_t *bytes, size_t *size);
// The same as ProtoJSON, one line. DRF_ERR_FULL: no room.
DRF_MUST_CHECK enum drf_status edge_query_json(const struct edge_query_answer *answer,
                                               char *text, size_t *size);
// A table for people.
void edge_query_table(const struct edge_query_answer *answer, FILE *out);

#endif
