// edge/mqtt/certificate_mqtt.h - whether certificate files can be used, before they are.
// SPDX-License-Identifier: Apache-2.0
//
// libmosquitto reads them when it connects: a file with a mistake would cost the connection
// that there is.
#ifndef EDGE_CERTIFICATE_MQTT_H
#define EDGE_CERTIFICATE_MQTT_H

#include "geo/status.h"

enum { EDGE_CERTIFICATE_ERROR_SIZE = 640 };

// Names of PEM files; "" or NULL: there is none. DRF_ERR_RANGE: *error names the file and what
// is wrong with it, or that the key is of another certificate. DRF_ERR_NOMEM.
DRF_MUST_CHECK enum drf_status edge_certificate_check(
    const char *ca_file, const char *cert_file, const char *key_file,
    char error[static EDGE_CERTIFICATE_ERROR_SIZE]);

#endif
