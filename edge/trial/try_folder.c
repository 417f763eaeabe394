// SPDX-License-Identifier: Apache-2.0
// The broker's configuration and access list are those of deploy/mosquitto, compiled in: a node
// that is installed without the tree has them too. Only what names paths, the listener and the
// user is replaced, as deploy/mosquitto/configure does.
#include "edge/trial/try_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "edge/trial/try_mosquitto.h"

static const struct row {
    uint32_t format;
    const char *name, *kind, *word;
} rows[] = {
    {GEO_FORMAT_GEOTIFF, "ground", "terrain", "terrain"},
    {GEO_FORMAT_DTED, "ground", "terrain", "terrain"},
    {GEO_FORMAT_HGT, "ground", "terrain", "terrain"},
    {GEO_FORMAT_DOF, "dof", "obstacle", "dof"},
    {GEO_FORMAT_GEOJSON_OBSTACLES, "obstacles", "obstacle", "geojson_obstacles"},
    {GEO_FORMAT_GEOJSON_ZONES, "zones", "zone", "geojson_zones"},
    {GEO_FORMAT_ED269, "ed269", "zone", "ed269"},
    {GEO_FORMAT_ED318, "ed318", "zone", "ed318"},
    {GEO_FORMAT_GRIB, "forecast", "weather", "grib"},
    {GEO_FORMAT_METAR, "metar", "weather", "metar"},
    {GEO_FORMAT_SIGMET, "sigmet", "zone", "sigmet"},
    {GEO_FORMAT_CAP, "cap", "alert", "cap"},
    {GEO_FORMAT_GCN, "gcn", "alert", "gcn"},
    {GEO_FORMAT_READSB, "traffic", "traffic", "readsb"},
    {GEO_FORMAT_TRACKS, "tracks", "traffic", "tracks"},
};

static bool same_feed(const struct edge_try_feed *feed, const struct row *row,
                      const struct edge_try_file *file)
{
    return strcmp(feed->format, row->word) == 0 && feed->surface == file->surface
           && feed->datum_taken == file->datum_taken;
}

static const struct row *row_of(const struct edge_try_file *file)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].format == file->format)
            return &rows[i];
    return NULL;
}

const struct edge_try_feed *edge_try_folder_feed_of(const struct edge_try_folder *folder,
                                                    const struct edge_try_file *file)
{
    const struct row *row = row_of(file);
    for (size_t i = 0; row && i < folder->feed_count; i++)
        if (same_feed(&folder->feeds[i], row, file))
            return &folder->feeds[i];
    return NULL;
}

struct edge_try_feed *edge_try_folder_feed(struct edge_try_folder *folder,
                                           const struct edge_try_file *file)
{
    const struct row *row = row_of(file);
    if (!row)
        return NULL;
    for (size_t i = 0; i < folder->feed_count; i++)
        if (same_feed(&folder->feeds[i], row, file))
            return &folder->feeds[i];
    if (folder->feed_count == EDGE_TRY_FEEDS_MAX)
        return NULL;
    struct edge_try_feed *feed = &folder->feeds[folder->feed_count++];
    *feed = (struct edge_try_feed){.name = row->name,
                                   .kind = row->kind,
                                   .format = row->word,
                                   .format_number = row->format,
                                   .surface = file->surface,
                                   .datum_taken = file->datum_taken};
    if (file->surface)
        feed->name = file->datum_taken ? "surface_egm96" : "surface";
    else if (file->datum_taken)
        feed->name = "ground_egm96";
    return feed;
}

