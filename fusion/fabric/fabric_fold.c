// SPDX-License-Identifier: Apache-2.0
// One dirty tile at a time: its ground, then the tops of the obstacles on it, then the surface.
// Of a surface only the cells under obstacles that changed are folded again, unless its ground
// or a surface model may have changed too; the whole fold makes the same of it. Where an
// obstacle goes that stands on a model, the first whole fold keeps what lies under the
// obstacles of the tile, for the changes after it.
#include <stdlib.h>
#include <string.h>

#include "fusion/fabric/fabric_impl.h"
#include "fusion/root/tile_thin.h"
#include "geo/unconst.h"

// The provenances that one fold holds until its tile holds its own.
struct held {
    struct fusion_fabric *fabric;
    const struct fusion_source **sources;
    size_t count, room;
};

static enum drf_status hold(struct held *held, const struct fusion_source *content,
                            const struct fusion_source **out)
{
    if (held->count == held->room) {
        size_t room = held->room == 0 ? 16 : held->room * 2;
        const struct fusion_source **sources =
            realloc((void *)held->sources, room * sizeof(const struct fusion_source *));
        if (sources == NULL)
            return DRF_ERR_NOMEM;
        held->sources = sources;
        held->room = room;
    }
    enum drf_status status = fusion_provenance_acquire(held->fabric->provenances, content, out);
    if (status == DRF_OK)
        held->sources[held->count++] = *out;
    return status;
}

static void release_held(struct held *held)
{
    for (size_t i = 0; i < held->count; i++)
        fusion_provenance_release(held->fabric->provenances, held->sources[i]);
    free((void *)held->sources);
}

static enum drf_status add_contribution(void *context,
                                        const struct fusion_contribution *contribution)
{
    struct held *held = context;
    struct fusion_source content = *contribution->provenance;
    struct fusion_weather_terms terms = fabric_terms(held->fabric, content.feed, &content);
    content.priority = terms.priority; // the configuration may have changed since it was stored
    memcpy(content.licence, terms.licence, sizeof content.licence);
    const struct fusion_source *source;
    enum drf_status status = hold(held, &content, &source);
    if (status == DRF_OK)
        status =
            fusion_fold_add(held->fabric->fold, source, contribution->blob, contribution->size);
    return status == DRF_ERR_SYNTAX ? DRF_ERR_STORE : status; // it was sound when it went in
}

// The folded cells as a tile that holds its provenances; NULL when nothing is known.
static enum drf_status make_tile(struct held *held, struct geo_tile tile,
                                 struct fusion_tile **out)
{
    struct fusion_palette palette;
    enum drf_status status = fusion_fold_palette(held->fabric->fold, &palette);
    if (status == DRF_OK && palette.overflows)
        status = hold(held, &palette.several, &palette.sources[palette.count]);
    if (status == DRF_OK)
        status = fusion_fold_make(held->fabric->fold, tile, &palette, out);
    if (status == DRF_OK && *out != NULL)
        for (uint16_t i = 0; i < (*out)->source_count; i++)
            fusion_provenance_retain((*out)->sources[i]);
    return status;
}

static enum drf_status fold_ground(struct fusion_fabric *fabric, size_t index)
{
    struct fabric_slot *slot = &fabric->slots[index];
    struct geo_tile tile = fabric_tile(fabric, index);
    struct held held = {.fabric = fabric};
    struct fusion_tile *made = NULL;
    fusion_fold_start(fabric->fold);
    enum drf_status status = fusion_store_contributions(fabric->store, FUSION_LAYER_GROUND,
                                                        tile, add_contribution, &held);
    if (status == DRF_OK)
        status = fusion_retired_reserve(&fabric->retired, 1);
    if (status == DRF_OK)
        status = make_tile(&held, tile, &made);
    release_held(&held);
    if (status != DRF_OK)
        return status;

    bool was_loading = slot->ground_loading;
    slot->ground_loading = false;
    fabric->ground_loading -= was_loading;
    slot->ground_dirty = false;
    if (fusion_tile_same(made, slot->ground)) {
        if (made != NULL)
            fabric_release_tile(fabric->provenances, made);
        if (!was_loading)
            return DRF_OK;
    } else {
        fabric_changed(fabric, fusion_tile_difference(slot->ground, made), FUSION_LAYER_GROUND);
        // A tile that is the surface too now belongs to the surface alone.
        if (slot->ground != slot->surface)
            fusion_retired_add(&fabric->retired, GEO_UNCONST(slot->ground),
                               fabric_release_tile);
        slot->ground = made;
        fabric_dirty(fabric, index, false, false);
        fabric->changed = true;
    }
    struct fusion_feature_list list = fusion_features_of_tile(fabric->features, index);
    for (size_t i = 0; i < list.count && status == DRF_OK; i++)
        status = fabric_refresh(fabric, list.items[i]);
    if (status != DRF_OK)
        slot->ground_dirty = true; // the tops are to be looked at again
    return status;
}

