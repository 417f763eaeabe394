// SPDX-License-Identifier: Apache-2.0
#include "edge/config/suggest.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

enum { WORD_SIZE = 64 };

static size_t least(size_t a, size_t b) { return a < b ? a : b; }

static int folded(char c) { return tolower((unsigned char)c); }

size_t config_distance(const char *a, const char *b)
{
    const size_t rows = strlen(a), columns = strlen(b);
    if (rows >= WORD_SIZE || columns >= WORD_SIZE)
        return rows > columns ? rows : columns;
    size_t table[WORD_SIZE][WORD_SIZE];
    for (size_t i = 0; i <= rows; i++)
        table[i][0] = i;
    for (size_t j = 0; j <= columns; j++)
        table[0][j] = j;
    for (size_t i = 1; i <= rows; i++)
        for (size_t j = 1; j <= columns; j++) {
            const size_t other = folded(a[i - 1]) != folded(b[j - 1]);
            table[i][j] =
                least(table[i - 1][j - 1] + other, least(table[i - 1][j], table[i][j - 1]) + 1);
            if (i > 1 && j > 1 && folded(a[i - 1]) == folded(b[j - 2])
                && folded(a[i - 2]) == folded(b[j - 1]))
                table[i][j] = least(table[i][j], table[i - 2][j - 2] + 1);
        }
    return table[rows][columns];
}

void config_suggestion_offer(struct config_suggestion *suggestion, const char *name)
{
    const size_t size = strlen(suggestion->word), other = strlen(name);
    const size_t shorter = least(size, other), longer = size > other ? size : other;
    size_t distance = config_distance(suggestion->word, name);
    const bool begins = shorter >= 3 && strncasecmp(suggestion->word, name, shorter) == 0;
    if (begins && distance > 1)
        distance = 1;
    else if (distance > 1 && distance * 3 > longer)
        return;
    // One edit turns any word of one or two letters into any other.
    if (distance >= shorter)
        return;
    if (suggestion->name == NULL || distance < suggestion->distance) {
        suggestion->name = name;
        suggestion->distance = distance;
    }
}
