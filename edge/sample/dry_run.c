// SPDX-License-Identifier: Apache-2.0
#include "edge/sample/dry_run.h"

#include <poll.h>

#include "edge/host/clock.h"
#include "edge/ingest/decoding.h"

enum { WAIT_MS = 100 };
#define START_US INT64_C(30000000)

static int64_t wait_step(struct edge_children *children)
{
    struct pollfd fd = {.fd = edge_children_fd(children), .events = POLLIN};
    poll(&fd, 1, WAIT_MS);
    int64_t now_mono_us = edge_clock_mono_us();
    (void)edge_children_step(children, now_mono_us);
    return now_mono_us;
}

static enum drf_status decode(const struct drf_config *config,
                              const struct geo_decode_params *params,
                              struct edge_dry_run *dry_run)
{
    struct edge_children_config wanted = {
        .word = "decode-child",
        .memory_bytes = config->limits.decode_memory_bytes,
        .record_max_bytes = config->limits.record_max_bytes,
        .timeout_us = config->limits.decode_timeout_us,
    };
    enum drf_status status = edge_children_open(&wanted, &dry_run->children);
    if (status != DRF_OK)
        return status;
    int64_t now_mono_us = edge_clock_mono_us();
    int64_t end_mono_us = now_mono_us + START_US;
    const struct edge_framed *document = &dry_run->envelope.document;
    while (edge_children_start(dry_run->children, 0, params, document->bytes, document->size,
                               now_mono_us)
           != DRF_OK) {
        if (now_mono_us > end_mono_us)
            return DRF_ERR_AGAIN;
        now_mono_us = wait_step(dry_run->children);
    }
    // A child that hangs is ended by the step, so this ends too.
    while (!edge_children_take(dry_run->children, 0, &dry_run->decoded))
        (void)wait_step(dry_run->children);
    return DRF_OK;
}

enum drf_status edge_dry_run_read(const struct drf_config *config,
                                  const struct edge_message *message, struct edge_dry_run *out)
{
    struct edge_dry_run dry_run = {0};
    dry_run.status = edge_envelope_read(&config->feeds[message->feed], config->mode, message,
                                        &dry_run.why, &dry_run.envelope);
    dry_run.enveloped = dry_run.status == DRF_OK;
    if (dry_run.enveloped && !dry_run.envelope.tombstone) {
        struct geo_decode_params params;
        edge_decoding_params(config, message->feed, &dry_run.envelope, &params);
        enum drf_status status = decode(config, &params, &dry_run);
        if (status != DRF_OK) {
            edge_children_close(dry_run.children);
            return status;
        }
        edge_decoding_complete(config, message->feed, &dry_run.placed, &dry_run.decoded);
        dry_run.status = dry_run.decoded.status;
        dry_run.why = dry_run.decoded.why;
    }
    *out = dry_run;
    return DRF_OK;
}

void edge_dry_run_close(struct edge_dry_run *dry_run)
{
    edge_children_close(dry_run->children);
    dry_run->children = NULL;
    geo_record_builder_close(&dry_run->placed);
}
