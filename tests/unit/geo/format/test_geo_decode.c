// SPDX-License-Identifier: Apache-2.0
// What geo/format/decode.h and geo/format/terrain/raster.h promise of terrain: what is refused
// and why, what heights mean, and where rasters may lie. Rasters are made by GDAL from values
// chosen here.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "geo/crs.h"
#include "tests/support/rasters.h"

#define assert_near(got, want, within) assert_true(fabs((got) - (want)) <= (within))

static double values[600 * 600];

// 40 x 30 areas of 0.01 degrees around Toronto, all of one height.
static struct raster_spec toronto(double height)
{
    for (int i = 0; i < 40 * 30; i++)
        values[i] = height;
    return (struct raster_spec){.width = 40,
                                .height = 30,
                                .transform = {-79.58, 0.01, 0, 43.8, 0, -0.01},
                                .crs = "EPSG:4326",
                                .type = GDT_Float32};
}

static struct geo_decode_params egm96_params(void)
{
    struct geo_decode_params params = ground_params();
    (void)snprintf(params.vertical, sizeof params.vertical, "EGM96");
    return params;
}

static enum geo_refusal_code refusal(const struct geo_decode_params *params,
                                     const struct bytes *file)
{
    struct geo_record_builder builder;
    struct geo_note why;
    geo_record_builder_init(&builder, params->record_max_bytes);
    enum drf_status status = geo_decode(params, file->data, file->size, &builder, &why);
    // In the region and not understood: in the record as unreadable, beside the note.
    struct geo_record record;
    size_t cursor = 0;
    struct geo_item item;
    enum geo_refusal_code unreadable = GEO_REFUSAL_NONE;
    if (status == DRF_OK) {
        assert_int_equal(geo_record_finish(&builder, &record), DRF_OK);
        assert_int_equal(geo_record_validate(record.bytes, record.size, &record), DRF_OK);
        while (geo_record_next(record, &cursor, &item))
            if (item.kind == GEO_ITEM_UNREADABLE)
                unreadable =
                    (enum geo_refusal_code)((const struct geo_unreadable *)item.payload)->code;
    }
    geo_record_builder_close(&builder);
    if (status == DRF_OK)
        return unreadable;
    assert_true(why.code != GEO_REFUSAL_NONE);
    assert_true(why.text[0] != '\0');
    return (enum geo_refusal_code)why.code;
}

static void assert_refused(const struct geo_decode_params *params,
                           const struct raster_spec *spec, enum geo_refusal_code want)
{
    struct bytes file = make_tiff(spec, values);
    enum geo_refusal_code got = refusal(params, &file);
    free(file.data);
    if (got != want)
        fail_msg("%s, expected %s", geo_refusal_name(got), geo_refusal_name(want));
}

static struct geo_record accept_bytes(const struct geo_decode_params *params,
                                      const struct bytes *file,
                                      struct geo_record_builder *builder)
{
    struct geo_note why;
    struct geo_record record;
    geo_record_builder_init(builder, params->record_max_bytes);
    if (geo_decode(params, file->data, file->size, builder, &why) != DRF_OK)
        fail_msg("refused, %s: %s", geo_refusal_name((enum geo_refusal_code)why.code),
                 why.text);
    assert_int_equal(geo_record_finish(builder, &record), DRF_OK);
    assert_int_equal(geo_record_validate(record.bytes, record.size, &record), DRF_OK);
    return record;
}

static struct geo_record accept(const struct geo_decode_params *params,
                                const struct raster_spec *spec,
                                struct geo_record_builder *builder)
{
    struct bytes file = make_tiff(spec, values);
    struct geo_record record = accept_bytes(params, &file, builder);
    free(file.data);
    return record;
}

