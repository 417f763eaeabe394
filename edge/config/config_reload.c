// SPDX-License-Identifier: Apache-2.0
// One list says which keys take effect without a restart; what is not in it is fixed, so that a
// new key is fixed until somebody has seen to it. A fixed value is copied from the running
// configuration, after it was reported, so that all parts of the node see one configuration.
// Tables of stations and areas move from one configuration to the next with their feed where
// that stays as it was: see drf_config_close_beside().
#include "edge/config/config_reload.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { VALUE_SIZE = 160, KEY_SIZE = 96 };

// "section." alone: all of its keys. Of a feed: ".key".
static const char *const reloaded[] = {
    "log.level",
    "region.priority",
    "region.address",
    "mqtt.",
    "publish.",
    "store.tombstone_keep_s",
    "store.tombstone_horizon_s",
    "store.drone_keep_s",
    "limits.telemetry_age_max_ms",
    "limits.telemetry_ahead_max_ms",
    "limits.telemetry_rate_max_hz",
    "limits.context_rate_max_hz",
    "limits.context_rate_default_hz",
    "limits.drone_forget_s",
    "limits.lost_link_after_ms",
    "limits.lost_link_keep_s",
    "limits.stale_after_ms",
    "limits.obstacle_radius_m",
    "limits.unseen_max_ms",
    "limits.decode_pixels_max",
    "limits.discover_s",
    ".name",
    ".topic",
    ".format",
    ".framing",
    ".class",
    ".mode",
    ".source",
    ".crs",
    ".vertical_datum",
    ".vertical_acc95_m",
    ".datum_acc95_m",
    ".default_horizontal_acc95_m",
    ".default_vertical_acc95_m",
    ".interval_s",
    ".stations",
    ".message_max_kb",
    ".geocodes",
    ".nodata",
    ".production_status",
    ".fields",
};

// Of all tables without a section, the feeds' own.
static bool of_feed(const struct config_key *key)
{
    for (const struct config_key *one = config_feed_keys; one->section; one++)
        if (one == key)
            return true;
    return false;
}

bool drf_config_key_reloads(const struct config_key *key)
{
    char name[KEY_SIZE];
    if (key->section[0] == '\0' && !of_feed(key))
        return false;
    (void)snprintf(name, sizeof name, "%s.%s", key->section, key->name);
    size_t section = strlen(key->section) + 1;
    for (size_t i = 0; i < sizeof reloaded / sizeof reloaded[0]; i++)
        if (strcmp(reloaded[i], name) == 0
            || (strlen(reloaded[i]) == section && section > 1
                && strncmp(reloaded[i], name, section) == 0))
            return true;
    return false;
}

static size_t size_of(const struct config_key *key)
{
    switch (key->type) {
    case CONFIG_TEXT:
    case CONFIG_ID:
    case CONFIG_PATH:
        return key->size;
    case CONFIG_U32:
    case CONFIG_I32:
    case CONFIG_CHOICE:
        return sizeof(uint32_t);
    case CONFIG_BOOL:
        return sizeof(bool);
    case CONFIG_SPECIAL:
        return 0;
    default:
        return sizeof(uint64_t);
    }
}

static const char *choice_name(const struct config_key *key, uint32_t value)
{
    for (const struct config_choice *choice = key->choices; choice->name; choice++)
        if (choice->value == value)
            return choice->name;
    return "?";
}

// The value as it stands in a file.
static void value_text(const struct config_key *key, const void *base,
                       char out[static VALUE_SIZE])
{
    const void *at = (const char *)base + key->offset;
    uint32_t word = 0;
    int64_t number = 0;
    double real = 0;
    if (size_of(key) == sizeof word)
        memcpy(&word, at, sizeof word);
    if (size_of(key) == sizeof number)
        memcpy(&number, at, sizeof number);
    memcpy(&real, &number, sizeof real);
    const double scale = key->scale > 0 ? key->scale : 1;
    switch (key->type) {
    case CONFIG_U32:
        (void)snprintf(out, VALUE_SIZE, "%.15g", word / scale);
        break;
    case CONFIG_I32:
        (void)snprintf(out, VALUE_SIZE, "%.15g", (int32_t)word / scale);
        break;
    case CONFIG_U64:
    case CONFIG_I64:
        (void)snprintf(out, VALUE_SIZE, "%.15g", (double)number / scale);
        break;
    case CONFIG_REAL:
        (void)snprintf(out, VALUE_SIZE, "%.15g", real / scale);
        break;
    case CONFIG_BOOL:
        (void)snprintf(out, VALUE_SIZE, "%s", *(const bool *)at ? "true" : "false");
        break;
    case CONFIG_CHOICE:
        (void)snprintf(out, VALUE_SIZE, "%s", choice_name(key, word));
        break;
    default:
        (void)snprintf(out, VALUE_SIZE, "%.150s", (const char *)at);
        break;
    }
}

struct following {
    drf_config_kept_fn kept;
    void *context;
};

static void say(const struct following *following, const char *key, const char *stays,
                const char *file)
{
    if (following->kept)
        following->kept(following->context, key, stays, file);
}

