// edge/wire/wire.h - decodes and encodes the messages of drf/v1, Protobuf and ProtoJSON.
// SPDX-License-Identifier: Apache-2.0
//
// Incoming messages are validated here and nowhere else: afterwards every number is finite and
// in range, every text NUL-terminated. A refusal names the reply code, the field and the
// reason. Protocol Buffers are unpacked into a fixed arena of the codec: no allocation.
// ProtoJSON goes through jansson, which allocates. One owner, one thread.
#ifndef EDGE_WIRE_H
#define EDGE_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "edge/wire/wire_enums.h"
#include "fusion/aircraft/aircraft.h"
#include "fusion/aircraft/context.h"
#include "fusion/context/landing.h"
#include "fusion/context/point.h"
#include "fusion/context/review.h"
#include "fusion/context/terrain.h"
#include "geo/mode.h"
#include "geo/status.h"

enum {
    EDGE_WIRE_CONTEXT_MAX = 1200, // bytes of a context in Protocol Buffers, always
    EDGE_WIRE_JSON_MAX = 16384,   // bytes of any ProtoJSON message this file writes
    EDGE_WIRE_ID_SIZE = 37,       // of a drone, with NUL
    EDGE_WIRE_NAME_SIZE = 65,     // flight, plan, correlation, with NUL
};

enum edge_wire_form { EDGE_WIRE_PROTOBUF, EDGE_WIRE_JSON };

// The form of a content-type; an absent (NULL) or unknown type is Protocol Buffers unless the
// payload begins with '{'.
enum edge_wire_form edge_wire_form_of(const char *content_type, const uint8_t *bytes,
                                      size_t size);

enum edge_reply_code { // numbers of ReplyCode in schemas/drf/v1/enums.proto
    EDGE_REPLY_OK = 1,
    EDGE_REPLY_ACCEPTED_DEFAULTS = 2,
    EDGE_REPLY_INVALID = 3,
    EDGE_REPLY_UNSUPPORTED_VERSION = 4,
    EDGE_REPLY_NOT_AUTHORISED = 5,
    EDGE_REPLY_OUTSIDE_REGION = 6,
    EDGE_REPLY_STALE = 7,
    EDGE_REPLY_TIME_UNSYNCHRONISED = 8,
    EDGE_REPLY_RATE_LIMITED = 9,
    EDGE_REPLY_OVERLOADED = 10,
    EDGE_REPLY_NOT_AVAILABLE = 11,
    EDGE_REPLY_DURABLE = 12,
};

struct edge_wire_refusal {
    enum edge_reply_code code;
    char field_path[48]; // "lat_e7", "points[3].agl_m"; "" the whole
    char text[128];
    char correlation[EDGE_WIRE_NAME_SIZE]; // of the refused message where it could be read
};

struct edge_wire;
DRF_MUST_CHECK enum drf_status edge_wire_open(struct edge_wire **out); // NOMEM
// What a profile says that leaves a limit out; fusion_limits_default() without this.
void edge_wire_use_limits(struct edge_wire *wire, const struct fusion_limits *limits);
void edge_wire_close(struct edge_wire *wire); // NULL is fine

struct edge_wire_telemetry {
    struct fusion_fix fix; // time_utc_us: of arrival when time_from_arrival
    uint32_t seq;          // 0: not sent
    uint64_t drone_boot_id;
    uint32_t time_source; // 0 NONE, 1 GNSS, 2 NTP
    bool time_from_arrival;
    bool seen_known;
    uint64_t seen_boot_id;
    uint32_t seen_context_seq, seen_patch_seq;
    char flight_id[EDGE_WIRE_NAME_SIZE], active_plan_id[EDGE_WIRE_NAME_SIZE]; // "" not sent
    uint32_t mode; // enum drf_mode; the node's own when not sent
};

struct edge_wire_telemetry_rules {
    int64_t now_utc_us; // of arrival
    int64_t stale_us;   // older is refused (2 s)
    int64_t ahead_us;   // farther in the future is refused (0.5 s)
    uint32_t mode;      // enum drf_mode, of the node (drf_mode_accepts)
};

