// SPDX-License-Identifier: Apache-2.0
// The store and the fabric over it. A damaged file is no reason not to start: it is set aside
// and built again from Kafka, while drones are told CATCHING_UP. A file that is another's (in
// use, of another region, of a newer program, not a store) is left alone, and the node ends.
#include <string.h>
#include <time.h>

#include "edge/ingest/feed_rules.h"
#include "edge/ingest/import_log.h"
#include "edge/ingest/resync.h"
#include "edge/serve/warm_start.h"
#include "edge/service/node.h"
#include "fusion/store/store_maintenance.h"

enum { SUFFIX_SIZE = 40 };

// Larger than any before: a drone can tell which of two boots is the later.
static enum drf_status take_boot_id(struct edge_node *node, struct edge_now now)
{
    uint64_t stored = 0;
    size_t size = sizeof stored;
    enum drf_status status =
        fusion_store_value(node->store, EDGE_STORED_BOOT_ID, &stored, &size);
    if (status != DRF_OK || size != sizeof stored)
        stored = 0;
    uint64_t clock_ms = now.utc_us > 0 ? (uint64_t)now.utc_us / 1000 : 0;
    node->boot_id = stored + 1 > clock_ms ? stored + 1 : clock_ms;
    status = fusion_store_put_value(node->store, EDGE_STORED_BOOT_ID, &node->boot_id,
                                    sizeof node->boot_id);
    if (status != DRF_OK)
        return status;
    status = fusion_store_commit(node->store, now.utc_us);
    // A full disk is no reason not to serve.
    return drf_status_action(status) == DRF_SERVE ? DRF_OK : status;
}

enum drf_status edge_node_store(const struct drf_config *config,
                                struct fusion_store_fault *fault, struct fusion_store **out)
{
    struct fusion_store_config wanted = {
        .path = config->store_path,
        .keep = drf_config_keep(config),
        .level = config->level,
        .insets = config->insets,
        .inset_count = config->inset_count,
        .region_id = config->region_id,
        .mode = config->mode,
        .in_memory = config->store_in_memory,
        .copy_of = config->store_copied ? config->store_path : NULL,
        .pending_max_bytes = config->limits.pending_max_bytes,
        .fault = fault,
    };
    return fusion_store_open(&wanted, out);
}

enum drf_status edge_node_fabric(const struct drf_config *config, struct fusion_store *store,
                                 struct fusion_fabric **out)
{
    struct fusion_feed feeds[DRF_FEEDS_MAX];
    size_t feed_count = edge_fusion_feeds(config, feeds);
    struct geo_point first[EDGE_WARM_START_MAX];
    struct fusion_fabric_config wanted = {
        .keep = drf_config_keep(config),
        .level = config->level,
        .raster_accuracy_max_m = config->raster_accuracy_max_m,
        .track_keep_us = config->limits.track_keep_us,
        .refused_keep_us = config->refused_keep_us,
        .feeds = feeds,
        .feed_count = feed_count,
        .first = first,
        .first_count = edge_warm_start_read(store, first),
    };
    enum drf_status status = edge_feed_rules_put(store, feeds, feed_count);
    if (status == DRF_OK)
        status = fusion_fabric_open(&wanted, store, out);
    return status;
}

static enum drf_status try_open(struct edge_node *node, struct edge_now now,
                                struct fusion_store_fault *fault)
{
    *fault = (struct fusion_store_fault){0};
    enum drf_status status = edge_node_store(node->config, fault, &node->store);
    if (status != DRF_OK)
        return status;
    status = edge_resync_plan(node->config, node->store, &node->log, now);
    if (status == DRF_OK)
        status = take_boot_id(node, now);
    if (status == DRF_OK)
        status = edge_node_fabric(node->config, node->store, &node->fabric);
    if (status != DRF_OK) {
        *fault = fusion_store_fault(node->store);
        fusion_fabric_close(node->fabric);
        fusion_store_close(node->store);
        node->fabric = NULL;
        node->store = NULL;
    }
    return status;
}

