// SPDX-License-Identifier: Apache-2.0
#include "edge/command/sample.h"

#include <poll.h>

#include "edge/ingest/decoding.h"
#include "edge/service/loop.h"

enum { WAIT_MS = 100 };
#define START_US INT64_C(30000000)

static int64_t wait_step(struct edge_children *children)
{
    struct pollfd fd = {.fd = edge_children_fd(children), .events = POLLIN};
    poll(&fd, 1, WAIT_MS);
    int64_t now_mono_us = edge_clock_now((struct edge_clock){0}).mono_us;
    (void)edge_children_step(children, now_mono_us);
    return now_mono_us;
}

static enum drf_status decode(const struct drf_config *config,
                              const struct geo_decode_params *params,
                              struct edge_sample *sample)
{
    struct edge_children_config wanted = {
        .word = "decode-child",
        .memory_bytes = config->limits.decode_memory_bytes,
        .record_max_bytes = config->limits.record_max_bytes,
        .timeout_us = config->limits.decode_timeout_us,
    };
    enum drf_status status = edge_children_open(&wanted, &sample->children);
    if (status != DRF_OK)
        return status;
    int64_t now_mono_us = edge_clock_now((struct edge_clock){0}).mono_us;
    int64_t end_mono_us = now_mono_us + START_US;
    const struct edge_framed *document = &sample->envelope.document;
    while (edge_children_start(sample->children, 0, params, document->bytes, document->size,
                               now_mono_us)
           != DRF_OK) {
        if (now_mono_us > end_mono_us)
            return DRF_ERR_AGAIN;
        now_mono_us = wait_step(sample->children);
    }
    // A child that hangs is ended by the step, so this ends too.
    while (!edge_children_take(sample->children, 0, &sample->decoded))
        (void)wait_step(sample->children);
    return DRF_OK;
}

enum drf_status edge_sample_read(const struct drf_config *config,
                                 const struct edge_message *message, struct edge_sample *out)
{
    struct edge_sample sample = {0};
    sample.status = edge_envelope_read(&config->feeds[message->feed], config->mode, message,
                                       &sample.why, &sample.envelope);
    sample.enveloped = sample.status == DRF_OK;
    if (sample.enveloped && !sample.envelope.tombstone) {
        struct geo_decode_params params;
        edge_decoding_params(config, message->feed, &sample.envelope, &params);
        enum drf_status status = decode(config, &params, &sample);
        if (status != DRF_OK) {
            edge_children_close(sample.children);
            return status;
        }
        edge_decoding_complete(config, message->feed, &sample.placed, &sample.decoded);
        sample.status = sample.decoded.status;
        sample.why = sample.decoded.why;
    }
    *out = sample;
    return DRF_OK;
}

void edge_sample_close(struct edge_sample *sample)
{
    edge_children_close(sample->children);
    sample->children = NULL;
    geo_record_builder_close(&sample->placed);
}
