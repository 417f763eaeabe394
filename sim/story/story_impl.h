// sim/story/story_impl.h - state of a story; for story*.c only.
// SPDX-License-Identifier: Apache-2.0
#ifndef SIM_STORY_IMPL_H
#define SIM_STORY_IMPL_H

#include "sim/publish/publish_kafka.h"
#include "sim/story/story.h"

enum { STORY_EVENTS_MAX = 32, STORY_TEXT_SIZE = 200, STORY_NO_DRONE = -1 };

enum story_part { STORY_CRANE, STORY_ZONE, STORY_RESTART, STORY_PORCH, STORY_PARTS };

struct story_event {
    double t_s;
    enum story_part part;
    char text[STORY_TEXT_SIZE];
};

// When a drone was warned of the crane.
struct story_heard {
    int64_t first_mono_us;    // the first advisory of the crane, 0: none
    int64_t answered_mono_us; // the first in answer to a report
    bool disturbed;           // got a pushed context, or an advisory, within a second
};

struct story_crane {
    size_t obstacle;    // in the world
    double path_amsl_m; // of the lead's flight over its place
    int64_t sent_mono_us, accepted_mono_us;
    struct story_heard *heard; // of each drone
    size_t warned, undisturbed;
    double warned_ms; // the last of those that were warned at once; NAN: none
    bool counted, climbing, passed;
    double beside_m, over_m; // the lead's, at the nearest
};

struct story_zone {
    long drone; // STORY_NO_DRONE: none
    struct sim_plane center;
    double radius_m, ground_amsl_m;
    int64_t sent_mono_us, accepted_mono_us, told_mono_us, left_mono_us;
};

struct story_restart {
    int64_t killed_mono_us;
    uint64_t boot_id;                       // of the node that was killed
    int64_t *silent_mono_us, *back_mono_us; // of each drone, 0: not yet
    size_t silent, back;
    double noticed_s, noticed_all_s, back_s, back_all_s;
    size_t sent_before, sent_after;
    bool failed, told_silent, told_back;
};

struct story_porch {
    int64_t asked_mono_us, answered_mono_us, landed_mono_us;
    uint32_t severity;
    char against[SIM_AGAINST_SIZE];
    double distance_m;
};

// When a part begins, and how far it is.
struct story_schedule {
    double at_s;
    bool left_out;
    int step;
    double needs_s;
};

struct sim_story {
    struct sim_story_plan plan;
    struct sim_world *world;
    struct sim_drone *drones;
    const struct sim_account *accounts;
    struct sim_publisher *cranes, *zones;
    struct story_schedule schedule[STORY_PARTS];
    size_t main_drones[3], main_count; // the first is the lead
    struct sim_flight flights[3];
    int64_t start_mono_us, now_mono_us, now_utc_us;
    struct story_crane crane;
    struct story_zone zone;
    struct story_restart restart;
    struct story_porch porch;
    struct story_event events[STORY_EVENTS_MAX];
    size_t event_count, event_told;
    char line[STORY_TEXT_SIZE + 32];
};

double story_s(const struct sim_story *story, int64_t mono_us);
void story_tell(struct sim_story *story, enum story_part part, int64_t mono_us,
                const char *format, ...) __attribute__((format(printf, 4, 5)));

#define STORY_CRANE_ID "sim-crane-story"
#define STORY_ZONE_ID "sim-zone-story"

// sim/story/story_setup.c: the place, the crane and the flights.
DRF_MUST_CHECK enum drf_status story_find_site(struct sim_story *story);

// sim/story/story_publish.c: one feature to a topic, queued.
DRF_MUST_CHECK enum drf_status story_send_obstacle(struct sim_story *story,
                                                   const struct sim_obstacle *obstacle);
DRF_MUST_CHECK enum drf_status story_send_zone(struct sim_story *story,
                                               const struct sim_zone *zone);
// Withdraws what an earlier story left in the topics.
DRF_MUST_CHECK enum drf_status story_withdraw(struct sim_story *story);
// True when all that was queued is in Kafka; waits for that up to a millisecond.
bool story_accepted(struct sim_publisher *publisher);

#endif
