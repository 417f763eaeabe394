// edge/service/watch.h - what an operator is told of a node that runs: log lines and gauges.
// SPDX-License-Identifier: Apache-2.0
//
// Called between the steps of the loops, and by the thread that waits for signals; it reads
// metrics, health and the connection, and decides nothing. Each part belongs to one thread.
#ifndef EDGE_WATCH_H
#define EDGE_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "edge/service/node.h"

struct edge_watch_main {
    int64_t began_mono_us;
    int64_t since_mono_us; // ready, or not, since then
    bool ready, was_ready;
    bool seen_ready; // the last time; what holds for one look is not told
    bool drone;      // the first context was sent
    uint32_t troubles;
};

struct edge_watch_ingest {
    bool behind[DRF_FEEDS_MAX]; // it has begun and was not at its end
    int64_t began_mono_us;
    int64_t second_mono_us, disk_mono_us; // when silence and the disk are looked at again
};

struct edge_watch_mqtt { // all zero at first: what was said of the connection last
    bool shared, unchecked;
    struct edge_mqtt_stats stats; // counted so far
    uint64_t denied;              // logged so far
    int64_t denied_next_mono_us;  // when that may be logged again
    char waiting_for[EDGE_MQTT_WHY_SIZE];
};

// One line of what the configuration was understood to be.
void edge_watch_config(const struct drf_config *config, const struct edge_log *log,
                       struct edge_now now);
// A trouble that begins or ends, with its reason and its consequence.
void edge_watch_trouble(const struct edge_node *node, enum edge_trouble trouble, bool there,
                        const char *detail, struct edge_now now);
// Troubles that say nothing themselves; ready and not ready; the first drone.
void edge_watch_main(struct edge_watch_main *watch, const struct edge_node *node,
                     bool discovered, struct edge_now now);
// Each feed that has caught up, with its counts; free bytes of the disk. Waits for the disk.
void edge_watch_ingest(struct edge_watch_ingest *watch, const struct edge_node *node,
                       struct edge_now now);
// The MQTT connection: up or why not, what it lost and was denied, whether the account is
// shared, and whether the node can see others of its id: edge/service/watch_mqtt.c.
void edge_watch_mqtt(struct edge_watch_mqtt *watch, struct edge_node *node,
                     struct edge_now now);

#endif
