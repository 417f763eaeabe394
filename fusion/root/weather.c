// SPDX-License-Identifier: Apache-2.0
// The fields of a variable are grouped by level, statistic and source (weather_index.c). Every
// group is asked whether it has a value at this place and time: for instants the two around
// now or the nearer one, for intervals the nearest; the best group by distance in height,
// width of the level and source then gives the value. Only that one is evaluated: bilinear in
// the plane of its grid, which was computed once per grid for this position, then linear in
// time between two instants. Levels are never mixed. Stations replace values afterwards
// (weather_station.c).
#include "fusion/root/weather.h"

#include <math.h>

#include "fusion/root/sample.h"
#include "fusion/root/simd.h"
#include "fusion/root/weather_index.h"
#include "geo/extreme.h"

// Positions this close to the outermost points, in cells, count as on them.
#define EDGE_CELLS 1e-6

struct value {
    double a, b; // the value; of a wind, toward north and toward east
    enum fusion_basis basis;
    bool known;
};

// A group that can answer at this place and time, and with what.
struct answer {
    const struct fusion_weather_group *group;
    const struct fusion_weather_entry *first, *second; // second: NULL, or the later of two
    double share;                                      // of the second, 0 .. 1
    double distance_m, width_m;
};

static bool plane_inside(struct fusion_planes *planes, uint32_t number, struct geo_point point)
{
    struct fusion_plane *plane = &planes->planes[number];
    if (plane->asked == planes->asked)
        return plane->inside;
    plane->asked = planes->asked;
    plane->inside = plane->cornered = false;
    if (geo_plane_at(plane->plane, point, &plane->i, &plane->j) != DRF_OK)
        return false;
    double i_last = plane->grid.whole_circle != 0 ? plane->grid.ni : plane->grid.ni - 1.0;
    double j_last = plane->grid.nj - 1.0;
    plane->inside = plane->i >= -EDGE_CELLS && plane->i <= i_last + EDGE_CELLS
                    && plane->j >= -EDGE_CELLS && plane->j <= j_last + EDGE_CELLS;
    plane->i = geo_lesser(geo_greater(plane->i, 0.0), i_last);
    plane->j = geo_lesser(geo_greater(plane->j, 0.0), j_last);
    return plane->inside;
}

// The value of one grid point, i < ni, a vector turned to true north.
static struct value point_value(struct fusion_planes *planes,
                                const struct fusion_weather_entry *entry, uint32_t i,
                                uint32_t j)
{
    const struct geo_grid *grid = &entry->field->field->grid;
    size_t index = (size_t)j * grid->ni + i;
    struct value value = {.a = (double)entry->field->values[index]};
    value.known = isfinite(value.a);
    if (entry->partner == NULL || !value.known)
        return value;

    double u = value.a, v = (double)entry->partner->values[index];
    double cos_r = 1.0, sin_r = 0.0;
    if (entry->field->field->wind_grid_relative != 0
        && !fusion_weather_turn(planes, entry->plane, i, j, &cos_r, &sin_r))
        return (struct value){.known = false};
    value.known = isfinite(v);
    value.a = v * cos_r - u * sin_r;
    value.b = u * cos_r + v * sin_r;
    return value;
}

// The same for all fields of a plane.
static void corners_find(struct fusion_plane *plane)
{
    const struct geo_grid *grid = &plane->grid;
    double i_floor = floor(plane->i), j_floor = floor(plane->j);
    if (grid->whole_circle == 0)
        i_floor = geo_lesser(i_floor, grid->ni - 2.0);
    j_floor = geo_lesser(j_floor, grid->nj - 2.0);
    const uint32_t i = (uint32_t)i_floor, j = (uint32_t)j_floor;
    const double x = plane->i - i_floor, y = plane->j - j_floor;
    const double weights[4] = {(1 - x) * (1 - y), x * (1 - y), (1 - x) * y, x * y};
    for (uint32_t k = 0; k < 4; k++) {
        plane->corners.i[k] = (i + (k & 1)) % grid->ni;
        plane->corners.j[k] = j + (k >> 1);
        plane->corners.at[k] = (size_t)plane->corners.j[k] * grid->ni + plane->corners.i[k];
        plane->corners.weights[k] = weights[k];
    }
    plane->cornered = true;
}

