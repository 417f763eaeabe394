// SPDX-License-Identifier: Apache-2.0
// The validation between the child that decodes hostile bytes and the node that trusts
// records. One pass over the items; every number that any reader uses is checked for range
// and every text for being clean, so that readers check nothing. What depends on earlier
// items (one kind of data, the order of tiles, counts of cells) is held in struct walk. Cell
// blobs are not unpacked: geo_cells_decode() is safe for any bytes.
#include <math.h>

#include "geo/record/record.h"
#include "geo/record/record_layout.h"
#include "geo/record/refusal.h"

static bool within(double value, double low, double high) // false for NaN
{
    return value >= low && value <= high;
}

static bool point_valid(struct geo_point point)
{
    return within(point.lat_deg, -90.0, 90.0) && within(point.lon_deg, -180.0, 180.0);
}

static bool time_valid(int64_t utc_us)
{
    return utc_us >= -RECORD_TIME_LIMIT_US && utc_us <= RECORD_TIME_LIMIT_US;
}

static bool height_valid(double height_m)
{
    return within(height_m, GEO_CELL_OFFSET_M,
                  GEO_CELL_OFFSET_M + GEO_CELL_QUANTUM_M * GEO_CELL_MAX);
}

// Where the walk over a record's items stands.
struct walk {
    const struct geo_raster *raster; // of the record, once it was seen
    enum geo_item_kind data;         // the kind of its data items, 0 before the first
    uint32_t index;                  // of the present item
    bool has_cells;
    struct geo_tile last; // the tile of the last cells item
    uint64_t cells_items;
};

static enum drf_status check_raster(struct walk *walk, const struct geo_raster *raster,
                                    uint32_t size)
{
    if (size != sizeof *raster || walk->index != 0)
        return DRF_ERR_SYNTAX;
    if (!geo_text_clean(raster->crs, sizeof raster->crs)
        || !geo_text_clean(raster->vertical, sizeof raster->vertical))
        return DRF_ERR_SYNTAX;
    const struct geo_bounds *b = &raster->bounds;
    bool sound = raster->layer >= GEO_RASTER_GROUND && raster->layer <= GEO_RASTER_SURFACE
                 && raster->level <= GEO_TILE_LEVEL_MAX
                 && within(raster->vertical_acc95_m, 0.0, 1e5) && raster->posting_m > 0.0
                 && raster->posting_m <= 2e7
                 && point_valid((struct geo_point){b->south_deg, b->west_deg})
                 && point_valid((struct geo_point){b->north_deg, b->east_deg})
                 && b->south_deg <= b->north_deg;
    bool heights = raster->known_cells == 0
                       ? isfinite(raster->min_amsl_m) && isfinite(raster->max_amsl_m)
                             && raster->min_amsl_m > raster->max_amsl_m
                       : height_valid(raster->min_amsl_m) && height_valid(raster->max_amsl_m)
                             && raster->min_amsl_m <= raster->max_amsl_m;
    if (!sound || !heights)
        return DRF_ERR_RANGE;
    walk->raster = raster;
    return DRF_OK;
}

static enum drf_status check_cells(struct walk *walk, const struct geo_cells_item *cells,
                                   uint32_t size)
{
    if (walk->raster == NULL || size < sizeof *cells || cells->blob_size == 0
        || cells->blob_size != size - sizeof *cells)
        return DRF_ERR_SYNTAX;
    struct geo_tile tile = cells->tile, last = walk->last;
    bool rising =
        !walk->has_cells || tile.level > last.level
        || (tile.level == last.level
            && (tile.row > last.row || (tile.row == last.row && tile.col > last.col)));
    if (cells->blob_size > GEO_CELLS_BLOB_MAX || !geo_tile_valid(tile)
        || tile.level < walk->raster->level || !rising)
        return DRF_ERR_RANGE;
    walk->has_cells = true;
    walk->last = tile;
    walk->cells_items++;
    return DRF_OK;
}

static bool code_letter(uint8_t code) { return code == 0 || (code > ' ' && code < 0x7f); }

