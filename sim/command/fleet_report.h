// sim/command/fleet_report.h - results of a fleet run, as JSON and as text.
// SPDX-License-Identifier: Apache-2.0
#ifndef SIM_FLEET_REPORT_H
#define SIM_FLEET_REPORT_H

#include <stdio.h>

#include "sim/fleet/node_counters.h"
#include "sim/fleet/receive.h"
#include "sim/story/story.h"

struct sim_fleet_summary {
    size_t drones;
    double seconds;
    uint64_t sent, unsent, asked, lost_connections;
    const struct sim_node_counters *counters; // during the run; NULL: not read
    const struct sim_receiver_count *count;
    const struct sim_witness_counts *counts;
    const struct sim_histogram *latency;
    bool streams; // the drones asked for all nodes' contexts
    const struct sim_promise_counts *promises;
    const struct sim_patch_count *patches; // NULL: none requested
    const struct sim_story *story;         // NULL: no story
    const uint8_t *example;                // a packed context, or size 0
    size_t example_size;
};

// Keys: drones, seconds, contexts, contexts_per_s, latency_us {p50, p99, max},
// data_points_per_drone_min, mismatches, gaps; then details by kind, what the nodes of the
// region promise together (several_nodes), and one whole context.
// DRF_ERR_STORE: not written.
DRF_MUST_CHECK enum drf_status sim_fleet_report_save(const struct sim_fleet_summary *summary,
                                                     const char *path);
void sim_fleet_report_print(const struct sim_fleet_summary *summary, FILE *out);

#endif
