// SPDX-License-Identifier: Apache-2.0
// `drf-sim fleet`: flies drones through a world and checks all messages they receive. This is
// the loop of the real time: it reads the clocks, owns the MQTT clients, the Kafka producers
// and what is printed, and drives the step functions of sim/fleet/fleet.h. One thread: a turn
// sends the reports that are due, each with its own time, serves the MQTT sockets, and uses
// what time is left to check stored messages. When reports fall behind, nothing is checked, so
// that checking does not delay telemetry. At the end the loop goes on for a second for late
// answers, then everything stored is checked.
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/command/command.h"
#include "sim/command/fleet_report.h"
#include "sim/fleet/accounts.h"
#include "sim/fleet/fleet.h"
#include "sim/fleet/fleet_mqtt.h"
#include "sim/fleet/fleet_options.h"
#include "sim/host/loop.h"
#include "sim/host/options.h"
#include "sim/host/progress.h"
#include "sim/publish/publish_kafka.h"
#include "sim/world/json_world.h"

enum { HOST_SIZE = 256, LINE_SIZE = 256, BURST = 32 };

static const int64_t connect_us = 60000000, first_us = 10000000, profile_us = 5000000,
                     linger_us = 1000000, turn_us = 50000;

struct flight {
    const struct sim_fleet_options *options;
    struct sim_world world;
    struct sim_account *accounts;
    struct sim_links *links;
    struct sim_fleet fleet;
    struct sim_flight_log *flight_log;
    struct sim_story *story;         // NULL: none
    struct sim_publisher *publisher; // of the traffic feed; NULL: none
    struct sim_flyby_feed *flybys;   // NULL: none
    bool counters_known;
    int64_t read_mono_us, wait_us; // when the sockets were read last; how long it then waits
    struct sim_progress progress;
    struct sim_node_counters counters; // when it began; then what was counted since
};

static void on_message(void *context, size_t index, enum sim_stream stream, const void *bytes,
                       size_t size, struct sim_now now)
{
    struct flight *flight = context;
    sim_fleet_take(&flight->fleet, index, stream, bytes, size, now);
}

static void on_context(void *context, size_t index, const Drf__V1__Context *told,
                       int64_t mono_us)
{
    struct flight *flight = context;
    sim_story_context(flight->story, index, told, mono_us);
}

static void on_advisory(void *context, size_t index, const Drf__V1__Advisory *told,
                        int64_t mono_us)
{
    struct flight *flight = context;
    sim_story_advisory(flight->story, index, told, mono_us);
}

static void on_reply(void *context, size_t index, const Drf__V1__Reply *told, int64_t mono_us)
{
    struct flight *flight = context;
    sim_story_answer(flight->story, index, told, mono_us);
}

static void on_flown(void *context, size_t index, struct sim_now now)
{
    struct flight *flight = context;
    sim_story_flown(flight->story, index, now.mono_us);
}

static enum drf_status make_accounts(struct flight *flight)
{
    const struct sim_fleet_options *options = flight->options;
    size_t count = (size_t)options->drones;
    flight->accounts = calloc(count, sizeof *flight->accounts);
    if (flight->accounts == NULL)
        return DRF_ERR_NOMEM;
    for (size_t i = 0; i < count; i++)
        snprintf(flight->accounts[i].name, sizeof flight->accounts[i].name, "%s-%02zu",
                 options->prefix, i + 1);
    return options->users != NULL ? sim_accounts_read(options->users, flight->accounts, count)
                                  : DRF_OK;
}

