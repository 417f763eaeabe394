// SPDX-License-Identifier: Apache-2.0
// What sim/witness/witness.h promises of advisories: what certainly holds must be told, as
// severe as it is; what is told must be so, or have been so within the three seconds that it is
// kept; between both lies a guard band in which either is right. Situations are laid out by
// hand.
#include "tests/support/witness_scene.h"

static void terrain__by_its_time_and_height__must_be_told(void **state)
{
    (void)state;
    struct scene s;
    open_scene(&s);
    const uint32_t kind = DRF__V1__ADVISORY_KIND__ADVISORY_KIND_TERRAIN;
    double amsl_m = s.report.amsl_m;
    assert_band(&s, kind, NULL, NOTHING, NOTHING);
    // A ridge as high as the aircraft, 10 to 12 s ahead, then 20 to 22 s, then 14 to 16 s: of
    // the last nobody can say on which side of 15 s it begins.
    s.witness.stretches[0] = (struct sim_stretch){100.0, 120.0, amsl_m, amsl_m + 1.0};
    assert_band(&s, kind, NULL, WARNING, WARNING);
    s.witness.stretches[0] = (struct sim_stretch){200.0, 220.0, amsl_m, amsl_m + 1.0};
    assert_band(&s, kind, NULL, CAUTION, CAUTION);
    s.witness.stretches[0] = (struct sim_stretch){140.0, 160.0, amsl_m, amsl_m + 1.0};
    assert_band(&s, kind, NULL, WARNING, CAUTION);
    // 14 m below nominally violates 15 m; 17 m does by the accuracy of 3 m: a CAUTION, soon or
    // not
    s.witness.stretches[0] = (struct sim_stretch){50.0, 60.0, amsl_m - 14.0, amsl_m - 14.0};
    assert_band(&s, kind, NULL, WARNING, WARNING);
    s.witness.stretches[0] = (struct sim_stretch){50.0, 60.0, amsl_m - 17.0, amsl_m - 17.0};
    assert_band(&s, kind, NULL, CAUTION, CAUTION);
    s.report.on_ground = true;
    assert_band(&s, kind, NULL, NOTHING, NOTHING);
    close_scene(&s);
}

static void what_is_over__is_kept_for_three_seconds_and_no_longer(void **state)
{
    (void)state;
    struct scene s;
    open_scene(&s);
    const uint32_t kind = DRF__V1__ADVISORY_KIND__ADVISORY_KIND_TERRAIN;
    double amsl_m = s.report.amsl_m;
    s.witness.stretches[0] = (struct sim_stretch){50.0, 60.0, amsl_m, amsl_m + 1.0};
    tell(&s, kind, WARNING, NULL);
    hear_for(&s, 6.0);
    assert_int_equal(s.counts.kinds[kind].false_ones, 0);
    assert_true(s.counts.kinds[kind].sound > 0);
    s.witness.stretches[0].low_m = s.witness.stretches[0].high_m = -50.0;
    hear_for(&s, 3.0);
    assert_int_equal(s.counts.kinds[kind].false_ones, 0);
    hear_for(&s, 3.0);
    assert_true(s.counts.kinds[kind].false_ones > 0);
    assert_true(s.counts.wrong[SIM_CHECK_ADVISORY_FALSE] > 0);
    close_scene(&s);
}

static void height_limit__here_and_ahead(void **state)
{
    (void)state;
    struct scene s;
    open_scene(&s);
    const uint32_t kind = DRF__V1__ADVISORY_KIND__ADVISORY_KIND_ALTITUDE_LIMIT;
    s.report.amsl_m += 40.0; // 120 m over ground; drone 0 has no limit, drone 1 one of 90 m
    assert_band(&s, kind, NULL, NOTHING, NOTHING);
    s.report.drone = 1;
    assert_band(&s, kind, NULL, WARNING, WARNING);
    s.report.amsl_m -= 70.0; // 50 m, and upward on the spot
    s.report.north_mps = 0.0;
    assert_band(&s, kind, NULL, NOTHING, NOTHING);
    s.report.up_mps = 4.0; // 90 m in 10 s
    assert_band(&s, kind, NULL, WARNING, WARNING);
    s.report.up_mps = 2.0; // in 20 s
    assert_band(&s, kind, NULL, CAUTION, CAUTION);
    close_scene(&s);
}

