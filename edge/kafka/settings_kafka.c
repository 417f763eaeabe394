// SPDX-License-Identifier: Apache-2.0
#include "edge/kafka/settings_kafka.h"

#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <string.h>

#include "edge/kafka/oauth_kafka.h"

// What the node decides: where to read from and what counts as read is the store's business.
static const char *const ours[] = {
    "auto.offset.reset",
    "enable.auto.commit",
    "enable.auto.offset.store",
    "auto.commit.enable",
    "group.id",
    "enable.partition.eof",
    "offset.store.method",
    "log.queue",
    "allow.auto.create.topics",
    "group.instance.id",
    "partition.assignment.strategy",
};

static bool decided_here(const char *name)
{
    for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++)
        if (strcmp(ours[i], name) == 0)
            return true;
    return false;
}

enum drf_status edge_kafka_setting_check(const char *name, const char *value,
                                         char error[static EDGE_KAFKA_ERROR_SIZE])
{
    if (decided_here(name)) {
        snprintf(error, EDGE_KAFKA_ERROR_SIZE, "%s is set by the node itself", name);
        return DRF_ERR_RANGE;
    }
    bool good;
    if (edge_oauth_setting(name, value, &good)) {
        snprintf(error, EDGE_KAFKA_ERROR_SIZE, "%s: not a usable value", name);
        return good ? DRF_OK : DRF_ERR_RANGE;
    }
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_res_t result =
        rd_kafka_conf_set(conf, name, value, error, EDGE_KAFKA_ERROR_SIZE);
    rd_kafka_conf_destroy(conf);
    return result == RD_KAFKA_CONF_OK ? DRF_OK : DRF_ERR_RANGE;
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
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    bool good = set_all(conf, first, error);
    bool usable;
    for (size_t i = 0; i < config->kafka_count && good; i++)
        good = edge_oauth_setting(config->kafka[i].name, config->kafka[i].value, &usable)
               || rd_kafka_conf_set(conf, config->kafka[i].name, config->kafka[i].value, error,
                                    EDGE_KAFKA_ERROR_SIZE)
                      == RD_KAFKA_CONF_OK;
    good = good && edge_oauth_prepare(config, conf, error);
    if (good && set_all(conf, last, error))
        return conf;
    rd_kafka_conf_destroy(conf);
    return NULL;
}
