// SPDX-License-Identifier: Apache-2.0
// A coverage of 16-bit cells with a scale and an offset from the range of its values, so that
// the resolution is 1/65534 of that range, in tiles of the same size as those of the store and
// with the same PNG encoder. The extent of the tile matrix is rounded up to whole tiles; the
// contents box is not. At the end the tables of the truth are dropped, styles are added in the
// way QGIS does, and the file leaves write-ahead logging, so that it is one file.
#include <sqlite3.h>

#include "fusion/store/store_export.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "fusion/store/store_impl.h"
#include "fusion/store/store_png.h"
#include "geo/cells.h"

static const char coverage[] =
    "CREATE TABLE \"%w\" ("
    " id INTEGER PRIMARY KEY AUTOINCREMENT, zoom_level INTEGER NOT NULL,"
    " tile_column INTEGER NOT NULL, tile_row INTEGER NOT NULL, tile_data BLOB NOT NULL,"
    " UNIQUE (zoom_level, tile_column, tile_row));"
    "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, min_x, min_y,"
    " max_x, max_y, srs_id) VALUES (%Q, '2d-gridded-coverage', %Q, %Q, %!.17g, %!.17g, %!.17g,"
    " %!.17g, 4326);"
    "INSERT INTO gpkg_tile_matrix_set VALUES (%Q, 4326, %!.17g, %!.17g, %!.17g, %!.17g);"
    "INSERT INTO gpkg_tile_matrix VALUES (%Q, 0, %u, %u, %d, %d, %!.17g, %!.17g);"
    "INSERT INTO gpkg_2d_gridded_coverage_ancillary (tile_matrix_set_name, datatype, scale,"
    " offset, precision, data_null, grid_cell_encoding, uom, field_name, quantity_definition)"
    " VALUES (%Q, 'integer', %!.17g, %!.17g, %!.17g, %d, 'grid-value-is-center', %Q, %Q, %Q);"
    "INSERT INTO gpkg_extensions VALUES (%Q, 'tile_data', 'gpkg_2d_gridded_coverage',"
    " 'http://docs.opengeospatial.org/is/17-066r1/17-066r1.html', 'read-write');";

struct range {
    double least, greatest;
    bool known;
};

static struct range range_of(const struct fusion_export_grid *grid)
{
    struct range range = {0};
    const size_t count = (size_t)grid->columns * grid->rows;
    for (size_t i = 0; i < count; i++) {
        const double value = (double)grid->values[i];
        if (!isfinite(value))
            continue;
        range.least = range.known ? fmin(range.least, value) : value;
        range.greatest = range.known ? fmax(range.greatest, value) : value;
        range.known = true;
    }
    return range;
}

struct scale {
    double quantum, offset;
};

static enum drf_status create(struct fusion_store *store, const struct fusion_export_grid *grid,
                              struct scale scale)
{
    const uint32_t across = (grid->columns + GEO_CELLS_SIDE - 1) / GEO_CELLS_SIDE;
    const uint32_t down = (grid->rows + GEO_CELLS_SIDE - 1) / GEO_CELLS_SIDE;
    const double east = grid->west_deg + grid->columns * grid->cell_x_deg;
    const double south = grid->north_deg - grid->rows * grid->cell_y_deg;
    const double set_east = grid->west_deg + (double)across * GEO_CELLS_SIDE * grid->cell_x_deg;
    const double set_south = grid->north_deg - (double)down * GEO_CELLS_SIDE * grid->cell_y_deg;
    const char *name = grid->table;
    char *sql = sqlite3_mprintf(
        coverage, name, name, grid->title, grid->description, grid->west_deg, south, east,
        grid->north_deg, name, grid->west_deg, set_south, set_east, grid->north_deg, name,
        across, down, GEO_CELLS_SIDE, GEO_CELLS_SIDE, grid->cell_x_deg, grid->cell_y_deg, name,
        scale.quantum, scale.offset, scale.quantum, GEO_CELL_UNKNOWN, grid->unit,
        grid->quantity, grid->quantity, name);
    const enum drf_status status = sql == NULL ? DRF_ERR_NOMEM : store_exec(store, sql);
    sqlite3_free(sql);
    return status;
}

