// edge/config/config.h - the configuration of a node, read from one YAML file.
// SPDX-License-Identifier: Apache-2.0
//
// A plain value: immutable once loaded, readable from any thread until closed. Every key with
// its default and range is a row of one table (edge/config/config_keys.c); `drf-edge config`
// prints it.
#ifndef EDGE_CONFIG_H
#define EDGE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "edge/config/region.h"
#include "fusion/aircraft/aircraft.h"
#include "geo/format/alert/area_table.h"
#include "geo/format/decode.h"
#include "geo/format/report/station_table.h"
#include "geo/mode.h"
#include "geo/status.h"

enum {
    DRF_ID_SIZE = 37, // [A-Za-z0-9][A-Za-z0-9._-]{0,35} and NUL: region, node, feed
    DRF_TEXT_SIZE = 128,
    DRF_PATH_SIZE = 512,
    DRF_ADDRESS_SIZE = 264, // HOST:PORT
    DRF_FEEDS_MAX = 24,
    DRF_MISTAKES_MAX = 40,
};

// Of edge/host/log.h, in the same order.
enum drf_log_format { DRF_LOG_TEXT, DRF_LOG_JSON, DRF_LOG_JOURNAL };
enum drf_log_level { DRF_LOG_DEBUG, DRF_LOG_INFO, DRF_LOG_WARN, DRF_LOG_ERROR };

enum drf_feed_kind {
    DRF_FEED_TERRAIN = 1,
    DRF_FEED_OBSTACLE,
    DRF_FEED_WEATHER,
    DRF_FEED_ZONE,
    DRF_FEED_TRAFFIC,
    DRF_FEED_ALERT
};

// A file of the areas that the codes of alerts stand for.
struct drf_geocodes {
    char file[DRF_PATH_SIZE];
    char property[48]; // of its features, the code
    char name[32];     // of the code system: what valueName says
    char others[160];  // systems that name the same areas, with commas between
};

struct drf_feed_config {
    char name[32]; // the source name where a message has no ce_source
    bool removed;  // by a reload (edge/config/config_reload.h): its number alone is left
    char topic[DRF_TEXT_SIZE];
    uint32_t kind;    // enum drf_feed_kind
    uint32_t format;  // enum geo_format
    uint32_t framing; // enum edge_framing
    uint32_t layer;   // enum fusion_layer: GROUND, SURFACE, OBSTACLE, WEATHER, ZONE, TRAFFIC
    uint32_t urgent;  // 1: its own Kafka client; taken between slices of bulk work
    uint32_t mode;    // of messages without drf_mode: enum drf_mode
    int32_t priority;
    char source[64]; // of messages without ce_source; empty: the feed's name alone
    char licence[64];
    char crs[64], vertical_datum[32];
    double vertical_acc95_m, datum_acc95_m;
    double default_horizontal_acc95_m, default_vertical_acc95_m;
    int64_t valid_for_us, max_gap_us;
    int64_t interval_us; // silent for longer: stale; 0: it sends at no fixed interval
    uint64_t message_max_bytes;
    bool has_nodata; // terrain and grids: a value that is unknown, beside what the data say
    double nodata;
    uint8_t production_statuses[32];            // GRIB: those read beside 0 and 255, a bit each
    struct geo_zone_fields zone_fields;         // zones of a provider's own GeoJSON
    struct geo_obstacle_fields obstacle_fields; // obstacles of one
    char stations_path[DRF_PATH_SIZE];
    struct geo_station_table *stations; // read at load; NULL: the format needs none
    struct drf_geocodes geocodes;       // cap
    struct geo_area_table *areas;       // of these, read at load; NULL: there are none
};

struct drf_reports_config {
    char topic[DRF_TEXT_SIZE];         // of drones' reports; empty: none are taken
    uint64_t max_bytes;                // stored while Kafka does not take them
    int64_t keep_us;                   // so long
    char capture_topic[DRF_TEXT_SIZE]; // of telemetry; empty: none is captured
    uint64_t capture_max_bytes;
    int64_t capture_us; // of telemetry in one record
};

