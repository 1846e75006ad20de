/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_API_API_ASK_H
#define CADCAST_API_API_ASK_H

#include "api/api_call.h"
#include "base/text.h"

struct render_options;

/* Operations that others answer: the helper, the renderer, the session itself. */

/* Measures `id`, or `id` and `id2`; `center`: of their centres. The answer is that of `cadcast
 * measure`, byte for byte. */
void api_ask_measure(struct api_call *call);

/* The volume and the area of all parts of `id`, a part or a group, exactly. */
void api_ask_mass(struct api_call *call);

/* A picture of what is shown, without a browser; the parameters are those of render/query.h. */
void api_ask_image(struct api_call *call);

/* Reads the parameters of a picture from the call's. As query_set. */
int api_ask_drawing(const struct api_call *call, struct render_options *options, struct text *why);

/* Empties the session, as `show_clear()` does; one without a port goes with that. */
void api_ask_clear(struct api_call *call);

#endif
