// SPDX-License-Identifier: Apache-2.0
// `drf-sim experiment`: makes all runs of an experiment, some at a time, each in a process of
// its own and a folder of its own. A run is finished when its row.csv is there, which is
// written last; so an experiment that was stopped or killed goes on where it was, and what was
// half done is done again. results.csv is put together from the rows in the order of the runs,
// whatever the order in which they ended.
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/command/command.h"
#include "sim/experiment/made_by.h"
#include "sim/experiment/node_check.h"
#include "sim/experiment/run.h"
#include "sim/host/loop.h"
#include "sim/host/options.h"
#include "sim/host/progress.h"
#include "sim/publish/batch.h"

enum { PATH_SIZE = 4096, JOBS_MAX = 256, TURN_MS = 20, TAIL_SIZE = 600 };

enum state { TO_DO, UNDER_WAY, FINISHED, FAILED };

struct work {
    struct sim_experiment experiment;
    const char *out, *program;
    char made_by[SIM_MADE_BY_SIZE];
    size_t runs, jobs;
    unsigned char *states; // enum state of each run
    pid_t process[JOBS_MAX];
    size_t run_of[JOBS_MAX];
    struct sim_trial trial; // of the run that was looked at last
    char name[SIM_RUN_NAME_SIZE], folder[PATH_SIZE];
};

static bool path_in(char path[static PATH_SIZE], const char *folder, const char *name)
{
    return snprintf(path, PATH_SIZE, "%s/%s", folder, name) < PATH_SIZE;
}

static bool look_at(struct work *work, size_t run)
{
    struct sim_experiment_error error;
    if (sim_experiment_run(&work->experiment, run, &work->trial, work->name, &error)
        != DRF_OK) {
        fprintf(stderr, "drf-sim experiment: run %zu: %s\n", run + 1, error.text);
        return false;
    }
    return path_in(work->folder, work->out, work->name);
}

// The programs and the settings as text; the caller frees it. NULL: no memory.
static char *settings_of(const struct work *work)
{
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);
    if (file == NULL)
        return NULL;
    fputs(work->made_by, file);
    sim_trial_write(&work->trial, file);
    fclose(file);
    return text;
}

// A whole file, so that it is there or not.
static bool write_file(const char *folder, const char *name, const char *text)
{
    char path[PATH_SIZE], part[PATH_SIZE];
    if (!path_in(path, folder, name) || snprintf(part, sizeof part, "%.4080s.part", path) < 0)
        return false;
    FILE *file = fopen(part, "w");
    if (file == NULL)
        return false;
    bool good = fputs(text, file) >= 0 && fflush(file) == 0 && fsync(fileno(file)) == 0;
    good = fclose(file) == 0 && good;
    return good && rename(part, path) == 0;
}

// NULL: no such file. The caller frees it.
static char *read_file(const char *folder, const char *name)
{
    char path[PATH_SIZE];
    uint8_t *bytes = NULL;
    size_t size = 0;
    if (!path_in(path, folder, name) || sim_file_read(path, &bytes, &size) != DRF_OK)
        return NULL;
    char *text = malloc(size + 1);
    if (text != NULL) {
        memcpy(text, bytes, size);
        text[size] = '\0';
    }
    free(bytes);
    return text;
}

// Finds what is finished. False: a run there has other settings, or is of other programs.
static bool find_finished(struct work *work)
{
    for (size_t run = 0; run < work->runs; run++) {
        if (!look_at(work, run))
            return false;
        char *row = read_file(work->folder, "row.csv");
        if (row == NULL)
            continue;
        free(row);
        char *made = read_file(work->folder, "settings.txt"), *wanted = settings_of(work);
        bool same = made != NULL && wanted != NULL && strcmp(made, wanted) == 0;
        free(made);
        free(wanted);
        if (!same) {
            fprintf(stderr,
                    "drf-sim experiment: %s was made with other settings or programs "
                    "(settings.txt there); name another folder with --out\n",
                    work->folder);
            return false;
        }
        work->states[run] = FINISHED;
    }
    return true;
}

