// SPDX-License-Identifier: Apache-2.0
// Two rows of a drone are held as the numbers that are shown: where it is (`at`) and what it is
// told (`say`). A record that changes nothing of them makes no entry, so that a drone that
// hovers costs nothing. `gone` stands before `new`: a place may change hands within a tick.
#include "edge/view/frame.h"

#include <stdlib.h>
#include <string.h>

enum {
    AT_COUNT = 8, // lat, lon, amsl, track, speed, climb in tenths, free, ahead
    AT_CLIMB = 5,
    FLAGS = EDGE_VIEW_OUTSIDE | EDGE_VIEW_FOLLOWS_PLAN | EDGE_VIEW_HAS_PROFILE
            | EDGE_VIEW_ON_GROUND | EDGE_VIEW_LOST | EDGE_VIEW_REPORTING
            | EDGE_VIEW_UNCONFIRMED,
    NOT_EVALUATED = 128, // nothing is known of it but its report, and what it was told before
};

struct say {
    int64_t silent_since_utc_us; // 0: it reports
    int32_t time_to_go_s;
    uint32_t count;
    uint16_t flags;
    uint8_t severity, kind;
    char text[EDGE_VIEW_TEXT_SIZE];
};

struct place {
    char id[EDGE_VIEW_ID_SIZE]; // "": no drone
    int64_t report_utc_us;
    int32_t at[AT_COUNT];
    struct say say;
    bool gone, is_new, moved, told; // since the frame before
};

struct edge_frame {
    uint32_t count, used; // places, and those below which there is or was a drone
    int64_t now_utc_us;
    struct place *places;
};

enum drf_status edge_frame_open(uint32_t places, struct edge_frame **out)
{
    struct edge_frame *frame = calloc(1, sizeof *frame);
    if (frame == NULL)
        return DRF_ERR_NOMEM;
    frame->count = places;
    frame->places = calloc(places > 0 ? places : 1, sizeof *frame->places);
    if (frame->places == NULL) {
        free(frame);
        return DRF_ERR_NOMEM;
    }
    *out = frame;
    return DRF_OK;
}

void edge_frame_close(struct edge_frame *frame)
{
    if (frame == NULL)
        return;
    free(frame->places);
    free(frame);
}

void edge_frame_forget(struct edge_frame *frame)
{
    memset(frame->places, 0, frame->used * sizeof *frame->places);
    frame->used = 0;
}

// To the nearest, half away from zero.
static int32_t divide(int32_t value, int32_t by)
{
    if (value == EDGE_VIEW_UNKNOWN)
        return value;
    const int64_t half = value < 0 ? -(by / 2) : by / 2;
    return (int32_t)((value + half) / by);
}

// Down: a height at worst is not made greater.
static int32_t divide_down(int32_t value, int32_t by)
{
    if (value == EDGE_VIEW_UNKNOWN)
        return value;
    return value / by - (value % by < 0 ? 1 : 0);
}

static struct say say_of(const struct edge_view_drone *drone)
{
    struct say say = {
        .time_to_go_s = divide(drone->time_to_go_ms, 1000),
        .count = drone->warnings + drone->cautions + drone->infos,
        .flags = (uint16_t)((drone->flags & FLAGS)
                            | (drone->evaluated_utc_us == EDGE_VIEW_UNKNOWN_UTC ? NOT_EVALUATED
                                                                                : 0U)),
        .severity = drone->severity,
        .kind = drone->kind,
    };
    memcpy(say.text, drone->text, sizeof say.text);
    say.text[sizeof say.text - 1] = '\0';
    return say;
}

// But for silence, which is the frame's.
static bool same_say(const struct say *a, const struct say *b)
{
    return a->time_to_go_s == b->time_to_go_s && a->count == b->count && a->flags == b->flags
           && a->severity == b->severity && a->kind == b->kind && strcmp(a->text, b->text) == 0;
}

void edge_frame_put(struct edge_frame *frame, uint32_t number,
                    const struct edge_view_drone *drone)
{
    if (number >= frame->count)
        return;
    struct place *place = &frame->places[number];
    if (strncmp(place->id, drone->id, sizeof place->id) != 0) {
        // Only who was shown before can be gone.
        const bool gone = place->gone || (place->id[0] != '\0' && !place->is_new);
        *place = (struct place){.gone = gone, .is_new = drone->id[0] != '\0'};
        memcpy(place->id, drone->id, sizeof place->id);
        place->id[sizeof place->id - 1] = '\0';
        place->moved = place->told = place->is_new;
    }
    if (place->id[0] == '\0')
        return;
    const int32_t at[AT_COUNT] = {
        divide(drone->lat_e7, 10),
        divide(drone->lon_e7, 10),
        divide(drone->amsl_cm, 100),
        divide(drone->track_cdeg_true, 100),
        divide(drone->speed_cmps, 100),
        divide(drone->climb_cmps, 10),
        divide_down(drone->free_low_cm, 100),
        divide_down(drone->ahead_low_cm, 100),
    };
    if (memcmp(at, place->at, sizeof at) != 0)
        place->moved = true;
    memcpy(place->at, at, sizeof at);
    struct say say = say_of(drone);
    if (!same_say(&say, &place->say))
        place->told = true;
    say.silent_since_utc_us = place->say.silent_since_utc_us;
    place->say = say;
    place->report_utc_us = drone->report_utc_us;
    if (number >= frame->used)
        frame->used = number + 1;
}

