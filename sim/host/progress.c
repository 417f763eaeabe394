// SPDX-License-Identifier: Apache-2.0
#include "sim/host/progress.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { BAR = 32 };

static bool due(struct sim_progress *progress, int64_t now_mono_us, int64_t every_us)
{
    if (progress->drawn_mono_us != 0 && now_mono_us - progress->drawn_mono_us < every_us)
        return false;
    progress->drawn_mono_us = now_mono_us;
    return true;
}

static void draw(struct sim_progress *progress, const char *text)
{
    printf("\r%s\033[K", text);
    fflush(stdout);
    progress->live = true;
}

void sim_progress_bar(struct sim_progress *progress, const char *what, uint64_t done,
                      uint64_t total, int64_t now_mono_us)
{
    if (isatty(STDOUT_FILENO) == 0) {
        if (done == total)
            printf("%s: %llu of %llu\n", what, (unsigned long long)done,
                   (unsigned long long)total);
        return;
    }
    if (!due(progress, now_mono_us, 100000) && done != total)
        return;
    char bar[BAR + 1];
    int full = total > 0 ? (int)(done * BAR / total) : BAR;
    memset(bar, '.', BAR);
    memset(bar, '#', (size_t)full);
    bar[BAR] = '\0';
    char text[256];
    snprintf(text, sizeof text, "%-28.28s [%s] %llu/%llu", what, bar, (unsigned long long)done,
             (unsigned long long)total);
    draw(progress, text);
}

void sim_progress_line(struct sim_progress *progress, const char *text, int64_t now_mono_us)
{
    bool terminal = isatty(STDOUT_FILENO) != 0;
    if (!terminal && progress->drawn_mono_us == 0)
        progress->drawn_mono_us = now_mono_us; // nothing to report yet
    if (!due(progress, now_mono_us, terminal ? 200000 : 10000000))
        return;
    if (terminal) {
        draw(progress, text);
        return;
    }
    printf("%s\n", text);
    fflush(stdout);
}

void sim_progress_end(struct sim_progress *progress)
{
    if (progress->live)
        putchar('\n');
    fflush(stdout);
    progress->live = false;
    progress->drawn_mono_us = 0;
}
