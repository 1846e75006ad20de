/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "web/guard.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "web/http.h"

/* One decision in progress: every step below returns 0 to go on, or the status to refuse with. */
struct check {
    const struct guard *guard;
    const struct guard_request *request;
    struct guard_answer *answer;
    struct authority direct; /* the Host that the direct peer sent */
    struct address peer;     /* the address of the direct peer */
    bool origin_allowed;     /* by --allow-origin */
    bool from_query;         /* the token stands in the target */
};

__attribute__((format(printf, 3, 4))) static int refuse(struct check *check, int status,
                                                        const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(check->answer->reason, sizeof(check->answer->reason), format, args);
    va_end(args);
    return status;
}

/* A request target may be a whole URL (RFC 9112 section 3.2.2); its host then replaces Host. */
static const char *host_text(const struct guard_request *request, size_t *size)
{
    const char *host = http_target_host(request->target, size);
    if (host != NULL)
        return host;
    *size = strlen(request->host);
    return request->host;
}

static int read_host(struct check *check)
{
    const struct guard_request *request = check->request;
    if (request->host == NULL)
        return refuse(check, 400, "no Host");
    if (request->host_twice)
        return refuse(check, 400, "more than one Host or Origin");
    size_t size;
    const char *text = host_text(request, &size);
    if (authority_parse(&check->direct, text, size) < 0)
        return refuse(check, 400, "Host \"%.100s\" is not valid", request->host);
    check->answer->host = check->direct;
    return 0;
}

/* The last item of a comma-separated list, without white space: the one added by the proxy next to
 * this server. Earlier items are forgeable by the proxy's own peer. `end`: end of the part still to
 * be read. */
