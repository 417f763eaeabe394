// SPDX-License-Identifier: Apache-2.0
// One block after the other goes to its loop: `edge_inputs_give`, then the function that the
// block names (what discovery found, the end of a loop, else a step). A what-if takes from a
// block only what came from outside, puts it into the offline node's ports and lets the loops
// run until they have nothing more to do at that instant.
#include "edge/replay/replay.h"

#include <errno.h>
#include <gnu/libc-version.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "edge/handoff/config_record.h"
#include "edge/handoff/link_record.h"
#include "edge/host/clock.h"
#include "edge/host/fma.h"
#include "edge/host/sha256.h"
#include "edge/ingest/found_record.h"
#include "edge/ingest/message_record.h"
#include "edge/replay/journal_read.h"
#include "edge/replay/offline.h"
#include "edge/replay/replay_out.h"
#include "edge/replay/replay_step.h"
#include "geo/crs.h"
#include "geo/format/grib/grib.h"
#include "geo/format/terrain/raster.h"

struct replay {
    const struct edge_replay_options *options;
    struct edge_replay_result *result;
    struct edge_journal_reader *reader;
    struct drf_config config;
    struct edge_inputs *inputs[EDGE_LOOP_COUNT];
    struct edge_offline *offline;
    struct edge_sha256_sum *sum; // of both loops' seconds
    struct edge_replay_out *out; // NULL: none
    bool what_if;
    int64_t first_mono_us, real_mono_us;                   // of the recording, and of this run
    char folder[DRF_PATH_SIZE], store[DRF_PATH_SIZE + 16]; // of this run alone; "" none
};

static void sent(void *context, struct edge_now now, const struct edge_outgoing *message)
{
    struct replay *replay = context;
    replay->result->outputs++;
    replay->result->unproved++;
    if (replay->out != NULL)
        edge_replay_out_sent(replay->out, now, message);
}

// ---- as a what-if

static enum drf_status put_messages(struct replay *replay)
{
    struct edge_incoming message;
    enum drf_status status = DRF_OK;
    while (status == DRF_OK
           && edge_link_record_take(replay->inputs[EDGE_LOOP_SERVE], &message)) {
        status = edge_offline_put_mqtt(replay->offline, &message);
    }
    return status;
}

static enum drf_status put_feed_messages(struct replay *replay)
{
    struct edge_recorded_message one;
    enum drf_status status;
    while ((status = edge_message_record_take(replay->inputs[EDGE_LOOP_INGEST], &one))
           == DRF_OK) {
        void *own = one.message.handle;
        if (one.event == EDGE_KAFKA_MESSAGE)
            status = edge_offline_put_kafka(replay->offline, &one.message);
        free(own);
        if (status == DRF_ERR_NOMEM)
            return status;
    }
    return status == DRF_ERR_ABSENT ? DRF_OK : status;
}

static enum drf_status apply_settings(const struct replay *replay, struct drf_config *config,
                                      char error[static 400])
{
    for (size_t i = 0; i < replay->options->setting_count; i++) {
        struct drf_config_error wrong = {0};
        enum drf_status status = drf_config_set(config, replay->options->settings[i], &wrong);
        if (status != DRF_OK) {
            (void)snprintf(error, 400, "--set %.60s: %.300s", replay->options->settings[i],
                           wrong.text);
            return status == DRF_ERR_NOMEM ? status : DRF_ERR_RANGE;
        }
    }
    return DRF_OK;
}

// A reload that was recorded, under the settings of the what-if.
static enum drf_status take_config(struct replay *replay, struct edge_now now, bool *taken)
{
    struct drf_config config;
    char error[400];
    bool restarted;
    enum drf_status status = edge_config_record_take(replay->inputs[EDGE_LOOP_INGEST],
                                                     edge_offline_node(replay->offline)->config,
                                                     &config, &restarted);
    *taken = status != DRF_ERR_ABSENT;
    if (status == DRF_OK && apply_settings(replay, &config, error) != DRF_OK)
        status = DRF_OK; // of a feed that is not there any more
    return status == DRF_OK
               ? edge_offline_reload_ingest(replay->offline, &config, restarted, now)
               : status;
}

