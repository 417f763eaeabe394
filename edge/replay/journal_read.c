// SPDX-License-Identifier: Apache-2.0
// The file is read from front to back once: metadata, then attachments (the configuration and
// the files that it names), then the store's pieces, which are written to a file of their own,
// then blocks. The first block ends the head and waits for the first call of next.
#include "edge/replay/journal_read.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "edge/journal/journal.h"
#include "schemas/mcap_read.h"
#include "schemas/recording_write.h"

enum { FILE_MAX = 64 << 20, FILES_MAX = 3 * DRF_FEEDS_MAX };

struct edge_journal_reader {
    struct drf_mcap_reader *mcap;
    struct edge_journal_about about;
    bool has_about, waits; // waits: `record` is the first block
    long version;          // of the journal; 0: none is said
    char maker[64];        // the program of a recording by topics; "" not said
    struct drf_mcap_record record;
    char *configuration;
    char directory[DRF_PATH_SIZE];
    struct drf_config_file files[FILES_MAX];
    size_t file_count;
    int store_fd, store_errno; // store_errno: what its disk said
};

static const char *value_of(const struct drf_mcap_record *record, const char *key)
{
    const char *value = drf_mcap_find(record->pairs, record->pair_count, key);
    return value != NULL ? value : "";
}

static void take_metadata(struct edge_journal_reader *reader)
{
    const struct drf_mcap_record *record = &reader->record;
    struct edge_journal_about *about = &reader->about;
    if (strcmp(record->name, DRF_RECORDING_METADATA) == 0)
        (void)snprintf(reader->maker, sizeof reader->maker, "%s", value_of(record, "program"));
    if (strcmp(record->name, EDGE_JOURNAL_END) == 0)
        (void)snprintf(about->ended, sizeof about->ended, "%s", value_of(record, "end"));
    if (strcmp(record->name, EDGE_JOURNAL_BEGIN) != 0)
        return;
    reader->version = strtol(value_of(record, "version"), NULL, 10);
    reader->has_about = reader->version == EDGE_JOURNAL_VERSION;
    about->boot_id = strtoull(value_of(record, "boot_id"), NULL, 10);
    about->began.utc_us = strtoll(value_of(record, "utc_us"), NULL, 10);
    about->began.mono_us = strtoll(value_of(record, "mono_us"), NULL, 10);
    about->fma = strcmp(value_of(record, "fma"), "1") == 0;
    about->whole = strcmp(value_of(record, "outputs"), "1") == 0;
    (void)snprintf(about->program, sizeof about->program, "%s", value_of(record, "program"));
    (void)snprintf(about->glibc, sizeof about->glibc, "%s", value_of(record, "glibc"));
    (void)snprintf(about->gdal, sizeof about->gdal, "%s", value_of(record, "gdal"));
    (void)snprintf(about->proj, sizeof about->proj, "%s", value_of(record, "proj"));
    (void)snprintf(about->eccodes, sizeof about->eccodes, "%s", value_of(record, "eccodes"));
    (void)snprintf(reader->directory, sizeof reader->directory, "%s",
                   value_of(record, "directory"));
}

static enum drf_status read_attachment(struct edge_journal_reader *reader, char **out,
                                       size_t *size)
{
    *size = (size_t)reader->record.size;
    if (reader->record.size > FILE_MAX)
        return DRF_ERR_RANGE;
    char *text = malloc(*size + 1);
    if (text == NULL)
        return DRF_ERR_NOMEM;
    enum drf_status status = DRF_OK;
    size_t at = 0, got = 1;
    while (status == DRF_OK && got > 0) {
        status = drf_mcap_attachment_read(reader->mcap, text + at, *size - at, &got);
        at += status == DRF_OK ? got : 0;
    }
    if (status != DRF_OK) {
        free(text);
        return status;
    }
    text[at] = '\0';
    *out = text;
    return DRF_OK;
}

