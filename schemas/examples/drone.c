// schemas/examples/drone.c - a first drone in C: what is known, absent, late and wrong.
// SPDX-License-Identifier: Apache-2.0

// Advisory information, not certified, never a replacement for on-board sensing. How to build
// it and what it needs: ../client.md, "A first client".
#include <drf/v1/context.pb-c.h>
#include <drf/v1/enums.pb-c.h>
#include <drf/v1/reply.pb-c.h>
#include <inttypes.h>
#include <mosquitto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

// client.md, "Absent, late, wrong". UNKNOWN is for all that is not here.
#define R(kind, name) [DRF__V1__REASON__REASON_##name] = #kind " " #name
#define C(kind, name) [DRF__V1__REPLY_CODE__REPLY_CODE_##name] = #kind " " #name
#define SAY(table, number) (table)[(number) < 32 && (table)[number] ? (number) : 0]
// clang-format off
static const char *const reasons[32] = {
    R(ABSENT, UNKNOWN), R(ABSENT, NO_DATA), R(ABSENT, SOURCE_VOID), R(ABSENT, OUT_OF_REGION),
    R(ABSENT, NOT_REPORTED), R(ABSENT, UNREADABLE), R(ABSENT, FORGOTTEN),
    R(LATE, STALE), R(LATE, CATCHING_UP), R(LATE, RESYNCHRONISING), R(LATE, LOADING),
    R(LATE, FEED_DOWN), R(LATE, SHED),
    R(WRONG, NO_ALTITUDE), R(WRONG, ALTITUDE_SUSPECT), R(WRONG, NO_QNH), R(WRONG, NO_POSITION)};
static const char *const codes[32] = {
    C(ABSENT, OUTSIDE_REGION), C(LATE, RATE_LIMITED), C(LATE, OVERLOADED), C(LATE, NOT_AVAILABLE),
    C(WRONG, UNKNOWN), C(WRONG, INVALID), C(WRONG, UNSUPPORTED_VERSION), C(WRONG, NOT_AUTHORISED),
    C(WRONG, STALE), C(WRONG, TIME_UNSYNCHRONISED)};
// clang-format on
#define SUSPECT DRF__V1__ADVISORY_KIND__ADVISORY_KIND_ALTITUDE_REFERENCE_SUSPECT

static Drf__V1__Context *now;        // the newest of the stream that is used
static uint64_t epoch;               // the newest owner_epoch that was taken
static time_t began, arrived, heard; // the program, that context, a node's last heartbeat
static unsigned seq, refused_seq;    // of the last report, and of the last when one was refused
static char refusal[500];            // why; empty once a later one was used
static char topics[3][160];

static bool stale(void)
{
    time_t t = time(NULL);
    return !now || t * INT64_C(1000) - now->node_time_us / 1000 > now->stale_after_ms
           || (t - arrived) * 1000 > now->stale_after_ms;
}

// client.md, "Several nodes": the owner's, another's while that is stale, no older owner's.
// Where no owner is known, the larger boot_id; of one stream what was not overtaken.
static bool wanted(const Drf__V1__Context *c)
{
    if (now && c->boot_id == now->boot_id && c->seq <= now->seq)
        return false;
    if (c->owner_epoch > 0)
        return c->owner_epoch >= epoch;
    return stale() || c->boot_id == now->boot_id || (!epoch && c->boot_id > now->boot_id);
}

// At each connection: a clean start knows no subscription.
static void connected(struct mosquitto *mqtt, void *unused, int code)
{
    (void)unused;
    if (code != 0)
        fprintf(stderr, "the broker refuses this drone: %s\n", mosquitto_reason_string(code));
    if (code >= 0x84 && code <= 0x87) // its name or password: trying again does not help
        exit(1);
    for (int i = 0; i < 3; i++)
        mosquitto_subscribe(mqtt, NULL, topics[i], 1);
}

static void take(struct mosquitto *mqtt, void *unused, const struct mosquitto_message *m)
{
    (void)mqtt, (void)unused;
    size_t size = (size_t)m->payloadlen;
    if (strstr(m->topic, "/heartbeat")) {
        heard = time(NULL);
    } else if (strstr(m->topic, "/reply/")) {
        Drf__V1__Reply *r = drf__v1__reply__unpack(NULL, size, m->payload);
        if (r && r->code != 1 && r->code != 2) { // OK, ACCEPTED_DEFAULTS
            snprintf(refusal, sizeof refusal, "%s: %s %s", SAY(codes, r->code),
                     r->field_path ? r->field_path : "", r->text ? r->text : "");
            refused_seq = seq, puts(refusal);
        }
        drf__v1__reply__free_unpacked(r, NULL);
    } else {
        Drf__V1__Context *c = drf__v1__context__unpack(NULL, size, m->payload), *old = c;
        bool use = c && wanted(c);
        if (use)
            old = now, now = c, arrived = time(NULL);
        if (use && c->owner_epoch > 0)
            epoch = c->owner_epoch;
        if (use && c->telemetry_seq > refused_seq)
            *refusal = '\0';
        drf__v1__context__free_unpacked(old, NULL);
    }
}

