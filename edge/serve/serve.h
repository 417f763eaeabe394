// edge/serve/serve.h - one step of the serve loop: telemetry in, context out.
// SPDX-License-Identifier: Apache-2.0
//
// Reads no clock, starts no thread, non-blocking. The caller passes the time; messages go
// through a struct edge_link, fused state comes through the mailbox, what must be stored goes
// through the backward queue. The same step runs over MQTT in service and over a recording in a
// replay. Nothing is allocated per message after warm-up.
#ifndef EDGE_SERVE_H
#define EDGE_SERVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "edge/host/now.h"
#include "edge/mqtt/link.h"
#include "geo/status.h"

struct drf_config;
struct edge_mailbox;
struct edge_backqueue;
struct edge_metrics;
struct edge_health;
struct edge_serve;

// A value of the store from an earlier run: "profile/{id}", "plan/{id}".
struct edge_serve_stored {
    const char *name;
    const void *bytes;
    uint32_t size;
};

// All pointers are borrowed until close. `boot_id` identifies this run of the node.
// DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status edge_serve_open(
    const struct drf_config *config, uint64_t boot_id, struct edge_link link,
    struct edge_mailbox *mailbox, struct edge_backqueue *backqueue,
    struct edge_metrics *metrics, struct edge_health *health, struct edge_serve **out);
// Before the first step: ingest's statistics of the sources, for the catalogue; borrowed.
struct edge_source_stats;
void edge_serve_use_source_stats(struct edge_serve *serve,
                                 const struct edge_source_stats *source_stats);
// Before the first step too: asks the store for the profile and plan of a drone that comes
// back; borrowed. Without it such a drone has to send them again.
struct edge_restore_request;
void edge_serve_use_restore_request(struct edge_serve *serve,
                                    struct edge_restore_request *restore_request);
// Before the first step too: what ingest answers to reports (edge/handoff/report_answers.h);
// borrowed. Without it none are taken.
void edge_serve_use_report_answers(struct edge_serve *serve, struct edge_backqueue *answers);
// Before the first step and between steps: what others are told goes there; without it nobody
// is told, as in a replay.
struct edge_publisher;
void edge_serve_use_publisher(struct edge_serve *serve, struct edge_publisher publisher);
// Before the first step too: what enters the steps is recorded there, or comes from there;
// borrowed. The hand-offs are told of it by whoever opens them.
struct edge_inputs;
void edge_serve_use_inputs(struct edge_serve *serve, struct edge_inputs *inputs);
// Before the first step too, where several nodes serve the region: who is owner of which
// drones; borrowed. Without it this node is, of all.
struct edge_ownership;
void edge_serve_use_ownership(struct edge_serve *serve, struct edge_ownership *ownership);
// Before the first step too, where somebody may look: borrowed. Not in a replay.
// DRF_ERR_NOMEM.
struct edge_viewing;
DRF_MUST_CHECK enum drf_status edge_serve_use_viewing(struct edge_serve *serve,
                                                      struct edge_viewing *viewing);
void edge_serve_close(struct edge_serve *serve); // NULL is fine

// Before the first step: restores a stored value. DRF_ERR_SYNTAX: it is not one of the values
// above; nothing happened.
DRF_MUST_CHECK enum drf_status edge_serve_restore(struct edge_serve *serve,
                                                  struct edge_serve_stored kept);

// Takes the newest root, reads what came in, sends what is due. Returns the mono time at which
// it wants to run again at the latest, even if nothing comes in.
int64_t edge_serve_step(struct edge_serve *serve, struct edge_now now);
// Between steps: `config`, which follows the one before (edge/config/config_reload.h) and which
// ingest has taken over, is borrowed from now on; what was borrowed before is not looked at any
// more.
void edge_serve_reload(struct edge_serve *serve, const struct drf_config *config,
                       struct edge_now now);

// The MQTT will: the retained state DOWN, for edge_topic_node(..., "state"). *size is the room
// in, the length out; EDGE_SERVE_WILL_MAX is enough.
// DRF_ERR_FULL: no room.
enum { EDGE_SERVE_WILL_MAX = 256 };
DRF_MUST_CHECK enum drf_status edge_serve_will(const struct drf_config *config,
                                               uint64_t boot_id, uint8_t *bytes, size_t *size);

// Before an orderly end: publishes the retained state DOWN.
void edge_serve_down(struct edge_serve *serve, struct edge_now now);

#endif
