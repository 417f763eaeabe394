// SPDX-License-Identifier: Apache-2.0
// One table of keys: path, kind, place, range, whether it must be said. A file, a default and a
// value that varies all go through sim_trial_set(). A key of errors.X is needed as soon as
// another one of errors.X is given: no parameter of an error has a default.
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "sim/experiment/experiment.h"
#include "sim/host/options.h"

enum kind { COUNT, REAL, FLAG, TIME };
enum need { OPTIONAL, REQUIRED, WITH_GROUP };

struct setting {
    const char *path;
    enum kind kind;
    enum need need;
    size_t offset, on_offset; // of the value; of the group's `on`
    double low, high;
    const char *by_default; // NULL: none
};

#define AT(member) offsetof(struct sim_trial, member)
#define PLAIN(path, kind, member, low, high, by_default)                                       \
    {                                                                                          \
        path, kind, OPTIONAL, AT(member), 0, low, high, by_default                             \
    }
#define NEEDED(path, kind, member, low, high)                                                  \
    {                                                                                          \
        path, kind, REQUIRED, AT(member), 0, low, high, NULL                                   \
    }
#define ERROR(group, member, low, high)                                                        \
    {                                                                                          \
        "errors." #group "." #member, REAL, WITH_GROUP, AT(errors.group.member),               \
            AT(errors.group.on), low, high, NULL                                               \
    }

static const struct setting settings[] = {
    NEEDED("start", TIME, start_utc_us, 0, 4e15),
    NEEDED("drones", COUNT, drones, 1, 20000),
    NEEDED("duration_s", REAL, duration_s, 0.1, 864000),
    PLAIN("step_ms", REAL, step_ms, 1, 1000, "20"),
    PLAIN("rate_hz", REAL, rate_hz, 0.1, 20, "5"),
    PLAIN("settle_s", REAL, settle_s, 1, 36000, "20"),
    PLAIN("react", FLAG, react, 0, 1, "true"),
    PLAIN("confused", FLAG, confused, 0, 1, "false"),
    PLAIN("plans", COUNT, plans, 0, 20000, "3"),
    PLAIN("traffic", COUNT, traffic, 0, 64, "0"),
    PLAIN("zones", COUNT, zones, 0, SIM_ZONES_MAX, "0"),
    PLAIN("alerts", COUNT, alerts, 0, SIM_ALERTS_MAX, "0"),
    PLAIN("request_s", REAL, request_s, 0, 3600, "0"),
    PLAIN("verify_ratio", REAL, verify_ratio, 0, 1, "1"),
    PLAIN("patch.cells", COUNT, patch_side, 0, 256, "0"),
    PLAIN("patch.rate_hz", REAL, patch_rate_hz, 0.01, 10, "1"),
    PLAIN("world.seed", COUNT, world.seed, 0, 1.8e19, "1"),
    PLAIN("world.lat_deg", REAL, world.center.lat_deg, -85, 85, "47"),
    PLAIN("world.lon_deg", REAL, world.center.lon_deg, -180, 180, "8"),
    PLAIN("world.size_km", REAL, world.size_km, 1, 200, "12"),
    PLAIN("world.hours", COUNT, world.hours, 1, 240, "6"),
    PLAIN("world.posting_arcsec", REAL, world.posting_arcsec, 0.1, 30, "1"),
    PLAIN("world.weather_step_deg", REAL, world.weather_step_deg, 0.001, 1, "0.01"),
    PLAIN("world.void_radius_m", REAL, world.void_radius_m, 0, 20000, "0"),
    PLAIN("world.towers", COUNT, world.towers, 0, 100000, "60"),
    PLAIN("world.cranes", COUNT, world.cranes, 0, 100000, "20"),
    PLAIN("world.buildings", COUNT, world.buildings, 0, 100000, "120"),
    PLAIN("world.refused", COUNT, world.refused, 0, SIM_REFUSED_MAX, "0"),
    PLAIN("world.bare", FLAG, bare, 0, 1, "false"),
    PLAIN("world.lambert", FLAG, world.lambert, 0, 1, "false"),
    PLAIN("world.terrain_bias_m", REAL, world.terrain_bias_m, -1000, 1000, "0"),
    PLAIN("world.wind_bias_mps", REAL, world.wind_bias_mps, -100, 100, "0"),
    PLAIN("world.obstacle_bias_m", REAL, world.obstacle_bias_m, -1000, 1000, "0"),
    ERROR(gnss, horizontal_m, 0, 1000),
    ERROR(gnss, vertical_m, 0, 1000),
    ERROR(gnss, time_s, 0.001, 1e6),
    ERROR(gnss, white_horizontal_m, 0, 1000),
    ERROR(gnss, white_vertical_m, 0, 1000),
    ERROR(barometer, drift_m, 0, 1000),
    ERROR(barometer, time_s, 0.001, 1e6),
    ERROR(wind, speed_mps, 0, 100),
    ERROR(wind, length_km, 0.1, 10000),
    ERROR(wind, time_s, 60, 1e7),
    ERROR(link, delay_ms, 0, 60000),
    ERROR(link, jitter_ms, 0, 60000),
    ERROR(link, good_to_bad, 0, 1),
    ERROR(link, bad_to_good, 0, 1),
    ERROR(link, loss_good, 0, 1),
    ERROR(link, loss_bad, 0, 1),
    ERROR(reports, lost_ratio, 0, 1),
    ERROR(clock, offset_s, 0, 86400),
    ERROR(clock, drift_ppm, 0, 10000),
};
enum { SETTING_COUNT = sizeof settings / sizeof settings[0] };
_Static_assert((int)SETTING_COUNT <= (int)SIM_SETTINGS_MAX, "room in sim_trial.given");

