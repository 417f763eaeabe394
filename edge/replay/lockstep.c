// SPDX-License-Identifier: Apache-2.0
// Each record that is read is a message, which is put into the offline node at its time, or a
// SimStep. Before a message of a later instant is put, the node makes the steps that lie before
// that instant: those it asked for, and one for the messages put last. A SimStep lets it go on
// to its time and is sent back behind everything that came out.
#include "edge/replay/lockstep.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "drf/v1/simulation.pb-c.h"
#include "edge/replay/offline.h"
#include "edge/replay/outgoing.h"
#include "schemas/recording_read.h"
#include "schemas/recording_write.h"

#define STEP_TOPIC "sim/step"

struct lockstep {
    const struct drf_config *config;
    const struct edge_log *log;
    struct drf_recording_reader *reader;
    struct drf_recording *out;
    struct edge_offline *offline; // NULL before the first record
    int64_t ahead_us;             // of UTC before the monotonic time
    int64_t wake_mono_us;         // when the node wants to step next
    int64_t put_mono_us;          // messages of this instant were put and not stepped on yet
    bool put, found, out_failed;
    struct edge_now now;
    char *error;
};

static void sent(void *context, struct edge_now now, const struct edge_outgoing *message)
{
    struct lockstep *lockstep = context;
    const struct drf_recorded_mqtt one = edge_outgoing_recorded(message);
    uint64_t time_ns = edge_recorded_ns(now.utc_us);
    if (drf_recording_mqtt(lockstep->out, &one, time_ns, time_ns) != DRF_OK)
        lockstep->out_failed = true;
}

static enum drf_status refuse(struct lockstep *lockstep, enum drf_status status,
                              const char *why)
{
    (void)snprintf(lockstep->error, 400, "%s", why);
    return status;
}

static enum drf_status step(struct lockstep *lockstep, int64_t mono_us)
{
    enum drf_status status;
    lockstep->now =
        (struct edge_now){.mono_us = mono_us, .utc_us = mono_us + lockstep->ahead_us};
    lockstep->wake_mono_us = edge_offline_step(lockstep->offline, lockstep->now, &status);
    // Ingest published while serve had had its turn, or serve asked: the next look is soon.
    if (lockstep->wake_mono_us <= mono_us)
        lockstep->wake_mono_us = mono_us + 1000;
    return status == DRF_OK ? DRF_OK
                            : refuse(lockstep, status, "the ingest step ended the node");
}

// The steps between messages, and those of the messages that were put.
static enum drf_status step_until(struct lockstep *lockstep, int64_t mono_us)
{
    enum drf_status status = DRF_OK;
    while (status == DRF_OK) {
        int64_t next_us = lockstep->wake_mono_us;
        if (lockstep->put && lockstep->put_mono_us < next_us)
            next_us = lockstep->put_mono_us;
        if (next_us > mono_us)
            break;
        if (next_us >= lockstep->put_mono_us)
            lockstep->put = false;
        status = step(lockstep, next_us);
    }
    return status;
}

static enum drf_status begin(struct lockstep *lockstep, struct edge_now now)
{
    lockstep->ahead_us = now.utc_us - now.mono_us;
    lockstep->wake_mono_us = now.mono_us;
    lockstep->put_mono_us = INT64_MIN;
    lockstep->now = now;
    const struct edge_offline_options options = {.config = lockstep->config,
                                                 .log = lockstep->log,
                                                 .now = now,
                                                 .sent = sent,
                                                 .context = lockstep};
    enum drf_status status = edge_offline_open(&options, &lockstep->offline);
    return status == DRF_OK ? DRF_OK : refuse(lockstep, status, "the node does not start");
}

static struct edge_incoming incoming(const struct drf_recorded_mqtt *from, int64_t mono_us)
{
    return (struct edge_incoming){
        .topic = from->topic,
        .payload = from->payload,
        .size = from->size,
        .retained = from->retain,
        .json = from->json,
        .arrival_mono_us = mono_us,
        .response_topic = from->response_topic != NULL ? from->response_topic : "",
        .correlation = from->correlation,
        .correlation_size = from->correlation_size,
    };
}

static struct edge_message message_of(const struct drf_recorded_kafka *from)
{
    struct edge_message message = {
        .topic = from->topic,
        .partition = from->partition,
        .offset = from->offset,
        .key = from->key,
        .key_size = from->key_size,
        .value = from->value,
        .value_size = from->value_size,
        .timestamp = !from->has_timestamp    ? EDGE_TIMESTAMP_NONE
                     : from->log_append_time ? EDGE_TIMESTAMP_APPEND
                                             : EDGE_TIMESTAMP_CREATE,
        .timestamp_ms = from->timestamp_ms,
        .headers_left_out = from->header_count > EDGE_HEADERS_MAX,
    };
    for (; message.header_count < from->header_count && message.header_count < EDGE_HEADERS_MAX;
         message.header_count++) {
        const struct drf_recorded_header *header = &from->headers[message.header_count];
        message.headers[message.header_count] =
            (struct edge_header){.name = header->key,
                                 .value = (const char *)header->value,
                                 .size = header->value != NULL ? header->size : 0};
    }
    return message;
}

