// SPDX-License-Identifier: Apache-2.0
#include "sim/experiment/run_record.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drf/v1/simulation.pb-c.h"
#include "sim/experiment/node_config.h"
#include "sim/publish/batch.h"

enum { TOPIC_SIZE = 96, TRUTH_MAX = 256, VERDICT_MAX = 1024, PAIRS_MAX = 9 + SIM_VARIED_MAX };

struct sim_run_record {
    struct drf_recording *recording;
    struct sim_now start;
    enum drf_status failed;
};

uint64_t sim_run_ns(struct sim_now start, int64_t mono_us)
{
    return (uint64_t)(start.utc_us + (mono_us - start.mono_us)) * 1000;
}

static void keep(struct sim_run_record *record, enum drf_status status)
{
    if (record->failed == DRF_OK)
        record->failed = status;
}

static void attach(struct sim_run_record *record, const char *name, const void *bytes,
                   size_t size)
{
    // The time of the simulated start: a file of the same seed has the same bytes.
    const struct drf_mcap_write_attachment attachment = {
        .name = name,
        .media_type = "application/yaml",
        .log_time_ns = sim_run_ns(record->start, record->start.mono_us),
        .create_time_ns = sim_run_ns(record->start, record->start.mono_us)};
    keep(record, drf_mcap_write_attachment(drf_recording_mcap(record->recording), &attachment,
                                           bytes, size));
}

static void attach_config(struct sim_run_record *record, const char *path)
{
    uint8_t *bytes = NULL;
    size_t size = 0;
    enum drf_status status = sim_file_read(path, &bytes, &size);
    keep(record, status);
    if (status == DRF_OK)
        attach(record, DRF_RECORDING_CONFIGURATION, bytes, size);
    free(bytes);
}

static void describe(struct sim_run_record *record, const struct sim_run_job *job)
{
    char seed[24], varied[SIM_VARIED_MAX][SIM_PATH_SIZE + 8];
    snprintf(seed, sizeof seed, "%" PRIu64, job->trial->seed);
    struct drf_mcap_pair pairs[PAIRS_MAX] = {{"program", "drf-sim " DRF_VERSION},
                                             {"mode", "SIM"},
                                             {"region", SIM_EXPERIMENT_REGION},
                                             {"node", SIM_EXPERIMENT_NODE},
                                             {"seed", seed},
                                             {"simulated", "1"},
                                             {"run", job->name}};
    size_t count = 7;
    for (size_t i = 0; i < job->experiment->varied_count; i++) {
        snprintf(varied[i], sizeof varied[i], "vary.%s", job->experiment->varied[i].path);
        pairs[count++] = (struct drf_mcap_pair){
            varied[i], sim_experiment_value(job->experiment, job->run, i)};
    }
    keep(record, drf_mcap_write_metadata(drf_recording_mcap(record->recording),
                                         DRF_RECORDING_METADATA, pairs, count));
}

enum drf_status sim_run_record_open(const char *path, const struct sim_run_job *job,
                                    const char *config, struct sim_now start,
                                    struct sim_run_record **out,
                                    char error[static DRF_MCAP_ERROR_SIZE])
{
    const struct drf_mcap_write_options options = {
        .library = "drf-sim " DRF_VERSION, .zstd_level = 3, .replace = true};
    struct sim_run_record *record = calloc(1, sizeof *record);
    if (record == NULL)
        return DRF_ERR_NOMEM;
    record->start = start;
    enum drf_status status = drf_recording_open(path, &options, &record->recording, error);
    if (status != DRF_OK) {
        free(record);
        return status;
    }
    describe(record, job);
    attach(record, DRF_RECORDING_EXPERIMENT, job->experiment->text, job->experiment->size);
    attach_config(record, config);
    *out = record;
    return DRF_OK;
}

enum drf_status sim_run_record_finish(struct sim_run_record *record,
                                      char error[static DRF_MCAP_ERROR_SIZE])
{
    struct drf_mcap_writer *writer = drf_recording_mcap(record->recording);
    keep(record, drf_mcap_writer_finish(writer));
    snprintf(error, DRF_MCAP_ERROR_SIZE, "%s", drf_mcap_writer_error(writer));
    return record->failed;
}

void sim_run_record_close(struct sim_run_record *record)
{
    if (record != NULL)
        drf_recording_close(record->recording);
    free(record);
}

void sim_run_record_parcel(struct sim_run_record *record, const struct sim_parcel *parcel)
{
    uint64_t log_ns = sim_run_ns(record->start, parcel->arrival_mono_us);
    uint64_t sent_ns = sim_run_ns(record->start, parcel->sent_mono_us);
    keep(record, parcel->is_kafka
                     ? drf_recording_kafka(record->recording, &parcel->kafka, log_ns, sent_ns)
                     : drf_recording_mqtt(record->recording, &parcel->mqtt, log_ns, sent_ns));
}