static void gusts__against_the_truth_of_the_place(void **state)
{
    (void)state;
    struct scene s;
    open_scene(&s);
    const uint32_t kind = DRF__V1__ADVISORY_KIND__ADVISORY_KIND_GUST;
    s.report.drone = 2; // bears 11 m/s; the truth is within 3.5 m/s of its mean
    s.world.weather[SIM_GUST].mean = 20.0;
    assert_band(&s, kind, NULL, WARNING, WARNING);
    s.world.weather[SIM_GUST].mean = 5.0;
    assert_band(&s, kind, NULL, NOTHING, NOTHING);
    s.report.drone = 0; // any
    s.world.weather[SIM_GUST].mean = 20.0;
    assert_band(&s, kind, NULL, NOTHING, NOTHING);
    close_scene(&s);
}

static void altitudes_that_contradict__must_be_told(void **state)
{
    (void)state;
    struct scene s;
    open_scene(&s);
    const uint32_t kind = DRF__V1__ADVISORY_KIND__ADVISORY_KIND_ALTITUDE_REFERENCE_SUSPECT;
    s.report.has_wgs84 = true;
    s.report.wgs84_m = s.report.amsl_m + sim_geoid_m(s.witness.geoid, s.report.position);
    assert_band(&s, kind, NULL, NOTHING, NOTHING);
    s.report.wgs84_m = s.report.amsl_m; // 36 m of geoid forgotten
    assert_band(&s, kind, NULL, CAUTION, CAUTION);
    close_scene(&s);
}

static void terrain__of_one_that_stands__may_not_be_told(void **state)
{
    (void)state;
    struct scene s;
    open_scene(&s);
    const uint32_t kind = DRF__V1__ADVISORY_KIND__ADVISORY_KIND_TERRAIN;
    const double ground_m = s.report.amsl_m - 80.0;
    s.report.north_mps = 0.0;
    s.report.vertical_acc_m = 12.0;
    s.report.amsl_m = ground_m - 6.0;
    assert_band(&s, kind, NULL, NOTHING, NOTHING);
    s.report.amsl_m = ground_m - 100.0; // no accuracy explains that
    assert_band(&s, kind, NULL, WARNING, WARNING);
    s.report.amsl_m = ground_m + 6.0; // hovering, however low
    assert_band(&s, kind, NULL, WARNING, WARNING);
    close_scene(&s);
}

static void height_far_below_the_ground__must_be_told(void **state)
{
    (void)state;
    struct scene s;
    open_scene(&s);
    const uint32_t kind = DRF__V1__ADVISORY_KIND__ADVISORY_KIND_ALTITUDE_REFERENCE_SUSPECT;
    const double ground_m = s.report.amsl_m - 80.0;
    const struct {
        double over_m;
        bool told, missed, false_one;
    } cases[] = {{-60.0, false, true, false},
                 {-60.0, true, false, false},
                 {80.0, false, false, false},
                 {300.0, true, false, true}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sim_witness_counts before = s.counts;
        s.context.n_advisories = 0;
        s.context.boot_id++;
        s.report.amsl_m = ground_m + cases[i].over_m;
        if (cases[i].told) {
            Drf__V1__Advisory *a = tell(&s, kind, CAUTION, NULL);
            a->has_limit = 1;
            a->limit = 10.0F;
        }
        hear_for(&s, 12.0);
        assert_int_equal(s.counts.kinds[kind].missed > before.kinds[kind].missed,
                         cases[i].missed);
        assert_int_equal(s.counts.kinds[kind].false_ones > before.kinds[kind].false_ones,
                         cases[i].false_one);
    }
    close_scene(&s);
}

