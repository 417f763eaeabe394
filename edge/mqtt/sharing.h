// edge/mqtt/sharing.h - whether another client seems to use the node's MQTT account or id.
// SPDX-License-Identifier: Apache-2.0
//
// A broker ends the older of two connections of one client id, and both clients connect again.
// Newer brokers say so (reason 0x8E, MQTT 5.0 section 4.13); else three connections that are
// lost within two seconds, all within ten, say it. A connection that stands clears the
// suspicion.
#ifndef EDGE_SHARING_H
#define EDGE_SHARING_H

#include <stdbool.h>
#include <stdint.h>

#define EDGE_SHARING_SHORT_US INT64_C(2000000)
#define EDGE_SHARING_WITHIN_US INT64_C(10000000)

struct edge_sharing {
    bool suspected;
    bool taken_over; // the broker said 0x8E of the present connection
    uint32_t taken_over_count;
    int64_t short_mono_us[2]; // when the last two short ones were lost; INT64_MIN: none
};

void edge_sharing_init(struct edge_sharing *sharing);
// A connection was lost, which was made at connected_mono_us.
void edge_sharing_lost(struct edge_sharing *sharing, int64_t connected_mono_us,
                       int64_t now_mono_us);
// It is there.
void edge_sharing_stands(struct edge_sharing *sharing, int64_t connected_mono_us,
                         int64_t now_mono_us);

#endif
