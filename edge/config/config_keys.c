// SPDX-License-Identifier: Apache-2.0
// The table of all keys. A row holds section, name, type, offset in struct drf_config (or
// drf_feed_config), range, scale from the file's unit to the stored unit, choices, default,
// example and help; the macros below make rows of each type. Nothing else lists keys:
// config_read.c reads by this table, config_print.c prints it, and a test compares it with the
// reference page. SPECIAL rows are only documented here and are read by functions of their own.
#include "edge/config/config.h"
#include "edge/config/config_key.h"
#include "edge/config/framing.h"
#include "fusion/root/root.h"

#define CHOICE(name, value) {name, value},
static const struct config_choice modes[] = {DRF_MODE_TABLE(CHOICE){NULL, 0}};
static const struct config_choice feed_modes[] = {{"node", 0}, DRF_MODE_TABLE(CHOICE){NULL, 0}};
#undef CHOICE
static const struct config_choice kinds[] = {{"terrain", DRF_FEED_TERRAIN},
                                             {"obstacle", DRF_FEED_OBSTACLE},
                                             {"weather", DRF_FEED_WEATHER},
                                             {"zone", DRF_FEED_ZONE},
                                             {"traffic", DRF_FEED_TRAFFIC},
                                             {"alert", DRF_FEED_ALERT},
                                             {NULL, 0}};
static const struct config_choice formats[] = {
    {"by_kind", GEO_FORMAT_UNKNOWN},
    {"terrain", GEO_FORMAT_TERRAIN},
    {"geotiff", GEO_FORMAT_GEOTIFF},
    {"dted", GEO_FORMAT_DTED},
    {"hgt", GEO_FORMAT_HGT},
    {"dof", GEO_FORMAT_DOF},
    {"geojson_obstacles", GEO_FORMAT_GEOJSON_OBSTACLES},
    {"grib", GEO_FORMAT_GRIB},
    {"geojson_zones", GEO_FORMAT_GEOJSON_ZONES},
    {"ed269", GEO_FORMAT_ED269},
    {"ed318", GEO_FORMAT_ED318},
    {"gcn", GEO_FORMAT_GCN},
    {"cap", GEO_FORMAT_CAP},
    {"readsb", GEO_FORMAT_READSB},
    {"tracks", GEO_FORMAT_TRACKS},
    {"metar", GEO_FORMAT_METAR},
    {"sigmet", GEO_FORMAT_SIGMET},
    {"urep", GEO_FORMAT_UREP},
    {NULL, 0}};
static const struct config_choice framings[] = {
    {"auto", EDGE_FRAMING_AUTO},
    {"none", EDGE_FRAMING_NONE},
    {"confluent", EDGE_FRAMING_CONFLUENT},
    {"confluent_protobuf", EDGE_FRAMING_CONFLUENT_PROTOBUF},
    {NULL, 0}};
static const struct config_choice sandboxes[] = {{"preferred", 0}, {"required", 1}, {NULL, 0}};
static const struct config_choice surfaces[] = {
    {"dtm", FUSION_LAYER_GROUND}, {"dsm", FUSION_LAYER_SURFACE}, {NULL, 0}};
static const struct config_choice log_formats[] = {
    {"text", DRF_LOG_TEXT}, {"json", DRF_LOG_JSON}, {"journal", DRF_LOG_JOURNAL}, {NULL, 0}};
static const struct config_choice log_levels[] = {{"debug", DRF_LOG_DEBUG},
                                                  {"info", DRF_LOG_INFO},
                                                  {"warn", DRF_LOG_WARN},
                                                  {"error", DRF_LOG_ERROR},
                                                  {NULL, 0}};
static const struct config_choice classes[] = {
    {"by_kind", 2}, {"bulk", 0}, {"urgent", 1}, {NULL, 0}};

