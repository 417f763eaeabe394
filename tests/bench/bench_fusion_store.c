// tests/bench/bench_fusion_store.c - the store's benchmarks, each beside a bare program that
// makes the same library calls. SPDX-License-Identifier: Apache-2.0
//
// bench_fusion_store WHAT SIDE FOLDER SIZE: one measurement; tests/bench/run pairs and judges.
// SIDE is own or bare. Prints one JSON line {"value", "unit"}; `prepare` makes the raster.
#include <gdal.h>
#include <png.h>
#include <sqlite3.h>
#include <zstd.h>

#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "fusion/fabric/fabric.h"
#include "fusion/store/store_geometry.h"
#include "fusion/store/store_png.h"
#include "geo/cells.h"
#include "geo/format/decode.h"

enum { LEVEL = 12, BATCH = 500 };
#define WEST 8.0
#define SOUTH 47.0

static void must(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "bench_fusion_store: %s\n", what);
    exit(1);
}
#define MUST(call) must((call) == DRF_OK, #call)

static double now_s(void)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

static int answer(double value, const char *unit)
{
    printf("{\"value\": %.6g, \"unit\": \"%s\"}\n", value, unit);
    return 0;
}

struct place { // what every measurement stands on
    char raster[256], store[256];
    uint32_t posts;
    double side_deg;
    struct fusion_store *db;
    struct fusion_fabric *fabric;
};

static struct place place_of(const char *folder, uint32_t posts)
{
    struct place place = {.posts = posts, .side_deg = (posts - 1) / 3600.0};
    snprintf(place.raster, sizeof place.raster, "%s/raster-%u.tif", folder, posts);
    snprintf(place.store, sizeof place.store, "%s/store.gpkg", folder);
    return place;
}

static struct geo_bounds keep_of(const struct place *place)
{
    return (struct geo_bounds){WEST, SOUTH, WEST + place->side_deg, SOUTH + place->side_deg};
}

static void open_fabric(struct place *place)
{
    static const struct fusion_feed feeds[] = {{.name = "dem", .layer = FUSION_LAYER_GROUND},
                                               {.name = "obs", .layer = FUSION_LAYER_OBSTACLE}};
    struct fusion_store_config store = {.path = place->store,
                                        .keep = keep_of(place),
                                        .level = LEVEL,
                                        .region_id = "sim-bench",
                                        .mode = 4,
                                        .pending_max_bytes = SIZE_MAX};
    struct fusion_fabric_config fabric = {.keep = keep_of(place),
                                          .level = LEVEL,
                                          .raster_accuracy_max_m = 175,
                                          .feeds = feeds,
                                          .feed_count = 2};
    MUST(fusion_store_open(&store, &place->db));
    MUST(fusion_fabric_open(&fabric, place->db, &place->fabric));
}

static void close_fabric(struct place *place)
{
    fusion_fabric_close(place->fabric);
    fusion_store_close(place->db);
}

static void remove_store(const struct place *place)
{
    static const char *const ends[] = {"", "-wal", "-shm", "-lock"};
    for (size_t i = 0; i < 4; i++) {
        char path[300];
        snprintf(path, sizeof path, "%s%s", place->store, ends[i]);
        (void)unlink(path);
    }
}

// Hills with a metre of roughness, as a radar sees them.
static int prepare(const struct place *place)
{
    GDALAllRegister();
    const int side = (int)place->posts;
    GDALDatasetH data =
        GDALCreate(GDALGetDriverByName("GTiff"), place->raster, side, side, 1, GDT_Int16, NULL);
    must(data != NULL, "the raster cannot be made");
    const double post = 1 / 3600.0;
    double transform[] = {
        WEST - post / 2, post, 0, SOUTH + place->side_deg + post / 2, 0, -post};
    GDALSetGeoTransform(data, transform);
    GDALSetProjection(data, "EPSG:4326+5773");
    int16_t *row = malloc((size_t)side * sizeof *row);
    must(row != NULL, "memory");
    uint32_t seed = 7;
    for (int y = 0; y < side; y++) {
        for (int x = 0; x < side; x++) {
            seed = seed * 1664525U + 1013904223U;
            row[x] = (int16_t)(600 + 300 * sin(x / 170.0) * cos(y / 230.0)
                               + 60 * sin(x / 23.0 + y / 31.0) + (seed >> 30));
        }
        must(GDALRasterIO(GDALGetRasterBand(data, 1), GF_Write, 0, y, side, 1, row, side, 1,
                          GDT_Int16, 0, 0)
                 == CE_None,
             "write");
    }
    free(row);
    GDALClose(data);
    return 0;
}

