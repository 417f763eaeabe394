// SPDX-License-Identifier: Apache-2.0
// The file that the journal leaves, read with the MCAP reader and with zstd's own.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utime.h>

#include "edge/inputs/leb128.h"
#include "edge/journal/journal.h"
#include "edge/replay/journal_read.h"
#include "edge/service/node.h"
#include "schemas/mcap_read.h"

#define SECOND_US INT64_C(1000000)
#define UTC_US INT64_C(1790000000000000)

// What nobody may find in the file.
#define SECRETS "Hunter2", "sasl-secret-77", "mqtt-user-9", "token-http-5"

static const char config_text[] =
    "region: {id: sim-niagara, bounds: [-80, 43, -79, 44]}\n"
    "node: {id: n1, mode: SIM}\n"
    "store: {path: %s/region.gpkg}\n"
    "journal: {path: %s/node.mcap, max_mb: 16, keep_days: 3}\n"
    "kafka: {bootstrap.servers: localhost, sasl.password: sasl-secret-77}\n"
    "mqtt: {host: localhost, username: mqtt-user-9, password: Hunter2}\n"
    "http: {address: token-http-5}\n"
    "feeds:\n"
    "  - {name: dof, topic: obstacles, kind: obstacle}\n";

struct rig {
    char folder[64], file[96], store[96];
    struct drf_config config;
    struct edge_log log;
    FILE *lines;
    struct edge_node node;
    struct edge_journal *journal;
    struct edge_now now;
};

static void open_journal(struct rig *rig)
{
    char error[400];
    if (edge_journal_open(&rig->config, 77, rig->node.metrics, &rig->log, rig->now, error,
                          &rig->journal)
        != DRF_OK)
        fail_msg("%s", error);
}

static int open_rig(void **state)
{
    struct rig *rig = calloc(1, sizeof *rig);
    struct drf_config_error wrong = {0};
    char text[1024];
    assert_non_null(rig);
    (void)snprintf(rig->folder, sizeof rig->folder, "/tmp/drf-journal-XXXXXX");
    assert_non_null(mkdtemp(rig->folder));
    (void)snprintf(rig->file, sizeof rig->file, "%s/node.mcap", rig->folder);
    (void)snprintf(rig->store, sizeof rig->store, "%s/copy.gpkg", rig->folder);
    (void)snprintf(text, sizeof text, config_text, rig->folder, rig->folder);
    if (drf_config_parse(text, strlen(text), NULL, &wrong, &rig->config) != DRF_OK)
        fail_msg("%u: %s", wrong.line, wrong.text);
    rig->lines = tmpfile();
    assert_non_null(rig->lines);
    rig->log = (struct edge_log){.fd = fileno(rig->lines), .level = EDGE_LOG_INFO};
    rig->now = (struct edge_now){.mono_us = SECOND_US, .utc_us = UTC_US};
    rig->node = (struct edge_node){
        .config = &rig->config, .log = rig->log, .wake_ingest_fd = -1, .wake_serve_fd = -1};
    assert_int_equal(edge_node_open_handoffs(&rig->node), DRF_OK);
    assert_int_equal(edge_node_open_store(&rig->node, rig->now), DRF_OK);
    *state = rig;
    return 0;
}

static size_t each_file(const struct rig *rig, bool remove, char names[][256], size_t room)
{
    DIR *folder = opendir(rig->folder);
    size_t count = 0;
    assert_non_null(folder);
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;) { // NOLINT
        char path[400];
        if (entry->d_name[0] == '.')
            continue;
        (void)snprintf(path, sizeof path, "%s/%s", rig->folder, entry->d_name);
        if (remove)
            assert_int_equal(unlink(path), 0);
        else if (strstr(entry->d_name, ".mcap") != NULL && count < room)
            (void)snprintf(names[count++], 256, "%s", entry->d_name);
    }
    assert_int_equal(closedir(folder), 0);
    return count;
}

static int close_rig(void **state)
{
    struct rig *rig = *state;
    edge_node_close(&rig->node);
    (void)each_file(rig, true, NULL, 0);
    assert_int_equal(rmdir(rig->folder), 0);
    drf_config_close(&rig->config);
    assert_int_equal(fclose(rig->lines), 0);
    free(rig);
    return 0;
}

static const char *log_of(const struct rig *rig)
{
    static char text[1 << 16];
    ssize_t size = pread(rig->log.fd, text, sizeof text - 1, 0);
    text[size < 0 ? 0 : size] = '\0';
    return text;
}

