// SPDX-License-Identifier: Apache-2.0
// The first half of `drf-edge try`: which files, what they are, where and when. Every file is
// looked at once (edge/trial/try_file.c), METAR again when a table of stations is among them;
// what is not used is told with its reason. The region comes from the places of all of them
// (edge/trial/try_place.c), the time only from files that touch the region.
#include "edge/command/read_file.h"
#include "edge/trial/try.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "edge/host/clock.h"
#include "geo/bounds.h"
#include "geo/utc.h"

enum { DEPTH_MAX = 8, NAME_WIDTH = 36 };
#define HOUR_US INT64_C(3600000000)

int edge_try_failed(const char *subject, const char *text)
{
    fprintf(stderr, "drf-edge try: %s%s%s\n", subject ? subject : "", subject ? ": " : "",
            text);
    return 1;
}

void edge_try_path(const struct edge_try *job, const char *name, char out[static DRF_PATH_SIZE])
{
    snprintf(out, DRF_PATH_SIZE, "%s/%s", job->folder.path, name);
}

void edge_try_time(int64_t utc_us, char out[static EDGE_TRY_TIME_SIZE])
{
    const struct geo_utc_fields at = geo_utc_to_fields(utc_us);
    snprintf(out, EDGE_TRY_TIME_SIZE, "%04d-%02d-%02dT%02d:%02d:%02dZ", at.year, at.month,
             at.day, at.hour, at.minute, at.second);
}

