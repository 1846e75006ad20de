/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#ifndef CADCAST_SETTINGS_CONFIG_FAULTS_H
#define CADCAST_SETTINGS_CONFIG_FAULTS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/log.h"
#include "base/text.h"

/* Most faults that the notice names; the log has all of them. */
#define CONFIG_FAULTS_SHOWN 3

/* The faults of the settings file: each is a line of the log and part of the notice that pages
 * show. */
struct config_faults {
    const struct log *log; /* may be NULL */
    const char *path;
    struct text notice; /* empty: no faults */
    unsigned count;     /* number of faults */
};

/* Drops all faults, before the file is checked again. */
void config_faults_clear(struct config_faults *faults);

/* Adds one fault; line and column count from 1, line 0 is the file as a whole. `minor`: log it, but
 * leave it out of the notice. */
void config_faults_add(struct config_faults *faults, size_t line, size_t column, bool minor,
                       const char *text);

/* Finishes the notice, once all faults are added. Returns 0 or -ENOMEM. */
int config_faults_end(struct config_faults *faults);

#endif
