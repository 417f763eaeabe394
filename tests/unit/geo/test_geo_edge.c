// SPDX-License-Identifier: Apache-2.0
// Long edges, held against geodesics of WGS 84 by Karney's routines in PROJ (geodesic.h).
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <geodesic.h>

#include "geo/edge.h"
#include "geo/ring.h"
#include "tests/support/near.h"

enum { SAMPLES = 2000, ROOM = 4096 };

static struct geo_point on_geodesic(struct geo_point a, struct geo_point b, double share)
{
    struct geod_geodesic earth;
    struct geod_geodesicline line;
    geod_init(&earth, 6378137.0, 1 / 298.257223563);
    geod_inverseline(&line, &earth, a.lat_deg, a.lon_deg, b.lat_deg, b.lon_deg, 0);
    struct geo_point out;
    geod_position(&line, share * line.s13, &out.lat_deg, &out.lon_deg, NULL);
    out.lon_deg += 360.0 * round((a.lon_deg - out.lon_deg) / 360.0);
    return out;
}

static double apart_m(struct geo_point a, struct geo_point b)
{
    struct geod_geodesic earth;
    double m = 0.0;
    geod_init(&earth, 6378137.0, 1 / 298.257223563);
    geod_inverse(&earth, a.lat_deg, a.lon_deg, b.lat_deg, b.lon_deg, &m, NULL, NULL);
    return m;
}

// How far the geodesic leaves the line that is straight in degrees.
static double greatest_difference_m(struct geo_point a, struct geo_point b)
{
    double most_m = 0.0;
    for (int i = 1; i < 40; i++) {
        struct geo_point on = on_geodesic(a, b, i / 40.0);
        double least_m = HUGE_VAL;
        for (int j = 0; j <= SAMPLES; j++) {
            double t = (double)j / SAMPLES;
            struct geo_point straight = {a.lat_deg + t * (b.lat_deg - a.lat_deg),
                                         a.lon_deg + t * (b.lon_deg - a.lon_deg)};
            least_m = fmin(least_m, apart_m(on, straight));
        }
        most_m = fmax(most_m, least_m);
    }
    return most_m;
}

static bool holds(const struct geo_point *ring, size_t count, struct geo_point at)
{
    bool inside = false;
    for (size_t i = 0; i < count; i++) {
        struct geo_point a = ring[i], b = ring[(i + 1) % count];
        if ((a.lon_deg > at.lon_deg) == (b.lon_deg > at.lon_deg))
            continue;
        double t = (at.lon_deg - a.lon_deg) / (b.lon_deg - a.lon_deg);
        inside ^= a.lat_deg + t * (b.lat_deg - a.lat_deg) > at.lat_deg;
    }
    return inside;
}

static const struct geo_point edges[][2] = {
    {{60, 8}, {60, 8.4}},       // 22 km
    {{50, 8}, {50, 10}},        // 142 km
    {{50, 8}, {51, 10}},        // oblique
    {{-33, 150}, {-33.5, 153}}, // south
    {{72, -170}, {74, -150}},   // north, 700 km
    {{80, 10}, {80, 60}},       // 960 km
    {{-1, 10}, {2, 16}},        // over the equator
    {{45, -60}, {52, -10}},     // 3,700 km
    {{10, 20}, {60, 22}},       // almost along a meridian
    {{50, 179}, {51, 183}},     // past 180
    {{84, 0}, {84, 85}},
};

static void length__of_an_edge__is_that_of_the_geodesic(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof edges / sizeof edges[0]; i++)
        assert_near(geo_edge_length_m(edges[i][0], edges[i][1])
                        / apart_m(edges[i][0], edges[i][1]),
                    1.0, 0.006);
}

static void bulge__of_a_long_edge__is_never_less_than_the_difference(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof edges / sizeof edges[0]; i++) {
        double true_m = greatest_difference_m(edges[i][0], edges[i][1]);
        double bulge_m = geo_edge_bulge_m(edges[i][0], edges[i][1]);
        print_message("edge %zu: %.1f m, taken as %.1f m\n", i, true_m, bulge_m);
        assert_true(bulge_m >= true_m - 1.0);
        assert_true(bulge_m == geo_edge_bulge_m(edges[i][1], edges[i][0]) || bulge_m >= true_m);
    }
}

