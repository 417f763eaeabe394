// SPDX-License-Identifier: Apache-2.0
// The first bytes leave few formats to try. Each is then decoded as the node would, with the
// whole world as its region and tiles of the coarsest level; the attempt with most features and
// fewest refused parts wins. What a message has beside its value (key, time) is taken from the
// file: its name and its time of change.
#include "edge/trial/try_file.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "edge/command/read_file.h"
#include "edge/sample/dry_run.h"
#include "fusion/root/root.h"
#include "geo/plane.h"
#include "geo/reader/archive.h"

enum { CANDIDATES = 8, SNIFFED = 4096 };
#define DAY_US INT64_C(86400000000)

static const char configuration[] =
    "region: {id: try, bounds: [-10, -10, 10, 10]}\n"
    "node: {id: try, mode: REPLAY}\n"
    "store: {path: none.gpkg, level: 8}\n"
    "kafka: {bootstrap.servers: localhost}\n"
    "mqtt: {host: localhost}\n"
    "feeds: [{name: try, topic: try, kind: terrain, message_max_kb: 1048576}]\n";

enum drf_status edge_try_scan_open(struct edge_try_scan *out)
{
    struct drf_config_error error;
    struct edge_try_scan *scan = out;
    *scan = (struct edge_try_scan){.place = {.box_count = 0}};
    enum drf_status status =
        drf_config_parse(configuration, sizeof configuration - 1, NULL, &error, &scan->config);
    if (status == DRF_OK)
        scan->config.region.bounds = (struct geo_bounds){
            .west_deg = -180, .south_deg = -90, .east_deg = 180, .north_deg = 90};
    return status;
}

void edge_try_scan_close(struct edge_try_scan *scan)
{
    edge_try_place_close(&scan->place);
    drf_config_close(&scan->config);
}

const char *edge_try_file_name(const struct edge_try_file *file)
{
    const char *slash = strrchr(file->path, '/');
    return slash ? slash + 1 : file->path;
}

static bool ends_with(const char *text, const char *end)
{
    const size_t length = strlen(text), tail = strlen(end);
    return length >= tail && strcasecmp(text + length - tail, end) == 0;
}

static bool has_word(const char *text, const char *word)
{
    for (; *text != '\0'; text++)
        if (strncasecmp(text, word, strlen(word)) == 0)
            return true;
    return false;
}

// The formats that the first bytes allow for, in the order of preference.
static size_t sniff(const char *name, const uint8_t *bytes, size_t size,
                    uint32_t out[static CANDIDATES])
{
    static const uint32_t json[] = {GEO_FORMAT_ED318,         GEO_FORMAT_ED269,
                                    GEO_FORMAT_GEOJSON_ZONES, GEO_FORMAT_GEOJSON_OBSTACLES,
                                    GEO_FORMAT_GCN,           GEO_FORMAT_READSB,
                                    GEO_FORMAT_TRACKS};
    static const uint32_t text[] = {GEO_FORMAT_DOF, GEO_FORMAT_METAR, GEO_FORMAT_SIGMET};
    const size_t head = size < SNIFFED ? size : SNIFFED;
    size_t at = size >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    while (at < head && isspace(bytes[at]))
        at++;
    if (head >= 4
        && (memcmp(bytes, "II*\0", 4) == 0 || memcmp(bytes, "MM\0*", 4) == 0
            || memcmp(bytes, "II+\0", 4) == 0 || memcmp(bytes, "MM\0+", 4) == 0)) {
        out[0] = GEO_FORMAT_GEOTIFF;
    } else if (memmem(bytes, head, "UHL1", 4) != NULL) {
        out[0] = GEO_FORMAT_DTED;
    } else if (ends_with(name, ".hgt")) {
        out[0] = GEO_FORMAT_HGT;
    } else if (memmem(bytes, head, "GRIB", 4) != NULL) {
        out[0] = GEO_FORMAT_GRIB;
    } else if (at < head && bytes[at] == '<') {
        out[0] = GEO_FORMAT_CAP;
    } else if (at < head && (bytes[at] == '{' || bytes[at] == '[')) {
        memcpy(out, json, sizeof json);
        return sizeof json / sizeof json[0];
    } else if (memchr(bytes, '\0', head) == NULL) {
        memcpy(out, text, sizeof text);
        return sizeof text / sizeof text[0];
    } else {
        return 0;
    }
    return 1;
}

