// SPDX-License-Identifier: Apache-2.0
// A CRS definition is split into its horizontal part, which PROJ transforms, and its
// vertical part, which is only classified: heights over other geoids are not converted here,
// and the caller decides what a datum is worth. Transformations are made with
// ALLOW_BALLPARK=NO and without network, and normalised to x east, y north. A CRS equivalent
// to WGS 84 gets no transformation at all, so that its coordinates keep their bits. The
// geoid grid is read whole when it is loaded: PROJ would otherwise read lines of the file on
// demand.
#include "geo/crs.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <proj.h>

#include "geo/earth.h"

struct geo_crs {
    PJ_CONTEXT *context;
    PJ *geoid; // NULL: not loaded
};

struct geo_crs_map {
    PJ *way; // degrees of WGS 84 to the CRS's x, y; NULL where nothing changes
    struct geo_crs_vertical vertical;
    double period;
    char name[64];
};

// PROJ logs to standard error by default; errors are returned as status.
static void silent(void *data, int level, const char *text)
{
    (void)data;
    (void)level;
    (void)text;
}

enum drf_status geo_crs_open_bare(struct geo_crs **out)
{
    struct geo_crs *crs = calloc(1, sizeof *crs);
    if (crs == NULL)
        return DRF_ERR_NOMEM;
    crs->context = proj_context_create();
    if (crs->context == NULL) {
        free(crs);
        return DRF_ERR_NOMEM;
    }
    proj_context_set_enable_network(crs->context, 0);
    proj_log_func(crs->context, NULL, silent);
    *out = crs;
    return DRF_OK;
}

#define GEOID_FILE "egm96_15.gtx"

const struct geo_crs_geoid *geo_crs_geoid(void)
{
    static const struct geo_crs_geoid geoid = {.name = "EGM96",
                                               .version = GEOID_FILE " (EGM96 of 1998)",
                                               .licence = "public domain (NGA)",
                                               .acc95_m = 1.96,
                                               .posting_m = 0.25 * GEO_EARTH_M_PER_DEG};
    return &geoid;
}

enum drf_status geo_crs_geoid_load(struct geo_crs *crs)
{
    if (crs->geoid != NULL)
        return DRF_OK;
    crs->geoid = proj_create(crs->context, "+proj=pipeline +step +proj=unitconvert +xy_in=deg "
                                           "+xy_out=rad +step +proj=vgridshift "
                                           "+grids=" GEOID_FILE " +multiplier=1");
    if (crs->geoid == NULL)
        return DRF_ERR_ABSENT;
    // PROJ reads the grid line by line as it is asked and keeps the lines: ask all 721 of them.
    bool whole = true;
    for (int line = 0; line <= 720 && whole; line++) {
        PJ_COORD at = proj_coord(0.1, -90.0 + 0.25 * line, 0.0, 0.0);
        whole = isfinite(proj_trans(crs->geoid, PJ_FWD, at).xyz.z);
    }
    if (whole)
        return DRF_OK;
    proj_destroy(crs->geoid);
    crs->geoid = NULL;
    return DRF_ERR_ABSENT;
}

enum drf_status geo_crs_open(struct geo_crs **out)
{
    enum drf_status status = geo_crs_open_bare(out);
    if (status == DRF_OK)
        (void)!geo_crs_geoid_load(*out); // geo_crs_geoid_m() reports its absence
    return status;
}

void geo_crs_close(struct geo_crs *crs)
{
    if (crs == NULL)
        return;
    proj_destroy(crs->geoid);
    proj_context_destroy(crs->context);
    free(crs);
}

enum drf_status geo_crs_geoid_m(const struct geo_crs *crs, struct geo_point point,
                                double *undulation_m)
{
    if (!(fabs(point.lat_deg) <= 90.0 && fabs(point.lon_deg) <= 180.0))
        return DRF_ERR_RANGE;
    if (crs->geoid == NULL)
        return DRF_ERR_ABSENT;
    PJ_COORD at = proj_coord(point.lon_deg, point.lat_deg, 0.0, 0.0);
    double z = proj_trans(crs->geoid, PJ_FWD, at).xyz.z;
    if (!isfinite(z) || fabs(z) > 200.0) // no geoid is that far off: the grid is damaged
        return DRF_ERR_ABSENT;
    *undulation_m = z;
    return DRF_OK;
}

