// SPDX-License-Identifier: Apache-2.0
#include "sim/tape/tap_kafka.h"

#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ANSWER_MS = 20000, HEADERS_MAX = 256 };

struct sim_tap_kafka {
    rd_kafka_t *client;
    rd_kafka_message_t *held; // the last message given
    uint64_t errors;
    char error[SIM_TAP_ERROR_SIZE];
    struct drf_recorded_header headers[HEADERS_MAX];
};

static void on_log(const rd_kafka_t *client, int level, const char *facility, const char *text)
{
    (void)client;
    (void)level;
    (void)facility;
    (void)text; // errors come as messages and results
}

static void on_error(rd_kafka_t *client, int code, const char *reason, void *opaque)
{
    (void)client;
    (void)code;
    struct sim_tap_kafka *tap = opaque;
    tap->errors++;
    snprintf(tap->error, sizeof tap->error, "%s", reason);
}

static enum drf_status connect_client(struct sim_tap_kafka *tap, const char *bootstrap,
                                      char error[static SIM_TAP_ERROR_SIZE])
{
    const char *const settings[][2] = {
        {"bootstrap.servers", bootstrap},
        {"client.id", "drf-sim-record"},
        {"group.id", "drf-sim-record"}, // librdkafka wants one; it is never joined
        {"enable.auto.commit", "false"},
        {"enable.auto.offset.store", "false"},
        {"auto.offset.reset", "earliest"},
        {"fetch.message.max.bytes", "16777216"},
        {"check.crcs", "true"},
    };
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_res_t result = RD_KAFKA_CONF_OK;
    for (size_t i = 0; i < sizeof settings / sizeof settings[0] && result == RD_KAFKA_CONF_OK;
         i++)
        result =
            rd_kafka_conf_set(conf, settings[i][0], settings[i][1], error, SIM_TAP_ERROR_SIZE);
    rd_kafka_conf_set_opaque(conf, tap);
    rd_kafka_conf_set_error_cb(conf, on_error);
    rd_kafka_conf_set_log_cb(conf, on_log);
    if (result == RD_KAFKA_CONF_OK)
        tap->client = rd_kafka_new(RD_KAFKA_CONSUMER, conf, error, SIM_TAP_ERROR_SIZE);
    if (tap->client == NULL) {
        rd_kafka_conf_destroy(conf);
        return DRF_ERR_RANGE;
    }
    return rd_kafka_poll_set_consumer(tap->client) == RD_KAFKA_RESP_ERR_NO_ERROR
               ? DRF_OK
               : DRF_ERR_NOMEM;
}

static enum drf_status refuse(const char *topic, rd_kafka_resp_err_t code,
                              char error[static SIM_TAP_ERROR_SIZE])
{
    snprintf(error, SIM_TAP_ERROR_SIZE, "topic %.120s: %s", topic, rd_kafka_err2str(code));
    return code == RD_KAFKA_RESP_ERR__TRANSPORT || code == RD_KAFKA_RESP_ERR__TIMED_OUT
               ? DRF_ERR_AGAIN
               : DRF_ERR_RANGE;
}

// Where a partition ends is asked now: what is sent after this call returned is recorded.
static enum drf_status add_partition(struct sim_tap_kafka *tap, const char *topic,
                                     int32_t partition, bool from_end,
                                     rd_kafka_topic_partition_list_t *list,
                                     char error[static SIM_TAP_ERROR_SIZE])
{
    int64_t first = 0, end = 0;
    rd_kafka_resp_err_t code = rd_kafka_query_watermark_offsets(tap->client, topic, partition,
                                                                &first, &end, ANSWER_MS);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        return refuse(topic, code, error);
    rd_kafka_topic_partition_list_add(list, topic, partition)->offset = from_end ? end : first;
    return DRF_OK;
}

