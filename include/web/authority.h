/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_WEB_AUTHORITY_H
#define CADCAST_WEB_AUTHORITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/address.h"

#define AUTHORITY_NAME 256

/*
 * The host and port of a Host header or an origin, in a form that can be compared: lower case,
 * one trailing dot off, addresses as bytes. A name of other than ASCII characters is kept as it
 * came (a browser never sends one: it sends the punycode), and equals only the very same bytes.
 */
struct authority {
    char name[AUTHORITY_NAME]; /* zero-terminated; of an address, its usual text */
    struct address address;
    bool is_address;
    uint16_t port; /* 0: none was given, the scheme's default applies */
};

/*
 * Reads `host`, `host:port` or `[address]:port` (RFC 3986 section 3.2.2), `size` bytes. -EINVAL
 * for anything else: user information, an empty label, a port that is none, a zone, a percent
 * sign, a last label of digits that is no address ("127.1").
 */
int authority_parse(struct authority *out, const char *text, size_t size);

struct authority_origin {
    char scheme[32]; /* lower case */
    struct authority host;
};

/* The value of an Origin header is the word "null": the page has an opaque origin. */
#define AUTHORITY_NULL 1

/* Reads `scheme://host` or `scheme://host:port` (RFC 6454 section 6.2), with nothing behind.
 * 0, AUTHORITY_NULL or -EINVAL. */
int authority_parse_origin(struct authority_origin *out, const char *text);

/* Whether the names (or the addresses) are the same; ports are not compared. */
bool authority_same_name(const struct authority *a, const struct authority *b);

/*
 * Whether a page of this origin was loaded from this host. The scheme is not compared, since the
 * scheme in use before a proxy is not known here. If the host has no port, the origin's port must
 * be the default of the origin's scheme.
 */
bool authority_is_origin_of(const struct authority *host, const struct authority_origin *origin);

/* The same scheme, name and port, a default port being the same as none. */
bool authority_same_origin(const struct authority_origin *a, const struct authority_origin *b);

/* localhost, a name under it (RFC 6761 section 6.3), or a loopback address. */
bool authority_is_loopback(const struct authority *host);

/* Whether `host` is `domain` or an ASCII name under it. */
bool authority_is_under(const struct authority *host, const char *domain);

#endif
