// tests/support/replay_same.h - records a node in test, replays it, and asserts that all is
// same. SPDX-License-Identifier: Apache-2.0
//
// Include after cmocka.
#ifndef TESTS_SUPPORT_REPLAY_SAME_H
#define TESTS_SUPPORT_REPLAY_SAME_H

#include "tests/support/replay_rig.h"

enum { DIGEST_SIZE = 56, DIGEST_COUNT_AT = 16 };

static inline bool full(void)
{
    return getenv("DRF_FULL") != NULL;
} // NOLINT(concurrency-mt-unsafe)

// What the recording says was sent: seconds with a digest, and outputs in them.
static inline void recorded(const struct tape *tape, uint64_t *seconds, uint64_t *outputs)
{
    struct tape_entry entry;
    for (size_t i = 0; i < tape->count; i++)
        for (const uint8_t *at = tape_entries(&tape->blocks[i]);
             tape_next(&tape->blocks[i], &at, &entry);) {
            if (entry.kind != EDGE_OUTPUT_DIGEST)
                continue;
            assert_int_equal(entry.length, DIGEST_SIZE);
            ++*seconds;
            for (int k = 0; k < 8; k++)
                *outputs += (uint64_t)entry.bytes[DIGEST_COUNT_AT + k] << (8 * k);
        }
}

static inline void assert_same(const struct rig *rig, const struct tape *tape)
{
    uint64_t seconds = 0, outputs = 0;
    recorded(tape, &seconds, &outputs);
    struct tape_result result = rig_replay(rig, tape);
    if (result.differs)
        fail_msg("seed %llu: %s", (unsigned long long)rig->options.seed, result.text);
    assert_int_equal(result.steps, tape->count);
    assert_int_equal(result.seconds, seconds);
    assert_int_equal(result.outputs, outputs);
    // Every message that left is in it; the last ones by the digests that the ends of the loops
    // left.
    uint64_t left = rig->fleet.sent + rig->feeds.produced + rig->published;
    assert_true(rig_ended_early(rig) != NULL ? outputs < left : outputs == left);
}

static inline struct rig_options options_of(uint64_t seed, bool threads)
{
    return (struct rig_options){.seed = seed,
                                .span_us = 20 * RIG_SECOND_US,
                                .stride_us = 2000,
                                .period_us = 300000,
                                .step_in = 5000,
                                .threads = threads,
                                .whole = seed % 2 == 0};
}

static inline uint64_t record_and_replay(struct rig_options options)
{
    struct rig *rig = rig_open(options);
    struct tape tape = rig_run(rig);
    if (rig_ended_early(rig) != NULL)
        print_message("seed %llu ends early: %s\n", (unsigned long long)options.seed,
                      rig_ended_early(rig));
    uint64_t outputs = rig->fleet.sent + rig->feeds.produced + rig->published;
    rig_stop(rig);
    assert_same(rig, &tape);
    tape_free(&tape);
    rig_close(rig);
    return outputs;
}

#endif
