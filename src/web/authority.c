/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "web/authority.h"

#include <errno.h>
#include <string.h>

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Parses the `size` bytes behind the colon: 1 to 65535; empty means no port. */
static int parse_port(uint16_t *port, const char *text, size_t size)
{
    unsigned value = 0;
    *port = 0;
    if (size == 0)
        return 0;
    for (size_t i = 0; i < size; i++) {
        if (!is_digit(text[i]) || i == 5)
            return -EINVAL;
        value = value * 10 + (unsigned)(text[i] - '0');
    }
    if (value == 0 || value > UINT16_MAX)
        return -EINVAL;
    *port = (uint16_t)value;
    return 0;
}

static bool may_stand_in_name(char c)
{
    /* The underscore is not allowed in host names and is common in practice (containers). */
    return is_digit(c) || (c >= 'a' && c <= 'z') || c == '-' || c == '_' || c == '.' ||
           (unsigned char)c >= 0x80;
}

/* Whether the last label is a number, as in 127.1 or 0x7f000001. Some programs take such a host for
 * an address and others for a name (the URL standard, section 3.5), so it is refused. */
static bool ends_in_number(const char *name)
{
    const char *label = strrchr(name, '.');
    label = label == NULL ? name : label + 1;
    if (label[0] == '0' && label[1] == 'x')
        return label[2 + strspn(label + 2, "0123456789abcdef")] == '\0';
    return label[strspn(label, "0123456789")] == '\0';
}

static int parse_name(struct authority *out, const char *text, size_t size)
{
    if (size > 0 && text[size - 1] == '.')
        size--;
    if (size == 0 || size >= sizeof(out->name) - 2 || text[0] == '.')
        return -EINVAL;
    for (size_t i = 0; i < size; i++) {
        out->name[i] = lower(text[i]);
        if (!may_stand_in_name(out->name[i]) || (i > 0 && text[i] == '.' && text[i - 1] == '.'))
            return -EINVAL;
    }
    out->name[size] = '\0';
    if (text[size - 1] == '.')
        return -EINVAL;
    if (address_parse(&out->address, text, size) == 0) {
        out->is_address = true;
        address_format(&out->address, out->name);
        return 0;
    }
    return ends_in_number(out->name) ? -EINVAL : 0;
}

/* `text` begins with a bracket. *used is the length up to the closing bracket. */
static int parse_bracket(struct authority *out, const char *text, size_t size, size_t *used)
{
    const char *end = memchr(text, ']', size);
    if (end == NULL || memchr(text, ':', (size_t)(end - text)) == NULL)
        return -EINVAL;
    if (address_parse(&out->address, text + 1, (size_t)(end - text) - 1) < 0)
        return -EINVAL;
    out->is_address = true;
    address_format(&out->address, out->name);
    *used = (size_t)(end - text) + 1;
    return 0;
}

int authority_parse(struct authority *out, const char *text, size_t size)
{
    memset(out, 0, sizeof(*out));
    size_t used;
    int error;
    if (size > 0 && text[0] == '[') {
        error = parse_bracket(out, text, size, &used);
    } else {
        const char *colon = memchr(text, ':', size);
        used = colon == NULL ? size : (size_t)(colon - text);
        error = parse_name(out, text, used);
    }
    if (error == 0 && used < size)
        error =
            text[used] == ':' ? parse_port(&out->port, text + used + 1, size - used - 1) : -EINVAL;
    return error;
}

int authority_parse_origin(struct authority_origin *out, const char *text)
{
    memset(out, 0, sizeof(*out));
    if (strcmp(text, "null") == 0)
        return AUTHORITY_NULL;
    const char *colon = strstr(text, "://");
    size_t size = colon == NULL ? 0 : (size_t)(colon - text);
    if (size == 0 || size >= sizeof(out->scheme))
        return -EINVAL;
    for (size_t i = 0; i < size; i++) {
        char c = lower(text[i]);
        if (!is_digit(c) && (c < 'a' || c > 'z') && c != '+' && c != '-' && c != '.')
            return -EINVAL;
        out->scheme[i] = c;
    }
    return authority_parse(&out->host, colon + 3, strlen(colon + 3));
}

bool authority_same_name(const struct authority *a, const struct authority *b)
{
    if (a->is_address || b->is_address)
        return a->is_address && b->is_address && address_same(&a->address, &b->address);
    return strcmp(a->name, b->name) == 0;
}

/* The default port of a scheme; 0 if the scheme is unknown. */
static uint16_t default_port(const char *scheme)
{
    if (strcmp(scheme, "https") == 0 || strcmp(scheme, "wss") == 0)
        return 443;
    return strcmp(scheme, "http") == 0 || strcmp(scheme, "ws") == 0 ? 80 : 0;
}

static uint16_t port_of(const struct authority *host, const char *scheme)
{
    return host->port != 0 ? host->port : default_port(scheme);
}

bool authority_is_origin_of(const struct authority *host, const struct authority_origin *origin)
{
    /* A page with an unknown scheme was not loaded from this server. */
    return default_port(origin->scheme) != 0 && authority_same_name(host, &origin->host) &&
           port_of(host, origin->scheme) == port_of(&origin->host, origin->scheme);
}

bool authority_same_origin(const struct authority_origin *a, const struct authority_origin *b)
{
    return strcmp(a->scheme, b->scheme) == 0 && authority_same_name(&a->host, &b->host) &&
           port_of(&a->host, a->scheme) == port_of(&b->host, b->scheme);
}

bool authority_is_under(const struct authority *host, const char *domain)
{
    size_t size = strlen(host->name), tail = strlen(domain);
    if (host->is_address || size < tail || strcmp(host->name + size - tail, domain) != 0)
        return false;
    for (size_t i = 0; i < size - tail; i++) {
        if ((unsigned char)host->name[i] >= 0x80)
            return false;
    }
    return size == tail || host->name[size - tail - 1] == '.';
}

bool authority_is_loopback(const struct authority *host)
{
    return host->is_address ? address_is_loopback(&host->address)
                            : authority_is_under(host, "localhost");
}
