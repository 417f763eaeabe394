// edge/inputs/inputs.h - what enters a step from outside: recorded, or replayed.
// SPDX-License-Identifier: Apache-2.0
//
// A step function is a pure function of its state and of what enters it. Each thing that enters
// is a kind of `enum edge_input`; the place in the code that reads it (a port) passes it
// through this file, and nothing else may enter a step (tests/lint/inputs.py holds the list).
// Without a recording a port costs one comparison. Recording, what a step was given becomes one
// block of bytes, handed to a sink at the end of the step; replaying, the same ports return
// what the block says. One struct for each loop, used by its thread alone.
//
// Blocks of both loops are ordered by a ticket. A step takes its ticket after it has looked at
// everything the other loop left for it, and before it leaves anything itself; so a step that
// saw what another did always follows it, and steps done one after the other in the order of
// their tickets find the meetings of the loops as they were.
//
// A number is recorded where it differs from the one its port returned last, with the count of
// calls of the port in this step. Bytes (messages, answers) are queues, by kind.
//
// Block, all integers LEB128 (zigzag where signed): ticket, mono_us, utc_us (signed), then
// entries until the end: kind; of a number the call (from 1) and the value (signed), of bytes
// their size and the bytes.
#ifndef EDGE_INPUTS_H
#define EDGE_INPUTS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "edge/host/now.h"
#include "geo/status.h"

// The numbers stand in recordings: add at the end of each group only.
enum edge_input {
    // Numbers: of ingest,
    EDGE_INPUT_ACKNOWLEDGED = 0, // epoch that serve acknowledged
    EDGE_INPUT_BACK_FRONT,       // a value waits in the back queue
    EDGE_INPUT_BACK_EMPTY,
    EDGE_INPUT_ASKED_FRONT, // a question for a restore waits
    EDGE_INPUT_FOUND_PUSH,  // status of an answer's hand-over
    EDGE_INPUT_FEED_START,  // status, as all that follow where nothing else is said
    EDGE_INPUT_FEED_EVENT,  // enum edge_kafka_event
    EDGE_INPUT_DECODE_START,
    EDGE_INPUT_DECODE_TAKE,  // an answer is there
    EDGE_INPUT_DECODE_READY, // a child is warm
    EDGE_INPUT_COMMIT,
    EDGE_INPUT_RENDER, // status; DRF_ERR_ABSENT, DRF_ERR_STALE: postponed
    EDGE_INPUT_FOLD,
    EDGE_INPUT_PENDING,    // what waits for a commit: bits of enum edge_pending
    EDGE_INPUT_STORE_FREE, // the file has pages to give back
    EDGE_INPUT_PRODUCE,    // status of a dead letter's hand-over
    // of serve,
    EDGE_INPUT_EPOCH, // of the root that was taken, 0 none
    EDGE_INPUT_BACK_PUSH,
    EDGE_INPUT_ASKED_PUSH,
    EDGE_INPUT_FOUND_FRONT, // an answer from the store waits
    EDGE_INPUT_LINK_SEND,
    EDGE_INPUT_LINK_SESSION,
    EDGE_INPUT_LINK_CONNECTED,
    EDGE_INPUT_LINK_BEHIND,
    EDGE_INPUT_LINK_RECEIVE, // a message came
    EDGE_INPUT_HEALTH,       // bits of enum edge_trouble
    EDGE_INPUT_STALLED,      // ingest hangs
    EDGE_INPUT_REFUSING,     // feeds of which something is missing, a bit each
    EDGE_INPUT_TIDY,         // ingest: of the store, while a large record is staged
    EDGE_INPUT_QUIET,        // ingest: no message is taken up, for a reload
    EDGE_INPUT_WORD_FRONT,   // serve: an answer to a report waits
    EDGE_INPUT_WORD_PUSH,    // ingest: status of its hand-over
    EDGE_INPUT_PUBLISH,      // serve: status of the hand-over of what others are told
    EDGE_INPUT_HELD,         // ingest: a commit that is due waits for others
    EDGE_INPUT_NUMBERS,

    // Bytes.
    EDGE_INPUT_MESSAGE = 64, // MQTT, of EDGE_INPUT_LINK_RECEIVE
    EDGE_INPUT_FEED_MESSAGE, // Kafka, of EDGE_INPUT_FEED_EVENT
    EDGE_INPUT_FOUND,        // what topic discovery says of a feed
    EDGE_INPUT_DECODED,      // of EDGE_INPUT_DECODE_TAKE
    EDGE_INPUT_REPORT,       // about a dead letter
    EDGE_INPUT_SOURCE,       // statistics of a source
    EDGE_INPUT_FINISH,       // the loop ended in order after this step; empty
    EDGE_INPUT_CONFIG,       // of both: a configuration that was taken over
    EDGE_INPUT_OWNERS,       // serve: struct edge_owner_table, where it is another
    EDGE_INPUT_BYTES_END,