const struct config_section config_sections[] = {
    {"region", "The area this node answers for."},
    {"node", "The identity and mode of this node."},
    {"store", "The file that holds the node's data: a GeoPackage."},
    {"insets", "Where ground and surface are kept at a finer level too, if anywhere."},
    {"journal", "Where everything that enters the node is recorded, for a replay to the byte."},
    {"kafka",
     "Where feeds are read from and dead letters are sent to. Keys are librdkafka's own "
     "names,\n"
     "# passed on as they are (bootstrap.servers, security.protocol, sasl.username ...). On "
     "reload.\n"
     "# A secret may stand in a file: NAME_file takes its first line (sasl.password_file "
     "...)."},
    {"dead_letters", "Where refused messages are sent."},
    {"reports",
     "Words of drones that must not be lost: stored, answered DURABLE, sent to Kafka."},
    {"mqtt", "The broker the drones use. The node uses MQTT v5."},
    {"owners",
     "Where several nodes serve the region: who answers for which drone is decided by Kafka."},
    {"publish",
     "What this node tells others over Kafka, on topics of its own. Not durable: the newest "
     "counts."},
    {"log", "What the node writes on standard error; `log: json` is short for its format."},
    {"http", "Metrics for Prometheus, and health for supervisors."},
    {"view",
     "The page that shows in a browser what the node knows and what every drone is told."},
    {"limits", "Upper limits of everything in the node that could grow."},
    {"feeds", "What is read from Kafka, one entry for each topic."},
    {NULL, NULL},
};

#define AT(member) offsetof(struct drf_config, member)
#define SIZE(member) sizeof(((struct drf_config *)0)->member)
#define TEXT(section, name, type, member, fallback, example, help)                             \
    {                                                                                          \
        section, name, CONFIG_##type, AT(member), SIZE(member), 0, 0, 0, NULL, fallback,       \
            example, help                                                                      \
    }
#define NUMBER(section, name, type, member, min, max, scale, fallback, help)                   \
    {                                                                                          \
        section, name, CONFIG_##type, AT(member), 0, min, max, scale, NULL, fallback, NULL,    \
            help                                                                               \
    }
#define SPECIAL(section, name, fallback, example, help)                                        \
    {                                                                                          \
        section, name, CONFIG_SPECIAL, 0, 0, 0, 0, 0, NULL, fallback, example, help            \
    }

