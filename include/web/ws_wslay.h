/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_WEB_WS_WSLAY_H
#define CADCAST_WEB_WS_WSLAY_H

#include "web/ws.h"

/*
 * The part of a WebSocket that goes through wslay: control frames, and frames that break the
 * protocol. wslay answers pings and close frames, and chooses the close code of a protocol error.
 */

/* Gives wslay bytes of one frame, never of the next one. May end the WebSocket. */
void ws_wslay_feed(struct ws *ws, const uint8_t *data, size_t size);

/* Frees wslay's context of this WebSocket. */
void ws_wslay_free(struct ws *ws);

#endif
