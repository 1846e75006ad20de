/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_SETTINGS_OPTIONS_JSON_H
#define CADCAST_SETTINGS_OPTIONS_JSON_H

#include "settings/options.h"

/* Every option that has a value, by its name in the table, with those of the viewer's settings that
 * were given. A new reference; NULL: no memory. It holds the token. */
json_t *options_json(const struct options *options);

/* Adds to `out` the flags of the given options whose value differs in `other`, a result of
 * options_json: "--theme --demo". Returns their number. */
unsigned options_json_differ(const struct options *options, const json_t *other, struct text *out);

#endif
