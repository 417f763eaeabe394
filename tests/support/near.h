// tests/support/near.h - compares doubles, which cmocka 1.1.5 does not.
// SPDX-License-Identifier: Apache-2.0
#ifndef TESTS_SUPPORT_NEAR_H
#define TESTS_SUPPORT_NEAR_H

#include <math.h>

#define assert_near(value, expected, within) assert_true(fabs((value) - (expected)) <= (within))

#endif