static bool obstacle_numbers_valid(const struct geo_obstacle *o)
{
    static const uint8_t zeros[sizeof o->reserved];
    const uint32_t known = (GEO_OBSTACLE_NO_PLACE << 1) - 1;
    const uint32_t either = GEO_OBSTACLE_VERIFIED | GEO_OBSTACLE_UNVERIFIED;
    bool reserved = true;
    for (size_t i = 0; i < sizeof zeros; i++)
        reserved = reserved && o->reserved[i] == 0;
    return reserved && point_valid(o->position) && time_valid(o->data_time_utc_us)
           && height_valid(o->agl_m) && height_valid(o->amsl_m) && o->horizontal_acc95_m > 0.0
           && o->horizontal_acc95_m <= GEO_OBSTACLE_HORIZONTAL_ACC95_MAX_M
           && within(o->vertical_acc95_m, 0.0, 1e5) && (o->flags & ~known) == 0
           && (o->flags & either) != either && o->quantity >= 1 && code_letter(o->lighting)
           && code_letter(o->marking);
}

static enum drf_status check_obstacle(const struct geo_obstacle *o, uint32_t size)
{
    if (size < sizeof *o || o->vertex_count > GEO_OBSTACLE_VERTICES_MAX
        || size - sizeof *o != o->vertex_count * sizeof(struct geo_point))
        return DRF_ERR_SYNTAX;
    if (!geo_text_clean(o->id, sizeof o->id) || o->id[0] == '\0'
        || !geo_text_clean(o->kind, sizeof o->kind))
        return DRF_ERR_SYNTAX;
    bool count = (o->geometry == GEO_GEOMETRY_POINT && o->vertex_count == 0)
                 || (o->geometry == GEO_GEOMETRY_LINE && o->vertex_count >= 2)
                 || (o->geometry == GEO_GEOMETRY_POLYGON && o->vertex_count >= 3);
    if (!count || !obstacle_numbers_valid(o))
        return DRF_ERR_RANGE;
    const struct geo_point *vertices = (const void *)(o + 1);
    for (uint32_t i = 0; i < o->vertex_count; i++)
        if (!point_valid(vertices[i]))
            return DRF_ERR_RANGE;
    bool first = o->vertex_count == 0
                 || (vertices[0].lat_deg == o->position.lat_deg
                     && vertices[0].lon_deg == o->position.lon_deg);
    return first ? DRF_OK : DRF_ERR_RANGE;
}

static bool grid_parameters_valid(const struct geo_grid *g)
{
    bool finite = true;
    for (size_t i = 0; i < 4; i++)
        finite = finite && within(g->p[i], -720.0, 720.0);
    switch (g->kind) {
    case GEO_GRID_LATLON:
        return finite;
    case GEO_GRID_ROTATED_LATLON:
    case GEO_GRID_MERCATOR:
        return finite && within(g->p[0], -90.0, 90.0);
    case GEO_GRID_LAMBERT:
        return finite && within(g->p[0], -90.0, 90.0) && within(g->p[2], -90.0, 90.0)
               && within(g->p[3], -90.0, 90.0);
    case GEO_GRID_POLAR:
        return finite && within(g->p[0], -90.0, 90.0) && fabs(g->p[2]) == 90.0;
    default:
        return false;
    }
}

static bool grid_valid(const struct geo_grid *g)
{
    bool degrees = g->kind == GEO_GRID_LATLON || g->kind == GEO_GRID_ROTATED_LATLON;
    const double x_limit = degrees ? 1080.0 : 1e8, y_limit = degrees ? 90.001 : 1e8;
    double x1 = g->x0 + (g->ni - 1.0) * g->dx, y1 = g->y0 + (g->nj - 1.0) * g->dy;
    bool plane = g->dx > 0.0 && within(g->dy, -y_limit * 2, y_limit * 2) && g->dy != 0.0
                 && within(g->x0, -x_limit, x_limit) && within(x1, -x_limit, x_limit)
                 && within(g->y0, -y_limit, y_limit) && within(y1, -y_limit, y_limit)
                 && (!degrees || (g->ni - 1.0) * g->dx <= 360.001);
    bool closed = g->whole_circle == 0
                  || (g->whole_circle == 1 && g->kind == GEO_GRID_LATLON
                      && fabs(g->ni * g->dx - 360.0) <= 0.5 * g->dx);
    return g->ni >= 2 && g->nj >= 2 && plane && closed && grid_parameters_valid(g)
           && within(g->semi_major_m, 6.2e6, 6.5e6) && within(g->semi_minor_m, 6.2e6, 6.5e6)
           && g->semi_minor_m <= g->semi_major_m;
}

