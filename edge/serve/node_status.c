// SPDX-License-Identifier: Apache-2.0
// What the node says of itself. The heartbeat goes each second. The state goes when something
// it tells has changed, at a new connection, and every ten seconds where others depend on it.
// The catalogue is made anew with a new root or once in five seconds, and goes when its digest
// is another, or its numbers are a minute old. What could not go is due still.
#include "edge/serve/catalog.h"
#include "edge/serve/serve_parts.h"
#include "edge/wire/wire_enums.h"
#include "geo/hash.h"

enum {
    CATALOG_EVERY_US = 5000000,  // not with every root while feeds are read
    NUMBERS_EVERY_US = 60000000, // ages, rates and counts are no news for their own sake
};

// What goes through the broker does not report that the broker is missing.
#define BROKER (UINT32_C(1) << EDGE_TROUBLE_MQTT)

static uint32_t condition_of(uint32_t troubles)
{
    troubles &= ~BROKER;
    if (troubles >> EDGE_TROUBLE_OVERLOAD & 1)
        return EDGE_CONDITION_OVERLOADED;
    return troubles != 0 ? EDGE_CONDITION_DEGRADED : EDGE_CONDITION_UP;
}

static uint32_t troubles_of(struct edge_serve *serve)
{
    serve->node_status.seen = (uint32_t)edge_inputs_value(serve->inputs, EDGE_INPUT_HEALTH,
                                                          edge_health_all(serve->health));
    return serve->node_status.seen;
}

static void send_heartbeat(struct edge_serve *serve)
{
    struct edge_node_status *node_status = &serve->node_status;
    struct edge_fleet_counts counts = edge_fleet_counts(serve->fleet);
    edge_metrics_set(serve->metrics, EDGE_METRIC_DRONES, 0, counts.reporting);
    const struct edge_wire_heartbeat heartbeat = {
        .boot_id = serve->boot_id,
        .seq = node_status->heartbeat_seq + 1,
        .node_time_utc_us = serve->now.utc_us,
        .condition = condition_of(troubles_of(serve)),
        .epoch = serve->root != NULL ? serve->root->epoch : 0,
        .drones = counts.reporting,
        .mode = serve->config->output_mode,
    };
    size_t size = sizeof serve->buffer;
    if (edge_wire_heartbeat_encode(&heartbeat, serve->buffer, &size) == DRF_OK
        && edge_send_node(serve, "heartbeat", size, false) == DRF_OK)
        node_status->heartbeat_seq++;
}

static enum drf_status encode_state(const struct edge_serve *serve, enum edge_wire_form form,
                                    uint32_t condition, uint32_t troubles, uint8_t *bytes,
                                    size_t *size)
{
    const char *waiting_for[EDGE_TROUBLE_COUNT];
    size_t waiting_count = 0;
    for (unsigned i = 0; i < EDGE_TROUBLE_COUNT; i++)
        if ((troubles >> i & 1) != 0)
            waiting_for[waiting_count++] = edge_trouble_name((enum edge_trouble)i);
    const char *refusing[DRF_FEEDS_MAX];
    size_t refusing_count = 0;
    for (size_t i = 0; i < serve->config->feed_count; i++)
        if (!serve->config->feeds[i].removed && (serve->node_status.refusing >> i & 1) != 0)
            refusing[refusing_count++] = serve->config->feeds[i].name;
    struct edge_wire_neighbour neighbours[EDGE_ADJACENT_MAX];
    // Not for those who look: they see the region alone.
    bool told = form == EDGE_WIRE_PROTOBUF && condition != EDGE_CONDITION_DOWN;
    const struct edge_wire_state state = {
        .stream = edge_send_stream(serve, 0),
        .condition = condition,
        .boundary = serve->config->region.ring,
        .boundary_count = serve->config->region.count,
        .margin_m = serve->config->margin_m,
        .version = DRF_VERSION,
        .waiting_for = waiting_for,
        .waiting_count = waiting_count,
        .refusing = refusing,
        .refusing_count = refusing_count,
        .context_rate_max_hz = (uint32_t)serve->config->limits.context_rate_max_hz,
        .owner_epochs = edge_owners_many(serve) ? serve->owners.table.epochs : NULL,
        .address = serve->config->region_address,
        .priority = serve->config->region_priority,
        .neighbours = neighbours,
        .neighbour_count = told ? edge_adjacent_tell(&serve->adjacent, neighbours) : 0,
    };
    return edge_wire_state_encode(form, &state, bytes, size);
}