// One point of the file; also for the choice of a region, unless `place` is NULL.
static void add_point(struct edge_try_place *place, struct edge_try_file *file,
                      struct geo_point point)
{
    file->box.west_deg = fmin(file->box.west_deg, point.lon_deg);
    file->box.east_deg = fmax(file->box.east_deg, point.lon_deg);
    file->box.south_deg = fmin(file->box.south_deg, point.lat_deg);
    file->box.north_deg = fmax(file->box.north_deg, point.lat_deg);
    if (place)
        edge_try_place_point(place, point);
}

static void time_from(struct edge_try_file *file, int64_t from_utc_us, int64_t until_utc_us,
                      int64_t at_utc_us)
{
    if (from_utc_us < file->from_utc_us)
        file->from_utc_us = from_utc_us;
    if (until_utc_us > file->until_utc_us)
        file->until_utc_us = until_utc_us;
    if (at_utc_us > file->at_utc_us)
        file->at_utc_us = at_utc_us;
}

static void add_zone(struct edge_try_place *place, struct edge_try_file *file,
                     const struct geo_item *item)
{
    const struct geo_zone_view view = geo_item_zone(item);
    file->features++;
    for (size_t i = 0; i < view.zone->volume_count; i++) {
        const struct geo_zone_volume *volume = &view.volumes[i];
        if (volume->shape != GEO_ZONE_CIRCLE && volume->shape != GEO_ZONE_POLYGON) {
            file->anywhere = true;
            continue;
        }
        const struct geo_bounds box = geo_zone_volume_bounds(volume, view.vertices);
        add_point(NULL, file, (struct geo_point){box.south_deg, box.west_deg});
        add_point(NULL, file, (struct geo_point){box.north_deg, box.east_deg});
        add_point(place, file,
                  (struct geo_point){.lat_deg = (box.south_deg + box.north_deg) / 2,
                                     .lon_deg = (box.west_deg + box.east_deg) / 2});
    }
    const bool passing = view.zone->alert != 0 || (view.zone->flags & GEO_ZONE_WEATHER) != 0;
    for (size_t i = 0; passing && i < view.zone->period_count; i++)
        if (view.periods[i].from_utc_us != GEO_ZONE_ALWAYS_FROM_US
            && view.periods[i].until_utc_us != GEO_ZONE_ALWAYS_UNTIL_US)
            time_from(file, view.periods[i].from_utc_us, view.periods[i].until_utc_us,
                      view.periods[i].from_utc_us);
}

// Its place from some points of its grid.
static void add_field(struct edge_try_place *place, struct edge_try_file *file,
                      const struct geo_field *field)
{
    enum { STEPS = 8 };
    struct geo_plane *plane = NULL;
    // The first time of a forecast at which something is complete, if no other file says more.
    if (file->features++ == 0 || field->valid_until_utc_us < file->at_utc_us)
        file->at_utc_us = field->valid_until_utc_us;
    time_from(file, field->valid_from_utc_us, field->valid_until_utc_us, INT64_MIN);
    if (file->features > 1 || geo_plane_open(&field->grid, &plane) != DRF_OK)
        return; // one grid is enough
    for (unsigned i = 0; i <= STEPS; i++)
        for (unsigned j = 0; j <= STEPS; j++) {
            struct geo_point point;
            if (geo_plane_point(plane, (field->grid.ni - 1) * (double)i / STEPS,
                                (field->grid.nj - 1) * (double)j / STEPS, &point)
                != DRF_OK)
                continue;
            add_point(NULL, file, point);
            if (place && i == STEPS / 2 && j == STEPS / 2) {
                place->has_grid = true;
                place->grid_middle = point;
            }
        }
    geo_plane_close(plane);
}

