// SPDX-License-Identifier: Apache-2.0
// What a decoder child can open, with Landlock and without: this program is its own child, and
// a filter that makes landlock_create_ruleset() unknown stands for a kernel that lacks it. Its
// decoder opens what the message names ('f'), shows its environment ('e'), writes to the socket
// by which it asks for files ('w'), or is the real one.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <seccomp.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "edge/decoder/child.h"
#include "edge/decoder/child_main.h"
#include "edge/decoder/data_file.h"
#include "edge/decoder/sandbox.h"

// NOLINTBEGIN(concurrency-mt-unsafe): one thread
static const char *secret_folder; // of this test, readable by the user, with the file "secret"

static enum drf_status say(struct geo_note *why, const char *text)
{
    *why = (struct geo_note){.code = GEO_REFUSAL_FORMAT, .count = 1};
    snprintf(why->text, sizeof why->text, "%s", text);
    return DRF_ERR_SYNTAX;
}

static const char *try_to_open(const char *path)
{
    static char text[64];
    char bytes[64];
    int fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
    FILE *file = fopen(path, "r");
    if ((fd >= 0) != (file != NULL))
        return "openat and fopen differ";
    if (file == NULL) {
        snprintf(text, sizeof text, "no: %s", strerrorname_np(errno));
        return text;
    }
    ssize_t got = read(fd, bytes, 16);
    size_t again = fread(bytes, 1, 16, file);
    fclose(file);
    close(fd);
    snprintf(text, sizeof text, "%s", got == 16 && again == 16 ? "yes" : "opened");
    return text;
}

enum { LEAKED_FD = 90 }; // as of a library that opens its sockets for children too

static const char *try_to_list(const char *path)
{
    DIR *folder = opendir(path);
    if (folder == NULL)
        return "no";
    bool any = readdir(folder) != NULL;
    closedir(folder);
    return any ? "yes" : "opened";
}

// Descriptors that the decoder keeps: the socket must not be usable for more than files.
static const char *write_rubbish(void)
{
    static const char rubbish[] = "no request";
    ssize_t put = send(EDGE_DATA_FD, rubbish, sizeof rubbish, MSG_NOSIGNAL);
    int opened = open("/usr/share/common-licenses/Apache-2.0", O_RDONLY | O_CLOEXEC);
    if (opened < 0)
        return put < 0 ? "not sent, not opened" : "sent, not opened";
    close(opened);
    return put < 0 ? "not sent, opened" : "sent, opened";
}

static const char *show_environment(void)
{
    static char text[160];
    size_t length = 0;
    text[0] = '\0';
    for (char **one = environ; *one != NULL && length < sizeof text - 1; one++)
        length += (size_t)snprintf(text + length, sizeof text - length, "%s;", *one);
    return text;
}

static enum drf_status decode(const struct geo_decode_params *params, const uint8_t *bytes,
                              size_t size, struct geo_record_builder *builder,
                              struct geo_note *why)
{
    char path[1200] = "";
    if (params->format != GEO_FORMAT_TRACKS)
        return geo_decode(params, bytes, size, builder, why);
    if (size > 0 && size < sizeof path)
        memcpy(path, bytes + 1, size - 1);
    switch (size > 0 ? bytes[0] : '0') {
    case 'f':
        return say(why, try_to_open(path));
    case 'd':
        return say(why, try_to_list(path));
    case 'e':
        return say(why, show_environment());
    case 'w':
        return say(why, write_rubbish());
    case 'l':
        return say(why, fcntl(LEAKED_FD, F_GETFD) < 0 ? "not there" : "there");
    default:
        return say(why, "");
    }
}

static int64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static int open_children(void **state)
{
    struct edge_children *children;
    struct edge_children_config config = {.word = "decode-child",
                                          .memory_bytes = (uint64_t)2 << 30,
                                          .record_max_bytes = 64 << 20,
                                          .timeout_us = 30000000};
    if (dup2(STDERR_FILENO, LEAKED_FD) < 0 || edge_children_open(&config, &children) != DRF_OK)
        return -1;
    *state = children;
    return 0;
}

static int close_children(void **state)
{
    edge_children_close(*state);
    return 0;
}

static struct edge_decoded run(struct edge_children *children,
                               const struct geo_decode_params *params, const void *bytes,
                               size_t size)
{
    struct edge_decoded decoded = {0};
    bool started = false;
    for (int64_t end_us = now_us() + 200000000; now_us() < end_us;) {
        if (!started)
            started = edge_children_start(children, 0, params, bytes, size, now_us()) == DRF_OK;
        if (started && edge_children_take(children, 0, &decoded))
            return decoded;
        struct pollfd fd = {.fd = edge_children_fd(children), .events = POLLIN};
        poll(&fd, 1, 100);
        (void)edge_children_step(children, now_us());
    }
    fail_msg("the decoder gave no answer");
    return decoded;
}

