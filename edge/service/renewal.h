// edge/service/renewal.h - a connection to the drones' broker that begins with nothing unsent.
// SPDX-License-Identifier: Apache-2.0
//
// What the library has not brought to the broker it sends again at the next connection: after a
// while another node is owner of the drones, and has said it. Called by the serve loop, before
// the connection's step.
#ifndef EDGE_RENEWAL_H
#define EDGE_RENEWAL_H

#include <stdint.h>

#include "edge/service/node.h"

struct edge_renewal {
    int64_t forgot_mono_us; // when it was done last
};

static inline struct edge_renewal edge_renewal_begin(void)
{
    return (struct edge_renewal){.forgot_mono_us = INT64_MIN};
}
void edge_renewal_run(struct edge_renewal *renewal, struct edge_node *node,
                      struct edge_now now);

#endif
