// SPDX-License-Identifier: Apache-2.0
#include <math.h>

#include "sim/measure/metric.h"
#include "sim/measure/plot.h"

enum { SIZE = 640, MARGIN = 14, TOP = 28, HEIGHT_MOST = 600 };

struct map {
    struct geo_point middle;
    double west_m, south_m, east_m, north_m;
    double pixel_m;
};

static struct sim_offset place(const struct map *map, struct geo_point at)
{
    struct sim_offset o = sim_metric_offset(map->middle, at, 0);
    return (struct sim_offset){.east_m = MARGIN + (o.east_m - map->west_m) / map->pixel_m,
                               .north_m =
                                   TOP + MARGIN + (map->north_m - o.north_m) / map->pixel_m};
}

static void survey(const struct sim_tracks *tracks, struct map *map)
{
    map->west_m = map->south_m = HUGE_VAL;
    map->east_m = map->north_m = -HUGE_VAL;
    for (size_t t = 0; t < tracks->count; t++)
        for (size_t i = 0; i < tracks->tracks[t].count; i++) {
            struct sim_offset o =
                sim_metric_offset(map->middle, tracks->tracks[t].fixes[i].at, 0);
            map->west_m = fmin(map->west_m, o.east_m);
            map->east_m = fmax(map->east_m, o.east_m);
            map->south_m = fmin(map->south_m, o.north_m);
            map->north_m = fmax(map->north_m, o.north_m);
        }
    double wide_m = map->east_m - map->west_m, high_m = map->north_m - map->south_m;
    map->pixel_m = fmax(wide_m / (SIZE - 2 * MARGIN), high_m / (HEIGHT_MOST - 2 * MARGIN));
    if (!(map->pixel_m > 0))
        map->pixel_m = 1;
}

// What lies within half a pixel of the corner before is left out.
static void draw_track(FILE *out, const struct map *map, const struct sim_track *track,
                       int64_t max_gap_us)
{
    bool open = false;
    struct sim_offset last = {0};
    for (size_t i = 0; i < track->count; i++) {
        struct sim_offset at = place(map, track->fixes[i].at);
        bool after = i > 0 && track->fixes[i].utc_us - track->fixes[i - 1].utc_us <= max_gap_us;
        if (open && !after) {
            fputs("\"/>\n", out);
            open = false;
        }
        if (!open) {
            fprintf(out, "<path class=\"%s\" d=\"M%.1f %.1f",
                    track->intruder ? "track two" : "track one", at.east_m, at.north_m);
            open = true;
            last = at;
        } else if (hypot(at.east_m - last.east_m, at.north_m - last.north_m) > 0.5
                   || i + 1 == track->count) {
            fprintf(out, "L%.1f %.1f", at.east_m, at.north_m);
            last = at;
        }
    }
    if (open)
        fputs("\"/>\n", out);
}

static void draw_loss(FILE *out, const struct map *map, const struct sim_tracks *tracks,
                      const struct sim_loss *loss)
{
    const struct sim_track *track = &tracks->tracks[loss->one];
    size_t i = sim_track_at(track, loss->near_us);
    if (i >= track->count)
        return;
    struct sim_offset at =
        place(map, i + 1 < track->count ? sim_track_between(track, i, loss->near_us).at
                                        : track->fixes[i].at);
    bool nmac = loss->kind == SIM_LOSS_NMAC;
    fprintf(out, "<circle class=\"%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"%s\"/>\n",
            nmac ? "nmac" : "loss", at.east_m, at.north_m, nmac ? "4.5" : "3");
}

static void draw_scale(FILE *out, const struct map *map, double y)
{
    double length_m = pow(10, floor(log10(160 * map->pixel_m)));
    if (5 * length_m <= 160 * map->pixel_m)
        length_m *= 5;
    else if (2 * length_m <= 160 * map->pixel_m)
        length_m *= 2;
    fprintf(out,
            "<path class=\"axis\" d=\"M%d %.1fv6h%.1fv-6\"/>\n<text x=\"%.1f\" y=\"%.1f\">"
            "%.6g %s</text>\n",
            MARGIN, y - 6, length_m / map->pixel_m, MARGIN + length_m / map->pixel_m + 8, y,
            length_m >= 1000 ? length_m / 1000 : length_m, length_m >= 1000 ? "km" : "m");
}

void sim_plot_map(FILE *out, const char *title, const struct sim_measured *measured,
                  int64_t max_gap_us)
{
    const struct sim_tracks *tracks = sim_scan_tracks(&measured->scan);
    struct map map = {0};
    for (size_t t = 0; t < tracks->count; t++)
        if (tracks->tracks[t].count > 0) {
            map.middle = tracks->tracks[t].fixes[0].at;
            break;
        }
    survey(tracks, &map);
    double high = (map.north_m - map.south_m) / map.pixel_m + 2 * MARGIN + TOP + 30;
    fprintf(out, "<svg class=\"map\" viewBox=\"0 0 %d %.0f\" role=\"img\" aria-label=\"", SIZE,
            high);
    sim_plot_text(out, title);
    fputs("\"><text class=\"title\" x=\"0\" y=\"16\">", out);
    sim_plot_text(out, title);
    fputs("</text>\n", out);
    for (size_t t = 0; t < tracks->count; t++)
        draw_track(out, &map, &tracks->tracks[t], max_gap_us);
    for (size_t i = 0; i < measured->separation.loss_count; i++)
        if (!measured->separation.losses[i].undecided
            && measured->separation.losses[i].kind == SIM_LOSS_WELL_CLEAR)
            draw_loss(out, &map, tracks, &measured->separation.losses[i]);
    for (size_t i = 0; i < measured->separation.loss_count; i++)
        if (!measured->separation.losses[i].undecided
            && measured->separation.losses[i].kind == SIM_LOSS_NMAC)
            draw_loss(out, &map, tracks, &measured->separation.losses[i]);
    draw_scale(out, &map, high - 10);
    fputs("</svg>\n", out);
}
