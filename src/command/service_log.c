/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "command/service_log.h"

#include <jansson.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "process/service_files.h"

#define LOG_LINES 15 /* lines of the log printed if a start fails */

void service_log_failure(const char *path, off_t since)
{
    struct text tail = { 0 };
    service_files_tail(path, since, LOG_LINES, &tail);
    fprintf(stderr, "cadcast: it did not start; the log %s says\n%s", path, text_string(&tail));
    text_free(&tail);
}

static bool is_trouble(const char *level, size_t size)
{
    return (size == 7 && memcmp(level, "warning", 7) == 0) ||
           (size == 5 && memcmp(level, "error", 5) == 0);
}

static void repeat_json(const char *line)
{
    json_t *entry = json_loads(line, 0, NULL);
    const char *level = json_string_value(json_object_get(entry, "level"));
    const char *module = json_string_value(json_object_get(entry, "module"));
    const char *message = json_string_value(json_object_get(entry, "message"));
    if (level != NULL && module != NULL && message != NULL && is_trouble(level, strlen(level)))
        fprintf(stderr, "%s: %s: %s\n", level, module, message);
    json_decref(entry);
}

static void repeat_text(const char *line)
{
    const char *space = strchr(line, ' ');
    /* Skip the time, which may be missing. */
    if (line[0] >= '0' && line[0] <= '9' && space != NULL)
        line = space + 1;
    if (is_trouble(line, strcspn(line, ":")))
        fprintf(stderr, "%s\n", line);
}

void service_log_warnings(const char *path, off_t since)
{
    struct text log = { 0 };
    service_files_tail(path, since, UINT_MAX, &log);
    char *rest = log.data;
    for (char *line = strsep(&rest, "\n"); line != NULL; line = strsep(&rest, "\n")) {
        if (line[0] == '{')
            repeat_json(line);
        else
            repeat_text(line);
    }
    text_free(&log);
}
