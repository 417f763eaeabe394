// tests/bench/bench_sim_load.c - a thousand drones that only measure: reports out, contexts in.
// SPDX-License-Identifier: Apache-2.0
//
// The same load for the node and for a bare relay. Open: reports spread evenly over time, each
// drone at its rate. Closed (--rate 0): each drone reports again when its context comes. With
// --bootstrap, obstacles go into Kafka, each ahead of one drone, and the time counts from when
// it is handed to librdkafka, whose connections are warm by then, to when an advisory that
// names it arrives. --burst hands over so many at once, each ahead of another drone, after the
// others; what counts is when the last of these is told. Bytes are counted by kind. One JSON
// line.
#include <inttypes.h>
#include <librdkafka/rdkafka.h>
#include <math.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>

#include "drf/v1/profile.pb-c.h"
#include "drf/v1/telemetry.pb-c.h"
#include "tests/bench/wire_client.h"
#include "tests/bench/wire_scan.h"

enum {
    DRONES_MAX = 4096,
    WAITING = 64,
    SAMPLES_MAX = 4000000,
    OBSTACLES_MAX = 100000,
    WARM_MESSAGES = 20,
    BURST_AFTER_US = 1000000,
    BURST_WAIT_US = 10000000, // for a machine that is too busy
};

struct order {
    uint16_t port;
    const char *users, *bootstrap, *topic;
    size_t drones;
    double rate_hz, seconds, warm_s, patch_hz, obstacles_hz, profile_hz;
    double south, west, north, east, amsl_m, speed_mps;
    unsigned patch_cells;
    size_t burst;
    bool relay; // contexts say nothing: the oldest report is the one that was answered
};

struct drone {
    struct wire_client client;
    char name[40], password[130], prefix[96], telemetry[128];
    double lat, lon, course;
    uint32_t seq;
    uint64_t node_boot_id;
    uint32_t seen;
    int64_t sent_us[WAITING]; // by seq
    uint32_t answered;        // seq
    bool profiled;
};

struct load {
    struct order order;
    struct drone *drones;
    int epoll;
    uint64_t boot_id;
    bool measuring;
    int64_t from_us, until_us; // reports sent in this time count
    uint64_t sent, answered, contexts, context_bytes, patches, patch_bytes, data_points,
        advisories, advisory_bytes, others, other_bytes;
    uint64_t broken;
    uint32_t *samples;
    size_t sample_count;
    struct patch_windows windows;
    rd_kafka_t *producer;
    rd_kafka_topic_t *kafka_topic;
    size_t obstacle_count, accepted, warned, burst_from,
        burst_told; // burst_from: the first of it
    int64_t *handed_us, *accepted_us, *warned_us;
    uint32_t run; // obstacles of this run are named by it
};

