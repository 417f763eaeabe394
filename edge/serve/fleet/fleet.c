// SPDX-License-Identifier: Apache-2.0
// Three structures over one array of slots. A hash table with linear probing finds a slot by id
// (deletion moves later entries back, so there are no tombstones). Two lists in the order of
// last use, LOOSE and KNOWN, give the slot to evict in constant time. A grid of cells over the
// served area, with a list of drones for each cell, finds the drones near a change; the level
// of the cells is chosen so that their number stays below CELLS_MAX. Sequence numbers of an
// evicted drone raise seq_floor, from which a new drone starts: numbers of a stream never go
// back, even if the same id returns.
#include "edge/serve/fleet/fleet.h"

#include "geo/earth.h"
#include "geo/hash.h"
#include "geo/tile.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static_assert(sizeof(struct edge_drone) + sizeof(struct fusion_plan) <= 4096,
              "a drone takes at most 4 KB, its plan and a few advisories included");

// Cells are as small as this many allow: neighbours are looked for in them.
#define CELLS_MAX 65536.0
enum { CELL_LEVEL_MAX = 14 }; // 1.2 km north to south

#define NEVER_US (INT64_MIN / 4) // far enough in the past, and differences do not overflow

// Places of the index: linear probing; a place is empty when it holds no number.
struct place {
    uint32_t hash, number;
};

enum list { LOOSE, KNOWN, LIST_COUNT };

struct edge_fleet {
    struct edge_fleet_config config;
    struct edge_drone *drones;
    struct place *index;
    uint32_t index_mask;
    uint32_t carved, free_number; // slots ever used; the first of those given back
    uint32_t oldest[LIST_COUNT], newest[LIST_COUNT];
    uint32_t seq_floor; // greater than any number of a stream that was forgotten
    struct geo_tile first;
    uint32_t columns, rows;
    uint32_t *cells; // of each the first drone there
    double concern_max_m, speed_max_mps;
    struct edge_fleet_counts counts;
};

static struct geo_point corner(double lat_deg, double lon_deg)
{
    return (struct geo_point){.lat_deg = fmin(fmax(lat_deg, -90), 90),
                              .lon_deg = fmin(fmax(lon_deg, -180), 179.9999999)};
}

// The bucket over a point, cut to the table of cells.
static void cell_at(const struct edge_fleet *fleet, struct geo_point point, uint32_t *column,
                    uint32_t *row)
{
    struct geo_tile tile = {0};
    enum drf_status status =
        geo_tile_at(corner(point.lat_deg, point.lon_deg), fleet->first.level, &tile);
    assert(status == DRF_OK);
    (void)status;
    uint32_t c = tile.col > fleet->first.col ? tile.col - fleet->first.col : 0;
    uint32_t r = tile.row > fleet->first.row ? tile.row - fleet->first.row : 0;
    *column = c < fleet->columns ? c : fleet->columns - 1;
    *row = r < fleet->rows ? r : fleet->rows - 1;
}

static void lay_out(struct edge_fleet *fleet)
{
    struct geo_bounds box = fleet->config.bounds;
    struct geo_tile last = {0};
    uint8_t level = CELL_LEVEL_MAX;
    double cells = (box.east_deg - box.west_deg) * (box.north_deg - box.south_deg)
                   * pow(4.0, CELL_LEVEL_MAX) / (180.0 * 180.0);
    for (; level > 1 && cells > CELLS_MAX; level--)
        cells /= 4.0;
    enum drf_status status =
        geo_tile_at(corner(box.north_deg, box.west_deg), level, &fleet->first);
    assert(status == DRF_OK);
    status = geo_tile_at(corner(box.south_deg, box.east_deg), level, &last);
    assert(status == DRF_OK);
    fleet->columns = last.col - fleet->first.col + 1;
    fleet->rows = last.row - fleet->first.row + 1;
}

enum drf_status edge_fleet_open(const struct edge_fleet_config *config, struct edge_fleet **out)
{
    struct edge_fleet *fleet = calloc(1, sizeof *fleet);
    if (fleet == NULL)
        return DRF_ERR_NOMEM;
    *fleet = (struct edge_fleet){.config = *config,
                                 .free_number = EDGE_DRONE_NONE,
                                 .oldest = {EDGE_DRONE_NONE, EDGE_DRONE_NONE},
                                 .newest = {EDGE_DRONE_NONE, EDGE_DRONE_NONE}};
    lay_out(fleet);
    size_t index_size = 16;
    while (index_size < (size_t)config->drones_max * 2)
        index_size *= 2;
    fleet->index_mask = (uint32_t)index_size - 1;
    size_t cell_count = (size_t)fleet->columns * fleet->rows;
    fleet->drones = calloc(config->drones_max, sizeof *fleet->drones);
    fleet->index = malloc(index_size * sizeof *fleet->index);
    fleet->cells = malloc(cell_count * sizeof *fleet->cells);
    if (fleet->drones == NULL || fleet->index == NULL || fleet->cells == NULL) {
        edge_fleet_close(fleet);
        return DRF_ERR_NOMEM;
    }
    memset(fleet->index, 0xff, index_size * sizeof *fleet->index);
    memset(fleet->cells, 0xff, cell_count * sizeof *fleet->cells);
    *out = fleet;
    return DRF_OK;
}

