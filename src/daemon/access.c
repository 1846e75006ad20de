/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
/* Who is let in, and under which addresses the page is reached. */
#include <stdio.h>
#include <string.h>

#include "daemon/conn.h"
#include "daemon/server.h"

static void add_url(json_t *urls, const char *host, uint16_t port)
{
    char url[512];
    bool six = strchr(host, ':') != NULL;
    snprintf(url, sizeof(url), "http://%s%s%s:%u/viewer", six ? "[" : "", host, six ? "]" : "",
             port);
    json_array_append_new(urls, json_string(url));
}

json_t *server_urls(const struct server *server)
{
    json_t *urls = json_array();
    const char *host = server->options->host;
    uint16_t port = server->listener_count == 0 ? 0 : server->listeners[0]->port;
    bool any = strcmp(host, "0.0.0.0") == 0 || strcmp(host, "::") == 0;
    bool six = strcmp(host, "::1") == 0;
    if (urls == NULL)
        return NULL;
    /* An address that a browser can use, not one that only a server can. */
    add_url(urls, any || strcasecmp(host, "localhost") == 0 ? "127.0.0.1" : host, port);
    if (any || strcasecmp(host, "localhost") == 0 || strcmp(host, "127.0.0.1") == 0 || six)
        add_url(urls, six ? "127.0.0.1" : "::1", port);
    return urls;
}

/* How many connections come from the address of this one. */
static unsigned from_same_peer(const struct server *server, const struct conn *conn)
{
    unsigned count = 0;
    size_t n = strcspn(conn->name, "]");
    if (conn->name[n] == '\0')
        n = strcspn(conn->name, ":");
    list_each(pos, next, &server->conns)
        count += strncmp(list_entry(pos, struct conn, link)->name, conn->name, n) == 0;
    return count;
}

bool server_admit(struct server *server, struct conn *conn)
{
    const struct options *options = server->options;
    const char *why = NULL;
    if (server->closing)
        why = "the server ends";
    else if (server->conn_count > (unsigned)options->max_connections)
        why = "too many connections";
    else if (options->max_connections_per_peer > 0 &&
             from_same_peer(server, conn) > (unsigned)options->max_connections_per_peer)
        why = "too many connections from one address";
    if (why == NULL)
        return true;
    server->refused++;
    log_debug(&server->log, "conn", "%s: refused: %s", conn->name, why);
    conn->http->busy = true;
    conn->http->keep_alive = false;
    http_respond_text(conn->http, 503, why, "Retry-After: 1\r\n");
    return false;
}

bool server_allows(struct server *server, struct conn *conn, struct http *http)
{
    conn->read_only = server->options->read_only;
    return true;
}
