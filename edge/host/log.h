// edge/host/log.h - log lines in logfmt on standard error.
// SPDX-License-Identifier: Apache-2.0
//
// `time level=warn what=feed.refused feed=dem partition=0 offset=12 text="..."`. The caller
// passes the time. Each line is one write(2), from any thread.
#ifndef EDGE_LOG_H
#define EDGE_LOG_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum edge_log_level { EDGE_LOG_DEBUG, EDGE_LOG_INFO, EDGE_LOG_WARN, EDGE_LOG_ERROR };

enum { EDGE_LOG_LINE_SIZE = 1024 };

struct edge_log {
    int fd;
    enum edge_log_level level; // lower ones are not written
};

// At start, before any thread: standard error, INFO.
void edge_log_init(struct edge_log *log);

// `what` is the event's name, with dots; `format` gives the rest of the line: "key=value"
// pairs, where text that came from outside is put in with edge_log_quote().
void edge_log_write(const struct edge_log *log, int64_t utc_us, enum edge_log_level level,
                    const char *what, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

// One line of level error: `what`, and `text` quoted.
void edge_log_error(const struct edge_log *log, int64_t utc_us, const char *what,
                    const char *text);

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
