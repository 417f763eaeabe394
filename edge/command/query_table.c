// SPDX-License-Identifier: Apache-2.0
// The answer to a query as a table for the terminal. Each quantity is one row: value, accuracy,
// data time, source, or the reason why there is no value, in words. Sources are named in the
// rows and listed once at the end with version, times, accuracy and licence: struct seen holds
// which were printed, compared by address, since all rows borrow from one root.
#include <math.h>
#include <string.h>
#include <time.h>

#include "edge/command/plain_number.h"
#include "edge/command/query.h"
#include "geo/crs.h"
#include "geo/earth.h"

enum { TIME_SIZE = 24, VALUE_SIZE = 64 };

static const char *reason_text(enum fusion_reason reason)
{
    static const char *const texts[] = {
        [FUSION_REASON_UNKNOWN] = "unknown",
        [FUSION_REASON_NONE] = "",
        [FUSION_REASON_NO_DATA] = "unknown: no source covers this place",
        [FUSION_REASON_SOURCE_VOID] = "unknown: the source does not know here",
        [FUSION_REASON_STALE] = "unknown: the newest data are past their validity",
        [FUSION_REASON_CATCHING_UP] = "unknown: the feed is catching up",
        [FUSION_REASON_RESYNCHRONISING] = "unknown: the feed is being read again",
        [FUSION_REASON_LOADING] = "unknown: loading",
        [FUSION_REASON_OUT_OF_REGION] = "unknown: beyond what this node keeps",
        [FUSION_REASON_NO_ALTITUDE] = "unknown: no height to compute it from",
        [FUSION_REASON_ALTITUDE_SUSPECT] = "the altitudes contradict each other",
        [FUSION_REASON_BARE_EARTH] = "bare earth: no buildings or trees in it",
        [FUSION_REASON_NOT_REPORTED] = "unknown: no source carries it",
        [FUSION_REASON_CALM] = "calm",
        [FUSION_REASON_NO_QNH] = "unknown: no pressure setting",
        [FUSION_REASON_FEED_DOWN] = "unknown: the feed is unreachable",
        [FUSION_REASON_DATUM] = "unknown: the datum could not be converted",
        [FUSION_REASON_SHED] = "left out",
        [FUSION_REASON_NO_POSITION] = "unknown: no position",
        [FUSION_REASON_OBSTACLE_TOP] =
            "no surface model: other buildings and trees are not in it",
        [FUSION_REASON_PER_VALUE] = "said beside each value",
        [FUSION_REASON_FORGOTTEN] = "incomplete: live data were lost with their topic",
        [FUSION_REASON_UNREADABLE] = "incomplete: an input that may apply here was refused",
    };
    const bool named = (size_t)reason < sizeof texts / sizeof texts[0] && texts[reason] != NULL;
    return named ? texts[reason] : texts[FUSION_REASON_UNKNOWN];
}

// The same words behind "unknown: " or "incomplete: ", for what is not one value.
static const char *cause_text(enum fusion_reason reason)
{
    const char *text = reason_text(reason), *colon = strstr(text, ": ");
    return reason == FUSION_REASON_NO_DATA ? "no feed carries it"
           : colon != NULL                 ? colon + 2
                                           : text;
}

// How much of what there is follows. None is said only where nothing can be missing.
static void list_head(FILE *out, const char *what, size_t count, uint32_t left_out,
                      enum fusion_reason reason)
{
    const bool complete = reason == FUSION_REASON_NONE;
    if (count + left_out > 0)
        (void)fprintf(
            out, "\n%s: %zu of %zu listed%s%s\n", what, count, count + left_out,
            complete ? "" : "; there may be more: ", complete ? "" : cause_text(reason));
    else
        (void)fprintf(out, "\n%s: %s%s\n", what,
                      complete ? "none" : "unknown: ", complete ? "" : cause_text(reason));
}

static void format_time(int64_t utc_us, char text[static TIME_SIZE])
{
    time_t seconds = (time_t)(utc_us / 1000000);
    struct tm fields;
    if (utc_us == INT64_MIN || gmtime_r(&seconds, &fields) == NULL
        || strftime(text, TIME_SIZE, "%Y-%m-%dT%H:%M:%SZ", &fields) == 0)
        (void)snprintf(text, TIME_SIZE, "not stated");
}

