// SPDX-License-Identifier: Apache-2.0
// The mailbox and the backward queue: what one thread hands over the other sees whole, in
// order, and nothing waits. The thread sanitizer runs this file (label threads, as all of
// edge).
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <pthread.h>

#include "edge/handoff/backqueue.h"
#include "edge/handoff/mailbox.h"
#include "edge/host/health.h"

enum { ROOTS = 20000, VALUES = 20000 };

static void take__before_any_put__gives_nothing(void **state)
{
    (void)state;
    struct edge_mailbox mailbox;
    edge_mailbox_init(&mailbox);
    assert_null(edge_mailbox_take(&mailbox));
    assert_int_equal(edge_mailbox_acknowledged(&mailbox), 0);
}

static void take__after_two_puts__gives_the_newer_once(void **state)
{
    (void)state;
    static const struct fusion_root first = {.epoch = 1}, second = {.epoch = 2};
    struct edge_mailbox mailbox;
    edge_mailbox_init(&mailbox);
    edge_mailbox_put(&mailbox, &first);
    edge_mailbox_put(&mailbox, &second);
    assert_ptr_equal(edge_mailbox_take(&mailbox), &second);
    assert_null(edge_mailbox_take(&mailbox));
}

// The fabric's side of the bargain: a root is overwritten (as a free would) only after serve
// has acknowledged a later one.
struct exchange {
    struct edge_mailbox mailbox;
    struct fusion_root *roots;
    uint64_t torn;
};

static void *serve(void *argument)
{
    struct exchange *exchange = argument;
    const struct fusion_root *held = NULL;
    while (!held || held->epoch < ROOTS) {
        const struct fusion_root *root = edge_mailbox_take(&exchange->mailbox);
        if (root) {
            held = root;
            edge_mailbox_acknowledge(&exchange->mailbox, root->epoch);
        }
        if (held && held->change_count != held->epoch)
            exchange->torn++;
    }
    return NULL;
}

static void roots__across_threads__are_whole_until_a_later_one_is_acknowledged(void **state)
{
    (void)state;
    struct exchange exchange = {.roots = calloc(ROOTS + 1, sizeof(struct fusion_root))};
    assert_non_null(exchange.roots);
    edge_mailbox_init(&exchange.mailbox);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, serve, &exchange), 0);
    uint64_t freed = 0;
    for (uint64_t epoch = 1; epoch <= ROOTS; epoch++) {
        struct fusion_root *root = &exchange.roots[epoch];
        root->epoch = epoch;
        root->change_count = epoch;
        edge_mailbox_put(&exchange.mailbox, root);
        uint64_t acknowledged = edge_mailbox_acknowledged(&exchange.mailbox);
        while (freed + 1 < acknowledged)
            exchange.roots[++freed].change_count = SIZE_MAX;
    }
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(exchange.torn, 0);
    free(exchange.roots);
}

static void push__of_values__gives_them_back_in_order(void **state)
{
    (void)state;
    struct edge_backqueue *queue;
    assert_int_equal(edge_backqueue_open(4096, &queue), DRF_OK);
    assert_int_equal(edge_backqueue_push(queue, "profile/a", "xyz", 3), DRF_OK);
    assert_int_equal(edge_backqueue_push(queue, "plan/a", NULL, 0), DRF_OK);
    struct edge_back_value value;
    assert_true(edge_backqueue_front(queue, &value));
    assert_string_equal(value.name, "profile/a");
    assert_int_equal(value.size, 3);
    assert_memory_equal(value.bytes, "xyz", 3);
    edge_backqueue_pop(queue);
    assert_true(edge_backqueue_front(queue, &value));
    assert_string_equal(value.name, "plan/a");
    assert_int_equal(value.size, 0);
    edge_backqueue_pop(queue);
    assert_false(edge_backqueue_front(queue, &value));
    edge_backqueue_close(queue);
}

