// sim/command/lettering.h - text on a picture: letters of five by eight dots, drawn as strokes.
// SPDX-License-Identifier: Apache-2.0
//
// ASCII; what else a text holds is drawn as '?'. Sizes are the height of a capital in pixels.
#ifndef SIM_LETTERING_H
#define SIM_LETTERING_H

#include "sim/command/picture.h"

struct sim_lettering {
    double size_px;
    struct sim_color color;
    struct sim_color halo; // around the strokes, so that a text is legible on anything
    double halo_opacity;   // 0: none
};

double sim_lettering_width(const struct sim_lettering *how, const char *text);
// x is the left end, y the line on which the letters stand.
void sim_lettering_write(struct sim_picture *picture, const struct sim_lettering *how, double x,
                         double y, const char *text);

#endif