// Whether a run is the first with its settings of the node: all else that varies is at its
// first value.
static bool first_of_node(const struct sim_experiment *e, size_t run)
{
    bool first = run % e->seed_count == 0;
    for (size_t i = 0; i < e->varied_count && first; i++)
        first = strncmp(e->varied[i].path, "node.", 5) == 0
                || strcmp(sim_experiment_value(e, run, i), e->varied[i].values[0]) == 0;
    return first;
}

// What the node says of `node.SECTION.KEY`, before hours are spent on runs.
static int ask_node(struct work *work)
{
    char said[SIM_NODE_CHECK_SIZE];
    if (access(work->program, X_OK) != 0) {
        fprintf(stderr, "drf-sim experiment: %s: %s; --edge names the node's program\n",
                work->program, strerrordesc_np(errno));
        return 2;
    }
    for (size_t run = 0; run < work->runs; run += work->experiment.seed_count) {
        if (!first_of_node(&work->experiment, run))
            continue;
        if (!look_at(work, run))
            return 2;
        if (work->trial.node_count == 0)
            break;
        enum drf_status status = sim_node_check(work->program, work->out, &work->trial, said);
        if (status != DRF_OK) {
            fprintf(
                stderr,
                "drf-sim experiment: %s: the node refuses the configuration that `node` and "
                "`vary` give it:\n%s",
                work->name, said);
            return status == DRF_ERR_SYNTAX ? 2 : 1;
        }
    }
    return 0;
}

static void print_tail(const char *folder)
{
    char *log = read_file(folder, "node.log");
    if (log == NULL)
        return;
    size_t size = strlen(log);
    const char *tail = size > TAIL_SIZE ? log + size - TAIL_SIZE : log;
    if (tail != log && strchr(tail, '\n') != NULL)
        tail = strchr(tail, '\n') + 1;
    if (*tail != '\0')
        fprintf(stderr, "the node's last words (%s/node.log):\n%s", folder, tail);
    free(log);
}

// In a process of its own.
static int make_run(struct work *work, size_t run)
{
    struct sim_run_result result;
    char error[SIM_RUN_ERROR_SIZE] = "";
    if (mkdir(work->folder, 0777) != 0 && errno != EEXIST) {
        fprintf(stderr, "drf-sim experiment: cannot make %s: %s\n", work->folder,
                strerrordesc_np(errno));
        return 1;
    }
    char *settings = settings_of(work);
    bool written = settings != NULL && write_file(work->folder, "settings.txt", settings);
    free(settings);
    const struct sim_run_job job = {.experiment = &work->experiment,
                                    .run = run,
                                    .trial = &work->trial,
                                    .name = work->name,
                                    .folder = work->folder,
                                    .program = work->program,
                                    .stop = sim_stop_wanted};
    enum drf_status status = written ? sim_run_make(&job, &result, error) : DRF_ERR_STORE;
    if (status == DRF_OK && !write_file(work->folder, "row.csv", result.row))
        status = DRF_ERR_STORE;
    if (status != DRF_OK && status != DRF_ERR_AGAIN) {
        fprintf(stderr, "drf-sim experiment: %s: %s (%s)\n", work->folder,
                error[0] != '\0' ? error : "cannot be written", drf_status_name(status));
        print_tail(work->folder);
    }
    return status == DRF_OK ? 0 : 1;
}

static void start_run(struct work *work, size_t slot, size_t run)
{
    work->states[run] = FAILED;
    if (!look_at(work, run))
        return;
    fflush(NULL);
    pid_t parent = getpid(), process = fork();
    if (process == 0) {
        // It ends with the experiment, also when that is killed.
        if (prctl(PR_SET_PDEATHSIG, SIGTERM) != 0 || getppid() != parent)
            _exit(1);
        int code = make_run(work, run);
        fflush(NULL);
        _exit(code);
    }
    if (process < 0) {
        fprintf(stderr, "drf-sim experiment: no process: %s\n", strerrordesc_np(errno));
        return;
    }
    work->states[run] = UNDER_WAY;
    work->process[slot] = process;
    work->run_of[slot] = run;
}

