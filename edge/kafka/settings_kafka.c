// SPDX-License-Identifier: Apache-2.0
#include "edge/kafka/settings_kafka.h"

#include <librdkafka/rdkafka.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "edge/config/setting_kafka.h"
#include "edge/kafka/oauth_kafka.h"

// A link that was cut says nothing, and the library waits a minute for an answer. A connection
// on which nothing is acknowledged for so long is given up; an idle one is probed.
enum { UNACKNOWLEDGED_MAX_MS = 3500, IDLE_S = 2, PROBE_EVERY_S = 1, PROBES = 2 };

static int open_socket(int domain, int type, int protocol, void *opaque)
{
    (void)opaque;
    int fd = socket(domain, type | SOCK_CLOEXEC, protocol);
    if (fd < 0)
        return fd;
    const unsigned unacknowledged_ms = UNACKNOWLEDGED_MAX_MS;
    const int on = 1, idle_s = IDLE_S, every_s = PROBE_EVERY_S, probes = PROBES;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &unacknowledged_ms,
                     sizeof unacknowledged_ms);
    (void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof idle_s);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &every_s, sizeof every_s);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof probes);
    return fd;
}

static bool set_all(rd_kafka_conf_t *conf, const struct edge_kafka_pair *pairs,
                    char error[static EDGE_KAFKA_ERROR_SIZE])
{
    for (; pairs->name; pairs++)
        if (rd_kafka_conf_set(conf, pairs->name, pairs->value, error, EDGE_KAFKA_ERROR_SIZE)
            != RD_KAFKA_CONF_OK)
            return false;
    return true;
}

rd_kafka_conf_t *edge_kafka_conf(const struct drf_config *config,
                                 const struct edge_kafka_pair *first,
                                 const struct edge_kafka_pair *last,
                                 char error[static EDGE_KAFKA_ERROR_SIZE])
{
    // How soon a broker that came back is found again.
    static const struct edge_kafka_pair back[] = {
        {"reconnect.backoff.ms", "100"},
        {"reconnect.backoff.max.ms", "1000"},
        {"socket.connection.setup.timeout.ms", "4000"},
        {"topic.metadata.refresh.fast.interval.ms", "100"},
        {NULL, NULL},
    };
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set_socket_cb(conf, open_socket);
    bool good = set_all(conf, back, error) && set_all(conf, first, error);
    bool usable;
    for (size_t i = 0; i < config->kafka_count && good; i++)
        good = edge_setting_oauth(config->kafka[i].name, config->kafka[i].value, &usable)
               || rd_kafka_conf_set(conf, config->kafka[i].name, config->kafka[i].value, error,
                                    EDGE_KAFKA_ERROR_SIZE)
                      == RD_KAFKA_CONF_OK;
    good = good && edge_oauth_prepare(config, conf, error);
    if (good && set_all(conf, last, error))
        return conf;
    rd_kafka_conf_destroy(conf);
    return NULL;
}
