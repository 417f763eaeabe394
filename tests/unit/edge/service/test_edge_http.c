// SPDX-License-Identifier: Apache-2.0
// edge/service/http.c over real sockets: what each page says, and that slow clients starve
// nobody. No test waits for a time: the time of http_clients.c is handed in.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "edge/host/http_clients.h"
#include "edge/service/http.h"

enum {
    CLIENTS = 32, // the limits of http.c
    PER_ADDRESS = 8,
    SLOW_MAX = 2 * 2 * CLIENTS,
    PROBES = 30,
    HANGING_MS = 100000,
    ANSWER_SIZE = 1 << 18
};

struct served {
    struct edge_metrics *metrics;
    struct edge_health health;
    struct edge_http *http;
    struct sockaddr_in address;
    char answer[ANSWER_SIZE];
};

static uint16_t free_port(void)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    (void)close(fd);
    return ntohs(address.sin_port);
}

static int64_t mono_us(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static int set_up(void **state)
{
    static const char *const feeds[] = {"dem", "towers"};
    struct served *served = calloc(1, sizeof *served);
    assert_non_null(served);
    assert_int_equal(edge_metrics_open(feeds, 2, &served->metrics), DRF_OK);
    edge_health_init(&served->health);
    enum drf_status status = DRF_ERR_AGAIN;
    for (int i = 0; i < 20 && status == DRF_ERR_AGAIN; i++) { // another may take the port first
        served->address = (struct sockaddr_in){.sin_family = AF_INET,
                                               .sin_port = htons(free_port()),
                                               .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        status = edge_http_open("127.0.0.1", ntohs(served->address.sin_port), served->metrics,
                                &served->health, &served->http);
    }
    assert_int_equal(status, DRF_OK);
    *state = served;
    return 0;
}

static int tear_down(void **state)
{
    struct served *served = *state;
    edge_http_close(served->http);
    edge_metrics_close(served->metrics);
    free(served);
    return 0;
}

static void both_step(struct served *served)
{
    edge_health_step(&served->health, EDGE_LOOP_INGEST, mono_us());
    edge_health_step(&served->health, EDGE_LOOP_SERVE, mono_us());
}

static int connected(const struct served *served)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(
        connect(fd, (const struct sockaddr *)&served->address, sizeof served->address), 0);
    return fd;
}

// Reads until the server closes; the length, -1: it did not.
static ssize_t read_all(int fd, char *out, size_t room)
{
    size_t length = 0;
    for (;;) {
        struct pollfd ready = {.fd = fd, .events = POLLIN};
        if (poll(&ready, 1, HANGING_MS) <= 0)
            return -1;
        ssize_t got = recv(fd, out + length, room - 1 - length, 0);
        if (got <= 0)
            break;
        length += (size_t)got;
    }
    out[length] = '\0';
    return (ssize_t)length;
}

// The status code of one request, 0: no answer; the body is in served->answer.
static int ask(struct served *served, const char *url)
{
    char request[128];
    int fd = connected(served);
    int size = snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", url);
    assert_int_equal(send(fd, request, (size_t)size, MSG_NOSIGNAL), size);
    ssize_t length = read_all(fd, served->answer, sizeof served->answer);
    (void)close(fd);
    int code = 0;
    return length > 0 && sscanf(served->answer, "HTTP/1.1 %d", &code) == 1 ? code : 0;
}

static double series(const struct served *served, const char *name)
{
    char key[128];
    (void)snprintf(key, sizeof key, "\n%s ", name);
    const char *at = strstr(served->answer, key);
    if (at == NULL)
        print_error("no series %s\n", name);
    assert_non_null(at);
    return strtod(at + strlen(key), NULL);
}

static void assert_says(const struct served *served, const char *text)
{
    if (strstr(served->answer, text) == NULL)
        print_error("%s\nis not in\n%s\n", text, served->answer);
    assert_non_null(strstr(served->answer, text));
}

static void startupz__before_both_loops_run__is_503_and_then_200(void **state)
{
    struct served *served = *state;
    assert_int_equal(ask(served, "/startupz"), 503);
    assert_says(served, "{\"status\": \"starting\", \"reasons\": [{\"reason\": \"starting\"");
    assert_int_equal(ask(served, "/readyz"), 503);
    assert_int_equal(ask(served, "/livez"), 200);
    edge_health_set(&served->health, EDGE_TROUBLE_STORE, true);
    assert_int_equal(ask(served, "/startupz"), 503);
    assert_says(served, "\"reason\": \"store\"");
    edge_health_set(&served->health, EDGE_TROUBLE_STORE, false);
    edge_health_step(&served->health, EDGE_LOOP_INGEST, mono_us());
    assert_int_equal(ask(served, "/startupz"), 503);
    both_step(served);
    assert_int_equal(ask(served, "/startupz"), 200);
    assert_says(served, "{\"status\": \"started\", \"reasons\": []}");
}

static void readyz__while_something_is_waited_for__names_each_reason(void **state)
{
    struct served *served = *state;
    both_step(served);
    assert_int_equal(ask(served, "/readyz"), 200);
    assert_says(served, "application/json");
    assert_says(served, "{\"status\": \"ready\", \"reasons\": []}");
    for (int i = 0; i < EDGE_TROUBLE_COUNT; i++)
        edge_health_set(&served->health, (enum edge_trouble)i, true);
    assert_int_equal(ask(served, "/readyz"), 503);
    assert_says(served, "\"status\": \"not ready\"");
    for (int i = 0; i < EDGE_TROUBLE_COUNT; i++) {
        char text[64];
        (void)snprintf(text, sizeof text, "{\"reason\": \"%s\", \"text\": \"",
                       edge_trouble_name((enum edge_trouble)i));
        assert_says(served, text);
    }
    assert_says(served, "\"}]}\n");               // nothing was cut
    assert_int_equal(ask(served, "/livez"), 200); // waiting is no reason for a restart
    assert_int_equal(ask(served, "/startupz"), 200);
}

static void livez__of_a_loop_that_hangs__is_503_and_names_it(void **state)
{
    struct served *served = *state;
    both_step(served);
    edge_health_step(&served->health, EDGE_LOOP_INGEST, mono_us() - 20000000);
    assert_int_equal(ask(served, "/livez"), 503);
    assert_says(served, "\"status\": \"stalled\"");
    assert_says(served, "\"reason\": \"ingest_stalled\"");
    assert_int_equal(ask(served, "/healthz"), 503);
    assert_says(served, "ingest has made no step for 20 s");
    assert_int_equal(ask(served, "/readyz"), 503);
    assert_int_equal(ask(served, "/metrics"), 200);
    assert_true(series(served, "drf_loop_stalled_seconds{loop=\"ingest\"}") >= 20);
    assert_true(series(served, "drf_loop_stalled_seconds{loop=\"serve\"}") == 0);
}

static void healthz__as_ever__says_ok(void **state)
{
    struct served *served = *state;
    assert_int_equal(ask(served, "/healthz"), 200);
    assert_says(served, "\r\n\r\nok\n");
    assert_int_equal(ask(served, "/nothing"), 404);
}

static void metrics__from_the_start__have_every_series_at_zero(void **state)
{
    struct served *served = *state;
    assert_int_equal(ask(served, "/metrics"), 200);
    assert_true(series(served, "drf_feed_messages_total{feed=\"towers\"}") == 0);
    assert_true(series(served, "drf_feed_refusals_total{feed=\"dem\",reason=\"OUT_OF_REGION\"}")
                == 0);
    assert_true(series(served, "drf_shed_total{what=\"PATCH\"}") == 0);
    assert_true(series(served, "drf_not_ready{reason=\"kafka\"}") == 0);
    assert_true(series(served, "drf_build_info{version=\"" DRF_VERSION "\"}") == 1);
    assert_true(series(served, "drf_ready") == 0);
    both_step(served);
    edge_health_set(&served->health, EDGE_TROUBLE_KAFKA, true);
    assert_int_equal(ask(served, "/metrics"), 200);
    assert_true(series(served, "drf_not_ready{reason=\"kafka\"}") == 1);
    assert_true(series(served, "drf_ready") == 0);
    edge_health_set(&served->health, EDGE_TROUBLE_KAFKA, false);
    assert_int_equal(ask(served, "/metrics"), 200);
    assert_true(series(served, "drf_ready") == 1);
}

static void metrics__of_the_process__follow_what_it_uses(void **state)
{
    struct served *served = *state;
    assert_int_equal(ask(served, "/metrics"), 200);
    double before = series(served, "process_open_fds");
    int fds[10];
    for (size_t i = 0; i < 10; i++)
        fds[i] = open("/dev/null", O_RDONLY | O_CLOEXEC);
    assert_int_equal(ask(served, "/metrics"), 200);
    for (size_t i = 0; i < 10; i++)
        (void)close(fds[i]);
    assert_true(series(served, "process_open_fds") == before + 10);
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_true(series(served, "process_max_fds") == (double)limit.rlim_cur);
    double resident = series(served, "process_resident_memory_bytes");
    assert_true(resident > 1e6 && resident < series(served, "process_virtual_memory_bytes"));
    assert_true(series(served, "process_cpu_seconds_total") >= 0);
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    double start = series(served, "process_start_time_seconds");
    assert_true(start <= (double)now.tv_sec + 1 && start > (double)now.tv_sec - 86400);
}

// How many probes are answered beside `count` clients that send a byte between two probes.
static int answered_beside(struct served *served, size_t count)
{
    int slow[SLOW_MAX];
    assert_true(count <= SLOW_MAX);
    for (size_t i = 0; i < count; i++)
        slow[i] = connected(served);
    static const char request[] =
        "GET /metrics HTTP/1.1\r\nX: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    int answered = 0;
    for (size_t probe = 0; probe < PROBES; probe++) {
        for (size_t i = 0; i < count; i++) { // who was ended comes again, as such do
            if (send(slow[i], request + probe, 1, MSG_NOSIGNAL | MSG_DONTWAIT) == 1)
                continue;
            (void)close(slow[i]);
            slow[i] = connected(served);
        }
        answered += ask(served, "/healthz") == 200;
    }
    for (size_t i = 0; i < count; i++)
        (void)close(slow[i]);
    return answered;
}

static void healthz__beside_slow_clients__answers_thirty_times_of_thirty(void **state)
{
    assert_int_equal(answered_beside(*state, 40), PROBES);
    assert_int_equal(answered_beside(*state, SLOW_MAX), PROBES);
}

static void sweep__after_the_time_of_a_request__ends_what_is_not_done(void **state)
{
    struct served *served = *state;
    assert_int_equal(ask(served, "/healthz"), 200);
    int fd = connected(served);
    assert_int_equal(send(fd, "GET", 3, MSG_NOSIGNAL), 3);
    char text[16];
    // The server takes it some time after connect(2) has returned.
    struct pollfd ended = {.fd = fd, .events = POLLIN};
    int64_t until = mono_us() + (int64_t)HANGING_MS * 1000;
    while (poll(&ended, 1, 10) == 0 && mono_us() < until) {
        edge_http_sweep(served->http, mono_us() + EDGE_HTTP_REQUEST_US - 1000000);
        assert_int_equal(poll(&ended, 1, 0), 0);
        edge_http_sweep(served->http, mono_us() + EDGE_HTTP_REQUEST_US);
    }
    assert_true(recv(fd, text, sizeof text, MSG_DONTWAIT) <= 0);
    (void)close(fd);
}

struct pairs {
    struct edge_http_clients clients;
    int ours[EDGE_HTTP_SOCKETS + 1], theirs[EDGE_HTTP_SOCKETS + 1];
};

static void arrive(struct pairs *pairs, size_t i, uint32_t address, int64_t now_mono_us)
{
    int two[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, two), 0);
    pairs->ours[i] = two[0];
    pairs->theirs[i] = two[1];
    edge_http_clients_admit(&pairs->clients, address, now_mono_us);
    edge_http_clients_add(&pairs->clients, two[0], address, now_mono_us);
}

