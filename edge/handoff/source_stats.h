// edge/handoff/source_stats.h - statistics per source: last message, rate, refusals, error.
// SPDX-License-Identifier: Apache-2.0
//
// Ingest writes, serve reads, without locks. One line for each feed (its totals) and one for
// each source that sent a message since the node started. Lines are only added, up to
// EDGE_SOURCE_STATS_MAX; further sources are counted in their feed's line only. A text that
// changes while it is read is read again, or left out (a sequence lock).
#ifndef EDGE_SOURCE_STATS_H
#define EDGE_SOURCE_STATS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "edge/host/log.h"
#include "edge/host/now.h"
#include "edge/inputs/inputs.h"
#include "edge/kafka/envelope.h"
#include "fusion/store/store.h"

enum { EDGE_SOURCE_STATS_MAX = 64 + DRF_FEEDS_MAX, EDGE_SOURCE_STATS_TEXT_WORDS = 25 };

struct edge_source_stats_line {
    char source[EDGE_SOURCE_SIZE]; // the feed's name alone: its totals
    size_t feed;
    _Atomic int64_t received_utc_us; // INT64_MIN: nothing yet
    _Atomic uint64_t taken, refused;
    _Atomic uint32_t milli_per_s;     // messages, over about a minute
    _Atomic bool silent;              // for longer than its interval_s
    _Atomic int64_t unplaced_mono_us; // of a feed: when it last was unplaced; INT64_MIN: never
    _Atomic uint32_t error_turn;      // odd while the text is written
    _Atomic uint64_t error[EDGE_SOURCE_STATS_TEXT_WORDS];
    uint64_t useful, passed_over; // ingest's own, as all that follows: messages
    int64_t passed_over_mono_us;  // of the first
    bool passed_over_told;        // logged: nothing of it is of use
    bool passed_over_text;        // the text says so
    int64_t heard_mono_us;
    uint64_t rated; // of taken and refused, at the last second
    double per_s;
};

struct edge_source_stats {
    const struct drf_config *config;       // ingest's own
    _Atomic size_t feed_count;             // with a line below
    _Atomic size_t line_of[DRF_FEEDS_MAX]; // of each feed's totals
    struct edge_inputs *serve;             // NULL: what serve reads is not recorded or replayed
    _Atomic size_t count;
    uint64_t stored_sum; // what the lines summed up to when the store took them last
    struct edge_source_stats_line lines[EDGE_SOURCE_STATS_MAX];
};

// Borrows the configuration. Silence counts from now on. `serve` (may be NULL) is set before
// serve's first step.
void edge_source_stats_init(struct edge_source_stats *source_stats,
                            const struct drf_config *config, struct edge_now now);

// Ingest: `config` follows the one before.
void edge_source_stats_reload(struct edge_source_stats *source_stats,
                              const struct drf_config *config, struct edge_now now);

// Ingest: a message of a source was taken in; `why` (not NULL): was refused. `source` may be ""
// where the envelope could not be read.
void edge_source_stats_note(struct edge_source_stats *source_stats, size_t feed,
                            const char *source, const struct geo_note *why,
                            struct edge_now now);
// Ingest: a sound message with nothing of use here (`why` says what it held). While nothing
// else came from the source, that stands where the last refusal would.
void edge_source_stats_passed_over(struct edge_source_stats *source_stats, size_t feed,
                                   const char *source, const struct geo_note *why,
                                   struct edge_now now);
// Ingest: something of a feed was refused that names no place (geo/record/unreadable.h).
void edge_source_stats_unplaced(struct edge_source_stats *source_stats, size_t feed,
                                struct edge_now now);
// Serve: of which feeds that was in the last EDGE_UNPLACED_KEEP_US, a bit each.
#define EDGE_UNPLACED_KEEP_US INT64_C(600000000)
uint32_t edge_source_stats_refusing(const struct edge_source_stats *source_stats,
                                    struct edge_now now);
// Ingest, once a second: logs feeds of which all is passed over; rates; logs each source that
// fell silent or sends again.
void edge_source_stats_second(struct edge_source_stats *source_stats,
                              const struct edge_log *log, struct edge_now now);

// Any thread: how many sources of a feed, or the feed itself, are silent.
uint32_t edge_source_stats_silent(const struct edge_source_stats *source_stats, size_t feed);

// Serve: what is known of a source; false: nothing.
struct edge_source_stats_view {
    int64_t received_utc_us; // INT64_MIN: nothing since the node began
    uint64_t taken, refused;
    double per_s;
    bool silent;
    char error[EDGE_SOURCE_STATS_TEXT_WORDS * sizeof(uint64_t)]; // the last refusal; "" none
};
bool edge_source_stats_read(const struct edge_source_stats *source_stats, const char *source,
                            struct edge_source_stats_view *out);
// The same, not recorded: for ingest, of what it wrote itself, and for those who only look.
bool edge_source_stats_own(const struct edge_source_stats *source_stats, const char *source,
                           struct edge_source_stats_view *out);

// The store keeps the lines for `drf-edge info`. Ingest calls keep; it returns DRF_ERR_AGAIN
// where nothing has changed since the last time. Restore fills a separate object without a
// configuration that is only read; an absent or foreign value leaves it empty.
DRF_MUST_CHECK enum drf_status edge_source_stats_keep(struct edge_source_stats *source_stats,
                                                      struct fusion_store *store);
void edge_source_stats_restore(struct edge_source_stats *source_stats,
                               struct fusion_store *store);

#endif
