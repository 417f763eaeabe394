// SPDX-License-Identifier: Apache-2.0
// One epoll set over the sockets of all clients, each served with mosquitto_loop_read,
// _write and _misc: mosquitto's own loop uses select(), which ends at descriptor 1,023. A
// client is a state machine: idle, connecting, subscribing, ready. mosquitto_connect blocks,
// so the address is resolved once and the first connection is tried with a timeout of its
// own; connections begun and not yet answered are limited to less than a broker's listen
// backlog. A client that fails goes back to idle and retries with exponential back-off.
#include "sim/fleet/fleet_mqtt.h"

#include <errno.h>
#include <mosquitto.h>
#include <netdb.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sim/host/loop.h"

enum {
    TOPIC_SIZE = 160,
    EVENTS = 256,
    STARTS_A_STEP = 16, // connections begun in one step
    UNDER_WAY_MAX = 48, // begun and not yet answered: mosquitto's backlog is 100
    KEEPALIVE_S = 60,
    BACKOFF_FIRST_US = 500000,
    BACKOFF_LAST_US = 10000000,
    MISC_US = 1000000,
    KNOCK_MS = 5000,
};

enum link_state { LINK_IDLE, LINK_CONNECTING, LINK_SUBSCRIBING, LINK_READY };

struct link {
    struct sim_links *owner;
    struct mosquitto *client;
    enum link_state state;
    int socket;
    bool writing; // epoll also waits for room to write
    int64_t retry_mono_us, backoff_us;
};

struct sim_links {
    char address[NI_MAXHOST];
    unsigned port;
    char root[64];
    const struct sim_account *accounts;
    struct link *links;
    size_t count, next_start, under_way, ready;
    uint64_t lost;
    int epoll;
    int64_t misc_mono_us, now_mono_us;
    sim_links_message_fn on_message;
    void *context;
    char refusal[128];
};

static void set_state(struct link *link, enum link_state state)
{
    struct sim_links *links = link->owner;
    bool was_under_way = link->state == LINK_CONNECTING || link->state == LINK_SUBSCRIBING;
    bool is_under_way = state == LINK_CONNECTING || state == LINK_SUBSCRIBING;
    links->under_way = links->under_way + is_under_way - was_under_way;
    links->ready = links->ready + (state == LINK_READY) - (link->state == LINK_READY);
    link->state = state;
}

static void fail(struct link *link, const char *why)
{
    struct sim_links *links = link->owner;
    if (link->state == LINK_READY)
        links->lost++;
    snprintf(links->refusal, sizeof links->refusal, "%s", why);
    set_state(link, LINK_IDLE);
    link->socket = -1;
    link->retry_mono_us = links->now_mono_us + link->backoff_us;
    link->backoff_us =
        link->backoff_us * 2 < BACKOFF_LAST_US ? link->backoff_us * 2 : BACKOFF_LAST_US;
}

static void watch(struct link *link)
{
    int socket = mosquitto_socket(link->client);
    if (socket < 0)
        return;
    bool writing = mosquitto_want_write(link->client);
    struct epoll_event event = {.events = EPOLLIN | (writing ? (uint32_t)EPOLLOUT : 0U),
                                .data.ptr = link};
    if (socket != link->socket) {
        epoll_ctl(link->owner->epoll, EPOLL_CTL_ADD, socket, &event);
        link->socket = socket;
    } else if (writing != link->writing) {
        epoll_ctl(link->owner->epoll, EPOLL_CTL_MOD, socket, &event);
    }
    link->writing = writing;
}

static void on_connect(struct mosquitto *client, void *opaque, int code, int flags,
                       const mosquitto_property *properties)
{
    (void)flags;
    (void)properties;
    struct link *link = opaque;
    struct sim_links *links = link->owner;
    if (code != 0) {
        snprintf(links->refusal, sizeof links->refusal, "%s: %s",
                 links->accounts[link - links->links].name, mosquitto_reason_string(code));
        return; // the broker closes
    }
    char topics[SIM_STREAMS][TOPIC_SIZE], *list[SIM_STREAMS];
    size_t index = (size_t)(link - links->links);
    for (int i = 0; i < SIM_STREAM_STATE; i++) {
        snprintf(topics[i], sizeof topics[i], "%s/drones/%s/%s/+", links->root,
                 links->accounts[index].name, sim_stream_words[i]);
        list[i] = topics[i];
    }
    snprintf(topics[SIM_STREAM_STATE], TOPIC_SIZE, "%s/regions/+/nodes/+/state", links->root);
    list[SIM_STREAM_STATE] = topics[SIM_STREAM_STATE];
    set_state(link, LINK_SUBSCRIBING);
    (void)mosquitto_subscribe_multiple(
        client, NULL, index == 0 ? SIM_STREAMS : SIM_STREAM_STATE, list, 0, 0, NULL);
}

