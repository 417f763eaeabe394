// SPDX-License-Identifier: Apache-2.0
// A run advances step by step. Within a step everything happens in the order of its time, at
// the microsecond: reports are made, messages reach the node or a drone, after the delay of the
// link. At the end of the step the node is told all that reached it and steps up to there; what
// it sends leaves at its own step's time, and reaches a drone not before the end of this step.
// So nothing depends on how long anything takes, and the step is the resolution of an answer.
//
// The phases: the world's messages at the start; settle_s for the node to take them in; the
// profiles, until each has a reply; the flight; a second for late answers.
#include "sim/experiment/run_impl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/experiment/run_files.h"

enum { TOPIC_SIZE = 160, PARTITION = 0 };

static const char root[] = "drf-test/v1", prefix[] = RUN_DRONE;
static const int64_t begin_mono_us = 1000000, second_us = 1000000, profiles_us = 10000000;

void run_fail(struct sim_run *run, enum drf_status status, const char *text)
{
    if (run->failed != DRF_OK || status == DRF_OK)
        return;
    run->failed = status;
    snprintf(run->error, SIM_RUN_ERROR_SIZE, "%s", text);
}

static struct sim_now at(const struct sim_run *run, int64_t mono_us)
{
    return (struct sim_now){.mono_us = mono_us,
                            .utc_us = run->start.utc_us + (mono_us - run->start.mono_us)};
}

// The fleet's port: a message sets out, and arrives or is lost.
static enum drf_status on_send(void *context, size_t index, const struct sim_outgoing *message,
                               struct sim_now now)
{
    struct sim_run *run = context;
    char topic[TOPIC_SIZE];
    struct sim_parcel parcel = {.sent_mono_us = now.mono_us, .drone = index};
    if (!sim_link_error_pass(&run->up_links[index], &run->trial->errors.link, run->trial->seed,
                             (uint32_t)index, SIM_LINK_UP, message->qos, now.mono_us,
                             &parcel.arrival_mono_us)) {
        run->lost_up++;
        return DRF_OK;
    }
    snprintf(topic, sizeof topic, "%s/drones/%s/%s", root, run->accounts[index].name,
             message->word);
    parcel.mqtt = (struct drf_recorded_mqtt){.topic = topic,
                                             .payload = message->bytes,
                                             .size = message->size,
                                             .qos = (uint8_t)message->qos,
                                             .retain = message->retain};
    return sim_in_flight_send(&run->up, &parcel);
}

static size_t on_connected(void *context)
{
    const struct sim_run *run = context;
    return (size_t)run->trial->drones;
}

static size_t feed_of(const char *topic)
{
    size_t i = 0;
    while (i + 1 < SIM_RUN_FEEDS && strcmp(sim_run_feeds[i].topic, topic) != 0)
        i++;
    return i;
}

// The port of what is published: into Kafka at this instant.
static enum drf_status on_publish(void *context, const char *key, const void *value,
                                  size_t size, const struct sim_header *headers,
                                  size_t header_count)
{
    struct sim_run *run = context;
    struct drf_recorded_header list[SIM_PARCEL_HEADERS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < header_count; i++) {
        if (headers[i].value == NULL)
            continue;
        if (count == SIM_PARCEL_HEADERS_MAX)
            return DRF_ERR_RANGE;
        list[count++] = (struct drf_recorded_header){.key = headers[i].name,
                                                     .value = (const uint8_t *)headers[i].value,
                                                     .size = strlen(headers[i].value)};
    }
    const struct sim_parcel parcel = {
        .arrival_mono_us = run->now.mono_us,
        .sent_mono_us = run->now.mono_us,
        .is_kafka = true,
        .kafka = {.topic = run->feed_topic,
                  .key = (const uint8_t *)key,
                  .key_size = strlen(key),
                  .value = value,
                  .value_size = size,
                  .headers = list,
                  .header_count = count,
                  .has_timestamp = true,
                  .timestamp_ms = run->now.utc_us / 1000,
                  .partition = PARTITION,
                  .offset = run->offsets[feed_of(run->feed_topic)]++}};
    return sim_in_flight_send(&run->up, &parcel);
}

// What reaches the node goes into its pipe and into the recording.
static void arrive_up(struct sim_run *run)
{
    const struct sim_parcel *parcel = sim_in_flight_first(&run->up);
    uint64_t log_ns = sim_run_ns(run->start, parcel->arrival_mono_us);
    uint64_t sent_ns = sim_run_ns(run->start, parcel->sent_mono_us);
    struct drf_recording *input = sim_lockstep_input(run->lockstep);
    enum drf_status status = parcel->is_kafka
                                 ? drf_recording_kafka(input, &parcel->kafka, log_ns, sent_ns)
                                 : drf_recording_mqtt(input, &parcel->mqtt, log_ns, sent_ns);
    run_fail(run, status, "the node has ended before its time");
    run->bytes_up += parcel->is_kafka ? 0 : parcel->mqtt.size;
    sim_run_record_parcel(run->record, parcel);
    sim_in_flight_drop(&run->up);
}