// Between four points whose values need no turn. Not known: one of them is not.
static struct value between_points(const struct fusion_weather_entry *entry,
                                   const struct fusion_corners *corners)
{
    const float *values = entry->field->values;
    fusion_simd_pair sum = {0.0, 0.0};
    if (entry->partner != NULL) {
        const float *partner = entry->partner->values;
        const fusion_simd_pair turn = {-0.0, 0.0}; // as one that is turned by no angle
        for (uint32_t k = 0; k < 4; k++) {
            const double u = (double)values[corners->at[k]];
            const double v = (double)partner[corners->at[k]];
            const fusion_simd_pair north_east =
                (fusion_simd_pair){v, u} + (fusion_simd_pair){u, v} * turn;
            const fusion_simd_pair part = corners->weights[k] * north_east;
            sum = k == 0 ? part : sum + part;
        }
    } else {
        const double *w = corners->weights;
        sum[0] = w[0] * (double)values[corners->at[0]] + w[1] * (double)values[corners->at[1]]
                 + w[2] * (double)values[corners->at[2]]
                 + w[3] * (double)values[corners->at[3]];
    }
    // What is not finite stays so, whatever it counts; what is finite, floats, sums up to that.
    return (struct value){.a = sum[0],
                          .b = sum[1],
                          .basis = FUSION_BASIS_INTERPOLATED,
                          .known = isfinite(sum[0]) && isfinite(sum[1])};
}

static double weighed(const double c[static 4], const double w[static 4])
{
    return w[0] * c[0] + w[1] * c[1] + w[2] * c[2] + w[3] * c[3];
}

static struct value between_turned(struct fusion_planes *planes,
                                   const struct fusion_weather_entry *entry,
                                   const struct fusion_corners *corners)
{
    struct value value = {.known = true, .basis = FUSION_BASIS_INTERPOLATED};
    double a[4], b[4];
    for (uint32_t k = 0; k < 4 && value.known; k++) {
        const struct value c = point_value(planes, entry, corners->i[k], corners->j[k]);
        a[k] = c.a;
        b[k] = c.b;
        value.known = c.known;
    }
    if (value.known) {
        value.a = weighed(a, corners->weights);
        value.b = weighed(b, corners->weights);
    }
    return value;
}

static struct value nearest_point(struct fusion_planes *planes,
                                  const struct fusion_weather_entry *entry)
{
    const struct fusion_plane *plane = &planes->planes[entry->plane];
    struct value value =
        point_value(planes, entry, (uint32_t)floor(plane->i + 0.5) % plane->grid.ni,
                    (uint32_t)floor(plane->j + 0.5));
    value.basis = FUSION_BASIS_NEAREST;
    return value;
}

static struct value entry_value(struct fusion_planes *planes,
                                const struct fusion_weather_entry *entry, bool nearest)
{
    if (nearest)
        return nearest_point(planes, entry);
    struct fusion_plane *plane = &planes->planes[entry->plane];
    if (!plane->cornered)
        corners_find(plane);
    bool turned = entry->partner != NULL && entry->field->field->wind_grid_relative != 0;
    const struct value value = turned ? between_turned(planes, entry, &plane->corners)
                                      : between_points(entry, &plane->corners);
    return value.known ? value : nearest_point(planes, entry);
}

// How far outside an interval of time an instant lies; 0 inside.
static int64_t time_outside(const struct geo_field *field, int64_t now_utc_us)
{
    if (now_utc_us < field->valid_from_utc_us)
        return field->valid_from_utc_us - now_utc_us;
    if (now_utc_us > field->valid_until_utc_us)
        return now_utc_us - field->valid_until_utc_us;
    return 0;
}