static void decode__what_is_no_input__is_refused_with_its_reason(void **state)
{
    (void)state;
    struct geo_decode_params params = egm96_params();
    const struct bytes empty = {NULL, 0};
    struct bytes junk = {(uint8_t *)(uintptr_t) "this is no raster at all", 24};
    assert_int_equal(refusal(&params, &empty), GEO_REFUSAL_EMPTY);
    assert_int_equal(refusal(&params, &junk), GEO_REFUSAL_FORMAT);
    for (uint32_t format = GEO_FORMAT_GEOTIFF; format <= GEO_FORMAT_TERRAIN; format++) {
        params.format = format;
        assert_int_equal(refusal(&params, &junk), GEO_REFUSAL_FORMAT);
    }
    params.size_max_bytes = 23;
    assert_int_equal(refusal(&params, &junk), GEO_REFUSAL_TOO_LARGE);
    params = egm96_params();
    params.format = GEO_FORMAT_UNKNOWN;
    assert_int_equal(refusal(&params, &junk), GEO_REFUSAL_UNSUPPORTED);
    params.format = 4000000000U;
    assert_int_equal(refusal(&params, &junk), GEO_REFUSAL_UNSUPPORTED);
    // Another driver's file under a name of ours: a VRT could read local files.
    static const char vrt[] = "<VRTDataset rasterXSize=\"1\" rasterYSize=\"1\"></VRTDataset>";
    struct bytes disguised = {(uint8_t *)(uintptr_t)vrt, sizeof vrt - 1};
    params.format = GEO_FORMAT_GEOTIFF;
    assert_int_equal(refusal(&params, &disguised), GEO_REFUSAL_FORMAT);
}

static void format__names__differ(void **state)
{
    (void)state;
    for (unsigned f = 1; f < GEO_FORMAT_COUNT; f++)
        for (unsigned other = 0; other < f; other++)
            assert_string_not_equal(geo_format_name((enum geo_format)f),
                                    geo_format_name((enum geo_format)other));
    assert_string_equal(geo_format_name(GEO_FORMAT_COUNT), "unknown");
}

static void decode__truncated_anywhere__is_refused(void **state)
{
    (void)state;
    struct geo_decode_params params = egm96_params();
    struct raster_spec spec = toronto(100.0);
    for (int i = 0; i < 40 * 30; i++)
        values[i] = i % 97;
    struct bytes file = make_tiff(&spec, values);
    size_t whole = file.size;
    assert_int_equal(refusal(&params, &file), GEO_REFUSAL_NONE);
    for (file.size = 1; file.size < whole; file.size += 61)
        assert_int_not_equal(refusal(&params, &file), GEO_REFUSAL_NONE);
    free(file.data);
}

static void decode__dted_truncated_or_with_a_wrong_checksum__is_refused(void **state)
{
    (void)state;
    struct bytes file = read_real("terrain/n43.dt0");
    if (file.data == NULL)
        skip();
    struct geo_decode_params params = ground_params();
    size_t whole = file.size;
    assert_int_equal(refusal(&params, &file), GEO_REFUSAL_NONE);
    for (file.size = 80; file.size < whole; file.size += 997)
        assert_int_equal(refusal(&params, &file), GEO_REFUSAL_FORMAT);
    file.size = whole - 1;
    assert_int_equal(refusal(&params, &file), GEO_REFUSAL_FORMAT);
    file.size = whole;
    file.data[3428 + 50 * (12 + 242) + 100] ^= 1; // one height of the fiftieth profile
    assert_int_equal(refusal(&params, &file), GEO_REFUSAL_FORMAT);
    free(file.data);
}

static void decode__shape_beyond_the_limits__is_refused_before_reading(void **state)
{
    (void)state;
    struct geo_decode_params params = egm96_params();
    struct raster_spec spec = toronto(100.0);
    params.pixels_max = 40 * 30 - 1;
    assert_refused(&params, &spec, GEO_REFUSAL_TOO_LARGE);
    params.pixels_max = 40 * 30;
    spec.option = "TILED=YES"; // blocks of 256 x 256
    assert_refused(&params, &spec, GEO_REFUSAL_TOO_LARGE);
    params = egm96_params();
    assert_refused(&params, &spec, GEO_REFUSAL_NONE);
    params.record_max_bytes = 1000;
    assert_refused(&params, &spec, GEO_REFUSAL_MEMORY);
    spec = toronto(100.0);
    spec.type = GDT_CFloat32;
    params = egm96_params();
    assert_refused(&params, &spec, GEO_REFUSAL_UNSUPPORTED);
    spec = toronto(100.0);
    spec.unit = "fathom";
    assert_refused(&params, &spec, GEO_REFUSAL_UNSUPPORTED);
}

