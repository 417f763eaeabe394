// SPDX-License-Identifier: Apache-2.0
#include "edge/decoder/child_main.h"

#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "edge/decoder/child_wire.h"
#include "edge/decoder/data_file.h"
#include "edge/decoder/sandbox.h"

enum { INPUT_BYTES = 1 << 16, ANSWER_BYTES = 1 << 13 };

// Small messages that came one after the other are read at once.
struct input {
    size_t at, end;
    uint8_t bytes[INPUT_BYTES];
};

static bool read_some(void *to, size_t size, size_t *got)
{
    ssize_t count;
    do
        count = read(STDIN_FILENO, to, size);
    while (count < 0 && errno == EINTR);
    *got = count > 0 ? (size_t)count : 0;
    return count > 0;
}

static bool read_all(struct input *input, void *bytes, size_t size)
{
    uint8_t *to = bytes;
    while (size > 0) {
        size_t got = input->end - input->at;
        if (got == 0 && size >= sizeof input->bytes) {
            if (!read_some(to, size, &got))
                return false;
        } else if (got == 0) {
            input->at = 0;
            if (!read_some(input->bytes, sizeof input->bytes, &input->end))
                return false;
            continue;
        } else {
            got = got < size ? got : size;
            memcpy(to, input->bytes + input->at, got);
            input->at += got;
        }
        to += got;
        size -= got;
    }
    return true;
}

static bool write_all(const void *bytes, size_t size)
{
    const uint8_t *at = bytes;
    while (size > 0) {
        ssize_t put = write(STDIN_FILENO, at, size);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return false;
        at += put;
        size -= (size_t)put;
    }
    return true;
}

// Bytes of no format make each library load its tables before the files are out of reach.
static void warm_up(edge_child_decode_fn decode)
{
    static const uint8_t nothing[64] = "GRIB";
    for (uint32_t format = GEO_FORMAT_UNKNOWN + 1; format < GEO_FORMAT_COUNT; format++) {
        struct geo_decode_params params = {
            .format = format,
            .layer = GEO_RASTER_GROUND,
            .level = 12,
            .keep = {-180, -90, 180, 90},
            .size_max_bytes = sizeof nothing,
            .record_max_bytes = 1 << 20,
            .pixels_max = 1000,
        };
        struct geo_record_builder builder;
        struct geo_note why;
        geo_record_builder_init(&builder, 1 << 20);
        enum drf_status status = decode(&params, nothing, sizeof nothing, &builder, &why);
        (void)status; // expected to be refused
        geo_record_builder_close(&builder);
    }
}

// In one piece where it is small, so that the node is woken once.
static bool answer(const struct edge_child_answer *head, const void *bytes)
{
    uint8_t whole[ANSWER_BYTES];
    if (head->size > sizeof whole - sizeof *head)
        return write_all(head, sizeof *head) && write_all(bytes, head->size);
    memcpy(whole, head, sizeof *head);
    memcpy(whole + sizeof *head, bytes, head->size);
    return write_all(whole, sizeof *head + head->size);
}

static bool answer_record(struct geo_record_builder *builder)
{
    struct geo_record record;
    if (geo_record_finish(builder, &record) != DRF_OK)
        return false;
    const struct edge_child_answer head = {
        .magic = EDGE_CHILD_MAGIC, .kind = EDGE_CHILD_RECORD, .size = record.size};
    return answer(&head, record.bytes);
}

static bool answer_refusal(enum drf_status status, const struct geo_note *why)
{
    const struct edge_child_answer head = {.magic = EDGE_CHILD_MAGIC,
                                           .kind = EDGE_CHILD_REFUSED,
                                           .status = (uint32_t)status,
                                           .size = sizeof *why};
    return answer(&head, why);
}

// The CPU that the message may take is spent. Nothing of an answer has been written yet.
static void late(int signal)
{
    (void)signal;
    static const struct edge_child_answer answer = {.magic = EDGE_CHILD_MAGIC,
                                                    .kind = EDGE_CHILD_LATE};
    (void)!write(STDIN_FILENO, &answer, sizeof answer); // less than any socket's buffer
    _exit(0);
}

// CPU of this process alone: a busy machine does not count. 0: no limit any more.
static void limit_cpu(uint32_t cpu_ms)
{
    const struct itimerval timer = {
        .it_value = {.tv_sec = cpu_ms / 1000, .tv_usec = (long)(cpu_ms % 1000) * 1000}};
    (void)!setitimer(ITIMER_PROF, &timer, NULL);
}

static bool decode_one(edge_child_decode_fn decode, struct input *input,
                       const struct edge_child_request *request)
{
    struct geo_decode_params params;
    if (!read_all(input, &params, sizeof params))
        return false;
    uint8_t *bytes = malloc(request->size + 1);
    if (!bytes || !read_all(input, bytes, request->size)) {
        free(bytes);
        return false;
    }
    struct geo_record_builder builder;
    struct geo_note why = {0};
    geo_record_builder_init(&builder, params.record_max_bytes);
    alarm(request->timeout_s);
    limit_cpu(request->cpu_ms);
    enum drf_status status = decode(&params, bytes, request->size, &builder, &why);
    limit_cpu(0);
    alarm(0);
    free(bytes); // before the node holds the record too
    bool answered = status == DRF_OK ? answer_record(&builder) : answer_refusal(status, &why);
    geo_record_builder_close(&builder);
    return answered;
}

int edge_child_main(int argc, char **argv, edge_child_decode_fn decode)
{
    char *end = NULL;
    uint64_t memory_bytes = argc > 0 ? strtoull(argv[0], &end, 10) : 0;
    if (memory_bytes == 0 || *end != '\0')
        return 2;
    // Memory that a library leaves unwritten then holds a fixed pattern, which is no height and
    // nothing of an earlier message: libtiff does so with strips longer than declared.
    mallopt(M_PERTURB, 0xa5); // NOLINT(concurrency-mt-unsafe): the child has one thread
    (void)signal(SIGPROF, late);
    warm_up(decode);
    bool landlocked = false;
    // Libraries of the node open sockets that a child would inherit: the connection to the
    // drones must not be in the hands of what decodes strangers' bytes.
    (void)close_range(EDGE_DATA_FD + 1, ~0U, 0);
    if (edge_sandbox_enter(memory_bytes, &landlocked) != DRF_OK)
        return 3;
    struct edge_child_answer ready = {
        .magic = EDGE_CHILD_MAGIC, .kind = EDGE_CHILD_READY, .landlocked = landlocked};
    bool going = write_all(&ready, sizeof ready);
    struct input input = {.at = 0, .end = 0};
    struct edge_child_request request;
    while (going && read_all(&input, &request, sizeof request)
           && request.magic == EDGE_CHILD_MAGIC)
        going = decode_one(decode, &input, &request);
    _exit(0); // nothing to flush, and no library's clean-up to trust
}
