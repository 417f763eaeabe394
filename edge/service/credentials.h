// edge/service/credentials.h - whether settings and files are those a client was opened with.
// SPDX-License-Identifier: Apache-2.0
#ifndef EDGE_CREDENTIALS_H
#define EDGE_CREDENTIALS_H

#include "edge/config/config.h"

// Of all settings, and of the content of the files they name (certificates, keys): equal where
// a client opened now would be as one opened then. A file that cannot be read counts as empty.
struct edge_credentials {
    uint8_t kafka[32], mqtt[32];
};
DRF_MUST_CHECK enum drf_status edge_credentials_read(const struct drf_config *config,
                                                     struct edge_credentials *out);

#endif
