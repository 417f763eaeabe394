// SPDX-License-Identifier: Apache-2.0
// The golden recording (tests/golden/recording.py) gives the recorded outputs again, whatever
// compiled this test; what is left of a damaged one is exact or refused.
// Not for the thread sanitizer: SQLite and PROJ of a whole node, and nothing has a thread here.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "edge/host/fma.h"
#include "edge/host/sha256.h"
#include "edge/inputs/inputs.h"
#include "edge/replay/journal_read.h"
#include "edge/replay/replay.h"

#define GOLDEN "tests/data/golden_replay/node.mcap"

enum { RUNS = 20, TRUNCATIONS = 60, FLIPS = 60 };

static struct edge_log quiet;

struct bytes {
    uint8_t *bytes;
    size_t size;
};

static struct bytes read_file(const char *path)
{
    struct bytes read = {0};
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    read.size = (size_t)ftell(file);
    rewind(file);
    read.bytes = malloc(read.size);
    assert_non_null(read.bytes);
    assert_int_equal(fread(read.bytes, 1, read.size, file), read.size);
    assert_int_equal(fclose(file), 0);
    return read;
}

static void write_file(const char *path, const uint8_t *bytes, size_t size)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

static struct edge_replay_options of(const char *path)
{
    return (struct edge_replay_options){
        .path = path, .until_utc_us = INT64_MAX, .any_fma = true, .log = &quiet};
}

static enum drf_status replay(const struct edge_replay_options *options,
                              struct edge_replay_result *result)
{
    char error[400];
    enum drf_status status = edge_replay_run(options, result, error);
    if (status != DRF_OK && strlen(error) < 10)
        fail_msg("refused without a word: %s", error);
    return status;
}

static void golden_sha256(char out[static 65])
{
    FILE *file = fopen("tests/data/golden_replay/outputs.sha256", "r");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%64s", out), 1);
    assert_int_equal(fclose(file), 0);
}

static void golden__again_and_again__is_the_same_to_the_byte(void **state)
{
    (void)state;
    char golden[65], hex[65];
    golden_sha256(golden);
    const struct edge_replay_options options = of(GOLDEN);
    for (int i = 0; i < RUNS; i++) {
        struct edge_replay_result result;
        assert_int_equal(replay(&options, &result), DRF_OK);
        assert_string_equal(result.difference, "");
        assert_string_equal(result.ended, "whole");
        assert_int_equal(result.unproved, 0);
        assert_true(result.seconds >= 20 && result.outputs > 200);
        edge_sha256_hex(result.sha256, hex);
        assert_string_equal(hex, golden);
    }
}

// The sum is that of the digests that stand in the file, so that others can make it too.
static void golden__its_digests_in_the_order_of_the_file__give_the_sum(void **state)
{
    (void)state;
    char store[64], error[EDGE_JOURNAL_ERROR_SIZE], golden[65], hex[65];
    uint8_t digest[32];
    struct drf_config config;
    struct edge_journal_reader *reader;
    struct edge_journal_block block;
    struct edge_inputs *inputs;
    struct edge_sha256_sum *sum;
    (void)snprintf(store, sizeof store, "/tmp/drf-digests-%ld.gpkg", (long)getpid());
    assert_int_equal(edge_journal_reader_open(GOLDEN, store, &config, error, &reader), DRF_OK);
    assert_int_equal(edge_inputs_replay(EDGE_INPUTS_FREE, false, &inputs), DRF_OK);
    assert_int_equal(edge_sha256_open(&sum), DRF_OK);
    while (edge_journal_reader_next(reader, &block) == DRF_OK) {
        const uint8_t *bytes;
        size_t size;
        assert_int_equal(edge_inputs_give(inputs, block.bytes, block.size, NULL, NULL), DRF_OK);
        if (edge_inputs_next(inputs, (enum edge_input)EDGE_OUTPUT_DIGEST, &bytes, &size))
            edge_sha256_add(sum, bytes, size);
    }
    edge_sha256_take(sum, digest);
    edge_sha256_hex(digest, hex);
    golden_sha256(golden);
    assert_string_equal(hex, golden);
    edge_sha256_close(sum);
    edge_inputs_close(inputs);
    edge_journal_reader_close(reader);
    drf_config_close(&config);
    (void)unlink(store);
}

static void golden__until_an_instant__is_the_beginning_of_it(void **state)
{
    (void)state;
    struct edge_replay_result all, part;
    struct edge_replay_options options = of(GOLDEN);
    assert_int_equal(replay(&options, &all), DRF_OK);
    options.until_utc_us = 0;
    assert_int_equal(replay(&options, &part), DRF_OK);
    assert_int_equal(part.steps, 0);
    assert_int_equal(part.outputs, 0);
}

