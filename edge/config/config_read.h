// edge/config/config_read.h - reads a YAML document by the table of keys, with line numbers.
// SPDX-License-Identifier: Apache-2.0
//
// Errors name the line and the key. A mistake does not end reading: it is added to the list,
// and what does not depend on it is read on. Private to edge/config.
#ifndef EDGE_CONFIG_READ_H
#define EDGE_CONFIG_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <yaml.h>

#include "edge/config/config.h"
#include "edge/config/config_key.h"

// A value that held `${NAME}`, as it was written.
struct config_written {
    yaml_node_t *node;
    char *text;
    bool unresolved; // it still holds what was written: a mistake, which was reported
};

// One file being read. Borrowed parts live as long as the read.
struct config_reader {
    yaml_document_t *document;
    char where[80];                 // of the keys being read, for errors: "mqtt.", "feeds.dem."
    struct config_written *written; // freed by config_written_close()
    size_t written_count;
    bool recorded;         // files come from `given`, nothing from the machine
    const char *directory; // relative file names count from here; NULL: the current one
    struct drf_config_error *error;
    struct drf_config *config;           // keeps the files that are read; NULL: nobody does
    const struct drf_config_file *given; // from a recording; NULL: files are read
    size_t given_count;
};

// Adds a mistake (line from 1, 0: the whole file) and returns `status`.
DRF_MUST_CHECK enum drf_status config_refuse(struct drf_config_error *error,
                                             enum drf_status status, unsigned line,
                                             const char *format, ...)
    __attribute__((format(printf, 4, 5)));

// Sorts the mistakes by line. The status of the first, DRF_OK when there is none;
// DRF_ERR_NOMEM before any other.
enum drf_status config_sort_mistakes(struct drf_config_error *error);
static inline enum drf_status config_first(enum drf_status first, enum drf_status next)
{
    return first != DRF_OK ? first : next;
}

// Replaces `${NAME}` and `${NAME:-default}` in all values of the document; `$${` stands for
// `${`. A variable that is not defined is a mistake (edge/config/config_environment.c).
DRF_MUST_CHECK enum drf_status config_expand(struct config_reader *reader);
// Whether it holds a variable that has no value, which was reported.
bool config_unresolved(const struct config_reader *reader, const yaml_node_t *node);
void config_written_close(struct config_reader *reader);

// The value as it is shown in an error: quoted, shortened; of one from the environment what the
// file says; of a secret nothing. In `out`.
enum { CONFIG_SHOWN_SIZE = 80 };
const char *config_shown(const struct config_reader *reader, const yaml_node_t *node,
                         const char *name, char out[static CONFIG_SHOWN_SIZE]);
// A secret, or it came from the environment: it is in no text.
bool config_confidential(const struct config_reader *reader, const yaml_node_t *node,
                         const char *name);
// ", not 'x'" or "".
const char *config_not(const struct config_reader *reader, const yaml_node_t *node,
                       const char *name, char out[static CONFIG_SHOWN_SIZE + 8]);

unsigned config_line(const yaml_node_t *node);
bool config_plain(const yaml_node_t *node);   // without quotes, or from the environment
bool config_is_null(const yaml_node_t *node); // nothing stands after the colon
// The text of a scalar; NULL if it is none.
const char *config_text(const yaml_node_t *node);

// The value under `name` in a mapping, NULL if absent; *key may be NULL.
yaml_node_t *config_find(struct config_reader *reader, const yaml_node_t *mapping,
                         const char *name, const yaml_node_t **key);

// `node` is a mapping whose keys are scalars, each once, each known to `keys` in `section`; or
// nothing at all. `where` names it in errors.
DRF_MUST_CHECK enum drf_status config_check_keys(struct config_reader *reader,
                                                 const yaml_node_t *node,
                                                 const struct config_key *keys,
                                                 const char *section, const char *where);

// Reads every key of a section (SPECIAL ones apart) from `mapping` (may be NULL: defaults only)
// into the struct at `base`. `line` is where a missing key is reported.
DRF_MUST_CHECK enum drf_status config_read_section(struct config_reader *reader,
                                                   const yaml_node_t *mapping,
                                                   const struct config_key *keys,
                                                   const char *section, unsigned line,
                                                   void *base);

// One value, by its row of the table.
DRF_MUST_CHECK enum drf_status config_read_key(struct config_reader *reader,
                                               const struct config_key *key,
                                               const yaml_node_t *node, void *base);

// A number written without quotes.
DRF_MUST_CHECK enum drf_status config_number(struct config_reader *reader,
                                             const yaml_node_t *node, const char *name,
                                             double *out);

