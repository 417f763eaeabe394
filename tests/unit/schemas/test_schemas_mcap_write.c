// SPDX-License-Identifier: Apache-2.0
// What schemas/mcap_write.h promises: pipes, full disks, sizes; the reader is tested in
// test_schemas_mcap.c.
#define _GNU_SOURCE // memmem, mkdtemp

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tests/support/mcap_sample.h"

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
    // Without the summary, which has the channels too.
    read = read_file(path, (struct drf_mcap_read_options){.stream = true});
    assert_int_equal(read.end, DRF_MCAP_END_COMPLETE);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stream__unbuffered_over_a_pipe__is_readable_at_once),
        cmocka_unit_test(stream__one_byte_at_a_time__gives_the_same),
        cmocka_unit_test(write__no_room__loses_the_chunk_counts_it_and_goes_on),
        cmocka_unit_test(write__the_first_chunk_lost__declares_again),
        cmocka_unit_test(write__beyond_the_size_of_a_chunk__ends_it),
        cmocka_unit_test(attachment__in_pieces__is_whole_or_not_there),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
