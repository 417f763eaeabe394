// SPDX-License-Identifier: Apache-2.0
#include "edge/owners/owners.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "edge/host/clock.h"
#include "edge/owners/claims.h"
#include "edge/owners/group_kafka.h"

enum { STEP_MS = 50 };

struct edge_owners {
    struct edge_claims claims;
    struct edge_group *group;
    struct edge_ownership *ownership;
    struct edge_metrics *metrics;
    const struct edge_log *log;
    struct edge_owner_table told;
};

static unsigned count_of(uint64_t bits)
{
    unsigned count = 0;
    for (; bits != 0; bits &= bits - 1)
        count++;
    return count;
}

static void log_change(struct edge_owners *owners, const struct edge_owner_table *now)
{
    uint64_t newest = 0;
    for (unsigned i = 0; i < EDGE_OWNER_PARTS; i++)
        if ((now->held >> i & 1) != 0 && now->epochs[i] > newest)
            newest = now->epochs[i];
    unsigned held = count_of(now->held), taken = count_of(now->held & ~owners->told.held);
    edge_metrics_set(owners->metrics, EDGE_METRIC_OWNER_PARTS, 0, held);
    edge_metrics_add(owners->metrics, EDGE_METRIC_OWNER_TAKEN, 0, 0, taken);
    if (now->held != owners->told.held)
        edge_log_write(owners->log, edge_clock_utc_us(), EDGE_LOG_INFO,
                       held > 0 ? "owners.holds" : "owners.none",
                       "parts=%u taken=%u given_up=%u epoch=%" PRIu64 " of=%d", held, taken,
                       count_of(owners->told.held & ~now->held), newest, EDGE_OWNER_PARTS);
}

static bool tell(struct edge_owners *owners)
{
    const int64_t now_boot_us = edge_clock_boot_us();
    const struct edge_owner_table table = edge_claims_table(&owners->claims, now_boot_us);
    for (unsigned i = 0; i < EDGE_OWNER_PARTS; i++)
        edge_ownership_lease(owners->ownership, i, owners->claims.parts[i].until_boot_us);
    if (memcmp(&table, &owners->told, sizeof table) == 0)
        return false;
    log_change(owners, &table);
    edge_ownership_write(owners->ownership, &table);
    owners->told = table;
    return true;
}

enum drf_status edge_owners_open(const struct drf_config *config, const uint64_t *epochs,
                                 struct edge_ownership *ownership, struct edge_metrics *metrics,
                                 const struct edge_log *log,
                                 char error[static EDGE_KAFKA_ERROR_SIZE],
                                 struct edge_owners **out)
{
    struct edge_owners *owners = calloc(1, sizeof *owners);
    if (owners == NULL)
        return DRF_ERR_NOMEM;
    *owners = (struct edge_owners){.ownership = ownership, .metrics = metrics, .log = log};
    edge_claims_init(&owners->claims, config->owners.session_us, epochs);
    enum drf_status status =
        edge_group_open(config, &owners->claims, ownership, log, error, &owners->group);
    if (status != DRF_OK) {
        free(owners);
        return status;
    }
    (void)tell(owners);
    *out = owners;
    return DRF_OK;
}

void edge_owners_close(struct edge_owners *owners)
{
    if (owners == NULL)
        return;
    edge_claims_revoked(&owners->claims);
    (void)tell(owners);
    edge_group_close(owners->group);
    free(owners);
}

bool edge_owners_step(struct edge_owners *owners, bool fit)
{
    edge_group_step(owners->group, fit, edge_ownership_heard(owners->ownership), STEP_MS);
    return tell(owners);
}
