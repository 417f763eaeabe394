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

static bool look(struct topic *topic)
{
    topic->found.count = 1;
    topic->found.partitions[0].partition = 3;
    topic->found.partitions[0].low = topic->low;
    topic->found.partitions[0].high = topic->high;
    return edge_topic_fingerprints_replaced(
        topic->topic_fingerprints, topic->taken, &topic->found,
        (struct edge_topic_fingerprint_port){.mark = mark, .self = topic});
}

static void topic__that_grows__is_the_same(void **state)
{
    (void)state;
    static const uint64_t marks[] = {11, 12, 13, 14, 15};
    static struct topic topic;
    topic = (struct topic){.marks = marks};
    assert_false(look(&topic)); // empty
    topic.high = 3;
    assert_false(look(&topic));
    assert_false(look(&topic));
    topic.high = 5;
    assert_false(look(&topic));
}

static void topic__made_anew_and_longer__is_another(void **state)
{
    (void)state;
    static const uint64_t before[] = {11, 12, 13}, after[] = {21, 22, 23, 24, 25};
    static struct topic topic;
    topic = (struct topic){.marks = before, .high = 3};
    assert_false(look(&topic));
    topic.marks = after;
    topic.high = 5;
    assert_true(look(&topic));
    assert_false(look(&topic)); // said once
}

static void topic__made_anew_and_shorter__is_another(void **state)
{
    (void)state;
    static const uint64_t before[] = {11, 12, 13}, after[] = {11, 12};
    static struct topic topic;
    topic = (struct topic){.marks = before, .high = 3};
    assert_false(look(&topic));
    topic.marks = after;
    topic.high = 2;
    assert_true(look(&topic));
    topic.high = 0;
    assert_true(look(&topic));
}

static void message__compacted_away_or_too_old__says_nothing(void **state)
{
    (void)state;
    static const uint64_t before[] = {11, 12, 13}, after[] = {11, 12, 0, 14, 15, 16};
    static struct topic topic;
    topic = (struct topic){.marks = before, .high = 3};
    assert_false(look(&topic));
    topic.marks = after;
    topic.high = 4;
    assert_false(look(&topic));
    topic.low = 4;
    topic.high = 6;
    assert_false(look(&topic));
}

static void broker__that_does_not_answer__says_nothing_and_is_asked_again(void **state)
{
    (void)state;
    static const uint64_t before[] = {11, 12, 13}, after[] = {21, 22, 23, 24};
    static struct topic topic;
    topic = (struct topic){.marks = before, .high = 3};
    assert_false(look(&topic));
    topic.marks = after;
    topic.high = 4;
    topic.silent = true;
    assert_false(look(&topic));
    topic.silent = false;
    assert_true(look(&topic));
}

static void broker__that_answers_one_question_of_two__is_asked_again(void **state)
{
    (void)state;
    static const uint64_t before[] = {11, 12, 13}, after[] = {21, 22, 23, 24};
    static struct topic topic;
    topic = (struct topic){.marks = before, .high = 3};
    assert_false(look(&topic));
    topic.marks = after;
    topic.high = 4;
    topic.silent_once = 3;
    assert_false(look(&topic));
    assert_true(look(&topic));
}

static void topic__found_empty_then_filled_and_made_anew__is_another(void **state)
{
    (void)state;
    static const uint64_t after[] = {21, 22, 23, 24, 25};
    static struct topic topic;
    topic = (struct topic){.marks = after};
    assert_false(look(&topic));
    topic.taken[3] = (struct edge_topic_fingerprint){.known = true, .offset = 0, .mark = 11};
    topic.high = 5; // 11, 12, 13 came and went
    assert_true(look(&topic));
    assert_false(look(&topic));
}

static void topic__found_empty_then_filled__is_the_same(void **state)
{
    (void)state;
    static const uint64_t marks[] = {11, 12, 13};
    static struct topic topic;
    topic = (struct topic){.marks = marks};
    assert_false(look(&topic));
    topic.taken[3] = (struct edge_topic_fingerprint){.known = true, .offset = 0, .mark = 11};
    topic.high = 3;
    assert_false(look(&topic));
}

static void topic__emptied_by_age_then_filled_and_made_anew__is_another(void **state)
{
    (void)state;
    static const uint64_t before[] = {11, 12, 13}, after[] = {21, 22, 23, 24, 25, 26};
    static struct topic topic;
    topic = (struct topic){.marks = before, .high = 3};
    assert_false(look(&topic));
    topic.low = 3;
    assert_false(look(&topic));
    topic.taken[3] = (struct edge_topic_fingerprint){.known = true, .offset = 3, .mark = 14};
    topic.marks = after;
    topic.low = 0;
    topic.high = 6;
    assert_true(look(&topic));
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
