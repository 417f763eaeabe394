// SPDX-License-Identifier: Apache-2.0
// The store as others see it: GDAL opens it live as a GeoPackage and reads the right values.
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <math.h>

#include <gdal.h>
#include <ogr_api.h>
#include <ogr_srs_api.h>
#include <sqlite3.h>

#include "fusion/store/store.h"

enum { LEVEL = 12 };
static const struct geo_tile tile_a = {.level = LEVEL, .row = 1055, .col = 2290};

static char folder[64], path[96];

static int make_folder(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof folder, "/tmp/drf-gpkg-XXXXXX");
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/region.gpkg", folder);
    GDALAllRegister();
    return 0;
}

static int drop_folder(void **state)
{
    (void)state;
    static const char *const ends[] = {"", "-wal", "-shm", "-lock", ".aux.xml"};
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        char name[128];
        (void)snprintf(name, sizeof name, "%s%s", path, ends[i]);
        (void)unlink(name);
    }
    assert_int_equal(rmdir(folder), 0);
    return 0;
}

static struct fusion_store *open_store(void)
{
    struct fusion_store_fault fault = {0};
    const struct fusion_store_config config = {
        .path = path,
        .keep = {.west_deg = -79.5, .south_deg = 43, .east_deg = -78.5, .north_deg = 44},
        .level = LEVEL,
        .region_id = "sim-niagara",
        .mode = 4,
        .pending_max_bytes = 64 << 20,
        .fault = &fault,
    };
    struct fusion_store *store = NULL;
    if (fusion_store_open(&config, &store) != DRF_OK)
        fail_msg("%s", fault.text);
    return store;
}

// Eastward 1 m a cell, southward 64 m a cell: every cell another height; and one void.
static double height_at(int row, int col) { return -900.0 + row * 32.0 + col * 0.25; }
enum { VOID_ROW = 7, VOID_COL = 200 };

static const struct fusion_source provenance = {.feed = "dtm",
                                                .source = "dtm/nrcan",
                                                .licence = "OGL",
                                                .version = "n43w080",
                                                .priority = 3,
                                                .vertical_acc95_m = 2.5};

static void render_tile(struct fusion_store *store, enum fusion_layer layer,
                        struct geo_tile tile, double raised_m)
{
    uint16_t *cells = malloc(sizeof *cells * GEO_CELLS_COUNT);
    assert_non_null(cells);
    for (int row = 0; row < GEO_CELLS_SIDE; row++)
        for (int col = 0; col < GEO_CELLS_SIDE; col++)
            cells[row * GEO_CELLS_SIDE + col] =
                (uint16_t)((height_at(row, col) + raised_m + 1000.0) * 4);
    cells[VOID_ROW * GEO_CELLS_SIDE + VOID_COL] = GEO_CELL_UNKNOWN;
    const struct fusion_source *const sources[] = {&provenance};
    struct fusion_tile *fused = NULL;
    assert_int_equal(fusion_tile_make(NULL, tile, cells, sources, 1, NULL, NULL, &fused),
                     DRF_OK);
    assert_int_equal(fusion_store_render(store, layer, tile, fused), DRF_OK);
    fusion_tile_free(fused);
    free(cells);
}

static void render_shape(struct fusion_store *store, int64_t id, uint32_t geometry,
                         const struct geo_point *vertices, uint32_t count)
{
    struct geo_obstacle obstacle = {
        .kind = "TOWER",
        .position = vertices[0],
        .data_time_utc_us = INT64_C(1700000000500000),
        .agl_m = 60.5,
        .amsl_m = 250.25,
        .horizontal_acc95_m = 15,
        .vertical_acc95_m = 3,
        .flags = GEO_OBSTACLE_HAS_AGL | GEO_OBSTACLE_HAS_AMSL | GEO_OBSTACLE_VERIFIED
                 | GEO_OBSTACLE_HAS_DATA_TIME | GEO_OBSTACLE_VERTICAL_ASSUMED,
        .geometry = geometry,
        .vertex_count = geometry == GEO_GEOMETRY_POINT ? 0 : count,
        .quantity = 2,
        .lighting = 'R'};
    (void)snprintf(obstacle.id, sizeof obstacle.id, "it's %d", (int)id);
    const struct fusion_obstacle fused = {.obstacle = &obstacle,
                                          .vertices = count > 1 ? vertices : NULL,
                                          .source = &provenance,
                                          .top_known = id != 2,
                                          .top_amsl_m = 253.25,
                                          .foot_known = false};
    assert_int_equal(fusion_store_render_obstacle(store, id, &fused), DRF_OK);
}