static enum drf_status send_state(struct edge_serve *serve, uint32_t condition,
                                  uint32_t troubles)
{
    size_t size = sizeof serve->buffer;
    enum drf_status status = encode_state(serve, EDGE_WIRE_PROTOBUF, condition,
                                          troubles & ~BROKER, serve->buffer, &size);
    if (status != DRF_OK)
        return DRF_ERR_RANGE;
    status = edge_send_node(serve, "state", size, true);
    if (status == DRF_OK) {
        edge_owners_told(serve);
        serve->node_status.state_mono_us = serve->now.mono_us;
    }
    return status;
}

void edge_node_status_tell(struct edge_serve *serve)
{
    uint32_t troubles = serve->node_status.troubles;
    if (edge_link_connected(serve))
        (void)send_state(serve, condition_of(troubles), troubles);
}

// Not received through the broker: so a missing broker is reported.
enum drf_status edge_node_status_show(const struct edge_serve *serve, uint8_t *bytes,
                                      size_t *size)
{
    uint32_t troubles = serve->node_status.seen, condition = condition_of(troubles);
    if ((troubles & BROKER) != 0 && condition == EDGE_CONDITION_UP)
        condition = EDGE_CONDITION_DEGRADED;
    return encode_state(serve, EDGE_WIRE_JSON, condition, troubles, bytes, size);
}

static enum drf_status send_catalog(struct edge_serve *serve)
{
    struct edge_node_status *node_status = &serve->node_status;
    struct edge_catalog catalog;
    edge_catalog_make(serve->config, serve->root, &catalog);
    edge_metrics_set(serve->metrics, EDGE_METRIC_SOURCES_LEFT_OUT, 0,
                     (int64_t)catalog.left_out);
    if (serve->source_stats != NULL)
        edge_catalog_add_stats(&catalog, serve->source_stats, false);
    // Time and epoch are left out of what is compared: they alone are no news.
    struct edge_wire_stream stream = edge_send_stream(serve, 0);
    stream.node_time_utc_us = 0;
    size_t size = sizeof serve->buffer;
    enum drf_status status =
        edge_wire_catalog_encode(EDGE_WIRE_PROTOBUF, &stream, 0, catalog.entries, catalog.count,
                                 catalog.left_out, serve->buffer, &size);
    uint64_t digest =
        status == DRF_OK ? geo_hash_bytes(GEO_HASH_START, serve->buffer, size) : 0;
    bool numbers_due =
        serve->source_stats != NULL && serve->now.mono_us >= node_status->numbers_mono_us;
    if (status != DRF_OK
        || (digest == node_status->catalog_digest && !node_status->catalog_due && !numbers_due))
        return status;
    if (serve->source_stats != NULL)
        edge_catalog_add_stats(&catalog, serve->source_stats, true);
    stream.node_time_utc_us = serve->now.utc_us;
    size = sizeof serve->buffer;
    status = edge_wire_catalog_encode(EDGE_WIRE_PROTOBUF, &stream, serve->root->epoch,
                                      catalog.entries, catalog.count, catalog.left_out,
                                      serve->buffer, &size);
    if (status == DRF_OK)
        status = edge_send_node(serve, "catalog", size, true);
    if (status == DRF_OK) {
        edge_publishing_catalog(serve, &stream, &catalog);
        node_status->catalog_digest = digest;
        node_status->numbers_mono_us = serve->now.mono_us + NUMBERS_EVERY_US;
    }
    return status;
}