// DRF_ERR_SYNTAX: not a message. DRF_ERR_RANGE: a field. DRF_ERR_STALE: too old, or ahead of
// time. *refusal is filled for each of them.
DRF_MUST_CHECK enum drf_status edge_wire_telemetry_decode(
    struct edge_wire *wire, enum edge_wire_form form, const uint8_t *bytes, size_t size,
    const struct edge_wire_telemetry_rules *rules, struct edge_wire_telemetry *out,
    struct edge_wire_refusal *refusal);

struct edge_wire_profile {
    struct fusion_limits limits;
    uint32_t revision;
    double rate_hz;            // 0.1 .. 20, default 5
    uint32_t link_bytes_per_s; // 0: unlimited
    bool json, patch, ignore_seen, terrain, streams;
    uint32_t patch_cells; // 64, 128 or 256
    double patch_rate_hz;
    char correlation[EDGE_WIRE_NAME_SIZE];
    size_t default_count; // fields that were absent, as "rate_hz=5"
    char defaults[16][40];
};

DRF_MUST_CHECK enum drf_status edge_wire_profile_decode(struct edge_wire *wire,
                                                        enum edge_wire_form form,
                                                        const uint8_t *bytes, size_t size,
                                                        struct edge_wire_profile *out,
                                                        struct edge_wire_refusal *refusal);

// DRF_ERR_STALE: its validity is over at `now_utc_us`.
DRF_MUST_CHECK enum drf_status edge_wire_plan_decode(
    struct edge_wire *wire, enum edge_wire_form form, const uint8_t *bytes, size_t size,
    int64_t now_utc_us, struct fusion_plan *out, char correlation[static EDGE_WIRE_NAME_SIZE],
    struct edge_wire_refusal *refusal);

// What a drone asks for once: exactly one of the four.
struct edge_wire_request {
    bool terrain, preload, landing, snapshot;
    struct geo_point landing_at;
    double landing_radius_m;           // 1 .. 100, 5 when not sent
    struct fusion_terrain_block block; // of terrain; of a preload the spacing
    uint64_t mask;                     // of terrain, not 0
    char plan_id[EDGE_WIRE_NAME_SIZE]; // of a preload; "": the box
    struct fusion_e7 south_west, north_east;
    double margin_m; // of a preload along a plan: 0 .. 5000, 200 when not sent
    char correlation[EDGE_WIRE_NAME_SIZE];
};
DRF_MUST_CHECK enum drf_status edge_wire_request_decode(struct edge_wire *wire,
                                                        enum edge_wire_form form,
                                                        const uint8_t *bytes, size_t size,
                                                        struct edge_wire_request *out,
                                                        struct edge_wire_refusal *refusal);

enum edge_report_kind { // of struct edge_wire_report
    EDGE_REPORT_WEATHER = 1,
    EDGE_REPORT_OBSTACLE,
    EDGE_REPORT_LANDING,
    EDGE_REPORT_JSON,
};

// A report of a drone, and the same as ProtoJSON for everybody (edge/wire/wire_report.c).
struct edge_wire_report {
    uint64_t drone_boot_id;
    uint32_t report_seq;
    int64_t time_utc_us; // of arrival where it was not sent
    uint32_t mode;       // enum drf_mode
    enum edge_report_kind kind;
    char correlation[EDGE_WIRE_NAME_SIZE];
    char schema[EDGE_WIRE_NAME_SIZE]; // of EDGE_REPORT_JSON
};
enum { EDGE_WIRE_REPORT_JSON_MAX = 8192 }; // of its json

struct edge_wire_report_text {
    const char *drone_id; // to be told in it
    char *text;           // of `size` bytes; afterwards ProtoJSON of that length, without a NUL
    size_t size;
};

// `rules` as of telemetry. Statuses as of telemetry; DRF_ERR_FULL: the text has no room,
// refused. *out holds the identity and the correlation where they could be read (else 0, ""),
// also of what is refused.
DRF_MUST_CHECK enum drf_status edge_wire_report_decode(
    struct edge_wire *wire, enum edge_wire_form form, const uint8_t *bytes, size_t size,
    const struct edge_wire_telemetry_rules *rules, struct edge_wire_report_text *text,
    struct edge_wire_report *out, struct edge_wire_refusal *refusal);