// `prefix` stands before the key's name: "store." or "feeds.NAME.".
static void keep_fixed(const struct following *following, const struct config_key *key,
                       const char *prefix, const void *running, void *next)
{
    size_t size = size_of(key);
    const void *was = (const char *)running + key->offset;
    void *is = (char *)next + key->offset;
    if (size == 0 || drf_config_key_reloads(key) || memcmp(was, is, size) == 0)
        return;
    char name[KEY_SIZE], stays[VALUE_SIZE], file[VALUE_SIZE];
    value_text(key, running, stays);
    value_text(key, next, file);
    memcpy(is, was, size);
    if (strcmp(stays, file) == 0) // texts that differ behind their NUL
        return;
    (void)snprintf(name, sizeof name, "%s%s", prefix, key->name);
    say(following, name, stays, file);
}

static void region_text(const struct edge_region *region, char out[static VALUE_SIZE])
{
    const struct geo_bounds b = region->bounds;
    (void)snprintf(out, VALUE_SIZE, "%zu corners within [%.9g, %.9g, %.9g, %.9g]",
                   region->count, b.west_deg, b.south_deg, b.east_deg, b.north_deg);
}

static enum drf_status keep_region(const struct following *following,
                                   const struct edge_region *running, struct edge_region *next)
{
    bool same = running->count == next->count;
    for (size_t i = 0; i < running->count && same; i++)
        same = running->ring[i].lat_deg == next->ring[i].lat_deg
               && running->ring[i].lon_deg == next->ring[i].lon_deg;
    if (same)
        return DRF_OK;
    struct geo_point *ring = calloc(running->count + 1, sizeof *ring);
    if (!ring)
        return DRF_ERR_NOMEM;
    memcpy(ring, running->ring, running->count * sizeof *ring);
    char stays[VALUE_SIZE], file[VALUE_SIZE];
    region_text(running, stays);
    region_text(next, file);
    say(following, "region", stays, file);
    edge_region_close(next);
    *next =
        (struct edge_region){.ring = ring, .count = running->count, .bounds = running->bounds};
    return DRF_OK;
}

static void insets_text(const struct drf_config *config, char out[static VALUE_SIZE])
{
    size_t length = 0;
    (void)snprintf(out, VALUE_SIZE, "none");
    for (size_t i = 0; i < config->inset_count && length < VALUE_SIZE; i++) {
        const struct geo_inset *inset = &config->insets[i];
        length += (size_t)snprintf(out + length, VALUE_SIZE - length,
                                   "%s%s level %" PRIu32 " [%.9g, %.9g, %.9g, %.9g]",
                                   i > 0 ? ", " : "", inset->name, inset->level,
                                   inset->bounds.west_deg, inset->bounds.south_deg,
                                   inset->bounds.east_deg, inset->bounds.north_deg);
    }
}

static void keep_insets(const struct following *following, const struct drf_config *running,
                        struct drf_config *next)
{
    char stays[VALUE_SIZE], file[VALUE_SIZE];
    insets_text(running, stays);
    insets_text(next, file);
    if (strcmp(stays, file) != 0)
        say(following, "insets", stays, file);
    memcpy(next->insets, running->insets, sizeof next->insets);
    next->inset_count = running->inset_count;
}

static void hosts_text(const struct drf_view_config *view, char out[static VALUE_SIZE])
{
    size_t length = (size_t)snprintf(out, VALUE_SIZE, "[");
    for (size_t i = 0; i < view->host_count && length < VALUE_SIZE; i++)
        length += (size_t)snprintf(out + length, VALUE_SIZE - length, "%s%s", i > 0 ? ", " : "",
                                   view->hosts[i]);
    if (length < VALUE_SIZE)
        (void)snprintf(out + length, VALUE_SIZE - length, "]");
}

// What is read of it with a function of its own; the token is not shown.
static void keep_view(const struct following *following, const struct drf_view_config *running,
                      struct drf_view_config *next)
{
    char stays[VALUE_SIZE], file[VALUE_SIZE];
    hosts_text(running, stays);
    hosts_text(next, file);
    if (strcmp(stays, file) != 0)
        say(following, "view.hosts", stays, file);
    if (strcmp(running->token, next->token) != 0)
        say(following, "view.token_file", "the token as it was", "another");
    *next = *running;
}

// A client id that the file does not name has the names of the node that runs.
static void name_client(const struct drf_config *running, struct drf_config *next)
{
    char of_file[sizeof next->mqtt.client_id];
    (void)snprintf(of_file, sizeof of_file, "drf-edge-%s-%s", next->region_id, next->node_id);
    if (strcmp(of_file, next->mqtt.client_id) == 0)
        (void)snprintf(next->mqtt.client_id, sizeof next->mqtt.client_id, "drf-edge-%s-%s",
                       running->region_id, running->node_id);
}

static bool same_data(const struct drf_feed_config *a, const struct drf_feed_config *b)
{
    return a->kind == b->kind && a->layer == b->layer;
}