static void arrive_down(struct sim_run *run)
{
    const struct sim_parcel *parcel = sim_in_flight_first(&run->down);
    struct sim_now now = at(run, parcel->arrival_mono_us);
    run->bytes_down += parcel->mqtt.size;
    sim_run_record_parcel(run->record, parcel);
    sim_fleet_take(&run->fleet, parcel->drone, sim_stream_of(parcel->mqtt.topic),
                   parcel->mqtt.payload, parcel->mqtt.size, now);
    while (sim_fleet_check(&run->fleet, 64, now) > 0)
        continue;
    sim_in_flight_drop(&run->down);
}

// The drone of .../drones/{name}/WORD/{region}; as many as there are: no drone's.
static size_t drone_of(const struct sim_run *run, const char *topic)
{
    static const char before[] = "/drones/";
    const char *name = strstr(topic, before);
    unsigned long number = 0;
    if (name != NULL && strncmp(name + sizeof before - 1, prefix, sizeof prefix - 1) == 0)
        number = strtoul(name + sizeof before - 1 + sizeof prefix - 1, NULL, 10);
    return number >= 1 && number <= run->trial->drones ? number - 1 : run->trial->drones;
}

// A message of the node leaves at its step's time.
static void on_message(void *context, const struct drf_recorded *message)
{
    struct sim_run *run = context;
    if (message->kind != DRF_RECORDED_MQTT)
        return;
    run->from_node++;
    size_t drone = drone_of(run, message->mqtt.topic);
    int64_t sent_mono_us =
        run->start.mono_us
        + ((int64_t)(message->record.log_time_ns / 1000) - run->start.utc_us);
    struct sim_parcel parcel = {.arrival_mono_us = run->now.mono_us,
                                .sent_mono_us = sent_mono_us,
                                .drone = drone,
                                .mqtt = message->mqtt};
    if (drone == run->trial->drones) { // of the node itself
        sim_run_record_parcel(run->record, &parcel);
        if (strstr(parcel.mqtt.topic, "/state") != NULL)
            sim_fleet_take(&run->fleet, 0, SIM_STREAM_STATE, parcel.mqtt.payload,
                           parcel.mqtt.size, run->now);
        return;
    }
    if (!sim_link_error_pass(&run->down_links[drone], &run->trial->errors.link,
                             run->trial->seed, (uint32_t)drone, SIM_LINK_DOWN,
                             message->mqtt.qos, sent_mono_us, &parcel.arrival_mono_us)) {
        run->lost_down++;
        return;
    }
    if (parcel.arrival_mono_us < run->now.mono_us)
        parcel.arrival_mono_us = run->now.mono_us;
    run_fail(run, sim_in_flight_send(&run->down, &parcel), "no memory");
}

static void on_flown(void *context, size_t index, struct sim_now now)
{
    struct sim_run *run = context;
    sim_run_record_truth(run->record, run->accounts[index].name, &run->world,
                         &run->fleet.drones[index].flight, now);
}

static void on_judgement(void *context, size_t drone, int64_t mono_us,
                         const struct sim_judgement *judgement)
{
    struct sim_run *run = context;
    sim_run_record_verdict(run->record, run->accounts[drone].name, mono_us, judgement);
}

struct sim_link_port run_link_port(struct sim_run *run)
{
    return (struct sim_link_port){.context = run, .send = on_send, .connected = on_connected};
}

struct sim_feed_port run_feed_port(struct sim_run *run)
{
    return (struct sim_feed_port){.context = run, .send = on_publish};
}

void run_observe(struct sim_run *run)
{
    run->fleet.observer =
        (struct sim_fleet_observer){.told = {.context = run}, .on_flown = on_flown};
    sim_receiver_hear(run->fleet.receiver, &(struct sim_judgement_listener){
                                               .context = run, .on_judgement = on_judgement});
}

// The passing aircraft, and where they truly are, as often as a drone reports.
static void pass_traffic(struct sim_run *run)
{
    if (run->flybys == NULL)
        return;
    run->feed_topic = sim_run_feeds[SIM_RUN_TRAFFIC].topic;
    sim_fleet_traffic(&run->fleet, run->now);
    if (run->now.mono_us < run->intruder_mono_us)
        return;
    run->intruder_mono_us = run->now.mono_us + (int64_t)(1e6 / run->trial->rate_hz);
    const struct sim_flybys *flybys = sim_flyby_feed_list(run->flybys);
    for (size_t i = 0; i < flybys->count; i++) {
        const struct sim_flyby *flyby = &flybys->list[i];
        if (flyby->id[0] != '\0' && run->now.utc_us - flyby->told_utc_us <= second_us)
            sim_run_record_intruder(run->record, &run->world, flyby, run->now);
    }
}

