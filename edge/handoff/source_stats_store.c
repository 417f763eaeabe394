// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>
#include <string.h>

#include "edge/handoff/source_stats.h"

#define STORED_NAME "ledger/lines"

// As it lies in the store; another version of the program may have written it.
struct stored_line {
    char source[EDGE_SOURCE_SIZE];
    int64_t received_utc_us;
    uint64_t taken, refused;
    uint32_t milli_per_s, silent;
    char error[EDGE_SOURCE_STATS_TEXT_WORDS * sizeof(uint64_t)];
};

static void keep_line(const struct edge_source_stats *source_stats,
                      const struct edge_source_stats_line *line, struct stored_line *out)
{
    struct edge_source_stats_view view = {0};
    (void)edge_source_stats_own(source_stats, line->source, &view);
    *out = (struct stored_line){.received_utc_us = view.received_utc_us,
                                .taken = view.taken,
                                .refused = view.refused,
                                .milli_per_s = (uint32_t)(view.per_s * 1000.0),
                                .silent = view.silent};
    memcpy(out->source, line->source, sizeof out->source);
    memcpy(out->error, view.error, sizeof out->error);
}

static uint64_t sum_of(const struct edge_source_stats *source_stats, size_t count)
{
    uint64_t sum = count;
    for (size_t i = 0; i < count; i++) {
        const struct edge_source_stats_line *line = &source_stats->lines[i];
        sum = sum * 31 + atomic_load_explicit(&line->taken, memory_order_relaxed);
        sum = sum * 31 + atomic_load_explicit(&line->refused, memory_order_relaxed);
        sum = sum * 31 + atomic_load_explicit(&line->silent, memory_order_relaxed);
    }
    return sum;
}

enum drf_status edge_source_stats_keep(struct edge_source_stats *source_stats,
                                       struct fusion_store *store)
{
    size_t count = atomic_load_explicit(&source_stats->count, memory_order_acquire);
    uint64_t sum = sum_of(source_stats, count);
    if (count == 0 || sum == source_stats->stored_sum)
        return DRF_ERR_AGAIN;
    struct stored_line *lines = calloc(count, sizeof *lines);
    if (lines == NULL)
        return DRF_ERR_NOMEM;
    for (size_t i = 0; i < count; i++)
        keep_line(source_stats, &source_stats->lines[i], &lines[i]);
    enum drf_status status =
        fusion_store_put_value(store, STORED_NAME, lines, count * sizeof *lines);
    free(lines);
    if (status == DRF_OK)
        source_stats->stored_sum = sum;
    return status;
}

static void restore_line(struct edge_source_stats_line *line,
                         const struct stored_line *stored_line)
{
    uint64_t words[EDGE_SOURCE_STATS_TEXT_WORDS];
    memcpy(line->source, stored_line->source, sizeof line->source);
    line->source[sizeof line->source - 1] = '\0';
    memcpy(words, stored_line->error, sizeof words);
    atomic_init(&line->received_utc_us, stored_line->received_utc_us);
    atomic_init(&line->taken, stored_line->taken);
    atomic_init(&line->refused, stored_line->refused);
    atomic_init(&line->milli_per_s, stored_line->milli_per_s);
    atomic_init(&line->silent, stored_line->silent != 0);
    atomic_init(&line->error_turn, 0);
    for (size_t i = 0; i < EDGE_SOURCE_STATS_TEXT_WORDS; i++)
        atomic_init(&line->error[i], words[i]);
}

void edge_source_stats_restore(struct edge_source_stats *source_stats,
                               struct fusion_store *store)
{
    size_t size = EDGE_SOURCE_STATS_MAX * sizeof(struct stored_line);
    struct stored_line *lines = calloc(1, size);
    source_stats->config = NULL;
    source_stats->stored_sum = 0;
    atomic_init(&source_stats->count, 0);
    if (lines != NULL && fusion_store_value(store, STORED_NAME, lines, &size) == DRF_OK
        && size % sizeof *lines == 0) {
        for (size_t i = 0; i < size / sizeof *lines; i++)
            restore_line(&source_stats->lines[i], &lines[i]);
        atomic_store_explicit(&source_stats->count, size / sizeof *lines, memory_order_release);
    }
    free(lines);
}
