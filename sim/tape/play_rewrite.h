// sim/tape/play_rewrite.h - makes of a recorded MQTT message the one that is played.
// SPDX-License-Identifier: Apache-2.0
//
// Marked REPLAY where the message has a mode (schemas/client.md rule 17), below another
// topic root, its times moved. Telemetry names as seen what came from the node that hears it.
#ifndef SIM_PLAY_REWRITE_H
#define SIM_PLAY_REWRITE_H

#include "schemas/recording_write.h"

enum sim_play_kind {
    SIM_PLAY_INPUT,  // telemetry, profile, plan, request, report, query
    SIM_PLAY_OUTPUT, // what a node sends
    SIM_PLAY_OTHER,  // no topic of schemas/asyncapi.yaml
};
enum sim_play_kind sim_play_kind_of(const char *topic);

struct sim_play_rewriter;

// `root` is borrowed. DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status sim_play_rewriter_open(const char *root,
                                                      struct sim_play_rewriter **out);
void sim_play_rewriter_close(struct sim_play_rewriter *rewriter); // NULL is fine

// A context or patch that the node just sent: the newest are named in telemetry as seen.
void sim_play_heard(struct sim_play_rewriter *rewriter,
                    const struct drf_recorded_mqtt *message);

struct sim_play_change {
    int64_t shift_us;         // added to all times
    uint64_t drone_boot_more; // added to drone_boot_id: a second pass begins anew
};

// *out is `message` with what differs replaced; pointers until the next call. What cannot be
// decoded cannot be marked either: DRF_ERR_SYNTAX. DRF_ERR_RANGE: the topic becomes too long.
// DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status sim_play_rewrite(struct sim_play_rewriter *rewriter,
                                                const struct drf_recorded_mqtt *message,
                                                struct sim_play_change change,
                                                struct drf_recorded_mqtt *out);

#endif
