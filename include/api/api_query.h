/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_API_API_QUERY_H
#define CADCAST_API_API_QUERY_H

#include <jansson.h>

#include "base/text.h"

/* Reads a URL's query (without the "?", RFC 3986 section 3.4) into the object `args`, strings by
 * name. `allowed`: names, with spaces between; "*" among them: any. The parameter `token` is
 * skipped. 0; or -EINVAL: a name that is not allowed or comes twice, or bytes that are not UTF-8;
 * or -ENOMEM. After an error, `why` has the reason. */
int api_query_read(json_t *args, const char *query, const char *allowed, struct text *why);

#endif
