// SPDX-License-Identifier: Apache-2.0
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "edge/command/check.h"

static int try_port(const struct sockaddr_in *to)
{
    const int on = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return errno;
    // As libmicrohttpd does.
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    int error = bind(fd, (const struct sockaddr *)to, sizeof *to) != 0 || listen(fd, 1) != 0
                    ? errno
                    : 0;
    (void)close(fd);
    return error;
}

// `what` is the section: its address and its port.
static void check_listener(struct edge_check *check, const char *what, const char *address,
                           uint32_t port)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    if (port == 0) {
        edge_check_add(check, what, EDGE_FINDING_OK, "none (%s.port is 0)", what);
        return;
    }
    if (inet_pton(AF_INET, address, &to.sin_addr) != 1) {
        edge_check_add(check, what, EDGE_FINDING_WRONG,
                       "%s.address: '%s' is no IPv4 address, such as 127.0.0.1 or 0.0.0.0",
                       what, address);
        return;
    }
    int error = check->running ? 0 : try_port(&to);
    if (check->running)
        edge_check_add(check, what, EDGE_FINDING_NOT_TESTED,
                       "%s:%u: a node is running on this store", address, port);
    else if (error != 0)
        edge_check_add(check, what, EDGE_FINDING_FAILED,
                       "%s:%u: the node would run without it: %s", address, port,
                       strerrordesc_np(error));
    else
        edge_check_add(check, what, EDGE_FINDING_OK, "%s:%u can be listened on", address, port);
}

void edge_check_http(struct edge_check *check)
{
    check_listener(check, "http", check->config->http_address, check->config->http_port);
}

void edge_check_view(struct edge_check *check)
{
    check_listener(check, "view", check->config->view.address, check->config->view.port);
}