static int64_t clock_us(clockid_t id)
{
    struct timespec time;
    (void)clock_gettime(id, &time);
    return (int64_t)time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

static int64_t now_us(void) { return clock_us(CLOCK_MONOTONIC); }

#define SET(message, field, to) ((message)->has_##field = 1, (message)->field = (to))

static void move(struct load *load, struct drone *drone, double by_s)
{
    const struct order *o = &load->order;
    drone->lat += cos(drone->course) * o->speed_mps * by_s / 111320.0;
    drone->lon += sin(drone->course) * o->speed_mps * by_s / 75000.0;
    if (drone->lat < o->south || drone->lat > o->north || drone->lon < o->west
        || drone->lon > o->east)
        drone->course += 3.14159265;
}

static void report(struct load *load, size_t index)
{
    struct drone *drone = &load->drones[index];
    double rate_hz = load->order.rate_hz > 0 ? load->order.rate_hz : 20.0;
    move(load, drone, 1.0 / rate_hz);
    Drf__V1__Telemetry m = DRF__V1__TELEMETRY__INIT;
    Drf__V1__Seen seen = DRF__V1__SEEN__INIT;
    SET(&m, seq, ++drone->seq);
    SET(&m, drone_boot_id, load->boot_id);
    SET(&m, time_us, clock_us(CLOCK_REALTIME));
    SET(&m, time_source, 1);
    SET(&m, lat_e7, (int32_t)(drone->lat * 1e7));
    SET(&m, lon_e7, (int32_t)(drone->lon * 1e7));
    SET(&m, alt_amsl_m, (float)load->order.amsl_m);
    SET(&m, alt_amsl_acc95_m, 3.0F);
    SET(&m, velocity_north_mps, (float)(cos(drone->course) * load->order.speed_mps));
    SET(&m, velocity_east_mps, (float)(sin(drone->course) * load->order.speed_mps));
    SET(&m, velocity_up_mps, 0.0F);
    SET(&seen, boot_id, drone->node_boot_id);
    SET(&seen, context_seq, drone->seen);
    m.seen = &seen;
    uint8_t bytes[256];
    size_t size = drf__v1__telemetry__pack(&m, bytes);
    int64_t at_us = now_us();
    drone->sent_us[drone->seq % WAITING] = at_us;
    bool ok = wire_publish(&drone->client, drone->telemetry, bytes, size);
    load->broken += !ok;
    load->sent += at_us >= load->from_us && at_us < load->until_us;
}

static void take_context(struct load *load, struct drone *drone, struct wire_message message)
{
    int64_t at_us = now_us();
    uint32_t seq = drone->answered + 1;
    if (!load->order.relay) {
        struct context_view view = {0};
        wire_scan(message.payload, message.size, take_context_field, &view);
        drone->node_boot_id = view.boot_id;
        drone->seen = view.seq;
        seq = view.telemetry_seq;
    }
    load->contexts++;
    load->context_bytes += message.size;
    if (seq <= drone->answered || seq > drone->seq || drone->seq - seq >= WAITING)
        return; // pushed, or of before
    int64_t sent_us = drone->sent_us[seq % WAITING];
    drone->answered = seq;
    if (sent_us >= load->from_us && sent_us < load->until_us) {
        load->answered++;
        if (load->sample_count < SAMPLES_MAX)
            load->samples[load->sample_count++] = (uint32_t)(at_us - sent_us);
    }
    if (load->measuring && load->order.rate_hz <= 0)
        report(load, (size_t)(drone - load->drones));
}

// An advisory that names an obstacle of this run: "x-RUN-N".
static void take_advisory(struct load *load, struct wire_message message)
{
    char mark[24];
    int length = snprintf(mark, sizeof mark, "x-%u-", (unsigned)load->run);
    load->advisories++;
    load->advisory_bytes += message.size;
    const uint8_t *found = memmem(message.payload, message.size, mark, (size_t)length);
    if (found == NULL)
        return;
    size_t n = 0;
    for (found += length;
         found < message.payload + message.size && *found >= '0' && *found <= '9'; found++)
        n = n * 10 + (size_t)(*found - '0');
    if (n < load->obstacle_count && load->warned_us[n] == 0) {
        load->warned_us[n] = now_us();
        load->warned++;
        load->burst_told += n >= load->burst_from;
    }
}

static void take_patch(struct load *load, size_t index, struct wire_message message)
{
    if (!load->measuring || now_us() < load->from_us)
        return;
    struct patch_view view = {0};
    load->patches++;
    load->patch_bytes += message.size;
    wire_scan(message.payload, message.size, take_patch_field, &view);
    load->data_points += view.points;
    patch_windows_note(&load->windows, view.west, view.south, (uint32_t)index);
}

static void on_message(void *context, size_t index, struct wire_message message)
{
    struct load *load = context;
    struct drone *drone = &load->drones[index];
    const char leaf = message.topic[strlen(drone->prefix)];
    if (load->measuring && leaf != 'c' && leaf != 'a' && leaf != 'p') {
        load->others++;
        load->other_bytes += message.size;
    }
    switch (leaf) {
    case 'c':
        take_context(load, drone, message);
        break;
    case 'a':
        take_advisory(load, message);
        break;
    case 'r':
        drone->profiled = true;
        break;
    case 'p':
        take_patch(load, index, message);
        break;
    default:
        break;
    }
}

static bool step(struct load *load, int wait_ms)
{
    struct epoll_event events[256];
    int count = epoll_wait(load->epoll, events, 256, wait_ms);
    for (int i = 0; i < count; i++) {
        size_t index = events[i].data.u32;
        if (!wire_read(&load->drones[index].client, index, on_message, load)) {
            (void)fprintf(stderr, "%s: the connection ended\n", load->drones[index].name);
            return false;
        }
    }
    if (load->producer != NULL)
        (void)rd_kafka_poll(load->producer, 0);
    return true;
}

static bool read_users(struct load *load)
{
    FILE *file = fopen(load->order.users, "r");
    size_t count = 0;
    while (file != NULL && count < load->order.drones
           && fscanf(file, "%39[^:]:%129s\n", load->drones[count].name,
                     load->drones[count].password)
                  == 2)
        count++;
    if (file != NULL)
        (void)fclose(file);
    return count == load->order.drones;
}

static size_t count_ready(const struct load *load, bool profiled)
{
    size_t count = 0;
    for (size_t i = 0; i < load->order.drones; i++)
        count += profiled ? load->drones[i].profiled : load->drones[i].client.subscribed;
    return count;
}

static bool wait_for(struct load *load, size_t count, bool profiled)
{
    int64_t end_us = now_us() + 60000000;
    while (count_ready(load, profiled) < count)
        if (now_us() > end_us || !step(load, 10))
            return false;
    return true;
}

static bool connect_all(struct load *load)
{
    const struct order *o = &load->order;
    size_t across = (size_t)ceil(sqrt((double)o->drones));
    double columns = (double)across;
    for (size_t i = 0; i < o->drones; i++) {
        struct drone *drone = &load->drones[i];
        size_t row = i / across;
        (void)snprintf(drone->prefix, sizeof drone->prefix, "drf-test/v1/drones/%s/",
                       drone->name);
        (void)snprintf(drone->telemetry, sizeof drone->telemetry, "%stelemetry", drone->prefix);
        drone->lat = o->south + (o->north - o->south) * ((double)row + 0.5) / columns;
        drone->lon = o->west + (o->east - o->west) * (fmod((double)i, columns) + 0.5) / columns;
        drone->course = (double)i * 0.7;
        struct epoll_event event = {.events = EPOLLIN, .data.u32 = (uint32_t)i};
        if (!wire_connect(&drone->client, o->port, drone->name, drone->password)
            || !wire_subscribe(&drone->client, drone->prefix)
            || epoll_ctl(load->epoll, EPOLL_CTL_ADD, drone->client.fd, &event) != 0)
            return false;
        if (i % 50 == 49 && !wait_for(load, i - 48, false))
            return false;
    }
    return wait_for(load, o->drones, false);
}

static bool send_profiles(struct load *load)
{
    Drf__V1__Profile profile = DRF__V1__PROFILE__INIT;
    SET(&profile, rate_hz, (float)load->order.profile_hz);
    SET(&profile, ignore_seen, 1);
    if (load->order.patch_cells > 0) {
        SET(&profile, patch, 1);
        SET(&profile, patch_cells, load->order.patch_cells);
        SET(&profile, patch_rate_hz, (float)load->order.patch_hz);
    }
    uint8_t bytes[256];
    // None: the node's own defaults hold again.
    size_t size = load->order.profile_hz > 0 ? drf__v1__profile__pack(&profile, bytes) : 0;
    for (size_t i = 0; i < load->order.drones; i++) {
        char topic[128];
        (void)snprintf(topic, sizeof topic, "%sprofile", load->drones[i].prefix);
        if (!wire_publish(&load->drones[i].client, topic, bytes, size))
            return false;
        if (i % 50 == 49 && !wait_for(load, i - 48, true))
            return false;
    }
    return wait_for(load, load->order.drones, true);
}

static void on_delivery(rd_kafka_t *producer, const rd_kafka_message_t *message, void *opaque)
{
    (void)producer;
    struct load *load = opaque;
    size_t n = (size_t)(uintptr_t)message->_private;
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR || n == SIZE_MAX)
        return;
    load->accepted_us[n] = now_us();
    load->accepted++;
}

