// SPDX-License-Identifier: Apache-2.0
#include "edge/replay/decode_here.h"

#include <stdlib.h>

#include "geo/format/decode.h"

struct answer {
    struct geo_record_builder builder;
    struct edge_decoded decoded;
};

// A ring for each lane. The answer that was taken last stays until the next is.
struct lane {
    struct answer answers[EDGE_CHILD_AHEAD_MAX + 1];
    size_t first, count;
    bool taken;
};

struct edge_decode_here {
    struct lane lanes[EDGE_LANES];
};

enum { ROOM = EDGE_CHILD_AHEAD_MAX + 1 };

enum drf_status edge_decode_here_open(struct edge_decode_here **out)
{
    *out = calloc(1, sizeof **out);
    return *out != NULL ? DRF_OK : DRF_ERR_NOMEM;
}

static void drop_first(struct lane *lane)
{
    geo_record_builder_close(&lane->answers[lane->first].builder);
    lane->first = (lane->first + 1) % ROOM;
    lane->count--;
}

void edge_decode_here_close(struct edge_decode_here *decoder)
{
    for (size_t i = 0; decoder != NULL && i < EDGE_LANES; i++)
        while (decoder->lanes[i].count > 0)
            drop_first(&decoder->lanes[i]);
    free(decoder);
}

static enum drf_status start(void *self, size_t index, const struct geo_decode_params *params,
                             const uint8_t *bytes, size_t size, int64_t now_mono_us)
{
    struct edge_decode_here *decoder = self;
    struct lane *lane = &decoder->lanes[index];
    (void)now_mono_us;
    if (lane->count - (lane->taken ? 1 : 0) == EDGE_CHILD_AHEAD_MAX)
        return DRF_ERR_AGAIN;
    struct answer *answer = &lane->answers[(lane->first + lane->count) % ROOM];
    *answer = (struct answer){0};
    geo_record_builder_init(&answer->builder, params->record_max_bytes);
    struct edge_decoded *decoded = &answer->decoded;
    decoded->status = geo_decode(params, bytes, size, &answer->builder, &decoded->why);
    if (decoded->status == DRF_OK)
        decoded->status = geo_record_finish(&answer->builder, &decoded->record);
    lane->count++;
    return DRF_OK;
}

static bool take(void *self, size_t index, struct edge_decoded *out)
{
    struct edge_decode_here *decoder = self;
    struct lane *lane = &decoder->lanes[index];
    if (lane->taken && lane->count > 0)
        drop_first(lane);
    lane->taken = lane->count > 0;
    if (lane->taken)
        *out = lane->answers[lane->first].decoded;
    return lane->taken;
}

static bool ready(void *self)
{
    (void)self;
    return true;
}

struct edge_decoder_port edge_decode_here_port(struct edge_decode_here *decoder)
{
    return (struct edge_decoder_port){
        .self = decoder, .start = start, .take = take, .ready = ready};
}
