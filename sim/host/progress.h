// sim/host/progress.h - progress output of a long command on standard output.
// SPDX-License-Identifier: Apache-2.0
//
// On a terminal one line that is redrawn in place, elsewhere few plain lines. The state is the
// caller's; two of them on one terminal overwrite each other's line.
#ifndef SIM_PROGRESS_H
#define SIM_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

// Begin with zeros.
struct sim_progress {
    bool live;             // an unfinished line is on the terminal
    int64_t drawn_mono_us; // when the line was written last; 0: not yet
};

// A bar for `done` of `total`, redrawn at most ten times a second. Where there is no terminal
// only the end is written.
void sim_progress_bar(struct sim_progress *progress, const char *what, uint64_t done,
                      uint64_t total, int64_t now_mono_us);

// A line of status, redrawn in place on a terminal, written every ten seconds elsewhere.
void sim_progress_line(struct sim_progress *progress, const char *text, int64_t now_mono_us);

// Ends the live line, if there is one, and forgets when it was drawn.
void sim_progress_end(struct sim_progress *progress);

#endif
