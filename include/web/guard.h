/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_WEB_GUARD_H
#define CADCAST_WEB_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sys/socket.h>
#include <sys/types.h>

#include "base/text.h"
#include "net/address.h"
#include "web/authority.h"
#include "web/token.h"

/*
 * Who may talk to the server: one decision for each request, made from the request and the options
 * of the server's operator. No sockets. The threats are in docs/security.md.
 *
 * Fill it in once; zero-initialise before.
 */
struct guard {
    struct guard_host *hosts; /* bound names and --allow-host */
    size_t host_count;
    struct authority_origin *origins; /* --allow-origin */
    size_t origin_count;
    struct address_range *networks; /* --trust-network */
    size_t network_count;
    struct address_range *proxies; /* --trusted-proxy */
    size_t proxy_count;
    bool any_address;               /* bound to all addresses: any address is a name of ours */
    bool open;                      /* --no-token: other machines are let in without one */
    bool studio_online;             /* pages may fetch from the host of the renderer's studio */
    char token[TOKEN_MAX + 1];      /* "": none */
    char view_token[TOKEN_MAX + 1]; /* admits clients that may only view; "": none */
    char cookie[32];                /* the cookie's name; set by guard_set_token */
};

struct guard_host {
    struct authority host;
    bool suffix; /* and every name under it */
};

void guard_free(struct guard *guard);

/*
 * A name or address that the server is bound to, as in --host. 0.0.0.0 and :: set any_address and
 * add this machine's own names. Loopback names need not be added. 0, -EINVAL, -ENOMEM.
 */
int guard_add_bound(struct guard *guard, const char *host);

/* --allow-host: a name, an address, or `.example.org` for that name and all under it. A port is
 * allowed and ignored. 0, -EINVAL, -ENOMEM. */
int guard_allow_host(struct guard *guard, const char *host);

/* --allow-origin: `https://host` or `https://host:port`. 0, -EINVAL, -ENOMEM. */
int guard_allow_origin(struct guard *guard, const char *origin);

/* --trust-network and --trusted-proxy, in CIDR notation. 0, -EINVAL, -ENOMEM. */
int guard_trust_network(struct guard *guard, const char *range);
int guard_trust_proxy(struct guard *guard, const char *range);

/* `port`: of the listening socket. It names the cookie, since cookies do not know ports and two
 * servers on one host would overwrite each other's. 0, or -EINVAL (see token_valid). */
int guard_set_token(struct guard *guard, const char *token, uint16_t port);

/* The same for the token of clients that may only view. */
int guard_set_view_token(struct guard *guard, const char *token, uint16_t port);

/* What is known about the user at the other end, see net/owner.h. */
enum guard_owner {
    GUARD_OWNER_UNCHECKED, /* --any-user, another machine, or a system that cannot tell */
    GUARD_OWNER_SAME,      /* the user who runs the server */
    GUARD_OWNER_OTHER,     /* another user */
    GUARD_OWNER_UNKNOWN,   /* this system can name owners, but not this connection's */
};

/*
 * Turns result and answer of owner_find, `found` and `uid`, into a guard_owner. Call it right after
 * accept, while the client surely still waits. If Linux cannot name the user of a connection, its
 * owner is unknown; if the system cannot name any owner, it is unchecked (docs/security.md).
 */
enum guard_owner guard_owner_of(int found, uid_t uid);

/* One request. Strings are zero-terminated, and NULL if the request has no such header. */
struct guard_request {
    const char *method;
    const char *target; /* path and query, as it came */
    const char *host;
    bool host_twice; /* there is more than one Host or more than one Origin header */
    const char *origin;
    const char *fetch_site; /* Sec-Fetch-Site */
    const char *fetch_mode; /* Sec-Fetch-Mode */
    bool websocket;         /* asks for an upgrade to a WebSocket */
    const char *cookie;
    const char *authorization;
    const char *token; /* X-Cadcast-Token */
    const char *forwarded_for;
    const char *forwarded_host;
    const char *forwarded_proto;
    const char *forwarded_prefix;
    const struct sockaddr *peer; /* never NULL */
    enum guard_owner owner;
    bool tls; /* this connection is TLS */
};

#define GUARD_REASON 400
#define GUARD_PREFIX 200
#define GUARD_COOKIE                                                                               \
    (sizeof("=; Path=; HttpOnly; SameSite=Strict; Secure") + 32 + TOKEN_MAX + GUARD_PREFIX)

struct guard_answer {
    /* 0: admit. 303: admit, but first redirect to the same target without the token, with
     * `set_cookie`; see guard_redirect. 400, 401 or 403: answer that and nothing else. */
    int status;
    char reason[GUARD_REASON]; /* for the log, one line; "" if admitted */
    bool local;                /* a process of this machine, not one behind a proxy */
    bool token;                /* the request has the right token, or that of viewers */
    bool view_only;            /* it has that of viewers: it may view and measure, and no more */
    bool proxied;              /* it came through a trusted proxy */
    bool https;                /* the browser's connection to the proxy, or to us, is TLS */
    struct authority host;     /* the host that the browser asked for, behind a proxy too */
    struct address peer;       /* the browser's address, behind a proxy too: for log and limits */
    char prefix[GUARD_PREFIX]; /* the proxy's path prefix without a slash at its end, or "" */
    char set_cookie[GUARD_COOKIE]; /* the value of a Set-Cookie header, or "" */
    bool by_page; /* status 303, but a redirect would lose the cookie: see guard_redirect */
};

/* Decides. `answer` is always filled in whole; its status is returned. */
int guard_check(const struct guard *guard, const struct guard_request *request,
                struct guard_answer *answer);

/*
 * For status 303. Appends the header lines (each with CRLF) to `headers` and the body to `page`:
 * those of a 303, or if answer->by_page is set, of a 200 whose page moves on by itself. If a link
 * on another site led the browser here, it does not send a SameSite=Strict cookie along with a
 * redirect, but does so with a request that our own page begins. Returns the status to send.
 */
int guard_redirect(const struct guard_answer *answer, const char *target, struct text *headers,
                   struct text *page);

/*
 * Appends the header lines that every response carries: Content-Security-Policy, nosniff, no
 * referrer, no use by other origins' pages. Made once; origins of --allow-origin may frame the
 * page. The policy suits the page as long as the page has no inline script.
 */
void guard_headers(const struct guard *guard, struct text *out);

/* The header line that a 401 must carry (RFC 9110 section 11.6.1), with its CRLF. */
#define GUARD_CHALLENGE "WWW-Authenticate: Bearer realm=\"cadcast\"\r\n"

#endif
