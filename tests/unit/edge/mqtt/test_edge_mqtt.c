// SPDX-License-Identifier: Apache-2.0
// Not for the thread sanitizer: glibc resolves names on threads that it does not see start.
// edge/mqtt/mqtt.c against a real mosquitto that each test starts on a free port. Waiting is on
// an event with a deadline. Skipped where no mosquitto is installed.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "edge/mqtt/burst.h"
#include "edge/mqtt/mqtt.h"

extern char **environ;

enum { DEADLINE_US = 200000000, BLOCKED_US = 2000000 }; // of what takes milliseconds

static int64_t mono_us(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

struct broker {
    char folder[64];
    uint16_t port;
    pid_t pid;
};

static uint16_t free_port(void)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    (void)close(fd);
    return ntohs(address.sin_port);
}

static bool answers(uint16_t port)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    const struct sockaddr_in address = {.sin_family = AF_INET,
                                        .sin_port = htons(port),
                                        .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    bool ok = connect(fd, (const struct sockaddr *)&address, sizeof address) == 0;
    (void)close(fd);
    return ok;
}

static void start(struct broker *broker)
{
    char conf[96];
    (void)snprintf(conf, sizeof conf, "%s/conf", broker->folder);
    char *const argv[] = {"mosquitto", "-c", conf, NULL};
    posix_spawn_file_actions_t actions;
    assert_int_equal(posix_spawn_file_actions_init(&actions), 0);
    (void)posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    (void)posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    int rc = posix_spawnp(&broker->pid, "mosquitto", &actions, NULL, argv, environ);
    (void)posix_spawn_file_actions_destroy(&actions);
    if (rc != 0) {
        broker->pid = 0;
        skip();
    }
    for (int64_t until = mono_us() + DEADLINE_US; !answers(broker->port);) {
        assert_true(mono_us() < until);
        (void)poll(NULL, 0, 10);
    }
}

static void kill_broker(struct broker *broker)
{
    if (broker->pid > 0) {
        (void)kill(broker->pid, SIGKILL);
        (void)waitpid(broker->pid, NULL, 0);
    }
    broker->pid = 0;
}

static struct broker *opened(const char *more)
{
    struct broker *broker = calloc(1, sizeof *broker);
    assert_non_null(broker);
    (void)snprintf(broker->folder, sizeof broker->folder, "/tmp/drf_mqtt_XXXXXX");
    assert_non_null(mkdtemp(broker->folder));
    broker->port = free_port();
    char path[96];
    (void)snprintf(path, sizeof path, "%s/conf", broker->folder);
    FILE *conf = fopen(path, "w");
    assert_non_null(conf);
    (void)fprintf(conf, "listener %u 127.0.0.1\nallow_anonymous true\nuser root\n%s",
                  (unsigned)broker->port, more);
    (void)fclose(conf);
    return broker;
}

static void close_broker(struct broker *broker)
{
    kill_broker(broker);
    static const char *const names[] = {"conf", "acl"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char path[96];
        (void)snprintf(path, sizeof path, "%s/%s", broker->folder, names[i]);
        (void)unlink(path);
    }
    (void)rmdir(broker->folder);
    free(broker);
}

static struct edge_mqtt *client(uint16_t port, const char *id, const char *filter,
                                const char *will_topic)
{
    static const uint8_t qos[] = {1};
    const struct edge_mqtt_config config = {
        .host = "localhost",
        .port = port,
        .client_id = id,
        .username = id,
        .password = "x",
        .keepalive_s = 10,
        .ring_bytes = 1 << 20,
        .queue_max_bytes = 1 << 16,
        .inflight_max = 1000,
        .will_topic = will_topic,
        .will_payload = "gone",
        .will_size = 4,
        .filters = &filter,
        .filter_qos = qos,
        .filter_count = filter != NULL ? 1 : 0,
    };
    struct edge_mqtt *mqtt = NULL;
    const char *why = NULL;
    assert_int_equal(edge_mqtt_open(&config, &mqtt, &why), DRF_OK);
    return mqtt;
}

static void step(struct edge_mqtt *mqtt)
{
    struct pollfd wait = {.fd = edge_mqtt_fd(mqtt), .events = POLLIN};
    if (edge_mqtt_wants_write(mqtt))
        wait.events |= POLLOUT;
    (void)poll(&wait, 1, 5);
    edge_mqtt_step(mqtt, mono_us());
}

