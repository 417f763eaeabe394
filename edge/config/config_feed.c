// SPDX-License-Identifier: Apache-2.0
// An entry of feeds is read in this order: the keys of the table, then what follows from the
// kind where nothing is said (format, layer, urgency), then the parts that only some formats
// have (mapped fields, values, the files of stations and of area codes), and last what no row
// of a table can say: that the parts fit each other. Files are read here, so that a missing one
// is an error of the configuration and never of the first message.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "edge/config/config_read.h"
#include "fusion/root/root.h"

enum { CLASS_BY_KIND = 2, STATIONS_FILE_MAX = 16 << 20, GEOCODES_FILE_MAX = 32 << 20 };

static bool format_fits(uint32_t kind, uint32_t format)
{
    switch (format) {
    case GEO_FORMAT_TERRAIN:
    case GEO_FORMAT_GEOTIFF:
    case GEO_FORMAT_DTED:
    case GEO_FORMAT_HGT:
        return kind == DRF_FEED_TERRAIN;
    case GEO_FORMAT_DOF:
    case GEO_FORMAT_GEOJSON_OBSTACLES:
        return kind == DRF_FEED_OBSTACLE;
    case GEO_FORMAT_GRIB:
    case GEO_FORMAT_METAR:
    case GEO_FORMAT_UREP:
        return kind == DRF_FEED_WEATHER;
    case GEO_FORMAT_GEOJSON_ZONES:
    case GEO_FORMAT_ED269:
    case GEO_FORMAT_ED318:
    case GEO_FORMAT_SIGMET:
        return kind == DRF_FEED_ZONE;
    case GEO_FORMAT_READSB:
    case GEO_FORMAT_TRACKS:
        return kind == DRF_FEED_TRAFFIC;
    case GEO_FORMAT_GCN:
    case GEO_FORMAT_CAP:
        return kind == DRF_FEED_ALERT;
    default:
        return false;
    }
}

// What fits, for people: "geojson-zones, ed269, ed318".
static void name_formats(uint32_t kind, char *text, size_t size)
{
    text[0] = '\0';
    size_t length = 0;
    for (uint32_t format = GEO_FORMAT_UNKNOWN + 1; format < GEO_FORMAT_COUNT; format++) {
        if (!format_fits(kind, format))
            continue;
        int more = snprintf(text + length, size - length, "%s%s", length > 0 ? ", " : "",
                            geo_format_name((enum geo_format)format));
        if (more < 0 || (size_t)more >= size - length)
            return;
        length += (size_t)more;
    }
}

static void fill_by_kind(struct drf_feed_config *feed)
{
    static const uint32_t formats[] = {
        [DRF_FEED_TERRAIN] = GEO_FORMAT_TERRAIN, [DRF_FEED_OBSTACLE] = GEO_FORMAT_DOF,
        [DRF_FEED_WEATHER] = GEO_FORMAT_GRIB,    [DRF_FEED_ZONE] = GEO_FORMAT_GEOJSON_ZONES,
        [DRF_FEED_TRAFFIC] = GEO_FORMAT_READSB,  [DRF_FEED_ALERT] = GEO_FORMAT_CAP};
    if (feed->format == GEO_FORMAT_UNKNOWN)
        feed->format = formats[feed->kind];
    if (feed->kind == DRF_FEED_OBSTACLE)
        feed->layer = FUSION_LAYER_OBSTACLE;
    if (feed->kind == DRF_FEED_WEATHER)
        feed->layer = FUSION_LAYER_WEATHER;
    if (feed->kind == DRF_FEED_ZONE)
        feed->layer = FUSION_LAYER_ZONE;
    if (feed->kind == DRF_FEED_ALERT)
        feed->layer = FUSION_LAYER_ALERT;
    if (feed->kind == DRF_FEED_TRAFFIC)
        feed->layer = FUSION_LAYER_TRAFFIC;
    if (feed->urgent == CLASS_BY_KIND)
        feed->urgent = feed->kind == DRF_FEED_OBSTACLE || feed->kind == DRF_FEED_ZONE
                       || feed->kind == DRF_FEED_TRAFFIC || feed->kind == DRF_FEED_ALERT;
}