static void traffic__head_on__must_be_told_by_its_name(void **state)
{
    (void)state;
    struct scene s;
    open_scene(&s);
    const uint32_t kind = DRF__V1__ADVISORY_KIND__ADVISORY_KIND_TRAFFIC;
    struct sim_plane here = sim_world_plane(&s.world, s.report.position);
    struct sim_report other = s.report;
    other.drone = 3;
    other.answered = true;
    other.north_mps = -10.0;
    other.mono_us -= 2000000; // sent so long ago that the node must have it
    other.utc_us -= 2000000;
    // 220 m apart now, closing at 20 m/s: within 17 m after 10 s; from 420 m after 20 s
    const struct {
        double apart_m, up_m;
        uint32_t expected;
    } cases[] = {{220.0, 0.0, WARNING},
                 {420.0, 0.0, CAUTION},
                 {220.0, 60.0, NOTHING},
                 {220.0, 18.0, CAUTION}}; // 15 m are kept, by 3 m + 3 m perhaps not
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        other.position = sim_world_point(
            &s.world,
            (struct sim_plane){here.east_m, here.north_m + cases[i].apart_m + 2 * 10.0});
        other.amsl_m = s.report.amsl_m + cases[i].up_m;
        s.reports[3 * DEPTH + 1] = other;
        assert_band(&s, kind, "drone-3", cases[i].expected, cases[i].expected);
    }
    // One that last spoke before a node came back that had gone away need not be told.
    other.position =
        sim_world_point(&s.world, (struct sim_plane){here.east_m, here.north_m + 240.0});
    other.amsl_m = s.report.amsl_m;
    s.reports[3 * DEPTH + 1] = other;
    s.witness.nodes[0].boot_mono_us = other.mono_us + 1;
    assert_band(&s, kind, "drone-3", WARNING, NOTHING);
    s.witness.nodes[0].boot_mono_us = other.mono_us - 1;
    assert_band(&s, kind, "drone-3", WARNING, WARNING);
    // One of whom the node takes no reports, beyond the margin of its region, need not be told.
    other.position = sim_world_point(
        &s.world, (struct sim_plane){here.east_m, here.north_m + 220.0 + 2 * 10.0});
    other.amsl_m = s.report.amsl_m;
    s.reports[3 * DEPTH + 1] = other;
    s.witness.served = (struct sim_region){.count = 4, .margin_m = 100.0};
    for (int i = 0; i < 4; i++) {
        struct sim_plane corner = {here.east_m + (i == 0 || i == 3 ? -900.0 : 900.0),
                                   here.north_m + (i < 2 ? -900.0 : 50.0)};
        s.witness.served.ring[i] = sim_world_point(&s.world, corner);
    }
    assert_band(&s, kind, "drone-3", WARNING, NOTHING);
    // Nobody called so flies here.
    s.context.boot_id++;
    s.context.n_advisories = 0;
    uint64_t before = s.counts.kinds[kind].false_ones;
    tell(&s, kind, INFO, "drone-7");
    hear_for(&s, 12.0);
    assert_true(s.counts.kinds[kind].false_ones > before);
    close_scene(&s);
}

// A report that no context answers may never have reached the node, or may have.
static void traffic__by_a_report_that_nobody_answered__need_not_be_told(void **state)
{
    (void)state;
    struct scene s;
    open_scene(&s);
    struct sim_plane here = sim_world_plane(&s.world, s.report.position);
    struct sim_report other = s.report;
    other.drone = 3;
    other.answered = true;
    other.north_mps = 0.0;
    other.mono_us -= 2000000;
    other.utc_us -= 2000000;
    other.position =
        sim_world_point(&s.world, (struct sim_plane){here.east_m + 200.0, here.north_m});
    s.reports[3 * DEPTH + 1] = other;
    assert_band(&s, DRF__V1__ADVISORY_KIND__ADVISORY_KIND_TRAFFIC, "drone-3", NOTHING, NOTHING);
    struct sim_report newer = other; // turns to us
    newer.seq = 2;
    newer.answered = false;
    newer.east_mps = -20.0;
    newer.north_mps = 10.0;
    newer.mono_us += 1000000;
    newer.utc_us += 1000000;
    s.reports[3 * DEPTH + 2] = newer;
    assert_band(&s, DRF__V1__ADVISORY_KIND__ADVISORY_KIND_TRAFFIC, "drone-3", WARNING, NOTHING);
    s.reports[3 * DEPTH + 2].answered = true;
    assert_band(&s, DRF__V1__ADVISORY_KIND__ADVISORY_KIND_TRAFFIC, "drone-3", WARNING, WARNING);
    close_scene(&s);
}

