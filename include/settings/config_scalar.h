/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_SETTINGS_CONFIG_SCALAR_H
#define CADCAST_SETTINGS_CONFIG_SCALAR_H

#include <jansson.h>
#include <stddef.h>

/*
 * The value of an unquoted word of a YAML file, by the rules of YAML 1.1 in the form of PyYAML's
 * safe_load, which existing files were written and read with: yes/no/on/off, 0b, 0o as 010, 0x,
 * 1_000, base 60 (1:30 is 90), floats that need their point, .inf, null and ~. Dates become the
 * strings that the Python viewers send for them (RFC 3339); infinities and NaN become null, since
 * JSON cannot hold them; whole numbers beyond 64 bits become floats.
 *
 * Returns a new reference, NULL if there is no memory. `text` is zero-terminated UTF-8.
 */
json_t *config_scalar(const char *text, size_t size);

#endif
