// sim/measure/topic.h - what a topic of a recording carries, whatever its root.
// SPDX-License-Identifier: Apache-2.0
//
// schemas/client.md, Connect. The root is drf/v1 or drf-test/v1.
#ifndef SIM_TOPIC_H
#define SIM_TOPIC_H

#include <stdbool.h>
#include <stddef.h>

enum sim_leaf {
    // of one drone: up to the node
    SIM_LEAF_TELEMETRY,
    SIM_LEAF_PROFILE,
    SIM_LEAF_PLAN,
    SIM_LEAF_REQUEST,
    SIM_LEAF_REPORT,
    // of one drone: down
    SIM_LEAF_CONTEXT,
    SIM_LEAF_PATCH,
    SIM_LEAF_ADVISORY,
    SIM_LEAF_REPLY,
    SIM_LEAF_TERRAIN,
    SIM_LEAF_OF_DRONES, // how many are a drone's
    // of a node or a client
    SIM_LEAF_HEARTBEAT = SIM_LEAF_OF_DRONES,
    SIM_LEAF_STATE,
    SIM_LEAF_CATALOG,
    SIM_LEAF_ALERTS,
    SIM_LEAF_QUERY,
    SIM_LEAF_QUERY_REPLY,
    // of a simulation
    SIM_LEAF_TRUTH,
    SIM_LEAF_VERDICT,
    SIM_LEAF_STEP,
    SIM_LEAF_KAFKA, // an input
    SIM_LEAF_OTHER, // not of this project
    SIM_LEAF_COUNT
};

struct sim_topic {
    enum sim_leaf leaf;
    const char *id; // into the topic: drone, client or aircraft; NULL: none
    size_t id_size;
    const char *region; // into the topic; NULL: none
    size_t region_size;
    const char *rest; // behind the root; the whole topic where there is no root
};

struct sim_topic sim_topic_parse(const char *topic);
const char *sim_leaf_name(enum sim_leaf leaf); // "context"
bool sim_leaf_output(enum sim_leaf leaf);      // the node sends it
bool sim_leaf_input(enum sim_leaf leaf);       // the node receives it

#endif
