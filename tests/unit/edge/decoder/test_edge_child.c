// SPDX-License-Identifier: Apache-2.0
// The decoder child: whatever a message does to its decoder, the node gets one refusal and the
// next message is read. This program is its own child; its decoder does what the first byte
// says.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "edge/decoder/child.h"
#include "edge/decoder/child_main.h"

enum { TIMEOUT_US = 1000000, HANGING_US = 200000000 }; // no test takes so long

static void *nothing(void *argument) { return argument; }

// What the sandbox lets through is reported as one letter each; "" is right.
static void try_everything(char *text)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    *text = '\0';
    if (fd >= 0)
        strncat(text, "socket ", 8);
    if (open("/tmp/drf-test-child", O_WRONLY | O_CREAT, 0600) >= 0)
        strncat(text, "create ", 8);
    if (open("/etc/passwd", O_RDONLY) >= 0)
        strncat(text, "passwd ", 8);
    if (open("/proc/self/mem", O_RDWR) >= 0)
        strncat(text, "mem ", 8);
    pid_t pid = fork();
    if (pid == 0)
        _exit(0);
    if (pid > 0)
        strncat(text, "fork ", 8);
    char *arguments[] = {"true", NULL}, *empty[] = {NULL};
    if (execve("/bin/true", arguments, empty) == 0 || errno != EPERM)
        strncat(text, "exec ", 8);
    pthread_t thread;
    if (pthread_create(&thread, NULL, nothing, NULL) == 0)
        strncat(text, "thread ", 8);
    if (mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        != MAP_FAILED)
        strncat(text, "execmem ", 9);
    if (unlink("/tmp/none") == 0 || errno == ENOENT)
        strncat(text, "unlink ", 8);
    if (open("/usr/share/common-licenses/Apache-2.0", O_RDONLY) < 0)
        strncat(text, "no-share ", 10);
}

static enum drf_status obstacle(struct geo_record_builder *builder)
{
    struct geo_obstacle tower = {.position = {43.5, -79.5},
                                 .agl_m = 30,
                                 .horizontal_acc95_m = 15,
                                 .vertical_acc95_m = 1,
                                 .flags = GEO_OBSTACLE_HAS_AGL,
                                 .geometry = GEO_GEOMETRY_POINT,
                                 .quantity = 1,
                                 .id = "36-000001",
                                 .kind = "TOWER"};
    return geo_record_add(builder, GEO_ITEM_OBSTACLE, &tower, sizeof tower, NULL, 0);
}

static enum drf_status refuse(struct geo_note *why, enum geo_refusal_code code,
                              const char *text)
{
    *why = (struct geo_note){.code = (uint32_t)code, .count = 1};
    snprintf(why->text, sizeof why->text, "%s", text);
    return DRF_ERR_SYNTAX;
}

static enum drf_status decode(const struct geo_decode_params *params, const uint8_t *bytes,
                              size_t size, struct geo_record_builder *builder,
                              struct geo_note *why)
{
    char text[170] = "";
    uint8_t *much;
    switch (size > 0 ? bytes[0] : '0') {
    case 'o': // what it should
        return obstacle(builder);
    case 'c': // counts its bytes
        snprintf(text, sizeof text, "%zu bytes, last %d, name %s", size, bytes[size - 1],
                 params->name);
        return refuse(why, GEO_REFUSAL_FORMAT, text);
    case 'a':
        abort();
    case 's':
        raise(SIGSEGV);
        break;
    case 'x':
        _exit(0);
    case 'h': // spends CPU
        for (volatile int forever = 1; forever != 0;)
            forever = 1;
        break;
    case 'p': // waits, as for a processor
        for (;;)
            usleep(1000);
    case 'q':                   // waits for less than the wall time
        usleep(2 * TIMEOUT_US); // one sleep: many would add up on a busy machine
        return obstacle(builder);
    case 'w': // writes rubbish to the node
        memset(text, 'w', sizeof text);
        if (write(STDIN_FILENO, text, sizeof text) > 0)
            return obstacle(builder);
        break;
    case 'm': // wants 3.5 GB
        much = malloc((size_t)3500 << 20);
        if (!much)
            return refuse(why, GEO_REFUSAL_MEMORY, "no memory");
        *(volatile char *)much = 1; // clang would leave out an allocation that nobody uses
        free(much);
        break;
    case 'v': // a record that is none
        if (obstacle(builder) != DRF_OK)
            return DRF_ERR_NOMEM;
        memset(builder->bytes, 0xff, builder->size);
        return DRF_OK;
    case 'e':
        try_everything(text);
        return refuse(why, GEO_REFUSAL_FORMAT, text);
    default:
        break;
    }
    return refuse(why, GEO_REFUSAL_EMPTY, "nothing");
}

