// SPDX-License-Identifier: Apache-2.0
#include "edge/host/tcp.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

enum { SOCKET_BUFFER_BYTES = 1 << 20 };

void edge_tcp_tune(int fd, unsigned unacknowledged_max_ms)
{
    int on = 1, size = SOCKET_BUFFER_BYTES;
    (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &unacknowledged_max_ms,
                     sizeof unacknowledged_max_ms);
}

void edge_tcp_collect(int fd, bool on)
{
    int value = on;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_CORK, &value, sizeof value);
}

// Setting it again sends what is queued, and a corked socket stays corked: tcp(7).
void edge_tcp_flush(int fd)
{
    int on = 1;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

bool edge_tcp_established(int fd)
{
    struct tcp_info info;
    socklen_t size = sizeof info;
    return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) == 0
           && info.tcpi_state == TCP_ESTABLISHED;
}

int edge_tcp_error(int fd)
{
    int error = 0;
    socklen_t size = sizeof error;
    struct tcp_info info;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0 || error != 0)
        return error;
    size = sizeof info;
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0
        || info.tcpi_state != TCP_CLOSE)
        return 0;
    return info.tcpi_rtt == 0 ? ECONNREFUSED : ECONNRESET;
}
