// SPDX-License-Identifier: Apache-2.0
// libmicrohttpd with a thread for each connection: a stream waits in its own for the next tick.
// Each answer closes its connection, so that one connection is one request; http_clients.c
// bounds their number and the time that each has, streams.c the streams. Every answer carries
// the same headers that keep a browser from running or showing anything that is not ours, and
// none that lets another origin read it.
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "edge/host/clock.h"
#include "edge/view/view_parts.h"

enum {
    SOCKETS_MAX = 2 * EDGE_VIEW_CLIENTS_MAX + EDGE_STREAMS_MAX,
    IDLE_S = 20,            // a stream whose reader takes nothing ends
    STREAM_BLOCK = 16384,   // bytes read at once
    STREAM_SEND = 64 << 10, // a slow reader is noticed, and not fed what is old
    STACK_BYTES = 1 << 20,
    NICE = 10, // of the threads that answer
    FOLLOW_MAX = EDGE_VIEW_FOLLOWED_MAX,
};

static const struct {
    const char *name, *value;
} always[] = {
    {"Content-Security-Policy",
     "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
     "img-src 'self' data: blob:; base-uri 'none'; form-action 'none'; "
     "frame-ancestors 'none'"},
    {"X-Content-Type-Options", "nosniff"},
    {"Referrer-Policy", "no-referrer"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {MHD_HTTP_HEADER_CONNECTION, "close"},
};

static void add_header(struct MHD_Response *response, const char *name, const char *value)
{
    if (value != NULL)
        (void)MHD_add_response_header(response, name, value);
}

static void add_always(struct MHD_Response *response)
{
    for (size_t i = 0; i < sizeof always / sizeof always[0]; i++)
        add_header(response, always[i].name, always[i].value);
}

static enum MHD_Result send_reply(const struct edge_view *view,
                                  struct MHD_Connection *connection, struct edge_reply *reply)
{
    if (reply->body.failed)
        edge_answer_error(reply, MHD_HTTP_SERVICE_UNAVAILABLE, EDGE_VIEW_REFUSED_COUNT,
                          "out of memory");
    if (reply->refusal != EDGE_VIEW_REFUSED_COUNT)
        edge_metrics_add(view->parts.metrics, EDGE_METRIC_VIEW_REFUSED, reply->refusal, 0, 1);
    // For who reads it in a terminal.
    if (reply->type == NULL && reply->body.length > 0)
        edge_json_text_raw(&reply->body, "\n", 1);
    const bool owned = reply->body.bytes != NULL;
    struct MHD_Response *response =
        MHD_create_response_from_buffer(reply->body.length, owned ? reply->body.bytes : "",
                                        owned ? MHD_RESPMEM_MUST_FREE : MHD_RESPMEM_PERSISTENT);
    if (response == NULL) {
        edge_json_text_close(&reply->body);
        return MHD_NO;
    }
    add_always(response);
    if (reply->code != MHD_HTTP_NOT_MODIFIED)
        add_header(response, MHD_HTTP_HEADER_CONTENT_TYPE,
                   reply->type != NULL ? reply->type : "application/json");
    add_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, reply->keeps ? "no-cache" : "no-store");
    add_header(response, MHD_HTTP_HEADER_ETAG, reply->tag);
    add_header(response, MHD_HTTP_HEADER_VARY, reply->vary);
    add_header(response, MHD_HTTP_HEADER_LOCATION, reply->location);
    add_header(response, MHD_HTTP_HEADER_SET_COOKIE, reply->cookie);
    add_header(response, MHD_HTTP_HEADER_CONTENT_ENCODING, reply->gzip ? "gzip" : NULL);
    add_header(response, MHD_HTTP_HEADER_RETRY_AFTER, reply->retry_after);
    add_header(response, MHD_HTTP_HEADER_ALLOW,
               reply->code == MHD_HTTP_METHOD_NOT_ALLOWED ? "GET, HEAD" : NULL);
    const enum MHD_Result result = MHD_queue_response(connection, reply->code, response);
    MHD_destroy_response(response);
    return result;
}

static ssize_t read_stream(void *context, uint64_t at, char *out, size_t room)
{
    (void)at;
    const ssize_t size = edge_stream_read(context, out, room);
    return size < 0 ? MHD_CONTENT_READER_END_OF_STREAM : size;
}

static void close_stream(void *context) { edge_stream_close(context); }

struct following {
    const char *ids[FOLLOW_MAX];
    size_t count;
    bool too_many, bad;
};

