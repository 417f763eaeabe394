// edge/host/tcp.h - a TCP socket that a library made: tuned, and asked how it is.
// SPDX-License-Identifier: Apache-2.0
#ifndef EDGE_TCP_H
#define EDGE_TCP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "geo/status.h"

// Not for a child process; no waiting to fill segments, 1 MB each way, and lost when something
// sent is not acknowledged for so long: a link that was cut says nothing, and the node sends a
// heartbeat each second.
void edge_tcp_tune(int fd, unsigned unacknowledged_max_ms);
// While it collects, what is written goes out at the next flush, when a segment is full, or
// after 0.2 s. Its end is a flush too.
void edge_tcp_collect(int fd, bool on);
void edge_tcp_flush(int fd);
bool edge_tcp_established(int fd);
// Writes without waiting and returns how much. *status: DRF_OK; DRF_ERR_FULL: the socket takes
// no more now; DRF_ERR_AGAIN: it has failed, and was shut down.
size_t edge_tcp_write(int fd, const uint8_t *bytes, size_t size, enum drf_status *status);
// Copies what has come, which stays there, and returns how much; 0: nothing has. *status:
// DRF_OK; DRF_ERR_ABSENT: no more will come; DRF_ERR_AGAIN: it has failed, errno says how.
size_t edge_tcp_peek(int fd, uint8_t *bytes, size_t room, enum drf_status *status);
// Takes away so many bytes of what was seen; `bytes` has room for them.
void edge_tcp_skip(int fd, uint8_t *bytes, size_t size);
// Why the connection was not made, or ended; 0: nothing is known against it. A TLS library may
// have taken the error from the socket: one that is closed and never measured a round trip was
// refused.
int edge_tcp_error(int fd);

#endif