// Between two contexts the node may have looked at a report and keep what it found.
static void advisory__of_a_report_without_a_context__is_not_false(void **state)
{
    (void)state;
    struct scene s;
    open_scene(&s);
    const uint32_t kind = DRF__V1__ADVISORY_KIND__ADVISORY_KIND_ALTITUDE_LIMIT;
    s.report.drone = 1; // over 90 m it is too high
    hear_for(&s, 12.0);
    struct sim_report high = s.report;
    high.seq = 2;
    high.amsl_m += 20.0;
    tell(&s, kind, WARNING, NULL)->has_value = 1;
    for (int seen = 0; seen < 2; seen++) {
        if (seen == 1)
            s.reports[1 * DEPTH + 2] = high;
        s.report.seq = 3;
        uint64_t before = s.counts.kinds[kind].false_ones;
        hear_for(&s, 1.0);
        assert_int_equal(s.counts.kinds[kind].false_ones > before, seen == 0);
        s.report.seq = 1;
        s.context.boot_id++; // forget what was
        s.context.n_advisories = 0;
        hear_for(&s, 12.0);
        s.context.n_advisories = 1;
    }
    close_scene(&s);
}

// Between two reports the node may have looked again, at what another reported meanwhile.
static void traffic__met_by_the_report_before__is_not_false(void **state)
{
    (void)state;
    const uint32_t kind = DRF__V1__ADVISORY_KIND__ADVISORY_KIND_TRAFFIC;
    for (int seen = 0; seen < 2; seen++) {
        struct scene s;
        open_scene(&s);
        s.reports[1] = s.report; // northward at 10 m/s
        struct sim_plane here = sim_world_plane(&s.world, s.report.position);
        struct sim_report other = s.report;
        other.drone = 3;
        other.answered = true;
        other.north_mps = 0.0;
        other.mono_us -= 2000000;
        other.utc_us -= 2000000;
        other.position = sim_world_point(
            &s.world, (struct sim_plane){here.east_m + 200.0, here.north_m + 100.0});
        s.reports[3 * DEPTH + 1] = other; // it hovers aside
        hear_for(&s, 12.0);
        struct sim_report newer = other; // goes west: both are 100 m to the north after 10 s
        newer.seq = 2;
        newer.answered = false;
        newer.east_mps = -20.0;
        newer.mono_us = s.report.mono_us + 100000;
        newer.utc_us = s.report.utc_us + 100000;
        if (seen == 1)
            s.reports[3 * DEPTH + 2] = newer;
        s.report.seq = 2;
        s.report.north_mps = -10.0; // turned back: they do not meet any more
        s.report.mono_us += 200000;
        s.report.utc_us += 200000;
        s.reports[2] = s.report;
        tell(&s, kind, WARNING, "drone-3");
        uint64_t before = s.counts.kinds[kind].false_ones;
        hear(&s);
        assert_int_equal(s.counts.kinds[kind].false_ones - before, seen == 1 ? 0 : 1);
        assert_int_equal(s.counts.kinds[kind].missed, 0);
        close_scene(&s);
    }
}

static void obstacle__in_the_way__must_be_told_and_one_beside_it_not(void **state)
{
    (void)state;
    struct scene s;
    open_scene(&s);
    const uint32_t kind = DRF__V1__ADVISORY_KIND__ADVISORY_KIND_OBSTACLE;
    const struct sim_obstacle *crane = &s.world.obstacles[0];
    struct sim_plane at = sim_world_plane(&s.world, crane->position);
    double top_m = sim_world_ground_amsl_m(&s.world, crane->position) + crane->agl_m;
    // Northward at 10 m/s from 105 m south of it, at the height of its top.
    s.report.amsl_m = top_m;
    s.report.position =
        sim_world_point(&s.world, (struct sim_plane){at.east_m, at.north_m - 105});
    assert_band(&s, kind, crane->id, WARNING, WARNING);
    s.report.position =
        sim_world_point(&s.world, (struct sim_plane){at.east_m, at.north_m - 305});
    assert_band(&s, kind, crane->id, CAUTION, CAUTION);
    s.report.amsl_m = top_m + 60.0;
    assert_band(&s, kind, crane->id, NOTHING, NOTHING);
    s.report.amsl_m = top_m;
    s.report.position =
        sim_world_point(&s.world, (struct sim_plane){at.east_m + 60.0, at.north_m - 105});
    assert_band(&s, kind, crane->id, NOTHING, NOTHING);
    close_scene(&s);
}

