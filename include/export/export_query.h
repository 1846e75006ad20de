/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_EXPORT_EXPORT_QUERY_H
#define CADCAST_EXPORT_EXPORT_QUERY_H

#include <stdbool.h>

#include <jansson.h>

#include "base/text.h"
#include "export/export.h"

/* Room for the id of a page, with its zero byte. */
#define EXPORT_QUERY_PAGE 65

/*
 * What is written, as users say it, in the address of model.stl and the like and behind
 * `cadcast export`:
 *
 *   parts, hide   the id of a part or group; may be repeated
 *   visible       1, 0; "": 1
 *   step          a step of the session's history: as for pictures
 *   page          of HTML, which has no other but step and history: the page, by its id, whose view
 *                 the file begins with
 *   history       of HTML: 1, 0; "": 1: the pictures before are in the file
 */
struct export_query {
    enum export_format format; /* of what is written: to be set first */
    json_t *parts;             /* an object whose keys are the ids; NULL: none was given */
    json_t *hide;
    bool visible;
    int64_t step;                 /* of the history: as query_step; 0: what is shown */
    char page[EXPORT_QUERY_PAGE]; /* "": none was given */
    bool alone;                   /* without the pictures before */
};

/* Takes over one parameter. 0; -ENOENT: there is none of that name; -EINVAL: its value is not
 * valid; -ENOMEM. After an error, `why` has one line. */
int export_query_set(struct export_query *query, const char *name, const char *value,
                     struct text *why);

/* Takes over all of a URL's query (without the "?"). The parameter `token` is skipped. Errors as
 * above. */
int export_query_read(struct export_query *query, const char *text, struct text *why);

void export_query_free(struct export_query *query);

#endif
