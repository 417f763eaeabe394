// sim/error/philox.h - Philox4x32-10, a counter-based random generator.
// SPDX-License-Identifier: Apache-2.0
//
// J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw: Parallel random numbers: as easy as 1, 2,
// 3. SC 2011. A pure function of counter and key: there is no state that one user could
// advance for another. Tested with the known answers of the authors' Random123.
#ifndef SIM_PHILOX_H
#define SIM_PHILOX_H

#include <stdint.h>

struct sim_philox {
    uint32_t word[4];
};

struct sim_philox sim_philox_4x32_10(struct sim_philox counter, uint32_t key0, uint32_t key1);

#endif
