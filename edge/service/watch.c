// SPDX-License-Identifier: Apache-2.0
#include "edge/service/watch.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>

#include "fusion/fabric/fabric.h"

#define SECOND_US INT64_C(1000000)
#define DISK_EVERY_US (10 * SECOND_US)
#define KM_PER_DEG 111.195 // of latitude, on the sphere of the mean radius
#define RAD_PER_DEG 0.017453292519943295

// Said with more detail where they are found out.
#define SAID_ELSEWHERE                                                                         \
    (UINT32_C(1) << EDGE_TROUBLE_KAFKA | UINT32_C(1) << EDGE_TROUBLE_TOPIC                     \
     | UINT32_C(1) << EDGE_TROUBLE_MQTT | UINT32_C(1) << EDGE_TROUBLE_STORE                    \
     | UINT32_C(1) << EDGE_TROUBLE_OVERLOAD)

static const char *setting(const struct drf_config *config, const char *name)
{
    for (size_t i = 0; i < config->kafka_count; i++)
        if (strcmp(config->kafka[i].name, name) == 0)
            return config->kafka[i].value;
    return "";
}

void edge_watch_config(const struct drf_config *config, const struct edge_log *log,
                       struct edge_now now)
{
    const struct geo_bounds box = config->region.bounds;
    double middle_lat = (box.south_deg + box.north_deg) / 2;
    double wide_km = (box.east_deg - box.west_deg) * KM_PER_DEG * cos(middle_lat * RAD_PER_DEG);
    double high_km = (box.north_deg - box.south_deg) * KM_PER_DEG;
    char store[200], brokers[200];
    const char *servers = setting(config, "bootstrap.servers");
    edge_log_write(
        log, now.utc_us, EDGE_LOG_INFO, "config.read",
        "region=%s lat=%.4f lon=%.4f wide_km=%.1f high_km=%.1f margin_m=%.0f "
        "level=%" PRIu32 " insets=%zu feeds=%zu store=%s kafka=%s mqtt=%s:%" PRIu32
        " tls=%s http=%s:%" PRIu32,
        config->region_id, middle_lat, (box.west_deg + box.east_deg) / 2, wide_km, high_km,
        config->margin_m, config->level, config->inset_count, config->feed_count,
        edge_log_quote(store, sizeof store, config->store_path, strlen(config->store_path)),
        edge_log_quote(brokers, sizeof brokers, servers, strlen(servers)), config->mqtt.host,
        config->mqtt.port, config->mqtt.tls ? "yes" : "no", config->http_address,
        config->http_port);
}

static double seconds(int64_t us) { return (double)us / 1e6; }

static void log_troubles(struct edge_watch_main *watch, const struct edge_node *node,
                         uint32_t troubles, struct edge_now now)
{
    uint32_t changed = (troubles ^ watch->troubles) & ~SAID_ELSEWHERE;
    for (unsigned i = 0; i < EDGE_TROUBLE_COUNT; i++) {
        if (!(changed >> i & 1))
            continue;
        bool there = troubles >> i & 1;
        // Reading what has collected is no fault, nor is what a start waits for.
        enum edge_log_level level = there && watch->was_ready && i != EDGE_TROUBLE_CATCHING_UP
                                        ? EDGE_LOG_WARN
                                        : EDGE_LOG_INFO;
        const char *name = edge_trouble_name((enum edge_trouble)i);
        if (there)
            edge_log_write(&node->log, now.utc_us, level, "node.waiting", "for=%s text=\"%s\"",
                           name, edge_trouble_text((enum edge_trouble)i));
        else
            edge_log_write(&node->log, now.utc_us, level, "node.recovered", "for=%s", name);
    }
    watch->troubles = troubles;
}

static void log_ready(struct edge_watch_main *watch, const struct edge_node *node,
                      uint32_t troubles, bool ready, struct edge_now now)
{
    bool stays = ready == watch->seen_ready;
    watch->seen_ready = ready;
    if (ready == watch->ready || !stays)
        return;
    if (ready) {
        edge_log_write(&node->log, now.utc_us, EDGE_LOG_INFO, "node.ready",
                       "after_s=%.1f feeds=%zu text=\"%s\"",
                       seconds(now.mono_us - watch->since_mono_us), node->config->feed_count,
                       watch->was_ready ? "ready again: contexts are complete and current"
                                        : "contexts are complete and current");
    } else {
        char names[160] = "";
        size_t length = 0;
        for (unsigned i = 0; i < EDGE_TROUBLE_COUNT; i++)
            if ((troubles >> i & 1) && length < sizeof names - 16)
                length += (size_t)snprintf(names + length, sizeof names - length, "%s%s",
                                           length > 0 ? "," : "",
                                           edge_trouble_name((enum edge_trouble)i));
        edge_log_write(&node->log, now.utc_us, EDGE_LOG_WARN, "node.not_ready",
                       "reasons=%s text=\"drones are told what is missing or out of date\"",
                       names);
    }
    watch->ready = ready;
    watch->was_ready = true; // once it was, or it is now
    watch->since_mono_us = now.mono_us;
}

