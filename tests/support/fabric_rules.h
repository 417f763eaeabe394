// tests/support/fabric_rules.h - random messages, and what the rules make of them by brute
// force. SPDX-License-Identifier: Apache-2.0
//
// Straight from the rules, cell by cell, nothing incremental and no code of the fabric: for
// tests/property/prop_fusion_fabric.c, after tests/support/fabric.h.
#ifndef TESTS_SUPPORT_FABRIC_RULES_H
#define TESTS_SUPPORT_FABRIC_RULES_H

#include <math.h>

enum {
    MESSAGES = 60,
    OBSTACLES_PER_MESSAGE = 4,
    IDS = 24,
    EDITIONS = 3,
    VERTICES = 5,
    CELLS = GEO_CELLS_COUNT,
};

// xorshift64*: the same numbers everywhere.
static uint64_t next_random(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * UINT64_C(2685821657736338717);
}
static uint32_t below(uint64_t *state, uint32_t limit)
{
    return (uint32_t)((next_random(state) >> 33) % limit);
}
static double between(uint64_t *state, double low, double high)
{
    return low + (high - low) * (double)(next_random(state) >> 11) / 9007199254740992.0;
}

struct flat { // metres east and north of the obstacle
    double x, y;
};

struct thing { // an obstacle in a message
    struct geo_obstacle obstacle;
    struct geo_point vertices[VERTICES];
    double east_m_per_deg, north_m_per_deg;
    struct flat shape[VERTICES];
};

struct parcel { // a message with what it is made of
    struct fusion_message message;
    char key[16], edition[16];
    const char *source;
    enum fusion_layer layer;
    double acc95_m;
    bool has_tile[SPOT_TILES];
    uint16_t *cells[SPOT_TILES];
    size_t count;
    struct thing things[OBSTACLES_PER_MESSAGE];
    struct geo_record_builder builder;
    struct geo_record record;
};

struct world {
    struct parcel parcels[MESSAGES];
    size_t count;
};

static uint16_t *random_cells(uint64_t *state)
{
    uint16_t *cells = malloc(CELLS * sizeof *cells);
    assert_non_null(cells);
    uint32_t block = 16U << below(state, 4), holes = below(state, 4);
    uint16_t values[256];
    for (size_t i = 0; i < 256; i++)
        values[i] =
            below(state, 8) < holes ? GEO_CELL_UNKNOWN : (uint16_t)(4400 + below(state, 400));
    for (uint32_t i = 0; i < CELLS; i++)
        cells[i] = values[(i / 256 / block * 16 + i % 256 / block) & 255];
    for (uint32_t i = below(state, 400); i > 0; i--)
        cells[below(state, CELLS)] = (uint16_t)(4300 + below(state, 600));
    return cells;
}

static void make_terrain(struct parcel *parcel, uint64_t *state)
{
    static const char *const feeds[] = {"dtm-a", "dtm-b", "dtm-c", "dsm", "dsm-b"};
    uint32_t feed = below(state, 5);
    parcel->layer = feed < 3 ? FUSION_LAYER_GROUND : FUSION_LAYER_SURFACE;
    parcel->source = feeds[feed];
    parcel->acc95_m = 2 + below(state, 2);
    (void)snprintf(parcel->key, sizeof parcel->key, "cell-%u", below(state, 2));
    parcel->message.identity.feed = feeds[feed];
    parcel->message.tombstone = below(state, 6) == 0;
    if (parcel->message.tombstone)
        return;
    spot_raster(&parcel->builder, (uint32_t)parcel->layer, parcel->acc95_m);
    for (size_t tile = 0; tile < SPOT_TILES; tile++) {
        parcel->has_tile[tile] = below(state, 3) != 0;
        if (!parcel->has_tile[tile])
            continue;
        parcel->cells[tile] = random_cells(state);
        spot_cells(&parcel->builder, tile, parcel->cells[tile]);
    }
    parcel->record = spot_record(&parcel->builder);
}

// Radii of curvature of the WGS 84 ellipsoid (semi-major axis, flattening) at the obstacle.
static void flatten(struct thing *thing)
{
    const double degree = 3.14159265358979324 / 180;
    struct geo_point at = thing->obstacle.position;
    double phi = at.lat_deg * degree, f = 1 / 298.257223563, e2 = f * (2 - f);
    double w = sqrt(1 - e2 * sin(phi) * sin(phi));
    thing->east_m_per_deg = 6378137 / w * cos(phi) * degree;
    thing->north_m_per_deg = 6378137 * (1 - e2) / pow(w, 3) * degree;
    thing->shape[0] = (struct flat){0, 0};
    for (size_t i = 0; i < thing->obstacle.vertex_count; i++)
        thing->shape[i] = (struct flat){
            (thing->vertices[i].lon_deg - at.lon_deg) * thing->east_m_per_deg,
            (thing->vertices[i].lat_deg - at.lat_deg) * thing->north_m_per_deg,
        };
}

