// SPDX-License-Identifier: Apache-2.0
//
// OGC 12-128r17 (GeoPackage 1.3) with its extensions RTree (F.3), Metadata (F.8) and Tiled
// Gridded Coverage Data (OGC 17-066r1). Tile tables have no column of ours: readers refuse
// that.
#include <sqlite3.h>

#include <math.h>

#include "fusion/store/store_impl.h"
#include "geo/mode.h"

static const char *const base[] = {
    "CREATE TABLE gpkg_spatial_ref_sys ("
    " srs_name TEXT NOT NULL, srs_id INTEGER NOT NULL PRIMARY KEY, organization TEXT NOT NULL,"
    " organization_coordsys_id INTEGER NOT NULL, definition TEXT NOT NULL, description TEXT);",
    "INSERT INTO gpkg_spatial_ref_sys VALUES"
    " ('Undefined Cartesian SRS', -1, 'NONE', -1, 'undefined',"
    "  'undefined Cartesian coordinate reference system'),"
    " ('Undefined geographic SRS', 0, 'NONE', 0, 'undefined',"
    "  'undefined geographic coordinate reference system'),"
    " ('WGS 84 geodetic', 4326, 'EPSG', 4326,"
    "  'GEOGCS[\"WGS 84\",DATUM[\"WGS_1984\",SPHEROID[\"WGS 84\",6378137,298.257223563,"
    "AUTHORITY[\"EPSG\",\"7030\"]],AUTHORITY[\"EPSG\",\"6326\"]],PRIMEM[\"Greenwich\",0,"
    "AUTHORITY[\"EPSG\",\"8901\"]],UNIT[\"degree\",0.0174532925199433,"
    "AUTHORITY[\"EPSG\",\"9122\"]],AUTHORITY[\"EPSG\",\"4326\"]]',"
    "  'longitude/latitude coordinates in decimal degrees on the WGS 84 spheroid'),"
    " ('WGS 84 geographic 3D', 4979, 'EPSG', 4979,"
    "  'GEOGCS[\"WGS 84\",DATUM[\"WGS_1984\",SPHEROID[\"WGS 84\",6378137,298.257223563,"
    "AUTHORITY[\"EPSG\",\"7030\"]],AUTHORITY[\"EPSG\",\"6326\"]],PRIMEM[\"Greenwich\",0,"
    "AUTHORITY[\"EPSG\",\"8901\"]],UNIT[\"degree\",0.0174532925199433,"
    "AUTHORITY[\"EPSG\",\"9122\"]],AXIS[\"Latitude\",NORTH],AXIS[\"Longitude\",EAST],"
    "AXIS[\"Ellipsoidal height\",UP],AUTHORITY[\"EPSG\",\"4979\"]]',"
    "  'WGS 84 with heights above the ellipsoid; the heights of this file are above EGM96');",
    "CREATE TABLE gpkg_contents ("
    " table_name TEXT NOT NULL PRIMARY KEY, data_type TEXT NOT NULL, identifier TEXT UNIQUE,"
    " description TEXT DEFAULT '', last_change DATETIME NOT NULL"
    " DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),"
    " min_x DOUBLE, min_y DOUBLE, max_x DOUBLE, max_y DOUBLE, srs_id INTEGER,"
    " CONSTRAINT fk_gc_r_srs_id FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys(srs_id));",
    "CREATE TABLE gpkg_extensions ("
    " table_name TEXT, column_name TEXT, extension_name TEXT NOT NULL, definition TEXT NOT "
    "NULL,"
    " scope TEXT NOT NULL, CONSTRAINT ge_tce UNIQUE (table_name, column_name, "
    "extension_name));",
    "INSERT INTO gpkg_extensions VALUES"
    " ('gpkg_2d_gridded_coverage_ancillary', NULL, 'gpkg_2d_gridded_coverage',"
    "  'http://docs.opengeospatial.org/is/17-066r1/17-066r1.html', 'read-write'),"
    " ('gpkg_2d_gridded_tile_ancillary', NULL, 'gpkg_2d_gridded_coverage',"
    "  'http://docs.opengeospatial.org/is/17-066r1/17-066r1.html', 'read-write'),"
    " ('gpkg_metadata', NULL, 'gpkg_metadata',"
    "  'http://www.geopackage.org/spec130/#extension_metadata', 'read-write'),"
    " ('gpkg_metadata_reference', NULL, 'gpkg_metadata',"
    "  'http://www.geopackage.org/spec130/#extension_metadata', 'read-write');",
    "CREATE TABLE gpkg_metadata ("
    " id INTEGER CONSTRAINT m_pk PRIMARY KEY ASC NOT NULL,"
    " md_scope TEXT NOT NULL DEFAULT 'dataset', md_standard_uri TEXT NOT NULL,"
    " mime_type TEXT NOT NULL DEFAULT 'text/xml', metadata TEXT NOT NULL DEFAULT '');",
    "CREATE TABLE gpkg_metadata_reference ("
    " reference_scope TEXT NOT NULL, table_name TEXT, column_name TEXT,"
    " row_id_value INTEGER, timestamp DATETIME NOT NULL"
    " DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),"
    " md_file_id INTEGER NOT NULL, md_parent_id INTEGER,"
    " CONSTRAINT crmr_mfi_fk FOREIGN KEY (md_file_id) REFERENCES gpkg_metadata(id),"
    " CONSTRAINT crmr_mpi_fk FOREIGN KEY (md_parent_id) REFERENCES gpkg_metadata(id));",
    "CREATE TABLE gpkg_geometry_columns ("
    " table_name TEXT NOT NULL, column_name TEXT NOT NULL, geometry_type_name TEXT NOT NULL,"
    " srs_id INTEGER NOT NULL, z TINYINT NOT NULL, m TINYINT NOT NULL,"
    " CONSTRAINT pk_geom_cols PRIMARY KEY (table_name, column_name),"
    " CONSTRAINT uk_gc_table_name UNIQUE (table_name),"
    " CONSTRAINT fk_gc_tn FOREIGN KEY (table_name) REFERENCES gpkg_contents(table_name),"
    " CONSTRAINT fk_gc_srs FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys(srs_id));",
    "CREATE TABLE gpkg_tile_matrix_set ("
    " table_name TEXT NOT NULL PRIMARY KEY, srs_id INTEGER NOT NULL, min_x DOUBLE NOT NULL,"
    " min_y DOUBLE NOT NULL, max_x DOUBLE NOT NULL, max_y DOUBLE NOT NULL,"
    " CONSTRAINT fk_gtms_table_name FOREIGN KEY (table_name)"
    " REFERENCES gpkg_contents(table_name),"
    " CONSTRAINT fk_gtms_srs FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys(srs_id));",
    "CREATE TABLE gpkg_tile_matrix ("
    " table_name TEXT NOT NULL, zoom_level INTEGER NOT NULL, matrix_width INTEGER NOT NULL,"
    " matrix_height INTEGER NOT NULL, tile_width INTEGER NOT NULL,"
    " tile_height INTEGER NOT NULL, pixel_x_size DOUBLE NOT NULL, pixel_y_size DOUBLE NOT NULL,"
    " CONSTRAINT pk_ttm PRIMARY KEY (table_name, zoom_level),"
    " CONSTRAINT fk_tmm_table_name FOREIGN KEY (table_name)"
    " REFERENCES gpkg_contents(table_name));",
    "CREATE TABLE gpkg_2d_gridded_coverage_ancillary ("
    " id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, tile_matrix_set_name TEXT NOT NULL UNIQUE,"
    " datatype TEXT NOT NULL DEFAULT 'integer', scale REAL NOT NULL DEFAULT 1.0,"
    " offset REAL NOT NULL DEFAULT 0.0, precision REAL DEFAULT 1.0, data_null REAL,"
    " grid_cell_encoding TEXT DEFAULT 'grid-value-is-center', uom TEXT,"
    " field_name TEXT DEFAULT 'Height', quantity_definition TEXT DEFAULT 'Height',"
    " CONSTRAINT fk_g2dgtct_name FOREIGN KEY (tile_matrix_set_name)"
    " REFERENCES gpkg_tile_matrix_set(table_name) CHECK (datatype IN ('integer', 'float')));",
    "CREATE TABLE gpkg_2d_gridded_tile_ancillary ("
    " id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, tpudt_name TEXT NOT NULL,"
    " tpudt_id INTEGER NOT NULL, scale REAL NOT NULL DEFAULT 1.0,"
    " offset REAL NOT NULL DEFAULT 0.0, min REAL DEFAULT NULL, max REAL DEFAULT NULL,"
    " mean REAL DEFAULT NULL, std_dev REAL DEFAULT NULL,"
    " CONSTRAINT fk_g2dgtat_name FOREIGN KEY (tpudt_name) REFERENCES gpkg_contents(table_name),"
    " UNIQUE (tpudt_name, tpudt_id));",
};

