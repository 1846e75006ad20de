/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_DAEMON_OPTIONS_HELP_H
#define CADCAST_DAEMON_OPTIONS_HELP_H

#include "base/text.h"

/* Adds what --help prints: every option with its default and its variable, in groups, lines of at
 * most 80 characters. tools/make-man reads it too. */
void options_help(struct text *out);

/* Adds what --version prints: one line. */
void options_version(struct text *out);

#endif
