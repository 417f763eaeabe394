// edge/host/http_clients.h - limits on HTTP connections: number, per address, time.
// SPDX-License-Identifier: Apache-2.0
//
// A connection serves one request and has EDGE_HTTP_REQUEST_US for all of it, however slowly
// its bytes come. A new connection always gets a place: one address holds at most `per_address`
// and all together at most `most`, and the oldest of them ends for it. So a probe that asks and
// reads at once is answered beside any number of slow clients. A stream, which somebody else
// bounds, is kept: neither time nor newcomers end it.
//
// Ending is shutdown(2) of the socket: whoever owns it closes it. Called by the HTTP threads
// and by the thread that ends what is late; a mutex is held for a few instructions.
#ifndef EDGE_HTTP_CLIENTS_H
#define EDGE_HTTP_CLIENTS_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { EDGE_HTTP_SOCKETS = 128 }; // with those that were ended and are not closed
#define EDGE_HTTP_REQUEST_US INT64_C(10000000)

struct edge_http_clients {
    pthread_mutex_t lock;
    size_t most, per_address;
    size_t count; // oldest first
    struct edge_http_client {
        int fd;
        uint32_t address; // IPv4
        int64_t began_mono_us;
        bool ended, kept;
    } clients[EDGE_HTTP_SOCKETS];
};

// False: no memory for the mutex.
bool edge_http_clients_open(struct edge_http_clients *clients, size_t most, size_t per_address);
void edge_http_clients_close(struct edge_http_clients *clients);

// A connection from `address` is about to be made: ends those in its way.
void edge_http_clients_admit(struct edge_http_clients *clients, uint32_t address,
                             int64_t now_mono_us);
// It was made; beyond EDGE_HTTP_SOCKETS it is ended at once.
void edge_http_clients_add(struct edge_http_clients *clients, int fd, uint32_t address,
                           int64_t now_mono_us);
// It became a stream.
void edge_http_clients_keep(struct edge_http_clients *clients, int fd);
// It is about to be closed.
void edge_http_clients_remove(struct edge_http_clients *clients, int fd);
// Ends those whose time is over.
void edge_http_clients_sweep(struct edge_http_clients *clients, int64_t now_mono_us);

#endif
