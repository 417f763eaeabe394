// SPDX-License-Identifier: Apache-2.0
// `drf-sim fleet`: flies drones through a world and checks all messages they receive. One
// thread: reports are due at evenly spaced times over all drones, and a step of the loop
// sends those that are due, serves the MQTT sockets, and uses what time is left to check
// stored messages. When reports fall behind, nothing is checked, so that checking does not
// delay telemetry. At the end the loop goes on for a second for late answers, then
// everything stored is checked.
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/command/command.h"
#include "sim/command/fleet_report.h"
#include "sim/fleet/accounts.h"
#include "sim/fleet/fleet_options.h"
#include "sim/fleet/flight_log.h"
#include "sim/fleet/profile.h"
#include "sim/host/loop.h"
#include "sim/host/options.h"
#include "sim/host/progress.h"
#include "sim/world/json_world.h"

enum { HOST_SIZE = 256, LINE_SIZE = 256 };

static const int64_t connect_us = 60000000, first_us = 10000000, profile_us = 5000000,
                     linger_us = 1000000;

struct fleet {
    const struct sim_fleet_options *options;
    struct sim_world world;
    struct sim_witness witness;
    struct sim_drone *drones;
    struct sim_account *accounts;
    struct sim_links *links;
    struct sim_receiver *receiver;
    struct sim_patch_options patch_options;
    struct sim_patch_watch *patches;
    struct sim_flight_log *flight_log;
    struct sim_story *story;       // NULL: none
    struct sim_flyby_feed *flybys; // NULL: none
    int64_t start_mono_us, tracked_mono_us;
    uint64_t next; // reports due so far, over all drones, in turn
    uint64_t sent, unsent, asked;
    bool counters_known;
    struct sim_progress progress;
    struct sim_node_counters counters; // when it began; then what was counted since
};

static void on_message(void *context, size_t index, enum sim_stream stream, const void *bytes,
                       size_t size, int64_t mono_us)
{
    struct fleet *fleet = context;
    sim_receiver_take(fleet->receiver, index, stream, bytes, size, mono_us);
}

static void on_context(void *context, size_t index, const Drf__V1__Context *told,
                       int64_t mono_us)
{
    struct fleet *fleet = context;
    struct sim_drone *drone = &fleet->drones[index];
    if (fleet->flight_log != NULL)
        sim_flight_log_told(fleet->flight_log, index, told,
                            (double)(mono_us - fleet->start_mono_us) * 1e-6);
    if (fleet->options->react)
        sim_pilot_context(&drone->pilot, &fleet->world, &drone->flight, told, sim_utc_us());
    if (fleet->story != NULL)
        sim_story_context(fleet->story, index, told, mono_us);
}

static void on_advisory(void *context, size_t index, const Drf__V1__Advisory *told,
                        int64_t mono_us)
{
    struct fleet *fleet = context;
    struct sim_drone *drone = &fleet->drones[index];
    if (fleet->options->react)
        sim_pilot_advisory(&drone->pilot, &fleet->world, &drone->flight, told, sim_utc_us());
    if (fleet->story != NULL)
        sim_story_advisory(fleet->story, index, told, mono_us);
}

static void on_reply(void *context, size_t index, const Drf__V1__Reply *told, int64_t mono_us)
{
    struct fleet *fleet = context;
    if (fleet->options->react)
        sim_pilot_reply(&fleet->drones[index].pilot, told);
    if (fleet->story != NULL)
        sim_story_answer(fleet->story, index, told, mono_us);
}

static enum drf_status make_drones(struct fleet *fleet)
{
    const struct sim_fleet_options *options = fleet->options;
    size_t count = (size_t)options->drones;
    fleet->drones = calloc(count, sizeof *fleet->drones);
    fleet->accounts = calloc(count, sizeof *fleet->accounts);
    if (fleet->drones == NULL || fleet->accounts == NULL)
        return DRF_ERR_NOMEM;
    uint64_t boot_id = (uint64_t)(sim_utc_us() / 1000);
    for (size_t i = 0; i < count; i++) {
        fleet->drones[i] = (struct sim_drone){
            .number = i,
            .flight = sim_flight_make(&fleet->world, fleet->world.plan.seed, i),
            .drone_boot_id = boot_id};
        // In a story the flights are set by the story.
        if (options->plans > 0 && i % options->plans == 1 % options->plans
            && options->story == NULL) {
            fleet->drones[i].plans.files = true;
            sim_flight_bend(&fleet->drones[i].flight, &fleet->world);
        }
        // Two of 32, one that sends both heights and one that sends one.
        if (options->story == NULL && i % 32 == 24)
            fleet->drones[i].confusion = SIM_CONFUSION_AMSL;
        if (options->story == NULL && i % 32 == 25)
            fleet->drones[i].confusion = SIM_CONFUSION_ELLIPSOID;
        snprintf(fleet->accounts[i].name, sizeof fleet->accounts[i].name, "%s-%02zu",
                 options->prefix, i + 1);
    }
    return options->users != NULL ? sim_accounts_read(options->users, fleet->accounts, count)
                                  : DRF_OK;
}

