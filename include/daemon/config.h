/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_DAEMON_CONFIG_H
#define CADCAST_DAEMON_CONFIG_H

#include <jansson.h>
#include <stdbool.h>

#include "base/log.h"
#include "base/text.h"
#include "daemon/options.h"

/* Longest `~/.ocpvscode_standalone` that is read. */
#define CONFIG_FILE_MAX (1 << 20)

/*
 * The viewer's settings: the defaults, over them the YAML file `~/.ocpvscode_standalone`, over it
 * what the environment and the command line gave. The file is looked at for every answer and read
 * when it changed. One that cannot be used leaves the settings as they were, one value of the wrong
 * type leaves that value as it was; each costs one warning a change, with line and column.
 *
 * For one thread at a time; an answer may block on the disk for as long as reading a file of 1 MB
 * takes, but for config_answer_at_once.
 */
struct config;

/* `options` and `log` (which may be NULL) have to live as long; `home` is copied and may be NULL:
 * no file. NULL when there is no memory. */
struct config *config_new(const struct options *options, const char *home, const struct log *log);

void config_free(struct config *config);

/* Adds the answer to "config": the settings in the viewer's words, keys sorted, then "_splash".
 * Returns 0 or -ENOMEM. */
int config_answer(struct config *config, bool splash, struct text *out);

/* The same, but without waiting for a disk: -EAGAIN where the file is another one than last time,
 * or the system would have to look, and then nothing is added. */
int config_answer_at_once(struct config *config, bool splash, struct text *out);

/* The same without "_splash", for the page; `<` is escaped, so it may stand in a script element. */
int config_page(struct config *config, struct text *out);

/*
 * Writes all defaults with their explanations to `~/.ocpvscode_standalone`, whatever was there; a
 * file that differs is first copied to `.ocpvscode_standalone.bak`. Adds the path to `path`.
 * Returns 0; -ENOENT where `home` is NULL; or what the disk said.
 */
int config_create_file(const char *home, struct text *path);

#endif