// False: nothing is known in this tile.
static bool fill_tile(const struct fusion_export_grid *grid, struct scale scale, uint32_t row,
                      uint32_t col, uint16_t cells[static GEO_CELLS_COUNT])
{
    bool known = false;
    for (uint32_t r = 0; r < GEO_CELLS_SIDE; r++) {
        for (uint32_t c = 0; c < GEO_CELLS_SIDE; c++) {
            const uint32_t at_row = row * GEO_CELLS_SIDE + r, at_col = col * GEO_CELLS_SIDE + c;
            uint16_t cell = GEO_CELL_UNKNOWN;
            if (at_row < grid->rows && at_col < grid->columns) {
                const double value =
                    (double)grid->values[(size_t)at_row * grid->columns + at_col];
                if (isfinite(value))
                    cell = (uint16_t)lround((value - scale.offset) / scale.quantum);
            }
            cells[r * GEO_CELLS_SIDE + c] = cell;
            known = known || cell != GEO_CELL_UNKNOWN;
        }
    }
    return known;
}

static enum drf_status run_bound(struct fusion_store *store, const char *sql, uint32_t col,
                                 uint32_t row, const uint8_t *bytes, size_t size)
{
    struct sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_bind_int64(statement, 1, col);
    if (code == SQLITE_OK)
        code = sqlite3_bind_int64(statement, 2, row);
    if (code == SQLITE_OK)
        code = sqlite3_bind_blob(statement, 3, bytes, (int)size, SQLITE_STATIC);
    if (code == SQLITE_OK)
        code = sqlite3_step(statement);
    const enum drf_status status =
        code == SQLITE_DONE ? DRF_OK : store_fail(store, code, "write a tile of weather");
    sqlite3_finalize(statement);
    return status;
}

static enum drf_status put_tile(struct fusion_store *store, const char *table, uint32_t col,
                                uint32_t row, const uint16_t *cells)
{
    uint8_t *bytes = NULL;
    size_t size = 0;
    enum drf_status status = store_png_encode(cells, &bytes, &size);
    char *put = sqlite3_mprintf("INSERT INTO \"%w\" (zoom_level, tile_column, tile_row,"
                                " tile_data) VALUES (0, ?1, ?2, ?3)",
                                table);
    if (status == DRF_OK && put == NULL)
        status = DRF_ERR_NOMEM;
    if (status == DRF_OK)
        status = run_bound(store, put, col, row, bytes, size);
    char *note =
        sqlite3_mprintf("INSERT INTO gpkg_2d_gridded_tile_ancillary (tpudt_name, tpudt_id)"
                        " VALUES (%Q, %lld)",
                        table, (long long)sqlite3_last_insert_rowid(store->db));
    if (status == DRF_OK)
        status = note == NULL ? DRF_ERR_NOMEM : store_exec(store, note);
    sqlite3_free(note);
    sqlite3_free(put);
    free(bytes);
    return status;
}

static enum drf_status put_tiles(struct fusion_store *store,
                                 const struct fusion_export_grid *grid, struct scale scale)
{
    uint16_t *cells = malloc(sizeof *cells * GEO_CELLS_COUNT);
    enum drf_status status = cells != NULL ? DRF_OK : DRF_ERR_NOMEM;
    for (uint32_t row = 0; row * GEO_CELLS_SIDE < grid->rows && status == DRF_OK; row++)
        for (uint32_t col = 0; col * GEO_CELLS_SIDE < grid->columns && status == DRF_OK; col++)
            if (fill_tile(grid, scale, row, col, cells))
                status = put_tile(store, grid->table, col, row, cells);
    free(cells);
    return status;
}

