// SPDX-License-Identifier: Apache-2.0
// A line is first its parts: level, name, and the pairs as logfmt. emit() makes of them what
// the format asks for and writes it with one write(2). In between, a small table of the lines
// written last counts equal ones. It is guarded by a flag, not a mutex: a thread that finds it
// in use writes its line uncounted, and waits for nobody.
#include "edge/host/log.h"

#include "edge/host/log_json.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

// As JSON the longest text grows by its keys' quotes and by escapes, at most so much.
enum { OUT_SIZE = 3 * EDGE_LOG_LINE_SIZE, TIME_SIZE = 32 };

void edge_log_init(struct edge_log *log)
{
    *log =
        (struct edge_log){.fd = STDERR_FILENO, .level = EDGE_LOG_INFO, .format = EDGE_LOG_TEXT};
}

void edge_log_count_repeats(struct edge_log *log, struct edge_log_repeats *repeats)
{
    for (size_t i = 0; i < EDGE_LOG_REPEATS; i++)
        repeats->lines[i].written = repeats->lines[i].repeated = 0;
    atomic_flag_clear(&repeats->busy);
    log->repeats = repeats;
}

static const char *level_name(enum edge_log_level level)
{
    static const char *const names[] = {"debug", "info", "warn", "error"};
    return names[level];
}

static void format_time(char out[static TIME_SIZE], int64_t utc_us)
{
    time_t seconds = (time_t)(utc_us / 1000000);
    struct tm tm;
    out[0] = '\0';
    if (utc_us < 0 || !gmtime_r(&seconds, &tm))
        return;
    size_t length = strftime(out, TIME_SIZE, "%Y-%m-%dT%H:%M:%S", &tm);
    (void)snprintf(out + length, TIME_SIZE - length, ".%03dZ", (int)(utc_us % 1000000 / 1000));
}

// What snprintf() returned, within what there is room for.
static size_t fitting(int wanted, size_t room)
{
    return wanted < 0 ? 0 : (size_t)wanted < room ? (size_t)wanted : room - 1;
}

static size_t text_line(char *out, size_t room, const struct edge_log *log, const char *time,
                        const char *real, const struct edge_log_repeat *line)
{
    static const int priorities[] = {7, 6, 4, 3}; // syslog(3), by level
    char head[2 * TIME_SIZE + 32], tail[32] = "";
    if (log->format == EDGE_LOG_JOURNAL) // which knows the real time
        (void)snprintf(head, sizeof head, "<%d>%s%s%s", priorities[line->level],
                       real[0] ? "recorded=" : "", real[0] ? time : "", real[0] ? " " : "");
    else
        (void)snprintf(head, sizeof head, "%s %s%s%s", time, real[0] ? "real=" : "", real,
                       real[0] ? " " : "");
    if (line->repeated > 0)
        (void)snprintf(tail, sizeof tail, "%srepeated=%u", line->rest[0] ? " " : "",
                       line->repeated);
    int size = snprintf(out, room, "%slevel=%s what=%s %s%s", head, level_name(line->level),
                        line->what, line->rest, tail);
    return fitting(size, room);
}

static size_t json_line(char *out, size_t room, const char *time, const char *real,
                        const struct edge_log_repeat *line)
{
    char tail[40] = "}";
    if (line->repeated > 0)
        (void)snprintf(tail, sizeof tail, ", \"repeated\": %u}", line->repeated);
    int size =
        snprintf(out, room, "{\"time\": \"%s\", %s%s%s\"level\": \"%s\", \"what\": \"%s\"",
                 time, real[0] ? "\"real_time\": \"" : "", real, real[0] ? "\", " : "",
                 level_name(line->level), line->what);
    size_t length =
        edge_log_json_pairs(out, room - sizeof tail, fitting(size, room), line->rest);
    return length + fitting(snprintf(out + length, room - length, "%s", tail), room - length);
}