static void decode__georeference_missing_or_degenerate__is_refused(void **state)
{
    (void)state;
    const struct geo_decode_params params = egm96_params();
    static const double refused[][6] = {
        {0, 0, 0, 0, 0, 0},                     // none is written
        {-79.58, 0.01, 0, 43.8, 0, 0},          // no height
        {-79.58, 0.01, 0.01, 43.8, 0.01, 0.01}, // rows along columns
        {-79.58, 0.01, 0, 95.0, 0, -0.01},      // beyond the pole
        {-79.58, 10.0, 0, 43.8, 0, -0.01},      // more than a circle
        {9000.0, 0.01, 0, 43.8, 0, -0.01},
    };
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        struct raster_spec spec = toronto(100.0);
        memcpy(spec.transform, refused[i], sizeof spec.transform);
        print_message("  %zu\n", i);
        assert_refused(&params, &spec, GEO_REFUSAL_GEOREFERENCE);
    }
}

static void decode__reference_system_missing_or_inexact__is_refused(void **state)
{
    (void)state;
    struct geo_decode_params params = egm96_params();
    struct raster_spec spec = toronto(100.0);
    spec.crs = NULL;
    assert_refused(&params, &spec, GEO_REFUSAL_CRS);
    (void)snprintf(params.crs, sizeof params.crs, "EPSG:4326");
    assert_refused(&params, &spec, GEO_REFUSAL_NONE);
    (void)snprintf(params.crs, sizeof params.crs, "EPSG:999999");
    assert_refused(&params, &spec, GEO_REFUSAL_CRS);
    spec.crs = "LOCAL_CS[\"yard\",UNIT[\"metre\",1]]";
    assert_refused(&params, &spec, GEO_REFUSAL_CRS);
}

static void decode__vertical_reference__must_be_said_once(void **state)
{
    (void)state;
    struct geo_decode_params params = ground_params();
    struct raster_spec spec = toronto(100.0);
    assert_refused(&params, &spec, GEO_REFUSAL_VERTICAL); // by neither
    spec.crs = "EPSG:4326+3855";
    assert_refused(&params, &spec, GEO_REFUSAL_NONE);
    (void)snprintf(params.vertical, sizeof params.vertical, "EGM2008");
    assert_refused(&params, &spec, GEO_REFUSAL_NONE); // both, the same
    (void)snprintf(params.vertical, sizeof params.vertical, "EGM96");
    assert_refused(&params, &spec, GEO_REFUSAL_VERTICAL); // both, different
    spec.option = "GEOTIFF_VERSION=1.0"; // GDAL passes over its vertical CRS unless told
    assert_refused(&params, &spec, GEO_REFUSAL_VERTICAL);
    spec.option = NULL;
    spec.crs = "EPSG:4979";
    assert_refused(&params, &spec, GEO_REFUSAL_VERTICAL);
    (void)snprintf(params.vertical, sizeof params.vertical, "the sea");
    assert_refused(&params, &spec, GEO_REFUSAL_VERTICAL);
    spec.crs = "EPSG:4326+5715"; // depths
    params = ground_params();
    assert_refused(&params, &spec, GEO_REFUSAL_VERTICAL);
}

// At 43.65 N 79.38 W, 100 m over EGM2008 are 62.7 m over the ellipsoid; PROJ without its grid
// says 100.000 and no error.
static void decode__egm2008__is_taken_as_egm96_within_its_stated_accuracy(void **state)
{
    (void)state;
    const struct geo_decode_params params = ground_params();
    struct raster_spec spec = toronto(100.0);
    spec.crs = "EPSG:4326+3855";
    struct geo_record_builder builder;
    struct geo_record record = accept(&params, &spec, &builder);
    const struct geo_raster *raster = find_raster(record);
    assert_string_equal(raster->vertical, "EGM2008 as EGM96");
    assert_string_equal(raster->crs, "EPSG:4326");
    assert_near(raster->vertical_acc95_m, 10.0 + 2.0 + 0.125, 1e-9);
    double amsl_m = height_at(record, 12, 43.65, -79.38), undulation_m;
    struct geo_crs *crs;
    assert_int_equal(geo_crs_open(&crs), DRF_OK);
    assert_int_equal(geo_crs_geoid_m(crs, (struct geo_point){43.65, -79.38}, &undulation_m),
                     DRF_OK);
    geo_crs_close(crs);
    double share_m = raster->vertical_acc95_m - params.vertical_acc95_m; // of the datum
    assert_near(amsl_m + undulation_m, 62.7, share_m);
    geo_record_builder_close(&builder);
}

