// SPDX-License-Identifier: Apache-2.0
// `drf-sim topics`: makes the topics that a broker does not have yet, as state topics are made:
// compacted. One that is there stays as it is.
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/command/command.h"
#include "sim/host/options.h"

enum { TOPICS_MAX = 64, ERROR_SIZE = 512, WAIT_MS = 30000 };

struct topic_options {
    const char *bootstrap, *topics;
    uint64_t partitions, replicas;
};

// DRF_ERR_SYNTAX: a name is empty. DRF_ERR_RANGE: librdkafka takes no such topic, or too many.
static enum drf_status list_topics(const struct topic_options *options,
                                   rd_kafka_NewTopic_t **list, size_t *count)
{
    char error[ERROR_SIZE];
    for (const char *start = options->topics; start != NULL;) {
        const char *comma = strchr(start, ',');
        size_t length = comma != NULL ? (size_t)(comma - start) : strlen(start);
        char name[256];
        if (length == 0 || length >= sizeof name || *count == TOPICS_MAX)
            return length == 0 ? DRF_ERR_SYNTAX : DRF_ERR_RANGE;
        snprintf(name, sizeof name, "%.*s", (int)length, start);
        rd_kafka_NewTopic_t *topic = rd_kafka_NewTopic_new(
            name, (int)options->partitions, (int)options->replicas, error, sizeof error);
        if (topic == NULL)
            return DRF_ERR_RANGE;
        list[(*count)++] = topic;
        if (rd_kafka_NewTopic_set_config(topic, "cleanup.policy", "compact")
            != RD_KAFKA_RESP_ERR_NO_ERROR)
            return DRF_ERR_RANGE;
        start = comma != NULL ? comma + 1 : NULL;
    }
    return DRF_OK;
}

// Prints the result of each. DRF_ERR_AGAIN: one could not be made.
static enum drf_status tell(rd_kafka_event_t *event)
{
    if (rd_kafka_event_error(event) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        fprintf(stderr, "drf-sim topics: %s\n", rd_kafka_event_error_string(event));
        return DRF_ERR_AGAIN;
    }
    size_t count = 0;
    const rd_kafka_CreateTopics_result_t *result = rd_kafka_event_CreateTopics_result(event);
    const rd_kafka_topic_result_t **each = rd_kafka_CreateTopics_result_topics(result, &count);
    enum drf_status status = DRF_OK;
    for (size_t i = 0; i < count; i++) {
        const char *name = rd_kafka_topic_result_name(each[i]);
        rd_kafka_resp_err_t code = rd_kafka_topic_result_error(each[i]);
        if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
            printf("%s: made\n", name);
        else if (code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
            printf("%s: is there\n", name);
        else {
            fprintf(stderr, "drf-sim topics: %s: %s\n", name,
                    rd_kafka_topic_result_error_string(each[i]));
            status = DRF_ERR_AGAIN;
        }
    }
    return status;
}

static enum drf_status create(rd_kafka_t *client, rd_kafka_NewTopic_t **list, size_t count)
{
    char error[ERROR_SIZE];
    rd_kafka_queue_t *queue = rd_kafka_queue_new(client);
    rd_kafka_AdminOptions_t *options =
        rd_kafka_AdminOptions_new(client, RD_KAFKA_ADMIN_OP_CREATETOPICS);
    enum drf_status status = DRF_ERR_AGAIN;
    if (rd_kafka_AdminOptions_set_request_timeout(options, WAIT_MS, error, sizeof error)
            == RD_KAFKA_RESP_ERR_NO_ERROR
        && rd_kafka_AdminOptions_set_operation_timeout(options, WAIT_MS, error, sizeof error)
               == RD_KAFKA_RESP_ERR_NO_ERROR) {
        rd_kafka_CreateTopics(client, list, count, options, queue);
        rd_kafka_event_t *event = rd_kafka_queue_poll(queue, WAIT_MS + 1000);
        if (event != NULL)
            status = tell(event);
        else
            fprintf(stderr, "drf-sim topics: no answer\n");
        if (event != NULL)
            rd_kafka_event_destroy(event);
    }
    rd_kafka_AdminOptions_destroy(options);
    rd_kafka_queue_destroy(queue);
    return status;
}

static void on_log(const rd_kafka_t *client, int level, const char *facility, const char *text)
{
    (void)client;
    (void)level;
    (void)facility;
    (void)text; // the result is printed
}

static rd_kafka_t *connect_to(const char *bootstrap)
{
    char error[ERROR_SIZE] = "";
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set_log_cb(conf, on_log);
    rd_kafka_t *client = NULL;
    if (rd_kafka_conf_set(conf, "bootstrap.servers", bootstrap, error, sizeof error)
        == RD_KAFKA_CONF_OK)
        client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, error, sizeof error);
    if (client == NULL) {
        rd_kafka_conf_destroy(conf);
        fprintf(stderr, "drf-sim topics: %s\n", error);
    }
    return client;
}

static int run(const struct topic_options *options)
{
    rd_kafka_NewTopic_t *list[TOPICS_MAX];
    size_t count = 0;
    enum drf_status status = list_topics(options, list, &count);
    if (status != DRF_OK)
        fprintf(stderr, "drf-sim topics: \"%s\" are no names of topics\n", options->topics);
    rd_kafka_t *client = status == DRF_OK ? connect_to(options->bootstrap) : NULL;
    if (client != NULL)
        status = create(client, list, count);
    rd_kafka_NewTopic_destroy_array(list, count);
    if (client != NULL)
        rd_kafka_destroy(client);
    return client != NULL && status == DRF_OK ? 0 : 1;
}

int sim_topics_run(int argc, char **argv)
{
    struct topic_options options = {.partitions = 1, .replicas = 1};
    const struct sim_option table[] = {
        {"bootstrap", SIM_OPTION_TEXT, &options.bootstrap, "HOST:PORT", "of Kafka"},
        {"topics", SIM_OPTION_TEXT, &options.topics, "A,B,...", "their names"},
        {"partitions", SIM_OPTION_COUNT, &options.partitions, "N", "of each (default 1)"},
        {"replicas", SIM_OPTION_COUNT, &options.replicas, "N", "of each (default 1)"},
    };
    const struct sim_usage usage = {
        "topics --bootstrap HOST:PORT --topics A,B,...",
        "Creates the topics that do not exist yet, compacted, as state topics are.", table,
        sizeof table / sizeof table[0]};
    int rest;
    enum drf_status status = sim_options_read(&usage, argc, argv, &rest);
    if (status != DRF_OK)
        return sim_options_exit(status);
    if (options.bootstrap == NULL || options.topics == NULL || options.partitions < 1
        || options.partitions > 1000 || options.replicas < 1 || options.replicas > 100) {
        fprintf(stderr,
                "drf-sim topics: --bootstrap and --topics are needed, --partitions is 1 "
                "to 1000, --replicas 1 to 100\n");
        return 2;
    }
    return run(&options);
}
