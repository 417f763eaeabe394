// SPDX-License-Identifier: Apache-2.0
// `drf-sim fleet`: flies drones through a world and checks everything they are told.
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/accounts.h"
#include "sim/command.h"
#include "sim/diary.h"
#include "sim/fleet_report.h"
#include "sim/json_world.h"
#include "sim/loop.h"
#include "sim/options.h"
#include "sim/profile.h"
#include "sim/progress.h"

enum { HOST_SIZE = 256, DRONES_MAX = 20000, LINE_SIZE = 256 };

static const int64_t connect_us = 60000000, first_us = 10000000, profile_us = 5000000,
                     linger_us = 1000000;

struct order {
    const char *mqtt, *region, *world, *users, *report, *tracks, *breaking, *root, *prefix;
    uint64_t drones, level;
    double seconds, rate_hz, request_s;
    uint64_t patch_side;
    double patch_rate_hz, lose_percent, verify_ratio;
    bool key_frames, react;
    const char *metrics, *advisories, *story, *cranes, *zones, *node_pid;
    double track_s;
    uint64_t plans; // each so manieth drone files some; 0: none does
};

struct fleet {
    const struct order *order;
    struct sim_world world;
    struct sim_witness witness;
    struct sim_drone *drones;
    struct sim_account *accounts;
    struct sim_links *links;
    struct sim_receiver *receiver;
    struct sim_patch_order patch_order;
    struct sim_patch_watch *patches;
    struct sim_diary *diary;
    struct sim_story *story; // NULL: none is told
    int64_t start_mono_us, tracked_mono_us;
    uint64_t next; // reports due so far, over all drones, in turn
    uint64_t sent, unsent, asked;
    bool counters_known;
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
    if (fleet->diary != NULL)
        sim_diary_told(fleet->diary, index, told,
                       (double)(mono_us - fleet->start_mono_us) * 1e-6);
    if (fleet->order->react)
        sim_pilot_hear(&drone->pilot, &fleet->world, &drone->flight, told, sim_utc_us());
    if (fleet->story != NULL)
        sim_story_context(fleet->story, index, told, mono_us);
}

static void on_advisory(void *context, size_t index, const Drf__V1__Advisory *told,
                        int64_t mono_us)
{
    struct fleet *fleet = context;
    struct sim_drone *drone = &fleet->drones[index];
    if (fleet->order->react)
        sim_pilot_heed(&drone->pilot, &fleet->world, &drone->flight, told, sim_utc_us());
    if (fleet->story != NULL)
        sim_story_advisory(fleet->story, index, told, mono_us);
}

static void on_reply(void *context, size_t index, const Drf__V1__Reply *told, int64_t mono_us)
{
    struct fleet *fleet = context;
    if (fleet->order->react)
        sim_pilot_answer(&fleet->drones[index].pilot, told);
    if (fleet->story != NULL)
        sim_story_answer(fleet->story, index, told, mono_us);
}

static enum drf_status make_drones(struct fleet *fleet)
{
    const struct order *order = fleet->order;
    size_t count = (size_t)order->drones;
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
        // In a story each has its own way.
        if (order->plans > 0 && i % order->plans == 1 % order->plans && order->story == NULL) {
            fleet->drones[i].plans.files = true;
            sim_flight_bend(&fleet->drones[i].flight, &fleet->world);
        }
        snprintf(fleet->accounts[i].name, sizeof fleet->accounts[i].name, "%s-%02zu",
                 order->prefix, i + 1);
    }
    return order->users != NULL ? sim_accounts_read(order->users, fleet->accounts, count)
                                : DRF_OK;
}

