// SPDX-License-Identifier: Apache-2.0
#include "fusion/root/source.h"

#include <string.h>

static int greater_first(int64_t a, int64_t b) { return (a < b) - (a > b); }
static int less_first(double a, double b) { return (a > b) - (a < b); }

int fusion_source_compare(const struct fusion_source *a, const struct fusion_source *b)
{
    int order = greater_first(a->priority, b->priority);
    if (order == 0)
        order = less_first(a->vertical_acc95_m, b->vertical_acc95_m);
    if (order == 0)
        order = greater_first(a->issue_utc_us, b->issue_utc_us);
    if (order == 0)
        order = strcmp(a->source, b->source);
    if (order == 0)
        order = strcmp(a->version, b->version);
    // Nothing below says which is better: it only makes the order total.
    if (order == 0)
        order = greater_first(a->data_time_utc_us, b->data_time_utc_us);
    if (order == 0)
        order = less_first(a->posting_m, b->posting_m);
    if (order == 0)
        order = strcmp(a->feed, b->feed);
    if (order == 0)
        order = strcmp(a->licence, b->licence);
    return order;
}
