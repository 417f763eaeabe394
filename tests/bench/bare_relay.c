// tests/bench/bare_relay.c - what a node would be that does nothing: each report is answered
// with the same bytes. SPDX-License-Identifier: Apache-2.0
//
// The library calls of the node (libmosquitto's external loop, MQTT v5, the same properties and
// sizes; librdkafka with the node's settings), and no work. With BOOTSTRAP a message whose key
// ends in "-DRONE" becomes an advisory for that drone, of as many bytes as it is told.
#include <errno.h>
#include <librdkafka/rdkafka.h>
#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum { READS = 256, NAME = 40, ADVISORY_MAX = 4096 };

struct relay {
    struct mosquitto *client;
    mosquitto_property *context_properties, *advisory_properties;
    char names[READS][NAME]; // whose reports came in
    size_t count, bytes, advisory_bytes;
    uint8_t *payload;
    rd_kafka_t *kafka;
    rd_kafka_topic_t *topic;
    rd_kafka_queue_t *queue;
    int wake;
};

static void on_message(struct mosquitto *client, void *self,
                       const struct mosquitto_message *message,
                       const mosquitto_property *properties)
{
    (void)client;
    (void)properties;
    struct relay *relay = self;
    const char *name = message->topic + strlen("drf-test/v1/drones/");
    const char *slash = strchr(name, '/');
    if (slash == NULL || slash - name >= NAME || relay->count == READS)
        return;
    memcpy(relay->names[relay->count], name, (size_t)(slash - name));
    relay->names[relay->count++][slash - name] = '\0';
}

static void on_connect(struct mosquitto *client, void *self, int reason, int flags,
                       const mosquitto_property *properties)
{
    (void)self;
    (void)flags;
    (void)properties;
    if (reason == 0)
        (void)mosquitto_subscribe_v5(client, NULL, "drf-test/v1/drones/+/telemetry", 0, 0,
                                     NULL);
}

static void on_subscribe(struct mosquitto *client, void *self, int mid, int count,
                         const int *granted, const mosquitto_property *properties)
{
    (void)client, (void)self, (void)mid, (void)count, (void)granted, (void)properties;
    (void)puts("ready");
    (void)fflush(stdout);
}

static void answer(struct relay *relay)
{
    for (size_t i = 0; i < relay->count; i++) {
        char topic[192];
        (void)snprintf(topic, sizeof topic, "drf-test/v1/drones/%s/context/sim-bench",
                       relay->names[i]);
        (void)mosquitto_publish_v5(relay->client, NULL, topic, (int)relay->bytes,
                                   relay->payload, 0, false, relay->context_properties);
    }
    relay->count = 0;
}

static void warn(struct relay *relay, const rd_kafka_message_t *message)
{
    char key[64], topic[192], payload[ADVISORY_MAX] = {0};
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR || message->payload == NULL
        || message->key_len >= sizeof key)
        return;
    memcpy(key, message->key, message->key_len);
    key[message->key_len] = '\0';
    const char *name = key; // x-RUN-N-DRONE
    for (int i = 0; i < 3 && name != NULL; i++)
        name = (name = strchr(name, '-')) != NULL ? name + 1 : NULL;
    if (name == NULL)
        return;
    memcpy(payload, key, message->key_len);
    (void)snprintf(topic, sizeof topic, "drf-test/v1/drones/%s/advisory/sim-bench", name);
    (void)mosquitto_publish_v5(relay->client, NULL, topic, (int)relay->advisory_bytes, payload,
                               1, false, relay->advisory_properties);
}

static bool open_kafka(struct relay *relay, const char *bootstrap, const char *topic)
{
    static const char *const settings[][2] = {{"fetch.wait.max.ms", "10"},
                                              {"socket.nagle.disable", "true"},
                                              {"queued.min.messages", "1000"},
                                              {"group.id", "bare"},
                                              {"enable.auto.commit", "false"}};
    char why[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++)
        (void)rd_kafka_conf_set(conf, settings[i][0], settings[i][1], why, sizeof why);
    if (rd_kafka_conf_set(conf, "bootstrap.servers", bootstrap, why, sizeof why)
        != RD_KAFKA_CONF_OK)
        return false;
    relay->kafka = rd_kafka_new(RD_KAFKA_CONSUMER, conf, why, sizeof why);
    if (relay->kafka == NULL)
        return false;
    relay->topic = rd_kafka_topic_new(relay->kafka, topic, NULL);
    relay->queue = rd_kafka_queue_new(relay->kafka);
    rd_kafka_queue_io_event_enable(relay->queue, relay->wake, &(uint64_t){1}, sizeof(uint64_t));
    return rd_kafka_consume_start_queue(relay->topic, 0, RD_KAFKA_OFFSET_END, relay->queue)
           == 0;
}

