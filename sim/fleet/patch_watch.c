// SPDX-License-Identifier: Apache-2.0
// At arrival only boot_id and seq are read from the packed bytes, to acknowledge them at
// once; the message is copied to a queue. Decoding needs the window that a patch refers to,
// so the last eight windows of each watched drone are kept, by seq modulo eight; a patch
// that refers to an older one, or cannot be decoded, is an error and asks for a key frame.
// Losses are chosen by a hash of the count of patches, so every run loses the same ones.
#include "sim/fleet/patch_watch.h"

#include <stdlib.h>
#include <string.h>

#include "drf/v1/enums.pb-c.h"
#include "drf/v1/patch.pb-c.h"
#include "sim/fleet/patch_decode.h"

enum { HELD = 8, QUEUE = 256, HEAD_MAX = 12 };

static const size_t memory_bytes = (size_t)256 << 20;

struct message {
    size_t index, size;
    uint8_t *bytes;
    bool followed;
};

struct sim_patch_watch {
    struct sim_witness *witness;
    struct sim_drone *drones;
    size_t count;
    struct sim_patch_options options;
    struct sim_patch_count counted;
    uint64_t offered;
    uint32_t *last_seq;            // of each drone, as it arrived
    struct sim_patch_window *held; // HELD a watched drone, by seq modulo
    uint16_t *cells;
    struct message queue[QUEUE];
    size_t first, waiting;
};

enum drf_status sim_patch_watch_open(struct sim_witness *witness, struct sim_drone *drones,
                                     size_t count, struct sim_patch_options options,
                                     struct sim_patch_watch **out)
{
    struct sim_patch_watch *watch = calloc(1, sizeof *watch);
    if (watch == NULL)
        return DRF_ERR_NOMEM;
    watch->witness = witness;
    watch->drones = drones;
    watch->count = count;
    watch->options = options;
    size_t layer = (size_t)options.side * options.side,
           each = (size_t)HELD * 2 * layer * sizeof(uint16_t);
    size_t fits = each > 0 ? memory_bytes / each : 0;
    watch->counted.watched = count < fits ? count : fits;
    watch->last_seq = calloc(count, sizeof *watch->last_seq);
    watch->held = calloc(watch->counted.watched * HELD + 1, sizeof *watch->held);
    watch->cells = malloc(watch->counted.watched * each + 1);
    if (watch->last_seq == NULL || watch->held == NULL || watch->cells == NULL) {
        sim_patch_watch_close(watch);
        return DRF_ERR_NOMEM;
    }
    for (size_t i = 0; i < watch->counted.watched * HELD; i++) {
        watch->held[i].ground = watch->cells + 2 * i * layer;
        watch->held[i].surface = watch->held[i].ground + layer;
    }
    *out = watch;
    return DRF_OK;
}

void sim_patch_watch_close(struct sim_patch_watch *watch)
{
    if (watch == NULL)
        return;
    for (size_t i = 0; i < watch->waiting; i++)
        free(watch->queue[(watch->first + i) % QUEUE].bytes);
    free(watch->last_seq);
    free(watch->held);
    free(watch->cells);
    free(watch);
}

// boot_id and seq are the first two fields of a patch.
static bool head_of(const uint8_t *bytes, size_t size, uint64_t *boot_id, uint32_t *seq)
{
    uint64_t values[2] = {0, 0};
    size_t at = 0;
    for (int field = 0; field < 2; field++) {
        if (at >= size || bytes[at++] != (field + 1) << 3)
            return false;
        for (unsigned shift = 0;; shift += 7) {
            if (at >= size || shift > 63)
                return false;
            values[field] |= (uint64_t)(bytes[at] & 0x7F) << shift;
            if (bytes[at++] < 0x80)
                break;
        }
    }
    *boot_id = values[0];
    *seq = (uint32_t)values[1];
    return true;
}

// The same ones are lost in every run.
static bool to_be_lost(struct sim_patch_watch *watch)
{
    uint64_t hash = ++watch->offered * UINT64_C(0x9E3779B97F4A7C15);
    return (double)(hash >> 11) / 9007199254740992.0 < watch->options.lose_ratio;
}

void sim_patch_watch_take(struct sim_patch_watch *watch, size_t index, const uint8_t *bytes,
                          size_t size, struct sim_witness_counts *counts)
{
    uint64_t boot_id;
    uint32_t seq;
    if (to_be_lost(watch)) {
        watch->counted.lost++;
        return;
    }
    if (!head_of(bytes, size, &boot_id, &seq)) {
        sim_witness_counts_note(counts, SIM_CHECK_DECODE, false, "%zu bytes are not a patch",
                                size);
        return;
    }
    watch->counted.patches++;
    watch->counted.bytes += size;
    struct sim_drone *drone = &watch->drones[index];
    bool followed = drone->seen_boot_id == 0 || boot_id == drone->seen_boot_id;
    if (followed) {
        if (boot_id == drone->patch_boot_id && seq > watch->last_seq[index] + 1)
            watch->counted.gaps += seq - watch->last_seq[index] - 1;
        drone->patch_boot_id = boot_id;
        drone->seen_patch_seq = watch->options.key_frames ? 0 : seq;
        watch->last_seq[index] = seq;
    }
    if (watch->waiting == QUEUE)
        (void)sim_patch_watch_check(watch, 1, counts);
    uint8_t *copy = malloc(size);
    if (copy == NULL)
        return;
    memcpy(copy, bytes, size);
    watch->queue[(watch->first + watch->waiting++) % QUEUE] =
        (struct message){index, size, copy, followed};
}

