/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_WEB_TOKEN_H
#define CADCAST_WEB_TOKEN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

#define TOKEN_MIN 8 /* least length of a token given as an option */
#define TOKEN_MAX 128
#define TOKEN_MADE 22 /* length of a generated one: 128 bits in base64url */

/* Makes a token of 128 random bits and a zero byte behind it. 0 or a negative errno value. */
int token_make(char out[TOKEN_MADE + 1]);

/* Whether a token may be used: TOKEN_MIN to TOKEN_MAX letters, digits and `-._~`, which need no
 * escape in a URL, a cookie and a header. */
bool token_valid(const char *token);

/* Whether `given` (`size` bytes) is `token`, in constant time. */
bool token_same(const char *token, const char *given, size_t size);

/* The result of looking for the token in one part of a request. */
enum token_found { TOKEN_NONE, TOKEN_RIGHT, TOKEN_WRONG };

/* `token=...` in the query of a request target. */
enum token_found token_in_query(const char *target, const char *token);

/* A cookie of that name in a Cookie header (RFC 6265 section 4.2.1); with several of them, one
 * right one is enough. The other arguments may be NULL: then the result is TOKEN_NONE. */
enum token_found token_in_cookies(const char *header, const char *name, const char *token);

/* `Bearer ...` in an Authorization header (RFC 6750 section 2.1). Other schemes count as no
 * token. */
enum token_found token_in_authorization(const char *header, const char *token);

/* Appends the target without its `token` as a relative reference that begins with "./", so that it
 * is right behind a proxy that adds a path prefix. */
void token_cut(struct text *out, const char *target);

#endif