// A query: what is known at a point. Absent: 10 m above ground, now, obstacles within 2 km.
DRF_MUST_CHECK enum drf_status edge_wire_query_decode(
    struct edge_wire *wire, enum edge_wire_form form, const uint8_t *bytes, size_t size,
    int64_t now_utc_us, struct fusion_point_ask *out, struct edge_wire_refusal *refusal);

// The stream a message goes out on, and what the node says of itself.
struct edge_wire_stream {
    const char *region_id, *node_id;
    uint64_t boot_id;
    uint32_t seq;
    int64_t node_time_utc_us;
    uint32_t mode; // enum drf_mode
};

enum edge_wire_shed { // bits of Context.shed; edge/host/metrics.h counts more than these
    EDGE_WIRE_SHED_PATCH = 1,
    EDGE_WIRE_SHED_SEGMENTS = 2,
    EDGE_WIRE_SHED_RATE = 4,
    EDGE_WIRE_SHED_OBSTACLES = 8,
    EDGE_WIRE_SHED_OVERLOAD = 16, // the node's doing, not the link's
    EDGE_WIRE_SHED_TRAFFIC = 32,
};

struct edge_wire_context {
    struct edge_wire_stream stream;
    const struct fusion_context *context;
    uint32_t stale_after_ms;
    uint32_t authority;   // enum edge_authority
    uint64_t owner_epoch; // 0: absent
    uint32_t telemetry_seq;
    uint64_t telemetry_drone_boot_id;
    uint32_t node_clock_error_ms; // 0: not known
    uint32_t shed;                // bits already shed elsewhere
    uint32_t bytes_max; // of Protocol Buffers; 0 or more than the maximum: the maximum
    bool pushed, time_from_arrival;
    // For people who look, not for a link: nothing is shed and all advisories are whole. Of
    // ProtoJSON EDGE_WIRE_UNTRIMMED_MAX bytes are enough.
    bool untrimmed;
};
enum { EDGE_WIRE_UNTRIMMED_MAX = 65536 };

// Every encoder: *size is the room in, the length out. DRF_ERR_FULL: no room.
// Of a context, obstacles are shed until it fits into bytes_max, then segments are joined; both
// are counted or marked in `shed`. It always fits into EDGE_WIRE_CONTEXT_MAX (ProtoJSON: the
// same content in EDGE_WIRE_JSON_MAX).
DRF_MUST_CHECK enum drf_status edge_wire_context_encode(enum edge_wire_form form,
                                                        const struct edge_wire_context *context,
                                                        uint8_t *bytes, size_t *size);

struct edge_wire_reply {
    struct edge_wire_stream stream; // seq 0: none
    enum edge_reply_code code;
    const char *field_path, *text, *correlation; // NULL or "": absent
    double retry_after_s;                        // <= 0: absent
    uint32_t count;                              // refusals it stands for; 0: absent
    uint32_t answers;       // 1 telemetry, 2 profile, 3 plan, 4 request, 5 report
    uint64_t drone_boot_id; // of the report that is answered,
    uint32_t report_seq;    // 0: absent
    const struct edge_wire_profile *profile; // its defaults are listed; NULL: none
    const struct fusion_plan *plan;          // that was reviewed
    const struct fusion_review *review;      // NULL: none
    const struct fusion_landing *landing;    // NULL: none
};
DRF_MUST_CHECK enum drf_status edge_wire_reply_encode(enum edge_wire_form form,
                                                      const struct edge_wire_reply *reply,
                                                      uint8_t *bytes, size_t *size);

// A QueryReply that holds a status and no answer. epoch 0: absent.
DRF_MUST_CHECK enum drf_status edge_wire_query_refusal_encode(
    enum edge_wire_form form, const struct edge_wire_reply *reply, uint64_t epoch,
    uint8_t *bytes, size_t *size);

struct edge_wire_heartbeat {
    uint64_t boot_id;
    uint32_t seq;
    int64_t node_time_utc_us;
    uint32_t condition; // enum edge_condition
    uint64_t epoch;
    uint32_t drones;
    uint32_t mode;
};
// Protocol Buffers, at most 64 bytes.
DRF_MUST_CHECK enum drf_status edge_wire_heartbeat_encode(
    const struct edge_wire_heartbeat *heartbeat, uint8_t *bytes, size_t *size);

