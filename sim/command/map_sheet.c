// SPDX-License-Identifier: Apache-2.0
#include "sim/command/map_sheet.h"

#include <math.h>
#include <stdio.h>

#include "sim/command/lettering.h"

const struct sim_color sim_map_roof = {92, 60, 70};
const struct sim_color sim_map_zone = {176, 30, 120};
const struct sim_color sim_map_ink = {24, 28, 36};
const struct sim_color sim_map_paper = {250, 249, 246};

static const struct sim_color faint = {96, 102, 112};

enum { LINE_SIZE = 160 };

// The bands above and below the map, in units.
static const double top_units = 5.6, bottom_units = 9.6;

void sim_map_tower(struct sim_picture *picture, double x, double y, double scale)
{
    static const struct sim_color dark = {60, 20, 24}, red = {226, 62, 48};
    sim_picture_dot(picture, x, y, 3.6 * scale, dark, 0.9);
    sim_picture_dot(picture, x, y, 2.4 * scale, red, 1.0);
}

void sim_map_drone(struct sim_picture *picture, double x, double y, double scale,
                   struct sim_color color)
{
    sim_picture_dot(picture, x, y, 6.2 * scale, sim_map_ink, 1.0);
    sim_picture_dot(picture, x, y, 4.6 * scale, color, 1.0);
}

enum drf_status sim_map_sheet_open(int width, int height, struct sim_map_sheet *out)
{
    struct sim_map_sheet sheet = {.unit_px = fmin(fmax(width / 95.0, 5.0), 26.0)};
    int top = (int)(top_units * sheet.unit_px), bottom = (int)(bottom_units * sheet.unit_px);
    enum drf_status status = sim_picture_open(width, height + top + bottom, &sheet.all);
    if (status != DRF_OK)
        return status;
    size_t size = 3 * (size_t)sheet.all.width * (size_t)sheet.all.height;
    for (size_t i = 0; i < size; i += 3) {
        sheet.all.pixels[i] = sim_map_paper.red;
        sheet.all.pixels[i + 1] = sim_map_paper.green;
        sheet.all.pixels[i + 2] = sim_map_paper.blue;
    }
    sheet.map_top = top;
    sheet.map =
        (struct sim_picture){.width = width,
                             .height = height,
                             .pixels = sheet.all.pixels + 3 * (size_t)width * (size_t)top};
    *out = sheet;
    return DRF_OK;
}

void sim_map_sheet_close(struct sim_map_sheet *sheet) { sim_picture_close(&sheet->all); }

struct pen {
    struct sim_map_sheet *sheet;
    double x, y; // in pixels
};

static double say(struct pen *pen, double units, struct sim_color color, const char *text)
{
    const struct sim_lettering how = {.size_px = units * pen->sheet->unit_px, .color = color};
    sim_lettering_write(&pen->sheet->all, &how, pen->x, pen->y, text);
    return sim_lettering_width(&how, text);
}

// What a sign means, beside the sign; as wide as its column, or the next one begins after it.
static void explain(struct pen *pen, double sign_px, const char *text)
{
    double u = pen->sheet->unit_px, from_px = pen->x;
    pen->x += sign_px + 0.8 * u;
    pen->y += 0.5 * u;
    double wide = say(pen, 1.0, sim_map_ink, text);
    pen->y -= 0.5 * u;
    pen->x = from_px + sign_px + wide + 3.2 * u;
}

static void write_head(struct sim_map_sheet *sheet, const struct sim_map_legend *legend)
{
    double u = sheet->unit_px;
    char text[LINE_SIZE];
    struct pen pen = {sheet, 1.2 * u, 2.7 * u};
    say(&pen, 1.6, sim_map_ink, legend->title);
    const struct geo_bounds *b = &legend->bounds;
    snprintf(text, sizeof text, "%.4f %.4f to %.4f %.4f (WGS 84), north is up", b->south_deg,
             b->west_deg, b->north_deg, b->east_deg);
    pen.y = 4.7 * u;
    say(&pen, 0.9, faint, text);
    // The arrow.
    double x = sheet->all.width - 2.4 * u, top = 0.8 * u, foot = 4.8 * u;
    for (int side = -1; side <= 1; side += 2)
        sim_picture_line(&sheet->all, x, top, x + side * 0.9 * u, top + 1.5 * u, 0.28 * u,
                         sim_map_ink, 1.0);
    sim_picture_line(&sheet->all, x, top, x, foot, 0.28 * u, sim_map_ink, 1.0);
    pen = (struct pen){sheet, x - 2.0 * u, foot};
    say(&pen, 1.5, sim_map_ink, "N");
}

