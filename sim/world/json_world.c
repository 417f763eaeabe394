// SPDX-License-Identifier: Apache-2.0
#include "sim/world/json_world.h"

#include <jansson.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// The plan's members, so that saving and loading cannot disagree.
enum member_kind {
    MEMBER_COUNT,
    MEMBER_REAL,
    MEMBER_FLAG,
    MEMBER_TIME,
    MEMBER_COUNT_OR_NONE,
    MEMBER_FLAG_OR_NONE
};
static const struct member {
    const char *name;
    enum member_kind kind;
    size_t offset;
} members[] = {
#define MEMBER(kind, name)                                                                     \
    {                                                                                          \
#name, kind, offsetof(struct sim_world_plan, name)                                     \
    }
    MEMBER(MEMBER_REAL, size_km),          MEMBER(MEMBER_TIME, epoch_utc_us),
    MEMBER(MEMBER_COUNT, hours),           MEMBER(MEMBER_REAL, posting_arcsec),
    MEMBER(MEMBER_REAL, weather_step_deg), MEMBER(MEMBER_REAL, void_radius_m),
    MEMBER(MEMBER_COUNT, towers),          MEMBER(MEMBER_COUNT, cranes),
    MEMBER(MEMBER_COUNT, buildings),       MEMBER(MEMBER_REAL, terrain_bias_m),
    MEMBER(MEMBER_REAL, wind_bias_mps),    MEMBER(MEMBER_REAL, obstacle_bias_m),
    MEMBER(MEMBER_FLAG, surface),          MEMBER(MEMBER_FLAG, lambert),
    MEMBER(MEMBER_COUNT_OR_NONE, refused), // since 1.5; worlds made before have none
    MEMBER(MEMBER_FLAG_OR_NONE, calm),     // since 1.6; they are not
#undef MEMBER
};
enum { MEMBERS = sizeof members / sizeof members[0], SEED_TEXT_SIZE = 24 };

static json_t *save_member(const struct member *m, const struct sim_world_plan *plan)
{
    const void *at = (const char *)plan + m->offset;
    switch (m->kind) {
    case MEMBER_COUNT:
    case MEMBER_COUNT_OR_NONE:
        return json_integer((json_int_t) * (const uint64_t *)at);
    case MEMBER_TIME:
        return json_integer((json_int_t) * (const int64_t *)at);
    case MEMBER_REAL:
        return json_real(*(const double *)at);
    case MEMBER_FLAG:
    case MEMBER_FLAG_OR_NONE:
        return json_boolean(*(const bool *)at);
    }
    return NULL;
}

enum drf_status sim_json_world_save(const struct sim_world_plan *plan,
                                    const struct sim_world_file *files, size_t file_count,
                                    const char *path)
{
    // The seed is text: JSON numbers lose bits above 2^53 in most readers.
    char seed[SEED_TEXT_SIZE];
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)plan->seed);
    json_t *root = json_object(), *list = json_array();
    int bad = json_object_set_new(root, "drf_mode", json_string("SIM"));
    bad |= json_object_set_new(root, "format", json_string("drf-sim world 1"));
    bad |= json_object_set_new(root, "seed", json_string(seed));
    bad |= json_object_set_new(root, "center_lat_deg", json_real(plan->center.lat_deg));
    bad |= json_object_set_new(root, "center_lon_deg", json_real(plan->center.lon_deg));
    for (size_t i = 0; i < MEMBERS; i++)
        bad |= json_object_set_new(root, members[i].name, save_member(&members[i], plan));
    for (size_t i = 0; i < file_count; i++)
        bad |= json_array_append_new(list,
                                     json_pack("{s:s,s:s,s:s}", "name", files[i].name, "kind",
                                               files[i].kind, "layer", files[i].layer));
    bad |= json_object_set_new(root, "files", list);
    bad |= json_dump_file(root, path, JSON_INDENT(2) | JSON_REAL_PRECISION(17));
    json_decref(root);
    return bad == 0 ? DRF_OK : DRF_ERR_STORE;
}

static bool load_member(const struct member *m, const json_t *value,
                        struct sim_world_plan *plan)
{
    void *at = (char *)plan + m->offset;
    switch (m->kind) {
    case MEMBER_COUNT_OR_NONE:
        if (value == NULL)
            return true;
        // fall through
    case MEMBER_COUNT:
        if (!json_is_integer(value) || json_integer_value(value) < 0)
            return false;
        *(uint64_t *)at = (uint64_t)json_integer_value(value);
        return true;
    case MEMBER_TIME:
        *(int64_t *)at = (int64_t)json_integer_value(value);
        return json_is_integer(value);
    case MEMBER_REAL:
        *(double *)at = json_number_value(value);
        return json_is_number(value);
    case MEMBER_FLAG_OR_NONE:
        if (value == NULL)
            return true;
        // fall through
    case MEMBER_FLAG:
        *(bool *)at = json_is_true(value);
        return json_is_boolean(value);
    }
    return false;
}

enum drf_status sim_json_world_load(const char *folder, struct sim_world_plan *out)
{
    char path[4096];
    if (snprintf(path, sizeof path, "%s/world.json", folder) >= (int)sizeof path)
        return DRF_ERR_RANGE;
    if (access(path, R_OK) != 0)
        return DRF_ERR_ABSENT;
    json_t *root = json_load_file(path, JSON_REJECT_DUPLICATES, NULL);
    if (root == NULL)
        return DRF_ERR_SYNTAX;
    struct sim_world_plan plan = {0};
    const char *seed = json_string_value(json_object_get(root, "seed"));
    char *end = NULL;
    plan.seed = seed != NULL ? strtoull(seed, &end, 10) : 0;
    bool good = seed != NULL && end != seed && *end == '\0';
    const json_t *lat = json_object_get(root, "center_lat_deg");
    const json_t *lon = json_object_get(root, "center_lon_deg");
    good = good && json_is_number(lat) && json_is_number(lon);
    plan.center = (struct geo_point){.lat_deg = json_number_value(lat),
                                     .lon_deg = json_number_value(lon)};
    for (size_t i = 0; i < MEMBERS && good; i++)
        good = load_member(&members[i], json_object_get(root, members[i].name), &plan);
    json_decref(root);
    if (!good)
        return DRF_ERR_SYNTAX;
    *out = plan;
    return DRF_OK;
}