static enum drf_status open_links(struct fleet *fleet)
{
    char host[HOST_SIZE];
    const char *colon = strrchr(fleet->options->mqtt, ':');
    unsigned long port = colon != NULL ? strtoul(colon + 1, NULL, 10) : 1883;
    size_t length =
        colon != NULL ? (size_t)(colon - fleet->options->mqtt) : strlen(fleet->options->mqtt);
    if (length == 0 || length >= sizeof host || port == 0 || port > 65535)
        return DRF_ERR_SYNTAX;
    snprintf(host, sizeof host, "%.*s", (int)length, fleet->options->mqtt);
    enum drf_status status =
        sim_links_open(host, (unsigned)port, fleet->options->root, fleet->accounts,
                       (size_t)fleet->options->drones, on_message, fleet, &fleet->links);
    if (status == DRF_ERR_AGAIN)
        fprintf(stderr, "drf-sim fleet: no MQTT broker accepts a connection at %s\n",
                fleet->options->mqtt);
    return status;
}

static enum drf_status connect_all(struct fleet *fleet)
{
    // All within a minute, and the first within ten seconds: else there is no broker.
    int64_t first_mono_us = sim_mono_us() + first_us, end_mono_us = sim_mono_us() + connect_us;
    size_t count = (size_t)fleet->options->drones;
    while (sim_links_ready(fleet->links) < count && !sim_stop_wanted()) {
        int64_t now_mono_us = sim_mono_us();
        bool none = sim_links_ready(fleet->links) == 0 && now_mono_us > first_mono_us;
        if (none || now_mono_us > end_mono_us) {
            const char *why = sim_links_refusal(fleet->links);
            sim_progress_end(&fleet->progress);
            fprintf(stderr,
                    "drf-sim fleet: %zu of %zu connected to the MQTT broker at %s: %s\n",
                    sim_links_ready(fleet->links), count, fleet->options->mqtt,
                    why[0] != '\0' ? why : "it does not answer");
            return DRF_ERR_AGAIN;
        }
        sim_links_step(fleet->links, 10, now_mono_us);
        sim_progress_bar(&fleet->progress, "connecting", sim_links_ready(fleet->links), count,
                         now_mono_us);
    }
    sim_progress_end(&fleet->progress);
    size_t mute = sim_profiles_send(fleet->links, fleet->drones, count, fleet->options->rate_hz,
                                    &fleet->patch_options, profile_us);
    if (mute > 0)
        fprintf(stderr, "drf-sim fleet: %zu profiles without a reply; flying anyway\n", mute);
    return DRF_OK;
}

static void ask_to_land(struct fleet *fleet, size_t index, int64_t now_utc_us)
{
    struct sim_drone *drone = &fleet->drones[index];
    uint8_t bytes[SIM_ASK_MAX];
    size_t size =
        sim_pilot_request(&drone->pilot, &fleet->world, &drone->flight, now_utc_us, bytes);
    // A request that is not sent now is repeated, as one that is not answered.
    if (size > 0
        && sim_links_send(fleet->links, index, "request", bytes, size, 1, false) != DRF_OK)
        fleet->unsent++;
}

// A verified drone sends requests at intervals: terrain around it and its porch in turn.
static void ask_one(struct fleet *fleet, size_t index, int64_t now_mono_us)
{
    struct sim_drone *drone = &fleet->drones[index];
    double period_us = fleet->options->request_s * 1e6;
    if (period_us <= 0.0 || !sim_receiver_verifies(fleet->receiver, index))
        return;
    if (drone->asked_mono_us == 0) // spread over the first period
        drone->asked_mono_us = now_mono_us - (int64_t)(period_us * (double)(index % 16) / 16.0);
    if ((double)(now_mono_us - drone->asked_mono_us) < period_us)
        return;
    drone->asked_mono_us = now_mono_us;
    uint8_t bytes[SIM_REQUEST_MAX];
    bool terrain = drone->asked.number % 2 == 0;
    struct geo_point at =
        sim_world_point(&fleet->world, terrain ? drone->flight.at : drone->flight.porch);
    size_t size = terrain ? sim_request_terrain(&drone->asked, at, bytes)
                          : sim_request_landing(&drone->asked, at, bytes);
    if (sim_links_send(fleet->links, index, "request", bytes, size, 1, false) == DRF_OK)
        fleet->asked++;
}

