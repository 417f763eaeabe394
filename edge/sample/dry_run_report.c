// SPDX-License-Identifier: Apache-2.0
// Prints a dry run for the provider: the envelope, the records, what was refused, a map. One
// pass over the record's items counts them by kind, prints the first NOTES_MAX stations and
// notes, and draws the first MARKS_MAX features on a text map; the totals and the map are
// printed at the end, so a large file gives a short report. Circles are drawn as rings of
// CORNERS points, weather fields as the points of the first grid.
#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <time.h>

#include "edge/sample/dry_run.h"
#include "edge/sample/dry_run_place.h"
#include "edge/sample/text_map.h"
#include "geo/mode.h"
#include "geo/plane.h"
#include "geo/reader/issued.h"

enum { NOTES_MAX = 50, MARKS_MAX = 20000 };

struct report {
    const struct drf_config *config;
    FILE *out;
    struct edge_text_map text_map;
    uint64_t obstacles, withdrawn, horizontal_assumed, vertical_assumed, off_text_map;
    uint64_t tiles, fields, zones, stations, tracks, unreadable, others;
    uint64_t refused_parts, passed_over, notes;
    struct geo_raster raster;
    uint64_t grounded, heightless, courseless; // of the tracks
    bool has_raster;
    struct edge_dry_run_place place;
};

static void format_time(int64_t utc_us, char text[static 32])
{
    time_t seconds = (time_t)(utc_us / 1000000);
    struct tm fields;
    if (!gmtime_r(&seconds, &fields) || strftime(text, 32, "%Y-%m-%dT%H:%M:%SZ", &fields) == 0)
        snprintf(text, 32, "-");
}

static void mark(struct report *report, struct geo_point point, char sign)
{
    if (!edge_text_map_point(&report->text_map, point, sign))
        report->off_text_map++;
}

static void draw_ring(struct report *report, const struct geo_point *vertices, size_t count,
                      bool closed, char sign)
{
    for (size_t i = 0; i + 1 < count; i++)
        edge_text_map_line(&report->text_map, vertices[i], vertices[i + 1], sign);
    if (closed && count > 2)
        edge_text_map_line(&report->text_map, vertices[count - 1], vertices[0], sign);
}

static void add_obstacle(struct report *report, const struct geo_item *item)
{
    const struct geo_obstacle *obstacle = item->payload;
    if ((obstacle->flags & GEO_OBSTACLE_OUTSIDE) != 0)
        return; // counted by its place
    report->obstacles++;
    report->withdrawn += (obstacle->flags & GEO_OBSTACLE_WITHDRAWN) != 0;
    report->horizontal_assumed += (obstacle->flags & GEO_OBSTACLE_HORIZONTAL_ASSUMED) != 0;
    report->vertical_assumed += (obstacle->flags & GEO_OBSTACLE_VERTICAL_ASSUMED) != 0;
    if (report->obstacles > MARKS_MAX)
        return;
    draw_ring(report, geo_item_vertices(item), obstacle->vertex_count,
              obstacle->geometry == GEO_GEOMETRY_POLYGON, '+');
    if ((obstacle->flags & GEO_OBSTACLE_NO_PLACE) == 0)
        mark(report, obstacle->position, obstacle->flags & GEO_OBSTACLE_WITHDRAWN ? 'x' : 'o');
}

static void draw_circle(struct report *report, const struct geo_zone_volume *volume)
{
    enum { CORNERS = 36 };
    struct geo_point ring[CORNERS];
    double north_deg = volume->radius_m / 111195.0;
    double east_deg = north_deg / fmax(cos(volume->centre.lat_deg * 3.14159265 / 180), 0.01);
    for (size_t i = 0; i < CORNERS; i++) {
        double turn_rad = (double)i * 2 * 3.14159265 / CORNERS;
        ring[i] = (struct geo_point){
            .lat_deg = volume->centre.lat_deg + north_deg * cos(turn_rad),
            .lon_deg = volume->centre.lon_deg + east_deg * sin(turn_rad),
        };
    }
    draw_ring(report, ring, CORNERS, true, 'z');
}

