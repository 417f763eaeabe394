// SPDX-License-Identifier: Apache-2.0
// What schemas/mcap_write.h and schemas/mcap_read.h promise; pip mcap stands beside them in
// tests/integration/test_recording.py.
#define _GNU_SOURCE // memmem, mkdtemp

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "schemas/mcap_read.h"
#include "schemas/mcap_write.h"

enum { CHUNKS = 12, PER_CHUNK = 40, MESSAGES = CHUNKS * PER_CHUNK };

static char folder[] = "/tmp/drf-mcap-XXXXXX";

static const char *path_of(const char *name)
{
    static char paths[4][128];
    static unsigned next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) != NULL ? 0 : -1;
}

static int remove_folder(void **state)
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

static struct drf_mcap_write_options usual(int level)
{
    return (struct drf_mcap_write_options){
        .profile = "drf", .library = "test 1", .zstd_level = level, .replace = true};
}

static void declare(struct written *out)
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

static void start(const char *path, struct drf_mcap_write_options options, struct written *out)
{
    char error[DRF_MCAP_ERROR_SIZE];
    assert_int_equal(drf_mcap_writer_open(path, &options, &out->writer, error), DRF_OK);
    declare(out);
}

// Message n: of channel n % 3, log times that step back, data that name n.
static size_t text_of(uint32_t n, char text[static 64])
{
    return (size_t)snprintf(text, 64, "{\"message\": %u, \"more\": \"%u\"}", n,
                            n * 2654435761U);
}

static enum drf_status put(struct written *out, uint32_t n)
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

static void write_file(const char *path, struct drf_mcap_write_options options)
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

static uint8_t *slurp(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    uint8_t *bytes = malloc(1 << 22);
    assert_non_null(bytes);
    *size = fread(bytes, 1, 1 << 22, file);
    (void)fclose(file);
    return bytes;
}

static void spill(const char *path, const uint8_t *bytes, size_t size)
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

static bool attachment_exact(struct drf_mcap_reader *reader,
                             const struct drf_mcap_record *record, enum drf_status *status)
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

static bool message_exact(const struct drf_mcap_record *record, uint32_t n)
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

static struct outcome read_file(const char *path, struct drf_mcap_read_options options)
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

static void read__what_was_written__comes_in_the_order_of_the_file(void **state)
{
    (void)state;
    for (int level = 0; level <= 19; level += level == 0 ? 1 : 9)
        for (int form = 0; form < 3; form++) {
            const char *path = path_of("order.mcap");
            write_file(path, usual(level));
            struct outcome out = read_file(
                path, (struct drf_mcap_read_options){.stream = form == 1, .verify = form == 2});
            assert_int_equal(out.status, DRF_ERR_ABSENT);
            assert_int_equal(out.end, DRF_MCAP_END_COMPLETE);
            assert_int_equal(out.messages, MESSAGES);
            assert_int_equal(out.attachments, 1);
            assert_int_equal(out.metadata, 1);
            assert_true(out.exact);
            assert_true(out.metadata_exact);
            assert_string_equal(out.error.text, "");
        }
}

static void open__a_new_file__has_mode_0640_and_an_old_one_is_kept(void **state)
{
    (void)state;
    const char *path = path_of("mode.mcap");
    struct drf_mcap_write_options options = {.profile = "drf"};
    struct drf_mcap_writer *writer = NULL;
    char error[DRF_MCAP_ERROR_SIZE];
    mode_t old = umask(0);
    assert_int_equal(drf_mcap_writer_open(path, &options, &writer, error), DRF_OK);
    (void)umask(old);
    drf_mcap_writer_close(writer);
    struct stat about;
    assert_int_equal(stat(path, &about), 0);
    assert_int_equal(about.st_mode & 0777, 0640);
    assert_int_equal(drf_mcap_writer_open(path, &options, &writer, error), DRF_ERR_STORE);
    assert_non_null(strstr(error, path));
    assert_non_null(strstr(error, "exists"));
}