static enum drf_status step_freely(struct replay *replay, enum edge_loop loop,
                                   struct edge_now now)
{
    struct edge_node *node = edge_offline_node(replay->offline);
    struct edge_kafka_found found;
    bool answered;
    enum drf_status status = DRF_OK;
    const uint8_t *none;
    size_t size;
    if (loop == EDGE_LOOP_SERVE
        && edge_inputs_next(replay->inputs[loop], EDGE_INPUT_CONFIG, &none, &size))
        edge_offline_reload_serve(replay->offline, now);
    if (loop == EDGE_LOOP_SERVE) {
        status = put_messages(replay);
        (void)edge_offline_serve(replay->offline, now);
        return status;
    }
    bool taken;
    status = take_config(replay, now, &taken);
    if (taken && status != DRF_ERR_ABSENT)
        return status;
    if (edge_found_record_take(replay->inputs[loop], &found, &answered) == DRF_OK
        && found.feed < node->config->feed_count)
        edge_ingest_found(node->ingest, found.feed, answered ? &found : NULL, now);
    status = put_feed_messages(replay);
    enum drf_status of_step = DRF_OK;
    (void)edge_offline_ingest(replay->offline, now, &of_step);
    return status == DRF_OK ? of_step : status;
}

// ---- the run

static void wait_for(const struct replay *replay, struct edge_now now)
{
    if (replay->options->speed <= 0)
        return;
    double ahead_us = (double)(now.mono_us - replay->first_mono_us) / replay->options->speed
                      - (double)(edge_clock_mono_us() - replay->real_mono_us);
    if (ahead_us <= 0)
        return;
    struct timespec pause = {.tv_sec = (time_t)(ahead_us / 1e6),
                             .tv_nsec = (long)fmod(ahead_us * 1e3, 1e9)};
    (void)nanosleep(&pause, NULL);
}

// True: a difference; the text is of the first.
static bool differs(struct replay *replay)
{
    struct edge_replay_result *result = replay->result;
    static const char *const names[] = {"ingest", "serve"};
    for (int i = 0; i < EDGE_LOOP_COUNT && !result->differs; i++) {
        const struct edge_inputs_difference *one = edge_inputs_difference(replay->inputs[i]);
        if (!one->found)
            continue;
        result->differs = true;
        (void)snprintf(
            result->difference, sizeof result->difference,
            "step %" PRIu64 " of %s, %.3f s after the beginning, UTC %" PRId64 " us: %s",
            one->ticket, names[i], (double)(one->now.mono_us - replay->first_mono_us) / 1e6,
            one->now.utc_us, one->text);
    }
    return result->differs;
}

