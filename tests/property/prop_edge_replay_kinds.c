// SPDX-License-Identifier: Apache-2.0
// Without any one kind of input a replay differs; and a month is the same to the byte.
// Not for the thread sanitizer: the loops take turns in one thread.
// DRF_FULL=1: all of the month.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <assert.h>

#include "tests/support/replay_same.h"

// ---- leaving out one kind of input

struct kind {
    unsigned kind;
    const char *name;
    const char *unseen; // why leaving it out changes nothing that leaves; NULL: it does
};

#define KIND(name)                                                                             \
    {                                                                                          \
        EDGE_##name, #name, NULL                                                               \
    }
#define UNSEEN(name, why)                                                                      \
    {                                                                                          \
        EDGE_##name, #name, why                                                                \
    }
static const struct kind kinds[] = {
    KIND(INPUT_ACKNOWLEDGED),
    KIND(INPUT_BACK_FRONT),
    KIND(INPUT_BACK_EMPTY),
    KIND(INPUT_ASKED_FRONT),
    KIND(INPUT_FOUND_PUSH),
    KIND(INPUT_FEED_START),
    KIND(INPUT_FEED_EVENT),
    KIND(INPUT_DECODE_START),
    KIND(INPUT_DECODE_TAKE),
    UNSEEN(INPUT_DECODE_READY, "it is a bit of HEALTH, which is recorded where serve reads it"),
    KIND(INPUT_COMMIT),
    KIND(INPUT_RENDER),
    UNSEEN(INPUT_FOLD, "a replay folds itself, but where the recorded disk could not be read"),
    KIND(INPUT_PENDING),
    KIND(INPUT_TIDY),
    KIND(INPUT_QUIET),
    UNSEEN(INPUT_STORE_FREE, "it moves the next look at what is old by less than a minute"),
    KIND(INPUT_PRODUCE),
    KIND(INPUT_EPOCH),
    KIND(INPUT_BACK_PUSH),
    KIND(INPUT_ASKED_PUSH),
    KIND(INPUT_FOUND_FRONT),
    KIND(INPUT_LINK_SEND),
    KIND(INPUT_LINK_SESSION),
    KIND(INPUT_LINK_CONNECTED),
    KIND(INPUT_LINK_BEHIND),
    KIND(INPUT_LINK_RECEIVE),
    KIND(INPUT_HEALTH),
    UNSEEN(INPUT_STALLED, "it is a bit of HEALTH, which is recorded where serve reads it"),
    KIND(INPUT_REFUSING),
    KIND(INPUT_WORD_FRONT),
    KIND(INPUT_WORD_PUSH),
    KIND(INPUT_PUBLISH),
    KIND(INPUT_HELD),
    KIND(INPUT_MESSAGE),
    KIND(INPUT_FEED_MESSAGE),
    KIND(INPUT_FOUND),
    KIND(INPUT_DECODED),
    KIND(INPUT_REPORT),
    KIND(INPUT_SOURCE),
    KIND(INPUT_FINISH),
    KIND(INPUT_CONFIG),
    KIND(INPUT_OWNERS),
    KIND(OUTPUT_DIGEST),
    UNSEEN(OUTPUT_MESSAGE, "a recording may hold digests only"),
};
enum { KINDS = sizeof kinds / sizeof kinds[0], NUMBERED = EDGE_INPUT_NUMBERS };
static_assert(KINDS
                  == NUMBERED + EDGE_INPUT_BYTES_END - EDGE_INPUT_MESSAGE + EDGE_OUTPUT_END
                         - EDGE_OUTPUT_DIGEST,
              "every kind");

struct mutation {
    size_t there[EDGE_OUTPUT_END];
    bool red[EDGE_OUTPUT_END];
};

static void leave_out(struct mutation *mutation, struct rig_options options)
{
    struct rig *rig = rig_open(options);
    struct tape tape = rig_run(rig);
    size_t there[EDGE_OUTPUT_END] = {0};
    rig_stop(rig);
    tape_count(&tape, there);
    bool whole_is_same = false;
    for (size_t i = 0; i < KINDS; i++) {
        unsigned kind = kinds[i].kind;
        mutation->there[kind] += there[kind];
        if (there[kind] == 0 || mutation->red[kind] || kinds[i].unseen != NULL)
            continue;
        if (!whole_is_same)
            assert_same(rig, &tape); // with all of it
        whole_is_same = true;
        struct tape without = tape_without(&tape, kind);
        struct tape_result result = rig_replay(rig, &without);
        mutation->red[kind] = result.differs;
        if (result.differs)
            print_message("without %s: %s\n", kinds[i].name, result.text);
        tape_free(&without);
    }
    tape_free(&tape);
    rig_close(rig);
}

static bool all_red(const struct mutation *mutation)
{
    for (size_t i = 0; i < KINDS; i++)
        if (mutation->there[kinds[i].kind] == 0
            || (!mutation->red[kinds[i].kind] && kinds[i].unseen == NULL))
            return false;
    return true;
}

// Days in which a drone reports now and then, so that it is deleted from the store.
static struct rig_options sparse(uint64_t seed, int64_t days)
{
    return (struct rig_options){.seed = seed,
                                .span_us = days * 86400 * RIG_SECOND_US,
                                .stride_us = 20 * RIG_SECOND_US,
                                .period_us = 600 * RIG_SECOND_US,
                                .step_in = 50000,
                                .again = 60,
                                .whole = true};
}

// Long enough for a few messages of terrain.
static struct rig_options with_rasters(uint64_t seed)
{
    struct rig_options options = options_of(seed, false);
    options.rasters = options.sound_disk = true;
    return options;
}

static void replay__without_any_one_kind_of_input__differs(void **state)
{
    (void)state;
    enum { TRIES = 12 };
    struct mutation mutation = {.there = {0}};
    for (uint64_t i = 0; i < TRIES && !all_red(&mutation); i++) {
        struct rig_options options = i % 3 == 1   ? sparse(3000 + i, 2)
                                     : i % 3 == 2 ? with_rasters(2000 + i)
                                                  : options_of(2000 + i, false);
        options.many = i == 3;
        leave_out(&mutation, options);
    }
    for (size_t i = 0; i < KINDS; i++) {
        if (mutation.there[kinds[i].kind] == 0)
            print_error("%s was never recorded\n", kinds[i].name);
        else if (!mutation.red[kinds[i].kind] && kinds[i].unseen == NULL)
            print_error("without %s nothing differs\n", kinds[i].name);
    }
    assert_true(all_red(&mutation));
}

// A month, with its end, clock steps and deletions; all of it with DRF_FULL=1, else three days.
static void replay__of_a_month__is_the_same_to_the_byte(void **state)
{
    (void)state;
    struct rig_options options = sparse(4000, full() ? 30 : 3);
    options.step_in = 40000;
    options.sound_disk = true; // so that the recording has all of it
    assert_true(record_and_replay(options) > 500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(replay__without_any_one_kind_of_input__differs),
        cmocka_unit_test(replay__of_a_month__is_the_same_to_the_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