static bool id_is(const PJ *object, const char *code)
{
    const char *authority = proj_get_id_auth_name(object, 0),
               *own = proj_get_id_code(object, 0);
    return authority != NULL && own != NULL && strcmp(authority, "EPSG") == 0
           && strcmp(own, code) == 0;
}

static bool name_has(const PJ *object, const char *word)
{
    const char *name = object == NULL ? NULL : proj_get_name(object);
    return name != NULL && strstr(name, word) != NULL;
}

// Unit and direction of the axis that heights run along: the last one.
static enum drf_status read_height_axis(PJ_CONTEXT *context, const PJ *crs, double *unit_m)
{
    PJ *axes = proj_crs_get_coordinate_system(context, crs);
    int count = axes == NULL ? 0 : proj_cs_get_axis_count(context, axes);
    const char *direction = NULL;
    double unit = 0.0;
    bool told = count > 0
                && proj_cs_get_axis_info(context, axes, count - 1, NULL, NULL, &direction,
                                         &unit, NULL, NULL, NULL);
    bool up = told && direction != NULL && strcmp(direction, "up") == 0;
    proj_destroy(axes);
    if (!up || !(unit > 0.0 && isfinite(unit)))
        return DRF_ERR_RANGE;
    *unit_m = unit;
    return DRF_OK;
}

static void set_vertical(struct geo_crs_vertical *out, enum geo_crs_height kind,
                         const char *name)
{
    out->kind = kind;
    (void)snprintf(out->name, sizeof out->name, "%s", name);
}

static enum drf_status classify_vertical(PJ_CONTEXT *context, const PJ *crs,
                                         struct geo_crs_vertical *out)
{
    struct geo_crs_vertical v = {.unit_m = 1.0};
    enum drf_status status = read_height_axis(context, crs, &v.unit_m);
    if (status != DRF_OK)
        return status;
    PJ *datum = proj_crs_get_datum_forced(context, crs);
    if (id_is(crs, "5773") || name_has(crs, "EGM96") || name_has(datum, "EGM96"))
        set_vertical(&v, GEO_CRS_HEIGHT_EGM96, "EGM96");
    else if (id_is(crs, "3855") || name_has(crs, "EGM2008") || name_has(datum, "EGM2008"))
        set_vertical(&v, GEO_CRS_HEIGHT_GEOID, "EGM2008");
    else if (name_has(crs, "NAVD88") || name_has(datum, "North American Vertical Datum 1988"))
        set_vertical(&v, GEO_CRS_HEIGHT_GEOID, "NAVD88");
    else if (name_has(crs, "llipsoid") || name_has(datum, "llipsoid"))
        status = DRF_ERR_RANGE; // a vertical CRS that claims an ellipsoid does not say which
    else if (name_has(crs, "unknown") || name_has(crs, "unnamed"))
        v = (struct geo_crs_vertical){.unit_m = v.unit_m}; // a unit, and no reference
    else
        set_vertical(&v, GEO_CRS_HEIGHT_GEOID, proj_get_name(crs));
    proj_destroy(datum);
    if (status == DRF_OK)
        *out = v;
    return status;
}

// Heights of a 3D CRS, over its ellipsoid. ITRF-like datums lie within two metres of WGS 84
// and have GRS 80's axes; older ellipsoids lie up to hundreds of metres off.
static enum drf_status classify_ellipsoidal(PJ_CONTEXT *context, const PJ *crs,
                                            struct geo_crs_vertical *out)
{
    struct geo_crs_vertical v = {.unit_m = 1.0};
    enum drf_status status = read_height_axis(context, crs, &v.unit_m);
    if (status != DRF_OK)
        return status;
    PJ *ellipsoid = proj_get_ellipsoid(context, crs);
    PJ *datum = proj_crs_get_datum_forced(context, crs);
    double major = 0.0, minor = 0.0, flattening = 0.0;
    int computed = 0;
    bool modern = ellipsoid != NULL
                  && proj_ellipsoid_get_parameters(context, ellipsoid, &major, &minor,
                                                   &computed, &flattening)
                  && major == GEO_EARTH_SEMI_MAJOR_M && fabs(flattening - 298.2572) < 0.0001;
    if (!modern)
        status = DRF_ERR_RANGE;
    else if (name_has(datum, "World Geodetic System 1984"))
        set_vertical(&v, GEO_CRS_HEIGHT_WGS84, "WGS84");
    else
        set_vertical(&v, GEO_CRS_HEIGHT_ELLIPSOID, proj_get_name(crs));
    proj_destroy(datum);
    proj_destroy(ellipsoid);
    if (status == DRF_OK)
        *out = v;
    return status;
}

