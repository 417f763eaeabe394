// SPDX-License-Identifier: Apache-2.0
#include "edge/service/credentials.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "edge/host/sha256.h"

static void add_text(struct edge_sha256_sum *sum, const char *text)
{
    edge_sha256_add(sum, text, strlen(text) + 1);
}

static void add_file(struct edge_sha256_sum *sum, const char *path)
{
    uint8_t bytes[4096];
    ssize_t got;
    add_text(sum, path);
    int fd = path[0] != '\0' ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    while (fd >= 0 && (got = read(fd, bytes, sizeof bytes)) > 0)
        edge_sha256_add(sum, bytes, (size_t)got);
    if (fd >= 0)
        close(fd);
}

static bool names_file(const char *setting)
{
    static const char end[] = ".location";
    size_t length = strlen(setting);
    return length >= sizeof end && strcmp(setting + length - (sizeof end - 1), end) == 0;
}

static void add_kafka(struct edge_sha256_sum *sum, const struct drf_config *config)
{
    for (size_t i = 0; i < config->kafka_count; i++) {
        add_text(sum, config->kafka[i].name);
        add_text(sum, config->kafka[i].value);
        if (names_file(config->kafka[i].name))
            add_file(sum, config->kafka[i].value);
    }
}

static void add_mqtt(struct edge_sha256_sum *sum, const struct drf_mqtt_config *mqtt)
{
    const uint32_t numbers[] = {mqtt->port, mqtt->keepalive_s, mqtt->inflight_max, mqtt->tls};
    edge_sha256_add(sum, numbers, sizeof numbers);
    add_text(sum, mqtt->host);
    add_text(sum, mqtt->username);
    add_text(sum, mqtt->password);
    add_text(sum, mqtt->client_id);
    add_file(sum, mqtt->ca_file);
    add_file(sum, mqtt->cert_file);
    add_file(sum, mqtt->key_file);
}

enum drf_status edge_credentials_read(const struct drf_config *config,
                                      struct edge_credentials *out)
{
    struct edge_sha256_sum *sum;
    enum drf_status status = edge_sha256_open(&sum);
    if (status != DRF_OK)
        return status;
    add_kafka(sum, config);
    edge_sha256_take(sum, out->kafka);
    add_mqtt(sum, &config->mqtt);
    edge_sha256_take(sum, out->mqtt);
    edge_sha256_close(sum);
    return DRF_OK;
}
