// SPDX-License-Identifier: Apache-2.0
#include "edge/ingest/maintenance.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "fusion/store/store_info.h"
#include "fusion/store/store_maintenance.h"

#define SECOND_US INT64_C(1000000)
#define STEP_US (2 * SECOND_US)
#define TOLD_US (60 * SECOND_US)
#define STEADY_US (86400 * SECOND_US)
#define EVERY_US (60 * SECOND_US)
#define WATCH_US (5 * SECOND_US)
#define SAVE_US (600 * SECOND_US)
#define PINNED_BYTES INT64_C(16777216) // four checkpoints' worth

enum { FORGET_PER_STEP = 200, PAGES_PER_STEP = 64 };
static const char uptime_name[] = "uptime";

// Stored, so that a node restarted every night also deletes old data.
struct uptime {
    int64_t steady_us; // run without the clock being set
    int64_t utc_us;    // when that was written
};

// The time before this start counts if the clock cannot have gone wrong in between by more than
// what has to be waited for anyway.
static int64_t steady_before_us(const struct edge_maintenance *maintenance, struct edge_now now)
{
    struct uptime kept;
    size_t size = sizeof kept;
    if (fusion_store_value(maintenance->store, uptime_name, &kept, &size) != DRF_OK
        || size != sizeof kept || kept.steady_us < 0)
        return 0;
    int64_t away_us = now.utc_us - kept.utc_us;
    if (away_us < 0 || away_us > STEADY_US)
        return 0;
    return kept.steady_us < STEADY_US ? kept.steady_us : STEADY_US;
}

static bool save_uptime(struct edge_maintenance *maintenance, struct edge_now now)
{
    struct uptime kept = {.steady_us = now.mono_us - maintenance->steady_mono_us,
                          .utc_us = now.utc_us};
    maintenance->save_mono_us = now.mono_us + SAVE_US;
    return fusion_store_put_value(maintenance->store, uptime_name, &kept, sizeof kept)
           == DRF_OK;
}

static void record_step(struct edge_maintenance *maintenance, int64_t by_us,
                        struct edge_now now)
{
    char text[96];
    snprintf(text, sizeof text, "utc_us=%" PRId64 " by_us=%" PRId64, now.utc_us, by_us);
    enum drf_status status =
        fusion_store_put_value(maintenance->store, "clock-step", text, strlen(text));
    (void)status; // the log has it too
}

bool edge_maintenance_clock(struct edge_maintenance *maintenance, struct edge_now now)
{
    int64_t ahead_us = now.utc_us - now.mono_us, by_us = ahead_us - maintenance->ahead_us;
    maintenance->ahead_us = ahead_us;
    if (!maintenance->began) {
        maintenance->began = true;
        maintenance->steady_mono_us = now.mono_us - steady_before_us(maintenance, now);
        maintenance->save_mono_us = now.mono_us + SAVE_US;
        return false;
    }
    if (now.mono_us >= maintenance->told_mono_us)
        edge_health_set(maintenance->health, EDGE_TROUBLE_CLOCK, false);
    if (by_us <= STEP_US && by_us >= -STEP_US)
        return false;
    maintenance->steady_mono_us = now.mono_us;
    maintenance->told_mono_us = now.mono_us + TOLD_US;
    edge_health_set(maintenance->health, EDGE_TROUBLE_CLOCK, true);
    edge_metrics_add(maintenance->metrics, EDGE_METRIC_CLOCK_STEPS, 0, 0, 1);
    edge_log_write(maintenance->log, now.utc_us, EDGE_LOG_WARN, "clock.step", "by_us=%" PRId64,
                   by_us);
    record_step(maintenance, by_us, now);
    (void)save_uptime(maintenance, now);
    return true;
}

bool edge_maintenance_steady(const struct edge_maintenance *maintenance, struct edge_now now)
{
    return now.mono_us - maintenance->steady_mono_us >= STEADY_US;
}

int64_t edge_maintenance_forgettable(const struct edge_maintenance *maintenance,
                                     struct edge_now now)
{
    return edge_maintenance_steady(maintenance, now) ? now.utc_us - STEADY_US : INT64_MIN;
}

