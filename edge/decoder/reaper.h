// edge/decoder/reaper.h - processes that were killed, waited for without waiting.
// SPDX-License-Identifier: Apache-2.0
#ifndef EDGE_REAPER_H
#define EDGE_REAPER_H

#include <sys/types.h>

enum { EDGE_REAPER_ROOM = 16 };

struct edge_reaper { // all zero at first
    pid_t pids[EDGE_REAPER_ROOM];
};

// Kills it. Where there is no room, because as many are ending already, it waits for this one.
void edge_reaper_kill(struct edge_reaper *reaper, pid_t pid);
// Takes note of those that have ended; non-blocking.
void edge_reaper_run(struct edge_reaper *reaper);
// Waits for all of them.
void edge_reaper_finish(struct edge_reaper *reaper);

#endif
