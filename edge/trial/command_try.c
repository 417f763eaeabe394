// SPDX-License-Identifier: Apache-2.0
// try: from a folder of files to a node that answers about them, in five steps: find out what
// each file is; choose a region and a time; write a folder with configuration and accounts;
// start brokers, publish, run the node until it has read all; ask the store. Brokers and node
// are children that end with this program. Without Kafka the files are imported, but for
// traffic, which no store keeps.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "edge/command/command.h"
#include "edge/command/query.h"
#include "edge/trial/try.h"

// A word of the shell.
static void print_word(FILE *out, const char *before, const char *text, const char *after)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "/._-+=:,@";
    const bool bare = text[strspn(text, plain)] == '\0' && after[strspn(after, plain)] == '\0';
    fprintf(out, "%s%s", before, bare ? "" : "'");
    for (const char *at = text; *at != '\0'; at++)
        if (*at == '\'')
            fprintf(out, "'\\''");
        else
            fputc(*at, out);
    fprintf(out, "%s%s", after, bare ? "" : "'");
}

static int ask(const struct edge_try *job)
{
    char store[DRF_PATH_SIZE], lat[24], lon[24];
    const struct geo_point middle = edge_try_place_middle(&job->scan.place, job->folder.region);
    edge_try_path(job, "region.gpkg", store);
    snprintf(lat, sizeof lat, "%.5f", middle.lat_deg);
    snprintf(lon, sizeof lon, "%.5f", middle.lon_deg);
    char *argv[] = {"--store", store, lat, lon};
    print_word(stdout, "  drf-edge query --store ", store, "");
    printf(" %s %s\n\n", lat, lon);
    fflush(stdout);
    return edge_query(4, argv, stdout, stderr);
}

static void tell_next(const struct edge_try *job, FILE *out)
{
    const struct edge_try_folder *folder = &job->folder;
    char start[EDGE_TRY_TIME_SIZE];
    edge_try_time(folder->utc_us, start);
    if (job->has_mosquitto) {
        print_word(out, "", job->mosquitto, "");
        print_word(out, " -c ", folder->path, "/mosquitto/mosquitto.conf");
        fprintf(out, " &\n");
    }
    if (job->has_kafka) {
        print_word(out, "", job->java, "");
        print_word(out, " -Xmx1g -cp ", job->jars, "/*");
        print_word(out, " kafka.Kafka ", folder->path, "/kafka/server.properties");
        fprintf(out, " &\n");
    }
    print_word(out, "", job->program, "");
    print_word(out, " run --config ", folder->path, "/drf-edge.yaml");
    fprintf(out, "%s%s\n", folder->replay ? " --utc-start " : "", folder->replay ? start : "");
    print_word(out, "", job->program, "");
    print_word(out, " check --config ", folder->path, "/drf-edge.yaml");
    print_word(out, "\n", job->program, "");
    print_word(out, " info --store ", folder->path, "/region.gpkg");
    fputc('\n', out);
    if (job->has_mosquitto) {
        fprintf(out,
                "mosquitto_sub -V 5 -p %u -u drf-observer -t 'drf-test/v1/#' -F '%%t %%l' -P ",
                folder->mqtt_port);
        print_word(out, "\"$(sed -n 's/^drf-observer://p' ", folder->path, "/accounts");
        fprintf(out, ")\"\n");
    }
}

static void leave(const struct edge_try *job)
{
    char path[DRF_PATH_SIZE];
    edge_try_path(job, "next-steps.txt", path);
    FILE *file = fopen(path, "we");
    if (file) {
        tell_next(job, file);
        fclose(file);
    }
    printf("\n5/5 go on with %s (accounts: `accounts` there; these lines: next-steps.txt)\n",
           job->folder.path);
    tell_next(job, stdout);
}

static int work(struct edge_try *job)
{
    printf("1/5 %s: what %zu file%s are\n", job->source, job->file_count,
           job->file_count == 1 ? "" : "s");
    if (job->file_count == 0)
        return edge_try_failed(job->source, "it holds no files");
    if (!edge_try_look(job))
        return edge_try_failed(NULL, "stopped");
    if (job->used == 0)
        return edge_try_failed(NULL, "none of these files is of use; nothing was written");
    printf("2/5 region and time\n");
    if (!edge_try_choose_region(job))
        return edge_try_failed(NULL,
                               "none of these files says where it is: give --region W,S,E,N");
    edge_try_choose_time(job);
    printf("3/5 brokers\n");
    edge_try_find_brokers(job);
    uint16_t ports[4];
    if (!edge_try_ports(ports, 4))
        return edge_try_failed(NULL, "no free port");
    job->folder.mqtt_port = ports[0];
    job->folder.http_port = ports[1];
    job->folder.kafka_port = ports[2];
    job->folder.controller_port = ports[3];
    const char *complaint = edge_try_folder_write(&job->folder);
    if (complaint) {
        fprintf(stderr, "drf-edge try: %s: %s; --out DIR names another\n", job->folder.path,
                complaint);
        return 1;
    }
    if (!job->has_kafka)
        printf("  without Kafka the files are imported into the store\n");
    if (!(job->has_kafka ? edge_try_serve(job) : edge_try_import(job)))
        return edge_try_failed(job->folder.path,
                               "it ended early; what there is stays in this folder");
    printf("4/5 what is known in the middle of the data\n");
    const int code = ask(job);
    leave(job);
    return code;
}

