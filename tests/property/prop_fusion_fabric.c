// SPDX-License-Identifier: Apache-2.0
// The fused state is a pure function of the set of live records. Random sets of messages are
// folded by brute force, straight from the rules and cell by cell, and compared with what the
// fabric makes of them in any order, with repetitions and interruptions.
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fusion/root/tile_thin.h"
#include "tests/support/fabric.h"
#include "tests/support/fabric_rules.h"

static void expect_source(const struct fusion_tile *tile, size_t cell,
                          const struct parcel *parcel)
{
    const struct fusion_source *source = spot_source(tile, cell);
    char version[80];
    int second = (int)(parcel->message.version.time_utc_us / 1000000);
    bool feature = parcel->layer == FUSION_LAYER_OBSTACLE;
    (void)snprintf(version, sizeof version, "%s%s1970-01-01T00:00:%02dZ",
                   feature ? "" : parcel->key, feature ? "" : " @ ", second);
    if (strcmp(source->source, parcel->source) != 0 || strcmp(source->version, version) != 0)
        fail_msg("cell %zu is from %s %s, by the rules from %s %s", cell, source->source,
                 source->version, parcel->source, version);
}

static void expect_tile(const struct fusion_tile *tile, const uint16_t *cells,
                        const struct parcel *const *by, const uint8_t *flags)
{
    for (size_t cell = 0; cell < CELLS; cell++) {
        uint16_t got = tile == NULL ? GEO_CELL_UNKNOWN : fusion_tile_cell(tile, (uint32_t)cell);
        if (got != cells[cell])
            fail_msg("cell %zu is %u, by the rules %u", cell, got, cells[cell]);
        if (got == GEO_CELL_UNKNOWN)
            continue;
        uint8_t expected = flags == NULL ? FUSION_SURFACE_GROUND : flags[cell];
        if (spot_flags(tile, cell) != expected)
            fail_msg("cell %zu has flags %u, by the rules %u", cell, spot_flags(tile, cell),
                     expected);
        expect_source(tile, cell, by[cell]);
    }
}

static const struct fusion_obstacle *shown(const struct fusion_root *root, const char *source,
                                           const char *id)
{
    for (size_t i = 0; i < (size_t)root->buckets.rows * root->buckets.columns; i++)
        for (size_t j = 0; root->features[i] != NULL && j < root->features[i]->count; j++) {
            const struct fusion_obstacle *o = root->features[i]->obstacles[j];
            if (strcmp(o->source->source, source) == 0 && strcmp(o->obstacle->id, id) == 0)
                return o;
        }
    return NULL;
}

static bool on_a_tile(const struct thing *thing)
{
    for (size_t tile = 0; tile < SPOT_TILES; tile++)
        for (size_t cell = 0; cell < CELLS; cell++)
            if (touches(thing, tile, cell))
                return true;
    return false;
}

static void expect_obstacles(const struct fusion_root *root, const struct truth *truth)
{
    size_t expected = 0, total = 0;
    for (size_t i = 0; i < truth->obstacle_count; i++) {
        const struct alive *a = &truth->obstacles[i];
        const struct fusion_obstacle *o = shown(root, a->parcel->source, a->thing->obstacle.id);
        if (o == NULL) { // only what touches no bucket may be left out
            assert_false(on_a_tile(a->thing));
            continue;
        }
        expected++;
        assert_int_equal(o->top_known, a->top_known);
        assert_int_equal(o->foot_known, a->foot_known);
        if (a->top_known)
            assert_true(!(o->top_amsl_m < a->top_m) && !(o->top_amsl_m > a->top_m));
        if (a->foot_known)
            assert_true(!(o->foot_amsl_m < a->foot_m) && !(o->foot_amsl_m > a->foot_m));
    }
    for (unsigned i = 0; i < IDS; i++) {
        char id[16];
        (void)snprintf(id, sizeof id, "o-%02u", i);
        total += shown(root, "obs", id) != NULL;
        total += shown(root, "obs/other", id) != NULL;
    }
    assert_int_equal(total, expected);
}

static void expect_truth(const struct fusion_root *root, const struct truth *truth)
{
    for (size_t tile = 0; tile < SPOT_TILES; tile++) {
        expect_tile(root->ground[tile], truth->ground[tile], truth->ground_by[tile], NULL);
        expect_tile(root->surface[tile], truth->surface[tile], truth->surface_by[tile],
                    truth->flags[tile]);
    }
    expect_obstacles(root, truth);
}

// FNV-1a over everything that a root shows.
static uint64_t mix(uint64_t hash, const void *bytes, size_t size)
{
    const uint8_t *byte = bytes;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ byte[i]) * UINT64_C(1099511628211);
    return hash;
}

