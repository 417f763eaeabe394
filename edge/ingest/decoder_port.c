// SPDX-License-Identifier: Apache-2.0
// The decoder as the ingest step sees it: what it answered, and when, is recorded, or comes
// from a recording.
#include "edge/ingest/ingest_lane.h"

#include <stdlib.h>
#include <string.h>

#include "edge/inputs/leb128.h"

enum { DIED = 1, LATE = 2 };

static bool recorded(const struct edge_ingest *ingest)
{
    return edge_inputs_replays(ingest->parts.inputs) && !edge_inputs_free(ingest->parts.inputs);
}

enum drf_status ingest_decoder_start(struct edge_ingest *ingest, enum edge_lane lane,
                                     const struct geo_decode_params *params,
                                     const uint8_t *bytes, size_t size, int64_t now_mono_us)
{
    const struct edge_decoder_port *decoder = &ingest->parts.decoder;
    enum drf_status status = recorded(ingest) ? DRF_OK
                                              : decoder->start(decoder->self, lane, params,
                                                               bytes, size, now_mono_us);
    return (enum drf_status)edge_inputs_value(ingest->parts.inputs, EDGE_INPUT_DECODE_START,
                                              status);
}

bool ingest_decoder_ready(const struct edge_ingest *ingest)
{
    const struct edge_decoder_port *decoder = &ingest->parts.decoder;
    bool ready = recorded(ingest) || decoder->ready == NULL || decoder->ready(decoder->self);
    return edge_inputs_value(ingest->parts.inputs, EDGE_INPUT_DECODE_READY, ready) != 0;
}

static void record(struct edge_inputs *inputs, const struct edge_decoded *decoded)
{
    uint8_t head[2 * EDGE_LEB128_MAX], *at = head;
    at = edge_leb128_put(at, edge_leb128_zigzag(decoded->status));
    at = edge_leb128_put(at, (decoded->died ? DIED : 0) | (decoded->late ? LATE : 0));
    bool good = decoded->status == DRF_OK;
    const struct edge_piece pieces[] = {
        {.bytes = head, .size = (size_t)(at - head)},
        {.bytes = good ? (const void *)decoded->record.bytes : &decoded->why,
         .size = good ? decoded->record.size : sizeof decoded->why},
    };
    edge_inputs_add(inputs, EDGE_INPUT_DECODED, pieces, 2);
}

// A record is aligned, and lives until the lane's next answer.
static bool keep(struct edge_ingest *ingest, enum edge_lane lane, const uint8_t *bytes,
                 size_t size, struct geo_record *out)
{
    uint8_t *own = malloc(size > 0 ? size : 1);
    if (own == NULL)
        return false;
    memcpy(own, bytes, size);
    free(ingest->replayed[lane]);
    ingest->replayed[lane] = own;
    return geo_record_validate(own, size, out) == DRF_OK;
}

static bool take_recorded(struct edge_ingest *ingest, enum edge_lane lane,
                          struct edge_decoded *out)
{
    struct edge_inputs *inputs = ingest->parts.inputs;
    const uint8_t *at, *end;
    size_t size;
    if (edge_inputs_value(inputs, EDGE_INPUT_DECODE_TAKE, 0) == 0)
        return false;
    *out = (struct edge_decoded){0};
    uint64_t status = 0, flags = 0;
    bool good = edge_inputs_next(inputs, EDGE_INPUT_DECODED, &at, &size);
    if (good) {
        end = at + size;
        at = edge_leb128_get(at, end, &status);
        at = at != NULL ? edge_leb128_get(at, end, &flags) : NULL;
        good = at != NULL;
    }
    if (good) {
        out->status = (enum drf_status)edge_leb128_unzigzag(status);
        out->died = (flags & DIED) != 0;
        out->late = (flags & LATE) != 0;
        size = (size_t)(end - at);
        if (out->status == DRF_OK)
            good = keep(ingest, lane, at, size, &out->record);
        else if ((good = size == sizeof out->why && out->status < DRF_STATUS_COUNT)) {
            memcpy(&out->why, at, size);
            good = out->why.code < GEO_REFUSAL_COUNT
                   && memchr(out->why.text, '\0', sizeof out->why.text) != NULL;
        }
    }
    if (!good)
        edge_inputs_differ(inputs, "an answer of the decoder is missing or damaged");
    return good;
}

bool ingest_decoder_take(struct edge_ingest *ingest, enum edge_lane lane,
                         struct edge_decoded *out)
{
    struct edge_inputs *inputs = ingest->parts.inputs;
    if (recorded(ingest))
        return take_recorded(ingest, lane, out);
    bool there = ingest->parts.decoder.take(ingest->parts.decoder.self, lane, out);
    if (edge_inputs_records(inputs)) {
        (void)edge_inputs_value(inputs, EDGE_INPUT_DECODE_TAKE, there);
        if (there)
            record(inputs, out);
    }
    return there;
}
