// SPDX-License-Identifier: Apache-2.0
#include <inttypes.h>
#include <string.h>

#include "edge/sample/understood.h"

enum { CORNERS_SHOWN = 12 };
#define MINUTE_US INT64_C(60000000)

static const char *const units[] = {
    [GEO_ZONE_UNLIMITED] = "",
    [GEO_ZONE_AGL] = "m above the ground",
    [GEO_ZONE_AMSL] = "m above the sea",
    [GEO_ZONE_WGS84] = "m over the ellipsoid",
    [GEO_ZONE_PRESSURE] = "m of pressure altitude",
};

static void limit(struct edge_item_writer *writer, struct geo_zone_limit limit, bool upper)
{
    if (limit.reference == GEO_ZONE_UNLIMITED) {
        edge_item_text(writer, upper ? "to" : "from",
                       upper ? "no upper limit" : "the ground and below");
        return;
    }
    edge_item_number(writer, upper ? "to" : "from", limit.m, 1, units[limit.reference]);
}

static void shape(const struct geo_zone_view *view, const struct geo_zone_volume *volume,
                  struct edge_item_writer *writer)
{
    char words[96];
    switch (volume->shape) {
    case GEO_ZONE_CIRCLE:
        edge_item_part(writer, "circle");
        edge_item_place(writer, "around", volume->centre);
        edge_item_number(writer, "radius", volume->radius_m, 1, "m");
        break;
    case GEO_ZONE_SKY:
        edge_item_part(writer, "circle in the sky");
        edge_item_number(writer, "right ascension",
                         volume->centre.lon_deg < 0 ? volume->centre.lon_deg + 360
                                                    : volume->centre.lon_deg,
                         4, "deg");
        edge_item_number(writer, "declination", volume->centre.lat_deg, 4, "deg");
        edge_item_number(writer, "radius", volume->radius_m / GEO_ZONE_SKY_M_PER_DEG, 4, "deg");
        return;
    case GEO_ZONE_REGION:
        edge_item_part(writer, "everywhere in the region");
        return;
    default:
        snprintf(words, sizeof words, "polygon of %" PRIu32 " corners", volume->vertex_count);
        edge_item_part(writer, words);
    }
    limit(writer, volume->lower, false);
    limit(writer, volume->upper, true);
    if (volume->shape == GEO_ZONE_POLYGON)
        edge_item_corners(writer, view->vertices + volume->first_vertex, volume->vertex_count,
                          CORNERS_SHOWN);
}

static void days(uint32_t bits, char *text, size_t size)
{
    static const char *const names[] = {"MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"};
    text[0] = '\0';
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if ((bits >> i & 1) != 0) {
            const size_t used = strlen(text);
            snprintf(text + used, size - used, "%s%s", used > 0 ? " " : "", names[i]);
        }
}

static void period(const struct geo_zone_period *period, struct edge_item_writer *writer)
{
    char text[64];
    edge_item_part(writer, "in force");
    if (period->from_utc_us == GEO_ZONE_ALWAYS_FROM_US)
        edge_item_text(writer, "", "since ever");
    else
        edge_item_time(writer, "from", period->from_utc_us);
    if (period->until_utc_us == GEO_ZONE_ALWAYS_UNTIL_US)
        edge_item_text(writer, "", "without end");
    else
        edge_item_time(writer, "until", period->until_utc_us);
    if (period->days != 0) {
        days(period->days, text, sizeof text);
        edge_item_text(writer, "on", text);
        snprintf(
            text, sizeof text, "%02d:%02d-%02d:%02d UTC",
            (int)(period->start_us / MINUTE_US / 60), (int)(period->start_us / MINUTE_US % 60),
            (int)(period->end_us / MINUTE_US / 60), (int)(period->end_us / MINUTE_US % 60));
        edge_item_text(writer, "", text);
    }
}

static void assumptions(const struct geo_zone *zone, struct edge_item_writer *writer)
{
    static const struct {
        uint32_t flag;
        const char *words;
    } rows[] = {
        {GEO_ZONE_HOLES_FILLED, "holes are taken as inside"},
        {GEO_ZONE_TIMES_WIDENED, "a time such as sunset is taken as the day's end"},
        {GEO_ZONE_TIMES_ASSUMED, "always in force: it gives no times"},
        {GEO_ZONE_RESTRICTION_ASSUMED, "PROHIBITED: its restriction is not known here"},
        {GEO_ZONE_AREA_WIDENED, "the area is widened by what its long edges may mean"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if ((zone->flags & rows[i].flag) != 0)
            edge_item_assume(writer, rows[i].words);
    if ((zone->alert & GEO_ALERT_AREA_ASSUMED) != 0)
        edge_item_assume(writer, "the area: it gives none that can be read, or not all of it");
    if ((zone->alert & GEO_ALERT_ENDS_ASSUMED) != 0)
        edge_item_assume(writer, "the end: it states none (the feed's valid_for_s), or no time "
                                 "zone");
}

static void severity(const struct geo_zone *zone, struct edge_item_writer *writer)
{
    static const char *const names[] = {"?", "WARNING", "CAUTION", "INFO"};
    edge_item_text(writer, "", names[zone->alert & GEO_ALERT_SEVERITY]);
    if ((zone->alert & GEO_ALERT_TEST) != 0)
        edge_item_text(writer, "", "a TEST");
}

void edge_understood_zone(const struct geo_item *item, struct edge_item_writer *writer)
{
    const struct geo_zone_view view = geo_item_zone(item);
    const struct geo_zone *zone = view.zone;
    const bool alert = zone->alert != 0, outside = (zone->flags & GEO_ZONE_OUTSIDE) != 0;
    const bool withdrawn = (zone->flags & GEO_ZONE_WITHDRAWN) != 0;
    const bool weather = (zone->flags & GEO_ZONE_WEATHER) != 0;
    edge_item_begin(writer,
                    alert     ? "alert"
                    : weather ? "weather hazard"
                              : "zone",
                    zone->id, zone->name);
    if (withdrawn)
        edge_item_text(writer, "", "WITHDRAWN");
    if (outside)
        edge_item_text(writer, "", "outside what the node keeps");
    if (withdrawn || outside) {
        if (alert && !withdrawn)
            severity(zone, writer);
        edge_item_end(writer);
        return;
    }
    if (alert)
        severity(zone, writer);
    else if (!weather)
        edge_item_text(writer, "",
                       geo_zone_restriction_name((enum geo_zone_restriction)zone->restriction));
    edge_item_text(writer, "reason", zone->reason);
    if ((zone->flags & GEO_ZONE_HAS_DATA_TIME) != 0)
        edge_item_time(writer, "data of", zone->data_time_utc_us);
    edge_item_text(writer, "message", zone->message);
    for (uint32_t i = 0; i < zone->volume_count; i++)
        shape(&view, &view.volumes[i], writer);
    for (uint32_t i = 0; i < zone->period_count; i++)
        period(&view.periods[i], writer);
    if (zone->period_count == 0)
        edge_item_part(writer, "always in force");
    assumptions(zone, writer);
    edge_item_end(writer);
}