static const char *ask(struct edge_children *children, char what, const char *path)
{
    static char text[sizeof((struct geo_note *)0)->text];
    const struct geo_decode_params params = {.format = GEO_FORMAT_TRACKS};
    char bytes[1200];
    int size = snprintf(bytes, sizeof bytes, "%c%s", what, path);
    struct edge_decoded decoded = run(children, &params, bytes, (size_t)size);
    snprintf(text, sizeof text, "%s", decoded.why.text);
    return text;
}

static void file__outside_of_the_data__is_not_opened(void **state)
{
    char secret[200], link[200], climbing[300], own[64];
    snprintf(secret, sizeof secret, "%s/secret", secret_folder);
    snprintf(link, sizeof link, "%s/link", secret_folder);
    snprintf(climbing, sizeof climbing, "/usr/share/../..%s", secret);
    snprintf(own, sizeof own, "/proc/%d/environ", (int)getpid());
    const char *const paths[] = {"/etc/passwd",
                                 "/usr/share/../../etc/passwd",
                                 "//etc/passwd",
                                 "/etc/hostname",
                                 secret,
                                 link,
                                 climbing,
                                 own,
                                 "/proc/self/mem",
                                 "/proc/self/environ",
                                 "/dev/zero",
                                 "/usr/shared",
                                 "/proc/self/fd/0",
                                 ""};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        const char *answer = ask(*state, 'f', paths[i]);
        if (strncmp(answer, "no: ", 4) != 0)
            fail_msg("%s: %s", paths[i], answer);
    }
    assert_string_equal(ask(*state, 'd', secret_folder), "no");
    assert_string_equal(ask(*state, 'd', "/etc"), "no");
}

static void file__of_the_installed_data__is_opened(void **state)
{
    assert_string_equal(ask(*state, 'f', "/usr/share/common-licenses/Apache-2.0"), "yes");
    assert_string_equal(ask(*state, 'f', "/usr/share/proj/proj.db"), "yes");
    assert_string_equal(ask(*state, 'd', "/usr/share/proj"), "yes");
    assert_string_equal(ask(*state, 'f', "/usr/share/none"), "no: ENOENT");
    char deep[1100];
    memset(deep, 'x', sizeof deep);
    memcpy(deep, "/usr/share/", 11);
    deep[sizeof deep - 1] = '\0';
    assert_string_equal(ask(*state, 'f', deep), "no: ENAMETOOLONG");
}

// The real decoders give the record that they give without any sandbox.
static void decode__of_files_that_need_tables__gives_what_it_gives_outside(void **state)
{
    static const struct {
        const char *path;
        enum geo_format format;
    } files[] = {
        {"tests/data/corpus/geo_grib/lambert.grib2", GEO_FORMAT_GRIB},
        {"tests/data/corpus/geo_grib/accumulation.grib2", GEO_FORMAT_GRIB},
        {"tests/data/corpus/geo_grib/edition1.grib1", GEO_FORMAT_GRIB},
        {"tests/data/corpus/geo_terrain/compound.tif", GEO_FORMAT_GEOTIFF},
    };
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        static uint8_t bytes[1 << 20];
        FILE *file = fopen(files[i].path, "rb");
        assert_non_null(file);
        size_t size = fread(bytes, 1, sizeof bytes, file);
        fclose(file);
        const struct geo_decode_params params = {.format = files[i].format,
                                                 .layer = GEO_RASTER_GROUND,
                                                 .level = 15,
                                                 .keep = {-180, -90, 180, 90},
                                                 .vertical_acc95_m = 10,
                                                 .size_max_bytes = sizeof bytes,
                                                 .record_max_bytes = 64 << 20,
                                                 .pixels_max = 1000000};
        struct geo_record_builder builder;
        struct geo_note why;
        struct geo_record outside;
        geo_record_builder_init(&builder, 64 << 20);
        if (geo_decode(&params, bytes, size, &builder, &why) != DRF_OK)
            fail_msg("%s: %s", files[i].path, why.text);
        assert_int_equal(geo_record_finish(&builder, &outside), DRF_OK);
        struct edge_decoded decoded = run(*state, &params, bytes, size);
        if (decoded.status != DRF_OK)
            fail_msg("%s: %s", files[i].path, decoded.why.text);
        assert_int_equal(decoded.record.size, outside.size);
        assert_memory_equal(decoded.record.bytes, outside.bytes, outside.size);
        geo_record_builder_close(&builder);
    }
}

