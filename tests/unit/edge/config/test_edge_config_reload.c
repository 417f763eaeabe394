// SPDX-License-Identifier: Apache-2.0
// What a node that runs takes over from its file: every other key stays and is named with both
// values; feeds keep their numbers.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "edge/config/config_reload.h"

static void parse(const char *text, struct drf_config *out)
{
    struct drf_config_error error = {0};
    if (drf_config_parse(text, strlen(text), NULL, &error, out) != DRF_OK)
        fail_msg("%u: %s", error.line, error.text);
}

#define HEAD                                                                                   \
    "region: {id: place, bounds: [8, 47, 8.1, 47.1]}\n"                                        \
    "node: {id: n1}\n"                                                                         \
    "store: {path: region.gpkg}\n"

struct told {
    size_t count;
    char lines[40][400];
};

static void tell(void *context, const char *key, const char *stays, const char *file)
{
    struct told *told = context;
    assert_true(told->count < 40);
    (void)snprintf(told->lines[told->count++], sizeof told->lines[0], "%s %s -> %s", key, stays,
                   file);
}

static bool was_told(const struct told *told, const char *line)
{
    for (size_t i = 0; i < told->count; i++)
        if (strcmp(told->lines[i], line) == 0)
            return true;
    for (size_t i = 0; i < told->count; i++)
        print_message("told: %s\n", told->lines[i]);
    return false;
}

// ---- which keys

// As deploy/configuration.md and deploy/operations.md say it.
static const char *const on_reload[] = {"region.priority",
                                        "region.address",
                                        "publish.tracks_topic",
                                        "publish.tracks_every_ms",
                                        "publish.advisories_topic",
                                        "publish.catalog_topic",
                                        "store.tombstone_keep_s",
                                        "store.tombstone_horizon_s",
                                        "store.drone_keep_s",
                                        "mqtt.host",
                                        "mqtt.port",
                                        "mqtt.username",
                                        "mqtt.password",
                                        "mqtt.password_file",
                                        "log.level",
                                        "mqtt.client_id",
                                        "mqtt.keepalive_s",
                                        "mqtt.inflight_max",
                                        "mqtt.tls",
                                        "mqtt.ca_file",
                                        "mqtt.cert_file",
                                        "mqtt.key_file",
                                        "limits.telemetry_age_max_ms",
                                        "limits.telemetry_ahead_max_ms",
                                        "limits.telemetry_rate_max_hz",
                                        "limits.context_rate_max_hz",
                                        "limits.context_rate_default_hz",
                                        "limits.drone_forget_s",
                                        "limits.lost_link_after_ms",
                                        "limits.lost_link_keep_s",
                                        "limits.stale_after_ms",
                                        "limits.obstacle_radius_m",
                                        "limits.unseen_max_ms",
                                        "limits.decode_pixels_max",
                                        "limits.discover_s",
                                        ".name",
                                        ".topic",
                                        ".format",
                                        ".framing",
                                        ".class",
                                        ".mode",
                                        ".source",
                                        ".crs",
                                        ".vertical_datum",
                                        ".vertical_acc95_m",
                                        ".datum_acc95_m",
                                        ".default_horizontal_acc95_m",
                                        ".default_vertical_acc95_m",
                                        ".interval_s",
                                        ".stations",
                                        ".message_max_kb",
                                        ".geocodes",
                                        ".nodata",
                                        ".production_status",
                                        ".fields"};
enum { ON_RELOAD = sizeof on_reload / sizeof on_reload[0] };

static size_t count_reloaded(const struct config_key *keys)
{
    size_t count = 0;
    for (const struct config_key *key = keys; key->section; key++) {
        char name[100];
        bool listed = false;
        (void)snprintf(name, sizeof name, "%s.%s", key->section, key->name);
        for (size_t i = 0; i < ON_RELOAD; i++)
            listed = listed || strcmp(on_reload[i], name) == 0;
        if (listed != drf_config_key_reloads(key))
            fail_msg("%s", name);
        count += listed;
    }
    return count;
}

static void key_reloads__of_every_key__is_as_the_pages_say(void **state)
{
    (void)state;
    assert_int_equal(count_reloaded(config_keys) + count_reloaded(config_feed_keys), ON_RELOAD);
    for (const struct config_key *key = config_inset_keys; key->section; key++)
        assert_false(drf_config_key_reloads(key));
}

