// sim/story/story.h - scripted events of a demonstration flight, and their measurement.
// SPDX-License-Identifier: Apache-2.0
//
// A crane is built ahead of one drone, a zone is closed around another, the node is killed,
// and at the end the first drone, the lead, lands at a porch. The story makes these happen in
// the world and in Kafka, at their times, and observes how the drones react. A part for which
// the flight is too short is left out and reported as such. What was not measured is reported
// as unknown.
#ifndef SIM_STORY_H
#define SIM_STORY_H

#include <stdio.h>

#include "drf/v1/advisory.pb-c.h"
#include "sim/fleet/receive.h"

struct sim_story_plan {
    const char *bootstrap;     // of Kafka
    const char *cranes;        // topic of GeoJSON obstacles
    const char *zones;         // topic of GeoJSON zones
    const char *node_pid_file; // holds the id of the process that is killed; NULL: not killed
    double seconds;            // of the flight
    size_t drones;
    double rate_hz;
    int64_t start_utc_us; // when it is opened
};

struct sim_story;

// Adds the crane, not yet published, to the world. Pointers of the plan are borrowed until
// close. DRF_ERR_NOMEM. DRF_ERR_RANGE: Kafka's settings are refused.
DRF_MUST_CHECK enum drf_status sim_story_open(struct sim_world *world,
                                              const struct sim_story_plan *plan,
                                              struct sim_story **out);
void sim_story_close(struct sim_story *story); // NULL is fine

// Sets the flights of the story's own drones. Pointers are borrowed until close.
void sim_story_assign(struct sim_story *story, struct sim_drone *drones,
                      const struct sim_account *accounts);

// Starts the parts that are due and advances those that run. `start_mono_us`: of the flight.
// The receiver is drained before anything in the world changes.
void sim_story_step(struct sim_story *story, struct sim_receiver *receiver,
                    int64_t start_mono_us, struct sim_now now);

// Messages to a drone when they arrived, and a step of its flight.
void sim_story_context(struct sim_story *story, size_t index, const Drf__V1__Context *context,
                       int64_t mono_us);
void sim_story_advisory(struct sim_story *story, size_t index,
                        const Drf__V1__Advisory *advisory, int64_t mono_us);
void sim_story_answer(struct sim_story *story, size_t index, const Drf__V1__Reply *reply,
                      int64_t mono_us);
void sim_story_flown(struct sim_story *story, size_t index, int64_t mono_us);

// The text of the next event that was not returned yet, or NULL. Valid until the next call.
const char *sim_story_line(struct sim_story *story);

// `"story": {...}`
void sim_story_write(const struct sim_story *story, FILE *file);

#endif