void edge_watch_main(struct edge_watch_main *watch, const struct edge_node *node,
                     bool discovered, struct edge_now now)
{
    if (watch->began_mono_us == 0)
        watch->began_mono_us = watch->since_mono_us = now.mono_us;
    uint32_t troubles = edge_health_all(&node->health);
    log_troubles(watch, node, troubles, now);
    log_ready(watch, node, troubles,
              edge_health_started(&node->health) && discovered && troubles == 0, now);
    if (watch->drone || edge_metrics_value(node->metrics, EDGE_METRIC_CONTEXTS, 0, 0) == 0)
        return;
    watch->drone = true;
    edge_log_write(&node->log, now.utc_us, EDGE_LOG_INFO, "drone.first",
                   "after_s=%.1f text=\"the first context was sent to a drone\"",
                   seconds(now.mono_us - watch->began_mono_us));
}

static int64_t counted(const struct edge_node *node, enum edge_metric metric, size_t feed,
                       size_t label)
{
    return edge_metrics_value(node->metrics, metric, feed, label);
}

static void log_caught_up(const struct edge_watch_ingest *watch, const struct edge_node *node,
                          size_t feed, struct edge_now now)
{
    int64_t refused = 0, letters = GEO_REFUSAL_COUNT;
    for (int64_t i = 0; i < letters; i++)
        refused += counted(node, EDGE_METRIC_FEED_REFUSALS, feed, (size_t)i);
    edge_log_write(&node->log, now.utc_us, EDGE_LOG_INFO, "feed.caught_up",
                   "feed=%s topic=%s messages=%" PRId64 " applied=%" PRId64 " refused=%" PRId64
                   " after_s=%.1f",
                   node->config->feeds[feed].name, node->config->feeds[feed].topic,
                   counted(node, EDGE_METRIC_FEED_MESSAGES, feed, 0),
                   counted(node, EDGE_METRIC_FEED_OUTCOMES, feed, FUSION_APPLIED), refused,
                   seconds(now.mono_us - watch->began_mono_us));
}

void edge_watch_ingest(struct edge_watch_ingest *watch, const struct edge_node *node,
                       struct edge_now now)
{
    if (watch->began_mono_us == 0) {
        watch->began_mono_us = now.mono_us;
        for (size_t i = 0; i < DRF_FEEDS_MAX; i++)
            watch->behind[i] = true;
    }
    for (size_t i = 0; i < node->config->feed_count; i++) {
        bool behind = !edge_feeds_current(node->feeds, i);
        if (watch->behind[i] && !behind)
            log_caught_up(watch, node, i, now);
        watch->behind[i] = behind;
    }
    if (now.mono_us < watch->second_mono_us)
        return;
    watch->second_mono_us = now.mono_us + SECOND_US;
    for (size_t i = 0; i < node->config->feed_count; i++)
        edge_metrics_set(node->metrics, EDGE_METRIC_FEED_SILENT, i,
                         edge_source_stats_silent(&node->source_stats, i));
    if (now.mono_us < watch->disk_mono_us)
        return;
    watch->disk_mono_us = now.mono_us + DISK_EVERY_US;
    struct statvfs disk;
    if (statvfs(node->config->store_path, &disk) == 0)
        edge_metrics_set(node->metrics, EDGE_METRIC_STORE_DISK_FREE, 0,
                         (int64_t)disk.f_bavail * (int64_t)disk.f_frsize);
}

void edge_watch_trouble(const struct edge_node *node, enum edge_trouble trouble, bool there,
                        const char *detail, struct edge_now now)
{
    char quoted[2 * EDGE_MQTT_WHY_SIZE];
    const char *effect = strstr(edge_trouble_text(trouble), ": ");
    effect = there && effect != NULL ? effect + 2 : "none";
    edge_log_write(&node->log, now.utc_us, there ? EDGE_LOG_WARN : EDGE_LOG_INFO,
                   there ? "node.waiting" : "node.recovered", "for=%s text=%s effect=\"%s\"",
                   edge_trouble_name(trouble),
                   edge_log_quote(quoted, sizeof quoted, detail, strlen(detail)), effect);
}
