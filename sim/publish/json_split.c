// SPDX-License-Identifier: Apache-2.0
// Every document is parsed by jansson once for each question put to it: these are files on
// their way into Kafka, not a hot path. Features are written anew, one a message; where a list
// cannot be taken apart (no ids of their own, an older standard's root), and for traffic and
// notices, the bytes go out as they came.
#include "sim/publish/json_split.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "geo/utc.h"

enum { PATH_SIZE = 4096 };

static bool id_text(const json_t *id, char *out, size_t room)
{
    int length = -1;
    if (json_is_string(id))
        length = snprintf(out, room, "%s", json_string_value(id));
    else if (json_is_integer(id))
        length = snprintf(out, room, "%lld", (long long)json_integer_value(id));
    return length > 0 && (size_t)length < room;
}

static enum drf_status add_feature(const char *stem, size_t number, json_t *feature,
                                   struct sim_batch *out)
{
    char key[SIM_KEY_SIZE];
    const json_t *properties = json_object_get(feature, "properties");
    if (!id_text(json_object_get(feature, "id"), key, sizeof key)
        && !id_text(json_object_get(properties, "id"), key, sizeof key))
        snprintf(key, sizeof key, "%s/feature-%zu", stem, number);
    char *text = json_dumps(feature, JSON_COMPACT | JSON_REAL_PRECISION(15));
    if (text == NULL)
        return DRF_ERR_NOMEM;
    enum drf_status status = sim_batch_add(out, key, NULL, text, strlen(text));
    free(text);
    return status;
}

static bool type_is(const json_t *object, const char *type)
{
    const char *text = json_string_value(json_object_get(object, "type"));
    return text != NULL && strcmp(text, type) == 0;
}

// A byte order mark may stand before JSON (RFC 8259, 8.1).
static json_t *load(const uint8_t *bytes, size_t size, size_t flags)
{
    const bool mark = size >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0;
    return json_loadb((const char *)bytes + (mark ? 3 : 0), size - (mark ? 3 : 0), flags, NULL);
}

// The features of each id, in an object of arrays. NULL: no memory.
static json_t *group(const json_t *features)
{
    char id[SIM_KEY_SIZE];
    json_t *groups = json_object(), *feature;
    bool good = groups != NULL;
    size_t i;
    json_array_foreach(features, i, feature)
    {
        if (!id_text(json_object_get(feature, "id"), id, sizeof id)
            && !id_text(json_object_get(json_object_get(feature, "properties"), "id"), id,
                        sizeof id))
            continue;
        json_t *twins = json_object_get(groups, id);
        if (twins == NULL) {
            twins = json_array();
            good = good && json_object_set_new(groups, id, twins) == 0;
        }
        good = good && json_array_append(twins, feature) == 0;
    }
    if (!good) {
        json_decref(groups);
        groups = NULL;
    }
    return groups;
}

// Two features of one id are two features only in one message: apart, the later one would
// replace the other.
static enum drf_status add_twins(json_t *twins, const char *id, struct sim_batch *out)
{
    json_t *collection =
        json_pack("{s:s, s:O}", "type", "FeatureCollection", "features", twins);
    char *text = json_dumps(collection, JSON_COMPACT | JSON_REAL_PRECISION(15));
    json_decref(collection);
    if (text == NULL)
        return DRF_ERR_NOMEM;
    enum drf_status status = sim_batch_add(out, id, NULL, text, strlen(text));
    free(text);
    return status;
}

static enum drf_status split_features(const char *stem, const json_t *features,
                                      struct sim_batch *out)
{
    enum drf_status status = DRF_OK;
    json_t *groups = group(features), *feature;
    size_t i;
    if (groups == NULL)
        return DRF_ERR_NOMEM;
    json_array_foreach(features, i, feature)
    {
        char id[SIM_KEY_SIZE] = "";
        if (!id_text(json_object_get(feature, "id"), id, sizeof id))
            (void)id_text(json_object_get(json_object_get(feature, "properties"), "id"), id,
                          sizeof id);
        json_t *twins = json_object_get(groups, id);
        if (status != DRF_OK || (twins != NULL && json_array_get(twins, 0) != feature))
            continue; // sent with the first of its id
        status = json_array_size(twins) > 1 ? add_twins(twins, id, out)
                                            : add_feature(stem, i + 1, feature, out);
    }
    json_decref(groups);
    return status;
}

enum drf_status sim_json_split(const char *stem, const uint8_t *bytes, size_t size,
                               struct sim_batch *out)
{
    json_t *root = load(bytes, size, JSON_REJECT_DUPLICATES);
    if (root == NULL)
        return DRF_ERR_SYNTAX;
    enum drf_status status = DRF_ERR_SYNTAX;
    const json_t *features = json_object_get(root, "features");
    if (type_is(root, "Feature"))
        status = add_feature(stem, 1, root, out);
    else if (type_is(root, "FeatureCollection") && json_is_array(features))
        status = split_features(stem, features, out);
    json_decref(root);
    return status;
}

