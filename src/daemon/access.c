/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
/* Who is let in. */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "daemon/access.h"
#include "daemon/conn.h"
#include "daemon/conn_wait.h"
#include "daemon/server.h"
#include "net/tls.h"
#include "web/token.h"

/* Tells the process that we become which token we made. */
#define TOKEN_VARIABLE "CADCAST_HANDOVER_TOKEN"

/* Descriptors that connections leave free. */
#define KEPT_FILES 16

/* Milliseconds between two tries to have the system tell owners. */
#define OWNER_AGAIN 1000

static int add_all(struct guard *guard, const struct options_texts *texts,
                   int (*add)(struct guard *, const char *))
{
    for (size_t i = 0; i < texts->count; i++) {
        int error = add(guard, texts->items[i]);
        if (error < 0)
            return error;
    }
    return 0;
}

static void warn_owner(const struct server *server, int error)
{
#ifdef __linux__
    log_warning(&server->log, "access",
                "this system does not tell whose connections are whose%s%s: local programs need "
                "the token or --any-user",
                error < 0 ? " now, " : "", error < 0 ? strerror(-error) : "");
#endif
}

int access_start(struct server *server)
{
    const struct options *options = server->options;
    struct guard *guard = &server->guard;
    guard->open = options->no_token;
    int error = guard_add_bound(guard, options->host);
    if (error == 0)
        error = add_all(guard, &options->allow_host, guard_allow_host);
    if (error == 0)
        error = add_all(guard, &options->allow_origin, guard_allow_origin);
    if (error == 0)
        error = add_all(guard, &options->trust_network, guard_trust_network);
    if (error == 0)
        error = add_all(guard, &options->trusted_proxy, guard_trust_proxy);
    if (error < 0) {
        log_error(&server->log, "access", "cannot set up who is let in: %s", strerror(-error));
        return error;
    }
    server->check_owner = !options->any_user;
    server->owner.fd = -1;
    error = server->check_owner ? owner_open(&server->owner) : 0;
    if (error != 0)
        warn_owner(server, error);
    guard_headers(guard, &server->security);
    return text_error(&server->security);
}

/* The token that the process before us made, so that whoever is in stays in; or a new one. */
static int take_token(char out[TOKEN_MADE + 1])
{
    const char *left = getenv(TOKEN_VARIABLE);
    bool good = left != NULL && strlen(left) == TOKEN_MADE && token_valid(left);
    if (good)
        memcpy(out, left, TOKEN_MADE + 1);
    unsetenv(TOKEN_VARIABLE);
    return good ? 0 : token_make(out);
}

int access_listening(struct server *server)
{
    const struct options *options = server->options;
    const struct listener *listener = server->listeners[0];
    char token[TOKEN_MADE + 1];
    if (options->no_token || (options->token == NULL && listener->loopback))
        return 0;
    int error = options->token == NULL ? take_token(token) : 0;
    if (error < 0)
        return error;
    return guard_set_token(&server->guard, options->token == NULL ? token : options->token,
                           listener->port);
}

void access_leave(const struct server *server)
{
    if (server->options->token == NULL && server->guard.token[0] != '\0')
        setenv(TOKEN_VARIABLE, server->guard.token, 1);
}

void access_reload(struct server *server)
{
    char why[512];
    if (server->tls == NULL)
        return;
    int status = tls_context_reload(server->tls, why, sizeof(why));
    if (status < 0)
        log_error(&server->log, "tls", "the old certificate stays in use: %s", why);
    else if (status > 0)
        log_warning(&server->log, "tls", "%s", why);
    else
        log_info(&server->log, "tls", "the certificate was read again");
}

void access_end(struct server *server)
{
    guard_free(&server->guard);
    owner_close(&server->owner);
    text_free(&server->security);
}

/* What was amiss at the start may have been over in a moment, such as a lack of descriptors. */
static void open_owner_again(struct server *server)
{
    uint64_t now = uv_now(server->loop);
    if (now - server->owner_tried < OWNER_AGAIN)
        return;
    server->owner_tried = now;
    if (owner_open(&server->owner) == 0)
        log_info(&server->log, "access", "now this system tells whose connections are whose");
}

