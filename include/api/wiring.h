/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_API_WIRING_H
#define CADCAST_API_WIRING_H

#include "server/server.h"

/* The parts of a whole server: its routes, and what its view asks for. For server_start. */
const struct server_parts *wiring_parts(void);

#endif
