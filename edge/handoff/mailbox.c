// SPDX-License-Identifier: Apache-2.0
#include "edge/handoff/mailbox.h"

#include <stddef.h>

void edge_mailbox_init(struct edge_mailbox *mailbox)
{
    atomic_init(&mailbox->slot, NULL);
    atomic_init(&mailbox->acknowledged, 0);
}

// Release and acquire on the slot make everything reachable from the root visible with it; the
// same pair on the epoch keeps serve's last reads of an old root before the fabric's free.
void edge_mailbox_put(struct edge_mailbox *mailbox, const struct fusion_root *root)
{
    atomic_store_explicit(&mailbox->slot, root, memory_order_release);
}

const struct fusion_root *edge_mailbox_take(struct edge_mailbox *mailbox)
{
    if (!atomic_load_explicit(&mailbox->slot, memory_order_relaxed))
        return NULL;
    return atomic_exchange_explicit(&mailbox->slot, NULL, memory_order_acquire);
}

void edge_mailbox_acknowledge(struct edge_mailbox *mailbox, uint64_t epoch)
{
    atomic_store_explicit(&mailbox->acknowledged, epoch, memory_order_release);
}

uint64_t edge_mailbox_acknowledged(const struct edge_mailbox *mailbox)
{
    return atomic_load_explicit(&mailbox->acknowledged, memory_order_acquire);
}
