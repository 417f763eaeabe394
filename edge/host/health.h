// edge/host/health.h - health flags of the node (Kafka, MQTT, store ...), atomic.
// SPDX-License-Identifier: Apache-2.0
//
// One atomic word of flags, written and read by any thread. Serve derives NodeState.condition
// and waiting_for from it, HTTP /readyz.
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
    EDGE_TROUBLE_CLOCK,   // it was set within the last minute
    EDGE_TROUBLE_STALLED, // ingest has made no step for EDGE_HEALTH_STALL_US: a disk that hangs
    EDGE_TROUBLE_INCOMPLETE, // live features were lost with their topic and have not come again
    EDGE_TROUBLE_COUNT
};

// Both loops note when they last began a step, so that any thread can see that one of them
// hangs. A step waits for the disk at most, and is done in milliseconds.
enum edge_loop { EDGE_LOOP_INGEST, EDGE_LOOP_SERVE, EDGE_LOOP_COUNT };
#define EDGE_HEALTH_STALL_US INT64_C(15000000)

struct edge_health {
    _Atomic uint32_t troubles;                     // bit 1 << enum edge_trouble
    _Atomic int64_t step_mono_us[EDGE_LOOP_COUNT]; // INT64_MIN: it has not begun
};

void edge_health_init(struct edge_health *health);
// True if this changed it.
bool edge_health_set(struct edge_health *health, enum edge_trouble trouble, bool there);
bool edge_health_has(const struct edge_health *health, enum edge_trouble trouble);
uint32_t edge_health_all(const struct edge_health *health);
// A loop begins a step.
void edge_health_step(struct edge_health *health, enum edge_loop loop, int64_t now_mono_us);
// When its last step began; INT64_MIN: none has.
int64_t edge_health_stepped(const struct edge_health *health, enum edge_loop loop);
// How long its step has taken, if that is too long; 0: it is not, or has not begun.
int64_t edge_health_stalled_us(const struct edge_health *health, enum edge_loop loop,
                               int64_t now_mono_us);
// Both loops have begun a step: everything is opened.
bool edge_health_started(const struct edge_health *health);
const char *edge_trouble_name(enum edge_trouble trouble); // "kafka", "store" ...
const char *edge_trouble_text(enum edge_trouble trouble); // for people: what, and what follows
const char *edge_loop_name(enum edge_loop loop);          // "ingest", "serve"

#endif