static void on_subscribe(struct mosquitto *client, void *opaque, int id, int count,
                         const int *granted, const mosquitto_property *properties)
{
    (void)client;
    (void)id;
    (void)count;
    (void)granted;
    (void)properties;
    struct link *link = opaque;
    link->backoff_us = BACKOFF_FIRST_US;
    set_state(link, LINK_READY);
}

static void on_message(struct mosquitto *client, void *opaque,
                       const struct mosquitto_message *message,
                       const mosquitto_property *properties)
{
    (void)client;
    (void)properties;
    struct link *link = opaque;
    struct sim_links *links = link->owner;
    enum sim_stream stream = sim_stream_of(message->topic);
    links->on_message(links->context, (size_t)(link - links->links), stream, message->payload,
                      message->payloadlen > 0 ? (size_t)message->payloadlen : 0,
                      sim_clock_now());
}

static enum drf_status resolve(const char *host, char address[static NI_MAXHOST])
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found = NULL;
    if (getaddrinfo(host, NULL, &hints, &found) != 0 || found == NULL)
        return DRF_ERR_ABSENT;
    int bad = getnameinfo(found->ai_addr, found->ai_addrlen, address, NI_MAXHOST, NULL, 0,
                          NI_NUMERICHOST);
    freeaddrinfo(found);
    return bad == 0 ? DRF_OK : DRF_ERR_ABSENT;
}

// libmosquitto connects with a blocking call, so reachability is tested before.
static enum drf_status knock(const char *address, unsigned port)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST};
    struct addrinfo *found = NULL;
    char service[16];
    snprintf(service, sizeof service, "%u", port);
    if (getaddrinfo(address, service, &hints, &found) != 0 || found == NULL)
        return DRF_ERR_ABSENT;
    int end = socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int failure = end < 0 ? errno : 0;
    if (failure == 0 && connect(end, found->ai_addr, found->ai_addrlen) != 0)
        failure = errno;
    if (failure == EINPROGRESS) {
        struct pollfd wait = {.fd = end, .events = POLLOUT};
        socklen_t size = sizeof failure;
        if (poll(&wait, 1, KNOCK_MS) != 1
            || getsockopt(end, SOL_SOCKET, SO_ERROR, &failure, &size) != 0)
            failure = ETIMEDOUT;
    }
    if (end >= 0)
        close(end);
    freeaddrinfo(found);
    return failure == 0 ? DRF_OK : DRF_ERR_AGAIN;
}

static enum drf_status make_client(struct link *link, const struct sim_account *account)
{
    link->client = mosquitto_new(account->name, true, link);
    if (link->client == NULL)
        return DRF_ERR_NOMEM;
    mosquitto_int_option(link->client, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V5);
    mosquitto_int_option(link->client, MOSQ_OPT_TCP_NODELAY, 1);
    const char *password = account->password[0] != '\0' ? account->password : NULL;
    if (mosquitto_username_pw_set(link->client, account->name, password) != MOSQ_ERR_SUCCESS)
        return DRF_ERR_NOMEM;
    mosquitto_connect_v5_callback_set(link->client, on_connect);
    mosquitto_subscribe_v5_callback_set(link->client, on_subscribe);
    mosquitto_message_v5_callback_set(link->client, on_message);
    return DRF_OK;
}

enum drf_status sim_links_open(const char *host, unsigned port, const char *root,
                               const struct sim_account *accounts, size_t count,
                               sim_links_message_fn fn, void *context, struct sim_links **out)
{
    struct sim_links *links = calloc(1, sizeof *links);
    if (links == NULL)
        return DRF_ERR_NOMEM;
    mosquitto_lib_init();
    links->port = port;
    links->accounts = accounts;
    links->on_message = fn;
    links->context = context;
    links->epoll = epoll_create1(EPOLL_CLOEXEC);
    snprintf(links->root, sizeof links->root, "%s", root);
    links->links = calloc(count, sizeof *links->links);
    enum drf_status status = links->links != NULL && links->epoll >= 0
                                 ? resolve(host, links->address)
                                 : DRF_ERR_NOMEM;
    if (status == DRF_OK)
        status = knock(links->address, port);
    for (size_t i = 0; i < count && status == DRF_OK; i++) {
        links->links[i] =
            (struct link){.owner = links, .socket = -1, .backoff_us = BACKOFF_FIRST_US};
        links->count++;
        status = make_client(&links->links[i], &accounts[i]);
    }
    if (status != DRF_OK) {
        sim_links_close(links);
        return status;
    }
    *out = links;
    return DRF_OK;
}

