/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "engine/engine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"

#define MASTER_CHARACTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-"

/* Where a user and a password are written to. */
struct engine_user {
    char *name;     /* of ENGINE_USER bytes */
    char *password; /* of ENGINE_PASSWORD bytes */
};

/* Copies a part of the URL, its percent-encoding (RFC 3986 section 2.1) removed. */
static bool decode(char *out, size_t room, const char *from, size_t size)
{
    size_t n = 0;
    for (size_t i = 0; i < size; i++) {
        char c = from[i];
        if (c == '%') {
            int byte = hex_percent(from + i, size - i);
            if (byte <= 0)
                return false;
            c = (char)byte;
            i += 2;
        }
        if (n + 1 >= room)
            return false;
        out[n++] = c;
    }
    out[n] = '\0';
    return true;
}

/* [USER]:PASSWORD; without a colon, only a user. */
static bool parse_user(struct engine_user out, const char *from, size_t size)
{
    const char *colon = memchr(from, ':', size);
    size_t user = colon == NULL ? size : (size_t)(colon - from);
    if (!decode(out.name, ENGINE_USER, from, user))
        return false;
    return colon == NULL || decode(out.password, ENGINE_PASSWORD, colon + 1, size - user - 1);
}

/* A number up to `most` that ends the text. */
static bool parse_number(const char *text, unsigned long most, unsigned long *number)
{
    char *end;
    *number = strtoul(text, &end, 10);
    return text[0] >= '0' && text[0] <= '9' && *end == '\0' && *number <= most;
}

/* HOST[:PORT], an address of version 6 in brackets. */
static bool parse_host(struct engine_address *address, const char *from, size_t size,
                       unsigned long port)
{
    char text[300];
    if (size == 0 || size >= sizeof(text))
        return false;
    memcpy(text, from, size);
    text[size] = '\0';
    char *host = text[0] == '[' ? text + 1 : text;
    char *end = text[0] == '[' ? strchr(text, ']') : text + strcspn(text, ":");
    if (end == NULL || end == host || (size_t)(end - host) >= sizeof(address->host))
        return false;
    char *rest = *end == ']' ? end + 1 : end;
    if (*rest != '\0' && (*rest != ':' || !parse_number(rest + 1, 65535, &port) || port == 0))
        return false;
    memcpy(address->host, host, (size_t)(end - host));
    address->port = (uint16_t)port;
    return true;
}

void engine_move(struct engine *engine, const char *host, uint16_t port)
{
    bool brackets = strchr(host, ':') != NULL;
    snprintf(engine->host, sizeof(engine->host), "%s", host);
    engine->port = port;
    snprintf(engine->place, sizeof(engine->place), "%s%s%s:%u", brackets ? "[" : "", engine->host,
             brackets ? "]" : "", port);
}

/* The number of a database behind a slash, or nothing. */
static bool parse_database(struct engine *engine, const char *slash)
{
    unsigned long database = 0;
    if (slash[0] == '\0' || slash[1] == '\0')
        return true;
    bool good = parse_number(slash + 1, 65535, &database);
    engine->database = (unsigned)database;
    return good;
}

#define BAD_USER "its user or password is too long, or has a % that is none of an encoding"
#define BAD_HOST "it has no valid HOST or HOST:PORT"
#define BAD_DATABASE "what follows the slash is the number of a database"

/* ---- Sentinels ---- */

/* Their places, separated by commas. */
static bool parse_sentinels(struct engine *engine, const char *from, size_t size)
{
    const char *end = from + size;
    while (from <= end && engine->sentinel_count < ENGINE_SENTINELS) {
        const char *comma = memchr(from, ',', (size_t)(end - from));
        const char *stop = comma == NULL ? end : comma;
        struct engine_address *address = &engine->sentinels[engine->sentinel_count++];
        if (!parse_host(address, from, (size_t)(stop - from), 26379))
            return false;
        from = stop + 1;
    }
    return from > end;
}

/* What follows the places: /MASTER[/DATABASE][?sentinel=USER:PASSWORD] */
static const char *parse_master(struct engine *engine, const char *slash)
{
    static const char word[] = "?sentinel=";
    char database[16] = "";
    size_t size = slash[0] == '/' ? strcspn(slash + 1, "/?") : 0;
    if (size == 0 || !decode(engine->master, sizeof(engine->master), slash + 1, size) ||
        engine->master[strspn(engine->master, MASTER_CHARACTERS)] != '\0')
        return "the name of the master follows the Sentinels, after a slash";
    const char *rest = slash + 1 + size;
    const char *query = rest + strcspn(rest, "?");
    if ((size_t)(query - rest) >= sizeof(database))
        return BAD_DATABASE;
    memcpy(database, rest, (size_t)(query - rest));
    if (!parse_database(engine, database))
        return BAD_DATABASE;
    if (query[0] == '\0')
        return NULL;
    if (strncmp(query, word, strlen(word)) != 0)
        return "only sentinel=USER:PASSWORD may follow the question mark";
    struct engine_user user = { engine->sentinel_user, engine->sentinel_password };
    query += strlen(word);
    return parse_user(user, query, strlen(query)) ? NULL : BAD_USER;
}

/* ---- the whole ---- */

/* What the URL begins with; NULL: it is none of these. */
static const char *parse_scheme(struct engine *engine, const char *url, bool *sentinels)
{
    static const char *const schemes[] = { "redis://", "rediss://", "sentinel://" };
    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
        if (strncmp(url, schemes[i], strlen(schemes[i])) == 0) {
            engine->tls = i == 1;
            *sentinels = i == 2;
            return url + strlen(schemes[i]);
        }
    }
    return NULL;
}

const char *engine_parse(struct engine *engine, const char *url)
{
    bool sentinels;
    memset(engine, 0, sizeof(*engine));
    const char *from = parse_scheme(engine, url, &sentinels);
    if (from == NULL)
        return "it begins with redis://, rediss:// or sentinel://";
    size_t size = strcspn(from, "/");
    const char *slash = from + size;
    const char *at = NULL;
    for (size_t i = 0; i < size; i++)
        at = from[i] == '@' ? from + i : at;
    struct engine_user user = { engine->user, engine->password };
    if (at != NULL && !parse_user(user, from, (size_t)(at - from)))
        return BAD_USER;
    size_t before = at == NULL ? 0 : (size_t)(at - from) + 1;
    if (sentinels) {
        if (!parse_sentinels(engine, from + before, size - before))
            return "it has no valid HOST or HOST:PORT, or more than 8 of them";
        const char *fault = parse_master(engine, slash);
        snprintf(engine->place, sizeof(engine->place), "the master %s", engine->master);
        return fault;
    }
    struct engine_address address = { 0 };
    if (!parse_host(&address, from + before, size - before, 6379))
        return BAD_HOST;
    engine_move(engine, address.host, address.port);
    return parse_database(engine, slash) ? NULL : BAD_DATABASE;
}