static void add_zone(struct report *report, const struct geo_item *item)
{
    struct geo_zone_view view = geo_item_zone(item);
    report->zones++;
    for (size_t i = 0; i < view.zone->volume_count; i++) {
        const struct geo_zone_volume *volume = &view.volumes[i];
        if (volume->shape == GEO_ZONE_CIRCLE)
            draw_circle(report, volume);
        else
            draw_ring(report, view.vertices + volume->first_vertex, volume->vertex_count, true,
                      'z');
    }
}

static void add_field(struct report *report, const struct geo_item *item)
{
    const struct geo_field *field = item->payload;
    struct geo_plane *plane = NULL;
    if (report->fields++ > 0 || geo_plane_open(&field->grid, &plane) != DRF_OK)
        return; // one grid on the map is enough
    for (uint32_t j = 0; j < field->grid.nj && j < 400; j++)
        for (uint32_t i = 0; i < field->grid.ni && i < 400; i++) {
            struct geo_point point;
            if (geo_plane_point(plane, i, j, &point) == DRF_OK)
                (void)edge_text_map_point(&report->text_map, point, '~');
        }
    geo_plane_close(plane);
}

static void add_track(struct report *report, const struct geo_track *track)
{
    report->tracks++;
    report->grounded += (track->flags & GEO_TRACK_ON_GROUND) != 0;
    report->courseless += (track->flags & (GEO_TRACK_VELOCITY | GEO_TRACK_ON_GROUND)) == 0;
    report->heightless +=
        (track->flags & (GEO_TRACK_WGS84 | GEO_TRACK_AMSL | GEO_TRACK_PRESSURE)) == 0;
    if (report->tracks <= MARKS_MAX)
        mark(report, track->position, 'A');
}

// What a provider most wants to see: which groups were understood.
static void add_station(struct report *report, const struct geo_station *station)
{
    static const struct {
        uint32_t flag;
        const char *name;
    } values[] = {{GEO_STATION_HAS_WIND, "wind"},
                  {GEO_STATION_HAS_GUST, "gust"},
                  {GEO_STATION_HAS_VISIBILITY, "visibility"},
                  {GEO_STATION_HAS_CEILING, "ceiling"},
                  {GEO_STATION_HAS_WEATHER, "weather"},
                  {GEO_STATION_CONVECTION, "convection"},
                  {GEO_STATION_HAS_TEMPERATURE, "temperature"},
                  {GEO_STATION_HAS_DEW_POINT, "dew point"},
                  {GEO_STATION_HAS_QNH, "QNH"}};
    char time[32];
    if (report->stations++ >= NOTES_MAX)
        return;
    format_time(station->observed_utc_us, time);
    fprintf(report->out, "  %s at %s:", station->id, time);
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        if ((station->flags & values[i].flag) != 0)
            fprintf(report->out, " %s,", values[i].name);
    fprintf(report->out, " %.4f N %.4f E%s\n", station->position.lat_deg,
            station->position.lon_deg,
            (station->flags & GEO_STATION_OUTSIDE) != 0 ? ", outside" : "");
    mark(report, station->position, 'M');
}

static void add_note(struct report *report, const struct geo_note *note)
{
    bool refused = note->code != GEO_REFUSAL_IGNORED;
    *(refused ? &report->refused_parts : &report->passed_over) += note->count;
    if (report->notes++ >= NOTES_MAX)
        return;
    fprintf(report->out, "  %s %s", refused ? "refused:" : "warning:",
            geo_refusal_name((enum geo_refusal_code)note->code));
    if (note->position > 0)
        fprintf(report->out, " at %" PRIu64, note->position);
    fprintf(report->out, ": %s", note->text);
    if (note->count > 1)
        fprintf(report->out, " (%" PRIu32 " of them)", note->count);
    fputc('\n', report->out);
}

