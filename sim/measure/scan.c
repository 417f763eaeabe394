// SPDX-License-Identifier: Apache-2.0
//
// Each channel is looked up once: what its topic carries, whose it is, and which region. A
// message is then added to its drone, its track, or both. Times of messages are log times;
// times inside messages are their own.
#include "sim/measure/scan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drf/v1/enums.pb-c.h"
#include "drf/v1/telemetry.pb-c.h"
#include "schemas/protojson.h"

#define VARIED "vary." // before the name of a parameter that an experiment varies

enum { CHANNELS = 65536, FIRST_ROOM = 64, NS_PER_US = 1000 };

struct channel {
    bool known;
    enum sim_leaf leaf;
    size_t listened, track;
    uint32_t region;
};

struct pass {
    struct sim_scan *scan;
    struct channel *channels; // by number
    size_t region_count;
    char (*regions)[64];
    int64_t episode_gap_us;
};

static int64_t us_of(uint64_t ns) { return (int64_t)(ns / NS_PER_US); }

static enum drf_status find_listened(struct sim_scan *scan, const struct sim_topic *topic,
                                     size_t *index)
{
    size_t size = topic->id_size < SIM_TRACK_ID_SIZE ? topic->id_size : SIM_TRACK_ID_SIZE - 1;
    for (size_t i = 0; i < scan->listened_count; i++)
        if (strncmp(scan->listened[i].id, topic->id, size) == 0
            && scan->listened[i].id[size] == '\0') {
            *index = i;
            return DRF_OK;
        }
    if (scan->listened_count == scan->listened_room) {
        size_t room = scan->listened_room == 0 ? FIRST_ROOM : 2 * scan->listened_room;
        struct sim_listened *grown = realloc(scan->listened, room * sizeof *grown);
        if (grown == NULL)
            return DRF_ERR_NOMEM;
        scan->listened = grown;
        scan->listened_room = room;
    }
    *index = scan->listened_count++;
    struct sim_listened *new = &scan->listened[*index];
    memset(new, 0, sizeof *new);
    memcpy(new->id, topic->id, size);
    new->first_us = INT64_MAX;
    new->last_us = new->reported_us = INT64_MIN;
    return DRF_OK;
}

static enum drf_status find_region(struct pass *pass, const struct sim_topic *topic,
                                   uint32_t *out)
{
    char name[64];
    snprintf(name, sizeof name, "%.*s", (int)topic->region_size,
             topic->region != NULL ? topic->region : "");
    for (size_t i = 0; i < pass->region_count; i++)
        if (strcmp(pass->regions[i], name) == 0) {
            *out = (uint32_t)i;
            return DRF_OK;
        }
    char(*grown)[64] = realloc(pass->regions, (pass->region_count + 1) * sizeof *grown);
    if (grown == NULL)
        return DRF_ERR_NOMEM;
    pass->regions = grown;
    memcpy(grown[pass->region_count], name, sizeof name);
    *out = (uint32_t)pass->region_count++;
    return DRF_OK;
}

static enum drf_status know(struct pass *pass, const char *name, struct channel *channel)
{
    struct sim_scan *scan = pass->scan;
    struct sim_topic topic = sim_topic_parse(name);
    struct channel new = {.known = true, .leaf = topic.leaf};
    enum drf_status status = find_region(pass, &topic, &new.region);
    if (status == DRF_OK && topic.leaf < SIM_LEAF_OF_DRONES)
        status = find_listened(scan, &topic, &new.listened);
    if (status == DRF_OK && topic.leaf == SIM_LEAF_TELEMETRY)
        status = sim_tracks_find(&scan->reported, topic.id, topic.id_size, &new.track);
    if (status == DRF_OK && topic.leaf == SIM_LEAF_TRUTH)
        status = sim_tracks_find(&scan->truth, topic.id, topic.id_size, &new.track);
    if (status != DRF_OK)
        return status;
    if (topic.leaf == SIM_LEAF_OTHER && scan->other_topics++ == 0)
        snprintf(scan->other_topic, sizeof scan->other_topic, "%s", name);
    *channel = new;
    return DRF_OK;
}