static enum drf_status open_links(struct fleet *fleet)
{
    char host[HOST_SIZE];
    const char *colon = strrchr(fleet->order->mqtt, ':');
    unsigned long port = colon != NULL ? strtoul(colon + 1, NULL, 10) : 1883;
    size_t length =
        colon != NULL ? (size_t)(colon - fleet->order->mqtt) : strlen(fleet->order->mqtt);
    if (length == 0 || length >= sizeof host || port == 0 || port > 65535)
        return DRF_ERR_SYNTAX;
    snprintf(host, sizeof host, "%.*s", (int)length, fleet->order->mqtt);
    enum drf_status status =
        sim_links_open(host, (unsigned)port, fleet->order->root, fleet->accounts,
                       (size_t)fleet->order->drones, on_message, fleet, &fleet->links);
    if (status == DRF_ERR_AGAIN)
        fprintf(stderr, "drf-sim fleet: no MQTT broker takes a connection at %s\n",
                fleet->order->mqtt);
    return status;
}

static enum drf_status connect_all(struct fleet *fleet)
{
    // All within a minute, and the first within ten seconds: else nobody is there.
    int64_t first_mono_us = sim_mono_us() + first_us, end_mono_us = sim_mono_us() + connect_us;
    size_t count = (size_t)fleet->order->drones;
    while (sim_links_ready(fleet->links) < count && !sim_stop_wanted()) {
        int64_t now_mono_us = sim_mono_us();
        bool none = sim_links_ready(fleet->links) == 0 && now_mono_us > first_mono_us;
        if (none || now_mono_us > end_mono_us) {
            const char *why = sim_links_refusal(fleet->links);
            sim_progress_end();
            fprintf(stderr,
                    "drf-sim fleet: %zu of %zu connected to the MQTT broker at %s: %s\n",
                    sim_links_ready(fleet->links), count, fleet->order->mqtt,
                    why[0] != '\0' ? why : "it does not answer");
            return DRF_ERR_AGAIN;
        }
        sim_links_step(fleet->links, 10, now_mono_us);
        sim_progress_bar("connecting", sim_links_ready(fleet->links), count, now_mono_us);
    }
    sim_progress_end();
    size_t mute = sim_profiles_send(fleet->links, fleet->drones, count, fleet->order->rate_hz,
                                    &fleet->patch_order, profile_us);
    if (mute > 0)
        fprintf(stderr, "drf-sim fleet: %zu profiles without a reply; flying all the same\n",
                mute);
    return DRF_OK;
}

static void ask_to_land(struct fleet *fleet, size_t index, int64_t now_utc_us)
{
    struct sim_drone *drone = &fleet->drones[index];
    uint8_t bytes[SIM_ASK_MAX];
    size_t size =
        sim_pilot_ask(&drone->pilot, &fleet->world, &drone->flight, now_utc_us, bytes);
    // One that is not sent now is asked again, as one that is not answered.
    if (size > 0
        && sim_links_send(fleet->links, index, "request", bytes, size, 1, false) != DRF_OK)
        fleet->unsent++;
}

// A verified drone asks now and then: in turn for the terrain around it and for its porch.
static void ask_one(struct fleet *fleet, size_t index, int64_t now_mono_us)
{
    struct sim_drone *drone = &fleet->drones[index];
    double period_us = fleet->order->request_s * 1e6;
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

// After the report: the last one that names a plan is there before the next plan is.
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
    if (fleet->order->react)
        sim_pilot_decide(&drone->pilot, &drone->flight, now_utc_us);
    sim_flight_step(&drone->flight, &fleet->world, 1.0 / fleet->order->rate_hz);
    if (fleet->order->react)
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
    if (fleet->diary == NULL
        || (double)(now_mono_us - fleet->tracked_mono_us) * 1e-6 < fleet->order->track_s)
        return;
    fleet->tracked_mono_us = now_mono_us;
    sim_diary_flown(fleet->diary, (double)(now_mono_us - fleet->start_mono_us) * 1e-6);
}

static void tell_story(struct fleet *fleet)
{
    if (fleet->story == NULL)
        return;
    sim_story_step(fleet->story, fleet->receiver, fleet->start_mono_us, sim_mono_us());
    for (const char *line = sim_story_line(fleet->story); line != NULL;
         line = sim_story_line(fleet->story)) {
        sim_progress_end();
        printf("%s\n", line);
        fflush(stdout);
    }
}