static enum drf_status take_attachment(struct edge_journal_reader *reader)
{
    const char *name = reader->record.name;
    size_t prefix = strlen(EDGE_JOURNAL_FILE), size;
    if (strcmp(name, "configuration.yaml") == 0 && reader->configuration == NULL)
        return read_attachment(reader, &reader->configuration, &size);
    if (strncmp(name, EDGE_JOURNAL_FILE, prefix) != 0 || reader->file_count == FILES_MAX)
        return DRF_OK;
    struct drf_config_file *file = &reader->files[reader->file_count];
    file->path = strdup(name + prefix);
    if (file->path == NULL)
        return DRF_ERR_NOMEM;
    enum drf_status status = read_attachment(reader, &file->text, &file->size);
    if (status != DRF_OK)
        free(file->path);
    else
        reader->file_count++;
    return status;
}

static enum drf_status take_store(struct edge_journal_reader *reader)
{
    const uint8_t *at = reader->record.data, *end = at + reader->record.size;
    while (at < end) {
        ssize_t put = write(reader->store_fd, at, (size_t)(end - at));
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0) {
            reader->store_errno = put < 0 ? errno : ENOSPC;
            return DRF_ERR_STORE;
        }
        at += put;
    }
    return DRF_OK;
}

static bool is_block(const struct drf_mcap_record *record, enum edge_loop *loop)
{
    const char *topic = record->channel->topic;
    if (strcmp(record->channel->encoding, EDGE_JOURNAL_ENCODING) != 0)
        return false;
    *loop = strcmp(topic, EDGE_JOURNAL_SERVE) == 0 ? EDGE_LOOP_SERVE : EDGE_LOOP_INGEST;
    return true;
}

// One record of the head. DRF_ERR_AGAIN: it is a block.
static enum drf_status take_head(struct edge_journal_reader *reader)
{
    enum edge_loop loop;
    enum drf_status status = drf_mcap_next(reader->mcap, &reader->record);
    if (status != DRF_OK)
        return status;
    if (reader->record.kind == DRF_MCAP_METADATA)
        take_metadata(reader);
    else if (reader->record.kind == DRF_MCAP_ATTACHMENT)
        return take_attachment(reader);
    else if (strcmp(reader->record.channel->topic, EDGE_JOURNAL_STORE) == 0)
        return take_store(reader);
    else if (is_block(&reader->record, &loop))
        return DRF_ERR_AGAIN;
    return DRF_OK;
}

// A file that is no journal, or none that this program replays.
static void refuse(const struct edge_journal_reader *reader, const char *path,
                   char error[static EDGE_JOURNAL_ERROR_SIZE])
{
    if (reader->version != 0 && !reader->has_about)
        (void)snprintf(error, EDGE_JOURNAL_ERROR_SIZE,
                       "%.200s: a journal of version %ld by %.40s; this program replays "
                       "version %d",
                       path, reader->version, reader->about.program, EDGE_JOURNAL_VERSION);
    else if (reader->has_about)
        (void)snprintf(error, EDGE_JOURNAL_ERROR_SIZE,
                       "%.200s: a journal that ends before the node's configuration", path);
    else
        (void)snprintf(error, EDGE_JOURNAL_ERROR_SIZE,
                       "%.200s: not a journal of `drf-edge run --journal`%s%.60s%s", path,
                       reader->maker[0] != '\0' ? " but a recording by " : "", reader->maker,
                       reader->maker[0] != '\0' ? ", which `drf-sim play` publishes" : "");
}

