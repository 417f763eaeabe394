// SPDX-License-Identifier: Apache-2.0
// Those who look at the node see a value whole or not at all, whoever has the place meanwhile;
// a question is answered once. The thread sanitizer runs this file (label threads, as all of
// edge).
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <pthread.h>

#include "edge/handoff/viewing.h"

enum { PLACES = 4, READERS = 2, ROUNDS = 60000, TEXT_MAX = 3000 };

static int open_viewing(void **state)
{
    struct edge_viewing *viewing;
    if (edge_viewing_open(PLACES, &viewing) != DRF_OK)
        return 1;
    *state = viewing;
    return 0;
}

static int close_viewing(void **state)
{
    edge_viewing_close(*state);
    return 0;
}

static struct edge_view_drone drone_of(const char *id)
{
    struct edge_view_drone drone = {.severity = 2};
    (void)snprintf(drone.id, sizeof drone.id, "%s", id);
    return drone;
}

static void drone__before_any_put__is_the_same_as_nothing(void **state)
{
    struct edge_view_drone drone;
    uint64_t seen = 0;
    assert_int_equal(edge_viewing_places(*state), 0);
    assert_int_equal(edge_viewing_drone(*state, 0, &seen, &drone), EDGE_SEQLOCK_SAME);
    assert_int_equal(edge_viewing_drone(*state, PLACES, &seen, &drone), EDGE_SEQLOCK_SAME);
}

static void drone__put_once__is_read_once(void **state)
{
    struct edge_view_drone out, put = drone_of("uas-7");
    uint64_t seen = 0;
    edge_viewing_put_drone(*state, 2, &put);
    assert_int_equal(edge_viewing_places(*state), 3);
    assert_int_equal(edge_viewing_drone(*state, 2, &seen, &out), EDGE_SEQLOCK_NEW);
    assert_string_equal(out.id, "uas-7");
    assert_int_equal(out.severity, 2);
    assert_int_equal(edge_viewing_drone(*state, 2, &seen, &out), EDGE_SEQLOCK_SAME);
    edge_viewing_put_drone(*state, 2, &put);
    assert_int_equal(edge_viewing_drone(*state, 2, &seen, &out), EDGE_SEQLOCK_NEW);
}

static void generation__another_drone_takes_the_place__grows(void **state)
{
    struct edge_view_drone out, first = drone_of("uas-7"), second = drone_of("uas-8");
    uint64_t seen = 0;
    edge_viewing_put_drone(*state, 0, &first);
    (void)edge_viewing_drone(*state, 0, &seen, &out);
    uint32_t generation = out.generation;
    edge_viewing_put_drone(*state, 0, &first);
    (void)edge_viewing_drone(*state, 0, &seen, &out);
    assert_int_equal(out.generation, generation);
    edge_viewing_put_drone(*state, 0, &second);
    (void)edge_viewing_drone(*state, 0, &seen, &out);
    assert_int_equal(out.generation, generation + 1);
    assert_string_equal(edge_viewing_shown(*state, 0), "uas-8");
    edge_viewing_clear_drone(*state, 0);
    assert_int_equal(edge_viewing_drone(*state, 0, &seen, &out), EDGE_SEQLOCK_NEW);
    assert_string_equal(out.id, "");
    assert_string_equal(edge_viewing_shown(*state, 0), "");
    edge_viewing_clear_drone(*state, 0);
    assert_int_equal(edge_viewing_drone(*state, 0, &seen, &out), EDGE_SEQLOCK_SAME);
}

static void put_drone__beyond_the_last_place__is_not_kept(void **state)
{
    struct edge_view_drone put = drone_of("uas-7");
    edge_viewing_put_drone(*state, PLACES, &put);
    assert_int_equal(edge_viewing_places(*state), 0);
    assert_string_equal(edge_viewing_shown(*state, PLACES), "");
}

static void text__of_any_length__comes_as_it_was_put(void **state)
{
    static char put[EDGE_VIEW_TEXTS_MAX], out[EDGE_VIEW_TEXTS_MAX];
    for (size_t i = 0; i < sizeof put; i++)
        put[i] = (char)('a' + i % 23);
    static const size_t sizes[] = {1, 7, 8, 9, 4095, EDGE_VIEW_TEXTS_MAX, 0};
    uint64_t seen = 0;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        edge_viewing_put_text(*state, EDGE_VIEW_CATALOG, put, sizes[i]);
        size_t size = sizeof out;
        assert_int_equal(edge_viewing_text(*state, EDGE_VIEW_CATALOG, &seen, out, &size),
                         EDGE_SEQLOCK_NEW);
        assert_int_equal(size, sizes[i]);
        assert_memory_equal(out, put, size);
    }
}

