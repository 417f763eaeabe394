// SPDX-License-Identifier: Apache-2.0
// Each thread is a loop of read clock, step, poll. Ingest and serve poll their own eventfd and
// descriptors until the time their step returned, at most WAIT_MAX_US; they meet in the node's
// lock-free structures and wake each other through the eventfds. Discovery blocks on Kafka, so
// it has a thread of its own and hands over its findings under a mutex. On a signal all threads
// stop, the main thread commits for the last time, and then a deadline thread ends the process
// if a library blocks while closing: everything that counts is committed by then. When the
// store proves to be damaged, the node is closed, the file set aside, and everything opened
// again.
#include "edge/service/loop.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "edge/host/event.h"
#include "edge/service/discovery.h"
#include "edge/service/node.h"
#include "edge/service/notify.h"
#include "edge/service/owning.h"
#include "edge/service/renewal.h"
#include "edge/service/watch.h"
#include "edge/view/streams.h"

#define SECOND_US INT64_C(1000000)
#define WAIT_MAX_US (SECOND_US / 10)
// What the node is given beside its loops before systemd ends it.
#define OPENING_US (600 * SECOND_US)
#define READING_ALL_US (3600 * SECOND_US)
enum {
    CLOSE_DEADLINE_S = 5,
    JOURNAL_EVERY_NS = 50000000,
    VIEW_EVERY_NS = EDGE_VIEW_TICK_MS * 1000000,
    EVERY_MS = EDGE_NOTIFY_EVERY_US / 1000
};

struct loop {
    struct edge_node node;
    struct edge_clock clock;
    struct drf_config *config; // the caller's: the node's, or of before a reload
    const struct edge_config_source *source;
    struct edge_reload reload;
    atomic_bool stopping;
    atomic_bool failed;
    atomic_bool damaged; // the store, perhaps
    atomic_bool refused; // another node has this one's id
    struct edge_discovery discovery;
    struct edge_owning owning;
    struct edge_notify *notify;
    int stop_fd; // readable from the moment the node is to stop
    struct edge_watch_main watch;
};

static void stop(struct loop *loop)
{
    atomic_store(&loop->stopping, true);
    edge_event_wake(loop->stop_fd);
    edge_event_wake(loop->node.wake_ingest_fd);
    edge_event_wake(loop->node.wake_serve_fd);
}

// Waits until a descriptor is ready or `wake_mono_us` has come, a tenth of a second at most.
static void wait_ready(struct pollfd *fds, nfds_t count, int64_t wake_mono_us, int wake_fd)
{
    int64_t left_us = wake_mono_us - edge_clock_mono_us();
    if (left_us < 0)
        left_us = 0;
    if (left_us > WAIT_MAX_US)
        left_us = WAIT_MAX_US;
    struct timespec timeout = {.tv_nsec = left_us * 1000};
    if (ppoll(fds, count, &timeout, NULL) > 0 && (fds[0].revents & POLLIN))
        edge_event_drain(wake_fd);
}

static void *ingest(void *argument)
{
    struct loop *loop = argument;
    struct edge_node *node = &loop->node;
    int64_t serve_kafka_mono_us = 0;
    struct edge_watch_ingest watch = {.began_mono_us = 0};
    while (!atomic_load(&loop->stopping)) {
        struct edge_now now = edge_clock_now(loop->clock);
        bool reloaded;
        enum drf_status status = edge_reload_ingest(&loop->reload, now, &reloaded);
        if (reloaded)
            edge_discovery_drop(&loop->discovery);
        if (now.mono_us >= serve_kafka_mono_us) {
            node->kafka_log_utc_us = now.utc_us;
            for (size_t i = 0; i < EDGE_LANES; i++)
                if (node->kafka[i] && edge_kafka_serve(node->kafka[i]))
                    edge_discovery_hurry(&loop->discovery);
            edge_discovery_take(&loop->discovery, now);
            serve_kafka_mono_us = now.mono_us + WAIT_MAX_US;
        }
        int64_t children_mono_us = edge_children_step(node->children, now.mono_us);
        int64_t without_us = 0;
        while (edge_children_replaced(node->children, &without_us))
            edge_metrics_observe(node->metrics, EDGE_METRIC_DECODER_REPLACED, without_us);
        struct edge_ingest_done done;
        if (status == DRF_OK)
            status = edge_ingest_step(node->ingest, now, &done);
        if (status != DRF_OK) {
            atomic_store(&loop->failed, true);
            atomic_store(&loop->damaged, status == DRF_ERR_STORE);
            stop(loop);
            break;
        }
        edge_watch_ingest(&watch, node, now);
        if (done.committed)
            edge_metrics_observe(node->metrics, EDGE_METRIC_COMMIT_SECONDS,
                                 edge_clock_mono_us() - now.mono_us);
        if (done.published || done.restored)
            edge_event_wake(node->wake_serve_fd);
        if (done.busy)
            continue;
        struct pollfd fds[] = {
            {.fd = node->wake_ingest_fd, .events = POLLIN},
            {.fd = edge_children_fd(node->children), .events = POLLIN},
        };
        wait_ready(fds, 2,
                   done.wake_mono_us < children_mono_us ? done.wake_mono_us : children_mono_us,
                   node->wake_ingest_fd);
    }
    return NULL;
}

