// SPDX-License-Identifier: Apache-2.0
#include "edge/mqtt/cause_mqtt.h"

#include <mosquitto.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <string.h>

#include "edge/host/certificate.h"

// libmosquitto logs why a hand-shake failed and returns only that TLS failed. It keeps the
// connection's SSL until after that, with the result of the verification.
void edge_mqtt_cause_take(struct edge_mqtt_cause *cause, struct mosquitto *client,
                          const char *line)
{
    const char *meaning = edge_tls_error(line);
    const SSL *ssl = mosquitto_ssl_get(client);
    const char *certificate =
        ssl != NULL ? edge_certificate_error(SSL_get_verify_result(ssl)) : NULL;
    if (cause->error != NULL || meaning == NULL)
        return;
    cause->error = certificate != NULL ? certificate : meaning;
}

const char *edge_mqtt_cause_of(int returned, int error)
{
    if (returned != MOSQ_ERR_ERRNO)
        return mosquitto_strerror(returned);
    const char *why = strerrordesc_np(error);
    return why != NULL ? why : "unknown error";
}

void edge_mqtt_cause_format(const struct edge_mqtt_cause *cause, const char *refusal,
                            const char *why, char out[static EDGE_MQTT_CAUSE_SIZE])
{
    const char *kind = "connection";
    if (refusal != NULL) {
        kind = strcasestr(refusal, "authori") != NULL || strcasestr(refusal, "password") != NULL
                   ? "account"
                   : "refused";
        why = refusal;
    } else if (cause->error != NULL) {
        kind = "TLS";
        why = cause->error;
    } else if (strstr(why, "TLS error") != NULL)
        kind = "TLS";
    else if (cause->resolving)
        kind = "host name";
    else if (!cause->answered
             && (strstr(why, "onnection was lost") != NULL
                 || strstr(why, "reset by") != NULL)) {
        kind = cause->tls ? "TLS" : kind;
        why = cause->tls ? edge_tls_error("unexpected eof")
                         : "closed before an answer: it may want TLS";
    }
    (void)snprintf(out, EDGE_MQTT_CAUSE_SIZE, "%s: %s", kind, why);
}
