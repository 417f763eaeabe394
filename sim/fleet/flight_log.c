// SPDX-License-Identifier: Apache-2.0
#include "sim/fleet/flight_log.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "drf/v1/enums.pb-c.h"

enum { STANDING_MAX = 16 };

struct standing {
    uint32_t id, severity;
};

struct entry {
    double agl_m, clearance_m, wind_mps, wind_from_deg, gust_mps; // NAN: not known
    uint32_t severity;                                            // the worst, 0: none
    struct standing standing[STANDING_MAX];
    size_t count;
};

struct sim_flight_log {
    FILE *tracks, *advisories;
    const struct sim_world *world;
    const struct sim_drone *drones;
    const struct sim_account *accounts;
    size_t count;
    struct entry *entries;
};

static const double unknown = (double)NAN;

enum drf_status sim_flight_log_open(const char *tracks, const char *advisories,
                                    const struct sim_world *world,
                                    const struct sim_drone *drones,
                                    const struct sim_account *accounts, size_t count,
                                    struct sim_flight_log **out)
{
    struct sim_flight_log *flight_log = calloc(1, sizeof *flight_log);
    if (flight_log == NULL)
        return DRF_ERR_NOMEM;
    flight_log->world = world;
    flight_log->drones = drones;
    flight_log->accounts = accounts;
    flight_log->count = count;
    flight_log->entries = calloc(count, sizeof *flight_log->entries);
    flight_log->tracks = tracks != NULL ? fopen(tracks, "w") : NULL;
    flight_log->advisories = advisories != NULL ? fopen(advisories, "w") : NULL;
    enum drf_status status = flight_log->entries != NULL ? DRF_OK : DRF_ERR_NOMEM;
    if ((tracks != NULL && flight_log->tracks == NULL)
        || (advisories != NULL && flight_log->advisories == NULL))
        status = DRF_ERR_STORE;
    if (status != DRF_OK) {
        sim_flight_log_close(flight_log);
        return status;
    }
    for (size_t i = 0; i < count; i++)
        flight_log->entries[i] = (struct entry){.agl_m = unknown,
                                                .clearance_m = unknown,
                                                .wind_mps = unknown,
                                                .wind_from_deg = unknown,
                                                .gust_mps = unknown};
    if (flight_log->tracks != NULL)
        fputs("drone,t_s,lat_deg,lon_deg,alt_amsl_m,phase,agl_m,clearance_m,wind_mps,"
              "wind_from_deg_true,gust_mps,severity,silent\n",
              flight_log->tracks);
    if (flight_log->advisories != NULL)
        fputs("t_s,drone,advisory_id,severity,kind,feature_id,text\n", flight_log->advisories);
    *out = flight_log;
    return DRF_OK;
}

void sim_flight_log_close(struct sim_flight_log *flight_log)
{
    if (flight_log == NULL)
        return;
    if (flight_log->tracks != NULL)
        fclose(flight_log->tracks);
    if (flight_log->advisories != NULL)
        fclose(flight_log->advisories);
    free(flight_log->entries);
    free(flight_log);
}

static void row(struct sim_flight_log *flight_log, size_t index, const Drf__V1__Advisory *a,
                uint32_t severity, double t_s)
{
    fprintf(flight_log->advisories, "%.3f,%s,%u,%u,%u,%s,", t_s,
            flight_log->accounts[index].name, a->advisory_id, severity, a->kind,
            a->feature_id != NULL ? a->feature_id : "");
    for (const char *p = a->text != NULL ? a->text : ""; *p != '\0'; p++)
        fputc((unsigned char)*p < ' ' ? ' ' : *p, flight_log->advisories);
    fputc('\n', flight_log->advisories);
}

// A number that is not known is the most severe.
static uint32_t severity_of(const Drf__V1__Advisory *advisory)
{
    uint32_t severity = advisory->severity;
    return severity == DRF__V1__SEVERITY__SEVERITY_UNKNOWN
                   || severity > DRF__V1__SEVERITY__SEVERITY_INFO
               ? DRF__V1__SEVERITY__SEVERITY_WARNING
               : severity;
}

