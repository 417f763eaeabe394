// SPDX-License-Identifier: Apache-2.0
#include "edge/decoder/child_spawn.h"

#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <unistd.h>

pid_t edge_child_spawn(const struct edge_children_config *config, int fd)
{
    char memory[24];
    snprintf(memory, sizeof memory, "%" PRIu64, config->memory_bytes);
    char *arguments[] = {"drf-edge", (char *)config->word, memory, NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    if (posix_spawn_file_actions_init(&actions) != 0)
        return -1;
    if (posix_spawnattr_init(&attributes) != 0) {
        posix_spawn_file_actions_destroy(&actions);
        return -1;
    }
    sigset_t none, usual;
    sigemptyset(&none);
    sigfillset(&usual);
    pid_t pid = -1;
    // What a library prints about untrusted input must not get into the operator's log.
    int failed =
        posix_spawn_file_actions_adddup2(&actions, fd, STDIN_FILENO)
        | posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0)
        | posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
        | posix_spawnattr_setsigmask(&attributes, &none)
        | posix_spawnattr_setsigdefault(&attributes, &usual)
        | posix_spawnattr_setpgroup(&attributes, 0)
        | posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
                                                    | POSIX_SPAWN_SETPGROUP);
    if (!failed)
        failed = posix_spawn(&pid, config->program ? config->program : "/proc/self/exe",
                             &actions, &attributes, arguments, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return failed ? -1 : pid;
}
