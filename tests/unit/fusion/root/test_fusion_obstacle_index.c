// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>

#include "fusion/root/bucket.h"
#include "fusion/root/obstacle_index.h"

enum { ALL = 333, SEARCHES = 400 };

struct crowd {
    struct geo_obstacle obstacles[ALL];
    struct geo_point vertices[ALL][2];
    struct fusion_obstacle fused[ALL];
    struct fusion_obstacle_index_entry entries[ALL];
};

static uint64_t state = 88172645463325252u;
static double uniform(double low, double high)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return low + (high - low) * (double)(state >> 11) / 9007199254740992.0;
}

static double wrapped(double lon_deg) { return lon_deg > 180.0 ? lon_deg - 360.0 : lon_deg; }

// Points and lines of up to 3 km around a place, each with an accuracy of its own.
static void gather(struct crowd *crowd, struct geo_point place)
{
    for (size_t i = 0; i < ALL; i++) {
        struct geo_obstacle *o = &crowd->obstacles[i];
        *o = (struct geo_obstacle){
            .position = {place.lat_deg + uniform(-0.04, 0.04),
                         wrapped(place.lon_deg + uniform(-0.04, 0.04))},
            .horizontal_acc95_m = uniform(1.0, 200.0),
        };
        crowd->vertices[i][0] = o->position;
        crowd->vertices[i][1] =
            (struct geo_point){o->position.lat_deg + uniform(-0.01, 0.01),
                               wrapped(o->position.lon_deg + uniform(-0.01, 0.01))};
        const bool line = i % 3 == 0;
        o->geometry = line ? GEO_GEOMETRY_LINE : GEO_GEOMETRY_POINT;
        o->vertex_count = line ? 2 : 0;
        crowd->fused[i] = (struct fusion_obstacle){
            .obstacle = o, .vertices = line ? crowd->vertices[i] : NULL};
        struct geo_frame frame = geo_frame_at(o->position);
        struct geo_offset way = geo_frame_offset(&frame, crowd->vertices[i][1]);
        crowd->entries[i] = (struct fusion_obstacle_index_entry){
            .obstacle = &crowd->fused[i],
            .position = o->position,
            .reach_m =
                o->horizontal_acc95_m + (line ? 1.001 * hypot(way.east_m, way.north_m) : 0.0),
            .point = fusion_obstacle_index_point(o, crowd->fused[i].vertices),
        };
    }
}

static struct fusion_obstacle_index_entry stand_of(const void *context, size_t i)
{
    return ((const struct crowd *)context)->entries[i];
}

static struct fusion_bucket *lay_out(const struct crowd *crowd, struct geo_point place)
{
    struct geo_tile tile;
    struct fusion_bucket *bucket;
    assert_int_equal(geo_tile_at(place, FUSION_BUCKET_LEVEL, &tile), DRF_OK);
    assert_int_equal(fusion_bucket_make(tile, ALL, stand_of, crowd, &bucket), DRF_OK);
    return bucket;
}

static void search_around(struct geo_point place)
{
    static struct crowd crowd;
    gather(&crowd, place);
    struct fusion_bucket *bucket = lay_out(&crowd, place);
    size_t steps = 0, within = 0;
    for (int n = 0; n < SEARCHES; n++) {
        const double radius_m = uniform(10.0, 3000.0);
        struct geo_frame frame =
            geo_frame_at((struct geo_point){place.lat_deg + uniform(-0.04, 0.04),
                                            wrapped(place.lon_deg + uniform(-0.04, 0.04))});
        const struct fusion_obstacle_index_box box = {-radius_m, radius_m, -radius_m, radius_m};
        struct fusion_obstacle_search search =
            fusion_obstacle_search_begin(bucket, &frame, &box);
        bool given[ALL] = {false};
        for (size_t i; fusion_obstacle_search_next(&search, &i); steps++) {
            assert_true(i < ALL && !given[i]); // each once
            assert_int_equal(bucket->index->ranks[search.place], i);
            given[i] = true;
            within +=
                fusion_obstacle_edge(&frame, &crowd.fused[i]).square_m2 <= radius_m * radius_m
                    ? 1
                    : 0;
        }
        for (size_t i = 0; i < ALL; i++) { // none of those passed over is near
            double m = sqrt(fusion_obstacle_edge(&frame, &crowd.fused[i]).square_m2);
            assert_true(given[i] || m - crowd.obstacles[i].horizontal_acc95_m > radius_m);
        }
    }
    assert_true(within > 0);
    assert_true(steps < (size_t)ALL * SEARCHES); // it does pass over some
    free(bucket);
}