static void decode__ellipsoidal_heights__lose_the_undulation_of_each_cell(void **state)
{
    (void)state;
    const struct geo_decode_params params = ground_params();
    struct raster_spec spec = toronto(62.726);
    spec.crs = "EPSG:4979";
    struct geo_record_builder builder;
    struct geo_record record = accept(&params, &spec, &builder);
    assert_near(height_at(record, 12, 43.65, -79.38), 100.0, 0.125);
    assert_string_equal(find_raster(record)->vertical, "WGS84 to EGM96");
    assert_near(find_raster(record)->vertical_acc95_m, 10.125, 1e-9);
    geo_record_builder_close(&builder);

    // Far away in the same raster: NGA's -31.628 m at this point of Missouri (F477 test
    // values).
    struct geo_decode_params configured = ground_params();
    (void)snprintf(configured.vertical, sizeof configured.vertical, "WGS84");
    configured.keep = (struct geo_bounds){-90.23, 38.62, -90.22, 38.63};
    const double wide[6] = {-95.0, 0.5, 0, 48.0, 0, -0.5};
    memcpy(spec.transform, wide, sizeof wide);
    spec.crs = "EPSG:4326";
    record = accept(&configured, &spec, &builder);
    assert_near(height_at(record, 12, 38.628155, -90.220845), 62.726 + 31.628, 0.3);
    geo_record_builder_close(&builder);
}

static void decode__units_scale_and_offset__come_out_in_metres(void **state)
{
    (void)state;
    struct geo_decode_params params = egm96_params();
    struct geo_record_builder builder;
    struct raster_spec spec = toronto(1000.0);
    spec.unit = "ft";
    struct geo_record record = accept(&params, &spec, &builder);
    assert_near(height_at(record, 12, 43.65, -79.38), 304.8, 0.125);
    geo_record_builder_close(&builder);

    spec = toronto(500.0);
    spec.type = GDT_Int16;
    spec.scale = 0.5;
    spec.offset = -20.0;
    record = accept(&params, &spec, &builder);
    assert_near(height_at(record, 12, 43.65, -79.38), 230.0, 0.125);
    geo_record_builder_close(&builder);

    params = ground_params();
    spec = toronto(3937.0);
    spec.crs = "EPSG:4269+6360"; // NAD83 + NAVD88 height in US survey feet
    record = accept(&params, &spec, &builder);
    assert_near(height_at(record, 12, 43.65, -79.38), 1200.0, 0.125);
    assert_string_equal(find_raster(record)->vertical, "NAVD88 as EGM96");
    geo_record_builder_close(&builder);
}

static void decode__contradictory_units__are_refused(void **state)
{
    (void)state;
    struct geo_decode_params params = ground_params();
    (void)snprintf(params.vertical, sizeof params.vertical, "EPSG:6360");
    struct raster_spec spec = toronto(100.0);
    spec.unit = "m";
    assert_refused(&params, &spec, GEO_REFUSAL_VERTICAL);
}

static void decode__nodata__stays_unknown(void **state)
{
    (void)state;
    const struct geo_decode_params params = egm96_params();
    struct raster_spec spec = toronto(100.0);
    spec.has_nodata = true;
    spec.nodata = -32768;
    values[15 * 40 + 20] = -32768; // the area around 43.645 N 79.375 W
    values[0] = (double)NAN;
    struct geo_record_builder builder;
    struct geo_record record = accept(&params, &spec, &builder);
    assert_true(isnan(height_at(record, 12, 43.645, -79.375)));
    assert_true(isnan(height_at(record, 12, 43.639, -79.369))); // a neighbour is unknown
    assert_true(isnan(height_at(record, 12, 43.799, -79.579)));
    assert_near(height_at(record, 12, 43.7, -79.3), 100.0, 0);
    geo_record_builder_close(&builder);
    for (int i = 0; i < 40 * 30; i++)
        values[i] = i % 2 ? -32768 : (double)NAN;
    assert_refused(&params, &spec, GEO_REFUSAL_NO_VALUES);
}

