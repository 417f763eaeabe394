// tests/support/replay_tape.h - recorded steps in memory: taken, stripped of a kind, replayed.
// SPDX-License-Identifier: Apache-2.0
//
// Blocks are taken apart here by their description in edge/inputs/inputs.h, without the code
// that is tested. Include after cmocka.
#ifndef TESTS_SUPPORT_REPLAY_TAPE_H
#define TESTS_SUPPORT_REPLAY_TAPE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "edge/inputs/inputs.h"
#include "edge/replay/replay_step.h"

struct tape_block {
    enum edge_loop loop;
    uint64_t ticket;
    uint8_t *bytes;
    size_t size;
};

struct tape {
    struct tape_block *blocks;
    size_t count, room;
};

// A loop's side of the recording: its blocks, in its own thread's hands.
struct tape_side {
    enum edge_loop loop;
    struct tape tape;
    const char *why; // it ended early; NULL: it did not
};

static inline uint64_t tape_number(const uint8_t **at)
{
    uint64_t value = 0;
    for (unsigned shift = 0;; shift += 7) {
        uint8_t byte = *(*at)++;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if ((byte & 0x80) == 0)
            return value;
    }
}

static inline void tape_add(struct tape *tape, enum edge_loop loop, const uint8_t *bytes,
                            size_t size)
{
    if (tape->count == tape->room) {
        tape->room = tape->room == 0 ? 1024 : 2 * tape->room;
        tape->blocks = realloc(tape->blocks, tape->room * sizeof *tape->blocks);
        assert_non_null(tape->blocks);
    }
    struct tape_block *block = &tape->blocks[tape->count++];
    const uint8_t *at = bytes;
    *block = (struct tape_block){.loop = loop, .ticket = tape_number(&at), .size = size};
    block->bytes = malloc(size);
    assert_non_null(block->bytes);
    memcpy(block->bytes, bytes, size);
}

static inline bool tape_put(void *self, const uint8_t *bytes, size_t size)
{
    struct tape_side *side = self;
    tape_add(&side->tape, side->loop, bytes, size);
    return true;
}

static inline void tape_ended(void *self, const char *why)
{
    struct tape_side *side = self;
    side->why = why;
}

static inline void tape_free(struct tape *tape)
{
    for (size_t i = 0; i < tape->count; i++)
        free(tape->blocks[i].bytes);
    free(tape->blocks);
    *tape = (struct tape){0};
}

static inline int tape_order(const void *a, const void *b)
{
    const struct tape_block *one = a, *other = b;
    return (one->ticket > other->ticket) - (one->ticket < other->ticket);
}

// Both sides' blocks in the order of their tickets: 0, 1, 2 ... up to where a side ended early,
// if one did. The sides are empty then.
static inline struct tape tape_merge(struct tape_side sides[static EDGE_LOOP_COUNT])
{
    struct tape all = {0};
    for (int i = 0; i < EDGE_LOOP_COUNT; i++) {
        for (size_t k = 0; k < sides[i].tape.count; k++) {
            const struct tape_block *block = &sides[i].tape.blocks[k];
            tape_add(&all, block->loop, block->bytes, block->size);
        }
        tape_free(&sides[i].tape);
    }
    qsort(all.blocks, all.count, sizeof *all.blocks, tape_order);
    size_t whole = 0;
    while (whole < all.count && all.blocks[whole].ticket == whole)
        whole++;
    if (whole < all.count)
        assert_true(sides[0].why != NULL || sides[1].why != NULL);
    for (; all.count > whole; all.count--)
        free(all.blocks[all.count - 1].bytes);
    return all;
}

// ---- entries

struct tape_entry {
    unsigned kind;
    const uint8_t *at, *bytes; // the entry's beginning; of bytes, their own
    size_t size;               // of the whole entry
    uint64_t length;           // of bytes
};

static inline const uint8_t *tape_entries(const struct tape_block *block)
{
    const uint8_t *at = block->bytes;
    for (int i = 0; i < 3; i++)
        (void)tape_number(&at);
    return at;
}

static inline bool tape_next(const struct tape_block *block, const uint8_t **at,
                             struct tape_entry *out)
{
    const uint8_t *end = block->bytes + block->size;
    if (*at == end)
        return false;
    *out = (struct tape_entry){.at = *at, .kind = **at};
    ++*at;
    uint64_t number = tape_number(at);
    if (out->kind < EDGE_INPUT_NUMBERS) {
        (void)tape_number(at);
    } else {
        out->bytes = *at;
        out->length = number;
        *at += number;
    }
    out->size = (size_t)(*at - out->at);
    assert_true(*at <= end);
    return true;
}

