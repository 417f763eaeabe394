// SPDX-License-Identifier: Apache-2.0
#include "geo/format/alert/cap_identity.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "geo/hash.h"
#include "geo/record/refusal.h"

// The end of a text differs more than its beginning.
static void shorten(const char *text, size_t size, char out[static GEO_ZONE_ID_SIZE])
{
    enum { KEPT = 40 };
    if (size < GEO_ZONE_ID_SIZE) {
        geo_text_copy(out, GEO_ZONE_ID_SIZE, text, size);
        return;
    }
    uint64_t hash = geo_hash_bytes(GEO_HASH_START, text, size);
    char whole[GEO_ZONE_ID_SIZE];
    int length =
        snprintf(whole, sizeof whole, "%016" PRIx64 "~%.*s", hash, KEPT, text + size - KEPT);
    geo_text_copy(out, GEO_ZONE_ID_SIZE, whole, (size_t)length);
}

enum drf_status geo_cap_identity(const struct geo_cap_text *sender, const char *identifier,
                                 size_t size, char out[static GEO_ZONE_ID_SIZE])
{
    size_t whole = sender->size + 1 + size;
    char *text = malloc(whole);
    if (text == NULL)
        return DRF_ERR_NOMEM;
    memcpy(text, sender->bytes, sender->size);
    text[sender->size] = ',';
    memcpy(text + sender->size + 1, identifier, size);
    shorten(text, whole, out);
    free(text);
    return DRF_OK;
}

static const char blanks[] = " \t\r\n";

static bool of_sender(const char *reference, const struct geo_cap_text *sender)
{
    return strncmp(reference, sender->bytes, sender->size) == 0
           && reference[sender->size] == ',';
}

// Up to the comma before the time; one without a time ends where the next reference begins.
static size_t identifier_size(const char *identifier, const struct geo_cap_text *sender)
{
    const size_t word = strcspn(identifier, blanks), size = strcspn(identifier, ",");
    const char *next = identifier + word + strspn(identifier + word, blanks);
    return identifier[size] == '\0' || (word < size && of_sender(next, sender)) ? word : size;
}

// A sender is compared as a whole first: some have commas or blanks in their name.
enum drf_status geo_cap_withdraw(struct geo_notice *notice, const struct geo_cap_text *sender,
                                 const struct geo_cap_text *references, size_t *withdrawn,
                                 size_t *foreign, size_t *odd)
{
    const char *at = references->bytes;
    *withdrawn = *foreign = *odd = 0;
    for (at += strspn(at, blanks); *at != '\0'; at += strspn(at, blanks)) {
        if (!of_sender(at, sender)) {
            size_t length = strcspn(at, blanks);
            bool reference = memchr(at, ',', length) != NULL;
            *foreign += reference;
            *odd += !reference;
            at += length;
            continue;
        }
        const char *identifier = at + sender->size + 1;
        const size_t size = identifier_size(identifier, sender);
        char key[GEO_ZONE_ID_SIZE];
        enum drf_status status = geo_cap_identity(sender, identifier, size, key);
        if (status == DRF_OK && strcmp(key, notice->zone.id) != 0) {
            status = geo_notice_withdraw(notice, key);
            ++*withdrawn;
        }
        if (status != DRF_OK)
            return status;
        at = identifier + size;
        at += strcspn(at, blanks);
    }
    return DRF_OK;
}
