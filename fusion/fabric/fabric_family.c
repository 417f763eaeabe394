// SPDX-License-Identifier: Apache-2.0
// A decoder numbers the parts of a Multi-geometry and the twins of an id: "ID#1", "ID#2" ...,
// one after the other. Each is an identity of its own, and all of them are what their source
// last said of ID: a newer message that names ID, as one or as several, withdraws those that it
// does not have, and an older one that comes late brings none of them back.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fusion/fabric/fabric_impl.h"

// So many missing numbers do not end a family: a part may have been unreadable.
enum { GAP_MAX = 8 };

struct family {
    struct fusion_fabric *fabric;
    struct fusion_identity identity; // of the member at hand; its key is `key`
    struct fusion_version version;   // of the message
    char key[GEO_OBSTACLE_ID_SIZE], base[GEO_OBSTACLE_ID_SIZE];
    uint32_t number; // of the item; 0: it is the id itself
};

static bool open_family(struct family *family, struct fusion_fabric *fabric,
                        struct fusion_identity identity, bool numbered,
                        struct fusion_version version)
{
    const char *sign = numbered ? strrchr(identity.key, '#') : NULL;
    size_t size = sign != NULL ? (size_t)(sign - identity.key) : strlen(identity.key);
    if (size >= GEO_OBSTACLE_ID_SIZE)
        return false; // a message's key, and no feature's id
    *family = (struct family){.fabric = fabric, .identity = identity, .version = version};
    memcpy(family->base, identity.key, size);
    family->number = sign != NULL ? (uint32_t)strtoul(sign + 1, NULL, 10) : 0;
    return true;
}

struct member {
    bool seen; // its key is known, whatever has it
    bool lives, gone;
    int64_t version_utc_us; // of one that lives or is gone
};

// The member of that number; 0: the id itself.
static enum drf_status find(struct family *family, uint32_t number, struct member *out)
{
    struct fusion_version live;
    int64_t id;
    int size = number == 0 ? snprintf(family->key, sizeof family->key, "%s", family->base)
                           : snprintf(family->key, sizeof family->key, "%s#%" PRIu32,
                                      family->base, number);
    family->identity.key = family->key;
    *out = (struct member){.seen = false};
    if (size < 0 || size >= GEO_OBSTACLE_ID_SIZE)
        return DRF_OK;
    enum drf_status status =
        fusion_store_version(family->fabric->store, family->identity, &live, &out->gone, &id);
    if (status != DRF_OK)
        return status == DRF_ERR_ABSENT ? DRF_OK : status;
    const struct fusion_feature *feature = fusion_features_find(family->fabric->features, id);
    out->seen = true;
    out->version_utc_us = live.time_utc_us;
    // Without a number at the end that a decoder gave, it is another feature's own id.
    out->lives =
        !out->gone && feature != NULL
        && (number == 0 || (feature->fused->obstacle->flags & GEO_OBSTACLE_NUMBERED) != 0);
    return DRF_OK;
}

enum drf_status fabric_family_newer(struct fusion_fabric *fabric,
                                    struct fusion_identity identity, bool numbered,
                                    struct fusion_version version, bool *newer)
{
    struct family family;
    *newer = false;
    if (!open_family(&family, fabric, identity, numbered, version))
        return DRF_OK;
    if (!numbered && fusion_features_numbered(fabric->features) == 0)
        return DRF_OK;
    for (uint32_t number = numbered ? 0 : 1; number <= 2 && !*newer; number++) {
        struct member member;
        enum drf_status status = find(&family, number, &member);
        if (status != DRF_OK)
            return status;
        *newer = number != family.number && (member.lives || (number == 0 && member.gone))
                 && member.version_utc_us > version.time_utc_us;
    }
    return DRF_OK;
}

// What this message, or a newer one, says of it and was refused is no withdrawal.
static enum drf_status withdraw(struct family *family, size_t *withdrawn)
{
    bool refused;
    enum drf_status status =
        fabric_refusal_newer(family->fabric, family->identity, family->version, &refused);
    if (status != DRF_OK || refused)
        return status;
    status = fabric_withdraw(family->fabric, family->identity, family->version);
    *withdrawn += status == DRF_OK;
    return status == DRF_OK ? fabric_resync_mark_applied(family->fabric, family->identity)
                            : status;
}

// From the number behind the item's own on: the message's other members are met first, and end
// it, as each of them goes on from its own number.
static enum drf_status sweep_numbers(struct family *family, size_t *withdrawn)
{
    uint32_t gap = 0, gap_max = family->number == 0 ? 1 : GAP_MAX;
    for (uint32_t number = family->number + 1; gap <= gap_max && number != 0; number++) {
        struct member member;
        enum drf_status status = find(family, number, &member);
        if (status != DRF_OK)
            return status;
        gap = member.seen && !member.gone ? 0 : gap + 1;
        gap_max = member.seen ? GAP_MAX : gap_max;
        if (!member.lives)
            continue;
        if (member.version_utc_us >= family->version.time_utc_us)
            return DRF_OK;
        status = withdraw(family, withdrawn);
        if (status != DRF_OK)
            return status;
    }
    return DRF_OK;
}

enum drf_status fabric_family_sweep(struct fusion_fabric *fabric,
                                    struct fusion_identity identity, bool numbered,
                                    struct fusion_version version, size_t *withdrawn)
{
    struct family family;
    if (!open_family(&family, fabric, identity, numbered, version)
        || fusion_features_numbered(fabric->features) == 0)
        return DRF_OK;
    if (numbered) { // the id itself, if it was one before
        struct member member;
        enum drf_status status = find(&family, 0, &member);
        if (status == DRF_OK && member.lives && member.version_utc_us < version.time_utc_us)
            status = withdraw(&family, withdrawn);
        if (status != DRF_OK)
            return status;
    }
    return sweep_numbers(&family, withdrawn);
}