static int64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void step(struct edge_children *children, int wait_ms)
{
    struct pollfd fd = {.fd = edge_children_fd(children), .events = POLLIN};
    poll(&fd, 1, wait_ms);
    (void)edge_children_step(children, now_us());
}

static int open_children(void **state)
{
    struct edge_children *children;
    struct edge_children_config config = {.word = "decode-child",
                                          .memory_bytes = (uint64_t)1 << 30,
                                          .record_max_bytes = 1 << 20,
                                          .timeout_us = TIMEOUT_US};
    if (edge_children_open(&config, &children) != DRF_OK)
        return -1;
    *state = children;
    return 0;
}

static int close_children(void **state)
{
    edge_children_close(*state);
    return 0;
}

static void start(struct edge_children *children, size_t lane, const void *bytes, size_t size)
{
    static const struct geo_decode_params params = {.name = "n43", .record_max_bytes = 1 << 20};
    int64_t deadline_us = now_us() + HANGING_US;
    while (edge_children_start(children, lane, &params, bytes, size, now_us()) != DRF_OK) {
        assert_true(now_us() < deadline_us);
        step(children, 100);
    }
}

static struct edge_decoded result(struct edge_children *children, size_t lane)
{
    struct edge_decoded decoded;
    int64_t deadline_us = now_us() + HANGING_US;
    while (!edge_children_take(children, lane, &decoded)) {
        assert_true(now_us() < deadline_us);
        step(children, 100);
    }
    return decoded;
}

static struct edge_decoded run(struct edge_children *children, const char *bytes)
{
    start(children, 0, bytes, strlen(bytes));
    return result(children, 0);
}

static void decode__of_a_good_message__gives_its_record(void **state)
{
    struct edge_decoded decoded = run(*state, "o");
    assert_int_equal(decoded.status, DRF_OK);
    size_t cursor = 0;
    struct geo_item item;
    assert_true(geo_record_next(decoded.record, &cursor, &item));
    assert_int_equal(item.kind, GEO_ITEM_OBSTACLE);
    const struct geo_obstacle *tower = item.payload;
    assert_string_equal(tower->id, "36-000001");
}

static void decode__of_a_refused_message__gives_the_decoders_words(void **state)
{
    struct edge_decoded decoded = run(*state, "c");
    assert_int_not_equal(decoded.status, DRF_OK);
    assert_false(decoded.died);
    assert_int_equal(decoded.why.code, GEO_REFUSAL_FORMAT);
    assert_string_equal(decoded.why.text, "1 bytes, last 99, name n43");
}

static void decode__of_a_message_larger_than_the_socket__arrives_whole(void **state)
{
    size_t size = 20u << 20;
    char *bytes = malloc(size);
    assert_non_null(bytes);
    memset(bytes, 7, size);
    bytes[0] = 'c';
    start(*state, 0, bytes, size);
    struct edge_decoded decoded = result(*state, 0);
    assert_string_equal(decoded.why.text, "20971520 bytes, last 7, name n43");
    free(bytes);
}

static void decode__of_what_kills_it__is_refused_and_the_next_is_read(void **state)
{
    static const char *const killers[] = {"a", "s", "x", "w"};
    for (size_t i = 0; i < sizeof killers / sizeof killers[0]; i++) {
        struct edge_decoded decoded = run(*state, killers[i]);
        assert_int_not_equal(decoded.status, DRF_OK);
        assert_true(decoded.died);
        assert_int_equal(decoded.why.code, GEO_REFUSAL_DIED);
        assert_int_equal(run(*state, "o").status, DRF_OK);
    }
}

