// tests/support/mcap_sample.h - an MCAP file whose content is known by number, and a reader
// that judges it. SPDX-License-Identifier: Apache-2.0
#ifndef TESTS_SUPPORT_MCAP_SAMPLE_H
#define TESTS_SUPPORT_MCAP_SAMPLE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "schemas/mcap_read.h"
#include "schemas/mcap_write.h"

enum { CHUNKS = 12, PER_CHUNK = 40, MESSAGES = CHUNKS * PER_CHUNK };

static char folder[] = "/tmp/drf-mcap-XXXXXX";

static inline const char *path_of(const char *name)
{
    static char paths[4][128];
    static unsigned next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

static inline int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) != NULL ? 0 : -1;
}

static inline int remove_folder(void **state)
{
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command); // NOLINT(cert-env33-c): a constant and our own folder
}

struct written {
    struct drf_mcap_writer *writer;
    uint16_t channels[3];
};

static inline struct drf_mcap_write_options usual(int level)
{
    return (struct drf_mcap_write_options){
        .profile = "drf", .library = "test 1", .zstd_level = level, .replace = true};
}

static inline void declare(struct written *out)
{
    static const struct drf_mcap_pair pairs[] = {{"transport", "mqtt"}, {"qos", "1"}};
    static const char *const topics[] = {"a/b", "c", "d"};
    uint16_t schema;
    assert_int_equal(drf_mcap_write_schema(out->writer, "S", "jsonschema", "{}", 2, &schema),
                     DRF_OK);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(drf_mcap_write_channel(out->writer, topics[i], "json",
                                                i == 2 ? 0 : schema, pairs, i == 0 ? 2 : 0,
                                                &out->channels[i]),
                         DRF_OK);
}

static inline void start(const char *path, struct drf_mcap_write_options options,
                         struct written *out)
{
    char error[DRF_MCAP_ERROR_SIZE];
    assert_int_equal(drf_mcap_writer_open(path, &options, &out->writer, error), DRF_OK);
    declare(out);
}

// Message n: of channel n % 3, log times that step back, data that name n.
static inline size_t text_of(uint32_t n, char text[static 64])
{
    return (size_t)snprintf(text, 64, "{\"message\": %u, \"more\": \"%u\"}", n,
                            n * 2654435761U);
}

static inline enum drf_status put(struct written *out, uint32_t n)
{
    char text[64];
    size_t size = text_of(n, text);
    const struct drf_mcap_piece pieces[] = {{text, 5}, {text + 5, size - 5}, {NULL, 0}};
    return drf_mcap_write_message(out->writer, &(struct drf_mcap_write_message){
                                                   .channel_id = out->channels[n % 3],
                                                   .sequence = n,
                                                   .log_time_ns = 1000 + n % 7,
                                                   .publish_time_ns = n,
                                                   .pieces = pieces,
                                                   .piece_count = 3,
                                               });
}

static const char attached[] = "region: {id: sim-1}\n";

static inline void write_file(const char *path, struct drf_mcap_write_options options)
{
    struct written out;
    static const struct drf_mcap_pair pairs[] = {{"mode", "SIM"}, {"seed", "7"}};
    start(path, options, &out);
    assert_int_equal(
        drf_mcap_write_attachment(
            out.writer,
            &(struct drf_mcap_write_attachment){"configuration.yaml", "application/yaml", 5, 6},
            attached, sizeof attached - 1),
        DRF_OK);
    assert_int_equal(drf_mcap_write_metadata(out.writer, "drf", pairs, 2), DRF_OK);
    for (uint32_t n = 0; n < MESSAGES; n++) {
        assert_int_equal(put(&out, n), DRF_OK);
        if (n % PER_CHUNK == PER_CHUNK - 1)
            assert_int_equal(drf_mcap_write_end_chunk(out.writer), DRF_OK);
    }
    assert_int_equal(drf_mcap_writer_finish(out.writer), DRF_OK);
    drf_mcap_writer_close(out.writer);
}

static inline uint8_t *slurp(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    uint8_t *bytes = malloc(1 << 22);
    assert_non_null(bytes);
    *size = fread(bytes, 1, 1 << 22, file);
    (void)fclose(file);
    return bytes;
}

static inline void spill(const char *path, const uint8_t *bytes, size_t size)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    (void)fclose(file);
}

struct outcome {
    enum drf_status status; // of open, or of the last next
    bool opened;
    uint32_t messages, attachments, metadata;
    bool exact; // all messages and attachments given are those written, from the first on
    bool metadata_exact; // they have no CRC of their own
    enum drf_mcap_end end;
    struct drf_mcap_error error;
};

static inline bool attachment_exact(struct drf_mcap_reader *reader,
                                    const struct drf_mcap_record *record,
                                    enum drf_status *status)
{
    char data[64];
    size_t have = 0, got = 1;
    while (got > 0 && have < sizeof data) {
        *status = drf_mcap_attachment_read(reader, data + have, 7, &got);
        if (*status != DRF_OK)
            return true; // what was given before the refusal is not judged
        have += got;
    }
    return have == sizeof attached - 1 && memcmp(data, attached, have) == 0
           && strcmp(record->name, "configuration.yaml") == 0
           && strcmp(record->media_type, "application/yaml") == 0 && record->log_time_ns == 5
           && record->create_time_ns == 6 && record->size == have;
}

static inline bool message_exact(const struct drf_mcap_record *record, uint32_t n)
{
    static const char *const topics[] = {"a/b", "c", "d"};
    char text[64];
    size_t size = text_of(n, text);
    const struct drf_mcap_channel *channel = record->channel;
    return record->sequence == n && record->log_time_ns == 1000 + n % 7
           && record->publish_time_ns == n && record->size == size
           && memcmp(record->data, text, size) == 0
           && strcmp(channel->topic, topics[n % 3]) == 0
           && strcmp(channel->encoding, "json") == 0
           && (channel->schema == NULL) == (n % 3 == 2)
           && (channel->schema == NULL || strcmp(channel->schema->name, "S") == 0)
           && channel->metadata_count == (n % 3 == 0 ? 2 : 0);
}

static inline struct outcome read_file(const char *path, struct drf_mcap_read_options options)
{
    struct outcome out = {.exact = true, .metadata_exact = true};
    struct drf_mcap_reader *reader = NULL;
    out.status = drf_mcap_reader_open(path, &options, &reader, &out.error);
    if (out.status != DRF_OK)
        return out;
    out.opened = true;
    struct drf_mcap_record record;
    while ((out.status = drf_mcap_next(reader, &record)) == DRF_OK) {
        if (record.kind == DRF_MCAP_MESSAGE) {
            out.exact = out.exact && message_exact(&record, out.messages++);
        } else if (record.kind == DRF_MCAP_ATTACHMENT) {
            out.exact = out.exact && attachment_exact(reader, &record, &out.status);
            out.attachments++;
            if (out.status != DRF_OK)
                break;
        } else {
            const char *seed = drf_mcap_find(record.pairs, record.pair_count, "seed");
            out.metadata_exact = strcmp(record.name, "drf") == 0 && record.pair_count == 2
                                 && seed != NULL && strcmp(seed, "7") == 0;
            out.metadata++;
        }
    }
    out.end = drf_mcap_reader_end(reader);
    out.error = *drf_mcap_reader_error(reader);
    drf_mcap_reader_close(reader);
    return out;
}

#endif
