// SPDX-License-Identifier: Apache-2.0
// run and config.
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "edge/command/command.h"
#include "edge/service/loop.h"
#include "geo/utc.h"

static_assert((int)DRF_LOG_TEXT == EDGE_LOG_TEXT && (int)DRF_LOG_JSON == EDGE_LOG_JSON
                  && (int)DRF_LOG_JOURNAL == EDGE_LOG_JOURNAL
                  && (int)DRF_LOG_DEBUG == EDGE_LOG_DEBUG && (int)DRF_LOG_INFO == EDGE_LOG_INFO
                  && (int)DRF_LOG_WARN == EDGE_LOG_WARN && (int)DRF_LOG_ERROR == EDGE_LOG_ERROR,
              "the configuration's numbers are the log's");

enum drf_status edge_command_load(int argc, char **argv, struct drf_config *out)
{
    const char *path = edge_option(argc, argv, "config");
    if (!path) {
        fprintf(stderr, "drf-edge: --config FILE is needed\n");
        return DRF_ERR_ABSENT;
    }
    struct drf_config_error error = {0};
    enum drf_status status = drf_config_load(path, &error, out);
    if (status != DRF_OK)
        drf_config_error_print(path, &error, stderr);
    return status;
}

struct run {
    int argc;
    char **argv;
};

// What the command line says stands above the file, also when that is read again.
static void apply_options(const struct run *run, struct drf_config *config)
{
    const char *journal = edge_option(run->argc, run->argv, "journal");
    if (journal)
        (void)snprintf(config->journal.path, sizeof config->journal.path, "%s", journal);
    if (edge_flag(run->argc, run->argv, "journal-output"))
        config->journal.whole = true;
    if (edge_flag(run->argc, run->argv, "verbose"))
        config->log_level = DRF_LOG_DEBUG;
}

static enum drf_status load_again(void *self, const struct edge_log *log, struct edge_now now,
                                  struct drf_config *out)
{
    const struct run *run = self;
    const char *path = edge_option(run->argc, run->argv, "config");
    struct drf_config_error error = {0};
    enum drf_status status = drf_config_load(path, &error, out);
    if (status == DRF_OK) {
        apply_options(run, out);
        return DRF_OK;
    }
    for (size_t i = 0; i < error.count && i < DRF_MISTAKES_MAX; i++) {
        const struct drf_config_mistake *mistake = &error.mistakes[i];
        char where[DRF_PATH_SIZE + sizeof mistake->text + 16];
        if (mistake->line > 0)
            (void)snprintf(where, sizeof where, "%s:%u: %s", path, mistake->line,
                           mistake->text);
        else
            (void)snprintf(where, sizeof where, "%s: %s", path, mistake->text);
        edge_log_error(log, now.utc_us, "config.mistake", where);
    }
    return status;
}

int edge_command_run(int argc, char **argv)
{
    struct drf_config config;
    struct run run = {.argc = argc, .argv = argv};
    edge_loop_block_signals();
    edge_command_keep_private();
    if (!edge_options_known(argc, argv, "config utc-start journal", "verbose journal-output")
        || edge_command_load(argc, argv, &config) != DRF_OK)
        return 2;
    apply_options(&run, &config);
    struct edge_log log;
    struct edge_log_repeats repeats;
    edge_log_init(&log);
    edge_log_count_repeats(&log, &repeats);
    log.format = (enum edge_log_format)config.log_format;
    log.level = (enum edge_log_level)config.log_level;
    struct edge_clock clock = {0};
    const char *start = edge_option(argc, argv, "utc-start");
    int64_t utc_us = 0;
    int code = 2;
    if (start && geo_utc_parse(start, strlen(start), &utc_us) != DRF_OK)
        fprintf(stderr, "drf-edge: --utc-start: 2004-12-09T12:00:00Z is the form\n");
    else if (start && config.mode != DRF_MODE_REPLAY)
        fprintf(stderr, "drf-edge: --utc-start needs node.mode REPLAY: what it shows is not "
                        "now\n");
    else {
        const struct edge_config_source source = {.self = &run, .load = load_again};
        if (start) {
            clock = edge_clock_from(utc_us);
            log.real_utc_us = edge_clock_utc_us;
        }
        code = edge_loop_run(&config, &source, &log, clock);
    }
    drf_config_close(&config);
    return code;
}

int edge_command_config(int argc, char **argv)
{
    if (!edge_options_known(argc, argv, "", "manual"))
        return 2;
    if (edge_flag(argc, argv, "manual"))
        drf_config_print_manual(stdout);
    else
        drf_config_print_defaults(stdout);
    return 0;
}
