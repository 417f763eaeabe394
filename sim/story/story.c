// SPDX-License-Identifier: Apache-2.0
// Opening plans the times of the parts in proportion to the length of the flight, chooses
// the main drones, withdraws what an earlier story left in Kafka and waits for the brokers.
// Events are collected as text with their time and returned line by line; the measurements
// are written as JSON at the end, null where a thing did not happen.
#include "sim/story/story.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>

#include "sim/story/story_impl.h"

static const unsigned first_ms = 15000; // for Kafka to answer
static const double ordinary_s = 30.0, longest_ratio = 2.0;
// When a part begins in a flight of thirty seconds, and how long it takes.
static const struct {
    double at_s, takes_s;
} parts[STORY_PARTS] = {
    [STORY_CRANE] = {8.0, 7.0},
    [STORY_ZONE] = {15.0, 4.5},
    [STORY_RESTART] = {20.0, 6.0},
    [STORY_PORCH] = {27.0, 2.0},
};

double story_s(const struct sim_story *story, int64_t mono_us)
{
    return (double)(mono_us - story->start_mono_us) * 1e-6;
}

void story_tell(struct sim_story *story, enum story_part part, int64_t mono_us,
                const char *format, ...)
{
    if (story->event_count == STORY_EVENTS_MAX)
        return;
    struct story_event *event = &story->events[story->event_count++];
    event->t_s = story_s(story, mono_us);
    event->part = part;
    va_list arguments;
    va_start(arguments, format);
    // Begun one line above; the analyzer does not follow it.
    // NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized)
    vsnprintf(event->text, sizeof event->text, format, arguments);
    va_end(arguments);
}

const char *sim_story_line(struct sim_story *story)
{
    if (story->event_told == story->event_count)
        return NULL;
    const struct story_event *event = &story->events[story->event_told++];
    snprintf(story->line, sizeof story->line, "%5.1f s  %s", event->t_s, event->text);
    return story->line;
}

// Later in a longer flight, as far as a drone's way to the porch allows; never sooner: a drone
// climbs no faster in a shorter flight.
static void plan_schedule(struct sim_story *story)
{
    double seconds = story->plan.seconds;
    double ratio = fmin(fmax(seconds / ordinary_s, 1.0), longest_ratio);
    for (int i = 0; i < STORY_PARTS; i++) {
        double needs_s = parts[i].at_s + parts[i].takes_s;
        story->schedule[i] = (struct story_schedule){
            .at_s = parts[i].at_s * ratio, .needs_s = needs_s, .left_out = seconds < needs_s};
    }
    if (story->plan.node_pid_file == NULL)
        story->schedule[STORY_RESTART].left_out = true;
    if (story->plan.drones < 2)
        story->schedule[STORY_ZONE].left_out = true;
}

// coffee-17 where there are as many.
static void choose_main_drones(struct sim_story *story)
{
    size_t count = story->plan.drones;
    bool many = count >= 18;
    story->main_drones[0] = many ? 16 : count - 1;
    story->main_drones[1] = many ? 17 : count - 2;
    story->main_drones[2] = many ? 13 : count - 3;
    story->main_count = count >= 5 ? 3 : 1;
    story->zone.drone = STORY_NO_DRONE;
}

static enum drf_status open_publishers(struct sim_story *story)
{
    char error[SIM_PUBLISH_ERROR_SIZE] = "";
    const char *bootstrap = story->plan.bootstrap;
    enum drf_status status =
        sim_publisher_open(bootstrap, story->plan.cranes, 30, &story->cranes, error);
    if (status == DRF_OK)
        status = sim_publisher_open(bootstrap, story->plan.zones, 30, &story->zones, error);
    if (status != DRF_OK)
        fprintf(stderr, "drf-sim fleet: %s\n", error);
    if (status == DRF_OK)
        status = story_withdraw(story);
    if (status == DRF_OK)
        status = sim_publisher_finish(story->cranes, first_ms);
    if (status == DRF_OK)
        status = sim_publisher_finish(story->zones, first_ms);
    if (status == DRF_ERR_AGAIN)
        fprintf(stderr, "drf-sim fleet: Kafka at %s accepts no messages\n", bootstrap);
    return status;
}

