// SPDX-License-Identifier: Apache-2.0
// support: what somebody else needs to see of a node, in one tar file. Each part is a text file
// in a private folder beside the tar: written, searched for the secrets of the configuration,
// listed with what is in it, then packed by `tar`. A part that cannot be had says why in its
// place.
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "edge/command/command.h"
#include "edge/command/info.h"
#include "edge/command/read_file.h"
#include "edge/command/store_reader.h"
#include "edge/host/clock.h"
#include "edge/trial/try.h"

enum { LINES = 2000, PAGE_SIZE = 1 << 22, SECRETS_MAX = 64, SECRET_MIN = 4 };

struct support {
    const char *config_path, *log, *unit;
    struct drf_config config;
    bool configured;
    char folder[DRF_PATH_SIZE]; // where the parts are written
    char name[64];              // its last component
    const char *secrets[SECRETS_MAX];
    size_t secret_count;
    bool secrets_left_out; // there are more: nothing is packed then
};

// Of librdkafka's settings only these are shown; any other may be a secret.
static bool shown(const char *name)
{
    static const char *const names[] = {"bootstrap.servers",
                                        "security.protocol",
                                        "sasl.mechanism",
                                        "sasl.mechanisms",
                                        "client.id",
                                        "ssl.ca.location",
                                        "ssl.certificate.location",
                                        "message.max.bytes",
                                        "fetch.message.max.bytes",
                                        "receive.message.max.bytes",
                                        "reconnect.backoff.max.ms",
                                        "socket.timeout.ms",
                                        "broker.address.family"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

static void add_secret(struct support *support, const char *text)
{
    if (strlen(text) < SECRET_MIN) // "true", "1000": hidden as a value, not searched for
        return;
    if (support->secret_count == SECRETS_MAX)
        support->secrets_left_out = true;
    else
        support->secrets[support->secret_count++] = text;
}

static void add_secrets(struct support *support)
{
    add_secret(support, support->config.mqtt.password);
    for (size_t i = 0; i < support->config.kafka_count; i++)
        if (!shown(support->config.kafka[i].name))
            add_secret(support, support->config.kafka[i].value);
}

static FILE *part(const struct support *support, const char *name, const char *mode)
{
    char path[DRF_PATH_SIZE + 32];
    snprintf(path, sizeof path, "%s/%s", support->folder, name);
    return fopen(path, mode);
}

// Writes `text` with every secret replaced.
static void print_clean(const struct support *support, FILE *out, const char *text)
{
    while (*text != '\0') {
        const char *next = NULL;
        size_t length = 0;
        for (size_t i = 0; i < support->secret_count; i++) {
            const char *found = strstr(text, support->secrets[i]);
            if (found && (!next || found < next)) {
                next = found;
                length = strlen(support->secrets[i]);
            }
        }
        const size_t before = next ? (size_t)(next - text) : strlen(text);
        fwrite(text, 1, before, out);
        if (next)
            fputs("(hidden)", out);
        text += before + length;
    }
}

static void add_config(struct support *support)
{
    FILE *out = part(support, "configuration.txt", "we");
    if (!out)
        return;
    const struct drf_config *config = &support->config;
    if (!support->configured) {
        fprintf(out, "it cannot be read: see the error above\n");
        fclose(out);
        return;
    }
    fprintf(out, "# %s without the sections kafka, mqtt, http and journal\n",
            support->config_path);
    print_clean(support, out, config->text ? config->text : "");
    fputs("\n\n", out);
    fprintf(out, "# connections, without secrets\nmqtt: %s:%" PRIu32 " username %s tls %s\n",
            config->mqtt.host, config->mqtt.port, config->mqtt.username,
            config->mqtt.tls ? "true" : "false");
    for (size_t i = 0; i < config->kafka_count; i++)
        fprintf(out, "kafka: %s: %s\n", config->kafka[i].name,
                shown(config->kafka[i].name) ? config->kafka[i].value : "(hidden)");
    fprintf(out, "dead_letters: %s\nreports: %s\nreports.capture: %s\n",
            config->dead_letter_topic, config->reports.topic, config->reports.capture_topic);
    fclose(out);
}

static void add_info(struct support *support)
{
    struct edge_store_reader reader = {0};
    FILE *out = part(support, "info.txt", "we");
    if (!out)
        return;
    if (edge_store_reader_open(support->config.store_path, out, &reader) == DRF_OK
        && edge_info_table(reader.store, support->config.store_path, out) != DRF_OK)
        fprintf(out, "%s\n", fusion_store_error(reader.store));
    edge_store_reader_close(&reader);
    fclose(out);
}

static void add_page(struct support *support, const char *path, const char *name)
{
    char *page = malloc(PAGE_SIZE);
    FILE *out = part(support, name, "we");
    if (page && out) {
        if (support->config.http_port == 0)
            fprintf(out, "http.port is not configured\n");
        else if (edge_try_ask((uint16_t)support->config.http_port, path, page, PAGE_SIZE))
            print_clean(support, out, page);
        else
            fprintf(out, "nothing answers at 127.0.0.1:%" PRIu32 "%s\n",
                    support->config.http_port, path);
    }
    if (out)
        fclose(out);
    free(page);
}

// The last lines of a log file, or of the journal of the unit.
static void add_log(struct support *support)
{
    char raw[DRF_PATH_SIZE + 32], lines[16];
    snprintf(raw, sizeof raw, "%s/raw", support->folder);
    snprintf(lines, sizeof lines, "%d", LINES);
    const char *const tail[] = {"tail", "-n", lines, "--", support->log, NULL};
    const char *const journal[] = {"journalctl", "-u",         support->unit, "-n",
                                   lines,        "--no-pager", "-q",          NULL};
    const int code = edge_try_process_wait(support->log ? tail : journal, raw);
    size_t size = 0;
    int64_t changed_utc_us;
    uint8_t *bytes = edge_read_file(raw, &size, &changed_utc_us);
    FILE *out = part(support, "log.txt", "we");
    if (out && code != 0)
        fprintf(out, "%s gave no lines (exit code %d): name the log with --log FILE\n",
                support->log ? support->log : "journalctl", code);
    if (out && bytes) {
        bytes[size] = '\0'; // it has room for that
        print_clean(support, out, (const char *)bytes);
    }
    if (out)
        fclose(out);
    free(bytes);
    unlink(raw);
}

// This program, the system, and each library with the version in its file's name.
static void add_versions(struct support *support)
{
    struct utsname system;
    char line[1024], last[1024] = "";
    FILE *out = part(support, "versions.txt", "we");
    FILE *maps = fopen("/proc/self/maps", "re");
    if (out) {
        fprintf(out, "drf-edge %s\n", DRF_VERSION);
        if (uname(&system) == 0)
            fprintf(out, "%s %s %s, %ld processors\n", system.sysname, system.release,
                    system.machine, sysconf(_SC_NPROCESSORS_ONLN));
    }
    while (out && maps && fgets(line, sizeof line, maps)) {
        char real[4096];
        const char *path = strchr(line, '/');
        line[strcspn(line, "\n")] = '\0';
        if (!path || !strstr(path, ".so") || strcmp(path, last) == 0)
            continue;
        snprintf(last, sizeof last, "%s", path);
        fprintf(out, "%s\n", realpath(path, real) ? real : path);
    }
    if (maps)
        fclose(maps);
    if (out)
        fclose(out);
}

static void add_disk(struct support *support)
{
    static const char *const ends[] = {"", "-wal", "-shm", "-imports", "-lock"};
    FILE *out = part(support, "disk.txt", "we");
    if (!out)
        return;
    const char *store = support->config.store_path;
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        char path[DRF_PATH_SIZE + 16];
        struct stat about;
        snprintf(path, sizeof path, "%s%s", store, ends[i]);
        if (stat(path, &about) == 0)
            fprintf(out, "%s: %lld bytes, mode %04o, owner %u:%u\n", path,
                    (long long)about.st_size, about.st_mode & 07777U, about.st_uid,
                    about.st_gid);
        else
            fprintf(out, "%s: is not there\n", path);
    }
    char folder[DRF_PATH_SIZE];
    snprintf(folder, sizeof folder, "%s", store);
    char *slash = strrchr(folder, '/');
    struct statvfs room;
    if (slash)
        slash[slash == folder ? 1 : 0] = '\0';
    if (statvfs(slash ? folder : ".", &room) == 0)
        fprintf(out, "disk: %llu of %llu MB free\n",
                (unsigned long long)room.f_bavail * room.f_frsize >> 20,
                (unsigned long long)room.f_blocks * room.f_frsize >> 20);
    fclose(out);
}

static const struct {
    const char *name, *holds;
} parts[] = {
    {"configuration.txt",
     "the configuration without secrets: your region, feeds, hosts, accounts"},
    {"info.txt", "what the store holds: sources, licences, times, sizes, imported file names"},
    {"metrics.txt", "/metrics of the running node"},
    {"readyz.txt", "/readyz: what the node waits for"},
    {"log.txt", "the last log lines: may name drones, features, hosts and where they are"},
    {"versions.txt", "of the program, the system and its libraries"},
    {"disk.txt", "sizes and owners of the store's files, free space"},
};

static void tell_contents(const struct support *support, FILE *out)
{
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        char path[DRF_PATH_SIZE + 32];
        struct stat about = {.st_size = 0};
        snprintf(path, sizeof path, "%s/%s", support->folder, parts[i].name);
        (void)stat(path, &about);
        fprintf(out, "  %-18s %9lld bytes  %s\n", parts[i].name, (long long)about.st_size,
                parts[i].holds);
    }
}

