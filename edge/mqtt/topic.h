// edge/mqtt/topic.h - MQTT topic names: parsing and formatting.
// SPDX-License-Identifier: Apache-2.0
//
// schemas/client.md rule 10, schemas/client.md rule 13 and schemas/client.md rule 14. Pure
// functions on text. `root` is "drf/v1" for mode LIVE and "drf-test/v1" for every other mode.
#ifndef EDGE_TOPIC_H
#define EDGE_TOPIC_H

#include <stdbool.h>
#include <stddef.h>

#include "geo/status.h"

enum {
    EDGE_ID_SIZE = 37,     // 36 characters and a NUL
    EDGE_TOPIC_SIZE = 192, // longest topic and its NUL
};

#define EDGE_TOPIC_ROOT_LIVE "drf/v1"
#define EDGE_TOPIC_ROOT_TEST "drf-test/v1"

enum edge_topic_kind {
    EDGE_TOPIC_TELEMETRY,
    EDGE_TOPIC_PROFILE,
    EDGE_TOPIC_PLAN,
    EDGE_TOPIC_REQUEST,
    EDGE_TOPIC_REPORT,
    EDGE_TOPIC_CONTEXT,
    EDGE_TOPIC_PATCH,
    EDGE_TOPIC_ADVISORY,
    EDGE_TOPIC_REPLY,
    EDGE_TOPIC_TERRAIN,
    EDGE_TOPIC_QUERY,
    EDGE_TOPIC_STATE,     // of a node
    EDGE_TOPIC_HEARTBEAT, // likewise
    EDGE_TOPIC_KIND_COUNT
};

// [A-Za-z0-9][A-Za-z0-9._-]{0,35}: drones, regions, nodes and clients. `size` without a NUL.
bool edge_id_valid(const char *text, size_t size);

struct edge_topic {
    enum edge_topic_kind kind;
    char id[EDGE_ID_SIZE];     // the drone, the client of a query, or the node
    char region[EDGE_ID_SIZE]; // of the node, and of a reply; of the others ""
};

// Reads a topic that somebody sends to the node: .../telemetry, profile, plan, request,
// report, a query, a node's state or heartbeat, or another node's reply to a drone.
// DRF_ERR_SYNTAX: none of these under `root`. DRF_ERR_RANGE: an id is not one.
DRF_MUST_CHECK enum drf_status edge_topic_parse(const char *root, const char *topic,
                                                struct edge_topic *out);

// "drf/v1/drones/{id}/context/{region}" and its like; for EDGE_TOPIC_QUERY the client's reply
// topic, and region is not used; of a state and a heartbeat `id` is the node. Returns the
// length. `id` and `region` must be valid (asserted).
size_t edge_topic_format(const char *root, enum edge_topic_kind kind, const char *id,
                         const char *region, char out[static EDGE_TOPIC_SIZE]);

// "drf/v1/regions/{region}/nodes/{node}/{leaf}", leaf one of heartbeat, state, catalog.
size_t edge_topic_node(const char *root, const char *region, const char *node, const char *leaf,
                       char out[static EDGE_TOPIC_SIZE]);
// "drf/v1/regions/{region}/alerts".
size_t edge_topic_alerts(const char *root, const char *region,
                         char out[static EDGE_TOPIC_SIZE]);

// What a node subscribes to: "drf/v1/drones/+/telemetry" and so on, queries, and the states of
// all nodes.
size_t edge_topic_filter(const char *root, enum edge_topic_kind kind,
                         char out[static EDGE_TOPIC_SIZE]);

// The heartbeats of a region's nodes, or their replies to drones: of EDGE_TOPIC_HEARTBEAT and
// EDGE_TOPIC_REPLY.
size_t edge_topic_region_filter(const char *root, enum edge_topic_kind kind, const char *region,
                                char out[static EDGE_TOPIC_SIZE]);

#endif