static void decode__height_that_cannot_be__is_refused(void **state)
{
    (void)state;
    const struct geo_decode_params params = egm96_params();
    static const double refused[] = {-9999.0, -32768.0, -1000.5, 9000.5, 3.4e38, -3.4e38};
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        struct raster_spec spec = toronto(100.0);
        values[7] = refused[i];
        assert_refused(&params, &spec, GEO_REFUSAL_RANGE);
    }
    struct raster_spec spec = toronto(100.0);
    values[7] = HUGE_VAL;
    assert_refused(&params, &spec, GEO_REFUSAL_RANGE);
    spec = toronto(0.0);
    values[7] = -430.0; // the shore of the Dead Sea
    values[8] = 8848.0;
    assert_refused(&params, &spec, GEO_REFUSAL_NONE);
}

static void decode__outside_region_or_core__is_refused_or_left_out(void **state)
{
    (void)state;
    struct geo_decode_params params = egm96_params();
    const struct raster_spec spec = toronto(100.0);
    params.keep = (struct geo_bounds){-78.0, 43.0, -77.0, 44.0};
    assert_refused(&params, &spec, GEO_REFUSAL_OUT_OF_REGION);
    params.keep = (struct geo_bounds){-79.4, 43.64, -79.39, 43.65};
    struct geo_record_builder builder;
    struct geo_record record = accept(&params, &spec, &builder);
    assert_near(height_at(record, 12, 43.645, -79.395), 100.0, 0);
    assert_true(isnan(height_at(record, 12, 43.75, -79.3))); // another tile
    geo_record_builder_close(&builder);

    params = egm96_params();
    params.has_core = true;
    params.core = (struct geo_bounds){-79.4, 43.6, -79.3, 43.7};
    record = accept(&params, &spec, &builder);
    assert_near(height_at(record, 12, 43.601, -79.399), 100.0, 0);
    assert_true(isnan(height_at(record, 12, 43.599, -79.399)));
    assert_true(isnan(height_at(record, 12, 43.601, -79.401)));
    assert_true(isnan(height_at(record, 12, 43.701, -79.399)));
    geo_record_builder_close(&builder);
    params.core = (struct geo_bounds){10.0, 43.6, 11.0, 43.7};
    assert_refused(&params, &spec, GEO_REFUSAL_OUT_OF_REGION);
}

static void decode__turned_raster__is_read_whole_and_not_in_chunks(void **state)
{
    (void)state;
    struct geo_decode_params params = egm96_params();
    struct raster_spec spec = toronto(100.0);
    const double turned[6] = {-79.58, 0.008, 0.006, 43.7, 0.006, -0.008};
    memcpy(spec.transform, turned, sizeof turned);
    for (int row = 0; row < 30; row++)
        for (int col = 0; col < 40; col++) // 1000 m per degree of latitude, from 43
            values[row * 40 + col] =
                1000 * (turned[3] + (col + .5) * turned[4] + (row + .5) * turned[5] - 43);
    struct geo_record_builder builder;
    struct geo_record record = accept(&params, &spec, &builder);
    assert_near(height_at(record, 12, 43.65, -79.3), 650.0, 0.25);
    assert_near(height_at(record, 12, 43.8, -79.3), 800.0, 0.25);
    assert_true(isnan(height_at(record, 12, 43.55, -79.2))); // beside it, inside its box
    geo_record_builder_close(&builder);
    params.has_core = true;
    params.core = params.keep;
    assert_refused(&params, &spec, GEO_REFUSAL_UNSUPPORTED);
}

