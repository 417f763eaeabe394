// SPDX-License-Identifier: Apache-2.0
// Losses and nearest approaches of scenes whose answer is known by hand.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sim/measure/separation.h"
#include "tests/support/near.h"

// 100 m above the ellipsoid everything is longer by 1.6e-5: 3 mm here, or 3 ms of a head-on
// way. At the equator: a degree of longitude a x pi / 180, of latitude a (1 - e^2) x pi / 180
// metres.
#define M_PER_DEG_EAST 111319.490793
#define M_PER_DEG_NORTH 110574.275822
#define T0 1700000000000000

static const struct sim_separation_rules rules = {
    .cylinders = {[SIM_LOSS_NMAC] = {152.4, 30.48}, [SIM_LOSS_WELL_CLEAR] = {609.6, 76.2}},
    .range_m = 2000,
    .step_us = 1000000,
    .max_gap_us = 3000000};

struct mover {
    const char *id;
    double north_m, east_m, up_m, north_mps, east_mps, up_mps;
    enum sim_height height;
};

// Reports every period from `phase` on.
static size_t fly(struct sim_tracks *tracks, const struct mover *m, double seconds,
                  double period_s, double phase_s)
{
    size_t index;
    assert_int_equal(sim_tracks_find(tracks, m->id, strlen(m->id), &index), DRF_OK);
    for (int i = 0; phase_s + i * period_s <= seconds; i++) {
        double t = phase_s + i * period_s;
        const struct sim_fix fix = {
            .utc_us = T0 + llround(t * 1e6),
            .at = {(m->north_m + m->north_mps * t) / M_PER_DEG_NORTH,
                   (m->east_m + m->east_mps * t) / M_PER_DEG_EAST},
            .alt_m = m->height != SIM_HEIGHT_NONE ? m->up_m + m->up_mps * t : 0,
            .height = m->height};
        assert_int_equal(sim_track_add(&tracks->tracks[index], &fix), DRF_OK);
    }
    return index;
}

static struct sim_separation settle(const struct sim_tracks *tracks)
{
    struct sim_separation out;
    assert_int_equal(sim_separation_of(tracks, &rules, &out), DRF_OK);
    return out;
}

static const struct sim_loss *loss_of(const struct sim_separation *s, enum sim_loss_kind kind)
{
    for (size_t i = 0; i < s->loss_count; i++)
        if (s->losses[i].kind == kind)
            return &s->losses[i];
    return NULL;
}

// One flies east at 10 m/s; the other begins 300 m north and 400 m east and flies south at
// 15 m/s: relative (300, 400) m at (-15, -10) m/s. Nearest 166.410 m (3000 / sqrt 325) at
// 26.1538 s, 20 m above. NMAC wants 152.4 m: none. Within 609.6 m from the beginning.
static void separation__of_a_crossing__is_the_closed_form(void **state)
{
    (void)state;
    struct sim_tracks tracks = {0};
    const struct mover one = {"one", 0, 0, 100, 0, 10, 0, SIM_HEIGHT_AMSL};
    const struct mover two = {"two", 300, 400, 120, -15, 0, 0, SIM_HEIGHT_AMSL};
    fly(&tracks, &one, 60, 1, 0);
    fly(&tracks, &two, 60, 0.7, 0.3); // never at the same instants
    struct sim_separation s = settle(&tracks);
    assert_int_equal(s.pair_count, 1);
    assert_near(s.pairs[0].horizontal_m, 3000.0 / sqrt(325.0), 5e-3);
    assert_near((double)(s.pairs[0].horizontal_us - T0), 8500.0 / 325.0 * 1e6, 3000);
    assert_near(s.pairs[0].slant_m, hypot(3000.0 / sqrt(325.0), 20), 5e-3);
    assert_int_equal(s.loss_count, 1);
    const struct sim_loss *loss = loss_of(&s, SIM_LOSS_WELL_CLEAR);
    assert_non_null(loss);
    assert_true(loss->begun);
    assert_int_equal(loss->from_us, T0 + 300000);
    // 609.6^2 = 250000 - 17000 t + 325 t^2: t = (8500 + sqrt(8500^2 - 325 (250000 -
    // 371612.16))) / 325
    assert_near((double)(loss->to_us - T0),
                (8500 + sqrt(8500.0 * 8500 + 325 * 121612.16)) / 325 * 1e6, 3000);
    assert_near(loss->near_up_m, 20, 1e-9);
    sim_separation_close(&s);
    sim_tracks_close(&tracks);
}

