// SPDX-License-Identifier: Apache-2.0
// Messages go out in the order of the file. When each is due follows from its log time, taken
// from the first one played, and never earlier than the one before it: a clock that stepped
// back while it was recorded does not hold anything up. Times inside messages are moved by what
// the message itself is moved, from its log time to now, so that a report is as old as it was.
#include "sim/tape/play.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/host/loop.h"
#include "sim/host/progress.h"
#include "sim/tape/play_rewrite.h"

#define ROOT_LIVE "drf/v1"

enum { STEP_MS = 20, SETTLE_MS = 100, FILTERS = 2, FILTER_SIZE = 256 };

static const int64_t connect_us = 60000000, settle_us = 60000000;

struct player {
    const struct sim_play_options *options;
    struct sim_play_count *count;
    struct drf_recording_reader *reader;
    struct sim_tape_mqtt *mqtt;
    struct sim_play_kafka *kafka;
    struct sim_play_rewriter *rewriter;
    char filters[FILTERS][FILTER_SIZE];
    const char *filter_list[FILTERS];
    bool begun;        // this pass has published something
    uint64_t first_ns; // log time of its first message
    int64_t start_mono_us, due_mono_us;
    uint64_t sent;      // in this pass
    uint64_t boot_more; // of this pass
    struct sim_progress progress;
};

static enum drf_status fail(struct player *player, enum drf_status status, const char *text)
{
    snprintf(player->count->error, sizeof player->count->error, "%s", text);
    return status;
}

static void on_message(void *context, const struct drf_recorded_mqtt *message)
{
    struct player *player = context;
    sim_play_heard(player->rewriter, message);
}

static void step(struct player *player, int wait_ms)
{
    if (player->kafka != NULL)
        sim_play_kafka_step(player->kafka, 0);
    if (player->mqtt != NULL)
        sim_tape_mqtt_step(player->mqtt, wait_ms);
    else if (wait_ms > 0)
        sim_pause_ms((unsigned)wait_ms);
}

static enum drf_status open_mqtt(struct player *player)
{
    struct sim_tape_mqtt_options mqtt = player->options->mqtt;
    const char *const leaves[FILTERS] = {"context", "patch"};
    for (size_t i = 0; i < FILTERS; i++) {
        snprintf(player->filters[i], FILTER_SIZE, "%.200s/drones/+/%s/+", player->options->root,
                 leaves[i]);
        player->filter_list[i] = player->filters[i];
    }
    mqtt.filters = player->filter_list;
    mqtt.filter_count = FILTERS;
    mqtt.on_message = on_message;
    mqtt.context = player;
    enum drf_status status = sim_tape_mqtt_open(&mqtt, &player->mqtt);
    if (status != DRF_OK)
        return fail(player, status, "no memory");
    int64_t end_us = sim_mono_us() + connect_us;
    while (!sim_tape_mqtt_ready(player->mqtt) && !sim_tape_mqtt_count(player->mqtt)->denied
           && !sim_stop_wanted() && sim_mono_us() < end_us)
        sim_tape_mqtt_step(player->mqtt, STEP_MS);
    if (sim_tape_mqtt_ready(player->mqtt) || sim_stop_wanted())
        return DRF_OK;
    const char *why = sim_tape_mqtt_count(player->mqtt)->error;
    return fail(player, DRF_ERR_RANGE,
                why[0] != '\0' ? why : "the MQTT broker does not answer");
}

// The last level of the topic, or the last but one where it ends in a region.
static bool has_leaf(const char *topic, const char *word)
{
    const char *last = strrchr(topic, '/');
    size_t size = strlen(word);
    if (last == NULL)
        return false;
    if (strcmp(last + 1, word) == 0)
        return true;
    return (size_t)(last - topic) > size && last[-(ptrdiff_t)size - 1] == '/'
           && memcmp(last - size, word, size) == 0;
}

static bool chosen(const struct sim_play_options *options, const struct drf_recorded *recorded)
{
    const char *topic = recorded->record.channel->topic;
    for (size_t i = 0; i < options->only_count; i++)
        if (strcmp(options->only[i], topic) == 0
            || (recorded->kind == DRF_RECORDED_KAFKA && strcmp(options->only[i], "kafka") == 0)
            || (recorded->kind == DRF_RECORDED_MQTT
                && (strcmp(options->only[i], "mqtt") == 0 || has_leaf(topic, options->only[i])
                    || (strcmp(options->only[i], "query") == 0
                        && strstr(topic, "/query/") != NULL))))
            return true;
    return options->only_count == 0;
}

