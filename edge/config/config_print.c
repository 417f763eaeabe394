// SPDX-License-Identifier: Apache-2.0
#include <stdbool.h>
#include <string.h>

#include "edge/config/config.h"
#include "edge/config/config_key.h"
#include "edge/config/config_reload.h"

void config_print_range(FILE *out, const struct config_key *key)
{
    switch (key->type) {
    case CONFIG_U32:
    case CONFIG_I32:
    case CONFIG_U64:
    case CONFIG_I64:
        fprintf(out, ". A whole number, %.15g to %.15g", key->min, key->max);
        break;
    case CONFIG_REAL:
        fprintf(out, ". A number, %.15g to %.15g", key->min, key->max);
        break;
    case CONFIG_BOOL:
        fprintf(out, ". true or false");
        break;
    case CONFIG_CHOICE:
        fprintf(out, ". One of");
        for (const struct config_choice *choice = key->choices; choice->name; choice++)
            fprintf(out, "%s %s", choice == key->choices ? "" : ",", choice->name);
        break;
    default:
        break;
    }
}

// `bullet` begins the first key of a list's entry.
static void print_key(FILE *out, const struct config_key *key, const char *indent,
                      const char *bullet)
{
    fprintf(out, "%s# %s", indent, key->help);
    config_print_range(out, key);
    fprintf(out, "%s.%s\n", key->fallback ? "" : ". Required",
            drf_config_key_reloads(key) ? " On reload." : "");
    bool optional = key->type == CONFIG_SPECIAL && key->fallback && !key->example;
    const char *value = key->example ? key->example : key->fallback;
    if (optional)
        fprintf(out, "%s# %s: %s\n", indent, key->name, value[0] ? value : "(not given)");
    else
        fprintf(out, "%s%s: %s\n", bullet, key->name, value);
}

// A key of the mapping that most feeds do not have.
static void print_commented(FILE *out, const struct config_key *key)
{
    fprintf(out, "    #   # %s", key->help);
    config_print_range(out, key);
    const char *value = key->example ? key->example : key->fallback;
    fprintf(out, "%s.\n    #   %s: %s\n", key->fallback ? "" : ". Required", key->name,
            value && value[0] ? value : "(not given)");
}

static void print_feeds(FILE *out)
{
    const char *bullet = "  - ";
    for (const struct config_key *key = config_feed_keys; key->section; key++) {
        print_key(out, key, "    ", bullet);
        bullet = "    ";
        const struct config_key *below =
            strcmp(key->name, "geocodes") == 0 ? config_geocode_keys : NULL;
        for (; below && below->section; below++)
            print_commented(out, below);
    }
    fprintf(out, "    #   # Of geojson_zones:\n");
    for (const struct config_key *key = config_field_keys; key->section; key++)
        print_commented(out, key);
    fprintf(out, "    #   # Of geojson_obstacles:\n");
    for (const struct config_key *key = config_obstacle_field_keys; key->section; key++)
        print_commented(out, key);
}

// None by default: an entry to copy.
static void print_insets(FILE *out)
{
    const char *bullet = "  # - ";
    for (const struct config_key *key = config_inset_keys; key->section; key++) {
        print_key(out, key, "    ", bullet);
        bullet = "  #   ";
    }
}

void drf_config_print_defaults(FILE *out)
{
    fprintf(out,
            "# SPDX-License-Identifier: Apache-2.0\n"
            "# Every key of drf-edge's configuration with its default. A key left out has "
            "the default.\n"
            "# Unknown keys, wrong types and values out of range are refused.\n"
            "# ${NAME} in a value is a variable of the environment, ${NAME:-default} one "
            "with a default.\n"
            "# \"On reload\": a change takes effect at SIGHUP too; of all other keys at the "
            "next start.\n");
    for (const struct config_section *section = config_sections; section->name; section++) {
        fprintf(out, "\n# %s\n%s:\n", section->help, section->name);
        if (strcmp(section->name, "kafka") == 0)
            fprintf(out, "  bootstrap.servers: localhost:9092\n");
        if (strcmp(section->name, "insets") == 0)
            print_insets(out);
        if (strcmp(section->name, "feeds") == 0)
            print_feeds(out);
        for (const struct config_key *key = config_keys; key->section; key++)
            if (strcmp(key->section, section->name) == 0)
                print_key(out, key, "  ", "  ");
    }
}

void drf_config_error_print(const char *path, const struct drf_config_error *error, FILE *out)
{
    const size_t count = error->count < DRF_MISTAKES_MAX ? error->count : DRF_MISTAKES_MAX;
    for (size_t i = 0; i < count; i++) {
        const struct drf_config_mistake *mistake = &error->mistakes[i];
        if (mistake->line > 0)
            fprintf(out, "%s:%u: %s\n", path, mistake->line, mistake->text);
        else
            fprintf(out, "%s: %s\n", path, mistake->text);
    }
    if (error->count > count)
        fprintf(out, "%s: and %zu more mistakes\n", path, error->count - count);
}
