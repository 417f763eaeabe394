// sim/experiment/run_record.h - the recording of a run: messages, truth, verdicts.
// SPDX-License-Identifier: Apache-2.0
//
// schemas/recording.md. A failed write is kept: sim_run_record_finish() says it.
#ifndef SIM_RUN_RECORD_H
#define SIM_RUN_RECORD_H

#include "sim/experiment/experiment.h"
#include "sim/experiment/in_flight.h"
#include "sim/fleet/fleet.h"

struct sim_run_record;

// `path` is made anew. `config`: of the node. The clocks of the run begin at `start`.
// Statuses and `error` of drf_recording_open().
DRF_MUST_CHECK enum drf_status sim_run_record_open(const char *path,
                                                   const struct sim_run_job *job,
                                                   const char *config, struct sim_now start,
                                                   struct sim_run_record **out,
                                                   char error[static DRF_MCAP_ERROR_SIZE]);
// DRF_ERR_STORE, DRF_ERR_FULL, DRF_ERR_NOMEM: something could not be written; `error` says
// what.
DRF_MUST_CHECK enum drf_status sim_run_record_finish(struct sim_run_record *record,
                                                     char error[static DRF_MCAP_ERROR_SIZE]);
void sim_run_record_close(struct sim_run_record *record); // NULL is fine

// A message where it arrived.
void sim_run_record_parcel(struct sim_run_record *record, const struct sim_parcel *parcel);
void sim_run_record_truth(struct sim_run_record *record, const char *name,
                          const struct sim_world *world, const struct sim_flight *flight,
                          struct sim_now now);
void sim_run_record_intruder(struct sim_run_record *record, const struct sim_world *world,
                             const struct sim_flyby *flyby, struct sim_now now);
void sim_run_record_verdict(struct sim_run_record *record, const char *name, int64_t mono_us,
                            const struct sim_judgement *judgement);
// A second is over.
void sim_run_record_second(struct sim_run_record *record);

// Nanoseconds UTC of an instant of the run.
uint64_t sim_run_ns(struct sim_now start, int64_t mono_us);

#endif
