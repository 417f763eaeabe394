// SPDX-License-Identifier: Apache-2.0
// The document is loaded whole; sections are checked for unknown names, then read by the table
// of keys (config_keys.c), then the parts that the table cannot say: region, insets, Kafka's
// own settings, the password file, feeds. Rules between keys come last. Mistakes are collected;
// a rule is looked at where the keys it concerns have none. What a recording needs of it (text
// without secrets, files) is kept on the way.
#include "edge/config/config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "edge/config/config_read.h"
#include "edge/config/setting_kafka.h"
#include "edge/config/suggest.h"
#include "fusion/root/root.h"
#include "geo/inset.h"

enum { CONFIG_FILE_MAX = 1 << 20 };

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

static enum drf_status refuse_section(struct config_reader *reader, const yaml_node_t *key)
{
    struct config_suggestion suggestion = {.word = config_text(key)};
    char names[160] = "";
    size_t length = 0;
    for (const struct config_section *section = config_sections; section->name; section++) {
        config_suggestion_offer(&suggestion, section->name);
        int more = snprintf(names + length, sizeof names - length, "%s%s",
                            length > 0 ? ", " : "", section->name);
        if (more > 0 && (size_t)more < sizeof names - length)
            length += (size_t)more;
    }
    return config_refuse(reader->error, DRF_ERR_SYNTAX, config_line(key),
                         "unknown section '%.40s'; allowed: %s%s%s%s", config_text(key), names,
                         suggestion.name ? "; did you mean '" : "",
                         suggestion.name ? suggestion.name : "", suggestion.name ? "'?" : "");
}

// `log: json` is short for `log: {format: json}`.
static void lengthen_log(struct config_reader *reader)
{
    yaml_node_t *root = yaml_document_get_root_node(reader->document);
    for (size_t i = 0; root->type == YAML_MAPPING_NODE
                       && root->data.mapping.pairs.start + i < root->data.mapping.pairs.top;
         i++) {
        const yaml_node_pair_t pair = root->data.mapping.pairs.start[i];
        const char *name = config_text(yaml_document_get_node(reader->document, pair.key));
        const yaml_node_t *value = yaml_document_get_node(reader->document, pair.value);
        if (name == NULL || strcmp(name, "log") != 0 || config_text(value) == NULL
            || config_is_null(value))
            continue;
        const yaml_mark_t at = value->start_mark;
        const int key = yaml_document_add_scalar(
            reader->document, NULL, (const yaml_char_t *)"format", 6, YAML_PLAIN_SCALAR_STYLE);
        const int map =
            yaml_document_add_mapping(reader->document, NULL, YAML_FLOW_MAPPING_STYLE);
        if (key == 0 || map == 0
            || !yaml_document_append_mapping_pair(reader->document, map, key, pair.value))
            return; // out of memory: then it is no mapping, and refused
        yaml_document_get_node(reader->document, key)->start_mark = at;
        yaml_document_get_node(reader->document, map)->start_mark = at;
        root = yaml_document_get_root_node(reader->document); // nodes may have moved
        root->data.mapping.pairs.start[i].value = map;
    }
}

static enum drf_status check_sections(struct config_reader *reader)
{
    const yaml_node_t *root = yaml_document_get_root_node(reader->document);
    if (root->type != YAML_MAPPING_NODE)
        return config_refuse(reader->error, DRF_ERR_SYNTAX, config_line(root),
                             "the file must be a mapping: region, node, store, kafka ...");
    enum drf_status status = config_check_keys(reader, root, NULL, "", "the file");
    for (const yaml_node_pair_t *pair = root->data.mapping.pairs.start;
         pair < root->data.mapping.pairs.top; pair++) {
        const yaml_node_t *key = yaml_document_get_node(reader->document, pair->key);
        const struct config_section *section = config_sections;
        while (section->name && config_text(key)
               && strcmp(section->name, config_text(key)) != 0)
            section++;
        if (!section->name)
            status = config_first(status, refuse_section(reader, key));
    }
    return status;
}

