// sim/experiment/lockstep.h - a node that runs step by step, as a process behind two pipes.
// SPDX-License-Identifier: Apache-2.0
//
// Both pipes carry an MCAP stream (schemas/recording.md). To the node: all messages that reach
// it up to a time, in their order, then a SimStep with that time on topic sim/step. From the
// node: what it sent in its steps up to then, each with its step's time, then the same SimStep.
// SimStep.end ends it. Blocks until the node has answered.
#ifndef SIM_LOCKSTEP_H
#define SIM_LOCKSTEP_H

#include "schemas/recording_read.h"
#include "schemas/recording_write.h"
#include "sim/host/now.h"

enum { SIM_LOCKSTEP_ERROR_SIZE = 400 };

struct sim_lockstep;

// Starts `PROGRAM lockstep --config CONFIG` with its standard error in `log`. `error` says what
// failed. DRF_ERR_ABSENT: cannot be started. DRF_ERR_NOMEM, DRF_ERR_STORE.
DRF_MUST_CHECK enum drf_status sim_lockstep_open(const char *program, const char *config,
                                                 const char *log, struct sim_lockstep **out,
                                                 char error[static SIM_LOCKSTEP_ERROR_SIZE]);
// Closes the pipes and waits for the process; after five seconds it is killed. True: it ended
// by itself with 0. NULL is fine.
bool sim_lockstep_close(struct sim_lockstep *lockstep);

// To be filled with the messages for the node; statuses of drf_recording_mqtt().
struct drf_recording *sim_lockstep_input(struct sim_lockstep *lockstep);

// Called for each message from the node; what it points to lives until it returns.
typedef void (*sim_lockstep_fn)(void *context, const struct drf_recorded *message);

// Lets the node step up to this time. DRF_ERR_STORE: it has ended, or its answer is not one;
// sim_lockstep_error() says which.
DRF_MUST_CHECK enum drf_status sim_lockstep_step(struct sim_lockstep *lockstep,
                                                 struct sim_now now, bool end,
                                                 sim_lockstep_fn fn, void *context);
const char *sim_lockstep_error(const struct sim_lockstep *lockstep);

#endif
