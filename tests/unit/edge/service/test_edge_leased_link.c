// SPDX-License-Identifier: Apache-2.0
// What edge/service/leased_link.h promises.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "edge/service/leased_link.h"

static int64_t clock_us;
static int64_t boot_us(void) { return clock_us; }

static enum drf_status send_message(void *self, const struct edge_outgoing *message)
{
    (void)message;
    ++*(int *)self;
    return DRF_OK;
}

static void message__of_an_owner__goes_only_while_the_lease_runs(void **state)
{
    (void)state;
    int sent = 0;
    struct edge_metrics *metrics;
    struct edge_ownership ownership;
    edge_ownership_init(&ownership);
    assert_int_equal(edge_metrics_open(NULL, 0, &metrics), DRF_OK);
    struct edge_leased_link leased = {.link = {.self = &sent, .send = send_message},
                                      .ownership = &ownership,
                                      .metrics = metrics,
                                      .boot_us = boot_us};
    struct edge_link link = edge_leased_link(&leased);
    const struct edge_outgoing anybody = {.topic = "t"};
    const struct edge_outgoing owner = {.topic = "t", .owner_part = 5 + 1};
    clock_us = 1000;
    assert_int_equal(link.send(link.self, &anybody), DRF_OK);
    assert_int_equal(link.send(link.self, &owner), DRF_ERR_STALE); // none was given
    edge_ownership_lease(&ownership, 5, 3000);
    assert_int_equal(link.send(link.self, &owner), DRF_OK);
    clock_us = 2999;
    assert_int_equal(link.send(link.self, &owner), DRF_OK);
    clock_us = 3000; // the machine may have slept within a step
    assert_int_equal(link.send(link.self, &owner), DRF_ERR_STALE);
    assert_int_equal(link.send(link.self, &anybody), DRF_OK);
    edge_ownership_lease(&ownership, 4, 9000); // another part's
    assert_int_equal(link.send(link.self, &owner), DRF_ERR_STALE);
    assert_int_equal(sent, 4);
    assert_int_equal(edge_metrics_value(metrics, EDGE_METRIC_OWNER_LAPSED, 0, 0), 3);
    edge_metrics_close(metrics);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(message__of_an_owner__goes_only_while_the_lease_runs),
    };
    return cmocka_run_group_tests_name("edge/leased_link", tests, NULL, NULL);
}