struct payload {
    const uint8_t *bytes;
    size_t size;
    bool json;
};

// NULL: not such a message, which is counted.
static ProtobufCMessage *unpack(struct sim_scan *scan,
                                const ProtobufCMessageDescriptor *descriptor,
                                const struct payload *payload)
{
    ProtobufCMessage *message = NULL;
    struct schemas_protojson_error error;
    if (!payload->json)
        message = protobuf_c_message_unpack(descriptor, NULL, payload->size, payload->bytes);
    else if (schemas_protojson_decode(descriptor, (const char *)payload->bytes, payload->size,
                                      NULL, &message, &error)
             != DRF_OK)
        message = NULL;
    if (message == NULL)
        scan->undecodable++;
    return message;
}

static enum drf_status take_truth(struct pass *pass, const struct channel *channel,
                                  const struct payload *payload)
{
    struct sim_scan *scan = pass->scan;
    Drf__V1__SimTruth *truth =
        (Drf__V1__SimTruth *)unpack(scan, &drf__v1__sim_truth__descriptor, payload);
    if (truth == NULL)
        return DRF_OK;
    struct sim_track *track = &scan->truth.tracks[channel->track];
    enum drf_status status = DRF_OK;
    if (!truth->has_lat_deg || !truth->has_lon_deg || !truth->has_time_utc_us) {
        scan->no_position++;
    } else {
        track->intruder |= truth->intruder;
        const struct sim_fix fix = {
            .utc_us = truth->time_utc_us,
            .at = {.lat_deg = truth->lat_deg, .lon_deg = truth->lon_deg},
            .alt_m = truth->alt_amsl_m,
            .height = truth->has_alt_amsl_m ? SIM_HEIGHT_AMSL : SIM_HEIGHT_NONE,
            .on_ground = truth->has_airborne && !truth->airborne};
        status = sim_track_add(track, &fix);
    }
    drf__v1__sim_truth__free_unpacked(truth, NULL);
    return status;
}

static enum drf_status take_telemetry(struct pass *pass, const struct channel *channel,
                                      const struct payload *payload, int64_t log_us)
{
    struct sim_scan *scan = pass->scan;
    Drf__V1__Telemetry *report =
        (Drf__V1__Telemetry *)unpack(scan, &drf__v1__telemetry__descriptor, payload);
    if (report == NULL)
        return DRF_OK;
    struct sim_listened *drone = &scan->listened[channel->listened];
    drone->reported_us = log_us;
    drone->reports[report->seq % SIM_SCAN_REPORTS].boot_id = report->drone_boot_id;
    drone->reports[report->seq % SIM_SCAN_REPORTS].seq = report->seq;
    drone->reports[report->seq % SIM_SCAN_REPORTS].log_us = log_us;
    enum drf_status status = DRF_OK;
    if (!report->has_lat_e7 || !report->has_lon_e7) {
        scan->no_position++;
    } else {
        scan->time_of_arrival += !report->has_time_us;
        bool amsl = report->has_alt_amsl_m, wgs84 = report->has_alt_wgs84_m;
        const struct sim_fix fix = {
            .utc_us = report->has_time_us ? report->time_us : log_us,
            .at = {.lat_deg = report->lat_e7 * 1e-7, .lon_deg = report->lon_e7 * 1e-7},
            .alt_m = amsl ? (double)report->alt_amsl_m : (double)report->alt_wgs84_m,
            .height = amsl    ? SIM_HEIGHT_AMSL
                      : wgs84 ? SIM_HEIGHT_WGS84
                              : SIM_HEIGHT_NONE,
            .on_ground = report->on_ground};
        status = sim_track_add(&scan->reported.tracks[channel->track], &fix);
    }
    drf__v1__telemetry__free_unpacked(report, NULL);
    return status;
}

