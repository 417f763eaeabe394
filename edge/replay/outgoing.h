// edge/replay/outgoing.h - a message that a node sends, as a recording has it.
// SPDX-License-Identifier: Apache-2.0
#ifndef EDGE_REPLAY_OUTGOING_H
#define EDGE_REPLAY_OUTGOING_H

#include "edge/mqtt/link.h"
#include "schemas/recording_write.h"

// Borrows everything.
static inline struct drf_recorded_mqtt edge_outgoing_recorded(
    const struct edge_outgoing *message)
{
    return (struct drf_recorded_mqtt){
        .topic = message->topic,
        .payload = message->payload,
        .size = message->size,
        .json = message->json,
        .retain = message->retain,
        .qos = message->qos,
        .expiry_s = message->expiry_s,
        .correlation = message->correlation,
        .correlation_size = message->correlation_size,
    };
}

// Instants of recordings are nanoseconds; before 1970 there are none.
static inline uint64_t edge_recorded_ns(int64_t utc_us)
{
    return utc_us > 0 ? (uint64_t)utc_us * 1000 : 0;
}

#endif