/* Whose program is at the other end; asked right after accept, while it surely waits. */
static enum guard_owner owner_of(struct server *server, struct conn *conn)
{
    struct sockaddr_storage local;
    int size = sizeof(local);
    uid_t uid = 0;
    if (!server->check_owner || !conn->loopback)
        return GUARD_OWNER_UNCHECKED;
    if (uv_tcp_getsockname(&conn->stream.tcp, (struct sockaddr *)&local, &size) < 0)
        return GUARD_OWNER_UNKNOWN;
    if (server->owner.fd < 0)
        open_owner_again(server);
    int found = owner_find(&server->owner, (struct sockaddr *)&local,
                           (struct sockaddr *)&conn->address, &uid);
    return guard_owner_of(found, uid);
}

static int check(struct server *server, struct conn *conn, struct http *http,
                 struct guard_answer *answer)
{
    struct guard_request request = {
        .method = http_method(http),
        .target = http_target(http),
        .host = http_header(http, "Host"),
        .host_twice = http_header_count(http, "Host") > 1 || http_header_count(http, "Origin") > 1,
        .origin = http_header(http, "Origin"),
        .fetch_site = http_header(http, "Sec-Fetch-Site"),
        .fetch_mode = http_header(http, "Sec-Fetch-Mode"),
        .websocket = http->upgrade,
        .cookie = http_header(http, "Cookie"),
        .authorization = http_header(http, "Authorization"),
        .token = http_header(http, "X-Cadcast-Token"),
        .forwarded_for = http_header(http, "X-Forwarded-For"),
        .forwarded_host = http_header(http, "X-Forwarded-Host"),
        .forwarded_proto = http_header(http, "X-Forwarded-Proto"),
        .forwarded_prefix = http_header(http, "X-Forwarded-Prefix"),
        .peer = (struct sockaddr *)&conn->address,
        .owner = (enum guard_owner)conn->owner,
        .tls = conn->stream.tls != NULL,
    };
    return guard_check(&server->guard, &request, answer);
}

/* The browser showed the token in the address: it gets a cookie, and the address without it. */
static void send_cookie(struct server *server, struct http *http, const struct guard_answer *answer)
{
    struct text headers = { 0 };
    struct text page = { 0 };
    int status = guard_redirect(answer, http_target(http), &headers, &page);
    struct blob *body = blob_copy(text_string(&page), page.size);
    if (body == NULL || text_error(&headers) < 0) {
        http_respond_text(http, 503, "out of memory", NULL);
    } else {
        struct http_response response = { .status = status,
                                          .type = "text/html; charset=utf-8",
                                          .headers = headers.data,
                                          .blob = body,
                                          .size = body->size };
        http_respond(http, &response);
    }
    blob_unref(body);
    text_free(&headers);
    text_free(&page);
}

/* Whether the peer closed before anybody could be named for it: a probe that gave up. */
static bool peer_left(const struct conn *conn)
{
#ifdef __linux__
    struct tcp_info info;
    socklen_t size = sizeof(info);
    uv_os_fd_t fd;
    if (uv_fileno((const uv_handle_t *)&conn->stream.tcp, &fd) < 0 ||
        getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) < 0)
        return false;
    return info.tcpi_state != TCP_ESTABLISHED;
#else
    return false;
#endif
}

bool server_allows(struct server *server, struct conn *conn, struct http *http,
                   char prefix[GUARD_PREFIX])
{
    struct guard_answer answer;
    int status = check(server, conn, http, &answer);
    conn->read_only = server->options->read_only && http_header(http, "Origin") != NULL;
    conn->local = answer.local;
    memcpy(prefix, answer.prefix, GUARD_PREFIX);
    if (status == 0)
        return true;
    if (status == 303) {
        send_cookie(server, http, &answer);
        return false;
    }
    server->refused++;
    if (conn->owner == GUARD_OWNER_UNKNOWN && peer_left(conn)) {
        log_debug(&server->log, "access", "%s: left before it was let in", conn->name);
        conn_close(conn);
        return false;
    }
    log_warning(&server->log, "access", "%s: refused with %d: %s", conn->name, status,
                answer.reason);
    http_respond_text(http, status, http_reason(status), status == 401 ? GUARD_CHALLENGE : NULL);
    return false;
}