// True when the process of a slot has ended.
static bool reap(struct work *work, size_t slot)
{
    int state = 0;
    if (waitpid(work->process[slot], &state, WNOHANG) != work->process[slot])
        return false;
    bool good = WIFEXITED(state) && WEXITSTATUS(state) == 0;
    work->states[work->run_of[slot]] = good ? FINISHED : FAILED;
    work->process[slot] = 0;
    return true;
}

static size_t count_of(const struct work *work, enum state state)
{
    size_t count = 0;
    for (size_t i = 0; i < work->runs; i++)
        count += work->states[i] == state;
    return count;
}

static void make_all(struct work *work)
{
    struct sim_progress progress = {.live = false};
    size_t next = 0, under_way = 0, ended = count_of(work, FINISHED);
    bool told = false; // the processes to stop
    do {
        bool stop = sim_stop_wanted();
        for (size_t slot = 0; slot < work->jobs; slot++) {
            if (work->process[slot] != 0 && reap(work, slot)) {
                under_way--;
                ended++;
            }
            if (work->process[slot] != 0 && stop && !told)
                kill(work->process[slot], SIGTERM);
            while (next < work->runs && work->states[next] != TO_DO)
                next++;
            if (work->process[slot] == 0 && next < work->runs && !stop) {
                start_run(work, slot, next++);
                under_way += work->process[slot] != 0 ? 1 : 0;
            }
        }
        told = told || stop;
        sim_progress_bar(&progress, "runs", ended, work->runs, sim_mono_us());
        if (under_way > 0)
            sim_pause_ms(TURN_MS);
    } while (under_way > 0 || (next < work->runs && !sim_stop_wanted()));
    sim_progress_end(&progress);
}

static void put_field(const char *text, FILE *file)
{
    if (strpbrk(text, ",\"\n") == NULL) {
        fputs(text, file);
        return;
    }
    fputc('"', file);
    for (const char *p = text; *p != '\0'; p++)
        fprintf(file, *p == '"' ? "\"\"" : "%c", *p);
    fputc('"', file);
}

static bool write_results(struct work *work)
{
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);
    if (file == NULL)
        return false;
    fputs("run,seed", file);
    for (size_t i = 0; i < work->experiment.varied_count; i++)
        fprintf(file, ",%s", work->experiment.varied[i].path);
    fprintf(file, ",%s\n", sim_run_columns);
    for (size_t run = 0; run < work->runs; run++) {
        if (work->states[run] != FINISHED || !look_at(work, run))
            continue;
        char *row = read_file(work->folder, "row.csv");
        if (row == NULL)
            continue;
        put_field(work->name, file);
        fprintf(file, ",%" PRIu64, work->trial.seed);
        for (size_t i = 0; i < work->experiment.varied_count; i++) {
            fputc(',', file);
            put_field(sim_experiment_value(&work->experiment, run, i), file);
        }
        fprintf(file, ",%s\n", row);
        free(row);
    }
    bool good = ferror(file) == 0;
    good = fclose(file) == 0 && good && write_file(work->out, "results.csv", text);
    free(text);
    if (!good)
        fprintf(stderr, "drf-sim experiment: cannot write %s/results.csv\n", work->out);
    return good;
}

static int conclude(struct work *work)
{
    bool written = write_results(work);
    size_t finished = count_of(work, FINISHED), failed = count_of(work, FAILED);
    printf("%zu of %zu runs finished", finished, work->runs);
    if (sim_stop_wanted())
        printf("; the same command goes on");
    else if (failed > 0)
        printf(", %zu failed; the same command tries them again", failed);
    printf(": %s/results.csv\n", work->out);
    return written && finished == work->runs ? 0 : 1;
}

