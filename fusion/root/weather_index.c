// SPDX-License-Identifier: Apache-2.0
// The index is built from a root and kept as long as the fields stay the same. A new epoch
// alone does not say that they changed, so a fingerprint over everything the index is made
// from is compared first; addresses are part of it but do not suffice, since memory is reused.
// Entries are sorted so that a group is a contiguous run in time order, and each variable a
// contiguous run of groups. The U component of a wind finds its V component once, here. The
// planes of grids are expensive to open and survive a rebuild, until those no longer used
// outnumber the others; the turn of a vector to true north is cached by grid point.
#include "fusion/root/weather_index.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum drf_status fusion_planes_open(struct fusion_planes **out)
{
    struct fusion_planes *planes = calloc(1, sizeof *planes);
    if (planes == NULL)
        return DRF_ERR_NOMEM;
    *out = planes;
    return DRF_OK;
}

static void planes_clear(struct fusion_planes *planes)
{
    for (size_t i = 0; i < planes->plane_count; i++)
        geo_plane_close(planes->planes[i].plane);
    planes->plane_count = 0;
    for (size_t i = 0; i < FUSION_TURNS; i++)
        planes->turns[i].plane = 0;
}

void fusion_planes_close(struct fusion_planes *planes)
{
    if (planes == NULL)
        return;
    planes_clear(planes);
    free(planes->planes);
    free(planes->entries);
    free(planes->groups);
    free(planes);
}

size_t fusion_planes_left_out(const struct fusion_planes *planes)
{
    return planes->left_out_count;
}

static uint64_t mix(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * UINT64_C(0x9E3779B97F4A7C15);
    return hash ^ (hash >> 29);
}

static uint64_t mix_double(uint64_t hash, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return mix(hash, bits);
}

// Over everything the index is made from. Addresses alone would not do: memory is used again.
static uint64_t fingerprint(const struct fusion_weather *weather)
{
    uint64_t hash = mix(1, weather->count);
    for (size_t i = 0; i < weather->count; i++) {
        const struct fusion_field *f = &weather->fields[i];
        hash = mix(hash, (uint64_t)(uintptr_t)f);
        hash = mix(hash, (uint64_t)(uintptr_t)f->field);
        hash = mix(hash, (uint64_t)(uintptr_t)f->source);
        hash = mix(hash, (uint64_t)f->source->issue_utc_us);
        hash = mix(hash, (uint64_t)f->field->variable << 32 | f->field->statistic);
        hash = mix(hash, (uint64_t)f->field->valid_from_utc_us);
        hash = mix(hash, (uint64_t)f->field->valid_until_utc_us);
        hash = mix(hash, (uint64_t)f->field->reference_utc_us);
        hash = mix_double(hash, f->field->lower_agl_m);
        hash = mix_double(hash, f->field->upper_agl_m);
        hash = mix_double(hash, f->field->grid.x0);
        hash = mix_double(hash, f->field->grid.y0);
        hash = mix_double(hash, f->field->grid.dx);
        hash = mix(hash, (uint64_t)f->field->grid.ni << 32 | f->field->grid.nj);
    }
    return hash;
}

static bool grid_equal(const struct geo_grid *a, const struct geo_grid *b)
{
    bool shape = a->kind == b->kind && a->ni == b->ni && a->nj == b->nj
                 && a->whole_circle == b->whole_circle;
    bool place = a->x0 == b->x0 && a->y0 == b->y0 && a->dx == b->dx && a->dy == b->dy;
    bool figure = a->semi_major_m == b->semi_major_m && a->semi_minor_m == b->semi_minor_m;
    return shape && place && figure && a->p[0] == b->p[0] && a->p[1] == b->p[1]
           && a->p[2] == b->p[2] && a->p[3] == b->p[3];
}

static bool plane_room(struct fusion_planes *planes)
{
    if (planes->plane_count < planes->plane_room)
        return true;
    size_t room = planes->plane_room == 0 ? 16 : planes->plane_room * 2;
    if (room > FUSION_PLANES_MAX)
        return false;
    struct fusion_plane *more = realloc(planes->planes, room * sizeof *more);
    if (more == NULL)
        return false;
    planes->planes = more;
    planes->plane_room = room;
    return true;
}