static uint8_t *read_raster(const struct place *place, size_t *size)
{
    FILE *file = fopen(place->raster, "rb");
    must(file != NULL && fseek(file, 0, SEEK_END) == 0, "run prepare first");
    *size = (size_t)ftell(file);
    uint8_t *bytes = malloc(*size);
    rewind(file);
    must(bytes != NULL && fread(bytes, 1, *size, file) == *size, "read");
    fclose(file);
    return bytes;
}

static struct geo_record decode_raster(const struct place *place,
                                       struct geo_record_builder *builder)
{
    size_t size;
    uint8_t *bytes = read_raster(place, &size);
    struct geo_decode_params params = {.format = GEO_FORMAT_GEOTIFF,
                                       .layer = GEO_RASTER_GROUND,
                                       .level = LEVEL,
                                       .keep = keep_of(place),
                                       .vertical = "EGM96",
                                       .vertical_acc95_m = 10,
                                       .size_max_bytes = SIZE_MAX,
                                       .record_max_bytes = UINT64_C(1) << 30,
                                       .pixels_max = UINT64_C(1) << 30};
    struct geo_note why = {0};
    geo_record_builder_init(builder, 1U << 30);
    must(geo_decode(&params, bytes, size, builder, &why) == DRF_OK, why.text);
    free(bytes);
    struct geo_record record;
    MUST(geo_record_finish(builder, &record));
    return record;
}

static struct fusion_job *raster_job(struct place *place, struct geo_record record, int version)
{
    struct fusion_message message = {.identity = {"dem", "dem", "raster"},
                                     .version = {.time_utc_us = version},
                                     .topic = "t",
                                     .cluster_id = "c",
                                     .offset = version};
    struct fusion_job *job;
    MUST(fusion_job_open(place->fabric, &message, record, &job));
    return job;
}

static void run_job(struct fusion_job *job)
{
    enum fusion_outcome outcome;
    enum drf_status status;
    while ((status = fusion_job_step(job, &outcome)) == DRF_ERR_AGAIN)
        ;
    must(status == DRF_OK && outcome == FUSION_APPLIED, "a message was not applied");
    fusion_job_close(job);
}

static void settle(struct place *place)
{
    enum drf_status status;
    while ((status = fusion_fabric_fold(place->fabric)) == DRF_ERR_AGAIN)
        ;
    MUST(status);
    MUST(fusion_fabric_commit(place->fabric, 1));
    while ((status = fusion_fabric_render(place->fabric)) == DRF_ERR_AGAIN)
        ;
    MUST(status);
}

static int raster_own(struct place *place)
{
    remove_store(place);
    open_fabric(place);
    const double begin_s = now_s();
    struct geo_record_builder builder;
    run_job(raster_job(place, decode_raster(place, &builder), 1));
    settle(place);
    const double spent_s = now_s() - begin_s;
    geo_record_builder_close(&builder);
    close_fabric(place);
    return answer((double)place->posts * place->posts / spent_s, "posts/s");
}