static void add_item(struct report *report, const struct geo_item *item)
{
    edge_dry_run_place_add(&report->place, item, drf_config_keep(report->config));
    switch (item->kind) {
    case GEO_ITEM_RASTER:
        memcpy(&report->raster, item->payload, sizeof report->raster);
        report->has_raster = true;
        break;
    case GEO_ITEM_CELLS:
        report->tiles++;
        edge_text_map_area(
            &report->text_map,
            geo_tile_bounds(((const struct geo_cells_item *)item->payload)->tile), '=', '-');
        break;
    case GEO_ITEM_OBSTACLE:
        add_obstacle(report, item);
        break;
    case GEO_ITEM_FIELD:
        add_field(report, item);
        break;
    case GEO_ITEM_ZONE:
        add_zone(report, item);
        break;
    case GEO_ITEM_TRACK:
        add_track(report, item->payload);
        break;
    case GEO_ITEM_STATION:
        add_station(report, item->payload);
        break;
    case GEO_ITEM_NOTE:
        add_note(report, item->payload);
        break;
    case GEO_ITEM_UNREADABLE:
        report->unreadable++;
        break;
    default:
        report->others++;
    }
}

static void print_envelope(const struct drf_config *config, const struct edge_message *message,
                           const struct edge_envelope *envelope, FILE *out)
{
    const struct drf_feed_config *feed = &config->feeds[message->feed];
    char time[32];
    format_time(envelope->version.time_utc_us, time);
    fprintf(out, "feed      %s, topic %s, format %s\n", feed->name, feed->topic,
            geo_format_name((enum geo_format)feed->format));
    fprintf(out, "source    %s, priority %" PRId32 ", licence %s\n", envelope->source,
            feed->priority, feed->licence[0] != '\0' ? feed->licence : "not stated");
    fprintf(out, "key       %s\n", envelope->key);
    const char *basis = envelope->file_time ? "a file's time of change, for want of a better"
                        : edge_message_header(message, "ce_time")
                            ? "ce_time"
                            : "as if published now: no ce_time";
    int64_t issued_utc_us;
    fprintf(out, "version   %s (%s)\n", time, basis);
    if (geo_issued_read((enum geo_format)feed->format, envelope->document.bytes,
                        envelope->tombstone ? 0 : envelope->document.size, &issued_utc_us)) {
        format_time(issued_utc_us, time);
        fprintf(out, "issued    %s, as the data say: the ce_time to publish it with\n", time);
    }
    if (envelope->edition[0] != '\0')
        fprintf(out,
                "delivery  edition %s, part %" PRIu32 " of %" PRIu32
                ": what is in none of its parts is withdrawn\n",
                envelope->edition, envelope->part, envelope->parts);
    else
        fprintf(out, "delivery  %s\n",
                envelope->tombstone ? "a tombstone: what this key brought is withdrawn"
                                    : "features: adds or replaces by id");
    if (envelope->document.size != message->value_size)
        fprintf(out, "frame     %zu of %zu bytes are a schema registry's, stepped over\n",
                message->value_size - envelope->document.size, message->value_size);
}