struct log_visit {
    struct edge_node *node;
    struct edge_now now;
};

static void log_missing_import(void *context, const struct edge_import_entry *one, bool missing)
{
    const struct log_visit *log_visit = context;
    char file[200];
    if (missing)
        edge_log_write(&log_visit->node->log, log_visit->now.utc_us, EDGE_LOG_WARN,
                       "store.import_again", "feed=%s file=%s sha256=%s", one->feed,
                       edge_log_quote(file, sizeof file, one->file, strlen(one->file)),
                       one->sha256);
}

// What did not come through Kafka is not built again from it.
static enum drf_status log_missing_imports(struct edge_node *node, struct edge_now now)
{
    struct log_visit log_visit = {.node = node, .now = now};
    enum drf_status status = edge_import_log_each(node->store, node->config->store_path,
                                                  log_missing_import, &log_visit);
    // The rest is no reason not to serve.
    return drf_status_action(status) == DRF_STOP ? status : DRF_OK;
}

enum drf_status edge_node_set_aside(struct edge_node *node, const char *why,
                                    struct edge_now now)
{
    const char *path = node->config->store_path;
    char suffix[SUFFIX_SIZE] = ".damaged";
    struct tm tm;
    const time_t seconds = (time_t)(now.utc_us / 1000000);
    if (gmtime_r(&seconds, &tm) != NULL)
        strftime(suffix, sizeof suffix, ".damaged-%Y%m%dT%H%M%SZ", &tm);
    struct fusion_store_fault fault = {0};
    enum drf_status status = fusion_store_set_aside(path, suffix, &fault);
    if (status != DRF_OK) {
        edge_log_error(&node->log, now.utc_us, "store.not_set_aside", fault.text);
        return status;
    }
    char quoted[400];
    edge_log_write(&node->log, now.utc_us, EDGE_LOG_ERROR, "store.set_aside",
                   "from=%s to=%s%s text=%s", path, path, suffix,
                   edge_log_quote(quoted, sizeof quoted, why, strlen(why)));
    if (node->metrics)
        edge_metrics_add(node->metrics, EDGE_METRIC_STORE_SET_ASIDE, 0, 0, 1);
    return DRF_OK;
}

enum drf_status edge_node_open_store(struct edge_node *node, struct edge_now now)
{
    struct fusion_store_fault fault;
    enum drf_status status = try_open(node, now, &fault);
    if (status == DRF_ERR_STORE && fault.trouble == FUSION_STORE_DAMAGED) {
        status = edge_node_set_aside(node, fault.text, now);
        if (status == DRF_OK)
            status = try_open(node, now, &fault);
    }
    if (status == DRF_ERR_STORE && fault.trouble == FUSION_STORE_FULL) {
        memcpy(node->waiting_for, fault.text, sizeof node->waiting_for);
        return DRF_ERR_AGAIN;
    }
    if (fault.trouble == FUSION_STORE_NEWER || fault.trouble == FUSION_STORE_MISMATCH
        || fault.trouble == FUSION_STORE_FOREIGN)
        node->exit_code = EDGE_EXIT_REFUSED;
    if (status != DRF_OK)
        edge_log_error(&node->log, now.utc_us,
                       fault.trouble == FUSION_STORE_BUSY ? "store.busy" : "store.unusable",
                       fault.text);
    return status == DRF_OK ? log_missing_imports(node, now) : status;
}

bool edge_node_store_damaged(const struct drf_config *config)
{
    struct fusion_store_fault fault = {0};
    struct fusion_store *store = NULL;
    struct fusion_store_config reader = {
        .path = config->store_path, .read_only = true, .fault = &fault};
    enum drf_status status = fusion_store_open(&reader, &store);
    if (status == DRF_OK) {
        status = fusion_store_check(store);
        fault = fusion_store_fault(store);
    }
    fusion_store_close(store);
    return status == DRF_ERR_STORE && fault.trouble == FUSION_STORE_DAMAGED;
}
