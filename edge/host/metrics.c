// SPDX-License-Identifier: Apache-2.0
// All metrics in one array of atomic slots. A metric with labels has one slot for each pair of
// label values (first label major), a histogram one for each bucket and one for the sum; the
// first slot of each is computed once at open. So an update is an index and one relaxed atomic
// addition, without locks or allocation, and the HTTP thread formats the text while others
// update. Every series is shown from the start, also at 0: an alert on an increase would miss
// the first one otherwise.
#include "edge/host/metrics.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "edge/host/health.h"
#include "fusion/root/track_gate.h"
#include "geo/record/record.h"

enum type { COUNTER, GAUGE, SECONDS, HISTOGRAM };

static const struct {
    const char *name, *help;
    enum type type;
    enum edge_label a, b;
} table[] = {
#define ROW(id, type, name, a, b, help) {name, help, type, EDGE_LABEL_##a, EDGE_LABEL_##b},
    EDGE_METRICS(ROW)
#undef ROW
};

static const char *const outcomes[] = {"UNKNOWN", "APPLIED", "DUPLICATE",  "SUPERSEDED",
                                       "REFUSED", "OUTSIDE", "IMPLAUSIBLE"};
static const char *const replies[] = {"UNKNOWN",
                                      "OK",
                                      "ACCEPTED_DEFAULTS",
                                      "INVALID",
                                      "UNSUPPORTED_VERSION",
                                      "NOT_AUTHORISED",
                                      "OUTSIDE_REGION",
                                      "STALE",
                                      "TIME_UNSYNCHRONISED",
                                      "RATE_LIMITED",
                                      "OVERLOADED",
                                      "NOT_AVAILABLE",
                                      "OTHER"};
static const char *const sheds[] = {"PATCH",     "SEGMENTS", "RATE",
                                    "OBSTACLES", "CONTEXT",  "UNSEEN"};
static const char *const view_refusals[] = {"HOST",   "ORIGIN",  "SITE", "TOKEN",
                                            "METHOD", "REQUEST", "FULL"};
static_assert(sizeof view_refusals / sizeof view_refusals[0] == EDGE_VIEW_REFUSED_COUNT,
              "one name per refusal");
static_assert(sizeof sheds / sizeof sheds[0] == EDGE_SHED_COUNT, "one name per shed");

// Upper bounds of a histogram's buckets, microseconds; one more bucket has no bound.
static const int64_t bounds_us[] = {50,     100,    200,    500,     1000,
                                    2000,   5000,   10000,  20000,   50000,
                                    100000, 200000, 500000, 1000000, 5000000};
enum {
    BOUND_COUNT = sizeof bounds_us / sizeof bounds_us[0],
    SUM = BOUND_COUNT + 1, // index of the sum of what was observed, after the buckets
    HISTOGRAM_SLOTS = BOUND_COUNT + 2,
    FEEDS_ROOM = 64, // of a node that may get more of them while it runs
};

struct edge_metrics {
    const char *const *feeds;
    _Atomic size_t feed_count;       // with a name, at most FEEDS_ROOM
    size_t first[EDGE_METRIC_COUNT]; // slot of each metric
    size_t slot_count;
    _Atomic int64_t *slots;
};

static size_t label_count(const struct edge_metrics *metrics, enum edge_label label)
{
    switch (label) {
    case EDGE_LABEL_FEED:
        return metrics->feeds != NULL ? FEEDS_ROOM : 1;
    case EDGE_LABEL_REFUSAL:
        return GEO_REFUSAL_COUNT;
    case EDGE_LABEL_OUTCOME:
        return sizeof outcomes / sizeof outcomes[0];
    case EDGE_LABEL_REPLY:
        return sizeof replies / sizeof replies[0];
    case EDGE_LABEL_SHED:
        return EDGE_SHED_COUNT;
    case EDGE_LABEL_GATE:
        return FUSION_GATE_COUNT;
    case EDGE_LABEL_TROUBLE:
        return EDGE_TROUBLE_COUNT;
    case EDGE_LABEL_LOOP:
        return EDGE_LOOP_COUNT;
    case EDGE_LABEL_VIEW:
        return EDGE_VIEW_REFUSED_COUNT;
    default:
        return 1;
    }
}

