/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_WEB_TOKEN_H
#define CADCAST_WEB_TOKEN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

#define TOKEN_MIN 8 /* characters of a token that a person chose */
#define TOKEN_MAX 128
#define TOKEN_MADE 22 /* characters of one that we made: 128 bits in base64url */

/* Makes a token of 128 random bits and a zero byte behind it. 0 or a negative errno value. */
int token_make(char out[TOKEN_MADE + 1]);

/* Whether a token may be used: TOKEN_MIN to TOKEN_MAX letters, digits and `-._~`, which stand in a
 * URL, a cookie and a header as they are. */
bool token_valid(const char *token);

/* Whether `given` (`size` bytes) is `token`, in a time that tells nothing about `token`. */
bool token_same(const char *token, const char *given, size_t size);

/* What a place where a token may stand says. */
enum token_found { TOKEN_NONE, TOKEN_RIGHT, TOKEN_WRONG };

/* `token=...` in the query of a request target. */
enum token_found token_in_query(const char *target, const char *token);

/* A cookie of that name in a Cookie header (RFC 6265 section 4.2.1); any of several may be right.
 * The other arguments may be NULL: nothing is there. */
enum token_found token_in_cookies(const char *header, const char *name, const char *token);

/* `Bearer ...` in an Authorization header (RFC 6750 section 2.1). Other schemes are not ours to
 * judge: none. */
enum token_found token_in_authorization(const char *header, const char *token);

/* Appends the target without its `token` as a relative reference that begins with "./", so that it
 * is right behind any proxy that puts a prefix in front. */
void token_cut(struct text *out, const char *target);

#endif
