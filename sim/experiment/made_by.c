// SPDX-License-Identifier: Apache-2.0
#include "sim/experiment/made_by.h"

#include <openssl/evp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "sim/publish/batch.h"

enum { DIGEST_BYTES = 32, HEX_SIZE = 2 * DIGEST_BYTES + 1 };

static void sum_of(const char *path, char out[static HEX_SIZE])
{
    uint8_t *bytes = NULL, digest[EVP_MAX_MD_SIZE];
    size_t size = 0;
    unsigned length = 0;
    bool good = sim_file_read(path, &bytes, &size) == DRF_OK
                && EVP_Digest(bytes, size, digest, &length, EVP_sha256(), NULL) == 1
                && length == DIGEST_BYTES;
    free(bytes);
    (void)snprintf(out, HEX_SIZE, "unreadable");
    for (size_t i = 0; good && i < DIGEST_BYTES; i++)
        (void)snprintf(out + 2 * i, 3, "%02x", digest[i]);
}

void sim_made_by(const char *node_program, char out[static SIM_MADE_BY_SIZE])
{
    char own[HEX_SIZE], node[HEX_SIZE];
    sum_of("/proc/self/exe", own);
    sum_of(node_program, node);
    (void)snprintf(out, SIM_MADE_BY_SIZE, "drf-sim %s, sha256 %s\ndrf-edge, sha256 %s\n",
                   DRF_VERSION, own, node);
}