static void remove_parts(const struct support *support)
{
    for (size_t i = 0; i <= sizeof parts / sizeof parts[0]; i++) {
        char path[DRF_PATH_SIZE + 32];
        snprintf(path, sizeof path, "%s/%s", support->folder,
                 i < sizeof parts / sizeof parts[0] ? parts[i].name : "CONTENTS.txt");
        unlink(path);
    }
    rmdir(support->folder);
}

static int pack(struct support *support, const char *tar)
{
    char parent[DRF_PATH_SIZE];
    snprintf(parent, sizeof parent, "%s", support->folder);
    *strrchr(parent, '/') = '\0';
    FILE *contents = part(support, "CONTENTS.txt", "we");
    if (contents) {
        tell_contents(support, contents);
        fclose(contents);
    }
    const char *const argv[] = {"tar", "-cf", tar, "-C", parent, support->name, NULL};
    if (!contents || edge_try_process_wait(argv, NULL) != 0) {
        fprintf(stderr, "drf-edge support: %s cannot be written\n", tar);
        return 1;
    }
    printf("%s holds\n", tar);
    tell_contents(support, stdout);
    printf("Passwords, tokens and keys are left out. Read the rest before you send it to "
           "somebody: tar -xOf %s | less\n",
           tar);
    return 0;
}

