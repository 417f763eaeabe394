// SPDX-License-Identifier: Apache-2.0
#include "edge/sample/understood.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

enum { CORNERS_SHOWN = 12 };

static void obstacle_assumptions(const struct geo_obstacle *obstacle,
                                 struct edge_item_writer *writer)
{
    static const struct {
        uint32_t flag;
        const char *words;
    } rows[] = {
        {GEO_OBSTACLE_HORIZONTAL_ASSUMED,
         "accuracy of its position: the feed's default_horizontal_acc95_m"},
        {GEO_OBSTACLE_VERTICAL_ASSUMED,
         "accuracy of its height: the feed's default_vertical_acc95_m"},
        {GEO_OBSTACLE_NUMBERED,
         "its number behind '#': a part of a Multi-geometry, or another feature of that id"},
        {GEO_OBSTACLE_BALLOON, "a balloon: it never raises the surface"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if ((obstacle->flags & rows[i].flag) != 0)
            edge_item_assume(writer, rows[i].words);
    if ((obstacle->flags & GEO_OBSTACLE_HAS_AMSL) == 0)
        edge_item_assume(writer,
                         "its top above the sea: the terrain at its foot and its height");
    if ((obstacle->flags & GEO_OBSTACLE_HAS_AGL) == 0)
        edge_item_miss(writer, "height above the ground");
    if ((obstacle->flags & GEO_OBSTACLE_HAS_DATA_TIME) == 0)
        edge_item_miss(writer, "when the source last vouched for it");
    if ((obstacle->flags & (GEO_OBSTACLE_VERIFIED | GEO_OBSTACLE_UNVERIFIED)) == 0)
        edge_item_miss(writer, "whether it is verified");
}

static void write_obstacle(const struct geo_item *item, struct edge_item_writer *writer)
{
    const struct geo_obstacle *obstacle = item->payload;
    const bool withdrawn = (obstacle->flags & GEO_OBSTACLE_WITHDRAWN) != 0;
    char text[96];
    edge_item_begin(writer, "obstacle", obstacle->id, NULL);
    edge_item_text(writer, "", obstacle->kind);
    if (withdrawn)
        edge_item_text(writer, "", "WITHDRAWN");
    if ((obstacle->flags & GEO_OBSTACLE_OUTSIDE) != 0)
        edge_item_text(writer, "", "outside what the node keeps");
    if ((obstacle->flags & GEO_OBSTACLE_NO_PLACE) == 0)
        edge_item_place(writer, "at", obstacle->position);
    if (withdrawn || (obstacle->flags & GEO_OBSTACLE_OUTSIDE) != 0) {
        edge_item_end(writer);
        return;
    }
    if ((obstacle->flags & GEO_OBSTACLE_HAS_AGL) != 0)
        edge_item_number(writer, "height", obstacle->agl_m, 1, "m");
    if ((obstacle->flags & GEO_OBSTACLE_HAS_AMSL) != 0)
        edge_item_number(writer, "top", obstacle->amsl_m, 1, "m AMSL");
    edge_item_number(writer, "known to +-", obstacle->horizontal_acc95_m, 1, "m across");
    edge_item_number(writer, "+-", obstacle->vertical_acc95_m, 1, "m high");
    if (obstacle->quantity > 1)
        edge_item_number(writer, "", obstacle->quantity, 0, "of them there");
    if ((obstacle->flags & GEO_OBSTACLE_VERIFIED) != 0)
        edge_item_text(writer, "", "verified");
    if ((obstacle->flags & GEO_OBSTACLE_UNVERIFIED) != 0)
        edge_item_text(writer, "", "unverified");
    const char lighting[2] = {(char)obstacle->lighting, '\0'};
    const char marking[2] = {(char)obstacle->marking, '\0'};
    edge_item_text(writer, "lighting", lighting);
    edge_item_text(writer, "marking", marking);
    if ((obstacle->flags & GEO_OBSTACLE_HAS_DATA_TIME) != 0)
        edge_item_time(writer, "data of", obstacle->data_time_utc_us);
    if (obstacle->vertex_count > 0) {
        snprintf(text, sizeof text, "%s of %" PRIu32 " corners",
                 obstacle->geometry == GEO_GEOMETRY_POLYGON ? "polygon" : "line",
                 obstacle->vertex_count);
        edge_item_part(writer, text);
        edge_item_corners(writer, geo_item_vertices(item), obstacle->vertex_count,
                          CORNERS_SHOWN);
    }
    obstacle_assumptions(obstacle, writer);
    edge_item_end(writer);
}

static void track_motion(const struct geo_track *track, struct edge_item_writer *writer)
{
    const uint32_t flags = track->flags;
    char text[96];
    if ((flags & GEO_TRACK_ON_GROUND) != 0)
        edge_item_text(writer, "", "on the ground");
    if ((flags & GEO_TRACK_VELOCITY) != 0) {
        const double speed_mps = hypot(track->velocity_north_mps, track->velocity_east_mps);
        double course_deg =
            atan2(track->velocity_east_mps, track->velocity_north_mps) * 57.29577951308232;
        course_deg += course_deg < 0 ? 360 : 0;
        snprintf(text, sizeof text, "%.1f m/s, course %03.0f degrees true", speed_mps,
                 course_deg);
        edge_item_text(writer, "", text);
    } else if ((flags & GEO_TRACK_SPEED) != 0) {
        edge_item_number(writer, "", track->speed_mps, 1, "m/s");
        edge_item_miss(writer, "course: it may come from any side");
    } else if ((flags & GEO_TRACK_ON_GROUND) == 0) {
        edge_item_miss(writer, "speed and course: it may come from any side");
    }
    if ((flags & GEO_TRACK_UP) != 0)
        edge_item_number(writer, "climbs", track->velocity_up_mps, 1, "m/s");
}

static void write_track(const struct geo_track *track, struct edge_item_writer *writer)
{
    const uint32_t flags = track->flags;
    edge_item_begin(writer, "aircraft", track->id, track->name);
    edge_item_place(writer, "at", track->position);
    edge_item_time(writer, "then there at", track->time_utc_us);
    if ((flags & GEO_TRACK_AMSL) != 0)
        edge_item_number(writer, "", track->alt_amsl_m, 1, "m AMSL");
    if ((flags & GEO_TRACK_WGS84) != 0)
        edge_item_number(writer, "", track->alt_wgs84_m, 1, "m over the ellipsoid");
    if ((flags & GEO_TRACK_PRESSURE) != 0)
        edge_item_number(writer, "", track->alt_pressure_m, 1, "m of pressure altitude");
    if ((flags & (GEO_TRACK_AMSL | GEO_TRACK_WGS84 | GEO_TRACK_PRESSURE | GEO_TRACK_ON_GROUND))
        == 0)
        edge_item_miss(writer, "height: a conflict is judged horizontally");
    track_motion(track, writer);
    edge_item_number(writer, "known to +-", track->horizontal_acc95_m, 0, "m across");
    edge_item_number(writer, "+-", track->altitude_acc95_m, 0, "m high");
    if ((flags & GEO_TRACK_PREDICTED) != 0)
        edge_item_text(writer, "", "predicted by its node");
    if ((flags & GEO_TRACK_UNCONFIRMED) != 0)
        edge_item_text(writer, "", "its node doubts it");
    if ((flags & GEO_TRACK_TIMED_BY_MESSAGE) != 0)
        edge_item_assume(writer, "its time: the message's");
    // Equal to the default: stated so, or not at all. Greater: category 0, or stated.
    if (track->horizontal_acc95_m >= track->horizontal_default_acc95_m)
        edge_item_assume(writer, track->horizontal_acc95_m > track->horizontal_default_acc95_m
                                     ? "accuracy across: worse than the feed's default, as "
                                       "stated, or unknown to its source"
                                     : "accuracy across: the feed's default");
    edge_item_end(writer);
}

static void write_unreadable(const struct geo_unreadable *one, struct edge_item_writer *writer)
{
    char text[EDGE_ITEM_BOUNDS];
    edge_item_begin(writer, "UNREADABLE", one->id[0] != '\0' ? one->id : "(the message itself)",
                    NULL);
    edge_item_text(writer, "", geo_refusal_name((enum geo_refusal_code)one->code));
    edge_item_format_bounds(one->box, text);
    edge_item_text(writer, "drones are told that something may be missing in", text);
    if (one->valid_until_utc_us != GEO_UNREADABLE_NO_END_US)
        edge_item_time(writer, "until", one->valid_until_utc_us);
    edge_item_end(writer);
}

bool edge_understood_write(const struct edge_understood *understood,
                           const struct geo_item *item, struct edge_item_writer *writer)
{
    switch (item->kind) {
    case GEO_ITEM_OBSTACLE:
        write_obstacle(item, writer);
        return true;
    case GEO_ITEM_STATION:
        edge_understood_station(item->payload, writer);
        return true;
    case GEO_ITEM_TRACK:
        write_track(item->payload, writer);
        return true;
    case GEO_ITEM_ZONE:
        edge_understood_zone(item, writer);
        return true;
    case GEO_ITEM_FIELD:
        edge_understood_field(understood, item, writer);
        return true;
    case GEO_ITEM_RASTER: {
        struct geo_raster raster;
        memcpy(&raster, item->payload, sizeof raster);
        edge_understood_raster(understood, &raster, writer);
        return true;
    }
    case GEO_ITEM_UNREADABLE:
        write_unreadable(item->payload, writer);
        return true;
    default:
        return false;
    }
}