static void add_file(struct edge_try *job, const char *path)
{
    if (job->file_count == EDGE_TRY_BOXES_MAX) {
        job->left_out++;
        return;
    }
    struct edge_try_file *file = &job->files[job->file_count++];
    *file = (struct edge_try_file){.size = 0};
    snprintf(file->path, sizeof file->path, "%s", path);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

// A name as text: what could control a terminal is shown as '?'.
static void print_name(const char *name, int width)
{
    int length = 0;
    for (; name[length] != '\0'; length++)
        putchar((unsigned char)name[length] < 0x20 || name[length] == 0x7f ? '?'
                                                                           : name[length]);
    printf("%*s", length < width ? width - length : 0, "");
}

static void tell_skipped(const char *path, const char *why)
{
    printf("  ");
    print_name(path, NAME_WIDTH);
    printf(" NOT LOOKED AT: %s\n", why);
}

// False: the folder cannot be read.
// NOLINTNEXTLINE(misc-no-recursion): at most DEPTH_MAX
static bool list(struct edge_try *job, const char *folder, int depth)
{
    struct dirent **entries;
    const int count = scandir(folder, &entries, NULL, by_name);
    for (int i = 0; i < count; i++) {
        struct stat about, itself;
        char path[DRF_PATH_SIZE];
        const char *name = entries[i]->d_name;
        const int length = snprintf(path, sizeof path, "%s/%s", folder, name);
        if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
            ;
        else if (name[0] == '.')
            tell_skipped(path, "a hidden name");
        else if (length >= (int)sizeof path)
            tell_skipped(path, "the path is too long");
        else if (lstat(path, &itself) != 0 || stat(path, &about) != 0)
            tell_skipped(path, "it leads nowhere");
        else if (S_ISREG(about.st_mode))
            add_file(job, path);
        else if (!S_ISDIR(about.st_mode))
            tell_skipped(path, "neither a file nor a folder");
        else if (S_ISLNK(itself.st_mode))
            tell_skipped(path, "a link to a folder");
        else if (depth == DEPTH_MAX)
            tell_skipped(path, "folders in folders eight deep");
        else if (!list(job, path, depth + 1))
            tell_skipped(path, "the folder cannot be read");
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
    return count >= 0;
}

static const char *unit_of(const struct edge_try_file *file)
{
    switch (file->format) {
    case GEO_FORMAT_GEOTIFF:
    case GEO_FORMAT_DTED:
    case GEO_FORMAT_HGT:
        return "tile of terrain, level 8";
    case GEO_FORMAT_GRIB:
        return "weather field";
    case GEO_FORMAT_METAR:
        return "station";
    case GEO_FORMAT_READSB:
    case GEO_FORMAT_TRACKS:
        return "aircraft";
    case GEO_FORMAT_CAP:
    case GEO_FORMAT_GCN:
        return "alert";
    case GEO_FORMAT_DOF:
    case GEO_FORMAT_GEOJSON_OBSTACLES:
        return "obstacle";
    default:
        return "zone";
    }
}

static void tell_file(const struct edge_try *job, const struct edge_try_file *file)
{
    const char *name = file->path + strlen(job->source);
    while (*name == '/')
        name++;
    printf("  ");
    print_name(name, NAME_WIDTH);
    putchar(' ');
    if (file->stations) {
        printf("a table of weather stations\n");
        return;
    }
    if (file->format == 0) {
        printf("NOT USED: %s\n", file->why);
        return;
    }
    printf("%s: %" PRIu64 " x %s", geo_format_name((enum geo_format)file->format),
           file->features, unit_of(file));
    if (file->refused > 0)
        printf("; refused parts: %" PRIu64 " (%s)", file->refused, file->why);
    if (file->surface)
        printf("; surface model (dsm), by its name");
    if (file->datum_taken)
        printf("; states no vertical datum: EGM96 is taken");
    putchar('\n');
}

// METAR reports have no positions: they are used with a table of stations, if one is there.
static void use_stations(struct edge_try *job)
{
    struct drf_feed_config *feed = &job->scan.config.feeds[0];
    for (size_t i = 0; i < job->file_count && !feed->stations; i++) {
        size_t size = 0;
        int64_t changed_utc_us;
        struct geo_note why;
        uint8_t *bytes = job->files[i].stations
                             ? edge_read_file(job->files[i].path, &size, &changed_utc_us)
                             : NULL;
        if (bytes && geo_station_table_open(bytes, size, &feed->stations, &why) == DRF_OK)
            job->folder.stations = job->files[i].path;
        free(bytes);
    }
    for (size_t i = 0; i < job->file_count; i++) {
        struct edge_try_file *file = &job->files[i];
        if (file->format != GEO_FORMAT_METAR)
            continue;
        if (feed->stations) {
            edge_try_file_look(&job->scan, file);
        } else {
            file->format = 0;
            snprintf(file->why, sizeof file->why,
                     "METAR, which needs a table of stations: a CSV of "
                     "id,lat,lon,elevation_m beside it");
        }
    }
}

bool edge_try_look(struct edge_try *job)
{
    for (size_t i = 0; i < job->file_count; i++) {
        edge_try_file_look(&job->scan, &job->files[i]);
        if (edge_try_pause(0))
            return false;
    }
    use_stations(job);
    for (size_t i = 0; i < job->file_count; i++) {
        struct edge_try_file *file = &job->files[i];
        struct edge_try_feed *feed = NULL;
        if (file->format != 0 && !(feed = edge_try_folder_feed(&job->folder, file)))
            file->format = 0;
        if (feed) {
            job->used++;
            feed->file_count++;
            if (file->size > feed->largest_bytes)
                feed->largest_bytes = file->size;
        }
        tell_file(job, file);
    }
    if (job->left_out > 0)
        printf("  %zu more files were not looked at: at most %d are\n", job->left_out,
               EDGE_TRY_BOXES_MAX);
    return true;
}

// Whether anything of the file may lie in the region.
static bool touches(const struct edge_try_file *file, struct geo_bounds region)
{
    return file->anywhere
           || (file->box.west_deg <= file->box.east_deg && geo_bounds_touch(file->box, region));
}

static void tell_outside(const struct edge_try *job)
{
    for (size_t i = 0; i < job->file_count; i++)
        if (job->files[i].format != 0 && !touches(&job->files[i], job->folder.region))
            printf("  %s: ALL of it lies OUTSIDE this region\n",
                   edge_try_file_name(&job->files[i]));
}

bool edge_try_choose_region(struct edge_try *job)
{
    struct edge_try_region region = {.bounds = job->folder.region, .from = "--region"};
    if (!job->region_given && !edge_try_place_region(&job->scan.place, &region))
        return false;
    job->folder.region = region.bounds;
    printf("  %.0f x %.0f km, west %.4f south %.4f east %.4f north %.4f, from %s\n",
           edge_try_place_width_km(region.bounds), edge_try_place_height_km(region.bounds),
           region.bounds.west_deg, region.bounds.south_deg, region.bounds.east_deg,
           region.bounds.north_deg, region.from);
    tell_outside(job);
    if (job->scan.place.left_out > 0)
        printf("  %llu rasters or features did not count for this: too many, or over the "
               "antimeridian\n",
               (unsigned long long)job->scan.place.left_out);
    if (region.cut)
        printf(
            "  the data reach farther: bounded to %d x %d km here; --region W,S,E,N chooses\n",
            EDGE_TRY_SIDE_MAX_KM, EDGE_TRY_SIDE_MAX_KM);
    return true;
}

// Data that hold for a time only and of which none holds now are served as at their own time.
// A time that lies ahead is no reason: a report that gives a day and no month may mean that.
void edge_try_choose_time(struct edge_try *job)
{
    const int64_t now_utc_us = edge_clock_now((struct edge_clock){0}).utc_us;
    int64_t latest_utc_us = INT64_MIN;
    bool current = false;
    for (size_t i = 0; i < job->file_count; i++) {
        const struct edge_try_file *file = &job->files[i];
        if (file->format == 0 || file->from_utc_us > file->until_utc_us
            || !touches(file, job->folder.region))
            continue;
        current = current
                  || (file->from_utc_us - HOUR_US <= now_utc_us
                      && now_utc_us <= file->until_utc_us + HOUR_US);
        if (file->at_utc_us > latest_utc_us && file->at_utc_us <= now_utc_us)
            latest_utc_us = file->at_utc_us;
    }
    job->folder.replay = !current && latest_utc_us != INT64_MIN;
    job->folder.utc_us = job->folder.replay ? latest_utc_us : now_utc_us;
    char text[EDGE_TRY_TIME_SIZE];
    edge_try_time(job->folder.utc_us, text);
    if (job->folder.replay)
        printf("  nothing that holds for a time holds now: the node runs in mode REPLAY, its "
               "UTC beginning at %s\n",
               text);
    else
        printf("  the present, mode TEST (LIVE: a new store and node.mode in drf-edge.yaml)\n");
}

bool edge_try_list(struct edge_try *job) { return list(job, job->source, 0); }
