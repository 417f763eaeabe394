// SPDX-License-Identifier: Apache-2.0
// The section `view`: whoever reaches the port sees all drones, so beyond this machine it needs
// a token, which is in no error and no recording.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <unistd.h>

#include "edge/config/config_reload.h"

#define HEAD                                                                                   \
    "region: {id: r, bounds: [1, 2, 3, 4]}\nnode: {id: n}\nstore: {path: s.gpkg}\nfeeds: []\n"

static char folder[] = "/tmp/drf-view-XXXXXX";
static const struct {
    const char *name, *text;
} files[] = {{"token", "Hunter2-of_16.chars~\nsecond line\n"},
             {"other", "Hunter3-of_16.chars~\n"},
             {"short", "Hunter4-of-15ch\n"},
             {"blank", "Hunter5 with blanks in it\n"}};

static int make_files(void **state)
{
    (void)state;
    if (mkdtemp(folder) == NULL)
        return -1;
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        char path[80];
        snprintf(path, sizeof path, "%s/%s", folder, files[i].name);
        FILE *file = fopen(path, "w");
        if (file == NULL || fputs(files[i].text, file) < 0 || fclose(file) != 0)
            return -1;
    }
    return 0;
}

static int remove_files(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        char path[80];
        snprintf(path, sizeof path, "%s/%s", folder, files[i].name);
        unlink(path);
    }
    return rmdir(folder);
}

static enum drf_status parse(const char *view, struct drf_config_error *error,
                             struct drf_config *out)
{
    char text[1200];
    int size = snprintf(text, sizeof text, "%s%s\n", HEAD, view);
    *error = (struct drf_config_error){.line = 0};
    return drf_config_parse(text, (size_t)size, folder, error, out);
}

static void view__that_is_absent__is_off_and_of_this_machine(void **state)
{
    (void)state;
    static struct drf_config_error error;
    struct drf_config config;
    assert_int_equal(parse("", &error, &config), DRF_OK);
    assert_int_equal(config.view.port, 0);
    assert_string_equal(config.view.address, "127.0.0.1");
    assert_string_equal(config.view.token, "");
    assert_int_equal(config.view.host_count, 0);
    drf_config_close(&config);
}

static void view__beyond_this_machine_with_a_token__is_taken(void **state)
{
    (void)state;
    static struct drf_config_error error;
    struct drf_config config;
    if (parse("view: {port: 9465, address: 0.0.0.0, token_file: token,\n"
              "  hosts: [node.example, 'node.example:8443']}",
              &error, &config)
        != DRF_OK)
        fail_msg("%s", error.text);
    assert_int_equal(config.view.port, 9465);
    assert_string_equal(config.view.token, "Hunter2-of_16.chars~");
    assert_int_equal(config.view.host_count, 2);
    assert_string_equal(config.view.hosts[0], "node.example");
    assert_string_equal(config.view.hosts[1], "node.example:8443");
    assert_null(strstr(config.text, "Hunter"));
    assert_null(strstr(config.text, "token"));
    drf_config_close(&config);
}

static void view__that_is_a_mistake__is_refused_with_its_reason(void **state)
{
    (void)state;
    static const struct {
        const char *text, *said;
    } wrong[] = {
        {"view: {port: 9465, address: 0.0.0.0}", "a token_file is required"},
        {"view: {port: 9465, address: 10.0.0.4}", "a token_file is required"},
        {"view: {port: 9465, address: 128.0.0.1}", "a token_file is required"},
        {"view: {port: 9465, address: localhost}", "is no IPv4 address"},
        {"view: {port: 9465, address: '::1'}", "is no IPv4 address"},
        {"view: {port: 70000}", "view.port"},
        {"view: {token_file: none}", "/none cannot be read"},
        {"view: {token_file: short}", "must be 16 characters or more"},
        {"view: {token_file: blank}", "of A-Z a-z 0-9 - . _ ~ alone"},
        {"view: {token_file: [token]}", "view.token_file: a file name"},
        {"view: {token: Hunter6}", "did you mean 'token_file'?"},
        {"view: {hosts: node.example}", "must be a list of names"},
        {"view: {hosts: ['http://node.example']}", "such as node.example"},
        {"view: {hosts: ['']}", "such as node.example"},
        {"view: {hosts: [a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a]}", "at most 16"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct drf_config config;
        static struct drf_config_error error;
        assert_int_not_equal(parse(wrong[i].text, &error, &config), DRF_OK);
        if (strstr(error.text, wrong[i].said) == NULL || strstr(error.text, "Hunter") != NULL)
            fail_msg("%s: %s", wrong[i].text, error.text);
    }
}

static void view__on_any_address_of_this_machine__needs_no_token(void **state)
{
    (void)state;
    static struct drf_config_error error;
    struct drf_config config;
    if (parse("view: {port: 9465, address: 127.1.2.3}", &error, &config) != DRF_OK)
        fail_msg("%s", error.text);
    drf_config_close(&config);
    // nobody listens there
    assert_int_equal(parse("view: {address: 0.0.0.0}", &error, &config), DRF_OK);
    drf_config_close(&config);
}

struct told {
    size_t count;
    char lines[8][200];
};

static void tell(void *context, const char *key, const char *stays, const char *file)
{
    struct told *told = context;
    assert_true(told->count < 8);
    (void)snprintf(told->lines[told->count++], sizeof told->lines[0], "%s %s -> %s", key, stays,
                   file);
}

static void follow__of_another_view__keeps_it_and_shows_no_token(void **state)
{
    (void)state;
    static struct drf_config_error error;
    struct drf_config running, next;
    static struct told told;
    assert_int_equal(parse("view: {port: 9465, token_file: token}", &error, &running), DRF_OK);
    assert_int_equal(
        parse("view: {port: 9466, token_file: other, hosts: [a, b]}", &error, &next), DRF_OK);
    assert_int_equal(drf_config_follow(&running, &next, tell, &told), DRF_OK);
    assert_int_equal(told.count, 3);
    assert_string_equal(told.lines[0], "view.port 9465 -> 9466");
    assert_string_equal(told.lines[1], "view.hosts [] -> [a, b]");
    assert_string_equal(told.lines[2], "view.token_file the token as it was -> another");
    assert_int_equal(next.view.port, 9465);
    assert_int_equal(next.view.host_count, 0);
    assert_string_equal(next.view.token, "Hunter2-of_16.chars~");
    drf_config_close_beside(&next, &running);
    drf_config_close(&running);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(view__that_is_absent__is_off_and_of_this_machine),
        cmocka_unit_test(view__beyond_this_machine_with_a_token__is_taken),
        cmocka_unit_test(view__that_is_a_mistake__is_refused_with_its_reason),
        cmocka_unit_test(view__on_any_address_of_this_machine__needs_no_token),
        cmocka_unit_test(follow__of_another_view__keeps_it_and_shows_no_token),
    };
    return cmocka_run_group_tests_name("edge/config_view", tests, make_files, remove_files);
}