// All that happens up to `until`, in its order. Of what happens at one instant a drone hears
// first, then the node, then reports are made.
static void advance(struct sim_run *run, int64_t until_mono_us, bool flying)
{
    while (run->failed == DRF_OK) {
        int64_t down_us = sim_in_flight_mono_us(&run->down),
                up_us = sim_in_flight_mono_us(&run->up),
                due_us = flying ? sim_fleet_due_mono_us(&run->fleet) : INT64_MAX;
        int64_t next_us = down_us < up_us ? down_us : up_us;
        next_us = due_us < next_us ? due_us : next_us;
        if (next_us > until_mono_us)
            return;
        if (down_us == next_us)
            arrive_down(run);
        else if (up_us == next_us)
            arrive_up(run);
        else
            sim_fleet_report(&run->fleet, at(run, due_us));
    }
}

// One step of everything. False: it has failed or was stopped.
static bool step(struct sim_run *run, bool flying, bool end)
{
    if (run->failed == DRF_OK && run->job->stop != NULL && run->job->stop())
        run_fail(run, DRF_ERR_AGAIN, "stopped");
    int64_t until_mono_us = run->now.mono_us + (int64_t)(run->trial->step_ms * 1e3);
    if (flying)
        pass_traffic(run);
    advance(run, until_mono_us, flying);
    if (run->failed != DRF_OK)
        return false;
    run->now = at(run, until_mono_us);
    enum drf_status status = sim_lockstep_step(run->lockstep, run->now, end, on_message, run);
    run_fail(run, status, sim_lockstep_error(run->lockstep));
    if (run->now.mono_us - run->second_mono_us >= second_us) {
        run->second_mono_us = run->now.mono_us;
        sim_run_record_second(run->record);
    }
    return run->failed == DRF_OK;
}

static void fly(struct sim_run *run)
{
    int64_t settled_us = run->now.mono_us + (int64_t)(run->trial->settle_s * 1e6);
    while (run->now.mono_us < settled_us && step(run, false, false))
        continue;
    int64_t late_us = run->now.mono_us + profiles_us;
    while (run->failed == DRF_OK && sim_fleet_profiles(&run->fleet, run->now) > 0
           && run->now.mono_us < late_us)
        (void)step(run, false, false);
    sim_fleet_begin(&run->fleet, run->now);
    while (sim_fleet_flying(&run->fleet) && step(run, true, false))
        continue;
    int64_t end_us = run->now.mono_us + second_us;
    while (run->now.mono_us < end_us && step(run, false, false))
        continue;
    (void)step(run, false, true);
}

static void finish(struct sim_run *run, struct sim_run_result *out)
{
    struct sim_run_paths paths;
    char text[DRF_MCAP_ERROR_SIZE] = "";
    if (run->failed == DRF_OK)
        run_fail(run, sim_run_record_finish(run->record, text), text);
    if (run->failed == DRF_OK && run->from_node == 0)
        run_fail(run, DRF_ERR_ABSENT, "the node sent nothing");
    if (run->failed == DRF_OK)
        run_row(run, out);
    bool ended = sim_lockstep_close(run->lockstep);
    if (run->failed == DRF_OK && !ended)
        run_fail(run, DRF_ERR_STORE, "the node did not end well");
    bool named = sim_run_files_paths(run->job->folder, &paths) == DRF_OK;
    if (named && run->failed == DRF_OK)
        run_fail(run, run_samples(run, paths.wrong), "wrong.txt cannot be written");
    if (named)
        run_fail(run, sim_run_files_settle(&paths, run->failed == DRF_OK),
                 "the recording cannot be renamed");
}

enum drf_status sim_run_make(const struct sim_run_job *job, struct sim_run_result *out,
                             char error[static SIM_RUN_ERROR_SIZE])
{
    struct sim_run run = {
        .job = job,
        .trial = job->trial,
        .start = {.mono_us = begin_mono_us, .utc_us = job->trial->start_utc_us}};
    run.now = run.start;
    run.second_mono_us = run.start.mono_us;
    run_open(&run);
    if (run.failed == DRF_OK)
        fly(&run);
    finish(&run, out);
    snprintf(error, SIM_RUN_ERROR_SIZE, "%s", run.error);
    sim_run_record_close(run.record);
    sim_in_flight_close(&run.up);
    sim_in_flight_close(&run.down);
    if (run.fleet.world != NULL)
        sim_fleet_close(&run.fleet);
    sim_flyby_feed_close(run.flybys);
    free(run.up_links);
    free(run.down_links);
    free(run.accounts);
    sim_world_close(&run.world);
    return run.failed;
}
