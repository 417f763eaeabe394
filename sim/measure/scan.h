// sim/measure/scan.h - everything of a recording that is measured, read in one pass.
// SPDX-License-Identifier: Apache-2.0
//
// schemas/recording.md. A truncated file gives all its whole chunks and says so; a damaged one
// is refused. What is not understood is counted and left out.
#ifndef SIM_SCAN_H
#define SIM_SCAN_H

#include "schemas/recording_read.h"
#include "sim/measure/age.h"
#include "sim/measure/episodes.h"
#include "sim/measure/lives.h"
#include "sim/measure/numbers.h"
#include "sim/measure/topic.h"
#include "sim/measure/track.h"

enum {
    SIM_SCAN_KINDS = 32,
    SIM_SCAN_VERDICTS = 6,
    SIM_SCAN_REASONS = 8,
    SIM_SCAN_REPORTS = 256,
    SIM_VARIED_TEXT = 1024
};

// Why an advisory was not judged, as the witness says it; the last: it does not say.
extern const char *const sim_scan_reasons[SIM_SCAN_REASONS];

struct sim_listened { // by one drone
    char id[SIM_TRACK_ID_SIZE];
    uint64_t messages[SIM_LEAF_OF_DRONES], bytes[SIM_LEAF_OF_DRONES];
    int64_t first_us, last_us; // log times of its messages, both ways
    int64_t reported_us;       // log time of its last report; INT64_MIN: none
    size_t update_count, update_room;
    struct sim_update *updates; // contexts that say when they were made
    struct sim_lives lives;
    struct sim_episodes episodes;
    struct {
        uint64_t boot_id;
        uint32_t seq;
        int64_t log_us;
    } reports[SIM_SCAN_REPORTS]; // the newest of each number, modulo
};

struct sim_scan {
    const char *path;
    char seed[32], mode[16], region[64], node[64]; // of its metadata; "" where it does not say
    char varied[SIM_VARIED_TEXT]; // of an experiment's run: a line KEY=VALUE for each
    bool simulated;
    bool replayed; // drf-edge replay --out: what was sent has the time of its step
    bool truncated;
    char truncation[DRF_MCAP_ERROR_SIZE];
    uint64_t messages, undecodable;
    uint64_t leaf_messages[SIM_LEAF_COUNT], leaf_bytes[SIM_LEAF_COUNT];
    size_t other_topics;
    char other_topic[96];       // the first
    int64_t begin_us, end_us;   // log times; begin > end: no message
    struct sim_tracks truth;    // sim/truth
    struct sim_tracks reported; // telemetry
    uint64_t no_position;       // reports without a position
    uint64_t time_of_arrival;   // reports without a time: log_time was taken
    size_t listened_count, listened_room;
    struct sim_listened *listened;
    uint64_t verdicts[SIM_SCAN_KINDS][SIM_SCAN_VERDICTS]; // of advisories
    uint64_t unjudged[SIM_SCAN_REASONS];
    uint64_t verdict_messages, checks_wrong;    // of all; of the other checks
    struct sim_numbers latency[SIM_LEAF_COUNT]; // s, from sending to log
    uint64_t latency_negative;
    // s, from the report to the context that answers it, by log times; none of a replay
    struct sim_numbers answer;
    struct sim_numbers delay; // s, from when a context was made to its log time; none likewise
    struct sim_numbers intervals; // s, between contexts of one drone
};

// `path` is borrowed until close. DRF_ERR_ABSENT, _SYNTAX, _RANGE, _STORE: *error says why and
// where. DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status sim_scan_open(const char *path, int64_t episode_gap_us,
                                             struct sim_scan *out,
                                             struct drf_mcap_error *error);
void sim_scan_close(struct sim_scan *scan);

// Truth where there is any, else what was reported.
const struct sim_tracks *sim_scan_tracks(const struct sim_scan *scan);

#endif