static void region__must_be_told_where_the_way_leaves_it(void **state)
{
    (void)state;
    struct scene s;
    open_scene(&s);
    const uint32_t kind = DRF__V1__ADVISORY_KIND__ADVISORY_KIND_REGION_BOUNDARY;
    struct sim_plane at = sim_world_plane(&s.world, s.report.position);
    const double to_north_m[] = {200.0, 2000.0, -500.0};
    const uint32_t expected[] = {CAUTION, NOTHING, WARNING}; // at last beyond a margin of 400 m
    for (int i = 0; i < 3; i++) {
        struct sim_plane low = {at.east_m - 2500.0, at.north_m - 2500.0},
                         high = {at.east_m + 2500.0, at.north_m + to_north_m[i]};
        s.witness.served = (struct sim_region){.count = 4, .margin_m = 400.0};
        s.witness.served.ring[0] = sim_world_point(&s.world, low);
        s.witness.served.ring[1] =
            sim_world_point(&s.world, (struct sim_plane){high.east_m, low.north_m});
        s.witness.served.ring[2] = sim_world_point(&s.world, high);
        s.witness.served.ring[3] =
            sim_world_point(&s.world, (struct sim_plane){low.east_m, high.north_m});
        assert_band(&s, kind, NULL, expected[i], expected[i]);
    }
    close_scene(&s);
}

// A square of 100 m a side, so far to the north and east of the aircraft.
static void put_zone(struct scene *s, double east_m, double north_m, double upper_amsl_m)
{
    static const double corners[][2] = {{-50, -50}, {50, -50}, {50, 50}, {-50, 50}};
    struct sim_plane here = sim_world_plane(&s->world, s->report.position);
    struct sim_zone *zone = &s->world.zones[0];
    *zone = (struct sim_zone){
        .id = "zone-1", .count = 4, .upper_amsl_m = upper_amsl_m, .presence = SIM_STANDS};
    for (size_t i = 0; i < 4; i++)
        zone->vertices[i] = sim_world_point(
            &s->world, (struct sim_plane){here.east_m + east_m + corners[i][0],
                                          here.north_m + north_m + corners[i][1]});
    s->world.zone_count = 1;
}

static void zone__in_it_or_ahead__must_be_told_and_one_beside_below_or_far_not(void **state)
{
    (void)state;
    struct scene s;
    open_scene(&s);
    const uint32_t kind = DRF__V1__ADVISORY_KIND__ADVISORY_KIND_ZONE;
    double over_m = s.report.amsl_m + 100.0;
    put_zone(&s, 0.0, 0.0, over_m); // in it
    assert_band(&s, kind, "zone-1", WARNING, WARNING);
    put_zone(&s, 0.0, 170.0, over_m); // its edge after 12 s
    assert_band(&s, kind, "zone-1", WARNING, WARNING);
    put_zone(&s, 0.0, 350.0, over_m); // after 30 s
    assert_band(&s, kind, "zone-1", CAUTION, CAUTION);
    put_zone(&s, 0.0, 700.0, over_m); // beyond the look-ahead of 450 m
    assert_band(&s, kind, "zone-1", NOTHING, NOTHING);
    put_zone(&s, 120.0, 170.0, over_m); // beside: 70 m from the way
    assert_band(&s, kind, "zone-1", NOTHING, NOTHING);
    put_zone(&s, 52.5, 170.0, over_m); // within the accuracy of 3.5 m: no more than a CAUTION
    assert_band(&s, kind, "zone-1", CAUTION, NOTHING);
    put_zone(&s, 0.0, 170.0, s.report.amsl_m - 30.0); // flown over
    assert_band(&s, kind, "zone-1", NOTHING, NOTHING);
    put_zone(&s, 0.0, 170.0, s.report.amsl_m - 1.0); // nominally over it, by 3 m perhaps not
    assert_band(&s, kind, "zone-1", WARNING, NOTHING);
    close_scene(&s);
}