static void step(struct edge_inputs *inputs, struct edge_now now, const void *bytes,
                 size_t size)
{
    edge_inputs_begin(inputs, now);
    edge_inputs_ticket(inputs);
    edge_inputs_add(inputs, EDGE_INPUT_DECODED,
                    &(struct edge_piece){.bytes = bytes, .size = size}, 1);
    edge_inputs_end(inputs);
}

// Reads the blocks: their tickets are 0, 1, 2 ... Returns how many; *ended is how it ended.
static uint64_t read_blocks(const struct rig *rig, char *ended, size_t room, size_t *largest)
{
    char error[EDGE_JOURNAL_ERROR_SIZE];
    struct edge_journal_reader *reader;
    struct edge_journal_block block;
    struct drf_config config;
    uint64_t count = 0;
    if (edge_journal_reader_open(rig->file, rig->store, &config, error, &reader) != DRF_OK)
        fail_msg("%s", error);
    while (edge_journal_reader_next(reader, &block) == DRF_OK) {
        uint64_t ticket = 0;
        assert_non_null(edge_leb128_get(block.bytes, block.bytes + block.size, &ticket));
        assert_int_equal(ticket, count);
        count++;
        if (largest != NULL && block.size > *largest)
            *largest = block.size;
    }
    (void)snprintf(ended, room, "%s", edge_journal_reader_about(reader)->ended);
    assert_int_equal(edge_journal_reader_about(reader)->boot_id, 77);
    assert_int_equal(edge_journal_reader_about(reader)->began.utc_us, UTC_US);
    assert_string_equal(config.region_id, "sim-niagara");
    assert_string_equal(config.store_path, rig->store);
    assert_int_equal(config.feed_count, 1);
    edge_journal_reader_close(reader);
    drf_config_close(&config);
    assert_int_equal(unlink(rig->store), 0);
    return count;
}

static void journal__of_a_few_steps__is_a_whole_file_of_mode_0640(void **state)
{
    struct rig *rig = *state;
    static uint8_t large[3 << 20]; // three pieces of the far ring
    char ended[200];
    struct stat about;
    size_t largest = 0;
    open_journal(rig);
    for (int i = 0; i < 10; i++) {
        step(edge_journal_ingest(rig->journal), rig->now, large, i == 5 ? sizeof large : 10);
        step(edge_journal_serve(rig->journal), rig->now, "x", 1);
        rig->now.mono_us += SECOND_US;
        edge_journal_step(rig->journal, rig->now);
    }
    edge_journal_close(rig->journal);
    assert_int_equal(stat(rig->file, &about), 0);
    assert_int_equal(about.st_mode & 07777, 0640);
    assert_int_equal(read_blocks(rig, ended, sizeof ended, &largest), 20);
    assert_true(largest > sizeof large);
    assert_string_equal(ended, "whole");
    assert_int_equal(edge_metrics_value(rig->node.metrics, EDGE_METRIC_JOURNAL_RECORDING, 0, 0),
                     1);
}

struct worker {
    struct edge_inputs *inputs;
    unsigned seed;
};

enum { STEPS = 5000 };

// Most blocks fit into the near ring, until it is full; some never do.
static size_t bytes_of(unsigned seed)
{
    static const size_t sizes[] = {0, 0, 100, 100, 1000, 1000, 12000, 20000};
    return sizes[seed >> 13 & 7];
}

static void *work(void *argument)
{
    static const uint8_t bytes[20000];
    struct worker *worker = argument;
    for (int i = 0; i < STEPS; i++) {
        worker->seed = worker->seed * 1103515245 + 12345;
        edge_inputs_begin(worker->inputs, (struct edge_now){.mono_us = i, .utc_us = UTC_US});
        edge_inputs_ticket(worker->inputs);
        if (worker->seed >> 29 == 0) // the other's later steps are put before this one
            (void)sched_yield();
        edge_inputs_add(worker->inputs, EDGE_INPUT_DECODED,
                        &(struct edge_piece){.bytes = bytes, .size = bytes_of(worker->seed)},
                        1);
        edge_inputs_end(worker->inputs);
    }
    return NULL;
}

