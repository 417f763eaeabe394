// SPDX-License-Identifier: Apache-2.0
#include "edge/config/setting_kafka.h"

#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

bool edge_setting_oauth(const char *name, const char *value, bool *good)
{
    if (strcmp(name, EDGE_OAUTH_METHOD) == 0) {
        *good = strcasecmp(value, "oidc") == 0;
        return true;
    }
    *good = value[0] != '\0' && strlen(value) < 500 && !strchr(value, EDGE_OAUTH_SEPARATOR);
    return strcmp(name, EDGE_OAUTH_ENDPOINT) == 0 || strcmp(name, EDGE_OAUTH_CLIENT_ID) == 0
           || strcmp(name, EDGE_OAUTH_CLIENT_SECRET) == 0
           || strcmp(name, EDGE_OAUTH_SCOPE) == 0;
}

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

enum drf_status edge_setting_check(const char *name, const char *value,
                                   char error[static EDGE_SETTING_ERROR_SIZE])
{
    if (decided_here(name)) {
        snprintf(error, EDGE_SETTING_ERROR_SIZE, "%s is set by the node itself", name);
        return DRF_ERR_RANGE;
    }
    bool good;
    if (edge_setting_oauth(name, value, &good)) {
        snprintf(error, EDGE_SETTING_ERROR_SIZE, "%s: not a usable value", name);
        return good ? DRF_OK : DRF_ERR_RANGE;
    }
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_res_t result =
        rd_kafka_conf_set(conf, name, value, error, EDGE_SETTING_ERROR_SIZE);
    rd_kafka_conf_destroy(conf);
    return result == RD_KAFKA_CONF_OK ? DRF_OK : DRF_ERR_RANGE;
}