// What a value of each variable can be at all, wide of every record ever measured; packing may
// leave a little noise below zero.
static const struct {
    float low, high;
} ranges[GEO_VARIABLE_COUNT] = {
    [GEO_WIND_U] = {-300, 300},
    [GEO_WIND_V] = {-300, 300},
    [GEO_GUST] = {-1, 300},
    [GEO_TEMPERATURE] = {50, 500},
    [GEO_DEW_POINT] = {50, 500},
    [GEO_VISIBILITY] = {-10, 1e6F},
    [GEO_PRECIPITATION] = {-10, 1e5F},
    [GEO_CEILING] = {-1000, 1e5F},
    [GEO_QNH] = {5e4F, 1.2e5F},
    [GEO_RELATIVE_HUMIDITY] = {-0.1F, 2},
    [GEO_CLOUD] = {-0.1F, 1.1F},
    [GEO_CONVECTION] = {-1e4F, 1e5F},
    [GEO_REFLECTIVITY] = {-1000, 1000},
    [GEO_ECHO_TOP] = {-1e4F, 1e5F},
    [GEO_MIXING_HEIGHT] = {-1000, 1e5F},
};

static bool field_head_valid(const struct geo_field *f)
{
    bool codes = f->variable >= GEO_WIND_U && f->variable < GEO_VARIABLE_COUNT
                 && f->statistic >= GEO_STATISTIC_INSTANT
                 && f->statistic <= GEO_STATISTIC_MINIMUM && f->wind_grid_relative <= 1
                 && f->height_from_pressure <= 1;
    bool heights = within(f->lower_agl_m, -1e4, 1e6) && within(f->upper_agl_m, -1e4, 1e6)
                   && f->lower_agl_m <= f->upper_agl_m;
    bool times = time_valid(f->reference_utc_us) && time_valid(f->valid_from_utc_us)
                 && time_valid(f->valid_until_utc_us)
                 && f->valid_from_utc_us <= f->valid_until_utc_us;
    // An instant has no length, and an accumulation without one would be an infinite rate.
    bool instant = f->valid_from_utc_us == f->valid_until_utc_us;
    bool meaning = (f->statistic != GEO_STATISTIC_INSTANT || instant)
                   && (f->statistic != GEO_STATISTIC_ACCUMULATION || !instant);
    return codes && heights && times && meaning;
}

static enum drf_status check_field(const struct geo_field *f, uint32_t size)
{
    if (size < sizeof *f)
        return DRF_ERR_SYNTAX;
    uint64_t count = (uint64_t)f->grid.ni * f->grid.nj; // below 2^64, times 4 compared below
    if (count > (UINT32_MAX - sizeof *f) / sizeof(float)
        || size - sizeof *f != count * sizeof(float))
        return DRF_ERR_SYNTAX;
    if (!field_head_valid(f) || !grid_valid(&f->grid))
        return DRF_ERR_RANGE;
    const float *values = (const void *)(f + 1);
    const float low = ranges[f->variable].low, high = ranges[f->variable].high;
    for (uint64_t i = 0; i < count; i++)
        if (!isnan(values[i]) && !(values[i] >= low && values[i] <= high))
            return DRF_ERR_RANGE;
    return DRF_OK;
}

static enum drf_status check_note(const struct geo_note *note, uint32_t size)
{
    if (size != sizeof *note || !geo_text_clean(note->text, sizeof note->text))
        return DRF_ERR_SYNTAX;
    bool sound =
        note->code > GEO_REFUSAL_NONE && note->code < GEO_REFUSAL_COUNT && note->count >= 1;
    return sound ? DRF_OK : DRF_ERR_RANGE;
}

static enum drf_status check_unreadable(const struct geo_unreadable *one, uint32_t size)
{
    if (size != sizeof *one || !geo_text_clean(one->id, sizeof one->id)
        || (one->flags & ~(uint32_t)GEO_UNREADABLE_OF_EDITION) != 0)
        return DRF_ERR_SYNTAX;
    const struct geo_bounds *box = &one->box;
    bool sound = point_valid((struct geo_point){box->south_deg, box->west_deg})
                 && point_valid((struct geo_point){box->north_deg, box->east_deg})
                 && box->south_deg <= box->north_deg && one->code > GEO_REFUSAL_NONE
                 && one->code < GEO_REFUSAL_COUNT && time_valid(one->noted_utc_us)
                 && (one->valid_until_utc_us == GEO_UNREADABLE_NO_END_US
                     || time_valid(one->valid_until_utc_us));
    return sound ? DRF_OK : DRF_ERR_RANGE;
}