static enum drf_status add_update(struct sim_scan *scan, struct sim_listened *drone,
                                  int64_t received_us, int64_t made_us)
{
    if (drone->update_count == drone->update_room) {
        size_t room = drone->update_room == 0 ? FIRST_ROOM : 2 * drone->update_room;
        struct sim_update *grown = realloc(drone->updates, room * sizeof *grown);
        if (grown == NULL)
            return DRF_ERR_NOMEM;
        drone->updates = grown;
        drone->update_room = room;
    }
    enum drf_status status = DRF_OK;
    if (drone->update_count > 0) {
        // The order of the file is the truth: a log time that goes back counts as the one
        // before.
        int64_t before_us = drone->updates[drone->update_count - 1].received_us;
        if (received_us < before_us)
            received_us = before_us;
        status = sim_numbers_add(&scan->intervals, (double)(received_us - before_us) / 1e6);
    }
    drone->updates[drone->update_count++] =
        (struct sim_update){.received_us = received_us, .made_us = made_us};
    if (status == DRF_OK && !scan->replayed)
        status = sim_numbers_add(&scan->delay, (double)(received_us - made_us) / 1e6);
    return status;
}

static enum drf_status take_context(struct pass *pass, const struct channel *channel,
                                    const struct payload *payload, int64_t log_us)
{
    struct sim_scan *scan = pass->scan;
    Drf__V1__Context *context =
        (Drf__V1__Context *)unpack(scan, &drf__v1__context__descriptor, payload);
    if (context == NULL)
        return DRF_OK;
    struct sim_listened *drone = &scan->listened[channel->listened];
    enum drf_status status = DRF_OK;
    if (context->has_node_time_us)
        status = add_update(scan, drone, log_us, context->node_time_us);
    size_t slot = context->telemetry_seq % SIM_SCAN_REPORTS;
    if (status == DRF_OK && !scan->replayed && context->has_telemetry_seq && !context->pushed
        && drone->reports[slot].seq == context->telemetry_seq
        && drone->reports[slot].boot_id == context->telemetry_drone_boot_id)
        status = sim_numbers_add(&scan->answer,
                                 (double)(log_us - drone->reports[slot].log_us) / 1e6);
    if (status == DRF_OK)
        status = sim_lives_context(&drone->lives, channel->region, log_us, context);
    drf__v1__context__free_unpacked(context, NULL);
    return status;
}

static enum drf_status take_advisory(struct pass *pass, const struct channel *channel,
                                     const struct payload *payload, int64_t log_us)
{
    Drf__V1__AdvisoryMessage *message = (Drf__V1__AdvisoryMessage *)unpack(
        pass->scan, &drf__v1__advisory_message__descriptor, payload);
    if (message == NULL)
        return DRF_OK;
    enum drf_status status = sim_lives_advisory(&pass->scan->listened[channel->listened].lives,
                                                channel->region, log_us, message);
    drf__v1__advisory_message__free_unpacked(message, NULL);
    return status;
}

const char *const sim_scan_reasons[SIM_SCAN_REASONS] = {"kind", "way",     "short", "nameless",
                                                        "late", "unknown", "full",  "unsaid"};

static size_t reason_of(const char *text)
{
    size_t i = 0;
    while (i + 1 < SIM_SCAN_REASONS && (text == NULL || strcmp(text, sim_scan_reasons[i]) != 0))
        i++;
    return i;
}

static enum drf_status take_verdict(struct pass *pass, const struct payload *payload)
{
    struct sim_scan *scan = pass->scan;
    Drf__V1__SimVerdict *verdict =
        (Drf__V1__SimVerdict *)unpack(scan, &drf__v1__sim_verdict__descriptor, payload);
    if (verdict == NULL)
        return DRF_OK;
    scan->verdict_messages++;
    enum drf_status status = DRF_OK;
    if (!verdict->has_kind) {
        scan->checks_wrong += verdict->verdict == DRF__V1__VERDICT__VERDICT_WRONG;
    } else if (verdict->kind < SIM_SCAN_KINDS && verdict->verdict < SIM_SCAN_VERDICTS
               && verdict->drone_id != NULL && verdict->has_time_utc_us) {
        size_t index;
        const struct sim_topic topic = {.id = verdict->drone_id,
                                        .id_size = strlen(verdict->drone_id)};
        scan->verdicts[verdict->kind][verdict->verdict]++;
        if (verdict->verdict == DRF__V1__VERDICT__VERDICT_UNJUDGED)
            scan->unjudged[reason_of(verdict->text)]++;
        status = find_listened(scan, &topic, &index);
        if (status == DRF_OK)
            status = sim_episodes_add(&scan->listened[index].episodes, verdict,
                                      pass->episode_gap_us);
    } else {
        scan->undecodable++;
    }
    drf__v1__sim_verdict__free_unpacked(verdict, NULL);
    return status;
}

