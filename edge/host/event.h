// edge/host/event.h - an eventfd as one thread wakes another by it.
// SPDX-License-Identifier: Apache-2.0
#ifndef EDGE_EVENT_H
#define EDGE_EVENT_H

#include <stdint.h>
#include <unistd.h>

static inline void edge_event_wake(int fd)
{
    uint64_t one = 1;
    ssize_t written = write(fd, &one, sizeof one); // full means it is awake already
    (void)written;
}

static inline void edge_event_drain(int fd)
{
    uint64_t value;
    ssize_t got = read(fd, &value, sizeof value);
    (void)got;
}

#endif
