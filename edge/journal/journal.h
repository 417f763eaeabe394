// edge/journal/journal.h - records what enters the two steps of a node into an MCAP file.
// SPDX-License-Identifier: Apache-2.0
//
// schemas/recording.md. The loops put the blocks of their steps (edge/inputs/inputs.h) into
// rings of their own and wait for nothing; a thread of its own (edge/service/loop.c) merges
// them by their tickets, compresses and writes. A chunk ends at least each second: a power cut
// costs what came since. The file begins with the configuration (without secrets), the files it
// names and the store as it was, so that `drf-edge replay` needs nothing else. What finds no
// room in the rings, on the disk or in max_bytes ends the recording, with a line in the log and
// a metric; the node goes on. The file of the run before is renamed by when it was written last
// (edge/journal/journal_files.h), and deleted in time. A start that makes no step leaves no
// file.
#ifndef EDGE_JOURNAL_H
#define EDGE_JOURNAL_H

#include "edge/config/config.h"
#include "edge/host/log.h"
#include "edge/host/metrics.h"
#include "edge/host/now.h"
#include "edge/inputs/inputs.h"
#include "fusion/store/store.h"

// In the file.
#define EDGE_JOURNAL_INGEST "drf/journal/ingest" // topics: a message is a block, see inputs.h
#define EDGE_JOURNAL_SERVE "drf/journal/serve"
#define EDGE_JOURNAL_STORE "drf/journal/store" // the store's file, in pieces
#define EDGE_JOURNAL_ENCODING "drf-block"
#define EDGE_JOURNAL_FILE "file:"      // attachments: a file that the configuration names
#define EDGE_JOURNAL_BEGIN "journal"   // metadata at the beginning: enum below by name
#define EDGE_JOURNAL_END "journal-end" // and at the end: "whole", or why it ended
enum { EDGE_JOURNAL_VERSION = 2 };
#define EDGE_JOURNAL_COPY ".store" // behind the journal's name: the store, while it is copied

struct edge_journal;

// Renames, deletes, opens, and writes what a replay begins with: the store as it is committed
// now. Call it when everything is open and before the first step. All is borrowed until close.
// On anything but DRF_OK *error says why.
DRF_MUST_CHECK enum drf_status edge_journal_open(const struct drf_config *config,
                                                 uint64_t boot_id, struct edge_metrics *metrics,
                                                 const struct edge_log *log,
                                                 struct edge_now now, char error[static 400],
                                                 struct edge_journal **out);
// After the last step of both loops: writes what waits and the index, unless the recording has
// ended. NULL is fine.
void edge_journal_finish(struct edge_journal *journal);
// Finishes and frees. NULL is fine.
void edge_journal_close(struct edge_journal *journal);

// What the loops pass their ports through.
struct edge_inputs *edge_journal_ingest(struct edge_journal *journal);
struct edge_inputs *edge_journal_serve(struct edge_journal *journal);

// The writer's own thread: writes what waits. To be called every few tens of milliseconds.
void edge_journal_step(struct edge_journal *journal, struct edge_now now);

#endif