// A tile by the shortest way: bilinear in a grid whose axes are the tiles' own.
static void bare_tile(const float *posts, int side, double u, double v, double step,
                      uint16_t *cells)
{
    for (int r = 0; r < GEO_CELLS_SIDE; r++)
        for (int c = 0; c < GEO_CELLS_SIDE; c++) {
            const double x = u + c * step, y = v + r * step;
            const int i = (int)floor(x), j = (int)floor(y);
            uint16_t cell = GEO_CELL_UNKNOWN;
            if (i >= 0 && j >= 0 && i < side - 1 && j < side - 1) {
                const float *at = posts + (size_t)j * (size_t)side + i;
                const double a = x - i, b = y - j;
                const double h = (1 - b) * ((1 - a) * (double)at[0] + a * (double)at[1])
                                 + b * ((1 - a) * (double)at[side] + a * (double)at[side + 1]);
                cell = (uint16_t)lround((h - GEO_CELL_OFFSET_M) / GEO_CELL_QUANTUM_M);
            }
            cells[r * GEO_CELLS_SIDE + c] = cell;
        }
}

// GDAL reads, then as many tiles: one zstd blob (geo_cells_encode is zstd on differences) and
// two PNGs each, none kept.
static int raster_bare(struct place *place)
{
    const double begin_s = now_s();
    GDALAllRegister();
    GDALDatasetH data = GDALOpen(place->raster, GA_ReadOnly);
    const int side = (int)place->posts;
    float *posts = malloc((size_t)side * (size_t)side * sizeof *posts);
    must(data != NULL && posts != NULL
             && GDALRasterIO(GDALGetRasterBand(data, 1), GF_Read, 0, 0, side, side, posts, side,
                             side, GDT_Float32, 0, 0)
                    == CE_None,
         "read");
    GDALClose(data);
    const double tile_deg = 180.0 / (1 << LEVEL), cell_deg = tile_deg / GEO_CELLS_SIDE;
    static uint16_t cells[GEO_CELLS_COUNT];
    static uint8_t blob[GEO_CELLS_BLOB_MAX];
    const double north = SOUTH + place->side_deg, east = WEST + place->side_deg;
    for (int row = (int)((90 - north) / tile_deg); row <= (int)((90 - SOUTH) / tile_deg); row++)
        for (int col = (int)((WEST + 180) / tile_deg); col <= (int)((east + 180) / tile_deg);
             col++) {
            const double u = (col * tile_deg - 180 + cell_deg / 2 - WEST) * 3600;
            const double v = (north - (90 - row * tile_deg - cell_deg / 2)) * 3600;
            bare_tile(posts, side, u, v, cell_deg * 3600, cells);
            size_t size = sizeof blob;
            MUST(geo_cells_encode(cells, blob, &size));
            for (int k = 0; k < 2; k++) {
                uint8_t *png;
                MUST(store_png_encode(cells, &png, &size));
                free(png);
            }
        }
    free(posts);
    return answer((double)place->posts * place->posts / (now_s() - begin_s), "posts/s");
}

// So inaccurate that it raises no surface: rows and triggers alone, as the reference writes.
static void fill_obstacle(const struct place *place, uint32_t number, uint32_t turn,
                          struct geo_obstacle *out)
{
    memset(out, 0, sizeof *out);
    *out = (struct geo_obstacle){
        .position = {SOUTH + place->side_deg * (0.01 + 0.98 * (number % 317) / 317.0),
                     WEST + place->side_deg * (0.01 + 0.98 * (number % 331) / 331.0)},
        .agl_m = 20 + turn % 50,
        .amsl_m = 700 + turn % 50,
        .horizontal_acc95_m = 200,
        .vertical_acc95_m = 3,
        .flags = GEO_OBSTACLE_HAS_AGL | GEO_OBSTACLE_HAS_AMSL,
        .geometry = GEO_GEOMETRY_POINT,
        .quantity = 1};
    snprintf(out->id, sizeof out->id, "obstacle-%06u", number);
    snprintf(out->kind, sizeof out->kind, "TOWER");
}