// Whether it is played at all; what is not is counted.
static bool wanted(struct player *player, const struct drf_recorded *recorded)
{
    struct sim_play_count *count = player->count;
    if (recorded->kind > DRF_RECORDED_OTHER)
        return false; // an attachment, metadata
    bool mqtt = recorded->kind == DRF_RECORDED_MQTT && player->mqtt != NULL;
    bool kafka = recorded->kind == DRF_RECORDED_KAFKA && player->kafka != NULL;
    enum sim_play_kind kind = mqtt ? sim_play_kind_of(recorded->mqtt.topic) : SIM_PLAY_INPUT;
    count->no_mqtt += recorded->kind == DRF_RECORDED_MQTT && player->mqtt == NULL;
    count->no_kafka += recorded->kind == DRF_RECORDED_KAFKA && player->kafka == NULL;
    if ((!mqtt && !kafka) || kind == SIM_PLAY_OTHER || !chosen(player->options, recorded)) {
        count->left_out++;
        return false;
    }
    if (kind == SIM_PLAY_OUTPUT && !player->options->outputs) {
        count->outputs++;
        return false;
    }
    return true;
}

static void wait_until_due(struct player *player, uint64_t log_ns)
{
    const struct sim_play_options *options = player->options;
    if (!player->begun) {
        player->begun = true;
        player->first_ns = log_ns;
        player->start_mono_us = player->due_mono_us = sim_mono_us();
    }
    double after_us = 0;
    if (options->rate_hz > 0)
        after_us = (double)player->sent * 1e6 / options->rate_hz;
    else if (options->speed > 0 && log_ns > player->first_ns)
        after_us = (double)(log_ns - player->first_ns) * 1e-3 / options->speed;
    else if (options->speed <= 0)
        return;
    if (after_us > 9e15)
        after_us = 9e15;
    if (player->start_mono_us + (int64_t)after_us > player->due_mono_us)
        player->due_mono_us = player->start_mono_us + (int64_t)after_us;
    while (!sim_stop_wanted()) {
        int64_t left_us = player->due_mono_us - sim_mono_us();
        if (left_us <= 0)
            break;
        step(player,
             left_us >= (int64_t)STEP_MS * 1000 ? STEP_MS : (int)((left_us + 999) / 1000));
    }
}

static enum drf_status send_mqtt(struct player *player, const struct drf_recorded *recorded)
{
    struct drf_recorded_mqtt made;
    struct sim_play_change change = {.drone_boot_more = player->boot_more};
    if (!player->options->times_as_recorded)
        change.shift_us = sim_utc_us() - (int64_t)(recorded->record.log_time_ns / 1000);
    enum drf_status status = sim_play_rewrite(player->rewriter, &recorded->mqtt, change, &made);
    if (status == DRF_ERR_NOMEM)
        return fail(player, status, "no memory");
    if (status != DRF_OK) {
        player->count->undecodable++;
        return DRF_OK;
    }
    while ((status = sim_tape_mqtt_publish(player->mqtt, &made)) == DRF_ERR_AGAIN
           && !sim_stop_wanted())
        step(player, STEP_MS);
    if (status == DRF_OK)
        player->count->mqtt++;
    else if (status != DRF_ERR_AGAIN)
        player->count->refused++;
    return DRF_OK;
}

static enum drf_status send_kafka(struct player *player, const struct drf_recorded *recorded)
{
    enum drf_status status = DRF_ERR_AGAIN;
    while ((status = sim_play_kafka_send(player->kafka, &recorded->kafka)) == DRF_ERR_AGAIN
           && !sim_stop_wanted())
        step(player, STEP_MS);
    if (status == DRF_OK)
        player->count->kafka++;
    else if (status != DRF_ERR_AGAIN)
        player->count->refused++;
    return DRF_OK;
}

static enum drf_status open_file(struct player *player, bool verify)
{
    struct drf_mcap_error error;
    drf_recording_reader_close(player->reader);
    player->reader = NULL;
    enum drf_status status = drf_recording_reader_open(
        player->options->path, &(struct drf_mcap_read_options){.verify = verify},
        &player->reader, &error);
    return status == DRF_OK ? status : fail(player, status, error.text);
}