// Counts into *file, and adds to *place unless it is NULL.
static void add_item(struct edge_try_place *place, struct edge_try_file *file,
                     const struct geo_item *item)
{
    const struct geo_note *note = item->payload;
    const struct geo_obstacle *obstacle = item->payload;
    const struct geo_station *station = item->payload;
    const struct geo_track *track = item->payload;
    switch (item->kind) {
    case GEO_ITEM_RASTER:
        file->box = ((const struct geo_raster *)item->payload)->bounds;
        if (place)
            edge_try_place_box(place, file->box);
        break;
    case GEO_ITEM_CELLS:
        file->features++;
        break;
    case GEO_ITEM_OBSTACLE:
        file->features++;
        if ((obstacle->flags & GEO_OBSTACLE_NO_PLACE) == 0)
            add_point(place, file, obstacle->position);
        break;
    case GEO_ITEM_ZONE:
        add_zone(place, file, item);
        break;
    case GEO_ITEM_FIELD:
        add_field(place, file, item->payload);
        break;
    case GEO_ITEM_STATION:
        file->features++;
        time_from(file, station->observed_utc_us, station->observed_utc_us,
                  station->observed_utc_us);
        if ((station->flags & GEO_STATION_PLACED) != 0)
            add_point(place, file, station->position);
        break;
    case GEO_ITEM_TRACK:
        file->features++;
        time_from(file, track->time_utc_us, track->time_utc_us, track->time_utc_us);
        add_point(place, file, track->position);
        break;
    case GEO_ITEM_NOTE:
        if (note->code == GEO_REFUSAL_IGNORED)
            break;
        file->refused += note->count;
        file->datum_taken = file->datum_taken || note->code == GEO_REFUSAL_VERTICAL;
        if (file->why[0] == '\0')
            snprintf(file->why, sizeof file->why, "%s", note->text);
        break;
    default:
        break;
    }
}

// Prepares the one feed of the scan for a format.
static void set_feed(struct edge_try_scan *scan, uint32_t format, bool egm96)
{
    struct drf_feed_config *feed = &scan->config.feeds[0];
    feed->format = format;
    feed->layer = FUSION_LAYER_GROUND;
    snprintf(feed->vertical_datum, sizeof feed->vertical_datum, "%s", egm96 ? "EGM96" : "");
}

// Decodes as `format`. The outcome is in *file (format 0: refused) and, if `place` is not NULL,
// the places are added to it.
static void attempt(struct edge_try_scan *scan, uint32_t format, bool egm96,
                    const uint8_t *bytes, struct edge_try_place *place,
                    struct edge_try_file *file)
{
    const char *name = edge_try_file_name(file);
    struct geo_station_table *stations = scan->config.feeds[0].stations;
    set_feed(scan, format, egm96);
    scan->config.feeds[0].stations = format == GEO_FORMAT_METAR ? stations : NULL;
    const struct edge_message message = {.topic = "try",
                                         .key = (const uint8_t *)name,
                                         .key_size = strlen(name),
                                         .value = bytes,
                                         .value_size = file->size,
                                         .timestamp = EDGE_TIMESTAMP_CREATE,
                                         .timestamp_ms = file->changed_utc_us / 1000};
    struct edge_dry_run dry_run;
    enum drf_status status = edge_dry_run_read(&scan->config, &message, &dry_run);
    scan->config.feeds[0].stations = stations;
    file->format = 0;
    file->why[0] = '\0';
    if (status != DRF_OK) {
        snprintf(file->why, sizeof file->why, "no decoder can be started: %s",
                 drf_status_name(status));
        return;
    }
    if (dry_run.status == DRF_OK) {
        struct geo_item item;
        for (size_t cursor = 0; geo_record_next(dry_run.decoded.record, &cursor, &item);)
            add_item(place, file, &item);
        file->format = file->features > 0 ? format : 0;
    } else {
        snprintf(file->why, sizeof file->why, "%s: %s",
                 geo_refusal_name((enum geo_refusal_code)dry_run.why.code), dry_run.why.text);
        file->datum_taken = dry_run.why.code == GEO_REFUSAL_VERTICAL;
    }
    edge_dry_run_close(&dry_run);
}