static void make_thing(struct thing *thing, uint64_t *state)
{
    struct geo_bounds keep = spot_keep();
    struct geo_point at = {between(state, keep.south_deg - 0.002, keep.north_deg + 0.002),
                           between(state, keep.west_deg - 0.002, keep.east_deg + 0.002)};
    static const uint32_t kinds[] = {GEO_GEOMETRY_POINT, GEO_GEOMETRY_POINT, GEO_GEOMETRY_LINE,
                                     GEO_GEOMETRY_POLYGON};
    thing->obstacle = (struct geo_obstacle){
        .position = at,
        .agl_m = between(state, 1, 120),
        .amsl_m = between(state, 60, 280),
        .horizontal_acc95_m = between(state, 3, below(state, 5) == 0 ? 400 : 120),
        .vertical_acc95_m = between(state, 0, 15),
        .flags = below(state, 4), // has an AGL, an AMSL, both or neither
        .geometry = kinds[below(state, 4)],
        .quantity = 1,
    };
    flatten(thing);
    struct geo_obstacle *o = &thing->obstacle;
    o->flags |= below(state, 8) == 0 ? GEO_OBSTACLE_BALLOON : 0;
    o->flags |= below(state, 8) == 0 ? GEO_OBSTACLE_WITHDRAWN : 0;
    (void)snprintf(o->id, sizeof o->id, "o-%02u", below(state, IDS));
    if (o->geometry == GEO_GEOMETRY_POINT)
        return;
    // A polygon goes around its middle; a line wanders.
    bool ring = o->geometry == GEO_GEOMETRY_POLYGON;
    o->vertex_count = VERTICES;
    for (uint32_t i = 0; i < VERTICES; i++) {
        double turn = 6.283185307 * i / VERTICES, far = between(state, 0.002, 0.02);
        struct geo_point off = {ring ? far * sin(turn) : between(state, -0.02, 0.02),
                                ring ? far * cos(turn) : between(state, -0.03, 0.03)};
        thing->vertices[i] =
            (struct geo_point){at.lat_deg + off.lat_deg, at.lon_deg + off.lon_deg};
    }
    o->position = thing->vertices[0];
    flatten(thing);
}

static void make_features(struct parcel *parcel, uint64_t *state)
{
    parcel->layer = FUSION_LAYER_OBSTACLE;
    parcel->source = below(state, 2) == 0 ? "obs" : "obs/other";
    parcel->message.identity.feed = "obs";
    (void)snprintf(parcel->key, sizeof parcel->key, "o-%02u", below(state, IDS));
    parcel->message.tombstone = below(state, 8) == 0;
    if (parcel->message.tombstone)
        return;
    if (below(state, 2) == 0) {
        parcel->message.edition_parts = 2;
        parcel->message.edition_part = 1 + below(state, 2);
        (void)snprintf(parcel->edition, sizeof parcel->edition, "e-%u", below(state, EDITIONS));
        parcel->message.edition = parcel->edition;
    }
    geo_record_builder_init(&parcel->builder, 1 << 20);
    parcel->count = 1 + below(state, OBSTACLES_PER_MESSAGE);
    for (size_t i = 0; i < parcel->count; i++) {
        struct thing *thing = &parcel->things[i];
        make_thing(thing, state);
        size_t tail = thing->obstacle.vertex_count * sizeof thing->vertices[0];
        assert_int_equal(geo_record_add(&parcel->builder, GEO_ITEM_OBSTACLE, &thing->obstacle,
                                        sizeof thing->obstacle, thing->vertices, tail),
                         DRF_OK);
    }
    parcel->record = spot_record(&parcel->builder);
}

static void make_world(struct world *world, uint64_t seed)
{
    uint64_t state = seed * UINT64_C(0x9E3779B97F4A7C15) + 1;
    *world = (struct world){.count = MESSAGES};
    for (size_t i = 0; i < world->count; i++) {
        struct parcel *parcel = &world->parcels[i];
        if (below(&state, 3) == 0)
            make_terrain(parcel, &state);
        else
            make_features(parcel, &state);
        struct fusion_message *m = &parcel->message;
        m->identity.source = parcel->source;
        m->identity.key = parcel->key;
        // Few instants, so that the digest often has to decide.
        m->version.time_utc_us = 1000000 * (1 + (int64_t)below(&state, 6));
        m->version.sha256[0] = (uint8_t)below(&state, 256);
        m->version.sha256[31] = (uint8_t)i; // of no two messages the same
        m->cluster_id = "cluster";
        m->topic = "all";
    }
}

