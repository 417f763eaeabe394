// SPDX-License-Identifier: Apache-2.0
// What edge/kafka/topic_fingerprint.h promises, against a topic that is an array of marks.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "edge/kafka/topic_fingerprint.h"

struct topic {
    const uint64_t *marks; // 0: compacted away
    int64_t low, high;
    bool silent;
    int silent_once; // offset + 1
    struct edge_topic_fingerprint topic_fingerprints[EDGE_KAFKA_PARTITIONS_MAX],
        taken[EDGE_KAFKA_PARTITIONS_MAX];
    struct edge_kafka_found found;
};

static enum drf_status mark(void *self, int32_t partition, int64_t offset, uint64_t *out)
{
    struct topic *topic = self;
    assert_int_equal(partition, 3);
    assert_true(offset >= topic->low && offset < topic->high);
    if (topic->silent || topic->silent_once == offset + 1) {
        topic->silent_once = 0;
        return DRF_ERR_AGAIN;
    }
    if (topic->marks[offset] == 0)
        return DRF_ERR_ABSENT;
    *out = topic->marks[offset];
    return DRF_OK;
}

// One look at the topic: what is there, how the broker answers, and what is to come of it.
struct look {
    const uint64_t *marks;
    int64_t low, high;
    bool another, silent;
    int silent_once;
    struct edge_topic_fingerprint taken; // read by then, when known
};

static void assert_looks(const struct look *looks, size_t count)
{
    static struct topic topic;
    topic = (struct topic){.marks = NULL};
    for (size_t i = 0; i < count; i++) {
        topic.marks = looks[i].marks;
        topic.low = looks[i].low;
        topic.high = looks[i].high;
        topic.silent = looks[i].silent;
        topic.silent_once = looks[i].silent_once;
        if (looks[i].taken.known)
            topic.taken[3] = looks[i].taken;
        topic.found.count = 1;
        topic.found.partitions[0].partition = 3;
        topic.found.partitions[0].low = topic.low;
        topic.found.partitions[0].high = topic.high;
        bool another = edge_topic_fingerprints_replaced(
            topic.topic_fingerprints, topic.taken, &topic.found,
            (struct edge_topic_fingerprint_port){.mark = mark, .self = &topic});
        if (another != looks[i].another)
            fail_msg("look %zu: %s", i, another ? "another topic" : "the same topic");
    }
}
#define ASSERT_LOOKS(looks) assert_looks(looks, sizeof looks / sizeof looks[0])

static const uint64_t ours[] = {11, 12, 13, 14, 15}, anew[] = {21, 22, 23, 24, 25, 26};

static void topic__that_grows__is_the_same(void **state)
{
    (void)state;
    static const struct look looks[] = {{.marks = ours},
                                        {.marks = ours, .high = 3},
                                        {.marks = ours, .high = 3},
                                        {.marks = ours, .high = 5}};
    ASSERT_LOOKS(looks);
}

static void topic__made_anew_and_longer__is_another(void **state)
{
    (void)state;
    static const struct look looks[] = {
        {.marks = ours, .high = 3},
        {.marks = anew, .high = 5, .another = true},
        {.marks = anew, .high = 5}, // said once
    };
    ASSERT_LOOKS(looks);
}

static void topic__made_anew_and_shorter__is_another(void **state)
{
    (void)state;
    static const struct look looks[] = {{.marks = ours, .high = 3},
                                        {.marks = ours, .high = 2, .another = true},
                                        {.marks = ours, .another = true}};
    ASSERT_LOOKS(looks);
}

static void message__compacted_away_or_too_old__says_nothing(void **state)
{
    (void)state;
    static const uint64_t compacted[] = {11, 12, 0, 14, 15, 16};
    static const struct look looks[] = {{.marks = ours, .high = 3},
                                        {.marks = compacted, .high = 4},
                                        {.marks = compacted, .low = 4, .high = 6}};
    ASSERT_LOOKS(looks);
}

static void broker__that_does_not_answer__says_nothing_and_is_asked_again(void **state)
{
    (void)state;
    static const struct look looks[] = {{.marks = ours, .high = 3},
                                        {.marks = anew, .high = 4, .silent = true},
                                        {.marks = anew, .high = 4, .another = true}};
    ASSERT_LOOKS(looks);
}

static void broker__that_answers_one_question_of_two__is_asked_again(void **state)
{
    (void)state;
    static const struct look looks[] = {{.marks = ours, .high = 3},
                                        {.marks = anew, .high = 4, .silent_once = 3},
                                        {.marks = anew, .high = 4, .another = true}};
    ASSERT_LOOKS(looks);
}

static void topic__found_empty_then_filled_and_made_anew__is_another(void **state)
{
    (void)state;
    static const struct look looks[] = {
        {.marks = anew},
        {.marks = anew,
         .high = 5,
         .another = true,
         .taken = {.known = true, .offset = 0, .mark = 11}}, // came and went
        {.marks = anew, .high = 5},
    };
    ASSERT_LOOKS(looks);
}

static void topic__found_empty_then_filled__is_the_same(void **state)
{
    (void)state;
    static const struct look looks[] = {
        {.marks = ours},
        {.marks = ours, .high = 3, .taken = {.known = true, .offset = 0, .mark = 11}}};
    ASSERT_LOOKS(looks);
}

static void topic__emptied_by_age_then_filled_and_made_anew__is_another(void **state)
{
    (void)state;
    static const struct look looks[] = {{.marks = ours, .high = 3},
                                        {.marks = ours, .low = 3, .high = 3},
                                        {.marks = anew,
                                         .high = 6,
                                         .another = true,
                                         .taken = {.known = true, .offset = 3, .mark = 14}}};
    ASSERT_LOOKS(looks);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(topic__that_grows__is_the_same),
        cmocka_unit_test(topic__made_anew_and_longer__is_another),
        cmocka_unit_test(topic__made_anew_and_shorter__is_another),
        cmocka_unit_test(message__compacted_away_or_too_old__says_nothing),
        cmocka_unit_test(broker__that_does_not_answer__says_nothing_and_is_asked_again),
        cmocka_unit_test(broker__that_answers_one_question_of_two__is_asked_again),
        cmocka_unit_test(topic__found_empty_then_filled_and_made_anew__is_another),
        cmocka_unit_test(topic__found_empty_then_filled__is_the_same),
        cmocka_unit_test(topic__emptied_by_age_then_filled_and_made_anew__is_another),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
