// SPDX-License-Identifier: Apache-2.0
// Recording, a step's entries are written into a buffer that grows and stays, and go to the
// sink as one block at its end. Replaying, a block is read once into a list of entries, chained
// by kind in their order; a port takes the next of its kind. What is left over at the end of a
// step, or asked for and not there, is a difference: the step did not do what the recorded one
// did. Outputs are in edge/inputs/outputs.c.
#include "edge/inputs/inputs.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "edge/host/health.h"
#include "edge/host/sha256.h"
#include "edge/inputs/inputs_impl.h"
#include "edge/inputs/leb128.h"

enum { NUMBER_MAX = 24, HEAD_ROOM = 3 * EDGE_LEB128_MAX, KEPT_BYTES = 4 << 20 };

// Longer than any clock runs; sums of two fit.
#define TIME_MAX_US (INT64_C(1) << 53)

// Set by the loops outside of steps: a what-if has no brokers that could be away.
#define OUTSIDE_TROUBLES                                                                       \
    (1 << EDGE_TROUBLE_KAFKA | 1 << EDGE_TROUBLE_TOPIC | 1 << EDGE_TROUBLE_MQTT)

static enum drf_status open(struct edge_inputs **out)
{
    struct edge_inputs *inputs = calloc(1, sizeof *inputs);
    if (inputs == NULL)
        return DRF_ERR_NOMEM;
    if (edge_sha256_open(&inputs->sum) != DRF_OK) {
        free(inputs);
        return DRF_ERR_NOMEM;
    }
    inputs->digest.second = INT64_MIN;
    for (int i = 0; i < INPUTS_KINDS; i++)
        inputs->first[i] = inputs->end[i] = INPUTS_NONE;
    *out = inputs;
    return DRF_OK;
}

enum drf_status edge_inputs_record(struct edge_inputs_sink sink, _Atomic uint64_t *ticket,
                                   bool whole, struct edge_inputs **out)
{
    enum drf_status status = open(out);
    if (status != DRF_OK)
        return status;
    (*out)->records = true;
    (*out)->whole = whole;
    (*out)->sink = sink;
    (*out)->ticket_of_all = ticket;
    return DRF_OK;
}

enum drf_status edge_inputs_replay(enum edge_inputs_mode mode, bool compares,
                                   struct edge_inputs **out)
{
    enum drf_status status = open(out);
    if (status != DRF_OK)
        return status;
    (*out)->free = mode == EDGE_INPUTS_FREE;
    (*out)->compares = compares;
    return DRF_OK;
}

void edge_inputs_close(struct edge_inputs *inputs)
{
    if (inputs == NULL)
        return;
    edge_sha256_close(inputs->sum);
    free(inputs->entries);
    free(inputs->block);
    free(inputs->bytes);
    free(inputs);
}

bool edge_inputs_replays(const struct edge_inputs *inputs)
{
    return inputs != NULL && !inputs->records;
}

bool edge_inputs_free(const struct edge_inputs *inputs)
{
    return inputs != NULL && !inputs->records && inputs->free;
}

bool edge_inputs_records(const struct edge_inputs *inputs)
{
    return inputs != NULL && inputs->records && inputs->spoilt[0] == '\0';
}

const struct edge_inputs_difference *edge_inputs_difference(const struct edge_inputs *inputs)
{
    return &inputs->difference;
}

struct edge_inputs_proof edge_inputs_proof(const struct edge_inputs *inputs)
{
    return inputs->proof;
}

const char *edge_inputs_spoilt(const struct edge_inputs *inputs)
{
    return inputs->spoilt[0] != '\0' ? inputs->spoilt : NULL;
}

void edge_inputs_spoil(struct edge_inputs *inputs, const char *why)
{
    if (inputs == NULL || !inputs->records || inputs->spoilt[0] != '\0')
        return;
    (void)snprintf(inputs->spoilt, sizeof inputs->spoilt, "%s", why);
    inputs->sink.ended(inputs->sink.self, inputs->spoilt);
}

void inputs_differ(struct edge_inputs *inputs, const char *format, ...)
{
    struct edge_inputs_difference *difference = &inputs->difference;
    if (difference->found || inputs->free)
        return;
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(difference->text, sizeof difference->text, format, arguments);
    va_end(arguments);
    difference->found = true;
    difference->now = inputs->now;
    difference->ticket = inputs->ticket;
}