static void environment__of_a_child__has_paths_to_data_and_no_secret(void **state)
{
    assert_null(strstr(ask(*state, 'e', ""), "Hunter2"));
#ifndef DRF_SANITIZED
    assert_string_equal(ask(*state, 'e', ""), "GDAL_DATA=/usr/share/gdal;");
#endif
}

static void descriptors__of_the_node__are_not_a_childs(void **state)
{
    assert_true(fcntl(LEAKED_FD, F_GETFD) >= 0);
    assert_string_equal(ask(*state, 'l', ""), "not there");
}

static void socket__of_a_child_that_sends_rubbish__is_closed_and_harms_nobody_else(void **state)
{
    bool landlocked = edge_sandbox_landlock();
    assert_string_equal(ask(*state, 'w', ""),
                        landlocked ? "not sent, opened" : "sent, not opened");
    const char *const after = landlocked ? "yes" : "no: EACCES";
    assert_string_equal(ask(*state, 'f', "/usr/share/common-licenses/Apache-2.0"), after);
}

static void child__says__whether_landlock_confines_it(void **state)
{
    (void)ask(*state, 'e', "");
    assert_int_equal(edge_children_landlocked(*state), edge_sandbox_landlock());
}

// From here on this process, and every child, has a kernel without Landlock.
static int lose_landlock(void **state)
{
    (void)state;
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    int failed = filter == NULL
                 || seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS),
                                     SCMP_SYS(landlock_create_ruleset), 0)
                        != 0
                 || seccomp_load(filter) != 0;
    seccomp_release(filter);
    return failed || edge_sandbox_landlock() ? -1 : 0;
}

static bool make_secret(char *folder)
{
    char path[200], link[200];
    if (mkdtemp(folder) == NULL)
        return false;
    snprintf(path, sizeof path, "%s/secret", folder);
    snprintf(link, sizeof link, "%s/link", folder);
    FILE *file = fopen(path, "w");
    if (file == NULL)
        return false;
    fputs("Hunter2, Hunter2, Hunter2", file);
    return fclose(file) == 0 && symlink("/etc/passwd", link) == 0;
}

static void remove_secret(const char *folder)
{
    char path[200];
    for (size_t i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, i == 0 ? "secret" : "link");
        unlink(path);
    }
    rmdir(folder);
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "decode-child") == 0)
        return edge_child_main(argc - 2, argv + 2, decode);
    char folder[] = "/tmp/drf-sandbox-XXXXXX";
    if (!make_secret(folder))
        return 1;
    secret_folder = folder;
    setenv("MQTT_PASSWORD", "Hunter2", 1);
    setenv("GDAL_DATA", "/usr/share/gdal", 1);
    unsetenv("LD_LIBRARY_PATH");
    unsetenv("GLIBC_TUNABLES");
#ifndef DRF_SANITIZED
    unsetenv("UBSAN_OPTIONS"); // ctest sets them; a child keeps them
    unsetenv("TSAN_OPTIONS");
#endif
    unsetenv("PROJ_DATA");
    unsetenv("PROJ_LIB");
    unsetenv("ECCODES_DEFINITION_PATH");
#define WITH_CHILDREN(test) cmocka_unit_test_setup_teardown(test, open_children, close_children)
    const struct CMUnitTest tests[] = {
        WITH_CHILDREN(file__outside_of_the_data__is_not_opened),
        WITH_CHILDREN(file__of_the_installed_data__is_opened),
        WITH_CHILDREN(decode__of_files_that_need_tables__gives_what_it_gives_outside),
        WITH_CHILDREN(environment__of_a_child__has_paths_to_data_and_no_secret),
        WITH_CHILDREN(descriptors__of_the_node__are_not_a_childs),
        WITH_CHILDREN(socket__of_a_child_that_sends_rubbish__is_closed_and_harms_nobody_else),
        WITH_CHILDREN(child__says__whether_landlock_confines_it),
    };
    int failed = 0;
    if (edge_sandbox_landlock())
        failed = cmocka_run_group_tests_name("edge/sandbox with Landlock", tests, NULL, NULL);
    else
        print_message("no Landlock in this kernel: the tests run without it only\n");
    failed += cmocka_run_group_tests_name("edge/sandbox without Landlock", tests, lose_landlock,
                                          NULL);
    remove_secret(folder);
    return failed;
}
// NOLINTEND(concurrency-mt-unsafe)
