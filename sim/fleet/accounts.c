// SPDX-License-Identifier: Apache-2.0
#include "sim/fleet/accounts.h"

#include <stdio.h>
#include <string.h>

enum { LINE_SIZE = 256 };

enum drf_status sim_accounts_read(const char *path, struct sim_account *accounts, size_t count)
{
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return DRF_ERR_ABSENT;
    char line[LINE_SIZE];
    while (fgets(line, sizeof line, file) != NULL) {
        char *colon = strchr(line, ':');
        line[strcspn(line, "\r\n")] = '\0';
        if (colon == NULL)
            continue;
        *colon = '\0';
        for (size_t i = 0; i < count; i++)
            if (strcmp(accounts[i].name, line) == 0)
                snprintf(accounts[i].password, sizeof accounts[i].password, "%s", colon + 1);
    }
    fclose(file);
    for (size_t i = 0; i < count; i++)
        if (accounts[i].password[0] == '\0') {
            fprintf(stderr, "drf-sim: %s has no password for %s\n", path, accounts[i].name);
            return DRF_ERR_ABSENT;
        }
    return DRF_OK;
}
