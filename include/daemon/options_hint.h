/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_DAEMON_OPTIONS_HINT_H
#define CADCAST_DAEMON_OPTIONS_HINT_H

#include <stddef.h>

/* The name of the option that was probably meant by `name`, of `size` bytes and without its two
 * dashes; NULL where none is near. */
const char *options_hint(const char *name, size_t size);

#endif
