/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_API_API_VIEW_H
#define CADCAST_API_API_VIEW_H

#include "api/api_call.h"

/* The camera of what a session shows: that of the browser used last, or what the settings have;
 * `view` is the name of a preset that no browser has drawn yet. A new object of its own. */
json_t *api_view_camera(const struct session *session);

/*
 * Operations on how a session is looked at. What they set goes to every page as a settings message
 * of a kernel does, and counts for pictures that are drawn without a browser.
 */

void api_view_get_camera(struct api_call *call);

/* The body: `view`, a preset; or `position`, `quaternion`, `target`, `zoom`, or some of them. */
void api_view_put_camera(struct api_call *call);

void api_view_get_state(struct api_call *call);

/* The body: `states`, two numbers by id of a part; `tab`; `settings`, an object of them. */
void api_view_put_state(struct api_call *call);

void api_view_get_selection(struct api_call *call);

#endif