static void sift__anywhere__passes_over_nothing_near(void **unused)
{
    (void)unused;
    search_around((struct geo_point){43.65, -79.38});
    search_around((struct geo_point){-16.5, 179.99});
    search_around((struct geo_point){69.7, 18.9});
    search_around((struct geo_point){88.0, -120.0});
    search_around((struct geo_point){0.0, 0.0});
}

static void sift__a_small_box__gives_few(void **unused)
{
    (void)unused;
    static struct crowd crowd;
    const struct geo_point place = {43.65, -79.38};
    gather(&crowd, place);
    struct fusion_bucket *bucket = lay_out(&crowd, place);
    struct geo_frame frame = geo_frame_at(place);
    const struct fusion_obstacle_index_box box = {-50.0, 50.0, -50.0, 50.0};
    struct fusion_obstacle_search search = fusion_obstacle_search_begin(bucket, &frame, &box);
    size_t given = 0;
    for (size_t i; fusion_obstacle_search_next(&search, &i);)
        given++;
    assert_true(given < ALL / 4);
    free(bucket);
}

static void sift__a_bucket_not_laid_out__gives_all(void **unused)
{
    (void)unused;
    const struct fusion_bucket bucket = {.count = 130};
    struct geo_frame frame = geo_frame_at((struct geo_point){43.65, -79.38});
    const struct fusion_obstacle_index_box box = {-1.0, 1.0, -1.0, 1.0};
    struct fusion_obstacle_search search = fusion_obstacle_search_begin(&bucket, &frame, &box);
    size_t given = 0;
    for (size_t i; fusion_obstacle_search_next(&search, &i); given++)
        assert_int_equal(i, given);
    assert_int_equal(given, 130);
    search = fusion_obstacle_search_begin(NULL, &frame, &box);
    size_t none;
    assert_false(fusion_obstacle_search_next(&search, &none));
}

static void bucket__of_obstacles__says_whose_home_it_is(void **unused)
{
    (void)unused;
    static struct crowd crowd;
    const struct geo_point place = {43.65, -79.38};
    gather(&crowd, place);
    struct fusion_bucket *bucket = lay_out(&crowd, place);
    struct geo_tile tile;
    assert_int_equal(geo_tile_at(place, FUSION_BUCKET_LEVEL, &tile), DRF_OK);
    const struct geo_bounds bounds = geo_tile_bounds(tile);
    size_t home = 0;
    bool there[ALL] = {false};
    for (size_t place_in = 0; place_in < ALL; place_in++) {
        const size_t i = bucket->index->ranks[place_in];
        assert_true(i < ALL && !there[i]);
        there[i] = true;
        const struct geo_point at = crowd.obstacles[i].position;
        const bool inside = at.lat_deg > bounds.south_deg && at.lat_deg < bounds.north_deg
                            && at.lon_deg > bounds.west_deg && at.lon_deg < bounds.east_deg;
        const uint8_t traits = bucket->index->traits[place_in];
        assert_ptr_equal(bucket->obstacles[i], &crowd.fused[i]);
        assert_memory_equal(&bucket->index->positions[place_in], &at, sizeof at);
        assert_int_equal((traits & FUSION_OBSTACLE_INDEX_HOME) != 0, inside);
        assert_int_equal((traits & FUSION_OBSTACLE_INDEX_POINT) != 0, i % 3 != 0);
        home += inside ? 1 : 0;
    }
    assert_true(home > 0 && home < ALL);
    free(bucket);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sift__anywhere__passes_over_nothing_near),
        cmocka_unit_test(sift__a_small_box__gives_few),
        cmocka_unit_test(sift__a_bucket_not_laid_out__gives_all),
        cmocka_unit_test(bucket__of_obstacles__says_whose_home_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