// One pass from the front of the file to its end.
static enum drf_status play_once(struct player *player)
{
    struct drf_recorded recorded;
    enum drf_status status = DRF_OK;
    player->begun = false;
    player->sent = 0;
    // A drone that begins anew has another boot id: so does its second pass, however soon.
    const uint64_t now_ms = (uint64_t)(sim_utc_us() / 1000);
    const bool as_recorded = player->options->times_as_recorded && player->count->passes == 0;
    player->boot_more = as_recorded                  ? 0
                        : now_ms > player->boot_more ? now_ms
                                                     : player->boot_more + 1;
    while (!sim_stop_wanted()
           && (status = drf_recording_next(player->reader, &recorded)) == DRF_OK) {
        struct drf_mcap_error journal;
        if (drf_recording_is_journal(&recorded, player->options->path, &journal))
            return fail(player, DRF_ERR_SYNTAX, journal.text);
        if (!wanted(player, &recorded))
            continue;
        wait_until_due(player, recorded.record.log_time_ns);
        if (sim_stop_wanted())
            break;
        status = recorded.kind == DRF_RECORDED_MQTT ? send_mqtt(player, &recorded)
                                                    : send_kafka(player, &recorded);
        if (status != DRF_OK)
            return status;
        player->sent++;
        if (player->sent % 64 == 0)
            step(player, 0);
        char text[128];
        snprintf(text, sizeof text, "%llu MQTT, %llu Kafka messages",
                 (unsigned long long)player->count->mqtt,
                 (unsigned long long)player->count->kafka);
        sim_progress_line(&player->progress, text, sim_mono_us());
    }
    struct drf_mcap_reader *mcap = drf_recording_reader_mcap(player->reader);
    if (drf_mcap_reader_end(mcap) == DRF_MCAP_END_TRUNCATED
        || (status != DRF_OK && status != DRF_ERR_ABSENT))
        (void)fail(player, status, drf_mcap_reader_error(mcap)->text);
    return status == DRF_ERR_ABSENT ? DRF_OK : status;
}

static uint64_t unconfirmed(const struct player *player)
{
    uint64_t count = 0;
    if (player->mqtt != NULL) {
        const struct sim_tape_mqtt_count *mqtt = sim_tape_mqtt_count(player->mqtt);
        count += mqtt->published - mqtt->confirmed - mqtt->refused;
    }
    if (player->kafka != NULL) {
        const struct sim_play_kafka_count *kafka = sim_play_kafka_count(player->kafka);
        count += kafka->sent - kafka->delivered - kafka->failed;
    }
    return count;
}

static void settle(struct player *player)
{
    int64_t end_us = sim_mono_us() + settle_us;
    while (unconfirmed(player) > 0 && sim_mono_us() < end_us) {
        step(player, player->mqtt != NULL ? STEP_MS : 0);
        if (player->kafka != NULL)
            sim_play_kafka_step(player->kafka, STEP_MS);
    }
    player->count->unconfirmed = unconfirmed(player);
    if (player->mqtt != NULL) {
        const struct sim_tape_mqtt_count *mqtt = sim_tape_mqtt_count(player->mqtt);
        player->count->refused += mqtt->refused;
        if (player->count->error[0] == '\0')
            (void)fail(player, DRF_OK, mqtt->error);
    }
    if (player->kafka != NULL) {
        const struct sim_play_kafka_count *kafka = sim_play_kafka_count(player->kafka);
        player->count->refused += kafka->failed;
        if (player->count->error[0] == '\0' && kafka->failed > 0)
            (void)fail(player, DRF_OK, kafka->error);
    }
}

static bool live_root(const char *root)
{
    size_t size = strlen(ROOT_LIVE);
    return strncmp(root, ROOT_LIVE, size) == 0 && (root[size] == '\0' || root[size] == '/');
}

static enum drf_status open_parts(struct player *player)
{
    const struct sim_play_options *options = player->options;
    char error[SIM_PLAY_ERROR_SIZE] = "no memory";
    if (live_root(options->root))
        return fail(player, DRF_ERR_RANGE,
                    "drf/v1 is the root of nodes of mode LIVE: nothing is played there");
    enum drf_status status = open_file(player, true);
    if (status != DRF_OK)
        return status;
    if (sim_play_rewriter_open(options->root, &player->rewriter) != DRF_OK)
        return fail(player, DRF_ERR_NOMEM, error);
    if (options->bootstrap != NULL
        && (status = sim_play_kafka_open(options->bootstrap, options->kafka_prefix,
                                         &player->kafka, error))
               != DRF_OK)
        return fail(player, status, error);
    return options->mqtt.host != NULL ? open_mqtt(player) : DRF_OK;
}

enum drf_status sim_play(const struct sim_play_options *options, struct sim_play_count *count)
{
    struct player player = {.options = options, .count = count};
    *count = (struct sim_play_count){.mqtt = 0};
    enum drf_status status = open_parts(&player);
    while (status == DRF_OK && !sim_stop_wanted()) {
        status = play_once(&player);
        count->passes++;
        if (count->passes == options->passes)
            break;
        if (status == DRF_OK && player.sent == 0)
            break; // there is nothing to play again
        if (status == DRF_OK)
            status = open_file(&player, false);
    }
    settle(&player);
    sim_progress_end(&player.progress);
    sim_tape_mqtt_close(player.mqtt);
    sim_play_kafka_close(player.kafka);
    sim_play_rewriter_close(player.rewriter);
    drf_recording_reader_close(player.reader);
    return status;
}