enum drf_status fusion_store_export_grid(struct fusion_store *store,
                                         const struct fusion_export_grid *grid)
{
    const struct range range = range_of(grid);
    const double width = range.greatest - range.least;
    const struct scale scale = {width > 0.0 ? width / GEO_CELL_MAX : 1.0, range.least};
    enum drf_status status = store_writable(store);
    if (status == DRF_OK)
        status = store_exec(store, "BEGIN IMMEDIATE");
    if (status != DRF_OK)
        return status;
    status = create(store, grid, scale);
    if (status == DRF_OK && range.known)
        status = put_tiles(store, grid, scale);
    if (status == DRF_OK)
        return store_exec(store, "COMMIT");
    const struct fusion_store_fault first = store->fault;
    if (store_exec(store, "ROLLBACK") == DRF_OK)
        store->fault = first;
    return status;
}

// As QGIS makes it when it saves a style into a database; it looks here for the default one.
static const char styles[] =
    "CREATE TABLE layer_styles (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,"
    " f_table_catalog TEXT(256), f_table_schema TEXT(256), f_table_name TEXT(256),"
    " f_geometry_column TEXT(256), styleName TEXT(30), styleQML TEXT, styleSLD TEXT,"
    " useAsDefault BOOLEAN, description TEXT, owner TEXT(30), ui TEXT(30),"
    " update_time DATETIME DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')));"
    // Heights: a hillshade. Cells are in degrees, heights in metres.
    "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name,"
    " f_geometry_column, styleName, styleQML, styleSLD, useAsDefault, description, owner)"
    " SELECT '', '', table_name, '', 'hillshade',"
    " '<!DOCTYPE qgis PUBLIC ''http://mrcc.com/qgis.dtd'' ''SYSTEM''><qgis version=\"3.22\">"
    "<pipe><rasterrenderer type=\"hillshade\" band=\"1\" azimuth=\"315\" angle=\"45\""
    " zfactor=\"0.000009\" multidirection=\"1\" opacity=\"1\" "
    "alphaBand=\"-1\"/></pipe></qgis>',"
    " '<StyledLayerDescriptor version=\"1.0.0\" xmlns=\"http://www.opengis.net/sld\">"
    "<NamedLayer><Name>' || table_name || '</Name><UserStyle><FeatureTypeStyle><Rule>"
    "<RasterSymbolizer><ShadedRelief><ReliefFactor>55</ReliefFactor></ShadedRelief>"
    "</RasterSymbolizer></Rule></FeatureTypeStyle></UserStyle></NamedLayer>"
    "</StyledLayerDescriptor>', 1, 'hillshade', 'drf'"
    " FROM gpkg_contents JOIN gpkg_2d_gridded_coverage_ancillary"
    " ON tile_matrix_set_name = table_name WHERE field_name = 'Height';"
    // Weather: a ramp between the least and the greatest value.
    "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name,"
    " f_geometry_column, styleName, styleQML, styleSLD, useAsDefault, description, owner)"
    " SELECT '', '', table_name, '', 'ramp',"
    " '<!DOCTYPE qgis PUBLIC ''http://mrcc.com/qgis.dtd'' ''SYSTEM''><qgis version=\"3.22\">"
    "<pipe><rasterrenderer type=\"singlebandpseudocolor\" band=\"1\" opacity=\"0.7\""
    " alphaBand=\"-1\" classificationMin=\"' || \"offset\" || '\" classificationMax=\"' ||"
    " (\"offset\" + 65534 * scale) || '\"><rastershader><colorrampshader"
    " colorRampType=\"INTERPOLATED\" classificationMode=\"1\" clip=\"0\"><item "
    "color=\"#2b83ba\""
    " alpha=\"255\" label=\"\" value=\"' || \"offset\" || '\"/><item color=\"#ffffbf\""
    " alpha=\"255\" label=\"\" value=\"' || (\"offset\" + 32767 * scale) || '\"/>"
    "<item color=\"#d7191c\" alpha=\"255\" label=\"\" value=\"' || (\"offset\" + 65534 * scale)"
    " || '\"/></colorrampshader></rastershader></rasterrenderer></pipe></qgis>',"
    " '<StyledLayerDescriptor version=\"1.0.0\" xmlns=\"http://www.opengis.net/sld\">"
    "<NamedLayer><Name>' || table_name || '</Name><UserStyle><FeatureTypeStyle><Rule>"
    "<RasterSymbolizer><Opacity>0.7</Opacity><ColorMap><ColorMapEntry color=\"#2b83ba\""
    " quantity=\"' || \"offset\" || '\"/><ColorMapEntry color=\"#ffffbf\" quantity=\"' ||"
    " (\"offset\" + 32767 * scale) || '\"/><ColorMapEntry color=\"#d7191c\" quantity=\"' ||"
    " (\"offset\" + 65534 * scale) || '\"/></ColorMap></RasterSymbolizer></Rule>"
    "</FeatureTypeStyle></UserStyle></NamedLayer></StyledLayerDescriptor>', 1, 'colour ramp',"
    " 'drf' FROM gpkg_contents JOIN gpkg_2d_gridded_coverage_ancillary"
    " ON tile_matrix_set_name = table_name WHERE field_name <> 'Height';";

