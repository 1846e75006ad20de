/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_SERVER_DEMO_H
#define CADCAST_SERVER_DEMO_H

struct server;

/* Shows the built-in model in the default session, as a kernel would: the recorded messages
 * data/demo.msg and data/demo-backend.msg. Blocking, for the start. A missing file costs a log
 * line. */
void demo_show(struct server *server);

#endif
