// edge/kafka/oauth_kafka.h - OAUTHBEARER with a token endpoint for librdkafka.
// SPDX-License-Identifier: Apache-2.0
//
// Debian's build lacks it. librdkafka's own names of the settings are used
// (sasl.oauthbearer.token.endpoint.url, client.id, client.secret, scope, method), so that a
// configuration stays valid with a build that has them. Tokens are fetched on librdkafka's
// background thread: no loop waits.
#ifndef EDGE_OAUTH_KAFKA_H
#define EDGE_OAUTH_KAFKA_H

#include <stdbool.h>

#include "edge/kafka/kafka.h"

struct rd_kafka_conf_s;
struct rd_kafka_s;

// Prepares a client's configuration where the operator gave an endpoint. False with *error: a
// setting is missing or refused.
bool edge_oauth_prepare(const struct drf_config *config, struct rd_kafka_conf_s *conf,
                        char error[static EDGE_KAFKA_ERROR_SIZE]);
// After the client was made: lets the background thread fetch.
void edge_oauth_begin(const struct drf_config *config, struct rd_kafka_s *client);

#endif