static enum drf_status open_links(struct flight *flight)
{
    const struct sim_fleet_options *options = flight->options;
    char host[HOST_SIZE];
    const char *colon = strrchr(options->mqtt, ':');
    unsigned long port = colon != NULL ? strtoul(colon + 1, NULL, 10) : 1883;
    size_t length = colon != NULL ? (size_t)(colon - options->mqtt) : strlen(options->mqtt);
    if (length == 0 || length >= sizeof host || port == 0 || port > 65535)
        return DRF_ERR_SYNTAX;
    snprintf(host, sizeof host, "%.*s", (int)length, options->mqtt);
    enum drf_status status =
        sim_links_open(host, (unsigned)port, options->root, flight->accounts,
                       (size_t)options->drones, on_message, flight, &flight->links);
    if (status == DRF_ERR_AGAIN)
        fprintf(stderr, "drf-sim fleet: no MQTT broker accepts a connection at %s\n",
                options->mqtt);
    if (status == DRF_OK)
        flight->fleet.link = sim_links_port(flight->links);
    return status;
}

static enum drf_status connect_all(struct flight *flight)
{
    // All within a minute, and the first within ten seconds: else there is no broker.
    int64_t first_mono_us = sim_mono_us() + first_us, end_mono_us = sim_mono_us() + connect_us;
    size_t count = (size_t)flight->options->drones;
    while (sim_links_ready(flight->links) < count && !sim_stop_wanted()) {
        int64_t now_mono_us = sim_mono_us();
        bool none = sim_links_ready(flight->links) == 0 && now_mono_us > first_mono_us;
        if (none || now_mono_us > end_mono_us) {
            const char *why = sim_links_refusal(flight->links);
            sim_progress_end(&flight->progress);
            fprintf(stderr,
                    "drf-sim fleet: %zu of %zu connected to the MQTT broker at %s: %s\n",
                    sim_links_ready(flight->links), count, flight->options->mqtt,
                    why[0] != '\0' ? why : "it does not answer");
            return DRF_ERR_AGAIN;
        }
        sim_links_step(flight->links, 10, now_mono_us);
        sim_progress_bar(&flight->progress, "connecting", sim_links_ready(flight->links), count,
                         now_mono_us);
    }
    sim_progress_end(&flight->progress);
    return DRF_OK;
}

static void send_profiles(struct flight *flight)
{
    int64_t end_mono_us = sim_mono_us() + profile_us;
    size_t mute = flight->fleet.plan.drones;
    while (mute > 0 && sim_mono_us() < end_mono_us && !sim_stop_wanted()) {
        mute = sim_fleet_profiles(&flight->fleet, sim_clock_now());
        sim_links_step(flight->links, 1, sim_mono_us());
    }
    if (mute > 0)
        fprintf(stderr, "drf-sim fleet: %zu profiles without a reply; flying anyway\n", mute);
}

static void tell_traffic(struct flight *flight)
{
    if (flight->publisher == NULL)
        return;
    sim_fleet_traffic(&flight->fleet, sim_clock_now());
    // One that is not confirmed is still being sent; it is not waited for.
    if (sim_publisher_finish(flight->publisher, 0) != DRF_OK)
        return;
}

static void tell_story(struct flight *flight)
{
    if (flight->story == NULL)
        return;
    sim_story_step(flight->story, flight->fleet.receiver, flight->fleet.start.mono_us,
                   sim_clock_now());
    for (const char *line = sim_story_line(flight->story); line != NULL;
         line = sim_story_line(flight->story)) {
        sim_progress_end(&flight->progress);
        printf("%s\n", line);
        fflush(stdout);
    }
}

static void show(struct flight *flight, int64_t now_mono_us)
{
    const struct sim_receiver *receiver = flight->fleet.receiver;
    double t_s = (double)(now_mono_us - flight->fleet.start.mono_us) * 1e-6;
    const struct sim_receiver_count *count = sim_receiver_count(receiver);
    const struct sim_histogram *latency = sim_receiver_latency(receiver);
    const struct sim_witness_counts *counts = sim_receiver_counts(receiver);
    char text[LINE_SIZE], histogram[64] = "no answer yet";
    if (latency->count > 0)
        snprintf(histogram, sizeof histogram, "p50 %.1f ms  p99 %.1f ms",
                 (double)sim_histogram_at(latency, 0.5) * 1e-3,
                 (double)sim_histogram_at(latency, 0.99) * 1e-3);
    snprintf(text, sizeof text,
             "%5.1f s  %zu/%" PRIu64 " drones  %" PRIu64 " contexts  %s  %" PRIu64
             " points  %" PRIu64 " wrong  %" PRIu64 " gaps",
             t_s, sim_links_ready(flight->links), flight->options->drones, count->contexts,
             histogram, counts->data_points, sim_witness_counts_wrong(counts), count->gaps);
    sim_progress_line(&flight->progress, text, now_mono_us);
}

