/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_API_API_SHOT_H
#define CADCAST_API_API_SHOT_H

#include "api/api_call.h"

/*
 * Screenshots of the browser used last, for programs: as a kernel's `save_screenshot()`, but into
 * the answer. The view knows the request by a file name that stands for it and is never opened.
 */

/* Asks for one; without a browser it is drawn here. */
void api_shot_ask(struct api_call *call);

/* A browser sent the picture for that file name. False: it is no request of this room. */
bool api_shot_sent(struct server *server, const char *filename, json_t *data_url);

/* No browser is there: the picture is to be drawn here. False as above. */
bool api_shot_draw(struct server *server, const char *filename);

/* The picture will not come. */
void api_shot_lost(struct server *server, const char *filename, const char *why);

void api_shot_free(struct server *server);

#endif