// Raises the fold by every obstacle that may, in the one order that does not depend on arrival.
static enum drf_status raise_obstacles(struct fusion_fabric *fabric, size_t index)
{
    struct fusion_feature_list list = fusion_features_of_tile(fabric->features, index);
    enum drf_status status = DRF_OK;
    for (size_t i = 0; i < list.count && status == DRF_OK; i++) {
        const struct fusion_obstacle *fused = list.items[i]->fused;
        if (!list.items[i]->raises || !fused->top_known)
            continue;
        struct fusion_footprint footprint =
            fusion_footprint_of(fused->obstacle, fused->vertices);
        status = fusion_fold_raise(fabric->fold, fabric_tile(fabric, index), &footprint,
                                   fused->top_amsl_m, fused->source);
    }
    return status;
}

// The surface by the rows in which it differs from its ground, where these are few. Without
// memory for them it stays as it is. Both name the same provenances.
static struct fusion_tile *thinned(struct fusion_tile *made, const struct fusion_tile *ground)
{
    struct fusion_tile *thin = NULL;
    if (made == NULL || ground == NULL || fusion_tile_thin(made, ground, &thin) != DRF_OK
        || thin == NULL)
        return made;
    fusion_tile_free(made);
    return thin;
}

// The surface as folded, being the ground itself where it is nothing more.
static enum drf_status make_surface(struct held *held, size_t index,
                                    const struct fusion_tile **out)
{
    struct fusion_fabric *fabric = held->fabric;
    const struct fusion_tile *ground = fabric->slots[index].ground;
    if (fusion_fold_is_ground(fabric->fold, ground)) {
        *out = ground;
        return DRF_OK;
    }
    struct fusion_tile *made = NULL;
    enum drf_status status = make_tile(held, fabric_tile(fabric, index), &made);
    if (status == DRF_OK)
        *out = thinned(made, ground);
    return status;
}

static void surface_is_folded(struct fusion_fabric *fabric, struct fabric_slot *slot)
{
    fabric->surface_loading -= slot->surface_loading;
    slot->surface_loading = false;
    slot->surface_dirty = slot->surface_whole = slot->lowered = false;
    slot->touched = FUSION_CELL_BOX_EMPTY;
}

// `made` holds its provenances, unless it is the ground.
static void show_surface(struct fusion_fabric *fabric, struct fabric_slot *slot,
                         const struct fusion_tile *made, struct geo_bounds difference)
{
    fabric_changed(fabric, difference, FUSION_LAYER_SURFACE);
    if (slot->surface != slot->ground)
        fusion_retired_add(&fabric->retired, GEO_UNCONST(slot->surface), fabric_release_tile);
    slot->surface = made;
    fabric->changed = true;
}

static void drop_bare(struct fabric_slot *slot)
{
    fusion_bare_close(slot->bare);
    slot->bare = NULL;
}

static void raise_again(struct fusion_fabric *fabric, size_t index)
{
    struct fusion_feature_list list = fusion_features_of_tile(fabric->features, index);
    for (size_t i = 0; i < list.count; i++) {
        const struct fusion_feature *one = list.items[i];
        if (!one->raises || !one->fused->top_known
            || !fusion_refold_near(fabric->refold, one->position, one->reach_m))
            continue;
        struct fusion_footprint footprint =
            fusion_footprint_of(one->fused->obstacle, one->fused->vertices);
        fusion_refold_raise(fabric->refold, &footprint, one->fused->top_amsl_m,
                            one->fused->source);
    }
}

// Where only obstacles changed, the cells they touch. DRF_ERR_FULL: it takes the whole fold.
static enum drf_status refold_surface(struct fusion_fabric *fabric, size_t index)
{
    struct fabric_slot *slot = &fabric->slots[index];
    enum fusion_refolded result = FUSION_REFOLD_SAME;
    struct fusion_tile *made = NULL;
    struct fusion_cell_box changed;
    if (slot->surface_whole || slot->surface == NULL)
        return DRF_ERR_FULL;
    enum drf_status status = DRF_OK;
    if (!fusion_cell_box_empty(slot->touched)) {
        status = fusion_refold_start(fabric->refold, slot->surface, slot->ground, slot->touched,
                                     slot->lowered, slot->bare);
        if (status == DRF_OK)
            status = fusion_retired_reserve(&fabric->retired, 1);
        if (status == DRF_OK) {
            raise_again(fabric, index);
            status = fusion_refold_finish(fabric->refold, &result, &made, &changed);
        }
    }
    if (status != DRF_OK)
        return status;
    surface_is_folded(fabric, slot);
    if (result == FUSION_REFOLD_SAME)
        return DRF_OK;
    if (result == FUSION_REFOLD_MADE)
        made = thinned(made, slot->ground);
    for (uint16_t i = 0; made != NULL && i < made->source_count; i++)
        fusion_provenance_retain(made->sources[i]);
    if (slot->bare != NULL && !fusion_refold_bare(fabric->refold, slot->bare))
        drop_bare(slot);
    show_surface(fabric, slot, result == FUSION_REFOLD_GROUND ? slot->ground : made,
                 fusion_tile_box_bounds(fabric_tile(fabric, index), changed));
    return DRF_OK;
}