// Features: a triangle for an obstacle, a translucent area for anything else.
static const char feature_styles[] =
    "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name,"
    " f_geometry_column, styleName, styleQML, styleSLD, useAsDefault, description, owner)"
    " SELECT '', '', table_name, column_name, 'marks', '',"
    " '<StyledLayerDescriptor version=\"1.0.0\" xmlns=\"http://www.opengis.net/sld\">"
    "<NamedLayer><Name>' || table_name || '</Name><UserStyle><FeatureTypeStyle><Rule>' ||"
    " CASE table_name WHEN 'obstacle' THEN '<PointSymbolizer><Graphic><Mark>"
    "<WellKnownName>triangle</WellKnownName><Fill><CssParameter name=\"fill\">#d7191c"
    "</CssParameter></Fill></Mark><Size>8</Size></Graphic></PointSymbolizer>' ELSE"
    " '<PolygonSymbolizer><Fill><CssParameter name=\"fill\">#7b3294</CssParameter>"
    "<CssParameter name=\"fill-opacity\">0.25</CssParameter></Fill><Stroke>"
    "<CssParameter name=\"stroke\">#7b3294</CssParameter></Stroke></PolygonSymbolizer>' END ||"
    " '</Rule></FeatureTypeStyle></UserStyle></NamedLayer></StyledLayerDescriptor>', 1,"
    " 'marks', 'drf' FROM gpkg_geometry_columns;";

static const char drop[] =
    "DROP TABLE drf_contribution; DROP TABLE drf_record; DROP TABLE drf_identity;"
    "DROP TABLE drf_offset; DROP TABLE drf_value; DROP TABLE drf_dirty; DROP TABLE drf_stale;"
    "DROP TABLE drf_store; DROP TABLE IF EXISTS drf_inset;"
    "INSERT INTO gpkg_contents (table_name, data_type, identifier, description)"
    " VALUES ('drf_source', 'attributes', 'sources', 'Who says what, with which right, licence"
    " and accuracy: feature tables name them in their column source');";

enum drf_status fusion_store_export_finish(struct fusion_store *store)
{
    enum drf_status status = store_writable(store);
    if (status == DRF_OK)
        store_finalize(store); // its statements know the tables that go
    if (status == DRF_OK)
        status = store_exec(store, "PRAGMA synchronous = FULL; BEGIN IMMEDIATE");
    if (status == DRF_OK)
        status = store_exec(store, styles);
    if (status == DRF_OK)
        status = store_exec(store, feature_styles);
    if (status == DRF_OK)
        status = store_exec(store, drop);
    if (status == DRF_OK)
        status = store_exec(store, "COMMIT; VACUUM; PRAGMA journal_mode = DELETE");
    return status;
}
