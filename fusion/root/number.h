// fusion/root/number.h - a number that may be unknown, with the reason.
// SPDX-License-Identifier: Apache-2.0
#ifndef FUSION_NUMBER_H
#define FUSION_NUMBER_H

#include <stdbool.h>

struct fusion_number {
    bool known;
    double value; // means nothing where it is not known
};

#endif
