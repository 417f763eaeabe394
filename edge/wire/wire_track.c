// SPDX-License-Identifier: Apache-2.0
#include "edge/wire/wire_track.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#define ACC95_MIN_M 0.01 // the least that the schema takes

struct text {
    uint8_t *at;
    size_t room, length;
};

__attribute__((format(printf, 2, 3))) static void put(struct text *text, const char *format,
                                                      ...)
{
    size_t left = text->length < text->room ? text->room - text->length : 0;
    va_list arguments;
    va_start(arguments, format); // NOLINTNEXTLINE: the analyser takes it for not begun
    int more =
        vsnprintf((char *)text->at + (left > 0 ? text->length : 0), left, format, arguments);
    va_end(arguments);
    text->length += more > 0 ? (size_t)more : 0;
}

static void put_number(struct text *text, const char *name, double value)
{
    put(text, ",\"%s\":%.9g", name, value);
}

// How good the heights are that it says: the worst; left out where it does not say of one.
static void put_accuracy(struct text *text, const struct fusion_fix *fix)
{
    const struct fusion_altitude *heights[] = {&fix->wgs84, &fix->amsl, &fix->pressure};
    double worst_m = 0.0;
    for (size_t i = 0; i < sizeof heights / sizeof heights[0]; i++)
        if (heights[i]->known)
            worst_m = heights[i]->acc95_m > 0.0 ? fmax(worst_m, heights[i]->acc95_m) : HUGE_VAL;
    if (worst_m > 0.0 && worst_m < HUGE_VAL)
        put_number(text, "altitude_acc95_m", worst_m);
}

enum drf_status edge_wire_track_encode(const char *id, const struct fusion_fix *fix,
                                       bool unconfirmed,
                                       uint8_t *bytes, // NOLINT: written through `text`
                                       size_t *size)
{
    struct text text = {.at = bytes, .room = *size};
    put(&text,
        "{\"traffic_id\":\"%s\",\"lat_e7\":%ld,\"lon_e7\":%ld,\"data_time_us\":\"%" PRId64 "\"",
        id, lround(fix->position.lat_deg * 1e7), lround(fix->position.lon_deg * 1e7),
        fix->time_utc_us);
    if (fix->wgs84.known)
        put_number(&text, "alt_wgs84_m", fix->wgs84.m);
    if (fix->amsl.known)
        put_number(&text, "alt_amsl_m", fix->amsl.m);
    if (fix->pressure.known)
        put_number(&text, "alt_pressure_m", fix->pressure.m);
    put_accuracy(&text, fix);
    if (fix->velocity_known) {
        put_number(&text, "velocity_north_mps", fix->velocity_north_mps);
        put_number(&text, "velocity_east_mps", fix->velocity_east_mps);
    }
    if (fix->velocity_up_known)
        put_number(&text, "velocity_up_mps", fix->velocity_up_mps);
    if (fix->horizontal_acc95_m > 0.0)
        put_number(&text, "horizontal_acc95_m", fmax(fix->horizontal_acc95_m, ACC95_MIN_M));
    if (fix->on_ground)
        put(&text, ",\"on_ground\":true");
    if (unconfirmed)
        put(&text, ",\"unconfirmed\":true");
    put(&text, "}");
    if (text.length >= *size)
        return DRF_ERR_FULL;
    *size = text.length;
    return DRF_OK;
}
