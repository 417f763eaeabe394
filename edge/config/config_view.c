// SPDX-License-Identifier: Apache-2.0
// The section `view`: who may open the page that shows all drones.
#include <arpa/inet.h>
#include <string.h>

#include "edge/config/config_read.h"

// What stands in an address or a header as it is.
static const char token_characters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                       "0123456789-._~";
static const char host_characters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                      "0123456789-._:[]";

static enum drf_status read_token(struct config_reader *reader, const yaml_node_t *view,
                                  struct drf_view_config *out)
{
    const yaml_node_t *node = config_find(reader, view, "token_file", NULL);
    const char *name = config_text(node);
    if (!node || (name && name[0] == '\0'))
        return DRF_OK;
    if (!name)
        return config_refuse(reader->error, DRF_ERR_SYNTAX, config_line(node),
                             "view.token_file: a file name");
    enum drf_status status =
        config_read_secret(reader, node, "view.token_file", out->token, sizeof out->token);
    if (status != DRF_OK)
        return status;
    const size_t length = strlen(out->token);
    if (length >= DRF_VIEW_TOKEN_MIN && strspn(out->token, token_characters) == length)
        return DRF_OK;
    explicit_bzero(out->token, sizeof out->token);
    return config_refuse(reader->error, DRF_ERR_RANGE, config_line(node),
                         "view.token_file: the first line must be %d characters or more, of "
                         "A-Z a-z 0-9 - . _ ~ alone",
                         DRF_VIEW_TOKEN_MIN);
}

static enum drf_status read_hosts(struct config_reader *reader, const yaml_node_t *view,
                                  struct drf_view_config *out)
{
    const yaml_node_t *node = config_find(reader, view, "hosts", NULL);
    char given[CONFIG_SHOWN_SIZE + 8];
    if (!node || config_is_null(node))
        return DRF_OK;
    if (node->type != YAML_SEQUENCE_NODE)
        return config_refuse(reader->error, DRF_ERR_SYNTAX, config_line(node),
                             "view.hosts: must be a list of names%s",
                             config_not(reader, node, "hosts", given));
    const yaml_node_item_t *items = node->data.sequence.items.start;
    const size_t count = (size_t)(node->data.sequence.items.top - items);
    if (count > DRF_VIEW_HOSTS_MAX)
        return config_refuse(reader->error, DRF_ERR_RANGE, config_line(node),
                             "view.hosts: at most %d", DRF_VIEW_HOSTS_MAX);
    for (size_t i = 0; i < count; i++) {
        const yaml_node_t *item = yaml_document_get_node(reader->document, items[i]);
        const char *host = config_text(item);
        const size_t length = host ? strlen(host) : 0;
        if (length == 0 || length >= sizeof out->hosts[0]
            || strspn(host, host_characters) != length)
            return config_refuse(reader->error, DRF_ERR_RANGE, config_line(item),
                                 "view.hosts: a name as it stands in the browser's address, "
                                 "such as node.example or node.example:9465%s",
                                 config_not(reader, item, "hosts", given));
        memcpy(out->hosts[i], host, length + 1);
        out->host_count = i + 1;
    }
    return DRF_OK;
}

// Whoever reaches the port sees all drones: beyond this machine only with a token.
static enum drf_status check_address(struct config_reader *reader, const yaml_node_t *view,
                                     unsigned line, const struct drf_view_config *given)
{
    const yaml_node_t *node = config_find(reader, view, "address", NULL);
    struct in_addr address;
    if (given->port == 0)
        return DRF_OK;
    if (inet_pton(AF_INET, given->address, &address) != 1)
        return config_refuse(reader->error, DRF_ERR_RANGE, node ? config_line(node) : line,
                             "view.address: '%.80s' is no IPv4 address, such as 127.0.0.1 or "
                             "0.0.0.0",
                             given->address);
    if (ntohl(address.s_addr) >> 24 == 127 || given->token[0] != '\0')
        return DRF_OK;
    return config_refuse(reader->error, DRF_ERR_RANGE, node ? config_line(node) : line,
                         "view.address: %.80s is reached from other machines, where whoever "
                         "opens the page sees all drones: a token_file is required",
                         given->address);
}

enum drf_status config_read_view(struct config_reader *reader, const yaml_node_t *view,
                                 unsigned line, struct drf_config *out)
{
    enum drf_status status = read_token(reader, view, &out->view);
    status = config_first(status, read_hosts(reader, view, &out->view));
    // with a token that has a mistake of its own one was meant
    if (status == DRF_OK)
        status = check_address(reader, view, line, &out->view);
    return status;
}
