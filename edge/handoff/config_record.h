// edge/handoff/config_record.h - a configuration taken over, as a recording holds it.
// SPDX-License-Identifier: Apache-2.0
//
// EDGE_INPUT_CONFIG: restarted (a byte), then directory, text, and the path and content of each
// file, each behind its size (LEB128). The text is without secrets
// (edge/config/config_recorded.c).
#ifndef EDGE_CONFIG_RECORD_H
#define EDGE_CONFIG_RECORD_H

#include "edge/config/config.h"
#include "edge/inputs/inputs.h"

// Recording: puts it. `restarted` as in edge_ingest_reload().
void edge_config_record_put(struct edge_inputs *inputs, const struct drf_config *config,
                            bool restarted);
// Replaying: what the step took over, made to follow `running`. DRF_ERR_ABSENT: nothing.
// DRF_ERR_SYNTAX: it is damaged. DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status edge_config_record_take(struct edge_inputs *inputs,
                                                       const struct drf_config *running,
                                                       struct drf_config *out, bool *restarted);

#endif
