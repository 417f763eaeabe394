// SPDX-License-Identifier: Apache-2.0
// Any bytes as a recording, from a file and from a pipe: refused with a text and an offset
// within the file, or read; what the whole file gives when it is verified first is what it
// gives without.
#define _POSIX_C_SOURCE 200809L

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "schemas/recording_read.h"

static FILE *scratch;

struct outcome {
    enum drf_status status;
    uint64_t records, sum;
};

static void check_error(const struct drf_mcap_error *error, size_t size)
{
    if (memchr(error->text, 0, sizeof error->text) == NULL || error->text[0] == '\0'
        || error->offset > size)
        abort();
}

static uint64_t weigh(const void *bytes, uint64_t size)
{
    uint64_t sum = size;
    for (uint64_t i = 0; i < size; i++)
        sum = sum * 31 + ((const uint8_t *)bytes)[i];
    return sum;
}

static void take(struct drf_mcap_reader *mcap, const struct drf_recorded *recorded,
                 struct outcome *out)
{
    const struct drf_mcap_record *record = &recorded->record;
    out->records++;
    if (record->kind == DRF_MCAP_MESSAGE)
        out->sum += weigh(record->channel->topic, strlen(record->channel->topic));
    if (record->kind == DRF_MCAP_MESSAGE && record->size > 0)
        out->sum += weigh(record->data, record->size);
    if (record->kind == DRF_MCAP_METADATA)
        for (size_t i = 0; i < record->pair_count; i++)
            out->sum += weigh(record->pairs[i].value, strlen(record->pairs[i].value));
    if (recorded->kind == DRF_RECORDED_KAFKA)
        for (size_t i = 0; i < recorded->kafka.header_count; i++)
            out->sum +=
                weigh(recorded->kafka.headers[i].key, strlen(recorded->kafka.headers[i].key));
    if (recorded->kind == DRF_RECORDED_MQTT && recorded->mqtt.response_topic != NULL)
        out->sum += weigh(recorded->mqtt.response_topic, strlen(recorded->mqtt.response_topic));
    uint8_t some[7];
    size_t got;
    if (record->kind == DRF_MCAP_ATTACHMENT
        && drf_mcap_attachment_read(mcap, some, sizeof some, &got) == DRF_OK)
        out->sum += weigh(some, got);
}

static struct outcome run(struct drf_mcap_read_options options, size_t size)
{
    char path[64];
    struct drf_mcap_error error;
    struct drf_recording_reader *reader;
    struct drf_recorded recorded;
    struct outcome out = {.records = 0};
    snprintf(path, sizeof path, "/proc/self/fd/%d", fileno(scratch));
    out.status = drf_recording_reader_open(path, &options, &reader, &error);
    if (out.status != DRF_OK) {
        check_error(&error, size);
        return out;
    }
    struct drf_mcap_reader *mcap = drf_recording_reader_mcap(reader);
    uint8_t *found;
    size_t found_size;
    if (drf_mcap_attachment_find(mcap, "a", 1000, &found, &found_size) == DRF_OK)
        free(found);
    while ((out.status = drf_recording_next(reader, &recorded)) == DRF_OK)
        take(mcap, &recorded, &out);
    if (drf_mcap_reader_end(mcap) == DRF_MCAP_END_AHEAD && out.status == DRF_ERR_ABSENT)
        abort();
    if (drf_mcap_reader_end(mcap) != DRF_MCAP_END_COMPLETE)
        check_error(drf_mcap_reader_error(mcap), size);
    struct drf_mcap_summary summary;
    if (drf_mcap_summarize(mcap, &summary) == DRF_OK && summary.channels > 0
        && drf_mcap_channel_at(mcap, summary.channels - 1) == NULL)
        abort();
    drf_recording_reader_close(reader);
    return out;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (scratch == NULL && (scratch = tmpfile()) == NULL)
        abort();
    rewind(scratch);
    if (size > 0 && fwrite(data, 1, size, scratch) != size)
        abort();
    if (fflush(scratch) != 0 || ftruncate(fileno(scratch), (off_t)size) != 0)
        abort();
    (void)run((struct drf_mcap_read_options){.stream = true}, size);
    struct outcome plain = run((struct drf_mcap_read_options){.stream = false}, size);
    struct outcome verified = run((struct drf_mcap_read_options){.verify = true}, size);
    if (verified.records > 0
        && (verified.records != plain.records || verified.sum != plain.sum
            || verified.status != plain.status))
        abort();
    return 0;
}
