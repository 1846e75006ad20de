/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_DAEMON_CONFIG_SCALAR_H
#define CADCAST_DAEMON_CONFIG_SCALAR_H

#include <jansson.h>
#include <stddef.h>

/*
 * What an unquoted word of a YAML file means, by the rules of YAML 1.1 as PyYAML's safe_load has
 * them, since that is what wrote and read these files so far: yes/no/on/off, 0b, 0o as 010, 0x,
 * 1_000, base 60 (1:30 is 90), floats that need their point, .inf, null and ~. Dates become the
 * strings that the Python viewers send for them (RFC 3339); infinities and NaN null, which JSON has
 * no words for; whole numbers beyond 64 bits floats.
 *
 * Returns a new reference, NULL where there is no memory. `text` is zero-terminated UTF-8.
 */
json_t *config_scalar(const char *text, size_t size);

#endif