static int axis_count(PJ_CONTEXT *context, const PJ *crs)
{
    PJ *axes = proj_crs_get_coordinate_system(context, crs);
    int count = axes == NULL ? 0 : proj_cs_get_axis_count(context, axes);
    proj_destroy(axes);
    return count;
}

// split() for a CRS that is not bound; *vertical and *status already have the values for
// unknown.
static PJ *split_unbound(PJ_CONTEXT *context, const PJ *crs, struct geo_crs_vertical *vertical,
                         enum drf_status *status)
{
    PJ_TYPE type = proj_get_type(crs);
    if (type == PJ_TYPE_COMPOUND_CRS) {
        PJ *height = proj_crs_get_sub_crs(context, crs, 1);
        PJ *ground = proj_crs_get_sub_crs(context, crs, 0);
        *status =
            height == NULL ? DRF_ERR_SYNTAX : classify_vertical(context, height, vertical);
        proj_destroy(height);
        return ground;
    }
    if (type == PJ_TYPE_VERTICAL_CRS) {
        *status = classify_vertical(context, crs, vertical);
        return NULL;
    }
    if (axis_count(context, crs) == 3) // its third axis is 0 in the transformation
        *status = classify_ellipsoidal(context, crs, vertical);
    return proj_clone(context, crs);
}

// Splits a CRS: its vertical part is written to *vertical, and the horizontal part is returned,
// the caller's to destroy, NULL if there is none.
static PJ *split(PJ_CONTEXT *context, const PJ *crs, struct geo_crs_vertical *vertical,
                 enum drf_status *status)
{
    *vertical = (struct geo_crs_vertical){.unit_m = 1.0};
    *status = DRF_OK;
    if (proj_get_type(crs) != PJ_TYPE_BOUND_CRS)
        return split_unbound(context, crs, vertical, status);
    // The shift to WGS 84 that it carries holds for the horizontal part.
    PJ *base = proj_get_source_crs(context, crs);
    while (base != NULL && proj_get_type(base) == PJ_TYPE_BOUND_CRS) {
        PJ *inner = proj_get_source_crs(context, base);
        proj_destroy(base);
        base = inner;
    }
    if (base != NULL)
        proj_destroy(split_unbound(context, base, vertical, status));
    proj_destroy(base);
    return proj_clone(context, crs);
}

enum drf_status geo_crs_vertical_parse(struct geo_crs *crs, const char *text,
                                       struct geo_crs_vertical *out)
{
    static const struct {
        const char *word, *code;
    } words[] = {{"EGM96", "EPSG:5773"},
                 {"EGM2008", "EPSG:3855"},
                 {"NAVD88", "EPSG:5703"},
                 {"WGS84", "EPSG:4979"}};
    const char *code = strncmp(text, "EPSG:", 5) == 0 ? text : NULL;
    for (size_t i = 0; i < sizeof words / sizeof words[0] && code == NULL; i++)
        if (strcmp(text, words[i].word) == 0)
            code = words[i].code;
    PJ *named = code == NULL ? NULL : proj_create(crs->context, code);
    if (named == NULL)
        return DRF_ERR_SYNTAX;
    struct geo_crs_vertical vertical;
    enum drf_status status;
    proj_destroy(split(crs->context, named, &vertical, &status));
    proj_destroy(named);
    if (status == DRF_OK && vertical.kind == GEO_CRS_HEIGHT_UNSPECIFIED)
        status = DRF_ERR_SYNTAX;
    if (status == DRF_OK)
        *out = vertical;
    return status;
}

// The transformation from WGS 84 to a horizontal CRS; NULL if each is ballpark or lacks a grid.
static PJ *open_way(PJ_CONTEXT *context, const PJ *ground)
{
    static const char *const options[] = {"ALLOW_BALLPARK=NO", NULL};
    PJ *wgs84 = proj_create(context, "EPSG:4326");
    PJ *raw = wgs84 == NULL
                  ? NULL
                  : proj_create_crs_to_crs_from_pj(context, wgs84, ground, NULL, options);
    PJ *way = raw == NULL ? NULL : proj_normalize_for_visualization(context, raw);
    proj_destroy(raw);
    proj_destroy(wgs84);
    return way;
}

