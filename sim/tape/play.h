// sim/tape/play.h - publishes a recording into brokers, paced, marked REPLAY.
// SPDX-License-Identifier: Apache-2.0
#ifndef SIM_PLAY_H
#define SIM_PLAY_H

#include "schemas/recording_read.h"
#include "sim/tape/play_kafka.h"
#include "sim/tape/tape_mqtt.h"

struct sim_play_options {
    const char *path;
    struct sim_tape_mqtt_options mqtt; // host NULL: no MQTT; filters, on_message are set here
    const char *root;                  // the topic root: never that of mode LIVE
    const char *bootstrap;             // NULL: no Kafka
    const char *kafka_prefix;          // before each Kafka topic, "" for none
    const char *const *only;           // words: "telemetry", "kafka/weather" ...; none: all
    size_t only_count;
    bool outputs; // what a node sent, too
    bool times_as_recorded;
    double speed;    // 1: as recorded; 0: as fast as it goes
    double rate_hz;  // messages a second instead of a speed; 0: by the speed
    uint64_t passes; // how often; 0: without end
};

struct sim_play_count {
    uint64_t mqtt, kafka; // published
    uint64_t unconfirmed; // of these, at the end
    uint64_t outputs;     // left out: a node had sent them
    uint64_t left_out;    // neither MQTT nor Kafka, not in `only`, or no such broker is given
    uint64_t no_mqtt, no_kafka; // of these: no such broker is given
    uint64_t undecodable;       // and so not to be marked; left out
    uint64_t refused;           // by a broker
    uint64_t passes;
    char error[DRF_MCAP_ERROR_SIZE]; // the last one, "" for none
};

// Reads the whole file once, then plays it until its end, a stop signal, or damage that was not
// there before. *count is filled whatever is returned. DRF_ERR_RANGE: the root is that of mode
// LIVE, or a broker refuses the connection. Others as drf_mcap_reader_open(); a truncated file
// is played up to where it ends, and count->error says so.
DRF_MUST_CHECK enum drf_status sim_play(const struct sim_play_options *options,
                                        struct sim_play_count *count);

#endif
