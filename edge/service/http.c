// SPDX-License-Identifier: Apache-2.0
#include "edge/service/http.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "edge/host/clock.h"

struct edge_http {
    struct MHD_Daemon *daemon;
    const struct edge_metrics *metrics;
    const struct edge_health *health;
};

static enum MHD_Result answer(struct MHD_Connection *connection, unsigned code, char *body,
                              size_t size, enum MHD_ResponseMemoryMode memory)
{
    struct MHD_Response *response = MHD_create_response_from_buffer(size, body, memory);
    if (!response)
        return MHD_NO;
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE,
                            "text/plain; version=0.0.4; charset=utf-8");
    enum MHD_Result result = MHD_queue_response(connection, code, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result answer_text(struct MHD_Connection *connection, unsigned code,
                                   const char *text)
{
    return answer(connection, code, (char *)text, strlen(text), MHD_RESPMEM_MUST_COPY);
}

static enum MHD_Result answer_metrics(const struct edge_http *http,
                                      struct MHD_Connection *connection)
{
    size_t room = edge_metrics_format(http->metrics, NULL, 0) + 4096; // counters grow meanwhile
    char *text = malloc(room);
    if (!text)
        return answer_text(connection, MHD_HTTP_INTERNAL_SERVER_ERROR, "out of memory\n");
    size_t length = edge_metrics_format(http->metrics, text, room);
    return answer(connection, MHD_HTTP_OK, text, length < room ? length : room - 1,
                  MHD_RESPMEM_MUST_FREE);
}

static enum MHD_Result answer_ready(const struct edge_http *http,
                                    struct MHD_Connection *connection)
{
    char text[256] = "waiting for:";
    size_t length = strlen(text);
    uint32_t all = edge_health_all(http->health);
    for (unsigned i = 0; i < EDGE_TROUBLE_COUNT; i++) {
        if (!(all >> i & 1))
            continue;
        int more = snprintf(text + length, sizeof text - length, " %s",
                            edge_trouble_name((enum edge_trouble)i));
        if (more > 0 && (size_t)more < sizeof text - length - 1)
            length += (size_t)more;
    }
    text[length] = '\n';
    text[length + 1] = '\0';
    return all == 0 ? answer_text(connection, MHD_HTTP_OK, "ready\n")
                    : answer_text(connection, MHD_HTTP_SERVICE_UNAVAILABLE, text);
}

// A loop that hangs does not say so itself.
static enum MHD_Result answer_health(const struct edge_http *http,
                                     struct MHD_Connection *connection)
{
    static const char *const names[EDGE_LOOP_COUNT] = {"ingest", "serve"};
    int64_t now_mono_us = edge_clock_mono_us();
    char text[96];
    for (int loop = 0; loop < EDGE_LOOP_COUNT; loop++) {
        int64_t us = edge_health_stalled_us(http->health, (enum edge_loop)loop, now_mono_us);
        if (us == 0)
            continue;
        snprintf(text, sizeof text, "%s has made no step for %" PRId64 " s\n", names[loop],
                 us / 1000000);
        return answer_text(connection, MHD_HTTP_SERVICE_UNAVAILABLE, text);
    }
    return answer_text(connection, MHD_HTTP_OK, "ok\n");
}

static enum MHD_Result on_request(
    void *context, struct MHD_Connection *connection, const char *url, const char *method,
    const char *version,
    const char *upload, // NOLINTNEXTLINE(readability-non-const-parameter): the library's type
    size_t *upload_size, void **state)
{
    (void)version, (void)upload, (void)upload_size, (void)state;
    const struct edge_http *http = context;
    if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
        return answer_text(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET and HEAD\n");
    if (strcmp(url, "/metrics") == 0)
        return answer_metrics(http, connection);
    if (strcmp(url, "/healthz") == 0)
        return answer_health(http, connection);
    if (strcmp(url, "/readyz") == 0)
        return answer_ready(http, connection);
    return answer_text(connection, MHD_HTTP_NOT_FOUND, "/metrics, /healthz or /readyz\n");
}

enum drf_status edge_http_open(const char *address, uint16_t port,
                               const struct edge_metrics *metrics,
                               const struct edge_health *health, struct edge_http **out)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    if (inet_pton(AF_INET, address, &to.sin_addr) != 1)
        return DRF_ERR_RANGE;
    struct edge_http *http = calloc(1, sizeof *http);
    if (!http)
        return DRF_ERR_NOMEM;
    http->metrics = metrics;
    http->health = health;
    http->daemon =
        MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD, port, NULL, NULL, on_request, http,
                         MHD_OPTION_SOCK_ADDR, &to, MHD_OPTION_CONNECTION_LIMIT, 32U,
                         MHD_OPTION_CONNECTION_TIMEOUT, 10U, MHD_OPTION_END);
    if (!http->daemon) {
        free(http);
        return DRF_ERR_AGAIN;
    }
    *out = http;
    return DRF_OK;
}

void edge_http_close(struct edge_http *http)
{
    if (!http)
        return;
    MHD_stop_daemon(http->daemon);
    free(http);
}
