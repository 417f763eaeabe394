// SPDX-License-Identifier: Apache-2.0
// DATA_QUALITY: what a node must say that it does not know, and what it may say. Its advisories
// have no feature; they are told apart by layer, and the one about the surface ahead by its
// value. Where several causes have one layer the worst of them counts.
//
// Judged by the true world: where ground is published, and when weather is. Judged by the
// context itself, whose other checks hold it to the world: which segments have unknown cells,
// which layers are not complete.
#include <math.h>

#include "drf/v1/enums.pb-c.h"
#include "sim/witness/witness_case.h"
#include "sim/witness/witness_layers.h"

enum {
    GROUND = DRF__V1__LAYER__LAYER_GROUND,
    SURFACE = DRF__V1__LAYER__LAYER_SURFACE,
    OBSTACLE = DRF__V1__LAYER__LAYER_OBSTACLE,
    WEATHER = DRF__V1__LAYER__LAYER_WEATHER,
    TRAFFIC = DRF__V1__LAYER__LAYER_TRAFFIC,
    ZONE = DRF__V1__LAYER__LAYER_ZONE,
};

static const uint32_t kind = DRF__V1__ADVISORY_KIND__ADVISORY_KIND_DATA_QUALITY;
static const double guard_s = 0.5;
static const int64_t guard_us = 5000000;

struct quality {
    struct sim_case *c;
    struct sim_condition of[SIM_LAYERS][2]; // [1]: with a value
};

// On the ground nothing is more than an INFO.
static void weigh(struct quality *q, uint32_t layer, bool value, int possible, int certain)
{
    struct sim_condition *found = &q->of[layer][value];
    if (q->c->report->on_ground) {
        possible = sim_severity_milder(possible, SIM_INFO);
        certain = sim_severity_milder(certain, SIM_INFO);
    }
    found->possible = sim_severity_worse(found->possible, possible);
    found->certain = sim_severity_worse(found->certain, certain);
}

// No height over ground, and then no wind, which is chosen by it.
static void judge_height(struct quality *q)
{
    const struct sim_witness *witness = q->c->witness;
    const struct sim_truth *truth = &q->c->truth;
    double edge_m = witness->tolerance.edge_m;
    bool surely = truth->amsl_known && truth->covered_m > edge_m && witness->complete[GROUND];
    bool never = truth->basis == 0 || truth->covered_m < -edge_m;
    int possible = surely ? SIM_NOTHING : SIM_CAUTION;
    int certain = never ? SIM_CAUTION : SIM_NOTHING;
    weigh(q, GROUND, false, possible, certain);
    if (!isnan(sim_drone_limits_of(q->c->report->drone).wind_max_mps))
        weigh(q, WEATHER, false, possible, certain);
}

// Segments that were joined to fit begin sooner than the place that is not known.
static void judge_surface(struct quality *q)
{
    const Drf__V1__LookAhead *ahead = q->c->context->look_ahead;
    const struct sim_way *way = &q->c->way;
    if (ahead == NULL || ahead->n_segments == 0) {
        weigh(q, SURFACE, true, SIM_CAUTION, SIM_NOTHING);
        return;
    }
    for (size_t i = 0; i < ahead->n_segments; i++) {
        const Drf__V1__Segment *s = ahead->segments[i];
        if (!(s->unknown_ratio > 0.0F))
            continue;
        bool disc = way->kind == SIM_WAY_DISC;
        double soon_s = disc ? 0.0 : sim_way_time_s(way, (double)s->from_m);
        double late_s = disc ? 0.0 : sim_way_time_s(way, (double)s->to_m);
        bool soon = soon_s - guard_s <= 45.0, surely = late_s + guard_s <= 45.0;
        weigh(q, SURFACE, true, soon ? SIM_CAUTION : SIM_INFO, surely ? SIM_CAUTION : SIM_INFO);
        return; // the first place says it
    }
}

// A limit on weather that is not known.
static void judge_weather(struct quality *q)
{
    const struct sim_witness *witness = q->c->witness;
    const struct sim_drone_limits limits = sim_drone_limits_of(q->c->report->drone);
    int64_t utc_us = q->c->report->utc_us;
    bool limited = !isnan(limits.wind_max_mps) || !isnan(limits.gust_max_mps)
                   || !isnan(limits.visibility_min_m);
    bool surely = witness->complete[WEATHER]
                  && sim_witness_published(witness->world, utc_us - guard_us)
                  && sim_witness_published(witness->world, utc_us + guard_us);
    bool never = !sim_witness_published(witness->world, utc_us - guard_us)
                 && !sim_witness_published(witness->world, utc_us + guard_us);
    weigh(q, WEATHER, false, surely ? SIM_NOTHING : SIM_CAUTION,
          limited && never ? SIM_CAUTION : SIM_NOTHING);
}

// A layer that the context says is not complete. Of one without a feed, which says NO_DATA,
// nothing need be told.
static void judge_layers(struct quality *q)
{
    const Drf__V1__Context *context = q->c->context;
    for (size_t i = 0; i < context->n_layer_states; i++) {
        uint32_t layer = context->layer_states[i]->layer;
        uint32_t reason = context->layer_states[i]->reason;
        if (layer >= SIM_LAYERS)
            continue;
        bool flight = layer == GROUND || layer == SURFACE || layer == OBSTACLE || layer == ZONE;
        int severity = flight ? SIM_CAUTION : SIM_INFO;
        weigh(q, layer, false, severity,
              reason == DRF__V1__REASON__REASON_NO_DATA ? SIM_NOTHING : severity);
    }
}

void sim_conditions_quality(struct sim_case *c)
{
    struct quality q = {.c = c};
    c->unjudged[kind] = sim_way_unjudged(&c->way);
    if (c->unjudged[kind] != SIM_JUDGED)
        return;
    for (uint32_t layer = 0; layer < SIM_LAYERS; layer++)
        for (int value = 0; value < 2; value++)
            q.of[layer][value] = (struct sim_condition){.kind = kind,
                                                        .variant = 2 * layer + (uint32_t)value,
                                                        .feature = "",
                                                        .possible = SIM_NOTHING,
                                                        .certain = SIM_NOTHING};
    judge_height(&q);
    judge_surface(&q);
    judge_weather(&q);
    judge_layers(&q);
    // more others than it judges: how many may be met is its own to say
    if (c->context->traffic_left_out > 0)
        weigh(&q, TRAFFIC, false, SIM_INFO, SIM_NOTHING);
    for (uint32_t layer = 0; layer < SIM_LAYERS; layer++)
        for (int value = 0; value < 2; value++)
            sim_case_add(c, q.of[layer][value]);
}
