// SPDX-License-Identifier: Apache-2.0
#include <stdbool.h>
#include <string.h>

#include "edge/config/config.h"
#include "edge/config/config_key.h"
#include "edge/config/config_reload.h"

// Text of a table as roff: nothing in it is a request, and `\n# ` of a section's help is a
// blank.
static void print_text(FILE *out, const char *text)
{
    if (*text == '.' || *text == '\'')
        fputs("\\&", out);
    for (const char *at = text; *at != '\0'; at++) {
        if (strncmp(at, "\n# ", 3) == 0) {
            fputc('\n', out);
            at += 2;
        } else if (*at == '\\')
            fputs("\\e", out);
        else if (*at == '-')
            fputs("\\-", out);
        else
            fputc(*at, out);
    }
}

static void print_key(FILE *out, const struct config_key *key)
{
    fputs(".TP\n.B ", out);
    print_text(out, key->name);
    fputc('\n', out);
    print_text(out, key->help);
    config_print_range(out, key);
    const char *shown = key->fallback ? key->fallback : key->example;
    bool empty = !shown || *shown == '\0' || strcmp(shown, "\"\"") == 0;
    if (drf_config_key_reloads(key))
        fputs(". Taken over on reload", out);
    if (key->fallback && empty)
        fputs(".\n", out);
    else if (empty)
        fputs(". Required.\n", out);
    else {
        fputs(key->fallback ? ".\nDefault: " : ". Required.\nExample: ", out);
        print_text(out, shown);
        fputc('\n', out);
    }
}

static void print_keys(FILE *out, const char *title, const struct config_key *keys)
{
    if (title)
        fprintf(out, ".SS %s\n", title);
    for (const struct config_key *key = keys; key->section; key++)
        print_key(out, key);
}

void drf_config_print_manual(FILE *out)
{
    fputs(".\\\" SPDX-License-Identifier: Apache-2.0\n"
          ".TH DRF\\-EDGE.YAML 5 \"\" \"drf\\-edge " DRF_VERSION "\" \"Configuration\"\n"
          ".SH NAME\n"
          "drf\\-edge.yaml \\- configuration of the edge node drf\\-edge\n"
          ".SH DESCRIPTION\n"
          "One YAML file, read by\n.BR drf\\-edge (1).\n"
          "It is a mapping of sections, and each section but\n.B feeds\nand\n.B insets\n"
          "is a mapping of keys. A key left out has its default.\n"
          "Unknown keys, wrong types and values out of range are refused.\n"
          "Relative file names count from the folder of the file.\n"
          ".PP\n.B drf\\-edge config\nprints this list as YAML, and\n"
          ".B drf\\-edge check \\-\\-config\n.I FILE\nreads a file as the node would.\n",
          out);
    for (const struct config_section *section = config_sections; section->name; section++) {
        fprintf(out, ".SH %s\n", section->name);
        print_text(out, section->help);
        fputc('\n', out);
        for (const struct config_key *key = config_keys; key->section; key++)
            if (strcmp(key->section, section->name) == 0)
                print_key(out, key);
        if (strcmp(section->name, "insets") == 0)
            print_keys(out, NULL, config_inset_keys);
        if (strcmp(section->name, "feeds") == 0) {
            print_keys(out, NULL, config_feed_keys);
            print_keys(out, "geocodes of a feed", config_geocode_keys);
            print_keys(out, "fields of a feed of geojson_zones", config_field_keys);
            print_keys(out, "fields of a feed of geojson_obstacles",
                       config_obstacle_field_keys);
        }
    }
    fputs(".SH SEE ALSO\n.BR drf\\-edge (1)\n", out);
}
