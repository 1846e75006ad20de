/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_SETTINGS_CONFIG_WRITE_H
#define CADCAST_SETTINGS_CONFIG_WRITE_H

#include <jansson.h>

#include "base/text.h"

/* Adds a value as JSON on one line, keys in insertion order. Floats are written in the fewest
 * digits that read back as the same number, and with a point or an exponent. */
void config_write(struct text *out, const json_t *value);

#endif
