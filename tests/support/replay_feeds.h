// tests/support/replay_feeds.h - Kafka and decoder of a node in test that misbehave by a seed.
// SPDX-License-Identifier: Apache-2.0
//
// Belongs to the ingest loop's thread. A message is made of what it stands for (seed, feed,
// partition, offset), so that it is the same when it is read again.
#ifndef TESTS_SUPPORT_REPLAY_FEEDS_H
#define TESTS_SUPPORT_REPLAY_FEEDS_H

#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "edge/kafka/deadletter.h"
#include "edge/replay/decode_here.h"

enum {
    CRANES,
    DOF,
    ZONES,
    TRACKS,
    FEEDS,
    TERRAIN = FEEDS, // only with rasters
    FEEDS_MAX,
    PARTITIONS = 2,
    LOGGED_MAX = 8192,
    LETTERS_MAX = 4096,
    RASTER_POSTS = 1201,
    RASTER_BYTES = 2 * RASTER_POSTS * RASTER_POSTS, // of an HGT file
};

static const char *const feed_topics[FEEDS_MAX] = {"cranes", "obstacles", "zones", "tracks",
                                                   "terrain"};

struct chance {
    uint64_t state;
};

static inline uint64_t chance_next(struct chance *chance)
{
    uint64_t z = chance->state += UINT64_C(0x9e3779b97f4a7c15); // splitmix64
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static inline uint64_t below(struct chance *chance, uint64_t limit)
{
    return chance_next(chance) % limit;
}

static inline bool one_in(struct chance *chance, uint64_t count)
{
    return below(chance, count) == 0;
}

// In the middle of a loop's step: here the other loop overtakes it at times.
struct meeting {
    struct chance chance;
    void (*overtake)(
        void *self); // of one thread: does steps of the other; NULL: it has its own
    void *self;
};

static inline void meet(struct meeting *meeting)
{
    if (meeting->overtake == NULL && one_in(&meeting->chance, 8))
        (void)sched_yield();
    else if (meeting->overtake != NULL && one_in(&meeting->chance, 40))
        meeting->overtake(meeting->self);
}

struct partition_log {
    int64_t utc_us[LOGGED_MAX]; // of each message; its offset is its place
    int64_t count, low, position;
    bool started, end_told;
};

struct letter {
    uint8_t *bytes;
    size_t size;
    uint64_t tag;
    bool purged;
};

struct feed_world {
    uint64_t seed, generation[FEEDS_MAX];
    struct chance chance;
    struct meeting meeting;
    struct edge_now now; // of the step
    struct partition_log logs[FEEDS_MAX][PARTITIONS];
    uint8_t *raster; // heights of chance, as HGT; NULL: there is no terrain
    struct edge_decode_here *decoder;
    struct edge_decoder_port decodes;
    unsigned wait[EDGE_LANES]; // answers that are late
    bool cold, deadly;
    char cluster;
    size_t held; // messages that were not given back
    // The producer.
    struct letter letters[LETTERS_MAX];
    size_t letter_first, letter_count;
    bool silent;
    uint64_t produced, reported;
};

// ---- messages

static inline size_t feed_text(const struct feed_world *world, size_t feed, int32_t partition,
                               int64_t offset, char *key, char *text, size_t room)
{
    struct chance own = {world->seed ^ (world->generation[feed] << 50) ^ ((uint64_t)feed << 40)
                         ^ ((uint64_t)partition << 32) ^ (uint64_t)offset};
    const uint64_t number = below(&own, 25), height = 20 + below(&own, 200),
                   east = below(&own, 40);
    (void)snprintf(key, 32, "36-%06" PRIu64, number);
    if (one_in(&own, 12))
        return 0; // withdrawn
    if (one_in(&own, 12))
        return (size_t)snprintf(text, room, "broken %" PRIu64, height);
    if (feed == DOF)
        return (size_t)snprintf(text, room,
                                "%s O US NY SOMEWHERE        43 30 %02" PRIu64
                                ".00N 079 30 %02" PRIu64 ".00W TOWER              1 %05" PRIu64
                                " 00900 R 1 A M 1999AEA01234OE A 2015074 ",
                                key, east, number, height);
    if (feed == CRANES)
        return (size_t)snprintf(
            text, room,
            "{\"type\":\"FeatureCollection\",\"features\":[{\"type\":\"Feature\",\"id\":"
            "\"c%" PRIu64 "\",\"properties\":{\"kind\":\"crane\",\"agl_m\":%" PRIu64
            ",\"amsl_m\":%" PRIu64 "},\"geometry\":{\"type\":\"Point\",\"coordinates\":"
            "[-79.5%02" PRIu64 ",43.5%02" PRIu64 "]}}]}",
            number, height, height + 100, east, number);
    if (feed == ZONES)
        return (size_t)snprintf(
            text, room,
            "{\"features\":[{\"identifier\":\"Z%" PRIu64 "\",\"country\":\"CAN\","
            "\"restriction\":\"PROHIBITED\",\"applicability\":[{\"permanent\":\"YES\"}],"
            "\"geometry\":[{\"uomDimensions\":\"M\",\"lowerLimit\":0,"
            "\"lowerVerticalReference\":\"AGL\",\"upperLimit\":%" PRIu64
            ",\"upperVerticalReference\":\"AMSL\",\"horizontalProjection\":{\"type\":"
            "\"Polygon\",\"coordinates\":[[[-79.5%02" PRIu64 ",43.49],[-79.48,43.49],"
            "[-79.48,43.52],[-79.50,43.52],[-79.5%02" PRIu64 ",43.49]]]}}]}]}",
            number, height + 100, east, east);
    double seconds = (double)world->logs[feed][partition].utc_us[offset] / 1e6;
    return (size_t)snprintf(
        text, room,
        "{\"now\":%.1f,\"messages\":1,\"aircraft\":[{\"hex\":\"ac67%02" PRIx64
        "\",\"lat\":43.5%02" PRIu64 ",\"lon\":-79.5,\"alt_geom\":%" PRIu64
        ",\"gs\":60,\"track\":90,\"seen_pos\":0.2,\"nac_p\":9,\"gva\":2}]}",
        seconds, number % 4, number, 300 + height);
}

struct made_message {
    char key[32], text[1024];
};

static inline void feed_make(struct feed_world *world, size_t feed, int32_t partition,
                             int64_t offset, struct edge_message *out)
{
    struct made_message *made = malloc(sizeof *made);
    assert_non_null(made);
    const uint8_t *value = (const uint8_t *)made->text;
    size_t size;
    if (feed == TERRAIN) { // one cell again and again: each version leaves orphans
        (void)snprintf(made->key, sizeof made->key, "N43W080.hgt");
        value = world->raster;
        size = RASTER_BYTES;
    } else {
        size =
            feed_text(world, feed, partition, offset, made->key, made->text, sizeof made->text);
        assert_true(size < sizeof made->text);
    }
    *out = (struct edge_message){
        .feed = feed,
        .topic = feed_topics[feed],
        .partition = partition,
        .offset = offset,
        .key = (const uint8_t *)made->key,
        .key_size = strlen(made->key),
        .value = size > 0 ? value : NULL,
        .value_size = size,
        .timestamp = EDGE_TIMESTAMP_CREATE,
        .timestamp_ms = world->logs[feed][partition].utc_us[offset] / 1000,
        .headers = {{.name = "ce_source", .value = "test", .size = 4}},
        .header_count = offset % 3 == 0,
        .handle = made,
    };
    world->held++;
}

static inline enum drf_status feed_start(void *self, size_t feed, int32_t partition,
                                         int64_t offset)
{
    struct feed_world *world = self;
    struct partition_log *log = &world->logs[feed][partition];
    meet(&world->meeting);
    if (one_in(&world->chance, 6))
        return DRF_ERR_RANGE;
    log->started = true;
    log->end_told = false;
    log->position = offset;
    return DRF_OK;
}

static inline void feed_stop(void *self, size_t feed, int32_t partition)
{
    struct feed_world *world = self;
    world->logs[feed][partition].started = false;
}

static inline enum edge_kafka_event feed_next(void *self, size_t feed, struct edge_message *out)
{
    struct feed_world *world = self;
    meet(&world->meeting);
    int32_t partition = (int32_t)below(&world->chance, PARTITIONS);
    struct partition_log *log = &world->logs[feed][partition];
    if (!log->started)
        return EDGE_KAFKA_NOTHING;
    *out = (struct edge_message){
        .feed = feed, .partition = partition, .offset = log->count, .topic = feed_topics[feed]};
    if (one_in(&world->chance, 2000) || log->position < log->low)
        return EDGE_KAFKA_OFFSET;
    if (one_in(&world->chance, 2000))
        return EDGE_KAFKA_GONE;
    if (log->position < log->count) {
        feed_make(world, feed, partition, log->position++, out);
        return EDGE_KAFKA_MESSAGE;
    }
    if (log->end_told)
        return EDGE_KAFKA_NOTHING;
    log->end_told = true;
    return EDGE_KAFKA_END;
}

static inline void feed_release(void *self, struct edge_message *message)
{
    struct feed_world *world = self;
    world->held--;
    free(message->handle);
    message->handle = NULL;
}

static inline void feed_grow(struct feed_world *world)
{
    size_t feed = (size_t)below(&world->chance, FEEDS);
    if (world->raster != NULL && one_in(&world->chance, 100))
        feed = TERRAIN;
    struct partition_log *log = &world->logs[feed][below(&world->chance, PARTITIONS)];
    if (log->count < LOGGED_MAX) {
        log->utc_us[log->count++] = world->now.utc_us;
        log->end_told = false;
    }
    if (one_in(&world->chance, 200) && log->low < log->count)
        log->low++;
}

// What discovery says of a feed; false: no broker answers.
static inline bool feed_found(struct feed_world *world, size_t feed,
                              struct edge_kafka_found *out)
{
    *out = (struct edge_kafka_found){.feed = feed,
                                     .count = one_in(&world->chance, 30) ? 0 : PARTITIONS,
                                     .asked_mono_us = world->now.mono_us - 1000};
    if (one_in(&world->chance, 60)) {
        out->replaced = true; // another topic of that name
        world->generation[feed]++;
        for (int i = 0; i < PARTITIONS; i++)
            world->logs[feed][i].low = world->logs[feed][i].position = 0;
    }
    if (one_in(&world->chance, 400))
        world->cluster++;
    out->cluster_id[0] = (char)('a' + world->cluster % 4);
    for (size_t i = 0; i < out->count; i++) {
        out->partitions[i].partition = (int32_t)i;
        out->partitions[i].low = world->logs[feed][i].low;
        out->partitions[i].high = world->logs[feed][i].count;
    }
    return !one_in(&world->chance, 12);
}

// ---- the decoder

static inline enum drf_status decode_start(void *self, size_t lane,
                                           const struct geo_decode_params *params,
                                           const uint8_t *bytes, size_t size,
                                           int64_t now_mono_us)
{
    struct feed_world *world = self;
    if (world->cold || one_in(&world->chance, 10))
        return DRF_ERR_AGAIN;
    world->wait[lane] = (unsigned)below(&world->chance, 4);
    return world->decodes.start(world->decodes.self, lane, params, bytes, size, now_mono_us);
}

static inline bool decode_take(void *self, size_t lane, struct edge_decoded *out)
{
    struct feed_world *world = self;
    meet(&world->meeting);
    if (world->wait[lane] > 0) {
        world->wait[lane]--;
        return false;
    }
    if (!world->decodes.take(world->decodes.self, lane, out))
        return false;
    if (one_in(&world->chance, world->deadly ? 2 : 200)) {
        bool late = one_in(&world->chance, 2);
        *out = (struct edge_decoded){.status = DRF_ERR_RANGE,
                                     .died = true,
                                     .late = late,
                                     .why = {.code = GEO_REFUSAL_DIED, .count = 1}};
    }
    return true;
}

static inline bool decode_ready(void *self)
{
    const struct feed_world *world = self;
    return !world->cold;
}

// ---- the taker of dead letters

static inline enum drf_status letter_send(void *self, const struct edge_kafka_record *record)
{
    struct feed_world *world = self;
    meet(&world->meeting);
    if (one_in(&world->chance, 100))
        return DRF_ERR_RANGE;
    if (world->letter_count == LETTERS_MAX || one_in(&world->chance, 20))
        return DRF_ERR_FULL;
    struct letter *letter =
        &world->letters[(world->letter_first + world->letter_count++) % LETTERS_MAX];
    *letter = (struct letter){.size = edge_kafka_record_size(record), .tag = record->tag};
    letter->bytes = malloc(letter->size);
    assert_non_null(letter->bytes);
    edge_kafka_record_pack(record, letter->bytes);
    world->produced++;
    return DRF_OK;
}

static inline void letter_purge(void *self, bool all)
{
    struct feed_world *world = self;
    for (size_t i = 0; i < world->letter_count; i++)
        if (all || i % 2 == 0)
            world->letters[(world->letter_first + i) % LETTERS_MAX].purged = true;
}

static inline size_t letter_waiting(void *self)
{
    const struct feed_world *world = self;
    return world->letter_count;
}

static inline void letter_serve(void *self, int timeout_ms, edge_producer_report_fn report,
                                void *context)
{
    struct feed_world *world = self;
    struct edge_header headers[EDGE_KAFKA_RECORD_HEADERS_MAX];
    while (world->letter_count > 0) {
        struct letter *letter = &world->letters[world->letter_first];
        if (!letter->purged && timeout_ms == 0 && (world->silent || one_in(&world->chance, 4)))
            return;
        struct edge_kafka_record record;
        assert_int_equal(
            edge_kafka_record_unpack(letter->bytes, letter->size, headers, &record), DRF_OK);
        record.tag = letter->tag;
        report(context, &record, !letter->purged && !one_in(&world->chance, 10));
        free(letter->bytes);
        world->letter_first = (world->letter_first + 1) % LETTERS_MAX;
        world->letter_count--;
        world->reported++;
    }
}

// Hills would compress; heights of chance stay as large as they are.
static inline uint8_t *raster_of(uint64_t seed)
{
    struct chance chance = {seed ^ UINT64_C(0x726f756768)};
    uint8_t *raster = malloc(RASTER_BYTES);
    assert_non_null(raster);
    for (size_t i = 0; i < RASTER_BYTES; i += 2) {
        uint64_t height_m = below(&chance, 2000);
        raster[i] = (uint8_t)(height_m >> 8); // big end first
        raster[i + 1] = (uint8_t)height_m;
    }
    return raster;
}

static inline void feed_world_open(struct feed_world *world, uint64_t seed, bool rasters)
{
    world->raster = rasters ? raster_of(seed) : NULL;
    world->seed = seed;
    world->chance.state = seed ^ UINT64_C(0x696e67657374);
    world->meeting.chance.state = seed ^ UINT64_C(0x6d656574);
    assert_int_equal(edge_decode_here_open(&world->decoder), DRF_OK);
    world->decodes = edge_decode_here_port(world->decoder);
}

static inline void feed_world_close(struct feed_world *world)
{
    assert_int_equal(world->held, 0);
    edge_decode_here_close(world->decoder);
    free(world->raster);
    for (; world->letter_count > 0; world->letter_count--) {
        free(world->letters[world->letter_first].bytes);
        world->letter_first = (world->letter_first + 1) % LETTERS_MAX;
    }
}

#endif