const struct config_key config_keys[] = {
    TEXT("region", "id", ID, region_id, NULL, "example",
         "name in topics; data of mode SIM only where it begins with \"sim\""),
    SPECIAL("region", "bounds", "", "[-80.0, 43.0, -79.0, 44.0]",
            "west, south, east, north in degrees; or give polygon or polygon_file"),
    SPECIAL("region", "polygon", "", NULL, "a GeoJSON Polygon, one ring, written here"),
    SPECIAL("region", "polygon_file", "", NULL, "a file that holds one"),
    NUMBER("region", "margin_m", REAL, margin_m, 0, 100000, 1, "2000",
           "aircraft up to this far outside are served too"),
    NUMBER("region", "priority", I32, region_priority, -1000, 1000, 1, "0",
           "where regions overlap the greater one serves; the same: the smaller id"),
    TEXT("region", "address", TEXT, region_address, "\"\"", NULL,
         "of its MQTT broker as drones reach it, HOST:PORT; empty: neighbours are not told"),

    TEXT("node", "id", ID, node_id, NULL, "edge-1", "one for each node of the region"),
    {"node", "mode", CONFIG_CHOICE, AT(mode), 0, 0, 0, 0, modes, "LIVE", NULL,
     "LIVE accepts only LIVE data; TEST also LIVE; SIM only SIM; REPLAY all"},
    {"node", "sandbox", CONFIG_CHOICE, AT(sandbox_required), 0, 0, 0, 0, sandboxes, "preferred",
     NULL, "of decoders; required: no start on a kernel without Landlock"},

    TEXT("store", "path", PATH, store_path, NULL, "region.gpkg",
         "created when it does not exist"),
    NUMBER("store", "level", U32, level, 8, 15, 1, "12",
           "of ground and surface (WorldCRS84Quad); fixed in the file"),
    NUMBER("store", "raster_accuracy_max_m", REAL, raster_accuracy_max_m, 0, 10000, 1, "175",
           "obstacles less accurate than this do not raise the surface"),
    NUMBER("store", "tombstone_keep_s", U64, tombstone_keep_s, 3600, 315360000, 1, "2592000",
           "withdrawn features are remembered this long"),
    NUMBER("store", "tombstone_horizon_s", U64, tombstone_horizon_s, 60, 31536000, 1, "86400",
           "a feed unreachable for longer is read again from its beginning"),
    NUMBER("store", "refused_keep_s", I64, refused_keep_us, 60, 31536000, 1000000, "86400",
           "a refused input marks its layer as incomplete in its box this long at most"),
    NUMBER("store", "drone_keep_s", U64, drone_keep_s, 3600, 315360000, 1, "2592000",
           "profile and plan of a drone that sends nothing are kept this long"),

    TEXT("dead_letters", "topic", TEXT, dead_letter_topic, "\"\"", NULL,
         "Kafka topic for refused messages with the reason; empty: only counted and logged"),

    TEXT("reports", "topic", TEXT, reports.topic, "\"\"", NULL,
         "Kafka topic for reports; empty: a drone that sends one gets NOT_AVAILABLE"),
    NUMBER("reports", "max_mb", U64, reports.max_bytes, 1, 65536, 1048576, "64",
           "stored while Kafka does not take them; more get OVERLOADED"),
    NUMBER("reports", "keep_s", I64, reports.keep_us, 60, 31536000, 1000000, "86400",
           "a report may be this old when it comes, and waits this long for Kafka"),
    TEXT("reports", "capture_topic", TEXT, reports.capture_topic, "\"\"", NULL,
         "Kafka topic for the telemetry of all drones; empty: none is captured"),
    NUMBER("reports", "capture_max_mb", U64, reports.capture_max_bytes, 1, 65536, 1048576,
           "256", "of it stored while Kafka does not take it; more is dropped and counted"),
    NUMBER("reports", "capture_s", I64, reports.capture_us, 1, 60, 1000000, "2",
           "of telemetry in one record, or 48 KB"),

    TEXT("journal", "path", PATH, journal.path, "\"\"", NULL,
         "an MCAP file; that of the run before is renamed. Empty: nothing is recorded"),
    NUMBER("journal", "max_mb", U64, journal.max_bytes, 16, 16777216, 1048576, "4096",
           "a run that fills it is recorded no further; older runs are deleted above it"),
    NUMBER("journal", "keep_days", I64, journal.keep_us, 1, 3650, 86400000000, "30",
           "recordings of older runs are deleted after that"),
    {"journal", "outputs", CONFIG_BOOL, AT(journal.whole), 0, 0, 0, 0, NULL, "false", NULL,
     "record what the node sends too, not only a digest of each second"},

    TEXT("mqtt", "host", TEXT, mqtt.host, "localhost", NULL, "name or address"),
    NUMBER("mqtt", "port", U32, mqtt.port, 1, 65535, 1, "1883", "8883 is usual with TLS"),
    TEXT("mqtt", "username", TEXT, mqtt.username, "\"\"", NULL, "the node's own account"),
    TEXT("mqtt", "password", TEXT, mqtt.password, "\"\"", NULL, "better: password_file"),
    SPECIAL("mqtt", "password_file", "\"\"", NULL, "its first line is the password"),
    TEXT("mqtt", "client_id", TEXT, mqtt.client_id, "\"\"", NULL,
         "empty: drf-edge-REGION-NODE"),
    NUMBER("mqtt", "keepalive_s", U32, mqtt.keepalive_s, 5, 3600, 1, "15",
           "the broker declares the node dead after one and a half of these"),
    NUMBER("mqtt", "inflight_max", U32, mqtt.inflight_max, 1, 65535, 1, "1000",
           "QoS 1 messages in flight at once"),
    {"mqtt", "tls", CONFIG_BOOL, AT(mqtt.tls), 0, 0, 0, 0, NULL, "false", NULL,
     "verify the broker and encrypt"},
    TEXT("mqtt", "ca_file", PATH, mqtt.ca_file, "\"\"", NULL,
         "PEM; empty: the system's certificates"),
    TEXT("mqtt", "cert_file", PATH, mqtt.cert_file, "\"\"", NULL, "PEM of the node, for mTLS"),
    TEXT("mqtt", "key_file", PATH, mqtt.key_file, "\"\"", NULL, "PEM of its key"),

    TEXT(
        "owners", "topic", TEXT, owners.topic, "\"\"", NULL,
        "drf.owners.REGION, of 32 partitions, made where it does not exist; the same for every "
        "node of the region; empty: this node alone"),
    NUMBER(
        "owners", "session_ms", I64, owners.session_us, 1500, 60000, 1000, "6000",
        "a node that is not heard of for this long is no owner any more; brokers refuse less "
        "than their group.min.session.timeout.ms, 6000"),

    TEXT("publish", "tracks_topic", TEXT, publish.tracks_topic, "\"\"", NULL,
         "where the drones of this node are: drf.tracks.REGION, a feed of format tracks for "
         "others; empty: nothing"),
    NUMBER("publish", "tracks_every_ms", I64, publish.tracks_every_us, 100, 60000, 1000, "1000",
           "each drone at most so often"),
    TEXT("publish", "advisories_topic", TEXT, publish.advisories_topic, "\"\"", NULL,
         "advisories raised and cleared: drf.advisories.REGION; empty: nothing"),
    TEXT("publish", "catalog_topic", TEXT, publish.catalog_topic, "\"\"", NULL,
         "what this node has: drf.catalog, compacted, for `drf-edge catalog`; empty: nothing"),

    {"log", "format", CONFIG_CHOICE, AT(log_format), 0, 0, 0, 0, log_formats, "text", NULL,
     "text: logfmt; json: an object a line; journal: for systemd, with priorities"},
    {"log", "level", CONFIG_CHOICE, AT(log_level), 0, 0, 0, 0, log_levels, "info", NULL,
     "lines below it are not written"},

    NUMBER("http", "port", U32, http_port, 0, 65535, 1, "0",
           "for /metrics, /livez, /readyz, /startupz and /healthz; 0: none"),
    TEXT("http", "address", TEXT, http_address, "127.0.0.1", NULL, "to listen on"),

    NUMBER("view", "port", U32, view.port, 0, 65535, 1, "0",
           "of the page; who may open it sees all drones; 0: none"),
    TEXT("view", "address", TEXT, view.address, "127.0.0.1", NULL,
         "IPv4, to listen on; other than 127.x.x.x only with token_file"),
    SPECIAL("view", "token_file", "\"\"", NULL,
            "its first line, 16 characters or more, is what a browser has to show: "
            "http://HOST:PORT/?token=TOKEN"),
    SPECIAL("view", "hosts", "[]", NULL,
            "names besides the address and localhost that the page may be asked for by, at "
            "most 16"),

    NUMBER("limits", "drones_max", U32, limits.drones_max, 1, 100000, 1, "2000",
           "further drones get OVERLOADED"),
    NUMBER("limits", "look_ahead_max_m", REAL, limits.look_ahead_max_m, 150, 100000, 1, "5000",
           "the longest corridor; data are kept to margin_m plus this"),
    NUMBER("limits", "telemetry_age_max_ms", I64, limits.telemetry_age_max_us, 100, 60000, 1000,
           "2000", "older telemetry is refused"),
    NUMBER("limits", "telemetry_ahead_max_ms", I64, limits.telemetry_ahead_max_us, 0, 60000,
           1000, "500", "telemetry farther in the future is refused"),
    NUMBER("limits", "telemetry_rate_max_hz", REAL, limits.telemetry_rate_max_hz, 0.1, 1000, 1,
           "50", "for each drone; more is RATE_LIMITED"),
    NUMBER("limits", "context_rate_max_hz", REAL, limits.context_rate_max_hz, 0.1, 1000, 1,
           "10", "for each drone, whatever its profile asks for"),
    NUMBER("limits", "context_rate_default_hz", REAL, limits.context_rate_default_hz, 0.1, 1000,
           1, "5", "without a profile"),
    NUMBER("limits", "drone_forget_s", I64, limits.drone_forget_us, 10, 86400, 1000000, "120",
           "a drone that sends no telemetry for this long is deleted from memory"),
    NUMBER("limits", "lost_link_after_ms", I64, limits.lost_link_after_us, 500, 60000, 1000,
           "3000", "silent for this long: its position is predicted, for the others"),
    NUMBER("limits", "lost_link_keep_s", I64, limits.lost_link_keep_us, 1, 3600, 1000000, "60",
           "a predicted drone stays traffic for the others this long"),
    NUMBER("limits", "track_keep_s", I64, limits.track_keep_us, 1, 300, 1000000, "15",
           "an aircraft of a traffic feed is shown this long after its last report"),
    NUMBER("limits", "stale_after_ms", I64, limits.stale_after_us, 200, 60000, 1000, "3000",
           "after this without a newer context a drone must treat all as unknown"),
    NUMBER("limits", "obstacle_radius_m", REAL, limits.obstacle_radius_m, 50, 50000, 1, "2000",
           "obstacles this near are listed"),
    NUMBER("limits", "unseen_max_ms", I64, limits.unseen_max_us, 500, 60000, 1000, "2000",
           "a drone that acknowledges nothing for longer gets heartbeat rate only"),
    NUMBER("limits", "pending_max_mb", U64, limits.pending_max_bytes, 1, 65536, 1048576, "64",
           "uncommitted work, when the disk is full, before feeds are paused"),
    NUMBER("limits", "record_max_mb", U64, limits.record_max_bytes, 1, 4096, 1048576, "256",
           "the largest record that a decoder may make of one message"),
    NUMBER("limits", "decode_pixels_max", U64, limits.decode_pixels_max, 1000, 1e10, 1,
           "200000000", "of one raster or grid"),
    NUMBER("limits", "decode_memory_mb", U64, limits.decode_memory_bytes, 128, 65536, 1048576,
           "2048", "address space of a decoder child"),
    NUMBER("limits", "decode_timeout_ms", I64, limits.decode_timeout_us, 100, 600000, 1000,
           "30000", "of CPU for one message, and ten times that of wall time; tried once more"),
    NUMBER("limits", "backqueue_kb", U64, limits.backqueue_bytes, 64, 1048576, 1024, "4096",
           "queue of profiles, plans and drone states to the store"),
    NUMBER("limits", "patch_cache_mb", U64, limits.patch_cache_bytes, 4, 1024, 1048576, "64",
           "cache of encoded windows, for all drones; one of 256 cells takes about 33 KB"),
    NUMBER("limits", "discover_s", I64, discover_us, 1, 3600, 1000000, "10",
           "interval at which topics and partitions are looked for"),
    {NULL, NULL, CONFIG_SPECIAL, 0, 0, 0, 0, 0, NULL, NULL, NULL, NULL},
};