static void row(FILE *out, const char *name, const char *value, const char *accuracy,
                int64_t data_time_utc_us, const struct fusion_source *source, const char *note)
{
    char when[TIME_SIZE];
    format_time(data_time_utc_us, when);
    (void)fprintf(out, "%-14s %-26s %-10s %-20s %-24s %s\n", name, value, accuracy, when,
                  source != NULL ? source->source : "-", note);
}

static void accuracy_text(double acc95_m, char text[static VALUE_SIZE])
{
    (void)snprintf(text, VALUE_SIZE, "+-%.1f m", acc95_m);
}

static void ground_row(FILE *out, const struct fusion_height *h)
{
    const struct fusion_source *source = h->ground_source;
    char text[VALUE_SIZE], accuracy[VALUE_SIZE] = "not stated", note[VALUE_SIZE];
    if (!h->ground_amsl_m.known) {
        (void)fprintf(out, "%-14s %s\n", "ground", reason_text(h->ground_reason));
        return;
    }
    (void)snprintf(text, sizeof text, "%.2f m AMSL", h->ground_amsl_m.value);
    (void)snprintf(note, sizeof note, "level %d", h->ground_level);
    if (source != NULL && source->vertical_acc95_m > 0.0)
        accuracy_text(source->vertical_acc95_m, accuracy);
    row(out, "ground", text, accuracy, source != NULL ? source->data_time_utc_us : INT64_MIN,
        source, note);
}

// Under an obstacle the surface is its top, and accuracy and time are the obstacle's.
static void surface_row(FILE *out, const struct fusion_height *h)
{
    const struct fusion_source *source = h->surface_source;
    char text[VALUE_SIZE], accuracy[VALUE_SIZE] = "not stated", note[256];
    int64_t data_time_utc_us = source != NULL ? source->data_time_utc_us : INT64_MIN;
    if (!h->surface_amsl_m.known) {
        (void)fprintf(out, "%-14s %s\n", "surface", reason_text(h->surface_reason));
        return;
    }
    (void)snprintf(text, sizeof text, "%.2f m AMSL", h->surface_amsl_m.value);
    int length = snprintf(note, sizeof note, "level %d", h->surface_level);
    if (source != NULL && source->vertical_acc95_m > 0.0)
        accuracy_text(source->vertical_acc95_m, accuracy);
    if (h->surface_obstacle != NULL) {
        const struct geo_obstacle *o = h->surface_obstacle->obstacle;
        accuracy_text(o->vertical_acc95_m, accuracy);
        if ((o->flags & GEO_OBSTACLE_HAS_DATA_TIME) != 0)
            data_time_utc_us = o->data_time_utc_us;
        length += snprintf(note + length, sizeof note - (size_t)length,
                           ", top of %s %s with its accuracy%s", o->id, o->kind,
                           (o->flags & GEO_OBSTACLE_VERTICAL_ASSUMED) != 0 ? " (assumed)" : "");
    }
    if (h->surface_reason != FUSION_REASON_NONE)
        (void)snprintf(note + length, sizeof note - (size_t)length, "%s%s",
                       h->surface_obstacle != NULL ? "; " : ", ",
                       reason_text(h->surface_reason));
    row(out, "surface", text, accuracy, data_time_utc_us, source, note);
}

static void geoid_row(FILE *out, double geoid_m)
{
    char text[VALUE_SIZE], accuracy[VALUE_SIZE];
    (void)snprintf(text, sizeof text, "%.2f m over the ellipsoid", geoid_m);
    accuracy_text(geo_crs_geoid()->acc95_m, accuracy);
    (void)fprintf(out, "%-14s %-26s %-10s %-20s %s\n", "geoid", text, accuracy, "not stated",
                  geo_crs_geoid()->name);
}

static const char *horizontal_text(enum fusion_basis basis)
{
    return basis == FUSION_BASIS_STATION        ? "observed at "
           : basis == FUSION_BASIS_INTERPOLATED ? "interpolated"
                                                : "nearest point";
}

