// edge/trial/try_process.h - programs that `drf-edge try` starts and ends.
// SPDX-License-Identifier: Apache-2.0
//
// They are in process groups of their own, so that Ctrl-C reaches this program first, and the
// kernel ends them if this program is killed.
#ifndef EDGE_TRY_PROCESS_H
#define EDGE_TRY_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct edge_try_process {
    const char *name;
    pid_t pid; // 0: does not run
};

// From here on SIGINT, SIGTERM and SIGHUP are only noticed by edge_try_pause().
void edge_try_signals_hold(void);
// Waits; true: the user wants to stop.
bool edge_try_pause(unsigned ms);

// Starts argv[0] (found in PATH, or a path) with its output in `log`, or with ours if that is
// NULL. False: it cannot be started.
bool edge_try_process_start(const char *name, const char *const argv[], const char *log,
                            struct edge_try_process *out);
// False: it ended by itself, or does not run.
bool edge_try_process_runs(struct edge_try_process *process);
// SIGTERM, and SIGKILL after 20 s. Its exit code, -1: it did not run or was killed.
int edge_try_process_stop(struct edge_try_process *process);
// Runs a program to its end; its exit code, -1: it cannot be started, or was interrupted.
int edge_try_process_wait(const char *const argv[], const char *log);

// The full path of a program of PATH, or of /usr/sbin. False: there is none.
bool edge_try_program(const char *name, char *out, size_t size);
// Distinct TCP ports of 127.0.0.1 that nothing listens on. False: no socket can be made.
bool edge_try_ports(uint16_t *out, size_t count);
bool edge_try_listens(uint16_t port); // something does, at 127.0.0.1
// GET of an HTTP server at 127.0.0.1: the answer with its head, cut at `size`. False: none.
bool edge_try_ask(uint16_t port, const char *path, char *out, size_t size);

#endif
