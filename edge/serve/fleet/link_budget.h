// edge/serve/fleet/link_budget.h - byte budget of a drone's link: charges, and what is left.
// SPDX-License-Identifier: Apache-2.0
//
// Everything that is sent to a drone is charged, at its size with the overhead of the
// transport. Contexts, advisories and replies only wait for each other (struct
// edge_link_budget.byte_pace); patches and terrain use what those leave, and one second of
// unused budget accumulates. So all of it together keeps link_bytes_per_s over any time, except
// for one second's worth and one block of terrain.
#ifndef EDGE_LINK_BUDGET_H
#define EDGE_LINK_BUDGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "edge/mqtt/topic.h"
#include "edge/serve/fleet/pace.h"

struct edge_drone;

enum { // TCP/IP, MQTT header and properties; a topic as long as it usually is
    EDGE_LINK_BUDGET_OVERHEAD_BYTES = 110 + EDGE_TOPIC_SIZE / 2,
};

struct edge_link_budget {        // all zero at first
    struct edge_pace byte_pace;  // of contexts, advisories and replies
    struct edge_pace spare_pace; // of all that goes to it
    uint32_t context_bytes;      // of the last context, with what carries it
};

// What the contexts leave of a drone's link, bytes a second; 0: unlimited, below 0: nothing.
double edge_link_budget_bytes_per_s(const struct edge_drone *drone);
// Whether a message of `size` bytes that can wait may go now.
bool edge_link_budget_fits(const struct edge_drone *drone, int64_t now_mono_us, size_t size);
// Whether nothing that went over the link is still to be made up for.
bool edge_link_budget_settled(const struct edge_drone *drone, int64_t now_mono_us);
// A message of `size` bytes that can wait went.
void edge_link_budget_take(struct edge_drone *drone, int64_t now_mono_us, size_t size);
// Contexts, advisories and replies that went have the link until then.
static inline int64_t edge_link_budget_busy_until(const struct edge_link_budget *link)
{
    return link->byte_pace.next_mono_us;
}
// A context of `size` bytes went.
void edge_link_budget_context(struct edge_drone *drone, int64_t now_mono_us, size_t size);
// An advisory or a reply of `size` bytes went.
void edge_link_budget_charge(struct edge_drone *drone, int64_t now_mono_us, size_t size);

#endif