static const char *const obstacles[] = {
    "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change,"
    " srs_id) VALUES ('obstacle', 'features', 'obstacle',"
    " 'Obstacles as fused: heights in metres above EGM96 (amsl) or ground (agl)',"
    " '1970-01-01T00:00:00.000Z', 4326);",
    "INSERT INTO gpkg_geometry_columns VALUES ('obstacle', 'geom', 'GEOMETRY', 4326, 0, 0);",
    "INSERT INTO gpkg_extensions VALUES ('obstacle', 'geom', 'gpkg_rtree_index',"
    " 'http://www.geopackage.org/spec130/#extension_rtree', 'write-only');",
    "CREATE TABLE obstacle ("
    " fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, geom GEOMETRY, feature_id TEXT,"
    " source TEXT, kind TEXT, quantity INTEGER, top_amsl_m DOUBLE, published_amsl_m DOUBLE,"
    " agl_m DOUBLE, foot_amsl_m DOUBLE, horizontal_acc95_m DOUBLE, vertical_acc95_m DOUBLE,"
    " horizontal_acc_assumed BOOLEAN, vertical_acc_assumed BOOLEAN, verified BOOLEAN,"
    " balloon BOOLEAN, lighting TEXT, marking TEXT, data_time DATETIME, licence TEXT,"
    " version TEXT);",
    "CREATE VIRTUAL TABLE rtree_obstacle_geom USING rtree(id, minx, maxx, miny, maxy);",
    "CREATE TRIGGER rtree_obstacle_geom_insert AFTER INSERT ON obstacle"
    " WHEN (NEW.geom NOT NULL AND NOT ST_IsEmpty(NEW.geom)) BEGIN"
    " INSERT OR REPLACE INTO rtree_obstacle_geom VALUES (NEW.fid, ST_MinX(NEW.geom),"
    " ST_MaxX(NEW.geom), ST_MinY(NEW.geom), ST_MaxY(NEW.geom)); END;",
    "CREATE TRIGGER rtree_obstacle_geom_update1 AFTER UPDATE OF geom ON obstacle"
    " WHEN OLD.fid = NEW.fid AND (NEW.geom NOTNULL AND NOT ST_IsEmpty(NEW.geom)) BEGIN"
    " INSERT OR REPLACE INTO rtree_obstacle_geom VALUES (NEW.fid, ST_MinX(NEW.geom),"
    " ST_MaxX(NEW.geom), ST_MinY(NEW.geom), ST_MaxY(NEW.geom)); END;",
    "CREATE TRIGGER rtree_obstacle_geom_update2 AFTER UPDATE OF geom ON obstacle"
    " WHEN OLD.fid = NEW.fid AND (NEW.geom ISNULL OR ST_IsEmpty(NEW.geom)) BEGIN"
    " DELETE FROM rtree_obstacle_geom WHERE id = OLD.fid; END;",
    "CREATE TRIGGER rtree_obstacle_geom_update3 AFTER UPDATE ON obstacle"
    " WHEN OLD.fid != NEW.fid AND (NEW.geom NOTNULL AND NOT ST_IsEmpty(NEW.geom)) BEGIN"
    " DELETE FROM rtree_obstacle_geom WHERE id = OLD.fid;"
    " INSERT OR REPLACE INTO rtree_obstacle_geom VALUES (NEW.fid, ST_MinX(NEW.geom),"
    " ST_MaxX(NEW.geom), ST_MinY(NEW.geom), ST_MaxY(NEW.geom)); END;",
    "CREATE TRIGGER rtree_obstacle_geom_update4 AFTER UPDATE ON obstacle"
    " WHEN OLD.fid != NEW.fid AND (NEW.geom ISNULL OR ST_IsEmpty(NEW.geom)) BEGIN"
    " DELETE FROM rtree_obstacle_geom WHERE id IN (OLD.fid, NEW.fid); END;",
    "CREATE TRIGGER rtree_obstacle_geom_delete AFTER DELETE ON obstacle"
    " WHEN OLD.geom NOT NULL BEGIN"
    " DELETE FROM rtree_obstacle_geom WHERE id = OLD.fid; END;",
};