void edge_fleet_follow(struct edge_fleet *fleet, const struct edge_fleet_config *config,
                       double rate_max_hz)
{
    fleet->config.forget_us = config->forget_us;
    fleet->config.limits = config->limits;
    fleet->config.preferences = config->preferences;
    for (uint32_t i = 0; i < fleet->carved; i++) {
        struct edge_drone *drone = &fleet->drones[i];
        if (!drone->slot.used)
            continue;
        if (!drone->profile.held)
            edge_fleet_unprofile(fleet, drone);
        else
            edge_profile_held_limit(&drone->profile, rate_max_hz);
    }
}

void edge_fleet_close(struct edge_fleet *fleet)
{
    if (fleet == NULL)
        return;
    assert(fleet->drones != NULL || fleet->carved == 0);
    for (uint32_t i = 0; i < fleet->carved; i++) {
        edge_plan_held_close(&fleet->drones[i].plan);
        edge_advisories_close(&fleet->drones[i].advisories);
        free(fleet->drones[i].patches);
    }
    free(fleet->drones);
    free(fleet->index);
    free(fleet->cells);
    free(fleet);
}

uint32_t edge_fleet_number(const struct edge_fleet *fleet, const struct edge_drone *drone)
{
    return (uint32_t)(drone - fleet->drones);
}

uint32_t edge_fleet_slots(const struct edge_fleet *fleet) { return fleet->carved; }

struct edge_drone *edge_fleet_at(struct edge_fleet *fleet, uint32_t number)
{
    assert(number < fleet->carved);
    return &fleet->drones[number];
}

// Where the id stands in the index, or the empty place where it would.
static uint32_t place_of(const struct edge_fleet *fleet, const char *id, uint32_t hash)
{
    uint32_t at = hash & fleet->index_mask;
    while (fleet->index[at].number != EDGE_DRONE_NONE
           && (fleet->index[at].hash != hash
               || strcmp(fleet->drones[fleet->index[at].number].id, id) != 0))
        at = (at + 1) & fleet->index_mask;
    return at;
}

struct edge_drone *edge_fleet_find(struct edge_fleet *fleet, const char *id)
{
    assert(fleet->drones != NULL);
    uint32_t number =
        fleet->index[place_of(fleet, id, geo_hash32_text(GEO_HASH32_START, id))].number;
    return number != EDGE_DRONE_NONE ? &fleet->drones[number] : NULL;
}

// Takes a place out and closes the gap: displaced entries move back.
static void unindex(struct edge_fleet *fleet, uint32_t hole)
{
    uint32_t at = hole;
    for (;;) {
        at = (at + 1) & fleet->index_mask;
        if (fleet->index[at].number == EDGE_DRONE_NONE)
            break;
        uint32_t home = fleet->index[at].hash & fleet->index_mask;
        if (((at - home) & fleet->index_mask) >= ((at - hole) & fleet->index_mask)) {
            fleet->index[hole] = fleet->index[at];
            hole = at;
        }
    }
    fleet->index[hole].number = EDGE_DRONE_NONE;
}

static enum list list_of(const struct edge_drone *drone)
{
    return drone->slot.known ? KNOWN : LOOSE;
}

static void unlink_used(struct edge_fleet *fleet, struct edge_drone *drone)
{
    enum list list = list_of(drone);
    if (drone->slot.older != EDGE_DRONE_NONE)
        fleet->drones[drone->slot.older].slot.newer = drone->slot.newer;
    else
        fleet->oldest[list] = drone->slot.newer;
    if (drone->slot.newer != EDGE_DRONE_NONE)
        fleet->drones[drone->slot.newer].slot.older = drone->slot.older;
    else
        fleet->newest[list] = drone->slot.older;
}

static void link_newest(struct edge_fleet *fleet, struct edge_drone *drone)
{
    enum list list = list_of(drone);
    uint32_t number = edge_fleet_number(fleet, drone);
    drone->slot.newer = EDGE_DRONE_NONE;
    drone->slot.older = fleet->newest[list];
    if (drone->slot.older != EDGE_DRONE_NONE)
        fleet->drones[drone->slot.older].slot.newer = number;
    else
        fleet->oldest[list] = number;
    fleet->newest[list] = number;
}

