// sim/fleet/fleet_mqtt.h - many MQTT v5 clients in one process, each with its own name.
// SPDX-License-Identifier: Apache-2.0
//
// One epoll over all sockets: libmosquitto's own loop uses select() and fails beyond some 340
// clients. Clean start, session expiry 0. A client that loses its connection reconnects by
// itself, with a back-off up to ten seconds. One thread; on_message runs inside the step.
#ifndef SIM_FLEET_MQTT_H
#define SIM_FLEET_MQTT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "geo/status.h"

enum { SIM_NAME_SIZE = 37, SIM_PASSWORD_SIZE = 128 };

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

typedef void (*sim_links_message_fn)(void *context, size_t index, enum sim_stream stream,
                                     const void *bytes, size_t size, int64_t mono_us);

struct sim_links;

// Resolves the host once and checks that it accepts a connection within five seconds.
// `accounts` is borrowed until close. DRF_ERR_ABSENT: no such host. DRF_ERR_AGAIN: no answer.
DRF_MUST_CHECK enum drf_status sim_links_open(const char *host, unsigned port, const char *root,
                                              const struct sim_account *accounts, size_t count,
                                              sim_links_message_fn on_message, void *context,
                                              struct sim_links **out);
void sim_links_close(struct sim_links *links); // NULL is fine

// Waits up to wait_ms for a socket, reads and writes, reconnects. True if anything was read.
bool sim_links_step(struct sim_links *links, int wait_ms, int64_t now_mono_us);

// Publishes to drones/{name}/WORD. Fails when not connected or when there is no room.
DRF_MUST_CHECK enum drf_status sim_links_send(struct sim_links *links, size_t index,
                                              const char *word, const void *bytes, size_t size,
                                              int qos, bool retain);

size_t sim_links_ready(const struct sim_links *links);        // connected and subscribed
uint64_t sim_links_lost(const struct sim_links *links);       // connections lost so far
const char *sim_links_refusal(const struct sim_links *links); // the last one, "" for none

#endif
