// edge/host/metrics.h - the node's metrics: counters, gauges, histograms for Prometheus.
// SPDX-License-Identifier: Apache-2.0
//
// One fixed table, allocated at open, updated with relaxed atomics from any thread, read by the
// HTTP server. A new metric is one row of EDGE_METRICS. The values of a label are a fixed list
// too: an index outside the list counts as the list's last value ("other").
#ifndef EDGE_METRICS_H
#define EDGE_METRICS_H

#include <stddef.h>
#include <stdint.h>

#include "geo/status.h"

// Lists of label values. FEED is filled from the configuration at open.
enum edge_label {
    EDGE_LABEL_NONE,
    EDGE_LABEL_FEED,
    EDGE_LABEL_REFUSAL, // enum geo_refusal_code
    EDGE_LABEL_OUTCOME, // enum fusion_outcome
    EDGE_LABEL_REPLY,   // ReplyCode of schemas/drf/v1/enums.proto
    EDGE_LABEL_SHED,    // enum edge_shed
    EDGE_LABEL_GATE,    // enum fusion_gate
    EDGE_LABEL_VERSION, // of the program, one value
    EDGE_LABEL_TROUBLE, // enum edge_trouble
    EDGE_LABEL_LOOP,    // enum edge_loop
    EDGE_LABEL_VIEW,    // enum edge_view_refusal
    EDGE_LABEL_COUNT
};

enum edge_shed {
    EDGE_SHED_PATCH,
    EDGE_SHED_SEGMENTS,
    EDGE_SHED_RATE,
    EDGE_SHED_OBSTACLES,
    EDGE_SHED_CONTEXT, // a newer one took its place before it was sent
    EDGE_SHED_UNSEEN,  // the drone does not acknowledge
    EDGE_SHED_COUNT
};

enum edge_view_refusal { // of a request to the page
    EDGE_VIEW_REFUSED_HOST,
    EDGE_VIEW_REFUSED_ORIGIN,
    EDGE_VIEW_REFUSED_SITE,
    EDGE_VIEW_REFUSED_TOKEN,
    EDGE_VIEW_REFUSED_METHOD,
    EDGE_VIEW_REFUSED_REQUEST, // cannot be read, or there is nothing of that name
    EDGE_VIEW_REFUSED_FULL,    // as many streams or followed drones as there can be
    EDGE_VIEW_REFUSED_COUNT
};

