// SPDX-License-Identifier: Apache-2.0
#include "sim/measure/plot.h"

#include <math.h>
#include <string.h>

enum {
    WIDTH = 640,
    HEIGHT = 310,
    LEFT = 64,
    RIGHT = 16,
    TOP = 52,
    BOTTOM = 46,
    LEGEND = 20,
    TICKS = 6
};

void sim_plot_text(FILE *out, const char *text)
{
    for (; *text != '\0'; text++) {
        const char *entity = *text == '<'   ? "&lt;"
                             : *text == '>' ? "&gt;"
                             : *text == '&' ? "&amp;"
                             : *text == '"' ? "&quot;"
                                            : NULL;
        if (entity != NULL)
            fputs(entity, out);
        else
            fputc(*text, out);
    }
}

// 1, 2 or 5 times a power of ten, so that at most TICKS steps reach `span`.
static double nice_step(double span)
{
    double step = pow(10, floor(log10(span / TICKS)));
    if (span / step > 5 * TICKS)
        return 10 * step;
    if (span / step > 2 * TICKS)
        return 5 * step;
    return span / step > TICKS ? 2 * step : step;
}

struct frame {
    double x0, x1, y0, y1; // of the data
    double left, height;   // of the picture
};

static double x_of(const struct frame *f, double x)
{
    return f->left + (x - f->x0) / (f->x1 - f->x0) * (WIDTH - f->left - RIGHT);
}

static double y_of(const struct frame *f, double y)
{
    return f->height - BOTTOM - (y - f->y0) / (f->y1 - f->y0) * (f->height - TOP - BOTTOM);
}

static void begin(FILE *out, double height, const char *title)
{
    fprintf(out, "<svg viewBox=\"0 0 %d %.0f\" role=\"img\" aria-label=\"", WIDTH, height);
    sim_plot_text(out, title);
    fputs("\"><text class=\"title\" x=\"0\" y=\"16\">", out);
    sim_plot_text(out, title);
    fputs("</text>\n", out);
}

static void text_at(FILE *out, double x, double y, const char *anchor, const char *text)
{
    fprintf(out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">", x, y, anchor);
    sim_plot_text(out, text);
    fputs("</text>\n", out);
}

static void axis_x(FILE *out, const struct frame *f, const char *label)
{
    double step = nice_step(f->x1 - f->x0);
    char text[32];
    int last = (int)floor(f->x1 / step + 1e-6);
    for (int i = (int)ceil(f->x0 / step); i <= last; i++) {
        double x = i * step;
        snprintf(text, sizeof text, "%.6g", x);
        text_at(out, x_of(f, x), f->height - BOTTOM + 16, "middle", text);
    }
    fprintf(out, "<line class=\"axis\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n",
            f->left, f->height - BOTTOM, (double)WIDTH - RIGHT, f->height - BOTTOM);
    text_at(out, (f->left + WIDTH - RIGHT) / 2, f->height - 8, "middle", label);
}

static void axis_y(FILE *out, const struct frame *f, const char *label)
{
    double step = nice_step(f->y1 - f->y0);
    if (f->y1 >= 2) // counts
        step = fmax(step, 1);
    char text[32];
    int last = (int)floor(f->y1 / step + 1e-6);
    for (int i = 0; i <= last; i++) {
        double y = i * step;
        fprintf(out, "<line class=\"grid\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n",
                f->left, y_of(f, y), (double)WIDTH - RIGHT, y_of(f, y));
        snprintf(text, sizeof text, "%.6g", y);
        text_at(out, f->left - 6, y_of(f, y) + 4, "end", text);
    }
    fprintf(out,
            "<text class=\"label\" transform=\"translate(12 %.1f) rotate(-90)\" "
            "text-anchor=\"middle\">",
            (f->height - BOTTOM + TOP) / 2);
    sim_plot_text(out, label);
    fputs("</text>\n", out);
}

