// edge/kafka/kafka.h - the Kafka consumer: partitions into one queue for each feed.
// SPDX-License-Identifier: Apache-2.0
//
// The caller starts each partition at an offset it knows; there is no consumer group, and
// nothing is committed to Kafka. One client serves urgent feeds and one bulk feeds, so that a
// large fetch never delays an urgent one. A feed is paused by not reading its queue: librdkafka
// stops fetching when it is full (queued.max.messages.kbytes). next, start, stop and serve
// belong to the ingest loop and do not block; discover blocks and may run on any other thread.
#ifndef EDGE_KAFKA_H
#define EDGE_KAFKA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "edge/config/config.h"
#include "edge/kafka/message.h"
#include "geo/status.h"

enum {
    EDGE_KAFKA_ERROR_SIZE = 200,
    EDGE_KAFKA_CAUSE_SIZE = 240,
    EDGE_KAFKA_PARTITIONS_MAX = 256
};

struct edge_kafka;

// Called from edge_kafka_serve() only. `level` as in syslog (3 error, 4 warning ...).
typedef void (*edge_kafka_log_fn)(void *context, int level, const char *text);

// A client for those feeds of the configuration whose class is `urgent`. `wake_fd` (an eventfd)
// is written when messages come. The configuration is borrowed until close. DRF_ERR_RANGE: the
// settings together make no client; *error says why. DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status edge_kafka_open(const struct drf_config *config, bool urgent,
                                               int wake_fd, edge_kafka_log_fn log,
                                               void *log_context,
                                               char error[static EDGE_KAFKA_ERROR_SIZE],
                                               struct edge_kafka **out);
void edge_kafka_close(struct edge_kafka *kafka); // NULL is fine; may wait for the network

// Lets librdkafka call back (log, errors). True: no broker has been reachable since the last
// call.
bool edge_kafka_serve(struct edge_kafka *kafka);

// Why no broker could be reached, by cause, as librdkafka said last while it was served: "TLS:
// ...", "SASL: ...", "host name: ...", "connection: ..."; shorter than EDGE_KAFKA_CAUSE_SIZE.
// Until the next serve; "" when it has
// said nothing.
const char *edge_kafka_cause(const struct edge_kafka *kafka);

// DRF_ERR_RANGE: no such feed here, or librdkafka refuses.
DRF_MUST_CHECK enum drf_status edge_kafka_start(struct edge_kafka *kafka, size_t feed,
                                                int32_t partition, int64_t offset);
void edge_kafka_stop(struct edge_kafka *kafka, size_t feed, int32_t partition);

enum edge_kafka_event {
    EDGE_KAFKA_NOTHING,
    EDGE_KAFKA_MESSAGE,
    EDGE_KAFKA_END,       // message.offset is the end of message.partition for now
    EDGE_KAFKA_OFFSET,    // the offset asked for is not there (any more)
    EDGE_KAFKA_GONE,      // the topic or partition is not there (any more)
    EDGE_KAFKA_UNREADABLE // message.topic: gone, or not allowed
};
// The next of a feed. A MESSAGE is given back with edge_kafka_release().
enum edge_kafka_event edge_kafka_next(struct edge_kafka *kafka, size_t feed,
                                      struct edge_message *out);
void edge_kafka_release(struct edge_message *message);

// What a broker says of one feed's topic.
struct edge_kafka_found {
    size_t feed;
    size_t count;  // of partitions; 0: the topic does not exist
    bool too_many; // there are more than fit; those are not read
    bool denied;   // count is 0 because the account may not see the topic; for `check`
    struct {
        int32_t partition;
        int64_t low, high; // first offset kept, and the one after the last
    } partitions[EDGE_KAFKA_PARTITIONS_MAX];
    bool replaced;         // another topic of that name than before: the caller's to fill
    char cluster_id[64];   // "" where the broker has none
    int64_t asked_mono_us; // when the question was put: the caller's to fill
};
// Asks, for at most about `timeout_ms` for each question. DRF_ERR_AGAIN: no broker answers.
DRF_MUST_CHECK enum drf_status edge_kafka_discover(struct edge_kafka *kafka, size_t feed,
                                                   int timeout_ms,
                                                   struct edge_kafka_found *out);

// In a reload, on the thread that serves it and with topic discovery at rest: topics that are
// new, removed or of another name. None of these is started. DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status edge_kafka_follow(struct edge_kafka *kafka,
                                                 const struct drf_config *config, bool urgent,
                                                 int wake_fd);

// A client of all feeds that only looks: for edge_kafka_mark(), which a client that reads the
// same partition cannot do. Belongs to one thread, which also serves it.
DRF_MUST_CHECK enum drf_status edge_kafka_open_topic_discovery(
    const struct drf_config *config, char error[static EDGE_KAFKA_ERROR_SIZE],
    struct edge_kafka **out);
// edge_message_mark() of the message at that offset; blocks. DRF_ERR_ABSENT: there is none any
// more (compacted away, too old). DRF_ERR_AGAIN: nothing came in time.
DRF_MUST_CHECK enum drf_status edge_kafka_mark(struct edge_kafka *kafka, size_t feed,
                                               int32_t partition, int64_t offset,
                                               int timeout_ms, uint64_t *mark);

#endif
