// SPDX-License-Identifier: Apache-2.0
// What edge/service/timed_link.h promises.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "edge/service/timed_link.h"

static int64_t clock_us;
static int64_t mono_us(void) { return clock_us; }

// Each message takes 300 us; the third is refused.
static enum drf_status send_message(void *self, const struct edge_outgoing *message)
{
    (void)message;
    clock_us += 300;
    return ++*(int *)self == 3 ? DRF_ERR_FULL : DRF_OK;
}

static bool receive(void *self, struct edge_incoming *out)
{
    (void)self;
    *out = (struct edge_incoming){.topic = "t"};
    return true;
}
static uint32_t session(void *self) { return (uint32_t)(*(int *)self + 70); }
static bool connected(void *self) { return *(int *)self == 0; }
static bool behind(void *self) { return *(int *)self == 0; }

static double value_of(const struct edge_metrics *metrics, const char *name)
{
    size_t size = edge_metrics_format(metrics, NULL, 0) + 1;
    char *page = malloc(size);
    assert_non_null(page);
    (void)edge_metrics_format(metrics, page, size);
    char line[80];
    (void)snprintf(line, sizeof line, "\n%s ", name);
    const char *found = strstr(page, line);
    assert_non_null(found);
    double value = strtod(found + strlen(line), NULL);
    free(page);
    return value;
}

static void send__of_a_context__observes_the_time_until_it_is_handed_over(void **state)
{
    (void)state;
    int sent = 0;
    struct edge_metrics *metrics;
    assert_int_equal(edge_metrics_open(NULL, 0, &metrics), DRF_OK);
    struct edge_timed_link timed = {
        .link = {.self = &sent, .send = send_message}, .metrics = metrics, .mono_us = mono_us};
    struct edge_link link = edge_timed_link(&timed);
    clock_us = 5000000;
    const struct edge_outgoing context = {.topic = "t", .due_mono_us = 4990000};
    const struct edge_outgoing other = {.topic = "t"};
    assert_int_equal(link.send(link.self, &context), DRF_OK);       // 10.3 ms
    assert_int_equal(link.send(link.self, &context), DRF_OK);       // 10.6 ms
    assert_int_equal(link.send(link.self, &context), DRF_ERR_FULL); // not handed over
    assert_int_equal(link.send(link.self, &other), DRF_OK);         // answers no report
    assert_int_equal(value_of(metrics, "drf_context_seconds_count"), 2);
    assert_true(fabs(value_of(metrics, "drf_context_seconds_sum") - 0.0209) < 1e-9);
    edge_metrics_close(metrics);
}

static void link__but_for_sending__is_the_one_below(void **state)
{
    (void)state;
    int sent = 0;
    struct edge_timed_link timed = {.link = {.self = &sent,
                                             .send = send_message,
                                             .receive = receive,
                                             .session = session,
                                             .connected = connected}};
    assert_true(edge_timed_link(&timed).behind == NULL); // never
    timed.link.behind = behind;
    struct edge_link link = edge_timed_link(&timed);
    struct edge_incoming in;
    assert_true(link.receive(link.self, &in));
    assert_string_equal(in.topic, "t");
    assert_int_equal(link.session(link.self), 70);
    assert_true(link.connected(link.self));
    assert_true(link.behind(link.self));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(send__of_a_context__observes_the_time_until_it_is_handed_over),
        cmocka_unit_test(link__but_for_sending__is_the_one_below),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
