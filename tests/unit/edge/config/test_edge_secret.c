// SPDX-License-Identifier: Apache-2.0
// Secrets from files of their own: taken as they stand in the first line, and in no error.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <unistd.h>

#include "edge/config/config.h"

#define HEAD                                                                                   \
    "region: {id: r, bounds: [1, 2, 3, 4]}\nnode: {id: n}\nstore: {path: s.gpkg}\nfeeds: []\n"

static char folder[] = "/tmp/drf-secret-XXXXXX";
static const char *const names[] = {"one", "crlf", "empty", "long", "newline"};

static int make_files(void **state)
{
    (void)state;
    static char many[20000];
    memset(many, 'x', sizeof many - 1);
    const char *const texts[] = {"Hunter2 with blanks\nsecond line\n", "Hunter3\r\n", "", many,
                                 "\nHunter4\n"};
    if (mkdtemp(folder) == NULL)
        return -1;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char path[80];
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        FILE *file = fopen(path, "w");
        if (file == NULL || fputs(texts[i], file) < 0 || fclose(file) != 0)
            return -1;
    }
    return 0;
}

static int remove_files(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char path[80];
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        unlink(path);
    }
    return rmdir(folder);
}

static const char *setting(const struct drf_config *config, const char *name)
{
    for (size_t i = 0; i < config->kafka_count; i++)
        if (strcmp(config->kafka[i].name, name) == 0)
            return config->kafka[i].value;
    return NULL;
}

static void file__of_a_setting_of_kafka__is_its_value(void **state)
{
    (void)state;
    struct drf_config config;
    static struct drf_config_error error;
    static const char text[] =
        HEAD "kafka: {bootstrap.servers: localhost, sasl.password_file: one,\n"
             "  ssl.key.password_file: crlf, sasl.oauthbearer.client.secret_file: crlf}\n"
             "mqtt: {password_file: one}\n";
    if (drf_config_parse(text, sizeof text - 1, folder, &error, &config) != DRF_OK)
        fail_msg("%s", error.text);
    assert_string_equal(setting(&config, "sasl.password"), "Hunter2 with blanks");
    assert_string_equal(setting(&config, "ssl.key.password"), "Hunter3");
    assert_string_equal(setting(&config, "sasl.oauthbearer.client.secret"), "Hunter3");
    assert_null(setting(&config, "sasl.password_file"));
    assert_int_equal(config.kafka_count, 4);
    assert_string_equal(config.mqtt.password, "Hunter2 with blanks");
    assert_null(strstr(config.text, "Hunter"));
    assert_null(strstr(config.text, "_file"));
    drf_config_close(&config);
}

static void file__that_gives_no_value__is_refused_with_its_name_and_without_its_text(
    void **state)
{
    (void)state;
    static const struct {
        const char *text, *said;
    } wrong[] = {
        {"kafka: {sasl.password_file: none}", "kafka.sasl.password_file: "},
        {"kafka: {sasl.password_file: none}", "/none cannot be read"},
        {"kafka: {sasl.password_file: empty}", "/empty is empty"},
        {"kafka: {sasl.password_file: newline}", "/newline is empty"},
        {"kafka: {sasl.password_file: long}", "larger than 16 KiB"},
        {"kafka: {sasl.password_file: \"\"}", "a file name"},
        {"kafka: {sasl.password_file: [one]}", "kafka"},
        {"kafka: {sasl.password: x, sasl.password_file: one}", "no sasl.password beside it"},
        {"kafka: {sasl.pasword_file: one}", "did you mean 'sasl.password_file'?"},
        {"kafka: {fetch.message.max.bytes_file: one}", "is not accepted"},
        {"kafka: {security.protocol_file: one}", "is not accepted"},
        {"kafka: {group.id_file: one}", "kafka.group.id_file"},
        {"mqtt: {password_file: none}", "/none cannot be read"},
        {"mqtt: {password_file: newline}", "/newline is empty"},
        {"mqtt: {password: Hunter5, password_file: one}", "no password beside it"},
        // What stands in the file itself is in no error either.
        {"mqtt: {password: [Hunter6]}", "mqtt"},
        {"kafka: {ssl.key.pem: [Hunter7]}", "ssl.key.pem"},
        {"kafka: {ssl.keystore.password: {a: Hunter8}}", "ssl.keystore.password"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct drf_config config;
        static struct drf_config_error error;
        char text[400];
        int size = snprintf(text, sizeof text, "%s%s\n", HEAD, wrong[i].text);
        memset(&error, 0, sizeof error);
        assert_int_not_equal(drf_config_parse(text, (size_t)size, folder, &error, &config),
                             DRF_OK);
        if (strstr(error.text, wrong[i].said) == NULL || strstr(error.text, "Hunter") != NULL)
            fail_msg("%s: %s", wrong[i].text, error.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(file__of_a_setting_of_kafka__is_its_value),
        cmocka_unit_test(
            file__that_gives_no_value__is_refused_with_its_name_and_without_its_text),
    };
    return cmocka_run_group_tests_name("edge/secret", tests, make_files, remove_files);
}