struct drf_mqtt_config {
    char host[DRF_TEXT_SIZE];
    uint32_t port;
    char username[DRF_TEXT_SIZE], password[DRF_TEXT_SIZE]; // password_file is read at load
    char client_id[DRF_TEXT_SIZE];                         // default: node id
    uint32_t keepalive_s;
    uint32_t inflight_max; // QoS 1 messages handed over and not acknowledged
    bool tls;
    char ca_file[DRF_PATH_SIZE], cert_file[DRF_PATH_SIZE], key_file[DRF_PATH_SIZE];
};

struct drf_limits {
    uint32_t drones_max;
    double look_ahead_max_m; // the longest corridor; data are kept to margin_m plus this
    int64_t telemetry_age_max_us, telemetry_ahead_max_us;
    double telemetry_rate_max_hz, context_rate_max_hz; // per drone
    double context_rate_default_hz;
    int64_t drone_forget_us;                       // without telemetry
    int64_t lost_link_after_us, lost_link_keep_us; // silent; predicted for the others
    int64_t track_keep_us;  // aircraft of traffic feeds, after their last report
    int64_t stale_after_us; // a context is void then
    double obstacle_radius_m;
    int64_t unseen_max_us; // contexts unseen for longer: heartbeat rate only
    uint64_t pending_max_bytes;
    uint64_t record_max_bytes, decode_pixels_max, decode_memory_bytes;
    uint64_t patch_cache_bytes; // below 4 MB: 4 MB
    int64_t decode_timeout_us;
    uint64_t backqueue_bytes;
};

struct drf_kafka_setting {
    char *name, *value; // librdkafka's own names
    unsigned line;
};

// A file that the configuration names and that what is told depends on: a boundary, a table.
struct drf_config_file {
    char *path; // as it was opened
    char *text; // NUL added
    size_t size;
};

// Where the inputs of the node are recorded.
struct drf_journal_config {
    char path[DRF_PATH_SIZE]; // empty: nothing is recorded
    uint64_t max_bytes;       // of this run's file, and of all files of earlier runs together
    int64_t keep_us;          // files of earlier runs
    bool whole;               // outputs too, not only their digests
};

// The page that shows what the node knows (edge/view), on a port of its own.
enum { DRF_VIEW_HOSTS_MAX = 16, DRF_VIEW_TOKEN_MIN = 16 };
struct drf_view_config {
    uint32_t port; // 0: none
    char address[DRF_TEXT_SIZE];
    char token[DRF_TEXT_SIZE]; // the first line of token_file, read at load; empty: none
    char hosts[DRF_VIEW_HOSTS_MAX][DRF_TEXT_SIZE]; // further names it is called by
    size_t host_count;
};

// Several nodes of one region: who answers for a drone.
struct drf_owners_config {
    char topic[DRF_TEXT_SIZE]; // empty: this node alone
    int64_t session_us;
};

// What is told to others over Kafka; an empty topic: it is not.
struct drf_publish_config {
    char tracks_topic[DRF_TEXT_SIZE], advisories_topic[DRF_TEXT_SIZE];
    char catalog_topic[DRF_TEXT_SIZE];
    int64_t tracks_every_us; // of each drone
};

struct drf_config {
    char region_id[DRF_ID_SIZE], node_id[DRF_ID_SIZE];
    struct edge_region region;
    double margin_m;
    int32_t region_priority;               // where regions overlap the greater one serves
    char region_address[DRF_ADDRESS_SIZE]; // of its broker for drones; empty: not told
    uint32_t mode;                         // enum drf_mode: which data are taken
    uint32_t sandbox_required; // 1: only where every layer of the decoders' sandbox is there
    bool store_in_memory;      // set by a replay: nothing is written to store_path
    bool store_copied;         // with that: it begins as the file there
    uint32_t output_mode;      // what the node says of itself: the same, REPLAY in a replay
    struct drf_journal_config journal;

    // What it was read from, for a recording: the text without secrets, and the files.
    char *text;
    char directory[DRF_PATH_SIZE]; // that relative names count from, "" the current one
    struct drf_config_file *files;
    size_t file_count;

