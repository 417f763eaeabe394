// SPDX-License-Identifier: Apache-2.0
// `stage` hands the offer from thread to thread: each looks at it with acquire, works on what
// the stage gives it, and moves the stage on with release. Clients of Kafka are opened anew
// only where a setting or the content of a certificate changed; else topics are added to and
// taken from those that there are, so that a feed that did not change is read on.
#include "edge/service/reload.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "edge/config/config_reload.h"
#include "edge/host/event.h"
#include "edge/mqtt/certificate_mqtt.h"
#include "edge/serve/others/publish.h"

#define GIVE_UP_US INT64_C(30000000)
#define MISTAKES "the configuration has mistakes: nothing is changed"

enum drf_status edge_reload_open(struct edge_reload *reload, struct edge_node *node)
{
    *reload = (struct edge_reload){.node = node};
    reload->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (reload->fd < 0)
        return DRF_ERR_NOMEM;
    reload->first = node->config;
    return edge_credentials_read(node->config, &reload->credentials);
}

// What was prepared and not taken, or what the node had before.
static void drop(struct edge_reload *reload)
{
    for (size_t i = 0; i < EDGE_LANES; i++)
        edge_kafka_close(reload->kafka[i]);
    edge_producer_close(reload->producer);
    edge_publisher_kafka_close(reload->publisher);
    edge_mqtt_close(reload->mqtt);
    if (reload->next && reload->next != reload->current) {
        drf_config_close_beside(reload->next,
                                reload->current ? reload->current : reload->first);
        free(reload->next);
    }
    memset(reload->kafka, 0, sizeof reload->kafka);
    reload->producer = NULL;
    reload->publisher = NULL;
    reload->mqtt = NULL;
    reload->next = NULL;
}

void edge_reload_close(struct edge_reload *reload, struct drf_config *config)
{
    drop(reload);
    if (reload->fd >= 0)
        close(reload->fd);
    if (reload->current == NULL)
        return;
    drf_config_close_beside(config, reload->current);
    *config = *reload->current;
    free(reload->current);
    reload->current = NULL;
}

void edge_reload_before(struct drf_config *config, const struct edge_config_source *source,
                        const struct edge_log *log, struct edge_now now)
{
    struct drf_config next;
    if (source->load(source->self, log, now, &next) != DRF_OK) {
        edge_log_error(log, now.utc_us, "reload.refused", MISTAKES);
        return;
    }
    drf_config_close(config);
    *config = next;
    edge_log_write(log, now.utc_us, EDGE_LOG_INFO, "reload.done", "feeds=%zu", next.feed_count);
}

// ---- main

struct kept {
    const struct edge_log *log;
    struct edge_now now;
    size_t count;
};

static void log_kept(void *context, const char *key, const char *stays, const char *file)
{
    struct kept *kept = context;
    char is[200], wanted[200];
    kept->count++;
    edge_log_write(kept->log, kept->now.utc_us, EDGE_LOG_WARN, "reload.not_changed",
                   "key=%s stays=%s file=%s text=\"takes effect at the next start\"", key,
                   edge_log_quote(is, sizeof is, stays, strlen(stays)),
                   edge_log_quote(wanted, sizeof wanted, file, strlen(file)));
}

static enum drf_status refuse(const struct edge_reload *reload, enum drf_status status,
                              const char *why, struct edge_now now)
{
    edge_log_error(&reload->node->log, now.utc_us, "reload.refused", why);
    edge_metrics_add(reload->node->metrics, EDGE_METRIC_RELOADS_REFUSED, 0, 0, 1);
    return status;
}

static enum drf_status load(struct edge_reload *reload, const struct edge_config_source *source,
                            struct edge_now now)
{
    struct kept kept = {.log = &reload->node->log, .now = now};
    struct drf_config *next = calloc(1, sizeof *next);
    if (!next)
        return refuse(reload, DRF_ERR_NOMEM, "out of memory", now);
    enum drf_status status = source->load(source->self, kept.log, now, next);
    if (status != DRF_OK) {
        free(next);
        return refuse(reload, status, MISTAKES, now);
    }
    reload->next = next;
    status = drf_config_follow(reload->node->config, next, log_kept, &kept);
    if (status != DRF_OK)
        return refuse(reload, status,
                      status == DRF_ERR_FULL
                          ? "with those removed since the start there are more than 24 feeds: "
                            "restart the node. Nothing is changed"
                          : drf_status_name(status),
                      now);
    return edge_credentials_read(next, &reload->next_credentials);
}

