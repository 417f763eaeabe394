// SPDX-License-Identifier: Apache-2.0
// The decoder as the ingest step sees it: what it answered, and when, is recorded, or comes
// from a recording.
#include "edge/ingest/ingest_lane.h"

#include <stdlib.h>
#include <string.h>

#include "edge/inputs/leb128.h"
#include "geo/hash.h"
#include "geo/record/refusal.h"

enum { DIED = 1, LATE = 2, AGAIN = 4 };

enum { WRITTEN_BYTES_MAX = 1 << 20, BEGINNING_BYTES = 1 << 16 };

// What a replay decodes again, of each lane in the order in which it was started.
struct asked {
    struct geo_decode_params params;
    const uint8_t *bytes; // the message's, which is held until its answer
    size_t size;
};

struct ingest_decoder_replay {
    struct asked asked[EDGE_LANES][EDGE_CHILD_AHEAD_MAX];
    size_t first[EDGE_LANES], count[EDGE_LANES];
    struct geo_record_builder builders[EDGE_LANES]; // of the last answer, where it was decoded
    bool built[EDGE_LANES];
    uint8_t *written[EDGE_LANES]; // of the last answer, where it was written
};

void ingest_decoder_close(struct edge_ingest *ingest)
{
    struct ingest_decoder_replay *replay = ingest->decoder_replay;
    for (size_t i = 0; replay != NULL && i < EDGE_LANES; i++) {
        free(replay->written[i]);
        if (replay->built[i])
            geo_record_builder_close(&replay->builders[i]);
    }
    free(replay);
    ingest->decoder_replay = NULL;
}

static struct ingest_decoder_replay *replay_of(struct edge_ingest *ingest)
{
    if (ingest->decoder_replay == NULL)
        ingest->decoder_replay = calloc(1, sizeof *ingest->decoder_replay);
    return ingest->decoder_replay;
}

static void remember(struct edge_ingest *ingest, enum edge_lane lane,
                     const struct geo_decode_params *params, const uint8_t *bytes, size_t size)
{
    struct ingest_decoder_replay *replay = replay_of(ingest);
    if (replay == NULL || replay->count[lane] == EDGE_CHILD_AHEAD_MAX)
        return; // found out when its answer is taken
    size_t at = (replay->first[lane] + replay->count[lane]++) % EDGE_CHILD_AHEAD_MAX;
    replay->asked[lane][at] = (struct asked){.params = *params, .bytes = bytes, .size = size};
}

static uint64_t beginning_of(struct geo_record record)
{
    return geo_hash_bytes(GEO_HASH_START, record.bytes,
                          record.size < BEGINNING_BYTES ? record.size : BEGINNING_BYTES);
}

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
    status = (enum drf_status)edge_inputs_value(ingest->parts.inputs, EDGE_INPUT_DECODE_START,
                                                status);
    if (status == DRF_OK && recorded(ingest))
        remember(ingest, lane, params, bytes, size);
    return status;
}

bool ingest_decoder_ready(const struct edge_ingest *ingest)
{
    const struct edge_decoder_port *decoder = &ingest->parts.decoder;
    bool ready = recorded(ingest) || decoder->ready == NULL || decoder->ready(decoder->self);
    return edge_inputs_value(ingest->parts.inputs, EDGE_INPUT_DECODE_READY, ready) != 0;
}

static void record(struct edge_inputs *inputs, const struct edge_decoded *decoded)
{
    bool good = decoded->status == DRF_OK;
    bool again = good && decoded->record.size > WRITTEN_BYTES_MAX;
    uint8_t head[4 * EDGE_LEB128_MAX], *at = head;
    at = edge_leb128_put(at, edge_leb128_zigzag(decoded->status));
    at = edge_leb128_put(at, (decoded->died ? DIED : 0) | (decoded->late ? LATE : 0)
                                 | (again ? AGAIN : 0));
    if (again) {
        at = edge_leb128_put(at, decoded->record.size);
        at = edge_leb128_put(at, beginning_of(decoded->record));
    }
    struct edge_piece pieces[2] = {{.bytes = head, .size = (size_t)(at - head)}};
    if (good && !again)
        pieces[1] =
            (struct edge_piece){.bytes = decoded->record.bytes, .size = decoded->record.size};
    else if (!good)
        pieces[1] = (struct edge_piece){.bytes = &decoded->why, .size = sizeof decoded->why};
    edge_inputs_add(inputs, EDGE_INPUT_DECODED, pieces, 2);
}

