// SPDX-License-Identifier: Apache-2.0
// A step serves librdkafka's queue; rebalances and answers to commits come out of it as
// callbacks. Then what is missing is asked for: the topic (made where it does not exist), the
// membership, the offsets of new parts, and at last a commit of all assigned parts, of which
// one at a time is under way. A commit is timed before it is handed to the library, which may
// send it later: the lease errs to the short side.
#include "edge/owners/group_kafka.h"

#include <inttypes.h>
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "edge/host/clock.h"
#include "edge/kafka/oauth_kafka.h"
#include "edge/kafka/settings_kafka.h"

enum { OFFSETS_TIMEOUT_MS = 1000, TOPIC_TIMEOUT_MS = 2000, SENT_MAX = 64 };
#define LOOK_AGAIN_US INT64_C(5000000)
#define LOG_WINDOW_US INT64_C(60000000)

// A commit. Its answer may come late, when another is under way; never as late as after
// SENT_MAX of them, one of which is given up only after a session.
struct sent {
    uint32_t generation;
    int64_t boot_us;
};

struct edge_group {
    rd_kafka_t *client;
    rd_kafka_queue_t *queue; // of the consumer: all callbacks
    char topic[DRF_TEXT_SIZE];
    struct edge_claims *claims;
    struct edge_ownership *ownership;
    const struct edge_log *log;
    struct edge_log_limit limit;
    bool joined;            // subscribed
    bool evicted;           // and not a member any more
    bool topic_good;        // it is there and has the right number of partitions
    int64_t look_boot_us;   // when the topic is looked for again
    bool committing;        // an answer to the newest commit is awaited
    int64_t commit_boot_us; // when the next one goes
    size_t newest;          // of `sent`: the commit under way, or answered last
    struct sent sent[SENT_MAX];
};

static void say(struct edge_group *group, enum edge_log_level level, const char *text)
{
    char quoted[400];
    if (edge_log_allow(&group->limit, edge_clock_mono_us(), 5, LOG_WINDOW_US, NULL))
        edge_log_write(group->log, edge_clock_utc_us(), level, "owners", "topic=%s text=%s",
                       group->topic, edge_log_quote(quoted, sizeof quoted, text, strlen(text)));
}

static void on_log(const rd_kafka_t *client, int level, const char *facility, const char *text)
{
    (void)client, (void)level, (void)facility, (void)text; // the feeds' clients say the same
}

// At once also for the link, whatever this thread does next.
static void give_up(struct edge_group *group)
{
    for (unsigned part = 0; part < EDGE_OWNER_PARTS; part++)
        edge_ownership_lease(group->ownership, part, INT64_MIN);
    edge_claims_revoked(group->claims);
    group->committing = false;
}

static int64_t every_us(const struct edge_group *group)
{
    return group->claims->session_us / 6;
}

static void on_rebalance(rd_kafka_t *client, rd_kafka_resp_err_t error,
                         rd_kafka_topic_partition_list_t *list, void *opaque)
{
    struct edge_group *group = opaque;
    give_up(group);
    if (error != RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
        rd_kafka_assign(client, NULL);
        return;
    }
    uint32_t parts = 0;
    for (int i = 0; i < list->cnt; i++) {
        list->elems[i].offset = RD_KAFKA_OFFSET_END; // the epochs are no offsets of messages
        if (list->elems[i].partition < EDGE_OWNER_PARTS)
            parts |= UINT32_C(1) << list->elems[i].partition;
    }
    edge_claims_assigned(group->claims, parts);
    rd_kafka_assign(client, list);
    rd_kafka_pause_partitions(client, list);
    group->commit_boot_us = 0;
}

static void on_commit(rd_kafka_t *client, rd_kafka_resp_err_t error,
                      rd_kafka_topic_partition_list_t *list, void *opaque)
{
    struct edge_group *group = rd_kafka_opaque(client);
    const struct sent *sent = opaque;
    if (sent == &group->sent[group->newest])
        group->committing = false;
    if (list == NULL || sent->generation != group->claims->generation)
        return; // of an assignment that is over
    if (error == RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID
        || error == RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION
        || error == RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID) {
        say(group, EDGE_LOG_WARN,
            "this node was evicted from the group: it is no owner any more");
        give_up(group);
        group->evicted = true; // it joins anew, whatever the library does about it
        return;
    }
    for (int i = 0; i < list->cnt && error == RD_KAFKA_RESP_ERR_NO_ERROR; i++)
        if (list->elems[i].err == RD_KAFKA_RESP_ERR_NO_ERROR)
            edge_claims_acknowledged(group->claims, sent->generation,
                                     (unsigned)list->elems[i].partition,
                                     (uint64_t)list->elems[i].offset, sent->boot_us);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR)
        say(group, EDGE_LOG_WARN, rd_kafka_err2str(error));
}

