// tests/bench/bench_edge_obstacle.c - what one obstacle costs the ingest step, as in a replay.
// SPDX-License-Identifier: Apache-2.0
//
// A region of known ground, a tower that comes, moves, grows or goes in each message of a feed:
// decoded in process, applied, folded, published and committed to a store in memory, or to a
// file, where it is rendered too; a second of simulated time each. Processor time of this
// thread for all steps, and for those until the first new root is there; the SHA-256 over what
// roots show says whether two builds agree. Arguments: how many obstacles (400), or `small`;
// the folder of a file for the store.
#include <inttypes.h>
#include <time.h>

// The rig stands on cmocka's names.
#define assert_int_equal(a, b) require((int64_t)(a) == (int64_t)(b), #a " == " #b)
#define assert_non_null(a) require((a) != NULL, #a)
#define assert_true(a) require((a), #a)
static inline void require(int good, const char *what);

#include "edge/host/sha256.h"
#include "geo/cells.h"
#include "tests/bench/region.h"
#include "tests/support/ingest_rig.h"

static inline void require(int good, const char *what)
{
    if (good)
        return;
    (void)fprintf(stderr, "not so: %s\n", what);
    abort();
}

enum { LEVEL = 12, KEYS = 50 };

static enum edge_kafka_event next_message(void *self, size_t feed, struct edge_message *out)
{
    struct rig *rig = self;
    if (rig->position[feed] >= (int64_t)rig->count[feed])
        return EDGE_KAFKA_NOTHING;
    *out = rig->messages[feed][rig->position[feed]++ % ROOM];
    return EDGE_KAFKA_MESSAGE;
}

static void open_bench(struct rig *rig)
{
    const struct fusion_store_config store = {.path = rig->path,
                                              .keep = drf_config_keep(&rig->config),
                                              .level = rig->config.level,
                                              .region_id = "niagara",
                                              .mode = rig->config.mode,
                                              .in_memory = rig->path[0] == '\0'};
    const struct fusion_feed feeds[] = {{.name = "dof", .layer = FUSION_LAYER_OBSTACLE},
                                        {.name = "wx", .layer = FUSION_LAYER_WEATHER},
                                        {.name = "dem", .layer = FUSION_LAYER_GROUND}};
    const struct fusion_fabric_config fabric = {.keep = store.keep,
                                                .level = store.level,
                                                .raster_accuracy_max_m = 175,
                                                .feeds = feeds,
                                                .feed_count = 3};
    const struct edge_feed_port port = {.self = rig,
                                        .start = feed_start,
                                        .stop = feed_stop,
                                        .next = next_message,
                                        .release = feed_release,
                                        .begin = feed_begin,
                                        .sweep = feed_sweep};
    assert_int_equal(fusion_store_open(&store, &rig->store), DRF_OK);
    assert_int_equal(edge_resync_plan(&rig->config, rig->store, &rig->log, rig->now), DRF_OK);
    assert_int_equal(fusion_fabric_open(&fabric, rig->store, &rig->fabric), DRF_OK);
    assert_int_equal(
        edge_feeds_open(&rig->config, port, rig->store, rig->metrics, &rig->log, &rig->feeds),
        DRF_OK);
    const struct edge_ingest_parts parts = {
        .config = &rig->config,
        .store = rig->store,
        .fabric = rig->fabric,
        .feeds = rig->feeds,
        .decoder = {.self = rig, .start = decode_start, .take = decode_take},
        .delivery = &rig->delivery,
        .deadletters = &rig->deadletters,
        .mailbox = &rig->mailbox,
        .backqueue = rig->backqueue,
        .metrics = rig->metrics,
        .health = &rig->health,
        .log = &rig->log};
    assert_int_equal(edge_ingest_open(&parts, &rig->ingest), DRF_OK);
    edge_mailbox_init(&rig->mailbox);
    discover(rig);
}

