// sim/measure/measures.h - measures of one recording: values, or why there is none.
// SPDX-License-Identifier: Apache-2.0
//
// deploy/research.md defines each. The rows are the same and in the same order for every
// recording, so that recordings can be laid beside each other.
#ifndef SIM_MEASURES_H
#define SIM_MEASURES_H

#include "sim/measure/scan.h"
#include "sim/measure/separation.h"

enum { SIM_MEASURE_NAME_SIZE = 48, SIM_MEASURE_OF_SIZE = 32 };

struct sim_measure {
    char name[SIM_MEASURE_NAME_SIZE]; // with its unit, such as latency_mean_s
    char of[SIM_MEASURE_OF_SIZE];     // a stream, a kind of advisory or loss; "" the whole
    bool known;
    double value;    // when known
    uint64_t count;  // of what it was made from
    const char *why; // when not known
};

// What an aircraft was told before something happened to it.
struct sim_lead {
    const char *drone, *about; // ids; `about` the other aircraft or feature, "" not known
    const char *event;         // nmac, well_clear, warning
    uint32_t kind;             // AdvisoryKind
    int64_t event_us;          // entry, or the first verdict on a WARNING
    bool has_near;
    int64_t near_us;  // closest approach
    bool entry_known; // false: it was so when first seen
    bool told;
    int64_t told_us; // log time of the first word, of whatever severity
};

struct sim_measured {
    struct sim_scan scan;
    struct sim_separation separation;
    struct sim_numbers peaks; // of the age of contexts at all drones, s, sorted
    size_t lead_count, lead_room;
    struct sim_lead *leads; // losses by time, then verdicts by drone
    size_t count, room;
    struct sim_measure *measures;
};

struct sim_measure_rules {
    struct sim_separation_rules separation;
    int64_t episode_gap_us;
};

extern const char *const sim_loss_names[SIM_LOSS_KINDS]; // "nmac", "well_clear"

// Statuses and `error` of sim_scan_open(); `path` is borrowed until close.
DRF_MUST_CHECK enum drf_status sim_measured_open(const char *path,
                                                 const struct sim_measure_rules *rules,
                                                 struct sim_measured *out,
                                                 struct drf_mcap_error *error);
void sim_measured_close(struct sim_measured *measured);

// NULL: there is no such row.
const struct sim_measure *sim_measure_find(const struct sim_measured *measured,
                                           const char *name, const char *of);

#endif
