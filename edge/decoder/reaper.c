// SPDX-License-Identifier: Apache-2.0
#include "edge/decoder/reaper.h"

#include <signal.h>
#include <stddef.h>
#include <sys/wait.h>

void edge_reaper_kill(struct edge_reaper *reaper, pid_t pid)
{
    kill(pid, SIGKILL);
    for (size_t i = 0; i < EDGE_REAPER_ROOM; i++) {
        if (reaper->pids[i] == 0) {
            reaper->pids[i] = pid;
            return;
        }
    }
    waitpid(pid, NULL, 0);
}

void edge_reaper_run(struct edge_reaper *reaper)
{
    for (size_t i = 0; i < EDGE_REAPER_ROOM; i++)
        if (reaper->pids[i] > 0 && waitpid(reaper->pids[i], NULL, WNOHANG) != 0)
            reaper->pids[i] = 0;
}

void edge_reaper_finish(struct edge_reaper *reaper)
{
    for (size_t i = 0; i < EDGE_REAPER_ROOM; i++) {
        if (reaper->pids[i] > 0)
            waitpid(reaper->pids[i], NULL, 0);
        reaper->pids[i] = 0;
    }
}
