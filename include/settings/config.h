/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_SETTINGS_CONFIG_H
#define CADCAST_SETTINGS_CONFIG_H

#include <jansson.h>
#include <stdbool.h>

#include "base/log.h"
#include "base/text.h"
#include "settings/options.h"

/* Longest `~/.ocpvscode_standalone` that is read, in bytes. */
#define CONFIG_FILE_MAX (1 << 20)

/*
 * The viewer's settings: the defaults, overridden by the YAML file `~/.ocpvscode_standalone`,
 * overridden by the environment and the command line. Every answer checks whether the file changed,
 * and reads it if so. A file that cannot be used leaves the settings unchanged, an invalid value
 * leaves that setting unchanged; each causes one warning a change, with line and column, and so
 * does an unknown name, which is passed on.
 *
 * For one thread at a time; an answer may block on the disk for as long as reading a file of 1 MB
 * takes, except config_answer_at_once.
 */
struct config;

/* `options` and `log` (which may be NULL) must outlive it; `home` is copied and may be NULL: no
 * file. NULL when there is no memory. */
struct config *config_new(const struct options *options, const char *home, const struct log *log);

void config_free(struct config *config);

/* Adds the answer to "config": the settings under the viewer's names, keys sorted, then "_splash".
 * Returns 0 or -ENOMEM. */
int config_answer(struct config *config, bool splash, struct text *out);

/* The same, but without waiting for a disk: -EAGAIN if the file is another one than last time, or
 * checking it would block; then nothing is added. */
int config_answer_at_once(struct config *config, bool splash, struct text *out);

/* The same without "_splash", for the page; `<` is escaped, so it may stand in a script element. */
int config_page(struct config *config, struct text *out);

/* The faults of the file as it was last read, for the users of pages; empty: none. Valid until the
 * next answer. If `version` is greater than last time, it may have changed. */
const char *config_notice(const struct config *config, uint64_t *version);

#endif