// Rolling ground with some grain in all tiles of the kept area.
static void lay_ground(struct rig *rig)
{
    static uint16_t cells[GEO_CELLS_COUNT];
    static uint8_t blob[GEO_CELLS_BLOB_MAX];
    struct geo_bounds keep = drf_config_keep(&rig->config);
    struct geo_tile nw, se;
    assert_int_equal(geo_tile_at((struct geo_point){keep.north_deg, keep.west_deg}, LEVEL, &nw),
                     DRF_OK);
    assert_int_equal(geo_tile_at((struct geo_point){keep.south_deg, keep.east_deg}, LEVEL, &se),
                     DRF_OK);
    struct geo_record_builder builder;
    geo_record_builder_init(&builder, 256U << 20);
    struct geo_raster raster = {.layer = GEO_RASTER_GROUND,
                                .level = LEVEL,
                                .posting_m = 30,
                                .vertical_acc95_m = 5,
                                .bounds = keep};
    assert_int_equal(geo_record_add(&builder, GEO_ITEM_RASTER, &raster, sizeof raster, NULL, 0),
                     DRF_OK);
    uint64_t grain = 1;
    for (uint32_t row = nw.row; row <= se.row; row++)
        for (uint32_t col = nw.col; col <= se.col; col++) {
            for (uint32_t i = 0; i < GEO_CELLS_COUNT; i++)
                cells[i] = (uint16_t)(4400 + 200 * sin(i % 256 * 0.05) * cos(i / 256 * 0.03)
                                      + (double)(region_random(&grain) % 8));
            size_t size = sizeof blob;
            assert_int_equal(geo_cells_encode(cells, blob, &size), DRF_OK);
            struct geo_cells_item item = {.tile = {.level = LEVEL, .row = row, .col = col},
                                          .blob_size = (uint32_t)size};
            assert_int_equal(
                geo_record_add(&builder, GEO_ITEM_CELLS, &item, sizeof item, blob, size),
                DRF_OK);
        }
    struct geo_record record;
    assert_int_equal(geo_record_finish(&builder, &record), DRF_OK);
    const struct fusion_message message = {.identity = {"dem", "dem", "ground"},
                                           .version = {.time_utc_us = 1700000000000000}};
    struct fusion_job *job;
    enum fusion_outcome outcome = FUSION_REFUSED;
    assert_int_equal(fusion_job_open(rig->fabric, &message, record, &job), DRF_OK);
    enum drf_status status;
    while ((status = fusion_job_step(job, &outcome)) == DRF_ERR_AGAIN)
        continue;
    assert_int_equal(status, DRF_OK);
    assert_int_equal(outcome, FUSION_APPLIED);
    fusion_job_close(job);
    geo_record_builder_close(&builder);
    assert_int_equal(fusion_fabric_commit(rig->fabric, rig->now.utc_us), DRF_OK);
}

// Towers of 50 numbers near 43 30 N 079 30 W, each message another height, every third another
// place: in a tile's middle, or over a border.
static void add_tower(struct rig *rig, size_t number)
{
    static char texts[ROOM][160], keys[ROOM][16];
    size_t at = rig->count[DOF] % ROOM, key = number * 7 % KEYS;
    (void)snprintf(keys[at], sizeof keys[at], "36-%06zu", key);
    (void)snprintf(texts[at], sizeof texts[at],
                   "%s O US NY SOMEWHERE        43 %02zu %02zu.00N 079 %02zu %02zu.00W TOWER  "
                   "            1 %05zu 00900 R 1 A M 1999AEA01234OE A 2015074 ",
                   keys[at], 30 + key % 5, key + number / 3 % 10, 25 + key % 7,
                   (key * 3 + number) % 60, 100 + number * 37 % 900);
    rig->messages[DOF][at] = (struct edge_message){
        .feed = DOF,
        .topic = "obstacles",
        .offset = (int64_t)rig->count[DOF]++,
        .key = (const uint8_t *)keys[at],
        .key_size = strlen(keys[at]),
        .value = (const uint8_t *)texts[at],
        .value_size = number % 10 == 9 ? 0 : strlen(texts[at]), // a tombstone
        .timestamp = EDGE_TIMESTAMP_CREATE,
        .timestamp_ms = 1700000000000 + (int64_t)number * 1000,
    };
}

struct cost {
    int64_t all_us, told_us;
    size_t steps, roots;
    const struct fusion_root *root;
};