static void show(const struct fleet *fleet, int64_t now_mono_us)
{
    double t_s = (double)(now_mono_us - fleet->start_mono_us) * 1e-6;
    const struct sim_receiver_count *count = sim_receiver_count(fleet->receiver);
    const struct sim_spread *latency = sim_receiver_latency(fleet->receiver);
    const struct sim_tally *tally = sim_receiver_tally(fleet->receiver);
    char text[LINE_SIZE], spread[64] = "no answer yet";
    if (latency->count > 0)
        snprintf(spread, sizeof spread, "p50 %.1f ms  p99 %.1f ms",
                 (double)sim_spread_at(latency, 0.5) * 1e-3,
                 (double)sim_spread_at(latency, 0.99) * 1e-3);
    snprintf(text, sizeof text,
             "%5.1f s  %zu/%" PRIu64 " drones  %" PRIu64 " contexts  %s  %" PRIu64
             " points  %" PRIu64 " wrong  %" PRIu64 " gaps",
             t_s, sim_links_ready(fleet->links), fleet->order->drones, count->contexts, spread,
             tally->data_points, sim_tally_wrong(tally), count->gaps);
    sim_progress_line(text, now_mono_us);
}

// Reports are spread evenly over time: one drone after the other, each at its own rate.
static void fly(struct fleet *fleet)
{
    double per_us = fleet->order->rate_hz * (double)fleet->order->drones * 1e-6;
    uint64_t total = (uint64_t)(fleet->order->seconds * 1e6 * per_us);
    fleet->start_mono_us = sim_mono_us();
    while (fleet->next < total && !sim_stop_wanted()) {
        int64_t now_mono_us = sim_mono_us();
        uint64_t due = (uint64_t)((double)(now_mono_us - fleet->start_mono_us) * per_us);
        for (int burst = 0; fleet->next < due && fleet->next < total && burst < 32; burst++)
            report_one(fleet, (size_t)(fleet->next++ % fleet->order->drones));
        bool busy = sim_links_step(fleet->links, 0, now_mono_us);
        tell_story(fleet);
        if (busy || fleet->next < due)
            continue;
        if (sim_receiver_check(fleet->receiver, 4) == 0) {
            double wait_us = (double)(fleet->next + 1) / per_us
                             - (double)(sim_mono_us() - fleet->start_mono_us);
            // Not shorter than a millisecond: a report may be late by that, nobody spins.
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
    sim_progress_end();
}

static void begin_counting(struct fleet *fleet)
{
    const char *address = fleet->order->metrics;
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
    fleet->counters_known =
        fleet->counters_known && sim_node_counters_read(fleet->order->metrics, &now) == DRF_OK;
    if (fleet->counters_known)
        fleet->counters = sim_node_counters_since(&fleet->counters, &now);
}

static int conclude(struct fleet *fleet, double seconds)
{
    end_counting(fleet);
    struct sim_fleet_summary summary = {
        .drones = (size_t)fleet->order->drones,
        .seconds = seconds,
        .sent = fleet->sent,
        .unsent = fleet->unsent,
        .asked = fleet->asked,
        .counters = fleet->counters_known ? &fleet->counters : NULL,
        .lost_connections = sim_links_lost(fleet->links),
        .count = sim_receiver_count(fleet->receiver),
        .tally = sim_receiver_tally(fleet->receiver),
        .latency = sim_receiver_latency(fleet->receiver),
        .patches = fleet->patches != NULL ? sim_patch_watch_count(fleet->patches) : NULL,
        .story = fleet->story,
    };
    summary.example = sim_receiver_example(fleet->receiver, &summary.example_size);
    sim_fleet_report_print(&summary, stdout);
    const char *path = fleet->order->report;
    if (path != NULL && sim_fleet_report_save(&summary, path) != DRF_OK) {
        fprintf(stderr, "drf-sim fleet: cannot write %s\n", path);
        return 1;
    }
    if (summary.count->contexts == 0) {
        fprintf(stderr, "drf-sim fleet: no context arrived\n");
        return 1;
    }
    return sim_tally_wrong(summary.tally) == 0 ? 0 : 1;
}

static void close_fleet(struct fleet *fleet)
{
    sim_links_close(fleet->links);
    sim_receiver_close(fleet->receiver);
    sim_patch_watch_close(fleet->patches);
    sim_diary_close(fleet->diary);
    sim_story_close(fleet->story);
    free(fleet->accounts);
    free(fleet->drones);
    sim_witness_close(&fleet->witness);
    sim_world_close(&fleet->world);
}

static enum drf_status open_patches(struct fleet *fleet, enum sim_break breaking)
{
    const struct order *order = fleet->order;
    fleet->patch_order = (struct sim_patch_order){.side = (uint32_t)order->patch_side,
                                                  .rate_hz = order->patch_rate_hz,
                                                  .lose_ratio = order->lose_percent / 100.0,
                                                  .key_frames = order->key_frames,
                                                  .shifted = breaking == SIM_BREAK_PATCH_SHIFT};
    enum drf_status status =
        sim_patch_watch_open(&fleet->witness, fleet->drones, (size_t)order->drones,
                             fleet->patch_order, &fleet->patches);
    if (status == DRF_OK)
        sim_receiver_watch(fleet->receiver, fleet->patches);
    return status;
}

// The story puts things into the world, so it comes before the witness.
static enum drf_status open_story(struct fleet *fleet)
{
    const struct order *order = fleet->order;
    return sim_story_open(&fleet->world,
                          &(struct sim_story_plan){.bootstrap = order->story,
                                                   .cranes = order->cranes,
                                                   .zones = order->zones,
                                                   .node_pid_file = order->node_pid,
                                                   .seconds = order->seconds,
                                                   .drones = (size_t)order->drones},
                          &fleet->story);
}

static enum drf_status open_listening(struct fleet *fleet)
{
    const struct order *order = fleet->order;
    enum drf_status status = DRF_OK;
    if (order->tracks != NULL || order->advisories != NULL)
        status = sim_diary_open(order->tracks, order->advisories, &fleet->world, fleet->drones,
                                fleet->accounts, (size_t)order->drones, &fleet->diary);
    if (status != DRF_OK)
        return status;
    if (fleet->story != NULL)
        sim_story_cast(fleet->story, fleet->drones, fleet->accounts);
    sim_receiver_listen(fleet->receiver, &(struct sim_listener){.context = fleet,
                                                                .on_context = on_context,
                                                                .on_advisory = on_advisory,
                                                                .on_reply = on_reply});
    return DRF_OK;
}

static enum drf_status open_fleet(struct fleet *fleet, enum sim_break breaking)
{
    const struct order *order = fleet->order;
    struct sim_world_plan plan;
    enum drf_status status = sim_json_world_load(order->world, &plan);
    if (status == DRF_OK)
        status = sim_world_open(&plan, &fleet->world);
    if (status != DRF_OK) {
        fprintf(stderr, "drf-sim fleet: %s/world.json: %s\n", order->world,
                drf_status_name(status));
        return status;
    }
    if (order->story != NULL)
        status = open_story(fleet);
    if (status == DRF_OK)
        status = sim_witness_open(&fleet->world, order->region, (unsigned)order->level,
                                  &fleet->witness);
    if (status == DRF_ERR_ABSENT)
        fprintf(stderr, "drf-sim fleet: PROJ's egm96_15.gtx is missing (Debian: proj-data)\n");
    if (status == DRF_OK)
        status = make_drones(fleet);
    if (status == DRF_OK)
        status = sim_receiver_open(&fleet->witness, fleet->drones, (size_t)order->drones,
                                   breaking, order->verify_ratio, &fleet->receiver);
    if (status == DRF_OK) {
        struct sim_fleet_reports reports = sim_receiver_reports(fleet->receiver);
        reports.names = fleet->accounts[0].name;
        reports.name_stride = sizeof fleet->accounts[0];
        status = sim_witness_fleet(&fleet->witness, reports);
    }
    if (status == DRF_OK && order->patch_side > 0)
        status = open_patches(fleet, breaking);
    if (status == DRF_OK)
        status = open_listening(fleet);
    if (status == DRF_OK)
        status = open_links(fleet);
    if (status != DRF_OK)
        fprintf(stderr, "drf-sim fleet: cannot start (%s)\n", drf_status_name(status));
    return status;
}

static int run(const struct order *order, enum sim_break breaking)
{
    struct fleet fleet = {.order = order};
    sim_stop_watch();
    int code = 1;
    if (open_fleet(&fleet, breaking) == DRF_OK && connect_all(&fleet) == DRF_OK) {
        begin_counting(&fleet);
        fly(&fleet);
        double seconds = (double)(sim_mono_us() - linger_us - fleet.start_mono_us) * 1e-6;
        code = conclude(&fleet, fmin(seconds, order->seconds));
    }
    close_fleet(&fleet);
    return code;
}

static const char *refuse_order(const struct order *order, enum sim_break *breaking)
{
    if (order->mqtt == NULL || order->region == NULL || order->world == NULL)
        return "--mqtt, --region and --world are needed";
    if (strncmp(order->region, "sim", 3) != 0)
        return "a simulated fleet flies only in regions whose name begins with sim";
    if (strcmp(order->root, "drf/v1") == 0)
        return "a simulated fleet never speaks under drf/v1, the root of live aircraft";
    if (order->drones < 1 || order->drones > DRONES_MAX || order->rate_hz < 0.1
        || order->rate_hz > 20.0 || order->seconds < 0.1 || order->level > 22)
        return "--drones is 1 to 20000, --rate 0.1 to 20, --seconds at least 0.1, --level to "
               "22";
    if (order->patch_side != 0 && order->patch_side != 64 && order->patch_side != 128
        && order->patch_side != 256)
        return "--patch is 64, 128 or 256";
    if (order->track_s < 0.05)
        return "--track-every is at least 0.05";
    if (order->patch_rate_hz < 0.01 || order->patch_rate_hz > 10.0 || order->lose_percent < 0.0
        || order->lose_percent > 90.0)
        return "--patch-rate is 0.01 to 10, --lose-patches 0 to 90";
    if (!(order->verify_ratio >= 0.0 && order->verify_ratio <= 1.0))
        return "--verify is 0 to 1";
    if (strlen(order->prefix) < 1 || strlen(order->prefix) > 24 || strlen(order->root) > 60)
        return "--prefix has 1 to 24 characters, --root at most 60";
    for (int i = 0; i < SIM_BREAKS; i++)
        if (strcmp(order->breaking, sim_break_names[i]) == 0) {
            *breaking = (enum sim_break)i;
            return NULL;
        }
    return "--break is wind-sign, datum, zero-fill, advisory-lost, advisory-false, patch-shift "
           "or terrain-down";
}

int sim_fleet_run(int argc, char **argv)
{
    struct order order = {.drones = 50,
                          .seconds = 30.0,
                          .rate_hz = 5.0,
                          .plans = 3,
                          .request_s = 8.0,
                          .patch_rate_hz = 1.0,
                          .verify_ratio = 1.0,
                          .track_s = 1.0,
                          .cranes = "demo.obstacles",
                          .zones = "demo.zones",
                          .level = 12,
                          .breaking = "none",
                          .root = "drf-test/v1",
                          .prefix = "coffee"};
    const struct sim_option options[] = {
        {"mqtt", SIM_OPTION_TEXT, &order.mqtt, "HOST:PORT", "of the broker"},
        {"region", SIM_OPTION_TEXT, &order.region, "NAME", "the node's; begins with sim"},
        {"world", SIM_OPTION_TEXT, &order.world, "DIR", "that drf-sim world made"},
        {"drones", SIM_OPTION_COUNT, &order.drones, "N", "default 50"},
        {"seconds", SIM_OPTION_REAL, &order.seconds, "S", "default 30"},
        {"rate", SIM_OPTION_REAL, &order.rate_hz, "HZ", "reports a second each (default 5)"},
        {"users", SIM_OPTION_TEXT, &order.users, "FILE", "name:password lines"},
        {"prefix", SIM_OPTION_TEXT, &order.prefix, "NAME", "drones are NAME-01 ... (coffee)"},
        {"report", SIM_OPTION_TEXT, &order.report, "FILE", "JSON"},
        {"tracks", SIM_OPTION_TEXT, &order.tracks, "FILE", "where they flew, CSV"},
        {"level", SIM_OPTION_COUNT, &order.level, "Z", "of the node's tiles (default 12)"},
        {"root", SIM_OPTION_TEXT, &order.root, "TOPIC", "default drf-test/v1"},
        {"patch", SIM_OPTION_COUNT, &order.patch_side, "CELLS",
         "asks for patches: 64, 128 or 256"},
        {"patch-rate", SIM_OPTION_REAL, &order.patch_rate_hz, "HZ", "of patches (default 1)"},
        {"lose-patches", SIM_OPTION_REAL, &order.lose_percent, "PERCENT", "dropped on arrival"},
        {"key-frames", SIM_OPTION_FLAG, &order.key_frames, NULL,
         "patches are never acknowledged"},
        {"metrics", SIM_OPTION_TEXT, &order.metrics, "HOST:PORT",
         "of the node's HTTP: lays what it counts beside what is missing"},
        {"requests", SIM_OPTION_REAL, &order.request_s, "S",
         "between a verified drone's questions, terrain and landing in turn (default 8, 0: "
         "none)"},
        {"plans", SIM_OPTION_COUNT, &order.plans, "N",
         "one drone of so many files plans and flies by them (default 3, 0: none; a story has "
         "none)"},
        {"verify", SIM_OPTION_REAL, &order.verify_ratio, "RATIO",
         "of the drones that are checked against the world, 0 to 1 (default 1)"},
        {"track-every", SIM_OPTION_REAL, &order.track_s, "S", "of the tracks (default 1)"},
        {"advisories", SIM_OPTION_TEXT, &order.advisories, "FILE", "what they were told, CSV"},
        {"react", SIM_OPTION_FLAG, &order.react, NULL,
         "drones act on what they are told: climb, leave a zone, hold when it is silent"},
        {"story", SIM_OPTION_TEXT, &order.story, "HOST:PORT",
         "a crane, a zone, a killed node, a porch, through this Kafka; implies --react"},
        {"story-obstacles", SIM_OPTION_TEXT, &order.cranes, "TOPIC",
         "of GeoJSON obstacles (demo.obstacles)"},
        {"story-zones", SIM_OPTION_TEXT, &order.zones, "TOPIC",
         "of GeoJSON zones (demo.zones)"},
        {"story-node", SIM_OPTION_TEXT, &order.node_pid, "FILE",
         "holds the process id of the node that is killed"},
        {"break", SIM_OPTION_TEXT, &order.breaking, "ERROR",
         "wind-sign, datum, zero-fill, advisory-lost, advisory-false, patch-shift or\n"
         "terrain-down, in the receiver's copies"},
    };
    const struct sim_usage usage = {
        "fleet --mqtt HOST:PORT --region NAME --world DIR [OPTION...]",
        "Flies delivery drones through a world, each a real MQTT client, and checks every "
        "value\n"
        "of every context against the truth. Exit code 1 if one was wrong.",
        options, sizeof options / sizeof options[0]};
    int rest;
    enum drf_status status = sim_options_read(&usage, argc, argv, &rest);
    if (status != DRF_OK)
        return sim_options_exit(status);
    enum sim_break breaking = SIM_BREAK_NONE;
    order.react = order.react || order.story != NULL;
    const char *refusal = refuse_order(&order, &breaking);
    if (refusal != NULL) {
        fprintf(stderr, "drf-sim fleet: %s\n", refusal);
        return 2;
    }
    return run(&order, breaking);
}