// What a feed is cannot change under its name: its data would be two things.
static void keep_feed(const struct following *following, const struct drf_feed_config *running,
                      struct drf_feed_config *next)
{
    char prefix[KEY_SIZE], stays[VALUE_SIZE], file[VALUE_SIZE];
    (void)snprintf(prefix, sizeof prefix, "feeds.%s.", running->name);
    const struct config_key *key = config_feed_keys;
    if (!same_data(running, next)) {
        while (strcmp(key->name, running->kind != next->kind ? "kind" : "surface") != 0)
            key++;
        char name[KEY_SIZE + 16];
        (void)snprintf(name, sizeof name, "%s%s", prefix, key->name);
        value_text(key, running, stays);
        value_text(key, next, file);
        say(following, name, stays, file);
        geo_station_table_close(next->stations);
        geo_area_table_close(next->areas);
        *next = *running; // the tables too
        return;
    }
    for (; key->section; key++)
        keep_fixed(following, key, prefix, running, next);
}

static struct drf_feed_config *feed_named(struct drf_feed_config *feeds, size_t count,
                                          const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(feeds[i].name, name) == 0)
            return &feeds[i];
    return NULL;
}

static enum drf_status keep_feeds(const struct following *following,
                                  const struct drf_config *running, struct drf_config *next)
{
    size_t count = running->feed_count;
    for (size_t i = 0; i < next->feed_count; i++)
        count += feed_named(running->feeds, running->feed_count, next->feeds[i].name) == NULL;
    if (count > DRF_FEEDS_MAX)
        return DRF_ERR_FULL;
    struct drf_feed_config *feeds = calloc(count + 1, sizeof *feeds);
    if (!feeds)
        return DRF_ERR_NOMEM;
    for (size_t i = 0; i < running->feed_count; i++) {
        struct drf_feed_config *named =
            feed_named(next->feeds, next->feed_count, running->feeds[i].name);
        if (named) {
            // Of one that was removed, imports are left, and what is not withdrawn yet.
            if (!running->feeds[i].removed || same_data(&running->feeds[i], named))
                keep_feed(following, &running->feeds[i], named);
            feeds[i] = *named;
            continue;
        }
        feeds[i] = running->feeds[i];
        feeds[i].removed = true;
        feeds[i].stations = NULL;
        feeds[i].areas = NULL;
    }
    size_t at = running->feed_count;
    for (size_t i = 0; i < next->feed_count; i++)
        if (feed_named(running->feeds, running->feed_count, next->feeds[i].name) == NULL)
            feeds[at++] = next->feeds[i];
    free(next->feeds);
    next->feeds = feeds;
    next->feed_count = count;
    return DRF_OK;
}

enum drf_status drf_config_follow(const struct drf_config *running, struct drf_config *next,
                                  drf_config_kept_fn kept, void *context)
{
    const struct following following = {.kept = kept, .context = context};
    enum drf_status status = keep_feeds(&following, running, next);
    if (status == DRF_OK)
        status = keep_region(&following, &running->region, &next->region);
    if (status != DRF_OK)
        return status;
    name_client(running, next);
    for (const struct config_key *key = config_keys; key->section; key++) {
        char prefix[KEY_SIZE];
        (void)snprintf(prefix, sizeof prefix, "%s.", key->section);
        keep_fixed(&following, key, prefix, running, next);
    }
    keep_insets(&following, running, next);
    keep_view(&following, &running->view, &next->view);
    // Of no file.
    next->store_in_memory = running->store_in_memory;
    next->store_copied = running->store_copied;
    next->output_mode = running->output_mode;
    next->profile = running->profile;
    return DRF_OK;
}

void drf_config_disown(struct drf_config *config, const struct drf_config *other)
{
    for (size_t i = 0; i < config->feed_count; i++)
        for (size_t k = 0; k < other->feed_count; k++) {
            if (config->feeds[i].stations == other->feeds[k].stations)
                config->feeds[i].stations = NULL;
            if (config->feeds[i].areas == other->feeds[k].areas)
                config->feeds[i].areas = NULL;
        }
}

void drf_config_close_beside(struct drf_config *config, const struct drf_config *other)
{
    drf_config_disown(config, other);
    drf_config_close(config);
}

struct drf_feed_change drf_config_feed_change(const struct drf_config *running,
                                              const struct drf_config *next, size_t feed)
{
    const struct drf_feed_config *is = &next->feeds[feed];
    const struct drf_feed_config *was =
        feed < running->feed_count && !running->feeds[feed].removed ? &running->feeds[feed]
                                                                    : NULL;
    if (was == NULL || is->removed)
        return (struct drf_feed_change){.added = was == NULL && !is->removed,
                                        .removed = was != NULL};
    struct drf_feed_config plain = *was;
    plain.stations = is->stations; // read again each time: their content counts elsewhere
    plain.areas = is->areas;
    return (struct drf_feed_change){
        .topic = strcmp(was->topic, is->topic) != 0,
        .lane = (was->urgent != 0) != (is->urgent != 0),
        // NOLINTNEXTLINE(bugprone-suspicious-memory-comparison): padding only makes a look more
        .other = memcmp(&plain, is, sizeof plain) != 0,
    };
}