static enum drf_status refuse_setting(struct config_reader *reader, const yaml_node_t *key,
                                      const yaml_node_t *value, const char *why)
{
    const char *name = config_text(key);
    struct edge_setting_about about;
    if (!edge_setting_known(name, config_text(value), &about))
        return config_refuse(reader->error, DRF_ERR_RANGE, config_line(key),
                             "kafka: unknown setting '%.80s'; allowed are those of librdkafka"
                             "%s%s%s",
                             name, about.near[0] ? "; did you mean '" : "", about.near,
                             about.near[0] ? "'?" : "");
    if (about.decided_here)
        return config_refuse(reader->error, DRF_ERR_RANGE, config_line(key), "kafka: %s", why);
    // librdkafka's text may hold the value.
    const bool hidden = config_confidential(reader, value, name);
    char shown[CONFIG_SHOWN_SIZE];
    return config_refuse(
        reader->error, DRF_ERR_RANGE, config_line(key),
        "kafka: %s: %s is not accepted%s%s%s%s%s%s", name,
        config_shown(reader, value, name, shown), about.allowed[0] ? "; allowed: " : "",
        about.allowed, !hidden && !about.allowed[0] ? ": " : "",
        !hidden && !about.allowed[0] ? why : "",
        !hidden && about.near[0] ? "; did you mean " : "", hidden ? "" : about.near);
}

// Certificates and keys, which librdkafka opens by the name as it stands there, and of which it
// would say only that one of them cannot be loaded.
static enum drf_status check_location(struct config_reader *reader, const yaml_node_t *key,
                                      const yaml_node_t *value)
{
    const char *name = config_text(key), *path = config_text(value);
    const size_t length = strlen(name), end = sizeof ".location" - 1;
    char shown[CONFIG_SHOWN_SIZE];
    if (reader->recorded || length <= end || strcmp(name + length - end, ".location") != 0
        || path[0] == '\0' || strcmp(path, "probe") == 0 || access(path, R_OK) == 0)
        return DRF_OK;
    return config_refuse(reader->error, DRF_ERR_ABSENT, config_line(key),
                         "kafka: %.80s: %s cannot be read: %s", name,
                         config_shown(reader, value, name, shown), strerrordesc_np(errno));
}

static enum drf_status read_setting(struct config_reader *reader, const yaml_node_t *kafka,
                                    const yaml_node_pair_t *pair, struct drf_config *out)
{
    const yaml_node_t *key = yaml_document_get_node(reader->document, pair->key);
    const yaml_node_t *value = yaml_document_get_node(reader->document, pair->value);
    char why[EDGE_SETTING_ERROR_SIZE] = "", given[CONFIG_SHOWN_SIZE + 8];
    if (!config_text(key) || config_unresolved(reader, value)) // was reported
        return DRF_ERR_SYNTAX;
    if (!config_text(value) || config_is_null(value))
        return config_refuse(reader->error, DRF_ERR_RANGE, config_line(key),
                             "kafka.%.80s: a setting has one value%s", config_text(key),
                             config_not(reader, value, config_text(key), given));
    enum drf_status status = check_location(reader, key, value);
    struct drf_kafka_setting *setting = &out->kafka[out->kafka_count];
    if (config_names_secret_file(config_text(key))) {
        status = config_read_secret_setting(reader, kafka, key, value, setting);
        if (status != DRF_OK)
            return status;
    } else if (edge_setting_check(config_text(key), config_text(value), why) != DRF_OK) {
        return refuse_setting(reader, key, value, why);
    } else {
        *setting = (struct drf_kafka_setting){
            .name = strdup(config_text(key)),
            .value = strdup(config_text(value)),
            .line = config_line(key),
        };
    }
    out->kafka_count++;
    if (!setting->name || !setting->value)
        return config_refuse(reader->error, DRF_ERR_NOMEM, 0, "out of memory");
    return status;
}