static bool is_wgs84(PJ_CONTEXT *context, const PJ *ground)
{
    bool solid = proj_get_type(ground) == PJ_TYPE_GEOGRAPHIC_3D_CRS;
    PJ *wgs84 = proj_create(context, solid ? "EPSG:4979" : "EPSG:4326");
    bool same = wgs84 != NULL
                && proj_is_equivalent_to_with_ctx(context, ground, wgs84,
                                                  PJ_COMP_EQUIVALENT_EXCEPT_AXIS_ORDER_GEOGCRS);
    proj_destroy(wgs84);
    return same;
}

// A whole circle in the unit of a geographic CRS, 0 for any other.
static double period_of(PJ_CONTEXT *context, const PJ *ground)
{
    PJ_TYPE type = proj_get_type(ground);
    if (type != PJ_TYPE_GEOGRAPHIC_2D_CRS && type != PJ_TYPE_GEOGRAPHIC_3D_CRS)
        return 0.0;
    PJ *axes = proj_crs_get_coordinate_system(context, ground);
    double unit_rad = 0.0;
    bool told = axes != NULL
                && proj_cs_get_axis_info(context, axes, 0, NULL, NULL, NULL, &unit_rad, NULL,
                                         NULL, NULL);
    proj_destroy(axes);
    // 360 exactly where the unit is the degree.
    return told && unit_rad > 0.0 ? 360.0 * (GEO_RAD_PER_DEG / unit_rad) : 0.0;
}

static void name_map(struct geo_crs_map *map, const PJ *ground)
{
    const char *authority = proj_get_id_auth_name(ground, 0);
    const char *code = proj_get_id_code(ground, 0), *name = proj_get_name(ground);
    if (authority != NULL && code != NULL)
        (void)snprintf(map->name, sizeof map->name, "%s:%s", authority, code);
    else
        (void)snprintf(map->name, sizeof map->name, "%s", name == NULL ? "" : name);
}

enum drf_status geo_crs_map_open(struct geo_crs *crs, const char *definition,
                                 struct geo_crs_map **out)
{
    PJ *whole = proj_create(crs->context, definition);
    if (whole == NULL || !proj_is_crs(whole)) {
        proj_destroy(whole);
        return DRF_ERR_SYNTAX;
    }
    struct geo_crs_vertical vertical;
    enum drf_status status;
    PJ *ground = split(crs->context, whole, &vertical, &status);
    proj_destroy(whole);
    struct geo_crs_map *map = calloc(1, sizeof *map);
    if (status == DRF_OK && ground == NULL)
        status = DRF_ERR_SYNTAX;
    if (status == DRF_OK && map == NULL)
        status = DRF_ERR_NOMEM;
    if (status == DRF_OK) {
        map->vertical = vertical;
        map->period = period_of(crs->context, ground);
        name_map(map, ground);
        bool same = is_wgs84(crs->context, ground) && map->period == 360.0;
        map->way = same ? NULL : open_way(crs->context, ground);
        if (!same && map->way == NULL)
            status = DRF_ERR_ABSENT;
    }
    proj_destroy(ground);
    if (status == DRF_OK)
        *out = map;
    else
        geo_crs_map_close(map);
    return status;
}

void geo_crs_map_close(struct geo_crs_map *map)
{
    if (map != NULL)
        proj_destroy(map->way);
    free(map);
}

const char *geo_crs_map_name(const struct geo_crs_map *map) { return map->name; }

struct geo_crs_vertical geo_crs_map_vertical(const struct geo_crs_map *map)
{
    return map->vertical;
}

bool geo_crs_map_identical(const struct geo_crs_map *map) { return map->way == NULL; }

double geo_crs_map_period(const struct geo_crs_map *map) { return map->period; }

static void transform(const struct geo_crs_map *map, PJ_DIRECTION direction, size_t count,
                      double *x, double *y)
{
    if (map->way == NULL)
        return;
    (void)proj_trans_generic(map->way, direction, x, sizeof *x, count, y, sizeof *y, count,
                             NULL, 0, 0, NULL, 0, 0);
    for (size_t i = 0; i < count; i++)
        if (!isfinite(x[i]) || !isfinite(y[i]))
            x[i] = y[i] = HUGE_VAL;
}

void geo_crs_map_to(const struct geo_crs_map *map, size_t count, double *x, double *y)
{
    transform(map, PJ_FWD, count, x, y);
}

void geo_crs_map_from(const struct geo_crs_map *map, size_t count, double *x, double *y)
{
    transform(map, PJ_INV, count, x, y);
}

const char *geo_crs_library(void) { return proj_info().version; }
