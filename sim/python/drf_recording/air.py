# drf_recording/air.py - the standard atmosphere: pressure to height, calibrated to true airspeed.
# SPDX-License-Identifier: Apache-2.0
"""ICAO standard atmosphere (Doc 7488/3; the same as ISO 2533 and U.S. Standard Atmosphere 1976) to 20 km.

Heights are geopotential. True airspeed is from calibrated airspeed by the impact pressure of compressible,
subsonic flow (the definition of calibrated airspeed; for example Eurocontrol, BADA user manual, 3.1.2,
"CAS/TAS conversion", or Gracey, NASA RP-1046, chapter II):

    qc  = p0 * ((1 + CAS^2 / (7 p0 / rho0))^3.5 - 1)
    TAS = sqrt(7 p / rho * ((1 + qc / p)^(2/7) - 1))
"""
from __future__ import annotations

import math

METRES_PER_FOOT = 0.3048
MPS_PER_KNOT = 1852.0 / 3600.0
MPS_PER_FPM = METRES_PER_FOOT / 60.0
P0_PA, T0_K, R, G0, LAPSE_KPM = 101325.0, 288.15, 287.05287, 9.80665, 0.0065
TROPOPAUSE_M, TOP_M = 11000.0, 20000.0
_EXPONENT = G0 / (R * LAPSE_KPM)
_T11_K = T0_K - LAPSE_KPM * TROPOPAUSE_M
_P11_PA = P0_PA * math.pow(_T11_K / T0_K, _EXPONENT)


def pressure_pa(height_m: float) -> float:
    """Pressure at a height in the standard atmosphere; -2,000 to 20,000 m."""
    if not -2000.0 <= height_m <= TOP_M:
        raise ValueError(f"{height_m:g} m is outside the standard atmosphere used here (-2,000 to 20,000 m)")
    if height_m <= TROPOPAUSE_M:
        return P0_PA * math.pow(1.0 - LAPSE_KPM * height_m / T0_K, _EXPONENT)
    return _P11_PA * math.exp(-G0 * (height_m - TROPOPAUSE_M) / (R * _T11_K))


def temperature_k(height_m: float) -> float:
    return T0_K - LAPSE_KPM * min(height_m, TROPOPAUSE_M)


def pressure_altitude_m(pressure: float) -> float:
    """Height in the standard atmosphere where this pressure (Pa) is: what `alt_pressure_m` means."""
    if not pressure_pa(TOP_M) <= pressure <= pressure_pa(-2000.0):
        raise ValueError(f"{pressure:g} Pa is outside the standard atmosphere used here (-2,000 to 20,000 m)")
    if pressure >= _P11_PA:
        return (1.0 - math.pow(pressure / P0_PA, 1.0 / _EXPONENT)) * T0_K / LAPSE_KPM
    return TROPOPAUSE_M - math.log(pressure / _P11_PA) * R * _T11_K / G0


def tas_of_cas(cas_mps: float, height_m: float) -> float:
    """True from calibrated airspeed, at a height in the standard atmosphere."""
    p = pressure_pa(height_m)
    rho0, rho = P0_PA / (R * T0_K), p / (R * temperature_k(height_m))
    impact = P0_PA * ((1.0 + rho0 * cas_mps * cas_mps / (7.0 * P0_PA)) ** 3.5 - 1.0)
    return math.sqrt(7.0 * p / rho * ((1.0 + impact / p) ** (2.0 / 7.0) - 1.0))


def tas_of_mach(mach: float, height_m: float) -> float:
    """True airspeed from a Mach number: M times sqrt(1.4 R T)."""
    return mach * math.sqrt(1.4 * R * temperature_k(height_m))
