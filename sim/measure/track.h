// sim/measure/track.h - tracks of aircraft, and between which reports a way is known.
// SPDX-License-Identifier: Apache-2.0
#ifndef SIM_TRACK_H
#define SIM_TRACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "geo/point.h"
#include "geo/status.h"

// From where a height is counted; heights of two kinds are never compared.
enum sim_height { SIM_HEIGHT_NONE, SIM_HEIGHT_AMSL, SIM_HEIGHT_WGS84 };

struct sim_fix {
    int64_t utc_us;
    struct geo_point at;
    double alt_m; // of the kind that `height` names
    enum sim_height height;
    bool on_ground; // it says so; false where nothing is said
};

enum { SIM_TRACK_ID_SIZE = 64 };

struct sim_track {
    char id[SIM_TRACK_ID_SIZE];
    bool intruder; // other traffic, not a client of the node
    size_t count, room;
    struct sim_fix *fixes; // by time, growing
    size_t repeated;       // fixes that were left out: not later than the one before
};

struct sim_tracks {
    size_t count, room;
    struct sim_track *tracks;
};

void sim_tracks_close(struct sim_tracks *tracks);

// The track of that id, made where there is none; id is cut at the size. DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status sim_tracks_find(struct sim_tracks *tracks, const char *id,
                                               size_t id_size, size_t *index);
// A fix that is not later than the last is counted and left out. DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status sim_track_add(struct sim_track *track,
                                             const struct sim_fix *fix);

// Whether the way from fix `i` to the next is known: at most max_gap_us apart, and in the air.
bool sim_track_known(const struct sim_track *track, size_t i, int64_t max_gap_us);
// Between fix `i` and the next, on the straight line; height NONE unless both have the same
// kind.
struct sim_fix sim_track_between(const struct sim_track *track, size_t i, int64_t utc_us);
// The index of the last fix that is not later; count when there is none.
size_t sim_track_at(const struct sim_track *track, int64_t utc_us);

#endif