static void emit(const struct edge_log *log, int64_t utc_us, const struct edge_log_repeat *line)
{
    char out[OUT_SIZE], time[TIME_SIZE], real[TIME_SIZE] = "";
    format_time(time, utc_us);
    if (log->real_utc_us != NULL)
        format_time(real, log->real_utc_us());
    size_t length = log->format == EDGE_LOG_JSON
                        ? json_line(out, sizeof out - 1, time, real, line)
                        : text_line(out, sizeof out - 1, log, time, real, line);
    out[length++] = '\n';
    // Standard error is closed: the line is lost, the node goes on.
    ssize_t written = write(log->fd, out, length);
    (void)written;
}

static bool over(const struct edge_log_repeat *line, int64_t utc_us)
{
    int64_t age_us = utc_us - line->since_us;
    return age_us >= EDGE_LOG_WINDOW_US || age_us < 0; // or the clock was set
}

static void flush(const struct edge_log *log, int64_t utc_us, struct edge_log_repeat *line)
{
    if (line->repeated > 0)
        emit(log, utc_us, line);
    line->written = line->repeated = 0;
}

// The place of an equal line, or one for it: a free one, else that of the oldest.
static struct edge_log_repeat *place_of(const struct edge_log *log, int64_t utc_us,
                                        const struct edge_log_repeat *line)
{
    struct edge_log_repeat *lines = log->repeats->lines, *best = &lines[0];
    for (size_t i = 0; i < EDGE_LOG_REPEATS; i++) {
        if (lines[i].written > 0 && lines[i].level == line->level
            && strcmp(lines[i].what, line->what) == 0 && strcmp(lines[i].rest, line->rest) == 0)
            return &lines[i];
        if (best->written > 0 && (lines[i].written == 0 || lines[i].since_us < best->since_us))
            best = &lines[i];
    }
    flush(log, utc_us, best);
    best->level = line->level;
    best->since_us = utc_us;
    memcpy(best->what, line->what, sizeof best->what);
    memcpy(best->rest, line->rest, strlen(line->rest) + 1);
    return best;
}

static void flush_over(const struct edge_log *log, int64_t utc_us, bool all)
{
    for (size_t i = 0; i < EDGE_LOG_REPEATS; i++)
        if (log->repeats->lines[i].written > 0
            && (all || over(&log->repeats->lines[i], utc_us)))
            flush(log, utc_us, &log->repeats->lines[i]);
}

static void write_counted(const struct edge_log *log, int64_t utc_us,
                          const struct edge_log_repeat *line)
{
    flush_over(log, utc_us, false);
    struct edge_log_repeat *place = place_of(log, utc_us, line);
    if (place->written < EDGE_LOG_BURST) {
        place->written++;
        emit(log, utc_us, line);
    } else {
        place->repeated++;
    }
}

// A text that was cut ends as a whole one does.
static void close_quotes(char *text)
{
    size_t length = strlen(text);
    bool quoted = false;
    size_t escape = 0; // where the last one begins
    for (size_t i = 0; i < length; i++)
        if (text[i] == '\\' && quoted)
            escape = i++;
        else if (text[i] == '"')
            quoted = !quoted;
    if (!quoted)
        return;
    if (length > 6)
        length -= 2; // for the quote, with one byte that an escape needs
    if (escape > 0 && escape + 4 > length)
        length = escape;
    text[length] = '"';
    text[length + 1] = '\0';
}

void edge_log_write(const struct edge_log *log, int64_t utc_us, enum edge_log_level level,
                    const char *what, const char *format, ...)
{
    if (level < atomic_load_explicit(&log->level, memory_order_relaxed))
        return;
    struct edge_log_repeat line = {.level = level};
    (void)snprintf(line.what, sizeof line.what, "%s", what);
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(line.rest, sizeof line.rest, format, arguments);
    va_end(arguments);
    if (size >= (int)sizeof line.rest)
        close_quotes(line.rest);
    if (log->repeats == NULL || atomic_flag_test_and_set(&log->repeats->busy)) {
        emit(log, utc_us, &line);
        return;
    }
    write_counted(log, utc_us, &line);
    atomic_flag_clear(&log->repeats->busy);
}

void edge_log_flush(const struct edge_log *log, int64_t utc_us, bool all)
{
    if (log->repeats == NULL || atomic_flag_test_and_set(&log->repeats->busy))
        return;
    flush_over(log, utc_us, all);
    atomic_flag_clear(&log->repeats->busy);
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