static void decode__of_what_hangs__is_ended_in_time(void **state)
{
    start(*state, 0, "h", 1);
    int64_t before_us = now_us();
    struct edge_decoded decoded = result(*state, 0);
    int64_t took_us = now_us() - before_us;
    assert_true(decoded.died);
    assert_true(decoded.late);
    assert_non_null(strstr(decoded.why.text, ": raise limits.decode_timeout_ms"));
#ifndef __SANITIZE_THREAD__ // which holds signals back while a loop calls nothing: the wall
                            // time
    // Where ten seconds have brought it less than one of a processor, they are the limit.
    if (took_us < EDGE_CHILD_WALL_FACTOR * TIMEOUT_US)
        assert_non_null(strstr(decoded.why.text, "1 s of CPU"));
#endif
    int64_t without_us = -1;
    for (int i = 0; i < 3000 && !edge_children_replaced(*state, &without_us); i++)
        step(*state, 20);
    assert_true(without_us >= 0);
    assert_true(took_us >= TIMEOUT_US - 50000);
    print_message("  ended after %d us\n", (int)took_us);
}

// On a machine that builds beside it a decoder gets a processor now and then only.
static void decode__that_waits_for_a_processor__is_no_broken_message(void **state)
{
    assert_int_equal(run(*state, "q").status, DRF_OK);
}

static void decode__that_waits_for_ever__is_ended_after_ten_times_the_limit(void **state)
{
    (void)state;
    struct edge_children *children;
    struct edge_children_config config = {.word = "decode-child",
                                          .memory_bytes = (uint64_t)1 << 30,
                                          .record_max_bytes = 1 << 20,
                                          .timeout_us = TIMEOUT_US / 5};
    assert_int_equal(edge_children_open(&config, &children), DRF_OK);
    start(children, 0, "p", 1);
    int64_t before_us = now_us();
    struct edge_decoded decoded = result(children, 0);
    assert_true(now_us() - before_us >= 2 * TIMEOUT_US - 50000);
    assert_true(decoded.died && decoded.late);
    assert_non_null(
        strstr(decoded.why.text, "2 s of wall time: raise limits.decode_timeout_ms"));
    edge_children_close(children);
}

static void decode__after_a_death__goes_on_with_the_warm_spare(void **state)
{
    struct edge_children *children = *state;
    int64_t deadline_us = now_us() + HANGING_US;
    // Warm all three: one for each lane, and the spare.
    start(children, 0, "o", 1);
    result(children, 0);
    start(children, 1, "o", 1);
    result(children, 1);
    for (int i = 0; i < 50 && now_us() < deadline_us; i++)
        step(children, 20);
    start(children, 0, "a", 1);
    struct edge_decoded decoded = result(children, 0);
    assert_true(decoded.died);
    int64_t before_us = now_us(), without_us = -1;
    start(children, 0, "o", 1);
    assert_int_equal(result(children, 0).status, DRF_OK);
    int64_t took_us = now_us() - before_us;
    assert_true(edge_children_replaced(children, &without_us));
    assert_false(edge_children_replaced(children, &without_us)); // once, and only this lane
    print_message("  without a child %d us, with the next message's result %d us\n",
                  (int)without_us, (int)took_us);
    assert_true(without_us >= 0);
}

static void decode__of_a_message_that_wants_all_memory__is_refused(void **state)
{
#ifdef DRF_SANITIZED
    (void)state;
    skip(); // the sanitizer needs the address space that the limit takes
#else
    struct edge_decoded decoded = run(*state, "m");
    assert_int_equal(decoded.why.code, GEO_REFUSAL_MEMORY);
#endif
}

static void decode__that_answers_with_no_record__is_refused(void **state)
{
    struct edge_decoded decoded = run(*state, "v");
    assert_int_not_equal(decoded.status, DRF_OK);
    assert_true(decoded.died);
    assert_int_equal(run(*state, "o").status, DRF_OK);
}

static void lanes__at_the_same_time__do_not_wait_for_each_other(void **state)
{
    start(*state, 1, "h", 1);
    assert_int_equal(run(*state, "o").status, DRF_OK);
    assert_true(result(*state, 1).died);
}

static void record__of_a_message__outlives_the_decoding_of_the_next(void **state)
{
    struct edge_decoded first = run(*state, "o");
    start(*state, 0, "o", 1);
    for (int i = 0; i < 10; i++)
        step(*state, 5);
    size_t cursor = 0;
    struct geo_item item;
    assert_true(geo_record_next(first.record, &cursor, &item));
    assert_string_equal(((const struct geo_obstacle *)item.payload)->id, "36-000001");
    assert_int_equal(result(*state, 0).status, DRF_OK);
}

