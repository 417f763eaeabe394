// schemas/examples/drone.c - a first drone in C: what is known, absent, late and wrong.
// SPDX-License-Identifier: Apache-2.0

// Advisory information, not certified, never a replacement for on-board sensing. How to build
// it and what it needs: ../client.md, "A first client".
#include <drf/v1/context.pb-c.h>
#include <drf/v1/reply.pb-c.h>
#include <inttypes.h>
#include <mosquitto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static Drf__V1__Context *now; // the newest of the newest stream
static time_t arrived;
static char drone[150]; // ROOT/drones/ID

// At each connection: a clean start knows no subscription.
static void connected(struct mosquitto *mqtt, void *unused, int code)
{
    char replies[160];
    snprintf(replies, sizeof replies, "%s/reply/+", drone);
    char contexts[sizeof replies];
    snprintf(contexts, sizeof contexts, "%s/context/+", drone);
    (void)unused;
    if (code != 0 || mosquitto_subscribe(mqtt, NULL, contexts, 0)
        || mosquitto_subscribe(mqtt, NULL, replies, 1))
        fprintf(stderr, "the broker refuses this drone: %s\n", mosquitto_reason_string(code));
}

static void take(struct mosquitto *mqtt, void *unused, const struct mosquitto_message *m)
{
    (void)mqtt, (void)unused;
    if (strstr(m->topic, "/reply/")) {
        Drf__V1__Reply *r = drf__v1__reply__unpack(NULL, (size_t)m->payloadlen, m->payload);
        if (r && r->code != 1 && r->code != 2) // OK, ACCEPTED_DEFAULTS
            printf("WRONG: code %u %s %s\n", r->code, r->field_path ? r->field_path : "",
                   r->text ? r->text : "");
        drf__v1__reply__free_unpacked(r, NULL);
        return;
    }
    Drf__V1__Context *c = drf__v1__context__unpack(NULL, (size_t)m->payloadlen, m->payload),
                     *old = c;
    if (c
        && (!now || c->boot_id > now->boot_id
            || (c->boot_id == now->boot_id && c->seq > now->seq)))
        old = now, now = c, arrived = time(NULL);
    drf__v1__context__free_unpacked(old,
                                    NULL); // or c, of a former life of the node, or overtaken
}

static void tell(void)
{
    int64_t age_ms = now ? time(NULL) * INT64_C(1000) - now->node_time_us / 1000 : 0;
    if (!now || age_ms > now->stale_after_ms
        || (time(NULL) - arrived) * 1000 > now->stale_after_ms) {
        printf("LATE: everything is unknown, %s\n",
               now ? "the last context is too old" : "no context yet");
        return;
    }
    if (now->mode != 1) // LIVE
        printf("NOT FOR FLIGHT: mode %u\n", now->mode);
    if (now->height && now->height->has_agl_m)
        printf("agl %.0f m\n", now->height->agl_m);
    else // enums.proto, Reason
        printf("ABSENT agl: reason %u\n", now->height ? now->height->agl_reason : 0);
    for (size_t i = 0; i < now->n_advisories; i++)
        printf("ADVISORY severity %u: %s\n", now->advisories[i]->severity,
               now->advisories[i]->text);
}

int main(int argc, char **argv)
{
    if (argc != 9)
        return fprintf(stderr, "usage: drone ROOT HOST PORT ID PASSWORD LAT LON ALT_WGS84_M\n"),
               2;
    snprintf(drone, sizeof drone, "%s/drones/%s", argv[1], argv[4]);
    mosquitto_lib_init();
    struct mosquitto *mqtt = mosquitto_new(argv[4], true, NULL);
    mosquitto_int_option(mqtt, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V5);
    mosquitto_username_pw_set(mqtt, argv[4], argv[5]);
    mosquitto_connect_callback_set(mqtt, connected);
    mosquitto_message_callback_set(mqtt, take);
    if (mosquitto_connect(mqtt, argv[2], (int)strtol(argv[3], NULL, 10), 15)
        != MOSQ_ERR_SUCCESS)
        return fprintf(stderr, "no broker at %s:%s\n", argv[2], argv[3]), 1;
    const time_t boot_id = time(NULL);
    for (unsigned seq = 1;; seq++) {
        for (time_t second = time(NULL); second == time(NULL);)
            if (mosquitto_loop(mqtt, 100, 1) != MOSQ_ERR_SUCCESS)
                sleep(1), mosquitto_reconnect(mqtt);
        struct timespec t;
        clock_gettime(CLOCK_REALTIME, &t);
        char topic[170], report[500]; // up it may be ProtoJSON; down it is Protocol Buffers,
                                      // unless a profile says json
        snprintf(topic, sizeof topic, "%s/telemetry", drone);
        int size = snprintf(
            report, sizeof report,
            "{\"seq\": %u, \"drone_boot_id\": %lld, \"time_us\": %lld, \"time_source\": 2, "
            "\"lat_e7\": %.0f, \"lon_e7\": %.0f, "
            "\"alt_wgs84_m\": %.2f, \"velocity_north_mps\": 0, \"velocity_east_mps\": 0, "
            "\"seen\": {\"boot_id\": \"%" PRIu64 "\", \"context_seq\": %u}}",
            seq, (long long)boot_id, t.tv_sec * 1000000LL + t.tv_nsec / 1000,
            strtod(argv[6], NULL) * 1e7, strtod(argv[7], NULL) * 1e7, strtod(argv[8], NULL),
            now ? now->boot_id : 0,
            now ? now->seq : 0); // seen: acknowledged
        mosquitto_publish(mqtt, NULL, topic, size, report, 0, false);
        tell();
        fflush(stdout);
    }
}