static uint64_t mix_tile(uint64_t hash, const struct fusion_tile *tile)
{
    if (tile == NULL)
        return mix(hash, "-", 1);
    if (tile->base != NULL) { // all its rows, as it would be made of them
        struct fusion_tile *thick;
        if (fusion_tile_thick(tile, &thick) != DRF_OK)
            abort();
        hash = mix_tile(hash, thick);
        fusion_tile_free(thick);
        return hash;
    }
    hash = mix(hash, tile->cells, CELLS * sizeof *tile->cells);
    hash = mix(hash, tile->kinds, tile->kind_count * sizeof *tile->kinds);
    if (tile->kind_bits > 0)
        hash = mix(hash, tile->kind_of, (size_t)CELLS / 8 * tile->kind_bits);
    for (size_t i = 0; i < tile->source_count; i++) {
        hash = mix(hash, tile->sources[i]->source, strlen(tile->sources[i]->source));
        hash = mix(hash, tile->sources[i]->version, strlen(tile->sources[i]->version));
    }
    return hash;
}

static uint64_t fingerprint(const struct fusion_root *root)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < SPOT_TILES; i++)
        hash = mix_tile(mix_tile(hash, root->ground[i]), root->surface[i]);
    for (size_t i = 0; i < (size_t)root->buckets.rows * root->buckets.columns; i++)
        for (size_t j = 0; root->features[i] != NULL && j < root->features[i]->count; j++) {
            const struct fusion_obstacle *o = root->features[i]->obstacles[j];
            hash = mix(hash, &i, sizeof i);
            hash = mix(hash, o->source->source, strlen(o->source->source));
            hash = mix(hash, o->source->version, strlen(o->source->version));
            hash = mix(hash, o->obstacle, sizeof *o->obstacle);
            hash = mix(hash, &o->top_amsl_m, sizeof o->top_amsl_m);
            hash = mix(hash, &o->foot_amsl_m, sizeof o->foot_amsl_m);
        }
    return mix(hash, &root->obstacle_reach_m, sizeof root->obstacle_reach_m);
}

struct result {
    uint64_t fingerprint;
    uint8_t digest[32];
};

static struct result result_of(struct spot *spot)
{
    struct result result = {.fingerprint = fingerprint(spot_settle(spot))};
    if (fusion_fabric_commit(spot->fabric, 1) != DRF_OK)
        fail_msg("%s", fusion_store_error(spot->store));
    if (fusion_store_digest(spot->store, FUSION_LAYER_COUNT, result.digest) != DRF_OK)
        fail_msg("%s", fusion_store_error(spot->store));
    return result;
}

static void expect_same(const struct result *a, const struct result *b)
{
    assert_true(a->fingerprint == b->fingerprint);
    assert_memory_equal(a->digest, b->digest, sizeof a->digest);
}

static void apply(struct spot *spot, const struct parcel *parcel, size_t offset)
{
    struct fusion_message message = parcel->message;
    message.offset = (int64_t)offset;
    (void)spot_apply(spot, &message, parcel->record);
}

static struct result in_order(const struct world *world, const struct truth *truth)
{
    struct spot spot;
    spot_begin(&spot);
    for (size_t i = 0; i < world->count; i++)
        apply(&spot, &world->parcels[i], i);
    struct result result = result_of(&spot);
    expect_truth(spot.root, truth);
    spot_end(&spot);
    return result;
}

struct order { // of messages, some of them twice
    size_t items[2 * MESSAGES], count;
};

static struct order shuffled(const struct world *world, uint64_t *state)
{
    struct order order = {.count = 0};
    for (size_t i = 0; i < world->count; i++)
        for (uint32_t times = 1 + (below(state, 4) == 0); times > 0; times--)
            order.items[order.count++] = i;
    for (size_t i = order.count - 1; i > 0; i--) {
        size_t j = below(state, (uint32_t)i + 1), held = order.items[i];
        order.items[i] = order.items[j];
        order.items[j] = held;
    }
    return order;
}

// What a node does between two messages, more or less of it.
static void live_on(struct spot *spot, uint64_t *state)
{
    for (uint32_t steps = below(state, 3) == 0 ? 60 : below(state, 6); steps > 0; steps--) {
        enum drf_status status = fusion_fabric_fold(spot->fabric);
        assert_true(status == DRF_OK || status == DRF_ERR_AGAIN);
    }
    if (below(state, 4) == 0)
        (void)spot_publish(spot);
    if (below(state, 6) == 0)
        assert_int_equal(fusion_fabric_commit(spot->fabric, 1), DRF_OK);
    if (below(state, 12) == 0) {
        enum drf_status status = fusion_fabric_render(spot->fabric);
        assert_true(status == DRF_OK || status == DRF_ERR_AGAIN);
    }
}

