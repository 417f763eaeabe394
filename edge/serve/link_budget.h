// edge/serve/link_budget.h - byte budget of a drone's link: charges, and what is left.
// SPDX-License-Identifier: Apache-2.0
//
// Everything that is sent to a drone is charged, at its size with the overhead of the
// transport. Contexts, advisories and replies only wait for each other (struct
// edge_drone.byte_pace); patches and terrain use what those leave, and one second of unused
// budget accumulates. So all of it together keeps link_bytes_per_s over any time, except for
// one second's worth and one block of terrain.
#ifndef EDGE_LINK_BUDGET_H
#define EDGE_LINK_BUDGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "edge/serve/drone.h"

enum { // TCP/IP, MQTT header and properties; a topic as long as it usually is
    EDGE_LINK_BUDGET_OVERHEAD_BYTES = 110 + EDGE_TOPIC_SIZE / 2,
};

// What the contexts leave of a drone's link, bytes a second; 0: unlimited, below 0: nothing.
double edge_link_budget_bytes_per_s(const struct edge_drone *drone);
// Whether a message of `size` bytes that can wait may go now.
bool edge_link_budget_fits(const struct edge_drone *drone, int64_t now_mono_us, size_t size);
// Whether nothing that went over the link is still to be made up for.
bool edge_link_budget_settled(const struct edge_drone *drone, int64_t now_mono_us);
// A message of `size` bytes that can wait went.
void edge_link_budget_take(struct edge_drone *drone, int64_t now_mono_us, size_t size);
// A context, an advisory or a reply of `size` bytes went.
void edge_link_budget_charge(struct edge_drone *drone, int64_t now_mono_us, size_t size);

#endif
