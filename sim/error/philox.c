// SPDX-License-Identifier: Apache-2.0
#include "sim/error/philox.h"

enum { ROUNDS = 10 };

static const uint32_t multiplier0 = 0xD2511F53, multiplier1 = 0xCD9E8D57;
static const uint32_t weyl0 = 0x9E3779B9, weyl1 = 0xBB67AE85;

struct sim_philox sim_philox_4x32_10(struct sim_philox counter, uint32_t key0, uint32_t key1)
{
    for (int round = 0; round < ROUNDS; round++) {
        const uint32_t *c = counter.word;
        uint64_t product0 = (uint64_t)multiplier0 * c[0],
                 product1 = (uint64_t)multiplier1 * c[2];
        counter = (struct sim_philox){
            .word = {(uint32_t)(product1 >> 32) ^ c[1] ^ key0, (uint32_t)product1,
                     (uint32_t)(product0 >> 32) ^ c[3] ^ key1, (uint32_t)product0}};
        key0 += weyl0;
        key1 += weyl1;
    }
    return counter;
}
