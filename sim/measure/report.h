// sim/measure/report.h - report of recordings: one HTML page that needs nothing else.
// SPDX-License-Identifier: Apache-2.0
//
// No script, no request; light and dark; the same recordings give the same bytes.
#ifndef SIM_REPORT_H
#define SIM_REPORT_H

#include "sim/measure/measures.h"

enum { SIM_REPORT_PLOTTED_MAX = 12 }; // recordings with plots; all are in the table

struct sim_report;

// DRF_ERR_STORE: it cannot be written, said on stderr. DRF_ERR_NOMEM. `rules` is borrowed.
DRF_MUST_CHECK enum drf_status sim_report_open(const char *path,
                                               const struct sim_measure_rules *rules,
                                               struct sim_report **out);
void sim_report_add(struct sim_report *report, const struct sim_measured *measured);
// DRF_ERR_STORE. NULL is fine.
DRF_MUST_CHECK enum drf_status sim_report_close(struct sim_report *report);

// What a reader of the measures has to know of a recording, a line each; `line` is called for
// every one.
void sim_report_notes(const struct sim_measured *measured,
                      void (*line)(void *context, const char *text), void *context);

#endif