#undef AT
#undef SIZE
#define AT(member) offsetof(struct drf_feed_config, member)
#define SIZE(member) sizeof(((struct drf_feed_config *)0)->member)
#define CHOICE(name, member, choices, fallback, example, help)                                 \
    {                                                                                          \
        "", name, CONFIG_CHOICE, AT(member), 0, 0, 0, 0, choices, fallback, example, help      \
    }

const struct config_key config_feed_keys[] = {
    TEXT("", "name", ID, name, NULL, "dem",
         "name of the feed; identifies its data in the store"),
    TEXT("", "topic", TEXT, topic, NULL, "terrain.dem", "Kafka topic; may not exist yet"),
    CHOICE("kind", kind, kinds, NULL, "terrain",
           "terrain, obstacle, weather, zone, traffic or alert"),
    CHOICE("format", format, formats, "by_kind", NULL,
           "by_kind: terrain any of the three, obstacle dof, weather grib, zone geojson_zones, "
           "traffic readsb, alert cap"),
    CHOICE("framing", framing, framings, "auto", NULL,
           "of a schema registry around the value; auto: where it begins with a zero byte"),
    CHOICE("surface", layer, surfaces, "dtm", NULL,
           "terrain only: dtm is bare ground, dsm includes buildings and trees"),
    CHOICE(
        "class", urgent, classes, "by_kind", NULL,
        "urgent is taken between slices of bulk work; by_kind: obstacle, zone, traffic, alert"),
    CHOICE("mode", mode, feed_modes, "node", NULL,
           "of messages without the header drf_mode; node: the node's own"),
    TEXT("", "source", TEXT, source, "\"\"", NULL, "of messages without the header ce_source"),
    NUMBER("", "priority", I32, priority, -1000, 1000, 1, "0", "larger wins between sources"),
    TEXT("", "licence", TEXT, licence, "\"\"", NULL, "shown to users as it is"),
    TEXT("", "crs", TEXT, crs, "\"\"", NULL,
         "horizontal reference if the data do not say: EPSG:nnnn"),
    TEXT("", "vertical_datum", TEXT, vertical_datum, "\"\"", NULL,
         "EGM96, EGM2008, WGS84, NAVD88 or EPSG:nnnn, if the data do not say"),
    NUMBER("", "vertical_acc95_m", REAL, vertical_acc95_m, 0, 1000, 1, "10",
           "terrain: half the width of the 95 % interval"),
    NUMBER("", "datum_acc95_m", REAL, datum_acc95_m, 0, 100, 1, "2",
           "added when another datum is taken as EGM96"),
    NUMBER("", "default_horizontal_acc95_m", REAL, default_horizontal_acc95_m, 0.1, 5000, 1,
           "75", "of obstacles and aircraft whose accuracy the source does not state"),
    NUMBER("", "default_vertical_acc95_m", REAL, default_vertical_acc95_m, 0, 1000, 1, "15",
           "the same, of their height"),
    NUMBER("", "valid_for_s", I64, valid_for_us, 1, 604800, 1000000, "5400",
           "weather: a single valid time holds this long on either side; alert: how long "
           "one without an end is valid"),
    NUMBER("", "max_gap_s", I64, max_gap_us, 1, 604800, 1000000, "21600",
           "weather: valid times farther apart are not interpolated"),
    NUMBER("", "interval_s", I64, interval_us, 0, 31536000, 1000000, "0",
           "a source silent for longer is reported as stale; 0: never"),
    TEXT("", "stations", PATH, stations_path, "\"\"", NULL,
         "metar: positions of stations, CSV of id,lat,lon,elevation_m or GeoJSON"),
    NUMBER("", "message_max_kb", U64, message_max_bytes, 1, 1048576, 1024, "16384",
           "larger messages are refused"),
    SPECIAL("", "geocodes", "", NULL,
            "cap: the areas that codes stand for, from a file, by the keys below"),
    SPECIAL("", "nodata", "", NULL,
            "terrain, grib: a value of the file that is unknown, beside what the file says; in "
            "the file's unit"),
    SPECIAL("", "production_status", "", NULL,
            "grib: what is read beside operational data (code table 1.3), such as [2] for "
            "research; a test (1) goes by the node's mode"),
    SPECIAL("", "fields", "", NULL,
            "geojson_zones, geojson_obstacles: the attributes of a provider's own GeoJSON, by "
            "the keys below"),
    {NULL, NULL, CONFIG_SPECIAL, 0, 0, 0, 0, 0, NULL, NULL, NULL, NULL},
};