static void fill(struct fusion_store *store)
{
    render_tile(store, FUSION_LAYER_GROUND, tile_a, 0);
    render_tile(store, FUSION_LAYER_SURFACE, tile_a, 10);
    static const struct geo_point line[] = {{43.5, -79.0}, {43.6, -78.9}, {43.55, -78.8}};
    render_shape(store, 1, GEO_GEOMETRY_POINT, line, 1);
    render_shape(store, 2, GEO_GEOMETRY_LINE, line, 3);
    render_shape(store, 3, GEO_GEOMETRY_POLYGON, line, 3);
    assert_int_equal(fusion_store_render_commit(store), DRF_OK);
    assert_int_equal(fusion_store_commit(store, INT64_C(1700000001000000)), DRF_OK);
}

// One value of a coverage through GDAL; NAN where GDAL says there is none.
static double coverage_at(const char *layer, struct geo_point point)
{
    char name[160];
    (void)snprintf(name, sizeof name, "GPKG:%s:%s", path, layer);
    GDALDatasetH set = GDALOpenEx(name, GDAL_OF_RASTER | GDAL_OF_READONLY, NULL, NULL, NULL);
    assert_non_null(set);
    double t[6];
    assert_int_equal(GDALGetGeoTransform(set, t), CE_None);
    const int x = (int)((point.lon_deg - t[0]) / t[1]);
    const int y = (int)((point.lat_deg - t[3]) / t[5]);
    GDALRasterBandH band = GDALGetRasterBand(set, 1);
    assert_true(x >= 0 && x < GDALGetRasterXSize(set) && y >= 0 && y < GDALGetRasterYSize(set));
    float value = 0;
    assert_int_equal(GDALRasterIO(band, GF_Read, x, y, 1, 1, &value, 1, 1, GDT_Float32, 0, 0),
                     CE_None);
    int has = 0;
    const double nodata = GDALGetRasterNoDataValue(band, &has);
    assert_true(has);
    assert_string_equal(GDALGetRasterUnitType(band), "m");
    GDALClose(set);
    return (double)value == nodata ? (double)NAN : (double)value;
}

// The centre of a cell, from the tile's own definition (OGC 17-083r2, WorldCRS84Quad).
static struct geo_point centre(struct geo_tile tile, int row, int col)
{
    const double side = 180.0 / (1 << LEVEL), cell = side / 256.0;
    return (struct geo_point){.lat_deg = 90.0 - tile.row * side - (row + 0.5) * cell,
                              .lon_deg = -180.0 + tile.col * side + (col + 0.5) * cell};
}

static void coverage__read_through_gdal__has_the_heights_where_they_belong(void **state)
{
    (void)state;
    struct fusion_store *store = open_store();
    fill(store);
    static const int places[][2] = {{0, 0}, {0, 255}, {255, 0}, {255, 255}, {100, 17}};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        const int row = places[i][0], col = places[i][1];
        const struct geo_point point = centre(tile_a, row, col);
        assert_true(coverage_at("ground", point) == height_at(row, col));
        assert_true(coverage_at("surface", point) == height_at(row, col) + 10);
    }
    fusion_store_close(store);
}

