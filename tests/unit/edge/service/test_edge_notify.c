// SPDX-License-Identifier: Apache-2.0
// What systemd is told, read where systemd reads it: a datagram socket named by $NOTIFY_SOCKET.
// The words are those of sd_notify(3).
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "edge/service/notify.h"

// NOLINTBEGIN(concurrency-mt-unsafe): one thread
#define S INT64_C(1000000)

struct scene {
    int fd;
    char folder[32];
    struct sockaddr_un at;
    struct edge_notify notify;
    struct edge_health health;
};

static void open_scene(struct scene *scene, bool abstract, const char *watchdog_us)
{
    *scene = (struct scene){.at = {.sun_family = AF_UNIX}, .folder = "/tmp/drf-notify-XXXXXX"};
    assert_non_null(mkdtemp(scene->folder));
    char name[80];
    snprintf(name, sizeof name, "%s%s/socket", abstract ? "@" : "", scene->folder);
    memcpy(scene->at.sun_path, name, strlen(name));
    if (abstract)
        scene->at.sun_path[0] = '\0';
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name));
    scene->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    assert_int_equal(bind(scene->fd, (struct sockaddr *)&scene->at, size), 0);
    setenv("NOTIFY_SOCKET", name, 1);
    if (watchdog_us)
        setenv("WATCHDOG_USEC", watchdog_us, 1);
    edge_notify_open(&scene->notify);
    edge_health_init(&scene->health);
}

static void close_scene(struct scene *scene)
{
    edge_notify_close(&scene->notify);
    close(scene->fd);
    if (scene->at.sun_path[0] != '\0')
        unlink(scene->at.sun_path);
    rmdir(scene->folder);
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
    unsetenv("WATCHDOG_PID");
}

// All messages since the last call, each with a line's end.
static const char *heard(struct scene *scene)
{
    static char text[4096];
    size_t length = 0;
    ssize_t got;
    while ((got = recv(scene->fd, text + length, sizeof text - length - 2, 0)) > 0) {
        length += (size_t)got;
        text[length++] = '\n';
    }
    text[length] = '\0';
    return text;
}

static void both_step(struct scene *scene, int64_t now_us)
{
    edge_health_step(&scene->health, EDGE_LOOP_INGEST, now_us);
    edge_health_step(&scene->health, EDGE_LOOP_SERVE, now_us);
}

static void step(struct scene *scene, bool begun, int64_t now_us)
{
    edge_notify_step(&scene->notify, &scene->health, begun, now_us);
}

static void be_ready(struct scene *scene, int64_t now_us)
{
    both_step(scene, now_us);
    step(scene, true, now_us);
    assert_non_null(strstr(heard(scene), "READY=1\n"));
}

static void step__of_a_node_that_waits__asks_for_time_and_says_for_what(void **state)
{
    (void)state;
    struct scene scene;
    open_scene(&scene, false, NULL);
    step(&scene, false, 1 * S); // no loop runs yet
    assert_string_equal(heard(&scene), "STATUS=starting\n");
    edge_health_set(&scene.health, EDGE_TROUBLE_MQTT, true);
    both_step(&scene, 2 * S);
    step(&scene, true, 2 * S);
    assert_string_equal(heard(&scene), "STATUS=waiting: not connected to the MQTT broker\n"
                                       "EXTEND_TIMEOUT_USEC=60000000\n");
    for (int64_t s = 3; s < 200; s++) { // longer than any time-out of a start
        both_step(&scene, s * S);
        step(&scene, true, s * S);
    }
    const char *text = heard(&scene);
    assert_null(strstr(text, "READY"));
    assert_non_null(strstr(text, "EXTEND_TIMEOUT_USEC=60000000\nEXTEND_TIMEOUT_USEC=60000000"));
    edge_health_set(&scene.health, EDGE_TROUBLE_MQTT, false);
    both_step(&scene, 200 * S);
    step(&scene, true, 200 * S);
    text = heard(&scene);
    assert_ptr_equal(strstr(text, "READY=1\nSTATUS=serving\n"), text);
    close_scene(&scene);
}