#undef AT
#undef SIZE
#define AT(member) offsetof(struct drf_geocodes, member)
#define SIZE(member) sizeof(((struct drf_geocodes *)0)->member)

const struct config_key config_geocode_keys[] = {
    TEXT("", "file", PATH, file, NULL, "counties.geojson",
         "a GeoJSON FeatureCollection of polygons"),
    TEXT("", "property", TEXT, property, NULL, "FIPS", "the property that is the code"),
    TEXT("", "name", TEXT, name, NULL, "SAME",
         "the code system, as valueName names it: SAME, UGC, WARNCELLID"),
    TEXT("", "others", TEXT, others,
         "SAME, UGC, FIPS6, WARNCELLID, EMMA_ID, NUTS1, NUTS2, NUTS3, EXCLUDE_POLYGON", NULL,
         "systems whose codes beside them name the same area; a code of any other makes the "
         "area "
         "unknown"),
    {NULL, NULL, CONFIG_SPECIAL, 0, 0, 0, 0, 0, NULL, NULL, NULL, NULL},
};

#undef AT
#undef SIZE
#define AT(member) offsetof(struct geo_zone_fields, member)
#define SIZE(member) sizeof(((struct geo_zone_fields *)0)->member)
#define FIELD(name, help) TEXT("", #name, TEXT, name, "\"\"", NULL, help)

