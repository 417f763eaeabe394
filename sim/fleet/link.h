// sim/fleet/link.h - the port through which the fleet sends: MQTT, or a pipe.
// SPDX-License-Identifier: Apache-2.0
//
// The fleet sends through it and is told what arrived (sim_fleet_take in sim/fleet/fleet.h) by
// whoever owns the links, such as sim/fleet/fleet_mqtt.c.
#ifndef SIM_LINK_H
#define SIM_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "geo/status.h"
#include "sim/host/now.h"

enum { SIM_NAME_SIZE = 37, SIM_PASSWORD_SIZE = 128 };

// What a drone receives, by the last word of the topic.
enum sim_stream {
    SIM_STREAM_CONTEXT,
    SIM_STREAM_ADVISORY,
    SIM_STREAM_REPLY,
    SIM_STREAM_PATCH,
    SIM_STREAM_TERRAIN,
    SIM_STREAM_STATE, // of nodes: the first client only
    SIM_STREAMS
};

struct sim_account {
    char name[SIM_NAME_SIZE];
    char password[SIM_PASSWORD_SIZE]; // "": none
};

struct sim_outgoing {
    const char *word; // published to drones/{name}/WORD
    const void *bytes;
    size_t size;
    int qos;
    bool retain;
    uint32_t ask; // number of a profile or plan in its correlation; 0: it is none
};

struct sim_link_port {
    void *context;
    // Sends a message of a drone. It is copied. DRF_ERR_AGAIN: not connected, or no room.
    enum drf_status (*send)(void *context, size_t index, const struct sim_outgoing *message,
                            struct sim_now now);
    // How many drones are connected and subscribed.
    size_t (*connected)(void *context);
};

// By the last level but one of a topic; for a node's state by the last.
enum sim_stream sim_stream_of(const char *topic);
extern const char *const sim_stream_words[SIM_STREAM_STATE];

#endif
