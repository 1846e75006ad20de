/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
/* The guard's options. */
#include "web/guard.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "net/owner.h"

/* Room for one more element in an array of `count`, zeroed; the lists are short and made once. */
static void *grow(void *array, size_t count, size_t size)
{
    void *grown = realloc(array, (count + 1) * size);
    if (grown != NULL)
        memset((char *)grown + count * size, 0, size);
    return grown;
}

static int add_host(struct guard *guard, const char *text, bool suffix)
{
    struct authority host;
    int error = authority_parse(&host, text, strlen(text));
    if (error < 0)
        return error;
    struct guard_host *hosts = grow(guard->hosts, guard->host_count, sizeof(*hosts));
    if (hosts == NULL)
        return -ENOMEM;
    guard->hosts = hosts;
    hosts[guard->host_count++] = (struct guard_host){ .host = host, .suffix = suffix };
    return 0;
}

/* An IPv6 address in an option is usually written without the brackets of a URL. */
static int add_host_or_address(struct guard *guard, const char *text)
{
    struct address address;
    char bracketed[ADDRESS_TEXT + 2];
    if (strchr(text, ':') == NULL || address_parse(&address, text, strlen(text)) < 0)
        return add_host(guard, text, false);
    snprintf(bracketed, sizeof(bracketed), "[%s]", text);
    return add_host(guard, bracketed, false);
}

/* The names of this machine in its network: the host name as it is, without domain, and as
 * multicast DNS announces it (RFC 6762). Skips what is not a valid host name. */
static int add_machine(struct guard *guard)
{
    char name[AUTHORITY_NAME - 8] = "", local[AUTHORITY_NAME];
    if (gethostname(name, sizeof(name) - 1) < 0 || name[0] == '\0')
        return 0;
    int error = add_host(guard, name, false);
    name[strcspn(name, ".")] = '\0';
    if (error != -ENOMEM)
        error = add_host(guard, name, false);
    snprintf(local, sizeof(local), "%s.local", name);
    if (error != -ENOMEM)
        error = add_host(guard, local, false);
    return error == -ENOMEM ? error : 0;
}

int guard_add_bound(struct guard *guard, const char *host)
{
    struct address address;
    if (address_parse(&address, host, strlen(host)) == 0 && address_is_any(&address)) {
        guard->any_address = true;
        return add_machine(guard);
    }
    return add_host_or_address(guard, host);
}

int guard_allow_host(struct guard *guard, const char *host)
{
    return host[0] == '.' ? add_host(guard, host + 1, true) : add_host_or_address(guard, host);
}

int guard_allow_origin(struct guard *guard, const char *text)
{
    struct authority_origin origin;
    if (authority_parse_origin(&origin, text) != 0)
        return -EINVAL;
    struct authority_origin *origins = grow(guard->origins, guard->origin_count, sizeof(*origins));
    if (origins == NULL)
        return -ENOMEM;
    guard->origins = origins;
    origins[guard->origin_count++] = origin;
    return 0;
}

static int add_range(struct address_range **ranges, size_t *count, const char *text)
{
    struct address_range range;
    if (address_range_parse(&range, text) < 0)
        return -EINVAL;
    struct address_range *grown = grow(*ranges, *count, sizeof(*grown));
    if (grown == NULL)
        return -ENOMEM;
    *ranges = grown;
    grown[(*count)++] = range;
    return 0;
}

int guard_trust_network(struct guard *guard, const char *range)
{
    return add_range(&guard->networks, &guard->network_count, range);
}

int guard_trust_proxy(struct guard *guard, const char *range)
{
    return add_range(&guard->proxies, &guard->proxy_count, range);
}

static int set_token(struct guard *guard, char place[TOKEN_MAX + 1], const char *token,
                     uint16_t port)
{
    if (!token_valid(token))
        return -EINVAL;
    snprintf(place, TOKEN_MAX + 1, "%s", token);
    snprintf(guard->cookie, sizeof(guard->cookie), "cadcast_%u", (unsigned)port);
    return 0;
}

int guard_set_token(struct guard *guard, const char *token, uint16_t port)
{
    return set_token(guard, guard->token, token, port);
}

int guard_set_view_token(struct guard *guard, const char *token, uint16_t port)
{
    return set_token(guard, guard->view_token, token, port);
}

enum guard_owner guard_owner_of(int found, uid_t uid)
{
    if (found == 0)
        return uid == geteuid() ? GUARD_OWNER_SAME : GUARD_OWNER_OTHER;
    if (found == OWNER_UNSUPPORTED && !owner_is_possible())
        return GUARD_OWNER_UNCHECKED;
    return GUARD_OWNER_UNKNOWN;
}

void guard_free(struct guard *guard)
{
    free(guard->hosts);
    free(guard->origins);
    free(guard->networks);
    free(guard->proxies);
    memset(guard, 0, sizeof(*guard));
}
