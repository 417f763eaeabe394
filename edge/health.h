// edge/health.h - what the node is waiting for or doing without, told by any thread to any.
// SPDX-License-Identifier: Apache-2.0
//
// One atomic word of flags. Serve makes NodeState.condition and waiting_for of it, HTTP makes
// /readyz of it.
#ifndef EDGE_HEALTH_H
#define EDGE_HEALTH_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum edge_trouble {
    EDGE_TROUBLE_KAFKA,   // no broker answers
    EDGE_TROUBLE_TOPIC,   // a configured topic does not exist yet
    EDGE_TROUBLE_MQTT,    // not connected
    EDGE_TROUBLE_STORE,   // commits fail: the disk is full or damaged
    EDGE_TROUBLE_DECODER, // no decoder child can be started, or a feed is paused after deaths
    EDGE_TROUBLE_CATCHING_UP,
    EDGE_TROUBLE_OVERLOAD,
    EDGE_TROUBLE_CLOCK, // it was set within the last minute
    EDGE_TROUBLE_COUNT
};

struct edge_health {
    _Atomic uint32_t troubles; // bit 1 << enum edge_trouble
};

void edge_health_init(struct edge_health *health);
// True if this changed it.
bool edge_health_set(struct edge_health *health, enum edge_trouble trouble, bool there);
bool edge_health_has(const struct edge_health *health, enum edge_trouble trouble);
uint32_t edge_health_all(const struct edge_health *health);
const char *edge_trouble_name(enum edge_trouble trouble); // "kafka", "store" ...

#endif
