// sim/tape/tap_kafka.h - reads Kafka topics from outside, without a group that others see.
// SPDX-License-Identifier: Apache-2.0
//
// All partitions that a topic has when it is opened; nothing is committed. One thread.
#ifndef SIM_TAP_KAFKA_H
#define SIM_TAP_KAFKA_H

#include "schemas/recording_write.h"

enum { SIM_TAP_ERROR_SIZE = 256 };

struct sim_tap_kafka;

// `from_end`: what comes from now on, else from the oldest message. DRF_ERR_RANGE: refused, or
// there is no such topic. DRF_ERR_AGAIN: no answer from the broker. `error` says which and why.
DRF_MUST_CHECK enum drf_status sim_tap_kafka_open(const char *bootstrap,
                                                  const char *const *topics, size_t count,
                                                  bool from_end, struct sim_tap_kafka **out,
                                                  char error[static SIM_TAP_ERROR_SIZE]);
void sim_tap_kafka_close(struct sim_tap_kafka *tap); // NULL is fine

// The next message, within wait_ms; borrowed until the next call. False: none.
bool sim_tap_kafka_next(struct sim_tap_kafka *tap, int wait_ms, struct drf_recorded_kafka *out);

// How often the broker said an error, and the last one, "" for none.
uint64_t sim_tap_kafka_errors(const struct sim_tap_kafka *tap);
const char *sim_tap_kafka_error(const struct sim_tap_kafka *tap);

#endif