static void put_obstacles(struct place *place, uint32_t first, uint32_t count, uint32_t turn)
{
    struct geo_record_builder builder;
    geo_record_builder_init(&builder, 1U << 26);
    for (uint32_t i = first; i < first + count; i++) {
        struct geo_obstacle obstacle;
        fill_obstacle(place, i, turn, &obstacle);
        MUST(geo_record_add(&builder, GEO_ITEM_OBSTACLE, &obstacle, sizeof obstacle, NULL, 0));
    }
    struct geo_record record;
    MUST(geo_record_finish(&builder, &record));
    struct fusion_message message = {.identity = {"obs", "obs", "message"},
                                     .version = {.time_utc_us = 1 + turn},
                                     .topic = "o",
                                     .cluster_id = "c",
                                     .offset = turn};
    struct fusion_job *job;
    MUST(fusion_job_open(place->fabric, &message, record, &job));
    run_job(job);
    geo_record_builder_close(&builder);
}

static int obstacles_own(struct place *place, uint32_t count)
{
    remove_store(place);
    open_fabric(place);
    const double begin_s = now_s();
    for (uint32_t first = 0; first < count; first += BATCH) {
        put_obstacles(place, first, count - first < BATCH ? count - first : BATCH, first);
        MUST(fusion_fabric_commit(place->fabric, 1 + first));
    }
    settle(place);
    const double spent_s = now_s() - begin_s;
    close_fabric(place);
    return answer(count / spent_s, "updates/s");
}

// The same rows by SQLite alone: identity, record and feature row with its R-tree's triggers.
static int obstacles_bare(struct place *place, uint32_t count)
{
    static const char *const texts[] = {
        "INSERT INTO drf_identity (id, feed, source, key, time_utc_us, sha256, source_id)"
        " VALUES (?1, 'obs', 'obs', ?2, ?1, zeroblob(32), 1)",
        "INSERT INTO drf_record VALUES (?1, ?1, ?3)",
        "INSERT INTO obstacle (fid, geom, feature_id, source, kind, quantity, top_amsl_m,"
        " published_amsl_m, agl_m) VALUES (?1, ?4, ?2, 'obs', 'TOWER', 1, 703, 700, 20)"};
    remove_store(place);
    open_fabric(place);
    close_fabric(place);
    sqlite3 *db;
    sqlite3_stmt *statements[3];
    must(sqlite3_open(place->store, &db) == SQLITE_OK
             && store_geometry_register(db) == SQLITE_OK
             && sqlite3_exec(db, "PRAGMA synchronous = NORMAL; PRAGMA secure_delete = OFF",
                             NULL, NULL, NULL)
                    == SQLITE_OK,
         "open");
    for (int i = 0; i < 3; i++)
        must(sqlite3_prepare_v2(db, texts[i], -1, &statements[i], NULL) == SQLITE_OK, texts[i]);
    const double begin_s = now_s();
    for (uint32_t n = 0; n < count; n++) {
        if (n % BATCH == 0)
            must(sqlite3_exec(db, "BEGIN", NULL, NULL, NULL) == SQLITE_OK, "begin");
        struct geo_obstacle obstacle;
        fill_obstacle(place, n, n, &obstacle);
        uint8_t geometry[29] = {'G', 'P', 0, 1, 0xe6, 0x10, 0, 0, 1, 1};
        memcpy(geometry + 13, &obstacle.position.lon_deg, 8);
        memcpy(geometry + 21, &obstacle.position.lat_deg, 8);
        for (int i = 0; i < 3; i++) {
            sqlite3_bind_int64(statements[i], 1, n + 1);
            sqlite3_bind_text(statements[i], 2, obstacle.id, -1, SQLITE_STATIC);
            sqlite3_bind_blob(statements[i], 3, &obstacle, sizeof obstacle, SQLITE_STATIC);
            sqlite3_bind_blob(statements[i], 4, geometry, sizeof geometry, SQLITE_STATIC);
            must(sqlite3_step(statements[i]) == SQLITE_DONE, sqlite3_errmsg(db));
            sqlite3_reset(statements[i]);
        }
        if (n % BATCH == BATCH - 1 || n + 1 == count)
            must(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK, "commit");
    }
    const double spent_s = now_s() - begin_s;
    for (int i = 0; i < 3; i++)
        sqlite3_finalize(statements[i]);
    sqlite3_close(db);
    return answer(count / spent_s, "updates/s");
}

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