// Instants: the two around now when close enough, else the nearer one while it holds.
static bool instant_at(const struct fusion_planes *planes, struct answer *answer,
                       int64_t now_utc_us, bool *covered)
{
    const struct fusion_weather_entry *before = NULL, *after = NULL;
    for (size_t k = 0; k < answer->group->count; k++) {
        const struct fusion_weather_entry *entry = &planes->entries[answer->group->first + k];
        if (!planes->planes[entry->plane].inside)
            continue;
        *covered = true;
        int64_t valid = entry->field->field->valid_from_utc_us;
        if (valid <= now_utc_us) {
            // of equal valid times the first is the best
            if (before == NULL || valid > before->field->field->valid_from_utc_us)
                before = entry;
        } else {
            after = entry;
            break;
        }
    }
    int64_t since = before != NULL ? now_utc_us - before->field->field->valid_from_utc_us : 0;
    int64_t until = after != NULL ? after->field->field->valid_from_utc_us - now_utc_us : 0;
    if (before != NULL && after != NULL && since > 0
        && since + until <= before->field->max_gap_us) {
        answer->first = before;
        answer->second = after;
        answer->share = (double)since / (double)(since + until);
        return true;
    }
    bool before_holds = before != NULL && since <= before->field->valid_for_us;
    bool after_holds = after != NULL && until <= after->field->valid_for_us;
    answer->first = before_holds && (!after_holds || since <= until) ? before
                    : after_holds                                    ? after
                                                                     : NULL;
    return answer->first != NULL;
}

// Accumulations and means: the interval nearest now, of equals the shortest.
static bool interval_at(const struct fusion_planes *planes, struct answer *answer,
                        int64_t now_utc_us, bool *covered)
{
    int64_t best_outside = 0, best_length = 0;
    for (size_t k = 0; k < answer->group->count; k++) {
        const struct fusion_weather_entry *entry = &planes->entries[answer->group->first + k];
        const struct geo_field *field = entry->field->field;
        int64_t length = field->valid_until_utc_us - field->valid_from_utc_us;
        if (!planes->planes[entry->plane].inside || length <= 0)
            continue;
        *covered = true;
        int64_t outside = time_outside(field, now_utc_us);
        if (outside > entry->field->valid_for_us)
            continue;
        if (answer->first == NULL || outside < best_outside
            || (outside == best_outside && length < best_length)) {
            answer->first = entry;
            best_outside = outside;
            best_length = length;
        }
    }
    return answer->first != NULL;
}

static bool better(const struct answer *a, const struct answer *b)
{
    if (a->distance_m != b->distance_m)
        return a->distance_m < b->distance_m;
    if (a->width_m != b->width_m)
        return a->width_m < b->width_m;
    const struct fusion_field *x = a->first->field, *y = b->first->field;
    if (x->source->priority != y->source->priority)
        return x->source->priority > y->source->priority;
    if (x->field->reference_utc_us != y->field->reference_utc_us)
        return x->field->reference_utc_us > y->field->reference_utc_us;
    return fusion_source_compare(x->source, y->source) < 0;
}

static double level_distance_m(const struct fusion_weather_group *group,
                               const struct fusion_weather_ask *ask)
{
    if (!ask->agl_known)
        return group->lower_agl_m;
    if (ask->agl_m < group->lower_agl_m)
        return group->lower_agl_m - ask->agl_m;
    return ask->agl_m > group->upper_agl_m ? ask->agl_m - group->upper_agl_m : 0.0;
}

static bool statistic_shown(uint32_t variable, uint32_t statistic)
{
    if (statistic == GEO_STATISTIC_INSTANT)
        return true;
    if (variable == GEO_PRECIPITATION)
        return statistic == GEO_STATISTIC_ACCUMULATION || statistic == GEO_STATISTIC_MEAN;
    return variable != GEO_WIND_U && statistic == GEO_STATISTIC_MEAN;
}

