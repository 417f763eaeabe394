// sim/tape/play_kafka.h - Kafka producer for recorded messages, marked REPLAY.
// SPDX-License-Identifier: Apache-2.0
//
// Key, value, headers and timestamp as recorded, but the header drf_mode, which is REPLAY. One
// thread: callbacks run inside send and step only.
#ifndef SIM_PLAY_KAFKA_H
#define SIM_PLAY_KAFKA_H

#include "schemas/recording_write.h"

enum { SIM_PLAY_ERROR_SIZE = 256 };

struct sim_play_kafka;

// `prefix` is put before every topic, "" for none; borrowed. DRF_ERR_RANGE: librdkafka refuses
// the settings; `error` says why.
DRF_MUST_CHECK enum drf_status sim_play_kafka_open(const char *bootstrap, const char *prefix,
                                                   struct sim_play_kafka **out,
                                                   char error[static SIM_PLAY_ERROR_SIZE]);
void sim_play_kafka_close(struct sim_play_kafka *play); // NULL is fine

// Queues a copy. DRF_ERR_AGAIN: the queue is full; what was delivered has been counted.
// DRF_ERR_RANGE: refused.
DRF_MUST_CHECK enum drf_status sim_play_kafka_send(struct sim_play_kafka *play,
                                                   const struct drf_recorded_kafka *message);
// Takes deliveries for up to wait_ms.
void sim_play_kafka_step(struct sim_play_kafka *play, int wait_ms);

struct sim_play_kafka_count {
    uint64_t sent, delivered, failed;
    char error[SIM_PLAY_ERROR_SIZE]; // the last one, "" for none
};
const struct sim_play_kafka_count *sim_play_kafka_count(const struct sim_play_kafka *play);

#endif
