// SPDX-License-Identifier: Apache-2.0
// Each loop has two rings of its own. A small block goes into the near one, which is so small
// that it stays in the processor's cache; what is larger, or finds no room there, goes in
// pieces into the far one, whose memory is taken only when it is used. The writer puts the
// pieces together again and writes the block whose ticket is next; when no ring has it, the
// step that holds that ticket is still under way. So the file has the order of the tickets.
// Whatever ends the recording (a full ring, a full disk, max_bytes, a port that cannot tell
// what entered) sets `ended` once; what came before it is whole and stays.
#include "edge/journal/journal.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "edge/handoff/backqueue.h"
#include "edge/host/health.h"
#include "edge/inputs/leb128.h"
#include "edge/journal/journal_files.h"
#include "edge/journal/journal_head.h"
#include "schemas/mcap_write.h"

#define CHUNK_US INT64_C(900000) // a step may take a tenth of a second more

enum {
    NEAR_BYTES = 256 << 10,
    NEAR_BLOCK_MAX = 16 << 10,
    FAR_BYTES = 64 << 20,
    PIECE_BYTES = 1 << 20,
    LOOPS = EDGE_LOOP_COUNT,
    WHY_SIZE = 200,
    ZSTD_LEVEL = 1,
    KEPT_BYTES = 4 << 20,
};

#define FREE_MIN_BYTES (UINT64_C(128) << 20)

// A loop's side, and what the writer has taken of it.
struct side {
    struct edge_journal *journal;
    struct edge_backqueue *near, *far;
    struct edge_inputs *inputs;
    uint16_t channel;
    uint8_t *block; // of the far ring, put together
    size_t size, room;
    bool whole;
};

struct edge_journal {
    struct drf_mcap_writer *writer;
    struct edge_metrics *metrics;
    const struct edge_log *log;
    const struct drf_journal_config *config;
    uint64_t old_bytes; // of the files of earlier runs
    _Atomic uint64_t ticket;
    _Atomic(const char *) why; // a loop's word for why it puts no more; NULL: it does
    char spoilt[WHY_SIZE];
    uint64_t next; // ticket to be written
    struct side sides[LOOPS];
    bool begun, ended;
    _Atomic bool closed;           // the same for the loops: nothing is taken any more
    int64_t chunk_mono_us, utc_us; // when the chunk began; of the block written last
};

static bool put(void *self, const uint8_t *block, size_t size)
{
    struct side *side = self;
    if (atomic_load_explicit(&side->journal->closed, memory_order_relaxed))
        return false;
    if (size <= NEAR_BLOCK_MAX && edge_backqueue_push(side->near, "end", block, size) == DRF_OK)
        return true;
    for (size_t at = 0; at < size;) {
        size_t piece = size - at < PIECE_BYTES ? size - at : PIECE_BYTES;
        const char *name = at + piece < size ? "part" : "end";
        if (edge_backqueue_push(side->far, name, block + at, piece) != DRF_OK)
            return false;
        at += piece;
    }
    return true;
}

// Called by a loop, once.
static void ended(void *self, const char *why)
{
    struct side *side = self;
    const char *none = NULL;
    (void)atomic_compare_exchange_strong(&side->journal->why, &none, why);
}

static enum drf_status open_sides(struct edge_journal *journal, bool whole)
{
    static const char *const topics[LOOPS] = {EDGE_JOURNAL_INGEST, EDGE_JOURNAL_SERVE};
    enum drf_status status = DRF_OK;
    for (int i = 0; i < LOOPS && status == DRF_OK; i++) {
        struct side *side = &journal->sides[i];
        side->journal = journal;
        status = edge_backqueue_open(NEAR_BYTES, &side->near);
        if (status == DRF_OK)
            status = edge_backqueue_open(FAR_BYTES, &side->far);
        if (status == DRF_OK)
            status = edge_inputs_record(
                (struct edge_inputs_sink){.self = side, .put = put, .ended = ended},
                &journal->ticket, whole, &side->inputs);
        if (status == DRF_OK)
            status = drf_mcap_write_channel(journal->writer, topics[i], EDGE_JOURNAL_ENCODING,
                                            0, NULL, 0, &side->channel);
    }
    return status;
}

// What is renamed or deleted must not be the store's own file.
static bool is_store(const struct drf_config *config, const char *path)
{
    struct stat one, store;
    return strcmp(path, config->store_path) == 0
           || (stat(path, &one) == 0 && stat(config->store_path, &store) == 0
               && one.st_dev == store.st_dev && one.st_ino == store.st_ino);
}

