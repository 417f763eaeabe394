// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "edge/command/check.h"
#include "edge/handoff/ownership.h"
#include "edge/host/clock.h"
#include "edge/kafka/kafka.h"

enum { FIRST_MS = 1000 };
#define OWNERS "owners"

// All feeds in one client, and the node's own topics as further ones.
struct asked {
    struct drf_config config;
    struct drf_feed_config feeds[DRF_FEEDS_MAX];
    const char *own[DRF_FEEDS_MAX]; // what it is, of those that are no feed
};

static void ask_for_own(struct asked *out, const char *what, const char *topic)
{
    if (topic[0] == '\0' || out->config.feed_count >= DRF_FEEDS_MAX)
        return;
    out->own[out->config.feed_count] = what;
    struct drf_feed_config *feed = &out->feeds[out->config.feed_count++];
    *feed = (struct drf_feed_config){.urgent = 0};
    memcpy(feed->topic, topic, sizeof feed->topic);
}

static void ask_for(const struct drf_config *config, struct asked *out)
{
    *out = (struct asked){.config = *config};
    out->config.feeds = out->feeds;
    memcpy(out->feeds, config->feeds, config->feed_count * sizeof *config->feeds);
    for (size_t i = 0; i < config->feed_count; i++)
        out->feeds[i].urgent = 0;
    ask_for_own(out, "dead_letters", config->dead_letter_topic);
    ask_for_own(out, OWNERS, config->owners.topic);
    ask_for_own(out, "reports", config->reports.topic);
    ask_for_own(out, "reports.capture", config->reports.capture_topic);
}

// Until a broker answers, or it is plain why none does. librdkafka tries all brokers again and
// again; once each has failed and the cause is known, waiting longer tells no more.
static bool ask(struct edge_kafka *kafka, size_t feed, int timeout_ms,
                struct edge_kafka_found *found)
{
    const int64_t end_mono_us = edge_clock_mono_us() + (int64_t)timeout_ms * 1000;
    int wait_ms = timeout_ms < FIRST_MS ? timeout_ms : FIRST_MS;
    bool down = false;
    while (edge_kafka_discover(kafka, feed, wait_ms, found) != DRF_OK) {
        down = edge_kafka_serve(kafka) || down;
        int64_t left_us = end_mono_us - edge_clock_mono_us();
        if (left_us <= 0 || (down && edge_kafka_cause(kafka)[0] != '\0'))
            return false;
        wait_ms = left_us < INT64_C(1000) * FIRST_MS ? (int)(left_us / 1000) + 1 : FIRST_MS;
    }
    return true;
}

static const char *brokers(const struct drf_config *config)
{
    for (size_t i = 0; i < config->kafka_count; i++)
        if (strcmp(config->kafka[i].name, "bootstrap.servers") == 0
            || strcmp(config->kafka[i].name, "metadata.broker.list") == 0)
            return config->kafka[i].value;
    return NULL;
}

static void tell_topic(struct edge_check *check, const struct asked *asked, size_t feed,
                       const struct edge_kafka_found *found)
{
    char what[64];
    const char *topic = asked->feeds[feed].topic, *own = asked->own[feed];
    const bool owners = own != NULL && strcmp(own, OWNERS) == 0;
    if (own != NULL)
        (void)snprintf(what, sizeof what, "%s", own);
    else
        (void)snprintf(what, sizeof what, "feed %s", check->config->feeds[feed].name);
    if (owners && !found->denied && found->count == 0)
        edge_check_add(check, what, EDGE_FINDING_OK,
                       "topic %s: does not exist yet; the node asks Kafka to make it", topic);
    else if (owners && !found->denied && found->count != EDGE_OWNER_PARTS)
        edge_check_add(check, what, EDGE_FINDING_FAILED,
                       "topic %s: %zu partitions, and it must have %d", topic, found->count,
                       EDGE_OWNER_PARTS);
    else if (found->denied)
        edge_check_add(check, what, EDGE_FINDING_FAILED,
                       "topic %s: the account has no right to see it (or it does not exist)",
                       topic);
    else if (found->count == 0)
        edge_check_add(check, what, EDGE_FINDING_WARNING,
                       "topic %s: does not exist yet; the node waits for it", topic);
    else
        edge_check_add(check, what, EDGE_FINDING_OK, "topic %s: %zu partition%s%s", topic,
                       found->count, found->count == 1 ? "" : "s",
                       own != NULL ? "; writing is not tested" : "");
}

static void ask_all(struct edge_check *check, const struct asked *asked,
                    struct edge_kafka *kafka)
{
    const struct drf_config *config = &asked->config;
    struct edge_kafka_found found;
    bool reached = false;
    for (size_t i = 0; i < config->feed_count; i++) {
        bool answered = ask(kafka, i, check->timeout_ms, &found);
        if (!answered && !reached) {
            const char *cause = edge_kafka_cause(kafka);
            edge_check_add(check, "kafka", EDGE_FINDING_FAILED, "%s: %s", brokers(config),
                           cause[0] != '\0' ? cause : "no answer in time");
            return;
        }
        if (!reached)
            edge_check_add(check, "kafka", EDGE_FINDING_OK, "%s answers", brokers(config));
        reached = true;
        if (answered)
            tell_topic(check, asked, i, &found);
        else
            edge_check_add(check, "kafka", EDGE_FINDING_FAILED,
                           "topic %s: no answer in time%s%s", config->feeds[i].topic,
                           edge_kafka_cause(kafka)[0] ? ": " : "", edge_kafka_cause(kafka));
    }
}

void edge_check_kafka(struct edge_check *check)
{
    char error[EDGE_KAFKA_ERROR_SIZE] = "out of memory";
    struct asked asked;
    struct edge_kafka *kafka = NULL;
    if (check->config->feed_count == 0) {
        edge_check_add(check, "kafka", EDGE_FINDING_NOT_TESTED, "there is no feed");
        return;
    }
    if (brokers(check->config) == NULL) {
        edge_check_add(check, "kafka", EDGE_FINDING_WARNING,
                       "bootstrap.servers is not given: the node knows only what is imported");
        return;
    }
    ask_for(check->config, &asked);
    // A file of certificates that cannot be read, two settings that contradict each other.
    if (edge_kafka_open(&asked.config, false, -1, NULL, NULL, error, &kafka) != DRF_OK) {
        edge_check_add(check, "kafka", EDGE_FINDING_WRONG, "%s", error);
        return;
    }
    ask_all(check, &asked, kafka);
    edge_kafka_close(kafka);
}
