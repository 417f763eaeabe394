// edge/service/node.h - all parts of a node: opened in a chain, closed at the end.
// SPDX-License-Identifier: Apache-2.0
//
// Opening does not wait: Kafka and MQTT may be unreachable, topics may not exist. On a disk
// without room for the store the caller waits and tries again. An error that waiting does not
// cure (settings that make no client, a store of another region) ends the opening.
#ifndef EDGE_NODE_H
#define EDGE_NODE_H

#include <stdbool.h>
#include <stdint.h>

#include "edge/handoff/ownership.h"
#include "edge/handoff/report_answers.h"
#include "edge/handoff/restore_request.h"
#include "edge/ingest/ingest.h"
#include "edge/journal/journal.h"
#include "edge/kafka/publisher_kafka.h"
#include "edge/mqtt/mqtt.h"
#include "edge/serve/serve.h"
#include "edge/service/claim.h"
#include "edge/service/exit_code.h"
#include "edge/service/http.h"
#include "edge/service/leased_link.h"
#include "edge/service/timed_link.h"
#include "edge/view/view.h"

struct edge_node {
    const struct drf_config *config;
    struct edge_log log;
    uint64_t boot_id;
    int wake_ingest_fd, wake_serve_fd; // eventfds
    char names[DRF_FEEDS_MAX][32];     // of the feeds, by their numbers, also those removed
    const char *feed_names[DRF_FEEDS_MAX];
    struct edge_metrics *metrics;
    struct edge_health health;
    struct edge_mailbox mailbox;
    struct edge_backqueue *backqueue;
    struct edge_restore_request restore_request;
    struct edge_backqueue *report_answers;
    struct fusion_store *store;
    struct fusion_fabric *fabric;
    struct edge_children *children;
    struct edge_kafka *kafka[EDGE_LANES]; // NULL: no feed of that class
    struct edge_feeds *feeds;
    struct edge_delivery delivery;
    struct edge_publisher_kafka *publisher; // NULL: others are told nothing
    struct edge_deadletters deadletters;
    struct edge_journal *journal;                     // NULL: nothing is recorded
    struct edge_inputs *ingest_inputs, *serve_inputs; // NULL: neither recorded nor replayed
    struct edge_source_stats source_stats;
    struct edge_ingest *ingest;
    struct edge_mqtt *mqtt;
    uint64_t owner_epochs[EDGE_OWNER_PARTS]; // of an earlier run; 0: never
    struct edge_ownership ownership;         // between the thread of owners, the link and serve
    struct edge_timed_link timed_link;       // between serve and MQTT
    struct edge_leased_link leased_link;
    struct edge_claim claim;
    struct edge_serve *serve;
    struct edge_http *http;
    struct edge_viewing *viewing; // between serve and the view
    struct edge_view *view;       // NULL: there is no page
    int64_t kafka_log_utc_us;     // the time the ingest loop gives to librdkafka's lines
    struct edge_log_limit kafka_log_limit;
    char waiting_for[320];    // what edge_node_open() said with DRF_ERR_AGAIN
    enum edge_exit exit_code; // of a process that could not open it
};

// Metrics, health and their HTTP server, which answers while the rest is opened. On anything
// but DRF_OK everything opened is closed again.
DRF_MUST_CHECK enum drf_status edge_node_begin(const struct drf_config *config,
                                               const struct edge_log *log, struct edge_now now,
                                               struct edge_node *out);
// All the rest. DRF_ERR_AGAIN: the disk is full, waiting_for says where; to be called again, or
// closed. On any other error everything is closed again, and one line was logged.
DRF_MUST_CHECK enum drf_status edge_node_open(struct edge_node *node, struct edge_now now);
void edge_node_close(struct edge_node *node);
// Part of opening, before serve (edge/service/node_view.c).
void edge_node_open_view(struct edge_node *node, struct edge_now now);
// Parts of opening, in this order, for whoever brings other ports: store and fabric come
// between the first two. `port` need not name begin, sweep
// and what they are given.
DRF_MUST_CHECK enum drf_status edge_node_open_handoffs(struct edge_node *node);
DRF_MUST_CHECK enum drf_status edge_node_open_ingest(struct edge_node *node,
                                                     struct edge_feed_port port,
                                                     struct edge_decoder_port decoder);
DRF_MUST_CHECK enum drf_status edge_node_open_serve(struct edge_node *node,
                                                    struct edge_link link);
// Part of opening: the hand-offs record or replay by ingest_inputs and serve_inputs.
void edge_node_use_inputs(struct edge_node *node);

// Parts of opening, and of a reload (edge/service/reload.h): with a configuration that follows
// node->config. *why is static; *error is filled on DRF_ERR_RANGE. `claim`: the connection
// first listens whether another node speaks for the id; NULL: it is ours already.
void edge_node_name_feeds(struct edge_node *node, const struct drf_config *config);
DRF_MUST_CHECK enum drf_status edge_node_open_lane(struct edge_node *node,
                                                   const struct drf_config *config,
                                                   enum edge_lane lane,
                                                   char error[static EDGE_KAFKA_ERROR_SIZE],
                                                   struct edge_kafka **out);
DRF_MUST_CHECK enum drf_status edge_node_open_mqtt(const struct edge_node *node,
                                                   const struct drf_config *config,
                                                   struct edge_claim *claim,
                                                   struct edge_mqtt **out, const char **why);

// Part of opening: store and fabric, a damaged file set aside first
// (edge/service/node_store.c).
DRF_MUST_CHECK enum drf_status edge_node_open_store(struct edge_node *node,
                                                    struct edge_now now);
// Renames the store, which `node` does not have open, to "<path>.damaged-<time>" and logs it.
DRF_MUST_CHECK enum drf_status edge_node_set_aside(struct edge_node *node, const char *why,
                                                   struct edge_now now);
// Whether the file is damaged: reads all of it; nobody may have it open for writing.
bool edge_node_store_damaged(const struct drf_config *config);

// The store and the fabric a configuration describes, for `run` and `import`. *fault says what
// is wrong with the store.
DRF_MUST_CHECK enum drf_status edge_node_store(const struct drf_config *config,
                                               struct fusion_store_fault *fault,
                                               struct fusion_store **out);
DRF_MUST_CHECK enum drf_status edge_node_fabric(const struct drf_config *config,
                                                struct fusion_store *store,
                                                struct fusion_fabric **out);

// The MQTT connection a configuration describes, for `run` and `check`. `will` may be NULL.
struct edge_node_will {
    const char *topic;
    const void *payload;
    size_t size;
    struct edge_claim *claim; // what it hears before it speaks for the node's id; may be NULL
};
DRF_MUST_CHECK enum drf_status edge_node_connect(const struct drf_config *config,
                                                 const struct edge_node_will *will,
                                                 struct edge_mqtt **out, const char **why);

#endif