static void drop_world(struct world *world)
{
    for (size_t i = 0; i < MESSAGES; i++) {
        for (size_t tile = 0; tile < SPOT_TILES; tile++)
            free(world->parcels[i].cells[tile]);
        geo_record_builder_close(&world->parcels[i].builder);
    }
}

static int later(const struct fusion_version *a, const struct fusion_version *b)
{
    if (a->time_utc_us != b->time_utc_us)
        return a->time_utc_us > b->time_utc_us ? 1 : -1;
    return memcmp(a->sha256, b->sha256, 32);
}

struct alive { // a live obstacle
    const struct thing *thing;
    const struct parcel *parcel;
    bool foot_known, top_known;
    double foot_m, top_m;
};

struct truth {
    const struct parcel *terrain[MESSAGES];
    size_t terrain_count;
    struct alive obstacles[2 * IDS];
    size_t obstacle_count;
    uint16_t ground[SPOT_TILES][CELLS], surface[SPOT_TILES][CELLS];
    const struct parcel *ground_by[SPOT_TILES][CELLS], *surface_by[SPOT_TILES][CELLS];
    uint8_t flags[SPOT_TILES][CELLS];
};

static void live_terrain(const struct world *world, struct truth *truth)
{
    for (size_t i = 0; i < world->count; i++) {
        const struct parcel *a = &world->parcels[i];
        bool greatest = a->layer != FUSION_LAYER_OBSTACLE;
        for (size_t j = 0; j < world->count && greatest; j++) {
            const struct parcel *b = &world->parcels[j];
            if (b->layer != FUSION_LAYER_OBSTACLE && strcmp(a->source, b->source) == 0
                && strcmp(a->key, b->key) == 0)
                greatest = i == j || later(&a->message.version, &b->message.version) > 0;
        }
        if (greatest && !a->message.tombstone)
            truth->terrain[truth->terrain_count++] = a;
    }
}

// An edition is as old as its oldest part, each part having its latest version; what is older
// than the latest complete edition of its source is gone.
static int64_t edition_floor(const struct world *world, const char *source)
{
    int64_t floor_us = INT64_MIN;
    for (uint32_t e = 0; e < EDITIONS; e++) {
        char name[16];
        (void)snprintf(name, sizeof name, "e-%u", e);
        int64_t times[2] = {INT64_MIN, INT64_MIN};
        for (size_t i = 0; i < world->count; i++) {
            const struct fusion_message *m = &world->parcels[i].message;
            if (m->edition == NULL || strcmp(m->edition, name) != 0
                || strcmp(m->identity.source, source) != 0)
                continue;
            int64_t *time = &times[m->edition_part - 1];
            *time = m->version.time_utc_us > *time ? m->version.time_utc_us : *time;
        }
        int64_t oldest = times[0] < times[1] ? times[0] : times[1];
        floor_us = oldest > floor_us ? oldest : floor_us;
    }
    return floor_us;
}

// What a message says of an id: false when nothing; *thing NULL when that it is gone.
static bool speaks_of(const struct parcel *parcel, const char *id, const struct thing **thing)
{
    *thing = NULL;
    if (parcel->message.tombstone)
        return strcmp(parcel->key, id) == 0;
    for (size_t i = 0; i < parcel->count; i++)
        if (strcmp(parcel->things[i].obstacle.id, id) == 0)
            *thing = &parcel->things[i]; // of two the last
    return *thing != NULL;
}

static void live_obstacle(const struct world *world, const char *source, const char *id,
                          struct truth *truth)
{
    const struct parcel *best = NULL;
    const struct thing *thing = NULL;
    for (size_t i = 0; i < world->count; i++) {
        const struct parcel *p = &world->parcels[i];
        const struct thing *says;
        if (p->layer != FUSION_LAYER_OBSTACLE || strcmp(p->source, source) != 0
            || !speaks_of(p, id, &says))
            continue;
        if (best == NULL || later(&p->message.version, &best->message.version) > 0) {
            best = p;
            thing = says;
        }
    }
    if (thing == NULL || (thing->obstacle.flags & GEO_OBSTACLE_WITHDRAWN) != 0
        || best->message.version.time_utc_us < edition_floor(world, source))
        return;
    truth->obstacles[truth->obstacle_count++] = (struct alive){.thing = thing, .parcel = best};
}

