// SPDX-License-Identifier: Apache-2.0
#include "edge/host/sha256.h"

#include <assert.h>
#include <openssl/evp.h>

void edge_sha256(const void *bytes, size_t size, uint8_t out[static 32])
{
    unsigned length = 0;
    int good = EVP_Digest(bytes ? bytes : "", size, out, &length, EVP_sha256(), NULL);
    assert(good && length == 32); // fails only when OpenSSL itself is broken
    (void)good;
}

void edge_sha256_hex(const uint8_t digest[static 32], char out[static 65])
{
    static const char hex[] = "0123456789abcdef";
    for (size_t i = 0; i < 32; i++) {
        out[2 * i] = hex[digest[i] >> 4];
        out[2 * i + 1] = hex[digest[i] & 15];
    }
    out[64] = '\0';
}
