// edge/serve/patch.h - terrain patches: which drone is due, delta base, and cost.
// SPDX-License-Identifier: Apache-2.0
//
// A block whose digest agrees with that of the base (edge/serve/fleet/patches.h) is not sent
// again, whatever changed and changed back in between. Key frames that several drones share are
// encoded once. Contexts go first: a step encodes a bounded number of cells, and patches use
// what the contexts leave of a link's budget.
#ifndef EDGE_PATCH_H
#define EDGE_PATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "edge/serve/fleet/drone.h"
#include "fusion/context/patch_window.h"

struct edge_serve;
struct edge_patching;

DRF_MUST_CHECK enum drf_status edge_patching_open(uint32_t drones_max, uint64_t cache_bytes,
                                                  struct edge_patching **out); // NOMEM
void edge_patching_close(struct edge_patching *patching);                      // NULL is fine

// The profile that now holds asks for patches or does not. Without memory there will be none.
void edge_patch_configure(struct edge_drone *drone);
// The stream begins anew: no patch of before is a base.
void edge_patch_begin_anew(struct edge_drone *drone);
// What a report says it has seen; 0 when it says nothing.
void edge_patch_seen(struct edge_drone *drone, uint32_t patch_seq);
uint32_t edge_patch_sent_last(const struct edge_drone *drone); // 0: none
// Whether the last one did not fit into the link's budget.
bool edge_patch_shed(const struct edge_drone *drone);
// A report came in: a patch may be due.
void edge_patch_report(struct edge_serve *serve, struct edge_drone *drone);
// Sends what is due. Returns when to be called again at the latest.
int64_t edge_patch_run(struct edge_serve *serve);

#endif
