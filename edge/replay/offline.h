// edge/replay/offline.h - a node without brokers, threads and clock: its steps, called by hand.
// SPDX-License-Identifier: Apache-2.0
//
// For replays, what-ifs and simulations in lock-step. It has everything that a node in service
// has (edge/service/node.h) but Kafka, MQTT, decoder children and HTTP: messages are put in,
// and what it sends goes to a function. Decoding happens in this process, at once. One thread.
#ifndef EDGE_OFFLINE_H
#define EDGE_OFFLINE_H

#include "edge/service/node.h"

struct edge_offline_options {
    const struct drf_config *config; // borrowed, as everything here
    const struct edge_log *log;
    struct edge_now now;
    struct edge_inputs *ingest, *serve; // NULL: nothing is replayed
    uint64_t boot_id;                   // of a recorded node; 0: the stored one
    bool as_stored; // the store is as a recorded node had it when it began; else it begins now
    void (*sent)(void *context, struct edge_now now, const struct edge_outgoing *message);
    void *context;
};

struct edge_offline;

// DRF_ERR_STORE: the store, said in the log. DRF_ERR_NOMEM and others of edge_node_open().
DRF_MUST_CHECK enum drf_status edge_offline_open(const struct edge_offline_options *options,
                                                 struct edge_offline **out);
void edge_offline_close(struct edge_offline *offline); // NULL is fine

// The instant that `sent` is given, where the steps are called directly.
void edge_offline_at(struct edge_offline *offline, struct edge_now now);
// A reload: ingest's part, which takes `config` over as it is (also where it fails), and then
// serve's. DRF_ERR_NOMEM, DRF_ERR_STORE.
DRF_MUST_CHECK enum drf_status edge_offline_reload_ingest(struct edge_offline *offline,
                                                          const struct drf_config *config,
                                                          bool restarted, struct edge_now now);
void edge_offline_reload_serve(struct edge_offline *offline, struct edge_now now);

struct edge_node *edge_offline_node(struct edge_offline *offline);

// A message from a drone, and one of a feed; copied. DRF_ERR_NOMEM. DRF_ERR_ABSENT: no feed
// reads that topic.
DRF_MUST_CHECK enum drf_status edge_offline_put_mqtt(struct edge_offline *offline,
                                                     const struct edge_incoming *message);
DRF_MUST_CHECK enum drf_status edge_offline_put_kafka(struct edge_offline *offline,
                                                      const struct edge_message *message);
// Every feed's topic is there, with what was put so far as the end to be reached first.
void edge_offline_found(struct edge_offline *offline, struct edge_now now);

// A step of each loop at that instant, repeated while there is more to do. Returns the mono
// time of the next one at the latest. *status (may be NULL): of ingest.
int64_t edge_offline_step(struct edge_offline *offline, struct edge_now now,
                          enum drf_status *status);
int64_t edge_offline_ingest(struct edge_offline *offline, struct edge_now now,
                            enum drf_status *status);
int64_t edge_offline_serve(struct edge_offline *offline, struct edge_now now);

#endif
