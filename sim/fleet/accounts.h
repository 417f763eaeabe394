// sim/fleet/accounts.h - reads the passwords of the fleet from a file.
// SPDX-License-Identifier: Apache-2.0
#ifndef SIM_ACCOUNTS_H
#define SIM_ACCOUNTS_H

#include "sim/fleet/fleet_mqtt.h"

// Fills in the passwords of the accounts named in a file of `name:password` lines. Prints which
// one is missing. DRF_ERR_ABSENT: no such file, or an account that is not in it.
DRF_MUST_CHECK enum drf_status sim_accounts_read(const char *path, struct sim_account *accounts,
                                                 size_t count);

#endif
