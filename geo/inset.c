// SPDX-License-Identifier: Apache-2.0
#include "geo/inset.h"

#include <math.h>
#include <string.h>

#include "geo/bounds.h"

struct geo_tiles geo_tiles_of(struct geo_bounds bounds, uint8_t level)
{
    const double side = 180.0 / (double)(UINT32_C(1) << level);
    const double columns = 2.0 * (double)(UINT32_C(1) << level);
    // An edge on the border of two tiles brings in neither's neighbour.
    const double west = fmin(floor((bounds.west_deg + 180.0) / side), columns - 1.0);
    const double north = fmin(floor((90.0 - bounds.north_deg) / side), columns / 2.0 - 1.0);
    const double east = fmax(ceil((bounds.east_deg + 180.0) / side) - 1.0, west);
    const double south = fmax(ceil((90.0 - bounds.south_deg) / side) - 1.0, north);
    return (struct geo_tiles){
        .first = {.col = (uint32_t)west, .row = (uint32_t)north, .level = level},
        .columns = (uint32_t)(east - west) + 1,
        .rows = (uint32_t)(south - north) + 1,
    };
}

bool geo_tiles_hold(struct geo_tiles tiles, struct geo_tile tile)
{
    return tile.level == tiles.first.level && tile.col >= tiles.first.col
           && tile.col - tiles.first.col < tiles.columns && tile.row >= tiles.first.row
           && tile.row - tiles.first.row < tiles.rows;
}

static bool after(struct geo_tile a, struct geo_tile b)
{
    if (a.level != b.level)
        return a.level > b.level;
    return a.row > b.row || (a.row == b.row && a.col > b.col);
}

// The first of `tiles` after `last`; false: none is.
static bool next_of(struct geo_tiles tiles, struct geo_tile last, struct geo_tile *out)
{
    struct geo_tile next = tiles.first;
    if (!after(next, last)) {
        next = last;
        if (next.level != tiles.first.level)
            return false;
        next.col = next.col < tiles.first.col ? tiles.first.col : next.col + 1;
        if (next.col - tiles.first.col >= tiles.columns) {
            next.col = tiles.first.col;
            next.row++;
        }
        if (next.row - tiles.first.row >= tiles.rows)
            return false;
    }
    *out = next;
    return true;
}

bool geo_insets_next(const struct geo_inset *insets, size_t count, struct geo_tile *tile)
{
    bool found = false;
    const struct geo_tile last = *tile;
    for (size_t i = 0; i < count; i++) {
        struct geo_tile next;
        if (next_of(geo_tiles_of(insets[i].bounds, (uint8_t)insets[i].level), last, &next)
            && (!found || after(*tile, next))) {
            *tile = next;
            found = true;
        }
    }
    return found;
}

static bool name_valid(const struct geo_inset *inset)
{
    const char *end = memchr(inset->name, '\0', GEO_INSET_NAME_SIZE);
    if (end == NULL || inset->name[0] < 'a' || inset->name[0] > 'z')
        return false;
    const size_t length = (size_t)(end - inset->name);
    for (size_t i = length; i < sizeof inset->name; i++)
        if (inset->name[i] != '\0')
            return false;
    return strspn(inset->name, "abcdefghijklmnopqrstuvwxyz0123456789_") == length;
}

static bool bounds_valid(struct geo_bounds b)
{
    return b.west_deg >= -180.0 && b.east_deg <= 180.0 && b.west_deg < b.east_deg
           && b.south_deg >= -90.0 && b.north_deg <= 90.0 && b.south_deg < b.north_deg;
}

// Neither is more than half the globe wide, so corners inside are an inside.
static bool inside(struct geo_bounds inner, struct geo_bounds outer)
{
    return geo_bounds_hold(outer, (struct geo_point){inner.south_deg, inner.west_deg})
           && geo_bounds_hold(outer, (struct geo_point){inner.north_deg, inner.east_deg});
}

static bool share_tile(struct geo_tiles a, struct geo_tiles b)
{
    return a.first.level == b.first.level && a.first.col < b.first.col + b.columns
           && b.first.col < a.first.col + a.columns && a.first.row < b.first.row + b.rows
           && b.first.row < a.first.row + a.rows;
}

static const char *fault_of(const struct geo_inset *insets, size_t index, uint32_t level,
                            struct geo_bounds keep, uint64_t *tiles)
{
    const struct geo_inset *one = &insets[index];
    if (!name_valid(one))
        return "its name must be a small letter, then up to 23 small letters, digits and '_'";
    if (one->level <= level || one->level > GEO_INSET_LEVEL_MAX)
        return "its level must be finer than store.level, and at most 18";
    if (!bounds_valid(one->bounds))
        return "its bounds must be west < east in -180 to 180, south < north in -90 to 90";
    if (!inside(one->bounds, keep))
        return "its bounds must lie inside what is kept: the region, margin_m and "
               "look_ahead_max_m";
    const struct geo_tiles own = geo_tiles_of(one->bounds, (uint8_t)one->level);
    *tiles += (uint64_t)own.columns * own.rows;
    if (*tiles > GEO_INSET_TILES_MAX)
        return "it makes more than 1024 tiles of all insets together: smaller bounds, or a "
               "coarser level";
    for (size_t i = 0; i < index; i++) {
        if (strcmp(insets[i].name, one->name) == 0)
            return "its name is given twice";
        if (share_tile(geo_tiles_of(insets[i].bounds, (uint8_t)insets[i].level), own))
            return "it shares a tile with another of its level: make them one, or move them "
                   "apart";
    }
    return NULL;
}

enum drf_status geo_insets_check(const struct geo_inset *insets, size_t count, uint32_t level,
                                 struct geo_bounds keep, size_t *which, const char **why)
{
    uint64_t tiles = 0;
    for (size_t i = 0; i < count; i++) {
        const char *fault = i < GEO_INSETS_MAX ? fault_of(insets, i, level, keep, &tiles)
                                               : "there are more than 16";
        if (fault == NULL)
            continue;
        *which = i;
        *why = fault;
        return DRF_ERR_RANGE;
    }
    return DRF_OK;
}