static void note_of(const struct fusion_quantity *q, char *text, size_t size)
{
    char from[TIME_SIZE], until[TIME_SIZE], issued[TIME_SIZE];
    format_time(q->issue_utc_us, issued);
    format_time(q->valid_from_utc_us, from);
    format_time(q->valid_until_utc_us, until);
    static const char *const statistics[] = {"",       "",      ", accumulated",
                                             ", mean", ", max", ", min"};
    (void)snprintf(text, size, "%.10g .. %.10g m above ground, %s .. %s, issued %s, %s%s%s",
                   q->lower_agl_m, q->upper_agl_m, from, until, issued,
                   horizontal_text(q->horizontal), q->station != NULL ? q->station : "",
                   q->statistic < 6 ? statistics[q->statistic] : "");
}

static void wind_row(FILE *out, const struct fusion_quantity *wind)
{
    char text[VALUE_SIZE], note[224];
    if (wind->reason != FUSION_REASON_NONE) {
        (void)fprintf(out, "%-14s %s\n", "wind", reason_text(wind->reason));
        return;
    }
    double speed_mps = hypot(wind->value, wind->value_east);
    double from_deg = atan2(-wind->value_east, -wind->value) * GEO_DEG_PER_RAD;
    if (speed_mps < 0.5)
        (void)snprintf(text, sizeof text, "%.2f m/s, calm", speed_mps);
    else if (wind->direction_unknown)
        (void)snprintf(text, sizeof text, "%.2f m/s%s, variable", speed_mps,
                       wind->at_least ? " or more" : "");
    else
        (void)snprintf(text, sizeof text, "%.2f m/s%s from %.1f deg", speed_mps,
                       wind->at_least ? " or more" : "",
                       from_deg < 0.0 ? from_deg + 360.0 : from_deg);
    note_of(wind, note, sizeof note);
    row(out, "wind", text, "not stated", wind->data_time_utc_us, wind->source, note);
}

static void quantity_row(FILE *out, const char *name, const char *unit, double factor,
                         double offset, const struct fusion_quantity *q)
{
    char text[VALUE_SIZE], note[224];
    if (q->reason != FUSION_REASON_NONE) {
        (void)fprintf(out, "%-14s %s\n", name, reason_text(q->reason));
        return;
    }
    char number[EDGE_PLAIN_NUMBER_SIZE];
    (void)snprintf(text, sizeof text, "%s %s%s",
                   edge_plain_number(q->value * factor + offset, 4, number), unit,
                   q->at_least ? " or more" : "");
    note_of(q, note, sizeof note);
    row(out, name, text, "not stated", q->data_time_utc_us, q->source, note);
}

static void present_row(FILE *out, const struct fusion_present *present)
{
    if (present->reason != FUSION_REASON_NONE) {
        (void)fprintf(out, "%-14s %s\n", "weather", reason_text(present->reason));
        return;
    }
    char note[96];
    (void)snprintf(note, sizeof note, "observed at %s%s%s", present->station,
                   !present->precipitation_known ? ", precipitation unknown"
                   : present->precipitation      ? ", precipitation"
                                                 : "",
                   !present->convection_known ? ", convection unknown"
                   : present->convection      ? ", convection"
                                              : "");
    const char *none = present->precipitation_known ? "none" : "unknown";
    row(out, "weather", present->codes[0] != '\0' ? present->codes : none, "not stated",
        present->data_time_utc_us, present->source, note);
}

static void obstacle_row(FILE *out, const struct fusion_near *near)
{
    const struct geo_obstacle *o = near->obstacle->obstacle;
    char name[VALUE_SIZE], text[VALUE_SIZE], accuracy[VALUE_SIZE], note[160],
        published[48] = "";
    (void)snprintf(name, sizeof name, "%.0f m, %03.0f", near->distance_m,
                   near->bearing_deg_true);
    if (near->obstacle->top_known)
        (void)snprintf(text, sizeof text, "top %.1f m AMSL", near->obstacle->top_amsl_m);
    else
        (void)snprintf(text, sizeof text, "top unknown");
    if ((o->flags & GEO_OBSTACLE_HAS_AMSL) != 0)
        (void)snprintf(published, sizeof published, ", published %.1f m AMSL", o->amsl_m);
    bool assumed =
        (o->flags & (GEO_OBSTACLE_HORIZONTAL_ASSUMED | GEO_OBSTACLE_VERTICAL_ASSUMED)) != 0;
    (void)snprintf(accuracy, sizeof accuracy, "+-%.0f/%.0f m", o->horizontal_acc95_m,
                   o->vertical_acc95_m);
    (void)snprintf(note, sizeof note, "%s %s%s%s", o->id, o->kind, published,
                   assumed ? ", accuracy assumed" : "");
    row(out, name, text, accuracy,
        (o->flags & GEO_OBSTACLE_HAS_DATA_TIME) != 0 ? o->data_time_utc_us : INT64_MIN,
        near->obstacle->source, note);
}