static void decode__over_the_antimeridian__is_one_piece(void **state)
{
    (void)state;
    static const double wests[] = {179.8, -180.2};
    for (size_t i = 0; i < 2; i++) {
        struct geo_decode_params params = egm96_params();
        struct raster_spec spec = toronto(0.0);
        spec.transform[0] = wests[i];
        for (int row = 0; row < 30; row++)
            for (int col = 0; col < 40; col++)
                values[row * 40 + col] = 100 + 10 * col;
        params.keep = (struct geo_bounds){179.0, 43.0, -179.0, 44.0};
        struct geo_record_builder builder;
        struct geo_record record = accept(&params, &spec, &builder);
        // Column 10 is centred on 179.905 E, column 25 on 179.945 W.
        assert_near(height_at(record, 12, 43.65, 179.905), 200.0, 0.3);
        assert_near(height_at(record, 12, 43.65, -179.945), 350.0, 0.3);
        assert_near(height_at(record, 12, 43.65, 179.9999), 295.0, 0.3);
        assert_near(height_at(record, 12, 43.65, -179.9999), 295.0, 0.3);
        assert_near(find_raster(record)->bounds.west_deg, 179.8, 1e-9);
        assert_near(find_raster(record)->bounds.east_deg, -179.8, 1e-9);
        geo_record_builder_close(&builder);
        params.keep = (struct geo_bounds){-10.0, 43.0, 10.0, 44.0};
        assert_refused(&params, &spec, GEO_REFUSAL_OUT_OF_REGION);
    }
}

static void decode__around_a_pole__reaches_it(void **state)
{
    (void)state;
    struct geo_decode_params params = egm96_params();
    params.level = 5;
    struct raster_spec spec = {.width = 100,
                               .height = 100,
                               .transform = {-500000, 10000, 0, 500000, 0, -10000},
                               .crs = "EPSG:3413",
                               .type = GDT_Float32};
    for (int i = 0; i < 100 * 100; i++)
        values[i] = 1000 + 10 * (i % 100 - 49.5); // rises along x, 10 m for 10 km
    struct geo_record_builder builder;
    struct geo_record record = accept(&params, &spec, &builder);
    for (double lon = -175; lon < 180; lon += 50) {
        double lat = 89.98; // the cell's own centre is at 89.989
        assert_near(height_at(record, 5, lat, lon), 1000.0, 3.0);
    }
    // 3 degrees from the pole, along +x (45 E): about 331 km, 324 km in the plane.
    assert_near(height_at(record, 5, 87.0, 45.0), 1324.0, 4.0);
    assert_near(height_at(record, 5, 87.0, -135.0), 676.0, 4.0);
    geo_record_builder_close(&builder);

    spec = toronto(7.0);
    spec.transform[3] = 90.005; // posts, the northern row on the pole itself
    spec.posts = true;
    params.level = 12;
    record = accept(&params, &spec, &builder);
    assert_near(height_at(record, 12, 89.9999, -79.4), 7.0, 0);
    geo_record_builder_close(&builder);
}

static void decode__finer_than_the_level__is_mean_ground_and_maximum_surface(void **state)
{
    (void)state;
    struct geo_decode_params params = egm96_params();
    struct raster_spec spec = {.width = 600,
                               .height = 600,
                               .transform = {7.0, 0.00001, 0, 47.0, 0, -0.00001},
                               .crs = "EPSG:4326",
                               .type = GDT_Float32};
    for (int row = 0; row < 600; row++)
        for (int col = 0; col < 600; col++)
            values[row * 600 + col] = 100 + 0.2 * col + 0.1 * row;
    struct geo_record_builder builder;
    struct geo_record record = accept(&params, &spec, &builder);
    const double cell = 180.0 / 4096 / 256;
    const double lat = 90 - (floor((90 - 46.997) / cell) + 0.5) * cell; // a cell's centre
    const double lon = (floor(7.003 / cell) + 0.5) * cell;
    double u = (lon - 7.0) / 0.00001, v = (47.0 - lat) / 0.00001, half = cell / 2 / 0.00001;
    assert_near(height_at(record, 12, lat, lon), 100 + 0.2 * (u - .5) + 0.1 * (v - .5), 0.13);
    geo_record_builder_close(&builder);

    params.layer = GEO_RASTER_SURFACE;
    values[(int)v * 600 + (int)u + 7] = 500.0; // a mast of one pixel, not at the centre
    record = accept(&params, &spec, &builder);
    assert_near(height_at(record, 12, lat, lon), 500.0, 0);
    double east = floor(u + 3 * half), south = ceil(v + half) - 1;
    assert_near(height_at(record, 12, lat, lon + cell), 100 + 0.2 * east + 0.1 * south, 0.13);
    geo_record_builder_close(&builder);
}

