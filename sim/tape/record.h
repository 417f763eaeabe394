// sim/tape/record.h - taps MQTT and Kafka topics into a recording.
// SPDX-License-Identifier: Apache-2.0
#ifndef SIM_TAPE_RECORD_H
#define SIM_TAPE_RECORD_H

#include "sim/tape/tap_kafka.h"
#include "sim/tape/tape_mqtt.h"

struct sim_record_options {
    const char *path;
    struct sim_tape_mqtt_options mqtt; // host NULL: none; on_message is set here
    const char *bootstrap;             // NULL: no Kafka
    const char *const *topics;
    size_t topic_count;
    bool from_end, replace;
    int zstd_level;
};

struct sim_record;

// Asks Kafka, then makes the file; MQTT connects in the steps. `error` says what is wrong.
// Statuses of the parts.
DRF_MUST_CHECK enum drf_status sim_record_open(const struct sim_record_options *options,
                                               struct sim_record **out,
                                               char error[static DRF_MCAP_ERROR_SIZE]);

// Waits up to wait_ms for messages and writes them; ends a chunk each second.
void sim_record_step(struct sim_record *record, int wait_ms);

// Connected, subscribed and assigned: what is sent from now on is recorded.
bool sim_record_ready(const struct sim_record *record);

struct sim_record_count {
    uint64_t mqtt, kafka; // messages that came
    uint64_t unwritten;   // for want of room on the disk, in memory, or of channels
    uint64_t bytes, chunks;
    uint64_t connections_lost, kafka_errors;
    bool denied;       // by the MQTT broker: waiting does not help
    const char *error; // the last one, "" for none
};
struct sim_record_count sim_record_count(const struct sim_record *record);

// Writes the index and closes. DRF_ERR_STORE: the file has no end; what was written stays.
DRF_MUST_CHECK enum drf_status sim_record_finish(struct sim_record *record);
void sim_record_close(struct sim_record *record); // NULL is fine

#endif
