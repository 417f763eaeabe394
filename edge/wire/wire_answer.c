// SPDX-License-Identifier: Apache-2.0
#include "edge/wire/wire_answer.h"
#include "edge/wire/wire_parts.h"

#define SET(message, field, to) ((message)->has_##field = 1, (message)->field = (to))
#define PUT_NUMBER(message, field, number)                                                     \
    edge_wire_put_number(&(message)->has_##field, &(message)->field, (number))

static void fill_conflict(Drf__V1__PlanConflict *out,
                          const struct fusion_review_conflict *conflict)
{
    const struct fusion_advisory *a = &conflict->advisory;
    drf__v1__plan_conflict__init(out);
    SET(out, leg, conflict->leg);
    SET(out, kind, a->kind);
    SET(out, severity, a->severity);
    if (a->position_known) {
        SET(out, lat_e7, edge_wire_e7(a->position.lat_deg));
        SET(out, lon_e7, edge_wire_e7(a->position.lon_deg));
    }
    // of a zone the value is a distance; of the region's edge there is none
    if (a->value_known && a->kind != FUSION_ADVISORY_ZONE)
        edge_wire_put(&out->has_clearance_m, &out->clearance_m, a->value);
    out->feature_id = edge_wire_text(a->feature_id);
    out->text = edge_wire_text(a->text);
}

void edge_wire_answer_review(struct edge_wire_answer *answer, const struct fusion_plan *plan,
                             const struct fusion_review *review)
{
    Drf__V1__PlanReview *m = &answer->review;
    drf__v1__plan_review__init(m);
    m->plan_id = edge_wire_text(plan->plan_id);
    if (plan->revision != 0)
        SET(m, revision, plan->revision);
    PUT_NUMBER(m, clearance_lowest_m, review->clearance_lowest_m);
    if (review->clearance_lowest_m.known)
        SET(m, clearance_lowest_leg, review->clearance_lowest_leg);
    else
        SET(m, clearance_lowest_reason, review->clearance_lowest_reason);
    for (; m->n_conflicts < review->conflict_count; m->n_conflicts++) {
        fill_conflict(&answer->conflicts[m->n_conflicts], &review->conflicts[m->n_conflicts]);
        answer->conflict_list[m->n_conflicts] = &answer->conflicts[m->n_conflicts];
    }
    m->conflicts = answer->conflict_list;
    for (; m->n_gaps < review->gap_count; m->n_gaps++) {
        const struct fusion_review_gap *gap = &review->gaps[m->n_gaps];
        Drf__V1__PlanGap *out = &answer->gaps[m->n_gaps];
        drf__v1__plan_gap__init(out);
        SET(out, leg, gap->leg);
        SET(out, layer, gap->layer);
        edge_wire_put(&out->has_unknown_ratio, &out->unknown_ratio, gap->unknown_ratio);
        SET(out, reason, gap->reason);
        answer->gap_list[m->n_gaps] = out;
    }
    m->gaps = answer->gap_list;
    if (review->conflicts_left_out > 0)
        SET(m, conflicts_left_out, review->conflicts_left_out);
    SET(m, epoch, review->epoch);
}

void edge_wire_answer_landing(struct edge_wire_answer *answer,
                              const struct fusion_landing *landing)
{
    Drf__V1__Landing *m = &answer->landing;
    drf__v1__landing__init(m);
    SET(m, severity, landing->severity);
    PUT_NUMBER(m, slope_deg, landing->slope_deg);
    PUT_NUMBER(m, roughness_m, landing->roughness_m);
    PUT_NUMBER(m, canopy_m, landing->canopy_m);
    PUT_NUMBER(m, gust_mps, landing->gust_mps);
    SET(m, obstacles, landing->obstacles);
    for (; m->n_against < landing->against_count; m->n_against++)
        answer->against[m->n_against] = edge_wire_text(landing->against[m->n_against]);
    m->against = answer->against;
    for (; m->n_unknown < landing->unknown_count; m->n_unknown++)
        answer->unknown[m->n_unknown] = landing->unknown[m->n_unknown];
    m->unknown = answer->unknown;
}
