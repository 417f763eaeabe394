// SPDX-License-Identifier: Apache-2.0
// Conditions from the limits of a drone: wind, gust, visibility, height over ground, the
// edge of the region, and contradicting altitudes (schemas/advisories.md). The path is
// sampled at the times and distances at which the node samples it. At each sample the true
// value with its tolerance gives the greatest severity that is possible and the least that
// is certain; the margins in time are half a second and, for heights, the step between two
// samples.
#include <math.h>

#include "drf/v1/enums.pb-c.h"
#include "sim/witness/witness_case.h"

enum { GROUND = DRF__V1__LAYER__LAYER_GROUND, WEATHER = DRF__V1__LAYER__LAYER_WEATHER };

static const double guard_s = 0.5;
static const double suspect_m = 5.0, grounded_m = 10.0; // schemas/advisories.md
static const int64_t hour_us = INT64_C(3600000000);

struct range {
    double low, high;
};

// Bounds of the wind speed: of the nearest level, or of both where they are equally near.
static struct range wind_range(const struct sim_case *c, struct geo_point at, double agl_m,
                               bool agl_known, int64_t utc_us)
{
    const struct sim_witness *witness = c->witness;
    double best_m = HUGE_VAL, slack_m = 2 * witness->tolerance.ground_m + 1.0;
    struct range range = {HUGE_VAL, -HUGE_VAL};
    for (int i = 0; i < SIM_WIND_LEVELS; i++)
        best_m = fmin(best_m, fabs(agl_m - sim_wind_level_agl_m[i]));
    for (int i = 0; i < SIM_WIND_LEVELS; i++) {
        double level_m = sim_wind_level_agl_m[i];
        if (agl_known && fabs(agl_m - level_m) > best_m + slack_m)
            continue;
        double speed_mps =
            hypot(sim_world_weather(witness->world, SIM_WIND_TO_NORTH, at, level_m, utc_us),
                  sim_world_weather(witness->world, SIM_WIND_TO_EAST, at, level_m, utc_us));
        // Each part may be off by both errors (sim/witness/witness_weather.c).
        double tol_mps = 1.42
                         * (sim_world_wind_growth(level_m)
                                * (witness->weather_tolerance[SIM_WIND_TO_EAST]
                                   + witness->weather_tolerance[SIM_WIND_TO_NORTH])
                            + 2 * fabs(witness->world->plan.wind_bias_mps) + 0.01);
        range.low = fmin(range.low, speed_mps - tol_mps);
        range.high = fmax(range.high, speed_mps + tol_mps);
    }
    return range;
}

static struct range scalar_range(const struct sim_case *c, enum sim_weather_kind kind,
                                 struct geo_point at, int64_t utc_us)
{
    const struct sim_world *world = c->witness->world;
    double tol = c->witness->weather_tolerance[kind] + 0.01;
    if (kind != SIM_VISIBILITY) {
        double value = sim_world_weather(world, kind, at, 0, utc_us);
        return (struct range){value - tol, value + tol};
    }
    // The worse of two valid times; near a full hour of either pair.
    struct range range = {HUGE_VAL, -HUGE_VAL};
    for (int i = -1; i <= 1; i++) {
        int64_t near_us = utc_us + i * INT64_C(5000000);
        int64_t before_us = near_us - (near_us - world->plan.epoch_utc_us + hour_us) % hour_us;
        double a = sim_world_weather(world, kind, at, 0, before_us);
        double b = sim_world_weather(world, kind, at, 0, before_us + hour_us);
        range.low = fmin(range.low, fmin(a, b) - tol);
        range.high = fmax(range.high, fmin(a, b) + tol);
    }
    return range;
}

struct rule {
    uint32_t kind;
    enum sim_weather_kind weather; // SIM_WIND_TO_EAST: the wind
    double limit;                  // NAN: none
    bool floor;
};