// A depth of water per second, whatever the statistic; everything else is as it is.
static double present(const struct geo_field *field, double value)
{
    if (field->variable != GEO_PRECIPITATION)
        return value;
    double depth_m = value / 1000.0; // 1 kg/m2 of water is 1 mm
    if (field->statistic != GEO_STATISTIC_ACCUMULATION)
        return depth_m;
    return depth_m
           / ((double)(field->valid_until_utc_us - field->valid_from_utc_us) / 1000000.0);
}

static bool worse_is_lower(uint32_t variable)
{
    return variable == GEO_VISIBILITY || variable == GEO_CEILING;
}

static void combine(struct fusion_quantity *out, uint32_t variable, const struct answer *answer,
                    struct value early, struct value late)
{
    double s = answer->share;
    out->value = early.a + (late.a - early.a) * s;
    out->value_east = early.b + (late.b - early.b) * s;
    if (worse_is_lower(variable))
        out->value = geo_lesser(early.a, late.a);
    out->horizontal = early.basis < late.basis ? early.basis : late.basis;
    out->time = FUSION_BASIS_INTERPOLATED;
    out->valid_from_utc_us = answer->first->field->field->valid_from_utc_us;
    out->valid_until_utc_us = answer->second->field->field->valid_from_utc_us;
}

static void single(struct fusion_quantity *out, const struct fusion_field *field,
                   struct value value, int64_t now_utc_us)
{
    out->value = present(field->field, value.a);
    out->value_east = value.b;
    out->horizontal = value.basis;
    out->valid_from_utc_us = field->field->valid_from_utc_us;
    out->valid_until_utc_us = field->field->valid_until_utc_us;
    out->time = time_outside(field->field, now_utc_us) == 0 ? FUSION_BASIS_INSIDE
                                                            : FUSION_BASIS_NEAREST;
    if (field->field->statistic == GEO_STATISTIC_INSTANT) {
        out->valid_from_utc_us -= field->valid_for_us;
        out->valid_until_utc_us += field->valid_for_us;
    }
}

static enum fusion_reason evaluate(struct fusion_planes *planes,
                                   const struct fusion_weather_ask *ask,
                                   const struct answer *answer, struct fusion_quantity *out)
{
    const struct fusion_field *field = answer->first->field;
    struct value early = entry_value(planes, answer->first, ask->nearest);
    struct value late = {.known = false};
    if (answer->second != NULL)
        late = entry_value(planes, answer->second, ask->nearest);
    if (early.known && late.known) {
        combine(out, field->field->variable, answer, early, late);
        if (field->field->variable == GEO_PRECIPITATION)
            out->value = present(field->field, out->value);
    } else if (early.known
               && (answer->second == NULL
                   || time_outside(field->field, ask->now_utc_us) <= field->valid_for_us)) {
        single(out, field, early, ask->now_utc_us);
    } else if (late.known
               && time_outside(answer->second->field->field, ask->now_utc_us)
                      <= answer->second->field->valid_for_us) {
        field = answer->second->field;
        single(out, field, late, ask->now_utc_us);
    } else {
        return FUSION_REASON_SOURCE_VOID;
    }
    out->statistic = field->field->statistic;
    out->lower_agl_m = field->field->lower_agl_m;
    out->upper_agl_m = field->field->upper_agl_m;
    out->data_time_utc_us = field->field->valid_until_utc_us;
    out->issue_utc_us = field->field->reference_utc_us;
    out->source = field->source;
    return FUSION_REASON_NONE;
}

