// SPDX-License-Identifier: Apache-2.0
#include "edge/ingest/feed_removed.h"

#include <stdio.h>
#include <string.h>

#include "edge/ingest/resync.h"

#define PREFIX "removed/"
#define KNOWN_PREFIX "fingerprint/"

enum { NAME_SIZE = 64 };

struct names {
    char (*names)[32];
    size_t count;
    const struct drf_config *config; // those it names are left out; NULL: none
};

static bool configured(const struct drf_config *config, const char *feed)
{
    for (size_t i = 0; config && i < config->feed_count; i++)
        if (!config->feeds[i].removed && strcmp(config->feeds[i].name, feed) == 0)
            return true;
    return false;
}

static enum drf_status collect(void *context, const char *name, const void *bytes, size_t size)
{
    struct names *names = context;
    const char *feed = strchr(name, '/') + 1;
    (void)bytes;
    if (size > 0 && names->count < EDGE_FEEDS_REMOVED_MAX && strlen(feed) < 32
        && !configured(names->config, feed))
        (void)snprintf(names->names[names->count++], 32, "%s", feed);
    return DRF_OK;
}

static enum drf_status note(struct fusion_store *store, const char *feed,
                            const struct edge_log *log, struct edge_now now)
{
    char name[NAME_SIZE];
    (void)snprintf(name, sizeof name, PREFIX "%s", feed);
    enum drf_status status = fusion_store_put_value(store, name, "1", 1);
    if (status == DRF_OK)
        status = edge_resync_forget(store, feed);
    if (status == DRF_OK)
        edge_log_write(log, now.utc_us, EDGE_LOG_WARN, "feed.removed",
                       "feed=%s text=\"it is no longer configured: its data are withdrawn, "
                       "apart from imports\"",
                       feed);
    return status;
}

enum drf_status edge_feeds_removed_plan(const struct drf_config *config,
                                        struct fusion_store *store, const struct edge_log *log,
                                        struct edge_now now)
{
    char found[EDGE_FEEDS_REMOVED_MAX][32];
    struct names names = {.names = found, .config = config};
    enum drf_status status = fusion_store_each_value(store, KNOWN_PREFIX, collect, &names);
    for (size_t i = 0; i < names.count && status == DRF_OK; i++)
        status = note(store, found[i], log, now);
    return status;
}

enum drf_status edge_feeds_removed_open(struct edge_feeds_removed *removed,
                                        struct fusion_store *store,
                                        struct fusion_fabric *fabric,
                                        const struct edge_log *log)
{
    *removed = (struct edge_feeds_removed){.store = store, .fabric = fabric, .log = log};
    struct names names = {.names = removed->names};
    enum drf_status status = fusion_store_each_value(store, PREFIX, collect, &names);
    removed->count = names.count;
    return status;
}

static void drop(struct edge_feeds_removed *removed, size_t at)
{
    removed->count--;
    memmove(removed->names[at], removed->names[at + 1],
            (removed->count - at) * sizeof removed->names[0]);
    if (at == 0) {
        removed->begun = false;
        removed->withdrawn = 0;
    }
}

enum drf_status edge_feeds_removed_add(struct edge_feeds_removed *removed, const char *feed,
                                       struct edge_now now)
{
    enum drf_status status = note(removed->store, feed, removed->log, now);
    if (status == DRF_OK && removed->count < EDGE_FEEDS_REMOVED_MAX) // or at the next start
        (void)snprintf(removed->names[removed->count++], 32, "%s", feed);
    return status;
}

// What is left of it is weighed again while it is read from the beginning.
enum drf_status edge_feeds_removed_again(struct edge_feeds_removed *removed, const char *feed)
{
    char name[NAME_SIZE];
    size_t at = 0;
    while (at < removed->count && strcmp(removed->names[at], feed) != 0)
        at++;
    if (at == removed->count)
        return DRF_OK;
    drop(removed, at);
    (void)snprintf(name, sizeof name, PREFIX "%s", feed);
    enum drf_status status = fusion_store_put_value(removed->store, name, NULL, 0);
    return status == DRF_OK ? edge_resync_write(removed->store, feed, "fingerprint", true)
                            : status;
}

enum drf_status edge_feeds_removed_step(struct edge_feeds_removed *removed, struct edge_now now,
                                        bool *worked)
{
    if (removed->count == 0)
        return DRF_OK;
    const char *feed = removed->names[0];
    enum drf_status status = DRF_OK;
    if (!removed->begun) {
        status = fusion_fabric_missing_accept(removed->fabric, feed);
        if (status == DRF_OK)
            status = fusion_fabric_resync_begin(removed->fabric, feed, false, false);
    }
    size_t withdrawn = 0;
    bool again = false;
    removed->begun = status == DRF_OK;
    if (status == DRF_OK)
        status = fusion_fabric_resync_sweep(removed->fabric, feed, &withdrawn, &again);
    removed->withdrawn += withdrawn;
    *worked = status == DRF_OK || drf_status_action(status) == DRF_RETRY;
    if (status != DRF_OK)
        return drf_status_action(status) == DRF_STOP ? status : DRF_OK;
    char name[NAME_SIZE];
    (void)snprintf(name, sizeof name, PREFIX "%s", feed);
    if (fusion_store_put_value(removed->store, name, NULL, 0) != DRF_OK)
        return DRF_OK; // swept again
    edge_log_write(removed->log, now.utc_us, EDGE_LOG_INFO, "feed.withdrawn",
                   "feed=%s records=%zu", feed, removed->withdrawn);
    drop(removed, 0);
    return DRF_OK;
}