// After the report, so that the last report that names a plan arrives before the next plan.
static void file_plan(struct fleet *fleet, size_t index)
{
    struct sim_drone *drone = &fleet->drones[index];
    uint8_t bytes[SIM_PLAN_MAX];
    size_t size = sim_plans_file(&drone->plans, index, &drone->flight, &fleet->world,
                                 fleet->witness.geoid, sim_utc_us(), bytes);
    if (size > 0 && sim_links_send(fleet->links, index, "plan", bytes, size, 1, true) != DRF_OK)
        fleet->unsent++;
}

static void report_one(struct fleet *fleet, size_t index)
{
    struct sim_drone *drone = &fleet->drones[index];
    uint8_t bytes[SIM_TELEMETRY_MAX];
    struct sim_report report;
    int64_t now_utc_us = sim_utc_us();
    if (fleet->options->react)
        sim_pilot_decide(&drone->pilot, &drone->flight, now_utc_us);
    sim_flight_step(&drone->flight, &fleet->world, 1.0 / fleet->options->rate_hz);
    if (fleet->options->react)
        ask_to_land(fleet, index, now_utc_us);
    if (fleet->story != NULL)
        sim_story_flown(fleet->story, index, sim_mono_us());
    size_t size = sim_telemetry_make(drone, &fleet->world, fleet->witness.geoid, sim_utc_us(),
                                     &report, bytes);
    report.mono_us = sim_mono_us();
    sim_receiver_sent(fleet->receiver, index, &report);
    if (sim_links_send(fleet->links, index, "telemetry", bytes, size, 0, false) == DRF_OK)
        fleet->sent++;
    else
        fleet->unsent++;
    file_plan(fleet, index);
    ask_one(fleet, index, report.mono_us);
}

static void write_tracks(struct fleet *fleet, int64_t now_mono_us)
{
    if (fleet->flight_log == NULL
        || (double)(now_mono_us - fleet->tracked_mono_us) * 1e-6 < fleet->options->track_s)
        return;
    fleet->tracked_mono_us = now_mono_us;
    sim_flight_log_flown(fleet->flight_log,
                         (double)(now_mono_us - fleet->start_mono_us) * 1e-6);
}

// Each passes one of the drones that are in the air, in turn.
static void tell_traffic(struct fleet *fleet)
{
    int64_t now_utc_us = sim_utc_us();
    if (fleet->flybys == NULL)
        return;
    size_t first = (size_t)(fleet->next * 7 % fleet->options->drones);
    if (sim_flyby_feed_wants(fleet->flybys, now_utc_us)
        && !sim_flight_on_ground(&fleet->drones[first].flight))
        sim_flyby_feed_send(fleet->flybys, &fleet->drones[first].flight, now_utc_us);
    sim_flyby_feed_step(fleet->flybys, fleet->witness.geoid, now_utc_us);
}

static void tell_story(struct fleet *fleet)
{
    if (fleet->story == NULL)
        return;
    sim_story_step(fleet->story, fleet->receiver, fleet->start_mono_us, sim_mono_us());
    for (const char *line = sim_story_line(fleet->story); line != NULL;
         line = sim_story_line(fleet->story)) {
        sim_progress_end(&fleet->progress);
        printf("%s\n", line);
        fflush(stdout);
    }
}

static void show(struct fleet *fleet, int64_t now_mono_us)
{
    double t_s = (double)(now_mono_us - fleet->start_mono_us) * 1e-6;
    const struct sim_receiver_count *count = sim_receiver_count(fleet->receiver);
    const struct sim_histogram *latency = sim_receiver_latency(fleet->receiver);
    const struct sim_witness_counts *counts = sim_receiver_counts(fleet->receiver);
    char text[LINE_SIZE], histogram[64] = "no answer yet";
    if (latency->count > 0)
        snprintf(histogram, sizeof histogram, "p50 %.1f ms  p99 %.1f ms",
                 (double)sim_histogram_at(latency, 0.5) * 1e-3,
                 (double)sim_histogram_at(latency, 0.99) * 1e-3);
    snprintf(text, sizeof text,
             "%5.1f s  %zu/%" PRIu64 " drones  %" PRIu64 " contexts  %s  %" PRIu64
             " points  %" PRIu64 " wrong  %" PRIu64 " gaps",
             t_s, sim_links_ready(fleet->links), fleet->options->drones, count->contexts,
             histogram, counts->data_points, sim_witness_counts_wrong(counts), count->gaps);
    sim_progress_line(&fleet->progress, text, now_mono_us);
}