static double to_segment(struct flat p, struct flat a, struct flat b)
{
    double dx = b.x - a.x, dy = b.y - a.y, length2 = dx * dx + dy * dy;
    double t = length2 > 0 ? ((p.x - a.x) * dx + (p.y - a.y) * dy) / length2 : 0;
    t = t < 0 ? 0 : t > 1 ? 1 : t;
    double x = p.x - a.x - t * dx, y = p.y - a.y - t * dy;
    return sqrt(x * x + y * y);
}

static double side_of(struct flat a, struct flat b, struct flat p)
{
    return (b.x - a.x) * (p.y - a.y) - (b.y - a.y) * (p.x - a.x);
}

static bool crosses(struct flat a, struct flat b, struct flat c, struct flat d)
{
    return (side_of(a, b, c) > 0) != (side_of(a, b, d) > 0)
           && (side_of(c, d, a) > 0) != (side_of(c, d, b) > 0);
}

// Least distance of a segment from a rectangle; 0 when they meet.
static double segment_from_box(struct flat a, struct flat b, struct flat sw, struct flat ne)
{
    if (a.x >= sw.x && a.x <= ne.x && a.y >= sw.y && a.y <= ne.y)
        return 0;
    struct flat corner[4] = {sw, {ne.x, sw.y}, ne, {sw.x, ne.y}};
    double least = HUGE_VAL;
    for (size_t i = 0; i < 4; i++) {
        struct flat c = corner[i], d = corner[(i + 1) % 4];
        if (crosses(a, b, c, d))
            return 0;
        least = fmin(least, to_segment(c, a, b));
        least = fmin(least, fmin(to_segment(a, c, d), to_segment(b, c, d)));
    }
    return least;
}

static bool inside_ring(struct flat p, const struct flat *ring, size_t count)
{
    bool in = false;
    for (size_t i = 0, j = count - 1; i < count; j = i++)
        if ((ring[i].y > p.y) != (ring[j].y > p.y)
            && p.x < (ring[j].x - ring[i].x) * (p.y - ring[i].y) / (ring[j].y - ring[i].y)
                         + ring[i].x)
            in = !in;
    return in;
}

static bool touches(const struct thing *thing, size_t tile, size_t cell)
{
    const struct geo_obstacle *o = &thing->obstacle;
    double east = thing->east_m_per_deg, north = thing->north_m_per_deg;
    double side = 180.0 / (1 << SPOT_LEVEL) / 256;
    double west_deg = -180 + side * (256.0 * spot_tile(tile).col + (double)(cell % 256));
    double north_deg = 90 - side * (256.0 * spot_tile(tile).row + (double)(cell / 256));
    struct flat sw = {(west_deg - o->position.lon_deg) * east,
                      (north_deg - side - o->position.lat_deg) * north};
    struct flat ne = {sw.x + side * east, sw.y + side * north};
    double reach = o->horizontal_acc95_m + (o->vertex_count == 0 ? 0 : 6000);
    if (sw.x > reach || ne.x < -reach || sw.y > reach || ne.y < -reach)
        return false;
    const struct flat *shape = thing->shape;
    size_t count = o->vertex_count == 0 ? 1 : o->vertex_count;
    size_t edges = o->geometry == GEO_GEOMETRY_POLYGON || count == 1 ? count : count - 1;
    for (size_t i = 0; i < edges; i++) {
        struct flat a = shape[i], b = shape[(i + 1) % count];
        double r = o->horizontal_acc95_m;
        bool far = (a.x < sw.x - r && b.x < sw.x - r) || (a.x > ne.x + r && b.x > ne.x + r)
                   || (a.y < sw.y - r && b.y < sw.y - r) || (a.y > ne.y + r && b.y > ne.y + r);
        if (!far && segment_from_box(a, b, sw, ne) <= r)
            return true;
    }
    struct flat middle = {(sw.x + ne.x) / 2, (sw.y + ne.y) / 2};
    return o->geometry == GEO_GEOMETRY_POLYGON && inside_ring(middle, shape, count);
}

// Priority, then accuracy, then issue, then source, then key.
static bool better(const struct parcel *a, const struct parcel *b)
{
    bool first_a = strcmp(a->source, "dtm-c") == 0, first_b = strcmp(b->source, "dtm-c") == 0;
    if (first_a != first_b)
        return first_a;
    if (a->acc95_m < b->acc95_m || a->acc95_m > b->acc95_m)
        return a->acc95_m < b->acc95_m;
    if (a->message.version.time_utc_us != b->message.version.time_utc_us)
        return a->message.version.time_utc_us > b->message.version.time_utc_us;
    int source = strcmp(a->source, b->source);
    return source != 0 ? source < 0 : strcmp(a->key, b->key) < 0;
}

