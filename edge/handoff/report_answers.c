// SPDX-License-Identifier: Apache-2.0
#include "edge/handoff/report_answers.h"

#include <string.h>

enum { ANSWERS_BYTES = 4096 }; // 28 answers; what has no room waits at ingest

static const char name[] = "answer";

enum drf_status edge_report_answers_open(struct edge_backqueue **out)
{
    return edge_backqueue_open(ANSWERS_BYTES, out);
}

void edge_report_answers_use_inputs(struct edge_backqueue *answers, struct edge_inputs *ingest,
                                    struct edge_inputs *serve)
{
    edge_backqueue_use_inputs(answers,
                              (struct edge_backqueue_inputs){.popper = serve,
                                                             .pusher = ingest,
                                                             .front = EDGE_INPUT_WORD_FRONT,
                                                             .push = EDGE_INPUT_WORD_PUSH});
}

enum drf_status edge_report_answers_push(struct edge_backqueue *answers,
                                         const struct edge_report_answer *answer)
{
    return edge_backqueue_push(answers, name, answer, sizeof *answer);
}

bool edge_report_answers_take(struct edge_backqueue *answers, struct edge_report_answer *out)
{
    struct edge_back_value value;
    if (!edge_backqueue_front(answers, &value))
        return false;
    memcpy(out, value.bytes, sizeof *out);
    edge_backqueue_pop(answers);
    return true;
}