static void connect_now(struct edge_mqtt *mqtt)
{
    for (int64_t until = mono_us() + DEADLINE_US; !edge_mqtt_hears(mqtt); step(mqtt)) {
        assert_true(mono_us() < until);
        assert_string_not_equal(edge_mqtt_waiting_for(mqtt), "");
    }
    assert_string_equal(edge_mqtt_waiting_for(mqtt), "");
}

// The next message for `to`, while `from` (NULL: nobody) is kept running.
static struct edge_incoming next(struct edge_mqtt *to, struct edge_mqtt *from)
{
    struct edge_link link = edge_mqtt_link(to);
    struct edge_incoming in = {0};
    for (int64_t until = mono_us() + DEADLINE_US; !link.receive(link.self, &in);) {
        assert_true(mono_us() < until);
        step(to);
        if (from != NULL)
            step(from);
    }
    return in;
}

static enum drf_status send_text(struct edge_mqtt *mqtt, const char *topic, const char *text,
                                 bool retain)
{
    struct edge_link link = edge_mqtt_link(mqtt);
    const struct edge_outgoing out = {.topic = topic,
                                      .payload = text,
                                      .size = strlen(text),
                                      .priority = EDGE_PRIORITY_ADVISORY,
                                      .qos = 1,
                                      .retain = retain};
    return link.send(link.self, &out);
}

static void assert_payload(struct edge_incoming in, const char *text)
{
    assert_int_equal(in.size, strlen(text));
    assert_memory_equal(in.payload, text, in.size);
}

// A broker and who talks through it: b sends what a, when it has a filter, receives.
struct scene {
    struct broker *broker;
    struct edge_mqtt *a, *b;
};

static void settle(struct edge_mqtt *mqtt)
{
    for (int i = 0; i < 20; i++)
        step(mqtt);
}

static struct scene open_one(const char *filter)
{
    struct scene scene = {.broker = opened("")};
    start(scene.broker);
    scene.a = client(scene.broker->port, "a", filter, NULL);
    connect_now(scene.a);
    return scene;
}

static struct scene open_pair(const char *filter)
{
    struct scene scene = {.broker = opened("max_queued_messages 5000\n")};
    start(scene.broker);
    scene.a = client(scene.broker->port, "a", filter, NULL);
    scene.b = client(scene.broker->port, "b", NULL, NULL);
    connect_now(scene.a);
    connect_now(scene.b);
    return scene;
}

static void close_scene(struct scene *scene)
{
    edge_mqtt_close(scene->a);
    edge_mqtt_close(scene->b);
    close_broker(scene->broker);
}

static void send__every_kind_of_message__arrives_with_its_properties(void **state)
{
    (void)state;
    struct scene scene = open_pair("t/#");
    struct edge_mqtt *a = scene.a, *b = scene.b;
    assert_int_equal(edge_mqtt_link(a).session(a), 1);
    assert_string_equal(edge_mqtt_waiting_for(a), "");

    struct edge_link link = edge_mqtt_link(b);
    struct edge_outgoing out = {
        .topic = "t/1", .payload = "{}", .size = 2, .json = true, .expiry_s = 3};
    assert_int_equal(link.send(link.self, &out), DRF_OK);
    struct edge_incoming in = next(a, b);
    assert_string_equal(in.topic, "t/1");
    assert_payload(in, "{}");
    assert_true(in.json);
    assert_false(in.retained);
    assert_true(in.arrival_mono_us > 0);

    out = (struct edge_outgoing){.topic = "t/2",
                                 .payload = "x\0y",
                                 .size = 3,
                                 .qos = 1,
                                 .correlation = "c\0d",
                                 .correlation_size = 3};
    assert_int_equal(link.send(link.self, &out), DRF_OK);
    in = next(a, b);
    assert_false(in.json);
    assert_int_equal(in.size, 3);
    assert_memory_equal(in.payload, "x\0y", 3);
    assert_int_equal(in.correlation_size, 3);
    assert_memory_equal(in.correlation, "c\0d", 3);
    close_scene(&scene);
}