// A record is aligned, and lives until the lane's next answer.
static bool keep(struct ingest_decoder_replay *replay, enum edge_lane lane,
                 const uint8_t *bytes, size_t size, struct geo_record *out)
{
    uint8_t *own = malloc(size > 0 ? size : 1);
    if (own == NULL)
        return false;
    memcpy(own, bytes, size);
    free(replay->written[lane]);
    replay->written[lane] = own;
    return geo_record_validate(own, size, out) == DRF_OK;
}

// The message that was asked first, taken from the list; NULL: there is none.
static const struct asked *next_asked(struct ingest_decoder_replay *replay, enum edge_lane lane)
{
    if (replay->count[lane] == 0)
        return NULL;
    const struct asked *asked = &replay->asked[lane][replay->first[lane]];
    replay->first[lane] = (replay->first[lane] + 1) % EDGE_CHILD_AHEAD_MAX;
    replay->count[lane]--;
    return asked;
}

static bool decode_again(struct ingest_decoder_replay *replay, enum edge_lane lane,
                         const struct asked *asked, const uint8_t *at, const uint8_t *end,
                         struct geo_record *out)
{
    uint64_t size = 0, beginning = 0;
    struct geo_note why;
    at = edge_leb128_get(at, end, &size);
    at = at != NULL ? edge_leb128_get(at, end, &beginning) : NULL;
    if (at != end)
        return false;
    struct geo_record_builder *builder = &replay->builders[lane];
    if (replay->built[lane])
        geo_record_builder_close(builder);
    geo_record_builder_init(builder, asked->params.record_max_bytes);
    replay->built[lane] = true;
    return geo_decode(&asked->params, asked->bytes, asked->size, builder, &why) == DRF_OK
           && geo_record_finish(builder, out) == DRF_OK && out->size == size
           && beginning_of(*out) == beginning;
}

static bool read_why(const uint8_t *at, const uint8_t *end, struct geo_note *out)
{
    if ((size_t)(end - at) != sizeof *out)
        return false;
    memcpy(out, at, sizeof *out);
    return out->code < GEO_REFUSAL_COUNT && memchr(out->text, '\0', sizeof out->text) != NULL;
}

static bool read_answer(struct edge_ingest *ingest, enum edge_lane lane, const uint8_t *at,
                        size_t bytes, struct edge_decoded *out)
{
    struct ingest_decoder_replay *replay = replay_of(ingest);
    const struct asked *asked = replay != NULL ? next_asked(replay, lane) : NULL;
    const uint8_t *end = at + bytes;
    uint64_t status = 0, flags = 0;
    at = edge_leb128_get(at, end, &status);
    at = at != NULL ? edge_leb128_get(at, end, &flags) : NULL;
    int64_t value = edge_leb128_unzigzag(status);
    if (at == NULL || asked == NULL || value < 0 || value >= DRF_STATUS_COUNT)
        return false;
    out->status = (enum drf_status)value;
    out->died = (flags & DIED) != 0;
    out->late = (flags & LATE) != 0;
    if (out->status != DRF_OK)
        return read_why(at, end, &out->why);
    return (flags & AGAIN) != 0 ? decode_again(replay, lane, asked, at, end, &out->record)
                                : keep(replay, lane, at, (size_t)(end - at), &out->record);
}

static bool take_recorded(struct edge_ingest *ingest, enum edge_lane lane,
                          struct edge_decoded *out)
{
    struct edge_inputs *inputs = ingest->parts.inputs;
    const uint8_t *bytes;
    size_t size;
    if (edge_inputs_value(inputs, EDGE_INPUT_DECODE_TAKE, 0) == 0)
        return false;
    *out = (struct edge_decoded){0};
    bool good = edge_inputs_next(inputs, EDGE_INPUT_DECODED, &bytes, &size)
                && read_answer(ingest, lane, bytes, size, out);
    if (!good)
        edge_inputs_differ(inputs,
                           "an answer of the decoder is missing, damaged, or another one "
                           "here");
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
