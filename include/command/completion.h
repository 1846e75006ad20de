/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_COMMAND_COMPLETION_H
#define CADCAST_COMMAND_COMPLETION_H

#include "base/text.h"

/* Adds the script that completes the command line of cadcast in `shell`: "bash" (4 or later), "zsh"
 * or "fish". It is generated from the tables of options and commands. Returns 0; -EINVAL with one
 * line in `out`, without a line end, for another shell; or -ENOMEM. */
int completion_script(struct text *out, const char *shell);

#endif
