// schemas/recording_write.h - writes MQTT and Kafka messages into a recording.
// SPDX-License-Identifier: Apache-2.0
//
// schemas/recording.md: one MCAP file with profile "drf". Channels and schemas are made when
// the first message of their kind comes; then nothing is allocated per message. One thread.
#ifndef SCHEMAS_RECORDING_WRITE_H
#define SCHEMAS_RECORDING_WRITE_H

#include "schemas/mcap_write.h"

#define DRF_RECORDING_PROFILE "drf"
#define DRF_RECORDING_DESCRIPTOR "drf.v1.desc"           // attachment: schemas/drf/v1
#define DRF_RECORDING_CONFIGURATION "configuration.yaml" // attachment: of the node, no secrets
#define DRF_RECORDING_EXPERIMENT "experiment.yaml"       // attachment
#define DRF_RECORDING_METADATA "drf"                     // metadata record
#define DRF_RECORDING_JOURNAL "journal"                  // metadata record of a node's journal
#define DRF_RECORDING_KAFKA "kafka/"                     // before a Kafka topic

struct drf_recorded_mqtt {
    const char *topic;
    const uint8_t *payload;
    size_t size;
    bool json; // content-type application/json, else application/x-protobuf
    bool retain;
    uint8_t qos;
    uint32_t expiry_s;          // 0: none
    const char *response_topic; // NULL: none
    const uint8_t *correlation; // NULL: none
    size_t correlation_size;
};

struct drf_recorded_header {
    const char *key;
    const uint8_t *value; // NULL: null
    size_t size;
};

struct drf_recorded_kafka {
    const char *topic;  // without "kafka/"
    const uint8_t *key; // NULL: none
    size_t key_size;
    const uint8_t *value; // NULL: a tombstone
    size_t value_size;
    const struct drf_recorded_header *headers;
    size_t header_count;
    bool has_timestamp, log_append_time;
    int64_t timestamp_ms;
    int32_t partition;
    int64_t offset;
};

struct drf_recording;

// `options` as for MCAP, profile and library included ("drf-edge 0.1.0"): a NULL profile
// becomes "drf". Writes the attachment drf.v1.desc. A `stream` has none.
// Statuses and `error` of drf_mcap_writer_open().
DRF_MUST_CHECK enum drf_status drf_recording_open(const char *path,
                                                  const struct drf_mcap_write_options *options,
                                                  struct drf_recording **out,
                                                  char error[static DRF_MCAP_ERROR_SIZE]);
// The descriptor is taken, also when this fails.
DRF_MUST_CHECK enum drf_status drf_recording_open_fd(
    int fd, const char *name, const struct drf_mcap_write_options *options,
    struct drf_recording **out, char error[static DRF_MCAP_ERROR_SIZE]);
void drf_recording_close(struct drf_recording *recording); // NULL is fine; does not finish

// For chunks, attachments, metadata, finish, counts and errors. Lives as long as the recording.
struct drf_mcap_writer *drf_recording_mcap(struct drf_recording *recording);

// Times are nanoseconds UTC; publish_ns 0: not known, then it is log_ns.
// Statuses of drf_mcap_write_message(). DRF_ERR_FULL: 65,535 channels are there.
DRF_MUST_CHECK enum drf_status drf_recording_mqtt(struct drf_recording *recording,
                                                  const struct drf_recorded_mqtt *message,
                                                  uint64_t log_ns, uint64_t publish_ns);
DRF_MUST_CHECK enum drf_status drf_recording_kafka(struct drf_recording *recording,
                                                   const struct drf_recorded_kafka *message,
                                                   uint64_t log_ns, uint64_t publish_ns);

// Any other message of schemas/drf/v1, in Protocol Buffers: topic "sim/truth/d1", schema
// "drf.v1.SimTruth". DRF_ERR_ABSENT: schemas/drf/v1 has no such message.
DRF_MUST_CHECK enum drf_status drf_recording_message(struct drf_recording *recording,
                                                     const char *topic, const char *schema,
                                                     const void *data, size_t size,
                                                     uint64_t log_ns, uint64_t publish_ns);

// The name of the message that a topic carries, such as "drf.v1.Context" for
// "drf/v1/drones/d1/context/r1", whatever the root; NULL: not one of schemas/asyncapi.yaml.
const char *drf_topic_schema(const char *topic);

// The descriptor set of schemas/drf/v1 as protoc made it.
const uint8_t *drf_descriptor_set(size_t *size);

#endif
