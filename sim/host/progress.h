// sim/host/progress.h - how far a long command is: one live line on a terminal, few plain ones
// elsewhere. SPDX-License-Identifier: Apache-2.0
#ifndef SIM_PROGRESS_H
#define SIM_PROGRESS_H

#include <stdint.h>

// A bar for `done` of `total`. Redraws at most ten times a second; now_mono_us is the caller's
// clock. Off a terminal only the end is written.
void sim_progress_bar(const char *what, uint64_t done, uint64_t total, int64_t now_mono_us);

// A free line of status, redrawn in place on a terminal, written every ten seconds elsewhere.
void sim_progress_line(const char *text, int64_t now_mono_us);

// Ends the live line, if there is one.
void sim_progress_end(void);

#endif