void sim_links_close(struct sim_links *links)
{
    if (links == NULL)
        return;
    for (size_t i = 0; links->links != NULL && i < links->count; i++) {
        if (links->links[i].client == NULL)
            continue;
        if (links->links[i].state != LINK_IDLE)
            (void)mosquitto_disconnect_v5(links->links[i].client, 0, NULL);
        mosquitto_destroy(links->links[i].client);
    }
    if (links->epoll >= 0)
        close(links->epoll);
    free(links->links);
    free(links);
    mosquitto_lib_cleanup();
}

static void start_some(struct sim_links *links)
{
    int started = 0;
    for (size_t n = 0; n < links->count && started < STARTS_A_STEP
                       && links->under_way < UNDER_WAY_MAX && links->ready < links->count;
         n++) {
        struct link *link = &links->links[links->next_start];
        links->next_start = (links->next_start + 1) % links->count;
        if (link->state != LINK_IDLE || links->now_mono_us < link->retry_mono_us)
            continue;
        started++;
        set_state(link, LINK_CONNECTING);
        int code = mosquitto_connect_bind_v5(link->client, links->address, (int)links->port,
                                             KEEPALIVE_S, NULL, NULL);
        if (code != MOSQ_ERR_SUCCESS)
            fail(link, mosquitto_strerror(code));
        else
            watch(link);
    }
}

static bool serve_link(struct link *link, uint32_t events)
{
    int code = MOSQ_ERR_SUCCESS;
    if ((events & EPOLLOUT) != 0)
        code = mosquitto_loop_write(link->client, 1);
    bool read = code == MOSQ_ERR_SUCCESS && (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0;
    if (read)
        code = mosquitto_loop_read(link->client, 1);
    if (code != MOSQ_ERR_SUCCESS)
        fail(link, mosquitto_strerror(code));
    else
        watch(link);
    return read;
}

bool sim_links_step(struct sim_links *links, int wait_ms, int64_t now_mono_us)
{
    links->now_mono_us = now_mono_us;
    start_some(links);
    if (now_mono_us - links->misc_mono_us >= MISC_US) {
        links->misc_mono_us = now_mono_us;
        for (size_t i = 0; i < links->count; i++) {
            struct link *link = &links->links[i];
            int code =
                link->state != LINK_IDLE ? mosquitto_loop_misc(link->client) : MOSQ_ERR_SUCCESS;
            if (code != MOSQ_ERR_SUCCESS)
                fail(link, mosquitto_strerror(code));
        }
    }
    struct epoll_event events[EVENTS];
    int count = epoll_wait(links->epoll, events, EVENTS, wait_ms);
    bool read = false;
    for (int i = 0; i < count; i++)
        read |= serve_link(events[i].data.ptr, events[i].events);
    return read;
}

static enum drf_status publish(void *context, size_t index, const struct sim_outgoing *message,
                               struct sim_now now)
{
    (void)now;
    struct sim_links *links = context;
    struct link *link = &links->links[index];
    if (link->state != LINK_READY)
        return DRF_ERR_AGAIN;
    char topic[TOPIC_SIZE];
    snprintf(topic, sizeof topic, "%s/drones/%s/%s", links->root, links->accounts[index].name,
             message->word);
    int code = mosquitto_publish_v5(link->client, NULL, topic, (int)message->size,
                                    message->bytes, message->qos, message->retain, NULL);
    watch(link);
    return code == MOSQ_ERR_SUCCESS ? DRF_OK : DRF_ERR_AGAIN;
}

static size_t connected(void *context) { return sim_links_ready(context); }

struct sim_link_port sim_links_port(struct sim_links *links)
{
    return (struct sim_link_port){.context = links, .send = publish, .connected = connected};
}

size_t sim_links_ready(const struct sim_links *links) { return links->ready; }
uint64_t sim_links_lost(const struct sim_links *links) { return links->lost; }
const char *sim_links_refusal(const struct sim_links *links) { return links->refusal; }