static void put_number(struct edge_json_text *json, int32_t value)
{
    if (value == EDGE_VIEW_UNKNOWN)
        edge_json_text_null(json);
    else
        edge_json_text_int(json, value);
}

static void put_tenths(struct edge_json_text *json, int32_t tenths)
{
    if (tenths == EDGE_VIEW_UNKNOWN || tenths % 10 == 0) {
        put_number(json, tenths == EDGE_VIEW_UNKNOWN ? tenths : tenths / 10);
        return;
    }
    if (tenths < 0 && tenths > -10)
        edge_json_text_value(json, "-0", 2);
    else
        edge_json_text_int(json, tenths / 10);
    const char decimal[2] = {'.', (char)('0' + abs(tenths % 10))};
    edge_json_text_raw(json, decimal, sizeof decimal);
}

static void put_at(struct edge_json_text *json, uint32_t number, const struct place *place)
{
    edge_json_text_begin(json, '[');
    edge_json_text_int(json, number);
    for (size_t i = 0; i < AT_COUNT; i++)
        if (i == AT_CLIMB)
            put_tenths(json, place->at[i]);
        else
            put_number(json, place->at[i]);
    edge_json_text_end(json, ']');
}

static void put_say(struct edge_json_text *json, uint32_t number, const struct say *say)
{
    edge_json_text_begin(json, '[');
    edge_json_text_int(json, number);
    edge_json_text_int(json, say->severity);
    edge_json_text_int(json, say->kind);
    put_number(json, say->time_to_go_s);
    edge_json_text_int(json, say->count);
    if (say->silent_since_utc_us != 0)
        edge_json_text_int(json, say->silent_since_utc_us / 1000);
    else
        edge_json_text_null(json);
    edge_json_text_int(json, say->flags);
    edge_json_text_word(json, say->text);
    edge_json_text_end(json, ']');
}

enum part { GONE, NEW, AT, SAY, PART_COUNT };

static bool has_part(const struct place *place, enum part part, bool whole)
{
    if (part == GONE)
        return place->gone && !whole;
    if (place->id[0] == '\0')
        return false;
    return whole || (part == NEW ? place->is_new : part == AT ? place->moved : place->told);
}

static void put_part(const struct edge_frame *frame, enum part part, bool whole,
                     struct edge_json_text *json)
{
    static const char *const keys[PART_COUNT] = {"gone", "new", "at", "say"};
    bool any = false;
    for (uint32_t i = 0; i < frame->used; i++) {
        const struct place *place = &frame->places[i];
        if (!has_part(place, part, whole))
            continue;
        if (!any) {
            edge_json_text_key(json, keys[part]);
            edge_json_text_begin(json, '[');
            any = true;
        }
        if (part == GONE) {
            edge_json_text_int(json, i);
        } else if (part == NEW) {
            edge_json_text_begin(json, '[');
            edge_json_text_int(json, i);
            edge_json_text_word(json, place->id);
            edge_json_text_end(json, ']');
        } else if (part == AT) {
            put_at(json, i, place);
        } else {
            put_say(json, i, &place->say);
        }
    }
    if (any)
        edge_json_text_end(json, ']');
}

static void put_all(const struct edge_frame *frame, bool whole, struct edge_json_text *json)
{
    edge_json_text_begin(json, '{');
    edge_json_text_key(json, "t");
    edge_json_text_int(json, frame->now_utc_us / 1000);
    if (whole) {
        edge_json_text_key(json, "full");
        edge_json_text_bool(json, true);
    }
    for (int part = 0; part < PART_COUNT; part++)
        put_part(frame, (enum part)part, whole, json);
    edge_json_text_end(json, '}');
}

void edge_frame_changes(struct edge_frame *frame, int64_t now_utc_us, int64_t silent_after_us,
                        struct edge_json_text *json)
{
    frame->now_utc_us = now_utc_us;
    for (uint32_t i = 0; i < frame->used; i++) {
        struct place *place = &frame->places[i];
        if (place->id[0] == '\0' || place->report_utc_us == EDGE_VIEW_UNKNOWN_UTC)
            continue;
        const bool silent = now_utc_us - place->report_utc_us > silent_after_us;
        const int64_t since_utc_us = silent ? place->report_utc_us : 0;
        if (since_utc_us != place->say.silent_since_utc_us)
            place->told = true;
        place->say.silent_since_utc_us = since_utc_us;
    }
    put_all(frame, false, json);
    for (uint32_t i = 0; i < frame->used; i++) {
        struct place *place = &frame->places[i];
        place->gone = place->is_new = place->moved = place->told = false;
    }
}

void edge_frame_whole(const struct edge_frame *frame, struct edge_json_text *json)
{
    put_all(frame, true, json);
}
