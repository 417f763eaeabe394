// SPDX-License-Identifier: Apache-2.0
// The document is loaded whole; sections are checked for unknown names, then read by the table
// of keys (config_keys.c), then the parts that the table cannot say: region, insets, Kafka's
// own settings, the password file, feeds. Rules between keys come last. The first mistake ends
// it. What a recording needs of it (text without secrets, files) is kept on the way.
#include "edge/config/config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "edge/config/config_read.h"
#include "edge/config/setting_kafka.h"

enum { CONFIG_FILE_MAX = 1 << 20, PASSWORD_FILE_MAX = 4096 };

static const yaml_node_t *section_of(struct config_reader *reader, const char *name)
{
    return config_find(reader, yaml_document_get_root_node(reader->document), name, NULL);
}

// Where a missing key of a section is reported: the section's own line, else the file's first.
static unsigned section_line(struct config_reader *reader, const char *name)
{
    const yaml_node_t *key = NULL;
    config_find(reader, yaml_document_get_root_node(reader->document), name, &key);
    return key ? config_line(key) : 1;
}

static enum drf_status check_sections(struct config_reader *reader)
{
    const yaml_node_t *root = yaml_document_get_root_node(reader->document);
    enum drf_status status = config_check_keys(reader, root, NULL, "", "the file");
    if (status != DRF_OK)
        return status;
    if (root->type != YAML_MAPPING_NODE)
        return config_refuse(reader->error, DRF_ERR_SYNTAX, config_line(root),
                             "the file must be a mapping: region, node, store, kafka ...");
    for (const yaml_node_pair_t *pair = root->data.mapping.pairs.start;
         pair < root->data.mapping.pairs.top; pair++) {
        const yaml_node_t *key = yaml_document_get_node(reader->document, pair->key);
        const struct config_section *section = config_sections;
        while (section->name && strcmp(section->name, config_text(key)) != 0)
            section++;
        if (!section->name)
            return config_refuse(reader->error, DRF_ERR_SYNTAX, config_line(key),
                                 "unknown section '%.40s'; allowed: region, node, store, "
                                 "insets, journal, kafka, "
                                 "dead_letters, mqtt, http, limits, feeds",
                                 config_text(key));
    }
    return DRF_OK;
}

static enum drf_status read_kafka(struct config_reader *reader, struct drf_config *out)
{
    const yaml_node_t *node = section_of(reader, "kafka");
    enum drf_status status = config_check_keys(reader, node, NULL, "kafka", "kafka");
    if (status != DRF_OK || !node || config_is_null(node))
        return status;
    size_t count = (size_t)(node->data.mapping.pairs.top - node->data.mapping.pairs.start);
    out->kafka = calloc(count + 1, sizeof *out->kafka);
    if (!out->kafka)
        return config_refuse(reader->error, DRF_ERR_NOMEM, 0, "out of memory");
    for (size_t i = 0; i < count; i++) {
        const yaml_node_pair_t *pair = node->data.mapping.pairs.start + i;
        const yaml_node_t *key = yaml_document_get_node(reader->document, pair->key);
        const yaml_node_t *value = yaml_document_get_node(reader->document, pair->value);
        char why[EDGE_SETTING_ERROR_SIZE] = "a setting has one value";
        if (!config_text(value) || config_is_null(value)
            || edge_setting_check(config_text(key), config_text(value), why) != DRF_OK)
            return config_refuse(reader->error, DRF_ERR_RANGE, config_line(key), "kafka: %s",
                                 why);
        out->kafka[i] = (struct drf_kafka_setting){
            .name = strdup(config_text(key)),
            .value = strdup(config_text(value)),
            .line = config_line(key),
        };
        out->kafka_count = i + 1;
        if (!out->kafka[i].name || !out->kafka[i].value)
            return config_refuse(reader->error, DRF_ERR_NOMEM, 0, "out of memory");
    }
    return DRF_OK;
}

static enum drf_status read_password(struct config_reader *reader, struct drf_config *out)
{
    const yaml_node_t *mqtt = section_of(reader, "mqtt");
    const yaml_node_t *node = config_find(reader, mqtt, "password_file", NULL);
    const char *name = config_text(node);
    if (!node || (name && name[0] == '\0'))
        return DRF_OK;
    if (!name || out->mqtt.password[0] != '\0')
        return config_refuse(reader->error, DRF_ERR_SYNTAX, config_line(node),
                             "password_file: a file name, and no password beside it");
    char path[DRF_PATH_SIZE], *text = NULL;
    size_t size = 0;
    enum drf_status status = config_path(reader, node, path, sizeof path);
    if (status != DRF_OK)
        return status;
    status = config_file(path, PASSWORD_FILE_MAX, &text, &size);
    if (status != DRF_OK)
        return config_refuse(reader->error, status, config_line(node),
                             "password_file: %.200s cannot be read", path);
    size_t length = strcspn(text, "\r\n");
    if (length == 0 || length >= sizeof out->mqtt.password)
        status = config_refuse(reader->error, DRF_ERR_RANGE, config_line(node),
                               "password_file: its first line is empty or too long");
    else
        memcpy(out->mqtt.password, text, length); // the rest is zero already
    free(text);
    return status;
}

static enum drf_status read_tables(struct config_reader *reader, struct drf_config *out)
{
    for (const struct config_section *section = config_sections; section->name; section++) {
        if (strcmp(section->name, "kafka") == 0 || strcmp(section->name, "feeds") == 0
            || strcmp(section->name, "insets") == 0)
            continue;
        const yaml_node_t *node = section_of(reader, section->name);
        enum drf_status status =
            config_check_keys(reader, node, config_keys, section->name, section->name);
        if (status == DRF_OK)
            status = config_read_section(reader, node, config_keys, section->name,
                                         section_line(reader, section->name), out);
        if (status != DRF_OK)
            return status;
    }
    return DRF_OK;
}