static void read__truncated_anywhere__gives_all_whole_chunks_and_says_where(void **state)
{
    (void)state;
    const char *whole = path_of("whole.mcap"), *cut = path_of("cut.mcap");
    size_t size;
    write_file(whole, usual(3));
    uint8_t *bytes = slurp(whole, &size);
    // Where each chunk ends, from the index of the whole file.
    uint64_t starts[CHUNKS + 1];
    size_t found = 0;
    struct drf_mcap_reader *reader;
    struct drf_mcap_error error;
    struct drf_mcap_record record;
    assert_int_equal(drf_mcap_reader_open(whole,
                                          &(struct drf_mcap_read_options){.stream = false},
                                          &reader, &error),
                     DRF_OK);
    while (drf_mcap_next(reader, &record) == DRF_OK)
        if (record.kind == DRF_MCAP_MESSAGE && record.sequence % PER_CHUNK == 0)
            starts[found++] = record.offset;
    drf_mcap_reader_close(reader);
    assert_int_equal(found, CHUNKS);
    for (unsigned n = 0; n < 1200; n++) {
        size_t length = (size_t)((uint64_t)size * n / 1200);
        size_t chunks = 0;
        // A chunk's record is as long as its head says.
        while (chunks < CHUNKS) {
            uint64_t content = 0;
            for (int i = 0; i < 8; i++)
                content |= (uint64_t)bytes[starts[chunks] + 1 + (unsigned)i] << (8 * i);
            if (starts[chunks] + 9 + content > length)
                break;
            chunks++;
        }
        spill(cut, bytes, length);
        for (int stream = 0; stream < 2; stream++) {
            struct outcome out =
                read_file(cut, (struct drf_mcap_read_options){.stream = stream != 0});
            if (!out.opened) { // not even the head is there
                assert_true(length < 35);
                assert_int_equal(out.status, DRF_ERR_SYNTAX);
                continue;
            }
            assert_int_equal(out.status, DRF_ERR_ABSENT);
            assert_int_equal(out.end, DRF_MCAP_END_TRUNCATED);
            assert_int_equal(out.messages, chunks * PER_CHUNK);
            assert_true(out.exact || (stream != 0 && length < starts[0]));
            assert_non_null(strstr(out.error.text, "truncated at offset "));
            assert_true(out.error.offset <= length);
            assert_non_null(strstr(out.error.text, cut));
        }
    }
    free(bytes);
}

// The CRC of the data finds a flip anywhere, at the latest at their end; messages are exact up
// to the refusal. With `verify` nothing at all is given before it.
static void read__any_bit_flipped__is_refused_with_its_offset(void **state)
{
    (void)state;
    const char *whole = path_of("whole.mcap"), *bad = path_of("bad.mcap");
    size_t size;
    write_file(whole, usual(3));
    uint8_t *bytes = slurp(whole, &size);
    uint32_t random = 1;
    for (unsigned n = 0; n < 3000; n++) {
        random = random * 1664525U + 1013904223U;
        // The first and last 200 bytes each bit, then anywhere.
        size_t bit = n < 800    ? n * 2
                     : n < 1600 ? (size - 200) * 8 + (n - 800) * 2
                                : (size_t)(random >> 4) % (size * 8);
        bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
        spill(bad, bytes, size);
        bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
        struct outcome out =
            read_file(bad, (struct drf_mcap_read_options){.verify = n % 2 == 0});
        assert_true(out.exact);
        if (out.status != DRF_ERR_SYNTAX && out.status != DRF_ERR_RANGE)
            fail_msg("bit %zu of byte %zu: status %d, end %d, %s", bit % 8, bit / 8, out.status,
                     out.end, out.error.text);
        assert_non_null(strstr(out.error.text, "offset "));
        assert_true(out.error.offset <= size);
        if (n % 2 == 0)
            assert_false(out.opened);
    }
    free(bytes);
}

static void read__damage_in_a_chunk__names_the_chunk(void **state)
{
    (void)state;
    const char *path = path_of("chunk.mcap");
    size_t size;
    write_file(path, usual(0));
    uint8_t *bytes = slurp(path, &size);
    uint8_t *found = memmem(bytes, size, "\"message\": 300", 14);
    assert_non_null(found);
    found[11] = '4';
    spill(path, bytes, size);
    struct outcome out = read_file(path, (struct drf_mcap_read_options){.stream = false});
    assert_int_equal(out.status, DRF_ERR_SYNTAX);
    assert_int_equal(out.messages, 300 / PER_CHUNK * PER_CHUNK);
    assert_true(out.error.offset < (uint64_t)(found - bytes));
    assert_int_equal(bytes[out.error.offset], 0x06); // the opcode of a chunk
    assert_non_null(strstr(out.error.text, "CRC"));
    free(bytes);
}

