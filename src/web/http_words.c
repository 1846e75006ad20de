/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
/* Parsing of header lists and of paths in targets. */
#include "base/hex.h"
#include "base/utf8.h"
#include "web/http.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

bool http_has_token(const char *value, const char *token)
{
    size_t size = strlen(token);
    while (value != NULL && *value != '\0') {
        value += strspn(value, " \t,");
        size_t n = strcspn(value, " \t,;");
        if (n == size && strncasecmp(value, token, size) == 0)
            return true;
        value += strcspn(value, ",");
    }
    return false;
}

/* Whether the parameters behind a coding have a weight of zero: "q=0", "q=0.000". */
static bool weight_is_zero(const char *at, size_t size)
{
    const char *end = at + size;
    while (at < end && strchr("; \t", *at) != NULL)
        at++;
    if (end - at < 3 || strncasecmp(at, "q=", 2) != 0)
        return false;
    at += 2;
    while (at < end && strchr("0. \t", *at) != NULL)
        at++;
    return at == end;
}

bool http_accepts_coding(const char *value, const char *coding)
{
    size_t size = strlen(coding);
    while (value != NULL && *value != '\0') {
        value += strspn(value, " \t,");
        size_t n = strcspn(value, " \t,;");
        size_t whole = strcspn(value, ",");
        if (n == size && strncasecmp(value, coding, size) == 0)
            return !weight_is_zero(value + n, whole - n);
        value += whole;
    }
    return false;
}

bool http_tag_listed(const char *value, const char *tag)
{
    size_t size = strlen(tag);
    if (value != NULL && strcmp(value, "*") == 0)
        return true;
    while (value != NULL && *value != '\0') {
        value += strspn(value, " \t,");
        if (strncmp(value, "W/", 2) == 0)
            value += 2;
        if (*value != '"')
            return false;
        value++;
        size_t n = strcspn(value, "\"");
        if (strncmp(value, tag, size) == 0 && (n == size || (n > size && value[size] == '-')))
            return value[n] == '"';
        value += n + (value[n] == '"');
    }
    return false;
}

bool http_tag_allows_range(const char *value, const char *tag)
{
    size_t size = strlen(tag);
    return value == NULL || (strlen(value) == size + 2 && value[0] == '"' &&
                             memcmp(value + 1, tag, size) == 0 && value[size + 1] == '"');
}

bool http_header_has_token(const struct http *http, const char *name, const char *token)
{
    for (unsigned i = 0; i < http->header_count; i++) {
        if (strcasecmp(http->head.data + http->headers[i].name, name) == 0 &&
            http_has_token(http->head.data + http->headers[i].value, token))
            return true;
    }
    return false;
}

/* Refuses segments and characters that could name another file. */
static bool safe_path(const char *path, size_t size)
{
    if (path[0] != '/' || memchr(path, '\0', size) != NULL)
        return false;
    for (const char *p = path; *p != '\0'; p++) {
        if ((uint8_t)*p < 0x20 || *p == '\\' || *p == 0x7f)
            return false;
        if (*p != '/' || p[1] != '.')
            continue;
        if (p[2] == '\0' || p[2] == '/' || (p[2] == '.' && (p[3] == '\0' || p[3] == '/')))
            return false;
    }
    return utf8_valid((const uint8_t *)path, size);
}

const char *http_target_host(const char *target, size_t *size)
{
    size_t scheme = strncasecmp(target, "http://", 7) == 0    ? 7
                    : strncasecmp(target, "https://", 8) == 0 ? 8
                                                              : 0;
    if (scheme == 0)
        return NULL;
    *size = strcspn(target + scheme, "/?#");
    return target + scheme;
}

int http_range(const char *value, size_t total, size_t *first, size_t *size)
{
    char *end = NULL;
    if (value == NULL || strncmp(value, "bytes=", 6) != 0 || strchr(value, ',') != NULL)
        return 0;
    value += 6;
    if (*value == '-') {
        unsigned long long last = strtoull(value + 1, &end, 10);
        if (end == value + 1 || *end != '\0')
            return 0;
        if (last == 0)
            return -1;
        *size = last < total ? (size_t)last : total;
        *first = total - *size;
        return 1;
    }
    unsigned long long from = strtoull(value, &end, 10);
    if (end == value || *end != '-')
        return 0;
    const char *rest = end + 1;
    unsigned long long to = *rest == '\0' ? total - 1 : strtoull(rest, &end, 10);
    if (*rest != '\0' && (end == rest || *end != '\0' || to < from))
        return 0;
    if (from >= total)
        return -1;
    *first = (size_t)from;
    *size = (size_t)((to < total - 1 ? to : total - 1) - from + 1);
    return 1;
}

bool http_path(const char *target, char *out, size_t size)
{
    size_t n = 0;
    size_t host_size;
    const char *host = http_target_host(target, &host_size);
    if (host != NULL)
        target = host + host_size;
    /* A URL with nothing behind its host means "/". */
    if (host != NULL && *target != '/' && size > 1)
        out[n++] = '/';
    for (; *target != '\0' && *target != '?' && *target != '#'; target++) {
        int c = (uint8_t)*target;
        if (c == '%') {
            c = hex_percent(target, strnlen(target, 3));
            if (c < 0)
                return false;
            target += 2;
        }
        if (n + 1 >= size)
            return false;
        out[n++] = (char)c;
    }
    out[n] = '\0';
    return safe_path(out, n);
}

bool http_query_value(const char *value, char *out, size_t size)
{
    size_t n = 0;
    const char *end = value + strcspn(value, "&#");
    for (const char *c = value; c < end; c++) {
        int byte = hex_percent(c, (size_t)(end - c));
        if (n + 1 >= size) {
            out[0] = '\0';
            return false;
        }
        out[n++] = byte >= 0 ? (char)byte : *c == '+' ? ' ' : *c;
        c += byte >= 0 ? 2 : 0;
    }
    out[n] = '\0';
    return true;
}

int http_query_field(const char *target, const char *name, char *out, size_t size)
{
    size_t length = strlen(name);
    for (const char *at = strchr(target, '?'); at != NULL; at = strchr(at, '&')) {
        at++;
        if (strncmp(at, name, length) == 0 && strchr("=&#", at[length]) != NULL)
            return http_query_value(at + length + (at[length] == '='), out, size) ? 1 : -1;
    }
    return 0;
}