static void log_overload(const struct edge_node *node, bool *before, struct edge_now now)
{
    bool there = edge_health_has(&node->health, EDGE_TROUBLE_OVERLOAD);
    if (there != *before)
        edge_watch_trouble(
            node, EDGE_TROUBLE_OVERLOAD, there,
            there ? "the load is more than this node can handle: it leaves out patches, "
                    "then segments, then contexts, never advisories"
                  : "the load is normal again, everything is sent",
            now);
    *before = there;
}

static void log_stop(const struct edge_log *log, struct edge_now now, int signal, bool good)
{
    edge_log_flush(log, now.utc_us, true);
    const char *name = signal > 0 ? sigabbrev_np(signal) : NULL;
    edge_log_write(log, now.utc_us, good ? EDGE_LOG_INFO : EDGE_LOG_ERROR, "node.stop",
                   "good=%d signal=%s%s text=\"%s\"", good, name != NULL ? "SIG" : "none",
                   name != NULL ? name : "",
                   good ? "all that was read is stored" : "the node could not go on");
}

// Speaks for the node's id once nobody else does.
static void look_for_another(struct loop *loop, struct edge_now now)
{
    struct edge_node *node = &loop->node;
    if (!edge_mqtt_held(node->mqtt))
        return;
    enum edge_claim_verdict verdict =
        edge_claim_verdict(&node->claim, edge_mqtt_held_subscribed(node->mqtt), now.mono_us);
    if (verdict == EDGE_CLAIM_FREE)
        edge_mqtt_release(node->mqtt);
    if (verdict != EDGE_CLAIM_TAKEN)
        return;
    edge_log_write(&node->log, now.utc_us, EDGE_LOG_ERROR, "node.id_taken",
                   "region=%s node=%s boot_id=%" PRIu64 " seq=%" PRIu64
                   " text=\"another node with this id is running: this one stops; give each "
                   "node of a region its own node.id\"",
                   node->config->region_id, node->config->node_id, node->claim.other_boot,
                   node->claim.last);
    atomic_store(&loop->refused, true);
    atomic_store(&loop->failed, true);
    stop(loop);
}

// Lets librdkafka report on what others were told.
static void count_published(struct edge_node *node)
{
    if (node->publisher != NULL)
        edge_metrics_add(node->metrics, EDGE_METRIC_PUBLISH_DROPS, 0, 0,
                         edge_publisher_kafka_serve(node->publisher).lost);
}

static void *serve(void *argument)
{
    struct loop *loop = argument;
    struct edge_node *node = &loop->node;
    struct edge_watch_mqtt watch = {.shared = false};
    struct edge_now now = edge_clock_now(loop->clock);
    struct edge_renewal renewal = edge_renewal_begin();
    bool overloaded = false;
    while (!atomic_load(&loop->stopping)) {
        now = edge_clock_now(loop->clock);
        edge_renewal_run(&renewal, node, now);
        edge_mqtt_step(node->mqtt, now.mono_us);
        look_for_another(loop, now);
        edge_watch_mqtt(&watch, node, now);
        edge_reload_serve(&loop->reload, now);
        int64_t wake_mono_us = edge_serve_step(node->serve, now);
        edge_mqtt_flush(node->mqtt);
        count_published(node);
        if (edge_restore_request_waiting(&node->restore_request))
            edge_event_wake(node->wake_ingest_fd);
        log_overload(node, &overloaded, now);
        bool writing = edge_mqtt_wants_write(node->mqtt);
        struct pollfd fds[] = {
            {.fd = node->wake_serve_fd, .events = POLLIN},
            {.fd = edge_mqtt_fd(node->mqtt),
             .events = (short)(writing ? POLLIN | POLLOUT : POLLIN)},
        };
        wait_ready(fds, 2, wake_mono_us, node->wake_serve_fd);
    }
    edge_serve_down(node->serve, now);
    edge_mqtt_step(node->mqtt, now.mono_us);
    edge_mqtt_flush(node->mqtt);
    return NULL;
}