enum drf_status edge_group_open(const struct drf_config *config, struct edge_claims *claims,
                                struct edge_ownership *ownership, const struct edge_log *log,
                                char error[static EDGE_KAFKA_ERROR_SIZE],
                                struct edge_group **out)
{
    struct edge_group *group = calloc(1, sizeof *group);
    if (group == NULL)
        return DRF_ERR_NOMEM;
    *group = (struct edge_group){.claims = claims, .ownership = ownership, .log = log};
    memcpy(group->topic, config->owners.topic, sizeof group->topic);
    char name[2 * DRF_ID_SIZE + 16], session[24], beat[24], poll[24];
    const int64_t session_ms = claims->session_us / 1000;
    (void)snprintf(name, sizeof name, "drf-edge-%s-%s", config->region_id, config->node_id);
    (void)snprintf(session, sizeof session, "%" PRId64, session_ms);
    (void)snprintf(beat, sizeof beat, "%" PRId64, session_ms / 12);
    // The time to join again in a rebalance.
    (void)snprintf(poll, sizeof poll, "%" PRId64, session_ms * 2);
    const struct edge_kafka_pair first[] = {{"socket.nagle.disable", "true"}, {NULL, NULL}};
    const struct edge_kafka_pair last[] = {{"client.id", name},
                                           {"group.id", config->owners.topic},
                                           {"session.timeout.ms", session},
                                           {"heartbeat.interval.ms", beat},
                                           {"max.poll.interval.ms", poll},
                                           {"socket.timeout.ms", session},
                                           {"partition.assignment.strategy", "range"},
                                           {"enable.auto.commit", "false"},
                                           {"enable.auto.offset.store", "false"},
                                           {"auto.offset.reset", "latest"},
                                           {NULL, NULL}};
    rd_kafka_conf_t *conf = edge_kafka_conf(config, first, last, error);
    if (conf != NULL) {
        rd_kafka_conf_set_opaque(conf, group);
        rd_kafka_conf_set_log_cb(conf, on_log);
        rd_kafka_conf_set_rebalance_cb(conf, on_rebalance);
        group->client = rd_kafka_new(RD_KAFKA_CONSUMER, conf, error, EDGE_KAFKA_ERROR_SIZE);
        if (group->client == NULL)
            rd_kafka_conf_destroy(conf);
    }
    if (group->client == NULL) {
        free(group);
        return DRF_ERR_RANGE;
    }
    edge_oauth_begin(config, group->client);
    rd_kafka_poll_set_consumer(group->client);
    group->queue = rd_kafka_queue_get_consumer(group->client);
    *out = group;
    return DRF_OK;
}

void edge_group_close(struct edge_group *group)
{
    if (group == NULL)
        return;
    rd_kafka_consumer_close(group->client);
    rd_kafka_queue_destroy(group->queue);
    rd_kafka_destroy(group->client);
    free(group);
}

// Asked for once; what came of it is seen when the topic is looked for again.
static void make_topic(struct edge_group *group)
{
    char error[200];
    rd_kafka_NewTopic_t *topic =
        rd_kafka_NewTopic_new(group->topic, EDGE_OWNER_PARTS, -1, error, sizeof error);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(group->client);
    if (topic != NULL && queue != NULL) {
        rd_kafka_CreateTopics(group->client, &topic, 1, NULL, queue);
        rd_kafka_event_t *event = rd_kafka_queue_poll(queue, TOPIC_TIMEOUT_MS);
        say(group, EDGE_LOG_INFO,
            event != NULL && rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR_NO_ERROR
                ? "the topic did not exist: Kafka was asked to make it"
                : "the topic does not exist, and Kafka does not make it");
        if (event != NULL)
            rd_kafka_event_destroy(event);
    }
    if (topic != NULL)
        rd_kafka_NewTopic_destroy(topic);
    if (queue != NULL)
        rd_kafka_queue_destroy(queue);
}

static bool look_for_topic(struct edge_group *group)
{
    const struct rd_kafka_metadata *found = NULL;
    rd_kafka_topic_t *topic = rd_kafka_topic_new(group->client, group->topic, NULL);
    if (topic == NULL)
        return false;
    bool good = false, missing = false;
    if (rd_kafka_metadata(group->client, 0, topic, &found, TOPIC_TIMEOUT_MS)
            == RD_KAFKA_RESP_ERR_NO_ERROR
        && found->topic_cnt == 1) {
        const rd_kafka_metadata_topic_t *one = &found->topics[0];
        missing = one->err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
        good = one->err == RD_KAFKA_RESP_ERR_NO_ERROR && one->partition_cnt == EDGE_OWNER_PARTS;
        if (one->err == RD_KAFKA_RESP_ERR_NO_ERROR && !good)
            say(group, EDGE_LOG_ERROR,
                "the topic must have 32 partitions: this node becomes owner of no drone");
        else if (one->err != RD_KAFKA_RESP_ERR_NO_ERROR && !missing)
            say(group, EDGE_LOG_WARN, rd_kafka_err2str(one->err));
    }
    if (found != NULL)
        rd_kafka_metadata_destroy(found);
    rd_kafka_topic_destroy(topic);
    if (missing)
        make_topic(group);
    return good;
}