// Of a label's values, those that have a name.
static size_t shown_count(const struct edge_metrics *metrics, enum edge_label label)
{
    return label == EDGE_LABEL_FEED && metrics->feeds != NULL
               ? atomic_load_explicit(&metrics->feed_count, memory_order_acquire)
               : label_count(metrics, label);
}

static const char *label_key(enum edge_label label)
{
    static const char *const keys[] = {"",       "feed", "reason",  "outcome",
                                       "code",   "what", "outcome", "version",
                                       "reason", "loop", "reason"};
    static_assert(sizeof keys / sizeof keys[0] == EDGE_LABEL_COUNT, "one key per label");
    return keys[label];
}

static const char *label_value(const struct edge_metrics *metrics, enum edge_label label,
                               size_t index)
{
    switch (label) {
    case EDGE_LABEL_FEED:
        return metrics->feeds != NULL ? metrics->feeds[index] : "";
    case EDGE_LABEL_REFUSAL:
        return geo_refusal_name((enum geo_refusal_code)index);
    case EDGE_LABEL_OUTCOME:
        return outcomes[index];
    case EDGE_LABEL_REPLY:
        return replies[index];
    case EDGE_LABEL_SHED:
        return sheds[index];
    case EDGE_LABEL_GATE:
        return fusion_gate_name((enum fusion_gate)index);
    case EDGE_LABEL_VERSION:
        return DRF_VERSION;
    case EDGE_LABEL_TROUBLE:
        return edge_trouble_name((enum edge_trouble)index);
    case EDGE_LABEL_LOOP:
        return edge_loop_name((enum edge_loop)index);
    case EDGE_LABEL_VIEW:
        return view_refusals[index];
    default:
        return "";
    }
}

void edge_metrics_feeds(struct edge_metrics *metrics, size_t feed_count)
{
    atomic_store_explicit(&metrics->feed_count,
                          feed_count < FEEDS_ROOM ? feed_count : FEEDS_ROOM,
                          memory_order_release);
}

enum drf_status edge_metrics_open(const char *const *feeds, size_t feed_count,
                                  struct edge_metrics **out)
{
    struct edge_metrics *metrics = calloc(1, sizeof *metrics);
    if (!metrics)
        return DRF_ERR_NOMEM;
    metrics->feeds = feeds;
    edge_metrics_feeds(metrics, feed_count);
    for (size_t m = 0; m < EDGE_METRIC_COUNT; m++) {
        metrics->first[m] = metrics->slot_count;
        metrics->slot_count +=
            table[m].type == HISTOGRAM
                ? HISTOGRAM_SLOTS
                : label_count(metrics, table[m].a) * label_count(metrics, table[m].b);
    }
    metrics->slots = calloc(metrics->slot_count, sizeof *metrics->slots);
    if (!metrics->slots) {
        free(metrics);
        return DRF_ERR_NOMEM;
    }
    edge_metrics_set(metrics, EDGE_METRIC_BUILD_INFO, 0, 1);
    *out = metrics;
    return DRF_OK;
}

void edge_metrics_close(struct edge_metrics *metrics)
{
    if (!metrics)
        return;
    free(metrics->slots);
    free(metrics);
}

static size_t slot_of(const struct edge_metrics *metrics, enum edge_metric metric, size_t a,
                      size_t b)
{
    assert(metric < EDGE_METRIC_COUNT);
    size_t a_count = label_count(metrics, table[metric].a);
    size_t b_count = label_count(metrics, table[metric].b);
    if (a >= a_count)
        a = a_count - 1;
    if (b >= b_count)
        b = b_count - 1;
    return metrics->first[metric] + a * b_count + b;
}

void edge_metrics_add(struct edge_metrics *metrics, enum edge_metric metric, size_t a, size_t b,
                      uint64_t by)
{
    atomic_fetch_add_explicit(&metrics->slots[slot_of(metrics, metric, a, b)], (int64_t)by,
                              memory_order_relaxed);
}

void edge_metrics_set(struct edge_metrics *metrics, enum edge_metric metric, size_t a,
                      int64_t value)
{
    atomic_store_explicit(&metrics->slots[slot_of(metrics, metric, a, 0)], value,
                          memory_order_relaxed);
}

