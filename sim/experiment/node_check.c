// SPDX-License-Identifier: Apache-2.0
#include "sim/experiment/node_check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/experiment/node_config.h"

enum { PATH_SIZE = 4096, REFUSED = 2 }; // REFUSED: the node's exit code for a configuration

static void be_node(const char *program, const char *config, int output)
{
    int none = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (none < 0 || dup2(none, 1) < 0 || dup2(output, 2) < 0)
        _exit(126);
    execl(program, program, "check", "--offline", "--config", config, (char *)NULL);
    _exit(127);
}

static void read_all(int input, char said[static SIM_NODE_CHECK_SIZE])
{
    size_t size = 0;
    char more[256];
    for (;;) {
        bool room = size + 1 < SIM_NODE_CHECK_SIZE;
        ssize_t got = room ? read(input, said + size, SIM_NODE_CHECK_SIZE - 1 - size)
                           : read(input, more, sizeof more);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        size += room ? (size_t)got : 0;
    }
    said[size] = '\0';
}

static enum drf_status ask(const char *program, const char *config,
                           char said[static SIM_NODE_CHECK_SIZE])
{
    int pipe_fds[2], state = 0;
    if (pipe2(pipe_fds, O_CLOEXEC) != 0) {
        snprintf(said, SIM_NODE_CHECK_SIZE, "no pipe: %s\n", strerrordesc_np(errno));
        return DRF_ERR_STORE;
    }
    fflush(NULL);
    pid_t process = fork();
    if (process == 0)
        be_node(program, config, pipe_fds[1]);
    int failed = errno;
    close(pipe_fds[1]);
    if (process > 0)
        read_all(pipe_fds[0], said);
    else
        snprintf(said, SIM_NODE_CHECK_SIZE, "no process: %s\n", strerrordesc_np(failed));
    close(pipe_fds[0]);
    while (process > 0 && waitpid(process, &state, 0) < 0 && errno == EINTR)
        continue;
    if (process < 0)
        return DRF_ERR_STORE;
    return WIFEXITED(state) && WEXITSTATUS(state) == REFUSED ? DRF_ERR_SYNTAX : DRF_OK;
}

enum drf_status sim_node_check(const char *program, const char *folder,
                               const struct sim_trial *trial,
                               char said[static SIM_NODE_CHECK_SIZE])
{
    char path[PATH_SIZE];
    struct sim_world world;
    snprintf(path, sizeof path, "%.4000s/node-check.yaml", folder);
    snprintf(said, SIM_NODE_CHECK_SIZE, "%.2000s cannot be written\n", path);
    enum drf_status status = sim_world_open(&trial->world, &world);
    if (status != DRF_OK)
        return DRF_OK; // the run says it
    status = sim_node_config_write(trial, &world, path);
    sim_world_close(&world);
    if (status == DRF_OK)
        status = ask(program, path, said);
    (void)unlink(path);
    return status;
}
