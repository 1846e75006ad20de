/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_WEB_WS_WSLAY_H
#define CADCAST_WEB_WS_WSLAY_H

#include "web/ws.h"

/*
 * The lane of a WebSocket that goes through wslay: control frames, and all that breaks a rule.
 * wslay answers pings and goodbyes, and finds the code that an offence is closed with.
 */

/* Gives wslay bytes of one frame, never of the next one. May end the WebSocket. */
void ws_wslay_feed(struct ws *ws, const uint8_t *data, size_t size);

/* Gives back what wslay has of this WebSocket. */
void ws_wslay_free(struct ws *ws);

#endif