// Models, ground and obstacles. What lies under these is kept in `bare` (NULL: it is not).
static enum drf_status fill_surface(struct held *held, size_t index, struct fusion_bare *bare)
{
    struct fusion_fabric *fabric = held->fabric;
    const struct fabric_slot *slot = &fabric->slots[index];
    fusion_fold_start(fabric->fold);
    enum drf_status status =
        fusion_store_contributions(fabric->store, FUSION_LAYER_SURFACE,
                                   fabric_tile(fabric, index), add_contribution, held);
    if (status == DRF_OK)
        status = fusion_fold_ground(fabric->fold, slot->ground);
    if (status == DRF_OK)
        fusion_fold_keep_bare(fabric->fold, bare);
    return status == DRF_OK ? raise_obstacles(fabric, index) : status;
}

static enum drf_status fold_whole_surface(struct fusion_fabric *fabric, size_t index)
{
    struct fabric_slot *slot = &fabric->slots[index];
    struct held held = {.fabric = fabric};
    const struct fusion_tile *made = NULL;
    // Wanted where obstacles go, or become lower, and a surface model may lie under them: from
    // then on, unless it found no room.
    const bool keeps = slot->bare != NULL || (slot->lowered && !slot->surface_whole);
    struct fusion_bare *bare = keeps ? fusion_bare_open(fabric->provenances) : NULL;
    drop_bare(slot);
    enum drf_status status = fill_surface(&held, index, bare);
    if (status == DRF_OK)
        status = fusion_retired_reserve(&fabric->retired, 1);
    if (status == DRF_OK)
        status = make_surface(&held, index, &made);
    const bool kept = status == DRF_OK && bare != NULL && fusion_bare_sort(bare);
    if (kept)
        slot->bare = bare;
    else
        fusion_bare_close(bare);
    release_held(&held);
    if (status != DRF_OK)
        return status;

    surface_is_folded(fabric, slot);
    if (made == slot->surface)
        return DRF_OK;
    bool same = made != slot->ground && fusion_tile_same(made, slot->surface)
                && slot->surface != slot->ground;
    if (same)
        fabric_release_tile(fabric->provenances, GEO_UNCONST(made));
    else
        show_surface(fabric, slot, made, fusion_tile_difference(slot->surface, made));
    return DRF_OK;
}

static enum drf_status fold_surface(struct fusion_fabric *fabric, size_t index)
{
    enum drf_status status = refold_surface(fabric, index);
    return status == DRF_ERR_FULL ? fold_whole_surface(fabric, index) : status;
}

// Takes what is still dirty from the front of a queue. The index goes back when the fold fails.
static enum drf_status fold_next(struct fusion_fabric *fabric, enum fabric_queue_name name,
                                 bool *folded)
{
    size_t index;
    while (fabric_pop(fabric, name, &index)) {
        struct fabric_slot *slot = &fabric->slots[index];
        bool ground = slot->ground_dirty && name != FABRIC_SURFACE;
        // A surface without its obstacles would be too low.
        bool whole = !fabric->records_loading || slot->near;
        bool surface = slot->surface_dirty && name != FABRIC_GROUND && whole;
        if (!ground && !surface)
            continue;
        enum drf_status status =
            ground ? fold_ground(fabric, index) : fold_surface(fabric, index);
        // Of an urgent tile the surface follows the ground at once.
        if (status != DRF_OK || (name == FABRIC_URGENT && slot->surface_dirty && whole))
            fabric_push(fabric, name, index);
        *folded = true;
        return status;
    }
    return DRF_OK;
}

enum drf_status fusion_fabric_fold(struct fusion_fabric *fabric)
{
    static const enum fabric_queue_name order[] = {FABRIC_URGENT, FABRIC_GROUND,
                                                   FABRIC_SURFACE};
    bool loading = fabric->ground_loading + fabric->surface_loading > 0;
    bool folded = false;
    for (size_t i = 0; i < sizeof order / sizeof order[0] && !folded; i++) {
        enum drf_status status = DRF_OK;
        if (order[i] == FABRIC_SURFACE)
            status = fabric_load_rest(fabric);
        if (status == DRF_OK)
            status = fold_next(fabric, order[i], &folded);
        if (status != DRF_OK)
            return status;
    }
    if (loading && fabric->ground_loading + fabric->surface_loading == 0)
        fabric->changed = true; // the layers no longer say LOADING
    return folded ? DRF_ERR_AGAIN : DRF_OK;
}
