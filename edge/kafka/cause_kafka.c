// SPDX-License-Identifier: Apache-2.0
#include "edge/kafka/cause_kafka.h"

#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <string.h>

#include "edge/host/certificate.h"

// librdkafka's text without what stands in it twice: the names of broker and state.
static const char *plain(const char *text)
{
    const char *after = strstr(text, "/bootstrap: ");
    return after != NULL ? after + strlen("/bootstrap: ") : text;
}

static void write(struct edge_kafka_cause *cause, const char *kind, const char *text)
{
    (void)snprintf(cause->text, sizeof cause->text, "%s: %s", kind, text);
    char *more = strstr(cause->text, " (after ");
    if (more != NULL)
        *more = '\0';
}

void edge_kafka_cause_take(struct edge_kafka_cause *cause, int code, const char *text)
{
    const char *meaning = edge_tls_error(text);
    const char *certificate = edge_certificate_error(atomic_load(&cause->certificate));
    switch (code) {
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN: // says that, not why
        return;
    case RD_KAFKA_RESP_ERR__SSL:
        write(cause, "TLS",
              certificate != NULL ? certificate
              : meaning != NULL   ? meaning
                                  : plain(text));
        return;
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
    case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
    case RD_KAFKA_RESP_ERR_UNSUPPORTED_SASL_MECHANISM:
    case RD_KAFKA_RESP_ERR_ILLEGAL_SASL_STATE:
        write(cause, "SASL", plain(text));
        return;
    case RD_KAFKA_RESP_ERR__RESOLVE:
        write(cause, "host name", plain(text));
        return;
    default:
        write(cause, "connection", meaning != NULL ? meaning : plain(text));
    }
}

void edge_kafka_cause_log(struct edge_kafka_cause *cause, const char *text)
{
    const char *meaning = edge_tls_error(text);
    if (cause->text[0] == '\0' && meaning != NULL)
        write(cause, "connection", meaning);
}

int edge_kafka_cause_certificate(struct edge_kafka_cause *cause, int error, char *text,
                                 size_t room)
{
    const char *why = edge_certificate_error(error);
    if (why == NULL)
        return 1;
    atomic_store(&cause->certificate, error);
    (void)snprintf(text, room, "%s", why);
    return 0;
}
