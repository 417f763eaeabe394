// SPDX-License-Identifier: Apache-2.0
// Lines are only added; the count is released after a line is complete, so a reader sees whole
// lines. Numbers are relaxed atomics of their own. The text of the last refusal is several
// words under a sequence number that is odd while they are written: a reader that finds it
// changed reads again, a few times. What serve reads is a port of its step
// (edge/inputs/inputs.h).
#include "edge/handoff/source_stats.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "geo/record/refusal.h"

#define SECOND_US 1000000
#define RATE_SECONDS 60.0
#define PASSED_OVER_US (INT64_C(60) * SECOND_US)

enum { TEXT_SIZE = EDGE_SOURCE_STATS_TEXT_WORDS * sizeof(uint64_t), READ_TRIES = 4 };

static struct edge_source_stats_line *add(struct edge_source_stats *source_stats, size_t feed,
                                          const char *source, struct edge_now now)
{
    size_t count = atomic_load_explicit(&source_stats->count, memory_order_relaxed);
    if (count == EDGE_SOURCE_STATS_MAX)
        return NULL;
    struct edge_source_stats_line *line = &source_stats->lines[count];
    snprintf(line->source, sizeof line->source, "%s", source);
    line->feed = feed;
    line->heard_mono_us = now.mono_us;
    line->useful = line->passed_over = 0;
    line->passed_over_told = line->passed_over_text = false;
    line->rated = 0;
    line->per_s = 0;
    atomic_init(&line->received_utc_us, INT64_MIN);
    atomic_init(&line->taken, 0);
    atomic_init(&line->refused, 0);
    atomic_init(&line->milli_per_s, 0);
    atomic_init(&line->silent, false);
    atomic_init(&line->unplaced_mono_us, INT64_MIN);
    atomic_init(&line->error_turn, 0);
    for (size_t i = 0; i < EDGE_SOURCE_STATS_TEXT_WORDS; i++)
        atomic_init(&line->error[i], 0);
    atomic_store_explicit(&source_stats->count, count + 1, memory_order_release);
    return line;
}

// Where there is no line left for a new feed, it shares the first one's: its numbers are wrong,
// nothing else.
static void add_feeds(struct edge_source_stats *source_stats, const struct drf_config *config,
                      struct edge_now now)
{
    size_t known = atomic_load_explicit(&source_stats->feed_count, memory_order_relaxed);
    for (size_t i = known; i < config->feed_count; i++) {
        const struct edge_source_stats_line *line =
            add(source_stats, i, config->feeds[i].name, now);
        atomic_init(&source_stats->line_of[i],
                    line != NULL ? (size_t)(line - source_stats->lines) : 0);
        atomic_store_explicit(&source_stats->feed_count, i + 1, memory_order_release);
    }
}

static struct edge_source_stats_line *line_of(struct edge_source_stats *source_stats,
                                              size_t feed)
{
    return &source_stats->lines[atomic_load_explicit(&source_stats->line_of[feed],
                                                     memory_order_relaxed)];
}

void edge_source_stats_init(struct edge_source_stats *source_stats,
                            const struct drf_config *config, struct edge_now now)
{
    source_stats->config = config;
    source_stats->stored_sum = 0;
    atomic_init(&source_stats->count, 0);
    atomic_init(&source_stats->feed_count, 0);
    add_feeds(source_stats, config, now);
}

void edge_source_stats_reload(struct edge_source_stats *source_stats,
                              const struct drf_config *config, struct edge_now now)
{
    source_stats->config = config;
    add_feeds(source_stats, config, now);
}

static struct edge_source_stats_line *find(struct edge_source_stats *source_stats,
                                           const char *source)
{
    size_t count = atomic_load_explicit(&source_stats->count, memory_order_acquire);
    for (size_t i = 0; i < count; i++)
        if (strcmp(source_stats->lines[i].source, source) == 0)
            return &source_stats->lines[i];
    return NULL;
}

static void write_text(struct edge_source_stats_line *line, const char text[static TEXT_SIZE])
{
    uint64_t words[EDGE_SOURCE_STATS_TEXT_WORDS];
    memcpy(words, text, sizeof words);
    atomic_fetch_add_explicit(&line->error_turn, 1, memory_order_acq_rel);
    for (size_t i = 0; i < EDGE_SOURCE_STATS_TEXT_WORDS; i++)
        atomic_store_explicit(&line->error[i], words[i], memory_order_release);
    atomic_fetch_add_explicit(&line->error_turn, 1, memory_order_release);
}

static void write_error(struct edge_source_stats_line *line, const struct geo_note *why)
{
    char text[TEXT_SIZE] = "";
    char whole[sizeof why->text + 64];
    snprintf(whole, sizeof whole, "%s: %.*s",
             geo_refusal_name((enum geo_refusal_code)why->code), (int)sizeof why->text,
             why->text);
    geo_text_copy(text, sizeof text, whole, strlen(whole));
    line->passed_over_text = false;
    write_text(line, text);
}