// A file name against the configuration's directory. DRF_ERR_RANGE: too long.
DRF_MUST_CHECK enum drf_status config_path(struct config_reader *reader,
                                           const yaml_node_t *node, char *out, size_t room);

// Reads a small file whole, NUL added; freed by the caller.
// DRF_ERR_ABSENT, DRF_ERR_FULL: larger than `max`. DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status config_file(const char *path, size_t max, char **out,
                                           size_t *size);

// The same of a file whose content decides what drones are told: kept with the configuration,
// or taken from a recording.
DRF_MUST_CHECK enum drf_status config_input_file(struct config_reader *reader, const char *path,
                                                 size_t max, char **out, size_t *size);

// The document as YAML without what is secret or another machine's: without the sections kafka,
// mqtt, http, view and journal; with the values of variables. Takes the document. malloc'ed.
// DRF_ERR_NOMEM: or it holds what is not UTF-8.
DRF_MUST_CHECK enum drf_status config_without_secrets(struct config_reader *reader, char **out);

// The first line of the file that `node` names, into `room` bytes. `key`: as it is called in
// errors, which hold nothing of it.
DRF_MUST_CHECK enum drf_status config_read_secret(struct config_reader *reader,
                                                  const yaml_node_t *node, const char *key,
                                                  char *out, size_t room);

// view.token_file and view.hosts, and what has to hold between them and the rest of `view`,
// which was read. `line`: of the section.
DRF_MUST_CHECK enum drf_status config_read_view(struct config_reader *reader,
                                                const yaml_node_t *view, unsigned line,
                                                struct drf_config *out);

// mqtt.password_file, and settings of Kafka called NAME_file, whose value is the first line of
// that file (edge/config/config_secret.c). `kafka`: the section, where NAME must not be too.
DRF_MUST_CHECK enum drf_status config_read_password(struct config_reader *reader,
                                                    const yaml_node_t *mqtt,
                                                    struct drf_config *out);
bool config_names_secret_file(const char *name);
DRF_MUST_CHECK enum drf_status config_read_secret_setting(struct config_reader *reader,
                                                          const yaml_node_t *kafka,
                                                          const yaml_node_t *key,
                                                          const yaml_node_t *value,
                                                          struct drf_kafka_setting *out);

// Loads one YAML (or JSON) document; the caller deletes it.
DRF_MUST_CHECK enum drf_status config_document(const char *text, size_t size,
                                               struct drf_config_error *error,
                                               yaml_document_t *out);

// region.bounds, polygon or polygon_file (edge/config/config_region.c).
DRF_MUST_CHECK enum drf_status config_read_region(struct config_reader *reader,
                                                  const yaml_node_t *section, unsigned line,
                                                  struct edge_region *out);
// Four numbers, [west, south, east, north], that make a box; one in another order is a mistake
// that names the probable one.
DRF_MUST_CHECK enum drf_status config_read_bounds(struct config_reader *reader,
                                                  const yaml_node_t *node, unsigned line,
                                                  struct geo_bounds *out);
// The sequence under insets (edge/config/config_inset.c); region, margin, limits and level are
// read.
DRF_MUST_CHECK enum drf_status config_read_insets(struct config_reader *reader,
                                                  const yaml_node_t *insets,
                                                  struct drf_config *out);
// nodata and production_status of a feed whose kind and format are known
// (edge/config/config_raster.c).
DRF_MUST_CHECK enum drf_status config_read_values(struct config_reader *reader,
                                                  const yaml_node_t *node,
                                                  struct drf_feed_config *feed);
// Whether crs and vertical_datum of a feed are ones that can be used
// (edge/config/config_reference.c).
DRF_MUST_CHECK enum drf_status config_check_reference(struct config_reader *reader,
                                                      const yaml_node_t *node,
                                                      const struct drf_feed_config *feed);
// The sequence under feeds (edge/config/config_feed.c).
DRF_MUST_CHECK enum drf_status config_read_feeds(struct config_reader *reader,
                                                 const yaml_node_t *feeds,
                                                 struct drf_config *out);

// The mapping under a feed's fields (edge/config/config_fields.c): which attributes of a
// provider's GeoJSON say what about a zone. `node` may be NULL: there is none.
DRF_MUST_CHECK enum drf_status config_read_fields(struct config_reader *reader,
                                                  const yaml_node_t *node,
                                                  struct geo_zone_fields *out);
// The same of obstacles.
DRF_MUST_CHECK enum drf_status config_read_obstacle_fields(struct config_reader *reader,
                                                           const yaml_node_t *node,
                                                           struct geo_obstacle_fields *out);

#endif
