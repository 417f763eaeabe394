// edge/host/tcp.h - a TCP socket that a library made: tuned, and asked how it is.
// SPDX-License-Identifier: Apache-2.0
#ifndef EDGE_TCP_H
#define EDGE_TCP_H

#include <stdbool.h>

// Not for a child process; no waiting to fill segments, 1 MB each way, and lost when something
// sent is not acknowledged for so long: a link that was cut says nothing, and the node sends a
// heartbeat each second.
void edge_tcp_tune(int fd, unsigned unacknowledged_max_ms);
// While it collects, what is written goes out at the next flush, when a segment is full, or
// after 0.2 s. Its end is a flush too.
void edge_tcp_collect(int fd, bool on);
void edge_tcp_flush(int fd);
bool edge_tcp_established(int fd);
// Why the connection was not made, or ended; 0: nothing is known against it. A TLS library may
// have taken the error from the socket: one that is closed and never measured a round trip was
// refused.
int edge_tcp_error(int fd);

#endif
