// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>
#include <stdlib.h>

#include "sim/error/wind_error.h"
#include "sim/experiment/areas.h"
#include "sim/experiment/run_files.h"
#include "sim/experiment/run_impl.h"

static enum drf_status open_fleet(struct sim_run *run)
{
    const struct sim_trial *trial = run->trial;
    size_t count = (size_t)trial->drones;
    run->accounts = calloc(count, sizeof *run->accounts);
    run->up_links = calloc(count, sizeof *run->up_links);
    run->down_links = calloc(count, sizeof *run->down_links);
    if (run->accounts == NULL || run->up_links == NULL || run->down_links == NULL)
        return DRF_ERR_NOMEM;
    for (size_t i = 0; i < count; i++)
        snprintf(run->accounts[i].name, sizeof run->accounts[i].name, "%s%02zu", RUN_DRONE,
                 i + 1);
    const struct sim_fleet_plan plan = {
        .region = SIM_EXPERIMENT_REGION,
        .level = 12,
        .drones = count,
        .seed = trial->seed,
        .start_utc_us = trial->start_utc_us,
        .seconds = trial->duration_s,
        .rate_hz = trial->rate_hz,
        .request_s = trial->request_s,
        .plans = (size_t)trial->plans,
        .react = trial->react,
        .confused = trial->confused,
        .verify_ratio = trial->verify_ratio,
        .all_hear = true,
        .patch = {.side = (uint32_t)trial->patch_side, .rate_hz = trial->patch_rate_hz},
        .errors = trial->errors};
    enum drf_status status = sim_fleet_open(&plan, &run->world, run->accounts, &run->fleet);
    if (status == DRF_OK && trial->traffic > 0) {
        const struct sim_feed_port port = run_feed_port(run);
        status = sim_flyby_feed_open(&port, (size_t)trial->traffic, &run->world, &run->flybys);
        if (status == DRF_OK)
            sim_fleet_meet(&run->fleet, run->flybys);
    }
    if (status != DRF_OK)
        return status;
    run->fleet.link = run_link_port(run);
    run_observe(run);
    return DRF_OK;
}

static enum drf_status open_world(struct sim_run *run)
{
    const struct sim_trial *trial = run->trial;
    enum drf_status status = sim_world_open(&trial->world, &run->world);
    if (status != DRF_OK)
        return status;
    run->world.wind_error[0] =
        sim_wind_error_make(&trial->errors.wind, trial->seed, SIM_DRAW_WIND_EAST);
    run->world.wind_error[1] =
        sim_wind_error_make(&trial->errors.wind, trial->seed, SIM_DRAW_WIND_NORTH);
    sim_areas_draw(&run->world, (size_t)trial->zones, (size_t)trial->alerts);
    return DRF_OK;
}

static enum drf_status publish_world(struct sim_run *run)
{
    const struct sim_feed_port port = run_feed_port(run);
    enum drf_status status = DRF_OK;
    for (size_t i = 0; i < SIM_RUN_FEEDS && status == DRF_OK; i++) {
        if (sim_run_feeds[i].file == NULL || !sim_run_feed_used(&sim_run_feeds[i], run->trial))
            continue;
        run->feed_topic = sim_run_feeds[i].topic;
        status = sim_run_files_publish(run->job->folder, &sim_run_feeds[i], run->start.utc_us,
                                       &port);
    }
    run->feed_topic = sim_run_feeds[SIM_RUN_ZONES].topic;
    if (status == DRF_OK)
        status = sim_areas_publish_zones(&run->world, run->start.utc_us, &port);
    run->feed_topic = sim_run_feeds[SIM_RUN_ALERTS].topic;
    if (status == DRF_OK)
        status = sim_areas_publish_alerts(&run->world, run->start.utc_us, &port);
    return status;
}

void run_open(struct sim_run *run)
{
    struct sim_run_paths paths;
    char node_error[SIM_LOCKSTEP_ERROR_SIZE] = "", record_error[DRF_MCAP_ERROR_SIZE] = "";
    run_fail(run, sim_run_files_paths(run->job->folder, &paths),
             "the folder's name is too long");
    run_fail(run, open_world(run), "no world can be made of these numbers");
    if (run->failed == DRF_OK)
        run_fail(run, sim_run_files_world(&run->world, &paths),
                 "the world's files cannot be written");
    if (run->failed == DRF_OK)
        run_fail(run, sim_node_config_write(run->trial, &run->world, paths.config),
                 "the node's configuration cannot be written");
    if (run->failed == DRF_OK)
        run_fail(run, open_fleet(run),
                 "the fleet cannot be made (no memory, or PROJ's egm96_15.gtx is missing)");
    if (run->failed == DRF_OK) {
        enum drf_status status = sim_run_record_open(paths.part, run->job, paths.config,
                                                     run->start, &run->record, record_error);
        run_fail(run, status, record_error);
    }
    if (run->failed == DRF_OK) {
        enum drf_status status = sim_lockstep_open(run->job->program, paths.config, paths.log,
                                                   &run->lockstep, node_error);
        run_fail(run, status, node_error);
    }
    if (run->failed == DRF_OK)
        run_fail(run, publish_world(run), "the world's files cannot be cut into messages");
}