static void produce(struct load *load, size_t n, const char *value);

// Tombstones of features that never were, one after the other: each is answered before the next
// goes, so that broker, connection and this thread of librdkafka have done it all before.
static bool warm_producer(struct load *load)
{
    for (size_t i = 0; i < WARM_MESSAGES; i++) {
        produce(load, OBSTACLES_MAX + i, NULL);
        if (rd_kafka_flush(load->producer, 30000) != RD_KAFKA_RESP_ERR_NO_ERROR)
            return false;
    }
    return true;
}

static bool open_producer(struct load *load)
{
    static const char *const settings[][2] = {
        {"linger.ms", "0"}, {"acks", "all"}, {"socket.nagle.disable", "true"}};
    char why[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++)
        (void)rd_kafka_conf_set(conf, settings[i][0], settings[i][1], why, sizeof why);
    if (rd_kafka_conf_set(conf, "bootstrap.servers", load->order.bootstrap, why, sizeof why)
        != RD_KAFKA_CONF_OK)
        return false;
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    rd_kafka_conf_set_opaque(conf, load);
    load->producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof why);
    return load->producer != NULL;
}

static void produce(struct load *load, size_t n, const char *value)
{
    char key[96];
    (void)snprintf(key, sizeof key, "x-%u-%zu-%s", (unsigned)load->run, n,
                   load->drones[n % load->order.drones].name);
    const rd_kafka_vu_t parts[] = {
        {.vtype = RD_KAFKA_VTYPE_TOPIC, .u.cstr = load->order.topic},
        {.vtype = RD_KAFKA_VTYPE_PARTITION, .u.i32 = 0},
        {.vtype = RD_KAFKA_VTYPE_KEY, .u.mem = {key, strlen(key)}},
        {.vtype = RD_KAFKA_VTYPE_VALUE,
         .u.mem = {(void *)(uintptr_t)value, value ? strlen(value) : 0}},
        {.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY},
        {.vtype = RD_KAFKA_VTYPE_HEADER, .u.header = {"drf_mode", "SIM", 3}},
        {.vtype = RD_KAFKA_VTYPE_OPAQUE, .u.ptr = (void *)(value ? n : SIZE_MAX)},
    };
    rd_kafka_error_destroy(
        rd_kafka_produceva(load->producer, parts, sizeof parts / sizeof parts[0]));
}

