// edge/replay/replay.h - runs a recorded node again, step by step, from its journal.
// SPDX-License-Identifier: Apache-2.0
//
// The same step functions, given what the recorded ones were given. As recorded, every output
// is the same to the byte; the first one that is not ends the replay with a word. As a what-if
// (`settings`) what came from outside is the same, and the node does with it what it does:
// telemetry then names what this node has sent as seen.
#ifndef EDGE_REPLAY_H
#define EDGE_REPLAY_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "edge/host/log.h"
#include "geo/status.h"

struct edge_replay_options {
    const char *path;
    const char *work;     // folder for the store; NULL: /dev/shm, else that of temporary files
    const char *out;      // a recording of inputs and outputs, marked REPLAY; NULL: none
    int64_t until_utc_us; // INT64_MAX: to the end
    bool any_fma;         // also where it computes otherwise than the recorded one: a test
    double speed;         // times real time; 0: as fast as it goes
    const char *const *settings; // "key=value"; a what-if
    size_t setting_count;
    const struct edge_log *log; // of the replayed node
};

struct edge_replay_result {
    uint64_t steps, outputs, seconds; // seconds: compared
    uint64_t unproved;                // outputs after the last digest
    double recorded_s, took_s;
    // Over all outputs of both loops, those to Kafka too: the SHA-256 over the packed digest of
    // each second (edge/inputs/outputs.c), in the order in which they are closed, then over
    // those of ingest and serve that the end left open. It depends on no option that leaves
    // the outputs as they are.
    uint8_t sha256[32];
    bool differs;
    char difference[400];
    bool truncated;
    char ended[400];    // how the recording ended, for people
    char versions[400]; // what was recorded with another version than runs here; "" nothing
};

// DRF_ERR_AGAIN: the recorded node computed without fused multiply-add, this process with it:
// start it anew without (edge/host/fma.h). DRF_ERR_RANGE: an option or setting, or the recorded
// node computed with it and this one cannot. DRF_ERR_STORE, DRF_ERR_SYNTAX: the file. *error
// says.
DRF_MUST_CHECK enum drf_status edge_replay_run(const struct edge_replay_options *options,
                                               struct edge_replay_result *result,
                                               char error[static 400]);

#endif