static bool needs_lane(const struct drf_config *config, size_t lane)
{
    for (size_t i = 0; i < config->feed_count; i++)
        if (!config->feeds[i].removed
            && (config->feeds[i].urgent != 0) == (lane == EDGE_LANE_URGENT))
            return true;
    return false;
}

static enum drf_status open_kafka(struct edge_reload *reload,
                                  char error[static EDGE_KAFKA_ERROR_SIZE])
{
    const struct drf_config *next = reload->next;
    enum drf_status status = DRF_OK;
    for (size_t i = 0; i < EDGE_LANES && status == DRF_OK; i++)
        if (needs_lane(next, i) && (reload->kafka_anew || !reload->node->kafka[i]))
            status = edge_node_open_lane(reload->node, next, (enum edge_lane)i, error,
                                         &reload->kafka[i]);
    if (status == DRF_OK && reload->kafka_anew && reload->node->delivery.producer)
        status = edge_delivery_producer(next, error, &reload->producer);
    if (status == DRF_OK && edge_publish_any(next)
        && (reload->kafka_anew || !reload->node->publisher))
        status = edge_publisher_kafka_open(next, error, &reload->publisher);
    return status;
}

static enum drf_status open_mqtt(struct edge_reload *reload,
                                 char error[static EDGE_CERTIFICATE_ERROR_SIZE],
                                 const char **why)
{
    const struct drf_mqtt_config *mqtt = &reload->next->mqtt;
    enum drf_status status = mqtt->tls ? edge_certificate_check(mqtt->ca_file, mqtt->cert_file,
                                                                mqtt->key_file, error)
                                       : DRF_OK;
    if (status != DRF_OK)
        return status;
    *why = "out of memory";
    return edge_node_open_mqtt(reload->node, reload->next, NULL, &reload->mqtt, why);
}

enum drf_status edge_reload_prepare(struct edge_reload *reload,
                                    const struct edge_config_source *source,
                                    struct edge_now now)
{
    char error[EDGE_KAFKA_ERROR_SIZE + EDGE_CERTIFICATE_ERROR_SIZE] = "out of memory";
    const char *why = error;
    edge_log_write(&reload->node->log, now.utc_us, EDGE_LOG_INFO, "reload.begin",
                   "signal=SIGHUP");
    enum drf_status status = load(reload, source, now);
    if (status == DRF_OK) {
        const struct edge_credentials *was = &reload->credentials,
                                      *is = &reload->next_credentials;
        reload->kafka_anew = memcmp(was->kafka, is->kafka, sizeof is->kafka) != 0;
        status = open_kafka(reload, error);
        if (status == DRF_OK && memcmp(was->mqtt, is->mqtt, sizeof is->mqtt) != 0)
            status = open_mqtt(reload, error, &why);
        if (status != DRF_OK)
            status = refuse(reload, status, why, now);
    }
    if (status != DRF_OK)
        drop(reload);
    return status;
}

void edge_reload_offer(struct edge_reload *reload, struct edge_now now)
{
    reload->until_mono_us = now.mono_us + GIVE_UP_US;
    atomic_store_explicit(&reload->stage, EDGE_RELOAD_INGEST, memory_order_release);
    edge_event_wake(reload->node->wake_ingest_fd);
}

static void log_taken(const struct edge_reload *reload, const struct drf_config *former,
                      struct edge_now now)
{
    const struct drf_config *config = reload->next;
    size_t added = 0, removed = 0, changed = 0;
    for (size_t i = 0; i < config->feed_count; i++) {
        struct drf_feed_change change = drf_config_feed_change(former, config, i);
        added += change.added;
        removed += change.removed;
        changed += change.topic || change.lane || change.other;
    }
    edge_log_write(&reload->node->log, now.utc_us, EDGE_LOG_INFO, "reload.done",
                   "feeds_added=%zu feeds_removed=%zu feeds_changed=%zu kafka=%s mqtt=%s",
                   added, removed, changed, reload->kafka_anew ? "reconnected" : "goes_on",
                   reload->mqtt ? "reconnected" : "goes_on");
}

enum edge_reload_wait edge_reload_wait(const struct edge_reload *reload, int stop_fd,
                                       int timeout_ms)
{
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    int ends_fd = signalfd(-1, &ends, SFD_CLOEXEC);
    struct pollfd fds[] = {{.fd = stop_fd, .events = POLLIN},
                           {.fd = ends_fd, .events = POLLIN},
                           {.fd = reload->fd, .events = POLLIN}};
    int ready;
    while ((ready = poll(fds, 3, timeout_ms)) < 0 && errno == EINTR)
        ;
    close(ends_fd);
    return ready == 0                                   ? EDGE_RELOAD_WAIT_ON
           : fds[0].revents == 0 && fds[1].revents == 0 ? EDGE_RELOAD_OVER
                                                        : EDGE_RELOAD_NODE_ENDS;
}

