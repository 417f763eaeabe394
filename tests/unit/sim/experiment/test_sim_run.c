// tests/unit/sim/experiment/test_sim_run.c - a run against a stand-in for the node.
// SPDX-License-Identifier: Apache-2.0
//
// tests/support/lockstep_stub.py is the node: it checks that what it is told comes in order and
// not after its step, and answers each step.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <math.h>

#include "drf/v1/simulation.pb-c.h"
#include "drf/v1/telemetry.pb-c.h"
#include "schemas/recording_read.h"
#include "sim/experiment/run.h"
#include "sim/publish/batch.h"

enum { DRONES = 4, RATE_HZ = 5, SECONDS = 6, REPORTS = DRONES * RATE_HZ * SECONDS };

#define BASE                                                                                   \
    "start: 2026-01-31T12:00:00Z\ndrones: 4\nduration_s: 6\nsettle_s: 1\nplans: 0\n"           \
    "seeds: [7, 8]\nworld: {size_km: 3, towers: 3, cranes: 2, buildings: 2}\n"

struct scene {
    char folder[64], recording[96];
    struct sim_experiment experiment;
    struct sim_trial trial;
    char name[SIM_RUN_NAME_SIZE];
    struct sim_run_result result;
    char error[SIM_RUN_ERROR_SIZE];
};

static enum drf_status make(struct scene *s, const char *text, size_t run, const char *how,
                            bool (*stop)(void))
{
    *s = (struct scene){.folder = "/tmp/drf-test-run-XXXXXX"};
    char file[] = "/tmp/drf-test-run-yaml-XXXXXX";
    struct sim_experiment_error refused;
    assert_non_null(mkdtemp(s->folder));
    snprintf(s->recording, sizeof s->recording, "%s/recording.mcap", s->folder);
    int end = mkstemp(file);
    assert_true(end >= 0 && write(end, text, strlen(text)) == (ssize_t)strlen(text));
    close(end);
    enum drf_status status = sim_experiment_read(file, &s->experiment, &refused);
    unlink(file);
    if (status != DRF_OK)
        fail_msg("%s", refused.text);
    assert_int_equal(sim_experiment_run(&s->experiment, run, &s->trial, s->name, &refused),
                     DRF_OK);
    setenv("LOCKSTEP_STUB", how, 1); // NOLINT(concurrency-mt-unsafe): there is one thread
    const struct sim_run_job job = {.experiment = &s->experiment,
                                    .run = run,
                                    .trial = &s->trial,
                                    .name = s->name,
                                    .folder = s->folder,
                                    .program = "tests/support/lockstep_stub.py",
                                    .stop = stop};
    return sim_run_make(&job, &s->result, s->error);
}

static void clear(struct scene *s)
{
    static const char *const names[] = {"recording.mcap", "node.yaml", "node.log",
                                        "counts.txt"};
    char path[128];
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", s->folder, names[i]);
        unlink(path);
    }
    assert_int_equal(rmdir(s->folder), 0); // nothing else is left
    sim_experiment_close(&s->experiment);
}

// What a recording holds.
struct found {
    size_t telemetry, truth, kafka, profiles, heartbeats, attachments, metadata;
    uint64_t last_ns, delay_least_us;
    double off_m2[2]; // squares of reported minus true, north and up
    double last_lat_deg[DRONES], last_amsl_m[DRONES];
    double lat_deg[DRONES][SECONDS * RATE_HZ + 1], amsl_m[DRONES][SECONDS * RATE_HZ + 1];
    size_t truths[DRONES], heights;
};

static void note_telemetry(struct found *f, const struct drf_recorded *m, size_t drone)
{
    Drf__V1__Telemetry *t = drf__v1__telemetry__unpack(NULL, m->mqtt.size, m->mqtt.payload);
    assert_non_null(t);
    assert_in_range(t->seq, 1, SECONDS * RATE_HZ);
    double north_m = (t->lat_e7 * 1e-7 - f->lat_deg[drone][t->seq - 1]) * 111320.0;
    f->off_m2[0] += north_m * north_m;
    if (t->has_alt_amsl_m) {
        double up_m = (double)t->alt_amsl_m - f->amsl_m[drone][t->seq - 1];
        f->off_m2[1] += up_m * up_m;
        f->heights++;
    }
    f->telemetry++;
    uint64_t delay_us = (m->record.log_time_ns - m->record.publish_time_ns) / 1000;
    f->delay_least_us = delay_us < f->delay_least_us ? delay_us : f->delay_least_us;
    drf__v1__telemetry__free_unpacked(t, NULL);
}