static void step__of_a_start_that_hangs__asks_for_no_more_time(void **state)
{
    (void)state;
    struct scene scene;
    open_scene(&scene, false, NULL);
    edge_health_set(&scene.health, EDGE_TROUBLE_CATCHING_UP, true);
    both_step(&scene, 1 * S);
    step(&scene, true, 1 * S);
    heard(&scene);
    for (int64_t s = 2; s < 100; s++) {
        edge_health_step(&scene.health, EDGE_LOOP_SERVE, s * S); // ingest hangs
        step(&scene, true, s * S);
    }
    assert_string_equal(heard(&scene), "");
    close_scene(&scene);
}

static void ready__of_a_node__waits_for_what_a_start_can_cure_and_for_nothing_else(void **state)
{
    (void)state;
    static const bool waits[EDGE_TROUBLE_COUNT] = {
        [EDGE_TROUBLE_KAFKA] = true,       [EDGE_TROUBLE_MQTT] = true,
        [EDGE_TROUBLE_DECODER] = true,     [EDGE_TROUBLE_STALLED] = true,
        [EDGE_TROUBLE_CATCHING_UP] = true,
    };
    for (int i = 0; i < EDGE_TROUBLE_COUNT; i++) {
        struct scene scene;
        open_scene(&scene, false, NULL);
        both_step(&scene, 1 * S);
        step(&scene, false, 1 * S); // its topics were not looked for yet
        assert_null(strstr(heard(&scene), "READY"));
        edge_health_set(&scene.health, (enum edge_trouble)i, true);
        both_step(&scene, 2 * S);
        step(&scene, true, 2 * S);
        assert_int_equal(strstr(heard(&scene), "READY=1") == NULL, waits[i]);
        close_scene(&scene);
    }
    struct scene scene; // a feed without a topic never catches up
    open_scene(&scene, false, NULL);
    edge_health_set(&scene.health, EDGE_TROUBLE_TOPIC, true);
    edge_health_set(&scene.health, EDGE_TROUBLE_CATCHING_UP, true);
    both_step(&scene, 1 * S);
    step(&scene, true, 1 * S);
    assert_string_equal(heard(&scene),
                        "READY=1\nSTATUS=serving: a configured topic does not exist; feeds are "
                        "being read up to their end\n");
    close_scene(&scene);
}

static void watchdog__of_two_loops__is_fed_while_both_make_steps(void **state)
{
    (void)state;
    for (int hanging = 0; hanging < EDGE_LOOP_COUNT; hanging++) {
        struct scene scene;
        open_scene(&scene, false, "60000000");
        be_ready(&scene, 1 * S);
        int64_t now_us = 1 * S;
        int fed = 0;
        for (; now_us < 61 * S; now_us += S / 10) {
            both_step(&scene, now_us);
            step(&scene, true, now_us);
            fed += strstr(heard(&scene), "WATCHDOG=1\n") != NULL;
        }
        assert_in_range(fed, 2,
                        20); // at least twice in its time, as sd_watchdog_enabled(3) asks
        fed = 0;
        for (; now_us < 200 * S; now_us += S / 10) {
            edge_health_step(&scene.health, (enum edge_loop)(1 - hanging), now_us);
            step(&scene, true, now_us);
            fed += strstr(heard(&scene), "WATCHDOG") != NULL;
        }
        assert_in_range(fed, 0, 1); // for the steps that were made since the last time
        both_step(&scene, now_us);  // its disk answers again
        step(&scene, true, now_us);
        assert_non_null(strstr(heard(&scene), "WATCHDOG=1\n"));
        close_scene(&scene);
    }
}

static void watchdog__of_another_process__is_not_ours(void **state)
{
    (void)state;
    struct scene scene;
    setenv("WATCHDOG_PID", "1", 1);
    open_scene(&scene, false, "1000000");
    be_ready(&scene, 1 * S);
    both_step(&scene, 9 * S);
    step(&scene, true, 9 * S);
    assert_string_equal(heard(&scene), "");
    close_scene(&scene);
}

