// SPDX-License-Identifier: Apache-2.0
#include "sim/tape/play_kafka.h"

#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEADER_MODE "drf_mode"

enum { TOPIC_SIZE = 512 };

struct sim_play_kafka {
    rd_kafka_t *client;
    const char *prefix;
    struct sim_play_kafka_count count;
};

static void note(struct sim_play_kafka *play, const char *why)
{
    snprintf(play->count.error, sizeof play->count.error, "%s", why);
}

static void on_delivery(rd_kafka_t *client, const rd_kafka_message_t *message, void *opaque)
{
    (void)client;
    struct sim_play_kafka *play = opaque;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        play->count.delivered++;
        return;
    }
    play->count.failed++;
    note(play, rd_kafka_err2str(message->err));
}

static void on_error(rd_kafka_t *client, int code, const char *reason, void *opaque)
{
    (void)client;
    (void)code;
    note(opaque, reason);
}

static void on_log(const rd_kafka_t *client, int level, const char *facility, const char *text)
{
    (void)client;
    (void)level;
    (void)facility;
    (void)text; // on_error() and on_delivery() report it
}

enum drf_status sim_play_kafka_open(const char *bootstrap, const char *prefix,
                                    struct sim_play_kafka **out,
                                    char error[static SIM_PLAY_ERROR_SIZE])
{
    const char *const settings[][2] = {
        {"bootstrap.servers", bootstrap}, {"client.id", "drf-sim-play"},
        {"enable.idempotence", "true"},   {"acks", "all"},
        {"message.timeout.ms", "60000"},  {"message.max.bytes", "100000000"},
        {"socket.nagle.disable", "true"}, {"linger.ms", "2"},
    };
    struct sim_play_kafka *play = calloc(1, sizeof *play);
    if (play == NULL)
        return DRF_ERR_NOMEM;
    play->prefix = prefix;
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_res_t result = RD_KAFKA_CONF_OK;
    for (size_t i = 0; i < sizeof settings / sizeof settings[0] && result == RD_KAFKA_CONF_OK;
         i++)
        result =
            rd_kafka_conf_set(conf, settings[i][0], settings[i][1], error, SIM_PLAY_ERROR_SIZE);
    rd_kafka_conf_set_opaque(conf, play);
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    rd_kafka_conf_set_error_cb(conf, on_error);
    rd_kafka_conf_set_log_cb(conf, on_log);
    if (result == RD_KAFKA_CONF_OK)
        play->client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, error, SIM_PLAY_ERROR_SIZE);
    if (play->client == NULL) {
        rd_kafka_conf_destroy(conf);
        sim_play_kafka_close(play);
        return DRF_ERR_RANGE;
    }
    *out = play;
    return DRF_OK;
}

void sim_play_kafka_close(struct sim_play_kafka *play)
{
    if (play == NULL)
        return;
    if (play->client != NULL) {
        (void)rd_kafka_purge(play->client, RD_KAFKA_PURGE_F_QUEUE);
        rd_kafka_destroy(play->client);
    }
    free(play);
}

// librdkafka takes what it only reads as void *.
static void *unconst(const void *pointer)
{
    void *same;
    memcpy(&same, &pointer, sizeof same);
    return same;
}

static rd_kafka_headers_t *make_headers(const struct drf_recorded_kafka *message)
{
    rd_kafka_headers_t *list = rd_kafka_headers_new(message->header_count + 1);
    for (size_t i = 0; i < message->header_count; i++) {
        const struct drf_recorded_header *header = &message->headers[i];
        if (strcmp(header->key, HEADER_MODE) != 0)
            (void)rd_kafka_header_add(list, header->key, -1, header->value,
                                      (ssize_t)header->size);
    }
    (void)rd_kafka_header_add(list, HEADER_MODE, -1, "REPLAY", -1);
    return list;
}

enum drf_status sim_play_kafka_send(struct sim_play_kafka *play,
                                    const struct drf_recorded_kafka *message)
{
    char topic[TOPIC_SIZE];
    int length = snprintf(topic, sizeof topic, "%s%s", play->prefix, message->topic);
    if (length <= 0 || length >= TOPIC_SIZE) {
        note(play, "the topic is too long");
        play->count.failed++;
        return DRF_ERR_RANGE;
    }
    rd_kafka_headers_t *list = make_headers(message);
    const rd_kafka_vu_t parts[] = {
        {.vtype = RD_KAFKA_VTYPE_TOPIC, .u.cstr = topic},
        {.vtype = RD_KAFKA_VTYPE_KEY,
         .u.mem = {.ptr = unconst(message->key), .size = message->key_size}},
        {.vtype = RD_KAFKA_VTYPE_VALUE, // copied, never written to
         .u.mem = {.ptr = unconst(message->value), .size = message->value_size}},
        {.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY},
        {.vtype = RD_KAFKA_VTYPE_TIMESTAMP,
         .u.i64 = message->has_timestamp ? message->timestamp_ms : 0}, // 0: now
        {.vtype = RD_KAFKA_VTYPE_HEADERS, .u.headers = list},
    };
    rd_kafka_error_t *refusal =
        rd_kafka_produceva(play->client, parts, sizeof parts / sizeof parts[0]);
    rd_kafka_resp_err_t code = rd_kafka_error_code(refusal); // of NULL: no error
    rd_kafka_error_destroy(refusal);
    rd_kafka_poll(play->client, 0);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
        play->count.sent++;
        return DRF_OK;
    }
    rd_kafka_headers_destroy(list);
    if (code == RD_KAFKA_RESP_ERR__QUEUE_FULL)
        return DRF_ERR_AGAIN;
    play->count.failed++;
    note(play, rd_kafka_err2str(code));
    return DRF_ERR_RANGE;
}

void sim_play_kafka_step(struct sim_play_kafka *play, int wait_ms)
{
    (void)rd_kafka_poll(play->client, wait_ms);
}

const struct sim_play_kafka_count *sim_play_kafka_count(const struct sim_play_kafka *play)
{
    return &play->count;
}