static void note_truth(struct found *f, const struct drf_recorded *m, size_t drone)
{
    Drf__V1__SimTruth *truth =
        drf__v1__sim_truth__unpack(NULL, (size_t)m->record.size, m->record.data);
    assert_non_null(truth);
    assert_false(truth->intruder);
    assert_int_equal(truth->time_utc_us, m->record.log_time_ns / 1000);
    assert_in_range(f->truths[drone], 0, SECONDS * RATE_HZ - 1);
    f->lat_deg[drone][f->truths[drone]] = truth->lat_deg;
    f->amsl_m[drone][f->truths[drone]++] = truth->alt_amsl_m;
    f->truth++;
    drf__v1__sim_truth__free_unpacked(truth, NULL);
}

static size_t number_in(const char *topic)
{
    const char *name = strstr(topic, "drone-");
    return name != NULL ? (size_t)strtoul(name + 6, NULL, 10) - 1 : DRONES;
}

static void note(struct found *f, const struct drf_recorded *m)
{
    if (m->kind == DRF_RECORDED_ATTACHMENT || m->kind == DRF_RECORDED_METADATA) {
        f->attachments += m->kind == DRF_RECORDED_ATTACHMENT;
        f->metadata += m->kind == DRF_RECORDED_METADATA;
        return;
    }
    assert_true(m->record.log_time_ns >= f->last_ns); // in the order of time
    f->last_ns = m->record.log_time_ns;
    const char *topic = m->record.channel->topic;
    size_t drone = number_in(topic);
    f->kafka += m->kind == DRF_RECORDED_KAFKA;
    f->profiles += strstr(topic, "/profile") != NULL;
    f->heartbeats += strstr(topic, "/nodes/") != NULL;
    if (strncmp(topic, "sim/truth/", 10) == 0)
        note_truth(f, m, drone);
    if (strstr(topic, "/telemetry") != NULL)
        note_telemetry(f, m, drone);
}

static struct found found;

static const struct found *look(const struct scene *s)
{
    struct drf_recording_reader *reader = NULL;
    struct drf_mcap_error error;
    const struct drf_mcap_read_options options = {.verify = true};
    assert_int_equal(drf_recording_reader_open(s->recording, &options, &reader, &error),
                     DRF_OK);
    found = (struct found){.delay_least_us = UINT64_MAX};
    struct drf_recorded message;
    enum drf_status status = drf_recording_next(reader, &message);
    for (; status == DRF_OK; status = drf_recording_next(reader, &message))
        note(&found, &message);
    assert_int_equal(status, DRF_ERR_ABSENT);
    assert_int_equal(drf_mcap_reader_end(drf_recording_reader_mcap(reader)),
                     DRF_MCAP_END_COMPLETE);
    drf_recording_reader_close(reader);
    return &found;
}

static void run__without_errors__reports_the_truth_and_records_all(void **state)
{
    (void)state;
    struct scene s;
    if (make(&s, BASE, 0, "", NULL) != DRF_OK)
        fail_msg("%s", s.error);
    const struct found *f = look(&s);
    assert_int_equal(f->telemetry, REPORTS);
    assert_int_equal(f->truth, REPORTS);
    assert_true(f->kafka >= 5 && f->profiles >= DRONES && f->heartbeats > 100);
    assert_int_equal(f->attachments, 3); // descriptor, configuration, experiment
    assert_int_equal(f->metadata, 1);
    assert_int_equal(f->delay_least_us, 0);
    assert_true(sqrt(f->off_m2[0] / REPORTS) < 0.006); // half of 1e-7 degrees
    assert_true(sqrt(f->off_m2[1] / (double)f->heights) < 0.001);
    char begin[64];
    snprintf(begin, sizeof begin, "%d,%d,0,0,0,", SECONDS, REPORTS);
    assert_memory_equal(s.result.row, begin, strlen(begin));
    size_t columns = 1, values = 1;
    for (const char *p = sim_run_columns; *p != '\0'; p++)
        columns += *p == ',';
    for (const char *p = s.result.row; *p != '\0'; p++)
        values += *p == ',';
    assert_int_equal(values, columns);
    clear(&s);
}