static void working__between_two_runs__moves_the_watchdog_until_the_next_step(void **state)
{
    (void)state;
    struct scene scene;
    open_scene(&scene, false, "60000000");
    edge_notify_working(&scene.notify, "opening the store", 600 * S);
    assert_string_equal(heard(&scene),
                        "STATUS=opening the store\nEXTEND_TIMEOUT_USEC=600000000\n");
    be_ready(&scene, 1 * S);
    edge_notify_working(&scene.notify, "reading all of it", 3600 * S);
    assert_string_equal(heard(&scene), "STATUS=reading all of it\nWATCHDOG_USEC=3600000000\n");
    edge_health_init(&scene.health); // another run
    step(&scene, false, 100 * S);
    assert_null(strstr(heard(&scene), "WATCHDOG"));
    both_step(&scene, 101 * S);
    step(&scene, false, 101 * S);
    assert_non_null(strstr(heard(&scene), "WATCHDOG_USEC=60000000\nWATCHDOG=1\n"));
    close_scene(&scene);
}

static void reloading__of_a_ready_node__is_told_with_its_time_and_ended_by_ready(void **state)
{
    (void)state;
    struct scene scene;
    open_scene(&scene, false, NULL);
    edge_notify_reloading(&scene.notify, true, 1 * S); // not ready yet
    edge_notify_reloading(&scene.notify, false, 1 * S);
    assert_string_equal(heard(&scene), "");
    be_ready(&scene, 1 * S);
    edge_notify_reloading(&scene.notify, true, 42);
    assert_string_equal(heard(&scene), "STATUS=reading the configuration again\n"
                                       "RELOADING=1\nMONOTONIC_USEC=42\n");
    edge_notify_reloading(&scene.notify, false, 43);
    edge_notify_reloading(&scene.notify, false, 44);
    step(&scene, true, 2 * S);
    assert_string_equal(heard(&scene), "READY=1\nSTATUS=serving\n");
    close_scene(&scene);
}

static void stopping__of_a_node__is_told(void **state)
{
    (void)state;
    struct scene scene;
    open_scene(&scene, true, NULL); // an abstract socket
    edge_notify_stopping(&scene.notify, "stopping");
    assert_string_equal(heard(&scene), "STOPPING=1\nSTATUS=stopping\n");
    close_scene(&scene);
}

static void notify__without_a_socket__does_nothing(void **state)
{
    (void)state;
    static const char *const names[] = {NULL, "", "relative", "/", "/none/of/it"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct edge_notify notify;
        struct edge_health health;
        edge_health_init(&health);
        if (names[i])
            setenv("NOTIFY_SOCKET", names[i], 1);
        edge_notify_open(&notify);
        edge_notify_step(&notify, &health, true, 1 * S);
        edge_notify_working(&notify, "x", 1);
        edge_notify_reloading(&notify, true, 1);
        edge_notify_stopping(&notify, "x");
        edge_notify_close(&notify);
        unsetenv("NOTIFY_SOCKET");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(step__of_a_node_that_waits__asks_for_time_and_says_for_what),
        cmocka_unit_test(step__of_a_start_that_hangs__asks_for_no_more_time),
        cmocka_unit_test(
            ready__of_a_node__waits_for_what_a_start_can_cure_and_for_nothing_else),
        cmocka_unit_test(watchdog__of_two_loops__is_fed_while_both_make_steps),
        cmocka_unit_test(watchdog__of_another_process__is_not_ours),
        cmocka_unit_test(working__between_two_runs__moves_the_watchdog_until_the_next_step),
        cmocka_unit_test(reloading__of_a_ready_node__is_told_with_its_time_and_ended_by_ready),
        cmocka_unit_test(stopping__of_a_node__is_told),
        cmocka_unit_test(notify__without_a_socket__does_nothing),
    };
    return cmocka_run_group_tests_name("edge/notify", tests, NULL, NULL);
}
// NOLINTEND(concurrency-mt-unsafe)
