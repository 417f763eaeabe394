// SPDX-License-Identifier: Apache-2.0
// One value of a configuration changed by hand, read by the same rules as in its file.
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "edge/config/config_read.h"

enum { NAME_SIZE = 80 };

// Fixed in the store, read together with other keys or with a file, or of the outside.
static bool changeable(const char *section, const char *name)
{
    static const char *const fixed[] = {
        "region", "node", "store",        "journal", "kafka",   "mqtt",   "log",
        "http",   "view", "dead_letters", "owners",  "reports", "publish"};
    static const char *const fixed_of_feed[] = {"name",     "topic",   "kind",     "format",
                                                "class",    "surface", "stations", "framing",
                                                "geocodes", "fields",  "mode"};
    if (section[0] == '\0') {
        for (size_t i = 0; i < sizeof fixed_of_feed / sizeof fixed_of_feed[0]; i++)
            if (strcmp(fixed_of_feed[i], name) == 0)
                return false;
        return true;
    }
    for (size_t i = 0; i < sizeof fixed / sizeof fixed[0]; i++)
        if (strcmp(fixed[i], section) == 0)
            return false;
    return strcmp(name, "look_ahead_max_m") != 0; // the box that the store was made with
}

static enum drf_status set_key(const struct config_key *keys, const char *section,
                               const char *name, const char *value, void *base,
                               struct drf_config_error *error)
{
    const struct config_key *key = keys;
    while (key->section && (strcmp(key->section, section) != 0 || strcmp(key->name, name) != 0))
        key++;
    if (!key->section)
        return config_refuse(error, DRF_ERR_ABSENT, 0,
                             "no such key; `drf-edge config` lists them");
    if (key->type == CONFIG_SPECIAL || !changeable(section, name))
        return config_refuse(error, DRF_ERR_RANGE, 0, "cannot be changed in a replay");
    yaml_node_t node = {.type = YAML_SCALAR_NODE};
    node.data.scalar.value = (yaml_char_t *)value;
    node.data.scalar.length = strlen(value);
    node.data.scalar.style = YAML_PLAIN_SCALAR_STYLE;
    struct config_reader reader = {.error = error};
    return config_read_key(&reader, key, &node, base);
}

static enum drf_status set_profile(struct fusion_limits *limits, const char *name,
                                   const char *value, struct drf_config_error *error)
{
    // Ranges as in schemas/drf/v1/profile.proto.
    static const struct {
        const char *name;
        size_t at;
        double low, high;
    } known[] = {
        {"look_ahead_s", offsetof(struct fusion_limits, look_ahead_s), 5, 300},
        {"stopping_distance_m", offsetof(struct fusion_limits, stopping_distance_m), 0, 5000},
        {"aircraft_radius_m", offsetof(struct fusion_limits, aircraft_radius_m), 0, 50},
        {"clearance_min_m", offsetof(struct fusion_limits, clearance_min_m), 0, 1000},
        {"climb_max_mps", offsetof(struct fusion_limits, climb_max_mps), 0.1, 100},
        {"descent_max_mps", offsetof(struct fusion_limits, descent_max_mps), 0.1, 100},
        {"obstacle_radius_m", offsetof(struct fusion_limits, obstacle_radius_m), 50, 20000},
    };
    char *end;
    double number = strtod(value, &end);
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strcmp(known[i].name, name) != 0)
            continue;
        if (end == value || *end != '\0'
            || !(number >= known[i].low && number <= known[i].high))
            return config_refuse(error, DRF_ERR_RANGE, 0, "a number from %g to %g",
                                 known[i].low, known[i].high);
        memcpy((char *)limits + known[i].at, &number, sizeof number);
        return DRF_OK;
    }
    return config_refuse(error, DRF_ERR_ABSENT, 0,
                         "no such default; there are look_ahead_s, stopping_distance_m, "
                         "aircraft_radius_m, clearance_min_m, climb_max_mps, descent_max_mps, "
                         "obstacle_radius_m");
}

enum drf_status drf_config_set(struct drf_config *config, const char *setting,
                               struct drf_config_error *error)
{
    const char *equals = strchr(setting, '='), *dot = strchr(setting, '.');
    char section[NAME_SIZE], name[NAME_SIZE];
    if (equals == NULL || dot == NULL || dot > equals || dot - setting >= NAME_SIZE
        || equals - dot > NAME_SIZE)
        return config_refuse(error, DRF_ERR_SYNTAX, 0, "SECTION.KEY=VALUE is the form");
    (void)snprintf(section, sizeof section, "%.*s", (int)(dot - setting), setting);
    (void)snprintf(name, sizeof name, "%.*s", (int)(equals - dot - 1), dot + 1);
    if (strcmp(section, "profile") == 0)
        return set_profile(&config->profile, name, equals + 1, error);
    if (strcmp(section, "feeds") != 0)
        return set_key(config_keys, section, name, equals + 1, config, error);
    char *key = strrchr(name, '.');
    if (key == NULL)
        return config_refuse(error, DRF_ERR_SYNTAX, 0, "feeds.NAME.KEY=VALUE is the form");
    *key = '\0';
    for (size_t i = 0; i < config->feed_count; i++)
        if (strcmp(config->feeds[i].name, name) == 0)
            return set_key(config_feed_keys, "", key + 1, equals + 1, &config->feeds[i], error);
    return config_refuse(error, DRF_ERR_ABSENT, 0, "no feed has this name");
}