// Writes what the loops have put; the rest is written when both have ended.
static void *journal(void *argument)
{
    struct loop *loop = argument;
    while (!atomic_load(&loop->stopping)) {
        edge_journal_step(loop->node.journal, edge_clock_now(loop->clock));
        nanosleep(&(struct timespec){.tv_nsec = JOURNAL_EVERY_NS}, NULL);
    }
    return NULL;
}

// Makes what the pages are shown.
static void *view(void *argument)
{
    struct loop *loop = argument;
    while (!atomic_load(&loop->stopping)) {
        edge_view_step(loop->node.view, edge_clock_now(loop->clock));
        nanosleep(&(struct timespec){.tv_nsec = VIEW_EVERY_NS}, NULL);
    }
    return NULL;
}

// What the main thread does twice a second.
static void meanwhile(struct loop *loop)
{
    struct edge_now now = edge_clock_now(loop->clock);
    edge_notify_step(loop->notify, &loop->node.health, atomic_load(&loop->discovery.complete),
                     now.mono_us);
    edge_watch_main(&loop->watch, &loop->node, atomic_load(&loop->discovery.complete), now);
    edge_http_sweep(loop->node.http, now.mono_us);
    edge_log_flush(&loop->node.log, now.utc_us, false);
}

// What is told of the beginning and the end of a reload is told here.
static void reload(struct loop *loop)
{
    struct edge_now now = edge_clock_now(loop->clock);
    if (edge_reload_prepare(&loop->reload, loop->source, now) != DRF_OK)
        return;
    edge_discovery_end(&loop->discovery);
    edge_reload_offer(&loop->reload, edge_clock_now(loop->clock));
    enum edge_reload_wait wait;
    while ((wait = edge_reload_wait(&loop->reload, loop->stop_fd, EVERY_MS))
           == EDGE_RELOAD_WAIT_ON)
        meanwhile(loop);
    if (wait == EDGE_RELOAD_NODE_ENDS)
        return;
    edge_reload_finish(&loop->reload, edge_clock_now(loop->clock));
    edge_view_reload(loop->node.view, loop->node.config);
    if (loop->reload.kafka_anew
        && wait == EDGE_RELOAD_OVER) { // with other credentials, perhaps
        edge_owning_end(&loop->owning);
        if (!edge_owning_begin(&loop->owning, &loop->node))
            edge_log_error(&loop->node.log, now.utc_us, "owners.failed",
                           "this node is owner of no drone until it is restarted");
    }
    if (edge_discovery_begin(&loop->discovery))
        return;
    edge_log_error(&loop->node.log, now.utc_us, "node.failed",
                   "topic discovery cannot be started again");
    atomic_store(&loop->failed, true);
    stop(loop);
}

// Waits until `fd` can be read, and does meanwhile what is done twice a second. False: the node
// is to stop, for what happened within.
static bool wait_readable(struct loop *loop, int fd)
{
    struct pollfd fds[] = {{.fd = loop->stop_fd, .events = POLLIN},
                           {.fd = fd, .events = POLLIN}};
    int ready;
    while ((ready = poll(fds, 2, EVERY_MS)) == 0 || (ready < 0 && errno == EINTR))
        meanwhile(loop);
    return fds[0].revents == 0;
}

// Until a signal comes that ends the node, or it ends by itself; returns the signal, 0: none.
static int wait_for_signal(struct loop *loop, const sigset_t *signals)
{
    int signal_fd = signalfd(-1, signals, SFD_CLOEXEC), signal = 0;
    struct signalfd_siginfo info;
    while (wait_readable(loop, signal_fd)
           && read(signal_fd, &info, sizeof info) == (ssize_t)sizeof info) {
        if (info.ssi_signo != SIGHUP) {
            signal = (int)info.ssi_signo;
            break;
        }
        edge_notify_reloading(loop->notify, true, edge_clock_now(loop->clock).mono_us);
        reload(loop);
        edge_notify_reloading(loop->notify, false, edge_clock_now(loop->clock).mono_us);
    }
    close(signal_fd);
    if (atomic_load(&loop->damaged))
        edge_notify_working(loop->notify, "the store may be damaged: all of it is being read",
                            READING_ALL_US);
    else
        edge_notify_stopping(loop->notify, "stopping: the last commit");
    stop(loop);
    return signal;
}

