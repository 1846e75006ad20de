/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_API_API_ASK_H
#define CADCAST_API_API_ASK_H

#include "api/api_call.h"

/* Operations that others answer: the helper, the renderer, the session itself. */

/* Measures `id`, or `id` and `id2`; `center`: of their centres. The answer is that of `cadcast
 * measure`, byte for byte. */
void api_ask_measure(struct api_call *call);

/* A picture of what is shown, without a browser; the parameters are those of render/query.h. */
void api_ask_image(struct api_call *call);

/* Empties the session, as `show_clear()` does; one without a port goes with that. */
void api_ask_clear(struct api_call *call);

#endif