// Head on, 20 m/s together from 3000 m: the range is entered at 50 s, well clear is lost at
// (3000 - 609.6) / 20 s, the NMAC is from (3000 - 152.4) / 20 s to (3000 + 152.4) / 20 s.
static void separation__head_on__enters_and_leaves_both_cylinders(void **state)
{
    (void)state;
    struct sim_tracks tracks = {0};
    const struct mover one = {"one", 0, 0, 100, 0, 10, 0, SIM_HEIGHT_WGS84};
    const struct mover two = {"two", 0, 3000, 110, 0, -10, 0, SIM_HEIGHT_WGS84};
    fly(&tracks, &one, 300, 1, 0);
    fly(&tracks, &two, 300, 1, 0.5);
    struct sim_separation s = settle(&tracks);
    assert_int_equal(s.loss_count, 2);
    const struct sim_loss *nmac = loss_of(&s, SIM_LOSS_NMAC);
    assert_non_null(nmac);
    assert_false(nmac->begun);
    assert_near((double)(nmac->from_us - T0), 2847.6 / 20 * 1e6, 3000);
    assert_near((double)(nmac->to_us - T0), 3152.4 / 20 * 1e6, 3000);
    assert_near((double)(nmac->near_us - T0), 150e6, 100);
    assert_near(nmac->near_horizontal_m, 0, 5e-3);
    assert_near(nmac->near_up_m, 10, 1e-9);
    const struct sim_loss *loss = loss_of(&s, SIM_LOSS_WELL_CLEAR);
    assert_near((double)(loss->from_us - T0), 2390.4 / 20 * 1e6, 3000);
    // Sampled at 0.5 .. 298.5 s after the first common one; each in range of 2000 m only
    // while |3000 - 20 t| < 2000: 50 s .. 250 s.
    uint64_t in_range = 0;
    for (size_t i = 0; i < SIM_SEPARATION_BINS; i++)
        in_range += s.horizontal[i];
    assert_int_equal(in_range, 199); // the 51st to the 249th second
    assert_int_equal(s.instants - s.beyond, in_range);
    // Bin 7 is 140 to 160 m: two of the samples 0, 20, 40 ... lie in each but the first.
    assert_int_equal(s.horizontal[0], 1);
    assert_int_equal(s.horizontal[7], 2);
    sim_separation_close(&s);
    sim_tracks_close(&tracks);
}

static void separation__of_unknown_heights__is_undecided_and_no_loss(void **state)
{
    (void)state;
    static const enum sim_height others[] = {SIM_HEIGHT_NONE, SIM_HEIGHT_WGS84};
    for (size_t i = 0; i < 2; i++) {
        struct sim_tracks tracks = {0};
        const struct mover one = {"one", 0, 0, 100, 0, 10, 0, SIM_HEIGHT_AMSL};
        const struct mover two = {"two", 0, 1000, 110, 0, -10, 0, others[i]};
        fly(&tracks, &one, 80, 1, 0);
        fly(&tracks, &two, 80, 1, 0);
        struct sim_separation s = settle(&tracks);
        assert_int_equal(s.loss_count, 2);
        assert_true(s.losses[0].undecided);
        assert_true(s.losses[1].undecided);
        assert_false(s.pairs[0].has_slant);
        assert_near(s.pairs[0].horizontal_m, 0, 5e-3);
        assert_int_equal(s.no_slant, s.instants);
        sim_separation_close(&s);
        sim_tracks_close(&tracks);
    }
}