static enum drf_status check_codes(const struct geo_area_codes *codes, uint32_t size)
{
    if (size < sizeof *codes || codes->count == 0 || codes->count > GEO_AREA_CODES_MAX
        || size != sizeof *codes + codes->count * (size_t)GEO_AREA_CODE_SIZE
        || !geo_text_clean(codes->id, sizeof codes->id))
        return DRF_ERR_SYNTAX;
    const char *text = (const char *)(codes + 1);
    for (uint32_t i = 0; i < codes->count; i++, text += GEO_AREA_CODE_SIZE)
        if (!geo_text_clean(text, GEO_AREA_CODE_SIZE) || text[0] == '\0')
            return DRF_ERR_SYNTAX;
    return (codes->alert & ~(uint32_t)GEO_ALERT_AREA_ASSUMED) == 0 ? DRF_OK : DRF_ERR_RANGE;
}

static enum drf_status check_item(struct walk *walk, const struct record_item *item)
{
    const void *payload = item + 1;
    enum geo_item_kind kind = (enum geo_item_kind)item->kind;
    if (kind == GEO_ITEM_NOTE)
        return check_note(payload, item->size);
    if (kind == GEO_ITEM_UNREADABLE)
        return walk->raster != NULL ? DRF_ERR_SYNTAX : check_unreadable(payload, item->size);
    if (kind == GEO_ITEM_AREA_CODES)
        return walk->raster != NULL ? DRF_ERR_SYNTAX : check_codes(payload, item->size);
    if (kind == GEO_ITEM_RASTER)
        return check_raster(walk, payload, item->size);
    if (kind == GEO_ITEM_CELLS)
        return check_cells(walk, payload, item->size);
    if (kind != GEO_ITEM_OBSTACLE && kind != GEO_ITEM_FIELD && kind != GEO_ITEM_ZONE
        && kind != GEO_ITEM_STATION && kind != GEO_ITEM_TRACK)
        return DRF_ERR_RANGE;

    if (walk->raster != NULL || (walk->data != 0 && walk->data != kind))
        return DRF_ERR_SYNTAX; // two kinds of data in one record
    walk->data = kind;
    return kind == GEO_ITEM_OBSTACLE  ? check_obstacle(payload, item->size)
           : kind == GEO_ITEM_ZONE    ? record_check_zone(payload, item->size)
           : kind == GEO_ITEM_TRACK   ? record_check_track(payload, item->size)
           : kind == GEO_ITEM_STATION ? record_check_station(payload, item->size)
                                      : check_field(payload, item->size);
}

// The item at `at`, if it and its padding lie inside the record and the padding is zero.
static const struct record_item *item_at(const uint8_t *bytes, size_t size, size_t at)
{
    if (size - at < sizeof(struct record_item))
        return NULL;
    const struct record_item *item = (const void *)(bytes + at);
    size_t room = size - at - sizeof *item;
    if (item->size > room || record_padded(item->size) > room)
        return NULL;
    const uint8_t *payload = (const uint8_t *)(item + 1);
    for (size_t i = item->size; i < record_padded(item->size); i++)
        if (payload[i] != 0)
            return NULL;
    return item;
}

enum drf_status geo_record_validate(const uint8_t *bytes, size_t size, struct geo_record *out)
{
    if (bytes == NULL || (uintptr_t)bytes % RECORD_ALIGN != 0
        || size < sizeof(struct record_head))
        return DRF_ERR_SYNTAX;
    const struct record_head *head = (const void *)bytes;
    if (head->magic != RECORD_MAGIC || head->version != RECORD_VERSION || head->reserved != 0)
        return DRF_ERR_SYNTAX;

    struct walk walk = {.index = 0};
    size_t at = sizeof *head;
    for (; walk.index < head->item_count; walk.index++) {
        const struct record_item *item = item_at(bytes, size, at);
        if (item == NULL)
            return DRF_ERR_SYNTAX;
        enum drf_status status = check_item(&walk, item);
        if (status != DRF_OK)
            return status;
        at += sizeof *item + record_padded(item->size);
    }
    if (at != size)
        return DRF_ERR_SYNTAX;
    // A raster without any of its cells is one that the store has kept them for.
    if (walk.raster != NULL && walk.cells_items > 0
        && (walk.raster->known_cells > walk.cells_items * GEO_CELLS_COUNT
            || walk.raster->known_cells < walk.cells_items))
        return DRF_ERR_RANGE; // each tile of a raster holds at least one known cell
    *out = (struct geo_record){.bytes = bytes, .size = size};
    return DRF_OK;
}
