// edge/serve.h - the serve loop's one step: telemetry in, drone state, context out.
// SPDX-License-Identifier: Apache-2.0
//
// Reads no clock, starts no thread, never blocks: `now` is handed in, what comes and goes
// passes through a struct drf_link, fused state through the mailbox, what must be kept through
// the backward queue. The same step runs over MQTT in service and over a recording in a replay.
// Nothing is allocated per message after warm-up.
#ifndef EDGE_SERVE_H
#define EDGE_SERVE_H

#include <stdbool.h>
#include <stdint.h>

#include "edge/link.h"
#include "geo/status.h"

struct drf_config;
struct drf_mailbox;
struct drf_backqueue;
struct drf_metrics;
struct drf_serve;

// Now, on both clocks. Timers run on mono, validity on utc.
struct drf_now {
    int64_t mono_us;
    int64_t utc_us;
};

// What the rim knows and drones are told: the condition of the node and what it waits for.
struct drf_serve_health {
    uint32_t condition;      // NodeCondition of schemas/drf/v1/enums.proto
    const char *waiting_for; // "" or names separated by commas; copied
    uint32_t clock_error_ms;
};

// A value kept in the store from an earlier life: "profile/{id}", "plan/{id}".
struct drf_serve_kept {
    const char *name;
    const void *bytes;
    uint32_t size;
};

// All pointers are borrowed until close. `boot_id` names this life of the stream.
// DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status drf_serve_open(const struct drf_config *config, uint64_t boot_id,
                                              struct drf_link link, struct drf_mailbox *mailbox,
                                              struct drf_backqueue *backqueue,
                                              struct drf_metrics *metrics,
                                              struct drf_serve **out);
void drf_serve_close(struct drf_serve *serve); // NULL is fine

// Before the first step: gives back what an earlier life kept. DRF_ERR_SYNTAX: not one of its
// values; nothing happened.
DRF_MUST_CHECK enum drf_status drf_serve_restore(struct drf_serve *serve,
                                                 struct drf_serve_kept kept);

void drf_serve_health(struct drf_serve *serve, struct drf_serve_health health);

// Takes the newest root, reads what came in, sends what is due. Returns the mono time at which
// it wants to run again at the latest, even if nothing comes in.
int64_t drf_serve_step(struct drf_serve *serve, struct drf_now now);

// Says goodbye: the retained state says DOWN.
void drf_serve_farewell(struct drf_serve *serve, struct drf_now now);

#endif
