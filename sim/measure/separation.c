// SPDX-License-Identifier: Apache-2.0
//
// In each step every track that is known gets a box (its fixes in the step, in metres from one
// reference). The boxes' middles are sorted into a grid whose cells are as wide as the range
// and the two largest half boxes together, so that a partner can only be in the nine cells
// around; a row of cells is one run of the sorted list. Metres of the grid are never longer
// than true ones: a pair in range is never missed. The pairs that are left are looked at piece
// by piece, a piece ending at each fix of either.
#include "sim/measure/separation.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "geo/earth.h"
#include "sim/measure/metric.h"
#include "sim/measure/pair_table.h"

#define US_PER_S 1e6

enum { FIRST_ROOM = 64, TOUCH_US = 2 };

struct box {
    double south_m, north_m, west_m, east_m;
};

struct place {
    int32_t row, column;
    size_t track;
};

_Static_assert((int)SIM_PAIR_LOSSES == (int)SIM_LOSS_KINDS, "a loss of each kind may be open");

struct work {
    const struct sim_tracks *tracks;
    const struct sim_separation_rules *rules;
    struct sim_separation *out;
    struct geo_point reference;
    double east_scale; // the least of any latitude in the scene
    size_t *cursor;    // of each track: its last fix not later than the step's begin
    struct box *boxes;
    struct place *places;
    size_t place_count;
    struct sim_pair_table seen;
    int64_t from_us, to_us; // of the step
    enum drf_status status;
};

static bool covers(const struct sim_track *track, size_t i, int64_t from_us, int64_t to_us,
                   int64_t max_gap_us)
{
    return sim_track_known(track, i, max_gap_us) && track->fixes[i].utc_us < to_us
           && track->fixes[i + 1].utc_us > from_us;
}

static void widen(struct box *box, const struct work *work, const struct sim_fix *fix)
{
    double north_m = (fix->at.lat_deg - work->reference.lat_deg) * GEO_EARTH_M_PER_DEG_LEAST;
    double east_m = remainder(fix->at.lon_deg - work->reference.lon_deg, 360.0)
                    * GEO_EARTH_M_PER_DEG_LEAST * work->east_scale;
    box->south_m = fmin(box->south_m, north_m);
    box->north_m = fmax(box->north_m, north_m);
    box->west_m = fmin(box->west_m, east_m);
    box->east_m = fmax(box->east_m, east_m);
}

// The boxes of who is known in the step; returns the largest half side.
static double lay_out(struct work *work)
{
    double half_m = 0;
    work->place_count = 0;
    for (size_t t = 0; t < work->tracks->count; t++) {
        const struct sim_track *track = &work->tracks->tracks[t];
        size_t *at = &work->cursor[t];
        while (*at + 1 < track->count && track->fixes[*at + 1].utc_us <= work->from_us)
            ++*at;
        struct box box = {HUGE_VAL, -HUGE_VAL, HUGE_VAL, -HUGE_VAL};
        for (size_t i = *at; i + 1 < track->count && track->fixes[i].utc_us < work->to_us; i++)
            if (covers(track, i, work->from_us, work->to_us, work->rules->max_gap_us)) {
                widen(&box, work, &track->fixes[i]);
                widen(&box, work, &track->fixes[i + 1]);
            }
        if (box.south_m > box.north_m)
            continue;
        half_m = fmax(half_m, fmax(box.north_m - box.south_m, box.east_m - box.west_m) / 2);
        work->boxes[t] = box;
        work->places[work->place_count++].track = t;
    }
    return half_m;
}

static int by_cell(const void *left, const void *right)
{
    const struct place *a = left, *b = right;
    if (a->row != b->row)
        return a->row < b->row ? -1 : 1;
    if (a->column != b->column)
        return a->column < b->column ? -1 : 1;
    return (a->track > b->track) - (a->track < b->track);
}

