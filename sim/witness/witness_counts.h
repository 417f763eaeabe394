// sim/witness/witness_counts.h - counters of the witness, by check and by advisory kind.
// SPDX-License-Identifier: Apache-2.0
#ifndef SIM_WITNESS_COUNTS_H
#define SIM_WITNESS_COUNTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum sim_check {
    SIM_CHECK_ENVELOPE, // mode, region, times, echo of the report
    SIM_CHECK_SEQUENCE,
    SIM_CHECK_AIRCRAFT, // the aircraft's own height, geoid, basis
    SIM_CHECK_AGL,
    SIM_CHECK_GROUND,
    SIM_CHECK_SURFACE,
    SIM_CHECK_CLEARANCE,
    SIM_CHECK_SEGMENTS, // gaps and lengths of the look-ahead
    SIM_CHECK_AHEAD,    // its heights
    SIM_CHECK_PLAN,     // whether a plan is followed, and its way
    SIM_CHECK_OBSTACLES,
    SIM_CHECK_REFUSED, // who is near a refused input is told, and nobody else
    SIM_CHECK_WIND,
    SIM_CHECK_GUST,
    SIM_CHECK_TEMPERATURE,
    SIM_CHECK_VISIBILITY,
    SIM_CHECK_PRECIPITATION,
    SIM_CHECK_DATA_TIME,
    SIM_CHECK_INVENTED,        // a value where the world has none
    SIM_CHECK_MISSING,         // no value where the world has one
    SIM_CHECK_PATCH,           // cells of a patch
    SIM_CHECK_ADVISORY,        // its form, id and revision
    SIM_CHECK_ADVISORY_FALSE,  // received, but the condition does not hold
    SIM_CHECK_ADVISORY_MISSED, // the condition holds, but none was received
    SIM_CHECK_TERRAIN,         // blocks for an autopilot
    SIM_CHECK_LANDING,         // answers to landing requests
    SIM_CHECK_CELLS,           // weather cells of a patch
    SIM_CHECK_TRAFFIC,         // how well others are said to be known
    SIM_CHECK_ALERTS,          // whom they concern
    SIM_CHECK_REVIEW,          // of a plan
    SIM_CHECK_OWNER,           // no two nodes are a drone's owner at one time
    SIM_CHECK_GAP,             // contexts come before the last is stale
    SIM_CHECK_REPLY,           // one to each profile and plan
    SIM_CHECK_CARRIED,         // the next owner goes on with a WARNING of the last
    SIM_CHECK_DECODE,          // not a message
    SIM_CHECK_COUNT
};

enum { SIM_SAMPLE_SIZE = 240 };

enum { SIM_ADVISORY_KINDS = 17 }; // AdvisoryKind in enums.proto

// Why an advisory that was received cannot be judged.
enum sim_unjudged {
    SIM_JUDGED,            // it can be
    SIM_UNJUDGED_KIND,     // the witness does not know this kind
    SIM_UNJUDGED_WAY,      // the node may take any of several ways
    SIM_UNJUDGED_SHORT,    // not watched for as long as an advisory is kept
    SIM_UNJUDGED_NAMELESS, // never received in full: what it is about is unknown
    SIM_UNJUDGED_LATE,     // answers so late that the node may have had other reports
    SIM_UNJUDGED_UNKNOWN,  // what it is judged by is not known here
    SIM_UNJUDGED_FULL,     // more conditions than fit here
    SIM_UNJUDGED_COUNT
};
const char *sim_unjudged_name(enum sim_unjudged reason); // "way"
const char *sim_unjudged_text(enum sim_unjudged reason); // for people

// Advisories of a kind, counted in each context: `sound` were judged, `false_ones` of them are
// false, the rest unjudged, by reason; `certain` conditions hold without doubt, `missed` of
// them had no advisory.
struct sim_kind_count {
    uint64_t sound, false_ones, certain, missed;
    uint64_t unjudged[SIM_UNJUDGED_COUNT];
};
const char *sim_advisory_kind_name(uint32_t kind); // "terrain"; NULL: there is none

// One judgement, for whoever keeps them all. RIGHT, FALSE and UNJUDGED are of an advisory that
// was received, MISSED of one that was not, WRONG of a value; right values are not told.
struct sim_judgement {
    enum sim_check check;
    uint32_t verdict;        // Verdict in simulation.proto
    uint32_t kind, severity; // of an advisory; 0: none
    const char *feature;     // "": none
    const char *text;        // why; "" for RIGHT; sim_unjudged_name() for UNJUDGED
};

// Pointers of a judgement live until the call returns. on_judgement NULL: nobody listens.
struct sim_judgement_listener {
    void *context;
    void (*on_judgement)(void *context, size_t drone, int64_t mono_us,
                         const struct sim_judgement *judgement);
};

struct sim_witness_counts {
    struct sim_judgement_listener listener;
    size_t drone;                      // whose message is being checked, for the listener
    int64_t mono_us;                   // when it arrived
    uint64_t checked[SIM_CHECK_COUNT]; // values looked at
    uint64_t wrong[SIM_CHECK_COUNT];
    uint64_t waiting; // values not there yet, and the node gave a reason
    uint64_t shed;    // values absent because the node says that it left them out
    uint64_t data_points;
    uint64_t carried_unjudged; // WARNINGs at a change of owner of which nothing can be said
    struct sim_kind_count kinds[SIM_ADVISORY_KINDS];
    char sample[SIM_CHECK_COUNT][SIM_SAMPLE_SIZE]; // of the first wrong one
};

const char *sim_check_name(enum sim_check check); // "wind"
uint64_t sim_witness_counts_wrong(const struct sim_witness_counts *counts);

// Advisories over all kinds.
struct sim_advisory_totals {
    uint64_t told, judged, false_ones, certain, missed, unjudged;
    uint64_t because[SIM_UNJUDGED_COUNT];
};
struct sim_advisory_totals sim_witness_counts_totals(const struct sim_witness_counts *counts);

// Counts a check; when !good the text, a printf format, is kept as the sample if it is the
// first of its kind.
void sim_witness_counts_note(struct sim_witness_counts *counts, enum sim_check check, bool good,
                             const char *format, ...) __attribute__((format(printf, 4, 5)));
// The same for an advisory; `judgement` has all but the text, RIGHT counts as good.
void sim_witness_counts_judge(struct sim_witness_counts *counts,
                              const struct sim_judgement *judgement, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
// An advisory that was received and cannot be judged. A kind that is not known counts as 0.
void sim_witness_counts_unjudged(struct sim_witness_counts *counts, uint32_t kind,
                                 uint32_t severity, const char *feature,
                                 enum sim_unjudged reason);

#endif
