// SPDX-License-Identifier: Apache-2.0
// The table of subcommands with their help, from which the manual page and the completion are
// made too (deploy/manual.py), and the reading of options that all of them share. What a
// command does stands in a file of its own, command_NAME.c.
#include "edge/command/command.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "edge/command/query.h"
#include "edge/config/layer.h"

static int run_query(int argc, char **argv) { return edge_query(argc, argv, stdout, stderr); }

static int run_version(int argc, char **argv)
{
    (void)argc, (void)argv;
    printf("drf-edge %s\n", DRF_VERSION);
    return 0;
}

static int run_help(int argc, char **argv)
{
    const struct edge_command *command = argc > 0 ? edge_command_find(argv[0]) : NULL;
    if (command)
        edge_command_help(command);
    else
        edge_command_list();
    return 0;
}

const struct edge_command edge_commands[] = {
    {"run", edge_command_run,
     "--config FILE [--journal FILE [--journal-output]] [--utc-start TIME] [--verbose]",
     "Runs the node until SIGTERM or SIGINT. SIGHUP: reads FILE again, and takes over what "
     "can\n"
     "change while the node runs.\n"
     "  --journal FILE    records everything that enters the node, for `drf-edge replay`; the\n"
     "                    same as journal.path in the configuration\n"
     "  --journal-output  records what it sends too, not only digests"
     "\n"
     "  --utc-start TIME  the node's UTC begins at TIME (2004-12-09T12:00:00Z) and runs at\n"
     "                    normal speed: past data are served as at that time. Mode REPLAY "
     "only.\n"
     "  --verbose         log details\n"
     "Exit code 0: told to stop; 1: it could not start or go on, a restart may help; 2: the\n"
     "configuration or the command is wrong; 3: it must not run here (a store of a newer "
     "version\n"
     "or another region, a sandbox that is required and incomplete)."},
    {"try", edge_command_try, "DIR [--out DIR] [--region W,S,E,N] [--kafka DIR] [--import]",
     "Tries the node on the files of a folder: finds out what each file is, chooses a region\n"
     "and a time, writes configuration and accounts into a new folder, starts mosquitto and\n"
     "Kafka, publishes the files, runs the node until it has read them, and shows what it\n"
     "knows in the middle of the data. All programs that it started are ended; the last lines\n"
     "are the commands to go on with. The files themselves are only read.\n"
     "  --out DIR         the new folder (default: DIR-drf)\n"
     "  --region W,S,E,N  in degrees, instead of one chosen from the data (at most 120 km "
     "wide\n"
     "                    and high)\n"
     "  --kafka DIR       where Apache Kafka is (default: KAFKA_HOME, then /opt/kafka*)\n"
     "  --import          no brokers: imports into the store, as it does where Java, Kafka or\n"
     "                    mosquitto is missing (all but traffic)\n"
     "Exit code 0: it answered; 1: it could not; 2: the command is wrong."},
    {"replay", edge_command_replay,
     "FILE [--verify] [--until TIME] [--speed max|real|N] [--set KEY=VALUE]... [--out FILE]\n"
     "         [--work DIR] [--verbose]",
     "Runs a recorded node again from its journal, without brokers. The SHA-256 it prints is\n"
     "over the digests of each second of outputs: the same outputs, the same sum.\n"
     "  --verify          compares each second of outputs, and ends at the first difference\n"
     "  --until TIME      stops at that UTC (2004-12-09T12:00:00Z)\n"
     "  --speed           as fast as it goes (max, the default), in real time, or N times "
     "that\n"
     "  --set KEY=VALUE   a what-if: limits.KEY, feeds.NAME.KEY, or profile.KEY, a default of\n"
     "                    profiles; drones then have seen what this node sent\n"
     "  --out FILE        writes inputs and outputs as a recording, marked REPLAY\n"
     "  --work DIR        where the store is kept meanwhile (/dev/shm)\n"
     "  --verbose         logs what the replayed node logs\n"
     "Exit code 0: replayed; 1: an output differs, --verify had none to compare, or the file\n"
     "cannot be replayed; 2: an option is wrong, or FILE cannot be opened."},
    {"lockstep", edge_command_lockstep, "--config FILE [--verbose]",
     "Runs a node over standard input and output, in the time that they say, for simulations\n"
     "(`drf-sim experiment`). Mode SIM or REPLAY; no brokers."},
    {"check", edge_command_check,
     "--config FILE [--offline] [--seconds N] [--json] | --config FILE --feed NAME\n"
     "                 --file SAMPLE [--key KEY] [--header name=value]... [--tombstone] "
     "[--all]",
     "Reads the configuration as `run` would and tells all mistakes in it, each with what was\n"
     "probably meant. Then it says what it understood and tries what `run` needs: the store "
     "and "
     "its\n"
     "folder, the HTTP port, the Kafka brokers and the topic of each feed, the MQTT account "
     "and "
     "its\n"
     "right to write to each kind of topic (empty messages under the id drf-check). Nothing "
     "is\n"
     "changed. While a node runs on the store of this configuration its port and MQTT are not\n"
     "tested: a second connection of its account could make the broker close the node's.\n"
     "  --offline    does not connect\n"
     "  --seconds N  time-out of each connection (default 5)\n"
     "  --json       for programs: mistakes with their lines, findings with their results\n"
     "With a feed and a file it shows a provider what the node would make of that message:\n"
     "each item as it was understood, with what was assumed and what is not known; warnings\n"
     "and refusals (each with its line, feature or message number); totals and a map. It uses\n"
     "the envelope and the sandboxed decoder of the service; nothing is sent.\n"
     "  --file SAMPLE        the message's value; - is standard input\n"
     "  --key KEY            its Kafka key\n"
     "  --header name=value  a header of it, any number of times\n"
     "  --tombstone          a null value, instead of a file\n"
     "  --all                every item, not the first 20\n"
     "Exit code 0: all is well; 1: something outside is not (a broker, a right, a folder, a "
     "port),\n"
     "or the message is refused; 2: the configuration or the command is wrong."},
    {"deadletters", edge_command_deadletters,
     "--config FILE [list | resubmit ID... | resubmit --all]",
     "Messages that were refused: those in the topic of dead letters (ID is PARTITION:OFFSET) "
     "and\n"
     "those that wait in the store for Kafka (store:HEX), with feed, reason and offset.\n"
     "  resubmit  sends them again to the topic they came from, with their own key, headers "
     "and\n"
     "            time, for after a fix of the node's configuration. A dead letter stays where "
     "it "
     "is.\n"
     "Exit code 0: done; 1: not all of it; 2: the configuration or the command is wrong."},
    {"catalog", edge_command_catalog,
     "--kafka HOST:PORT | --config FILE [--topic TOPIC] [--json]",
     "What the nodes of a fabric offer, from the topic where each tells its catalogue\n"
     "(publish.catalog_topic): region and node, how long ago it said so, and each source with\n"
     "layer, licence, age, accuracy and coverage.\n"
     "  --kafka   a broker; one with TLS or accounts: the kafka section of --config\n"
     "  --topic   publish.catalog_topic of --config, else drf.catalog\n"
     "  --json    as an array, each with the catalogue as the node said it\n"
     "Exit code 0: printed; 1: Kafka does not answer; 2: the command is wrong."},
    {"config", edge_command_config, "[--manual]",
     "Prints every key of the configuration with its default, range and meaning, as YAML.\n"
     "  --manual  as the manual page drf-edge.yaml(5), in roff"},
    {"query", run_query,
     "--store FILE LAT LON [--agl M] [--nearest] [--json] [--at UTC] [--radius M]",
     "Everything known at a point, each value with its source, data time and accuracy.\n"
     "  --agl M      height above ground of the weather (default 10)\n"
     "  --nearest    weather of the nearest grid point, not interpolated\n"
     "  --json       ProtoJSON of drf.v1.QueryReply instead of a table\n"
     "  --at UTC     as of this time (default: when the store was last written)\n"
     "  --radius M   of the obstacles listed (default 2000)"},
    {"import", edge_command_import,
     "--config FILE --feed NAME [--time UTC] [--edition] FILE...",
     "Imports files into the store without Kafka, of every format but traffic, as the feed "
     "NAME\n"
     "of the configuration would read them. Refused while a node runs on the store. What is\n"
     "imported is not in Kafka: `info` lists it, to repeat it after the loss of a store.\n"
     "  --time UTC  the version (default: what the file says, else when it was last changed); "
     "the\n"
     "              latest holds\n"
     "  --edition   the one file holds all features there are: those that an earlier import "
     "of\n"
     "              this feed brought and it does not are withdrawn"},
    {"accept", edge_command_accept, "--config FILE --feed NAME",
     "Takes as withdrawn what was live and was lost with the topic of the feed NAME, so that "
     "its\n"
     "layer is complete again. `info` says how much there is. Refused while a node runs on "
     "the\n"
     "store. Not needed where the provider sends it again, or a complete edition."},
    {"export", edge_command_export,
     "--store FILE --out FILE.gpkg [--backup] | --layer LAYER --out FILE.tif",
     "What a store holds at this moment, for other programs; a node may be running on it.\n"
     "A GeoPackage: ground, surface, obstacles, zones, each weather field as a coverage, "
     "sources,\n"
     "and styles for QGIS.\n"
     "  --backup       the store itself, on which a node can run, instead\n"
     "  --layer LAYER  ground or surface as a GeoTIFF (EPSG:4326+5773); of an inset\n"
     "                 ground_NAME or surface_NAME"},
    {"info", edge_command_info, "--store FILE [--json]",
     "What a store holds: layers and their levels, sources with licence and data times, size "
     "and\n"
     "log, how far each topic was read, what was imported, and what was lost with a topic."},
    {"migrate", edge_command_migrate, "--store FILE [--level N]",
     "Brings a store of an older version of this program up to this one and keeps a copy as\n"
     "FILE-before-migration. Refused while a node runs on it, and for a newer store.\n"
     "  --level N  explains what to do when the configuration has another level than the "
     "store's"},
    {"digest", edge_command_digest,
     "--store FILE [--at UTC] [--layer LAYER] [--truth] [--json]",
     "SHA-256 over what each layer shows, and over all: two nodes that serve the same data\n"
     "have the same digest, in whatever order, pieces or repetitions their data came.\n"
     "  --at UTC       weather as it is shown then (default: when the store was last written)\n"
     "  --layer LAYER  one only: " EDGE_LAYER_NAMES ", all\n"
     "  --truth        over the messages that are live, with their versions, instead of over\n"
     "                 what they add up to"},
    {"support", edge_command_support,
     "--config FILE [--log FILE | --unit NAME] [--out FILE.tar]",
     "Packs what somebody who helps needs to see of a node: the configuration without "
     "secrets,\n"
     "`info`, /metrics and /readyz of the running node, the last 2,000 log lines, versions, "
     "the\n"
     "files of the store; and says what is in it, to be read before it is sent.\n"
     "  --log FILE      of the node (default: the journal)\n"
     "  --unit NAME     whose journal (default drf-edge)\n"
     "  --out FILE.tar  (default: drf-edge-support-TIME.tar here)"},
    {"version", run_version, "", "Prints the version."},
    {"help", run_help, "[COMMAND]", "This list, or the help of a command."},
    {NULL, NULL, NULL, NULL},
};

