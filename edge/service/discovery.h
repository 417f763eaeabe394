// edge/service/discovery.h - the thread of topic discovery, and how ingest takes what it found.
// SPDX-License-Identifier: Apache-2.0
//
// Discovery blocks on Kafka, so it has a thread of its own and hands over its findings under a
// mutex.
#ifndef EDGE_DISCOVERY_H
#define EDGE_DISCOVERY_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "edge/ingest/topic_discovery.h"
#include "edge/service/node.h"

// What topic discovery found last of a feed, until ingest has taken it.
struct edge_finding {
    bool asked, fresh, reachable;
    struct edge_kafka_found found;
    struct edge_topic_fingerprint first[EDGE_KAFKA_PARTITIONS_MAX]; // what ingest has of it
};

struct edge_discovery {
    struct edge_node *node;
    int fd;               // written when it is to look at once
    int stop_fd;          // readable from the moment the node is to stop
    atomic_bool complete; // every feed's topic was looked for
    atomic_bool ends;     // the thread is to end
    atomic_bool down;     // librdkafka says that every broker is gone
    bool running;         // the thread is there
    pthread_t thread;
    struct edge_topic_discovery *topics;
    bool made; // the lock is
    pthread_mutex_t lock;
    struct edge_finding findings[DRF_FEEDS_MAX];
    char kafka_told[EDGE_KAFKA_CAUSE_SIZE]; // why no Kafka broker answers, as it was logged
    struct edge_log_limit kafka_limit;
};

// The node may be opened later; both are borrowed. False: no descriptor or lock.
DRF_MUST_CHECK bool edge_discovery_open(struct edge_discovery *discovery,
                                        struct edge_node *node, int stop_fd);
void edge_discovery_close(struct edge_discovery *discovery); // after edge_discovery_end()
// False: no thread.
DRF_MUST_CHECK bool edge_discovery_begin(struct edge_discovery *discovery);
// May wait for a question under way. Nothing, if it has not begun.
void edge_discovery_end(struct edge_discovery *discovery);

// Every broker is gone: that is to be said at once. Any thread.
void edge_discovery_hurry(struct edge_discovery *discovery);
// The ingest thread: gives what was found to the ingest step, and says what Kafka lacks.
void edge_discovery_take(struct edge_discovery *discovery, struct edge_now now);
// What was found for the configuration before says nothing of this one's topics.
void edge_discovery_drop(struct edge_discovery *discovery);

#endif
