// edge/config/suggest.h - the name that a mistyped word was probably meant to be.
// SPDX-License-Identifier: Apache-2.0
#ifndef EDGE_SUGGEST_H
#define EDGE_SUGGEST_H

#include <stddef.h>

// Edits that make `a` into `b`: insertions, deletions, substitutions and exchanges of two
// neighbours (optimal string alignment). Case counts nothing. Words of 64 bytes or more have
// nothing in common with any other.
size_t config_distance(const char *a, const char *b);

// The nearest of the names offered one after the other.
struct config_suggestion {
    const char *word; // borrowed, as are the names
    const char *name; // NULL: none is near
    size_t distance;
};
// Takes `name` if it is nearer than what was offered before, and near at all: at most a third
// of the longer word is different, or one begins with the other (three characters or more).
void config_suggestion_offer(struct config_suggestion *suggestion, const char *name);

#endif