static void link_oldest(struct edge_fleet *fleet, struct edge_drone *drone)
{
    enum list list = list_of(drone);
    uint32_t number = edge_fleet_number(fleet, drone);
    drone->slot.older = EDGE_DRONE_NONE;
    drone->slot.newer = fleet->oldest[list];
    if (drone->slot.newer != EDGE_DRONE_NONE)
        fleet->drones[drone->slot.newer].slot.older = number;
    else
        fleet->newest[list] = number;
    fleet->oldest[list] = number;
}

static void evict(struct edge_fleet *fleet, struct edge_drone *drone)
{
    if (fleet->seq_floor < drone->stream.sent_seq)
        fleet->seq_floor = drone->stream.sent_seq;
    if (fleet->seq_floor < drone->stream.terrain_seq)
        fleet->seq_floor = drone->stream.terrain_seq;
    if (drone->patches != NULL && fleet->seq_floor < drone->patches->sent_seq)
        fleet->seq_floor = drone->patches->sent_seq;
    edge_fleet_unplace(fleet, drone);
    unindex(fleet, place_of(fleet, drone->id, geo_hash32_text(GEO_HASH32_START, drone->id)));
    unlink_used(fleet, drone);
    drone->slot.used = false;
    edge_due_drop(&drone->due); // the list of those who are due may still hold the number
    drone->slot.newer = fleet->free_number;
    fleet->free_number = edge_fleet_number(fleet, drone);
    fleet->counts.held--;
    fleet->counts.evicted++;
}

static bool make_room(struct edge_fleet *fleet, int64_t now_mono_us)
{
    if (fleet->oldest[LOOSE] != EDGE_DRONE_NONE) {
        evict(fleet, &fleet->drones[fleet->oldest[LOOSE]]);
        return true;
    }
    struct edge_drone *drone = &fleet->drones[fleet->oldest[KNOWN]];
    if (now_mono_us - drone->slot.used_mono_us < fleet->config.forget_us)
        return false;
    evict(fleet, drone);
    return true;
}

static struct edge_drone *take_slot(struct edge_fleet *fleet, int64_t now_mono_us)
{
    if (fleet->free_number == EDGE_DRONE_NONE && fleet->carved == fleet->config.drones_max
        && !make_room(fleet, now_mono_us))
        return NULL;
    if (fleet->free_number == EDGE_DRONE_NONE)
        return &fleet->drones[fleet->carved++];
    struct edge_drone *drone = &fleet->drones[fleet->free_number];
    fleet->free_number = drone->slot.newer;
    return drone;
}

enum drf_status edge_fleet_admit(struct edge_fleet *fleet, const char *id, int64_t now_mono_us,
                                 struct edge_drone **out)
{
    struct edge_drone *drone = edge_fleet_find(fleet, id);
    if (drone != NULL) {
        *out = drone;
        return DRF_OK;
    }
    drone = take_slot(fleet, now_mono_us);
    if (drone == NULL) {
        fleet->counts.refused++;
        return DRF_ERR_FULL;
    }
    struct edge_patches *patches = drone->patches;
    struct edge_advisories advisories = drone->advisories;
    edge_advisories_reset(&advisories);
    struct edge_plan_held plan = drone->plan;
    edge_plan_held_drop(&plan);
    *drone = (struct edge_drone){
        .slot = {.used = true, .cell = EDGE_DRONE_NONE, .used_mono_us = NEVER_US},
        .place = edge_place_unknown(),
        .rates = edge_rates_fresh(),
        .plan = plan,
        .due = edge_due_nothing(drone->due.listed),
        .stream = edge_stream_after(fleet->seq_floor),
        .advisories = advisories,
        .patches = patches,
    };
    edge_fleet_unprofile(fleet, drone);
    if (patches != NULL)
        edge_patches_reset(patches, fleet->seq_floor);
    size_t size = strnlen(id, EDGE_ID_SIZE);
    assert(size < EDGE_ID_SIZE);
    memcpy(drone->id, id, size);
    uint32_t hash = geo_hash32_text(GEO_HASH32_START, id);
    fleet->index[place_of(fleet, id, hash)] =
        (struct place){.hash = hash, .number = edge_fleet_number(fleet, drone)};
    link_newest(fleet, drone);
    fleet->counts.held++;
    *out = drone;
    return DRF_OK;
}

void edge_fleet_touch(struct edge_fleet *fleet, struct edge_drone *drone, int64_t now_mono_us)
{
    drone->slot.used_mono_us = now_mono_us;
    if (drone->slot.newer == EDGE_DRONE_NONE)
        return;
    unlink_used(fleet, drone);
    link_newest(fleet, drone);
}

