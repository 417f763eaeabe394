// edge/mqtt/inbox.h - bounded ring of received MQTT messages for the serve step.
// SPDX-License-Identifier: Apache-2.0
//
// One block of memory, allocated at open; messages are copied in and handed out in order. A
// message that does not fit is refused, and the caller counts it. One thread.
#ifndef EDGE_INBOX_H
#define EDGE_INBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "edge/mqtt/link.h"
#include "geo/status.h"

enum {
    EDGE_INBOX_TOPIC_MAX = 256, // with its NUL
    EDGE_INBOX_CORRELATION_MAX = 64,
    EDGE_INBOX_PAYLOAD_MAX = 65536,
};

struct edge_inbox {
    uint8_t *bytes;
    size_t size, head, tail, used; // used counts a skipped end too
    bool popped;                   // the message at head was handed out and may go
};

// DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status edge_inbox_open(size_t size, struct edge_inbox *out);
void edge_inbox_close(struct edge_inbox *inbox);

// Copies the message. A payload or correlation data over the limits above are left out, and
// their length is kept; a response topic over its limit becomes "+". DRF_ERR_FULL: no room.
// DRF_ERR_RANGE: the topic is longer than its limit.
DRF_MUST_CHECK enum drf_status edge_inbox_push(struct edge_inbox *inbox,
                                               const struct edge_incoming *whole);
// The oldest message; its pointers hold until the next pop or close. False: empty.
bool edge_inbox_pop(struct edge_inbox *inbox, struct edge_incoming *out);

#endif
