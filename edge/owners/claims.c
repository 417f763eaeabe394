// SPDX-License-Identifier: Apache-2.0
#include "edge/owners/claims.h"

void edge_claims_init(struct edge_claims *claims, int64_t session_us, const uint64_t *epochs)
{
    *claims = (struct edge_claims){.session_us = session_us, .acknowledged_boot_us = INT64_MIN};
    for (unsigned part = 0; part < EDGE_OWNER_PARTS; part++)
        claims->parts[part] = (struct edge_claim_part){.epoch = epochs ? epochs[part] : 0,
                                                       .until_boot_us = INT64_MIN};
}

void edge_claims_revoked(struct edge_claims *claims)
{
    claims->generation++;
    for (unsigned i = 0; i < EDGE_OWNER_PARTS; i++) {
        struct edge_claim_part *part = &claims->parts[i];
        part->assigned = part->read = false;
        part->wanted = 0;
        part->until_boot_us = INT64_MIN;
    }
}

void edge_claims_assigned(struct edge_claims *claims, uint32_t parts)
{
    edge_claims_revoked(claims);
    for (unsigned i = 0; i < EDGE_OWNER_PARTS; i++)
        claims->parts[i].assigned = (parts >> i & 1) != 0;
}

uint32_t edge_claims_unread(const struct edge_claims *claims)
{
    uint32_t parts = 0;
    for (unsigned i = 0; i < EDGE_OWNER_PARTS; i++)
        if (claims->parts[i].assigned && !claims->parts[i].read)
            parts |= UINT32_C(1) << i;
    return parts;
}

void edge_claims_read(struct edge_claims *claims, unsigned part, uint64_t committed)
{
    claims->parts[part].read = claims->parts[part].assigned;
    claims->parts[part].committed = committed;
}

// One epoch for all parts that are taken over together.
static uint64_t next_epoch(const struct edge_claims *claims, int64_t now_utc_us,
                           uint64_t heard_epoch)
{
    uint64_t epoch = now_utc_us > 0 ? (uint64_t)now_utc_us / 1000 : 1;
    if (heard_epoch >= epoch)
        epoch = heard_epoch + 1;
    for (unsigned i = 0; i < EDGE_OWNER_PARTS; i++) {
        const struct edge_claim_part *part = &claims->parts[i];
        if (part->read && part->committed >= epoch)
            epoch = part->committed + 1;
        if (part->epoch >= epoch)
            epoch = part->epoch + 1;
    }
    return epoch;
}

bool edge_claims_commit(struct edge_claims *claims, int64_t now_utc_us, uint64_t heard_epoch,
                        struct edge_claim_commit *out)
{
    const uint64_t next = next_epoch(claims, now_utc_us, heard_epoch);
    *out = (struct edge_claim_commit){.generation = claims->generation};
    for (unsigned i = 0; i < EDGE_OWNER_PARTS; i++) {
        struct edge_claim_part *part = &claims->parts[i];
        if (!part->assigned || !part->read)
            continue;
        if (part->wanted == 0) {
            bool still = part->mine && part->committed == part->epoch;
            part->wanted = still ? part->epoch : next;
        }
        out->items[out->count].part = i;
        out->items[out->count++].epoch = part->wanted;
    }
    return out->count > 0;
}

void edge_claims_acknowledged(struct edge_claims *claims, uint32_t generation, unsigned part,
                              uint64_t epoch, int64_t sent_boot_us)
{
    struct edge_claim_part *one = &claims->parts[part];
    if (generation != claims->generation || !one->assigned || one->wanted != epoch)
        return; // of an assignment that is over
    one->epoch = one->committed = epoch;
    one->mine = true;
    one->until_boot_us = sent_boot_us + claims->session_us - EDGE_LEASE_SHORTER_US;
    if (sent_boot_us > claims->acknowledged_boot_us)
        claims->acknowledged_boot_us = sent_boot_us;
}

struct edge_owner_table edge_claims_table(const struct edge_claims *claims, int64_t now_boot_us)
{
    struct edge_owner_table table = {.member = claims->acknowledged_boot_us != INT64_MIN
                                               && now_boot_us - claims->acknowledged_boot_us
                                                      < claims->session_us};
    for (unsigned i = 0; i < EDGE_OWNER_PARTS; i++) {
        table.epochs[i] = claims->parts[i].epoch;
        if (now_boot_us < claims->parts[i].until_boot_us)
            table.held |= UINT64_C(1) << i;
    }
    return table;
}