static void find__an_attachment__gives_it_from_anywhere_and_checks_it(void **state)
{
    (void)state;
    const char *path = path_of("attachment.mcap"), *cut = path_of("cut.mcap");
    size_t size, got;
    uint8_t *data;
    struct drf_mcap_error error;
    write_file(path, usual(3));
    uint8_t *bytes = slurp(path, &size);
    spill(cut, bytes, size / 2);
    for (int i = 0; i < 2; i++) {
        struct drf_mcap_reader *reader;
        assert_int_equal(drf_mcap_reader_open(i == 0 ? path : cut,
                                              &(struct drf_mcap_read_options){.stream = false},
                                              &reader, &error),
                         DRF_OK);
        assert_int_equal(
            drf_mcap_attachment_find(reader, "configuration.yaml", 100, &data, &got), DRF_OK);
        assert_int_equal(got, sizeof attached - 1);
        assert_string_equal(data, attached);
        free(data);
        assert_int_equal(
            drf_mcap_attachment_find(reader, "configuration.yaml", 10, &data, &got),
            DRF_ERR_FULL);
        assert_int_equal(drf_mcap_attachment_find(reader, "other", 100, &data, &got),
                         DRF_ERR_ABSENT);
        drf_mcap_reader_close(reader);
    }
    uint8_t *found = memmem(bytes, size, "sim-1", 5);
    assert_non_null(found);
    *found ^= 1;
    spill(cut, bytes, size);
    struct drf_mcap_reader *reader;
    assert_int_equal(drf_mcap_reader_open(cut, &(struct drf_mcap_read_options){.stream = false},
                                          &reader, &error),
                     DRF_OK);
    assert_int_equal(drf_mcap_attachment_find(reader, "configuration.yaml", 100, &data, &got),
                     DRF_ERR_SYNTAX);
    assert_non_null(strstr(drf_mcap_reader_error(reader)->text, "attachment"));
    drf_mcap_reader_close(reader);
    free(bytes);
}

static bool wants_d(void *context, const struct drf_mcap_channel *channel)
{
    ++*(int *)context;
    return strcmp(channel->topic, "d") == 0;
}

static void select__one_topic__gives_its_messages_only(void **state)
{
    (void)state;
    const char *path = path_of("select.mcap");
    write_file(path, usual(3));
    struct drf_mcap_reader *reader;
    struct drf_mcap_error error;
    struct drf_mcap_record record;
    int asked = 0;
    uint32_t count = 0;
    assert_int_equal(drf_mcap_reader_open(path, &(struct drf_mcap_read_options){.verify = true},
                                          &reader, &error),
                     DRF_OK);
    drf_mcap_select(reader, wants_d, &asked);
    while (drf_mcap_next(reader, &record) == DRF_OK)
        if (record.kind == DRF_MCAP_MESSAGE)
            assert_int_equal(record.sequence, 2 + 3 * count++);
    assert_int_equal(count, MESSAGES / 3);
    assert_int_equal(asked, 3);
    assert_int_equal(drf_mcap_reader_end(reader), DRF_MCAP_END_COMPLETE);
    struct drf_mcap_summary summary;
    assert_int_equal(drf_mcap_summarize(reader, &summary), DRF_OK);
    assert_int_equal(summary.messages, MESSAGES);
    assert_int_equal(summary.chunks, CHUNKS);
    assert_int_equal(summary.first_ns, 1000);
    assert_int_equal(summary.last_ns, 1006);
    assert_int_equal(summary.channels, 3);
    drf_mcap_reader_close(reader);
}

