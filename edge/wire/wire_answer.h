// edge/wire/wire_answer.h - content of a reply beside its code, as generated structs.
// SPDX-License-Identifier: Apache-2.0
//
// Private to edge/wire/*.c.
#ifndef EDGE_WIRE_ANSWER_H
#define EDGE_WIRE_ANSWER_H

#include "drf/v1/reply.pb-c.h"
#include "edge/wire/wire.h"

// Points into itself: never copied.
struct edge_wire_answer {
    Drf__V1__PlanReview review;
    Drf__V1__PlanConflict conflicts[FUSION_REVIEW_CONFLICTS_MAX];
    Drf__V1__PlanConflict *conflict_list[FUSION_REVIEW_CONFLICTS_MAX];
    Drf__V1__PlanGap gaps[FUSION_REVIEW_GAPS_MAX];
    Drf__V1__PlanGap *gap_list[FUSION_REVIEW_GAPS_MAX];
    Drf__V1__Landing landing;
    char *against[FUSION_LANDING_AGAINST_MAX];
    uint32_t unknown[FUSION_LAYER_COUNT];
};

void edge_wire_answer_review(struct edge_wire_answer *answer, const struct fusion_plan *plan,
                             const struct fusion_review *review);
void edge_wire_answer_landing(struct edge_wire_answer *answer,
                              const struct fusion_landing *landing);

#endif
