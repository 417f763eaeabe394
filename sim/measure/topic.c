// SPDX-License-Identifier: Apache-2.0
#include "sim/measure/topic.h"

#include <string.h>

#define ARRAY_COUNT(a) (sizeof(a) / sizeof(a)[0])

static const char *const names[SIM_LEAF_COUNT] = {
    [SIM_LEAF_TELEMETRY] = "telemetry", [SIM_LEAF_PROFILE] = "profile",
    [SIM_LEAF_PLAN] = "plan",           [SIM_LEAF_REQUEST] = "request",
    [SIM_LEAF_REPORT] = "report",       [SIM_LEAF_CONTEXT] = "context",
    [SIM_LEAF_PATCH] = "patch",         [SIM_LEAF_ADVISORY] = "advisory",
    [SIM_LEAF_REPLY] = "reply",         [SIM_LEAF_TERRAIN] = "terrain",
    [SIM_LEAF_HEARTBEAT] = "heartbeat", [SIM_LEAF_STATE] = "state",
    [SIM_LEAF_CATALOG] = "catalog",     [SIM_LEAF_ALERTS] = "alerts",
    [SIM_LEAF_QUERY] = "query",         [SIM_LEAF_QUERY_REPLY] = "query_reply",
    [SIM_LEAF_TRUTH] = "truth",         [SIM_LEAF_VERDICT] = "verdict",
    [SIM_LEAF_STEP] = "step",           [SIM_LEAF_KAFKA] = "kafka",
    [SIM_LEAF_OTHER] = "other",
};

const char *sim_leaf_name(enum sim_leaf leaf) { return names[leaf]; }

bool sim_leaf_input(enum sim_leaf leaf)
{
    return leaf <= SIM_LEAF_REPORT || leaf == SIM_LEAF_QUERY || leaf == SIM_LEAF_KAFKA;
}

bool sim_leaf_output(enum sim_leaf leaf)
{
    return leaf < SIM_LEAF_TRUTH && !sim_leaf_input(leaf);
}

static const char *after(const char *text, const char *start)
{
    size_t size = strlen(start);
    return strncmp(text, start, size) == 0 ? text + size : NULL;
}

// The next level of a topic; *rest is what follows its slash, NULL at the end.
static size_t level(const char *text, const char **rest)
{
    size_t size = strcspn(text, "/");
    *rest = text[size] == '/' ? text + size + 1 : NULL;
    return size;
}

static bool is(const char *text, size_t size, const char *word)
{
    return strlen(word) == size && memcmp(text, word, size) == 0;
}

static void parse_drone(const char *text, struct sim_topic *out)
{
    const char *leaf, *region, *end;
    size_t id_size = level(text, &leaf);
    if (leaf == NULL || id_size == 0)
        return;
    size_t leaf_size = level(leaf, &region);
    for (enum sim_leaf i = 0; i < SIM_LEAF_OF_DRONES; i++)
        if (is(leaf, leaf_size, names[i]) && (region != NULL) == sim_leaf_output(i)) {
            *out = (struct sim_topic){
                .leaf = i, .id = text, .id_size = id_size, .rest = out->rest};
            if (region != NULL) {
                out->region = region;
                out->region_size = level(region, &end);
            }
        }
}

static void parse_region(const char *text, struct sim_topic *out)
{
    static const enum sim_leaf leaves[] = {SIM_LEAF_HEARTBEAT, SIM_LEAF_STATE,
                                           SIM_LEAF_CATALOG};
    const char *rest, *node, *leaf;
    size_t region_size = level(text, &rest);
    if (rest == NULL)
        return;
    if (strcmp(rest, "alerts") == 0)
        out->leaf = SIM_LEAF_ALERTS;
    size_t size = level(rest, &node);
    if (is(rest, size, "nodes") && node != NULL) {
        level(node, &leaf);
        for (size_t i = 0; i < ARRAY_COUNT(leaves) && leaf != NULL; i++)
            if (strcmp(leaf, names[leaves[i]]) == 0)
                out->leaf = leaves[i];
    }
    out->region = text;
    out->region_size = region_size;
}

static void parse_query(const char *text, struct sim_topic *out)
{
    const char *rest;
    out->id = text;
    out->id_size = level(text, &rest);
    if (rest == NULL)
        out->leaf = SIM_LEAF_QUERY;
    else if (strcmp(rest, "reply") == 0)
        out->leaf = SIM_LEAF_QUERY_REPLY;
}

struct sim_topic sim_topic_parse(const char *topic)
{
    struct sim_topic out = {.leaf = SIM_LEAF_OTHER, .rest = topic};
    const char *rest = after(topic, "drf/v1/"), *part;
    if (rest == NULL)
        rest = after(topic, "drf-test/v1/");
    if (rest != NULL) {
        out.rest = rest;
        if ((part = after(rest, "drones/")) != NULL)
            parse_drone(part, &out);
        else if ((part = after(rest, "regions/")) != NULL)
            parse_region(part, &out);
        else if ((part = after(rest, "query/")) != NULL)
            parse_query(part, &out);
    } else if ((part = after(topic, "sim/truth/")) != NULL) {
        out.leaf = SIM_LEAF_TRUTH;
        out.id = part;
        out.id_size = strlen(part);
    } else if (strcmp(topic, "sim/verdict") == 0) {
        out.leaf = SIM_LEAF_VERDICT;
    } else if (strcmp(topic, "sim/step") == 0) {
        out.leaf = SIM_LEAF_STEP;
    } else if (after(topic, "kafka/") != NULL) {
        out.leaf = SIM_LEAF_KAFKA;
    }
    return out;
}
