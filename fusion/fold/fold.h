// fusion/fold/fold.h - folds the contributions to one tile into its fused cells.
// SPDX-License-Identifier: Apache-2.0
//
// Start, add every contribution of a layer in any order, for a surface add the ground and the
// obstacles, make the tile. Per cell the best provenance (fusion_source_compare) with a known
// value wins; between equal ones the higher value. The result depends on the set of what was
// added, never on its order. One scratch object is used for every tile; it borrows the
// provenances it is given until the next start. No clock, no store.
#ifndef FUSION_FOLD_H
#define FUSION_FOLD_H

#include <stddef.h>
#include <stdint.h>

#include "fusion/fold/bare.h"
#include "fusion/fold/footprint.h"
#include "fusion/root/tile.h"
#include "geo/status.h"

struct fusion_fold;
// The cells of the tiles it makes lie in `pool`, which is borrowed; NULL: in blocks of malloc.
DRF_MUST_CHECK enum drf_status fusion_fold_open(struct fusion_tile_pool *pool,
                                                struct fusion_fold **out);
void fusion_fold_close(struct fusion_fold *fold); // NULL is fine

void fusion_fold_start(struct fusion_fold *fold);
// What one record says of the tile. DRF_ERR_SYNTAX: not an encoded tile; nothing was added.
// DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status fusion_fold_add(struct fusion_fold *fold,
                                               const struct fusion_source *source,
                                               const uint8_t *blob, size_t size);
// From here on the cells are a surface: what was added is its DSM. Takes the fused ground in,
// NULL when nothing is known of it. At equal heights the ground is named as the source.
DRF_MUST_CHECK enum drf_status fusion_fold_ground(struct fusion_fold *fold,
                                                  const struct fusion_tile *ground);
// From here to the next start: what obstacles raise where a surface model lies is put into
// `bare` as it is without them, unsorted. Borrowed.
void fusion_fold_keep_bare(struct fusion_fold *fold, struct fusion_bare *bare);
// An obstacle of that top is somewhere on its footprint. Called in the order of the
// obstacles: of equal tops the first is named.
DRF_MUST_CHECK enum drf_status fusion_fold_raise(struct fusion_fold *fold, struct geo_tile tile,
                                                 const struct fusion_footprint *footprint,
                                                 double top_amsl_m,
                                                 const struct fusion_source *source);

// The sources that cells name, best first. When there are more than a tile can name, the last
// entry is for all further ones: *several is then its content, `sources` holds
// FUSION_TILE_SOURCES_MAX - 1, and the caller interns it and passes it to fusion_fold_make().
struct fusion_palette {
    const struct fusion_source *sources[FUSION_TILE_SOURCES_MAX];
    uint16_t count;
    bool overflows;
    struct fusion_source several;
};
DRF_MUST_CHECK enum drf_status fusion_fold_palette(struct fusion_fold *fold,
                                                   struct fusion_palette *out);
// The tile; *out is NULL when nothing is known. `palette` as filled by fusion_fold_palette(),
// its last entry set when it overflows.
DRF_MUST_CHECK enum drf_status fusion_fold_make(struct fusion_fold *fold, struct geo_tile tile,
                                                const struct fusion_palette *palette,
                                                struct fusion_tile **out);
// True when the surface so far is nothing but this ground.
bool fusion_fold_is_ground(const struct fusion_fold *fold, const struct fusion_tile *ground);

// The rectangles of a tile's cells.
struct fusion_lattice fusion_fold_lattice(struct geo_tile tile);
// The greatest known cell of `ground` under the footprint; GEO_CELL_UNKNOWN when none is.
uint16_t fusion_fold_under(const struct fusion_tile *ground,
                           const struct fusion_footprint *footprint);
// The lowest cell value that is not below a height; clamped to what a cell can hold.
uint16_t fusion_fold_cell_above(double amsl_m);

#endif
