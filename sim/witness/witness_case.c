// SPDX-License-Identifier: Apache-2.0
#include "sim/witness/witness_case.h"

int sim_severity_of(double time_s)
{
    return time_s <= 15.0 ? SIM_WARNING : time_s <= 45.0 ? SIM_CAUTION : SIM_INFO;
}

void sim_case_add(struct sim_case *c, struct sim_condition condition)
{
    if (condition.possible == SIM_NOTHING && condition.certain == SIM_NOTHING)
        return;
    if (c->count < SIM_CONDITIONS_MAX)
        c->conditions[c->count++] = condition;
    else if (condition.kind < SIM_KINDS)
        c->unjudged[condition.kind] = SIM_UNJUDGED_FULL;
}