// Every feature has a different id, which compaction can use as the key.
static bool ids_differ(const json_t *features)
{
    char key[SIM_KEY_SIZE];
    json_t *seen = json_object(), *feature;
    bool differ = seen != NULL;
    size_t i;
    json_array_foreach(features, i, feature)
    {
        differ = differ
                 && (id_text(json_object_get(feature, "id"), key, sizeof key)
                     || id_text(json_object_get(json_object_get(feature, "properties"), "id"),
                                key, sizeof key))
                 && json_object_get(seen, key) == NULL
                 && json_object_set_new(seen, key, json_true()) == 0;
    }
    json_decref(seen);
    return differ;
}

enum drf_status sim_json_zones(const char *stem, const uint8_t *bytes, size_t size,
                               struct sim_batch *out)
{
    json_t *root = load(bytes, size, JSON_REJECT_DUPLICATES);
    if (root == NULL)
        return DRF_ERR_SYNTAX;
    const json_t *features = json_object_get(root, "features");
    bool apart = type_is(root, "Feature")
                 || (type_is(root, "FeatureCollection") && ids_differ(features));
    bool list = json_is_array(root) || json_is_array(features)
                || json_is_array(json_object_get(root, "UASZoneList"))
                || json_is_array(json_object_get(root, "items")); // the FAA's NOTAMs
    json_decref(root);
    if (apart)
        return sim_json_split(stem, bytes, size, out);
    return list ? sim_batch_add(out, stem, NULL, bytes, size) : DRF_ERR_SYNTAX;
}

enum drf_status sim_json_whole(const char *stem, const uint8_t *bytes, size_t size,
                               struct sim_batch *out)
{
    json_t *root = load(bytes, size, 0);
    if (root == NULL)
        return DRF_ERR_SYNTAX;
    json_decref(root);
    return sim_batch_add(out, stem, NULL, bytes, size);
}

enum drf_status sim_json_notice(const char *stem, const uint8_t *bytes, size_t size,
                                struct sim_batch *out)
{
    char id[SIM_KEY_SIZE / 2], key[SIM_KEY_SIZE];
    json_t *root = load(bytes, size, 0);
    if (root == NULL)
        return DRF_ERR_SYNTAX;
    const char *mission = json_string_value(json_object_get(root, "mission"));
    const json_t *ids = json_object_get(root, "id");
    if (json_is_array(ids))
        ids = json_array_get(ids, 0);
    if (mission == NULL
        || (!id_text(ids, id, sizeof id)
            && !id_text(json_object_get(root, "event_name"), id, sizeof id)
            && !id_text(json_object_get(root, "trigger_id"), id, sizeof id)))
        snprintf(key, sizeof key, "%.250s", stem);
    else
        snprintf(key, sizeof key, "%.100s/%s", mission, id);
    json_decref(root);
    return sim_batch_add(out, key, NULL, bytes, size);
}

bool sim_json_issued(const uint8_t *bytes, size_t size, int64_t *out_utc_us)
{
    json_t *root = load(bytes, size, 0);
    const json_t *metadata = json_object_get(root, "metadata");
    const json_t *const times[] = {
        json_object_get(metadata, "issued"), json_object_get(metadata, "createdAt"),
        json_object_get(root, "createdAt"), json_object_get(root, "alert_datetime")};
    bool known = false;
    for (size_t i = 0; i < sizeof times / sizeof times[0] && !known; i++)
        known = json_is_string(times[i])
                && geo_utc_parse(json_string_value(times[i]), json_string_length(times[i]),
                                 out_utc_us)
                       == DRF_OK;
    json_decref(root);
    return known;
}

static bool says_sim(const json_t *root)
{
    const char *mode = json_string_value(json_object_get(root, "drf_mode"));
    return mode != NULL && strcmp(mode, "SIM") == 0;
}

bool sim_json_marked(const uint8_t *bytes, size_t size)
{
    json_t *root = load(bytes, size, 0);
    bool marked = says_sim(root);
    json_decref(root);
    return marked;
}

bool sim_json_listed(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : path;
    char beside[PATH_SIZE];
    int length = snprintf(beside, sizeof beside, "%.*sworld.json", (int)(name - path), path);
    if (length < 0 || (size_t)length >= sizeof beside)
        return false;
    json_t *root = json_load_file(beside, 0, NULL), *file;
    bool listed = false;
    size_t i;
    json_array_foreach(json_object_get(root, "files"), i, file)
    {
        const char *own = json_string_value(json_object_get(file, "name"));
        listed = listed || (own != NULL && strcmp(own, name) == 0);
    }
    listed = listed && says_sim(root);
    json_decref(root);
    return listed;
}
