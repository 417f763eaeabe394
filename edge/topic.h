// edge/topic.h - the names under which everything travels over MQTT (CONTRACT points 10, 13 and
// 14). SPDX-License-Identifier: Apache-2.0
//
// Pure functions on text. `root` is "drf/v1" for mode LIVE and "drf-test/v1" for every other
// mode.
#ifndef EDGE_TOPIC_H
#define EDGE_TOPIC_H

#include <stdbool.h>
#include <stddef.h>

#include "geo/status.h"

enum {
    DRF_ID_SIZE = 37,     // 36 characters and a NUL
    DRF_TOPIC_SIZE = 192, // longest topic and its NUL
};

#define DRF_TOPIC_ROOT_LIVE "drf/v1"
#define DRF_TOPIC_ROOT_TEST "drf-test/v1"

enum drf_topic_kind {
    DRF_TOPIC_TELEMETRY,
    DRF_TOPIC_PROFILE,
    DRF_TOPIC_PLAN,
    DRF_TOPIC_REQUEST,
    DRF_TOPIC_CONTEXT,
    DRF_TOPIC_PATCH,
    DRF_TOPIC_ADVISORY,
    DRF_TOPIC_REPLY,
    DRF_TOPIC_TERRAIN,
    DRF_TOPIC_QUERY,
    DRF_TOPIC_KIND_COUNT
};

// [A-Za-z0-9][A-Za-z0-9._-]{0,35}: drones, regions, nodes and clients. `size` without a NUL.
bool drf_id_valid(const char *text, size_t size);

struct drf_topic {
    enum drf_topic_kind kind;
    char id[DRF_ID_SIZE]; // the drone, or the client of a query
};

// Reads a topic that somebody sends to the node: .../telemetry, profile, plan, request, or a
// query. DRF_ERR_SYNTAX: none of these under `root`. DRF_ERR_RANGE: the id is not one.
DRF_MUST_CHECK enum drf_status drf_topic_parse(const char *root, const char *topic,
                                               struct drf_topic *out);

// "drf/v1/drones/{id}/context/{region}" and its like; for DRF_TOPIC_QUERY the client's reply
// topic, and region is not used. Returns the length. `id` and `region` must be valid
// (asserted).
size_t drf_topic_format(const char *root, enum drf_topic_kind kind, const char *id,
                        const char *region, char out[static DRF_TOPIC_SIZE]);

// "drf/v1/regions/{region}/nodes/{node}/{leaf}", leaf one of heartbeat, state, catalog.
size_t drf_topic_node(const char *root, const char *region, const char *node, const char *leaf,
                      char out[static DRF_TOPIC_SIZE]);
// "drf/v1/regions/{region}/alerts".
size_t drf_topic_alerts(const char *root, const char *region, char out[static DRF_TOPIC_SIZE]);

// What a node subscribes to: "drf/v1/drones/+/telemetry" and so on, and queries.
size_t drf_topic_filter(const char *root, enum drf_topic_kind kind,
                        char out[static DRF_TOPIC_SIZE]);

#endif