static const char coverage[] =
    "CREATE TABLE \"%w\" ("
    " id INTEGER PRIMARY KEY AUTOINCREMENT, zoom_level INTEGER NOT NULL,"
    " tile_column INTEGER NOT NULL, tile_row INTEGER NOT NULL, tile_data BLOB NOT NULL,"
    " UNIQUE (zoom_level, tile_column, tile_row));"
    "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change,"
    " srs_id) VALUES (%Q, '2d-gridded-coverage', %Q, %Q, '1970-01-01T00:00:00.000Z', 4326);"
    "INSERT INTO gpkg_tile_matrix_set VALUES (%Q, 4326, -180, -90, 180, 90);"
    "INSERT INTO gpkg_tile_matrix VALUES (%Q, %u, %u, %u, %d, %d, %!.17g, %!.17g);"
    "INSERT INTO gpkg_2d_gridded_coverage_ancillary (tile_matrix_set_name, datatype, scale,"
    " offset, precision, data_null, grid_cell_encoding, uom, field_name, quantity_definition)"
    " VALUES (%Q, 'integer', %!.17g, %!.17g, %!.17g, %d, 'grid-value-is-center', 'm',"
    " 'Height', 'Height');"
    "INSERT INTO gpkg_extensions VALUES (%Q, 'tile_data', 'gpkg_2d_gridded_coverage',"
    " 'http://docs.opengeospatial.org/is/17-066r1/17-066r1.html', 'read-write');";