static const struct config_choice times[] = {{"iso8601", GEO_ZONE_TIMES_ISO8601},
                                             {"unix_ms", GEO_ZONE_TIMES_UNIX_MS},
                                             {"unix_s", GEO_ZONE_TIMES_UNIX_S},
                                             {"yyyymmddhhmm", GEO_ZONE_TIMES_COMPACT},
                                             {NULL, 0}};
static const struct config_choice radius_units[] = {{"M", GEO_ZONE_RADIUS_M},
                                                    {"FT", GEO_ZONE_RADIUS_FT},
                                                    {"NM", GEO_ZONE_RADIUS_NM},
                                                    {NULL, 0}};

const struct config_key config_field_keys[] = {
    FIELD(id, "attribute of the zone's identity; empty: the feature's own id"),
    FIELD(name, "attribute shown to users"),
    FIELD(message, "attribute shown to users, such as times of use in words"),
    FIELD(reason, "attribute such as the type of airspace"),
    FIELD(restriction, "PROHIBITED and so on for every zone, or an attribute; empty or a word "
                       "that is not known: PROHIBITED, marked as assumed"),
    SPECIAL("", "restriction_words", "", NULL,
            "what the attribute's words mean: {R: PROHIBITED, MOA: INFORMATION}"),
    FIELD(lower, "attribute or number; empty or null: from below the ground"),
    FIELD(lower_unit, "M, FT or FL, or the attribute that says so; required with lower"),
    FIELD(lower_reference,
          "AGL (SFC, GND), AMSL (MSL), WGS84 or STD, or the attribute that says "
          "so; required with lower unless in FL"),
    FIELD(upper, "attribute or number; empty or null: unlimited"),
    FIELD(upper_unit, "as lower_unit"),
    FIELD(upper_reference, "as lower_reference"),
    FIELD(no_limit, "a number that means no limit on that side: \"-9998\""),
    FIELD(radius, "attribute or number, for features that are points"),
    CHOICE("radius_unit", radius_unit, radius_units, "M", NULL, "of radius"),
    FIELD(from, "attribute of the time the zone begins to apply; empty or null: no beginning"),
    FIELD(until, "attribute of the time it ends; empty or null: no end"),
    FIELD(data_time, "attribute of the time the source last confirmed it"),
    CHOICE("times", times, times, "iso8601", NULL, "how these three are written"),
    {NULL, NULL, CONFIG_SPECIAL, 0, 0, 0, 0, 0, NULL, NULL, NULL, NULL},
};