static void coverage__box__holds_what_is_kept_and_begins_on_a_cell(void **state)
{
    (void)state;
    struct fusion_store *store = open_store();
    char name[160];
    (void)snprintf(name, sizeof name, "GPKG:%s:ground", path);
    GDALDatasetH set = GDALOpenEx(name, GDAL_OF_RASTER | GDAL_OF_READONLY, NULL, NULL, NULL);
    assert_non_null(set);
    double t[6];
    assert_int_equal(GDALGetGeoTransform(set, t), CE_None);
    const double cell = 180.0 / (1 << LEVEL) / 256.0;
    assert_true(fabs(t[1] - cell) < 1e-15 && fabs(t[5] + cell) < 1e-15);
    const double col = (t[0] + 180.0) / cell, row = (90.0 - t[3]) / cell;
    assert_true(fabs(col - round(col)) < 1e-6 && fabs(row - round(row)) < 1e-6);
    assert_true(t[0] <= -79.5 && t[0] > -79.5 - 2 * cell);
    assert_true(t[3] >= 44 && t[3] < 44 + 2 * cell);
    assert_true(t[0] + GDALGetRasterXSize(set) * cell >= -78.5);
    assert_true(t[3] - GDALGetRasterYSize(set) * cell <= 43);
    GDALClose(set);
    fusion_store_close(store);
}

static void coverage__unknown__has_no_value_and_never_zero(void **state)
{
    (void)state;
    struct fusion_store *store = open_store();
    fill(store);
    const struct geo_tile beside = {.level = LEVEL, .row = tile_a.row, .col = tile_a.col + 1};
    assert_true(isnan(coverage_at("ground", centre(tile_a, VOID_ROW, VOID_COL))));
    assert_true(isnan(coverage_at("ground", centre(beside, 3, 3))));
    // Rendered as nothing: the tile is gone.
    assert_int_equal(fusion_store_render(store, FUSION_LAYER_GROUND, tile_a, NULL), DRF_OK);
    assert_int_equal(fusion_store_render_commit(store), DRF_OK);
    assert_true(isnan(coverage_at("ground", centre(tile_a, 0, 0))));
    assert_true(coverage_at("surface", centre(tile_a, 0, 0)) == height_at(0, 0) + 10);
    fusion_store_close(store);
}

static void coverage__rendered_again__shows_the_newest(void **state)
{
    (void)state;
    struct fusion_store *store = open_store();
    fill(store);
    render_tile(store, FUSION_LAYER_GROUND, tile_a, 3);
    render_tile(store, FUSION_LAYER_GROUND, tile_a, 5);
    assert_int_equal(fusion_store_render_commit(store), DRF_OK);
    assert_true(coverage_at("ground", centre(tile_a, 9, 9)) == height_at(9, 9) + 5);
    fusion_store_close(store);
}