enum drf_status edge_journal_open(const struct drf_config *config, uint64_t boot_id,
                                  struct edge_metrics *metrics, const struct edge_log *log,
                                  struct edge_now now, char error[static 400],
                                  struct edge_journal **out)
{
    struct edge_journal *journal = calloc(1, sizeof *journal);
    char copy[DRF_PATH_SIZE + 16];
    (void)snprintf(error, 400, "out of memory");
    if (journal == NULL)
        return DRF_ERR_NOMEM;
    (void)snprintf(copy, sizeof copy, "%s" EDGE_JOURNAL_COPY, config->journal.path);
    if (is_store(config, config->journal.path) || is_store(config, copy)) {
        (void)snprintf(error, 400, "journal.path: %.300s is the store's file", copy);
        free(journal);
        return DRF_ERR_RANGE;
    }
    journal->metrics = metrics;
    journal->log = log;
    journal->config = &config->journal;
    journal->chunk_mono_us = now.mono_us;
    journal->old_bytes = edge_journal_files_rotate(&config->journal, log, now);
    char library[64];
    (void)snprintf(library, sizeof library, "drf-edge %s", DRF_VERSION);
    const struct drf_mcap_write_options options = {.profile = "drf",
                                                   .library = library,
                                                   .zstd_level = ZSTD_LEVEL,
                                                   .no_message_index = true};
    enum drf_status status =
        drf_mcap_writer_open(config->journal.path, &options, &journal->writer, error);
    if (status == DRF_OK)
        status = open_sides(journal, config->journal.whole != 0);
    if (status == DRF_OK)
        status = edge_journal_head_write(config, boot_id, journal->writer, now, error);
    if (status == DRF_OK) // the store's copy need not wait for each of its chunks
        drf_mcap_writer_sync(journal->writer);
    if (status != DRF_OK) {
        if (journal->writer != NULL)
            (void)unlink(config->journal.path); // nothing can be replayed from it
        journal->ended = true;
        edge_journal_close(journal);
        return status;
    }
    edge_metrics_set(metrics, EDGE_METRIC_JOURNAL_RECORDING, 0, 1);
    edge_log_write(log, now.utc_us, EDGE_LOG_INFO, "journal.started", "file=%s max_mb=%" PRIu64,
                   config->journal.path, config->journal.max_bytes >> 20);
    journal->begun = true;
    journal->utc_us = now.utc_us;
    *out = journal;
    return DRF_OK;
}

struct edge_inputs *edge_journal_ingest(struct edge_journal *journal)
{
    return journal->sides[EDGE_LOOP_INGEST].inputs;
}

struct edge_inputs *edge_journal_serve(struct edge_journal *journal)
{
    return journal->sides[EDGE_LOOP_SERVE].inputs;
}

// ---- the writer's thread

static void finish(struct edge_journal *journal, const char *why)
{
    const struct drf_mcap_pair pairs[] = {{.key = "end", .value = why}};
    if (journal->ended)
        return;
    journal->ended = true;
    atomic_store_explicit(&journal->closed, true, memory_order_relaxed);
    if (drf_mcap_write_metadata(journal->writer, EDGE_JOURNAL_END, pairs, 1) != DRF_OK
        || drf_mcap_writer_finish(journal->writer) != DRF_OK) // its whole chunks are there
        edge_log_error(journal->log, journal->utc_us, "journal.unfinished",
                       drf_mcap_writer_error(journal->writer));
}

static void give_up(struct edge_journal *journal, const char *why)
{
    char quoted[400];
    if (journal->ended)
        return;
    finish(journal, why);
    edge_metrics_set(journal->metrics, EDGE_METRIC_JOURNAL_RECORDING, 0, 0);
    edge_metrics_add(journal->metrics, EDGE_METRIC_JOURNAL_ENDED, 0, 0, 1);
    edge_log_write(journal->log, journal->utc_us, EDGE_LOG_ERROR, "journal.ended",
                   "text=%s done=\"what came before can be replayed; a restart records again\"",
                   edge_log_quote(quoted, sizeof quoted, why, strlen(why)));
}

static bool append(struct side *side, const struct edge_back_value *piece)
{
    if (side->size + piece->size > side->room) {
        size_t room = side->room == 0 ? PIECE_BYTES : side->room * 2;
        while (room < side->size + piece->size)
            room *= 2;
        uint8_t *block = realloc(side->block, room);
        if (block == NULL)
            return false;
        side->block = block;
        side->room = room;
    }
    memcpy(side->block + side->size, piece->bytes, piece->size);
    side->size += piece->size;
    return true;
}

// Puts the next block of the far ring together, as far as it is there. False: no memory.
static bool gather(struct side *side)
{
    struct edge_back_value piece;
    while (!side->whole && edge_backqueue_front(side->far, &piece)) {
        if (!append(side, &piece))
            return false;
        side->whole = strcmp(piece.name, "end") == 0;
        edge_backqueue_pop(side->far);
    }
    return true;
}

static uint64_t ticket_of(const uint8_t *block, size_t size, int64_t *utc_us)
{
    uint64_t head[3] = {UINT64_MAX};
    const uint8_t *at = block, *end = at + size;
    for (size_t i = 0; i < 3 && at != NULL; i++)
        at = edge_leb128_get(at, end, &head[i]);
    *utc_us = edge_leb128_unzigzag(head[2]);
    return head[0];
}

