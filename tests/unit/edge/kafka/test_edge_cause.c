// SPDX-License-Identifier: Apache-2.0
// What a failed TLS connection is said to be: by OpenSSL's own codes and lines that OpenSSL,
// librdkafka 2.0.2 and libmosquitto 2.0.11 wrote.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "edge/host/certificate.h"
#include "edge/kafka/cause_kafka.h"

static void certificate_error__of_each_cause__is_told_apart(void **state)
{
    (void)state;
    assert_null(edge_certificate_error(0));
    assert_non_null(strstr(edge_certificate_error(62), "another host name"));
    assert_non_null(strstr(edge_certificate_error(64), "another host name"));
    assert_non_null(strstr(edge_certificate_error(10), "has expired"));
    assert_non_null(strstr(edge_certificate_error(9), "not valid yet"));
    assert_non_null(strstr(edge_certificate_error(18), "authority of the CA file"));
    assert_non_null(strstr(edge_certificate_error(20), "authority of the CA file"));
    assert_non_null(strstr(edge_certificate_error(23), "revoked"));
    assert_non_null(edge_certificate_error(26)); // unsuitable purpose: OpenSSL's own text
}

static void tls_error__of_lines_of_the_libraries__is_their_meaning(void **state)
{
    (void)state;
    assert_non_null(
        strstr(edge_tls_error("Error: host name verification failed."), "another host name"));
    assert_non_null(
        strstr(edge_tls_error("OpenSSL Error[0]: error:0A00010B:SSL routines::wrong version "
                              "number"),
               "does not speak TLS"));
    assert_non_null(
        strstr(edge_tls_error("error:0A00045C:SSL routines::tlsv13 alert certificate required"),
               "wants a certificate"));
    assert_non_null(strstr(edge_tls_error("Disconnected while requesting ApiVersion: might be "
                                          "caused by incorrect security.protocol configuration "
                                          "(connecting to a SSL listener?)"),
                           "may want TLS"));
    assert_null(edge_tls_error("Connection refused"));
}

static void kafka_cause__of_librdkafkas_errors__names_the_kind(void **state)
{
    (void)state;
    struct edge_kafka_cause cause = {.text = ""};
    char text[100] = "";
    // rdkafka.h: -187 all brokers down, -195 transport, -193 resolve, -181 SSL, -169
    // authentication.
    edge_kafka_cause_take(&cause, -187, "1/1 brokers are down");
    assert_string_equal(cause.text, "");
    edge_kafka_cause_take(&cause, -195,
                          "127.0.0.1:9/bootstrap: Connect to ipv4#127.0.0.1:9 failed: "
                          "Connection refused (after 0ms in state CONNECT)");
    assert_string_equal(cause.text, "connection: Connect to ipv4#127.0.0.1:9 failed: "
                                    "Connection refused");
    edge_kafka_cause_take(&cause, -193, "a:1/bootstrap: Failed to resolve 'a:1': Name or ...");
    assert_string_equal(cause.text, "host name: Failed to resolve 'a:1': Name or ...");
    edge_kafka_cause_take(&cause, -169,
                          "sasl_ssl://a:1/bootstrap: SASL authentication error: "
                          "Authentication failed (after 9ms in state AUTH_REQ)");
    assert_string_equal(cause.text, "SASL: SASL authentication error: Authentication failed");
    edge_kafka_cause_take(&cause, -195,
                          "ssl://a:1/bootstrap: SSL handshake failed: error:0A000126:SSL "
                          "routines::unexpected eof while reading (after 2ms in state "
                          "SSL_HANDSHAKE)");
    assert_non_null(strstr(cause.text, "TLS: closed before an answer"));
    assert_int_equal(edge_kafka_cause_certificate(&cause, 0, text, sizeof text), 1);
    assert_int_equal(edge_kafka_cause_certificate(&cause, 62, text, sizeof text), 0);
    edge_kafka_cause_take(&cause, -181,
                          "ssl://a:1/bootstrap: SSL handshake failed: certificate verify "
                          "failed");
    assert_non_null(strstr(cause.text, "TLS: its certificate is for another host name"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(certificate_error__of_each_cause__is_told_apart),
        cmocka_unit_test(tls_error__of_lines_of_the_libraries__is_their_meaning),
        cmocka_unit_test(kafka_cause__of_librdkafkas_errors__names_the_kind),
    };
    return cmocka_run_group_tests_name("edge/cause", tests, NULL, NULL);
}