static enum drf_status take_message(struct lockstep *lockstep, const struct drf_recorded *one)
{
    int64_t mono_us = (int64_t)(one->record.log_time_ns / 1000) - lockstep->ahead_us;
    enum drf_status status = DRF_OK;
    if (mono_us < lockstep->now.mono_us)
        return refuse(lockstep, DRF_ERR_RANGE, "a message is older than the step before it");
    if (lockstep->found) // the steps that come before it
        status = step_until(lockstep, mono_us - 1);
    if (status == DRF_OK && one->kind == DRF_RECORDED_MQTT) {
        struct edge_incoming in = incoming(&one->mqtt, mono_us);
        status = edge_offline_put_mqtt(lockstep->offline, &in);
    } else if (status == DRF_OK) {
        struct edge_message message = message_of(&one->kafka);
        status = edge_offline_put_kafka(lockstep->offline, &message);
        if (status == DRF_ERR_ABSENT)
            (void)snprintf(lockstep->error, 400, "no feed reads the topic %.200s",
                           one->kafka.topic);
    }
    lockstep->put = true;
    lockstep->put_mono_us = mono_us;
    return status;
}

static enum drf_status answer(struct lockstep *lockstep, const struct drf_mcap_record *record)
{
    enum drf_status status =
        drf_recording_message(lockstep->out, STEP_TOPIC, "drf.v1.SimStep", record->data,
                              (size_t)record->size, record->log_time_ns, 0);
    if (status == DRF_OK)
        status = drf_mcap_write_end_chunk(drf_recording_mcap(lockstep->out));
    if (status != DRF_OK || lockstep->out_failed)
        return refuse(lockstep, DRF_ERR_STORE,
                      drf_mcap_writer_error(drf_recording_mcap(lockstep->out)));
    return DRF_OK;
}

static enum drf_status take_step(struct lockstep *lockstep,
                                 const struct drf_mcap_record *record, bool *end)
{
    Drf__V1__SimStep *asked =
        drf__v1__sim_step__unpack(NULL, (size_t)record->size, record->data);
    if (asked == NULL || !asked->has_utc_us || !asked->has_mono_us) {
        drf__v1__sim_step__free_unpacked(asked, NULL);
        return refuse(lockstep, DRF_ERR_SYNTAX,
                      "sim/step: not a SimStep with mono_us and utc_us");
    }
    struct edge_now now = {.mono_us = asked->mono_us, .utc_us = asked->utc_us};
    *end = asked->has_end && asked->end;
    drf__v1__sim_step__free_unpacked(asked, NULL);
    enum drf_status status = DRF_OK;
    if (lockstep->offline == NULL)
        status = begin(lockstep, now);
    if (status == DRF_OK && !lockstep->found) {
        lockstep->found = true;
        edge_offline_found(lockstep->offline, lockstep->now);
    }
    if (status == DRF_OK)
        status = step_until(lockstep, now.utc_us - lockstep->ahead_us);
    return status == DRF_OK ? answer(lockstep, record) : status;
}

static enum drf_status take_record(struct lockstep *lockstep, bool *end)
{
    struct drf_recorded one;
    enum drf_status status = drf_recording_next(lockstep->reader, &one);
    if (status != DRF_OK)
        return status;
    if (one.kind == DRF_RECORDED_OTHER && strcmp(one.record.channel->topic, STEP_TOPIC) == 0)
        return take_step(lockstep, &one.record, end);
    if (one.kind != DRF_RECORDED_MQTT && one.kind != DRF_RECORDED_KAFKA)
        return DRF_OK;
    int64_t utc_us = (int64_t)(one.record.log_time_ns / 1000);
    if (lockstep->offline == NULL)
        status = begin(lockstep, (struct edge_now){.mono_us = utc_us, .utc_us = utc_us});
    return status == DRF_OK ? take_message(lockstep, &one) : status;
}

static enum drf_status open_pipes(struct lockstep *lockstep, int in_fd, int out_fd)
{
    struct drf_mcap_error wrong = {0};
    const struct drf_mcap_read_options in = {.stream = true};
    const struct drf_mcap_write_options out = {.library = "drf-edge " DRF_VERSION,
                                               .stream = true};
    enum drf_status status =
        drf_recording_reader_open_fd(in_fd, "standard input", &in, &lockstep->reader, &wrong);
    if (status != DRF_OK) {
        (void)snprintf(lockstep->error, 400, "%s", wrong.text);
        (void)close(out_fd);
        return status;
    }
    return drf_recording_open_fd(out_fd, "standard output", &out, &lockstep->out,
                                 lockstep->error);
}

enum drf_status edge_lockstep_run(const struct drf_config *config, const struct edge_log *log,
                                  int in_fd, int out_fd, char error[static 400])
{
    struct lockstep lockstep = {.config = config, .log = log, .error = error};
    if (config->mode != DRF_MODE_SIM && config->mode != DRF_MODE_REPLAY)
        return refuse(&lockstep, DRF_ERR_RANGE, "lockstep: node.mode must be SIM or REPLAY");
    error[0] = '\0';
    enum drf_status status = open_pipes(&lockstep, in_fd, out_fd);
    bool end = false;
    while (status == DRF_OK && !end)
        status = take_record(&lockstep, &end);
    if (status == DRF_ERR_ABSENT && lockstep.reader != NULL) // the other side has closed
        status = DRF_OK;
    if (status != DRF_OK && error[0] == '\0')
        (void)snprintf(error, 400, "%s",
                       drf_mcap_reader_error(drf_recording_reader_mcap(lockstep.reader))->text);
    edge_offline_close(lockstep.offline);
    drf_recording_reader_close(lockstep.reader);
    drf_recording_close(lockstep.out);
    return status;
}