static void what_if__a_drone_that_wants_more_clearance__is_told_other_things(void **state)
{
    (void)state;
    static const char *const settings[] = {"profile.clearance_min_m=200"};
    struct edge_replay_result was, same, other;
    struct edge_replay_options options = of(GOLDEN);
    assert_int_equal(replay(&options, &was), DRF_OK);
    static const char *const none[] = {"limits.drones_max=2000"};
    options.settings = none;
    options.setting_count = 1;
    assert_int_equal(replay(&options, &same), DRF_OK);
    options.settings = settings;
    assert_int_equal(replay(&options, &other), DRF_OK);
    // The fleet's drones send profiles of their own; what they leave out is 200 m now.
    assert_true(same.outputs > was.outputs / 2);
    assert_memory_not_equal(other.sha256, was.sha256, 32);
}

static void what_if__with_a_key_that_is_not_there__is_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {"limits.no_such_key=1", "profile.look_ahead_s=1000",
                                        "node.mode=LIVE", "feeds.nobody.priority=1",
                                        "nonsense"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct edge_replay_options options = of(GOLDEN);
        struct edge_replay_result result;
        options.settings = &wrong[i];
        options.setting_count = 1;
        assert_int_not_equal(replay(&options, &result), DRF_OK);
    }
}

// A file of its own for each try.
static void with(const uint8_t *bytes, size_t size, const char *path,
                 struct edge_replay_result *result, enum drf_status *status)
{
    write_file(path, bytes, size);
    const struct edge_replay_options options = of(path);
    *status = replay(&options, result);
    (void)unlink(path);
}

static void truncated__anywhere__gives_whole_chunks_or_is_refused(void **state)
{
    (void)state;
    struct bytes golden = read_file(GOLDEN);
    char path[64];
    (void)snprintf(path, sizeof path, "/tmp/drf-truncated-%ld.mcap", (long)getpid());
    uint64_t seen = 0;
    for (size_t i = 1; i < TRUNCATIONS; i++) {
        struct edge_replay_result result;
        enum drf_status status;
        with(golden.bytes, golden.size * i / TRUNCATIONS, path, &result, &status);
        if (status != DRF_OK)
            continue; // not even the head is there
        assert_true(result.truncated);
        assert_string_equal(result.difference, "");
        assert_true(result.steps >= seen); // more of the file, more of the flight
        seen = result.steps;
    }
    assert_true(seen > 1000);
    free(golden.bytes);
}

static void flipped__anywhere__is_exact_or_refused(void **state)
{
    (void)state;
    struct bytes golden = read_file(GOLDEN);
    char path[64], expected[65], hex[65];
    golden_sha256(expected);
    (void)snprintf(path, sizeof path, "/tmp/drf-flipped-%ld.mcap", (long)getpid());
    size_t refused = 0;
    for (size_t i = 0; i < FLIPS; i++) {
        size_t at = (i * 7919 * 8191) % golden.size;
        struct edge_replay_result result;
        enum drf_status status;
        golden.bytes[at] ^= (uint8_t)(1 << i % 8);
        with(golden.bytes, golden.size, path, &result, &status);
        golden.bytes[at] ^= (uint8_t)(1 << i % 8);
        edge_sha256_hex(result.sha256, hex);
        if (status != DRF_OK)
            refused++;
        else if (strcmp(hex, expected) != 0)
            fail_msg("a bit flipped at %zu changed what was sent, and nobody said so", at);
    }
    assert_true(refused > FLIPS / 2);
    free(golden.bytes);
}

static void no_journal__of_any_kind__is_refused_with_a_word(void **state)
{
    (void)state;
    static const char *const paths[] = {"/nonexistent.mcap", "README.md",
                                        "tests/data/golden/drf_v1.desc"};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        struct edge_replay_result result;
        const struct edge_replay_options options = of(paths[i]);
        assert_int_not_equal(replay(&options, &result), DRF_OK);
    }
}

int main(void)
{
    edge_log_init(&quiet);
    quiet.level = EDGE_LOG_ERROR + 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden__again_and_again__is_the_same_to_the_byte),
        cmocka_unit_test(golden__its_digests_in_the_order_of_the_file__give_the_sum),
        cmocka_unit_test(golden__until_an_instant__is_the_beginning_of_it),
        cmocka_unit_test(what_if__a_drone_that_wants_more_clearance__is_told_other_things),
        cmocka_unit_test(what_if__with_a_key_that_is_not_there__is_refused),
        cmocka_unit_test(truncated__anywhere__gives_whole_chunks_or_is_refused),
        cmocka_unit_test(flipped__anywhere__is_exact_or_refused),
        cmocka_unit_test(no_journal__of_any_kind__is_refused_with_a_word),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
