// SPDX-License-Identifier: Apache-2.0
#include "edge/mqtt/properties_mqtt.h"

#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <stdlib.h>

static bool add_content_type(mosquitto_property **properties, bool json)
{
    return mosquitto_property_add_string(properties, MQTT_PROP_CONTENT_TYPE,
                                         json ? "application/json" : "application/x-protobuf")
           == MOSQ_ERR_SUCCESS;
}

static bool add_expiry(mosquitto_property **properties, uint32_t expiry_s)
{
    return mosquitto_property_add_int32(properties, MQTT_PROP_MESSAGE_EXPIRY_INTERVAL, expiry_s)
           == MOSQ_ERR_SUCCESS;
}

enum drf_status edge_properties_open(struct edge_properties *properties)
{
    *properties = (struct edge_properties){0};
    return add_content_type(&properties->lasting[0], false)
                   && add_content_type(&properties->lasting[1], true)
               ? DRF_OK
               : DRF_ERR_NOMEM;
}

void edge_properties_close(struct edge_properties *properties)
{
    for (int json = 0; json < 2; json++) {
        mosquitto_property_free_all(&properties->lasting[json]);
        mosquitto_property_free_all(&properties->expiring[json]);
    }
}

// Contexts all expire after the same time.
static bool make_expiring(struct edge_properties *properties, uint32_t expiry_s)
{
    if (properties->expiring_s == expiry_s)
        return true;
    properties->expiring_s = 0;
    for (int json = 0; json < 2; json++) {
        mosquitto_property_free_all(&properties->expiring[json]);
        if (!add_content_type(&properties->expiring[json], json)
            || !add_expiry(&properties->expiring[json], expiry_s))
            return false;
    }
    properties->expiring_s = expiry_s;
    return true;
}

const mosquitto_property *edge_properties_of(struct edge_properties *properties,
                                             const struct edge_outgoing *message,
                                             mosquitto_property **own)
{
    if (message->correlation == NULL && message->expiry_s == 0)
        return properties->lasting[message->json];
    if (message->correlation == NULL)
        return make_expiring(properties, message->expiry_s)
                   ? properties->expiring[message->json]
                   : NULL;
    bool ok =
        add_content_type(own, message->json)
        && (message->expiry_s == 0 || add_expiry(own, message->expiry_s))
        && mosquitto_property_add_binary(own, MQTT_PROP_CORRELATION_DATA, message->correlation,
                                         (uint16_t)message->correlation_size)
               == MOSQ_ERR_SUCCESS;
    return ok ? *own : NULL;
}

struct edge_properties_in edge_properties_read(const mosquitto_property *list)
{
    struct edge_properties_in in = {0};
    (void)mosquitto_property_read_string(list, MQTT_PROP_CONTENT_TYPE, &in.content_type, false);
    (void)mosquitto_property_read_string(list, MQTT_PROP_RESPONSE_TOPIC, &in.response_topic,
                                         false);
    (void)mosquitto_property_read_binary(list, MQTT_PROP_CORRELATION_DATA, &in.correlation,
                                         &in.correlation_size, false);
    return in;
}

void edge_properties_free(struct edge_properties_in *in)
{
    free(in->content_type);
    free(in->response_topic);
    free(in->correlation);
    *in = (struct edge_properties_in){0};
}
