// SPDX-License-Identifier: Apache-2.0
// Recordings take no memory per message once their buffers have grown, and lose nothing but the
// message when there is none.
#define _GNU_SOURCE // mkstemp

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "schemas/recording_read.h"
#include "schemas/recording_write.h"
#include "tests/support/heap.h"

enum { DRONES = 100, CHUNKS = 50 };

static int open_scratch(char path[static 32])
{
    snprintf(path, 32, "/tmp/drf-memory-XXXXXX");
    return mkstemp(path);
}

static enum drf_status open_recording(const char *path, struct drf_recording **out)
{
    char error[DRF_MCAP_ERROR_SIZE];
    return drf_recording_open(
        path,
        &(struct drf_mcap_write_options){.library = "test", .zstd_level = 1, .replace = true},
        out, error);
}

static enum drf_status put_chunk(struct drf_recording *recording, unsigned drones)
{
    static const uint8_t payload[300] = {1, 2, 3};
    const struct drf_recorded_header header = {"ce_id", payload, 9};
    enum drf_status status = DRF_OK;
    for (unsigned n = 0; n < drones && status == DRF_OK; n++) {
        char topic[64];
        snprintf(topic, sizeof topic, "drf/v1/drones/d%u/telemetry", n);
        struct drf_recorded_mqtt message = {
            .topic = topic, .payload = payload, .size = n * 3 % 300};
        status = drf_recording_mqtt(recording, &message, n, 0);
        message.response_topic = topic;
        if (status == DRF_OK)
            status = drf_recording_mqtt(recording, &message, n, 0);
        if (status == DRF_OK)
            status = drf_recording_kafka(recording,
                                         &(struct drf_recorded_kafka){.topic = "t",
                                                                      .value = payload,
                                                                      .value_size = 200,
                                                                      .headers = &header,
                                                                      .header_count = 1},
                                         n, 0);
    }
    enum drf_status ended = drf_mcap_write_end_chunk(drf_recording_mcap(recording));
    return status == DRF_OK ? ended : status;
}

static void write__the_same_topics_again__takes_no_memory_per_message(void **state)
{
    (void)state;
    char path[32];
    struct drf_recording *recording = NULL;
    assert_int_equal(close(open_scratch(path)), 0);
    assert_int_equal(open_recording(path, &recording), DRF_OK);
    for (int i = 0; i < 3; i++)
        assert_int_equal(put_chunk(recording, DRONES), DRF_OK);
    heap_calls = (struct heap_calls){0};
    for (int i = 0; i < CHUNKS; i++)
        assert_int_equal(put_chunk(recording, DRONES), DRF_OK);
    // 15,000 messages: the index of the chunks grows, by doubling.
    assert_true(heap_calls.own + heap_calls.libraries <= 10);
    assert_int_equal(drf_mcap_writer_finish(drf_recording_mcap(recording)), DRF_OK);
    drf_recording_close(recording);
    (void)unlink(path);
}

#ifdef HEAP_OURS
static enum drf_status write_all(const char *path)
{
    struct drf_recording *recording = NULL;
    enum drf_status status = open_recording(path, &recording);
    for (int i = 0; i < 2 && status == DRF_OK; i++)
        status = put_chunk(recording, 5);
    if (status == DRF_OK)
        status = drf_mcap_writer_finish(drf_recording_mcap(recording));
    drf_recording_close(recording);
    return status;
}

static enum drf_status read_all(const char *path, unsigned *count)
{
    struct drf_recording_reader *reader = NULL;
    struct drf_mcap_error error;
    struct drf_recorded recorded;
    *count = 0;
    enum drf_status status = drf_recording_reader_open(
        path, &(struct drf_mcap_read_options){.verify = true}, &reader, &error);
    while (status == DRF_OK && (status = drf_recording_next(reader, &recorded)) == DRF_OK)
        ++*count;
    drf_recording_reader_close(reader);
    return status;
}

static void both__each_allocation_fails_once__say_so_and_leak_nothing(void **state)
{
    (void)state;
    char path[32];
    unsigned count;
    assert_int_equal(close(open_scratch(path)), 0);
    long blocks = heap_blocks;
    bool failed = true;
    for (long n = 0; failed && n < 10000; n++) {
        heap_failed = false;
        heap_until_failure = n;
        enum drf_status status = write_all(path);
        heap_until_failure = -1;
        failed = heap_failed;
        assert_int_equal(heap_blocks, blocks);
        if (failed)
            assert_true(status == DRF_ERR_NOMEM || status == DRF_ERR_STORE);
        else
            assert_int_equal(status, DRF_OK);
    }
    assert_false(failed);
    failed = true;
    for (long n = 0; failed && n < 10000; n++) {
        heap_failed = false;
        heap_until_failure = n;
        enum drf_status status = read_all(path, &count);
        heap_until_failure = -1;
        failed = heap_failed;
        assert_int_equal(heap_blocks, blocks);
        assert_int_equal(status, failed ? DRF_ERR_NOMEM : DRF_ERR_ABSENT);
    }
    assert_false(failed);
    assert_int_equal(count, 2 * 15 + 1);
    (void)unlink(path);
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(write__the_same_topics_again__takes_no_memory_per_message),
#ifdef HEAP_OURS
        cmocka_unit_test(both__each_allocation_fails_once__say_so_and_leak_nothing),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
