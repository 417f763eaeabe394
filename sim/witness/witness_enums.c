// SPDX-License-Identifier: Apache-2.0
// The witness's own numbers, held to those of enums.proto.
#include "drf/v1/enums.pb-c.h"
#include "sim/witness/witness_case.h"

#define SEVERITY(NAME) (int)DRF__V1__SEVERITY__SEVERITY_##NAME
_Static_assert((int)SIM_WARNING == SEVERITY(WARNING), "WARNING");
_Static_assert((int)SIM_CAUTION == SEVERITY(CAUTION), "CAUTION");
_Static_assert((int)SIM_INFO == SEVERITY(INFO), "INFO");
_Static_assert((int)SIM_NOTHING == SEVERITY(INFO) + 1, "less than any; sizes arrays");

_Static_assert((int)SIM_LAYERS == (int)DRF__V1__LAYER__LAYER_ALERT + 1, "sizes arrays");

#define LAST_KIND DRF__V1__ADVISORY_KIND__ADVISORY_KIND_HAZARDOUS_WEATHER
_Static_assert((int)SIM_ADVISORY_KINDS == (int)LAST_KIND + 1, "sizes arrays");
_Static_assert((int)SIM_KINDS == (int)SIM_ADVISORY_KINDS, "sizes arrays");