static void quantity_at(struct fusion_planes *planes, const struct fusion_root *root,
                        const struct fusion_weather_ask *ask, uint32_t variable,
                        struct fusion_quantity *out)
{
    struct answer best = {.group = NULL};
    double lowest_m = HUGE_VAL, highest_m = -HUGE_VAL;
    bool covered = false;
    for (size_t g = planes->first_of[variable]; g < planes->first_of[variable + 1]; g++) {
        struct answer answer = {.group = &planes->groups[g]};
        if (!statistic_shown(variable, answer.group->statistic))
            continue;
        bool usable = answer.group->statistic == GEO_STATISTIC_INSTANT
                          ? instant_at(planes, &answer, ask->now_utc_us, &covered)
                          : interval_at(planes, &answer, ask->now_utc_us, &covered);
        if (!usable)
            continue;
        answer.distance_m = level_distance_m(answer.group, ask);
        answer.width_m = answer.group->upper_agl_m - answer.group->lower_agl_m;
        lowest_m = geo_lesser(lowest_m, answer.group->lower_agl_m);
        highest_m = geo_greater(highest_m, answer.group->upper_agl_m);
        if (best.group == NULL || better(&answer, &best))
            best = answer;
    }

    // What is past its time is not in the root any more, but it was there.
    *out = (struct fusion_quantity){
        .reason = root->weather->ended[variable] ? FUSION_REASON_STALE
                  : planes->left_out[variable]   ? FUSION_REASON_UNKNOWN
                                                 : FUSION_REASON_NOT_REPORTED};
    if (best.group != NULL)
        out->reason = evaluate(planes, ask, &best, out);
    else if (planes->first_of[variable] < planes->first_of[variable + 1])
        out->reason = covered ? FUSION_REASON_STALE : FUSION_REASON_NO_DATA;
    if (out->reason != FUSION_REASON_NONE) {
        enum fusion_reason state = fusion_sample_state(root, FUSION_LAYER_WEATHER);
        if (state != FUSION_REASON_NONE)
            out->reason = state;
        return;
    }
    if (ask->agl_known)
        out->vertical = best.distance_m <= 0.0   ? FUSION_BASIS_INSIDE
                        : ask->agl_m < lowest_m  ? FUSION_BASIS_EXTRAPOLATED
                        : ask->agl_m > highest_m ? FUSION_BASIS_EXTRAPOLATED
                                                 : FUSION_BASIS_NEAREST;
}

void fusion_weather_ask(struct fusion_planes *planes, const struct fusion_root *root,
                        const struct fusion_weather_ask *ask, struct fusion_weather_at *out)
{
    static const uint32_t variable_of[FUSION_WEATHER_ITEMS] = {
        [FUSION_WIND] = GEO_WIND_U,
        [FUSION_GUST] = GEO_GUST,
        [FUSION_TEMPERATURE] = GEO_TEMPERATURE,
        [FUSION_VISIBILITY] = GEO_VISIBILITY,
        [FUSION_PRECIPITATION] = GEO_PRECIPITATION,
        [FUSION_CEILING] = GEO_CEILING,
        [FUSION_DEW_POINT] = GEO_DEW_POINT,
        [FUSION_QNH] = GEO_QNH,
    };
    bool indexed = fusion_weather_index(planes, root) == DRF_OK;
    if (indexed) {
        planes->asked++;
        for (size_t i = 0; i < planes->plane_count; i++)
            (void)plane_inside(planes, (uint32_t)i, ask->position);
    }
    for (int item = 0; item < FUSION_WEATHER_ITEMS; item++)
        if (indexed && (ask->without >> item & 1) == 0)
            quantity_at(planes, root, ask, variable_of[item], &out->items[item]);
        else
            out->items[item] = (struct fusion_quantity){.reason = FUSION_REASON_UNKNOWN};
    out->present = (struct fusion_present){.reason = FUSION_REASON_NO_DATA};
    if (!ask->grid_only)
        fusion_weather_observe(root, ask, out);
    if (!ask->agl_known && out->items[FUSION_WIND].reason == FUSION_REASON_NONE)
        out->items[FUSION_WIND] = (struct fusion_quantity){.reason = FUSION_REASON_NO_ALTITUDE};
}
