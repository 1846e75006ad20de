/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_SETTINGS_OPTIONS_VALUE_H
#define CADCAST_SETTINGS_OPTIONS_VALUE_H

#include "settings/options.h"

/*
 * Parses `value` for `row` and stores it, in its field of `options` and, for a setting, in
 * options->settings. A repeatable option gets one more value; any other is replaced. Switches take
 * "1", "true", "yes", "on" and their opposites, without regard to case; an opposite leaves a switch
 * unchanged, because switches can only be turned on.
 *
 * Returns 0; -EINVAL with a description of valid values in `message` ("is not a whole number from 0
 * to 65535"); or -ENOMEM.
 */
int options_value_store(struct options *options, const struct options_row *row, const char *value,
                        struct text *message);

/* Adds a copy of `value` to the list. 0 or -ENOMEM. */
int options_value_append(struct options_texts *texts, const char *value);
void options_value_free(struct options_texts *texts);

/* Whether the option may be given several times. */
bool options_value_repeatable(enum options_kind kind);

/* Frees the value of `row` in `options` and leaves it as if it was never given. */
void options_value_clear(struct options *options, const struct options_row *row);

#endif