static void note_passed_over(struct edge_source_stats_line *line, const struct geo_note *why,
                             struct edge_now now)
{
    char text[TEXT_SIZE] = "";
    if (!line)
        return;
    line->heard_mono_us = now.mono_us;
    atomic_store_explicit(&line->received_utc_us, now.utc_us, memory_order_relaxed);
    atomic_fetch_add_explicit(&line->taken, 1, memory_order_relaxed);
    if (line->passed_over++ == 0)
        line->passed_over_mono_us = now.mono_us;
    if (line->useful > 0)
        return;
    char whole[sizeof why->text + 64];
    snprintf(whole, sizeof whole, "all %" PRIu64 " messages passed over: %s", line->passed_over,
             why->text);
    geo_text_copy(text, sizeof text, whole, strlen(whole));
    line->passed_over_text = true;
    write_text(line, text);
}

static void note(struct edge_source_stats_line *line, const struct geo_note *why,
                 struct edge_now now)
{
    if (!line)
        return;
    line->heard_mono_us = now.mono_us;
    atomic_store_explicit(&line->received_utc_us, now.utc_us, memory_order_relaxed);
    atomic_fetch_add_explicit(why ? &line->refused : &line->taken, 1, memory_order_relaxed);
    if (why)
        write_error(line, why);
    else if (line->useful++ == 0 && line->passed_over_text)
        write_text(line, (char[TEXT_SIZE]){""});
}

void edge_source_stats_note(struct edge_source_stats *source_stats, size_t feed,
                            const char *source, const struct geo_note *why, struct edge_now now)
{
    note(line_of(source_stats, feed), why, now);
    if (source[0] == '\0' || strcmp(source, source_stats->config->feeds[feed].name) == 0)
        return;
    struct edge_source_stats_line *line = find(source_stats, source);
    note(line ? line : add(source_stats, feed, source, now), why, now);
}

void edge_source_stats_passed_over(struct edge_source_stats *source_stats, size_t feed,
                                   const char *source, const struct geo_note *why,
                                   struct edge_now now)
{
    note_passed_over(line_of(source_stats, feed), why, now);
    if (source[0] == '\0' || strcmp(source, source_stats->config->feeds[feed].name) == 0)
        return;
    struct edge_source_stats_line *line = find(source_stats, source);
    note_passed_over(line ? line : add(source_stats, feed, source, now), why, now);
}

static bool read_error(const struct edge_source_stats_line *line, char text[static TEXT_SIZE])
{
    uint64_t words[EDGE_SOURCE_STATS_TEXT_WORDS];
    for (int i = 0; i < READ_TRIES; i++) {
        uint32_t before = atomic_load_explicit(&line->error_turn, memory_order_acquire);
        for (size_t k = 0; k < EDGE_SOURCE_STATS_TEXT_WORDS; k++)
            words[k] = atomic_load_explicit(&line->error[k], memory_order_acquire);
        if (before % 2 == 0
            && atomic_load_explicit(&line->error_turn, memory_order_relaxed) == before) {
            memcpy(text, words, sizeof words);
            text[TEXT_SIZE - 1] = '\0';
            return true;
        }
    }
    return false;
}

// A feed of a hundred fields may begin with those that are of no use: a minute is waited.
static void log_passed_over(struct edge_source_stats_line *line, const char *feed,
                            const struct edge_log *log, struct edge_now now)
{
    bool all = line->passed_over > 0 && line->useful == 0
               && now.mono_us - line->passed_over_mono_us >= PASSED_OVER_US;
    if (all == line->passed_over_told || (!all && line->useful == 0))
        return;
    line->passed_over_told = all;
    char text[TEXT_SIZE], quoted[2 * TEXT_SIZE];
    if (!read_error(line, text) || !all)
        text[0] = '\0';
    edge_log_write(log, now.utc_us, all ? EDGE_LOG_WARN : EDGE_LOG_INFO,
                   all ? "feed.passed_over" : "feed.of_use",
                   "feed=%s messages=%" PRIu64 " text=%s", feed, line->passed_over,
                   edge_log_quote(quoted, sizeof quoted, text, strlen(text)));
}

void edge_source_stats_unplaced(struct edge_source_stats *source_stats, size_t feed,
                                struct edge_now now)
{
    atomic_store_explicit(&line_of(source_stats, feed)->unplaced_mono_us, now.mono_us,
                          memory_order_relaxed);
}