// The number of the grid's plane; FUSION_PLANES_MAX: none can be had.
static uint32_t plane_of(struct fusion_planes *planes, const struct geo_grid *grid)
{
    for (size_t i = 0; i < planes->plane_count; i++)
        if (grid_equal(&planes->planes[i].grid, grid))
            return (uint32_t)i;
    struct geo_plane *plane;
    if (!plane_room(planes) || geo_plane_open(grid, &plane) != DRF_OK)
        return FUSION_PLANES_MAX;
    planes->planes[planes->plane_count] = (struct fusion_plane){.grid = *grid, .plane = plane};
    return (uint32_t)planes->plane_count++;
}

static bool same_instant_and_place(const struct fusion_field *a, const struct fusion_field *b)
{
    const struct geo_field *x = a->field, *y = b->field;
    return x->statistic == y->statistic && x->wind_grid_relative == y->wind_grid_relative
           && x->lower_agl_m == y->lower_agl_m && x->upper_agl_m == y->upper_agl_m
           && x->valid_from_utc_us == y->valid_from_utc_us
           && x->valid_until_utc_us == y->valid_until_utc_us
           && x->reference_utc_us == y->reference_utc_us && grid_equal(&x->grid, &y->grid)
           && strcmp(a->source->source, b->source->source) == 0;
}

static const struct fusion_field *partner_of(const struct fusion_weather *weather,
                                             const struct fusion_field *u)
{
    for (size_t i = weather->first_of[GEO_WIND_V]; i < weather->first_of[GEO_WIND_V + 1]; i++)
        if (same_instant_and_place(u, &weather->fields[i]))
            return &weather->fields[i];
    return NULL;
}

static int compare_number(double a, double b) { return (a > b) - (a < b); }

// Which group an entry belongs to: 0 for the same.
static int compare_group(const struct fusion_field *a, const struct fusion_field *b)
{
    const struct geo_field *x = a->field, *y = b->field;
    if (x->variable != y->variable)
        return x->variable < y->variable ? -1 : 1;
    if (x->statistic != y->statistic)
        return x->statistic < y->statistic ? -1 : 1;
    int order = compare_number(x->lower_agl_m, y->lower_agl_m);
    if (order == 0)
        order = compare_number(x->upper_agl_m, y->upper_agl_m);
    return order != 0 ? order : strcmp(a->source->source, b->source->source);
}

// Of one valid time the later model run first, then the better provenance.
static int compare_entries(const void *left, const void *right)
{
    const struct fusion_field *a = ((const struct fusion_weather_entry *)left)->field;
    const struct fusion_field *b = ((const struct fusion_weather_entry *)right)->field;
    int order = compare_group(a, b);
    if (order != 0)
        return order;
    if (a->field->valid_from_utc_us != b->field->valid_from_utc_us)
        return a->field->valid_from_utc_us < b->field->valid_from_utc_us ? -1 : 1;
    if (a->source->priority != b->source->priority)
        return a->source->priority > b->source->priority ? -1 : 1;
    if (a->field->reference_utc_us != b->field->reference_utc_us)
        return a->field->reference_utc_us > b->field->reference_utc_us ? -1 : 1;
    order = fusion_source_compare(a->source, b->source);
    if (order != 0)
        return order;
    return (a > b) - (a < b); // the fields' own order is settled by the fabric
}