static void obstacle_rows(FILE *out, const struct edge_wire_query_answer *answer)
{
    const struct fusion_point *p = &answer->point;
    char what[VALUE_SIZE];
    (void)snprintf(what, sizeof what, "obstacles within %.10g m", answer->ask.radius_m);
    list_head(out, what, p->obstacle_count, p->obstacles_left_out, p->obstacles_reason);
    for (size_t i = 0; i < p->obstacle_count; i++)
        obstacle_row(out, &p->obstacles[i]);
}

// Of which layers there may be more than is said here.
static void state_rows(FILE *out, const struct fusion_point *p)
{
    static const char *const layers[FUSION_LAYER_COUNT] = {
        [FUSION_LAYER_GROUND] = "ground",      [FUSION_LAYER_SURFACE] = "surface",
        [FUSION_LAYER_OBSTACLE] = "obstacles", [FUSION_LAYER_WEATHER] = "weather",
        [FUSION_LAYER_ZONE] = "zones",         [FUSION_LAYER_TRAFFIC] = "traffic",
        [FUSION_LAYER_ALERT] = "alerts"};
    if (p->layer_state_count > 0)
        (void)fputs("\nnot complete here\n", out);
    for (size_t i = 0; i < p->layer_state_count; i++)
        (void)fprintf(out, "%-14s %s\n", layers[p->layer_states[i].layer],
                      cause_text(p->layer_states[i].reason));
}

static void format_limit(const struct geo_zone_limit *limit, const char *none,
                         char text[static VALUE_SIZE])
{
    static const char *const over[] = {"", "AGL", "AMSL", "over the ellipsoid",
                                       "standard atmosphere"};
    if (limit->reference == GEO_ZONE_UNLIMITED || limit->reference > GEO_ZONE_PRESSURE)
        (void)snprintf(text, VALUE_SIZE, "%s", none);
    else
        (void)snprintf(text, VALUE_SIZE, "%.1f m %s", limit->m, over[limit->reference]);
}

static void zone_row(FILE *out, const struct fusion_zone_at *at)
{
    const struct geo_zone *zone = at->zone->view.zone;
    char place[VALUE_SIZE], lower[VALUE_SIZE], upper[VALUE_SIZE], change[TIME_SIZE];
    char when[TIME_SIZE];
    format_limit(&at->volume->lower, "the ground", lower);
    format_limit(&at->volume->upper, "no upper limit", upper);
    format_time(
        (zone->flags & GEO_ZONE_HAS_DATA_TIME) != 0 ? zone->data_time_utc_us : INT64_MIN, when);
    if (at->distance_m <= 0.0)
        (void)snprintf(place, sizeof place, "here, %s",
                       at->where == FUSION_ZONE_OUTSIDE ? "not at this height" : "inside");
    else
        (void)snprintf(place, sizeof place, "%.0f m away", at->distance_m);
    format_time(at->next_change_utc_us == INT64_MAX ? INT64_MIN : at->next_change_utc_us,
                change);
    (void)fprintf(
        out, "%-26s %-18s %-8s %-20s %-24s %s\n%-26s %s to %s; until %s%s%s%s%s%s\n", place,
        geo_zone_restriction_name((enum geo_zone_restriction)zone->restriction),
        at->active ? "active" : "inactive", when, at->zone->source->source, zone->id,
        zone->name, lower, upper,
        at->next_change_utc_us == INT64_MAX ? "further notice" : change,
        at->degraded ? "; a limit could not be compared" : "",
        (zone->flags & GEO_ZONE_RESTRICTION_ASSUMED) != 0 ? "; restriction assumed" : "",
        (zone->flags & (GEO_ZONE_TIMES_ASSUMED | GEO_ZONE_TIMES_WIDENED)) != 0
            ? "; times assumed"
            : "",
        (zone->flags & GEO_ZONE_HOLES_FILLED) != 0 ? "; holes taken as inside" : "",
        (zone->flags & GEO_ZONE_AREA_WIDENED) != 0 ? "; long edges widened" : "");
}

