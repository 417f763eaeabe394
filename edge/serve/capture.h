// edge/serve/capture.h - telemetry as it came, gathered into records for Kafka.
// SPDX-License-Identifier: Apache-2.0
//
// Where reports.capture_topic is set, telemetry that was accepted is gathered into one
// drf.v1.TelemetryCapture for each reports.capture_s or EDGE_CAPTURE_BYTES, and handed to
// ingest by the backward queue. Messages are copied as they came, not encoded anew. What finds
// no room is dropped and counted. One owner, the serve loop; no allocation after open.
#ifndef EDGE_CAPTURE_H
#define EDGE_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "edge/mqtt/topic.h"
#include "geo/status.h"

enum { EDGE_CAPTURE_BYTES = 49152 };

struct edge_capture {
    int64_t due_mono_us; // when what is gathered goes; INT64_MAX: there is nothing
    size_t size;
    uint8_t bytes[EDGE_CAPTURE_BYTES];
};

struct edge_captured {
    const char *drone;
    int64_t received_utc_us;
    const uint8_t *payload;
    size_t size;
    bool json;
};

DRF_MUST_CHECK enum drf_status edge_capture_open(struct edge_capture **out); // DRF_ERR_NOMEM
void edge_capture_close(struct edge_capture *capture);                       // NULL is fine
// Adds one message. DRF_ERR_FULL: what is gathered must be taken out first. DRF_ERR_RANGE: it
// does not fit an empty record.
DRF_MUST_CHECK enum drf_status edge_capture_add(struct edge_capture *capture,
                                                const struct edge_captured *captured,
                                                int64_t due_mono_us);
void edge_capture_clear(struct edge_capture *capture);

#endif