// As the loop: again at once while it is busy, else when it asks for it, 0.1 s at most.
static void pass(struct rig *rig, int64_t us, struct cost *cost)
{
    int64_t end_us = rig->now.mono_us + us;
    bool told = false;
    while (rig->now.mono_us < end_us) {
        struct edge_ingest_done done;
        int64_t began_us = region_cpu_us();
        assert_int_equal(edge_ingest_step(rig->ingest, rig->now, &done), DRF_OK);
        int64_t spent_us = region_cpu_us() - began_us;
        cost->all_us += spent_us;
        cost->told_us += told ? 0 : spent_us;
        cost->steps++;
        if (done.published) {
            cost->root = newest(rig);
            cost->roots++;
            told = true;
        }
        int64_t step_us = done.busy ? 50 : done.wake_mono_us - rig->now.mono_us;
        step_us = step_us < 50 ? 50 : step_us > 100000 ? 100000 : step_us;
        rig->now.mono_us += step_us;
        rig->now.utc_us += step_us;
    }
}

// Cells, sources and flags of every surface, and the tops.
static void show(const struct fusion_root *root, uint8_t digest[static 32])
{
    size_t tiles = (size_t)root->tiles.columns * root->tiles.rows;
    for (size_t i = 0; i < tiles; i++) {
        const struct fusion_tile *tile = root->surface[i];
        static struct {
            uint8_t before[32];
            uint16_t cells[GEO_CELLS_COUNT];
            uint8_t flags[GEO_CELLS_COUNT];
            char sources[GEO_CELLS_COUNT];
        } seen;
        if (tile == NULL)
            continue;
        memcpy(seen.before, digest, sizeof seen.before);
        for (uint32_t row = 0; row < GEO_CELLS_SIDE; row++)
            memcpy(seen.cells + (size_t)row * GEO_CELLS_SIDE, fusion_tile_row(tile, row),
                   GEO_CELLS_SIDE * sizeof *seen.cells);
        for (uint32_t k = 0; k < GEO_CELLS_COUNT; k++) {
            seen.flags[k] = fusion_tile_flags(tile, k);
            seen.sources[k] = fusion_tile_source(tile, k)->source[0];
        }
        edge_sha256(&seen, sizeof seen, digest);
    }
}

int main(int argc, char **argv)
{
    bool small = argc > 1 && strcmp(argv[1], "small") == 0;
    long count = small ? 5 : argc > 1 ? strtol(argv[1], NULL, 10) : 400;
    if (count < 1)
        return 2;
    void *state;
    assert_int_equal(open_rig(&state), 0);
    struct rig *rig = state;
    rig->path[0] = '\0';
    if (argc > 2)
        (void)snprintf(rig->path, sizeof rig->path, "%s/drf-bench-obstacle-%d.gpkg", argv[2],
                       (int)getpid());
    open_bench(rig);
    lay_ground(rig);
    struct cost cost = {0};
    pass(rig, 5000000, &cost);
    for (size_t i = 0; i < KEYS; i++) { // all of them stand
        add_tower(rig, i);
        pass(rig, 1000000, &cost);
    }
    cost = (struct cost){.root = cost.root};
    uint8_t digest[32] = {0};
    for (long i = 0; i < count; i++) {
        add_tower(rig, KEYS + (size_t)i);
        pass(rig, 1000000, &cost);
        if (i % 100 == 0 || i + 1 == count)
            show(cost.root, digest);
    }
    char hex[65];
    edge_sha256_hex(digest, hex);
    (void)printf("{\"bench\":\"replay_obstacle\",\"value\":%.3f,\"unit\":\"ms\","
                 "\"until_told_ms\":%.3f,\"steps\":%.1f,"
                 "\"roots\":%.2f,\"obstacles\":%ld,\"sha256\":\"%s\"}\n",
                 (double)cost.all_us / 1e3 / (double)count,
                 (double)cost.told_us / 1e3 / (double)count, (double)cost.steps / (double)count,
                 (double)cost.roots / (double)count, count, hex);
    close_node(rig);
    (void)close_rig(&state);
    return 0;
}
