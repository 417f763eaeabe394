// SPDX-License-Identifier: Apache-2.0
#include "edge/handoff/restore_request.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "edge/mqtt/inbox.h"

enum {
    ASKED_BYTES = 256 << 10, // some 4,000 questions
    FOUND_BYTES = 1 << 20,
    ANSWERS_PER_STEP = 64,
};

// A value is at most a message's payload long: what the ring takes at once.
static_assert(EDGE_INBOX_PAYLOAD_MAX <= FOUND_BYTES / 4, "an answer fits");

enum drf_status edge_restore_request_open(struct edge_restore_request *out)
{
    struct edge_restore_request restore_request = {.bytes = malloc(EDGE_INBOX_PAYLOAD_MAX)};
    enum drf_status status = restore_request.bytes != NULL ? DRF_OK : DRF_ERR_NOMEM;
    if (status == DRF_OK)
        status = edge_backqueue_open(ASKED_BYTES, &restore_request.asked);
    if (status == DRF_OK)
        status = edge_backqueue_open(FOUND_BYTES, &restore_request.found);
    if (status != DRF_OK) {
        edge_restore_request_close(&restore_request);
        return status;
    }
    *out = restore_request;
    return DRF_OK;
}

void edge_restore_request_close(struct edge_restore_request *restore_request)
{
    edge_backqueue_close(restore_request->found);
    edge_backqueue_close(restore_request->asked);
    free(restore_request->bytes);
    *restore_request = (struct edge_restore_request){0};
}

void edge_restore_request_use_inputs(struct edge_restore_request *restore_request,
                                     struct edge_inputs *ingest, struct edge_inputs *serve)
{
    edge_backqueue_use_inputs(restore_request->asked,
                              (struct edge_backqueue_inputs){.popper = ingest,
                                                             .pusher = serve,
                                                             .front = EDGE_INPUT_ASKED_FRONT,
                                                             .push = EDGE_INPUT_ASKED_PUSH});
    edge_backqueue_use_inputs(restore_request->found,
                              (struct edge_backqueue_inputs){.popper = serve,
                                                             .pusher = ingest,
                                                             .front = EDGE_INPUT_FOUND_FRONT,
                                                             .push = EDGE_INPUT_FOUND_PUSH});
}

void edge_restore_request_look_asked(struct edge_restore_request *restore_request)
{
    edge_backqueue_look(restore_request->asked);
}

void edge_restore_request_look_found(struct edge_restore_request *restore_request)
{
    edge_backqueue_look(restore_request->found);
}

static void name_of(const char *kind, const char *id, char out[static EDGE_BACKQUEUE_NAME_SIZE])
{
    int length = snprintf(out, EDGE_BACKQUEUE_NAME_SIZE, "%s%s", kind, id);
    assert(length > 0 && length < EDGE_BACKQUEUE_NAME_SIZE);
    (void)length;
}

enum drf_status edge_restore_request_ask(struct edge_restore_request *restore_request,
                                         const char *id)
{
    return edge_backqueue_push(restore_request->asked, id, NULL, 0);
}

bool edge_restore_request_front(struct edge_restore_request *restore_request,
                                struct edge_back_value *out)
{
    return edge_backqueue_front(restore_request->found, out);
}

void edge_restore_request_pop(struct edge_restore_request *restore_request)
{
    edge_backqueue_pop(restore_request->found);
}

bool edge_restore_request_waiting(struct edge_restore_request *restore_request)
{
    return !edge_backqueue_empty(restore_request->asked);
}

// DRF_ERR_FULL: serve has not taken the last answers yet. What cannot be read is as if nothing
// were kept: the next commit says what is wrong with the file.
static enum drf_status give(struct edge_restore_request *restore_request,
                            struct fusion_store *store, const char *kind, const char *id)
{
    char name[EDGE_BACKQUEUE_NAME_SIZE];
    name_of(kind, id, name);
    size_t size = EDGE_INBOX_PAYLOAD_MAX;
    if (fusion_store_value(store, name, restore_request->bytes, &size) != DRF_OK)
        return DRF_OK;
    return edge_backqueue_push(restore_request->found, name, restore_request->bytes, size);
}

static enum drf_status answer(struct edge_restore_request *restore_request,
                              struct fusion_store *store, const char *id)
{
    static const char *const kinds[] = {EDGE_STORED_PROFILE, EDGE_STORED_PLAN};
    enum { KINDS = sizeof kinds / sizeof kinds[0] };
    for (; restore_request->part < KINDS; restore_request->part++)
        if (give(restore_request, store, kinds[restore_request->part], id) == DRF_ERR_FULL)
            return DRF_ERR_FULL;
    char name[EDGE_BACKQUEUE_NAME_SIZE];
    name_of(EDGE_RESTORE_REQUEST_END, id, name);
    if (edge_backqueue_push(restore_request->found, name, NULL, 0) != DRF_OK)
        return DRF_ERR_FULL;
    restore_request->part = 0;
    return DRF_OK;
}

bool edge_restore_request_answer(struct edge_restore_request *restore_request,
                                 struct fusion_store *store)
{
    struct edge_back_value question;
    int count = 0;
    for (; count < ANSWERS_PER_STEP && edge_backqueue_front(restore_request->asked, &question);
         count++) {
        if (answer(restore_request, store, question.name) != DRF_OK)
            break;
        edge_backqueue_pop(restore_request->asked);
    }
    return count > 0;
}

enum drf_status edge_restore_request_forget(struct edge_restore_request *restore_request,
                                            const char *id)
{
    char name[EDGE_BACKQUEUE_NAME_SIZE];
    name_of(EDGE_RESTORE_REQUEST_FORGOTTEN, id, name);
    return edge_backqueue_push(restore_request->found, name, NULL, 0);
}