static void take_kafka(struct relay *relay)
{
    rd_kafka_message_t *message;
    while (relay->queue != NULL
           && (message = rd_kafka_consume_queue(relay->queue, 0)) != NULL) {
        warn(relay, message);
        rd_kafka_message_destroy(message);
    }
    if (relay->kafka != NULL)
        (void)rd_kafka_poll(relay->kafka, 0);
}

// As the node's loop: what is written first, then a bounded number of reads, then the answers.
static bool turn(struct relay *relay)
{
    int rc = MOSQ_ERR_SUCCESS;
    if (mosquitto_want_write(relay->client))
        rc = mosquitto_loop_write(relay->client, 1);
    for (int i = 0; i < READS && rc == MOSQ_ERR_SUCCESS; i++) {
        errno = 0;
        rc = mosquitto_loop_read(relay->client, 1);
        if (errno == EAGAIN || errno == EWOULDBLOCK) {
            rc = rc == MOSQ_ERR_ERRNO ? MOSQ_ERR_SUCCESS : rc;
            break;
        }
    }
    if (rc == MOSQ_ERR_SUCCESS)
        rc = mosquitto_loop_misc(relay->client);
    take_kafka(relay);
    answer(relay);
    struct pollfd fds[] = {
        {.fd = mosquitto_socket(relay->client),
         .events = (short)(mosquitto_want_write(relay->client) ? POLLIN | POLLOUT : POLLIN)},
        {.fd = relay->wake, .events = POLLIN}};
    if (rc == MOSQ_ERR_SUCCESS && poll(fds, 2, 100) > 0 && (fds[1].revents & POLLIN)) {
        uint64_t value;
        ssize_t got = read(relay->wake, &value, sizeof value);
        (void)got;
    }
    return rc == MOSQ_ERR_SUCCESS;
}

static volatile sig_atomic_t stopping;
static void stop(int number)
{
    (void)number;
    stopping = 1;
}

// PORT USER PASSWORD BYTES [BOOTSTRAP TOPIC ADVISORY_BYTES]
int main(int argc, char **argv)
{
    static struct relay relay;
    if (argc != 5 && argc != 8)
        return 2;
    (void)signal(SIGTERM, stop);
    relay.bytes = (size_t)strtoul(argv[4], NULL, 10);
    relay.advisory_bytes = argc == 8 ? (size_t)strtoul(argv[7], NULL, 10) : 0;
    if (argc == 8
        && (relay.advisory_bytes < sizeof(char[64]) || relay.advisory_bytes > ADVISORY_MAX))
        return 2;
    relay.payload = calloc(1, relay.bytes + 1);
    relay.wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    (void)mosquitto_lib_init();
    relay.client = mosquitto_new(argv[2], true, &relay);
    (void)mosquitto_property_add_string(&relay.context_properties, MQTT_PROP_CONTENT_TYPE,
                                        "application/x-protobuf");
    (void)mosquitto_property_copy_all(&relay.advisory_properties, relay.context_properties);
    (void)mosquitto_property_add_int32(&relay.context_properties,
                                       MQTT_PROP_MESSAGE_EXPIRY_INTERVAL, 3);
    if (relay.payload == NULL || relay.client == NULL
        || (argc == 8 && !open_kafka(&relay, argv[5], argv[6])))
        return 1;
    (void)mosquitto_int_option(relay.client, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V5);
    (void)mosquitto_username_pw_set(relay.client, argv[2], argv[3]);
    mosquitto_connect_v5_callback_set(relay.client, on_connect);
    mosquitto_message_v5_callback_set(relay.client, on_message);
    mosquitto_subscribe_v5_callback_set(relay.client, on_subscribe);
    int on = 1, size = 1 << 20;
    if (mosquitto_connect_bind_v5(relay.client, "127.0.0.1", (int)strtol(argv[1], NULL, 10), 60,
                                  NULL, NULL)
        != MOSQ_ERR_SUCCESS)
        return 1;
    int fd = mosquitto_socket(relay.client);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    while (!stopping && turn(&relay))
        continue;
    return stopping ? 0 : 1;
}