// A file below the folder for writing, made anew with this mode; NULL: cannot be.
static FILE *create(const struct edge_try_folder *folder, const char *name, mode_t mode)
{
    char path[DRF_PATH_SIZE];
    snprintf(path, sizeof path, "%s/%s", folder->path, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (!file && fd >= 0)
        close(fd);
    return file;
}

static bool make_folder(const struct edge_try_folder *folder, const char *name)
{
    char path[DRF_PATH_SIZE];
    snprintf(path, sizeof path, "%s/%s", folder->path, name);
    return mkdir(path, 0700) == 0;
}

// A double-quoted scalar of YAML.
static void print_quoted(FILE *file, const char *text)
{
    fputc('"', file);
    for (; *text != '\0'; text++) {
        const unsigned char byte = (unsigned char)*text;
        if (byte == '"' || byte == '\\')
            fprintf(file, "\\%c", byte);
        else if (byte < 0x20 || byte == 0x7f)
            fprintf(file, "\\x%02x", byte);
        else
            fputc(byte, file);
    }
    fputc('"', file);
}

static void print_feed(FILE *file, const struct edge_try_folder *folder,
                       const struct edge_try_feed *feed)
{
    size_t kb = (feed->largest_bytes >> 10) + 1;
    fprintf(file, "  - name: %s\n    topic: try.%s\n    kind: %s\n    format: %s\n", feed->name,
            feed->name, feed->kind, feed->format);
    if (feed->surface)
        fprintf(file, "    surface: dsm # by the files' names\n");
    if (feed->datum_taken)
        fprintf(file,
                "    vertical_datum: EGM96 # the files state none: put the right one here\n");
    if (feed->format_number == GEO_FORMAT_METAR && folder->stations) {
        fprintf(file, "    stations: ");
        print_quoted(file, folder->stations);
        fputc('\n', file);
    }
    if (kb > 16384)
        fprintf(file, "    message_max_kb: %zu\n", kb);
    fprintf(file, "    licence: \"not stated\"\n");
}

static bool write_config(const struct edge_try_folder *folder)
{
    FILE *file = create(folder, "drf-edge.yaml", 0640);
    if (!file)
        return false;
    fprintf(
        file,
        "# SPDX-License-Identifier: Apache-2.0\n"
        "# Written by `drf-edge try`. Every key: `drf-edge config`.\n"
        "region:\n  id: try\n  bounds: [%.4f, %.4f, %.4f, %.4f] # west, south, east, north\n"
        "node:\n  id: try-1\n  mode: %s # drones use topics below drf-test/v1; LIVE needs "
        "a new store\n"
        "store:\n  path: region.gpkg\n"
        "kafka:\n  bootstrap.servers: 127.0.0.1:%u\n  message.max.bytes: 134217728\n"
        "  receive.message.max.bytes: 268435456\n"
        "dead_letters:\n  topic: try.deadletters\n"
        "mqtt:\n  host: 127.0.0.1\n  port: %u\n  username: drf-node\n"
        "  password_file: mqtt.password\n"
        "http:\n  port: %u\n"
        "limits:\n  discover_s: 1\n",
        folder->region.west_deg, folder->region.south_deg, folder->region.east_deg,
        folder->region.north_deg, folder->replay ? "REPLAY" : "TEST", folder->kafka_port,
        folder->mqtt_port, folder->http_port);
    fprintf(file, "feeds:\n");
    for (size_t i = 0; i < folder->feed_count; i++)
        print_feed(file, folder, &folder->feeds[i]);
    return fclose(file) == 0;
}

static bool random_password(char out[static EDGE_TRY_PASSWORD_SIZE])
{
    unsigned char bytes[(EDGE_TRY_PASSWORD_SIZE - 1) / 2];
    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
        return false;
    for (size_t i = 0; i < sizeof bytes; i++)
        snprintf(out + 2 * i, 3, "%02x", bytes[i]);
    return true;
}

__attribute__((format(printf, 4, 5))) static bool write_text(
    const struct edge_try_folder *folder, const char *name, mode_t mode, const char *format,
    ...)
{
    FILE *file = create(folder, name, mode);
    if (!file)
        return false;
    va_list arguments;
    va_start(arguments, format);
    vfprintf(file, format, arguments);
    va_end(arguments);
    return fclose(file) == 0;
}

// `accounts` for people; mosquitto/passwords the same, which mosquitto_passwd has yet to hash.
static bool write_accounts(struct edge_try_folder *folder)
{
    char drone[EDGE_TRY_PASSWORD_SIZE], observer[EDGE_TRY_PASSWORD_SIZE];
    static const char form[] = "drf-node:%s\ndrone-1:%s\ndrf-observer:%s\n";
    return random_password(folder->node_password) && random_password(drone)
           && random_password(observer)
           && write_text(folder, "accounts", 0600, form, folder->node_password, drone, observer)
           && write_text(folder, "mosquitto/passwords", 0600, form, folder->node_password,
                         drone, observer)
           && write_text(folder, "mqtt.password", 0600, "%s\n", folder->node_password);
}

static bool write_mosquitto(const struct edge_try_folder *folder)
{
    // NOLINTNEXTLINE(concurrency-mt-unsafe): one thread
    const struct passwd *user = getpwuid(getuid());
    FILE *file = create(folder, "mosquitto/mosquitto.conf", 0644);
    if (!file)
        return false;
    const char *const end =
        (const char *)edge_try_mosquitto_conf + edge_try_mosquitto_conf_size;
    for (const char *line = (const char *)edge_try_mosquitto_conf; line < end;) {
        const char *stop = memchr(line, '\n', (size_t)(end - line));
        const size_t length = (size_t)((stop ? stop : end) - line);
        if (strncmp(line, "listener ", 9) == 0)
            fprintf(file, "listener %u 127.0.0.1\n", folder->mqtt_port);
        else if (strncmp(line, "password_file ", 14) == 0)
            fprintf(file, "password_file %s/mosquitto/passwords\n", folder->path);
        else if (strncmp(line, "acl_file ", 9) == 0)
            fprintf(file, "acl_file %s/mosquitto/acl\n", folder->path);
        else if (strncmp(line, "persistence_location ", 21) == 0)
            fprintf(file, "persistence_location %s/mosquitto/\n", folder->path);
        else
            fprintf(file, "%.*s\n", (int)length, line);
        line += length + 1;
    }
    // Started by root, mosquitto becomes the user `mosquitto`, who cannot read a private
    // folder.
    if (user)
        fprintf(file, "user %s\n", user->pw_name);
    return fclose(file) == 0
           && write_text(folder, "mosquitto/acl", 0644, "%.*s",
                         (int)edge_try_mosquitto_acl_size,
                         (const char *)edge_try_mosquitto_acl);
}

static bool write_kafka(const struct edge_try_folder *folder)
{
    return write_text(
        folder, "kafka/server.properties", 0644,
        "process.roles=broker,controller\nnode.id=1\n"
        "controller.quorum.voters=1@127.0.0.1:%u\n"
        "listeners=PLAINTEXT://127.0.0.1:%u,CONTROLLER://127.0.0.1:%u\n"
        "advertised.listeners=PLAINTEXT://127.0.0.1:%u\n"
        "controller.listener.names=CONTROLLER\ninter.broker.listener.name=PLAINTEXT\n"
        "listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT\n"
        "log.dirs=%s/kafka/data\n"
        "offsets.topic.replication.factor=1\noffsets.topic.num.partitions=1\n"
        "transaction.state.log.replication.factor=1\ntransaction.state.log.min.isr=1\n"
        "# The files keep their own times, which may be years old.\nlog.retention.ms=-1\n"
        "message.max.bytes=134217728\nsocket.request.max.bytes=268435456\n",
        folder->controller_port, folder->kafka_port, folder->controller_port,
        folder->kafka_port, folder->path);
}

const char *edge_try_folder_write(struct edge_try_folder *folder)
{
    if (mkdir(folder->path, 0700) != 0 && errno != EEXIST)
        return "the folder cannot be made";
    if (!make_folder(folder, "mosquitto") || !make_folder(folder, "kafka"))
        return "it holds something already, or cannot be written";
    if (!write_accounts(folder) || !write_mosquitto(folder) || !write_kafka(folder)
        || !write_config(folder))
        return "a file in it cannot be written";
    return NULL;
}
