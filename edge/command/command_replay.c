// SPDX-License-Identifier: Apache-2.0
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "edge/command/command.h"
#include "edge/host/clock.h"
#include "edge/host/fma.h"
#include "edge/host/sha256.h"
#include "edge/replay/journal_read.h"
#include "edge/replay/replay.h"
#include "geo/utc.h"

enum { SETTINGS_MAX = 64 };

static bool parse_speed(const char *text, double *out)
{
    char *end;
    if (text == NULL || strcmp(text, "max") == 0) {
        *out = 0;
        return true;
    }
    if (strcmp(text, "real") == 0) {
        *out = 1;
        return true;
    }
    *out = strtod(text, &end);
    if (end != text && *end == '\0' && *out > 0 && *out <= 1e6)
        return true;
    fprintf(stderr, "drf-edge: --speed: max, real, or a number of times real time\n");
    return false;
}

static bool parse_until(const char *text, int64_t *out)
{
    *out = INT64_MAX;
    if (text == NULL || geo_utc_parse(text, strlen(text), out) == DRF_OK)
        return true;
    fprintf(stderr, "drf-edge: --until: 2004-12-09T12:00:00Z is the form\n");
    return false;
}

// Every value of --set, and how many there are: more than SETTINGS_MAX are not in `out`.
static size_t settings(int argc, char **argv, const char *out[static SETTINGS_MAX])
{
    size_t count = 0;
    for (int i = 0; i < argc; i++) {
        const char *value = NULL;
        if (strcmp(argv[i], "--set") == 0 && i + 1 < argc)
            value = argv[++i];
        else if (strncmp(argv[i], "--set=", 6) == 0)
            value = argv[i] + 6;
        if (value != NULL && count < SETTINGS_MAX)
            out[count] = value;
        count += value != NULL;
    }
    return count;
}

static void print(const struct edge_replay_result *result,
                  const struct edge_replay_options *options)
{
    char hex[65];
    edge_sha256_hex(result->sha256, hex);
    printf("%" PRIu64 " steps, %.1f s recorded, replayed in %.3f s (%.1f times real time)\n",
           result->steps, result->recorded_s, result->took_s,
           result->took_s > 0 ? result->recorded_s / result->took_s : 0);
    printf("outputs: %" PRIu64 ", sha256 %s\n", result->outputs, hex);
    if (result->versions[0] != '\0')
        printf("recorded with %s\n", result->versions);
    if (result->ended[0] != '\0')
        printf("recording: %s\n", result->ended);
    if (options->setting_count == 0 && options->out != NULL)
        printf("not compared: with --out the node says REPLAY, which is another output\n");
    else if (options->setting_count == 0)
        printf("compared: %" PRIu64 " seconds of outputs; %" PRIu64
               " outputs after the last one are unproved\n",
               result->seconds, result->unproved);
    if (result->differs)
        printf("first difference: %s\n", result->difference);
}

int edge_command_replay(int argc, char **argv)
{
    const char *values[SETTINGS_MAX];
    struct edge_replay_options options = {.settings = values};
    struct edge_replay_result result;
    if (argc < 1 || argv[0][0] == '-') {
        fprintf(stderr, "drf-edge: replay FILE: the file comes first\n");
        return 2;
    }
    options.path = argv[0];
    if (!edge_options_known(argc - 1, argv + 1, "until speed set out work", "verify verbose")
        || !parse_speed(edge_option(argc, argv, "speed"), &options.speed)
        || !parse_until(edge_option(argc, argv, "until"), &options.until_utc_us))
        return 2;
    bool verify = edge_flag(argc, argv, "verify");
    options.out = edge_option(argc, argv, "out");
    options.work = edge_option(argc, argv, "work");
    options.setting_count = settings(argc, argv, values);
    if (options.setting_count > SETTINGS_MAX) {
        fprintf(stderr, "drf-edge: at most %d --set\n", SETTINGS_MAX);
        return 2;
    }
    if (verify && (options.out != NULL || options.setting_count > 0)) {
        fprintf(stderr,
                "drf-edge: --verify compares with what was recorded; with --set or --out "
                "the node says REPLAY, which is another output. Run it twice\n");
        return 2;
    }
    struct edge_log log;
    edge_log_init(&log);
    log.real_utc_us = edge_clock_utc_us;
    log.level = edge_flag(argc, argv, "verbose") ? EDGE_LOG_INFO : EDGE_LOG_ERROR;
    options.log = &log;
    char error[400];
    enum drf_status status = edge_replay_run(&options, &result, error);
    if (status == DRF_ERR_AGAIN) {
        edge_fma_start_without(argv
                               - 2); // the program's own arguments, command_replay's before
        fprintf(stderr,
                "drf-edge: recorded without fused multiply-add, and it cannot be switched "
                "off here\n");
        return 1;
    }
    if (status != DRF_OK) {
        fprintf(stderr, "drf-edge: %s\n", error);
        return status == DRF_ERR_RANGE || status == DRF_ERR_ABSENT ? 2 : 1;
    }
    if (result.steps == 0 && options.until_utc_us != INT64_MAX) {
        fprintf(stderr, "drf-edge: --until: nothing was recorded before that time\n");
        return 2;
    }
    print(&result, &options);
    if (verify && result.seconds == 0 && !result.differs)
        printf("nothing was compared: the recording has no whole second of outputs\n");
    return result.differs || (verify && result.seconds == 0) ? 1 : 0;
}
