// SPDX-License-Identifier: Apache-2.0
// What steps send is summed up by SHA-256. The first step of another second puts the digest of
// the second before among its entries, or compares it with the one it finds there, and puts it
// into the sum over all seconds.
#include <inttypes.h>
#include <string.h>

#include "edge/host/sha256.h"
#include "edge/inputs/inputs_impl.h"

#define SECOND_US INT64_C(1000000)

// The packed form of a digest: what is compared and stored.
enum { DIGEST_SIZE = 8 + 8 + 8 + 32 };

static void pack_digest(const struct edge_output_digest *digest,
                        uint8_t out[static DIGEST_SIZE])
{
    const uint64_t words[] = {(uint64_t)digest->second, (uint64_t)digest->utc_us,
                              digest->count};
    for (size_t i = 0; i < 3; i++)
        for (size_t k = 0; k < 8; k++)
            out[i * 8 + k] = (uint8_t)(words[i] >> (8 * k));
    memcpy(out + 24, digest->sha256, 32);
}

static uint64_t word_at(const uint8_t *bytes)
{
    uint64_t word = 0;
    for (size_t k = 0; k < 8; k++)
        word |= (uint64_t)bytes[k] << (8 * k);
    return word;
}

static void compare_digest(struct edge_inputs *inputs, const uint8_t own[static DIGEST_SIZE])
{
    const uint8_t *was;
    size_t size;
    if (!edge_inputs_next(inputs, (enum edge_input)EDGE_OUTPUT_DIGEST, &was, &size)) {
        inputs_differ(inputs, "outputs of a second in which the recorded node sent nothing");
        return;
    }
    inputs->proof.seconds++;
    inputs->proof.outputs += inputs->digest.count;
    if (size != DIGEST_SIZE)
        inputs_differ(inputs, "a digest of %zu bytes", size);
    else if (word_at(was + 16) != inputs->digest.count)
        inputs_differ(inputs,
                      "%" PRIu64 " outputs in the second before, recorded were %" PRIu64,
                      inputs->digest.count, word_at(was + 16));
    else if (memcmp(was, own, DIGEST_SIZE) != 0)
        inputs_differ(inputs, "the outputs of the second before differ");
}

// Of the second under way, which has outputs.
static void take_digest(struct edge_inputs *inputs, uint8_t packed[static DIGEST_SIZE])
{
    edge_sha256_take(inputs->sum, inputs->digest.sha256);
    pack_digest(&inputs->digest, packed);
    if (inputs->sum_of_seconds != NULL)
        edge_sha256_add(inputs->sum_of_seconds, packed, DIGEST_SIZE);
}

void inputs_close_second(struct edge_inputs *inputs)
{
    struct edge_output_digest *digest = &inputs->digest;
    uint8_t packed[DIGEST_SIZE];
    if (digest->count > 0) {
        take_digest(inputs, packed);
        if (inputs->records)
            inputs_put_bytes(inputs, EDGE_OUTPUT_DIGEST,
                             &(struct edge_piece){.bytes = packed, .size = sizeof packed}, 1);
        else if (inputs->compares)
            compare_digest(inputs, packed);
    }
    *digest = (struct edge_output_digest){.second = inputs->now.mono_us / SECOND_US,
                                          .utc_us = inputs->now.utc_us};
}

void edge_inputs_sum(struct edge_inputs *inputs, struct edge_sha256_sum *sum)
{
    inputs->sum_of_seconds = sum;
}

void edge_inputs_sum_rest(struct edge_inputs *inputs)
{
    uint8_t packed[DIGEST_SIZE];
    if (inputs->digest.count > 0)
        take_digest(inputs, packed);
    inputs->digest.count = 0;
}

// What is hashed of an output: sizes first, so that nothing can be moved from one part to the
// next.
struct output_head {
    uint64_t topic_size, payload_size, correlation_size, flags;
};

// False: damaged. The recorded one's parts, borrowed.
static bool read_output(const uint8_t *bytes, size_t size, struct output_head *head,
                        struct edge_output *out)
{
    if (size < sizeof *head)
        return false;
    memcpy(head, bytes, sizeof *head);
    size -= sizeof *head;
    if (head->topic_size > size || head->payload_size > size - head->topic_size
        || head->correlation_size != size - head->topic_size - head->payload_size)
        return false;
    const uint8_t *at = bytes + sizeof *head;
    *out = (struct edge_output){
        .topic = (const char *)at,
        .payload = {.bytes = at + head->topic_size, .size = (size_t)head->payload_size},
        .correlation = {.bytes = at + head->topic_size + head->payload_size,
                        .size = (size_t)head->correlation_size},
        .flags = head->flags,
    };
    return true;
}

// *at: where they differ first.
static bool same_bytes(struct edge_piece a, struct edge_piece b, size_t *at)
{
    const uint8_t *one = a.bytes, *other = b.bytes;
    for (*at = 0; *at < a.size && *at < b.size && one[*at] == other[*at];)
        ++*at;
    return *at == a.size && *at == b.size;
}

static void compare_output(struct edge_inputs *inputs, const struct edge_output *output)
{
    const uint8_t *bytes;
    size_t size, at, topic_size = strlen(output->topic);
    struct output_head head;
    struct edge_output was;
    if (!edge_inputs_next(inputs, (enum edge_input)EDGE_OUTPUT_MESSAGE, &bytes, &size))
        return; // only digests were recorded
    if (!read_output(bytes, size, &head, &was))
        inputs_differ(inputs, "an output to %.80s, the recorded one is damaged", output->topic);
    else if (head.topic_size != topic_size || memcmp(was.topic, output->topic, topic_size) != 0)
        inputs_differ(inputs, "an output to %.80s, recorded was one to %.*s", output->topic,
                      (int)(head.topic_size < 80 ? head.topic_size : 80), was.topic);
    else if (!same_bytes(output->payload, was.payload, &at))
        inputs_differ(inputs,
                      "the output to %.80s differs at byte %zu (%zu bytes, recorded %zu)",
                      output->topic, at, output->payload.size, was.payload.size);
    else if (output->flags != was.flags
             || !same_bytes(output->correlation, was.correlation, &at))
        inputs_differ(inputs, "the output to %.80s has other properties", output->topic);
}

void edge_inputs_output(struct edge_inputs *inputs, const struct edge_output *output)
{
    if (inputs == NULL || inputs->spoilt[0] != '\0')
        return;
    const struct output_head head = {.topic_size = strlen(output->topic),
                                     .payload_size = output->payload.size,
                                     .correlation_size = output->correlation.size,
                                     .flags = output->flags};
    enum { PIECES = 4 };
    const struct edge_piece pieces[PIECES] = {{.bytes = &head, .size = sizeof head},
                                              {.bytes = output->topic, .size = head.topic_size},
                                              output->payload,
                                              output->correlation};
    for (size_t i = 0; i < PIECES; i++)
        if (pieces[i].size > 0)
            edge_sha256_add(inputs->sum, pieces[i].bytes, pieces[i].size);
    inputs->digest.count++;
    if (inputs->records && inputs->whole)
        inputs_put_bytes(inputs, EDGE_OUTPUT_MESSAGE, pieces, PIECES);
    else if (inputs->compares)
        compare_output(inputs, output);
}
