/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "web/guard.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "web/http.h"

/* One decision on its way: every step below returns 0 to go on, or the status to refuse with. */
struct check {
    const struct guard *guard;
    const struct guard_request *request;
    struct guard_answer *answer;
    struct authority direct; /* the Host that our own peer sent */
    struct address peer;     /* our own peer */
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

/* A request target may be a whole URL (RFC 9112 section 3.2.2), whose host then counts. */
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
        return refuse(check, 400, "Host \"%.100s\" is none", request->host);
    check->answer->host = check->direct;
    return 0;
}

/* The last item of a comma-separated list, without white space: what the proxy next to us added.
 * Those before it may be whatever its own peer sent. `end`: where the list ends for us. */
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

/* Walks from our own peer outward as long as those who speak are trusted proxies. */
static int read_forwarded_for(struct check *check)
{
    const struct guard *guard = check->guard;
    const char *list = check->request->forwarded_for;
    const char *end = list + strlen(list);
    for (;;) {
        size_t size;
        const char *item = last_item(list, end, &size);
        if (read_forwarded_address(&check->answer->peer, item, size) < 0)
            return refuse(check, 400, "X-Forwarded-For \"%.100s\" is unreadable", list);
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
        return refuse(check, 400, "X-Forwarded-Host \"%.100s\" is none", list);
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

/* X-Forwarded headers count only where --trusted-proxy names the peer. A peer that sends none is
 * no proxy even so: it may be a browser on the proxy's machine. */
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

/* A token that is shown in so many words must be right; a cookie may be left from an earlier
 * server on this port, and a request that needs none shall not fail for it. */
static int read_token(struct check *check)
{
    const struct guard_request *request = check->request;
    const char *token = check->guard->token;
    if (token[0] == '\0')
        return 0;
    enum token_found query = token_in_query(request->target, token);
    enum token_found bearer = token_in_authorization(request->authorization, token);
    enum token_found header = TOKEN_NONE;
    if (request->token != NULL)
        header =
            token_same(token, request->token, strlen(request->token)) ? TOKEN_RIGHT : TOKEN_WRONG;
    if (query == TOKEN_WRONG || bearer == TOKEN_WRONG || header == TOKEN_WRONG)
        return refuse(check, 401, "a wrong token");
    check->from_query = query == TOKEN_RIGHT;
    check->answer->token =
        query == TOKEN_RIGHT || bearer == TOKEN_RIGHT || header == TOKEN_RIGHT ||
        token_in_cookies(request->cookie, check->guard->cookie, token) == TOKEN_RIGHT;
    return 0;
}

/* Whether this is a name of ours. The port is not looked at: a tunnel changes it, and what a page
 * on another port may do is decided by its Origin. */
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

/* Against DNS rebinding: a page of evil.example whose name suddenly means this machine sends its
 * own name as Host. Behind a proxy both names must be ours, since such a page can write
 * X-Forwarded-Host as it likes, but not Host. */
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

/* Holds for every request with an Origin, with a token or without: browsers send cookies along to
 * any port of a host, so a cookie says nothing about the page. */
static int check_origin(struct check *check)
{
    const char *text = check->request->origin;
    struct authority_origin origin;
    if (text == NULL)
        return 0;
    if (authority_parse_origin(&origin, text) != 0)
        return refuse(check, 403, "Origin \"%.100s\" is nobody's", text);
    check->origin_allowed = origin_listed(check->guard, &origin);
    if (check->origin_allowed || authority_is_origin_of(&check->answer->host, &origin))
        return 0;
    return refuse(check, 403, "Origin \"%.100s\" is not this server, \"%.100s\" (--allow-origin)",
                  text, check->answer->host.name);
}

static bool is_read(const struct guard_request *request)
{
    return strcmp(request->method, "GET") == 0 || strcmp(request->method, "HEAD") == 0;
}

/* What a browser says by itself about the page behind a request (Fetch Metadata). It catches what
 * has no Origin: an image, a script, a frame of another site. Going to our page by a link is
 * fine; whether it may be shown in a frame is for the browser to find out from our headers. */
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
    return refuse(check, 403, "a page of another site (%.40s) asks", site);
}

static int check_peer(struct check *check)
{
    struct guard_answer *answer = check->answer;
    enum guard_owner owner = check->request->owner;
    bool loopback = address_is_loopback(&check->peer);
    bool stranger = owner == GUARD_OWNER_OTHER || owner == GUARD_OWNER_UNKNOWN;
    /* The same user may also come in by the machine's outer address. */
    answer->local = !answer->proxied && (owner == GUARD_OWNER_SAME || (loopback && !stranger));
    if (answer->token || answer->local)
        return 0;
    int status = check->guard->token[0] == '\0' ? 403 : 401;
    /* What a stranger says about whom it speaks for is not believed. */
    if (stranger)
        return refuse(check, status, "%s",
                      owner == GUARD_OWNER_OTHER
                          ? "another user of this machine (--any-user)"
                          : "a process whose user is not known (--any-user)");
    if (check->guard->open ||
        address_in_ranges(check->guard->networks, check->guard->network_count, &answer->peer))
        return 0;
    return refuse(check, status, "another machine without a token (--token, --trust-network)");
}

/* The token moves from the URL, where bookmarks and screen shots would keep it, to a cookie. */
static int move_token(struct check *check)
{
    const struct guard_request *request = check->request;
    struct guard_answer *answer = check->answer;
    if (!check->from_query || request->websocket || !is_read(request))
        return 0;
    snprintf(answer->set_cookie, sizeof(answer->set_cookie),
             "%s=%s; Path=%s; HttpOnly; SameSite=Strict%s", check->guard->cookie,
             check->guard->token, answer->prefix[0] == '\0' ? "/" : answer->prefix,
             answer->https ? "; Secure" : "");
    const char *site = request->fetch_site;
    answer->by_page =
        site != NULL && strcasecmp(site, "none") != 0 && strcasecmp(site, "same-origin") != 0;
    return 303;
}

int guard_check(const struct guard *guard, const struct guard_request *request,
                struct guard_answer *answer)
{
    static int (*const steps[])(struct check *) = {
        read_host,    read_forwarded, read_token, check_host,
        check_origin, check_site,     check_peer, move_token,
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
