// geo/format/alert/cap_identity.h - identity of a CAP alert, and what its references name.
// SPDX-License-Identifier: Apache-2.0
//
// CAP 1.2, 3.2.1: an identifier is unique for its sender. The identity is "sender,identifier",
// as references write it; of 64 bytes or more it is the 64-bit hash of that, '~' and its last
// 40 bytes.
#ifndef GEO_CAP_IDENTITY_H
#define GEO_CAP_IDENTITY_H

#include <stddef.h>

#include "geo/format/alert/notice.h"

struct geo_cap_text {
    char *bytes; // NUL-terminated; NULL: not given
    size_t size;
};

// DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status geo_cap_identity(const struct geo_cap_text *sender,
                                                const char *identifier, size_t size,
                                                char out[static GEO_ZONE_ID_SIZE]);

// Withdraws each alert of this sender that `references` ("sender,identifier,sent ...") name,
// but not the notice's own id; *withdrawn counts them, *foreign those of other senders, which
// are passed over, *odd what is no reference. DRF_ERR_FULL, DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status geo_cap_withdraw(struct geo_notice *notice,
                                                const struct geo_cap_text *sender,
                                                const struct geo_cap_text *references,
                                                size_t *withdrawn, size_t *foreign,
                                                size_t *odd);

#endif
