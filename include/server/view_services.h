/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_SERVER_VIEW_SERVICES_H
#define CADCAST_SERVER_VIEW_SERVICES_H

#include "view/hub.h"

struct http;
struct server;
struct weak_pointer;

/* The place of a page, from which all addresses in it are derived. */
struct view_services_place {
    char session[SESSION_NAME_MAX + 1]; /* the session that the page shows */
    char home[SESSION_NAME_MAX + 1];    /* the session at the root, determined by the port */
    const char *up;                     /* from the page's folder to the root; a literal */
    bool view_only;                     /* for someone who may only view */
};

/* Called on the loop with the settings for the page as JSON, `<` escaped. */
typedef void (*view_services_settings_cb)(struct server *server, struct http *http,
                                          const struct view_services_place *place,
                                          const char *settings);

/* Reads the settings on the worker pool and then calls `answer` with the request and a copy of
 * `place`, unless the request is gone by then. Returns 0, or -ENOMEM: `answer` is not called. */
int view_services_settings(struct server *server, struct weak_pointer *http,
                           const struct view_services_place *place,
                           view_services_settings_cb answer);

/* Exact geometry of the session is about to be asked for: gets it from another server if it is only
 * there. */
void view_services_expect_parts(struct server *server, struct session *session);

/* The services for the view; see view/view.h. */
struct view_services view_services(struct server *server);

#endif
