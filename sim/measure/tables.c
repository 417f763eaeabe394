// SPDX-License-Identifier: Apache-2.0
//
// All tables are open while recordings come one after another; each adds its rows to every
// table. Field names of recordings.csv come with the first recording: all have the same rows.
#include "sim/measure/tables.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum table {
    TABLE_MEASURES,
    TABLE_RECORDINGS,
    TABLE_DRONES,
    TABLE_PAIRS,
    TABLE_LOSSES,
    TABLE_LEADS,
    TABLE_SEPARATION,
    TABLE_COUNT
};

static const struct {
    const char *name, *head;
} files[TABLE_COUNT] = {
    [TABLE_MEASURES] = {"measures.csv",
                        "recording,seed,measure,of,value,count,not_measurable\n"},
    [TABLE_RECORDINGS] = {"recordings.csv", ""}, // its head comes with the first recording
    [TABLE_DRONES] = {"drones.csv", "recording,drone,contexts,age_mean_s,age_max_s,"
                                    "up_messages,up_bytes,down_messages,down_bytes,seen_s\n"},
    [TABLE_PAIRS] = {"pairs.csv", "recording,one,two,horizontal_min_m,horizontal_min_utc_us,"
                                  "slant_min_m,slant_min_utc_us\n"},
    [TABLE_LOSSES] = {"losses.csv", "recording,kind,one,two,from_utc_us,to_utc_us,entry_known,"
                                    "nearest_utc_us,nearest_horizontal_m,nearest_up_m\n"},
    [TABLE_LEADS] = {"leads.csv", "recording,drone,event,kind,about,event_utc_us,"
                                  "nearest_utc_us,entry_known,told_utc_us,lead_to_entry_s,"
                                  "lead_to_cpa_s\n"},
    [TABLE_SEPARATION] = {"separation.csv", "recording,from_m,to_m,horizontal_pair_instants,"
                                            "slant_pair_instants\n"},
};

struct sim_tables {
    FILE *files[TABLE_COUNT];
    bool headed;
};

void sim_csv_text(FILE *file, const char *text)
{
    if (strpbrk(text, ",\"\r\n") == NULL) {
        fputs(text, file);
        return;
    }
    fputc('"', file);
    for (; *text != '\0'; text++) {
        if (*text == '"')
            fputc('"', file);
        fputc(*text, file);
    }
    fputc('"', file);
}

enum drf_status sim_tables_open(const char *folder, struct sim_tables **out)
{
    struct sim_tables *tables = calloc(1, sizeof *tables);
    if (tables == NULL)
        return DRF_ERR_NOMEM;
    for (size_t i = 0; i < TABLE_COUNT; i++) {
        char path[4096];
        int size = snprintf(path, sizeof path, "%s/%s", folder, files[i].name);
        tables->files[i] = size < (int)sizeof path ? fopen(path, "w") : NULL;
        if (tables->files[i] == NULL) {
            fprintf(stderr, "drf-sim: %s: cannot be written: %s\n", path,
                    strerrordesc_np(errno));
            // What could not be opened is what is told.
            enum drf_status ignored = sim_tables_close(tables);
            (void)ignored;
            return DRF_ERR_STORE;
        }
        fputs(files[i].head, tables->files[i]);
    }
    *out = tables;
    return DRF_OK;
}

static FILE *begin_row(struct sim_tables *tables, enum table table,
                       const struct sim_measured *measured)
{
    FILE *file = tables->files[table];
    sim_csv_text(file, measured->scan.path);
    fputc(',', file);
    return file;
}

static void add_measures(struct sim_tables *tables, const struct sim_measured *measured)
{
    for (size_t i = 0; i < measured->count; i++) {
        const struct sim_measure *m = &measured->measures[i];
        FILE *file = begin_row(tables, TABLE_MEASURES, measured);
        sim_csv_text(file, measured->scan.seed);
        fprintf(file, ",%s,%s,", m->name, m->of);
        if (m->known)
            fprintf(file, "%.10g,%" PRIu64 ",\n", m->value, m->count);
        else {
            fputs(",,", file);
            sim_csv_text(file, m->why);
            fputc('\n', file);
        }
    }
}

static void add_recording(struct sim_tables *tables, const struct sim_measured *measured)
{
    FILE *file = tables->files[TABLE_RECORDINGS];
    if (!tables->headed) {
        fputs("recording,seed,truncated", file);
        for (size_t i = 0; i < measured->count; i++) {
            const struct sim_measure *m = &measured->measures[i];
            fprintf(file, ",%s%s%s", m->name, m->of[0] != '\0' ? "." : "", m->of);
        }
        fputc('\n', file);
        tables->headed = true;
    }
    begin_row(tables, TABLE_RECORDINGS, measured);
    sim_csv_text(file, measured->scan.seed);
    fprintf(file, ",%d", measured->scan.truncated);
    for (size_t i = 0; i < measured->count; i++)
        if (measured->measures[i].known)
            fprintf(file, ",%.10g", measured->measures[i].value);
        else
            fputc(',', file);
    fputc('\n', file);
}