static void step__many_messages_wait__takes_them_all(void **state)
{
    (void)state;
    struct scene scene = open_pair("t");
    struct edge_mqtt *a = scene.a, *b = scene.b;
    struct edge_link link = edge_mqtt_link(b);
    enum { COUNT = 1000 };
    for (int i = 0; i < COUNT; i++) {
        const struct edge_outgoing out = {.topic = "t", .payload = &i, .size = sizeof i};
        while (link.send(link.self, &out) == DRF_ERR_FULL)
            step(b);
    }
    for (int i = 0; i < COUNT; i++) {
        struct edge_incoming in = next(a, b);
        int number;
        assert_int_equal(in.size, sizeof number);
        memcpy(&number, in.payload, sizeof number);
        assert_int_equal(number, i);
    }
    assert_int_equal(edge_mqtt_stats(a).received, COUNT);
    assert_int_equal(edge_mqtt_stats(a).dropped_ring, 0);
    close_scene(&scene);
}

static bool collects(const struct edge_mqtt *mqtt)
{
    int on = 0;
    socklen_t size = sizeof on;
    assert_int_equal(getsockopt(edge_mqtt_fd(mqtt), IPPROTO_TCP, TCP_CORK, &on, &size), 0);
    return on != 0;
}

// edge/mqtt/burst.h: a few go at once each, many together, and nothing stays behind.
static void flush__few_and_many_messages__collects_only_the_many(void **state)
{
    (void)state;
    struct scene scene = open_pair("t");
    struct edge_mqtt *a = scene.a, *b = scene.b;
    struct edge_link link = edge_mqtt_link(b);
    const struct edge_outgoing few = {.topic = "t", .payload = "few", .size = 3},
                               many = {.topic = "t", .payload = "many", .size = 4};
    for (int i = 0; i < EDGE_BURST_AT_ONCE; i++)
        assert_int_equal(link.send(link.self, &few), DRF_OK);
    assert_false(collects(b));
    for (int i = 0; i < EDGE_BURST_AT_ONCE; i++)
        assert_payload(next(a, NULL), "few"); // b need not be run
    edge_mqtt_flush(b);
    enum { MANY = EDGE_BURST_AT_ONCE + 2 * EDGE_BURST_TOGETHER + 3 };
    for (int i = 0; i < MANY; i++) {
        assert_int_equal(link.send(link.self, &many), DRF_OK);
        assert_int_equal(collects(b), i >= EDGE_BURST_AT_ONCE);
    }
    edge_mqtt_flush(b);
    assert_false(collects(b));
    for (int i = 0; i < MANY; i++)
        assert_payload(next(a, NULL), "many");
    edge_mqtt_flush(b); // again, with nothing to send
    assert_false(collects(b));
    close_scene(&scene);
}

static void send__a_burst_that_is_acknowledged__leaves_whole_and_frees_its_room(void **state)
{
    (void)state;
    struct scene scene = open_pair("t");
    struct edge_mqtt *a = scene.a, *b = scene.b;
    for (int round = 0; round < 5; round++) { // 4,500 in all; 1,000 may be on their way
        for (int i = 0; i < 900; i++)
            assert_int_equal(send_text(b, "t", "reply", false), DRF_OK);
        for (int i = 0; i < 900; i++)
            assert_payload(next(a, b), "reply");
        settle(b);
    }
    close_scene(&scene);
}

static void step__broker_killed_and_started_again__connects_and_subscribes_again(void **state)
{
    (void)state;
    struct scene scene = open_one("t");
    struct edge_mqtt *a = scene.a;
    struct edge_link link = edge_mqtt_link(a);
    kill_broker(scene.broker);
    for (int64_t until = mono_us() + DEADLINE_US; link.connected(a); step(a))
        assert_true(mono_us() < until);
    assert_int_equal(send_text(a, "t", "nobody", false), DRF_ERR_AGAIN);
    for (int64_t until = mono_us() + 1500000; mono_us() < until;)
        step(a); // refused several times
    assert_non_null(strstr(edge_mqtt_waiting_for(a), "localhost"));
    assert_true(edge_mqtt_stats(a).failures >= 2);
    start(scene.broker);
    connect_now(a);
    assert_int_equal(link.session(a), 2);
    assert_int_equal(send_text(a, "t", "back", false), DRF_OK);
    assert_payload(next(a, NULL), "back");
    close_scene(&scene);
}

