/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_DAEMON_ACCESS_H
#define CADCAST_DAEMON_ACCESS_H

struct server;

/* Makes the guard out of the options: names, origins, networks, response headers. 0, -EINVAL or
 * -ENOMEM. */
int access_start(struct server *server);

/* Once the listeners are open: makes or takes the token, if one is needed. 0 or a negative errno
 * value. */
int access_listening(struct server *server);

/* Leaves the token, if we made it, to the process that we become. */
void access_leave(const struct server *server);

/* Reads certificate and key again, where there are any; what is wrong with them is in the log, and
 * the old ones stay in use. */
void access_reload(struct server *server);

void access_end(struct server *server);

#endif
