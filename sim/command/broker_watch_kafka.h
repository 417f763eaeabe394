// sim/command/broker_watch_kafka.h - says aloud what an embedded Kafka has dropped.
// SPDX-License-Identifier: Apache-2.0
//
// librdkafka's mock cluster drops the oldest messages of a full partition and tells nobody. A
// client of its own asks for the first offset of each partition that there is.
#ifndef SIM_BROKER_WATCH_KAFKA_H
#define SIM_BROKER_WATCH_KAFKA_H

#include <stdint.h>

#include "geo/status.h"

struct sim_broker_watch;

// DRF_ERR_RANGE: no client can be opened. DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status sim_broker_watch_open(const char *bootstrap,
                                                     struct sim_broker_watch **out);
// Looks at every partition, and says on standard error which has dropped messages since the
// last look. Waits for the broker, at most 1 s a question.
void sim_broker_watch_look(struct sim_broker_watch *watch);
// Of all partitions since the start.
int64_t sim_broker_watch_dropped(const struct sim_broker_watch *watch);
void sim_broker_watch_close(struct sim_broker_watch *watch); // NULL is fine

#endif
