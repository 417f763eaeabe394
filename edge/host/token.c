// SPDX-License-Identifier: Apache-2.0
#include "edge/host/token.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "geo/reader/json.h"

enum { TIMEOUT_S = 10, ANSWER_MAX = 65536, LIFETIME_DEFAULT_S = 300 };

struct answer {
    uint8_t bytes[ANSWER_MAX];
    size_t size;
};

static size_t on_bytes(char *bytes, size_t one, size_t size, void *context)
{
    struct answer *answer = context;
    (void)one;
    if (size > sizeof answer->bytes - answer->size)
        return 0; // ends the transfer
    memcpy(answer->bytes + answer->size, bytes, size);
    answer->size += size;
    return size;
}

static enum drf_status refuse(char error[static EDGE_TOKEN_ERROR_SIZE], const char *text)
{
    snprintf(error, EDGE_TOKEN_ERROR_SIZE, "%s", text);
    return DRF_ERR_AGAIN;
}

static enum drf_status read_token(const struct answer *answer,
                                  char error[static EDGE_TOKEN_ERROR_SIZE],
                                  struct edge_token *out)
{
    struct geo_json *document;
    struct geo_note why;
    if (geo_json_open(answer->bytes, answer->size, &document, &why) != DRF_OK)
        return refuse(error, "the token's answer is no JSON");
    size_t size = 0;
    int64_t lifetime_s = LIFETIME_DEFAULT_S;
    const char *text = geo_json_text(geo_json_member(document, "access_token"), &size);
    const struct geo_json *expires = geo_json_member(document, "expires_in");
    bool good = text && size > 0 && size < sizeof out->text && !memchr(text, '\0', size)
                && (!geo_json_present(expires)
                    || (geo_json_whole(expires, &lifetime_s) && lifetime_s > 0
                        && lifetime_s < INT64_C(315360000)));
    if (good) {
        memcpy(out->text, text, size);
        out->text[size] = '\0';
        out->lifetime_s = lifetime_s;
    }
    geo_json_close(document);
    return good ? DRF_OK
                : refuse(error, "the answer holds no access_token, or no usable lifetime");
}

static enum drf_status ask(CURL *curl, const struct edge_token_request *request,
                           const char *form, struct answer *answer,
                           char error[static EDGE_TOKEN_ERROR_SIZE])
{
    curl_easy_setopt(curl, CURLOPT_URL, request->url);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https,http");
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, form);
    curl_easy_setopt(curl, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
    curl_easy_setopt(curl, CURLOPT_USERNAME, request->client_id);
    curl_easy_setopt(curl, CURLOPT_PASSWORD, request->client_secret);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)TIMEOUT_S);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_bytes);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, answer);
    CURLcode code = curl_easy_perform(curl);
    if (code != CURLE_OK)
        return refuse(error, curl_easy_strerror(code));
    long status = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    if (status == 200)
        return DRF_OK;
    snprintf(error, EDGE_TOKEN_ERROR_SIZE, "the token server answers with status %ld", status);
    return DRF_ERR_AGAIN;
}

enum drf_status edge_token_fetch(const struct edge_token_request *request,
                                 char error[static EDGE_TOKEN_ERROR_SIZE],
                                 struct edge_token *out)
{
    struct answer *answer = calloc(1, sizeof *answer);
    CURL *curl = curl_easy_init();
    char form[600] = "grant_type=client_credentials";
    enum drf_status status = answer && curl ? DRF_OK : DRF_ERR_NOMEM;
    if (status == DRF_OK && request->scope && request->scope[0] != '\0') {
        char *scope = curl_easy_escape(curl, request->scope, 0);
        if (scope)
            snprintf(form, sizeof form, "grant_type=client_credentials&scope=%s", scope);
        curl_free(scope);
    }
    if (status == DRF_OK)
        status = ask(curl, request, form, answer, error);
    if (status == DRF_OK)
        status = read_token(answer, error, out);
    curl_easy_cleanup(curl);
    free(answer);
    return status;
}
