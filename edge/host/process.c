// SPDX-License-Identifier: Apache-2.0
#include "edge/host/process.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "edge/host/clock.h"

// Fields of /proc/self/stat after the name in parentheses; proc(5) counts them from 3 there.
enum { FIELD_START = 22 - 3, FIELD_VSIZE = 23 - 3, FIELD_RSS = 24 - 3, FIELD_COUNT };

static bool read_file(const char *path, char *out, size_t room)
{
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return false;
    size_t size = fread(out, 1, room - 1, file);
    fclose(file);
    out[size] = '\0';
    return size > 0;
}

static bool read_stat(unsigned long long fields[static FIELD_COUNT])
{
    char text[2048];
    const char *at =
        read_file("/proc/self/stat", text, sizeof text) ? strrchr(text, ')') : NULL;
    if (at == NULL)
        return false;
    at += 2;
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        fields[i] = strtoull(at, NULL, 10); // the state, a letter, gives 0
        at = strchr(at, ' ');
        if (at == NULL)
            return false;
        at++;
    }
    return true;
}

// Unix time of the machine's start. /proc/stat says it too, but is hidden from a service.
static int64_t boot_s(void) { return (edge_clock_boot_utc_us() + 500000) / 1000000; }

static int64_t open_fds(void)
{
    DIR *folder = opendir("/proc/self/fd");
    if (folder == NULL)
        return -1;
    int64_t count = -1; // the folder's own
    const struct dirent *entry;
    while ((entry = readdir(folder)) != NULL) // NOLINT(concurrency-mt-unsafe): our own stream
        if (entry->d_name[0] != '.')
            count++;
    closedir(folder);
    return count;
}

void edge_process_sample(struct edge_metrics *metrics)
{
    unsigned long long fields[FIELD_COUNT];
    if (read_stat(fields)) {
        edge_metrics_set(metrics, EDGE_METRIC_PROCESS_VIRTUAL, 0, (int64_t)fields[FIELD_VSIZE]);
        edge_metrics_set(metrics, EDGE_METRIC_PROCESS_RESIDENT, 0,
                         (int64_t)fields[FIELD_RSS] * sysconf(_SC_PAGESIZE));
        edge_metrics_set(
            metrics, EDGE_METRIC_PROCESS_START, 0,
            boot_s() + (int64_t)(fields[FIELD_START] / (unsigned long)sysconf(_SC_CLK_TCK)));
    }
    struct rusage used;
    if (getrusage(RUSAGE_SELF, &used) == 0)
        edge_metrics_set(metrics, EDGE_METRIC_PROCESS_CPU, 0,
                         ((int64_t)used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000000
                             + used.ru_utime.tv_usec + used.ru_stime.tv_usec);
    int64_t fds = open_fds();
    if (fds >= 0)
        edge_metrics_set(metrics, EDGE_METRIC_PROCESS_FDS, 0, fds);
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur <= (rlim_t)INT64_MAX)
        edge_metrics_set(metrics, EDGE_METRIC_PROCESS_FDS_MAX, 0, (int64_t)limit.rlim_cur);
}
