// edge/command/query.h - `drf-edge query`: what a store knows at a point, with its sources.
// SPDX-License-Identifier: Apache-2.0
#ifndef EDGE_QUERY_H
#define EDGE_QUERY_H

#include <stdio.h>

#include "edge/wire/wire_query.h"

// `drf-edge query --store FILE LAT LON [--agl M] [--nearest] [--json] [--at UTC] [--radius M]`,
// arguments after the word "query". Without --at the store's own time (as_of) is taken, without
// --agl 10 m, without --radius 2000 m. Writes the answer to `out`, complaints to `err`; returns
// the exit code: 0, 1 (no store, nothing readable), 2 (usage).
int edge_query(int argc, char **argv, FILE *out, FILE *err);

// A table for people.
void edge_query_table(const struct edge_wire_query_answer *answer, FILE *out);

#endif