// Ends without a commit, and reads on where the store says.
static size_t interrupted(struct spot *spot)
{
    spot_close(spot);
    spot_open(spot);
    char cluster[64];
    int64_t next = 0;
    enum drf_status status = fusion_store_offset(spot->store, "all", 0, cluster, &next);
    assert_true(status == DRF_OK || status == DRF_ERR_ABSENT);
    return (size_t)next;
}

static struct result shaken(const struct world *world, uint64_t seed)
{
    uint64_t state = seed;
    struct order order = shuffled(world, &state);
    struct spot spot;
    spot_begin(&spot);
    size_t next = 0;
    while (next < order.count) {
        apply(&spot, &world->parcels[order.items[next]], next);
        next++;
        live_on(&spot, &state);
        if (below(&state, 10) == 0)
            next = interrupted(&spot);
    }
    struct result result = result_of(&spot);
    spot_render(&spot);
    spot_close(&spot);
    spot_open(&spot); // all of it from the store alone
    struct result again = result_of(&spot);
    expect_same(&result, &again);
    spot_close(&spot);
    spot_open_as(&spot, true);
    assert_true(fingerprint(spot_settle(&spot)) == result.fingerprint);
    spot_end(&spot);
    return result;
}

static void fused_state__of_any_order__is_what_the_rules_say_cell_by_cell(void **state)
{
    (void)state;
    struct world *world = malloc(sizeof *world);
    assert_non_null(world);
    for (uint64_t seed = 1; seed <= 4; seed++) {
        make_world(world, seed);
        struct truth *truth = brute_force(world);
        print_message("  seed %u: %zu rasters, %zu obstacles live\n", (unsigned)seed,
                      truth->terrain_count, truth->obstacle_count);
        struct result straight = in_order(world, truth);
        for (uint64_t turn = 1; turn <= 3; turn++) {
            struct result other = shaken(world, seed * 100 + turn);
            expect_same(&straight, &other);
        }
        free(truth);
        drop_world(world);
    }
    free(world);
}

static void fused_state__after_every_few_messages__is_what_the_rules_say(void **state)
{
    (void)state;
    struct world *world = malloc(sizeof *world);
    assert_non_null(world);
    make_world(world, 77);
    struct spot spot;
    spot_begin(&spot);
    for (size_t i = 0; i < MESSAGES; i++) {
        apply(&spot, &world->parcels[i], i);
        const struct fusion_root *root = spot_settle(&spot);
        if (i % 10 != 9)
            continue;
        world->count = i + 1;
        struct truth *truth = brute_force(world);
        expect_truth(root, truth);
        free(truth);
    }
    spot_end(&spot);
    drop_world(world);
    free(world);
}

static void withdraw(struct spot *spot, const char *feed, const char *source, const char *key)
{
    struct fusion_message message = spot_message(feed, source, key, 9000000, 1);
    message.tombstone = true;
    (void)spot_apply(spot, &message, (struct geo_record){0});
}

static void fused_state__after_sources_were_withdrawn__has_no_trace_of_them(void **state)
{
    (void)state;
    struct world *world = malloc(sizeof *world);
    assert_non_null(world);
    make_world(world, 5);
    struct spot without, with;
    spot_begin(&without);
    spot_begin(&with);
    for (size_t i = 0; i < world->count; i++) {
        const struct parcel *p = &world->parcels[i];
        bool leaving = strcmp(p->source, "dtm-c") == 0 || strcmp(p->source, "dsm") == 0
                       || strcmp(p->source, "obs/other") == 0;
        if (!leaving)
            apply(&without, p, i);
        apply(&with, p, i);
        if (i % 7 == 0)
            (void)spot_settle(&with);
    }
    for (unsigned i = 0; i < IDS; i++) {
        char key[16];
        (void)snprintf(key, sizeof key, "o-%02u", i);
        withdraw(&with, "obs", "obs/other", key);
    }
    for (unsigned i = 0; i < 2; i++) {
        char key[16];
        (void)snprintf(key, sizeof key, "cell-%u", i);
        withdraw(&with, "dtm-c", "dtm-c", key);
        withdraw(&with, "dsm", "dsm", key);
    }
    struct result a = result_of(&without), b = result_of(&with);
    expect_same(&a, &b);
    spot_end(&without);
    spot_end(&with);
    drop_world(world);
    free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fused_state__of_any_order__is_what_the_rules_say_cell_by_cell),
        cmocka_unit_test(fused_state__after_every_few_messages__is_what_the_rules_say),
        cmocka_unit_test(fused_state__after_sources_were_withdrawn__has_no_trace_of_them),
    };
    return cmocka_run_group_tests_name("fusion/fabric", tests, NULL, NULL);
}