// What is told of numbers is not recorded: nobody but those who look gets it.
enum drf_status edge_node_status_show_catalog(const struct edge_serve *serve, bool numbers,
                                              uint8_t *bytes, size_t *size)
{
    struct edge_catalog catalog;
    edge_catalog_make(serve->config, serve->root, &catalog);
    if (serve->source_stats != NULL)
        edge_catalog_show_stats(&catalog, serve->source_stats, numbers);
    struct edge_wire_stream stream = edge_send_stream(serve, 0);
    if (!numbers)
        stream.node_time_utc_us = 0;
    return edge_wire_catalog_encode(EDGE_WIRE_JSON, &stream, numbers ? serve->root->epoch : 0,
                                    catalog.entries, catalog.count, catalog.left_out, bytes,
                                    size);
}

static void run_catalog(struct edge_serve *serve)
{
    struct edge_node_status *node_status = &serve->node_status;
    int64_t now = serve->now.mono_us;
    // A source that falls silent makes no root.
    bool look = node_status->catalog_due || node_status->catalog_epoch != serve->root->epoch
                || serve->source_stats != NULL;
    if (!look || now < node_status->catalog_mono_us)
        return;
    uint64_t epoch = serve->root->epoch;
    node_status->catalog_mono_us = now + CATALOG_EVERY_US; // also before the next attempt
    if (send_catalog(serve) != DRF_OK)
        return;
    node_status->catalog_due = false;
    node_status->catalog_epoch = epoch;
}

void edge_node_status_run(struct edge_serve *serve)
{
    struct edge_node_status *node_status = &serve->node_status;
    int64_t now = serve->now.mono_us;
    edge_health_step(serve->health, EDGE_LOOP_SERVE, now);
    bool stalled = edge_health_stalled_us(serve->health, EDGE_LOOP_INGEST, now) > 0;
    edge_health_set(serve->health, EDGE_TROUBLE_STALLED,
                    edge_inputs_value(serve->inputs, EDGE_INPUT_STALLED, stalled) != 0);
    if (now >= node_status->heartbeat_mono_us) {
        send_heartbeat(serve);
        node_status->heartbeat_mono_us =
            now - node_status->heartbeat_mono_us < EDGE_SERVE_SECOND_US
                ? node_status->heartbeat_mono_us + EDGE_SERVE_SECOND_US
                : now + EDGE_SERVE_SECOND_US;
    }
    uint32_t session = edge_link_session(serve);
    if (session != node_status->session) {
        node_status->session = session;
        node_status->state_due = true;
        node_status->catalog_due = true;
        node_status->catalog_mono_us = now;
    }
    uint32_t troubles = troubles_of(serve) & ~BROKER;
    uint32_t refusing = serve->source_stats != NULL
                            ? edge_source_stats_refusing(serve->source_stats, serve->now)
                            : 0;
    if (troubles != node_status->troubles || refusing != node_status->refusing)
        node_status->state_due = true;
    node_status->refusing = refusing;
    bool beside = serve->adjacent.count > 0 || serve->config->region_address[0] != '\0';
    if (beside && now - node_status->state_mono_us >= EDGE_ADJACENT_TELL_US)
        node_status->state_due = true;
    if (!edge_link_connected(serve))
        return;
    if (node_status->state_due
        && send_state(serve, condition_of(troubles), troubles) == DRF_OK) {
        node_status->state_due = false;
        node_status->troubles = troubles;
    }
    if (serve->root != NULL)
        run_catalog(serve);
}

void edge_node_status_down(struct edge_serve *serve)
{
    (void)send_state(serve, EDGE_CONDITION_DOWN, troubles_of(serve));
}

enum drf_status edge_serve_will(const struct drf_config *config, uint64_t boot_id,
                                uint8_t *bytes, size_t *size)
{
    const struct edge_wire_state state = {
        .stream = {.region_id = config->region_id,
                   .node_id = config->node_id,
                   .boot_id = boot_id,
                   .mode = config->output_mode},
        .condition = EDGE_CONDITION_DOWN,
        .margin_m = config->margin_m,
        .version = DRF_VERSION,
    };
    return edge_wire_state_encode(EDGE_WIRE_PROTOBUF, &state, bytes, size);
}
