// SPDX-License-Identifier: Apache-2.0
#include "sim/command/picture.h"

#include <math.h>
#include <stdlib.h>

enum { SIDE_MAX = 8000 };

enum drf_status sim_picture_open(int width, int height, struct sim_picture *out)
{
    if (width < 1 || height < 1 || width > SIDE_MAX || height > SIDE_MAX)
        return DRF_ERR_RANGE;
    uint8_t *pixels = calloc((size_t)width * (size_t)height, 3);
    if (pixels == NULL)
        return DRF_ERR_NOMEM;
    *out = (struct sim_picture){.width = width, .height = height, .pixels = pixels};
    return DRF_OK;
}

void sim_picture_close(struct sim_picture *picture)
{
    free(picture->pixels);
    picture->pixels = NULL;
}

static uint8_t mix(uint8_t under, double over, double opacity)
{
    double value = under + (over - under) * opacity;
    return (uint8_t)fmin(fmax(value, 0.0), 255.0);
}

static void blend(struct sim_picture *picture, int x, int y, struct sim_color color,
                  double opacity)
{
    if (x < 0 || y < 0 || x >= picture->width || y >= picture->height || opacity <= 0.0)
        return;
    uint8_t *p = &picture->pixels[3 * ((size_t)y * (size_t)picture->width + (size_t)x)];
    p[0] = mix(p[0], color.red, opacity);
    p[1] = mix(p[1], color.green, opacity);
    p[2] = mix(p[2], color.blue, opacity);
}

// From valley green over ochre and brown to pale summits.
static void tint(double share, double rgb[static 3])
{
    static const double stops[5][3] = {
        {96, 138, 100}, {154, 173, 118}, {209, 196, 145}, {176, 140, 106}, {236, 230, 222}};
    double at = fmin(fmax(share, 0.0), 1.0) * 4.0;
    int i = at >= 4.0 ? 3 : (int)at;
    for (int k = 0; k < 3; k++)
        rgb[k] = stops[i][k] + (stops[i + 1][k] - stops[i][k]) * (at - i);
}

struct sim_color sim_picture_tint(double share)
{
    double rgb[3];
    tint(share, rgb);
    return (struct sim_color){(uint8_t)rgb[0], (uint8_t)rgb[1], (uint8_t)rgb[2]};
}

static struct sim_color hatch_at(int x, int y)
{
    uint8_t grey = (x + y) % 12 < 2 ? 120 : 72;
    return (struct sim_color){grey, grey, (uint8_t)(grey + 18)};
}

void sim_picture_fill(struct sim_picture *picture, int left, int top, int width, int height,
                      struct sim_color color)
{
    for (int y = top; y < top + height; y++)
        for (int x = left; x < left + width; x++)
            blend(picture, x, y, color, 1.0);
}

void sim_picture_hatch(struct sim_picture *picture, int left, int top, int width, int height)
{
    for (int y = top; y < top + height; y++)
        for (int x = left; x < left + width; x++)
            blend(picture, x, y, hatch_at(x, y), 1.0);
}

static float height_at(const struct sim_picture *picture, const float *heights, int x, int y)
{
    x = x < 0 ? 0 : x >= picture->width ? picture->width - 1 : x;
    y = y < 0 ? 0 : y >= picture->height ? picture->height - 1 : y;
    return heights[(size_t)y * (size_t)picture->width + (size_t)x];
}

// Lambert's law with light from the north-west and a weaker one from the west and north, so
// that no slope is black; relief is doubled, as maps do.
static double light(double east_slope, double south_slope)
{
    double nx = -2.0 * east_slope, ny = -2.0 * south_slope;
    double length = sqrt(nx * nx + ny * ny + 1.0);
    double main = (-0.5 * nx - 0.5 * ny + 0.7071) / length;
    double side = (-0.7 * nx + 0.7141) / length, top = (-0.7 * ny + 0.7141) / length;
    return fmax(0.62 * main + 0.19 * side + 0.19 * top, 0.0);
}

