// edge/service/notify.h - tells systemd about the node: ready, alive, reloading, stopping.
// SPDX-License-Identifier: Apache-2.0
//
// The protocol of sd_notify(3): datagrams to the socket that $NOTIFY_SOCKET names. Without that
// variable every function does nothing. For one thread, the one that waits for signals;
// non-blocking. Not libsystemd: it would load four libraries more into the node and into each
// decoder child, for one sendto(); the protocol is documented to be implemented so.
#ifndef EDGE_NOTIFY_H
#define EDGE_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "edge/host/health.h"

enum { EDGE_NOTIFY_STATUS_SIZE = 400, EDGE_NOTIFY_EVERY_US = 100000 };

struct edge_notify {
    int fd; // -1: nobody is told
    struct sockaddr_un address;
    socklen_t address_size;
    int64_t watchdog_us;                  // 0: no watchdog
    bool ready;                           // READY=1 was sent
    bool reloading;                       // RELOADING=1 was, and no READY=1 since
    bool working;                         // the watchdog was told to wait longer
    int64_t fed_mono_us;                  // when it was fed last, or more time was asked for
    char status[EDGE_NOTIFY_STATUS_SIZE]; // told last
};

// Reads $NOTIFY_SOCKET, $WATCHDOG_USEC and $WATCHDOG_PID. Cannot fail: a socket that cannot be
// had is as none.
void edge_notify_open(struct edge_notify *notify);
void edge_notify_close(struct edge_notify *notify);

// What the node is like. READY=1 is sent once both loops run, the brokers answer, a decoder is
// warm and the feeds have caught up (where a topic does not exist yet, that is not waited for;
// nor for what a start does not cure: a full disk, overload, features that were lost). STATUS=
// is sent when its words change. While both loops have begun a step since the last time,
// the watchdog is fed (before READY: EXTEND_TIMEOUT_USEC, so that a node that waits for a
// broker is not killed by TimeoutStartSec). A loop that hangs ends that. To be called every
// EDGE_NOTIFY_EVERY_US or so. `begun`: every feed's topic was looked for.
void edge_notify_step(struct edge_notify *notify, const struct edge_health *health, bool begun,
                      int64_t now_mono_us);

// Before the loops run, or between two runs: `text` is the status, and the work may take
// `timeout_us` from now before the watchdog or a time-out of the start ends the node.
void edge_notify_working(struct edge_notify *notify, const char *text, int64_t timeout_us);
// A reload begins (RELOADING=1) or has ended, whether or not it changed anything (READY=1).
// Before the first READY=1 it does nothing: systemd does not reload what is starting.
void edge_notify_reloading(struct edge_notify *notify, bool there, int64_t now_mono_us);
void edge_notify_stopping(struct edge_notify *notify, const char *text); // STOPPING=1

#endif
