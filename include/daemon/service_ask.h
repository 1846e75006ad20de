/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_DAEMON_SERVICE_ASK_H
#define CADCAST_DAEMON_SERVICE_ASK_H

#include <jansson.h>

/*
 * Asks the server at `url`, "http[s]://HOST:PORT/viewer[?token=TOKEN]", how it is: what GET /status
 * answers, a new reference; NULL: it does not answer. By https the certificate is not checked: the
 * address comes from a file of the user's own, and is one of this machine. Blocks for some seconds
 * at most.
 */
json_t *service_ask(const char *url);

#endif
