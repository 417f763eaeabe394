// SPDX-License-Identifier: Apache-2.0
#include "edge/serve/catalog.h"
#include "edge/serve/serve_parts.h"
#include "edge/wire/wire_track.h"

static struct edge_publish_by by(const struct edge_serve *serve)
{
    return (struct edge_publish_by){.config = serve->config,
                                    .inputs = serve->inputs,
                                    .metrics = serve->metrics,
                                    .boot_id = serve->boot_id,
                                    .now = serve->now};
}

static void publish(struct edge_serve *serve, enum edge_publish_kind kind, const char *key,
                    enum drf_status encoded, size_t size)
{
    const struct edge_publish_by from = by(serve);
    if (encoded == DRF_OK)
        edge_publish_send(serve->publish, &from, kind, key, size);
    else
        edge_metrics_add(serve->metrics, EDGE_METRIC_PUBLISH_DROPS, 0, 0, 1);
}

// One whose link is lost is not told any more: another region may know better where it is, and
// readers fly it on by themselves.
void edge_publishing_track(struct edge_serve *serve, struct edge_drone *drone)
{
    int64_t now = serve->now.mono_us, every = serve->config->publish.tracks_every_us;
    int64_t due = drone->published.track_mono_us;
    if (!edge_publish_wanted(serve->config, EDGE_PUBLISH_TRACK) || now < due)
        return;
    drone->published.track_mono_us = now - due < every ? due + every : now + every;
    struct fusion_fix fix = drone->report.fix;
    bool above = !fix.wgs84.known && !fix.amsl.known && fix.above_takeoff.known
                 && drone->found.height_basis == FUSION_AGL_ABOVE_TAKEOFF;
    if (above) // others do not know the ground where it took off
        fix.amsl = (struct fusion_altitude){.known = true,
                                            .m = fix.above_takeoff.m
                                                 + (double)drone->found.height_offset_m,
                                            .acc95_m = (double)drone->found.height_acc95_m};
    size_t size = sizeof serve->publish->text;
    enum drf_status status = edge_wire_track_encode(drone->id, &fix, drone->sight.unconfirmed,
                                                    serve->publish->text, &size);
    publish(serve, EDGE_PUBLISH_TRACK, drone->id, status, size);
}

void edge_publishing_advisory(struct edge_serve *serve, const struct edge_drone *drone,
                              const struct edge_wire_stream *stream, uint64_t epoch,
                              const struct fusion_advisory *advisory, bool cleared)
{
    if (!edge_publish_wanted(serve->config, EDGE_PUBLISH_ADVISORY))
        return;
    size_t size = sizeof serve->publish->text;
    enum drf_status status = edge_wire_advisory_encode(EDGE_WIRE_JSON, stream, epoch, advisory,
                                                       cleared, serve->publish->text, &size);
    publish(serve, EDGE_PUBLISH_ADVISORY, drone->id, status, size);
}

void edge_publishing_catalog(struct edge_serve *serve, const struct edge_wire_stream *stream,
                             const struct edge_catalog *catalog)
{
    if (!edge_publish_wanted(serve->config, EDGE_PUBLISH_CATALOG))
        return;
    size_t size = sizeof serve->publish->text;
    enum drf_status status = edge_wire_catalog_encode(
        EDGE_WIRE_JSON, stream, serve->root->epoch, catalog->entries, catalog->count,
        catalog->left_out, serve->publish->text, &size);
    publish(serve, EDGE_PUBLISH_CATALOG, NULL, status, size);
}
