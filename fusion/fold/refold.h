// fusion/fold/refold.h - folds again the part of a surface under obstacles that changed.
// SPDX-License-Identifier: Apache-2.0
//
// For a surface whose ground and surface models are as when it was folded. Start with the box
// of all cells that obstacles which came, went or got another top touch; raise by every
// obstacle of the tile that may touch it, in the order of fusion_fold_raise(); finish. The
// result equals, byte by byte, what the whole fold (fusion/fold/fold.h) makes. Start and finish
// say DRF_ERR_FULL where only the whole fold can tell: a surface model of which nothing was
// kept (fusion/fold/bare.h) under an obstacle that went, more kinds than are kept here, a box
// too large to be worth it. One scratch object for all tiles.
#ifndef FUSION_REFOLD_H
#define FUSION_REFOLD_H

#include "fusion/fold/bare.h"
#include "fusion/fold/footprint.h"
#include "fusion/root/tile_patch.h"
#include "geo/status.h"

struct fusion_refold;
DRF_MUST_CHECK enum drf_status fusion_refold_open(struct fusion_refold **out);
void fusion_refold_close(struct fusion_refold *refold); // NULL is fine

// `old` is the surface as it was folded last, `ground` the ground it stands on, the same tile
// or NULL (unknown); both borrowed until the end. `lowered`: an obstacle went, or its top is
// not as high as it was. `bare` is what was kept of the old surface, NULL: nothing; read here
// alone. DRF_ERR_FULL.
DRF_MUST_CHECK enum drf_status fusion_refold_start(struct fusion_refold *refold,
                                                   const struct fusion_tile *old,
                                                   const struct fusion_tile *ground,
                                                   struct fusion_cell_box box, bool lowered,
                                                   const struct fusion_bare *bare);
// False: an obstacle at that position that reaches no farther touches no cell of the box.
bool fusion_refold_near(const struct fusion_refold *refold, struct geo_point position,
                        double reach_m);
void fusion_refold_raise(struct fusion_refold *refold, const struct fusion_footprint *footprint,
                         double top_amsl_m, const struct fusion_source *source);

// What became of the surface.
enum fusion_refolded {
    FUSION_REFOLD_SAME,   // no cell says anything else
    FUSION_REFOLD_GROUND, // it is the ground itself
    FUSION_REFOLD_MADE,   // *made is the new tile; NULL: nothing is known
};
// *changed: the cells that are not the same; all of them where nothing is known any more.
// DRF_ERR_FULL, DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status fusion_refold_finish(struct fusion_refold *refold,
                                                    enum fusion_refolded *out,
                                                    struct fusion_tile **made,
                                                    struct fusion_cell_box *changed);

// After the finish: what was kept of the old surface, and given to the start, becomes what is
// kept of the new one. It may let go of sources that the new tile names: that holds them first.
// False: it is not whole any more.
bool fusion_refold_bare(const struct fusion_refold *refold, struct fusion_bare *bare);

// The cells of a tile that a footprint touches, joined with those of `box`.
struct fusion_cell_box fusion_refold_box(struct fusion_cell_box box, struct geo_tile tile,
                                         const struct fusion_footprint *footprint);

#endif
