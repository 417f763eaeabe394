// edge/journal/journal_files.h - the files of earlier recordings: renamed, and deleted in time.
// SPDX-License-Identifier: Apache-2.0
#ifndef EDGE_JOURNAL_FILES_H
#define EDGE_JOURNAL_FILES_H

#include "edge/config/config.h"
#include "edge/host/log.h"
#include "edge/host/now.h"

// Returns how large the files of earlier runs are together, after this:
// "dir/node.mcap", if it is there, becomes "dir/node-20261128T201500Z.mcap": when it was
// written last. Then files of that form are deleted, oldest first, that are older than keep_us,
// and while all together are larger than max_bytes. What cannot be done is logged.
uint64_t edge_journal_files_rotate(const struct drf_journal_config *config,
                                   const struct edge_log *log, struct edge_now now);
// The second half of that alone, with `max_bytes`. The two newest are only deleted by age: a
// node that is started again and again must not lose the run that says why.
uint64_t edge_journal_files_trim(const struct drf_journal_config *config, uint64_t max_bytes,
                                 const struct edge_log *log, struct edge_now now);

#endif