static const char *last_item(const char *list, const char *end, size_t *size)
{
    const char *start = end;
    while (start > list && start[-1] != ',')
        start--;
    while (start < end && (*start == ' ' || *start == '\t'))
        start++;
    while (end > start && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    *size = (size_t)(end - start);
    return start;
}

/* An item of X-Forwarded-For: an address, some proxies add the port. */
static int read_forwarded_address(struct address *out, const char *text, size_t size)
{
    struct authority host;
    if (address_parse(out, text, size) == 0)
        return 0;
    if (authority_parse(&host, text, size) < 0 || !host.is_address)
        return -EINVAL;
    *out = host.address;
    return 0;
}

/* Walks from the direct peer outward as long as the hops are trusted proxies. */
static int read_forwarded_for(struct check *check)
{
    const struct guard *guard = check->guard;
    const char *list = check->request->forwarded_for;
    const char *end = list + strlen(list);
    for (;;) {
        size_t size;
        const char *item = last_item(list, end, &size);
        if (read_forwarded_address(&check->answer->peer, item, size) < 0)
            return refuse(check, 400, "X-Forwarded-For \"%.100s\" is not valid", list);
        if (!address_in_ranges(guard->proxies, guard->proxy_count, &check->answer->peer))
            return 0;
        while (item > list && item[-1] != ',')
            item--;
        if (item == list)
            return 0;
        end = item - 1;
    }
}

static bool prefix_fits(const char *text, size_t size)
{
    if (size == 0 || size >= GUARD_PREFIX || text[0] != '/')
        return false;
    for (size_t i = 0; i < size; i++) {
        char c = text[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                     strchr("/-._~@%+", c) != NULL;
        if (c == '\0' || !plain || (i > 0 && c == '/' && text[i - 1] == '/'))
            return false;
    }
    return true;
}

static void read_prefix(struct check *check)
{
    const char *list = check->request->forwarded_prefix;
    size_t size;
    if (list == NULL)
        return;
    const char *text = last_item(list, list + strlen(list), &size);
    if (!prefix_fits(text, size))
        return;
    while (size > 0 && text[size - 1] == '/')
        size--;
    memcpy(check->answer->prefix, text, size);
}

static int read_forwarded_host(struct check *check)
{
    const char *list = check->request->forwarded_host;
    size_t size;
    if (list == NULL)
        return 0;
    const char *text = last_item(list, list + strlen(list), &size);
    if (authority_parse(&check->answer->host, text, size) < 0)
        return refuse(check, 400, "X-Forwarded-Host \"%.100s\" is not valid", list);
    return 0;
}

static void read_forwarded_proto(struct check *check)
{
    const char *list = check->request->forwarded_proto;
    size_t size;
    if (list == NULL)
        return;
    const char *text = last_item(list, list + strlen(list), &size);
    check->answer->https = (size == 5 && strncasecmp(text, "https", 5) == 0) ||
                           (size == 3 && strncasecmp(text, "wss", 3) == 0);
}

/* X-Forwarded headers count only if --trusted-proxy names the peer. A peer that sends none is still
 * no proxy: it may be a browser on the proxy's machine. */
static int read_forwarded(struct check *check)
{
    const struct guard_request *request = check->request;
    const struct guard *guard = check->guard;
    check->answer->peer = check->peer;
    check->answer->https = request->tls;
    if (!address_in_ranges(guard->proxies, guard->proxy_count, &check->peer))
        return 0;
    if (request->forwarded_for == NULL && request->forwarded_host == NULL &&
        request->forwarded_proto == NULL && request->forwarded_prefix == NULL)
        return 0;
    check->answer->proxied = true;
    read_forwarded_proto(check);
    read_prefix(check);
    int status = read_forwarded_host(check);
    if (status == 0 && request->forwarded_for != NULL)
        status = read_forwarded_for(check);
    return status;
}

static enum token_found in_header(const char *given, const char *token)
{
    if (given == NULL)
        return TOKEN_NONE;
    return token_same(token, given, strlen(given)) ? TOKEN_RIGHT : TOKEN_WRONG;
}

/* What the query and the headers say about one of the two tokens. */
static enum token_found find_token(const struct guard_request *request, const char *token)
{
    enum token_found found[] = { token_in_query(request->target, token),
                                 token_in_authorization(request->authorization, token),
                                 in_header(request->token, token) };
    enum token_found result = TOKEN_NONE;
    for (size_t i = 0; i < sizeof(found) / sizeof(found[0]); i++) {
        if (found[i] == TOKEN_WRONG)
            return TOKEN_WRONG;
        if (found[i] == TOKEN_RIGHT)
            result = TOKEN_RIGHT;
    }
    return result;
}

static bool in_cookie(const struct check *check, const char *token)
{
    return token_in_cookies(check->request->cookie, check->guard->cookie, token) == TOKEN_RIGHT;
}

/* A token in the query or in Authorization must be right: that of viewers or the other one. A
 * cookie may be left from an earlier server on this port, and must not fail a request that needs no
 * token. What is said in the request itself counts before a cookie. */
static int read_token(struct check *check)
{
    const struct guard_request *request = check->request;
    const struct guard *guard = check->guard;
    struct guard_answer *answer = check->answer;
    if (guard->token[0] == '\0' && guard->view_token[0] == '\0')
        return 0;
    enum token_found whole = find_token(request, guard->token);
    enum token_found view = find_token(request, guard->view_token);
    if (whole == TOKEN_WRONG && view == TOKEN_WRONG)
        return refuse(check, 401, "the token is wrong");
    bool said = whole != TOKEN_NONE;
    bool all = said ? whole == TOKEN_RIGHT : in_cookie(check, guard->token);
    answer->view_only = !all && (said ? view == TOKEN_RIGHT : in_cookie(check, guard->view_token));
    answer->token = all || answer->view_only;
    check->from_query =
        said && token_in_query(request->target,
                               answer->view_only ? guard->view_token : guard->token) == TOKEN_RIGHT;
    return 0;
}

/* Whether this is a name of this server. The port is not compared: a tunnel changes it, and
 * check_origin decides about pages on other ports. */
static bool is_ours(const struct guard *guard, const struct authority *host)
{
    if (authority_is_loopback(host) || (host->is_address && guard->any_address))
        return true;
    for (size_t i = 0; i < guard->host_count; i++) {
        const struct guard_host *own = &guard->hosts[i];
        if (own->suffix ? authority_is_under(host, own->host.name)
                        : authority_same_name(host, &own->host))
            return true;
    }
    return false;
}

/* Against DNS rebinding: a page of evil.example whose name suddenly resolves to this machine sends
 * its own name as Host. Behind a proxy both names must be ours, since such a page can choose
 * X-Forwarded-Host, but not Host. */
static int check_host(struct check *check)
{
    if (check->answer->token)
        return 0;
    const struct authority *host = &check->direct;
    if (is_ours(check->guard, host))
        host = &check->answer->host;
    if (is_ours(check->guard, host))
        return 0;
    return refuse(check, 403, "Host \"%.200s\" is not a name of this server (--allow-host %.100s)",
                  host->name, host->name);
}

static bool origin_listed(const struct guard *guard, const struct authority_origin *origin)
{
    for (size_t i = 0; i < guard->origin_count; i++) {
        if (authority_same_origin(&guard->origins[i], origin))
            return true;
    }
    return false;
}

/* Applies to every request with an Origin, with or without a token: browsers send cookies to every
 * port of a host, so a cookie does not identify the page. */
static int check_origin(struct check *check)
{
    const char *text = check->request->origin;
    struct authority_origin origin;
    if (text == NULL)
        return 0;
    if (authority_parse_origin(&origin, text) != 0)
        return refuse(check, 403, "Origin \"%.100s\" names no site", text);
    check->origin_allowed = origin_listed(check->guard, &origin);
    if (check->origin_allowed || authority_is_origin_of(&check->answer->host, &origin))
        return 0;
    return refuse(check, 403, "Origin \"%.100s\" is not this server's, \"%.100s\" (--allow-origin)",
                  text, check->answer->host.name);
}

static bool is_read(const struct guard_request *request)
{
    return strcmp(request->method, "GET") == 0 || strcmp(request->method, "HEAD") == 0;
}

/* What the browser reports about the page behind a request (Fetch Metadata). This catches requests
 * without an Origin: an image, a script, a frame of another site. Following a link to our page is
 * allowed; the browser decides from our headers whether it may be framed. */
static int check_site(struct check *check)
{
    const struct guard_request *request = check->request;
    const char *site = request->fetch_site, *mode = request->fetch_mode;
    if (site == NULL || check->origin_allowed || strcasecmp(site, "none") == 0 ||
        strcasecmp(site, "same-origin") == 0)
        return 0;
    if (!request->websocket && is_read(request) && mode != NULL &&
        strcasecmp(mode, "navigate") == 0)
        return 0;
    return refuse(check, 403, "the request is from a page of another site (%.40s)", site);
}

static int check_peer(struct check *check)
{
    struct guard_answer *answer = check->answer;
    enum guard_owner owner = check->request->owner;
    bool loopback = address_is_loopback(&check->peer);
    bool stranger = owner == GUARD_OWNER_OTHER || owner == GUARD_OWNER_UNKNOWN;
    /* The same user may also connect through the machine's outer address. */
    answer->local = !answer->proxied && (owner == GUARD_OWNER_SAME || (loopback && !stranger));
    if (answer->token || answer->local)
        return 0;
    bool token = check->guard->token[0] != '\0' || check->guard->view_token[0] != '\0';
    int status = token ? 401 : 403;
    /* The X-Forwarded headers of an untrusted peer are ignored. */
    if (stranger)
        return refuse(check, status, "%s",
                      owner == GUARD_OWNER_OTHER ? "another user of this machine (--any-user)"
                                                 : "a process whose user is unknown (--any-user)");
    if (check->guard->open ||
        address_in_ranges(check->guard->networks, check->guard->network_count, &answer->peer))
        return 0;
    return refuse(check, status, "another machine without a token (--token, --trust-network)");
}

/* Viewers ask for nothing but pages and their parts; what a WebSocket may do is
 * decided message by message (view/dispatch.h). */
static int check_view(struct check *check)
{
    const struct guard_request *request = check->request;
    if (!check->answer->view_only || request->websocket || is_read(request))
        return 0;
    return refuse(check, 403, "the token of this request may only view");
}

/* Moves the token from the URL, which bookmarks and screen shots would keep, to a cookie. */
static int move_token(struct check *check)
{
    const struct guard_request *request = check->request;
    struct guard_answer *answer = check->answer;
    if (!check->from_query || request->websocket || !is_read(request))
        return 0;
    snprintf(answer->set_cookie, sizeof(answer->set_cookie),
             "%s=%s; Path=%s; HttpOnly; SameSite=Strict%s", check->guard->cookie,
             answer->view_only ? check->guard->view_token : check->guard->token,
             answer->prefix[0] == '\0' ? "/" : answer->prefix, answer->https ? "; Secure" : "");
    const char *site = request->fetch_site;
    answer->by_page =
        site != NULL && strcasecmp(site, "none") != 0 && strcasecmp(site, "same-origin") != 0;
    return 303;
}

int guard_check(const struct guard *guard, const struct guard_request *request,
                struct guard_answer *answer)
{
    static int (*const steps[])(struct check *) = {
        read_host,  read_forwarded, read_token, check_host, check_origin,
        check_site, check_peer,     check_view, move_token,
    };
    struct check check = { .guard = guard, .request = request, .answer = answer };
    memset(answer, 0, sizeof(*answer));
    if (address_from_socket(&check.peer, request->peer) < 0)
        return answer->status = refuse(&check, 403, "neither IPv4 nor IPv6");
    answer->peer = check.peer;
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]) && answer->status == 0; i++)
        answer->status = steps[i](&check);
    return answer->status;
}
