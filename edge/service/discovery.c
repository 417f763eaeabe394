// SPDX-License-Identifier: Apache-2.0
#include "edge/service/discovery.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>

#include "edge/host/clock.h"
#include "edge/host/event.h"
#include "edge/service/watch.h"

#define SECOND_US INT64_C(1000000)
#define CAUSE_EVERY_US (10 * SECOND_US)
#define UNREACHABLE_PAUSE_US (SECOND_US / 5) // the question itself waits for an answer

bool edge_discovery_open(struct edge_discovery *discovery, struct edge_node *node, int stop_fd)
{
    discovery->node = node;
    discovery->stop_fd = stop_fd;
    discovery->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    discovery->made = pthread_mutex_init(&discovery->lock, NULL) == 0;
    return discovery->fd >= 0 && discovery->made;
}

void edge_discovery_close(struct edge_discovery *discovery)
{
    if (discovery->made)
        pthread_mutex_destroy(&discovery->lock);
    if (discovery->node != NULL && discovery->fd >= 0)
        close(discovery->fd);
}

static bool discover(struct edge_discovery *discovery, size_t feed, bool *reachable)
{
    struct edge_kafka_found found;
    struct edge_topic_fingerprint first[EDGE_KAFKA_PARTITIONS_MAX];
    struct edge_finding *finding = &discovery->findings[feed];
    pthread_mutex_lock(&discovery->lock);
    bool answered = !finding->fresh; // what was found last may say that these are of the past
    memcpy(first, finding->first, sizeof first);
    pthread_mutex_unlock(&discovery->lock);
    int64_t asked_mono_us = edge_clock_mono_us();
    *reachable = edge_topic_discovery_look(discovery->topics, feed, !*reachable,
                                           answered ? first : NULL, &found)
                 == DRF_OK;
    pthread_mutex_lock(&discovery->lock);
    finding->asked = finding->fresh = true;
    finding->reachable = *reachable;
    if (*reachable)
        finding->found = found;
    finding->found.asked_mono_us = asked_mono_us;
    pthread_mutex_unlock(&discovery->lock);
    edge_event_wake(discovery->node->wake_ingest_fd);
    return *reachable && found.count > 0;
}

static bool ends(const struct edge_discovery *discovery)
{
    struct pollfd stop = {.fd = discovery->stop_fd, .events = POLLIN};
    return atomic_load(&discovery->ends) || poll(&stop, 1, 0) > 0;
}

static void *topic_discovery(void *argument)
{
    struct edge_discovery *discovery = argument;
    const struct drf_config *config = discovery->node->config;
    while (!ends(discovery)) {
        bool complete = true, reachable = !atomic_exchange(&discovery->down, false);
        for (size_t i = 0; i < config->feed_count && !ends(discovery); i++)
            if (!config->feeds[i].removed)
                complete = discover(discovery, i, &reachable) && complete;
        int64_t pause_us = complete    ? config->discover_us
                           : reachable ? SECOND_US
                                       : UNREACHABLE_PAUSE_US;
        struct pollfd fds[] = {{.fd = discovery->fd, .events = POLLIN},
                               {.fd = discovery->stop_fd, .events = POLLIN}};
        if (poll(fds, 2, (int)(pause_us / 1000)) > 0)
            edge_event_drain(discovery->fd);
    }
    return NULL;
}

void edge_discovery_hurry(struct edge_discovery *discovery)
{
    atomic_store(&discovery->down, true);
    edge_event_wake(discovery->fd);
}

bool edge_discovery_begin(struct edge_discovery *discovery)
{
    atomic_store(&discovery->ends, false);
    discovery->running =
        edge_topic_discovery_open(discovery->node->config, discovery->node->kafka,
                                  &discovery->topics)
            == DRF_OK
        && pthread_create(&discovery->thread, NULL, topic_discovery, discovery) == 0;
    if (discovery->running)
        (void)pthread_setname_np(discovery->thread, "discovery");
    return discovery->running;
}

void edge_discovery_end(struct edge_discovery *discovery)
{
    atomic_store(&discovery->ends, true);
    edge_event_wake(discovery->fd);
    if (discovery->running)
        pthread_join(discovery->thread, NULL);
    discovery->running = false;
    edge_topic_discovery_close(discovery->topics);
    discovery->topics = NULL;
}

// The cause becomes known after the broker was missed, and may become another.
static void log_kafka(struct edge_discovery *discovery, bool changed, bool unreachable,
                      struct edge_now now)
{
    const struct edge_node *node = discovery->node;
    const char *cause = "";
    for (size_t i = 0; i < EDGE_LANES && unreachable && cause[0] == '\0'; i++)
        cause = node->kafka[i] != NULL ? edge_kafka_cause(node->kafka[i]) : "";
    char text[EDGE_KAFKA_CAUSE_SIZE + 40];
    (void)snprintf(text, sizeof text, "no Kafka broker answers%s%s", cause[0] ? ": " : "",
                   cause);
    const bool another =
        unreachable && cause[0] != '\0' && strcmp(cause, discovery->kafka_told) != 0;
    if (changed
        || (another
            && edge_log_allow(&discovery->kafka_limit, now.mono_us, 1, CAUSE_EVERY_US, NULL))) {
        edge_watch_trouble(node, EDGE_TROUBLE_KAFKA, unreachable,
                           unreachable ? text : "Kafka answers", now);
        (void)snprintf(discovery->kafka_told, sizeof discovery->kafka_told, "%s", cause);
    }
}

void edge_discovery_take(struct edge_discovery *discovery, struct edge_now now)
{
    struct edge_node *node = discovery->node;
    bool unreachable = false, missing = false, denied = false, asked = true;
    pthread_mutex_lock(&discovery->lock);
    for (size_t i = 0; i < node->config->feed_count; i++) {
        struct edge_finding *finding = &discovery->findings[i];
        if (node->config->feeds[i].removed)
            continue;
        if (finding->fresh)
            edge_ingest_found(node->ingest, i, finding->reachable ? &finding->found : NULL,
                              now);
        finding->fresh = false;
        edge_feeds_first(node->feeds, i, finding->first);
        asked = asked && finding->asked;
        unreachable = unreachable || (finding->asked && !finding->reachable);
        missing = missing || (finding->reachable && finding->found.count == 0);
        denied = denied || (finding->reachable && finding->found.denied);
    }
    pthread_mutex_unlock(&discovery->lock);
    // What was not asked yet, after a reload, says nothing good.
    bool changed = (asked || unreachable)
                   && edge_health_set(&node->health, EDGE_TROUBLE_KAFKA, unreachable);
    log_kafka(discovery, changed, unreachable, now);
    if ((asked || missing) && edge_health_set(&node->health, EDGE_TROUBLE_TOPIC, missing))
        edge_watch_trouble(node, EDGE_TROUBLE_TOPIC, missing,
                           denied    ? "the account has no right to see a configured topic"
                           : missing ? "a configured topic does not exist yet"
                                     : "every topic exists",
                           now);
    if (asked || unreachable) // not for a moment, while a new feed was not looked for yet
        edge_metrics_set(node->metrics, EDGE_METRIC_KAFKA_UP, 0, !unreachable);
    if (asked)
        atomic_store(&discovery->complete, true);
}

void edge_discovery_drop(struct edge_discovery *discovery)
{
    pthread_mutex_lock(&discovery->lock);
    for (size_t i = 0; i < DRF_FEEDS_MAX; i++)
        discovery->findings[i] = (struct edge_finding){0};
    pthread_mutex_unlock(&discovery->lock);
}
