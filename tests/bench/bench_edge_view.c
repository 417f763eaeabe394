// tests/bench/bench_edge_view.c - what those who look at the node cost the serve step.
// SPDX-License-Identifier: Apache-2.0
//
// A thousand drones, as in bench_edge_serve.c. Alone: the calls that each evaluation and each
// step makes for viewers, many times over, while nobody looks and while somebody does (a thread
// reads all places four times a second). In pairs: rounds of a node without viewing, one that
// nobody looks at and one that somebody does, by turns, the median of their differences. Then a
// step's worth of details of followed drones, and all that is done once a second. JSON lines.
#include <inttypes.h>
#include <pthread.h>

#include "edge/serve/serve_parts.h"
#include "tests/bench/serve_load.h"

enum {
    DRONES = 1000,
    WARM_UP = 20,
    PAIRS = 60,
    CALLS = 20000000,
    FILLS = 2000000,
    LOOK_MS = 250
};
enum look { WITHOUT, NOBODY, SOMEBODY, LOOKS };

struct node {
    struct bench bench;
    struct edge_viewing *viewing;
};

struct reader {
    struct edge_viewing *viewing;
    _Atomic int over;
    uint64_t read;
};

static int64_t cpu_ns(void)
{
    struct timespec time;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static void *read_all(void *argument)
{
    struct reader *reader = argument;
    static uint64_t seen[DRONES];
    while (!atomic_load(&reader->over)) {
        for (uint32_t i = 0; i < edge_viewing_places(reader->viewing); i++) {
            struct edge_view_drone drone;
            reader->read +=
                edge_viewing_drone(reader->viewing, i, &seen[i], &drone) == EDGE_SEQLOCK_NEW;
        }
        (void)nanosleep(&(struct timespec){.tv_nsec = LOOK_MS * 1000000L}, NULL);
    }
    return NULL;
}

static bool open_node(struct node *node, enum look look)
{
    struct scene *scene = scene_open(DRONES);
    node->bench = (struct bench){
        .scene = scene, .drones = DRONES, .arrivals = calloc(DRONES, sizeof(struct arrival))};
    if (node->bench.arrivals == NULL)
        return false;
    edge_serve_close(scene->serve);
    scene->config.limits.context_rate_default_hz = 10;
    if (edge_serve_open(&scene->config, SCENE_BOOT_ID, swallowing_link(&node->bench),
                        &scene->mailbox, scene->backqueue, scene->metrics, &scene->health,
                        &scene->serve)
        != DRF_OK)
        return false;
    lay_ground(scene);
    if (look == WITHOUT)
        return true;
    if (edge_viewing_open(DRONES, &node->viewing) != DRF_OK
        || edge_serve_use_viewing(scene->serve, node->viewing) != DRF_OK)
        return false;
    edge_viewing_watch(node->viewing, look == SOMEBODY);
    return true;
}

static void close_node(struct node *node)
{
    lift_ground(node->bench.scene);
    free(node->bench.arrivals);
    scene_close(node->bench.scene);
    edge_viewing_close(node->viewing);
}

// A report of each drone, and its context. Nanoseconds each.
static double run_round(struct node *node, uint32_t round)
{
    struct bench *bench = &node->bench;
    fill_arrivals(bench, round);
    const uint64_t sent = bench->sent;
    const int64_t began_ns = cpu_ns();
    while (bench->taken < bench->drones)
        scene_step(bench->scene);
    const int64_t spent_ns = cpu_ns() - began_ns;
    scene_pass(bench->scene, INT64_C(100) * SCENE_MS);
    return (double)spent_ns / (double)(bench->sent - sent);
}

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, size_t count)
{
    qsort(values, count, sizeof *values, by_value);
    return values[count / 2];
}

static void say(const char *name, double value, const char *unit, const char *reference,
                double most)
{
    (void)printf("{\"bench\":\"%s\",\"value\":%.2f,\"unit\":\"%s\",\"reference\":\"%s\"", name,
                 value, unit, reference);
    if (most > 0.0)
        (void)printf(",\"reference_value\":%.0f,\"ratio\":%.3f,\"reach\":1.0,\"met\":%s", most,
                     value / most, value <= most ? "true" : "false");
    (void)printf("}\n");
}