void edge_metrics_observe(struct edge_metrics *metrics, enum edge_metric metric, int64_t us)
{
    assert(table[metric].type == HISTOGRAM);
    size_t bucket = 0;
    while (bucket < BOUND_COUNT && us > bounds_us[bucket])
        bucket++;
    _Atomic int64_t *slots = metrics->slots + metrics->first[metric];
    atomic_fetch_add_explicit(&slots[bucket], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&slots[SUM], us, memory_order_relaxed);
}

static int64_t read_slot(const struct edge_metrics *metrics, size_t slot)
{
    return atomic_load_explicit(&metrics->slots[slot], memory_order_relaxed);
}

int64_t edge_metrics_value(const struct edge_metrics *metrics, enum edge_metric metric,
                           size_t a, size_t b)
{
    if (table[metric].type != HISTOGRAM)
        return read_slot(metrics, slot_of(metrics, metric, a, b));
    int64_t count = 0;
    for (size_t i = 0; i <= BOUND_COUNT; i++)
        count += read_slot(metrics, metrics->first[metric] + i);
    return count;
}

// Text that grows past its room is measured on, and cut.
struct text {
    char *at;
    size_t room, length;
};

static void put(struct text *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void put(struct text *text, const char *format, ...)
{
    size_t left = text->length < text->room ? text->room - text->length : 0;
    va_list arguments;
    va_start(arguments, format);
    int written = vsnprintf(left > 0 ? text->at + text->length : NULL, left, format, arguments);
    va_end(arguments);
    if (written > 0)
        text->length += (size_t)written;
}

static void put_histogram(const struct edge_metrics *metrics, size_t m, struct text *text)
{
    int64_t count = 0;
    for (size_t i = 0; i <= BOUND_COUNT; i++) {
        count += read_slot(metrics, metrics->first[m] + i);
        if (i < BOUND_COUNT)
            put(text, "%s_bucket{le=\"%g\"} %" PRId64 "\n", table[m].name,
                (double)bounds_us[i] / 1e6, count);
        else
            put(text, "%s_bucket{le=\"+Inf\"} %" PRId64 "\n", table[m].name, count);
    }
    put(text, "%s_sum %.6f\n%s_count %" PRId64 "\n", table[m].name,
        (double)read_slot(metrics, metrics->first[m] + SUM) / 1e6, table[m].name, count);
}

static void put_series(const struct edge_metrics *metrics, size_t m, size_t a, size_t b,
                       struct text *text)
{
    int64_t value = read_slot(metrics, slot_of(metrics, (enum edge_metric)m, a, b));
    enum edge_label first = table[m].a, second = table[m].b;
    if (table[m].type == SECONDS)
        put(text, "%s %.6f\n", table[m].name, (double)value / 1e6);
    else if (first == EDGE_LABEL_NONE)
        put(text, "%s %" PRId64 "\n", table[m].name, value);
    else if (second == EDGE_LABEL_NONE)
        put(text, "%s{%s=\"%s\"} %" PRId64 "\n", table[m].name, label_key(first),
            label_value(metrics, first, a), value);
    else
        put(text, "%s{%s=\"%s\",%s=\"%s\"} %" PRId64 "\n", table[m].name, label_key(first),
            label_value(metrics, first, a), label_key(second), label_value(metrics, second, b),
            value);
}

// NOLINTNEXTLINE(readability-non-const-parameter): written through `text`
size_t edge_metrics_format(const struct edge_metrics *metrics, char *out, size_t room)
{
    static const char *const types[] = {"counter", "gauge", "counter", "histogram"};
    struct text text = {.at = out, .room = room};
    for (size_t m = 0; m < EDGE_METRIC_COUNT; m++) {
        put(&text, "# HELP %s %s.\n# TYPE %s %s\n", table[m].name, table[m].help, table[m].name,
            types[table[m].type]);
        if (table[m].type == HISTOGRAM) {
            put_histogram(metrics, m, &text);
            continue;
        }
        for (size_t a = 0; a < shown_count(metrics, table[m].a); a++)
            for (size_t b = 0; b < label_count(metrics, table[m].b); b++)
                put_series(metrics, m, a, b, &text);
    }
    return text.length;
}
