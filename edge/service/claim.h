// edge/service/claim.h - whether another node with the same id is running, looked for at start.
// SPDX-License-Identifier: Apache-2.0
//
// At its first connection the node subscribes to its own state and heartbeat, and sends
// nothing. Where the retained state of its id says DOWN, or there is none within
// EDGE_CLAIM_LOOK_US, the id is free. Else it may be of a node that runs, or of one whose
// machine lost its power: for EDGE_CLAIM_LISTEN_US it listens. Heartbeats of another boot id
// whose sequence rises are of a node that lives. What it hears here enters no step.
#ifndef EDGE_CLAIM_H
#define EDGE_CLAIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EDGE_CLAIM_LOOK_US INT64_C(200000)
#define EDGE_CLAIM_LISTEN_US INT64_C(2500000)

enum edge_claim_verdict { EDGE_CLAIM_WAIT, EDGE_CLAIM_FREE, EDGE_CLAIM_TAKEN };

struct edge_claim {
    uint64_t boot_id;      // our own
    bool claimed;          // the state of the id is of another boot, and not DOWN
    uint64_t other_boot;   // of the heartbeat heard last; 0: none
    uint64_t first, last;  // sequence numbers of that boot
    int64_t since_mono_us; // of the present connection's subscriptions; INT64_MIN: none
};

void edge_claim_init(struct edge_claim *claim, uint64_t boot_id);
// A message of the topics: `heartbeat` or state. What cannot be read is none.
void edge_claim_hear(struct edge_claim *claim, bool heartbeat, const uint8_t *bytes,
                     size_t size);
// `subscribed`: the broker has answered the subscriptions, or does not within the time.
enum edge_claim_verdict edge_claim_verdict(struct edge_claim *claim, bool subscribed,
                                           int64_t now_mono_us);

#endif
