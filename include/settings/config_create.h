/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_SETTINGS_CONFIG_CREATE_H
#define CADCAST_SETTINGS_CONFIG_CREATE_H

#include "base/text.h"

/* The previous file was copied. */
#define CONFIG_CREATE_KEPT 1

/*
 * Writes all defaults with their explanations to `~/.ocpvscode_standalone`, replacing the file; one
 * that differs is first copied to `.ocpvscode_standalone.bak`. Adds the path to `path`. Returns 0
 * or CONFIG_CREATE_KEPT; -ENOENT if `home` is NULL; or an error of the file system.
 */
int config_create_file(const char *home, struct text *path);

#endif