// Reports are spread evenly over time: one drone after the other, each at its own rate.
static void fly(struct fleet *fleet)
{
    double per_us = fleet->options->rate_hz * (double)fleet->options->drones * 1e-6;
    uint64_t total = (uint64_t)(fleet->options->seconds * 1e6 * per_us);
    fleet->start_mono_us = sim_mono_us();
    while (fleet->next < total && !sim_stop_wanted()) {
        int64_t now_mono_us = sim_mono_us();
        uint64_t due = (uint64_t)((double)(now_mono_us - fleet->start_mono_us) * per_us);
        for (int burst = 0; fleet->next < due && fleet->next < total && burst < 32; burst++)
            report_one(fleet, (size_t)(fleet->next++ % fleet->options->drones));
        bool busy = sim_links_step(fleet->links, 0, now_mono_us);
        tell_story(fleet);
        tell_traffic(fleet);
        if (busy || fleet->next < due)
            continue;
        if (sim_receiver_check(fleet->receiver, 4) == 0) {
            double wait_us = (double)(fleet->next + 1) / per_us
                             - (double)(sim_mono_us() - fleet->start_mono_us);
            // At least a millisecond, to avoid a busy loop; a report may be late by that.
            sim_links_step(fleet->links, (int)fmax(wait_us * 1e-3, 1.0), sim_mono_us());
        }
        write_tracks(fleet, now_mono_us);
        show(fleet, now_mono_us);
    }
    int64_t end_mono_us = sim_mono_us() + linger_us;
    while (sim_mono_us() < end_mono_us)
        sim_links_step(fleet->links, 20, sim_mono_us());
    while (sim_receiver_check(fleet->receiver, 1024) > 0)
        continue;
    sim_progress_end(&fleet->progress);
}

static void begin_counting(struct fleet *fleet)
{
    const char *address = fleet->options->metrics;
    if (address == NULL)
        return;
    enum drf_status status = sim_node_counters_read(address, &fleet->counters);
    fleet->counters_known = status == DRF_OK;
    if (status != DRF_OK)
        fprintf(stderr, "drf-sim fleet: no counters at http://%s/metrics (%s)\n", address,
                drf_status_name(status));
}

static void end_counting(struct fleet *fleet)
{
    struct sim_node_counters now;
    fleet->counters_known = fleet->counters_known
                            && sim_node_counters_read(fleet->options->metrics, &now) == DRF_OK;
    if (fleet->counters_known)
        fleet->counters = sim_node_counters_since(&fleet->counters, &now);
}