static void print_counts(const struct report *report)
{
    FILE *out = report->out;
    if (report->has_raster)
        fprintf(out,
                "  terrain: %" PRIu64 " tiles, %" PRIu64
                " known cells, %.1f to %.1f m AMSL, posts %.0f m apart, accuracy +-%.1f m, %s, "
                "height %s\n",
                report->tiles, report->raster.known_cells, report->raster.min_amsl_m,
                report->raster.max_amsl_m, report->raster.posting_m,
                report->raster.vertical_acc95_m, report->raster.crs, report->raster.vertical);
    if (report->obstacles > 0)
        fprintf(out,
                "  obstacles: %" PRIu64 " (%" PRIu64 " withdrawn); accuracy assumed of %" PRIu64
                " positions and %" PRIu64 " heights\n",
                report->obstacles, report->withdrawn, report->horizontal_assumed,
                report->vertical_assumed);
    if (report->fields > 0)
        fprintf(out, "  weather: %" PRIu64 " field%s\n", report->fields,
                report->fields == 1 ? "" : "s");
    if (report->zones > 0)
        fprintf(out, "  zones: %" PRIu64 "\n", report->zones);
    if (report->stations > 0)
        fprintf(out, "  stations: %" PRIu64 "\n", report->stations);
    if (report->tracks > 0)
        fprintf(out,
                "  tracks: %" PRIu64 " (%" PRIu64 " on the ground); no height of %" PRIu64
                ", no course of %" PRIu64 "\n",
                report->tracks, report->grounded, report->heightless, report->courseless);
    if (report->unreadable > 0)
        fprintf(out,
                "  UNREADABLE: %" PRIu64
                "; drones in their boxes are told that something may be "
                "missing there\n",
                report->unreadable);
    if (report->others > 0)
        fprintf(out, "  other records: %" PRIu64 "\n", report->others);
    if (report->refused_parts > 0 || report->passed_over > 0)
        fprintf(out, "  refused parts: %" PRIu64 "; skipped: %" PRIu64 "\n",
                report->refused_parts, report->passed_over);
    if (report->notes > NOTES_MAX)
        fprintf(out, "  (the first %d kinds of refusal are listed)\n", NOTES_MAX);
}

static void print_text_map(const struct report *report)
{
    fprintf(report->out, "\n  %.4f N %.4f E\n", report->text_map.bounds.north_deg,
            report->text_map.bounds.west_deg);
    for (size_t row = 0; row < report->text_map.rows; row++)
        fprintf(report->out, "  |%s|\n", report->text_map.cells[row]);
    fprintf(report->out, "  %*.4f N %.4f E\n", EDGE_TEXT_MAP_COLUMNS - 12,
            report->text_map.bounds.south_deg, report->text_map.bounds.east_deg);
    fprintf(report->out, "  . region  = terrain  ~ weather grid  o obstacle  "
                         "x withdrawn  + its line or outline  z zone  A aircraft  M station\n");
    if (report->off_text_map > 0)
        fprintf(report->out,
                "  %" PRIu64 " of them outside this map: kept for the look-ahead\n",
                report->off_text_map);
}

// Whether anything in it is more than a refusal.
static bool understood(struct geo_record record)
{
    size_t cursor = 0;
    for (struct geo_item item; geo_record_next(record, &cursor, &item);)
        if (item.kind != GEO_ITEM_UNREADABLE && item.kind != GEO_ITEM_NOTE)
            return true;
    return false;
}

bool edge_dry_run_report(const struct drf_config *config, const struct edge_message *message,
                         const struct edge_dry_run *dry_run, FILE *out)
{
    if (dry_run->enveloped)
        print_envelope(config, message, &dry_run->envelope, out);
    if (dry_run->status != DRF_OK) {
        bool ignored = dry_run->why.code == GEO_REFUSAL_IGNORED;
        fprintf(out, "%s: %s", ignored ? "skipped" : "refused",
                geo_refusal_name((enum geo_refusal_code)dry_run->why.code));
        if (dry_run->why.position > 0)
            fprintf(out, " at %" PRIu64, dry_run->why.position);
        fprintf(out, ": %s\n", dry_run->why.text);
        return ignored;
    }
    if (dry_run->envelope.tombstone) {
        fprintf(out, "accepted\n");
        return true;
    }
    struct report report = {.config = config, .out = out};
    edge_text_map_init(&report.text_map,
                       edge_bounds_widen(config->region.bounds, config->margin_m),
                       &config->region);
    fprintf(out, understood(dry_run->decoded.record) ? "accepted\n"
                                                     : "refused, but its place is known\n");
    size_t cursor = 0;
    for (struct geo_item item; geo_record_next(dry_run->decoded.record, &cursor, &item);)
        add_item(&report, &item);
    print_counts(&report);
    print_text_map(&report);
    const bool placed = edge_dry_run_place_tell(&report.place, out);
    return report.refused_parts == 0 && placed;
}
