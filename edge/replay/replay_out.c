// SPDX-License-Identifier: Apache-2.0
#include "edge/replay/replay_out.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "edge/handoff/link_record.h"
#include "edge/ingest/message_record.h"
#include "edge/inputs/inputs.h"
#include "edge/mqtt/topic.h"
#include "edge/replay/outgoing.h"
#include "geo/mode.h"
#include "schemas/recording_write.h"

#define CHUNK_NS UINT64_C(1000000000)

struct edge_replay_out {
    struct drf_recording *recording;
    const struct drf_config *config;
    struct edge_inputs *inputs[EDGE_LOOP_COUNT]; // to read blocks with
    uint64_t chunk_ns;
    bool failed;
};

// What a what-if changed, a line each; the caller frees it. NULL: no memory.
static char *settings_text(const struct edge_replay_options *options)
{
    size_t size = 1;
    for (size_t i = 0; i < options->setting_count; i++)
        size += strlen(options->settings[i]) + 1;
    char *text = calloc(1, size), *at = text;
    for (size_t i = 0; text != NULL && i < options->setting_count; i++)
        at += snprintf(at, size - (size_t)(at - text), "%s%s", i > 0 ? "\n" : "",
                       options->settings[i]);
    return text;
}

enum drf_status edge_replay_out_open(const struct edge_replay_options *replay,
                                     const struct drf_config *config,
                                     const struct edge_journal_about *about,
                                     struct edge_replay_out **out, char error[static 400])
{
    char *changed = settings_text(replay);
    struct edge_replay_out *made = changed != NULL ? calloc(1, sizeof *made) : NULL;
    const struct drf_mcap_write_options options = {.library = "drf-edge " DRF_VERSION,
                                                   .zstd_level = 3};
    char boot[24];
    (void)snprintf(boot, sizeof boot, "%" PRIu64, about->boot_id);
    const struct drf_mcap_pair pairs[] = {
        {.key = "program", .value = "drf-edge " DRF_VERSION},
        {.key = "region", .value = config->region_id},
        {.key = "node", .value = config->node_id},
        {.key = "mode", .value = drf_mode_name(config->output_mode)},
        {.key = "recorded_mode", .value = drf_mode_name(config->mode)},
        {.key = "boot_id", .value = boot},
        {.key = "replay", .value = "1"},
        {.key = "set", .value = changed}, // the last: of a what-if only
    };
    const size_t count = sizeof pairs / sizeof pairs[0] - (replay->setting_count == 0);
    if (made == NULL) {
        free(changed);
        return DRF_ERR_NOMEM;
    }
    made->config = config;
    enum drf_status status = drf_recording_open(replay->out, &options, &made->recording, error);
    if (status == DRF_OK)
        status = drf_mcap_write_metadata(drf_recording_mcap(made->recording),
                                         DRF_RECORDING_METADATA, pairs, count);
    free(changed);
    for (int i = 0; i < EDGE_LOOP_COUNT && status == DRF_OK; i++)
        status = edge_inputs_replay(EDGE_INPUTS_FREE, false, &made->inputs[i]);
    if (status != DRF_OK) {
        char unused[400];
        made->failed = true;
        (void)!edge_replay_out_close(made, unused);
        return status;
    }
    *out = made;
    return DRF_OK;
}

static void end_chunk(struct edge_replay_out *out, uint64_t now_ns)
{
    if (now_ns < out->chunk_ns + CHUNK_NS)
        return;
    out->chunk_ns = now_ns;
    if (drf_mcap_write_end_chunk(drf_recording_mcap(out->recording)) != DRF_OK)
        out->failed = true;
}

// The recorded node's root becomes that of a replay.
static const char *under_own_root(const struct edge_replay_out *out, const char *topic,
                                  char own[static EDGE_TOPIC_SIZE])
{
    const char *was = drf_config_input_root(out->config);
    if (strncmp(topic, was, strlen(was)) != 0)
        return topic;
    (void)snprintf(own, EDGE_TOPIC_SIZE, "%s%s", drf_config_topic_root(out->config),
                   topic + strlen(was));
    return own;
}

// The broker gives a node its own state and heartbeat back: they are written where it sends
// them. Left out with them are its will, and a state that an earlier start had retained.
static bool own(const struct edge_replay_out *out, const char *topic)
{
    struct edge_topic parsed;
    return edge_topic_parse(drf_config_input_root(out->config), topic, &parsed) == DRF_OK
           && (parsed.kind == EDGE_TOPIC_STATE || parsed.kind == EDGE_TOPIC_HEARTBEAT)
           && strcmp(parsed.id, out->config->node_id) == 0
           && strcmp(parsed.region, out->config->region_id) == 0;
}