static bool read_region(const char *text, struct geo_bounds *out)
{
    double numbers[4];
    char *end = NULL;
    for (size_t i = 0; i < 4; i++) {
        numbers[i] = strtod(i == 0 ? text : end + 1, &end);
        if (*end != (i < 3 ? ',' : '\0'))
            return false;
    }
    *out = (struct geo_bounds){.west_deg = numbers[0],
                               .south_deg = numbers[1],
                               .east_deg = numbers[2],
                               .north_deg = numbers[3]};
    return numbers[0] >= -180 && numbers[0] < numbers[2] && numbers[2] <= 180
           && numbers[1] >= -90 && numbers[1] < numbers[3] && numbers[3] <= 90;
}

// The absolute path of --out, or of DIR-drf. False: complained.
static bool choose_folder(struct edge_try *job, const char *out)
{
    char name[DRF_PATH_SIZE], here[DRF_PATH_SIZE] = "";
    size_t length = strlen(job->source);
    while (length > 1 && job->source[length - 1] == '/')
        length--;
    if (out)
        snprintf(name, sizeof name, "%s", out);
    else
        snprintf(name, sizeof name, "%.*s-drf", (int)length, job->source);
    if (name[0] != '/' && !getcwd(here, sizeof here))
        return false;
    const int size = snprintf(job->folder.path, sizeof job->folder.path, "%s%s%s", here,
                              here[0] != '\0' ? "/" : "", name);
    if (size < (int)sizeof job->folder.path && !strpbrk(job->folder.path, "\n\r"))
        return true;
    fprintf(stderr,
            "drf-edge try: the path of the new folder is too long, or has a line end\n");
    return false;
}

static int prepared(struct edge_try *job)
{
    struct stat about;
    const ssize_t length = readlink("/proc/self/exe", job->program, sizeof job->program - 1);
    if (length <= 0 || edge_try_scan_open(&job->scan) != DRF_OK)
        return edge_try_failed(NULL, "out of memory");
    job->files = calloc(EDGE_TRY_BOXES_MAX, sizeof *job->files);
    int code = 1;
    if (stat(job->folder.path, &about) == 0)
        edge_try_failed(job->folder.path, "it is there already: --out DIR names another");
    else if (!job->files)
        edge_try_failed(NULL, "out of memory");
    else if (!edge_try_list(job))
        edge_try_failed(job->source, strerror(errno)); // NOLINT(concurrency-mt-unsafe): one
    else
        code = work(job);
    edge_try_process_stop(&job->node);
    edge_try_process_stop(&job->kafka_process);
    edge_try_process_stop(&job->mosquitto_process);
    free(job->files);
    edge_try_scan_close(&job->scan);
    return code;
}

int edge_command_try(int argc, char **argv)
{
    if (argc < 1 || strncmp(argv[0], "--", 2) == 0) {
        fprintf(stderr, "drf-edge try: name the folder first; see drf-edge try --help\n");
        return 2;
    }
    if (!edge_options_known(argc - 1, argv + 1, "out region kafka", "import"))
        return 2;
    struct edge_try *job = calloc(1, sizeof *job);
    if (!job)
        return edge_try_failed(NULL, "out of memory");
    job->source = argv[0];
    job->kafka = edge_option(argc - 1, argv + 1, "kafka");
    job->import = edge_flag(argc - 1, argv + 1, "import");
    const char *region = edge_option(argc - 1, argv + 1, "region");
    job->region_given = region != NULL;
    int code = 2;
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (region && !read_region(region, &job->folder.region)) {
        fprintf(stderr, "drf-edge try: --region %s: west,south,east,north in degrees\n",
                region);
    } else if (choose_folder(job, edge_option(argc - 1, argv + 1, "out"))) {
        edge_try_signals_hold();
        code = prepared(job);
    }
    free(job);
    return code;
}
