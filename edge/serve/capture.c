// SPDX-License-Identifier: Apache-2.0
#include "edge/serve/capture.h"

#include <stdlib.h>
#include <string.h>

#include "schemas/proto_wire.h"

// Field numbers of schemas/drf/v1/report.proto.
enum { ENTRY = 1, DRONE = 1, RECEIVED = 2, TELEMETRY = 3, JSON = 4 };
enum { HEAD_MAX = 3 * (DRF_WIRE_TAG_MAX + DRF_WIRE_VARINT_MAX) + EDGE_ID_SIZE };

enum drf_status edge_capture_open(struct edge_capture **out)
{
    struct edge_capture *capture = malloc(sizeof *capture);
    if (capture == NULL)
        return DRF_ERR_NOMEM;
    edge_capture_clear(capture);
    *out = capture;
    return DRF_OK;
}

void edge_capture_close(struct edge_capture *capture) { free(capture); }

void edge_capture_clear(struct edge_capture *capture)
{
    capture->size = 0;
    capture->due_mono_us = INT64_MAX;
}

static size_t put_length(uint8_t *at, uint32_t number, size_t size)
{
    size_t length = drf_wire_put_tag(at, number, DRF_WIRE_BYTES);
    return length + drf_wire_put_varint(at + length, size);
}

// All of an entry but the message itself.
static size_t put_head(uint8_t out[static HEAD_MAX], const struct edge_captured *captured)
{
    const size_t id_size = strlen(captured->drone);
    const uint64_t zigzag = (uint64_t)captured->received_utc_us << 1;
    size_t at = put_length(out, DRONE, id_size);
    memcpy(out + at, captured->drone, id_size);
    at += id_size;
    at += drf_wire_put_tag(out + at, RECEIVED, DRF_WIRE_VARINT);
    at += drf_wire_put_varint(out + at, zigzag);
    return at + put_length(out + at, captured->json ? JSON : TELEMETRY, captured->size);
}

enum drf_status edge_capture_add(struct edge_capture *capture,
                                 const struct edge_captured *captured, int64_t due_mono_us)
{
    uint8_t head[HEAD_MAX], length[DRF_WIRE_TAG_MAX + DRF_WIRE_VARINT_MAX];
    const size_t head_size = put_head(head, captured),
                 length_size = put_length(length, ENTRY, head_size + captured->size),
                 need = length_size + head_size + captured->size;
    if (need > EDGE_CAPTURE_BYTES)
        return DRF_ERR_RANGE;
    if (need > EDGE_CAPTURE_BYTES - capture->size)
        return DRF_ERR_FULL;
    uint8_t *at = capture->bytes + capture->size;
    memcpy(at, length, length_size);
    memcpy(at + length_size, head, head_size);
    memcpy(at + length_size + head_size, captured->payload, captured->size);
    capture->size += need;
    if (capture->due_mono_us == INT64_MAX)
        capture->due_mono_us = due_mono_us;
    return DRF_OK;
}
