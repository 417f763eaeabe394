// sim/publish/feed_port.h - the port to a Kafka topic: a producer, or a pipe.
// SPDX-License-Identifier: Apache-2.0
#ifndef SIM_FEED_PORT_H
#define SIM_FEED_PORT_H

#include <stddef.h>

#include "geo/status.h"

struct sim_header {
    const char *name, *value; // a NULL value: the header is left out
};

struct sim_feed_port {
    void *context;
    // Queues a copy; a NULL value is a tombstone.
    enum drf_status (*send)(void *context, const char *key, const void *value, size_t size,
                            const struct sim_header *headers, size_t header_count);
};

#endif
