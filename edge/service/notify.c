// SPDX-License-Identifier: Apache-2.0
#include "edge/service/notify.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FEED_EVERY_US = 5000000, MORE_TIME_US = 60000000 };

void edge_notify_open(struct edge_notify *notify)
{
    *notify = (struct edge_notify){.fd = -1, .address = {.sun_family = AF_UNIX}};
    // NOLINTBEGIN(concurrency-mt-unsafe): nobody changes the environment
    const char *path = getenv("NOTIFY_SOCKET");
    const char *watchdog = getenv("WATCHDOG_USEC");
    const char *pid = getenv("WATCHDOG_PID");
    // NOLINTEND(concurrency-mt-unsafe)
    if (path == NULL || (path[0] != '/' && path[0] != '@'))
        return;
    size_t length = strlen(path);
    if (length < 2 || length > sizeof notify->address.sun_path)
        return;
    memcpy(notify->address.sun_path, path, length);
    if (path[0] == '@') // the abstract namespace
        notify->address.sun_path[0] = '\0';
    notify->address_size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
    notify->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (watchdog && (!pid || strtol(pid, NULL, 10) == getpid()))
        notify->watchdog_us = strtoll(watchdog, NULL, 10);
}

void edge_notify_close(struct edge_notify *notify)
{
    if (notify->fd >= 0)
        close(notify->fd);
    notify->fd = -1;
}

static bool tell(const struct edge_notify *notify, const char *text)
{
    return notify->fd >= 0
           && sendto(notify->fd, text, strlen(text), MSG_NOSIGNAL,
                     (const struct sockaddr *)&notify->address, notify->address_size)
                  >= 0;
}

static void tell_status(struct edge_notify *notify, const char *text)
{
    char message[EDGE_NOTIFY_STATUS_SIZE + 8];
    if (strcmp(notify->status, text) == 0)
        return;
    (void)snprintf(message, sizeof message, "STATUS=%s", text);
    if (tell(notify, message))
        (void)snprintf(notify->status, sizeof notify->status, "%s", text);
}

static void describe(bool ready, uint32_t troubles, char text[static EDGE_NOTIFY_STATUS_SIZE])
{
    size_t length = (size_t)snprintf(text, EDGE_NOTIFY_STATUS_SIZE, "%s",
                                     ready          ? "serving"
                                     : troubles > 0 ? "waiting"
                                                    : "starting");
    const char *between = ": ";
    for (unsigned i = 0; i < EDGE_TROUBLE_COUNT; i++) {
        if ((troubles >> i & 1) == 0)
            continue;
        const char *words = edge_trouble_text((enum edge_trouble)i); // reason: consequence
        int more = snprintf(text + length, EDGE_NOTIFY_STATUS_SIZE - length, "%s%.*s", between,
                            (int)strcspn(words, ":"), words);
        if (more < 0 || (size_t)more >= EDGE_NOTIFY_STATUS_SIZE - length)
            break;
        length += (size_t)more;
        between = "; ";
    }
    text[length] = '\0';
}

static bool serves(const struct edge_health *health, uint32_t troubles)
{
    uint32_t wanted = 1U << EDGE_TROUBLE_KAFKA | 1U << EDGE_TROUBLE_MQTT
                      | 1U << EDGE_TROUBLE_DECODER | 1U << EDGE_TROUBLE_STALLED;
    if ((troubles >> EDGE_TROUBLE_TOPIC & 1) == 0) // a feed without a topic never catches up
        wanted |= 1U << EDGE_TROUBLE_CATCHING_UP;
    for (int loop = 0; loop < EDGE_LOOP_COUNT; loop++)
        if (edge_health_stepped(health, (enum edge_loop)loop) == INT64_MIN)
            return false;
    return (troubles & wanted) == 0;
}

// While both loops have begun a step since the last time; a loop that hangs ends it.
static void feed(struct edge_notify *notify, const struct edge_health *health,
                 int64_t now_mono_us)
{
    int64_t every_us = FEED_EVERY_US;
    if (notify->watchdog_us > 0 && notify->watchdog_us / 4 < every_us)
        every_us = notify->watchdog_us / 4;
    if (notify->fed_mono_us != 0 && now_mono_us - notify->fed_mono_us < every_us)
        return;
    for (int loop = 0; loop < EDGE_LOOP_COUNT; loop++)
        if (edge_health_stepped(health, (enum edge_loop)loop) <= notify->fed_mono_us)
            return;
    char text[64];
    bool told = false;
    if (!notify->ready) {
        (void)snprintf(text, sizeof text, "EXTEND_TIMEOUT_USEC=%d", MORE_TIME_US);
        told = tell(notify, text);
    } else if (notify->working) {
        (void)snprintf(text, sizeof text, "WATCHDOG_USEC=%" PRId64 "\nWATCHDOG=1",
                       notify->watchdog_us);
        told = tell(notify, text);
        notify->working = !told;
    } else if (notify->watchdog_us > 0) {
        told = tell(notify, "WATCHDOG=1");
    }
    if (told)
        notify->fed_mono_us = now_mono_us;
}

void edge_notify_step(struct edge_notify *notify, const struct edge_health *health, bool begun,
                      int64_t now_mono_us)
{
    if (notify->fd < 0)
        return;
    uint32_t troubles = edge_health_all(health);
    if (!notify->ready && begun && serves(health, troubles))
        notify->ready = tell(notify, "READY=1");
    char text[EDGE_NOTIFY_STATUS_SIZE];
    describe(notify->ready, troubles, text);
    if (!notify->reloading)
        tell_status(notify, text);
    feed(notify, health, now_mono_us);
}

void edge_notify_working(struct edge_notify *notify, const char *text, int64_t timeout_us)
{
    char message[64];
    tell_status(notify, text);
    if (notify->ready && notify->watchdog_us == 0)
        return;
    (void)snprintf(message, sizeof message, "%s=%" PRId64,
                   notify->ready ? "WATCHDOG_USEC" : "EXTEND_TIMEOUT_USEC", timeout_us);
    notify->working = tell(notify, message) && notify->ready;
    notify->fed_mono_us = 0; // the next run's first steps feed at once
}

void edge_notify_reloading(struct edge_notify *notify, bool there, int64_t now_mono_us)
{
    char text[80];
    if (!notify->ready || notify->reloading == there)
        return;
    (void)snprintf(text, sizeof text, "RELOADING=1\nMONOTONIC_USEC=%" PRId64, now_mono_us);
    if (there)
        tell_status(notify, "reading the configuration again");
    if (tell(notify, there ? text : "READY=1"))
        notify->reloading = there;
}

void edge_notify_stopping(struct edge_notify *notify, const char *text)
{
    (void)tell(notify, "STOPPING=1");
    tell_status(notify, text);
}
