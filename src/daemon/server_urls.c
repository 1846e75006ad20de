/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
/* Under which addresses the page is reached. */
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "daemon/server.h"

static void add_url(const struct server *server, json_t *urls, const char *host, uint16_t port)
{
    char url[768];
    bool six = strchr(host, ':') != NULL;
    const char *token = server->guard.token;
    snprintf(url, sizeof(url), "http%s://%s%s%s:%u/viewer%s%s", server->tls == NULL ? "" : "s",
             six ? "[" : "", host, six ? "]" : "", port, token[0] == '\0' ? "" : "?token=", token);
    json_array_append_new(urls, json_string(url));
}

/* The addresses of this machine that other machines can use. */
static void add_machine(const struct server *server, json_t *urls, uint16_t port)
{
    uv_interface_address_t *addresses;
    int count = 0;
    if (uv_interface_addresses(&addresses, &count) < 0)
        return;
    for (int i = 0; i < count; i++) {
        char host[64];
        bool six = addresses[i].address.address4.sin_family == AF_INET6;
        bool link_local = six && IN6_IS_ADDR_LINKLOCAL(&addresses[i].address.address6.sin6_addr);
        if (addresses[i].is_internal || link_local)
            continue;
        if (six)
            uv_ip6_name(&addresses[i].address.address6, host, sizeof(host));
        else
            uv_ip4_name(&addresses[i].address.address4, host, sizeof(host));
        add_url(server, urls, host, port);
    }
    uv_free_interface_addresses(addresses, count);
}

/* The loopback addresses that lead here, that of `host` first. */
static void add_loopback(const struct server *server, json_t *urls, const char *host)
{
    static const char *const addresses[] = { "127.0.0.1", "::1" };
    const struct listener *listener = server->listeners[0];
    int first = strcmp(host, "::1") == 0;
    for (int i = 0; i < 2; i++) {
        if (listener_reached_at(listener, addresses[i ^ first]))
            add_url(server, urls, addresses[i ^ first], listener->port);
    }
}

json_t *server_urls(const struct server *server)
{
    json_t *urls = json_array();
    const char *host = server->options->host;
    /* Addresses that a browser can use, not those that only a server can. */
    bool any = strcmp(host, "0.0.0.0") == 0 || strcmp(host, "::") == 0;
    bool loopback = strcasecmp(host, "localhost") == 0 || strcmp(host, "127.0.0.1") == 0 ||
                    strcmp(host, "::1") == 0;
    if (urls == NULL || server->listener_count == 0)
        return urls;
    if (any || loopback)
        add_loopback(server, urls, host);
    /* One at least, even where the system had no descriptor to try with. */
    if (json_array_size(urls) == 0)
        add_url(server, urls, any ? "127.0.0.1" : host, server->listeners[0]->port);
    if (any)
        add_machine(server, urls, server->listeners[0]->port);
    return urls;
}