static enum MHD_Result see_drone(void *context, enum MHD_ValueKind kind, const char *key,
                                 const char *value)
{
    struct following *following = context;
    (void)kind;
    if (strcmp(key, "drone") != 0 || value == NULL || value[0] == '\0'
        || strlen(value) >= EDGE_VIEW_ID_SIZE) {
        following->bad = true;
        return MHD_YES;
    }
    for (size_t i = 0; i < following->count; i++)
        if (strcmp(following->ids[i], value) == 0)
            return MHD_YES;
    if (following->count == FOLLOW_MAX)
        following->too_many = true;
    else
        following->ids[following->count++] = value;
    return MHD_YES;
}

static int socket_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    return info != NULL ? info->connect_fd : -1;
}

static enum MHD_Result send_stream(struct edge_view *view, struct MHD_Connection *connection,
                                   struct edge_stream *stream)
{
    const int fd = socket_of(connection), bytes = STREAM_SEND;
    struct MHD_Response *response = MHD_create_response_from_callback(
        MHD_SIZE_UNKNOWN, STREAM_BLOCK, read_stream, stream, close_stream);
    if (response == NULL) {
        edge_stream_close(stream);
        return MHD_NO;
    }
    edge_http_clients_keep(&view->clients, fd);
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
    (void)MHD_set_connection_option(connection, MHD_CONNECTION_OPTION_TIMEOUT,
                                    (unsigned)IDLE_S);
    add_always(response);
    add_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, "text/event-stream");
    add_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    add_header(response, "X-Accel-Buffering", "no"); // a proxy passes it on as it comes
    const enum MHD_Result result = MHD_queue_response(connection, MHD_HTTP_OK, response);
    MHD_destroy_response(response);
    return result;
}

// NULL: *reply says why.
static struct edge_stream *open_stream(struct edge_view *view,
                                       struct MHD_Connection *connection,
                                       struct edge_reply *reply)
{
    struct following following = {.count = 0};
    struct edge_stream *stream = NULL;
    (void)MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, see_drone, &following);
    if (following.bad) {
        edge_answer_error(reply, MHD_HTTP_BAD_REQUEST, EDGE_VIEW_REFUSED_REQUEST,
                          "the only argument is drone, the id of one to follow; it may come "
                          "several times");
        return NULL;
    }
    enum drf_status status =
        following.too_many ? DRF_ERR_RANGE
                           : edge_stream_open(view->streams, following.ids, following.count,
                                              edge_clock_utc_us(), &stream);
    if (status == DRF_ERR_FULL)
        edge_answer_error(reply, MHD_HTTP_SERVICE_UNAVAILABLE, EDGE_VIEW_REFUSED_FULL,
                          "16 pages look at this node already: close one");
    else if (status == DRF_ERR_RANGE)
        edge_answer_error(reply, MHD_HTTP_SERVICE_UNAVAILABLE, EDGE_VIEW_REFUSED_FULL,
                          "64 drones are followed by all pages together, and no more can be");
    else if (status != DRF_OK)
        edge_answer_error(reply, MHD_HTTP_SERVICE_UNAVAILABLE, EDGE_VIEW_REFUSED_COUNT,
                          "out of memory");
    return stream;
}

static enum MHD_Result answer_live(struct edge_view *view, struct MHD_Connection *connection,
                                   bool head, struct edge_reply *reply)
{
    struct edge_stream *stream = head ? NULL : open_stream(view, connection, reply);
    if (stream != NULL)
        return send_stream(view, connection, stream);
    if (!head)
        return send_reply(view, connection, reply);
    reply->type = "text/event-stream";
    return send_reply(view, connection, reply);
}

static const char *header(struct MHD_Connection *connection, const char *name)
{
    return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

// The token comes once in the address of the page, which is left at once.
static bool answer_token(const struct edge_view *view, struct MHD_Connection *connection,
                         const char *path, struct edge_reply *reply, char *cookie, size_t room)
{
    const char *token = MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "token");
    if (token == NULL || strcmp(path, "/") != 0 || !view->guard.asks_token)
        return false;
    if (!edge_guard_token(&view->guard, token))
        return false;
    (void)snprintf(cookie, room, EDGE_GUARD_COOKIE "=%s; Path=/; HttpOnly; SameSite=Strict",
                   view->guard.cookie);
    reply->code = MHD_HTTP_SEE_OTHER;
    reply->location = "/";
    reply->cookie = cookie;
    return true;
}

static enum edge_guard_verdict check(const struct edge_view *view,
                                     struct MHD_Connection *connection)
{
    const struct edge_guard_request request = {
        .host = header(connection, MHD_HTTP_HEADER_HOST),
        .origin = header(connection, "Origin"),
        .site = header(connection, "Sec-Fetch-Site"),
        .authorization = header(connection, MHD_HTTP_HEADER_AUTHORIZATION),
        .cookie = MHD_lookup_connection_value(connection, MHD_COOKIE_KIND, EDGE_GUARD_COOKIE),
    };
    return edge_guard_check(&view->guard, &request);
}

