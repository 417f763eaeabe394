// edge/wire/wire_alert.h - fills drf.v1.Alert from an alert zone.
// SPDX-License-Identifier: Apache-2.0
//
// Private to edge/wire/wire_alerts.c and edge/wire/wire_query.c.
#ifndef EDGE_WIRE_ALERT_H
#define EDGE_WIRE_ALERT_H

#include <stdbool.h>

#include "drf/v1/node.pb-c.h"
#include "fusion/root/root.h"

enum { EDGE_WIRE_CORNERS_MAX = 100 };

struct edge_wire_alert {
    Drf__V1__Alert alert;
    Drf__V1__Vertex corners[EDGE_WIRE_CORNERS_MAX];
    Drf__V1__Vertex *corner_list[EDGE_WIRE_CORNERS_MAX];
};

// Strings are borrowed from the zone, corners lie in *out: do not move it. Not `whole`: without
// text, version and area.
void edge_wire_fill_alert(struct edge_wire_alert *out, const struct fusion_zone *zone,
                          bool whole);

#endif