static void add_drones(struct sim_tables *tables, const struct sim_measured *measured)
{
    struct sim_numbers peaks = {0};
    for (size_t d = 0; d < measured->scan.listened_count; d++) {
        const struct sim_listened *drone = &measured->scan.listened[d];
        uint64_t messages[2] = {0}, bytes[2] = {0};
        for (enum sim_leaf leaf = 0; leaf < SIM_LEAF_OF_DRONES; leaf++) {
            messages[sim_leaf_output(leaf)] += drone->messages[leaf];
            bytes[sim_leaf_output(leaf)] += drone->bytes[leaf];
        }
        FILE *file = begin_row(tables, TABLE_DRONES, measured);
        sim_csv_text(file, drone->id);
        fprintf(file, ",%zu,", drone->update_count);
        struct sim_age age = {0};
        if (drone->update_count > 0) {
            int64_t end_us = drone->updates[drone->update_count - 1].received_us;
            if (drone->reported_us > end_us)
                end_us = drone->reported_us;
            if (sim_age_of(drone->updates, drone->update_count, end_us, &peaks, &age) == DRF_OK
                && age.window_s > 0)
                fprintf(file, "%.6f", age.integral_s2 / age.window_s);
            fprintf(file, ",%.6f,", age.most_s);
        } else {
            fputs(",,", file);
        }
        fprintf(file, "%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",", messages[0], bytes[0],
                messages[1], bytes[1]);
        if (drone->last_us >= drone->first_us)
            fprintf(file, "%.6f", (double)(drone->last_us - drone->first_us) / 1e6);
        fputc('\n', file);
    }
    sim_numbers_close(&peaks);
}

static void add_pairs(struct sim_tables *tables, const struct sim_measured *measured)
{
    const struct sim_separation *s = &measured->separation;
    const struct sim_track *tracks = sim_scan_tracks(&measured->scan)->tracks;
    for (size_t i = 0; i < s->pair_count; i++) {
        const struct sim_pair *pair = &s->pairs[i];
        FILE *file = begin_row(tables, TABLE_PAIRS, measured);
        sim_csv_text(file, tracks[pair->one].id);
        fputc(',', file);
        sim_csv_text(file, tracks[pair->two].id);
        fprintf(file, ",%.4f,%" PRId64, pair->horizontal_m, pair->horizontal_us);
        if (pair->has_slant)
            fprintf(file, ",%.4f,%" PRId64 "\n", pair->slant_m, pair->slant_us);
        else
            fputs(",,\n", file);
    }
    for (size_t i = 0; i < SIM_SEPARATION_BINS; i++) {
        FILE *file = begin_row(tables, TABLE_SEPARATION, measured);
        fprintf(file, "%.10g,%.10g,%" PRIu64 ",%" PRIu64 "\n", (double)i * s->bin_m,
                (double)(i + 1) * s->bin_m, s->horizontal[i], s->slant[i]);
    }
    FILE *file = begin_row(tables, TABLE_SEPARATION, measured);
    fprintf(file, "%.10g,,%" PRIu64 ",\n", SIM_SEPARATION_BINS * s->bin_m, s->beyond);
}

static void add_losses(struct sim_tables *tables, const struct sim_measured *measured)
{
    const struct sim_track *tracks = sim_scan_tracks(&measured->scan)->tracks;
    for (size_t i = 0; i < measured->separation.loss_count; i++) {
        const struct sim_loss *loss = &measured->separation.losses[i];
        FILE *file = begin_row(tables, TABLE_LOSSES, measured);
        fprintf(file, "%s%s,", sim_loss_names[loss->kind], loss->undecided ? "_undecided" : "");
        sim_csv_text(file, tracks[loss->one].id);
        fputc(',', file);
        sim_csv_text(file, tracks[loss->two].id);
        fprintf(file, ",%" PRId64 ",%" PRId64 ",%d,%" PRId64 ",%.4f,", loss->from_us,
                loss->to_us, !loss->begun, loss->near_us, loss->near_horizontal_m);
        if (!loss->undecided)
            fprintf(file, "%.4f", loss->near_up_m);
        fputc('\n', file);
    }
}

static void add_leads(struct sim_tables *tables, const struct sim_measured *measured)
{
    for (size_t i = 0; i < measured->lead_count; i++) {
        const struct sim_lead *lead = &measured->leads[i];
        FILE *file = begin_row(tables, TABLE_LEADS, measured);
        sim_csv_text(file, lead->drone);
        fprintf(file, ",%s,%" PRIu32 ",", lead->event, lead->kind);
        sim_csv_text(file, lead->about);
        fprintf(file, ",%" PRId64 ",", lead->event_us);
        if (lead->has_near)
            fprintf(file, "%" PRId64, lead->near_us);
        fprintf(file, ",%d,", lead->entry_known);
        if (lead->told)
            fprintf(file, "%" PRId64, lead->told_us);
        fputc(',', file);
        if (lead->told && lead->entry_known)
            fprintf(file, "%.6f", (double)(lead->event_us - lead->told_us) / 1e6);
        fputc(',', file);
        if (lead->told && lead->has_near)
            fprintf(file, "%.6f", (double)(lead->near_us - lead->told_us) / 1e6);
        fputc('\n', file);
    }
}

void sim_tables_add(struct sim_tables *tables, const struct sim_measured *measured)
{
    add_measures(tables, measured);
    add_recording(tables, measured);
    add_drones(tables, measured);
    add_pairs(tables, measured);
    add_losses(tables, measured);
    add_leads(tables, measured);
}

enum drf_status sim_tables_close(struct sim_tables *tables)
{
    enum drf_status status = DRF_OK;
    for (size_t i = 0; tables != NULL && i < TABLE_COUNT; i++)
        if (tables->files[i] != NULL) {
            bool bad = ferror(tables->files[i]) != 0;
            bad |= fclose(tables->files[i]) != 0;
            if (bad)
                status = DRF_ERR_STORE;
        }
    free(tables);
    return status;
}