static void join(struct edge_group *group, int64_t now_boot_us)
{
    if (!group->topic_good) {
        if (now_boot_us < group->look_boot_us)
            return;
        group->topic_good = look_for_topic(group);
        group->look_boot_us = now_boot_us + LOOK_AGAIN_US / (group->topic_good ? 1 : 5);
        if (!group->topic_good)
            return;
    }
    rd_kafka_topic_partition_list_t *topics = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(topics, group->topic, RD_KAFKA_PARTITION_UA);
    group->joined = rd_kafka_subscribe(group->client, topics) == RD_KAFKA_RESP_ERR_NO_ERROR;
    rd_kafka_topic_partition_list_destroy(topics);
}

static void leave(struct edge_group *group)
{
    give_up(group); // before anybody else can be told
    group->joined = group->evicted = false;
    rd_kafka_unsubscribe(group->client);
}

// Blocks for a second at most; nothing is held of these parts yet.
static void read_offsets(struct edge_group *group, uint32_t parts)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(EDGE_OWNER_PARTS);
    for (int i = 0; i < EDGE_OWNER_PARTS; i++)
        if ((parts >> i & 1) != 0)
            rd_kafka_topic_partition_list_add(list, group->topic, i);
    if (rd_kafka_committed(group->client, list, OFFSETS_TIMEOUT_MS)
        == RD_KAFKA_RESP_ERR_NO_ERROR)
        for (int i = 0; i < list->cnt; i++)
            if (list->elems[i].err == RD_KAFKA_RESP_ERR_NO_ERROR)
                edge_claims_read(group->claims, (unsigned)list->elems[i].partition,
                                 list->elems[i].offset > 0 ? (uint64_t)list->elems[i].offset
                                                           : 0);
    rd_kafka_topic_partition_list_destroy(list);
}

static void send_commit(struct edge_group *group, uint64_t heard_epoch, int64_t now_boot_us)
{
    struct edge_claim_commit commit;
    if (!edge_claims_commit(group->claims, edge_clock_utc_us(), heard_epoch, &commit))
        return;
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(EDGE_OWNER_PARTS);
    for (size_t i = 0; i < commit.count; i++)
        rd_kafka_topic_partition_list_add(list, group->topic, (int32_t)commit.items[i].part)
            ->offset = (int64_t)commit.items[i].epoch;
    group->newest = (group->newest + 1) % SENT_MAX;
    struct sent *sent = &group->sent[group->newest];
    *sent = (struct sent){.generation = commit.generation, .boot_us = now_boot_us};
    group->commit_boot_us = now_boot_us + every_us(group);
    group->committing =
        rd_kafka_commit_queue(group->client, list, group->queue, on_commit, sent)
        == RD_KAFKA_RESP_ERR_NO_ERROR;
    rd_kafka_topic_partition_list_destroy(list);
}

// What keeps this node out of the group; a broker that is away is told by the feeds.
static void tell_error(struct edge_group *group, const rd_kafka_message_t *message)
{
    switch (message->err) {
    case RD_KAFKA_RESP_ERR_NO_ERROR:
    case RD_KAFKA_RESP_ERR__PARTITION_EOF:
    case RD_KAFKA_RESP_ERR__TRANSPORT:
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
    case RD_KAFKA_RESP_ERR__RESOLVE:
        return;
    case RD_KAFKA_RESP_ERR_INVALID_SESSION_TIMEOUT:
        say(group, EDGE_LOG_ERROR,
            "the broker refuses owners.session_ms: see its group.min.session.timeout.ms and "
            "group.max.session.timeout.ms. This node becomes owner of no drone");
        return;
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
        say(group, EDGE_LOG_ERROR,
            "the account has no right to read as the group that is named like the topic: this "
            "node becomes owner of no drone");
        return;
    default:
        say(group, EDGE_LOG_WARN, rd_kafka_message_errstr(message));
    }
}

void edge_group_step(struct edge_group *group, bool wanted, uint64_t heard_epoch,
                     int timeout_ms)
{
    rd_kafka_message_t *message = rd_kafka_consumer_poll(group->client, timeout_ms);
    if (message != NULL) {
        tell_error(group, message);
        rd_kafka_message_destroy(message);
    }
    int64_t now_boot_us = edge_clock_boot_us();
    if (!wanted || group->evicted) {
        if (group->joined)
            leave(group);
        return;
    }
    if (!group->joined)
        join(group, now_boot_us);
    uint32_t unread = edge_claims_unread(group->claims);
    if (unread != 0)
        read_offsets(group, unread);
    // An answer that does not come may not keep the next commit back for ever.
    now_boot_us = edge_clock_boot_us();
    if (group->committing
        && now_boot_us - group->sent[group->newest].boot_us > group->claims->session_us)
        group->committing = false;
    if (!group->committing && now_boot_us >= group->commit_boot_us)
        send_commit(group, heard_epoch, now_boot_us);
}
