// SPDX-License-Identifier: Apache-2.0
#include "edge/mqtt/certificate_mqtt.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdio.h>

static enum drf_status refuse(const char *what, const char *file,
                              char error[static EDGE_CERTIFICATE_ERROR_SIZE])
{
    const char *why = ERR_reason_error_string(ERR_peek_last_error());
    (void)snprintf(error, EDGE_CERTIFICATE_ERROR_SIZE, "%s %.512s: %s", what, file,
                   why ? why : "not usable");
    return DRF_ERR_RANGE;
}

static bool given(const char *file) { return file != NULL && file[0] != '\0'; }

// Else OpenSSL would ask on the terminal, and wait.
// NOLINTNEXTLINE(readability-non-const-parameter): the type is OpenSSL's
static int no_password(char *out, int room, int writing, void *context)
{
    (void)out;
    (void)room;
    (void)writing;
    (void)context;
    return 0;
}

enum drf_status edge_certificate_check(const char *ca_file, const char *cert_file,
                                       const char *key_file,
                                       char error[static EDGE_CERTIFICATE_ERROR_SIZE])
{
    enum drf_status status = DRF_OK;
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    if (context == NULL)
        return DRF_ERR_NOMEM;
    SSL_CTX_set_default_passwd_cb(context, no_password);
    ERR_clear_error();
    if (given(ca_file) && SSL_CTX_load_verify_locations(context, ca_file, NULL) != 1)
        status = refuse("mqtt.ca_file", ca_file, error);
    else if (given(cert_file) && SSL_CTX_use_certificate_chain_file(context, cert_file) != 1)
        status = refuse("mqtt.cert_file", cert_file, error);
    else if (given(key_file)
             && (SSL_CTX_use_PrivateKey_file(context, key_file, SSL_FILETYPE_PEM) != 1
                 || SSL_CTX_check_private_key(context) != 1))
        status = refuse("mqtt.key_file", key_file, error);
    ERR_clear_error();
    SSL_CTX_free(context);
    return status;
}