static void zone__that_is_coming_or_hidden__is_judged_by_what_a_node_can_know(void **state)
{
    (void)state;
    struct scene s;
    open_scene(&s);
    const uint32_t kind = DRF__V1__ADVISORY_KIND__ADVISORY_KIND_ZONE;
    put_zone(&s, 0.0, 0.0, s.report.amsl_m + 100.0);
    s.world.zones[0].presence = SIM_COMING; // published just now: may be told, need not
    assert_band(&s, kind, "zone-1", WARNING, NOTHING);
    s.world.zones[0].presence = SIM_HIDDEN; // nobody can know
    assert_band(&s, kind, "zone-1", NOTHING, NOTHING);
    s.world.zones[0].presence = SIM_STANDS;
    s.report.on_ground = true; // told, never more than an INFO
    assert_band(&s, kind, "zone-1", INFO, INFO);
    s.report.on_ground = false;
    s.report.north_mps = 0.0; // hovering in it
    s.report.east_mps = 0.0;
    assert_band(&s, kind, "zone-1", WARNING, WARNING);
    close_scene(&s);
}

static void brief__stands_for_the_one_that_was_told_in_full(void **state)
{
    (void)state;
    struct scene s;
    open_scene(&s);
    const uint32_t kind = DRF__V1__ADVISORY_KIND__ADVISORY_KIND_TERRAIN;
    double amsl_m = s.report.amsl_m;
    s.witness.stretches[0] = (struct sim_stretch){50.0, 60.0, amsl_m, amsl_m + 1.0};
    const Drf__V1__Advisory *told = tell(&s, kind, WARNING, NULL);
    hear(&s);
    drf__v1__advisory_brief__init(&s.brief);
    s.brief.advisory_id = told->advisory_id;
    s.brief.severity = WARNING;
    s.brief.kind = kind;
    s.brief_list[0] = &s.brief;
    s.context.n_advisories = 0;
    s.context.n_advisories_brief = 1;
    hear(&s);
    assert_int_equal(s.counts.kinds[kind].missed, 0);
    s.brief.severity = INFO;
    hear(&s);
    assert_int_equal(s.counts.kinds[kind].missed, 1);
    s.context.advisories_left_out = 1; // the worst of those left out may be it
    s.context.advisories_left_out_severity = WARNING;
    hear(&s);
    assert_int_equal(s.counts.kinds[kind].missed, 1);
    close_scene(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(terrain__by_its_time_and_height__must_be_told),
        cmocka_unit_test(what_is_over__is_kept_for_three_seconds_and_no_longer),
        cmocka_unit_test(height_limit__here_and_ahead),
        cmocka_unit_test(gusts__against_the_truth_of_the_place),
        cmocka_unit_test(altitudes_that_contradict__must_be_told),
        cmocka_unit_test(terrain__of_one_that_stands__may_not_be_told),
        cmocka_unit_test(height_far_below_the_ground__must_be_told),
        cmocka_unit_test(traffic__head_on__must_be_told_by_its_name),
        cmocka_unit_test(traffic__by_a_report_that_nobody_answered__need_not_be_told),
        cmocka_unit_test(traffic__met_by_the_report_before__is_not_false),
        cmocka_unit_test(advisory__of_a_report_without_a_context__is_not_false),
        cmocka_unit_test(obstacle__in_the_way__must_be_told_and_one_beside_it_not),
        cmocka_unit_test(region__must_be_told_where_the_way_leaves_it),
        cmocka_unit_test(zone__in_it_or_ahead__must_be_told_and_one_beside_below_or_far_not),
        cmocka_unit_test(zone__that_is_coming_or_hidden__is_judged_by_what_a_node_can_know),
        cmocka_unit_test(brief__stands_for_the_one_that_was_told_in_full),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