static void zone_rows(FILE *out, const struct edge_wire_query_answer *answer)
{
    const struct fusion_point *p = &answer->point;
    char what[VALUE_SIZE];
    (void)snprintf(what, sizeof what, "zones within %.10g m", answer->ask.radius_m);
    list_head(out, what, p->zone_count, p->zones_left_out, p->zones_reason);
    for (size_t i = 0; i < p->zone_count; i++)
        zone_row(out, &p->zones[i]);
}

static void alert_row(FILE *out, const struct fusion_zone *alert)
{
    static const char *const severities[] = {"unknown", "WARNING", "CAUTION", "INFO"};
    const struct geo_zone *zone = alert->view.zone;
    const bool sky = zone->volume_count > 0 && alert->view.volumes[0].shape == GEO_ZONE_SKY;
    const bool assumed = (zone->alert & GEO_ALERT_AREA_ASSUMED) != 0;
    char said[TIME_SIZE], from[TIME_SIZE] = "-", until[TIME_SIZE] = "further notice";
    format_time(
        (zone->flags & GEO_ZONE_HAS_DATA_TIME) != 0 ? zone->data_time_utc_us : INT64_MIN, said);
    if (zone->period_count > 0) {
        const struct geo_zone_period *period = alert->view.periods;
        format_time(period->from_utc_us, from);
        if (period->until_utc_us != GEO_ZONE_ALWAYS_UNTIL_US)
            format_time(period->until_utc_us, until);
    }
    (void)fprintf(out, "%-26s %-18s %-8s %-20s %-24s %s\n%-26s from %s until %s%s%s%s%s\n",
                  zone->id, zone->name[0] != '\0' ? zone->name : zone->reason,
                  severities[fusion_alert_severity(alert)], said, alert->source->source,
                  zone->message, "", from, until,
                  (zone->alert & GEO_ALERT_TEST) != 0 ? "; TEST" : "",
                  (zone->alert & GEO_ALERT_ENDS_ASSUMED) != 0 ? "; end assumed" : "",
                  !assumed ? ""
                  : sky    ? "; error not known: anywhere in the sky"
                           : "; area not stated",
                  sky && !assumed ? "; above the horizon here" : "");
}

static void alert_rows(FILE *out, const struct fusion_point *p)
{
    list_head(out, "alerts in force here", p->alerts.count, p->alerts.left_out,
              p->alerts_reason);
    for (size_t i = 0; i < p->alerts.count; i++)
        alert_row(out, p->alerts.items[i].zone);
}

struct seen {
    size_t count;
    const struct fusion_source *sources[3 + FUSION_WEATHER_ITEMS + FUSION_NEAREST_MAX
                                        + FUSION_ZONES_AT_MAX + FUSION_ALERTS_MAX];
};

// The provenance of what is said above, once. Each feature says its own accuracy and time.
static void source_row(FILE *out, struct seen *seen, const struct fusion_source *source,
                       enum fusion_layer layer)
{
    char issued[TIME_SIZE], when[TIME_SIZE], accuracy[VALUE_SIZE] = "accuracy not stated",
                                             posting[VALUE_SIZE] = "";
    if (source == NULL)
        return;
    for (size_t i = 0; i < seen->count; i++)
        if (seen->sources[i] == source)
            return;
    seen->sources[seen->count++] = source;
    format_time(source->issue_utc_us, issued);
    format_time(source->data_time_utc_us, when);
    const bool features = layer > FUSION_LAYER_SURFACE;
    if (features && source->data_time_utc_us == INT64_MIN)
        (void)snprintf(when, sizeof when, "as in each row");
    if (layer == FUSION_LAYER_OBSTACLE)
        (void)snprintf(accuracy, sizeof accuracy, "accuracy as in each row");
    if (source->vertical_acc95_m > 0.0)
        (void)snprintf(accuracy, sizeof accuracy, "+-%.1f m in height",
                       source->vertical_acc95_m);
    if (source->posting_m > 0.0)
        (void)snprintf(posting, sizeof posting, ", points every %.0f m", source->posting_m);
    (void)fprintf(out, "%s\n    version %s, issued %s, data time %s, %s%s, licence %s\n",
                  source->source, source->version[0] != '\0' ? source->version : "not stated",
                  issued, when, accuracy, posting,
                  source->licence[0] != '\0' ? source->licence : "not stated");
}