static void will__a_client_that_vanishes_and_one_that_leaves__only_the_first_leaves_it(
    void **state)
{
    (void)state;
    struct scene scene = open_one("will/#");
    struct edge_mqtt *a = scene.a;
    struct edge_mqtt *leaves = client(scene.broker->port, "leaves", NULL, "will/leaves");
    connect_now(leaves);
    assert_int_equal(send_text(leaves, "will/leaves", "bye", true), DRF_OK);
    edge_mqtt_close(leaves);
    assert_payload(next(a, NULL), "bye");

    struct edge_mqtt *vanishes = client(scene.broker->port, "vanishes", NULL, "will/vanishes");
    connect_now(vanishes);
    (void)shutdown(edge_mqtt_fd(vanishes), SHUT_RDWR);
    struct edge_incoming in = next(a, NULL);
    assert_string_equal(in.topic, "will/vanishes");
    assert_payload(in, "gone");
    edge_mqtt_close(vanishes);
    close_scene(&scene);
}

static void connect__refused_for_want_of_rights__says_why_it_waits(void **state)
{
    (void)state;
    struct broker *broker = opened("");
    char path[96];
    (void)snprintf(path, sizeof path, "%s/conf", broker->folder);
    FILE *conf = fopen(path, "w");
    assert_non_null(conf);
    (void)fprintf(conf, "listener %u 127.0.0.1\nallow_anonymous false\nuser root\n",
                  (unsigned)broker->port);
    (void)fclose(conf);
    start(broker);
    struct edge_mqtt *a = client(broker->port, "a", NULL, NULL);
    for (int64_t until = mono_us() + DEADLINE_US;
         strcasestr(edge_mqtt_waiting_for(a), "authori") == NULL; step(a))
        assert_true(mono_us() < until);
    assert_false(edge_mqtt_link(a).connected(a));
    edge_mqtt_close(a);
    close_broker(broker);
}

static void send__denied_by_the_broker__is_counted(void **state)
{
    (void)state;
    struct broker *broker = opened("");
    char path[96];
    (void)snprintf(path, sizeof path, "%s/acl", broker->folder);
    FILE *acl = fopen(path, "w");
    assert_non_null(acl);
    (void)fputs("topic readwrite allowed\n", acl);
    (void)fclose(acl);
    (void)snprintf(path, sizeof path, "%s/conf", broker->folder);
    FILE *conf = fopen(path, "a");
    assert_non_null(conf);
    (void)fprintf(conf, "acl_file %s/acl\n", broker->folder);
    (void)fclose(conf);
    start(broker);
    struct edge_mqtt *a = client(broker->port, "a", NULL, NULL);
    connect_now(a);
    assert_int_equal(send_text(a, "forbidden", "x", false), DRF_OK);
    for (int64_t until = mono_us() + DEADLINE_US; edge_mqtt_stats(a).denied == 0; step(a))
        assert_true(mono_us() < until);
    assert_int_equal(edge_mqtt_stats(a).denied, 1);
    edge_mqtt_close(a);
    close_broker(broker);
}

static void send__broker_stopped_reading__sheds_contexts_and_bounds_the_rest(void **state)
{
    (void)state;
    struct scene scene = open_one(NULL);
    struct edge_mqtt *a = scene.a;
    assert_int_equal(kill(scene.broker->pid, SIGSTOP), 0);
    static char payload[8192];
    struct edge_link link = edge_mqtt_link(a);
    struct edge_outgoing out = {.topic = "t", .payload = payload, .size = sizeof payload};
    enum drf_status status = DRF_OK;
    for (int i = 0; i < 10000 && status == DRF_OK; i++)
        status = link.send(link.self, &out);
    assert_int_equal(status, DRF_ERR_FULL);
    out.priority = EDGE_PRIORITY_ADVISORY; // there is still room for these: 64 KB of it
    int queued = 0;
    while (link.send(link.self, &out) == DRF_OK)
        queued++;
    assert_in_range(queued, 6, 8);
    assert_true(edge_mqtt_stats(a).refused_full >= 1);
    assert_int_equal(edge_mqtt_stats(a).dropped_queue, 1);

    assert_int_equal(kill(scene.broker->pid, SIGCONT), 0);
    out.priority = EDGE_PRIORITY_CONTEXT;
    for (int64_t until = mono_us() + DEADLINE_US; link.send(link.self, &out) != DRF_OK; step(a))
        assert_true(mono_us() < until);
    close_scene(&scene);
}