static enum drf_status read_head(struct edge_journal_reader *reader, const char *path,
                                 const char *store_path, struct drf_config *config,
                                 char error[static EDGE_JOURNAL_ERROR_SIZE])
{
    enum drf_status status = DRF_OK;
    while (status == DRF_OK)
        status = take_head(reader);
    reader->waits = status == DRF_ERR_AGAIN;
    if (status != DRF_ERR_AGAIN && status != DRF_ERR_ABSENT) {
        const char *text = drf_mcap_reader_error(reader->mcap)->text;
        if (reader->store_errno != 0)
            (void)snprintf(error, EDGE_JOURNAL_ERROR_SIZE,
                           "%.200s: the recorded store cannot be written: %.60s; --work names "
                           "another folder",
                           store_path, strerrordesc_np(reader->store_errno));
        else
            (void)snprintf(error, EDGE_JOURNAL_ERROR_SIZE, "%s",
                           text[0] != '\0' ? text : drf_status_name(status));
        return status;
    }
    if (!reader->has_about || reader->configuration == NULL) {
        refuse(reader, path, error);
        return DRF_ERR_SYNTAX;
    }
    struct drf_config_error wrong = {0};
    status = drf_config_parse_recorded(reader->configuration, strlen(reader->configuration),
                                       reader->directory, reader->files, reader->file_count,
                                       &wrong, config);
    if (status != DRF_OK)
        (void)snprintf(error, EDGE_JOURNAL_ERROR_SIZE, "%.60s: configuration.yaml:%u: %.300s",
                       path, wrong.line, wrong.text);
    else
        (void)snprintf(config->store_path, sizeof config->store_path, "%s", store_path);
    return status;
}

enum drf_status edge_journal_reader_open(const char *path, const char *store_path,
                                         struct drf_config *config,
                                         char error[static EDGE_JOURNAL_ERROR_SIZE],
                                         struct edge_journal_reader **out)
{
    struct edge_journal_reader *reader = calloc(1, sizeof *reader);
    struct drf_mcap_error wrong = {0};
    if (reader == NULL)
        return DRF_ERR_NOMEM;
    reader->store_fd = open(store_path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (reader->store_fd < 0) {
        (void)snprintf(error, EDGE_JOURNAL_ERROR_SIZE, "%.250s: %.100s", store_path,
                       strerrordesc_np(errno));
        free(reader);
        return DRF_ERR_STORE;
    }
    enum drf_status status = drf_mcap_reader_open(
        path, &(struct drf_mcap_read_options){.verify = true}, &reader->mcap, &wrong);
    if (status != DRF_OK)
        (void)snprintf(error, EDGE_JOURNAL_ERROR_SIZE, "%s", wrong.text);
    else
        status = read_head(reader, path, store_path, config, error);
    if (status != DRF_OK) {
        edge_journal_reader_close(reader);
        return status;
    }
    *out = reader;
    return DRF_OK;
}

void edge_journal_reader_close(struct edge_journal_reader *reader)
{
    if (reader == NULL)
        return;
    drf_mcap_reader_close(reader->mcap);
    for (size_t i = 0; i < reader->file_count; i++) {
        free(reader->files[i].path);
        free(reader->files[i].text);
    }
    free(reader->configuration);
    if (reader->store_fd >= 0)
        (void)close(reader->store_fd);
    free(reader);
}

const struct edge_journal_about *edge_journal_reader_about(
    const struct edge_journal_reader *reader)
{
    return &reader->about;
}

enum drf_status edge_journal_reader_next(struct edge_journal_reader *reader,
                                         struct edge_journal_block *out)
{
    enum drf_status status = DRF_OK;
    while (reader->waits || (status = drf_mcap_next(reader->mcap, &reader->record)) == DRF_OK) {
        reader->waits = false;
        if (reader->record.kind == DRF_MCAP_METADATA)
            take_metadata(reader);
        if (reader->record.kind != DRF_MCAP_MESSAGE || !is_block(&reader->record, &out->loop))
            continue;
        out->bytes = reader->record.data;
        out->size = (size_t)reader->record.size;
        return DRF_OK;
    }
    return status;
}

const char *edge_journal_reader_error(const struct edge_journal_reader *reader)
{
    return drf_mcap_reader_error(reader->mcap)->text;
}
