// edge/host/log.h - log lines on standard error: logfmt, JSON, or for systemd's journal.
// SPDX-License-Identifier: Apache-2.0
//
//   text     2026-11-28T10:00:00.000Z level=warn what=feed.refused feed=dem offset=12
//   text="..." json     {"time": "2026-...", "level": "warn", "what": "feed.refused", "feed":
//   "dem", ...} journal  <4>level=warn what=feed.refused feed=dem offset=12 text="..."
//
// The caller passes the time. Each line is one write(2), from any thread. The `<N>` is the
// priority of sd-daemon(3); the journal adds the time itself. Where time is replayed the time
// of the line is the recorded one, and the real one is written beside it.
//
// Equal lines (but for the time) are written EDGE_LOG_BURST times within EDGE_LOG_WINDOW_US;
// then they are counted, and written once more with `repeated=N` when the window has passed.
#ifndef EDGE_LOG_H
#define EDGE_LOG_H

#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum edge_log_level { EDGE_LOG_DEBUG, EDGE_LOG_INFO, EDGE_LOG_WARN, EDGE_LOG_ERROR };
enum edge_log_format { EDGE_LOG_TEXT, EDGE_LOG_JSON, EDGE_LOG_JOURNAL };

enum {
    EDGE_LOG_LINE_SIZE = 1024, // as text; what is longer is cut
    EDGE_LOG_REPEATS = 16,     // different lines that are remembered
    EDGE_LOG_BURST = 5,
};
#define EDGE_LOG_WINDOW_US INT64_C(10000000)

// What was written of late. Shared by all copies of a log; whoever finds it in use writes its
// line uncounted.
struct edge_log_repeats {
    atomic_flag busy;
    struct edge_log_repeat {
        int64_t since_us; // of the window
        uint32_t written; // in it; 0: a free place
        uint32_t repeated;
        enum edge_log_level level;
        char what[40];
        char rest[EDGE_LOG_LINE_SIZE];
    } lines[EDGE_LOG_REPEATS];
};

struct edge_log {
    int fd;
    _Atomic(enum edge_log_level) level; // lower ones are not written; any thread may set it
    enum edge_log_format format;
    struct edge_log_repeats *repeats; // NULL: every line is written
    int64_t (*real_utc_us)(void);     // NULL: the times handed in are real
};

// At start, before any thread: standard error, INFO, text, nothing counted.
void edge_log_init(struct edge_log *log);
// From now on equal lines are counted in `repeats`, which lives as long as the log.
void edge_log_count_repeats(struct edge_log *log, struct edge_log_repeats *repeats);

// `what` is the event's name, with dots; `format` gives the rest of the line: "key=value"
// pairs, where text that came from outside is put in with edge_log_quote().
void edge_log_write(const struct edge_log *log, int64_t utc_us, enum edge_log_level level,
                    const char *what, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

// One line of level error: `what`, and `text` quoted.
void edge_log_error(const struct edge_log *log, int64_t utc_us, const char *what,
                    const char *text);

// Writes the counts whose window has passed; `all`: every count. To be called each second or
// so, and at the end.
void edge_log_flush(const struct edge_log *log, int64_t utc_us, bool all);

// Writes `text` as a quoted logfmt value (control characters and bytes beyond ASCII escaped,
// cut to the room) and a NUL; returns `out`.
const char *edge_log_quote(char *out, size_t room, const char *text, size_t size);

// Lets `burst` lines of one kind through in any `window_us`, and counts how many were
// suppressed.
struct edge_log_limit {
    int64_t window_mono_us;
    uint32_t written, held;
};
// True: write it; *held (may be NULL) is how many were suppressed before it.
bool edge_log_allow(struct edge_log_limit *limit, int64_t mono_us, uint32_t burst,
                    int64_t window_us, uint32_t *held);

#endif
