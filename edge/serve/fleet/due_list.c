// SPDX-License-Identifier: Apache-2.0
#include "edge/serve/fleet/due_list.h"

#include <stdlib.h>

enum drf_status edge_due_list_open(struct edge_due_list *list, uint32_t drones_max)
{
    *list = (struct edge_due_list){.mono_us = INT64_MAX};
    list->numbers = calloc(drones_max, sizeof *list->numbers);
    return list->numbers != NULL ? DRF_OK : DRF_ERR_NOMEM;
}

void edge_due_list_close(struct edge_due_list *list) { free(list->numbers); }

void edge_due_list_add(struct edge_due_list *list, uint32_t number, struct edge_due *due,
                       int64_t mono_us)
{
    if (!due->listed) {
        edge_due_note_listed(due, true);
        list->numbers[list->count++] = number;
    }
    if (mono_us < list->mono_us)
        list->mono_us = mono_us;
}

void edge_due_list_begin(struct edge_due_list *list)
{
    list->next = list->kept = 0;
    list->next_mono_us = INT64_MAX;
}

bool edge_due_list_next(struct edge_due_list *list, uint32_t *number)
{
    if (list->next == list->count)
        return false;
    *number = list->numbers[list->next++];
    return true;
}

void edge_due_list_keep(struct edge_due_list *list, uint32_t number, int64_t mono_us)
{
    list->numbers[list->kept++] = number;
    if (mono_us < list->next_mono_us)
        list->next_mono_us = mono_us;
}

void edge_due_list_drop(struct edge_due *due) { edge_due_note_listed(due, false); }

void edge_due_list_end(struct edge_due_list *list, int64_t soonest_mono_us)
{
    list->count = list->kept;
    list->mono_us = list->next_mono_us < soonest_mono_us ? soonest_mono_us : list->next_mono_us;
}
