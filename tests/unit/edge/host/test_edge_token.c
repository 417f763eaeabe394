// SPDX-License-Identifier: Apache-2.0
// Not for the thread sanitizer: librdkafka starts threads by thrd_create.
// Tokens for Kafka: asked of a token server as RFC 6749 says, on a thread that may wait; what
// is no token is an error in words. The server is a thread that answers on loopback.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "edge/host/token.h"
#include "edge/kafka/kafka.h"

enum { DEADLINE_MS = 200000 };

struct server {
    int fd;
    char url[64];
    const char *status, *body;
    char asked[4096];
    pthread_t thread;
};

static void *answer(void *context)
{
    struct server *server = context;
    struct pollfd wait = {.fd = server->fd, .events = POLLIN};
    if (poll(&wait, 1, DEADLINE_MS) != 1)
        return NULL;
    int fd = accept(server->fd, NULL, NULL);
    size_t size = 0;
    while (!strstr(server->asked, "grant_type=client_credentials")) {
        ssize_t got = read(fd, server->asked + size, sizeof server->asked - 1 - size);
        if (got <= 0)
            break;
        size += (size_t)got;
    }
    char text[2048];
    int length = snprintf(text, sizeof text,
                          "HTTP/1.1 %s\r\nContent-Type: application/json\r\n"
                          "Content-Length: %zu\r\nConnection: close\r\n\r\n%s",
                          server->status, strlen(server->body), server->body);
    if (write(fd, text, (size_t)length) != length)
        server->asked[0] = '\0';
    close(fd);
    return NULL;
}

static void serve(struct server *server, const char *status, const char *body)
{
    *server = (struct server){.status = status, .body = body};
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    server->fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(server->fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(server->fd, 4), 0);
    assert_int_equal(getsockname(server->fd, (struct sockaddr *)&address, &length), 0);
    snprintf(server->url, sizeof server->url, "http://127.0.0.1:%u/token",
             ntohs(address.sin_port));
    assert_int_equal(pthread_create(&server->thread, NULL, answer, server), 0);
}

static void finish(struct server *server)
{
    pthread_join(server->thread, NULL);
    close(server->fd);
}

static enum drf_status fetch(const char *status, const char *body, struct edge_token *token,
                             char error[static EDGE_TOKEN_ERROR_SIZE])
{
    struct server server;
    serve(&server, status, body);
    struct edge_token_request request = {
        .url = server.url, .client_id = "node", .client_secret = "s3cret", .scope = "a b"};
    enum drf_status result = edge_token_fetch(&request, error, token);
    finish(&server);
    // printf node:s3cret | base64
    assert_non_null(strstr(server.asked, "Authorization: Basic bm9kZTpzM2NyZXQ="));
    assert_non_null(strstr(server.asked, "POST /token "));
    assert_non_null(strstr(server.asked, "grant_type=client_credentials&scope=a%20b"));
    return result;
}

static void fetch__of_a_token__gives_it_with_its_lifetime(void **state)
{
    (void)state;
    static struct edge_token token;
    char error[EDGE_TOKEN_ERROR_SIZE] = "";
    assert_int_equal(
        fetch("200 OK", "{\"access_token\": \"abc.def\", \"expires_in\": 60}", &token, error),
        DRF_OK);
    assert_string_equal(token.text, "abc.def");
    assert_int_equal(token.lifetime_s, 60);
}

static void fetch__of_anything_else__says_why_and_never_the_secret(void **state)
{
    (void)state;
    static const char *const bad[][2] = {
        {"401 Unauthorized", "{\"error\": \"invalid_client\"}"},
        {"200 OK", "<html>"},
        {"200 OK", "{\"token\": \"abc\"}"},
        {"200 OK", "{\"access_token\": \"\"}"},
        {"200 OK", "{\"access_token\": \"abc\", \"expires_in\": -5}"},
        {"200 OK", "{\"access_token\": \"abc\", \"expires_in\": 1e30}"},
    };
    static struct edge_token token;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char error[EDGE_TOKEN_ERROR_SIZE] = "";
        assert_int_equal(fetch(bad[i][0], bad[i][1], &token, error), DRF_ERR_AGAIN);
        assert_true(error[0] != '\0');
        assert_null(strstr(error, "s3cret"));
    }
}

static const char *configuration(const char *url, bool secret)
{
    static char text[1000];
    snprintf(text, sizeof text,
             "region: {id: r, bounds: [-80, 43, -79, 44]}\n"
             "node: {id: n}\n"
             "store: {path: unused}\n"
             "kafka: {bootstrap.servers: \"127.0.0.1:1\", security.protocol: SASL_PLAINTEXT,\n"
             "  sasl.mechanisms: OAUTHBEARER, sasl.oauthbearer.method: oidc,\n"
             "  sasl.oauthbearer.client.id: node, %s\n"
             "  sasl.oauthbearer.scope: a b, sasl.oauthbearer.token.endpoint.url: \"%s\"}\n"
             "feeds: [{name: dof, topic: t, kind: obstacle}]\n",
             secret ? "sasl.oauthbearer.client.secret: s3cret," : "", url);
    return text;
}

static enum drf_status open_client(const char *url, bool secret,
                                   char error[static EDGE_KAFKA_ERROR_SIZE],
                                   struct drf_config *config, struct edge_kafka **out)
{
    struct drf_config_error wrong = {0};
    const char *text = configuration(url, secret);
    if (drf_config_parse(text, strlen(text), NULL, &wrong, config) != DRF_OK)
        fail_msg("%u: %s", wrong.line, wrong.text);
    return edge_kafka_open(config, true, -1, NULL, NULL, error, out);
}

static void kafka__with_a_token_server__asks_it_without_being_served(void **state)
{
    (void)state;
    struct server server;
    serve(&server, "200 OK", "{\"access_token\": \"abc.def\", \"expires_in\": 3600}");
    struct drf_config config;
    struct edge_kafka *kafka = NULL;
    char error[EDGE_KAFKA_ERROR_SIZE] = "";
    assert_int_equal(open_client(server.url, true, error, &config, &kafka), DRF_OK);
    finish(&server); // nobody polls the client
    assert_non_null(strstr(server.asked, "Authorization: Basic bm9kZTpzM2NyZXQ="));
    edge_kafka_close(kafka);
    drf_config_close(&config);
}

static void kafka__with_half_of_the_settings__says_what_is_missing(void **state)
{
    (void)state;
    struct drf_config config;
    struct edge_kafka *kafka = NULL;
    char error[EDGE_KAFKA_ERROR_SIZE] = "";
    assert_int_equal(open_client("http://127.0.0.1:1/", false, error, &config, &kafka),
                     DRF_ERR_RANGE);
    assert_non_null(strstr(error, "client.secret"));
    drf_config_close(&config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fetch__of_a_token__gives_it_with_its_lifetime),
        cmocka_unit_test(fetch__of_anything_else__says_why_and_never_the_secret),
        cmocka_unit_test(kafka__with_a_token_server__asks_it_without_being_served),
        cmocka_unit_test(kafka__with_half_of_the_settings__says_what_is_missing),
    };
    return cmocka_run_group_tests_name("edge/token", tests, NULL, NULL);
}