// A mast 120 m ahead of drone n, as high as it flies.
static void put_obstacle(struct load *load, size_t n)
{
    const struct drone *drone = &load->drones[n % load->order.drones];
    char value[512];
    (void)snprintf(value, sizeof value,
                   "{\"type\":\"Feature\",\"id\":\"x-%u-%zu-%s\",\"properties\":{\"agl_m\":1,"
                   "\"amsl_m\":%.1f,\"horizontal_acc95_m\":5,\"vertical_acc95_m\":1,\"kind\":"
                   "\"CRANE\"},\"geometry\":{\"type\":\"Point\",\"coordinates\":[%.7f,%.7f]}}",
                   (unsigned)load->run, n, drone->name, load->order.amsl_m,
                   drone->lon + sin(drone->course) * 120.0 / 75000.0,
                   drone->lat + cos(drone->course) * 120.0 / 111320.0);
    load->obstacle_count = n + 1;
    load->handed_us[n] = now_us();
    produce(load, n, value);
}

// Obstacles come at their rate; those of the burst all at once, when the others are through.
static void build(struct load *load)
{
    int64_t since_us = now_us() - load->from_us;
    double hz = load->order.obstacles_hz;
    while (since_us > 0 && now_us() < load->until_us && load->obstacle_count < OBSTACLES_MAX
           && (double)load->obstacle_count < (double)since_us * 1e-6 * hz)
        put_obstacle(load, load->obstacle_count);
    if (load->order.burst == 0 || load->burst_from < OBSTACLES_MAX
        || now_us() < load->until_us + BURST_AFTER_US)
        return;
    load->burst_from = load->obstacle_count;
    for (size_t i = 0; i < load->order.burst && load->obstacle_count < OBSTACLES_MAX; i++)
        put_obstacle(load, load->obstacle_count);
}

static bool fly(struct load *load)
{
    const struct order *o = &load->order;
    double per_us = o->rate_hz * (double)o->drones * 1e-6;
    int64_t begin_us = now_us();
    load->from_us = begin_us + (int64_t)(o->warm_s * 1e6);
    load->until_us = load->from_us + (int64_t)(o->seconds * 1e6);
    load->measuring = true;
    uint64_t next = 0;
    if (o->rate_hz <= 0)
        for (size_t i = 0; i < o->drones; i++)
            report(load, i);
    int64_t fly_us = load->until_us + (o->burst > 0 ? BURST_AFTER_US + 1000000 : 0);
    int64_t end_us = fly_us + (o->obstacles_hz > 0 ? 2000000 : 500000);
    for (int64_t now = begin_us;
         now < end_us || (load->burst_told < o->burst && now < end_us + BURST_WAIT_US);
         now = now_us()) {
        load->measuring = now < load->until_us;
        uint64_t due = now < fly_us ? (uint64_t)((double)(now - begin_us) * per_us) : next;
        for (int burst = 0; next < due && burst < 64; burst++)
            report(load, (size_t)(next++ % o->drones));
        if (load->producer != NULL)
            build(load);
        if (!step(load, next < due ? 0 : 1))
            return false;
    }
    for (size_t n = 0; n < load->obstacle_count; n++)
        produce(load, n, NULL);
    return load->producer == NULL || rd_kafka_flush(load->producer, 30000) == 0;
}