static void write_ground(struct pen *pen, const struct sim_map_legend *legend)
{
    double u = pen->sheet->unit_px, wide = 10.0 * u;
    char text[LINE_SIZE];
    for (int x = 0; x < (int)wide; x++)
        sim_picture_fill(&pen->sheet->all, (int)pen->x + x, (int)(pen->y - u), 1,
                         (int)(2.0 * u), sim_picture_tint(x / wide));
    snprintf(text, sizeof text, "ground, %.0f to %.0f m above the sea",
             (double)legend->low_amsl_m, (double)legend->high_amsl_m);
    explain(pen, wide, text);
}

static void write_scale(struct sim_map_sheet *sheet, const struct sim_map_legend *legend)
{
    double u = sheet->unit_px, most_m = 0.22 * sheet->all.width * legend->pixel_m;
    double power_m = pow(10.0, floor(log10(most_m))), m = power_m;
    if (5.0 * power_m <= most_m)
        m = 5.0 * power_m;
    else if (2.0 * power_m <= most_m)
        m = 2.0 * power_m;
    double wide = m / legend->pixel_m, right = sheet->all.width - 1.6 * u,
           y = sheet->all.height - 1.6 * u;
    char text[LINE_SIZE];
    sim_picture_line(&sheet->all, right - wide, y, right, y, 0.25 * u, sim_map_ink, 1.0);
    for (int i = 0; i <= 2; i++)
        sim_picture_line(&sheet->all, right - wide * i / 2, y - 0.5 * u, right - wide * i / 2,
                         y, 0.25 * u, sim_map_ink, 1.0);
    snprintf(text, sizeof text, m >= 1000.0 ? "%.0f km" : "%.0f m", m >= 1000.0 ? m / 1000 : m);
    struct pen pen = {sheet, right - wide, y - 1.1 * u};
    say(&pen, 1.0, sim_map_ink, text);
}

static void write_signs(struct pen *pen, const struct sim_map_legend *legend)
{
    struct sim_picture *all = &pen->sheet->all;
    double u = pen->sheet->unit_px;
    if ((legend->drawn & SIM_MAP_TOWERS) != 0) {
        sim_map_tower(all, pen->x + 0.6 * u, pen->y, u / 11.0);
        explain(pen, 1.2 * u, "tower or crane");
    }
    if ((legend->drawn & SIM_MAP_BUILDINGS) != 0) {
        double x = pen->x, y = pen->y, h = 0.5 * u;
        const double ring[5][2] = {
            {x, y - h}, {x + 1.4 * u, y - h}, {x + 1.4 * u, y + h}, {x, y + h}, {x, y - h}};
        for (int i = 0; i < 4; i++)
            sim_picture_line(all, ring[i][0], ring[i][1], ring[i + 1][0], ring[i + 1][1],
                             0.18 * u, sim_map_roof, 1.0);
        explain(pen, 1.4 * u, "building");
    }
    if ((legend->drawn & SIM_MAP_ZONES) != 0) {
        sim_picture_line(all, pen->x, pen->y, pen->x + 1.8 * u, pen->y, 0.3 * u, sim_map_zone,
                         1.0);
        explain(pen, 1.8 * u, "zone");
    }
}

static void write_tracks(struct pen *pen, const struct sim_map_legend *legend)
{
    struct sim_picture *all = &pen->sheet->all;
    double u = pen->sheet->unit_px;
    char text[LINE_SIZE];
    sim_picture_line(all, pen->x, pen->y, pen->x + 3.4 * u, pen->y, 0.7 * u, sim_map_ink, 1.0);
    sim_picture_line(all, pen->x, pen->y, pen->x + 3.4 * u, pen->y, 0.4 * u, sim_color_of(2),
                     1.0);
    sim_map_drone(all, pen->x + 3.4 * u, pen->y, u / 12.0, sim_color_of(2));
    int size =
        snprintf(text, sizeof text, "%zu drones, each at its end with its way", legend->drones);
    if (legend->names_left_out > 0 && size > 0 && (size_t)size < sizeof text)
        snprintf(text + size, sizeof text - (size_t)size, "; %zu names left out for room",
                 legend->names_left_out);
    explain(pen, 3.8 * u, text);
}

void sim_map_sheet_write(struct sim_map_sheet *sheet, const struct sim_map_legend *legend)
{
    double u = sheet->unit_px, y = sheet->map_top + sheet->map.height + 1.8 * u;
    write_head(sheet, legend);
    struct pen pen = {sheet, 1.2 * u, y};
    if (!isnan(legend->low_amsl_m))
        write_ground(&pen, legend);
    sim_picture_hatch(&sheet->all, (int)pen.x, (int)(pen.y - u), (int)(2.6 * u),
                      (int)(2.0 * u));
    explain(&pen, 2.6 * u, "ground not known");
    pen = (struct pen){sheet, 1.2 * u, y + 2.9 * u};
    write_signs(&pen, legend);
    pen = (struct pen){sheet, 1.2 * u, y + 5.6 * u};
    if ((legend->drawn & SIM_MAP_TRACKS) != 0)
        write_tracks(&pen, legend);
    write_scale(sheet, legend);
}