static void journal__of_two_threads__has_the_order_of_their_tickets(void **state)
{
    struct rig *rig = *state;
    char ended[200];
    pthread_t threads[2];
    open_journal(rig);
    struct worker workers[] = {{edge_journal_ingest(rig->journal), 1},
                               {edge_journal_serve(rig->journal), 2}};
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
    for (int i = 0; i < 200; i++) {
        edge_journal_step(rig->journal, rig->now);
        (void)sched_yield();
    }
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    edge_journal_close(rig->journal);
    assert_int_equal(read_blocks(rig, ended, sizeof ended, NULL), 2 * STEPS);
    assert_string_equal(ended, "whole");
}

static void journal__whose_writer_falls_behind__ends_aloud_and_keeps_what_was(void **state)
{
    struct rig *rig = *state;
    uint8_t *large = calloc(1, 8 << 20);
    char ended[200];
    assert_non_null(large);
    open_journal(rig);
    struct edge_inputs *inputs = edge_journal_ingest(rig->journal);
    int put = 0;
    for (; put < 20 && edge_inputs_records(inputs); put++) // the ring takes 64 MB
        step(inputs, rig->now, large, 8 << 20);
    assert_in_range(put, 5, 10);
    assert_null(strstr(log_of(rig), "journal.ended"));
    edge_journal_step(rig->journal, rig->now);
    const char *line = strstr(log_of(rig), "level=error what=journal.ended");
    assert_non_null(line);
    assert_non_null(strstr(line, "a gap"));
    assert_int_equal(edge_metrics_value(rig->node.metrics, EDGE_METRIC_JOURNAL_RECORDING, 0, 0),
                     0);
    assert_int_equal(edge_metrics_value(rig->node.metrics, EDGE_METRIC_JOURNAL_ENDED, 0, 0), 1);
    step(inputs, rig->now, "x", 1); // the node goes on
    edge_journal_step(rig->journal, rig->now);
    edge_journal_close(rig->journal);
    assert_int_equal(read_blocks(rig, ended, sizeof ended, NULL), put - 1);
    assert_non_null(strstr(ended, "gap"));
    free(large);
}

static void journal__that_reaches_max_mb__ends_aloud(void **state)
{
    struct rig *rig = *state;
    char ended[200];
    uint8_t *noise = malloc(1 << 20);
    uint32_t seed = 1;
    assert_non_null(noise);
    for (size_t i = 0; i < 1 << 20; i++) { // does not compress
        seed = seed * 1664525 + 1013904223;
        noise[i] = (uint8_t)(seed >> 24);
    }
    open_journal(rig);
    int put = 0;
    while (put < 64 && strstr(log_of(rig), "journal.ended") == NULL) {
        noise[put] ^= 1;
        step(edge_journal_ingest(rig->journal), rig->now, noise, 1 << 20);
        put++;
        rig->now.mono_us += SECOND_US;
        edge_journal_step(rig->journal, rig->now);
    }
    assert_in_range(put, 14, 19); // 16 MB, and the store before them
    edge_journal_close(rig->journal);
    assert_int_equal(read_blocks(rig, ended, sizeof ended, NULL), put);
    assert_non_null(strstr(ended, "max_mb"));
    free(noise);
}

