// tests/unit/sim/experiment/test_sim_experiment.c - reading an experiment's file, strictly.
// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "sim/experiment/experiment.h"

#define NEEDED "start: 2026-01-31T12:00:00Z\ndrones: 3\nduration_s: 4.5\n"
#define SEEDS "seeds: [7, 9]\n"

static struct sim_experiment experiment;
static struct sim_experiment_error failure;

static enum drf_status read_text(const char *text)
{
    char path[] = "/tmp/drf-test-experiment-XXXXXX";
    int end = mkstemp(path);
    assert_true(end >= 0);
    FILE *file = fdopen(end, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    enum drf_status status = sim_experiment_read(path, &experiment, &failure);
    unlink(path);
    return status;
}

static void expect_refusal(const char *text, unsigned line, const char *says)
{
    assert_int_equal(read_text(text), DRF_ERR_SYNTAX);
    if (strstr(failure.text, says) == NULL || failure.line != line)
        fail_msg("\"%s\" in line %u, not \"%s\" in line %u", failure.text, failure.line, says,
                 line);
}

static struct sim_trial trial;
static char name[SIM_RUN_NAME_SIZE];

static const struct sim_trial *run(size_t number)
{
    assert_int_equal(sim_experiment_run(&experiment, number, &trial, name, &failure), DRF_OK);
    return &trial;
}

static void experiment_read__smallest_file__has_the_documented_defaults(void **state)
{
    (void)state;
    assert_int_equal(read_text(NEEDED SEEDS), DRF_OK);
    assert_int_equal(sim_experiment_runs(&experiment), 2);
    const struct sim_trial *t = run(1);
    assert_string_equal(name, "run-9");
    assert_int_equal(t->seed, 9);
    assert_int_equal(t->drones, 3);
    assert_true(t->duration_s == 4.5 && t->rate_hz == 5.0 && t->step_ms == 20.0);
    // 2026-01-31T12:00:00Z, by date(1)
    assert_int_equal(t->start_utc_us, INT64_C(1769860800000000));
    assert_int_equal(t->world.epoch_utc_us, INT64_C(1769860800000000));
    assert_false(t->errors.gnss.on || t->errors.barometer.on || t->errors.wind.on
                 || t->errors.link.on || t->errors.reports.on || t->errors.clock.on);
    assert_int_equal(t->node_count, 0);
    sim_experiment_close(&experiment);
}

static void experiment_runs__with_varied_parameters__are_all_combinations(void **state)
{
    (void)state;
    assert_int_equal(read_text(NEEDED SEEDS "vary:\n"
                                            "  rate_hz: [1, 5, 10]\n"
                                            "  node.limits.stale_after_ms: [500, 1000]\n"),
                     DRF_OK);
    assert_int_equal(sim_experiment_runs(&experiment), 12);
    char seen[12][SIM_RUN_NAME_SIZE];
    for (size_t i = 0; i < 12; i++) {
        const struct sim_trial *t = run(i);
        snprintf(seen[i], sizeof seen[i], "%s", name);
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(seen[k], seen[i]);
        assert_int_equal(t->node_count, 1);
        assert_string_equal(t->node[0].path, "limits.stale_after_ms");
        assert_string_equal(t->node[0].value, sim_experiment_value(&experiment, i, 1));
        assert_true(t->rate_hz == strtod(sim_experiment_value(&experiment, i, 0), NULL));
    }
    assert_string_equal(seen[0], "run-7-rate_hz=1-node.limits.stale_after_ms=500");
    assert_string_equal(seen[11], "run-9-rate_hz=10-node.limits.stale_after_ms=1000");
    sim_experiment_close(&experiment);
}

static void experiment_read__seeds_as_a_range__are_all_of_them(void **state)
{
    (void)state;
    assert_int_equal(read_text(NEEDED "seeds: 3..6\n"), DRF_OK);
    assert_int_equal(sim_experiment_runs(&experiment), 4);
    assert_int_equal(run(3)->seed, 6);
    sim_experiment_close(&experiment);
    assert_int_equal(read_text(NEEDED "seeds: [1, 5..6, 18446744073709551615]\n"), DRF_OK);
    assert_int_equal(sim_experiment_runs(&experiment), 4);
    assert_true(run(3)->seed == UINT64_MAX);
    sim_experiment_close(&experiment);
    expect_refusal(NEEDED "seeds: 6..3\n", 4, "seeds");
    expect_refusal(NEEDED "seeds: [1, x]\n", 4, "whole numbers");
    expect_refusal(NEEDED "seeds: [1, 2, 1]\n", 4, "seed 1 stands twice");
    expect_refusal(NEEDED "seeds: [-1]\n", 4, "whole numbers");
}

static void experiment_read__unknown_key__is_refused_with_line_and_the_nearest(void **state)
{
    (void)state;
    expect_refusal(NEEDED SEEDS "rate_hertz: 5\n", 5, "unknown key rate_hertz");
    expect_refusal(NEEDED SEEDS "rate_h: 5\n", 5, "did you mean rate_hz?");
    expect_refusal(NEEDED SEEDS "world:\n  size_mk: 5\n", 6, "did you mean world.size_km?");
    expect_refusal(NEEDED SEEDS "errors:\n  link:\n    loss_godo: 0\n", 7,
                   "did you mean errors.link.loss_good?");
    expect_refusal(NEEDED SEEDS "vary:\n  dorones: [1]\n", 6, "did you mean drones?");
    expect_refusal(NEEDED SEEDS "drones: 5\n", 5, "drones stands twice");
}

static void experiment_read__value_out_of_range_or_of_another_kind__is_refused(void **state)
{
    (void)state;
    expect_refusal(NEEDED SEEDS "rate_hz: 21\n", 5, "rate_hz is 0.1 to 20, not 21");
    expect_refusal(NEEDED SEEDS "rate_hz: fast\n", 5, "\"fast\" is not a number");
    expect_refusal(NEEDED SEEDS "rate_hz: [1, 2]\n", 5, "one value, not a list");
    expect_refusal(NEEDED SEEDS "react: yes\n", 5, "react is true or false");
    expect_refusal(NEEDED SEEDS "world: {seed: 1.5}\n", 5, "not a whole number");
    expect_refusal(NEEDED SEEDS "patch: {cells: 100}\n", 0, "patch.cells is 0, 64, 128 or 256");
    expect_refusal("start: noon\n" SEEDS, 1, "not an instant");
    expect_refusal(NEEDED SEEDS "vary: {rate_hz: [1, 50]}\n", 5, "rate_hz is 0.1 to 20");
    expect_refusal(NEEDED SEEDS "vary: {rate_hz: 1}\n", 5, "a list of values");
    expect_refusal(NEEDED SEEDS "vary: {rate_hz: []}\n", 5, "1 to");
    expect_refusal(NEEDED SEEDS "vary: {rate_hz: [1, 1]}\n", 5, "stands twice");
    expect_refusal("just words\n", 1, "a mapping of keys");
    expect_refusal(NEEDED "seeds: [1\n", 5, "not YAML");
}

static void experiment_read__what_has_no_default__must_be_said(void **state)
{
    (void)state;
    expect_refusal("drones: 3\nduration_s: 4\n" SEEDS, 0, "start is missing");
    expect_refusal("start: 2026-01-31T12:00:00Z\nduration_s: 4\n" SEEDS, 0,
                   "drones is missing");
    expect_refusal(NEEDED, 0, "seeds is missing");
    assert_int_equal(sim_experiment_read("/nonexistent.yaml", &experiment, &failure),
                     DRF_ERR_ABSENT);
}

// A parameter of an error has no default: each of them alone makes the others needed.
static void experiment_read__error_with_a_parameter_missing__names_it(void **state)
{
    (void)state;
    static const char *const groups[][8] = {{"gnss", "horizontal_m", "vertical_m", "time_s",
                                             "white_horizontal_m", "white_vertical_m"},
                                            {"barometer", "drift_m", "time_s"},
                                            {"wind", "speed_mps", "length_km", "time_s"},
                                            {"link", "delay_ms", "jitter_ms", "good_to_bad",
                                             "bad_to_good", "loss_good", "loss_bad"},
                                            {"clock", "offset_s", "drift_ppm"}};
    for (size_t g = 0; g < sizeof groups / sizeof groups[0]; g++) {
        size_t count = 1;
        while (groups[g][count] != NULL)
            count++;
        const char *value = strcmp(groups[g][0], "wind") == 0 ? "60" : "1";
        for (size_t left_out = 1; left_out <= count; left_out++) {
            char text[1024] = NEEDED SEEDS "errors:\n", wanted[96];
            size_t n = strlen(text);
            n += (size_t)snprintf(text + n, sizeof text - n, "  %s:\n", groups[g][0]);
            for (size_t i = 1; i < count; i++)
                if (i != left_out)
                    n += (size_t)snprintf(text + n, sizeof text - n, "    %s: %s\n",
                                          groups[g][i], value);
            if (left_out == count) {
                assert_int_equal(read_text(text), DRF_OK);
                sim_experiment_close(&experiment);
                continue;
            }
            snprintf(wanted, sizeof wanted, "errors.%s.%s is missing", groups[g][0],
                     groups[g][left_out]);
            expect_refusal(text, 0, wanted);
        }
    }
}

static void experiment_read__errors__only_those_that_are_named_are_on(void **state)
{
    (void)state;
    assert_int_equal(read_text(NEEDED SEEDS "errors: {reports: {lost_ratio: 0.25}}\n"), DRF_OK);
    const struct sim_error_plan *e = &run(0)->errors;
    assert_true(e->reports.on && e->reports.lost_ratio == 0.25);
    assert_false(e->gnss.on || e->barometer.on || e->wind.on || e->link.on || e->clock.on);
    sim_experiment_close(&experiment);
    // One that varies is on too.
    assert_int_equal(read_text(NEEDED SEEDS "vary: {errors.reports.lost_ratio: [0, 0.5]}\n"),
                     DRF_OK);
    assert_true(run(2)->errors.reports.on && run(2)->errors.reports.lost_ratio == 0.5);
    sim_experiment_close(&experiment);
}

static void experiment_read__settings_of_the_node__are_passed_on_but_its_own(void **state)
{
    (void)state;
    assert_int_equal(read_text(NEEDED SEEDS
                               "node: {limits: {stale_after_ms: 700}, region: {margin_m: 50},\n"
                               "  node: {name: \"a b\"}}\n"),
                     DRF_OK);
    const struct sim_trial *t = run(0);
    assert_int_equal(t->node_count, 3);
    assert_string_equal(t->node[2].path, "node.name");
    assert_string_equal(t->node[2].value, "\"a b\"");
    sim_experiment_close(&experiment);
    static const char *const own[] = {"region: {id: x}",  "node: {mode: LIVE}",
                                      "store: {path: x}", "kafka: {a: b}",
                                      "mqtt: {host: x}",  "dead_letters: {topic: x}"};
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) {
        char text[256];
        snprintf(text, sizeof text, NEEDED SEEDS "node: {%s}\n", own[i]);
        expect_refusal(text, 5, "the experiment writes that itself");
    }
    expect_refusal(NEEDED SEEDS "node: {limits: 5}\n", 5, "a section");
}

