// SPDX-License-Identifier: Apache-2.0
// What is written about the configuration is true: the example is accepted, and the reference
// page names every key with the default and the help that the program has.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "edge/config/config.h"

static void example__in_deploy__is_accepted(void **state)
{
    (void)state;
    struct drf_config_error error = {0};
    struct drf_config config;
    enum drf_status status = drf_config_load("deploy/drf-edge.yaml", &error, &config);
    if (status != DRF_OK)
        print_error("deploy/drf-edge.yaml:%u: %s\n", error.line, error.text);
    assert_int_equal(status, DRF_OK);
    assert_int_equal(config.feed_count, 4);
    drf_config_close(&config);
}

static void reference__in_deploy__holds_what_the_program_prints(void **state)
{
    (void)state;
    static char page[200000];
    FILE *file = fopen("deploy/configuration.md", "r");
    assert_non_null(file);
    page[fread(page, 1, sizeof page - 1, file)] = '\0';
    fclose(file);
    char *printed = NULL;
    size_t size = 0;
    FILE *memory = open_memstream(&printed, &size);
    assert_non_null(memory);
    drf_config_print_defaults(memory);
    fclose(memory);
    const char *found = strstr(page, printed);
    if (!found)
        print_error("deploy/configuration.md is behind: put `drf-edge config` into it\n");
    assert_non_null(found);
    free(printed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(example__in_deploy__is_accepted),
        cmocka_unit_test(reference__in_deploy__holds_what_the_program_prints),
    };
    return cmocka_run_group_tests_name("edge/reference", tests, NULL, NULL);
}