static bool ended(const struct pairs *pairs, size_t i)
{
    char byte;
    return recv(pairs->theirs[i], &byte, 1, MSG_DONTWAIT) == 0;
}

static void close_pairs(struct pairs *pairs, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        edge_http_clients_remove(&pairs->clients, pairs->ours[i]);
        (void)close(pairs->ours[i]);
        (void)close(pairs->theirs[i]);
    }
    assert_int_equal(pairs->clients.count, 0);
    edge_http_clients_close(&pairs->clients);
}

static void admit__of_an_address_that_holds_its_share__ends_its_oldest(void **state)
{
    (void)state;
    struct pairs pairs;
    assert_true(edge_http_clients_open(&pairs.clients, CLIENTS, PER_ADDRESS));
    arrive(&pairs, 0, 7, 0); // of another address, older than all
    for (size_t i = 1; i <= PER_ADDRESS; i++)
        arrive(&pairs, i, 1, (int64_t)i);
    for (size_t i = 0; i <= PER_ADDRESS; i++)
        assert_false(ended(&pairs, i));
    arrive(&pairs, PER_ADDRESS + 1, 1, 100);
    assert_true(ended(&pairs, 1));
    assert_false(ended(&pairs, 0));
    for (size_t i = 2; i <= PER_ADDRESS + 1; i++)
        assert_false(ended(&pairs, i));
    close_pairs(&pairs, PER_ADDRESS + 2);
}