#undef AT
#undef SIZE
#define AT(member) offsetof(struct geo_obstacle_fields, member)
#define SIZE(member) sizeof(((struct geo_obstacle_fields *)0)->member)

const struct config_key config_obstacle_field_keys[] = {
    FIELD(id, "attribute of the obstacle's identity; empty: the feature's own id"),
    FIELD(kind, "attribute shown to users; with balloon in it, it never raises the surface"),
    FIELD(agl, "attribute of the height over the ground at its foot; a value that is there "
               "and is no height above 0 refuses the obstacle"),
    FIELD(agl_unit, "M or FT, or the attribute that says so, of a value that states no unit "
                    "itself; required with agl"),
    FIELD(amsl, "attribute of the height of its top over the sea"),
    FIELD(amsl_unit, "as agl_unit"),
    FIELD(elevation, "attribute of the height of the ground at its foot over the sea; with agl "
                     "it makes the top where there is no amsl"),
    FIELD(elevation_unit, "as agl_unit"),
    FIELD(levels, "attribute of the number of storeys; counts where there is no agl"),
    NUMBER("", "level_height_m", REAL, level_height_m, 0, 20, 1, "0",
           "of a storey; required with levels. A little more than usual is safer: 4"),
    FIELD(horizontal_acc, "attribute of half the width of the 95 % interval"),
    FIELD(vertical_acc, "the same, of the height"),
    FIELD(acc_unit, "as agl_unit, of both"),
    FIELD(no_value, "a value that means that nothing is known: \"-9998\""),
    {NULL, NULL, CONFIG_SPECIAL, 0, 0, 0, 0, 0, NULL, NULL, NULL, NULL},
};
