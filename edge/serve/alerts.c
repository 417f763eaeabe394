// SPDX-License-Identifier: Apache-2.0
// Sends alerts: a context at once to each drone that an alert begins or ends to concern, and
// the whole set to the region's retained topic.
#include <stdlib.h>
#include <string.h>

#include "edge/serve/serve_parts.h"
#include "fusion/aircraft/alert.h"
#include "geo/hash.h"

// Checked this often at least: alerts end as time passes.
#define WATCH_US INT64_C(5000000)

enum { ALERTS_MAX = 500 }; // in one message

static void look_at_drones(struct edge_serve *serve)
{
    uint32_t count = edge_fleet_slots(serve->fleet);
    for (uint32_t number = 0; number < count; number++) {
        struct edge_drone *drone = edge_fleet_at(serve->fleet, number);
        if (!drone->slot.used || !drone->slot.reporting)
            continue;
        struct fusion_alerts alerts;
        fusion_alerts_find(serve->root, &drone->report.fix, serve->now.utc_us, &alerts);
        if ((uint16_t)alerts.digest != drone->found.alerts_digest)
            edge_schedule_push(serve, drone);
    }
}

static int by_severity(const void *left, const void *right)
{
    const struct fusion_zone *a = *(const struct fusion_zone *const *)left;
    const struct fusion_zone *b = *(const struct fusion_zone *const *)right;
    uint32_t first = fusion_alert_severity(a), second = fusion_alert_severity(b);
    int order = (first > second) - (first < second);
    if (order == 0)
        order = strcmp(a->source->source, b->source->source);
    return order != 0 ? order : strcmp(a->view.zone->id, b->view.zone->id);
}

// Those that are not over, the most severe first, in a bucket of their own; NULL: no memory.
static struct fusion_zone_bucket *lasting(const struct edge_serve *serve)
{
    const struct fusion_zone_bucket *all = serve->root->alerts_all;
    size_t room = all != NULL ? all->count : 0;
    struct fusion_zone_bucket *out = malloc(sizeof *out + room * sizeof(void *));
    if (out == NULL)
        return NULL;
    const struct fusion_zone **zones = (void *)(out + 1);
    out->count = 0;
    out->zones = zones;
    for (size_t i = 0; i < room; i++)
        if (!fusion_alert_over(all->zones[i], serve->now.utc_us))
            zones[out->count++] = all->zones[i];
    if (out->count > 1)
        qsort((void *)zones, out->count, sizeof(const struct fusion_zone *), by_severity);
    return out;
}

// Over all fields sent of each alert: two versions of one time, or two sources with one id,
// differ in them.
static uint64_t digest_of(const struct fusion_zone_bucket *set)
{
    uint64_t digest = GEO_HASH_START;
    for (size_t i = 0; i < set->count; i++) {
        const struct fusion_source *source = set->zones[i]->source;
        const struct geo_zone_view *view = &set->zones[i]->view;
        digest = geo_hash_bytes(digest, source->source, strlen(source->source) + 1);
        digest = geo_hash_bytes(digest, source->version, strlen(source->version) + 1);
        digest = geo_hash_bytes(digest, &source->issue_utc_us, sizeof source->issue_utc_us);
        digest = geo_hash_bytes(digest, view->zone, sizeof *view->zone);
        digest = geo_hash_bytes(digest, view->volumes,
                                view->zone->volume_count * sizeof *view->volumes);
        digest = geo_hash_bytes(digest, view->periods,
                                view->zone->period_count * sizeof *view->periods);
        digest = geo_hash_bytes(digest, view->vertices,
                                view->zone->vertex_count * sizeof *view->vertices);
    }
    return digest;
}