// A pipe in the stream form: each message is there as soon as it was written.
static void stream__unbuffered_over_a_pipe__is_readable_at_once(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
    char text[DRF_MCAP_ERROR_SIZE];
    struct drf_mcap_error error;
    struct written out;
    struct drf_mcap_reader *reader;
    struct drf_mcap_record record;
    assert_int_equal(drf_mcap_writer_open_fd(
                         ends[1], "pipe",
                         &(struct drf_mcap_write_options){.stream = true, .unbuffered = true},
                         &out.writer, text),
                     DRF_OK);
    declare(&out);
    assert_int_equal(drf_mcap_reader_open_fd(ends[0], "pipe",
                                             &(struct drf_mcap_read_options){.stream = true},
                                             &reader, &error),
                     DRF_OK);
    assert_int_equal(drf_mcap_next(reader, &record), DRF_ERR_AGAIN);
    for (uint32_t n = 0; n < 100; n++) {
        assert_int_equal(put(&out, n), DRF_OK);
        assert_int_equal(drf_mcap_next(reader, &record), DRF_OK);
        assert_true(message_exact(&record, n));
        assert_int_equal(drf_mcap_next(reader, &record), DRF_ERR_AGAIN);
    }
    assert_int_equal(drf_mcap_writer_finish(out.writer), DRF_OK);
    assert_int_equal(drf_mcap_next(reader, &record), DRF_ERR_ABSENT);
    assert_int_equal(drf_mcap_reader_end(reader), DRF_MCAP_END_COMPLETE);
    drf_mcap_writer_close(out.writer);
    drf_mcap_reader_close(reader);
}

