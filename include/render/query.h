/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_RENDER_QUERY_H
#define CADCAST_RENDER_QUERY_H

#include "base/text.h"
#include "render/render.h"

/*
 * The parameters of a picture as users write them, in the address of image.png and behind
 * `cadcast render`: the one place that knows their names and values.
 *
 *   view         names or AZ,EL, with commas between: "iso,front,30,20" is three views
 *   width, height  pixels
 *   samples      of a pixel: 4, 8 or 16
 *   edges, axes, grid, transparent   as query_switch
 *   background   RRGGBB or #RRGGBB
 *   projection   orthographic or perspective
 *   renderer     own; browser: the page itself, which has fewer parameters
 *   fit          1: what is seen fills the picture; 0: the whole model's sphere, as in the page
 *   camera       1: as the browser used last has its camera; not with view
 *   step         a step of the session's history by its number; -1: the last one before, -2, ...
 *   parts, hide  the id of a part or group that is drawn alone, or not; may be repeated
 *   clip         NX,NY,NZ,D: only where NX x + NY y + NZ z + D is positive; up to 3 of them
 */

/* Takes over one parameter. 0; -ENOENT: there is none of that name; -EINVAL: its value is not
 * valid; -ENOMEM. After an error, `why` has one line that names the parameter. The options are to
 * be freed with render_options_free. */
int query_set(struct render_options *options, const char *name, const char *value,
              struct text *why);

/* Checks what no parameter alone decides: the number of pixels. Errors as above. */
int query_check(const struct render_options *options, struct text *why);

/* Takes over all of a URL's query (without the "?"), percent-encoded (RFC 3986 section 3.4). The
 * parameter `token` is skipped. Errors as above. */
int query_read(struct render_options *options, const char *query, struct text *why);

/* What turns something on or off: 1, true, True, yes, on or nothing; 0, false, False, no or off. 1,
 * 0, or -EINVAL with a line in `why`. */
int query_switch(const char *value, const char *name, struct text *why);

/* Reads the number of a step: not 0. 0, or -EINVAL with a line in `why`. */
int query_step(const char *value, int64_t *step, struct text *why);

/* Takes over one parameter; below 0 is an error, of which `why` has one line. */
typedef int (*query_take)(void *arg, const char *name, const char *value, struct text *why);

/*
 * Hands over the parameters of a URL's query (without the "?"), one after the other, with their
 * encoding undone (RFC 3986 section 2.1; "+" is a space); the value is "" if there is no "=". The
 * query ends at its zero byte or a "#". Empty parameters and `token` are skipped. 0; the first
 * error of `take`; -EINVAL: one is not encoded properly, holds a control character, or is not
 * UTF-8; -ENOMEM. After an error, `why` has one line.
 */
int query_each(const char *query, query_take take, void *arg, struct text *why);

/* Adds a value, encoded so that it may stand in a query. */
void query_add(struct text *query, const char *value);

#endif