// *told: how many of them it holds.
static enum drf_status encode(const struct edge_serve *serve, enum edge_wire_form form,
                              const struct fusion_zone_bucket *set, uint8_t *bytes,
                              size_t *size, size_t *told)
{
    const struct edge_wire_stream stream = edge_send_stream(serve, 0);
    const size_t room = *size;
    size_t count = set->count < ALERTS_MAX ? set->count : ALERTS_MAX;
    *told = count;
    enum drf_status status =
        edge_wire_alerts_encode(form, &stream, set, count, true, bytes, size);
    for (; status == DRF_ERR_FULL && count > 0; count -= count / 8 + 1) {
        *size = room;
        *told = count;
        status = edge_wire_alerts_encode(form, &stream, set, count, false, bytes, size);
    }
    return status;
}

static enum drf_status send_set(struct edge_serve *serve, const struct fusion_zone_bucket *set)
{
    size_t size = sizeof serve->buffer, told;
    enum drf_status status =
        encode(serve, EDGE_WIRE_PROTOBUF, set, serve->buffer, &size, &told);
    if (status != DRF_OK)
        return status;
    edge_metrics_set(serve->metrics, EDGE_METRIC_ALERTS_LEFT_OUT, 0,
                     (int64_t)(set->count - told));
    return edge_send_alerts(serve, size);
}

// False: it could not be told now.
static bool publish_set(struct edge_serve *serve)
{
    struct edge_alerts_watch *watch = &serve->alerts;
    uint32_t session = edge_link_session(serve);
    struct fusion_zone_bucket *set = lasting(serve);
    if (set == NULL)
        return false;
    uint64_t digest = digest_of(set);
    bool due = !watch->told || session != watch->session || digest != watch->digest;
    bool told = !due || send_set(serve, set) == DRF_OK;
    free(set);
    if (due && told) {
        watch->told = true;
        watch->session = session;
        watch->digest = digest;
    }
    return told;
}

// Traffic makes roots many times a second: the set is sent again only when alerts changed.
static bool news(const struct edge_serve *serve)
{
    const struct fusion_root *root = serve->root;
    if (root->epoch == serve->alerts.epoch)
        return false;
    if (!serve->alerts.told)
        return true;
    for (size_t i = 0; i < root->change_count; i++)
        if ((root->changes[i].layers & UINT32_C(1) << FUSION_LAYER_ALERT) != 0)
            return true;
    return false;
}

static bool fed(const struct edge_serve *serve)
{
    return serve->root->layer_fed[FUSION_LAYER_ALERT] || serve->root->alerts_all != NULL;
}

enum drf_status edge_alerts_show(const struct edge_serve *serve, uint64_t *digest,
                                 uint8_t *bytes, size_t *size)
{
    if (serve->root == NULL || !fed(serve))
        return DRF_ERR_ABSENT;
    struct fusion_zone_bucket *set = lasting(serve);
    if (set == NULL)
        return DRF_ERR_NOMEM;
    uint64_t now = digest_of(set);
    size_t told;
    enum drf_status status =
        now == *digest ? DRF_ERR_AGAIN : encode(serve, EDGE_WIRE_JSON, set, bytes, size, &told);
    free(set);
    if (status == DRF_OK)
        *digest = now;
    return status;
}

void edge_alerts_run(struct edge_serve *serve)
{
    struct edge_alerts_watch *watch = &serve->alerts;
    if (serve->root == NULL || !fed(serve)) {
        watch->mono_us = INT64_MAX;
        return;
    }
    bool connected = edge_link_connected(serve), told = false;
    bool session = connected && edge_link_session(serve) != watch->session;
    if (!news(serve) && !session && serve->now.mono_us < watch->mono_us)
        return;
    look_at_drones(serve);
    bool speaks = edge_owners_speaks(serve) != EDGE_ANSWERS_NO;
    if (!speaks)
        watch->told = false; // another node says it; if it ceases to, it is said here
    else if (connected)
        told = publish_set(serve);
    watch->epoch = serve->root->epoch;
    watch->mono_us =
        serve->now.mono_us + (told || !connected || !speaks ? WATCH_US : WATCH_US / 50);
}