static void text__into_less_room__says_how_long_it_is(void **state)
{
    char out[9] = "........";
    size_t size = 5;
    uint64_t seen = 0;
    edge_viewing_put_text(*state, EDGE_VIEW_STATE, "0123456789", 10);
    assert_int_equal(edge_viewing_text(*state, EDGE_VIEW_STATE, &seen, out, &size),
                     EDGE_SEQLOCK_NEW);
    assert_int_equal(size, 10);
    assert_string_equal(out, "01234...");
}

static void followed__as_the_view_says__reaches_serve_once(void **state)
{
    static struct edge_view_followed followed;
    uint64_t seen = 0;
    assert_false(edge_viewing_followed(*state, &seen, &followed));
    edge_viewing_follow(*state, 3, "uas-7");
    edge_viewing_follow(*state, EDGE_VIEW_FOLLOWED_MAX, "uas-8");
    edge_viewing_follow(*state, 4, "an-id-of-forty-characters-is-too-long-40");
    assert_true(edge_viewing_followed(*state, &seen, &followed));
    assert_string_equal(followed.id[3], "uas-7");
    assert_string_equal(followed.id[4], "");
    assert_false(edge_viewing_followed(*state, &seen, &followed));
    edge_viewing_follow(*state, 3, "");
    assert_true(edge_viewing_followed(*state, &seen, &followed));
    assert_string_equal(followed.id[3], "");
}

static void ask__while_one_is_not_answered__has_to_wait(void **state)
{
    static struct edge_view_question question = {.kind = EDGE_VIEW_ASK_POSITION, .agl_m = 5};
    const struct edge_view_answer *answer;
    assert_null(edge_viewing_asked(*state));
    assert_int_equal(edge_viewing_answer(*state, &answer), DRF_ERR_AGAIN);
    assert_int_equal(edge_viewing_ask(*state, &question), DRF_OK);
    assert_int_equal(edge_viewing_ask(*state, &question), DRF_ERR_AGAIN);
    assert_int_equal(edge_viewing_answer(*state, &answer), DRF_ERR_AGAIN);
    assert_true(edge_viewing_asked(*state)->agl_m > 4.9);
    edge_viewing_blank(*state)->size = 3;
    edge_viewing_answered(*state);
    assert_null(edge_viewing_asked(*state));
    assert_int_equal(edge_viewing_answer(*state, &answer), DRF_OK);
    assert_int_equal(answer->size, 3);
    assert_int_equal(edge_viewing_ask(*state, &question), DRF_OK);
}

// Every part of a record follows from the round in which it was made.
static struct edge_view_drone made_in(uint32_t round)
{
    struct edge_view_drone drone = {
        .report_utc_us = round,
        .evaluated_utc_us = round,
        .drone_boot_id = round,
        .telemetry_seq = round,
        .lat_e7 = (int32_t)round,
        .time_to_go_ms = (int32_t)round,
        .infos = round,
    };
    (void)snprintf(drone.id, sizeof drone.id, "uas-%u", round / 3); // every third is another
    memset(drone.text, 'a' + (int)(round % 26), sizeof drone.text - 1);
    return drone;
}

static int whole(const struct edge_view_drone *drone)
{
    if (drone->id[0] == '\0')
        return drone->infos == 0 && drone->text[0] == '\0' && drone->report_utc_us == 0;
    struct edge_view_drone made = made_in(drone->infos);
    made.generation = drone->generation;
    return memcmp(&made, drone, sizeof made) == 0;
}

struct race {
    struct edge_viewing *viewing;
    _Atomic int over;
    _Atomic uint32_t torn, read;
};

static void read_text(struct race *race, uint64_t *seen)
{
    char text[TEXT_MAX];
    size_t size = sizeof text;
    if (edge_viewing_text(race->viewing, EDGE_VIEW_ALERTS, seen, text, &size)
        != EDGE_SEQLOCK_NEW)
        return;
    for (size_t i = 1; i < size; i++)
        if (text[i] != text[0])
            atomic_fetch_add(&race->torn, 1);
    if (size > 0 && size % 26 != (size_t)(text[0] - 'a'))
        atomic_fetch_add(&race->torn, 1);
}

