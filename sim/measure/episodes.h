// sim/measure/episodes.h - episodes of equal verdicts of the witness on one drone's advisories.
// SPDX-License-Identifier: Apache-2.0
//
// The witness judges every context, five a second or one: the number of verdicts depends on the
// rate. Verdicts of one kind, judgement and feature that are no farther apart than a gap are
// one episode.
#ifndef SIM_EPISODES_H
#define SIM_EPISODES_H

#include "drf/v1/simulation.pb-c.h"
#include "sim/measure/track.h"

struct sim_episode {
    uint32_t kind, verdict; // AdvisoryKind, Verdict
    char feature_id[SIM_TRACK_ID_SIZE];
    int64_t from_us, to_us;
    bool warned;        // one of its verdicts is on a WARNING
    int64_t warning_us; // the first of these
    uint64_t verdicts;
};

struct sim_episodes {
    size_t count, room;
    struct sim_episode *episodes; // by from_us
};

void sim_episodes_close(struct sim_episodes *episodes);

// In the order of time. DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status sim_episodes_add(struct sim_episodes *episodes,
                                                const Drf__V1__SimVerdict *verdict,
                                                int64_t gap_us);

#endif
