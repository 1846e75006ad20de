/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_VIEW_MEASURE_H
#define CADCAST_VIEW_MEASURE_H

#include <jansson.h>

struct peer;

/* Asks about `ids` (borrowed) with `tool` for a browser. The question goes to the built-in helper
 * or the external backend of its session; if there is neither, the browser is sent the reason. */
void measure_ask(struct peer *peer, const char *tool, json_t *ids);

#endif