static void step__nobody_listens__never_blocks(void **state)
{
    (void)state;
    struct edge_mqtt *a = client(free_port(), "a", NULL, NULL);
    int64_t longest_us = 0;
    for (int i = 0; i < 100; i++) {
        int64_t before = mono_us();
        edge_mqtt_step(a, before);
        int64_t took_us = mono_us() - before;
        longest_us = took_us > longest_us ? took_us : longest_us;
        (void)poll(NULL, 0, 5);
    }
    assert_true(longest_us < BLOCKED_US);
    assert_int_equal(edge_mqtt_fd(a), -1);
    assert_non_null(strstr(edge_mqtt_waiting_for(a), "refused"));
    edge_mqtt_close(a);
}

// A broker of one connection at a time, which accepts and ends it: a CONNACK of MQTT v5 (3.2)
// and what is given.
static void end_next_connection(int listening, struct edge_mqtt *mqtt, const void *more,
                                size_t size)
{
    static const uint8_t connack[] = {0x20, 3, 0, 0, 0};
    int fd = -1;
    uint32_t failures = edge_mqtt_stats(mqtt).failures;
    for (int64_t until = mono_us() + DEADLINE_US; edge_mqtt_stats(mqtt).failures == failures;) {
        assert_true(mono_us() < until);
        step(mqtt);
        if (fd < 0 && (fd = accept4(listening, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
            assert_int_equal(send(fd, connack, sizeof connack, MSG_NOSIGNAL), sizeof connack);
            assert_int_equal(send(fd, more, size, MSG_NOSIGNAL), size);
            (void)shutdown(fd, SHUT_WR);
        }
    }
    (void)close(fd);
}

static int listening_on(uint16_t port)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const int on = 1;
    const struct sockaddr_in address = {.sin_family = AF_INET,
                                        .sin_port = htons(port),
                                        .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(fd, 8), 0);
    return fd;
}

static void shared__three_connections_lost_at_once__is_suspected(void **state)
{
    (void)state;
    uint16_t port = free_port();
    int listening = listening_on(port);
    struct edge_mqtt *mqtt = client(port, "node", NULL, NULL);
    for (int i = 0; i < 3; i++) {
        assert_false(edge_mqtt_stats(mqtt).shared);
        end_next_connection(listening, mqtt, "", 0);
    }
    assert_true(edge_mqtt_stats(mqtt).shared);
    assert_int_equal(edge_mqtt_stats(mqtt).taken_over, 0);
    edge_mqtt_close(mqtt);
    (void)close(listening);
}

// DISCONNECT with reason 0x8E, Session taken over (MQTT v5, 3.14.2.1).
static void shared__the_broker_says_taken_over__is_known_at_once(void **state)
{
    (void)state;
    static const uint8_t taken_over[] = {0xe0, 2, 0x8e, 0};
    uint16_t port = free_port();
    int listening = listening_on(port);
    struct edge_mqtt *mqtt = client(port, "node", NULL, NULL);
    end_next_connection(listening, mqtt, taken_over, sizeof taken_over);
    assert_true(edge_mqtt_stats(mqtt).shared);
    assert_int_equal(edge_mqtt_stats(mqtt).taken_over, 1);
    assert_non_null(strstr(edge_mqtt_waiting_for(mqtt), "0x8E"));
    edge_mqtt_close(mqtt);
    (void)close(listening);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(send__every_kind_of_message__arrives_with_its_properties),
        cmocka_unit_test(step__many_messages_wait__takes_them_all),
        cmocka_unit_test(flush__few_and_many_messages__collects_only_the_many),
        cmocka_unit_test(send__a_burst_that_is_acknowledged__leaves_whole_and_frees_its_room),
        cmocka_unit_test(step__broker_killed_and_started_again__connects_and_subscribes_again),
        cmocka_unit_test(
            will__a_client_that_vanishes_and_one_that_leaves__only_the_first_leaves_it),
        cmocka_unit_test(connect__refused_for_want_of_rights__says_why_it_waits),
        cmocka_unit_test(send__denied_by_the_broker__is_counted),
        cmocka_unit_test(send__broker_stopped_reading__sheds_contexts_and_bounds_the_rest),
        cmocka_unit_test(step__nobody_listens__never_blocks),
        cmocka_unit_test(shared__three_connections_lost_at_once__is_suspected),
        cmocka_unit_test(shared__the_broker_says_taken_over__is_known_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
