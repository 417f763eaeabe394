// edge/serve/terrain.h - answers terrain requests (MAVLink block layout), and runs preloads.
// SPDX-License-Identifier: Apache-2.0
//
// A request is answered at once. A preload is a list of blocks that is sent as fast as the
// link's budget allows, one block a message, each with how many tiles are pending, loaded and
// unavailable; a drone's newer preload replaces its older one. All memory is allocated at open.
#ifndef EDGE_TERRAIN_H
#define EDGE_TERRAIN_H

#include "edge/serve/fleet/drone.h"
#include "edge/wire/wire.h"

enum {
    EDGE_PRELOADS_MAX = 64,        // drones at a time
    EDGE_PRELOAD_BLOCKS_MAX = 512, // of one preload
};

struct edge_serve;
struct edge_terrain;

DRF_MUST_CHECK enum drf_status edge_terrain_open(struct edge_terrain **out); // NOMEM
void edge_terrain_close(struct edge_terrain *terrain);                       // NULL is fine

// Answers request->terrain or begins request->preload. *answered becomes what to reply.
void edge_terrain_request(struct edge_serve *serve, struct edge_drone *drone,
                          const struct edge_wire_request *request,
                          struct edge_wire_refusal *answered);
// Sends what is due of the preloads. Returns when to be called again at the latest.
int64_t edge_terrain_run(struct edge_serve *serve);

#endif