// The one before the first reload stays: parts of the node that do not change look at it.
static void use_next(struct edge_reload *reload)
{
    struct drf_config *former = reload->current;
    reload->current = reload->next;
    if (former == NULL)
        return;
    drf_config_disown(former, reload->first);
    drf_config_close_beside(former, reload->current);
    free(former);
}

void edge_reload_finish(struct edge_reload *reload, struct edge_now now)
{
    uint64_t value;
    ssize_t got = read(reload->fd, &value, sizeof value);
    (void)got;
    if (atomic_load_explicit(&reload->stage, memory_order_acquire) == EDGE_RELOAD_TAKEN) {
        log_taken(reload, reload->current ? reload->current : reload->first, now);
        edge_metrics_add(reload->node->metrics, EDGE_METRIC_RELOADS, 0, 0, 1);
        reload->credentials = reload->next_credentials;
        use_next(reload);
        atomic_store(&reload->node->log.level, (enum edge_log_level)reload->current->log_level);
    } else {
        (void)refuse(reload, DRF_ERR_AGAIN,
                     "a message is being worked on for 30 s: nothing is changed, try again",
                     now);
    }
    atomic_store_explicit(&reload->stage, EDGE_RELOAD_IDLE, memory_order_relaxed);
    drop(reload); // what was not taken, or what the node had before
}

// ---- the loops

static void move_on(struct edge_reload *reload, enum edge_reload_stage stage, int fd)
{
    atomic_store_explicit(&reload->stage, stage, memory_order_release);
    edge_event_wake(fd);
}

static enum drf_status take_kafka(struct edge_reload *reload)
{
    struct edge_node *node = reload->node;
    enum drf_status status = DRF_OK;
    for (size_t i = 0; i < EDGE_LANES && status == DRF_OK; i++) {
        if (reload->kafka[i] || reload->kafka_anew) {
            struct edge_kafka *former = node->kafka[i]; // closing it may wait: main does it
            node->kafka[i] = reload->kafka[i];
            reload->kafka[i] = former;
        } else if (node->kafka[i]) {
            status = edge_kafka_follow(node->kafka[i], node->config, i == EDGE_LANE_URGENT,
                                       node->wake_ingest_fd);
        }
    }
    if (reload->producer)
        reload->producer = edge_delivery_swap(&node->delivery, reload->producer);
    return status;
}

enum drf_status edge_reload_ingest(struct edge_reload *reload, struct edge_now now, bool *taken)
{
    struct edge_node *node = reload->node;
    *taken = false;
    if (atomic_load_explicit(&reload->stage, memory_order_acquire) != EDGE_RELOAD_INGEST)
        return DRF_OK;
    edge_ingest_quiet(node->ingest, true);
    if (edge_ingest_busy(node->ingest)) {
        if (now.mono_us < reload->until_mono_us)
            return DRF_OK;
        edge_ingest_quiet(node->ingest, false);
        move_on(reload, EDGE_RELOAD_GIVEN_UP, reload->fd);
        return DRF_OK;
    }
    edge_node_name_feeds(node, reload->next);
    enum drf_status status =
        edge_ingest_reload(node->ingest, reload->next, reload->kafka_anew, now);
    node->config = reload->next;
    if (status == DRF_OK)
        status = take_kafka(reload);
    edge_ingest_quiet(node->ingest, false);
    *taken = true;
    move_on(reload, EDGE_RELOAD_SERVE, node->wake_serve_fd);
    return status;
}

void edge_reload_serve(struct edge_reload *reload, struct edge_now now)
{
    struct edge_node *node = reload->node;
    if (atomic_load_explicit(&reload->stage, memory_order_acquire) != EDGE_RELOAD_SERVE
        || (reload->mqtt && !edge_mqtt_adoptable(node->mqtt)))
        return;
    edge_serve_reload(node->serve, reload->next, now);
    if (reload->publisher) {
        struct edge_publisher_kafka *former = node->publisher; // main closes it: it may wait
        node->publisher = reload->publisher;
        reload->publisher = former;
        edge_serve_use_publisher(node->serve, edge_publisher_kafka_port(node->publisher));
    }
    if (reload->mqtt)
        edge_mqtt_adopt(node->mqtt, reload->mqtt);
    move_on(reload, EDGE_RELOAD_TAKEN, reload->fd);
}