// As after a copy by a program that numbers the rows itself.
static void coverage__rows_that_were_numbered_anew__are_taken_over(void **state)
{
    (void)state;
    struct fusion_store *store = open_store();
    fill(store);
    sqlite3 *other;
    assert_int_equal(sqlite3_open(path, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "UPDATE ground SET id = 77", NULL, NULL, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_close(other), SQLITE_OK);
    render_tile(store, FUSION_LAYER_GROUND, tile_a, 5);
    assert_int_equal(fusion_store_render_commit(store), DRF_OK);
    assert_true(coverage_at("ground", centre(tile_a, 9, 9)) == height_at(9, 9) + 5);
    fusion_store_close(store);
}

static OGRLayerH obstacles(GDALDatasetH *set)
{
    *set = GDALOpenEx(path, GDAL_OF_VECTOR | GDAL_OF_READONLY, NULL, NULL, NULL);
    assert_non_null(*set);
    OGRLayerH layer = GDALDatasetGetLayerByName(*set, "obstacle");
    assert_non_null(layer);
    return layer;
}

static double number(OGRFeatureH feature, const char *name)
{
    const int index = OGR_F_GetFieldIndex(feature, name);
    assert_true(index >= 0);
    return OGR_F_IsFieldSetAndNotNull(feature, index) ? OGR_F_GetFieldAsDouble(feature, index)
                                                      : (double)NAN;
}

static const char *text(OGRFeatureH feature, const char *name)
{
    const int index = OGR_F_GetFieldIndex(feature, name);
    assert_true(index >= 0);
    return OGR_F_GetFieldAsString(feature, index);
}

static void assert_shape(OGRLayerH layer, int64_t fid, const char *wanted)
{
    OGRFeatureH feature = OGR_L_GetFeature(layer, fid);
    assert_non_null(feature);
    char copy[128], *at = copy;
    (void)snprintf(copy, sizeof copy, "%s", wanted);
    OGRGeometryH shape = NULL;
    assert_int_equal(OGR_G_CreateFromWkt(&at, NULL, &shape), OGRERR_NONE);
    OGRGeometryH read = OGR_F_GetGeometryRef(feature);
    assert_int_equal(OGR_G_GetGeometryType(read), OGR_G_GetGeometryType(shape));
    assert_true(OGR_G_Equals(read, shape));
    OGR_G_DestroyGeometry(shape);
    OGR_F_Destroy(feature);
}

static void obstacle__read_through_gdal__has_shape_and_words_of_the_source(void **state)
{
    (void)state;
    struct fusion_store *store = open_store();
    fill(store);
    GDALDatasetH set;
    OGRLayerH layer = obstacles(&set);
    assert_int_equal(OGR_L_GetFeatureCount(layer, 1), 3);
    assert_shape(layer, 1, "POINT (-79.0 43.5)");
    assert_shape(layer, 2, "LINESTRING (-79.0 43.5,-78.9 43.6,-78.8 43.55)");
    assert_shape(layer, 3, "POLYGON ((-79.0 43.5,-78.9 43.6,-78.8 43.55,-79.0 43.5))");

    OGRFeatureH feature = OGR_L_GetFeature(layer, 1);
    assert_string_equal(text(feature, "feature_id"), "it's 1");
    assert_string_equal(text(feature, "source"), "dtm/nrcan");
    assert_string_equal(text(feature, "licence"), "OGL");
    assert_string_equal(text(feature, "lighting"), "R");
    assert_string_equal(text(feature, "data_time"), "2023/11/14 22:13:20.500+00");
    assert_true(number(feature, "top_amsl_m") == 253.25);
    assert_true(number(feature, "published_amsl_m") == 250.25);
    assert_true(number(feature, "agl_m") == 60.5);
    assert_true(number(feature, "horizontal_acc95_m") == 15);
    assert_true(number(feature, "vertical_acc_assumed") == 1);
    assert_true(number(feature, "horizontal_acc_assumed") == 0);
    assert_true(number(feature, "verified") == 1);
    assert_true(number(feature, "quantity") == 2);
    assert_true(isnan(number(feature, "foot_amsl_m")));
    OGR_F_Destroy(feature);
    feature = OGR_L_GetFeature(layer, 2);
    assert_true(isnan(number(feature, "top_amsl_m")));
    OGR_F_Destroy(feature);
    GDALClose(set);
    fusion_store_close(store);
}

static int found_in(double west, double south, double east, double north)
{
    GDALDatasetH set;
    OGRLayerH layer = obstacles(&set);
    assert_true(OGR_L_TestCapability(layer, OLCFastSpatialFilter));
    OGR_L_SetSpatialFilterRect(layer, west, south, east, north);
    const int count = (int)OGR_L_GetFeatureCount(layer, 1);
    GDALClose(set);
    return count;
}

static void render_station(struct fusion_store *store, int64_t id, uint32_t more_flags)
{
    const struct geo_station station = {
        .id = "CYTZ",
        .codes = "-SHRA BR",
        .position = {43.6275, -79.396},
        .elevation_amsl_m = 76.5,
        .observed_utc_us = INT64_C(1700000000500000),
        .wind_speed_mps = 5.25,
        .wind_from_deg_true = 240,
        .temperature_k = 280.15,
        .visibility_m = 9999,
        .ceiling_agl_m = 609.6,
        .qnh_pa = 101300,
        .flags = GEO_STATION_PLACED | GEO_STATION_HAS_ELEVATION | GEO_STATION_HAS_WIND
                 | GEO_STATION_HAS_TEMPERATURE | GEO_STATION_HAS_VISIBILITY
                 | GEO_STATION_VISIBILITY_AT_LEAST | GEO_STATION_HAS_CEILING
                 | GEO_STATION_HAS_QNH | more_flags,
    };
    const struct fusion_station shown = {.station = &station, .source = &provenance};
    assert_int_equal(fusion_store_render_station(store, id, &shown), DRF_OK);
    assert_int_equal(fusion_store_render_commit(store), DRF_OK);
}

static OGRLayerH stations(GDALDatasetH *set)
{
    *set = GDALOpenEx(path, GDAL_OF_VECTOR | GDAL_OF_READONLY, NULL, NULL, NULL);
    assert_non_null(*set);
    OGRLayerH layer = GDALDatasetGetLayerByName(*set, "station");
    assert_non_null(layer);
    return layer;
}

static void station__read_through_gdal__is_where_it_stands_with_what_it_said(void **state)
{
    (void)state;
    struct fusion_store *store = open_store();
    render_station(store, 7, GEO_STATION_HAS_WEATHER | GEO_STATION_PRECIPITATION);
    GDALDatasetH set;
    OGRLayerH layer = stations(&set);
    assert_int_equal(OGR_L_GetFeatureCount(layer, 1), 1);
    assert_shape(layer, 7, "POINT (-79.396 43.6275)");
    OGRFeatureH feature = OGR_L_GetFeature(layer, 7);
    assert_string_equal(text(feature, "feature_id"), "CYTZ");
    assert_string_equal(text(feature, "source"), "dtm/nrcan");
    assert_string_equal(text(feature, "licence"), "OGL");
    assert_string_equal(text(feature, "observed"), "2023/11/14 22:13:20.500+00");
    assert_string_equal(text(feature, "weather"), "-SHRA BR");
    assert_true(number(feature, "elevation_amsl_m") == 76.5);
    assert_true(number(feature, "wind_speed_mps") == 5.25);
    assert_true(number(feature, "temperature_k") == 280.15);
    assert_true(number(feature, "visibility_m") == 9999);
    assert_true(number(feature, "visibility_at_least") == 1);
    assert_true(number(feature, "ceiling_agl_m") == 609.6);
    assert_true(number(feature, "ceiling_at_least") == 0);
    assert_true(number(feature, "qnh_pa") == 101300);
    assert_true(number(feature, "precipitation") == 1);
    assert_true(number(feature, "convection") == 0);
    assert_true(number(feature, "automatic") == 0);
    // What it did not say is nothing, never 0.
    assert_true(isnan(number(feature, "wind_from_deg_true")));
    assert_true(isnan(number(feature, "gust_mps")));
    assert_true(isnan(number(feature, "dew_point_k")));
    OGR_F_Destroy(feature);
    OGR_L_SetSpatialFilterRect(layer, -79.4, 43.6, -79.39, 43.63);
    assert_true(OGR_L_TestCapability(layer, OLCFastSpatialFilter));
    assert_int_equal(OGR_L_GetFeatureCount(layer, 1), 1);
    GDALClose(set);
    assert_int_equal(fusion_store_render_station(store, 7, NULL), DRF_OK);
    assert_int_equal(fusion_store_render_commit(store), DRF_OK);
    layer = stations(&set);
    assert_int_equal(OGR_L_GetFeatureCount(layer, 1), 0);
    GDALClose(set);
    fusion_store_close(store);
}

static void store__of_before_there_were_stations__gets_their_table(void **state)
{
    (void)state;
    fusion_store_close(open_store());
    GDALDatasetH set = GDALOpenEx(path, GDAL_OF_VECTOR | GDAL_OF_UPDATE, NULL, NULL, NULL);
    assert_non_null(set);
    for (int i = GDALDatasetGetLayerCount(set); i-- > 0;)
        if (strcmp(OGR_L_GetName(GDALDatasetGetLayer(set, i)), "station") == 0)
            assert_int_equal(GDALDatasetDeleteLayer(set, i), OGRERR_NONE);
    assert_null(GDALDatasetGetLayerByName(set, "station"));
    GDALClose(set);
    struct fusion_store *store = open_store();
    render_station(store, 7, 0);
    OGRLayerH layer = stations(&set);
    assert_int_equal(OGR_L_GetFeatureCount(layer, 1), 1);
    OGRFeatureH feature = OGR_L_GetFeature(layer, 7);
    assert_string_equal(text(feature, "weather"), ""); // it did not say
    assert_true(isnan(number(feature, "precipitation")));
    OGR_F_Destroy(feature);
    GDALClose(set);
    fusion_store_close(store);
}

static void obstacle__moved_or_gone__is_found_where_it_is_through_the_index(void **state)
{
    (void)state;
    struct fusion_store *store = open_store();
    fill(store);
    assert_int_equal(found_in(-79.01, 43.49, -78.99, 43.51), 3);
    static const struct geo_point moved = {43.9, -79.4};
    render_shape(store, 1, GEO_GEOMETRY_POINT, &moved, 1);
    assert_int_equal(fusion_store_render_obstacle(store, 3, NULL), DRF_OK);
    assert_int_equal(fusion_store_render_commit(store), DRF_OK);
    assert_int_equal(found_in(-79.01, 43.49, -78.99, 43.51), 1);
    assert_int_equal(found_in(-79.41, 43.89, -79.39, 43.91), 1);
    assert_int_equal(found_in(-79.5, 43, -78.5, 44), 2);
    fusion_store_close(store);
}

static enum drf_status note_id(void *context, int64_t id)
{
    *(int64_t *)context = *(int64_t *)context * 10 + id;
    return DRF_OK;
}

static int64_t put_obstacle(struct fusion_store *store, const char *key, int64_t time_utc_us,
                            bool tombstone)
{
    struct geo_obstacle obstacle = {.position = {43.5, -79.0},
                                    .amsl_m = 200,
                                    .horizontal_acc95_m = 15,
                                    .flags = GEO_OBSTACLE_HAS_AMSL,
                                    .geometry = GEO_GEOMETRY_POINT,
                                    .quantity = 1};
    (void)snprintf(obstacle.id, sizeof obstacle.id, "%s", key);
    struct geo_record_builder builder;
    struct geo_record record = {0};
    int64_t id = 0;
    geo_record_builder_init(&builder, 4096);
    assert_int_equal(
        geo_record_add(&builder, GEO_ITEM_OBSTACLE, &obstacle, sizeof obstacle, NULL, 0),
        DRF_OK);
    if (!tombstone)
        assert_int_equal(geo_record_finish(&builder, &record), DRF_OK);
    assert_int_equal(fusion_store_put(store, (struct fusion_identity){"dof", "dof/faa", key},
                                      (struct fusion_version){.time_utc_us = time_utc_us},
                                      record, &provenance, NULL, &id),
                     DRF_OK);
    geo_record_builder_close(&builder);
    return id;
}

static void obstacle__committed_but_not_rendered__is_stale_after_a_crash(void **state)
{
    (void)state;
    struct fusion_store *store = open_store();
    static const struct geo_point point = {43.5, -79.0};
    const int64_t a = put_obstacle(store, "a", 1, false),
                  b = put_obstacle(store, "b", 1, false);
    render_shape(store, a, GEO_GEOMETRY_POINT, &point, 1);
    render_shape(store, b, GEO_GEOMETRY_POINT, &point, 1);
    assert_int_equal(fusion_store_commit(store, 1), DRF_OK);
    assert_int_equal(fusion_store_render_commit(store), DRF_OK);
    int64_t stale = 0;
    assert_int_equal(fusion_store_each_stale(store, note_id, &stale), DRF_OK);
    assert_int_equal(stale, 0);

    put_obstacle(store, "a", 2, true);
    put_obstacle(store, "b", 2, false);
    assert_int_equal(fusion_store_commit(store, 2), DRF_OK);
    fusion_store_close(store); // nothing of it was rendered
    store = open_store();
    assert_int_equal(fusion_store_each_stale(store, note_id, &stale), DRF_OK);
    assert_int_equal(stale, a * 10 + b);
    assert_int_equal(fusion_store_render_obstacle(store, a, NULL), DRF_OK);
    render_shape(store, b, GEO_GEOMETRY_POINT, &point, 1);
    assert_int_equal(fusion_store_render_commit(store), DRF_OK);
    stale = 0;
    assert_int_equal(fusion_store_each_stale(store, note_id, &stale), DRF_OK);
    assert_int_equal(stale, 0);
    assert_int_equal(found_in(-79.01, 43.49, -78.99, 43.51), 1);
    fusion_store_close(store);
}

static void coverage__of_truth_that_was_never_committed__is_not_in_the_file(void **state)
{
    (void)state;
    struct fusion_store *store = open_store();
    put_obstacle(store, "a", 1, false);
    render_tile(store, FUSION_LAYER_GROUND, tile_a, 0);
    assert_int_equal(fusion_store_render_commit(store), DRF_OK);
    fusion_store_close(store); // as a crash would
    store = open_store();
    assert_true(isnan(coverage_at("ground", centre(tile_a, 0, 0))));
    fusion_store_close(store);
}

static void validator__of_gdal__finds_nothing_wrong(void **state)
{
    (void)state;
    static const char python[] = "/usr/bin/python3";
    static const char module[] =
        "/usr/lib/python3/dist-packages/osgeo_utils/samples/validate_gpkg.py";
    if (access(python, X_OK) != 0 || access(module, R_OK) != 0) {
        print_message("skipped: python3-gdal is not installed\n");
        skip();
    }
    struct fusion_store *store = open_store();
    fill(store);
    render_station(store, 7, 0); // stays open: the file is checked as it lives
    char command[512];
    (void)snprintf(command, sizeof command, "%s -W ignore %s -k %s >%s/out 2>&1", python,
                   module, path, folder);
    const int code = system(command); // NOLINT(cert-env33-c,concurrency-mt-unsafe)
    char report[128], line[256];
    (void)snprintf(report, sizeof report, "%s/out", folder);
    FILE *file = fopen(report, "r");
    assert_non_null(file);
    while (code != 0 && fgets(line, sizeof line, file) != NULL)
        print_message("%s", line);
    (void)fclose(file);
    (void)unlink(report);
    assert_int_equal(code, 0);
    fusion_store_close(store);
}

int main(void)
{
#define ON_A_FILE(test) cmocka_unit_test_setup_teardown(test, make_folder, drop_folder)
    const struct CMUnitTest tests[] = {
        ON_A_FILE(coverage__read_through_gdal__has_the_heights_where_they_belong),
        ON_A_FILE(coverage__box__holds_what_is_kept_and_begins_on_a_cell),
        ON_A_FILE(coverage__unknown__has_no_value_and_never_zero),
        ON_A_FILE(coverage__rendered_again__shows_the_newest),
        ON_A_FILE(coverage__rows_that_were_numbered_anew__are_taken_over),
        ON_A_FILE(obstacle__read_through_gdal__has_shape_and_words_of_the_source),
        ON_A_FILE(station__read_through_gdal__is_where_it_stands_with_what_it_said),
        ON_A_FILE(store__of_before_there_were_stations__gets_their_table),
        ON_A_FILE(obstacle__moved_or_gone__is_found_where_it_is_through_the_index),
        ON_A_FILE(obstacle__committed_but_not_rendered__is_stale_after_a_crash),
        ON_A_FILE(coverage__of_truth_that_was_never_committed__is_not_in_the_file),
        ON_A_FILE(validator__of_gdal__finds_nothing_wrong),
    };
    return cmocka_run_group_tests_name("fusion/store_gpkg", tests, NULL, NULL);
}
