// sim/measure/tables.h - tables of what was measured, as CSV files in a folder.
// SPDX-License-Identifier: Apache-2.0
//
// measures.csv (a row for each recording and measure), recordings.csv (a row for each
// recording, a column for each measure), drones.csv, pairs.csv, losses.csv, leads.csv,
// separation.csv. RFC 4180; numbers with a point; an empty field is unknown. Instants are
// microseconds UTC.
#ifndef SIM_TABLES_H
#define SIM_TABLES_H

#include <stdio.h>

#include "sim/measure/measures.h"

struct sim_tables;

// DRF_ERR_STORE: a file cannot be written, said on stderr. DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status sim_tables_open(const char *folder, struct sim_tables **out);
void sim_tables_add(struct sim_tables *tables, const struct sim_measured *measured);
// DRF_ERR_STORE: not all could be written. NULL is fine.
DRF_MUST_CHECK enum drf_status sim_tables_close(struct sim_tables *tables);

// A field, quoted where it must be, without the comma behind it.
void sim_csv_text(FILE *file, const char *text);

#endif
