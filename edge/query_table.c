// SPDX-License-Identifier: Apache-2.0
// The answer as a table for people: a value, its accuracy, when it was true, who said it.
#include <inttypes.h>
#include <math.h>
#include <time.h>

#include "edge/query.h"

enum { TIME_SIZE = 24, VALUE_SIZE = 40 };

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
    };
    return reason < sizeof texts / sizeof texts[0] ? texts[reason] : "unknown";
}

static void format_time(int64_t utc_us, char text[static TIME_SIZE])
{
    time_t seconds = (time_t)(utc_us / 1000000);
    struct tm fields;
    if (utc_us == INT64_MIN || gmtime_r(&seconds, &fields) == NULL
        || strftime(text, TIME_SIZE, "%Y-%m-%dT%H:%M:%SZ", &fields) == 0)
        (void)snprintf(text, TIME_SIZE, "-");
}

static void row(FILE *out, const char *name, const char *value, const char *accuracy,
                int64_t data_time_utc_us, const struct fusion_source *source, const char *note)
{
    char when[TIME_SIZE];
    format_time(data_time_utc_us, when);
    (void)fprintf(out, "%-14s %-26s %-10s %-20s %-24s %s\n", name, value, accuracy, when,
                  source != NULL ? source->source : "-", note);
}

static void height_row(FILE *out, const char *name, struct fusion_number value,
                       enum fusion_reason reason, const struct fusion_source *source)
{
    char text[VALUE_SIZE], accuracy[VALUE_SIZE] = "-";
    if (!value.known) {
        (void)fprintf(out, "%-14s %s\n", name, reason_text(reason));
        return;
    }
    (void)snprintf(text, sizeof text, "%.2f m AMSL", value.value);
    if (source != NULL && source->vertical_acc95_m > 0.0)
        (void)snprintf(accuracy, sizeof accuracy, "+-%.1f m", source->vertical_acc95_m);
    row(out, name, text, accuracy, source != NULL ? source->data_time_utc_us : INT64_MIN,
        source, reason == FUSION_REASON_BARE_EARTH ? reason_text(reason) : "");
}

static const char *horizontal_text(enum fusion_basis basis)
{
    return basis == FUSION_BASIS_INTERPOLATED ? "interpolated" : "nearest point";
}

static void note_of(const struct fusion_quantity *q, char *text, size_t size)
{
    char from[TIME_SIZE], until[TIME_SIZE];
    format_time(q->valid_from_utc_us, from);
    format_time(q->valid_until_utc_us, until);
    static const char *const statistics[] = {"",       "",      ", accumulated",
                                             ", mean", ", max", ", min"};
    (void)snprintf(text, size, "%g .. %g m above ground, %s .. %s, %s%s", q->lower_agl_m,
                   q->upper_agl_m, from, until, horizontal_text(q->horizontal),
                   q->statistic < 6 ? statistics[q->statistic] : "");
}

static void wind_row(FILE *out, const struct fusion_quantity *wind)
{
    char text[VALUE_SIZE], note[160];
    if (wind->reason != FUSION_REASON_NONE) {
        (void)fprintf(out, "%-14s %s\n", "wind", reason_text(wind->reason));
        return;
    }
    double speed_mps = hypot(wind->value, wind->value_east);
    double from_deg = atan2(-wind->value_east, -wind->value) * 57.295779513082323;
    if (speed_mps < 0.5)
        (void)snprintf(text, sizeof text, "%.2f m/s, calm", speed_mps);
    else
        (void)snprintf(text, sizeof text, "%.2f m/s from %.1f deg", speed_mps,
                       from_deg < 0.0 ? from_deg + 360.0 : from_deg);
    note_of(wind, note, sizeof note);
    row(out, "wind", text, "-", wind->data_time_utc_us, wind->source, note);
}

static void quantity_row(FILE *out, const char *name, const char *unit, double factor,
                         double offset, const struct fusion_quantity *q)
{
    char text[VALUE_SIZE], note[160];
    if (q->reason != FUSION_REASON_NONE) {
        (void)fprintf(out, "%-14s %s\n", name, reason_text(q->reason));
        return;
    }
    (void)snprintf(text, sizeof text, "%.4g %s", q->value * factor + offset, unit);
    note_of(q, note, sizeof note);
    row(out, name, text, "-", q->data_time_utc_us, q->source, note);
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

void edge_query_table(const struct edge_query_answer *answer, FILE *out)
{
    const struct fusion_point *p = &answer->point;
    const struct fusion_quantity *w = p->weather.items;
    char when[TIME_SIZE];
    format_time(answer->ask.now_utc_us, when);
    (void)fprintf(out,
                  "%.7f %.7f at %s, %g m above ground\n"
                  "Advisory information, not certified, never a replacement for on-board "
                  "sensing.\n\n",
                  answer->ask.position.lat_deg, answer->ask.position.lon_deg, when,
                  answer->ask.agl_m);
    (void)fprintf(out, "%-14s %-26s %-10s %-20s %-24s\n", "", "value", "accuracy", "data time",
                  "source");
    height_row(out, "ground", p->height.ground_amsl_m, p->height.ground_reason,
               p->height.ground_source);
    height_row(out, "surface", p->height.surface_amsl_m, p->height.surface_reason,
               p->height.surface_source);
    if (p->height.geoid_m.known)
        (void)fprintf(out, "%-14s %.2f m over the ellipsoid (EGM96)\n", "geoid",
                      p->height.geoid_m.value);
    wind_row(out, &w[FUSION_WIND]);
    quantity_row(out, "gust", "m/s", 1.0, 0.0, &w[FUSION_GUST]);
    quantity_row(out, "temperature", "C", 1.0, -273.15, &w[FUSION_TEMPERATURE]);
    quantity_row(out, "dew point", "C", 1.0, -273.15, &w[FUSION_DEW_POINT]);
    quantity_row(out, "visibility", "m", 1.0, 0.0, &w[FUSION_VISIBILITY]);
    quantity_row(out, "precipitation", "mm/h", 3.6e6, 0.0, &w[FUSION_PRECIPITATION]);
    quantity_row(out, "ceiling", "m above ground", 1.0, 0.0, &w[FUSION_CEILING]);
    quantity_row(out, "QNH", "hPa", 0.01, 0.0, &w[FUSION_QNH]);
    (void)fprintf(out, "\nobstacles within %g m: %zu listed, %" PRIu32 " more%s%s\n",
                  answer->ask.radius_m, p->obstacle_count, p->obstacles_left_out,
                  p->obstacles_reason != FUSION_REASON_NONE ? "; may not be complete, " : "",
                  p->obstacles_reason != FUSION_REASON_NONE ? reason_text(p->obstacles_reason)
                                                            : "");
    for (size_t i = 0; i < p->obstacle_count; i++)
        obstacle_row(out, &p->obstacles[i]);
}