// A table of stations, if no decoder takes it: also reports are a text with commas.
static bool is_station_table(const uint8_t *bytes, size_t size)
{
    struct geo_station_table *table = NULL;
    struct geo_note why;
    const bool good = geo_station_table_open(bytes, size, &table, &why) == DRF_OK;
    geo_station_table_close(table);
    return good;
}

static void look_closer(struct edge_try_scan *scan, const uint8_t *bytes,
                        struct edge_try_file *file)
{
    uint32_t formats[CANDIDATES] = {0};
    const struct edge_try_file blank = *file;
    const size_t count = sniff(edge_try_file_name(file), bytes, file->size, formats);
    struct edge_try_file best = blank;
    char first_why[sizeof best.why] = "", whys[sizeof best.why - 24] = "";
    // Of several attempts only the best may add its places: it is read once more for that.
    struct edge_try_place *place = count == 1 ? &scan->place : NULL;
    for (size_t i = 0; i < count; i++) {
        struct edge_try_file tried = blank;
        attempt(scan, formats[i], false, bytes, place, &tried);
        if (tried.format == 0 && tried.datum_taken) {
            tried = blank;
            attempt(scan, formats[i], true, bytes, place, &tried);
            tried.datum_taken = tried.format != 0;
        } else {
            tried.datum_taken = false;
        }
        if (first_why[0] == '\0')
            snprintf(first_why, sizeof first_why, "%s", tried.why);
        const size_t length = strlen(whys);
        snprintf(whys + length, sizeof whys - length, " %s (%.80s)",
                 geo_format_name((enum geo_format)formats[i]), tried.why);
        if (tried.format != 0
            && (best.format == 0 || tried.features > best.features
                || (tried.features == best.features && tried.refused < best.refused)))
            best = tried;
    }
    *file = best;
    if (best.format == 0 && is_station_table(bytes, file->size)) {
        file->stations = true;
    } else if (best.format == 0 && count == 0) {
        snprintf(file->why, sizeof file->why, "its first bytes are of no format that is read");
    } else if (best.format == 0 && count == 1) {
        snprintf(file->why, sizeof file->why, "as %s refused: %.300s",
                 geo_format_name((enum geo_format)formats[0]), first_why);
    } else if (best.format == 0) {
        snprintf(file->why, sizeof file->why, "read by no decoder:%s", whys);
    } else if (best.format != 0 && count > 1) {
        struct edge_try_file again = blank;
        attempt(scan, best.format, best.datum_taken, bytes, &scan->place, &again);
    }
}

void edge_try_file_look(struct edge_try_scan *scan, struct edge_try_file *file)
{
    char path[DRF_PATH_SIZE];
    snprintf(path, sizeof path, "%s", file->path);
    *file = (struct edge_try_file){
        .from_utc_us = INT64_MAX,
        .until_utc_us = INT64_MIN,
        .at_utc_us = INT64_MIN,
        .box = {.west_deg = 180, .south_deg = 90, .east_deg = -180, .north_deg = -90}};
    memcpy(file->path, path, sizeof path);
    uint8_t *bytes = edge_read_file(path, &file->size, &file->changed_utc_us);
    if (!bytes) {
        snprintf(file->why, sizeof file->why, "it cannot be read");
        return;
    }
    const char *archive = geo_archive_suffix(bytes, file->size);
    if (file->size == 0)
        snprintf(file->why, sizeof file->why, "it is empty");
    else if (archive)
        snprintf(file->why, sizeof file->why, "a %s file: unpack it first", archive);
    else if (file->size > (size_t)EDGE_TRY_FILE_MAX_MB << 20)
        snprintf(file->why, sizeof file->why,
                 "%zu MB: more than %d MB in one message; `drf-sim publish` cuts rasters",
                 file->size >> 20, EDGE_TRY_FILE_MAX_MB);
    else
        look_closer(scan, bytes, file);
    const char *name = edge_try_file_name(file);
    file->surface = (file->format == GEO_FORMAT_GEOTIFF || file->format == GEO_FORMAT_DTED
                     || file->format == GEO_FORMAT_HGT)
                    && (has_word(name, "dsm") || has_word(name, "surface"));
    free(bytes);
}