// X(id, type, "name", first label, second label, "help"); type COUNTER, GAUGE, SECONDS (a
// counter of microseconds, shown in seconds), or HISTOGRAM (of microseconds, shown in seconds,
// no labels).
#define EDGE_METRICS(X)                                                                        \
    X(BUILD_INFO, GAUGE, "drf_build_info", VERSION, NONE,                                      \
      "1; the label is the program's version")                                                 \
    X(READY, GAUGE, "drf_ready", NONE, NONE, "1 while /readyz answers 200")                    \
    X(NOT_READY, GAUGE, "drf_not_ready", TROUBLE, NONE,                                        \
      "1 while this reason keeps the node from being ready")                                   \
    X(LOOP_STALLED, GAUGE, "drf_loop_stalled_seconds", LOOP, NONE,                             \
      "How long the loop's step has taken, once that is too long; 0: it runs")                 \
    X(PROCESS_CPU, SECONDS, "process_cpu_seconds_total", NONE, NONE,                           \
      "Processor time of the node, user and system, without its decoders")                     \
    X(PROCESS_RESIDENT, GAUGE, "process_resident_memory_bytes", NONE, NONE,                    \
      "Resident memory of the node, without its decoders")                                     \
    X(PROCESS_VIRTUAL, GAUGE, "process_virtual_memory_bytes", NONE, NONE,                      \
      "Virtual memory of the node, without its decoders")                                      \
    X(PROCESS_FDS, GAUGE, "process_open_fds", NONE, NONE, "Open file descriptors")             \
    X(PROCESS_FDS_MAX, GAUGE, "process_max_fds", NONE, NONE, "Limit of open file descriptors") \
    X(PROCESS_START, GAUGE, "process_start_time_seconds", NONE, NONE,                          \
      "When the process was started, Unix time")                                               \
    X(FEED_MESSAGES, COUNTER, "drf_feed_messages_total", FEED, NONE, "Messages read")          \
    X(FEED_BYTES, COUNTER, "drf_feed_bytes_total", FEED, NONE,                                 \
      "Bytes of the values of messages read")                                                  \
    X(FEED_OUTCOMES, COUNTER, "drf_feed_outcomes_total", FEED, OUTCOME,                        \
      "Decoded messages, by outcome")                                                          \
    X(FEED_REFUSALS, COUNTER, "drf_feed_refusals_total", FEED, REFUSAL,                        \
      "Messages refused, by reason")                                                           \
    X(FEED_NOTES, COUNTER, "drf_feed_notes_total", FEED, REFUSAL,                              \
      "Parts of accepted messages that were refused or skipped")                               \
    X(FEED_BEHIND, GAUGE, "drf_feed_behind_messages", FEED, NONE,                              \
      "Messages not read yet, up to the end of the feed")                                      \
    X(FEED_CATCHING_UP, GAUGE, "drf_feed_catching_up", FEED, NONE,                             \
      "1 until the end offset seen at start is reached")                                       \
    X(FEED_RESYNC, GAUGE, "drf_feed_resynchronising", FEED, NONE,                              \
      "1 while the feed is read again from its beginning")                                     \
    X(FEED_RESYNCS, COUNTER, "drf_feed_resyncs_total", FEED, NONE, "Resynchronisations begun") \
    X(FEED_FORGOTTEN, COUNTER, "drf_feed_forgotten_total", FEED, NONE,                         \
      "Identities deleted because the feed no longer contains them")                           \
    X(FEED_MISSING, GAUGE, "drf_feed_missing", FEED, NONE,                                     \
      "Live obstacles, zones and alerts that the topic has lost and that are not back")        \
    X(FEED_PAUSED, GAUGE, "drf_feed_paused", FEED, NONE, "1 while the feed is paused")         \
    X(FEED_SILENT, GAUGE, "drf_feed_silent_sources", FEED, NONE,                               \
      "Sources of the feed that have sent nothing for longer than its interval_s")             \
    X(DEAD_LETTERS, COUNTER, "drf_dead_letters_total", NONE, NONE, "Dead letters delivered")   \
    X(DEAD_LETTERS_LOST, COUNTER, "drf_dead_letters_lost_total", NONE, NONE,                   \
      "Dead letters dropped because Kafka took none and the store held its maximum")           \
    X(DEAD_LETTERS_KEPT, GAUGE, "drf_dead_letters_kept", NONE, NONE,                           \
      "Dead letters in the store, not acknowledged by Kafka")                                  \
    X(REPORTS, COUNTER, "drf_reports_total", NONE, NONE,                                       \
      "Reports of drones received, for which this node answers")                               \
    X(REPORTS_REFUSED, COUNTER, "drf_reports_refused_total", REPLY, NONE,                      \
      "Reports refused, by reply code")                                                        \
    X(REPORTS_DURABLE, COUNTER, "drf_reports_durable_total", NONE, NONE,                       \
      "Reports committed to the store")                                                        \
    X(REPORTS_REPEATED, COUNTER, "drf_reports_repeated_total", NONE, NONE,                     \
      "Reports that came again and are not sent again")                                        \
    X(REPORTS_WAITING, GAUGE, "drf_reports_waiting_bytes", NONE, NONE,                         \
      "Bytes of reports in the store, not acknowledged by Kafka")                              \
    X(REPORTS_SENT, COUNTER, "drf_reports_sent_total", NONE, NONE,                             \
      "Reports that Kafka has acknowledged")                                                   \
    X(REPORTS_LOST, COUNTER, "drf_reports_lost_total", NONE, NONE,                             \
      "Stored reports deleted: older than reports.keep_s, or Kafka refuses them for good")     \
    X(CAPTURES_WAITING, GAUGE, "drf_captures_waiting_bytes", NONE, NONE,                       \
      "Bytes of captured telemetry in the store, not acknowledged by Kafka")                   \
    X(CAPTURES_SENT, COUNTER, "drf_captures_sent_total", NONE, NONE,                           \
      "Records of captured telemetry that Kafka has acknowledged")                             \
    X(CAPTURES_LOST, COUNTER, "drf_captures_lost_total", NONE, NONE,                           \
      "Records of captured telemetry dropped: no room, too old, or refused by Kafka")          \
    X(DECODER_DEATHS, COUNTER, "drf_decoder_deaths_total", FEED, NONE,                         \
      "Decoder children that died or hung on a message")                                       \
    X(DECODER_LANDLOCK, GAUGE, "drf_decoder_landlock", NONE, NONE,                             \
      "1: Landlock confines decoders' files; 0: the kernel has none, the node opens them")     \
    X(DECODER_REPLACED, HISTOGRAM, "drf_decoder_replaced_seconds", NONE, NONE,                 \
      "Time from the end of a decoder child to its replacement")                               \
    X(DECODE_SECONDS, HISTOGRAM, "drf_decode_seconds", NONE, NONE, "Time in the decoder")      \
    X(COMMITS, COUNTER, "drf_store_commits_total", NONE, NONE, "Commits")                      \
    X(COMMIT_FAILURES, COUNTER, "drf_store_commit_failures_total", NONE, NONE,                 \
      "Commits that failed and are tried again")                                               \
    X(COMMIT_SECONDS, HISTOGRAM, "drf_store_commit_seconds", NONE, NONE, "Time of a commit")   \
    X(STORE_PENDING, GAUGE, "drf_store_pending_bytes", NONE, NONE, "Bytes not yet committed")  \
    X(STORE_BYTES, GAUGE, "drf_store_file_bytes", NONE, NONE, "Size of the store's file")      \
    X(STORE_FREE, GAUGE, "drf_store_free_bytes", NONE, NONE,                                   \
      "Unused bytes in the store's file, returned gradually")                                  \
    X(STORE_WAL, GAUGE, "drf_store_wal_bytes", NONE, NONE,                                     \
      "Size of the store's write-ahead log")                                                   \
    X(STORE_WAL_PINNED, GAUGE, "drf_store_wal_pinned_bytes", NONE, NONE,                       \
      "Bytes of that log held by a reader that does not end")                                  \
    X(STORE_DISK_FREE, GAUGE, "drf_store_disk_free_bytes", NONE, NONE,                         \
      "Free bytes of the file system that holds the store")                                    \
    X(STORE_FORGOTTEN, COUNTER, "drf_store_forgotten_total", NONE, NONE,                       \
      "Old tombstones and unused provenance deleted")                                          \
    X(STORE_SET_ASIDE, COUNTER, "drf_store_set_aside_total", NONE, NONE,                       \
      "Damaged stores set aside and built again from Kafka")                                   \
    X(CLOCK_STEPS, COUNTER, "drf_clock_steps_total", NONE, NONE,                               \
      "Times the system's clock was set by more than two seconds")                             \
    X(RELOADS, COUNTER, "drf_config_reloads_total", NONE, NONE,                                \
      "Times the configuration was read again and taken over")                                 \
    X(RELOADS_REFUSED, COUNTER, "drf_config_reloads_refused_total", NONE, NONE,                \
      "Times it was read again and nothing was changed, because of a mistake in it")           \
    X(ROOTS, COUNTER, "drf_roots_total", NONE, NONE, "Roots published")                        \
    X(ROOT_EPOCH, GAUGE, "drf_root_epoch", NONE, NONE, "Epoch of the last root")               \
    X(TRACKS, GAUGE, "drf_tracks", NONE, NONE, "Aircraft from traffic feeds, held now")        \
    X(TRACK_REPORTS, COUNTER, "drf_track_reports_total", GATE, NONE,                           \
      "Reports about aircraft from traffic feeds, by outcome")                                 \
    X(BACKQUEUE_DROPS, COUNTER, "drf_backqueue_drops_total", NONE, NONE,                       \
      "Values from serve that did not fit the queue to the store")                             \
    X(JOURNAL_RECORDING, GAUGE, "drf_journal_recording", NONE, NONE,                           \
      "1 while what enters the node is recorded")                                              \
    X(JOURNAL_BYTES, GAUGE, "drf_journal_bytes", NONE, NONE, "Size of the recording")          \
    X(JOURNAL_ENDED, COUNTER, "drf_journal_ended_total", NONE, NONE,                           \
      "Recordings that ended before the node did")                                             \
    X(KAFKA_UP, GAUGE, "drf_kafka_up", NONE, NONE, "1 while a broker answers")                 \
    X(MQTT_UP, GAUGE, "drf_mqtt_up", NONE, NONE, "1 while connected to the MQTT broker")       \
    X(OWNER_PARTS, GAUGE, "drf_owner_parts", NONE, NONE,                                       \
      "of the 32 parts of the region's drones, those this node is owner of")                   \
    X(OWNER_TAKEN, COUNTER, "drf_owner_taken_total", NONE, NONE,                               \
      "parts of the drones that this node became owner of")                                    \
    X(OWNER_LAPSED, COUNTER, "drf_owner_lapsed_total", NONE, NONE,                             \
      "messages not sent as the owner's because the lease had run out")                        \
    X(UNANSWERED_DROPS, COUNTER, "drf_unanswered_dropped_total", NONE, NONE,                   \
      "profiles and plans given up that another node should have answered")                    \
    X(MQTT_CONNECTS, COUNTER, "drf_mqtt_connects_total", NONE, NONE, "MQTT connections made")  \
    X(MQTT_SHARED, GAUGE, "drf_mqtt_shared", NONE, NONE,                                       \
      "1 while another client seems to use the node's account or client id")                   \
    X(MQTT_DROPS, COUNTER, "drf_mqtt_drops_total", NONE, NONE,                                 \
      "Messages dropped because the MQTT connection was down or full")                         \
    X(MQTT_DENIED, COUNTER, "drf_mqtt_denied_total", NONE, NONE,                               \
      "Messages and subscriptions that the MQTT broker refused")                               \
    X(DRONES, GAUGE, "drf_drones", NONE, NONE, "Drones known now")                             \
    X(DRONES_LOST, GAUGE, "drf_drones_lost", NONE, NONE,                                       \
      "Silent drones whose position is predicted")                                             \
    X(ADVISORIES, COUNTER, "drf_advisories_total", NONE, NONE,                                 \
      "Advisories raised, changed or cleared, as handed to MQTT")                              \
    X(DRONES_RESTORED, COUNTER, "drf_drones_recalled_total", NONE, NONE,                       \
      "Drones that came back and whose stored profile or plan applies again")                  \
    X(DRONES_FORGOTTEN, COUNTER, "drf_drones_forgotten_total", NONE, NONE,                     \
      "Drones not heard from for store.drone_keep_s, whose profile and plan were deleted")     \
    X(DRONES_REFUSED, COUNTER, "drf_drones_refused_total", NONE, NONE,                         \
      "Drones refused because the table is full")                                              \
    X(TELEMETRY, COUNTER, "drf_telemetry_total", NONE, NONE, "Telemetry received")             \
    X(TELEMETRY_REFUSED, COUNTER, "drf_telemetry_refused_total", REPLY, NONE,                  \
      "Telemetry refused, by reply code")                                                      \
    X(STATES_REFUSED, COUNTER, "drf_node_states_refused_total", NONE, NONE,                    \
      "States of nodes on the MQTT broker that could not be read")                             \
    X(PUBLISHED, COUNTER, "drf_published_total", NONE, NONE,                                   \
      "Tracks, advisories and catalogues handed over for others, on Kafka")                    \
    X(PUBLISH_DROPS, COUNTER, "drf_publish_drops_total", NONE, NONE,                           \
      "Of these: the queue was full, or Kafka did not take them within 5 s")                   \
    X(NEIGHBOURS, GAUGE, "drf_neighbours", NONE, NONE,                                         \
      "Nodes of regions beside ours, as the state names them")                                 \
    X(NEIGHBOURS_LEFT_OUT, COUNTER, "drf_neighbours_left_out_total", NONE, NONE,               \
      "States of such nodes that there was no place for")                                      \
    X(TELEMETRY_LOST, COUNTER, "drf_telemetry_lost_total", NONE, NONE,                         \
      "Reports missing by the gaps in seq; a jump beyond what can be missing counts as one")   \
    X(TELEMETRY_JUMPS, COUNTER, "drf_telemetry_jumps_total", NONE, NONE,                       \
      "Reports from a place that the drone cannot have reached since its last one")            \
    X(CONTEXTS, COUNTER, "drf_contexts_total", NONE, NONE, "Contexts handed to MQTT")          \
    X(CONTEXT_BYTES, COUNTER, "drf_context_bytes_total", NONE, NONE, "Bytes of contexts")      \
    X(CONTEXTS_PUSHED, COUNTER, "drf_contexts_pushed_total", NONE, NONE,                       \
      "Contexts sent because the fabric changed")                                              \
    X(ALERTS_LEFT_OUT, GAUGE, "drf_alerts_left_out", NONE, NONE,                               \
      "Alerts in force that do not fit the region's retained set")                             \
    X(SOURCES_LEFT_OUT, GAUGE, "drf_catalog_left_out", NONE, NONE,                             \
      "Sources that do not fit the catalogue")                                                 \
    X(WEATHER_LEFT_OUT, GAUGE, "drf_weather_left_out", NONE, NONE,                             \
      "Weather fields not used because there are too many different grids")                    \
    X(PATCHES, COUNTER, "drf_patches_total", NONE, NONE, "Patches handed to MQTT")             \
    X(PATCH_KEYS, COUNTER, "drf_patch_key_frames_total", NONE, NONE,                           \
      "Key frames among the patches")                                                          \
    X(PATCH_BYTES, COUNTER, "drf_patch_bytes_total", NONE, NONE, "Bytes of patches")           \
    X(TERRAIN_TILES, COUNTER, "drf_terrain_tiles_total", NONE, NONE,                           \
      "Tiles of 4 x 4 posts handed to MQTT")                                                   \
    X(SHED, COUNTER, "drf_shed_total", SHED, NONE, "Content left out or not sent, by kind")    \
    X(OVERLOAD_LEVEL, GAUGE, "drf_overload_level", NONE, NONE,                                 \
      "0: keeps up; 1: no patches, 2: shorter contexts, 3 and 4: fewer contexts")              \
    X(DATA_POINTS, COUNTER, "drf_data_points_total", NONE, NONE, "Data points delivered")      \
    X(REPLIES, COUNTER, "drf_replies_total", REPLY, NONE, "Replies, by code")                  \
    X(VIEW_STREAMS, GAUGE, "drf_view_streams", NONE, NONE,                                     \
      "Open live pages, by their streams")                                                     \
    X(VIEW_SKIPPED, COUNTER, "drf_view_frames_skipped_total", NONE, NONE,                      \
      "Frames left out for pages that read too slowly")                                        \
    X(VIEW_REFUSED, COUNTER, "drf_view_requests_refused_total", VIEW, NONE,                    \
      "Requests to the page that were refused, by reason")                                     \
    X(CONTEXT_SECONDS, HISTOGRAM, "drf_context_seconds", NONE, NONE,                           \
      "Time from a report's arrival, or the end of a wanted wait, to its context's hand-over")