// Up to the next report; at least a millisecond, to avoid a busy loop: a report may be late by
// that.
static void wait_for_report(struct flight *flight)
{
    double wait_us = (double)(sim_fleet_due_mono_us(&flight->fleet) - sim_mono_us());
    int wait_ms = (int)fmin(fmax(wait_us * 1e-3, 1.0), 1000.0);
    flight->wait_us = wait_ms * INT64_C(1000);
    sim_links_step(flight->links, wait_ms, sim_mono_us());
}

// The sockets were read last at `flight->read_mono_us`, and should have been again within the
// time that was waited for and that a turn takes: else the fleet itself stood still.
static void note_stall(struct flight *flight, int64_t now_mono_us)
{
    int64_t since_us = now_mono_us - flight->read_mono_us;
    if (flight->read_mono_us != 0 && since_us > flight->wait_us + turn_us)
        sim_fleet_stalled(&flight->fleet, flight->read_mono_us + flight->wait_us, now_mono_us);
    flight->read_mono_us = now_mono_us;
    flight->wait_us = 0;
}

static void fly(struct flight *flight)
{
    struct sim_fleet *fleet = &flight->fleet;
    sim_fleet_begin(fleet, sim_clock_now());
    flight->read_mono_us = fleet->start.mono_us;
    while (sim_fleet_flying(fleet) && !sim_stop_wanted()) {
        struct sim_now now = sim_clock_now();
        const struct sim_now begun = now;
        note_stall(flight, begun.mono_us);
        for (int burst = 0; burst < BURST && sim_fleet_due(fleet, begun); burst++) {
            sim_fleet_report(fleet, now);
            now = sim_clock_now();
        }
        bool busy = sim_links_step(flight->links, 0, begun.mono_us);
        tell_story(flight);
        tell_traffic(flight);
        if (busy || sim_fleet_due(fleet, begun))
            continue;
        if (sim_fleet_check(fleet, 4, sim_clock_now()) == 0)
            wait_for_report(flight);
        sim_fleet_log(fleet, begun);
        show(flight, begun.mono_us);
    }
    note_stall(flight, sim_mono_us());
    sim_fleet_landed(fleet, sim_clock_now());
    int64_t end_mono_us = sim_mono_us() + linger_us;
    while (sim_mono_us() < end_mono_us)
        sim_links_step(flight->links, 20, sim_mono_us());
    while (sim_fleet_check(fleet, 1024, sim_clock_now()) > 0)
        continue;
    sim_fleet_settle(fleet);
    sim_progress_end(&flight->progress);
}

static void begin_counting(struct flight *flight)
{
    const char *address = flight->options->metrics;
    if (address == NULL)
        return;
    enum drf_status status = sim_node_counters_read(address, &flight->counters);
    flight->counters_known = status == DRF_OK;
    if (status != DRF_OK)
        fprintf(stderr, "drf-sim fleet: no counters at http://%s/metrics (%s)\n", address,
                drf_status_name(status));
}

static void end_counting(struct flight *flight)
{
    struct sim_node_counters now;
    flight->counters_known =
        flight->counters_known
        && sim_node_counters_read(flight->options->metrics, &now) == DRF_OK;
    if (flight->counters_known)
        flight->counters = sim_node_counters_since(&flight->counters, &now);
}

