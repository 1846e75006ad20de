/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
/* The addresses of the pages: for the person who starts the server, for the menu of a page, and as
 * QR codes. */
#include "server/server_urls.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "conn/conn.h"
#include "server/server.h"
#include "web/qr.h"

/* What all addresses have but the host. */
struct ending {
    const struct server *server;
    const char *token; /* "": none */
    const char *only;  /* the one host that is wanted; NULL: all */
    char path[SESSION_NAME_MAX + 16];
};

static void add_url(const struct ending *ending, json_t *urls, const char *host)
{
    char url[1024];
    bool six = strchr(host, ':') != NULL;
    const struct server *server = ending->server;
    if (ending->only != NULL && strcmp(ending->only, host) != 0)
        return;
    snprintf(url, sizeof(url), "http%s://%s%s%s:%u%s%s%s", server->front.tls == NULL ? "" : "s",
             six ? "[" : "", host, six ? "]" : "", server->listeners[0]->port, ending->path,
             ending->token[0] == '\0' ? "" : "?token=", ending->token);
    json_array_append_new(urls, json_string(url));
}

/* Adds the addresses of this machine that other machines can use. */
static void add_machine(const struct ending *ending, json_t *urls)
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
        add_url(ending, urls, host);
    }
    uv_free_interface_addresses(addresses, count);
}

/* Adds the loopback addresses that the server listens on, that of `host` first. */
static void add_loopback(const struct ending *ending, json_t *urls, const char *host)
{
    static const char *const addresses[] = { "127.0.0.1", "::1" };
    const struct listener *listener = ending->server->listeners[0];
    int first = strcmp(host, "::1") == 0;
    for (int i = 0; i < 2; i++) {
        if (listener_reached_at(listener, addresses[i ^ first]))
            add_url(ending, urls, addresses[i ^ first]);
    }
}

static void add_all(const struct ending *ending, json_t *urls)
{
    const char *host = ending->server->options->host;
    /* 0.0.0.0 and :: are addresses to listen on, which browsers cannot use. */
    bool any = strcmp(host, "0.0.0.0") == 0 || strcmp(host, "::") == 0;
    bool loopback = strcasecmp(host, "localhost") == 0 || strcmp(host, "127.0.0.1") == 0 ||
                    strcmp(host, "::1") == 0;
    if (any || loopback)
        add_loopback(ending, urls, host);
    /* At least one address, even if there was no descriptor to test them with. */
    if (json_array_size(urls) == 0)
        add_url(ending, urls, any ? "127.0.0.1" : host);
    if (any)
        add_machine(ending, urls);
}

/* The addresses of a session's page, or the one at `host`; `view`: with the token of people who may
 * only view. */
static json_t *urls_of(const struct server *server, const char *session, bool view,
                       const char *host)
{
    const struct guard *guard = &server->front.guard;
    struct ending ending = { .server = server,
                             .token = view ? guard->view_token : guard->token,
                             .only = host };
    bool home = strcmp(session, SESSION_DEFAULT) == 0;
    snprintf(ending.path, sizeof(ending.path), "%s%s/viewer", home ? "" : "/s/",
             home ? "" : session);
    json_t *urls = json_array();
    if (urls != NULL && server->listener_count > 0)
        add_all(&ending, urls);
    return urls;
}

json_t *server_urls(const struct server *server)
{
    return urls_of(server, SESSION_DEFAULT, false, NULL);
}

void server_urls_respond(struct server *server, const struct conn *conn, struct http *http,
                         const char *session)
{
    bool viewers = server->front.guard.view_token[0] != '\0';
    json_t *view = viewers ? urls_of(server, session, true, NULL) : json_array();
    json_t *whole = conn->view_only ? json_incref(view) : urls_of(server, session, false, NULL);
    json_t *json =
        json_pack("{s:o, s:o, s:b}", "urls", whole, "view_urls", view, "qr", qr_possible());
    char *dump = json == NULL ? NULL : json_dumps(json, JSON_COMPACT);
    struct text text = { 0 };
    json_decref(json);
    text.failed = dump == NULL;
    text_add(&text, dump == NULL ? "" : dump);
    free(dump);
    http_respond_made(http, "application/json", &text);
    text_free(&text);
}

void server_urls_code(struct server *server, const struct conn *conn, struct http *http,
                      const char *session)
{
    struct text svg = { 0 };
    char value[64];
    const char *target = http_target(http);
    bool view = conn->view_only || http_query_field(target, "view", value, sizeof(value)) != 0;
    bool one = http_query_field(target, "host", value, sizeof(value)) != 0;
    json_t *urls = urls_of(server, session, view, one ? value : NULL);
    const char *url = json_string_value(json_array_get(urls, 0));
    bool known = !view || server->front.guard.view_token[0] != '\0';
    int error = url == NULL || !known ? -ENOENT : qr_svg(&svg, url);
    json_decref(urls);
    if (error == -ENOENT)
        http_respond_text(http, 404, "this machine has no such address", NULL);
    else if (error == -ENOTSUP)
        http_respond_text(http, 404, "built without libqrencode", NULL);
    else
        http_respond_made(http, "image/svg+xml", &svg);
    text_free(&svg);
}