// ---- recording

// NULL: no memory; the recording ends.
static uint8_t *grown(struct edge_inputs *inputs, size_t more)
{
    size_t wanted = HEAD_ROOM + inputs->size + more;
    if (inputs->bytes == NULL || wanted > inputs->room) {
        size_t room = inputs->room == 0 ? 4096 : inputs->room;
        while (room < wanted)
            room *= 2;
        uint8_t *bytes = realloc(inputs->bytes, room);
        if (bytes == NULL) {
            edge_inputs_spoil(inputs, "out of memory");
            return NULL;
        }
        inputs->bytes = bytes;
        inputs->room = room;
    }
    return inputs->bytes + HEAD_ROOM + inputs->size;
}

static void put_number(struct edge_inputs *inputs, enum edge_input kind, int64_t value)
{
    uint8_t *at = grown(inputs, NUMBER_MAX);
    if (at == NULL)
        return;
    const uint8_t *start = at;
    *at++ = (uint8_t)kind;
    at = edge_leb128_put(at, inputs->calls[kind]);
    at = edge_leb128_put(at, edge_leb128_zigzag(value));
    inputs->size += (size_t)(at - start);
}

void inputs_put_bytes(struct edge_inputs *inputs, unsigned kind,
                      const struct edge_piece *pieces, size_t count)
{
    size_t size = 0;
    for (size_t i = 0; i < count; i++)
        size += pieces[i].size;
    uint8_t *at = grown(inputs, NUMBER_MAX + size);
    if (at == NULL)
        return;
    const uint8_t *start = at;
    *at++ = (uint8_t)kind;
    at = edge_leb128_put(at, size);
    for (size_t i = 0; i < count; i++) {
        if (pieces[i].size > 0)
            memcpy(at, pieces[i].bytes, pieces[i].size);
        at += pieces[i].size;
    }
    inputs->size += (size_t)(at - start);
}

void edge_inputs_add(struct edge_inputs *inputs, enum edge_input kind,
                     const struct edge_piece *pieces, size_t count)
{
    if (edge_inputs_records(inputs))
        inputs_put_bytes(inputs, kind, pieces, count);
}

// ---- replaying

static bool room_for_entry(struct edge_inputs *inputs)
{
    if (inputs->entry_count < inputs->entry_room)
        return true;
    size_t room = inputs->entry_room == 0 ? 64 : inputs->entry_room * 2;
    struct inputs_entry *entries = realloc(inputs->entries, room * sizeof *entries);
    if (entries == NULL)
        return false;
    inputs->entries = entries;
    inputs->entry_room = room;
    return true;
}

static void chain(struct edge_inputs *inputs, struct inputs_entry entry)
{
    int32_t number = (int32_t)inputs->entry_count++;
    inputs->entries[number] = entry;
    if (inputs->first[entry.kind] == INPUTS_NONE)
        inputs->first[entry.kind] = number;
    else
        inputs->entries[inputs->end[entry.kind]].next = number;
    inputs->end[entry.kind] = number;
    inputs->entries_left++;
}

// Numbers that are an enum drf_status.
static bool is_status(unsigned kind)
{
    switch (kind) {
    case EDGE_INPUT_FOUND_PUSH:
    case EDGE_INPUT_FEED_START:
    case EDGE_INPUT_DECODE_START:
    case EDGE_INPUT_COMMIT:
    case EDGE_INPUT_RENDER:
    case EDGE_INPUT_FOLD:
    case EDGE_INPUT_TIDY:
    case EDGE_INPUT_PRODUCE:
    case EDGE_INPUT_BACK_PUSH:
    case EDGE_INPUT_ASKED_PUSH:
    case EDGE_INPUT_LINK_SEND:
        return true;
    default:
        return false;
    }
}

