// edge/wire/wire_message.h - a context as generated structs, with the memory for them.
// SPDX-License-Identifier: Apache-2.0
//
// Private to edge/wire/*.c.
#ifndef EDGE_WIRE_MESSAGE_H
#define EDGE_WIRE_MESSAGE_H

#include "drf/v1/context.pb-c.h"
#include "edge/wire/wire.h"

enum { EDGE_WIRE_ADVISORIES_FULL = 8 };

// Points into itself: never copied.
struct edge_wire_message {
    Drf__V1__Context context;
    Drf__V1__Height height;
    Drf__V1__LookAhead look_ahead;
    Drf__V1__Segment segments[FUSION_SEGMENTS_MAX];
    Drf__V1__Segment *segment_list[FUSION_SEGMENTS_MAX];
    Drf__V1__Weather weather;
    Drf__V1__Wind wind;
    Drf__V1__Quantity quantities[FUSION_WEATHER_ITEMS];
    Drf__V1__PresentWeather present;
    Drf__V1__Obstacle obstacles[FUSION_NEAREST_MAX];
    Drf__V1__Obstacle *obstacle_list[FUSION_NEAREST_MAX];
    Drf__V1__Traffic traffic[FUSION_TRAFFIC_MAX];
    Drf__V1__Traffic *traffic_list[FUSION_TRAFFIC_MAX];
    Drf__V1__LayerState layer_states[FUSION_LAYER_COUNT];
    Drf__V1__LayerState *layer_state_list[FUSION_LAYER_COUNT];
    Drf__V1__AlertBrief alerts[FUSION_ALERTS_MAX];
    Drf__V1__AlertBrief *alert_list[FUSION_ALERTS_MAX];
    Drf__V1__Advisory advisories[FUSION_ADVISORIES_MAX]; // EDGE_WIRE_ADVISORIES_FULL on a link
    Drf__V1__Advisory *advisory_list[FUSION_ADVISORIES_MAX];
    Drf__V1__AdvisoryBrief briefs[FUSION_ADVISORIES_MAX];
    Drf__V1__AdvisoryBrief *brief_list[FUSION_ADVISORIES_MAX];
};

void edge_wire_message_fill(struct edge_wire_message *m, const struct edge_wire_context *from);

// Parts that edge/wire/wire_query.c shares.
void edge_wire_fill_segment(Drf__V1__Segment *out, const struct fusion_segment *segment);
void edge_wire_fill_height(Drf__V1__Height *out, const struct fusion_height *height);
void edge_wire_fill_wind(Drf__V1__Wind *out, const struct fusion_quantity *wind);
void edge_wire_fill_quantity(Drf__V1__Quantity *out, const struct fusion_quantity *quantity);
// False: no station reports it, and it is left out.
bool edge_wire_fill_present(Drf__V1__PresentWeather *out, const struct fusion_present *present);
void edge_wire_fill_obstacle(Drf__V1__Obstacle *out, const struct fusion_near *near);
void edge_wire_fill_advisory(Drf__V1__Advisory *out, const struct fusion_advisory *advisory,
                             bool cleared);

#endif
