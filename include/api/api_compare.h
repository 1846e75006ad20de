/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_API_API_COMPARE_H
#define CADCAST_API_API_COMPARE_H

#include "api/api_call.h"

/*
 * Comparisons of what two sessions show, on the worker pool, one after the other:
 * docs/comparing.md. Those that wait hold no model; what is compared is what the sessions show when
 * their turn comes.
 */

/* Of the session with that of `with`, as JSON; `limit`: parts that are listed. */
void api_compare_ask(struct api_call *call);

/* The same as a picture; the other parameters are those of render/query.h. */
void api_compare_image(struct api_call *call);

/* The same as a model file. */
void api_compare_model(struct api_call *call);

/* The same as JSON, with a picture beside it if `picture` is true. */
void api_compare_both(struct api_call *call);

/* Shows the comparison of two sessions, `from` and `to` of the body, in the session of the call,
 * which is made if there is none. Answers with the JSON. */
void api_compare_show(struct api_call *call);

/* Ends what waits: the server ends. */
void api_compare_free(struct server *server);

#endif
