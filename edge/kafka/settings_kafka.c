// SPDX-License-Identifier: Apache-2.0
#include "edge/kafka/settings_kafka.h"

#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <string.h>

#include "edge/config/setting_kafka.h"
#include "edge/kafka/oauth_kafka.h"

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