/* The part of an IPv6 address that one customer of a network has to himself (RFC 6177). */
#define SITE_BITS 64

/* Whether the address of `conn` has its share of connections already. A proxy speaks for many. */
static bool has_its_share(const struct server *server, const struct conn *conn)
{
    unsigned count = 0;
    struct address_range range = { 0 };
    static const struct address_range all_of_ipv4 = { .base.bytes = { [10] = 0xff, [11] = 0xff },
                                                      .bits = 96 };
    const struct guard *guard = &server->guard;
    int64_t most = server->options->max_connections_per_peer;
    const struct sockaddr *peer = (const struct sockaddr *)&conn->address;
    if (most == 0 || conn->loopback || address_from_socket(&range.base, peer) < 0)
        return false;
    if (address_in_ranges(guard->proxies, guard->proxy_count, &range.base))
        return false;
    bool four = address_range_holds(&all_of_ipv4, &range.base);
    range.bits = four ? 128 : SITE_BITS;
    list_each(pos, next, &server->conns)
    {
        const struct conn *other = list_entry(pos, struct conn, link);
        struct address address;
        if (other->refused == NULL &&
            address_from_socket(&address, (const struct sockaddr *)&other->address) == 0)
            count += address_range_holds(&range, &address);
    }
    return count > most;
}

/* The system gives out the lowest free descriptor: one of the last few says that nearly all are in
 * use. These are kept for files and helpers, and for this answer. */
static bool few_files_left(const struct conn *conn)
{
    struct rlimit limit;
    uv_os_fd_t fd;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0 ||
        uv_fileno((const uv_handle_t *)&conn->stream.tcp, &fd) < 0)
        return false;
    return (rlim_t)fd + KEPT_FILES >= limit.rlim_cur;
}

void server_turn_away(struct conn *conn)
{
    conn->http->busy = true;
    conn->http->keep_alive = false;
    http_respond_text(conn->http, 503, conn->refused, "Retry-After: 1\r\n");
}

/* The end of lingering: who has not said a word is answered all the same. */
static void let_go(struct conn *conn)
{
    conn->linger = false;
    if (conn->wait == WAIT_FIRST && conn->first)
        server_turn_away(conn);
    else
        conn_close(conn);
}

void server_drop_lingerers(struct server *server)
{
    for (unsigned i = 0; i < SERVER_LINGERERS; i++) {
        if (server->lingerers[i] != NULL)
            let_go(server->lingerers[i]);
    }
}

/* An answer before its question is more than some clients understand, and a close before it is a
 * reset, which may overtake the answer: so the question is waited for. The one that had the longest
 * time makes room. */
static void let_linger(struct server *server, struct conn *conn)
{
    struct conn **place = &server->lingerers[server->next_lingerer++ % SERVER_LINGERERS];
    if (*place != NULL)
        let_go(*place);
    *place = conn;
    conn->linger = true;
    conn_wait_for(conn, WAIT_FIRST);
}

/* Why the connection is not wanted; NULL: it is. *linger: there are descriptors enough to wait
 * for what it has to say. */
static const char *unwanted(const struct server *server, const struct conn *conn, bool *linger)
{
    unsigned in = server->conn_count - server->refused_count;
    *linger = false;
    if (server->closing)
        return "the server ends";
    if (few_files_left(conn))
        return "too many open files";
    *linger = true;
    if (in > (unsigned)server->options->max_connections)
        return "too many connections";
    return has_its_share(server, conn) ? "too many connections from one address" : NULL;
}

bool server_admit(struct server *server, struct conn *conn)
{
    bool linger;
    const char *why = unwanted(server, conn, &linger);
    if (why == NULL) {
        conn->owner = owner_of(server, conn);
        return true;
    }
    conn->refused = why;
    server->refused++;
    server->refused_count++;
    log_debug(&server->log, "conn", "%s: refused: %s", conn->name, why);
    if (linger)
        let_linger(server, conn);
    else
        server_turn_away(conn);
    return linger;
}