// ---- following

static void follow__of_the_same_file__says_nothing(void **state)
{
    (void)state;
    static const char text[] =
        HEAD "insets: [{name: site, level: 13, bounds: [8.01, 47.01, 8.02, 47.02]}]\n"
             "feeds:\n  - {name: a, topic: a, kind: terrain}\n";
    struct drf_config running, next;
    struct told told = {0};
    parse(text, &running);
    parse(text, &next);
    assert_int_equal(drf_config_follow(&running, &next, tell, &told), DRF_OK);
    assert_int_equal(told.count, 0);
    struct drf_feed_change change = drf_config_feed_change(&running, &next, 0);
    assert_false(change.added || change.removed || change.topic || change.lane || change.other);
    drf_config_close_beside(&next, &running);
    drf_config_close(&running);
}

static void follow__of_what_is_fixed__keeps_it_and_names_both_values(void **state)
{
    (void)state;
    struct drf_config running, next;
    struct told told = {0};
    parse(HEAD "http: {port: 8080}\n"
               "feeds:\n"
               "  - {name: dem, topic: dem, kind: terrain, priority: 3}\n"
               "  - {name: obs, topic: obs, kind: obstacle}\n",
          &running);
    parse("region: {id: other, bounds: [8, 47, 8.2, 47.1], margin_m: 100}\n"
          "node: {id: n2, mode: TEST}\n"
          "store: {path: elsewhere.gpkg, level: 11, drone_keep_s: 4000}\n"
          "http: {port: 8081}\n"
          "limits: {drones_max: 7, stale_after_ms: 1500}\n"
          "insets: [{name: site, level: 13, bounds: [8.01, 47.01, 8.02, 47.02]}]\n"
          "feeds:\n"
          "  - {name: dem, topic: dem, kind: terrain, priority: 4, crs: 'EPSG:4326'}\n"
          "  - {name: obs, topic: zones, kind: zone}\n",
          &next);
    assert_int_equal(drf_config_follow(&running, &next, tell, &told), DRF_OK);
    static const char *const lines[] = {
        "region.id place -> other",
        "region 4 corners within [8, 47, 8.1, 47.1] -> 4 corners within [8, 47, 8.2, 47.1]",
        "region.margin_m 2000 -> 100",
        "node.id n1 -> n2",
        "node.mode LIVE -> TEST",
        "store.path region.gpkg -> elsewhere.gpkg",
        "store.level 12 -> 11",
        "http.port 8080 -> 8081",
        "limits.drones_max 2000 -> 7",
        "insets none -> site level 13 [8.01, 47.01, 8.02, 47.02]",
        "feeds.dem.priority 3 -> 4",
        "feeds.obs.kind obstacle -> zone",
    };
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        assert_true(was_told(&told, lines[i]));
    assert_int_equal(told.count, sizeof lines / sizeof lines[0]);
    assert_string_equal(next.region_id, "place");
    assert_true(next.region.bounds.east_deg < 8.15);
    assert_string_equal(next.mqtt.client_id, "drf-edge-place-n1");
    assert_int_equal(next.level, 12);
    assert_int_equal(next.inset_count, 0);
    assert_int_equal(next.limits.drones_max, 2000);
    assert_int_equal(next.limits.stale_after_us, 1500000);
    assert_int_equal(next.drone_keep_s, 4000);
    assert_int_equal(next.feeds[0].priority, 3);
    assert_string_equal(next.feeds[0].crs, "EPSG:4326");
    assert_int_equal(next.feeds[1].kind, DRF_FEED_OBSTACLE);
    assert_string_equal(next.feeds[1].topic, "obs");
    drf_config_close_beside(&next, &running);
    drf_config_close(&running);
}