// Two files that say the same are the same settings; any other value is another text.
static void trial_write__any_value_changed__is_another_text(void **state)
{
    (void)state;
    static const char *const texts[] = {
        NEEDED SEEDS,
        NEEDED SEEDS "step_ms: 10\n",
        NEEDED SEEDS "react: false\n",
        NEEDED SEEDS "world: {terrain_bias_m: 1e-9}\n",
        NEEDED SEEDS "errors: {reports: {lost_ratio: 0}}\n",
        NEEDED SEEDS "node: {limits: {stale_after_ms: 700}}\n",
        NEEDED SEEDS "rate_hz: 5\n", // the default, said
    };
    enum { COUNT = sizeof texts / sizeof texts[0] };
    char *written[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        size_t size;
        assert_int_equal(read_text(texts[i]), DRF_OK);
        FILE *file = open_memstream(&written[i], &size);
        assert_non_null(file);
        sim_trial_write(run(0), file);
        fclose(file);
        sim_experiment_close(&experiment);
    }
    for (size_t i = 0; i < COUNT - 1; i++)
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(written[i], written[k]);
    assert_string_equal(written[COUNT - 1], written[0]);
    for (size_t i = 0; i < COUNT; i++)
        free(written[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(experiment_read__smallest_file__has_the_documented_defaults),
        cmocka_unit_test(experiment_runs__with_varied_parameters__are_all_combinations),
        cmocka_unit_test(experiment_read__seeds_as_a_range__are_all_of_them),
        cmocka_unit_test(experiment_read__unknown_key__is_refused_with_line_and_the_nearest),
        cmocka_unit_test(experiment_read__value_out_of_range_or_of_another_kind__is_refused),
        cmocka_unit_test(experiment_read__what_has_no_default__must_be_said),
        cmocka_unit_test(experiment_read__error_with_a_parameter_missing__names_it),
        cmocka_unit_test(experiment_read__errors__only_those_that_are_named_are_on),
        cmocka_unit_test(experiment_read__settings_of_the_node__are_passed_on_but_its_own),
        cmocka_unit_test(trial_write__any_value_changed__is_another_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