static enum drf_status check_whole(struct config_reader *reader, struct drf_config *out)
{
    unsigned line = section_line(reader, "node");
    if (out->mode == DRF_MODE_SIM && strncmp(out->region_id, "sim", 3) != 0)
        return config_refuse(
            reader->error, DRF_ERR_RANGE, line,
            "node.mode: SIM only in a region whose id begins with \"sim\", not "
            "'%s'",
            out->region_id);
    if (out->store_path[0] == '\0')
        return config_refuse(reader->error, DRF_ERR_RANGE, section_line(reader, "store"),
                             "store.path: must not be empty");
    if (out->limits.context_rate_default_hz > out->limits.context_rate_max_hz)
        return config_refuse(reader->error, DRF_ERR_RANGE, section_line(reader, "limits"),
                             "limits: context_rate_default_hz is larger than "
                             "context_rate_max_hz");
    if ((out->mqtt.cert_file[0] == '\0') != (out->mqtt.key_file[0] == '\0'))
        return config_refuse(reader->error, DRF_ERR_RANGE, section_line(reader, "mqtt"),
                             "mqtt: cert_file and key_file belong together");
    if (!out->mqtt.tls && (out->mqtt.cert_file[0] != '\0' || out->mqtt.ca_file[0] != '\0'))
        return config_refuse(reader->error, DRF_ERR_RANGE, section_line(reader, "mqtt"),
                             "mqtt: certificates are given, but tls is false");
    if (out->mqtt.client_id[0] == '\0')
        snprintf(out->mqtt.client_id, sizeof out->mqtt.client_id, "drf-edge-%s-%s",
                 out->region_id, out->node_id);
    return DRF_OK;
}

static enum drf_status read_all(struct config_reader *reader, struct drf_config *out)
{
    enum drf_status status = check_sections(reader);
    if (status == DRF_OK)
        status = read_tables(reader, out);
    if (status == DRF_OK)
        status = config_read_region(reader, section_of(reader, "region"),
                                    section_line(reader, "region"), &out->region);
    if (status == DRF_OK)
        status = config_read_insets(reader, section_of(reader, "insets"), out);
    if (status == DRF_OK)
        status = read_kafka(reader, out);
    if (status == DRF_OK)
        status = read_password(reader, out);
    if (status == DRF_OK)
        status = config_read_feeds(reader, section_of(reader, "feeds"), out);
    if (status == DRF_OK)
        status = check_whole(reader, out);
    return status;
}

enum drf_status drf_config_parse(const char *text, size_t size, const char *directory,
                                 struct drf_config_error *error, struct drf_config *out)
{
    return drf_config_parse_recorded(text, size, directory, NULL, 0, error, out);
}

enum drf_status drf_config_parse_recorded(const char *text, size_t size, const char *directory,
                                          const struct drf_config_file *files,
                                          size_t file_count, struct drf_config_error *error,
                                          struct drf_config *out)
{
    yaml_document_t document;
    enum drf_status status = config_document(text, size, error, &document);
    if (status != DRF_OK)
        return status;
    struct drf_config config = {0};
    struct config_reader reader = {.document = &document,
                                   .directory = directory,
                                   .error = error,
                                   .config = &config,
                                   .given = files,
                                   .given_count = file_count};
    status = read_all(&reader, &config);
    yaml_document_delete(&document);
    if (status == DRF_OK
        && snprintf(config.directory, sizeof config.directory, "%s", directory ? directory : "")
               >= (int)sizeof config.directory)
        status = config_refuse(error, DRF_ERR_RANGE, 0, "the folder's name is too long");
    if (status == DRF_OK)
        status = config_without_secrets(text, size, &config.text);
    config.output_mode = config.mode;
    config.profile = fusion_limits_default();
    if (status == DRF_OK)
        *out = config;
    else
        drf_config_close(&config);
    return status;
}

enum drf_status drf_config_load(const char *path, struct drf_config_error *error,
                                struct drf_config *out)
{
    char *text = NULL, directory[DRF_PATH_SIZE];
    size_t size = 0;
    enum drf_status status = config_file(path, CONFIG_FILE_MAX, &text, &size);
    if (status != DRF_OK)
        return config_refuse(error, status, 0, "%s",
                             status == DRF_ERR_FULL ? "larger than 1 MiB"
                                                    : strerrordesc_np(errno));
    const char *slash = strrchr(path, '/');
    size_t length = slash ? (size_t)(slash - path) : 0;
    snprintf(directory, sizeof directory, "%.*s", (int)length, path);
    status = drf_config_parse(text, size, slash ? directory : NULL, error, out);
    free(text);
    return status;
}

void drf_config_close(struct drf_config *config)
{
    if (!config)
        return;
    for (size_t i = 0; i < config->kafka_count; i++) {
        free(config->kafka[i].name);
        free(config->kafka[i].value);
    }
    free(config->kafka);
    for (size_t i = 0; i < config->feed_count; i++) {
        geo_station_table_close(config->feeds[i].stations);
        geo_area_table_close(config->feeds[i].areas);
    }
    free(config->feeds);
    for (size_t i = 0; i < config->file_count; i++) {
        free(config->files[i].path);
        free(config->files[i].text);
    }
    free(config->files);
    free(config->text);
    edge_region_close(&config->region);
    *config = (struct drf_config){0};
}