static void run__same_seed__same_bytes(void **state)
{
    (void)state;
    uint8_t *bytes[3];
    size_t size[3];
    for (size_t i = 0; i < 3; i++) { // two of the first seed, one of the second
        struct scene s;
        if (make(&s, BASE "traffic: 2\n", i / 2, "", NULL) != DRF_OK)
            fail_msg("%s", s.error);
        assert_int_equal(sim_file_read(s.recording, &bytes[i], &size[i]), DRF_OK);
        clear(&s);
    }
    assert_int_equal(size[0], size[1]);
    assert_memory_equal(bytes[0], bytes[1], size[0]);
    assert_false(size[0] == size[2] && memcmp(bytes[0], bytes[2], size[0]) == 0);
    for (size_t i = 0; i < 3; i++)
        free(bytes[i]);
}

static void run__with_position_errors__reports_them_and_keeps_the_truth(void **state)
{
    (void)state;
    struct scene s;
    if (make(&s,
             BASE "errors: {gnss: {horizontal_m: 0, vertical_m: 0, time_s: 10,\n"
                  "  white_horizontal_m: 3, white_vertical_m: 5}}\n",
             0, "", NULL)
        != DRF_OK)
        fail_msg("%s", s.error);
    const struct found *f = look(&s);
    // The deviation of n normal draws, within five of its own.
    double north_m = sqrt(f->off_m2[0] / REPORTS), n = (double)f->heights;
    assert_true(fabs(north_m / 3.0 - 1.0) < 5 / sqrt(2.0 * REPORTS) + 0.01);
    assert_true(fabs(sqrt(f->off_m2[1] / n) / 5.0 - 1.0) < 5 / sqrt(2.0 * n) + 0.01);
    clear(&s);
}

static void run__with_a_bad_link__loses_and_delays_what_the_row_says(void **state)
{
    (void)state;
    struct scene s;
    if (make(&s,
             BASE "errors: {link: {delay_ms: 70, jitter_ms: 5, good_to_bad: 0.3,\n"
                  "  bad_to_good: 0.3, loss_good: 0, loss_bad: 0.8}}\n",
             0, "", NULL)
        != DRF_OK)
        fail_msg("%s", s.error);
    const struct found *f = look(&s);
    size_t column[4] = {0}; // seconds, reports, those not sent, lost on the way up
    const char *at = s.result.row;
    for (int i = 0; i < 4; i++) {
        char *end;
        column[i] = strtoul(at, &end, 10);
        assert_true(end > at && *end == ',');
        at = end + 1;
    }
    size_t lost_up = column[3];
    assert_int_equal(column[1], REPORTS);
    assert_int_equal(f->telemetry, REPORTS - lost_up); // telemetry alone is of QoS 0
    // 0.4 of them are lost; the variance of a chain with m = 0.4 is (1 + m) / (1 - m) as large.
    assert_true(fabs((double)lost_up / REPORTS - 0.4)
                < 5 * sqrt(0.4 * 0.6 / REPORTS * 1.4 / 0.6));
    assert_true(f->delay_least_us >= 70000 && f->delay_least_us < 72000);
    clear(&s);
}

static void run__node_ends_or_lies__fails_and_leaves_no_recording(void **state)
{
    (void)state;
    struct scene s;
    assert_int_equal(make(&s, BASE, 0, "die-at:30", NULL), DRF_ERR_STORE);
    assert_non_null(strstr(s.error, "the node has ended before its time"));
    clear(&s); // which finds no recording.part
    assert_int_equal(make(&s, BASE, 0, "late", NULL), DRF_ERR_STORE);
    assert_non_null(strstr(s.error, "another time"));
    clear(&s);
}

static unsigned asked;
static bool stop_soon(void) { return ++asked > 20; }

static void run__asked_to_stop__says_again_and_leaves_no_recording(void **state)
{
    (void)state;
    struct scene s;
    assert_int_equal(make(&s, BASE, 0, "", stop_soon), DRF_ERR_AGAIN);
    assert_int_not_equal(access(s.recording, F_OK), 0);
    clear(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(run__without_errors__reports_the_truth_and_records_all),
        cmocka_unit_test(run__same_seed__same_bytes),
        cmocka_unit_test(run__with_position_errors__reports_them_and_keeps_the_truth),
        cmocka_unit_test(run__with_a_bad_link__loses_and_delays_what_the_row_says),
        cmocka_unit_test(run__node_ends_or_lies__fails_and_leaves_no_recording),
        cmocka_unit_test(run__asked_to_stop__says_again_and_leaves_no_recording),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
