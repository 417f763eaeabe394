// SPDX-License-Identifier: Apache-2.0
#include "edge/wire/wire_source.h"
#include "edge/wire/wire_parts.h"
#include "geo/crs.h"

#define SET(message, field, to) ((message)->has_##field = 1, (message)->field = (to))

static void put_if_not_negative(protobuf_c_boolean *has, float *out, double value)
{
    if (value >= 0.0)
        edge_wire_put(has, out, value);
}

// Features, reports and stations each say how good they are and since when; cells of one source
// are all alike.
static bool each_has_its_own(uint32_t layer)
{
    return layer == FUSION_LAYER_OBSTACLE || layer == FUSION_LAYER_TRAFFIC
           || layer == FUSION_LAYER_ZONE || layer == FUSION_LAYER_ALERT;
}

static void fill_reasons(Drf__V1__SourceEntry *out, const struct edge_wire_source *s)
{
    const bool sent = s->reason != FUSION_REASON_NO_DATA;
    const bool own = each_has_its_own(s->layer);
    const uint32_t none = sent ? FUSION_REASON_NOT_REPORTED : FUSION_REASON_NO_DATA;
    // of weather a station's time stands beside the value, a grid's is the source's
    const bool own_time = sent && (own || s->layer == FUSION_LAYER_WEATHER);
    const bool own_accuracy =
        sent && (s->layer == FUSION_LAYER_OBSTACLE || s->layer == FUSION_LAYER_TRAFFIC);
    if (!out->has_vertical_acc95_m && !out->has_horizontal_acc95_m)
        SET(out, accuracy_reason, own_accuracy ? FUSION_REASON_PER_VALUE : none);
    if (!out->has_data_time_us)
        SET(out, data_time_reason, own_time ? FUSION_REASON_PER_VALUE : none);
    if (out->version == NULL)
        SET(out, version_reason,
            sent && s->layer == FUSION_LAYER_TRAFFIC ? FUSION_REASON_PER_VALUE : none);
    if (out->licence == NULL) // it is the configuration that says it
        SET(out, licence_reason, FUSION_REASON_NOT_REPORTED);
}

void edge_wire_fill_source(Drf__V1__SourceEntry *out, const struct edge_wire_source *s)
{
    drf__v1__source_entry__init(out);
    out->source = edge_wire_text(s->source);
    out->feed = edge_wire_text(s->feed);
    out->licence = edge_wire_text(s->licence);
    out->version = edge_wire_text(s->version);
    out->last_error = edge_wire_text(s->last_error);
    if (s->layer != 0)
        SET(out, layer, s->layer);
    SET(out, priority, s->priority);
    if (!s->uncounted) {
        SET(out, records, s->records);
        SET(out, refused, s->refused);
    }
    SET(out, reason, s->reason);
    if (s->data_time_utc_us != INT64_MIN)
        SET(out, data_time_us, s->data_time_utc_us);
    if (s->issue_utc_us != INT64_MIN)
        SET(out, issue_time_us, s->issue_utc_us);
    if (s->received_utc_us != INT64_MIN)
        SET(out, received_us, s->received_utc_us);
    if (s->has_coverage) {
        SET(out, south_lat_e7, edge_wire_e7(s->coverage.south_deg));
        SET(out, west_lon_e7, edge_wire_e7(s->coverage.west_deg));
        SET(out, north_lat_e7, edge_wire_e7(s->coverage.north_deg));
        SET(out, east_lon_e7, edge_wire_e7(s->coverage.east_deg));
    }
    put_if_not_negative(&out->has_vertical_acc95_m, &out->vertical_acc95_m,
                        s->vertical_acc95_m);
    put_if_not_negative(&out->has_horizontal_acc95_m, &out->horizontal_acc95_m,
                        s->horizontal_acc95_m);
    put_if_not_negative(&out->has_posting_m, &out->posting_m, s->posting_m);
    put_if_not_negative(&out->has_records_per_s, &out->records_per_s, s->records_per_s);
    fill_reasons(out, s);
}

// 0 in a provenance means that it has none.
static double positive(double value) { return value > 0.0 ? value : -1.0; }

struct edge_wire_source edge_wire_source_of(const struct fusion_source *source,
                                            enum fusion_layer layer)
{
    return (struct edge_wire_source){
        .source = source->source,
        .feed = source->feed,
        .licence = source->licence,
        .version = source->version,
        .layer = layer,
        .priority = source->priority > 0 ? (uint32_t)source->priority : 0,
        .data_time_utc_us = source->data_time_utc_us,
        .issue_utc_us = source->issue_utc_us,
        .received_utc_us = INT64_MIN,
        .vertical_acc95_m = positive(source->vertical_acc95_m),
        .horizontal_acc95_m = -1.0,
        .posting_m = positive(source->posting_m),
        .records_per_s = -1.0,
        .uncounted = true,
        .reason = FUSION_REASON_NONE,
    };
}

struct edge_wire_source edge_wire_geoid_source(void)
{
    const struct geo_crs_geoid *geoid = geo_crs_geoid();
    return (struct edge_wire_source){
        .source = geoid->name,
        .feed = "",
        .licence = geoid->licence,
        .version = geoid->version,
        .data_time_utc_us = INT64_MIN,
        .issue_utc_us = INT64_MIN,
        .received_utc_us = INT64_MIN,
        .vertical_acc95_m = geoid->acc95_m,
        .horizontal_acc95_m = -1.0,
        .posting_m = geoid->posting_m,
        .records_per_s = -1.0,
        .uncounted = true,
        .reason = FUSION_REASON_NONE,
    };
}
