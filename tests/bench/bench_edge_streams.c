// tests/bench/bench_edge_streams.c - what sixteen live pages of 1,000 drones cost.
// SPDX-License-Identifier: Apache-2.0
//
// A listener with real sockets, drones that all move, of which one in twenty is warned, as
// serve puts them at 4 Hz, and readers in a process of their own. The ticks follow each other
// in real time, so that the library waits as it does in a node; what is counted is this
// process's time on the processor. With "small" ten drones for a second. JSON lines.
#include <arpa/inet.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "edge/host/clock.h"
#include "edge/host/health.h"
#include "edge/view/streams.h"
#include "edge/view/view.h"

enum { TICKS_PER_S = 1000 / EDGE_VIEW_TICK_MS };

static int64_t thread_us(void)
{
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return time.tv_sec * INT64_C(1000000) + time.tv_nsec / 1000;
}

static int64_t process_us(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * INT64_C(1000000)
           + usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
}

static struct edge_view_drone drone_of(uint32_t number, int tick, int64_t now_utc_us)
{
    struct edge_view_drone drone = {
        .report_utc_us = now_utc_us,
        .evaluated_utc_us = now_utc_us,
        .lat_e7 = 470000000 + (int32_t)number * 977 + tick * 270,
        .lon_e7 = -80000000 + (int32_t)number * 811 + tick * 390,
        .amsl_cm = 31200 + tick % 7 * 40,
        .free_low_cm = 6600 + tick % 5 * 90,
        .ahead_low_cm = 4100,
        .track_cdeg_true = (int32_t)(number * 137 % 36000),
        .speed_cmps = 1240,
        .climb_cmps = 10,
        .time_to_go_ms = EDGE_VIEW_UNKNOWN,
        .flags = EDGE_VIEW_FOLLOWS_PLAN | EDGE_VIEW_HAS_PROFILE | EDGE_VIEW_REPORTING,
    };
    (void)snprintf(drone.id, sizeof drone.id, "coffee-%u", number);
    if (number % 20 == 0) { // 5 % are warned
        drone.severity = 1;
        drone.kind = 3;
        drone.warnings = 1;
        drone.time_to_go_ms = 20000 - tick * 250 % 20000;
        (void)snprintf(drone.text, sizeof drone.text, "terrain ahead: free height at worst");
    }
    return drone;
}

// Reads `count` streams until it is ended; then its parent reads how many bytes there were.
static void read_streams(uint16_t port, int count, int out)
{
    static char bytes[1 << 16];
    int fds[EDGE_STREAMS_MAX];
    const struct sockaddr_in to = {.sin_family = AF_INET,
                                   .sin_port = htons(port),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    fd_set all;
    FD_ZERO(&all);
    int most = 0;
    for (int i = 0; i < count; i++) {
        char request[128];
        fds[i] = socket(AF_INET, SOCK_STREAM, 0);
        const int length =
            snprintf(request, sizeof request,
                     "GET /v1/live HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n\r\n", port);
        if (connect(fds[i], (const struct sockaddr *)&to, sizeof to) != 0
            || write(fds[i], request, (size_t)length) != length)
            _exit(1);
        FD_SET(fds[i], &all);
        most = fds[i] > most ? fds[i] : most;
    }
    for (;;) {
        fd_set ready = all;
        uint64_t got = 0;
        if (select(most + 1, &ready, NULL, NULL, NULL) < 0)
            _exit(1);
        for (int i = 0; i < count; i++)
            if (FD_ISSET(fds[i], &ready)) {
                const ssize_t size = read(fds[i], bytes, sizeof bytes);
                if (size <= 0)
                    _exit(0);
                got += (uint64_t)size;
            }
        if (write(out, &got, sizeof got) != sizeof got)
            _exit(0);
    }
}

static uint16_t free_port(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(fd, (const struct sockaddr *)&at, size) != 0
        || getsockname(fd, (struct sockaddr *)&at, &size) != 0)
        exit(1);
    close(fd);
    return ntohs(at.sin_port);
}

static const char text[] = "region: {id: sim-bench, bounds: [7.9, 46.9, 8.1, 47.1]}\n"
                           "node: {id: n, mode: SIM}\n"
                           "store: {path: /nonexistent/region.gpkg}\n"
                           "kafka: {bootstrap.servers: localhost}\n"
                           "mqtt: {host: localhost}\n"
                           "feeds: []\n";

struct bench {
    struct drf_config config;
    struct edge_viewing *viewing;
    struct edge_metrics *metrics;
    struct edge_health health;
    struct edge_view *view;
};