static const struct parcel *best_of(const struct truth *truth, enum fusion_layer layer,
                                    size_t tile, size_t cell)
{
    const struct parcel *best = NULL;
    for (size_t i = 0; i < truth->terrain_count; i++) {
        const struct parcel *p = truth->terrain[i];
        if (p->layer == layer && p->has_tile[tile] && p->cells[tile][cell] != GEO_CELL_UNKNOWN
            && (best == NULL || better(p, best)))
            best = p;
    }
    return best;
}

static void fold_bare(struct truth *truth, size_t tile, size_t cell)
{
    const struct parcel *g = best_of(truth, FUSION_LAYER_GROUND, tile, cell);
    const struct parcel *d = best_of(truth, FUSION_LAYER_SURFACE, tile, cell);
    uint16_t ground = g == NULL ? GEO_CELL_UNKNOWN : g->cells[tile][cell];
    uint16_t dsm = d == NULL ? GEO_CELL_UNKNOWN : d->cells[tile][cell];
    bool bare = d == NULL || (g != NULL && ground >= dsm);
    truth->ground[tile][cell] = ground;
    truth->ground_by[tile][cell] = g;
    truth->surface[tile][cell] = bare ? ground : dsm;
    truth->surface_by[tile][cell] = bare ? g : d;
    truth->flags[tile][cell] =
        (uint8_t)((g != NULL) * FUSION_SURFACE_GROUND + (d != NULL) * FUSION_SURFACE_DSM);
}

static void fold_top(const struct truth *truth, struct alive *a)
{
    const struct geo_obstacle *o = &a->thing->obstacle;
    for (size_t tile = 0; tile < SPOT_TILES; tile++)
        for (size_t cell = 0; cell < CELLS; cell++) {
            if (truth->ground[tile][cell] == GEO_CELL_UNKNOWN || !touches(a->thing, tile, cell))
                continue;
            double m = -1000 + 0.25 * truth->ground[tile][cell];
            a->foot_m = a->foot_known ? fmax(a->foot_m, m) : m;
            a->foot_known = true;
        }
    bool amsl = (o->flags & GEO_OBSTACLE_HAS_AMSL) != 0;
    bool agl = (o->flags & GEO_OBSTACLE_HAS_AGL) != 0 && a->foot_known;
    a->top_known = amsl || agl;
    a->top_m = fmax(amsl ? o->amsl_m : -HUGE_VAL, agl ? a->foot_m + o->agl_m : -HUGE_VAL)
               + o->vertical_acc95_m;
}

static void raise(struct truth *truth, const struct alive *a)
{
    const struct geo_obstacle *o = &a->thing->obstacle;
    if (!a->top_known || o->horizontal_acc95_m > 175 || (o->flags & GEO_OBSTACLE_BALLOON) != 0)
        return;
    uint16_t top = (uint16_t)ceil((a->top_m + 1000) / 0.25);
    for (size_t tile = 0; tile < SPOT_TILES; tile++)
        for (size_t cell = 0; cell < CELLS; cell++) {
            if (!touches(a->thing, tile, cell))
                continue;
            truth->flags[tile][cell] |= FUSION_SURFACE_OBSTACLE;
            uint16_t *held = &truth->surface[tile][cell];
            if (*held == GEO_CELL_UNKNOWN || top > *held) {
                *held = top;
                truth->surface_by[tile][cell] = a->parcel;
            }
        }
}

static int by_name(const void *a, const void *b)
{
    const struct alive *x = a, *y = b;
    int order = strcmp(x->parcel->source, y->parcel->source);
    return order != 0 ? order : strcmp(x->thing->obstacle.id, y->thing->obstacle.id);
}

static struct truth *brute_force(const struct world *world)
{
    struct truth *truth = calloc(1, sizeof *truth);
    assert_non_null(truth);
    live_terrain(world, truth);
    for (unsigned i = 0; i < IDS; i++) {
        char id[16];
        (void)snprintf(id, sizeof id, "o-%02u", i);
        live_obstacle(world, "obs", id, truth);
        live_obstacle(world, "obs/other", id, truth);
    }
    qsort(truth->obstacles, truth->obstacle_count, sizeof truth->obstacles[0], by_name);
    for (size_t tile = 0; tile < SPOT_TILES; tile++)
        for (size_t cell = 0; cell < CELLS; cell++)
            fold_bare(truth, tile, cell);
    for (size_t i = 0; i < truth->obstacle_count; i++)
        fold_top(truth, &truth->obstacles[i]);
    for (size_t i = 0; i < truth->obstacle_count; i++)
        raise(truth, &truth->obstacles[i]);
    return truth;
}

#endif