static void source_rows(FILE *out, const struct fusion_point *p)
{
    struct seen seen = {0};
    const struct geo_crs_geoid *geoid = geo_crs_geoid();
    (void)fprintf(out, "\nsources\n");
    source_row(out, &seen, p->height.ground_source, FUSION_LAYER_GROUND);
    source_row(out, &seen, p->height.surface_source,
               p->height.surface_obstacle != NULL ? FUSION_LAYER_OBSTACLE
                                                  : FUSION_LAYER_SURFACE);
    for (size_t i = 0; i < FUSION_WEATHER_ITEMS; i++)
        if (p->weather.items[i].reason == FUSION_REASON_NONE)
            source_row(out, &seen, p->weather.items[i].source, FUSION_LAYER_WEATHER);
    if (p->weather.present.reason == FUSION_REASON_NONE)
        source_row(out, &seen, p->weather.present.source, FUSION_LAYER_WEATHER);
    for (size_t i = 0; i < p->obstacle_count; i++)
        source_row(out, &seen, p->obstacles[i].obstacle->source, FUSION_LAYER_OBSTACLE);
    for (size_t i = 0; i < p->zone_count; i++)
        source_row(out, &seen, p->zones[i].zone->source, FUSION_LAYER_ZONE);
    for (size_t i = 0; i < p->alerts.count; i++)
        source_row(out, &seen, p->alerts.items[i].zone->source, FUSION_LAYER_ALERT);
    if (p->height.geoid_m.known)
        (void)fprintf(out,
                      "%s\n    version %s, +-%.2f m in height, points every %.0f m, licence "
                      "%s\n",
                      geoid->name, geoid->version, geoid->acc95_m, geoid->posting_m,
                      geoid->licence);
}

void edge_query_table(const struct edge_wire_query_answer *answer, FILE *out)
{
    const struct fusion_point *p = &answer->point;
    const struct fusion_quantity *w = p->weather.items;
    char when[TIME_SIZE];
    format_time(answer->ask.now_utc_us, when);
    (void)fprintf(out,
                  "%.7f %.7f at %s, %.10g m above ground\n"
                  "Advisory information, not certified, never a replacement for on-board "
                  "sensing.\n\n",
                  answer->ask.position.lat_deg, answer->ask.position.lon_deg, when,
                  answer->ask.agl_m);
    char outside[EDGE_WIRE_QUERY_TEXT_SIZE];
    if (edge_wire_query_outside(answer, outside))
        (void)fprintf(out, "OUTSIDE_REGION: %s.\n\n", outside);
    (void)fprintf(out, "%-14s %-26s %-10s %-20s %-24s\n", "", "value", "accuracy", "data time",
                  "source");
    ground_row(out, &p->height);
    surface_row(out, &p->height);
    if (p->height.geoid_m.known)
        geoid_row(out, p->height.geoid_m.value);
    else
        (void)fprintf(out, "%-14s unknown: its grid is not installed\n", "geoid");
    wind_row(out, &w[FUSION_WIND]);
    quantity_row(out, "gust", "m/s", 1.0, 0.0, &w[FUSION_GUST]);
    quantity_row(out, "temperature", "C", 1.0, -273.15, &w[FUSION_TEMPERATURE]);
    quantity_row(out, "dew point", "C", 1.0, -273.15, &w[FUSION_DEW_POINT]);
    quantity_row(out, "visibility", "m", 1.0, 0.0, &w[FUSION_VISIBILITY]);
    quantity_row(out, "precipitation", "mm/h", 3.6e6, 0.0, &w[FUSION_PRECIPITATION]);
    quantity_row(out, "ceiling", "m above ground", 1.0, 0.0, &w[FUSION_CEILING]);
    quantity_row(out, "QNH", "hPa", 0.01, 0.0, &w[FUSION_QNH]);
    present_row(out, &p->weather.present);
    obstacle_rows(out, answer);
    zone_rows(out, answer);
    alert_rows(out, p);
    if (!p->outside)
        state_rows(out, p);
    source_rows(out, p);
}