static bool same_grid(const Drf__V1__Patch *p, const struct sim_patch_options *options)
{
    return p->coding == 1 && p->columns == options->side && p->rows == options->side
           && p->level <= 22 && p->west_cell < UINT32_C(512) << p->level
           && p->west_cell % (p->columns / 8) == 0 && p->south_cell % (p->rows / 8) == 0;
}

static bool decode(const struct sim_patch_window *base, const Drf__V1__Patch *p,
                   struct sim_patch_window *out)
{
    struct sim_layer_base from = {.cells = NULL};
    if (p->base_seq != 0) {
        if (base->seq != p->base_seq || base->boot_id != p->boot_id || base->level != p->level)
            return false;
        int64_t around = INT64_C(512) << p->level;
        int64_t east = ((int64_t)p->west_cell - base->west + around) % around;
        from.east = east >= around / 2 ? east - around : east;
        from.north = (int64_t)p->south_cell - base->south;
        from.cells = base->ground;
    }
    if (sim_layer_decode(p->ground.data, p->ground.len, p->columns, from, NULL, out->ground)
        != DRF_OK)
        return false;
    from.cells = p->base_seq != 0 ? base->surface : NULL;
    return sim_layer_decode(p->surface.data, p->surface.len, p->columns, from, out->ground,
                            out->surface)
           == DRF_OK;
}

static void decode_and_check(struct sim_patch_watch *watch, size_t index,
                             const Drf__V1__Patch *p, struct sim_witness_counts *counts)
{
    struct sim_patch_window *held = &watch->held[index * HELD];
    struct sim_patch_window *to = &held[p->seq % HELD];
    bool good = same_grid(p, &watch->options)
                && (p->base_seq == 0 || p->base_seq + HELD > p->seq)
                && decode(&held[p->base_seq % HELD], p, to);
    sim_witness_counts_note(counts, SIM_CHECK_PATCH, good,
                            "drone %zu: patch %u over %u cannot be read", index, p->seq,
                            p->base_seq);
    to->seq = good ? p->seq : 0;
    if (!good) {
        watch->drones[index].seen_patch_seq = 0;
        return;
    }
    to->level = p->level;
    to->west = p->west_cell;
    to->south = p->south_cell;
    to->side = p->columns;
    to->boot_id = p->boot_id;
    to->node_utc_us = p->node_time_us;
    struct sim_patch_window seen = *to;
    if (watch->options.shifted)
        seen.west++;
    sim_patch_check(watch->witness, &seen, counts);
    sim_patch_check_weather(watch->witness, p, counts);
    watch->counted.weather += p->n_weather;
    watch->counted.decoded++;
    watch->counted.cells += 2 * (uint64_t)to->side * to->side;
    if (p->base_seq != 0)
        return;
    uint64_t known = 0; // of a key frame all cells and weather values that are known, no more
    for (size_t i = 0; i < p->n_weather; i++) {
        const Drf__V1__WeatherCell *w = p->weather[i];
        known += (uint64_t)(w->has_wind_to_north_mps != 0) + (w->has_wind_to_east_mps != 0)
                 + (w->has_gust_mps != 0) + (w->has_temperature_k != 0)
                 + (w->has_visibility_m != 0);
    }
    for (uint32_t i = 0; i < to->side * to->side; i++)
        known += (uint64_t)(to->ground[i] != SIM_CELL_UNKNOWN)
                 + (to->surface[i] != SIM_CELL_UNKNOWN);
    sim_witness_counts_note(counts, SIM_CHECK_PATCH, p->data_points == known,
                            "patch %u says %u data points, there are %llu", p->seq,
                            p->data_points, (unsigned long long)known);
}

static void check_message(struct sim_patch_watch *watch, const struct message *message,
                          struct sim_witness_counts *counts)
{
    Drf__V1__Patch *p = drf__v1__patch__unpack(NULL, message->size, message->bytes);
    if (p == NULL) {
        sim_witness_counts_note(counts, SIM_CHECK_DECODE, false, "%zu bytes are not a patch",
                                message->size);
        return;
    }
    sim_witness_counts_note(
        counts, SIM_CHECK_ENVELOPE,
        p->mode == DRF__V1__MODE__MODE_SIM && p->has_node_time_us
            && (p->region_id == NULL || strcmp(p->region_id, watch->witness->region) == 0),
        "patch %u: mode %u, or its region or time", p->seq, p->mode);
    watch->counted.data_points += p->data_points;
    counts->data_points += p->data_points;
    if (p->base_seq == 0) {
        watch->counted.keys++;
        watch->counted.key_bytes += message->size;
    }
    if (message->index < watch->counted.watched && message->followed)
        decode_and_check(watch, message->index, p, counts);
    drf__v1__patch__free_unpacked(p, NULL);
}

size_t sim_patch_watch_check(struct sim_patch_watch *watch, size_t most,
                             struct sim_witness_counts *counts)
{
    for (; most > 0 && watch->waiting > 0; most--) {
        struct message *message = &watch->queue[watch->first];
        check_message(watch, message, counts);
        free(message->bytes);
        watch->first = (watch->first + 1) % QUEUE;
        watch->waiting--;
    }
    return watch->waiting;
}

const struct sim_patch_count *sim_patch_watch_count(const struct sim_patch_watch *watch)
{
    return &watch->counted;
}
