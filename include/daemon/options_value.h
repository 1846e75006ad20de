/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_DAEMON_OPTIONS_VALUE_H
#define CADCAST_DAEMON_OPTIONS_VALUE_H

#include "daemon/options.h"

/*
 * Reads `value` as what `row` takes and stores it, in its field of `options` and, for a setting, in
 * options->settings. A repeatable option gets one more; any other is replaced. Switches take "1",
 * "true", "yes", "on" and their opposites, without regard to case; an opposite leaves a switch as
 * it is, because switches only turn on.
 *
 * Returns 0; -EINVAL with what would have been right in `message` ("is not a whole number from 0
 * to 65535"); or -ENOMEM.
 */
int options_value_store(struct options *options, const struct options_row *row, const char *value,
                        struct text *message);

/* Whether the option may be given several times. */
bool options_value_repeatable(enum options_kind kind);

/* Frees what `row` has in `options` and leaves it as if it was never given. */
void options_value_clear(struct options *options, const struct options_row *row);

#endif
