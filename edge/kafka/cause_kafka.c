// SPDX-License-Identifier: Apache-2.0
#include "edge/kafka/cause_kafka.h"

#include <librdkafka/rdkafka.h>
#include <stdbool.h>
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

// A broken hand-shake comes as an error of TLS or of the transport, whichever was seen first.
static void take_connection(struct edge_kafka_cause *cause, bool tls, const char *text)
{
    const char *meaning = edge_tls_error(text);
    const char *certificate = edge_certificate_error(atomic_load(&cause->certificate));
    tls = tls || (strstr(text, "SSL ") != NULL && strstr(text, "SSL listener") == NULL);
    write(cause, tls ? "TLS" : "connection",
          tls && certificate != NULL ? certificate
          : meaning != NULL          ? meaning
                                     : plain(text));
}

void edge_kafka_cause_take(struct edge_kafka_cause *cause, int code, const char *text)
{
    switch (code) {
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN: // says that, not why
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
        take_connection(cause, code == RD_KAFKA_RESP_ERR__SSL, text);
    }
}

void edge_kafka_cause_log(struct edge_kafka_cause *cause, const char *text)
{
    if (cause->text[0] == '\0' && edge_tls_error(text) != NULL)
        take_connection(cause, false, text);
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