static enum drf_status run_all(struct fusion_store *store, const char *const *texts,
                               size_t count)
{
    enum drf_status status = DRF_OK;
    for (size_t i = 0; i < count && status == DRF_OK; i++)
        status = store_exec(store, texts[i]);
    return status;
}

enum drf_status store_gpkg_coverage(struct fusion_store *store, const char *name,
                                    const char *description, uint32_t level)
{
    const double cell_deg = 180.0 / (double)(UINT32_C(1) << level) / GEO_CELLS_SIDE;
    char *sql = sqlite3_mprintf(coverage, name, name, name, description, name, name, level,
                                UINT32_C(2) << level, UINT32_C(1) << level, GEO_CELLS_SIDE,
                                GEO_CELLS_SIDE, cell_deg, cell_deg, name, GEO_CELL_QUANTUM_M,
                                GEO_CELL_OFFSET_M, GEO_CELL_QUANTUM_M, GEO_CELL_UNKNOWN, name);
    enum drf_status status = sql == NULL ? DRF_ERR_NOMEM : store_exec(store, sql);
    sqlite3_free(sql);
    return status;
}

// What a reader of the file must know and no column says.
static enum drf_status create_metadata(struct fusion_store *store)
{
    const double cell_arcsec =
        3600.0 * 180.0 / (double)(UINT32_C(1) << store->config.level) / GEO_CELLS_SIDE;
    char *sql = sqlite3_mprintf(
        "INSERT INTO gpkg_metadata VALUES (1, 'dataset', 'https://schema.org/Dataset',"
        " 'application/json', json_object("
        "'@type', 'Dataset', 'name', 'fused terrain and obstacles of region ' || %Q,"
        "'mode', %Q, 'horizontalDatum', 'WGS 84 (EPSG:4326)',"
        "'verticalDatum', 'EGM96 height (EPSG:5773), metres, up',"
        "'postingArcSeconds', %!.6g, 'quantumMetres', %!.3g,"
        "'accuracy', 'per source, 95 %% half widths: table drf_source, vertical_acc95_m',"
        "'license', 'per source: table drf_source, licence',"
        "'usageInfo', 'advisory information, not certified, never a replacement for on-board"
        " sensing'));"
        "INSERT INTO gpkg_metadata_reference VALUES"
        " ('geopackage', NULL, NULL, NULL, '1970-01-01T00:00:00.000Z', 1, NULL)",
        store->region_id, drf_mode_name(store->config.mode), cell_arcsec, GEO_CELL_QUANTUM_M);
    enum drf_status status = sql == NULL ? DRF_ERR_NOMEM : store_exec(store, sql);
    sqlite3_free(sql);
    return status;
}

enum drf_status store_gpkg_create(struct fusion_store *store)
{
    enum drf_status status = run_all(store, base, sizeof base / sizeof base[0]);
    if (status == DRF_OK)
        status = store_gpkg_coverage(
            store, "ground", "Bare-earth heights, metres above EGM96; no value: unknown",
            store->config.level);
    if (status == DRF_OK)
        status = store_gpkg_coverage(store, "surface",
                                     "Highest of ground, surface models and obstacle tops,"
                                     " metres above EGM96; no value: unknown",
                                     store->config.level);
    if (status == DRF_OK)
        status = run_all(store, obstacles, sizeof obstacles / sizeof obstacles[0]);
    return status == DRF_OK ? create_metadata(store) : status;
}

struct geo_bounds store_gpkg_box(struct geo_bounds bounds, uint32_t level)
{
    const double cell = 180.0 / (double)(UINT32_C(1) << level) / GEO_CELLS_SIDE;
    return (struct geo_bounds){
        .west_deg = fmax(floor((bounds.west_deg + 180.0) / cell) * cell - 180.0, -180.0),
        .south_deg = fmax(floor((bounds.south_deg + 90.0) / cell) * cell - 90.0, -90.0),
        .east_deg = fmin(ceil((bounds.east_deg + 180.0) / cell) * cell - 180.0, 180.0),
        .north_deg = fmin(ceil((bounds.north_deg + 90.0) / cell) * cell - 90.0, 90.0),
    };
}
