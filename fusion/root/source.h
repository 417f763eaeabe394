// fusion/root/source.h - the provenance of a value: source, licence, priority, accuracy.
// SPDX-License-Identifier: Apache-2.0
//
// Immutable once made, and interned: equal provenances are one object, so tiles, fields and
// features point to it. Rights (priority, layers) come from the configuration of the feed only,
// never from the sender.
#ifndef FUSION_SOURCE_H
#define FUSION_SOURCE_H

#include <stdint.h>

struct fusion_source {
    char feed[32];   // name in the configuration
    char source[96]; // feed name, or feed name "/" ce_source
    char licence[64];
    char version[80];         // the identity's key and version time, for people
    int32_t priority;         // larger wins
    double vertical_acc95_m;  // of its heights, datum included; 0 when it has none
    double posting_m;         // distance between its native points; 0 for features
    int64_t issue_utc_us;     // when it was issued (version time)
    int64_t data_time_utc_us; // when it was true; INT64_MIN unknown
};

// Which of two identities says it better: < 0 if a. Priority, then accuracy, then issue time
// (later is better), then source id, then key. Total and independent of arrival: 0 only for the
// same provenance.
int fusion_source_compare(const struct fusion_source *a, const struct fusion_source *b);

#endif
