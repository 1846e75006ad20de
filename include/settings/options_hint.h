/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_SETTINGS_OPTIONS_HINT_H
#define CADCAST_SETTINGS_OPTIONS_HINT_H

#include <stdbool.h>
#include <stddef.h>

/* The name of the option that was probably meant by `name`, of `size` bytes and without its two
 * dashes; NULL if none is similar. */
const char *options_hint(const char *name, size_t size);

/* The same among other words, such as commands. */
const char *options_hint_word(const char *word, const char *const *words, size_t count);

/* The same among the viewer's settings, and stricter. */
const char *options_hint_setting(const char *name, size_t size);

/* Whether the variable "CADCAST_..." of `size` bytes is unknown but similar to a known one, which
 * is written to `out`. */
bool options_hint_variable(const char *variable, size_t size, char out[64]);

#endif