static enum edge_exit exit_code(struct loop *loop)
{
    return !atomic_load(&loop->failed)   ? EDGE_EXIT_STOPPED
           : atomic_load(&loop->refused) ? EDGE_EXIT_REFUSED
                                         : EDGE_EXIT_FAILED;
}

static const int exit_codes[] = {EDGE_EXIT_STOPPED, EDGE_EXIT_FAILED, EDGE_EXIT_CONFIG,
                                 EDGE_EXIT_REFUSED};

// A library that waits for a broker which is gone must not keep the process: everything that
// counts is committed by now. The argument points to the exit code.
static void *deadline(void *argument)
{
    nanosleep(&(struct timespec){.tv_sec = CLOSE_DEADLINE_S}, NULL);
    _exit(*(const int *)argument);
}

// *signal: what ended it, 0: the node itself.
static bool run_threads(struct loop *loop, const sigset_t *signals, int *signal)
{
    pthread_t ingest_thread, serve_thread, deadline_thread, journal_thread, view_thread;
    if (pthread_create(&ingest_thread, NULL, ingest, loop) != 0)
        return false;
    bool serving = pthread_create(&serve_thread, NULL, serve, loop) == 0;
    bool discovering = edge_discovery_begin(&loop->discovery);
    bool owning = edge_owning_begin(&loop->owning, &loop->node);
    (void)pthread_setname_np(ingest_thread, "ingest"); // for top -H and its like
    bool writing =
        loop->node.journal != NULL && pthread_create(&journal_thread, NULL, journal, loop) == 0;
    if (loop->node.journal != NULL && !writing) // its rings fill, and that ends the recording
        edge_log_error(&loop->node.log, edge_clock_now(loop->clock).utc_us,
                       "journal.not_started", "no thread for it");
    if (writing)
        (void)pthread_setname_np(journal_thread, "journal");
    bool showing = // without it there are no live pages, and all else
        loop->node.view != NULL && pthread_create(&view_thread, NULL, view, loop) == 0;
    if (showing)
        (void)pthread_setname_np(view_thread, "view");
    if (serving)
        (void)pthread_setname_np(serve_thread, "serve");
    if (!serving || !discovering || !owning) {
        atomic_store(&loop->failed, true);
        stop(loop);
    }
    *signal = wait_for_signal(loop, signals);
    if (serving)
        pthread_join(serve_thread, NULL);
    pthread_join(ingest_thread, NULL);
    if (writing)
        pthread_join(journal_thread, NULL);
    if (showing)
        pthread_join(view_thread, NULL);
    edge_ingest_finish(loop->node.ingest, edge_clock_now(loop->clock));
    edge_journal_finish(loop->node.journal); // what comes now may take longer than it is given
    if (!atomic_load(&loop->damaged)
        && pthread_create(&deadline_thread, NULL, deadline,
                          (void *)&exit_codes[exit_code(loop)])
               == 0)
        pthread_detach(deadline_thread);
    edge_owning_end(&loop->owning);
    edge_discovery_end(&loop->discovery);
    return !atomic_load(&loop->failed);
}

// Waits for room on the disk of the store, saying so once. DRF_ERR_ABSENT: told to stop first.
static enum drf_status open_node(struct loop *loop, const struct edge_log *log,
                                 const sigset_t *signals)
{
    struct edge_node *node = &loop->node;
    struct edge_now now = edge_clock_now(loop->clock);
    enum drf_status status = edge_node_begin(loop->config, log, now, node);
    bool told = false; // a reload begins a node again
    while (status == DRF_OK) {
        status = edge_node_open(node, now);
        bool waits = status == DRF_ERR_AGAIN;
        if (status != DRF_OK && !waits)
            break;
        (void)edge_health_set(&node->health, EDGE_TROUBLE_STORE, waits);
        if (told != waits)
            edge_watch_trouble(node, EDGE_TROUBLE_STORE, waits,
                               waits ? node->waiting_for : "there is room for the store", now);
        told = waits;
        if (!waits)
            break;
        edge_notify_working(loop->notify, node->waiting_for, 60 * SECOND_US);
        int signal = sigtimedwait(signals, NULL, &(struct timespec){.tv_sec = 1});
        now = edge_clock_now(loop->clock);
        if (signal == SIGHUP) { // what was opened is of the configuration before
            edge_node_close(node);
            edge_reload_before(loop->config, loop->source, log, now);
            status = edge_node_begin(loop->config, log, now, node);
            continue;
        }
        if (signal > 0) {
            log_stop(log, now, signal, true);
            edge_node_close(node);
            return DRF_ERR_ABSENT;
        }
        edge_http_sweep(node->http, now.mono_us);
        status = DRF_OK;
    }
    return status;
}