// True: it was this block's turn, and it is written.
static bool write_block(struct edge_journal *journal, const struct side *side,
                        const uint8_t *block, size_t size)
{
    int64_t utc_us;
    if (ticket_of(block, size, &utc_us) != journal->next)
        return false;
    journal->utc_us = utc_us;
    const struct drf_mcap_piece piece = {.bytes = block, .size = size};
    const uint64_t time_ns = journal->utc_us > 0 ? (uint64_t)journal->utc_us * 1000 : 0;
    const struct drf_mcap_write_message message = {.channel_id = side->channel,
                                                   .sequence = (uint32_t)journal->next,
                                                   .log_time_ns = time_ns,
                                                   .publish_time_ns = time_ns,
                                                   .pieces = &piece,
                                                   .piece_count = 1};
    journal->next++;
    if (drf_mcap_write_message(journal->writer, &message) == DRF_OK)
        return true;
    give_up(journal, drf_mcap_writer_error(journal->writer));
    return false;
}

static bool merge_near(struct edge_journal *journal, const struct side *side)
{
    struct edge_back_value block;
    bool found = false;
    while (edge_backqueue_front(side->near, &block)
           && write_block(journal, side, block.bytes, block.size)) {
        edge_backqueue_pop(side->near);
        found = true;
    }
    return found;
}

static bool merge_far(struct edge_journal *journal, struct side *side)
{
    if (!gather(side)) {
        give_up(journal, "out of memory");
        return false;
    }
    if (!side->whole || !write_block(journal, side, side->block, side->size))
        return false;
    side->size = 0;
    side->whole = false;
    if (side->room > KEPT_BYTES) { // of one large message: not kept for ever
        free(side->block);
        side->block = NULL;
        side->room = 0;
    }
    return true;
}

// The blocks whose turn it is.
static void merge(struct edge_journal *journal)
{
    bool found = true;
    while (found && !journal->ended) {
        found = false;
        for (int i = 0; i < LOOPS && !journal->ended; i++)
            found |= merge_near(journal, &journal->sides[i]);
        for (int i = 0; i < LOOPS && !journal->ended; i++)
            found |= merge_far(journal, &journal->sides[i]);
    }
}

// Room is the store's first: its commits must not fail because of a recording.
static bool disk_is_full(const struct edge_journal *journal)
{
    struct statvfs disk;
    return statvfs(journal->config->path, &disk) == 0
           && (uint64_t)disk.f_bavail * disk.f_frsize < FREE_MIN_BYTES;
}

// Older runs make room for this one, all but the last two.
static void make_room(struct edge_journal *journal, uint64_t bytes, struct edge_now now)
{
    uint64_t allowed =
        bytes < journal->config->max_bytes ? journal->config->max_bytes - bytes : 0;
    if (journal->old_bytes > allowed)
        journal->old_bytes =
            edge_journal_files_trim(journal->config, allowed, journal->log, now);
}

static void end_chunk(struct edge_journal *journal, struct edge_now now)
{
    struct drf_mcap_write_counts counts = drf_mcap_writer_counts(journal->writer);
    journal->chunk_mono_us = now.mono_us;
    edge_metrics_set(journal->metrics, EDGE_METRIC_JOURNAL_BYTES, 0, (int64_t)counts.bytes);
    if (drf_mcap_write_end_chunk(journal->writer) != DRF_OK || counts.lost > 0)
        give_up(journal, drf_mcap_writer_error(journal->writer));
    else if (counts.bytes >= journal->config->max_bytes)
        give_up(journal, "the file has reached journal.max_mb");
    else if (disk_is_full(journal))
        give_up(journal, "less than 128 MB are free on its disk, which the store may need");
    if (!journal->ended)
        make_room(journal, counts.bytes, now);
}

void edge_journal_step(struct edge_journal *journal, struct edge_now now)
{
    if (journal->ended)
        return;
    // Read before the rings: what was put before a loop gave up is written.
    const char *why = atomic_load(&journal->why);
    merge(journal);
    if (!journal->ended && why != NULL) {
        (void)snprintf(journal->spoilt, sizeof journal->spoilt, "%s", why);
        give_up(journal, journal->spoilt);
    }
    if (!journal->ended && now.mono_us - journal->chunk_mono_us >= CHUNK_US)
        end_chunk(journal, now);
}

void edge_journal_finish(struct edge_journal *journal)
{
    if (journal == NULL || journal->ended)
        return;
    const char *why = atomic_load(&journal->why);
    merge(journal);
    finish(journal, why != NULL ? why : "whole");
}

void edge_journal_close(struct edge_journal *journal)
{
    if (journal == NULL)
        return;
    edge_journal_finish(journal);
    drf_mcap_writer_close(journal->writer);
    if (journal->next == 0
        && journal->begun) // a start that came to nothing leaves no recording
        (void)unlink(journal->config->path);
    for (int i = 0; i < LOOPS; i++) {
        edge_inputs_close(journal->sides[i].inputs);
        edge_backqueue_close(journal->sides[i].near);
        edge_backqueue_close(journal->sides[i].far);
        free(journal->sides[i].block);
    }
    free(journal);
}
