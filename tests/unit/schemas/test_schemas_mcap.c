// SPDX-License-Identifier: Apache-2.0
// What schemas/mcap_read.h promises; pip mcap stands beside it in
// tests/replay/test_recording.py.
#define _GNU_SOURCE // memmem, mkdtemp

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <sys/stat.h>

#include "tests/support/mcap_sample.h"

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
        cmocka_unit_test(read__a_stream_kept_as_a_file__is_refused_as_unindexed),
        cmocka_unit_test(open__not_a_file_or_not_mcap__says_so),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
