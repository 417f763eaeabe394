// SPDX-License-Identifier: Apache-2.0
#include "sim/world/obstacle_write.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static const double foot_m = 0.3048;

enum { ANGLE_TEXT_SIZE = 24 };

// "43 39 00.00N" with `width` digits of degrees.
static void format_angle(double deg, int width, char positive, char negative,
                         char text[static ANGLE_TEXT_SIZE])
{
    unsigned hundredths = (unsigned)llround(fabs(deg) * 360000.0);
    snprintf(text, ANGLE_TEXT_SIZE, "%0*u %02u %02u.%02u%c", width, hundredths / 360000,
             hundredths / 6000 % 60, hundredths / 100 % 60, hundredths % 100,
             deg < 0 ? negative : positive);
}

static void write_record(const struct sim_world *world, const struct sim_obstacle *tower,
                         const struct tm *day, FILE *file)
{
    char lat[ANGLE_TEXT_SIZE], lon[ANGLE_TEXT_SIZE];
    format_angle(tower->position.lat_deg, 2, 'N', 'S', lat);
    format_angle(tower->position.lon_deg, 3, 'E', 'W', lon);
    long agl_ft = lround(tower->agl_m / foot_m);
    long amsl_ft = lround((tower->amsl_m + world->plan.obstacle_bias_m) / foot_m);
    bool vague = isnan(tower->horizontal_acc_m);
    fprintf(file, "%-9.9s O US SM %-16.16s %s %s %-18.18s 1 %05ld %05ld R %c %c N %-14.14s A ",
            tower->id, "SIMULATED", lat, lon, "TOWER", agl_ft, amsl_ft, vague ? '9' : '1',
            vague ? 'I' : 'A', "SIM");
    fprintf(file, "%04d%03d \r\n", day->tm_year + 1900, day->tm_yday + 1);
}

enum drf_status sim_obstacle_write_dof(const struct sim_world *world, const char *path)
{
    FILE *file = fopen(path, "wb");
    if (file == NULL)
        return DRF_ERR_STORE;
    time_t clock = (time_t)(world->plan.epoch_utc_us / 1000000);
    struct tm day;
    gmtime_r(&clock, &day);
    fprintf(file, "  CURRENCY DATE = %02d/%02d/%02d   SIMULATED, drf_mode=SIM, not real\r\n",
            day.tm_mon + 1, day.tm_mday, day.tm_year % 100);
    fprintf(file,
            "%37sLATITUDE    LONGITUDE     OBSTACLE            AGL   AMSL LT ACC MAR FAA"
            "         ACTION\r\n",
            "");
    fprintf(file, "OAS#      V CO ST CITY            DEG MIN SEC   DEG MIN SEC   TYPE          "
                  "       HT    HT     H V IND STUDY           JDATE\r\n");
    for (int i = 0; i < 127; i++)
        fputc('-', file);
    fputs("\r\n", file);
    for (size_t i = 0; i < world->obstacle_count; i++)
        if (world->obstacles[i].form == SIM_TOWER)
            write_record(world, &world->obstacles[i], &day, file);
    bool bad = ferror(file) != 0;
    return fclose(file) != 0 || bad ? DRF_ERR_STORE : DRF_OK;
}

static void write_geometry(const struct sim_obstacle *obstacle, FILE *file)
{
    if (obstacle->form == SIM_CRANE) {
        fprintf(file, "{\"type\":\"Point\",\"coordinates\":[%.9f,%.9f]}",
                obstacle->position.lon_deg, obstacle->position.lat_deg);
        return;
    }
    fputs("{\"type\":\"Polygon\",\"coordinates\":[[", file);
    for (int i = 0; i <= SIM_VERTICES; i++)
        fprintf(file, "%s[%.9f,%.9f]", i > 0 ? "," : "",
                obstacle->corners[i % SIM_VERTICES].lon_deg,
                obstacle->corners[i % SIM_VERTICES].lat_deg);
    fputs("]]}", file);
}

void sim_obstacle_write_feature(const struct sim_world *world,
                                const struct sim_obstacle *obstacle, FILE *file)
{
    fputs("{\"type\":\"Feature\",", file);
    fprintf(file, "\"id\":\"%s\",\"properties\":{\"id\":\"%s\",\"kind\":\"%s\",", obstacle->id,
            obstacle->id, sim_obstacle_kind(obstacle->form));
    fprintf(file, "\"agl_m\":%.2f,", obstacle->agl_m);
    if (!isnan(obstacle->amsl_m))
        fprintf(file, "\"amsl_m\":%.2f,", obstacle->amsl_m + world->plan.obstacle_bias_m);
    fprintf(file, "\"horizontal_acc95_m\":%.1f,\"vertical_acc95_m\":%.1f,\"drf_mode\":\"SIM\"}",
            obstacle->horizontal_acc_m, obstacle->vertical_acc_m);
    fputs(",\"geometry\":", file);
    write_geometry(obstacle, file);
    fputs("}", file);
}

// Its height is a word: an obstacle of no known height, at a known place.
static void write_refused(const struct sim_refused *one, FILE *file)
{
    const struct geo_bounds *b = &one->box;
    fprintf(
        file,
        "{\"type\":\"Feature\",\"id\":\"%s\",\"properties\":{\"id\":\"%s\",\"kind\":\"MAST\","
        "\"agl_m\":\"not "
        "measured\",\"horizontal_acc95_m\":2.0,\"drf_mode\":\"SIM\"},\"geometry\":{\"type\":"
        "\"Polygon\","
        "\"coordinates\":[[[%.9f,%.9f],[%.9f,%.9f],[%.9f,%.9f],[%.9f,%.9f],[%.9f,%.9f]]]}}",
        one->id, one->id, b->west_deg, b->south_deg, b->east_deg, b->south_deg, b->east_deg,
        b->north_deg, b->west_deg, b->north_deg, b->west_deg, b->south_deg);
}

enum drf_status sim_obstacle_write_geojson(const struct sim_world *world, const char *path)
{
    FILE *file = fopen(path, "wb");
    if (file == NULL)
        return DRF_ERR_STORE;
    fputs("{\"type\":\"FeatureCollection\",\"drf_mode\":\"SIM\",\"features\":[", file);
    bool first = true;
    for (size_t i = 0; i < world->obstacle_count; i++) {
        if (world->obstacles[i].form == SIM_TOWER)
            continue;
        fputs(first ? "\n" : ",\n", file);
        sim_obstacle_write_feature(world, &world->obstacles[i], file);
        first = false;
    }
    for (uint64_t i = 0; i < world->plan.refused; i++) {
        fputs(first ? "\n" : ",\n", file);
        write_refused(&world->refused[i], file);
        first = false;
    }
    fputs("\n]}\n", file);
    bool bad = ferror(file) != 0;
    return fclose(file) != 0 || bad ? DRF_ERR_STORE : DRF_OK;
}
