// sim/witness/witness.h - checks contexts and answers of a node against the true world.
// SPDX-License-Identifier: Apache-2.0
//
// It shares no code with the node. Every tolerance is computed: the node's quantum, the stated
// errors of what was published, and the errors of interpolation between published posts and
// between tile cells on a surface of known greatest curvature (for bilinear interpolation
// h^2/8 of the second derivative along each axis). Nothing is tuned by hand.
//
// An absent value is right outside the published data, counted as waiting while the node says
// that the layer is incomplete, and wrong otherwise. Once the node has called a layer
// complete, calling it incomplete again within the same boot excuses nothing.
#ifndef SIM_WITNESS_H
#define SIM_WITNESS_H

#include "drf/v1/context.pb-c.h"
#include "drf/v1/reply.pb-c.h"
#include "drf/v1/terrain.pb-c.h"
#include "sim/flight/drone_limits.h"
#include "sim/flight/flyby.h"
#include "sim/flight/plan.h"
#include "sim/flight/request.h"
#include "sim/witness/witness_counts.h"
#include "sim/world/crs.h"
#include "sim/world/relief.h"
#include "sim/world/world.h"

enum {
    SIM_LAYERS = 8, // numbers of Layer in enums.proto
    SIM_NODES = 8,  // of a region; another takes the place of one
    SIM_STRETCHES_MAX = 32,
    SIM_RING_MAX = 64, // corners of a region
};

// The least and greatest height the node may give for an obstacle's top, without its vertical
// accuracy.
struct sim_top {
    double low_m, high_m;
};

// The constant part of an obstacle's check.
struct sim_obstacle_extent {
    struct sim_plane at;
    struct sim_top top;
};

// What interpolation and quantisation can do to a height, metres.
struct sim_height_tolerance {
    double ground_m, ground_cell_m;           // at a position; of a cell
    double surface_cell_m, surface_between_m; // of a cell; between cells, were it bilinear
    double edge_m; // nearer to the edge of the data it may be known or not
    double step_m; // a height may move by this when it is taken from the nearest cell
    double cell_n_m, cell_e_m;
};

// The surface over a part of the path: at most high_m; somewhere at least low_m.
struct sim_stretch {
    double from_m, to_m, low_m, high_m; // -HUGE_VAL and HUGE_VAL where nothing is certain
};

// The region that the node says it serves.
struct sim_region {
    size_t count; // 0: not known
    struct geo_point ring[SIM_RING_MAX];
    double margin_m;
};

// The report that a context answers.
struct sim_report {
    size_t drone; // its number in the fleet
    uint32_t seq;
    struct geo_point position; // as sent
    int64_t utc_us, mono_us;
    bool has_wgs84, has_amsl, has_takeoff, on_ground;
    bool has_pressure;
    double wgs84_m, amsl_m, above_takeoff_m;
    double pressure_m, pressure_acc_m;
    struct geo_point takeoff;
    double north_mps, east_mps, up_mps;
    double horizontal_acc_m, velocity_acc_mps, vertical_acc_m;
    uint32_t plan;   // that it names; 0: none
    bool answered;   // by a context: the node has it
    bool unprofiled; // its profile had no reply yet: its limits may not be known
};

// The reports of the whole fleet, to check traffic advisories.
struct sim_fleet_reports {
    const struct sim_report *ring; // `depth` of each of `count` drones, by seq modulo
    size_t count, depth;
    const char *names; // of the first, NUL-terminated; each next name_stride bytes on
    size_t name_stride;
    const int64_t *refused_mono_us; // of each, when its last refused report was; NULL: none
    const struct sim_plans *plans;  // of the first drone; NULL: none are filed
    size_t plans_stride;            // bytes to the next drone's
    const int64_t *slowest_us;      // an answer took so long lately; NULL: not known
};

struct sim_advisory_history; // sim/witness/witness_history.h: what one drone was and could be
                             // advised of

// A node of the region, and what it called complete in its present boot.
struct sim_witness_node {
    uint64_t name; // hash; 0: free
    uint64_t boot_id;
    int64_t boot_mono_us; // when that boot first answered; 0: the first node's first
    int64_t complete_utc_us[SIM_LAYERS]; // the node's time when it first called it complete, 0:
                                         // not yet
    // While contexts list it as incomplete, the last two times of that: from and to.
    int64_t listed_utc_us[SIM_LAYERS][2][2];
};