static enum drf_status take_mqtt(struct edge_replay_out *out, struct edge_now now)
{
    struct edge_incoming in;
    enum drf_status status = DRF_OK;
    while (status == DRF_OK && edge_link_record_take(out->inputs[EDGE_LOOP_SERVE], &in)) {
        char topic[EDGE_TOPIC_SIZE];
        if (own(out, in.topic))
            continue;
        const struct drf_recorded_mqtt message = {
            .topic = under_own_root(out, in.topic, topic),
            .payload = in.payload,
            .size = in.size,
            .json = in.json,
            .retain = in.retained,
            .response_topic = in.response_topic[0] != '\0' ? in.response_topic : NULL,
            .correlation = in.correlation,
            .correlation_size = in.correlation_size,
        };
        status = drf_recording_mqtt(out->recording, &message, edge_recorded_ns(now.utc_us), 0);
    }
    return status;
}

static enum drf_status put_kafka(struct edge_replay_out *out, const struct edge_message *in,
                                 struct edge_now now)
{
    struct drf_recorded_header headers[EDGE_HEADERS_MAX];
    for (size_t i = 0; i < in->header_count; i++)
        headers[i] =
            (struct drf_recorded_header){.key = in->headers[i].name,
                                         .value = (const uint8_t *)in->headers[i].value,
                                         .size = in->headers[i].size};
    const struct drf_recorded_kafka message = {
        .topic = in->topic,
        .key = in->key,
        .key_size = in->key_size,
        .value = in->value,
        .value_size = in->value_size,
        .headers = headers,
        .header_count = in->header_count,
        .has_timestamp = in->timestamp != EDGE_TIMESTAMP_NONE,
        .log_append_time = in->timestamp == EDGE_TIMESTAMP_APPEND,
        .timestamp_ms = in->timestamp_ms,
        .partition = in->partition,
        .offset = in->offset,
    };
    return drf_recording_kafka(out->recording, &message, edge_recorded_ns(now.utc_us), 0);
}

static enum drf_status take_kafka(struct edge_replay_out *out, struct edge_now now)
{
    struct edge_recorded_message one;
    enum drf_status status;
    while ((status = edge_message_record_take(out->inputs[EDGE_LOOP_INGEST], &one)) == DRF_OK) {
        if (one.event == EDGE_KAFKA_MESSAGE)
            status = put_kafka(out, &one.message, now);
        free(one.message.handle);
        if (status != DRF_OK)
            return status;
    }
    return status == DRF_ERR_ABSENT ? DRF_OK : status;
}

enum drf_status edge_replay_out_block(struct edge_replay_out *out,
                                      const struct edge_journal_block *block)
{
    struct edge_now now;
    enum drf_status status =
        edge_inputs_give(out->inputs[block->loop], block->bytes, block->size, NULL, &now);
    if (status != DRF_OK)
        return status;
    end_chunk(out, edge_recorded_ns(now.utc_us));
    return block->loop == EDGE_LOOP_SERVE ? take_mqtt(out, now) : take_kafka(out, now);
}

void edge_replay_out_sent(struct edge_replay_out *out, struct edge_now now,
                          const struct edge_outgoing *message)
{
    const struct drf_recorded_mqtt sent = edge_outgoing_recorded(message);
    if (drf_recording_mqtt(out->recording, &sent, edge_recorded_ns(now.utc_us), 0) != DRF_OK)
        out->failed = true;
}

enum drf_status edge_replay_out_close(struct edge_replay_out *out, char error[static 400])
{
    struct drf_mcap_writer *writer =
        out->recording != NULL ? drf_recording_mcap(out->recording) : NULL;
    bool good = !out->failed && writer != NULL && drf_mcap_writer_finish(writer) == DRF_OK;
    if (!good && writer != NULL)
        (void)snprintf(error, 400, "%s", drf_mcap_writer_error(writer));
    for (int i = 0; i < EDGE_LOOP_COUNT; i++)
        edge_inputs_close(out->inputs[i]);
    drf_recording_close(out->recording);
    free(out);
    return good ? DRF_OK : DRF_ERR_STORE;
}