enum drf_status sim_story_open(struct sim_world *world, const struct sim_story_plan *plan,
                               struct sim_story **out)
{
    struct sim_story *story = calloc(1, sizeof *story);
    if (story == NULL)
        return DRF_ERR_NOMEM;
    story->plan = *plan;
    story->now_utc_us = plan->start_utc_us;
    story->world = world;
    story->crane.warned_ms = (double)NAN;
    story->crane.beside_m = HUGE_VAL;
    story->restart.noticed_s = story->restart.noticed_all_s = (double)NAN;
    story->restart.back_s = story->restart.back_all_s = (double)NAN;
    story->crane.heard = calloc(plan->drones, sizeof *story->crane.heard);
    story->restart.silent_mono_us = calloc(plan->drones, sizeof(int64_t));
    story->restart.back_mono_us = calloc(plan->drones, sizeof(int64_t));
    plan_schedule(story);
    choose_main_drones(story);
    enum drf_status status = DRF_ERR_NOMEM;
    if (story->crane.heard != NULL && story->restart.silent_mono_us != NULL
        && story->restart.back_mono_us != NULL)
        status = story_find_site(story);
    if (status == DRF_OK)
        status = open_publishers(story);
    if (status != DRF_OK) {
        sim_story_close(story);
        return status;
    }
    *out = story;
    return DRF_OK;
}

void sim_story_close(struct sim_story *story)
{
    if (story == NULL)
        return;
    sim_publisher_close(story->cranes);
    sim_publisher_close(story->zones);
    free(story->crane.heard);
    free(story->restart.silent_mono_us);
    free(story->restart.back_mono_us);
    free(story);
}

static void write_ms(FILE *file, const char *name, int64_t from_us, int64_t to_us)
{
    if (from_us != 0 && to_us != 0)
        fprintf(file, "\"%s\": %.1f", name, (double)(to_us - from_us) * 1e-3);
    else
        fprintf(file, "\"%s\": null", name);
}

static void write_number(FILE *file, const char *name, double value)
{
    if (isfinite(value))
        fprintf(file, "\"%s\": %.4g, ", name, value);
    else
        fprintf(file, "\"%s\": null, ", name);
}

static void write_text(FILE *file, const char *text)
{
    fputc('"', file);
    for (const char *p = text; *p != '\0'; p++) {
        if (*p == '"' || *p == '\\')
            fputc('\\', file);
        fputc((unsigned char)*p < ' ' ? ' ' : *p, file);
    }
    fputc('"', file);
}

static bool write_left_out(const struct sim_story *story, enum story_part part,
                           const char *name, FILE *file)
{
    const struct story_schedule *schedule = &story->schedule[part];
    fprintf(file, ",\n    \"%s\": {", name);
    if (!schedule->left_out)
        return false;
    fprintf(file, "\"left_out\": \"needs %.0f s%s\"}", schedule->needs_s,
            part == STORY_RESTART && story->plan.node_pid_file == NULL
                ? " and a node that can be killed"
            : part == STORY_ZONE && story->plan.drones < 2 ? " and two drones"
                                                           : "");
    return true;
}

static void write_crane(const struct sim_story *story, FILE *file)
{
    if (write_left_out(story, STORY_CRANE, "crane", file))
        return;
    const struct story_crane *crane = &story->crane;
    const struct sim_obstacle *o = &story->world->obstacles[crane->obstacle];
    fprintf(file,
            "\"id\": \"%s\", \"lat_deg\": %.7f, \"lon_deg\": %.7f, \"top_amsl_m\": %.2f, "
            "\"agl_m\": %.2f, \"t_s\": %.3f, ",
            o->id, o->position.lat_deg, o->position.lon_deg, o->amsl_m, o->agl_m,
            story_s(story, crane->accepted_mono_us));
    write_ms(file, "accepted_after_ms", crane->sent_mono_us, crane->accepted_mono_us);
    fputs(", ", file);
    write_number(file, "warned_after_ms", crane->warned_ms);
    fprintf(file, "\"warned\": %zu, \"undisturbed\": %zu, \"drones\": %zu, ", crane->warned,
            crane->undisturbed, story->plan.drones);
    write_number(file, "passed_over_m", crane->passed ? crane->over_m : (double)NAN);
    fprintf(file, "\"passed\": %s}", crane->passed ? "true" : "false");
}