static void decode__hgt__takes_its_place_from_its_name(void **state)
{
    (void)state;
    const size_t side = 1201, size = side * side * 2;
    struct bytes file = {malloc(size), size};
    assert_non_null(file.data);
    for (size_t row = 0; row < side; row++) {
        for (size_t col = 0; col < side; col++) {
            unsigned height = row == 600 && col == 600 ? 0x8000 : (unsigned)(col + row / 2);
            file.data[(row * side + col) * 2] = (uint8_t)(height >> 8);
            file.data[(row * side + col) * 2 + 1] = (uint8_t)height;
        }
    }
    struct geo_decode_params params = ground_params();
    params.keep = (struct geo_bounds){-80.0, 43.4, -79.4, 43.6};
    assert_int_equal(refusal(&params, &file), GEO_REFUSAL_FORMAT); // no name: what is it?
    params.format = GEO_FORMAT_HGT;
    assert_int_equal(refusal(&params, &file), GEO_REFUSAL_GEOREFERENCE);
    params.format = GEO_FORMAT_TERRAIN;
    (void)snprintf(params.name, sizeof params.name, "srtm/n43w080.SRTMGL3.hgt");
    struct geo_record_builder builder;
    struct geo_record record = accept_bytes(&params, &file, &builder);
    assert_near(height_at(record, 12, 43.5 + 1 / 1200.0, -79.75), 300 + 299.5, 0.6);
    assert_true(isnan(height_at(record, 12, 43.5, -79.5))); // the void
    assert_near(height_at(record, 12, 43.505, -79.505), 594 + 297, 1.0);
    assert_string_equal(find_raster(record)->vertical, "EGM96");
    geo_record_builder_close(&builder);
    file.size -= 2;
    params.format = GEO_FORMAT_HGT;
    assert_int_equal(refusal(&params, &file), GEO_REFUSAL_FORMAT);
    free(file.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decode__what_is_no_input__is_refused_with_its_reason),
        cmocka_unit_test(format__names__differ),
        cmocka_unit_test(decode__truncated_anywhere__is_refused),
        cmocka_unit_test(decode__dted_truncated_or_with_a_wrong_checksum__is_refused),
        cmocka_unit_test(decode__shape_beyond_the_limits__is_refused_before_reading),
        cmocka_unit_test(decode__georeference_missing_or_degenerate__is_refused),
        cmocka_unit_test(decode__reference_system_missing_or_inexact__is_refused),
        cmocka_unit_test(decode__vertical_reference__must_be_said_once),
        cmocka_unit_test(decode__egm2008__is_taken_as_egm96_within_its_stated_accuracy),
        cmocka_unit_test(decode__ellipsoidal_heights__lose_the_undulation_of_each_cell),
        cmocka_unit_test(decode__units_scale_and_offset__come_out_in_metres),
        cmocka_unit_test(decode__contradictory_units__are_refused),
        cmocka_unit_test(decode__nodata__stays_unknown),
        cmocka_unit_test(decode__height_that_cannot_be__is_refused),
        cmocka_unit_test(decode__outside_region_or_core__is_refused_or_left_out),
        cmocka_unit_test(decode__turned_raster__is_read_whole_and_not_in_chunks),
        cmocka_unit_test(decode__over_the_antimeridian__is_one_piece),
        cmocka_unit_test(decode__around_a_pole__reaches_it),
        cmocka_unit_test(decode__finer_than_the_level__is_mean_ground_and_maximum_surface),
        cmocka_unit_test(decode__hgt__takes_its_place_from_its_name),
    };
    return cmocka_run_group_tests_name("geo/decode", tests, NULL, NULL);
}