static void shade(struct sim_picture *picture, const float *heights, int x, int y,
                  double pixel_m, float low, float high)
{
    uint8_t *p = &picture->pixels[3 * ((size_t)y * (size_t)picture->width + (size_t)x)];
    float here = height_at(picture, heights, x, y);
    if (isnan(here)) {
        struct sim_color unknown = hatch_at(x, y);
        p[0] = unknown.red;
        p[1] = unknown.green;
        p[2] = unknown.blue;
        return;
    }
    float west = height_at(picture, heights, x - 1, y),
          east = height_at(picture, heights, x + 1, y);
    float north = height_at(picture, heights, x, y - 1),
          south = height_at(picture, heights, x, y + 1);
    west = isnan(west) ? here : west;
    east = isnan(east) ? here : east;
    north = isnan(north) ? here : north;
    south = isnan(south) ? here : south;
    double bright =
        light((double)(east - west) / (2 * pixel_m), (double)(south - north) / (2 * pixel_m));
    double rgb[3];
    tint((double)(here - low) / fmax((double)(high - low), 1.0), rgb);
    for (int k = 0; k < 3; k++)
        p[k] = mix(0, rgb[k] * (0.35 + 0.95 * bright), 1.0);
}

void sim_picture_relief(struct sim_picture *picture, const float *heights, double pixel_m)
{
    float low = HUGE_VALF, high = -HUGE_VALF;
    size_t count = (size_t)picture->width * (size_t)picture->height;
    for (size_t i = 0; i < count; i++)
        if (!isnan(heights[i])) {
            low = fminf(low, heights[i]);
            high = fmaxf(high, heights[i]);
        }
    for (int y = 0; y < picture->height; y++)
        for (int x = 0; x < picture->width; x++)
            shade(picture, heights, x, y, pixel_m, low, high);
}

void sim_picture_dot(struct sim_picture *picture, double x, double y, double radius,
                     struct sim_color color, double opacity)
{
    for (int j = (int)floor(y - radius - 1); j <= (int)ceil(y + radius + 1); j++)
        for (int i = (int)floor(x - radius - 1); i <= (int)ceil(x + radius + 1); i++) {
            double cover = radius + 0.5 - hypot(i - x, j - y);
            blend(picture, i, j, color, opacity * fmin(cover, 1.0));
        }
}

void sim_picture_line(struct sim_picture *picture, double x0, double y0, double x1, double y1,
                      double width, struct sim_color color, double opacity)
{
    double dx = x1 - x0, dy = y1 - y0, square = dx * dx + dy * dy, half = width / 2;
    int left = (int)floor(fmin(x0, x1) - half - 1), right = (int)ceil(fmax(x0, x1) + half + 1);
    int top = (int)floor(fmin(y0, y1) - half - 1), bottom = (int)ceil(fmax(y0, y1) + half + 1);
    left = left < 0 ? 0 : left;
    top = top < 0 ? 0 : top;
    right = right >= picture->width ? picture->width - 1 : right;
    bottom = bottom >= picture->height ? picture->height - 1 : bottom;
    for (int j = top; j <= bottom; j++)
        for (int i = left; i <= right; i++) {
            double t = square > 0.0 ? ((i - x0) * dx + (j - y0) * dy) / square : 0.0;
            t = fmin(fmax(t, 0.0), 1.0);
            double cover = half + 0.5 - hypot(i - x0 - t * dx, j - y0 - t * dy);
            blend(picture, i, j, color, opacity * fmin(cover, 1.0));
        }
}

struct sim_color sim_color_of(size_t number)
{
    // Steps of the golden ratio around the colour circle.
    double turn = fmod((double)number * 0.61803398875, 1.0) * 6.0;
    double rise = fmod(turn, 1.0);
    int sector = (int)turn;
    static const int full[6] = {0, 1, 1, 2, 2, 0}, moving[6] = {1, 0, 2, 1, 0, 2};
    double rgb[3] = {40, 40, 40};
    rgb[full[sector]] = 250;
    rgb[moving[sector]] = 40 + 210 * (sector % 2 == 0 ? rise : 1 - rise);
    return (struct sim_color){(uint8_t)rgb[0], (uint8_t)rgb[1], (uint8_t)rgb[2]};
}
