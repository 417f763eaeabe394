// SPDX-License-Identifier: Apache-2.0
// One thread of libmicrohttpd polls all connections. Its own time limit counts from the last
// byte, so a client that sends a byte a second stays; so http_clients.c counts from the
// connection on. Each answer closes its connection: then one connection is one request.
#include "edge/service/http.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <microhttpd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "edge/host/clock.h"
#include "edge/host/http_clients.h"
#include "edge/host/process.h"

#define TEXT "text/plain; version=0.0.4; charset=utf-8"
#define JSON "application/json"

enum { CLIENTS_MAX = 32, CLIENTS_PER_ADDRESS = 8, SOCKETS_MAX = 2 * CLIENTS_MAX };

struct edge_http {
    struct MHD_Daemon *daemon;
    struct edge_metrics *metrics;
    const struct edge_health *health;
    struct edge_http_clients clients;
};

static enum MHD_Result answer(struct MHD_Connection *connection, unsigned code,
                              const char *type, char *body, size_t size,
                              enum MHD_ResponseMemoryMode memory)
{
    struct MHD_Response *response = MHD_create_response_from_buffer(size, body, memory);
    if (!response) {
        if (memory == MHD_RESPMEM_MUST_FREE)
            free(body);
        return MHD_NO;
    }
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
    enum MHD_Result result = MHD_queue_response(connection, code, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result answer_text(struct MHD_Connection *connection, unsigned code,
                                   const char *text)
{
    return answer(connection, code, TEXT, (char *)text, strlen(text), MHD_RESPMEM_MUST_COPY);
}

// Why the node is not ready, as an object of JSON: a bounded text.
struct reasons {
    char text[2048];
    size_t length, count;
};

static void put(struct reasons *reasons, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void put(struct reasons *reasons, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int more = vsnprintf(reasons->text + reasons->length,
                         sizeof reasons->text - reasons->length, format, arguments);
    va_end(arguments);
    if (more > 0 && (size_t)more < sizeof reasons->text - reasons->length)
        reasons->length += (size_t)more;
}

static void begin(struct reasons *reasons, const char *status)
{
    *reasons = (struct reasons){.length = 0};
    put(reasons, "{\"status\": \"%s\", \"reasons\": [", status);
}

// Names and texts are our own and need no escapes.
static void add(struct reasons *reasons, const char *name, const char *text)
{
    put(reasons, "%s{\"reason\": \"%s\", \"text\": \"%s\"}", reasons->count > 0 ? ", " : "",
        name, text);
    reasons->count++;
}

static enum MHD_Result answer_reasons(struct MHD_Connection *connection,
                                      struct reasons *reasons)
{
    put(reasons, "]}\n");
    return answer(connection, reasons->count == 0 ? MHD_HTTP_OK : MHD_HTTP_SERVICE_UNAVAILABLE,
                  JSON, reasons->text, reasons->length, MHD_RESPMEM_MUST_COPY);
}

static void add_stalled(const struct edge_http *http, struct reasons *reasons)
{
    int64_t now_mono_us = edge_clock_mono_us();
    for (int loop = 0; loop < EDGE_LOOP_COUNT; loop++) {
        char name[32], text[96];
        int64_t us = edge_health_stalled_us(http->health, (enum edge_loop)loop, now_mono_us);
        if (us == 0)
            continue;
        snprintf(name, sizeof name, "%s_stalled", edge_loop_name((enum edge_loop)loop));
        snprintf(text, sizeof text, "the %s loop has made no step for %" PRId64 " s",
                 edge_loop_name((enum edge_loop)loop), us / 1000000);
        add(reasons, name, text);
    }
}

static bool any_stalled(const struct edge_http *http)
{
    int64_t now_mono_us = edge_clock_mono_us();
    for (int loop = 0; loop < EDGE_LOOP_COUNT; loop++)
        if (edge_health_stalled_us(http->health, (enum edge_loop)loop, now_mono_us) > 0)
            return true;
    return false;
}

static enum MHD_Result answer_live(const struct edge_http *http,
                                   struct MHD_Connection *connection)
{
    struct reasons reasons;
    begin(&reasons, any_stalled(http) ? "stalled" : "alive");
    add_stalled(http, &reasons);
    return answer_reasons(connection, &reasons);
}

static enum MHD_Result answer_startup(const struct edge_http *http,
                                      struct MHD_Connection *connection)
{
    struct reasons reasons;
    bool started = edge_health_started(http->health);
    begin(&reasons, started ? "started" : "starting");
    if (!started && edge_health_has(http->health, EDGE_TROUBLE_STORE))
        add(&reasons, "store", "there is no room on the disk to open the store");
    else if (!started)
        add(&reasons, "starting", "the store and the connections are being opened");
    return answer_reasons(connection, &reasons);
}

static bool ready(const struct edge_http *http)
{
    return edge_health_started(http->health) && edge_health_all(http->health) == 0
           && !any_stalled(http);
}

static enum MHD_Result answer_ready(const struct edge_http *http,
                                    struct MHD_Connection *connection)
{
    struct reasons reasons;
    begin(&reasons, ready(http) ? "ready" : "not ready");
    if (!edge_health_started(http->health))
        add(&reasons, "starting", "the store and the connections are being opened");
    uint32_t all = edge_health_all(http->health);
    for (unsigned i = 0; i < EDGE_TROUBLE_COUNT; i++)
        if (all >> i & 1)
            add(&reasons, edge_trouble_name((enum edge_trouble)i),
                edge_trouble_text((enum edge_trouble)i));
    add_stalled(http, &reasons);
    return answer_reasons(connection, &reasons);
}

// A loop that hangs does not say so itself.
static enum MHD_Result answer_health(const struct edge_http *http,
                                     struct MHD_Connection *connection)
{
    int64_t now_mono_us = edge_clock_mono_us();
    char text[96];
    for (int loop = 0; loop < EDGE_LOOP_COUNT; loop++) {
        int64_t us = edge_health_stalled_us(http->health, (enum edge_loop)loop, now_mono_us);
        if (us == 0)
            continue;
        snprintf(text, sizeof text, "%s has made no step for %" PRId64 " s\n",
                 edge_loop_name((enum edge_loop)loop), us / 1000000);
        return answer_text(connection, MHD_HTTP_SERVICE_UNAVAILABLE, text);
    }
    return answer_text(connection, MHD_HTTP_OK, "ok\n");
}

// What is looked up when it is asked for.
static void sample(const struct edge_http *http)
{
    int64_t now_mono_us = edge_clock_mono_us();
    uint32_t all = edge_health_all(http->health);
    edge_process_sample(http->metrics);
    edge_metrics_set(http->metrics, EDGE_METRIC_READY, 0, ready(http));
    for (unsigned i = 0; i < EDGE_TROUBLE_COUNT; i++)
        edge_metrics_set(http->metrics, EDGE_METRIC_NOT_READY, i, all >> i & 1);
    for (int loop = 0; loop < EDGE_LOOP_COUNT; loop++)
        edge_metrics_set(http->metrics, EDGE_METRIC_LOOP_STALLED, (size_t)loop,
                         edge_health_stalled_us(http->health, (enum edge_loop)loop, now_mono_us)
                             / 1000000);
}

static enum MHD_Result answer_metrics(const struct edge_http *http,
                                      struct MHD_Connection *connection)
{
    sample(http);
    size_t room = edge_metrics_format(http->metrics, NULL, 0) + 4096; // counters grow meanwhile
    char *text = malloc(room);
    if (!text)
        return answer_text(connection, MHD_HTTP_INTERNAL_SERVER_ERROR, "out of memory\n");
    size_t length = edge_metrics_format(http->metrics, text, room);
    return answer(connection, MHD_HTTP_OK, TEXT, text, length < room ? length : room - 1,
                  MHD_RESPMEM_MUST_FREE);
}

static enum MHD_Result on_request(
    void *context, struct MHD_Connection *connection, const char *url, const char *method,
    const char *version,
    const char *upload, // NOLINTNEXTLINE(readability-non-const-parameter): the library's type
    size_t *upload_size, void **state)
{
    (void)version, (void)upload, (void)upload_size, (void)state;
    static const struct {
        const char *url;
        enum MHD_Result (*answer)(const struct edge_http *http,
                                  struct MHD_Connection *connection);
    } pages[] = {{"/metrics", answer_metrics},
                 {"/livez", answer_live},
                 {"/readyz", answer_ready},
                 {"/startupz", answer_startup},
                 {"/healthz", answer_health}};
    const struct edge_http *http = context;
    if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
        return answer_text(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET and HEAD\n");
    for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++)
        if (strcmp(url, pages[i].url) == 0)
            return pages[i].answer(http, connection);
    return answer_text(connection, MHD_HTTP_NOT_FOUND,
                       "/metrics, /livez, /readyz, /startupz or /healthz\n");
}

static uint32_t address_of(const struct sockaddr *from)
{
    struct sockaddr_in address = {.sin_family = AF_UNSPEC};
    if (from != NULL && from->sa_family == AF_INET)
        memcpy(&address, from, sizeof address);
    return address.sin_addr.s_addr;
}

static enum MHD_Result on_arrival(void *context, const struct sockaddr *from, socklen_t size)
{
    struct edge_http *http = context;
    (void)size;
    edge_http_clients_admit(&http->clients, address_of(from), edge_clock_mono_us());
    return MHD_YES;
}

static void on_connection(void *context, struct MHD_Connection *connection, void **state,
                          enum MHD_ConnectionNotificationCode what)
{
    (void)state;
    struct edge_http *http = context;
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    if (info == NULL)
        return;
    int fd = info->connect_fd;
    if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
        edge_http_clients_remove(&http->clients, fd);
        return;
    }
    info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    edge_http_clients_add(&http->clients, fd,
                          address_of(info != NULL ? info->client_addr : NULL),
                          edge_clock_mono_us());
}

enum drf_status edge_http_open(const char *address, uint16_t port, struct edge_metrics *metrics,
                               const struct edge_health *health, struct edge_http **out)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    if (inet_pton(AF_INET, address, &to.sin_addr) != 1)
        return DRF_ERR_RANGE;
    struct edge_http *http = calloc(1, sizeof *http);
    if (!http)
        return DRF_ERR_NOMEM;
    if (!edge_http_clients_open(&http->clients, CLIENTS_MAX, CLIENTS_PER_ADDRESS)) {
        free(http);
        return DRF_ERR_NOMEM;
    }
    http->metrics = metrics;
    http->health = health;
    http->daemon = MHD_start_daemon(
        MHD_USE_POLL | MHD_USE_INTERNAL_POLLING_THREAD, port, on_arrival, http, on_request,
        http, MHD_OPTION_SOCK_ADDR, &to, MHD_OPTION_CONNECTION_LIMIT, (unsigned)SOCKETS_MAX,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)(EDGE_HTTP_REQUEST_US / 1000000),
        MHD_OPTION_NOTIFY_CONNECTION, on_connection, http, MHD_OPTION_END);
    if (!http->daemon) {
        edge_http_clients_close(&http->clients);
        free(http);
        return DRF_ERR_AGAIN;
    }
    *out = http;
    return DRF_OK;
}

void edge_http_sweep(struct edge_http *http, int64_t now_mono_us)
{
    if (http != NULL)
        edge_http_clients_sweep(&http->clients, now_mono_us);
}

void edge_http_close(struct edge_http *http)
{
    if (!http)
        return;
    MHD_stop_daemon(http->daemon);
    edge_http_clients_close(&http->clients);
    free(http);
}