static int conclude(struct fleet *fleet, double seconds)
{
    end_counting(fleet);
    struct sim_fleet_summary summary = {
        .drones = (size_t)fleet->options->drones,
        .seconds = seconds,
        .sent = fleet->sent,
        .unsent = fleet->unsent,
        .asked = fleet->asked,
        .counters = fleet->counters_known ? &fleet->counters : NULL,
        .lost_connections = sim_links_lost(fleet->links),
        .count = sim_receiver_count(fleet->receiver),
        .counts = sim_receiver_counts(fleet->receiver),
        .latency = sim_receiver_latency(fleet->receiver),
        .patches = fleet->patches != NULL ? sim_patch_watch_count(fleet->patches) : NULL,
        .story = fleet->story,
    };
    summary.example = sim_receiver_example(fleet->receiver, &summary.example_size);
    sim_fleet_report_print(&summary, stdout);
    const char *path = fleet->options->report;
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

static void close_fleet(struct fleet *fleet)
{
    sim_links_close(fleet->links);
    sim_receiver_close(fleet->receiver);
    sim_patch_watch_close(fleet->patches);
    sim_flight_log_close(fleet->flight_log);
    sim_story_close(fleet->story);
    sim_flyby_feed_close(fleet->flybys);
    free(fleet->accounts);
    free(fleet->drones);
    sim_witness_close(&fleet->witness);
    sim_world_close(&fleet->world);
}

static enum drf_status open_patches(struct fleet *fleet, enum sim_corruption corruption)
{
    const struct sim_fleet_options *options = fleet->options;
    fleet->patch_options =
        (struct sim_patch_options){.side = (uint32_t)options->patch_side,
                                   .rate_hz = options->patch_rate_hz,
                                   .lose_ratio = options->lose_percent / 100.0,
                                   .key_frames = options->key_frames,
                                   .shifted = corruption == SIM_CORRUPT_PATCH_SHIFT};
    enum drf_status status =
        sim_patch_watch_open(&fleet->witness, fleet->drones, (size_t)options->drones,
                             fleet->patch_options, &fleet->patches);
    if (status == DRF_OK)
        sim_receiver_watch(fleet->receiver, fleet->patches);
    return status;
}

// The story adds obstacles to the world, so it is opened before the witness.
static enum drf_status open_story(struct fleet *fleet)
{
    const struct sim_fleet_options *options = fleet->options;
    return sim_story_open(&fleet->world,
                          &(struct sim_story_plan){.bootstrap = options->story,
                                                   .cranes = options->cranes,
                                                   .zones = options->zones,
                                                   .node_pid_file = options->node_pid,
                                                   .seconds = options->seconds,
                                                   .drones = (size_t)options->drones},
                          &fleet->story);
}

static enum drf_status open_listening(struct fleet *fleet)
{
    const struct sim_fleet_options *options = fleet->options;
    enum drf_status status = DRF_OK;
    if (options->tracks != NULL || options->advisories != NULL)
        status = sim_flight_log_open(options->tracks, options->advisories, &fleet->world,
                                     fleet->drones, fleet->accounts, (size_t)options->drones,
                                     &fleet->flight_log);
    if (status != DRF_OK)
        return status;
    if (fleet->story != NULL)
        sim_story_assign(fleet->story, fleet->drones, fleet->accounts);
    sim_receiver_listen(fleet->receiver, &(struct sim_listener){.context = fleet,
                                                                .on_context = on_context,
                                                                .on_advisory = on_advisory,
                                                                .on_reply = on_reply});
    return DRF_OK;
}

static enum drf_status open_fleet(struct fleet *fleet, enum sim_corruption corruption)
{
    const struct sim_fleet_options *options = fleet->options;
    struct sim_world_plan plan;
    enum drf_status status = sim_json_world_load(options->world, &plan);
    if (status == DRF_OK)
        status = sim_world_open(&plan, &fleet->world);
    if (status != DRF_OK) {
        fprintf(stderr, "drf-sim fleet: %s/world.json: %s\n", options->world,
                drf_status_name(status));
        return status;
    }
    if (options->story != NULL)
        status = open_story(fleet);
    if (status == DRF_OK)
        status = sim_witness_open(&fleet->world, options->region, (unsigned)options->level,
                                  &fleet->witness);
    if (status == DRF_ERR_ABSENT)
        fprintf(stderr, "drf-sim fleet: PROJ's egm96_15.gtx is missing (Debian: proj-data)\n");
    if (status == DRF_OK)
        status = make_drones(fleet);
    if (status == DRF_OK)
        status = sim_receiver_open(&fleet->witness, fleet->drones, (size_t)options->drones,
                                   corruption, options->verify_ratio, &fleet->receiver);
    if (status == DRF_OK) {
        struct sim_fleet_reports reports = sim_receiver_reports(fleet->receiver);
        reports.names = fleet->accounts[0].name;
        reports.name_stride = sizeof fleet->accounts[0];
        status = sim_witness_fleet(&fleet->witness, reports);
    }
    if (status == DRF_OK && options->traffic != NULL) {
        status = sim_flyby_feed_open(options->traffic, options->traffic_topic,
                                     (size_t)options->flybys, &fleet->world, &fleet->flybys);
        if (status == DRF_OK)
            fleet->witness.flybys = sim_flyby_feed_list(fleet->flybys);
    }
    if (status == DRF_OK && options->patch_side > 0)
        status = open_patches(fleet, corruption);
    if (status == DRF_OK)
        status = open_listening(fleet);
    if (status == DRF_OK)
        status = open_links(fleet);
    if (status != DRF_OK)
        fprintf(stderr, "drf-sim fleet: cannot start (%s)\n", drf_status_name(status));
    return status;
}

static int run(const struct sim_fleet_options *options, enum sim_corruption corruption)
{
    struct fleet fleet = {.options = options};
    sim_stop_watch();
    int code = 1;
    if (open_fleet(&fleet, corruption) == DRF_OK && connect_all(&fleet) == DRF_OK) {
        begin_counting(&fleet);
        fly(&fleet);
        double seconds = (double)(sim_mono_us() - linger_us - fleet.start_mono_us) * 1e-6;
        code = conclude(&fleet, fmin(seconds, options->seconds));
    }
    close_fleet(&fleet);
    return code;
}

int sim_fleet_run(int argc, char **argv)
{
    struct sim_fleet_options options;
    int code = sim_fleet_options_read(argc, argv, &options);
    return code >= 0 ? code : run(&options, options.corruption);
}
