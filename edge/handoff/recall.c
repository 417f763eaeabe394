// SPDX-License-Identifier: Apache-2.0
#include "edge/handoff/recall.h"

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

enum drf_status edge_recall_open(struct edge_recall *out)
{
    struct edge_recall recall = {.bytes = malloc(EDGE_INBOX_PAYLOAD_MAX)};
    enum drf_status status = recall.bytes != NULL ? DRF_OK : DRF_ERR_NOMEM;
    if (status == DRF_OK)
        status = edge_backqueue_open(ASKED_BYTES, &recall.asked);
    if (status == DRF_OK)
        status = edge_backqueue_open(FOUND_BYTES, &recall.found);
    if (status != DRF_OK) {
        edge_recall_close(&recall);
        return status;
    }
    *out = recall;
    return DRF_OK;
}

void edge_recall_close(struct edge_recall *recall)
{
    edge_backqueue_close(recall->found);
    edge_backqueue_close(recall->asked);
    free(recall->bytes);
    *recall = (struct edge_recall){0};
}

static void name_of(const char *kind, const char *id, char out[static EDGE_BACKQUEUE_NAME_SIZE])
{
    int length = snprintf(out, EDGE_BACKQUEUE_NAME_SIZE, "%s%s", kind, id);
    assert(length > 0 && length < EDGE_BACKQUEUE_NAME_SIZE);
    (void)length;
}

enum drf_status edge_recall_ask(struct edge_recall *recall, const char *id)
{
    return edge_backqueue_push(recall->asked, id, NULL, 0);
}

bool edge_recall_front(struct edge_recall *recall, struct edge_back_value *out)
{
    return edge_backqueue_front(recall->found, out);
}

void edge_recall_pop(struct edge_recall *recall) { edge_backqueue_pop(recall->found); }

bool edge_recall_waiting(struct edge_recall *recall)
{
    return !edge_backqueue_empty(recall->asked);
}

// DRF_ERR_FULL: serve has not taken the last answers yet. What cannot be read is as if nothing
// were kept: the next commit says what is wrong with the file.
static enum drf_status give(struct edge_recall *recall, struct fusion_store *store,
                            const char *kind, const char *id)
{
    char name[EDGE_BACKQUEUE_NAME_SIZE];
    name_of(kind, id, name);
    size_t size = EDGE_INBOX_PAYLOAD_MAX;
    if (fusion_store_value(store, name, recall->bytes, &size) != DRF_OK)
        return DRF_OK;
    return edge_backqueue_push(recall->found, name, recall->bytes, size);
}

static enum drf_status answer(struct edge_recall *recall, struct fusion_store *store,
                              const char *id)
{
    static const char *const kinds[] = {EDGE_KEPT_PROFILE, EDGE_KEPT_PLAN};
    enum { KINDS = sizeof kinds / sizeof kinds[0] };
    for (; recall->part < KINDS; recall->part++)
        if (give(recall, store, kinds[recall->part], id) == DRF_ERR_FULL)
            return DRF_ERR_FULL;
    char name[EDGE_BACKQUEUE_NAME_SIZE];
    name_of(EDGE_RECALL_END, id, name);
    if (edge_backqueue_push(recall->found, name, NULL, 0) != DRF_OK)
        return DRF_ERR_FULL;
    recall->part = 0;
    return DRF_OK;
}

bool edge_recall_answer(struct edge_recall *recall, struct fusion_store *store)
{
    struct edge_back_value question;
    int count = 0;
    for (; count < ANSWERS_PER_STEP && edge_backqueue_front(recall->asked, &question);
         count++) {
        if (answer(recall, store, question.name) != DRF_OK)
            break;
        edge_backqueue_pop(recall->asked);
    }
    return count > 0;
}

enum drf_status edge_recall_forget(struct edge_recall *recall, const char *id)
{
    char name[EDGE_BACKQUEUE_NAME_SIZE];
    name_of(EDGE_RECALL_FORGOTTEN, id, name);
    return edge_backqueue_push(recall->found, name, NULL, 0);
}