void edge_fleet_keep(struct edge_fleet *fleet, struct edge_drone *drone)
{
    if (drone->slot.known)
        return;
    unlink_used(fleet, drone);
    drone->slot.known = true;
    if (drone->slot.used_mono_us == NEVER_US)
        link_oldest(fleet, drone);
    else
        link_newest(fleet, drone);
}

void edge_fleet_unprofile(struct edge_fleet *fleet, struct edge_drone *drone)
{
    edge_profile_held_drop(&drone->profile, &fleet->config.limits, &fleet->config.preferences);
}

void edge_fleet_place(struct edge_fleet *fleet, struct edge_drone *drone,
                      struct geo_point position)
{
    uint32_t column, row;
    cell_at(fleet, position, &column, &row);
    uint32_t cell = row * fleet->columns + column;
    if (drone->slot.reporting && drone->slot.cell == cell)
        return;
    edge_fleet_unplace(fleet, drone);
    uint32_t number = edge_fleet_number(fleet, drone);
    drone->slot.cell = cell;
    drone->slot.cell_previous = EDGE_DRONE_NONE;
    drone->slot.cell_next = fleet->cells[cell];
    if (drone->slot.cell_next != EDGE_DRONE_NONE)
        fleet->drones[drone->slot.cell_next].slot.cell_previous = number;
    fleet->cells[cell] = number;
    drone->slot.reporting = true;
    fleet->counts.reporting++;
}

void edge_fleet_unplace(struct edge_fleet *fleet, struct edge_drone *drone)
{
    if (drone->slot.cell == EDGE_DRONE_NONE)
        return;
    if (drone->slot.cell_previous != EDGE_DRONE_NONE)
        fleet->drones[drone->slot.cell_previous].slot.cell_next = drone->slot.cell_next;
    else
        fleet->cells[drone->slot.cell] = drone->slot.cell_next;
    if (drone->slot.cell_next != EDGE_DRONE_NONE)
        fleet->drones[drone->slot.cell_next].slot.cell_previous = drone->slot.cell_previous;
    drone->slot.cell = EDGE_DRONE_NONE;
    drone->slot.reporting = false;
    fleet->counts.reporting--;
}

void edge_fleet_forget(struct edge_fleet *fleet, int64_t now_mono_us)
{
    for (uint32_t i = 0; i < fleet->carved; i++) {
        struct edge_drone *drone = &fleet->drones[i];
        if (drone->slot.used && drone->slot.cell != EDGE_DRONE_NONE
            && now_mono_us - drone->slot.used_mono_us >= fleet->config.forget_us)
            edge_fleet_unplace(fleet, drone);
    }
}

void edge_fleet_around(struct edge_fleet *fleet, struct geo_bounds bounds, double reach_m,
                       void (*visit)(void *self, struct edge_drone *drone), void *self)
{
    double lat_deg = fmin(fmax(fabs(bounds.south_deg), fabs(bounds.north_deg)), 89.0);
    double by_lat_deg = reach_m / 110500.0;
    double by_lon_deg = by_lat_deg / cos(fmin(lat_deg + by_lat_deg, 89.0) * GEO_RAD_PER_DEG);
    uint32_t west, east, north, south;
    cell_at(fleet,
            (struct geo_point){bounds.north_deg + by_lat_deg, bounds.west_deg - by_lon_deg},
            &west, &north);
    cell_at(fleet,
            (struct geo_point){bounds.south_deg - by_lat_deg, bounds.east_deg + by_lon_deg},
            &east, &south);
    for (uint32_t row = north; row <= south; row++)
        for (uint32_t column = west; column <= east; column++)
            for (uint32_t i = fleet->cells[row * fleet->columns + column];
                 i != EDGE_DRONE_NONE;) {
                struct edge_drone *drone = &fleet->drones[i];
                i = drone->slot.cell_next;
                visit(self, drone);
            }
}

struct edge_fleet_counts edge_fleet_counts(const struct edge_fleet *fleet)
{
    return fleet->counts;
}

double edge_fleet_concern_max_m(const struct edge_fleet *fleet) { return fleet->concern_max_m; }

void edge_fleet_note_concern(struct edge_fleet *fleet, double ahead_m)
{
    fleet->concern_max_m = fmax(fleet->concern_max_m, ahead_m);
}

double edge_fleet_speed_max_mps(const struct edge_fleet *fleet) { return fleet->speed_max_mps; }

void edge_fleet_note_speed(struct edge_fleet *fleet, double fastest_mps)
{
    fleet->speed_max_mps = fastest_mps;
}