static int conclude(struct flight *flight, double seconds)
{
    const struct sim_fleet *fleet = &flight->fleet;
    end_counting(flight);
    struct sim_fleet_summary summary = {
        .drones = (size_t)flight->options->drones,
        .seconds = seconds,
        .sent = fleet->sent,
        .unsent = fleet->unsent,
        .asked = fleet->asked,
        .counters = flight->counters_known ? &flight->counters : NULL,
        .lost_connections = sim_links_lost(flight->links),
        .count = sim_receiver_count(fleet->receiver),
        .counts = sim_receiver_counts(fleet->receiver),
        .latency = sim_receiver_latency(fleet->receiver),
        .streams = flight->options->streams,
        .promises = sim_promises_count(fleet->promises),
        .patches = fleet->patches != NULL ? sim_patch_watch_count(fleet->patches) : NULL,
        .story = flight->story,
    };
    summary.example = sim_receiver_example(fleet->receiver, &summary.example_size);
    sim_fleet_report_print(&summary, stdout);
    const char *path = flight->options->report;
    if (path != NULL && sim_fleet_report_save(&summary, path) != DRF_OK) {
        fprintf(stderr, "drf-sim fleet: cannot write %s\n", path);
        return 1;
    }
    if (summary.count->contexts == 0) {
        fprintf(stderr, "drf-sim fleet: no context arrived\n");
        return 1;
    }
    return sim_witness_counts_wrong(summary.counts) == 0 ? 0 : 1;
}

static void close_flight(struct flight *flight)
{
    sim_links_close(flight->links);
    sim_fleet_close(&flight->fleet);
    sim_flight_log_close(flight->flight_log);
    sim_story_close(flight->story);
    sim_flyby_feed_close(flight->flybys);
    sim_publisher_close(flight->publisher);
    free(flight->accounts);
    sim_world_close(&flight->world);
}

// The story adds obstacles to the world, so it is opened before the witness.
static enum drf_status open_story(struct flight *flight)
{
    const struct sim_fleet_options *options = flight->options;
    return sim_story_open(&flight->world,
                          &(struct sim_story_plan){.bootstrap = options->story,
                                                   .cranes = options->cranes,
                                                   .zones = options->zones,
                                                   .node_pid_file = options->node_pid,
                                                   .seconds = options->seconds,
                                                   .drones = (size_t)options->drones,
                                                   .start_utc_us = sim_utc_us()},
                          &flight->story);
}

static enum drf_status open_traffic(struct flight *flight)
{
    const struct sim_fleet_options *options = flight->options;
    char error[SIM_PUBLISH_ERROR_SIZE] = "";
    enum drf_status status = sim_publisher_open(options->traffic, options->traffic_topic, 30,
                                                &flight->publisher, error);
    if (status != DRF_OK) {
        fprintf(stderr, "drf-sim fleet: traffic: %s\n", error);
        return status;
    }
    struct sim_feed_port port = sim_publisher_port(flight->publisher);
    status =
        sim_flyby_feed_open(&port, (size_t)options->flybys, &flight->world, &flight->flybys);
    if (status == DRF_OK)
        sim_fleet_meet(&flight->fleet, flight->flybys);
    return status;
}

static enum drf_status open_listening(struct flight *flight)
{
    const struct sim_fleet_options *options = flight->options;
    struct sim_fleet *fleet = &flight->fleet;
    enum drf_status status = DRF_OK;
    if (options->tracks != NULL || options->advisories != NULL)
        status = sim_flight_log_open(options->tracks, options->advisories, &flight->world,
                                     fleet->drones, flight->accounts, (size_t)options->drones,
                                     &flight->flight_log);
    if (status != DRF_OK)
        return status;
    fleet->flight_log = flight->flight_log;
    fleet->track_s = options->track_s;
    if (flight->story != NULL) {
        sim_story_assign(flight->story, fleet->drones, flight->accounts);
        fleet->observer = (struct sim_fleet_observer){.told = {.context = flight,
                                                               .on_context = on_context,
                                                               .on_advisory = on_advisory,
                                                               .on_reply = on_reply},
                                                      .on_flown = on_flown};
    }
    return DRF_OK;
}

