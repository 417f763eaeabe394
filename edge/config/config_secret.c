// SPDX-License-Identifier: Apache-2.0
// Secrets from files of their own: mqtt.password_file, view.token_file, and NAME_file of every
// setting of Kafka. No error holds what stands in such a file.
#include <stdlib.h>
#include <string.h>

#include "edge/config/config_read.h"
#include "edge/config/setting_kafka.h"

enum { SECRET_FILE_MAX = 16384 };

enum drf_status config_read_secret(struct config_reader *reader, const yaml_node_t *node,
                                   const char *key, char *out, size_t room)
{
    char path[DRF_PATH_SIZE], *text = NULL;
    size_t size = 0;
    enum drf_status status = config_path(reader, node, path, sizeof path);
    if (status != DRF_OK)
        return status;
    status = config_file(path, SECRET_FILE_MAX, &text, &size);
    if (status != DRF_OK)
        return config_refuse(reader->error, status, config_line(node),
                             "%.80s: %.200s cannot be read%s", key, path,
                             status == DRF_ERR_FULL ? ": it is larger than 16 KiB" : "");
    size_t length = strcspn(text, "\r\n");
    if (length == 0 || length >= room)
        status =
            config_refuse(reader->error, DRF_ERR_RANGE, config_line(node),
                          "%.80s: the first line of %.200s is empty or too long", key, path);
    else {
        memcpy(out, text, length);
        out[length] = '\0';
    }
    explicit_bzero(text, size);
    free(text);
    return status;
}

enum drf_status config_read_password(struct config_reader *reader, const yaml_node_t *mqtt,
                                     struct drf_config *out)
{
    const yaml_node_t *node = config_find(reader, mqtt, "password_file", NULL);
    const char *name = config_text(node);
    if (!node || (name && name[0] == '\0'))
        return DRF_OK;
    if (!name || out->mqtt.password[0] != '\0')
        return config_refuse(reader->error, DRF_ERR_SYNTAX, config_line(node),
                             "mqtt.password_file: a file name, and no password beside it");
    return config_read_secret(reader, node, "mqtt.password_file", out->mqtt.password,
                              sizeof out->mqtt.password);
}

bool config_names_secret_file(const char *name)
{
    const size_t length = strlen(name);
    return length > 5 && strcmp(name + length - 5, "_file") == 0;
}

enum drf_status config_read_secret_setting(struct config_reader *reader,
                                           const yaml_node_t *kafka, const yaml_node_t *key,
                                           const yaml_node_t *value,
                                           struct drf_kafka_setting *out)
{
    char where[120], name[100], why[EDGE_SETTING_ERROR_SIZE], secret[SECRET_FILE_MAX];
    const char *written = config_text(key);
    snprintf(where, sizeof where, "kafka.%.90s", written);
    snprintf(name, sizeof name, "%.*s", (int)strlen(written) - 5, written);
    if (!config_text(value) || config_text(value)[0] == '\0'
        || config_find(reader, kafka, name, NULL))
        return config_refuse(reader->error, DRF_ERR_SYNTAX, config_line(key),
                             "%s: a file name, and no %s beside it", where, name);
    enum drf_status status = config_read_secret(reader, value, where, secret, sizeof secret);
    if (status != DRF_OK)
        return status;
    struct edge_setting_about about = {.near = ""};
    bool accepted;
    if (edge_setting_check(name, secret, why) == DRF_OK)
        *out = (struct drf_kafka_setting){
            .name = strdup(name), .value = strdup(secret), .line = config_line(key)};
    else if (edge_setting_oauth(name, secret, &accepted)
             || edge_setting_known(name, secret, &about))
        status = config_refuse(reader->error, DRF_ERR_RANGE, config_line(key),
                               "%s: what stands in the file is not accepted", where);
    else
        status = config_refuse(reader->error, DRF_ERR_RANGE, config_line(key),
                               "%s: librdkafka has no setting '%s'%s%s%s", where, name,
                               about.near[0] ? "; did you mean '" : "", about.near,
                               about.near[0] ? "_file'?" : "");
    explicit_bzero(secret, sizeof secret);
    return status;
}