static void judge_place(const struct sim_case *c, const struct rule *rule, double along_m,
                        double time_s, struct sim_condition *out)
{
    const struct sim_world *world = c->witness->world;
    const struct sim_truth *truth = &c->truth;
    struct geo_point at = c->report->position;
    int64_t utc_us = c->report->utc_us + (int64_t)(time_s * 1e6);
    double ground_m = truth->ground_m;
    if (along_m > 0.0) {
        at = sim_world_point(world, sim_way_at(&c->way, along_m));
        ground_m = sim_world_ground_amsl_m(world, at);
    }
    if (!sim_witness_published(world, utc_us))
        return;
    double edge_m = c->witness->tolerance.edge_m;
    bool agl_known = truth->amsl_known && truth->covered_m > edge_m
                     && sim_world_covered_m(world, at) > edge_m;
    double rise_m = along_m > 0.0 ? sim_way_rise_m(&c->way, along_m) : 0.0;
    double agl_m = truth->amsl_m + rise_m - ground_m;
    struct range range = rule->weather == SIM_WIND_TO_EAST
                             ? wind_range(c, at, fmax(agl_m, 0.0), agl_known, utc_us)
                             : scalar_range(c, rule->weather, at, utc_us);
    if (rule->floor ? range.low < rule->limit : range.high > rule->limit)
        out->possible = sim_severity_worse(out->possible, sim_severity_of(time_s - guard_s));
    bool sure = rule->weather != SIM_WIND_TO_EAST || agl_known;
    if (sure && (rule->floor ? range.high < rule->limit : range.low > rule->limit)) {
        out->certain = sim_severity_worse(out->certain, sim_severity_of(time_s + guard_s));
        out->value = rule->floor ? range.high : range.low;
    }
}

void sim_conditions_weather(struct sim_case *c)
{
    const struct sim_drone_limits limits = sim_drone_limits_of(c->report->drone);
    const struct rule rules[] = {
        {DRF__V1__ADVISORY_KIND__ADVISORY_KIND_WIND, SIM_WIND_TO_EAST, limits.wind_max_mps,
         false},
        {DRF__V1__ADVISORY_KIND__ADVISORY_KIND_GUST, SIM_GUST, limits.gust_max_mps, false},
        {DRF__V1__ADVISORY_KIND__ADVISORY_KIND_VISIBILITY, SIM_VISIBILITY,
         limits.visibility_min_m, true},
    };
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        const struct rule *rule = &rules[i];
        c->unjudged[rule->kind] = sim_way_unjudged(&c->way);
        if (isnan(rule->limit))
            continue;
        struct sim_condition found = {.kind = rule->kind,
                                      .feature = "",
                                      .possible = SIM_NOTHING,
                                      .certain = SIM_NOTHING,
                                      .limit = rule->limit};
        judge_place(c, rule, 0.0, 0.0, &found);
        bool ahead = c->way.kind == SIM_WAY_COURSE || c->way.kind == SIM_WAY_PLAN;
        double end_s = ahead ? sim_way_time_s(&c->way, c->way.length_m) : 0.0;
        for (int t = 0; t < 3 && ahead; t++) {
            double time_s = fmin(t == 0 ? 15.0 : t == 1 ? 45.0 : end_s, end_s);
            judge_place(c, rule, sim_way_along_m(&c->way, time_s), time_s, &found);
        }
        if (!c->witness->complete[WEATHER])
            found.certain = SIM_NOTHING;
        sim_case_add(c, found);
    }
}

struct height {
    struct sim_case *c;
    double limit_m, step_s; // between two looks of the node
    struct sim_condition over, unknown;
};