static void put_truth(struct sim_run_record *record, Drf__V1__SimTruth *truth, char *name,
                      struct sim_now now)
{
    char topic[TOPIC_SIZE];
    uint8_t bytes[TRUTH_MAX];
    truth->drone_id = name;
    truth->has_time_utc_us = truth->has_lat_deg = truth->has_lon_deg = 1;
    truth->has_alt_amsl_m = truth->has_airborne = truth->has_intruder = 1;
    truth->has_vel_north_mps = truth->has_vel_east_mps = truth->has_vel_up_mps = 1;
    truth->time_utc_us = now.utc_us;
    snprintf(topic, sizeof topic, "sim/truth/%s", name);
    size_t size = drf__v1__sim_truth__pack(truth, bytes);
    uint64_t ns = sim_run_ns(record->start, now.mono_us);
    keep(record, drf_recording_message(record->recording, topic, "drf.v1.SimTruth", bytes, size,
                                       ns, ns));
}

void sim_run_record_truth(struct sim_run_record *record, const char *name,
                          const struct sim_world *world, const struct sim_flight *flight,
                          struct sim_now now)
{
    struct geo_point at = sim_world_point(world, flight->at);
    char id[SIM_NAME_SIZE];
    snprintf(id, sizeof id, "%s", name);
    Drf__V1__SimTruth truth = DRF__V1__SIM_TRUTH__INIT;
    truth.lat_deg = at.lat_deg;
    truth.lon_deg = at.lon_deg;
    truth.alt_amsl_m = flight->amsl_m;
    truth.vel_north_mps = flight->north_mps;
    truth.vel_east_mps = flight->east_mps;
    truth.vel_up_mps = flight->up_mps;
    truth.airborne = !sim_flight_on_ground(flight);
    put_truth(record, &truth, id, now);
}

void sim_run_record_intruder(struct sim_run_record *record, const struct sim_world *world,
                             const struct sim_flyby *flyby, struct sim_now now)
{
    struct geo_point at = sim_world_point(world, sim_flyby_at(flyby, now.utc_us));
    char id[SIM_FLYBY_ID];
    snprintf(id, sizeof id, "%s", flyby->id);
    Drf__V1__SimTruth truth = DRF__V1__SIM_TRUTH__INIT;
    truth.lat_deg = at.lat_deg;
    truth.lon_deg = at.lon_deg;
    truth.alt_amsl_m = sim_flyby_amsl_m(flyby, now.utc_us);
    truth.vel_north_mps = flyby->north_mps;
    truth.vel_east_mps = flyby->east_mps;
    truth.vel_up_mps = flyby->up_mps;
    truth.airborne = truth.intruder = 1;
    put_truth(record, &truth, id, now);
}

void sim_run_record_verdict(struct sim_run_record *record, const char *name, int64_t mono_us,
                            const struct sim_judgement *judgement)
{
    char id[SIM_NAME_SIZE], check[32], text[SIM_SAMPLE_SIZE], feature[128];
    uint8_t bytes[VERDICT_MAX];
    snprintf(id, sizeof id, "%s", name);
    snprintf(check, sizeof check, "%s", sim_check_name(judgement->check));
    snprintf(text, sizeof text, "%s", judgement->text);
    snprintf(feature, sizeof feature, "%s", judgement->feature);
    Drf__V1__SimVerdict verdict = DRF__V1__SIM_VERDICT__INIT;
    verdict.drone_id = id;
    verdict.has_time_utc_us = verdict.has_verdict = 1;
    verdict.time_utc_us = (int64_t)(sim_run_ns(record->start, mono_us) / 1000);
    verdict.check = check;
    verdict.verdict = judgement->verdict;
    verdict.has_kind = verdict.has_severity = judgement->kind != 0;
    verdict.kind = judgement->kind;
    verdict.severity = judgement->severity;
    verdict.text = text[0] != '\0' ? text : NULL;
    verdict.feature_id = feature[0] != '\0' ? feature : NULL;
    size_t size = drf__v1__sim_verdict__pack(&verdict, bytes);
    uint64_t ns = sim_run_ns(record->start, mono_us);
    keep(record, drf_recording_message(record->recording, "sim/verdict", "drf.v1.SimVerdict",
                                       bytes, size, ns, ns));
}

void sim_run_record_second(struct sim_run_record *record)
{
    keep(record, drf_mcap_write_end_chunk(drf_recording_mcap(record->recording)));
}
