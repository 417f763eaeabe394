// SPDX-License-Identifier: Apache-2.0
#include "edge/decoder/child_spawn.h"

#include <assert.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "edge/decoder/data_file.h"

enum { VARIABLES_MAX = 16 };

// What of this process's environment the child gets; no secret is in it, whatever is in ours.
static void inherit(char *out[static VARIABLES_MAX + 1])
{
    size_t count = 0;
    for (size_t i = 0; edge_data_variables[i] != NULL; i++) {
        const size_t length = strlen(edge_data_variables[i]);
        for (char **one = environ; one != NULL && *one != NULL; one++) {
            if (strncmp(*one, edge_data_variables[i], length) != 0 || (*one)[length] != '=')
                continue;
            assert(count < VARIABLES_MAX);
            out[count++] = *one;
            break;
        }
    }
    out[count] = NULL;
}

static pid_t spawn(const struct edge_children_config *config, int fd, int data_fd)
{
    char memory[24];
    char *environment[VARIABLES_MAX + 1];
    inherit(environment);
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
        | posix_spawn_file_actions_adddup2(&actions, data_fd, EDGE_DATA_FD)
        | posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0)
        | posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
        | posix_spawnattr_setsigmask(&attributes, &none)
        | posix_spawnattr_setsigdefault(&attributes, &usual)
        | posix_spawnattr_setpgroup(&attributes, 0)
        | posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
                                                    | POSIX_SPAWN_SETPGROUP);
    if (!failed)
        failed = posix_spawn(&pid, config->program ? config->program : "/proc/self/exe",
                             &actions, &attributes, arguments, environment);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return failed ? -1 : pid;
}

pid_t edge_child_spawn(const struct edge_children_config *config, int *fd, int *data_fd)
{
    int ends[2], data_ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return -1;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, data_ends) != 0) {
        close(ends[0]);
        close(ends[1]);
        return -1;
    }
    pid_t pid = -1;
    if (fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0)
        pid = spawn(config, ends[1], data_ends[1]);
    close(ends[1]);
    close(data_ends[1]);
    if (pid < 0) {
        close(ends[0]);
        close(data_ends[0]);
        return -1;
    }
    *fd = ends[0];
    *data_fd = data_ends[0];
    return pid;
}
