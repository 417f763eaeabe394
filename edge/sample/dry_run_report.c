// SPDX-License-Identifier: Apache-2.0
// Prints a dry run for the provider: the envelope, each item as it was understood, what was
// refused, totals that add up, a map. One pass over the record's items writes the first
// ITEMS_MAX that are kept and the first NOTES_MAX notes, counts by kind and by place, and draws
// the first MARKS_MAX features on a text map; a second pass writes what lies outside, while
// there is room. Circles are drawn as rings of CORNERS points, weather fields as the points of
// the first grid.
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "edge/sample/dry_run.h"
#include "edge/sample/dry_run_place.h"
#include "edge/sample/text_map.h"
#include "edge/sample/understood.h"
#include "geo/mode.h"
#include "geo/plane.h"
#include "geo/reader/issued.h"

enum { ITEMS_MAX = 20, NOTES_MAX = 50, MARKS_MAX = 20000 };

struct report {
    const struct drf_config *config;
    struct edge_understood understood;
    struct edge_item_writer writer;
    FILE *out;
    bool all;
    struct edge_text_map text_map;
    uint64_t written, left_out; // items
    uint64_t obstacles, withdrawn, horizontal_assumed, vertical_assumed, off_text_map;
    uint64_t tiles, rasters, fields, zones, alerts, stations, tracks, unreadable;
    uint64_t refused_parts, skipped, notes;
    uint64_t grounded, heightless, courseless; // of the tracks
    struct edge_dry_run_place place;
};

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
    *(view.zone->alert != 0 ? &report->alerts : &report->zones) += 1;
    report->withdrawn += (view.zone->flags & GEO_ZONE_WITHDRAWN) != 0;
    for (size_t i = 0; i < view.zone->volume_count; i++) {
        const struct geo_zone_volume *volume = &view.volumes[i];
        if (volume->shape == GEO_ZONE_CIRCLE)
            draw_circle(report, volume);
        else if (volume->shape == GEO_ZONE_POLYGON)
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

static void add_station(struct report *report, const struct geo_station *station)
{
    if (report->stations++ < MARKS_MAX)
        mark(report, station->position, 'M');
}

static void add_note(struct report *report, const struct geo_note *note)
{
    bool refused = note->code != GEO_REFUSAL_IGNORED;
    if (refused)
        report->refused_parts += note->count;
    else if (!edge_dry_run_notes_outside(note)) // counted by its place
        report->skipped += note->count;
    if (report->notes++ >= NOTES_MAX && !report->all)
        return;
    fprintf(report->out, "  %s %s", refused ? "refused:" : "warning:",
            geo_refusal_name((enum geo_refusal_code)note->code));
    if (note->position > 0)
        fprintf(report->out, " at %" PRIu64, note->position);
    fprintf(report->out, ": %s", note->text);
    if (note->count > 1 && strtoull(note->text, NULL, 10) != note->count)
        fprintf(report->out, " (%" PRIu32 " of them)", note->count);
    fputc('\n', report->out);
}

static void write_item(struct report *report, const struct geo_item *item)
{
    if (item->kind == GEO_ITEM_NOTE || item->kind == GEO_ITEM_CELLS)
        return;
    if (report->written < ITEMS_MAX || report->all)
        report->written += edge_understood_write(&report->understood, item, &report->writer);
    else
        report->left_out++;
}

static void add_item(struct report *report, const struct geo_item *item)
{
    edge_dry_run_place_add(&report->place, item, report->config);
    if (edge_dry_run_outside(item))
        return;
    write_item(report, item);
    switch (item->kind) {
    case GEO_ITEM_RASTER:
        report->rasters++;
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
        break;
    }
}

static void add_outside(struct report *report, struct geo_record record)
{
    size_t cursor = 0;
    for (struct geo_item item; geo_record_next(record, &cursor, &item);)
        if (edge_dry_run_outside(&item))
            write_item(report, &item);
    if (report->left_out > 0)
        fprintf(report->out, "  %" PRIu64 " more, --all shows them\n", report->left_out);
}

static void print_envelope(const struct drf_config *config, const struct edge_message *message,
                           const struct edge_envelope *envelope, FILE *out)
{
    const struct drf_feed_config *feed = &config->feeds[message->feed];
    char time[EDGE_ITEM_TEXT];
    edge_item_format_time(envelope->version.time_utc_us, time);
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
        edge_item_format_time(issued_utc_us, time);
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

static void print_details(const struct report *report)
{
    FILE *out = report->out;
    if (report->rasters > 0)
        fprintf(out, "  terrain: %" PRIu64 " tiles\n", report->tiles);
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
        fprintf(out, "  zones: %" PRIu64 " (%" PRIu64 " withdrawn)\n", report->zones,
                report->withdrawn);
    if (report->alerts > 0)
        fprintf(out, "  alerts: %" PRIu64 " (%" PRIu64 " withdrawn)\n", report->alerts,
                report->withdrawn);
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
    if (report->notes > NOTES_MAX && !report->all)
        fprintf(out, "  the first %d reasons are listed, --all shows the others\n", NOTES_MAX);
}

// Each part of the message is in one of these, once. A note on an alert, on a group of a report
// or on a hole of an obstacle is about a part of what was taken, and told beside the total.
static void print_total(const struct report *report)
{
    const struct edge_dry_run_place *place = &report->place;
    const uint32_t format = report->understood.feed->format;
    const bool whole = format != GEO_FORMAT_CAP && format != GEO_FORMAT_GCN;
    const bool fields = report->fields + report->rasters > 0;
    const uint64_t taken = report->fields + report->rasters;
    const uint64_t outside = edge_dry_run_place_outside(place);
    const uint64_t refused = whole ? report->refused_parts : 0;
    const uint64_t skipped = fields || report->tracks > 0 ? report->skipped : 0;
    FILE *out = report->out;
    fprintf(out, "  total: %" PRIu64 " = ",
            taken + place->inside + place->around + place->placeless + outside + refused
                + skipped);
    if (fields)
        fprintf(out, "%" PRIu64 " taken", taken);
    else
        fprintf(out, "%" PRIu64 " in the region + %" PRIu64 " around it, kept", place->inside,
                place->around);
    if (place->placeless > 0)
        fprintf(out, " + %" PRIu64 " everywhere, in the sky or withdrawn", place->placeless);
    fprintf(out, " + %" PRIu64 " outside, passed over", outside);
    if (whole)
        fprintf(out, " + %" PRIu64 " refused", refused);
    if (skipped > 0)
        fprintf(out, " + %" PRIu64 " skipped", skipped);
    fputc('\n', out);
    if (report->refused_parts > refused)
        fprintf(out, "  parts of them refused: %" PRIu64 "\n", report->refused_parts);
    if (report->skipped > skipped)
        fprintf(out, "  parts of them skipped: %" PRIu64 "\n", report->skipped);
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
                "  %" PRIu64 " of them, kept for the look-ahead, are off this map\n",
                report->off_text_map);
}

// Whether anything in it is more than a refusal.
static bool any_understood(struct geo_record record)
{
    size_t cursor = 0;
    for (struct geo_item item; geo_record_next(record, &cursor, &item);)
        if (item.kind != GEO_ITEM_UNREADABLE && item.kind != GEO_ITEM_NOTE)
            return true;
    return false;
}

bool edge_dry_run_report(const struct drf_config *config, const struct edge_message *message,
                         const struct edge_dry_run *dry_run, bool all, FILE *out)
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
        if (dry_run->why.code == GEO_REFUSAL_OUT_OF_REGION
            || strstr(dry_run->why.text, "inside the region") != NULL) // no track of many
            fprintf(out, "  WARNING: NOTHING of it lies inside the region: no drone is told "
                         "of it\n");
        return ignored;
    }
    if (dry_run->envelope.tombstone) {
        fprintf(out, "accepted\n");
        return true;
    }
    const struct geo_bounds region = config->region.bounds;
    struct report report = {
        .config = config,
        .understood = {.feed = &config->feeds[message->feed],
                       .middle = {(region.south_deg + region.north_deg) / 2,
                                  (region.west_deg + region.east_deg) / 2}},
        .writer = {.out = out},
        .out = out,
        .all = all,
    };
    edge_text_map_init(&report.text_map,
                       edge_bounds_widen(config->region.bounds, config->margin_m),
                       &config->region);
    fprintf(out, any_understood(dry_run->decoded.record) ? "accepted\n"
                                                         : "refused, but its place is known\n");
    size_t cursor = 0;
    for (struct geo_item item; geo_record_next(dry_run->decoded.record, &cursor, &item);)
        add_item(&report, &item);
    add_outside(&report, dry_run->decoded.record);
    print_details(&report);
    print_total(&report);
    print_text_map(&report);
    const bool placed = edge_dry_run_place_tell(&report.place, out);
    return report.refused_parts == 0 && placed;
}