static enum drf_status open_fleet(struct flight *flight, enum sim_corruption corruption)
{
    const struct sim_fleet_options *options = flight->options;
    bool story = options->story != NULL; // it sets the flights, which neither plan nor confuse
    const struct sim_fleet_plan plan = {
        .region = options->region,
        .level = (unsigned)options->level,
        .drones = (size_t)options->drones,
        .seed = options->seed_given ? options->seed : flight->world.plan.seed,
        .start_utc_us = sim_utc_us(),
        .seconds = options->seconds,
        .rate_hz = options->rate_hz,
        .request_s = options->request_s,
        .plans = story ? 0 : (size_t)options->plans,
        .react = options->react,
        .streams = options->streams,
        .confused = !story,
        .corruption = corruption,
        .verify_ratio = options->verify_ratio,
        .patch = {.side = (uint32_t)options->patch_side,
                  .rate_hz = options->patch_rate_hz,
                  .lose_ratio = options->lose_percent / 100.0,
                  .key_frames = options->key_frames,
                  .shifted = corruption == SIM_CORRUPT_PATCH_SHIFT}};
    enum drf_status status =
        sim_fleet_open(&plan, &flight->world, flight->accounts, &flight->fleet);
    if (status == DRF_ERR_ABSENT)
        fprintf(stderr, "drf-sim fleet: PROJ's egm96_15.gtx is missing (Debian: proj-data)\n");
    if (status != DRF_OK)
        return status;
    char start[SIM_TIME_TEXT_SIZE];
    sim_time_format(plan.start_utc_us, start);
    printf("seed %" PRIu64 "%s, start %s\n", plan.seed,
           options->seed_given ? "" : " (the world's)", start);
    return DRF_OK;
}

static enum drf_status open_flight(struct flight *flight, enum sim_corruption corruption)
{
    const struct sim_fleet_options *options = flight->options;
    struct sim_world_plan plan;
    enum drf_status status = sim_json_world_load(options->world, &plan);
    if (status == DRF_OK)
        status = sim_world_open(&plan, &flight->world);
    if (status != DRF_OK) {
        fprintf(stderr, "drf-sim fleet: %s/world.json: %s\n", options->world,
                drf_status_name(status));
        return status;
    }
    status = make_accounts(flight);
    if (status == DRF_OK && options->story != NULL)
        status = open_story(flight);
    if (status == DRF_OK)
        status = open_fleet(flight, corruption);
    if (status == DRF_OK && options->traffic != NULL)
        status = open_traffic(flight);
    if (status == DRF_OK)
        status = open_listening(flight);
    if (status == DRF_OK)
        status = open_links(flight);
    if (status != DRF_OK)
        fprintf(stderr, "drf-sim fleet: cannot start (%s)\n", drf_status_name(status));
    return status;
}

static int run(const struct sim_fleet_options *options, enum sim_corruption corruption)
{
    struct flight flight = {.options = options};
    sim_stop_watch();
    int code = 1;
    if (open_flight(&flight, corruption) == DRF_OK && connect_all(&flight) == DRF_OK) {
        send_profiles(&flight);
        begin_counting(&flight);
        fly(&flight);
        double seconds =
            (double)(sim_mono_us() - linger_us - flight.fleet.start.mono_us) * 1e-6;
        code = conclude(&flight, fmin(seconds, options->seconds));
    }
    close_flight(&flight);
    return code;
}

int sim_fleet_run(int argc, char **argv)
{
    struct sim_fleet_options options;
    int code = sim_fleet_options_read(argc, argv, &options);
    return code >= 0 ? code : run(&options, options.corruption);
}