static void follow__of_feeds__keeps_their_numbers(void **state)
{
    (void)state;
    struct drf_config first, second, third;
    parse(HEAD "feeds:\n"
               "  - {name: a, topic: a, kind: terrain}\n"
               "  - {name: b, topic: b, kind: obstacle}\n"
               "  - {name: c, topic: c, kind: zone}\n",
          &first);
    parse(HEAD "feeds:\n"
               "  - {name: d, topic: b, kind: obstacle}\n"
               "  - {name: c, topic: elsewhere, kind: zone, class: bulk}\n"
               "  - {name: a, topic: a, kind: terrain, interval_s: 9}\n",
          &second);
    parse(HEAD "feeds:\n  - {name: b, topic: b, kind: traffic}\n", &third);
    assert_int_equal(drf_config_follow(&first, &second, NULL, NULL), DRF_OK);
    assert_int_equal(second.feed_count, 4);
    static const char *const names[] = {"a", "b", "c", "d"};
    for (size_t i = 0; i < 4; i++) {
        assert_string_equal(second.feeds[i].name, names[i]);
        assert_int_equal(second.feeds[i].removed, i == 1);
    }
    struct drf_feed_change a = drf_config_feed_change(&first, &second, 0),
                           b = drf_config_feed_change(&first, &second, 1),
                           c = drf_config_feed_change(&first, &second, 2),
                           d = drf_config_feed_change(&first, &second, 3);
    assert_true(a.other && !a.topic && !a.lane && !a.added && !a.removed);
    assert_true(b.removed && !b.added);
    assert_true(c.topic && c.lane && c.other);
    assert_true(d.added && !d.removed);
    // Back under its name it is the same number, and may be of another kind.
    assert_int_equal(drf_config_follow(&second, &third, NULL, NULL), DRF_OK);
    assert_int_equal(third.feed_count, 4);
    assert_false(third.feeds[1].removed);
    assert_int_equal(third.feeds[1].kind, DRF_FEED_TRAFFIC);
    assert_true(drf_config_feed_change(&second, &third, 1).added);
    assert_true(third.feeds[0].removed && third.feeds[2].removed && third.feeds[3].removed);
    drf_config_close_beside(&third, &second);
    drf_config_close_beside(&second, &first);
    drf_config_close(&first);
}

static void follow__of_a_feed_that_is_back__keeps_what_is_fixed(void **state)
{
    (void)state;
    struct drf_config first, second, third;
    struct told told = {0};
    parse(HEAD "feeds:\n  - {name: a, topic: a, kind: terrain, priority: 3}\n", &first);
    parse(HEAD "feeds: []\n", &second);
    parse(HEAD "feeds:\n  - {name: a, topic: b, kind: terrain, priority: 5}\n", &third);
    assert_int_equal(drf_config_follow(&first, &second, tell, &told), DRF_OK);
    assert_int_equal(drf_config_follow(&second, &third, tell, &told), DRF_OK);
    assert_false(third.feeds[0].removed);
    assert_int_equal(third.feeds[0].priority, 3); // of its imports, which were folded so
    assert_string_equal(third.feeds[0].topic, "b");
    assert_true(was_told(&told, "feeds.a.priority 3 -> 5"));
    drf_config_close_beside(&third, &second);
    drf_config_close_beside(&second, &first);
    drf_config_close(&first);
}

static void follow__beyond_the_numbers_that_there_are__is_full(void **state)
{
    (void)state;
    struct drf_config running, next;
    char text[4000] = HEAD "feeds:\n";
    for (int i = 0; i < DRF_FEEDS_MAX; i++)
        (void)snprintf(text + strlen(text), sizeof text - strlen(text),
                       "  - {name: f%d, topic: t%d, kind: obstacle}\n", i, i);
    parse(text, &running);
    parse(HEAD "feeds:\n  - {name: another, topic: t1, kind: obstacle}\n", &next);
    assert_int_equal(drf_config_follow(&running, &next, NULL, NULL), DRF_ERR_FULL);
    drf_config_close_beside(&next, &running);
    drf_config_close(&running);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(key_reloads__of_every_key__is_as_the_pages_say),
        cmocka_unit_test(follow__of_the_same_file__says_nothing),
        cmocka_unit_test(follow__of_what_is_fixed__keeps_it_and_names_both_values),
        cmocka_unit_test(follow__of_feeds__keeps_their_numbers),
        cmocka_unit_test(follow__of_a_feed_that_is_back__keeps_what_is_fixed),
        cmocka_unit_test(follow__beyond_the_numbers_that_there_are__is_full),
    };
    return cmocka_run_group_tests_name("edge/config_reload", tests, NULL, NULL);
}
