// edge/serve/unanswered.h - profiles and plans whose reply is another node's, or must wait.
// SPDX-License-Identifier: Apache-2.0
//
// Where several nodes serve a region each gets every profile and plan, and one replies
// (edge/serve/owners.h). The others keep what came until they hear that reply. A node that
// becomes the one who answers takes what is left up again, as if it had just come: so a
// profile whose owner dies before it replied is answered once, by its follower. Bounded; what
// nobody answers within EDGE_UNANSWERED_KEEP_US is given up, and counted.
#ifndef EDGE_UNANSWERED_H
#define EDGE_UNANSWERED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "edge/mqtt/link.h"
#include "edge/mqtt/topic.h"

#define EDGE_UNANSWERED_WAIT_US INT64_C(1000000)
#define EDGE_UNANSWERED_KEEP_US INT64_C(60000000)
enum { EDGE_UNANSWERED_BYTES_MAX = 16 << 20 };

struct edge_serve;
struct edge_unanswered;

// Room for two of each of so many drones. DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status edge_unanswered_open(uint32_t drones_max,
                                                    struct edge_unanswered **out);
void edge_unanswered_close(struct edge_unanswered *unanswered); // NULL is fine

// Takes a profile or a plan that came in.
void edge_unanswered_take(struct edge_serve *serve, enum edge_topic_kind kind, const char *id,
                          const struct edge_incoming *in);
// A reply to it may go out now. False: it is kept, if it is one that came in.
// `correlation` is that of the reply; NULL or "": it has none.
bool edge_unanswered_may_reply(struct edge_serve *serve, const char *id,
                               const char *correlation);
// The link found the lease run out: the reply did not go.
void edge_unanswered_failed(struct edge_serve *serve, const char *correlation);
// Another node has replied; `answers`: 2 a profile, 3 a plan. It is the reply to the oldest one
// with its correlation; those before it that node never got (its link was cut), and they are
// over, since a later one holds.
void edge_unanswered_heard(struct edge_serve *serve, const char *id, uint32_t answers,
                           const char *correlation);
// Takes up what this node has to answer now.
void edge_unanswered_run(struct edge_serve *serve);

#endif
