/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
/* Admission of connections and access control of requests. */
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "conn/access.h"
#include "conn/conn.h"
#include "conn/conn_timeout.h"
#include "conn/front.h"
#include "net/socket.h"
#include "net/tls.h"
#include "web/token.h"

/* Environment variable that passes the created token on at a restart. */
#define TOKEN_VARIABLE "CADCAST_HANDOVER_TOKEN"
#define VIEW_TOKEN_VARIABLE "CADCAST_HANDOVER_VIEW_TOKEN"

/* Descriptors that are not used for connections. */
#define RESERVED_FDS 16

/* Milliseconds between two attempts to reopen peer_owners. */
#define OWNER_RETRY_MS 1000

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

static void warn_owner(const struct front *front, int error)
{
    if (!owner_is_possible()) {
        log_info(front->log, "access",
                 "this system does not tell whose connections are whose: programs of all users "
                 "of this machine are let in, as with --any-user");
        return;
    }
    log_warning(front->log, "access",
                "the user of a local connection cannot be found%s%s: local programs need "
                "the token or --any-user",
                error < 0 ? " now, " : "", error < 0 ? strerror(-error) : "");
}

int access_start(struct front *front)
{
    const struct options *options = front->options;
    struct guard *guard = &front->guard;
    guard->open = options->no_token;
    guard->studio_online = options->studio_online;
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
        log_error(front->log, "access", "cannot set up the access rules: %s", strerror(-error));
        return error;
    }
    front->check_owner = !options->any_user;
    error = front->check_owner ? owner_open(&front->peer_owners) : 0;
    if (error != 0)
        warn_owner(front, error);
    guard_headers(guard, &front->security);
    return text_error(&front->security);
}

/* The token of the process that this one replaces, so that browsers stay logged in; or a new one.
 */
static int take_token(const char *variable, char out[TOKEN_MADE + 1])
{
    const char *left = getenv(variable);
    bool good = left != NULL && strlen(left) == TOKEN_MADE && token_valid(left);
    if (good)
        memcpy(out, left, TOKEN_MADE + 1);
    unsetenv(variable);
    return good ? 0 : token_make(out);
}

int access_listening(struct front *front, const struct listener *listener)
{
    const struct options *options = front->options;
    struct guard *guard = &front->guard;
    char made[TOKEN_MADE + 1];
    bool needed = options->token != NULL || !listener->loopback;
    int error = 0;
    if (options->no_token)
        return 0;
    if (needed && options->token == NULL)
        error = take_token(TOKEN_VARIABLE, made);
    if (needed && error == 0)
        error =
            guard_set_token(guard, options->token == NULL ? made : options->token, listener->port);
    if (error < 0)
        return error;
    if (options->view_token != NULL)
        return guard_set_view_token(guard, options->view_token, listener->port);
    if (needed)
        error = take_token(VIEW_TOKEN_VARIABLE, made);
    return needed && error == 0 ? guard_set_view_token(guard, made, listener->port) : error;
}

void access_leave(const struct front *front)
{
    if (front->options->token == NULL && front->guard.token[0] != '\0')
        setenv(TOKEN_VARIABLE, front->guard.token, 1);
    if (front->options->view_token == NULL && front->guard.view_token[0] != '\0')
        setenv(VIEW_TOKEN_VARIABLE, front->guard.view_token, 1);
}

void access_reload(struct front *front)
{
    char why[512];
    if (front->tls == NULL)
        return;
    int status = tls_context_reload(front->tls, why, sizeof(why));
    if (status < 0)
        log_error(front->log, "tls", "the old certificate stays in use: %s", why);
    else if (status > 0)
        log_warning(front->log, "tls", "%s", why);
    else
        log_info(front->log, "tls", "the certificate was read again");
}

void access_end(struct front *front)
{
    guard_free(&front->guard);
    owner_close(&front->peer_owners);
    text_free(&front->security);
}