static bool topic_valid(const char *topic)
{
    return topic[0] != '\0'
           && strspn(topic, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")
                  == strlen(topic);
}

static enum drf_status check_format(struct config_reader *reader, const yaml_node_t *node,
                                    const struct drf_feed_config *feed)
{
    if (format_fits(feed->kind, feed->format))
        return DRF_OK;
    char allowed[120];
    name_formats(feed->kind, allowed, sizeof allowed);
    return config_refuse(reader->error, DRF_ERR_RANGE, config_line(node),
                         "feeds: '%s': format %s does not belong to this kind: one of %s",
                         feed->name, geo_format_name((enum geo_format)feed->format), allowed);
}

static enum drf_status check_topic(struct config_reader *reader, const yaml_node_t *node,
                                   const struct drf_config *config,
                                   const struct drf_feed_config *feed)
{
    if (!config_text(config_find(reader, node, "topic", NULL))) // was reported
        return DRF_OK;
    if (!topic_valid(feed->topic))
        return config_refuse(reader->error, DRF_ERR_RANGE, config_line(node),
                             "feeds: topic of '%s': letters, digits, '.', '_' and '-', not "
                             "'%.80s'",
                             feed->name, feed->topic);
    // Each refusal would come back as a message, to be refused again.
    if (strcmp(feed->topic, config->dead_letter_topic) == 0)
        return config_refuse(
            reader->error, DRF_ERR_RANGE, config_line(node),
            "feeds: '%s' reads '%s', which is dead_letters.topic: dead letters "
            "need a topic of their own",
            feed->name, feed->topic);
    return DRF_OK;
}

static enum drf_status check_feed(struct config_reader *reader, const yaml_node_t *node,
                                  const struct drf_config *config, size_t index)
{
    const struct drf_feed_config *feed = &config->feeds[index];
    unsigned line = config_line(node);
    enum drf_status status = check_topic(reader, node, config, feed);
    if (feed->kind != 0 && feed->kind != DRF_FEED_TERRAIN
        && config_find(reader, node, "surface", NULL))
        status = config_refuse(reader->error, DRF_ERR_RANGE, line,
                               "feeds: '%s': surface belongs to terrain only", feed->name);
    if (!drf_mode_accepts(config->mode, feed->mode))
        status =
            config_refuse(reader->error, DRF_ERR_RANGE, line,
                          "feeds: '%s': a %s node does not accept data of mode %s", feed->name,
                          drf_mode_name(config->mode), drf_mode_name(feed->mode));
    for (size_t i = 0; i < index; i++) {
        const struct drf_feed_config *other = &config->feeds[i];
        if (feed->name[0] != '\0' && strcmp(other->name, feed->name) == 0)
            status = config_refuse(reader->error, DRF_ERR_RANGE, line,
                                   "feeds: two feeds are named '%s'", feed->name);
        // Positions in the store are kept by topic and partition.
        else if (feed->topic[0] != '\0' && strcmp(other->topic, feed->topic) == 0)
            status = config_refuse(reader->error, DRF_ERR_RANGE, line,
                                   "feeds: '%s' and '%s' read the same topic, '%s'",
                                   other->name, feed->name, feed->topic);
    }
    return status;
}

// The table of stations, for the format that needs it.
static enum drf_status read_stations(struct config_reader *reader, const yaml_node_t *node,
                                     struct drf_feed_config *feed)
{
    const unsigned line = config_line(node);
    const bool wanted = feed->format == GEO_FORMAT_METAR;
    if (wanted != (feed->stations_path[0] != '\0'))
        return config_refuse(reader->error, DRF_ERR_RANGE, line,
                             wanted ? "feeds: '%s': metar needs stations, a file"
                                    : "feeds: '%s': stations belongs to metar only",
                             feed->name);
    if (!wanted)
        return DRF_OK;
    char *text = NULL;
    size_t size = 0;
    enum drf_status status =
        config_input_file(reader, feed->stations_path, STATIONS_FILE_MAX, &text, &size);
    if (status != DRF_OK)
        return config_refuse(reader->error, status, line,
                             "feeds: '%s': stations: %.200s cannot be read, or is larger "
                             "than 16 MiB",
                             feed->name, feed->stations_path);
    struct geo_note why;
    status = geo_station_table_open((const uint8_t *)text, size, &feed->stations, &why);
    free(text);
    if (status != DRF_OK)
        return config_refuse(reader->error, status, line, "feeds: '%s': stations: %llu: %s",
                             feed->name, (unsigned long long)why.position, why.text);
    return DRF_OK;
}

// The mapping of a provider's own GeoJSON, for the formats that have one.
static enum drf_status read_fields(struct config_reader *reader, const yaml_node_t *node,
                                   struct drf_feed_config *feed)
{
    const yaml_node_t *fields = config_find(reader, node, "fields", NULL);
    if (!fields || config_is_null(fields))
        return DRF_OK;
    if (feed->format == GEO_FORMAT_GEOJSON_ZONES)
        return config_read_fields(reader, fields, &feed->zone_fields);
    if (feed->format == GEO_FORMAT_GEOJSON_OBSTACLES)
        return config_read_obstacle_fields(reader, fields, &feed->obstacle_fields);
    return config_refuse(reader->error, DRF_ERR_RANGE, config_line(node),
                         "feeds: '%s': fields belong to the formats geojson_zones and "
                         "geojson_obstacles only",
                         feed->name);
}

// The table of the areas of codes, where the feed has one.
static enum drf_status read_geocodes(struct config_reader *reader, const yaml_node_t *node,
                                     struct drf_feed_config *feed)
{
    struct drf_geocodes *geocodes = &feed->geocodes;
    if (!node || config_is_null(node))
        return DRF_OK;
    const unsigned line = config_line(node);
    if (feed->format != GEO_FORMAT_CAP)
        return config_refuse(reader->error, DRF_ERR_RANGE, line,
                             "feeds: '%s': geocodes belong to format cap only", feed->name);
    enum drf_status status =
        config_check_keys(reader, node, config_geocode_keys, "", "geocodes");
    status = config_first(
        status, config_read_section(reader, node, config_geocode_keys, "", line, geocodes));
    if (status != DRF_OK)
        return status;
    if (geocodes->property[0] == '\0' || geocodes->name[0] == '\0')
        return config_refuse(reader->error, DRF_ERR_RANGE, line,
                             "feeds: '%s': geocodes: property and name are not empty",
                             feed->name);
    char *text = NULL;
    size_t size = 0;
    status = config_input_file(reader, geocodes->file, GEOCODES_FILE_MAX, &text, &size);
    if (status != DRF_OK)
        return config_refuse(reader->error, status, line,
                             "feeds: '%s': geocodes: %.200s cannot be read, or is larger "
                             "than 32 MiB",
                             feed->name, geocodes->file);
    struct geo_note why = {.count = 1};
    status = geo_area_table_open((const uint8_t *)text, size, geocodes->property,
                                 geocodes->name, &feed->areas, &why);
    free(text);
    if (status != DRF_OK)
        return config_refuse(reader->error, status, line, "feeds: '%s': geocodes: %s",
                             feed->name, why.text[0] ? why.text : "out of memory");
    return DRF_OK;
}

// "feeds.dem.", or by number where the name cannot be told.
static void name_feed(struct config_reader *reader, const yaml_node_t *node, size_t index)
{
    const char *name = config_text(config_find(reader, node, "name", NULL));
    if (name && name[0] != '\0')
        snprintf(reader->where, sizeof reader->where, "feeds.%.40s.", name);
    else
        snprintf(reader->where, sizeof reader->where, "feeds[%zu].", index + 1);
}

// What depends on the format.
static enum drf_status read_by_format(struct config_reader *reader, const yaml_node_t *node,
                                      struct drf_feed_config *feed)
{
    enum drf_status status = check_format(reader, node, feed);
    if (status != DRF_OK)
        return status;
    status = read_fields(reader, node, feed);
    status = config_first(status, config_read_values(reader, node, feed));
    status = config_first(status, read_stations(reader, node, feed));
    return config_first(
        status, read_geocodes(reader, config_find(reader, node, "geocodes", NULL), feed));
}

static enum drf_status read_feed(struct config_reader *reader, const yaml_node_t *node,
                                 struct drf_config *config, size_t index)
{
    struct drf_feed_config *feed = &config->feeds[index];
    char where[sizeof reader->where], given[CONFIG_SHOWN_SIZE + 8];
    if (node->type != YAML_MAPPING_NODE)
        return config_refuse(reader->error, DRF_ERR_SYNTAX, config_line(node),
                             "feeds[%zu]: each entry is a mapping of keys to values%s",
                             index + 1, config_not(reader, node, "feeds", given));
    name_feed(reader, node, index);
    memcpy(where, reader->where, sizeof where);
    where[strlen(where) - 1] = '\0'; // without the dot
    enum drf_status status = config_check_keys(reader, node, config_feed_keys, "", where);
    status = config_first(status, config_read_section(reader, node, config_feed_keys, "",
                                                      config_line(node), feed));
    if (feed->mode == 0)
        feed->mode = config->mode;
    if (feed->kind != 0) {
        fill_by_kind(feed);
        status = config_first(status, read_by_format(reader, node, feed));
    }
    status = config_first(status, check_feed(reader, node, config, index));
    return config_first(status, config_check_reference(reader, node, feed));
}

enum drf_status config_read_feeds(struct config_reader *reader, const yaml_node_t *feeds,
                                  struct drf_config *out)
{
    char given[CONFIG_SHOWN_SIZE + 8];
    if (!feeds || config_is_null(feeds))
        return DRF_OK;
    if (feeds->type != YAML_SEQUENCE_NODE)
        return config_refuse(reader->error, DRF_ERR_SYNTAX, config_line(feeds),
                             "feeds: must be a list, each entry beginning with '- '%s",
                             config_not(reader, feeds, "feeds", given));
    size_t count = (size_t)(feeds->data.sequence.items.top - feeds->data.sequence.items.start);
    if (count > DRF_FEEDS_MAX)
        return config_refuse(reader->error, DRF_ERR_RANGE, config_line(feeds),
                             "feeds: at most %d, not %zu", DRF_FEEDS_MAX, count);
    out->feeds = calloc(count + 1, sizeof *out->feeds);
    if (!out->feeds)
        return config_refuse(reader->error, DRF_ERR_NOMEM, 0, "out of memory");
    enum drf_status status = DRF_OK;
    for (size_t i = 0; i < count; i++) {
        const yaml_node_t *node =
            yaml_document_get_node(reader->document, feeds->data.sequence.items.start[i]);
        out->feed_count = i + 1;
        status = config_first(status, read_feed(reader, node, out, i));
    }
    reader->where[0] = '\0';
    return status;
}