static enum drf_status read_kafka(struct config_reader *reader, struct drf_config *out)
{
    const yaml_node_t *node = section_of(reader, "kafka");
    enum drf_status status = config_check_keys(reader, node, NULL, "kafka", "kafka");
    if (!node || node->type != YAML_MAPPING_NODE)
        return status;
    size_t count = (size_t)(node->data.mapping.pairs.top - node->data.mapping.pairs.start);
    out->kafka = calloc(count + 1, sizeof *out->kafka);
    if (!out->kafka)
        return config_refuse(reader->error, DRF_ERR_NOMEM, 0, "out of memory");
    for (size_t i = 0; i < count; i++)
        status = config_first(
            status, read_setting(reader, node, node->data.mapping.pairs.start + i, out));
    return status;
}

static enum drf_status read_tables(struct config_reader *reader, struct drf_config *out)
{
    enum drf_status status = DRF_OK;
    for (const struct config_section *section = config_sections; section->name; section++) {
        if (strcmp(section->name, "kafka") == 0 || strcmp(section->name, "feeds") == 0
            || strcmp(section->name, "insets") == 0)
            continue;
        const yaml_node_t *node = section_of(reader, section->name);
        snprintf(reader->where, sizeof reader->where, "%s.", section->name);
        status = config_first(
            status, config_check_keys(reader, node, config_keys, section->name, section->name));
        status =
            config_first(status, config_read_section(reader, node, config_keys, section->name,
                                                     section_line(reader, section->name), out));
    }
    reader->where[0] = '\0';
    return status;
}

// HOST:PORT; an IPv6 address stands in brackets.
static bool is_address(const char *text)
{
    const char *colon = strrchr(text, ':');
    if (colon == NULL || colon == text || strlen(colon + 1) > 5
        || strspn(colon + 1, "0123456789") != strlen(colon + 1))
        return false;
    unsigned long port = strtoul(colon + 1, NULL, 10);
    size_t host = (size_t)(colon - text);
    bool bracketed = text[0] == '[' && host > 2 && text[host - 1] == ']';
    return port >= 1 && port <= 65535 && strcspn(text, " \t/") == strlen(text)
           && (bracketed || strchr(text, ':') == colon);
}

// Rules between keys, and what must be on this machine.
static enum drf_status check_whole(struct config_reader *reader, struct drf_config *out)
{
    enum drf_status status = DRF_OK;
    if (out->mode == DRF_MODE_SIM && strncmp(out->region_id, "sim", 3) != 0)
        status =
            config_refuse(reader->error, DRF_ERR_RANGE, section_line(reader, "node"),
                          "node.mode: SIM only in a region whose id begins with \"sim\", not "
                          "'%s'",
                          out->region_id);
    if (out->region_address[0] != '\0' && !is_address(out->region_address))
        status = config_refuse(reader->error, DRF_ERR_RANGE, section_line(reader, "region"),
                               "region.address: '%.80s' is not HOST:PORT, such as "
                               "mqtt.example.org:8883",
                               out->region_address);
    // What readers take as a source (edge/kafka/envelope.h).
    if ((out->publish.tracks_topic[0] != '\0' || out->publish.advisories_topic[0] != '\0'
         || out->publish.catalog_topic[0] != '\0')
        && strlen(out->region_id) + strlen(out->node_id) > 62)
        status = config_refuse(reader->error, DRF_ERR_RANGE, section_line(reader, "publish"),
                               "publish: region.id and node.id together may have 62 "
                               "characters, to name the node to others");
    if (out->limits.context_rate_default_hz > out->limits.context_rate_max_hz)
        status =
            config_refuse(reader->error, DRF_ERR_RANGE, section_line(reader, "limits"),
                          "limits: context_rate_default_hz (%g) is larger than "
                          "context_rate_max_hz (%g)",
                          out->limits.context_rate_default_hz, out->limits.context_rate_max_hz);
    if ((out->mqtt.cert_file[0] == '\0') != (out->mqtt.key_file[0] == '\0'))
        status = config_refuse(reader->error, DRF_ERR_RANGE, section_line(reader, "mqtt"),
                               "mqtt: cert_file and key_file belong together");
    if (!out->mqtt.tls && (out->mqtt.cert_file[0] != '\0' || out->mqtt.ca_file[0] != '\0'))
        status = config_refuse(reader->error, DRF_ERR_RANGE, section_line(reader, "mqtt"),
                               "mqtt: certificates are given, but tls is false");
    if (out->mqtt.client_id[0] == '\0')
        snprintf(out->mqtt.client_id, sizeof out->mqtt.client_id, "drf-edge-%s-%s",
                 out->region_id, out->node_id);
    return status;
}