// One run of a node. *damaged: it ended because its store may be damaged.
static int live(struct loop *loop, const struct edge_log *log, const sigset_t *signals,
                uint64_t set_aside, bool *damaged)
{
    edge_watch_config(loop->config, log, edge_clock_now(loop->clock));
    edge_notify_working(loop->notify, "opening the store", OPENING_US);
    enum drf_status status = open_node(loop, log, signals);
    if (status != DRF_OK)
        return status == DRF_ERR_ABSENT ? EDGE_EXIT_STOPPED : (int)loop->node.exit_code;
    struct edge_now now = edge_clock_now(loop->clock);
    const struct drf_config *config = loop->config;
    edge_metrics_add(loop->node.metrics, EDGE_METRIC_STORE_SET_ASIDE, 0, 0, set_aside);
    edge_log_write(log, now.utc_us, EDGE_LOG_INFO, "node.start",
                   "version=%s region=%s node=%s mode=%s boot_id=%" PRIu64 " feeds=%zu",
                   DRF_VERSION, config->region_id, config->node_id, drf_mode_name(config->mode),
                   loop->node.boot_id, config->feed_count);
    int signal = 0;
    bool good = edge_reload_open(&loop->reload, &loop->node) == DRF_OK
                && run_threads(loop, signals, &signal);
    *damaged = atomic_load(&loop->damaged);
    log_stop(log, edge_clock_now(loop->clock), signal, good);
    edge_node_close(&loop->node);
    edge_reload_close(&loop->reload, loop->config);
    return good                          ? EDGE_EXIT_STOPPED
           : atomic_load(&loop->refused) ? EDGE_EXIT_REFUSED
                                         : EDGE_EXIT_FAILED;
}

// Another run, with a new store if this one is really damaged.
static bool begin_anew(const struct drf_config *config, const struct edge_log *log,
                       struct edge_now now, uint64_t *set_aside)
{
    struct edge_node node = {.config = config, .log = *log};
    if (!edge_node_store_damaged(config))
        return true;
    if (edge_node_set_aside(&node, "damage was found while running", now) != DRF_OK)
        return false;
    ++*set_aside;
    return true;
}

static sigset_t own_signals(void)
{
    sigset_t signals;
    sigemptyset(&signals);
    static const int ours[] = {SIGTERM, SIGINT, SIGQUIT, SIGALRM, SIGUSR1, SIGUSR2, SIGHUP};
    for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++)
        sigaddset(&signals, ours[i]);
    return signals;
}

void edge_loop_block_signals(void)
{
    const sigset_t signals = own_signals();
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
}

int edge_loop_run(struct drf_config *config, const struct edge_config_source *source,
                  const struct edge_log *log, struct edge_clock clock)
{
    const sigset_t signals = own_signals();
    edge_loop_block_signals();
    signal(SIGPIPE, SIG_IGN);

    int code;
    struct edge_notify notify;
    edge_notify_open(&notify);
    uint64_t set_aside = 0;
    bool again;
    do {
        struct loop *loop = calloc(1, sizeof *loop);
        if (!loop)
            return EDGE_EXIT_FAILED;
        loop->clock = clock;
        loop->notify = &notify;
        loop->config = config;
        loop->source = source;
        loop->stop_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
        bool made = loop->stop_fd >= 0
                    && edge_discovery_open(&loop->discovery, &loop->node, loop->stop_fd);
        again = false;
        code = made ? live(loop, log, &signals, set_aside, &again) : EDGE_EXIT_FAILED;
        edge_discovery_close(&loop->discovery);
        if (loop->stop_fd >= 0)
            close(loop->stop_fd);
        free(loop);
        again = again && begin_anew(config, log, edge_clock_now(clock), &set_aside);
    } while (again);
    edge_notify_close(&notify);
    return code;
}
