// SPDX-License-Identifier: Apache-2.0
#include "edge/host/certificate.h"

#include <openssl/x509_vfy.h>
#include <stddef.h>
#include <string.h>

const char *edge_certificate_error(long error)
{
    switch (error) {
    case X509_V_OK:
        return NULL;
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        return "its certificate is for another host name than the one it was reached by";
    case X509_V_ERR_CERT_HAS_EXPIRED:
        return "its certificate has expired";
    case X509_V_ERR_CERT_NOT_YET_VALID:
        return "its certificate is not valid yet: is the clock right?";
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
        return "its certificate is not from an authority of the CA file";
    case X509_V_ERR_CERT_REVOKED:
        return "its certificate is revoked";
    default:
        return X509_verify_cert_error_string(error);
    }
}

const char *edge_tls_error(const char *line)
{
    static const struct {
        const char *words, *meaning;
    } known[] = {
        {"host name verification failed",
         "its certificate is for another host name than the one it was reached by"},
        {"wrong version number", "what answers does not speak TLS: another port?"},
        {"unexpected eof",
         "closed before an answer: it may not speak TLS, or want a certificate of the node"},
        {"connecting to a PLAINTEXT broker", "what answers does not speak TLS: another port?"},
        {"connecting to a SSL listener", "the connection was closed: it may want TLS"},
        {"certificate required", "it wants a certificate of the node"},
        {"alert bad certificate", "it does not accept the certificate of the node"},
        {"alert unknown ca", "it does not know the authority of the node's certificate"},
        {"alert certificate expired", "the certificate of the node has expired"},
        {"alert certificate revoked", "the certificate of the node is revoked"},
        {"alert certificate unknown", "it does not accept the certificate of the node"},
        {"alert protocol version", "it wants another version of TLS"},
        {"unsupported protocol", "it wants another version of TLS"},
        {"alert handshake failure", "it accepts no cipher or certificate of the node"},
        {"no shared cipher", "it accepts no cipher of the node"},
        {"certificate verify failed", "its certificate cannot be verified"},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcasestr(line, known[i].words) != NULL)
            return known[i].meaning;
    return NULL;
}
