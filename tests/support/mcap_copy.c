// SPDX-License-Identifier: Apache-2.0
// mcap_copy (plain|recording) IN OUT LEVEL: reads a file record by record and writes the same
// again, as MCAP or as MQTT and Kafka messages; so a test holds reader and writer against
// another MCAP library with one program. Exit 3: truncated, all whole chunks were copied.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "schemas/recording_read.h"
#include "schemas/recording_write.h"

enum { CHANNELS = 65536 };

static int stop(enum drf_status status, const char *text)
{
    fprintf(stderr, "%s (%d)\n", text, (int)status);
    return 1;
}

static enum drf_status copy_attachment(struct drf_mcap_reader *reader,
                                       const struct drf_mcap_record *record,
                                       struct drf_mcap_writer *writer)
{
    const struct drf_mcap_write_attachment about = {
        record->name, record->media_type, record->log_time_ns, record->create_time_ns};
    uint8_t bytes[1000];
    size_t got = 1;
    enum drf_status status = drf_mcap_attachment_begin(writer, &about, record->size);
    while (status == DRF_OK && got > 0) {
        status = drf_mcap_attachment_read(reader, bytes, sizeof bytes, &got);
        if (status == DRF_OK)
            status = drf_mcap_attachment_append(writer, bytes, got);
    }
    return status == DRF_OK ? drf_mcap_attachment_end(writer) : status;
}

static enum drf_status copy_plain(const struct drf_mcap_record *record,
                                  struct drf_mcap_writer *writer, uint16_t *ids)
{
    const struct drf_mcap_channel *channel = record->channel;
    const struct drf_mcap_schema *schema = channel->schema;
    enum drf_status status = DRF_OK;
    uint16_t schema_id = 0;
    if (ids[channel->id] == 0 && schema != NULL)
        status = drf_mcap_write_schema(writer, schema->name, schema->encoding, schema->data,
                                       schema->size, &schema_id);
    if (status == DRF_OK && ids[channel->id] == 0)
        status = drf_mcap_write_channel(writer, channel->topic, channel->encoding, schema_id,
                                        channel->metadata, channel->metadata_count,
                                        &ids[channel->id]);
    const struct drf_mcap_piece piece = {record->data, (size_t)record->size};
    return status != DRF_OK
               ? status
               : drf_mcap_write_message(writer, &(struct drf_mcap_write_message){
                                                    .channel_id = ids[channel->id],
                                                    .sequence = record->sequence,
                                                    .log_time_ns = record->log_time_ns,
                                                    .publish_time_ns = record->publish_time_ns,
                                                    .pieces = &piece,
                                                    .piece_count = 1,
                                                });
}

static enum drf_status copy_one(const struct drf_recorded *recorded, bool plain,
                                struct drf_recording_reader *reader,
                                struct drf_recording *recording, uint16_t *ids)
{
    const struct drf_mcap_record *record = &recorded->record;
    struct drf_mcap_writer *writer = drf_recording_mcap(recording);
    switch (recorded->kind) {
    case DRF_RECORDED_ATTACHMENT:
        if (strcmp(record->name, DRF_RECORDING_DESCRIPTOR) == 0)
            return DRF_OK; // every recording is opened with it
        return copy_attachment(drf_recording_reader_mcap(reader), record, writer);
    case DRF_RECORDED_METADATA:
        return drf_mcap_write_metadata(writer, record->name, record->pairs, record->pair_count);
    case DRF_RECORDED_MQTT:
        if (!plain)
            return drf_recording_mqtt(recording, &recorded->mqtt, record->log_time_ns,
                                      record->publish_time_ns);
        break;
    case DRF_RECORDED_KAFKA:
        if (!plain)
            return drf_recording_kafka(recording, &recorded->kafka, record->log_time_ns,
                                       record->publish_time_ns);
        break;
    case DRF_RECORDED_OTHER:
        break;
    }
    return copy_plain(record, writer, ids);
}

int main(int argc, char **argv)
{
    static uint16_t ids[CHANNELS];
    if (argc != 5)
        return stop(DRF_ERR_SYNTAX, "mcap_copy (plain|recording) IN OUT LEVEL");
    const bool plain = strcmp(argv[1], "plain") == 0;
    struct drf_recording_reader *reader = NULL;
    struct drf_recording *recording = NULL;
    struct drf_mcap_error error;
    char text[DRF_MCAP_ERROR_SIZE];
    enum drf_status status = drf_recording_reader_open(
        argv[2], &(struct drf_mcap_read_options){.verify = false}, &reader, &error);
    if (status != DRF_OK)
        return stop(status, error.text);
    struct drf_mcap_reader *mcap = drf_recording_reader_mcap(reader);
    status = drf_recording_open(
        argv[3],
        &(struct drf_mcap_write_options){.profile = drf_mcap_profile(mcap),
                                         .library = "mcap_copy",
                                         .zstd_level = (int)strtol(argv[4], NULL, 10),
                                         .chunk_bytes = 10000},
        &recording, text);
    if (status != DRF_OK)
        return stop(status, text);
    struct drf_recorded recorded;
    while ((status = drf_recording_next(reader, &recorded)) == DRF_OK) {
        status = copy_one(&recorded, plain, reader, recording, ids);
        if (status != DRF_OK)
            return stop(status, drf_mcap_writer_error(drf_recording_mcap(recording)));
    }
    if (status != DRF_ERR_ABSENT)
        return stop(status, drf_mcap_reader_error(mcap)->text);
    const bool truncated = drf_mcap_reader_end(mcap) == DRF_MCAP_END_TRUNCATED;
    if (truncated)
        fprintf(stderr, "%s\n", drf_mcap_reader_error(mcap)->text);
    status = drf_mcap_writer_finish(drf_recording_mcap(recording));
    drf_recording_close(recording);
    drf_recording_reader_close(reader);
    return status != DRF_OK ? 1 : truncated ? 3 : 0;
}