static void count(struct sim_scan *scan, const struct channel *channel, size_t size,
                  int64_t log_us)
{
    scan->messages++;
    scan->leaf_messages[channel->leaf]++;
    scan->leaf_bytes[channel->leaf] += size;
    if (log_us < scan->begin_us)
        scan->begin_us = log_us;
    if (log_us > scan->end_us)
        scan->end_us = log_us;
    if (channel->leaf >= SIM_LEAF_OF_DRONES)
        return;
    struct sim_listened *drone = &scan->listened[channel->listened];
    drone->messages[channel->leaf]++;
    drone->bytes[channel->leaf] += size;
    if (log_us < drone->first_us)
        drone->first_us = log_us;
    if (log_us > drone->last_us)
        drone->last_us = log_us;
}

static enum drf_status note_latency(struct sim_scan *scan, enum sim_leaf leaf,
                                    const struct drf_mcap_record *record)
{
    if (record->publish_time_ns == record->log_time_ns || record->publish_time_ns == 0
        || leaf >= SIM_LEAF_TRUTH)
        return DRF_OK;
    if (record->publish_time_ns > record->log_time_ns) {
        scan->latency_negative++;
        return DRF_OK;
    }
    return sim_numbers_add(&scan->latency[leaf],
                           (double)(record->log_time_ns - record->publish_time_ns) / 1e9);
}

static enum drf_status take_message(struct pass *pass, const struct drf_recorded *recorded)
{
    const struct drf_mcap_record *record = &recorded->record;
    struct channel *channel = &pass->channels[record->channel->id];
    enum drf_status status = DRF_OK;
    if (!channel->known)
        status = know(pass, record->channel->topic, channel);
    if (status != DRF_OK)
        return status;
    bool mqtt = recorded->kind == DRF_RECORDED_MQTT;
    const struct payload payload = {.bytes = mqtt ? recorded->mqtt.payload : record->data,
                                    .size = mqtt ? recorded->mqtt.size : (size_t)record->size,
                                    .json = mqtt && recorded->mqtt.json};
    int64_t log_us = us_of(record->log_time_ns);
    count(pass->scan, channel, payload.size, log_us);
    status = note_latency(pass->scan, channel->leaf, record);
    if (status != DRF_OK)
        return status;
    switch (channel->leaf) {
    case SIM_LEAF_TRUTH:
        return take_truth(pass, channel, &payload);
    case SIM_LEAF_TELEMETRY:
        return take_telemetry(pass, channel, &payload, log_us);
    case SIM_LEAF_CONTEXT:
        return take_context(pass, channel, &payload, log_us);
    case SIM_LEAF_ADVISORY:
        return take_advisory(pass, channel, &payload, log_us);
    case SIM_LEAF_VERDICT:
        return take_verdict(pass, &payload);
    default:
        return DRF_OK;
    }
}

static void take_metadata(struct sim_scan *scan, const struct drf_mcap_record *record)
{
    if (strcmp(record->name, DRF_RECORDING_METADATA) != 0)
        return;
    const struct {
        const char *key;
        char *out;
        size_t size;
    } keys[] = {{"seed", scan->seed, sizeof scan->seed},
                {"mode", scan->mode, sizeof scan->mode},
                {"region", scan->region, sizeof scan->region},
                {"node", scan->node, sizeof scan->node}};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        const char *value = drf_mcap_find(record->pairs, record->pair_count, keys[i].key);
        if (value != NULL)
            snprintf(keys[i].out, keys[i].size, "%s", value);
    }
    // Its writer gives them in one order; lines that do not fit make runs that match none.
    size_t used = 0;
    for (size_t i = 0; i < record->pair_count && used < sizeof scan->varied; i++)
        if (strncmp(record->pairs[i].key, VARIED, strlen(VARIED)) == 0)
            used +=
                (size_t)snprintf(scan->varied + used, sizeof scan->varied - used, "%s=%s\n",
                                 record->pairs[i].key + strlen(VARIED), record->pairs[i].value);
    const char *simulated = drf_mcap_find(record->pairs, record->pair_count, "simulated");
    scan->simulated = simulated != NULL && strcmp(simulated, "1") == 0;
    const char *replayed = drf_mcap_find(record->pairs, record->pair_count, "replay");
    scan->replayed = replayed != NULL && strcmp(replayed, "1") == 0;
}

