// edge/config/config_key.h - the table of configuration keys: type, offset, default, range.
// SPDX-License-Identifier: Apache-2.0
//
// The only list of keys. Reading, checking, printing and the reference page
// (deploy/configuration.md) follow it.
#ifndef EDGE_CONFIG_KEY_H
#define EDGE_CONFIG_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum config_type {
    CONFIG_TEXT, // any text that fits
    CONFIG_ID,   // [A-Za-z0-9][A-Za-z0-9._-]*
    CONFIG_PATH, // a file name, relative to the configuration's own directory
    CONFIG_U32,  // whole numbers; the value is stored times `scale`
    CONFIG_I32,
    CONFIG_U64,
    CONFIG_I64,
    CONFIG_REAL, // double
    CONFIG_BOOL,
    CONFIG_CHOICE, // uint32_t: one of `choices`
    CONFIG_SPECIAL // read by a function of its own (edge/config/config.c)
};

struct config_choice {
    const char *name;
    uint32_t value;
};

struct config_key {
    const char *section; // NULL ends a table
    const char *name;
    enum config_type type;
    size_t offset; // in struct drf_config, drf_feed_config, drf_geocodes or of the fields
    size_t size;   // of a text with its NUL
    double min, max, scale;
    const struct config_choice *choices; // a NULL name ends them
    const char *fallback;                // YAML text of the default; NULL: the key is required
    const char *example;                 // what `drf-edge config` prints for a required key
    const char *help;
};

extern const struct config_key config_keys[];         // of the file
extern const struct config_key config_feed_keys[];    // of one entry of feeds; section ""
extern const struct config_key config_geocode_keys[]; // of its geocodes; section ""
extern const struct config_key config_field_keys[];   // of a feed's fields; section ""
extern const struct config_key config_obstacle_field_keys[]; // the same, of obstacles
extern const struct config_key config_inset_keys[]; // of one entry of insets; section ""

// The sections in the order they are printed, NULL-terminated, each with a line of help.
struct config_section {
    const char *name, *help;
};
extern const struct config_section config_sections[];

// Writes what a value of this key may be, such as ". A whole number, 1 to 10"; nothing where
// the type says it all.
void config_print_range(FILE *out, const struct config_key *key);

#endif
