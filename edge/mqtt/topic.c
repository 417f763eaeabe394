// SPDX-License-Identifier: Apache-2.0
#include "edge/mqtt/topic.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static const char *const leaves[EDGE_TOPIC_KIND_COUNT] = {
    [EDGE_TOPIC_TELEMETRY] = "telemetry", [EDGE_TOPIC_PROFILE] = "profile",
    [EDGE_TOPIC_PLAN] = "plan",           [EDGE_TOPIC_REQUEST] = "request",
    [EDGE_TOPIC_CONTEXT] = "context",     [EDGE_TOPIC_PATCH] = "patch",
    [EDGE_TOPIC_ADVISORY] = "advisory",   [EDGE_TOPIC_REPLY] = "reply",
    [EDGE_TOPIC_TERRAIN] = "terrain",     [EDGE_TOPIC_QUERY] = "query",
    [EDGE_TOPIC_STATE] = "state",         [EDGE_TOPIC_HEARTBEAT] = "heartbeat",
    [EDGE_TOPIC_REPORT] = "report",
};

static bool alphanumeric(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

bool edge_id_valid(const char *text, size_t size)
{
    if (size == 0 || size >= EDGE_ID_SIZE || !alphanumeric(text[0]))
        return false;
    for (size_t i = 1; i < size; i++)
        if (!alphanumeric(text[i]) && text[i] != '.' && text[i] != '_' && text[i] != '-')
            return false;
    return true;
}

// Moves past `prefix` and the '/' behind it; NULL if the text does not begin so.
static const char *after(const char *text, const char *prefix)
{
    size_t size = strlen(prefix);
    return strncmp(text, prefix, size) == 0 && text[size] == '/' ? text + size + 1 : NULL;
}

static enum drf_status take_id(const char *text, size_t size, enum edge_topic_kind kind,
                               struct edge_topic *out)
{
    if (!edge_id_valid(text, size))
        return DRF_ERR_RANGE;
    out->kind = kind;
    memcpy(out->id, text, size);
    out->id[size] = '\0';
    out->region[0] = '\0';
    return DRF_OK;
}

// "{region}/nodes/{node}/state", and the same with heartbeat.
static enum drf_status take_node(const char *region, struct edge_topic *out)
{
    const char *region_end = strchr(region, '/');
    const char *node = region_end != NULL ? after(region_end + 1, "nodes") : NULL;
    const char *node_end = node != NULL ? strrchr(node, '/') : NULL;
    if (node_end == NULL)
        return DRF_ERR_SYNTAX;
    enum edge_topic_kind kind = EDGE_TOPIC_STATE;
    if (strcmp(node_end + 1, leaves[EDGE_TOPIC_HEARTBEAT]) == 0)
        kind = EDGE_TOPIC_HEARTBEAT;
    else if (strcmp(node_end + 1, leaves[EDGE_TOPIC_STATE]) != 0)
        return DRF_ERR_SYNTAX;
    size_t size = (size_t)(region_end - region);
    if (!edge_id_valid(region, size))
        return DRF_ERR_RANGE;
    enum drf_status status = take_id(node, (size_t)(node_end - node), kind, out);
    if (status != DRF_OK)
        return status;
    memcpy(out->region, region, size);
    out->region[size] = '\0';
    return DRF_OK;
}

// "{id}/reply/{region}".
static enum drf_status take_reply(const char *id, const char *reply, struct edge_topic *out)
{
    const char *region = reply + sizeof "/reply/" - 1;
    size_t size = strlen(region);
    if (!edge_id_valid(region, size))
        return DRF_ERR_RANGE;
    enum drf_status status = take_id(id, (size_t)(reply - id), EDGE_TOPIC_REPLY, out);
    if (status == DRF_OK)
        memcpy(out->region, region, size + 1);
    return status;
}

enum drf_status edge_topic_parse(const char *root, const char *topic, struct edge_topic *out)
{
    const char *rest = after(topic, root);
    if (rest == NULL)
        return DRF_ERR_SYNTAX;

    const char *client = after(rest, "query");
    if (client != NULL)
        return take_id(client, strlen(client), EDGE_TOPIC_QUERY, out);
    const char *region = after(rest, "regions");
    if (region != NULL)
        return take_node(region, out);

    const char *id = after(rest, "drones"), *reply = id != NULL ? strstr(id, "/reply/") : NULL;
    if (reply != NULL)
        return take_reply(id, reply, out);
    const char *slash = id != NULL ? strrchr(id, '/') : NULL;
    if (slash == NULL)
        return DRF_ERR_SYNTAX;
    for (int kind = EDGE_TOPIC_TELEMETRY; kind <= EDGE_TOPIC_REPORT; kind++)
        if (strcmp(slash + 1, leaves[kind]) == 0)
            return take_id(id, (size_t)(slash - id), (enum edge_topic_kind)kind, out);
    return DRF_ERR_SYNTAX;
}

static size_t checked(int length)
{
    assert(length > 0 && length < EDGE_TOPIC_SIZE);
    return (size_t)length;
}

// The parts one behind the other, the last NULL; the length. For what is made with every
// message: snprintf takes a slow way where a library has registered a printf modifier
// (libquadmath does).
static size_t join(const char *const *parts, char out[static EDGE_TOPIC_SIZE])
{
    size_t length = 0;
    for (; *parts != NULL; parts++) {
        size_t size = strlen(*parts);
        assert(length + size < EDGE_TOPIC_SIZE);
        memcpy(out + length, *parts, size);
        length += size;
    }
    out[length] = '\0';
    return length;
}

size_t edge_topic_format(const char *root, enum edge_topic_kind kind, const char *id,
                         const char *region, char out[static EDGE_TOPIC_SIZE])
{
    assert(kind < EDGE_TOPIC_KIND_COUNT && edge_id_valid(id, strlen(id)));
    if (kind == EDGE_TOPIC_QUERY)
        return join((const char *const[]){root, "/query/", id, "/reply", NULL}, out);
    if (kind == EDGE_TOPIC_STATE || kind == EDGE_TOPIC_HEARTBEAT)
        return edge_topic_node(root, region, id, leaves[kind], out);
    const char *leaf = leaves[kind];
    if (kind <= EDGE_TOPIC_REPORT)
        return join((const char *const[]){root, "/drones/", id, "/", leaf, NULL}, out);
    assert(edge_id_valid(region, strlen(region)));
    return join((const char *const[]){root, "/drones/", id, "/", leaf, "/", region, NULL}, out);
}

size_t edge_topic_node(const char *root, const char *region, const char *node, const char *leaf,
                       char out[static EDGE_TOPIC_SIZE])
{
    assert(edge_id_valid(region, strlen(region)) && edge_id_valid(node, strlen(node)));
    return checked(
        snprintf(out, EDGE_TOPIC_SIZE, "%s/regions/%s/nodes/%s/%s", root, region, node, leaf));
}

size_t edge_topic_alerts(const char *root, const char *region, char out[static EDGE_TOPIC_SIZE])
{
    assert(edge_id_valid(region, strlen(region)));
    return checked(snprintf(out, EDGE_TOPIC_SIZE, "%s/regions/%s/alerts", root, region));
}

size_t edge_topic_filter(const char *root, enum edge_topic_kind kind,
                         char out[static EDGE_TOPIC_SIZE])
{
    assert(kind < EDGE_TOPIC_KIND_COUNT);
    if (kind == EDGE_TOPIC_QUERY)
        return checked(snprintf(out, EDGE_TOPIC_SIZE, "%s/query/+", root));
    if (kind == EDGE_TOPIC_STATE)
        return checked(snprintf(out, EDGE_TOPIC_SIZE, "%s/regions/+/nodes/+/state", root));
    return checked(snprintf(out, EDGE_TOPIC_SIZE, "%s/drones/+/%s", root, leaves[kind]));
}

size_t edge_topic_region_filter(const char *root, enum edge_topic_kind kind, const char *region,
                                char out[static EDGE_TOPIC_SIZE])
{
    assert(edge_id_valid(region, strlen(region)));
    if (kind == EDGE_TOPIC_REPLY)
        return checked(
            snprintf(out, EDGE_TOPIC_SIZE, "%s/drones/+/%s/%s", root, leaves[kind], region));
    return checked(
        snprintf(out, EDGE_TOPIC_SIZE, "%s/regions/%s/nodes/+/%s", root, region, leaves[kind]));
}