static enum drf_status entries_make(struct fusion_planes *planes,
                                    const struct fusion_weather *weather)
{
    if (weather->count > planes->entry_room) {
        struct fusion_weather_entry *entries =
            realloc(planes->entries, weather->count * sizeof *entries);
        if (entries == NULL)
            return DRF_ERR_NOMEM;
        planes->entries = entries;
        planes->entry_room = weather->count;
    }
    planes->entry_count = 0;
    memset(planes->left_out, 0, sizeof planes->left_out);
    planes->left_out_count = 0;
    for (size_t i = 0; i < weather->count; i++) {
        struct fusion_weather_entry entry = {.field = &weather->fields[i]};
        uint32_t variable = entry.field->field->variable;
        if (variable == 0 || variable >= GEO_VARIABLE_COUNT || variable == GEO_WIND_V)
            continue;
        if (variable == GEO_WIND_U) {
            entry.partner = partner_of(weather, entry.field);
            if (entry.partner == NULL)
                continue;
        }
        entry.plane = plane_of(planes, &entry.field->field->grid);
        if (entry.plane < FUSION_PLANES_MAX) {
            planes->entries[planes->entry_count++] = entry;
        } else {
            planes->left_out[variable] = true;
            planes->left_out_count++;
        }
    }
    planes->planes_used = 0;
    for (size_t i = 0; i < planes->plane_count; i++)
        planes->planes[i].used = false;
    for (size_t i = 0; i < planes->entry_count; i++) {
        struct fusion_plane *plane = &planes->planes[planes->entries[i].plane];
        planes->planes_used += !plane->used;
        plane->used = true;
    }
    if (planes->entry_count > 1)
        qsort(planes->entries, planes->entry_count, sizeof planes->entries[0], compare_entries);
    return DRF_OK;
}

static enum drf_status groups_make(struct fusion_planes *planes)
{
    if (planes->entry_count > planes->group_room) {
        struct fusion_weather_group *groups =
            realloc(planes->groups, planes->entry_count * sizeof *groups);
        if (groups == NULL)
            return DRF_ERR_NOMEM;
        planes->groups = groups;
        planes->group_room = planes->entry_count;
    }
    planes->group_count = 0;
    memset(planes->first_of, 0, sizeof planes->first_of);
    for (size_t i = 0; i < planes->entry_count; i++) {
        const struct fusion_field *field = planes->entries[i].field;
        if (i > 0 && compare_group(planes->entries[i - 1].field, field) == 0) {
            planes->groups[planes->group_count - 1].count++;
            continue;
        }
        planes->groups[planes->group_count++] =
            (struct fusion_weather_group){.variable = field->field->variable,
                                          .statistic = field->field->statistic,
                                          .lower_agl_m = field->field->lower_agl_m,
                                          .upper_agl_m = field->field->upper_agl_m,
                                          .first = i,
                                          .count = 1};
        planes->first_of[field->field->variable + 1] = planes->group_count;
    }
    for (size_t v = 1; v <= GEO_VARIABLE_COUNT; v++)
        if (planes->first_of[v] < planes->first_of[v - 1])
            planes->first_of[v] = planes->first_of[v - 1];
    return DRF_OK;
}

enum drf_status fusion_weather_index(struct fusion_planes *planes,
                                     const struct fusion_root *root)
{
    if (planes->made && planes->epoch == root->epoch)
        return DRF_OK;
    uint64_t print = fingerprint(root->weather);
    if (planes->made && planes->fingerprint == print) {
        planes->epoch = root->epoch;
        return DRF_OK;
    }
    planes->made = false;
    // Planes that are no longer used are closed when they outnumber those in use.
    if (planes->plane_count > FUSION_PLANES_KEEP
        && planes->plane_count > 2 * planes->planes_used)
        planes_clear(planes);
    enum drf_status status = entries_make(planes, root->weather);
    if (status == DRF_OK)
        status = groups_make(planes);
    if (status != DRF_OK)
        return status;
    planes->fingerprint = print;
    planes->epoch = root->epoch;
    planes->made = true;
    return DRF_OK;
}

bool fusion_weather_turn(struct fusion_planes *planes, uint32_t plane, uint32_t i, uint32_t j,
                         double *cos_r, double *sin_r)
{
    uint64_t hash = mix(mix(plane + 1, i), j);
    struct fusion_turn *turn = &planes->turns[(hash >> 20) % FUSION_TURNS];
    if (turn->plane != plane + 1 || turn->i != i || turn->j != j) {
        double rad = 0.0;
        bool known = geo_plane_rotation_rad(planes->planes[plane].plane, i, j, &rad) == DRF_OK;
        *turn = (struct fusion_turn){.plane = plane + 1,
                                     .i = i,
                                     .j = j,
                                     .known = known,
                                     .cos_r = cos(rad),
                                     .sin_r = sin(rad)};
    }
    *cos_r = turn->cos_r;
    *sin_r = turn->sin_r;
    return turn->known;
}
