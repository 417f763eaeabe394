// SPDX-License-Identifier: Apache-2.0
#include "edge/journal/journal_files.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { TIME_AT = sizeof "-20261128" - 1 };
enum { STAMP_SIZE = sizeof "-20261128T201500Z" - 1, NAME_MAX_SIZE = 256 };

// "dir/node.mcap" in parts: the folder, "node", ".mcap".
struct parts {
    char folder[DRF_PATH_SIZE], stem[NAME_MAX_SIZE], suffix[NAME_MAX_SIZE];
};

static void take_apart(const char *path, struct parts *out)
{
    const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path;
    const char *dot = strrchr(name, '.');
    size_t stem = dot != NULL && dot != name ? (size_t)(dot - name) : strlen(name);
    (void)snprintf(out->folder, sizeof out->folder, "%.*s",
                   slash == NULL   ? 1
                   : slash == path ? 1
                                   : (int)(slash - path),
                   slash == NULL ? "." : path);
    (void)snprintf(out->stem, sizeof out->stem, "%.*s", (int)stem, name);
    (void)snprintf(out->suffix, sizeof out->suffix, "%s", name + stem);
}

static void log_failure(const struct edge_log *log, struct edge_now now, const char *file)
{
    char text[120];
    const char *why = strerrordesc_np(errno);
    edge_log_write(log, now.utc_us, EDGE_LOG_WARN, "journal.files", "file=%s text=%s", file,
                   edge_log_quote(text, sizeof text, why, strlen(why)));
}

static void rename_last(const char *path, const struct parts *parts, const struct edge_log *log,
                        struct edge_now now)
{
    struct stat last;
    struct tm tm;
    char stamp[STAMP_SIZE + 1] = "", name[3 * DRF_PATH_SIZE];
    if (stat(path, &last) != 0 || !S_ISREG(last.st_mode))
        return;
    if (gmtime_r(&last.st_mtime, &tm) != NULL)
        (void)strftime(stamp, sizeof stamp, "-%Y%m%dT%H%M%SZ", &tm);
    (void)snprintf(name, sizeof name, "%s/%s%s%s", parts->folder, parts->stem, stamp,
                   parts->suffix);
    if (access(name, F_OK) == 0) // two runs within a second: the one that is there stays
        (void)snprintf(name, sizeof name, "%s/%s%s-%" PRId64 "%s", parts->folder, parts->stem,
                       stamp, now.utc_us, parts->suffix);
    if (rename(path, name) != 0)
        log_failure(log, now, path);
}

// "-20261128T201500Z", or that and "-1795900000000000": a name that somebody gave is left
// alone.
static bool is_stamp(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        bool good = text[i] >= '0' && text[i] <= '9';
        if (i == 0 || i == STAMP_SIZE)
            good = text[i] == '-';
        else if (i == TIME_AT || i == STAMP_SIZE - 1)
            good = text[i] == (i == TIME_AT ? 'T' : 'Z');
        if (!good)
            return false;
    }
    return size == STAMP_SIZE || size > STAMP_SIZE + 1;
}

static bool is_one(const struct parts *parts, const char *name)
{
    size_t stem = strlen(parts->stem), suffix = strlen(parts->suffix), size = strlen(name);
    return size >= stem + STAMP_SIZE + suffix && strncmp(name, parts->stem, stem) == 0
           && is_stamp(name + stem, size - stem - suffix)
           && strcmp(name + size - suffix, parts->suffix) == 0;
}

struct old {
    char path[3 * DRF_PATH_SIZE];
    int64_t time_s;
    uint64_t bytes;
};

static int older(const void *a, const void *b)
{
    const struct old *one = a, *other = b;
    return (one->time_s > other->time_s) - (one->time_s < other->time_s);
}

enum { OLD_MAX = 1000, KEPT_NEWEST = 2 };

static size_t list(const struct parts *parts, struct old olds[static OLD_MAX])
{
    DIR *folder = opendir(parts->folder);
    size_t count = 0;
    const struct dirent *entry = NULL;
    while (folder != NULL && count < OLD_MAX) {
        entry = readdir(folder); // NOLINT(concurrency-mt-unsafe): open here alone
        if (entry == NULL)
            break;
        struct stat about;
        if (!is_one(parts, entry->d_name))
            continue;
        (void)snprintf(olds[count].path, sizeof olds[count].path, "%s/%s", parts->folder,
                       entry->d_name);
        if (lstat(olds[count].path, &about) != 0 || !S_ISREG(about.st_mode))
            continue;
        olds[count].time_s = about.st_mtime;
        olds[count].bytes = (uint64_t)about.st_size;
        count++;
    }
    if (folder != NULL)
        (void)closedir(folder);
    return count;
}

uint64_t edge_journal_files_trim(const struct drf_journal_config *config, uint64_t max_bytes,
                                 const struct edge_log *log, struct edge_now now)
{
    struct parts parts;
    struct old *olds = malloc(OLD_MAX * sizeof *olds);
    take_apart(config->path, &parts);
    size_t count = olds != NULL ? list(&parts, olds) : 0;
    uint64_t bytes = 0;
    for (size_t i = 0; i < count; i++)
        bytes += olds[i].bytes;
    if (count > 0)
        qsort(olds, count, sizeof *olds, older);
    for (size_t i = 0; i < count; i++) {
        bool old = now.utc_us - olds[i].time_s * 1000000 > config->keep_us;
        if (!old && (bytes <= max_bytes || count - i <= KEPT_NEWEST))
            continue;
        if (unlink(olds[i].path) != 0) {
            log_failure(log, now, olds[i].path);
            continue;
        }
        bytes -= olds[i].bytes;
        edge_log_write(log, now.utc_us, EDGE_LOG_INFO, "journal.deleted", "file=%s",
                       olds[i].path);
    }
    free(olds);
    return bytes;
}

uint64_t edge_journal_files_rotate(const struct drf_journal_config *config,
                                   const struct edge_log *log, struct edge_now now)
{
    struct parts parts;
    take_apart(config->path, &parts);
    rename_last(config->path, &parts, log, now);
    return edge_journal_files_trim(config, config->max_bytes, log, now);
}