// Of the node's configuration, what the experiment writes itself.
static const char *const reserved[] = {"region.id", "region.bounds", "node.id",
                                       "node.mode", "store.path",    "feeds.",
                                       "kafka.",    "mqtt.",         "dead_letters."};

static enum drf_status refuse(struct sim_experiment_error *error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static enum drf_status refuse(struct sim_experiment_error *error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    // Begun one line above; the analyzer does not follow it.
    // NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized)
    vsnprintf(error->text, sizeof error->text, format, arguments);
    va_end(arguments);
    return DRF_ERR_SYNTAX;
}

static enum drf_status set_count(const struct setting *setting, const char *text, uint64_t *out,
                                 struct sim_experiment_error *error)
{
    char *end;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    if (end == text || *end != '\0' || errno != 0 || text[0] < '0' || text[0] > '9')
        return refuse(error, "%s: \"%s\" is not a whole number", setting->path, text);
    if ((double)value < setting->low || (double)value > setting->high)
        return refuse(error, "%s is %g to %g, not %s", setting->path, setting->low,
                      setting->high, text);
    *out = value;
    return DRF_OK;
}

static enum drf_status set_real(const struct setting *setting, const char *text, double *out,
                                struct sim_experiment_error *error)
{
    char *end;
    errno = 0;
    double value = strtod(text, &end);
    if (end == text || *end != '\0' || errno != 0 || !isfinite(value))
        return refuse(error, "%s: \"%s\" is not a number", setting->path, text);
    if (value < setting->low || value > setting->high)
        return refuse(error, "%s is %g to %g, not %s", setting->path, setting->low,
                      setting->high, text);
    *out = value;
    return DRF_OK;
}

static enum drf_status set(struct sim_trial *trial, const struct setting *setting,
                           const char *text, struct sim_experiment_error *error)
{
    char *at = (char *)trial + setting->offset;
    uint64_t count = 0;
    double real = 0.0;
    int64_t utc_us = 0;
    enum drf_status status = DRF_OK;
    switch (setting->kind) {
    case COUNT:
        status = set_count(setting, text, &count, error);
        if (status == DRF_OK)
            memcpy(at, &count, sizeof count);
        return status;
    case REAL:
        status = set_real(setting, text, &real, error);
        if (status == DRF_OK)
            memcpy(at, &real, sizeof real);
        return status;
    case FLAG:
        if (strcmp(text, "true") != 0 && strcmp(text, "false") != 0)
            return refuse(error, "%s is true or false, not \"%s\"", setting->path, text);
        *(bool *)at = text[0] == 't';
        return DRF_OK;
    default:
        if (sim_time_parse(text, &utc_us) != DRF_OK)
            return refuse(error, "%s: \"%s\" is not an instant like 2026-01-31T12:00:00Z",
                          setting->path, text);
        memcpy(at, &utc_us, sizeof utc_us);
        return DRF_OK;
    }
}

// Levenshtein's distance, up to words of a key's length.
static size_t distance(const char *a, const char *b)
{
    size_t row[SIM_PATH_SIZE + 1], length = strlen(b);
    if (length > SIM_PATH_SIZE)
        return SIZE_MAX;
    for (size_t j = 0; j <= length; j++)
        row[j] = j;
    for (size_t i = 0; a[i] != '\0'; i++) {
        size_t corner = row[0];
        row[0] = i + 1;
        for (size_t j = 0; j < length; j++) {
            size_t changed = corner + (a[i] != b[j] ? 1 : 0);
            corner = row[j + 1];
            size_t least = row[j] < corner ? row[j] + 1 : corner + 1;
            row[j + 1] = changed < least ? changed : least;
        }
    }
    return row[length];
}

const char *sim_trial_nearest(const char *path)
{
    static const char *const others[] = {"seeds", "vary", "node", "world", "errors"};
    const char *best = NULL;
    size_t least = 4; // three letters wrong at most
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        size_t apart = distance(path, settings[i].path);
        best = apart < least ? settings[i].path : best;
        least = apart < least ? apart : least;
    }
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        size_t apart = distance(path, others[i]);
        best = apart < least ? others[i] : best;
        least = apart < least ? apart : least;
    }
    return best;
}

