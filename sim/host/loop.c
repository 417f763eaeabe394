// SPDX-License-Identifier: Apache-2.0
#include "sim/host/loop.h"

#include <signal.h>
#include <time.h>

// A signal handler can reach nothing but this.
static volatile sig_atomic_t stop_wanted;

static int64_t read_us(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t sim_mono_us(void) { return read_us(CLOCK_MONOTONIC); }
int64_t sim_utc_us(void) { return read_us(CLOCK_REALTIME); }

struct sim_now sim_clock_now(void)
{
    return (struct sim_now){.mono_us = sim_mono_us(), .utc_us = sim_utc_us()};
}

static void on_signal(int number)
{
    (void)number;
    stop_wanted = 1;
}

void sim_stop_watch(void)
{
    struct sigaction action = {.sa_handler = on_signal};
    sigemptyset(&action.sa_mask);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
}

bool sim_stop_wanted(void) { return stop_wanted != 0; }

void sim_pause_ms(unsigned ms)
{
    struct timespec span = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};
    nanosleep(&span, NULL);
}
