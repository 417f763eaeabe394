// sim/measure/plot.h - plots as inline SVG: bars, cumulative shares, tracks.
// SPDX-License-Identifier: Apache-2.0
//
// Colours and fonts are CSS classes of the page around them (report.c), for light and dark.
#ifndef SIM_PLOT_H
#define SIM_PLOT_H

#include <stdio.h>

#include "sim/measure/measures.h"

struct sim_plot_mark {
    double at;
    const char *label;
};

struct sim_plot_bars {
    const char *title, *x_label, *y_label;
    double from, width; // of the first bar; of each
    const uint64_t *counts;
    size_t count;
    const struct sim_plot_mark *marks; // lines across
    size_t mark_count;
};
void sim_plot_bars(FILE *out, const struct sim_plot_bars *bars);

struct sim_plot_series {
    const char *label;
    const struct sim_numbers *numbers; // sorted, not empty
};
// Share of values not above x, up to the 99.5 % quantile of the widest series.
void sim_plot_shares(FILE *out, const char *title, const char *x_label,
                     const struct sim_plot_series *series, size_t count); // at most 3

struct sim_plot_row {
    const char *label;
    double value;
};
void sim_plot_rows(FILE *out, const char *title, const char *x_label,
                   const struct sim_plot_row *rows, size_t count);

// Tracks from above, north up, with the losses of separation.
void sim_plot_map(FILE *out, const char *title, const struct sim_measured *measured,
                  int64_t max_gap_us);

// Text with what XML reserves written as entities.
void sim_plot_text(FILE *out, const char *text);

#endif