static unsigned key_line(struct config_reader *reader, const char *section, const char *name)
{
    const yaml_node_t *key = NULL;
    if (!config_find(reader, section_of(reader, section), name, &key))
        return section_line(reader, section);
    return config_line(key);
}

static enum drf_status check_store_path(struct config_reader *reader,
                                        const struct drf_config *out)
{
    struct stat is;
    const yaml_node_t *node = config_find(reader, section_of(reader, "store"), "path", NULL);
    if (!config_text(node)) // was reported
        return DRF_OK;
    const size_t length = strlen(out->store_path);
    const unsigned line = key_line(reader, "store", "path");
    if (length == 0)
        return config_refuse(reader->error, DRF_ERR_RANGE, line,
                             "store.path: must not be empty");
    if (out->store_path[length - 1] != '/'
        && (reader->recorded || stat(out->store_path, &is) != 0 || !S_ISDIR(is.st_mode)))
        return DRF_OK;
    return config_refuse(reader->error, DRF_ERR_RANGE, line,
                         "store.path: '%.120s' is a directory; a file is wanted, such as "
                         "'%.120s%sregion.gpkg'",
                         out->store_path, out->store_path,
                         out->store_path[length - 1] == '/' ? "" : "/");
}

// What the library would refuse without saying which of them.
static enum drf_status check_certificates(struct config_reader *reader,
                                          const struct drf_config *out)
{
    const struct {
        const char *name, *path;
    } files[] = {{"ca_file", out->mqtt.ca_file},
                 {"cert_file", out->mqtt.cert_file},
                 {"key_file", out->mqtt.key_file}};
    enum drf_status status = DRF_OK;
    for (size_t i = 0; i < sizeof files / sizeof files[0] && !reader->recorded; i++)
        if (files[i].path[0] != '\0' && access(files[i].path, R_OK) != 0)
            status = config_refuse(reader->error, DRF_ERR_ABSENT,
                                   key_line(reader, "mqtt", files[i].name),
                                   "mqtt.%s: %.200s cannot be read: %s", files[i].name,
                                   files[i].path, strerrordesc_np(errno));
    return status;
}

// A root has a pointer for each of the region's tiles.
static enum drf_status check_tiles(struct config_reader *reader,
                                   const struct drf_config *config)
{
    struct geo_tiles tiles = {0};
    uint32_t fits = config->level;
    for (; fits > 0; fits--) {
        tiles = geo_tiles_of(drf_config_keep(config), (uint8_t)fits);
        if ((uint64_t)tiles.columns * tiles.rows <= FUSION_TILES_MAX)
            break;
    }
    if (config->region.count == 0 || fits == config->level)
        return DRF_OK;
    tiles = geo_tiles_of(drf_config_keep(config), (uint8_t)config->level);
    return config_refuse(
        reader->error, DRF_ERR_RANGE, section_line(reader, "region"),
        "region: with its margin and look-ahead it has %llu tiles of level %u, "
        "at most %d can be kept: a smaller region, or store.level %u at most",
        (unsigned long long)tiles.columns * tiles.rows, config->level, FUSION_TILES_MAX, fits);
}

