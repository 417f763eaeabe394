// SPDX-License-Identifier: Apache-2.0
#include "sim/experiment/lockstep.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "drf/v1/simulation.pb-c.h"

enum { STEP_MAX = 64, PATIENCE_TURNS = 500, TURN_US = 10000 };

static const char step_topic[] = "sim/step";

struct sim_lockstep {
    pid_t process; // 0: none
    struct drf_recording *input;
    struct drf_recording_reader *output;
    char error[SIM_LOCKSTEP_ERROR_SIZE];
};

static void be_node(const char *program, const char *config, const char *log, int input,
                    int output)
{
    int file = open(log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
    // A node ends with the experiment that feeds it.
    if (file < 0 || prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || dup2(input, 0) < 0
        || dup2(output, 1) < 0 || dup2(file, 2) < 0)
        _exit(126);
    execl(program, program, "lockstep", "--config", config, (char *)NULL);
    dprintf(2, "%s: %s\n", program, strerrordesc_np(errno));
    _exit(127);
}

static enum drf_status open_streams(struct sim_lockstep *lockstep, int to_node, int from_node,
                                    char error[static SIM_LOCKSTEP_ERROR_SIZE])
{
    const struct drf_mcap_write_options write = {.library = "drf-sim " DRF_VERSION,
                                                 .stream = true};
    const struct drf_mcap_read_options read = {.stream = true};
    char written[DRF_MCAP_ERROR_SIZE] = "";
    struct drf_mcap_error failed = {.offset = 0};
    enum drf_status status = drf_recording_open_fd(to_node, "the pipe to the node", &write,
                                                   &lockstep->input, written);
    if (status != DRF_OK) {
        snprintf(error, SIM_LOCKSTEP_ERROR_SIZE, "%s", written);
        close(from_node);
        return status;
    }
    status = drf_recording_reader_open_fd(from_node, "the pipe from the node", &read,
                                          &lockstep->output, &failed);
    if (status != DRF_OK)
        snprintf(error, SIM_LOCKSTEP_ERROR_SIZE, "%s", failed.text);
    return status;
}

enum drf_status sim_lockstep_open(const char *program, const char *config, const char *log,
                                  struct sim_lockstep **out,
                                  char error[static SIM_LOCKSTEP_ERROR_SIZE])
{
    int to_node[2] = {-1, -1}, from_node[2] = {-1, -1};
    struct sim_lockstep *lockstep = calloc(1, sizeof *lockstep);
    if (lockstep == NULL)
        return DRF_ERR_NOMEM;
    enum drf_status status = DRF_OK;
    if (pipe2(to_node, O_CLOEXEC) != 0 || pipe2(from_node, O_CLOEXEC) != 0)
        status = DRF_ERR_STORE;
    if (status == DRF_OK) {
        lockstep->process = fork();
        if (lockstep->process == 0)
            be_node(program, config, log, to_node[0], from_node[1]);
        status = lockstep->process > 0 ? DRF_OK : DRF_ERR_STORE;
    }
    for (int i = 0; i < 2; i++) { // the node's ends
        int end = i == 0 ? to_node[0] : from_node[1];
        if (end >= 0)
            close(end);
    }
    if (status == DRF_OK) {
        status = open_streams(lockstep, to_node[1], from_node[0], error);
    } else {
        snprintf(error, SIM_LOCKSTEP_ERROR_SIZE, "no process: %s", strerrordesc_np(errno));
        if (to_node[1] >= 0)
            close(to_node[1]);
        if (from_node[0] >= 0)
            close(from_node[0]);
    }
    if (status != DRF_OK) {
        (void)sim_lockstep_close(lockstep);
        return status;
    }
    *out = lockstep;
    return DRF_OK;
}

bool sim_lockstep_close(struct sim_lockstep *lockstep)
{
    if (lockstep == NULL)
        return false;
    drf_recording_close(lockstep->input);
    drf_recording_reader_close(lockstep->output);
    int state = -1;
    pid_t ended = lockstep->process > 0 ? 0 : lockstep->process;
    for (int turn = 0; lockstep->process > 0 && ended == 0; turn++) {
        if (turn == PATIENCE_TURNS)
            kill(lockstep->process, SIGKILL);
        ended = waitpid(lockstep->process, &state, WNOHANG);
        if (ended == 0)
            usleep(TURN_US);
    }
    free(lockstep);
    return ended > 0 && WIFEXITED(state) && WEXITSTATUS(state) == 0;
}

struct drf_recording *sim_lockstep_input(struct sim_lockstep *lockstep)
{
    return lockstep->input;
}

static bool is_step(const struct drf_recorded *message)
{
    return message->kind == DRF_RECORDED_OTHER && message->record.kind == DRF_MCAP_MESSAGE
           && strcmp(message->record.channel->topic, step_topic) == 0;
}

static enum drf_status fail(struct sim_lockstep *lockstep, const char *text)
{
    snprintf(lockstep->error, sizeof lockstep->error, "%s", text);
    return DRF_ERR_STORE;
}

static enum drf_status check_step(struct sim_lockstep *lockstep,
                                  const struct drf_recorded *message, struct sim_now now)
{
    Drf__V1__SimStep *step =
        drf__v1__sim_step__unpack(NULL, (size_t)message->record.size, message->record.data);
    bool same = step != NULL && step->mono_us == now.mono_us && step->utc_us == now.utc_us;
    if (step != NULL)
        drf__v1__sim_step__free_unpacked(step, NULL);
    return same ? DRF_OK
                : fail(lockstep, "the node answered with another time than it was told");
}

enum drf_status sim_lockstep_step(struct sim_lockstep *lockstep, struct sim_now now, bool end,
                                  sim_lockstep_fn fn, void *context)
{
    Drf__V1__SimStep step = DRF__V1__SIM_STEP__INIT;
    uint8_t bytes[STEP_MAX];
    step.has_mono_us = step.has_utc_us = 1;
    step.mono_us = now.mono_us;
    step.utc_us = now.utc_us;
    step.has_end = step.end = end;
    size_t size = drf__v1__sim_step__pack(&step, bytes);
    uint64_t now_ns = (uint64_t)now.utc_us * 1000;
    struct drf_mcap_writer *writer = drf_recording_mcap(lockstep->input);
    enum drf_status status = drf_recording_message(
        lockstep->input, step_topic, "drf.v1.SimStep", bytes, size, now_ns, now_ns);
    if (status == DRF_OK)
        status = drf_mcap_write_end_chunk(writer);
    if (status != DRF_OK)
        return fail(lockstep, "the node has ended before its time");
    for (;;) {
        struct drf_recorded message;
        status = drf_recording_next(lockstep->output, &message);
        if (status == DRF_ERR_ABSENT)
            return fail(lockstep, "the node has ended before its time");
        if (status != DRF_OK)
            return fail(
                lockstep,
                drf_mcap_reader_error(drf_recording_reader_mcap(lockstep->output))->text);
        if (is_step(&message))
            return check_step(lockstep, &message, now);
        fn(context, &message);
    }
}

const char *sim_lockstep_error(const struct sim_lockstep *lockstep) { return lockstep->error; }