static void admit__when_all_places_are_taken__ends_the_oldest_of_all(void **state)
{
    (void)state;
    struct pairs pairs;
    assert_true(edge_http_clients_open(&pairs.clients, CLIENTS, PER_ADDRESS));
    for (size_t i = 0; i < CLIENTS; i++)
        arrive(&pairs, i, (uint32_t)i, (int64_t)i);
    for (size_t i = 0; i < CLIENTS; i++)
        assert_false(ended(&pairs, i));
    arrive(&pairs, CLIENTS, 1000, 100);
    assert_true(ended(&pairs, 0));
    for (size_t i = 1; i <= CLIENTS; i++)
        assert_false(ended(&pairs, i));
    close_pairs(&pairs, CLIENTS + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define SERVED(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
        SERVED(startupz__before_both_loops_run__is_503_and_then_200),
        SERVED(readyz__while_something_is_waited_for__names_each_reason),
        SERVED(livez__of_a_loop_that_hangs__is_503_and_names_it),
        SERVED(healthz__as_ever__says_ok),
        SERVED(metrics__from_the_start__have_every_series_at_zero),
        SERVED(metrics__of_the_process__follow_what_it_uses),
        SERVED(healthz__beside_slow_clients__answers_thirty_times_of_thirty),
        SERVED(sweep__after_the_time_of_a_request__ends_what_is_not_done),
        cmocka_unit_test(admit__of_an_address_that_holds_its_share__ends_its_oldest),
        cmocka_unit_test(admit__when_all_places_are_taken__ends_the_oldest_of_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