static enum drf_status read_all(struct config_reader *reader, struct drf_config *out)
{
    enum drf_status status = reader->recorded ? DRF_OK : config_expand(reader);
    lengthen_log(reader);
    status = config_first(status, check_sections(reader));
    if (yaml_document_get_root_node(reader->document)->type != YAML_MAPPING_NODE)
        return status;
    status = config_first(status, read_tables(reader, out));
    enum drf_status region = config_read_region(reader, section_of(reader, "region"),
                                                section_line(reader, "region"), &out->region);
    status = config_first(status, region);
    status = config_first(status, check_tiles(reader, out));
    status =
        config_first(status, config_read_insets(reader, section_of(reader, "insets"), out));
    status = config_first(status, read_kafka(reader, out));
    status =
        config_first(status, config_read_password(reader, section_of(reader, "mqtt"), out));
    status = config_first(status, config_read_view(reader, section_of(reader, "view"),
                                                   section_line(reader, "view"), out));
    status = config_first(status, config_read_feeds(reader, section_of(reader, "feeds"), out));
    status = config_first(status, check_whole(reader, out));
    status = config_first(status, check_store_path(reader, out));
    return config_first(status, check_certificates(reader, out));
}

// Reads the document that the reader has, and takes it.
static enum drf_status read_document(struct config_reader *reader, bool feeds_needed,
                                     struct drf_config *config)
{
    struct drf_config_error *error = reader->error;
    const char *directory = reader->directory ? reader->directory : "";
    enum drf_status status = read_all(reader, config);
    const yaml_node_t *feeds = section_of(reader, "feeds");
    if (feeds_needed && (!feeds || config_is_null(feeds)))
        status =
            config_refuse(error, DRF_ERR_SYNTAX, feeds ? config_line(feeds) : 0,
                          "feeds: missing: without a feed the node knows nothing but where "
                          "the drones are; [] for none on purpose");
    if (status == DRF_OK
        && snprintf(config->directory, sizeof config->directory, "%s", directory)
               >= (int)sizeof config->directory)
        status = config_refuse(error, DRF_ERR_RANGE, 0, "the folder's name is too long");
    if (status != DRF_OK) {
        yaml_document_delete(reader->document);
        return config_first(config_sort_mistakes(error), status);
    }
    status = config_without_secrets(reader, &config->text);
    if (status != DRF_OK)
        status = config_refuse(error, status, 0, "out of memory, or a value is not UTF-8");
    return status;
}

static enum drf_status parse(const char *text, size_t size, struct config_reader *reader,
                             bool feeds_needed, struct drf_config *out)
{
    yaml_document_t document;
    *reader->error = (struct drf_config_error){.line = 0};
    enum drf_status status = config_document(text, size, reader->error, &document);
    if (status != DRF_OK)
        return status;
    struct drf_config config = {0};
    reader->document = &document;
    reader->config = &config;
    status = read_document(reader, feeds_needed, &config);
    config_written_close(reader);
    config.output_mode = config.mode;
    config.profile = fusion_limits_default();
    if (status == DRF_OK)
        *out = config;
    else
        drf_config_close(&config);
    return status;
}

enum drf_status drf_config_parse(const char *text, size_t size, const char *directory,
                                 struct drf_config_error *error, struct drf_config *out)
{
    struct config_reader reader = {.directory = directory, .error = error};
    return parse(text, size, &reader, false, out);
}

enum drf_status drf_config_parse_recorded(const char *text, size_t size, const char *directory,
                                          const struct drf_config_file *files,
                                          size_t file_count, struct drf_config_error *error,
                                          struct drf_config *out)
{
    struct config_reader reader = {.directory = directory,
                                   .error = error,
                                   .given = files,
                                   .given_count = file_count,
                                   .recorded = true};
    return parse(text, size, &reader, false, out);
}

enum drf_status drf_config_load(const char *path, struct drf_config_error *error,
                                struct drf_config *out)
{
    char *text = NULL, directory[DRF_PATH_SIZE];
    size_t size = 0;
    *error = (struct drf_config_error){.line = 0};
    enum drf_status status = config_file(path, CONFIG_FILE_MAX, &text, &size);
    if (status != DRF_OK)
        return config_refuse(error, status, 0, "%s",
                             status == DRF_ERR_FULL ? "larger than 1 MiB"
                                                    : strerrordesc_np(errno));
    const char *slash = strrchr(path, '/');
    size_t length = slash ? (size_t)(slash - path) : 0;
    snprintf(directory, sizeof directory, "%.*s", (int)length, path);
    struct config_reader reader = {.directory = slash ? directory : NULL, .error = error};
    status = parse(text, size, &reader, true, out);
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