struct sim_witness {
    const struct sim_world *world;
    struct sim_relief relief;
    struct sim_geoid *geoid;
    unsigned level;
    struct sim_height_tolerance tolerance;
    struct sim_obstacle_extent *extents;         // of each obstacle of the world, in its order
    double weather_tolerance[SIM_WEATHER_COUNT]; // at 10 m above ground for the wind
    const char *region;
    struct sim_witness_node nodes[SIM_NODES];
    size_t node;               // whose context is being checked
    bool complete[SIM_LAYERS]; // for the context that is being checked
    bool listed[SIM_LAYERS];   // at that time the node may list it as incomplete all the same
    bool shed;                 // the context that is being checked says that it was shortened
    struct sim_region served;
    struct sim_fleet_reports fleet;
    const struct sim_flybys *flybys; // of a traffic feed; NULL: none
    struct sim_advisory_history
        *history;         // of each drone of the fleet; NULL: advisories are not checked
    size_t stretch_count; // of the context that is being checked
    struct sim_stretch stretches[SIM_STRETCHES_MAX];
};

// `world` is borrowed until close; `region` too. DRF_ERR_NOMEM. DRF_ERR_ABSENT: no geoid grid.
DRF_MUST_CHECK enum drf_status sim_witness_open(const struct sim_world *world,
                                                const char *region, unsigned level,
                                                struct sim_witness *out);
void sim_witness_close(struct sim_witness *witness);

// From here on advisories are checked too. The pointers in `fleet` are borrowed until close.
// DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status sim_witness_fleet(struct sim_witness *witness,
                                                 struct sim_fleet_reports fleet);

// Checks one context that arrived at `arrival_mono_us` and counts into `counts`.
void sim_witness_check(struct sim_witness *witness, const struct sim_report *report,
                       const Drf__V1__Context *context, int64_t arrival_mono_us,
                       struct sim_witness_counts *counts);

// Before contexts that tell it without saying what it is about: an advisory as it came on its
// own topic. Any order is right.
void sim_witness_told(struct sim_witness *witness, size_t drone,
                      const Drf__V1__Advisory *advisory);

// The node of a context: by its name, or where that is missing by its boot_id. Index in
// witness->nodes.
size_t sim_witness_node_of(struct sim_witness *witness, const char *name, uint64_t boot_id,
                           int64_t arrival_mono_us);
// Whether contexts of this boot had called a layer complete by this time of the node. Messages
// to different drones arrive in any order.
bool sim_witness_was_complete(const struct sim_witness *witness, uint32_t layer,
                              uint64_t boot_id, int64_t node_utc_us);
// Before an answer that is no context: sets what was complete when the node made it.
void sim_witness_layers_at(struct sim_witness *witness, uint64_t boot_id, int64_t node_utc_us);
// Check the answer to a question; `utc_us`: when it was answered.
void sim_witness_terrain(struct sim_witness *witness, const struct sim_terrain_asked *asked,
                         const Drf__V1__Terrain *terrain, struct sim_witness_counts *counts);
void sim_witness_landing(struct sim_witness *witness, const struct sim_landing_asked *asked,
                         const struct sim_drone_limits *limits, int64_t utc_us,
                         const Drf__V1__Landing *landing, struct sim_witness_counts *counts);

// `report`: the drone's newest when the plan was answered, `answered` when the node surely had
// one of its reports by then; `reply` accepts the plan.
void sim_witness_review(struct sim_witness *witness, const struct sim_report *report,
                        const struct sim_plan *plan, const Drf__V1__Reply *reply,
                        struct sim_witness_counts *counts);

// The parts of sim_witness_check(), each in its own file.
void sim_witness_height(struct sim_witness *witness, const struct sim_report *report,
                        const Drf__V1__Context *context, struct sim_witness_counts *counts);
void sim_witness_ahead(struct sim_witness *witness, const struct sim_report *report,
                       const Drf__V1__Context *context, struct sim_witness_counts *counts);
void sim_witness_weather(struct sim_witness *witness, const struct sim_report *report,
                         const Drf__V1__Context *context, struct sim_witness_counts *counts);
void sim_witness_obstacles(struct sim_witness *witness, const struct sim_report *report,
                           const Drf__V1__Context *context, struct sim_witness_counts *counts);
void sim_witness_refused(struct sim_witness *witness, const struct sim_report *report,
                         const Drf__V1__Context *context, struct sim_witness_counts *counts);
void sim_witness_alerts(struct sim_witness *witness, const struct sim_report *report,
                        const Drf__V1__Context *context, struct sim_witness_counts *counts);
// The list of traffic: each entry, and how many there are.
void sim_witness_neighbours(const struct sim_witness *witness, const struct sim_report *report,
                            const Drf__V1__Context *context, int64_t arrival_mono_us,
                            struct sim_witness_counts *counts);
// Whether a drone's reports hold a jump that its node may doubt (schemas/client.md, Traffic).
bool sim_witness_jumped(const struct sim_fleet_reports *fleet, size_t drone);
// After sim_witness_ahead(), which leaves the stretches.
void sim_witness_advisories(struct sim_witness *witness, const struct sim_report *report,
                            const Drf__V1__Context *context, int64_t arrival_mono_us,
                            struct sim_witness_counts *counts);

#endif
