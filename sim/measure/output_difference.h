// sim/measure/output_difference.h - first output that differs between two recordings.
// SPDX-License-Identifier: Apache-2.0
//
// Outputs are compared in the order of the two files, one by one: topic behind its root, QoS,
// retain, expiry, correlation, payload field by field (message_difference.h: without `mode`).
// Log times, sequences and what is no output are not compared. Dead letters are compared
// without their times and places in Kafka.
#ifndef SIM_OUTPUT_DIFFERENCE_H
#define SIM_OUTPUT_DIFFERENCE_H

#include "schemas/recording_read.h"
#include "sim/measure/message_difference.h"

enum { SIM_PLACE_TOPIC_SIZE = 192 };

struct sim_place { // of a message in a recording
    bool is;
    char topic[SIM_PLACE_TOPIC_SIZE];
    uint64_t number; // of outputs, or of inputs, from 1
    uint64_t offset; // in the file, of its chunk
    int64_t log_us;
};

struct sim_output_difference {
    bool differs;
    uint64_t compared;           // outputs that are equal
    struct sim_place outputs[2]; // that differ; is = false: the recording has ended
    struct sim_place inputs[2];  // the last before each
    struct sim_difference field;
    bool truncated[2];
    uint64_t unproved; // outputs behind the end of the other one, which is truncated
};

// DRF_ERR_ABSENT, _SYNTAX, _RANGE, _STORE, _NOMEM: *error says of which file and why.
DRF_MUST_CHECK enum drf_status sim_output_difference(const char *const paths[2],
                                                     struct sim_output_difference *out,
                                                     struct drf_mcap_error *error);

#endif
