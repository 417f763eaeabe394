// sim/fleet/flight_log.h - CSV logs of the flown tracks and of the received advisories.
// SPDX-License-Identifier: Apache-2.0
//
// Tracks: drone,t_s,lat_deg,lon_deg,alt_amsl_m,phase,agl_m,clearance_m,wind_mps,
// wind_from_deg_true,gust_mps,severity,silent, the drones always in the same order; a value
// that the last context did not have is empty. Advisories: t_s,drone,advisory_id,severity,
// kind,feature_id,text, one row for each that is new or changed its severity, severity 0 when
// it has ended; the text goes to the end of the line.
#ifndef SIM_FLIGHT_LOG_H
#define SIM_FLIGHT_LOG_H

#include "sim/fleet/fleet_mqtt.h"
#include "sim/fleet/telemetry.h"

struct sim_flight_log;

// Either path may be NULL. Pointers are borrowed until close. DRF_ERR_NOMEM. DRF_ERR_STORE:
// a file cannot be created.
DRF_MUST_CHECK enum drf_status sim_flight_log_open(const char *tracks, const char *advisories,
                                                   const struct sim_world *world,
                                                   const struct sim_drone *drones,
                                                   const struct sim_account *accounts,
                                                   size_t count, struct sim_flight_log **out);
void sim_flight_log_close(struct sim_flight_log *flight_log); // NULL is fine

void sim_flight_log_told(struct sim_flight_log *flight_log, size_t index,
                         const Drf__V1__Context *context, double t_s);
// A row for each drone.
void sim_flight_log_flown(struct sim_flight_log *flight_log, double t_s);

#endif
