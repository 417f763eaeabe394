// SPDX-License-Identifier: Apache-2.0
// Our enums that carry numbers of schemas/drf/v1/enums.proto, held to the generated header.
#include "drf/v1/enums.pb-c.h"
#include "edge/wire/wire.h"
#include "geo/mode.h"

#define SAME(ours, generated) _Static_assert((int)(ours) == (int)(generated), #ours)

#define MODE(name) SAME(DRF_MODE_##name, DRF__V1__MODE__MODE_##name)
MODE(LIVE);
MODE(TEST);
MODE(REPLAY);
MODE(SIM);

#define REPLY(name) SAME(EDGE_REPLY_##name, DRF__V1__REPLY_CODE__REPLY_CODE_##name)
REPLY(OK);
REPLY(ACCEPTED_DEFAULTS);
REPLY(INVALID);
REPLY(UNSUPPORTED_VERSION);
REPLY(NOT_AUTHORISED);
REPLY(OUTSIDE_REGION);
REPLY(STALE);
REPLY(TIME_UNSYNCHRONISED);
REPLY(RATE_LIMITED);
REPLY(OVERLOADED);
REPLY(NOT_AVAILABLE);

#define CONDITION(name)                                                                        \
    SAME(EDGE_CONDITION_##name, DRF__V1__NODE_CONDITION__NODE_CONDITION_##name)
CONDITION(DOWN);
CONDITION(OVERLOADED);
CONDITION(DEGRADED);
CONDITION(UP);