static void note_advisories(struct sim_flight_log *flight_log, size_t index,
                            const Drf__V1__Context *context, double t_s)
{
    struct entry *entry = &flight_log->entries[index];
    struct standing now[STANDING_MAX];
    size_t count = 0;
    for (size_t i = 0; i < context->n_advisories && count < STANDING_MAX; i++) {
        const Drf__V1__Advisory *a = context->advisories[i];
        uint32_t severity = severity_of(a);
        size_t k = 0;
        while (k < entry->count && entry->standing[k].id != a->advisory_id)
            k++;
        if (k == entry->count || entry->standing[k].severity != severity)
            row(flight_log, index, a, severity, t_s);
        now[count++] = (struct standing){a->advisory_id, severity};
    }
    for (size_t i = 0; i < entry->count; i++) {
        size_t k = 0;
        while (k < count && now[k].id != entry->standing[i].id)
            k++;
        Drf__V1__Advisory over = DRF__V1__ADVISORY__INIT;
        over.advisory_id = entry->standing[i].id;
        if (k == count)
            row(flight_log, index, &over, 0, t_s);
    }
    for (size_t i = 0; i < count; i++)
        entry->standing[i] = now[i];
    entry->count = count;
}

void sim_flight_log_told(struct sim_flight_log *flight_log, size_t index,
                         const Drf__V1__Context *context, double t_s)
{
    struct entry *entry = &flight_log->entries[index];
    const Drf__V1__Height *h = context->height;
    entry->agl_m = h != NULL && h->has_agl_m ? (double)h->agl_m : unknown;
    entry->clearance_m = h != NULL && h->has_clearance_m ? (double)h->clearance_m : unknown;
    const Drf__V1__Wind *w = context->weather != NULL ? context->weather->wind : NULL;
    const Drf__V1__Quantity *g = context->weather != NULL ? context->weather->gust_mps : NULL;
    entry->wind_mps = w != NULL && w->has_wind_speed_mps ? (double)w->wind_speed_mps : unknown;
    entry->wind_from_deg =
        w != NULL && w->has_wind_from_deg_true ? (double)w->wind_from_deg_true : unknown;
    entry->gust_mps = g != NULL && g->has_value ? (double)g->value : unknown;
    entry->severity = 0;
    for (size_t i = 0; i < context->n_advisories; i++) {
        uint32_t severity = severity_of(context->advisories[i]);
        if (entry->severity == 0 || severity < entry->severity)
            entry->severity = severity;
    }
    if (flight_log->advisories != NULL)
        note_advisories(flight_log, index, context, t_s);
}

static void number(FILE *file, double value)
{
    if (isfinite(value))
        fprintf(file, ",%.1f", value);
    else
        fputc(',', file);
}

void sim_flight_log_flown(struct sim_flight_log *flight_log, double t_s)
{
    for (size_t i = 0; i < flight_log->count && flight_log->tracks != NULL; i++) {
        const struct sim_flight *f = &flight_log->drones[i].flight;
        const struct entry *entry = &flight_log->entries[i];
        struct geo_point at = sim_world_point(flight_log->world, f->at);
        fprintf(flight_log->tracks, "%s,%.2f,%.7f,%.7f,%.1f,%s", flight_log->accounts[i].name,
                t_s, at.lat_deg, at.lon_deg, f->amsl_m, sim_flight_phase_name(f->phase));
        bool silent = flight_log->drones[i].pilot.silent;
        number(flight_log->tracks, silent ? unknown : entry->agl_m);
        number(flight_log->tracks, silent ? unknown : entry->clearance_m);
        number(flight_log->tracks, silent ? unknown : entry->wind_mps);
        number(flight_log->tracks, silent ? unknown : entry->wind_from_deg);
        number(flight_log->tracks, silent ? unknown : entry->gust_mps);
        fprintf(flight_log->tracks, ",%u,%d\n", silent ? 0 : entry->severity, silent ? 1 : 0);
    }
}
