// tests/unit/sim/experiment/test_sim_in_flight.c - messages on their way come in their order.
// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sim/experiment/in_flight.h"

static void in_flight__many__come_by_arrival_then_by_sending(void **state)
{
    (void)state;
    enum { MANY = 3000 };
    struct sim_in_flight in_flight = {.heap = NULL};
    assert_null(sim_in_flight_first(&in_flight));
    assert_int_equal(sim_in_flight_mono_us(&in_flight), INT64_MAX);
    uint32_t random = 12345;
    for (size_t i = 0; i < MANY; i++) {
        random = random * 1664525U + 1013904223U;
        const struct sim_parcel parcel = {.arrival_mono_us = (int64_t)(random >> 24),
                                          .sent_mono_us = (int64_t)i};
        assert_int_equal(sim_in_flight_send(&in_flight, &parcel), DRF_OK);
    }
    int64_t last_us = -1, last_sent = -1;
    for (size_t i = 0; i < MANY; i++) {
        const struct sim_parcel *p = sim_in_flight_first(&in_flight);
        assert_non_null(p);
        assert_int_equal(p->arrival_mono_us, sim_in_flight_mono_us(&in_flight));
        assert_true(p->arrival_mono_us > last_us
                    || (p->arrival_mono_us == last_us && p->sent_mono_us > last_sent));
        last_us = p->arrival_mono_us;
        last_sent = p->sent_mono_us;
        sim_in_flight_drop(&in_flight);
    }
    assert_null(sim_in_flight_first(&in_flight));
    sim_in_flight_drop(&in_flight); // of none: nothing happens
    sim_in_flight_close(&in_flight);
}

static void in_flight_send__everything_it_points_to__is_copied(void **state)
{
    (void)state;
    char topic[] = "a/b", key[] = "k", value[] = "value", header[] = "h", content[] = "c";
    struct drf_recorded_header headers[] = {
        {.key = header, .value = (uint8_t *)content, .size = 1},
        {.key = header, .value = NULL, .size = 0}};
    const struct sim_parcel parcel = {
        .is_kafka = true,
        .mqtt = {.topic = topic, .payload = (uint8_t *)value, .size = 5},
        .kafka = {.topic = topic,
                  .key = (uint8_t *)key,
                  .key_size = 1,
                  .value = (uint8_t *)value,
                  .value_size = 5,
                  .headers = headers,
                  .header_count = 2}};
    struct sim_in_flight in_flight = {.heap = NULL};
    assert_int_equal(sim_in_flight_send(&in_flight, &parcel), DRF_OK);
    memset(topic, 'x', 3);
    memset(value, 'x', 5);
    key[0] = content[0] = 'x';
    memset(headers, 0, sizeof headers);
    const struct sim_parcel *p = sim_in_flight_first(&in_flight);
    assert_string_equal(p->mqtt.topic, "a/b");
    assert_memory_equal(p->mqtt.payload, "value", 5);
    assert_null(p->mqtt.response_topic);
    assert_string_equal(p->kafka.topic, "a/b");
    assert_memory_equal(p->kafka.key, "k", 1);
    assert_memory_equal(p->kafka.value, "value", 5);
    assert_int_equal(p->kafka.header_count, 2);
    assert_string_equal(p->kafka.headers[0].key, "h");
    assert_memory_equal(p->kafka.headers[0].value, "c", 1);
    assert_null(p->kafka.headers[1].value);
    sim_in_flight_close(&in_flight); // one that never arrived is freed
}

static void in_flight_send__tombstone__stays_one(void **state)
{
    (void)state;
    const struct sim_parcel parcel = {.is_kafka = true, .kafka = {.topic = "t"}};
    struct sim_in_flight in_flight = {.heap = NULL};
    assert_int_equal(sim_in_flight_send(&in_flight, &parcel), DRF_OK);
    assert_null(sim_in_flight_first(&in_flight)->kafka.value);
    assert_null(sim_in_flight_first(&in_flight)->kafka.key);
    sim_in_flight_close(&in_flight);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(in_flight__many__come_by_arrival_then_by_sending),
        cmocka_unit_test(in_flight_send__everything_it_points_to__is_copied),
        cmocka_unit_test(in_flight_send__tombstone__stays_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