// The first place that is not before the cell.
static size_t first_from(const struct work *work, int32_t row, int32_t column)
{
    size_t low = 0, high = work->place_count;
    const struct place wanted = {.row = row, .column = column, .track = 0};
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (by_cell(&work->places[middle], &wanted) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static double apart(const struct box *a, const struct box *b)
{
    double north_m = fmax(fmax(a->south_m - b->north_m, b->south_m - a->north_m), 0);
    double east_m = fmax(fmax(a->west_m - b->east_m, b->west_m - a->east_m), 0);
    return hypot(north_m, east_m);
}

// NULL: no memory.
static struct sim_pair_slot *find_pair(struct work *work, size_t one, size_t two)
{
    struct sim_separation *out = work->out;
    struct sim_pair_slot *seen;
    if (out->pair_count == out->pair_room) {
        size_t room = out->pair_room == 0 ? FIRST_ROOM : 2 * out->pair_room;
        struct sim_pair *grown = realloc(out->pairs, room * sizeof *grown);
        if (grown == NULL)
            return NULL;
        out->pairs = grown;
        out->pair_room = room;
    }
    if (sim_pair_table_find(&work->seen, (uint64_t)one << 32 | two, &seen) != DRF_OK)
        return NULL;
    if (seen->pair == 0) {
        out->pairs[out->pair_count] =
            (struct sim_pair){.one = one, .two = two, .horizontal_m = HUGE_VAL};
        seen->pair = ++out->pair_count;
    }
    return seen;
}

static struct sim_loss *open_loss(struct work *work, struct sim_pair_slot *seen,
                                  enum sim_loss_kind kind)
{
    struct sim_separation *out = work->out;
    if (out->loss_count == out->loss_room) {
        size_t room = out->loss_room == 0 ? FIRST_ROOM : 2 * out->loss_room;
        struct sim_loss *grown = realloc(out->losses, room * sizeof *grown);
        if (grown == NULL) {
            work->status = DRF_ERR_NOMEM;
            return NULL;
        }
        out->losses = grown;
        out->loss_room = room;
    }
    seen->open[kind] = ++out->loss_count;
    return &out->losses[out->loss_count - 1];
}

static int64_t instant(int64_t begin_us, double s)
{
    return begin_us + (int64_t)llround(s * US_PER_S);
}

// A piece of a pair's common way that is inside: the loss goes on, or a new one begins.
static void note_inside(struct work *work, struct sim_pair_slot *seen, enum sim_loss_kind kind,
                        const struct sim_approach *way, const struct sim_span *span,
                        int64_t begin_us)
{
    // Nearest while inside.
    struct sim_approach inside = *way;
    inside.north_m += way->north_mps * span->from_s;
    inside.east_m += way->east_mps * span->from_s;
    inside.up_m += way->up_mps * span->from_s;
    inside.seconds = span->to_s - span->from_s;
    struct sim_nearest near =
        way->has_up ? sim_approach_slant(&inside) : sim_approach_horizontal(&inside);
    int64_t from_us = instant(begin_us, span->from_s), to_us = instant(begin_us, span->to_s);
    struct sim_loss *loss =
        seen->open[kind] > 0 ? &work->out->losses[seen->open[kind] - 1] : NULL;
    if (loss == NULL || from_us - loss->to_us > TOUCH_US || loss->undecided == way->has_up) {
        bool begun = from_us - begin_us <= TOUCH_US && begin_us != seen->until_us;
        loss = open_loss(work, seen, kind);
        if (loss == NULL)
            return;
        *loss = (struct sim_loss){.kind = kind,
                                  .one = work->out->pairs[seen->pair - 1].one,
                                  .two = work->out->pairs[seen->pair - 1].two,
                                  .from_us = from_us,
                                  .begun = begun,
                                  .undecided = !way->has_up,
                                  .near_horizontal_m = HUGE_VAL};
    }
    loss->to_us = to_us;
    double old_m = hypot(loss->near_horizontal_m, loss->undecided ? 0 : loss->near_up_m);
    if (near.distance_m < old_m) {
        loss->near_us = instant(from_us, near.at_s);
        loss->near_horizontal_m = sim_approach_horizontal_at(&inside, near.at_s);
        loss->near_up_m = way->has_up ? sim_approach_up_at(&inside, near.at_s) : 0;
    }
}

static void look_at_piece(struct work *work, struct sim_pair_slot *seen,
                          const struct sim_approach *way, int64_t begin_us)
{
    struct sim_pair *pair = &work->out->pairs[seen->pair - 1];
    struct sim_nearest near = sim_approach_horizontal(way);
    if (near.distance_m < pair->horizontal_m) {
        pair->horizontal_m = near.distance_m;
        pair->horizontal_us = instant(begin_us, near.at_s);
    }
    if (way->has_up) {
        struct sim_nearest slant = sim_approach_slant(way);
        if (!pair->has_slant || slant.distance_m < pair->slant_m) {
            pair->has_slant = true;
            pair->slant_m = slant.distance_m;
            pair->slant_us = instant(begin_us, slant.at_s);
        }
    }
    for (enum sim_loss_kind kind = 0; kind < SIM_LOSS_KINDS; kind++) {
        struct sim_span span;
        if (near.distance_m < work->rules->cylinders[kind].horizontal_m
            && sim_approach_inside(way, work->rules->cylinders[kind], &span))
            note_inside(work, seen, kind, way, &span, begin_us);
    }
}

static struct sim_approach approach_of(const struct sim_fix *a, const struct sim_fix *b,
                                       const struct sim_fix *a2, const struct sim_fix *b2,
                                       double seconds)
{
    bool has_up = a->height != SIM_HEIGHT_NONE && a->height == b->height
                  && a2->height == a->height && b2->height == a->height;
    double height_m = has_up ? (a->alt_m + b->alt_m) / 2 : 0;
    struct sim_offset first = sim_metric_offset(a->at, b->at, height_m);
    struct sim_offset last = sim_metric_offset(a2->at, b2->at, height_m);
    double up_m = has_up ? b->alt_m - a->alt_m : 0;
    double up2_m = has_up ? b2->alt_m - a2->alt_m : 0;
    return (struct sim_approach){
        .seconds = seconds,
        .north_m = first.north_m,
        .east_m = first.east_m,
        .up_m = up_m,
        .north_mps = (last.north_m - first.north_m) / seconds,
        .east_mps = (last.east_m - first.east_m) / seconds,
        .up_mps = (up2_m - up_m) / seconds,
        .has_up = has_up,
    };
}

static void sample(struct sim_separation *out, double range_m, const struct sim_approach *way)
{
    double horizontal_m = hypot(way->north_m, way->east_m);
    if (horizontal_m >= range_m)
        return;
    out->beyond--; // all were counted there before
    size_t bin = (size_t)(horizontal_m / out->bin_m);
    out->horizontal[bin < SIM_SEPARATION_BINS ? bin : SIM_SEPARATION_BINS - 1]++;
    double slant_m = hypot(horizontal_m, way->up_m);
    if (!way->has_up)
        out->no_slant++;
    else if (slant_m < range_m) {
        bin = (size_t)(slant_m / out->bin_m);
        out->slant[bin < SIM_SEPARATION_BINS ? bin : SIM_SEPARATION_BINS - 1]++;
    }
}

static int64_t later(int64_t a, int64_t b) { return a > b ? a : b; }
static int64_t sooner(int64_t a, int64_t b) { return a < b ? a : b; }

static void look_at_pair(struct work *work, size_t one, size_t two)
{
    const struct sim_track *a = &work->tracks->tracks[one], *b = &work->tracks->tracks[two];
    size_t i = work->cursor[one], j = work->cursor[two];
    int64_t max_gap_us = work->rules->max_gap_us;
    int64_t from_us = later(later(work->from_us, a->fixes[i].utc_us), b->fixes[j].utc_us);
    struct sim_pair_slot *seen = NULL;
    while (from_us < work->to_us && i + 1 < a->count && j + 1 < b->count) {
        int64_t to_us =
            sooner(work->to_us, sooner(a->fixes[i + 1].utc_us, b->fixes[j + 1].utc_us));
        if (to_us > from_us && sim_track_known(a, i, max_gap_us)
            && sim_track_known(b, j, max_gap_us)) {
            struct sim_fix a1 = sim_track_between(a, i, from_us);
            struct sim_fix a2 = sim_track_between(a, i, to_us);
            struct sim_fix b1 = sim_track_between(b, j, from_us);
            struct sim_fix b2 = sim_track_between(b, j, to_us);
            struct sim_approach way =
                approach_of(&a1, &b1, &a2, &b2, (double)(to_us - from_us) / US_PER_S);
            if (from_us == work->from_us)
                sample(work->out, work->rules->range_m, &way);
            if (seen == NULL)
                seen = find_pair(work, one, two);
            if (seen == NULL) {
                work->status = DRF_ERR_NOMEM;
                return;
            }
            look_at_piece(work, seen, &way, from_us);
            seen->until_us = to_us;
        }
        from_us = later(from_us, to_us);
        if (a->fixes[i + 1].utc_us <= from_us)
            i++;
        if (b->fixes[j + 1].utc_us <= from_us)
            j++;
    }
}

static bool known_at_begin(const struct work *work, size_t track)
{
    const struct sim_track *t = &work->tracks->tracks[track];
    size_t i = work->cursor[track];
    return i < t->count && t->fixes[i].utc_us <= work->from_us
           && covers(t, i, work->from_us, work->to_us, work->rules->max_gap_us);
}

static void count_instants(struct work *work)
{
    uint64_t known = 0, intruders = 0;
    for (size_t p = 0; p < work->place_count; p++) {
        size_t track = work->places[p].track;
        if (!known_at_begin(work, track))
            continue;
        known++;
        if (work->tracks->tracks[track].intruder)
            intruders++;
    }
    uint64_t pairs = known * (known > 0 ? known - 1 : 0) / 2
                     - intruders * (intruders > 0 ? intruders - 1 : 0) / 2;
    work->out->instants += pairs;
    work->out->beyond += pairs;
    work->out->aircraft_s += (double)known * (double)(work->to_us - work->from_us) / US_PER_S;
}

static void look_around(struct work *work, const struct place *place)
{
    const struct sim_tracks *tracks = work->tracks;
    for (int32_t row = place->row - 1; row <= place->row + 1; row++)
        for (size_t p = first_from(work, row, place->column - 1);
             p < work->place_count && work->places[p].row == row
             && work->places[p].column <= place->column + 1;
             p++) {
            size_t other = work->places[p].track;
            if (other > place->track
                && !(tracks->tracks[other].intruder && tracks->tracks[place->track].intruder)
                && apart(&work->boxes[place->track], &work->boxes[other])
                       < work->rules->range_m)
                look_at_pair(work, place->track, other);
        }
}

static void step(struct work *work)
{
    double cell_m = work->rules->range_m + 2 * lay_out(work) + 1;
    for (size_t p = 0; p < work->place_count; p++) {
        const struct box *box = &work->boxes[work->places[p].track];
        work->places[p].row = (int32_t)floor((box->south_m + box->north_m) / 2 / cell_m);
        work->places[p].column = (int32_t)floor((box->west_m + box->east_m) / 2 / cell_m);
    }
    qsort(work->places, work->place_count, sizeof *work->places, by_cell);
    count_instants(work);
    for (size_t p = 0; p < work->place_count && work->status == DRF_OK; p++)
        look_around(work, &work->places[p]);
}

// Pairs that the grid brought near and that stayed beyond the range are not in range.
static void settle_pairs(struct sim_separation *out, const struct work *work)
{
    size_t kept = 0;
    for (size_t i = 0; i < out->pair_count; i++)
        if (out->pairs[i].horizontal_m < work->rules->range_m)
            out->pairs[kept++] = out->pairs[i];
    out->pair_count = kept;
}

static int by_pair(const void *left, const void *right)
{
    const struct sim_pair *a = left, *b = right;
    if (a->one != b->one)
        return a->one < b->one ? -1 : 1;
    return (a->two > b->two) - (a->two < b->two);
}

static int by_begin(const void *left, const void *right)
{
    const struct sim_loss *a = left, *b = right;
    if (a->from_us != b->from_us)
        return a->from_us < b->from_us ? -1 : 1;
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    if (a->one != b->one)
        return a->one < b->one ? -1 : 1;
    return (a->two > b->two) - (a->two < b->two);
}

static void count_aircraft(struct sim_separation *out, const struct work *work, bool *paired)
{
    for (size_t i = 0; i < out->pair_count; i++)
        paired[out->pairs[i].one] = paired[out->pairs[i].two] = true;
    for (size_t t = 0; t < work->tracks->count; t++) {
        const struct sim_track *track = &work->tracks->tracks[t];
        bool flown = false;
        for (size_t i = 0; i + 1 < track->count && !flown; i++)
            flown = sim_track_known(track, i, work->rules->max_gap_us);
        out->aircraft += flown;
        out->never_near += flown && !paired[t];
    }
}

static void survey(struct work *work)
{
    double lat_most = 0;
    for (size_t t = 0; t < work->tracks->count; t++) {
        const struct sim_track *track = &work->tracks->tracks[t];
        for (size_t i = 0; i < track->count; i++)
            lat_most = fmax(lat_most, fabs(track->fixes[i].at.lat_deg));
        if (track->count == 0)
            continue;
        if (work->out->end_us == INT64_MIN)
            work->reference = track->fixes[0].at;
        work->out->begin_us = sooner(work->out->begin_us, track->fixes[0].utc_us);
        work->out->end_us = later(work->out->end_us, track->fixes[track->count - 1].utc_us);
    }
    work->east_scale = fmax(cos(lat_most * GEO_RAD_PER_DEG), 0);
}

// Where nobody is known the steps are passed over, to the one with the next known way.
static void pass_over(struct work *work)
{
    int64_t next_us = work->out->end_us;
    for (size_t t = 0; t < work->tracks->count; t++) {
        const struct sim_track *track = &work->tracks->tracks[t];
        size_t i = work->cursor[t];
        while (i + 1 < track->count && !sim_track_known(track, i, work->rules->max_gap_us))
            i++;
        if (i + 1 < track->count)
            next_us = sooner(next_us, track->fixes[i].utc_us);
    }
    int64_t steps = (next_us - work->to_us) / work->rules->step_us;
    if (steps > 0)
        work->to_us += steps * work->rules->step_us;
}

enum drf_status sim_separation_of(const struct sim_tracks *tracks,
                                  const struct sim_separation_rules *rules,
                                  struct sim_separation *out)
{
    assert(rules->range_m > 0 && rules->step_us > 0);
    struct sim_separation result = {.bin_m = rules->range_m / SIM_SEPARATION_BINS,
                                    .begin_us = INT64_MAX,
                                    .end_us = INT64_MIN};
    size_t count = tracks->count > 0 ? tracks->count : 1;
    struct work work = {.tracks = tracks,
                        .rules = rules,
                        .out = &result,
                        .cursor = calloc(count, sizeof *work.cursor),
                        .boxes = calloc(count, sizeof *work.boxes),
                        .places = calloc(count, sizeof *work.places),
                        .status = DRF_OK};
    bool *paired = calloc(count, sizeof *paired);
    if (work.cursor == NULL || work.boxes == NULL || work.places == NULL || paired == NULL)
        work.status = DRF_ERR_NOMEM;
    if (work.status == DRF_OK) {
        survey(&work);
        for (work.from_us = result.begin_us;
             work.from_us < result.end_us && work.status == DRF_OK; work.from_us = work.to_us) {
            work.to_us = sooner(work.from_us + rules->step_us, result.end_us);
            step(&work);
            if (work.place_count == 0)
                pass_over(&work);
        }
    }
    if (work.status == DRF_OK) {
        settle_pairs(&result, &work);
        if (result.pair_count > 0)
            qsort(result.pairs, result.pair_count, sizeof *result.pairs, by_pair);
        if (result.loss_count > 0)
            qsort(result.losses, result.loss_count, sizeof *result.losses, by_begin);
        count_aircraft(&result, &work, paired);
    }
    sim_pair_table_close(&work.seen);
    free(work.cursor);
    free(work.boxes);
    free(work.places);
    free(paired);
    if (work.status != DRF_OK) {
        sim_separation_close(&result);
        return work.status;
    }
    *out = result;
    return DRF_OK;
}

void sim_separation_close(struct sim_separation *separation)
{
    free(separation->pairs);
    free(separation->losses);
    *separation = (struct sim_separation){0};
}