static enum drf_status read_all(struct pass *pass, struct drf_recording_reader *reader,
                                struct drf_mcap_error *error)
{
    struct drf_recorded recorded;
    enum drf_status status;
    while ((status = drf_recording_next(reader, &recorded)) == DRF_OK) {
        if (drf_recording_is_journal(&recorded, pass->scan->path, error))
            return DRF_ERR_SYNTAX;
        if (recorded.kind == DRF_RECORDED_METADATA)
            take_metadata(pass->scan, &recorded.record);
        else if (recorded.kind != DRF_RECORDED_ATTACHMENT)
            status = take_message(pass, &recorded);
        if (status != DRF_OK)
            return status;
    }
    const struct drf_mcap_reader *mcap = drf_recording_reader_mcap(reader);
    if (status != DRF_ERR_ABSENT) {
        *error = *drf_mcap_reader_error(mcap);
        return status;
    }
    pass->scan->truncated = drf_mcap_reader_end(mcap) == DRF_MCAP_END_TRUNCATED;
    if (pass->scan->truncated)
        snprintf(pass->scan->truncation, sizeof pass->scan->truncation, "%s",
                 drf_mcap_reader_error(mcap)->text);
    return DRF_OK;
}

enum drf_status sim_scan_open(const char *path, int64_t episode_gap_us, struct sim_scan *out,
                              struct drf_mcap_error *error)
{
    const struct drf_mcap_read_options options = {.stream = false, .verify = false};
    struct drf_recording_reader *reader;
    *error = (struct drf_mcap_error){0};
    enum drf_status status = drf_recording_reader_open(path, &options, &reader, error);
    if (status != DRF_OK)
        return status;
    struct sim_scan scan = {.path = path, .begin_us = INT64_MAX, .end_us = INT64_MIN};
    struct channel *channels = calloc(CHANNELS, sizeof *channels);
    struct pass pass = {.scan = &scan, .channels = channels, .episode_gap_us = episode_gap_us};
    status = channels != NULL ? read_all(&pass, reader, error) : DRF_ERR_NOMEM;
    drf_recording_reader_close(reader);
    free(channels);
    free(pass.regions);
    if (status != DRF_OK) {
        sim_scan_close(&scan);
        if (error->text[0] == '\0')
            snprintf(error->text, sizeof error->text, "%s: %s", path,
                     status == DRF_ERR_NOMEM ? "out of memory" : drf_status_name(status));
        return status;
    }
    *out = scan;
    return DRF_OK;
}

void sim_scan_close(struct sim_scan *scan)
{
    sim_tracks_close(&scan->truth);
    sim_tracks_close(&scan->reported);
    for (size_t i = 0; i < scan->listened_count; i++) {
        free(scan->listened[i].updates);
        sim_lives_close(&scan->listened[i].lives);
        sim_episodes_close(&scan->listened[i].episodes);
    }
    free(scan->listened);
    for (size_t i = 0; i < SIM_LEAF_COUNT; i++)
        sim_numbers_close(&scan->latency[i]);
    sim_numbers_close(&scan->answer);
    sim_numbers_close(&scan->delay);
    sim_numbers_close(&scan->intervals);
    *scan = (struct sim_scan){0};
}

const struct sim_tracks *sim_scan_tracks(const struct sim_scan *scan)
{
    return scan->truth.count > 0 ? &scan->truth : &scan->reported;
}