static inline void tape_count(const struct tape *tape, size_t kinds[static EDGE_OUTPUT_END])
{
    struct tape_entry entry;
    for (size_t i = 0; i < tape->count; i++)
        for (const uint8_t *at = tape_entries(&tape->blocks[i]);
             tape_next(&tape->blocks[i], &at, &entry);)
            kinds[entry.kind]++;
}

static inline struct tape tape_without(const struct tape *tape, unsigned kind)
{
    struct tape out = {0};
    struct tape_entry entry;
    for (size_t i = 0; i < tape->count; i++) {
        const struct tape_block *block = &tape->blocks[i];
        const uint8_t *at = tape_entries(block);
        uint8_t *bytes = malloc(block->size);
        assert_non_null(bytes);
        size_t size = (size_t)(at - block->bytes);
        memcpy(bytes, block->bytes, size);
        while (tape_next(block, &at, &entry))
            if (entry.kind != kind) {
                memcpy(bytes + size, entry.at, entry.size);
                size += entry.size;
            }
        tape_add(&out, block->loop, bytes, size);
        free(bytes);
    }
    return out;
}

// ---- replay

struct tape_result {
    bool differs;
    char text[300];
    uint64_t seconds, outputs;
    size_t steps;
};

static inline void tape_copy_file(const char *from, const char *to)
{
    char buffer[65536];
    FILE *in = fopen(from, "rb"), *out = fopen(to, "wb");
    assert_non_null(in);
    assert_non_null(out);
    for (size_t got; (got = fread(buffer, 1, sizeof buffer, in)) > 0;)
        assert_int_equal(fwrite(buffer, 1, got, out), got);
    assert_int_equal(fclose(in), 0);
    assert_int_equal(fclose(out), 0);
}

static inline void tape_drop_store(const char *path)
{
    static const char *const ends[] = {"", "-wal", "-shm", "-lock", "-journal"};
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        char name[160];
        (void)snprintf(name, sizeof name, "%.140s%s", path, ends[i]);
        (void)unlink(name);
    }
}

static inline bool tape_differs(struct edge_inputs *const inputs[static EDGE_LOOP_COUNT],
                                struct tape_result *result)
{
    static const char *const names[] = {"ingest", "serve"};
    for (int i = 0; i < EDGE_LOOP_COUNT && !result->differs; i++) {
        const struct edge_inputs_difference *one = edge_inputs_difference(inputs[i]);
        result->differs = one->found;
        if (one->found)
            (void)snprintf(result->text, sizeof result->text, "step %llu of %s: %s",
                           (unsigned long long)one->ticket, names[i], one->text);
    }
    return result->differs;
}

// Another node, from a copy of the store at `begin`, does the steps again one after the other,
// until one differs.
static inline struct tape_result tape_replay(const struct drf_config *config, const char *begin,
                                             struct edge_now now, const struct tape *tape)
{
    struct tape_result result = {.differs = false};
    struct drf_config own = *config; // its store is another
    struct edge_log log = {.fd = -1, .level = EDGE_LOG_ERROR};
    struct edge_inputs *inputs[EDGE_LOOP_COUNT];
    struct edge_offline *offline;
    (void)snprintf(own.store_path, sizeof own.store_path, "%.200s-replayed", begin);
    tape_copy_file(begin, own.store_path);
    for (int i = 0; i < EDGE_LOOP_COUNT; i++)
        assert_int_equal(edge_inputs_replay(EDGE_INPUTS_REPLAY, true, &inputs[i]), DRF_OK);
    const struct edge_offline_options options = {.config = &own,
                                                 .log = &log,
                                                 .now = now,
                                                 .ingest = inputs[EDGE_LOOP_INGEST],
                                                 .serve = inputs[EDGE_LOOP_SERVE],
                                                 .as_stored = true};
    assert_int_equal(edge_offline_open(&options, &offline), DRF_OK);
    for (size_t i = 0; i < tape->count && !tape_differs(inputs, &result); i++) {
        const struct tape_block *block = &tape->blocks[i];
        assert_int_equal(
            edge_inputs_give(inputs[block->loop], block->bytes, block->size, NULL, &now),
            DRF_OK);
        edge_replay_step(offline, block->loop, inputs[block->loop], now);
        result.steps++;
    }
    (void)tape_differs(inputs, &result);
    edge_offline_close(offline);
    for (int i = 0; i < EDGE_LOOP_COUNT; i++) {
        result.seconds += edge_inputs_proof(inputs[i]).seconds;
        result.outputs += edge_inputs_proof(inputs[i]).outputs;
        edge_inputs_close(inputs[i]);
    }
    tape_drop_store(own.store_path);
    return result;
}

#endif