static enum drf_status run_blocks(struct replay *replay, char error[static 400])
{
    struct edge_replay_result *result = replay->result;
    struct edge_journal_block block;
    enum drf_status status;
    bool begun = false;
    while ((status = edge_journal_reader_next(replay->reader, &block)) == DRF_OK) {
        struct edge_now now;
        status =
            edge_inputs_give(replay->inputs[block.loop], block.bytes, block.size, NULL, &now);
        if (status != DRF_OK) {
            (void)snprintf(error, 400, "block %" PRIu64 " is damaged", result->steps);
            return status;
        }
        if (now.utc_us > replay->options->until_utc_us)
            return DRF_OK;
        if (!begun)
            replay->first_mono_us = now.mono_us;
        begun = true;
        wait_for(replay, now);
        if (replay->out != NULL)
            status = edge_replay_out_block(replay->out, &block);
        if (status != DRF_OK) {
            (void)snprintf(error, 400, "block %" PRIu64 " cannot be written, or is damaged",
                           result->steps);
            return status;
        }
        uint64_t before = edge_inputs_proof(replay->inputs[block.loop]).seconds;
        if (replay->what_if)
            status = step_freely(replay, block.loop, now);
        else
            edge_replay_step(replay->offline, block.loop, replay->inputs[block.loop], now);
        if (edge_inputs_proof(replay->inputs[block.loop]).seconds > before)
            result->unproved = 0;
        result->steps++;
        result->recorded_s = (double)(now.mono_us - replay->first_mono_us) / 1e6;
        if (status != DRF_OK) {
            (void)snprintf(error, 400, "step %" PRIu64 " ended the node: %s", result->steps,
                           drf_status_name(status));
            return status;
        }
        if (!replay->what_if && differs(replay))
            return DRF_OK;
    }
    const char *text = edge_journal_reader_error(replay->reader);
    if (status != DRF_ERR_ABSENT) {
        (void)snprintf(error, 400, "%s", text);
        return status;
    }
    result->truncated = text[0] != '\0';
    const char *ended = edge_journal_reader_about(replay->reader)->ended;
    (void)snprintf(result->ended, sizeof result->ended, "%s",
                   result->truncated  ? text
                   : ended[0] != '\0' ? ended
                                      : "cut off");
    return DRF_OK;
}

// The store's file: in memory where the machine has such a folder.
static enum drf_status choose_store(struct replay *replay, char error[static 400])
{
    // NOLINTNEXTLINE(concurrency-mt-unsafe): nobody changes the environment
    const char *temporary = getenv("TMPDIR");
    const char *folder = replay->options->work;
    if (folder == NULL)
        folder = access("/dev/shm", W_OK) == 0 ? "/dev/shm"
                 : temporary != NULL           ? temporary
                                               : "/tmp";
    (void)snprintf(replay->folder, sizeof replay->folder, "%.400s/drf-replay-XXXXXX", folder);
    if (mkdtemp(replay->folder) == NULL) {
        (void)snprintf(error, 400, "%.250s: cannot be made: %.100s", replay->folder,
                       strerrordesc_np(errno));
        replay->folder[0] = '\0';
        return DRF_ERR_STORE;
    }
    (void)snprintf(replay->store, sizeof replay->store, "%s/store.gpkg", replay->folder);
    return DRF_OK;
}

static void remove_store(const struct replay *replay)
{
    static const char *const ends[] = {"", "-wal", "-shm", "-lock", "-journal"};
    char path[DRF_PATH_SIZE + 32];
    for (size_t i = 0; replay->store[0] != '\0' && i < sizeof ends / sizeof ends[0]; i++) {
        (void)snprintf(path, sizeof path, "%s%s", replay->store, ends[i]);
        (void)unlink(path);
    }
    if (replay->folder[0] != '\0')
        (void)rmdir(replay->folder);
}

static enum drf_status check_fma(const struct edge_journal_about *about, char error[static 400])
{
    if (about->fma == edge_fma_used())
        return DRF_OK;
    if (!about->fma)
        return DRF_ERR_AGAIN;
    (void)snprintf(
        error, 400, "%s",
        edge_fma_there()
            ? "recorded with fused multiply-add, which GLIBC_TUNABLES switches off here"
            : "recorded with fused multiply-add, which this processor does not have");
    return DRF_ERR_RANGE;
}

// Another version may compute another last bit: said, and left to the comparison.
static void compare_versions(const struct edge_journal_about *about, char out[static 400])
{
    const struct {
        const char *name, *was, *is;
    } all[] = {
        {"program", about->program, "drf-edge " DRF_VERSION},
        {"glibc", about->glibc, gnu_get_libc_version()},
        {"GDAL", about->gdal, geo_raster_library()},
        {"PROJ", about->proj, geo_crs_library()},
        {"ecCodes", about->eccodes, geo_grib_library()},
    };
    size_t length = 0;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        if (all[i].was[0] == '\0' || strcmp(all[i].was, all[i].is) == 0)
            continue;
        int more = snprintf(out + length, 400 - length, "%s%s %.40s (here %.40s)",
                            length > 0 ? ", " : "", all[i].name, all[i].was, all[i].is);
        length += more > 0 && (size_t)more < 400 - length ? (size_t)more : 0;
    }
}

