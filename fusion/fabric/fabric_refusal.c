// SPDX-License-Identifier: Apache-2.0
// A refusal as a record. What was refused of an identity is a record of a name beside it: the
// same feed and source, the same key behind REFUSED_KEY, a byte that no key of a source can
// begin with. So it is stored, resynchronised and brought back as any other, and what the
// identity said before stays live. It is live while its version is newer than what the
// identity said last: a newer good version or a withdrawal erases it, and an older refusal
// that comes later is superseded by that good version. So it does not matter which of them
// comes first.
#include <stdio.h>

#include "fusion/fabric/fabric_impl.h"
#include "fusion/store/store_resync.h"
#include "geo/bounds.h"

#define REFUSED_KEY "\x15" // NAK

enum { KEY_MAX = 255 }; // of a message's own key (edge/kafka/envelope.h is stricter)

struct refused_name {
    char key[KEY_MAX + 2];
    struct fusion_identity identity;
};

// False: the key is too long to be one.
static bool name_of(struct fusion_identity identity, struct refused_name *out)
{
    int size = snprintf(out->key, sizeof out->key, REFUSED_KEY "%s", identity.key);
    out->identity = identity;
    out->identity.key = out->key;
    return size > 0 && (size_t)size < sizeof out->key;
}

enum drf_status fabric_refusal_erase(struct fusion_fabric *fabric, int64_t id)
{
    enum drf_status status = fusion_store_erase(fabric->store, id);
    if (status == DRF_OK)
        fabric_leave_unreadable(fabric, id);
    return status;
}

enum drf_status fabric_refusal_end(struct fusion_fabric *fabric,
                                   struct fusion_identity identity,
                                   struct fusion_version version)
{
    struct refused_name name;
    struct fusion_version refused;
    int64_t id;
    if (identity.key[0] == REFUSED_KEY[0] || !name_of(identity, &name))
        return DRF_OK;
    enum drf_status status =
        fusion_store_version(fabric->store, name.identity, &refused, NULL, &id);
    if (status == DRF_ERR_ABSENT)
        return DRF_OK;
    if (status != DRF_OK || fusion_version_compare(&refused, &version) > 0)
        return status;
    return fabric_refusal_erase(fabric, id);
}

// The refusal of an identity, if there is one.
static enum drf_status find(struct fusion_fabric *fabric, struct fusion_identity identity,
                            struct fusion_version *version, int64_t *id)
{
    struct refused_name name;
    if (!name_of(identity, &name))
        return DRF_ERR_ABSENT;
    return fusion_store_version(fabric->store, name.identity, version, NULL, id);
}

enum drf_status fabric_refusal_since(struct fusion_fabric *fabric,
                                     struct fusion_identity identity, int64_t since_utc_us,
                                     bool *refused)
{
    struct fusion_version version;
    int64_t id;
    *refused = false;
    enum drf_status status = find(fabric, identity, &version, &id);
    if (status != DRF_OK)
        return status == DRF_ERR_ABSENT ? DRF_OK : status;
    const struct fusion_unreadable_entry *entry =
        fusion_unreadable_set_find(fabric->unreadables, id);
    *refused = version.time_utc_us >= since_utc_us && entry != NULL && entry->of_edition;
    return DRF_OK;
}

enum drf_status fabric_refusal_newer(struct fusion_fabric *fabric,
                                     struct fusion_identity identity,
                                     struct fusion_version version, bool *refused)
{
    struct fusion_version held;
    int64_t id;
    enum drf_status status = find(fabric, identity, &held, &id);
    *refused = status == DRF_OK && fusion_version_compare(&held, &version) >= 0;
    return status == DRF_ERR_ABSENT ? DRF_OK : status;
}

enum drf_status fabric_refusal_seen(struct fusion_fabric *fabric,
                                    struct fusion_identity identity,
                                    struct fusion_version version)
{
    struct fusion_version held;
    int64_t id;
    enum drf_status status = find(fabric, identity, &held, &id);
    if (status != DRF_OK)
        return status == DRF_ERR_ABSENT ? DRF_OK : status;
    int order = fusion_version_compare(&version, &held);
    return fabric_resync_mark_seen(fabric, identity.feed, id, order < 0);
}

bool fabric_refusal_joined(struct geo_record record, struct geo_unreadable *out)
{
    size_t cursor = 0;
    struct geo_item item;
    bool found = false;
    while (record.size > 0 && geo_record_next(record, &cursor, &item)) {
        const struct geo_unreadable *one = item.payload;
        if (item.kind != GEO_ITEM_UNREADABLE || one->id[0] != '\0')
            continue;
        if (!found)
            *out = *one;
        out->box = geo_bounds_join(out->box, one->box);
        if (one->valid_until_utc_us > out->valid_until_utc_us)
            out->valid_until_utc_us = one->valid_until_utc_us;
        found = true;
    }
    return found;
}