/* Retries, as the cause of the failure at the start may be gone, such as a lack of descriptors. */
static void open_owner_again(struct front *front)
{
    uint64_t now = uv_now(front->loop);
    if (now - front->owner_tried < OWNER_RETRY_MS)
        return;
    front->owner_tried = now;
    if (owner_open(&front->peer_owners) == 0)
        log_info(front->log, "access", "the users of local connections can be found now");
}

/* The owner of the peer's process; looked up right after accept, while the peer is sure to exist.
 */
static enum guard_owner owner_of(struct front *front, struct conn *conn)
{
    struct sockaddr_storage local;
    int size = sizeof(local);
    uid_t uid = 0;
    if (!front->check_owner || !conn->loopback)
        return GUARD_OWNER_UNCHECKED;
    if (uv_tcp_getsockname(&conn->stream.tcp, (struct sockaddr *)&local, &size) < 0)
        return GUARD_OWNER_UNKNOWN;
    if (!owner_works(&front->peer_owners))
        open_owner_again(front);
    int found = owner_find(&front->peer_owners, (struct sockaddr *)&local,
                           (struct sockaddr *)&conn->address, &uid);
    return guard_owner_of(found, uid);
}

static int check(struct front *front, struct conn *conn, struct http *http,
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
    return guard_check(&front->guard, &request, answer);
}

/* The request had the token in its address: sets a cookie and redirects to the address without it.
 */
static void send_cookie(struct front *front, struct http *http, const struct guard_answer *answer)
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

/* Whether the peer closed before its owner could be looked up, as a port probe does. */
static bool peer_left(const struct conn *conn)
{
    uv_os_fd_t fd;
    return uv_fileno((const uv_handle_t *)&conn->stream.tcp, &fd) == 0 && socket_peer_left(fd);
}

/* Answers a request that came without TLS. A page moves to https by itself; what else a client
 * wants is refused, since it has sent its data for all to read. Writes the new address from the
 * Host only if that is a valid one (RFC 9110 section 4.2.2: the ports of both schemes are the same
 * here). */
static void lead_to_https(struct conn *conn, struct http *http)
{
    struct authority host;
    struct text headers = { 0 };
    const char *given = http_header(http, "Host");
    const char *target = http_target(http);
    const char *method = http_method(http);
    bool reads = strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
    bool valid =
        given != NULL && target[0] == '/' && authority_parse(&host, given, strlen(given)) == 0;
    if (!reads || http->upgrade || !valid) {
        conn_complain(conn, "refused", "this port speaks TLS to other machines");
        http_refuse(http, 400, "use https for this address", NULL);
        return;
    }
    text_format(&headers, "Location: https://%s%s\r\nCache-Control: no-store\r\n", given, target);
    if (text_error(&headers) < 0)
        http_refuse(http, 503, "out of memory", NULL);
    else
        http_refuse(http, 308, "this address begins with https", text_string(&headers));
    text_free(&headers);
}

bool access_allows(struct front *front, struct conn *conn, struct http *http,
                   char prefix[GUARD_PREFIX])
{
    struct guard_answer answer;
    if (conn->plain) {
        lead_to_https(conn, http);
        return false;
    }
    int status = check(front, conn, http, &answer);
    conn->view_only = answer.view_only;
    conn->read_only =
        answer.view_only || (front->options->read_only && http_header(http, "Origin") != NULL);
    conn->local = answer.local;
    memcpy(prefix, answer.prefix, GUARD_PREFIX);
    if (status == 0)
        return true;
    if (status == 303) {
        send_cookie(front, http, &answer);
        return false;
    }
    front->refused++;
    if (conn->owner == GUARD_OWNER_UNKNOWN && peer_left(conn)) {
        log_debug(front->log, "access", "%s: closed by the peer before it was admitted",
                  conn->name);
        conn_close(conn);
        return false;
    }
    log_warning(front->log, "access", "%s: refused with %d: %s", conn->name, status, answer.reason);
    access_refuse(http, status);
    return false;
}