static void say_rounds(struct node *nodes)
{
    static double each[LOOKS][PAIRS], more[LOOKS][PAIRS];
    for (uint32_t round = 1; round <= WARM_UP; round++)
        for (int look = 0; look < LOOKS; look++)
            (void)run_round(&nodes[look], round);
    for (uint32_t pair = 0; pair < PAIRS; pair++)
        for (uint32_t i = 0; i < LOOKS; i++) { // each is first as often as the others
            const uint32_t look = (i + pair) % LOOKS;
            each[look][pair] = run_round(&nodes[look], WARM_UP + 1 + pair);
        }
    for (size_t look = NOBODY; look < LOOKS; look++)
        for (size_t pair = 0; pair < PAIRS; pair++)
            more[look][pair] = each[look][pair] - each[WITHOUT][pair];
    say("view_round_nobody", median(more[NOBODY], PAIRS), "ns/context",
        "a node without viewing, by turns", 0.0);
    say("view_round_somebody", median(more[SOMEBODY], PAIRS), "ns/context",
        "a node without viewing, by turns", 0.0);
    say("view_round_without", median(each[WITHOUT], PAIRS), "ns/context", "what it takes", 0.0);
}

// Of one context, as if each drone had it. Nanoseconds a call.
static double time_evaluated(struct edge_serve *serve, uint32_t calls)
{
    const struct edge_drone *drones[DRONES];
    for (uint32_t i = 0; i < DRONES; i++)
        drones[i] = edge_fleet_at(serve->fleet, i);
    static struct edge_advice found;
    edge_advise_build(serve, drones[DRONES - 1], serve->builder, &found);
    const int64_t began_ns = cpu_ns();
    for (uint32_t i = 0; i < calls; i += DRONES)
        for (uint32_t k = 0; k < DRONES; k++)
            edge_show_evaluated(serve, drones[k], &found.context);
    return (double)(cpu_ns() - began_ns) / calls;
}

static double time_step(struct edge_serve *serve, uint32_t calls)
{
    const int64_t began_ns = cpu_ns();
    bool more = false;
    for (uint32_t i = 0; i < calls; i++) {
        edge_show_begin(serve);
        more |= edge_show_run(serve);
    }
    return more ? -1.0 : (double)(cpu_ns() - began_ns) / calls;
}

// All that is done once a second, in its steps.
static double time_second(struct scene *scene)
{
    double each[20];
    for (size_t i = 0; i < sizeof each / sizeof each[0]; i++) {
        scene->serve->now.mono_us += SCENE_SECOND;
        scene->serve->now.utc_us += SCENE_SECOND;
        const int64_t began_ns = cpu_ns();
        while (edge_show_run(scene->serve))
            ;
        each[i] = (double)(cpu_ns() - began_ns) / 1000.0;
    }
    return median(each, sizeof each / sizeof each[0]);
}

static void follow(struct edge_viewing *viewing, struct edge_serve *serve, uint32_t count)
{
    for (uint32_t slot = 0; slot < count; slot++)
        edge_viewing_follow(viewing, slot, edge_fleet_at(serve->fleet, slot)->id);
    while (edge_show_run(serve))
        ;
}

int main(void)
{
    static struct node nodes[LOOKS];
    for (int look = 0; look < LOOKS; look++)
        if (!open_node(&nodes[look], (enum look)look))
            return 1;
    struct edge_serve *nobody = nodes[NOBODY].bench.scene->serve,
                      *somebody = nodes[SOMEBODY].bench.scene->serve;
    struct reader reader = {.viewing = nodes[SOMEBODY].viewing};
    pthread_t thread;
    if (pthread_create(&thread, NULL, read_all, &reader) != 0)
        return 1;
    say_rounds(nodes);
    say("view_nobody", time_evaluated(nobody, CALLS), "ns/context", "goal", 20.0);
    say("view_nobody_step", time_step(nobody, CALLS), "ns/step", "once in many contexts", 0.0);
    say("view_somebody", time_evaluated(somebody, FILLS), "ns/context", "goal", 750.0);
    say("view_second", time_second(nodes[SOMEBODY].bench.scene), "us/s",
        "1,000 drones, once a second", 0.0);
    follow(nodes[SOMEBODY].viewing, somebody, EDGE_VIEW_FOLLOWED_MAX);
    const double followed_ns = time_evaluated(somebody, FILLS / 100);
    follow(nodes[SOMEBODY].viewing, somebody, 0);
    say("view_followed", followed_ns * DRONES / EDGE_VIEW_FOLLOWED_MAX / 1000.0, "us/context",
        "of a drone that is followed, the others with it", 0.0);
    atomic_store(&reader.over, 1);
    (void)pthread_join(thread, NULL);
    for (int look = 0; look < LOOKS; look++)
        close_node(&nodes[look]);
    return reader.read > 0 ? 0 : 1;
}