enum edge_metric {
#define EDGE_METRIC_ID(id, type, name, a, b, help) EDGE_METRIC_##id,
    EDGE_METRICS(EDGE_METRIC_ID)
#undef EDGE_METRIC_ID
        EDGE_METRIC_COUNT
};

struct edge_metrics;

// `feeds` are borrowed until close. DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status edge_metrics_open(const char *const *feeds, size_t feed_count,
                                                 struct edge_metrics **out);
// More of the array have a name now; from any thread.
void edge_metrics_feeds(struct edge_metrics *metrics, size_t feed_count);
void edge_metrics_close(struct edge_metrics *metrics); // NULL is fine

// Bump a COUNTER; label indexes are 0 where the metric has no such label.
void edge_metrics_add(struct edge_metrics *metrics, enum edge_metric metric, size_t a, size_t b,
                      uint64_t by);
void edge_metrics_set(struct edge_metrics *metrics, enum edge_metric metric, size_t a,
                      int64_t value); // GAUGE
void edge_metrics_observe(struct edge_metrics *metrics, enum edge_metric metric, int64_t us);
int64_t edge_metrics_value(const struct edge_metrics *metrics, enum edge_metric metric,
                           size_t a, size_t b); // COUNTER, GAUGE; HISTOGRAM: the count

// The whole table in Prometheus text format, at most `room` bytes with its NUL; returns the
// length it needs without the NUL. Every series is there from the start, also at zero.
size_t edge_metrics_format(const struct edge_metrics *metrics, char *out, size_t room);

#endif