/* Bits of an IPv6 address that identify the site of one customer (RFC 6177). */
#define SITE_BITS 64

/* Whether the address of `conn` has reached its limit of connections. A trusted proxy has no limit,
 * as it forwards many clients. */
static bool has_its_share(const struct front *front, const struct conn *conn)
{
    unsigned count = 0;
    struct address_range range = { 0 };
    const struct guard *guard = &front->guard;
    int64_t most = front->options->max_connections_per_peer;
    const struct sockaddr *peer = (const struct sockaddr *)&conn->address;
    if (most == 0 || conn->loopback || address_from_socket(&range.base, peer) < 0)
        return false;
    if (address_in_ranges(guard->proxies, guard->proxy_count, &range.base))
        return false;
    range.bits = address_is_ipv4(&range.base) ? 128 : SITE_BITS;
    list_each(pos, next, &front->conns) {
        const struct conn *other = list_entry(pos, struct conn, link);
        struct address address;
        if (other->refused == NULL &&
            address_from_socket(&address, (const struct sockaddr *)&other->address) == 0)
            count += address_range_holds(&range, &address);
    }
    return count > most;
}

/* Whether descriptors are nearly used up. The system assigns the lowest free one, so a high number
 * means that few are left; those are reserved for files, helpers and this answer. */
static bool few_files_left(const struct conn *conn)
{
    struct rlimit limit;
    uv_os_fd_t fd;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0 ||
        uv_fileno((const uv_handle_t *)&conn->stream.tcp, &fd) < 0)
        return false;
    return (rlim_t)fd + RESERVED_FDS >= limit.rlim_cur;
}

void access_gone(struct front *front, const struct conn *conn)
{
    if (conn->refused == NULL)
        return;
    front->refused_count--;
    for (unsigned i = 0; i < FRONT_LINGERERS; i++) {
        if (front->lingerers[i] == conn)
            front->lingerers[i] = NULL;
    }
}

/* Ends the lingering of a refused connection; answers it if it has sent nothing. */
static void let_go(struct conn *conn)
{
    conn->linger = false;
    if (conn->wait == CONN_WAIT_FIRST && conn->first)
        conn_turn_away(conn);
    else
        conn_close(conn);
}

void access_drop_lingerers(struct front *front)
{
    for (unsigned i = 0; i < FRONT_LINGERERS; i++) {
        if (front->lingerers[i] != NULL)
            let_go(front->lingerers[i]);
    }
}

/* Waits for the request of a refused connection: some clients do not handle an answer before their
 * request, and closing with unread bytes sends a reset, which may overtake the answer. If all
 * places are taken, ends the oldest one. */
static void let_linger(struct front *front, struct conn *conn)
{
    struct conn **place = &front->lingerers[front->next_lingerer++ % FRONT_LINGERERS];
    if (*place != NULL)
        let_go(*place);
    *place = conn;
    conn->linger = true;
    conn_timeout_start(conn, CONN_WAIT_FIRST);
}

/* Why the connection is refused; NULL: it is not. *linger: there are enough descriptors to wait for
 * its request. */
static const char *unwanted(const struct front *front, const struct conn *conn, bool *linger)
{
    unsigned in = front->conn_count - front->refused_count;
    *linger = false;
    if (front->closing)
        return "the server is ending";
    if (few_files_left(conn))
        return "too many open files";
    *linger = true;
    if (in > (unsigned)front->options->max_connections)
        return "too many connections";
    return has_its_share(front, conn) ? "too many connections from one address" : NULL;
}

bool access_admit(struct front *front, struct conn *conn)
{
    bool linger;
    const char *why = unwanted(front, conn, &linger);
    if (why == NULL) {
        conn->owner = owner_of(front, conn);
        return true;
    }
    conn->refused = why;
    front->refused++;
    front->refused_count++;
    log_debug(front->log, "conn", "%s: refused: %s", conn->name, why);
    if (linger)
        let_linger(front, conn);
    else
        conn_turn_away(conn);
    return linger;
}
