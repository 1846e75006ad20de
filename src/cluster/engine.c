/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "cluster/engine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int hex(char c)
{
    const char *digits = "0123456789abcdef";
    const char *found = c == '\0' ? NULL : strchr(digits, c >= 'A' && c <= 'F' ? c + 32 : c);
    return found == NULL ? -1 : (int)(found - digits);
}

/* Copies a part of the URL, its percent-encoding (RFC 3986 section 2.1) removed. */
static bool decode(char *out, size_t room, const char *from, size_t size)
{
    size_t n = 0;
    for (size_t i = 0; i < size; i++) {
        char c = from[i];
        if (c == '%') {
            int high = size - i > 2 ? hex(from[i + 1]) : -1;
            int low = high < 0 ? -1 : hex(from[i + 2]);
            if (low < 0 || high * 16 + low == 0)
                return false;
            c = (char)(high * 16 + low);
            i += 2;
        }
        if (n + 1 >= room)
            return false;
        out[n++] = c;
    }
    out[n] = '\0';
    return true;
}

static bool parse_user(struct engine *engine, const char *from, size_t size)
{
    const char *colon = memchr(from, ':', size);
    size_t user = colon == NULL ? size : (size_t)(colon - from);
    if (!decode(engine->user, sizeof(engine->user), from, user))
        return false;
    return colon == NULL ||
           decode(engine->password, sizeof(engine->password), colon + 1, size - user - 1);
}

/* A number up to `most` that ends the text. */
static bool parse_number(const char *text, unsigned long most, unsigned long *number)
{
    char *end;
    *number = strtoul(text, &end, 10);
    return text[0] >= '0' && text[0] <= '9' && *end == '\0' && *number <= most;
}

/* HOST[:PORT], an address of version 6 in brackets. */
static bool parse_host(struct engine *engine, const char *from, size_t size)
{
    char text[300];
    unsigned long port = 6379;
    if (size == 0 || size >= sizeof(text))
        return false;
    memcpy(text, from, size);
    text[size] = '\0';
    char *host = text[0] == '[' ? text + 1 : text;
    char *end = text[0] == '[' ? strchr(text, ']') : text + strcspn(text, ":");
    if (end == NULL || end == host || (size_t)(end - host) >= sizeof(engine->host))
        return false;
    char *rest = *end == ']' ? end + 1 : end;
    if (*rest != '\0' && (*rest != ':' || !parse_number(rest + 1, 65535, &port) || port == 0))
        return false;
    memcpy(engine->host, host, (size_t)(end - host));
    engine->port = (uint16_t)port;
    bool brackets = text[0] == '[';
    snprintf(engine->place, sizeof(engine->place), "%s%s%s:%lu", brackets ? "[" : "", engine->host,
             brackets ? "]" : "", port);
    return true;
}

const char *engine_parse(struct engine *engine, const char *url)
{
    unsigned long database = 0;
    memset(engine, 0, sizeof(*engine));
    engine->tls = strncmp(url, "rediss://", 9) == 0;
    if (!engine->tls && strncmp(url, "redis://", 8) != 0)
        return "it begins with redis:// or rediss://";
    const char *from = url + (engine->tls ? 9 : 8);
    const char *slash = strchr(from, '/');
    size_t size = slash == NULL ? strlen(from) : (size_t)(slash - from);
    const char *at = NULL;
    for (size_t i = 0; i < size; i++)
        at = from[i] == '@' ? from + i : at;
    if (at != NULL && !parse_user(engine, from, (size_t)(at - from)))
        return "its user or password is too long, or has a % that is none of an encoding";
    size_t before = at == NULL ? 0 : (size_t)(at - from) + 1;
    if (!parse_host(engine, from + before, size - before))
        return "it has no valid HOST or HOST:PORT";
    if (slash != NULL && slash[1] != '\0' && !parse_number(slash + 1, 65535, &database))
        return "what follows the slash is the number of a database";
    engine->database = (unsigned)database;
    return NULL;
}