// The node's program beside this one.
static bool beside(char path[static PATH_SIZE])
{
    ssize_t size = readlink("/proc/self/exe", path, PATH_SIZE - 1);
    if (size < 0)
        return false;
    path[size] = '\0';
    char *slash = strrchr(path, '/');
    return slash != NULL
           && snprintf(slash + 1, PATH_SIZE - (size_t)(slash + 1 - path), "drf-edge") > 0;
}

static int make(struct work *work, const char *file)
{
    struct sim_experiment_error error;
    if (sim_experiment_read(file, &work->experiment, &error) != DRF_OK) {
        if (error.line > 0)
            fprintf(stderr, "drf-sim experiment: %s:%u: %s\n", file, error.line, error.text);
        else
            fprintf(stderr, "drf-sim experiment: %s: %s\n", file, error.text);
        return 2;
    }
    work->runs = sim_experiment_runs(&work->experiment);
    sim_made_by(work->program, work->made_by);
    work->states = calloc(work->runs, 1);
    if (mkdir(work->out, 0777) != 0 && errno != EEXIST) {
        fprintf(stderr, "drf-sim experiment: cannot make %s: %s\n", work->out,
                strerrordesc_np(errno));
        return 1;
    }
    if (work->states == NULL || !find_finished(work))
        return 1;
    int code = ask_node(work);
    if (code != 0) {
        (void)rmdir(work->out); // if it is empty
        return code;
    }
    size_t finished = count_of(work, FINISHED);
    printf("%zu runs in %s", work->runs, work->out);
    printf(finished > 0 ? ", %zu of them finished before\n" : "\n", finished);
    sim_stop_watch();
    make_all(work);
    return conclude(work);
}

int sim_experiment_command(int argc, char **argv)
{
    uint64_t jobs = 1;
    struct work work = {.runs = 0};
    char stem[PATH_SIZE / 2], program[PATH_SIZE];
    const struct sim_option options[] = {
        {"out", SIM_OPTION_TEXT, &work.out, "DIR",
         "folder for the runs (default: FILE's name without its ending)"},
        {"jobs", SIM_OPTION_COUNT, &jobs, "N", "runs at a time (default 1)"},
        {"edge", SIM_OPTION_TEXT, &work.program, "PROGRAM",
         "the node (default: drf-edge beside this program)"},
    };
    const struct sim_usage usage = {
        "experiment FILE.yaml [--out DIR] [--jobs N] [--edge PROGRAM]",
        "Runs a world, a node and a fleet without brokers, as fast as it goes, for each seed "
        "and\n"
        "each value of the parameters that FILE.yaml lists. Each run leaves "
        "run-SEED.../recording.mcap\n"
        "and a row in results.csv. The same seed gives the same bytes. What is finished is "
        "not\n"
        "made again: an experiment that was stopped goes on.",
        options, sizeof options / sizeof options[0]};
    int rest;
    enum drf_status status = sim_options_read(&usage, argc, argv, &rest);
    if (status != DRF_OK)
        return sim_options_exit(status);
    if (argc - rest != 1 || jobs < 1 || jobs > JOBS_MAX) {
        fprintf(stderr, "drf-sim experiment: one FILE.yaml; --jobs is 1 to %d\n", JOBS_MAX);
        return 2;
    }
    work.jobs = (size_t)jobs;
    if (work.out == NULL) {
        sim_file_stem(argv[rest], stem, sizeof stem);
        work.out = stem;
    }
    if (work.program == NULL && beside(program))
        work.program = program;
    if (work.program == NULL) {
        fprintf(stderr, "drf-sim experiment: where is drf-edge? name it with --edge\n");
        return 2;
    }
    int code = make(&work, argv[rest]);
    free(work.states);
    sim_experiment_close(&work.experiment);
    return code;
}
