// sim/command/picture.h - drawing on an array of RGB pixels.
// SPDX-License-Identifier: Apache-2.0
//
// Pixels are red, green, blue bytes, rows downward. Drawing is clipped to the picture.
#ifndef SIM_PICTURE_H
#define SIM_PICTURE_H

#include <stddef.h>
#include <stdint.h>

#include "geo/status.h"

struct sim_color {
    uint8_t red, green, blue;
};

struct sim_picture {
    int width, height;
    uint8_t *pixels; // 3 * width * height
};

DRF_MUST_CHECK enum drf_status sim_picture_open(int width, int height, struct sim_picture *out);
void sim_picture_close(struct sim_picture *picture);

// Heights (width * height of them, NAN unknown) as tinted relief lit from the north-west;
// pixel_m is the ground a pixel covers.
void sim_picture_relief(struct sim_picture *picture, const float *heights, double pixel_m);

// The tint of the lowest ground, 0, to the highest, 1.
struct sim_color sim_picture_tint(double share);
// Rectangles, one hatched as ground is that is not known.
void sim_picture_fill(struct sim_picture *picture, int left, int top, int width, int height,
                      struct sim_color color);
void sim_picture_hatch(struct sim_picture *picture, int left, int top, int width, int height);

// An antialiased disc and line; opacity 0 to 1.
void sim_picture_dot(struct sim_picture *picture, double x, double y, double radius,
                     struct sim_color color, double opacity);
void sim_picture_line(struct sim_picture *picture, double x0, double y0, double x1, double y1,
                      double width, struct sim_color color, double opacity);

// A bright colour that is far from those of the neighbouring numbers.
struct sim_color sim_color_of(size_t number);

#endif