static void separation__in_a_silence_or_on_the_ground__is_not_measured(void **state)
{
    (void)state;
    struct sim_tracks tracks = {0};
    const struct mover one = {"one", 0, 0, 100, 0, 0, 0, SIM_HEIGHT_AMSL};
    const struct mover two = {"two", 0, 10, 100, 0, 0, 0, SIM_HEIGHT_AMSL};
    const struct mover three = {"three", 10, 0, 100, 0, 0, 0, SIM_HEIGHT_AMSL};
    fly(&tracks, &one, 60, 1, 0);
    fly(&tracks, &two, 60, 3.5, 0); // longer apart than 3 s
    size_t index = fly(&tracks, &three, 60, 1, 0);
    for (size_t i = 0; i < tracks.tracks[index].count; i++)
        tracks.tracks[index].fixes[i].on_ground = true;
    struct sim_separation s = settle(&tracks);
    assert_int_equal(s.pair_count, 0);
    assert_int_equal(s.instants, 0);
    assert_int_equal(s.aircraft, 1);
    assert_int_equal(s.never_near, 1);
    sim_separation_close(&s);
    sim_tracks_close(&tracks);
}

static void separation__of_two_intruders__is_left_out(void **state)
{
    (void)state;
    struct sim_tracks tracks = {0};
    const struct mover one = {"one", 0, 0, 100, 0, 0, 0, SIM_HEIGHT_AMSL};
    const struct mover two = {"two", 0, 100, 100, 0, 0, 0, SIM_HEIGHT_AMSL};
    const struct mover three = {"three", 0, 120, 100, 0, 0, 0, SIM_HEIGHT_AMSL};
    fly(&tracks, &one, 10, 1, 0);
    tracks.tracks[fly(&tracks, &two, 10, 1, 0)].intruder = true;
    tracks.tracks[fly(&tracks, &three, 10, 1, 0)].intruder = true;
    struct sim_separation s = settle(&tracks);
    assert_int_equal(s.pair_count, 2);
    assert_int_equal(s.pairs[0].one, 0);
    assert_int_equal(s.pairs[1].one, 0);
    assert_int_equal(s.instants, 20);
    sim_separation_close(&s);
    sim_tracks_close(&tracks);
}

static void separation__of_nothing_or_one__is_empty(void **state)
{
    (void)state;
    struct sim_tracks tracks = {0};
    struct sim_separation s = settle(&tracks);
    assert_int_equal(s.pair_count + s.loss_count + s.instants + s.aircraft, 0);
    const struct mover one = {"one", 0, 0, 100, 0, 10, 0, SIM_HEIGHT_AMSL};
    fly(&tracks, &one, 60, 1, 0);
    s = settle(&tracks);
    assert_int_equal(s.pair_count + s.loss_count + s.instants, 0);
    assert_int_equal(s.aircraft, 1);
    assert_near(s.aircraft_s, 60, 1e-9);
    sim_separation_close(&s);
    sim_tracks_close(&tracks);
}

// Two years between two short flights take no longer than the flights.
static void separation__over_a_long_pause__passes_it_over(void **state)
{
    (void)state;
    struct sim_tracks tracks = {0};
    const struct mover one = {"one", 0, 0, 100, 0, 10, 0, SIM_HEIGHT_AMSL};
    const struct mover two = {"two", 0, 500, 100, 0, 10, 0, SIM_HEIGHT_AMSL};
    fly(&tracks, &one, 10, 1, 0);
    fly(&tracks, &two, 10, 1, 0);
    for (size_t t = 0; t < 2; t++)
        for (int i = 0; i < 11; i++) {
            struct sim_fix fix = tracks.tracks[t].fixes[i];
            fix.utc_us += 63072000 * INT64_C(1000000) + 250000;
            assert_int_equal(sim_track_add(&tracks.tracks[t], &fix), DRF_OK);
        }
    struct sim_separation s = settle(&tracks);
    assert_int_equal(s.loss_count, 2); // one in each flight
    assert_true(s.losses[1].begun);
    assert_near((double)(s.losses[1].to_us - s.losses[1].from_us), 10e6, 2);
    sim_separation_close(&s);
    sim_tracks_close(&tracks);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(separation__of_a_crossing__is_the_closed_form),
        cmocka_unit_test(separation__head_on__enters_and_leaves_both_cylinders),
        cmocka_unit_test(separation__of_unknown_heights__is_undecided_and_no_loss),
        cmocka_unit_test(separation__in_a_silence_or_on_the_ground__is_not_measured),
        cmocka_unit_test(separation__of_two_intruders__is_left_out),
        cmocka_unit_test(separation__of_nothing_or_one__is_empty),
        cmocka_unit_test(separation__over_a_long_pause__passes_it_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
