// SPDX-License-Identifier: Apache-2.0
#include "edge/handoff/mailbox.h"

void edge_mailbox_init(struct edge_mailbox *mailbox)
{
    *mailbox = (struct edge_mailbox){.held_count = 0};
    atomic_init(&mailbox->slot, NULL);
    atomic_init(&mailbox->acknowledged, 0);
}

void edge_mailbox_use_inputs(struct edge_mailbox *mailbox, struct edge_inputs *ingest,
                             struct edge_inputs *serve)
{
    mailbox->ingest = ingest;
    mailbox->serve = serve;
}

static void drop_held(struct edge_mailbox *mailbox, size_t count)
{
    mailbox->held_count -= count;
    for (size_t i = 0; i < mailbox->held_count; i++)
        mailbox->held[i] = mailbox->held[i + count];
}

// In a replay the step that puts the next root may come before the one that took this root.
static void hold(struct edge_mailbox *mailbox, const struct fusion_root *root)
{
    if (mailbox->held_count == EDGE_MAILBOX_HELD_MAX)
        drop_held(mailbox, 1);
    mailbox->held[mailbox->held_count++] = root;
}

// Release and acquire on the slot make everything reachable from the root visible with it; the
// same pair on the epoch keeps serve's last reads of an old root before the fabric's free.
void edge_mailbox_put(struct edge_mailbox *mailbox, const struct fusion_root *root)
{
    if (edge_inputs_replays(mailbox->serve))
        hold(mailbox, root);
    else
        atomic_store_explicit(&mailbox->slot, root, memory_order_release);
}

static const struct fusion_root *take_held(struct edge_mailbox *mailbox)
{
    if (edge_inputs_free(mailbox->serve)) {
        const struct fusion_root *newest =
            mailbox->held_count > 0 ? mailbox->held[mailbox->held_count - 1] : NULL;
        mailbox->held_count = 0;
        return newest;
    }
    uint64_t epoch = (uint64_t)edge_inputs_value(mailbox->serve, EDGE_INPUT_EPOCH, 0);
    if (epoch == 0)
        return NULL;
    for (size_t i = 0; i < mailbox->held_count; i++)
        if (mailbox->held[i]->epoch == epoch) {
            const struct fusion_root *root = mailbox->held[i];
            drop_held(mailbox, i + 1);
            return root;
        }
    edge_inputs_differ(mailbox->serve, "the root that was taken was not published");
    return NULL;
}

const struct fusion_root *edge_mailbox_take(struct edge_mailbox *mailbox)
{
    if (edge_inputs_replays(mailbox->serve))
        return take_held(mailbox);
    const struct fusion_root *root = NULL;
    if (atomic_load_explicit(&mailbox->slot, memory_order_relaxed))
        root = atomic_exchange_explicit(&mailbox->slot, NULL, memory_order_acquire);
    (void)edge_inputs_value(mailbox->serve, EDGE_INPUT_EPOCH,
                            root != NULL ? (int64_t)root->epoch : 0);
    return root;
}

void edge_mailbox_acknowledge(struct edge_mailbox *mailbox, uint64_t epoch)
{
    atomic_store_explicit(&mailbox->acknowledged, epoch, memory_order_release);
}

uint64_t edge_mailbox_acknowledged(const struct edge_mailbox *mailbox)
{
    uint64_t epoch = atomic_load_explicit(&mailbox->acknowledged, memory_order_acquire);
    return (uint64_t)edge_inputs_value(mailbox->ingest, EDGE_INPUT_ACKNOWLEDGED,
                                       (int64_t)epoch);
}