static const uint8_t *read_entry(const uint8_t *at, const uint8_t *end,
                                 struct inputs_entry *out)
{
    *out = (struct inputs_entry){.kind = *at++, .next = INPUTS_NONE};
    if (out->kind < EDGE_INPUT_NUMBERS) {
        uint64_t value = 0;
        at = edge_leb128_get(at, end, &out->call);
        at = at != NULL ? edge_leb128_get(at, end, &value) : NULL;
        out->value = edge_leb128_unzigzag(value);
        bool good = !is_status(out->kind) || (uint64_t)out->value < DRF_STATUS_COUNT;
        return good ? at : NULL;
    }
    uint64_t size;
    bool known = (out->kind >= EDGE_INPUT_MESSAGE && out->kind < EDGE_INPUT_BYTES_END)
                 || (out->kind >= EDGE_OUTPUT_DIGEST && out->kind < EDGE_OUTPUT_END);
    at = known ? edge_leb128_get(at, end, &size) : NULL;
    if (at == NULL || size > (uint64_t)(end - at))
        return NULL;
    out->bytes = at;
    out->size = (size_t)size;
    return at + size;
}

enum drf_status edge_inputs_give(struct edge_inputs *inputs, const uint8_t *block, size_t size,
                                 uint64_t *ticket, struct edge_now *now)
{
    // Bytes are borrowed until the next block: they are kept here.
    if (size > inputs->block_room) {
        uint8_t *room = realloc(inputs->block, size);
        if (room == NULL)
            return DRF_ERR_NOMEM;
        inputs->block = room;
        inputs->block_room = size;
    }
    if (size == 0)
        return DRF_ERR_SYNTAX;
    memcpy(inputs->block, block, size);
    const uint8_t *at = inputs->block, *end = at + size;
    uint64_t head[3] = {0};
    for (int i = 0; i < 3 && at != NULL; i++)
        at = edge_leb128_get(at, end, &head[i]);
    inputs->entry_count = inputs->entries_left = 0;
    for (int i = 0; i < INPUTS_KINDS; i++)
        inputs->first[i] = inputs->end[i] = INPUTS_NONE;
    while (at != NULL && at < end) {
        struct inputs_entry entry;
        at = read_entry(at, end, &entry);
        if (at != NULL && !room_for_entry(inputs))
            return DRF_ERR_NOMEM;
        if (at != NULL)
            chain(inputs, entry);
    }
    inputs->ticket = head[0];
    inputs->now = (struct edge_now){.mono_us = edge_leb128_unzigzag(head[1]),
                                    .utc_us = edge_leb128_unzigzag(head[2])};
    if (ticket != NULL)
        *ticket = inputs->ticket;
    if (now != NULL)
        *now = inputs->now;
    bool sane = inputs->now.mono_us < TIME_MAX_US && inputs->now.mono_us > -TIME_MAX_US
                && inputs->now.utc_us < TIME_MAX_US && inputs->now.utc_us > -TIME_MAX_US;
    return at != NULL && sane ? DRF_OK : DRF_ERR_SYNTAX;
}

static const struct inputs_entry *next_of(struct edge_inputs *inputs, unsigned kind)
{
    return inputs->first[kind] == INPUTS_NONE ? NULL : &inputs->entries[inputs->first[kind]];
}

static void pass(struct edge_inputs *inputs, unsigned kind)
{
    inputs->first[kind] = next_of(inputs, kind)->next;
    inputs->entries_left--;
}

bool edge_inputs_next(struct edge_inputs *inputs, enum edge_input kind, const uint8_t **bytes,
                      size_t *size)
{
    const struct inputs_entry *entry = next_of(inputs, kind);
    if (entry == NULL)
        return false;
    *bytes = entry->bytes;
    *size = entry->size;
    pass(inputs, kind);
    return true;
}

// Of a what-if only what the world outside said still holds; how the two loops met does not.
static bool from_outside(enum edge_input kind)
{
    switch (kind) {
    case EDGE_INPUT_LINK_SEND:
    case EDGE_INPUT_LINK_SESSION:
    case EDGE_INPUT_LINK_CONNECTED:
    case EDGE_INPUT_FEED_START:
    case EDGE_INPUT_DECODE_READY:
    case EDGE_INPUT_COMMIT:
    case EDGE_INPUT_STORE_FREE:
    case EDGE_INPUT_PRODUCE:
        return true;
    default:
        return false;
    }
}

// The state that the port was in when the recorded step ended.
static int64_t at_end_of_step(struct edge_inputs *inputs, enum edge_input kind)
{
    for (const struct inputs_entry *entry; (entry = next_of(inputs, kind)) != NULL;) {
        inputs->last[kind] = entry->value;
        pass(inputs, kind);
    }
    return inputs->last[kind];
}