static void lane__with_several_messages__gives_their_results_in_order(void **state)
{
    struct edge_children *children = *state;
    start(children, 0, "o", 1);
    assert_int_equal(result(children, 0).status, DRF_OK);
    static const char *const sent[] = {"c1", "o", "c333", "o", "c4444", "c55555", "o", "c7"};
    for (size_t i = 0; i < EDGE_CHILD_AHEAD_MAX; i++)
        start(children, 0, sent[i], strlen(sent[i]));
    static const struct geo_decode_params params = {.record_max_bytes = 1 << 20};
    assert_int_equal(
        edge_children_start(children, 0, &params, (const uint8_t *)"o", 1, now_us()),
        DRF_ERR_AGAIN); // full
    for (size_t i = 0; i < EDGE_CHILD_AHEAD_MAX; i++) {
        struct edge_decoded decoded = result(children, 0);
        char words[32];
        snprintf(words, sizeof words, "%zu bytes", strlen(sent[i]));
        if (sent[i][0] == 'o')
            assert_int_equal(decoded.status, DRF_OK);
        else
            assert_memory_equal(decoded.why.text, words, strlen(words));
    }
    struct edge_decoded none;
    assert_false(edge_children_take(children, 0, &none));
}

static void lane__whose_child_dies__loses_that_message_and_reads_those_behind_it(void **state)
{
    struct edge_children *children = *state;
    static const char *const sent[] = {"o", "a", "c333", "x", "o", "v", "c7777777"};
    enum { SENT = sizeof sent / sizeof sent[0] };
    for (size_t i = 0; i < SENT; i++)
        start(children, 0, sent[i], strlen(sent[i]));
    for (size_t i = 0; i < SENT; i++) {
        struct edge_decoded decoded = result(children, 0);
        bool deadly = strchr("axv", sent[i][0]) != NULL;
        assert_int_equal(decoded.died, deadly);
        if (sent[i][0] == 'o')
            assert_int_equal(decoded.status, DRF_OK);
    }
    start(children, 1, "o", 1);
    assert_int_equal(result(children, 1).status, DRF_OK);
}

static void lane__whose_child_died_before_more_was_sent__keeps_what_it_had_answered(
    void **state)
{
    struct edge_children *children = *state;
    start(children, 0, "o", 1);
    start(children, 0, "a", 1);
    siginfo_t dead;
    assert_int_equal(waitid(P_ALL, 0, &dead, WEXITED | WNOWAIT), 0);
    start(children, 0, "c333", 4);
    assert_int_equal(result(children, 0).status, DRF_OK);
    assert_true(result(children, 0).died);
    assert_false(result(children, 0).died);
}

static void sandbox__of_a_child__lets_nothing_through(void **state)
{
    struct edge_decoded decoded = run(*state, "e");
    assert_string_equal(decoded.why.text, "");
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "decode-child") == 0)
        return edge_child_main(argc - 2, argv + 2, decode);
#define WITH_CHILDREN(test) cmocka_unit_test_setup_teardown(test, open_children, close_children)
    const struct CMUnitTest tests[] = {
        WITH_CHILDREN(decode__of_a_good_message__gives_its_record),
        WITH_CHILDREN(decode__of_a_refused_message__gives_the_decoders_words),
        WITH_CHILDREN(decode__of_a_message_larger_than_the_socket__arrives_whole),
        WITH_CHILDREN(decode__of_what_kills_it__is_refused_and_the_next_is_read),
        WITH_CHILDREN(decode__of_what_hangs__is_ended_in_time),
        WITH_CHILDREN(decode__that_waits_for_a_processor__is_no_broken_message),
        cmocka_unit_test(decode__that_waits_for_ever__is_ended_after_ten_times_the_limit),
        WITH_CHILDREN(decode__after_a_death__goes_on_with_the_warm_spare),
        WITH_CHILDREN(decode__of_a_message_that_wants_all_memory__is_refused),
        WITH_CHILDREN(decode__that_answers_with_no_record__is_refused),
        WITH_CHILDREN(lanes__at_the_same_time__do_not_wait_for_each_other),
        WITH_CHILDREN(record__of_a_message__outlives_the_decoding_of_the_next),
        WITH_CHILDREN(lane__with_several_messages__gives_their_results_in_order),
        WITH_CHILDREN(lane__whose_child_dies__loses_that_message_and_reads_those_behind_it),
        WITH_CHILDREN(lane__whose_child_died_before_more_was_sent__keeps_what_it_had_answered),
        WITH_CHILDREN(sandbox__of_a_child__lets_nothing_through),
    };
    return cmocka_run_group_tests_name("edge/child", tests, NULL, NULL);
}
