// SPDX-License-Identifier: Apache-2.0
#include "edge/host/http_clients.h"

#include <string.h>
#include <sys/socket.h>

bool edge_http_clients_open(struct edge_http_clients *clients, size_t most, size_t per_address)
{
    *clients = (struct edge_http_clients){.most = most, .per_address = per_address};
    return pthread_mutex_init(&clients->lock, NULL) == 0;
}

void edge_http_clients_close(struct edge_http_clients *clients)
{
    pthread_mutex_destroy(&clients->lock);
}

static void end(struct edge_http_client *client)
{
    (void)shutdown(client->fd, SHUT_RDWR);
    client->ended = true;
}

static void sweep(struct edge_http_clients *clients, int64_t now_mono_us)
{
    for (size_t i = 0; i < clients->count; i++)
        if (!clients->clients[i].ended && !clients->clients[i].kept
            && now_mono_us - clients->clients[i].began_mono_us >= EDGE_HTTP_REQUEST_US)
            end(&clients->clients[i]);
}

// Ends the oldest of those that count, if there are as many as `most`.
static void make_room(struct edge_http_clients *clients, const uint32_t *address, size_t most)
{
    struct edge_http_client *oldest = NULL;
    size_t count = 0;
    for (size_t i = 0; i < clients->count; i++) {
        struct edge_http_client *client = &clients->clients[i];
        if (client->ended || client->kept || (address != NULL && client->address != *address))
            continue;
        if (oldest == NULL)
            oldest = client;
        count++;
    }
    if (oldest != NULL && count >= most)
        end(oldest);
}

void edge_http_clients_admit(struct edge_http_clients *clients, uint32_t address,
                             int64_t now_mono_us)
{
    pthread_mutex_lock(&clients->lock);
    sweep(clients, now_mono_us);
    make_room(clients, &address, clients->per_address);
    make_room(clients, NULL, clients->most);
    pthread_mutex_unlock(&clients->lock);
}

void edge_http_clients_add(struct edge_http_clients *clients, int fd, uint32_t address,
                           int64_t now_mono_us)
{
    pthread_mutex_lock(&clients->lock);
    if (clients->count < EDGE_HTTP_SOCKETS)
        clients->clients[clients->count++] = (struct edge_http_client){
            .fd = fd, .address = address, .began_mono_us = now_mono_us, .ended = false};
    else
        (void)shutdown(fd, SHUT_RDWR);
    pthread_mutex_unlock(&clients->lock);
}

void edge_http_clients_keep(struct edge_http_clients *clients, int fd)
{
    pthread_mutex_lock(&clients->lock);
    for (size_t i = 0; i < clients->count; i++)
        if (clients->clients[i].fd == fd)
            clients->clients[i].kept = true;
    pthread_mutex_unlock(&clients->lock);
}

void edge_http_clients_remove(struct edge_http_clients *clients, int fd)
{
    pthread_mutex_lock(&clients->lock);
    for (size_t i = 0; i < clients->count; i++) {
        if (clients->clients[i].fd != fd)
            continue;
        clients->count--;
        memmove(&clients->clients[i], &clients->clients[i + 1],
                (clients->count - i) * sizeof clients->clients[0]);
        break;
    }
    pthread_mutex_unlock(&clients->lock);
}

void edge_http_clients_sweep(struct edge_http_clients *clients, int64_t now_mono_us)
{
    pthread_mutex_lock(&clients->lock);
    sweep(clients, now_mono_us);
    pthread_mutex_unlock(&clients->lock);
}