static enum edge_view_refusal refusal_of(enum edge_guard_verdict verdict)
{
    return verdict == EDGE_GUARD_HOST     ? EDGE_VIEW_REFUSED_HOST
           : verdict == EDGE_GUARD_ORIGIN ? EDGE_VIEW_REFUSED_ORIGIN
           : verdict == EDGE_GUARD_SITE   ? EDGE_VIEW_REFUSED_SITE
                                          : EDGE_VIEW_REFUSED_TOKEN;
}

// The page never takes the time of those who serve. On Linux a thread has a niceness of its
// own, and `who` 0 is the thread that calls.
static void be_nice(void)
{
    if (getpriority(PRIO_PROCESS, 0) < NICE)
        (void)setpriority(PRIO_PROCESS, 0, NICE);
}

enum MHD_Result edge_listener_request(
    void *context, struct MHD_Connection *connection, const char *url, const char *method,
    const char *version,
    const char *upload, // NOLINTNEXTLINE(readability-non-const-parameter): the library's type
    size_t *upload_size, void **state)
{
    (void)version, (void)upload, (void)upload_size, (void)state;
    struct edge_view *view = context;
    struct edge_reply reply = {.code = MHD_HTTP_OK, .refusal = EDGE_VIEW_REFUSED_COUNT};
    char cookie[160];
    be_nice();
    const bool head = strcmp(method, MHD_HTTP_METHOD_HEAD) == 0;
    const enum edge_guard_verdict verdict = check(view, connection);
    const bool token_only = verdict == EDGE_GUARD_TOKEN;
    if (verdict == EDGE_GUARD_PASS || token_only) {
        if (!head && strcmp(method, MHD_HTTP_METHOD_GET) != 0) {
            edge_answer_error(&reply, MHD_HTTP_METHOD_NOT_ALLOWED, EDGE_VIEW_REFUSED_METHOD,
                              "only GET and HEAD");
            return send_reply(view, connection, &reply);
        }
        if (answer_token(view, connection, url, &reply, cookie, sizeof cookie))
            return send_reply(view, connection, &reply);
    }
    if (verdict != EDGE_GUARD_PASS) {
        edge_answer_error(&reply, MHD_HTTP_FORBIDDEN, refusal_of(verdict),
                          edge_guard_text(verdict));
        return send_reply(view, connection, &reply);
    }
    if (strcmp(url, "/v1/live") == 0)
        return answer_live(view, connection, head, &reply);
    const struct edge_request request = {.connection = connection, .path = url};
    if (!edge_answer(view, &request, &reply))
        edge_answer_error(&reply, MHD_HTTP_NOT_FOUND, EDGE_VIEW_REFUSED_REQUEST,
                          "there is nothing of this name; schemas/view.md lists what there is");
    return send_reply(view, connection, &reply);
}

static enum MHD_Result on_arrival(void *context, const struct sockaddr *from, socklen_t size)
{
    struct edge_view *view = context;
    (void)from, (void)size;
    edge_http_clients_admit(&view->clients, 0, edge_clock_mono_us());
    return MHD_YES;
}

static void on_connection(void *context, struct MHD_Connection *connection, void **state,
                          enum MHD_ConnectionNotificationCode what)
{
    (void)state;
    struct edge_view *view = context;
    const int fd = socket_of(connection);
    if (fd < 0)
        return;
    if (what == MHD_CONNECTION_NOTIFY_CLOSED)
        edge_http_clients_remove(&view->clients, fd);
    else
        edge_http_clients_add(&view->clients, fd, 0, edge_clock_mono_us());
}

enum drf_status edge_listener_open(struct edge_view *view)
{
    const struct drf_view_config *config = &view->parts.config->view;
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)config->port)};
    if (inet_pton(AF_INET, config->address, &to.sin_addr) != 1)
        return DRF_ERR_RANGE;
    view->daemon = MHD_start_daemon(
        MHD_USE_POLL | MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION,
        (uint16_t)config->port, on_arrival, view, edge_listener_request, view,
        MHD_OPTION_SOCK_ADDR, &to, MHD_OPTION_CONNECTION_LIMIT, (unsigned)SOCKETS_MAX,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)(EDGE_HTTP_REQUEST_US / 1000000),
        MHD_OPTION_THREAD_STACK_SIZE, (size_t)STACK_BYTES, MHD_OPTION_NOTIFY_CONNECTION,
        on_connection, view, MHD_OPTION_END);
    return view->daemon != NULL ? DRF_OK : DRF_ERR_AGAIN;
}

void edge_listener_close(struct edge_view *view)
{
    if (view->daemon != NULL)
        MHD_stop_daemon(view->daemon);
    view->daemon = NULL;
}
