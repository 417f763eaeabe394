// SPDX-License-Identifier: Apache-2.0
#include "sim/measure/track.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_ROOM = 64 };

void sim_tracks_close(struct sim_tracks *tracks)
{
    for (size_t i = 0; i < tracks->count; i++)
        free(tracks->tracks[i].fixes);
    free(tracks->tracks);
    *tracks = (struct sim_tracks){0};
}

enum drf_status sim_tracks_find(struct sim_tracks *tracks, const char *id, size_t id_size,
                                size_t *index)
{
    if (id_size >= SIM_TRACK_ID_SIZE)
        id_size = SIM_TRACK_ID_SIZE - 1;
    for (size_t i = 0; i < tracks->count; i++)
        if (strncmp(tracks->tracks[i].id, id, id_size) == 0
            && tracks->tracks[i].id[id_size] == '\0') {
            *index = i;
            return DRF_OK;
        }
    if (tracks->count == tracks->room) {
        size_t room = tracks->room == 0 ? FIRST_ROOM : 2 * tracks->room;
        struct sim_track *grown = realloc(tracks->tracks, room * sizeof *grown);
        if (grown == NULL)
            return DRF_ERR_NOMEM;
        tracks->tracks = grown;
        tracks->room = room;
    }
    *index = tracks->count++;
    struct sim_track *track = &tracks->tracks[*index];
    *track = (struct sim_track){0};
    memcpy(track->id, id, id_size);
    return DRF_OK;
}

enum drf_status sim_track_add(struct sim_track *track, const struct sim_fix *fix)
{
    if (track->count > 0 && fix->utc_us <= track->fixes[track->count - 1].utc_us) {
        track->repeated++;
        return DRF_OK;
    }
    if (track->count == track->room) {
        size_t room = track->room == 0 ? FIRST_ROOM : 2 * track->room;
        struct sim_fix *grown = realloc(track->fixes, room * sizeof *grown);
        if (grown == NULL)
            return DRF_ERR_NOMEM;
        track->fixes = grown;
        track->room = room;
    }
    track->fixes[track->count++] = *fix;
    return DRF_OK;
}

bool sim_track_known(const struct sim_track *track, size_t i, int64_t max_gap_us)
{
    if (i + 1 >= track->count)
        return false;
    const struct sim_fix *one = &track->fixes[i], *two = one + 1;
    return two->utc_us - one->utc_us <= max_gap_us && !one->on_ground && !two->on_ground;
}

struct sim_fix sim_track_between(const struct sim_track *track, size_t i, int64_t utc_us)
{
    const struct sim_fix *one = &track->fixes[i], *two = one + 1;
    double share = (double)(utc_us - one->utc_us) / (double)(two->utc_us - one->utc_us);
    double east_deg = remainder(two->at.lon_deg - one->at.lon_deg, 360.0);
    bool same = one->height == two->height;
    return (struct sim_fix){
        .utc_us = utc_us,
        .at = {.lat_deg = one->at.lat_deg + share * (two->at.lat_deg - one->at.lat_deg),
               .lon_deg = one->at.lon_deg + share * east_deg},
        .alt_m = same ? one->alt_m + share * (two->alt_m - one->alt_m) : 0,
        .height = same ? one->height : SIM_HEIGHT_NONE,
    };
}

size_t sim_track_at(const struct sim_track *track, int64_t utc_us)
{
    size_t low = 0, high = track->count; // the first later one
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (track->fixes[middle].utc_us <= utc_us)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 ? low - 1 : track->count;
}