static void push__on_a_full_queue__is_refused_and_room_returns(void **state)
{
    (void)state;
    struct edge_backqueue *queue;
    uint8_t bytes[200] = {7};
    assert_int_equal(edge_backqueue_open(1024, &queue), DRF_OK);
    int pushed = 0;
    while (edge_backqueue_push(queue, "v", bytes, sizeof bytes) == DRF_OK)
        pushed++;
    assert_int_equal(pushed, 4); // 8 head + 8 name + 200: 216 bytes each
    assert_int_equal(edge_backqueue_push(queue, "v", bytes, sizeof bytes), DRF_ERR_FULL);
    edge_backqueue_pop(queue);
    assert_int_equal(edge_backqueue_push(queue, "v", bytes, 100), DRF_OK);
    edge_backqueue_close(queue);
}

static void push__of_what_never_fits__is_a_range_error(void **state)
{
    (void)state;
    struct edge_backqueue *queue;
    static uint8_t bytes[1024];
    char name[EDGE_BACKQUEUE_NAME_SIZE + 1];
    memset(name, 'n', sizeof name);
    name[sizeof name - 1] = '\0';
    assert_int_equal(edge_backqueue_open(1024, &queue), DRF_OK);
    assert_int_equal(edge_backqueue_push(queue, "v", bytes, sizeof bytes), DRF_ERR_RANGE);
    assert_int_equal(edge_backqueue_push(queue, "", bytes, 1), DRF_ERR_RANGE);
    assert_int_equal(edge_backqueue_push(queue, name, bytes, 1), DRF_ERR_RANGE);
    edge_backqueue_close(queue);
}

static size_t value_size(uint32_t i) { return (i * 37) % 250; }

static void *push_all(void *argument)
{
    struct edge_backqueue *queue = argument;
    uint8_t bytes[256];
    for (uint32_t i = 0; i < VALUES;) {
        memset(bytes, (int)(i & 0xff), sizeof bytes);
        if (edge_backqueue_push(queue, "drone/x", bytes, value_size(i)) == DRF_OK)
            i++;
    }
    return NULL;
}

static void values__across_threads__arrive_all_and_whole(void **state)
{
    (void)state;
    struct edge_backqueue *queue;
    assert_int_equal(edge_backqueue_open(2048, &queue), DRF_OK);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, push_all, queue), 0);
    uint32_t wrong = 0;
    for (uint32_t i = 0; i < VALUES;) {
        struct edge_back_value value;
        if (!edge_backqueue_front(queue, &value))
            continue;
        wrong += value.size != value_size(i);
        for (size_t k = 0; k < value.size; k++)
            wrong += value.bytes[k] != (i & 0xff);
        edge_backqueue_pop(queue);
        i++;
    }
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(wrong, 0);
    edge_backqueue_close(queue);
}

static void health__of_a_trouble__tells_changes_only(void **state)
{
    (void)state;
    struct edge_health health;
    edge_health_init(&health);
    assert_true(edge_health_set(&health, EDGE_TROUBLE_STORE, true));
    assert_false(edge_health_set(&health, EDGE_TROUBLE_STORE, true));
    assert_true(edge_health_has(&health, EDGE_TROUBLE_STORE));
    assert_false(edge_health_has(&health, EDGE_TROUBLE_KAFKA));
    assert_true(edge_health_set(&health, EDGE_TROUBLE_STORE, false));
    assert_int_equal(edge_health_all(&health), 0);
    assert_string_equal(edge_trouble_name(EDGE_TROUBLE_KAFKA), "kafka");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(take__before_any_put__gives_nothing),
        cmocka_unit_test(take__after_two_puts__gives_the_newer_once),
        cmocka_unit_test(roots__across_threads__are_whole_until_a_later_one_is_acknowledged),
        cmocka_unit_test(push__of_values__gives_them_back_in_order),
        cmocka_unit_test(push__on_a_full_queue__is_refused_and_room_returns),
        cmocka_unit_test(push__of_what_never_fits__is_a_range_error),
        cmocka_unit_test(values__across_threads__arrive_all_and_whole),
        cmocka_unit_test(health__of_a_trouble__tells_changes_only),
    };
    return cmocka_run_group_tests_name("edge/mailbox", tests, NULL, NULL);
}