// Byte by byte into a non-blocking pipe: a step that waits leaves everything as it was.
static void stream__one_byte_at_a_time__gives_the_same(void **state)
{
    (void)state;
    const char *path = path_of("bytes.mcap");
    size_t size;
    struct drf_mcap_write_options options = usual(3);
    for (int form = 0; form < 2; form++) {
        options.stream = form == 1;
        write_file(path, options);
        uint8_t *bytes = slurp(path, &size);
        int ends[2];
        struct drf_mcap_error error;
        struct drf_mcap_reader *reader;
        struct drf_mcap_record record;
        uint32_t messages = 0;
        enum drf_status status = DRF_ERR_AGAIN;
        assert_int_equal(pipe(ends), 0);
        assert_int_equal(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
        assert_int_equal(drf_mcap_reader_open_fd(
                             ends[0], "pipe", &(struct drf_mcap_read_options){.stream = true},
                             &reader, &error),
                         DRF_OK);
        for (size_t i = 0; i < size; i++) {
            assert_int_equal(write(ends[1], bytes + i, 1), 1);
            while ((status = drf_mcap_next(reader, &record)) == DRF_OK)
                if (record.kind == DRF_MCAP_MESSAGE)
                    assert_true(message_exact(&record, messages++));
            assert_true(status == DRF_ERR_AGAIN || i + 1 == size);
        }
        assert_int_equal(status, DRF_ERR_ABSENT);
        assert_int_equal(drf_mcap_reader_end(reader), DRF_MCAP_END_COMPLETE);
        assert_int_equal(messages, MESSAGES);
        drf_mcap_reader_close(reader);
        (void)close(ends[1]);
        free(bytes);
    }
}

static void read__a_stream_kept_as_a_file__is_refused_as_unindexed(void **state)
{
    (void)state;
    const char *path = path_of("stream.mcap");
    struct drf_mcap_write_options options = usual(0);
    options.stream = true;
    write_file(path, options);
    struct outcome out = read_file(path, (struct drf_mcap_read_options){.stream = false});
    assert_int_equal(out.status, DRF_ERR_RANGE);
    assert_non_null(strstr(out.error.text, "unindexed"));
    out = read_file(path, (struct drf_mcap_read_options){.stream = true});
    assert_int_equal(out.messages, MESSAGES);
    assert_true(out.exact);
}

// A limit of the file's size stands for a full disk.
static void write__no_room__loses_the_chunk_counts_it_and_goes_on(void **state)
{
    (void)state;
    const char *path = path_of("full.mcap");
    struct written out;
    start(path, usual(0), &out);
    for (uint32_t n = 0; n < 50; n++)
        assert_int_equal(put(&out, n), DRF_OK);
    assert_int_equal(drf_mcap_write_end_chunk(out.writer), DRF_OK);
    uint64_t before = drf_mcap_writer_counts(out.writer).bytes;
    struct rlimit old, small;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    small = (struct rlimit){.rlim_cur = before + 100, .rlim_max = old.rlim_max};
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    for (uint32_t n = 50; n < 80; n++)
        assert_int_equal(put(&out, n), DRF_OK);
    enum drf_status status = drf_mcap_write_end_chunk(out.writer);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    assert_int_equal(status, DRF_ERR_STORE);
    assert_non_null(strstr(drf_mcap_writer_error(out.writer), path));
    assert_non_null(strstr(drf_mcap_writer_error(out.writer), strerror(EFBIG)));
    struct drf_mcap_write_counts counts = drf_mcap_writer_counts(out.writer);
    assert_int_equal(counts.lost, 30);
    assert_int_equal(counts.messages, 50);
    assert_int_equal(counts.bytes, before);
    for (uint32_t n = 50; n < 60; n++)
        assert_int_equal(put(&out, n), DRF_OK);
    assert_int_equal(drf_mcap_writer_finish(out.writer), DRF_OK);
    drf_mcap_writer_close(out.writer);
    struct outcome read = read_file(path, (struct drf_mcap_read_options){.verify = true});
    assert_int_equal(read.end, DRF_MCAP_END_COMPLETE);
    assert_int_equal(read.messages, 60);
    assert_true(read.exact);
}

// The first chunk, with all schemas and channels, is the one that is lost.
static void write__the_first_chunk_lost__declares_again(void **state)
{
    (void)state;
    const char *path = path_of("again.mcap");
    struct written out;
    start(path, usual(3), &out);
    struct rlimit old, small;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    small = (struct rlimit){.rlim_cur = drf_mcap_writer_counts(out.writer).bytes,
                            .rlim_max = old.rlim_max};
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(put(&out, 0), DRF_OK);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    enum drf_status status = drf_mcap_write_end_chunk(out.writer);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    assert_int_equal(status, DRF_ERR_STORE);
    for (uint32_t n = 0; n < 10; n++)
        assert_int_equal(put(&out, n), DRF_OK);
    assert_int_equal(drf_mcap_writer_finish(out.writer), DRF_OK);
    drf_mcap_writer_close(out.writer);
    struct outcome read = read_file(path, (struct drf_mcap_read_options){.verify = true});
    assert_int_equal(read.messages, 10);
    assert_true(read.exact);
}

static void write__beyond_the_size_of_a_chunk__ends_it(void **state)
{
    (void)state;
    const char *path = path_of("sizes.mcap");
    struct drf_mcap_write_options options = usual(1);
    struct written out;
    options.chunk_bytes = 4096;
    start(path, options, &out);
    for (uint32_t n = 0; n < MESSAGES; n++) {
        assert_int_equal(put(&out, n), DRF_OK);
        assert_true(drf_mcap_writer_counts(out.writer).waiting < 4096 + 200);
    }
    assert_true(drf_mcap_writer_counts(out.writer).chunks >= MESSAGES * 60 / 4096);
    uint8_t *large = calloc(1, DRF_MCAP_CHUNK_BYTES_MAX);
    assert_non_null(large);
    struct drf_mcap_piece piece = {large, DRF_MCAP_CHUNK_BYTES_MAX};
    struct drf_mcap_write_message message = {
        .channel_id = out.channels[0], .pieces = &piece, .piece_count = 1};
    assert_int_equal(drf_mcap_write_message(out.writer, &message), DRF_ERR_RANGE);
    assert_int_equal(drf_mcap_writer_counts(out.writer).lost, 1);
    message.channel_id = 4; // there is none
    assert_int_equal(drf_mcap_write_message(out.writer, &message), DRF_ERR_RANGE);
    free(large);
    assert_int_equal(drf_mcap_writer_finish(out.writer), DRF_OK);
    drf_mcap_writer_close(out.writer);
    struct outcome read = read_file(path, (struct drf_mcap_read_options){.verify = true});
    assert_int_equal(read.messages, MESSAGES);
    assert_true(read.exact);
}

static void attachment__in_pieces__is_whole_or_not_there(void **state)
{
    (void)state;
    const char *path = path_of("pieces.mcap");
    struct written out;
    const struct drf_mcap_write_attachment about = {"store", "x/y", 1, 2};
    start(path, usual(3), &out);
    assert_int_equal(drf_mcap_attachment_begin(out.writer, &about, 10), DRF_OK);
    assert_int_equal(put(&out, 0), DRF_ERR_RANGE); // nothing may stand inside
    assert_int_equal(drf_mcap_attachment_append(out.writer, "01234", 5), DRF_OK);
    assert_int_equal(drf_mcap_attachment_end(out.writer), DRF_ERR_RANGE); // too early
    assert_int_equal(drf_mcap_attachment_begin(out.writer, &about, 10), DRF_OK);
    assert_int_equal(drf_mcap_attachment_append(out.writer, "01234", 5), DRF_OK);
    assert_int_equal(drf_mcap_attachment_append(out.writer, "012345", 6), DRF_ERR_RANGE);
    assert_int_equal(drf_mcap_attachment_begin(out.writer, &about, 10), DRF_OK);
    assert_int_equal(drf_mcap_attachment_append(out.writer, "01234", 5), DRF_OK);
    assert_int_equal(drf_mcap_attachment_append(out.writer, "56789", 5), DRF_OK);
    assert_int_equal(drf_mcap_attachment_end(out.writer), DRF_OK);
    assert_int_equal(put(&out, 0), DRF_OK);
    assert_int_equal(drf_mcap_writer_finish(out.writer), DRF_OK);
    drf_mcap_writer_close(out.writer);
    struct drf_mcap_reader *reader;
    struct drf_mcap_error error;
    uint8_t *data;
    size_t size;
    assert_int_equal(drf_mcap_reader_open(path, &(struct drf_mcap_read_options){.verify = true},
                                          &reader, &error),
                     DRF_OK);
    assert_int_equal(drf_mcap_attachment_find(reader, "store", 100, &data, &size), DRF_OK);
    assert_int_equal(size, 10);
    assert_string_equal(data, "0123456789");
    struct drf_mcap_summary summary;
    assert_int_equal(drf_mcap_summarize(reader, &summary), DRF_OK);
    assert_int_equal(summary.attachments, 1);
    free(data);
    drf_mcap_reader_close(reader);
}

static void open__not_a_file_or_not_mcap__says_so(void **state)
{
    (void)state;
    static const uint8_t text[] =
        "this is no recording, but it is long enough to hold a footer";
    const char *path = path_of("text");
    spill(path, text, sizeof text);
    struct outcome out = read_file(path, (struct drf_mcap_read_options){.stream = false});
    assert_int_equal(out.status, DRF_ERR_SYNTAX);
    assert_non_null(strstr(out.error.text, "not an MCAP file"));
    out = read_file(path_of("nowhere"), (struct drf_mcap_read_options){.stream = false});
    assert_int_equal(out.status, DRF_ERR_ABSENT);
    assert_non_null(strstr(out.error.text, strerror(ENOENT)));
    out = read_file(folder, (struct drf_mcap_read_options){.stream = false});
    assert_int_equal(out.status, DRF_ERR_ABSENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(read__what_was_written__comes_in_the_order_of_the_file),
        cmocka_unit_test(open__a_new_file__has_mode_0640_and_an_old_one_is_kept),
        cmocka_unit_test(read__truncated_anywhere__gives_all_whole_chunks_and_says_where),
        cmocka_unit_test(read__any_bit_flipped__is_refused_with_its_offset),
        cmocka_unit_test(read__damage_in_a_chunk__names_the_chunk),
        cmocka_unit_test(find__an_attachment__gives_it_from_anywhere_and_checks_it),
        cmocka_unit_test(select__one_topic__gives_its_messages_only),
        cmocka_unit_test(stream__unbuffered_over_a_pipe__is_readable_at_once),
        cmocka_unit_test(stream__one_byte_at_a_time__gives_the_same),
        cmocka_unit_test(read__a_stream_kept_as_a_file__is_refused_as_unindexed),
        cmocka_unit_test(write__no_room__loses_the_chunk_counts_it_and_goes_on),
        cmocka_unit_test(write__the_first_chunk_lost__declares_again),
        cmocka_unit_test(write__beyond_the_size_of_a_chunk__ends_it),
        cmocka_unit_test(attachment__in_pieces__is_whole_or_not_there),
        cmocka_unit_test(open__not_a_file_or_not_mcap__says_so),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
