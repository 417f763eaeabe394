// SPDX-License-Identifier: Apache-2.0
#include "edge/host/log.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

void edge_log_init(struct edge_log *log)
{
    *log = (struct edge_log){.fd = STDERR_FILENO, .level = EDGE_LOG_INFO};
}

static const char *level_name(enum edge_log_level level)
{
    static const char *const names[] = {"debug", "info", "warn", "error"};
    return names[level];
}

static size_t format_time(char *out, size_t room, int64_t utc_us)
{
    time_t seconds = (time_t)(utc_us / 1000000);
    struct tm tm;
    if (utc_us < 0 || !gmtime_r(&seconds, &tm))
        return 0;
    size_t length = strftime(out, room, "%Y-%m-%dT%H:%M:%S", &tm);
    int rest = snprintf(out + length, room - length, ".%03dZ ", (int)(utc_us % 1000000 / 1000));
    return rest > 0 ? length + (size_t)rest : length;
}

void edge_log_write(const struct edge_log *log, int64_t utc_us, enum edge_log_level level,
                    const char *what, const char *format, ...)
{
    if (level < log->level)
        return;
    char line[EDGE_LOG_LINE_SIZE];
    size_t length = format_time(line, sizeof line, utc_us);
    int head = snprintf(line + length, sizeof line - length, "level=%s what=%s ",
                        level_name(level), what);
    if (head > 0)
        length += (size_t)head;
    if (length < sizeof line) {
        va_list arguments;
        va_start(arguments, format);
        int tail = vsnprintf(line + length, sizeof line - length, format, arguments);
        va_end(arguments);
        if (tail > 0)
            length += (size_t)tail;
    }
    if (length > sizeof line - 1)
        length = sizeof line - 1;
    line[length++] = '\n';
    // Standard error is closed: the line is lost, the node goes on.
    ssize_t written = write(log->fd, line, length);
    (void)written;
}

const char *edge_log_quote(char *out, size_t room, const char *text, size_t size)
{
    static const char hex[] = "0123456789abcdef";
    size_t at = 0;
    out[at++] = '"';
    for (size_t i = 0; i < size && at + 6 < room; i++) {
        unsigned char byte = (unsigned char)text[i];
        if (byte == '"' || byte == '\\') {
            out[at++] = '\\';
            out[at++] = (char)byte;
        } else if (byte < 0x20 || byte > 0x7e) {
            out[at++] = '\\';
            out[at++] = 'x';
            out[at++] = hex[byte >> 4];
            out[at++] = hex[byte & 15];
        } else {
            out[at++] = (char)byte;
        }
    }
    out[at++] = '"';
    out[at] = '\0';
    return out;
}

void edge_log_error(const struct edge_log *log, int64_t utc_us, const char *what,
                    const char *text)
{
    char quoted[400];
    edge_log_write(log, utc_us, EDGE_LOG_ERROR, what, "text=%s",
                   edge_log_quote(quoted, sizeof quoted, text, strlen(text)));
}

bool edge_log_allow(struct edge_log_limit *limit, int64_t mono_us, uint32_t burst,
                    int64_t window_us, uint32_t *held)
{
    if (limit->window_mono_us == 0 || mono_us - limit->window_mono_us >= window_us) {
        limit->window_mono_us = mono_us;
        limit->written = 0;
    }
    if (limit->written >= burst) {
        limit->held++;
        return false;
    }
    limit->written++;
    if (held)
        *held = limit->held;
    limit->held = 0;
    return true;
}
