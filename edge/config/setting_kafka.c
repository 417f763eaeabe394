// SPDX-License-Identifier: Apache-2.0
#include "edge/config/setting_kafka.h"

#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "edge/config/suggest.h"

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

static char *trimmed(char *text)
{
    text += strspn(text, " ");
    for (char *end = text + strlen(text); end > text && end[-1] == ' ';)
        *--end = '\0';
    return text;
}

// "a, b, c" or "1 .. 9".
static void take_values(const char *values, const char *value, struct edge_setting_about *out)
{
    char word[EDGE_SETTING_NAME_SIZE];
    struct config_suggestion suggestion = {.word = value};
    char names[16][EDGE_SETTING_NAME_SIZE];
    size_t count = 0;
    (void)snprintf(out->allowed, sizeof out->allowed, "%s", values);
    while (*values != '\0' && count < 16) {
        size_t length = strcspn(values, ",");
        (void)snprintf(word, sizeof word, "%.*s", (int)length, values);
        (void)snprintf(names[count], sizeof names[count], "%s", trimmed(word));
        config_suggestion_offer(&suggestion, names[count++]);
        values += length + (values[length] == ',');
    }
    if (count > 1 && suggestion.name != NULL)
        (void)snprintf(out->near, sizeof out->near, "%s", suggestion.name);
}

// librdkafka lists its settings as a table only: "name  | C/P | range | ...", one a line.
bool edge_setting_known(const char *name, const char *value, struct edge_setting_about *out)
{
    char *table = NULL, *rest, *column;
    size_t size = 0;
    bool known = false;
    *out = (struct edge_setting_about){.decided_here = decided_here(name)};
    FILE *to = open_memstream(&table, &size);
    if (to == NULL)
        return false;
    rd_kafka_conf_properties_show(to);
    (void)fclose(to);
    struct config_suggestion suggestion = {.word = name};
    for (char *line = strtok_r(table, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        char *range = strchr(line, '|');
        range = range != NULL ? strchr(range + 1, '|') : NULL;
        if (range == NULL)
            continue;
        line[strcspn(line, " |")] = '\0';
        if (!known && strcmp(line, name) == 0) {
            known = true;
            char *values = strtok_r(range + 1, "|", &column);
            take_values(values != NULL ? trimmed(values) : "", value, out);
        }
        if (line[0] != '\0')
            config_suggestion_offer(&suggestion, line);
    }
    if (!known && suggestion.name != NULL)
        (void)snprintf(out->near, sizeof out->near, "%s", suggestion.name);
    free(table);
    return known;
}
