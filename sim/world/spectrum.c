// SPDX-License-Identifier: Apache-2.0
#include "sim/world/spectrum.h"

#include <assert.h>
#include <math.h>

static const double two_pi = 6.283185307179586;

double sim_sine(double cycles)
{
    double u = cycles - floor(cycles); // 0 .. 1
    double sign = 1.0;
    if (u >= 0.5) {
        u -= 0.5;
        sign = -1.0;
    }
    if (u > 0.25)
        u = 0.5 - u;
    // Taylor to the 15th power: on a quarter turn the next term is below 1e-11.
    double x = two_pi * u, s = x * x;
    double sum = 1.0 - s / 210.0;
    sum = 1.0 - s / 156.0 * sum;
    sum = 1.0 - s / 110.0 * sum;
    sum = 1.0 - s / 72.0 * sum;
    sum = 1.0 - s / 42.0 * sum;
    sum = 1.0 - s / 20.0 * sum;
    sum = 1.0 - s / 6.0 * sum;
    return sign * x * sum;
}

// splitmix64 (Steele, Lea, Flood 2014): every seed is a good seed.
uint64_t sim_random(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9E3779B97F4A7C15));
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

double sim_random_between(uint64_t *state, double low, double high)
{
    return low + (high - low) * ((double)(sim_random(state) >> 11) * 0x1p-53);
}

struct sim_spectrum sim_spectrum_make(const struct sim_spectrum_plan *plan)
{
    assert(plan->count > 0 && plan->count <= SIM_WAVES_MAX);
    struct sim_spectrum spectrum = {.mean = plan->mean, .count = plan->count};
    uint64_t state = plan->seed;
    double wavelength_m = plan->wavelength_min_m, total = 0.0;
    for (size_t i = 0; i < plan->count; i++) {
        double direction = sim_random_between(&state, 0.0, 1.0);
        double period_s = sim_random_between(&state, plan->period_min_s, plan->period_max_s);
        struct sim_wave *wave = &spectrum.waves[i];
        *wave = (struct sim_wave){
            .east_per_m = sim_sine(direction) / wavelength_m,
            .north_per_m = sim_sine(direction + 0.25) / wavelength_m,
            .per_s = plan->period_min_s > 0.0 ? 1.0 / period_s : 0.0,
            .phase = sim_random_between(&state, 0.0, 1.0),
            .amplitude = plan->growth ? wavelength_m : 1.0,
        };
        total += wave->amplitude;
        wavelength_m *= 1.25;
    }
    for (size_t i = 0; i < plan->count; i++)
        spectrum.waves[i].amplitude *= plan->amplitude / total;
    return spectrum;
}

double sim_spectrum_at(const struct sim_spectrum *spectrum, double east_m, double north_m,
                       double t_s)
{
    double sum = spectrum->mean;
    for (size_t i = 0; i < spectrum->count; i++) {
        const struct sim_wave *w = &spectrum->waves[i];
        sum += w->amplitude
               * sim_sine(w->east_per_m * east_m + w->north_per_m * north_m + w->per_s * t_s
                          + w->phase);
    }
    return sum;
}

double sim_spectrum_mean(const struct sim_spectrum *spectrum, double east_m, double north_m,
                         double t0_s, double t1_s)
{
    double sum = spectrum->mean;
    for (size_t i = 0; i < spectrum->count; i++) {
        const struct sim_wave *w = &spectrum->waves[i];
        double place = w->east_per_m * east_m + w->north_per_m * north_m + w->phase;
        double turns = w->per_s * (t1_s - t0_s);
        if (turns < 1e-9) {
            sum += w->amplitude * sim_sine(place + w->per_s * t0_s);
            continue;
        }
        // The integral of sin(2 pi u) is -cos(2 pi u) / 2 pi, and cos(u) = sin(u + a quarter).
        double from = sim_sine(place + w->per_s * t0_s + 0.25);
        double to = sim_sine(place + w->per_s * t1_s + 0.25);
        sum += w->amplitude * (from - to) / (two_pi * turns);
    }
    return sum;
}

struct sim_roughness sim_spectrum_roughness(const struct sim_spectrum *spectrum)
{
    struct sim_roughness r = {0};
    for (size_t i = 0; i < spectrum->count; i++) {
        const struct sim_wave *w = &spectrum->waves[i];
        double east = two_pi * fabs(w->east_per_m), north = two_pi * fabs(w->north_per_m);
        double time = two_pi * w->per_s;
        r.slope_east += w->amplitude * east;
        r.slope_north += w->amplitude * north;
        r.slope += w->amplitude * sqrt(east * east + north * north);
        r.curve_east += w->amplitude * east * east;
        r.curve_north += w->amplitude * north * north;
        r.slope_time += w->amplitude * time;
        r.curve_time += w->amplitude * time * time;
    }
    return r;
}