// Whether what the identity said last is as new as the refusal, or newer. What it said before
// is named by this message too, and stays.
static enum drf_status weigh_good(struct fusion_fabric *fabric, struct fusion_identity identity,
                                  struct fusion_version version, int *order)
{
    struct fusion_version good;
    int64_t id;
    bool withdrawn;
    enum drf_status status =
        fusion_store_version(fabric->store, identity, &good, &withdrawn, &id);
    *order = 1;
    if (status != DRF_OK)
        return status == DRF_ERR_ABSENT ? DRF_OK : status;
    *order = fusion_version_compare(&version, &good);
    // Under other terms of decoding the same version was understood: no longer.
    if (*order == 0 && fabric_resync_repeats(fabric, identity.feed, id, false)) {
        *order = 1;
        return DRF_OK;
    }
    return fabric_resync_mark_seen(fabric, identity.feed, id, *order < 0);
}

static enum drf_status weigh_refused(struct fusion_fabric *fabric,
                                     struct fusion_identity identity,
                                     struct fusion_version version, int *order)
{
    struct fusion_version live;
    int64_t id;
    enum drf_status status = fusion_store_version(fabric->store, identity, &live, NULL, &id);
    *order = 1;
    if (status != DRF_OK)
        return status == DRF_ERR_ABSENT ? DRF_OK : status;
    *order = fusion_version_compare(&version, &live);
    if (*order == 0 && fabric_resync_repeats(fabric, identity.feed, id, false))
        *order = 1;
    return *order > 0 ? DRF_OK : fabric_resync_mark_seen(fabric, identity.feed, id, *order < 0);
}

static enum drf_status put(struct fusion_fabric *fabric, struct fusion_identity identity,
                           struct fusion_version version, struct geo_unreadable what,
                           const struct fusion_source *provenance, bool imported)
{
    struct geo_record_builder builder;
    struct geo_record record;
    int64_t id;
    what.noted_utc_us = fabric->at_utc_us > 0 ? fabric->at_utc_us : 0;
    geo_record_builder_init(&builder, sizeof what + 4096);
    enum drf_status status =
        geo_record_add(&builder, GEO_ITEM_UNREADABLE, &what, sizeof what, NULL, 0);
    if (status == DRF_OK)
        status = geo_record_finish(&builder, &record);
    if (status == DRF_OK)
        status =
            fusion_store_put(fabric->store, identity, version, record, provenance, NULL, &id);
    geo_record_builder_close(&builder);
    if (status == DRF_OK && imported)
        status = fusion_store_set_imported(fabric->store, id);
    if (status != DRF_OK)
        return status;
    fabric_leave_unreadable(fabric, id);
    status = fabric_enter_unreadable(fabric, id, version.time_utc_us, &what, provenance);
    return status == DRF_OK ? fabric_resync_mark_applied(fabric, identity) : status;
}

// Too many have each their own: from here on those of a source that are new share one, whose
// box is around all of them.
static enum drf_status put_shared(struct fusion_fabric *fabric, struct fusion_identity identity,
                                  struct fusion_version version, struct geo_unreadable what,
                                  const struct fusion_source *provenance, bool imported)
{
    struct fusion_version held;
    int64_t id;
    identity.key = REFUSED_KEY;
    enum drf_status status = fusion_store_version(fabric->store, identity, &held, NULL, &id);
    if (status != DRF_OK && status != DRF_ERR_ABSENT)
        return status;
    const struct fusion_unreadable_entry *entry =
        status == DRF_OK ? fusion_unreadable_set_find(fabric->unreadables, id) : NULL;
    if (entry != NULL) {
        what.box = geo_bounds_join(what.box, entry->shown.box);
        if (entry->shown.ends_utc_us > what.valid_until_utc_us)
            what.valid_until_utc_us = entry->shown.ends_utc_us;
        version = fusion_version_compare(&held, &version) > 0 ? held : version;
    }
    what.id[0] = '\0';
    return put(fabric, identity, version, what, provenance, imported);
}

enum drf_status fabric_refusal_apply(struct fusion_fabric *fabric,
                                     struct fusion_identity identity,
                                     struct fusion_version version,
                                     const struct geo_unreadable *what,
                                     const struct fusion_source *provenance, bool imported,
                                     int *order)
{
    struct refused_name name;
    if (!name_of(identity, &name)) {
        *order = 0;
        return DRF_OK;
    }
    enum drf_status status = weigh_good(fabric, identity, version, order);
    if (status == DRF_OK && *order <= 0)
        return fabric_refusal_seen(fabric, identity, version);
    if (status == DRF_OK)
        status = weigh_refused(fabric, name.identity, version, order);
    if (status != DRF_OK || *order <= 0)
        return status;
    struct fusion_version held;
    int64_t id;
    status = fusion_store_version(fabric->store, name.identity, &held, NULL, &id);
    if (status == DRF_ERR_ABSENT
        && fusion_unreadable_set_count(fabric->unreadables) >= FUSION_UNREADABLE_KEPT_MAX)
        return put_shared(fabric, identity, version, *what, provenance, imported);
    return status == DRF_OK || status == DRF_ERR_ABSENT
               ? put(fabric, name.identity, version, *what, provenance, imported)
               : status;
}

enum drf_status fabric_refusal_beside(struct fusion_fabric *fabric,
                                      const struct fusion_message *message,
                                      const struct geo_unreadable *what)
{
    struct refused_name name;
    struct fusion_source provenance = fabric_provenance(fabric, message);
    if (!name_of(message->identity, &name))
        return DRF_OK;
    return put(fabric, name.identity, message->version, *what, &provenance,
               message->topic == NULL);
}