struct edge_wire_neighbour { // a node of a region beside ours
    const char *region_id, *node_id, *address;
    const struct geo_point *boundary;
    size_t boundary_count; // 0: left out
    double margin_m;
    int32_t priority;
};
enum { EDGE_WIRE_NEIGHBOURS_MAX = 32 };

struct edge_wire_state {
    struct edge_wire_stream stream; // seq unused
    uint32_t condition;
    const struct geo_point *boundary; // outer ring, not closed
    size_t boundary_count;            // at most EDGE_WIRE_BOUNDARY_MAX are written
    double margin_m;
    const char *version;
    const char *const *waiting_for;
    size_t waiting_count;        // at most 16 are written
    const char *const *refusing; // feeds of which something is missing, nobody knows where
    size_t refusing_count;
    uint32_t context_rate_max_hz;
    const uint64_t *owner_epochs; // EDGE_WIRE_OWNER_PARTS of them; NULL: absent
    const char *address;          // of the region's broker; NULL, "": not told
    int32_t priority;             // of the region
    const struct edge_wire_neighbour *neighbours;
    size_t neighbour_count; // at most EDGE_WIRE_NEIGHBOURS_MAX are written
};
enum { EDGE_WIRE_OWNER_PARTS = 32 };
// All boundaries together have at most EDGE_WIRE_VERTICES_MAX corners: that of a neighbour
// which does not fit any more is written as the box around it.
enum { EDGE_WIRE_VERTICES_MAX = 2000 };
DRF_MUST_CHECK enum drf_status edge_wire_state_encode(enum edge_wire_form form,
                                                      const struct edge_wire_state *state,
                                                      uint8_t *bytes, size_t *size);

struct edge_wire_source { // one line of the catalogue; numbers below 0: absent
    // What is absent gets its reason by the layer and by `reason`.
    const char *source, *feed, *licence, *version, *last_error; // NULL: absent
    uint32_t layer, priority;
    int64_t data_time_utc_us, issue_utc_us, received_utc_us; // INT64_MIN: absent
    double vertical_acc95_m, horizontal_acc95_m, posting_m, records_per_s;
    uint64_t records, refused;
    bool uncounted;  // these two are not known
    uint32_t reason; // enum fusion_reason
    bool has_coverage;
    struct geo_bounds coverage; // of what is shown of it here
};
// What all heights over mean sea level rest on, as a source; of no feed and no layer.
struct edge_wire_source edge_wire_geoid_source(void);
DRF_MUST_CHECK enum drf_status edge_wire_catalog_encode(enum edge_wire_form form,
                                                        const struct edge_wire_stream *stream,
                                                        uint64_t epoch,
                                                        const struct edge_wire_source *sources,
                                                        size_t source_count, size_t left_out,
                                                        uint8_t *bytes, size_t *size);
// The sources of the same message as ProtoJSON, of no stream: for who reads a store.
DRF_MUST_CHECK enum drf_status edge_wire_catalog_json(const struct edge_wire_source *sources,
                                                      size_t source_count, size_t left_out,
                                                      uint8_t *bytes, size_t *size);

// The alerts that are not over at the stream's time, the first `count` of them and how many are
// left out. Without `whole`, neither outlines nor long texts: for when they do not fit.
// DRF_ERR_FULL: it does not fit.
struct fusion_zone_bucket;
DRF_MUST_CHECK enum drf_status edge_wire_alerts_encode(enum edge_wire_form form,
                                                       const struct edge_wire_stream *stream,
                                                       const struct fusion_zone_bucket *alerts,
                                                       size_t count, bool whole, uint8_t *bytes,
                                                       size_t *size);

DRF_MUST_CHECK enum drf_status edge_wire_advisory_encode(enum edge_wire_form form,
                                                         const struct edge_wire_stream *stream,
                                                         uint64_t owner_epoch, // 0: absent
                                                         const struct fusion_advisory *advisory,
                                                         bool cleared, uint8_t *bytes,
                                                         size_t *size);

#endif
