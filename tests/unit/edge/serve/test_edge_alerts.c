// SPDX-License-Identifier: Apache-2.0
// The region's retained set of alerts: whole, or it says how much of it is not there.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "drf/v1/node.pb-c.h"
#include "tests/support/serve_scene.h"

enum { MANY = 900 };

#define TOPIC "drf-test/v1/regions/sim-toronto/alerts"

struct set {
    struct scene *scene;
    struct geo_zone words[MANY];
    struct geo_zone_volume everywhere;
    struct geo_zone_period period;
    struct fusion_source source;
    struct fusion_zone zones[MANY];
    const struct fusion_zone *list[MANY];
    struct fusion_zone_bucket bucket;
};

// Alerts that concern everybody, all INFO but the last, which is a WARNING.
static struct set *set_open(size_t count)
{
    struct set *set = calloc(1, sizeof *set);
    assert_non_null(set);
    set->scene = scene_open(4);
    set->everywhere = (struct geo_zone_volume){.shape = GEO_ZONE_REGION};
    set->period = (struct geo_zone_period){.from_utc_us = GEO_ZONE_ALWAYS_FROM_US,
                                           .until_utc_us = SCENE_UTC_US + SCENE_SECOND * 60};
    set->source = (struct fusion_source){.source = "cap", .feed = "cap"};
    for (size_t i = 0; i < count; i++) {
        struct geo_zone *words = &set->words[i];
        *words = (struct geo_zone){.alert = i + 1 == count ? GEO_ALERT_WARNING : GEO_ALERT_INFO,
                                   .volume_count = 1,
                                   .period_count = 1};
        (void)snprintf(words->id, sizeof words->id, "urn:oid:2.49.0.1.840.0.%036zu", i);
        (void)snprintf(words->name, sizeof words->name, "%090zu", i);
        (void)snprintf(words->message, sizeof words->message, "%200zu", i);
        set->zones[i] = (struct fusion_zone){
            .view = {words, &set->everywhere, &set->period, NULL}, .source = &set->source};
        set->list[i] = &set->zones[i];
    }
    set->bucket = (struct fusion_zone_bucket){.count = count, .zones = set->list};
    set->scene->roots[0].alerts_all = &set->bucket;
    scene_step(set->scene);
    return set;
}

static void set_close(struct set *set)
{
    scene_close(set->scene);
    free(set);
}

static Drf__V1__Alerts *sent(const struct set *set)
{
    for (size_t i = set->scene->sent_count; i-- > 0;) {
        const struct scene_message *message = &set->scene->sent[i];
        if (strcmp(message->topic, TOPIC) == 0) {
            assert_true(message->out.retain);
            return drf__v1__alerts__unpack(NULL, message->size, message->bytes);
        }
    }
    return NULL;
}

static void set__of_a_few__is_told_whole(void **state)
{
    (void)state;
    struct set *set = set_open(3);
    Drf__V1__Alerts *alerts = sent(set);
    assert_non_null(alerts);
    assert_int_equal(alerts->n_alerts, 3);
    assert_int_equal(alerts->alerts[0]->severity, GEO_ALERT_WARNING);
    assert_int_equal(alerts->alerts[1]->severity, GEO_ALERT_INFO);
    assert_non_null(alerts->alerts[1]->text);
    assert_true(alerts->alerts[1]->region_wide);
    assert_false(alerts->has_left_out);
    drf__v1__alerts__free_unpacked(alerts, NULL);
    set_close(set);
}

static void set__that_does_not_fit__says_how_many_are_left_out(void **state)
{
    (void)state;
    struct set *set = set_open(MANY);
    Drf__V1__Alerts *alerts = sent(set);
    assert_non_null(alerts);
    assert_true(alerts->n_alerts > 100);
    assert_int_equal(alerts->n_alerts + alerts->left_out, MANY);
    assert_int_equal(alerts->left_out_severity, GEO_ALERT_INFO);
    assert_int_equal(edge_metrics_value(set->scene->metrics, EDGE_METRIC_ALERTS_LEFT_OUT, 0, 0),
                     alerts->left_out);
    assert_int_equal(alerts->alerts[0]->severity, GEO_ALERT_WARNING);
    drf__v1__alerts__free_unpacked(alerts, NULL);
    set_close(set);
}

static void set__with_a_test_in_it__marks_it(void **state)
{
    (void)state;
    struct set *set = set_open(2);
    set->words[0].alert |= GEO_ALERT_TEST;
    set->scene->now.mono_us += 6 * SCENE_SECOND;
    scene_step(set->scene);
    Drf__V1__Alerts *alerts = sent(set);
    assert_non_null(alerts);
    assert_int_equal(alerts->n_alerts, 2);
    assert_false(alerts->alerts[0]->has_test);
    assert_true(alerts->alerts[1]->has_test && alerts->alerts[1]->test);
    drf__v1__alerts__free_unpacked(alerts, NULL);
    set_close(set);
}

static size_t told(const struct set *set)
{
    size_t count = 0;
    for (size_t i = 0; i < set->scene->sent_count; i++)
        count += strcmp(set->scene->sent[i].topic, TOPIC) == 0;
    return count;
}

// Looked at again as the loop would: nobody says that it changed.
static size_t told_after_a_while(struct set *set)
{
    const size_t before = told(set);
    set->scene->now.mono_us += 6 * SCENE_SECOND;
    scene_step(set->scene);
    return told(set) - before;
}

static void set__of_another_content_under_one_id_and_time__is_told_again(void **state)
{
    (void)state;
    struct set *set = set_open(3);
    assert_int_equal(told(set), 1);
    assert_int_equal(told_after_a_while(set), 0);
    (void)snprintf(set->words[1].message, sizeof set->words[1].message, "corrected");
    assert_int_equal(told_after_a_while(set), 1);
    set->everywhere = (struct geo_zone_volume){
        .shape = GEO_ZONE_CIRCLE, .centre = {43.5, -79.5}, .radius_m = 5000};
    assert_int_equal(told_after_a_while(set), 1);
    set->period.until_utc_us += SCENE_SECOND;
    assert_int_equal(told_after_a_while(set), 1);
    (void)snprintf(set->source.source, sizeof set->source.source, "another");
    assert_int_equal(told_after_a_while(set), 1);
    assert_int_equal(told_after_a_while(set), 0);
    set_close(set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(set__of_a_few__is_told_whole),
        cmocka_unit_test(set__with_a_test_in_it__marks_it),
        cmocka_unit_test(set__of_another_content_under_one_id_and_time__is_told_again),
        cmocka_unit_test(set__that_does_not_fit__says_how_many_are_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