static int collect(struct support *support, const char *tar)
{
    char place[] = "/tmp/drf-edge-support-XXXXXX", name[EDGE_TRY_TIME_SIZE];
    if (!mkdtemp(place)) {
        fprintf(stderr, "drf-edge support: no folder can be made in /tmp\n");
        return 1;
    }
    edge_try_time(edge_clock_now((struct edge_clock){0}).utc_us, name);
    for (char *at = name; *at != '\0'; at++)
        if (*at == ':')
            *at = '-';
    snprintf(support->name, sizeof support->name, "drf-edge-support-%s", name);
    snprintf(support->folder, sizeof support->folder, "%s/%s", place, support->name);
    int code = 1;
    if (mkdir(support->folder, 0700) == 0) {
        char own[80];
        snprintf(own, sizeof own, "%s.tar", support->name);
        add_config(support);
        if (support->configured) {
            add_info(support);
            add_page(support, "/metrics", "metrics.txt");
            add_page(support, "/readyz", "readyz.txt");
            add_disk(support);
        }
        add_log(support);
        add_versions(support);
        code = pack(support, tar ? tar : own);
        remove_parts(support);
    }
    rmdir(place);
    return code;
}

int edge_command_support(int argc, char **argv)
{
    if (!edge_options_known(argc, argv, "config log unit out", ""))
        return 2;
    struct support *support = calloc(1, sizeof *support);
    if (!support)
        return 1;
    support->config_path = edge_option(argc, argv, "config");
    support->log = edge_option(argc, argv, "log");
    support->unit = edge_option(argc, argv, "unit");
    if (!support->unit)
        support->unit = "drf-edge";
    int code = 2;
    if (!support->config_path) {
        fprintf(stderr, "drf-edge: --config FILE is needed\n");
    } else {
        // A configuration that is refused is told of, and the rest is packed.
        support->configured = edge_command_load(argc, argv, &support->config) == DRF_OK;
        if (support->configured)
            add_secrets(support);
        else
            fprintf(stderr,
                    "drf-edge support: so log lines are not searched for its secrets\n");
        umask(077);
        edge_try_signals_hold();
        if (support->secrets_left_out)
            fprintf(stderr, "drf-edge support: more than %d settings of Kafka may be secret\n",
                    SECRETS_MAX);
        else
            code = collect(support, edge_option(argc, argv, "out"));
    }
    if (support->configured)
        drf_config_close(&support->config);
    free(support);
    return code;
}