static enum drf_status set_node(struct sim_trial *trial, const char *path, const char *text,
                                struct sim_experiment_error *error)
{
    for (size_t i = 0; i < sizeof reserved / sizeof reserved[0]; i++) {
        size_t length = strlen(reserved[i]);
        bool all = reserved[i][length - 1] == '.';
        if (all ? strncmp(path, reserved[i], length) == 0 : strcmp(path, reserved[i]) == 0)
            return refuse(error, "node.%s: the experiment writes that itself", path);
    }
    const char *dot = strchr(path, '.');
    if (dot == NULL || dot == path || dot[1] == '\0')
        return refuse(error, "node.%s: a section of the node's configuration and a key", path);
    size_t i = 0;
    while (i < trial->node_count && strcmp(trial->node[i].path, path) != 0)
        i++;
    if (i == SIM_NODE_SETTINGS_MAX)
        return refuse(error, "node: more than %d settings", SIM_NODE_SETTINGS_MAX);
    struct sim_node_setting *setting = &trial->node[i];
    snprintf(setting->path, sizeof setting->path, "%s", path);
    snprintf(setting->value, sizeof setting->value, "%s", text);
    trial->node_count += i == trial->node_count ? 1 : 0;
    return DRF_OK;
}

void sim_trial_defaults(struct sim_trial *out)
{
    struct sim_experiment_error error;
    *out = (struct sim_trial){.seed = 1};
    for (size_t i = 0; i < SETTING_COUNT; i++)
        if (settings[i].by_default != NULL
            && set(out, &settings[i], settings[i].by_default, &error) != DRF_OK)
            abort(); // a default outside its own range
}

enum drf_status sim_trial_set(struct sim_trial *trial, const char *path, const char *text,
                              struct sim_experiment_error *error)
{
    if (strlen(path) >= SIM_PATH_SIZE || strlen(text) >= SIM_VALUE_SIZE)
        return refuse(error, "%.40s: too long", path);
    if (strncmp(path, "node.", 5) == 0)
        return set_node(trial, path + 5, text, error);
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        if (strcmp(settings[i].path, path) != 0)
            continue;
        enum drf_status status = set(trial, &settings[i], text, error);
        trial->given[i] |= status == DRF_OK;
        return status;
    }
    const char *nearest = sim_trial_nearest(path);
    return nearest != NULL ? refuse(error, "unknown key %s; did you mean %s?", path, nearest)
                           : refuse(error, "unknown key %s", path);
}

static bool same_group(const char *a, const char *b)
{
    size_t size = (size_t)(strrchr(a, '.') - a) + 1;
    return strncmp(a, b, size) == 0;
}

enum drf_status sim_trial_finish(struct sim_trial *trial, struct sim_experiment_error *error)
{
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        const struct setting *setting = &settings[i];
        if (setting->need == REQUIRED && !trial->given[i])
            return refuse(error, "%s is missing: it has no default", setting->path);
        if (setting->need != WITH_GROUP)
            continue;
        bool *on = (bool *)((char *)trial + setting->on_offset);
        for (size_t k = 0; k < SETTING_COUNT && !*on; k++)
            *on = settings[k].need == WITH_GROUP && trial->given[k]
                  && same_group(setting->path, settings[k].path);
        if (*on && !trial->given[i])
            return refuse(error,
                          "%s is missing: an error that is on needs all its parameters, and "
                          "none has a default",
                          setting->path);
    }
    if (trial->patch_side != 0 && trial->patch_side != 64 && trial->patch_side != 128
        && trial->patch_side != 256)
        return refuse(error, "patch.cells is 0, 64, 128 or 256");
    trial->world.surface = !trial->bare;
    trial->world.epoch_utc_us = trial->start_utc_us - trial->start_utc_us % 3600000000;
    return DRF_OK;
}

static void write_value(const struct sim_trial *trial, const struct setting *setting,
                        FILE *file)
{
    const char *at = (const char *)trial + setting->offset;
    uint64_t count;
    double real;
    memcpy(&count, at, sizeof count);
    memcpy(&real, at, sizeof real);
    if (setting->kind == REAL)
        fprintf(file, "%s=%.17g\n", setting->path, real);
    else if (setting->kind == FLAG)
        fprintf(file, "%s=%s\n", setting->path, *(const bool *)at ? "true" : "false");
    else
        fprintf(file, "%s=%" PRIu64 "\n", setting->path, count);
}

void sim_trial_write(const struct sim_trial *trial, FILE *file)
{
    fprintf(file, "seed=%" PRIu64 "\n", trial->seed);
    for (size_t i = 0; i < SETTING_COUNT; i++)
        if (settings[i].need != WITH_GROUP || trial->given[i])
            write_value(trial, &settings[i], file);
    for (size_t i = 0; i < trial->node_count; i++)
        fprintf(file, "node.%s=%s\n", trial->node[i].path, trial->node[i].value);
}
