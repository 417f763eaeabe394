// sim/world/spectrum.h - band-limited random functions of place and time.
// SPDX-License-Identifier: Apache-2.0
//
// A spectrum is a mean and a fixed number of plane waves. It is band-limited by construction,
// so interpolation errors are bounded in advance: the bounds below are sums over the waves,
// not measurements. Only IEEE arithmetic is used (no libm), so one seed gives one world, bit
// for bit, on every machine.
#ifndef SIM_SPECTRUM_H
#define SIM_SPECTRUM_H

#include <stddef.h>
#include <stdint.h>

enum { SIM_WAVES_MAX = 16 };

struct sim_wave {
    double east_per_m, north_per_m; // cycles
    double per_s;
    double phase; // cycles, 0 .. 1
    double amplitude;
};

struct sim_spectrum {
    double mean;
    size_t count;
    struct sim_wave waves[SIM_WAVES_MAX];
};

struct sim_spectrum_plan {
    uint64_t seed;
    double mean;
    double amplitude;        // no value is farther from the mean than this
    double wavelength_min_m; // the finest detail; each wave is a quarter longer than the last
    size_t count;            // of waves, at most SIM_WAVES_MAX
    double period_min_s;     // 0: constant in time
    double period_max_s;
    int growth; // 1: amplitude in proportion to wavelength (terrain), 0: equal
};

// How fast a spectrum can change, in its unit per metre, per metre squared, per second squared.
struct sim_roughness {
    double slope_east, slope_north, slope; // largest |d/dx|, |d/dy|, |gradient|
    double curve_east, curve_north;        // largest |d2/dx2|, |d2/dy2|
    double slope_time, curve_time;
};

struct sim_spectrum sim_spectrum_make(const struct sim_spectrum_plan *plan);
double sim_spectrum_at(const struct sim_spectrum *spectrum, double east_m, double north_m,
                       double t_s);
// The mean over the times from t0_s to t1_s, exactly.
double sim_spectrum_mean(const struct sim_spectrum *spectrum, double east_m, double north_m,
                         double t0_s, double t1_s);
struct sim_roughness sim_spectrum_roughness(const struct sim_spectrum *spectrum);

// sin(2 pi cycles), within 1e-11.
double sim_sine(double cycles);

// A small deterministic generator; `*state` is any number.
uint64_t sim_random(uint64_t *state);
double sim_random_between(uint64_t *state, double low, double high);

#endif
