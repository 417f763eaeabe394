// edge/config/setting_kafka.h - checks a librdkafka setting from the configuration.
// SPDX-License-Identifier: Apache-2.0
#ifndef EDGE_SETTING_KAFKA_H
#define EDGE_SETTING_KAFKA_H

#include <stdbool.h>

#include "geo/status.h"

enum { EDGE_SETTING_ERROR_SIZE = 200, EDGE_SETTING_NAME_SIZE = 80 };

// librdkafka's names of the settings that Debian's build lacks; edge/kafka/oauth_kafka.h
// does what they say.
#define EDGE_OAUTH_ENDPOINT "sasl.oauthbearer.token.endpoint.url"
#define EDGE_OAUTH_CLIENT_ID "sasl.oauthbearer.client.id"
#define EDGE_OAUTH_CLIENT_SECRET "sasl.oauthbearer.client.secret"
#define EDGE_OAUTH_SCOPE "sasl.oauthbearer.scope"
#define EDGE_OAUTH_METHOD "sasl.oauthbearer.method"
// Joins their values for librdkafka's callback, and so is in none of them.
#define EDGE_OAUTH_SEPARATOR '\x1f'

// Whether the setting is one of these; *good: its value can be one.
bool edge_setting_oauth(const char *name, const char *value, bool *good);

struct edge_setting_about {
    char near[EDGE_SETTING_NAME_SIZE]; // the name or value that was probably meant, or ""
    char allowed[160];                 // the values or the range it may have, or ""
    bool decided_here;
};
// Whether librdkafka has a setting of this name, and what can be said of one that was refused.
bool edge_setting_known(const char *name, const char *value, struct edge_setting_about *out);

// Whether librdkafka knows the setting and accepts the value, and the node does not set it
// itself. DRF_ERR_RANGE with a human-readable line.
DRF_MUST_CHECK enum drf_status edge_setting_check(const char *name, const char *value,
                                                  char error[static EDGE_SETTING_ERROR_SIZE]);

#endif
