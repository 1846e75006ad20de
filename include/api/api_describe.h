/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_API_API_DESCRIBE_H
#define CADCAST_API_API_DESCRIBE_H

#include "api/api_call.h"

/* The list of sessions, each as in /status. */
void api_describe_sessions(struct api_call *call);

/* A session: its row in that list, its view, and its model with the tree of parts. `limit`: at most
 * so many parts are described. */
void api_describe_session(struct api_call *call);

/* Its model alone; 404 if nothing is shown. */
void api_describe_model(struct api_call *call);
void api_describe_history(struct api_call *call); /* the pictures before the one shown */

/* Parts that may be described, by the parameter `limit`, SIZE_MAX without it; 0: it is not valid,
 * and the call has ended. */
size_t api_describe_limit(struct api_call *call);

#endif