// Every 20 ms an urgent obstacle is due; between, the raster goes on a slice at a time.
static int urgent_own(struct place *place)
{
    enum { ROOM = 4096 };
    static double waits_s[ROOM];
    size_t count = 0;
    remove_store(place);
    open_fabric(place);
    struct geo_record_builder builder;
    const struct geo_record record = decode_raster(place, &builder);
    int version = 1, phase = 0;
    struct fusion_job *job = raster_job(place, record, version);
    double due_s = now_s() + 0.02;
    while (count < 200 || phase != 3) {
        enum fusion_outcome outcome;
        enum drf_status status = DRF_OK;
        if (phase == 0 && fusion_job_step(job, &outcome) != DRF_ERR_AGAIN) {
            fusion_job_close(job);
            phase = 1;
        } else if (phase == 1) {
            status = fusion_fabric_fold(place->fabric);
            phase = status == DRF_ERR_AGAIN ? 1 : 2;
        } else if (phase == 2) {
            status = fusion_fabric_render(place->fabric);
            phase = status == DRF_ERR_AGAIN ? 2 : 3;
        } else if (phase == 3) {
            job = raster_job(place, record, ++version);
            phase = 0;
        }
        if (now_s() < due_s || count == ROOM)
            continue;
        put_obstacles(place, (uint32_t)count, 1, (uint32_t)count + 1);
        MUST(fusion_fabric_commit(place->fabric, 1));
        waits_s[count++] = now_s() - due_s;
        due_s = now_s() + 0.02;
        if (version > 20)
            break;
    }
    if (phase == 0)
        fusion_job_close(job);
    close_fabric(place);
    geo_record_builder_close(&builder);
    qsort(waits_s, count, sizeof *waits_s, by_value);
    return answer(waits_s[count * 99 / 100] * 1e3, "ms");
}

// 20 ms and twice what the disk takes to keep 16 kB.
static int urgent_bare(struct place *place)
{
    enum { TIMES = 100 };
    static uint8_t page[16384];
    double waits_s[TIMES];
    const int fd = open(place->store, O_CREAT | O_WRONLY | O_TRUNC, 0600);
    must(fd >= 0, "open");
    for (int i = 0; i < TIMES; i++) {
        const double begin_s = now_s();
        must(pwrite(fd, page, sizeof page, (off_t)i * 16384) == sizeof page && fsync(fd) == 0,
             "fsync");
        waits_s[i] = now_s() - begin_s;
    }
    close(fd);
    unlink(place->store);
    qsort(waits_s, TIMES, sizeof *waits_s, by_value);
    return answer(20 + 2e3 * waits_s[TIMES / 2], "ms");
}

int main(int argc, char **argv)
{
    must(argc == 5, "WHAT SIDE FOLDER full|small");
    const bool small = strcmp(argv[4], "small") == 0, own = strcmp(argv[2], "own") == 0;
    const uint32_t obstacles = small ? 2000 : 100000;
    struct place place = place_of(argv[3], small ? 301 : 3601);
    const char *what = argv[1];
    if (strcmp(what, "prepare") == 0)
        return prepare(&place);
    if (strcmp(what, "raster") == 0)
        return own ? raster_own(&place) : raster_bare(&place);
    if (strcmp(what, "obstacles") == 0)
        return own ? obstacles_own(&place, obstacles / 5)
                   : obstacles_bare(&place, obstacles / 5);
    if (strcmp(what, "urgent") == 0)
        return own ? urgent_own(&place) : urgent_bare(&place);
    must(false, "no such measurement");
    return 2;
}
