// SPDX-License-Identifier: Apache-2.0
#include "edge/service/claim.h"

#include "edge/wire/wire_claim.h"

void edge_claim_init(struct edge_claim *claim, uint64_t boot_id)
{
    *claim = (struct edge_claim){.boot_id = boot_id, .since_mono_us = INT64_MIN};
}

void edge_claim_hear(struct edge_claim *claim, bool heartbeat, const uint8_t *bytes,
                     size_t size)
{
    struct edge_wire_claim heard;
    enum drf_status status = heartbeat ? edge_wire_heartbeat_read(bytes, size, &heard)
                                       : edge_wire_state_read(bytes, size, &heard);
    if (status != DRF_OK || heard.boot_id == claim->boot_id)
        return;
    if (!heartbeat) {
        claim->claimed = !heard.down;
    } else if (heard.boot_id != claim->other_boot) {
        claim->claimed = true; // the state may be one that we may not read
        claim->other_boot = heard.boot_id;
        claim->first = claim->last = heard.seq;
    } else if (heard.seq > claim->last) {
        claim->last = heard.seq;
    }
}

enum edge_claim_verdict edge_claim_verdict(struct edge_claim *claim, bool subscribed,
                                           int64_t now_mono_us)
{
    if (claim->other_boot != 0 && claim->last > claim->first)
        return EDGE_CLAIM_TAKEN;
    if (!subscribed) {
        claim->since_mono_us = INT64_MIN;
        return EDGE_CLAIM_WAIT;
    }
    if (claim->since_mono_us == INT64_MIN)
        claim->since_mono_us = now_mono_us;
    int64_t listen_us = claim->claimed ? EDGE_CLAIM_LISTEN_US : EDGE_CLAIM_LOOK_US;
    return now_mono_us - claim->since_mono_us >= listen_us ? EDGE_CLAIM_FREE : EDGE_CLAIM_WAIT;
}
