// edge/service/reload.h - the configuration read again, and how the loops take it over.
// SPDX-License-Identifier: Apache-2.0
//
// The main thread reads the file, opens every client that is needed anew, and only when all of
// that succeeded offers it: first ingest takes it over between two steps, then serve, then what
// the former one held is closed. A file with a mistake, or a setting that makes no client,
// changes nothing.
#ifndef EDGE_RELOAD_H
#define EDGE_RELOAD_H

#include <stdatomic.h>

#include "edge/service/credentials.h"
#include "edge/service/node.h"

// Where the configuration comes from. `load` logs what is wrong; on anything but DRF_OK there
// is nothing to close.
struct edge_config_source {
    void *self;
    enum drf_status (*load)(void *self, const struct edge_log *log, struct edge_now now,
                            struct drf_config *out);
};

enum edge_reload_stage {
    EDGE_RELOAD_IDLE,
    EDGE_RELOAD_INGEST, // ingest is to take it over
    EDGE_RELOAD_SERVE,  // serve is
    EDGE_RELOAD_TAKEN,
    EDGE_RELOAD_GIVEN_UP // a message has been under way for too long: nothing changed
};

struct edge_reload {
    struct edge_node *node;
    struct edge_credentials credentials; // that the clients were opened with
    _Atomic int stage;
    int fd;                         // written when it was taken, or given up
    const struct drf_config *first; // that the node was opened with
    struct drf_config *current;     // of the last reload; NULL: there was none

    // What is offered, from INGEST until TAKEN or GIVEN_UP.
    struct drf_config *next;
    struct edge_credentials next_credentials;
    bool kafka_anew;
    struct edge_kafka *kafka[EDGE_LANES]; // NULL where there is none, or it goes on
    struct edge_producer *producer;
    struct edge_publisher_kafka *publisher;
    struct edge_mqtt *mqtt;
    int64_t until_mono_us;
};

// DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status edge_reload_open(struct edge_reload *reload,
                                                struct edge_node *node);
// With the node closed; also where opening failed. `config` is what it was opened with, and
// becomes what it ran with last.
void edge_reload_close(struct edge_reload *reload, struct drf_config *config);
// Before a node is open all of its configuration can change.
void edge_reload_before(struct drf_config *config, const struct edge_config_source *source,
                        const struct edge_log *log, struct edge_now now);

// Main thread. Loads and prepares; what cannot change is logged, and stays. DRF_OK: it is
// ready to be offered. Anything else: it was logged, nothing has changed.
DRF_MUST_CHECK enum drf_status edge_reload_prepare(struct edge_reload *reload,
                                                   const struct edge_config_source *source,
                                                   struct edge_now now);
// Offers it, with topic discovery at rest from before that until it was finished.
void edge_reload_offer(struct edge_reload *reload, struct edge_now now);
// Until it was taken or given up, or the node ends: `stop_fd` can be read, or a signal to end
// waits; at most `timeout_ms`.
enum edge_reload_wait { EDGE_RELOAD_WAIT_ON, EDGE_RELOAD_OVER, EDGE_RELOAD_NODE_ENDS };
DRF_MUST_CHECK enum edge_reload_wait edge_reload_wait(const struct edge_reload *reload,
                                                      int stop_fd, int timeout_ms);
// After that: says what came of it, and closes what is not needed any more.
void edge_reload_finish(struct edge_reload *reload, struct edge_now now);

// In their loops, between steps. *taken: now. Anything but DRF_OK ends the node.
DRF_MUST_CHECK enum drf_status edge_reload_ingest(struct edge_reload *reload,
                                                  struct edge_now now, bool *taken);
void edge_reload_serve(struct edge_reload *reload, struct edge_now now);

#endif
