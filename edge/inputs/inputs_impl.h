// edge/inputs/inputs_impl.h - state of what enters a step, shared by its two files; private.
// SPDX-License-Identifier: Apache-2.0
#ifndef EDGE_INPUTS_IMPL_H
#define EDGE_INPUTS_IMPL_H

#include "edge/inputs/inputs.h"

enum { INPUTS_KINDS = EDGE_OUTPUT_END, INPUTS_NONE = -1 };

struct inputs_entry {
    uint8_t kind;
    int32_t next; // of the same kind; INPUTS_NONE: the last
    uint64_t call;
    int64_t value;
    const uint8_t *bytes;
    size_t size;
};

struct edge_inputs {
    bool records, free, whole, compares;
    struct edge_inputs_sink sink;
    _Atomic uint64_t *ticket_of_all;
    char spoilt[160];

    // This step.
    struct edge_now now;
    uint64_t ticket, calls[EDGE_INPUT_NUMBERS];
    int64_t last[EDGE_INPUT_NUMBERS]; // that each port returned
    uint8_t *bytes;                   // recording: the entries so far
    size_t size, room;
    uint8_t *block; // recording: the head before them; replaying: the block, decoded below
    size_t block_room;
    struct inputs_entry *entries;
    size_t entry_count, entry_room, entries_left; // left: not taken yet
    int32_t first[INPUTS_KINDS], end[INPUTS_KINDS];

    struct edge_sha256_sum *sum, *sum_of_seconds; // the latter borrowed; NULL: none
    struct edge_output_digest digest;             // of the second under way
    struct edge_inputs_difference difference;
    struct edge_inputs_proof proof;
};

// inputs.c
void inputs_put_bytes(struct edge_inputs *inputs, unsigned kind,
                      const struct edge_piece *pieces, size_t count);
// Notes the first difference. Nothing in a what-if.
void inputs_differ(struct edge_inputs *inputs, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

// outputs.c: the digest of the outputs so far is made, and a new second begins at inputs->now.
void inputs_close_second(struct edge_inputs *inputs);

#endif