static enum drf_status open_node(struct replay *replay, char error[static 400])
{
    const struct edge_journal_about *about = edge_journal_reader_about(replay->reader);
    compare_versions(about, replay->result->versions);
    bool compares = !replay->what_if && replay->options->out == NULL;
    if (!compares)
        replay->config.output_mode = DRF_MODE_REPLAY;
    enum drf_status status = replay->options->any_fma ? DRF_OK : check_fma(about, error);
    if (status == DRF_OK)
        status = apply_settings(replay, &replay->config, error);
    for (int i = 0; i < EDGE_LOOP_COUNT && status == DRF_OK; i++)
        status = edge_inputs_replay(replay->what_if ? EDGE_INPUTS_FREE : EDGE_INPUTS_REPLAY,
                                    compares, &replay->inputs[i]);
    if (status == DRF_OK)
        status = edge_sha256_open(&replay->sum);
    for (int i = 0; i < EDGE_LOOP_COUNT && status == DRF_OK; i++)
        edge_inputs_sum(replay->inputs[i], replay->sum);
    if (status == DRF_OK && replay->options->out != NULL)
        status =
            edge_replay_out_open(replay->options, &replay->config, about, &replay->out, error);
    replay->config.store_in_memory = replay->config.store_copied = true;
    const struct edge_offline_options offline = {.config = &replay->config,
                                                 .log = replay->options->log,
                                                 .now = about->began,
                                                 .ingest = replay->inputs[EDGE_LOOP_INGEST],
                                                 .serve = replay->inputs[EDGE_LOOP_SERVE],
                                                 .as_stored = true,
                                                 .boot_id = about->boot_id,
                                                 .sent = sent,
                                                 .context = replay};
    return status == DRF_OK ? edge_offline_open(&offline, &replay->offline) : status;
}

static void close_all(struct replay *replay)
{
    edge_offline_close(replay->offline);
    for (int i = 0; i < EDGE_LOOP_COUNT; i++)
        edge_inputs_close(replay->inputs[i]);
    edge_sha256_close(replay->sum);
    edge_journal_reader_close(replay->reader);
    drf_config_close(&replay->config);
    remove_store(replay);
}

enum drf_status edge_replay_run(const struct edge_replay_options *options,
                                struct edge_replay_result *result, char error[static 400])
{
    struct replay replay = {
        .options = options, .result = result, .what_if = options->setting_count > 0};
    *result = (struct edge_replay_result){0};
    (void)snprintf(error, 400, "out of memory");
    enum drf_status status = choose_store(&replay, error);
    if (status == DRF_OK)
        status = edge_journal_reader_open(options->path, replay.store, &replay.config, error,
                                          &replay.reader);
    if (status == DRF_OK)
        status = open_node(&replay, error);
    replay.real_mono_us = edge_clock_mono_us();
    if (status == DRF_OK)
        status = run_blocks(&replay, error);
    if (status == DRF_OK) {
        result->took_s = (double)(edge_clock_mono_us() - replay.real_mono_us) / 1e6;
        for (int i = 0; i < EDGE_LOOP_COUNT; i++) {
            result->seconds += edge_inputs_proof(replay.inputs[i]).seconds;
            edge_inputs_sum_rest(replay.inputs[i]);
        }
        edge_sha256_take(replay.sum, result->sha256);
    }
    if (replay.out != NULL) {
        enum drf_status of_out = edge_replay_out_close(replay.out, error);
        status = status == DRF_OK ? of_out : status;
    }
    close_all(&replay);
    return status;
}