    char store_path[DRF_PATH_SIZE];
    uint32_t level;                          // of ground and surface
    struct geo_inset insets[GEO_INSETS_MAX]; // where they are kept at a finer level too
    size_t inset_count;
    double raster_accuracy_max_m;
    uint64_t tombstone_keep_s, tombstone_horizon_s;
    int64_t refused_keep_us; // after its version a refused input marks its box
    uint64_t drone_keep_s;   // profile and plan of a drone that is not heard of

    struct drf_kafka_setting *kafka;
    size_t kafka_count;
    char dead_letter_topic[DRF_TEXT_SIZE]; // empty: refusals are counted and logged only
    struct drf_reports_config reports;
    int64_t discover_us; // how often topics and partitions are looked for

    struct drf_mqtt_config mqtt;
    struct drf_owners_config owners;
    struct drf_publish_config publish;

    uint32_t log_format, log_level; // enum drf_log_format, drf_log_level

    uint32_t http_port; // 0: none
    char http_address[DRF_TEXT_SIZE];
    struct drf_view_config view;

    struct drf_limits limits;
    struct fusion_limits profile; // of a drone whose profile does not say
    struct drf_feed_config *feeds;
    size_t feed_count;
};

// A mistake in a configuration, human-readable: the key, the value given, what is allowed.
struct drf_config_mistake {
    unsigned line; // from 1; 0: the file as a whole
    enum drf_status status;
    char text[400];
};

// What is wrong with a configuration, all of it.
struct drf_config_error {
    unsigned line; // of the first mistake in the file
    char text[400];
    size_t count; // of all mistakes; those beyond DRF_MISTAKES_MAX are only counted
    struct drf_config_mistake mistakes[DRF_MISTAKES_MAX]; // in the order of their lines
};

// Reads a file. DRF_ERR_ABSENT: it cannot be read. DRF_ERR_SYNTAX: not YAML, or an unknown,
// missing, doubled or wrongly typed key, or no feeds ([] is none on purpose). DRF_ERR_RANGE: a
// value that is not allowed. DRF_ERR_NOMEM. On anything but DRF_OK *error holds every mistake,
// and the status is that of the first. `${NAME}` in a value stands for a variable of the
// environment.
DRF_MUST_CHECK enum drf_status drf_config_load(const char *path, struct drf_config_error *error,
                                               struct drf_config *out);
// The same from memory, where feeds may be absent; relative file names in it count from
// `directory` (NULL: the current one).
DRF_MUST_CHECK enum drf_status drf_config_parse(const char *text, size_t size,
                                                const char *directory,
                                                struct drf_config_error *error,
                                                struct drf_config *out);
// The same from a recording: the text and directory of another configuration, and the files
// that stand for those it names. Nothing else is read, no variable either.
DRF_MUST_CHECK enum drf_status drf_config_parse_recorded(
    const char *text, size_t size, const char *directory, const struct drf_config_file *files,
    size_t file_count, struct drf_config_error *error, struct drf_config *out);
// All mistakes, one a line: "FILE:LINE: text".
void drf_config_error_print(const char *path, const struct drf_config_error *error, FILE *out);
// Changes one value, for a what-if: "limits.stale_after_ms=3000", "feeds.NAME.priority=5", or a
// default of profiles, "profile.clearance_min_m=30". What is fixed in a store or read with a
// file cannot be changed. DRF_ERR_ABSENT: no such key. DRF_ERR_SYNTAX, DRF_ERR_RANGE: its
// value.
DRF_MUST_CHECK enum drf_status drf_config_set(struct drf_config *config, const char *setting,
                                              struct drf_config_error *error);
void drf_config_close(struct drf_config *config); // NULL is fine

// Every key with its default, range and meaning, as commented YAML that drf_config_parse()
// accepts.
void drf_config_print_defaults(FILE *out);
// The same list as the manual page drf-edge.yaml(5), in roff.
void drf_config_print_manual(FILE *out);

// Data are kept inside this box: the region with margin and the longest look-ahead.
struct geo_bounds drf_config_keep(const struct drf_config *config);

// "drf/v1" for LIVE, "drf-test/v1" for the rest: of what the node sends, and of what it reads
// (in a replay the recorded node's).
const char *drf_config_topic_root(const struct drf_config *config);
const char *drf_config_input_root(const struct drf_config *config);

#endif
