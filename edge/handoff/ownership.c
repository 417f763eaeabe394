// SPDX-License-Identifier: Apache-2.0
#include "edge/handoff/ownership.h"

#include <string.h>

#include "geo/hash.h"

unsigned edge_owner_part(const char *id)
{
    uint64_t hash = geo_hash_bytes(GEO_HASH_START, id, strlen(id));
    return (unsigned)((hash ^ hash >> 32) % EDGE_OWNER_PARTS);
}

void edge_ownership_init(struct edge_ownership *ownership)
{
    memset(ownership, 0, sizeof *ownership);
    for (unsigned part = 0; part < EDGE_OWNER_PARTS; part++)
        atomic_init(&ownership->lease_boot_us[part], INT64_MIN);
    atomic_init(&ownership->echo_mono_us, INT64_MIN);
}

void edge_ownership_lease(struct edge_ownership *ownership, unsigned part,
                          int64_t until_boot_us)
{
    atomic_store(&ownership->lease_boot_us[part], until_boot_us);
}

void edge_ownership_write(struct edge_ownership *ownership,
                          const struct edge_owner_table *table)
{
    edge_seqlock_write(ownership->cell, table, sizeof *table);
}

uint64_t edge_ownership_heard(const struct edge_ownership *ownership)
{
    return atomic_load(&ownership->heard_epoch);
}

bool edge_ownership_read(const struct edge_ownership *ownership, uint64_t *seen,
                         struct edge_owner_table *out)
{
    size_t size = sizeof *out;
    return edge_seqlock_read(ownership->cell, seen, out, &size) == EDGE_SEQLOCK_NEW;
}

void edge_ownership_hear(struct edge_ownership *ownership, uint64_t epoch)
{
    if (epoch > atomic_load(&ownership->heard_epoch))
        atomic_store(&ownership->heard_epoch, epoch);
}

void edge_ownership_echo(struct edge_ownership *ownership, int64_t now_mono_us)
{
    atomic_store(&ownership->echo_mono_us, now_mono_us);
}

int64_t edge_ownership_echoed(const struct edge_ownership *ownership)
{
    return atomic_load(&ownership->echo_mono_us);
}

bool edge_ownership_leased(const struct edge_ownership *ownership, unsigned part,
                           int64_t now_boot_us)
{
    return now_boot_us < atomic_load(&ownership->lease_boot_us[part]);
}