static void judge_height(struct height *h, struct sim_plane at, double time_s, double rise_m,
                         bool here)
{
    const struct sim_world *world = h->c->witness->world;
    const struct sim_truth *truth = &h->c->truth;
    const struct sim_height_tolerance *tol = &h->c->witness->tolerance;
    struct geo_point point = sim_world_point(world, at);
    double covered_m = sim_world_covered_m(world, point);
    double agl_m = truth->amsl_m + rise_m - sim_world_ground_amsl_m(world, point);
    double band_m = truth->amsl_tol_m + h->c->way.height_tol_m + tol->ground_m + 0.2
                    + (covered_m < tol->edge_m ? tol->step_m : 0.0);
    bool maybe_known = truth->basis != 0 && covered_m > -tol->edge_m;
    bool surely_known = truth->amsl_known && covered_m > tol->edge_m;
    if (maybe_known && agl_m + band_m > h->limit_m)
        h->over.possible =
            sim_severity_worse(h->over.possible, sim_severity_of(time_s - guard_s));
    if (!surely_known)
        h->unknown.possible =
            sim_severity_worse(h->unknown.possible, here ? SIM_CAUTION : SIM_INFO);
    if (surely_known && agl_m - band_m > h->limit_m) {
        // the node looks each 25 m, or each second up and down
        double late_s = here ? 0.0 : h->step_s + guard_s;
        h->over.certain = sim_severity_worse(h->over.certain, sim_severity_of(time_s + late_s));
        h->over.value = agl_m;
    }
    // Unknown ground ahead is reported unless the limit is exceeded before it.
    if (!maybe_known && h->over.possible == SIM_NOTHING)
        h->unknown.certain =
            sim_severity_worse(h->unknown.certain, here ? SIM_CAUTION : SIM_INFO);
}

static void judge_altitude_limit(struct sim_case *c, double limit_m)
{
    const uint32_t kind = DRF__V1__ADVISORY_KIND__ADVISORY_KIND_ALTITUDE_LIMIT;
    struct height h = {.c = c,
                       .limit_m = limit_m,
                       .over = {kind, 1, "", SIM_NOTHING, SIM_NOTHING, 0.0, limit_m},
                       .unknown = {kind, 0, "", SIM_NOTHING, SIM_NOTHING, 0.0, limit_m}};
    const struct sim_way *way = &c->way;
    judge_height(&h, way->start, 0.0, 0.0, true);
    // At most each 25 m of the middle of the way; of a disc the column over the aircraft.
    bool disc = way->kind == SIM_WAY_DISC;
    double end = disc ? way->time_max_s : way->length_m, step = disc ? 1.0 : 25.0;
    for (double at = 0.0; at < end && way->kind != SIM_WAY_UNDECIDED;) {
        double last = at;
        at = fmin(at + step, end);
        h.step_s = disc ? 1.0 : sim_way_time_s(way, at) - sim_way_time_s(way, last);
        judge_height(&h, disc ? way->start : sim_way_at(way, at),
                     disc ? at : sim_way_time_s(way, at),
                     disc ? sim_way_climbed_m(way, at) : sim_way_rise_m(way, at), false);
    }
    // Straight up at a corner: from when on it may be too high, and when it surely is.
    for (size_t i = 1; i < way->count; i++) {
        const struct sim_corner *a = &way->corners[i - 1], *b = &way->corners[i];
        if (way->kind != SIM_WAY_PLAN || b->along_m > a->along_m || b->rise_m <= a->rise_m)
            continue;
        h.step_s = b->time_s - a->time_s;
        judge_height(&h, b->at, a->time_s, b->rise_m, false);
    }
    if (!c->witness->complete[GROUND])
        h.over.certain = h.unknown.certain = SIM_NOTHING;
    sim_case_add(c, h.over);
    sim_case_add(c, h.unknown);
}

