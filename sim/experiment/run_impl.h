// sim/experiment/run_impl.h - the state of a run; for run*.c only.
// SPDX-License-Identifier: Apache-2.0
#ifndef SIM_RUN_IMPL_H
#define SIM_RUN_IMPL_H

#include "sim/error/link_error.h"
#include "sim/experiment/lockstep.h"
#include "sim/experiment/node_config.h"
#include "sim/experiment/run.h"
#include "sim/experiment/run_record.h"

#define RUN_DRONE "drone-" // and the number

struct sim_run {
    const struct sim_run_job *job;
    const struct sim_trial *trial;
    struct sim_world world;
    struct sim_account *accounts;
    struct sim_fleet fleet;
    struct sim_flyby_feed *flybys; // NULL: none
    struct sim_lockstep *lockstep;
    struct sim_run_record *record;
    struct sim_link_error *up_links, *down_links; // of each drone
    struct sim_in_flight up, down;
    struct sim_now start, now;
    const char *feed_topic; // of what is being published
    int64_t offsets[SIM_RUN_FEEDS];
    int64_t second_mono_us, intruder_mono_us;
    uint64_t lost_up, lost_down, bytes_up, bytes_down, from_node;
    enum drf_status failed;
    char error[SIM_RUN_ERROR_SIZE];
};

// The first failure is kept.
void run_fail(struct sim_run *run, enum drf_status status, const char *text);

// sim/experiment/run.c
struct sim_link_port run_link_port(struct sim_run *run);
struct sim_feed_port run_feed_port(struct sim_run *run);
void run_observe(struct sim_run *run);

// sim/experiment/run_open.c: world, node, fleet and recording, up to the world's messages.
void run_open(struct sim_run *run);

// sim/experiment/run_row.c: the row of results.
void run_row(const struct sim_run *run, struct sim_run_result *out);
// Writes the first wrong value of each check, if there is one. DRF_ERR_STORE.
enum drf_status run_samples(const struct sim_run *run, const char *path);

#endif
