// SPDX-License-Identifier: Apache-2.0
// Threads are waited for by what the turn says of them, never by time.
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "edge/view/turn.h"

struct asker {
    struct edge_turn *turn;
    pthread_t thread;
    enum drf_status status;
};

static void *ask(void *context)
{
    struct asker *asker = context;
    asker->status = edge_turn_take(asker->turn);
    if (asker->status == DRF_OK)
        edge_turn_give(asker->turn);
    return NULL;
}

static void start(struct asker *asker, struct edge_turn *turn, unsigned waiting)
{
    *asker = (struct asker){.turn = turn};
    assert_int_equal(pthread_create(&asker->thread, NULL, ask, asker), 0);
    while (edge_turn_waiting(turn) < waiting)
        (void)sched_yield();
}

static void end_of(struct asker *asker, enum drf_status expected)
{
    assert_int_equal(pthread_join(asker->thread, NULL), 0);
    assert_int_equal(asker->status, expected);
}

static void one_has_it_two_wait_and_the_rest_are_sent_away(void **state)
{
    (void)state;
    struct edge_turn turn;
    struct asker first, second;
    assert_int_equal(edge_turn_open(&turn), DRF_OK);
    assert_int_equal(edge_turn_take(&turn), DRF_OK);
    start(&first, &turn, 1);
    start(&second, &turn, 2);
    assert_int_equal(edge_turn_take(&turn), DRF_ERR_FULL);
    edge_turn_give(&turn);
    end_of(&first, DRF_OK);
    end_of(&second, DRF_OK);
    assert_int_equal(edge_turn_waiting(&turn), 0);
    assert_int_equal(edge_turn_take(&turn), DRF_OK);
    edge_turn_give(&turn);
    edge_turn_close(&turn);
}

static void who_waits_goes_when_it_is_stopped_and_nobody_has_it_any_more(void **state)
{
    (void)state;
    struct edge_turn turn;
    struct asker first, second;
    assert_int_equal(edge_turn_open(&turn), DRF_OK);
    assert_int_equal(edge_turn_take(&turn), DRF_OK);
    start(&first, &turn, 1);
    start(&second, &turn, 2);
    assert_false(edge_turn_stopping(&turn));
    edge_turn_stop(&turn);
    end_of(&first, DRF_ERR_AGAIN); // while it is taken still
    end_of(&second, DRF_ERR_AGAIN);
    assert_true(edge_turn_stopping(&turn));
    assert_int_equal(edge_turn_take(&turn), DRF_ERR_AGAIN);
    edge_turn_give(&turn);
    assert_int_equal(edge_turn_take(&turn), DRF_ERR_AGAIN);
    edge_turn_close(&turn);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_has_it_two_wait_and_the_rest_are_sent_away),
        cmocka_unit_test(who_waits_goes_when_it_is_stopped_and_nobody_has_it_any_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