    // What came out.
    EDGE_OUTPUT_DIGEST = 96, // struct edge_output_digest of a second
    EDGE_OUTPUT_MESSAGE,     // one whole output, with `whole`: sizes of topic, payload and
                             // correlation, flags, all uint64_t; then the three
    EDGE_OUTPUT_END
};

enum edge_inputs_mode {
    EDGE_INPUTS_RECORD,
    EDGE_INPUTS_REPLAY, // as recorded
    EDGE_INPUTS_FREE,   // a what-if: what came from outside, and the rest as it turns out
};

// Of one loop's outputs in one second of its monotonic time.
struct edge_output_digest {
    int64_t second; // mono_us / 1e6
    int64_t utc_us; // of the step in which it began
    uint64_t count;
    uint8_t sha256[32];
};

struct edge_piece {
    const void *bytes;
    size_t size;
};

// Takes a block; false: no room, the recording has a gap. `ended`, once: no block comes any
// more, and why (the text lives as long as the inputs).
struct edge_inputs_sink {
    void *self;
    bool (*put)(void *self, const uint8_t *block, size_t size);
    void (*ended)(void *self, const char *why);
};

// Where a replay differed from what was recorded.
struct edge_inputs_difference {
    bool found;
    char text[240];
    struct edge_now now; // of the step
    uint64_t ticket;
};

struct edge_inputs;

// `ticket` is shared by both loops. DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status edge_inputs_record(struct edge_inputs_sink sink,
                                                  _Atomic uint64_t *ticket, bool whole,
                                                  struct edge_inputs **out);
// With `compares` outputs are compared with what was recorded.
DRF_MUST_CHECK enum drf_status edge_inputs_replay(enum edge_inputs_mode mode, bool compares,
                                                  struct edge_inputs **out);
void edge_inputs_close(struct edge_inputs *inputs); // NULL is fine

// Replay: the block that the next step gets. DRF_ERR_SYNTAX: it is damaged. *ticket, *now (may
// be NULL) are its own.
DRF_MUST_CHECK enum drf_status edge_inputs_give(struct edge_inputs *inputs,
                                                const uint8_t *block, size_t size,
                                                uint64_t *ticket, struct edge_now *now);
// Replaying: the packed digest of each second that is closed from here on, compared or not, is
// added to `sum` too, which is borrowed; NULL ends it. The sum may be of both loops.
struct edge_sha256_sum;
void edge_inputs_sum(struct edge_inputs *inputs, struct edge_sha256_sum *sum);
// At the end of a replay: the second that is not closed, if it has outputs, as if it were. It
// is not compared.
void edge_inputs_sum_rest(struct edge_inputs *inputs);
// The first difference found so far.
const struct edge_inputs_difference *edge_inputs_difference(const struct edge_inputs *inputs);
// Seconds compared so far, and outputs in them.
struct edge_inputs_proof {
    uint64_t seconds, outputs;
};
struct edge_inputs_proof edge_inputs_proof(const struct edge_inputs *inputs);
// Recording has ended because a block did not fit, or edge_inputs_spoil() was called.
const char *edge_inputs_spoilt(const struct edge_inputs *inputs); // NULL: it is whole

// What steps and their ports call; a NULL `inputs` is a live node without a recording.

void edge_inputs_begin(struct edge_inputs *inputs, struct edge_now now);
void edge_inputs_ticket(struct edge_inputs *inputs);
void edge_inputs_end(struct edge_inputs *inputs);
// In the last step of a loop that ends in order: its outputs so far are a second of their own.
void edge_inputs_finish(struct edge_inputs *inputs);
// Replaying: what was recorded cannot be done here.
void edge_inputs_differ(struct edge_inputs *inputs, const char *why);
// Something entered that no port knows, as a disk that failed while it was read.
void edge_inputs_spoil(struct edge_inputs *inputs, const char *why);

bool edge_inputs_replays(const struct edge_inputs *inputs); // REPLAY or FREE
bool edge_inputs_free(const struct edge_inputs *inputs);
bool edge_inputs_records(const struct edge_inputs *inputs);

// The value that the step sees: live, recorded on the way, or from the recording.
int64_t edge_inputs_number(struct edge_inputs *inputs, enum edge_input kind, int64_t live);
static inline int64_t edge_inputs_value(struct edge_inputs *inputs, enum edge_input kind,
                                        int64_t live)
{
    return inputs == NULL ? live : edge_inputs_number(inputs, kind, live);
}
// Recording: bytes, in pieces. Replaying: nothing.
void edge_inputs_add(struct edge_inputs *inputs, enum edge_input kind,
                     const struct edge_piece *pieces, size_t count);
// Replaying: the next of this kind in the step, borrowed until the next block. False: none.
bool edge_inputs_next(struct edge_inputs *inputs, enum edge_input kind, const uint8_t **bytes,
                      size_t *size);

// An output: hashed, and compared with what was recorded.
struct edge_output {
    const char *topic;
    struct edge_piece payload, correlation;
    uint64_t flags; // the caller's own
};
void edge_inputs_output(struct edge_inputs *inputs, const struct edge_output *output);

#endif