static int compare(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static double at_ms(const struct load *load, double share)
{
    if (load->sample_count == 0)
        return -1.0;
    return load->samples[(size_t)(share * (double)(load->sample_count - 1))] * 1e-3;
}

// What counts where obstacles come is the warnings: those of the burst apart. The time until
// the broker has accepted one is the same for node and relay, and is printed to show it.
static void conclude_push(struct load *load)
{
    const size_t steady =
        load->burst_from < OBSTACLES_MAX ? load->burst_from : load->obstacle_count;
    load->sample_count = 0;
    for (size_t n = 0; n < steady; n++)
        if (load->accepted_us[n] > 0)
            load->samples[load->sample_count++] =
                (uint32_t)(load->accepted_us[n] - load->handed_us[n]);
    qsort(load->samples, load->sample_count, sizeof *load->samples, compare);
    (void)printf("\"accept_p50_ms\":%.3f,\"accept_p99_ms\":%.3f,", at_ms(load, 0.5),
                 at_ms(load, 0.99));
    load->sample_count = 0; // may be negative: a drone can be told before the producer is
    for (size_t n = 0; n < steady; n++)
        if (load->accepted_us[n] > 0 && load->warned_us[n] > 0)
            load->samples[load->sample_count++] =
                (uint32_t)(load->warned_us[n] - load->accepted_us[n] + 10000000);
    qsort(load->samples, load->sample_count, sizeof *load->samples, compare);
    (void)printf("\"after_accept_p50_ms\":%.3f,", at_ms(load, 0.5) - 10000.0);
    int64_t last_us = load->burst_told < load->order.burst ? now_us() : 0;
    for (size_t n = steady; n < load->obstacle_count; n++)
        last_us = load->warned_us[n] > last_us ? load->warned_us[n] : last_us;
    if (load->order.burst > 0) // none handed over: the whole wait
        (void)printf("\"burst_told\":%zu,\"burst_ms\":%.3f,", load->burst_told,
                     (double)(last_us
                              - (load->obstacle_count > steady ? load->handed_us[steady]
                                                               : load->until_us))
                         * 1e-3);
    load->sample_count = 0;
    for (size_t n = 0; n < steady; n++)
        if (load->warned_us[n] > 0)
            load->samples[load->sample_count++] =
                (uint32_t)(load->warned_us[n] - load->handed_us[n]);
    load->obstacle_count = steady;
    load->warned = load->sample_count;
}

static void conclude(struct load *load)
{
    (void)printf("{");
    if (load->producer != NULL)
        conclude_push(load);
    qsort(load->samples, load->sample_count, sizeof *load->samples, compare);
    struct rusage usage;
    (void)getrusage(RUSAGE_SELF, &usage);
    (void)printf(
        "\"sent\":%" PRIu64 ",\"answered\":%" PRIu64 ",\"contexts\":%" PRIu64
        ",\"bytes_each\":%.0f,\"per_s\":%.1f,\"samples\":%zu,\"p50_ms\":%.3f,\"p99_ms\":%.3f,"
        "\"max_ms\":%.3f,\"patches\":%" PRIu64 ",\"patch_bytes\":%" PRIu64
        ",\"data_points\":%" PRIu64 ",\"windows\":%" PRIu64 ",\"windows_shared\":%" PRIu64
        ",\"advisories\":%" PRIu64 ",\"advisory_bytes_each\":%.0f,\"others\":%" PRIu64
        ",\"other_bytes\":%" PRIu64 ",\"obstacles\":%zu,\"accepted\":%zu,\"warned\":%zu,"
        "\"broken\":%" PRIu64 ",\"load_cpu_s\":%.1f}\n",
        load->sent, load->answered, load->contexts,
        load->contexts > 0 ? (double)load->context_bytes / (double)load->contexts : 0.0,
        (double)load->answered / load->order.seconds, load->sample_count, at_ms(load, 0.5),
        at_ms(load, 0.99), at_ms(load, 1.0), load->patches, load->patch_bytes,
        load->data_points, load->windows.count, load->windows.shared, load->advisories,
        load->advisories > 0 ? (double)load->advisory_bytes / (double)load->advisories : 0.0,
        load->others, load->other_bytes, load->obstacle_count, load->accepted, load->warned,
        load->broken,
        (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
            + (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6);
}

static bool read_order(int argc, char **argv, struct order *o)
{
    *o = (struct order){.drones = 1000,
                        .rate_hz = 10,
                        .seconds = 10,
                        .warm_s = 2,
                        .profile_hz = 20,
                        .speed_mps = 10};
    for (int i = 1; i + 1 < argc; i += 2) {
        const char *name = argv[i], *value = argv[i + 1];
        double number = strtod(value, NULL);
        const struct {
            const char *name;
            double *to;
        } numbers[] = {{"--rate", &o->rate_hz},
                       {"--seconds", &o->seconds},
                       {"--warm", &o->warm_s},
                       {"--patch-rate", &o->patch_hz},
                       {"--obstacles", &o->obstacles_hz},
                       {"--amsl", &o->amsl_m},
                       {"--speed", &o->speed_mps},
                       {"--profile-rate", &o->profile_hz}};
        bool known = false;
        for (size_t k = 0; k < sizeof numbers / sizeof numbers[0]; k++)
            if (strcmp(name, numbers[k].name) == 0) {
                *numbers[k].to = number;
                known = true;
            }
        if (strcmp(name, "--port") == 0)
            o->port = (uint16_t)number;
        else if (strcmp(name, "--users") == 0)
            o->users = value;
        else if (strcmp(name, "--drones") == 0)
            o->drones = (size_t)number;
        else if (strcmp(name, "--patch") == 0)
            o->patch_cells = (unsigned)number;
        else if (strcmp(name, "--burst") == 0)
            o->burst = (size_t)number;
        else if (strcmp(name, "--relay") == 0)
            o->relay = number > 0;
        else if (strcmp(name, "--bootstrap") == 0)
            o->bootstrap = value;
        else if (strcmp(name, "--topic") == 0)
            o->topic = value;
        else if (strcmp(name, "--box") == 0)
            known =
                sscanf(value, "%lf,%lf,%lf,%lf", &o->south, &o->west, &o->north, &o->east) == 4;
        else if (!known)
            return false;
    }
    return o->port > 0 && o->users != NULL && o->drones > 0 && o->drones <= DRONES_MAX
           && o->burst <= o->drones && (o->bootstrap == NULL) == (o->obstacles_hz <= 0);
}

int main(int argc, char **argv)
{
    static struct load load;
    if (!read_order(argc, argv, &load.order))
        return 2;
    load.boot_id = (uint64_t)clock_us(CLOCK_REALTIME) / 1000;
    load.run = (uint32_t)(load.boot_id % 1000000);
    load.epoll = epoll_create1(EPOLL_CLOEXEC);
    load.drones = calloc(load.order.drones, sizeof *load.drones);
    load.samples = calloc(SAMPLES_MAX, sizeof *load.samples);
    load.handed_us = calloc(OBSTACLES_MAX, sizeof *load.handed_us);
    load.accepted_us = calloc(OBSTACLES_MAX, sizeof *load.accepted_us);
    load.burst_from = OBSTACLES_MAX;
    load.warned_us = calloc(OBSTACLES_MAX, sizeof *load.warned_us);
    load.from_us = load.until_us = INT64_MAX;
    if (load.epoll < 0 || load.drones == NULL || load.samples == NULL || load.handed_us == NULL
        || load.accepted_us == NULL || load.warned_us == NULL
        || !patch_windows_open(&load.windows) || !read_users(&load))
        return 2;
    if (load.order.bootstrap != NULL && !open_producer(&load))
        return 1;
    bool flown = connect_all(&load) && (load.order.relay || send_profiles(&load))
                 && (load.producer == NULL || warm_producer(&load)) && fly(&load);
    conclude(&load);
    return flown ? 0 : 1;
}