static void judge_reference(struct sim_case *c)
{
    const struct sim_report *r = c->report;
    struct sim_condition apart = {
        .kind = DRF__V1__ADVISORY_KIND__ADVISORY_KIND_ALTITUDE_REFERENCE_SUSPECT,
        .feature = "",
        .possible = SIM_NOTHING,
        .certain = SIM_NOTHING,
        .limit = suspect_m};
    struct sim_condition aloft = apart;
    aloft.variant = 1;
    aloft.limit = grounded_m;
    if (r->has_wgs84 && r->has_amsl) {
        double off_m =
            fabs(r->wgs84_m - sim_geoid_m(c->witness->geoid, r->position) - r->amsl_m);
        apart.value = off_m;
        apart.possible = off_m > suspect_m - 0.1 ? SIM_CAUTION : SIM_NOTHING;
        apart.certain = off_m > suspect_m + 0.1 ? SIM_CAUTION : SIM_NOTHING;
    }
    if (c->truth.basis != 0) {
        // flying it can only be told to be below the ground
        double over_m = c->truth.amsl_m - c->truth.ground_m;
        double off_m = r->on_ground ? fabs(over_m) : -over_m;
        double tol_m = c->truth.amsl_tol_m + c->truth.ground_tol_m;
        aloft.value = off_m;
        aloft.possible = off_m + tol_m > grounded_m ? SIM_CAUTION : SIM_NOTHING;
        bool sure = c->truth.amsl_known && c->truth.covered_m > c->witness->tolerance.edge_m;
        // the accuracy that the node may state counts too
        aloft.certain = sure && off_m - tol_m > fmax(grounded_m, 2 * c->truth.acc_high_m)
                            ? SIM_CAUTION
                            : SIM_NOTHING;
    }
    sim_case_add(c, apart);
    sim_case_add(c, aloft);
}

void sim_conditions_height(struct sim_case *c)
{
    const uint32_t kind = DRF__V1__ADVISORY_KIND__ADVISORY_KIND_ALTITUDE_LIMIT;
    const struct sim_drone_limits limits = sim_drone_limits_of(c->report->drone);
    c->unjudged[kind] = isnan(limits.agl_max_m) ? SIM_JUDGED : sim_way_unjudged(&c->way);
    if (!isnan(limits.agl_max_m) && !c->report->on_ground)
        judge_altitude_limit(c, limits.agl_max_m);
    judge_reference(c);
}

void sim_conditions_boundary(struct sim_case *c)
{
    const uint32_t kind = DRF__V1__ADVISORY_KIND__ADVISORY_KIND_REGION_BOUNDARY;
    const struct sim_way *way = &c->way;
    const struct sim_region *served = &c->witness->served;
    c->unjudged[kind] = served->count < 3 ? SIM_UNJUDGED_UNKNOWN : sim_way_unjudged(way);
    if (c->unjudged[kind] != SIM_JUDGED || c->report->on_ground)
        return;
    struct sim_condition found = {.kind = kind,
                                  .feature = "",
                                  .possible = SIM_NOTHING,
                                  .certain = SIM_NOTHING,
                                  .limit = served->margin_m};
    double along_m = 0.0;
    for (;;) {
        bool course = way->kind != SIM_WAY_DISC;
        double time_s = course ? sim_way_time_s(way, along_m) : 0.0;
        double away_m = sim_witness_outside_m(c->witness, sim_way_at(way, along_m));
        double band_m = 2.0 + 0.002 * along_m;
        if (away_m > -band_m)
            found.possible = sim_severity_worse(found.possible,
                                                sim_severity_of(fmax(time_s - guard_s, 15.1)));
        if (away_m > band_m)
            found.certain = sim_severity_worse(found.certain,
                                               sim_severity_of(fmax(time_s + guard_s, 15.1)));
        if (!course || along_m >= way->length_m)
            break;
        along_m = fmin(along_m + fmax(fabs(away_m) - band_m, 2.0), way->length_m);
    }
    double soon_m = sim_witness_outside_m(
        c->witness,
        way->kind == SIM_WAY_DISC ? way->start : sim_way_at(way, sim_way_along_m(way, 15.0)));
    double band_m = 2.0 + 0.005 * fabs(soon_m);
    if (soon_m > served->margin_m - band_m && found.possible != SIM_NOTHING)
        found.possible = SIM_WARNING;
    if (soon_m > served->margin_m + band_m && found.certain != SIM_NOTHING)
        found.certain = SIM_WARNING;
    found.value = soon_m;
    sim_case_add(c, found);
}