static void *look(void *argument)
{
    struct race *race = argument;
    uint64_t seen[PLACES] = {0}, text = 0;
    uint32_t generation[PLACES] = {0};
    while (!atomic_load(&race->over)) {
        for (uint32_t i = 0; i < edge_viewing_places(race->viewing); i++) {
            struct edge_view_drone drone;
            if (edge_viewing_drone(race->viewing, i, &seen[i], &drone) != EDGE_SEQLOCK_NEW)
                continue;
            if (!whole(&drone) || drone.generation < generation[i])
                atomic_fetch_add(&race->torn, 1);
            generation[i] = drone.generation;
            atomic_fetch_add(&race->read, 1);
        }
        read_text(race, &text);
    }
    return NULL;
}

static void put__while_others_read__is_seen_whole(void **state)
{
    struct race race = {.viewing = *state};
    pthread_t readers[READERS];
    for (size_t i = 0; i < READERS; i++)
        assert_int_equal(pthread_create(&readers[i], NULL, look, &race), 0);
    static char text[TEXT_MAX];
    // Until they have read as many: a machine that is busy elsewhere lets them start late.
    for (uint32_t round = 1; round < ROUNDS || atomic_load(&race.read) < ROUNDS / 10; round++) {
        struct edge_view_drone drone = made_in(round);
        edge_viewing_put_drone(race.viewing, round % PLACES, &drone);
        if (round % 7 == 0)
            edge_viewing_clear_drone(race.viewing, (round + 1) % PLACES);
        if (round % 16 == 0) {
            size_t size = round % TEXT_MAX;
            memset(text, 'a' + (int)(size % 26), size);
            edge_viewing_put_text(race.viewing, EDGE_VIEW_ALERTS, text, size);
        }
    }
    atomic_store(&race.over, 1);
    for (size_t i = 0; i < READERS; i++)
        assert_int_equal(pthread_join(readers[i], NULL), 0);
    assert_int_equal(atomic_load(&race.torn), 0);
}

// Serve's side of a question: the answer's points say which question they answer.
static void *answer_all(void *argument)
{
    struct race *race = argument;
    while (!atomic_load(&race->over)) {
        const struct edge_view_question *question = edge_viewing_asked(race->viewing);
        if (question == NULL)
            continue;
        struct edge_view_answer *answer = edge_viewing_blank(race->viewing);
        answer->count = question->count;
        for (uint32_t i = 0; i < question->count; i++)
            answer->winds[i].speed_cmps = (int32_t)question->points[i].lat_deg;
        edge_viewing_answered(race->viewing);
    }
    return NULL;
}

static void ask__from_another_thread__gets_its_own_answer(void **state)
{
    struct race race = {.viewing = *state};
    pthread_t serve;
    assert_int_equal(pthread_create(&serve, NULL, answer_all, &race), 0);
    static struct edge_view_question question = {.kind = EDGE_VIEW_ASK_WIND};
    for (int round = 1; round <= 1000; round++) {
        question.count = (uint32_t)round % EDGE_VIEW_WIND_POINTS_MAX;
        for (uint32_t i = 0; i < question.count; i++)
            question.points[i].lat_deg = round;
        assert_int_equal(edge_viewing_ask(*state, &question), DRF_OK);
        const struct edge_view_answer *answer;
        while (edge_viewing_answer(*state, &answer) == DRF_ERR_AGAIN)
            ;
        assert_int_equal(answer->count, question.count);
        for (uint32_t i = 0; i < answer->count; i++)
            assert_int_equal(answer->winds[i].speed_cmps, round);
    }
    atomic_store(&race.over, 1);
    assert_int_equal(pthread_join(serve, NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, open_viewing, close_viewing)
        T(drone__before_any_put__is_the_same_as_nothing),
        T(drone__put_once__is_read_once),
        T(generation__another_drone_takes_the_place__grows),
        T(put_drone__beyond_the_last_place__is_not_kept),
        T(text__of_any_length__comes_as_it_was_put),
        T(text__into_less_room__says_how_long_it_is),
        T(followed__as_the_view_says__reaches_serve_once),
        T(ask__while_one_is_not_answered__has_to_wait),
        T(put__while_others_read__is_seen_whole),
        T(ask__from_another_thread__gets_its_own_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
