// schemas/recording_read.h - reads the messages of a recording back as MQTT and Kafka messages.
// SPDX-License-Identifier: Apache-2.0
//
// schemas/recording.md. Any MCAP file can be read; what has no `transport` in its channel's
// metadata comes as DRF_RECORDED_OTHER. One thread.
#ifndef SCHEMAS_RECORDING_READ_H
#define SCHEMAS_RECORDING_READ_H

#include "schemas/mcap_read.h"
#include "schemas/recording_write.h" // struct drf_recorded_mqtt, _kafka

enum drf_recorded_kind {
    DRF_RECORDED_MQTT,
    DRF_RECORDED_KAFKA,
    DRF_RECORDED_OTHER,      // another message, such as sim/truth/d1: see record
    DRF_RECORDED_ATTACHMENT, // see record
    DRF_RECORDED_METADATA,   // see record
};

struct drf_recorded {
    enum drf_recorded_kind kind;
    struct drf_mcap_record record;
    struct drf_recorded_mqtt mqtt;   // pointers until the next call
    struct drf_recorded_kafka kafka; // likewise
};

struct drf_recording_reader;

// Statuses and `error` of drf_mcap_reader_open().
DRF_MUST_CHECK enum drf_status drf_recording_reader_open(
    const char *path, const struct drf_mcap_read_options *options,
    struct drf_recording_reader **out, struct drf_mcap_error *error);
// The descriptor is taken, also when this fails.
DRF_MUST_CHECK enum drf_status drf_recording_reader_open_fd(
    int fd, const char *name, const struct drf_mcap_read_options *options,
    struct drf_recording_reader **out, struct drf_mcap_error *error);
void drf_recording_reader_close(struct drf_recording_reader *reader); // NULL is fine

// For the summary, channels, selection, attachments, end and errors.
struct drf_mcap_reader *drf_recording_reader_mcap(struct drf_recording_reader *reader);

// Statuses of drf_mcap_next(). DRF_ERR_SYNTAX also: a wrapper or a Kafka message that cannot be
// decoded; drf_mcap_reader_error() then names its channel and offset.
DRF_MUST_CHECK enum drf_status drf_recording_next(struct drf_recording_reader *reader,
                                                  struct drf_recorded *out);

// Whether it says that the file at `path` is a node's journal, which has steps in place of
// messages; *error is then what to do with it.
bool drf_recording_is_journal(const struct drf_recorded *recorded, const char *path,
                              struct drf_mcap_error *error);

#endif
