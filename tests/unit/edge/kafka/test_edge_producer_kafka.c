// SPDX-License-Identifier: Apache-2.0
// What edge/kafka/producer_kafka.h promises of a record that librdkafka does not take.
// Not for the thread sanitizer: librdkafka's mock broker is a thread of its own.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <string.h>

#include "edge/kafka/producer_kafka.h"

struct broker {
    rd_kafka_t *client;
    rd_kafka_mock_cluster_t *cluster;
    struct edge_producer *producer;
};

static void begin(struct broker *broker)
{
    char error[EDGE_KAFKA_ERROR_SIZE], name[] = "bootstrap.servers", value[256],
                                       soon_name[] = "topic.metadata.propagation.max.ms",
                                       soon[] = "100";
    broker->client = rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), error, sizeof error);
    assert_non_null(broker->client);
    broker->cluster = rd_kafka_mock_cluster_new(broker->client, 1);
    assert_non_null(broker->cluster);
    const char *servers = rd_kafka_mock_cluster_bootstraps(broker->cluster);
    assert_true(strlen(servers) < sizeof value);
    memcpy(value, servers, strlen(servers) + 1);
    struct drf_kafka_setting settings[] = {{.name = name, .value = value},
                                           {.name = soon_name, .value = soon}};
    const struct drf_config config = {.kafka = settings, .kafka_count = 2};
    assert_int_equal(
        edge_producer_open(&config, "reports", 100, 8192, error, &broker->producer), DRF_OK);
}

static void end(struct broker *broker)
{
    edge_producer_close(broker->producer);
    rd_kafka_mock_cluster_destroy(broker->cluster);
    rd_kafka_destroy(broker->client);
}

static enum drf_status send_bytes(const struct broker *broker, size_t size)
{
    static uint8_t bytes[2 << 20];
    const struct edge_kafka_record record = {.value = bytes, .value_size = size, .tag = 1};
    return edge_producer_send(broker->producer, "reports", &record);
}

static void count(void *context, const struct edge_kafka_record *record, bool delivered)
{
    (void)record;
    assert_false(delivered);
    ++*(int *)context;
}

// The sender of what is stored deletes what is refused as RANGE.
static void send__while_the_topic_is_not_there__is_for_later(void **state)
{
    (void)state;
    struct broker broker;
    int reports = 0;
    begin(&broker);
    rd_kafka_mock_topic_set_error(broker.cluster, "reports",
                                  RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
    enum drf_status status = DRF_OK; // while nothing is known of the topic
    for (int i = 0; i < 100 && status == DRF_OK; i++) {
        status = send_bytes(&broker, 10);
        edge_producer_serve(broker.producer, 50, count, &reports);
    }
    assert_int_equal(status, DRF_ERR_FULL);
    end(&broker);
}

static void send__a_record_that_is_too_large__is_refused_for_good(void **state)
{
    (void)state;
    struct broker broker;
    begin(&broker);
    assert_int_equal(send_bytes(&broker, 2 << 20), DRF_ERR_RANGE);
    end(&broker);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(send__while_the_topic_is_not_there__is_for_later),
        cmocka_unit_test(send__a_record_that_is_too_large__is_refused_for_good),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
