// SPDX-License-Identifier: Apache-2.0
#include "edge/service/node.h"

// Drones do not depend on the page: what keeps it from being shown is said, and the node goes
// on without it.
void edge_node_open_view(struct edge_node *node, struct edge_now now)
{
    if (node->config->view.port == 0)
        return;
    enum drf_status status = edge_viewing_open(node->config->limits.drones_max, &node->viewing);
    const struct edge_view_parts parts = {.config = node->config,
                                          .boot_id = node->boot_id,
                                          .viewing = node->viewing,
                                          .metrics = node->metrics,
                                          .health = &node->health};
    if (status == DRF_OK)
        status = edge_view_open(&parts, &node->view);
    if (status != DRF_OK)
        edge_log_error(&node->log, now.utc_us, "view.unavailable",
                       status == DRF_ERR_NOMEM ? "out of memory"
                                               : "view.address or view.port is not available");
}