static void make_old(const struct rig *rig, const char *name, int64_t age_s, size_t size)
{
    char path[200];
    (void)snprintf(path, sizeof path, "%s/%s", rig->folder, name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(ftruncate(fileno(file), (off_t)size), 0);
    assert_int_equal(fclose(file), 0);
    const time_t at = (time_t)(UTC_US / SECOND_US - age_s);
    assert_int_equal(utime(path, &(struct utimbuf){.actime = at, .modtime = at}), 0);
}

static bool there(const struct rig *rig, const char *name)
{
    char path[200];
    (void)snprintf(path, sizeof path, "%s/%s", rig->folder, name);
    return access(path, F_OK) == 0;
}

static void journal__of_a_start__renames_the_last_and_deletes_old_ones(void **state)
{
    struct rig *rig = *state;
    enum { DAY_S = 86400 };
    make_old(rig, "node-20260101T000000Z.mcap", 4 * DAY_S, 10);   // too old
    make_old(rig, "node-20260102T000000Z.mcap", 2 * DAY_S, 10);   // of two that are too large
    make_old(rig, "node-20260103T000000Z.mcap", DAY_S, 12 << 20); // together with the last:
    make_old(rig, "other-20260101T000000Z.mcap", 40 * DAY_S, 10); // of another node
    make_old(rig, "node-notes.mcap", 40 * DAY_S, 10);             // no journal's name
    make_old(rig, "node.mcap", 600, 5 << 20);                     // the last
    open_journal(rig);
    edge_journal_close(rig->journal); // without a step: it leaves no file
    char names[10][256];
    assert_false(there(rig, "node-20260101T000000Z.mcap"));
    assert_false(there(rig, "node-20260102T000000Z.mcap"));
    assert_true(there(rig, "node-20260103T000000Z.mcap")); // one of the two newest stays
    assert_true(there(rig, "other-20260101T000000Z.mcap"));
    assert_true(there(rig, "node-notes.mcap"));
    // 1,790,000,000 s less ten minutes, by date -u.
    assert_true(there(rig, "node-20260921T140320Z.mcap"));
    assert_false(there(rig, "node.mcap"));
    assert_int_equal(each_file(rig, false, names, 10), 4);
    assert_non_null(strstr(log_of(rig), "journal.deleted"));
}

// The bytes of every record, uncompressed.
static bool holds(const struct rig *rig, const char *what)
{
    struct drf_mcap_error wrong = {0};
    struct drf_mcap_reader *reader;
    struct drf_mcap_record record;
    static uint8_t bytes[1 << 20];
    bool found = false;
    assert_int_equal(
        drf_mcap_reader_open(rig->file, &(struct drf_mcap_read_options){0}, &reader, &wrong),
        DRF_OK);
    while (drf_mcap_next(reader, &record) == DRF_OK) {
        const void *data = record.data;
        size_t size = (size_t)record.size, got = 0;
        if (record.kind == DRF_MCAP_ATTACHMENT) {
            assert_true(size < sizeof bytes);
            assert_int_equal(drf_mcap_attachment_read(reader, bytes, sizeof bytes, &got),
                             DRF_OK);
            assert_int_equal(got, size);
            data = bytes;
        }
        found = found || (size > 0 && data != NULL && memmem(data, size, what, strlen(what)));
        for (size_t i = 0; record.kind == DRF_MCAP_METADATA && i < record.pair_count; i++)
            found = found || strstr(record.pairs[i].value, what) != NULL;
    }
    assert_int_equal(drf_mcap_reader_end(reader), DRF_MCAP_END_COMPLETE);
    drf_mcap_reader_close(reader);
    return found;
}

static void journal__holds_no_secret_of_the_configuration(void **state)
{
    struct rig *rig = *state;
    static const char *const secrets[] = {SECRETS};
    open_journal(rig);
    step(edge_journal_ingest(rig->journal), rig->now, "x", 1);
    edge_journal_close(rig->journal);
    assert_true(holds(rig, "sim-niagara")); // that this finds what is there
    assert_true(holds(rig, "obstacles"));
    assert_true(holds(rig, "SQLite format 3")); // the store
    for (size_t i = 0; i < sizeof secrets / sizeof secrets[0]; i++)
        assert_false(holds(rig, secrets[i]));
}

static void reader__of_a_file_that_is_no_journal__says_so(void **state)
{
    struct rig *rig = *state;
    char error[EDGE_JOURNAL_ERROR_SIZE] = "";
    struct edge_journal_reader *reader;
    struct drf_config config;
    make_old(rig, "node.mcap", 0, 10);
    assert_int_equal(edge_journal_reader_open(rig->file, rig->store, &config, error, &reader),
                     DRF_ERR_SYNTAX);
    assert_non_null(strstr(error, rig->file));
    // An existing file is not written over by the store.
    make_old(rig, "copy2.gpkg", 0, 10);
    char other[128];
    (void)snprintf(other, sizeof other, "%s/copy2.gpkg", rig->folder);
    assert_int_equal(edge_journal_reader_open(rig->file, other, &config, error, &reader),
                     DRF_ERR_STORE);
    assert_non_null(strstr(error, "copy2.gpkg"));
}

#define ON_A_NODE(test) cmocka_unit_test_setup_teardown(test, open_rig, close_rig)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_A_NODE(journal__of_a_few_steps__is_a_whole_file_of_mode_0640),
        ON_A_NODE(journal__of_two_threads__has_the_order_of_their_tickets),
        ON_A_NODE(journal__whose_writer_falls_behind__ends_aloud_and_keeps_what_was),
        ON_A_NODE(journal__that_reaches_max_mb__ends_aloud),
        ON_A_NODE(journal__of_a_start__renames_the_last_and_deletes_old_ones),
        ON_A_NODE(journal__holds_no_secret_of_the_configuration),
        ON_A_NODE(reader__of_a_file_that_is_no_journal__says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
