// SPDX-License-Identifier: Apache-2.0
#include "edge/mqtt/mqtt_parts.h"

#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { INFLIGHT_DEFAULT = 1000 };

static bool copy_held(struct edge_mqtt *mqtt, const struct edge_mqtt_config *config)
{
    for (size_t i = 0; i < config->held_count && i < EDGE_MQTT_HELD_MAX; i++) {
        mqtt->held_topics[i] = strdup(config->held_topics[i]);
        if (mqtt->held_topics[i] == NULL)
            return false;
        mqtt->held_count = i + 1;
    }
    mqtt->held = mqtt->held_count > 0;
    mqtt->on_held = config->on_held;
    mqtt->on_held_context = config->on_held_context;
    return true;
}

static bool copy_filters(struct edge_mqtt *mqtt, const struct edge_mqtt_config *config)
{
    mqtt->filters = calloc(config->filter_count + 1, sizeof *mqtt->filters);
    if (mqtt->filters == NULL)
        return false;
    for (size_t i = 0; i < config->filter_count; i++) {
        mqtt->filters[i] =
            (struct filter){.text = strdup(config->filters[i]), .qos = config->filter_qos[i]};
        if (mqtt->filters[i].text == NULL)
            return false;
        mqtt->filter_count = i + 1;
    }
    return true;
}

static int set_will(struct edge_mqtt *mqtt, const struct edge_mqtt_config *config)
{
    const struct edge_outgoing will = {.json = false};
    mosquitto_property *own = NULL; // the library takes it over
    int rc =
        mosquitto_property_copy_all(&own, edge_properties_of(&mqtt->properties, &will, &own));
    if (rc == MOSQ_ERR_SUCCESS)
        rc = mosquitto_will_set_v5(mqtt->client, config->will_topic, (int)config->will_size,
                                   config->will_payload, 1, true, own);
    if (rc != MOSQ_ERR_SUCCESS)
        mosquitto_property_free_all(&own);
    return rc;
}

// What the library itself checks; its word for what is wrong, or NULL.
static const char *configure(struct edge_mqtt *mqtt, const struct edge_mqtt_config *config)
{
    int rc = mosquitto_int_option(mqtt->client, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V5);
    // The window for acknowledged messages stays at the library's 20: with 65,535 a thousand
    // profiles at once all came in, but the broker took nothing more from this connection.
    if (rc == MOSQ_ERR_SUCCESS && config->username != NULL)
        rc = mosquitto_username_pw_set(mqtt->client, config->username, config->password);
    if (rc == MOSQ_ERR_SUCCESS && config->ca_file != NULL)
        rc = mosquitto_tls_set(mqtt->client, config->ca_file, NULL, config->cert_file,
                               config->key_file, NULL);
    if (rc == MOSQ_ERR_SUCCESS && config->will_topic != NULL)
        rc = set_will(mqtt, config);
    if (rc != MOSQ_ERR_SUCCESS)
        return mosquitto_strerror(rc);
    edge_mqtt_listen(mqtt);
    return NULL;
}

enum drf_status edge_mqtt_open(const struct edge_mqtt_config *config, struct edge_mqtt **out,
                               const char **why)
{
    *why = "out of memory";
    if (mosquitto_lib_init() != MOSQ_ERR_SUCCESS)
        return DRF_ERR_NOMEM;
    struct edge_mqtt *mqtt = calloc(1, sizeof *mqtt);
    if (mqtt == NULL) {
        (void)mosquitto_lib_cleanup();
        return DRF_ERR_NOMEM;
    }
    mqtt->port = config->port;
    mqtt->keepalive_s = config->keepalive_s;
    mqtt->unacknowledged_max_ms = config->unacknowledged_max_ms;
    edge_back_off_init(&mqtt->back_off, config->client_id);
    edge_sharing_init(&mqtt->sharing);
    mqtt->queue_max_bytes = config->queue_max_bytes;
    mqtt->outstanding_max = config->inflight_max > 0 ? config->inflight_max : INFLIGHT_DEFAULT;
    mqtt->tls = config->ca_file != NULL;
    mqtt->host = strdup(config->host);
    mqtt->client = mosquitto_new(config->client_id, true, mqtt);
    (void)snprintf(mqtt->waiting_for, sizeof mqtt->waiting_for, "MQTT broker %s:%u: connecting",
                   config->host, (unsigned)config->port);

    bool complete = mqtt->host != NULL && mqtt->client != NULL
                    && edge_inbox_open(config->ring_bytes, &mqtt->inbox) == DRF_OK
                    && edge_properties_open(&mqtt->properties) == DRF_OK
                    && copy_filters(mqtt, config) && copy_held(mqtt, config);
    const char *refused = complete ? configure(mqtt, config) : NULL;
    if (complete && refused == NULL) {
        *out = mqtt;
        return DRF_OK;
    }
    edge_mqtt_close(mqtt);
    if (refused != NULL)
        *why = refused;
    return complete ? DRF_ERR_RANGE : DRF_ERR_NOMEM;
}

bool edge_mqtt_adoptable(const struct edge_mqtt *mqtt) { return !mqtt->resolver.under_way; }

void edge_mqtt_adopt(struct edge_mqtt *mqtt, struct edge_mqtt *fresh)
{
    struct mosquitto *client = mqtt->client;
    char *host = mqtt->host;
    // Elsewhere nobody follows on the former broker: its will (DOWN) is what it has to say.
    const bool moved = mqtt->port != fresh->port || strcmp(mqtt->host, fresh->host) != 0;
    if (mqtt->connected || mqtt->connecting)
        (void)mosquitto_disconnect_v5(client, moved ? MQTT_RC_DISCONNECT_WITH_WILL_MSG : 0,
                                      NULL);
    mosquitto_user_data_set(client, fresh); // what it still calls is of no interest to `mqtt`
    mqtt->client = fresh->client;
    mqtt->host = fresh->host;
    mqtt->port = fresh->port;
    mqtt->keepalive_s = fresh->keepalive_s;
    mqtt->unacknowledged_max_ms = fresh->unacknowledged_max_ms;
    mqtt->tls = fresh->tls;
    mqtt->outstanding_max = fresh->outstanding_max;
    mosquitto_user_data_set(mqtt->client, mqtt);
    fresh->client = client;
    fresh->host = host;
    mqtt->connecting = mqtt->connected = mqtt->behind = false;
    edge_mqtt_transfer_anew(mqtt);
    mqtt->refusal = NULL;
    mqtt->next_try_mono_us = 0;
    edge_back_off_reset(&mqtt->back_off);
    (void)snprintf(mqtt->waiting_for, sizeof mqtt->waiting_for, "MQTT broker %s:%u: connecting",
                   mqtt->host, (unsigned)mqtt->port);
}

void edge_mqtt_close(struct edge_mqtt *mqtt)
{
    if (mqtt == NULL)
        return;
    edge_resolver_close(&mqtt->resolver);
    if (mqtt->client != NULL) {
        (void)mosquitto_disconnect(mqtt->client);
        mosquitto_destroy(mqtt->client);
    }
    for (size_t i = 0; i < mqtt->filter_count; i++)
        free(mqtt->filters[i].text);
    for (size_t i = 0; i < mqtt->held_count; i++)
        free(mqtt->held_topics[i]);
    edge_properties_close(&mqtt->properties);
    free(mqtt->filters);
    edge_inbox_close(&mqtt->inbox);
    free(mqtt->host);
    free(mqtt);
    (void)mosquitto_lib_cleanup();
}
