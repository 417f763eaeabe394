// edge/mqtt/link.h - transport interface between the serve step and the drones.
// SPDX-License-Identifier: Apache-2.0
//
// In service it is MQTT (edge/mqtt/mqtt.h); in a replay or a test it is a recording. Belongs to
// the serve loop. Non-blocking; allocates nothing per message in the steady state.
#ifndef EDGE_LINK_H
#define EDGE_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "geo/status.h"

enum edge_priority {
    EDGE_PRIORITY_CONTEXT = 0,  // sheds first: the next one is better anyway
    EDGE_PRIORITY_ADVISORY = 1, // kept while there is any room
};

struct edge_outgoing {
    const char *topic; // NUL-terminated
    const void *payload;
    size_t size;
    enum edge_priority priority;
    uint8_t qos;
    bool retain;
    bool json;               // content-type application/json, else application/x-protobuf
    uint32_t expiry_s;       // 0: none
    const void *correlation; // MQTT correlation data, NULL: none
    size_t correlation_size;
    uint8_t owner_part;  // edge_owner_part() + 1 of what only the owner may say; 0: anybody may
    int64_t due_mono_us; // of a context that answers a report: since when it is due; 0: none
};

struct edge_incoming {
    const char *topic; // NUL-terminated; all pointers until the next receive
    const uint8_t *payload;
    size_t size;
    bool retained;
    bool json;                  // the sender's content-type says JSON
    int64_t arrival_mono_us;    // of the step that read it from the socket
    const char *response_topic; // "" when there is none
    const uint8_t *correlation;
    size_t correlation_size;
    // Longer than is accepted (edge/mqtt/inbox.h), and so not there: how long it was. 0: whole.
    size_t payload_left_out, correlation_left_out;
};

struct edge_link {
    void *self;
    // DRF_OK: handed over. DRF_ERR_AGAIN: nobody is connected. DRF_ERR_FULL: backed up; for a
    // context this means: make a newer one later. DRF_ERR_STALE: the lease of its `owner_part`
    // has run out (edge/handoff/ownership.h).
    enum drf_status (*send)(void *self, const struct edge_outgoing *message);
    // The next message that came in, oldest first; false: none.
    bool (*receive)(void *self, struct edge_incoming *out);
    // Counts connections, 0 before the first. When it changes, whatever is retained is sent
    // again.
    uint32_t (*session)(void *self);
    bool (*connected)(void *self);
    // More waits to be read than was read. NULL: never.
    bool (*behind)(void *self);
};

#endif
