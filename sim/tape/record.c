// SPDX-License-Identifier: Apache-2.0
#include "sim/tape/record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/host/loop.h"
#include "sim/host/options.h"

enum { CHUNK_US = 1000000, KAFKA_A_STEP = 1000, KAFKA_WAIT_MS = 5 };

struct sim_record {
    struct drf_recording *file;
    struct sim_tape_mqtt *mqtt;
    struct sim_tap_kafka *kafka;
    int64_t chunk_mono_us;
    uint64_t mqtt_taken, kafka_taken, unwritten; // unwritten: beside what the writer counts
    char error[DRF_MCAP_ERROR_SIZE];
};

static uint64_t now_ns(void) { return (uint64_t)sim_utc_us() * 1000; }

static void note(struct sim_record *record, enum drf_status status)
{
    const char *text = drf_mcap_writer_error(drf_recording_mcap(record->file));
    if (status == DRF_ERR_FULL)
        text = "there are more than 65,535 channels";
    else if (status == DRF_ERR_NOMEM)
        text = "no memory";
    if (status != DRF_OK)
        snprintf(record->error, sizeof record->error, "%s", text);
}

// Messages that no channel could be made for are not counted by the writer.
static void count(struct sim_record *record, enum drf_status status, uint64_t lost_before)
{
    uint64_t lost = drf_mcap_writer_counts(drf_recording_mcap(record->file)).lost;
    if (status != DRF_OK && status != DRF_ERR_STORE && lost == lost_before)
        record->unwritten++;
    note(record, status);
}

static void on_mqtt(void *context, const struct drf_recorded_mqtt *message)
{
    struct sim_record *record = context;
    uint64_t lost = drf_mcap_writer_counts(drf_recording_mcap(record->file)).lost;
    record->mqtt_taken++;
    count(record, drf_recording_mqtt(record->file, message, now_ns(), 0), lost);
}

static void take_kafka(struct sim_record *record)
{
    struct drf_recorded_kafka message;
    int wait_ms = record->mqtt == NULL ? KAFKA_WAIT_MS : 0;
    for (int i = 0; i < KAFKA_A_STEP && sim_tap_kafka_next(record->kafka, wait_ms, &message);
         i++) {
        uint64_t lost = drf_mcap_writer_counts(drf_recording_mcap(record->file)).lost;
        uint64_t sent_ns = message.has_timestamp && message.timestamp_ms > 0
                               ? (uint64_t)message.timestamp_ms * 1000000
                               : 0;
        record->kafka_taken++;
        count(record, drf_recording_kafka(record->file, &message, now_ns(), sent_ns), lost);
    }
}

static enum drf_status write_head(struct sim_record *record)
{
    char started[SIM_TIME_TEXT_SIZE];
    sim_time_format(sim_utc_us(), started);
    const struct drf_mcap_pair pairs[] = {
        {"program", "drf-sim record"}, {"version", DRF_VERSION}, {"started", started}};
    return drf_mcap_write_metadata(drf_recording_mcap(record->file), DRF_RECORDING_METADATA,
                                   pairs, sizeof pairs / sizeof pairs[0]);
}

enum drf_status sim_record_open(const struct sim_record_options *options,
                                struct sim_record **out, char error[static DRF_MCAP_ERROR_SIZE])
{
    struct sim_record *record = calloc(1, sizeof *record);
    snprintf(error, DRF_MCAP_ERROR_SIZE, "no memory");
    if (record == NULL)
        return DRF_ERR_NOMEM;
    enum drf_status status = DRF_OK;
    if (status == DRF_OK && options->bootstrap != NULL) {
        char why[SIM_TAP_ERROR_SIZE];
        status = sim_tap_kafka_open(options->bootstrap, options->topics, options->topic_count,
                                    options->from_end, &record->kafka, why);
        snprintf(error, DRF_MCAP_ERROR_SIZE, "Kafka at %.80s: %.200s", options->bootstrap, why);
    }
    if (status == DRF_OK && options->mqtt.host != NULL) {
        struct sim_tape_mqtt_options mqtt = options->mqtt;
        mqtt.on_message = on_mqtt;
        mqtt.context = record;
        status = sim_tape_mqtt_open(&mqtt, &record->mqtt);
    }
    if (status == DRF_OK)
        status = drf_recording_open(
            options->path,
            &(struct drf_mcap_write_options){.library = "drf-sim " DRF_VERSION,
                                             .zstd_level = options->zstd_level,
                                             .replace = options->replace},
            &record->file, error);
    if (status == DRF_OK)
        status = write_head(record);
    if (status != DRF_OK) {
        sim_record_close(record);
        return status;
    }
    record->chunk_mono_us = sim_mono_us();
    *out = record;
    return DRF_OK;
}

void sim_record_step(struct sim_record *record, int wait_ms)
{
    if (record->kafka != NULL)
        take_kafka(record);
    if (record->mqtt != NULL)
        sim_tape_mqtt_step(record->mqtt, record->kafka != NULL && wait_ms > KAFKA_WAIT_MS
                                             ? KAFKA_WAIT_MS
                                             : wait_ms);
    int64_t now_us = sim_mono_us();
    if (now_us - record->chunk_mono_us >= CHUNK_US) {
        record->chunk_mono_us = now_us;
        note(record, drf_mcap_write_end_chunk(drf_recording_mcap(record->file)));
    }
}

bool sim_record_ready(const struct sim_record *record)
{
    return record->mqtt == NULL || sim_tape_mqtt_ready(record->mqtt);
}

struct sim_record_count sim_record_count(const struct sim_record *record)
{
    struct drf_mcap_write_counts written =
        drf_mcap_writer_counts(drf_recording_mcap(record->file));
    struct sim_record_count out = {
        .mqtt = record->mqtt_taken,
        .kafka = record->kafka_taken,
        .unwritten = written.lost + record->unwritten,
        .bytes = written.bytes,
        .chunks = written.chunks,
        .error = record->error,
    };
    if (record->mqtt != NULL) {
        const struct sim_tape_mqtt_count *mqtt = sim_tape_mqtt_count(record->mqtt);
        out.connections_lost = mqtt->connections_lost;
        out.denied = mqtt->denied;
        if (out.error[0] == '\0')
            out.error = mqtt->error;
    }
    if (record->kafka != NULL) {
        out.kafka_errors = sim_tap_kafka_errors(record->kafka);
        if (out.error[0] == '\0')
            out.error = sim_tap_kafka_error(record->kafka);
    }
    return out;
}

enum drf_status sim_record_finish(struct sim_record *record)
{
    enum drf_status status = drf_mcap_writer_finish(drf_recording_mcap(record->file));
    note(record, status);
    return status;
}

void sim_record_close(struct sim_record *record)
{
    if (record == NULL)
        return;
    sim_tape_mqtt_close(record->mqtt);
    sim_tap_kafka_close(record->kafka);
    drf_recording_close(record->file);
    free(record);
}