static void write_zone(const struct sim_story *story, FILE *file)
{
    if (write_left_out(story, STORY_ZONE, "zone", file))
        return;
    const struct story_zone *zone = &story->zone;
    bool somebody = zone->drone != STORY_NO_DRONE;
    fprintf(file, "\"drone\": \"%s\", \"t_s\": %.3f, ",
            somebody ? story->accounts[zone->drone].name : "",
            story_s(story, zone->accepted_mono_us));
    write_ms(file, "told_after_ms", zone->accepted_mono_us, zone->told_mono_us);
    fputs(", ", file);
    write_ms(file, "left_after_ms", zone->accepted_mono_us, zone->left_mono_us);
    fputs(", \"polygon\": [", file);
    const struct sim_zone *z = &story->world->zones[0];
    for (size_t i = 0; i < z->count && story->world->zone_count > 0; i++)
        fprintf(file, "%s[%.7f, %.7f]", i > 0 ? ", " : "", z->vertices[i].lat_deg,
                z->vertices[i].lon_deg);
    fputs("]}", file);
}

static void write_restart(const struct sim_story *story, FILE *file)
{
    if (write_left_out(story, STORY_RESTART, "restart", file))
        return;
    const struct story_restart *r = &story->restart;
    fprintf(file, "\"t_s\": %.3f, \"killed\": %s, ", story_s(story, r->killed_mono_us),
            r->killed_mono_us != 0 ? "true" : "false");
    write_number(file, "noticed_first_s", r->noticed_s);
    write_number(file, "noticed_all_s", r->noticed_all_s);
    write_number(file, "back_first_s", r->back_s);
    write_number(file, "back_all_s", r->back_all_s);
    fprintf(file,
            "\"noticed\": %zu, \"back\": %zu, \"published_before\": %zu, "
            "\"published_after\": %zu}",
            r->silent, r->back, r->sent_before, r->sent_after);
}

static void write_porch(const struct sim_story *story, FILE *file)
{
    if (write_left_out(story, STORY_PORCH, "porch", file))
        return;
    const struct story_porch *porch = &story->porch;
    struct geo_point at = sim_world_point(story->world, story->flights[0].porch);
    fprintf(file, "\"lat_deg\": %.7f, \"lon_deg\": %.7f, ", at.lat_deg, at.lon_deg);
    write_ms(file, "answered_after_ms", porch->asked_mono_us, porch->answered_mono_us);
    fprintf(file, ", \"severity\": %u, \"against\": ", porch->severity);
    write_text(file, porch->against);
    fputs(", ", file);
    write_number(file, "landed_t_s",
                 porch->landed_mono_us != 0 ? story_s(story, porch->landed_mono_us)
                                            : (double)NAN);
    write_number(file, "distance_m",
                 porch->landed_mono_us != 0 ? porch->distance_m : (double)NAN);
    fprintf(file, "\"landed\": %s}", porch->landed_mono_us != 0 ? "true" : "false");
}

void sim_story_write(const struct sim_story *story, FILE *file)
{
    static const char *const names[STORY_PARTS] = {"crane", "zone", "restart", "porch"};
    fprintf(file, "  \"story\": {\n    \"hero\": \"%s\",\n    \"begin_utc_ms\": %" PRId64 ",\n",
            story->accounts[story->main_drones[0]].name,
            (story->now_utc_us - (story->now_mono_us - story->start_mono_us)) / 1000);
    fputs("    \"drones\": [", file);
    for (size_t i = 0; i < story->main_count; i++)
        fprintf(file, "%s\"%s\"", i > 0 ? ", " : "",
                story->accounts[story->main_drones[i]].name);
    fputs("],\n    \"events\": [", file);
    for (size_t i = 0; i < story->event_count; i++) {
        fprintf(file,
                "%s\n      {\"t_s\": %.3f, \"scene\": \"%s\", \"text\": ", i > 0 ? "," : "",
                story->events[i].t_s, names[story->events[i].part]);
        write_text(file, story->events[i].text);
        fputc('}', file);
    }
    fputs("\n    ]", file);
    write_crane(story, file);
    write_zone(story, file);
    write_restart(story, file);
    write_porch(story, file);
    fputs("\n  },\n", file);
}