static enum drf_status add_topic(struct sim_tap_kafka *tap, const char *topic, bool from_end,
                                 rd_kafka_topic_partition_list_t *list,
                                 char error[static SIM_TAP_ERROR_SIZE])
{
    const struct rd_kafka_metadata *found = NULL;
    rd_kafka_topic_t *handle = rd_kafka_topic_new(tap->client, topic, NULL);
    if (handle == NULL)
        return refuse(topic, rd_kafka_last_error(), error);
    rd_kafka_resp_err_t code = rd_kafka_metadata(tap->client, 0, handle, &found, ANSWER_MS);
    enum drf_status status = DRF_OK;
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
        code = found->topic_cnt == 1 ? found->topics[0].err : RD_KAFKA_RESP_ERR_UNKNOWN;
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        status = refuse(topic, code, error);
    for (int i = 0; status == DRF_OK && i < found->topics[0].partition_cnt; i++)
        status =
            add_partition(tap, topic, found->topics[0].partitions[i].id, from_end, list, error);
    if (found != NULL)
        rd_kafka_metadata_destroy(found);
    rd_kafka_topic_destroy(handle);
    return status;
}

enum drf_status sim_tap_kafka_open(const char *bootstrap, const char *const *topics,
                                   size_t count, bool from_end, struct sim_tap_kafka **out,
                                   char error[static SIM_TAP_ERROR_SIZE])
{
    struct sim_tap_kafka *tap = calloc(1, sizeof *tap);
    snprintf(error, SIM_TAP_ERROR_SIZE, "no memory");
    if (tap == NULL)
        return DRF_ERR_NOMEM;
    enum drf_status status = connect_client(tap, bootstrap, error);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)count);
    for (size_t i = 0; i < count && status == DRF_OK; i++)
        status = add_topic(tap, topics[i], from_end, list, error);
    if (status == DRF_OK) {
        rd_kafka_resp_err_t code = rd_kafka_assign(tap->client, list);
        if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
            status = refuse("assignment", code, error);
    }
    rd_kafka_topic_partition_list_destroy(list);
    if (status != DRF_OK) {
        sim_tap_kafka_close(tap);
        return status;
    }
    *out = tap;
    return DRF_OK;
}

void sim_tap_kafka_close(struct sim_tap_kafka *tap)
{
    if (tap == NULL)
        return;
    if (tap->held != NULL)
        rd_kafka_message_destroy(tap->held);
    if (tap->client != NULL) {
        (void)rd_kafka_consumer_close(tap->client);
        rd_kafka_destroy(tap->client);
    }
    free(tap);
}

static size_t take_headers(struct sim_tap_kafka *tap)
{
    rd_kafka_headers_t *list = NULL;
    size_t count = 0, size = 0;
    const char *key = NULL;
    const void *value = NULL;
    if (rd_kafka_message_headers(tap->held, &list) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return 0;
    while (count < HEADERS_MAX
           && rd_kafka_header_get_all(list, count, &key, &value, &size)
                  == RD_KAFKA_RESP_ERR_NO_ERROR) {
        tap->headers[count++] =
            (struct drf_recorded_header){.key = key, .value = value, .size = size};
    }
    return count;
}

bool sim_tap_kafka_next(struct sim_tap_kafka *tap, int wait_ms, struct drf_recorded_kafka *out)
{
    if (tap->held != NULL)
        rd_kafka_message_destroy(tap->held);
    tap->held = rd_kafka_consumer_poll(tap->client, wait_ms);
    if (tap->held == NULL)
        return false;
    const rd_kafka_message_t *held = tap->held;
    if (held->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        tap->errors++;
        snprintf(tap->error, sizeof tap->error, "%s", rd_kafka_message_errstr(held));
        return false;
    }
    rd_kafka_timestamp_type_t type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
    int64_t timestamp_ms = rd_kafka_message_timestamp(held, &type);
    *out = (struct drf_recorded_kafka){
        .topic = rd_kafka_topic_name(held->rkt),
        .key = held->key,
        .key_size = held->key_len,
        .value = held->payload,
        .value_size = held->len,
        .headers = tap->headers,
        .header_count = take_headers(tap),
        .has_timestamp = type != RD_KAFKA_TIMESTAMP_NOT_AVAILABLE,
        .log_append_time = type == RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME,
        .timestamp_ms = timestamp_ms,
        .partition = held->partition,
        .offset = held->offset,
    };
    return true;
}

uint64_t sim_tap_kafka_errors(const struct sim_tap_kafka *tap) { return tap->errors; }
const char *sim_tap_kafka_error(const struct sim_tap_kafka *tap) { return tap->error; }
