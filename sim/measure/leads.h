// sim/measure/leads.h - leads: what was told before losses of separation and before hazards.
// SPDX-License-Identifier: Apache-2.0
#ifndef SIM_LEADS_H
#define SIM_LEADS_H

#include "sim/measure/measures.h"

// Fills measured->leads from its scan and separation. DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status sim_leads_find(struct sim_measured *measured);

#endif
