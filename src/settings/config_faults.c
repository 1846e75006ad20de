/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "settings/config_faults.h"

#include <stdio.h>

void config_faults_clear(struct config_faults *faults)
{
    text_free(&faults->notice);
    faults->count = 0;
}

void config_faults_add(struct config_faults *faults, size_t line, size_t column, bool minor,
                       const char *text)
{
    char place[48] = "";
    if (line > 0)
        snprintf(place, sizeof(place), ":%zu:%zu", line, column);
    log_warning(faults->log, "config", "%s%s: %s", faults->path, place, text);
    if (minor)
        return;
    if (faults->count < CONFIG_FAULTS_SHOWN)
        text_format(&faults->notice, "%s%s%s: %s.", faults->count > 0 ? " " : "", faults->path,
                    place, text);
    faults->count++;
}

int config_faults_end(struct config_faults *faults)
{
    if (faults->count > CONFIG_FAULTS_SHOWN)
        text_format(&faults->notice, " And %u more: see the log.",
                    faults->count - CONFIG_FAULTS_SHOWN);
    return text_error(&faults->notice);
}