void sim_plot_bars(FILE *out, const struct sim_plot_bars *bars)
{
    uint64_t most = 1;
    for (size_t i = 0; i < bars->count; i++)
        if (bars->counts[i] > most)
            most = bars->counts[i];
    const struct frame f = {.x0 = bars->from,
                            .x1 = bars->from + bars->width * (double)bars->count,
                            .y1 = (double)most,
                            .left = LEFT,
                            .height = HEIGHT};
    begin(out, f.height, bars->title);
    axis_y(out, &f, bars->y_label);
    for (size_t i = 0; i < bars->count; i++) {
        if (bars->counts[i] == 0)
            continue;
        double x = bars->from + bars->width * (double)i;
        double left = x_of(&f, x), right = x_of(&f, x + bars->width);
        double gap = right - left > 6 ? 1 : 0.3;
        double top = y_of(&f, (double)bars->counts[i]);
        fprintf(out,
                "<rect class=\"one\" x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.2f\"/>\n",
                left + gap / 2, top, right - left - gap, f.height - BOTTOM - top);
    }
    axis_x(out, &f, bars->x_label);
    for (size_t i = 0; i < bars->mark_count; i++) {
        if (bars->marks[i].at < f.x0 || bars->marks[i].at > f.x1)
            continue;
        double x = x_of(&f, bars->marks[i].at), y = 33 + 13.0 * (double)i;
        fprintf(out, "<line class=\"mark\" x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%.1f\"/>\n",
                x, (int)y - 9, x, f.height - BOTTOM);
        bool room = x < WIDTH - 150;
        text_at(out, room ? x + 4 : x - 4, y, room ? "start" : "end", bars->marks[i].label);
    }
    fputs("</svg>\n", out);
}

// A step for each half column of the picture, as high as all values in it: many are equal, such
// as the intervals of a simulation.
static void steps(FILE *out, const struct frame *f, const struct sim_numbers *n,
                  const char *class)
{
    fprintf(out, "<polyline class=\"%s\" points=\"%.1f,%.1f", class, x_of(f, f->x0),
            y_of(f, 0));
    double all = (double)n->count, reached = 0;
    size_t i = 0;
    while (i < n->count && n->values[i] <= f->x1) {
        double x = x_of(f, fmax(n->values[i], f->x0)), before = reached;
        do
            i++;
        while (i < n->count && n->values[i] <= f->x1 && x_of(f, n->values[i]) - x < 0.5);
        reached = (double)i / all;
        fprintf(out, " %.1f,%.1f %.1f,%.1f", x, y_of(f, before), x, y_of(f, reached));
    }
    fprintf(out, " %.1f,%.1f\"/>\n", x_of(f, f->x1), y_of(f, reached));
}

void sim_plot_shares(FILE *out, const char *title, const char *x_label,
                     const struct sim_plot_series *series, size_t count)
{
    static const char *const classes[] = {"line one", "line two", "line three"};
    double most = 0;
    for (size_t i = 0; i < count; i++)
        most = fmax(most, sim_numbers_quantile(series[i].numbers, 0.995));
    const struct frame f = {.x1 = most > 0 ? most : 1, .y1 = 1, .left = LEFT, .height = HEIGHT};
    begin(out, f.height + LEGEND, title);
    axis_y(out, &f, "share");
    axis_x(out, &f, x_label);
    for (size_t i = 0; i < count && i < 3; i++) {
        steps(out, &f, series[i].numbers, classes[i]);
        // Below the axis: a curve may rise anywhere above it.
        double x = f.left + 180.0 * (double)i, y = f.height + LEGEND - 8;
        fprintf(out, "<line class=\"%s\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n",
                classes[i], x, y - 4, x + 20, y - 4);
        text_at(out, x + 26, y, "start", series[i].label);
    }
    fputs("</svg>\n", out);
}

void sim_plot_rows(FILE *out, const char *title, const char *x_label,
                   const struct sim_plot_row *rows, size_t count)
{
    double most = 0;
    for (size_t i = 0; i < count; i++)
        most = fmax(most, rows[i].value);
    struct frame f = {.x1 = most > 0 ? most * 1.12 : 1,
                      .y1 = 1,
                      .left = 96,
                      .height = TOP + BOTTOM + 22.0 * (double)count};
    begin(out, f.height, title);
    for (size_t i = 0; i < count; i++) {
        double y = TOP + 22.0 * (double)i;
        char text[32];
        fprintf(out,
                "<rect class=\"one\" x=\"%.1f\" y=\"%.1f\" width=\"%.2f\" height=\"16\"/>\n",
                f.left, y + 3, x_of(&f, rows[i].value) - f.left);
        text_at(out, f.left - 6, y + 15, "end", rows[i].label);
        snprintf(text, sizeof text, "%.4g", rows[i].value);
        text_at(out, x_of(&f, rows[i].value) + 4, y + 15, "start", text);
    }
    axis_x(out, &f, x_label);
    fputs("</svg>\n", out);
}
