// SPDX-License-Identifier: Apache-2.0
#include "edge/wire/wire_state.h"

#include <math.h>
#include <string.h>

#include "drf/v1/node.pb-c.h"
#include "edge/wire/wire_enums.h"

enum { MARGIN_MAX_M = 1000000 };

// Absent: "". False: it does not fit.
static bool take_text(const char *text, char *out, size_t room)
{
    size_t size = text != NULL ? strlen(text) : 0;
    if (size >= room)
        return false;
    memcpy(out, text != NULL ? text : "", size + 1);
    return true;
}

// It is told on: what is no printable ASCII is left out.
static bool tellable(const char *text)
{
    while (*text > ' ' && *text <= '~')
        text++;
    return *text == '\0';
}

static bool take_boundary(const Drf__V1__NodeState *m, struct edge_wire_node_state *out)
{
    if (m->n_boundary > EDGE_WIRE_BOUNDARY_MAX || m->n_boundary == 1 || m->n_boundary == 2)
        return false;
    for (size_t i = 0; i < m->n_boundary; i++) {
        const Drf__V1__Vertex *corner = m->boundary[i];
        const struct geo_point point = {.lat_deg = corner->lat_e7 * 1e-7,
                                        .lon_deg = corner->lon_e7 * 1e-7};
        if (!corner->has_lat_e7 || !corner->has_lon_e7 || fabs(point.lat_deg) > 90.0
            || fabs(point.lon_deg) > 180.0)
            return false;
        out->boundary[i] = point;
    }
    out->boundary_count = m->n_boundary;
    return true;
}

static enum drf_status take(const Drf__V1__NodeState *m, struct edge_wire_node_state *out)
{
    if (!m->has_boot_id)
        return DRF_ERR_SYNTAX;
    double margin_m = m->has_margin_m ? (double)m->margin_m : 0.0;
    if (!take_text(m->region_id, out->region_id, sizeof out->region_id)
        || !take_text(m->node_id, out->node_id, sizeof out->node_id)
        || !take_text(m->address, out->address, sizeof out->address) || !take_boundary(m, out)
        || !(margin_m >= 0.0 && margin_m <= MARGIN_MAX_M))
        return DRF_ERR_RANGE;
    if (!tellable(out->address))
        out->address[0] = '\0';
    out->boot_id = m->boot_id;
    bool known = m->has_condition && m->condition <= EDGE_CONDITION_UP;
    out->condition = known ? m->condition : 0;
    out->down = out->condition <= EDGE_CONDITION_DOWN; // unknown is the most severe
    out->mode = m->has_mode ? m->mode : 0;
    out->node_time_utc_us = m->has_node_time_us ? m->node_time_us : 0;
    out->priority = m->has_priority ? m->priority : 0;
    out->margin_m = margin_m;
    memset(out->owner_epochs, 0, sizeof out->owner_epochs);
    for (size_t i = 0; i < m->n_owner_epochs && i < EDGE_WIRE_EPOCHS; i++)
        out->owner_epochs[i] = m->owner_epochs[i];
    return DRF_OK;
}

enum drf_status edge_wire_node_state_read(const uint8_t *bytes, size_t size,
                                          struct edge_wire_node_state *out)
{
    Drf__V1__NodeState *m = drf__v1__node_state__unpack(NULL, size, bytes);
    if (m == NULL)
        return DRF_ERR_SYNTAX;
    enum drf_status status = take(m, out);
    drf__v1__node_state__free_unpacked(m, NULL);
    return status;
}