int64_t edge_inputs_number(struct edge_inputs *inputs, enum edge_input kind, int64_t live)
{
    if (inputs->records) {
        inputs->calls[kind]++;
        if (live != inputs->last[kind])
            put_number(inputs, kind, live);
        inputs->last[kind] = live;
        return live;
    }
    if (inputs->free && kind == EDGE_INPUT_HEALTH)
        return (live & ~OUTSIDE_TROUBLES) | (at_end_of_step(inputs, kind) & OUTSIDE_TROUBLES);
    if (inputs->free)
        return from_outside(kind) ? at_end_of_step(inputs, kind) : live;
    inputs->calls[kind]++;
    const struct inputs_entry *entry = next_of(inputs, kind);
    if (entry != NULL && entry->call == inputs->calls[kind]) {
        inputs->last[kind] = entry->value;
        pass(inputs, kind);
    }
    return inputs->last[kind];
}

// ---- a step

void edge_inputs_begin(struct edge_inputs *inputs, struct edge_now now)
{
    if (inputs == NULL)
        return;
    inputs->now = now;
    memset(inputs->calls, 0, sizeof inputs->calls);
    if (inputs->records)
        inputs->ticket = UINT64_MAX;
    if (now.mono_us / INT64_C(1000000) != inputs->digest.second)
        inputs_close_second(inputs);
}

void edge_inputs_ticket(struct edge_inputs *inputs)
{
    // Acquire and release: what the step saw before is ordered before the steps that come
    // after.
    if (inputs != NULL && inputs->records)
        inputs->ticket =
            atomic_fetch_add_explicit(inputs->ticket_of_all, 1, memory_order_acq_rel);
}

// The head goes in front of the entries, where room for it was left.
static void hand_over(struct edge_inputs *inputs)
{
    uint8_t head[HEAD_ROOM], *at = head;
    if (inputs->size == 0 && grown(inputs, 0) == NULL)
        return;
    at = edge_leb128_put(at, inputs->ticket);
    at = edge_leb128_put(at, edge_leb128_zigzag(inputs->now.mono_us));
    at = edge_leb128_put(at, edge_leb128_zigzag(inputs->now.utc_us));
    size_t head_size = (size_t)(at - head);
    uint8_t *block = inputs->bytes + HEAD_ROOM - head_size;
    memcpy(block, head, head_size);
    if (!inputs->sink.put(inputs->sink.self, block, head_size + inputs->size))
        edge_inputs_spoil(inputs, "more came than could be written: a gap");
    if (inputs->room > KEPT_BYTES) { // of one large message: not kept for ever
        free(inputs->bytes);
        inputs->bytes = NULL;
        inputs->room = 0;
    }
}

static void check_used(struct edge_inputs *inputs)
{
    for (unsigned kind = 0; inputs->entries_left > 0 && kind < INPUTS_KINDS; kind++) {
        bool output = kind == EDGE_OUTPUT_DIGEST || kind == EDGE_OUTPUT_MESSAGE;
        if (next_of(inputs, kind) == NULL || kind == EDGE_INPUT_FINISH
            || (output && !inputs->compares))
            continue;
        if (kind == EDGE_OUTPUT_MESSAGE)
            inputs_differ(inputs, "an output is missing that the recorded step had");
        else
            inputs_differ(
                inputs,
                "the recorded step was given something (kind %u) that this one did not "
                "ask for",
                kind);
        return;
    }
}

void edge_inputs_end(struct edge_inputs *inputs)
{
    if (inputs == NULL)
        return;
    if (inputs->records && inputs->spoilt[0] == '\0')
        hand_over(inputs);
    else if (!inputs->records && !inputs->free)
        check_used(inputs);
    inputs->size = 0;
}

void edge_inputs_differ(struct edge_inputs *inputs, const char *why)
{
    if (edge_inputs_replays(inputs))
        inputs_differ(inputs, "%s", why);
}

void edge_inputs_finish(struct edge_inputs *inputs)
{
    if (inputs == NULL)
        return;
    inputs_close_second(inputs);
    edge_inputs_add(inputs, EDGE_INPUT_FINISH, NULL, 0);
}