static void tell_height(const char *what, bool known, float metres, unsigned reason)
{
    if (known)
        printf("%s %.0f m\n", what, metres);
    else
        printf("%s %s\n", SAY(reasons, reason), what);
}

static void tell(void)
{
    time_t t = time(NULL);
    bool late = stale();
    if (late && t - (heard ? heard : began) > 3) // a heartbeat comes once a second
        printf("LATE; everything is unknown, no node is heard on %s\n", topics[2]);
    else if (late)
        printf("%s; everything is unknown, %s\n", *refusal ? refusal : "LATE",
               now ? "the last context is too old" : "no context yet");
    if (late)
        return;
    if (now->mode != 1) // LIVE
        printf("NOT FOR FLIGHT: mode %u\n", now->mode);
    bool suspect = false;
    for (size_t i = 0; i < now->n_advisories; i++) {
        const Drf__V1__Advisory *a = now->advisories[i];
        printf("ADVISORY severity %u: %s\n", a->severity, a->text);
        suspect |= a->kind == SUSPECT;
    }
    for (size_t i = 0; i < now->n_advisories_brief; i++)
        suspect |= now->advisories_brief[i]->kind == SUSPECT;
    const Drf__V1__Height none = DRF__V1__HEIGHT__INIT, *h = now->height ? now->height : &none;
    unsigned why = suspect ? DRF__V1__REASON__REASON_ALTITUDE_SUSPECT : h->agl_reason;
    tell_height("agl", h->has_agl_m && !suspect, h->agl_m, why);
    tell_height("clearance", h->has_clearance_m && !suspect, h->clearance_m,
                suspect || !h->has_aircraft_amsl_m ? why : h->surface_reason);
}

int main(int argc, char **argv)
{
    if (argc != 9)
        return fprintf(stderr, "usage: drone ROOT HOST PORT ID PASSWORD LAT LON ALT_WGS84_M\n"),
               2;
    snprintf(topics[0], sizeof topics[0], "%s/drones/%s/context/+", argv[1], argv[4]);
    snprintf(topics[1], sizeof topics[1], "%s/drones/%s/reply/+", argv[1], argv[4]);
    snprintf(topics[2], sizeof topics[2], "%s/regions/+/nodes/+/heartbeat", argv[1]);
    // Up it may be ProtoJSON; down it is Protocol Buffers, unless a profile says json.
    char telemetry[160], report[500];
    snprintf(telemetry, sizeof telemetry, "%s/drones/%s/telemetry", argv[1], argv[4]);
    mosquitto_lib_init();
    struct mosquitto *mqtt = mosquitto_new(argv[4], true, NULL);
    mosquitto_int_option(mqtt, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V5);
    mosquitto_username_pw_set(mqtt, argv[4], argv[5]);
    mosquitto_connect_callback_set(mqtt, connected);
    mosquitto_message_callback_set(mqtt, take);
    if (mosquitto_connect(mqtt, argv[2], (int)strtol(argv[3], NULL, 10), 15)
        != MOSQ_ERR_SUCCESS)
        return fprintf(stderr, "no broker at %s:%s\n", argv[2], argv[3]), 1;
    for (began = time(NULL);;) {
        for (time_t second = time(NULL); second == time(NULL);)
            if (mosquitto_loop(mqtt, 100, 1) != MOSQ_ERR_SUCCESS)
                sleep(1), mosquitto_reconnect(mqtt);
        struct timespec t;
        clock_gettime(CLOCK_REALTIME, &t);
        int size = snprintf(
            report, sizeof report,
            "{\"seq\": %u, \"drone_boot_id\": %lld, \"time_us\": %lld, \"time_source\": 2, "
            "\"lat_e7\": %.0f, \"lon_e7\": %.0f, "
            "\"alt_wgs84_m\": %.2f, \"velocity_north_mps\": 0, \"velocity_east_mps\": 0, "
            "\"seen\": {\"boot_id\": \"%" PRIu64 "\", \"context_seq\": %u}}",
            ++seq, (long long)began, t.tv_sec * 1000000LL + t.tv_nsec / 1000,
            strtod(argv[6], NULL) * 1e7, strtod(argv[7], NULL) * 1e7, strtod(argv[8], NULL),
            now ? now->boot_id : 0, now ? now->seq : 0); // seen: acknowledged
        mosquitto_publish(mqtt, NULL, telemetry, size, report, 0, false);
        tell();
        fflush(stdout);
    }
}