uint32_t edge_source_stats_refusing(const struct edge_source_stats *source_stats,
                                    struct edge_now now)
{
    uint32_t feeds = 0;
    size_t count = atomic_load_explicit(&source_stats->feed_count, memory_order_acquire);
    for (size_t i = 0; i < count; i++) {
        size_t line = atomic_load_explicit(&source_stats->line_of[i], memory_order_relaxed);
        int64_t at = atomic_load_explicit(&source_stats->lines[line].unplaced_mono_us,
                                          memory_order_relaxed);
        if (at != INT64_MIN && now.mono_us - at < EDGE_UNPLACED_KEEP_US)
            feeds |= UINT32_C(1) << i;
    }
    return (uint32_t)edge_inputs_value(source_stats->serve, EDGE_INPUT_REFUSING, feeds);
}

static void log_silence(const struct edge_source_stats *source_stats,
                        struct edge_source_stats_line *line, const struct edge_log *log,
                        struct edge_now now)
{
    const struct drf_feed_config *feed = &source_stats->config->feeds[line->feed];
    int64_t interval_us = feed->removed ? 0 : feed->interval_us;
    int64_t quiet_us = now.mono_us - line->heard_mono_us;
    bool silent = interval_us > 0 && quiet_us > interval_us;
    if (atomic_exchange_explicit(&line->silent, silent, memory_order_relaxed) == silent)
        return;
    char text[2 * EDGE_SOURCE_SIZE];
    edge_log_write(log, now.utc_us, silent ? EDGE_LOG_WARN : EDGE_LOG_INFO,
                   silent ? "source.silent" : "source.speaks",
                   "feed=%s source=%s seconds=%" PRId64, feed->name,
                   edge_log_quote(text, sizeof text, line->source, strlen(line->source)),
                   quiet_us / SECOND_US);
}

uint32_t edge_source_stats_silent(const struct edge_source_stats *source_stats, size_t feed)
{
    size_t count = atomic_load_explicit(&source_stats->count, memory_order_acquire);
    uint32_t silent = 0;
    for (size_t i = 0; i < count; i++)
        silent += source_stats->lines[i].feed == feed
                  && atomic_load_explicit(&source_stats->lines[i].silent, memory_order_relaxed);
    return silent;
}

void edge_source_stats_second(struct edge_source_stats *source_stats,
                              const struct edge_log *log, struct edge_now now)
{
    size_t count = atomic_load_explicit(&source_stats->count, memory_order_relaxed);
    for (size_t i = 0; i < count; i++) {
        struct edge_source_stats_line *line = &source_stats->lines[i];
        uint64_t total = atomic_load_explicit(&line->taken, memory_order_relaxed)
                         + atomic_load_explicit(&line->refused, memory_order_relaxed);
        line->per_s += ((double)(total - line->rated) - line->per_s) / RATE_SECONDS;
        line->rated = total;
        atomic_store_explicit(&line->milli_per_s, (uint32_t)(line->per_s * 1000),
                              memory_order_relaxed);
        log_silence(source_stats, line, log, now);
        if (line == line_of(source_stats, line->feed))
            log_passed_over(line, line->source, log, now);
    }
}

bool edge_source_stats_own(const struct edge_source_stats *source_stats, const char *source,
                           struct edge_source_stats_view *out)
{
    size_t count = atomic_load_explicit(&source_stats->count, memory_order_acquire);
    for (size_t i = 0; i < count; i++) {
        const struct edge_source_stats_line *line = &source_stats->lines[i];
        if (strcmp(line->source, source) != 0)
            continue;
        *out = (struct edge_source_stats_view){
            .received_utc_us =
                atomic_load_explicit(&line->received_utc_us, memory_order_relaxed),
            .taken = atomic_load_explicit(&line->taken, memory_order_relaxed),
            .refused = atomic_load_explicit(&line->refused, memory_order_relaxed),
            .per_s = atomic_load_explicit(&line->milli_per_s, memory_order_relaxed) / 1000.0,
            .silent = atomic_load_explicit(&line->silent, memory_order_relaxed),
        };
        if (!read_error(line, out->error))
            out->error[0] = '\0';
        return true;
    }
    return false;
}

// Recorded as it is: nothing of it goes to another machine than one with the same libraries.
bool edge_source_stats_read(const struct edge_source_stats *source_stats, const char *source,
                            struct edge_source_stats_view *out)
{
    struct edge_inputs *inputs = source_stats->serve;
    const uint8_t *bytes;
    size_t size;
    if (edge_inputs_replays(inputs) && !edge_inputs_free(inputs)) {
        bool there =
            edge_inputs_next(inputs, EDGE_INPUT_SOURCE, &bytes, &size) && size == sizeof *out;
        if (there) {
            memcpy(out, bytes, sizeof *out);
            out->error[sizeof out->error - 1] = '\0';
        }
        return there;
    }
    struct edge_source_stats_view view;
    memset(&view, 0, sizeof view); // with what lies between its parts
    bool known = edge_source_stats_own(source_stats, source, &view);
    edge_inputs_add(inputs, EDGE_INPUT_SOURCE,
                    &(struct edge_piece){.bytes = &view, .size = known ? sizeof view : 0}, 1);
    if (known)
        *out = view;
    return known;
}
