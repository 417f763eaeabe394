// SPDX-License-Identifier: Apache-2.0
// Tracks in the fabric's memory. They change no tile and leave no trace in the store.
#include <stdio.h>

#include "fusion/fabric/fabric_impl.h"

// Without a version: a track's own time says when it was true, and provenances of one source
// are to be one object.
static struct fusion_source provenance_of(const struct fusion_feed *feed,
                                          const struct fusion_message *message)
{
    struct fusion_source made = {
        .priority = feed->priority, .issue_utc_us = INT64_MIN, .data_time_utc_us = INT64_MIN};
    snprintf(made.feed, sizeof made.feed, "%s", feed->name);
    snprintf(made.source, sizeof made.source, "%s", message->identity.source);
    snprintf(made.licence, sizeof made.licence, "%s", feed->licence);
    return made;
}

static enum fusion_outcome outcome_of(enum fusion_gate gate)
{
    switch (gate) {
    case FUSION_GATE_DUPLICATE:
        return FUSION_DUPLICATE;
    case FUSION_GATE_LESSER:
    case FUSION_GATE_BACKWARDS: // what a second receiver says a little later
    case FUSION_GATE_CLOCK:     // reported to the operator, or it waited in Kafka unread
        return FUSION_SUPERSEDED;
    default:
        return FUSION_IMPLAUSIBLE;
    }
}

enum drf_status fabric_apply_tracks(struct fusion_job *job, enum fusion_outcome *outcome)
{
    struct fusion_fabric *fabric = job->fabric;
    const struct fusion_feed *feed = fabric_feed(fabric, job->message.identity.feed);
    const struct fusion_source provenance = provenance_of(feed, &job->message);
    size_t cursor = 0;
    struct geo_item item;
    while (geo_record_next(job->record, &cursor, &item)) {
        enum fusion_gate gate;
        if (item.kind != GEO_ITEM_TRACK)
            continue;
        enum drf_status status =
            fusion_traffic_set_take(fabric->traffic, item.payload, &provenance, &gate);
        if (status != DRF_OK)
            return status;
        if (gate == FUSION_GATE_PASSED)
            *outcome = FUSION_APPLIED;
        else if (*outcome != FUSION_APPLIED)
            *outcome = outcome_of(gate);
    }
    return DRF_OK;
}

size_t fusion_fabric_tracks(const struct fusion_fabric *fabric)
{
    return fusion_traffic_set_count(fabric->traffic);
}

int64_t fusion_fabric_tracks_off_us(const struct fusion_fabric *fabric)
{
    return fusion_traffic_set_off_us(fabric->traffic);
}

uint64_t fusion_fabric_gated(const struct fusion_fabric *fabric, enum fusion_gate gate)
{
    return fusion_traffic_set_gated(fabric->traffic, gate);
}