// Each line once, not each time it is looked at.
static void watch(struct edge_maintenance *maintenance, struct edge_now now)
{
    struct fusion_store_sizes sizes;
    if (now.mono_us < maintenance->watch_mono_us)
        return;
    maintenance->watch_mono_us = now.mono_us + WATCH_US;
    if (fusion_store_sizes(maintenance->store, &sizes) != DRF_OK)
        return;
    edge_metrics_set(maintenance->metrics, EDGE_METRIC_STORE_BYTES, 0, sizes.file_bytes);
    edge_metrics_set(maintenance->metrics, EDGE_METRIC_STORE_FREE, 0, sizes.free_bytes);
    edge_metrics_set(maintenance->metrics, EDGE_METRIC_STORE_WAL, 0, sizes.wal_bytes);
    edge_metrics_set(maintenance->metrics, EDGE_METRIC_STORE_WAL_PINNED, 0,
                     sizes.wal_pinned_bytes);
    bool pinned = sizes.wal_pinned_bytes >= PINNED_BYTES;
    if (pinned == maintenance->pinned)
        return;
    maintenance->pinned = pinned;
    edge_log_write(maintenance->log, now.utc_us, pinned ? EDGE_LOG_WARN : EDGE_LOG_INFO,
                   pinned ? "store.log_pinned" : "store.log_released",
                   "wal_bytes=%" PRId64 " pinned_bytes=%" PRId64 "%s", sizes.wal_bytes,
                   sizes.wal_pinned_bytes,
                   pinned ? " text=\"a program that reads the store does not end\"" : "");
}

// Drones that were not heard of for long. True: something was noted, to be committed.
static bool clean_kept(struct edge_maintenance *maintenance, struct edge_now now)
{
    if (maintenance->restore_request == NULL || !edge_maintenance_steady(maintenance, now))
        return false;
    int64_t keep_us = (int64_t)maintenance->config->drone_keep_s * SECOND_US;
    uint64_t forgotten;
    bool more;
    bool changed =
        edge_retention_step(&maintenance->retention, maintenance->store,
                            maintenance->restore_request, keep_us, now, &forgotten, &more);
    edge_metrics_add(maintenance->metrics, EDGE_METRIC_DRONES_FORGOTTEN, 0, 0, forgotten);
    if (more)
        maintenance->due_mono_us = now.mono_us + SECOND_US;
    return changed;
}

static void clean(struct edge_maintenance *maintenance, struct edge_now now)
{
    maintenance->due_mono_us = now.mono_us + EVERY_US;
    int64_t forgotten = 0;
    if (edge_maintenance_steady(maintenance, now)) {
        int64_t keep_us = (int64_t)maintenance->config->tombstone_keep_s * SECOND_US;
        if (fusion_store_forget(maintenance->store, now.utc_us - keep_us, FORGET_PER_STEP,
                                &forgotten)
            != DRF_OK)
            return;
        edge_metrics_add(maintenance->metrics, EDGE_METRIC_STORE_FORGOTTEN, 0, 0,
                         (uint64_t)forgotten);
    }
    if (forgotten >= FORGET_PER_STEP) {
        maintenance->due_mono_us = now.mono_us + SECOND_US; // there is more
        return;
    }
    if (fusion_store_shrink(maintenance->store, PAGES_PER_STEP) != DRF_OK)
        return; // the next commit says what is wrong
    struct fusion_store_sizes sizes;
    bool more =
        fusion_store_sizes(maintenance->store, &sizes) == DRF_OK && sizes.free_bytes > 0;
    if (edge_inputs_value(maintenance->inputs, EDGE_INPUT_STORE_FREE, more) != 0)
        maintenance->due_mono_us = now.mono_us + SECOND_US;
}

bool edge_maintenance_step(struct edge_maintenance *maintenance, bool pending,
                           struct edge_now now)
{
    watch(maintenance, now);
    if (pending)
        return false;
    bool noted = false;
    if (now.mono_us >= maintenance->due_mono_us) {
        clean(maintenance, now);
        noted = clean_kept(maintenance, now);
    }
    return (now.mono_us >= maintenance->save_mono_us && save_uptime(maintenance, now)) || noted;
}
