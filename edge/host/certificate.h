// edge/host/certificate.h - why a broker's certificate was not accepted, for people.
// SPDX-License-Identifier: Apache-2.0
#ifndef EDGE_CERTIFICATE_H
#define EDGE_CERTIFICATE_H

// `error` is OpenSSL's result of verification (X509_V_ERR_...). Static text, such as "its
// certificate is for another host name"; NULL for 0, X509_V_OK.
const char *edge_certificate_error(long error);

// What a line of OpenSSL's, librdkafka's or libmosquitto's about a TLS connection means. Static
// text; NULL: nothing that is told apart here.
const char *edge_tls_error(const char *line);

#endif