static void open_bench(struct bench *bench, uint32_t drones)
{
    static struct drf_config_error error;
    if (drf_config_parse(text, sizeof text - 1, NULL, &error, &bench->config) != DRF_OK) {
        (void)fprintf(stderr, "%s\n", error.text);
        exit(1);
    }
    bench->config.view.port = free_port();
    bench->config.limits.drones_max = drones;
    edge_health_init(&bench->health);
    const char *const no_feeds[] = {NULL};
    if (edge_viewing_open(drones, &bench->viewing) != DRF_OK
        || edge_metrics_open(no_feeds, 0, &bench->metrics) != DRF_OK)
        exit(1);
    const struct edge_view_parts parts = {.config = &bench->config,
                                          .boot_id = 1,
                                          .viewing = bench->viewing,
                                          .metrics = bench->metrics,
                                          .health = &bench->health};
    if (edge_view_open(&parts, &bench->view) != DRF_OK)
        exit(1);
}

static struct timespec after_tick(struct timespec last)
{
    last.tv_nsec += EDGE_VIEW_TICK_MS * 1000000;
    if (last.tv_nsec >= 1000000000) {
        last.tv_nsec -= 1000000000;
        last.tv_sec++;
    }
    return last;
}

static void print_line(const char *name, const char *unit, double value, double goal)
{
    (void)printf("{\"bench\":\"%s\",\"value\":%.3f,\"unit\":\"%s\",\"reference\":\"issue\","
                 "\"reference_value\":%.1f,\"ratio\":%.3f,\"reach\":1,\"met\":%s}\n",
                 name, value, unit, goal, goal > 0.0 ? value / goal : value,
                 value <= goal ? "true" : "false");
}

int main(int count, char **arguments)
{
    const bool is_small = count > 1 && strcmp(arguments[1], "small") == 0;
    const uint32_t drones = is_small ? 10 : 1000;
    const int streams = EDGE_STREAMS_MAX, ticks = (is_small ? 1 : 10) * TICKS_PER_S;
    struct bench bench = {.view = NULL};
    int pipes[2];
    if (pipe(pipes) != 0)
        return 2;
    (void)signal(SIGPIPE, SIG_IGN);
    open_bench(&bench, drones);
    const pid_t reader = fork();
    if (reader == 0) {
        close(pipes[0]);
        read_streams((uint16_t)bench.config.view.port, streams, pipes[1]);
    }
    close(pipes[1]);
    int64_t put_us = 0, step_us = 0, before_us = 0;
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    for (int tick = -2 * TICKS_PER_S; tick < ticks;
         tick++) { // the first two seconds: all begin
        const struct edge_now now = edge_clock_now((struct edge_clock){.utc_ahead_us = 0});
        int64_t began_us = thread_us();
        for (uint32_t i = 0; i < drones; i++) {
            const struct edge_view_drone drone = drone_of(i, tick + 100, now.utc_us);
            edge_viewing_put_drone(bench.viewing, i, &drone);
        }
        put_us += thread_us() - began_us;
        began_us = thread_us();
        edge_view_step(bench.view, now);
        step_us += thread_us() - began_us;
        at = after_tick(at);
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
        if (tick == -1) {
            put_us = step_us = 0;
            before_us = process_us();
            uint64_t got[512];
            while (read(pipes[0], got, sizeof got) == (ssize_t)sizeof got)
                ;
        }
    }
    const int64_t all_us = process_us() - before_us - put_us;
    kill(reader, SIGTERM);
    uint64_t got, bytes = 0;
    while (read(pipes[0], &got, sizeof got) == (ssize_t)sizeof got)
        bytes += got;
    waitpid(reader, NULL, 0);
    const double seconds = (double)ticks / TICKS_PER_S;
    print_line("view_frames", "% of a core", (double)step_us / seconds / 1e4, 1.5);
    print_line("view_frames_and_sending", "% of a core", (double)all_us / seconds / 1e4, 1.5);
    print_line("view_stream", "bytes/s/viewer", (double)bytes / seconds / streams, 200000.0);
    print_line("view_skipped", "frames",
               (double)edge_metrics_value(bench.metrics, EDGE_METRIC_VIEW_SKIPPED, 0, 0), 0.0);
    edge_view_close(bench.view);
    edge_viewing_close(bench.viewing);
    edge_metrics_close(bench.metrics);
    drf_config_close(&bench.config);
    return 0;
}
