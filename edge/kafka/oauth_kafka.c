// SPDX-License-Identifier: Apache-2.0
#include "edge/kafka/oauth_kafka.h"

#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "edge/config/setting_kafka.h"
#include "edge/host/clock.h"
#include "edge/host/token.h"

// Between the parts of sasl.oauthbearer.config, which librdkafka hands to the callback.
enum { PARTS = 4, CONFIG_SIZE = 2048 };

static const char *setting(const struct drf_config *config, const char *name)
{
    for (size_t i = 0; i < config->kafka_count; i++)
        if (strcmp(config->kafka[i].name, name) == 0)
            return config->kafka[i].value;
    return "";
}

static void refresh(rd_kafka_t *client, const char *joined, void *opaque)
{
    (void)opaque;
    char text[CONFIG_SIZE], *parts[PARTS] = {text}, error[EDGE_TOKEN_ERROR_SIZE] = "no memory";
    snprintf(text, sizeof text, "%s", joined ? joined : "");
    for (size_t i = 1; i < PARTS; i++) {
        char *end = strchr(parts[i - 1], EDGE_OAUTH_SEPARATOR);
        parts[i] = end ? end + 1 : parts[i - 1] + strlen(parts[i - 1]);
        if (end)
            *end = '\0';
    }
    const struct edge_token_request request = {
        .url = parts[0], .client_id = parts[1], .client_secret = parts[2], .scope = parts[3]};
    struct edge_token *token = calloc(1, sizeof *token);
    char why[512] = "";
    bool good = token && edge_token_fetch(&request, error, token) == DRF_OK;
    if (good) {
        int64_t end_ms =
            edge_clock_now((struct edge_clock){0}).utc_us / 1000 + token->lifetime_s * 1000;
        good = rd_kafka_oauthbearer_set_token(client, token->text, end_ms, request.client_id,
                                              NULL, 0, why, sizeof why)
               == RD_KAFKA_RESP_ERR_NO_ERROR;
    }
    if (!good) // said in the log, and tried again in ten seconds
        rd_kafka_oauthbearer_set_token_failure(client, why[0] != '\0' ? why : error);
    free(token);
}

bool edge_oauth_prepare(const struct drf_config *config, struct rd_kafka_conf_s *conf,
                        char error[static EDGE_KAFKA_ERROR_SIZE])
{
    const char *endpoint = setting(config, EDGE_OAUTH_ENDPOINT);
    if (endpoint[0] == '\0')
        return true;
    char joined[CONFIG_SIZE];
    snprintf(joined, sizeof joined, "%s%c%s%c%s%c%s", endpoint, EDGE_OAUTH_SEPARATOR,
             setting(config, EDGE_OAUTH_CLIENT_ID), EDGE_OAUTH_SEPARATOR,
             setting(config, EDGE_OAUTH_CLIENT_SECRET), EDGE_OAUTH_SEPARATOR,
             setting(config, EDGE_OAUTH_SCOPE));
    if (setting(config, EDGE_OAUTH_CLIENT_ID)[0] == '\0'
        || setting(config, EDGE_OAUTH_CLIENT_SECRET)[0] == '\0') {
        snprintf(error, EDGE_KAFKA_ERROR_SIZE, "%s needs %s and %s", EDGE_OAUTH_ENDPOINT,
                 EDGE_OAUTH_CLIENT_ID, EDGE_OAUTH_CLIENT_SECRET);
        return false;
    }
    rd_kafka_conf_set_oauthbearer_token_refresh_cb(conf, refresh);
    rd_kafka_conf_enable_sasl_queue(conf, 1);
    return rd_kafka_conf_set(conf, "sasl.oauthbearer.config", joined, error,
                             EDGE_KAFKA_ERROR_SIZE)
           == RD_KAFKA_CONF_OK;
}

void edge_oauth_begin(const struct drf_config *config, struct rd_kafka_s *client)
{
    if (setting(config, EDGE_OAUTH_ENDPOINT)[0] == '\0')
        return;
    rd_kafka_error_destroy(rd_kafka_sasl_background_callbacks_enable(client));
}