const struct edge_command *edge_command_find(const char *name)
{
    for (const struct edge_command *command = edge_commands; command->name; command++)
        if (strcmp(command->name, name) == 0)
            return command;
    return NULL;
}

void edge_command_help(const struct edge_command *command)
{
    printf("drf-edge %s %s\n\n%s\n", command->name, command->usage, command->help);
}

void edge_command_list(void)
{
    printf(
        "drf-edge: an edge node that sends drones the terrain, obstacles, weather, zones"
        "\n          and traffic around them.\n"
        "Advisory information, not certified, never a replacement for on-board sensing.\n\n");
    for (const struct edge_command *command = edge_commands; command->name; command++)
        printf("  drf-edge %-*s%s\n", *command->usage != '\0' ? 12 : 0, command->name,
               command->usage);
    printf("\nSee `drf-edge COMMAND --help`.\n");
}

void edge_command_keep_private(void)
{
    const mode_t given = umask(0);
    umask(given | S_IWGRP | S_IRWXO);
}

const char *edge_option(int argc, char **argv, const char *name)
{
    size_t length = strlen(name);
    for (int i = 0; i < argc; i++) {
        if (strncmp(argv[i], "--", 2) != 0 || strncmp(argv[i] + 2, name, length) != 0)
            continue;
        if (argv[i][2 + length] == '=')
            return argv[i] + 3 + length;
        if (argv[i][2 + length] == '\0')
            return i + 1 < argc ? argv[i + 1] : NULL;
    }
    return NULL;
}

bool edge_flag(int argc, char **argv, const char *name)
{
    for (int i = 0; i < argc; i++)
        if (strncmp(argv[i], "--", 2) == 0 && strcmp(argv[i] + 2, name) == 0)
            return true;
    return false;
}

static bool listed(const char *list, const char *word, size_t size)
{
    for (const char *at = list; *at != '\0';) {
        size_t length = strcspn(at, " ");
        if (length == size && memcmp(at, word, size) == 0)
            return true;
        at += length + (at[length] == ' ');
    }
    return false;
}

bool edge_options_known(int argc, char **argv, const char *options, const char *flags)
{
    for (int i = 0; i < argc; i++) {
        const char *word = argv[i];
        size_t size = strcspn(word, "=");
        bool dashed = strncmp(word, "--", 2) == 0;
        if (dashed && word[size] == '\0' && listed(flags, word + 2, size - 2))
            continue;
        if (dashed && listed(options, word + 2, size - 2)) {
            if (word[size] == '=' || ++i < argc)
                continue;
            fprintf(stderr, "drf-edge: %s needs a value\n", word);
            return false;
        }
        fprintf(stderr, "drf-edge: '%s' is not known here; see --help\n", word);
        return false;
    }
    return true;
}