static void bulge__of_a_short_edge_or_a_meridian__is_none(void **state)
{
    (void)state;
    assert_true(geo_edge_bulge_m((struct geo_point){60, 8}, (struct geo_point){60, 8.35}) == 0);
    assert_true(geo_edge_bulge_m((struct geo_point){10, 8}, (struct geo_point){60, 8}) == 0);
    assert_true(geo_edge_bulge_m((struct geo_point){60, 8}, (struct geo_point){60, 8}) == 0);
    // A frame around the globe is made of parallels.
    assert_true(geo_edge_bulge_m((struct geo_point){60, -180}, (struct geo_point){60, 180})
                == 0);
}

// A ring with the edge as its side: on its right, on its left.
static void ring__with_a_long_edge__holds_both_readings(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2 * sizeof edges / sizeof edges[0]; i++) {
        struct geo_point a = edges[i / 2][i % 2], b = edges[i / 2][1 - i % 2];
        // The third corner lies to the left of a, b, so that the ring is counter-clockwise.
        struct geo_point third = {(a.lat_deg + b.lat_deg) / 2 + (b.lon_deg - a.lon_deg) / 3,
                                  (a.lon_deg + b.lon_deg) / 2 - (b.lat_deg - a.lat_deg) / 3};
        if (fabs(third.lat_deg) > 88)
            continue;
        struct geo_point ring[3] = {a, b, third};
        static struct geo_point wide[ROOM];
        size_t count = 0;
        assert_true(geo_ring_area2(ring, 3) > 0);
        assert_true(geo_edge_widen_ring(ring, 3, wide, ROOM, &count));
        assert_true(count >= 3);
        for (int e = 0; e < 3; e++)
            for (int j = 1; j < SAMPLES; j++) {
                struct geo_point p = ring[e], q = ring[(e + 1) % 3];
                double t = (double)j / SAMPLES;
                struct geo_point on = on_geodesic(p, q, t);
                struct geo_point straight = {p.lat_deg + t * (q.lat_deg - p.lat_deg),
                                             p.lon_deg + t * (q.lon_deg - p.lon_deg)};
                // A step of a metre and more inwards: an edge itself is neither in nor out.
                struct geo_point in = {
                    (ring[0].lat_deg + ring[1].lat_deg + ring[2].lat_deg) / 3,
                    (ring[0].lon_deg + ring[1].lon_deg + ring[2].lon_deg) / 3};
                double step = 1.0 / apart_m(straight, in);
                straight.lat_deg += step * (in.lat_deg - straight.lat_deg);
                straight.lon_deg += step * (in.lon_deg - straight.lon_deg);
                on.lat_deg += step * (in.lat_deg - on.lat_deg);
                on.lon_deg += step * (in.lon_deg - on.lon_deg);
                assert_true(holds(wide, count, straight));
                if (fabs(q.lon_deg - p.lon_deg) <= GEO_EDGE_GREAT_CIRCLE_MAX_DEG
                    && apart_m(p, q) > GEO_EDGE_STRAIGHT_MAX_M)
                    assert_true(holds(wide, count, on));
            }
    }
}

static void ring__without_long_edges_or_room__is_itself_or_refused(void **state)
{
    (void)state;
    const struct geo_point small[3] = {{50, 8}, {50, 8.1}, {50.1, 8}};
    const struct geo_point large[3] = {{50, 8}, {48, 12}, {52, 9}};
    struct geo_point out[8];
    size_t count = 0;
    assert_true(geo_edge_widen_ring(small, 3, out, 3, &count));
    assert_int_equal(count, 3);
    for (size_t i = 0; i < 3; i++)
        assert_true(out[i].lat_deg == small[i].lat_deg && out[i].lon_deg == small[i].lon_deg);
    assert_false(geo_edge_widen_ring(small, 3, out, 2, &count));
    assert_false(geo_edge_widen_ring(large, 3, out, 8, &count));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(length__of_an_edge__is_that_of_the_geodesic),
        cmocka_unit_test(bulge__of_a_long_edge__is_never_less_than_the_difference),
        cmocka_unit_test(bulge__of_a_short_edge_or_a_meridian__is_none),
        cmocka_unit_test(ring__with_a_long_edge__holds_both_readings),
        cmocka_unit_test(ring__without_long_edges_or_room__is_itself_or_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
