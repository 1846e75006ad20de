/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_SETTINGS_OPTIONS_HELP_H
#define CADCAST_SETTINGS_OPTIONS_HELP_H

#include "base/text.h"

/* Lines have at most 80 characters. */

/* Adds the text of --help: commands, the most used options, and further topics. */
void options_help(struct text *out);

/* Adds every option with its default and its variable, in sections; tools/make-man reads it. */
void options_help_all(struct text *out);

/* Adds the help of a section, a command, an option, or "all". Returns 0; -EINVAL with one line,
 * without a line end, if there is no such topic; or -ENOMEM. */
int options_help_topic(struct text *out, const char *topic);

/* Adds the text of --version: one line. */
void options_version(struct text *out);

#endif
