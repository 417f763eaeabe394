// edge/replay/replay_out.h - what went into a replay and what came out, as a recording.
// SPDX-License-Identifier: Apache-2.0
//
// schemas/recording.md: channels by topic, so that every reader of MCAP shows them. Marked
// REPLAY: in the metadata, in what the node says, and by topics under the root that no live
// aircraft reads.
#ifndef EDGE_REPLAY_OUT_H
#define EDGE_REPLAY_OUT_H

#include "edge/mqtt/link.h"
#include "edge/replay/journal_read.h"
#include "edge/replay/replay.h"

struct edge_replay_out;

// replay->out; its metadata have what replay->settings changed. An existing file is refused.
// *error says why on anything but DRF_OK.
DRF_MUST_CHECK enum drf_status edge_replay_out_open(const struct edge_replay_options *replay,
                                                    const struct drf_config *config,
                                                    const struct edge_journal_about *about,
                                                    struct edge_replay_out **out,
                                                    char error[static 400]);
// The messages that came in, of a block that is about to be replayed.
DRF_MUST_CHECK enum drf_status edge_replay_out_block(struct edge_replay_out *out,
                                                     const struct edge_journal_block *block);
void edge_replay_out_sent(struct edge_replay_out *out, struct edge_now now,
                          const struct edge_outgoing *message);
// Ends the file. DRF_ERR_STORE: something could not be written; *error says what.
DRF_MUST_CHECK enum drf_status edge_replay_out_close(struct edge_replay_out *out,
                                                     char error[static 400]);

#endif
